//! `ecs-triage history`: what the function diagnosed, from its journal.

use clap::builder::NonEmptyStringValueParser as NonEmpty;
use clap_complete::ArgValueCandidates;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::error::CliError;
use super::live::Live;
use super::output::Output;
use super::span::span;
use super::{Format, Global, completion};
use crate::context::minute;
use crate::redact::{redact, redact_values};
use crate::render::{json, markdown};

/// What to read of the journal.
#[derive(clap::Args, Debug)]
pub(super) struct History {
    /// Log group of the function's journal
    #[arg(long, value_name = "NAME", default_value = "/ecs-triage/journal", value_parser = NonEmpty::new())]
    journal: String,
    /// How far back: a number with s, m, h or d, such as 90m or 7d
    #[arg(long, default_value = "24h", value_name = "TIME", allow_hyphen_values = true, value_parser = span)]
    since: SignedDuration,
    /// Only this cluster, by name
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(completion::clusters), value_parser = NonEmpty::new())]
    cluster: Option<String>,
    /// Only this service or task family of the cluster
    #[arg(long, value_name = "NAME", requires = "cluster", value_parser = NonEmpty::new())]
    workload: Option<String>,
    /// How to write the entries: text and markdown are a line for each, json and jsonl are the objects of the
    /// journal
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

impl History {
    pub(super) fn run(&self, global: &Global, output: &mut Output<'_>) -> Result<(), CliError> {
        let live = Live::new(global, false, None)?;
        let since = Timestamp::now() - self.since;
        let prefix = self
            .cluster
            .as_ref()
            .map(|cluster| format!("{cluster}/{}", self.workload.as_deref().unwrap_or_default()));
        let (mut any, mut written) = (false, Ok(()));
        let read = live.prober().journal(live.region(), &self.journal, since, prefix.as_deref(), |line| {
            any = true;
            written = output.text(&format!("{}\n", self.entry(line)));
            written.is_ok()
        });
        let was_all = live.wait(read).map_err(CliError::CannotAsk)?;
        written?;
        if !was_all {
            output.unable(&format!(
                "{} holds more than is read: ask for less with --since, --cluster or --workload",
                self.journal
            ));
        } else if !any {
            output.complain(&format!("nothing was diagnosed in that time, says {}", self.journal));
        }
        Ok(())
    }

    fn entry(&self, line: &str) -> String {
        // Other programs can write to the log group. Masked text by text: across the marks of JSON the line would
        // be JSON no more.
        let Ok(entry) = serde_json::from_str(line).map(redact_values) else {
            return redact(line.trim_end()).into_owned();
        };
        match self.format {
            Format::Jsonl => entry.to_string(),
            Format::Json => serde_json::to_string_pretty(&entry).unwrap_or_default(),
            Format::Text => line_of(&entry),
            Format::Markdown => format!("- {}", markdown::span(&line_of(&entry))),
        }
    }
}

/// An entry in one line; what it does not tell is left out.
fn line_of(entry: &Value) -> String {
    let text = |path: &str| entry.pointer(path).and_then(Value::as_str);
    let time = |path: &str| {
        let told = text(path).unwrap_or_default();
        told.parse().map_or_else(|_| told.to_owned(), minute)
    };
    let joined =
        |parts: [Option<&str>; 2], by: &str| parts.into_iter().flatten().collect::<Vec<_>>().join(by);
    let [at, place, what] = if text("/schema") == Some(json::v1::INCIDENT_SCHEMA) {
        let subject =
            text("/subject").map(|subject| subject.split_once("] ").map_or(subject, |(_, what)| what));
        [
            time("/resolved"),
            joined(["/attributes/cluster", "/attributes/workload"].map(text), "/"),
            subject.unwrap_or_default().to_owned(),
        ]
    } else {
        let what = joined(["/diagnoses/0/cause", "/diagnoses/0/title"].map(text), ": ");
        let verdict = text("/diagnoses/0/verdict").map(|verdict| format!(" ({verdict})")).unwrap_or_default();
        let what = if what.is_empty() { "no diagnosis".to_owned() } else { format!("{what}{verdict}") };
        [time("/task/stopped_at"), joined(["/task/cluster", "/task/workload"].map(text), "/"), what]
    };
    [at, place, what].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::line_of;

    #[test]
    fn what_an_entry_does_not_tell_is_left_out() {
        let (at, told) = ("2026-04-15T14:02:11Z", "2026-04-15 14:02 UTC");
        let task = json!({"stopped_at": at, "cluster": "prod", "workload": "api"});
        let diagnosis =
            json!({"cause": "secret-missing", "title": "secret prod/db does not exist", "verdict": "likely"});
        for (entry, line) in [
            (
                json!({"task": task, "diagnoses": [diagnosis]}),
                format!("{told}  prod/api  secret-missing: secret prod/db does not exist (likely)"),
            ),
            (json!({"task": task, "diagnoses": []}), format!("{told}  prod/api  no diagnosis")),
            (
                json!({"task": {"cluster": "prod", "workload": "frontend"}}),
                "prod/frontend  no diagnosis".to_owned(),
            ),
            (json!({}), "no diagnosis".to_owned()),
            (
                json!({
                    "schema": super::json::v1::INCIDENT_SCHEMA,
                    "resolved": at,
                    "attributes": {"cluster": "prod", "workload": "api"},
                    "subject": "[ECS prod 3333/eu-west-1] api recovered after 29 min: secret prod/db does not exist",
                }),
                format!("{told}  prod/api  api recovered after 29 min: secret prod/db does not exist"),
            ),
        ] {
            assert_eq!(line_of(&entry), line);
        }
    }
}
