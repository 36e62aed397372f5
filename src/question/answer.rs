//! What AWS answered, each kind of answer with the type of what it holds, safe to keep and to print.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::facts::{
    AccessPoint, Bucket, CacheRule, ContainerInstance, Image, Instance, Key, KeyGrant, LogEvent, LogGroup,
    MountTarget, NatGateway, NetworkAcl, Object, Parameter, Policy, Repository, Role, RouteTable,
    RunningTask, Secret, SecretVersion, SecurityGroup, Service, ServiceArn, ServiceRevision, Simulation,
    StoppedTask, Subnet, VpcDns, VpcEndpoint,
};
use crate::redact::{redact, redact_name};
use crate::task_definition::TaskDefinition;

/// A list that may be too long to be read to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Listed<T> {
    /// All of it.
    Whole(Vec<T>),
    /// Its beginning: what is not in it may still be there.
    Begun {
        /// What was read.
        first: Vec<T>,
    },
}

impl<T> Listed<T> {
    /// What was read.
    #[must_use]
    pub fn items(&self) -> &[T] {
        match self {
            Self::Whole(items) | Self::Begun { first: items } => items,
        }
    }

    /// Whether what is not among the items is not there.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }
}

/// Declares what answers hold; each fact can be taken out of an answer by its type.
macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident($type:ty),)+) => {
        /// What was learned.
        #[expect(missing_docs, reason = "most variants are what their names say")]
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Answer {
            $($(#[$doc])* $name($type),)+
            /// There is no such thing, says AWS.
            Missing,
            /// It could not be learned; in words that complete "could not be read: ...".
            Unknown(String),
        }

        /// Something that an answer can hold.
        pub trait Fact: Sized {
            /// It, if the answer holds it.
            fn of(answer: &Answer) -> Option<&Self>;
        }

        $(impl Fact for $type {
            fn of(answer: &Answer) -> Option<&Self> {
                match answer {
                    Answer::$name(fact) => Some(fact),
                    _ => None,
                }
            }
        })+
    };
}

answers! {
    TaskDefinition(Box<TaskDefinition>),
    Service(Box<Service>),
    Services(Listed<ServiceArn>),
    ServiceRevision(Box<ServiceRevision>),
    RunningTasks(Vec<RunningTask>),
    /// Clusters, by their ARN.
    Clusters(Listed<String>),
    ClusterTasks(Listed<RunningTask>),
    StoppedTasks(Vec<StoppedTask>),
    ContainerInstance(ContainerInstance),
    Role(Box<Role>),
    Simulation(Box<Simulation>),
    Secret(Box<Secret>),
    SecretVersions(Vec<SecretVersion>),
    /// A resource's own policy.
    Policy(Policy),
    Secrets(Listed<Secret>),
    Parameters(Listed<Parameter>),
    Key(Key),
    KeyGrants(Vec<KeyGrant>),
    LogGroups(Vec<LogGroup>),
    /// What a container wrote last.
    LogLines(Vec<LogEvent>),
    Repository(Repository),
    Images(Vec<Image>),
    CacheRules(Vec<CacheRule>),
    Bucket(Bucket),
    Objects(Vec<Object>),
    MountTargets(Vec<MountTarget>),
    AccessPoints(Vec<AccessPoint>),
    Instance(Instance),
    Subnets(Vec<Subnet>),
    RouteTables(Vec<RouteTable>),
    NatGateways(Vec<NatGateway>),
    VpcEndpoints(Vec<VpcEndpoint>),
    SecurityGroups(Vec<SecurityGroup>),
    NetworkAcls(Vec<NetworkAcl>),
    VpcDns(VpcDns),
}

/// Fields in which AWS's answers hold sentences and lines of logs. All else in them are names.
const FREE_TEXT: &[&str] = &["message", "rolloutStateReason", "stoppedReason", "reason"];

/// Makes a value of an answer safe to keep and to print, and drops what holds nothing: what is absent is
/// absent in one way.
#[must_use]
pub fn cleaned(value: Value) -> Value {
    let field = |(name, value): (String, Value)| match value {
        Value::String(text) if FREE_TEXT.contains(&name.as_str()) => {
            (name, Value::String(redact(&text).into_owned()))
        }
        value => (name, cleaned(value)),
    };
    match value {
        Value::String(text) => Value::String(redact_name(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        Value::Object(fields) => {
            fields.into_iter().filter(|(_, value)| !value.is_null()).map(field).collect()
        }
        other => other,
    }
}
