//! What the program writes for programs is what `schemas/` says.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod environment;
mod held;
mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use ecs_triage::check::{Check, Checked, Place};
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::{Task, read_record};
use ecs_triage::question::record;
use ecs_triage::render::json::v1;
use ecs_triage::source;
use environment::{run, said};
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
        let definition = source::definition(&text_of(&case["task_definition"]))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let evidence = recorded(&case, path).unwrap_or_default();
        let findings = Check::new(&definition, &Place::default()).findings(&evidence);
        checks.push(v1::checked_line(&Checked { name: "x".to_owned(), findings, ..Checked::default() }));
    }
    let mut check = Command::new(env!("CARGO_BIN_EXE_ecs-triage"));
    check.args(["check", "--offline", "--format", "jsonl"]);
    let written = run(check.args(["events/task-definitions/api.json"]));
    let written = String::from_utf8(written.stdout).expect("it is UTF-8");
    assert!(written.contains("api.json"), "{written}");
    checks.extend(written.lines().map(str::to_owned));
    held::hold("check-v1", &checks);
}

/// Of files with problems, with none, and with nothing but what nobody looked at.
#[test]
fn baselines_are_what_their_schema_says() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("held-baseline.json");
    let mut baselines = Vec::new();
    for file in ["tests/sources/template.yaml", "tests/sources/cdk.json", "events/task-definitions/api.json"]
    {
        let mut check = Command::new(env!("CARGO_BIN_EXE_ecs-triage"));
        run(check.args(["check", "--offline", file, "--write-baseline"]).arg(&path));
        baselines.push(line(&fs::read_to_string(&path).expect("it is written")));
    }
    held::hold("baseline-v1", &baselines);
}

/// With problems of one place and of several, with none, known before, and with files that cannot be read.
#[test]
fn reports_for_code_scanning_are_what_the_standard_says() {
    const STANDARD: &str = "tests/standards/sarif-2.1.0.json";
    let scratch = |name: &str, text: &str| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, text).expect("it can be written");
        path.to_string_lossy().into_owned()
    };
    let hostile = scratch(
        "held \u{e4}#%.json",
        "{\"family\": \"\\u0001\\u202e\", \"containerDefinitions\": [{\"name\": \"</a>\", \"secrets\": [{\"name\": \"A\", \"valueFrom\": \"arn:aws:ssm:<R>:111122223333:parameter/a\"}, {\"name\": \"B\", \"valueFrom\": \"arn:aws:ssm:<R>:111122223333:parameter/b\"}]}]}",
    );
    let broken = scratch("held-broken.json", "{\"family\": \"a\",}");
    let baseline = scratch("held-sarif-baseline.json", "");
    run(Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
        .args(["check", "--offline", &hostile, "--write-baseline", &baseline]));
    let reports = [
        &["tests/sources/template.yaml", "tests/sources/cdk.json"][..],
        &["tests/sources/register.yaml"],
        &[&hostile, &broken, "no-such-file"],
        &[&broken],
        &[&hostile, "--baseline", &baseline],
    ];
    let reports = reports.map(|arguments| {
        let mut check = Command::new(env!("CARGO_BIN_EXE_ecs-triage"));
        let written = run(check.args(["check", "--offline", "--format", "sarif"]).args(arguments));
        line(&String::from_utf8(written.stdout).expect("it is UTF-8"))
    });
    assert!(
        reports[2].contains("\"executionSuccessful\":false") && reports[2].contains("held-broken.json"),
        "{}",
        reports[2]
    );
    let output = held::judged(STANDARD, "sarif", &reports);
    assert!(output.status.success(), "{}", said(&output));
    let wrong =
        [("\"uri\"", "\"url\""), ("\"message\"", "\"massage\""), ("\"startLine\":", "\"startLine\":-")];
    for (at, (from, to)) in wrong.into_iter().enumerate() {
        let output = held::judged(STANDARD, &format!("sarif-{at}"), &[reports[0].replacen(from, to, 1)]);
        assert_eq!(output.status.code(), Some(1), "the standard takes {to}: {}", said(&output));
    }
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
