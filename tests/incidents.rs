//! No failure goes unannounced, and none is announced twice without cause: whatever the order, whatever dies.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

#[path = "incidents/accounts.rs"]
mod accounts;
#[path = "incidents/bounds.rs"]
mod bounds;
#[path = "incidents/cost.rs"]
mod cost;
#[path = "incidents/counted.rs"]
mod counted;
mod environment;
#[path = "incidents/forged.rs"]
mod forged;
#[path = "incidents/hardship.rs"]
mod hardship;
mod held;
#[path = "incidents/life.rs"]
mod life;
#[path = "incidents/model.rs"]
mod model;
#[path = "incidents/refused.rs"]
mod refused;
#[path = "incidents/releases.rs"]
mod releases;
#[path = "incidents/rotations.rs"]
mod rotations;
#[path = "incidents/rounds.rs"]
mod rounds;
#[path = "incidents/schemas.rs"]
mod schemas;
#[path = "incidents/selftest.rs"]
mod selftest;
#[path = "incidents/teams.rs"]
mod teams;
#[path = "incidents/unexplained.rs"]
mod unexplained;

use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use model::{Event, Fault, Model, Outage, Part, Plan, Tally};

fn fault() -> impl Strategy<Value = Fault> {
    prop::sample::select(vec![
        Fault::Refused,
        Fault::AnswerLost,
        Fault::OwnConflict,
        Fault::DeathBefore,
        Fault::DeathAfter,
        Fault::Stall,
        Fault::Freeze,
    ])
}

fn event(workloads: u16, kinds: u8, spread: i64) -> impl Strategy<Value = Event> {
    let late = prop_oneof![6 => 0..5_i64, 2 => 0..60_i64, 1 => 0..900_i64];
    (0..workloads, 0..kinds, 0..spread, late, prop::bool::weighted(0.1)).prop_map(
        |(workload, kind, at, late, twice)| Event {
            workload,
            kind,
            at: SignedDuration::from_secs(at),
            late: SignedDuration::from_secs(late),
            twice,
        },
    )
}

/// What is wrong with the world beside single faults: most plans have nothing of each kind.
fn hardship() -> impl Strategy<Value = Plan> {
    let seconds = |choices: Vec<i64>| prop::sample::select(choices).prop_map(SignedDuration::from_secs);
    let millis = prop::sample::select(vec![500, 800, 1200, 2000, 2800]).prop_map(SignedDuration::from_millis);
    let part = prop::sample::select(vec![Part::Table, Part::Topic, Part::Chat, Part::Bus]);
    let outage = (part, seconds(vec![0, 60, 600, 3600]), seconds(vec![60, 1200, 2700]))
        .prop_map(|(of, from, lasts)| Outage { of, from, lasts });
    (
        (any::<u64>(), 2..=5_usize, 0..20_u64),
        vec((1..600_u16, fault()), 0..9),
        (seconds(vec![0, 0, 0, 120, 3600]), millis),
        prop_oneof![3 => vec(outage.clone(), 0..1), 1 => vec(outage, 1..3)],
        seconds(vec![0, 0, 0, 2400]),
        seconds(vec![0, 0, 10]),
        seconds(vec![0, 0, 0, 2, 20]),
    )
        .prop_map(|((seed, instances, repeats), faults, slow, outages, held, apart, asking)| Plan {
            seed,
            instances,
            faults,
            repeats,
            slow,
            outages,
            held,
            apart,
            asking,
            ..Plan::default()
        })
}

/// Some failures of some workloads within seconds or days, some of which are well in between.
fn few() -> impl Strategy<Value = Plan> {
    let hour = 3600;
    let spread = prop::sample::select(vec![5, 60, 600, 3 * hour, 12 * hour, 40 * hour]);
    (1..=6_u16, 1..=3_u8, spread)
        .prop_flat_map(|(workloads, kinds, spread)| {
            (vec(event(workloads, kinds, spread), 1..25), vec(event(workloads, 1, spread), 0..5), hardship())
        })
        .prop_map(|(failures, wells, plan)| Plan { failures, wells, ..plan })
}

/// Many workloads that fail alike.
fn storm() -> impl Strategy<Value = Plan> {
    let spread = prop::sample::select(vec![5, 120, 280, 900]);
    (25..=60_u16, spread)
        .prop_flat_map(|(workloads, spread)| {
            let each: Vec<_> = (0..workloads)
                .map(|workload| event(1, 1, spread).prop_map(move |event| Event { workload, ..event }))
                .collect();
            (
                each,
                vec(event(workloads, 1, spread + 600), 0..20),
                vec(event(workloads, 1, spread + 600), 0..6),
                any::<bool>(),
                hardship(),
            )
        })
        .prop_map(|(mut failures, more, wells, limited, plan)| {
            failures.extend(more);
            Plan { failures, wells, limited, ..plan }
        })
}

/// As many cases as `PROPTEST_CASES` wants, but at least some.
fn at_least(cases: u32, of: u32) -> ProptestConfig {
    let wanted = ProptestConfig::default();
    ProptestConfig {
        cases: (wanted.cases / of).max(cases),
        failure_persistence: None,
        max_shrink_time: 60_000,
        ..wanted
    }
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
        (0..count)
            .map(|_| Model::new(&plans.new_tree(&mut runner).expect("a plan").current()).prove())
            .collect()
    };
    let (few, storms) = (run(few().boxed(), 100), run(storm().boxed(), 8));
    assert!(few.iter().map(|tally| tally.faults).sum::<usize>() > 100);
    assert!(few.iter().map(|tally| tally.repeated).sum::<usize>() > 5);
    let unexplained: Vec<&Tally> =
        few.iter().filter(|tally| tally.storms > 0 || tally.faults == 0 && tally.repeated > 0).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    assert!(few.iter().map(|tally| tally.without_table).sum::<usize>() > 5);
    assert!(storms.iter().filter(|tally| tally.storms > 0).count() > 4);
}
