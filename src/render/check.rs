//! What came of a check, as a person reads it, and as JSON.

use super::page::{Page, Tone};
use super::text::{Style, write_problem};
use crate::causes::Verdict;
use crate::check::{Checked, Findings, Unchecked};
use crate::source::Place;
use crate::words::some_of;

/// What no check can know beforehand.
pub(super) const NOT_PROVED: &str = "that secrets hold the JSON keys and shapes asked for (values are never read), that images are built for the \
                          platform, that the cluster has room, and whatever changes before the task starts";
/// Things named for one reason why they were not looked at; of more only the number is given.
const NAMED: usize = 3;

/// The problems of a definition, each as it would be diagnosed, with its place in the file and whether it was
/// known before; what passed, and what stays open. Ends with a line break.
#[must_use]
pub fn render_one(one: &Checked, style: impl Into<Style>) -> String {
    let (title, findings) = (one.title(), &one.findings);
    let mut page = Page::new(style.into());
    for problem in &findings.problems {
        let mark = |page: &mut Page| {
            if let Some((file, Place { line, column })) = one.file.as_ref().zip(one.place(problem)) {
                page.place(&format!("{file}:{line}:{column}"));
            }
            if let Some(elsewhere) = one.elsewhere(problem) {
                page.place(&elsewhere);
            }
            if one.is_known(problem) {
                page.note("known before", Tone::Plain, "it is in the baseline");
            }
        };
        write_problem(&title, &problem.diagnosis, &problem.symptom, mark, &mut page);
        page.blank();
    }
    page.step(
        &format!("{}: ", headline(findings)),
        &format!("{title}, {} looked at", counted(findings.references, "reference")),
    );
    for passed in &findings.passed {
        page.note("passed", Tone::Plain, &format!("{}: {}", passed.subject, passed.what.join(", ")));
    }
    for (what, why) in not_checked(&findings.unchecked) {
        page.note("not checked", Tone::Unproved, &format!("{what}: {}", some(&why)));
    }
    page.note("not proved", Tone::Plain, NOT_PROVED);
    page.out
}

/// Never "no problem" of what was not looked at.
pub(super) fn headline(findings: &Findings) -> String {
    let confirmed =
        findings.problems.iter().filter(|problem| problem.diagnosis.verdict == Verdict::Confirmed).count();
    let possible =
        findings.problems.iter().filter(|problem| problem.diagnosis.verdict == Verdict::Possible).count();
    let likely = findings.problems.len() - confirmed - possible;
    let nothing_passed =
        findings.passed.iter().flat_map(|passed| &passed.what).all(|what| what.ends_with("well-formed"));
    if possible > 0 {
        let sure = [(confirmed, "proved"), (likely, "likely"), (possible, "possible")]
            .into_iter()
            .filter(|(count, _)| *count > 0);
        let counts: Vec<String> = sure.map(|(count, how)| format!("{count} {how}")).collect();
        return format!("problems: {}", counts.join(", "));
    }
    match (confirmed, likely) {
        (0, 0) if findings.unchecked.is_empty() => "no problem found".to_owned(),
        (0, 0) if nothing_passed => "not checked in AWS, but well-formed".to_owned(),
        (0, 0) => "no problem found in what was looked at".to_owned(),
        (0, likely) => format!(
            "nothing is proved, and {} likely",
            if likely == 1 { "1 problem is".to_owned() } else { format!("{likely} problems are") }
        ),
        (confirmed, 0) => counted(confirmed, "problem"),
        (confirmed, likely) => format!("{}, and {likely} likely", counted(confirmed, "problem")),
    }
}

pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// What was not looked at with the reasons why: the same things are named once.
pub(super) fn not_checked(unchecked: &[Unchecked]) -> Vec<(String, Vec<&str>)> {
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for open in unchecked.chunk_by(|one, other| one.why == other.why) {
        let what = named(open);
        match lines.iter_mut().find(|(other, _)| *other == what) {
            Some((_, why)) => why.push(&open[0].why),
            None => lines.push((what, vec![&open[0].why])),
        }
    }
    lines
}

/// Some of the things that were not looked at for one reason, and how many more.
fn named(open: &[Unchecked]) -> String {
    let name = |open: &Unchecked| {
        if open.what.is_empty() {
            open.subject.clone()
        } else {
            format!("{} ({})", open.subject, open.what.join(", "))
        }
    };
    some(&open.iter().map(name).collect::<Vec<_>>())
}

/// The first of a list, and how many more there are.
pub(super) fn some(names: &[impl AsRef<str>]) -> String {
    some_of(names, NAMED, "; ")
}
