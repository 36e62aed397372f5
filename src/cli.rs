//! The command line: what can be typed, and the run of what was.
//!
//! Offline unless something else is asked for: what asks AWS is in `live`, and only where the feature `aws` is
//! built in. Each command has a file of its own; all of them read through `file` or `input`, fail with an `error`, and
//! write to one `output`.

mod check;
mod completion;
mod diagnose;
mod error;
mod explain;
mod file;
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

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;

use crate::arn::{is_named_as_regions, is_region, meant_regions};
use crate::config;
use crate::render::text::{Colour, Style};
use error::CliError;
use output::{Outcome, Output, complain};

/// Why an Amazon ECS task could not start: which secret, which permission, which network path, and what to
/// type to fix it.
///
/// Exit status: 0 diagnosed, or nothing wrong; 1 a failure was not recognized, or a check found problems; 2
/// could not run, some input could not be read, or AWS answered nothing that was asked.
#[derive(Parser, Debug)]
#[command(
    name = "ecs-triage",
    version,
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
    #[arg(long, global = true, value_name = "NAME", add = ArgValueCandidates::new(completion::profiles), value_parser = clap::builder::NonEmptyStringValueParser::new())]
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

/// A name and its value, as they are typed.
fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "expected NAME=VALUE".to_owned())
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
    Check(check::Check),
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

/// Commands and options of the build that queries AWS.
#[cfg(not(feature = "aws"))]
const AWS_ONLY: &[&str] = &["ps", "stale", "history", "selftest", "--live", "--profile", "--record"];

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
            Ok(output.text(&explain::explained(cause.as_deref(), typed.global.style())?)?)
        }
        Command::Help { command } => Ok(output.text(&man::help(Typed::command(), command.as_deref())?)?),
        Command::Man { command } => Ok(output.text(&man::page(Typed::command(), command.as_deref())?)?),
    }
}
