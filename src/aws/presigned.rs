//! Presigned URLs of Amazon S3: read and written with the rights that their signature has, and none of the
//! function's own.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;

use super::bounded::{LARGEST_ANSWER, is_too_large};
use super::innermost;

/// The doors have a deadline of their own for each call, which is shorter.
const TIMEOUT: Duration = Duration::from_secs(6);

/// Calls without credentials.
#[derive(Debug)]
pub struct PresignedClient {
    http_client: Option<SharedHttpClient>,
    config: SdkConfig,
}

/// A status that is none of success.
#[derive(Debug, thiserror::Error)]
#[error("Amazon S3 answered with HTTP status {0}")]
struct Refused(u16);

impl PresignedClient {
    /// A client that shares its connections with those of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { http_client: config.http_client().or_else(super::call::http_client), config: config.clone() }
    }

    /// What is at a path of a host.
    ///
    /// # Errors
    ///
    /// In words without the path, which holds the signature.
    pub(crate) async fn get(&self, host: &str, path: &str) -> Result<Vec<u8>, String> {
        self.call("GET", &format!("https://{host}"), path, "").await
    }

    /// Puts a document there. Its type is not part of the signature, so it has none.
    ///
    /// # Errors
    ///
    /// Likewise.
    pub(crate) async fn put(&self, host: &str, path: &str, body: &str) -> Result<(), String> {
        self.call("PUT", &format!("https://{host}"), path, body).await.map(drop)
    }

    async fn call(
        &self,
        method: &'static str,
        endpoint: &str,
        path: &str,
        body: &str,
    ) -> Result<Vec<u8>, String> {
        let Some(http_client) = self.http_client.clone() else {
            return Err("there is no HTTP client".to_owned());
        };
        let timeouts =
            TimeoutConfig::builder().operation_timeout(TIMEOUT).operation_attempt_timeout(TIMEOUT).build();
        let builder =
            Operation::builder().service_name("s3").operation_name("Presigned").http_client(http_client);
        let builder = builder.endpoint_url(endpoint).no_auth().no_retry().timeout_config(timeouts);
        let builder = match (self.config.sleep_impl(), self.config.time_source()) {
            (Some(sleep), Some(time)) => builder.sleep_impl(sleep).time_source(time),
            (Some(sleep), None) => builder.sleep_impl(sleep),
            _ => builder,
        };
        let operation = builder.serializer(request).deserializer(answered).build();
        // On the heap: the nested futures of the SDK are too deep for the compiler's layout queries.
        let sent = Box::pin(operation.invoke((method, path.to_owned(), body.to_owned()))).await;
        sent.map_err(|error| in_words(&error))
    }
}

fn request((method, path, body): (&'static str, String, String)) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(method)?;
    request.set_uri(path)?;
    Ok(request)
}

/// A redirection is not followed, so it is a failure.
fn answered(response: &HttpResponse) -> Result<Vec<u8>, OrchestratorError<Refused>> {
    if response.status().is_success() {
        return Ok(response.body().bytes().unwrap_or_default().to_vec());
    }
    Err(OrchestratorError::operation(Refused(response.status().as_u16())))
}

fn in_words(error: &SdkError<Refused, HttpResponse>) -> String {
    if is_too_large(error) {
        return format!("the answer of Amazon S3 is larger than {} MB", LARGEST_ANSWER >> 20);
    }
    match error {
        SdkError::ServiceError(context) => context.err().to_string(),
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        // An error of the way names no path.
        other => {
            format!("Amazon S3 cannot be reached: {}", innermost(other).lines().next().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PresignedClient;
    use crate::aws::one_connection::serve;

    const PATH: &str = "/arn%3Aaws%3Acloudformation%3Aus-west-2%3A111122223333%3Astack/api/0c7f%7Ccheck?X-Amz-Date=20261127T100000Z&X-Amz-Signature=0a1b%2F";

    async fn client() -> PresignedClient {
        PresignedClient::new(&crate::aws::config(None).await)
    }

    #[tokio::test]
    async fn the_url_goes_out_as_it_was_signed_and_nothing_beside_it() {
        let (endpoint, server) =
            serve(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 1);
        let put = client().await.call("PUT", &endpoint, PATH, "{\"Status\": \"SUCCESS\"}").await;
        let [(head, body)] = server.join().expect("it ends").try_into().expect("one request");
        assert_eq!((put, body.as_str()), (Ok(Vec::new()), "{\"Status\": \"SUCCESS\"}"));
        assert!(head.starts_with(&format!("PUT {PATH} HTTP/1.1\r\n")), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(
            !["content-type:", "authorization:", "x-amz-"]
                .iter()
                .any(|name| head.lines().skip(1).any(|line| line.starts_with(name))),
            "{head}"
        );
    }

    #[tokio::test]
    async fn what_is_there_is_read_and_nothing_is_followed() {
        let (endpoint, server_of_text) =
            serve(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}", 1);
        assert_eq!(client().await.call("GET", &endpoint, PATH, "").await, Ok(b"{}".to_vec()));
        assert!(
            server_of_text.join().expect("it ends")[0].0.starts_with(&format!("GET {PATH} HTTP/1.1\r\n"))
        );
        for (answer, status) in [
            (&b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"[..], "403"),
            (&b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"[..], "302"),
        ] {
            let (endpoint, server) = serve(answer, 1);
            let refused = client().await.call("GET", &endpoint, PATH, "").await;
            assert_eq!(refused, Err(format!("Amazon S3 answered with HTTP status {status}")));
            server.join().expect("it ends");
        }
        let nobody = client().await.call("GET", "http://127.0.0.1:1", PATH, "").await;
        assert!(
            nobody.as_ref().is_err_and(|why| why.contains("cannot be reached") && !why.contains("Signature")),
            "{nobody:?}"
        );
    }
}
