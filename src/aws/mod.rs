//! AWS behind the core's traits, one file for each service.
//!
//! Reads go through one small layer of our own over the SDK's machinery (`call`), which can make the calls of
//! one closed table (`operation`) and no other; what writes, the topic and the journal, goes through the
//! SDK's clients. The command line's self-test invokes the function (`lambda`). Clients are made once and kept:
//! connections are reused. A call of the SDK is a future of 6 KB, which each function that waits for it would
//! hold twice: it is on the heap wherever it is made.

mod answer;
mod bounded;
pub mod bus;
mod call;
mod client;
mod connecting;
mod ec2;
mod ecr;
pub mod ecs;
mod efs;
pub(crate) mod endpoint;
mod failure;
mod iam;
mod kms;
mod lambda;
pub mod logs;
mod members;
#[cfg(test)]
mod one_connection;
mod operation;
mod pages;
pub mod presigned;
pub mod prober;
pub mod profiles;
mod s3;
mod secretsmanager;
pub mod sns;
mod ssm;
pub mod store;
mod xml;

use std::error::Error;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};

/// Long enough for a slow answer, short enough that a batch finishes before the function's own time is up.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Credentials, Region, retries and endpoints, by the standard chain and the standard variables, or by a
/// profile.
pub async fn config(profile: Option<&str>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_timeout(OPERATION_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
    let loader = profile.into_iter().fold(loader, aws_config::ConfigLoader::profile_name);
    // One for all: it reads the certificates once.
    let loader = match call::http_client() {
        Some(client) => loader.http_client(client),
        None => loader,
    };
    Box::pin(loader.load()).await
}

/// Why a call failed, in words: the service's own code and message, or what happened before it answered.
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
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use jiff::Timestamp;

    use super::bus::Bus;
    use super::logs::Journal;
    use super::sns::Topic;
    use super::store::Table;
    use crate::incident::store::Store as _;

    /// What waits for a call holds it several times over on its stack, of which each page costs time at a cold
    /// start.
    #[test]
    fn a_call_is_small_while_it_is_waited_for() {
        let region = Region::new("eu-west-1");
        let config = &SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(region).build();
        let name = || "name".to_owned();
        let table = Table::new(config, name());
        let sizes = [
            ("load", size_of_val(&table.load(""))),
            ("save", size_of_val(&table.save("", name(), None, Timestamp::UNIX_EPOCH))),
            ("publish", size_of_val(&Topic::new(config, name()).publish_plain(""))),
            ("append", size_of_val(&Journal::new(config, name()).append("", &[]))),
            ("put", size_of_val(&Bus::new(config, name()).put("", ""))),
        ];
        assert!(sizes.iter().all(|(_, size)| *size <= 1 << 10), "{sizes:?}");
    }
}
