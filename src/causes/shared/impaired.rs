//! A service whose tasks do not start, of which an event says no more: what its stopped tasks say of it.

use std::collections::BTreeMap;

use super::assessment::Finding;
use super::case::Case;
use super::container_log::ContainerLog;
use crate::question::facts::{StoppedContainer, StoppedTask};
use crate::question::{Question, ask};
use crate::task_definition::ContainerDefinition;

/// The stopped tasks of a service whose event says nothing of them, the definition of the last that exited, and
/// the log of the container in it that failed.
pub(in crate::causes) fn questions(case: &Case<'_>) -> Vec<Question> {
    let Some(stopped) = Question::stopped_tasks_of(case.task) else { return Vec::new() };
    let exited = last_exited(case).and_then(definition_of);
    let log = last_log(case).and_then(|log| log.question());
    [Some(stopped.into()), exited.map(Into::into), log].into_iter().flatten().collect()
}

fn definition_of(task: &StoppedTask) -> Option<ask::TaskDefinition> {
    task.task_definition_arn.as_ref().map(|name| ask::TaskDefinition { name: name.clone() })
}

/// The task of the service that stopped last of those in which a container failed.
fn last_exited<'c>(case: &'c Case<'_>) -> Option<&'c StoppedTask> {
    let tasks = case.look(&Question::stopped_tasks_of(case.task)?).found()?;
    tasks.iter().filter(|task| failed(task).next().is_some()).max_by_key(|task| task.stopped_at)
}

fn failed(task: &StoppedTask) -> impl Iterator<Item = &StoppedContainer> {
    task.containers.iter().filter(|container| container.exit_code.is_some_and(|code| code != 0))
}

/// The log of the container that failed first in the last task.
pub(in crate::causes) fn last_log<'c>(case: &'c Case<'_>) -> Option<ContainerLog<'c>> {
    let task = last_exited(case)?;
    let definition = case.look(&definition_of(task)?).found()?;
    let is_failed = |container: &&ContainerDefinition| {
        failed(task).any(|failed| failed.name.as_ref() == Some(&container.name))
    };
    let container = definition.in_order().into_iter().find(is_failed)?;
    Some(ContainerLog::of(case, container, task.task_arn.as_deref()?.rsplit('/').next()?))
}

/// That the definition could not be read which names the log of the container that failed.
pub(in crate::causes) fn log_unread(case: &Case<'_>) -> Option<Finding> {
    let definition = case.look(&definition_of(last_exited(case)?)?);
    Finding::unanswered("what the container wrote before it exited: the task definition", definition)
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
