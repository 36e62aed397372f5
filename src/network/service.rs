//! The way to a service: which of an interface endpoint, a gateway endpoint and the routes takes the call, and whether it gets through.

use super::address::Address;
use super::leg::Leg;
use super::place::{ANY, Arrival, Place, list, walk};
use super::rules::Peer;
use super::{Break, Destination, Fault, Path, Remote, Snapshot, State};
use crate::question::facts::VpcEndpoint;

/// Judges the way from the caller to a destination.
#[must_use]
pub fn judge(snapshot: &Snapshot<'_>, to: &Destination) -> Path {
    walk(snapshot, format!("{}:{}", to.host, to.port), |place| place.dns(false).then(place.reach(to)))
}

fn id(endpoint: &VpcEndpoint) -> &str {
    endpoint.vpc_endpoint_id.as_deref().unwrap_or("<endpoint>")
}

fn is_a(kind: &'static str) -> impl Fn(&&&VpcEndpoint) -> bool {
    move |endpoint| endpoint.vpc_endpoint_type.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(kind))
}

fn is_available(endpoint: &VpcEndpoint) -> bool {
    endpoint.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("available"))
}

/// Whether an endpoint is one for this service. Its name begins otherwise in some partitions.
fn serves(endpoint: &VpcEndpoint, region: &str, service: &str) -> bool {
    let gone = |state: &str| ["deleting", "deleted"].iter().any(|gone| state.eq_ignore_ascii_case(gone));
    endpoint.service_name.as_deref().is_some_and(|name| name.ends_with(&format!(".{region}.{service}"))) && !endpoint.state.as_deref().is_some_and(gone)
}

impl<'e> Place<'_, 'e> {
    fn reach(&self, to: &Destination) -> Leg {
        let Some(service) = to.service else { return self.outside(to.port, Leg::default(), None) };
        let name = format!("endpoint com.amazonaws.{}.{service}", to.region);
        if to.region != self.snapshot.region {
            return self.outside(to.port, Leg::default().hop(State::Absent, format!("{name}: none serves another Region")), None);
        }
        let endpoints = match list(self.snapshot.endpoints, "the VPC's endpoints") {
            Ok(endpoints) => endpoints,
            Err(why) => return self.perhaps_hidden(&name, why, to.port),
        };
        let serving: Vec<&VpcEndpoint> = endpoints.iter().filter(|endpoint| serves(endpoint, &to.region, service)).collect();
        let interfaces: Vec<&VpcEndpoint> = serving.iter().filter(is_a("interface")).copied().collect();
        let gateways: Vec<&VpcEndpoint> = serving.iter().filter(is_a("gateway")).copied().filter(|endpoint| is_available(endpoint)).collect();
        let named = interfaces.iter().copied().find(|endpoint| endpoint.private_dns_enabled);
        let hostnames = self.snapshot.dns.found().and_then(|dns| dns.enable_dns_hostnames) != Some(false);
        match named {
            Some(endpoint) if hostnames => {
                let inside = self.through_interface(endpoint, to.port);
                // The name leads elsewhere if resolvers of the VPC's own do not ask Amazon's, and for S3 by default beside a gateway endpoint.
                if !self.has_own_resolver() && gateways.is_empty() {
                    return inside;
                }
                let doubt = Leg::default()
                    .doubt(format!("{name}: {}, or past it", id(endpoint)), format!("whether {} leads to {} is not known", to.host, id(endpoint)));
                doubt.then(Leg::either(vec![inside, self.past_interfaces(&gateways, Leg::default(), to.port)]))
            }
            None if serving.is_empty() && self.sharer().is_some() => {
                let why = format!("{} is shared by account {}, whose endpoints are not shown", self.id, self.sharer().unwrap_or_default());
                self.perhaps_hidden(&name, why, to.port)
            }
            _ => {
                let past = self.past_interfaces(&gateways, Leg::default().hop(State::Absent, format!("{name}: none")), to.port);
                match (named, interfaces.first()) {
                    (Some(endpoint), _) => {
                        blame(past, &format!("endpoint {}: enableDnsHostnames off", id(endpoint)), &self.dns_off("enableDnsHostnames"), None)
                    }
                    (None, Some(endpoint)) => {
                        let proof = format!("private DNS is off for {}, so {} leads to public addresses", id(endpoint), to.host);
                        let fault = self.fault(Break::EndpointPrivateDnsOff { endpoint: id(endpoint).to_owned() }, "DescribeVpcEndpoints", proof);
                        let but = format!("a private hosted zone may lead {} to {}", to.host, id(endpoint));
                        blame(past, &format!("endpoint {}: private DNS off", id(endpoint)), &fault, Some(but))
                    }
                    (None, None) => past,
                }
            }
        }
    }

    /// An interface endpoint that has the service's name.
    fn through_interface(&self, endpoint: &'e VpcEndpoint, port: u16) -> Leg {
        let state = endpoint.state.as_deref().unwrap_or_default();
        if !is_available(endpoint) {
            let what = Break::EndpointUnreachable { endpoint: id(endpoint).to_owned(), ingress: None };
            let proof = format!("{} takes the traffic, as its private DNS is on, and is {state}, not available", id(endpoint));
            return Leg::default().judged(
                State::Broken,
                format!("endpoint {} (private DNS): {state}", id(endpoint)),
                self.fault(what, "DescribeVpcEndpoints", proof),
            );
        }
        let groups = endpoint.group_set.iter().filter_map(|group| group.group_id.as_deref()).collect();
        let at = Arrival { kind: "endpoint", id: id(endpoint), groups, subnets: endpoint.subnet_id_set.iter().map(String::as_str).collect(), port };
        self.arrive(&at, "DescribeSecurityGroups", |ingress| Break::EndpointUnreachable { endpoint: id(endpoint).to_owned(), ingress: Some(ingress) })
    }

    /// The way where no interface endpoint takes the call; `none` tells that none is there.
    fn past_interfaces(&self, gateways: &[&'e VpcEndpoint], none: Leg, port: u16) -> Leg {
        let Some(first) = gateways.first().map(|gateway| id(gateway)) else { return self.outside(port, none, None) };
        let (table, table_name) = match self.table(self.id) {
            Ok(found) => found,
            Err(why) => return Leg::default().doubt(format!("gateway endpoint {first}"), why),
        };
        let is_listed = |gateway: &&&VpcEndpoint| gateway.route_table_id_set.iter().any(|listed| Some(listed) == table.route_table_id.as_ref());
        let Some(gateway) = gateways.iter().find(is_listed) else {
            let hop = format!("gateway endpoint {first}: not in route table {table_name}");
            return self.outside(port, Leg::default().hop(State::Absent, hop), Some(first));
        };
        let mut leading = table.route_set.iter().filter(|route| route.gateway_id == gateway.vpc_endpoint_id);
        let prefix_list = leading.find_map(|route| route.destination_prefix_list_id.as_deref());
        let hop = format!("gateway endpoint {}: in route table {table_name}", id(gateway));
        self.towards(prefix_list, port).then(Leg::default().hop(State::Ok, hop))
    }

    /// The way by the routes; the endpoints' part of the drawing comes before them.
    fn outside(&self, port: u16, endpoints: Leg, gateway: Option<&str>) -> Leg {
        self.towards(None, port).then(endpoints).then(self.routes(gateway))
    }

    /// Out of the caller's security groups and subnet, to a public address.
    fn towards(&self, prefix_list: Option<&str>, port: u16) -> Leg {
        let peer = Peer { address: Address::Public, groups: Some(Vec::new()), prefix_list };
        let to = prefix_list.map_or_else(|| Remote::Cidr(ANY.to_owned()), |list| Remote::PrefixList(list.to_owned()));
        self.egress(&[peer], port, prefix_list.unwrap_or(ANY), to).then(self.guard(self.id, true, port, &[Address::Public]))
    }

    /// The way where an endpoint may stand that is not seen. Groups that let nothing out shut it all the same.
    fn perhaps_hidden(&self, name: &str, why: String, port: u16) -> Leg {
        let anything = Peer { address: Address::Anywhere, groups: None, prefix_list: None };
        let out = self.egress(&[anything], port, ANY, Remote::Cidr(ANY.to_owned()));
        let unseen = if out.state == State::Broken { out } else { Leg { state: State::Unsure, ..Leg::default() } };
        let hop = Leg::default().doubt(format!("{name}: not known"), why);
        let routes = self.outside(port, hop, None);
        Leg::either(vec![unseen, routes])
    }
}

/// Puts the blame for a way that does not lead out on an endpoint that could have taken the call; where there is a way, on nothing.
fn blame(mut past: Leg, hop: &str, fault: &Fault, but: Option<String>) -> Leg {
    let leads_nowhere = |fault: &Fault| matches!(fault.what, Break::NoRoute { .. } | Break::NoPublicIp { .. } | Break::NatBroken { .. });
    let mut state = State::Absent;
    for (faults, found) in [(&mut past.possible, State::Unsure), (&mut past.faults, State::Broken)] {
        if faults.iter().any(leads_nowhere) {
            faults.retain(|fault| !matches!(fault.what, Break::NoRoute { .. }));
            faults.insert(0, fault.clone());
            state = found;
        }
    }
    past.unsure.extend(but.filter(|_| state != State::Absent));
    past.hops.iter_mut().rev().filter(|seen| seen.state == State::Absent).take(1).for_each(|seen| *seen = super::Hop { what: hop.to_owned(), state });
    past
}
