//! A task in, its report out, in the format that was asked for.

use std::borrow::Cow;

use super::Format;
#[cfg(feature = "aws")]
use super::error::CliError;
#[cfg(feature = "aws")]
use super::live::Live;
use super::output::{Batch, Outcome, to_type};
use crate::diagnosis::{Report, diagnose};
use crate::event::{Entry, Source, Task};
use crate::question::Evidence;
use crate::render::text::Style;
use crate::render::{json, markdown, text};

/// How reports are written, and what is known in addition to the tasks.
#[derive(Debug)]
pub(super) struct Reporter {
    pub(super) format: Format,
    pub(super) style: Style,
    /// The Region of tasks that name none.
    pub(super) region: Option<String>,
    pub(super) evidence: Evidence,
    #[cfg(feature = "aws")]
    pub(super) live: Option<Live>,
}

impl Reporter {
    /// Reports every task of some records, and what of them could not be read.
    pub(super) fn entries(&self, name: &str, entries: impl IntoIterator<Item = Entry>, batch: &mut Batch) {
        for entry in entries {
            batch.records += 1;
            for task in entry.tasks {
                match task {
                    Ok(task) => self.task(&task, batch),
                    Err(error) => batch.unable(format!("{name}: {error}")),
                }
            }
        }
    }

    /// Reports one task, with what AWS says of it where it is asked.
    pub(super) fn task(&self, task: &Task, batch: &mut Batch) {
        #[cfg(feature = "aws")]
        if let Some(tasks) = self.live.as_ref().and_then(|live| live.explaining_tasks(task)) {
            for task in &tasks {
                self.known_and_told(task, batch);
            }
            return;
        }
        self.known_and_told(task, batch);
    }

    fn known_and_told(&self, task: &Task, batch: &mut Batch) {
        let (task, evidence) = self.known(task, batch);
        self.report(&task, &evidence, batch);
    }

    #[cfg(feature = "aws")]
    fn known<'k>(&'k self, task: &'k Task, batch: &mut Batch) -> (Cow<'k, Task>, Cow<'k, Evidence>) {
        let Some(live) = &self.live else { return (Cow::Borrowed(task), Cow::Borrowed(&self.evidence)) };
        let task = live.at_home(task);
        if task.region.is_none() && !task.reasons.is_empty() {
            batch.unable(CliError::NoRegion.to_string());
        }
        let evidence = live.investigate(&[&*task], &self.evidence, batch);
        (task, Cow::Owned(evidence))
    }

    #[cfg(not(feature = "aws"))]
    fn known<'k>(&'k self, task: &'k Task, _: &mut Batch) -> (Cow<'k, Task>, Cow<'k, Evidence>) {
        (Cow::Borrowed(task), Cow::Borrowed(&self.evidence))
    }

    /// Reports one task with what is known of it.
    pub(super) fn report(&self, task: &Task, evidence: &Evidence, batch: &mut Batch) {
        let task = match (&task.region, &self.region) {
            (None, Some(region)) => Cow::Owned(Task { region: Some(region.clone()), ..task.clone() }),
            _ => Cow::Borrowed(task),
        };
        let report = diagnose(&task, evidence);
        let out = &mut batch.text;
        match self.format {
            Format::Jsonl => json::v1::write_line(&report, out),
            Format::Json => out.extend_from_slice(json::v1::pretty(&report).as_bytes()),
            Format::Text | Format::Markdown => {
                let text = if self.format == Format::Text {
                    text::render(&report, self.style)
                } else {
                    markdown::render(&report, self.style)
                };
                out.push(b'\n');
                out.extend_from_slice(text.trim_end_matches('\n').as_bytes());
            }
        }
        out.push(b'\n');
        batch.complaints.extend(stranger(&report, evidence));
        let untold = untold(&report);
        let outcome =
            if report.has_unrecognised() || untold.is_some() { Outcome::Wrong } else { Outcome::Fine };
        batch.outcome = batch.outcome.max(outcome);
        batch.complaints.extend(untold);
    }
}

/// That the definition which was handed over says nothing of a task.
fn stranger(report: &Report<'_>, evidence: &Evidence) -> Option<String> {
    let given = evidence.stranger(report.task).filter(|_| !report.diagnoses.is_empty())?.name()?;
    let ran = report.task.task_definition_name()?;
    Some(format!("the task definition given is {given}, and this task ran {ran}: it is not looked at"))
}

/// What to fetch where a service, a call or a neighbor of ECS tells that something failed, and not why.
fn untold(report: &Report<'_>) -> Option<String> {
    let is_task = matches!(report.task.source, Source::Object | Source::TaskEvent);
    let fails = report.symptoms.iter().any(|told| !told.symptom.is_normal());
    let is_elsewhere = !is_task && fails && (report.diagnoses.is_empty() || report.has_unrecognised());
    if !is_elsewhere && !report.is_without_reason() {
        return None;
    }
    let of = report.task.workload.as_ref().map_or("this", |workload| &workload.name);
    let command = report
        .task
        .fetching()
        .or_else(|| report.diagnoses.is_empty().then(|| "aws ecs describe-tasks".to_owned()))?;
    let who = if is_elsewhere { "its stopped tasks do" } else { "ECS does" };
    Some(format!("{of}: this does not say why it failed; {who}, for about an hour:{}", to_type(&command)))
}
