//! Where documents are kept, and how they are changed: by whoever read the latest version, and by nobody else.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// As often as somebody may come between before a change is given up: more than work on a storm at once.
const TRIES: usize = 64;

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
    /// The document, unless there is none or it has expired.
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
    fn save(&self, key: &str, body: String, read: Option<u64>, expires: Timestamp) -> impl Future<Output = Result<(), NotSaved>> + Send;
}

/// A document that a change leads to.
#[derive(Debug)]
pub struct Changed<D, R> {
    /// The document; none if it stays as it is.
    pub document: Option<(D, Timestamp)>,
    /// What the change made of it.
    pub result: R,
}

/// Reads a document, changes it, and saves it; from the beginning where somebody came between.
///
/// # Errors
///
/// When the store does not answer, or others come between too often.
pub async fn change<D, R>(store: &impl Store, key: &str, change: impl Fn(Option<D>) -> Changed<D, R>) -> Result<R, Unreachable>
where
    D: Serialize + DeserializeOwned,
{
    for _ in 0..TRIES {
        let kept = store.load(key).await?;
        let version = kept.as_ref().map(|kept| kept.version);
        // What an older release kept and this one cannot read begins anew.
        let document = kept.and_then(|kept| serde_json::from_str(&kept.body).ok());
        let Changed { document, result } = change(document);
        let Some((document, expires)) = document else { return Ok(result) };
        let body = serde_json::to_string(&document).map_err(|error| Unreachable(error.to_string()))?;
        match store.save(key, body, version, expires).await {
            Ok(()) => return Ok(result),
            Err(NotSaved::Conflict) => {}
            Err(NotSaved::Unavailable(why)) => return Err(Unreachable(why)),
        }
    }
    Err(Unreachable(format!("{key} is changed too often")))
}

/// Documents in memory, for one process.
#[derive(Debug, Default)]
pub struct Memory {
    documents: Mutex<HashMap<String, Kept>>,
}

impl Store for Memory {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        Ok(self.documents.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    async fn save(&self, key: &str, body: String, read: Option<u64>, _: Timestamp) -> Result<(), NotSaved> {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if documents.get(key).map(|kept| kept.version) != read {
            return Err(NotSaved::Conflict);
        }
        documents.insert(key.to_owned(), Kept { body, version: read.map_or(1, |read| read + 1) });
        Ok(())
    }
}
