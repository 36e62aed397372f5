//! Amazon CloudWatch Logs: the journal, which outlives the hour for which ECS remembers a stopped task.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::create_log_stream::CreateLogStreamError;
use aws_sdk_cloudwatchlogs::operation::put_log_events::PutLogEventsError;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;

use super::describe;

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

    /// Appends one line to the stream of a workload, which is made when it is first written to.
    ///
    /// # Errors
    ///
    /// When CloudWatch Logs refuses it or does not answer, after the SDK's retries.
    pub async fn append(&self, stream: &str, line: &str) -> Result<(), JournalError> {
        let failed = |why: String| JournalError { group: self.group.clone(), why };
        let stream = stream_name(stream);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let event = InputLogEvent::builder().timestamp(timestamp).message(line).build().map_err(|error| failed(error.to_string()))?;
        let put = || self.client.put_log_events().log_group_name(&self.group).log_stream_name(&stream).log_events(event.clone()).send();
        let Err(error) = put().await else { return Ok(()) };
        if !error.as_service_error().is_some_and(PutLogEventsError::is_resource_not_found_exception) {
            return Err(failed(describe(&error)));
        }
        let made = self.client.create_log_stream().log_group_name(&self.group).log_stream_name(&stream).send().await;
        if let Err(error) = made
            && !error.as_service_error().is_some_and(CreateLogStreamError::is_resource_already_exists_exception)
        {
            return Err(failed(describe(&error)));
        }
        put().await.map(|_| ()).map_err(|error| failed(describe(&error)))
    }
}

/// Stream names take neither `:` nor `*`, and at most 512 characters.
fn stream_name(name: &str) -> String {
    name.chars().map(|letter| if matches!(letter, ':' | '*') || letter.is_control() { '-' } else { letter }).take(512).collect()
}
