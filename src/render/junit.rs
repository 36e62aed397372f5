//! What came of a check as a report of tests: one suite for a definition, one case for each thing that was
//! looked at.

use std::fmt::Write as _;

use crate::check::{Checked, FailOn, Unread};
use crate::source::Place;

/// The report. A problem that does not make the check fail is in the case's output.
#[must_use]
pub fn render(checked: &[Checked], unread: &[Unread], on: FailOn) -> String {
    let mut suites: Vec<Suite> = checked.iter().map(|one| suite(one, on)).collect();
    suites.extend(unread.iter().map(unreadable));
    let sum = |of: fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let (tests, failures, skipped) =
        (sum(|suite| suite.tests), sum(|suite| suite.failures), sum(|suite| suite.skipped));
    let errors = unread.len();
    let _ = writeln!(
        out,
        "<testsuites name=\"ecs-triage check\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">"
    );
    out.extend(suites.iter().map(|suite| suite.text.as_str()));
    out.push_str("</testsuites>\n");
    out
}

struct Suite {
    text: String,
    tests: usize,
    failures: usize,
    skipped: usize,
}

fn suite(one: &Checked, on: FailOn) -> Suite {
    let findings = &one.findings;
    let (mut cases, mut failures) = (String::new(), 0);
    for problem in &findings.problems {
        let diagnosis = &problem.diagnosis;
        let elsewhere = one.elsewhere(problem).map(|also| format!("\n{also}")).unwrap_or_default();
        let head = format!("{}{elsewhere}", diagnosis.title);
        let text = diagnosis
            .findings
            .iter()
            .fold(head, |all, finding| format!("{all}\n{} {}", finding.kind, finding.sourced()));
        let text = format!("{text}\nfix: {}", diagnosis.fix.text());
        let fails = one.fails(problem, on);
        failures += usize::from(fails);
        let inner = if fails {
            let (message, kind) =
                (escaped(&format!("{} ({})", diagnosis.title, diagnosis.verdict)), diagnosis.cause.id);
            format!("<failure message=\"{message}\" type=\"{kind}\">{}</failure>", escaped(&text))
        } else {
            format!("<system-out>{}</system-out>", escaped(&format!("{} ({})", text, diagnosis.verdict)))
        };
        case(one, &diagnosis.title, one.place(problem), &inner, &mut cases);
    }
    for open in &findings.unchecked {
        let inner = format!("<skipped message=\"{}\"/>", escaped(&format!("not checked: {}", open.why)));
        case(one, &named(&open.subject, &open.what), one.start(), &inner, &mut cases);
    }
    for passed in &findings.passed {
        case(one, &named(&passed.subject, &passed.what), None, "", &mut cases);
    }
    let (skipped, passed) = (findings.unchecked.len(), findings.passed.len());
    let tests = findings.problems.len() + skipped + passed;
    let name = escaped(&one.title());
    let text = format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n{cases}  </testsuite>\n"
    );
    Suite { text, tests, failures, skipped }
}

/// The suite of something that could not be checked.
fn unreadable(Unread { file, place, problem }: &Unread) -> Suite {
    let name = escaped(file.as_deref().unwrap_or("ecs-triage check"));
    let of = file.as_ref().map(|_| format!(" file=\"{name}\"")).unwrap_or_default();
    let line = place.map(|Place { line, .. }| format!(" line=\"{line}\"")).unwrap_or_default();
    let problem = escaped(problem);
    let text = format!(
        "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    <testcase classname=\"{name}\" name=\"can be checked\"{of}{line}><error message=\"{problem}\" type=\"unreadable\"/></testcase>\n  </testsuite>\n"
    );
    Suite { text, tests: 1, failures: 0, skipped: 0 }
}

fn named(subject: &str, what: &[String]) -> String {
    if what.is_empty() { subject.to_owned() } else { format!("{subject}: {}", what.join(", ")) }
}

fn case(one: &Checked, name: &str, place: Option<Place>, inner: &str, out: &mut String) {
    let file = one.file.as_deref().map(|file| format!(" file=\"{}\"", escaped(file))).unwrap_or_default();
    let line = place.map(|Place { line, .. }| format!(" line=\"{line}\"")).unwrap_or_default();
    let (class, name) = (escaped(&one.title()), escaped(name));
    let _ =
        writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\"{file}{line}>{inner}</testcase>");
}

/// A text as XML has it. What XML has no letter for becomes a blank sign.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_ends_what_it_stands_in() {
        assert_eq!(
            escaped("a\"/><x>&]]>\n\u{1}\u{fffe}"),
            "a&quot;/&gt;&lt;x&gt;&amp;]]&gt;&#10;\u{fffd}\u{fffd}"
        );
    }
}
