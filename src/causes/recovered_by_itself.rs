//! The credentials of the moment were not good; the next try usually is.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::arn::Arn;
use crate::question::facts::RunningTask;
use crate::question::{Known, ask};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "recovered-by-itself",
    title: "the credentials in use had expired or were not known yet",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "AWS refused the credentials with which ECS called: expired, not known, or signed at the wrong time.",
        why: "An agent that was just restarted or resumed, a role made a moment ago, a host whose clock is off. ECS gets new credentials by itself.",
        tell: "`ExpiredTokenException`, `UnrecognizedClientException`, `InvalidSignatureException`. If later tasks start, it is over; if all fail on one host, look at its clock.",
        fix: "Start the task again. If it returns on one host, set its clock and update its agent.",
    },
    when: |symptom| {
        let credentials = symptom.fault == Fault::BadCredentials && !matches!(symptom.step, Step::ImagePull | Step::EfsVolume | Step::FsxVolume | Step::Volume);
        let passing = matches!(symptom.fault, Fault::Throttled | Fault::ServiceError) && super::case::reads_from_aws(symptom);
        credentials || passing
    },
    ask: |case| question(case).into_iter().map(Into::into).collect(),
    assess,
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-west-2: operation error SSM: GetParameters, https response error StatusCode: 400, RequestID: c07b7c1e-64f2-4b6d-9a58-2f3e1d0c9b8a, api error ExpiredTokenException: The security token included in the request is expired",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let title = match case.symptom.fault {
        Fault::BadCredentials => "the credentials that ECS used were not valid at that moment",
        Fault::Throttled => "the call was throttled, and later ones were not",
        _ => "the service failed for a moment",
    };
    let known = question(case).map_or(Known::NotAsked, |question| case.look(&question));
    let later: Vec<&RunningTask> = known.found().into_iter().flatten().filter(|task| is_later(case, task)).collect();
    let same: Vec<&RunningTask> =
        later.iter().copied().filter(|task| revision(task).is_some_and(|run| case.task.task_definition_name() == Some(run))).collect();
    if let Some(first) = same.iter().filter_map(|task| task.started_at).min() {
        let (count, ending) = (same.len(), if same.len() == 1 { ["", "s"] } else { ["s", ""] });
        let said = format!("{count} later task{} of the same revision run{}, the first since {first}", ending[0], ending[1]);
        let identity = case.task.task_definition_name().map_or_else(|| Identity::of_revision(case), |name| Identity::same(name, name));
        let proof = Proof::by(vec![Finding::found(said, SOURCE)], identity, Complete::of("which tasks run", [known]), Time::unchanging());
        return Some(Assessment::confirmed(title, proof).fix(case.try_again()));
    }
    if case.symptom.fault != Fault::BadCredentials {
        return None;
    }
    let other = later.iter().find_map(|task| revision(task));
    let other = other.map(|run| Finding::found(format!("a later task runs, of {run}: whether this revision starts too, it does not show"), SOURCE));
    let none = known.found().filter(|_| other.is_none()).map(|_| Finding::missing("a later task of the service that runs", SOURCE));
    let fix = Fix::words("start the task again; if one host keeps failing, set its clock and update its ECS agent").run(case.commands([]));
    Some(Assessment::possible(title).findings(other).findings(none).findings(Finding::not_told("whether a later task started", known)).fix(fix))
}

const SOURCE: &str = "DescribeTasks";

/// Whether a task started after this one stopped.
fn is_later(case: &Case<'_>, task: &RunningTask) -> bool {
    task.started_at.zip(case.task.stopped_at).is_some_and(|(at, stopped)| at.0 > stopped)
}

/// The `family:revision` that a task runs.
fn revision(task: &RunningTask) -> Option<&str> {
    let whole = task.task_definition_arn.as_deref()?;
    Some(Arn::parse(whole).and_then(|arn| arn.resource.split_once('/')).map_or(whole, |(_, name)| name))
}

fn question(case: &Case<'_>) -> Option<ask::RunningTasks> {
    let service = case.task.workload.as_ref().filter(|workload| workload.is_service)?;
    let cluster = case.task.cluster.as_ref()?.clone();
    Some(ask::RunningTasks { region: case.own_region().to_owned(), cluster, service: service.name.clone() })
}
