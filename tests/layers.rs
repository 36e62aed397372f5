//! Imports point one way: the table of the layers, held against every `use crate::` and `super::` of the
//! library.

use std::fs;
use std::path::{Path, PathBuf};

/// A module, and the modules of the crate that it may use. `words`, `arn`, `json_path` and `redact` are for all.
const LAYERS: &[(&str, &[&str])] = &[
    ("words", &[]),
    ("arn", &[]),
    ("dictionary", &[]),
    ("json_path", &[]),
    ("redact", &[]),
    ("event", &[]),
    ("reason", &[]),
    ("task_definition", &["event"]),
    ("question", &["event", "task_definition"]),
    ("culprit", &["reason", "task_definition"]),
    ("network", &["task_definition", "question"]),
    ("policy_document", &["question"]),
    ("causes", &["event", "reason", "task_definition", "question", "network", "policy_document"]),
    ("diagnosis", &["event", "reason", "task_definition", "question", "network", "culprit", "causes"]),
    ("source", &["event", "task_definition", "question"]),
    (
        "check",
        &[
            "event", "reason", "task_definition", "question", "network", "causes", "diagnosis", "source",
            "limits",
        ],
    ),
    (
        "render",
        &[
            "event", "reason", "task_definition", "question", "network", "causes", "diagnosis", "check",
            "source", "incident", "context", "staleness", "limits",
        ],
    ),
    ("staleness", &["event", "question", "task_definition", "limits"]),
    ("triage", &["event", "question", "diagnosis"]),
    ("stopped", &["event", "reason", "task_definition", "question", "diagnosis", "triage"]),
    ("incident", &["limits"]),
    ("limits", &[]),
    (
        "delivery",
        &[
            "event", "question", "diagnosis", "check", "staleness", "render", "triage", "stopped",
            "incident", "context", "limits",
        ],
    ),
    (
        "doors",
        &[
            "event", "reason", "task_definition", "question", "causes", "check", "source", "triage",
            "delivery", "limits",
        ],
    ),
    ("context", &["event", "task_definition", "question", "incident", "limits"]),
    ("config", &["doors", "render", "triage"]),
    (
        "cli",
        &[
            "limits", "event", "reason", "question", "task_definition", "source", "causes", "diagnosis",
            "check", "triage", "stopped", "staleness", "context", "render", "config", "aws",
        ],
    ),
    ("aws", &["question", "task_definition", "triage", "render", "incident"]),
    ("function", &["event", "render", "config", "delivery", "doors", "aws", "limits"]),
];
const FOR_ALL: &[&str] = &["words", "arn", "dictionary", "json_path", "redact"];
/// What the core must not know.
const FOREIGN: &[&str] = &[
    "aws_config", "aws_sdk_", "tokio", "lambda_runtime", "tracing", "std::env", "SystemTime", "Instant::now",
    "Timestamp::now",
];
const EDGES: &[&str] = &["aws", "function", "config", "cli"];

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The library's files, each with the module that it belongs to.
fn modules() -> Vec<(String, PathBuf)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source, &mut found);
    let module = |path: PathBuf| {
        let relative = path.strip_prefix(&source).expect("it lies in src").with_extension("");
        let first = relative
            .components()
            .next()
            .expect("it has a name")
            .as_os_str()
            .to_str()
            .expect("it is UTF-8")
            .to_owned();
        (first, path)
    };
    found.into_iter().map(module).filter(|(name, _)| name != "lib" && name != "bin").collect()
}

#[test]
fn imports_point_one_way() {
    for (module, path) in modules() {
        let (_, allowed) = LAYERS
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("{module} is in no layer: add it to the table"));
        let text = fs::read_to_string(&path).expect("the file can be read");
        for (at, line) in text.lines().enumerate() {
            for (from, _) in line.match_indices("crate::") {
                let used = line[from + 7..]
                    .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
                    .next()
                    .unwrap_or_default();
                let fine = used == module || FOR_ALL.contains(&used) || allowed.contains(&used);
                assert!(fine, "{}:{}: {module} may not use {used}", path.display(), at + 1);
            }
        }
    }
}

/// The modules of the crate that a text names by way of `super::`, from a file so deep below it.
fn above(text: &str, depth: usize) -> Vec<&str> {
    const SUPER: &str = "super::";
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(SUPER) {
        let path = rest[at..].trim_start_matches(SUPER);
        if (rest.len() - at - path.len()) / SUPER.len() >= depth {
            let list = path.strip_prefix('{').and_then(|list| list.split('}').next()).unwrap_or(path);
            let names = if path.starts_with('{') { list.split(',').collect() } else { vec![list] };
            found.extend(names.iter().filter_map(|name| {
                name.trim().split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()
            }));
        }
        rest = path;
    }
    found
}

#[test]
fn no_import_goes_over_the_top() {
    assert_eq!(
        above("super::super::causes::Cause, super::own, super::super::{aws::Table, cli}", 2),
        ["causes", "aws", "cli"]
    );
    for (module, path) in modules() {
        let text = fs::read_to_string(&path).expect("the file can be read");
        // A module within a file is one deeper, so what it names may be its own file's: only modules of the
        // crate count.
        let own = text.split("#[cfg(test)]").next().unwrap_or_default();
        let below = path.components().skip_while(|part| part.as_os_str() != "src").count() - 1;
        let depth = if path.ends_with("mod.rs") { below - 1 } else { below };
        let modules: Vec<&str> = above(own, depth)
            .into_iter()
            .filter(|name| LAYERS.iter().any(|(module, _)| module == name))
            .collect();
        assert!(
            modules.is_empty(),
            "{}: {module} reaches {modules:?} by super::, where crate:: is looked at",
            path.display()
        );
    }
}

#[test]
fn the_core_knows_no_aws_clock_or_environment() {
    for (module, path) in modules().into_iter().filter(|(module, _)| !EDGES.contains(&module.as_str())) {
        // What an application's log names is a text of the lexicon.
        let text = fs::read_to_string(&path).expect("the file can be read").replace("\"aws_sdk_", "");
        for foreign in FOREIGN {
            assert!(
                !text.contains(foreign),
                "{}: {module} belongs to the core and names {foreign}",
                path.display()
            );
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (_, path) in modules() {
        let text = fs::read_to_string(&path).expect("the file can be read");
        assert!(text.starts_with("//! "), "{} has no //! line", path.display());
    }
}
