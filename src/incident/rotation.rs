//! What was announced of a value that changed: which workloads held the old one. One document for each value.
//!
//! A change is looked at again and again until no workload holds the value before it. What is due follows
//! from the document and from what a look found: a workload holds the old value and was not announced, or
//! none holds it any more, or the time in which the change is followed is over. Of several changes of a value
//! the last one represents all, since a workload that holds the value before an earlier one holds an old
//! value all the more.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Claim, claim, release};
use crate::limits::ROTATION_FOLLOWED;

/// What is kept of a value that changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangedValue {
    /// When the last change that was looked at was over.
    pub changed: Option<Timestamp>,
    /// Whether nothing more is to be announced.
    pub is_closed: bool,
    /// The first of the changes that were announced and are not over.
    pub since: Option<Timestamp>,
    /// The workloads that were announced to hold an old value, and since which change.
    pub holders: BTreeMap<String, Timestamp>,
    /// The claim of the instance that is announcing it.
    pub claim: Option<Claim>,
}

/// What a look found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// When the change was over.
    pub changed: Timestamp,
    /// Those that hold the old value or may, each with the time when the last of its tasks that do was
    /// created.
    pub holders: BTreeMap<String, Option<Timestamp>>,
    /// Whether nothing was left out.
    pub is_whole: bool,
}

/// What a look comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// A workload that was not announced holds the old value.
    Holders,
    /// No workload holds it any more: which ones did, and since which change.
    Over(Vec<String>, Option<Timestamp>),
    /// It is followed no longer, and a workload still holds the old value, or may.
    Unfollowed,
    /// There is nothing to announce yet; a later look may have something.
    LookAgain,
    /// There is nothing to announce, and there will not be.
    Nothing,
    /// Another instance is announcing it.
    ComeAgain,
}

impl ChangedValue {
    /// What a look comes to, with the claim to announce it.
    pub fn look(
        &mut self,
        found: &Found,
        reminder: SignedDuration,
        holder: &str,
        now: Timestamp,
    ) -> Conclusion {
        let conclusion = self.conclusion(found, reminder, now);
        let is_due =
            matches!(conclusion, Conclusion::Holders | Conclusion::Over(..) | Conclusion::Unfollowed);
        if is_due && !claim(&mut self.claim, holder, now) {
            return Conclusion::ComeAgain;
        }
        if self.changed.is_none_or(|changed| changed < found.changed) {
            self.changed = Some(found.changed);
            self.is_closed = false;
        }
        conclusion
    }

    fn conclusion(&self, found: &Found, reminder: SignedDuration, now: Timestamp) -> Conclusion {
        let is_past = self
            .changed
            .is_some_and(|changed| changed > found.changed || changed == found.changed && self.is_closed);
        if is_past {
            return Conclusion::Nothing;
        }
        let is_new = |(holder, created): (&String, &Option<Timestamp>)| {
            self.holders.get(holder).is_none_or(|announced| {
                // A task has started since that change, or the change is long ago.
                created.is_some_and(|created| created > *announced)
                    || found.changed.duration_since(*announced) >= reminder
            })
        };
        if found.holders.is_empty() && found.is_whole {
            return if self.holders.is_empty() {
                Conclusion::Nothing
            } else {
                Conclusion::Over(self.holders.keys().cloned().collect(), self.since)
            };
        }
        if now.duration_since(found.changed) >= ROTATION_FOLLOWED {
            Conclusion::Unfollowed
        } else if found.holders.iter().any(is_new) {
            Conclusion::Holders
        } else {
            Conclusion::LookAgain
        }
    }

    /// Notes that it is out.
    pub fn announced(&mut self, found: &Found, conclusion: &Conclusion, holder: &str) {
        let own = self.claim.clone().filter(|claim| claim.holder == holder);
        release(&mut self.claim, own.as_ref());
        match conclusion {
            Conclusion::Holders => {
                self.since = self.since.or(Some(found.changed));
                self.holders.retain(|_, _| !found.is_whole);
                self.holders.extend(found.holders.keys().map(|holder| (holder.clone(), found.changed)));
            }
            Conclusion::Over(..) | Conclusion::Unfollowed => {
                self.is_closed |= self.changed == Some(found.changed);
                self.holders.clear();
                self.since = None;
            }
            Conclusion::LookAgain | Conclusion::Nothing | Conclusion::ComeAgain => {}
        }
    }
}
