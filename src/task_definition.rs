//! A task definition's references: what a task asks for before it starts, where it says so, and what its `valueFrom` means.
//!
//! Read from `describe-task-definition` output or from the form that `register-task-definition` takes. Environment values, commands and log
//! options that may hold tokens are never read into the model.

mod file;
mod image;
mod lenient;
mod seeming;
mod unfilled;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::arn::Arn;
use crate::redact::{MASKED, Written, redact_name, written, written_as_secret};

pub use file::TaskDefinitionError;
pub use image::ImageName;

/// A task definition, as far as a start can fail on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskDefinition {
    /// Its ARN; absent before it is registered.
    pub task_definition_arn: Option<String>,
    /// Its family.
    pub family: Option<String>,
    /// Its revision.
    pub revision: Option<i64>,
    /// The role that ECS itself uses.
    pub execution_role_arn: Option<String>,
    /// The role that the containers use.
    pub task_role_arn: Option<String>,
    /// `awsvpc`, `bridge`, `host` or `none`.
    pub network_mode: Option<String>,
    /// Where it may run: `FARGATE`, `EC2`, `EXTERNAL`, `MANAGED_INSTANCES`; empty where it was not told.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub requires_compatibilities: Vec<String>,
    /// For which platform its images must be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_platform: Option<RuntimePlatform>,
    /// Its containers.
    #[serde(rename = "containerDefinitions")]
    pub containers: Vec<ContainerDefinition>,
    /// What is mounted into them.
    pub volumes: Vec<Volume>,
}

/// A volume, as far as ECS mounts it over the network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// Its name.
    pub name: Option<String>,
    /// A file system of Amazon EFS.
    pub efs_volume_configuration: Option<EfsVolume>,
    /// A file system of Amazon `FSx` for Windows File Server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fsx_windows_file_server_volume_configuration: Option<FsxVolume>,
}

/// `fsxWindowsFileServerVolumeConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FsxVolume {
    /// The file system.
    pub file_system_id: Option<String>,
    /// How the mount is authorised.
    pub authorization_config: Option<FsxAuthorization>,
}

/// `authorizationConfig` of an `FSx` volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FsxAuthorization {
    /// The secret or parameter with the login.
    pub credentials_parameter: Option<String>,
}

/// `efsVolumeConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EfsVolume {
    /// The file system.
    pub file_system_id: Option<String>,
    /// The directory to mount.
    pub root_directory: Option<String>,
    /// `ENABLED` or `DISABLED`: whether the mount is encrypted on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_encryption: Option<String>,
    /// How the mount is authorised.
    pub authorization_config: Option<EfsAuthorization>,
}

impl EfsVolume {
    /// Whether the task role authorises the mount.
    #[must_use]
    pub fn is_by_role(&self) -> bool {
        self.authorization_config.as_ref().is_some_and(|config| config.iam.as_deref() == Some("ENABLED"))
    }

    /// The access point through which it is mounted.
    #[must_use]
    pub fn access_point(&self) -> Option<&str> {
        self.authorization_config.as_ref()?.access_point_id.as_deref()
    }
}

/// `authorizationConfig` of an EFS volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EfsAuthorization {
    /// The access point.
    pub access_point_id: Option<String>,
    /// `ENABLED` or `DISABLED`: whether the task role authorises the mount.
    pub iam: Option<String>,
}

/// What a task runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RuntimePlatform {
    /// `LINUX`, `WINDOWS_SERVER_2022_CORE`...
    pub operating_system_family: Option<String>,
    /// `X86_64` or `ARM64`.
    pub cpu_architecture: Option<String>,
}

/// One container's definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerDefinition {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: Option<String>,
    /// Secrets put into environment variables.
    pub secrets: Vec<NamedReference>,
    /// The registry's login.
    pub repository_credentials: Option<RepositoryCredentials>,
    /// Files of environment variables in S3.
    pub environment_files: Vec<EnvironmentFile>,
    /// Where its output goes.
    pub log_configuration: Option<LogConfiguration>,
    /// Containers for which it waits.
    pub depends_on: Vec<Dependency>,
    /// What it mounts.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub mount_points: Vec<MountPoint>,
    /// Whether it routes the logs of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firelens_configuration: Option<Firelens>,
    /// Files that let it into an Active Directory.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub credential_specs: Vec<String>,
}

/// One of `mountPoints`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MountPoint {
    /// The volume's name.
    pub source_volume: Option<String>,
    /// Whether nothing is written there.
    pub read_only: Option<bool>,
}

/// `firelensConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Firelens {
    /// `fluentd` or `fluentbit`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its options; after reading, only those that name a file.
    #[serde(deserialize_with = "or_default")]
    pub options: BTreeMap<String, Option<String>>,
}

/// `null` for what is not there, as some tools write it.
fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// One of `dependsOn`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dependency {
    /// The container waited for.
    pub container_name: String,
    /// `START`, `COMPLETE`, `SUCCESS` or `HEALTHY`.
    pub condition: String,
}

/// A secret or parameter under a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedReference {
    /// The environment variable or log option.
    pub name: String,
    /// What it refers to. A secret's value that stands in its place is masked as it is read.
    #[serde(deserialize_with = "value_from")]
    pub value_from: String,
}

/// `repositoryCredentials`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RepositoryCredentials {
    /// A secret's ARN, or its name in the same Region.
    #[serde(deserialize_with = "credentials_parameter")]
    pub credentials_parameter: Option<String>,
}

/// One of `environmentFiles`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct EnvironmentFile {
    /// An S3 object's ARN.
    pub value: String,
}

/// `logConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogConfiguration {
    /// Such as `awslogs`.
    pub log_driver: Option<String>,
    /// Its options; after reading, only those of `awslogs`, which hold no secret.
    pub options: BTreeMap<String, Option<String>>,
    /// Options taken from secrets.
    pub secret_options: Vec<NamedReference>,
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
    /// Reads `describe-task-definition` output, a definition to be registered, or a list of container definitions: keys in any case, `null` for what
    /// is not there, of a key that stands twice the last.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, a field has the wrong type, or there are no container definitions.
    pub fn from_json(text: &str) -> Result<Self, TaskDefinitionError> {
        file::read(text)
    }

    /// The same without log options that may hold tokens, and with every text made safe to print.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        let clean = |text: &mut String| {
            if let std::borrow::Cow::Owned(safe) = redact_name(text) {
                *text = safe;
            }
        };
        let own = [&mut self.task_definition_arn, &mut self.family, &mut self.execution_role_arn, &mut self.task_role_arn, &mut self.network_mode];
        own.into_iter().flatten().for_each(clean);
        for role in [&mut self.execution_role_arn, &mut self.task_role_arn] {
            *role = role.take().filter(|role| !role.is_empty());
        }
        self.requires_compatibilities.iter_mut().for_each(clean);
        if let Some(platform) = &mut self.runtime_platform {
            [&mut platform.operating_system_family, &mut platform.cpu_architecture].into_iter().flatten().for_each(clean);
        }
        for volume in &mut self.volumes {
            volume.name.iter_mut().for_each(clean);
            if let Some(fsx) = &mut volume.fsx_windows_file_server_volume_configuration {
                let credentials = fsx.authorization_config.as_mut().and_then(|config| config.credentials_parameter.as_mut());
                [fsx.file_system_id.as_mut(), credentials].into_iter().flatten().for_each(clean);
            }
            let Some(efs) = &mut volume.efs_volume_configuration else { continue };
            let access_point = efs.authorization_config.as_mut().and_then(|config| config.access_point_id.as_mut());
            [efs.file_system_id.as_mut(), efs.root_directory.as_mut(), efs.transit_encryption.as_mut(), access_point].into_iter().flatten().for_each(clean);
        }
        for container in &mut self.containers {
            clean(&mut container.name);
            container.depends_on.iter_mut().flat_map(|on| [&mut on.container_name, &mut on.condition]).for_each(clean);
            container.image.iter_mut().for_each(clean);
            container.repository_credentials.iter_mut().filter_map(|credentials| credentials.credentials_parameter.as_mut()).for_each(clean);
            container.environment_files.iter_mut().map(|file| &mut file.value).for_each(clean);
            container.mount_points.iter_mut().filter_map(|point| point.source_volume.as_mut()).for_each(clean);
            container.credential_specs.iter_mut().for_each(clean);
            if let Some(firelens) = &mut container.firelens_configuration {
                firelens.options.retain(|name, _| name.starts_with("config-file-"));
                firelens.kind.iter_mut().chain(firelens.options.values_mut().flatten()).for_each(clean);
            }
            let mut named: Vec<&mut NamedReference> = container.secrets.iter_mut().collect();
            if let Some(log) = &mut container.log_configuration {
                log.options.retain(|name, _| name.starts_with("awslogs-"));
                log.options.values_mut().flatten().for_each(clean);
                named.extend(&mut log.secret_options);
            }
            for reference in named {
                clean(&mut reference.name);
                clean(&mut reference.value_from);
            }
        }
        self
    }

    /// `family:revision`, as far as known.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let of_arn = || Some(Arn::parse(self.task_definition_arn.as_deref()?)?.resource.split_once('/')?.1.to_owned());
        let of_family = || self.family.as_ref().map(|family| self.revision.map_or(family.clone(), |revision| format!("{family}:{revision}")));
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

    /// Whether every container that mounts a volume only reads it.
    #[must_use]
    pub fn is_only_read(&self, volume: &Volume) -> bool {
        let points = self.containers.iter().flat_map(|container| &container.mount_points);
        let mut own = points.filter(|point| point.source_volume == volume.name).peekable();
        own.peek().is_some() && own.all(|point| point.read_only == Some(true))
    }

    /// Everything that must be fetched, found or assumed before the task starts, in the order of the definition.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let mut all = Vec::new();
        let roles =
            [(ReferenceKind::ExecutionRole, "executionRoleArn", &self.execution_role_arn), (ReferenceKind::TaskRole, "taskRoleArn", &self.task_role_arn)];
        for (kind, field, arn) in roles {
            all.extend(arn.as_ref().map(|arn| Reference { kind, container: None, field: field.to_owned(), name: None, value_from: arn.clone() }));
        }
        for container in &self.containers {
            container.references(&mut all);
        }
        for (at, volume) in self.volumes.iter().enumerate() {
            let login = volume.fsx_windows_file_server_volume_configuration.as_ref().and_then(|fsx| fsx.authorization_config.as_ref());
            if let Some(login) = login.and_then(|config| config.credentials_parameter.clone()) {
                let field = format!("volumes[{at}].fsxWindowsFileServerVolumeConfiguration.authorizationConfig.credentialsParameter");
                all.push(Reference { kind: ReferenceKind::Secret, container: None, field, name: None, value_from: login });
            }
        }
        all
    }
}

impl ContainerDefinition {
    fn references(&self, all: &mut Vec<Reference>) {
        let mut add = |kind, field: String, name: Option<&str>, value_from: &str| {
            all.push(Reference { kind, container: Some(self.name.clone()), field, name: name.map(str::to_owned), value_from: value_from.to_owned() });
        };
        if let Some(image) = &self.image {
            add(ReferenceKind::Image, "image".to_owned(), None, image);
        }
        if let Some(credentials) = self.repository_credentials.as_ref().and_then(|credentials| credentials.credentials_parameter.as_ref()) {
            add(ReferenceKind::RegistryCredentials, "repositoryCredentials.credentialsParameter".to_owned(), None, credentials);
        }
        for (at, file) in self.environment_files.iter().enumerate() {
            add(ReferenceKind::EnvFile, format!("environmentFiles[{at}]"), None, &file.value);
        }
        for (at, secret) in self.secrets.iter().enumerate() {
            add(ReferenceKind::Secret, format!("secrets[{at}]"), Some(&secret.name), &secret.value_from);
        }
        for (at, spec) in self.credential_specs.iter().enumerate() {
            // Without the kind that stands before the ARN.
            let file = spec.find("arn:").map_or(spec.as_str(), |from| &spec[from..]);
            add(ReferenceKind::CredentialSpec, format!("credentialSpecs[{at}]"), None, file);
        }
        let file = self.firelens_configuration.as_ref().filter(|firelens| firelens.options.get("config-file-type") == Some(&Some("s3".to_owned())));
        if let Some(Some(file)) = file.and_then(|firelens| firelens.options.get("config-file-value")) {
            add(ReferenceKind::LogConfig, "firelensConfiguration.options".to_owned(), Some("config-file-value"), file);
        }
        let Some(log) = &self.log_configuration else { return };
        for (at, option) in log.secret_options.iter().enumerate() {
            add(ReferenceKind::Secret, format!("logConfiguration.secretOptions[{at}]"), Some(&option.name), &option.value_from);
        }
        if log.log_driver.as_deref() == Some("awslogs")
            && let Some(Some(group)) = log.options.get("awslogs-group")
        {
            add(ReferenceKind::LogGroup, "logConfiguration.options".to_owned(), Some("awslogs-group"), group);
        }
    }
}

/// What a reference is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// `secrets` or `secretOptions`: a secret or a parameter.
    Secret,
    /// `repositoryCredentials`: a secret.
    RegistryCredentials,
    /// `environmentFiles`: an object in S3.
    EnvFile,
    /// A container image.
    Image,
    /// The `awslogs-group`.
    LogGroup,
    /// `FireLens`'s configuration: an object in S3.
    LogConfig,
    /// `credentialSpecs`: an object in S3, or a secret or parameter.
    CredentialSpec,
    /// The role that ECS itself uses.
    ExecutionRole,
    /// The role that the containers use.
    TaskRole,
}

/// One thing that a task definition asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is for.
    pub kind: ReferenceKind,
    /// The container that asks.
    pub container: Option<String>,
    /// The path inside the container definition, such as `secrets[1]`.
    pub field: String,
    /// The environment variable or log option.
    pub name: Option<String>,
    /// The reference itself.
    pub value_from: String,
}

impl Reference {
    /// What the reference means; `None` for images, files, log groups and roles.
    #[must_use]
    pub fn target(&self) -> Option<Target<'_>> {
        match self.kind {
            ReferenceKind::Secret => Some(Target::parse(&self.value_from)),
            ReferenceKind::RegistryCredentials => Some(match Target::parse(&self.value_from) {
                Target::Parameter(_) | Target::SomethingElse(_) => Target::Secret(SecretReference::named(&self.value_from)),
                Target::Value if written_as_secret(&self.value_from) == Written::Reference => Target::Secret(SecretReference::named(&self.value_from)),
                other => other,
            }),
            _ => None,
        }
    }
}

/// What a `valueFrom` refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A Secrets Manager secret.
    Secret(SecretReference<'a>),
    /// A Parameter Store parameter, by its name without the ARN's prefix.
    Parameter(&'a str),
    /// An ARN of something else.
    SomethingElse(&'a str),
    /// A template's placeholder that nobody filled in.
    Template(&'a str),
    /// No reference but a secret's own value, which was masked as the definition was read.
    Value,
}

/// A secret as `valueFrom` writes it: `arn:...:secret:name-6chars:json-key:version-stage:version-id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretReference<'a> {
    /// The ARN without what follows the name; for registry credentials it may be a bare name.
    pub arn: &'a str,
    /// The name, with its six-character suffix where the ARN has one.
    pub name: &'a str,
    /// The JSON key, if one is asked for.
    pub json_key: Option<&'a str>,
    /// The version stage, if one is asked for.
    pub version_stage: Option<&'a str>,
    /// The version id, if one is asked for.
    pub version_id: Option<&'a str>,
    /// How many parts follow the name: 0 and 3 are right.
    pub extra_parts: usize,
}

/// What is wrong with the way in which a reference is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformation {
    /// Between the name and the end stand neither none nor three colons.
    ColonCount(usize),
    /// The version-id slot holds something that cannot be one: an id has 32 to 64 characters.
    NotAVersionId,
    /// A version stage and a version id exclude each other.
    StageAndId,
    /// An ARN of something that is neither a secret nor a parameter.
    WrongService,
    /// A template's placeholder stands where a reference should.
    Unrendered,
}

impl<'a> Target<'a> {
    /// Reads a `valueFrom`. What is not an ARN is the name of a parameter, as ECS reads it, unless it can be nobody's name.
    #[must_use]
    pub fn parse(value_from: &'a str) -> Self {
        let Some(arn) = Arn::parse(value_from) else {
            return match written(value_from) {
                Written::Reference => Self::Parameter(value_from),
                Written::Template => Self::Template(value_from),
                Written::Value => Self::Value,
            };
        };
        match arn.service {
            "secretsmanager" => SecretReference::parse(value_from, arn.resource).map_or(Self::SomethingElse(value_from), Self::Secret),
            "ssm" => arn.resource.strip_prefix("parameter").map_or(Self::SomethingElse(value_from), Self::Parameter),
            _ => Self::SomethingElse(value_from),
        }
    }

    /// What is wrong with the way it is written, as far as the text alone shows it.
    #[must_use]
    pub fn malformation(&self) -> Option<Malformation> {
        match self {
            Self::Parameter(_) | Self::Value => None,
            Self::Template(_) => Some(Malformation::Unrendered),
            Self::SomethingElse(_) => Some(Malformation::WrongService),
            Self::Secret(secret) => secret.malformation(),
        }
    }
}

impl<'a> SecretReference<'a> {
    fn named(name: &'a str) -> Self {
        Self { arn: name, name, json_key: None, version_stage: None, version_id: None, extra_parts: 0 }
    }

    fn parse(whole: &'a str, resource: &'a str) -> Option<Self> {
        let rest = resource.strip_prefix("secret:")?;
        let mut parts = rest.split(':');
        let name = parts.next().filter(|name| !name.is_empty())?;
        let extra_parts = parts.clone().count();
        let mut part = || parts.next().filter(|part| !part.is_empty());
        let arn = &whole[..whole.len() - rest.len() + name.len()];
        Some(Self { arn, name, json_key: part(), version_stage: part(), version_id: part(), extra_parts })
    }

    fn malformation(&self) -> Option<Malformation> {
        let no_version_id = |id: &str| !(32..=64).contains(&id.len());
        if !matches!(self.extra_parts, 0 | 3) {
            return Some(Malformation::ColonCount(self.extra_parts));
        }
        if self.version_id.is_some_and(no_version_id) {
            return Some(Malformation::NotAVersionId);
        }
        (self.version_stage.is_some() && self.version_id.is_some()).then_some(Malformation::StageAndId)
    }

    /// The name without the six random characters that Secrets Manager appends, and whether it seems to have them.
    #[must_use]
    pub fn name_and_suffix(&self) -> (&'a str, bool) {
        if self.arn.starts_with("arn:") { split_suffix(self.name) } else { (self.name, false) }
    }
}

/// A secret's name without the hyphen and six random characters that Secrets Manager appends, and whether they were there.
///
/// A name may end in a word of six letters by itself (`-secret`, `-Config`): of random suffixes three in a hundred look like one, so such an
/// ending counts as part of the name. [`may_have_suffix`] tells where that is a guess.
#[must_use]
pub fn split_suffix(name: &str) -> (&str, bool) {
    match name.rsplit_once('-') {
        Some((base, tail)) if may_have_suffix(name) && !is_word(tail) => (base, true),
        _ => (name, false),
    }
}

/// Whether a name ends in a hyphen and six letters or digits, which Secrets Manager takes for its suffix.
#[must_use]
pub fn may_have_suffix(name: &str) -> bool {
    let tail = name.rsplit_once('-').filter(|(base, _)| !base.is_empty()).map(|(_, tail)| tail);
    tail.is_some_and(|tail| tail.len() == 6 && tail.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Letters of one case, perhaps behind a capital, then perhaps a number, as people write.
fn is_word(tail: &str) -> bool {
    let letters = tail.trim_end_matches(|letter: char| letter.is_ascii_digit());
    letters.bytes().skip(1).all(|byte| byte.is_ascii_lowercase()) || letters.bytes().all(|byte| byte.is_ascii_uppercase())
}
