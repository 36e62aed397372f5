//! What a task must reach before it starts, by its definition.

use std::borrow::Cow;

use super::{Destination, Names};
use crate::arn::{Arn, host_of_aws, host_suffix, is_region};
use crate::question::facts::VpcEndpoint;
use crate::task_definition::{Reference, ReferenceKind, Target, TaskDefinition};

const HTTPS: u16 = 443;

impl Destination {
    /// A service of AWS, by the name that VPC endpoints give it, such as `secretsmanager` or `ecr.api`.
    #[must_use]
    pub fn aws(service: &'static str, region: &str) -> Self {
        let name = if service == "ecr.api" { "api.ecr" } else { service };
        let host = format!("{name}.{region}.{}", host_suffix(region));
        Self { service: Some(Cow::Borrowed(service)), region: region.to_owned(), ..Self::host(&host, HTTPS) }
    }

    /// A host that is none of AWS's.
    #[must_use]
    pub fn host(host: &str, port: u16) -> Self {
        Self {
            service: None,
            region: String::new(),
            host: host.to_owned(),
            names: Names::Plain,
            port,
            address: None,
            guessed: None,
        }
    }

    /// What has this name: a service of AWS that endpoints can serve, or any other host.
    #[must_use]
    pub fn named(host: &str, port: u16) -> Self {
        Self::of_aws(host, port).unwrap_or_else(|| Self::host(host, port))
    }

    /// By AWS's names: `secretsmanager.REGION`, `api.ecr.REGION`, `BUCKET.s3.REGION`, with `-fips` behind the
    /// service, or of a dual-stack family.
    fn of_aws(host: &str, port: u16) -> Option<Self> {
        let (rest, is_dual_stack) = host_of_aws(host)?;
        let mut labels: Vec<&str> = rest.split('.').collect();
        let region = labels.pop().filter(|region| is_region(region))?;
        let mut names = if is_dual_stack { Names::DualStack } else { Names::Plain };
        if labels.last() == Some(&"dualstack") {
            labels.pop();
            // A gateway endpoint of Amazon S3 serves both kinds of address.
            names = Names::DualStack;
        }
        let mut last = labels.pop()?;
        if let Some(service) = last.strip_suffix("-fips") {
            (last, names) = (service, Names::Fips);
        }
        let service = match (labels.pop(), last) {
            (_, "s3") => "s3".to_owned(),
            (Some("api") | None, "ecr") => "ecr.api".to_owned(),
            (Some("dkr"), "ecr") | (_, "dkr-ecr") => "ecr.dkr".to_owned(),
            (None, service) => service.to_owned(),
            // How endpoints would name it is not documented.
            (Some(_), _) => return None,
        };
        Some(Self {
            service: Some(Cow::Owned(service)),
            region: region.to_owned(),
            names,
            ..Self::host(host, port)
        })
    }
}

/// Whether an endpoint is for a service that a task may need before it starts.
pub(super) fn may_be_needed(endpoint: &VpcEndpoint) -> bool {
    let name = endpoint.service_name.as_deref().unwrap_or_default();
    [".secretsmanager", ".ssm", ".ecr", ".s3", ".logs"].iter().any(|service| name.contains(service))
}

/// Where a task of this definition must get to before it starts, secrets first; `region` is the task's.
#[must_use]
pub fn needed(definition: &TaskDefinition, region: &str) -> Vec<Destination> {
    let mut ranked: Vec<(u8, Destination)> =
        definition.references().iter().flat_map(|reference| ranked(reference, region)).collect();
    let logs = definition
        .containers
        .iter()
        .filter_map(|container| container.log_configuration.as_ref())
        .filter(|log| log.log_driver.as_deref() == Some("awslogs"));
    ranked.extend(logs.map(|log| {
        (3, Destination::aws("logs", log.options.get("awslogs-region").map_or(region, String::as_str)))
    }));
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut all: Vec<Destination> = Vec::new();
    for (_, destination) in ranked {
        if !all.contains(&destination) {
            all.push(destination);
        }
    }
    all
}

/// What is called for one reference of a definition.
#[must_use]
pub fn called_for(reference: &Reference, region: &str) -> Vec<Destination> {
    ranked(reference, region).into_iter().map(|(_, destination)| destination).collect()
}

fn ranked(reference: &Reference, region: &str) -> Vec<(u8, Destination)> {
    match (reference.kind, reference.target()) {
        (ReferenceKind::Secret | ReferenceKind::RegistryCredentials, Some(Target::Secret(secret))) => {
            vec![(0, Destination::aws("secretsmanager", region_of(secret.arn, region)))]
        }
        (ReferenceKind::Secret, Some(Target::Parameter(_) | Target::Template(_) | Target::Value)) => {
            vec![(1, Destination::aws("ssm", region_of(&reference.value_from, region)))]
        }
        (ReferenceKind::Image, _) => registry(&reference.value_from),
        (ReferenceKind::EnvFile, _) => {
            bucket(&reference.value_from, region).map(|bucket| (4, bucket)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn region_of<'a>(arn: &'a str, own: &'a str) -> &'a str {
    Arn::parse(arn).map(|arn| arn.region).filter(|region| !region.is_empty()).unwrap_or(own)
}

/// The hosts that an image comes from. The layers of one in Amazon ECR lie in S3.
fn registry(image: &str) -> Vec<(u8, Destination)> {
    let first = image
        .split_once('/')
        .map(|(first, _)| first)
        .filter(|first| first.contains(['.', ':']) || *first == "localhost");
    let registry = first.filter(|&host| host != "docker.io").unwrap_or("registry-1.docker.io");
    let (host, port) = registry
        .split_once(':')
        .map_or((registry, HTTPS), |(host, port)| (host, port.parse().unwrap_or(HTTPS)));
    let named = Destination::named(host, port);
    if named.service.as_deref() != Some("ecr.dkr") {
        return vec![(5, named)];
    }
    let region = named.region.clone();
    let layers = format!("prod-{region}-starport-layer-bucket.s3.{region}.{}", host_suffix(&region));
    let api = Destination { names: named.names, ..Destination::aws("ecr.api", &region) };
    [api, named, Destination { host: layers, ..Destination::aws("s3", &region) }]
        .map(|destination| (2, destination))
        .into()
}

/// The bucket of an environment file; its ARN has no Region, which is mostly the task's.
fn bucket(arn: &str, region: &str) -> Option<Destination> {
    let name = Arn::parse(arn)?.resource.split('/').next()?;
    Some(Destination {
        host: format!("{name}.s3.{region}.{}", host_suffix(region)),
        ..Destination::aws("s3", region)
    })
}
