//! The AWS SDK behind the core's traits, one file for each service. Clients are made once and kept: each opens its connection once.

pub mod ecs;
pub mod logs;
pub mod sns;

use std::error::Error;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_ecs::error::{ProvideErrorMetadata, SdkError};

/// Long enough for a slow answer, short enough that a batch finishes before the function's own time is up.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Credentials, Region, retries and endpoints, by the standard chain and the standard variables.
pub async fn config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder().operation_timeout(OPERATION_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await
}

/// Why a call failed, in words: the service's own code and message, or what happened on the way.
pub(crate) fn describe<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    match error {
        SdkError::ServiceError(context) => {
            let error = context.err();
            let code = error.code().unwrap_or("an error without a code");
            error.message().map_or(code.to_owned(), |message| format!("{code}: {message}"))
        }
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        other => innermost(other),
    }
}

/// The deepest source says what happened; the layers around it say only that something did.
fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
