//! What a check came to, in the words of an answer: as long as the service takes, cut between things and
//! never within a command.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Checked, Outcome};
use crate::causes::{FindingKind, Verdict};
use crate::check::{Problem, Unchecked, lines};
use crate::words::some_of;

/// The most bytes of a message that are written down.
pub(super) const LONGEST_NOTE: usize = 16_384;
/// The most annotations of an answer; the message counts all.
const ANNOTATIONS: usize = 20;
/// `StatusMessage` and `RemediationMessage` may be this long.
const LONGEST_ANNOTATION: usize = 16_384;
/// The most reasons why something was not checked that are named; of more the number is given.
const GAPS: usize = 5;
/// Things named for one reason.
const SUBJECTS_NAMED: usize = 3;

/// A text that grows as long as there is room.
struct Room {
    text: String,
    left: usize,
}

impl Room {
    const fn of(left: usize) -> Self {
        Self { text: String::new(), left }
    }

    /// Adds a line if it finds room.
    fn line(&mut self, line: &str) -> bool {
        let needed = line.len() + usize::from(!self.text.is_empty());
        let fits = needed <= self.left;
        if fits {
            self.left -= needed;
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.push_str(line);
        }
        fits
    }
}

/// The message, of at most so many bytes.
#[must_use]
pub fn message(outcome: &Outcome, longest: usize) -> String {
    // What is left to say that there is more.
    const MORE: usize = 64;
    let mut room = Room::of(longest.saturating_sub(MORE));
    let head = headline(outcome);
    room.line(&cut(&head, longest.saturating_sub(MORE)));
    let (mut untold, mut fixes) = (0, BTreeSet::new());
    for (checked, problem) in outcome.problems() {
        let told = told(checked, problem, outcome.is_stack);
        // The beginning of a title is worth more than none; of a command it is worth nothing.
        let short = cut(&told, room.left.saturating_sub(1));
        let is_told = untold == 0 && (room.line(&told) || short.len() > MORE && room.line(&short));
        if !is_told {
            untold += 1;
            continue;
        }
        let step = problem.diagnosis.fix.steps.first();
        let commands = step.into_iter().flat_map(|step| &step.commands).map(|command| format!("  {command}"));
        for line in std::iter::once(format!("  fix: {}", fix(problem))).chain(commands) {
            if fixes.insert(line.clone()) {
                room.line(&line);
            }
        }
    }
    let gaps = gaps(outcome);
    let shown = gaps
        .iter()
        .take(GAPS)
        .take_while(|gap| untold == 0 && room.line(&format!("not checked: {gap}")))
        .count();
    room.left += MORE;
    match (untold, gaps.len() - shown) {
        (0, 0) => {}
        (0, gaps) => drop(room.line(&format!("and {gaps} more reasons why something was not checked"))),
        (problems, 0) => drop(room.line(&format!("and {problems} more problems"))),
        (problems, _) => drop(room.line(&format!("and {problems} more problems; not all was checked"))),
    }
    room.text
}

/// Never "no problem" of what was not checked.
fn headline(outcome: &Outcome) -> String {
    let (confirmed, all) = (outcome.confirmed().count(), outcome.problems().count());
    let what = match (all, confirmed) {
        (0, _) if outcome.checked.is_empty() && outcome.skipped.is_empty() => {
            "nothing of ECS to check".to_owned()
        }
        (0, _) if outcome.checked.is_empty() => "not checked".to_owned(),
        (0, _) if gaps(outcome).is_empty() => "no problem found".to_owned(),
        (0, _) => "no problem found in what was looked at".to_owned(),
        (1, 1) => "1 problem would keep tasks from starting".to_owned(),
        (1, _) => "1 problem may keep tasks from starting".to_owned(),
        (all, confirmed) if all == confirmed => format!("{all} problems would keep tasks from starting"),
        (all, confirmed) => {
            format!("{all} problems may keep tasks from starting, {confirmed} of them confirmed")
        }
    };
    let names: Vec<&str> = outcome.checked.iter().map(|checked| checked.name.as_str()).collect();
    let of = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    format!("ecs-triage: {what}{of}")
}

/// A problem in one line.
fn told(checked: &Checked, problem: &Problem, is_stack: bool) -> String {
    let diagnosis = &problem.diagnosis;
    let source = diagnosis
        .findings
        .iter()
        .find(|finding| finding.kind != FindingKind::Unknown)
        .and_then(|finding| finding.source);
    let by = source
        .filter(|_| diagnosis.verdict == Verdict::Confirmed)
        .map(|source| format!(" by {source}"))
        .unwrap_or_default();
    let yet = if is_stack && problem.may_be_made_yet() {
        "; the same stack may be about to change that"
    } else {
        ""
    };
    let at = checked
        .found
        .place(&diagnosis.culprit.references)
        .and_then(|first| {
            let others = checked.found.other_places(&diagnosis.culprit.references);
            Some(format!(", {} of the template", lines(&[&[first], &others[..]].concat())?))
        })
        .unwrap_or_default();
    format!("[{}] {}{at} ({}{by}{yet})", diagnosis.cause.id, diagnosis.title, diagnosis.verdict)
}

fn fix(problem: &Problem) -> String {
    problem.diagnosis.fix.steps.first().map(|step| step.text.clone()).unwrap_or_default()
}

/// What was not looked at, a line for each reason.
fn gaps(outcome: &Outcome) -> Vec<String> {
    let whole = outcome.skipped.iter().map(|(name, why)| (why.as_str(), name.as_str()));
    let parts = outcome.checked.iter().flat_map(|checked| &checked.findings.unchecked);
    let parts = parts.map(|Unchecked { why, subject, .. }| (why.as_str(), subject.as_str()));
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (why, subject) in whole.chain(parts) {
        match reasons.iter_mut().find(|(other, _)| *other == why) {
            Some((_, subjects)) if subjects.contains(&subject) => {}
            Some((_, subjects)) => subjects.push(subject),
            None => reasons.push((why, vec![subject])),
        }
    }
    let line =
        |(why, subjects): (&str, Vec<&str>)| format!("{}: {why}", some_of(&subjects, SUBJECTS_NAMED, "; "));
    reasons.into_iter().map(line).collect()
}

/// How many things were not looked at.
pub(super) fn not_checked(outcome: &Outcome) -> usize {
    outcome.skipped.len()
        + outcome.checked.iter().map(|checked| checked.findings.unchecked.len()).sum::<usize>()
}

/// The annotations of a hook's result: one for each cause, one for what was not looked at, one for what
/// passed.
#[must_use]
pub fn annotations(outcome: &Outcome) -> Vec<Value> {
    let mut causes: Vec<(&'static str, Vec<(&Checked, &Problem)>)> = Vec::new();
    for (checked, problem) in outcome.problems() {
        let id = problem.diagnosis.cause.id;
        match causes.iter_mut().find(|(other, _)| *other == id) {
            Some((_, problems)) => problems.push((checked, problem)),
            None => causes.push((id, vec![(checked, problem)])),
        }
    }
    let of_causes = causes.into_iter().take(ANNOTATIONS - 2).map(|(id, problems)| {
        let counts = problems.iter().any(|(_, problem)| outcome.blocks(problem));
        json!({
            "annotationName": id,
            "status": "FAILED",
            "statusMessage": listed(problems.iter().map(|(checked, problem)| findings(checked, problem, outcome.is_stack))),
            "remediationMessage": listed(problems.iter().map(|(_, problem)| remedy(problem))),
            "severityLevel": if counts { "HIGH" } else { "MEDIUM" },
        })
    });
    let gaps = gaps(outcome);
    let skipped = (!gaps.is_empty()).then(|| json!({"annotationName": "not-checked", "status": "SKIPPED", "statusMessage": listed(gaps.into_iter())}));
    let passed: Vec<String> = outcome.checked.iter().flat_map(passed).collect();
    let passed = (!passed.is_empty()).then(|| json!({"annotationName": "checked", "status": "PASSED", "statusMessage": listed(passed.into_iter())}));
    of_causes.chain(skipped).chain(passed).collect()
}

fn findings(checked: &Checked, problem: &Problem, is_stack: bool) -> String {
    let mut text = told(checked, problem, is_stack);
    for finding in &problem.diagnosis.findings {
        let kind = match finding.kind {
            FindingKind::Found => "found",
            FindingKind::Missing => "not found",
            FindingKind::Unknown => "not checked",
        };
        let _ = write!(text, "\n- {kind}: {}", finding.sourced());
    }
    text
}

fn remedy(problem: &Problem) -> String {
    let diagnosis = &problem.diagnosis;
    let steps = diagnosis.fix.steps.iter().flat_map(|step| {
        std::iter::once(step.text.clone()).chain(step.commands.iter().map(ToString::to_string))
    });
    let policy = diagnosis.fix.policy_apart().map(ToString::to_string);
    let runbook = format!("Owner: {}. Runbook: ecs-triage explain {}", diagnosis.owner(), diagnosis.cause.id);
    steps.chain(policy).chain([runbook]).collect::<Vec<_>>().join("\n")
}

fn passed(checked: &Checked) -> Vec<String> {
    checked
        .findings
        .passed
        .iter()
        .map(|passed| format!("{}: {}", passed.subject, passed.what.join(", ")))
        .collect()
}

/// Texts one below the other, as many as an annotation takes whole.
fn listed(texts: impl Iterator<Item = String>) -> String {
    let (mut room, mut seen) = (Room::of(LONGEST_ANNOTATION - 32), BTreeSet::new());
    let untold = texts.filter(|text| seen.insert(text.clone()) && !room.line(text)).count();
    if room.text.is_empty() {
        room.text.push_str("too long to be shown here");
    } else if untold > 0 {
        let _ = write!(room.text, "\nand {untold} more");
    }
    room.text
}

/// The beginning of a text, up to a word's end.
pub(super) fn cut(text: &str, longest: usize) -> String {
    const MARK: &str = "...";
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(longest.saturating_sub(MARK.len()));
    let end = text[..end].rfind(' ').filter(|space| *space > end / 2).unwrap_or(end);
    if longest < MARK.len() { String::new() } else { format!("{}{MARK}", text[..end].trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_text_is_cut_between_words_and_letters() {
        for (longest, expected) in [
            (64, "the secret prod/d\u{e4}tabase does not exist"),
            (32, "the secret prod/d\u{e4}tabase..."),
            (5, "th..."),
            (3, "..."),
            (2, ""),
        ] {
            assert_eq!(cut("the secret prod/d\u{e4}tabase does not exist", longest), expected);
        }
        let wide = "\u{1f980}".repeat(10);
        assert!((0..41).all(|longest| cut(&wide, longest).len() <= longest));
    }
}
