//! A self-test tells every channel, says of each what came of it, and leaves nothing behind that counts as a
//! failure.

use serde_json::{Value, json};

use crate::bounds::done;
use crate::counted::World;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:ecs-triage";
/// Each channel, and the call that reaches it.
const CHANNELS: [(&str, &str); 5] = [
    ("topic", "Publish"),
    ("chat", "Publish (chat)"),
    ("bus", "PutEvents"),
    ("journal", "PutLogEvents"),
    ("table", "GetItem"),
];

fn selftest(world: &World, payload: &str) -> Value {
    world.is("2026-11-27T03:00:00Z".parse().expect("a time"));
    done(world.delivery("a").handle(payload, FUNCTION)).expect("it has an answer")
}

#[test]
fn it_reaches_every_channel_and_leaves_nothing() {
    let world = World::default();
    let answer = selftest(&world, r#"{"selftest": true}"#);
    assert_eq!((&answer["schema"], &answer["passed"]), (&json!("ecs-triage/selftest/v1"), &json!(true)));
    for (channel, _) in CHANNELS {
        assert_eq!(answer["channels"][channel], json!({"state": "took-it", "why": null}), "{channel}");
    }
    let calls = world.calls();
    let notice = &calls.notices[0];
    assert_eq!(notice.subject, "[ECS selftest 3333/eu-west-1] this is a test of ecs-triage: nothing fails");
    assert!(
        notice.body.starts_with(
            "This is a test of ecs-triage: nothing fails, and there is nothing to do\n2026-11-27 03:00 UTC\n"
        ),
        "{}",
        notice.body
    );
    let value = |name: &str| {
        notice.attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    };
    assert_eq!(notice.attributes.len(), 10, "no filter misses an attribute");
    assert_eq!(
        ["state", "cluster", "account", "region"].map(value),
        ["selftest", "selftest", "111122223333", "eu-west-1"].map(Some)
    );
    let chat: Value = serde_json::from_str(&calls.chats[0]).expect("JSON");
    assert_eq!(
        (&chat["metadata"]["threadId"], &chat["content"]["title"]),
        (&json!("selftest"), &json!(notice.subject))
    );
    let (detail_type, detail) = &calls.events[0];
    let detail: Value = serde_json::from_str(detail).expect("JSON");
    assert_eq!(
        (detail_type.as_str(), &detail["schema"]),
        ("ECS Triage Selftest", &json!("ecs-triage/selftest/v1"))
    );
    let (stream, lines) = &calls.journal[0];
    assert_eq!(
        (stream.as_str(), lines.len(), serde_json::from_str::<Value>(&lines[0]).ok()),
        ("selftest", 1, Some(detail))
    );
    assert_eq!(calls.counts.values().sum::<usize>(), CHANNELS.len(), "nothing is kept: {:?}", calls.counts);
    assert!(
        calls.troubles.is_empty() && !calls.log.iter().any(|line| line.contains("_aws")),
        "nothing is counted: {:?}",
        calls.log
    );
}

#[test]
fn a_channel_that_fails_is_named_and_the_others_are_notified() {
    for (channel, call) in CHANNELS {
        let world = World::default();
        world.calls().refused.insert(call);
        let answer = selftest(&world, r#"{"selftest": true}"#);
        assert_eq!(answer["passed"], false);
        for (other, _) in CHANNELS {
            let state = if other == channel { "failed" } else { "took-it" };
            assert_eq!(answer["channels"][other]["state"], state, "{other} while {channel} fails");
        }
        assert_eq!(answer["channels"][channel]["why"], format!("{call} is refused"));
        assert!(
            world.calls().log.iter().all(|line| !line.contains("_aws")),
            "it is no failure of a task, and no trouble of a notice"
        );
    }
}

#[test]
fn its_notice_passes_a_filter_whose_attributes_are_given() {
    let world = World::default();
    selftest(&world, r#"{"selftest": {"cluster": "prod", "owner": "network-team", "state": "opened"}}"#);
    let notice = world.calls().notices.remove(0);
    for wanted in
        [("cluster", "prod"), ("owner", "network-team"), ("state", "opened"), ("workload", "selftest")]
    {
        assert!(
            notice.attributes.iter().any(|(name, value)| (*name, value.as_str()) == wanted),
            "{wanted:?}"
        );
    }
    assert!(notice.subject.contains("this is a test"), "it is marked all the same");
    selftest(&world, r#"{"selftest": {"team": "blue"}}"#);
    let routed = world.calls().notices.remove(0).attributes;
    assert!(routed.contains(&("team", "blue".to_owned())) && routed.len() == 10, "{routed:?}");
    let refused = done(world.delivery("a").handle(r#"{"selftest": {"squad": "blue"}}"#, FUNCTION));
    assert!(
        refused.is_err_and(|problem| problem
            .to_string()
            .contains(r#"no attribute "squad"; it has state, cause,"#))
    );
}

/// Whoever may only send to the queue cannot have it send anything.
#[test]
fn one_that_comes_through_the_queue_is_refused() {
    let world = World::default();
    let record = json!({"messageId": "m", "body": r#"{"selftest": true}"#, "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:events"});
    let answer = selftest(&world, &json!({"Records": [record]}).to_string());
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "m"}]}));
    assert!(world.calls().notices.is_empty());
}
