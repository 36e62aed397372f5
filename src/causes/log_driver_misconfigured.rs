//! The log configuration cannot work as it is written.

use std::net::IpAddr;

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::name::Kind;
use super::object::File;
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::{ContainerDefinition, TaskDefinition};

pub(super) const CAUSE: Cause = Cause {
    id: "log-driver-misconfigured",
    title: "the log configuration is wrong",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The log driver refused its configuration, or FireLens could not make one from it.",
        why: "An option is misspelled or missing, a driver has no plugin on the host, a FireLens type is neither fluentd nor fluentbit, or its configuration file has no value. Or nothing listens where the driver sends to: a log daemon on the host that is not up yet, or a collector at another address.",
        tell: "The text names the option or the type.",
        fix: "Correct logConfiguration or firelensConfiguration in a new revision.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html",
    ],
    when: |symptom| {
        let written = matches!(symptom.fault, Fault::Misconfigured | Fault::BadReference | Fault::NoSpace)
            || (symptom.fault == Fault::NotFound && symptom.bucket.is_some());
        symptom.step == Step::LogDriver
            && (written || is_on_own_host(symptom) || is_of_others(symptom) || names_no_region(symptom))
    },
    ask: |case| File::all(case).iter().flat_map(|file| file.ask(case)).collect(),
    assess,
    examples: &[Example { text: "Invalid firelens configuration type: fluent-bit", also: &[] }],
};

/// Whether a network fault is about the destination of the log driver.
fn is_of_connection(symptom: &Symptom) -> bool {
    symptom.step == Step::LogDriver
        && matches!(
            symptom.fault,
            Fault::ConnectionRefused | Fault::NetworkTimeout | Fault::Dns | Fault::NotFound
        )
}

/// Where the log driver sends to, as the text names it.
fn destination(symptom: &Symptom) -> Option<&str> {
    [&symptom.address, &symptom.host, &symptom.resource]
        .into_iter()
        .flatten()
        .map(|fact| fact.text.as_str())
        .next()
}

/// Whether the log driver sends to a daemon on the task's own host: no way through the network is at fault.
pub(super) fn is_on_own_host(symptom: &Symptom) -> bool {
    let is_socket = |place: &str| {
        (place.starts_with('/') && place.strip_suffix(".sock").is_some()) || place.starts_with("unix:")
    };
    let is_own = |place: &str| {
        let host =
            place.split_once("://").map_or(place, |(_, rest)| rest).split('/').next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
        host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified())
    };
    let places = [&symptom.address, &symptom.host, &symptom.resource].into_iter().flatten();
    is_of_connection(symptom)
        && places.map(|fact| fact.text.as_str()).any(|place| is_socket(place) || is_own(place))
}

/// Whether the log driver sends to a collector that is not a service of AWS.
fn is_of_others(symptom: &Symptom) -> bool {
    let by_host = symptom
        .host
        .as_ref()
        .is_some_and(|host| !host.text.contains("amazonaws.com") && !host.text.contains(".api.aws"));
    is_of_connection(symptom)
        && symptom.fault != Fault::NotFound
        && (by_host || symptom.port.is_some_and(|port| port != 443 && port != 53))
}

/// Whether no way to AWS is at fault: the log driver sends to the task's own host, or was refused by a
/// collector.
pub(super) fn is_answered_by_others(symptom: &Symptom) -> bool {
    is_on_own_host(symptom) || (is_of_others(symptom) && symptom.fault == Fault::ConnectionRefused)
}

/// Whether the driver calls CloudWatch Logs in a Region that is none: awslogs-region holds something else.
fn names_no_region(symptom: &Symptom) -> bool {
    let host = symptom
        .host
        .as_ref()
        .filter(|_| is_of_connection(symptom))
        .and_then(|host| host.text.strip_prefix("logs."));
    host.and_then(|rest| rest.split('.').next()).is_some_and(|region| !Kind::Region.fits(region))
}

/// Nothing answers where the log driver sends to.
fn unanswered(case: &Case<'_>) -> Assessment {
    let at = destination(case.symptom).unwrap_or("its address");
    if is_on_own_host(case.symptom) {
        let text = "start the log daemon before the tasks that send to it, or configure the driver to wait (fluentd-async true, splunk-verify-connection false) in a new revision";
        let said = Assessment::likely(format!(
            "nothing listens at {at}, on the task's own host, where the log driver sends to"
        ));
        return said
            .finding(Finding::unknown("whether the log daemon was up when the task started"))
            .fix(Fix::words(text).then_revised(case));
    }
    let text = format!(
        "check whether the collector listens at {at} and accepts the task's address; correct the address in a new revision if it is wrong"
    );
    let said = Assessment::possible(format!("the log collector at {at} does not answer"));
    said.finding(Finding::unknown("whether the collector is up, and which addresses it accepts"))
        .fix(Fix::words(text).then_revised(case))
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if is_on_own_host(case.symptom) || is_of_others(case.symptom) {
        return (!case.forecast).then(|| unanswered(case));
    }
    if names_no_region(case.symptom) && !case.forecast {
        let host = case.symptom.host.as_deref().unwrap_or_default();
        let found =
            Finding::found(format!("the driver called {host}, which contains no Region"), "stoppedReason");
        let fix = Fix::words("write a Region into awslogs-region in a new revision").then_revised(case);
        return Some(Assessment::likely("awslogs-region is not a Region").finding(found).fix(fix));
    }
    let fix = Fix::words("correct the log configuration in a new revision of the task definition")
        .then_revised(case);
    let missing = File::all(case).into_iter().find_map(|file| Some((file.missing(&file.there(case))?, file)));
    if let Some((missing, file)) = missing.filter(|_| case.symptom.fault == Fault::NotFound) {
        let proof =
            Proof::by(vec![missing], Identity::of_revision(case), Complete::alone(), Time::as_ecs_said());
        let text = "upload the file, or correct config-file-value in a new revision";
        let title = format!("the configuration file {} does not exist in bucket {}", file.key, file.bucket);
        return Some(
            Assessment::confirmed(title, proof)
                .culprit(file.culprit("log-config"))
                .fix(Fix::words(text).then_again(case)),
        );
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
    definition
        .containers
        .iter()
        .flat_map(|container| of_container(container, definition.is_for_fargate(), routes))
        .collect()
}

fn of_container(container: &ContainerDefinition, on_fargate: bool, routes: bool) -> Vec<String> {
    let name = &container.name;
    let mut problems = Vec::new();
    if let Some(log) = &container.log_configuration {
        let lacks = |option: &str| log.options.get(option).is_none_or(String::is_empty);
        match log.log_driver.as_deref() {
            Some("awslogs") => {
                let needed = [
                    ("awslogs-group", true),
                    ("awslogs-region", true),
                    ("awslogs-stream-prefix", on_fargate),
                ];
                let lacking = needed.into_iter().filter(|(option, is_needed)| *is_needed && lacks(option));
                problems.extend(lacking.map(|(option, _)| format!("container {name} has no {option}")));
            }
            Some("awsfirelens") if !routes => problems.push(format!(
                "container {name} logs by awsfirelens, and no container has firelensConfiguration"
            )),
            _ => {}
        }
    }
    if let Some(firelens) = &container.firelens_configuration {
        match firelens.kind.as_deref() {
            Some("fluentd" | "fluentbit") => {}
            kind => problems.push(format!(
                "container {name} has the FireLens type {}, which is neither fluentd nor fluentbit",
                kind.unwrap_or("<none>")
            )),
        }
        let of =
            |option: &str| firelens.options.get(option).map(String::as_str).filter(|value| !value.is_empty());
        match (of("config-file-type"), of("config-file-value")) {
            (Some("s3" | "file") | None, Some(_)) | (None, None) => {}
            (Some("s3" | "file"), None) => {
                problems.push(format!("container {name} has a config-file-type without config-file-value"));
            }
            (Some(kind), _) => problems.push(format!(
                "container {name} has the config-file-type {kind}, which is neither s3 nor file"
            )),
        }
    }
    problems
}
