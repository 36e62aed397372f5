//! Amazon ECS: task definitions.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{ContainerDefinition as SdkContainer, LogConfiguration as SdkLog, Secret, TaskDefinition as SdkDefinition};

use super::describe;
use crate::arn::Arn;
use crate::question::{Answer, Question};
use crate::redact::redact;
use crate::task_definition::{ContainerDefinition, EnvironmentFile, LogConfiguration, NamedReference, RepositoryCredentials, TaskDefinition};
use crate::triage::Prober;

/// A revision never changes, so what was read is kept; no more of them than this.
const KEPT_DEFINITIONS: usize = 128;

/// Answers from the ECS API.
#[derive(Debug)]
pub struct EcsProber {
    client: Client,
    known: Mutex<HashMap<String, TaskDefinition>>,
}

impl EcsProber {
    /// A prober over the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), known: Mutex::default() }
    }

    async fn task_definition(&self, name: &str) -> Answer {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Answer::TaskDefinition(Box::new(known.clone()));
        }
        let request = self.client.describe_task_definition().task_definition(name).customize();
        // An event forwarded from another Region is answered there.
        let elsewhere = Arn::parse(name).map(|arn| aws_sdk_ecs::Config::builder().region(Region::new(arn.region.to_owned())));
        let request = match elsewhere {
            Some(elsewhere) => request.config_override(elsewhere),
            None => request,
        };
        match request.send().await {
            Ok(output) => match output.task_definition {
                Some(definition) => {
                    let definition = from_sdk(definition).cleaned();
                    let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                    if known.len() >= KEPT_DEFINITIONS {
                        known.clear();
                    }
                    known.insert(name.to_owned(), definition.clone());
                    Answer::TaskDefinition(Box::new(definition))
                }
                None => Answer::Unknown("the answer held no task definition".to_owned()),
            },
            Err(error) => {
                let why = describe(&error);
                tracing::warn!(task_definition = name, error = %redact(&why), "cannot read the task definition");
                Answer::Unknown(redact(&why).into_owned())
            }
        }
    }
}

impl Prober for EcsProber {
    async fn ask(&self, question: &Question) -> Answer {
        match question {
            Question::TaskDefinition { name } => self.task_definition(name).await,
        }
    }
}

/// Takes over what the model holds. Environment values and commands are not among it.
fn from_sdk(definition: SdkDefinition) -> TaskDefinition {
    TaskDefinition {
        task_definition_arn: definition.task_definition_arn,
        family: definition.family,
        revision: Some(i64::from(definition.revision)),
        execution_role_arn: definition.execution_role_arn,
        task_role_arn: definition.task_role_arn,
        network_mode: definition.network_mode.map(|mode| mode.as_str().to_owned()),
        containers: definition.container_definitions.unwrap_or_default().into_iter().map(container).collect(),
    }
}

fn container(container: SdkContainer) -> ContainerDefinition {
    let files = container.environment_files.unwrap_or_default();
    ContainerDefinition {
        name: container.name.unwrap_or_default(),
        image: container.image,
        secrets: named(container.secrets),
        repository_credentials: container
            .repository_credentials
            .map(|credentials| RepositoryCredentials { credentials_parameter: Some(credentials.credentials_parameter) }),
        environment_files: files.into_iter().map(|file| EnvironmentFile { value: file.value }).collect(),
        log_configuration: container.log_configuration.map(log),
    }
}

fn named(secrets: Option<Vec<Secret>>) -> Vec<NamedReference> {
    secrets.unwrap_or_default().into_iter().map(|secret| NamedReference { name: secret.name, value_from: secret.value_from }).collect()
}

fn log(log: SdkLog) -> LogConfiguration {
    LogConfiguration {
        log_driver: Some(log.log_driver.as_str().to_owned()),
        options: log.options.unwrap_or_default().into_iter().map(|(name, value)| (name, Some(value))).collect(),
        secret_options: named(log.secret_options),
    }
}
