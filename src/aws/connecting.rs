//! Connections that are opened before there is anything to say: by a request that asks for nothing and is not
//! signed, which a service answers all the same.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::{ReconnectMode, RetryConfig};

/// Empties a request: it keeps nothing but where it goes.
#[derive(Debug)]
pub(super) struct Emptied;

impl Intercept for Emptied {
    fn name(&self) -> &'static str {
        "Emptied"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let headers: Vec<String> = request.headers().iter().map(|(name, _)| name.to_owned()).collect();
        for header in headers {
            request.headers_mut().remove(header);
        }
        *request.body_mut() = SdkBody::empty();
        Ok(request.set_method("GET")?)
    }
}

/// One try. The answer does not fit the operation, and the connection is kept nevertheless.
pub(super) fn once() -> RetryConfig {
    RetryConfig::disabled().with_reconnect_mode(ReconnectMode::ReuseAllConnections)
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};

    use crate::aws::one_connection::serve;
    use crate::aws::sns::Topic;
    use crate::aws::store::Table;
    use crate::incident::store::Store as _;

    /// The first line and the body of the first two requests, which come over one connection.
    async fn sent(answer: &'static str, ask: impl AsyncFnOnce(&SdkConfig)) -> [(String, String); 2] {
        let (endpoint, requests) = serve(answer.as_bytes(), 2);
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        ask(&config).await;
        requests.join().expect("it ends").try_into().expect("two requests")
    }

    /// Goes where the operation goes, and says nothing else.
    fn assert_empty((head, body): &(String, String)) {
        let lines: Vec<&str> = head.lines().collect();
        assert!(
            matches!(lines[..], ["GET / HTTP/1.1", host] if host.starts_with("host: 127.0.0.1:")),
            "{head}"
        );
        assert_eq!(body, "");
    }

    #[tokio::test]
    async fn a_notice_takes_the_connection_that_is_open_and_nothing_is_published_before() {
        for answer in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n",
        ] {
            let [first, (head, body)] = sent(answer, async |config| {
                let topic = Topic::new(config, "arn:aws:sns:eu-west-1:111122223333:notices".to_owned());
                topic.connect().await;
                let _ = topic.publish_plain("hello").await;
            })
            .await;
            assert_empty(&first);
            assert!(head.starts_with("POST / ") && body.contains("Message=hello"), "{head}{body}");
        }
    }

    #[tokio::test]
    async fn a_table_is_read_over_the_connection_that_is_open() {
        let healthy = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhealthy:";
        let [first, (head, body)] = sent(healthy, async |config| {
            let table = Table::new(config, "incidents".to_owned());
            table.connect().await;
            let _ = table.load("storm").await;
        })
        .await;
        assert_empty(&first);
        assert!(head.contains(".GetItem") && body.contains("storm"), "{head}{body}");
    }
}
