//! The SNS notice: subject, body, and the attributes that filter policies select by.

use super::text::{self, Colour};
use crate::diagnosis::Report;

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

/// The notice of a report; `None` where there is nothing to announce.
#[must_use]
pub fn notice(report: &Report<'_>) -> Option<Notice> {
    let best = report.diagnoses.first()?;
    let symptom = &report.symptoms[best.symptom].symptom;
    let task = report.task;
    let workload = task.workload.as_ref().map(|workload| workload.name.clone());
    let attributes = [
        ("state", Some("opened".to_owned())),
        ("cause", Some(best.cause.id.to_owned())),
        ("verdict", Some(best.verdict.to_string())),
        ("owner", Some(best.cause.owner.to_string())),
        ("step", Some(symptom.step.to_string())),
        ("fault", Some(symptom.fault.to_string())),
        ("cluster", task.cluster.clone()),
        ("workload", workload.clone()),
        ("account", task.account.clone()),
        ("region", task.region.clone()),
    ];
    let attributes = attributes.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect();
    let place: Vec<&str> = [&task.cluster, &workload].into_iter().flatten().map(String::as_str).collect();
    let place = if place.is_empty() { "ECS task".to_owned() } else { place.join("/") };
    Some(Notice { subject: subject(&format!("{place}: {}", best.title)), body: body(text::render(report, Colour::Off)), attributes })
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
