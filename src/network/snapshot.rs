//! The network around a task, as far as it was read: who calls, when, and what AWS says of the VPC.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::needed;
use crate::question::facts::{
    AwsVpcConfiguration, Instance, Moment, NatGateway, NetworkAcl, RouteTable, SecurityGroup, Subnet, VpcDns,
    VpcEndpoint,
};
use crate::question::{Evidence, Known, Question, ask};

/// The network around a task, as far as it was read.
#[derive(Debug, Clone)]
pub struct Snapshot<'e> {
    /// The task's Region; endpoints serve no other.
    pub region: &'e str,
    /// The task's account; subnets of another are shared, and hide their endpoints.
    pub account: Option<&'e str>,
    /// The task or instance that makes the call.
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
    /// It is not known.
    Unknown,
}

/// Whether what is known of the caller's groups and public address is what it had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Settings {
    /// It is.
    #[default]
    Own,
    /// Nothing shows that it is another's; why that is not sure.
    Undated(String),
    /// They are those of another deployment; of which, in words.
    Changed(String),
}

/// The task or instance that makes a call, and its place in the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller<'e> {
    /// The instance that makes it; absent where the task's own network interface does.
    pub host: Option<&'e str>,
    /// The subnet, or all in which it may have been; empty where none is known.
    pub subnets: Vec<&'e str>,
    /// Whether these are those of its settings, and not of the task itself.
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

impl<'e> Caller<'e> {
    /// A task with a network interface of its own, in `own` subnet if that is known, else in one of those of
    /// the service.
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
    pub(super) fn is_before(self, at: Option<Moment>) -> bool {
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

    /// The questions whose answers [`Snapshot::of`] takes: first the subnets, then, once these or the caller
    /// name the VPC, all about it, and once its endpoints are known their groups.
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
        // and with it whose VPC it is.
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
