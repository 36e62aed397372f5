//! Notices by the team that a tag names: of the service, or of the definition where no service starts the task.

use ecs_triage::question::{Answer, Evidence, ask};
use ecs_triage::source;
use ecs_triage::task_definition::{Tag, TaskDefinition};
use serde_json::{Value, json};

use crate::bounds::done;
use crate::counted::World;
use crate::model::{ACCOUNT, well};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:ecs-triage";
const KEY_MISSING: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret \
    from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key password";

fn arn(of: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:{of}")
}

fn failed(group: &str) -> String {
    json!({"detail-type": "ECS Task State Change", "source": "aws.ecs", "account": ACCOUNT, "region": "eu-west-1", "detail": {
        "taskArn": arn("task/prod/1"), "clusterArn": arn("cluster/prod"), "group": group, "lastStatus": "STOPPED",
        "taskDefinitionArn": arn("task-definition/w1:7"), "stopCode": "TaskFailedToStart", "stoppedReason": KEY_MISSING,
        "stoppedAt": "2026-11-27T02:59:00Z", "containers": [{"name": "app"}]}})
    .to_string()
}

/// A world whose service and definition have these tags.
fn world(of_service: &[(&str, &str)], of_definition: &[(&str, &str)]) -> World {
    let tags = |tags: &[(&str, &str)]| -> Vec<Tag> {
        tags.iter().map(|(key, value)| Tag { key: (*key).to_owned(), value: (*value).to_owned() }).collect()
    };
    let definition = json!({"family": "w1", "containerDefinitions": [{"name": "app"}]}).to_string();
    let definition = source::definition(&definition).expect("it reads");
    let definition = TaskDefinition { tags: tags(of_definition), ..definition };
    let service = json!({"desiredCount": 2, "tags": tags(of_service)});
    let mut evidence = Evidence::default();
    let named = ask::TaskDefinition { name: arn("task-definition/w1:7") };
    evidence.note(named, Answer::TaskDefinition(Box::new(definition)));
    let asked =
        ask::Service { region: "eu-west-1".to_owned(), cluster: "prod".to_owned(), name: "w1".to_owned() };
    evidence.note(asked, Answer::Service(serde_json::from_value(service).expect("it reads")));
    let world = World::answering(Some(evidence));
    world.is("2026-11-27T03:00:00Z".parse().expect("a time"));
    world
}

/// The attributes of what was announced when this came.
fn announced(world: &World, body: &str) -> Vec<Vec<(&'static str, String)>> {
    let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:events");
    let records = json!({"Records": [{"messageId": "1", "body": body, "eventSourceARN": queue}]});
    let answer = done(world.delivery("a").handle(&records.to_string(), FUNCTION)).expect("an answer");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    std::mem::take(&mut world.calls().notices).into_iter().map(|notice| notice.attributes).collect()
}

fn value<'a>(attributes: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_failure_and_its_end_are_routed_by_the_tag_of_their_service() {
    let world = world(&[("cost", "1"), ("team", " storefront ")], &[("team", "others")]).routing_by("team");
    let opened = announced(&world, &failed("service:w1")).remove(0);
    assert_eq!((value(&opened, "team"), value(&opened, "step")), (Some("storefront"), None));
    assert_eq!(opened.len(), 10);
    let json = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    let diagnosis = json(&world.calls().events[0].1.clone());
    assert_eq!(diagnosis["incident"]["team"], "storefront");
    let ended = announced(&world, &well(1, "2026-11-27T03:00:30Z".parse().expect("a time"))).remove(0);
    assert_eq!((value(&ended, "state"), value(&ended, "team")), (Some("resolved"), Some("storefront")));
    let change = json(&world.calls().events[1].1.clone());
    assert_eq!(change["attributes"]["team"], "storefront");
}

#[test]
fn without_a_service_the_tag_of_the_definition_counts_and_without_a_tag_there_is_no_team() {
    for (service, definition, group, team) in [
        (&[("team", "a")][..], &[("team", "b")][..], "family:w1", Some("b")),
        (&[], &[("team", "b")], "service:w1", None),
        (&[("Team", "a")], &[], "service:w1", None),
        (&[("team", "")], &[], "service:w1", None),
        (&[], &[], "family:w1", None),
    ] {
        let notice = announced(&world(service, definition).routing_by("team"), &failed(group)).remove(0);
        assert_eq!(
            (value(&notice, "team"), value(&notice, "step")),
            (team, None),
            "{service:?} {definition:?} {group}"
        );
    }
    let without = announced(&world(&[("team", "a")], &[]), &failed("service:w1")).remove(0);
    assert_eq!((value(&without, "team"), value(&without, "step")), (None, Some("secrets-manager")));
}
