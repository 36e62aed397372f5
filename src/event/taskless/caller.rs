//! What those say that start tasks for somebody, or record who did: Batch, `CloudFormation`, `CloudTrail` and
//! Step Functions.

use serde_json::Value;

use super::{
    Collected, Object, add_reason, cluster_of, failure, get, items, joined, last_part, list, place, reason,
    said, text, time, with_reason,
};
use crate::arn::Arn;
use crate::event::shape::LONGEST_TEXT;
use crate::event::{Container, Source, Task, Workload};
use crate::redact::beginning;

/// A job of AWS Batch, of `describe-jobs` or of an event.
pub(super) fn job(it: &Object, path: &str, collected: &mut Collected) {
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
            return collected.error(path, "the job has failed, and Batch does not say why: ask for its task with aws ecs describe-tasks".to_owned());
        }
        _ if task.reasons.is_empty() => {
            return collected.error(path, format!("the job is {status}, and Batch tells of no failure: ask again once it has failed, with aws batch describe-jobs"));
        }
        _ => {}
    }
    collected.task(task);
}

/// One of a `CloudFormation` stack's events.
pub(super) fn stack_event(it: &Object, path: &str, collected: &mut Collected) {
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
    collected.task(Task { reasons: vec![reason(joined(path, "ResourceStatusReason"), None, why)], ..task });
}

/// A call in `CloudTrail`'s words.
pub(super) fn api_call(it: &Object, path: &str, collected: &mut Collected) {
    let (name, source) =
        (text(it, "eventName").unwrap_or_default(), text(it, "eventSource").unwrap_or_default());
    if name.is_empty() || !source.starts_with("ecs") {
        return collected.error(path, "expected a call of ECS in CloudTrail's words (eventSource ecs.amazonaws.com), found one of another service".to_owned());
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
    let before = collected.results.len();
    if let Some(code) = text(it, "errorCode") {
        let message = said(it, "errorMessage").map_or(code.clone(), |message| {
            if message.contains(&code) { message } else { format!("{code}: {message}") }
        });
        collected.task(with_reason(joined(path, "errorMessage"), message, task.clone()));
    }
    if let Some(answer) = get(it, "responseElements").and_then(Value::as_object) {
        let mut own = Collected::default();
        list(answer, "failures", failure, &joined(path, "responseElements"), &mut own);
        for result in own.results {
            match result {
                Ok(found) => collected.task(Task {
                    reasons: found.reasons,
                    container_instance: found.container_instance,
                    ..task.clone()
                }),
                Err(error) => collected.error(&error.path, error.problem),
            }
        }
    }
    collected.error_if_none_since(
        before,
        path,
        &format!("CloudTrail tells of no failure of this call ({name}): a task that it started tells of its own, with aws ecs describe-tasks"),
    );
}

/// One of `CloudTrail`'s `lookup-events`: the call is JSON in a string.
pub(super) fn found_call(it: &Object, path: &str, collected: &mut Collected) {
    let call = get(it, "CloudTrailEvent").and_then(Value::as_str);
    if let Some(Value::Object(call)) = call.and_then(|call| serde_json::from_str(call).ok()) {
        api_call(&call, &joined(path, "CloudTrailEvent"), collected);
    }
}

/// One of Step Functions' `get-execution-history`, or of the `Events` of `CloudTrail`'s `lookup-events`.
pub(super) fn history_event(it: &Object, path: &str, collected: &mut Collected) {
    if get(it, "CloudTrailEvent").is_some() {
        return found_call(it, path, collected);
    }
    let Some((key, details)) = details_of(it) else { return };
    let Some(Value::String(cause)) = get(details, "cause") else { return };
    let path = joined(path, &format!("{key}.cause"));
    if cause.trim_start().starts_with('{') {
        let inner = crate::event::read_record(cause).into_iter().flat_map(|entry| entry.tasks);
        inner.for_each(|result| match result {
            Ok(task) => collected.task(task),
            Err(error) => collected.error(&path, error.problem),
        });
    } else {
        let task = Task { source: Source::Report, stopped_at: time(it, &["timestamp"]), ..Task::default() };
        collected.task(with_reason(path, beginning(cause, LONGEST_TEXT).into_owned(), task));
    }
}

/// What an event of an execution says of its failure.
pub(super) fn details_of(it: &Object) -> Option<(&str, &Object)> {
    let details = it.iter().filter(|(key, _)| key.to_ascii_lowercase().ends_with("eventdetails"));
    details
        .filter_map(|(key, value)| Some((key.as_str(), value.as_object()?)))
        .find(|(_, details)| get(details, "cause").is_some())
}
