//! The diagnosis as a person reads it, laid out like a good compiler's error.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::body::place;
use super::reason_lines;
use crate::causes::{FindingKind, Verdict};
use crate::diagnosis::{Diagnosis, Looked, Report};
use crate::event::Task;
use crate::network::draw;
use crate::reason::{Fault, Span, Symptom};
use crate::redact::one_line;
use crate::task_definition::{Reference, ReferenceKind, Target};

/// Whether to colour the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain.
    Off,
    /// With ANSI escapes.
    On,
}

impl Colour {
    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Off => text.to_owned(),
            Self::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn quiet(self, text: &str) -> String {
        self.paint("34", text)
    }
}

/// How a diagnosis is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether in color.
    pub colour: Colour,
    /// Whether with the errors in which ECS wrapped the one that tells.
    pub full: bool,
    /// Whether with the fix for templates.
    pub snippets: bool,
}

impl From<Colour> for Style {
    fn from(colour: Colour) -> Self {
        Self { colour, full: false, snippets: false }
    }
}

/// Alternatives shown in full; more are named.
const ALTERNATIVES_SHOWN: usize = 2;
/// Lines of ECS's words that are shown before the deciding ones.
const WRAPPERS: usize = 1;
/// References shown in full; more are counted.
const REFERENCES_SHOWN: usize = 6;

/// The whole report. Ends with a line break.
#[must_use]
pub fn render(report: &Report<'_>, style: impl Into<Style>) -> String {
    let style = style.into();
    let colour = style.colour;
    let mut out = String::new();
    if report.diagnoses.is_empty() {
        let why = report.symptoms.first().map(|told| format!(": {}", one_line(told.reason.text.trim()))).unwrap_or_default();
        // The tasks behind a failed deployment, or the person behind a stop, tell what this record does not.
        let wrong = !report.task.ended_well() && report.symptoms.iter().any(|told| !told.symptom.is_normal());
        let verdict = if wrong { "nothing to diagnose" } else { "nothing wrong" };
        let _ = writeln!(out, "{}: {}{why}", colour.strong(verdict), subject(report.task));
        return out;
    }
    let mut before = None;
    for same in report.diagnoses.chunk_by(|one, other| one.symptom == other.symptom) {
        let field = &report.symptoms[same[0].symptom].reason.field;
        if before.is_some() {
            out.push('\n');
        }
        block(report, &same[0], before == Some(field), style, &mut out);
        alternatives(&same[0], &same[1..], colour, &mut out);
        before = Some(field);
    }
    if let Some(last) = ending(report.task) {
        let _ = writeln!(out, "  {last}");
    }
    out
}

/// One symptom with its best diagnosis; `again` where the reason was shown whole just before.
fn block(report: &Report<'_>, diagnosis: &Diagnosis, again: bool, style: Style, out: &mut String) {
    let colour = style.colour;
    let told = &report.symptoms[diagnosis.symptom];
    let _ = writeln!(out, "{}: {}", colour.bad(&format!("error[{}]", diagnosis.cause.id)), colour.strong(&diagnosis.title));
    if !again {
        let _ = writeln!(out, "  {}", subject(report.task));
    }
    let container = told.reason.container.as_ref().map(|name| format!(" (container {name})")).unwrap_or_default();
    let _ = writeln!(out, "  {} {}{container}", colour.quiet("-->"), told.reason.field);
    reason(&one_line(&told.reason.text), &told.deciding(), told.symptom.truncated, again || !style.full, colour, out);
    let name = report.task.task_definition_name().unwrap_or("task definition");
    told_of(name, diagnosis, &told.symptom, style, out);
}

/// Where the definition mentions it, how sure it is and why, and what fixes it.
fn told_of(definition: &str, diagnosis: &Diagnosis, symptom: &Symptom, style: Style, out: &mut String) {
    let means = (!diagnosis.cause.is_general()).then(|| meaning(diagnosis));
    block_of(definition, diagnosis, symptom, means, style, out);
}

/// The same of what has not failed yet: ECS said nothing.
pub(super) fn foretold(definition: &str, diagnosis: &Diagnosis, symptom: &Symptom, colour: Colour, out: &mut String) {
    let means = match diagnosis.verdict {
        Verdict::Confirmed => meaning(diagnosis),
        Verdict::Possible => "AWS's state says so now, and the deployment may change it",
        _ => "AWS's state supports it, and something is missing for a proof",
    };
    block_of(definition, diagnosis, symptom, Some(means), colour.into(), out);
}

fn block_of(definition: &str, diagnosis: &Diagnosis, symptom: &Symptom, means: Option<&str>, style: Style, out: &mut String) {
    let colour = style.colour;
    references(definition, diagnosis, symptom, colour, out);
    if let Some(means) = means {
        let _ = writeln!(out, "  verdict: {} ({means})", colour.strong(diagnosis.verdict.as_str()));
    }
    for finding in &diagnosis.findings {
        let kind = match finding.kind {
            FindingKind::Found => "found  ",
            FindingKind::Missing => "missing",
            FindingKind::Unknown => "unknown",
        };
        let _ = writeln!(out, "    {} {}", colour.quiet(kind), finding.sourced());
    }
    for line in diagnosis.path.iter().flat_map(draw) {
        let _ = writeln!(out, "      {line}");
    }
    fix(diagnosis, style, out);
}

/// ECS's words; in short those in which the deciding ones stand, and what they wrap around.
fn reason(text: &str, span: &Span, truncated: bool, short: bool, colour: Colour, out: &mut String) {
    let bar = colour.quiet("|");
    let lines = reason_lines::fold(text, span);
    let last_marked = lines.iter().rposition(|line| line.marked.is_some());
    let first_marked = lines.iter().position(|line| line.marked.is_some());
    let is_shown = |at: usize| !short || first_marked.is_none_or(|first| at + WRAPPERS >= first) && last_marked.is_none_or(|last| at <= last);
    if !is_shown(0) {
        let _ = writeln!(out, "   {bar}  ...");
    }
    for (at, line) in lines.iter().enumerate().filter(|(at, _)| is_shown(*at)) {
        let _ = writeln!(out, "   {bar}  {}", line.text);
        if let Some(marked) = &line.marked {
            let says = if Some(at) == last_marked { " ECS says this" } else { "" };
            let _ = writeln!(out, "   {bar}  {}{}", " ".repeat(marked.start), colour.bad(&format!("{}{says}", "^".repeat(marked.len()))));
        }
    }
    if truncated {
        let _ = writeln!(out, "   {bar}  {}", colour.quiet("(cut off here by ECS)"));
    }
}

fn references(name: &str, diagnosis: &Diagnosis, symptom: &Symptom, colour: Colour, out: &mut String) {
    let all = &diagnosis.culprit.references;
    let bar = colour.quiet("|");
    for reference in all.iter().take(REFERENCES_SHOWN) {
        let container = reference.container.as_ref().map(|name| format!(", container {name}")).unwrap_or_default();
        let _ = writeln!(out, "  {} {name}{container}, {}", colour.quiet("-->"), reference.field);
        let label = match (&reference.name, reference.kind) {
            (Some(name), ReferenceKind::Secret) => format!("{name}  valueFrom: "),
            (Some(name), _) => format!("{name}: "),
            (None, _) => String::new(),
        };
        let _ = writeln!(out, "   {bar}  {label}{}", reference.value_from);
        if let Some((marked, says)) = marked_part(reference, symptom) {
            let before = label.width() + reference.value_from[..marked.start].width();
            let width = reference.value_from[marked].width();
            let _ = writeln!(out, "   {bar}  {}{}", " ".repeat(before), colour.bad(&format!("{} {says}", "^".repeat(width))));
        }
    }
    if all.len() > REFERENCES_SHOWN {
        let _ = writeln!(out, "      and {} more", all.len() - REFERENCES_SHOWN);
    }
}

/// The part of a reference that the fault is about.
fn marked_part(reference: &Reference, symptom: &Symptom) -> Option<(std::ops::Range<usize>, &'static str)> {
    let target = reference.target()?;
    let Target::Secret(secret) = target else { return None };
    let after_name = secret.arn.len()..reference.value_from.len();
    match symptom.fault {
        Fault::JsonKeyMissing | Fault::NotJson => {
            let key = secret.json_key?;
            let from = after_name.start + reference.value_from[after_name].find(key)?;
            Some((from..from + key.len(), "asks for this key"))
        }
        Fault::BadReference if target.malformation().is_some() && !after_name.is_empty() => Some((after_name, "not a valid ending")),
        _ => None,
    }
}

fn fix(diagnosis: &Diagnosis, style: Style, out: &mut String) {
    let colour = style.colour;
    let fix = &diagnosis.fix;
    let _ = writeln!(out, "  {} (owner: {})", colour.strong("fix"), diagnosis.owner());
    // In a command the policy stands already.
    let mut policy = fix.policy_apart();
    for (number, step) in (1..).zip(&fix.steps) {
        let number = if fix.steps.len() > 1 { format!("{number}. ") } else { String::new() };
        let _ = writeln!(out, "    {number}{}", step.text);
        let pretty = policy.take().and_then(|policy| serde_json::to_string_pretty(policy.as_json()).ok());
        for line in pretty.iter().flat_map(|pretty| pretty.lines()) {
            let _ = writeln!(out, "      {line}");
        }
        for command in &step.commands {
            let _ = writeln!(out, "    $ {command}");
        }
    }
    // A template is worth changing for what is proved.
    for snippet in fix.snippets.iter().filter(|_| style.snippets && diagnosis.verdict == Verdict::Confirmed) {
        let _ = writeln!(out, "    {}", colour.quiet(&format!("in {}", snippet.tool())));
        for line in snippet.text().lines() {
            let _ = writeln!(out, "      {line}");
        }
    }
}

/// What else fits, and the look that decides; what the best diagnosis already says is not said again. Beside a proof the others are named only.
fn alternatives(best: &Diagnosis, others: &[Diagnosis], colour: Colour, out: &mut String) {
    let (standing, ruled_out): (Vec<&Diagnosis>, Vec<&Diagnosis>) = others.iter().partition(|diagnosis| diagnosis.verdict != Verdict::RuledOut);
    let proved = best.verdict == Verdict::Confirmed;
    let as_good = standing.iter().take_while(|diagnosis| !proved || diagnosis.verdict == Verdict::Confirmed).count();
    let (shown, named) = standing.split_at(as_good.min(ALTERNATIVES_SHOWN));
    for diagnosis in shown {
        let _ = writeln!(out, "  {}: {} ({})", colour.strong(&format!("or [{}]", diagnosis.cause.id)), diagnosis.title, diagnosis.verdict);
        let _ = writeln!(out, "    {}", diagnosis.fix.text);
        if let Some(command) = diagnosis.fix.commands.first() {
            let _ = writeln!(out, "    $ {command}");
        }
    }
    let ids = |diagnoses: &[&Diagnosis]| diagnoses.iter().map(|diagnosis| diagnosis.cause.id).collect::<Vec<_>>().join(", ");
    if !named.is_empty() && !proved {
        let _ = writeln!(out, "  {}: {}; `ecs-triage explain CAUSE` says how to tell them apart", colour.strong("or"), ids(named));
    }
    if !ruled_out.is_empty() {
        let _ = writeln!(out, "  {}: {}", colour.strong("ruled out"), ids(&ruled_out));
    }
}

fn meaning(diagnosis: &Diagnosis) -> &'static str {
    match (diagnosis.verdict, diagnosis.looked) {
        (Verdict::Confirmed, _) => "AWS's state or the task definition proves it",
        (Verdict::Likely, Looked::NotAsked) => "from ECS's message alone; AWS was not queried",
        (Verdict::Likely, Looked::NotTold) => "from ECS's message; AWS's state could not be read",
        (Verdict::Likely, Looked::Told) => "from ECS's message; AWS's state does not prove it",
        (Verdict::Possible, Looked::NotAsked) => "several causes fit ECS's message; AWS was not queried",
        (Verdict::Possible, Looked::NotTold) => "several causes fit ECS's message; AWS's state could not be read",
        (Verdict::Possible, Looked::Told) => "fits ECS's message; AWS's state does not prove it",
        (Verdict::RuledOut, _) => "disproved",
    }
}

/// Who it happened to, as a clause without a verb.
pub(super) fn subject(task: &Task) -> String {
    let definition = task.task_definition_name().map(|name| format!(", task definition {name}")).unwrap_or_default();
    let launch = task.launch_type.as_ref().map(|launch| format!(", {launch}")).unwrap_or_default();
    format!("{}{definition}{launch}", place(task))
}

fn ending(task: &Task) -> Option<String> {
    let id = task.id();
    match (id, task.stopped_at) {
        (Some(id), Some(at)) => Some(format!("task {id}, stopped {at}")),
        (Some(id), None) => Some(format!("task {id}")),
        (None, Some(at)) => Some(format!("at {at}")),
        (None, None) => None,
    }
}
