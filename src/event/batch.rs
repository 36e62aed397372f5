//! A batch of SQS: its messages, who sent each, and what one holds that cannot be read.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::fault::{Faults, Places, fault};
use super::model::owned;
use super::rotation;
use super::scalar::Str;
use super::sender::Sender;
use super::shape::{LONGEST_NAME, changed, read_shape, tasks};
use super::wire::{Shape, object};
use super::{Entry, InputError};
use crate::arn::Arn;
use crate::redact::beginning;

#[derive(Deserialize)]
#[serde(expecting = "an SQS message object")]
struct Message<'a> {
    #[serde(borrow, rename = "messageId")]
    id: Cow<'a, str>,
    #[serde(borrow)]
    body: Cow<'a, str>,
    /// In Lambda's words.
    #[serde(borrow, default, rename = "eventSourceARN")]
    queue: Option<Str<'a>>,
}

/// Whether a record is a call in `CloudTrail`'s words.
pub(super) fn is_api_call(raw: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Call<'a> {
        #[serde(borrow, rename = "eventSource")]
        _source: Str<'a>,
        #[serde(borrow, rename = "eventVersion")]
        _version: Str<'a>,
    }
    object::<Call<'_>>(raw).is_some()
}

/// The messages of a batch, and behind them the faults of what has no id, which cannot be answered for.
pub(super) fn messages(document: &str, records: &[&RawValue]) -> Vec<Entry> {
    let (mut places, mut faults, mut nameless) = (Places::of(document), Faults::default(), Vec::new());
    let mut entries = Vec::with_capacity(records.len());
    for (at, raw) in records.iter().enumerate() {
        let (raw, from) = (raw.get(), places.of_part(raw.get()));
        let fault = || fault::<Message<'_>>(raw, &format!("Records[{at}]")).moved(from);
        match object::<Message<'_>>(raw) {
            Some(message) => entries.push(guarded(message, at, from)),
            None => match message_id(raw) {
                Some(id) => entries.push(Entry { message_id: Some(id), ..Entry::of(vec![Err(fault())]) }),
                None if faults.has_room() => nameless.push(Err(fault())),
                None => {}
            },
        }
    }
    if !nameless.is_empty() {
        faults.count_rest(&mut nameless);
        entries.push(Entry::of(nameless));
    }
    entries
}

/// What is in a message that begins at `from`; a fault of the reader itself must not take the others along.
fn guarded(message: Message<'_>, at: usize, from: (usize, usize)) -> Entry {
    let id = message.id.clone().into_owned();
    catch_unwind(AssertUnwindSafe(|| opened(message, at, from))).unwrap_or_else(|_| {
        let fault = InputError::new("it cannot be read, by a fault of ecs-triage itself")
            .within(&format!("Records[{at}].body"), from);
        Entry { message_id: Some(id), ..Entry::of(vec![Err(fault)]) }
    })
}

fn opened(message: Message<'_>, at: usize, from: (usize, usize)) -> Entry {
    let path = format!("Records[{at}].body");
    let (sender, Entry { rotation, tasks, .. }) = match read_shape(&message.body, "") {
        Ok(shape) => {
            let sender = sender(&shape, message.queue.as_deref());
            let entry = changed(&shape, &message.body);
            (sender, entry.unwrap_or_else(|| Entry::of(tasks(shape, &message.body))))
        }
        Err(error) => (Sender::default(), Entry::of(vec![Err(error)])),
    };
    // The body is JSON in a string: its own places mean nothing outside, the message's do.
    let tasks = tasks.into_iter().map(|task| task.map_err(|error| error.within(&path, from))).collect();
    Entry { message_id: Some(message.id.into_owned()), sender: Some(sender), rotation, tasks }
}

/// What an event's envelope says of who sent it, and whose things it names.
fn sender(shape: &Shape<'_>, queue: Option<&str>) -> Sender {
    let detail = shape.detail.as_deref();
    let named =
        detail.map(|it| [&it.task_arn, &it.cluster_arn, &it.task_definition_arn, &it.container_instance_arn]);
    let arns = named.into_iter().flatten().flatten().chain(shape.resources.iter().flatten());
    let mut accounts =
        arns.filter_map(|arn| Arn::parse(arn)).map(|arn| arn.account).filter(|account| !account.is_empty());
    Sender {
        source: shape
            .source
            .and_then(|raw| serde_json::from_str::<Str<'_>>(raw.0).ok())
            .filter(|_| detail.is_some())
            .and_then(|source| owned(Some(&source))),
        native: rotation::sent_by(shape),
        account: owned(shape.account.as_ref()),
        stranger: accounts
            .find(|account| shape.account.as_deref() != Some(*account))
            .map(|account| beginning(account, LONGEST_NAME).into_owned()),
        queue: queue.and_then(Arn::parse).map(|arn| arn.account.to_owned()),
    }
}

/// The id of a message that is otherwise unreadable, so that it alone goes back to the queue.
fn message_id(raw: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "messageId")]
        id: String,
    }
    object::<Named>(raw).map(|named| named.id)
}
