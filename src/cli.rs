//! The command line: what was typed, and what comes of it.
//!
//! Offline unless told otherwise: what asks AWS is in `live`, and only where the feature `aws` is built in. Records are read, diagnosed and
//! written a chunk at a time (`reports`), so a stream may be of any length.

#[cfg(feature = "aws")]
mod live;
mod reports;

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::arn::{Arn, is_region};
use crate::causes::{self, Verdict};
use crate::check::{self, Place};
use crate::config;
use crate::event::{Task, decoded};
use crate::question::facts::AwsVpcConfiguration;
use crate::question::record::{self, RecordError};
use crate::question::{Answer, Evidence, Question, ask};
use crate::redact::redact_name;
use crate::render::check::render as render_check;
use crate::render::text::{Colour, Style};
use crate::render::{catalogue, json, markdown};
use crate::task_definition::{TaskDefinition, TaskDefinitionError};
use reports::{ReportWriter, Written, read_file};

/// Why an Amazon ECS task could not start: which secret, which permission, which network path, and what to type to fix it.
#[derive(Parser, Debug)]
#[command(name = "ecs-triage", version, about, arg_required_else_help = true)]
struct Typed {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// What goes for every command.
#[derive(clap::Args, Debug)]
struct Global {
    /// When to write in color
    #[arg(long, value_enum, global = true, value_name = "WHEN", default_value_t = When::Auto)]
    color: When,
    /// AWS profile to use instead of the configured one
    #[cfg(feature = "aws")]
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// On a terminal, unless `NO_COLOR` is set or TERM is dumb
    Auto,
    /// In a pipe or a file too
    Always,
    /// Not even on a terminal
    Never,
}

impl Global {
    fn colour(&self) -> Colour {
        match self.color {
            When::Auto => config::colour(),
            When::Always => Colour::On,
            When::Never => Colour::Off,
        }
    }
}

/// How much of a diagnosis is written as text.
#[derive(clap::Args, Debug, Default)]
struct Extent {
    /// Show ECS's whole message, not only the error that the others wrap
    #[arg(long)]
    full: bool,
    /// Show a proved fix for templates too: Terraform and `CloudFormation`
    #[arg(long)]
    snippets: bool,
}

impl Extent {
    const fn style(&self, colour: Colour) -> Style {
        Style { colour, full: self.full, snippets: self.snippets }
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Diagnose stopped tasks: `EventBridge` events, ECS API output, SQS batches, JSON Lines of any of those
    ///
    /// Exit status: 0 diagnosed or nothing wrong, 1 a failure was not recognised, 2 could not run or some input could not be read.
    Diagnose(Diagnose),
    /// Check a task definition before it is deployed: every reference, the roles, the network
    ///
    /// What passed is listed, and what could not be looked at: no problem found is not the same as good.
    ///
    /// Exit status: 0 no problem found, 1 problems found, 2 could not run, or AWS answered nothing that was asked.
    Check(Check),
    /// Diagnose the tasks of a cluster or service that stopped within the last hour
    #[cfg(feature = "aws")]
    Ps(live::Ps),
    /// Read back what the function has diagnosed, from its journal
    #[cfg(feature = "aws")]
    History(live::History),
    /// Send a notice that is marked as a test through every channel of the deployed function
    ///
    /// It needs lambda:InvokeFunction. What a channel took may still not arrive: look there.
    ///
    /// Exit status: 0 each channel took it, 1 one did not, 2 could not run.
    #[cfg(feature = "aws")]
    Selftest(live::Selftest),
    /// Print the completions of a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Explain a cause, or list them all
    Explain {
        /// The cause's id, such as secret-key-missing, also as error[secret-key-missing]; or a word to search for
        cause: Option<String>,
    },
}

#[derive(clap::Args, Debug)]
struct Diagnose {
    /// Files to read; - is standard input, which is read too where nothing is named and something is piped in
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Diagnose this text instead of a file
    #[arg(long, value_name = "TEXT", conflicts_with = "files")]
    reason: Option<String>,
    /// Output of `aws ecs describe-task-definition`: lets the diagnosis name container, variable and reference
    #[arg(long, value_name = "FILE")]
    task_definition: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    extent: Extent,
    /// How to write the diagnoses
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

/// What AWS is asked, or what it has said before.
#[derive(clap::Args, Debug, Default)]
struct Asking {
    /// Ask AWS: read-only, and never for a value
    #[cfg(feature = "aws")]
    #[arg(long)]
    live: bool,
    /// Read the last lines of a container's log too, where they can tell why
    #[cfg(feature = "aws")]
    #[arg(long, requires = "live")]
    read_logs: bool,
    /// Region to ask in where a record names none; by default that of the AWS configuration
    #[cfg(feature = "aws")]
    #[arg(long)]
    region: Option<String>,
    /// Answers of AWS that --record wrote: nothing that they tell is asked again
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Write AWS's answers to a file
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "FILE", requires = "live")]
    record: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
struct Check {
    /// A file with a task definition, - for standard input, or the family, family:revision or ARN of a registered one
    #[arg(value_name = "TASK_DEFINITION")]
    definition: String,
    /// Region in which the task is going to run; by default that of the definition's ARN or of the AWS configuration
    #[arg(long)]
    region: Option<String>,
    /// Cluster of the service
    #[arg(long, default_value = "default")]
    cluster: String,
    /// Judge the network for the subnets and security groups of this service
    #[arg(long)]
    service: Option<String>,
    /// Judge the network for these subnets
    #[arg(long, value_delimiter = ',', conflicts_with = "service")]
    subnets: Vec<String>,
    /// Security groups of the task; by default the VPC's own
    #[arg(long, value_delimiter = ',', requires = "subnets")]
    security_groups: Vec<String>,
    /// The task gets a public address
    #[arg(long, requires = "subnets")]
    assign_public_ip: bool,
    /// Ask nothing: look at how the references are written, and at --evidence
    #[arg(long)]
    offline: bool,
    /// Answers of AWS that --record wrote: nothing that they tell is asked again
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Write AWS's answers to a file
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    record: Option<PathBuf>,
    /// What makes the exit status 1
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = FailOn::Confirmed)]
    fail_on: FailOn,
    /// How to write the findings
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FailOn {
    /// A problem that is proved
    Confirmed,
    /// Also one for which AWS's state speaks, and something is missing for a proof
    Likely,
    /// Also anything that could not be looked at
    Unchecked,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For people
    Text,
    /// One JSON object for each task, over several lines
    Json,
    /// One JSON object for each task, on one line each
    Jsonl,
    /// For issues and chats: a heading, and the text in a block
    Markdown,
}

/// Why a command could not run to its end.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("cannot read {path}: {error}")]
    Unreadable { path: String, error: io::Error },
    #[error("cannot read {path}: it is larger than {} MB", LARGEST_FILE >> 20)]
    TooLarge { path: String },
    #[error("{path}:{error}")]
    NoTaskDefinition { path: String, error: TaskDefinitionError },
    #[error("there is no cause {0:?}; `ecs-triage explain` lists them")]
    NoCause(String),
    #[error("{path} is no recorded evidence: {error}")]
    NoEvidence { path: String, error: RecordError },
    #[error("{0:?} is neither a file nor asked for from AWS: leave out --offline to ask")]
    NoDefinition(String),
    #[error("no Region: name one with --region")]
    NoRegion,
    #[error("the network cannot be judged: {0}")]
    Nowhere(String),
    #[cfg(feature = "aws")]
    #[error("cannot ask AWS: {0}")]
    Unasked(String),
    #[cfg(feature = "aws")]
    #[error("cannot write {path}: {error}")]
    Unrecorded { path: String, error: io::Error },
    #[error("nothing to diagnose: name a file, pipe something in, or give a message with --reason")]
    NothingNamed,
    #[error("cannot write: {0}")]
    Unwritable(#[from] io::Error),
}

/// What came of a run, worst last: its exit status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// What was asked was told, and nothing is wrong with the answer.
    #[default]
    Fine,
    /// A failure that was not recognized, or a check that found problems.
    Wrong,
    /// Some input could not be read, or nothing could be asked that was asked for.
    Unable,
}

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
    let typed = match Typed::try_parse() {
        Ok(typed) => typed,
        Err(error) => {
            let help = !error.use_stderr();
            // Nobody is left to tell where even this cannot be written.
            let _ = error.print();
            return ExitCode::from(if help { 0 } else { 2 });
        }
    };
    match run(typed, &mut io::stdout().lock()) {
        Ok(outcome) => ExitCode::from(outcome as u8),
        // The reader has seen enough.
        Err(CliError::Unwritable(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn run(typed: Typed, out: &mut impl Write) -> Result<Outcome, CliError> {
    match typed.command {
        Command::Diagnose(asked) => asked.run(&typed.global, out),
        Command::Check(asked) => asked.run(&typed.global, out),
        #[cfg(feature = "aws")]
        Command::Ps(asked) => asked.run(&typed.global, out),
        #[cfg(feature = "aws")]
        Command::History(asked) => asked.run(&typed.global, out),
        #[cfg(feature = "aws")]
        Command::Selftest(asked) => asked.run(&typed.global, out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Typed::command(), "ecs-triage", &mut script);
            out.write_all(&script)?;
            Ok(Outcome::Fine)
        }
        Command::Explain { cause } => {
            let text = cause.map_or_else(|| Ok(catalogue::list()), explained)?;
            out.write_all(text.as_bytes())?;
            Ok(Outcome::Fine)
        }
    }
}

/// A cause, by its id however it was copied, or those in which a word stands.
fn explained(asked: String) -> Result<String, CliError> {
    let id = asked.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(asked.trim(), |(id, _)| id);
    match causes::find(id) {
        Some(cause) => Ok(catalogue::explain(cause)),
        None => Some(catalogue::search(id)).filter(|found| !found.is_empty()).ok_or(CliError::NoCause(asked)),
    }
}

impl Diagnose {
    fn run(&self, global: &Global, out: &mut impl Write) -> Result<Outcome, CliError> {
        let mut evidence = evidence(self.asking.evidence.as_deref())?;
        let mut outcome = Outcome::default();
        match self.task_definition.as_deref().map(definition).transpose() {
            Ok(None) => {}
            Ok(Some(definition)) => evidence = evidence.with_definition(definition),
            // Whoever is woken wants the diagnosis, with or without the definition.
            Err(error) => {
                complain(&error.to_string());
                outcome = Outcome::Unable;
            }
        }
        let writer = ReportWriter {
            format: self.format,
            style: self.extent.style(global.colour()),
            evidence,
            #[cfg(feature = "aws")]
            live: self.asking.live.then(|| live::Live::new(global, self.asking.region.clone(), self.asking.read_logs)).transpose()?,
        };
        let outcome = outcome.max(self.write(&writer, out)?);
        #[cfg(feature = "aws")]
        writer.record(self.asking.record.as_deref())?;
        Ok(outcome)
    }

    fn write(&self, writer: &ReportWriter, out: &mut impl Write) -> Result<Outcome, CliError> {
        let mut done = Written::default();
        if let Some(reason) = &self.reason {
            writer.task(&Task::from_reason(reason), &mut done);
            done.flush(out, false)?;
            return Ok(done.outcome);
        }
        if self.files.is_empty() && io::stdin().is_terminal() {
            return Err(CliError::NothingNamed);
        }
        let stdin = [PathBuf::from("-")];
        for path in if self.files.is_empty() { &stdin[..] } else { &self.files } {
            let read = read_file(path, writer, out, done.any)?;
            done.outcome = done.outcome.max(read.outcome);
            done.any |= read.any;
        }
        Ok(done.outcome)
    }
}

impl Check {
    fn run(&self, global: &Global, out: &mut impl Write) -> Result<Outcome, CliError> {
        let evidence = evidence(self.evidence.as_deref())?;
        let path = Path::new(&self.definition);
        let given = (is_stdin(path) || path.exists()).then(|| definition(path)).transpose()?;
        #[cfg(feature = "aws")]
        let (definition, evidence, place) = if self.offline { self.at_hand(given, evidence)? } else { self.asked(global, given, evidence)? };
        #[cfg(not(feature = "aws"))]
        let (definition, evidence, place) = self.at_hand(given, evidence)?;
        let check = check::Check::new(&definition, &place);
        if let Some(what) = check.nowhere(&evidence) {
            return Err(CliError::Nowhere(what));
        }
        let findings = check.findings(&evidence);
        let name = definition.name().unwrap_or_else(|| shown(path));
        let text = match self.format {
            Format::Text => render_check(&name, &findings, global.colour()),
            Format::Markdown => markdown::block(&render_check(&name, &findings, Colour::Off)),
            Format::Json => json::v1::check(&name, &findings) + "\n",
            Format::Jsonl => json::v1::check_line(&name, &findings) + "\n",
        };
        out.write_all(text.as_bytes())?;
        if is_unheard(&evidence) {
            complain("AWS answered none of the questions: nothing is proved");
            return Ok(Outcome::Unable);
        }
        let failed = match self.fail_on {
            FailOn::Confirmed => findings.has(Verdict::Confirmed),
            FailOn::Likely => findings.has(Verdict::Likely),
            FailOn::Unchecked => findings.has(Verdict::Likely) || !findings.unchecked.is_empty(),
        };
        Ok(if failed { Outcome::Wrong } else { Outcome::Fine })
    }

    fn at_hand(&self, given: Option<TaskDefinition>, evidence: Evidence) -> Result<(TaskDefinition, Evidence, Place), CliError> {
        let recorded = || evidence.look(&ask::TaskDefinition { name: self.definition.clone() }).found().map(|found| (**found).clone());
        let definition = given.or_else(recorded).ok_or_else(|| CliError::NoDefinition(self.definition.clone()))?;
        let place = self.place(&definition, None)?;
        Ok((definition, evidence, place))
    }

    /// Where the task is going to run: as typed, as the definition's ARN says, or else as configured.
    fn place(&self, definition: &TaskDefinition, configured: Option<String>) -> Result<Place, CliError> {
        let region_of = |arn: &str| Arn::parse(arn).map(|arn| arn.region.to_owned()).filter(|region| is_region(region));
        let of_arn = definition.task_definition_arn.as_deref().and_then(region_of);
        let of_reference = || definition.references().iter().find_map(|reference| region_of(&reference.value_from));
        // How references are written is the same in every Region.
        let nowhere = || self.offline.then(String::new);
        let region = self.region.clone().or(of_arn).or(configured).or_else(of_reference).or_else(nowhere).ok_or(CliError::NoRegion)?;
        let network = (!self.subnets.is_empty()).then(|| AwsVpcConfiguration {
            subnets: self.subnets.clone(),
            security_groups: self.security_groups.clone(),
            assign_public_ip: Some(if self.assign_public_ip { "ENABLED" } else { "DISABLED" }.to_owned()),
        });
        Ok(Place { region, account: None, cluster: Some(self.cluster.clone()), service: self.service.clone(), network })
    }
}

/// Whether something was asked about a definition, and nothing was answered.
fn is_unheard(evidence: &Evidence) -> bool {
    let mut answers = evidence.answers().filter(|(question, _)| !matches!(question, Question::TaskDefinition(_))).peekable();
    answers.peek().is_some() && answers.all(|(_, answer)| matches!(answer, Answer::Unknown(_)))
}

fn evidence(path: Option<&Path>) -> Result<Evidence, CliError> {
    let Some(path) = path else { return Ok(Evidence::default()) };
    record::read(&read_text(path)?).map_err(|error| CliError::NoEvidence { path: shown(path), error })
}

fn definition(path: &Path) -> Result<TaskDefinition, CliError> {
    TaskDefinition::from_json(&read_text(path)?).map_err(|error| CliError::NoTaskDefinition { path: shown(path), error })
}

/// The text of a file that is read at once; `-` is standard input.
fn read_text(path: &Path) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let mut read = |input: &mut dyn Read| input.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    let read = if is_stdin(path) { read(&mut io::stdin().lock()) } else { File::open(path).and_then(|mut file| read(&mut file)) };
    let is_too_large = bytes.len() as u64 > LARGEST_FILE;
    match read {
        Ok(_) if is_too_large => Err(CliError::TooLarge { path: shown(path) }),
        Ok(_) => Ok(decoded(&bytes)),
        Err(error) => Err(CliError::Unreadable { path: shown(path), error }),
    }
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

/// Says what went wrong, on standard error.
fn complain(problem: &str) {
    // Nobody is left to tell where even this cannot be written.
    let _ = writeln!(io::stderr().lock(), "ecs-triage: {problem}");
}
