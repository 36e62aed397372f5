//! What AWS tells of tasks that never came to be: refused calls, the events and deployments of services, and
//! what Batch, `CloudFormation`, `CloudTrail` and Step Functions make of them.
//!
//! None of it comes in streams, so it is read as a tree, by the keys that each form alone has, in any case.
//! What tells of no failure gives an error that says what to fetch instead: silence would be taken for good
//! news.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::scalar::Moment;
use super::shape::{LONGEST_NAME, LONGEST_TEXT, MOST_TASKS, NOTHING, only_named};
use super::{Container, InputError, Reason, Source, Task, Workload};
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

type Reader = fn(&Object, &str, &mut Told);

/// What a document told so far.
#[derive(Default)]
struct Told {
    results: Results,
    /// Failures that are told many times over count once: ECS repeats itself for each container instance and
    /// each try.
    seen: BTreeSet<String>,
}

impl Told {
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

    /// Says what to fetch where nothing was told since `before`.
    fn unless_told(&mut self, before: usize, path: &str, problem: &str) {
        if self.results.len() == before {
            self.error(path, problem.to_owned());
        }
    }
}

/// Reads an object; `None` where it has none of these forms.
pub(super) fn read(text: &str) -> Option<Results> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut told = Told::default();
    object(value.as_object()?, "", &mut told).then_some(told.results)
}

/// Reads a list of a service's events, the latest first; `None` where its first item is something else.
pub(super) fn read_service_events(first: &str, text: &str) -> Option<Results> {
    get(&serde_json::from_str(first).ok()?, "message")?;
    let value: Value = serde_json::from_str(text).ok()?;
    let mut told = Told::default();
    service(&[("events".to_owned(), value)].into_iter().collect(), "", &mut told);
    Some(told.results)
}

/// Reads what the envelope of an event of another service holds.
pub(super) fn read_detail(text: &str) -> Option<Results> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut told = Told::default();
    let known = object(value.get("detail")?.as_object()?, "detail", &mut told);
    known.then_some(told.results)
}

/// Reads the list of failures of a call of which the tasks are known already.
pub(super) fn read_failures(failures: &str) -> Results {
    let mut told = Told::default();
    if let Ok(failures) = serde_json::from_str(failures) {
        list(&[("failures".to_owned(), failures)].into_iter().collect(), "failures", failure, "", &mut told);
    }
    told.results
}

fn object(it: &Object, path: &str, told: &mut Told) -> bool {
    if let Some((_, read)) = FORMS.iter().find(|(key, _)| matches!(get(it, key), Some(Value::String(_)))) {
        read(it, path, told);
        return true;
    }
    if details_of(it).is_some() {
        history_event(it, path, told);
        return true;
    }
    if items(it, "events").next().is_some_and(|event| get(event, "message").is_some()) {
        service(it, path, told);
        return true;
    }
    let before = told.results.len();
    if let Some(arn) = ["taskArns", "serviceArns"].iter().find_map(|key| get(it, key)?.as_array()) {
        told.error(path, arn.first().and_then(Value::as_str).map_or_else(|| NOTHING.to_owned(), only_named));
        return true;
    }
    let known = LISTS.iter().filter(|(key, read)| list(it, key, *read, path, told)).count() > 0;
    if known {
        told.unless_told(before, path, "AWS's answer holds no failure: ask for what failed by its name; ECS keeps stopped tasks for about an hour");
    }
    known
}

fn list(it: &Object, key: &str, read: Reader, path: &str, told: &mut Told) -> bool {
    match get(it, key) {
        Some(Value::Object(item)) => read(item, &joined(path, key), told),
        Some(Value::Array(_)) => {
            items(it, key)
                .enumerate()
                .for_each(|(at, item)| read(item, &joined(path, &format!("{key}[{at}]")), told));
        }
        _ => return false,
    }
    true
}

/// One of `failures`, as every call of ECS that names several things answers.
fn failure(it: &Object, path: &str, told: &mut Told) {
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
        return told.error(path, format!("AWS answered MISSING{which}: {what}"));
    }
    let detail = said(it, "detail").map(|detail| format!(": {detail}")).unwrap_or_default();
    told.task(Task {
        source: Source::Report,
        container_instance: arn.clone().filter(|_| kind == Some("container-instance")),
        arn: arn.clone().filter(|_| kind == Some("task")),
        ..with_reason(joined(path, "reason"), format!("{reason}{detail}"), place(parsed))
    });
}

/// A service, as `describe-services` tells of it.
fn service(it: &Object, path: &str, told: &mut Told) {
    let before = told.results.len();
    let about = about_service(it);
    let as_one_of = |mut task: Task| {
        task.workload = task.workload.or_else(|| about.workload.clone());
        task.cluster = task.cluster.or_else(|| about.cluster.clone());
        task.account = task.account.or_else(|| about.account.clone());
        task.region = task.region.or_else(|| about.region.clone());
        task.task_definition = task.task_definition.or_else(|| about.task_definition.clone());
        task
    };
    let mut own = Told::default();
    let mut is_steady = false;
    for (at, event) in items(it, "events").enumerate() {
        match said(event, "message") {
            // The latest stands first; what came before a steady state is over.
            Some(message) if says_steady(&message) => {
                is_steady = true;
                break;
            }
            Some(message) if !is_ordinary(&message) => {
                service_message(event, &joined(path, &format!("events[{at}]")), &mut own);
            }
            _ => {}
        }
    }
    if own.results.is_empty() {
        // An event says more than the deployment that failed of it.
        list(it, "deployments", deployment, path, &mut own);
        own.results.retain(|result| result.as_ref().is_ok_and(|task| !task.reasons.is_empty()));
    }
    own.results.into_iter().flatten().for_each(|task| told.task(as_one_of(task)));
    if told.results.len() > before {
        return;
    }
    let [wanted, running] = ["desiredCount", "runningCount"].map(|key| get(it, key).and_then(Value::as_i64));
    if wanted.zip(running).map_or(is_steady, |(wanted, running)| running >= wanted) {
        return told.task(Task { source: Source::ServiceEvent(STEADY.to_owned()), ..about });
    }
    let of = about.fetching().map(|command| format!(": {command}")).unwrap_or_default();
    told.error(
        path,
        format!(
            "the service's events tell of no failure since its last steady state; ask its stopped tasks{of}"
        ),
    );
}

const STEADY: &str = "SERVICE_STEADY_STATE";

/// What a service says of itself, with no reason yet.
fn about_service(it: &Object) -> Task {
    let arn = text(it, "serviceArn");
    let of_arn = arn.as_deref().and_then(Arn::parse);
    let name = text(it, "serviceName").or_else(|| last_part(arn.as_deref()));
    Task {
        workload: name.map(|name| Workload { is_service: true, name }),
        cluster: last_part(text(it, "clusterArn").as_deref()).or_else(|| cluster_of(of_arn)),
        task_definition: text(it, "taskDefinition"),
        ..place(of_arn)
    }
}

/// What ECS says in a service's events while all goes well.
const ORDINARY: &[&str] = &[
    "reached a steady state",
    ") has started ",
    ") has stopped ",
    ") registered ",
    ") deregistered ",
    "has begun draining",
    "deployment completed",
    "in progress",
    "updated computeddesiredcount",
];

fn is_ordinary(message: &str) -> bool {
    let lower = message.to_ascii_lowercase();
    ORDINARY.iter().any(|said| lower.contains(said))
}

fn says_steady(message: &str) -> bool {
    message.contains("reached a steady state") || message.contains("deployment completed")
}

/// One of a service's `events`.
fn service_message(it: &Object, path: &str, told: &mut Told) {
    let Some(message) = said(it, "message") else { return };
    let name = message.strip_prefix("(service ").and_then(|rest| Some(rest.split_once(')')?.0.to_owned()));
    let task = Task {
        source: Source::ServiceEvent(if says_steady(&message) { STEADY } else { "SERVICE_EVENT" }.to_owned()),
        workload: name.map(|name| Workload { is_service: true, name }),
        stopped_at: time(it, &["createdAt"]),
        ..Task::default()
    };
    if says_steady(&message) {
        told.task(task);
    } else if is_ordinary(&message) {
        told.error(path, "this event of the service tells of no failure: ask its stopped tasks, with aws ecs list-tasks --desired-status STOPPED".to_owned());
    } else {
        told.task(with_reason(joined(path, "message"), message, task));
    }
}

/// One of a service's `deployments`.
fn deployment(it: &Object, path: &str, told: &mut Told) {
    let state = text(it, "rolloutState").unwrap_or_default();
    let failed = get(it, "failedTasks").and_then(Value::as_i64).unwrap_or_default();
    let task = Task {
        task_definition: text(it, "taskDefinition"),
        stopped_at: time(it, &["updatedAt", "createdAt"]),
        started_by: text(it, "id"),
        ..Task::default()
    };
    if state != "FAILED" && failed == 0 {
        if state == "COMPLETED" {
            told.task(Task {
                source: Source::DeploymentEvent("SERVICE_DEPLOYMENT_COMPLETED".to_owned()),
                ..task
            });
        } else {
            told.error(path, format!("the deployment is {state} and has no failed tasks: ask the service's events, with aws ecs describe-services"));
        }
        return;
    }
    let why = said(it, "rolloutStateReason").unwrap_or(state);
    let source = Source::DeploymentEvent("SERVICE_DEPLOYMENT_FAILED".to_owned());
    told.task(Task { source, ..with_reason(joined(path, "rolloutStateReason"), why, task) });
}

/// One of `describe-service-deployments`.
fn service_deployment(it: &Object, path: &str, told: &mut Told) {
    let status = text(it, "status").unwrap_or_default();
    let about = Task { stopped_at: time(it, &["finishedAt", "stoppedAt", "createdAt"]), ..about_service(it) };
    let failing = ["FAILED", "ROLLBACK", "STOP"].iter().any(|part| status.contains(part));
    if failing {
        let why = said(it, "statusReason").unwrap_or(status);
        let source = Source::DeploymentEvent("SERVICE_DEPLOYMENT_FAILED".to_owned());
        told.task(Task { source, ..with_reason(joined(path, "statusReason"), why, about) });
    } else if status == "SUCCESSFUL" {
        told.task(Task {
            source: Source::DeploymentEvent("SERVICE_DEPLOYMENT_COMPLETED".to_owned()),
            ..about
        });
    } else {
        told.error(
            path,
            format!("the deployment is {status}: ask the service's events, with aws ecs describe-services"),
        );
    }
}

/// A job of AWS Batch, of `describe-jobs` or of an event.
fn job(it: &Object, path: &str, told: &mut Told) {
    let status = text(it, "status").unwrap_or_default();
    let parsed = text(it, "jobArn");
    let name = text(it, "jobName");
    let mut task = Task {
        source: Source::Report,
        workload: name.map(|name| Workload { is_service: false, name }),
        last_status: Some(status.clone()),
        stopped_at: time(it, &["stoppedAt", "createdAt"]),
        ..place(parsed.as_deref().and_then(Arn::parse))
    };
    let runs: Vec<(String, &Object)> = std::iter::once((path.to_owned(), it))
        .chain(
            items(it, "attempts")
                .enumerate()
                .map(|(at, attempt)| (joined(path, &format!("attempts[{at}]")), attempt)),
        )
        .collect();
    for (path, run) in runs {
        let single = get(run, "container")
            .and_then(Value::as_object)
            .map(|container| (joined(&path, "container"), container));
        let properties = get(run, "ecsProperties").and_then(Value::as_object);
        let several_at = if properties.is_some() { joined(&path, "ecsProperties") } else { path.clone() };
        let several =
            items(properties.unwrap_or(run), "taskProperties").enumerate().flat_map(|(at, task)| {
                let path = joined(&several_at, &format!("taskProperties[{at}]"));
                items(task, "containers")
                    .enumerate()
                    .map(move |(at, container)| (joined(&path, &format!("containers[{at}]")), container))
            });
        for (path, container) in single.into_iter().chain(several) {
            let name = text(container, "name");
            task.arn = task.arn.or_else(|| text(container, "taskArn"));
            add_reason(&mut task, joined(&path, "reason"), name.clone(), said(container, "reason"));
            let exit_code = get(container, "exitCode").and_then(Value::as_i64);
            if path.ends_with("container") && task.containers.is_empty() || name.is_some() {
                task.containers.push(Container { name, image: text(container, "image"), exit_code });
            }
        }
        add_reason(&mut task, joined(&path, "statusReason"), None, said(run, "statusReason"));
    }
    match status.as_str() {
        "SUCCEEDED" => task.reasons.clear(),
        "FAILED" if task.reasons.is_empty() => {
            return told.error(path, "the job has failed, and Batch does not say why: ask for its task with aws ecs describe-tasks".to_owned());
        }
        _ if task.reasons.is_empty() => {
            return told.error(path, format!("the job is {status}, and Batch tells of no failure: ask again once it has failed, with aws batch describe-jobs"));
        }
        _ => {}
    }
    told.task(task);
}

/// One of a `CloudFormation` stack's events.
fn stack_event(it: &Object, path: &str, told: &mut Told) {
    let status = text(it, "ResourceStatus").unwrap_or_default();
    let kind = text(it, "ResourceType").unwrap_or_default();
    // What was given up because something else failed tells nothing.
    let why = said(it, "ResourceStatusReason").filter(|why| !why.contains("cancelled"));
    if !status.ends_with("FAILED") || !kind.starts_with("AWS::ECS::") {
        return;
    }
    let arn = text(it, "PhysicalResourceId");
    let of_arn = arn.as_deref().and_then(Arn::parse);
    let of_stack = text(it, "StackId");
    let Some(why) = why else { return };
    let name = last_part(arn.as_deref().filter(|_| of_arn.is_some() && kind == "AWS::ECS::Service"));
    let about = place(of_arn.or_else(|| of_stack.as_deref().and_then(Arn::parse)));
    let task = Task {
        source: Source::Report,
        workload: name.map(|name| Workload { is_service: true, name }),
        cluster: cluster_of(of_arn),
        stopped_at: time(it, &["Timestamp"]),
        ..about
    };
    told.task(Task { reasons: vec![reason(joined(path, "ResourceStatusReason"), None, why)], ..task });
}

/// A call in `CloudTrail`'s words.
fn api_call(it: &Object, path: &str, told: &mut Told) {
    let (name, source) =
        (text(it, "eventName").unwrap_or_default(), text(it, "eventSource").unwrap_or_default());
    if name.is_empty() || !source.starts_with("ecs") {
        return told.error(path, "expected a call of ECS in CloudTrail's words (eventSource ecs.amazonaws.com), found one of another service".to_owned());
    }
    let asked = get(it, "requestParameters").and_then(Value::as_object);
    let asked = |key: &str| asked.and_then(|asked| text(asked, key));
    let task = Task {
        source: Source::Report,
        cluster: last_part(asked("cluster").as_deref()),
        workload: asked("serviceName")
            .or_else(|| asked("service"))
            .map(|name| Workload { is_service: true, name: last_part(Some(&name)).unwrap_or(name) }),
        task_definition: asked("taskDefinition"),
        account: text(it, "recipientAccountId"),
        region: text(it, "awsRegion"),
        stopped_at: time(it, &["eventTime"]),
        ..Task::default()
    };
    let before = told.results.len();
    if let Some(code) = text(it, "errorCode") {
        let message = said(it, "errorMessage").map_or(code.clone(), |message| {
            if message.contains(&code) { message } else { format!("{code}: {message}") }
        });
        told.task(with_reason(joined(path, "errorMessage"), message, task.clone()));
    }
    if let Some(answer) = get(it, "responseElements").and_then(Value::as_object) {
        let mut own = Told::default();
        list(answer, "failures", failure, &joined(path, "responseElements"), &mut own);
        for result in own.results {
            match result {
                Ok(found) => told.task(Task {
                    reasons: found.reasons,
                    container_instance: found.container_instance,
                    ..task.clone()
                }),
                Err(error) => told.error(&error.path, error.problem),
            }
        }
    }
    told.unless_told(
        before,
        path,
        &format!("CloudTrail tells of no failure of this call ({name}): a task that it started tells of its own, with aws ecs describe-tasks"),
    );
}

/// One of `CloudTrail`'s `lookup-events`: the call is JSON in a string.
fn found_call(it: &Object, path: &str, told: &mut Told) {
    let call = get(it, "CloudTrailEvent").and_then(Value::as_str);
    if let Some(Value::Object(call)) = call.and_then(|call| serde_json::from_str(call).ok()) {
        api_call(&call, &joined(path, "CloudTrailEvent"), told);
    }
}

/// One of Step Functions' `get-execution-history`, or of the `Events` of `CloudTrail`'s `lookup-events`.
fn history_event(it: &Object, path: &str, told: &mut Told) {
    if get(it, "CloudTrailEvent").is_some() {
        return found_call(it, path, told);
    }
    let Some((key, details)) = details_of(it) else { return };
    let Some(Value::String(cause)) = get(details, "cause") else { return };
    let path = joined(path, &format!("{key}.cause"));
    if cause.trim_start().starts_with('{') {
        let inner = super::read_record(cause).into_iter().flat_map(|entry| entry.tasks);
        inner.for_each(|result| match result {
            Ok(task) => told.task(task),
            Err(error) => told.error(&path, error.problem),
        });
    } else {
        let task = Task { source: Source::Report, stopped_at: time(it, &["timestamp"]), ..Task::default() };
        told.task(with_reason(path, beginning(cause, LONGEST_TEXT).into_owned(), task));
    }
}

/// What an event of an execution says of its failure.
fn details_of(it: &Object) -> Option<(&str, &Object)> {
    let details = it.iter().filter(|(key, _)| key.to_ascii_lowercase().ends_with("eventdetails"));
    details
        .filter_map(|(key, value)| Some((key.as_str(), value.as_object()?)))
        .find(|(_, details)| get(details, "cause").is_some())
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

/// Adds a reason that was not told yet.
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
