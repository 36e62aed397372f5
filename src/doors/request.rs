//! What comes to the doors: which door it is for, and what it says, however much of it is broken.
//!
//! Each field of a request is read by itself. One that is of another type, or nested deeper than anybody
//! reads, is as good as absent, and the rest still tells whom to answer.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::arn::{Arn, is_account, is_region};
use crate::check::Place;
use crate::redact::redact_name;

/// A name of AWS is not longer.
const LONGEST_NAME: usize = 2_048;

/// A request to a door.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// A lifecycle hook of a deployment of ECS.
    Deployment(Deployment),
    /// An event of a deployment that waits for a person.
    Pause(Pause),
    /// A Lambda hook of CloudFormation.
    Hook(Hook),
    /// A custom resource.
    Custom(Custom),
    /// A schedule; the event's id.
    Schedule(String),
    /// None of these; in words that complete "found ...".
    Other(String),
}

/// A service, as its ARN names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its cluster.
    pub cluster: String,
    /// Its name.
    pub name: String,
}

/// A lifecycle hook of a deployment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Deployment {
    /// The stage that the deployment is in.
    pub stage: String,
    /// The service.
    pub service: Option<Service>,
    /// The ARN of what it is about to start.
    pub revision: Option<String>,
    /// What the hook is configured with, and what it answered before.
    pub details: Map<String, Value>,
}

/// A deployment that waits for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pause {
    /// The event's name.
    pub event: String,
    /// The stage that the deployment is in.
    pub stage: String,
    /// The service.
    pub service: Option<Service>,
    /// The hook, for the command that goes on.
    pub hook: Option<String>,
}

/// A Lambda hook of CloudFormation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hook {
    /// What the answer repeats.
    pub token: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The stack's ARN; none where Cloud Control calls, which knows no stack.
    pub stack: Option<String>,
    /// Whether Cloud Control calls.
    pub is_cloud_control: bool,
    /// How often it was called for the same.
    pub invocation: u64,
    /// What it is about.
    pub target: Target,
}

/// What a hook of CloudFormation is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Target {
    /// Something to which it has nothing to say; in words.
    #[default]
    Nothing,
    /// A resource that is about to be made or changed.
    Resource(Resource),
    /// A stack or change set, whose content is at a URL.
    Document(String),
}

/// A resource of CloudFormation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    /// Its type.
    pub kind: String,
    /// Its name in the template.
    pub name: String,
    /// Its properties.
    pub properties: Value,
}

/// A custom resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Custom {
    /// `Create`, `Update` or `Delete`.
    pub change: String,
    /// Where the answer goes.
    pub response_url: Option<String>,
    /// What the answer repeats: `StackId`, `RequestId`, `LogicalResourceId`.
    pub ids: [String; 3],
    /// What it was called before.
    pub physical_id: Option<String>,
    /// What its author says.
    pub properties: Map<String, Value>,
}

/// The top of a request.
struct Fields<'p>(BTreeMap<String, &'p RawValue>);

impl Request {
    /// Reads a request.
    #[must_use]
    pub fn read(payload: &str) -> Self {
        let Ok(fields) = serde_json::from_str(payload).map(Fields) else {
            return Self::Other("no JSON object".to_owned());
        };
        if fields.has("lifecycleStage") && !fields.has("detail") {
            return Self::Deployment(Deployment::read(&fields));
        }
        if fields.text("detail-type").is_some_and(|kind| kind == "ECS Hook State Change") {
            return Self::Pause(Pause::read(&fields));
        }
        if fields.text("detail-type").is_some_and(|kind| kind == "Scheduled Event") {
            return Self::Schedule(fields.text("id").unwrap_or_default());
        }
        if fields.has("requestData") || fields.has("hookTypeName") || fields.has("actionInvocationPoint") {
            return Self::Hook(Hook::read(&fields));
        }
        if fields.has("ResponseURL") || fields.has("RequestType") {
            return Self::Custom(Custom::read(&fields));
        }
        let names: Vec<&str> = fields.0.keys().take(5).map(String::as_str).collect();
        Self::Other(if names.is_empty() {
            "an empty object".to_owned()
        } else {
            format!("an object with {}", redact_name(&names.join(", ")))
        })
    }
}

impl Fields<'_> {
    fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// A field, however its name is spelled: AWS's pages do not agree with each other.
    fn raw(&self, name: &str) -> Option<&RawValue> {
        self.0
            .get(name)
            .or_else(|| self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value))
            .copied()
    }

    fn value(&self, name: &str) -> Value {
        self.raw(name).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.raw(name).and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    fn map(&self, name: &str) -> Map<String, Value> {
        match self.value(name) {
            Value::Object(map) => map,
            Value::String(text) => serde_json::from_str(&text).unwrap_or_default(),
            _ => Map::new(),
        }
    }
}

impl Service {
    /// Where its tasks run.
    #[must_use]
    pub fn place(&self) -> Place {
        let [region, account, cluster, service] =
            [&self.region, &self.account, &self.cluster, &self.name].map(Clone::clone);
        Place {
            region,
            account: Some(account),
            cluster: Some(cluster),
            service: Some(service),
            ..Place::default()
        }
    }

    /// Reads the ARN of a service.
    #[must_use]
    pub fn of_arn(text: &str) -> Option<Self> {
        let arn = Arn::parse(text)
            .filter(|arn| arn.service == "ecs" && is_region(arn.region) && is_account(arn.account))?;
        let (cluster, name) = arn.resource.strip_prefix("service/")?.split_once('/')?;
        let is_name = |name: &str| {
            (1..=255).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let [account, region, cluster, name] = [arn.account, arn.region, cluster, name].map(str::to_owned);
        (is_name(&cluster) && is_name(&name)).then_some(Self { account, region, cluster, name })
    }
}

impl Deployment {
    /// The fields are in `executionDetails`, and were at the top before 2026.
    fn read(fields: &Fields<'_>) -> Self {
        let details = fields.map("executionDetails");
        let text = |name: &str| text(&details, name).map(str::to_owned).or_else(|| fields.text(name));
        Self {
            stage: fields.text("lifecycleStage").unwrap_or_default(),
            service: text("serviceArn").and_then(|arn| Service::of_arn(&arn)),
            revision: text("targetServiceRevisionArn").filter(|arn| is_revision(arn)),
            details: fields.map("hookDetails"),
        }
    }
}

fn is_revision(text: &str) -> bool {
    text.len() <= LONGEST_NAME
        && Arn::parse(text).is_some_and(|arn| {
            arn.service == "ecs" && is_region(arn.region) && arn.resource.starts_with("service-revision/")
        })
}

impl Pause {
    fn read(fields: &Fields<'_>) -> Self {
        let detail = fields.map("detail");
        let of = |name: &str| text(&detail, name).unwrap_or_default().to_owned();
        // It is part of a command that a person pastes.
        let is_id = |id: &&str| {
            (1..=128).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        Self {
            event: of("eventName"),
            stage: of("lifecycleStage"),
            service: text(&detail, "serviceArn").and_then(Service::of_arn),
            hook: text(&detail, "hookId").filter(|id| is_id(id) && id.starts_with("ecs-")).map(str::to_owned),
        }
    }
}

impl Hook {
    fn read(fields: &Fields<'_>) -> Self {
        let data = fields.map("requestData");
        let context = fields.map("requestContext");
        let stack = fields.text("stackId").filter(|stack| !stack.is_empty());
        let of = |name: &str| text(&data, name).unwrap_or_default().to_owned();
        let deletes = fields
            .text("actionInvocationPoint")
            .is_some_and(|point| point.to_ascii_uppercase().starts_with("DELETE"));
        let url = text(&data, "payload").filter(|_| !deletes);
        let properties = member(&data, "targetModel")
            .and_then(Value::as_object)
            .and_then(|model| member(model, "resourceProperties"));
        let target = match (url, properties) {
            (Some(url), _) => Target::Document(url.to_owned()),
            (None, Some(properties)) if !deletes => Target::Resource(Resource {
                kind: of("targetName"),
                name: of("targetLogicalId"),
                properties: properties.clone(),
            }),
            _ => Target::Nothing,
        };
        Self {
            token: fields.text("clientRequestToken"),
            account: fields.text("awsAccountId").filter(|account| is_account(account)),
            is_cloud_control: stack.is_none() && matches!(target, Target::Resource(_)),
            stack,
            invocation: member(&context, "invocation").and_then(number).unwrap_or(1),
            target,
        }
    }
}

impl Custom {
    fn read(fields: &Fields<'_>) -> Self {
        Self {
            change: fields.text("RequestType").unwrap_or_default(),
            response_url: fields.text("ResponseURL"),
            ids: ["StackId", "RequestId", "LogicalResourceId"]
                .map(|name| fields.text(name).unwrap_or_default()),
            physical_id: fields.text("PhysicalResourceId").filter(|id| !id.is_empty()),
            properties: fields.map("ResourceProperties"),
        }
    }
}

/// A member of an object, its name in any case.
pub(super) fn member<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    map.get(name)
        .or_else(|| map.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The text of a member; none where it is empty.
pub(super) fn text<'m>(map: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    member(map, name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A number, also as CloudFormation writes it: in a text.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
