//! The cases of `tests/cases`: an event, a definition and the answers of AWS, investigated as the function
//! does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_triage::event::Task;
use ecs_triage::question::{Answer, Evidence, Question, record};
use ecs_triage::source;
use ecs_triage::triage::{Investigation, ROUNDS, next_round};
use serde_json::{Value, json};

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .expect("the directory can be read")
        .map(|entry| entry.expect("the entry can be read").path())
        .collect();
    paths.sort();
    paths
}

/// The files of all cases, or of those whose path holds what the environment names in `CASE`.
pub(crate) fn cases() -> Vec<PathBuf> {
    let chosen = chosen().unwrap_or_default();
    let directories = entries(&root().join("tests/cases"))
        .into_iter()
        .filter(|path| path.is_dir() && !path.ends_with("_evidence"));
    let files = directories
        .flat_map(|directory| entries(&directory))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.filter(|path| path.to_string_lossy().contains(&chosen)).collect()
}

/// What `CASE` names, such as `secret-missing` or `secret-missing/deleted`.
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads its environment once; a person who tests picks a case by it"
)]
pub(crate) fn chosen() -> Option<String> {
    std::env::var("CASE").ok().filter(|chosen| !chosen.is_empty())
}

/// JSON in place, or the file that a string names.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(path) => {
            fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
        }
        json => json.to_string(),
    }
}

/// A case as it is written.
pub(crate) fn read_case(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("the case can be read"))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The answers that a case records, its own before those that it shares; `None` where AWS is not asked.
pub(crate) fn recorded(case: &Value, of: &Path) -> Option<Evidence> {
    if case["evidence"].is_null() && case["with"].is_null() && case["otherwise"].is_null() {
        return None;
    }
    let mut all = Evidence::default();
    for part in case["with"]
        .as_array()
        .into_iter()
        .flatten()
        .chain([&case["evidence"]])
        .filter(|part| !part.is_null())
    {
        let text = text_of(part);
        let mut value: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
        if let Value::Array(told) = value {
            let answers: Vec<Value> = told
                .into_iter()
                .map(|told| json!({"question": told["ask"], "answer": told["answer"]}))
                .collect();
            value = json!({"schema": "ecs-triage/evidence/v1", "answers": answers});
        }
        let evidence =
            record::read(&value.to_string()).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
        for told in value["answers"].as_array().into_iter().flatten() {
            let question: Question = serde_json::from_value(told["question"].clone())
                .unwrap_or_else(|error| panic!("{}: {error}", of.display()));
            let lost = lost(&told["answer"], &json!(evidence.answer(&question)));
            assert!(
                lost.is_none(),
                "{}: {} holds no {}",
                of.display(),
                json!(question),
                lost.unwrap_or_default()
            );
        }
        evidence.answers().for_each(|(question, answer)| all.note(question.clone(), answer.clone()));
    }
    Some(all)
}

/// The first name in what was written that is not in what was read: unknown facts are ignored, so a slip
/// would go unseen.
fn lost(written: &Value, read: &Value) -> Option<String> {
    match (written, read) {
        (Value::Object(fields), Value::Object(kept)) => {
            fields.iter().find_map(|(name, value)| match kept.get(name) {
                Some(kept) => lost(value, kept),
                None => Some(name.clone()),
            })
        }
        (Value::Array(values), Value::Array(kept)) => {
            values.iter().zip(kept).find_map(|(value, kept)| lost(value, kept))
        }
        _ => None,
    }
}

/// What is known at the end of a live investigation that gets the recorded answers.
pub(crate) fn investigated(case: &Value, of: &Path, tasks: &[Task], problems: &mut Vec<String>) -> Evidence {
    let definition = Some(&case["task_definition"])
        .filter(|definition| !definition.is_null())
        .map(|it| source::definition(&text_of(it)).expect("the definition reads"));
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
            let answer = recorded
                .answer(&question)
                .cloned()
                .or_else(|| otherwise.map(|why| Answer::Unknown(why.to_owned())));
            asked.insert(question.clone());
            match answer {
                Some(answer) => evidence.note(question, answer),
                None => problems.push(format!("{}: no answer to {}", of.display(), json!(question))),
            }
        }
    }
    // A definition in the case's own place need not be asked for.
    let idle = recorded.answers().map(|(question, _)| question);
    let idle = idle.filter(|question| {
        !asked.contains(question)
            && (case["task_definition"].is_null() || !matches!(question, Question::TaskDefinition(_)))
    });
    problems.extend(idle.map(|question| format!("{}: nobody asks {}", of.display(), json!(question))));
    evidence
}
