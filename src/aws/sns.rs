//! Amazon SNS: the topic for notices.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use serde_json::json;

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
        let published = self.client.publish().topic_arn(&self.arn).message(message).send().await;
        published.map(|_| ()).map_err(|error| PublishError { arn: self.arn.clone(), why: describe(&error) })
    }

    /// Publishes a notice.
    ///
    /// # Errors
    ///
    /// When SNS refuses it or does not answer, after the SDK's retries.
    pub async fn publish(&self, notice: &Notice) -> Result<(), PublishError> {
        let mut publish =
            self.client.publish().topic_arn(&self.arn).subject(&notice.subject).message(&notice.body);
        let single = notice.attributes.iter().map(|(name, value)| (*name, "String", value.clone()));
        let lists =
            notice.lists.iter().map(|(name, values)| (*name, "String.Array", json!(values).to_string()));
        for (name, kind, value) in single.chain(lists) {
            let value = MessageAttributeValue::builder().data_type(kind).string_value(value).build();
            let value =
                value.map_err(|error| PublishError { arn: self.arn.clone(), why: error.to_string() })?;
            publish = publish.message_attributes(name, value);
        }
        match publish.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(PublishError { arn: self.arn.clone(), why: describe(&error) }),
        }
    }
}
