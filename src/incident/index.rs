//! What is known of a workload as a whole: what is open, and when it was well.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::{CLAIM, INDEXED};

/// What is known of a workload: the latest serial of each open incident, and when it was well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Index {
    pub(super) open: BTreeMap<String, u64>,
    /// What failed before is over, whenever it comes.
    pub(super) well_at: Option<Timestamp>,
    /// When that was noted.
    pub(super) noted_at: Option<Timestamp>,
}

impl Index {
    /// Notes that the workload was well; returns whether that was not known yet.
    pub(super) fn well(&mut self, at: Timestamp, now: Timestamp) -> bool {
        let is_later = self.well_at.is_none_or(|known| known < at);
        if is_later {
            (self.well_at, self.noted_at) = (Some(at), Some(now));
        }
        is_later
    }

    /// Whether an incident that was open when the workload recovered may still be in recording: it is indexed
    /// and recorded at the same time. One that begins later knows of the recovery.
    pub(super) fn awaits(&self, now: Timestamp) -> bool {
        self.noted_at.is_some_and(|noted| now.duration_since(noted) < CLAIM)
    }

    pub(super) fn add(&mut self, fingerprint: &str, serial: u64) -> bool {
        let is_newer = self.open.get(fingerprint).is_none_or(|known| *known < serial);
        if is_newer {
            self.open.insert(fingerprint.to_owned(), serial);
            while self.open.len() > INDEXED {
                self.open.pop_first();
            }
        }
        is_newer
    }

    /// Removes an incident, but not the one that has begun after it.
    pub(super) fn close(&mut self, fingerprint: &str, serial: u64) -> bool {
        let is_known = self.open.get(fingerprint).is_some_and(|known| *known <= serial);
        if is_known {
            self.open.remove(fingerprint);
        }
        is_known
    }
}
