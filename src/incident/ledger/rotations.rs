//! Which tasks hold an old value of a secret or parameter, as far as it was announced: a document for each value.

use jiff::Timestamp;

use super::Ledger;
use crate::incident::rotation::{ChangedValue, Conclusion, Found};
use crate::incident::store::{Changed, Store, Unreachable, change};
use crate::limits::ROTATION_KEPT;

impl<S: Store + Sync> Ledger<S> {
    /// What a look at a value that changed comes to, and the claim under which it is ours to announce.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn looked(
        &self,
        value: &str,
        found: &Found,
        now: Timestamp,
    ) -> Result<(Conclusion, String), Unreachable> {
        let (key, claimant) = (rotation_key(value), self.claimant());
        let conclusion = change(&self.store, &key, |kept: Option<ChangedValue>| {
            let before = kept.unwrap_or_default();
            let mut document = before.clone();
            let result = document.look(found, self.reminder, &claimant, now);
            Changed { document: (document != before).then(|| (document, rotation_expires(now))), result }
        });
        conclusion.await.map(|conclusion| (conclusion, claimant))
    }

    /// Notes that what a look came to is published.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then it may be announced again.
    pub async fn rotation_announced(
        &self,
        value: &str,
        found: &Found,
        (conclusion, claimant): &(Conclusion, String),
        now: Timestamp,
    ) -> Result<(), Unreachable> {
        change(&self.store, &rotation_key(value), |kept: Option<ChangedValue>| {
            let mut document = kept.unwrap_or_default();
            document.announced(found, conclusion, claimant);
            Changed { document: Some((document, rotation_expires(now))), result: () }
        })
        .await
    }
}

fn rotation_key(value: &str) -> String {
    format!("rotation/{value}")
}

fn rotation_expires(now: Timestamp) -> Timestamp {
    now.checked_add(ROTATION_KEPT).unwrap_or(now)
}
