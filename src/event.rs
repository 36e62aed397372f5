//! JSON to stopped tasks: one parser for every form in which ECS, its API and related services report a task.
//!
//! Each record is decoded into one wire shape (`wire`) that knows every spelling, and then into [`Task`]s
//! (`model`). A record that cannot be read gives an [`InputError`] with its place; the others of a batch, a
//! list or a stream are not lost (`stream`). Environment values, commands and credentials are not in the
//! model, so they cannot leave it.

mod batch;
mod fault;
mod input;
mod model;
pub mod rotation;
mod scalar;
pub mod sender;
mod shape;
mod stream;
mod taskless;
mod wire;

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::arn::name_in;
use crate::redact::{redact, redact_name, with_lines};

pub use input::{Input, binary, decoded};
pub(crate) use scalar::epoch;
pub use stream::{Chunk, Chunks};

/// A task that stopped, or an event that tells why one could not be started.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Task {
    /// Which form it came in.
    pub source: Source,
    /// The task's ARN; a service event has none.
    pub arn: Option<String>,
    /// The cluster's name.
    pub cluster: Option<String>,
    /// The service or family that the task belongs to.
    pub workload: Option<Workload>,
    /// `family:revision` or the whole ARN, as it came.
    pub task_definition: Option<String>,
    /// `FARGATE`, `EC2`, `EXTERNAL` or `MANAGED_INSTANCES`.
    pub launch_type: Option<String>,
    /// The Fargate platform version.
    pub platform_version: Option<String>,
    /// The operating system, such as `Linux` or `Windows_Server_2022_Core`.
    pub platform_family: Option<String>,
    /// Who started it: for a task of a service the id of the deployment.
    pub started_by: Option<String>,
    /// The ARN of the container instance that it was on, where there is one and something failed.
    pub container_instance: Option<String>,
    /// The twelve digits of the account.
    pub account: Option<String>,
    /// The Region.
    pub region: Option<String>,
    /// When it stopped.
    pub stopped_at: Option<Timestamp>,
    /// When ECS began to stop it, or its containers had stopped; the earlier of the two.
    pub stopping_at: Option<Timestamp>,
    /// When it had started, if ever it did.
    pub started_at: Option<Timestamp>,
    /// ECS's stop code, such as `TaskFailedToStart`.
    pub stop_code: Option<String>,
    /// The last status that ECS reported.
    pub last_status: Option<String>,
    /// `detail.version`, which rises with every change of the task's state.
    pub version: Option<i64>,
    /// The subnet of the task's network interface.
    pub subnet: Option<String>,
    /// The execution role's ARN, where the task was started with another than its definition's.
    pub execution_role: Option<String>,
    /// The task role's ARN, likewise.
    pub task_role: Option<String>,
    /// Every reason that the record holds, the task's own first.
    pub reasons: Vec<Reason>,
    /// The task's containers.
    pub containers: Vec<Container>,
}

/// The form in which a task came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// A task object: API output, Step Functions, or a hand-made one.
    #[default]
    Object,
    /// An `ECS Task State Change` event.
    TaskEvent,
    /// An `ECS Service Action` event, with its name, such as `SERVICE_STEADY_STATE`.
    ServiceEvent(String),
    /// An `ECS Deployment State Change` event, with its name.
    DeploymentEvent(String),
    /// None: a check before the task was started says that it would fail.
    Forecast(Forecast),
    /// What an answer of the API, `CloudTrail`, `CloudFormation`, Step Functions or Batch says of a task that
    /// may never have come to be.
    Report,
}

/// What a check before the start is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forecast {
    /// A deployment.
    Deployment,
    /// A deployment that the check stopped.
    BlockedDeployment,
    /// The next task of what is deployed.
    NextTask,
}

/// The service, or for a standalone task the family, that repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Whether an ECS service keeps starting it.
    pub is_service: bool,
    /// Its name.
    pub name: String,
}

/// One reason text, and where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The path inside the task: `stoppedReason`, `containers[0].reason`, `reason` of a service event, or
    /// [`LOG`] and the number of the line.
    pub field: String,
    /// The container's name.
    pub container: Option<String>,
    /// ECS's words.
    pub text: String,
}

/// A container of a stopped task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: Option<String>,
    /// Its image.
    pub image: Option<String>,
    /// Its exit code, if it ever ran.
    pub exit_code: Option<i64>,
}

impl Container {
    /// Whether it ran and exited with a code other than 0.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.exit_code.is_some_and(|code| code != 0)
    }
}

/// Within so long of its start an application exits that could not get what it needs.
const EARLY: SignedDuration = SignedDuration::from_mins(10);

/// Where a reason comes from that a container wrote itself.
pub const LOG: &str = "log";

impl Reason {
    /// A line of a container's own log, counted from 1; it has no place to show secrets in it.
    #[must_use]
    pub fn of_log(line: usize, container: Option<&str>, text: &str) -> Self {
        let container = container.map(|name| redact_name(name).into_owned());
        Self { field: format!("{LOG}:{line}"), container, text: with_lines(text, &redact(text)) }
    }

    /// Whether the application said it, and not ECS.
    #[must_use]
    pub fn is_of_log(&self) -> bool {
        self.field.starts_with(LOG) && self.field[LOG.len()..].starts_with(':')
    }
}

impl Task {
    /// A task of which nothing is known but the reason.
    #[must_use]
    pub fn from_reason(text: &str) -> Self {
        let reason = Reason {
            field: "stoppedReason".to_owned(),
            container: None,
            text: with_lines(text, &redact(text)),
        };
        Self { reasons: vec![reason], ..Self::default() }
    }

    /// The earliest time by which it had failed: it stops up to a minute after what stopped it.
    #[must_use]
    pub fn failed_by(&self) -> Option<Timestamp> {
        [self.stopping_at, self.stopped_at].into_iter().flatten().min()
    }

    /// Whether the record is the last word on its task. An event is, once the status is `STOPPED`: earlier
    /// ones of the same stop follow each other within seconds. An object is what somebody asks about, unless
    /// the task is still running.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        match &self.source {
            Source::TaskEvent => self.last_status.as_deref() == Some("STOPPED"),
            Source::Object => self.last_status.as_deref() != Some("RUNNING"),
            Source::ServiceEvent(_) | Source::DeploymentEvent(_) | Source::Forecast(_) | Source::Report => {
                true
            }
        }
    }

    /// Whether containers of it ran and ended soon after its start, of which ECS says no more.
    #[must_use]
    pub fn ended_early(&self) -> bool {
        let lived = self.started_at.zip(self.stopped_at).map(|(from, to)| to.duration_since(from));
        self.stop_code.as_deref() == Some("EssentialContainerExited")
            && self.reasons.len() <= 1
            && lived.is_some_and(|lived| lived <= EARLY)
    }

    /// The same where one failed.
    #[must_use]
    pub fn exited_early(&self) -> bool {
        self.ended_early() && self.containers.iter().any(Container::failed)
    }

    /// Whether its containers ran and all exited with 0, and no log says otherwise.
    #[must_use]
    pub fn ended_well(&self) -> bool {
        if self.reasons.iter().any(Reason::is_of_log) {
            return false;
        }
        let exited = matches!(self.stop_code.as_deref(), Some("EssentialContainerExited") | None);
        exited
            && !self.containers.is_empty()
            && self.containers.iter().all(|container| container.exit_code == Some(0))
    }

    /// The command that fetches what the record does not tell: its task, or the tasks of its service that
    /// stopped.
    #[must_use]
    pub fn fetching(&self) -> Option<String> {
        // A name that a shell would read otherwise is not ECS's.
        let plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:/.".contains(&byte))
        };
        let option = |name: &str, value: Option<&str>| {
            value.filter(|value| plain(value)).map(|value| format!(" {name} {value}")).unwrap_or_default()
        };
        let place =
            option("--region", self.region.as_deref()) + &option("--cluster", self.cluster.as_deref());
        if let Some(arn) = self.arn.as_deref().filter(|arn| plain(arn)) {
            return Some(format!("aws ecs describe-tasks{place} --tasks {arn} | ecs-triage diagnose -"));
        }
        let service =
            self.workload.as_ref().filter(|workload| workload.is_service && plain(&workload.name))?;
        let stopped = format!(
            "aws ecs list-tasks{place} --service-name {} --desired-status STOPPED --query taskArns[] --output text",
            service.name
        );
        Some(format!("aws ecs describe-tasks{place} --tasks $({stopped}) | ecs-triage diagnose -"))
    }

    /// `family:revision`, however the task definition was written.
    #[must_use]
    pub fn task_definition_name(&self) -> Option<&str> {
        self.task_definition.as_deref().map(name_in)
    }

    /// The service that starts it.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.workload.as_ref().filter(|workload| workload.is_service).map(|workload| workload.name.as_str())
    }

    /// Its id, the last part of its ARN.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.arn.as_deref().and_then(|arn| arn.rsplit('/').next())
    }
}

/// What one record held: for an SQS batch one entry for each message, else one.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The SQS message that it came in.
    pub message_id: Option<String>,
    /// The sender of that message; known where it could be read.
    pub sender: Option<sender::Sender>,
    /// The change of a value that it reports; then it reports no task.
    pub rotation: Option<Box<rotation::Rotation>>,
    /// The tasks, or why they could not be read; several where a list of tasks was partly readable.
    pub tasks: Vec<Result<Task, InputError>>,
}

impl Entry {
    /// What came in no message.
    const fn of(tasks: Vec<Result<Task, InputError>>) -> Self {
        Self { message_id: None, sender: None, rotation: None, tasks }
    }
}

/// Why a record could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// The line of the input on which the fault lies, counted from 1.
    pub line: usize,
    /// The column on that line, in bytes counted from 1.
    pub column: usize,
    /// The path inside the record, such as `tasks[2].taskArn`; empty for the record itself.
    pub path: String,
    /// What was expected and what was found.
    pub problem: String,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, ", at {}", self.path)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for InputError {}

/// A decoder's message without the values that it quotes: they may be anybody's secrets.
pub(crate) fn without_values(message: &str) -> String {
    let problem = message.rsplit_once(" at line ").map_or(message, |(problem, _)| problem);
    // What the decoder calls otherwise than people do.
    match problem.strip_prefix("EOF while parsing ") {
        Some("a value") => return "it ends where a value is expected".to_owned(),
        Some(within) => return format!("it is cut off within {within}"),
        None if problem == "key must be a string" => return "expected a key in double quotes".to_owned(),
        None if problem == "trailing characters" => return "more follows where it should end".to_owned(),
        None => {}
    }
    let types = problem.strip_prefix("invalid type: ").and_then(|types| types.rsplit_once(", expected "));
    if let Some((found, expected)) = types.and_then(|(found, expected)| Some((of_json(found)?, expected))) {
        let expected = of_json(expected).map_or_else(|| redact(expected), Into::into);
        return format!("expected {expected}, found {found}");
    }
    // The names of our own fields are not secret.
    if problem.starts_with("missing field ") {
        return problem.to_owned();
    }
    // serde puts strings in quotes, numbers in backticks.
    for quote in ['"', '`'] {
        if let (Some(from), Some(to)) = (problem.find(quote), problem.rfind(quote))
            && to > from
        {
            return format!("{}{quote}...{quote}{}", &problem[..from], redact(&problem[to + 1..]));
        }
    }
    redact(problem).into_owned()
}

/// What JSON calls one type of the decoder's, with or without the value behind it.
fn of_json(kind: &str) -> Option<&'static str> {
    if kind.contains(" or ") {
        return None;
    }
    let word = kind.strip_prefix("a ").unwrap_or(kind).split(' ').next()?;
    Some(match word {
        "map" | "struct" => "an object",
        "sequence" => "an array",
        "string" => "a string",
        "integer" | "floating" | "number" | "i64" | "u64" | "i32" | "u32" | "u16" => "a number",
        "boolean" => "true or false",
        "null" | "unit" => "null",
        _ => return None,
    })
}

/// Reads one JSON record.
#[must_use]
pub fn read_record(text: &str) -> Vec<Entry> {
    shape::read(text)
}
