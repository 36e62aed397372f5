//! The command line: what was typed, and what it makes of files and streams.
//!
//! Nothing here asks AWS. Records are read, diagnosed and written one at a time, so a stream may be of any length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::causes;
use crate::config;
use crate::diagnosis::{Report, diagnose};
use crate::event::{Records, Task};
use crate::question::Evidence;
use crate::render::text::Colour;
use crate::render::{catalogue, json, text};
use crate::task_definition::{TaskDefinition, TaskDefinitionError};

/// Why an Amazon ECS task could not start: which secret, which permission, which network path, and what to type to mend it.
#[derive(Parser, Debug)]
#[command(name = "ecs-triage", version, about, arg_required_else_help = true)]
struct Typed {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Diagnose stopped tasks: `EventBridge` events, ECS API output, SQS batches, JSON Lines of any of those
    ///
    /// Exit status: 0 diagnosed or nothing wrong, 1 a failure was not recognised, 2 could not run or some input could not be read.
    Diagnose(Diagnose),
    /// Explain a cause, or list them all
    Explain {
        /// The cause's id, such as secret-key-missing
        cause: Option<String>,
    },
}

#[derive(clap::Args, Debug)]
struct Diagnose {
    /// Files to read; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "reason")]
    files: Vec<PathBuf>,
    /// Diagnose this text instead of a file
    #[arg(long, value_name = "TEXT", conflicts_with = "files")]
    reason: Option<String>,
    /// Output of `aws ecs describe-task-definition`: lets the diagnosis name container, variable and reference
    #[arg(long, value_name = "FILE")]
    task_definition: Option<PathBuf>,
    /// How to write the diagnoses
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For people
    Text,
    /// One JSON object for each task, over several lines
    Json,
    /// One JSON object for each task, on one line each
    Jsonl,
}

/// Why a command could not run to its end.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("cannot read {path}: {error}")]
    Unreadable { path: String, error: io::Error },
    #[error("{path} is no task definition: {error}")]
    NoTaskDefinition { path: String, error: TaskDefinitionError },
    #[error("there is no cause {0:?}; `ecs-triage explain` lists them")]
    NoCause(String),
    #[error("cannot write: {0}")]
    Unwritable(#[from] io::Error),
}

/// What came of a run, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Diagnosed,
    Unrecognised,
    Unread,
}

/// Runs the command line of the process.
#[must_use]
pub fn main() -> ExitCode {
    let typed = match Typed::try_parse() {
        Ok(typed) => typed,
        Err(error) => {
            let help = !error.use_stderr();
            // Nobody is left to tell where even this cannot be written.
            let _ = error.print();
            return ExitCode::from(if help { 0 } else { 2 });
        }
    };
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let outcome = run(typed, &mut out).and_then(|outcome| out.flush().map(|()| outcome).map_err(CliError::from));
    match outcome {
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
        Command::Diagnose(asked) => asked.run(out),
        Command::Explain { cause: None } => {
            out.write_all(catalogue::list().as_bytes())?;
            Ok(Outcome::Diagnosed)
        }
        Command::Explain { cause: Some(id) } => {
            let cause = causes::find(&id).ok_or(CliError::NoCause(id))?;
            out.write_all(catalogue::explain(cause).as_bytes())?;
            Ok(Outcome::Diagnosed)
        }
    }
}

impl Diagnose {
    fn run(&self, out: &mut impl Write) -> Result<Outcome, CliError> {
        let evidence = self.task_definition.as_deref().map_or(Ok(Evidence::default()), evidence)?;
        let mut writer = ReportWriter { out, format: self.format, colour: config::colour(), written: false };
        if let Some(reason) = &self.reason {
            return writer.write(&diagnose(&Task::from_reason(reason), &evidence));
        }
        let mut outcome = Outcome::Diagnosed;
        for path in &self.files {
            outcome = outcome.max(read_file(path, &evidence, &mut writer)?);
        }
        Ok(outcome)
    }
}

fn evidence(path: &Path) -> Result<Evidence, CliError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| CliError::Unreadable { path: shown.clone(), error })?;
    let definition = TaskDefinition::from_json(&text).map_err(|error| CliError::NoTaskDefinition { path: shown, error })?;
    Ok(Evidence::of_definition(definition))
}

/// Diagnoses all that one file holds. What cannot be read is reported, and the rest goes on.
fn read_file(path: &Path, evidence: &Evidence, writer: &mut ReportWriter<'_, impl Write>) -> Result<Outcome, CliError> {
    if path == Path::new("-") {
        let stdin = io::stdin().lock();
        if stdin.is_terminal() {
            complain("reading standard input; end it with Ctrl-D");
        }
        return read_records("standard input", BufReader::with_capacity(1 << 16, stdin), evidence, writer);
    }
    match File::open(path) {
        Ok(file) => read_records(&path.display().to_string(), BufReader::with_capacity(1 << 16, file), evidence, writer),
        Err(error) => {
            complain(&CliError::Unreadable { path: path.display().to_string(), error }.to_string());
            Ok(Outcome::Unread)
        }
    }
}

fn read_records(name: &str, input: impl BufRead, evidence: &Evidence, writer: &mut ReportWriter<'_, impl Write>) -> Result<Outcome, CliError> {
    let mut outcome = Outcome::Diagnosed;
    let mut records = 0_usize;
    for entries in Records::new(input) {
        let entries = entries.map_err(|error| CliError::Unreadable { path: name.to_owned(), error })?;
        records += 1;
        for task in entries.into_iter().flat_map(|entry| entry.tasks) {
            outcome = outcome.max(match task {
                Ok(task) => writer.write(&diagnose(&task, evidence))?,
                Err(error) => {
                    complain(&format!("{name}: {error}"));
                    Outcome::Unread
                }
            });
        }
    }
    if records == 0 {
        complain(&format!("{name}: expected at least one record, found none"));
        return Ok(Outcome::Unread);
    }
    Ok(outcome)
}

struct ReportWriter<'o, W> {
    out: &'o mut W,
    format: Format,
    colour: Colour,
    written: bool,
}

impl<W: Write> ReportWriter<'_, W> {
    fn write(&mut self, report: &Report<'_>) -> Result<Outcome, CliError> {
        match self.format {
            Format::Jsonl => writeln!(self.out, "{}", json::v1::line(report))?,
            Format::Json => writeln!(self.out, "{}", json::v1::pretty(report))?,
            Format::Text => {
                if self.written {
                    writeln!(self.out)?;
                }
                self.out.write_all(text::render(report, self.colour).as_bytes())?;
            }
        }
        self.written = true;
        Ok(if report.has_unrecognised() { Outcome::Unrecognised } else { Outcome::Diagnosed })
    }
}

/// Says what went wrong, on standard error.
fn complain(problem: &str) {
    // Nobody is left to tell where even this cannot be written.
    let _ = writeln!(io::stderr().lock(), "ecs-triage: {problem}");
}
