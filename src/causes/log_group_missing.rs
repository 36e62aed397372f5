//! The log group that the container writes to does not exist.

use super::case::{Case, DEFINITION, Finding, Fix, Judgement};
use super::command::Command;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::TaskDefinition;

pub(super) const CAUSE: Cause = Cause {
    id: "log-group-missing",
    title: "the log group does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The awslogs driver could not make its log stream because the log group is not there.",
        why: "`awslogs-group` names a group that nobody created, in that Region; `awslogs-create-group` is off (the default), or on without logs:CreateLogGroup, which AmazonECSTaskExecutionRolePolicy does not include.",
        tell: "`The specified log group does not exist`. With `There is a connection issue` behind it, it is the network instead.",
        mend: "Create the group, or switch on awslogs-create-group and allow logs:CreateLogGroup.",
    },
    when: claims,
    judge,
    fix,
    examples: &[Example {
        text: "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.\n\tstatus code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &[],
    }],
};

fn claims(symptom: &Symptom) -> bool {
    symptom.step == Step::LogDriver && symptom.fault == Fault::NotFound && symptom.bucket.is_none()
}

fn judge(case: &Case<'_>) -> Judgement {
    let title = match (case.name(), case.references.len()) {
        (Some(name), _) => format!("log group {name} does not exist"),
        (None, 0) => "a log group does not exist".to_owned(),
        (None, several) => format!("one of {several} log groups does not exist"),
    };
    let creates = case.definition().map(creates_groups);
    let creation = creates.map(|on| {
        if on {
            Finding::found("awslogs-create-group is on, so the group should have been made: logs:CreateLogGroup may be missing", DEFINITION)
        } else {
            Finding::found("awslogs-create-group is off, so nothing makes the group", DEFINITION)
        }
    });
    Judgement::new(Verdict::Likely, title)
        .findings(creation)
        .finding(Finding::unknown("whether the group exists in another Region"))
        .findings(case.definition_unknown())
}

fn creates_groups(definition: &TaskDefinition) -> bool {
    let logs = definition.containers.iter().filter_map(|container| container.log_configuration.as_ref());
    logs.filter_map(|log| log.options.get("awslogs-create-group")).flatten().any(|on| on == "true")
}

/// The Region to which the logs go, where the definition names one.
fn log_region(definition: &TaskDefinition) -> Option<&str> {
    let mut logs = definition.containers.iter().filter_map(|container| container.log_configuration.as_ref());
    logs.find_map(|log| log.options.get("awslogs-region")?.as_deref())
}

fn fix(case: &Case<'_>) -> Fix {
    let mut groups: Vec<String> = case.references.iter().map(|reference| reference.value_from.clone()).collect();
    groups.dedup();
    if groups.is_empty() {
        groups.push(case.name().unwrap_or_else(|| "<log-group>".to_owned()));
    }
    let region = case.definition().and_then(log_region).or(case.region());
    let create =
        groups.into_iter().map(|group| Command::new("aws logs create-log-group").maybe("--region", region).option("--log-group-name", &group).finish());
    Fix { text: format!("create the log group{}", case.then_again()), commands: case.commands(create), policy: None }
}
