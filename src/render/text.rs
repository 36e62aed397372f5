//! The diagnosis as a person reads it, laid out like a good compiler's error.

use unicode_width::UnicodeWidthStr;

use super::body::{certainty, place};
use super::page::{Page, Tone};
use super::reason_lines::{cut, fold};
use super::wrap::prose;
use crate::causes::{FindingKind, Verdict};
use crate::context::minute;
use crate::diagnosis::{Diagnosis, ReadSymptom, Report};
use crate::event::{Source, Task};
use crate::network::{Path, draw};
use crate::reason::{Fault, Symptom};
use crate::redact::one_line;
use crate::task_definition::{Reference, ReferenceKind, Target};

/// Whether to color the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colour {
    /// Plain.
    #[default]
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

    /// Bold magenta, as compilers have it: yellow cannot be read on a light terminal.
    pub(super) fn warning(self, text: &str) -> String {
        self.paint("1;35", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Bold and bright: plain blue cannot be seen on a dark terminal.
    pub(super) fn quiet(self, text: &str) -> String {
        self.paint("1;94", text)
    }
}

/// How a diagnosis is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether in color.
    pub colour: Colour,
    /// The columns of the terminal, to which text is wrapped; without them it is not.
    pub width: Option<usize>,
    /// Whether with the errors in which ECS wrapped the deciding one, and with the names of all causes that
    /// are ruled out.
    pub full: bool,
    /// Whether with the fix for templates.
    pub snippets: bool,
}

impl From<Colour> for Style {
    fn from(colour: Colour) -> Self {
        Self { colour, ..Self::default() }
    }
}

/// Alternatives shown in full; more are named.
const ALTERNATIVES_SHOWN: usize = 2;
/// Lines of ECS's words that are shown before the deciding ones.
const WRAPPERS: usize = 1;
/// References shown in full; more are counted.
const REFERENCES_SHOWN: usize = 6;
/// Causes that are ruled out, and named; more are counted.
const RULED_OUT_NAMED: usize = 2;

/// The whole report. Ends with a line break.
#[must_use]
pub fn render(report: &Report<'_>, style: impl Into<Style>) -> String {
    let mut page = Page::new(style.into());
    if report.diagnoses.is_empty() {
        nothing(report, &mut page);
        return page.out;
    }
    let mut before = None;
    for same in report.diagnoses.chunk_by(|one, other| one.symptom == other.symptom) {
        let read = &report.symptoms[same[0].symptom];
        let is_again = before == Some(&read.reason.field);
        if before.is_some() {
            page.blank();
        }
        opening(report, &same[0], read, is_again, &mut page);
        let definition = report.task.task_definition_name().unwrap_or("task definition");
        references(definition, &same[0], &read.symptom, &mut page);
        if !same[0].cause.is_general() {
            verdict(&same[0], &certainty(&same[0]), &mut page);
        }
        evidence(&same[0], &mut page);
        ruled_out(&same[1..], &mut page);
        fix(&same[0], &mut page);
        alternatives(&same[0], &same[1..], &mut page);
        before = Some(&read.reason.field);
    }
    ending(report.task, &mut page);
    page.out
}

/// A task with which nothing is wrong, or whose record does not say what is.
fn nothing(report: &Report<'_>, page: &mut Page) {
    let task = report.task;
    let status = task.last_status.as_deref().filter(|_| !task.has_stopped() || report.symptoms.is_empty());
    let status = status.filter(|status| *status != "STOPPED");
    let said = report.symptoms.first().map(|read| one_line(read.reason.text.trim()));
    // The tasks behind a failed deployment, or the person behind a stop, know what this record does not say.
    let is_wrong = !task.ended_well() && report.symptoms.iter().any(|read| !read.symptom.is_normal());
    let (verdict, why) = match (status, said) {
        (Some(status), said) => {
            ("nothing to diagnose", format!(" is {status}, not stopped{}", after_colon(said.as_deref())))
        }
        (None, Some(said)) if is_wrong => ("nothing to diagnose", format!(": {said}")),
        (None, None) if report.is_without_reason() => (
            "not diagnosed",
            format!(": the record gives no reason{}", after_colon(task.stop_code.as_deref())),
        ),
        (None, said) => {
            let event = match &task.source {
                Source::ServiceEvent(name) | Source::DeploymentEvent(name) => Some(name.as_str()),
                _ => task.stop_code.as_deref(),
            };
            ("nothing wrong", after_colon(said.as_deref().or(event)))
        }
    };
    page.step(&format!("{verdict}: "), &format!("{}{why}", subject(task)));
}

fn after_colon(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).map(|text| format!(": {text}")).unwrap_or_default()
}

/// What happened, to which workload, and ECS's words.
fn opening(
    report: &Report<'_>,
    diagnosis: &Diagnosis,
    read: &ReadSymptom<'_>,
    is_again: bool,
    page: &mut Page,
) {
    let is_error = report.is_start_failure();
    page.heading(
        &format!("{}[{}]", if is_error { "error" } else { "warning" }, diagnosis.cause.id),
        is_error,
        &diagnosis.title,
    );
    if !is_again {
        let container =
            read.reason.container.as_ref().map(|name| format!(", container {name}")).unwrap_or_default();
        page.place(&format!("{}{container}", subject(report.task)));
    }
    said(read, is_again || !page.style.full, page);
}

/// What would happen, of a definition that has not failed yet: ECS said nothing.
pub(super) fn write_problem(
    definition: &str,
    diagnosis: &Diagnosis,
    symptom: &Symptom,
    mark: impl FnOnce(&mut Page),
    page: &mut Page,
) {
    let is_confirmed = diagnosis.verdict == Verdict::Confirmed;
    page.heading(
        &format!("{}[{}]", if is_confirmed { "error" } else { "warning" }, diagnosis.cause.id),
        is_confirmed,
        &diagnosis.title,
    );
    mark(page);
    references(definition, diagnosis, symptom, page);
    let why = match diagnosis.verdict {
        Verdict::Possible => "AWS's state says so now, and the deployment may change it",
        _ => "AWS's state supports it, and something is missing for a proof",
    };
    verdict(diagnosis, &format!("{}: {why}", diagnosis.verdict), page);
    evidence(diagnosis, page);
    fix(diagnosis, page);
}

/// ECS's words; in short those with the deciding ones, and what they wrap.
fn said(read: &ReadSymptom<'_>, is_short: bool, page: &mut Page) {
    let text = one_line(&read.reason.text);
    let lines = fold(&text, &read.deciding(), page.behind_bar());
    let last_marked = lines.iter().rposition(|line| line.marked.is_some());
    let first_marked = lines.iter().position(|line| line.marked.is_some());
    // The rest of a word alone says nothing.
    let first = first_marked.map_or(0, |first| first.saturating_sub(WRAPPERS));
    let begins = |at: &usize| lines.get(*at).is_none_or(|line| !line.is_rest);
    let first = (0..=first).rev().find(begins).unwrap_or(0);
    let is_shown = |at: usize| !is_short || at >= first && last_marked.is_none_or(|last| at <= last);
    if !is_shown(0) {
        page.aside("...");
    }
    for (at, line) in lines.iter().enumerate().filter(|(at, _)| is_shown(*at)) {
        let says = if read.reason.is_of_log() { "the application says this" } else { "ECS says this" };
        page.quoted(line, if Some(at) == last_marked { says } else { "" });
    }
    if read.symptom.truncated {
        page.aside("(cut off here by ECS)");
    }
}

/// Where the definition refers to it, the variable's name first.
fn references(definition: &str, diagnosis: &Diagnosis, symptom: &Symptom, page: &mut Page) {
    let all = &diagnosis.culprit.references;
    for reference in all.iter().take(REFERENCES_SHOWN) {
        let container =
            reference.container.as_ref().map(|name| format!("container {name}, ")).unwrap_or_default();
        let name = reference.name.as_ref().map(|name| format!("{name}, ")).unwrap_or_default();
        page.place(&format!("{name}{container}{} of {definition}", reference.field));
        let label = if reference.kind == ReferenceKind::Secret { "valueFrom: " } else { "" };
        let (span, says) = marked_part(reference, symptom).unwrap_or_default();
        let span = label.len() + span.start..label.len() + span.end;
        for line in cut(&format!("{label}{}", reference.value_from), &span, page.behind_bar()) {
            page.quoted(&line, says);
        }
    }
    if all.len() > REFERENCES_SHOWN {
        page.place(&format!("{} more references of {definition}", all.len() - REFERENCES_SHOWN));
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
        Fault::BadReference if target.malformation().is_some() && !after_name.is_empty() => {
            Some((after_name, "not a valid ending"))
        }
        _ => None,
    }
}

/// How sure it is: by its proof, or by what there is in place of one.
fn verdict(diagnosis: &Diagnosis, otherwise: &str, page: &mut Page) {
    if diagnosis.verdict == Verdict::Confirmed {
        if proof(diagnosis).is_none() {
            page.note("confirmed", Tone::Proved, "");
        }
        return;
    }
    let (label, text) = otherwise.split_once(": ").unwrap_or((otherwise, ""));
    page.note(label, Tone::Unproved, text);
}

/// The finding that proves a diagnosis.
fn proof(diagnosis: &Diagnosis) -> Option<usize> {
    let is_proof = |kind: FindingKind| kind != FindingKind::Unknown;
    diagnosis
        .findings
        .iter()
        .position(|finding| is_proof(finding.kind))
        .filter(|_| diagnosis.verdict == Verdict::Confirmed)
}

/// What was found, was not found, or was not checked, and the way through the network.
fn evidence(diagnosis: &Diagnosis, page: &mut Page) {
    let proof = proof(diagnosis);
    for (at, finding) in diagnosis.findings.iter().enumerate() {
        let is_proof = Some(at) == proof;
        let label = match (finding.kind, is_proof) {
            (FindingKind::Found, true) => "confirmed",
            (FindingKind::Missing, true) => "confirmed, not found",
            (FindingKind::Found, false) => "found",
            (FindingKind::Missing, false) => "not found",
            (FindingKind::Unknown, _) => "not checked",
        };
        page.note(label, if is_proof { Tone::Proved } else { Tone::Plain }, &finding.sourced());
    }
    if let Some(way) = &diagnosis.path {
        path(way, page);
    }
}

/// The way, drawn where the drawing finds room, else a hop after the other with its state first.
fn path(path: &Path, page: &mut Page) {
    let drawn = draw(path);
    page.note("path", Tone::Plain, "");
    let widest = drawn.iter().map(|line| line.width()).max().unwrap_or(0);
    if page.columns().is_none_or(|columns| widest + "     ".len() <= columns) {
        for line in drawn {
            let line = ends_painted(&line, page);
            page.line(&format!("     {line}"));
        }
        return;
    }
    let hops = path.hops.iter().map(|hop| (format!("{:<5} ", hop.state.word()), hop.what.as_str()));
    let [from, to] = [&path.from, &path.to].map(|end| (String::new(), end.as_str()));
    for (state, what) in std::iter::once(from).chain(hops).chain([to]) {
        let first = format!("     {state}");
        for line in prose(&first, first.len(), what, page.columns()) {
            page.line(&line);
        }
    }
}

/// A line of a drawing, with the state at its end in its color.
fn ends_painted(line: &str, page: &Page) -> String {
    let paint = |end: &str, paint: fn(Colour, &str) -> String| {
        line.strip_suffix(end)
            .filter(|rest| rest.ends_with("  "))
            .map(|rest| format!("{rest}{}", paint(page.colour(), end)))
    };
    paint("BROKEN", Colour::bad).or_else(|| paint("ok", Colour::good)).unwrap_or_else(|| line.to_owned())
}

/// What the state disproves.
fn ruled_out(others: &[Diagnosis], page: &mut Page) {
    let ids: Vec<&str> = others
        .iter()
        .filter(|other| other.verdict == Verdict::RuledOut)
        .map(|other| other.cause.id)
        .collect();
    match ids.len() {
        0 => {}
        count if count > RULED_OUT_NAMED && !page.style.full => {
            page.note("ruled out", Tone::Plain, &format!("{count} other causes (--full names them)"));
        }
        _ => page.note("ruled out", Tone::Plain, &ids.join(", ")),
    }
}

/// What to do and what to type, and who can.
fn fix(diagnosis: &Diagnosis, page: &mut Page) {
    let fix = &diagnosis.fix;
    let owner = format!("(owner: {})", diagnosis.owner());
    let is_one = fix.steps.len() == 1;
    if !is_one {
        page.step("help: ", &owner);
    }
    // The policy is in a command already.
    let mut policy = fix.policy_apart();
    for (number, step) in (1..).zip(&fix.steps) {
        if is_one {
            page.step("help: ", &format!("{} {owner}", step.text));
        } else {
            page.step(&format!("   {number}. "), &step.text);
        }
        let pretty = policy.take().and_then(|policy| serde_json::to_string_pretty(policy.as_json()).ok());
        if let Some(pretty) = &pretty {
            page.copied(pretty);
        }
        step.commands.iter().for_each(|command| page.copied(command.as_str()));
    }
    // A template is worth changing for what is proved.
    let is_template_worth_it = page.style.snippets && diagnosis.verdict == Verdict::Confirmed;
    for snippet in fix.snippets.iter().filter(|_| is_template_worth_it) {
        page.step("   in ", &format!("{}:", snippet.tool()));
        page.copied(snippet.text());
    }
}

/// What else fits, and the question that decides between them; what the best diagnosis already says is not
/// repeated. Where the best is proved only proved ones are listed.
fn alternatives(best: &Diagnosis, others: &[Diagnosis], page: &mut Page) {
    let is_proved = best.verdict == Verdict::Confirmed;
    let standing: Vec<&Diagnosis> =
        others.iter().filter(|other| other.verdict != Verdict::RuledOut).collect();
    let as_good =
        standing.iter().take_while(|other| !is_proved || other.verdict == Verdict::Confirmed).count();
    let (shown, named) = standing.split_at(as_good.min(ALTERNATIVES_SHOWN));
    for other in shown {
        page.step("note: ", &format!("or [{}]: {} ({})", other.cause.id, other.title, other.verdict));
        // How the task is started again, the best diagnosis says.
        page.step("   ", other.fix.in_short());
        let first = other.fix.steps.first().and_then(|step| step.commands.first());
        if let Some(command) = first {
            page.copied(command.as_str());
        }
    }
    if !named.is_empty() && !is_proved {
        let ids: Vec<&str> = named.iter().map(|other| other.cause.id).collect();
        page.step(
            "note: ",
            &format!("or {}; `ecs-triage explain CAUSE` says how to tell them apart", ids.join(", ")),
        );
    }
}

/// Who it happened to, as a clause without a verb.
pub(super) fn subject(task: &Task) -> String {
    let definition = task.task_definition_name().map(|name| format!(", {name}")).unwrap_or_default();
    let launch = task.launch_type.as_ref().map(|launch| format!(", {launch}")).unwrap_or_default();
    format!("{}{definition}{launch}", place(task))
}

fn ending(task: &Task, page: &mut Page) {
    let id = task.id().map(|id| format!("task {id}"));
    let stopped = task.stopped_at.map(|at| format!("stopped {}", minute(at)));
    let notes: Vec<String> = [id, stopped].into_iter().flatten().collect();
    if !notes.is_empty() {
        page.step("note: ", &notes.join(", "));
    }
}
