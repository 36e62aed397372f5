//! What the Lambda function does with an invocation: read, ask, diagnose, announce, and say which messages must come again.
//!
//! A message counts as done when its notice is out (or, without a topic, its journal entry is written). A journal that fails beside a topic
//! that works is reported and not repeated: the team has been told, and a repeat would tell it twice.

use std::io::{self, Write as _};

use futures_util::future::join_all;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::aws::logs::Journal;
use crate::aws::prober::AwsProber;
use crate::aws::sns::Topic;
use crate::config::Settings;
use crate::diagnosis::{Report, diagnose};
use crate::event::{self, Entry, Task};
use crate::question::Evidence;
use crate::render::json::v1;
use crate::render::notice::notice;
use crate::triage::{Narrowed, Scope, investigate};

/// As long as AWS is asked: then what is known is announced, well before the function's own time is up.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why an invocation failed; Lambda shows it and tries again.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The event is of no form that can be read.
    #[error("cannot read the event: {0}")]
    Unreadable(String),
    /// A diagnosis was made and could not be announced.
    #[error("cannot announce: {0}")]
    Unannounced(String),
}

/// The function, with its clients.
#[derive(Debug)]
pub struct Function {
    prober: AwsProber,
    probing: Scope,
    topic: Option<Topic>,
    journal: Option<Journal>,
}

impl Function {
    /// Makes the clients once, for the life of the instance.
    pub async fn new(settings: Settings) -> Self {
        let config = crate::aws::config().await;
        Self {
            prober: AwsProber::new(&config),
            probing: settings.probing,
            topic: settings.topic_arn.map(|arn| Topic::new(&config, arn)),
            journal: settings.journal.map(|group| Journal::new(&config, group)),
        }
    }

    /// Handles one invocation: an SQS batch, answered with the messages that must come again, or a bare event, answered with its diagnoses.
    ///
    /// # Errors
    ///
    /// For a bare event that cannot be read or announced. A batch always has an answer.
    pub async fn handle(&self, payload: &RawValue) -> Result<Value, FunctionError> {
        let entries = event::read_record(payload.get());
        let tasks = entries.iter().flat_map(|entry| &entry.tasks).filter_map(|task| task.as_ref().ok());
        let prober = Narrowed { prober: self.prober.until(Instant::now() + PATIENCE), scope: self.probing };
        let evidence = investigate(&prober, tasks, Evidence::default()).await;
        let is_batch = entries.iter().all(|entry| entry.message_id.is_some());
        if is_batch { Ok(self.handle_batch(&entries, &evidence).await) } else { self.handle_bare(&entries, &evidence).await }
    }

    async fn handle_batch(&self, entries: &[Entry], evidence: &Evidence) -> Value {
        let handled = join_all(entries.iter().map(|entry| self.handle_entry(entry, evidence))).await;
        let mut failures = Vec::new();
        for (entry, handled) in entries.iter().zip(handled) {
            let id = entry.message_id.as_deref().unwrap_or_default();
            if let Err(error) = handled {
                tracing::error!(message_id = id, error = %error, "the message goes back to the queue");
                failures.push(json!({"itemIdentifier": id}));
            }
        }
        json!({"batchItemFailures": failures})
    }

    async fn handle_bare(&self, entries: &[Entry], evidence: &Evidence) -> Result<Value, FunctionError> {
        let mut documents = Vec::new();
        for entry in entries {
            documents.extend(self.handle_entry(entry, evidence).await?);
        }
        Ok(Value::Array(documents))
    }

    /// Announces every task of an entry; the first problem is told after all of them were tried.
    async fn handle_entry(&self, entry: &Entry, evidence: &Evidence) -> Result<Vec<Value>, FunctionError> {
        let mut documents = Vec::new();
        let mut problem = None;
        for task in &entry.tasks {
            match task {
                Ok(task) => match self.handle_task(task, evidence).await {
                    Ok(line) => documents.push(serde_json::from_str(&line).unwrap_or_default()),
                    Err(error) => problem = problem.or(Some(error)),
                },
                Err(error) => problem = problem.or(Some(FunctionError::Unreadable(error.to_string()))),
            }
        }
        problem.map_or(Ok(documents), Err)
    }

    async fn handle_task(&self, task: &Task, evidence: &Evidence) -> Result<String, FunctionError> {
        let report = diagnose(task, evidence);
        let line = v1::line(&report);
        if report.diagnoses.is_empty() {
            return Ok(line);
        }
        // A line that cannot be written must not keep the team from hearing.
        let _ = writeln!(io::stdout().lock(), "{line}");
        // The journal comes second: a message that comes again would otherwise be in it again.
        let published = self.publish(&report).await?;
        match self.journal(&report, &line).await {
            Err(error) if published => tracing::warn!(error = %error, "announced, but not in the journal"),
            journalled => journalled?,
        }
        Ok(line)
    }

    /// Whether a notice went out.
    async fn publish(&self, report: &Report<'_>) -> Result<bool, FunctionError> {
        let (Some(topic), Some(notice)) = (&self.topic, notice(report).filter(|_| report.is_start_failure())) else { return Ok(false) };
        topic.publish(&notice).await.map(|()| true).map_err(|error| FunctionError::Unannounced(error.to_string()))
    }

    async fn journal(&self, report: &Report<'_>, line: &str) -> Result<(), FunctionError> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let cluster = report.task.cluster.as_deref().unwrap_or("unknown");
        let workload = report.task.workload.as_ref().map_or("unknown", |workload| workload.name.as_str());
        journal.append(&format!("{cluster}/{workload}"), line).await.map_err(|error| FunctionError::Unannounced(error.to_string()))
    }
}
