//! The Lambda function: thin; everything it does comes from the library.

use std::process::ExitCode;

use ecs_triage::config::{Logs, Settings};
use ecs_triage::delivery::Problem;
use ecs_triage::function::{Function, report_panics};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log(&Logs::from_environment());
    report_panics();
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            return ExitCode::FAILURE;
        }
    };
    let function = &Function::new(settings).await;
    let ran = lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        // On the heap: the nested futures of the SDK are too deep for the compiler's layout queries.
        Box::pin(function.handle(&event.payload, &event.context.invoked_function_arn))
            .await
            .map_err(|error| diagnostic(&error))
    }));
    match ran.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "cannot go on");
            ExitCode::FAILURE
        }
    }
}

/// Writes logs as Lambda is set to show them; it knows the time and the function itself.
fn log(logs: &Logs) {
    let level = logs.level.as_deref().and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    let subscriber = tracing_subscriber::fmt().with_max_level(level).with_target(false).without_time();
    // At more than this the libraries write down events and answers whole: environments, commands, tokens.
    let libraries = level.min(Level::INFO);
    let filter = Targets::new().with_default(libraries).with_target("ecs_triage", level);
    if logs.json {
        subscriber.json().finish().with(filter).init();
    } else {
        subscriber.finish().with(filter).init();
    }
}

/// Errors under names of their own: Lambda would show a Rust type.
fn diagnostic(error: &Problem) -> Diagnostic {
    let error_type = match error {
        Problem::Unreadable(_) => "UnreadableEvent",
        Problem::Refused(_) => "RefusedEvent",
        Problem::Faulty | Problem::Forgotten => "InternalFault",
        Problem::Unannounced(_) | Problem::NotInJournal(_) => "AnnouncementFailed",
        Problem::Unrecorded(_) => "NotRecorded",
        Problem::ComeAgain => "AnnouncedElsewhere",
        Problem::Held(_) => "OldValueHeld",
        Problem::Unchecked(_) => "NotChecked",
    };
    Diagnostic { error_type: error_type.to_owned(), error_message: error.to_string() }
}
