//! Whether the network lets a task reach what it needs before it starts: judged hop by hop from what AWS
//! says, and drawn.
//!
//! [`judge`] is a pure function over a [`Snapshot`] of facts; [`mount()`] is its like for file systems,
//! [`needed()`] tells where a task must get to, [`draw()`] shows the way. All belongs to one VPC, that of the
//! caller's subnet.
//!
//! # How it judges
//!
//! - **Who calls.** On Fargate the task's own network interface; on EC2 and external instances the host's
//!   ([`Caller::host`]).
//! - **Which way.** An address that was called decides. Else an interface endpoint with private DNS takes all
//!   traffic for its service, also beside a NAT gateway. For S3 a gateway endpoint takes it where it stands
//!   in the subnet's route table. Else the routes do, the longest prefix first: to an internet gateway, which
//!   wants a public address, or to a NAT gateway, which wants to be available and in a subnet that leads out.
//! - **What shuts it.** The VPC's DNS, the endpoint's state and security groups, the egress rules of all the
//!   caller's groups together, the network ACLs of both subnets, out and back in.
//! - **A public service has any public IPv4 address.** A rule for 0.0.0.0/0 covers it, one for a part of the
//!   public addresses covers it perhaps.
//! - **Fail beats unsure beats open.** What could not be read is never taken for empty. Where traffic can go
//!   several ways (several subnets, a route for a part of the addresses, resolvers of the VPC's own) a fault
//!   is certain only if each way has one of its kind; else it is [`Path::possible`]. What something that
//!   nobody read could explain as well is [`Blockage::doubt`]ful.
//! - **A kind of hop is open** ([`Path::is_open_at`]) only where every hop of it on every way was judged.
//! - **Then is not now.** What was made or deleted after the call tells nothing of it.
//!
//! IPv6, policies and what lies behind transit gateways, appliances and private hosted zones are not judged,
//! and each such way is told.

mod address;
mod draw;
mod leg;
mod mount;
mod needed;
mod place;
mod route;
mod rules;
mod service;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::question::facts::{
    AwsVpcConfiguration, Instance, Moment, NatGateway, NetworkAcl, RouteTable, SecurityGroup, Subnet, VpcDns,
    VpcEndpoint,
};
use crate::question::{Evidence, Known, Question, ask};

pub use draw::draw;
pub use mount::mount;
pub use needed::{called_for, needed};
pub use service::{is_passed, judge, serves};

/// The network around a task, as far as it was read.
#[derive(Debug, Clone)]
pub struct Snapshot<'e> {
    /// The task's Region; endpoints serve no other.
    pub region: &'e str,
    /// The task's account; subnets of another are shared, and hide their endpoints.
    pub account: Option<&'e str>,
    /// Who makes the call.
    pub caller: Caller<'e>,
    /// When the call was made.
    pub when: When,
    /// The caller's subnets, and perhaps others of the VPC.
    pub subnets: Known<'e, Vec<Subnet>>,
    /// The VPC's route tables.
    pub route_tables: Known<'e, Vec<RouteTable>>,
    /// The VPC's NAT gateways.
    pub nat_gateways: Known<'e, Vec<NatGateway>>,
    /// The VPC's endpoints.
    pub endpoints: Known<'e, Vec<VpcEndpoint>>,
    /// Security groups, by every answer that holds some.
    pub security_groups: Vec<Known<'e, Vec<SecurityGroup>>>,
    /// The VPC's network ACLs.
    pub network_acls: Known<'e, Vec<NetworkAcl>>,
    /// How the VPC resolves names.
    pub dns: Known<'e, VpcDns>,
}

/// When a call was made, for what has a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// It is going to be made.
    #[default]
    Now,
    /// Not later than this.
    By(Timestamp),
    /// Nobody tells.
    Unknown,
}

/// Whether what is known of the caller's groups and public address is what it had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Settings {
    /// It is.
    #[default]
    Own,
    /// Nothing tells that it is another's; why that is not sure.
    Undated(String),
    /// They are those of another deployment; of which, in words.
    Changed(String),
}

/// Who makes the call, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller<'e> {
    /// The instance that makes it; absent where the task's own network interface does.
    pub host: Option<&'e str>,
    /// The subnet, or all in which it may have been; empty where none is known.
    pub subnets: Vec<&'e str>,
    /// Whether these are those of its settings, and not what was told of itself.
    pub by_settings: bool,
    /// Its VPC, where that is known before its subnet is.
    pub vpc: Option<&'e str>,
    /// Its security groups: absent if not known, the VPC's default group if empty.
    pub groups: Option<Vec<&'e str>>,
    /// Whether it has a public address.
    pub public_ip: Option<bool>,
    /// Whether it runs Windows, which takes answers on other ports.
    pub windows: bool,
    /// Whether groups and public address, and subnets where they come from there, are those that it had.
    pub settings: Settings,
}

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
    /// Who calls, and from which subnet, in words.
    pub from: String,
    /// Host and port.
    pub to: String,
    /// Whether it is open. Broken without a certain fault where every way is shut by something else.
    pub state: State,
    /// What was looked at, in order; where the caller may be in several subnets, of the worst.
    pub hops: Vec<Hop>,
    /// What certainly shuts it.
    pub faults: Vec<Blockage>,
    /// What shuts it on some of the ways that the traffic may take.
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
    /// The network ACLs on the way.
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
    /// Whether every hop of a kind on every way was judged and lets traffic pass, or is none.
    #[must_use]
    pub fn is_open_at(&self, part: Part) -> bool {
        let mut faults = self.faults.iter().chain(&self.possible);
        !faults.any(|fault| fault.what.part() == part)
            && !self.unsure.iter().any(|unsure| unsure.parts.contains(&part))
    }

    /// Whether nothing that was read shuts it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.faults.is_empty() && self.possible.is_empty() && self.state != State::Broken
    }
}

/// Something on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Such as `security group sg-1: egress tcp/443 to 0.0.0.0/0`.
    pub what: String,
    /// Whether it lets traffic pass.
    pub state: State,
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

/// Something that shuts a way, and the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blockage {
    /// What shuts it.
    pub what: Break,
    /// The subnet from which the way is shut.
    pub subnet: String,
    /// One sentence, without its full stop.
    pub proof: String,
    /// The API call that it comes from.
    pub source: &'static str,
    /// What nobody read and could explain the failure as well; a sentence without its full stop.
    pub doubt: Option<String>,
}

/// What shuts a way, with all that a command to fix it must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Break {
    /// The subnet's table leads nowhere, and no endpoint serves.
    NoRoute {
        /// The subnet's route table.
        route_table: String,
        /// A gateway endpoint for the service that the table is not part of.
        gateway: Option<String>,
        /// The destination of a route that is there and leads nowhere.
        black_hole: Option<String>,
    },
    /// The way out is an internet gateway, and the caller has no public address.
    NoPublicIp {
        /// The subnet's route table.
        route_table: String,
        /// The internet gateway.
        gateway: String,
    },
    /// The NAT gateway on the way out passes nothing on.
    NatBroken {
        /// The caller's route table.
        route_table: String,
        /// The NAT gateway.
        nat_gateway: String,
        /// The destination of the route to it.
        range: String,
    },
    /// The endpoint that takes the traffic does not answer it.
    EndpointUnreachable {
        /// The endpoint.
        endpoint: String,
        /// Its security groups, if they keep the caller out; else it is not available.
        ingress: Option<Ingress>,
    },
    /// There is an endpoint, but its private DNS is off, and there is no other way.
    EndpointPrivateDnsOff {
        /// The endpoint.
        endpoint: String,
    },
    /// The VPC does not resolve names.
    DnsOff {
        /// The VPC.
        vpc: String,
        /// `enableDnsSupport` or `enableDnsHostnames`.
        attribute: &'static str,
    },
    /// The caller's security groups let nothing out.
    SecurityGroupEgress {
        /// The groups.
        groups: Vec<String>,
        /// To where.
        to: Remote,
        /// On which port.
        port: u16,
    },
    /// A network ACL drops the traffic or its answers.
    NetworkAcl {
        /// The ACL.
        acl: String,
        /// The subnet that it guards.
        guards: String,
        /// Whether it is what leaves that subnet.
        egress: bool,
        /// The first and the last port.
        ports: (u16, u16),
        /// The addresses on the other side.
        cidr: String,
        /// Where a rule that lets it pass undoes no other.
        opening: Opening,
    },
    /// The file system has no mount target in the caller's Availability Zone.
    NoMountTargetInZone {
        /// The file system.
        file_system: String,
        /// The subnet's zone.
        zone: String,
    },
    /// The mount target does not work.
    MountTargetNotAvailable {
        /// The mount target.
        mount_target: String,
        /// What it is instead.
        state: String,
    },
    /// The mount target's security groups keep the caller out.
    MountTargetGroup {
        /// The mount target.
        mount_target: String,
        /// Its security groups.
        ingress: Ingress,
    },
}

/// Where a rule of a network ACL can be put so that it opens nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Under this number, directly before the rule that drops the traffic.
    At(i64),
    /// Nowhere before the rule of this number: the one before it has the next lower number.
    NoRoom(i64),
    /// The rule of this number shuts a part only, on purpose.
    OnPurpose(i64),
}

impl Break {
    /// The kind of hop.
    #[must_use]
    pub const fn part(&self) -> Part {
        match self {
            Self::NoRoute { .. } => Part::Route,
            Self::NoPublicIp { .. } => Part::PublicAddress,
            Self::NatBroken { .. } => Part::Nat,
            Self::EndpointUnreachable { .. } => Part::Endpoint,
            Self::EndpointPrivateDnsOff { .. } => Part::PrivateDns,
            Self::DnsOff { .. } => Part::Dns,
            Self::SecurityGroupEgress { .. } => Part::Group,
            Self::NetworkAcl { .. } => Part::Acl,
            Self::NoMountTargetInZone { .. }
            | Self::MountTargetNotAvailable { .. }
            | Self::MountTargetGroup { .. } => Part::MountTarget,
        }
    }
}

/// Security groups that let a caller in on no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    /// The groups, of an endpoint or a mount target.
    pub groups: Vec<String>,
    /// The caller's groups; empty if not known.
    pub from: Vec<String>,
    /// The addresses of the caller's subnet.
    pub cidr: Option<String>,
    /// The port.
    pub port: u16,
}

/// What a rule of a security group may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remote {
    /// Addresses.
    Cidr(String),
    /// A security group.
    Group(String),
    /// A prefix list.
    PrefixList(String),
}

impl<'e> Caller<'e> {
    /// A task with a network interface of its own, in `own` subnet if that is known, else in one of those
    /// that the service may use.
    #[must_use]
    pub fn task(own: Option<&'e str>, configuration: Option<&'e AwsVpcConfiguration>) -> Self {
        let of_service =
            || configuration.map(|configuration| configuration.subnets.iter().map(String::as_str).collect());
        Self {
            host: None,
            subnets: own.map(|subnet| vec![subnet]).or_else(of_service).unwrap_or_default(),
            by_settings: own.is_none(),
            vpc: None,
            groups: configuration
                .map(|configuration| configuration.security_groups.iter().map(String::as_str).collect()),
            public_ip: configuration
                .map(|configuration| configuration.assign_public_ip.as_deref() == Some("ENABLED")),
            ..Self::default()
        }
    }

    /// A container instance; an external one has no place in a VPC.
    #[must_use]
    pub fn host(id: &'e str, instance: Option<&'e Instance>) -> Self {
        Self {
            host: Some(id),
            subnets: instance.and_then(|instance| instance.subnet_id.as_deref()).into_iter().collect(),
            vpc: instance.and_then(|instance| instance.vpc_id.as_deref()),
            groups: instance.map(|instance| {
                instance.group_set.iter().filter_map(|group| group.group_id.as_deref()).collect()
            }),
            public_ip: instance.map(|instance| instance.public_address.is_some()),
            ..Self::default()
        }
    }
}

impl When {
    /// Whether something happened after the call, or cannot be compared with it.
    fn is_before(self, at: Option<Moment>) -> bool {
        at.is_some_and(|at| match self {
            Self::Now => false,
            Self::By(called) => at.0 > called,
            Self::Unknown => true,
        })
    }
}

impl<'e> Snapshot<'e> {
    /// What the evidence holds of a caller's network, when it made a call.
    #[must_use]
    pub fn of(
        evidence: &'e Evidence,
        region: &'e str,
        account: Option<&'e str>,
        caller: Caller<'e>,
        when: When,
    ) -> Self {
        let subnets = evidence.look(&subnets_question(region, &caller));
        let vpc = vpc_of(subnets).or(caller.vpc).unwrap_or_default();
        let of_vpc = OfVpc::new(region, vpc);
        let security_groups = evidence.answers().filter_map(|(question, _)| match question {
            Question::SecurityGroups(ask) if ask.region == region => Some(evidence.look(ask)),
            Question::NamedSecurityGroups(ask) if ask.region == region => Some(evidence.look(ask)),
            _ => None,
        });
        Self {
            region,
            account,
            caller,
            when,
            subnets,
            route_tables: evidence.look(&of_vpc.route_tables),
            nat_gateways: evidence.look(&of_vpc.nat_gateways),
            endpoints: evidence.look(&of_vpc.endpoints),
            security_groups: security_groups.collect(),
            network_acls: evidence.look(&of_vpc.network_acls),
            dns: evidence.look(&of_vpc.dns),
        }
    }

    /// The questions whose answers [`Snapshot::of`] takes: first the subnets, once these or the caller tell
    /// the VPC all about it, and once its endpoints are known their groups.
    #[must_use]
    pub fn questions(
        evidence: &Evidence,
        region: &str,
        account: Option<&str>,
        caller: &Caller<'_>,
    ) -> Vec<Question> {
        if caller.subnets.is_empty() {
            return Vec::new();
        }
        let question = subnets_question(region, caller);
        let subnets = evidence.look(&question);
        let mut questions = vec![question.into()];
        let Some(vpc) = vpc_of(subnets).or(caller.vpc) else { return questions };
        let of_vpc = OfVpc::new(region, vpc);
        let named = caller.groups.as_deref().unwrap_or_default();
        questions.extend(named_groups(region, named.iter().map(|&id| id.to_owned())).map(Question::from));
        // A host's VPC is known last, and its endpoints with it. Only a list of all shows the default group,
        // which tells also whose VPC it is.
        let is_shared =
            subnets.found().into_iter().flatten().any(|subnet| {
                account.zip(subnet.owner_id.as_deref()).is_some_and(|(own, owner)| own != owner)
            });
        if caller.host.is_some() || is_shared || caller.groups.as_ref().is_some_and(Vec::is_empty) {
            questions.push(ask::SecurityGroups { region: region.to_owned(), vpc: vpc.to_owned() }.into());
        } else {
            let endpoints = evidence.look(&of_vpc.endpoints).found().into_iter().flatten();
            let groups = endpoints
                .filter(|endpoint| needed::may_be_needed(endpoint))
                .flat_map(|endpoint| &endpoint.group_set);
            let others =
                groups.filter_map(|group| group.group_id.clone()).filter(|id| !named.contains(&id.as_str()));
            questions.extend(named_groups(region, others).map(Question::from));
        }
        questions.extend(of_vpc.all());
        questions
    }
}

/// The question after security groups, where there are any.
pub(crate) fn named_groups(
    region: &str,
    ids: impl Iterator<Item = String>,
) -> Option<ask::NamedSecurityGroups> {
    let ids: BTreeSet<String> = ids.collect();
    (!ids.is_empty())
        .then(|| ask::NamedSecurityGroups { region: region.to_owned(), ids: ids.into_iter().collect() })
}

fn vpc_of(subnets: Known<'_, Vec<Subnet>>) -> Option<&str> {
    subnets.found()?.iter().find_map(|subnet| subnet.vpc_id.as_deref())
}

fn subnets_question(region: &str, caller: &Caller<'_>) -> ask::Subnets {
    let mut ids: Vec<String> = caller.subnets.iter().map(|&id| id.to_owned()).collect();
    ids.sort();
    ids.dedup();
    ask::Subnets { region: region.to_owned(), ids }
}

/// The questions about a VPC.
struct OfVpc {
    route_tables: ask::RouteTables,
    nat_gateways: ask::NatGateways,
    endpoints: ask::VpcEndpoints,
    network_acls: ask::NetworkAcls,
    dns: ask::VpcDns,
}

impl OfVpc {
    fn new(region: &str, vpc: &str) -> Self {
        let (region, vpc) = (|| region.to_owned(), || vpc.to_owned());
        Self {
            route_tables: ask::RouteTables { region: region(), vpc: vpc() },
            nat_gateways: ask::NatGateways { region: region(), vpc: vpc() },
            endpoints: ask::VpcEndpoints { region: region(), vpc: vpc() },
            network_acls: ask::NetworkAcls { region: region(), vpc: vpc() },
            dns: ask::VpcDns { region: region(), vpc: vpc() },
        }
    }

    fn all(self) -> [Question; 5] {
        [
            self.route_tables.into(),
            self.nat_gateways.into(),
            self.endpoints.into(),
            self.network_acls.into(),
            self.dns.into(),
        ]
    }
}
