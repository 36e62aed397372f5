//! AWS Lambda: the deployed function, invoked for its self-test. That is not a read, so it is outside of the
//! closed table of reads; the command line alone makes this call, and the function's role does not allow it.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime::client::orchestrator::invoke;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{FrozenLayer, Layer};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use aws_smithy_types::retry::RetryConfig;
use serde_json::Value;

use super::call::escaped;
use super::failure::Refusal;
use super::innermost;
use super::operation::{Protocol, Service};
use super::prober::AwsProber;
use crate::redact::{redact, redact_name};

const LAMBDA: Service = Service { name: "lambda", id: "Lambda", protocol: Protocol::RestJson };
const INVOKE: &str = "Invoke";
/// The function's own time, and some for its start.
const PATIENCE: Duration = Duration::from_secs(75);

impl AwsProber {
    /// Invokes a function, by name or ARN, once; what it answers. Without a Region, in the one that is
    /// configured.
    ///
    /// # Errors
    ///
    /// Why there is no answer, in words.
    pub async fn invoke(
        &self,
        region: Option<&str>,
        function: &str,
        payload: &Value,
    ) -> Result<Value, String> {
        let region = region.or(self.caller.region()).ok_or("no Region is configured")?;
        let client = self.caller.client(&LAMBDA, region).await?;
        let mut request = HttpRequest::new(SdkBody::from(payload.to_string()));
        let built = request.set_method("POST").and_then(|()| {
            request.set_uri(format!("/2015-03-31/functions/{}/invocations", escaped(function)))
        });
        built.map_err(|error| error.to_string())?;
        let plugins =
            client.calls.clone().with_operation_plugin(StaticRuntimePlugin::new().with_config(once()));
        let sent = Box::pin(invoke(LAMBDA.id, INVOKE, Input::erase(request), &plugins)).await;
        let answer =
            sent.map_err(|error| why(function, region, &error))?.downcast::<Vec<u8>>().unwrap_or_default();
        serde_json::from_slice(&answer).map_err(|_| "the answer of the function is not JSON".to_owned())
    }
}

/// A call that is not repeated, since each tells people something, and that waits for as long as the function
/// may run.
fn once() -> FrozenLayer {
    let mut layer = Layer::new(INVOKE);
    layer.store_put(Metadata::new(INVOKE, LAMBDA.id));
    layer.store_put(RetryConfig::disabled());
    layer.store_put(
        TimeoutConfig::builder()
            .operation_timeout(PATIENCE)
            .operation_attempt_timeout(PATIENCE)
            .read_timeout(PATIENCE)
            .build(),
    );
    layer.freeze()
}

fn why(function: &str, region: &str, error: &SdkError<Error, HttpResponse>) -> String {
    let refusal = match error {
        SdkError::ServiceError(context) => context.err().downcast_ref::<Refusal>(),
        _ => None,
    };
    let function = redact_name(function);
    match refusal.map(|refusal| (refusal.code().unwrap_or_default(), refusal.message().unwrap_or_default())) {
        Some(("ResourceNotFoundException", _)) => format!("there is no function {function} in {region}"),
        Some(("AccessDeniedException", _)) => {
            format!("you are not authorized to call lambda:InvokeFunction on {function}")
        }
        Some((code, message)) => redact(&format!("{code}: {message}")).into_owned(),
        None => format!(
            "Lambda in {region} cannot be reached: {}",
            redact(innermost(error).lines().next().unwrap_or_default())
        ),
    }
}
