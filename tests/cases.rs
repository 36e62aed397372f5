//! Diagnosis cases are data: `tests/cases/<cause>/<case>.json` holds an event and what is known besides; its snapshot is what a person reads.
//!
//! `event` and `task_definition` are JSON, or the path of a file from the project's root. `evidence` is what AWS answers: a list of
//! `{"ask": ..., "answer": ...}` in the shapes of a recording, or the path of such a list or of a recording; `with` names more of them, to share.
//! The answers are given as the questions come, in the rounds of a live investigation: one that nobody asks for fails its case, and so does a
//! question without an answer, unless `otherwise` says why AWS told nothing. A new case adds no Rust.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_triage::causes::{CAUSES, Verdict};
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::{Task, read_record};
use ecs_triage::question::{Answer, Evidence, Question, record};
use ecs_triage::render::notice::notice;
use ecs_triage::render::text::{Colour, render};
use ecs_triage::task_definition::TaskDefinition;
use ecs_triage::triage::{Investigation, ROUNDS, next_round};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).expect("the directory can be read").map(|entry| entry.expect("the entry can be read").path()).collect();
    paths.sort();
    paths
}

fn cases() -> Vec<PathBuf> {
    let directories = entries(&root().join("tests/cases")).into_iter().filter(|path| path.is_dir() && !path.ends_with("_evidence"));
    directories.flat_map(|directory| entries(&directory)).filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

/// JSON in place, or the file that a string names.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(path) => fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}")),
        json => json.to_string(),
    }
}

/// What no state of AWS proves, and why.
const NEVER_CONFIRMED: &[(&str, &str)] = &[
    ("image-platform-mismatch", "the probe reads no image manifest; the words tell"),
    ("log-driver-misconfigured", "the driver's options are its own; the words tell"),
    ("network-path-unexplained", "it stands for what the state does not explain"),
    ("not-a-secret-failure", "it stands for what the catalogue does not explain"),
    ("registry-rate-limited", "registries do not tell how much was pulled"),
    ("secret-sidecar-failed", "only the container's log tells, which is words again"),
    ("service-throttled", "quotas show no past calls; that it passed is recovered-by-itself"),
    ("service-unavailable", "AWS does not tell of the past; that it passed is recovered-by-itself"),
    ("start-timed-out", "how long a fetch took is written nowhere"),
    ("tls-intercepted", "who presented a certificate shows on the way only"),
    ("unrecognised", "it stands for what the catalogue does not know"),
    ("volume-failed", "the probe asks nothing about EBS and other volumes"),
];

/// What no state of AWS disproves, and why.
const NEVER_RULED_OUT: &[(&str, &str)] = &[
    ("endpoint-policy-blocks", "ECS names the kind of policy; a state that differs was changed since"),
    ("env-file-malformed", "the words prove it"),
    ("image-missing", "the registry said so; an image that is there now may have been pushed since"),
    ("image-platform-mismatch", "nothing is asked"),
    ("log-driver-misconfigured", "nothing is asked"),
    ("log-group-missing", "CloudWatch Logs said so; a group that is there now may have been made since"),
    ("network-interface-failed", "ECS said so; the state tells why at best"),
    ("network-path-unexplained", "a proved hop leaves nothing to explain, and it is not told"),
    ("not-a-secret-failure", "nothing is asked"),
    ("parameter-missing", "Parameter Store said so; one that is there now may have been made since"),
    ("recovered-by-itself", "what has not recovered yet may still"),
    ("registry-credentials-malformed", "ECS read the value, which nobody else may"),
    ("registry-login-failed", "the registry said so; its policy tells why at best"),
    ("registry-rate-limited", "nothing is asked"),
    ("secret-key-missing", "ECS read the value, which nobody else may"),
    ("secret-not-json", "ECS read the value, which nobody else may"),
    ("secret-sidecar-failed", "nothing is asked"),
    ("secret-value-in-reference", "nothing is asked"),
    ("secret-version-missing", "Secrets Manager said so; a version that is there now may have been put since"),
    ("service-throttled", "the words prove it"),
    ("service-unavailable", "the words prove it"),
    ("start-timed-out", "nothing is asked"),
    ("tls-intercepted", "nothing is asked"),
    ("unrecognised", "nothing is asked"),
    ("volume-failed", "nothing is asked"),
];

fn read_case(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("the case can be read")).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The answers that a case records, its own before those that it shares; `None` where AWS is not asked.
fn recorded(case: &Value, of: &Path) -> Option<Evidence> {
    if case["evidence"].is_null() && case["with"].is_null() && case["otherwise"].is_null() {
        return None;
    }
    let mut all = Evidence::default();
    for part in case["with"].as_array().into_iter().flatten().chain([&case["evidence"]]).filter(|part| !part.is_null()) {
        let text = text_of(part);
        let mut value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
        if let Value::Array(told) = value {
            let answers: Vec<Value> = told.into_iter().map(|told| json!({"question": told["ask"], "answer": told["answer"]})).collect();
            value = json!({"schema": "ecs-triage/evidence/v1", "answers": answers});
        }
        let evidence = record::read(&value.to_string()).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
        for told in value["answers"].as_array().into_iter().flatten() {
            let question: Question = serde_json::from_value(told["question"].clone()).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
            let lost = lost(&told["answer"], &json!(evidence.answer(&question)));
            assert!(lost.is_none(), "{}: {} holds no {}", of.display(), json!(question), lost.unwrap_or_default());
        }
        evidence.answers().for_each(|(question, answer)| all.note(question.clone(), answer.clone()));
    }
    Some(all)
}

/// The first name in what was written that is not in what was read: unknown facts are ignored, so a slip would go unseen.
fn lost(written: &Value, read: &Value) -> Option<String> {
    match (written, read) {
        (Value::Object(fields), Value::Object(kept)) => fields.iter().find_map(|(name, value)| match kept.get(name) {
            Some(kept) => lost(value, kept),
            None => Some(name.clone()),
        }),
        (Value::Array(values), Value::Array(kept)) => values.iter().zip(kept).find_map(|(value, kept)| lost(value, kept)),
        _ => None,
    }
}

/// What is known at the end of a live investigation that gets the recorded answers.
fn investigated(case: &Value, of: &Path, tasks: &[Task], problems: &mut Vec<String>) -> Evidence {
    let definition = Some(&case["task_definition"])
        .filter(|definition| !definition.is_null())
        .map(|it| TaskDefinition::from_json(&text_of(it)).expect("the definition reads"));
    let Some(mut recorded) = recorded(case, of) else {
        return definition.map(Evidence::of_definition).unwrap_or_default();
    };
    let mut evidence = Evidence::default();
    if let Some(definition) = definition {
        match tasks.iter().find_map(Question::task_definition_of) {
            Some(question) => recorded.note(question, Answer::TaskDefinition(Box::new(definition))),
            None => evidence = evidence.with_definition(definition),
        }
    }
    let otherwise = case["otherwise"].as_str();
    let mut investigations: Vec<Investigation<'_>> = tasks.iter().map(Investigation::of).collect();
    let mut asked = BTreeSet::new();
    for _ in 0..ROUNDS {
        for question in next_round(&mut investigations, &evidence) {
            let answer = recorded.answer(&question).cloned().or_else(|| otherwise.map(|why| Answer::Unknown(why.to_owned())));
            asked.insert(question.clone());
            match answer {
                Some(answer) => evidence.note(question, answer),
                None => problems.push(format!("{}: no answer to {}", of.display(), json!(question))),
            }
        }
    }
    // A definition in the case's own place need not be asked for.
    let idle = recorded.answers().map(|(question, _)| question);
    let idle = idle.filter(|question| !asked.contains(question) && (case["task_definition"].is_null() || !matches!(question, Question::TaskDefinition { .. })));
    problems.extend(idle.map(|question| format!("{}: nobody asks {}", of.display(), json!(question))));
    evidence
}

#[test]
fn cases_read_as_their_snapshots_say() {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    let (mut confirmed, mut ruled_out) = (BTreeSet::new(), BTreeSet::new());
    for path in cases() {
        let case = read_case(&path);
        let tasks: Vec<Task> = read_record(&text_of(&case["event"]))
            .into_iter()
            .flat_map(|entry| entry.tasks)
            .map(|task| task.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
            .collect();
        let evidence = investigated(&case, &path, &tasks, &mut problems);
        let mut read = String::new();
        let mut causes = Vec::new();
        for task in &tasks {
            let report = diagnose(task, &evidence);
            let subject = notice(&report).filter(|_| report.is_start_failure()).map_or("(no notice)".to_owned(), |notice| notice.subject);
            let _ = write!(read, "subject: {subject}\n\n{}", render(&report, Colour::Off));
            causes.extend(report.diagnoses.iter().map(|diagnosis| diagnosis.cause.id));
            confirmed.extend(report.diagnoses.first().filter(|best| best.verdict == Verdict::Confirmed).map(|best| best.cause.id));
            ruled_out.extend(report.diagnoses.iter().filter(|diagnosis| diagnosis.verdict == Verdict::RuledOut).map(|diagnosis| diagnosis.cause.id));
        }
        let directory = path.parent().expect("a case lies in a directory");
        let cause = directory.file_name().and_then(|name| name.to_str()).expect("its name is UTF-8");
        seen.extend(causes.iter().copied());
        let leads = causes.first().copied();
        if leads != Some(cause).filter(|cause| *cause != "nothing-wrong") {
            problems.push(format!("{}: {} leads", path.display(), leads.unwrap_or("nothing")));
        }
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("its name is UTF-8");
        insta::with_settings!({snapshot_path => directory, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, read);
        });
    }
    let unseen = CAUSES.iter().filter(|cause| !seen.contains(cause.id));
    problems.extend(unseen.map(|cause| format!("no case shows {0}: add tests/cases/{0}/<what-it-shows>.json", cause.id)));
    problems.extend(uncovered("confirmed", &confirmed, NEVER_CONFIRMED));
    problems.extend(uncovered("ruled-out", &ruled_out, NEVER_RULED_OUT));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The causes that no case shows with this verdict though one could, and those that are said never to have it and do.
fn uncovered(verdict: &str, shown: &BTreeSet<&str>, never: &[(&str, &str)]) -> Vec<String> {
    let of_cause = |id: &str| match (shown.contains(id), never.iter().find(|(other, _)| *other == id)) {
        (false, None) => Some(format!("no case shows {id} {verdict}: add one with evidence, or say why there can be none")),
        (true, Some((_, why))) => Some(format!("{id} is said never to be {verdict} ({why}), and a case shows it")),
        (true, None) | (false, Some(_)) => None,
    };
    let strange = never.iter().filter(|(id, _)| CAUSES.iter().all(|cause| cause.id != *id)).map(|(id, _)| format!("{id} is no cause"));
    CAUSES.iter().filter_map(|cause| of_cause(cause.id)).chain(strange).collect()
}
