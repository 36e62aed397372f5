//! The network around a case: asked for, judged and drawn once for all causes of a closed path.
//!
//! Every such cause claims the same symptoms. Where the path is known, the hop that is shut says which of them it is; the others are ruled
//! out, by the same drawing.

use super::Verdict;
use super::assessment::{Culprit, Finding};
use super::case::Case;
use super::command::{Command, Part};
use super::judgement::Judgement;
use super::name::Kind;
use crate::network::{Break, Caller, Destination, Fault, Ingress, Path, Remote, Snapshot, State, draw, judge as judge_path, mount, needed};
use crate::question::facts::{AclEntry, ContainerInstance, Instance, MountTarget, Subnet, VpcEndpoint};
use crate::question::{Known, Question};
use crate::reason::Step;

/// The kinds of shut hops that a cause stands for.
pub(super) type IsHop = fn(&Break) -> bool;

/// Asks for the way from the caller to everything that the case can be about.
pub(super) fn ask(case: &Case<'_>) -> Vec<Question> {
    let mut questions: Vec<Question> = case.service_question().into_iter().collect();
    if is_on_host(case) {
        questions.extend(case.instance_question());
        questions.extend(instance_question(case));
    }
    questions.extend(Snapshot::questions(case.evidence, case.own_region(), &caller(case)));
    questions
}

/// Who calls, in words.
pub(super) fn caller_name(case: &Case<'_>) -> &'static str {
    if is_on_host(case) { "the host" } else { "the task" }
}

/// Why the caller's place in the network is not known, where AWS was asked.
pub(super) fn unread<'c>(case: &Case<'c>) -> Option<&'c str> {
    let questions = ask(case);
    questions.iter().find_map(|question| match case.look::<Vec<Subnet>>(question) {
        Known::Unknown(why) => Some(why),
        _ => None,
    })
}

/// The name servers of the VPC's DHCP options, where they are not Amazon's.
pub(super) fn own_name_servers(case: &Case<'_>) -> Vec<String> {
    let servers = snapshot(case).dns.found().map(|dns| dns.domain_name_servers.clone()).unwrap_or_default();
    servers.into_iter().filter(|server| !server.eq_ignore_ascii_case("AmazonProvidedDNS") && server != "169.254.169.253").collect()
}

/// Whether the container instance makes the calls.
pub(super) fn is_on_host(case: &Case<'_>) -> bool {
    matches!(case.task.launch_type.as_deref(), Some("EC2" | "EXTERNAL" | "MANAGED_INSTANCES"))
}

fn instance_id<'c>(case: &Case<'c>) -> Option<&'c str> {
    case.look::<ContainerInstance>(&case.instance_question()?).found()?.ec2_instance_id.as_deref()
}

fn instance_question(case: &Case<'_>) -> Option<Question> {
    Some(Question::Instance { region: case.own_region().to_owned(), id: instance_id(case)?.to_owned() })
}

fn caller<'c>(case: &'c Case<'_>) -> Caller<'c> {
    if is_on_host(case) {
        let instance = instance_question(case).and_then(|question| case.look::<Instance>(&question).found());
        return Caller::host(instance_id(case).unwrap_or("the container instance"), instance);
    }
    Caller::task(case.task.subnet.as_deref(), case.placed())
}

fn snapshot<'c>(case: &'c Case<'_>) -> Snapshot<'c> {
    Snapshot::of(case.evidence, case.own_region(), case.task.account.as_deref(), caller(case))
}

/// Where the call went, or where it can have gone.
fn destinations(case: &Case<'_>) -> Vec<Destination> {
    let needed = case.definition().map(|definition| needed(definition, case.own_region())).unwrap_or_default();
    let services: &[&str] = match case.symptom.step {
        Step::SecretsManager | Step::RegistryCredentials => &["secretsmanager"],
        Step::ParameterStore => &["ssm"],
        Step::EcrAuth => &["ecr.api"],
        Step::ImagePull => &["ecr.dkr", "ecr.api", "s3"],
        Step::EnvFile => &["s3"],
        Step::LogDriver => &["logs"],
        _ => &[],
    };
    let foreign = |destination: &Destination| case.symptom.step == Step::ImagePull && destination.service.is_none();
    let wanted =
        |destination: &Destination| services.is_empty() || destination.service.is_some_and(|service| services.contains(&service)) || foreign(destination);
    let mut fitting: Vec<Destination> = needed.into_iter().filter(wanted).collect();
    if let Some(host) = &case.symptom.host {
        let of_host: Vec<Destination> = fitting.iter().filter(|destination| destination.host == host.text).cloned().collect();
        if !of_host.is_empty() {
            return of_host;
        }
    }
    if fitting.is_empty()
        && let [service, ..] = services
        && case.symptom.step != Step::ImagePull
    {
        let region = case.region().unwrap_or(case.own_region()).to_owned();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let name = if *service == "ecr.api" { "api.ecr" } else { service };
        let host = case.symptom.host.as_ref().map_or_else(|| format!("{name}.{region}.{suffix}"), |host| host.text.clone());
        fitting.push(Destination { service: Some(service), region, host, port: 443 });
    }
    fitting
}

/// The way that the call took, if enough of it is known to judge: of several the one that is shut.
pub(super) fn path(case: &Case<'_>) -> Option<Path> {
    let snapshot = snapshot(case);
    snapshot.subnets.found()?;
    let paths: Vec<Path> = destinations(case).iter().map(|destination| judge_path(&snapshot, destination)).collect();
    paths.into_iter().rev().max_by_key(|path| (!path.faults.is_empty(), path.state))
}

/// What the path says of a cause that stands for such a hop; nothing where the path is not known. `hops` are the first words by which the
/// path calls the hops of its kind: one that could not be judged is not ruled out.
pub(super) fn judge(case: &Case<'_>, kind: IsHop, hops: &[&str], title: String) -> Option<Judgement> {
    let path = path(case)?;
    let with_path = |judgement: Judgement| Some(judgement.findings(unsure(&path)).drawing(draw(&path)));
    if let Some(fault) = path.faults.iter().find(|fault| kind(&fault.what)) {
        let contradiction = contradiction(case, &fault.what);
        let verdict = if contradiction.is_some() { Verdict::Possible } else { Verdict::Confirmed };
        let judgement = Judgement::new(verdict, title).culprit(culprit(&fault.what)).finding(Finding::found(&*fault.proof, fault.source));
        return with_path(judgement.findings(contradiction));
    }
    if let Some(fault) = path.possible.iter().find(|fault| kind(&fault.what)) {
        let only = Finding::found(format!("{}: of the ways that the call may have taken, not all are shut by it", fault.proof), fault.source);
        return with_path(Judgement::new(Verdict::Possible, title).culprit(culprit(&fault.what)).finding(only));
    }
    if let Some(fault) = path.faults.first().or(path.possible.first()) {
        return Some(Judgement::new(Verdict::RuledOut, "another hop decides").finding(Finding::found(&*fault.proof, fault.source)));
    }
    if path.hops.iter().any(|hop| hop.state == State::Unsure && hops.iter().any(|words| hop.what.starts_with(words))) {
        return Some(Judgement::unsupported());
    }
    // The cause that nothing explains it says the rest.
    let said = if path.unsure.is_empty() { "is open" } else { "is open as far as it can be judged" };
    let open = Finding::found(format!("the way from {} to {} {said}", path.from, path.to), "DescribeRouteTables");
    Some(Judgement::new(Verdict::RuledOut, "no such hop is shut").finding(open))
}

/// That the call went another way than it would go now: what shuts that one came since, or does not count.
fn contradiction(case: &Case<'_>, what: &Break) -> Option<Finding> {
    let by_endpoint = match what {
        Break::EndpointUnreachable { .. } => true,
        Break::NoRoute { .. } | Break::NoPublicIp { .. } | Break::NatBroken { .. } | Break::EndpointPrivateDnsOff { .. } => false,
        _ => return None,
    };
    case.address_found().filter(|_| case.reached_for_endpoint() != Some(by_endpoint))
}

/// The way, drawn, where it is known.
pub(super) fn drawing(case: &Case<'_>) -> Vec<String> {
    path(case).as_ref().map(draw).unwrap_or_default()
}

/// What could not be judged.
pub(super) fn unsure(path: &Path) -> Vec<Finding> {
    path.unsure.iter().map(Finding::unknown).collect()
}

/// Whether nothing that was read shuts the path.
pub(super) fn is_open(path: &Path) -> bool {
    path.faults.is_empty() && path.possible.is_empty() && matches!(path.state, State::Ok | State::Unsure)
}

/// The shut hop of a cause, for its fix.
pub(super) fn fault(case: &Case<'_>, kind: IsHop) -> Option<Fault> {
    let path = path(case)?;
    path.faults.into_iter().chain(path.possible).find(|fault| kind(&fault.what))
}

fn culprit(what: &Break) -> Culprit {
    let (kind, id) = match what {
        Break::NoRoute { route_table, .. } | Break::NoPublicIp { route_table, .. } => ("route-table", route_table),
        Break::NatBroken { nat_gateway, .. } => ("nat-gateway", nat_gateway),
        Break::EndpointUnreachable { endpoint, .. } | Break::EndpointPrivateDnsOff { endpoint } => ("vpc-endpoint", endpoint),
        Break::DnsOff { vpc, .. } => ("vpc", vpc),
        Break::SecurityGroupEgress { groups, .. } => {
            return Culprit { kind: "security-group", id: groups.first().cloned(), references: Vec::new() };
        }
        Break::NetworkAcl { acl, .. } => ("network-acl", acl),
        Break::NoMountTargetInZone { file_system, .. } => ("file-system", file_system),
        Break::MountTargetNotAvailable { mount_target, .. } | Break::MountTargetGroup { mount_target, .. } => ("mount-target", mount_target),
    };
    Culprit { kind, id: Some(id.clone()), references: Vec::new() }
}

/// The command that opens a group to the caller.
pub(super) fn open_ingress(case: &Case<'_>, ingress: &Ingress) -> Option<Command> {
    let group = ingress.groups.first()?;
    let command = case.aws_at_task("ec2 authorize-security-group-ingress").name("--group-id", Kind::SecurityGroup, group.as_str());
    let command = command.words("--protocol tcp").number("--port", ingress.port.into());
    Some(match ingress.from.first() {
        Some(from) => command.name("--source-group", Kind::SecurityGroup, from.as_str()),
        None => command.name("--cidr", Kind::Cidr, ingress.cidr.as_deref()?),
    })
}

/// The commands that let an ACL pass what it drops.
pub(super) fn open_acl(case: &Case<'_>, what: &Break) -> Option<Command> {
    let Break::NetworkAcl { acl, egress, ports, cidr, .. } = what else { return None };
    let command = case.aws_at_task("ec2 create-network-acl-entry").name("--network-acl-id", Kind::NetworkAcl, acl.as_str());
    let number = rule_number(case, acl, *egress).map_or(Part::Words("<number>"), Part::Number);
    let command = command.words(if *egress { "--egress" } else { "--ingress" }).argument("--rule-number", &[number]).words("--protocol tcp");
    let ports = [Part::Words("From="), Part::Number(ports.0.into()), Part::Words(",To="), Part::Number(ports.1.into())];
    Some(command.argument("--port-range", &ports).name("--cidr-block", Kind::Cidr, cidr.as_str()).words("--rule-action allow"))
}

/// A free number for a rule that counts: before all others where one of them denies something, else after them.
fn rule_number(case: &Case<'_>, acl: &str, egress: bool) -> Option<i64> {
    const LAST: i64 = 32767;
    let snapshot = snapshot(case);
    let acl = snapshot.network_acls.found()?.iter().find(|listed| listed.network_acl_id.as_deref() == Some(acl))?;
    let rules: Vec<&AclEntry> = acl.entry_set.iter().filter(|rule| rule.egress == egress && rule.rule_number.is_some_and(|number| number < LAST)).collect();
    let numbers = || rules.iter().filter_map(|rule| rule.rule_number);
    if rules.iter().any(|rule| rule.rule_action.as_deref() == Some("deny")) {
        let lowest = numbers().min()?;
        return (lowest > 1).then(|| (lowest - 10).max(1));
    }
    Some(numbers().max().map_or(100, |highest| highest + 10)).filter(|number| *number < LAST)
}

/// The command that lets the caller's group send.
pub(super) fn open_egress(case: &Case<'_>, what: &Break) -> Option<Command> {
    let Break::SecurityGroupEgress { groups, port, to } = what else { return None };
    let command = case.aws_at_task("ec2 authorize-security-group-egress").name("--group-id", Kind::SecurityGroup, groups.first()?.as_str());
    let port = i64::from(*port);
    let (pairs, kind, id) = match to {
        Remote::Cidr(range) => return Some(command.words("--protocol tcp").number("--port", port).name("--cidr", Kind::Cidr, range.as_str())),
        Remote::Group(group) => (",UserIdGroupPairs=[{GroupId=", Kind::SecurityGroup, group),
        Remote::PrefixList(list) => (",PrefixListIds=[{PrefixListId=", Kind::PrefixList, list),
    };
    let ports = [Part::Words("IpProtocol=tcp,FromPort="), Part::Number(port), Part::Words(",ToPort="), Part::Number(port)];
    let to = [Part::Words(pairs), Part::Name(kind, Some(id)), Part::Words("}]")];
    Some(command.argument("--ip-permissions", &[&ports[..], &to[..]].concat()))
}

/// The VPC's endpoints for the service that was called.
pub(super) fn endpoints<'c>(case: &Case<'c>) -> Option<impl Iterator<Item = &'c VpcEndpoint>> {
    let service = case.service().1?;
    let suffix = format!(".{}.{service}", case.own_region());
    let listed = Snapshot::questions(case.evidence, case.own_region(), &caller(case))
        .into_iter()
        .find_map(|question| case.look::<Vec<VpcEndpoint>>(&question).found())?;
    Some(listed.iter().filter(move |endpoint| endpoint.service_name.as_ref().is_some_and(|name| name.ends_with(&suffix))))
}

/// The file systems that the case can be about.
fn file_systems(case: &Case<'_>) -> Vec<String> {
    let named = case.symptom.resource.as_ref().filter(|_| !case.symptom.truncated).and_then(|resource| {
        let from = resource.text.find("fs-")?;
        let id: String = resource.text[from..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        Some(id)
    });
    if let Some(id) = named {
        return vec![id];
    }
    let volumes = case.definition().map(|definition| definition.volumes.as_slice()).unwrap_or_default();
    let mut ids: Vec<String> = volumes.iter().filter_map(|volume| volume.efs_volume_configuration.as_ref()?.file_system_id.clone()).collect();
    ids.dedup();
    ids
}

fn mount_targets_question(case: &Case<'_>, file_system: String) -> Question {
    Question::MountTargets { region: case.own_region().to_owned(), file_system }
}

/// Asks for the way to the file systems.
pub(super) fn ask_mount(case: &Case<'_>) -> Vec<Question> {
    let targets = file_systems(case).into_iter().map(|id| mount_targets_question(case, id));
    targets.chain(ask(case)).collect()
}

/// What is known of each file system's mount targets.
pub(super) fn mount_targets<'c>(case: &Case<'c>) -> Vec<(String, Known<'c, Vec<MountTarget>>)> {
    file_systems(case).into_iter().map(|id| (id.clone(), case.look(&mount_targets_question(case, id)))).collect()
}

/// The way to a file system that is shut, or else to the first.
pub(super) fn mount_path(case: &Case<'_>) -> Option<Path> {
    let snapshot = snapshot(case);
    snapshot.subnets.found()?;
    let targets = mount_targets(case).into_iter().filter(|(_, known)| known.found().is_some());
    let paths: Vec<Path> = targets.map(|(id, known)| mount(&snapshot, &id, known)).collect();
    paths.into_iter().rev().max_by_key(|path| (!path.faults.is_empty(), path.state))
}
