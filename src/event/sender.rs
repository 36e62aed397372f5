//! Who sent a message of the queue, and which senders are accepted.
//!
//! A principal that can send to the queue, or put events of another source on the bus, could announce
//! failures that never were and end those that are. So the queue is for AWS's own events of known accounts. A
//! manual request invokes the function directly.
//!
//! An organization's accounts send with a role of theirs, and it is the queue's policy that knows them: what
//! a message says of its account could be said by any principal that can use such a role.

use crate::arn::is_account;

/// The source of ECS's events: only AWS can put one on a bus.
const ECS: &str = "aws.ecs";

/// What a message says of where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The event's source; absent if it is not an event.
    pub source: Option<String>,
    /// The source from which AWS sends events of its kind, where that is not ECS.
    pub native: Option<&'static str>,
    /// The account in the event's envelope.
    pub account: Option<String>,
    /// Another account, whose things the event names.
    pub stranger: Option<String>,
    /// The account of the queue that it came through, in Lambda's words.
    pub queue: Option<String>,
}

/// Who is listened to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// A source in addition to that of ECS, for tests: they cannot put an event of AWS on a bus.
    pub test_source: Option<String>,
    /// Accounts in addition to the function's own.
    pub accounts: Vec<String>,
    /// Whether the queue takes events of ECS from an organization's accounts, so that each may be one of them.
    pub organization: bool,
    /// Whether events of Secrets Manager and Parameter Store are taken, which report changes.
    pub rotations: bool,
    /// The function's own account; where it is not known, that of the queue counts.
    pub own: Option<String>,
}

impl Trusted {
    /// Why a message is not listened to; `None` where it is.
    #[must_use]
    pub fn objection(&self, sender: &Sender) -> Option<String> {
        let expected = sender.native.filter(|_| self.rotations).unwrap_or(ECS);
        let is_watched = self.rotations || sender.native.is_none();
        let Some(source) = &sender.source else {
            return Some(format!("expected an event with a detail and the source {expected}, found none"));
        };
        if !is_watched || source != expected && Some(source) != self.test_source.as_ref() {
            return Some(format!("expected an event with the source {expected}, found {source:?}"));
        }
        let own = self.own.as_ref().or(sender.queue.as_ref());
        match &sender.account {
            None => Some("expected an event with an account, found none".to_owned()),
            Some(account)
                if own != Some(account)
                    && !self.accounts.contains(account)
                    && !(self.organization && sender.native.is_none() && is_account(account)) =>
            {
                Some(format!(
                    "expected an event of the function's own account or of one in ECS_TRIAGE_ACCOUNTS, found {account}"
                ))
            }
            Some(account) => sender.stranger.as_ref().map(|stranger| {
                format!(
                    "expected an event of {account} that names only its own things, found one of {stranger}"
                )
            }),
        }
    }

    /// The account in which things of an event are, where it is another than the function's own. What this
    /// account has under the same names says nothing about that account's task.
    #[must_use]
    pub fn elsewhere<'a>(&self, account: Option<&'a str>) -> Option<&'a str> {
        account.filter(|account| {
            self.own.as_deref() != Some(*account)
                && (self.organization || self.accounts.iter().any(|listed| listed == account))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Sender, Trusted};
    use crate::event::read_record;
    use serde_json::{Value, json};

    const OWN: &str = "111122223333";
    const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:ecs-triage-events";

    fn sender(body: &Value, queue: &str) -> Sender {
        let record =
            json!({"Records": [{"messageId": "m", "body": body.to_string(), "eventSourceARN": queue}]});
        read_record(&record.to_string()).remove(0).sender.expect("it reads")
    }

    fn event(file: &str) -> Value {
        serde_json::from_str(file).expect("JSON")
    }

    fn with(path: &str, value: Value) -> Value {
        let mut event = event(include_str!("../../events/secret-key-missing.json"));
        *event.pointer_mut(path).expect("it is there") = value;
        event
    }

    #[test]
    fn events_of_ecs_from_known_accounts_are_listened_to() {
        let ours = [
            include_str!("../../events/secret-key-missing.json"),
            include_str!("../../events/service-steady-state.json"),
        ]
        .map(event);
        let by_queue = Trusted::default();
        let by_name = Trusted { own: Some(OWN.to_owned()), ..Trusted::default() };
        let listed = Trusted {
            own: Some("444455556666".to_owned()),
            accounts: vec![OWN.to_owned()],
            ..Trusted::default()
        };
        for event in ours {
            for (trusted, queue) in [(&by_queue, QUEUE), (&by_name, ""), (&listed, "")] {
                let account = event["account"].as_str().expect("an account");
                let event: Value =
                    serde_json::from_str(&event.to_string().replace(account, OWN)).expect("JSON");
                assert_eq!(trusted.objection(&sender(&event, queue)), None, "{event}");
            }
        }
    }

    #[test]
    fn nothing_else_of_the_queue_is() {
        let trusted = Trusted { accounts: vec!["444455556666".to_owned()], ..Trusted::default() };
        let foreign = "arn:aws:ecs:us-east-1:999988887777:task/prod/8b9a1785791d0b80a17f4f1cff9c8f5a";
        let refused = [
            (json!({"stoppedReason": "x"}), "found none"),
            (json!({"tasks": [{"stoppedReason": "x"}], "source": "aws.ecs", "account": OWN}), "found none"),
            (json!({"Records": [], "source": "aws.ecs"}), "found none"),
            (with("/source", json!("my.app")), "my.app"),
            (with("/source", json!(["aws.ecs"])), "found none"),
            (with("/source", json!("aws.ecs\u{1b}[31m")), "aws.ecs~"),
            (with("/account", json!("999988887777")), "found 999988887777"),
            (with("/account", Value::Null), "found none"),
            (with("/account", json!("")), "found none"),
            (with("/detail/taskArn", json!(foreign)), "one of 999988887777"),
            (
                with("/detail/clusterArn", json!("arn:aws:ecs:us-east-1:999988887777:cluster/prod")),
                "one of 999988887777",
            ),
            (
                with("/resources/0", json!("arn:aws:ecs:us-east-1:999988887777:service/prod/api")),
                "one of 999988887777",
            ),
            (with("/account", json!("444455556666")), "one of 111122223333"),
        ];
        for (body, said) in refused {
            let objection = trusted.objection(&sender(&body, QUEUE));
            assert!(
                objection.as_deref().is_some_and(|why| why.contains(said) && !why.contains('\n')),
                "{body}: {objection:?}"
            );
        }
    }

    #[test]
    fn without_an_account_of_its_own_it_listens_to_nobody() {
        let event = event(include_str!("../../events/secret-key-missing.json"));
        assert!(Trusted::default().objection(&sender(&event, "")).is_some());
    }

    #[test]
    fn the_accounts_of_an_organization_send_events_of_ecs_about_their_own_things() {
        let organization = Trusted { organization: true, ..Trusted::default() };
        let failure = |account: &str| {
            let text = event(include_str!("../../events/secret-key-missing.json")).to_string();
            serde_json::from_str::<Value>(&text.replace(OWN, account)).expect("JSON")
        };
        for account in ["444455556666", "999988887777", OWN] {
            assert_eq!(organization.objection(&sender(&failure(account), QUEUE)), None, "{account}");
            let is_own = account == OWN;
            assert_eq!(Trusted::default().objection(&sender(&failure(account), QUEUE)).is_none(), is_own);
        }
        for account in ["4444", "*", "4444555566667", "44445555666\u{664}", "aws", ""] {
            let refused = organization.objection(&sender(&failure(account), QUEUE));
            assert!(refused.is_some(), "{account}");
        }
        let mut of_another = failure("444455556666");
        of_another["detail"]["clusterArn"] = json!("arn:aws:ecs:us-east-1:999988887777:cluster/prod");
        assert!(organization.objection(&sender(&of_another, QUEUE)).is_some());
        let mut made_up = failure("444455556666");
        made_up["source"] = json!("my.app");
        assert!(organization.objection(&sender(&made_up, QUEUE)).is_some());
    }

    #[test]
    fn changes_of_secrets_are_those_of_accounts_that_are_listed() {
        let trusted = Trusted { organization: true, rotations: true, ..Trusted::default() };
        let listed = Trusted { accounts: vec!["444455556666".to_owned()], ..trusted.clone() };
        let parameter = json!({
            "source": "aws.ssm", "detail-type": "Parameter Store Change", "account": OWN, "region": "us-east-1",
            "time": "2026-11-27T03:00:00Z", "detail": {"operation": "Update", "name": "/prod/db"},
        });
        for event in [event(include_str!("../../tests/stack/rotation/event.json")), parameter] {
            let of = |other: &str| {
                let text = event.to_string().replace(OWN, other);
                sender(&serde_json::from_str(&text).expect("JSON"), QUEUE)
            };
            assert_eq!(trusted.objection(&of(OWN)), None, "{event}");
            assert!(trusted.objection(&of("444455556666")).is_some(), "{event}");
            assert_eq!(listed.objection(&of("444455556666")), None, "{event}");
        }
    }

    #[test]
    fn what_is_elsewhere_is_not_looked_for_here() {
        let own = Some(OWN.to_owned());
        let alone = Trusted { own: own.clone(), ..Trusted::default() };
        let listed = Trusted { accounts: vec!["444455556666".to_owned()], ..alone.clone() };
        let organization = Trusted { organization: true, ..alone.clone() };
        for (trusted, account, elsewhere) in [
            (&alone, Some(OWN), false),
            (&alone, None, false),
            (&alone, Some("444455556666"), false), // somebody asks about it by hand
            (&listed, Some(OWN), false),
            (&listed, Some("444455556666"), true),
            (&listed, Some("999988887777"), false),
            (&organization, Some(OWN), false),
            (&organization, None, false),
            (&organization, Some("999988887777"), true),
        ] {
            assert_eq!(trusted.elsewhere(account), account.filter(|_| elsewhere), "{trusted:?} {account:?}");
        }
    }

    #[test]
    fn a_test_source_counts_where_it_is_set() {
        let event = with("/source", json!("test.ecs"));
        assert!(Trusted::default().objection(&sender(&event, QUEUE)).is_some());
        assert_eq!(
            Trusted { test_source: Some("test.ecs".to_owned()), ..Trusted::default() }
                .objection(&sender(&event, QUEUE)),
            None
        );
    }
}
