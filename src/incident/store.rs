//! Where documents are kept, and how they are changed: only over the latest version.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits::{CHANGE_TRIES, MEMORY_DOCUMENTS};

/// A document, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// JSON.
    pub body: String,
    /// Rises by one with each change.
    pub version: u64,
}

/// Why a document was not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSaved {
    /// It was changed since it was read.
    Conflict,
    /// The store did not take it; in words.
    Unavailable(String),
}

/// The store could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the incidents are not reachable: {0}")]
pub struct Unreachable(pub String);

/// Documents under keys. Reads see the latest write.
pub trait Store {
    /// The document, unless there is none or it has expired; an expired one may be left with an empty body.
    ///
    /// # Errors
    ///
    /// When the store does not answer.
    fn load(&self, key: &str) -> impl Future<Output = Result<Option<Kept>, Unreachable>> + Send;

    /// Saves a document over the version that was read; over none if none was.
    ///
    /// # Errors
    ///
    /// When another version is there, or the store does not answer.
    fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> impl Future<Output = Result<(), NotSaved>> + Send;

    /// Removes what has expired by now, where the store has no clock of its own.
    fn expire(&self, now: Timestamp) {
        let _ = now;
    }

    /// Waits after so many others came between, for no two as long.
    fn give_way(&self, times: u32) -> impl Future<Output = ()> + Send {
        let _ = times;
        ready(())
    }
}

/// A document in this release's form; one that cannot be read is replaced by an empty one.
#[must_use]
pub fn read<D: DeserializeOwned>(kept: Option<&Kept>) -> Option<D> {
    kept.and_then(|kept| serde_json::from_str(&kept.body).ok())
}

/// A document that a change leads to.
#[derive(Debug)]
pub struct Changed<D, R> {
    /// The document; none if it stays as it is.
    pub document: Option<(D, Timestamp)>,
    /// What the change made of it.
    pub result: R,
}

/// Reads a document, changes it, and saves it; again from the beginning where another write came between.
///
/// # Errors
///
/// When the store does not answer, or others come between too often.
pub async fn change<D: Serialize + DeserializeOwned, R>(
    store: &impl Store,
    key: &str,
    change: impl Fn(Option<D>) -> Changed<D, R>,
) -> Result<R, Unreachable> {
    let kept = store.load(key).await?;
    change_from(store, key, kept, change).await
}

/// The same without waiting for other writers: for the one writer of a document for whom all others wait.
///
/// # Errors
///
/// Likewise.
pub async fn change_first<D: Serialize + DeserializeOwned, R>(
    store: &impl Store,
    key: &str,
    change: impl Fn(Option<D>) -> Changed<D, R>,
) -> Result<R, Unreachable> {
    let kept = store.load(key).await?;
    attempt(store, key, kept, change, false).await
}

/// The same with a document that was read already.
///
/// # Errors
///
/// Likewise.
pub async fn change_from<D: Serialize + DeserializeOwned, R>(
    store: &impl Store,
    key: &str,
    kept: Option<Kept>,
    change: impl Fn(Option<D>) -> Changed<D, R>,
) -> Result<R, Unreachable> {
    attempt(store, key, kept, change, true).await
}

async fn attempt<D: Serialize + DeserializeOwned, R>(
    store: &impl Store,
    key: &str,
    mut kept: Option<Kept>,
    change: impl Fn(Option<D>) -> Changed<D, R>,
    gives_way: bool,
) -> Result<R, Unreachable> {
    for times in 0..CHANGE_TRIES {
        if times > 0 {
            if gives_way {
                store.give_way(times).await;
            }
            kept = store.load(key).await?;
        }
        if let Some(result) = save(store, key, kept.as_ref(), change(read(kept.as_ref()))).await? {
            return Ok(result);
        }
    }
    Err(too_often(key))
}

/// Saves a change of a document over the version that was read; the result, or `None` where another write
/// came between.
///
/// # Errors
///
/// When the store does not answer.
pub async fn save<D: Serialize, R>(
    store: &impl Store,
    key: &str,
    kept: Option<&Kept>,
    Changed { document, result }: Changed<D, R>,
) -> Result<Option<R>, Unreachable> {
    let Some((document, expires)) = document else { return Ok(Some(result)) };
    match store.save(key, written(&document)?, kept.map(|kept| kept.version), expires).await {
        Ok(()) => Ok(Some(result)),
        Err(NotSaved::Conflict) => Ok(None),
        Err(NotSaved::Unavailable(why)) => Err(Unreachable(why)),
    }
}

/// Other writes came between as often as a change is tried.
#[must_use]
pub fn too_often(key: &str) -> Unreachable {
    Unreachable(format!("{key} is changed too often"))
}

/// A document as it is kept.
///
/// # Errors
///
/// When it cannot be written as JSON.
pub fn written(document: &impl Serialize) -> Result<String, Unreachable> {
    serde_json::to_string(document).map_err(|error| Unreachable(error.to_string()))
}

/// Documents in memory, for one process. When there are too many, the half that expires first is removed.
#[derive(Debug, Default)]
pub struct Memory {
    documents: Mutex<HashMap<String, (Kept, Timestamp)>>,
}

impl Memory {
    fn documents(&self) -> MutexGuard<'_, HashMap<String, (Kept, Timestamp)>> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        Ok(self.documents().get(key).map(|(kept, _)| kept.clone()))
    }

    fn expire(&self, now: Timestamp) {
        self.documents().retain(|_, (_, expires)| *expires > now);
    }

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        let mut documents = self.documents();
        if documents.get(key).map(|(kept, _)| kept.version) != read {
            return Err(NotSaved::Conflict);
        }
        if documents.len() >= MEMORY_DOCUMENTS {
            let mut ends: Vec<Timestamp> = documents.values().map(|(_, expires)| *expires).collect();
            ends.sort_unstable();
            let least = ends[ends.len() / 2];
            documents.retain(|_, (_, expires)| *expires > least);
        }
        documents.insert(key.to_owned(), (Kept { body, version: read.map_or(1, |read| read + 1) }, expires));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use jiff::{SignedDuration, Timestamp};

    use super::Memory;
    use crate::incident::ledger::{Ledger, Sighted};
    use crate::incident::{About, Due, Sighting};
    use crate::limits::{INCIDENT_KEPT, SILENCE};

    #[test]
    fn memory_forgets_what_has_expired() {
        for (after, serial) in [(SILENCE + SignedDuration::from_secs(1), 1), (INCIDENT_KEPT, 0)] {
            let ledger = Ledger::new(Memory::default(), "one".to_owned(), SILENCE);
            let see = |at: Timestamp| {
                let sightings = vec![Sighting { id: at.to_string(), at }];
                let failure = Sighted { about: About::default(), sightings };
                let seen = ledger.see(&[failure], at).now_or_never()?.seen.remove(0).ok()?;
                ledger.announced(&seen.incident, Due::Opened, at).now_or_never()?.ok()?;
                Some(seen.incident.serial)
            };
            let begun = Timestamp::UNIX_EPOCH;
            assert_eq!([see(begun), see(begun + after)], [Some(0), Some(serial)], "{after}");
        }
    }
}
