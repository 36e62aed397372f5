//! What came of a check as a GitHub workflow reads it: commands that annotate files, and the summary of a
//! step.
//!
//! A workflow command begins a line, and its older form can be anywhere in one. So every line is a command of
//! ours, and what comes from outside is escaped in it.

use std::fmt::Write as _;

use super::check::render_one;
use super::markdown::{block, span};
use super::text::Colour;
use crate::causes::Verdict;
use crate::check::{Checked, Unread};
use crate::source::Place;

/// GitHub cuts a summary that is longer than 1 MiB.
const LONGEST_SUMMARY: usize = 1_000_000;

/// The commands for all that was checked, and for what could not be. Problems come before what was not looked
/// at: GitHub shows ten of a kind.
#[must_use]
pub fn commands(checked: &[Checked], unread: &[Unread]) -> String {
    let mut out = String::new();
    for Unread { file, place, problem } in unread {
        command("error", file.as_deref(), *place, "ecs-triage cannot check this", problem, &mut out);
    }
    for one in checked {
        for problem in &one.findings.problems {
            let diagnosis = &problem.diagnosis;
            let is_known = one.is_known(problem);
            let kind = match diagnosis.verdict {
                _ if is_known => "notice",
                Verdict::Confirmed => "error",
                _ => "warning",
            };
            let found: String = diagnosis.findings.iter().fold(String::new(), |found, finding| {
                format!("{found}\n{} {}", finding.kind, finding.sourced())
            });
            let commands: String =
                diagnosis.fix.commands().fold(String::new(), |all, command| format!("{all}\n$ {command}"));
            let elsewhere = one.elsewhere(problem).map(|also| format!("\n{also}")).unwrap_or_default();
            let message = format!(
                "{} ({}){elsewhere}{found}\nfix: {}{commands}",
                diagnosis.title,
                diagnosis.verdict,
                diagnosis.fix.text()
            );
            command(
                kind,
                one.file.as_deref(),
                one.place(problem),
                &format!("{}: {}", diagnosis.cause.id, one.title()),
                &message,
                &mut out,
            );
        }
    }
    for one in checked.iter().filter(|one| !one.findings.unchecked.is_empty()) {
        let open = one.findings.unchecked.iter().fold(String::new(), |open, unchecked| {
            format!("{open}\n{}: {}", unchecked.subject, unchecked.why)
        });
        command(
            "notice",
            one.file.as_deref(),
            one.start(),
            &format!("not checked: {}", one.title()),
            open.trim_start(),
            &mut out,
        );
    }
    out
}

fn command(
    kind: &str,
    file: Option<&str>,
    place: Option<Place>,
    title: &str,
    message: &str,
    out: &mut String,
) {
    let property = |text: &str| escaped(text, &[':', ',']);
    let file = file.map(|file| format!("file={},", property(file))).unwrap_or_default();
    let at = place.map(|Place { line, column }| format!("line={line},col={column},")).unwrap_or_default();
    let _ = writeln!(out, "::{kind} {file}{at}title={}::{}", property(title), escaped(message, &[]));
}

fn escaped(text: &str, more: &[char]) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '%'
            || letter.is_control()
            || more.contains(&letter)
            || matches!(letter, '\u{2028}' | '\u{2029}')
        {
            let mut bytes = [0; 4];
            letter.encode_utf8(&mut bytes).bytes().for_each(|byte| {
                let _ = write!(safe, "%{byte:02X}");
            });
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// The summary of a step, in Markdown in which nothing from outside is read as such.
#[must_use]
pub fn summary(checked: &[Checked]) -> String {
    let mut out = "## ecs-triage check\n\n".to_owned();
    for (at, one) in checked.iter().enumerate() {
        let section = format!("### {}\n\n{}\n", span(&one.title()), block(&render_one(one, Colour::Off)));
        if out.len() + section.len() > LONGEST_SUMMARY {
            let _ = writeln!(out, "{} more in the log of the step.", checked.len() - at);
            break;
        }
        out.push_str(&section);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_begins_another_command() {
        assert_eq!(escaped("a%b\r\n::set-output name=x::y", &[]), "a%25b%0D%0A::set-output name=x::y");
        assert_eq!(escaped("a:b,c", &[':', ',']), "a%3Ab%2Cc");
        assert_eq!(escaped("\u{85}\u{2028}", &[]), "%C2%85%E2%80%A8");
    }
}
