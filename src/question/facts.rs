//! What AWS says of a thing, as far as a start can fail on it: no value of a secret has a place here.
//!
//! The names on the wire are AWS's own, so an answer reads like the API's output, live or recorded. Of the
//! Query APIs (IAM, EC2) the elements of the XML are the keys, and lists are arrays.

use std::fmt;

use jiff::Timestamp;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::event::epoch;
use crate::task_definition::facts;

mod ec2;
mod ecs;
mod iam;
mod secrets;
mod stores;

pub use ec2::{
    AclAssociation, AclEntry, Group, Instance, IpPermission, IpRange, Ipv6Range, NatGateway, NetworkAcl,
    PortRange, PrefixList, Route, RouteTable, RouteTableAssociation, SecurityGroup, Subnet, VpcDns,
    VpcEndpoint,
};
pub use ecs::{
    AwsVpcConfiguration, CapacityProvider, ContainerInstance, Deployment, ManagedEbsVolume,
    NetworkConfiguration, RunningTask, Service, ServiceArn, ServiceRevision, StoppedContainer, StoppedTask,
    VersionInfo, VolumeConfiguration, launch_type,
};
pub use iam::{Boundary, BoundaryDetail, LastUsed, MatchedStatement, OrganizationsDetail, Role, Simulation};
pub use secrets::{Key, KeyGrant, Parameter, Secret, SecretVersion};
pub use stores::{
    AccessPoint, Bucket, CacheRule, Image, LogEvent, LogGroup, MountTarget, Object, Repository,
};

/// A policy document that is attached to a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy(pub Value);

/// A point in time: epoch seconds in most JSON APIs, milliseconds in that of CloudWatch Logs, ISO 8601 in the
/// Query APIs and in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%d %H:%M UTC"))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::String(text) => text.parse().map(Self).map_err(de::Error::custom),
            value => value
                .as_f64()
                .and_then(epoch)
                .map(Self)
                .ok_or_else(|| de::Error::custom("expected ISO 8601 or epoch seconds")),
        }
    }
}

/// A number, or one in text as XML has it.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(text) => text.parse().map(Some).map_err(de::Error::custom),
        Value::Number(number) if !number.is_f64() => Ok(number.as_i64()),
        _ => Err(de::Error::custom("expected a number")),
    }
}
