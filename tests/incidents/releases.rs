//! Items of the table that another release wrote, as they stand in `items/`: by the key, what the item holds.
//! An update or its withdrawal announces nothing again, and ends once what it finds open. The fingerprints
//! there are literal: one that a release makes otherwise shows here.

use ecs_triage::incident::storm::Page;
use serde_json::{Map, Value, json};

use crate::bounds::done;
use crate::counted::World;
use crate::model::{ACCOUNT, failure, well};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:ecs-triage";
const NETWORK: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from \
    asm: There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. failed to fetch secret \
    arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf from secrets manager: operation error Secrets Manager: GetSecretValue, https \
    response error StatusCode: 0, RequestID: , canceled, context deadline exceeded: Post \"https://secretsmanager.eu-west-1.amazonaws.com/\": dial tcp \
    52.1.1.1:443: i/o timeout";

fn items(text: &str) -> World {
    let items: Map<String, Value> = serde_json::from_str(text).expect("JSON");
    let world = World::default();
    items.iter().for_each(|(key, body)| world.keep(key, &body.to_string()));
    world
}

/// What is announced when these messages come, of whom.
fn announced(world: &World, minute: i8, bodies: &[String]) -> Vec<String> {
    world.is(format!("2026-11-27T03:{minute:02}:00Z").parse().expect("a time"));
    let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:events");
    let record = |(at, body): (usize, &String)| json!({"messageId": at.to_string(), "body": body, "eventSourceARN": queue});
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    let answer =
        done(world.delivery(&minute.to_string()).handle(&json!({"Records": records}).to_string(), FUNCTION))
            .expect("it has an answer");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let value = |of: &[(&str, String)], name: &str| {
        of.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let notices = std::mem::take(&mut world.calls().notices);
    notices
        .iter()
        .map(|notice| {
            format!("{} {}", value(&notice.attributes, "workload"), value(&notice.attributes, "state"))
        })
        .collect()
}

fn fails(workload: u16, task: usize) -> String {
    failure(workload, 0, task, "2026-11-27T03:00:00Z".parse().expect("a time"))
}

fn cannot_connect(workload: u16, task: usize) -> String {
    let mut event: Value = serde_json::from_str(&fails(workload, task)).expect("JSON");
    event["detail"]["stoppedReason"] = json!(NETWORK);
    event.to_string()
}

fn is_well(workload: u16) -> String {
    well(workload, "2026-11-27T03:05:00Z".parse().expect("a time"))
}

#[test]
fn what_an_earlier_release_has_open_goes_on_and_what_was_over_begins_anew() {
    let world = items(include_str!("items/earlier.json"));
    assert_eq!(announced(&world, 1, &[fails(1, 101), fails(2, 102)]), ["w2 opened"]);
    assert_eq!(announced(&world, 2, &[fails(1, 103), fails(2, 104)]), [""; 0]);
    let mut ends = announced(&world, 6, &[is_well(1), is_well(2)]);
    ends.sort();
    assert_eq!(ends, ["w1 resolved", "w2 resolved"]);
    assert_eq!(announced(&world, 7, &[is_well(1), is_well(2)]), [""; 0]);
}

/// The earlier release named the URL in its fingerprint, this one names the host.
#[test]
fn an_incident_whose_fingerprint_was_made_otherwise_is_not_opened_again() {
    let world = items(include_str!("items/earlier.json"));
    assert_eq!(announced(&world, 1, &[cannot_connect(4, 101)]), [""; 0]);
    assert_eq!(announced(&world, 2, &[cannot_connect(4, 101), cannot_connect(4, 102)]), [""; 0]);
    assert_eq!(announced(&world, 3, &[fails(4, 103)]), ["w4 opened"], "another fault is another incident");
    let mut ends = announced(&world, 6, &[is_well(4)]);
    ends.sort();
    assert_eq!(ends, ["w4 resolved"; 2], "each once");
    assert_eq!(announced(&world, 7, &[is_well(4)]), [""; 0]);
}

/// What this release does not know is let go with its next write, and nothing else.
#[test]
fn what_a_later_release_has_open_goes_on_without_what_is_not_known_here() {
    let world = items(include_str!("items/later.json"));
    assert_eq!(announced(&world, 1, &[fails(3, 101)]), [""; 0]);
    let kept: Value = serde_json::from_str(&world.kept("6dd0a25b3430f6196c5a1ac1a46ded92")).expect("JSON");
    assert_eq!(
        (&kept["tomorrow"], &kept["about"]["squad"], &kept["storm"]["wave"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&kept["serial"], &kept["occurrences"], &kept["schema"], &kept["reminded"]),
        (&json!(5), &json!(5), &json!(1), &json!(true))
    );
    assert_eq!(announced(&world, 6, &[is_well(3)]), ["w3 resolved"]);
}

/// The items have names of their own, which no name in the code changes.
#[test]
fn a_page_of_a_storm_is_kept_under_the_same_names() {
    let member =
        json!({"fingerprint": "f", "serial": 1, "workload": "prod/w1", "title": "it fails", "told": true});
    let kept = json!({"members": [member], "told": true});
    let page: Page = serde_json::from_value(kept.clone()).expect("a page");
    assert!(page.is_announced && page.members[0].is_announced);
    assert_eq!(serde_json::to_value(&page).expect("JSON"), kept);
}
