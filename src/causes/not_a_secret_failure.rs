//! A failure that is recognized and not about secrets: the diagnosis names it in one line.

use super::assessment::Assessment;
use super::case::Case;
use super::container_log::ContainerLog;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::event::Container;
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::ContainerDefinition;

pub(super) const CAUSE: Cause = Cause {
    id: "not-a-secret-failure",
    title: "it failed for a reason that is not about secrets, roles or what is fetched with them",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The reason was understood, and it lies elsewhere: the application exited, a health check failed, there was no capacity, an image or a volume was at fault.",
        why: "ecs-triage looks into what happens before a container starts. It names other failures so that nobody looks for a secret, and leaves them to other tools.",
        tell: "The step and the fault say what it was.",
        fix: "Read the container's own log and exit code; the commands shown ask ECS for the rest of what it knows.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
    ],
    when: claims,
    ask: |case| log_of_exit(case).and_then(|log| log.question()).into_iter().collect(),
    assess: |case| Some(assess(case)),
    examples: &[
        Example { text: "Essential container in task exited", also: &[] },
        Example {
            text: "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/web/4fe72fe75cdf9149)",
            also: &[],
        },
        Example { text: "Your Spot Task was interrupted.", also: &[] },
    ],
};

fn claims(symptom: &Symptom) -> bool {
    is_elsewhere(symptom.step) && super::is_left_over(symptom)
}

/// Whether the step has nothing to do with secrets, roles and what is fetched with them.
pub(super) const fn is_elsewhere(step: Step) -> bool {
    matches!(
        step,
        Step::Container
            | Step::Capacity
            | Step::ServiceConnect
            | Step::ExecAgent
            | Step::CredentialSpec
            | Step::ImagePull
            | Step::EfsVolume
            | Step::FsxVolume
    )
}

/// What an application says of itself, in words and with what to do; what it cannot fetch has causes of its
/// own.
fn said_by_application(case: &Case<'_>) -> Option<(&'static str, &'static str)> {
    let is_its_own = case.symptom.step == Step::Container && case.symptom.fault != Fault::Exited;
    let said = case.task.reasons.iter().find(|reason| reason.is_of_log()).filter(|_| is_its_own)?;
    let words = said.text.get(case.symptom.span.clone()).unwrap_or_default().to_ascii_lowercase();
    Some(match case.symptom.fault {
        Fault::Misconfigured if words.contains("region") => (
            "the application found no AWS Region",
            "set AWS_REGION in the container's environment, or the Region where the program configures its client",
        ),
        Fault::NetworkTimeout | Fault::Dns | Fault::Tls | Fault::ConnectionRefused => (
            "the application could not reach AWS",
            "see that the task's network leads to the endpoint that the text names",
        ),
        _ => ("the application could not call AWS", "correct what the text names"),
    })
}

/// What it was, in words.
fn said(symptom: &Symptom) -> &'static str {
    match (symptom.step, symptom.fault) {
        (_, Fault::OutOfMemory) => "a container ran out of memory",
        (_, Fault::Unhealthy) => "a health check failed",
        (Step::Container, Fault::Exited) => "an essential container exited",
        (Step::Container, Fault::NotFound) => {
            "the container, its command or its image was not found on the host"
        }
        (Step::Container, Fault::TimedOut) => "the container runtime did not answer in time",
        (Step::Container, _) => "the container runtime could not start a container",
        (Step::Capacity, Fault::OutOfCapacity) => "there was no capacity, or Spot capacity was reclaimed",
        (Step::Capacity, _) => "the cluster could not place the task",
        (Step::ImagePull, Fault::NotFound) => "the image does not exist",
        (Step::ImagePull, Fault::Throttled) => "the registry's pull rate limit was reached",
        (Step::ImagePull, Fault::PlatformMismatch) => "the image is not built for the task's platform",
        (Step::ImagePull, _) => "the image could not be pulled",
        (Step::EfsVolume | Step::FsxVolume | Step::EbsVolume | Step::Volume, _) => {
            "a volume could not be mounted"
        }
        (Step::NetworkInterface, _) => "the task's network interface could not be set up",
        (Step::ServiceConnect, _) => "Service Connect could not be set up",
        (Step::ExecAgent, _) => "ECS Exec is not available",
        (Step::CredentialSpec, _) => "the gMSA credential spec could not be used",
        _ => "the task stopped",
    }
}

fn assess(case: &Case<'_>) -> Assessment {
    if let Some((title, fix)) = said_by_application(case) {
        return Assessment::likely(title).fix(Fix::words(fix));
    }
    let containers = &case.task.containers;
    let code = |container: &Container| {
        let code = container.exit_code.filter(|code| *code != 0)?;
        Some(format!("{} exited with {code}", container.name.as_deref().unwrap_or("a container")))
    };
    let codes: Vec<String> = containers.iter().filter_map(code).collect();
    let codes = if codes.is_empty() { String::new() } else { format!(" ({})", codes.join(", ")) };
    let ran =
        case.task.started_at.is_some() || containers.iter().any(|container| container.exit_code.is_some());
    let service =
        || case.describe_service("--query 'services[0].events[:5].message'").into_iter().collect::<Vec<_>>();
    let (text, look) = match (case.symptom.step, case.symptom.fault) {
        (Step::Capacity, Fault::AccessDenied | Fault::Misconfigured) => {
            ("correct the setting that the text names: it is not one that ECS takes", service())
        }
        (Step::Capacity, Fault::Throttled) => {
            ("have the quota that the text names raised, or run less at once", Vec::new())
        }
        (Step::Capacity, _) => (
            "give the cluster what the text says is short, or ask for less: CPU, memory, ports, instances or Fargate capacity",
            service(),
        ),
        (_, Fault::NoSpace) => (
            "enlarge the disk: ephemeralStorage on Fargate, the root volume on EC2, where old images can be removed too",
            Vec::new(),
        ),
        (_, Fault::OutOfMemory) => {
            ("give the container more memory, or find out what uses it", case.describe_stopped())
        }
        (Step::Container, Fault::Unhealthy) => (
            "read the container's log; see that the health check asks the port and path that it serves, and waits long enough",
            service(),
        ),
        (Step::Container, _) if ran || case.symptom.fault == Fault::Exited => {
            let log = log_of_exit(case).and_then(|log| log.tail());
            let look = log.into_iter().chain(case.describe_stopped()).collect();
            ("read the container's log; its exit code says how it ended", look)
        }
        _ => (
            "correct what the text names in a new revision; what ECS says of each container shows the rest",
            case.describe_stopped(),
        ),
    };
    let log = log_of_exit(case).filter(|_| case.task.exited_early());
    Assessment::likely(format!("{}{codes}", said(case.symptom)))
        .findings(log.and_then(|log| log.says()))
        .fix(Fix::words(text).run(look))
}

/// The log of the container that failed first, of those that exited.
fn log_of_exit<'c>(case: &'c Case<'_>) -> Option<ContainerLog<'c>> {
    let failed = |container: &&ContainerDefinition| {
        let own = |one: &&Container| one.name.as_ref() == Some(&container.name);
        case.task.containers.iter().find(own).is_some_and(Container::failed)
    };
    let is_exit = case.symptom.step == Step::Container && case.symptom.fault == Fault::Exited;
    let definition = case.definition().filter(|_| is_exit)?;
    let container = definition.in_order().into_iter().find(failed)?;
    Some(ContainerLog::of(case, container, case.task.id()?))
}
