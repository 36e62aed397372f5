//! The SNS notice: subject, body, and the attributes that filter policies select by.

use std::fmt::Write as _;

use super::text::{self, Colour};
use crate::context::span;
use crate::diagnosis::Report;
use crate::incident::storm::Storm;
use crate::incident::{About, Due, Incident};

/// SNS takes fewer than 100 characters.
const LONGEST_SUBJECT: usize = 99;
/// SNS takes 262,144 bytes, attributes included.
const LONGEST_BODY: usize = 256_000;

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Printable ASCII in one line, at most 99 characters.
    pub subject: String,
    /// The text, at most 256,000 bytes.
    pub body: String,
    /// Name and value, each a String attribute; absent facts have none.
    pub attributes: Vec<(&'static str, String)>,
}

/// The notice of a failure that is in `state`, with lines that tell of what surrounds it; `None` where there is nothing to announce.
#[must_use]
pub fn of(report: &Report<'_>, state: &str, context: &[String]) -> Option<Notice> {
    let best = report.diagnoses.first()?;
    let symptom = &report.symptoms[best.symptom].symptom;
    let task = report.task;
    let workload = task.workload.as_ref().map(|workload| workload.name.clone());
    let values = [
        Some(state.to_owned()),
        Some(best.cause.id.to_owned()),
        Some(best.verdict.to_string()),
        Some(best.cause.owner.to_string()),
        Some(symptom.step.to_string()),
        Some(symptom.fault.to_string()),
        task.cluster.clone(),
        workload.clone(),
        task.account.clone(),
        task.region.clone(),
    ];
    let again = if state == Due::StillFailing.as_str() { "still failing: " } else { "" };
    let mut text = text::render(report, Colour::Off);
    for line in context {
        let _ = writeln!(text, "  {line}");
    }
    let place = place(task.cluster.as_deref(), workload.as_deref());
    Some(Notice { subject: subject(&format!("{place}: {again}{}", best.title)), body: body(text), attributes: attributes(values) })
}

/// The notice of a failure of which nothing is known beside it.
#[must_use]
pub fn notice(report: &Report<'_>) -> Option<Notice> {
    of(report, Due::Opened.as_str(), &[])
}

/// The notice that an incident is over.
#[must_use]
pub fn resolved(incident: &Incident) -> Notice {
    let about = &incident.about;
    let place = place(about.cluster.as_deref(), about.workload.as_deref());
    let until = incident.resolved.unwrap_or(incident.last_seen);
    let lasted = span(until.duration_since(incident.first_seen));
    let tasks = if incident.occurrences == 1 { "1 task".to_owned() } else { format!("{} tasks", incident.occurrences) };
    let text = format!(
        "resolved[{}]: {}\n  {place} is well again since {until}\n  {tasks} failed since {}, the last at {}; it lasted {lasted}\n",
        about.cause, about.title, incident.first_seen, incident.last_seen
    );
    Notice {
        subject: subject(&format!("{place}: resolved after {lasted}: {}", about.title)),
        body: body(text),
        attributes: of_about(Due::Resolved.as_str(), about),
    }
}

/// The notice of many incidents of one kind at once.
#[must_use]
pub fn storm(about: &About, storm: &Storm) -> Notice {
    let place: Vec<&str> = [&about.region, &about.account].into_iter().flatten().map(String::as_str).collect();
    let count = storm.members.len();
    let kind = format!("{}/{}", about.step, about.fault);
    let mut text = format!("storm: {count} workloads fail at once with {kind} ({})\n", place.join(", "));
    let widest = storm.members.iter().map(|member| member.workload.len()).max().unwrap_or(0).min(60);
    for member in &storm.members {
        let _ = writeln!(text, "  {:widest$}  {}{}", member.workload, if member.told { "" } else { "new: " }, member.title);
    }
    text.push_str(
        "  one cause is likely behind them all: look at what they share (a role, a key, a VPC, the service itself); each is diagnosed in the journal\n",
    );
    let about = About { workload: None, cluster: None, ..about.clone() };
    Notice { subject: subject(&format!("storm: {count} workloads fail with {kind}")), body: body(text), attributes: of_about("storm", &about) }
}

const NAMES: [&str; 10] = ["state", "cause", "verdict", "owner", "step", "fault", "cluster", "workload", "account", "region"];

fn attributes(values: [Option<String>; 10]) -> Vec<(&'static str, String)> {
    NAMES.into_iter().zip(values).filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
}

fn of_about(state: &str, about: &About) -> Vec<(&'static str, String)> {
    let word = |word: &str| Some(word.to_owned());
    attributes([
        word(state),
        word(&about.cause),
        word(&about.verdict),
        word(&about.owner),
        word(&about.step),
        word(&about.fault),
        about.cluster.clone(),
        about.workload.clone(),
        about.account.clone(),
        about.region.clone(),
    ])
}

fn place(cluster: Option<&str>, workload: Option<&str>) -> String {
    let place: Vec<&str> = [cluster, workload].into_iter().flatten().collect();
    if place.is_empty() { "ECS task".to_owned() } else { place.join("/") }
}

fn subject(text: &str) -> String {
    let ascii: String = text.chars().map(|letter| if letter == ' ' || letter.is_ascii_graphic() { letter } else { '?' }).collect();
    if ascii.len() <= LONGEST_SUBJECT {
        return ascii;
    }
    format!("{}...", ascii[..LONGEST_SUBJECT - 3].trim_end())
}

fn body(mut text: String) -> String {
    if text.len() > LONGEST_BODY {
        let mut end = LONGEST_BODY - 100;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("\n... cut; the whole diagnosis is in the function's log and in the journal.\n");
    }
    text
}
