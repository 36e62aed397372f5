//! The credentials of the moment were not good; the next try usually is.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::facts::{Moment, RunningTask};
use crate::question::{Known, Question};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "recovered-by-itself",
    title: "the credentials in use had expired or were not known yet",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "AWS refused the credentials with which ECS called: expired, not known, or signed at the wrong time.",
        why: "An agent that was just restarted or resumed, a role made a moment ago, a host whose clock is off. ECS gets new credentials by itself.",
        tell: "`ExpiredTokenException`, `UnrecognizedClientException`, `InvalidSignatureException`. If later tasks start, it is over; if all fail on one host, look at its clock.",
        mend: "Start the task again. If it returns on one host, set its clock and update its agent.",
    },
    when: |symptom| {
        let credentials = symptom.fault == Fault::BadCredentials && !matches!(symptom.step, Step::ImagePull | Step::EfsVolume | Step::FsxVolume | Step::Volume);
        let passing = matches!(symptom.fault, Fault::Throttled | Fault::ServiceError) && super::service_throttled::reads_from_aws(symptom);
        credentials || passing
    },
    ask: |case| question(case).into_iter().collect(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-west-2: operation error SSM: GetParameters, https response error StatusCode: 400, RequestID: c07b7c1e-64f2-4b6d-9a58-2f3e1d0c9b8a, api error ExpiredTokenException: The security token included in the request is expired",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let title = match case.symptom.fault {
        Fault::BadCredentials => "the credentials that ECS used were not valid at that moment",
        Fault::Throttled => "the call was throttled, and later ones were not",
        _ => "the service failed for a moment",
    };
    if let Some((started, count)) = later(case) {
        return Judgement::new(Verdict::Confirmed, title).passed(Finding::found(
            format!(
                "{count} later task{} of the service run{}, the first since {started}",
                if count == 1 { "" } else { "s" },
                if count == 1 { "s" } else { "" }
            ),
            "DescribeTasks",
        ));
    }
    if case.symptom.fault != Fault::BadCredentials {
        return Judgement::unsupported();
    }
    let known = question(case).map_or(Known::NotAsked, |question| case.look::<Vec<RunningTask>>(&question));
    let none = known.found().map(|_| Finding::missing("a later task of the service that runs", "DescribeTasks"));
    Judgement::new(Verdict::Possible, title).findings(none).findings(Finding::not_told("whether a later task started", known))
}

/// When a task of the same service started after this one stopped, and how many did.
fn later(case: &Case<'_>) -> Option<(Moment, usize)> {
    let stopped = case.task.stopped_at?;
    let running = case.look::<Vec<RunningTask>>(&question(case)?).found()?;
    let started = || running.iter().filter_map(|task| task.started_at).filter(|at| at.0 > stopped);
    Some((started().min()?, started().count()))
}

fn question(case: &Case<'_>) -> Option<Question> {
    let service = case.task.workload.as_ref().filter(|workload| workload.is_service)?;
    let cluster = case.task.cluster.as_ref()?.clone();
    Some(Question::RunningTasks { region: case.own_region().to_owned(), cluster, service: service.name.clone() })
}

fn fix(case: &Case<'_>) -> Fix {
    Fix::words("start the task again; if one host keeps failing, set its clock and update its ECS agent").run(case.commands([]))
}
