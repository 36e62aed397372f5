//! `ecs-triage diagnose`: records, a message, or a task by its ARN.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde::Deserialize;

use super::error::CliError;
use super::file::{definition, evidence, read_text, shown};
use super::input::read_file;
#[cfg(feature = "aws")]
use super::live::Live;
use super::output::{Batch, Outcome, Output};
use super::reporter::Reporter;
use super::{Extent, Format, Global};
use crate::arn::Arn;
use crate::event::{Reason, Task};
use crate::question::Evidence;
use crate::question::facts::LogEvent;
use crate::reason::{self, Fault};
use crate::redact::redact;

/// What to diagnose, and with what.
#[derive(clap::Args, Debug)]
pub(super) struct Diagnose {
    /// Files to read, - for standard input, or ARNs of tasks, for which AWS is queried; standard input is read where
    /// nothing is named
    #[arg(value_name = "FILE|TASK_ARN", value_hint = ValueHint::FilePath)]
    inputs: Vec<PathBuf>,
    /// Diagnose this message of ECS, as a console or ticket shows it, instead of a file
    #[arg(long, value_name = "TEXT", conflicts_with = "inputs")]
    reason: Option<String>,
    /// Diagnose an application that fetches secrets itself from its log, - for standard input: plain lines, or the
    /// output of aws logs get-log-events
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["inputs", "reason"])]
    log: Option<PathBuf>,
    /// Task definition that the task ran, such as aws ecs describe-task-definition prints it: with it the diagnosis
    /// names container, variable and reference
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    task_definition: Option<PathBuf>,
    /// Query AWS too, read-only; values of secrets are never read
    #[cfg(feature = "aws")]
    #[arg(long)]
    live: bool,
    /// Read the last lines of a container's log too, where they can show why it stopped
    #[cfg(feature = "aws")]
    #[arg(long, requires = "live")]
    read_logs: bool,
    /// Use the answers in this file, which --record saved, and do not ask AWS for them again
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    evidence: Option<PathBuf>,
    /// Query AWS as with --live, and save its answers to this file, for --evidence
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    record: Option<PathBuf>,
    #[command(flatten)]
    extent: Extent,
    /// How to write the diagnoses: json and jsonl are an object for each task
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

impl Diagnose {
    pub(super) fn run(&self, global: &Global, output: &mut Output<'_>) -> Result<(), CliError> {
        let reporter = Reporter {
            format: self.format,
            style: self.extent.style(global),
            region: global.region.clone(),
            evidence: self.evidence(output),
            #[cfg(feature = "aws")]
            live: self.live(global, output)?,
        };
        self.report(&reporter, output)?;
        #[cfg(feature = "aws")]
        if let Some(live) = &reporter.live {
            live.save()?;
        }
        Ok(())
    }

    /// The recorded answers and the definition that were given. One that cannot be read is reported, and the diagnosis
    /// goes on without it.
    fn evidence(&self, output: &mut Output<'_>) -> Evidence {
        let evidence = evidence(self.evidence.as_deref()).unwrap_or_else(|error| {
            output.unable(&error.to_string());
            Evidence::default()
        });
        let given = self.task_definition.as_deref().map(definition).transpose().unwrap_or_else(|error| {
            output.unable(&error.to_string());
            None
        });
        match given {
            Some(definition) => evidence.with_definition(definition),
            None => evidence,
        }
    }

    #[cfg(feature = "aws")]
    fn live(&self, global: &Global, output: &mut Output<'_>) -> Result<Option<Live>, CliError> {
        let asks =
            self.live || self.record.is_some() || self.inputs.iter().any(|input| task_arn(input).is_some());
        match asks.then(|| Live::new(global, self.read_logs, self.record.as_deref())).transpose() {
            Err(error @ CliError::CannotAsk(_)) => {
                output.unable(&error.to_string());
                Ok(None)
            }
            live => live,
        }
    }

    fn report(&self, reporter: &Reporter, output: &mut Output<'_>) -> Result<(), CliError> {
        if let Some(reason) = &self.reason {
            if reason.trim().is_empty() {
                return Err(CliError::NothingNamed);
            }
            let mut batch = Batch::default();
            reporter.task(&Task::from_reason(reason), &mut batch);
            return output.reports(&batch);
        }
        if let Some(log) = &self.log {
            return read_log(log, reporter, output);
        }
        if self.inputs.is_empty() {
            return if io::stdin().is_terminal() {
                Err(CliError::NothingNamed)
            } else {
                read_file(Path::new("-"), reporter, output)
            };
        }
        for input in &self.inputs {
            match task_arn(input) {
                Some(arn) => asked(arn, reporter, output)?,
                None => read_file(input, reporter, output)?,
            }
        }
        Ok(())
    }
}

/// Diagnoses what an application says in its log of secrets that it fetches itself.
fn read_log(path: &Path, reporter: &Reporter, output: &mut Output<'_>) -> Result<(), CliError> {
    let text = read_text(path)?;
    // What is masked is masked before anything is read.
    let lines: Vec<String> =
        log_lines(&text).iter().map(|line| redact(&reason::unstyled(line)).into_owned()).collect();
    if lines.iter().all(|line| line.trim().is_empty()) {
        output.unable(&format!("{} is empty: expected lines of a log", shown(path)));
        return Ok(());
    }
    let Some(heard) = reason::read_log(lines.iter().map(String::as_str)) else {
        let none = format!("none of {} lines tells why secrets could not be fetched", lines.len());
        output.complain(&format!("{}: {none}", shown(path)));
        output.note(Outcome::Wrong);
        return Ok(());
    };
    let mut batch = Batch::default();
    if heard.symptom.fault == Fault::Unknown {
        // It failed to get a secret, and does not say why.
        batch.outcome = Outcome::Wrong;
    }
    let reasons = vec![Reason::of_log(heard.line + 1, None, &heard.text)];
    reporter.task(&Task { reasons, ..Task::default() }, &mut batch);
    output.reports(&batch)
}

/// The lines of a log as it is, or of the events that the AWS CLI prints of it.
fn log_lines(text: &str) -> Vec<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Events {
        events: Vec<LogEvent>,
    }
    match serde_json::from_str::<Events>(text) {
        Ok(Events { events }) => {
            let lines =
                events.iter().flat_map(|event| event.message.lines().map(|line| Cow::Owned(line.to_owned())));
            lines.collect()
        }
        Err(_) => text.lines().map(Cow::Borrowed).collect(),
    }
}

/// The ARN of a task, where no file is meant.
fn task_arn(input: &Path) -> Option<&str> {
    let text = input.to_str()?;
    Arn::parse(text)
        .is_some_and(|arn| arn.service == "ecs" && arn.resource.starts_with("task/"))
        .then_some(text)
}

/// Diagnoses a task as ECS describes it.
#[cfg(feature = "aws")]
fn asked(arn: &str, reporter: &Reporter, output: &mut Output<'_>) -> Result<(), CliError> {
    // That AWS cannot be asked has been said.
    let Some(live) = &reporter.live else { return Ok(()) };
    let mut batch = Batch::default();
    match live.described(arn) {
        Ok(described) => reporter.entries(arn, crate::event::read_record(&described), &mut batch),
        Err(why) => batch.unable(format!("{arn}: {why}")),
    }
    output.reports(&batch)
}

#[cfg(not(feature = "aws"))]
#[expect(clippy::unnecessary_wraps, reason = "where AWS can be asked, it can fail")]
fn asked(arn: &str, _: &Reporter, output: &mut Output<'_>) -> Result<(), CliError> {
    output.unable(&format!(
        "{arn}: this build of ecs-triage cannot ask AWS: pipe aws ecs describe-tasks into it"
    ));
    Ok(())
}
