//! Diagnosis cases are data: `tests/cases/<cause>/<case>.json` holds an event and what is known besides; its snapshot is what a person reads.
//!
//! `event` and `task_definition` are JSON, or the path of a file from the project's root. A new case adds no Rust.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_triage::causes::CAUSES;
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::read_record;
use ecs_triage::question::Evidence;
use ecs_triage::render::notice::notice;
use ecs_triage::render::text::{Colour, render};
use ecs_triage::task_definition::TaskDefinition;
use serde_json::Value;

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
    let directories = entries(&root().join("tests/cases")).into_iter().filter(|path| path.is_dir());
    directories.flat_map(|directory| entries(&directory)).filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

/// JSON in place, or the file that a string names.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(path) => fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}")),
        json => json.to_string(),
    }
}

#[test]
fn cases_read_as_their_snapshots_say() {
    let cases = cases();
    let mut seen = BTreeSet::new();
    for path in cases {
        let case: Value =
            serde_json::from_str(&fs::read_to_string(&path).expect("the case can be read")).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let evidence = match &case["task_definition"] {
            Value::Null => Evidence::default(),
            definition => Evidence::of_definition(TaskDefinition::from_json(&text_of(definition)).expect("the definition reads")),
        };
        let mut read = String::new();
        let mut causes = Vec::new();
        for task in read_record(&text_of(&case["event"])).into_iter().flat_map(|entry| entry.tasks) {
            let task = task.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let report = diagnose(&task, &evidence);
            let subject = notice(&report).filter(|_| report.is_start_failure()).map_or("(no notice)".to_owned(), |notice| notice.subject);
            let _ = write!(read, "subject: {subject}\n\n{}", render(&report, Colour::Off));
            causes.extend(report.diagnoses.iter().map(|diagnosis| diagnosis.cause.id));
        }
        let directory = path.parent().expect("a case lies in a directory");
        let cause = directory.file_name().and_then(|name| name.to_str()).expect("its name is UTF-8");
        seen.extend(causes.iter().copied());
        if cause == "nothing-wrong" {
            assert!(causes.is_empty(), "{}: found {causes:?}", path.display());
        } else {
            assert_eq!(causes.first(), Some(&cause), "{}: another cause leads", path.display());
        }
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("its name is UTF-8");
        insta::with_settings!({snapshot_path => directory, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, read);
        });
    }
    for cause in CAUSES {
        assert!(seen.contains(cause.id), "no case shows {0}: add tests/cases/{0}/<what-it-shows>.json", cause.id);
    }
}
