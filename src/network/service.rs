//! The way to a service: which of an interface endpoint, a gateway endpoint and the routes takes the call,
//! and whether it gets through.

use std::net::{IpAddr, Ipv4Addr};

use super::address::Address;
use super::leg::Leg;
use super::place::{ANY, Arrival, Call, Place, list};
use super::rules::Peer;
use super::walk::walk;
use super::{Blockage, Break, Destination, Names, Part, Path, Remote, Snapshot, State, Unsure};
use crate::question::facts::{RouteTable, VpcEndpoint};

/// Judges the way from the caller to a destination.
#[must_use]
pub fn judge(snapshot: &Snapshot<'_>, to: &Destination) -> Path {
    let path = walk(snapshot, format!("{}:{}", to.host, to.port), |place| place.reach(to));
    match &to.guessed {
        None => path,
        Some(why) => doubted(path, why),
    }
}

/// A path that the call might not have taken.
fn doubted(mut path: Path, why: &str) -> Path {
    for blockage in &mut path.blockages {
        blockage.doubt.get_or_insert_with(|| why.to_owned());
    }
    path.unsure.push(Unsure { text: why.to_owned(), parts: Part::ALL });
    path.state = path.state.max(State::Unsure);
    path
}

fn id(endpoint: &VpcEndpoint) -> &str {
    endpoint.vpc_endpoint_id.as_deref().unwrap_or("<endpoint>")
}

fn is_a(endpoint: &VpcEndpoint, kind: &str) -> bool {
    endpoint.vpc_endpoint_type.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(kind))
}

fn is_available(endpoint: &VpcEndpoint) -> bool {
    endpoint.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("available"))
}

/// Services that an interface endpoint of another Region can serve.
const ACROSS_REGIONS: &[&str] = &["s3", "ecr.api", "ecr.dkr", "kms"];

/// Whether an interface endpoint in `region` can be for a destination at all.
#[must_use]
pub fn serves(to: &Destination, region: &str) -> bool {
    to.service.as_deref().is_some_and(|service| to.region == region || ACROSS_REGIONS.contains(&service))
}

/// Whether an endpoint is one for this destination. Its name begins otherwise in some partitions.
fn is_for(endpoint: &VpcEndpoint, to: &Destination, own: &str) -> bool {
    let Some(service) = to.service.as_deref().filter(|_| serves(to, own)) else { return false };
    let gone = |state: &str| ["deleting", "deleted"].iter().any(|gone| state.eq_ignore_ascii_case(gone));
    let region = endpoint.service_region.as_deref().unwrap_or(own);
    let named = |service: &str| {
        endpoint
            .service_name
            .as_deref()
            .is_some_and(|name| name.ends_with(&format!(".{}.{service}", to.region)))
    };
    let is_named = match to.names {
        // Gateway endpoints know no such names.
        Names::Fips if !is_a(endpoint, "gateway") => {
            named(&format!("{service}-fips"))
                || service.split_once('.').is_some_and(|(first, rest)| named(&format!("{first}-fips.{rest}")))
        }
        _ => named(service),
    };
    let is_near = to.region == own || !is_a(endpoint, "gateway");
    region == to.region && is_near && is_named && !endpoint.state.as_deref().is_some_and(gone)
}

/// Whether what a subnet with this route table sends to a destination passes an endpoint, as far as that one
/// shows.
#[must_use]
pub fn is_passed(endpoint: &VpcEndpoint, to: &Destination, own: &str, table: Option<&str>) -> bool {
    let by_name = is_a(endpoint, "interface") && endpoint.private_dns_enabled;
    let by_route = is_a(endpoint, "gateway")
        && table.is_none_or(|table| endpoint.route_table_id_set.iter().any(|listed| listed == table));
    is_for(endpoint, to, own) && (by_name || by_route)
}

impl<'e> Place<'_, 'e> {
    fn reach(&self, to: &Destination) -> Leg {
        match to.address {
            Some(IpAddr::V4(address)) => self.reach_address(to, address),
            Some(IpAddr::V6(address)) => {
                Leg::unseen(Part::ALL, format!("the call went to {address}, and ways by IPv6 are not judged"))
            }
            None => {
                let leg = self.dns(false).then(self.reach_by_name(to));
                if self.subnet.ipv6_cidr_block_association_set.is_empty() {
                    return leg;
                }
                let why =
                    format!("whether the call went by IPv6, whose ways from {} are not judged", self.id);
                leg.doubted(Part::BEHIND_THE_NAME, &why, |_| false)
            }
        }
    }

    /// The endpoints for a destination that were there when it was called, and that one was made since.
    fn endpoints(&self, to: &Destination) -> Result<(Vec<&'e VpcEndpoint>, Option<&'e VpcEndpoint>), String> {
        let endpoints = list(self.snapshot.endpoints, "the VPC's endpoints")?;
        let fitting = endpoints.iter().filter(|endpoint| is_for(endpoint, to, self.snapshot.region));
        let (since, then): (Vec<&VpcEndpoint>, Vec<_>) =
            fitting.partition(|endpoint| self.snapshot.when.is_before(endpoint.creation_timestamp));
        Ok((then, since.into_iter().next()))
    }

    fn made_since(endpoint: &VpcEndpoint) -> String {
        let made = endpoint.creation_timestamp.map(|at| at.to_string()).unwrap_or_default();
        format!("what took the call: {} was created on {made}", id(endpoint))
    }

    /// The way to an address that was called, whatever its name leads to now.
    fn reach_address(&self, to: &Destination, address: Ipv4Addr) -> Leg {
        let call = Call { port: to.port, address: Some(address) };
        let is_inside = self.is_inside(address);
        let Some(name) = self.endpoint_name(to) else {
            return if is_inside {
                self.reach_inside(to, &[], call)
            } else {
                self.outside(call, none_can_serve(to), None)
            };
        };
        let (there, since) = match self.endpoints(to) {
            Ok(found) => found,
            Err(why) if is_inside => {
                return Leg::default()
                    .doubt(&[Part::Endpoint, Part::PrivateDns], format!("{name}: not known"), why)
                    .then(self.reach_inside(to, &[], call));
            }
            // Only a gateway endpoint can be on the path to a public address.
            Err(why) if to.service.as_deref() == Some("s3") => return self.perhaps_hidden(&name, why, call),
            Err(_) => return self.outside(call, Leg::default(), None),
        };
        let interfaces: Vec<&VpcEndpoint> =
            there.iter().copied().filter(|endpoint| is_a(endpoint, "interface")).collect();
        if is_inside {
            return self.reach_inside(to, &interfaces, call);
        }
        let gateways: Vec<&VpcEndpoint> = there
            .iter()
            .copied()
            .filter(|endpoint| is_a(endpoint, "gateway") && is_available(endpoint))
            .collect();
        let none = match interfaces.first() {
            Some(endpoint) => format!("endpoint {}: not what {address} is of", id(endpoint)),
            None => format!("{name}: none"),
        };
        let past = self.past_interfaces(&gateways, Leg::default().hop(State::Absent, none), call);
        let past = if gateways.is_empty() { self.not_taken(past, to, &interfaces) } else { past };
        match since.filter(|endpoint| is_a(endpoint, "gateway")) {
            Some(gateway) => past.perhaps(Part::WAYS, Self::made_since(gateway)),
            None => past,
        }
    }

    /// The way to an address of the VPC or of a network behind it.
    fn reach_inside(&self, to: &Destination, interfaces: &[&'e VpcEndpoint], call: Call) -> Leg {
        let address = call.other_side();
        let stands_there = |endpoint: &&&VpcEndpoint| {
            let ranges = endpoint.subnet_id_set.iter().flat_map(|subnet| self.addresses_in(subnet));
            endpoint.subnet_id_set.is_empty() || ranges.into_iter().any(|range| range.may_hold(address))
        };
        let there: Vec<Leg> = interfaces
            .iter()
            .filter(stands_there)
            .map(|endpoint| self.through_interface(endpoint, to.port))
            .collect();
        if !there.is_empty() {
            return Leg::either(there);
        }
        let why = format!("what is at {address}, and whether it accepts the call");
        let parts: &[Part] = if to.service.is_some() { &[Part::Endpoint, Part::Acl] } else { &[Part::Acl] };
        self.towards(None, call).then(self.routes(call, None)).doubt(
            parts,
            format!("{address}: not known"),
            why,
        )
    }

    /// The name of the endpoint service for a destination, where there can be one.
    fn endpoint_name(&self, to: &Destination) -> Option<String> {
        let service = to.service.as_deref().filter(|_| serves(to, self.snapshot.region))?;
        let fips = if to.names == Names::Fips { "-fips" } else { "" };
        Some(format!("endpoint com.amazonaws.{}.{service}{fips}", to.region))
    }

    fn reach_by_name(&self, to: &Destination) -> Leg {
        let call = Call { port: to.port, address: None };
        let Some(name) = self.endpoint_name(to) else {
            return self.unless_a_zone_leads_elsewhere(self.outside(call, none_can_serve(to), None), to, &[]);
        };
        let (there, since) = match self.endpoints(to) {
            Ok(found) => found,
            Err(why) => return self.perhaps_hidden(&name, why, call),
        };
        let leg = self.by_endpoints(to, &there, &name, call);
        match since {
            Some(endpoint) => leg.perhaps(Part::WAYS, Self::made_since(endpoint)),
            None => leg,
        }
    }

    fn by_endpoints(&self, to: &Destination, there: &[&'e VpcEndpoint], name: &str, call: Call) -> Leg {
        let interfaces: Vec<&VpcEndpoint> =
            there.iter().copied().filter(|endpoint| is_a(endpoint, "interface")).collect();
        let gateways: Vec<&VpcEndpoint> = there
            .iter()
            .copied()
            .filter(|endpoint| is_a(endpoint, "gateway") && is_available(endpoint))
            .collect();
        let named = interfaces.iter().copied().find(|endpoint| endpoint.private_dns_enabled);
        match named {
            Some(endpoint) if !self.has_no_hostnames() => {
                let inside = self.through_interface(endpoint, call.port);
                // The name leads elsewhere if resolvers of the VPC's own do not ask Amazon's, and for S3 by
                // default if there is a gateway endpoint.
                if !self.has_own_resolver() && gateways.is_empty() && to.names != Names::DualStack {
                    return inside;
                }
                let why = format!("whether {} resolves to {}", to.host, id(endpoint));
                let doubt =
                    Leg::default().doubt(Part::WAYS, format!("{name}: {}, or past it", id(endpoint)), why);
                doubt.then(Leg::either(vec![inside, self.past_interfaces(&gateways, Leg::default(), call)]))
            }
            None if there.is_empty() && self.sharer().is_some() => {
                let why = format!(
                    "{} is shared by account {}, whose endpoints are not shown",
                    self.id,
                    self.sharer().unwrap_or_default()
                );
                self.perhaps_hidden(name, why, call)
            }
            _ => {
                let past = self.past_interfaces(
                    &gateways,
                    Leg::default().hop(State::Absent, format!("{name}: none")),
                    call,
                );
                self.unless_a_zone_leads_elsewhere(self.not_taken(past, to, &interfaces), to, &interfaces)
            }
        }
    }

    /// A way past interface endpoints, which is to blame on what keeps the call from them.
    fn not_taken(&self, past: Leg, to: &Destination, interfaces: &[&VpcEndpoint]) -> Leg {
        match interfaces.iter().find(|endpoint| endpoint.private_dns_enabled).or(interfaces.first()) {
            Some(endpoint) if !endpoint.private_dns_enabled => {
                let proof = format!(
                    "private DNS is off for {}, so {} resolves to public addresses",
                    id(endpoint),
                    to.host
                );
                let blockage = self.blockage(
                    Break::EndpointPrivateDnsOff { endpoint: id(endpoint).to_owned() },
                    "DescribeVpcEndpoints",
                    proof,
                );
                blame(past, &format!("endpoint {}: private DNS off", id(endpoint)), &blockage)
            }
            Some(endpoint) if self.has_no_hostnames() => blame(
                past,
                &format!("endpoint {}: enableDnsHostnames off", id(endpoint)),
                &self.dns_off("enableDnsHostnames"),
            ),
            _ => past,
        }
    }

    fn has_no_hostnames(&self) -> bool {
        self.snapshot.dns.found().and_then(|dns| dns.enable_dns_hostnames) == Some(false)
    }

    /// The path to public addresses. Private hosted zones are not read: where they may resolve a service's
    /// name to an endpoint in another network, or to one without private DNS, only what allows no outbound
    /// traffic at all is proved.
    fn unless_a_zone_leads_elsewhere(&self, way: Leg, to: &Destination, interfaces: &[&VpcEndpoint]) -> Leg {
        let other = || self.leads_to_others().map(|other| format!("something behind {other}"));
        let own = interfaces
            .iter()
            .find(|endpoint| !endpoint.private_dns_enabled)
            .map(|endpoint| id(endpoint).to_owned());
        let Some(elsewhere) = own.or_else(other) else { return way };
        let anywhere = [Address::Anywhere];
        let everywhere = self.wherever_it_goes(to.port).then(self.guard(
            self.id,
            true,
            to.port,
            &anywhere,
            self.answers(),
        ));
        let why = format!(
            "whether a private hosted zone resolves {} to {elsewhere}: private hosted zones are not read",
            to.host
        );
        way.doubted(Part::BEHIND_THE_NAME, &why, |blockage| match (&blockage.what, blockage.what.part()) {
            (_, Part::Group) => everywhere.blockages.iter().any(|all| all.what.part() == Part::Group),
            (Break::NetworkAcl { acl, egress, .. }, _) => {
                everywhere.blockages.iter().any(|all| matches!(&all.what, Break::NetworkAcl { acl: other, egress: way, .. } if other == acl && way == egress))
            }
            _ => false,
        })
    }

    /// An interface endpoint that has the service's name.
    fn through_interface(&self, endpoint: &'e VpcEndpoint, port: u16) -> Leg {
        let groups: Vec<&str> =
            endpoint.group_set.iter().filter_map(|group| group.group_id.as_deref()).collect();
        let groups = if groups.is_empty() {
            Err(format!("the security groups of endpoint {}", id(endpoint)))
        } else {
            Ok(groups)
        };
        let subnets = endpoint.subnet_id_set.iter().map(String::as_str).collect();
        let at =
            Arrival { kind: "endpoint", id: id(endpoint), part: &[Part::Endpoint], groups, subnets, port };
        let way = self.arrive(&at, |ingress| Break::EndpointUnreachable {
            endpoint: id(endpoint).to_owned(),
            ingress: Some(ingress),
        });
        if is_available(endpoint) {
            return way;
        }
        let state = endpoint.state.as_deref().unwrap_or_default();
        let what = Break::EndpointUnreachable { endpoint: id(endpoint).to_owned(), ingress: None };
        let proof = format!(
            "{} takes the traffic, as its private DNS is on, and is {state}, not available",
            id(endpoint)
        );
        let hop = format!("endpoint {} (private DNS): {state}", id(endpoint));
        Leg::default()
            .judged(State::Broken, hop, self.blockage(what, "DescribeVpcEndpoints", proof))
            .then(way)
    }

    /// The path where no interface endpoint takes the call; `none` says that none is there.
    fn past_interfaces(&self, gateways: &[&'e VpcEndpoint], none: Leg, call: Call) -> Leg {
        let Some(first) = gateways.first().map(|gateway| id(gateway)) else {
            return self.outside(call, none, None);
        };
        let (table, table_name) = match self.table(self.id) {
            Ok(found) => found,
            Err(why) => {
                return Leg::default().doubt(Part::BEHIND_THE_NAME, format!("gateway endpoint {first}"), why);
            }
        };
        let is_listed = |gateway: &&&VpcEndpoint| {
            gateway.route_table_id_set.iter().any(|listed| Some(listed) == table.route_table_id.as_ref())
        };
        let Some(gateway) = gateways.iter().find(is_listed) else {
            let hop = format!("gateway endpoint {first}: not in route table {table_name}");
            return self.outside(call, Leg::default().hop(State::Absent, hop), Some(first));
        };
        let hop = format!("gateway endpoint {}: in route table {table_name}", id(gateway));
        self.towards(prefix_list(table, gateway), call).then(Leg::default().hop(State::Ok, hop))
    }

    /// The way by the routes; the endpoints' part of the drawing comes before them.
    fn outside(&self, call: Call, endpoints: Leg, gateway: Option<&str>) -> Leg {
        self.towards(None, call).then(endpoints).then(self.routes(call, gateway))
    }

    /// Out of the caller's security groups and subnet.
    fn towards(&self, prefix_list: Option<&str>, call: Call) -> Leg {
        let Call { port, address } = call;
        let is_inside = address.is_some_and(|address| self.is_inside(address));
        let other_side = call.other_side();
        let peer = Peer { address: other_side, groups: (!is_inside).then(Vec::new), prefix_list };
        let to = prefix_list
            .map_or_else(|| Remote::Cidr(other_side.range()), |list| Remote::PrefixList(list.to_owned()));
        let target = prefix_list.map_or_else(|| other_side.to_string(), str::to_owned);
        let leg = self.egress(&[peer], port, &target, to);
        // Traffic within a subnet passes no ACL.
        if address.is_some() && self.address().may_hold(other_side) {
            leg
        } else {
            leg.then(self.guard(self.id, true, port, &[other_side], self.answers()))
        }
    }

    /// Whether the caller's groups allow any outbound traffic on a port, wherever it goes.
    fn wherever_it_goes(&self, port: u16) -> Leg {
        let anything = Peer { address: Address::Anywhere, groups: None, prefix_list: None };
        self.egress(&[anything], port, ANY, Remote::Cidr(ANY.to_owned()))
    }

    /// The path where there may be an endpoint that is not seen. Groups that allow no outbound traffic block
    /// it all the same.
    fn perhaps_hidden(&self, name: &str, why: String, call: Call) -> Leg {
        let out = self.wherever_it_goes(call.port);
        let unseen =
            if out.state == State::Broken { out } else { Leg { state: State::Unsure, ..Leg::default() } };
        let hop = Leg::default().doubt(Part::BEHIND_THE_NAME, format!("{name}: not known"), why);
        let routes = self.outside(call, hop, None);
        Leg::either(vec![unseen, routes])
    }
}

/// That no endpoint serves a service in another Region.
fn none_can_serve(to: &Destination) -> Leg {
    let none = to
        .service
        .as_ref()
        .map(|service| format!("endpoint com.amazonaws.{}.{service}: none serves another Region", to.region));
    none.map_or_else(Leg::default, |none| Leg::default().hop(State::Absent, none))
}

/// The prefix list by which a route table leads to a gateway endpoint.
fn prefix_list<'t>(table: &'t RouteTable, gateway: &VpcEndpoint) -> Option<&'t str> {
    let mut leading = table.route_set.iter().filter(|route| route.gateway_id == gateway.vpc_endpoint_id);
    leading.find_map(|route| route.destination_prefix_list_id.as_deref())
}

/// Puts the blame for a way that does not lead out on an endpoint that could have taken the call; where there
/// is a way, on nothing.
fn blame(mut past: Leg, hop: &str, blockage: &Blockage) -> Leg {
    let leads_nowhere = |blockage: &Blockage| {
        matches!(blockage.what, Break::NoRoute { .. } | Break::NoPublicIp { .. } | Break::NatBroken { .. })
    };
    let mut state = State::Absent;
    for (blockages, found) in [(&mut past.possible, State::Unsure), (&mut past.blockages, State::Broken)] {
        if blockages.iter().any(leads_nowhere) {
            blockages.retain(|blockage| !matches!(blockage.what, Break::NoRoute { .. }));
            blockages.insert(0, blockage.clone());
            state = found;
        }
    }
    past.hops.iter_mut().rev().filter(|seen| seen.state == State::Absent).take(1).for_each(|seen| {
        *seen = super::Hop { what: hop.to_owned(), state, why: Some(blockage.proof.clone()) }
    });
    past
}
