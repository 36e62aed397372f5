//! No failure goes unannounced, and none is announced twice without cause: whatever the order, whatever dies.

#[path = "incidents/bounds.rs"]
mod bounds;
#[path = "incidents/forged.rs"]
mod forged;
#[path = "incidents/life.rs"]
mod life;
#[path = "incidents/model.rs"]
mod model;
#[path = "incidents/refused.rs"]
mod refused;

use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use model::{Event, Fault, Model, Plan, Tally};

fn fault() -> impl Strategy<Value = Fault> {
    prop::sample::select(vec![Fault::Refused, Fault::AnswerLost, Fault::OwnConflict, Fault::DeathBefore, Fault::DeathAfter, Fault::Stall])
}

fn event(workloads: u8, kinds: u8, spread: i64) -> impl Strategy<Value = Event> {
    let late = prop_oneof![6 => 0..5_i64, 2 => 0..60_i64, 1 => 0..900_i64];
    (0..workloads, 0..kinds, 0..spread, late, prop::bool::weighted(0.1)).prop_map(|(workload, kind, at, late, twice)| Event {
        workload,
        kind,
        at: SignedDuration::from_secs(at),
        late: SignedDuration::from_secs(late),
        twice,
    })
}

/// Now and then the table is slow for a while.
fn slow() -> impl Strategy<Value = SignedDuration> {
    prop_oneof![6 => Just(0), 1 => Just(120), 1 => Just(3600)].prop_map(SignedDuration::from_secs)
}

/// Some failures of some workloads within seconds or days, some of which are well in between.
fn few() -> impl Strategy<Value = Plan> {
    let hour = 3600;
    let spread = prop::sample::select(vec![5, 60, 600, 3 * hour, 12 * hour, 40 * hour]);
    (1..=6_u8, 1..=3_u8, spread)
        .prop_flat_map(|(workloads, kinds, spread)| {
            let failures = vec(event(workloads, kinds, spread), 1..25);
            (failures, vec(event(workloads, 1, spread), 0..5), vec((1..150_u16, fault()), 0..9), 2..=3_usize, 0..20_u64, (any::<u64>(), slow()))
        })
        .prop_map(|(failures, wells, faults, instances, repeats, (seed, slow))| Plan { seed, instances, failures, wells, faults, repeats, slow })
}

/// Many workloads that fail alike.
fn storm() -> impl Strategy<Value = Plan> {
    let spread = prop::sample::select(vec![5, 120, 280, 900]);
    (25..=60_u8, spread)
        .prop_flat_map(|(workloads, spread)| {
            let each: Vec<_> = (0..workloads).map(|workload| event(1, 1, spread).prop_map(move |event| Event { workload, ..event })).collect();
            let more = vec(event(workloads, 1, spread + 600), 0..20);
            let wells = vec(event(workloads, 1, spread + 600), 0..6);
            (each, more, wells, vec((1..600_u16, fault()), 0..9), 2..=3_usize, 0..20_u64, (any::<u64>(), slow()))
        })
        .prop_map(|(mut failures, more, wells, faults, instances, repeats, (seed, slow))| {
            failures.extend(more);
            Plan { seed, instances, failures, wells, faults, repeats, slow }
        })
}

/// As many cases as `PROPTEST_CASES` wants, but at least some.
fn at_least(cases: u32, of: u32) -> ProptestConfig {
    let wanted = ProptestConfig::default();
    ProptestConfig { cases: (wanted.cases / of).max(cases), failure_persistence: None, max_shrink_time: 60_000, ..wanted }
}

// stateright and loom visit every state or interleaving, of which hours of a queue have too many.
proptest! {
    #![proptest_config(at_least(120, 2))]

    #[test]
    fn few_incidents_keep_the_promise(plan in few()) {
        Model::new(&plan).prove();
    }
}

proptest! {
    #![proptest_config(at_least(12, 20))]

    #[test]
    fn storms_keep_the_promise(plan in storm()) {
        Model::new(&plan).prove();
    }
}

#[test]
fn the_schedules_reach_faults_repeats_and_storms() {
    let mut runner = TestRunner::deterministic();
    let mut run = |plans: BoxedStrategy<Plan>, count| -> Vec<Tally> {
        (0..count).map(|_| Model::new(&plans.new_tree(&mut runner).expect("a plan").current()).prove()).collect()
    };
    let (few, storms) = (run(few().boxed(), 100), run(storm().boxed(), 8));
    assert!(few.iter().map(|tally| tally.faults).sum::<usize>() > 100);
    assert!(few.iter().map(|tally| tally.repeated).sum::<usize>() > 5);
    assert!(few.iter().all(|tally| tally.storms == 0 && (tally.faults > 0 || tally.repeated == 0)));
    assert!(few.iter().map(|tally| tally.without_table).sum::<usize>() > 5);
    assert!(storms.iter().filter(|tally| tally.storms > 0).count() > 4);
}
