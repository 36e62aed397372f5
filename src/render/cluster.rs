//! What came of checking the services of a cluster, as a person reads it: each problem once, with all services whose
//! next task it keeps from starting.

use std::collections::BTreeSet;

use super::check::{NOT_PROVED, counted, not_checked, some};
use super::page::{Page, Tone};
use super::text::{Style, write_problem};
use crate::causes::Verdict;
use crate::check::{Checked, Cluster, Problem, Unchecked, in_common};

/// The problems, each as it would be diagnosed, and what was not looked at. Ends with a line break.
#[must_use]
pub fn render(cluster: &Cluster, checked: &[Checked], style: impl Into<Style>) -> String {
    let mut page = Page::new(style.into());
    let problems = merged(checked);
    for alike in &problems {
        let (first, problem) = alike[0];
        let mark = |page: &mut Page| {
            page.note("would not start", Tone::Plain, &next_tasks(alike));
            if alike.iter().all(|(one, problem)| one.is_known(problem)) {
                page.note("known before", Tone::Plain, "it is in the baseline");
            }
        };
        write_problem(&first.name, &problem.diagnosis, &problem.symptom, mark, &mut page);
        page.blank();
    }
    page.step(&format!("cluster {}: ", cluster.name), &headline(cluster, checked, &problems));
    for (what, why) in not_checked(&unchecked(checked)) {
        page.note("not checked", Tone::Unproved, &format!("{what}: {}", some(&why)));
    }
    if !checked.is_empty() {
        page.note("not proved", Tone::Plain, NOT_PROVED);
    }
    page.out
}

/// What was not looked at of any definition, each thing once for each reason; a permission that is missing for many
/// things is one reason.
#[must_use]
pub fn unchecked(checked: &[Checked]) -> Vec<Unchecked> {
    let all = checked.iter().flat_map(|one| &one.findings.unchecked);
    let alike = all.map(|open| Unchecked { why: in_common(&open.why), ..open.clone() });
    alike.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Problems of one thing in one way, with the definitions that have them; what is proved comes first.
fn merged(checked: &[Checked]) -> Vec<Vec<(&Checked, &Problem)>> {
    let mut merged: Vec<Vec<(&Checked, &Problem)>> = Vec::new();
    for one in checked {
        for problem in &one.findings.problems {
            let is_same = |other: &Problem| {
                let (old, new) = (&other.diagnosis, &problem.diagnosis);
                (old.cause.id, &old.culprit.id, &old.title, old.verdict)
                    == (new.cause.id, &new.culprit.id, &new.title, new.verdict)
            };
            match merged.iter_mut().find(|alike| is_same(alike[0].1)) {
                Some(alike) => alike.push((one, problem)),
                None => merged.push(vec![(one, problem)]),
            }
        }
    }
    merged.sort_by_key(|alike| alike[0].1.diagnosis.verdict);
    merged
}

/// The services, each with the definition that it starts.
fn next_tasks(alike: &[(&Checked, &Problem)]) -> String {
    let named = alike
        .iter()
        .flat_map(|(one, _)| one.services.iter().map(|service| format!("{service} ({})", one.name)));
    let names: BTreeSet<String> = named.collect();
    let names: Vec<String> = names.into_iter().collect();
    let of = if names.len() == 1 { "service" } else { "services" };
    format!("the next task of {of} {}; tasks that run go on", names.join(", "))
}

fn headline(cluster: &Cluster, checked: &[Checked], problems: &[Vec<(&Checked, &Problem)>]) -> String {
    let services = counted(cluster.services.len(), "service");
    if checked.is_empty() {
        return format!("{services}, and nothing of them was looked at");
    }
    let confirmed =
        problems.iter().filter(|alike| alike[0].1.diagnosis.verdict == Verdict::Confirmed).count();
    let likely = problems.len() - confirmed;
    let hit: BTreeSet<&String> = problems.iter().flatten().flat_map(|(one, _)| &one.services).collect();
    let found = match (confirmed, likely) {
        (0, 0) if checked.iter().all(|one| one.findings.unchecked.is_empty()) => {
            "no problem found".to_owned()
        }
        (0, 0) => "no problem found in what was looked at".to_owned(),
        (0, likely) => {
            format!("nothing is proved, and {} likely, in {} of", counted(likely, "problem"), hit.len())
        }
        (confirmed, 0) => format!("{} in {} of", counted(confirmed, "problem"), hit.len()),
        (confirmed, likely) => {
            format!("{}, and {likely} likely, in {} of", counted(confirmed, "problem"), hit.len())
        }
    };
    let between = if problems.is_empty() { "," } else { "" };
    let definitions: BTreeSet<&str> = checked.iter().map(|one| one.name.as_str()).collect();
    let references = checked.iter().map(|one| one.findings.references).sum();
    format!(
        "{found}{between} {services}; {} with {}",
        counted(definitions.len(), "task definition"),
        counted(references, "reference")
    )
}
