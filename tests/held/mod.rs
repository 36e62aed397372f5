//! Documents held against schemas.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::environment::{python_environment, run, said};

/// What the schema in a file says of documents, each on a line.
pub(crate) fn judged(schema: &str, name: &str, documents: &[String]) -> Output {
    // Tests that run at once hold documents against the same schema.
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    assert!(!documents.is_empty(), "{name}: no documents");
    let file = format!("{name}-{}.jsonl", NUMBER.fetch_add(1, Ordering::Relaxed));
    let path: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&path, documents.join("\n")).expect("the documents can be written");
    let python = python_environment("snippets", "requirements-snippets.txt").join("python");
    run(Command::new(python).arg("tests/stack/schemas.py").arg(schema).arg(path))
}

/// Each document is what the schema says, and has no field that it does not name; a document that lacks
/// what the first one begins with, or has one field more, is not.
#[track_caller]
pub(crate) fn hold(schema: &str, documents: &[String]) {
    let file = format!("schemas/{schema}.json");
    let output = judged(&file, schema, documents);
    assert!(output.status.success(), "{schema}: {}", said(&output));
    let more = documents[0].replacen('{', r#"{"made_up": 1, "#, 1);
    let less = documents[0].replacen("\"schema\"", "\"scheme\"", 1);
    for (kind, wrong) in [("more", more), ("less", less)] {
        let output = judged(&file, &format!("{schema}-{kind}"), &[wrong]);
        assert_eq!(output.status.code(), Some(1), "{schema} takes what it must not: {}", said(&output));
    }
}
