//! A value that changed, from the event to the last word: what is told, how often, and what comes again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use ecs_triage::delivery::ports::Clock as _;
use ecs_triage::delivery::{Problem, Trouble};
use ecs_triage::incident::rotation::{ChangedValue, Conclusion, Found};
use ecs_triage::limits::{CLAIM, ROTATION_AGAIN, ROTATION_ASKING, ROTATION_DELAY, ROTATION_FOLLOWED};
use ecs_triage::question::{Answer, Evidence, Listed, ask};
use ecs_triage::source;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bounds::done;
use crate::counted::World;
use crate::held;
use crate::model::ACCOUNT;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:ecs-triage";
/// Of which each has a name of its own.
static INSTANCES: AtomicUsize = AtomicUsize::new(0);
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCd12";

/// Minutes after the value was as it was when all began.
fn minute(minute: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-27T03:00:00Z".parse().expect("a time");
    begin + SignedDuration::from_mins(minute)
}

fn changed(at: Timestamp) -> String {
    json!({"version": "0", "detail-type": "Secret Label Updated", "source": "aws.secretsmanager", "account": ACCOUNT,
        "time": at.strftime("%FT%TZ").to_string(), "region": "eu-west-1", "resources": [SECRET],
        "detail": {"name": "prod/db", "labelUpdated": "AWSCURRENT", "versionId": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"}})
    .to_string()
}

/// Services with a task each, and when it was created; each takes the secret.
fn running(tasks: &[(&str, i64)]) -> Evidence {
    let arn = |what: &str| format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:{what}");
    let region = || "eu-west-1".to_owned();
    let cluster = arn("cluster/prod");
    let mut evidence = Evidence::default();
    let mut all = Vec::new();
    for (number, (service, created)) in tasks.iter().enumerate() {
        let name = arn(&format!("task-definition/{service}:1"));
        let definition = json!({"family": service, "containerDefinitions": [{"name": "app", "image": "app:1",
            "secrets": [{"name": "PASSWORD", "valueFrom": format!("{SECRET}:password::")}]}]});
        let definition = source::definition(&definition.to_string()).expect("a definition");
        evidence
            .note(ask::TaskDefinition { name: name.clone() }, Answer::TaskDefinition(Box::new(definition)));
        let task = json!({"taskArn": arn(&format!("task/prod/{number}")), "clusterArn": cluster, "group": format!("service:{service}"),
            "taskDefinitionArn": name, "createdAt": minute(*created).to_string(),
            "startedAt": (minute(*created) + SignedDuration::from_secs(20)).to_string()});
        all.push(serde_json::from_value(task).expect("a task"));
    }
    evidence.note(ask::Clusters { region: region() }, Answer::Clusters(Listed::Whole(vec![cluster.clone()])));
    evidence.note(ask::ClusterTasks { region: region(), cluster }, Answer::ClusterTasks(Listed::Whole(all)));
    evidence
}

/// Hands over the changes at a time, in a batch, to an instance that is new; which of them come again.
fn hand(world: &World, now: Timestamp, changes: &[Timestamp]) -> BTreeSet<usize> {
    world.is(now);
    let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:rotations");
    let record = |(at, change): (usize, &Timestamp)| json!({"messageId": at.to_string(), "body": changed(*change), "eventSourceARN": queue});
    let records: Vec<Value> = changes.iter().enumerate().map(record).collect();
    let delivery = world.delivery(&INSTANCES.fetch_add(1, Ordering::Relaxed).to_string());
    let answer =
        done(delivery.handle(&json!({"Records": records}).to_string(), FUNCTION)).expect("an answer");
    let again = answer["batchItemFailures"].as_array().expect("a list").clone();
    again.iter().filter_map(|item| item["itemIdentifier"].as_str()?.parse().ok()).collect()
}

/// The states and subjects of what was announced since the last time.
fn announced(world: &World) -> Vec<String> {
    let notices = std::mem::take(&mut world.calls().notices);
    let state = |attributes: &[(&str, String)]| {
        attributes
            .iter()
            .find(|(name, _)| *name == "state")
            .map(|(_, state)| state.clone())
            .unwrap_or_default()
    };
    notices.iter().map(|notice| format!("{}: {}", state(&notice.attributes), notice.subject)).collect()
}

const NOBODY: [&str; 0] = [];
const NONE: BTreeSet<usize> = BTreeSet::new();

fn first() -> BTreeSet<usize> {
    BTreeSet::from([0])
}

#[test]
fn who_holds_the_old_value_is_announced_once_and_that_nobody_does_any_more() {
    let world = World::default();
    let old = world.then(running(&[("api", 0), ("web", 1), ("new", 30)]));
    let mut now = minute(10) + ROTATION_DELAY;
    assert_eq!(hand(&old, now, &[minute(10)]), first());
    assert_eq!(
        announced(&old),
        ["stale: [ECS prod 3333/eu-west-1] prod/db changed: 2 tasks of 2 workloads hold the old value"]
    );
    for _ in 0..3 {
        now += ROTATION_AGAIN;
        assert_eq!(hand(&old, now, &[minute(10)]), first());
    }
    let one_less = world.then(running(&[("api", 20), ("web", 1)]));
    assert_eq!(hand(&one_less, now, &[minute(10)]), first());
    assert_eq!(announced(&world), NOBODY, "nobody new holds it");
    let none = world.then(running(&[("api", 20), ("web", 25)]));
    assert_eq!(hand(&none, now, &[minute(10)]), NONE);
    assert_eq!(
        announced(&world),
        ["resolved: [ECS prod 3333/eu-west-1] prod/db: no task holds the old value any more"]
    );
    // The same message, delivered twice.
    assert_eq!(hand(&none, now, &[minute(10)]), NONE);
    assert_eq!(announced(&world), NOBODY);
}

#[test]
fn changes_that_come_close_together_or_in_another_order_are_one() {
    let world = World::default();
    let old = world.then(running(&[("api", 0)]));
    assert_eq!(hand(&old, minute(17), &[minute(10), minute(12), minute(11)]), BTreeSet::from([1]));
    assert_eq!(announced(&world).len(), 1);
    assert_eq!(hand(&old, minute(18), &[minute(10)]), NONE, "the last one tells of all");
    assert_eq!(hand(&old, minute(19), &[minute(13)]), first());
    assert_eq!(announced(&world), NOBODY, "the same hold it");
    // It was started anew in between, and holds what was before the next change.
    let anew = world.then(running(&[("api", 20)]));
    assert_eq!(hand(&anew, minute(35), &[minute(30)]), first());
    assert_eq!(announced(&world).len(), 1);
    // And a change much later is told again.
    assert_eq!(hand(&anew, minute(605), &[minute(600)]), first());
    assert_eq!(announced(&world).len(), 1);
}

#[test]
fn another_workload_is_announced_and_the_last_word_is_one() {
    let world = World::default();
    let cannot = world.then({
        let mut evidence = running(&[("api", 0), ("web", 0)]);
        let web = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/web:1");
        evidence.note(ask::TaskDefinition { name: web }, Answer::Unknown("ThrottlingException".to_owned()));
        evidence
    });
    assert_eq!(hand(&cannot, minute(15), &[minute(10)]), first());
    let notice = world.calls().notices[0].clone();
    assert!(notice.body.contains("- the task definition arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1: ThrottlingException\n"), "{}", notice.body);
    assert_eq!(announced(&world).len(), 1);
    let all = world.then(running(&[("api", 0), ("web", 0)]));
    assert_eq!(hand(&all, minute(45), &[minute(10)]), first());
    assert_eq!(
        announced(&world),
        ["stale: [ECS prod 3333/eu-west-1] prod/db changed: 2 tasks of 2 workloads hold the old value"]
    );
    let late = minute(10) + ROTATION_FOLLOWED + ROTATION_AGAIN;
    assert_eq!(hand(&all, late, &[minute(10)]), NONE);
    assert_eq!(
        announced(&world),
        [
            "unfollowed: [ECS prod 3333/eu-west-1] prod/db: after 2 days 2 tasks of 2 workloads hold the old value"
        ]
    );
    assert_eq!(hand(&all, late, &[minute(10)]), NONE);
    assert_eq!(announced(&world), NOBODY);
}

#[test]
fn what_cannot_be_looked_at_is_looked_at_again_and_said_at_the_end() {
    let world = World::default();
    let shut = world.then({
        let mut evidence = Evidence::default();
        evidence.note(
            ask::Clusters { region: "eu-west-1".to_owned() },
            Answer::Unknown("AccessDeniedException".to_owned()),
        );
        evidence
    });
    assert_eq!(hand(&shut, minute(15), &[minute(10)]), first());
    assert_eq!(announced(&world), NOBODY);
    assert!(
        matches!(&world.calls().troubles[..], [Trouble::ComesAgain { problem: problem @ Problem::Held(_), .. }] if problem.to_string().contains("AccessDeniedException"))
    );
    assert_eq!(hand(&shut, minute(10) + ROTATION_FOLLOWED + ROTATION_AGAIN, &[minute(10)]), NONE);
    assert_eq!(
        announced(&world),
        ["unfollowed: [ECS 3333/eu-west-1] prod/db changed: who holds the old value could not be found out"]
    );
}

#[test]
fn what_nobody_holds_is_not_announced() {
    let world = World::default();
    for tasks in [&[][..], &[("api", 11)]] {
        assert_eq!(hand(&world.then(running(tasks)), minute(15), &[minute(10)]), NONE);
    }
    let calls = world.calls();
    assert!(
        calls.notices.is_empty()
            && calls.chats.is_empty()
            && calls.events.is_empty()
            && calls.journal.is_empty()
    );
}

#[test]
fn with_a_table_that_cannot_be_used_it_is_announced_at_least_once() {
    for refused in ["GetItem", "PutItem"] {
        let world = World::default();
        let old = world.then(running(&[("api", 0)]));
        world.calls().refused.insert(refused);
        assert_eq!(hand(&old, minute(15), &[minute(10)]), first(), "{refused}");
        assert_eq!(announced(&world).len(), 1, "{refused}");
        assert!(world.calls().troubles.iter().any(|trouble| matches!(trouble, Trouble::WithoutTable(_))));
        world.calls().refused.clear();
        assert_eq!(hand(&old, minute(45), &[minute(10)]), first(), "{refused}");
        assert_eq!(announced(&world).len(), 1, "it may come again");
        assert_eq!(hand(&old, minute(75), &[minute(10)]), first());
        assert_eq!(announced(&world), NOBODY);
    }
}

/// Memory knows nothing of what other instances told.
#[test]
fn an_end_that_is_found_without_the_table_comes_again_and_is_announced() {
    for refused in ["GetItem", "PutItem"] {
        let world = World::default();
        let old = world.then(running(&[("api", 0)]));
        assert_eq!(hand(&old, minute(15), &[minute(10)]), first());
        assert_eq!(announced(&world).len(), 1);
        let none = world.then(running(&[("api", 20)]));
        world.calls().refused.insert(refused);
        assert_eq!(hand(&none, minute(45), &[minute(10)]), first(), "{refused}");
        world.calls().refused.clear();
        assert_eq!(hand(&none, minute(75), &[minute(10)]), NONE, "{refused}");
        assert_eq!(
            announced(&world),
            ["resolved: [ECS prod 3333/eu-west-1] prod/db: no task holds the old value any more"],
            "{refused}"
        );
    }
}

#[test]
fn what_was_not_published_comes_again_and_another_instance_waits_for_its_claim() {
    let world = World::default();
    let old = world.then(running(&[("api", 0)]));
    world.calls().refused.insert("Publish");
    assert_eq!(hand(&old, minute(15), &[minute(10)]), first());
    world.calls().refused.clear();
    assert_eq!(hand(&old, minute(15), &[minute(10)]), first(), "the claim of the first holds");
    assert_eq!(announced(&world), NOBODY);
    assert_eq!(hand(&old, minute(15) + CLAIM + SignedDuration::from_secs(1), &[minute(10)]), first());
    assert_eq!(announced(&world).len(), 1);
}

#[test]
fn a_change_from_the_future_and_one_that_nobody_watches_are_refused() {
    let world = World::default();
    let old = world.then(running(&[("api", 0)]));
    assert_eq!(hand(&old, minute(0), &[minute(10)]), first());
    assert!(matches!(
        &world.calls().troubles[..],
        [Trouble::ComesAgain { problem: Problem::Refused(_), .. }]
    ));
    assert_eq!(announced(&world), NOBODY);
}

#[test]
fn by_hand_it_is_announced_once_and_answered() {
    let world = World::default();
    let old = world.then(running(&[("api", 0)]));
    world.is(minute(15));
    let answer = done(old.delivery("a").handle(&changed(minute(10)), FUNCTION)).expect("an answer");
    assert_eq!(answer[0]["attributes"]["state"], "stale");
    assert_eq!(announced(&world).len(), 1);
}

#[test]
fn chat_bus_and_journal_carry_it_in_forms_that_their_schemas_know() {
    let world = World::default();
    hand(&world.then(running(&[("api", 0), ("web", 0)])), minute(15), &[minute(10)]);
    hand(&world.then(running(&[])), minute(45), &[minute(10)]);
    let calls = world.calls();
    let lines: Vec<String> = calls.journal.iter().flat_map(|(_, lines)| lines.clone()).collect();
    let details: Vec<String> = calls.events.iter().map(|(_, detail)| detail.clone()).collect();
    assert_eq!((calls.chats.len(), &details), (2, &lines));
    assert!(calls.journal.iter().all(|(stream, _)| stream == "rotation/prod/db"));
    held::hold("incident-v1", &lines);
}

/// What a look says when it finds so much, so late after its change.
#[derive(Debug, Clone)]
struct Step {
    /// Which change of the value, each an hour after the one before.
    change: u8,
    /// Half hours since the last step.
    later: u8,
    /// Who holds what was before it, as bits, and whether nothing was left out.
    holders: u8,
    is_whole: bool,
    /// Whether what is due goes out and is noted.
    is_out: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (0..3_u8, 1..60_u8, 0..8_u8, prop::bool::weighted(0.7), prop::bool::weighted(0.7)).prop_map(
        |(change, later, holders, is_whole, is_out)| Step { change, later, holders, is_whole, is_out },
    )
}

proptest! {
    /// Whatever is looked at in whatever order: nobody who holds an old value is passed over in silence unless they
    /// were told of, and no end is told of what nobody was told.
    #[test]
    fn nobody_is_passed_over_and_every_word_has_a_cause(steps in vec(step(), 1..40)) {
        let reminder = SignedDuration::from_hours(6);
        let (mut kept, mut now) = (ChangedValue::default(), minute(10) + ROTATION_DELAY);
        let mut known: BTreeMap<String, Timestamp> = BTreeMap::new();
        let (mut last, mut closed) = (None, BTreeSet::new());
        for (number, Step { change, later, holders, is_whole, is_out }) in steps.into_iter().enumerate() {
            now += ROTATION_AGAIN * i32::from(later);
            let changed = minute(10 + 60 * i64::from(change));
            let all = ["a", "b", "c"].into_iter().enumerate().filter(|(bit, _)| holders & (1 << bit) != 0);
            let holders = all.map(|(_, name)| (name.to_owned(), Some(minute(0)))).collect();
            let found = Found { changed, holders, is_whole };
            let claimant = number.to_string();
            let conclusion = kept.look(&found, reminder, &claimant, now);
            let is_past = last.is_some_and(|last| last > changed) || closed.contains(&changed);
            last = last.max(Some(changed));
            let is_over = now.duration_since(changed) >= ROTATION_FOLLOWED;
            let is_known = |holder: &String| known.get(holder).is_some_and(|at| changed.duration_since(*at) < reminder);
            match &conclusion {
                Conclusion::Nothing => prop_assert!(is_past || found.holders.is_empty() && is_whole && known.is_empty()),
                Conclusion::LookAgain => prop_assert!(!is_past && !is_over && found.holders.keys().all(is_known)),
                Conclusion::Holders => prop_assert!(!is_past && !is_over && !found.holders.keys().all(is_known)),
                Conclusion::Over(who, since) => {
                    prop_assert!(!is_past && found.holders.is_empty() && is_whole);
                    prop_assert!(who.iter().eq(known.keys()) && since.is_some() && !who.is_empty());
                }
                Conclusion::Unfollowed => prop_assert!(!is_past && is_over && !(found.holders.is_empty() && is_whole)),
                Conclusion::ComeAgain => prop_assert!(false, "no claim outlives half an hour"),
            }
            if !is_out {
                continue;
            }
            kept.announced(&found, &conclusion, &claimant);
            match conclusion {
                Conclusion::Holders => {
                    if is_whole {
                        known.clear();
                    }
                    known.extend(found.holders.into_keys().map(|holder| (holder, changed)));
                }
                Conclusion::Over(..) | Conclusion::Unfollowed => {
                    known.clear();
                    closed.insert(changed);
                }
                _ => {}
            }
            prop_assert!(kept.claim.as_ref().is_none_or(|claim| claim.holder != claimant));
        }
    }
}

/// An account of a thousand services with three tasks each in one cluster: what one look asks, and for how long.
#[test]
#[ignore = "a figure for docs/rotation.md"]
fn a_look_at_a_thousand_services() {
    let names: Vec<String> = (0..1000).map(|number| format!("service-{number:04}")).collect();
    let tasks: Vec<(&str, i64)> = names.iter().flat_map(|name| [(name.as_str(), 0); 3]).collect();
    let world = World::default();
    let all = world.then(running(&tasks));
    let began = std::time::Instant::now();
    assert_eq!(hand(&all, minute(15), &[minute(10)]), first());
    let took = all.now().duration_since(minute(15));
    let asked = world.calls().counts["ask"];
    println!(
        "{asked} questions: ListClusters 1, ListTasks and DescribeTasks {} each, DescribeTaskDefinition {}; {took:#} of turns, {:?} of work",
        tasks.len() / 100,
        asked - 2,
        began.elapsed()
    );
    println!("{}", announced(&world).concat());
    assert!(took <= ROTATION_ASKING + SignedDuration::from_secs(1));
}
