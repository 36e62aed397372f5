//! Standard output and standard error, and what came of all that was written to them: the exit status.

#[cfg(feature = "aws")]
use std::io::IsTerminal as _;
use std::io::{self, Write};
use std::process::ExitCode;

use super::error::CliError;
use crate::config;
use crate::render::wrap::prose;

/// What came of a run, worst last: its exit status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// What was asked for was reported, and nothing is wrong with the answer.
    #[default]
    Fine,
    /// A failure that was not recognized, or a check that found problems.
    Wrong,
    /// Some input could not be read, or nothing could be asked that was asked for.
    Unable,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome as u8)
    }
}

/// What came of some records, to be written at once.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The reports. As text, an empty line comes before each.
    pub(super) text: Vec<u8>,
    pub(super) complaints: Vec<String>,
    pub(super) outcome: Outcome,
    /// How many records there were.
    pub(super) records: usize,
}

impl Batch {
    /// Notes that something could not be read or asked.
    pub(super) fn unable(&mut self, complaint: String) {
        self.complaints.push(complaint);
        self.outcome = Outcome::Unable;
    }
}

/// Where a command writes.
pub(super) struct Output<'o> {
    out: &'o mut dyn Write,
    outcome: Outcome,
    /// The columns that were typed to wrap text to.
    width: Option<usize>,
    is_begun: bool,
    last_complaint: String,
}

impl<'o> Output<'o> {
    pub(super) fn new(out: &'o mut dyn Write, width: Option<usize>) -> Self {
        Self { out, outcome: Outcome::default(), width, is_begun: false, last_complaint: String::new() }
    }

    /// The worst that came of what was written so far.
    pub(super) const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Notes what came of something.
    pub(super) fn note(&mut self, outcome: Outcome) {
        self.outcome = self.outcome.max(outcome);
    }

    /// Writes text as it is.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.is_begun = true;
        self.out.flush()
    }

    /// Writes reports. The empty line before the very first one is left out.
    pub(super) fn reports(&mut self, batch: &Batch) -> Result<(), CliError> {
        let blank = usize::from(!self.is_begun && batch.text.starts_with(b"\n"));
        self.out.write_all(&batch.text[blank..])?;
        self.out.flush()?;
        self.is_begun |= !batch.text.is_empty();
        batch.complaints.iter().for_each(|complaint| self.complain(complaint));
        self.note(batch.outcome);
        Ok(())
    }

    /// Says that something could not be done, and goes on.
    pub(super) fn unable(&mut self, complaint: &str) {
        self.complain(complaint);
        self.note(Outcome::Unable);
    }

    /// Says something on standard error. What is true of many tasks in a row is said once.
    pub(super) fn complain(&mut self, complaint: &str) {
        if self.last_complaint != complaint {
            complaint.clone_into(&mut self.last_complaint);
            say(complaint, self.width);
        }
    }
}

/// Says what is wrong, on standard error.
pub(super) fn complain(problem: &str) {
    say(problem, None);
}

/// Something to type, on a line of its own.
pub(super) fn to_type(command: &str) -> String {
    format!("\n{COMMAND}{command}")
}

/// What a line begins with that is to be typed as it is.
const COMMAND: &str = "    ";

/// Longer lines are hard to read.
const WIDEST: usize = 110;

fn say(problem: &str, width: Option<usize>) {
    let mut stderr = io::stderr().lock();
    let width = width.or_else(|| config::columns(&stderr)).map(|width| width.min(WIDEST));
    // There is no other place to report that this cannot be written.
    let _ = stderr.write_all(laid_out(problem, width).as_bytes());
}

/// A problem in lines: prose is wrapped, a command is not.
fn laid_out(problem: &str, width: Option<usize>) -> String {
    let mut text = String::new();
    for (at, line) in problem.lines().enumerate() {
        let first = if at == 0 { "ecs-triage: " } else { "" };
        let lines =
            if line.starts_with(COMMAND) { vec![line.to_owned()] } else { prose(first, 2, line, width) };
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Says on the terminal what goes on.
#[cfg(feature = "aws")]
pub(super) fn progress(doing: &str) {
    if io::stderr().is_terminal() {
        let _ = writeln!(io::stderr().lock(), "{doing} ...");
    }
}
