//! What is done with incidents against a store: seen, announced, ended. Each step is one change of one document, so that a death between two
//! steps leaves nothing that a later try cannot finish.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::store::{Changed, Store, Unreachable, change};
use super::storm::{self, Standing, Storm};
use super::{About, Due, Incident, Sighting};

/// Incidents in a store, as one instance works on them.
#[derive(Debug)]
pub struct Ledger<S> {
    store: S,
    /// This instance, among all.
    holder: String,
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

/// The open incidents of a workload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Index {
    fingerprints: BTreeSet<String>,
}

impl<S: Store + Sync> Ledger<S> {
    /// Incidents in `store`; `holder` tells this instance from all others.
    pub const fn new(store: S, holder: String, reminder: SignedDuration) -> Self {
        Self { store, holder, reminder }
    }

    /// Records sightings of one fingerprint, of which there is at least one, and claims what they made due.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then nothing is known of what is announced.
    pub async fn see(&self, about: &About, sightings: &[Sighting], now: Timestamp) -> Result<Seen, Unreachable> {
        let Some(first) = sightings.iter().min_by_key(|sighting| sighting.at) else {
            return Err(Unreachable("nothing was seen".to_owned()));
        };
        let (incident, new) = change(&self.store, &about.fingerprint, |kept: Option<Incident>| {
            let mut incident = match kept {
                Some(kept) if sightings.iter().all(|sighting| kept.takes(sighting)) => kept,
                Some(before) => Incident::begin(about.clone(), first, Some(&before)),
                None => Incident::begin(about.clone(), first, None),
            };
            let new = incident.record(sightings);
            let document = (new > 0).then(|| (incident.clone(), incident.expires()));
            Changed { document, result: (incident, new) }
        })
        .await?;
        if !incident.indexed {
            self.index(about, now).await?;
        }
        let next = match incident.due(now, self.reminder) {
            None => Next::Nothing,
            Some(Due::Opened) => self.opened(&incident, new > 0, now).await?,
            Some(due) => self.claimed(&about.fingerprint, due, new > 0, now).await?,
        };
        Ok(Seen { incident, next })
    }

    /// An incident that was never announced: by itself, or with the storm that it is part of.
    async fn opened(&self, incident: &Incident, is_new: bool, now: Timestamp) -> Result<Next, Unreachable> {
        let about = &incident.about;
        // Of a batch's incidents that find the storm due, one announces it.
        let holder = format!("{}/{}", self.holder, about.fingerprint);
        let standing = change(&self.store, &storm::key(about), |kept: Option<Storm>| {
            let before = kept.clone();
            let mut storm = kept.unwrap_or_default();
            storm.join(about, now);
            let standing = storm.standing(&about.fingerprint, &holder, now);
            let expires = storm.expires(now);
            Changed { document: (before.as_ref() != Some(&storm)).then_some((storm, expires)), result: standing }
        })
        .await?;
        match standing {
            Standing::Calm => self.claimed(&about.fingerprint, Due::Opened, is_new, now).await,
            Standing::Due(storm) => Ok(Next::AnnounceStorm(storm)),
            Standing::Told => self.announced(incident, Due::Opened, now).await.map(|()| Next::Nothing),
            Standing::Later => Ok(Next::ComeAgain),
        }
    }

    async fn claimed(&self, fingerprint: &str, due: Due, is_new: bool, now: Timestamp) -> Result<Next, Unreachable> {
        change(&self.store, fingerprint, |kept: Option<Incident>| {
            let Some(mut incident) = kept else { return Changed { document: None, result: Next::ComeAgain } };
            // Another was quicker.
            if incident.due(now, self.reminder) != Some(due) {
                return Changed { document: None, result: Next::Nothing };
            }
            incident.indexed = true;
            if incident.claim(&self.holder, now) {
                let expires = incident.expires();
                return Changed { document: Some((incident, expires)), result: Next::Announce(due) };
            }
            // Whoever claimed it keeps the message for which it did until the notice is out: others need only be counted.
            Changed { document: None, result: if is_new { Next::Nothing } else { Next::ComeAgain } }
        })
        .await
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
                incident.announced(due, told.occurrences, now);
                incident.about = told.about.clone();
                incident.indexed = true;
                let expires = incident.expires();
                let ended = incident.closed.then(|| incident.about.clone());
                Changed { document: Some((incident, expires)), result: ended }
            }
            None => Changed { document: None, result: None },
        })
        .await?;
        match ended {
            Some(about) => self.unindex(&about, now).await,
            None => Ok(()),
        }
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
        let index = change(&self.store, &workload.workload_key(), |kept: Option<Index>| Changed { document: None, result: kept.unwrap_or_default() }).await?;
        let (mut ended, mut come_again) = (Vec::new(), false);
        for fingerprint in &index.fingerprints {
            let result = change(&self.store, fingerprint, |kept: Option<Incident>| {
                let Some(mut incident) = kept else { return Changed { document: None, result: (None, false) } };
                // Its beginning is about to be announced; its end comes after.
                if incident.announced == 0 {
                    return Changed { document: None, result: (None, incident.resolved.is_none()) };
                }
                let over = incident.resolve(at);
                if incident.due(now, self.reminder) != Some(Due::Resolved) {
                    return Changed { document: None, result: (None, false) };
                }
                let ours = incident.claim(&self.holder, now);
                let expires = incident.expires();
                let document = (over || ours).then(|| (incident.clone(), expires));
                Changed { document, result: (ours.then_some(incident), !ours) }
            })
            .await?;
            ended.extend(result.0);
            come_again |= result.1;
        }
        Ok((ended, come_again))
    }

    async fn index(&self, about: &About, now: Timestamp) -> Result<(), Unreachable> {
        self.indexed(about, now, |index| index.fingerprints.insert(about.fingerprint.clone())).await
    }

    async fn unindex(&self, about: &About, now: Timestamp) -> Result<(), Unreachable> {
        self.indexed(about, now, |index| index.fingerprints.remove(&about.fingerprint)).await
    }

    async fn indexed(&self, about: &About, now: Timestamp, edit: impl Fn(&mut Index) -> bool) -> Result<(), Unreachable> {
        change(&self.store, &about.workload_key(), |kept: Option<Index>| {
            let mut index = kept.unwrap_or_default();
            let changed = edit(&mut index);
            let expires = now.checked_add(super::SILENCE * 2).unwrap_or(now);
            Changed { document: changed.then_some((index, expires)), result: () }
        })
        .await
    }
}
