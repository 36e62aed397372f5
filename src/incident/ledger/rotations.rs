//! Which tasks hold an old value of a secret or parameter, as far as it was announced: a document for each value.

use jiff::Timestamp;

use super::Ledger;
use crate::incident::rotation::{Found, News, Told};
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
    ) -> Result<(News, String), Unreachable> {
        let (key, claimant) = (rotation_key(value), self.claimant());
        let news = change(&self.store, &key, |kept: Option<Told>| {
            let before = kept.unwrap_or_default();
            let mut told = before.clone();
            let result = told.look(found, self.reminder, &claimant, now);
            Changed { document: (told != before).then(|| (told, rotation_expires(now))), result }
        });
        news.await.map(|news| (news, claimant))
    }

    /// Notes that a look's news is out.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; then it may be announced again.
    pub async fn told_of(
        &self,
        value: &str,
        found: &Found,
        (news, claimant): &(News, String),
        now: Timestamp,
    ) -> Result<(), Unreachable> {
        change(&self.store, &rotation_key(value), |kept: Option<Told>| {
            let mut told = kept.unwrap_or_default();
            told.told(found, news, claimant);
            Changed { document: Some((told, rotation_expires(now))), result: () }
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
