//! What an incident costs: operations of the store, and bytes.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use ecs_triage::incident::ledger::{After, Ledger, Next, Over, Seen, Sighted};
use ecs_triage::incident::store::{Kept, Memory, NotSaved, Store, Unreachable};
use ecs_triage::incident::storm::key;
use ecs_triage::incident::{About, Due, Incident, Sighting};
use ecs_triage::limits::{CLAIM, COUNTED_IDS};
use jiff::{SignedDuration, Timestamp};

use crate::model::about;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
/// What DynamoDB writes for one unit.
const UNIT: usize = 1024;

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

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
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
    let Poll::Ready(done) = pin!(work).poll(&mut Context::from_waker(Waker::noop())) else {
        unreachable!("it waits")
    };
    done
}

/// What becomes of failures of one fingerprint.
pub(super) fn seen(
    ledger: &Ledger<impl Store + Sync>,
    about: &About,
    sightings: &[Sighting],
    now: Timestamp,
) -> Seen {
    let failures = [Sighted { about: about.clone(), sightings: sightings.to_vec() }];
    done(ledger.see(&failures, now)).seen.remove(0).expect("it answers")
}

/// What is over of one workload.
pub(super) fn over(ledger: &Ledger<impl Store + Sync>, about: &About, at: Timestamp, now: Timestamp) -> Over {
    done(ledger.end(&[(about.clone(), at)], now)).workloads.remove(0).expect("it answers")
}

fn ledger(store: &Counting) -> Ledger<&Counting> {
    Ledger::new(store, "a".to_owned(), SignedDuration::from_hours(6))
}

fn tasks(ids: std::ops::Range<u64>) -> Vec<Sighting> {
    ids.map(|id| Sighting { id: format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{id:032x}"), at: NOW })
        .collect()
}

fn see(ledger: &Ledger<&Counting>, about: &About, ids: std::ops::Range<u64>) -> (Incident, Next) {
    let seen = seen(ledger, about, &tasks(ids), NOW);
    (seen.incident, seen.next)
}

#[test]
fn a_batch_costs_one_write_and_one_that_is_announced_two_more() {
    let store = Counting::default();
    let (ledger, about) = (ledger(&store), about(1, 1));
    let (incident, next) = see(&ledger, &about, 0..1);
    assert_eq!(
        (next, store.taken()),
        (Next::Announce(Due::Opened), (3, 3)),
        "the incident, its workload's index, its storm, each once"
    );
    assert_eq!(
        (done(ledger.announced(&incident, Due::Opened, NOW)), store.taken()),
        (Ok(After::Nothing), (1, 1))
    );
    assert_eq!((see(&ledger, &about, 1..9).1, store.taken()), (Next::Nothing, (3, 1)));
    assert_eq!(
        (see(&ledger, &about, 1..9).1, store.taken()),
        (Next::Nothing, (3, 0)),
        "what comes again changes nothing"
    );
    let (incident, next) = see(&ledger, &about, 9..10);
    assert_eq!((next, store.taken()), (Next::Announce(Due::StillFailing), (3, 1)));
    done(ledger.announced(&incident, Due::StillFailing, NOW)).expect("it answers");
    assert_eq!(store.taken(), (1, 1));
    let ended = over(&ledger, &about, NOW, NOW);
    assert_eq!((ended.ours.len(), ended.come_again, store.taken()), (1, false, (3, 2)));
    done(ledger.announced(&ended.ours[0].0, Due::Resolved, NOW)).expect("it answers");
    assert_eq!(store.taken(), (2, 2), "and out of the index");
    assert_eq!(
        (over(&ledger, &about, NOW, NOW), store.taken()),
        (Over::default(), (1, 0)),
        "one that is well, as it was, costs a load"
    );
}

#[test]
fn who_dies_is_succeeded_when_the_claim_ends() {
    let store = Counting::default();
    let (dead, other, about) =
        (ledger(&store), Ledger::new(&store, "b".to_owned(), SignedDuration::from_hours(6)), about(1, 1));
    assert_eq!(see(&dead, &about, 0..1).1, Next::Announce(Due::Opened));
    for (after, next) in
        [(CLAIM - SignedDuration::from_secs(1), Next::ComeAgain), (CLAIM, Next::Announce(Due::Opened))]
    {
        assert_eq!(seen(&other, &about, &tasks(0..1), NOW + after).next, next);
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

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        Self::wait().await;
        self.0.memory.save(key, body, read, expires).await
    }
}

#[test]
fn an_end_that_is_noted_late_does_not_hide_what_failed_since() {
    let store = Counting::default();
    let (ledger, slow, about) = (
        ledger(&store),
        Ledger::new(Slow(&store), "b".to_owned(), SignedDuration::from_hours(6)),
        about(1, 1),
    );
    let (incident, _) = see(&ledger, &about, 0..1);
    done(ledger.announced(&incident, Due::Opened, NOW)).expect("it answers");
    let ended = over(&ledger, &about, NOW, NOW);
    let mut noting = pin!(slow.announced(&ended.ours[0].0, Due::Resolved, NOW));
    let mut poll = || noting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    // The incident is loaded and saved; the index is not.
    for _ in 0..3 {
        assert!(poll().is_pending());
    }
    let later = Sighting { id: "later".to_owned(), at: NOW + CLAIM };
    let begun = seen(&ledger, &about, &[later], NOW + CLAIM);
    assert_eq!((begun.incident.serial, begun.next), (1, Next::Announce(Due::Opened)));
    done(ledger.announced(&begun.incident, Due::Opened, NOW + CLAIM)).expect("it answers");
    while poll().is_pending() {}
    let ended = over(&ledger, &about, NOW + CLAIM * 2, NOW + CLAIM * 2);
    assert_eq!(ended.ours.iter().map(|(incident, _)| incident.serial).collect::<Vec<_>>(), [1]);
}

/// A store in which one document is not there yet.
struct Without<'s>(&'s Counting, &'s str);

impl Store for Without<'_> {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        if key == self.1 { Ok(None) } else { self.0.load(key).await }
    }

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        self.0.save(key, body, read, expires).await
    }
}

#[test]
fn an_end_awaits_whoever_is_indexed_and_not_recorded_yet() {
    let (store, about) = (Counting::default(), about(1, 1));
    let reminder = SignedDuration::from_hours(6);
    let early = Ledger::new(Without(&store, &about.fingerprint), "b".to_owned(), reminder);
    let ledger = ledger(&store);
    for serial in 0..2 {
        let (begins, ends) = (NOW + CLAIM * 3 * serial, NOW + CLAIM * (3 * serial + 1));
        let failed = Sighting { id: serial.to_string(), at: begins };
        let begun = seen(&ledger, &about, &[failed], begins);
        done(ledger.announced(&begun.incident, Due::Opened, begins)).expect("it answers");
        let beside = over(&early, &about, ends, ends);
        assert_eq!((beside.ours.len(), beside.come_again), (0, true), "{serial}");
        let after = over(&ledger, &about, ends, ends + CLAIM);
        assert_eq!((after.ours.len(), after.come_again), (1, false), "{serial}");
        done(ledger.announced(&after.ours[0].0, Due::Resolved, ends + CLAIM)).expect("it answers");
    }
    // What is not there in the end is gone.
    let failed = Sighting { id: "last".to_owned(), at: NOW + CLAIM * 9 };
    let last = seen(&ledger, &about, &[failed], NOW + CLAIM * 9);
    assert_eq!(last.next, Next::Announce(Due::Opened));
    let ends = NOW + CLAIM * 10;
    assert!(over(&early, &about, ends, ends).come_again);
    assert_eq!(over(&early, &about, ends, ends + CLAIM), Over::default());
    assert_eq!(over(&ledger, &about, ends, ends + CLAIM), Over::default(), "it is no longer indexed");
}

/// A queue that is behind, or a batch that holds both, or the other order.
#[test]
fn an_end_before_its_failure_is_announced_after_it() {
    let minute = SignedDuration::from_mins(1);
    for (failed, well, is_over) in [(NOW, NOW + minute, true), (NOW, NOW, true), (NOW + minute, NOW, false)] {
        let store = Counting::default();
        let (ledger, about) = (ledger(&store), about(1, 1));
        let now = NOW + minute * 5;
        assert_eq!(over(&ledger, &about, well, now), Over::default());
        let begun = seen(&ledger, &about, &[Sighting { id: "task".to_owned(), at: failed }], now);
        assert_eq!(
            (begun.next, begun.incident.resolved),
            (Next::Announce(Due::Opened), is_over.then_some(well))
        );
        let after = done(ledger.announced(&begun.incident, Due::Opened, now)).expect("it answers");
        assert_eq!(matches!(after, After::AnnounceEnd(_)), is_over);
        if let After::AnnounceEnd(ended) = after {
            assert_eq!(done(ledger.announced(&ended, Due::Resolved, now)), Ok(After::Nothing));
        }
        let again = seen(&ledger, &about, &[Sighting { id: "another".to_owned(), at: now }], now);
        assert_eq!(again.next, if is_over { Next::Announce(Due::Opened) } else { Next::Nothing });
    }
}

/// A standalone task has nothing that says it is well, so nobody reads what its family has open.
#[test]
fn a_family_has_no_index_that_grows() {
    let store = Counting::default();
    let ledger = ledger(&store);
    for tag in 0..50 {
        let about = About { fingerprint: format!("build-{tag}"), is_service: false, ..about(1, 1) };
        see(&ledger, &about, tag..tag + 1);
    }
    assert_eq!(done(store.memory.load(&About { is_service: false, ..about(1, 1) }.workload_key())), Ok(None));
}

#[test]
fn memory_takes_a_document_only_over_the_version_that_was_read() {
    let memory = Memory::default();
    let save = |read| done(memory.save("key", "{}".to_owned(), read, NOW));
    assert_eq!(
        [None, None, Some(2), Some(1), Some(1)].map(save),
        [Ok(()), Err(NotSaved::Conflict), Err(NotSaved::Conflict), Ok(()), Err(NotSaved::Conflict)]
    );
}

#[test]
fn an_incident_that_remembers_all_it_can_is_small() {
    let store = Counting::default();
    let ledger = ledger(&store);
    see(&ledger, &about(1, 1), 0..2000);
    let size = store.size(&about(1, 1).fingerprint);
    assert!(size < COUNTED_IDS * 12 + UNIT, "{size}");
}

/// So many workloads that fail alike, each in a batch of its own, whose messages come again until each is
/// told of; how often the store was loaded from and written to, how large the storm's document grew, and how
/// many notices there were.
fn storm_of(count: u64) -> ((usize, usize), usize, usize) {
    let (store, window) = (Counting::default(), SignedDuration::from_mins(6));
    let ledger = ledger(&store);
    let about = |workload: u64| {
        let name = format!("{workload:0>60}");
        About {
            fingerprint: format!("{workload:032x}"),
            workload: Some(name),
            title: "t".repeat(60),
            ..about(1, 1)
        }
    };
    let (mut left, mut now, mut largest, mut notices): (Vec<u64>, _, _, _) =
        ((0..count).collect(), NOW, 0, 0);
    while !left.is_empty() {
        left.retain(|workload| {
            let failures = [Sighted { about: about(*workload), sightings: tasks(*workload..workload + 1) }];
            let mut recorded = done(ledger.see(&failures, now));
            let Seen { incident, next, .. } = recorded.seen.remove(0).expect("it answers");
            for due_notice in &recorded.storms {
                notices += 1;
                done(ledger.storm_announced(due_notice, now)).expect("it answers");
            }
            if matches!(next, Next::Announce(_) | Next::WithStorm | Next::AnnouncedByStorm) {
                notices += usize::from(matches!(next, Next::Announce(_)));
                done(ledger.announced(&incident, Due::Opened, now)).expect("it answers");
            }
            if let Ok(Some(kept)) = done(store.memory.load(&key(&incident.about))) {
                largest = largest.max(kept.body.len());
            }
            next == Next::ComeAgain
        });
        now += window;
    }
    (store.taken(), largest, notices)
}

#[test]
fn a_storm_costs_as_much_for_each_member_however_many_there_are() {
    let ((few_loads, few_saves), ..) = storm_of(250);
    let ((loads, saves), largest, notices) = storm_of(1000);
    assert!(
        loads <= few_loads / 10 * 45 && saves <= few_saves / 10 * 45,
        "{loads} and {saves} for four times {few_loads} and {few_saves}"
    );
    assert!(largest < 8 * UNIT, "{largest}");
    assert!(notices < 20 + 40, "{notices}");
}
