//! What came of a check in SARIF 2.1.0, as code scanning reads it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::causes::{CAUSES, Cause, Verdict};
use crate::check::{Checked, Problem, Unread};
use crate::source::Place;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log of one run. The meaning of each rule is in it, from the catalog.
#[must_use]
pub fn render(checked: &[Checked], unread: &[Unread]) -> String {
    let problems =
        || checked.iter().flat_map(|one| one.findings.problems.iter().map(move |problem| (one, problem)));
    let found = |cause: &&&Cause| problems().any(|(_, problem)| problem.diagnosis.cause.id == cause.id);
    let causes: Vec<&Cause> = CAUSES.iter().filter(found).copied().collect();
    let index: BTreeMap<&str, usize> = causes.iter().enumerate().map(|(at, cause)| (cause.id, at)).collect();
    let rules: Vec<Value> = causes.iter().map(|cause| rule(cause)).collect();
    let results: Vec<Value> = problems().map(|(one, problem)| result(one, problem, &index)).collect();
    let open = checked.iter().flat_map(|one| one.findings.unchecked.iter().map(move |open| (one, open)));
    let open = open.map(|(one, open)| {
        let text = format!("not checked: {}: {}", open.subject, open.why);
        json!({"level": "note", "message": {"text": text}, "locations": [location(one, one.start())]})
    });
    let unreadable = unread.iter().map(|Unread { file, place, problem }| {
        let locations: Vec<Value> =
            file.iter().map(|file| json!({"physicalLocation": physical(file, *place)})).collect();
        json!({"level": "error", "message": {"text": problem}, "locations": locations})
    });
    let notifications: Vec<Value> = unreadable.chain(open).collect();
    let driver = json!({
        "name": "ecs-triage",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": unread.is_empty(), "toolExecutionNotifications": notifications}],
            "results": results,
        }],
    });
    // Texts under string keys always serialize.
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn rule(cause: &Cause) -> Value {
    let text = &cause.explanation;
    let help = [
        ("What happened", text.what),
        ("Why", text.why),
        ("How to tell", text.tell),
        ("How to fix it", text.fix),
    ];
    let plain = help.map(|(heading, said)| format!("{heading}: {said}")).join("\n");
    let markdown = help.map(|(heading, said)| format!("**{heading}.** {said}")).join("\n\n");
    json!({
        "id": cause.id,
        "shortDescription": {"text": cause.title},
        "fullDescription": {"text": text.what},
        "help": {"text": plain, "markdown": markdown},
        "defaultConfiguration": {"level": "error"},
    })
}

fn result(one: &Checked, problem: &Problem, index: &BTreeMap<&str, usize>) -> Value {
    let diagnosis = &problem.diagnosis;
    let id = one.id(problem);
    let findings = diagnosis
        .findings
        .iter()
        .fold(String::new(), |all, finding| format!("{all}\n{} {}", finding.kind, finding.sourced()));
    let level = if diagnosis.verdict == Verdict::Confirmed { "error" } else { "warning" };
    // Each of them has to be changed.
    let others = one.other_places(problem);
    let places = std::iter::once(one.place(problem)).chain(others.into_iter().map(Some));
    let locations: Vec<Value> = places.map(|place| location(one, place)).collect();
    let state = if one.is_known(problem) { "unchanged" } else { "new" };
    json!({
        "ruleId": diagnosis.cause.id,
        "ruleIndex": index.get(diagnosis.cause.id),
        "level": level,
        "baselineState": state,
        "message": {"text": format!("{} ({}){findings}\nfix: {}", diagnosis.title, diagnosis.verdict, diagnosis.fix.text())},
        "locations": locations,
        "partialFingerprints": {"ecsTriage/v1": id},
    })
}

fn location(one: &Checked, place: Option<Place>) -> Value {
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": one.title(), "kind": "resource"}]});
    if let Some(file) = &one.file {
        location["physicalLocation"] = physical(file, place);
    }
    location
}

fn physical(file: &str, place: Option<Place>) -> Value {
    let Place { line, column } = place.unwrap_or(Place { line: 1, column: 1 });
    json!({"artifactLocation": {"uri": uri(file)}, "region": {"startLine": line, "startColumn": column}})
}

/// A file's name as a reference: relative where the name is.
fn uri(file: &str) -> String {
    let file = file.strip_prefix("./").unwrap_or(file).replace('\\', "/");
    let scheme = if file.starts_with('/') { "file://" } else { "" };
    let path = file.bytes().fold(String::new(), |path, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            path + &char::from(byte).to_string()
        }
        _ => format!("{path}%{byte:02X}"),
    });
    format!("{scheme}{path}")
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_file_is_a_reference() {
        for (file, wanted) in [
            ("./a b.json", "a%20b.json"),
            ("/x/t#1.yaml", "file:///x/t%231.yaml"),
            ("http://x:1/", "http%3A//x%3A1/"),
        ] {
            assert_eq!(uri(file), wanted);
        }
    }
}
