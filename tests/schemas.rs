//! What the program writes for programs is what `schemas/` says.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod environment;
mod held;
mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use ecs_triage::check::{Check, Place};
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::{Task, read_record};
use ecs_triage::question::record;
use ecs_triage::render::json::v1;
use ecs_triage::task_definition::TaskDefinition;
use environment::run;
use recorded::{cases, chosen, entries, investigated, read_case, recorded, root, text_of};
use serde_json::Value;

/// On one line, as a document that is given over several.
fn line(text: &str) -> String {
    serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}: {text:.80}")).to_string()
}

#[test]
fn diagnoses_and_recordings_are_what_their_schemas_say() {
    let (mut diagnoses, mut recordings) = (Vec::new(), Vec::new());
    for path in cases() {
        let case = read_case(&path);
        let tasks: Vec<Task> = read_record(&text_of(&case["event"]))
            .into_iter()
            .flat_map(|entry| entry.tasks)
            .map(|task| task.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
            .collect();
        let evidence = investigated(&case, &path, &tasks, &mut Vec::new());
        diagnoses.extend(tasks.iter().map(|task| v1::line(&diagnose(task, &evidence))));
        recordings.push(line(&record::write(&evidence)));
    }
    if chosen().is_none() {
        assert!(diagnoses.len() > 100, "{}", diagnoses.len());
    }
    held::hold("diagnosis-v1", &diagnoses);
    held::hold("evidence-v1", &recordings);
}

/// Of definitions without a file, and of files, as the command line writes them.
#[test]
fn checks_are_what_their_schema_says() {
    let mut checks = Vec::new();
    let files = entries(&root().join("tests/checks"));
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let case = read_case(path);
        let definition = TaskDefinition::from_json(&text_of(&case["task_definition"]))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let evidence = recorded(&case, path).unwrap_or_default();
        checks.push(v1::check_line("x", &Check::new(&definition, &Place::default()).findings(&evidence)));
    }
    let mut check = Command::new(env!("CARGO_BIN_EXE_ecs-triage"));
    check.args(["check", "--offline", "--format", "jsonl"]);
    let written = run(check.args(["events/task-definitions/api.json"]));
    let written = String::from_utf8(written.stdout).expect("it is UTF-8");
    assert!(written.contains("api.json"), "{written}");
    checks.extend(written.lines().map(str::to_owned));
    held::hold("check-v1", &checks);
}

/// The snapshots are what `tests/staleness.rs` holds the program to.
#[test]
fn old_values_are_what_their_schema_says() {
    let snapshots = entries(&root().join("tests/staleness"));
    let snapshots = snapshots.iter().filter(|path| path.extension().is_some_and(|it| it == "snap"));
    let documents: Vec<String> = snapshots
        .map(|path| {
            let text = fs::read_to_string(path).expect("the snapshot can be read");
            let at = text.find("\n{\n").unwrap_or_else(|| panic!("{}: no document", path.display()));
            line(&text[at..])
        })
        .collect();
    held::hold("stale-v1", &documents);
}

#[test]
fn every_schema_is_linked_and_names_the_document_it_is_of() {
    let page = fs::read_to_string(root().join("docs/json.md")).expect("the page can be read");
    let mut names = BTreeSet::new();
    for path in entries(&root().join("schemas")) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("its name is UTF-8").to_owned();
        assert!(page.contains(&format!("(../schemas/{name})")), "docs/json.md links no {name}");
        names.insert(name);
    }
    let linked = page.matches("(../schemas/").count();
    assert_eq!(linked, names.len(), "{names:?}");
}
