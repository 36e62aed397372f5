//! What the function makes of messages that strangers sent, and what it never writes down.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::bad_days::{FUNCTION, Invoked, invoke_with};
use crate::program::{ACCOUNT, assert_contains, document, event};
use crate::server::{Reply, Server};

const OTHER: &str = "999988887777";
/// The settings that let it ask nothing: here it is heard, and not proved.
const ASKS_NOTHING: (&str, &str) = ("ECS_TRIAGE_PROBING", "off");

fn sent(path: &str, value: Value) -> Value {
    let mut event = document(&event("secret-key-missing"));
    *event.pointer_mut(path).expect("it is there") = value;
    event
}

/// A batch of messages with these ids, as the queue of the function's account hands it over.
fn batch(bodies: &[(&str, String)]) -> String {
    let record = |(id, body): &(&str, String)| json!({"messageId": id, "body": body, "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:events")});
    json!({"Records": bodies.iter().map(record).collect::<Vec<_>>()}).to_string()
}

fn invoke(event: &str, more: &[(&str, &str)]) -> Invoked {
    let aws = Server::start(|_| Reply::new(400, r#"{"__type": "AccessDeniedException"}"#));
    invoke_with(event, &aws.url, &[&[ASKS_NOTHING], more].concat())
}

/// The messages that go back.
fn back(invoked: &Invoked) -> BTreeSet<String> {
    let failures =
        invoked.answer["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{}", invoked.answer));
    failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str().map(str::to_owned)).collect()
}

#[test]
fn strangers_in_a_batch_are_sent_back_and_take_nobody_along() {
    let foreign = format!("arn:aws:ecs:us-east-1:{OTHER}:task/prod/8b9a1785791d0b80a17f4f1cff9c8f5a");
    let strangers = [
        (
            "bare",
            json!({"stoppedReason": "ResourceInitializationError: unable to pull secrets or registry auth"})
                .to_string(),
        ),
        ("tasks", json!({"tasks": [document(&event("secret-key-missing"))["detail"]]}).to_string()),
        ("source", sent("/source", json!("my.app")).to_string()),
        ("account", sent("/account", json!(OTHER)).to_string().replace(ACCOUNT, OTHER)),
        ("envelope", sent("/account", json!(OTHER)).to_string()),
        ("task", sent("/detail/taskArn", json!(foreign)).to_string()),
        ("poison", "{".to_owned()),
        ("list", format!(r#"{{"tasks":[{}]}}"#, vec!["1"; 128 << 10].join(","))),
    ];
    let friend = ("friend", event("secret-key-missing"));
    let invoked = invoke(&batch(&[&strangers[..4], &[friend], &strangers[4..]].concat()), &[]);
    assert_eq!(back(&invoked), strangers.iter().map(|(id, _)| (*id).to_owned()).collect());
    assert_eq!(invoked.published.len(), 1, "{:?}", invoked.published);
    assert_contains(&invoked.published[0], &["secret-key-missing", ACCOUNT]);
    assert!(!invoked.published[0].contains(OTHER));
    assert!(invoked.took < FUNCTION, "{:?}", invoked.took);
    for (id, _) in strangers {
        let told = invoked
            .log
            .lines()
            .filter(|line| line.contains(&format!("goes back to the queue message_id=\"{id}\"")));
        assert_eq!(told.count(), 1, "{id}: {}", invoked.log);
    }
}

#[test]
fn accounts_and_a_source_that_are_listed_are_listened_to() {
    let foreign = event("secret-key-missing").replace(ACCOUNT, OTHER);
    let made_up = sent("/source", json!("test.ecs")).to_string();
    let bodies = [("foreign", foreign), ("test", made_up)];
    let invoked = invoke(
        &batch(&bodies),
        &[("ECS_TRIAGE_ACCOUNTS", &format!("{ACCOUNT},{OTHER}")), ("ECS_TRIAGE_TEST_SOURCE", "test.ecs")],
    );
    assert_eq!((back(&invoked), invoked.published.len()), (BTreeSet::new(), 2), "{}", invoked.log);
}

#[test]
fn a_bare_object_is_diagnosed_where_it_is_handed_over_directly() {
    let bare = json!({"stoppedReason": "ResourceInitializationError: unable to pull secrets or registry auth", "stopCode": "TaskFailedToStart"});
    let invoked = invoke(&bare.to_string(), &[]);
    assert_eq!(
        (invoked.answer.as_array().map(Vec::len), invoked.published.len()),
        (Some(1), 1),
        "{}",
        invoked.answer
    );
}

/// The days that a text names: no id, digest or number has their form by chance.
fn days(text: &str) -> Vec<Date> {
    let has_form = |part: &&str| {
        let is_at =
            |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
        part.bytes().enumerate().all(is_at)
    };
    let parts = (0..text.len()).filter_map(|at| text.get(at..at + 10));
    parts.filter(has_form).filter_map(|part| part.parse().ok()).collect()
}

#[test]
fn no_notice_tells_of_the_future() {
    let tomorrow = Timestamp::now() + SignedDuration::from_hours(30);
    for at in [
        json!("9999-12-30T00:00:00Z"),
        json!("3000-01-01T00:00:00+01:00"),
        json!(tomorrow.to_string()),
        json!(tomorrow.as_second()),
        json!(tomorrow.as_millisecond()),
    ] {
        let event = sent("/detail/stoppedAt", at.clone()).to_string();
        let invoked = invoke(&event, &[]);
        assert_eq!(invoked.published.len(), 1, "{at}");
        let told = [invoked.published[0].clone(), invoked.answer.to_string()];
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        for text in told {
            let days = days(&text);
            assert!(!days.is_empty(), "{at}: {text}");
            assert!(days.iter().all(|day| *day <= today), "{at}: {days:?} in {text}");
        }
    }
    let seen = |text| days(text).into_iter().map(|day| day.to_string()).collect::<Vec<_>>();
    assert_eq!(seen("since 9999-12-30 (UTC), \"3000-01-01T00:00\""), ["9999-12-30", "3000-01-01"]);
    assert_eq!(seen("task 0f9999a13000c, 9999-3000-30, port 30001"), Vec::<String>::new());
}

/// Environment, commands and log tokens of events and answers, at whatever level.
#[test]
fn no_level_of_logging_writes_down_what_an_event_or_an_answer_holds() {
    let planted = "planted0hunter2";
    let mut task = document(&event("secret-key-missing"));
    let overrides = json!([{"name": "web", "command": ["run", planted], "environment": [{"name": "DB_PASSWORD", "value": planted}]}]);
    task["detail"]["overrides"]["containerOverrides"] = overrides;
    let container = json!({
        "name": "web", "command": [planted], "environment": [{"name": "API_TOKEN", "value": planted}],
        "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": planted}},
    });
    let definition =
        json!({"taskDefinition": {"family": "api", "revision": 42, "containerDefinitions": [container]}})
            .to_string();
    let aws = Server::start(move |call| match call.operation() {
        "DescribeTaskDefinition" => Reply::new(200, definition.clone()),
        _ => Reply::new(400, format!(r#"{{"__type": "Odd", "message": "{planted}", "x": "{planted}"}}"#)),
    });
    let definitions = ("ECS_TRIAGE_PROBING", "task-definitions");
    for (name, level) in [
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
        ("AWS_LAMBDA_LOG_LEVEL", "DEBUG"),
        ("RUST_LOG", "trace"),
        ("RUST_LOG", "hyper=trace"),
    ] {
        for format in ["JSON", "Text"] {
            let more = [definitions, (name, level), ("AWS_LAMBDA_LOG_FORMAT", format)];
            for event in [
                task.to_string(),
                batch(&[("m", task.to_string()), ("poison", format!("{{\"detail-type\": \"{planted}"))]),
            ] {
                let invoked = invoke_with(&event, &aws.url, &more);
                assert_eq!(invoked.published.len(), 1, "{name}={level}: {}", invoked.log);
                assert!(!invoked.log.contains(planted), "{name}={level} {format}: {}", invoked.log);
                assert!(invoked.log.contains("secret-key-missing"), "{name}={level}: {}", invoked.log);
            }
        }
    }
    assert!(aws.calls().iter().any(|call| call.operation() == "DescribeTaskDefinition"), "it was not asked");
}
