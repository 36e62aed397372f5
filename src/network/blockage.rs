//! What blocks a path, with all that a command to fix it must name.

use super::Part;

/// Something that blocks a path, and the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blockage {
    /// What blocks it.
    pub what: Break,
    /// The subnet from which the path is blocked.
    pub subnet: String,
    /// One sentence, without its full stop.
    pub proof: String,
    /// The API call that it comes from.
    pub source: &'static str,
    /// What was not read and could explain the failure as well; a sentence without its full stop.
    pub doubt: Option<String>,
}

/// What blocks a path, with all that a command to fix it must name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "most fields are what their names say")]
pub enum Break {
    /// The subnet's table leads nowhere, and no endpoint serves.
    NoRoute {
        route_table: String,
        /// A gateway endpoint for the service that the table is not part of.
        gateway: Option<String>,
        /// The destination of a route that is there and leads nowhere.
        blackhole: Option<String>,
    },
    /// The route goes to an internet gateway, and the caller has no public address.
    NoPublicIp { route_table: String, gateway: String },
    /// The NAT gateway of the route forwards nothing.
    NatBroken {
        route_table: String,
        nat_gateway: String,
        /// The destination of the route to it.
        range: String,
    },
    /// The endpoint that takes the traffic does not answer it.
    EndpointUnreachable {
        endpoint: String,
        /// Its security groups, if they block the caller; else it is not available.
        ingress: Option<Ingress>,
    },
    /// There is an endpoint, but its private DNS is off, and there is no other way.
    EndpointPrivateDnsOff { endpoint: String },
    /// The VPC does not resolve names.
    DnsOff {
        vpc: String,
        /// `enableDnsSupport` or `enableDnsHostnames`.
        attribute: &'static str,
    },
    /// The caller's security groups allow no outbound traffic.
    SecurityGroupEgress { groups: Vec<String>, to: Remote, port: u16 },
    /// A network ACL drops the traffic or its answers.
    NetworkAcl {
        acl: String,
        /// The subnet that it guards.
        guards: String,
        /// Whether it is what leaves that subnet.
        egress: bool,
        /// The first and the last port.
        ports: (u16, u16),
        /// The addresses on the other side.
        cidr: String,
        /// Where a rule that allows it would undo no other.
        opening: Opening,
    },
    /// The file system has no mount target in the caller's Availability Zone.
    NoMountTargetInZone {
        file_system: String,
        /// The subnet's zone.
        zone: String,
    },
    /// The mount target does not work.
    MountTargetNotAvailable {
        mount_target: String,
        /// What it is instead.
        state: String,
    },
    /// The mount target's security groups block the caller.
    MountTargetGroup { mount_target: String, ingress: Ingress },
}

/// Where a rule of a network ACL can be put so that it opens nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// Under this number, directly before the rule that drops the traffic.
    At(i64),
    /// Nowhere before the rule of this number: the one before it has the next lower number.
    NoRoom(i64),
    /// The rule of this number blocks a part only, on purpose.
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

/// Security groups of which no rule admits a caller.
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
