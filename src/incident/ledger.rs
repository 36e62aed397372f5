//! What is done with incidents against a store: seen, announced, ended. Each step is one change of one document, so that a death between two
//! steps leaves nothing that a later try cannot finish. What does not hang on each other is read together, and written together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::{join, join_all, join3, try_join_all};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::shared::{self, Shared};
use super::store::{Changed, Kept, NotSaved, Store, Unreachable, change, change_from, read, written};
use super::storm::{self, Member, Page, Phase, Standing, Storm, Telling};
use super::{About, Due, Incident, Membership, Sighting, expires, happened};
use crate::limits::{BEGINNING_AWAITED, INDEX_KEPT, INDEXED};

/// Incidents in a store, as one instance works on them.
#[derive(Debug)]
pub struct Ledger<S> {
    store: S,
    /// This instance, among all.
    holder: String,
    /// How often it has tried to claim: what it works on at the same time must not share a claim.
    tries: AtomicU64,
    /// After so long an incident that goes on is announced again.
    reminder: SignedDuration,
}

/// Failures of one fingerprint, of which there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighted {
    /// What they are about.
    pub about: About,
    /// Each of them.
    pub sightings: Vec<Sighting>,
}

/// What became of failures of one kind.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Of each fingerprint.
    pub seen: Vec<Result<Seen, Unreachable>>,
    /// The notices of their storm that are due and ours to tell.
    pub storms: Vec<Telling>,
}

/// What became of sightings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The incident, as it is now.
    pub incident: Incident,
    /// What is to be done.
    pub next: Next,
}

/// What is to be done about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the sightings are recorded.
    Nothing,
    /// Announce it, and say so with [`Ledger::announced`].
    Announce(Due),
    /// The storm's notice tells of it; then say so with [`Ledger::announced`].
    WithStorm,
    /// Come again: somebody else is about to announce it, and may die before.
    ComeAgain,
}

/// What became of the incidents of workloads that are well.
#[derive(Debug, Default)]
pub struct Ended {
    /// Of each workload.
    pub workloads: Vec<Result<Over, Unreachable>>,
    /// The notices of storms that are due and ours to tell.
    pub storms: Vec<Telling>,
}

/// What is over of a workload.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Incidents whose end is to be announced by us.
    pub ours: Vec<Incident>,
    /// Those whose end a storm's notice tells, of ours.
    pub with_storm: Vec<Incident>,
    /// Whether to come again: somebody else is at one of them, or will be.
    pub come_again: bool,
}

/// What is known of a workload: the latest serial of each open incident, and when it was well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Index {
    open: BTreeMap<String, u64>,
    /// What failed before is over, whenever it comes.
    well_at: Option<Timestamp>,
}

impl Index {
    fn add(&mut self, fingerprint: &str, serial: u64) -> bool {
        let is_newer = self.open.get(fingerprint).is_none_or(|known| *known < serial);
        if is_newer {
            self.open.insert(fingerprint.to_owned(), serial);
            while self.open.len() > INDEXED {
                self.open.pop_first();
            }
        }
        is_newer
    }

    /// Removes an incident, but not the one that has begun after it.
    fn close(&mut self, fingerprint: &str, serial: u64) -> bool {
        let is_known = self.open.get(fingerprint).is_some_and(|known| *known <= serial);
        if is_known {
            self.open.remove(fingerprint);
        }
        is_known
    }
}

/// What becomes of an incident whose workload is well.
enum End {
    /// It is over, and ours to announce.
    Ours(Box<Incident>),
    /// It is over, and its storm tells of it.
    OfStorm(Box<Incident>),
    /// It is over, or will be, and somebody else is announcing it.
    ComeAgain,
    /// It failed since.
    GoesOn,
    /// It was over already.
    Gone,
}

/// An incident and its workload's index, as they were read, and what a recording is going to come to.
type Said = (Option<Kept>, Option<Kept>, Claimed);

/// What a recording came to: the incident, and whether what is due is ours.
#[derive(Debug, Clone)]
struct Claimed {
    incident: Incident,
    due: Option<(Due, bool)>,
    /// Whether its storm tells that it goes on.
    hushed: bool,
}

/// What is to be done once a notice is out and noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// Announce the end, which came before or beside the failure.
    AnnounceEnd(Box<Incident>),
    /// Come again: somebody else is about to announce the end, or its storm is.
    ComeAgain,
}

impl<S: Store + Sync> Ledger<S> {
    /// Incidents in `store`; `holder` tells this instance from all others.
    pub const fn new(store: S, holder: String, reminder: SignedDuration) -> Self {
        Self { store, holder, tries: AtomicU64::new(0), reminder }
    }

    /// Records failures that may be one storm, and claims what they made due.
    pub async fn see(&self, failures: &[Sighted], now: Timestamp) -> Recorded {
        let Some(about) = failures.first().map(|failure| &failure.about) else { return Recorded::default() };
        let (key, claimant) = (storm::key(about), self.claimant());
        // One round of reads.
        let incidents = join_all(failures.iter().map(|failure| self.store.load(&failure.about.fingerprint)));
        let indexes = join_all(failures.iter().map(|failure| self.load_index(&failure.about)));
        let (incidents, indexes, kept) = join3(incidents, indexes, self.store.load(&key)).await;
        let kept = match kept {
            Ok(kept) => kept,
            Err(error) => return Recorded { seen: failures.iter().map(|_| Err(error.clone())).collect(), storms: Vec::new() },
        };
        let recording = Recording { storm: read(kept.as_ref()).unwrap_or_default(), claimant: &claimant, reminder: self.reminder, now };
        // What they say already tells who joins the storm's document, in one round of writes.
        let said: Vec<Result<Said, Unreachable>> = failures
            .iter()
            .zip(incidents.into_iter().zip(indexes))
            .map(|(failure, (incident, index))| {
                let (incident, index) = (incident?, index?);
                let well_at = read(index.as_ref()).and_then(|index: Index| index.well_at);
                let claimed = recording.record(read(incident.as_ref()), failure, well_at).result;
                Ok((incident, index, claimed))
            })
            .collect();
        let opening: Vec<&Incident> =
            said.iter().flatten().map(|(.., claimed)| claimed).filter(|claimed| Recording::opens(claimed)).map(|one| &one.incident).collect();
        let is_hushed = said.iter().flatten().any(|(.., claimed)| claimed.hushed);
        let recorded = join_all(failures.iter().zip(&said).map(async |(failure, said)| match said {
            Ok((incident, index, claimed)) => self.record(&recording, failure, incident.clone(), index.clone(), claimed).await,
            Err(error) => Err(error.clone()),
        }));
        let (recorded, joined) = join(recorded, self.join((&key, about), kept, &opening, is_hushed, &recording)).await;
        let (standing, reminding) = match joined {
            Ok(joined) => joined,
            Err(error) => return Recorded { seen: failures.iter().map(|_| Err(error.clone())).collect(), storms: Vec::new() },
        };
        // Of a storm, what opens is listed, and so is what is over.
        let calm: Vec<&str> =
            if standing == Standing::Calm { opening.iter().map(|incident| incident.about.fingerprint.as_str()).collect() } else { Vec::new() };
        let mut seen: Vec<Result<Seen, Unreachable>> = recorded.into_iter().map(|claimed| claimed.map(|claimed| recording.next(claimed, &calm))).collect();
        let mut storms: Vec<Telling> = reminding.into_iter().collect();
        for phase in [Phase::Begun, Phase::Ended] {
            let mut members: Vec<&mut Seen> =
                seen.iter_mut().flatten().filter(|seen| seen.next == Next::WithStorm && recording.phase(&seen.incident) == phase).collect();
            let incidents: Vec<&mut Incident> = members.iter_mut().map(|seen| &mut seen.incident).collect();
            match self.gather((&key, about), phase, incidents, &claimant, now).await {
                Ok((nexts, telling)) => {
                    members.into_iter().zip(nexts).for_each(|(seen, next)| seen.next = next);
                    storms.extend(telling);
                }
                Err(error) => {
                    let of_it = |seen: &&mut Result<Seen, Unreachable>| {
                        seen.as_ref().is_ok_and(|seen| seen.next == Next::WithStorm && recording.phase(&seen.incident) == phase)
                    };
                    seen.iter_mut().filter(of_it).for_each(|seen| *seen = Err(error.clone()));
                }
            }
        }
        Recorded { seen, storms }
    }

    /// Records what was seen of one fingerprint, over the documents that were read.
    async fn record(
        &self,
        recording: &Recording<'_>,
        failure: &Sighted,
        incident: Option<Kept>,
        index: Option<Kept>,
        said: &Claimed,
    ) -> Result<Claimed, Unreachable> {
        let known = read(index.as_ref()).and_then(|index: Index| index.well_at);
        let writing = change_from(&self.store, &failure.about.fingerprint, incident, |kept| recording.record(kept, failure, known));
        let is_indexed = said.incident.indexed || !failure.about.is_service;
        let indexing = async {
            if is_indexed {
                return Ok(known);
            }
            let add = |index: &mut Index| index.add(&failure.about.fingerprint, said.incident.serial);
            self.edit_index(&failure.about, index, recording.now, add).await.map(|index| index.well_at)
        };
        let (claimed, well_at) = join(writing, indexing).await;
        let (claimed, well_at) = (claimed?, well_at?);
        // Another came between, and its incident is not the one that was expected.
        let well_at = if is_indexed && !claimed.incident.indexed && failure.about.is_service || claimed.incident.serial != said.incident.serial {
            let add = |index: &mut Index| index.add(&failure.about.fingerprint, claimed.incident.serial);
            let kept = self.load_index(&failure.about).await?;
            self.edit_index(&failure.about, kept, recording.now, add).await?.well_at
        } else {
            well_at
        };
        if well_at == known { Ok(claimed) } else { change(&self.store, &failure.about.fingerprint, |kept| recording.record(kept, failure, well_at)).await }
    }

    /// Lets incidents join their storm's document that open, unless they have to be listed; the notice that the storm goes on, if that is due.
    async fn join(
        &self,
        (key, about): (&str, &About),
        kept: Option<Kept>,
        opening: &[&Incident],
        is_hushed: bool,
        recording: &Recording<'_>,
    ) -> Result<(Standing, Option<Telling>), Unreachable> {
        if opening.is_empty() && !is_hushed {
            return Ok((Standing::Calm, None));
        }
        let now = recording.now;
        let (standing, reminding) = change_from(&self.store, key, kept, |kept: Option<Storm>| {
            let before = kept.unwrap_or_default();
            let mut storm = before.clone();
            let standing = if opening.is_empty() { Standing::Calm } else { storm.join(opening, now) };
            let reminds = is_hushed && (storm.touch(now), storm.remind(recording.claimant, now, self.reminder)).1;
            let telling = reminds.then(|| storm.telling(Phase::Begun, key, about));
            // Where all have to be listed, the list is written instead.
            let changed = storm != before && (standing == Standing::Calm || is_hushed);
            Changed { document: changed.then(|| (storm, expires(now))), result: (standing, telling) }
        })
        .await?;
        Ok((standing, reminding))
    }

    /// Has a storm list members on a page, where it does not list them yet, and tells where each stands; with the notice, if it is due and ours.
    async fn gather(
        &self,
        (key, about): (&str, &About),
        phase: Phase,
        mut members: Vec<&mut Incident>,
        claimant: &str,
        now: Timestamp,
    ) -> Result<(Vec<Next>, Option<Telling>), Unreachable> {
        if members.is_empty() {
            return Ok((Vec::new(), None));
        }
        let (own, kept) = (storm::page(claimant, phase), self.store.load(key).await?);
        // Of an earlier page, which may have been told of, or never listed.
        let earlier: BTreeSet<String> = members.iter().filter_map(|member| member.storm.page(phase)).filter(|page| **page != own).cloned().collect();
        let mut pages: BTreeMap<String, Option<Page>> = BTreeMap::new();
        for (page, kept) in try_join_all(earlier.into_iter().map(async |page| Ok((page.clone(), self.store.load(&storm::page_key(key, &page)).await?)))).await?
        {
            pages.insert(page, read(kept.as_ref()));
        }
        let is_unlisted = |member: &Incident| member.storm.page(phase).is_none_or(|page| matches!(pages.get(page), None | Some(None)));
        let unlisted: Vec<&mut Incident> = members.iter_mut().map(|member| &mut **member).filter(|member| is_unlisted(member)).collect();
        if !unlisted.is_empty() {
            let document = Page { members: unlisted.iter().map(|member| Member::of(member)).collect(), told: false };
            let (page_key, body) = (storm::page_key(key, &own), written(&document)?);
            let saving = self.store.save(&page_key, body, None, expires(now));
            let unknowing = unlisted.into_iter().filter(|member| member.storm.page(phase) != Some(&own));
            let remembering = try_join_all(unknowing.map(async |member| {
                member.storm.list(phase, &own);
                self.remember(member, now).await
            }));
            let (saved, remembered) = join(saving, remembering).await;
            // A conflict is our own write, whose answer was lost: nobody else writes a page of this name.
            if let Err(NotSaved::Unavailable(why)) = saved {
                return Err(Unreachable(why));
            }
            remembered?;
            pages.insert(own, Some(document));
        }
        let (standings, telling) = change_from(&self.store, key, kept, |kept: Option<Storm>| {
            let before = kept.unwrap_or_default();
            let mut storm = before.clone();
            for (page, document) in pages.iter().filter_map(|(page, document)| Some((page, document.as_ref()?))).filter(|(_, document)| !document.told) {
                storm.list(phase, page, document.members.len(), now);
            }
            let on = members.iter().map(|member| member.storm.page(phase).map(String::as_str).unwrap_or_default());
            let standings: Vec<Standing> = on.map(|page| storm.standing(phase, page, claimant, now)).collect();
            let telling = standings.contains(&Standing::Due).then(|| storm.telling(phase, key, about));
            Changed { document: (storm != before).then(|| (storm, expires(now))), result: (standings, telling) }
        })
        .await?;
        let telling = match telling {
            Some(telling) => Some(self.read_pages(telling).await?),
            None => None,
        };
        let due = if phase == Phase::Begun { Due::Opened } else { Due::Resolved };
        let nexts = members.iter().zip(standings).map(async |(member, standing)| match standing {
            Standing::Due => Ok(Next::WithStorm),
            Standing::Told => self.announced(member, due, now).await.map(|after| if after == After::Nothing { Next::Nothing } else { Next::ComeAgain }),
            Standing::Later | Standing::Calm => Ok(Next::ComeAgain),
        });
        Ok((try_join_all(nexts).await?, telling))
    }

    /// Those whom a notice tells of: on pages of which none has told.
    async fn read_pages(&self, mut telling: Telling) -> Result<Telling, Unreachable> {
        for kept in try_join_all(telling.pages.iter().map(async |page| self.store.load(&storm::page_key(&telling.key, page)).await)).await? {
            let page = read::<Page>(kept.as_ref()).filter(|page| !page.told).unwrap_or_default();
            telling.members.extend(page.members);
        }
        Ok(telling)
    }

    /// Keeps where a storm is going to list an incident.
    async fn remember(&self, member: &Incident, now: Timestamp) -> Result<(), Unreachable> {
        change(&self.store, &member.about.fingerprint, |kept: Option<Incident>| {
            let same = kept.filter(|kept| kept.serial == member.serial && kept.storm != member.storm);
            let document = same.map(|incident| (Incident { storm: member.storm.clone(), ..incident }, expires(now)));
            Changed { document, result: () }
        })
        .await
    }

    /// Whether these very failures were announced from this store, whatever another store knows of them.
    pub async fn has_told(&self, incident: &Incident) -> bool {
        let kept = self.store.load(&incident.about.fingerprint).await.ok().flatten();
        let told = read(kept.as_ref()).filter(|told: &Incident| told.announced > 0 && told.about.is_of_one_workload(&incident.about));
        told.is_some_and(|told| incident.is_within(&told))
    }

    fn claimant(&self) -> String {
        format!("{}/{}", self.holder, self.tries.fetch_add(1, Ordering::Relaxed))
    }

    /// Notes that a notice is out, which told of the incident as `told` shows it; what is to be done then.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then the notice may come again.
    pub async fn announced(&self, told: &Incident, due: Due, now: Timestamp) -> Result<After, Unreachable> {
        let claimant = told.claim.as_ref().map_or_else(|| self.claimant(), |claim| claim.holder.clone());
        let (ended, after) = change(&self.store, &told.about.fingerprint, |kept: Option<Incident>| match kept {
            // A later one has taken its place.
            Some(incident) if incident.serial != told.serial => Changed { document: None, result: (None, After::Nothing) },
            Some(mut incident) => {
                incident.announced(told, due, now);
                incident.about = told.about.clone();
                incident.indexed = true;
                incident.storm = if told.storm == Membership::default() { incident.storm } else { told.storm.clone() };
                let after = match incident.due(now, self.reminder) {
                    Some(Due::Resolved) if incident.storm.page.is_none() && incident.claim(&claimant, now) => After::AnnounceEnd(Box::new(incident.clone())),
                    Some(Due::Resolved) => After::ComeAgain,
                    _ => After::Nothing,
                };
                let ended = incident.closed.then(|| incident.clone());
                Changed { document: Some((incident, expires(now))), result: (ended, after) }
            }
            None => Changed { document: None, result: (None, After::Nothing) },
        })
        .await?;
        if let Some(ended) = ended {
            let (closed, left) = join(self.close(&ended, now), self.unshare(&ended, now)).await;
            closed.and(left)?;
        }
        Ok(after)
    }

    /// Keeps what an incident that is to be announced happened to, and tells which other workloads have an open incident with the same culprit.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn share(&self, incident: &Incident, now: Timestamp) -> Result<Vec<String>, Unreachable> {
        let Some(key) = shared::key(&incident.about) else { return Ok(Vec::new()) };
        change(&self.store, &key, |kept: Option<Shared>| {
            let mut shared = kept.unwrap_or_default();
            let others = shared.join(incident, now);
            Changed { document: Some((shared, expires(now))), result: others }
        })
        .await
    }

    async fn unshare(&self, ended: &Incident, now: Timestamp) -> Result<(), Unreachable> {
        let Some(key) = shared::key(&ended.about) else { return Ok(()) };
        change(&self.store, &key, |kept: Option<Shared>| {
            let mut shared = kept.unwrap_or_default();
            let changed = shared.leave(ended);
            Changed { document: changed.then(|| (shared, expires(now))), result: () }
        })
        .await
    }

    /// Notes that a storm's notice is out.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then the notice may come again.
    pub async fn storm_announced(&self, telling: &Telling, now: Timestamp) -> Result<(), Unreachable> {
        try_join_all(telling.pages.iter().map(async |page| {
            change(&self.store, &storm::page_key(&telling.key, page), |kept: Option<Page>| {
                let told = kept.filter(|page| !page.told).map(|page| (Page { told: true, ..page }, expires(now)));
                Changed { document: told, result: () }
            })
            .await
        }))
        .await?;
        change(&self.store, &telling.key, |kept: Option<Storm>| {
            let mut storm = kept.unwrap_or_default();
            storm.told(telling, now);
            Changed { document: Some((storm, expires(now))), result: () }
        })
        .await
    }

    /// Ends the incidents of workloads that are well since a time.
    pub async fn end(&self, wells: &[(About, Timestamp)], now: Timestamp) -> Ended {
        let claimant = self.claimant();
        let page = storm::page(&claimant, Phase::Ended);
        let mut ending: Vec<Result<Ending, Unreachable>> = join_all(wells.iter().map(|(workload, at)| self.end_one(workload, *at, &page, now))).await;
        let mut storms = Vec::new();
        let keys: BTreeMap<String, About> =
            ending.iter().flatten().flat_map(|ending| &ending.of_storm).map(|one| (storm::key(&one.about), one.about.clone())).collect();
        for (key, about) in keys {
            let mut members: Vec<Incident> =
                ending.iter().flatten().flat_map(|ending| &ending.of_storm).filter(|one| storm::key(&one.about) == key).cloned().collect();
            let gathered = self.gather((&key, &about), Phase::Ended, members.iter_mut().collect(), &claimant, now).await;
            for ending in &mut ending {
                let Ok(one) = ending else { continue };
                let own = one.of_storm.extract_if(.., |incident| storm::key(&incident.about) == key);
                let own: Vec<(String, u64)> = own.map(|incident| (incident.about.fingerprint, incident.serial)).collect();
                match &gathered {
                    Ok((nexts, _)) => {
                        let of_it = members.iter().zip(nexts).filter(|(member, _)| own.contains(&(member.about.fingerprint.clone(), member.serial)));
                        for (member, next) in of_it {
                            match next {
                                Next::WithStorm => one.over.with_storm.push(member.clone()),
                                Next::Nothing => {}
                                Next::ComeAgain | Next::Announce(_) => one.over.come_again = true,
                            }
                        }
                    }
                    Err(error) if !own.is_empty() => *ending = Err(error.clone()),
                    Err(_) => {}
                }
            }
            storms.extend(gathered.ok().and_then(|(_, telling)| telling));
        }
        Ended { workloads: ending.into_iter().map(|ending| ending.map(|ending| ending.over)).collect(), storms }
    }

    async fn end_one(&self, workload: &About, at: Timestamp, page: &str, now: Timestamp) -> Result<Ending, Unreachable> {
        // One steady state may come twice at once: each has a claim of its own.
        let (claimant, mut ending) = (self.claimant(), Ending::default());
        if !workload.is_service {
            return Ok(ending);
        }
        // A workload that is going to be well may fail until then.
        let at = at.min(now);
        let kept = self.load_index(workload).await?;
        let index = self
            .edit_index(workload, kept, now, |index| {
                let is_later = index.well_at.is_none_or(|known| known < at);
                index.well_at = index.well_at.max(Some(at));
                is_later
            })
            .await?;
        let kept = try_join_all(index.open.keys().map(async |fingerprint| self.store.load(fingerprint).await)).await?;
        let mut gone = Vec::new();
        for ((fingerprint, serial), kept) in index.open.iter().zip(kept) {
            let incident: Option<Incident> = read(kept.as_ref());
            let storm: Storm = match &incident {
                Some(incident) => read(self.store.load(&storm::key(&incident.about)).await?.as_ref()).unwrap_or_default(),
                None => Storm::default(),
            };
            match self.end_incident(workload, fingerprint, kept, (at, now), &storm, (&claimant, page)).await? {
                End::Ours(incident) => ending.over.ours.push(*incident),
                End::OfStorm(incident) => ending.of_storm.push(*incident),
                End::ComeAgain => ending.over.come_again = true,
                End::GoesOn => {}
                End::Gone => gone.push((fingerprint, *serial)),
            }
        }
        if !gone.is_empty() {
            let kept = self.load_index(workload).await?;
            let close = |index: &mut Index| gone.iter().fold(false, |changed, (fingerprint, serial)| index.close(fingerprint, *serial) | changed);
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
            let open = kept.filter(|incident| !incident.closed && incident.about.is_of_one_workload(workload));
            let Some(mut incident) = open.map(|open| open.by(now)) else { return Changed { document: None, result: End::Gone } };
            let was_over = incident.resolved.is_some();
            if !incident.resolve(at) {
                return Changed { document: None, result: End::GoesOn };
            }
            // Its beginning is announced first; unless nobody can be at it any more, and the notice is out but could not be noted.
            let latest = incident.recorded_at.map_or(at, |recorded| recorded.max(at));
            if incident.announced == 0 && now.duration_since(latest) < BEGINNING_AWAITED {
                return Changed { document: (!was_over).then(|| (incident, expires(now))), result: End::ComeAgain };
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

    /// A standalone task has nothing that says it is well: its family needs no index.
    async fn load_index(&self, about: &About) -> Result<Option<Kept>, Unreachable> {
        if about.is_service { self.store.load(&about.workload_key()).await } else { Ok(None) }
    }

    async fn close(&self, ended: &Incident, now: Timestamp) -> Result<(), Unreachable> {
        if !ended.about.is_service {
            return Ok(());
        }
        let kept = self.load_index(&ended.about).await?;
        self.edit_index(&ended.about, kept, now, |index| index.close(&ended.about.fingerprint, ended.serial)).await.map(|_| ())
    }

    async fn edit_index(&self, about: &About, kept: Option<Kept>, now: Timestamp, edit: impl Fn(&mut Index) -> bool) -> Result<Index, Unreachable> {
        change_from(&self.store, &about.workload_key(), kept, |kept: Option<Index>| {
            let mut index = kept.unwrap_or_default();
            let changed = edit(&mut index);
            let expires = now.checked_add(INDEX_KEPT).unwrap_or(now);
            Changed { document: changed.then(|| (index.clone(), expires)), result: index }
        })
        .await
    }
}

/// What is the same for all failures of one recording.
struct Recording<'c> {
    /// Their storm, as it was read.
    storm: Storm,
    claimant: &'c str,
    reminder: SignedDuration,
    now: Timestamp,
}

impl Recording<'_> {
    /// What becomes of an incident of which this was seen, whose workload was well at that time.
    fn record(&self, kept: Option<Incident>, failure: &Sighted, well_at: Option<Timestamp>) -> Changed<Incident, Claimed> {
        let now = self.now;
        let about = &failure.about;
        let sightings: Vec<Sighting> = failure.sightings.iter().map(|sighting| Sighting { at: happened(sighting.at, now), ..sighting.clone() }).collect();
        let first = sightings.iter().min_by_key(|sighting| sighting.at).cloned().unwrap_or_else(|| Sighting { id: String::new(), at: now });
        let mut incident = match kept.map(|kept| kept.by(now)) {
            // Whoever comes under another's fingerprint takes its place: each is told, again and again, and none is silenced.
            Some(other) if !other.about.is_of_one_workload(about) => Incident { serial: other.serial + 1, ..Incident::begin(about.clone(), &first, None) },
            Some(kept) if sightings.iter().all(|sighting| kept.takes(sighting)) => kept,
            before => Incident::begin(about.clone(), &first, before.as_ref()),
        };
        let was_over = incident.resolved.is_some();
        let mut changed = incident.record(&sightings) > 0;
        if changed {
            incident.recorded_at = Some(now);
        }
        if let Some(well_at) = well_at {
            changed |= incident.resolve(well_at.min(now)) && !was_over;
        }
        let mut due = incident.due(now, self.reminder);
        let hushed = due == Some(Due::StillFailing) && self.storm.hushes(&incident, now);
        if hushed {
            (incident.announced, incident.announced_at, incident.reminded, due) = (incident.occurrences, Some(now), true, None);
            changed = true;
        }
        let due = due.map(|due| (due, incident.claim(self.claimant, now)));
        if due == Some((Due::Opened, true)) && incident.storm.page.is_none() && self.storm.goes_on(now) {
            incident.storm.list(Phase::Begun, &storm::page(self.claimant, Phase::Begun));
        }
        changed |= due.is_some_and(|(_, is_ours)| is_ours);
        Changed { document: changed.then(|| (incident.clone(), expires(now))), result: Claimed { incident, due, hushed } }
    }

    /// Whether it joins its storm's document.
    fn opens(claimed: &Claimed) -> bool {
        claimed.due == Some((Due::Opened, true)) && claimed.incident.storm.page.is_none()
    }

    /// What is to be done, where those of `calm` are announced by themselves.
    fn next(&self, claimed: Claimed, calm: &[&str]) -> Seen {
        let Claimed { incident, due, .. } = claimed;
        let next = match due {
            None => Next::Nothing,
            Some((_, false)) => Next::ComeAgain,
            Some((Due::Opened, true)) if calm.contains(&incident.about.fingerprint.as_str()) => Next::Announce(Due::Opened),
            Some((Due::Opened, true)) => Next::WithStorm,
            Some((Due::Resolved, true)) if self.storm.hushes(&incident, self.now) || incident.storm.end.is_some() => Next::WithStorm,
            Some((due, true)) => Next::Announce(due),
        };
        Seen { incident, next }
    }

    /// What a storm tells of an incident.
    fn phase(&self, incident: &Incident) -> Phase {
        if incident.due(self.now, self.reminder) == Some(Due::Resolved) { Phase::Ended } else { Phase::Begun }
    }
}

/// What is over of a workload, before the storms of some are asked.
#[derive(Debug, Default)]
struct Ending {
    over: Over,
    of_storm: Vec<Incident>,
}
