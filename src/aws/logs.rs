//! Amazon CloudWatch Logs: the journal, which outlives the hour for which ECS remembers a stopped task, and
//! what containers wrote.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::create_log_stream::CreateLogStreamError;
use aws_sdk_cloudwatchlogs::operation::put_log_events::PutLogEventsError;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::list;
use super::call::{Caller, Input};
use super::describe;
use super::ecs::in_words;
use super::failure::Failure;
use super::operation::Operation;
use super::prober::AwsProber;
use crate::question::facts::LogEvent;
use crate::question::{Answer, ask};
use crate::redact::beginning;

/// A page may be empty although there are lines before it; so many are read.
const EMPTY_PAGES: usize = 4;
/// The most lines of a log, and bytes of a line in it, that are kept.
const LAST_LINES: usize = 50;
const LONGEST_LINE: usize = 4096;
/// A journal is read so far, in pages of which many may be empty.
const MOST_PAGES: usize = 500;

/// A log group with a stream for each workload.
#[derive(Debug)]
pub struct Journal {
    client: Client,
    group: String,
}

/// An entry that was not written, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to the journal {group}: {why}")]
pub struct JournalError {
    group: String,
    why: String,
}

impl Journal {
    /// The log group `group`, reached with `config`.
    #[must_use]
    pub fn new(config: &SdkConfig, group: String) -> Self {
        Self { client: Client::new(config), group }
    }

    /// Appends lines to the stream of a workload, which is made when it is first written to.
    ///
    /// # Errors
    ///
    /// When CloudWatch Logs refuses it or does not answer, after the SDK's retries.
    pub async fn append(&self, stream: &str, lines: &[&str]) -> Result<(), JournalError> {
        let failed = |why: String| JournalError { group: self.group.clone(), why };
        let stream = stream_name(stream);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let event = |line: &&str| InputLogEvent::builder().timestamp(timestamp).message(*line).build();
        let events = lines
            .iter()
            .map(event)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed(error.to_string()))?;
        let put = || {
            let put = self.client.put_log_events().log_group_name(&self.group).log_stream_name(&stream);
            Box::pin(put.set_log_events(Some(events.clone())).send())
        };
        let Err(error) = put().await else { return Ok(()) };
        if !error.as_service_error().is_some_and(PutLogEventsError::is_resource_not_found_exception) {
            return Err(failed(describe(&error)));
        }
        let make = self.client.create_log_stream().log_group_name(&self.group).log_stream_name(&stream);
        if let Err(error) = Box::pin(make.send()).await
            && !error
                .as_service_error()
                .is_some_and(CreateLogStreamError::is_resource_already_exists_exception)
        {
            return Err(failed(describe(&error)));
        }
        put().await.map(|_| ()).map_err(|error| failed(describe(&error)))
    }
}

/// Stream names take neither `:` nor `*`, and at most 512 characters.
fn stream_name(name: &str) -> String {
    name.chars()
        .map(|letter| if matches!(letter, ':' | '*') || letter.is_control() { '-' } else { letter })
        .take(512)
        .collect()
}

/// Groups come in the order of their names, so the one that is the prefix comes first.
pub(crate) async fn groups(
    caller: &Caller,
    ask::LogGroups { region, prefix }: &ask::LogGroups,
) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"logGroupNamePrefix": prefix, "limit": 50}));
    let mut answer = caller.call(Operation::DescribeLogGroups, region, "*", input).await?;
    list(&mut answer, "/logGroups").map(Answer::LogGroups)
}

pub(crate) async fn last_lines(
    caller: &Caller,
    ask::LogLines { region, group, stream }: &ask::LogLines,
) -> Result<Answer, Failure> {
    let mut token = None;
    for _ in 0..EMPTY_PAGES {
        let input = json!({"logGroupName": group, "logStreamName": stream, "limit": LAST_LINES, "startFromHead": false, "nextToken": token});
        let answer = caller
            .call(Operation::GetLogEvents, region, &format!("{group}/{stream}"), Input::Json(input))
            .await?;
        let events = answer.get("events").and_then(Value::as_array).into_iter().flatten();
        let messages = events.take(LAST_LINES).filter_map(|event| event.get("message")?.as_str());
        let lines: Vec<LogEvent> =
            messages.map(|line| LogEvent { message: beginning(line, LONGEST_LINE).into_owned() }).collect();
        let before = answer.get("nextBackwardToken").filter(|before| before.is_string()).cloned();
        // The same token again is the beginning of the stream.
        if !lines.is_empty() || before.is_none() || before == token {
            return Ok(Answer::LogLines(lines));
        }
        token = before;
    }
    Err(Failure::Unknown(format!("its last {EMPTY_PAGES} pages are empty")))
}

/// For the command line alone.
impl AwsProber {
    /// Reads a journal back: hands over the lines written since a time, the oldest first,
    /// of one stream, or of all whose name begins as given up to a slash. Without a Region, in the one that
    /// is configured. Tells whether that was all: a journal without end is not read to it, and none any
    /// further once `each` does not want more.
    ///
    /// # Errors
    ///
    /// Why it could not be read to its end, in words.
    pub async fn journal(
        &self,
        region: Option<&str>,
        group: &str,
        since: Timestamp,
        stream: Option<&str>,
        mut each: impl FnMut(&str) -> bool,
    ) -> Result<bool, String> {
        let region = region.or(self.caller.region()).ok_or("no Region is configured")?;
        let wanted = stream.map(stream_name);
        let is_wanted = |event: &&Value| match (&wanted, event.get("logStreamName").and_then(Value::as_str)) {
            // Others may begin like it.
            (Some(wanted), Some(name)) => name == wanted || wanted.ends_with('/') && name.starts_with(wanted),
            _ => true,
        };
        let mut token = Value::Null;
        for _ in 0..MOST_PAGES {
            let input = json!({"logGroupName": group, "startTime": since.as_millisecond(), "logStreamNamePrefix": wanted, "nextToken": token});
            let read = self.caller.call(Operation::FilterLogEvents, region, group, Input::Json(input)).await;
            let mut answer = read.map_err(|failure| in_words(failure, group))?;
            let events = answer.get("events").and_then(Value::as_array).into_iter().flatten();
            if !events.filter(is_wanted).filter_map(|event| event.get("message")?.as_str()).all(&mut each) {
                return Ok(true);
            }
            token = answer.get_mut("nextToken").map(Value::take).unwrap_or_default();
            if token.is_null() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
