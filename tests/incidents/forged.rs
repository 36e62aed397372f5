//! Whoever makes up events cannot silence a workload: not by their times, and not under another's
//! fingerprint.

use std::sync::Mutex;

use ecs_triage::incident::ledger::{After, Ledger, Next};
use ecs_triage::incident::store::{Kept, Memory, NotSaved, Store, Unreachable};
use ecs_triage::incident::{About, Due, Incident, Sighting};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::bounds::{done, over, seen};
use crate::model::about;

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A store that knows how long its documents are kept.
#[derive(Debug, Default)]
struct Keeping {
    memory: Memory,
    latest: Mutex<Option<Timestamp>>,
}

impl Store for &Keeping {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        self.memory.load(key).await
    }

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        {
            let mut latest = self.latest.lock().expect("nobody panicked");
            *latest = (*latest).max(Some(expires));
        }
        self.memory.save(key, body, read, expires).await
    }
}

/// A team that is told.
struct Team<'s> {
    ledger: Ledger<&'s Keeping>,
    store: &'s Keeping,
    now: Timestamp,
    ids: u64,
    /// How many ends came right after the last beginning.
    ended: usize,
}

impl<'s> Team<'s> {
    fn of(store: &'s Keeping) -> Self {
        let now = "2026-11-26T12:00:00Z".parse().expect("a time");
        Self {
            ledger: Ledger::new(store, "a".to_owned(), SignedDuration::from_hours(6)),
            store,
            now,
            ids: 0,
            ended: 0,
        }
    }

    fn after(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// A failure that is dated so; what is told of it.
    fn fails(&mut self, about: &About, at: Timestamp) -> Option<Due> {
        self.ids += 1;
        let sighting = Sighting { id: self.ids.to_string(), at };
        let seen = seen(&self.ledger, about, &[sighting], self.now);
        let Next::Announce(due) = seen.next else { return None };
        let mut after = done(self.ledger.announced(&seen.incident, due, self.now)).expect("it answers");
        self.ended = 0;
        while let After::AnnounceEnd(ended) = after {
            self.ended += 1;
            after = done(self.ledger.announced(&ended, Due::Resolved, self.now)).expect("it answers");
        }
        self.keeps_nothing_for_ever();
        Some(due)
    }

    fn fails_now(&mut self, about: &About) -> Option<Due> {
        self.after(1);
        self.fails(about, self.now)
    }

    /// A steady state that is dated so; how many ends are told.
    fn is_well(&mut self, about: &About, at: Timestamp) -> usize {
        let ended = over(&self.ledger, about, at, self.now).ours;
        for (incident, _) in &ended {
            assert!(incident.resolved.is_some_and(|resolved| resolved <= self.now), "{incident:?}");
            done(self.ledger.announced(incident, Due::Resolved, self.now)).expect("it answers");
        }
        self.keeps_nothing_for_ever();
        ended.len()
    }

    fn keeps_nothing_for_ever(&self) {
        let latest = *self.store.latest.lock().expect("nobody panicked");
        assert!(latest.is_none_or(|latest| latest <= self.now + YEAR), "{latest:?}");
    }

    /// Puts a document of an earlier release into the store.
    fn kept_before(&self, change: impl Fn(&mut Incident)) {
        let about = about(1, 1);
        let kept = done(self.store.memory.load(&about.fingerprint)).expect("it answers").expect("it is kept");
        let mut incident: Incident = serde_json::from_str(&kept.body).expect("an incident");
        change(&mut incident);
        let body = serde_json::to_string(&incident).expect("JSON");
        done(self.store.memory.save(&about.fingerprint, body, Some(kept.version), self.now))
            .expect("it is saved");
    }
}

fn year_9999() -> Timestamp {
    "9999-12-30T00:00:00Z".parse().expect("a time")
}

#[test]
fn an_end_in_the_future_is_an_end_now() {
    for at in [year_9999(), Timestamp::MAX, Timestamp::MAX - SignedDuration::from_secs(1)] {
        let store = Keeping::default();
        let (mut team, api) = (Team::of(&store), about(1, 1));
        assert_eq!(team.fails_now(&api), Some(Due::Opened));
        team.after(60);
        assert_eq!(team.is_well(&api, at), 1);
        assert_eq!(team.fails_now(&api), Some(Due::Opened), "after an end dated {at}");
    }
}

#[test]
fn ends_that_are_a_little_early_silence_nothing_however_often_they_come() {
    let store = Keeping::default();
    let (mut team, api) = (Team::of(&store), about(1, 1));
    for _ in 0..10 {
        assert_eq!(team.fails_now(&api), Some(Due::Opened));
        assert_eq!(team.is_well(&api, team.now + SignedDuration::from_mins(4)), 1);
        // Otherwise it flaps, and is told to be over later.
        team.after(3600 + 60);
    }
}

#[test]
fn a_clock_that_is_a_little_late_moves_no_end() {
    let store = Keeping::default();
    let (mut team, api) = (Team::of(&store), about(1, 1));
    assert_eq!(team.fails_now(&api), Some(Due::Opened));
    team.after(30);
    let before = team.now;
    team.after(30);
    assert_eq!(team.is_well(&api, team.now), 1);
    let end = team.now;
    team.now = before;
    assert_eq!(team.fails(&api, end), None, "it failed before the end, as another's clock tells");
    team.now = end;
    assert_eq!(team.fails(&api, end), None, "the end is where it was");
}

#[test]
fn a_failure_in_the_future_is_a_failure_now() {
    let store = Keeping::default();
    let (mut team, api) = (Team::of(&store), about(1, 1));
    assert_eq!(team.fails(&api, year_9999()), Some(Due::Opened));
    team.after(60);
    assert_eq!(team.is_well(&api, team.now), 1, "it ends as others do");
    assert_eq!(team.fails_now(&api), Some(Due::Opened));
    assert_eq!(team.fails(&api, year_9999()), None);
    team.after(25 * 3600);
    assert_eq!(team.fails_now(&api), Some(Due::Opened), "it is silent as others are");
}

#[test]
fn what_is_dated_far_back_neither_ends_nor_hides_anything() {
    for past in [Timestamp::MIN, Timestamp::UNIX_EPOCH, "2001-01-01T00:00:00Z".parse().expect("a time")] {
        let store = Keeping::default();
        let (mut team, api) = (Team::of(&store), about(1, 1));
        assert_eq!(team.fails(&api, past), Some(Due::Opened));
        assert_eq!(team.fails_now(&api), Some(Due::Opened), "after a failure at {past}");
        assert_eq!(team.is_well(&api, past), 0);
        assert_eq!(team.is_well(&api, team.now), 1);
        assert_eq!(team.fails(&api, past), None, "it belongs to what is over");
        assert_eq!(team.fails_now(&api), Some(Due::Opened));
    }
}

#[test]
fn what_an_earlier_release_kept_of_the_future_is_over() {
    let store = Keeping::default();
    let (mut team, api) = (Team::of(&store), about(1, 1));
    assert_eq!(team.fails_now(&api), Some(Due::Opened));
    team.kept_before(|incident| (incident.resolved, incident.closed) = (Some(year_9999()), true));
    assert_eq!(team.fails_now(&api), Some(Due::Opened));
    team.kept_before(|incident| incident.last_seen = year_9999());
    team.after(60);
    assert_eq!(team.is_well(&api, team.now), 1);
}

/// Names as an earlier release knew them, and two workloads whose fingerprints somebody made alike.
#[test]
fn one_fingerprint_is_not_one_workload() {
    let api = about(1, 1);
    let others = [
        About { workload: Some("mallory".to_owned()), ..api.clone() },
        About { is_service: false, ..api.clone() },
        About { cluster: Some("dev".to_owned()), ..api.clone() },
        About { account: Some("444455556666".to_owned()), ..api.clone() },
        About { region: None, ..api.clone() },
    ];
    for other in others {
        let store = Keeping::default();
        let mut team = Team::of(&store);
        assert_eq!(team.fails_now(&other), Some(Due::Opened));
        assert_eq!(team.fails_now(&api), Some(Due::Opened), "{other:?}");
        team.after(60);
        assert_eq!(team.is_well(&other, team.now), 0, "{other:?} does not end another's");
        assert_eq!(team.is_well(&api, team.now), 1);
    }
}

#[test]
fn a_service_and_a_family_of_one_name_are_two_workloads() {
    let (service, family) = (about(1, 1), About { is_service: false, ..about(1, 1) });
    assert_ne!(service.workload_key(), family.workload_key());
    let report = |group: &str| {
        let record = format!(
            r#"{{"group":"{group}","lastStatus":"STOPPED","stopCode":"TaskFailedToStart","stoppedReason":"x"}}"#
        );
        let task = ecs_triage::event::read_record(&record).remove(0).tasks.remove(0).expect("it reads");
        ecs_triage::diagnosis::diagnose(&task, &ecs_triage::question::Evidence::default()).fingerprint
    };
    assert_ne!(report("service:api"), report("family:api"));
    assert_ne!(report("family:api"), report("family:web"));
}

#[derive(Debug, Clone)]
enum Act {
    /// The workload fails, and says when.
    Fails,
    /// Somebody says that it fails or is well, at a time of their choice.
    Forged {
        well: bool,
        at: Timestamp,
    },
    Passes(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let now = "2026-11-26T12:00:00Z".parse::<Timestamp>().expect("a time").as_second();
    let odd = vec![
        Timestamp::MIN.as_second(),
        0,
        now - 90_000,
        now,
        now + 200,
        now + 100_000,
        year_9999().as_second(),
        Timestamp::MAX.as_second(),
    ];
    let at = prop_oneof![prop::sample::select(odd), now - 400_000..now + 400_000]
        .prop_map(|at| Timestamp::from_second(at).expect("a time"));
    prop_oneof![
        3 => Just(Act::Fails),
        3 => (any::<bool>(), at).prop_map(|(well, at)| Act::Forged { well, at }),
        2 => prop_oneof![1..600_i64, 80_000..100_000_i64].prop_map(Act::Passes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// While the team has not been told that it fails, or was told that it is over, its next failure is told.
    #[test]
    fn no_made_up_event_keeps_a_failure_from_being_announced(acts in vec(act(), 1..30)) {
        let store = Keeping::default();
        let (mut team, api) = (Team::of(&store), about(1, 1));
        let mut knows = false;
        for act in &acts {
            team.after(1);
            match act {
                Act::Fails => {
                    let due = team.fails(&api, team.now);
                    prop_assert!(knows || due == Some(Due::Opened), "{due:?} at {} of {acts:?}", team.now);
                    knows = team.ended == 0;
                }
                Act::Forged { well: true, at } => knows &= team.is_well(&api, *at) == 0,
                Act::Forged { well: false, at } => knows = (team.fails(&api, *at) == Some(Due::Opened) || knows) && team.ended == 0,
                Act::Passes(seconds) => team.after(*seconds),
            }
        }
    }
}
