//! A subnet from which a call is made, and what stands around it: name servers, security groups, network ACLs.

use std::ops::RangeInclusive;

use super::address::Address;
use super::leg::Leg;
use super::rules::{Peer, passes, permits, whichever};
use super::{Break, Fault, Ingress, Path, Remote, Snapshot, State};
use crate::question::Known;
use crate::question::facts::{IpPermission, NetworkAcl, Route, RouteTable, SecurityGroup, Subnet};

/// The ports on which Linux expects answers.
const ANSWERS: RangeInclusive<u16> = 32768..=60999;
/// The ports on which a network ACL had better let answers through, whatever the system.
const ALL_ANSWERS: (u16, u16) = (1024, 65535);
/// Every IPv4 address.
pub(super) const ANY: &str = "0.0.0.0/0";

#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'s, 'e> {
    pub(super) snapshot: &'s Snapshot<'e>,
    pub(super) subnet: &'e Subnet,
    pub(super) id: &'e str,
}

/// Something in the VPC that a call may end at: an interface endpoint or a mount target.
pub(super) struct Arrival<'a> {
    /// What it is, in words.
    pub(super) kind: &'static str,
    pub(super) id: &'a str,
    /// Its security groups.
    pub(super) groups: Vec<&'a str>,
    /// The subnets of its network interfaces.
    pub(super) subnets: Vec<&'a str>,
    pub(super) port: u16,
}

/// A list, or why it is not known.
pub(super) fn list<'e, T>(known: Known<'e, Vec<T>>, what: &str) -> Result<&'e [T], String> {
    match known {
        Known::Found(list) => Ok(list),
        Known::Missing => Err(format!("{what} do not exist any more")),
        Known::Unknown(why) => Err(format!("{what} could not be read: {why}")),
        Known::NotAsked => Err(format!("{what} were not read")),
    }
}

/// Judges a way from each subnet in which the caller may be.
pub(super) fn walk<'e>(snapshot: &Snapshot<'e>, to: String, judge: impl Fn(Place<'_, 'e>) -> Leg) -> Path {
    let caller = snapshot.caller.host.map_or_else(|| "task eni".to_owned(), |id| format!("host {id}, not the task eni"));
    let ids = &snapshot.caller.subnets;
    let subnets = list(snapshot.subnets, "the subnets");
    let from = |id: &str| match subnets.as_ref().ok().and_then(|subnets| subnets.iter().find(|subnet| subnet.subnet_id.as_deref() == Some(id))) {
        None => id.to_owned(),
        Some(subnet) => [Some(id), subnet.cidr_block.as_deref(), subnet.availability_zone.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", "),
    };
    let legs: Vec<Leg> = ids
        .iter()
        .map(|&id| match &subnets {
            Err(why) => Leg::default().doubt(format!("subnet {id}"), why.clone()),
            Ok(subnets) => match subnets.iter().find(|subnet| subnet.subnet_id.as_deref() == Some(id)) {
                None => Leg::default().doubt(format!("subnet {id}"), format!("{id} was not found")),
                Some(subnet) if subnet.cidr_block.is_none() => Leg::default().doubt(format!("subnet {id}"), format!("{id} has no IPv4 range")),
                Some(subnet) => judge(Place { snapshot, subnet, id }),
            },
        })
        .collect();
    let Some((worst, shown)) = legs.iter().enumerate().rev().max_by_key(|(_, leg)| leg.state) else {
        let why = if snapshot.caller.host.is_some() { "the instance's subnet is not known, or is none of AWS" } else { "the subnet is not known" };
        let Leg { state, hops, faults, possible, unsure } = Leg::default().doubt("subnet: not known", why);
        return Path { from: caller, to, state, hops, faults, possible, unsure };
    };
    let (hops, shown_from) = (shown.hops.clone(), from(ids[worst]));
    let one_of = if legs.len() > 1 { format!(", one of {} subnets", legs.len()) } else { String::new() };
    let broken: Vec<&str> = ids.iter().zip(&legs).filter(|(_, leg)| leg.state == State::Broken).map(|(&id, _)| id).collect();
    let some = (!broken.is_empty() && broken.len() < legs.len())
        .then(|| format!("only from {} of {} subnets is the way shut, and in which the task was is not known", broken.join(", "), legs.len()));
    let Leg { state, faults, possible, mut unsure, .. } = Leg::either(legs);
    unsure.extend(some);
    Path { from: format!("{caller} ({shown_from}){one_of}"), to, state, hops, faults, possible, unsure }
}

impl<'e> Place<'_, 'e> {
    pub(super) fn fault(&self, what: Break, source: &'static str, proof: String) -> Fault {
        Fault { what, subnet: self.id.to_owned(), proof, source }
    }

    /// The account that shares the subnet, where it is not the task's own. Whoever is shown the VPC's default security group sees all that its
    /// owner sees: those with whom a subnet is shared are not.
    pub(super) fn sharer(&self) -> Option<&'e str> {
        let mut groups = self.snapshot.security_groups.found().into_iter().flatten();
        let sees_all = groups.any(|group| group.group_name.as_deref() == Some("default"));
        self.subnet.owner_id.as_deref().filter(|&owner| !sees_all && self.snapshot.account.is_some_and(|account| account != owner))
    }

    fn vpc(&self) -> String {
        self.subnet.vpc_id.clone().unwrap_or_else(|| "<vpc>".to_owned())
    }

    fn address(&self) -> Address {
        Address::within(self.subnet.cidr_block.as_deref())
    }

    /// Whether the name can be resolved. Only an attribute that is needed counts.
    pub(super) fn dns(&self, needs_hostnames: bool) -> Leg {
        let dns = match self.snapshot.dns {
            Known::Found(dns) => dns,
            Known::Unknown(why) => return Leg::default().doubt("VPC DNS", format!("the VPC's DNS settings could not be read: {why}")),
            Known::Missing | Known::NotAsked => return Leg::default().doubt("VPC DNS", "the VPC's DNS settings were not read"),
        };
        let servers = &dns.domain_name_servers;
        let mut leg = Leg::default();
        if servers.is_empty() {
            leg = leg.doubt("name servers: not known", "the name servers of the VPC's DHCP options could not be read");
        }
        if self.has_own_resolver() {
            let named = servers.join(", ");
            leg = leg.doubt(format!("name servers {named}"), format!("whether the name servers {named} of the DHCP options know the name"));
        }
        let needed = [("enableDnsSupport", dns.enable_dns_support, true), ("enableDnsHostnames", dns.enable_dns_hostnames, needs_hostnames)];
        for (attribute, on, _) in needed.into_iter().filter(|(_, on, needed)| *needed && *on != Some(true)) {
            let vpc = self.vpc();
            let hop = format!("VPC {vpc}: {attribute} {}", if on.is_none() { "not known" } else { "off" });
            // Resolvers of its own make the VPC's needless.
            let state = if servers.is_empty() || self.has_own_resolver() { State::Unsure } else { State::Broken };
            leg =
                if on.is_none() { leg.doubt(hop, format!("{attribute} of {vpc} could not be read")) } else { leg.judged(state, hop, self.dns_off(attribute)) };
        }
        leg
    }

    pub(super) fn dns_off(&self, attribute: &'static str) -> Fault {
        let vpc = self.vpc();
        let proof = format!("{attribute} is off for {vpc}");
        self.fault(Break::DnsOff { vpc, attribute }, "DescribeVpcAttribute", proof)
    }

    /// Whether the DHCP options name servers that are not Amazon's.
    pub(super) fn has_own_resolver(&self) -> bool {
        let amazons = |server: &String| server.eq_ignore_ascii_case("AmazonProvidedDNS") || server == "169.254.169.253";
        self.snapshot.dns.found().is_some_and(|dns| !dns.domain_name_servers.iter().all(amazons))
    }

    /// The route table that counts for a subnet, and its name with a remark if it is the main one.
    pub(super) fn table(&self, subnet: &str) -> Result<(&'e RouteTable, String), String> {
        let tables = list(self.snapshot.route_tables, "the route tables")?;
        let find = |counts: &dyn Fn(&RouteTable) -> bool| tables.iter().find(|table| counts(table));
        let own = find(&|table| table.association_set.iter().any(|association| association.subnet_id.as_deref() == Some(subnet)));
        let main = || find(&|table| table.association_set.iter().any(|association| association.main));
        let table = own.or_else(main).ok_or_else(|| format!("no route table counts for {subnet}"))?;
        let id = table.route_table_id.as_deref().unwrap_or("<route-table>");
        Ok((table, if own.is_some() { id.to_owned() } else { format!("{id} (main)") }))
    }

    fn group(&self, id: &str) -> Result<Option<&'e SecurityGroup>, String> {
        Ok(list(self.snapshot.security_groups, "the security groups")?.iter().find(|group| group.group_id.as_deref() == Some(id)))
    }

    /// The caller's security groups.
    fn own_groups(&self) -> Result<Vec<&'e str>, String> {
        let named = self.snapshot.caller.groups.as_ref().ok_or("the security groups of the caller are not known")?;
        if !named.is_empty() {
            return Ok(named.clone());
        }
        let groups = list(self.snapshot.security_groups, "the security groups")?;
        let default = groups.iter().find(|group| group.group_name.as_deref() == Some("default")).and_then(|group| group.group_id.as_deref());
        default.map(|id| vec![id]).ok_or_else(|| "the VPC's default security group was not found".to_owned())
    }

    /// Whether rules of these groups let peers pass, whichever it is. Rules of a group that was not found may.
    fn permitted(&self, groups: &[&str], rules: fn(&SecurityGroup) -> &[IpPermission], port: u16, peers: &[Peer<'_>]) -> Result<State, String> {
        let mut found = Vec::new();
        let mut lost = Vec::new();
        for &id in groups {
            match self.group(id)? {
                Some(group) => found.push(group),
                None => lost.push(id),
            }
        }
        let state = whichever(peers.iter().map(|peer| permits(found.iter().flat_map(|group| rules(group)), port, peer)));
        if state == State::Ok || lost.is_empty() { Ok(state) } else { Err(format!("the security group {} was not found", lost.join(", "))) }
    }

    /// Whether the caller's security groups let it out.
    pub(super) fn egress(&self, peers: &[Peer<'_>], port: u16, target: &str, to: Remote) -> Leg {
        let judged = self.own_groups().and_then(|groups| Ok((self.permitted(&groups, |group| &group.ip_permissions_egress, port, peers)?, groups)));
        let (state, groups) = match judged {
            Ok(judged) => judged,
            Err(why) => return Leg::default().doubt(format!("security group: egress tcp/{port} to {target}"), why),
        };
        let named = groups.join(", ");
        let (hop, proof) = match state {
            State::Broken => ("no egress", format!("no egress rule of {named} allows tcp/{port} to {target}")),
            _ => ("egress", format!("the egress rules of {named} allow tcp/{port} to a part of {target} at most")),
        };
        let whose = if self.snapshot.caller.host.is_some() { " of the host" } else { "" };
        let what = Break::SecurityGroupEgress { groups: groups.into_iter().map(str::to_owned).collect(), to, port };
        Leg::default().judged(state, format!("security group {named}{whose}: {hop} tcp/{port} to {target}"), self.fault(what, "DescribeSecurityGroups", proof))
    }

    fn acl(&self, subnet: &str) -> Result<&'e NetworkAcl, String> {
        let acls = list(self.snapshot.network_acls, "the network ACLs")?;
        let counts = |acl: &&NetworkAcl| acl.association_set.iter().any(|association| association.subnet_id.as_deref() == Some(subnet));
        acls.iter().find(counts).ok_or_else(|| format!("the network ACL of {subnet} was not found"))
    }

    /// Whether the ACL of a subnet lets a connection to `port` and its answers pass. `calls` tells whether the subnet is the caller's.
    pub(super) fn guard(&self, subnet: &str, calls: bool, port: u16, others: &[Address]) -> Leg {
        let words = |calls: bool| if calls { "out" } else { "in" };
        let checks = format!("{} {port}, {} {}-{}", words(calls), words(!calls), ANSWERS.start(), ANSWERS.end());
        let whose = if calls { String::new() } else { format!(" of {subnet}") };
        let acl = match self.acl(subnet) {
            Ok(acl) => acl,
            Err(why) => return Leg::default().doubt(format!("network ACL{whose}: {checks}"), why),
        };
        let id = acl.network_acl_id.as_deref().unwrap_or("<network-acl>");
        let asked = [(calls, port..=port, (port, port)), (!calls, ANSWERS, ALL_ANSWERS)];
        let judged = asked.map(|(egress, ports, mend)| (whichever(others.iter().map(|&other| passes(acl, egress, &ports, other))), egress, ports, mend));
        let mut leg = Leg::default();
        for (state, egress, ports, mend) in judged {
            let cidr = others.first().map_or_else(|| ANY.to_owned(), Address::to_string);
            let ports = if ports.start() == ports.end() { ports.start().to_string() } else { format!("{}-{}", ports.start(), ports.end()) };
            let drops = if state == State::Broken { "lets no" } else { "lets only a part of" };
            let proof = format!("network ACL {id} of {subnet} {drops} tcp/{ports} {}, {} {cidr}", words(egress), if egress { "to" } else { "from" });
            let what = Break::NetworkAcl { acl: id.to_owned(), guards: subnet.to_owned(), egress, ports: mend, cidr };
            leg = leg.blamed(state, self.fault(what, "DescribeNetworkAcls", proof));
        }
        let state = leg.state;
        leg.hop(state, format!("network ACL {id}{whose}: {checks}"))
    }

    /// The addresses in a subnet of the VPC; where its own are not known, the VPC's, as the routes within it tell.
    fn addresses_in(&self, subnet: &str) -> Vec<Address> {
        let known = self.snapshot.subnets.found().and_then(|subnets| subnets.iter().find(|known| known.subnet_id.as_deref() == Some(subnet)));
        if let Some(range) = known.and_then(|subnet| subnet.cidr_block.as_deref()) {
            return vec![Address::within(Some(range))];
        }
        let is_local = |route: &&Route| route.gateway_id.as_deref() == Some("local");
        let routes = self.table(self.id).map(|(table, _)| table.route_set.as_slice()).unwrap_or_default();
        let local = routes.iter().filter(is_local).filter_map(|route| route.destination_cidr_block.as_deref());
        let ranges: Vec<Address> = local.map(|range| Address::within(Some(range))).collect();
        if ranges.is_empty() { vec![Address::Anywhere] } else { ranges }
    }

    /// Whether a call gets to something in the VPC: out of the caller's groups, past the ACLs of both sides, in by the other's groups.
    pub(super) fn arrive(&self, at: &Arrival<'_>, source: &'static str, shut: impl FnOnce(Ingress) -> Break) -> Leg {
        let Arrival { kind, id, groups, subnets, port } = at;
        let name = format!("{kind} {id}");
        let addresses: Vec<Address> = subnets.iter().flat_map(|subnet| self.addresses_in(subnet)).collect();
        let addresses = if addresses.is_empty() { vec![Address::Anywhere] } else { addresses };
        let peers: Vec<Peer<'_>> = addresses.iter().map(|&address| Peer { address, groups: Some(groups.clone()), prefix_list: None }).collect();
        let to = match groups.first() {
            Some(&group) => Remote::Group(group.to_owned()),
            None => Remote::Cidr(addresses.first().map_or_else(|| ANY.to_owned(), Address::to_string)),
        };
        let mut leg = self.egress(&peers, *port, id, to);
        // Traffic within a subnet passes no ACL.
        let ways = subnets.iter().map(|&subnet| {
            if subnet == self.id {
                return Leg::default();
            }
            self.guard(self.id, true, *port, &self.addresses_in(subnet)).then(self.guard(subnet, false, *port, &[self.address()]))
        });
        let ways: Vec<Leg> = ways.collect();
        leg = leg.then(if ways.is_empty() { Leg::default().doubt(name.clone(), format!("the subnets of {name} are not known")) } else { Leg::either(ways) });
        let from = self.own_groups().ok();
        let caller = Peer { address: self.address(), groups: from.clone(), prefix_list: None };
        let hop = |lets: &str| format!("{name}, group {}: {lets} tcp/{port} from the caller", groups.join(", "));
        let state = if groups.is_empty() {
            Err(format!("the security groups of {name} are not known"))
        } else {
            self.permitted(groups, |group| &group.ip_permissions, *port, &[caller])
        };
        let state = match state {
            Ok(state) => state,
            Err(why) => return leg.doubt(hop("in"), why),
        };
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let from = from.unwrap_or_default();
        let callers = from.iter().copied().chain(self.subnet.cidr_block.as_deref()).collect::<Vec<_>>().join(" or ");
        let whose = format!("{}, the security group of {name},", groups.join(", "));
        let proof = match state {
            State::Broken => format!("no rule of {whose} allows tcp/{port} from {callers}"),
            _ => format!("the rules of {whose} may not allow all tcp/{port} from {callers}"),
        };
        let ingress = Ingress { groups: owned(groups), from: owned(&from), cidr: self.subnet.cidr_block.clone(), port: *port };
        let lets = if state == State::Broken { "no" } else { "in" };
        leg.judged(state, hop(lets), self.fault(shut(ingress), source, proof))
    }
}
