//! What lasts: a table that answers slowly, outages longer than a message's first receives, storms of a
//! thousand workloads on an item that takes so much a second, a queue that was not read for long. Nothing is
//! lost, and nothing is told again without cause; the figures are printed with
//! `cargo test --no-default-features --test incidents -- --nocapture hardship`.

#![expect(clippy::print_stdout, reason = "figures for who wants to know")]

use ecs_triage::limits::{INSTANCES, STORM_WORKLOADS};
use jiff::SignedDuration;

use crate::model::{Event, Model, Outage, Part, Plan, Tally};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Longer than any test's events.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// One failure of each workload, evenly within a time.
fn failures(workloads: u16, within: SignedDuration) -> Vec<Event> {
    (0..workloads)
        .map(|workload| Event {
            workload,
            at: within * i32::from(workload) / i32::from(workloads),
            ..Event::default()
        })
        .collect()
}

/// Each workload is well at a time, told at once.
fn wells(workloads: u16, at: SignedDuration) -> Vec<Event> {
    (0..workloads).map(|workload| Event { workload, at, ..Event::default() }).collect()
}

fn proved(name: &str, plan: &Plan) -> Tally {
    let tally = Model::new(plan).prove();
    println!("{name}: {tally:?}");
    tally
}

#[test]
fn a_table_that_answers_slowly_keeps_nobody_silent() {
    for (millis, workloads) in [(500, 40), (800, 10), (1200, 40), (2000, 10), (2800, 40)] {
        let slow = (HOUR, SignedDuration::from_millis(millis));
        let plan =
            Plan { seed: 7, instances: 5, failures: failures(workloads, SECOND), slow, ..Plan::default() };
        let tally = proved(&format!("{workloads} workloads, {millis} ms a call"), &plan);
        let (first, last) = tally.announced_after;
        assert!(
            first < MINUTE && last < MINUTE * 10,
            "{millis} ms, {workloads} workloads: the first is announced after {first:#}, the last after {last:#}"
        );
    }
}

#[test]
fn an_outage_of_the_table_or_of_the_topic_loses_nothing() {
    for (of, minutes, workloads) in
        [(Part::Table, 20, 40), (Part::Table, 45, 6), (Part::Topic, 20, 6), (Part::Topic, 45, 40)]
    {
        let outages = vec![Outage { of, from: SECOND, lasts: MINUTE * minutes }];
        // Crash loops: each fails every ten minutes.
        let again = (0..=minutes / 10).flat_map(|round| {
            failures(workloads, MINUTE)
                .into_iter()
                .map(move |event| Event { at: event.at + MINUTE * round * 10, ..event })
        });
        let plan = Plan { seed: 11, instances: 5, failures: again.collect(), outages, ..Plan::default() };
        let tally = proved(&format!("{workloads} workloads, {of:?} down for {minutes} min"), &plan);
        let memories = plan.instances * (STORM_WORKLOADS + usize::from(workloads));
        assert!(tally.notices < memories + usize::from(workloads) * 3, "a flood: {tally:?}");
    }
}

/// Everybody fails within a minute; how many are told by themselves, and that the item of the storm takes it.
fn limits(sizes: &[(u16, usize)]) {
    for (workloads, instances) in sizes {
        let plan = Plan {
            seed: 3,
            instances: *instances,
            failures: failures(*workloads, MINUTE),
            limited: true,
            ..Plan::default()
        };
        let tally = Model::new(&plan).all_announced();
        println!("{workloads} workloads, {instances} instances, limits of one item: {tally:?}");
        // Of more instances than the template has, and more workloads, some calls are tried again.
        let is_beyond = *workloads > 1000 && *instances > INSTANCES;
        assert!(tally.without_table == 0 && (tally.throttled == 0 || is_beyond), "{tally:?}");
        assert!(tally.notices <= STORM_WORKLOADS + 40, "{tally:?}");
    }
}

#[test]
fn a_storm_stays_within_what_one_item_takes() {
    limits(&[(150, 5), (150, 20)]);
}

#[test]
#[ignore = "takes minutes"]
fn a_storm_as_large_as_a_region_stays_within_what_one_item_takes() {
    limits(&[(1000, 5), (1000, 20), (2000, 5), (2000, 20)]);
}

#[test]
fn a_queue_that_was_not_read_for_long_tells_all_in_any_order() {
    for workloads in [15, 40] {
        let failures = failures(workloads, MINUTE * 20);
        let wells = wells(workloads, MINUTE * 25);
        let plan = Plan { seed: 5, instances: 5, failures, wells, held: MINUTE * 40, ..Plan::default() };
        proved(&format!("{workloads} workloads that failed and were well, 40 min behind"), &plan);
    }
}

#[test]
fn ends_that_come_first_end_what_comes_after_them() {
    for workloads in [15, 40] {
        let failures = failures(workloads, MINUTE)
            .into_iter()
            .map(|event| Event { late: MINUTE * 10, ..event })
            .collect();
        let wells = wells(workloads, MINUTE * 2);
        let plan = Plan { seed: 5, instances: 3, failures, wells, ..Plan::default() };
        proved(&format!("{workloads} workloads whose ends come eight minutes before their failures"), &plan);
    }
}

/// People are told once and in time, whatever becomes of the others.
#[test]
fn a_chat_and_a_bus_that_take_nothing_neither_delay_nor_repeat_a_notice() {
    for workloads in [10, 30] {
        let outages =
            [Part::Chat, Part::Bus].map(|of| Outage { of, from: SignedDuration::ZERO, lasts: HOUR });
        let plan = Plan {
            seed: 9,
            instances: 3,
            failures: failures(workloads, SECOND),
            outages: outages.to_vec(),
            ..Plan::default()
        };
        let tally = proved(&format!("{workloads} workloads, neither chat nor bus"), &plan);
        assert!(tally.not_in_chat > 0 && tally.not_on_bus > 0 && tally.repeated == 0, "{tally:?}");
        assert!(tally.announced_after.0 < SECOND * 30, "{tally:?}");
    }
}
