//! Several accounts and one function: each has incidents of its own, is asked about its own things, and one
//! alone makes no call more.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ecs_triage::event::sender::Trusted;
use ecs_triage::question::{Evidence, record};
use serde_json::{Value, json};

use crate::bounds::done;
use crate::counted::World;
use crate::model::ACCOUNT;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:ecs-triage";
const MEMBERS: [&str; 2] = ["222233334444", "999988887777"];
/// Failures of one cluster, with what AWS knows of some.
const EVENTS: [&str; 6] = [
    "secret-key-missing",
    "secret-network-timeout",
    "image-missing",
    "parameter-missing",
    "log-group-missing",
    "service-role-unassumable",
];

fn text(file: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(file)).ok()
}

fn event(name: &str, account: &str) -> String {
    text(&format!("{name}.json")).expect("the event can be read").replace(ACCOUNT, account)
}

/// What AWS answers about an event in its account; nothing where none is recorded.
fn evidence(name: &str, account: &str) -> Evidence {
    let recorded = text(&format!("evidence/{name}.json")).map(|text| text.replace(ACCOUNT, account));
    recorded.map(|text| record::read(&text).expect("evidence")).unwrap_or_default()
}

fn organization() -> Trusted {
    Trusted { organization: true, ..Trusted::default() }
}

/// A batch of the function's own queue.
fn batch(bodies: impl IntoIterator<Item = String>) -> String {
    let queue = format!("arn:aws:sqs:us-east-1:{ACCOUNT}:events");
    let record = |(at, body): (usize, String)| json!({"messageId": at.to_string(), "body": body, "eventSource": "aws:sqs", "eventSourceARN": queue});
    json!({"Records": bodies.into_iter().enumerate().map(record).collect::<Vec<Value>>()}).to_string()
}

fn handle(world: &World, bodies: impl IntoIterator<Item = String>) {
    let answer = done(world.delivery("a").handle(&batch(bodies), FUNCTION)).expect("it has an answer");
    assert_eq!(answer, json!({"batchItemFailures": []}));
}

/// The accounts of which notices with a state report.
fn announced_accounts(world: &World, state: &str) -> BTreeSet<String> {
    let calls = world.calls();
    let of = |name: &str, attributes: &[(&'static str, String)]| {
        attributes.iter().find(|(of, _)| *of == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let notices = calls.notices.iter().filter(|notice| of("state", &notice.attributes) == state);
    notices.map(|notice| of("account", &notice.attributes)).collect()
}

#[test]
fn what_fails_alike_in_several_accounts_are_incidents_of_their_own() {
    let all = [ACCOUNT, MEMBERS[0], MEMBERS[1]];
    for name in EVENTS {
        let world = World::default().trusting(organization(), []);
        world.is("2026-11-27T03:00:00Z".parse().expect("a time"));
        handle(&world, all.map(|account| event(name, account)));
        assert_eq!(announced_accounts(&world, "opened"), all.map(str::to_owned).into(), "{name}");
        for notice in &world.calls().notices {
            let account = all.into_iter().filter(|account| notice.body.contains(account));
            assert_eq!(account.count(), 1, "{name}: {}", notice.body);
            assert!(!notice.body.contains("also failing"), "{name}: {}", notice.body);
            for member in MEMBERS {
                let is_said = notice.body.contains(&format!("\nWHAT TO DO\nIn account {member}:\n"));
                assert_eq!(is_said, notice.body.contains(member), "{name}: {}", notice.body);
            }
            assert!(!notice.body.contains(&format!("In account {ACCOUNT}")), "{name}: {}", notice.body);
        }
        // What is well in one account says nothing of the others.
        let mut well: Value = serde_json::from_str(&event("service-steady-state", MEMBERS[0])).expect("JSON");
        let failed: Value = serde_json::from_str(&event(name, MEMBERS[0])).expect("JSON");
        let Some(service) =
            failed["detail"]["group"].as_str().and_then(|group| group.strip_prefix("service:"))
        else {
            continue;
        };
        let cluster = failed["detail"]["clusterArn"].as_str().expect("a cluster");
        well["region"] = failed["region"].clone();
        well["detail"]["clusterArn"] = json!(cluster);
        well["detail"]["createdAt"] = json!("2026-11-27T02:59:00Z");
        well["resources"] = json!([format!("{}/{service}", cluster.replace(":cluster/", ":service/"))]);
        handle(&world, [well.to_string()]);
        assert_eq!(announced_accounts(&world, "resolved"), BTreeSet::from([MEMBERS[0].to_owned()]), "{name}");
    }
}

#[test]
fn each_account_is_asked_about_its_own_things() {
    for name in EVENTS {
        let own = evidence(name, ACCOUNT);
        let is_recorded = own.answers().next().is_some();
        let members = MEMBERS.map(|account| (account.to_owned(), evidence(name, account)));
        let verdict = |account: &str| {
            let world = World::answering(Some(own.clone())).trusting(organization(), members.clone());
            world.is("2026-11-27T03:00:00Z".parse().expect("a time"));
            handle(&world, [event(name, account)]);
            let calls = world.calls();
            let asked =
                ["ask", "ask elsewhere"].map(|call| calls.counts.get(call).copied().unwrap_or_default());
            assert_eq!(asked[usize::from(account == ACCOUNT)], 0, "{name} {account}: {asked:?}");
            let body = calls.notices[0]
                .body
                .replace(&format!("In account {account}:\n"), "")
                .replace(account, ACCOUNT);
            // The incident is another.
            (asked[0] + asked[1], body.split(", incident ").next().map(str::to_owned))
        };
        let of_own = verdict(ACCOUNT);
        assert!(!is_recorded || of_own.0 > 0, "{name}: nothing was asked");
        for member in MEMBERS.into_iter().filter(|_| is_recorded) {
            assert_eq!(verdict(member), of_own, "{name} {member}");
        }
    }
}

/// What has the same name here is no answer to what is asked for there.
#[test]
fn an_account_that_is_listed_and_has_no_role_is_announced_by_its_words() {
    let listed = Trusted { accounts: vec![MEMBERS[0].to_owned()], ..Trusted::default() };
    for name in EVENTS {
        let here = evidence(name, MEMBERS[0]); // as if all of it were in the function's own account
        let world = World::answering(Some(here)).trusting(listed.clone(), []);
        world.is("2026-11-27T03:00:00Z".parse().expect("a time"));
        handle(&world, [event(name, MEMBERS[0])]);
        let calls = world.calls();
        assert!(!calls.counts.contains_key("ask"), "{name}: {:?}", calls.counts);
        assert_eq!(calls.notices.len(), 1, "{name}");
    }
}

#[test]
fn one_account_alone_makes_not_one_call_more() {
    for name in EVENTS {
        let counts = |trusted: Trusted| {
            let known = evidence(name, ACCOUNT);
            let members = MEMBERS.map(|account| (account.to_owned(), known.clone()));
            let world = World::answering(Some(known)).trusting(trusted, members);
            world.is("2026-11-27T03:00:00Z".parse().expect("a time"));
            handle(&world, [event(name, ACCOUNT), event("service-steady-state", ACCOUNT)]);
            world.calls().counts.clone()
        };
        let alone = counts(Trusted::default());
        assert_eq!(counts(organization()), alone, "{name}");
        assert!(!alone.contains_key("ask elsewhere"), "{name}: {alone:?}");
    }
}
