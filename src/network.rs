//! Whether a task can reach over the network what it needs before it starts: judged hop by hop from what AWS
//! says, and drawn.
//!
//! [`judge`] is a pure function over a [`Snapshot`] of facts; [`mount()`] is its like for file systems,
//! [`needed()`] says what a task must reach, [`draw()`] shows the path. All belongs to one VPC, that of the
//! caller's subnet.
//!
//! # How it judges
//!
//! - **Who calls.** On Fargate the task's own network interface; on EC2 and external instances the host's
//!   ([`Caller::host`]).
//! - **Which way.** An address that was called decides. Else an interface endpoint with private DNS takes all
//!   traffic for its service, even if there is a NAT gateway. For S3 a gateway endpoint takes it where it is
//!   in the subnet's route table. Else the routes do, the longest prefix first: to an internet gateway, which
//!   needs a public address, or to a NAT gateway, which must be available and in a subnet that leads out.
//! - **What blocks it.** The VPC's DNS, the endpoint's state and security groups, the egress rules of all the
//!   caller's groups together, the network ACLs of both subnets, out and back in.
//! - **A public service has any public IPv4 address.** A rule for 0.0.0.0/0 covers it, one for a part of the
//!   public addresses covers it perhaps.
//! - **Fail beats unsure beats open.** What could not be read is never taken for empty. Where traffic can go
//!   several ways (several subnets, a route for a part of the addresses, resolvers of the VPC's own) a
//!   blockage is certain only if each way has one of its kind; else it is [`Path::possible`]. What something
//!   that was not read could explain as well is [`Blockage::doubt`]ful.
//! - **A kind of hop is open** ([`Path::is_open_at`]) only where every hop of it on every way was judged.
//! - **Then is not now.** What was created or deleted after the call says nothing about it.
//!
//! IPv6, policies and what lies behind transit gateways, appliances and private hosted zones are not judged,
//! and each such path is named.

mod address;
mod blockage;
mod draw;
mod leg;
mod mount;
mod needed;
mod place;
mod route;
mod rules;
mod service;
mod snapshot;
mod walk;

use std::borrow::Cow;
use std::net::IpAddr;

pub use blockage::{Blockage, Break, Ingress, Opening, Remote};
pub use draw::draw;
pub use mount::mount;
pub use needed::{called_for, needed};
pub use service::{is_passed, judge, serves};
pub(crate) use snapshot::named_groups;
pub use snapshot::{Caller, Settings, Snapshot, When};

/// Where a task must get to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// How VPC endpoints name the service, such as `secretsmanager` or `ecr.api`; absent outside of AWS.
    pub service: Option<Cow<'static, str>>,
    /// The service's Region.
    pub region: String,
    /// The host's name.
    pub host: String,
    /// Which of the service's names it is.
    pub names: Names,
    /// The port.
    pub port: u16,
    /// The address that was called.
    pub address: Option<IpAddr>,
    /// Why the Region is not sure.
    pub guessed: Option<String>,
}

/// A family of names that a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// `SERVICE.REGION.amazonaws.com`.
    #[default]
    Plain,
    /// `SERVICE-fips...`: endpoint services of its own serve it.
    Fips,
    /// Names that have IPv6 addresses as well.
    DualStack,
}

/// The way to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The caller and its subnet, in words.
    pub from: String,
    /// Host and port.
    pub to: String,
    /// Whether it is open. Broken without a certain blockage where every way is blocked by something else.
    pub state: State,
    /// What was looked at, in order; where the caller may be in several subnets, of the worst.
    pub hops: Vec<Hop>,
    /// What certainly blocks it.
    pub blockages: Vec<Blockage>,
    /// What blocks it on some of the paths that the traffic can take.
    pub possible: Vec<Blockage>,
    /// What could not be judged.
    pub unsure: Vec<Unsure>,
}

/// Something that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsure {
    /// One sentence, without its full stop.
    pub text: String,
    /// The kinds of hops that it leaves open.
    pub parts: &'static [Part],
}

/// The kinds of hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// How the name is resolved.
    Dns,
    /// The caller's security groups.
    Group,
    /// The network ACLs on the path.
    Acl,
    /// The endpoint that takes the traffic.
    Endpoint,
    /// The private DNS of an endpoint.
    PrivateDns,
    /// The route tables.
    Route,
    /// The NAT gateway.
    Nat,
    /// The caller's public address.
    PublicAddress,
    /// The mount target of a file system.
    MountTarget,
}

impl Part {
    /// Every kind.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Dns,
        Self::Group,
        Self::Acl,
        Self::Endpoint,
        Self::PrivateDns,
        Self::Route,
        Self::Nat,
        Self::PublicAddress,
        Self::MountTarget,
    ];
    /// All but how the name is resolved.
    const BEHIND_THE_NAME: &'static [Self] = &[
        Self::Group,
        Self::Acl,
        Self::Endpoint,
        Self::PrivateDns,
        Self::Route,
        Self::Nat,
        Self::PublicAddress,
    ];
    /// The ways by routes, and what an endpoint has to do with them.
    const WAYS: &'static [Self] =
        &[Self::Endpoint, Self::PrivateDns, Self::Route, Self::Nat, Self::PublicAddress];
    /// The ways by routes.
    const ROUTES: &'static [Self] = &[Self::Route, Self::Nat, Self::PublicAddress];
}

impl Path {
    /// Whether every hop of a kind on every way was judged and passes traffic, or is none.
    #[must_use]
    pub fn is_open_at(&self, part: Part) -> bool {
        let mut blockages = self.blockages.iter().chain(&self.possible);
        !blockages.any(|blockage| blockage.what.part() == part)
            && !self.unsure.iter().any(|unsure| unsure.parts.contains(&part))
    }

    /// Whether nothing that was read blocks it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.blockages.is_empty() && self.possible.is_empty() && self.state != State::Broken
    }
}

/// One part of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Such as `security group sg-1: egress tcp/443 to 0.0.0.0/0`.
    pub what: String,
    /// Whether it passes traffic.
    pub state: State,
    /// Why it does not, or why that is not known; a sentence without its full stop, as a finding says it.
    pub why: Option<String>,
}

/// Whether traffic passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum State {
    /// There is no such thing, so traffic goes another way.
    Absent,
    /// It passes.
    #[default]
    Ok,
    /// It may.
    Unsure,
    /// It does not.
    Broken,
}

impl State {
    /// In a word, where no drawing shows it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Absent => "n/a",
            Self::Ok => "OK",
            Self::Unsure => "?",
            Self::Broken => "FAIL",
        }
    }
}
