//! Why a command could not run to its end, in words that say what to do instead.

use std::io;
use std::path::Path;

use super::file::{LARGEST, shown};
use super::output::to_type;
use crate::arn::Arn;
use crate::check::BaselineError;
use crate::question::record::RecordError;
use crate::task_definition::TaskDefinitionError;

/// Why a command could not run to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error("cannot read {path}: {}", unreadable(path, error))]
    Unreadable { path: String, error: io::Error },
    #[error("cannot read {path}: it is larger than {} MB", LARGEST >> 20)]
    TooLarge { path: String },
    #[error("cannot read {path}: it is {kind}")]
    Binary { path: String, kind: &'static str },
    #[error("{path}:{error}")]
    NoTaskDefinition { path: String, error: TaskDefinitionError },
    #[error("there is no cause {asked:?}{}: `ecs-triage explain` lists them, and `ecs-triage diagnose --reason` explains a message", near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default())]
    NoCause { asked: String, near: Option<&'static str> },
    #[error("{path} is not recorded evidence: {error}")]
    NoEvidence { path: String, error: RecordError },
    #[error("there is no file {0}, and no task definition can have that name")]
    NothingSoNamed(String),
    #[error("file not found: {0} (with --offline the definition must be a file)")]
    NoDefinition(String),
    #[error("standard input is named twice, and can be read once: name a file instead of one -")]
    ReadTwice,
    #[error("{path} is not a baseline: {error}")]
    NoBaseline { path: String, error: BaselineError },
    #[error(
        "nothing to check: name a file, a registered task definition or a cluster, or pipe a definition in"
    )]
    NothingNamedToCheck,
    #[error(
        "nothing is known of cluster {0}: without --offline AWS is queried, and --evidence reads what --record saved"
    )]
    NothingKnown(String),
    #[error("a file is checked with the network of one service: give --service once")]
    SeveralServices,
    #[error("{0} holds no task definition and no service")]
    NothingToCheck(String),
    #[cfg(feature = "aws")]
    #[error("no Region: name one with --region, or set AWS_REGION")]
    NoRegion,
    #[error("the network cannot be judged: {0}")]
    Nowhere(String),
    #[cfg(feature = "aws")]
    #[error("cannot ask AWS: {0}")]
    CannotAsk(String),
    #[error("cannot write {path}: {error}")]
    Unrecorded { path: String, error: io::Error },
    #[error("there is no command {0}; `ecs-triage --help` lists them")]
    NoCommand(String),
    #[error("nothing to diagnose: name a file, pipe something in, or give a message with --reason")]
    NothingNamed,
    #[error("cannot write: {0}")]
    Unwritable(#[from] io::Error),
}

/// Why a file cannot be read, and what to name instead where that shows.
fn unreadable(path: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::IsADirectory => format!("it is a directory: name its files, as {path}/*.json"),
        io::ErrorKind::NotFound if path.starts_with("arn:") || is_id_of_task(path) => {
            format!("it is neither a file nor the ARN of a task, {TASK_ARN}{}", listing(path))
        }
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    }
}

const TASK_ARN: &str = "arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID";

/// The digits of a task's id; older ones have dashes between them.
fn is_id_of_task(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// What to type for the ARN of a service or a cluster in place of a task's.
fn listing(arn: &str) -> String {
    let resource = Arn::parse(arn).filter(|arn| arn.service == "ecs").map(|arn| arn.resource);
    let parts: Vec<&str> = resource.map(|resource| resource.split('/').collect()).unwrap_or_default();
    let place = match parts[..] {
        ["service", cluster, service] => format!("--cluster {cluster} --service {service}"),
        ["cluster", cluster] => format!("--cluster {cluster}"),
        _ => return String::new(),
    };
    let is_plain = place.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_ ".contains(&byte));
    let listed = format!("; its stopped tasks are listed by:{}", to_type(&format!("ecs-triage ps {place}")));
    if is_plain { listed } else { String::new() }
}

impl CliError {
    pub(super) fn unreadable(path: &Path, error: io::Error) -> Self {
        Self::Unreadable { path: shown(path), error }
    }
}
