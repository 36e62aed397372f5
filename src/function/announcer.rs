//! Whoever is told: people by the topic, chats by a second, machines by a bus and by metrics.
//!
//! The topic decides: what it did not take is not announced. The others are told after it, and what they do not take is logged.

use std::io::{self, Write as _};

use futures_util::future::join;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::aws::bus::Bus;
use crate::aws::sns::Topic;
use crate::context::Surroundings;
use crate::diagnosis::Report;
use crate::incident::storm::Storm;
use crate::incident::{Due, Incident};
use crate::render::json::v1;
use crate::render::notice::{self, Notice};
use crate::render::{chat, metrics};

/// Where notices go.
#[derive(Debug)]
pub(super) struct Announcer {
    pub(super) topic: Option<Topic>,
    pub(super) chat: Option<Topic>,
    pub(super) bus: Option<Bus>,
}

/// The detail types of the bus's events.
const DIAGNOSIS: &str = "ECS Triage Diagnosis";
const INCIDENT: &str = "ECS Triage Incident Change";

impl Announcer {
    /// Whether anybody is told at all.
    pub(super) const fn announces(&self) -> bool {
        self.topic.is_some()
    }

    /// Tells of a failure.
    pub(super) async fn failure(
        &self,
        report: &Report<'_>,
        incident: Option<&Incident>,
        due: Due,
        around: &Surroundings,
        now: Timestamp,
    ) -> Result<(), String> {
        let Some(notice) = notice::of(report, due.as_str(), around) else { return Ok(()) };
        // Worded before anybody is told: what fails here must not be told twice.
        let (chat, document) = (chat::notification(report, due.as_str(), around), v1::line_of(report, incident));
        self.people(&notice).await?;
        if due == Due::Opened
            && let Some(line) = metrics::incident(report, now.as_millisecond())
        {
            log(&line);
        }
        join(self.chats(chat), self.machines(DIAGNOSIS, document)).await;
        Ok(())
    }

    /// Tells that an incident is over.
    pub(super) async fn resolved(&self, incident: &Incident) -> Result<(), String> {
        let notice = notice::resolved(incident);
        self.people(&notice).await?;
        let chat = chat::message(&incident.about.fingerprint, Due::Resolved.as_str(), &notice.subject, &notice.body);
        join(self.chats(Some(chat)), self.machines(INCIDENT, ended(incident))).await;
        Ok(())
    }

    /// Tells of many incidents at once, cluster by cluster.
    pub(super) async fn storm(&self, incident: &Incident, storm: &Storm) -> Result<(), String> {
        let key = crate::incident::storm::key(&incident.about);
        for (cluster, notice) in notice::storm(&incident.about, storm) {
            let thread = format!("{key}/{cluster}");
            let chat = chat::message(&thread, "storm", &notice.subject, &notice.body);
            let count = storm.members.iter().filter(|member| member.place().0 == cluster).count();
            let document = changed(&notice, &thread, u64::try_from(count).unwrap_or(u64::MAX)).to_string();
            self.people(&notice).await?;
            join(self.chats(Some(chat)), self.machines(INCIDENT, document)).await;
        }
        Ok(())
    }

    async fn people(&self, notice: &Notice) -> Result<(), String> {
        match &self.topic {
            Some(topic) => topic.publish(notice).await.map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    async fn chats(&self, notification: Option<String>) {
        let (Some(topic), Some(body)) = (&self.chat, notification) else { return };
        if let Err(error) = topic.publish_plain(&body).await {
            tracing::warn!(error = %error, "announced, but not in the chat");
        }
    }

    async fn machines(&self, detail_type: &str, detail: String) {
        let Some(bus) = &self.bus else { return };
        if let Err(error) = bus.put(detail_type, &detail).await {
            tracing::warn!(error = %error, "announced, but not on the bus");
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

/// An incident's change as the bus and the journal tell it: the notice's attributes, and how many tasks or incidents it is about.
fn changed(notice: &Notice, id: &str, count: u64) -> Value {
    let single = notice.attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    let attributes: Map<String, Value> = single.chain(notice.lists.iter().map(|(name, values)| ((*name).to_owned(), json!(values)))).collect();
    json!({"schema": v1::INCIDENT_SCHEMA, "id": id, "count": count, "subject": notice.subject, "attributes": attributes})
}

/// Writes a line to the function's log. One that cannot be written must not keep the team from hearing.
pub(super) fn log(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}
