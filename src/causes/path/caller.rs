//! Who makes the call, from where in the network, and as of when: the task's own interface, or the host's.

use super::super::case::Case;
use crate::network::{Caller, Settings, Snapshot, When};
use crate::question::ask;
use crate::question::facts::{AwsVpcConfiguration, Deployment, Service};

/// Who calls, in words.
pub(in crate::causes) fn caller_name(case: &Case<'_>) -> &'static str {
    if is_on_host(case) { "the host" } else { "the task" }
}

/// The name servers of the VPC's DHCP options, where they are not Amazon's.
pub(in crate::causes) fn own_name_servers(case: &Case<'_>) -> Vec<String> {
    let servers = snapshot(case).dns.found().map(|dns| dns.domain_name_servers.clone()).unwrap_or_default();
    servers
        .into_iter()
        .filter(|server| !server.eq_ignore_ascii_case("AmazonProvidedDNS") && server != "169.254.169.253")
        .collect()
}

fn service<'c>(case: &Case<'c>) -> Option<&'c Service> {
    case.look(&case.service_question()?).found().map(AsRef::as_ref)
}

/// Whether the container instance makes the calls. With a capacity provider the launch type is absent.
pub(in crate::causes) fn is_on_host(case: &Case<'_>) -> bool {
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

pub(super) fn instance_question(case: &Case<'_>) -> Option<ask::Instance> {
    Some(ask::Instance { region: case.own_region().to_owned(), id: instance_id(case)?.to_owned() })
}

pub(super) fn caller<'c>(case: &'c Case<'_>) -> Caller<'c> {
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
    let began = |at: Option<&Deployment>| {
        at.and_then(|deployment| deployment.created_at).map(|at| format!(" of {at}")).unwrap_or_default()
    };
    let settings = match (own, primary) {
        (Some(own), Some(primary)) if own.id == primary.id => Settings::Own,
        // A record that does not say what started the task: the one deployment there is did, if it is older
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

pub(super) fn snapshot<'c>(case: &'c Case<'_>) -> Snapshot<'c> {
    let when = match case.task.failed_by() {
        _ if is_suspected(case) => When::Now,
        Some(at) => When::By(at),
        None => When::Unknown,
    };
    Snapshot::of(case.evidence, case.own_region(), case.task.account.as_deref(), caller(case), when)
}
