//! What a task definition asks for, and what each `valueFrom` means.

use super::{ContainerDefinition, TaskDefinition};
use crate::arn::Arn;
use crate::redact::{Written, written, written_as_secret};

impl TaskDefinition {
    /// Everything that must be fetched, found or assumed before the task starts, in the order of the
    /// definition.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let mut all = Vec::new();
        let reference = |kind, field: String, value_from: &String| {
            let value_from = value_from.clone();
            Reference { kind, container: None, field, name: None, value_from }
        };
        let roles = [
            (ReferenceKind::ExecutionRole, "executionRoleArn", &self.execution_role_arn),
            (ReferenceKind::TaskRole, "taskRoleArn", &self.task_role_arn),
        ];
        for (kind, field, arn) in roles {
            all.extend(arn.as_ref().map(|arn| reference(kind, field.to_owned(), arn)));
        }
        for container in &self.containers {
            container.references(&mut all);
        }
        for (at, volume) in self.volumes.iter().enumerate() {
            let fsx = volume.fsx_windows_file_server_volume_configuration.as_ref();
            let login = fsx.and_then(|fsx| fsx.authorization_config.as_ref()?.credentials_parameter.as_ref());
            let field = "fsxWindowsFileServerVolumeConfiguration.authorizationConfig.credentialsParameter";
            let field = format!("volumes[{at}].{field}");
            all.extend(login.map(|login| reference(ReferenceKind::Secret, field, login)));
        }
        all
    }
}

impl ContainerDefinition {
    fn references(&self, all: &mut Vec<Reference>) {
        let mut add = |kind, field: String, name: Option<&str>, value_from: &str| {
            all.push(Reference {
                kind,
                container: Some(self.name.clone()),
                field,
                name: name.filter(|name| !name.is_empty()).map(str::to_owned),
                value_from: value_from.to_owned(),
            });
        };
        if let Some(image) = &self.image {
            add(ReferenceKind::Image, "image".to_owned(), None, image);
        }
        if let Some(credentials) = self
            .repository_credentials
            .as_ref()
            .and_then(|credentials| credentials.credentials_parameter.as_ref())
        {
            add(
                ReferenceKind::RegistryCredentials,
                "repositoryCredentials.credentialsParameter".to_owned(),
                None,
                credentials,
            );
        }
        for (at, file) in self.environment_files.iter().enumerate() {
            add(ReferenceKind::EnvFile, format!("environmentFiles[{at}]"), None, &file.value);
        }
        for (at, secret) in self.secrets.iter().enumerate() {
            add(ReferenceKind::Secret, format!("secrets[{at}]"), Some(&secret.name), &secret.value_from);
        }
        for (at, spec) in self.credential_specs.iter().enumerate() {
            // Without the kind before the ARN.
            let file = spec.find("arn:").map_or(spec.as_str(), |from| &spec[from..]);
            add(ReferenceKind::CredentialSpec, format!("credentialSpecs[{at}]"), None, file);
        }
        let file = self
            .firelens_configuration
            .as_ref()
            .filter(|firelens| firelens.options.get("config-file-type").is_some_and(|kind| kind == "s3"));
        if let Some(file) = file.and_then(|firelens| firelens.options.get("config-file-value")) {
            add(
                ReferenceKind::LogConfig,
                "firelensConfiguration.options".to_owned(),
                Some("config-file-value"),
                file,
            );
        }
        let Some(log) = &self.log_configuration else { return };
        for (at, option) in log.secret_options.iter().enumerate() {
            add(
                ReferenceKind::Secret,
                format!("logConfiguration.secretOptions[{at}]"),
                Some(&option.name),
                &option.value_from,
            );
        }
        if log.log_driver.as_deref() == Some("awslogs")
            && let Some(group) = log.options.get("awslogs-group")
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
    /// What people call it: its variable or option, else its place.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.field)
    }

    /// What the reference means; `None` for images, files, log groups and roles.
    #[must_use]
    pub fn target(&self) -> Option<Target<'_>> {
        match self.kind {
            ReferenceKind::Secret => Some(Target::parse(&self.value_from)),
            ReferenceKind::RegistryCredentials => Some(match Target::parse(&self.value_from) {
                Target::Parameter(_) | Target::SomethingElse(_) => {
                    Target::Secret(SecretReference::named(&self.value_from))
                }
                Target::Value if written_as_secret(&self.value_from) == Written::Reference => {
                    Target::Secret(SecretReference::named(&self.value_from))
                }
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
    /// A template's placeholder that was not filled in.
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
    /// Between the name and the end are neither none nor three colons.
    ColonCount(usize),
    /// The version-id slot holds something that cannot be one: an id has 32 to 64 characters.
    NotAVersionId,
    /// A version stage and a version id exclude each other.
    StageAndId,
    /// An ARN of something that is neither a secret nor a parameter.
    WrongService,
    /// A template's placeholder is where a reference should be.
    Unrendered,
}

impl<'a> Target<'a> {
    /// Reads a `valueFrom`. What is not an ARN is the name of a parameter, as ECS reads it, unless it cannot
    /// be a name.
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
            "secretsmanager" => SecretReference::parse(value_from, arn.resource)
                .map_or(Self::SomethingElse(value_from), Self::Secret),
            "ssm" => arn
                .resource
                .strip_prefix("parameter")
                .map_or(Self::SomethingElse(value_from), Self::Parameter),
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

    /// The name without the six random characters that Secrets Manager appends, and whether it seems to have
    /// them.
    #[must_use]
    pub fn name_and_suffix(&self) -> (&'a str, bool) {
        if self.arn.starts_with("arn:") { split_suffix(self.name) } else { (self.name, false) }
    }
}

/// A secret's name without the hyphen and six random characters that Secrets Manager appends, and whether
/// they were there.
///
/// A name may end in a word of six letters by itself (`-secret`, `-Config`): of random suffixes three in a
/// hundred look like one, so such an ending counts as part of the name. [`may_have_suffix`] tells where that
/// is a guess.
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
    letters.bytes().skip(1).all(|byte| byte.is_ascii_lowercase())
        || letters.bytes().all(|byte| byte.is_ascii_uppercase())
}
