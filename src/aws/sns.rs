//! Amazon SNS: the topic for notices.

use aws_config::SdkConfig;
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_sdk_sns::{Client, Config};
use serde_json::json;

use super::connecting::{Emptied, once};
use super::describe;
use crate::render::notice::Notice;

/// A topic to publish to.
#[derive(Debug)]
pub struct Topic {
    client: Client,
    arn: String,
}

/// A notice that was not published, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot publish to {arn}: {why}")]
pub struct PublishError {
    arn: String,
    why: String,
}

impl Topic {
    /// The topic `arn`, reached with `config`.
    #[must_use]
    pub fn new(config: &SdkConfig, arn: String) -> Self {
        Self { client: Client::new(config), arn }
    }

    /// Publishes a text that is read by a program.
    ///
    /// # Errors
    ///
    /// When SNS refuses it or does not answer, after the SDK's retries.
    pub async fn publish_plain(&self, message: &str) -> Result<(), PublishError> {
        self.send(self.client.publish().message(message)).await
    }

    /// Publishes a notice.
    ///
    /// # Errors
    ///
    /// When SNS refuses it or does not answer, after the SDK's retries.
    pub async fn publish(&self, notice: &Notice) -> Result<(), PublishError> {
        let mut publish = self.client.publish().subject(&notice.subject).message(&notice.body);
        let single = notice.attributes.iter().map(|(name, value)| (*name, "String", value.clone()));
        let lists =
            notice.lists.iter().map(|(name, values)| (*name, "String.Array", json!(values).to_string()));
        for (name, kind, value) in single.chain(lists) {
            let value = MessageAttributeValue::builder().data_type(kind).string_value(value).build();
            publish =
                publish.message_attributes(name, value.map_err(|error| self.failed(error.to_string()))?);
        }
        self.send(publish).await
    }

    async fn send(&self, publish: PublishFluentBuilder) -> Result<(), PublishError> {
        let sent = Box::pin(publish.topic_arn(&self.arn).send()).await;
        sent.map(drop).map_err(|error| self.failed(describe(&error)))
    }

    fn failed(&self, why: String) -> PublishError {
        PublishError { arn: self.arn.clone(), why }
    }

    /// Opens a connection, so that the first notice waits for none.
    pub async fn connect(&self) {
        let publish = self.client.publish().topic_arn(&self.arn).message("-").customize();
        let nothing = publish.interceptor(Emptied).config_override(Config::builder().retry_config(once()));
        let _ = Box::pin(nothing.send()).await;
    }
}
