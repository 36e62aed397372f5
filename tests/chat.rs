//! What a chat gets of one event, from the first failure to its end, and what CloudWatch counts of it, as
//! snapshots.

use std::fs;
use std::path::Path;

use ecs_triage::context::Surroundings;
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::read_record;
use ecs_triage::incident::storm::{DueNotice, Member, Phase};
use ecs_triage::incident::{About, Incident};
use ecs_triage::question::Evidence;
use ecs_triage::render::{chat, metrics};
use ecs_triage::render::{notice, storm};
use ecs_triage::source;
use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the file can be read")
}

fn pretty(line: &str) -> String {
    let value: Value = serde_json::from_str(line).expect("it is JSON");
    serde_json::to_string_pretty(&value).expect("it is JSON")
}

#[test]
fn an_incident_in_a_chat() {
    let task = read_record(&read("events/secret-key-missing.json"))
        .remove(0)
        .tasks
        .remove(0)
        .expect("the event reads");
    let definition =
        source::definition(&read("events/task-definitions/api.json")).expect("the definition reads");
    let report = diagnose(&task, &Evidence::of_definition(definition));
    let counts = [("opened", "1 failed start"), ("still-failing", "100 failed starts")];
    let console = Some(
        "https://us-east-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/api/events?region=us-east-1"
            .to_owned(),
    );
    let around = |impact: &str| Surroundings {
        impact: vec![format!("{impact} since 2026-04-15 14:02 UTC")],
        console: console.clone(),
        ..Surroundings::default()
    };
    let told = counts.map(|(state, impact)| {
        pretty(&chat::notification(&report, state, &around(impact)).expect("it is announced"))
    });
    insta::assert_snapshot!("chat", told.join("\n\n"));
    let at = jiff::Timestamp::from_millisecond(1_776_261_731_600).expect("a time");
    let lines = [metrics::failures(&report, 17, at), metrics::incident(&report, at)];
    insta::assert_snapshot!("metrics", lines.map(|line| line.expect("it counts")).join("\n"));
}

#[test]
fn a_storm_in_a_chat() {
    let word = |word: &str| word.to_owned();
    let member = |workload: &str| Member {
        workload: word(workload),
        title: word("it times out"),
        cause: word("vpc-nat-broken"),
        verdict: word("likely"),
        ..Member::default()
    };
    let about = About {
        cluster: Some(word("prod")),
        region: Some(word("us-east-1")),
        step: word("secrets-manager"),
        fault: word("network-timeout"),
        ..About::default()
    };
    let members = ["prod/api", "prod/billing"].map(member).to_vec();
    let due_notice = DueNotice {
        key: word("storms/1"),
        about,
        phase: Phase::Begun,
        members,
        before: [(word("prod"), 20)].into(),
        pages: Vec::new(),
        joined: 25,
        claim: None,
    };
    let (cluster, notice) = storm::notices(&due_notice).remove(0);
    insta::assert_snapshot!(
        "storm",
        pretty(&chat::message(&format!("{}/{cluster}", due_notice.key), "25", &notice))
    );
    insta::assert_snapshot!("storm-notice", format!("{}\n\n{}", notice.subject, notice.body));
}

/// The team that a tag names is in the notice, in the place of the step, and in the chat; and of its end too.
#[test]
fn a_notice_of_a_team() {
    let task =
        read_record(&read("events/secret-key-missing.json")).remove(0).tasks.remove(0).expect("it reads");
    let report = diagnose(&task, &Evidence::default());
    let around = Surroundings { team: Some("storefront".to_owned()), ..Surroundings::default() };
    let notice = notice::of(&report, "opened", &around).expect("it is announced");
    let about = About {
        cluster: Some("prod".to_owned()),
        workload: Some("api".to_owned()),
        team: around.team.clone(),
        title: "JSON key password is missing in secret prod/db".to_owned(),
        step: "secrets-manager".to_owned(),
        ..About::default()
    };
    let mut incident = Incident::default();
    incident.about = about;
    let end = notice::resolved(&incident);
    let told = [notice, end]
        .map(|notice| format!("{}\n{:#?}\n\n{}", notice.subject, notice.attributes, notice.body));
    let chat = pretty(&chat::notification(&report, "opened", &around).expect("it is announced"));
    insta::assert_snapshot!("team", told.into_iter().chain([chat]).collect::<Vec<_>>().join("\n\n"));
}

proptest::proptest! {
    /// A tag's value is whatever people write: it becomes one attribute, and changes no other.
    #[test]
    fn a_team_of_any_letters_steers_nothing_else(team in ".{0,300}|[\\x00-\\x7f]{0,300}") {
        let task = read_record(&read("events/secret-key-missing.json")).remove(0).tasks.remove(0).expect("it reads");
        let report = diagnose(&task, &Evidence::default());
        let of = |team: Option<String>| {
            notice::of(&report, "opened", &Surroundings { team, ..Surroundings::default() }).expect("it is announced")
        };
        let (plain, routed) = (of(None), of(Some(team)));
        let others = |notice: &notice::Notice| {
            notice.attributes.iter().filter(|(name, _)| !matches!(*name, "team" | "step")).cloned().collect::<Vec<_>>()
        };
        proptest::prop_assert_eq!(others(&plain), others(&routed));
        proptest::prop_assert!(routed.attributes.len() <= 10 && routed.lists.is_empty());
        proptest::prop_assert!(routed.attributes.iter().all(|(name, _)| *name != "step"));
        for (_, value) in &routed.attributes {
            proptest::prop_assert!(!value.is_empty() && value.len() <= 1024 && !value.chars().any(char::is_control));
        }
        proptest::prop_assert!(routed.subject.len() <= 99 && routed.subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        let lines = |notice: &notice::Notice| notice.body.lines().filter(|line| !line.starts_with("TEAM: ")).map(str::to_owned).collect::<Vec<_>>();
        proptest::prop_assert_eq!(lines(&plain), lines(&routed));
    }
}

/// What comes after a failure is routed and acted on as the failure was.
#[test]
fn an_end_in_a_chat_tells_what_its_failure_told() {
    let about = About {
        cluster: Some("prod".to_owned()),
        workload: Some("api".to_owned()),
        owner: "network-team".to_owned(),
        ..About::default()
    };
    let at = |minute: &str| format!("2026-04-15T14:{minute}:00Z").parse().expect("a time");
    let end = |from: &str| {
        let mut incident = Incident::default();
        (incident.about, incident.first_seen, incident.last_seen, incident.resolved) =
            (about.clone(), at(from), at("20"), Some(at("30")));
        serde_json::from_str::<Value>(&chat::message(
            "thread",
            &incident.first_seen.to_string(),
            &notice::resolved(&incident),
        ))
        .expect("JSON")
    };
    let told = end("10");
    let context = &told["metadata"]["additionalContext"];
    assert_eq!(
        (&context["state"], &context["cluster"], &context["owner"]),
        (&"resolved".into(), &"prod".into(), &"network-team".into()),
        "{told:#}"
    );
    assert_ne!(told["id"], end("11")["id"], "two ends of one thread are two messages");
}
