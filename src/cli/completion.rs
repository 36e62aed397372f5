//! Completions: the script of each shell, and the answers of the program that the script asks.

use std::process::ExitCode;
use std::{env, io};

use clap::CommandFactory as _;
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, CompletionCandidate, Shell};

use super::Typed;
use super::output::Outcome;
use crate::causes::CAUSES;

const PROGRAM: &str = "ecs-triage";
/// Set by a script that asks for completions.
const VARIABLE: &str = "ECS_TRIAGE_COMPLETE";

/// What makes a shell complete the program's arguments.
pub(super) fn script(shell: Shell) -> io::Result<String> {
    let shells = Shells::builtins();
    let completer = shells.completer(&shell.to_string()).ok_or(io::ErrorKind::Unsupported)?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    String::from_utf8(script).map_err(io::Error::other)
}

/// Answers a script, where one asks.
pub(super) fn answered() -> Option<ExitCode> {
    let asked = CompleteEnv::with_factory(Typed::command)
        .var(VARIABLE)
        .try_complete(env::args_os(), env::current_dir().ok().as_deref());
    match asked {
        Ok(false) => None,
        Ok(true) => Some(Outcome::Fine.into()),
        Err(error) => {
            // A shell shows nothing of it.
            let _ = error.print();
            Some(Outcome::Unable.into())
        }
    }
}

/// The ids of all causes.
pub(super) fn causes() -> Vec<CompletionCandidate> {
    CAUSES.iter().map(|cause| CompletionCandidate::new(cause.id).help(Some(cause.title.into()))).collect()
}

/// The profiles of the AWS configuration.
#[cfg(feature = "aws")]
pub(super) fn profiles() -> Vec<CompletionCandidate> {
    waited(crate::aws::profiles::names())
        .unwrap_or_default()
        .into_iter()
        .map(CompletionCandidate::new)
        .collect()
}

/// The names of the clusters, from AWS; none where it does not answer before people lose patience.
#[cfg(feature = "aws")]
pub(super) fn clusters() -> Vec<CompletionCandidate> {
    use crate::arn::name_in;
    use crate::aws::prober::AwsProber;

    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
    let clusters = async {
        let config = crate::aws::config(typed_before("--profile").as_deref()).await;
        AwsProber::new(&config).clusters(typed_before("--region").as_deref()).await
    };
    let found = waited(async { tokio::time::timeout(PATIENCE, clusters).await });
    let Some(Ok(Ok(arns))) = found else { return Vec::new() };
    arns.iter().map(|arn| CompletionCandidate::new(name_in(arn))).collect()
}

#[cfg(not(feature = "aws"))]
pub(super) fn clusters() -> Vec<CompletionCandidate> {
    Vec::new()
}

#[cfg(feature = "aws")]
fn waited<T>(answer: impl Future<Output = T>) -> Option<T> {
    Some(tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?.block_on(answer))
}

/// The value of an option on the line which is completed.
#[cfg(feature = "aws")]
fn typed_before(option: &str) -> Option<String> {
    let words: Vec<String> = env::args().collect();
    let joined = words.iter().find_map(|word| word.strip_prefix(option)?.strip_prefix('='));
    let apart = || words.windows(2).find(|pair| pair[0] == option).map(|pair| pair[1].as_str());
    joined.or_else(apart).filter(|value| !value.is_empty()).map(str::to_owned)
}
