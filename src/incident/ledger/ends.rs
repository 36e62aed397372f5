//! Ends: the incidents of workloads that are well.

use std::collections::BTreeMap;

use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;

use super::{Ledger, Next};
use crate::incident::index::Index;
use crate::incident::store::{Changed, Kept, Store, Unreachable, change_from, read};
use crate::incident::storm::{self, DueNotice, Phase, Storm};
use crate::incident::{About, Due, Incident, expires};
use crate::limits::BEGINNING_AWAITED;

/// What became of the incidents of workloads that are well.
#[derive(Debug, Default)]
pub struct Ended {
    /// The result for each workload.
    pub workloads: Vec<Result<Over, Unreachable>>,
    /// The notices of storms that are due, under our claim.
    pub storms: Vec<DueNotice>,
}

/// What is over of a workload.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Incidents whose end is ours, and what is to be done about each.
    pub ours: Vec<(Incident, Next)>,
    /// Whether to retry: another instance is announcing one of them, or will be.
    pub come_again: bool,
}

/// What is over of a workload, before the storms of some are asked.
#[derive(Debug, Default)]
struct Ending {
    over: Over,
    of_storm: Vec<Incident>,
}

/// What becomes of an incident whose workload is well.
enum End {
    /// It is over, and ours to announce.
    Ours(Box<Incident>),
    /// It is over, and its storm announces that.
    OfStorm(Box<Incident>),
    /// It is over, or will be, and another instance announces it.
    ComeAgain,
    /// It failed since.
    GoesOn,
    /// It was over already.
    Gone,
}

impl<S: Store + Sync> Ledger<S> {
    /// Ends the incidents of workloads that are well since a time.
    pub async fn end(&self, wells: &[(About, Timestamp)], now: Timestamp) -> Ended {
        let claimant = self.claimant();
        let page = storm::page(&claimant, Phase::Ended);
        let mut ending: Vec<Result<Ending, Unreachable>> =
            join_all(wells.iter().map(|(workload, at)| self.end_one(workload, *at, &page, now))).await;
        let mut storms = Vec::new();
        let keys: BTreeMap<String, About> = ending
            .iter()
            .flatten()
            .flat_map(|ending| &ending.of_storm)
            .map(|one| (storm::key(&one.about), one.about.clone()))
            .collect();
        for (key, about) in keys {
            let mut members: Vec<Incident> = ending
                .iter()
                .flatten()
                .flat_map(|ending| &ending.of_storm)
                .filter(|one| storm::key(&one.about) == key)
                .cloned()
                .collect();
            let gathered =
                self.gather(&about, Phase::Ended, members.iter_mut().collect(), &claimant, now).await;
            for ending in &mut ending {
                let Ok(one) = ending else { continue };
                let own = one.of_storm.extract_if(.., |incident| storm::key(&incident.about) == key);
                let own: Vec<(String, u64)> =
                    own.map(|incident| (incident.about.fingerprint, incident.serial)).collect();
                match &gathered {
                    Ok((nexts, _)) => {
                        let of_it = members.iter().zip(nexts).filter(|(member, _)| {
                            own.contains(&(member.about.fingerprint.clone(), member.serial))
                        });
                        for (member, next) in of_it {
                            match next {
                                Next::ComeAgain => one.over.come_again = true,
                                next => one.over.ours.push((member.clone(), *next)),
                            }
                        }
                    }
                    Err(error) if !own.is_empty() => *ending = Err(error.clone()),
                    Err(_) => {}
                }
            }
            storms.extend(gathered.ok().and_then(|(_, due_notice)| due_notice));
        }
        Ended {
            workloads: ending.into_iter().map(|ending| ending.map(|ending| ending.over)).collect(),
            storms,
        }
    }

    async fn end_one(
        &self,
        workload: &About,
        at: Timestamp,
        page: &str,
        now: Timestamp,
    ) -> Result<Ending, Unreachable> {
        // One steady state may come twice at once: each has a claim of its own.
        let (claimant, mut ending) = (self.claimant(), Ending::default());
        if !workload.is_service {
            return Ok(ending);
        }
        // A workload that is going to be well may fail until then.
        let at = at.min(now);
        let kept = self.load_index(workload).await?;
        let index = self.edit_index(workload, kept, now, |index| index.well(at, now)).await?;
        let kept =
            try_join_all(index.open.keys().map(async |fingerprint| self.store.load(fingerprint).await))
                .await?;
        let mut gone = Vec::new();
        for ((fingerprint, serial), kept) in index.open.iter().zip(kept) {
            let incident: Option<Incident> = read(kept.as_ref());
            if incident.as_ref().is_none_or(|incident| incident.serial < *serial) && index.awaits(now) {
                ending.over.come_again = true;
                continue;
            }
            let storm: Storm = match &incident {
                Some(incident) => {
                    read(self.store.load(&storm::key(&incident.about)).await?.as_ref()).unwrap_or_default()
                }
                None => Storm::default(),
            };
            match self.end_incident(workload, fingerprint, kept, (at, now), &storm, (&claimant, page)).await?
            {
                End::Ours(incident) => {
                    ending.over.ours.push((*incident, Next::Announce(Due::Resolved)));
                }
                End::OfStorm(incident) => ending.of_storm.push(*incident),
                End::ComeAgain => ending.over.come_again = true,
                End::GoesOn => {}
                End::Gone => gone.push((fingerprint, *serial)),
            }
        }
        if !gone.is_empty() {
            let kept = self.load_index(workload).await?;
            let close = |index: &mut Index| {
                gone.iter()
                    .fold(false, |changed, (fingerprint, serial)| index.close(fingerprint, *serial) | changed)
            };
            self.edit_index(workload, kept, now, close).await?;
        }
        Ok(ending)
    }

    async fn end_incident(
        &self,
        workload: &About,
        fingerprint: &str,
        kept: Option<Kept>,
        (at, now): (Timestamp, Timestamp),
        storm: &Storm,
        (claimant, page): (&str, &str),
    ) -> Result<End, Unreachable> {
        change_from(&self.store, fingerprint, kept, |kept: Option<Incident>| {
            let open =
                kept.filter(|incident| !incident.closed && incident.about.is_of_one_workload(workload));
            let Some(mut incident) = open.map(|open| open.by(now)) else {
                return Changed { document: None, result: End::Gone };
            };
            let was_over = incident.resolved.is_some();
            if !incident.resolve(at) {
                return Changed { document: None, result: End::GoesOn };
            }
            // Its beginning is announced first, unless no instance can still be doing that: the notice was
            // published but not recorded.
            let latest = incident.recorded_at.map_or(at, |recorded| recorded.max(at));
            if incident.announced == 0 && now.duration_since(latest) < BEGINNING_AWAITED {
                return Changed {
                    document: (!was_over).then(|| (incident, expires(now))),
                    result: End::ComeAgain,
                };
            }
            let is_ours = incident.claim(claimant, now);
            let of_storm = storm.hushes(&incident, now) || incident.storm.end.is_some();
            if of_storm && is_ours && incident.storm.end.is_none() {
                incident.storm.list(Phase::Ended, page);
            }
            let document = (is_ours || !was_over).then(|| (incident.clone(), expires(now)));
            let ours = if of_storm { End::OfStorm } else { End::Ours };
            Changed { document, result: if is_ours { ours(Box::new(incident)) } else { End::ComeAgain } }
        })
        .await
    }
}
