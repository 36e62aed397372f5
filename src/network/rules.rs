//! Whether rules let a TCP connection pass: those of security groups are a union, of those of a network ACL the first that matches counts.

use std::ops::RangeInclusive;

use super::State;
use super::address::Address;
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

/// What is so whichever of these it is.
pub(super) fn whichever(states: impl IntoIterator<Item = State>) -> State {
    states.into_iter().reduce(|all, state| if all == state { all } else { State::Unsure }).unwrap_or(State::Unsure)
}

/// Whether any of the rules lets the peer pass.
pub(super) fn permits<'a>(rules: impl IntoIterator<Item = &'a IpPermission>, port: u16, peer: &Peer<'_>) -> State {
    rules
        .into_iter()
        .filter(|rule| is_tcp(rule.ip_protocol.as_deref()) && spans(rule.from_port, rule.to_port, port))
        .map(|rule| peer.named(rule))
        .min()
        .unwrap_or(State::Broken)
}

impl Peer<'_> {
    fn named(&self, rule: &IpPermission) -> State {
        let ranges = rule.ip_ranges.iter().filter_map(|range| range.cidr_ip.as_deref()).map(|range| self.address.in_range(range));
        let groups = rule.groups.iter().filter_map(|group| group.group_id.as_deref()).map(|group| match &self.groups {
            None => State::Unsure,
            Some(own) if own.contains(&group) => State::Ok,
            Some(_) => State::Broken,
        });
        // What a prefix list holds was not read, unless it is the one that the peer is known by.
        let lists = rule.prefix_list_ids.iter().map(|list| {
            let is_known = self.prefix_list.is_some() && list.prefix_list_id.as_deref() == self.prefix_list;
            if is_known { State::Ok } else { State::Unsure }
        });
        ranges.chain(groups).chain(lists).min().unwrap_or(State::Broken)
    }
}

/// Whether a network ACL lets all of these ports pass to or from an address; unsure if some.
pub(super) fn passes(acl: &NetworkAcl, egress: bool, ports: &RangeInclusive<u16>, address: Address) -> State {
    let mut rules: Vec<&AclEntry> = acl.entry_set.iter().filter(|rule| rule.egress == egress && is_tcp(rule.protocol.as_deref())).collect();
    rules.sort_by_key(|rule| rule.rule_number.unwrap_or(i64::MAX));
    let ends = rules.iter().filter_map(|rule| rule.port_range.as_ref()).flat_map(|range| [range.from, range.to.map(|last| last.saturating_add(1))]);
    let edges = ends.flatten().filter_map(|port| u16::try_from(port).ok()).filter(|port| ports.contains(port));
    whichever(edges.chain([*ports.start()]).map(|port| first_match(&rules, port, address)))
}

fn first_match(rules: &[&AclEntry], port: u16, address: Address) -> State {
    let mut outcomes = Vec::new();
    for rule in rules {
        let (from, to) = rule.port_range.as_ref().map_or((None, None), |range| (range.from, range.to));
        let matches = rule.cidr_block.as_deref().filter(|_| spans(from, to, port)).map_or(State::Broken, |range| address.in_range(range));
        let outcome = if rule.rule_action.as_deref() == Some("allow") { State::Ok } else { State::Broken };
        match matches {
            State::Broken | State::Absent => {}
            State::Unsure => outcomes.push(outcome),
            State::Ok => return whichever(outcomes.into_iter().chain([outcome])),
        }
    }
    whichever(outcomes.into_iter().chain([State::Broken]))
}

fn is_tcp(protocol: Option<&str>) -> bool {
    matches!(protocol, Some("tcp" | "6" | "-1"))
}

fn spans(from: Option<i64>, to: Option<i64>, port: u16) -> bool {
    from.is_none_or(|from| from <= i64::from(port)) && to.is_none_or(|to| i64::from(port) <= to)
}
