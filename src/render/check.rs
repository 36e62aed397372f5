//! What came of a check, as a person reads it, and as JSON.

use std::fmt::Write as _;

use super::text::{Colour, foretold};
use crate::causes::Verdict;
use crate::check::{Checked, Findings, Problem, Unchecked};
use crate::source::Place;

/// What no check can tell beforehand.
const NOT_PROVED: &str = "not proved: that secrets hold the JSON keys and shapes asked for (values are never read), that images are built for the \
                          platform, that the cluster has room, and whatever changes before the task starts";
/// Things named for one reason why they were not looked at; of more the number is told.
const NAMED: usize = 3;

/// The same of a definition in a file: each problem with its place there, and whether it was known before.
#[must_use]
pub fn render_one(one: &Checked, colour: Colour) -> String {
    let mark = |problem: &Problem| {
        let at = one.file.as_ref().zip(one.place(problem)).map(|(file, Place { line, column })| format!("  --> {file}:{line}:{column}\n"));
        let known = if one.known.contains(&one.id(problem)) { "  known before: it is in the baseline\n" } else { "" };
        format!("{}{known}", at.unwrap_or_default())
    };
    rendered(&one.name, &one.findings, colour, mark)
}

/// The problems of a definition, each as it would be diagnosed, what passed, and what stays open. Ends with a line break.
#[must_use]
pub fn render(definition: &str, findings: &Findings, colour: Colour) -> String {
    rendered(definition, findings, colour, |_| String::new())
}

fn rendered(definition: &str, findings: &Findings, colour: Colour, mark: impl Fn(&Problem) -> String) -> String {
    let mut out = String::new();
    for problem in &findings.problems {
        let diagnosis = &problem.diagnosis;
        let kind = if diagnosis.verdict == Verdict::Confirmed { "error" } else { "warning" };
        let _ = writeln!(out, "{}: {}", colour.bad(&format!("{kind}[{}]", diagnosis.cause.id)), colour.strong(&diagnosis.title));
        out.push_str(&mark(problem));
        foretold(definition, diagnosis, &problem.symptom, colour, &mut out);
        out.push('\n');
    }
    let references = counted(findings.references, "reference");
    let _ = writeln!(out, "{}: {definition}, {references} looked at", colour.strong(&headline(findings)));
    for passed in &findings.passed {
        let _ = writeln!(out, "  passed: {}: {}", passed.subject, passed.what.join(", "));
    }
    for open in findings.unchecked.chunk_by(|one, other| one.why == other.why) {
        let _ = writeln!(out, "  not checked: {}: {}", named(open), open[0].why);
    }
    let _ = writeln!(out, "  {NOT_PROVED}");
    out
}

/// Never "no problem" of what nobody looked at.
fn headline(findings: &Findings) -> String {
    let confirmed = findings.problems.iter().filter(|problem| problem.diagnosis.verdict == Verdict::Confirmed).count();
    let possible = findings.problems.iter().filter(|problem| problem.diagnosis.verdict == Verdict::Possible).count();
    let likely = findings.problems.len() - confirmed - possible;
    let nothing_passed = findings.passed.iter().flat_map(|passed| &passed.what).all(|what| what.ends_with("written well"));
    if possible > 0 {
        let sure = [(confirmed, "proved"), (likely, "likely"), (possible, "possible")].into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = sure.map(|(count, how)| format!("{count} {how}")).collect();
        return format!("problems: {}", counts.join(", "));
    }
    match (confirmed, likely) {
        (0, 0) if findings.unchecked.is_empty() => "no problem found".to_owned(),
        (0, 0) if nothing_passed => "not checked, and written well as far as the text shows".to_owned(),
        (0, 0) => "no problem found in what was looked at".to_owned(),
        (0, likely) => format!("nothing is proved, and {} likely", if likely == 1 { "1 problem is".to_owned() } else { format!("{likely} problems are") }),
        (confirmed, 0) => counted(confirmed, "problem"),
        (confirmed, likely) => format!("{}, and {likely} likely", counted(confirmed, "problem")),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Some of the things that were not looked at for one reason, and how many more.
fn named(open: &[Unchecked]) -> String {
    let name = |open: &Unchecked| if open.what.is_empty() { open.subject.clone() } else { format!("{} ({})", open.subject, open.what.join(", ")) };
    let names: Vec<String> = open.iter().take(NAMED).map(name).collect();
    let more = open.len() - names.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", names.join("; "))
}
