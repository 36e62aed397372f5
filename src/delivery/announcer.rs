//! Whoever is told: people by the topic, chats by a second, machines by a bus and by metrics.
//!
//! The topic decides: what it did not take is not announced. The others are told after it, once; what they do not take is logged and counted.

use futures_util::future::{join, join_all};
use serde_json::{Map, Value, json};

use super::Visit;
use super::ports::{EventBus as _, Log as _, Publisher as _, World};
use super::trouble::Trouble;
use crate::context::Surroundings;
use crate::diagnosis::Report;
use crate::incident::storm::{Phase, Telling};
use crate::incident::{Due, Incident};
use crate::render::json::v1;
use crate::render::notice::{self, Notice};
use crate::render::{chat, metrics};

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

impl<W: World> Announcer<W> {
    /// Whether anybody is told at all.
    pub(super) const fn announces(&self) -> bool {
        self.topic.is_some()
    }

    /// Tells of a failure.
    pub(super) async fn failure(&self, report: &Report<'_>, incident: &Incident, due: Due, around: &Surroundings, visit: &Visit<'_, W>) -> Result<(), String> {
        let Some(notice) = notice::of(report, due.as_str(), around) else { return Ok(()) };
        // Worded before anybody is told: what fails here must not be told twice.
        let (chat, document) = (chat::notification(report, due.as_str(), around), v1::event(report, incident, &around.impact, &notice));
        self.people(&notice).await?;
        if due == Due::Opened
            && let Some(line) = metrics::incident(report, visit.now.as_millisecond())
        {
            visit.delivery.log.line(&line);
        }
        join(self.chats(chat, visit), self.machines(DIAGNOSIS, document, visit)).await;
        Ok(())
    }

    /// Tells that an incident is over.
    pub(super) async fn resolved(&self, incident: &Incident, visit: &Visit<'_, W>) -> Result<(), String> {
        let notice = notice::resolved(incident);
        self.people(&notice).await?;
        let chat = chat::message(&incident.about.fingerprint, &incident.first_seen.to_string(), &notice);
        join(self.chats(Some(chat), visit), self.machines(INCIDENT, ended(incident), visit)).await;
        Ok(())
    }

    /// Tells of many incidents at once, cluster by cluster.
    pub(super) async fn storm(&self, telling: &Telling, in_memory: bool, visit: &Visit<'_, W>) -> Result<(), String> {
        let told = notice::storm(telling).into_iter().map(async |(cluster, mut notice)| {
            if in_memory {
                notice.body.push_str("  the incidents are kept in memory, so this may come again for each instance\n");
            }
            let thread = format!("{}/{cluster}", telling.key);
            let chat = chat::message(&thread, &telling.joined.to_string(), &notice);
            let new = telling.members.iter().filter(|member| member.place().0 == cluster).count() as u64;
            let before = if telling.phase == Phase::Begun { telling.before.get(&cluster).copied().unwrap_or_default() } else { 0 };
            let document = changed(&notice, &thread, new + before).to_string();
            self.people(&notice).await?;
            join(self.chats(Some(chat), visit), self.machines(INCIDENT, document, visit)).await;
            Ok(())
        });
        join_all(told).await.into_iter().collect()
    }

    async fn people(&self, notice: &Notice) -> Result<(), String> {
        match &self.topic {
            Some(topic) => topic.publish(notice).await,
            None => Ok(()),
        }
    }

    async fn chats(&self, notification: Option<String>, visit: &Visit<'_, W>) {
        let (Some(topic), Some(body)) = (&self.chat, notification) else { return };
        if let Err(error) = topic.publish_plain(&body).await {
            visit.report(Trouble::NotInChat(error));
        }
    }

    async fn machines(&self, detail_type: &str, detail: String, visit: &Visit<'_, W>) {
        let Some(bus) = &self.bus else { return };
        if let Err(error) = bus.put(detail_type, &detail).await {
            visit.report(Trouble::NotOnBus(error));
        }
    }
}

/// The end of an incident, for machines.
pub(super) fn ended(incident: &Incident) -> String {
    let mut told = changed(&notice::resolved(incident), &incident.about.fingerprint, incident.occurrences);
    told["first_seen"] = json!(incident.first_seen);
    told["last_seen"] = json!(incident.last_seen);
    told["resolved"] = json!(incident.resolved);
    told.to_string()
}

/// An incident's change as the bus and the journal tell it: the notice's words and attributes, and how many tasks or incidents it is about.
fn changed(notice: &Notice, id: &str, count: u64) -> Value {
    let single = notice.attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    let attributes: Map<String, Value> = single.chain(notice.lists.iter().map(|(name, values)| ((*name).to_owned(), json!(values)))).collect();
    json!({"schema": v1::INCIDENT_SCHEMA, "id": id, "count": count, "subject": notice.subject, "text": notice.body, "attributes": attributes})
}
