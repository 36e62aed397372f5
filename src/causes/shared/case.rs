//! One symptom of one task with all that is known of it, and what a cause makes of it.

use std::net::Ipv4Addr;

use super::assessment::{Culprit, Finding};
use super::proof::Gap;
use crate::arn::{Arn, partition_of};
use crate::event::Task;
use crate::question::facts::{AwsVpcConfiguration, Moment};
use crate::question::{Ask, Evidence, Known, ask};
use crate::reason::{Step, Symptom};
use crate::task_definition::{Reference, ReferenceKind, Target, TaskDefinition, split_suffix};

/// What a cause judges.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// The task.
    pub task: &'a Task,
    /// What its reason says.
    pub symptom: &'a Symptom,
    /// Its definition, as far as known.
    pub definition: Known<'a, TaskDefinition>,
    /// What AWS said.
    pub evidence: &'a Evidence,
    /// Where the task is placed, where that is given and need not be queried.
    pub placement: Option<&'a AwsVpcConfiguration>,
    /// The references that the symptom can be about.
    pub references: Vec<Reference>,
    /// Whether nothing has failed yet: the symptom is suspected before a deployment, and what AWS says now is
    /// what counts.
    pub forecast: bool,
    /// Whether the text has no fault, and the symptom has the one that the cause would have made.
    pub supposed: bool,
}

/// Takes the place of a Region that nothing names: no question in it has an answer, and a text or command
/// shows that it has to be filled in.
pub(in crate::causes) const UNKNOWN_REGION: &str = "<region>";

/// How a source is cited where the definition proves something.
pub(crate) const DEFINITION: &str = "task definition";

impl<'a> Case<'a> {
    /// What is known of what a question asks for.
    pub(in crate::causes) fn look<A: Ask>(&self, ask: &A) -> Known<'a, A::Fact> {
        self.evidence.look(ask)
    }

    /// Whether something happened after the task failed.
    pub(in crate::causes) fn is_since(&self, at: Option<Moment>) -> bool {
        at.zip(self.task.failed_by()).is_some_and(|(at, failed)| at.0 >= failed)
    }

    /// The task's Region, or that of what it asked for, or [`UNKNOWN_REGION`].
    pub(in crate::causes) fn own_region(&self) -> &str {
        self.task.region.as_deref().or(self.region()).unwrap_or(UNKNOWN_REGION)
    }

    /// That the Region is known in which something was asked for: an application can ask in any Region.
    pub(in crate::causes) fn in_named_region(&self) -> Result<(), Gap> {
        let is_known = self.symptom.step != Step::SecretSidecar || self.symptom.region.is_some();
        is_known.then_some(()).ok_or_else(|| Gap::new("in which Region the application asks"))
    }

    /// The Region to which the container of a reference writes its logs, where the definition names one.
    pub(in crate::causes) fn log_region(&self, reference: &Reference) -> Option<&str> {
        self.log_option(reference, "awslogs-region")
    }

    /// An option of the log driver of a reference's container.
    pub(in crate::causes) fn log_option(&self, reference: &Reference, name: &str) -> Option<&str> {
        let container = self
            .definition()?
            .containers
            .iter()
            .find(|container| Some(&container.name) == reference.container.as_ref())?;
        container.log_configuration.as_ref()?.options.get(name).map(String::as_str)
    }

    /// The question after the service that keeps the task running.
    pub(in crate::causes) fn service_question(&self) -> Option<ask::Service> {
        let service =
            self.task.workload.as_ref().filter(|workload| workload.is_service && self.placement.is_none())?;
        let cluster = self.task.cluster.as_ref()?.clone();
        Some(ask::Service { region: self.own_region().to_owned(), cluster, name: service.name.clone() })
    }

    /// How the service puts its tasks into the network.
    pub(in crate::causes) fn placed(&self) -> Option<&'a AwsVpcConfiguration> {
        if let Some(given) = self.placement {
            return Some(given);
        }
        let service = self.look(&self.service_question()?).found()?;
        service.network_configuration.as_ref()?.awsvpc_configuration.as_ref()
    }

    /// The task's subnet, or else all subnets of its service.
    pub(in crate::causes) fn candidate_subnets(&self) -> Vec<String> {
        let own: Vec<String> = self.task.subnet.iter().map(ToString::to_string).collect();
        let mut ids = if own.is_empty() {
            self.placed().map(|placement| placement.subnets.clone()).unwrap_or_default()
        } else {
            own
        };
        ids.sort();
        ids.dedup();
        ids
    }

    /// The question after the host, where the task was not on Fargate.
    pub(in crate::causes) fn instance_question(&self) -> Option<ask::ContainerInstance> {
        let arn = self.task.container_instance.as_ref()?.clone();
        let cluster = self.task.cluster.as_ref()?.clone();
        Some(ask::ContainerInstance { region: self.own_region().to_owned(), cluster, arn })
    }
}

impl Case<'_> {
    /// The task definition, where it is known.
    pub(in crate::causes) fn definition(&self) -> Option<&TaskDefinition> {
        match self.definition {
            Known::Found(definition) => Some(definition),
            Known::Missing | Known::Unknown(_) | Known::NotAsked => None,
        }
    }

    /// What failed, as far as text and definition name it.
    pub(crate) fn culprit(&self) -> Culprit {
        let kind = match self.symptom.step {
            _ if self.symptom.is_of_parameter() => "parameter",
            _ if self.symptom.is_of_file() => "file",
            Step::SecretsManager | Step::CredentialSpec | Step::SecretSidecar => "secret",
            Step::RegistryCredentials => "registry-credentials",
            Step::ParameterStore => "parameter",
            Step::EcrAuth | Step::ImagePull => "image",
            Step::EnvFile => "env-file",
            Step::LogDriver => "log-group",
            Step::ExecutionRole => "role",
            Step::EfsVolume | Step::FsxVolume | Step::EbsVolume | Step::Volume => "volume",
            Step::NetworkInterface => "network-interface",
            _ => "task",
        };
        Culprit { kind, id: self.name(), references: self.references.clone() }
    }

    /// What failed as a subject: `secret prod/db`, or `a secret` where none is named.
    pub(in crate::causes) fn named(&self, noun: &str) -> String {
        let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        self.name().map_or_else(|| format!("{article} {noun}"), |name| format!("{noun} {name}"))
    }

    /// The short name of what failed.
    pub(in crate::causes) fn name(&self) -> Option<String> {
        if let Some(reference) = self.only_reference() {
            return Some(reference_name(reference));
        }
        let named = self.symptom.resource.as_ref()?.text.as_str();
        match self.symptom.step {
            Step::SecretsManager | Step::RegistryCredentials | Step::CredentialSpec | Step::SecretSidecar
                if self.symptom.wants.is_none() =>
            {
                Some(secret_name(named).to_owned())
            }
            Step::ParameterStore | Step::SecretSidecar if named.contains("://") => None,
            Step::ParameterStore | Step::SecretSidecar => {
                Some(named.split_once(":parameter").map_or(named, |(_, name)| name).to_owned())
            }
            Step::LogDriver => Some(
                named
                    .split_once(":log-group:")
                    .map_or(named, |(_, name)| name.split(':').next().unwrap_or(name))
                    .to_owned(),
            ),
            Step::EcrAuth if named == "*" => None,
            _ => Some(named.to_owned()),
        }
    }

    /// The reference that all the others repeat. Things of one name in two accounts or Regions are two
    /// things.
    fn only_reference(&self) -> Option<&Reference> {
        let (first, others) = self.references.split_first()?;
        others.iter().all(|other| thing(other) == thing(first)).then_some(first)
    }

    /// The reference as a command or a policy needs it: the definition's own where it is known, else
    /// the text's.
    pub(in crate::causes) fn resource_arn(&self) -> Option<String> {
        let of_reference = self.only_reference().map(|reference| match reference.target() {
            Some(Target::Secret(secret)) => secret.arn.to_owned(),
            _ => reference.value_from.clone(),
        });
        let named = self.symptom.resource.as_deref().map(str::to_owned).filter(|text| !text.contains("://"));
        let whole = named.filter(|_| !self.symptom.truncated || of_reference.is_none());
        whole.or(of_reference)
    }

    /// That the container whose image failed is not from the task definition.
    pub(crate) fn injected(&self) -> Option<Finding> {
        let said = "GuardDuty's runtime monitoring put this container into the task; it is not essential, and the task runs without it";
        self.is_of_guard_duty().then(|| Finding::found(said, "stoppedReason"))
    }

    /// Whether it is about the image of the agent that GuardDuty puts into tasks.
    pub(in crate::causes) fn is_of_guard_duty(&self) -> bool {
        let is_image = matches!(self.symptom.step, Step::ImagePull | Step::EcrAuth);
        is_image
            && self.symptom.resource.as_ref().is_some_and(|image| image.text.contains("/aws-guardduty-agent"))
    }

    /// The Region that the text names and the task's own, where they differ.
    pub(in crate::causes) fn other_region(&self) -> Option<(&str, &str)> {
        let (named, own) = (self.symptom.region.as_ref()?.text.as_str(), self.task.region.as_deref()?);
        (named != own).then_some((named, own))
    }

    /// The service that was not reached, in words.
    pub(in crate::causes) fn aws_service_name(&self) -> &'static str {
        self.aws_service().0
    }

    /// The service that the step calls, and its endpoint's short name.
    pub(in crate::causes) fn aws_service(&self) -> (&'static str, Option<&'static str>) {
        match self.symptom.step {
            Step::SecretsManager | Step::RegistryCredentials => ("Secrets Manager", Some("secretsmanager")),
            Step::ParameterStore => ("Parameter Store", Some("ssm")),
            Step::EcrAuth => ("Amazon ECR", Some("ecr.api")),
            Step::ImagePull => ("the image registry", None),
            Step::EnvFile => ("Amazon S3", Some("s3")),
            Step::LogDriver => ("the log destination", Some("logs")),
            _ => ("an AWS service", None),
        }
    }

    /// Whether the connection went to a private address, an endpoint in the VPC, or to a public one; `None`
    /// where the text has no address.
    pub(in crate::causes) fn reached_for_endpoint(&self) -> Option<bool> {
        if self.symptom.by_proxy {
            return None;
        }
        let address: Ipv4Addr = self.symptom.address.as_ref()?.text.parse().ok()?;
        Some(address.is_private() || matches!(address.octets(), [100, 64..=127, ..]))
    }

    /// What follows from the address that was called.
    pub(in crate::causes) fn address_found(&self) -> Option<Finding> {
        let address = &self.symptom.address.as_ref()?.text;
        if self.symptom.by_proxy {
            return Some(Finding::found(
                format!("the call went to the HTTP proxy at {address}"),
                "stoppedReason",
            ));
        }
        let said = if self.reached_for_endpoint()? {
            format!(
                "the call went to the private address {address}: an endpoint in the VPC takes it, a NAT gateway does not help"
            )
        } else {
            format!("the call went to the public address {address}, not to a VPC endpoint")
        };
        Some(Finding::found(said, "stoppedReason"))
    }

    /// The endpoint as a culprit.
    pub(in crate::causes) fn endpoint(&self) -> Culprit {
        Culprit {
            kind: "endpoint",
            id: self.symptom.host.as_deref().map(str::to_owned),
            references: self.references.clone(),
        }
    }

    /// The Region in which the resource lives.
    pub(in crate::causes) fn region(&self) -> Option<&str> {
        self.symptom.region.as_deref().or(self.task.region.as_deref())
    }

    /// The account of the resource, where the text names it, else the task's.
    pub(in crate::causes) fn account(&self) -> Option<&str> {
        self.symptom.account.as_deref().or(self.task.account.as_deref())
    }

    /// The ARN partition of the resource or the task.
    pub(in crate::causes) fn partition(&self) -> &str {
        let named = self.symptom.resource.as_deref();
        let of_arn = [named, self.task.arn.as_deref()]
            .into_iter()
            .flatten()
            .find_map(Arn::parse)
            .map(|arn| arn.partition);
        of_arn.unwrap_or_else(|| self.region().map_or("aws", partition_of))
    }

    /// The partition of the task, whatever its reason names.
    pub(in crate::causes) fn own_partition(&self) -> &'static str {
        self.task.region.as_deref().or(self.region()).map_or("aws", partition_of)
    }

    /// What stayed unknown because the definition was not read, or that of another revision was; nothing
    /// where it was read. Every diagnosis says why it could not be read ([`Case::definition_unread`]).
    pub(in crate::causes) fn definition_unknown(&self) -> Option<Finding> {
        match self.definition {
            Known::Found(definition) => {
                let (ran, read) = (self.task.task_definition_name()?, definition.name()?);
                (ran != read).then(|| {
                    Finding::unknown(format!(
                        "whether {ran}, which the task ran, says the same as {read}, which was read"
                    ))
                })
            }
            Known::Missing | Known::Unknown(_) => None,
            Known::NotAsked => {
                Some(Finding::unknown("which container uses it: the task definition was not read"))
            }
        }
    }

    /// That the definition could not be read, and why.
    pub(crate) fn definition_unread(&self) -> Option<Finding> {
        match self.definition {
            Known::Unknown(why) => Some(Finding::unknown(format!(
                "which container uses it: the task definition could not be read ({why})"
            ))),
            Known::Found(_) | Known::Missing | Known::NotAsked => None,
        }
    }
}

/// What a reference is to, whatever it asks of it: where it is, and its name.
fn thing(reference: &Reference) -> (Option<(&str, &str)>, String) {
    let place = Arn::parse(&reference.value_from).filter(|_| {
        reference.kind == ReferenceKind::Secret || reference.kind == ReferenceKind::RegistryCredentials
    });
    (place.map(|arn| (arn.region, arn.account)), reference_name(reference))
}

/// Whether the step is a call to AWS that fetches something for the task.
pub(in crate::causes) fn reads_from_aws(symptom: &Symptom) -> bool {
    matches!(
        symptom.step,
        Step::SecretsManager
            | Step::ParameterStore
            | Step::RegistryCredentials
            | Step::EcrAuth
            | Step::EnvFile
            | Step::LogDriver
    )
}

/// The short name by which people know what a reference refers to.
pub(in crate::causes) fn reference_name(reference: &Reference) -> String {
    match reference.target() {
        Some(Target::Secret(secret)) => secret.name_and_suffix().0.to_owned(),
        Some(Target::Parameter(name)) => name.to_owned(),
        _ if matches!(reference.kind, ReferenceKind::ExecutionRole | ReferenceKind::TaskRole) => {
            Arn::parse(&reference.value_from)
                .and_then(|arn| arn.role_name().map(str::to_owned))
                .unwrap_or_else(|| reference.value_from.clone())
        }
        _ => reference.value_from.clone(),
    }
}

/// The name in a secret's ARN, without the suffix; any other text as it is.
pub(in crate::causes) fn secret_name(arn_or_name: &str) -> &str {
    match arn_or_name.split_once(":secret:") {
        Some((_, name)) => split_suffix(name.split(':').next().unwrap_or(name)).0,
        None => arn_or_name,
    }
}
