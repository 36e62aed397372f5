//! Finds the stopped tasks, or the container's log, that explain an event which does not say why. Of a service
//! whose tasks do not start, an event tells that and not why: its stopped tasks do. Of an application that
//! exited soon after its start, ECS knows the exit code: its log may tell why, where it fetches secrets for
//! itself.
//!
//! A task whose log tells is the same task with one reason more, in the application's words.

use std::collections::BTreeSet;

use serde_json::json;

use crate::diagnosis::diagnose;
use crate::event::{Container, Reason, Task, read_record};
use crate::question::{Evidence, Known, Question, ask};
use crate::reason::{LogSymptom, read_log};
use crate::task_definition::{ContainerDefinition, TaskDefinition};
use crate::triage::{Prober, ask_all};

/// The most tasks of a service that could not start, the latest first.
const TASKS: usize = 10;
/// The most tasks that exited early whose logs are read, the latest first: they exit for the same reason.
const LOGS: usize = 3;

/// The tasks that say why, where this one does not, the latest first; `None` where only its own words count.
/// What was asked for it is added to the evidence.
pub async fn explaining_tasks(
    prober: &impl Prober,
    task: &Task,
    evidence: &mut Evidence,
) -> Option<Vec<Task>> {
    let Some(question) = Question::stopped_tasks_of(task) else {
        let exited = task.exited_early().then(|| vec![task.clone()])?;
        return Some(explained_by_logs(prober, exited, evidence).await).filter(|tasks| !tasks.is_empty());
    };
    ask_all(prober, vec![question.clone().into()], evidence).await;
    let mut stopped = stopped(evidence, &question);
    stopped.sort_by_key(|task| std::cmp::Reverse(task.stopped_at));
    // A container that exits with 0 may hide that it failed, where its service does not start.
    let (exited, stopped): (Vec<Task>, Vec<Task>) = stopped.into_iter().partition(Task::ended_early);
    let mut tasks: Vec<Task> = stopped.into_iter().filter(could_not_start).take(TASKS).collect();
    let exited = exited.into_iter().take(LOGS).collect();
    tasks.extend(explained_by_logs(prober, exited, evidence).await);
    Some(tasks).filter(|tasks| !tasks.is_empty())
}

fn could_not_start(task: &Task) -> bool {
    let report = diagnose(task, &Evidence::default());
    !report.diagnoses.is_empty() && report.is_start_failure()
}

/// The stopped tasks of a service, as far as they are known.
fn stopped(evidence: &Evidence, question: &ask::StoppedTasks) -> Vec<Task> {
    let Known::Found(tasks) = evidence.look(question) else { return Vec::new() };
    let entries = read_record(&json!({"tasks": tasks}).to_string()).into_iter();
    entries.flat_map(|entry| entry.tasks).filter_map(Result::ok).collect()
}

/// Those of some tasks whose containers' logs tell why they exited.
async fn explained_by_logs(prober: &impl Prober, tasks: Vec<Task>, evidence: &mut Evidence) -> Vec<Task> {
    let definitions: BTreeSet<Question> =
        tasks.iter().filter_map(Question::task_definition_of).map(Into::into).collect();
    ask_all(prober, definitions.into_iter().collect(), evidence).await;
    let logs: BTreeSet<Question> =
        tasks.iter().flat_map(|task| logs_of(task, evidence)).map(|(_, question)| question.into()).collect();
    ask_all(prober, logs.into_iter().collect(), evidence).await;
    tasks.into_iter().filter_map(|task| explained_by_log(task, evidence)).collect()
}

/// The containers of a task that ended, with the questions after their logs: those that failed, each after those
/// for which it waited, since those ended before it started; then those that exited with 0 and may hide that they
/// failed: for which one that failed waited, or which write what it reads, or all if none failed.
fn logs_of(task: &Task, evidence: &Evidence) -> Vec<(String, ask::LogLines)> {
    let definition: Option<&TaskDefinition> = Question::task_definition_of(task)
        .and_then(|question| evidence.look(&question).found())
        .map(|of| &**of);
    let (Some(definition), Some(id)) = (definition, task.id()) else { return Vec::new() };
    let region = task.region.as_deref().unwrap_or_default();
    let ended = |container: &&ContainerDefinition, how: fn(&Container) -> bool| {
        task.containers.iter().any(|one| one.name.as_ref() == Some(&container.name) && how(one))
    };
    let in_order = definition.in_order();
    let failing: Vec<&ContainerDefinition> =
        in_order.iter().copied().filter(|container| ended(container, Container::failed)).collect();
    let feeds = |container: &ContainerDefinition| {
        failing.iter().any(|one| {
            let is_awaited = one.depends_on.iter().any(|on| on.container_name == container.name);
            let volumes = one.mount_points.iter().filter_map(|point| point.source_volume.as_deref());
            let mut writers = volumes.flat_map(|volume| definition.writers(volume, &one.name));
            is_awaited || writers.any(|writer| writer.name == container.name)
        })
    };
    let mut silent: Vec<&ContainerDefinition> = in_order
        .iter()
        .copied()
        .filter(|container| ended(container, |one| one.exit_code == Some(0)))
        .filter(|container| failing.is_empty() || feeds(container))
        .collect();
    silent.truncate(LOGS);
    failing
        .into_iter()
        .chain(silent)
        .filter_map(|container| Some((container.name.clone(), Question::log_of(container, id, region)?)))
        .collect()
}

/// The task with what the log of one of its containers says: the first that says why it failed. A log that
/// only reports a missing file gives way to one that says why the file was not written.
fn explained_by_log(mut task: Task, evidence: &Evidence) -> Option<Task> {
    let found = logs_of(&task, evidence).into_iter().filter_map(|(container, question)| {
        let events = evidence.look(&question).found()?;
        let lines: Vec<&str> = events.iter().flat_map(|event| event.message.lines()).collect();
        Some((container, read_log(lines.iter().copied())?))
    });
    let found: Vec<(String, LogSymptom)> = found.collect();
    let (container, logged) =
        found.iter().find(|(_, logged)| !logged.symptom.is_of_file()).or(found.first())?;
    task.reasons.push(Reason::of_log(logged.line + 1, Some(container), &logged.text));
    Some(task)
}
