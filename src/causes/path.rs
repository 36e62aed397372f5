//! The network around a case: asked for, judged and drawn once for all causes of a closed path.
//!
//! Every such cause claims the same symptoms. Where the path is known, the hop that is shut says which of
//! them it is. Another is ruled out where every hop of its kind on every way was judged and is open.

use std::net::IpAddr;

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::command::{Command, Part as Argument};
use super::fix::Fix;
use super::name::Kind;
use super::proof::Proof;
use crate::arn::Arn;
use crate::network::{
    Blockage, Break, Caller, Destination, Ingress, Opening, Part, Path, Remote, Settings, Snapshot, When,
    called_for, is_passed, judge as judge_path, mount, named_groups, needed, serves,
};
use crate::question::facts::{AwsVpcConfiguration, MountTarget, RouteTable, Service, VpcEndpoint};
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::ReferenceKind;

/// Whether a call over the network got no answer.
pub(super) fn is_timeout(symptom: &Symptom) -> bool {
    symptom.fault == Fault::NetworkTimeout && needs_network(symptom)
}

/// Whether the step is a call over the network that leaves the VPC or ends at an endpoint.
pub(super) fn needs_network(symptom: &Symptom) -> bool {
    let calls = matches!(
        symptom.step,
        Step::SecretsManager
            | Step::ParameterStore
            | Step::RegistryCredentials
            | Step::EcrAuth
            | Step::ImagePull
            | Step::EnvFile
            | Step::LogDriver
            | Step::Unknown
    );
    calls && !super::log_driver_misconfigured::is_answered_by_others(symptom)
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

/// Who calls, in words.
pub(super) fn caller_name(case: &Case<'_>) -> &'static str {
    if is_on_host(case) { "the host" } else { "the task" }
}

/// Why the caller's place in the network is not known, where AWS was asked.
pub(super) fn unread<'c>(case: &Case<'c>) -> Option<&'c str> {
    ask(case).iter().find_map(|question| case.evidence.why_unknown(question))
}

/// The name servers of the VPC's DHCP options, where they are not Amazon's.
pub(super) fn own_name_servers(case: &Case<'_>) -> Vec<String> {
    let servers = snapshot(case).dns.found().map(|dns| dns.domain_name_servers.clone()).unwrap_or_default();
    servers
        .into_iter()
        .filter(|server| !server.eq_ignore_ascii_case("AmazonProvidedDNS") && server != "169.254.169.253")
        .collect()
}

fn service<'c>(case: &Case<'c>) -> Option<&'c Service> {
    case.look(&case.service_question()?).found().map(AsRef::as_ref)
}

/// Whether the container instance makes the calls. With a capacity provider no launch type is told.
pub(super) fn is_on_host(case: &Case<'_>) -> bool {
    match case.task.launch_type.as_deref() {
        Some(launch_type) => matches!(launch_type, "EC2" | "EXTERNAL" | "MANAGED_INSTANCES"),
        None => {
            case.task.container_instance.is_some()
                || service(case)
                    .is_some_and(|service| matches!(service.launch_type.as_deref(), Some("EC2" | "EXTERNAL")))
        }
    }
}

fn instance_id<'c>(case: &Case<'c>) -> Option<&'c str> {
    case.look(&case.instance_question()?).found()?.ec2_instance_id.as_deref()
}

fn instance_question(case: &Case<'_>) -> Option<ask::Instance> {
    Some(ask::Instance { region: case.own_region().to_owned(), id: instance_id(case)?.to_owned() })
}

fn caller<'c>(case: &'c Case<'_>) -> Caller<'c> {
    let family = || case.definition()?.runtime_platform.as_ref()?.operating_system_family.as_deref();
    let windows = case
        .task
        .platform_family
        .as_deref()
        .or_else(family)
        .is_some_and(|family| family.to_ascii_lowercase().starts_with("windows"));
    if is_on_host(case) {
        let instance = instance_question(case).and_then(|question| case.look(&question).found());
        return Caller {
            windows,
            ..Caller::host(instance_id(case).unwrap_or("the container instance"), instance)
        };
    }
    let (configuration, settings) = configured(case);
    Caller { windows, settings, ..Caller::task(case.task.subnet.as_deref(), configuration) }
}

/// How the task was put into the network, and whether it surely was: a service is shown as it is configured
/// now, and each deployment as it was.
fn configured<'c>(case: &'c Case<'_>) -> (Option<&'c AwsVpcConfiguration>, Settings) {
    let placed = case.placed();
    let Some(service) = service(case).filter(|_| case.placement.is_none() && !is_suspected(case)) else {
        return (placed, Settings::Own);
    };
    let own = case
        .task
        .started_by
        .as_ref()
        .and_then(|id| service.deployments.iter().find(|deployment| deployment.id.as_ref() == Some(id)));
    if let Some(configuration) =
        own.and_then(|own| own.network_configuration.as_ref()?.awsvpc_configuration.as_ref())
    {
        return (Some(configuration), Settings::Own);
    }
    let primary =
        service.deployments.iter().find(|deployment| deployment.status.as_deref() == Some("PRIMARY"));
    let began = |at: Option<&crate::question::facts::Deployment>| {
        at.and_then(|deployment| deployment.created_at).map(|at| format!(" of {at}")).unwrap_or_default()
    };
    let settings = match (own, primary) {
        (Some(own), Some(primary)) if own.id == primary.id => Settings::Own,
        // A record that does not tell who started the task: the one deployment there is did, if it is older
        // than the failure.
        (None, Some(primary))
            if case.task.started_by.is_none()
                && service.deployments.len() == 1
                && !case.is_since(primary.created_at) =>
        {
            Settings::Own
        }
        (_, Some(primary)) if own.is_some() || case.is_since(primary.created_at) => {
            Settings::Changed(format!(
                "which network settings the task had: those shown are of a later deployment{}",
                began(Some(primary))
            ))
        }
        _ => Settings::Undated(
            "which network settings the task had: the deployment that started it is not shown".to_owned(),
        ),
    };
    (placed, settings)
}

/// Whether nothing failed, and the call is going to be made.
fn is_suspected(case: &Case<'_>) -> bool {
    case.task.reasons.is_empty()
}

fn snapshot<'c>(case: &'c Case<'_>) -> Snapshot<'c> {
    let when = match case.task.failed_by() {
        _ if is_suspected(case) => When::Now,
        Some(at) => When::By(at),
        None => When::Unknown,
    };
    Snapshot::of(case.evidence, case.own_region(), case.task.account.as_deref(), caller(case), when)
}

/// The address that the text names, unless it is that of a name server.
fn called(case: &Case<'_>) -> Option<IpAddr> {
    const DNS: u16 = 53;
    let address = case.symptom.address.as_ref().filter(|_| case.symptom.port != Some(DNS))?;
    address.text.trim_matches(['[', ']']).parse().ok()
}

/// The buckets of which the text does not name the host, which tells the Region.
fn buckets<'c>(case: &'c Case<'_>) -> Vec<&'c str> {
    if case.symptom.step != Step::EnvFile || case.symptom.host.is_some() {
        return Vec::new();
    }
    let files = case.references.iter().filter(|reference| reference.kind == ReferenceKind::EnvFile);
    let mut buckets: Vec<&str> =
        files.filter_map(|file| Arn::parse(&file.value_from)?.resource.split('/').next()).collect();
    buckets.dedup();
    buckets
}

fn bucket_question(case: &Case<'_>, bucket: &str) -> ask::Bucket {
    ask::Bucket { region: case.own_region().to_owned(), name: bucket.to_owned() }
}

/// A bucket in its own Region.
fn bucket(case: &Case<'_>, name: &str) -> Destination {
    let known =
        case.look(&bucket_question(case, name)).found().map(|bucket| bucket.location_constraint.as_str());
    let guessed = known.is_none().then(|| format!("in which Region the bucket {name} is"));
    let of_region = Destination::aws("s3", known.unwrap_or(case.own_region()));
    Destination { host: format!("{name}.{}", of_region.host), guessed, ..of_region }
}

/// Where the call went, or where it can have gone.
fn destinations(case: &Case<'_>) -> Vec<Destination> {
    let symptom = case.symptom;
    let (address, port) = (called(case), symptom.port.unwrap_or(443));
    if symptom.by_proxy {
        return address
            .map(|at| Destination { address, ..Destination::host(&at.to_string(), port) })
            .into_iter()
            .collect();
    }
    let found = match &symptom.host {
        Some(host) => vec![Destination::named(&host.text, port)],
        None => by_step(case),
    };
    found.into_iter().map(|destination| Destination { address, ..destination }).collect()
}

/// Whatever the step calls.
fn by_step(case: &Case<'_>) -> Vec<Destination> {
    let services: &[&'static str] = match case.symptom.step {
        Step::SecretsManager | Step::RegistryCredentials => &["secretsmanager"],
        Step::ParameterStore => &["ssm"],
        Step::EcrAuth => &["ecr.api"],
        Step::ImagePull => &["ecr.dkr", "ecr.api", "s3"],
        Step::EnvFile => &["s3"],
        Step::LogDriver => &["logs"],
        _ => &[],
    };
    let buckets = buckets(case);
    if !buckets.is_empty() {
        return buckets.into_iter().map(|name| bucket(case, name)).collect();
    }
    let own = case.own_region();
    let of_references =
        || case.references.iter().flat_map(|reference| called_for(reference, own)).collect::<Vec<_>>();
    let of_definition = || case.definition().map(|definition| needed(definition, own)).unwrap_or_default();
    let by_references = matches!(
        case.symptom.step,
        Step::SecretsManager
            | Step::RegistryCredentials
            | Step::ParameterStore
            | Step::EcrAuth
            | Step::ImagePull
    );
    let all =
        Some(of_references()).filter(|all| by_references && !all.is_empty()).unwrap_or_else(of_definition);
    let foreign =
        |destination: &Destination| case.symptom.step == Step::ImagePull && destination.service.is_none();
    let wanted = |destination: &Destination| {
        services.is_empty()
            || destination.service.as_deref().is_some_and(|service| services.contains(&service))
            || foreign(destination)
    };
    let mut fitting: Vec<Destination> = Vec::new();
    for destination in all.into_iter().filter(wanted) {
        if !fitting.contains(&destination) {
            fitting.push(destination);
        }
    }
    match services {
        [service, ..] if fitting.is_empty() && case.symptom.step != Step::ImagePull => {
            vec![Destination::aws(service, case.region().unwrap_or(own))]
        }
        _ => fitting,
    }
}

/// Whether the text names a host that no VPC endpoint serves.
pub(super) fn is_beyond_endpoints(case: &Case<'_>) -> bool {
    case.symptom.host.is_some() && !case.symptom.truncated && !can_have_endpoint(case)
}

/// Whether a VPC endpoint could take the call.
pub(super) fn can_have_endpoint(case: &Case<'_>) -> bool {
    destinations(case).iter().any(|destination| serves(destination, case.own_region()))
}

/// The ways that the call can have taken, if enough is known to judge them.
fn paths(case: &Case<'_>) -> Option<Vec<Path>> {
    let snapshot = snapshot(case);
    snapshot.subnets.found()?;
    let paths: Vec<Path> =
        destinations(case).iter().map(|destination| judge_path(&snapshot, destination)).collect();
    (!paths.is_empty()).then_some(paths)
}

fn worst(paths: &[Path]) -> Option<&Path> {
    paths.iter().rev().max_by_key(|path| (!path.faults.is_empty(), path.state))
}

/// The way that the call took, if enough of it is known to judge: of several the one that is shut.
pub(super) fn path(case: &Case<'_>) -> Option<Path> {
    worst(&paths(case)?).cloned()
}

/// A hop that is shut, on its way.
pub(super) struct Shut<'p> {
    path: &'p Path,
    /// All that certainly shuts it, of the kinds looked for.
    certain: Vec<&'p Blockage>,
    /// What shuts it, or may.
    pub(super) fault: &'p Blockage,
}

impl<'p> Shut<'p> {
    /// The surest of the kinds of hops looked for.
    pub(super) fn surest(paths: &'p [Path], is_it: impl Fn(Part) -> bool) -> Option<Self> {
        let of_path = |path: &'p Path| -> Option<Self> {
            let fits = |fault: &&Blockage| is_it(fault.what.part());
            let certain: Vec<&Blockage> = path.faults.iter().filter(fits).collect();
            let fault = certain.first().copied().or_else(|| path.possible.iter().find(fits))?;
            Some(Self { path, certain, fault })
        };
        paths.iter().filter_map(of_path).min_by_key(|shut| {
            (shut.certain.is_empty(), shut.certain.iter().any(|fault| fault.doubt.is_some()))
        })
    }

    /// What it says of the cause that stands for it.
    pub(super) fn assessment(&self, title: impl Into<String>) -> Assessment {
        let assessment = if self.certain.is_empty() {
            let may = format!(
                "{}: not every path that the call can have taken is certainly blocked by it",
                self.fault.proof
            );
            Assessment::possible(title).supported().finding(Finding::found(may, self.fault.source))
        } else {
            Assessment::confirmed(
                title,
                Proof::by_shut_hops(Finding::found(&*self.fault.proof, self.fault.source), &self.certain),
            )
        };
        assessment.findings(unsure(self.path)).path(Some(self.path.clone()))
    }
}

/// Assesses the cause that stands for a kind of hop. Where the path is not known, `unread` does, of that
/// title; the fix is told of the hop that is shut.
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
    if let Some(shut) = Shut::surest(&paths, |other| other == part) {
        return Some(
            shut.assessment(title).culprit(culprit(&shut.fault.what)).fix(fix(case, Some(shut.fault))),
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

/// The shut hop of a kind.
pub(super) fn fault(case: &Case<'_>, part: Part) -> Option<Blockage> {
    Shut::surest(&paths(case)?, |other| other == part).map(|shut| shut.fault.clone())
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

/// The command that opens a group to the caller.
pub(super) fn open_ingress(case: &Case<'_>, ingress: &Ingress) -> Option<Command> {
    let group = ingress.groups.first()?;
    let command = case.aws_at_task("ec2 authorize-security-group-ingress").name(
        "--group-id",
        Kind::SecurityGroup,
        group.as_str(),
    );
    let command = command.words("--protocol tcp").number("--port", ingress.port.into());
    Some(match ingress.from.first() {
        Some(from) => command.name("--source-group", Kind::SecurityGroup, from.as_str()),
        None => command.name("--cidr", Kind::Cidr, ingress.cidr.as_deref()?),
    })
}

/// The command that lets an ACL pass what it drops, where a rule can stand that undoes no other.
pub(super) fn open_acl(case: &Case<'_>, what: &Break) -> Option<Command> {
    let Break::NetworkAcl { acl, egress, ports, cidr, opening: Opening::At(number), .. } = what else {
        return None;
    };
    let command = case.aws_at_task("ec2 create-network-acl-entry").name(
        "--network-acl-id",
        Kind::NetworkAcl,
        acl.as_str(),
    );
    let command = command
        .words(if *egress { "--egress" } else { "--ingress" })
        .number("--rule-number", *number)
        .words("--protocol tcp");
    let ports = [
        Argument::Words("From="),
        Argument::Number(ports.0.into()),
        Argument::Words(",To="),
        Argument::Number(ports.1.into()),
    ];
    Some(
        command
            .argument("--port-range", &ports)
            .name("--cidr-block", Kind::Cidr, cidr.as_str())
            .words("--rule-action allow"),
    )
}

/// The command that switches a part of a VPC's DNS on.
pub(super) fn switch_on(case: &Case<'_>, vpc: &str, attribute: &str) -> Command {
    let option =
        if attribute == "enableDnsSupport" { "--enable-dns-support" } else { "--enable-dns-hostnames" };
    case.aws_at_task("ec2 modify-vpc-attribute").name("--vpc-id", Kind::Vpc, vpc).words(option)
}

/// The commands that switch on what the private DNS of an endpoint needs.
pub(super) fn switch_dns_on(case: &Case<'_>) -> Vec<Command> {
    let snapshot = snapshot(case);
    let vpc = snapshot.subnets.found().into_iter().flatten().find_map(|subnet| subnet.vpc_id.as_deref());
    let (Some(vpc), Some(dns)) = (vpc, snapshot.dns.found()) else { return Vec::new() };
    let needed =
        [("enableDnsSupport", dns.enable_dns_support), ("enableDnsHostnames", dns.enable_dns_hostnames)];
    needed
        .into_iter()
        .filter(|(_, on)| *on == Some(false))
        .map(|(attribute, _)| switch_on(case, vpc, attribute))
        .collect()
}

/// The command that lets the caller's group send.
pub(super) fn open_egress(case: &Case<'_>, what: &Break) -> Option<Command> {
    let Break::SecurityGroupEgress { groups, port, to } = what else { return None };
    let command = case.aws_at_task("ec2 authorize-security-group-egress").name(
        "--group-id",
        Kind::SecurityGroup,
        groups.first()?.as_str(),
    );
    let port = i64::from(*port);
    let (pairs, kind, id) = match to {
        Remote::Cidr(range) => {
            return Some(command.words("--protocol tcp").number("--port", port).name(
                "--cidr",
                Kind::Cidr,
                range.as_str(),
            ));
        }
        Remote::Group(group) => (",UserIdGroupPairs=[{GroupId=", Kind::SecurityGroup, group),
        Remote::PrefixList(list) => (",PrefixListIds=[{PrefixListId=", Kind::PrefixList, list),
    };
    let ports = [
        Argument::Words("IpProtocol=tcp,FromPort="),
        Argument::Number(port),
        Argument::Words(",ToPort="),
        Argument::Number(port),
    ];
    let to = [Argument::Words(pairs), Argument::Name(kind, Some(id)), Argument::Words("}]")];
    Some(command.argument("--ip-permissions", &[&ports[..], &to[..]].concat()))
}

/// The endpoints through which the call can have passed: an interface endpoint has the service's name, a
/// gateway endpoint stands in the route table of the caller's subnet. Those of the action's own service.
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

/// The file systems that the case can be about.
fn file_systems(case: &Case<'_>) -> Vec<String> {
    let named = case.symptom.resource.as_ref().filter(|_| !case.symptom.truncated).and_then(|resource| {
        let from = resource.text.find("fs-")?;
        let id: String = resource.text[from..]
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
            .collect();
        Some(id)
    });
    if let Some(id) = named {
        return vec![id];
    }
    let volumes = case.definition().map(|definition| definition.volumes.as_slice()).unwrap_or_default();
    let mut ids: Vec<String> = volumes
        .iter()
        .filter_map(|volume| volume.efs_volume_configuration.as_ref()?.file_system_id.clone())
        .collect();
    ids.dedup();
    ids
}

fn mount_targets_question(case: &Case<'_>, file_system: String) -> ask::MountTargets {
    ask::MountTargets { region: case.own_region().to_owned(), file_system }
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

/// What is known of each file system's mount targets.
pub(super) fn mount_targets<'c>(case: &Case<'c>) -> Vec<(String, Known<'c, Vec<MountTarget>>)> {
    file_systems(case)
        .into_iter()
        .map(|id| (id.clone(), case.look(&mount_targets_question(case, id))))
        .collect()
}

/// The ways to the file systems.
pub(super) fn mount_paths(case: &Case<'_>) -> Option<Vec<Path>> {
    let snapshot = snapshot(case);
    snapshot.subnets.found()?;
    let paths: Vec<Path> =
        mount_targets(case).into_iter().map(|(id, known)| mount(&snapshot, &id, known)).collect();
    (!paths.is_empty()).then_some(paths)
}
