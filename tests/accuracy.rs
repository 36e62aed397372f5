//! How many of the labelled reasons are read right; `cargo test --test accuracy -- --nocapture` prints the table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ecs_triage::reason::{self, Fault};
use serde_json::Value;

#[derive(Default)]
struct Count {
    all: u32,
    right: u32,
    wrong_definite: u32,
    deny: u32,
    resource: u32,
}

#[test]
fn labelled_reasons_are_read_right() {
    let corpus = include_str!("corpus/reasons.jsonl");
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut confused = String::new();
    for line in corpus.lines() {
        let label: Value = serde_json::from_str(line).expect("the corpus is JSON Lines");
        let field = |name: &str| label[name].as_str().unwrap_or_default();
        let symptoms = reason::read(field("text"));
        let first = symptoms.first().expect("no reason is blank");
        let (step, fault) = (first.step.as_str(), first.fault.as_str());
        let count = counts.entry(field("origin").to_owned()).or_default();
        count.all += 1;
        if (step, fault) == (field("step"), field("fault")) {
            count.right += 1;
        } else {
            let _ = writeln!(confused, "{}: want {}/{} got {step}/{fault}: {:.300}", field("id"), field("step"), field("fault"), field("text"));
        }
        count.wrong_definite += u32::from(fault != field("fault") && first.fault != Fault::Unknown);
        let deny = first.deny.map_or("", reason::Deny::as_str);
        count.deny += u32::from(deny == field("deny"));
        if deny != field("deny") {
            let _ = writeln!(confused, "{}: deny want {:?} got {deny:?}", field("id"), field("deny"));
        }
        let resource = first.resource.as_ref().map_or("", |fact| fact.text.as_str());
        count.resource += u32::from(resource == field("resource"));
        if resource != field("resource") && std::env::var("RES").is_ok() {
            let _ = writeln!(confused, "{}: resource want {:?} got {resource:?} in {}", field("id"), field("resource"), field("text"));
        }
    }
    println!("{confused}");
    println!("{:<12} {:>5} {:>11} {:>15} {:>5} {:>9}", "origin", "all", "step+fault", "wrong definite", "deny", "resource");
    for (origin, c) in &counts {
        println!("{origin:<12} {:>5} {:>11} {:>15} {:>5} {:>9}", c.all, c.right, c.wrong_definite, c.deny, c.resource);
    }
}
