//! Reports of whatever comes in, as a stream: read chunk by chunk, diagnosed on every core where it is long, written in the order of the input.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::Path;
use std::sync::mpsc;

#[cfg(feature = "aws")]
use super::live;
use super::{CliError, Format, Outcome, complain, is_stdin, shown};
use crate::diagnosis::{Report, diagnose};
use crate::event::{Chunk, Entry, Input, Source, Task};
use crate::question::Evidence;
use crate::render::text::Style;
use crate::render::{json, markdown, text};

/// Diagnoses all that one file holds. What cannot be read is reported, and the rest goes on.
pub(super) fn read_file(path: &Path, writer: &ReportWriter, out: &mut impl Write, any_before: bool) -> Result<Written, CliError> {
    if is_stdin(path) {
        let stdin = io::stdin().lock();
        if stdin.is_terminal() {
            complain("reading standard input; end it with Ctrl-D");
        }
        return read_records(&shown(path), stdin, writer, out, any_before);
    }
    match File::open(path) {
        Ok(file) => read_records(&shown(path), file, writer, out, any_before),
        Err(error) => {
            complain(&CliError::Unreadable { path: shown(path), error }.to_string());
            Ok(Written { outcome: Outcome::Unable, ..Written::default() })
        }
    }
}

/// Diagnoses a stream chunk by chunk, on every core where it is long, and writes in the order of the input.
fn read_records(name: &str, input: impl Read, writer: &ReportWriter, out: &mut impl Write, any_before: bool) -> Result<Written, CliError> {
    let unreadable = |error| CliError::Unreadable { path: name.to_owned(), error };
    let chunks = match Input::open(input).map_err(unreadable)? {
        Input::Records(chunks) => chunks,
        Input::Value(entries) => return writer.whole(name, entries, out, any_before),
        Input::Text(entry) => {
            let all = writer.whole(name, vec![entry], out, any_before)?;
            if all.outcome == Outcome::Wrong {
                complain(&format!("{name} is not JSON and was read as what ECS says; the AWS CLI writes JSON with --output json"));
            }
            return Ok(all);
        }
    };
    let mut chunks = chunks.map(|chunk| chunk.map_err(unreadable));
    let mut all = Written { any: any_before, ..Written::default() };
    let mut records = 0;
    let mut write = |chunk: Written| {
        records += chunk.records;
        chunk.flush(out, all.any)?;
        all.any |= chunk.any;
        all.outcome = all.outcome.max(chunk.outcome);
        Ok(())
    };
    while let Some(chunk) = chunks.next().transpose()? {
        if chunk.is_small() {
            write(writer.chunk(name, &chunk))?;
        } else {
            on_every_core(std::iter::once(Ok(chunk)).chain(&mut chunks), &|chunk| writer.chunk(name, chunk), &mut write)?;
        }
    }
    if records == 0 {
        complain(&format!("{name}: expected at least one record, found none"));
        all.outcome = Outcome::Unable;
    }
    Ok(all)
}

/// Chunks that a worker has waiting, so that it never idles while another is read.
const WAITING: usize = 2;

/// Works chunks off in turn on as many threads as there are cores, and hands the results over in order.
fn on_every_core<T: Send>(
    chunks: impl Iterator<Item = Result<Chunk, CliError>>,
    work: &(impl Fn(&Chunk) -> T + Sync),
    write: &mut impl FnMut(T) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..workers)
            .map(|_| {
                let (to_worker, taken) = mpsc::sync_channel::<Chunk>(WAITING);
                let (finish, finished) = mpsc::sync_channel(WAITING);
                // Either end hangs up when the other is gone, after an error.
                scope.spawn(move || taken.into_iter().map(|chunk| work(&chunk)).try_for_each(|done| finish.send(done)));
                (to_worker, finished)
            })
            .collect();
        let (mut sent, mut received) = (0, 0);
        let mut receive = |received: &mut usize| {
            let done = lanes[*received % workers].1.recv();
            *received += 1;
            done.map_or(Ok(()), &mut *write)
        };
        for chunk in chunks {
            if sent - received == workers * WAITING {
                receive(&mut received)?;
            }
            // A worker that is gone has panicked, and the scope passes that on.
            let _ = lanes[sent % workers].0.send(chunk?);
            sent += 1;
        }
        while received < sent {
            receive(&mut received)?;
        }
        Ok(())
    })
}

/// What to fetch where a service, a call or a neighbour of ECS tells that something failed, and not why.
fn untold(report: &Report<'_>) -> Option<String> {
    let is_task = matches!(report.task.source, Source::Object | Source::TaskEvent);
    let fails = report.symptoms.iter().any(|told| !told.symptom.is_normal());
    if is_task || !fails || !(report.diagnoses.is_empty() || report.has_unrecognised()) {
        return None;
    }
    let of = report.task.workload.as_ref().map_or("this", |workload| &workload.name);
    match report.task.fetching() {
        Some(command) => Some(format!("{of}: why is not said here; the stopped tasks tell, for about an hour: {command}")),
        None if report.diagnoses.is_empty() => Some(format!("{of}: why is not said here; the stopped tasks tell, for about an hour: aws ecs describe-tasks")),
        None => None,
    }
}

/// What came of some records: text for both outputs, and the outcome.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) out: Vec<u8>,
    pub(super) complaints: Vec<String>,
    pub(super) outcome: Outcome,
    pub(super) records: usize,
    /// Whether a report was written, so that the next is set apart.
    pub(super) any: bool,
}

impl Written {
    /// Notes that some of the input could not be read.
    pub(super) fn unread(&mut self, complaint: String) {
        self.complaints.push(complaint);
        self.outcome = Outcome::Unable;
    }

    pub(super) fn flush(&self, out: &mut impl Write, set_apart: bool) -> Result<(), CliError> {
        let blank = self.out.iter().take_while(|byte| !set_apart && **byte == b'\n').count();
        out.write_all(&self.out[blank..])?;
        out.flush()?;
        self.complaints.iter().for_each(|complaint| complain(complaint));
        Ok(())
    }
}

/// How reports are written, and what is known besides.
#[derive(Debug)]
pub(super) struct ReportWriter {
    pub(super) format: Format,
    pub(super) style: Style,
    pub(super) evidence: Evidence,
    #[cfg(feature = "aws")]
    pub(super) live: Option<live::Live>,
}

impl ReportWriter {
    fn chunk(&self, name: &str, chunk: &Chunk) -> Written {
        let mut done = Written { out: Vec::with_capacity(chunk.len() / 2), ..Written::default() };
        self.entries(name, chunk.entries(), &mut done);
        done
    }

    /// Writes the reports of what was read at once.
    fn whole(&self, name: &str, entries: Vec<Entry>, out: &mut impl Write, any_before: bool) -> Result<Written, CliError> {
        let mut done = Written::default();
        self.entries(name, entries, &mut done);
        done.flush(out, any_before)?;
        done.any |= any_before;
        Ok(done)
    }

    fn entries(&self, name: &str, entries: impl IntoIterator<Item = Entry>, done: &mut Written) {
        for entry in entries {
            done.records += 1;
            for task in entry.tasks {
                match task {
                    Ok(task) => self.task(&task, done),
                    Err(error) => done.unread(format!("{name}: {error}")),
                }
            }
        }
    }

    /// The task, and what is known of it.
    fn known<'k>(&'k self, task: &'k Task) -> (Cow<'k, Task>, Cow<'k, Evidence>) {
        #[cfg(feature = "aws")]
        if let Some(live) = &self.live {
            let task = live.at_home(task);
            let evidence = live.investigate(&task, &self.evidence);
            return (task, Cow::Owned(evidence));
        }
        (Cow::Borrowed(task), Cow::Borrowed(&self.evidence))
    }

    /// Writes down what AWS said.
    #[cfg(feature = "aws")]
    pub(super) fn record(&self, path: Option<&Path>) -> Result<(), CliError> {
        match (&self.live, path) {
            (Some(live), Some(path)) => live.record(path),
            _ => Ok(()),
        }
    }

    /// Writes the report of one task. In the text format an empty line comes before each.
    pub(super) fn task(&self, task: &Task, done: &mut Written) {
        let (task, evidence) = self.known(task);
        let report = diagnose(&task, &evidence);
        match self.format {
            Format::Jsonl => json::v1::write_line(&report, &mut done.out),
            Format::Json => done.out.extend_from_slice(json::v1::pretty(&report).as_bytes()),
            Format::Text | Format::Markdown => {
                let text = if self.format == Format::Text { text::render(&report, self.style) } else { markdown::render(&report, self.style) };
                done.out.push(b'\n');
                done.out.extend_from_slice(text.trim_end_matches('\n').as_bytes());
            }
        }
        done.out.push(b'\n');
        done.any = true;
        let untold = untold(&report);
        let outcome = if report.has_unrecognised() || untold.is_some() { Outcome::Wrong } else { Outcome::Fine };
        done.outcome = done.outcome.max(outcome);
        done.complaints.extend(untold);
    }
}
