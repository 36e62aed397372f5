//! The catalogue holds together: every record is complete, documented, exemplified, in its own file and in
//! the list; what is generated is fresh.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

mod pictures;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_triage::causes::{CAUSES, Cause, RETIRED, claiming};
use ecs_triage::context::Surroundings;
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::{Task, read_record};
use ecs_triage::question::{Evidence, record};
use ecs_triage::reason;
use ecs_triage::render::text::{Colour, render};
use ecs_triage::render::{catalogue, notice};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files beside the causes that are not causes.
const MACHINERY: &[&str] = &["mod", "path", "shared"];

#[test]
fn every_file_is_in_the_list_and_every_id_is_a_file() {
    let files: BTreeSet<String> = fs::read_dir(root().join("src/causes"))
        .expect("the directory can be read")
        .map(|entry| {
            entry
                .expect("the entry can be read")
                .path()
                .file_stem()
                .and_then(|stem| stem.to_str())
                .expect("the name is UTF-8")
                .to_owned()
        })
        .filter(|stem| !MACHINERY.contains(&stem.as_str()))
        .collect();
    let ids: BTreeSet<String> = CAUSES.iter().map(|cause| cause.id.replace('-', "_")).collect();
    assert_eq!(ids.len(), CAUSES.len(), "two causes share an id");
    assert_eq!(files, ids, "a file in src/causes is in no line of CAUSES, or an id is not its file's name");
}

#[test]
fn ids_are_kebab_case_and_never_used_again() {
    for cause in CAUSES {
        assert!(
            cause.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{} is not kebab-case",
            cause.id
        );
        assert!(!RETIRED.contains(&cause.id), "{} was retired", cause.id);
    }
}

#[test]
fn every_cause_is_documented() {
    for cause in CAUSES {
        let text = &cause.explanation;
        for (heading, said) in [
            ("title", cause.title),
            ("what", text.what),
            ("why", text.why),
            ("tell", text.tell),
            ("fix", text.fix),
        ] {
            assert!(!said.trim().is_empty(), "{}: nothing under {heading}", cause.id);
            assert!(!said.contains("  "), "{}: two spaces in a row under {heading}", cause.id);
        }
        assert!(!cause.title.ends_with('.'), "{}: a title is not a sentence", cause.id);
        let shown = |other: &&&Cause| {
            other.id == cause.id || other.examples.iter().any(|example| example.also.contains(&cause.id))
        };
        assert!(
            CAUSES.iter().filter(shown).any(|cause| !cause.examples.is_empty()),
            "no example shows {}",
            cause.id
        );
    }
}

#[test]
fn every_example_is_claimed_by_its_cause_and_by_those_it_declares() {
    for cause in CAUSES {
        for example in cause.examples {
            let symptom = reason::read(example.text)
                .into_iter()
                .next()
                .unwrap_or_else(|| panic!("{}: an example says nothing", cause.id));
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
            assert_eq!(
                claimed.is_empty(),
                symptom.is_normal(),
                "{}: {claimed:?} for {symptom:?}",
                label["id"]
            );
            let general =
                claimed.iter().filter(|id| ["unrecognised", "not-a-secret-failure"].contains(id)).count();
            let of_definition = claiming(&symptom).filter(|cause| cause.is_of_definition()).count();
            assert!(
                general == 0 || claimed.len() == 1 + of_definition,
                "{}: a general cause stands beside others: {claimed:?}",
                label["id"]
            );
        }
    }
}

/// Pages, tables, samples and pictures.
#[test]
fn what_is_generated_is_fresh() {
    let block = |event: &str| format!("```text\n{}```\n", sample(event, Colour::Off));
    let (task, evidence) = recorded("secret-network-timeout");
    let report = diagnose(&task, &evidence);
    // What the table of incidents and the service would add.
    let impact = vec![
        "0 of 4 tasks running".to_owned(),
        "12 failed starts since 18:05 UTC, the last 8 s ago".to_owned(),
    ];
    let notice = notice::of(&report, "opened", &Surroundings { impact, ..Surroundings::default() })
        .expect("it is announced");
    are_fresh(&[
        ("docs/causes.md", catalogue::page()),
        (
            "docs/cli.md",
            filled(
                "docs/cli.md",
                &[("diagnosis", block("secret-key-missing")), ("path", block("secret-network-timeout"))],
            ),
        ),
        ("docs/security.md", filled("docs/security.md", &[("permissions", catalogue::permissions())])),
        (
            "docs/notifications.md",
            filled("docs/notifications.md", &[("attributes", catalogue::attributes())]),
        ),
        ("docs/pictures/notice.svg", pictures::notice(&notice.subject, &notice.body)),
        ("docs/pictures/terminal.svg", pictures::terminal(&sample("secret-key-missing", Colour::On))),
    ]);
}

#[test]
fn every_link_to_a_file_has_one() {
    for page in pages() {
        let text = fs::read_to_string(&page).expect("the page can be read");
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|link| !link.contains(':'))
        {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.parent().expect("it lies in a directory").join(file)
            };
            assert!(target.exists(), "{}: there is no {link}", page.display());
            let is_there = || {
                fs::read_to_string(&target)
                    .expect("it can be read")
                    .lines()
                    .any(|line| line.starts_with('#') && anchor(line) == heading)
            };
            assert!(heading.is_empty() || is_there(), "{}: there is no heading for {link}", page.display());
        }
    }
}

/// The documents that people read first.
fn pages() -> Vec<PathBuf> {
    let own = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "events/README.md"]
        .map(|name| root().join(name));
    let below = |directory: &str| {
        fs::read_dir(root().join(directory))
            .expect("it can be read")
            .map(|entry| entry.expect("it can be read").path())
            .collect::<Vec<_>>()
    };
    let documents = ["docs", "docs/adr"]
        .into_iter()
        .flat_map(below)
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    own.into_iter().chain(documents).collect()
}

/// The name under which GitHub finds a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

/// AWS's own pages, as they are: no tracking, no copy elsewhere, no page twice.
#[test]
fn every_cause_refers_to_pages_of_aws() {
    for cause in CAUSES {
        assert!(!cause.references.is_empty(), "{}: no reference", cause.id);
        let pages: BTreeSet<&str> = cause.references.iter().copied().collect();
        assert_eq!(pages.len(), cause.references.len(), "{}: a page twice", cause.id);
        for page in pages {
            let path =
                page.strip_prefix("https://docs.aws.amazon.com/").and_then(|path| path.strip_suffix(".html"));
            let is_plain = |path: &str| {
                path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'))
            };
            assert!(
                path.is_some_and(is_plain),
                "{}: {page} is not a page of AWS's documentation, or has more than its path",
                cause.id
            );
        }
        let shown = catalogue::explain(cause, Colour::Off);
        assert!(
            cause.references.iter().all(|page| shown.contains(page)),
            "{}: explain does not name its pages",
            cause.id
        );
    }
}

/// An event of `events/`, and the answers recorded for it.
fn recorded(event: &str) -> (Task, Evidence) {
    let read = |path: String| fs::read_to_string(root().join(path)).expect("the sample can be read");
    let evidence =
        record::read(&read(format!("events/evidence/{event}.json"))).expect("it is recorded evidence");
    let task =
        read_record(&read(format!("events/{event}.json"))).remove(0).tasks.remove(0).expect("it is a task");
    (task, evidence)
}

/// What the command of the README prints for it.
fn sample(event: &str, colour: Colour) -> String {
    let (task, evidence) = recorded(event);
    render(&diagnose(&task, &evidence), colour)
}

/// A document with its marked sections filled in.
fn filled(document: &str, sections: &[(&str, String)]) -> String {
    let found = fs::read_to_string(root().join(document)).expect("the document can be read");
    sections.iter().fold(found, |text, (name, content)| section(&text, name, content))
}

/// The text with a marked section filled in.
fn section(text: &str, name: &str, content: &str) -> String {
    let (from, to) = (format!("<!-- {name}: generated -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&from).unwrap_or_else(|| panic!("{from} is missing"));
    let (_, after) = rest.split_once(&to).unwrap_or_else(|| panic!("{to} is missing"));
    format!("{before}{from}{content}{to}{after}")
}

/// Generated files that are stale fail the test once, and are written again.
fn are_fresh(files: &[(&str, String)]) {
    let mut stale = Vec::new();
    for (name, wanted) in files {
        let path = root().join(name);
        if fs::read_to_string(&path).unwrap_or_default() != *wanted {
            fs::write(&path, wanted).expect("the file can be written");
            stale.push(*name);
        }
    }
    assert!(
        stale.is_empty(),
        "{} was stale; it has been written again: look at the difference and commit it",
        stale.join(", ")
    );
}
