//! What a request wants to have checked, as far as the request says: a definition as CloudFormation has it,
//! one that is registered, or the revision of a service.

use serde_json::{Map, Value};

use super::request::{Custom, Deployment, Pause, Resource, member, number, text};
use crate::arn::{Arn, name_in};
use crate::check::Place;
use crate::question::facts::{AwsVpcConfiguration, ServiceRevision, launch_type};
use crate::redact::redact_name;
use crate::source::{self, Change, Found, Given, Runs, Service, Source, Started};
use crate::task_definition::TaskDefinitionError;

/// Definitions and services checked in one request; a stack has seldom more.
pub(super) const SUBJECTS: usize = 10;
/// A name of AWS is not longer.
const LONGEST_NAME: usize = 2_048;
const DEFINITION: &str = "AWS::ECS::TaskDefinition";
const SERVICE: &str = "AWS::ECS::Service";

/// The stack that is about to be made or changed.
#[derive(Debug, Clone, Copy)]
pub struct Stack<'h> {
    /// Its account.
    pub account: Option<&'h str>,
    /// Its Region.
    pub region: &'h str,
    /// Its ARN; none where Cloud Control calls.
    pub arn: Option<&'h str>,
}

impl Stack<'_> {
    /// What it decides of a template. The values of its parameters are not handed to a hook.
    fn given(&self) -> Given {
        let name = self.arn.and_then(|arn| Arn::parse(arn)?.resource.split('/').nth(1));
        let pseudo = [("AccountId", self.account), ("StackId", self.arn), ("StackName", name)];
        let value = |(id, value): (&str, Option<&str>)| Some((format!("AWS::{id}"), value?.to_owned()));
        Given {
            parameters: pseudo.into_iter().filter_map(value).collect(),
            region: Some(self.region.to_owned()),
            is_given_elsewhere: true,
        }
    }

    fn place(&self) -> Place {
        let (region, account) = (self.region.to_owned(), self.account.map(str::to_owned));
        Place { region, account, ..Place::default() }
    }

    fn place_of(&self, service: Service) -> Place {
        let Service { cluster, launch_type, platform_version, network, volumes, .. } = service;
        Place { cluster, network, launch_type, platform_version, volumes, ..self.place() }
    }
}

/// Something to be checked.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What people call it.
    pub name: String,
    /// The definition.
    pub wanted: Wanted,
    /// Where its tasks are going to run.
    pub place: Place,
}

/// A definition to be checked.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// The definition of a document or a request.
    Given(Box<Found>),
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
    pub fn of_resource(resource: &Resource, stack: &Stack<'_>) -> Option<Self> {
        let Resource { kind, name, properties } = resource;
        match kind.as_str() {
            DEFINITION => Some(Self::of_read(name, source::task_definition(name, properties), stack)),
            SERVICE => Some(Self::of_service(source::service(name, properties), stack)),
            _ => None,
        }
    }

    /// A definition that CloudFormation is about to make, as far as it could be read.
    fn of_read(name: &str, read: Result<Found, TaskDefinitionError>, stack: &Stack<'_>) -> Self {
        let wanted = match read {
            Ok(found) => Wanted::Given(Box::new(found)),
            // There is no document whose line could be named.
            Err(error) => Wanted::Unknown(format!("{}: {}", error.path, error.problem)),
        };
        Self { name: format!("{DEFINITION} {}", redact_name(name)), wanted, place: stack.place() }
    }

    /// A service that CloudFormation is about to make, of a definition that is there.
    fn of_service(service: Service, stack: &Stack<'_>) -> Self {
        let wanted = match &service.runs {
            Runs::Named(name) => Wanted::Registered(name.clone()),
            Runs::Here(id) => Wanted::Unknown(format!("its task definition, {id}, was not read")),
            Runs::Open(why) => Wanted::Unknown(format!("its task definition: {why}")),
            Runs::Untold => {
                Wanted::Unknown("it names no task definition: another deployment controller does".to_owned())
            }
        };
        let name = format!("{SERVICE} {}", service.name);
        Self { name, wanted, place: stack.place_of(service) }
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
pub fn of_document(document: &[u8], stack: &Stack<'_>) -> Result<Vec<Subject>, String> {
    let document: Map<String, Value> =
        serde_json::from_slice(document).map_err(|_| "what is behind its URL is not JSON".to_owned())?;
    let template = text(&document, "template");
    let given = stack.given();
    let Source { found, services, faults, notes, .. } =
        match (member(&document, "changedResources").and_then(Value::as_array), template) {
            (Some(changed), template) => {
                let changes: Vec<Change> =
                    changed.iter().filter_map(Value::as_object).filter_map(of_change).collect();
                source::change_set(template.unwrap_or_default(), &changes, &given)
            }
            (None, Some(template)) => source::cloudformation(template, &given)
                .map_err(|error| format!("the template cannot be read: {error}"))?,
            (None, None) => return Err("there is no template behind its URL".to_owned()),
        };
    let found: Vec<((), Found)> = found.into_iter().map(|found| ((), found)).collect();
    let services: Vec<((), Service)> = services.into_iter().map(|service| ((), service)).collect();
    let (started, alone) = source::linked(&found, &services);
    let of_started = |Started { found, service, .. }: Started<()>| {
        let place = service.map_or_else(|| stack.place(), |service| stack.place_of(service));
        Subject { place, ..Subject::of_read(&found.name.clone(), Ok(found), stack) }
    };
    let unread = |why: String| Subject {
        name: "the template".to_owned(),
        wanted: Wanted::Unknown(why),
        place: stack.place(),
    };
    let of_faults = faults.iter().map(ToString::to_string).chain(notes).map(unread);
    let alone = alone.into_iter().map(|service| Subject::of_service(service, stack));
    Ok(started.into_iter().map(of_started).chain(alone).chain(of_faults).collect())
}

/// Puts what a revision says of where its tasks run into a place.
pub(super) fn put(place: &mut Place, revision: &ServiceRevision) {
    place.network =
        revision.network_configuration.as_ref().and_then(|network| network.awsvpc_configuration.clone());
    place.launch_type =
        launch_type(revision.launch_type.as_deref(), &revision.capacity_provider_strategy).map(str::to_owned);
    place.platform_version.clone_from(&revision.platform_version);
    place.volumes.clone_from(&revision.volume_configurations);
}

fn of_change(change: &Map<String, Value>) -> Option<Change> {
    if text(change, "action").is_some_and(|action| action.eq_ignore_ascii_case("DELETE")) {
        return None;
    }
    let after: Map<String, Value> = serde_json::from_str(text(change, "afterContext")?).ok()?;
    let properties = member(&after, "Properties").cloned().unwrap_or(Value::Object(after));
    let of = |name: &str| text(change, name).unwrap_or_default().to_owned();
    let line = member(change, "lineNumber").and_then(number).and_then(|line| usize::try_from(line).ok());
    let line = line.filter(|line| *line > 0);
    Some(Change { id: of("logicalResourceId"), kind: of("resourceType"), properties, line })
}

/// Names in a list, or in a text with commas between, as CloudFormation passes a parameter.
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
