//! Joins the legs from all subnets in which the caller may be into one path.

use super::leg::Leg;
use super::place::{Place, as_set, list};
use super::{Part, Path, Snapshot, State, Unsure};

/// Judges a way from each subnet in which the caller may be.
pub(super) fn walk<'e>(snapshot: &Snapshot<'e>, to: String, judge: impl Fn(Place<'_, 'e>) -> Leg) -> Path {
    let caller = snapshot
        .caller
        .host
        .map_or_else(|| "task eni".to_owned(), |id| format!("host {id}, not the task eni"));
    let ids = &snapshot.caller.subnets;
    let subnet = |id: &str| {
        let subnets = list(snapshot.subnets, "the subnets")?;
        let subnet = subnets.iter().find(|subnet| subnet.subnet_id.as_deref() == Some(id));
        subnet.ok_or_else(|| format!("{id} was not found"))
    };
    let leg = |id: &'e str| {
        let subnet = subnet(id)?;
        if subnet.cidr_block.is_none() {
            return Err(format!("{id} has no IPv4 range, and ways by IPv6 are not judged"));
        }
        Ok(judge(Place { snapshot, subnet, id }))
    };
    let doubted = |id: &str, why| Leg::default().doubt(Part::ALL, format!("subnet {id}"), why);
    let legs: Vec<Leg> = ids.iter().map(|&id| leg(id).unwrap_or_else(|why| doubted(id, why))).collect();
    let Some((worst, shown)) = legs.iter().enumerate().rev().max_by_key(|(_, leg)| leg.state) else {
        let why = if snapshot.caller.host.is_some() {
            "the instance's subnet, if it is in AWS"
        } else {
            "the subnet"
        };
        let Leg { state, hops, blockages, possible, unsure } =
            Leg::default().doubt(Part::ALL, "subnet: not known", why);
        return Path { from: caller, to, state, hops, blockages, possible, unsure };
    };
    let subnet = subnet(ids[worst]).ok();
    let zone = subnet.map(|subnet| [&subnet.cidr_block, &subnet.availability_zone]).into_iter().flatten();
    let shown_from: Vec<&str> = [ids[worst]].into_iter().chain(zone.flatten().map(String::as_str)).collect();
    let (hops, shown_from) = (shown.hops.clone(), shown_from.join(", "));
    let one_of = if legs.len() > 1 { format!(", one of {} subnets", legs.len()) } else { String::new() };
    let broken: Vec<&str> =
        ids.iter().zip(&legs).filter(|(_, leg)| leg.state == State::Broken).map(|(&id, _)| id).collect();
    let some = (!broken.is_empty() && broken.len() < legs.len()).then(|| {
        format!(
            "which of the {} subnets the task used: only {} {} blocked",
            legs.len(),
            broken.join(", "),
            if broken.len() == 1 { "is" } else { "are" }
        )
    });
    let leg = Leg::either(legs);
    let Leg { state, blockages, possible, mut unsure, .. } =
        if snapshot.caller.by_settings { as_set(&snapshot.caller.settings, leg, Part::ALL) } else { leg };
    unsure.extend(some.map(|text| Unsure { text, parts: &[] }));
    Path { from: format!("{caller} ({shown_from}){one_of}"), to, state, hops, blockages, possible, unsure }
}
