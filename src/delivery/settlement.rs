//! Which messages are done with. The answer to a batch is every message less those of which each task has a
//! [`Settled`], and only this module makes one, of a proof: a message that some step forgets is delivered
//! again.

use std::collections::BTreeSet;
use std::future::Future;

use serde_json::{Value, json};

use super::trouble::Problem;
use crate::event::Entry;
use crate::incident::ledger::Next;
use crate::incident::store::Unreachable;

/// A task of an invocation: the place of its entry, and its own within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    /// The place of the entry.
    pub(super) entry: usize,
    /// The place within it.
    pub(super) task: usize,
}

/// Proof that a task needs no second delivery.
#[derive(Debug)]
#[must_use = "what is not answered comes again"]
pub(super) struct Settled(Item);

/// Proof that all is done about something, for all of its tasks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done(());

/// Proof that a notice is out.
#[derive(Debug)]
#[must_use = "it has to be noted"]
pub(super) struct Out(());

impl Done {
    /// It is recorded; what else it made due is what is to be done.
    ///
    /// # Errors
    ///
    /// While another instance is about to announce it, or it is not announced yet.
    pub(super) fn recorded(next: Next) -> Result<Self, Problem> {
        match next {
            Next::Nothing => Ok(Self(())),
            Next::ComeAgain => Err(Problem::ComeAgain),
            Next::Announce(_) | Next::WithStorm | Next::AnnouncedByStorm => Err(Problem::Forgotten),
        }
    }

    /// It is out, and that is noted.
    ///
    /// # Errors
    ///
    /// Where it is not noted: then it may come a second time.
    pub(super) async fn noted<T>(
        Out(()): Out,
        note: impl Future<Output = Result<T, Unreachable>>,
    ) -> Result<(Self, T), Problem> {
        note.await.map(|noted| (Self(()), noted)).map_err(|error| Problem::Unrecorded(error.to_string()))
    }

    /// It is in the journal.
    ///
    /// # Errors
    ///
    /// Where it is not.
    pub(super) async fn journalled(
        written: impl Future<Output = Result<(), String>>,
    ) -> Result<Self, Problem> {
        written.await.map(|()| Self(())).map_err(Problem::NotInJournal)
    }

    /// It is not a failure to announce.
    pub(super) const NOT_A_FAILURE: Self = Self(());
}

impl Settled {
    /// Each of these tasks, by a proof.
    pub(super) fn by(Done(()): Done, items: impl IntoIterator<Item = Item>) -> impl Iterator<Item = Self> {
        items.into_iter().map(Self)
    }
}

impl Out {
    /// A notice that the publisher took.
    ///
    /// # Errors
    ///
    /// Where it did not.
    pub(super) async fn published(
        publishing: impl Future<Output = Result<(), String>>,
    ) -> Result<Self, Problem> {
        publishing.await.map(|()| Self(())).map_err(Problem::Unannounced)
    }

    /// One that went out before, as this instance remembers.
    pub(super) const BEFORE: Self = Self(());
}

/// The entries that are not done with.
#[must_use]
pub(super) fn left(entries: &[Entry], settled: &[Settled]) -> BTreeSet<usize> {
    let settled: BTreeSet<Item> = settled.iter().map(|Settled(item)| *item).collect();
    let is_done =
        |entry: usize, tasks: usize| (0..tasks.max(1)).all(|task| settled.contains(&Item { entry, task }));
    entries
        .iter()
        .enumerate()
        .filter(|(at, entry)| !is_done(*at, entry.tasks.len()))
        .map(|(at, _)| at)
        .collect()
}

/// The answer that has messages delivered again.
#[must_use]
pub(super) fn batch_answer<'i>(ids: impl IntoIterator<Item = &'i str>) -> Value {
    let failures: Vec<Value> = ids.into_iter().map(|id| json!({"itemIdentifier": id})).collect();
    json!({"batchItemFailures": failures})
}
