//! A task definition's references: what a task asks for before it starts, where it says so, and what its
//! `valueFrom` means.
//!
//! Read from `describe-task-definition` output or from the form that `register-task-definition` takes.
//! Environment values, commands and log options that may hold tokens are never read into the model.

mod error;
mod image;
pub(crate) mod lenient;
mod reference;
mod unfilled;
mod volume;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::arn::Arn;
use crate::redact::{MASKED, Written, redact_values, written, written_as_secret};

use lenient::Unreadable;

pub use error::TaskDefinitionError;
pub use image::ImageName;
pub use reference::{
    Malformation, Reference, ReferenceKind, SecretReference, Target, may_have_suffix, split_suffix,
};
pub use volume::{EfsAuthorization, EfsVolume, FsxVolume, HostVolume, OtherVolume, Volume};

/// Declares structs of facts: any field may be absent, unknown ones are ignored.
macro_rules! facts {
    ($case:literal $($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty),* $(,)? })+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = $case, default)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type,)* }
    )+ };
}
pub(crate) use facts;

/// ECS starts at most ten containers in a task.
const MOST_CONTAINERS: usize = 100;

facts! { "camelCase"
    /// A task definition, as far as a start can fail on it.
    TaskDefinition {
        /// Its ARN; absent before it is registered.
        task_definition_arn: Option<String>,
        /// Its family.
        family: Option<String>,
        /// Its revision.
        revision: Option<i64>,
        /// `ACTIVE` or `INACTIVE`, where AWS described it.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<String>,
        /// The role that ECS itself uses.
        execution_role_arn: Option<String>,
        /// The role that the containers use.
        task_role_arn: Option<String>,
        /// `awsvpc`, `bridge`, `host` or `none`.
        network_mode: Option<String>,
        /// Where it may run: `FARGATE`, `EC2`, `EXTERNAL`, `MANAGED_INSTANCES`; empty where that is not known.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        requires_compatibilities: Vec<String>,
        /// For which platform its images must be built.
        #[serde(skip_serializing_if = "Option::is_none")]
        runtime_platform: Option<RuntimePlatform>,
        /// Its containers.
        #[serde(rename = "containerDefinitions")]
        containers: Vec<ContainerDefinition>,
        /// What is mounted into them.
        volumes: Vec<Volume>,
        /// Its tags, which AWS adds where they are asked for.
        #[serde(rename = "tagsBeside", skip_serializing_if = "Vec::is_empty")]
        tags: Vec<Tag>,
    }

    /// A tag.
    Tag {
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    }

    /// What a task runs on.
    RuntimePlatform {
        /// `LINUX`, `WINDOWS_SERVER_2022_CORE`...
        operating_system_family: Option<String>,
        /// `X86_64` or `ARM64`.
        cpu_architecture: Option<String>,
    }

    /// One container's definition.
    ContainerDefinition {
        /// Its name.
        name: String,
        /// Its image.
        image: Option<String>,
        /// Secrets put into environment variables.
        secrets: Vec<NamedReference>,
        /// The registry's login.
        repository_credentials: Option<Credentials>,
        /// Files of environment variables in S3.
        environment_files: Vec<EnvironmentFile>,
        /// Where its output goes.
        log_configuration: Option<LogConfiguration>,
        /// Containers for which it waits.
        depends_on: Vec<Dependency>,
        /// What it mounts.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        mount_points: Vec<MountPoint>,
        /// Containers of which it mounts what they do.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        volumes_from: Vec<VolumeFrom>,
        /// Whether it routes the logs of the others.
        #[serde(skip_serializing_if = "Option::is_none")]
        firelens_configuration: Option<Firelens>,
        /// Files with which it joins an Active Directory.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        credential_specs: Vec<String>,
    }

    /// One of `mountPoints`.
    MountPoint {
        /// The volume's name.
        source_volume: Option<String>,
        /// Where it is in the container.
        #[serde(skip_serializing_if = "Option::is_none")]
        container_path: Option<String>,
        /// Whether nothing is written there.
        read_only: Option<bool>,
    }

    /// One of `volumesFrom`.
    VolumeFrom {
        /// The container.
        source_container: Option<String>,
    }

    /// `firelensConfiguration`.
    Firelens {
        /// `fluentd` or `fluentbit`.
        #[serde(rename = "type")]
        kind: Option<String>,
        /// Its options; after reading, only those that name a file.
        options: BTreeMap<String, String>,
    }

    /// One of `dependsOn`.
    Dependency {
        /// The container waited for.
        container_name: String,
        /// `START`, `COMPLETE`, `SUCCESS` or `HEALTHY`.
        condition: String,
    }

    /// A secret or parameter under a name.
    NamedReference {
        /// The environment variable or log option.
        name: String,
        /// What it refers to. A secret's value in its place is masked as it is read.
        #[serde(deserialize_with = "value_from")]
        value_from: String,
    }

    /// `repositoryCredentials`, or `authorizationConfig` of an `FSx` volume.
    Credentials {
        /// A secret's ARN, or its name in the same Region; of a volume a secret's or a parameter's.
        #[serde(deserialize_with = "credentials_parameter")]
        credentials_parameter: Option<String>,
    }

    /// One of `environmentFiles`.
    EnvironmentFile {
        /// An S3 object's ARN.
        value: String,
    }

    /// `logConfiguration`.
    LogConfiguration {
        /// Such as `awslogs`.
        log_driver: Option<String>,
        /// Its options; after reading, only those of `awslogs`, which hold no secret.
        options: BTreeMap<String, String>,
        /// Options taken from secrets.
        secret_options: Vec<NamedReference>,
    }
}

/// What a `valueFrom` may be known as: somebody's secret never enters the model, not even its length.
fn value_from<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|text| without_value(text, written))
}

fn credentials_parameter<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(|text| without_value(text, written_as_secret)))
}

fn without_value(text: String, written: fn(&str) -> Written) -> String {
    if written(&text) == Written::Value { MASKED.to_owned() } else { text }
}

impl TaskDefinition {
    /// Reads a definition as AWS answers it or people write it: keys in any case, `null` for what is not
    /// there.
    pub(crate) fn from_value(value: Value) -> Result<Self, Unreadable> {
        lenient::read(value)
    }

    /// The same without log options that may hold tokens, and with every text made safe to print.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        for role in [&mut self.execution_role_arn, &mut self.task_role_arn] {
            *role = role.take().filter(|role| !role.is_empty());
        }
        for container in &mut self.containers {
            if let Some(firelens) = &mut container.firelens_configuration {
                firelens.options.retain(|name, _| name.starts_with("config-file-"));
            }
            if let Some(log) = &mut container.log_configuration {
                log.options.retain(|name, _| name.starts_with("awslogs-"));
            }
        }
        // What it writes it can always read.
        serde_json::to_value(self).map(redact_values).and_then(serde_json::from_value).unwrap_or_default()
    }

    /// `family:revision`, as far as known.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let of_arn =
            || Some(Arn::parse(self.task_definition_arn.as_deref()?)?.resource.split_once('/')?.1.to_owned());
        let of_family = || {
            self.family
                .as_ref()
                .map(|family| self.revision.map_or(family.clone(), |revision| format!("{family}:{revision}")))
        };
        of_arn().or_else(of_family)
    }

    /// Whether it says that it runs on Fargate, and nowhere else.
    #[must_use]
    pub fn is_for_fargate(&self) -> bool {
        self.requires_compatibilities == ["FARGATE"]
    }

    /// The EFS volumes.
    pub fn efs_volumes(&self) -> impl Iterator<Item = (&Volume, &EfsVolume)> {
        self.volumes.iter().filter_map(|volume| Some((volume, volume.efs_volume_configuration.as_ref()?)))
    }

    /// The container of this name.
    #[must_use]
    pub fn container(&self, name: &str) -> Option<&ContainerDefinition> {
        self.containers.iter().find(|container| container.name == name)
    }

    /// The other containers that can write into a volume.
    pub fn writers<'d>(
        &'d self,
        volume: &'d str,
        reader: &'d str,
    ) -> impl Iterator<Item = &'d ContainerDefinition> {
        let writes = move |container: &&ContainerDefinition| {
            let mut points = container.mount_points.iter();
            points.any(|at| at.source_volume.as_deref() == Some(volume) && at.read_only != Some(true))
        };
        self.containers.iter().filter(move |container| container.name != reader).filter(writes)
    }

    /// The containers, each after those for which it waits, and otherwise as they are written.
    #[must_use]
    pub fn in_order(&self) -> Vec<&ContainerDefinition> {
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        // In as many turns as there are containers the longest chain is followed; a circle is not one.
        for _ in 0..self.containers.len().min(MOST_CONTAINERS) {
            for container in &self.containers {
                let of = |on: &Dependency| depths.get(on.container_name.as_str()).copied();
                let depth = container.depends_on.iter().filter_map(of).max().map_or(0, |depth| depth + 1);
                depths.insert(&container.name, depth);
            }
        }
        let mut all: Vec<&ContainerDefinition> = self.containers.iter().collect();
        all.sort_by_key(|container| depths.get(container.name.as_str()));
        all
    }

    /// Whether every container that mounts a volume only reads it.
    #[must_use]
    pub fn is_only_read(&self, volume: &Volume) -> bool {
        let points = self.containers.iter().flat_map(|container| &container.mount_points);
        let mut own = points.filter(|point| point.source_volume == volume.name).peekable();
        own.peek().is_some() && own.all(|point| point.read_only == Some(true))
    }
}

#[cfg(test)]
mod tests {
    use super::TaskDefinition;
    use serde_json::{Value, json};

    /// Where in a document there is something.
    fn paths(value: &Value, at: &str) -> Vec<String> {
        let below = |(key, value): (String, &Value)| paths(value, &format!("{at}/{key}"));
        match value {
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| (key.clone(), value)).flat_map(below).collect()
            }
            Value::Array(items) => {
                items.iter().enumerate().map(|(n, item)| (n.to_string(), item)).flat_map(below).collect()
            }
            _ => vec![at.to_owned()],
        }
    }

    #[test]
    fn nothing_is_lost_where_texts_are_made_safe() {
        let container = json!({
            "name": "web", "image": "nginx:1", "secrets": [{"name": "PASSWORD", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:password-a1b2c3"}],
            "environmentFiles": [{"value": "arn:aws:s3:::bucket/token.env", "type": "s3"}], "dependsOn": [{"containerName": "db", "condition": "HEALTHY"}],
            "repositoryCredentials": {"credentialsParameter": "arn:aws:ssm:us-east-1:1:parameter/secret"},
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}, "secretOptions": [{"name": "token", "valueFrom": "password"}]},
        });
        let definition = json!({
            "family": "secret", "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/secret:7", "executionRoleArn": "arn:aws:iam::1:role/password",
            "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "containerDefinitions": [container],
            "volumes": [{"name": "token", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"}}}],
        });
        let read = TaskDefinition::from_value(definition).expect("a definition");
        let before = serde_json::to_value(&read).expect("it is written");
        let after = serde_json::to_value(read.cleaned()).expect("it is written");
        assert_eq!(paths(&after, ""), paths(&before, ""));
    }

    #[test]
    fn what_is_not_there_may_be_null() {
        for (answer, containers) in [
            (
                json!({"family": "api", "volumes": null, "containerDefinitions": [{"name": "web", "secrets": null, "mountPoints": null}]}),
                1,
            ),
            (json!({"family": "api", "requiresCompatibilities": null, "containerDefinitions": null}), 0),
            (
                json!({"Family": "api", "containerDefinitions": [{"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": null}}}]}),
                1,
            ),
        ] {
            let read = TaskDefinition::from_value(answer.clone())
                .unwrap_or_else(|error| panic!("{answer}: {error:?}"));
            assert_eq!(
                (read.family.as_deref(), read.containers.len()),
                (Some("api"), containers),
                "{answer}"
            );
        }
        for none in [Value::Null, json!([]), json!("api:7")] {
            assert!(TaskDefinition::from_value(none.clone()).is_err(), "{none}");
        }
    }
}
