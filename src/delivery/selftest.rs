//! The self-test: one marked notice through every channel, on request of a principal that is allowed to
//! invoke the function. It is about nothing that failed, so no incident is kept of it and no metric counts
//! it; what each channel made of it is the answer.

use std::collections::BTreeMap;
use std::future::Future;

use futures_util::future::join5;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Visit;
use super::ports::{EventBus as _, Journal as _, Log as _, Publisher as _, World};
use super::trouble::Problem;
use crate::arn::Arn;
use crate::incident::store::Unreachable;
use crate::limits::PUBLISHING;
use crate::redact::redact;
use crate::render::json::v1::SELFTEST_SCHEMA;
use crate::render::{chat, notice};

/// The detail type of the bus's event.
const SELFTEST: &str = "ECS Triage Selftest";
/// The journal's stream, the chat's thread, and the notice's state.
const NAME: &str = "selftest";

/// Asks for a self-test.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    selftest: Wished,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Wished {
    /// `true`: the notice has attributes of its own.
    Plain(bool),
    /// Attributes that its notice is to have, so that it passes a subscription's filter.
    With(BTreeMap<String, String>),
}

impl Request {
    /// What an invocation asks for, if it is a self-test.
    pub(super) fn read(payload: &str) -> Option<Self> {
        serde_json::from_str(payload)
            .ok()
            .filter(|request| *request != Self { selftest: Wished::Plain(false) })
    }
}

impl<W: World> Visit<'_, W> {
    /// Sends a test through every channel, and answers with what came of it.
    pub(super) async fn selftest(&self, request: Request) -> Result<Value, Problem> {
        let wished = match request.selftest {
            Wished::Plain(_) => BTreeMap::new(),
            Wished::With(wished) => wished,
        };
        let own = Arn::parse(self.function);
        let notice = notice::selftest(own.as_ref().map(|arn| (arn.account, arn.region)), &wished, self.now)
            .map_err(Problem::Unreadable)?;
        let attributes: BTreeMap<&str, &String> =
            notice.attributes.iter().map(|(name, value)| (*name, value)).collect();
        let document = json!({"schema": SELFTEST_SCHEMA, "at": self.now, "subject": notice.subject, "attributes": attributes}).to_string();
        let chat = chat::message(NAME, &self.now.to_string(), &notice);
        let (announcer, journal, table) =
            (&self.delivery.announcer, &self.delivery.journal, &self.delivery.table);
        let (topic, chat, bus, journal, table) = join5(
            self.channel(announcer.topic.as_ref().map(|topic| topic.publish(&notice))),
            self.channel(announcer.chat.as_ref().map(|topic| topic.publish_plain(&chat))),
            self.channel(announcer.bus.as_ref().map(|bus| bus.put(SELFTEST, &document))),
            self.channel(journal.as_ref().map(async |journal| journal.append(NAME, &[&document]).await)),
            self.channel(
                table.as_ref().map(async |table| table.answers().await.map_err(|Unreachable(why)| why)),
            ),
        )
        .await;
        let channels = json!({"topic": topic, "chat": chat, "bus": bus, "journal": journal, "table": table});
        let passed =
            channels.as_object().into_iter().flatten().all(|(_, channel)| channel["state"] != "failed");
        let answer =
            json!({"schema": SELFTEST_SCHEMA, "at": self.now, "passed": passed, "channels": channels});
        self.delivery.log.line(&answer.to_string());
        Ok(answer)
    }

    /// What a channel made of it, if there is one.
    async fn channel(&self, publishing: Option<impl Future<Output = Result<(), String>>>) -> Value {
        let Some(publishing) = publishing else { return json!({"state": "not-set", "why": null}) };
        match self.within(PUBLISHING, publishing).await.unwrap_or_else(|Unreachable(why)| Err(why)) {
            Ok(()) => json!({"state": "took-it", "why": null}),
            Err(why) => json!({"state": "failed", "why": redact(&why)}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn nothing_but_the_request_is_one() {
        for (payload, is_one) in [
            (r#"{"selftest": true}"#, true),
            (r#" {"selftest": {}} "#, true),
            (r#"{"selftest": {"cluster": "prod", "owner": "network-team"}}"#, true),
            (r#"{"selftest": false}"#, false),
            (r#"{"selftest": "yes"}"#, false),
            (r#"{"selftest": {"cluster": 1}}"#, false),
            (r#"{"selftest": true, "detail": {}}"#, false),
            (r#"{"Records": []}"#, false),
            ("[]", false),
            ("", false),
        ] {
            assert_eq!(Request::read(payload).is_some(), is_one, "{payload}");
        }
    }
}
