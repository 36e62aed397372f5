//! A service of a document: which definition it starts, and where.

use super::intrinsic::{Got, What};
use super::open::Open;
use super::tree::Node;
use crate::arn::name_in;
use crate::question::facts::{AwsVpcConfiguration, ManagedEbsVolume, VolumeConfiguration};
use crate::redact::redact_name;

/// Its type in a template.
pub(super) const TYPE: &str = "AWS::ECS::Service";

/// A service, as far as its document tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    /// Its logical id or address, else its name.
    pub name: String,
    /// What it starts.
    pub runs: Runs,
    /// Its cluster.
    pub cluster: Option<String>,
    /// `FARGATE`, `EC2`...
    pub launch_type: Option<String>,
    /// The version of Fargate.
    pub platform_version: Option<String>,
    /// Its subnets, security groups and public address.
    pub network: Option<AwsVpcConfiguration>,
    /// Why the network is not known.
    pub network_open: Option<String>,
    /// The volumes that it makes for each task, with what is known of them.
    pub volumes: Vec<VolumeConfiguration>,
}

/// Which definition a service starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Runs {
    /// The document does not say.
    #[default]
    Untold,
    /// The one under this logical id or address of the same document.
    Here(String),
    /// The one of this family, `family:revision` or ARN.
    Named(String),
    /// It is not known before deployment; why.
    Open(String),
}

impl Service {
    /// Whether it starts a definition: by its place in the document, or by its family.
    #[must_use]
    pub fn starts(&self, name: &str, family: Option<&str>) -> bool {
        match &self.runs {
            Runs::Untold | Runs::Open(_) => false,
            Runs::Here(id) => {
                id == name || name.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('['))
            }
            Runs::Named(named) => {
                family.is_some_and(|family| name_in(named).split(':').next() == Some(family))
            }
        }
    }
}

/// Reads the properties of a service: the keys of ECS, in any case.
pub(super) fn of(name: &str, got: &Got) -> Service {
    let text = |key: &str| text(got, key).filter(|text| !text.is_empty());
    let runs = match got.get("TaskDefinition").or_else(|| got.get("taskDefinitionArn")) {
        None => Runs::Untold,
        Some(named) => match (named.text(), named.first_open()) {
            (Some(named), _) => Runs::Named(redact_name(&named).into_owned()),
            (None, Some(Open { made: Some(id), .. })) => Runs::Here(id.clone()),
            (None, Some(Open { why, .. })) => Runs::Open(why.clone()),
            (None, None) => Runs::Untold,
        },
    };
    let provided = got
        .get("capacityProviderStrategy")
        .and_then(|strategy| strategy.items().first()?.get("capacityProvider")?.text());
    let provided =
        provided.map(|name| if name.starts_with("FARGATE") { "FARGATE" } else { "EC2" }.to_owned());
    let placed = got.get("networkConfiguration").and_then(|network| network.get("awsvpcConfiguration"));
    let (network, network_open) = match placed.map(network).transpose() {
        Ok(network) => (network, None),
        Err(why) => (None, Some(why)),
    };
    let name = if name.is_empty() {
        text("serviceName").unwrap_or_default()
    } else {
        redact_name(name).into_owned()
    };
    let cluster = text("cluster").or_else(|| text("clusterArn")).map(|cluster| name_in(&cluster).to_owned());
    Service {
        name,
        runs,
        cluster,
        launch_type: text("launchType").or(provided),
        platform_version: text("platformVersion"),
        network,
        network_open,
        volumes: ["volumeConfigurations", "volumeConfiguration"]
            .into_iter()
            .filter_map(|key| got.get(key))
            .flat_map(Got::items)
            .map(volume)
            .collect(),
    }
}

fn text(got: &Got, key: &str) -> Option<String> {
    Some(redact_name(&got.get(key)?.text()?).into_owned())
}

fn volume(got: &Got) -> VolumeConfiguration {
    let ebs =
        |ebs: &Got| ManagedEbsVolume { role_arn: text(ebs, "roleArn"), kms_key_id: text(ebs, "kmsKeyId") };
    VolumeConfiguration { name: text(got, "name"), managed_ebs_volume: got.get("managedEBSVolume").map(ebs) }
}

/// The network of a service, or why it is not known.
fn network(got: &Got) -> Result<AwsVpcConfiguration, String> {
    let open = |got: &Got| {
        let told = got.first_open().map(|open| format!("{}: {}", open.shown, open.why));
        told.unwrap_or_else(|| "it is not read".to_owned())
    };
    let id = |item: &Got| item.text().map(|id| redact_name(&id).into_owned()).ok_or_else(|| open(item));
    let list = |key: &str| match got.get(key) {
        None => Ok(Vec::new()),
        Some(list) if matches!(list.what, What::List(_)) => list.items().iter().map(id).collect(),
        Some(list) => Err(open(list)),
    };
    let is_on = |on: String| on.eq_ignore_ascii_case("true") || on == "ENABLED";
    let is_public = text(got, "assignPublicIp").is_some_and(is_on);
    let (subnets, security_groups) = (list("subnets")?, list("securityGroups")?);
    if subnets.is_empty() {
        return Err("it names no subnets".to_owned());
    }
    Ok(AwsVpcConfiguration {
        subnets,
        security_groups,
        assign_public_ip: Some(if is_public { "ENABLED" } else { "DISABLED" }.to_owned()),
    })
}

/// The services in a document of ECS: what `describe-services` answers, or a service to be made.
pub(super) fn all(node: &Node) -> Vec<Service> {
    const OWN: &[&str] = &[
        "networkConfiguration",
        "serviceName",
        "serviceArn",
        "launchType",
        "desiredCount",
        "deploymentConfiguration",
    ];
    if let Some(services) = node.any_case("services").filter(|services| services.is_list()) {
        return services.items().iter().flat_map(all).collect();
    }
    if let Some(service) = node.any_case("service").filter(|service| service.is_map()) {
        return all(service);
    }
    let is_one = OWN.iter().filter(|key| node.any_case(key).is_some()).count() >= 2
        || (node.any_case("networkConfiguration").is_some());
    if is_one { vec![of("", &Got::of(node))] } else { Vec::new() }
}
