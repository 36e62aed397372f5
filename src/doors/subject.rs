//! What a request wants to have checked, as far as it can be told: a definition as CloudFormation has it, one
//! that is registered, or the revision of a service.

use serde_json::{Map, Value};

use super::request::{Custom, Deployment, Pause, Resource, member, text};
use crate::arn::name_in;
use crate::check::Place;
use crate::question::facts::{AwsVpcConfiguration, CapacityProvider, ServiceRevision, launch_type};
use crate::redact::redact_name;
use crate::task_definition::TaskDefinition;

/// Definitions and services checked in one request; a stack has seldom more.
pub(super) const SUBJECTS: usize = 10;
/// A name of AWS is not longer.
const LONGEST_NAME: usize = 2_048;
/// Why something of a template is not looked at.
pub(super) const UNRESOLVED: &str = "known only when the stack makes it; the hook for RESOURCE looks then";

/// Something to be checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// What people call it.
    pub name: String,
    /// The definition.
    pub wanted: Wanted,
    /// Where its tasks are going to run.
    pub place: Place,
}

/// A definition to be checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// As it stands here.
    Given {
        /// The definition.
        definition: Box<TaskDefinition>,
        /// Whether nothing of it is known only later.
        is_whole: bool,
    },
    /// The one that is registered under this name.
    Registered(String),
    /// That of a service's revision.
    Revision(String),
    /// That of a service as it is.
    OfService,
    /// None, and why.
    Unknown(String),
}

impl Subject {
    /// What a deployment is about to start; none where the request does not tell.
    #[must_use]
    pub fn of_deployment(deployment: &Deployment) -> Option<Self> {
        let (service, revision) = (deployment.service.as_ref()?, deployment.revision.as_ref()?);
        Some(Self {
            name: name_in(revision).to_owned(),
            wanted: Wanted::Revision(revision.clone()),
            place: service.place(),
        })
    }

    /// What a deployment that waits is about to start.
    #[must_use]
    pub fn of_pause(pause: &Pause) -> Option<Self> {
        let service = pause.service.as_ref()?;
        Some(Self { name: service.name.clone(), wanted: Wanted::OfService, place: service.place() })
    }

    /// What a resource of CloudFormation is; none where it is nothing of ECS.
    #[must_use]
    pub fn of_resource(resource: &Resource, account: Option<&str>, region: &str) -> Option<Self> {
        let properties = resource.properties.as_object()?;
        let place =
            Place { region: region.to_owned(), account: account.map(str::to_owned), ..Place::default() };
        let (wanted, place) = match resource.kind.as_str() {
            "AWS::ECS::TaskDefinition" => (given(properties), place),
            "AWS::ECS::Service" => (
                of_service(properties),
                Place { network: network(properties), ..place_of(properties, place) },
            ),
            _ => return None,
        };
        let name = format!("{} {}", resource.kind, redact_name(&resource.name));
        Some(Self { name, wanted, place })
    }

    /// What the author of a custom resource names.
    ///
    /// # Errors
    ///
    /// In words, where no definition is named.
    pub fn of_custom(custom: &Custom, account: Option<&str>, region: &str) -> Result<Self, String> {
        let properties = &custom.properties;
        let name = text(properties, "TaskDefinition")
            .filter(|name| is_name(name))
            .ok_or("TaskDefinition names no task definition")?;
        let subnets = names(member(properties, "Subnets"));
        let is_public = text(properties, "AssignPublicIp")
            .is_some_and(|word| ["enabled", "true"].contains(&word.to_ascii_lowercase().as_str()));
        let network = (!subnets.is_empty()).then(|| AwsVpcConfiguration {
            subnets,
            security_groups: names(member(properties, "SecurityGroups")),
            assign_public_ip: Some(if is_public { "ENABLED" } else { "DISABLED" }.to_owned()),
        });
        let place = Place {
            region: region.to_owned(),
            account: account.map(str::to_owned),
            cluster: Some(
                text(properties, "Cluster")
                    .filter(|name| is_name(name))
                    .map_or("default", name_in)
                    .to_owned(),
            ),
            service: text(properties, "Service")
                .filter(|name| is_name(name))
                .map(|name| last(name).to_owned()),
            network,
            ..Place::default()
        };
        Ok(Self { name: name_in(name).to_owned(), wanted: Wanted::Registered(name.to_owned()), place })
    }
}

/// What the document behind the URL of a stack or a change set holds of ECS.
///
/// # Errors
///
/// In words, where it cannot be read.
pub fn of_document(document: &[u8], account: Option<&str>, region: &str) -> Result<Vec<Subject>, String> {
    let document: Map<String, Value> =
        serde_json::from_slice(document).map_err(|_| "what is behind its URL is not JSON".to_owned())?;
    let resources: Vec<Resource> = match member(&document, "changedResources").and_then(Value::as_array) {
        Some(changed) => changed.iter().filter_map(Value::as_object).filter_map(of_change).collect(),
        None => of_template(text(&document, "template").ok_or("there is no template behind its URL")?)?,
    };
    Ok(resources.iter().filter_map(|resource| Subject::of_resource(resource, account, region)).collect())
}

/// Puts what a revision says of where its tasks run into a place.
pub(super) fn put(place: &mut Place, revision: &ServiceRevision) {
    place.network =
        revision.network_configuration.as_ref().and_then(|network| network.awsvpc_configuration.clone());
    place.launch_type =
        launch_type(revision.launch_type.as_deref(), &revision.capacity_provider_strategy).map(str::to_owned);
    place.platform_version.clone_from(&revision.platform_version);
}

fn of_change(change: &Map<String, Value>) -> Option<Resource> {
    if text(change, "action").is_some_and(|action| action.eq_ignore_ascii_case("DELETE")) {
        return None;
    }
    let after: Map<String, Value> = serde_json::from_str(text(change, "afterContext")?).ok()?;
    let properties = member(&after, "Properties").cloned().unwrap_or(Value::Object(after));
    let of = |name: &str| text(change, name).unwrap_or_default().to_owned();
    Some(Resource { kind: of("resourceType"), name: of("logicalResourceId"), properties })
}

fn of_template(template: &str) -> Result<Vec<Resource>, String> {
    let template: Map<String, Value> = serde_json::from_str(template)
        .map_err(|_| "a template in YAML is not read before its resources are made".to_owned())?;
    let resources =
        member(&template, "Resources").and_then(Value::as_object).ok_or("the template has no resources")?;
    let of = |(name, resource): (&String, &Value)| {
        let resource = resource.as_object()?;
        let properties = member(resource, "Properties").cloned().unwrap_or_default();
        Some(Resource { kind: text(resource, "Type")?.to_owned(), name: name.clone(), properties })
    };
    Ok(resources.iter().filter_map(of).collect())
}

/// A definition as CloudFormation has it.
fn given(properties: &Map<String, Value>) -> Wanted {
    let (resolved, is_whole) = resolved_definition(properties);
    match TaskDefinition::from_value(Value::Object(resolved)) {
        Ok(definition) if !definition.containers.is_empty() => {
            Wanted::Given { definition: Box::new(definition.cleaned()), is_whole }
        }
        Ok(_) => Wanted::Unknown("it has no container definitions that can be read".to_owned()),
        Err(error) => Wanted::Unknown(format!(
            "{} has another type than ECS takes",
            redact_name(&error.path().to_string())
        )),
    }
}

fn of_service(properties: &Map<String, Value>) -> Wanted {
    match member(properties, "TaskDefinition") {
        Some(Value::String(name)) if is_name(name) && is_resolved(name) => Wanted::Registered(name.clone()),
        Some(_) => Wanted::Unknown(format!("its task definition is {UNRESOLVED}")),
        None => Wanted::Unknown("it names no task definition: another deployment controller does".to_owned()),
    }
}

fn place_of(properties: &Map<String, Value>, place: Place) -> Place {
    let providers =
        member(properties, "CapacityProviderStrategy").and_then(Value::as_array).into_iter().flatten();
    let providers: Vec<CapacityProvider> = providers
        .filter_map(|provider| text(provider.as_object()?, "CapacityProvider"))
        .map(|name| CapacityProvider { capacity_provider: Some(name.to_owned()) })
        .collect();
    Place {
        cluster: text(properties, "Cluster")
            .filter(|name| is_name(name) && is_resolved(name))
            .map(|name| name_in(name).to_owned()),
        launch_type: launch_type(text(properties, "LaunchType"), &providers).map(str::to_owned),
        platform_version: text(properties, "PlatformVersion").map(str::to_owned),
        ..place
    }
}

/// The network of a service, where all of it is known.
fn network(properties: &Map<String, Value>) -> Option<AwsVpcConfiguration> {
    let vpc = member(properties, "NetworkConfiguration")?
        .as_object()
        .and_then(|network| member(network, "AwsvpcConfiguration"))?
        .as_object()?;
    let known = resolved(&Value::Object(vpc.clone()))?;
    let known = known.as_object().filter(|known| known.len() == vpc.len())?;
    let list = |name: &str| names(member(known, name));
    let is_all = |name: &str| {
        member(vpc, name).and_then(Value::as_array).is_none_or(|all| all.len() == list(name).len())
    };
    let subnets = list("Subnets");
    (!subnets.is_empty() && is_all("Subnets") && is_all("SecurityGroups")).then(|| AwsVpcConfiguration {
        subnets,
        security_groups: list("SecurityGroups"),
        assign_public_ip: text(known, "AssignPublicIp").map(str::to_owned),
    })
}

/// The properties of a definition without what is known only later, and whether that was nothing. Of a
/// container its other fields are kept.
fn resolved_definition(properties: &Map<String, Value>) -> (Map<String, Value>, bool) {
    let mut is_whole = true;
    let mut fields = |map: &Map<String, Value>| -> Map<String, Value> {
        let known = map.iter().filter_map(|(name, value)| Some((name.clone(), resolved(value)?)));
        let known: Map<String, Value> = known.collect();
        is_whole &= known == *map;
        known
    };
    let is_containers = |name: &str| name.eq_ignore_ascii_case("ContainerDefinitions");
    let mut containers = Map::new();
    for (name, value) in properties.iter().filter(|(name, _)| is_containers(name)) {
        let list: Vec<Value> = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .map(|one| Value::Object(fields(one)))
            .collect();
        containers.insert(name.clone(), Value::Array(list));
    }
    let others = properties
        .iter()
        .filter(|(name, _)| !is_containers(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut known = fields(&others);
    known.extend(containers);
    (known, is_whole)
}

/// A value without what is known only later: a member of a list goes alone, a field takes its object along.
fn resolved(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => is_resolved(text).then(|| value.clone()),
        Value::Array(items) => Some(items.iter().filter_map(resolved).collect()),
        Value::Object(map) if is_function(map) => None,
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| Some((name.clone(), resolved(value)?)))
            .collect::<Option<Map<_, _>>>()
            .map(Value::Object),
        scalar => Some(scalar.clone()),
    }
}

/// `{"Ref": ...}`, `{"Fn::...": ...}`.
fn is_function(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.keys().all(|name| name == "Ref" || name.starts_with("Fn::"))
}

/// Neither a dynamic reference nor a change set's mark for what is not known yet.
fn is_resolved(text: &str) -> bool {
    !text.contains("{{")
}

/// Names in a list, or in a text with commas between, as a parameter of CloudFormation may be passed.
fn names(value: Option<&Value>) -> Vec<String> {
    let listed: Vec<&str> = match value {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => text.split(',').collect(),
        _ => Vec::new(),
    };
    let mut names: Vec<String> =
        listed.into_iter().map(str::trim).filter(|name| is_name(name)).map(str::to_owned).collect();
    names.truncate(16);
    names
}

/// Whether a text can be a name or an ARN.
fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
