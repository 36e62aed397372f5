//! States of AWS in which it is easy to say more than is proved: `tests/scenarios/README.md` tells what a
//! scenario is. Prints the counts.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Scenarios that are judged wrong, and why.
const KNOWN: &[(&str, &str)] = &[];

/// How an expectation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    WronglyConfirmed,
    WronglyRuledOut,
    WrongFix,
    WrongText,
    Missing,
    FalseAlarm,
    FalseGreen,
}

/// What the program said: its diagnoses, or of a check its problems.
struct Outcome {
    document: Value,
    green: bool,
}

type Failure = (Kind, String);

fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    value[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

impl Outcome {
    fn found(&self) -> &[Value] {
        let list = self.document.get("diagnoses").or_else(|| self.document.get("problems"));
        list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    fn verdicts(&self, cause: &str) -> BTreeSet<&str> {
        self.found()
            .iter()
            .filter(|entry| entry["cause"] == cause)
            .filter_map(|entry| entry["verdict"].as_str())
            .collect()
    }

    fn first(&self) -> &str {
        self.found().first().and_then(|entry| entry["cause"].as_str()).unwrap_or("nothing")
    }

    fn is_silent(&self) -> bool {
        let tells_nothing =
            |entry: &Value| entry["verdict"] == "ruled-out" || entry["cause"] == "unrecognised";
        self.document.get("diagnoses").is_some() && self.found().iter().all(tells_nothing)
    }

    /// Text, commands, policies and snippets of all fixes that are offered.
    fn fixes(&self) -> String {
        let mut all = Vec::new();
        for fix in
            self.found().iter().filter(|entry| entry["verdict"] != "ruled-out").map(|entry| &entry["fix"])
        {
            all.extend(fix["text"].as_str().map(str::to_owned));
            all.extend(texts(fix, "commands").into_iter().map(str::to_owned));
            all.extend(Some(&fix["policy"]).filter(|policy| !policy.is_null()).map(Value::to_string));
            all.extend(
                fix["snippets"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|snippet| snippet["text"].as_str())
                    .map(str::to_owned),
            );
        }
        all.join("\n")
    }
}

/// What an expectation may hold.
const KEYS: &[&str] = &[
    "first", "not_first", "not_confirmed", "not_ruled_out", "verdict_of", "has", "fix_must_contain",
    "fix_must_not_contain", "text_must_contain", "text_must_not_contain", "problems", "no_problems_of",
    "green", "any_of",
];

/// What does not hold of an expectation.
fn failures(expect: &Value, outcome: &Outcome) -> Vec<Failure> {
    let keys = expect.as_object().unwrap_or_else(|| panic!("an expectation is an object: {expect}")).keys();
    keys.for_each(|key| assert!(KEYS.contains(&key.as_str()), "nobody knows the expectation {key}"));
    let mut failed: Vec<Failure> = Vec::new();
    let first = outcome.first();
    if outcome.is_silent() {
        failed.push((Kind::Missing, "nothing is diagnosed".to_owned()));
    }
    if !expect["first"].is_null() && !texts(expect, "first").contains(&first) {
        failed.push((Kind::Missing, format!("first is {first}, expected {}", expect["first"])));
    }
    if texts(expect, "not_first").contains(&first) {
        failed.push((Kind::Missing, format!("first is {first}")));
    }
    let has = |cause: &str, verdict: &str| outcome.verdicts(cause).contains(verdict);
    failed.extend(
        texts(expect, "not_confirmed")
            .into_iter()
            .filter(|cause| has(cause, "confirmed"))
            .map(|cause| (Kind::WronglyConfirmed, format!("{cause} is confirmed"))),
    );
    failed.extend(
        texts(expect, "not_ruled_out")
            .into_iter()
            .filter(|cause| has(cause, "ruled-out"))
            .map(|cause| (Kind::WronglyRuledOut, format!("{cause} is ruled out"))),
    );
    for (cause, accepted) in expect["verdict_of"].as_object().into_iter().flatten() {
        let verdicts = outcome.verdicts(cause);
        let accepted: Vec<&str> =
            accepted.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !accepted.iter().any(|verdict| verdicts.contains(verdict)) {
            let kind = if verdicts.contains("confirmed") {
                Kind::WronglyConfirmed
            } else if verdicts.contains("ruled-out") {
                Kind::WronglyRuledOut
            } else {
                Kind::Missing
            };
            failed.push((kind, format!("{cause} is {verdicts:?}, expected {accepted:?}")));
        }
    }
    for cause in texts(expect, "has") {
        let verdicts = outcome.verdicts(cause);
        if verdicts.iter().all(|verdict| *verdict == "ruled-out") {
            let kind = if verdicts.is_empty() { Kind::Missing } else { Kind::WronglyRuledOut };
            failed.push((kind, format!("{cause} is {verdicts:?}")));
        }
    }
    let (fixes, text) = (outcome.fixes(), outcome.document.to_string());
    let lacks = |all: &str, wanted: &&str| !all.contains(*wanted);
    failed.extend(
        texts(expect, "fix_must_contain")
            .into_iter()
            .filter(|wanted| lacks(&fixes, wanted))
            .map(|wanted| (Kind::WrongFix, format!("no fix has {wanted:?}"))),
    );
    failed.extend(
        texts(expect, "fix_must_not_contain")
            .into_iter()
            .filter(|wanted| !lacks(&fixes, wanted))
            .map(|wanted| (Kind::WrongFix, format!("a fix has {wanted:?}"))),
    );
    failed.extend(
        texts(expect, "text_must_contain")
            .into_iter()
            .filter(|wanted| lacks(&text, wanted))
            .map(|wanted| (Kind::WrongText, format!("the output has no {wanted:?}"))),
    );
    failed.extend(
        texts(expect, "text_must_not_contain")
            .into_iter()
            .filter(|wanted| !lacks(&text, wanted))
            .map(|wanted| (Kind::WrongText, format!("the output has {wanted:?}"))),
    );
    failed.extend(
        texts(expect, "problems")
            .into_iter()
            .filter(|cause| outcome.verdicts(cause).is_empty())
            .map(|cause| (Kind::Missing, format!("no problem {cause}"))),
    );
    let alarms = texts(expect, "no_problems_of")
        .into_iter()
        .filter(|cause| has(cause, "confirmed") || has(cause, "likely"));
    failed.extend(alarms.map(|cause| (Kind::FalseAlarm, format!("{cause} is a problem"))));
    match expect["green"].as_bool() {
        Some(true) if !outcome.green => failed.push((Kind::FalseAlarm, format!("not green: {first}"))),
        Some(false) if outcome.green => failed.push((Kind::FalseGreen, "green".to_owned())),
        _ => {}
    }
    let alternatives: Vec<Vec<Failure>> =
        expect["any_of"].as_array().into_iter().flatten().map(|one| failures(one, outcome)).collect();
    if !alternatives.is_empty() && alternatives.iter().all(|failed| !failed.is_empty()) {
        failed.push((alternatives[0][0].0, format!("none of the alternatives holds: {alternatives:?}")));
    }
    failed
}

/// Runs the program on a scenario, without credentials, Region or anything else of the caller's.
fn outcome(folder: &Path, case: &Value) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-triage"));
    command.args(texts(case, "args")).args(["--format", "json"]).current_dir(folder).stdin(Stdio::null());
    command
        .env_clear()
        .env("NO_COLOR", "1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", env!("CARGO_TARGET_TMPDIR"));
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}: {}: {said}", folder.display(), output.status);
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    Outcome { document, green: output.status.success() }
}

fn scenarios() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let entries = fs::read_dir(directory)
        .expect("the directory can be read")
        .map(|entry| entry.expect("the entry can be read").path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn no_more_is_said_than_is_proved() {
    let (mut counts, mut problems) = (BTreeMap::<Kind, usize>::new(), Vec::new());
    let folders = scenarios();
    let mut right = 0;
    for folder in &folders {
        let name = folder.file_name().and_then(|name| name.to_str()).expect("its name is UTF-8");
        let text =
            fs::read_to_string(folder.join("case.json")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let case: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(case["name"], name, "a scenario is called as its folder");
        let failed = failures(&case["expect"], &outcome(folder, &case));
        right += usize::from(failed.is_empty());
        failed
            .iter()
            .map(|(kind, _)| *kind)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .for_each(|kind| *counts.entry(kind).or_default() += 1);
        match (failed.is_empty(), KNOWN.iter().find(|(known, _)| *known == name)) {
            (true, None) => {}
            (true, Some(_)) => problems.push(format!("{name} is judged right now: take it out of the list")),
            (false, known) => {
                let said = failed.iter().map(|(_, said)| said.as_str()).collect::<Vec<_>>().join("; ");
                println!(
                    "{name} [{}]: {said}{}",
                    case["kind"].as_str().unwrap_or_default(),
                    known.map(|(_, why)| format!(" (known: {why})")).unwrap_or_default()
                );
                problems.extend(known.is_none().then(|| format!("{name}: {said}")));
            }
        }
    }
    println!("{right} of {} scenarios are judged right", folders.len());
    for kind in [
        Kind::WronglyConfirmed,
        Kind::WronglyRuledOut,
        Kind::WrongFix,
        Kind::WrongText,
        Kind::Missing,
        Kind::FalseAlarm,
        Kind::FalseGreen,
    ] {
        println!("  {:4}  {kind:?}", counts.get(&kind).copied().unwrap_or_default());
    }
    assert!(folders.len() > 100, "{} scenarios are too few", folders.len());
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
