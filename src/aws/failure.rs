//! Why a call has no answer: what the service refused in its own words, or what happened before it answered.

use std::error::Error as StdError;
use std::iter::successors;

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::bounded::{LARGEST_ANSWER, is_too_large};
use super::call::parsed;
use super::innermost;
use super::operation::{Operation, Protocol};
use crate::arn::is_named_as_regions;
use crate::question::NOT_AUTHORIZED;
use crate::redact::{redact, redact_name};

/// A message says what is wrong in its first words.
const LONGEST_REASON: usize = 240;

/// How a reason ends where a service throttles, and does not say so in its own words.
const TOO_MANY_REQUESTS: &str = " answered with HTTP status 429";

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such thing, says AWS.
    Missing,
    /// Its place is this Region.
    Elsewhere(String),
    /// It could not be learned; in words that are safe to print.
    Unknown(String),
}

impl Failure {
    /// In words that came from elsewhere: made safe, and not longer than a sentence.
    pub(crate) fn unknown(why: &str) -> Self {
        let safe = redact(why);
        Self::Unknown(match safe.char_indices().nth(LONGEST_REASON) {
            Some((end, _)) => format!("{}...", &safe[..end]),
            None => safe.into_owned(),
        })
    }
}

/// Takes the body of an answer, or the code of an error.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) service: Protocol,
}

impl DeserializeResponse for Received {
    fn deserialize_nonstreaming(&self, response: &HttpResponse) -> Result<Output, OrchestratorError<Error>> {
        let body = response.body().bytes().unwrap_or_default();
        if response.status().is_success() {
            return Ok(Output::erase(body.to_vec()));
        }
        Err(OrchestratorError::operation(Error::erase(Refusal::read(self.service, response, body))))
    }
}

/// An error that a service answered.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .metadata)]
pub(super) struct Refusal {
    status: u16,
    metadata: ErrorMetadata,
    /// Where a bucket is, if not here.
    region: Option<String>,
}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.metadata
    }
}

impl Refusal {
    /// The refusal of a call whose error has no type.
    pub(super) fn erased(error: &SdkError<Error, HttpResponse>) -> Option<Self> {
        error.as_service_error().and_then(|error| error.downcast_ref::<Self>()).cloned()
    }

    /// The refusal of a call of the SDK's own client.
    pub(super) fn typed<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<Self> {
        let SdkError::ServiceError(context) = error else { return None };
        Some(Self {
            status: context.raw().status().as_u16(),
            metadata: context.err().meta().clone(),
            region: None,
        })
    }

    fn read(protocol: Protocol, response: &HttpResponse, body: &[u8]) -> Self {
        let value = parsed(protocol, body).unwrap_or_default();
        let error = ["/Errors/Error", "/Errors/0", "/Error"]
            .iter()
            .find_map(|at| value.pointer(at))
            .unwrap_or(&value);
        let text =
            |names: &[&str]| names.iter().find_map(|name| error.get(name)?.as_str()).map(str::to_owned);
        let header = |name: &str| response.headers().get(name).map(str::to_owned);
        let code = header("x-amzn-errortype")
            .or_else(|| text(&["__type", "Code", "code", "ErrorCode"]))
            .unwrap_or_default();
        // `namespace#Code:address`
        let code = code.split(':').next().and_then(|code| code.rsplit('#').next()).unwrap_or_default();
        let message = text(&["message", "Message", "errorMessage"]).unwrap_or_default();
        let region = header("x-amz-bucket-region").or_else(|| text(&["Region"]));
        Self {
            status: response.status().as_u16(),
            metadata: ErrorMetadata::builder().code(code).message(message).build(),
            region,
        }
    }

    fn is_elsewhere(&self, code: &str) -> bool {
        matches!(self.status, 301 | 307)
            || matches!(
                code,
                "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException"
            )
    }
}

/// What a failed call means.
pub(super) fn failure<E: StdError + 'static>(
    operation: Operation,
    region: &str,
    on: &str,
    error: &SdkError<E, HttpResponse>,
    refusal: Option<Refusal>,
) -> Failure {
    match error {
        SdkError::TimeoutError(_) => return Failure::Unknown("no answer in time".to_owned()),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            return Failure::Unknown("no answer in time".to_owned());
        }
        _ => {}
    }
    if is_too_large(error) {
        return Failure::Unknown(format!(
            "the answer of {} is larger than {} MB",
            operation.name(),
            LARGEST_ANSWER >> 20
        ));
    }
    let Some(refusal) = refusal else {
        return match error {
            SdkError::ResponseError(context) if context.raw().status().is_success() => unreadable(operation),
            SdkError::ResponseError(context) => answered(operation, context.raw().status().as_u16()),
            _ => Failure::unknown(&unanswered(operation, region, error)),
        };
    };
    let code = refusal.code().unwrap_or_default();
    match (code, &refusal.region) {
        _ if operation.missing().contains(&code) => Failure::Missing,
        (code, Some(region)) if refusal.is_elsewhere(code) => Failure::Elsewhere(region.clone()),
        (
            "AccessDenied"
            | "AccessDeniedException"
            | "UnauthorizedOperation"
            | "AuthorizationError"
            | "UnauthorizedException",
            _,
        ) => Failure::Unknown(format!(
            "{NOT_AUTHORIZED}{} on {}: grant it to ecs-triage",
            operation.action(),
            redact_name(on)
        )),
        ("", _) => answered(operation, refusal.status),
        (code, _) => Failure::unknown(&match refusal.message().filter(|message| !message.is_empty()) {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        }),
    }
}

/// Whether a reason is that AWS takes no more calls now.
pub(super) fn is_throttling(why: &str) -> bool {
    let code = why.split(':').next().unwrap_or_default();
    THROTTLING_ERRORS.contains(&code) || why.ends_with(TOO_MANY_REQUESTS)
}

/// An answer of an operation that could not be read as facts.
pub(super) fn unreadable(operation: Operation) -> Failure {
    Failure::Unknown(format!("the answer of {} could not be read", operation.name()))
}

fn answered(operation: Operation, status: u16) -> Failure {
    Failure::Unknown(format!("{} answered with HTTP status {status}", operation.service().name))
}

/// Why a call never got an answer: the layers in between know what it was for, the deepest one what happened.
fn unanswered<E: StdError + 'static>(
    operation: Operation,
    region: &str,
    error: &SdkError<E, HttpResponse>,
) -> String {
    let why = innermost(error);
    let first = why.lines().next().and_then(|line| line.split(". ").next()).unwrap_or_default();
    if successors(Some(error as &(dyn StdError + 'static)), |&error| error.source())
        .any(|error| error.to_string().contains("credential"))
    {
        return format!("there are no AWS credentials to ask with: {first}");
    }
    let slip = if is_named_as_regions(region) { "" } else { " (it is not a known Region)" };
    format!("{} in {region} cannot be reached: {first}{slip}", operation.service().name)
}
