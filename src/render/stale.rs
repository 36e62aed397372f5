//! Values that running tasks still hold though they changed since, as a person reads them, and as JSON.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::json::v1::STALE_SCHEMA;
use super::page::{Page, Tone};
use super::text::Style;
use crate::causes::{Command, NameKind};
use crate::question::facts::RunningTask;
use crate::staleness::{Change, Holder, Holds, Value};

/// What no look at AWS can show.
const NOT_SEEN: &str = "values that an application, a sidecar or an agent fetches for itself, and registry credentials, which are read \
                        again at each pull";

/// The values of which some task holds the one from before, or may; then how many there are of all kinds.
#[must_use]
pub fn render(values: &[Value], region: &str, tasks: usize, style: impl Into<Style>) -> String {
    let mut page = Page::new(style.into());
    for value in values.iter().filter(|value| is_listed(value)) {
        list(value, region, &mut page);
        page.blank();
    }
    let stale = values.iter().filter(|value| value.is_stale()).count();
    let open = values.iter().filter(|value| !value.is_stale() && is_listed(value)).count();
    let of =
        |count: usize, noun: &str| if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") };
    let headline =
        if stale == 0 { "nothing is proved to be stale".to_owned() } else { of(stale, "stale value") };
    let open = if open == 0 { String::new() } else { format!("; of {open} it is not known") };
    let looked_at = format!("{} of {} looked at", of(values.len(), "value"), of(tasks, "running task"));
    page.step(&format!("{headline}: "), &format!("{looked_at}{open}"));
    page.note("not looked at", Tone::Plain, NOT_SEEN);
    page.out
}

/// Whether a value is listed: a task holds the old one, may hold it, or that is not known.
fn is_listed(value: &Value) -> bool {
    value.count(is_open) > 0 || value.is_stale()
}

pub(super) const fn is_open(holds: &Holds) -> bool {
    matches!(holds, Holds::PerhapsOld | Holds::Unknown(_))
}

fn list(value: &Value, region: &str, page: &mut Page) {
    let old = value.count(|holds| *holds == Holds::Old);
    let what = format!("{} {}", value.source.kind, value.name);
    if old > 0 {
        let tasks = if old == 1 { "1 task holds".to_owned() } else { format!("{old} tasks hold") };
        page.heading("stale", true, &format!("{tasks} the value that {what} had before it changed"));
    } else {
        page.heading("not known", false, &format!("whether tasks hold the present value of {what}"));
    }
    if value.source.id.starts_with("arn:") {
        page.place(&value.source.id);
    }
    if let Some(stage) = &value.source.stage {
        page.note("stage", Tone::Plain, stage);
    }
    page.note("changed", Tone::Plain, &changed(value));
    for holder in &value.holders {
        page.note(&holder.title(), Tone::Proved, &held(holder, value.change.as_ref().err()));
    }
    let commands: Vec<Command> = value.holders.iter().filter_map(|holder| restart(holder, region)).collect();
    let by_hand = value.holders.iter().any(|holder| !holder.is_service && needs_restart(holder));
    if !commands.is_empty() {
        page.step("fix: ", "start new tasks, which read the present value");
        for command in &commands {
            page.copied(command.as_str());
        }
    }
    if by_hand {
        page.step("fix: ", "stop the tasks that no service runs, and run them again");
    }
}

/// A rotation takes seconds.
pub(super) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn changed(value: &Value) -> String {
    match &value.change {
        Err(why) => format!("not known: {why}"),
        Ok(Change::Never) => "never: it has one version".to_owned(),
        Ok(Change::Between(Some(from), to)) if from == to => second(*to),
        Ok(Change::Between(Some(from), to)) => format!(
            "between {}, when the version was made, and {}, the LastChangedDate, which tags and policies move too",
            second(*from),
            second(*to)
        ),
        Ok(Change::Between(None, to)) => format!(
            "at the latest {}, the LastChangedDate, which tags and policies move too; the versions could not be read",
            second(*to)
        ),
    }
}

/// What the tasks of a workload hold, and where they refer to it; why that is not known, unless it was said.
pub(super) fn held(holder: &Holder, said: Option<&String>) -> String {
    let all = holder.tasks.len();
    let mut counts = Vec::new();
    let mut count = |is: &dyn Fn(&Holds) -> bool, what: &str| {
        let count = holder.count(is);
        if count > 0 {
            counts.push(format!("{count} of {all} {what}"));
        }
    };
    count(&|holds| *holds == Holds::Old, "started before the change");
    count(&|holds| *holds == Holds::PerhapsOld, "may have: they started before the last change");
    count(&|holds| *holds == Holds::Present, "started after it");
    count(&|holds| *holds == Holds::Pinned, "pinned to a version");
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (holds, _) in &holder.tasks {
        if let Holds::Unknown(why) = holds {
            *reasons.entry(if said == Some(why) { "" } else { why }).or_default() += 1;
        }
    }
    counts.extend(reasons.into_iter().map(|(why, count)| {
        let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
        format!("{count} of {all} not known{why}")
    }));
    format!("{}; {}", counts.join(", "), places(&holder.places))
}

fn places(places: &BTreeSet<(String, String)>) -> String {
    let place = |(container, name): &(String, String)| format!("{name} in {container}");
    places.iter().map(place).collect::<Vec<_>>().join(", ")
}

fn needs_restart(holder: &Holder) -> bool {
    holder.count(|holds| *holds == Holds::Old) > 0
}

/// The command that replaces a service's tasks, where one of them holds the old value.
fn restart(holder: &Holder, region: &str) -> Option<Command> {
    (holder.is_service && needs_restart(holder)).then(|| renewal(holder, region))
}

/// The command that replaces a service's tasks.
pub(super) fn renewal(holder: &Holder, region: &str) -> Command {
    Command::aws("ecs update-service", Some(region))
        .name("--cluster", NameKind::Cluster, holder.cluster.as_str())
        .name("--service", NameKind::Service, holder.workload.as_str())
        .words("--force-new-deployment")
}

impl Holder {
    pub(super) fn title(&self) -> String {
        let kind = if self.is_service { "" } else { " (no service)" };
        if self.cluster.is_empty() {
            format!("{}{kind}", self.workload)
        } else {
            format!("{}/{}{kind}", self.cluster, self.workload)
        }
    }
}

/// The same as a document, with what is not stale too.
#[must_use]
pub fn document(values: &[Value], region: &str, tasks: usize) -> Json {
    let at = |at: &Timestamp| at.to_string();
    let value = |value: &Value| {
        let (not_before, not_after) = match &value.change {
            Ok(Change::Between(from, to)) => (from.as_ref().map(at), Some(at(to))),
            Ok(Change::Never) | Err(_) => (None, None),
        };
        json!({
            "kind": value.source.kind.as_str(),
            "id": value.source.id,
            "name": value.name,
            "region": value.source.region,
            "stage": value.source.stage,
            "stale": value.is_stale(),
            "changed": {
                "ever": value.change != Ok(Change::Never),
                "not_before": not_before,
                "not_after": not_after,
                "unknown": value.change.as_ref().err(),
            },
            "workloads": value.holders.iter().map(|holder| workload(holder, region)).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": STALE_SCHEMA,
        "region": region,
        "tasks": tasks,
        "values": values.iter().map(value).collect::<Vec<_>>(),
    })
}

fn workload(holder: &Holder, region: &str) -> Json {
    let task = |(holds, task): &(Holds, RunningTask)| {
        let (word, why) = match holds {
            Holds::Old => ("stale", None),
            Holds::PerhapsOld => ("possibly-stale", None),
            Holds::Present => ("current", None),
            Holds::Pinned => ("pinned", None),
            Holds::Unknown(why) => ("unknown", Some(why)),
        };
        json!({"arn": task.task_arn, "holds": word, "why": why, "started_at": task.started_at})
    };
    let place = |(container, name): &(String, String)| json!({"container": container, "name": name});
    json!({
        "cluster": holder.cluster,
        "workload": holder.workload,
        "service": holder.is_service,
        "places": holder.places.iter().map(place).collect::<Vec<_>>(),
        "tasks": holder.tasks.iter().map(task).collect::<Vec<_>>(),
        "command": restart(holder, region).map(|command| command.to_string()),
    })
}
