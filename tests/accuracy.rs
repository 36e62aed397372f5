//! How many of the labelled reasons in `tests/corpus` are read right. `cargo test --test accuracy -- --nocapture` prints the table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ecs_triage::reason::{self, Deny, Fact, Fault};
use serde_json::Value;

#[derive(Default)]
struct Count {
    all: u32,
    right: u32,
    wrong_definite: u32,
    deny: u32,
    resource: u32,
}

impl Count {
    fn share(part: u32, all: u32) -> f64 {
        100.0 * f64::from(part) / f64::from(all)
    }
}

#[test]
fn labelled_reasons_are_read_right() {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut confused = String::new();
    for line in include_str!("corpus/reasons.jsonl").lines() {
        let label: Value = serde_json::from_str(line).expect("the corpus is JSON Lines");
        let wanted = |name: &str| label[name].as_str().unwrap_or_default();
        let symptom = reason::read(wanted("text")).into_iter().next().expect("no reason is blank");
        let (step, fault) = (symptom.step.as_str(), symptom.fault.as_str());
        let (deny, resource) = (symptom.deny.map_or("", Deny::as_str), symptom.resource.as_ref().map_or("", |fact: &Fact| fact.text.as_str()));
        let count = counts.entry(wanted("origin").to_owned()).or_default();
        count.all += 1;
        count.right += u32::from((step, fault) == (wanted("step"), wanted("fault")));
        count.wrong_definite += u32::from(fault != wanted("fault") && symptom.fault != Fault::Unknown);
        count.deny += u32::from(deny == wanted("deny"));
        count.resource += u32::from(resource == wanted("resource"));
        for (what, read) in [("step", step), ("fault", fault), ("deny", deny)] {
            if read != wanted(what) {
                let _ = writeln!(confused, "{}: {what} {read:?}, labelled {:?}: {:.120}", wanted("id"), wanted(what), wanted("text"));
            }
        }
    }
    println!("{confused}\n{:<12} {:>4} {:>13} {:>16} {:>7} {:>10}", "origin", "all", "step+fault %", "wrong definite %", "deny %", "resource %");
    for (origin, count) in &counts {
        let share = |part| Count::share(part, count.all);
        let (right, wrong, deny, resource) = (share(count.right), share(count.wrong_definite), share(count.deny), share(count.resource));
        println!("{origin:<12} {:>4} {right:>13.1} {wrong:>16.1} {deny:>7.1} {resource:>10.1}", count.all);
        assert!(right >= 98.0, "{origin}: only {right:.1} % right");
        assert!(wrong <= 1.0, "{origin}: {wrong:.1} % wrong and sure of it");
        assert!(deny >= 97.0, "{origin}: the kind of policy is right in {deny:.1} % only");
        assert!(resource >= 96.0, "{origin}: what it is about is named right in {resource:.1} % only");
    }
}

/// What a text that goes on may add to a fault: the same call failed, and why is said more closely.
const REFINED_BY: &[(Fault, &[Fault])] = &[
    (Fault::AccessDenied, &[Fault::KmsDenied]),
    (Fault::NotFound, &[Fault::VersionNotFound]),
    // The sentence stands alone, or before a container's reason.
    (Fault::Exited, &[Fault::AccessDenied, Fault::TimedOut]),
    (Fault::NetworkTimeout, &[Fault::Dns, Fault::Tls, Fault::ConnectionRefused]),
];

#[test]
fn a_text_that_was_cut_never_gives_another_definite_fault() {
    let mut wrong: BTreeMap<(Fault, Fault), Vec<String>> = BTreeMap::new();
    for line in include_str!("corpus/reasons.jsonl").lines() {
        let label: Value = serde_json::from_str(line).expect("the corpus is JSON Lines");
        let text = label["text"].as_str().unwrap_or_default();
        let whole = reason::read(text).first().expect("no reason is blank").fault;
        for (end, _) in text.char_indices().skip(1).step_by(3) {
            let Some(cut) = reason::read(&text[..end]).into_iter().next() else { continue };
            let refined = REFINED_BY.iter().any(|(fault, by)| *fault == cut.fault && by.contains(&whole));
            if cut.fault != Fault::Unknown && cut.fault != whole && !refined {
                let start = text[..end].char_indices().rev().nth(50).map_or(0, |(at, _)| at);
                wrong.entry((cut.fault, whole)).or_default().push(format!("{} ...{}", label["id"], &text[start..end]));
            }
        }
    }
    let shown: Vec<_> = wrong.iter().map(|(pair, texts)| format!("{pair:?}: {} prefixes, such as {}", texts.len(), texts[0])).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}
