//! A service whose tasks do not start, of which an event says no more: what its stopped tasks say of it.

use std::collections::BTreeMap;

use super::assessment::Finding;
use super::case::Case;
use crate::question::facts::{StoppedContainer, StoppedTask};
use crate::question::{Question, ask};

/// The stopped tasks of a service whose event says nothing of them, and the definition of the last that
/// exited.
pub(in crate::causes) fn questions(case: &Case<'_>) -> Vec<Question> {
    let Some(stopped) = Question::stopped_tasks_of(case.task) else { return Vec::new() };
    let exited = last_exited(case).and_then(|(task, _)| definition_of(task));
    [Some(stopped.into()), exited.map(Into::into)].into_iter().flatten().collect()
}

fn definition_of(task: &StoppedTask) -> Option<ask::TaskDefinition> {
    task.task_definition_arn.as_ref().map(|name| ask::TaskDefinition { name: name.clone() })
}

/// The task of the service that stopped last of those in which a container failed, and that container.
fn last_exited<'c>(case: &'c Case<'_>) -> Option<(&'c StoppedTask, &'c StoppedContainer)> {
    let tasks = case.look(&Question::stopped_tasks_of(case.task)?).found()?;
    let exited = tasks.iter().filter_map(|task| Some((task, failed(task).next()?)));
    exited.max_by_key(|(task, _)| task.stopped_at)
}

fn failed(task: &StoppedTask) -> impl Iterator<Item = &StoppedContainer> {
    task.containers.iter().filter(|container| container.exit_code.is_some_and(|code| code != 0))
}

/// The log of the container that failed last.
pub(in crate::causes) fn last_log(case: &Case<'_>) -> Option<ask::LogLines> {
    let (task, exited) = last_exited(case)?;
    let definition = case.look(&definition_of(task)?).found()?;
    let container =
        definition.containers.iter().find(|container| Some(&container.name) == exited.name.as_ref())?;
    let id = task.task_arn.as_deref()?.rsplit('/').next()?;
    Question::log_of(container, id, case.own_region())
}

/// The container that failed in most of the stopped tasks, and with which code.
pub(in crate::causes) fn exits(tasks: &[StoppedTask]) -> Option<Finding> {
    let mut codes: BTreeMap<(&str, i64), usize> = BTreeMap::new();
    for container in tasks.iter().flat_map(failed) {
        let name = container.name.as_deref().unwrap_or("without a name");
        *codes.entry((name, container.exit_code?)).or_default() += 1;
    }
    let ((name, code), count) = codes.into_iter().max_by_key(|(_, count)| *count)?;
    let text = format!("container {name} exited with {code} in {count} of {} stopped tasks", tasks.len());
    Some(Finding::found(text, "DescribeTasks"))
}
