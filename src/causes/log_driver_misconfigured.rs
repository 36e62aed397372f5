//! The log configuration cannot work as it is written.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::object::File;
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step};
use crate::task_definition::{ContainerDefinition, TaskDefinition};

pub(super) const CAUSE: Cause = Cause {
    id: "log-driver-misconfigured",
    title: "the log configuration is wrong",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The log driver refused its configuration, or FireLens could not make one from it.",
        why: "An option is misspelt or missing, a driver has no plugin on the host, a FireLens type is neither fluentd nor fluentbit, or its configuration file has no value.",
        tell: "The text names the option or the type.",
        fix: "Correct logConfiguration or firelensConfiguration in a new revision.",
    },
    when: |symptom| {
        symptom.step == Step::LogDriver
            && (matches!(symptom.fault, Fault::Misconfigured | Fault::BadReference | Fault::NoSpace)
                || (symptom.fault == Fault::NotFound && symptom.bucket.is_some()))
    },
    ask: |case| File::all(case).iter().flat_map(|file| file.ask(case)).collect(),
    assess,
    examples: &[Example { text: "Invalid firelens configuration type: fluent-bit", also: &[] }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let fix = Fix::words(format!("correct the log configuration in a new revision of the task definition{}", case.then_again()));
    let missing = File::all(case).into_iter().find_map(|file| Some((file.missing(&file.there(case))?, file)));
    if let Some((missing, file)) = missing.filter(|_| case.symptom.fault == Fault::NotFound) {
        let proof = Proof::by(vec![missing], Identity::of_revision(case), Complete::alone(), Time::as_ecs_said());
        let text = format!("upload the file, or correct config-file-value in a new revision{}", case.then_again());
        let title = format!("the configuration file {} does not exist in bucket {}", file.key, file.bucket);
        return Some(Assessment::confirmed(title, proof).culprit(file.culprit("log-config")).fix(Fix::words(text)));
    }
    let title = "the log configuration cannot be used";
    let problems = case.definition().map(problems).unwrap_or_default();
    if case.symptom.fault != Fault::NotFound && !problems.is_empty() {
        let found = problems.into_iter().map(|problem| Finding::found(problem, DEFINITION)).collect();
        let proof = Proof::by_definition(case, found);
        return Some(Assessment::confirmed(title, proof).fix(fix));
    }
    (!case.forecast).then(|| Assessment::likely(title).fix(fix))
}

/// What cannot work in the log configurations of a definition.
fn problems(definition: &TaskDefinition) -> Vec<String> {
    let routes = definition.containers.iter().any(|container| container.firelens_configuration.is_some());
    definition.containers.iter().flat_map(|container| of_container(container, definition.is_for_fargate(), routes)).collect()
}

fn of_container(container: &ContainerDefinition, on_fargate: bool, routes: bool) -> Vec<String> {
    let name = &container.name;
    let mut problems = Vec::new();
    if let Some(log) = &container.log_configuration {
        let lacks = |option: &str| log.options.get(option).is_none_or(|value| value.as_ref().is_none_or(String::is_empty));
        match log.log_driver.as_deref() {
            Some("awslogs") => {
                let needed = [("awslogs-group", true), ("awslogs-region", true), ("awslogs-stream-prefix", on_fargate)];
                let lacking = needed.into_iter().filter(|(option, is_needed)| *is_needed && lacks(option));
                problems.extend(lacking.map(|(option, _)| format!("container {name} has no {option}")));
            }
            Some("awsfirelens") if !routes => problems.push(format!("container {name} logs by awsfirelens, and no container has firelensConfiguration")),
            _ => {}
        }
    }
    if let Some(firelens) = &container.firelens_configuration {
        match firelens.kind.as_deref() {
            Some("fluentd" | "fluentbit") => {}
            kind => problems.push(format!("container {name} has the FireLens type {}, which is neither fluentd nor fluentbit", kind.unwrap_or("<none>"))),
        }
        let of = |option: &str| firelens.options.get(option).and_then(Option::as_deref).filter(|value| !value.is_empty());
        match (of("config-file-type"), of("config-file-value")) {
            (Some("s3" | "file") | None, Some(_)) | (None, None) => {}
            (Some("s3" | "file"), None) => problems.push(format!("container {name} has a config-file-type without config-file-value")),
            (Some(kind), _) => problems.push(format!("container {name} has the config-file-type {kind}, which is neither s3 nor file")),
        }
    }
    problems
}
