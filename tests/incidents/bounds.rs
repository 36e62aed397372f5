//! What an incident costs: operations of the store, and bytes.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use ecs_triage::incident::ledger::{Ledger, Next};
use ecs_triage::incident::store::{Kept, Memory, NotSaved, Store, Unreachable};
use ecs_triage::incident::storm::{Storm, key};
use ecs_triage::incident::{About, Due, Incident, LEASE, Sighting};
use jiff::{SignedDuration, Timestamp};

use crate::model::about;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
/// What an item of DynamoDB may have, less a fifth.
const ITEM: usize = 400_000 / 5 * 4;

#[derive(Debug, Default)]
struct Counting {
    memory: Memory,
    loads_and_saves: Mutex<(usize, usize)>,
}

impl Store for &Counting {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        self.loads_and_saves.lock().expect("nobody panicked").0 += 1;
        self.memory.load(key).await
    }

    async fn save(&self, key: &str, body: String, read: Option<u64>, expires: Timestamp) -> Result<(), NotSaved> {
        self.loads_and_saves.lock().expect("nobody panicked").1 += 1;
        self.memory.save(key, body, read, expires).await
    }
}

impl Counting {
    fn taken(&self) -> (usize, usize) {
        std::mem::take(&mut *self.loads_and_saves.lock().expect("nobody panicked"))
    }

    fn size(&self, key: &str) -> usize {
        done(self.memory.load(key)).expect("it answers").expect("it is kept").body.len()
    }
}

/// Memory never makes anybody wait.
pub(super) fn done<T>(work: impl Future<Output = T>) -> T {
    let Poll::Ready(done) = pin!(work).poll(&mut Context::from_waker(Waker::noop())) else { unreachable!("it waits") };
    done
}

fn ledger(store: &Counting) -> Ledger<&Counting> {
    Ledger::new(store, "a".to_owned(), SignedDuration::from_hours(6))
}

fn tasks(ids: std::ops::Range<u64>) -> Vec<Sighting> {
    ids.map(|id| Sighting { id: format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{id:032x}"), at: NOW }).collect()
}

fn see(ledger: &Ledger<&Counting>, about: &About, ids: std::ops::Range<u64>) -> (Incident, Next) {
    let seen = done(ledger.see(about, &tasks(ids), NOW)).expect("it answers");
    (seen.incident, seen.next)
}

#[test]
fn a_batch_costs_one_load_and_one_save() {
    let store = Counting::default();
    let (ledger, about) = (ledger(&store), about(1, 1));
    let (incident, next) = see(&ledger, &about, 0..1);
    assert_eq!((next, store.taken()), (Next::Announce(Due::Opened), (4, 4)), "the incident twice, its workload's index, its storm");
    done(ledger.announced(&incident, Due::Opened, NOW)).expect("it answers");
    assert_eq!(store.taken(), (1, 1));
    assert_eq!((see(&ledger, &about, 1..9).1, store.taken()), (Next::Nothing, (1, 1)));
    assert_eq!((see(&ledger, &about, 1..9).1, store.taken()), (Next::Nothing, (1, 0)), "what comes again changes nothing");
    let (incident, next) = see(&ledger, &about, 9..10);
    assert_eq!((next, store.taken()), (Next::Announce(Due::StillFailing), (2, 2)));
    done(ledger.announced(&incident, Due::StillFailing, NOW)).expect("it answers");
    assert_eq!(store.taken(), (1, 1));
    let (ended, come_again) = done(ledger.end(&about, NOW, NOW)).expect("it answers");
    assert_eq!((ended.len(), come_again, store.taken()), (1, false, (2, 1)));
    done(ledger.announced(&ended[0], Due::Resolved, NOW)).expect("it answers");
    assert_eq!(store.taken(), (2, 2), "and out of the index");
    assert_eq!((done(ledger.end(&about, NOW, NOW)), store.taken()), (Ok((Vec::new(), false)), (1, 0)), "one that is well costs a load");
}

#[test]
fn who_dies_is_succeeded_when_the_lease_ends() {
    let store = Counting::default();
    let (dead, other, about) = (ledger(&store), Ledger::new(&store, "b".to_owned(), SignedDuration::from_hours(6)), about(1, 1));
    assert_eq!(see(&dead, &about, 0..1).1, Next::Announce(Due::Opened));
    for (after, next) in [(LEASE - SignedDuration::from_secs(1), Next::ComeAgain), (LEASE, Next::Announce(Due::Opened))] {
        assert_eq!(done(other.see(&about, &tasks(0..1), NOW + after)).expect("it answers").next, next);
    }
}

/// Waits before each operation.
struct Slow<'c>(&'c Counting);

impl Slow<'_> {
    async fn wait() {
        let mut waited = false;
        poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

impl Store for Slow<'_> {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        Self::wait().await;
        self.0.memory.load(key).await
    }

    async fn save(&self, key: &str, body: String, read: Option<u64>, expires: Timestamp) -> Result<(), NotSaved> {
        Self::wait().await;
        self.0.memory.save(key, body, read, expires).await
    }
}

#[test]
fn an_end_that_is_noted_late_does_not_hide_what_failed_since() {
    let store = Counting::default();
    let (ledger, slow, about) = (ledger(&store), Ledger::new(Slow(&store), "b".to_owned(), SignedDuration::from_hours(6)), about(1, 1));
    let (incident, _) = see(&ledger, &about, 0..1);
    done(ledger.announced(&incident, Due::Opened, NOW)).expect("it answers");
    let (ended, _) = done(ledger.end(&about, NOW, NOW)).expect("it answers");
    let mut noting = pin!(slow.announced(&ended[0], Due::Resolved, NOW));
    let mut poll = || noting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    // The incident is loaded and saved; the index is not.
    for _ in 0..3 {
        assert!(poll().is_pending());
    }
    let later = Sighting { id: "later".to_owned(), at: NOW + LEASE };
    let seen = done(ledger.see(&about, &[later], NOW + LEASE)).expect("it answers");
    assert_eq!((seen.incident.serial, seen.next), (1, Next::Announce(Due::Opened)));
    done(ledger.announced(&seen.incident, Due::Opened, NOW + LEASE)).expect("it answers");
    while poll().is_pending() {}
    let (ended, _) = done(ledger.end(&about, NOW + LEASE * 2, NOW + LEASE * 2)).expect("it answers");
    assert_eq!(ended.iter().map(|incident| incident.serial).collect::<Vec<_>>(), [1]);
}

#[test]
fn memory_takes_a_document_only_over_the_version_that_was_read() {
    let memory = Memory::default();
    let save = |read| done(memory.save("key", "{}".to_owned(), read, NOW));
    assert_eq!([None, None, Some(2), Some(1), Some(1)].map(save), [Ok(()), Err(NotSaved::Conflict), Err(NotSaved::Conflict), Ok(()), Err(NotSaved::Conflict)]);
}

#[test]
fn an_incident_that_remembers_all_it_can_is_small() {
    let store = Counting::default();
    let ledger = ledger(&store);
    let long = |letter: &str| Some(letter.repeat(255));
    let about = About { cluster: long("c"), workload: long("w"), title: "t".repeat(500), ..about(1, 1) };
    see(&ledger, &about, 0..2000);
    assert!(store.size(&about.fingerprint) < 30_000, "{}", store.size(&about.fingerprint));
}

/// So many incidents of workloads whose names and titles have so many letters; what was to be done about the last.
fn many(store: &Counting, count: u64, letters: usize) -> Next {
    let ledger = ledger(store);
    let mut last = Next::Nothing;
    for workload in 0..count {
        let name = Some(format!("{workload:0>letters$}"));
        let about = About { fingerprint: format!("{workload:032x}"), workload: name, title: "t".repeat(letters), ..about(1, 1) };
        let (incident, next) = see(&ledger, &about, workload..workload + 1);
        if let Next::AnnounceStorm(storm) = &next {
            done(ledger.storm_announced(&incident, storm, NOW)).expect("it answers");
        }
        last = next;
    }
    last
}

#[test]
fn a_storm_of_a_thousand_has_room() {
    let store = Counting::default();
    many(&store, 1000, 60);
    let kept = done(store.memory.load(&key(&about(1, 1)))).expect("it answers").expect("it is kept");
    let storm: Storm = serde_json::from_str(&kept.body).expect("a storm");
    assert_eq!(storm.members.len(), 1000);
    assert!(kept.body.len() < ITEM, "{}", kept.body.len());
}

#[test]
fn what_finds_no_room_in_a_storm_is_announced_by_itself() {
    let store = Counting::default();
    assert_eq!(many(&store, 500, 250), Next::Announce(Due::Opened));
    assert!(store.size(&key(&about(1, 1))) < ITEM);
}
