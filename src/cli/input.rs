//! Records as a stream: read a chunk at a time, diagnosed on every core where it is long, written in the
//! order of the input.

use std::fs::File;
use std::io::{IsTerminal as _, Read};
use std::path::Path;
use std::sync::mpsc;

use super::error::CliError;
use super::file::{is_stdin, shown, stdin};
use super::output::{Batch, Output};
use super::pasted;
use super::reporter::Reporter;
use crate::event::{Chunk, Entry, Input};

/// Diagnoses all that one file holds. What cannot be read is reported, and the rest goes on.
pub(super) fn read_file(path: &Path, reporter: &Reporter, output: &mut Output<'_>) -> Result<(), CliError> {
    if is_stdin(path) {
        let stdin = stdin()?;
        if stdin.is_terminal() {
            output.complain("reading standard input; end it with Ctrl-D");
        }
        return read_records(&shown(path), stdin, reporter, output);
    }
    match File::open(path) {
        Ok(file) => read_records(&shown(path), file, reporter, output),
        Err(error) => {
            output.unable(&CliError::unreadable(path, error).to_string());
            Ok(())
        }
    }
}

fn read_records(
    name: &str,
    input: impl Read,
    reporter: &Reporter,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let unreadable = |error| CliError::Unreadable { path: name.to_owned(), error };
    let whole = |entries: Vec<Entry>| {
        let mut batch = Batch::default();
        reporter.entries(name, entries, &mut batch);
        batch
    };
    match Input::open(input).map_err(unreadable)? {
        Input::Records(chunks) => {
            stream(name, chunks.map(|chunk| chunk.map_err(unreadable)), reporter, output)
        }
        Input::Value(entries) => output.reports(&whole(entries)),
        Input::Text(entry) => {
            let mut batch = Batch::default();
            for task in entry.tasks {
                match task {
                    Ok(task) => pasted::report(name, &task, reporter, &mut batch),
                    Err(error) => batch.unable(format!("{name}: {}", error.problem)),
                }
            }
            output.reports(&batch)
        }
    }
}

fn stream(
    name: &str,
    mut chunks: impl Iterator<Item = Result<Chunk, CliError>>,
    reporter: &Reporter,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let mut records = 0;
    let report = |chunk: &Chunk| {
        let mut batch = Batch { text: Vec::with_capacity(chunk.len() / 2), ..Batch::default() };
        reporter.entries(name, chunk.entries(), &mut batch);
        batch
    };
    let mut write = |batch: Batch| {
        records += batch.records;
        output.reports(&batch)
    };
    while let Some(chunk) = chunks.next().transpose()? {
        if chunk.is_small() {
            write(report(&chunk))?;
        } else {
            on_every_core(std::iter::once(Ok(chunk)).chain(&mut chunks), &report, &mut write)?;
        }
    }
    if records == 0 {
        output.unable(&format!("{name} is empty: expected JSON or a message of ECS"));
    }
    Ok(())
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
                scope.spawn(move || {
                    taken.into_iter().map(|chunk| work(&chunk)).try_for_each(|done| finish.send(done))
                });
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
