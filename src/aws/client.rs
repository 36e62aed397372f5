//! Clients that are made once and kept, and left alone for a while where they do not answer.

use std::collections::HashMap;
use std::error::Error;
use std::hash::Hash;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use tokio::time::Instant;

use super::failure::Failure;

/// After this many calls without an answer the service counts as down, not as slow.
const LATE: u32 = 2;
/// A service that did not answer is left alone for so long: what else waits for an answer would wait in vain,
/// one question after another.
const SILENCE: Duration = Duration::from_secs(15);
/// Regions come from events; more clients than this are not kept.
const KEPT_CLIENTS: usize = 64;

/// A service in a Region.
#[derive(Debug)]
pub(super) struct Client<C> {
    /// What makes its calls.
    pub(super) calls: C,
    /// Calls that timed out since the last that was answered.
    late: AtomicU32,
    /// Since when, and why, there was no answer at all.
    silent: Mutex<Option<(Instant, Failure)>>,
}

/// The clients of services and Regions.
#[derive(Debug)]
pub(super) struct Clients<K, C>(Mutex<HashMap<K, Arc<Client<C>>>>);

impl<K, C> Default for Clients<K, C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, C> Clients<K, C> {
    pub(super) fn known(&self, key: &K) -> Option<Arc<Client<C>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn keep(&self, key: K, calls: C) -> Arc<Client<C>> {
        let client = Arc::new(Client { calls, late: AtomicU32::new(0), silent: Mutex::default() });
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= KEPT_CLIENTS {
            clients.clear();
        }
        clients.insert(key, Arc::clone(&client));
        client
    }
}

impl<C> Client<C> {
    /// Why it is of no use to call now.
    pub(super) fn silence(&self) -> Option<Failure> {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.as_ref().filter(|(since, _)| since.elapsed() < SILENCE).map(|(_, why)| why.clone())
    }

    /// What came of a call. A failure is remembered if it was no answer; one slow answer says nothing of the
    /// next.
    pub(super) fn note<T, E: Error>(
        &self,
        sent: Result<T, SdkError<E, HttpResponse>>,
        failure: impl FnOnce(&SdkError<E, HttpResponse>) -> Failure,
    ) -> Result<T, Failure> {
        let is_silent = match &sent {
            Err(SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_)) => true,
            Err(SdkError::TimeoutError(_)) => self.late.fetch_add(1, Ordering::Relaxed) + 1 >= LATE,
            _ => {
                self.late.store(0, Ordering::Relaxed);
                false
            }
        };
        sent.map_err(|error| {
            let failure = failure(&error);
            if is_silent {
                *self.silent.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((Instant::now(), failure.clone()));
            }
            failure
        })
    }
}
