//! `ecs-triage ps`: what ECS still remembers of stopped tasks, a line for each incident.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser as NonEmpty;
use clap_complete::ArgValueCandidates;
use jiff::{SignedDuration, Timestamp};

use super::error::CliError;
use super::live::Live;
use super::output::{Batch, Outcome, Output};
use super::reporter::Reporter;
use super::span::span;
use super::{Extent, Format, Global, completion};
use crate::context::minute;
use crate::diagnosis::{Report, diagnose};
use crate::event::{Task, read_record};
use crate::question::Evidence;
use crate::render::table::{self, Row};

/// How long ECS shows a stopped task.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// The most exited tasks whose logs are read.
const MOST_LOGS: usize = 20;

/// What to show of what ECS still remembers.
#[derive(clap::Args, Debug)]
pub(super) struct Ps {
    /// Cluster, by name or ARN; by default all clusters of the Region
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(completion::clusters), value_parser = NonEmpty::new())]
    cluster: Option<String>,
    /// Only this service of the cluster, with --details
    #[arg(long, value_name = "NAME", requires = "cluster", value_parser = NonEmpty::new())]
    service: Option<String>,
    /// How far back: a number with s, m, h or d, such as 10m; ECS shows stopped tasks for about an hour
    #[arg(long, default_value = "1h", value_name = "TIME", allow_hyphen_values = true, value_parser = span)]
    since: SignedDuration,
    /// Look again and again, until Ctrl-C: every 10 seconds, or as often as is given, such as --watch=1m
    #[arg(long, value_name = "TIME", value_parser = span, num_args = 0..=1, default_missing_value = "10s", require_equals = true)]
    watch: Option<SignedDuration>,
    /// Show the whole diagnosis of the latest task of each line
    #[arg(long)]
    details: bool,
    /// List every stopped task, also those with which nothing is wrong
    #[arg(long)]
    all: bool,
    /// Read the last lines of a container's log too, where they can show why it stopped
    #[arg(long)]
    read_logs: bool,
    #[command(flatten)]
    extent: Extent,
    /// How to write the diagnoses: text is a table, json and jsonl are an object for each task
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

/// Tasks of one workload that failed in one way, the latest first.
struct Incident {
    tasks: Vec<Task>,
}

impl Ps {
    pub(super) fn run(&self, global: &Global, output: &mut Output<'_>) -> Result<(), CliError> {
        let live = Live::new(global, self.read_logs, None)?;
        if self.since > REMEMBERED {
            output.complain("ECS shows stopped tasks for about an hour; ecs-triage history reads what was diagnosed before that");
        }
        let style = self.extent.style(global);
        let reporter =
            Reporter { format: self.format, style, region: None, evidence: Evidence::default(), live: None };
        let Some(every) = self.watch else { return self.look(&live, &reporter, output) };
        loop {
            if Global::is_watched() {
                output.text("\u{1b}[H\u{1b}[2J")?;
            }
            match self.look(&live, &reporter, output) {
                Err(error @ CliError::CannotAsk(_)) => output.unable(&error.to_string()),
                looked => looked?,
            }
            thread::sleep(Duration::try_from(every).unwrap_or_default());
        }
    }

    /// Reads the stopped tasks once, and shows them.
    fn look(&self, live: &Live, reporter: &Reporter, output: &mut Output<'_>) -> Result<(), CliError> {
        let tasks = self.stopped(live, output)?;
        let seen = tasks.len();
        let tasks = if self.read_logs { explained_by_logs(live, tasks) } else { tasks };
        let incidents = incidents(tasks, self.all);
        let mut rows = Vec::new();
        for incident in &incidents {
            let mut batch = Batch::default();
            let alike: Vec<&Task> = incident.tasks.iter().collect();
            let evidence = live.investigate(&alike, &reporter.evidence, &mut batch);
            match self.format {
                Format::Json | Format::Jsonl => {
                    for task in &alike {
                        reporter.report(task, &evidence, &mut batch);
                    }
                }
                Format::Text if !self.is_detailed() => {
                    let report = diagnose(alike[0], &evidence);
                    if report.has_unrecognised() || report.is_without_reason() {
                        batch.outcome = batch.outcome.max(Outcome::Wrong);
                    }
                    rows.push(incident.row(&report));
                }
                Format::Text | Format::Markdown => reporter.report(alike[0], &evidence, &mut batch),
            }
            output.reports(&batch)?;
        }
        if self.format == Format::Text {
            let failed: usize = incidents.iter().map(|incident| incident.tasks.len()).sum();
            let blank = if incidents.is_empty() { "" } else { "\n" };
            let tasks = if seen == 1 { "task" } else { "tasks" };
            output.text(&format!(
                "{}{blank}{seen} stopped {tasks} {}, {failed} shown\n",
                table::render(&rows, reporter.style),
                self.within()
            ))?;
        }
        Ok(())
    }

    const fn is_detailed(&self) -> bool {
        self.details || self.service.is_some()
    }

    fn within(&self) -> String {
        if self.since >= REMEMBERED {
            "within the last hour".to_owned()
        } else {
            format!("within the last {}", crate::context::span(self.since))
        }
    }

    /// The tasks that stopped in the time that is asked for.
    fn stopped(&self, live: &Live, output: &mut Output<'_>) -> Result<Vec<Task>, CliError> {
        let since = Timestamp::now().checked_sub(self.since).unwrap_or(Timestamp::MIN);
        let read = async |cluster: &str| {
            live.prober().stopped_tasks(live.region(), cluster, self.service.as_deref()).await
        };
        let mut tasks = Vec::new();
        for (cluster, outputs) in live.of_clusters(self.cluster.as_deref(), "stopped tasks", &read, output)? {
            for task in outputs.iter().flat_map(|output| read_record(output)).flat_map(|entry| entry.tasks) {
                match task {
                    Ok(task) if task.stopped_at.is_none_or(|at| at >= since) => {
                        tasks.push(live.at_home(&task).into_owned());
                    }
                    Ok(_) => {}
                    Err(error) => output.unable(&format!("{cluster}: {error}")),
                }
            }
        }
        Ok(tasks)
    }
}

/// Some tasks; those that exited soon after their start have what their log says about it.
fn explained_by_logs(live: &Live, tasks: Vec<Task>) -> Vec<Task> {
    let mut left = MOST_LOGS;
    let explained = |task: Task| {
        if left == 0 || !task.exited_early() {
            return task;
        }
        left -= 1;
        live.explaining_tasks(&task).and_then(|mut explaining| explaining.pop()).unwrap_or(task)
    };
    tasks.into_iter().map(explained).collect()
}

/// Tasks by the failure that their words tell, the latest first; those with which nothing is wrong only where
/// all are wanted.
fn incidents(tasks: Vec<Task>, all: bool) -> Vec<Incident> {
    let nothing = Evidence::default();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut incidents: Vec<Incident> = Vec::new();
    for task in tasks {
        let report = diagnose(&task, &nothing);
        if !all && report.diagnoses.is_empty() && !report.is_without_reason() {
            continue;
        }
        let place = *places.entry(report.fingerprint).or_insert(incidents.len());
        match incidents.get_mut(place) {
            Some(incident) => incident.tasks.push(task),
            None => incidents.push(Incident { tasks: vec![task] }),
        }
    }
    let latest_first = |task: &Task| std::cmp::Reverse(task.stopped_at);
    for incident in &mut incidents {
        incident.tasks.sort_by_key(latest_first);
    }
    incidents.sort_by_key(|incident| latest_first(&incident.tasks[0]));
    incidents
}

impl Incident {
    fn row(&self, report: &Report<'_>) -> Row {
        let task = report.task;
        let best = report.diagnoses.first();
        let place = [task.cluster.as_deref(), task.workload.as_ref().map(|workload| workload.name.as_str())];
        Row {
            service: place.into_iter().flatten().collect::<Vec<_>>().join("/"),
            failed: self.tasks.len(),
            last: task.stopped_at.map(minute),
            cause: best.map(|best| best.cause.id),
            verdict: best.map(|best| best.verdict.as_str()),
            is_start_failure: report.is_start_failure(),
            title: match best {
                Some(best) => best.title.clone(),
                None if report.is_without_reason() => "ECS gives no reason".to_owned(),
                None => String::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Evidence, diagnose, incidents, read_record};

    #[test]
    fn a_stop_without_a_reason_is_listed_and_a_normal_one_is_not() {
        let answer = r#"{"tasks": [
            {"taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/1", "lastStatus": "STOPPED", "group": "service:api"},
            {"taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/2", "lastStatus": "STOPPED", "stopCode": "UserInitiated"},
            {"taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/3", "lastStatus": "STOPPED",
             "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)"}
        ]}"#;
        let tasks = || read_record(answer).into_iter().flat_map(|entry| entry.tasks).flatten().collect();
        let [listed] = &incidents(tasks(), false)[..] else { panic!("one is listed") };
        let row = listed.row(&diagnose(&listed.tasks[0], &Evidence::default()));
        assert_eq!((row.service.as_str(), row.title.as_str()), ("prod/api", "ECS gives no reason"));
        assert_eq!(incidents(tasks(), true).len(), 3);
    }
}
