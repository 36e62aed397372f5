//! Amazon SNS: the topic for notices.

use aws_config::SdkConfig;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;

use aws_sdk_sns::types::MessageAttributeValue;
use aws_sdk_sns::{Client, Config};
use aws_smithy_types::body::SdkBody;
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

    /// Opens a connection, so that the first notice waits for none: by a request for nothing, which SNS refuses.
    pub async fn connect(&self) {
        let nothing = self.client.publish().topic_arn(&self.arn).message("-").customize();
        let nothing = nothing.mutate_request(|request| {
            let _ = request.set_method("GET");
            *request.body_mut() = SdkBody::empty();
            for header in ["content-type", "content-length"] {
                request.headers_mut().remove(header);
            }
        });
        let once = Config::builder().retry_config(RetryConfig::disabled());
        let _ = Box::pin(nothing.config_override(once).send()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};

    use super::Topic;

    /// The first line and the body of two requests that come over the first connection; there is no second.
    fn requests(listener: &TcpListener) -> Vec<(String, String)> {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut reader = BufReader::new(stream.try_clone().expect("the same"));
        let mut requests = Vec::new();
        while requests.len() < 2 {
            let (mut head, mut length) = (Vec::new(), 0);
            loop {
                let mut line = String::new();
                assert!(reader.read_line(&mut line).expect("a line") > 0, "it ends after {requests:?}");
                if line == "\r\n" {
                    break;
                }
                let line = line.trim().to_ascii_lowercase();
                length =
                    line.strip_prefix("content-length: ").map_or(length, |n| n.parse().expect("a number"));
                head.push(line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("the body");
            let answer: &[u8] = if head[0].starts_with("get / ") {
                b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"
            } else {
                b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n<PublishResponse>"
            };
            stream.write_all(answer).expect("it is written");
            requests.push((head.swap_remove(0), String::from_utf8(body).expect("UTF-8")));
        }
        requests
    }

    #[tokio::test]
    async fn a_notice_takes_the_connection_that_is_open_and_nothing_is_published_before() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(format!("http://{}", listener.local_addr().expect("its address")))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        let server = thread::spawn(move || requests(&listener));
        let topic = Topic::new(&config, "arn:aws:sns:eu-west-1:111122223333:notices".to_owned());
        topic.connect().await;
        let _ = topic.publish_plain("hello").await;
        let requests = server.join().expect("it ends");
        let [(first, nothing), (second, publish)] = requests.as_slice() else { panic!("{requests:?}") };
        assert_eq!((first.as_str(), nothing.as_str()), ("get / http/1.1", ""));
        assert!(second.starts_with("post / ") && publish.contains("Message=hello"), "{second} {publish}");
    }
}
