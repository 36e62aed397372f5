//! Where the routes of a subnet take a call: of several that fit, the one with the longest prefix.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::address::has_public;
use super::leg::Leg;
use super::place::{ALL_ANSWERS, ANY, Call, Place, list};
use super::{Break, Part, State};
use crate::question::facts::{NatGateway, Route, RouteTable};

/// What a route leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target<'a> {
    Internet(&'a str),
    Nat(&'a str),
    /// The VPC itself.
    Local,
    /// Something whose further way is not known.
    Other(&'a str),
}

impl<'a> Target<'a> {
    fn of(route: &'a Route) -> Self {
        let gateway = route.gateway_id.as_deref();
        let others = [
            &route.transit_gateway_id,
            &route.vpc_peering_connection_id,
            &route.network_interface_id,
            &route.instance_id,
            &route.local_gateway_id,
        ];
        match (gateway, route.nat_gateway_id.as_deref()) {
            (Some("local"), _) => Self::Local,
            (Some(gateway), _) if gateway.starts_with("igw-") => Self::Internet(gateway),
            (_, Some(nat)) => Self::Nat(nat),
            (Some(gateway), None) => Self::Other(gateway),
            (None, None) => Self::Other(
                others.into_iter().find_map(Option::as_deref).unwrap_or("a target of unknown kind"),
            ),
        }
    }

    const fn id(self) -> &'a str {
        match self {
            Self::Internet(id) | Self::Nat(id) | Self::Other(id) => id,
            Self::Local => "local",
        }
    }
}

/// A way that routes take, and for which destinations.
#[derive(Debug)]
struct Way<'a> {
    target: Target<'a>,
    is_blackhole: bool,
    ranges: Vec<&'a str>,
}

impl Way<'_> {
    fn named(&self) -> String {
        self.ranges.join(", ")
    }

    /// One of its routes.
    fn range(&self) -> String {
        self.ranges.first().copied().unwrap_or(ANY).to_owned()
    }
}

fn is_blackhole(route: &Route) -> bool {
    route.state.as_deref() == Some("blackhole")
}

/// The ways of calls to a public service, or to one address; `None` among them where a part has no route.
/// Prefix lists of gateway endpoints are judged with the endpoint; what other lists hold is not known.
fn ways<'a>(table: &'a RouteTable, address: Option<Ipv4Addr>) -> Vec<Option<Way<'a>>> {
    let read = |route: &'a Route| Some((route.destination_cidr_block.as_deref()?.parse().ok()?, route));
    let is_for_it = |route: &Route| address.is_some() || Target::of(route) != Target::Local;
    let routes: Vec<(Ipv4Net, &Route)> =
        table.route_set.iter().filter_map(read).filter(|(_, route)| is_for_it(route)).collect();
    let mut deciding = Vec::new();
    decide(&routes, address.map_or_else(Ipv4Net::default, Ipv4Net::from), address.is_none(), &mut deciding);
    deciding.sort_by_key(|found| found.map(|(range, _)| range.prefix_len()));
    let lists = table.route_set.iter().filter(|route| {
        route.destination_prefix_list_id.is_some()
            && !route.gateway_id.as_deref().unwrap_or_default().starts_with("vpce-")
    });
    let mut all: Vec<Option<Way<'a>>> = Vec::new();
    for route in deciding.into_iter().map(|found| found.map(|(_, route)| route)).chain(lists.map(Some)) {
        let Some(route) = route else {
            all.push(None);
            continue;
        };
        let (target, is_blackhole) = (Target::of(route), is_blackhole(route));
        let range = route
            .destination_cidr_block
            .as_deref()
            .or(route.destination_prefix_list_id.as_deref())
            .unwrap_or_default();
        match all.iter_mut().flatten().find(|way| way.target == target && way.is_blackhole == is_blackhole) {
            // A closer route by the same way makes no difference.
            Some(way) if way.ranges.contains(&ANY) => {}
            Some(way) => way.ranges.push(range),
            None => all.push(Some(Way { target, is_blackhole, ranges: vec![range] })),
        }
    }
    all
}

/// The routes that decide for the addresses of a range, each once.
fn decide<'a>(
    routes: &[(Ipv4Net, &'a Route)],
    range: Ipv4Net,
    public: bool,
    found: &mut Vec<Option<(Ipv4Net, &'a Route)>>,
) {
    if public && !has_public(range) {
        return;
    }
    let near: Vec<(Ipv4Net, &Route)> =
        routes.iter().copied().filter(|(other, _)| other.contains(&range) || range.contains(other)).collect();
    let is_within =
        |other: &Ipv4Net| *other != range && range.contains(other) && (!public || has_public(*other));
    if near.iter().any(|(other, _)| is_within(other))
        && let Ok(halves) = range.subnets(range.prefix_len() + 1)
    {
        halves.for_each(|half| decide(&near, half, public, found));
        return;
    }
    let longest = near
        .iter()
        .filter(|(other, _)| other.contains(&range))
        .max_by_key(|(other, route)| (other.prefix_len(), !is_blackhole(route)))
        .copied();
    let same = |other: &Option<(Ipv4Net, &Route)>| match (other, longest) {
        (None, None) => true,
        (Some((_, one)), Some((_, other))) => std::ptr::eq(*one, other),
        _ => false,
    };
    if !found.iter().any(same) {
        found.push(longest);
    }
}

impl<'e> Place<'_, 'e> {
    /// A target to which private addresses are routed, and behind which any private network may be.
    pub(super) fn leads_to_others(&self) -> Option<&'e str> {
        let (table, _) = self.table(self.id).ok()?;
        let others = table.route_set.iter().filter(|route| {
            !is_blackhole(route) && !route.gateway_id.as_deref().unwrap_or_default().starts_with("vpce-")
        });
        others.map(|route| (route, Target::of(route))).find_map(|(route, target)| match target {
            Target::Other(other) if route.destination_prefix_list_id.is_some() => Some(other),
            Target::Other(other) => {
                let range: Ipv4Net = route.destination_cidr_block.as_deref()?.parse().ok()?;
                super::address::has_private(range).then_some(other)
            }
            Target::Internet(_) | Target::Nat(_) | Target::Local => None,
        })
    }

    /// Whether the routes take a call to a public service, or to an address. `gateway` is an endpoint for it
    /// that is in other tables only.
    pub(super) fn routes(&self, call: Call, gateway: Option<&str>) -> Leg {
        let (table, name) = match self.table(self.id) {
            Ok(found) => found,
            Err(why) => return Leg::default().doubt(Part::ROUTES, "route table", why),
        };
        let id = table.route_table_id.as_deref().unwrap_or("<route-table>");
        let nowhere = || {
            let proof = format!("route table {name} of {} has no route to {ANY}", self.id);
            let what = Break::NoRoute {
                route_table: id.to_owned(),
                gateway: gateway.map(str::to_owned),
                blackhole: None,
            };
            Leg::default().judged(
                State::Broken,
                format!("route table {name}: no route to {ANY}"),
                self.blockage(what, "DescribeRouteTables", proof),
            )
        };
        let legs = ways(table, call.address)
            .into_iter()
            .map(|way| way.map_or_else(nowhere, |way| self.along(&way, (id, &name), call)));
        Leg::either(legs.collect())
    }

    fn along(&self, way: &Way<'_>, (id, name): (&str, &str), call: Call) -> Leg {
        let (target, ranges) = (way.target, way.named());
        let hop = format!("route table {name}: {ranges} -> {}", target.id());
        let is_private = call.address.is_some_and(|address| !super::address::is_public(address));
        match target {
            Target::Internet(_) | Target::Nat(_) if is_private && !way.is_blackhole => Leg::default().doubt(
                Part::ROUTES,
                hop,
                format!("where {} sends a call to a private address", target.id()),
            ),
            Target::Nat(nat) => self.through_nat(nat, way, id, &hop, call),
            _ if way.is_blackhole => {
                let proof =
                    format!("the route of {name} to {ranges} is a black hole: {} is gone", target.id());
                let what = Break::NoRoute {
                    route_table: id.to_owned(),
                    gateway: None,
                    blackhole: Some(way.range()),
                };
                Leg::default().judged(
                    State::Broken,
                    format!("{hop} (blackhole)"),
                    self.blockage(what, "DescribeRouteTables", proof),
                )
            }
            Target::Internet(gateway) => {
                let remark = match self.snapshot.caller.public_ip {
                    None => {
                        let why = format!(
                            "whether the caller has a public address: {gateway} takes only calls from one"
                        );
                        return Leg::default().doubt(&[Part::PublicAddress], hop, why);
                    }
                    Some(true) => "",
                    Some(false) => " (no public address)",
                };
                let state = if remark.is_empty() { State::Ok } else { State::Broken };
                let proof = format!(
                    "route table {name} of {} points to {gateway}, which takes only calls from a public address, and the caller has none",
                    self.id
                );
                let what = Break::NoPublicIp { route_table: id.to_owned(), gateway: gateway.to_owned() };
                let leg = Leg::default().judged(
                    state,
                    format!("{hop}{remark}"),
                    self.blockage(what, "DescribeRouteTables", proof),
                );
                self.as_set(leg, &[Part::PublicAddress])
            }
            Target::Local => Leg::default().hop(State::Ok, hop),
            Target::Other(other) => Leg::default().doubt(
                Part::ROUTES,
                hop,
                format!("what is behind {other}, to which {name} sends {ranges}"),
            ),
        }
    }

    fn through_nat(&self, nat: &str, way: &Way<'_>, route_table: &str, hop: &str, call: Call) -> Leg {
        let blackhole = way.is_blackhole;
        let gateways = match list(self.snapshot.nat_gateways, "the NAT gateways") {
            Ok(gateways) => gateways,
            Err(_) if blackhole => &[],
            Err(why) => return Leg::default().doubt(&[Part::Nat], hop, why),
        };
        let gateway = gateways.iter().find(|gateway| gateway.nat_gateway_id.as_deref() == Some(nat));
        let broken = |remark: &str, source, proof: String| {
            let what = Break::NatBroken {
                route_table: route_table.to_owned(),
                nat_gateway: nat.to_owned(),
                range: way.range(),
            };
            Leg::default().judged(
                State::Broken,
                format!("{hop} ({remark})"),
                self.blockage(what, source, proof),
            )
        };
        let when = self.snapshot.when;
        let gone = || {
            broken(
                "blackhole",
                "DescribeRouteTables",
                format!("the route of {route_table} to {nat} is a black hole: the NAT gateway is gone"),
            )
        };
        match gateway {
            None if blackhole => gone(),
            None if self.sharer().is_some() => Leg::default().doubt(
                &[Part::Nat],
                hop,
                format!("{nat} belongs to the account that shares the subnet"),
            ),
            None => broken(
                "deleted",
                "DescribeNatGateways",
                format!("{nat}, to which {route_table} points, does not exist"),
            ),
            Some(gateway) if when.is_before(gateway.create_time) => {
                let made = gateway.create_time.map(|at| at.to_string()).unwrap_or_default();
                Leg::default().doubt(
                    Part::ROUTES,
                    hop,
                    format!("where the route pointed during the call: {nat} was created on {made}"),
                )
            }
            Some(gateway) if when.is_before(gateway.delete_time) => {
                let deleted = gateway.delete_time.map(|at| at.to_string()).unwrap_or_default();
                Leg::default().doubt(
                    &[Part::Nat],
                    hop,
                    format!("the state of {nat} during the call: it was deleted on {deleted}"),
                )
            }
            Some(gateway) => match gateway.state.as_deref() {
                Some("available") if blackhole => gone(),
                Some("available") => self.beyond_nat(gateway, nat, hop, call, broken),
                Some(state) => {
                    let deleted = gateway.delete_time.map(|at| format!(" since {at}")).unwrap_or_default();
                    broken(
                        state,
                        "DescribeNatGateways",
                        format!("{nat}, to which {route_table} points, is {state}{deleted}, not available"),
                    )
                }
                None => Leg::default().doubt(&[Part::Nat], hop, format!("the state of {nat}")),
            },
        }
    }

    /// The way on from a NAT gateway that works: by the routes of its subnet, past that one's network ACL.
    fn beyond_nat(
        &self,
        gateway: &NatGateway,
        nat: &str,
        hop: &str,
        call: Call,
        broken: impl Fn(&str, &'static str, String) -> Leg,
    ) -> Leg {
        let parts = &[Part::Nat, Part::Acl];
        let Some(subnet) = gateway.subnet_id.as_deref() else {
            return Leg::default().doubt(parts, hop, format!("the subnet of {nat}"));
        };
        let (table, name) = match self.table(subnet) {
            Ok(found) => found,
            Err(why) => return Leg::default().doubt(parts, hop, why),
        };
        let is_private = gateway.connectivity_type.as_deref() == Some("private");
        let named = format!("route table {name} of {subnet}, where {nat} is,");
        let no_way_out = |proof: String| broken("no internet route", "DescribeRouteTables", proof);
        let legs = ways(table, call.address).into_iter().map(|way| {
            match way.as_ref().map(|way| (way.target, way.is_blackhole)) {
                Some((Target::Internet(_), false)) if is_private => broken(
                    "private",
                    "DescribeNatGateways",
                    format!("{nat} is a private NAT gateway, whose calls an internet gateway does not take"),
                ),
                Some((Target::Internet(_), false)) => {
                    Leg::default().hop(State::Ok, format!("{hop} -> internet"))
                }
                Some((Target::Other(other), false)) => Leg::default().doubt(
                    &[Part::Nat],
                    hop,
                    format!("what is behind {other}, to which {name} sends what leaves {nat}"),
                ),
                Some((target, _)) => {
                    no_way_out(format!("{named} points to {}, not to an internet gateway", target.id()))
                }
                None => no_way_out(format!("{named} has no route to {ANY}")),
            }
        });
        let out = Leg::either(legs.collect());
        if out.state == State::Broken {
            return out;
        }
        let from_caller = if subnet == self.id {
            Leg::default()
        } else {
            self.guard(subnet, false, call.port, &[self.address()], self.answers())
        };
        out.then(from_caller).then(self.guard(subnet, true, call.port, &[call.other_side()], ALL_ANSWERS))
    }
}
