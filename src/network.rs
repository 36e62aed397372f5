//! Whether the network lets a task reach what it needs before it starts: judged hop by hop from what AWS says, and drawn.
//!
//! [`judge`] is a pure function over a [`Snapshot`] of facts; [`mount()`] is its like for file systems, [`needed()`] tells where a task must get to,
//! [`draw()`] shows the way. All belongs to one VPC, that of the caller's subnet.
//!
//! # How it judges
//!
//! - **Who calls.** On Fargate the task's own network interface; on EC2 and external instances the host's ([`Caller::host`]).
//! - **Which way.** An interface endpoint with private DNS takes all traffic for its service, also beside a NAT gateway. For S3 a gateway endpoint
//!   takes it where it stands in the subnet's route table. Else the default route does: to an internet gateway, which wants a public address, or
//!   to a NAT gateway, which wants to be available, public and in a subnet that leads to an internet gateway.
//! - **What shuts it.** The VPC's DNS, the endpoint's state and security groups, the egress rules of all the caller's groups together, the network
//!   ACLs of both subnets, out and back in.
//! - **A public service has any public IPv4 address.** A rule for 0.0.0.0/0 covers it, one for a part of the public addresses covers it perhaps.
//! - **Fail beats unsure beats open.** What could not be read is never taken for empty. Where traffic can go several ways (several subnets, a route
//!   for a part of the addresses, resolvers of the VPC's own) a fault is certain only if each way has one of its kind; else it is
//!   [`Path::possible`].
//!
//! IPv6, policies and what lies behind transit gateways, appliances and private hosted zones are not judged.

mod address;
mod draw;
mod leg;
mod mount;
mod needed;
mod place;
mod route;
mod rules;
mod service;

use crate::question::facts::{AwsVpcConfiguration, Instance, NatGateway, NetworkAcl, RouteTable, SecurityGroup, Subnet, VpcDns, VpcEndpoint};
use crate::question::{Evidence, Known, Question};

pub use draw::draw;
pub use mount::mount;
pub use needed::needed;
pub use service::judge;

/// The network around a task, as far as it was read.
#[derive(Debug, Clone)]
pub struct Snapshot<'e> {
    /// The task's Region; endpoints serve no other.
    pub region: &'e str,
    /// The task's account; subnets of another are shared, and hide their endpoints.
    pub account: Option<&'e str>,
    /// Who makes the call.
    pub caller: Caller<'e>,
    /// The caller's subnets, and perhaps others of the VPC.
    pub subnets: Known<'e, Vec<Subnet>>,
    /// The VPC's route tables.
    pub route_tables: Known<'e, Vec<RouteTable>>,
    /// The VPC's NAT gateways.
    pub nat_gateways: Known<'e, Vec<NatGateway>>,
    /// The VPC's endpoints.
    pub endpoints: Known<'e, Vec<VpcEndpoint>>,
    /// The VPC's security groups.
    pub security_groups: Known<'e, Vec<SecurityGroup>>,
    /// The VPC's network ACLs.
    pub network_acls: Known<'e, Vec<NetworkAcl>>,
    /// How the VPC resolves names.
    pub dns: Known<'e, VpcDns>,
}

/// Who makes the call, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller<'e> {
    /// The instance that makes it; absent where the task's own network interface does.
    pub host: Option<&'e str>,
    /// The subnet, or all in which it may have been; empty where none is known.
    pub subnets: Vec<&'e str>,
    /// Its VPC, where that is known before its subnet is.
    pub vpc: Option<&'e str>,
    /// Its security groups: absent if not known, the VPC's default group if empty.
    pub groups: Option<Vec<&'e str>>,
    /// Whether it has a public address.
    pub public_ip: Option<bool>,
}

/// Where a task must get to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// How VPC endpoints name the service, such as `secretsmanager` or `ecr.api`; absent outside of AWS.
    pub service: Option<&'static str>,
    /// The service's Region.
    pub region: String,
    /// The host's name.
    pub host: String,
    /// The port.
    pub port: u16,
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
    pub faults: Vec<Fault>,
    /// What shuts it on some of the ways that the traffic may take.
    pub possible: Vec<Fault>,
    /// What could not be judged, each a sentence without its full stop.
    pub unsure: Vec<String>,
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

/// Something that shuts a way, and the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What shuts it.
    pub what: Break,
    /// The subnet from which the way is shut.
    pub subnet: String,
    /// One sentence, without its full stop.
    pub proof: String,
    /// The API call that it comes from.
    pub source: &'static str,
}

/// What shuts a way, with all that a command to mend it must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Break {
    /// The subnet's table leads nowhere, and no endpoint serves.
    NoRoute {
        /// The subnet's route table.
        route_table: String,
        /// A gateway endpoint for the service that the table is not part of.
        gateway: Option<String>,
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
    /// A task with a network interface of its own, in `own` subnet if that is known, else in one of those that the service may use.
    #[must_use]
    pub fn task(own: Option<&'e str>, configuration: Option<&'e AwsVpcConfiguration>) -> Self {
        let of_service = || configuration.map(|configuration| configuration.subnets.iter().map(String::as_str).collect());
        Self {
            host: None,
            subnets: own.map(|subnet| vec![subnet]).or_else(of_service).unwrap_or_default(),
            vpc: None,
            groups: configuration.map(|configuration| configuration.security_groups.iter().map(String::as_str).collect()),
            public_ip: configuration.map(|configuration| configuration.assign_public_ip.as_deref() == Some("ENABLED")),
        }
    }

    /// A container instance; an external one has no place in a VPC.
    #[must_use]
    pub fn host(id: &'e str, instance: Option<&'e Instance>) -> Self {
        Self {
            host: Some(id),
            subnets: instance.and_then(|instance| instance.subnet_id.as_deref()).into_iter().collect(),
            vpc: instance.and_then(|instance| instance.vpc_id.as_deref()),
            groups: instance.map(|instance| instance.group_set.iter().filter_map(|group| group.group_id.as_deref()).collect()),
            public_ip: instance.map(|instance| instance.public_address.is_some()),
        }
    }
}

impl<'e> Snapshot<'e> {
    /// What the evidence holds of a caller's network.
    #[must_use]
    pub fn of(evidence: &'e Evidence, region: &'e str, account: Option<&'e str>, caller: Caller<'e>) -> Self {
        let subnets = evidence.look(&subnets_question(region, &caller));
        let vpc = vpc_of(subnets).or(caller.vpc).unwrap_or_default();
        let [route_tables, nat_gateways, endpoints, security_groups, network_acls, dns] = &vpc_questions(region, vpc);
        Self {
            region,
            account,
            caller,
            subnets,
            route_tables: evidence.look(route_tables),
            nat_gateways: evidence.look(nat_gateways),
            endpoints: evidence.look(endpoints),
            security_groups: evidence.look(security_groups),
            network_acls: evidence.look(network_acls),
            dns: evidence.look(dns),
        }
    }

    /// The questions whose answers [`Snapshot::of`] takes: first the subnets, and once these or the caller tell the VPC all about it.
    #[must_use]
    pub fn questions(evidence: &Evidence, region: &str, caller: &Caller<'_>) -> Vec<Question> {
        if caller.subnets.is_empty() {
            return Vec::new();
        }
        let subnets = subnets_question(region, caller);
        let of_vpc = vpc_of(evidence.look(&subnets)).or(caller.vpc).map(|vpc| vpc_questions(region, vpc));
        std::iter::once(subnets).chain(of_vpc.into_iter().flatten()).collect()
    }
}

fn vpc_of(subnets: Known<'_, Vec<Subnet>>) -> Option<&str> {
    subnets.found()?.iter().find_map(|subnet| subnet.vpc_id.as_deref())
}

fn subnets_question(region: &str, caller: &Caller<'_>) -> Question {
    let mut ids: Vec<String> = caller.subnets.iter().map(|&id| id.to_owned()).collect();
    ids.sort();
    ids.dedup();
    Question::Subnets { region: region.to_owned(), ids }
}

fn vpc_questions(region: &str, vpc: &str) -> [Question; 6] {
    let (region, vpc) = (|| region.to_owned(), || vpc.to_owned());
    [
        Question::RouteTables { region: region(), vpc: vpc() },
        Question::NatGateways { region: region(), vpc: vpc() },
        Question::VpcEndpoints { region: region(), vpc: vpc() },
        Question::SecurityGroups { region: region(), vpc: vpc() },
        Question::NetworkAcls { region: region(), vpc: vpc() },
        Question::VpcDns { region: region(), vpc: vpc() },
    ]
}
