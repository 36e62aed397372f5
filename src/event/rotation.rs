//! Events that tell that a value outside of the tasks has changed: a secret's label moved to another version, or a
//! parameter was written over.

use jiff::Timestamp;
use serde::Deserialize;

use super::InputError;
use super::shape::LONGEST_NAME;
use super::wire::{Shape, object};
use crate::arn::{Arn, is_account};

/// The detail type of Secrets Manager's events, and their source.
const LABEL_UPDATED: (&str, &str) = ("Secret Label Updated", "aws.secretsmanager");
/// The same of Parameter Store.
const PARAMETER_CHANGED: (&str, &str) = ("Parameter Store Change", "aws.ssm");

/// The label that a reference follows unless it names another.
pub const CURRENT: &str = "AWSCURRENT";

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// The version of a secret on which this label is.
    Secret {
        /// The label, such as `AWSCURRENT`.
        label: String,
    },
    /// A parameter.
    Parameter,
}

/// A change of a value, as AWS's event tells it. The names are such as their service allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// What has changed.
    pub what: Rotated,
    /// Its ARN.
    pub arn: String,
    /// Its name, for a secret without what Secrets Manager appends to it.
    pub name: String,
    /// The account that it is in.
    pub account: String,
    /// The Region that it is in.
    pub region: String,
    /// The second in which it changed.
    pub at: Timestamp,
}

impl Rotation {
    /// What makes changes those of one value: the ARN, and the label where it is not the current one.
    #[must_use]
    pub fn of(&self) -> String {
        match &self.what {
            Rotated::Secret { label } if label != CURRENT => format!("{}/{label}", self.arn),
            Rotated::Secret { .. } | Rotated::Parameter => self.arn.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    account: String,
    region: String,
    time: String,
    resources: Vec<String>,
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    name: String,
    label_updated: Option<String>,
    operation: Option<String>,
}

/// The source from which AWS sends events of this detail type, where they report a change of a value.
pub(super) fn sent_by(shape: &Shape<'_>) -> Option<&'static str> {
    let kind = shape.detail_type.as_deref()?;
    [LABEL_UPDATED, PARAMETER_CHANGED].into_iter().find(|(own, _)| *own == kind).map(|(_, source)| source)
}

/// Reads such an event; `None` where it is another.
pub(super) fn read(shape: &Shape<'_>, text: &str) -> Option<Result<Rotation, InputError>> {
    let source = sent_by(shape)?;
    let expected = if source == LABEL_UPDATED.1 {
        "an event of Secrets Manager with time, account, region, the secret's ARN in resources, and a detail with its name and labelUpdated"
    } else {
        "an event of Parameter Store with time, account, region, the parameter's ARN in resources, and a detail with its name and the operation Create or Update"
    };
    let rotation = object::<Event>(text).and_then(|event| event.rotation(source == LABEL_UPDATED.1));
    Some(rotation.ok_or_else(|| InputError::new(format!("expected {expected}"))))
}

impl Event {
    fn rotation(self, is_secret: bool) -> Option<Rotation> {
        let Self { account, region, time, resources, detail: Detail { name, label_updated, operation } } =
            self;
        let [arn] = <[String; 1]>::try_from(resources).ok()?;
        let named = Arn::parse(&arn)?;
        let is_own = is_account(&account) && named.account == account && named.region == region;
        let (what, is_it, signs) = if is_secret {
            let suffix =
                named.resource.strip_prefix("secret:")?.strip_prefix(name.as_str())?.strip_prefix('-')?;
            let is_suffix = suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let label = label_updated.filter(|label| is_word(label, "/_+=.@-"))?;
            (Rotated::Secret { label }, is_suffix && named.service == "secretsmanager", "/_+=.@-")
        } else {
            let own = named.resource.strip_prefix("parameter/")?;
            let is_it = own == name.trim_start_matches('/') && named.service == "ssm";
            // One that is deleted and recreated leaves old values too.
            let is_change = matches!(operation.as_deref(), Some("Create" | "Update"));
            (Rotated::Parameter, is_it && is_change, "/_.-")
        };
        let is_whole = is_own && is_it && is_word(&name, signs) && is_word(&region, "-");
        let at = time.parse().ok()?;
        is_whole.then_some(Rotation { what, arn, name, account, region, at })
    }
}

/// Whether a text is of letters, digits and these signs.
fn is_word(text: &str, signs: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
    (1..=LONGEST_NAME).contains(&text.len()) && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::{Rotated, Rotation};
    use crate::event::read_record;
    use crate::event::sender::Trusted;
    use serde_json::{Value, json};

    const ACCOUNT: &str = "111122223333";
    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:ecs-triage-rotations";

    fn secret() -> Value {
        json!({"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "Secret Label Updated",
            "source": "aws.secretsmanager", "account": ACCOUNT, "time": "2026-02-06T16:43:48Z", "region": "eu-west-1",
            "resources": ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1b2c3"],
            "detail": {"name": "prod/db", "labelUpdated": "AWSCURRENT", "versionId": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"}})
    }

    fn parameter(name: &str, arn: &str) -> Value {
        json!({"version": "0", "id": "6a7e4feb-b491-4cf7-a9f1-bf3703497718", "detail-type": "Parameter Store Change",
            "source": "aws.ssm", "account": ACCOUNT, "time": "2026-02-06T16:43:48Z", "region": "eu-west-1",
            "resources": [arn], "detail": {"operation": "Update", "name": name, "type": "SecureString", "description": "Sample"}})
    }

    fn with(mut event: Value, path: &str, value: Value) -> Value {
        let (at, key) = path.rsplit_once('/').expect("a path");
        event.pointer_mut(at).expect("it is there")[key] = value;
        event
    }

    fn read(event: &Value) -> Option<Rotation> {
        let mut entry = read_record(&event.to_string()).remove(0);
        assert!(entry.tasks.iter().all(Result::is_err), "it reports no task: {event}");
        entry.rotation.take().map(|rotation| *rotation)
    }

    #[test]
    fn a_change_is_read_with_its_second() {
        let current = read(&secret()).expect("it reads");
        assert_eq!(
            (current.name.as_str(), current.at.to_string().as_str()),
            ("prod/db", "2026-02-06T16:43:48Z")
        );
        assert_eq!(current.what, Rotated::Secret { label: "AWSCURRENT".to_owned() });
        let blue = read(&with(secret(), "/detail/labelUpdated", json!("BLUE"))).expect("it reads");
        assert_eq!(blue.what, Rotated::Secret { label: "BLUE".to_owned() });
        // A secret whose name itself ends like a suffix.
        let ends = with(
            with(secret(), "/detail/name", json!("db-AbCd12")),
            "/resources",
            json!(["arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCd12-x9Y8z7"]),
        );
        assert_eq!(read(&ends).map(|read| read.name).as_deref(), Some("db-AbCd12"));
        for (name, arn) in [
            ("foo", "arn:aws:ssm:eu-west-1:111122223333:parameter/foo"),
            ("/prod/db/url", "arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db/url"),
            ("/foo", "arn:aws-cn:ssm:eu-west-1:111122223333:parameter/foo"),
        ] {
            let read = read(&parameter(name, arn)).expect("it reads");
            assert_eq!((read.what, read.name.as_str(), read.arn.as_str()), (Rotated::Parameter, name, arn));
        }
    }

    #[test]
    fn a_parameter_that_is_made_anew_has_changed_and_each_label_is_a_value_of_its_own() {
        let foo = parameter("foo", "arn:aws:ssm:eu-west-1:111122223333:parameter/foo");
        let of = |event: &Value| read(event).map(|rotation| rotation.of());
        assert_eq!(of(&with(foo.clone(), "/detail/operation", json!("Create"))), of(&foo));
        let (current, blue) = (secret(), with(secret(), "/detail/labelUpdated", json!("BLUE")));
        assert_ne!(of(&current), of(&blue));
        assert_eq!(
            of(&current),
            Some("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1b2c3".to_owned())
        );
    }

    #[test]
    fn what_is_not_whole_or_not_of_its_own_account_is_not_read() {
        let foo = || parameter("foo", "arn:aws:ssm:eu-west-1:111122223333:parameter/foo");
        for event in [
            with(secret(), "/resources", json!([])),
            with(
                secret(),
                "/resources",
                json!(["arn:aws:secretsmanager:eu-west-1:999988887777:secret:prod/db-a1b2c3"]),
            ),
            with(
                secret(),
                "/resources",
                json!(["arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-a1b2c3"]),
            ),
            with(
                secret(),
                "/resources",
                json!(["arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/other-a1b2c3"]),
            ),
            with(secret(), "/resources", json!(["arn:aws:ssm:eu-west-1:111122223333:secret:prod/db-a1b2c3"])),
            with(secret(), "/detail/name", json!("prod/db\nfake")),
            with(secret(), "/detail/labelUpdated", Value::Null),
            with(secret(), "/detail/labelUpdated", json!("A B")),
            with(secret(), "/time", json!("yesterday")),
            with(secret(), "/detail", json!("AWSCURRENT")),
            with(foo(), "/detail/operation", json!("LabelParameterVersion")),
            with(foo(), "/detail/operation", json!("Delete")),
            with(foo(), "/detail/name", json!("bar")),
            with(foo(), "/account", json!("root")),
        ] {
            assert_eq!(read(&event), None, "{event}");
        }
    }

    #[test]
    fn from_the_queue_they_are_taken_where_rotations_are_watched_and_from_their_own_service() {
        let objection = |event: &Value, rotations: bool| {
            let record =
                json!({"Records": [{"messageId": "m", "body": event.to_string(), "eventSourceARN": QUEUE}]});
            let sender = read_record(&record.to_string()).remove(0).sender.expect("it reads");
            Trusted { rotations, ..Trusted::default() }.objection(&sender)
        };
        let foo = || parameter("foo", "arn:aws:ssm:eu-west-1:111122223333:parameter/foo");
        for event in [secret(), foo()] {
            assert_eq!(objection(&event, true), None);
            assert!(objection(&event, false).is_some_and(|why| why.contains("aws.ecs")));
            for forged in [
                with(event.clone(), "/source", json!("aws.ecs")),
                with(event.clone(), "/source", json!("my.app")),
                with(event.clone(), "/account", json!("999988887777")),
                with(
                    event.clone(),
                    "/resources",
                    json!(["arn:aws:ssm:eu-west-1:999988887777:parameter/foo"]),
                ),
            ] {
                assert!(objection(&forged, true).is_some(), "{forged}");
            }
        }
        assert!(objection(&with(secret(), "/source", json!("aws.ssm")), true).is_some());
    }
}
