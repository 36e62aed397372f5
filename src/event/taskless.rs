//! What AWS reports of tasks that were never created: refused calls, the events and deployments of services,
//! and what Batch, `CloudFormation`, `CloudTrail` and Step Functions make of them.
//!
//! None of it comes in streams, so it is read as a tree, by the keys that each form alone has, in any case. A
//! document without a failure gives an error that says what to fetch instead: silence would be taken for good
//! news.

mod caller;
mod service;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use self::caller::{api_call, details_of, found_call, history_event, job, stack_event};
use self::service::{deployment, service, service_deployment, service_message};
use super::scalar::Moment;
use super::shape::{LONGEST_NAME, LONGEST_TEXT, MOST_TASKS, NOTHING, only_named};
use super::{InputError, Reason, Source, Task};
use crate::arn::Arn;
use crate::redact::{beginning, redact_name};

type Object = Map<String, Value>;
type Results = Vec<Result<Task, InputError>>;

/// Lists of answers of AWS, and how one of their items is read.
const LISTS: &[(&str, Reader)] = &[
    ("failures", failure),
    ("services", service),
    ("service", service),
    ("serviceDeployments", service_deployment),
    ("deployments", deployment),
    ("jobs", job),
    ("StackEvents", stack_event),
    ("Records", api_call),
    ("events", history_event),
];

/// A key that items of one form alone have, and how they are read.
const FORMS: &[(&str, Reader)] = &[
    ("CloudTrailEvent", found_call),
    ("eventSource", api_call),
    ("ResourceStatus", stack_event),
    ("jobId", job),
    ("jobName", job),
    ("serviceDeploymentArn", service_deployment),
    ("rolloutState", deployment),
    ("serviceName", service),
    ("message", service_message),
    ("reason", failure),
];

type Reader = fn(&Object, &str, &mut Collected);

/// What was read of a document so far.
#[derive(Default)]
struct Collected {
    results: Results,
    /// Failures that are reported many times count once: ECS repeats itself for each container instance and
    /// each try.
    seen: BTreeSet<String>,
}

impl Collected {
    fn task(&mut self, task: Task) {
        let reasons: Vec<&str> = task.reasons.iter().map(|reason| reason.text.as_str()).collect();
        let same = format!("{:?} {:?} {}", task.source, task.workload, without_ids(&reasons.join(" ")));
        if self.results.len() < MOST_TASKS && self.seen.insert(same) {
            self.results.push(Ok(task));
        }
    }

    fn error(&mut self, path: &str, problem: String) {
        if self.results.len() < MOST_TASKS && self.seen.insert(problem.clone()) {
            self.results.push(Err(InputError::new(problem).at(redact_name(path))));
        }
    }

    /// Says what to fetch where nothing was read since `before`.
    fn error_if_none_since(&mut self, before: usize, path: &str, problem: &str) {
        if self.results.len() == before {
            self.error(path, problem.to_owned());
        }
    }
}

/// Reads an object; `None` where it has none of these forms.
pub(super) fn read(text: &str) -> Option<Results> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut collected = Collected::default();
    object(value.as_object()?, "", &mut collected).then_some(collected.results)
}

/// Reads a list of a service's events, the latest first; `None` where its first item is something else.
pub(super) fn read_service_events(first: &str, text: &str) -> Option<Results> {
    get(&serde_json::from_str(first).ok()?, "message")?;
    let value: Value = serde_json::from_str(text).ok()?;
    let mut collected = Collected::default();
    service(&[("events".to_owned(), value)].into_iter().collect(), "", &mut collected);
    Some(collected.results)
}

/// Reads what the envelope of an event of another service holds.
pub(super) fn read_detail(text: &str) -> Option<Results> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut collected = Collected::default();
    let known = object(value.get("detail")?.as_object()?, "detail", &mut collected);
    known.then_some(collected.results)
}

/// Reads the list of failures of a call of which the tasks are known already.
pub(super) fn read_failures(failures: &str) -> Results {
    let mut collected = Collected::default();
    if let Ok(failures) = serde_json::from_str(failures) {
        list(
            &[("failures".to_owned(), failures)].into_iter().collect(),
            "failures",
            failure,
            "",
            &mut collected,
        );
    }
    collected.results
}

fn object(it: &Object, path: &str, collected: &mut Collected) -> bool {
    if let Some((_, read)) = FORMS.iter().find(|(key, _)| matches!(get(it, key), Some(Value::String(_)))) {
        read(it, path, collected);
        return true;
    }
    if details_of(it).is_some() {
        history_event(it, path, collected);
        return true;
    }
    if items(it, "events").next().is_some_and(|event| get(event, "message").is_some()) {
        service(it, path, collected);
        return true;
    }
    let before = collected.results.len();
    if let Some(arn) = ["taskArns", "serviceArns"].iter().find_map(|key| get(it, key)?.as_array()) {
        collected
            .error(path, arn.first().and_then(Value::as_str).map_or_else(|| NOTHING.to_owned(), only_named));
        return true;
    }
    let known = LISTS.iter().filter(|(key, read)| list(it, key, *read, path, collected)).count() > 0;
    if known {
        collected.error_if_none_since(before, path, "AWS's answer holds no failure: ask for what failed by its name; ECS keeps stopped tasks for about an hour");
    }
    known
}

fn list(it: &Object, key: &str, read: Reader, path: &str, collected: &mut Collected) -> bool {
    match get(it, key) {
        Some(Value::Object(item)) => read(item, &joined(path, key), collected),
        Some(Value::Array(_)) => {
            items(it, key)
                .enumerate()
                .for_each(|(at, item)| read(item, &joined(path, &format!("{key}[{at}]")), collected));
        }
        _ => return false,
    }
    true
}

/// One of `failures`, as every call of ECS that names several things answers.
fn failure(it: &Object, path: &str, collected: &mut Collected) {
    let Some(reason) = said(it, "reason") else { return };
    let arn = text(it, "arn");
    let parsed = arn.as_deref().and_then(Arn::parse);
    let kind = parsed.and_then(|arn| arn.resource.split('/').next());
    if reason == "MISSING" {
        let what = match kind {
            Some("task") => {
                "ECS has forgotten the task, as it does about an hour after a stop: read its service's events instead, with aws ecs describe-services"
            }
            Some("service") => "the cluster has no such service: name its own with --cluster",
            Some("cluster") => "there is no such cluster in this account and Region",
            Some("container-instance") => "the container instance has left the cluster",
            _ => "what was asked for does not exist in this cluster, account and Region, or no longer",
        };
        let which = arn.map(|arn| format!(" for {arn}")).unwrap_or_default();
        return collected.error(path, format!("AWS answered MISSING{which}: {what}"));
    }
    let detail = said(it, "detail").map(|detail| format!(": {detail}")).unwrap_or_default();
    collected.task(Task {
        source: Source::Report,
        container_instance: arn.clone().filter(|_| kind == Some("container-instance")),
        arn: arn.clone().filter(|_| kind == Some("task")),
        ..with_reason(joined(path, "reason"), format!("{reason}{detail}"), place(parsed))
    });
}

/// A value by its key, in any case.
fn get<'v>(it: &'v Object, key: &str) -> Option<&'v Value> {
    it.get(key)
        .or_else(|| it.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value))
        .filter(|value| !value.is_null())
}

/// The objects of a list.
fn items<'v>(it: &'v Object, key: &str) -> impl Iterator<Item = &'v Object> {
    get(it, key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// A name, safe to print.
fn text(it: &Object, key: &str) -> Option<String> {
    let text = get(it, key)?.as_str().filter(|text| !text.trim().is_empty())?;
    Some(redact_name(&text[..text.floor_char_boundary(LONGEST_NAME)]).into_owned())
}

/// Free text, safe to print.
fn said(it: &Object, key: &str) -> Option<String> {
    let text = get(it, key)?.as_str().filter(|text| !text.trim().is_empty())?;
    Some(beginning(text, LONGEST_TEXT).into_owned())
}

fn time(it: &Object, keys: &[&str]) -> Option<Timestamp> {
    keys.iter().find_map(|key| Moment::deserialize(get(it, key)?).ok()?.timestamp())
}

fn last_part(arn: Option<&str>) -> Option<String> {
    arn.and_then(|arn| arn.rsplit('/').next()).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// The cluster in the ARN of a service, where it is one of the new format.
fn cluster_of(arn: Option<Arn<'_>>) -> Option<String> {
    let mut parts = arn?.resource.split('/').skip(1);
    let cluster = parts.next()?;
    parts.next().map(|_| cluster.to_owned())
}

/// The account and the Region of an ARN.
fn place(arn: Option<Arn<'_>>) -> Task {
    let part = |of: fn(Arn<'_>) -> &str| arn.map(of).filter(|part| !part.is_empty()).map(str::to_owned);
    Task { account: part(|arn| arn.account), region: part(|arn| arn.region), ..Task::default() }
}

fn reason(field: String, container: Option<String>, text: String) -> Reason {
    Reason { field, container, text }
}

fn with_reason(field: String, text: String, task: Task) -> Task {
    Task { reasons: vec![reason(field, None, text)], ..task }
}

/// Adds a reason that the task does not have yet.
fn add_reason(task: &mut Task, field: String, container: Option<String>, text: Option<String>) {
    if let Some(text) = text.filter(|text| task.reasons.iter().all(|reason| reason.text != *text)) {
        task.reasons.push(reason(field, container, text));
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A text without its ids and numbers, which differ where nothing else does.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| {
        word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
            && word.bytes().any(|byte| byte.is_ascii_digit())
    };
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '-'))
        .filter(|word| !is_id(word))
        .collect::<Vec<_>>()
        .join(" ")
}
