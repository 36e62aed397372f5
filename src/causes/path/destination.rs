//! Where the call goes: the host that the text names, or whatever the step calls.

use std::net::IpAddr;

use super::super::case::Case;
use super::super::log_driver_misconfigured;
use crate::arn::Arn;
use crate::network::{Destination, called_for, needed, serves};
use crate::question::facts::MountTarget;
use crate::question::{Known, ask};
use crate::reason::{Step, Symptom};
use crate::task_definition::ReferenceKind;

/// Whether the step is a call over the network that leaves the VPC or ends at an endpoint.
pub(in crate::causes) fn needs_network(symptom: &Symptom) -> bool {
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
    calls && !log_driver_misconfigured::is_answered_by_others(symptom)
}

/// The address that the text names, unless it is that of a name server.
fn called(case: &Case<'_>) -> Option<IpAddr> {
    const DNS: u16 = 53;
    let address = case.symptom.address.as_ref().filter(|_| case.symptom.port != Some(DNS))?;
    address.text.trim_matches(['[', ']']).parse().ok()
}

/// The buckets of the case, unless the text names the host, which has the Region.
pub(super) fn buckets<'c>(case: &'c Case<'_>) -> Vec<&'c str> {
    if case.symptom.step != Step::EnvFile || case.symptom.host.is_some() {
        return Vec::new();
    }
    let files = case.references.iter().filter(|reference| reference.kind == ReferenceKind::EnvFile);
    let mut buckets: Vec<&str> =
        files.filter_map(|file| Arn::parse(&file.value_from)?.resource.split('/').next()).collect();
    buckets.dedup();
    buckets
}

pub(super) fn bucket_question(case: &Case<'_>, bucket: &str) -> ask::Bucket {
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
pub(super) fn destinations(case: &Case<'_>) -> Vec<Destination> {
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
pub(in crate::causes) fn is_beyond_endpoints(case: &Case<'_>) -> bool {
    case.symptom.host.is_some() && !case.symptom.truncated && !can_have_endpoint(case)
}

/// Whether a VPC endpoint could take the call.
pub(in crate::causes) fn can_have_endpoint(case: &Case<'_>) -> bool {
    destinations(case).iter().any(|destination| serves(destination, case.own_region()))
}

/// The file systems that the case can be about.
pub(super) fn file_systems(case: &Case<'_>) -> Vec<String> {
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

pub(super) fn mount_targets_question(case: &Case<'_>, file_system: String) -> ask::MountTargets {
    ask::MountTargets { region: case.own_region().to_owned(), file_system }
}

/// What is known of each file system's mount targets.
pub(in crate::causes) fn mount_targets<'c>(case: &Case<'c>) -> Vec<(String, Known<'c, Vec<MountTarget>>)> {
    file_systems(case)
        .into_iter()
        .map(|id| (id.clone(), case.look(&mount_targets_question(case, id))))
        .collect()
}
