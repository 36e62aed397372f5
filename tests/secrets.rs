//! How many secrets that somebody put where they do not belong come out, and how many names are hidden from
//! whoever needs them.
//!
//! `cargo test --no-default-features --test secrets -- --nocapture` prints both rates. The rows of
//! `tests/secrets/` are of kinds seen in ECS life, each in its surroundings: in a reason or a log line, in a
//! `valueFrom`, as an image. A row is shown if any output of the core holds the secret, or eight letters of
//! it in a row.

use ecs_triage::check::{Check, Checked, Place};
use ecs_triage::context::Surroundings;
use ecs_triage::diagnosis::{diagnose, questions};
use ecs_triage::event::{Task, read_record};
use ecs_triage::question::{Evidence, record};
use ecs_triage::redact::redact;
use ecs_triage::render::json::v1;
use ecs_triage::render::notice::notice;
use ecs_triage::render::text::{Colour, render};
use ecs_triage::render::{chat, check, markdown};
use ecs_triage::source;
use ecs_triage::task_definition::TaskDefinition;
use serde_json::{Value, json};

/// How many may be shown and hidden: as many as are now.
const SHOWN: usize = 7;
const HIDDEN: usize = 4;
/// As much of a secret in a row is too much of it.
const TOO_MUCH: usize = 8;

fn rows(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("the data is JSON Lines"))
}

fn event(row: &Value) -> Value {
    let as_what = |what: &str| Some(&row["name"]).filter(|_| row["as"] == what).and_then(Value::as_str);
    let text = |field: &str| row[field].as_str();
    let reason = text("reason").or(text("text"));
    let printed = text("value_from").map(|value| {
        format!("Fetching secret data from SSM Parameter Store in us-east-1: invalid parameters: {value}")
    });
    let cluster = as_what("cluster").unwrap_or("prod");
    json!({
        "taskArn": format!("arn:aws:ecs:us-east-1:111122223333:task/{cluster}/0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        "clusterArn": format!("arn:aws:ecs:us-east-1:111122223333:cluster/{cluster}"),
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/orders:7",
        "group": format!("service:{}", as_what("service").unwrap_or("orders")),
        "lastStatus": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": printed.as_deref().or(reason).unwrap_or("CannotPullContainerError: pull access denied"),
        "containers": [{"name": as_what("container").unwrap_or("app"), "image": text("image").or(as_what("image")).unwrap_or("app:1"), "reason": reason}],
    })
}

fn definition(row: &Value) -> TaskDefinition {
    let named = |what: &str| row[what].as_str().or(row["name"].as_str().filter(|_| row["as"] == what));
    let definition = json!({
        "family": "orders",
        "revision": 7,
        "executionRoleArn": "arn:aws:iam::111122223333:role/ordersExecutionRole",
        "containerDefinitions": [{
            "name": named("container").unwrap_or("app"),
            "image": named("image").unwrap_or("app:1"),
            "secrets": [{"name": "DB_PASSWORD", "valueFrom": named("value_from").unwrap_or("/orders/db")}],
        }],
    });
    source::definition(&definition.to_string()).expect("the definition reads")
}

/// Whatever leaves the core about one failure, and about its definition before it.
fn every_output(row: &Value) -> Vec<String> {
    let definition = definition(row);
    let evidence = Evidence::of_definition(definition.clone());
    let tasks: Vec<Task> = read_record(&event(row).to_string())
        .into_iter()
        .flat_map(|entry| entry.tasks)
        .map(|task| task.expect("the event reads"))
        .collect();
    let mut outputs = vec![record::write(&evidence), format!("{evidence:?}")];
    let place = Place { region: "us-east-1".to_owned(), ..Place::default() };
    let checked = Check::new(&definition, &place);
    let findings = checked.findings(&evidence);
    let one = Checked { name: "orders".to_owned(), findings, ..Checked::default() };
    outputs.push(check::render_one(&one, Colour::Off));
    outputs
        .extend(checked.questions(&Evidence::default()).iter().map(|question| json!(question).to_string()));
    for task in &tasks {
        for known in [&evidence, &Evidence::default()] {
            let report = diagnose(task, known);
            outputs.extend([
                render(&report, Colour::Off),
                v1::line(&report),
                markdown::render(&report, Colour::Off),
                format!("{report:?}"),
            ]);
            outputs.extend(chat::notification(&report, "opened", &Surroundings::default()));
            outputs.extend(
                notice(&report)
                    .into_iter()
                    .flat_map(|notice| [notice.subject, notice.body, format!("{:?}", notice.attributes)]),
            );
            outputs.extend(questions(task, known).iter().map(|question| json!(question).to_string()));
        }
    }
    // A line of a container's log comes in as free text too.
    outputs.extend(row["reason"].as_str().map(|text| redact(text).into_owned()));
    outputs
}

fn shows(outputs: &[String], secret: &str) -> bool {
    let letters: Vec<char> = secret.chars().collect();
    let parts: Vec<String> =
        letters.windows(TOO_MUCH.min(letters.len())).map(|part| part.iter().collect()).collect();
    outputs.iter().any(|output| parts.iter().any(|part| output.contains(part.as_str())))
}

#[test]
fn planted_secrets_stay_inside() {
    let rows: Vec<Value> = rows(include_str!("secrets/planted.jsonl")).collect();
    let shown: Vec<&Value> = rows
        .iter()
        .filter(|row| shows(&every_output(row), row["secret"].as_str().expect("a row has a secret")))
        .collect();
    println!("planted secrets shown: {} of {}", shown.len(), rows.len());
    assert!(shown.len() <= SHOWN, "{}", shown.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn names_stay_readable() {
    let rows: Vec<Value> = rows(include_str!("secrets/names.jsonl")).collect();
    let is_hidden = |row: &&Value| {
        let name = row["name"].as_str().expect("a row has a name");
        let tasks = read_record(&event(row).to_string()).into_iter().flat_map(|entry| entry.tasks);
        let told = tasks
            .map(|task| v1::pretty(&diagnose(&task.expect("the event reads"), &Evidence::default())))
            .collect::<String>();
        let read =
            format!("{told} {:?} {}", definition(row), redact(row["text"].as_str().unwrap_or_default()));
        !read.contains(name)
    };
    let hidden: Vec<&Value> = rows.iter().filter(is_hidden).collect();
    println!("names hidden: {} of {}", hidden.len(), rows.len());
    assert!(
        hidden.len() <= HIDDEN,
        "{}",
        hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    );
}
