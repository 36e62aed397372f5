//! The SNS notice: one for each kind of news, put together of subject, body and attributes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::attributes::{NAMES, TEAM, attributes, facts, of_about, with_team};
use super::body;
use super::subject::{self, LONGEST_SUBJECT, front, short_title, subject};
use crate::causes::{Command, NameKind};
use crate::context::{Surroundings, minute, occurrences, span};
use crate::diagnosis::Report;
use crate::event::{Forecast, Source, Task};
use crate::incident::{Due, Incident};

/// SNS takes 262,144 bytes, attributes included.
const LONGEST_MESSAGE: usize = 262_144;
const LONGEST_BODY: usize = 256_000;
/// What SNS adds to each attribute and each value.
const AROUND: usize = 32;

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Printable ASCII in one line, at most 99 characters.
    pub subject: String,
    /// The text, at most 256,000 bytes.
    pub body: String,
    /// Name and value, each a String attribute; absent facts have none.
    pub attributes: Vec<(&'static str, String)>,
    /// Name and values, each a String.Array attribute, of which a filter policy needs to want but one.
    pub lists: Vec<(&'static str, Vec<String>)>,
}

/// The notice of a failure that is in `state`, with what surrounds it; `None` where there is nothing to
/// announce.
#[must_use]
pub fn of(report: &Report<'_>, state: &str, around: &Surroundings) -> Option<Notice> {
    let best = report.diagnoses.first()?;
    let task = report.task;
    let workload = task.workload.as_ref().map(|workload| workload.name.as_str());
    let is = match task.source {
        Source::Forecast(of) => forecast(of),
        _ if state == Due::StillFailing.as_str() => "still not starting",
        _ => "not starting",
    };
    let front = front(task.cluster.as_deref(), task.account.as_deref(), task.region.as_deref());
    let begin = |workload: &str| format!("{front} {workload} {is}: ");
    let workload = workload.unwrap_or("task");
    let room = LONGEST_SUBJECT.saturating_sub(begin(workload).len() + best.title.len());
    let front = begin(&subject::with_team(workload, around.team.as_deref(), room));
    let subject = format!("{front}{}", short_title(best, LONGEST_SUBJECT.saturating_sub(front.len())));
    Some(Notice::new(
        &subject,
        body::failure(report, best, around),
        with_team(attributes(facts(report, best, state)), around.team.as_deref()),
        Vec::new(),
    ))
}

/// What a check says of a workload, in a few words.
pub(super) const fn forecast(of: Forecast) -> &'static str {
    match of {
        Forecast::BlockedDeployment => "deployment blocked",
        Forecast::Deployment => "would not start",
        Forecast::NextTask => "next task would not start",
    }
}

/// The notice of a deployment that waits for a person, with what a check says of it and the commands that go
/// on.
#[must_use]
pub fn waiting(task: &Task, stage: &str, said: &str, hook: Option<&str>) -> Notice {
    let workload = task.workload.as_ref().map(|workload| workload.name.as_str());
    let front = front(task.cluster.as_deref(), task.account.as_deref(), task.region.as_deref());
    let command = |words| {
        hook.map(|hook| {
            format!(
                "{}\n",
                Command::aws(words, task.region.as_deref()).name("--hook-id", NameKind::Hook, hook)
            )
        })
        .unwrap_or_default()
    };
    let text = format!(
        "The deployment of {} waits at {stage}\n\n{said}\n\nWHAT TO DO\n1. Continue it:\n{}2. Or roll it back:\n{}",
        body::place(task),
        command("ecs continue-service-deployment --action CONTINUE"),
        command("ecs continue-service-deployment --action ROLLBACK"),
    );
    let facts = [
        Some("waiting"),
        None,
        None,
        None,
        None,
        None,
        task.cluster.as_deref(),
        workload,
        task.account.as_deref(),
        task.region.as_deref(),
    ];
    let first = said.lines().next().unwrap_or_default().trim_start_matches("ecs-triage: ");
    Notice::new(
        &format!("{front} {} deployment waits: {first}", workload.unwrap_or("task")),
        text,
        attributes(facts),
        Vec::new(),
    )
}

/// The notice of a failure whose surroundings are not known.
#[must_use]
pub fn notice(report: &Report<'_>) -> Option<Notice> {
    of(report, Due::Opened.as_str(), &Surroundings::default())
}

/// The notice that an incident is over.
#[must_use]
pub fn resolved(incident: &Incident) -> Notice {
    let about = &incident.about;
    let until = incident.resolved.unwrap_or(incident.last_seen);
    let lasted = span(until.duration_since(incident.first_seen));
    let place: Vec<&str> =
        [&about.region, &about.account].into_iter().flatten().map(String::as_str).collect();
    let (recovered, says) = match (about.is_forecast, about.is_of_next_task) {
        (false, _) => ("recovered", "has recovered"),
        (true, false) => ("deployable", "can be deployed again"),
        (true, true) => ("startable", "can start its next task again"),
    };
    let text = format!(
        "{} in {} ({}) {}\n\nIMPACT: {} since {}, the last at {}; {recovered} at {}, after {lasted}\nCAUSE: {} ({})\nWAS: {}\n\nIncident {}\n",
        about.workload.as_deref().unwrap_or("the task"),
        about.cluster.as_deref().unwrap_or("the default cluster"),
        place.join(", "),
        says,
        occurrences(about, incident.occurrences),
        minute(incident.first_seen),
        minute(incident.last_seen),
        minute(until),
        about.cause,
        about.verdict,
        about.title,
        about.fingerprint,
    );
    let front = front(about.cluster.as_deref(), about.account.as_deref(), about.region.as_deref());
    let line = |workload: &str| format!("{front} {workload} {recovered} after {lasted}: {}", about.title);
    let workload = about.workload.as_deref().unwrap_or("task");
    let room = LONGEST_SUBJECT.saturating_sub(line(workload).len());
    let subject = line(&subject::with_team(workload, about.team.as_deref(), room));
    Notice::new(&subject, text, of_about(Due::Resolved.as_str(), about), Vec::new())
}

/// The notice that says of itself that it is a test of the function in this account and Region: nothing
/// fails. It has every attribute, so that no filter misses one, and those that are wished for as they are
/// wished.
///
/// # Errors
///
/// In words, where a notice has no attribute of a wished name.
pub fn selftest(
    own: Option<(&str, &str)>,
    wished: &BTreeMap<String, String>,
    at: Timestamp,
) -> Result<Notice, String> {
    if let Some(unknown) = wished.keys().find(|name| !NAMES.contains(&name.as_str()) && *name != TEAM) {
        return Err(format!("a notice has no attribute {unknown:?}; it has {}, {TEAM}", NAMES.join(", ")));
    }
    let (account, region) = own.unzip();
    let value = |name: &str| match (wished.get(name), name) {
        (Some(value), _) => value.clone(),
        (None, "account") => account.unwrap_or("selftest").to_owned(),
        (None, "region") => region.unwrap_or("selftest").to_owned(),
        (None, _) => "selftest".to_owned(),
    };
    let values = NAMES.map(value);
    let attributes = attributes(values.each_ref().map(|value| Some(value.as_str())));
    let attributes = with_team(attributes, wished.get(TEAM).map(String::as_str));
    let listed: Vec<String> = attributes.iter().map(|(name, value)| format!("- {name}: {value}")).collect();
    let text = format!(
        "This is a test of ecs-triage: nothing fails, and there is nothing to do\n{}\n\nIt shows that notices reach you. Subscriptions can filter by its \
         attributes:\n{}\n",
        minute(at),
        listed.join("\n"),
    );
    let title =
        format!("{} this is a test of ecs-triage: nothing fails", front(Some("selftest"), account, region));
    Ok(Notice::new(&title, text, attributes, Vec::new()))
}

impl Notice {
    /// A notice within what SNS takes.
    pub(super) fn new(
        title: &str,
        text: String,
        attributes: Vec<(&'static str, String)>,
        lists: Vec<(&'static str, Vec<String>)>,
    ) -> Self {
        let value = |value: &String| value.len() + AROUND;
        let single = attributes.iter().map(|(_, of)| value(of)).sum::<usize>();
        let taken = single + lists.iter().flat_map(|(_, of)| of).map(value).sum::<usize>();
        let room =
            LONGEST_BODY.min(LONGEST_MESSAGE.saturating_sub(taken + LONGEST_SUBJECT + NAMES.len() * AROUND));
        Self { subject: subject(title), body: body(text, room), attributes, lists }
    }
}

fn body(mut text: String, room: usize) -> String {
    const CUT: &str = "\n... cut; the whole diagnosis is in the function's log and in the journal.\n";
    if text.len() > room {
        text.truncate(text.floor_char_boundary(room.saturating_sub(CUT.len())));
        text.push_str(CUT);
    }
    text
}
