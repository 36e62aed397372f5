//! `ecs-triage stale`: which running tasks still hold a value that has changed since they started.

use clap::builder::NonEmptyStringValueParser as NonEmpty;
use clap_complete::ArgValueCandidates;

use super::error::CliError;
use super::live::Live;
use super::output::{Outcome, Output, progress};
use super::{Format, Global, completion};
use crate::question::Evidence;
use crate::question::facts::RunningTask;
use crate::render::{markdown, stale};
use crate::staleness::{Staleness, Value};

/// What to look at.
#[derive(clap::Args, Debug)]
pub(super) struct Stale {
    /// Cluster, by name or ARN; by default all clusters of the Region
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(completion::clusters), value_parser = NonEmpty::new())]
    cluster: Option<String>,
    /// Only the tasks of this service of the cluster
    #[arg(long, value_name = "NAME", requires = "cluster", value_parser = NonEmpty::new())]
    service: Option<String>,
    /// Only what holds this secret, parameter or file, by name or ARN
    #[arg(long, value_name = "NAME", value_parser = NonEmpty::new())]
    secret: Option<String>,
    /// How to write what is found: json and jsonl are one object for all
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

impl Stale {
    pub(super) fn run(&self, global: &Global, output: &mut Output<'_>) -> Result<(), CliError> {
        let live = Live::new(global, false, None)?;
        let region = live.region().ok_or(CliError::NoRegion)?.to_owned();
        let tasks = self.running(&live, output)?;
        let look = Staleness { region: &region, tasks: &tasks };
        let mut evidence = Evidence::default();
        loop {
            let questions = look.questions(&evidence);
            if questions.is_empty() {
                break;
            }
            progress(&format!("asking AWS {} questions", questions.len()));
            live.ask(questions, &mut evidence);
        }
        for (definition, why) in look.unread(&evidence) {
            output.unable(&format!("what the tasks of {definition} hold is not known: {why}"));
        }
        let mut values = look.values(&evidence);
        if let Some(secret) = &self.secret {
            values.retain(|value| value.is_named(secret));
            if values.is_empty() {
                output.complain(&format!("no running task that was looked at refers to {secret}"));
            }
        }
        let count = tasks.len();
        output.text(&match self.format {
            Format::Text => stale::render(&values, &region, count, global.style()),
            Format::Markdown => markdown::block(&stale::render(&values, &region, count, global.style())),
            Format::Json => format!("{:#}\n", stale::document(&values, &region, count)),
            Format::Jsonl => format!("{}\n", stale::document(&values, &region, count)),
        })?;
        output.note(if values.iter().any(Value::is_stale) { Outcome::Wrong } else { Outcome::Fine });
        Ok(())
    }

    /// The tasks that run.
    fn running(&self, live: &Live, output: &mut Output<'_>) -> Result<Vec<RunningTask>, CliError> {
        let read = async |cluster: &str| {
            live.prober().running_tasks(live.region(), cluster, self.service.as_deref()).await
        };
        let all = live.of_clusters(self.cluster.as_deref(), "running tasks", &read, output)?;
        Ok(all.into_iter().flat_map(|(_, tasks)| tasks).collect())
    }
}
