//! Which open incidents have the same culprit: a document for each culprit.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{Ledger, Prepared};
use crate::incident::shared::{self, Culprit, Shared};
use crate::incident::store::{Changed, Store, Unreachable, change, change_from};
use crate::incident::{About, Incident, expires};

impl<S: Store + Sync> Ledger<S> {
    /// What is kept of an incident's culprit.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn culprit(&self, about: &About) -> Result<Culprit, Unreachable> {
        let key = shared::key(about);
        let kept = match &key {
            Some(key) => self.store.load(key).await?,
            None => None,
        };
        Ok(Culprit { key, kept })
    }

    /// What is kept of each one's culprit, where it is going to be announced.
    pub(super) async fn culprits(&self, prepared: &[Result<Prepared, Unreachable>]) -> Vec<Culprit> {
        join_all(prepared.iter().map(async |prepared| match prepared {
            Ok(prepared) if prepared.updated.is_ours_to_announce() => {
                self.culprit(&prepared.updated.incident.about).await.unwrap_or_default()
            }
            _ => Culprit::default(),
        }))
        .await
    }

    /// Keeps that an incident which is announced has this culprit.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn share(
        &self,
        incident: &Incident,
        Culprit { key, kept }: Culprit,
        now: Timestamp,
    ) -> Result<(), Unreachable> {
        let Some(key) = key else { return Ok(()) };
        change_from(&self.store, &key, kept, |kept: Option<Shared>| {
            let mut shared = kept.unwrap_or_default();
            shared.join(incident, now);
            Changed { document: Some((shared, expires(now))), result: () }
        })
        .await
    }

    pub(super) async fn unshare(&self, ended: &Incident, now: Timestamp) -> Result<(), Unreachable> {
        let Some(key) = shared::key(&ended.about) else { return Ok(()) };
        change(&self.store, &key, |kept: Option<Shared>| {
            let mut shared = kept.unwrap_or_default();
            let changed = shared.leave(ended);
            Changed { document: changed.then(|| (shared, expires(now))), result: () }
        })
        .await
    }
}
