//! A storm in which one operation of the store fails, each in turn: whatever was recorded by then, every
//! workload is told of.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use ecs_triage::incident::ledger::{Ledger, Next, Sighted};
use ecs_triage::incident::store::{Kept, Memory, NotSaved, Store, Unreachable};
use ecs_triage::incident::{Due, Sighting};
use ecs_triage::limits::{CLAIM, STORM_WINDOW, STORM_WORKLOADS};
use jiff::{SignedDuration, Timestamp};

use crate::bounds::done;
use crate::model::about;

/// How one operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Refused,
    AnswerLost,
}

/// A store of which one operation fails.
#[derive(Debug)]
struct Failing {
    memory: Memory,
    failure: Failure,
    /// How many operations come before it.
    before: AtomicUsize,
}

impl Failing {
    fn fails_now(&self) -> bool {
        self.before.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| before.checked_sub(1))
            == Err(0)
            && self.before.swap(usize::MAX, Ordering::Relaxed) == 0
    }
}

impl Store for &Failing {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        if self.fails_now() {
            Err(Unreachable("it fails once".to_owned()))
        } else {
            self.memory.load(key).await
        }
    }

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        let fails = self.fails_now();
        if !fails || self.failure == Failure::AnswerLost {
            let saved = self.memory.save(key, body, read, expires).await;
            if !fails {
                return saved;
            }
        }
        Err(NotSaved::Unavailable("it fails once".to_owned()))
    }
}

/// Sees the same failures as often as messages come again, and does what is due; the fingerprints of which a
/// notice announced.
fn announced(ledger: &Ledger<&Failing>, failures: &[Sighted]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for again in 0..6 {
        let now = Timestamp::UNIX_EPOCH + (STORM_WINDOW + CLAIM) * again;
        let recorded = done(ledger.see(failures, now));
        for due_notice in &recorded.storms {
            all.extend(due_notice.members.iter().map(|member| member.fingerprint.clone()));
            let _comes_again = done(ledger.storm_announced(due_notice, now));
        }
        for seen in recorded.seen.iter().flatten() {
            if let Next::Announce(Due::Opened) = seen.next {
                all.insert(seen.incident.about.fingerprint.clone());
            }
            let is_out =
                matches!(seen.next, Next::Announce(Due::Opened) | Next::WithStorm | Next::AnnouncedByStorm)
                    && all.contains(&seen.incident.about.fingerprint);
            if is_out {
                let _comes_again = done(ledger.announced(&seen.incident, Due::Opened, now));
            }
        }
    }
    all
}

#[test]
fn whatever_fails_once_every_failure_is_announced() {
    let count = u16::try_from(STORM_WORKLOADS + 3).expect("it is small");
    let failures: Vec<Sighted> = (0..count)
        .map(|workload| {
            let at = Timestamp::UNIX_EPOCH - SignedDuration::from_secs(1);
            Sighted {
                about: about(workload, 0),
                sightings: vec![Sighting { id: format!("task-{workload}"), at }],
            }
        })
        .collect();
    let (begun, joined) = failures.split_at(STORM_WORKLOADS + 1);
    for failure in [Failure::Refused, Failure::AnswerLost] {
        let mut before = 0;
        loop {
            let store = Failing { memory: Memory::default(), failure, before: AtomicUsize::new(usize::MAX) };
            let ledger = Ledger::new(&store, "instance".to_owned(), SignedDuration::from_hours(6));
            // There is a storm already; those that join it are listed before their page is written.
            let mut all = announced(&ledger, begun);
            store.before.store(before, Ordering::Relaxed);
            all.extend(announced(&ledger, joined));
            all.extend(announced(&ledger, joined));
            let has_failed = store.before.load(Ordering::Relaxed) > before;
            assert_eq!(all.len(), failures.len(), "after {before} operations one is {failure:?}");
            if !has_failed {
                break;
            }
            before += 1;
        }
        assert!(before > 20, "{before} operations");
    }
}
