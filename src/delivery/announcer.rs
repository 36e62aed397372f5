//! The channels: people by the topic, chats by a second one, machines by a bus and by metrics.
//!
//! The topic decides: what it did not take is not announced. The others follow, once, while the table records
//! that the notice was published, so that they can neither delay nor repeat it; what they do not take, or not
//! in time, is logged and counted.

use std::future::Future;

use futures_util::future::{join, join_all};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Visit;
use super::ports::{EventBus as _, Log as _, Publisher as _, World};
use super::trouble::Trouble;
use crate::context::Surroundings;
use crate::diagnosis::Report;
use crate::event::rotation::Rotation;
use crate::incident::store::Unreachable;
use crate::incident::storm::{DueNotice, Phase};
use crate::incident::{Due, Incident};
use crate::limits::PUBLISHING;
use crate::render::json::v1;
use crate::render::notice::{self, Notice};
use crate::render::{chat, metrics, storm};

/// Where notices go.
#[derive(Debug)]
pub(super) struct Announcer<W: World> {
    pub(super) topic: Option<W::Publisher>,
    pub(super) chat: Option<W::Publisher>,
    pub(super) bus: Option<W::EventBus>,
}

/// The detail types of the bus's events.
const DIAGNOSIS: &str = "ECS Triage Diagnosis";
const INCIDENT: &str = "ECS Triage Incident Change";

/// The messages about one thing: worded before any is published, since a failure then must not repeat them.
#[derive(Debug)]
pub(super) struct Message {
    notice: Notice,
    chat: Option<String>,
    detail_type: &'static str,
    detail: String,
    /// Metrics that count it.
    line: Option<String>,
}

impl Message {
    /// The message about a failure; `None` where there is nothing to announce.
    pub(super) fn failure(
        report: &Report<'_>,
        incident: &Incident,
        due: Due,
        around: &Surroundings,
        now: Timestamp,
    ) -> Option<Self> {
        let notice = notice::of(report, due.as_str(), around)?;
        Some(Self {
            chat: chat::notification(report, due.as_str(), around),
            detail_type: DIAGNOSIS,
            detail: v1::event(report, incident, &around.impact, &notice),
            notice,
            line: if due == Due::Opened { metrics::incident(report, now) } else { None },
        })
    }

    /// The message that an incident is over.
    pub(super) fn resolved(incident: &Incident) -> Self {
        let notice = notice::resolved(incident);
        let chat = chat::message(&incident.about.fingerprint, &incident.first_seen.to_string(), &notice);
        Self { notice, chat: Some(chat), detail_type: INCIDENT, detail: ended(incident), line: None }
    }

    /// The message that a deployment waits.
    pub(super) fn waiting(notice: Notice, revision: &str) -> Self {
        let thread = format!("deployment/{revision}");
        let chat = chat::message(&thread, "waiting", &notice);
        let detail = changed(&notice, &thread, 1).to_string();
        Self { notice, chat: Some(chat), detail_type: INCIDENT, detail, line: None }
    }

    /// Which workloads hold the old value of what has changed, or that none does.
    pub(super) fn rotation(notice: Notice, rotation: &Rotation, workloads: u64) -> Self {
        let thread = format!("rotation/{}", rotation.of());
        let chat = chat::message(&thread, &rotation.at.to_string(), &notice);
        let detail = changed(&notice, &thread, workloads).to_string();
        Self { notice, chat: Some(chat), detail_type: INCIDENT, detail, line: None }
    }

    /// The event for machines.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// The messages about many incidents at once, cluster by cluster.
    pub(super) fn storm(due_notice: &DueNotice, in_memory: bool) -> Vec<Self> {
        let messages = storm::notices(due_notice).into_iter().map(|(cluster, mut notice)| {
            if in_memory {
                notice.body.push_str(
                    "\nThe incidents are kept in memory, so this may come again for each instance.\n",
                );
            }
            let thread = format!("{}/{cluster}", due_notice.key);
            let chat = chat::message(&thread, &due_notice.joined.to_string(), &notice);
            let new = due_notice.members.iter().filter(|member| member.place().0 == cluster).count() as u64;
            let before = if due_notice.phase == Phase::Begun {
                due_notice.before.get(&cluster).copied().unwrap_or_default()
            } else {
                0
            };
            let detail = changed(&notice, &thread, new + before).to_string();
            Self { notice, chat: Some(chat), detail_type: INCIDENT, detail, line: None }
        });
        messages.collect()
    }
}

impl<W: World> Announcer<W> {
    /// Whether there is a channel at all.
    pub(super) const fn announces(&self) -> bool {
        self.topic.is_some()
    }

    /// Notifies people, and writes the line that a metric counts.
    pub(super) async fn people(&self, messages: &[Message], visit: &Visit<'_, W>) -> Result<(), String> {
        let published = join_all(messages.iter().map(async |message| match &self.topic {
            Some(topic) => topic.publish(&message.notice).await,
            None => Ok(()),
        }));
        published.await.into_iter().collect::<Result<(), String>>()?;
        messages
            .iter()
            .filter_map(|message| message.line.as_ref())
            .for_each(|line| visit.delivery.log.line(line));
        Ok(())
    }

    /// Notifies chats and machines.
    pub(super) async fn others(&self, messages: &[Message], visit: &Visit<'_, W>) {
        let sent = messages.iter().map(async |message| {
            let chat = async {
                let (Some(topic), Some(body)) = (&self.chat, &message.chat) else { return };
                in_time(topic.publish_plain(body), Trouble::NotInChat, visit).await;
            };
            join(chat, self.machines(message, visit)).await;
        });
        join_all(sent).await;
    }

    /// Notifies machines alone.
    pub(super) async fn machines(&self, message: &Message, visit: &Visit<'_, W>) {
        let Some(bus) = &self.bus else { return };
        in_time(bus.put(message.detail_type, &message.detail), Trouble::NotOnBus, visit).await;
    }
}

/// Waits as long as publishing may take, and reports what was not published.
async fn in_time<W: World>(
    publishing: impl Future<Output = Result<(), String>>,
    trouble: fn(String) -> Trouble,
    visit: &Visit<'_, W>,
) {
    if let Err(why) = visit.within(PUBLISHING, publishing).await.unwrap_or_else(|Unreachable(why)| Err(why)) {
        visit.report(trouble(why));
    }
}

/// The end of an incident, for machines.
pub(super) fn ended(incident: &Incident) -> String {
    let mut event = changed(&notice::resolved(incident), &incident.about.fingerprint, incident.occurrences);
    event["first_seen"] = json!(incident.first_seen);
    event["last_seen"] = json!(incident.last_seen);
    event["resolved"] = json!(incident.resolved);
    event.to_string()
}

/// An incident's change for the bus and the journal: the notice's words and attributes, and how many
/// tasks or incidents it is about.
fn changed(notice: &Notice, id: &str, count: u64) -> Value {
    let single = notice.attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    let attributes: Map<String, Value> =
        single.chain(notice.lists.iter().map(|(name, values)| ((*name).to_owned(), json!(values)))).collect();
    json!({"schema": v1::INCIDENT_SCHEMA, "id": id, "count": count, "subject": notice.subject, "text": notice.body, "attributes": attributes})
}
