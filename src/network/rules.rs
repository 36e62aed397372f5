//! Whether rules pass a TCP connection: those of security groups are a union, of those of a network ACL
//! the first that matches counts. Where a rule of an ACL has to be inserted that passes it and undoes no
//! other.

use std::ops::RangeInclusive;

use ipnet::Ipv4Net;

use super::address::Address;
use super::{Opening, State};
use crate::question::facts::{AclEntry, IpPermission, NetworkAcl};

/// What a rule of a security group may name to mean the other side.
#[derive(Debug, Clone)]
pub(super) struct Peer<'a> {
    pub(super) address: Address,
    /// Its security groups, if known.
    pub(super) groups: Option<Vec<&'a str>>,
    /// The prefix list that holds it, if known.
    pub(super) prefix_list: Option<&'a str>,
}

/// The state that all of these have; unsure where they differ.
pub(super) fn unanimous(states: impl IntoIterator<Item = State>) -> State {
    states
        .into_iter()
        .reduce(|all, state| if all == state { all } else { State::Unsure })
        .unwrap_or(State::Unsure)
}

/// Whether any of the rules passes the peer.
pub(super) fn permits<'a>(
    rules: impl IntoIterator<Item = &'a IpPermission>,
    port: u16,
    peer: &Peer<'_>,
) -> State {
    rules
        .into_iter()
        .filter(|rule| is_tcp(rule.ip_protocol.as_deref()) && spans(rule.from_port, rule.to_port, port))
        .map(|rule| peer.named(rule))
        .min()
        .unwrap_or(State::Broken)
}

impl Peer<'_> {
    fn named(&self, rule: &IpPermission) -> State {
        let ranges = rule
            .ip_ranges
            .iter()
            .filter_map(|range| range.cidr_ip.as_deref())
            .map(|range| self.address.in_range(range));
        let groups =
            rule.groups.iter().filter_map(|group| group.group_id.as_deref()).map(|group| {
                match &self.groups {
                    None => State::Unsure,
                    Some(own) if own.contains(&group) => State::Ok,
                    Some(_) => State::Broken,
                }
            });
        // What a prefix list holds was not read, unless it is the one that the peer is known by.
        let lists = rule.prefix_list_ids.iter().map(|list| {
            let is_known = self.prefix_list.is_some() && list.prefix_list_id.as_deref() == self.prefix_list;
            if is_known { State::Ok } else { State::Unsure }
        });
        ranges.chain(groups).chain(lists).min().unwrap_or(State::Broken)
    }
}

/// The number of the last rule, which denies what none allows.
const LAST: i64 = 32767;
/// How far rules are put from each other.
const STEP: i64 = 10;

/// Whether a network ACL passes all of these ports to or from an address; unsure if some.
pub(super) fn passes(acl: &NetworkAcl, egress: bool, ports: &RangeInclusive<u16>, address: Address) -> State {
    let rules = sorted(acl, egress);
    unanimous(edges(&rules, ports).map(|port| first_match(&rules, port, address).0))
}

/// Where to insert a rule for `cidr` that passes these ports: directly before the first rule that drops
/// them. One that denies a part of the addresses or ports was added on purpose.
pub(super) fn opening(
    acl: &NetworkAcl,
    egress: bool,
    ports: &RangeInclusive<u16>,
    address: Address,
    cidr: &str,
) -> Opening {
    let rules = sorted(acl, egress);
    let mut dropping: Vec<&AclEntry> =
        edges(&rules, ports).flat_map(|port| first_match(&rules, port, address).1).collect();
    dropping.sort_by_key(|rule| number(rule));
    let wanted = cidr.parse::<Ipv4Net>().ok();
    let drops_all = |rule: &AclEntry| {
        let range = rule.cidr_block.as_deref().and_then(|range| range.parse::<Ipv4Net>().ok());
        range.zip(wanted).is_some_and(|(range, wanted)| range.contains(&wanted))
            && [*ports.start(), *ports.end()].into_iter().all(|port| is_for(rule, port))
    };
    if let Some(rule) = dropping.iter().find(|rule| number(rule) < LAST && !drops_all(rule)) {
        return Opening::OnPurpose(number(rule));
    }
    let before = dropping.first().map_or(LAST, |rule| number(rule));
    // Every rule of the direction has its number, whatever it is for.
    let numbers = acl.entry_set.iter().filter(|rule| rule.egress == egress).map(number);
    match numbers.filter(|number| *number < before).max() {
        None if before == LAST => Opening::At(STEP * STEP),
        previous => {
            let previous = previous.unwrap_or(0);
            let wanted = if before == LAST { previous + STEP } else { before - STEP };
            let free = wanted.clamp(previous + 1, (before - 1).max(previous + 1));
            if free < before { Opening::At(free) } else { Opening::NoRoom(before) }
        }
    }
}

fn number(rule: &AclEntry) -> i64 {
    rule.rule_number.unwrap_or(LAST)
}

/// The rules that can match TCP, in the order in which they are tried.
fn sorted(acl: &NetworkAcl, egress: bool) -> Vec<&AclEntry> {
    let mut rules: Vec<&AclEntry> = acl
        .entry_set
        .iter()
        .filter(|rule| rule.egress == egress && is_tcp(rule.protocol.as_deref()))
        .collect();
    rules.sort_by_key(|rule| number(rule));
    rules
}

/// Ports that represent all: between two of them no rule begins or ends.
fn edges(rules: &[&AclEntry], ports: &RangeInclusive<u16>) -> impl Iterator<Item = u16> {
    let ends = rules
        .iter()
        .filter_map(|rule| rule.port_range.as_ref())
        .flat_map(|range| [range.from, range.to.map(|last| last.saturating_add(1))]);
    let within =
        ends.flatten().filter_map(|port| u16::try_from(port).ok()).filter(|port| ports.contains(port));
    within.chain([*ports.start()]).collect::<Vec<_>>().into_iter()
}

fn is_for(rule: &AclEntry, port: u16) -> bool {
    let (from, to) = rule.port_range.as_ref().map_or((None, None), |range| (range.from, range.to));
    spans(from, to, port)
}

/// What the rules make of it, and the rules that deny it or a part of it.
fn first_match<'r>(rules: &[&'r AclEntry], port: u16, address: Address) -> (State, Vec<&'r AclEntry>) {
    let (mut outcomes, mut denying) = (Vec::new(), Vec::new());
    for rule in rules {
        let matches = rule
            .cidr_block
            .as_deref()
            .filter(|_| is_for(rule, port))
            .map_or(State::Broken, |range| address.in_range(range));
        if matches!(matches, State::Broken | State::Absent) {
            continue;
        }
        let allows = rule.rule_action.as_deref() == Some("allow");
        outcomes.push(if allows { State::Ok } else { State::Broken });
        denying.extend((!allows).then_some(*rule));
        if matches == State::Ok {
            return (unanimous(outcomes), denying);
        }
    }
    (unanimous(outcomes.into_iter().chain([State::Broken])), denying)
}

fn is_tcp(protocol: Option<&str>) -> bool {
    matches!(protocol, Some("tcp" | "6" | "-1"))
}

fn spans(from: Option<i64>, to: Option<i64>, port: u16) -> bool {
    from.is_none_or(|from| from <= i64::from(port)) && to.is_none_or(|to| i64::from(port) <= to)
}
