//! The command line: what was typed, and what comes of it.
//!
//! Offline unless an option or a command asks for AWS: what asks AWS is in `live`, and only where the feature
//! `aws` is built in. Each command has a file of its own; all of them write to one `output`.

mod check;
mod completion;
mod diagnose;
#[cfg(feature = "aws")]
mod history;
mod input;
#[cfg(feature = "aws")]
mod live;
mod man;
mod output;
mod pasted;
#[cfg(feature = "aws")]
mod ps;
mod reporter;
#[cfg(feature = "aws")]
mod selftest;
#[cfg(feature = "aws")]
mod span;
#[cfg(feature = "aws")]
mod stale;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::builder::NonEmptyStringValueParser as NonEmpty;
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;

use crate::arn::{Arn, is_named_as_regions, is_region, meant_regions};
use crate::causes;
use crate::config;
use crate::event::{binary, decoded};
use crate::question::record::{self, RecordError};
use crate::question::{Answer, Evidence, Question};
use crate::redact::{beginning, redact_name};
use crate::render::catalogue;
use crate::render::text::{Colour, Style};
use crate::source::{self, Given};
use crate::task_definition::{TaskDefinition, TaskDefinitionError};
use output::{Outcome, Output, complain, to_type};

/// Why an Amazon ECS task could not start: which secret, which permission, which network path, and what to
/// type to fix it.
///
/// Exit status: 0 diagnosed, or nothing wrong; 1 a failure was not recognized, or a check found problems; 2
/// could not run, some input could not be read, or AWS answered nothing that was asked.
#[derive(Parser, Debug)]
#[command(
    name = "ecs-triage",
    version,
    about,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 110,
    after_long_help = EXAMPLES
)]
struct Typed {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// What to begin with.
const EXAMPLES: &str = "\
Examples:
  aws ecs describe-tasks --cluster prod --tasks TASK | ecs-triage diagnose
  ecs-triage check task-definition.json
  ecs-triage explain secret-missing";

/// What goes for every command.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// When to write in color
    #[arg(long, value_enum, global = true, value_name = "WHEN", default_value_t = When::Auto)]
    color: When,
    /// Columns to wrap text to, from 30 to 1000, of which at most 110 are used; by default those of the terminal,
    /// and in a pipe or a file text is not wrapped
    #[arg(long, global = true, value_name = "COLUMNS", allow_hyphen_values = true, value_parser = columns)]
    width: Option<u16>,
    /// AWS Region to query, and of input that names none, such as eu-west-1; by default that of the AWS
    /// configuration
    #[arg(long, global = true, value_name = "REGION", value_parser = region)]
    region: Option<String>,
    /// Profile of the AWS configuration; by default the one that the environment names, or else default
    #[cfg(feature = "aws")]
    #[arg(long, global = true, value_name = "NAME", add = ArgValueCandidates::new(completion::profiles), value_parser = NonEmpty::new())]
    profile: Option<String>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    #[value(help = "On a terminal, unless NO_COLOR is set or TERM is dumb")]
    Auto,
    /// In a pipe or a file too
    Always,
    /// Not even on a terminal
    Never,
}

impl Global {
    /// Whether somebody watches a terminal.
    #[cfg(feature = "aws")]
    fn is_watched() -> bool {
        io::IsTerminal::is_terminal(&io::stdout())
    }

    /// The columns that were typed.
    fn width(&self) -> Option<usize> {
        self.width.map(usize::from)
    }

    fn style(&self) -> Style {
        let colour = match self.color {
            When::Auto => config::colour(),
            When::Always => Colour::On,
            When::Never => Colour::Off,
        };
        Style { colour, width: self.width().or_else(|| config::columns(&io::stdout())), ..Style::default() }
    }
}

fn columns(text: &str) -> Result<u16, String> {
    let columns = text.parse().ok().filter(|columns| (30..=1000).contains(columns));
    columns.ok_or_else(|| "expected a number of columns from 30 to 1000".to_owned())
}

fn region(text: &str) -> Result<String, String> {
    if is_region(text) { Ok(text.to_owned()) } else { Err("expected a Region, such as eu-west-1".to_owned()) }
}

/// That a Region is not named as Regions are. One of tomorrow is used all the same.
fn slip(region: &str) -> Option<String> {
    let meant = meant_regions(region).join(" or ");
    let meant = if meant.is_empty() { String::new() } else { format!("; did you mean {meant}?") };
    (!is_named_as_regions(region)).then(|| format!("{region} is not a known Region{meant}"))
}

/// How much of a diagnosis is written as text.
#[derive(clap::Args, Debug, Default)]
struct Extent {
    /// Show ECS's whole message instead of its end, and name every cause that is ruled out
    #[arg(long)]
    full: bool,
    /// Show a proved fix for Terraform and CloudFormation too
    #[arg(long)]
    snippets: bool,
}

impl Extent {
    fn style(&self, global: &Global) -> Style {
        Style { full: self.full, snippets: self.snippets, ..global.style() }
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Diagnose stopped tasks: EventBridge events, ECS API output, SQS batches, JSON Lines of any of those, or
    /// a task by its ARN
    ///
    /// Exit status: 0 diagnosed or nothing wrong, 1 a failure was not recognized, 2 could not run, some input
    /// could not be read, or AWS answered nothing that was asked.
    Diagnose(diagnose::Diagnose),
    /// Check a task definition before it is deployed, or with --cluster what services start next: every reference,
    /// the roles, the network
    ///
    /// AWS is queried, read-only, unless --offline is given. The output lists what passed, what fails, and what was
    /// not checked.
    ///
    /// Exit status: 0 nothing found that --fail-on names, 1 problems found, 2 could not run, some input could not be
    /// read, or AWS answered nothing that was asked.
    Check(Check),
    /// List the tasks that stopped within the last hour, a line for each service or task family and failure
    ///
    /// AWS is queried, read-only. ECS shows stopped tasks for about an hour; ecs-triage history reads older
    /// diagnoses.
    ///
    /// Exit status: 0 diagnosed or nothing wrong, 1 a failure was not recognized, 2 could not run, some tasks
    /// could not be read, or AWS answered nothing that was asked.
    #[cfg(feature = "aws")]
    Ps(ps::Ps),
    /// List the running tasks that still hold a secret, a parameter or an environment file from before it
    /// changed
    ///
    /// ECS reads values once, when a task starts. No value is read here: the time of each change is compared with
    /// the start of each task.
    ///
    /// Exit status: 0 nothing is proved to be stale, 1 a task holds an old value, 2 could not run, or some
    /// tasks could not be looked at.
    #[cfg(feature = "aws")]
    Stale(stale::Stale),
    /// Show what the deployed function has diagnosed, from its journal in CloudWatch Logs
    ///
    /// Exit status: 0 shown, also where nothing was diagnosed, 2 could not run, or the journal holds more than
    /// was read.
    #[cfg(feature = "aws")]
    History(history::History),
    /// Send a test notice through every channel of the deployed function, and show which of them accepted it
    ///
    /// It needs lambda:InvokeFunction. A notice that was accepted may still be lost on its way: look into the mailbox
    /// and the chat.
    ///
    /// Exit status: 0 every channel that is set up accepted it, 1 one did not, 2 could not run.
    #[cfg(feature = "aws")]
    Selftest(selftest::Selftest),
    /// Print the script that makes a shell complete commands, options, causes, profiles and clusters
    ///
    /// bash: source <(ecs-triage completions bash). zsh: the same, after compinit. fish: ecs-triage
    /// completions fish | source. The script runs ecs-triage, which has to be on the PATH.
    ///
    /// Exit status: 0 printed, 2 could not run.
    Completions {
        /// Shell to print the script for
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Explain a cause, or list all causes
    ///
    /// Exit status: 0 explained or listed, 2 there is no such cause.
    Explain {
        /// Id of a cause as a diagnosis shows it, such as secret-key-missing or error[secret-key-missing]; or a word,
        /// such as kms, to list the causes in which it occurs
        #[arg(add = ArgValueCandidates::new(completion::causes))]
        cause: Option<String>,
    },
    /// Print this help, or that of a command
    ///
    /// Exit status: 0 printed, 2 there is no such command.
    Help {
        /// Command to print the help of
        command: Option<String>,
    },
    /// Print the manual page, or that of a command: ecs-triage man | man -l -
    #[command(hide = true)]
    Man {
        /// Command to print the page of
        command: Option<String>,
    },
}

#[derive(clap::Args, Debug)]
struct Check {
    /// Files, - for standard input, or the family, family:revision or ARN of registered definitions; standard input
    /// is read where neither these nor a cluster are named
    ///
    /// Task definitions and services as ECS takes them, CloudFormation and CDK templates, output of
    /// `terraform show -json`; JSON or YAML. A service in one file runs the definition in another.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = NonEmpty::new())]
    definitions: Vec<String>,
    /// Value of a template's parameter, or of a pseudo parameter such as `AWS::AccountId`; may be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = check::parameter, requires = "definitions")]
    parameters: Vec<(String, String)>,
    /// Without FILE: check what the services of this cluster, by name or ARN, start next. With FILE: the cluster of
    /// the service, by default the one named default
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(completion::clusters), value_parser = NonEmpty::new())]
    cluster: Option<String>,
    /// Without FILE: only these services. With FILE: check the network path from the subnets and with the security
    /// groups of this service
    #[arg(long, value_name = "NAME", value_parser = NonEmpty::new())]
    service: Vec<String>,
    /// Check the network path from these subnets: ids, separated by commas
    #[arg(
        long,
        value_name = "IDS",
        value_delimiter = ',',
        conflicts_with = "service",
        requires = "definitions",
        value_parser = NonEmpty::new()
    )]
    subnets: Vec<String>,
    /// Security groups of the task: ids, separated by commas; by default the VPC's default security group
    #[arg(long, value_name = "IDS", value_delimiter = ',', requires = "subnets", value_parser = NonEmpty::new())]
    security_groups: Vec<String>,
    /// The task gets a public IP address; by default it gets none
    #[arg(long, requires = "subnets")]
    assign_public_ip: bool,
    /// Do not query AWS: check the text of the definition alone, with what --evidence holds
    #[arg(long)]
    offline: bool,
    /// Use the answers in this file, which --record saved, and do not ask AWS for them again
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    evidence: Option<PathBuf>,
    /// Save AWS's answers to this file, for --evidence; a check of a cluster goes on from those that the file holds
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "offline")]
    record: Option<PathBuf>,
    /// What makes the exit status 1, and so a pipeline fail
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = FailOn::Confirmed)]
    fail_on: FailOn,
    /// File of known findings, which --write-baseline wrote: they are listed, and do not make the check fail
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    baseline: Option<PathBuf>,
    /// Write what is found to this file, for --baseline, and do not fail
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// How to write the findings
    #[arg(long, value_enum, ignore_case = true, default_value_t = check::Format::Text)]
    format: check::Format,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FailOn {
    /// A problem that is proved
    Confirmed,
    /// Also one that AWS's state supports, and something is missing for a proof
    Likely,
    /// Also one that the deployment itself may put right
    Possible,
    /// Also anything that could not be looked at
    #[value(alias = "unchecked")]
    NotChecked,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For people
    Text,
    /// JSON over several lines
    Json,
    /// JSON Lines: each object on a line of its own
    Jsonl,
    /// Markdown, for issues and chats
    Markdown,
}

/// Why a command could not run to its end.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("cannot read {path}: {}", unreadable(path, error))]
    Unreadable { path: String, error: io::Error },
    #[error("cannot read {path}: it is larger than {} MB", LARGEST_FILE >> 20)]
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
    NoBaseline { path: String, error: crate::check::BaselineError },
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
    #[error("{0} holds several task definitions: give the one that ran")]
    Several(String),
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
    fn unreadable(path: &Path, error: io::Error) -> Self {
        Self::Unreadable { path: shown(path), error }
    }
}

/// Commands and options of the build that queries AWS.
#[cfg(not(feature = "aws"))]
const AWS_ONLY: &[&str] = &["ps", "stale", "history", "selftest", "--live", "--profile", "--record"];

/// What was typed is shown up to so many bytes.
const LONGEST_SHOWN: usize = 200;

/// Task definitions and recordings are far smaller; streams of records may be of any size.
const LARGEST_FILE: u64 = 64 << 20;

/// Runs the command line of the process.
#[must_use]
pub fn main() -> ExitCode {
    // Its words may hold what the input held.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map_or_else(|| "a place unknown".to_owned(), ToString::to_string);
        complain(&format!("a fault of ecs-triage itself, at {at}: please report it"));
    }));
    if let Some(answered) = completion::answered() {
        return answered;
    }
    let typed = match Typed::try_parse() {
        Ok(typed) => typed,
        Err(error) => {
            let help = !error.use_stderr();
            // There is no other place to report that this cannot be written.
            let _ = error.print();
            #[cfg(not(feature = "aws"))]
            if needs_aws(&error) {
                complain("this build does not query AWS: build it without --no-default-features");
            }
            return if help { Outcome::Fine } else { Outcome::Unable }.into();
        }
    };
    let mut stdout = io::stdout().lock();
    let mut output = Output::new(&mut stdout, typed.global.width());
    if let Some(slip) = typed.global.region.as_deref().and_then(slip) {
        output.complain(&slip);
    }
    match run(typed, &mut output) {
        Ok(()) => output.outcome().into(),
        // The reader has seen enough.
        Err(CliError::Unwritable(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            output.unable(&error.to_string());
            output.outcome().into()
        }
    }
}

/// Whether what was typed is a command or an option of the build that queries AWS.
#[cfg(not(feature = "aws"))]
fn needs_aws(error: &clap::Error) -> bool {
    use clap::error::ContextKind;

    let typed = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg];
    typed.into_iter().filter_map(|kind| error.get(kind)).any(|typed| {
        let typed = typed.to_string();
        AWS_ONLY.contains(&typed.split(['=', ' ']).next().unwrap_or_default())
    })
}

fn run(typed: Typed, output: &mut Output<'_>) -> Result<(), CliError> {
    match typed.command {
        Command::Diagnose(asked) => asked.run(&typed.global, output),
        Command::Check(asked) => asked.run(&typed.global, output),
        #[cfg(feature = "aws")]
        Command::Ps(asked) => asked.run(&typed.global, output),
        #[cfg(feature = "aws")]
        Command::Stale(asked) => asked.run(&typed.global, output),
        #[cfg(feature = "aws")]
        Command::History(asked) => asked.run(&typed.global, output),
        #[cfg(feature = "aws")]
        Command::Selftest(asked) => asked.run(&typed.global, output),
        Command::Completions { shell } => Ok(output.text(&completion::script(shell)?)?),
        Command::Explain { cause } => {
            let style = typed.global.style();
            let text = cause.map_or_else(|| Ok(catalogue::list(style)), |cause| explained(&cause, style))?;
            Ok(output.text(&text)?)
        }
        Command::Help { command } => Ok(output.text(&man::help(Typed::command(), command.as_deref())?)?),
        Command::Man { command } => Ok(output.text(&man::page(Typed::command(), command.as_deref())?)?),
    }
}

/// A cause, by its id however it was copied, or those in which a word occurs.
fn explained(asked: &str, style: Style) -> Result<String, CliError> {
    let id =
        asked.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(asked.trim(), |(id, _)| id);
    if let Some(cause) = causes::find(&id.to_lowercase()) {
        return Ok(catalogue::explain(cause, style));
    }
    let found = Some(catalogue::search(id, style)).filter(|found| !found.is_empty());
    found.ok_or_else(|| CliError::NoCause {
        asked: beginning(asked, LONGEST_SHOWN).into_owned(),
        near: catalogue::nearest(id),
    })
}

/// Whether something was asked about a definition, and nothing was answered.
fn is_unheard(evidence: &Evidence) -> bool {
    let mut answers = evidence
        .answers()
        .filter(|(question, _)| !matches!(question, Question::TaskDefinition(_)))
        .peekable();
    answers.peek().is_some() && answers.all(|(_, answer)| matches!(answer, Answer::Unknown(_)))
}

fn evidence(path: Option<&Path>) -> Result<Evidence, CliError> {
    let Some(path) = path else { return Ok(Evidence::default()) };
    record::read(&read_text(path)?).map_err(|error| CliError::NoEvidence { path: shown(path), error })
}

fn definition(path: &Path) -> Result<TaskDefinition, CliError> {
    let read = source::read(&read_text(path)?, &Given::default());
    let source = read.map_err(|error| CliError::NoTaskDefinition { path: shown(path), error })?;
    let mut found = source.found.into_iter();
    match (found.next(), found.next()) {
        (Some(found), None) => Ok(found.definition),
        (Some(_), Some(_)) => Err(CliError::Several(shown(path))),
        _ => Err(source.faults.into_iter().next().map_or_else(
            || CliError::NothingToCheck(shown(path)),
            |error| CliError::NoTaskDefinition { path: shown(path), error },
        )),
    }
}

/// The text of a file that is read at once; `-` is standard input.
fn read_text(path: &Path) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let mut read = |input: &mut dyn Read| input.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    let read = if is_stdin(path) {
        read(&mut stdin()?)
    } else {
        File::open(path).and_then(|mut file| read(&mut file))
    };
    let is_too_large = bytes.len() as u64 > LARGEST_FILE;
    match read {
        Ok(_) if is_too_large => Err(CliError::TooLarge { path: shown(path) }),
        Ok(_) => {
            let text = decoded(&bytes);
            match binary(&text) {
                Some(kind) => Err(CliError::Binary { path: shown(path), kind }),
                None => Ok(text),
            }
        }
        Err(error) => Err(CliError::unreadable(path, error)),
    }
}

/// Standard input, for the one thing that is read from it.
fn stdin() -> Result<io::StdinLock<'static>, CliError> {
    static IS_TAKEN: AtomicBool = AtomicBool::new(false);
    if IS_TAKEN.swap(true, Ordering::Relaxed) { Err(CliError::ReadTwice) } else { Ok(io::stdin().lock()) }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// A file's name, safe to print.
fn shown(path: &Path) -> String {
    if is_stdin(path) {
        return "standard input".to_owned();
    }
    redact_name(&path.display().to_string()).into_owned()
}
