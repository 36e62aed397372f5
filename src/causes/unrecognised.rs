//! The text proves no cause of the catalog.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::container_log::ContainerLog;
use super::fix::Fix;
use super::impaired;
use super::{Cause, Example, Explanation, Owner};
use crate::question::Question;
use crate::reason::{Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "unrecognised",
    title: "the reason is not one that ecs-triage knows",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The message names no fault that ecs-triage knows, or was cut off before it.",
        why: "ECS changes its wording without notice, and cuts long reasons at 255 characters or 1024 bytes.",
        tell: "The step, where the text names one, still says what ECS was doing.",
        fix: "Read the whole reason below. Please report it, without account ids, so that it can be recognized.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html",
    ],
    when: claims,
    ask: impaired::questions,
    assess,
    examples: &[Example { text: "ResourceInitializationError: something nobody has seen before", also: &[] }],
};

fn claims(symptom: &Symptom) -> bool {
    !super::not_a_secret_failure::is_elsewhere(symptom.step) && super::is_left_over(symptom)
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if super::secret_value_in_reference::is_shown(case) {
        return None;
    }
    let doing = match case.symptom.step {
        Step::SecretsManager => "while a secret was fetched",
        Step::ParameterStore => "while a parameter was fetched",
        Step::RegistryCredentials => "while the registry credentials were fetched",
        Step::EcrAuth => "while ECS logged in to ECR",
        Step::EnvFile => "while an environment file was fetched",
        Step::LogDriver => "while the log driver was set up",
        Step::ExecutionRole => "with the execution role",
        Step::SecretSidecar => "in a container that fetches secrets",
        _ => "before the task started",
    };
    let of = case.name().map(|name| format!(" ({name})")).unwrap_or_default();
    let is_known = case.symptom.fault != Fault::Unknown;
    let cut =
        case.symptom.truncated.then(|| Finding::unknown("the error itself: the reason was cut before it"));
    let rest = if is_known { "the text does not say why" } else { "the text does not say what" };
    let stopped = Question::stopped_tasks_of(case.task);
    let title = match &stopped {
        Some(_) => {
            "tasks of the service do not start, or stop soon after; the event does not say why".to_owned()
        }
        None => format!("{} {doing}{of}; {rest}", said(case.symptom.fault)),
    };
    let seen = stopped.map(|question| case.look(&question));
    let exits = seen.and_then(|seen| match seen.found() {
        Some(tasks) => impaired::exits(tasks),
        None => Finding::unanswered("what the stopped tasks of the service say", seen),
    });
    let log = impaired::last_log(case);
    let logged = log.as_ref().map_or_else(|| impaired::log_unread(case), ContainerLog::says);
    let text = "ask ECS for all that it says of the task while it shows it, for about an hour: each container has a reason of its own";
    let fix = match log.and_then(|log| log.tail()) {
        Some(log) => Fix::words("see what the container wrote before it exited")
            .run([log])
            .then(text, case.describe_stopped()),
        None => Fix::words(text).run(case.describe_stopped()),
    };
    Some(Assessment::possible(title).findings(cut).findings(exits).findings(logged).fix(fix))
}

/// What went wrong, in words.
const fn said(fault: Fault) -> &'static str {
    match fault {
        Fault::AccessDenied | Fault::KmsDenied | Fault::BadCredentials => "access was denied",
        Fault::NotFound | Fault::VersionNotFound | Fault::RoleMissing => "something was not found",
        Fault::WrongShape | Fault::NotJson | Fault::TooLarge => "ECS could not use what it got",
        Fault::BadReference | Fault::Misconfigured => "a setting is not valid",
        Fault::NetworkTimeout | Fault::TimedOut => "something did not answer in time",
        Fault::Dns | Fault::Tls | Fault::ConnectionRefused => "a connection failed",
        Fault::Throttled => "a limit was reached",
        Fault::ServiceError => "a service failed",
        _ => "something failed",
    }
}
