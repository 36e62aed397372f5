//! Where the routes of a subnet take a call to a public address.

use ipnet::Ipv4Net;

use super::address::has_public;
use super::leg::Leg;
use super::place::{ANY, Place, list};
use super::{Break, State};
use crate::question::facts::{NatGateway, Route, RouteTable};

/// What a route leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target<'a> {
    Internet(&'a str),
    Nat(&'a str),
    /// Something whose further way is not known.
    Other(&'a str),
}

impl<'a> Target<'a> {
    fn of(route: &'a Route) -> Self {
        let gateway = route.gateway_id.as_deref();
        let others = [&route.transit_gateway_id, &route.vpc_peering_connection_id, &route.network_interface_id, &route.instance_id, &route.local_gateway_id];
        match (gateway, route.nat_gateway_id.as_deref()) {
            (Some(gateway), _) if gateway.starts_with("igw-") => Self::Internet(gateway),
            (_, Some(nat)) => Self::Nat(nat),
            (Some(gateway), None) => Self::Other(gateway),
            (None, None) => Self::Other(others.into_iter().find_map(Option::as_deref).unwrap_or("a target of unknown kind")),
        }
    }

    const fn id(self) -> &'a str {
        match self {
            Self::Internet(id) | Self::Nat(id) | Self::Other(id) => id,
        }
    }
}

fn is_blackhole(route: &Route) -> bool {
    route.state.as_deref() == Some("blackhole")
}

/// The route that public addresses take, if no other is closer.
fn default_route(table: &RouteTable) -> Option<&Route> {
    table.route_set.iter().filter(|route| route.destination_cidr_block.as_deref() == Some(ANY)).min_by_key(|route| is_blackhole(route))
}

/// The routes that only a part of the public addresses takes, with that part.
fn partial_routes(table: &RouteTable) -> impl Iterator<Item = (&Route, &str)> {
    table.route_set.iter().filter_map(|route| {
        let gateway = route.gateway_id.as_deref().unwrap_or_default();
        if let Some(range) = route.destination_cidr_block.as_deref() {
            let is_part = range != ANY && gateway != "local" && range.parse::<Ipv4Net>().is_ok_and(has_public);
            return is_part.then_some((route, range));
        }
        // Prefix lists of gateway endpoints are judged with the endpoint.
        let list = route.destination_prefix_list_id.as_deref()?;
        (!gateway.starts_with("vpce-")).then_some((route, list))
    })
}

impl Place<'_, '_> {
    /// Whether the routes take a call to a public service. `gateway` is an endpoint for it that stands in other tables only.
    pub(super) fn routes(&self, gateway: Option<&str>) -> Leg {
        let (table, name) = match self.table(self.id) {
            Ok(found) => found,
            Err(why) => return Leg::default().doubt("route table", why),
        };
        let id = table.route_table_id.clone().unwrap_or_else(|| "<route-table>".to_owned());
        let default = default_route(table);
        let nowhere = || {
            let proof = format!("route table {name} of {} has no route to {ANY}", self.id);
            let what = Break::NoRoute { route_table: id.clone(), gateway: gateway.map(str::to_owned) };
            Leg::default().judged(State::Broken, format!("route table {name}: no route to {ANY}"), self.fault(what, "DescribeRouteTables", proof))
        };
        let mut ways = vec![default.map_or_else(nowhere, |route| self.along(route, ANY, &id, &name))];
        let leads_elsewhere =
            |route: &Route| default.is_none_or(|default| Target::of(default) != Target::of(route) || is_blackhole(default) != is_blackhole(route));
        ways.extend(partial_routes(table).filter(|(route, _)| leads_elsewhere(route)).map(|(route, range)| self.along(route, range, &id, &name)));
        Leg::either(ways)
    }

    fn along(&self, route: &Route, range: &str, id: &str, name: &str) -> Leg {
        let target = Target::of(route);
        let hop = format!("route table {name}: {range} -> {}", target.id());
        let route_table = || id.to_owned();
        match target {
            Target::Nat(nat) => self.through_nat(nat, is_blackhole(route), id, &hop),
            _ if is_blackhole(route) => {
                let proof = format!("the route of {name} to {range} is a black hole: {} is gone", target.id());
                let fault = self.fault(Break::NoRoute { route_table: route_table(), gateway: None }, "DescribeRouteTables", proof);
                Leg::default().judged(State::Broken, format!("{hop} (blackhole)"), fault)
            }
            Target::Internet(gateway) => {
                let remark = match self.snapshot.caller.public_ip {
                    None => {
                        return Leg::default()
                            .doubt(hop, format!("{gateway} takes only calls from a public address, and whether the caller has one is not known"));
                    }
                    Some(true) => "",
                    Some(false) => " (no public address)",
                };
                let state = if remark.is_empty() { State::Ok } else { State::Broken };
                let proof =
                    format!("route table {name} of {} leads to {gateway}, which takes only calls from a public address, and the caller has none", self.id);
                let what = Break::NoPublicIp { route_table: route_table(), gateway: gateway.to_owned() };
                Leg::default().judged(state, format!("{hop}{remark}"), self.fault(what, "DescribeRouteTables", proof))
            }
            Target::Other(other) => Leg::default().doubt(hop, format!("where {other} leads, to which {name} sends {range}, is not known")),
        }
    }

    fn through_nat(&self, nat: &str, blackhole: bool, route_table: &str, hop: &str) -> Leg {
        let gateways = match list(self.snapshot.nat_gateways, "the NAT gateways") {
            Ok(gateways) => gateways,
            Err(_) if blackhole => &[],
            Err(why) => return Leg::default().doubt(hop, why),
        };
        let gateway = gateways.iter().find(|gateway| gateway.nat_gateway_id.as_deref() == Some(nat));
        let broken = |remark: &str, source, proof: String| {
            let what = Break::NatBroken { route_table: route_table.to_owned(), nat_gateway: nat.to_owned() };
            Leg::default().judged(State::Broken, format!("{hop} ({remark})"), self.fault(what, source, proof))
        };
        match gateway {
            None if blackhole => {
                broken("blackhole", "DescribeRouteTables", format!("the route of {route_table} to {nat} is a black hole: the NAT gateway is gone"))
            }
            None if self.sharer().is_some() => Leg::default().doubt(hop, format!("{nat} belongs to the account that shares the subnet")),
            None => broken("deleted", "DescribeNatGateways", format!("{nat}, to which {route_table} leads, does not exist")),
            Some(gateway) => match (gateway.state.as_deref(), gateway.connectivity_type.as_deref()) {
                (Some("available"), Some("private")) => {
                    broken("private", "DescribeNatGateways", format!("{nat}, to which {route_table} leads, is a private NAT gateway"))
                }
                (Some("available"), _) => self.beyond_nat(gateway, nat, hop, broken),
                (Some(state), _) => broken(state, "DescribeNatGateways", format!("{nat}, to which {route_table} leads, is {state}, not available")),
                (None, _) => Leg::default().doubt(hop, format!("the state of {nat} is not told")),
            },
        }
    }

    /// The way on from a NAT gateway that works.
    fn beyond_nat(&self, gateway: &NatGateway, nat: &str, hop: &str, broken: impl Fn(&str, &'static str, String) -> Leg) -> Leg {
        let Some(subnet) = gateway.subnet_id.as_deref() else { return Leg::default().doubt(hop, format!("the subnet of {nat} is not told")) };
        let (table, name) = match self.table(subnet) {
            Ok(found) => found,
            Err(why) => return Leg::default().doubt(hop, why),
        };
        let source = "DescribeRouteTables";
        match default_route(table).map(|route| (Target::of(route), is_blackhole(route))) {
            Some((Target::Internet(_), false)) => Leg::default().hop(State::Ok, format!("{hop} -> internet")),
            Some((Target::Other(other), false)) => {
                Leg::default().doubt(hop, format!("where {other} leads, to which {name} sends what leaves {nat}, is not known"))
            }
            Some((target, _)) => broken(
                "no way out",
                source,
                format!("route table {name} of {subnet}, where {nat} stands, leads to {}, not to an internet gateway", target.id()),
            ),
            None => broken("no way out", source, format!("route table {name} of {subnet}, where {nat} stands, has no route to {ANY}")),
        }
    }
}
