//! What the bus, the journal and a self-test's caller get is what `schemas/` says.

use ecs_triage::limits::HIDDEN;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::bounds::done;
use crate::counted::World;
use crate::held;
use crate::model::{failure, well};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:ecs-triage";
/// More workloads than fail alike without a storm.
const MANY: u16 = 60;

#[test]
fn what_is_published_of_incidents_is_what_its_schema_says() {
    let world = World::default();
    let delivery = world.delivery("a");
    let begin: Timestamp = "2026-11-27T03:00:00Z".parse().expect("a time");
    let hand = |text: &str, at| {
        world.is(at);
        done(delivery.handle(text, FUNCTION))
    };
    let answer = hand(r#"{"selftest": true}"#, begin).expect("an answer").to_string();
    // What a storm holds back comes again, as the queue hands it over again.
    for round in 0..3 {
        for workload in 0..MANY {
            let at = begin + SignedDuration::from_secs(i64::from(workload));
            let _ = hand(&failure(workload, 0, usize::from(workload), at), at + HIDDEN * round);
        }
    }
    for round in 3..6 {
        for workload in 0..MANY {
            let at = begin + SignedDuration::from_secs(600 + i64::from(workload));
            let _ = hand(&well(workload, at), at + HIDDEN * round);
        }
    }
    let calls = world.calls();
    let journal = calls.journal.iter().flat_map(|(_, lines)| lines);
    let documents: Vec<&String> =
        calls.events.iter().map(|(_, detail)| detail).chain(journal).chain([&answer]).collect();
    let of = |schema: &str| -> Vec<String> {
        let is_it = |line: &&&String| {
            serde_json::from_str::<Value>(line).is_ok_and(|document| document["schema"] == schema)
        };
        documents.iter().filter(is_it).map(|line| (*line).clone()).collect()
    };
    let mut count = 0;
    for (schema, file) in [
        ("ecs-triage/v1", "diagnosis-v1"),
        ("ecs-triage/incident/v1", "incident-v1"),
        ("ecs-triage/selftest/v1", "selftest-v1"),
    ] {
        let documents = of(schema);
        count += documents.len();
        held::hold(file, &documents);
    }
    assert_eq!(count, documents.len(), "a document of another schema");
    let incidents = of("ecs-triage/incident/v1");
    assert!(incidents.iter().any(|line| line.contains(r#""state":"storm""#)), "no storm");
    assert!(incidents.iter().any(|line| line.contains(r#""resolved":"#)), "no end");
}
