//! `ecs-triage check`: what is typed for it, and how what was found is written.

mod cluster;
mod named;

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser as NonEmpty;
use clap::{ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;

use super::error::CliError;
use super::file::{read_text, shown};
use super::output::{Outcome, Output};
use super::{Global, completion, pair};
use crate::causes::Verdict;
use crate::check::{self, Baseline, Checked, Unread};
use crate::config;
use crate::question::{Answer, Evidence, Question};
use crate::redact::redact_name;
use crate::render::check::render_one;
use crate::render::{github, json, junit, markdown, sarif};

/// What to check, and what counts.
#[derive(clap::Args, Debug)]
pub(super) struct Check {
    /// Files, - for standard input, or the family, family:revision or ARN of registered definitions; standard input
    /// is read where neither these nor a cluster are named
    ///
    /// Task definitions and services as ECS takes them, CloudFormation and CDK templates, output of
    /// `terraform show -json`; JSON or YAML. A service in one file runs the definition in another.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = NonEmpty::new())]
    definitions: Vec<String>,
    /// Value of a template's parameter, or of a pseudo parameter such as `AWS::AccountId`; may be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair, requires = "definitions")]
    parameters: Vec<(String, String)>,
    /// Without FILE: check what the services of this cluster, by name or ARN, start next. With FILE: the cluster of
    /// the service, by default the one named default
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(completion::clusters), value_parser = NonEmpty::new())]
    cluster: Option<String>,
    /// Without FILE: only these services. With FILE: check the network path from the subnets and with the security
    /// groups of this service
    #[arg(long, value_name = "NAME", value_parser = NonEmpty::new())]
    service: Vec<String>,
    /// Check the network path from these subnets: ids, separated by commas
    #[arg(
        long,
        value_name = "IDS",
        value_delimiter = ',',
        conflicts_with = "service",
        requires = "definitions",
        value_parser = NonEmpty::new()
    )]
    subnets: Vec<String>,
    /// Security groups of the task: ids, separated by commas; by default the VPC's default security group
    #[arg(long, value_name = "IDS", value_delimiter = ',', requires = "subnets", value_parser = NonEmpty::new())]
    security_groups: Vec<String>,
    /// The task gets a public IP address; by default it gets none
    #[arg(long, requires = "subnets")]
    assign_public_ip: bool,
    /// Do not query AWS: check the text of the definition alone, with what --evidence holds
    #[arg(long)]
    offline: bool,
    /// Use the answers in this file, which --record saved, and do not ask AWS for them again
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    evidence: Option<PathBuf>,
    /// Save AWS's answers to this file, for --evidence; a check of a cluster goes on from those that the file holds
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "offline")]
    record: Option<PathBuf>,
    /// What makes the exit status 1, and so a pipeline fail
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = FailOn::Confirmed)]
    fail_on: FailOn,
    /// File of known findings, which --write-baseline wrote: they are listed, and do not make the check fail
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    baseline: Option<PathBuf>,
    /// Write what is found to this file, for --baseline, and do not fail
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// How to write the findings
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FailOn {
    /// A problem that is proved
    Confirmed,
    /// Also one that AWS's state supports, and something is missing for a proof
    Likely,
    /// Also one that the deployment itself may put right
    Possible,
    /// Also anything that could not be looked at
    #[value(alias = "unchecked")]
    NotChecked,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For people
    Text,
    /// JSON over several lines, an object for each task definition
    Json,
    /// JSON Lines, a line for each task definition
    Jsonl,
    /// Markdown, for issues and chats
    Markdown,
    #[value(help = "Annotations of a GitHub workflow, and a summary where GITHUB_STEP_SUMMARY is set")]
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Report of tests in XML, as GitLab and others read it
    Junit,
}

impl From<FailOn> for check::FailOn {
    fn from(typed: FailOn) -> Self {
        match typed {
            FailOn::Confirmed => Self::Verdict(Verdict::Confirmed),
            FailOn::Likely => Self::Verdict(Verdict::Likely),
            FailOn::Possible => Self::Verdict(Verdict::Possible),
            FailOn::NotChecked => Self::Unchecked,
        }
    }
}

impl Check {
    pub(super) fn run(&self, global: &Global, output: &mut Output<'_>) -> Result<(), CliError> {
        let baseline = self.baseline.as_deref().map(|path| {
            let text = read_text(path)?;
            Baseline::read(&text).map_err(|error| CliError::NoBaseline { path: shown(path), error })
        });
        let known = baseline.transpose()?.map(Baseline::known).unwrap_or_default();
        if let Some(cluster) = self.cluster.as_ref().filter(|_| self.definitions.is_empty()) {
            if self.offline && self.evidence.is_none() {
                return Err(CliError::NothingKnown(redact_name(cluster).into_owned()));
            }
            return self.run_cluster(global, &known, output);
        }
        if self.definitions.is_empty() && io::stdin().is_terminal() {
            return Err(CliError::NothingNamedToCheck);
        }
        if self.service.len() > 1 {
            return Err(CliError::SeveralServices);
        }
        let (checked, unread) = self.check_named(global, &known, output)?;
        let style = global.style();
        output.text(&self.written(&checked, &unread, || {
            let one = |one: &Checked| match self.format {
                Format::Markdown => markdown::check(one, style),
                _ => render_one(one, style),
            };
            checked.iter().map(one).collect::<Vec<_>>().join("\n")
        }))?;
        self.summarize(|| github::summary(&checked))?;
        self.judge(&checked, output)
    }

    /// Writes the baseline where that is asked for; else says whether anything makes the check fail.
    fn judge(&self, checked: &[Checked], output: &mut Output<'_>) -> Result<(), CliError> {
        if let Some(path) = &self.write_baseline {
            return std::fs::write(path, Baseline::of(checked).write())
                .map_err(|error| CliError::Unrecorded { path: shown(path), error });
        }
        if checked.iter().any(|one| one.has_failed(self.fail_on.into())) {
            output.note(Outcome::Wrong);
        }
        Ok(())
    }

    /// What was found, in the format that was asked for.
    fn written(&self, checked: &[Checked], unread: &[Unread], for_people: impl Fn() -> String) -> String {
        match self.format {
            Format::Text | Format::Markdown => for_people(),
            Format::Json => checked.iter().map(|one| json::v1::checked_pretty(one) + "\n").collect(),
            Format::Jsonl => checked.iter().map(|one| json::v1::checked_line(one) + "\n").collect(),
            Format::Github => github::commands(checked, unread),
            Format::Sarif => sarif::render(checked, unread),
            Format::Junit => junit::render(checked, unread, self.fail_on.into()),
        }
    }

    /// Adds to the summary of the step, where a GitHub workflow has one.
    fn summarize(&self, summary: impl FnOnce() -> String) -> Result<(), CliError> {
        let Some(path) = config::step_summary().filter(|_| self.format == Format::Github) else {
            return Ok(());
        };
        let written = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(summary().as_bytes()));
        written.map_err(|error| CliError::Unrecorded { path: shown(&path), error })
    }

    /// What is said apart from the findings: in a GitHub workflow it must not begin a command of its own.
    fn harmless(&self, said: &str) -> String {
        if self.format == Format::Github {
            said.replace("##[", "# #[").replace(['\n', '\r'], " ")
        } else {
            said.to_owned()
        }
    }
}

/// Whether AWS answered nothing of all that it was asked about what the definitions refer to.
fn is_unanswered(evidence: &Evidence) -> bool {
    let of_place =
        |question: &Question| matches!(question, Question::Service(_) | Question::TaskDefinition(_));
    let (unknown, answered): (Vec<_>, Vec<_>) =
        evidence.answers().partition(|(_, answer)| matches!(answer, Answer::Unknown(_)));
    unknown.iter().any(|(question, _)| !matches!(question, Question::TaskDefinition(_)))
        && answered.iter().all(|(question, _)| of_place(question))
}
