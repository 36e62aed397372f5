//! The network around a case: asked for, judged and drawn once for all causes of a closed path.
//!
//! Every such cause claims the same symptoms. Where the path is known, the hop that blocks it decides between
//! them. Another cause is ruled out where every hop of its kind on every path was judged and is open.

mod caller;
mod destination;
mod opening;

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::fix::Fix;
use super::proof::Proof;
use crate::network::{
    Blockage, Break, Destination, Part, Path, Snapshot, is_passed, judge as judge_path, mount, named_groups,
};
use crate::question::Question;
use crate::question::facts::{RouteTable, VpcEndpoint};
use crate::reason::{Fault, Symptom};
use caller::{caller, instance_question, snapshot};
use destination::{bucket_question, buckets, destinations, file_systems, mount_targets_question};

pub(super) use caller::{caller_name, is_on_host, own_name_servers};
pub(super) use destination::{can_have_endpoint, is_beyond_endpoints, mount_targets, needs_network};
pub(super) use opening::{open_acl, open_egress, open_ingress, switch_dns_on, switch_on};

/// Whether a call over the network got no answer.
pub(super) fn is_timeout(symptom: &Symptom) -> bool {
    symptom.fault == Fault::NetworkTimeout && needs_network(symptom)
}

/// Asks for the way from the caller to everything that the case can be about.
pub(super) fn ask(case: &Case<'_>) -> Vec<Question> {
    let mut questions: Vec<Question> = case.service_question().into_iter().map(Question::from).collect();
    if is_on_host(case) {
        questions.extend(case.instance_question().map(Question::from));
        questions.extend(instance_question(case).map(Question::from));
    }
    questions.extend(buckets(case).into_iter().map(|bucket| bucket_question(case, bucket).into()));
    questions.extend(Snapshot::questions(
        case.evidence,
        case.own_region(),
        case.task.account.as_deref(),
        &caller(case),
    ));
    questions
}

/// Why the caller's place in the network is not known, where AWS was asked.
pub(super) fn unread<'c>(case: &Case<'c>) -> Option<&'c str> {
    ask(case).iter().find_map(|question| case.evidence.why_unknown(question))
}

/// The paths that the call can have taken, if enough is known to judge them.
fn paths(case: &Case<'_>) -> Option<Vec<Path>> {
    let snapshot = snapshot(case);
    snapshot.subnets.found()?;
    let paths: Vec<Path> =
        destinations(case).iter().map(|destination| judge_path(&snapshot, destination)).collect();
    (!paths.is_empty()).then_some(paths)
}

fn worst(paths: &[Path]) -> Option<&Path> {
    paths.iter().rev().max_by_key(|path| (!path.blockages.is_empty(), path.state))
}

/// The path of the call, if enough of it is known to judge: of several the one that is blocked.
pub(super) fn path(case: &Case<'_>) -> Option<Path> {
    worst(&paths(case)?).cloned()
}

/// A hop that blocks its path.
pub(super) struct Blocked<'p> {
    path: &'p Path,
    /// All that certainly blocks it, of the kinds looked for.
    certain: Vec<&'p Blockage>,
    /// What blocks it, or may.
    pub(super) blockage: &'p Blockage,
}

impl<'p> Blocked<'p> {
    /// The surest of the kinds of hops looked for.
    pub(super) fn surest(paths: &'p [Path], is_it: impl Fn(Part) -> bool) -> Option<Self> {
        let of_path = |path: &'p Path| -> Option<Self> {
            let fits = |blockage: &&Blockage| is_it(blockage.what.part());
            let certain: Vec<&Blockage> = path.blockages.iter().filter(fits).collect();
            let blockage = certain.first().copied().or_else(|| path.possible.iter().find(fits))?;
            Some(Self { path, certain, blockage })
        };
        paths.iter().filter_map(of_path).min_by_key(|blocked| {
            (blocked.certain.is_empty(), blocked.certain.iter().any(|blockage| blockage.doubt.is_some()))
        })
    }

    /// What it means for the cause that explains such a hop.
    pub(super) fn assessment(&self, title: impl Into<String>) -> Assessment {
        let assessment = if self.certain.is_empty() {
            let may = format!(
                "{}: not every path that the call can have taken is certainly blocked by it",
                self.blockage.proof
            );
            Assessment::possible(title).supported().finding(Finding::found(may, self.blockage.source))
        } else {
            Assessment::confirmed(
                title,
                Proof::by_blocked_hops(
                    Finding::found(&*self.blockage.proof, self.blockage.source),
                    &self.certain,
                ),
            )
        };
        assessment.findings(unsure(self.path)).path(Some(self.path.clone()))
    }
}

/// Assesses the cause that explains a kind of hop. Where the path is not known, `unread` does, under that
/// title; the fix gets the hop that blocks.
pub(super) fn assess(
    case: &Case<'_>,
    part: Part,
    title: String,
    fix: fn(&Case<'_>, Option<&Blockage>) -> Fix,
    unread: impl FnOnce(String) -> Option<Assessment>,
) -> Option<Assessment> {
    let Some(paths) = paths(case) else {
        return unread(title).map(|assessment| assessment.culprit(case.endpoint()).fix(fix(case, None)));
    };
    if let Some(blocked) = Blocked::surest(&paths, |other| other == part) {
        return Some(
            blocked
                .assessment(title)
                .culprit(culprit(&blocked.blockage.what))
                .fix(fix(case, Some(blocked.blockage))),
        );
    }
    // The cause that nothing explains it says the rest.
    let path = worst(&paths)?;
    let open = Finding::found(
        format!("no {} on the path from {} to {} blocks it", in_words(part), path.from, path.to),
        source(part),
    );
    Assessment::disproved("none of these hops blocks it", Proof::by_open_hops(open, &paths, part))
}

const fn in_words(part: Part) -> &'static str {
    match part {
        Part::Dns => "name server",
        Part::Group => "security group",
        Part::Acl => "network ACL",
        Part::Endpoint | Part::PrivateDns => "endpoint",
        Part::Route | Part::PublicAddress => "route",
        Part::Nat => "NAT gateway",
        Part::MountTarget => "mount target",
    }
}

const fn source(part: Part) -> &'static str {
    match part {
        Part::Dns => "DescribeVpcAttribute",
        Part::Group => "DescribeSecurityGroups",
        Part::Acl => "DescribeNetworkAcls",
        Part::Endpoint | Part::PrivateDns => "DescribeVpcEndpoints",
        Part::Route | Part::PublicAddress => "DescribeRouteTables",
        Part::Nat => "DescribeNatGateways",
        Part::MountTarget => "DescribeMountTargets",
    }
}

/// What could not be judged.
pub(super) fn unsure(path: &Path) -> Vec<Finding> {
    let mut texts: Vec<&str> = Vec::new();
    for unsure in &path.unsure {
        if !texts.contains(&unsure.text.as_str()) {
            texts.push(&unsure.text);
        }
    }
    texts.into_iter().map(Finding::unknown).collect()
}

/// The hop of a kind that blocks.
pub(super) fn blockage(case: &Case<'_>, part: Part) -> Option<Blockage> {
    Blocked::surest(&paths(case)?, |other| other == part).map(|blocked| blocked.blockage.clone())
}

fn culprit(what: &Break) -> Culprit {
    let (kind, id) = match what {
        Break::NoRoute { route_table, .. } | Break::NoPublicIp { route_table, .. } => {
            ("route-table", route_table)
        }
        Break::NatBroken { nat_gateway, .. } => ("nat-gateway", nat_gateway),
        Break::EndpointUnreachable { endpoint, .. } | Break::EndpointPrivateDnsOff { endpoint } => {
            ("vpc-endpoint", endpoint)
        }
        Break::DnsOff { vpc, .. } => ("vpc", vpc),
        Break::SecurityGroupEgress { groups, .. } => {
            return Culprit { kind: "security-group", id: groups.first().cloned(), references: Vec::new() };
        }
        Break::NetworkAcl { acl, .. } => ("network-acl", acl),
        Break::NoMountTargetInZone { file_system, .. } => ("file-system", file_system),
        Break::MountTargetNotAvailable { mount_target, .. }
        | Break::MountTargetGroup { mount_target, .. } => ("mount-target", mount_target),
    };
    Culprit { kind, id: Some(id.clone()), references: Vec::new() }
}

/// The endpoints through which the call can have passed: an interface endpoint has the service's name, a
/// gateway endpoint is in the route table of the caller's subnet. Those of the action's own service.
pub(super) fn endpoints<'c>(case: &Case<'c>, action: &str) -> Option<Vec<&'c VpcEndpoint>> {
    let caller = caller(case);
    let questions =
        Snapshot::questions(case.evidence, case.own_region(), case.task.account.as_deref(), &caller);
    let listed = questions.iter().find_map(|question| match question {
        Question::VpcEndpoints(ask) => case.look(ask).found(),
        _ => None,
    })?;
    let tables = questions.iter().find_map(|question| match question {
        Question::RouteTables(ask) => case.look(ask).found(),
        _ => None,
    });
    let tables = caller.subnets.iter().map(|subnet| {
        tables.and_then(|tables| RouteTable::of_subnet(tables, subnet)?.0.route_table_id.as_deref())
    });
    let tables: Vec<Option<&str>> = tables.collect();
    let of_action = |service: &str| service.split('.').next() == action.split(':').next();
    let destinations: Vec<Destination> =
        destinations(case).into_iter().filter(|to| to.service.as_deref().is_some_and(of_action)).collect();
    let passed = |endpoint: &&VpcEndpoint| {
        destinations
            .iter()
            .any(|to| tables.iter().any(|table| is_passed(endpoint, to, case.own_region(), *table)))
    };
    Some(listed.iter().filter(passed).collect())
}

/// Asks for the way to the file systems.
pub(super) fn ask_mount(case: &Case<'_>) -> Vec<Question> {
    let targets = file_systems(case).into_iter().map(|id| mount_targets_question(case, id).into());
    let known = mount_targets(case);
    let groups = known
        .iter()
        .filter_map(|(_, known)| known.found())
        .flatten()
        .flat_map(|target| target.security_groups.iter().flatten().cloned());
    targets.chain(ask(case)).chain(named_groups(case.own_region(), groups).map(Question::from)).collect()
}

/// The ways to the file systems.
pub(super) fn mount_paths(case: &Case<'_>) -> Option<Vec<Path>> {
    let snapshot = snapshot(case);
    snapshot.subnets.found()?;
    let paths: Vec<Path> =
        mount_targets(case).into_iter().map(|(id, known)| mount(&snapshot, &id, known)).collect();
    (!paths.is_empty()).then_some(paths)
}
