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
    /// The definition.
    TaskDefinition(Box<TaskDefinition>),
    /// The service.
    Service(Box<Service>),
    /// The services of a cluster.
    Services(Listed<ServiceArn>),
    /// The revision of a service.
    ServiceRevision(Box<ServiceRevision>),
    /// Tasks that run.
    RunningTasks(Vec<RunningTask>),
    /// Clusters, by their ARN.
    Clusters(Listed<String>),
    /// Tasks of a cluster that run.
    ClusterTasks(Listed<RunningTask>),
    /// Tasks that stopped.
    StoppedTasks(Vec<StoppedTask>),
    /// The host.
    ContainerInstance(ContainerInstance),
    /// The role.
    Role(Box<Role>),
    /// IAM's decision.
    Simulation(Box<Simulation>),
    /// The secret.
    Secret(Box<Secret>),
    /// A secret's versions.
    SecretVersions(Vec<SecretVersion>),
    /// A resource's own policy.
    Policy(Policy),
    /// Secrets.
    Secrets(Listed<Secret>),
    /// Parameters.
    Parameters(Listed<Parameter>),
    /// The key.
    Key(Key),
    /// A key's grants.
    KeyGrants(Vec<KeyGrant>),
    /// Log groups.
    LogGroups(Vec<LogGroup>),
    /// What a container wrote last.
    LogLines(Vec<LogEvent>),
    /// The repository.
    Repository(Repository),
    /// Images.
    Images(Vec<Image>),
    /// Rules of a pull-through cache.
    CacheRules(Vec<CacheRule>),
    /// The bucket.
    Bucket(Bucket),
    /// Objects in a bucket.
    Objects(Vec<Object>),
    /// Mount targets.
    MountTargets(Vec<MountTarget>),
    /// Access points.
    AccessPoints(Vec<AccessPoint>),
    /// The instance.
    Instance(Instance),
    /// Subnets.
    Subnets(Vec<Subnet>),
    /// Route tables.
    RouteTables(Vec<RouteTable>),
    /// NAT gateways.
    NatGateways(Vec<NatGateway>),
    /// Endpoints.
    VpcEndpoints(Vec<VpcEndpoint>),
    /// Security groups.
    SecurityGroups(Vec<SecurityGroup>),
    /// Network ACLs.
    NetworkAcls(Vec<NetworkAcl>),
    /// How names are resolved.
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
