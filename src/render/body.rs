//! The body of a notice, for a phone: nothing in it depends on columns, and what to do comes before why.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::reason_lines::last_words;
use crate::arn::Arn;
use crate::causes::{Cause, FindingKind, Verdict};
use crate::context::Surroundings;
use crate::diagnosis::{Diagnosis, Report, StateRead};
use crate::event::{Forecast, Source, Task};
use crate::network::State;
use crate::redact::one_line;
use crate::task_definition::{Reference, Target};

/// References shown; more are counted.
const REFERENCES: usize = 3;
/// Letters of an id: enough to distinguish it from all others of an account.
const SHORT_ID: usize = 12;
/// Other causes with their titles; more are only named.
const OTHERS: usize = 2;

/// The body of a failure's notice.
pub(super) fn failure(report: &Report<'_>, best: &Diagnosis, around: &Surroundings) -> String {
    let mut out = format!("{}\n{}\n\n", capitalized(&best.title), short_place(report.task));
    if let Some(impact) = around.impact() {
        let _ = writeln!(out, "IMPACT: {impact}");
    }
    let _ = writeln!(out, "CAUSE: {} ({})", best.cause.id, certainty(best));
    let _ = writeln!(out, "OWNER: {}", best.owner());
    if let Some(team) = around.team.as_ref().filter(|team| !team.is_empty()) {
        let _ = writeln!(out, "TEAM: {}", one_line(team));
    }
    out.push_str("\nWHAT TO DO\n");
    if let Some(account) = &around.elsewhere {
        let _ = writeln!(out, "In account {account}:");
    }
    steps(best, &mut out);
    let mut reasons = String::new();
    why(report, best, around, &mut reasons);
    if !reasons.is_empty() {
        let _ = write!(out, "\nWHY\n{reasons}");
    }
    others(report, best, &mut out);
    if !matches!(report.task.source, Source::Forecast(_)) {
        said(report, best, &mut out);
    }
    footer(report, best, around, &mut out);
    out
}

/// The verdict, with its proof by name.
pub(super) fn certainty(diagnosis: &Diagnosis) -> String {
    match (diagnosis.verdict, diagnosis.state_read) {
        (Verdict::Confirmed, _) => match proof(diagnosis) {
            Some("stoppedReason") => "confirmed by ECS's message".to_owned(),
            // A source that is not a call of AWS's API is a thing.
            Some(source) if source.starts_with(|letter: char| letter.is_ascii_lowercase()) => {
                format!("confirmed by the {source}")
            }
            Some(source) => format!("confirmed by {source}"),
            None => "confirmed".to_owned(),
        },
        (verdict, StateRead::NotQueried) => format!("{verdict}: AWS was not queried"),
        (verdict, StateRead::Unanswered) => format!("{verdict}: AWS's state could not be read"),
        (verdict, StateRead::Answered) => format!("{verdict}: not proved by AWS's state"),
    }
}

/// The call or file that proves a confirmed diagnosis.
fn proof(diagnosis: &Diagnosis) -> Option<&'static str> {
    let seen = diagnosis.findings.iter().find(|finding| finding.kind != FindingKind::Unknown);
    seen.filter(|_| diagnosis.verdict == Verdict::Confirmed).and_then(|finding| finding.source)
}

/// What to do, a step after the other. A policy is printed once: in the command that carries it, or by
/// itself.
fn steps(diagnosis: &Diagnosis, out: &mut String) {
    let fix = &diagnosis.fix;
    let mut policy = fix.policy_apart();
    for (number, step) in (1..).zip(&fix.steps) {
        let text = capitalized(&step.text);
        let number = if fix.steps.len() > 1 { format!("{number}. ") } else { String::new() };
        let _ = writeln!(out, "{number}{text}{}", if step.commands.is_empty() { "" } else { ":" });
        if let Some(policy) = policy.take() {
            let _ = writeln!(out, "{policy}");
        }
        for command in &step.commands {
            let _ = writeln!(out, "{command}");
        }
    }
}

fn why(report: &Report<'_>, best: &Diagnosis, around: &Surroundings, out: &mut String) {
    let proof = proof(best);
    for finding in &best.findings {
        // What the cause's line names as the proof is not named again.
        let is_named = proof.is_some() && finding.source == proof;
        let text = if is_named { finding.text.clone() } else { finding.sourced() };
        let _ = writeln!(out, "- {}: {text}", label(finding.kind));
    }
    // The terminal draws the whole path. A phone has the hops that do not pass, and that no finding
    // names.
    let is_found = |why: &String| best.findings.iter().any(|finding| finding.text.starts_with(why));
    let hops = best.path.iter().flat_map(|path| &path.hops);
    let hops = hops.filter(|hop| matches!(hop.state, State::Broken | State::Unsure));
    for hop in hops.filter(|hop| !hop.why.as_ref().is_some_and(is_found)) {
        let _ = writeln!(out, "- {}: {}", hop.state.word(), hop.what);
    }
    let references = &best.culprit.references;
    let is_named = names_it(report.task, best);
    for reference in references.iter().take(REFERENCES) {
        let said = &report.symptoms[best.symptom].reason.text;
        let is_shown = is_named
            || [&best.title, said]
                .into_iter()
                .chain(best.findings.iter().map(|finding| &finding.text))
                .any(|text| text.contains(&reference.value_from));
        let value = if is_shown { String::new() } else { format!(": {}", reference.value_from) };
        let _ = writeln!(out, "- {}{value}", asked_for(reference));
    }
    if references.len() > REFERENCES {
        let _ = writeln!(out, "- and {} more references", references.len() - REFERENCES);
    }
    for change in &around.changes {
        let _ = writeln!(out, "- {}", change.trim_start());
    }
    // A number of several would say nothing; the journal lists them.
    let mut ruled_out = siblings(report, best).filter(|other| other.verdict == Verdict::RuledOut);
    if let (Some(one), None) = (ruled_out.next(), ruled_out.next()) {
        let _ = writeln!(out, "- Ruled out: {}", one.cause.id);
    }
}

/// Whether the title names the one thing to which all references of the culprit refer, of the task's own
/// account and Region.
fn names_it(task: &Task, best: &Diagnosis) -> bool {
    let thing = |reference: &'_ Reference| match reference.target() {
        Some(Target::Secret(secret)) => secret.arn.to_owned(),
        _ => reference.value_from.clone(),
    };
    let mut things = best.culprit.references.iter().map(thing);
    let Some((name, first)) = best.culprit.id.as_ref().zip(things.next()) else { return false };
    let is_own = Arn::parse(&first).is_none_or(|arn| {
        task.account.as_deref() == Some(arn.account) && task.region.as_deref() == Some(arn.region)
    });
    is_own && best.title.contains(name) && first.contains(name) && things.all(|other| other == first)
}

/// What became of something looked for, in words.
pub(super) const fn label(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Found => "Found",
        FindingKind::Missing => "Not found",
        FindingKind::Unknown => "Not checked",
    }
}

/// Where the definition refers to it: the variable's name first, which is what people know it by.
pub(super) fn asked_for(reference: &Reference) -> String {
    let of = |container: &String| format!(" of container {container}");
    let container = reference.container.as_ref().map(of).unwrap_or_default();
    format!("Used as {}{container}", reference.label())
}

fn siblings<'r>(report: &'r Report<'_>, best: &'r Diagnosis) -> impl Iterator<Item = &'r Diagnosis> {
    report.diagnoses.iter().filter(|other| other.symptom == best.symptom && other.cause.id != best.cause.id)
}

/// What else it can be, where the best is not proved, and what else went wrong.
fn others(report: &Report<'_>, best: &Diagnosis, out: &mut String) {
    let is_proved = best.verdict == Verdict::Confirmed;
    let standing: Vec<&Diagnosis> = siblings(report, best)
        .filter(|other| {
            if is_proved { other.verdict == Verdict::Confirmed } else { other.verdict != Verdict::RuledOut }
        })
        .collect();
    if !standing.is_empty() {
        out.push_str(if is_proved { "\nALSO CONFIRMED\n" } else { "\nIF THAT IS NOT IT\n" });
    }
    for (place, other) in standing.iter().take(OTHERS).enumerate() {
        // The next best is worth its fix; the others have `explain`.
        let fix = if place == 0 { other.fix.in_short() } else { "" };
        let fix = if fix.is_empty() { String::new() } else { format!(". {}", capitalized(fix)) };
        let _ = writeln!(out, "- {} ({}, {}){fix}", capitalized(&other.title), other.cause.id, other.verdict);
    }
    let named: Vec<&str> = standing.iter().skip(OTHERS).map(|other| other.cause.id).collect();
    match &named[..] {
        [] => {}
        [one] => drop(writeln!(out, "- Or {one}")),
        more => drop(writeln!(out, "- Or one of {} other causes, which the journal lists", more.len())),
    }
    let mut seen = BTreeSet::from([best.symptom]);
    let further: Vec<&Diagnosis> =
        report.diagnoses.iter().filter(|other| seen.insert(other.symptom)).collect();
    if !further.is_empty() {
        out.push_str("\nALSO\n");
    }
    for other in further {
        let _ = writeln!(out, "- {} ({}, {})", capitalized(&other.title), other.cause.id, other.verdict);
        for command in other.fix.steps.first().into_iter().flat_map(|step| &step.commands) {
            let _ = writeln!(out, "{command}");
        }
    }
}

/// ECS's own words, from the last error that wraps no other.
fn said(report: &Report<'_>, best: &Diagnosis, out: &mut String) {
    let read = &report.symptoms[best.symptom];
    let cut = if read.symptom.truncated { " (cut off by ECS)" } else { "" };
    let who = if read.reason.is_of_log() { "THE APPLICATION" } else { "ECS" };
    let place = match (read.reason.field.as_str(), &read.reason.container) {
        ("stoppedReason", None) => ": ".to_owned(),
        (field, None) => format!(" ({field})\n"),
        (field, Some(container)) => format!(" ({field}, container {container})\n"),
    };
    let words = last_words(&one_line(&read.reason.text), &read.deciding(), [">>> ", " <<<"]);
    let _ = writeln!(out, "\n{who} SAID{place}{words}{cut}");
}

fn footer(report: &Report<'_>, best: &Diagnosis, around: &Surroundings, out: &mut String) {
    // A label would have a row of its own: a link is longer than a row, and goes to the next one whole.
    out.push('\n');
    for link in around.console.iter().chain(&runbook(best.cause, around)) {
        let _ = writeln!(out, "{link}");
    }
    let task = report.task;
    let id = task.id().map(|id| format!(" {}", short(id)));
    let about = task.task_definition_name().map(|name| format!(" ({name})"));
    // With an incident the impact says when the last task failed.
    let stopped = task.stopped_at.map(|at| format!(", {}", crate::context::minute(at)));
    let incident = around.incident.as_ref().map(|id| format!(", incident {}", short(id)));
    let facts: String = [id, about, incident.or(stopped)].into_iter().flatten().collect();
    let what = match task.source {
        Source::Forecast(Forecast::NextTask) => "Next task",
        Source::Forecast(_) => "Deployment",
        _ => "Task",
    };
    if !facts.is_empty() {
        let _ = writeln!(out, "{what}{facts}");
    }
}

/// Where to read what the cause is: made of the cause's own record and the function's own settings, and of
/// nothing that comes with a task.
pub(super) fn runbook(cause: &Cause, around: &Surroundings) -> Option<String> {
    match &around.runbooks {
        Some(base) => Some(format!("{base}{}", cause.id)),
        None => cause.references.first().map(ToString::to_string),
    }
}

/// Who it happened to, and where.
pub(super) fn place(task: &Task) -> String {
    let what = match &task.workload {
        Some(workload) if workload.is_service => format!("service {}", workload.name),
        Some(workload) => format!("task of family {}", workload.name),
        None => "task".to_owned(),
    };
    let cluster = task.cluster.as_ref().map(|cluster| format!(" in cluster {cluster}")).unwrap_or_default();
    format!("{what}{cluster}{}", account_and_region(task))
}

/// The same in few words.
fn short_place(task: &Task) -> String {
    let name = match &task.workload {
        Some(workload) if workload.is_service => workload.name.clone(),
        Some(workload) => format!("task of family {}", workload.name),
        None => "task".to_owned(),
    };
    let cluster = task.cluster.as_ref().map(|cluster| format!(" in {cluster}")).unwrap_or_default();
    format!("{name}{cluster}{}", account_and_region(task))
}

fn account_and_region(task: &Task) -> String {
    let place: Vec<&str> = [&task.region, &task.account].into_iter().flatten().map(String::as_str).collect();
    if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) }
}

/// The beginning of an id, by which the journal finds the whole one: of one in parts, that of the last.
fn short(id: &str) -> &str {
    let last = id.rfind('-').map_or(0, |at| at + 1);
    &id[..id.floor_char_boundary(last + SHORT_ID)]
}

/// The same as the beginning of a sentence. A name that begins it stays as it is.
pub(super) fn capitalized(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if is_word => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn an_id_is_shortened_where_it_still_identifies() {
        for (id, shortened) in [
            ("9d8048ad5abfc9a92a96b60b2b7af9b5", "9d8048ad5abf"),
            ("deployment-9d8048ad5abfc9a92a96b60b2b7af9b5", "deployment-9d8048ad5abf"),
            ("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"),
            ("short", "short"),
            ("", ""),
        ] {
            assert_eq!(short(id), shortened);
        }
    }
}
