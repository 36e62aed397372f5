//! Where a task must get to before it starts, as its definition tells.

use super::Destination;
use crate::arn::Arn;
use crate::task_definition::{ReferenceKind, Target, TaskDefinition};

const HTTPS: u16 = 443;

impl Destination {
    /// A service of AWS, by the name that VPC endpoints give it, such as `secretsmanager` or `ecr.api`.
    #[must_use]
    pub fn aws(service: &'static str, region: &str) -> Self {
        let name = if service == "ecr.api" { "api.ecr" } else { service };
        Self { service: Some(service), region: region.to_owned(), host: format!("{name}.{region}.{}", suffix(region)), port: HTTPS }
    }

    /// A host that is none of AWS's.
    #[must_use]
    pub fn host(host: &str, port: u16) -> Self {
        Self { service: None, region: String::new(), host: host.to_owned(), port }
    }
}

/// Where a task of this definition must get to before it starts, secrets first; `region` is the task's.
#[must_use]
pub fn needed(definition: &TaskDefinition, region: &str) -> Vec<Destination> {
    let references = definition.references();
    let mut ranked: Vec<(u8, Destination)> = Vec::new();
    for reference in &references {
        match (reference.kind, reference.target()) {
            (ReferenceKind::Secret, Some(Target::Secret(secret))) => ranked.push((0, Destination::aws("secretsmanager", region_of(secret.arn, region)))),
            (ReferenceKind::RegistryCredentials, Some(Target::Secret(secret))) => {
                ranked.push((0, Destination::aws("secretsmanager", region_of(secret.arn, region))));
            }
            (ReferenceKind::Secret, Some(Target::Parameter(_) | Target::Template(_) | Target::Value)) => {
                ranked.push((1, Destination::aws("ssm", region_of(&reference.value_from, region))));
            }
            (ReferenceKind::Image, _) => ranked.extend(registry(&reference.value_from)),
            (ReferenceKind::EnvFile, _) => ranked.extend(bucket(&reference.value_from, region).map(|bucket| (4, bucket))),
            _ => {}
        }
    }
    let logs =
        definition.containers.iter().filter_map(|container| container.log_configuration.as_ref()).filter(|log| log.log_driver.as_deref() == Some("awslogs"));
    ranked.extend(logs.map(|log| (3, Destination::aws("logs", log.options.get("awslogs-region").and_then(Option::as_deref).unwrap_or(region)))));
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut all: Vec<Destination> = Vec::new();
    for (_, destination) in ranked {
        if !all.contains(&destination) {
            all.push(destination);
        }
    }
    all
}

fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

fn region_of<'a>(arn: &'a str, own: &'a str) -> &'a str {
    Arn::parse(arn).map(|arn| arn.region).filter(|region| !region.is_empty()).unwrap_or(own)
}

/// The hosts that an image comes from. The layers of one in Amazon ECR lie in S3.
fn registry(image: &str) -> Vec<(u8, Destination)> {
    let first = image.split_once('/').map(|(first, _)| first).filter(|first| first.contains(['.', ':']) || *first == "localhost");
    let registry = first.filter(|&host| host != "docker.io").unwrap_or("registry-1.docker.io");
    let (host, port) = registry.split_once(':').map_or((registry, HTTPS), |(host, port)| (host, port.parse().unwrap_or(HTTPS)));
    let Some((_, rest)) = host.split_once(".dkr.ecr.") else { return vec![(5, Destination::host(host, port))] };
    let region = rest.split('.').next().unwrap_or(rest);
    let layers = format!("prod-{region}-starport-layer-bucket.s3.{region}.{}", suffix(region));
    [
        Destination::aws("ecr.api", region),
        Destination { host: host.to_owned(), ..Destination::aws("ecr.dkr", region) },
        Destination { host: layers, ..Destination::aws("s3", region) },
    ]
    .map(|destination| (2, destination))
    .into()
}

/// The bucket of an environment file; its ARN does not tell the Region, which is mostly the task's.
fn bucket(arn: &str, region: &str) -> Option<Destination> {
    let name = Arn::parse(arn)?.resource.split('/').next()?;
    Some(Destination { host: format!("{name}.s3.{region}.{}", suffix(region)), ..Destination::aws("s3", region) })
}
