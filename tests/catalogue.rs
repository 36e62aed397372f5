//! The catalogue holds together: every record is complete, documented, exemplified, in its own file and in the list; what is generated is fresh.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ecs_triage::causes::{CAUSES, Cause, RETIRED, claiming};
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::read_record;
use ecs_triage::question::record;
use ecs_triage::reason;
use ecs_triage::render::catalogue;
use ecs_triage::render::text::{Colour, render};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files beside the causes that are not causes.
const MACHINERY: &[&str] = &["mod", "path", "shared"];

#[test]
fn every_file_is_in_the_list_and_every_id_is_a_file() {
    let files: BTreeSet<String> = fs::read_dir(root().join("src/causes"))
        .expect("the directory can be read")
        .map(|entry| entry.expect("the entry can be read").path().file_stem().and_then(|stem| stem.to_str()).expect("the name is UTF-8").to_owned())
        .filter(|stem| !MACHINERY.contains(&stem.as_str()))
        .collect();
    let ids: BTreeSet<String> = CAUSES.iter().map(|cause| cause.id.replace('-', "_")).collect();
    assert_eq!(ids.len(), CAUSES.len(), "two causes share an id");
    assert_eq!(files, ids, "a file in src/causes is in no line of CAUSES, or an id is not its file's name");
}

#[test]
fn ids_are_kebab_case_and_never_used_again() {
    for cause in CAUSES {
        assert!(cause.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{} is not kebab-case", cause.id);
        assert!(!RETIRED.contains(&cause.id), "{} was retired", cause.id);
    }
}

#[test]
fn every_cause_is_documented() {
    for cause in CAUSES {
        let text = &cause.explanation;
        for (heading, said) in [("title", cause.title), ("what", text.what), ("why", text.why), ("tell", text.tell), ("fix", text.fix)] {
            assert!(!said.trim().is_empty(), "{}: nothing under {heading}", cause.id);
            assert!(!said.contains("  "), "{}: two spaces in a row under {heading}", cause.id);
        }
        assert!(!cause.title.ends_with('.'), "{}: a title is not a sentence", cause.id);
        let shown = |other: &&&Cause| other.id == cause.id || other.examples.iter().any(|example| example.also.contains(&cause.id));
        assert!(CAUSES.iter().filter(shown).any(|cause| !cause.examples.is_empty()), "no example shows {}", cause.id);
    }
}

#[test]
fn every_example_is_claimed_by_its_cause_and_by_those_it_declares() {
    for cause in CAUSES {
        for example in cause.examples {
            let symptom = reason::read(example.text).into_iter().next().unwrap_or_else(|| panic!("{}: an example says nothing", cause.id));
            let claimed: BTreeSet<&str> = claiming(&symptom).map(|cause| cause.id).collect();
            let declared: BTreeSet<&str> = example.also.iter().copied().chain([cause.id]).collect();
            assert_eq!(claimed, declared, "{}: {}\n{symptom:?}", cause.id, example.text);
        }
    }
}

#[test]
fn every_symptom_is_claimed_unless_it_is_normal() {
    let corpus = include_str!("corpus/reasons.jsonl");
    for line in corpus.lines() {
        let label: serde_json::Value = serde_json::from_str(line).expect("the corpus is JSON Lines");
        for symptom in reason::read(label["text"].as_str().unwrap_or_default()) {
            let claimed: Vec<&str> = claiming(&symptom).map(|cause| cause.id).collect();
            assert_eq!(claimed.is_empty(), symptom.is_normal(), "{}: {claimed:?} for {symptom:?}", label["id"]);
            let general = claimed.iter().filter(|id| ["unrecognised", "not-a-secret-failure"].contains(id)).count();
            let of_definition = claiming(&symptom).filter(|cause| cause.is_of_definition()).count();
            assert!(general == 0 || claimed.len() == 1 + of_definition, "{}: a general cause stands beside others: {claimed:?}", label["id"]);
        }
    }
}

#[test]
fn the_page_of_causes_is_fresh() {
    is_fresh(&root().join("docs/causes.md"), &catalogue::page());
}

#[test]
fn the_readme_is_fresh() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("the README can be read");
    let with_table = section(&readme, "causes", &catalogue::table("docs/causes.md"));
    let with_permissions = section(&with_table, "permissions", &catalogue::permissions());
    let with_key = section(&with_permissions, "diagnosis", &format!("```text\n{}```\n", sample("secret-key-missing")));
    is_fresh(&path, &section(&with_key, "path", &format!("```text\n{}```\n", sample("secret-network-timeout"))));
}

/// What the README's command prints for an event of `events/` and the answers recorded for it.
fn sample(event: &str) -> String {
    let read = |path: String| fs::read_to_string(root().join(path)).expect("the sample can be read");
    let evidence = record::read(&read(format!("events/evidence/{event}.json"))).expect("it is recorded evidence");
    let entries = read_record(&read(format!("events/{event}.json")));
    let task = entries[0].tasks[0].as_ref().expect("it is a task");
    render(&diagnose(task, &evidence), Colour::Off)
}

/// The text with a marked section filled in.
fn section(text: &str, name: &str, content: &str) -> String {
    let (from, to) = (format!("<!-- {name}: generated -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&from).unwrap_or_else(|| panic!("{from} is missing"));
    let (_, after) = rest.split_once(&to).unwrap_or_else(|| panic!("{to} is missing"));
    format!("{before}{from}{content}{to}{after}")
}

/// A generated file that is stale fails the test once, and is written anew.
fn is_fresh(path: &Path, wanted: &str) {
    let found = fs::read_to_string(path).unwrap_or_default();
    if found != wanted {
        fs::write(path, wanted).expect("the file can be written");
        panic!("{} was stale; it has been written anew: look at the difference and commit it", path.display());
    }
}
