//! `ecs-triage diagnose`: records, a message, or a task by its ARN.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::ValueHint;

use super::input::read_file;
#[cfg(feature = "aws")]
use super::live::Live;
use super::output::{Batch, Output};
use super::reporter::Reporter;
use super::{CliError, Extent, Format, Global, definition, evidence};
use crate::arn::Arn;
use crate::event::Task;

/// What to diagnose, and with what.
#[derive(clap::Args, Debug)]
pub(super) struct Diagnose {
    /// Files to read, or ARNs of tasks to query AWS about; - is standard input, which is also read where
    /// nothing is named
    #[arg(value_name = "FILE|TASK_ARN", value_hint = ValueHint::FilePath)]
    inputs: Vec<PathBuf>,
    /// Diagnose this text instead of a file
    #[arg(long, value_name = "TEXT", conflicts_with = "inputs")]
    reason: Option<String>,
    /// Output of `aws ecs describe-task-definition`: with it the diagnosis names container, variable and
    /// reference
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    task_definition: Option<PathBuf>,
    /// Ask AWS too: read-only, and never for a secret's value
    #[cfg(feature = "aws")]
    #[arg(long)]
    live: bool,
    /// Read the last lines of a container's log too, where they can tell why
    #[cfg(feature = "aws")]
    #[arg(long, requires = "live")]
    read_logs: bool,
    /// Use answers that --record saved instead of querying AWS
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    evidence: Option<PathBuf>,
    /// Save AWS's answers to a file
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    record: Option<PathBuf>,
    #[command(flatten)]
    extent: Extent,
    /// How to write the diagnoses
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

impl Diagnose {
    pub(super) fn run(&self, global: &Global, output: &mut Output<'_>) -> Result<(), CliError> {
        let reporter = self.reporter(global, output)?;
        self.report(&reporter, output)?;
        #[cfg(feature = "aws")]
        if let Some(live) = &reporter.live {
            live.save()?;
        }
        Ok(())
    }

    /// Whoever is woken wants the diagnosis, with or without the definition and AWS's answers.
    fn reporter(&self, global: &Global, output: &mut Output<'_>) -> Result<Reporter, CliError> {
        let mut evidence = evidence(self.evidence.as_deref())?;
        match self.task_definition.as_deref().map(definition).transpose() {
            Ok(None) => {}
            Ok(Some(definition)) => evidence = evidence.with_definition(definition),
            Err(error) => output.unable(&error.to_string()),
        }
        Ok(Reporter {
            format: self.format,
            style: self.extent.style(global),
            evidence,
            #[cfg(feature = "aws")]
            live: self.live(global, output)?,
        })
    }

    #[cfg(feature = "aws")]
    fn live(&self, global: &Global, output: &mut Output<'_>) -> Result<Option<Live>, CliError> {
        let asks =
            self.live || self.record.is_some() || self.inputs.iter().any(|input| task_arn(input).is_some());
        match asks.then(|| Live::new(global, self.read_logs, self.record.as_deref())).transpose() {
            Err(error @ CliError::Unasked(_)) => {
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
