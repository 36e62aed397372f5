//! Amazon EventBridge: a bus that receives diagnoses and the changes of incidents, for machines.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use super::describe;

/// The source of every event.
const SOURCE: &str = "ecs-triage";

/// An event bus.
#[derive(Debug)]
pub struct Bus {
    client: Client,
    arn: String,
}

/// An event that the bus did not take, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot put an event on {arn}: {why}")]
pub struct BusError {
    arn: String,
    why: String,
}

impl Bus {
    /// The bus `arn`, reached with `config`.
    #[must_use]
    pub fn new(config: &SdkConfig, arn: String) -> Self {
        Self { client: Client::new(config), arn }
    }

    /// Puts one event on the bus; `detail` is a JSON object.
    ///
    /// # Errors
    ///
    /// When EventBridge refuses it or does not answer, after the SDK's retries.
    pub async fn put(&self, detail_type: &str, detail: &str) -> Result<(), BusError> {
        let failed = |why: String| BusError { arn: self.arn.clone(), why };
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.arn)
            .source(SOURCE)
            .detail_type(detail_type)
            .detail(detail)
            .build();
        let put = Box::pin(self.client.put_events().entries(entry).send());
        let answer = put.await.map_err(|error| failed(describe(&error)))?;
        match answer.entries().iter().find_map(|entry| entry.error_code()) {
            Some(code) => Err(failed(code.to_owned())),
            None => Ok(()),
        }
    }
}
