//! What is done with incidents against a store: seen, announced, ended. Each step is one change of one
//! document, so that a crash between two steps leaves nothing that a later try cannot finish. Documents that
//! do not depend on each other are read together, and written together.

mod culprits;
mod ends;
mod pages;
mod recording;
mod renamed;
mod rotations;

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::{join, join_all, join3};
use jiff::{SignedDuration, Timestamp};

use super::index::Index;
use super::shared::Culprit;
use super::store::{Changed, Kept, Store, Unreachable, change, change_from, read};
use super::storm::{self, DueNotice, Phase, Standing};
use super::{About, Due, Incident, Membership, Sighting, expires};
use crate::limits::{INDEX_KEPT, INSTANCES, STORM_WORKLOADS};
use recording::{Recording, Updated};
use renamed::Renamed;

pub use ends::{Ended, Over};

/// Incidents in a store, as one instance works on them.
#[derive(Debug)]
pub struct Ledger<S> {
    store: S,
    /// This instance, among all.
    holder: String,
    /// How often it has tried to claim: what it works on at the same time must not share a claim.
    tries: AtomicU64,
    /// How long after its last notice an incident that continues is announced again.
    reminder: SignedDuration,
    /// More workloads than this that fail in the same way are a storm.
    alone: usize,
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
    /// The result for each fingerprint.
    pub seen: Vec<Result<Seen, Unreachable>>,
    /// The notices of their storm that are due, under our claim.
    pub storms: Vec<DueNotice>,
}

/// What became of sightings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The incident, as it is now.
    pub incident: Incident,
    /// What is to be done.
    pub next: Next,
    /// What is kept of its culprit, where it is to be announced.
    pub culprit: Culprit,
}

/// What is to be done about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the sightings are recorded.
    Nothing,
    /// Announce it, and say so with [`Ledger::announced`].
    Announce(Due),
    /// The storm's notice announces it; then record that with [`Ledger::announced`].
    WithStorm,
    /// A notice of the storm has announced it; record that with [`Ledger::announced`].
    AnnouncedByStorm,
    /// Retry: another instance is about to announce it, and may fail.
    ComeAgain,
}

/// What was read for a recording, and what it is going to come to.
struct Prepared {
    incident: Option<Kept>,
    /// The index of its workload.
    index: Option<Kept>,
    former: Renamed,
    updated: Updated,
}

/// What is to be done once a notice is out and noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// Announce the end, which came before the failure or with it.
    AnnounceEnd(Box<Incident>),
    /// Retry: another instance is about to announce the end, or its storm is.
    ComeAgain,
}

impl Recorded {
    /// Nothing, of so many fingerprints, for one reason.
    pub(crate) fn none(fingerprints: usize, why: &Unreachable) -> Self {
        Self { seen: vec![Err(why.clone()); fingerprints], storms: Vec::new() }
    }
}

impl<S: Store + Sync> Ledger<S> {
    /// Incidents in `store`; `holder` identifies this instance.
    pub const fn new(store: S, holder: String, reminder: SignedDuration) -> Self {
        Self { store, holder, tries: AtomicU64::new(0), reminder, alone: STORM_WORKLOADS }
    }

    /// The same in the place of a table that all instances share: each instance sees only a part of a storm.
    #[must_use]
    pub fn of_one_instance(self) -> Self {
        Self { alone: STORM_WORKLOADS / INSTANCES, ..self }
    }

    /// Records failures that may be one storm, and claims what they made due.
    pub async fn see(&self, failures: &[Sighted], now: Timestamp) -> Recorded {
        let Some(about) = failures.first().map(|failure| &failure.about) else { return Recorded::default() };
        let (key, claimant) = (storm::key(about), self.claimant());
        self.store.expire(now);
        // One round of reads.
        let incidents = join_all(failures.iter().map(|failure| self.store.load(&failure.about.fingerprint)));
        let indexes = join_all(failures.iter().map(|failure| self.load_index(&failure.about)));
        let (incidents, indexes, kept) = join3(incidents, indexes, self.store.load(&key)).await;
        let kept = match kept {
            Ok(kept) => kept,
            Err(error) => return Recorded::none(failures.len(), &error),
        };
        let mut recording = Recording {
            storm: read(kept.as_ref()).unwrap_or_default(),
            are_many: false,
            claimant: &claimant,
            reminder: self.reminder,
            now,
        };
        // From what they come to it follows which of them join the storm's document, in one round of writes.
        let prepared = join_all(failures.iter().zip(incidents.into_iter().zip(indexes)).map(
            async |(failure, (incident, index))| self.prepare(&recording, failure, incident?, index?).await,
        ));
        let prepared: Vec<Result<Prepared, Unreachable>> = prepared.await;
        let updated = || prepared.iter().flatten().map(|prepared| &prepared.updated);
        let mut opening: Vec<&Incident> =
            updated().filter(|updated| Recording::opens(updated)).map(|one| &one.incident).collect();
        recording.are_many = recording.storm.clone().join(&opening, self.alone, now) == Standing::Later;
        if recording.are_many {
            opening.clear();
        }
        let is_hushed = updated().any(|updated| updated.hushed);
        let recorded =
            join_all(failures.iter().zip(&prepared).map(async |(failure, prepared)| match prepared {
                Ok(prepared) => self.record(&recording, failure, prepared).await,
                Err(error) => Err(error.clone()),
            }));
        // What a notice is going to say of its culprit is read meanwhile.
        let joining = self.join(about, kept, &opening, is_hushed, &recording);
        let (recorded, joined, culprits) = join3(recorded, joining, self.culprits(&prepared)).await;
        let (standing, reminding) = match joined {
            Ok(joined) => joined,
            Err(error) => return Recorded::none(failures.len(), &error),
        };
        let mut calm: Vec<String> = if standing == Standing::Calm {
            opening.iter().map(|incident| incident.about.fingerprint.clone()).collect()
        } else {
            Vec::new()
        };
        match self.join_late(about, &opening, &recorded, &recording).await {
            Ok(late) => calm.extend(late),
            Err(error) => return Recorded::none(failures.len(), &error),
        }
        // A storm lists the incidents that open and those that are over.
        let mut seen: Vec<Result<Seen, Unreachable>> = recorded
            .into_iter()
            .zip(culprits)
            .map(|(updated, culprit)| updated.map(|updated| recording.next(updated, culprit, &calm)))
            .collect();
        let mut storms: Vec<DueNotice> = reminding.into_iter().collect();
        storms.extend(self.list(about, &recording, &mut seen).await);
        Recorded { seen, storms }
    }

    /// What failures of one fingerprint are going to come to, over the documents that were read.
    async fn prepare(
        &self,
        recording: &Recording<'_>,
        failure: &Sighted,
        incident: Option<Kept>,
        index: Option<Kept>,
    ) -> Result<Prepared, Unreachable> {
        let known: Index = read(index.as_ref()).unwrap_or_default();
        let former =
            if incident.is_none() { self.renamed(&failure.about, &known).await? } else { Renamed::default() };
        let before = read(incident.as_ref()).or_else(|| former.incident.clone());
        let updated = recording.record(before, failure, known.well_at).result;
        Ok(Prepared { incident, index, former, updated })
    }

    /// Adds to their storm's document the incidents that opened and were not expected to, since another write
    /// came between; the fingerprints of those that are announced by themselves.
    async fn join_late(
        &self,
        about: &About,
        expected: &[&Incident],
        recorded: &[Result<Updated, Unreachable>],
        recording: &Recording<'_>,
    ) -> Result<Vec<String>, Unreachable> {
        let is_late = |incident: &&Incident| {
            !expected.iter().any(|one| one.about.fingerprint == incident.about.fingerprint)
        };
        let opened = recorded.iter().flatten().filter(|updated| Recording::opens(updated));
        let late: Vec<&Incident> = opened.map(|updated| &updated.incident).filter(is_late).collect();
        let (standing, _) = self.join(about, None, &late, false, recording).await?;
        let calm = late.into_iter().filter(|_| standing == Standing::Calm);
        Ok(calm.map(|incident| incident.about.fingerprint.clone()).collect())
    }

    /// Has their storm list those that it announces; the notices that are due and ours.
    async fn list(
        &self,
        about: &About,
        recording: &Recording<'_>,
        seen: &mut [Result<Seen, Unreachable>],
    ) -> Vec<DueNotice> {
        let mut storms = Vec::new();
        for phase in [Phase::Begun, Phase::Ended] {
            let mut members: Vec<&mut Seen> = seen
                .iter_mut()
                .flatten()
                .filter(|seen| seen.next == Next::WithStorm && recording.phase(&seen.incident) == phase)
                .collect();
            let incidents: Vec<&mut Incident> = members.iter_mut().map(|seen| &mut seen.incident).collect();
            match self.gather(about, phase, incidents, recording.claimant, recording.now).await {
                Ok((nexts, due_notice)) => {
                    members.into_iter().zip(nexts).for_each(|(seen, next)| seen.next = next);
                    storms.extend(due_notice);
                }
                Err(error) => {
                    let of_it = |seen: &&mut Result<Seen, Unreachable>| {
                        seen.as_ref().is_ok_and(|seen| {
                            seen.next == Next::WithStorm && recording.phase(&seen.incident) == phase
                        })
                    };
                    seen.iter_mut().filter(of_it).for_each(|seen| *seen = Err(error.clone()));
                }
            }
        }
        storms
    }

    /// Records what was seen of one fingerprint, over the documents that were read.
    async fn record(
        &self,
        recording: &Recording<'_>,
        failure: &Sighted,
        prepared: &Prepared,
    ) -> Result<Updated, Unreachable> {
        let Prepared { incident, index, former, updated: Updated { incident: expected, .. } } = prepared;
        let known = read(index.as_ref()).and_then(|index: Index| index.well_at);
        let writing = change_from(
            &self.store,
            &failure.about.fingerprint,
            incident.clone(),
            |kept: Option<Incident>| {
                let takes_over = kept.is_none() && former.incident.is_some();
                let mut changed = recording.record(kept.or_else(|| former.incident.clone()), failure, known);
                if takes_over && changed.document.is_none() {
                    changed.document = Some((changed.result.incident.clone(), expires(recording.now)));
                }
                changed
            },
        );
        let is_indexed = expected.indexed || !failure.about.is_service;
        let indexing = async {
            if is_indexed {
                return Ok(known);
            }
            let add = |index: &mut Index| {
                let is_gone = former.names.iter().fold(false, |changed, (fingerprint, serial)| {
                    index.close(fingerprint, *serial) | changed
                });
                index.add(&failure.about.fingerprint, expected.serial) | is_gone
            };
            self.edit_index(&failure.about, index.clone(), recording.now, add)
                .await
                .map(|index| index.well_at)
        };
        let (updated, well_at) = join(writing, indexing).await;
        let (updated, well_at) = (updated?, well_at?);
        // Another came between, and its incident is not the one that was expected.
        let well_at = if is_indexed && !updated.incident.indexed && failure.about.is_service
            || updated.incident.serial != expected.serial
        {
            let add = |index: &mut Index| index.add(&failure.about.fingerprint, updated.incident.serial);
            let kept = self.load_index(&failure.about).await?;
            self.edit_index(&failure.about, kept, recording.now, add).await?.well_at
        } else {
            well_at
        };
        if well_at == known {
            Ok(updated)
        } else {
            change(&self.store, &failure.about.fingerprint, |kept| recording.record(kept, failure, well_at))
                .await
        }
    }

    /// Whether the store can be read.
    ///
    /// # Errors
    ///
    /// When it cannot.
    pub async fn answers(&self) -> Result<(), Unreachable> {
        self.store.load("selftest").await.map(|_| ())
    }

    /// Whether these very failures were announced from this store, whatever another store knows of them.
    pub async fn has_announced(&self, incident: &Incident) -> bool {
        let kept = self.store.load(&incident.about.fingerprint).await.ok().flatten();
        let published = read(kept.as_ref()).filter(|published: &Incident| {
            published.announced > 0 && published.about.is_of_one_workload(&incident.about)
        });
        published.is_some_and(|published| incident.is_within(&published))
    }

    fn claimant(&self) -> String {
        format!("{}/{}", self.holder, self.tries.fetch_add(1, Ordering::Relaxed))
    }

    /// Records that a notice was published that announced the incident as `published` shows it; what is to be
    /// done next.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then the notice may be published again.
    pub async fn announced(
        &self,
        published: &Incident,
        due: Due,
        now: Timestamp,
    ) -> Result<After, Unreachable> {
        let claimant = published.claim.as_ref().map_or_else(|| self.claimant(), |claim| claim.holder.clone());
        let (ended, after) =
            change(&self.store, &published.about.fingerprint, |kept: Option<Incident>| match kept {
                // A later one has taken its place.
                Some(incident) if incident.serial != published.serial => {
                    Changed { document: None, result: (None, After::Nothing) }
                }
                Some(mut incident) => {
                    incident.announced(published, due, now);
                    incident.about = published.about.clone();
                    incident.indexed = true;
                    incident.storm = if published.storm == Membership::default() {
                        incident.storm
                    } else {
                        published.storm.clone()
                    };
                    let after = match incident.due(now, self.reminder) {
                        Some(Due::Resolved)
                            if incident.storm.page.is_none() && incident.claim(&claimant, now) =>
                        {
                            After::AnnounceEnd(Box::new(incident.clone()))
                        }
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

    /// A standalone task has nothing that says it is well: its family needs no index.
    async fn load_index(&self, about: &About) -> Result<Option<Kept>, Unreachable> {
        if about.is_service { self.store.load(&about.workload_key()).await } else { Ok(None) }
    }

    async fn close(&self, ended: &Incident, now: Timestamp) -> Result<(), Unreachable> {
        if !ended.about.is_service {
            return Ok(());
        }
        let kept = self.load_index(&ended.about).await?;
        self.edit_index(&ended.about, kept, now, |index| index.close(&ended.about.fingerprint, ended.serial))
            .await
            .map(|_| ())
    }

    async fn edit_index(
        &self,
        about: &About,
        kept: Option<Kept>,
        now: Timestamp,
        edit: impl Fn(&mut Index) -> bool,
    ) -> Result<Index, Unreachable> {
        change_from(&self.store, &about.workload_key(), kept, |kept: Option<Index>| {
            let mut index = kept.unwrap_or_default();
            let changed = edit(&mut index);
            let expires = now.checked_add(INDEX_KEPT).unwrap_or(now);
            Changed { document: changed.then(|| (index.clone(), expires)), result: index }
        })
        .await
    }
}
