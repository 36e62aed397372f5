//! What is done with incidents against a store: seen, announced, ended. Each step is one change of one document, so that a death between two
//! steps leaves nothing that a later try cannot finish.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::shared::{self, Shared};
use super::store::{Changed, Store, Unreachable, change};
use super::storm::{self, Standing, Storm};
use super::{About, Due, Incident, Sighting, expires, happened};

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

/// What became of sightings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The incident, as it is now.
    pub incident: Incident,
    /// What is to be done.
    pub next: Next,
}

/// What is to be done about an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the sightings are recorded.
    Nothing,
    /// Announce it, and say so with [`Ledger::announced`].
    Announce(Due),
    /// Announce the storm that it is part of, and say so with [`Ledger::storm_announced`].
    AnnounceStorm(Storm),
    /// Come again: somebody else is about to announce it, and may die before.
    ComeAgain,
}

/// The open incidents of a workload: the latest serial of each fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Index {
    open: BTreeMap<String, u64>,
}

impl Index {
    fn add(&mut self, fingerprint: &str, serial: u64) -> bool {
        let is_newer = self.open.get(fingerprint).is_none_or(|known| *known < serial);
        if is_newer {
            self.open.insert(fingerprint.to_owned(), serial);
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
    /// It is over, or will be, and somebody else is announcing it.
    ComeAgain,
    /// It failed since.
    GoesOn,
    /// It was over already.
    Gone,
}

/// After so long nobody comes again any more who was to announce the beginning of an incident.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// As long as an index is kept: longer than a workload fails without ever being well.
const INDEXED: SignedDuration = SignedDuration::from_hours(365 * 24);

impl<S: Store + Sync> Ledger<S> {
    /// Incidents in `store`; `holder` tells this instance from all others.
    pub const fn new(store: S, holder: String, reminder: SignedDuration) -> Self {
        Self { store, holder, tries: AtomicU64::new(0), reminder }
    }

    /// Records sightings of one fingerprint, of which there is at least one, and claims what they made due.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then nothing is known of what is announced.
    pub async fn see(&self, about: &About, sightings: &[Sighting], now: Timestamp) -> Result<Seen, Unreachable> {
        let sightings: Vec<Sighting> = sightings.iter().map(|sighting| Sighting { at: happened(sighting.at, now), ..sighting.clone() }).collect();
        let Some(first) = sightings.iter().min_by_key(|sighting| sighting.at) else {
            return Err(Unreachable("nothing was seen".to_owned()));
        };
        let mut incident = change(&self.store, &about.fingerprint, |kept: Option<Incident>| {
            let mut incident = match kept.map(|kept| kept.by(now)) {
                // Whoever comes under another's fingerprint takes its place: each is told, again and again, and none is silenced.
                Some(other) if !other.about.is_of_one_workload(about) => Incident { serial: other.serial + 1, ..Incident::begin(about.clone(), first, None) },
                Some(kept) if sightings.iter().all(|sighting| kept.takes(sighting)) => kept,
                before => Incident::begin(about.clone(), first, before.as_ref()),
            };
            let document = (incident.record(&sightings) > 0).then(|| {
                incident.recorded_at = Some(now);
                (incident.clone(), expires(now))
            });
            Changed { document, result: incident }
        })
        .await?;
        if !incident.indexed {
            self.index(&incident, now).await?;
        }
        let next = match incident.due(now, self.reminder) {
            // The end is announced by whoever was told of it.
            None | Some(Due::Resolved) => Next::Nothing,
            Some(Due::Opened) => self.opened(&mut incident, now).await?,
            Some(Due::StillFailing) => self.claimed(&mut incident, Due::StillFailing, &self.claimant(), now).await?,
        };
        Ok(Seen { incident, next })
    }

    /// An incident that was never announced: by itself, or with the storm that it is part of.
    async fn opened(&self, incident: &mut Incident, now: Timestamp) -> Result<Next, Unreachable> {
        let claimant = self.claimant();
        let standing = change(&self.store, &storm::key(&incident.about), |kept: Option<Storm>| {
            let mut storm = kept.clone().unwrap_or_default();
            storm.join(incident, now);
            let standing = storm.standing(incident, &claimant, now);
            let expires = storm.expires(now);
            Changed { document: (kept.as_ref() != Some(&storm)).then_some((storm, expires)), result: standing }
        })
        .await?;
        match standing {
            Standing::Calm => self.claimed(incident, Due::Opened, &claimant, now).await,
            Standing::Due(storm) => Ok(Next::AnnounceStorm(storm)),
            Standing::Told => self.announced(incident, Due::Opened, now).await.map(|()| Next::Nothing),
            Standing::Later => Ok(Next::ComeAgain),
        }
    }

    async fn claimed(&self, incident: &mut Incident, due: Due, claimant: &str, now: Timestamp) -> Result<Next, Unreachable> {
        let (next, latest) = change(&self.store, &incident.about.fingerprint, |kept: Option<Incident>| {
            let nothing = |next| Changed { document: None, result: (next, None) };
            let Some(mut latest) = kept else { return nothing(Next::ComeAgain) };
            // Another was quicker.
            if latest.serial != incident.serial || latest.due(now, self.reminder) != Some(due) {
                return nothing(Next::Nothing);
            }
            if !latest.claim(claimant, now) {
                return nothing(Next::ComeAgain);
            }
            latest.indexed = true;
            Changed { document: Some((latest.clone(), expires(now))), result: (Next::Announce(due), Some(latest)) }
        })
        .await?;
        if let Some(latest) = latest {
            *incident = latest;
        }
        Ok(next)
    }

    fn claimant(&self) -> String {
        format!("{}/{}", self.holder, self.tries.fetch_add(1, Ordering::Relaxed))
    }

    /// Notes that a notice is out, which told of the incident as `told` shows it.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then the notice may come again.
    pub async fn announced(&self, told: &Incident, due: Due, now: Timestamp) -> Result<(), Unreachable> {
        let ended = change(&self.store, &told.about.fingerprint, |kept: Option<Incident>| match kept {
            // A later one has taken its place.
            Some(incident) if incident.serial != told.serial => Changed { document: None, result: None },
            Some(mut incident) => {
                incident.announced(told, due, now);
                incident.about = told.about.clone();
                incident.indexed = true;
                Changed { document: Some((incident.clone(), expires(now))), result: incident.closed.then_some(incident) }
            }
            None => Changed { document: None, result: None },
        })
        .await?;
        match ended {
            Some(ended) => {
                self.indexed(&ended.about, now, |index| index.close(&ended.about.fingerprint, ended.serial)).await?;
                self.unshare(&ended, now).await
            }
            None => Ok(()),
        }
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

    /// Notes that a storm's notice is out, and with it those of the incidents that it told of.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then the notice may come again.
    pub async fn storm_announced(&self, told: &Incident, storm: &Storm, now: Timestamp) -> Result<(), Unreachable> {
        change(&self.store, &storm::key(&told.about), |kept: Option<Storm>| {
            let mut kept = kept.unwrap_or_default();
            kept.told(storm, now);
            let expires = kept.expires(now);
            Changed { document: Some((kept, expires)), result: () }
        })
        .await?;
        self.announced(told, Due::Opened, now).await
    }

    /// Ends the incidents of a workload that is well since `at`; those whose end is to be announced by us, and whether to come again.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn end(&self, workload: &About, at: Timestamp, now: Timestamp) -> Result<(Vec<Incident>, bool), Unreachable> {
        // A workload that is going to be well may fail until then.
        let at = at.min(now);
        let index = change(&self.store, &workload.workload_key(), |kept: Option<Index>| Changed { document: None, result: kept.unwrap_or_default() }).await?;
        let (mut ended, mut come_again, mut gone) = (Vec::new(), false, Vec::new());
        for (fingerprint, serial) in &index.open {
            match self.end_one(workload, fingerprint, at, now).await? {
                End::Ours(incident) => ended.push(*incident),
                End::ComeAgain => come_again = true,
                End::GoesOn => {}
                End::Gone => gone.push((fingerprint, *serial)),
            }
        }
        if !gone.is_empty() {
            self.indexed(workload, now, |index| gone.iter().fold(false, |changed, (fingerprint, serial)| index.close(fingerprint, *serial) | changed)).await?;
        }
        Ok((ended, come_again))
    }

    async fn end_one(&self, workload: &About, fingerprint: &str, at: Timestamp, now: Timestamp) -> Result<End, Unreachable> {
        let claimant = self.claimant();
        change(&self.store, fingerprint, |kept: Option<Incident>| {
            let open = kept.filter(|incident| !incident.closed && incident.about.is_of_one_workload(workload));
            let Some(mut incident) = open.map(|open| open.by(now)) else { return Changed { document: None, result: End::Gone } };
            let was_over = incident.resolved.is_some();
            if !incident.resolve(at) {
                return Changed { document: None, result: End::GoesOn };
            }
            // Its beginning is announced first; unless nobody can be at it any more, and the notice is out but could not be noted.
            let latest = incident.recorded_at.map_or(at, |recorded| recorded.max(at));
            if incident.announced == 0 && now.duration_since(latest) < PATIENCE {
                return Changed { document: None, result: End::ComeAgain };
            }
            let is_ours = incident.claim(&claimant, now);
            let document = (is_ours || !was_over).then(|| (incident.clone(), expires(now)));
            Changed { document, result: if is_ours { End::Ours(Box::new(incident)) } else { End::ComeAgain } }
        })
        .await
    }

    async fn index(&self, incident: &Incident, now: Timestamp) -> Result<(), Unreachable> {
        self.indexed(&incident.about, now, |index| index.add(&incident.about.fingerprint, incident.serial)).await
    }

    async fn indexed(&self, about: &About, now: Timestamp, edit: impl Fn(&mut Index) -> bool) -> Result<(), Unreachable> {
        change(&self.store, &about.workload_key(), |kept: Option<Index>| {
            let mut index = kept.unwrap_or_default();
            let changed = edit(&mut index);
            let expires = now.checked_add(INDEXED).unwrap_or(now);
            Changed { document: changed.then_some((index, expires)), result: () }
        })
        .await
    }
}
