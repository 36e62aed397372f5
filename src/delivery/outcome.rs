//! What came of an invocation: which tasks are done with, which messages are delivered again and why, what is
//! written down, and the answer.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;

use super::Visit;
use super::guard::{Panicked, guarded_now};
use super::ports::{Journal as _, Log as _, World};
use super::settlement::{self, Done, Item, Settled};
use super::trouble::{Problem, Trouble};
use crate::diagnosis::diagnose;
use crate::event::{Entry, Task};
use crate::incident::Incident;
use crate::question::Evidence;
use crate::render::json::v1;

/// What came of an invocation, or of a part of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) settled: Vec<Settled>,
    /// Why entries must be delivered again.
    pub(super) problems: BTreeMap<usize, Problem>,
    pub(super) lines: Vec<Line>,
}

/// A diagnosis, as it is written down.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) item: Item,
    pub(super) stream: String,
    pub(super) text: String,
    /// Whether its task is settled once the journal has it: there is no other channel.
    pub(super) decides: bool,
    /// Whether it answers a bare event.
    pub(super) answers: bool,
    /// Whether something failed or is over; what is normal is answered, and not written down.
    pub(super) kept: bool,
}

impl Outcome {
    pub(super) fn add(&mut self, other: Self) {
        self.settled.extend(other.settled);
        for (entry, problem) in other.problems {
            self.problems.entry(entry).or_insert(problem);
        }
        self.lines.extend(other.lines);
    }

    pub(super) fn settle(&mut self, items: impl IntoIterator<Item = Item>, done: Result<Done, Problem>) {
        match done {
            Ok(done) => self.settled.extend(Settled::by(done, items)),
            Err(problem) => self.fail(items, &problem),
        }
    }

    pub(super) fn fail(&mut self, items: impl IntoIterator<Item = Item>, problem: &Problem) {
        for item in items {
            self.problems.entry(item.entry).or_insert_with(|| problem.clone());
        }
    }

    /// Writes a diagnosis for the log and the journal.
    pub(super) fn write(
        &mut self,
        item: Item,
        task: &Task,
        evidence: &Evidence,
        incident: Option<&Incident>,
        decides: bool,
    ) {
        let line = guarded_now(|| {
            let report = diagnose(task, evidence);
            let stream = stream(
                task.cluster.as_deref(),
                task.workload.as_ref().map(|workload| workload.name.as_str()),
            );
            let (text, kept) = (v1::line_of(&report, incident), !report.diagnoses.is_empty());
            Line { item, stream, text, decides, answers: true, kept }
        });
        match line {
            Ok(line) => self.lines.push(line),
            Err(Panicked) => self.fail([item], &Problem::Faulty),
        }
    }
}

impl<W: World> Visit<'_, W> {
    /// Writes the diagnoses to the function's log and the journal, a stream at a time. Where there is no
    /// other channel, the journal decides.
    pub(super) async fn write_down(&self, outcome: &mut Outcome) {
        // In the order in which they came.
        outcome.lines.sort_by_key(|line| line.item);
        outcome.lines.iter().filter(|line| line.kept).for_each(|line| self.delivery.log.line(&line.text));
        let lines = std::mem::take(&mut outcome.lines);
        let normal = lines
            .iter()
            .filter(|line| line.decides && (!line.kept || self.delivery.journal.is_none()))
            .map(|line| line.item);
        outcome.settle(normal, Ok(Done::NOT_A_FAILURE));
        if let Some(journal) = &self.delivery.journal {
            let mut streams: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
            for line in lines.iter().filter(|line| line.kept) {
                streams.entry(&line.stream).or_default().push(line);
            }
            let written = streams.iter().map(async |(stream, lines)| {
                let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
                (lines, Done::journalled(journal.append(stream, &texts)).await)
            });
            for (lines, written) in join_all(written).await {
                if let Err(problem) = &written {
                    self.report(Trouble::NotInJournal(problem.to_string()));
                }
                outcome.settle(lines.iter().filter(|line| line.decides).map(|line| line.item), written);
            }
        }
        outcome.lines = lines;
    }

    /// Answers with every message that is not settled, or with the diagnoses of a bare event.
    pub(super) fn answer(&self, entries: &[Entry], mut outcome: Outcome) -> Result<Value, Problem> {
        let is_batch = entries.is_empty() || entries.iter().any(|entry| entry.message_id.is_some());
        let mut again = Vec::new();
        for entry in settlement::left(entries, &outcome.settled) {
            let problem = outcome.problems.remove(&entry).unwrap_or(Problem::Forgotten);
            match &entries[entry].message_id {
                Some(message) => {
                    self.report(Trouble::ComesAgain { message: message.clone(), problem });
                    again.push(message.as_str());
                }
                // What has no id cannot be asked for again, and to ask for all would be to announce the
                // others twice.
                None if is_batch => self.report(Trouble::Lost(problem)),
                None => {
                    self.count_troubles();
                    return Err(problem);
                }
            }
        }
        self.count_troubles();
        if is_batch {
            return Ok(settlement::batch_answer(again));
        }
        Ok(outcome
            .lines
            .iter()
            .filter(|line| line.answers)
            .map(|line| serde_json::from_str::<Value>(&line.text).unwrap_or_default())
            .collect())
    }
}

/// The journal's stream of a workload.
pub(super) fn stream(cluster: Option<&str>, workload: Option<&str>) -> String {
    format!("{}/{}", cluster.unwrap_or("unknown"), workload.unwrap_or("unknown"))
}
