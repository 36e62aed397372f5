//! The credentials of the moment were not good; the next try usually is.

use jiff::SignedDuration;

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::proof::{Complete, Identity, Proof, Time};
use super::refusal::{SIMULATION, all_allowed, is_want_of_allow, refuser};
use super::role::{GET_ROLE, RoleView};
use super::{Cause, Example, Explanation, Owner};
use crate::arn::name_in;
use crate::question::facts::{Moment, RunningTask};
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "recovered-by-itself",
    title: "the credentials in use had expired, or the role was not known yet",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "AWS refused the credentials with which ECS called: expired, not known, or signed at the wrong time. Or it refused a role that it did not know yet, or not with all of its policies.",
        why: "An agent that was just restarted or resumed, a host whose clock is off: ECS gets new credentials by itself. A role or policy that was created a moment ago: IAM takes seconds to minutes to replicate it.",
        tell: "The message says `ExpiredTokenException`, `UnrecognizedClientException` or `InvalidSignatureException`. If later tasks start, it is over; if all fail on one host, look at its clock.",
        fix: "Start the task again. If it returns on one host, set its clock and update its agent. In infrastructure code, make the service depend on the role's policies.",
    },
    references: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html"],
    when: |symptom| {
        let credentials = symptom.fault == Fault::BadCredentials
            && !matches!(
                symptom.step,
                Step::ImagePull
                    | Step::EfsVolume
                    | Step::FsxVolume
                    | Step::Volume
                    | Step::Container
                    | Step::SecretSidecar
            );
        let passing = matches!(symptom.fault, Fault::Throttled | Fault::ServiceError)
            && super::case::reads_from_aws(symptom);
        credentials || passing || is_refusal(symptom)
    },
    ask,
    assess,
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-west-2: operation error SSM: GetParameters, https response error StatusCode: 400, RequestID: c07b7c1e-64f2-4b6d-9a58-2f3e1d0c9b8a, api error ExpiredTokenException: The security token included in the request is expired",
        also: &[],
    }],
};

/// Whether IAM refused the role, as it also does one that it does not know yet.
fn is_refusal(symptom: &Symptom) -> bool {
    is_want_of_allow(symptom) || (symptom.fault == Fault::AssumeRoleDenied && !symptom.service_linked)
}

/// So long before a failure, a change to a role might not have been known everywhere. AWS gives no bound;
/// reports have seconds to minutes.
const SPREADING: SignedDuration = SignedDuration::from_mins(10);

/// When the role was made, if it was moments before the task failed.
fn made_just_before(case: &Case<'_>) -> Option<Moment> {
    let made = case.role()?.known().found()?.create_date?;
    let failed = case.task.failed_by()?;
    (made.0 < failed && failed.duration_since(made.0) < SPREADING).then_some(made)
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    if !is_refusal(case.symptom) {
        return question(case).into_iter().map(Into::into).collect();
    }
    let tasks = question(case).filter(|_| made_just_before(case).is_some()).map(Question::from);
    case.role().iter().flat_map(RoleView::ask).chain(tasks).collect()
}

/// What a refusal may be: the role is new, or its age is unknown.
fn of_refusal(case: &Case<'_>) -> Option<Assessment> {
    if case.forecast {
        return None;
    }
    let role = case.role_name().map_or("the role".to_owned(), |role| format!("role {role}"));
    let title = format!("{role}, or its policies, might not have been known everywhere in IAM yet");
    let text = "where infrastructure code creates the role and the service together, make the service depend on the role's policies";
    let fix = || Fix::words(case.again()).run(case.start_again()).then(text, []);
    let known = case.role().map_or(Known::NotAsked, |role| role.known());
    let Some(made) = made_just_before(case) else {
        let is_unread = matches!(known, Known::NotAsked | Known::Unknown(_));
        let unknown = Finding::unknown("when the role and its policies were created");
        return is_unread.then(|| {
            Assessment::possible(title).culprit(case.refused_culprit()).finding(unknown).fix(fix())
        });
    };
    let found =
        Finding::found(format!("{role} was created on {made}, moments before the task failed"), GET_ROLE);
    let running = question(case).map_or(Known::NotAsked, |question| case.look(&question));
    let later = later_of_revision(case, running);
    let decisions = case.simulated_refusals();
    if later.is_empty() && decisions.iter().any(|decision| refuser(decision).is_some()) {
        // The role lacks the permission for good.
        return None;
    }
    let said = match later.iter().filter_map(|task| task.started_at).min() {
        Some(first) => Assessment::likely(title).finding(Finding::found(
            format!("a later task of the same revision runs, the first since {first}"),
            SOURCE,
        )),
        None if all_allowed(&decisions).is_ok() => Assessment::likely(title)
            .finding(Finding::found("the role's policies allow the call now", SIMULATION)),
        None => Assessment::possible(title),
    };
    let unknown = Finding::unknown("when its policies were created: IAM gives no date");
    Some(said.supported().culprit(case.refused_culprit()).finding(found).finding(unknown).fix(fix()))
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if is_refusal(case.symptom) {
        return of_refusal(case);
    }
    let title = match case.symptom.fault {
        Fault::BadCredentials => "the credentials that ECS used were not valid at that moment",
        Fault::Throttled => "the call was throttled, and later ones were not",
        _ => "the service failed for a moment",
    };
    let known = question(case).map_or(Known::NotAsked, |question| case.look(&question));
    let later: Vec<&RunningTask> =
        known.found().into_iter().flatten().filter(|task| is_later(case, task)).collect();
    let same = later_of_revision(case, known);
    if let Some(first) = same.iter().filter_map(|task| task.started_at).min() {
        let (count, ending) = (same.len(), if same.len() == 1 { ["", "s"] } else { ["s", ""] });
        let said = format!(
            "{count} later task{} of the same revision run{}, the first since {first}",
            ending[0], ending[1]
        );
        let identity = case
            .task
            .task_definition_name()
            .map_or_else(|| Identity::of_revision(case), |name| Identity::same(name, name));
        let proof = Proof::by(
            vec![Finding::found(said, SOURCE)],
            identity,
            Complete::of("which tasks run", [known]),
            Time::unchanging(),
        );
        return Some(Assessment::confirmed(title, proof).fix(case.try_again()));
    }
    if case.symptom.fault != Fault::BadCredentials {
        return None;
    }
    let other = later.iter().find_map(|task| revision(task));
    let other = other.map(|run| {
        Finding::found(
            format!("a later task runs, of {run}: whether this revision starts too, it does not show"),
            SOURCE,
        )
    });
    let none = known
        .found()
        .filter(|_| other.is_none())
        .map(|_| Finding::missing("a later task of the service that runs", SOURCE));
    let fix = Fix::words(case.again())
        .run(case.start_again())
        .then("if one host keeps failing, set its clock and update its ECS agent", []);
    Some(
        Assessment::possible(title)
            .findings(other)
            .findings(none)
            .findings(Finding::unanswered("whether a later task started", known))
            .fix(fix),
    )
}

const SOURCE: &str = "DescribeTasks";

/// Whether a task started after this one stopped.
fn is_later(case: &Case<'_>, task: &RunningTask) -> bool {
    task.started_at.zip(case.task.stopped_at).is_some_and(|(at, stopped)| at.0 > stopped)
}

/// The later tasks of the very revision that failed.
fn later_of_revision<'c>(case: &Case<'_>, running: Known<'c, Vec<RunningTask>>) -> Vec<&'c RunningTask> {
    let is_same =
        |task: &RunningTask| revision(task).is_some_and(|run| case.task.task_definition_name() == Some(run));
    running.found().into_iter().flatten().filter(|task| is_later(case, task) && is_same(task)).collect()
}

/// The `family:revision` that a task runs.
fn revision(task: &RunningTask) -> Option<&str> {
    task.task_definition_arn.as_deref().map(name_in)
}

fn question(case: &Case<'_>) -> Option<ask::RunningTasks> {
    let cluster = case.task.cluster.as_ref()?.clone();
    Some(ask::RunningTasks {
        region: case.own_region().to_owned(),
        cluster,
        service: case.task.service()?.to_owned(),
    })
}
