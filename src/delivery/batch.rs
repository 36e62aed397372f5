//! What an invocation brought, sorted: failures by fingerprint, workloads that recovered, and what is only
//! written down.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::guard::{Panicked, guarded_now};
use super::settlement::Item;
use super::trouble::Problem;
use crate::diagnosis::{Report, diagnose, fails_by_place};
use crate::event::{Entry, Forecast, Source, Task};
use crate::incident::ledger::Sighted;
use crate::incident::{About, Sighting};
use crate::question::Evidence;

/// Tells a kind of failure from all others: its fingerprint and workload.
pub(super) type FailureId = (String, String);

pub(super) fn failure_id(about: &About) -> FailureId {
    (about.fingerprint.clone(), about.workload_key())
}

/// The tasks of an invocation by what is to be done about them. Each is with its place.
#[derive(Debug, Default)]
pub(super) struct Batch<'e> {
    /// Failures to announce, those of one fingerprint together.
    pub(super) failures: Vec<Failure<'e>>,
    /// Workloads that recovered.
    pub(super) ends: Vec<End>,
    /// What is diagnosed and written down, but not announced.
    pub(super) others: Vec<(Item, &'e Task)>,
    /// Those that cannot be diagnosed, by a fault of ecs-triage itself.
    pub(super) faulty: Vec<Item>,
}

/// The failures of one fingerprint.
#[derive(Debug, Clone)]
pub(super) struct Failure<'e> {
    pub(super) about: About,
    pub(super) tasks: Vec<(Item, &'e Task)>,
}

/// A workload that recovered, and with it perhaps what checks said of its next tasks.
#[derive(Debug)]
pub(super) struct End {
    pub(super) item: Item,
    pub(super) workloads: Vec<About>,
    pub(super) at: Timestamp,
}

impl<'e> Batch<'e> {
    /// What is not refused, sorted.
    pub(super) fn of(entries: &'e [Entry], refused: &[Option<Problem>], now: Timestamp) -> Self {
        let mut failures: BTreeMap<FailureId, Failure<'e>> = BTreeMap::new();
        let mut batch = Self::default();
        let admitted = entries
            .iter()
            .zip(refused)
            .enumerate()
            .filter(|(_, (_, refused))| !matches!(refused, Some(Problem::Refused(_))));
        let tasks = admitted.flat_map(|(at, (entry, _))| {
            entry.tasks.iter().enumerate().map(move |(task, read)| (Item { entry: at, task }, read))
        });
        for (item, task) in tasks.filter_map(|(item, read)| Some((item, read.as_ref().ok()?))) {
            if is_well(task) {
                batch.ends.push(End {
                    item,
                    workloads: wells(task),
                    at: task.stopped_at.or(task.started_at).unwrap_or(now),
                });
                continue;
            }
            let diagnosed = guarded_now(|| {
                let report = diagnose(task, &Evidence::default());
                report.is_start_failure().then(|| about(&report))
            });
            match diagnosed {
                Ok(Some(about)) => {
                    let failure = failures
                        .entry(failure_id(&about))
                        .or_insert_with(|| Failure { about, tasks: Vec::new() });
                    failure.tasks.push((item, task));
                }
                Ok(None) => batch.others.push((item, task)),
                Err(Panicked) => batch.faulty.push(item),
            }
        }
        batch.failures = failures.into_values().collect();
        batch
    }
}

impl<'e> Failure<'e> {
    /// The failure that is reported for all: the last.
    pub(super) fn latest(&self) -> Option<(Item, &'e Task)> {
        self.tasks.iter().copied().max_by_key(|(_, task)| task.stopped_at)
    }

    pub(super) fn sighted(&self, now: Timestamp) -> Sighted {
        let sightings =
            self.tasks.iter().map(|(_, task)| Sighting { id: id(task), at: task.stopped_at.unwrap_or(now) });
        Sighted { about: self.about.clone(), sightings: sightings.collect() }
    }
}

/// What makes a failure one and the same: the task, or for a service's own event the service and the time.
fn id(task: &Task) -> String {
    let of_service = || {
        let name = task.workload.as_ref().map(|workload| workload.name.as_str()).unwrap_or_default();
        format!("{name} {}", task.stopped_at.map(|at| at.to_string()).unwrap_or_default())
    };
    task.arn.clone().unwrap_or_else(of_service)
}

/// Whether the record says that the workload does what it should.
fn is_well(task: &Task) -> bool {
    match &task.source {
        Source::ServiceEvent(name) => {
            matches!(name.as_str(), "SERVICE_STEADY_STATE" | "TASKSET_STEADY_STATE")
        }
        Source::DeploymentEvent(name) => name == "SERVICE_DEPLOYMENT_COMPLETED",
        Source::TaskEvent => task.last_status.as_deref() == Some("RUNNING") && task.stop_code.is_none(),
        Source::Object | Source::Forecast(_) | Source::Report => false,
    }
}

/// What is well: the workload, and, where a deployment of it is complete, what checks said before.
fn wells(task: &Task) -> Vec<About> {
    let own = workload(task);
    let forecast = |is_of_next_task| About { is_forecast: true, is_of_next_task, ..own.clone() };
    let is_deployed = matches!(task.source, Source::DeploymentEvent(_));
    let checked = is_deployed.then(|| [false, true].map(forecast)).into_iter().flatten();
    std::iter::once(own.clone()).chain(checked).collect()
}

pub(super) fn workload(task: &Task) -> About {
    About {
        is_forecast: matches!(task.source, Source::Forecast(_)),
        is_of_next_task: matches!(task.source, Source::Forecast(Forecast::NextTask)),
        account: task.account.clone(),
        region: task.region.clone(),
        cluster: task.cluster.clone(),
        workload: task.workload.as_ref().map(|workload| workload.name.clone()),
        is_service: task.workload.as_ref().is_some_and(|workload| workload.is_service),
        ..About::default()
    }
}

/// What a report's incident is about.
pub(super) fn about(report: &Report<'_>) -> About {
    let best = report.diagnoses.first();
    let symptom = best.and_then(|best| report.symptoms.get(best.symptom)).map(|read| &read.symptom);
    let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
    About {
        fingerprint: report.fingerprint.clone(),
        step: word(symptom.map(|symptom| symptom.step.as_str())),
        fault: word(symptom.map(|symptom| symptom.fault.as_str())),
        by_place: symptom.is_some_and(|symptom| fails_by_place(symptom.fault)),
        cause: word(best.map(|best| best.cause.id)),
        verdict: word(best.map(|best| best.verdict.as_str())),
        owner: word(best.map(|best| best.cause.owner.as_str())),
        title: word(best.map(|best| best.title.as_str())),
        culprit_kind: word(best.map(|best| best.culprit.kind)),
        culprit: best.and_then(|best| best.culprit.id.clone()),
        ..workload(report.task)
    }
}
