//! What a service says of itself: its events and its deployments.

use serde_json::Value;

use super::{
    Collected, Object, cluster_of, get, items, joined, last_part, list, place, said, text, time, with_reason,
};
use crate::arn::Arn;
use crate::event::{Source, Task, Workload};

/// A service, as `describe-services` prints it.
pub(super) fn service(it: &Object, path: &str, collected: &mut Collected) {
    let before = collected.results.len();
    let about = about_service(it);
    let as_one_of = |mut task: Task| {
        task.workload = task.workload.or_else(|| about.workload.clone());
        task.cluster = task.cluster.or_else(|| about.cluster.clone());
        task.account = task.account.or_else(|| about.account.clone());
        task.region = task.region.or_else(|| about.region.clone());
        task.task_definition = task.task_definition.or_else(|| about.task_definition.clone());
        task
    };
    let mut own = Collected::default();
    let mut is_steady = false;
    for (at, event) in items(it, "events").enumerate() {
        match said(event, "message") {
            // The latest is first; what came before a steady state is over.
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
    own.results.into_iter().flatten().for_each(|task| collected.task(as_one_of(task)));
    if collected.results.len() > before {
        return;
    }
    let [wanted, running] = ["desiredCount", "runningCount"].map(|key| get(it, key).and_then(Value::as_i64));
    if wanted.zip(running).map_or(is_steady, |(wanted, running)| running >= wanted) {
        return collected.task(Task { source: Source::ServiceEvent(STEADY.to_owned()), ..about });
    }
    let of = about.fetching().map(|command| format!(": {command}")).unwrap_or_default();
    collected.error(
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
pub(super) fn service_message(it: &Object, path: &str, collected: &mut Collected) {
    let Some(message) = said(it, "message") else { return };
    let name = message.strip_prefix("(service ").and_then(|rest| Some(rest.split_once(')')?.0.to_owned()));
    let task = Task {
        source: Source::ServiceEvent(if says_steady(&message) { STEADY } else { "SERVICE_EVENT" }.to_owned()),
        workload: name.map(|name| Workload { is_service: true, name }),
        stopped_at: time(it, &["createdAt"]),
        ..Task::default()
    };
    if says_steady(&message) {
        collected.task(task);
    } else if is_ordinary(&message) {
        collected.error(path, "this event of the service tells of no failure: ask its stopped tasks, with aws ecs list-tasks --desired-status STOPPED".to_owned());
    } else {
        collected.task(with_reason(joined(path, "message"), message, task));
    }
}

/// One of a service's `deployments`.
pub(super) fn deployment(it: &Object, path: &str, collected: &mut Collected) {
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
            collected.task(Task {
                source: Source::DeploymentEvent("SERVICE_DEPLOYMENT_COMPLETED".to_owned()),
                ..task
            });
        } else {
            collected.error(path, format!("the deployment is {state} and has no failed tasks: ask the service's events, with aws ecs describe-services"));
        }
        return;
    }
    let why = said(it, "rolloutStateReason").unwrap_or(state);
    let source = Source::DeploymentEvent("SERVICE_DEPLOYMENT_FAILED".to_owned());
    collected.task(Task { source, ..with_reason(joined(path, "rolloutStateReason"), why, task) });
}

/// One of `describe-service-deployments`.
pub(super) fn service_deployment(it: &Object, path: &str, collected: &mut Collected) {
    let status = text(it, "status").unwrap_or_default();
    let about = Task { stopped_at: time(it, &["finishedAt", "stoppedAt", "createdAt"]), ..about_service(it) };
    let failing = ["FAILED", "ROLLBACK", "STOP"].iter().any(|part| status.contains(part));
    if failing {
        let why = said(it, "statusReason").unwrap_or(status);
        let source = Source::DeploymentEvent("SERVICE_DEPLOYMENT_FAILED".to_owned());
        collected.task(Task { source, ..with_reason(joined(path, "statusReason"), why, about) });
    } else if status == "SUCCESSFUL" {
        collected.task(Task {
            source: Source::DeploymentEvent("SERVICE_DEPLOYMENT_COMPLETED".to_owned()),
            ..about
        });
    } else {
        collected.error(
            path,
            format!("the deployment is {status}: ask the service's events, with aws ecs describe-services"),
        );
    }
}
