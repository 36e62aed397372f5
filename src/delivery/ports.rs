//! What delivery needs of the world, each behind a trait: AWS and the runtime for the function, a model of
//! them for the tests.

use std::fmt::Debug;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::trouble::Trouble;
use crate::incident::store::Store;
use crate::render::notice::Notice;
use crate::triage::Prober;

/// Where notices go, for people or for chats.
pub trait Publisher {
    /// Publishes a notice.
    ///
    /// # Errors
    ///
    /// In words, when it was refused or there was no answer; it may be out all the same.
    fn publish(&self, notice: &Notice) -> impl Future<Output = Result<(), String>> + Send;

    /// Publishes a text that a program reads.
    ///
    /// # Errors
    ///
    /// Likewise.
    fn publish_plain(&self, text: &str) -> impl Future<Output = Result<(), String>> + Send;
}

/// What is written down of each failure, a stream for each workload.
pub trait Journal {
    /// Appends lines to a stream.
    ///
    /// # Errors
    ///
    /// In words, when they were refused or there was no answer.
    fn append(&self, stream: &str, lines: &[&str]) -> impl Future<Output = Result<(), String>> + Send;
}

/// The bus for machines.
pub trait EventBus {
    /// Puts one event on the bus; `detail` is a JSON object.
    ///
    /// # Errors
    ///
    /// In words, when it was refused or there was no answer.
    fn put(&self, detail_type: &str, detail: &str) -> impl Future<Output = Result<(), String>> + Send;
}

/// The time.
pub trait Clock {
    /// What time it is.
    fn now(&self) -> Timestamp;

    /// Waits.
    fn sleep(&self, time: SignedDuration) -> impl Future<Output = ()> + Send;
}

/// The function's own log.
pub trait Log {
    /// Writes a line unchanged: a diagnosis, or metrics. A line that cannot be written must not stop a
    /// notice.
    fn line(&self, line: &str);

    /// Says what went wrong.
    fn trouble(&self, trouble: &Trouble);
}

/// One world: the type behind each port.
pub trait World: Debug {
    /// Keeps incidents for all instances.
    type Store: Store + Debug + Sync;
    /// Publishes notices.
    type Publisher: Publisher + Debug + Sync;
    /// Keeps the journal.
    type Journal: Journal + Debug + Sync;
    /// The bus for machines.
    type EventBus: EventBus + Debug + Sync;
    /// Answers questions.
    type Prober: Prober + Debug + Sync;
    /// The clock.
    type Clock: Clock + Debug + Sync;
    /// Writes the log.
    type Log: Log + Debug + Sync;
}
