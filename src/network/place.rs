//! A subnet from which a call is made, and what surrounds it: name servers, security groups, network
//! ACLs.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use super::address::Address;
use super::leg::Leg;
use super::rules::{Peer, opening, passes, permits, unanimous};
use super::{Blockage, Break, Ingress, Part, Remote, Settings, Snapshot, State};
use crate::question::Known;
use crate::question::facts::{IpPermission, NetworkAcl, RouteTable, SecurityGroup, Subnet};

/// The ports on which Linux expects answers.
const ON_LINUX: RangeInclusive<u16> = 32768..=60999;
/// The ports on which Windows does.
const ON_WINDOWS: RangeInclusive<u16> = 49152..=65535;
/// The ports on which a NAT gateway sends, and on which a network ACL should pass answers, whatever the
/// system.
pub(super) const ALL_ANSWERS: RangeInclusive<u16> = 1024..=65535;
/// Every IPv4 address.
pub(super) const ANY: &str = "0.0.0.0/0";

#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'s, 'e> {
    pub(super) snapshot: &'s Snapshot<'e>,
    pub(super) subnet: &'e Subnet,
    pub(super) id: &'e str,
}

/// What is called: a port, at an address that is known or any public one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) port: u16,
    pub(super) address: Option<Ipv4Addr>,
}

impl Call {
    pub(super) fn other_side(self) -> Address {
        self.address.map_or(Address::Public, Address::at)
    }
}

/// Something in the VPC that a call may end at: an interface endpoint or a mount target.
pub(super) struct Arrival<'a> {
    /// What it is, in words.
    pub(super) kind: &'static str,
    pub(super) id: &'a str,
    pub(super) part: &'static [Part],
    /// Its security groups, or why they are not known.
    pub(super) groups: Result<Vec<&'a str>, String>,
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

pub(super) fn as_set(settings: &Settings, leg: Leg, parts: &'static [Part]) -> Leg {
    match settings {
        Settings::Own => leg,
        Settings::Undated(why) => leg.doubted(parts, why, |_| false),
        Settings::Changed(why) => leg.perhaps(parts, why.clone()),
    }
}

impl<'e> Place<'_, 'e> {
    pub(super) fn blockage(&self, what: Break, source: &'static str, proof: String) -> Blockage {
        Blockage { what, subnet: self.id.to_owned(), proof, source, doubt: None }
    }

    /// The account that shares the subnet, where it is not the task's own. A role that can see the VPC's
    /// default security group sees all that its owner sees: a participant of a shared subnet cannot.
    pub(super) fn sharer(&self) -> Option<&'e str> {
        let sees_all = self.default_group().is_some();
        self.subnet
            .owner_id
            .as_deref()
            .filter(|&owner| !sees_all && self.snapshot.account.is_some_and(|account| account != owner))
    }

    fn vpc(&self) -> String {
        self.subnet.vpc_id.clone().unwrap_or_else(|| "<vpc>".to_owned())
    }

    pub(super) fn address(&self) -> Address {
        Address::within(self.subnet.cidr_block.as_deref())
    }

    /// The ports on which the caller expects answers.
    pub(super) fn answers(&self) -> RangeInclusive<u16> {
        if self.snapshot.caller.windows { ON_WINDOWS } else { ON_LINUX }
    }

    /// Whether the name can be resolved. Only an attribute that is needed counts.
    pub(super) fn dns(&self, needs_hostnames: bool) -> Leg {
        let dns = match self.snapshot.dns {
            Known::Found(dns) => dns,
            Known::Unknown(why) => {
                return Leg::default().doubt(
                    &[Part::Dns],
                    "VPC DNS",
                    format!("the VPC's DNS settings could not be read: {why}"),
                );
            }
            Known::Missing | Known::NotAsked => {
                return Leg::default().doubt(&[Part::Dns], "VPC DNS", "the VPC's DNS settings were not read");
            }
        };
        let servers = &dns.domain_name_servers;
        let mut leg = Leg::default();
        if servers.is_empty() {
            leg = leg.doubt(
                &[Part::Dns],
                "name servers: not known",
                "the name servers of the VPC's DHCP options could not be read",
            );
        }
        if self.has_own_resolver() {
            let named = servers.join(", ");
            leg = leg.doubt(
                &[Part::Dns],
                format!("name servers {named}"),
                format!("whether the name servers {named} of the DHCP options know the name"),
            );
        }
        let needed = [
            ("enableDnsSupport", dns.enable_dns_support, true),
            ("enableDnsHostnames", dns.enable_dns_hostnames, needs_hostnames),
        ];
        for (attribute, on, _) in needed.into_iter().filter(|(_, on, needed)| *needed && *on != Some(true)) {
            let vpc = self.vpc();
            let hop = format!("VPC {vpc}: {attribute} {}", if on.is_none() { "not known" } else { "off" });
            // Resolvers of its own make the VPC's needless.
            let state =
                if servers.is_empty() || self.has_own_resolver() { State::Unsure } else { State::Broken };
            leg = if on.is_none() {
                leg.doubt(&[Part::Dns], hop, format!("{attribute} of {vpc} could not be read"))
            } else {
                leg.judged(state, hop, self.dns_off(attribute))
            };
        }
        leg
    }

    pub(super) fn dns_off(&self, attribute: &'static str) -> Blockage {
        let vpc = self.vpc();
        let proof = format!("{attribute} is off for {vpc}");
        self.blockage(Break::DnsOff { vpc, attribute }, "DescribeVpcAttribute", proof)
    }

    /// Whether the DHCP options name servers that are not Amazon's.
    pub(super) fn has_own_resolver(&self) -> bool {
        // Amazon's answers at the third address of a range of the VPC as well.
        let third = |server: &str, range: &str| {
            let first = range.parse::<ipnet::Ipv4Net>().map(|range| u32::from(range.network()));
            first.is_ok_and(|first| server.parse() == Ok(Ipv4Addr::from(first.saturating_add(2))))
        };
        let amazons = |server: &String| {
            server.eq_ignore_ascii_case("AmazonProvidedDNS")
                || server == "169.254.169.253"
                || self.local_ranges().any(|range| third(server, range))
        };
        self.snapshot.dns.found().is_some_and(|dns| !dns.domain_name_servers.iter().all(amazons))
    }

    /// The VPC's IPv4 ranges, as the routes within it show.
    fn local_ranges(&self) -> impl Iterator<Item = &'e str> {
        let routes = self.table(self.id).map(|(table, _)| table.route_set.as_slice()).unwrap_or_default();
        routes
            .iter()
            .filter(|route| route.gateway_id.as_deref() == Some("local"))
            .filter_map(|route| route.destination_cidr_block.as_deref())
    }

    /// Whether an address that was called is private or in the VPC.
    pub(super) fn is_inside(&self, address: Ipv4Addr) -> bool {
        let at = Address::at(address);
        !super::address::is_public(address)
            || self.local_ranges().any(|range| at.in_range(range) == State::Ok)
    }

    /// The route table that counts for a subnet, and its name with a remark if it is the main one.
    pub(super) fn table(&self, subnet: &str) -> Result<(&'e RouteTable, String), String> {
        let tables = list(self.snapshot.route_tables, "the route tables")?;
        let (table, is_own) = RouteTable::of_subnet(tables, subnet)
            .ok_or_else(|| format!("no route table counts for {subnet}"))?;
        let id = table.route_table_id.as_deref().unwrap_or("<route-table>");
        Ok((table, if is_own { id.to_owned() } else { format!("{id} (main)") }))
    }

    fn groups(&self) -> impl Iterator<Item = &'e SecurityGroup> {
        self.snapshot.security_groups.iter().filter_map(|known| known.found()).flatten()
    }

    /// A group, or that it does not exist, or why that is not known.
    fn group(&self, id: &str) -> Result<Option<&'e SecurityGroup>, String> {
        if let Some(group) = self.groups().find(|group| group.group_id.as_deref() == Some(id)) {
            return Ok(Some(group));
        }
        let unread = self.snapshot.security_groups.iter().find(|known| known.found().is_none());
        let answers = if self.snapshot.security_groups.is_empty() { Some(&Known::NotAsked) } else { unread };
        answers.map_or(Ok(None), |known| list(*known, "the security groups").map(|_| None))
    }

    /// The default security group of the subnet's VPC.
    fn default_group(&self) -> Option<&'e SecurityGroup> {
        let vpc = self.subnet.vpc_id.as_ref();
        self.groups().find(|group| {
            group.group_name.as_deref() == Some("default")
                && (group.vpc_id.is_none() || group.vpc_id.as_ref() == vpc)
        })
    }

    /// The caller's security groups.
    fn own_groups(&self) -> Result<Vec<&'e str>, String> {
        let named = self.snapshot.caller.groups.as_ref().ok_or("the security groups of the caller")?;
        if !named.is_empty() {
            return Ok(named.clone());
        }
        match self.default_group().and_then(|group| group.group_id.as_deref()) {
            Some(id) => Ok(vec![id]),
            None => self.group("").and(Err("the VPC's default security group was not found".to_owned())),
        }
    }

    /// What is judged by the settings of a service counts only as far as the task had them.
    pub(super) fn as_set(&self, leg: Leg, parts: &'static [Part]) -> Leg {
        as_set(&self.snapshot.caller.settings, leg, parts)
    }

    /// Whether rules of these groups pass the peers. `Err` names the groups that were not found, where their
    /// rules might.
    fn permitted(
        &self,
        groups: &[&str],
        rules: fn(&SecurityGroup) -> &[IpPermission],
        port: u16,
        peers: &[Peer<'_>],
    ) -> Result<State, String> {
        let mut found = Vec::new();
        let mut lost = Vec::new();
        for &id in groups {
            match self.group(id)? {
                Some(group) => found.push(group),
                None => lost.push(id),
            }
        }
        let state = unanimous(
            peers.iter().map(|peer| permits(found.iter().flat_map(|group| rules(group)), port, peer)),
        );
        if state == State::Ok || lost.is_empty() {
            Ok(state)
        } else {
            Err(format!("the security group {} was not found", lost.join(", ")))
        }
    }

    /// Whether the caller's security groups allow its outbound traffic.
    pub(super) fn egress(&self, peers: &[Peer<'_>], port: u16, target: &str, to: Remote) -> Leg {
        let judged = self.own_groups().and_then(|groups| {
            Ok((self.permitted(&groups, |group| &group.ip_permissions_egress, port, peers)?, groups))
        });
        let (state, groups) = match judged {
            Ok(judged) => judged,
            Err(why) => {
                return Leg::default().doubt(
                    &[Part::Group],
                    format!("security group: egress tcp/{port} to {target}"),
                    why,
                );
            }
        };
        let named = groups.join(", ");
        let (hop, proof) = match state {
            State::Broken => {
                ("no egress", format!("no egress rule of {named} allows tcp/{port} to {target}"))
            }
            _ => (
                "egress",
                format!("the egress rules of {named} allow tcp/{port} to a part of {target} at most"),
            ),
        };
        let whose = if self.snapshot.caller.host.is_some() { " of the host" } else { "" };
        let what =
            Break::SecurityGroupEgress { groups: groups.into_iter().map(str::to_owned).collect(), to, port };
        let hop = format!("security group {named}{whose}: {hop} tcp/{port} to {target}");
        self.as_set(
            Leg::default().judged(state, hop, self.blockage(what, "DescribeSecurityGroups", proof)),
            &[Part::Group],
        )
    }

    fn acl(&self, subnet: &str) -> Result<&'e NetworkAcl, String> {
        let acls = list(self.snapshot.network_acls, "the network ACLs")?;
        let counts = |acl: &&NetworkAcl| {
            acl.association_set.iter().any(|association| association.subnet_id.as_deref() == Some(subnet))
        };
        acls.iter().find(counts).ok_or_else(|| format!("the network ACL of {subnet} was not found"))
    }

    /// Whether the ACL of a subnet passes a connection to `port` and its answers on the ports `answers`.
    /// `calls` says whether the call comes from the subnet.
    pub(super) fn guard(
        &self,
        subnet: &str,
        calls: bool,
        port: u16,
        others: &[Address],
        answers: RangeInclusive<u16>,
    ) -> Leg {
        let words = |calls: bool| if calls { "out" } else { "in" };
        let checks =
            format!("{} {port}, {} {}-{}", words(calls), words(!calls), answers.start(), answers.end());
        let whose = if subnet == self.id { String::new() } else { format!(" of {subnet}") };
        let acl = match self.acl(subnet) {
            Ok(acl) => acl,
            Err(why) => {
                return Leg::default().doubt(&[Part::Acl], format!("network ACL{whose}: {checks}"), why);
            }
        };
        let id = acl.network_acl_id.as_deref().unwrap_or("<network-acl>");
        let mut leg = Leg::default();
        for (egress, ports, fix) in [
            (calls, port..=port, (port, port)),
            (!calls, answers, (*ALL_ANSWERS.start(), *ALL_ANSWERS.end())),
        ] {
            let state = unanimous(others.iter().map(|&other| passes(acl, egress, &ports, other)));
            let other = others.first().copied().unwrap_or(Address::Anywhere);
            let cidr = other.range();
            let opening = opening(acl, egress, &ports, other, &cidr);
            let ports = if ports.start() == ports.end() {
                ports.start().to_string()
            } else {
                format!("{}-{}", ports.start(), ports.end())
            };
            let drops = if state == State::Broken { "allows no" } else { "allows only a part of" };
            let proof = format!(
                "network ACL {id} of {subnet} {drops} tcp/{ports} {}, {} {other}",
                words(egress),
                if egress { "to" } else { "from" }
            );
            let what = Break::NetworkAcl {
                acl: id.to_owned(),
                guards: subnet.to_owned(),
                egress,
                ports: fix,
                cidr,
                opening,
            };
            leg = leg.blamed(state, self.blockage(what, "DescribeNetworkAcls", proof));
        }
        let state = leg.state;
        let why = leg.blockages.first().or(leg.possible.first()).map(|blockage| blockage.proof.clone());
        leg.hop_because(state, format!("network ACL {id}{whose}: {checks}"), why)
    }

    /// The addresses in a subnet of the VPC; where its own are not known, the VPC's, as the routes within it
    /// show.
    pub(super) fn addresses_in(&self, subnet: &str) -> Vec<Address> {
        let known = self
            .snapshot
            .subnets
            .found()
            .and_then(|subnets| subnets.iter().find(|known| known.subnet_id.as_deref() == Some(subnet)));
        if let Some(range) = known.and_then(|subnet| subnet.cidr_block.as_deref()) {
            return vec![Address::within(Some(range))];
        }
        let ranges: Vec<Address> = self.local_ranges().map(|range| Address::within(Some(range))).collect();
        if ranges.is_empty() { vec![Address::Anywhere] } else { ranges }
    }

    /// Whether a call gets to something in the VPC: out of the caller's groups, past the ACLs of both sides,
    /// in by the other's groups.
    pub(super) fn arrive(&self, at: &Arrival<'_>, blocked_by: impl FnOnce(Ingress) -> Break) -> Leg {
        let Arrival { kind, id, part, groups, subnets, port } = at;
        let name = format!("{kind} {id}");
        let addresses: Vec<Address> = subnets.iter().flat_map(|subnet| self.addresses_in(subnet)).collect();
        let addresses = if addresses.is_empty() { vec![Address::Anywhere] } else { addresses };
        let named = groups.as_ref().ok();
        let peers: Vec<Peer<'_>> = addresses
            .iter()
            .map(|&address| Peer { address, groups: named.cloned(), prefix_list: None })
            .collect();
        let to = match named.and_then(|groups| groups.first()) {
            Some(&group) => Remote::Group(group.to_owned()),
            None => Remote::Cidr(addresses.first().map_or_else(|| ANY.to_owned(), |address| address.range())),
        };
        let mut leg = self.egress(&peers, *port, id, to);
        // Traffic within a subnet passes no ACL.
        let ways = subnets.iter().map(|&subnet| {
            if subnet == self.id {
                return Leg::default();
            }
            let there = self.addresses_in(subnet);
            self.guard(self.id, true, *port, &there, self.answers()).then(self.guard(
                subnet,
                false,
                *port,
                &[self.address()],
                self.answers(),
            ))
        });
        let ways: Vec<Leg> = ways.collect();
        let nowhere = || Leg::default().doubt(&[Part::Acl], name.clone(), format!("the subnets of {name}"));
        leg = leg.then(if ways.is_empty() { nowhere() } else { Leg::either(ways) });
        let from = self.own_groups().ok();
        let caller = Peer { address: self.address(), groups: from.clone(), prefix_list: None };
        let of_group = named.map(|groups| format!(", group {}", groups.join(", "))).unwrap_or_default();
        let hop = |lets: &str| format!("{name}{of_group}: {lets} tcp/{port} from the caller");
        let judged = groups.clone().and_then(|groups| {
            Ok((self.permitted(&groups, |group| &group.ip_permissions, *port, &[caller])?, groups))
        });
        let (state, groups) = match judged {
            Ok(judged) => judged,
            Err(why) => return leg.doubt(part, hop("in"), why),
        };
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let from = from.unwrap_or_default();
        let callers =
            from.iter().copied().chain(self.subnet.cidr_block.as_deref()).collect::<Vec<_>>().join(" or ");
        let whose = format!("{}, the security group of {name},", groups.join(", "));
        let proof = match state {
            State::Broken => format!("no rule of {whose} allows tcp/{port} from {callers}"),
            _ => format!("the rules of {whose} might not allow all tcp/{port} from {callers}"),
        };
        let ingress = Ingress {
            groups: owned(&groups),
            from: owned(&from),
            cidr: self.subnet.cidr_block.clone(),
            port: *port,
        };
        let lets = if state == State::Broken { "no" } else { "in" };
        let inside = Leg::default().judged(
            state,
            hop(lets),
            self.blockage(blocked_by(ingress), "DescribeSecurityGroups", proof),
        );
        leg.then(self.as_set(inside, part))
    }
}
