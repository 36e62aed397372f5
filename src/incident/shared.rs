//! Open incidents that have one culprit, so that the notice of one names the workloads of the others.
//!
//! A document for each culprit lists them. An incident joins when it is announced and leaves when its end is;
//! one that ends without a word is forgotten after the same silence as the incident itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::store::{Kept, read};
use super::{About, Incident, SILENCE, joined, keep_latest};

/// Of more incidents than this the oldest are removed: the document stays small, and a longer list is of no
/// use.
const MOST: usize = 100;

/// A key has at most 2,048 bytes; a longer text is not a name.
const LONGEST_NAME: usize = 1024;

/// The open incidents of one culprit, by their fingerprints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shared {
    open: BTreeMap<String, Open>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    workload: String,
    serial: u64,
    /// When it was announced last.
    at: Timestamp,
}

/// The key of a culprit's document; without a culprit, or without a name of it, there is none.
#[must_use]
pub fn key(about: &About) -> Option<String> {
    about
        .culprit
        .as_ref()
        .filter(|culprit| culprit.len() <= LONGEST_NAME)
        .map(|culprit| format!("culprit/{}/{culprit}", joined(&[&about.account, &about.region])))
}

/// A culprit's document as it was read, before the incident that asks for it is announced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Culprit {
    /// Its key, if there is a culprit.
    pub(super) key: Option<String>,
    pub(super) kept: Option<Kept>,
}

impl Culprit {
    /// Whether it is the culprit of this; AWS may name another than ECS's words.
    #[must_use]
    pub fn is_of(&self, about: &About) -> bool {
        self.key == key(about)
    }

    /// The workloads of the other open incidents.
    #[must_use]
    pub fn others(&self, incident: &Incident, now: Timestamp) -> Vec<String> {
        read(self.kept.as_ref()).unwrap_or_else(Shared::default).join(incident, now)
    }
}

impl Shared {
    /// Adds an incident; the workloads of the others, each once.
    pub fn join(&mut self, incident: &Incident, now: Timestamp) -> Vec<String> {
        let own = incident.about.place();
        self.open.retain(|_, open| now.duration_since(open.at) <= SILENCE);
        self.open.insert(
            incident.about.fingerprint.clone(),
            Open { workload: own.clone(), serial: incident.serial, at: now },
        );
        keep_latest(&mut self.open, MOST, |open| open.at);
        let mut others: Vec<String> = self
            .open
            .values()
            .map(|open| open.workload.clone())
            .filter(|workload| *workload != own)
            .collect();
        others.sort();
        others.dedup();
        others
    }

    /// Removes an incident, unless a later one under its fingerprint was added; whether anything changed.
    pub fn leave(&mut self, incident: &Incident) -> bool {
        let fingerprint = &incident.about.fingerprint;
        let is_known = self.open.get(fingerprint).is_some_and(|open| open.serial <= incident.serial);
        if is_known {
            self.open.remove(fingerprint);
        }
        is_known
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Shared, key};
    use crate::incident::{About, Incident, SILENCE, Sighting};
    use jiff::{SignedDuration, Timestamp};

    fn incident(workload: &str, serial: u64) -> Incident {
        let word = |word: &str| Some(word.to_owned());
        let about = About {
            fingerprint: format!("{workload}-fingerprint"),
            cluster: word("prod"),
            workload: word(workload),
            culprit: word("arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf"),
            ..About::default()
        };
        let first = Sighting { id: String::new(), at: Timestamp::UNIX_EPOCH };
        Incident { serial, ..Incident::begin(about, &first, None) }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    #[test]
    fn others_are_named_until_they_leave() {
        let mut shared = Shared::default();
        assert!(shared.join(&incident("api", 0), at(0)).is_empty());
        assert_eq!(shared.join(&incident("web", 0), at(1)), ["prod/api"]);
        assert_eq!(shared.join(&incident("worker", 0), at(1)), ["prod/api", "prod/web"]);
        assert!(shared.leave(&incident("api", 0)));
        assert!(!shared.leave(&incident("api", 0)));
        assert_eq!(shared.join(&incident("worker", 0), at(2)), ["prod/web"]);
    }

    #[test]
    fn an_end_that_comes_late_does_not_end_the_next() {
        let mut shared = Shared::default();
        shared.join(&incident("api", 1), at(0));
        assert!(!shared.leave(&incident("api", 0)));
        assert_eq!(shared.join(&incident("web", 0), at(0)), ["prod/api"]);
    }

    #[test]
    fn who_is_silent_and_who_are_too_many_are_forgotten() {
        let mut shared = Shared::default();
        shared.join(&incident("api", 0), at(0));
        assert!(shared.join(&incident("web", 0), at(1) + SILENCE).is_empty());
        for number in 0..200 {
            shared.join(&incident(&format!("w{number:03}"), 0), at(26) + SignedDuration::from_secs(number));
        }
        assert_eq!(shared.join(&incident("last", 0), at(27)).len(), MOST - 1);
    }

    #[test]
    fn without_a_culprit_there_is_nothing_to_share() {
        assert_eq!(key(&About::default()), None);
        assert_eq!(key(&About { culprit: Some("x".repeat(5000)), ..About::default() }), None);
    }
}
