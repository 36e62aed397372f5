//! The commands that ask AWS, and the answers that others take from it.
//!
//! One runtime and one prober serve a whole run. What is asked is what the function asks, with the permissions of whoever types.

mod selftest;

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::Region;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::reports::{ReportWriter, Written};
use super::{Check, CliError, Extent, Format, Global, Outcome, complain, shown};
use crate::aws::prober::AwsProber;
use crate::check::{self, Place};
use crate::event::{Task, read_record};
use crate::question::{Evidence, Known, Question, ask, record};
use crate::redact::{redact, redact_name};
use crate::render::json;
use crate::task_definition::TaskDefinition;
use crate::triage::{Narrowed, Scope, ask_all, investigate};
pub(super) use selftest::Selftest;

/// As long as one task's questions may take together.
const PATIENCE: Duration = Duration::from_secs(30);
/// A hundred years of minutes: no journal is older, and time itself has bounds.
const LONGEST_SPAN: i64 = 100 * 365 * 24 * 60;
/// Why what containers wrote is not looked at.
const NO_LOGS: &str = "reading container logs is not allowed (--read-logs allows it)";
/// Rounds of a check: it has no deadline to meet, and answers lead on.
const CHECK_ROUNDS: usize = 5;

/// AWS, as the person who types may see it.
#[derive(Debug)]
pub(super) struct Live {
    runtime: Runtime,
    prober: AwsProber,
    region: Option<String>,
    /// Why what containers wrote is not asked for, unless it is.
    logs: Option<&'static str>,
    /// All that was said in this run.
    said: Mutex<Evidence>,
}

impl Live {
    /// AWS by the standard configuration, in `region` where a record names none.
    pub(super) fn new(global: &Global, region: Option<String>, reads_logs: bool) -> Result<Self, CliError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| CliError::Unasked(error.to_string()))?;
        let mut config = runtime.block_on(crate::aws::config(global.profile.as_deref()));
        if let Some(region) = region {
            config = config.into_builder().region(Region::new(region)).build();
        }
        let region = config.region().map(ToString::to_string);
        let logs = (!reads_logs).then_some(NO_LOGS);
        Ok(Self { runtime, prober: AwsProber::new(&config), region, logs, said: Mutex::default() })
    }

    /// The task in the Region that is asked.
    pub(super) fn at_home<'t>(&self, task: &'t Task) -> Cow<'t, Task> {
        match (&task.region, &self.region) {
            (None, Some(region)) => Cow::Owned(Task { region: Some(region.clone()), ..task.clone() }),
            _ => Cow::Borrowed(task),
        }
    }

    /// What AWS says about a task beyond what is known.
    pub(super) fn investigate(&self, task: &Task, known: &Evidence) -> Evidence {
        if let Some(name) = task.workload.as_ref().map(|workload| &workload.name) {
            progress(&format!("asking AWS about {name}"));
        }
        let prober = Narrowed { prober: self.prober.until(Instant::now() + PATIENCE), scope: Scope::Full, logs: self.logs };
        let evidence = self.runtime.block_on(investigate(&prober, [task], known.clone()));
        self.note(&evidence);
        evidence
    }

    fn note(&self, evidence: &Evidence) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        evidence.answers().for_each(|(question, answer)| said.note(question.clone(), answer.clone()));
    }

    /// Writes down all that was said.
    pub(super) fn record(&self, path: &Path) -> Result<(), CliError> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        std::fs::write(path, record::write(&said)).map_err(|error| CliError::Unrecorded { path: shown(path), error })
    }

    fn ask_all(&self, questions: Vec<Question>, evidence: &mut Evidence) {
        self.runtime.block_on(ask_all(&self.prober.until(Instant::now() + PATIENCE), questions, evidence));
    }
}

/// Says what goes on to whoever watches.
fn progress(doing: &str) {
    if io::stderr().is_terminal() {
        complain(&format!("{doing} ..."));
    }
}

impl Check {
    /// The definition of that name, from AWS.
    fn registered(&self, live: &Live, evidence: &mut Evidence) -> Result<TaskDefinition, CliError> {
        progress(&format!("asking AWS for {}", self.definition));
        let question = ask::TaskDefinition { name: self.definition.clone() };
        live.ask_all(vec![question.clone().into()], evidence);
        match evidence.look(&question) {
            Known::Found(definition) => Ok((**definition).clone()),
            Known::Unknown(why) => Err(CliError::Unasked(format!("task definition {}: {why}", self.definition))),
            Known::Missing | Known::NotAsked => Err(CliError::Unasked(format!("there is no file and no task definition {}", self.definition))),
        }
    }

    /// The definition and all that AWS says of what it refers to.
    pub(super) fn asked(&self, global: &Global, given: Option<TaskDefinition>, mut evidence: Evidence) -> Result<(TaskDefinition, Evidence, Place), CliError> {
        let live = Live::new(global, self.region.clone(), false)?;
        let definition = given.map_or_else(|| self.registered(&live, &mut evidence), Ok)?;
        let place = self.place(&definition, live.region.clone())?;
        let check = check::Check::new(&definition, &place);
        for _ in 0..CHECK_ROUNDS {
            let questions = check.questions(&evidence);
            if questions.is_empty() {
                break;
            }
            progress(&format!("asking AWS {} questions", questions.len()));
            live.ask_all(questions, &mut evidence);
        }
        if let Some(path) = &self.record {
            live.note(&evidence);
            live.record(path)?;
        }
        Ok((definition, evidence, place))
    }
}

/// What to diagnose of what ECS still remembers.
#[derive(clap::Args, Debug)]
pub(super) struct Ps {
    /// Cluster, by name or ARN; by default all of the Region
    #[arg(long)]
    cluster: Option<String>,
    /// One service of the cluster
    #[arg(long, requires = "cluster")]
    service: Option<String>,
    /// Region; by default that of the AWS configuration
    #[arg(long)]
    region: Option<String>,
    /// Every stopped task, also those with which nothing is wrong
    #[arg(long)]
    all: bool,
    /// Read the last lines of a container's log too, where they can tell why
    #[arg(long)]
    read_logs: bool,
    #[command(flatten)]
    extent: Extent,
    /// How to write the diagnoses
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

impl Ps {
    pub(super) fn run(&self, global: &Global, out: &mut impl Write) -> Result<Outcome, CliError> {
        let live = Live::new(global, self.region.clone(), self.read_logs)?;
        let region = live.region.clone();
        let clusters = match &self.cluster {
            Some(cluster) => vec![cluster.clone()],
            None => live.runtime.block_on(live.prober.clusters(region.as_deref())).map_err(CliError::Unasked)?,
        };
        let writer = ReportWriter { format: self.format, style: self.extent.style(global.colour()), evidence: Evidence::default(), live: Some(live) };
        let Some(live) = &writer.live else { return Ok(Outcome::Fine) };
        let mut done = Written::default();
        let (mut seen, mut shown) = (0, 0);
        for cluster in &clusters {
            progress(&format!("reading the stopped tasks of {cluster}"));
            match live.runtime.block_on(live.prober.stopped_tasks(region.as_deref(), cluster, self.service.as_deref())) {
                Ok((outputs, are_all)) => {
                    if !are_all {
                        done.unread(format!("{cluster}: more tasks stopped than are read; name one with --service"));
                    }
                    for task in outputs.iter().flat_map(|output| read_record(output)).flat_map(|entry| entry.tasks) {
                        seen += 1;
                        match task {
                            Ok(task) if self.all || !crate::diagnosis::diagnose(&task, &Evidence::default()).diagnoses.is_empty() => {
                                shown += 1;
                                writer.task(&task, &mut done);
                            }
                            Ok(_) => {}
                            Err(error) => done.unread(format!("{cluster}: {error}")),
                        }
                    }
                }
                // The others have theirs to tell.
                Err(why) if clusters.len() > 1 => done.unread(format!("{cluster}: {why}")),
                Err(why) => return Err(CliError::Unasked(why)),
            }
        }
        done.flush(out, false)?;
        if self.format == Format::Text {
            let blank = if shown > 0 { "\n" } else { "" };
            writeln!(out, "{blank}{seen} stopped task{} within the last hour, {shown} shown", if seen == 1 { "" } else { "s" })?;
        }
        Ok(done.outcome)
    }
}

/// What to read of the journal.
#[derive(clap::Args, Debug)]
pub(super) struct History {
    /// Log group of the journal
    #[arg(long, default_value = "/ecs-triage/journal")]
    journal: String,
    /// Region; by default that of the AWS configuration
    #[arg(long)]
    region: Option<String>,
    /// As far back: 90m, 36h, 7d
    #[arg(long, default_value = "24h", value_parser = span)]
    since: SignedDuration,
    /// Only this cluster
    #[arg(long)]
    cluster: Option<String>,
    /// Only this service or family
    #[arg(long, requires = "cluster")]
    workload: Option<String>,
    /// How to write the entries: text is one line each, json and jsonl the documents as they were written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

fn span(text: &str) -> Result<SignedDuration, String> {
    let (count, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let hours = |each: i64| count.parse::<i64>().ok()?.checked_mul(each);
    let minutes = match unit {
        "m" => hours(1),
        "h" => hours(60),
        "d" => hours(24 * 60),
        _ => None,
    };
    minutes.filter(|minutes| *minutes <= LONGEST_SPAN).map(SignedDuration::from_mins).ok_or_else(|| "expected a number with m, h or d, such as 36h".to_owned())
}

impl History {
    pub(super) fn run(&self, global: &Global, out: &mut impl Write) -> Result<Outcome, CliError> {
        let live = Live::new(global, self.region.clone(), false)?;
        let since = (Timestamp::now() - self.since).as_millisecond();
        let prefix = self.cluster.as_ref().map(|cluster| format!("{cluster}/{}", self.workload.as_deref().unwrap_or_default()));
        let (mut any, mut written) = (false, Ok(()));
        let read = live.prober.journal(live.region.as_deref(), &self.journal, since, prefix.as_deref(), |line| {
            any = true;
            written = writeln!(out, "{}", self.entry(line));
            written.is_ok()
        });
        let was_all = live.runtime.block_on(read).map_err(CliError::Unasked)?;
        written?;
        if !was_all {
            complain(&format!("{} holds more than is read: ask for less with --since, --cluster or --workload", self.journal));
            return Ok(Outcome::Unable);
        }
        if !any {
            complain(&format!("nothing was diagnosed in that time, says {}", self.journal));
        }
        Ok(Outcome::Fine)
    }

    fn entry(&self, line: &str) -> String {
        // Masked text by text: across the marks of JSON the line would be JSON no more.
        let Ok(entry) = serde_json::from_str(line).map(masked) else { return redact(line.trim_end()).into_owned() };
        match self.format {
            Format::Jsonl => return entry.to_string(),
            Format::Json => return serde_json::to_string_pretty(&entry).unwrap_or_default(),
            Format::Text | Format::Markdown => {}
        }
        let text = |path: &str| entry.pointer(path).and_then(Value::as_str).unwrap_or("-");
        if text("/schema") == json::v1::INCIDENT_SCHEMA {
            let [at, cluster, workload, subject] = ["/resolved", "/attributes/cluster", "/attributes/workload", "/subject"].map(text);
            let what = subject.split_once(": ").map_or(subject, |(_, what)| what);
            return format!("{at}  {cluster}/{workload}  {what}");
        }
        if text("/schema") == json::v1::SELFTEST_SCHEMA {
            return format!("{}  {}", text("/at"), text("/subject"));
        }
        let [at, cluster, workload, verdict] = ["/task/stopped_at", "/task/cluster", "/task/workload", "/diagnoses/0/verdict"].map(text);
        format!("{at}  {cluster}/{workload}  {}: {} ({verdict})", text("/diagnoses/0/cause"), text("/diagnoses/0/title"))
    }
}

/// A document of the journal, safe to print: others may write to the log group.
fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact_name(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(masked).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (redact_name(&name).into_owned(), masked(value))).collect(),
        other => other,
    }
}
