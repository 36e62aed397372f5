//! Connections that are opened before there is anything to say: by a request that asks for nothing and is not
//! signed, which a service answers all the same.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::{ReconnectMode, RetryConfig};

/// Leaves nothing of a request but where it goes.
#[derive(Debug)]
pub(super) struct Nothing;

impl Intercept for Nothing {
    fn name(&self) -> &'static str {
        "Nothing"
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
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};

    use crate::aws::sns::Topic;
    use crate::aws::store::Table;
    use crate::incident::store::Store as _;

    /// The head and the body of two requests that come over the first connection; there is no second.
    fn requests(listener: &TcpListener, answer: &str) -> Vec<(String, String)> {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("it is set");
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
            stream.write_all(answer.as_bytes()).expect("it is written");
            requests.push((head.join(" "), String::from_utf8(body).expect("UTF-8")));
        }
        requests
    }

    /// What is sent where something is asked for over a connection that was opened before.
    async fn sent(answer: &'static str, ask: impl AsyncFnOnce(&SdkConfig)) -> Vec<(String, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(format!("http://{}", listener.local_addr().expect("its address")))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        let server = thread::spawn(move || requests(&listener, answer));
        ask(&config).await;
        server.join().expect("it ends")
    }

    #[tokio::test]
    async fn a_notice_takes_the_connection_that_is_open_and_nothing_is_published_before() {
        for answer in ["400 Bad Request", "302 Found", "503 Slow Down"] {
            let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
            let sent = sent(answer.leak(), async |config| {
                let topic = Topic::new(config, "arn:aws:sns:eu-west-1:111122223333:notices".to_owned());
                topic.connect().await;
                let _ = topic.publish_plain("hello").await;
            });
            let sent = sent.await;
            let [(first, nothing), (second, publish)] = sent.as_slice() else { panic!("{sent:?}") };
            assert!(first.starts_with("get / http/1.1 host: 127.0.0.1:"), "{first}");
            assert_eq!((first.split_whitespace().count(), nothing.as_str()), (5, ""), "{first}");
            assert!(second.starts_with("post / ") && publish.contains("Message=hello"), "{second} {publish}");
        }
    }

    #[tokio::test]
    async fn a_table_is_read_over_the_connection_that_is_open() {
        let healthy = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhealthy:";
        let sent = sent(healthy, async |config| {
            let table = Table::new(config, "incidents".to_owned());
            table.connect().await;
            let _ = table.load("storm").await;
        });
        let sent = sent.await;
        let [(first, nothing), (second, get)] = sent.as_slice() else { panic!("{sent:?}") };
        assert_eq!((first.split_whitespace().count(), nothing.as_str()), (5, ""), "{first}");
        assert!(second.contains("getitem") && get.contains("storm"), "{second} {get}");
    }
}
