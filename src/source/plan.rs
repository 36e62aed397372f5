//! A deployment as far as its document says: what it leaves open, and what else it makes or changes.

use std::collections::BTreeMap;

use super::intrinsic::Part;
use super::lowered::path_of;
use crate::arn::Arn;
use crate::task_definition::{ImageName, Reference, ReferenceKind, Target, TaskDefinition, split_suffix};

/// What a deployment leaves open, and what it makes.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is open, by its path inside the definition in lower case.
    pub(super) pending: BTreeMap<String, Pending>,
    /// What it makes or changes other than definitions and services.
    pub(super) made: Vec<Made>,
    /// Where the service that starts the definition runs it, such as `FARGATE`.
    pub launch_type: Option<String>,
    /// Why the network of the service is not known.
    pub network: Option<String>,
}

/// A part of a definition that is not known before deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its path inside the definition, such as `containerDefinitions[0].secrets`.
    pub path: String,
    /// Its text as it is shown, such as `${DbSecret}:password::`.
    pub shown: String,
    /// Why it is not known.
    pub why: String,
    /// The resource of the same deployment that will give it.
    pub made: Option<String>,
    /// A text of its form, where the form is known whatever it will be.
    pub(super) stand_in: Option<String>,
}

/// A resource that a deployment makes or changes.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its logical id or address.
    pub name: String,
    /// Its type, such as `AWS::Logs::LogGroup` or `aws_cloudwatch_log_group`.
    pub kind: String,
    pub(super) area: Area,
    /// What it can be called; `None` where it can touch whatever is of its area.
    pub(super) called: Option<Vec<Name>>,
}

/// A name, as far as it is known.
#[derive(Debug, Clone)]
pub(super) struct Name(pub(super) Vec<Part>);

/// What a resource is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Secret,
    Parameter,
    LogGroup,
    Role,
    Repository,
    Bucket,
    Key,
    FileSystem,
    Network,
}

/// What of a deployment could change what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched<'r> {
    /// A reference: whether it leads anywhere, and what is there.
    Reference(&'r Reference),
    /// What a role may do, by its ARN.
    Role(&'r str),
    /// Keys and who is allowed to use them.
    Keys,
    /// File systems and who is allowed to mount them.
    FileSystems,
    /// Ways through the network.
    Network,
}

/// Types of CloudFormation and of Terraform, what they are about, and the properties that name what they
/// touch. One that ends in `::` or `_` means all that begin so.
const TYPES: &[(&str, &str, Area, &[&str])] = &[
    ("AWS::SecretsManager::Secret", "secretsmanager_secret", Area::Secret, &["name"]),
    ("AWS::SecretsManager::", "secretsmanager_", Area::Secret, &["secretid", "secretarn"]),
    ("AWS::SSM::Parameter", "ssm_parameter", Area::Parameter, &["name"]),
    ("AWS::Logs::LogGroup", "cloudwatch_log_group", Area::LogGroup, &["loggroupname", "name"]),
    ("", "logs_log_group", Area::LogGroup, &["loggroupname"]),
    ("AWS::IAM::Role", "iam_role", Area::Role, &["rolename", "name"]),
    ("AWS::IAM::", "iam_", Area::Role, &["roles", "rolename", "role"]),
    ("AWS::ECR::Repository", "ecr_repository", Area::Repository, &["repositoryname", "name"]),
    ("AWS::ECR::", "ecr_", Area::Repository, &["repository"]),
    ("AWS::S3::", "s3_", Area::Bucket, &["bucketname", "bucket"]),
    ("AWS::KMS::", "kms_", Area::Key, &[]),
    ("AWS::EFS::", "efs_", Area::FileSystem, &[]),
    ("AWS::EC2::", "", Area::Network, &[]),
];
/// Beginnings of Terraform's types that are of the network: they carry no name of a service.
const NETWORK: &[&str] = &[
    "vpc", "subnet", "route", "nat_gateway", "internet_gateway", "egress_only", "security_group",
    "network_acl", "default_", "ec2_", "eip", "main_route",
];

impl Made {
    /// A resource by its type; `None` where nothing that a start turns on can be of it. `property` tells a
    /// property's names.
    pub(super) fn new(
        name: &str,
        kind: &str,
        mut property: impl FnMut(&str) -> Option<Vec<Name>>,
    ) -> Option<Self> {
        let own = kind.strip_prefix("aws_").or_else(|| kind.strip_prefix("awscc_"));
        let is_one = |of: &str, kind: &str| {
            if of.ends_with("::") || of.ends_with('_') {
                kind.starts_with(of)
            } else {
                !of.is_empty() && kind == of
            }
        };
        let is_of = |(cloudformation, terraform, ..): &&(&str, &str, Area, &[&str])| match own {
            None => is_one(cloudformation, kind),
            Some(own) => is_one(terraform, own),
        };
        let by_table = TYPES.iter().find(is_of).map(|(_, _, area, properties)| (*area, *properties));
        let by_beginning = || {
            own.filter(|own| NETWORK.iter().any(|start| own.starts_with(start)))
                .map(|_| (Area::Network, &[][..]))
        };
        let (area, properties) = by_table.or_else(by_beginning)?;
        let named: Vec<Name> = properties.iter().filter_map(|key| property(key)).flatten().collect();
        // Without a name of its own, CloudFormation makes one around the logical id, and Terraform says that
        // it is not known.
        let generated = || (own.is_none() && !properties.is_empty()).then(|| vec![Name::around(name)]);
        // What is named by another resource of the deployment is that one, which has a name of its own.
        let called = if named.is_empty() {
            generated()
        } else {
            Some(named.into_iter().filter(|name| !name.is_made()).collect())
        };
        Some(Self { name: name.to_owned(), kind: kind.to_owned(), area, called })
    }

    fn may_be(&self, name: &str) -> bool {
        self.called.as_ref().is_none_or(|called| called.iter().any(|called| called.fits(name)))
    }
}

impl Name {
    fn around(id: &str) -> Self {
        let open = || Part::Open(super::open::Open::new("", ""));
        Self(vec![open(), Part::Known(id.to_owned()), open()])
    }

    /// Whether it is the name of something that the deployment makes.
    fn is_made(&self) -> bool {
        self.0.iter().filter_map(Part::open).any(|open| open.made.is_some())
    }

    /// Whether it can be this name, whatever its open parts will be. A name at the end of an ARN counts.
    fn fits(&self, name: &str) -> bool {
        if let Some(whole) = self.0.iter().map(Part::known).collect::<Option<String>>() {
            let name = name.trim_start_matches('/');
            let ends = |whole: &str| {
                whole.strip_suffix(name).is_some_and(|head| head.is_empty() || head.ends_with([':', '/']))
            };
            let without_suffix = split_suffix(&whole).0;
            return ends(&whole) || ends(without_suffix);
        }
        let mut rest = name;
        let mut is_first = true;
        for part in &self.0 {
            match part {
                Part::Known(text) if is_first && !self.is_arn() => {
                    match rest
                        .strip_prefix(text.trim_start_matches('/'))
                        .or_else(|| rest.strip_prefix(text.as_str()))
                    {
                        Some(after) => rest = after,
                        None => return false,
                    }
                }
                Part::Known(text) => match rest.find(text.as_str()) {
                    Some(at) => rest = &rest[at + text.len()..],
                    None if self.is_arn() => {}
                    None => return false,
                },
                Part::Open(_) => {}
            }
            is_first = false;
        }
        true
    }

    fn is_arn(&self) -> bool {
        self.0.first().and_then(Part::known).is_some_and(|text| text.starts_with("arn:"))
    }
}

impl Plan {
    pub(super) fn is_open_under(&self, path: &str) -> bool {
        self.pending.keys().any(|own| own.starts_with(path))
    }

    /// Forgets what is open and plays no part in a start.
    pub(super) fn keep_relevant(&mut self) {
        const ROOT: &[&str] = &[
            "executionrolearn",
            "taskrolearn",
            "volumes",
            "containerdefinitions",
            "requirescompatibilities",
        ];
        const CONTAINER: &[&str] = &[
            "image", "secrets", "repositorycredentials", "environmentfiles", "logconfiguration",
            "firelensconfiguration", "credentialspecs",
        ];
        self.pending.retain(|path, _| {
            let head = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
            let is_option = |rest: &str| {
                rest.split_once("options.").is_some_and(|(_, option)| {
                    !matches!(option, "awslogs-group" | "awslogs-region" | "awslogs-create-group")
                        && !option.starts_with("config-file-")
                })
            };
            match path.strip_prefix("containerdefinitions[").and_then(|rest| rest.split_once("].")) {
                Some((_, rest)) => {
                    CONTAINER.contains(&head(rest).as_str())
                        && !is_option(rest)
                        && rest.rsplit('.').next() != Some("name")
                }
                None => {
                    ROOT.contains(&head(path).as_str())
                        && (!path.starts_with("volumes[") || path.contains("efs") || path.contains("fsx"))
                }
            }
        });
    }

    /// What is not known of a reference. Where a log group lies is not known without its Region.
    #[must_use]
    pub fn pending(&self, definition: &TaskDefinition, reference: &Reference) -> Option<&Pending> {
        let path = path_of(definition, reference);
        let region = || {
            path.strip_suffix(".awslogs-group")
                .and_then(|options| self.pending.get(&format!("{options}.awslogs-region")))
        };
        self.pending.get(&path).or_else(region)
    }

    /// What is not known other than references, such as a whole list.
    pub fn pending_parts(&self, definition: &TaskDefinition) -> impl Iterator<Item = &Pending> {
        let references: Vec<String> =
            definition.references().iter().map(|reference| path_of(definition, reference)).collect();
        self.pending.iter().filter(move |(path, _)| !references.contains(path)).map(|(_, pending)| pending)
    }

    /// Whether some of what logs turn on is not known: which options there are, or which containers.
    #[must_use]
    pub fn has_open_logs(&self) -> bool {
        let is_whole = |path: &String| {
            path == "containerdefinitions"
                || path.ends_with("logconfiguration")
                || path.ends_with("logconfiguration.options")
        };
        self.pending.keys().any(|path| {
            is_whole(path) || path.contains("firelensconfiguration") || path.ends_with("logdriver")
        })
    }

    /// A reference as it may look once it is known, to judge how it is written.
    #[must_use]
    pub fn stand_in(&self, definition: &TaskDefinition, reference: &Reference) -> Option<Reference> {
        let value_from = self.pending.get(&path_of(definition, reference))?.stand_in.clone()?;
        Some(Reference { value_from, ..reference.clone() })
    }

    /// What the deployment makes or changes that what was found may turn on.
    #[must_use]
    pub fn touches(&self, touched: Touched<'_>) -> Option<&Made> {
        let (area, name) = match touched {
            Touched::Reference(reference) => of_reference(reference)?,
            Touched::Role(arn) => {
                (Area::Role, Arn::parse(arn).and_then(|arn| arn.role_name()).map(str::to_owned))
            }
            Touched::Keys => (Area::Key, None),
            Touched::FileSystems => (Area::FileSystem, None),
            Touched::Network => (Area::Network, None),
        };
        self.made.iter().find(|made| made.area == area && name.as_ref().is_none_or(|name| made.may_be(name)))
    }
}

/// What a reference leads to.
fn of_reference(reference: &Reference) -> Option<(Area, Option<String>)> {
    let value = reference.value_from.as_str();
    let of_arn = || Arn::parse(value).map(|arn| arn.resource.to_owned());
    match (reference.kind, reference.target()) {
        (_, Some(Target::Secret(secret))) => {
            Some((Area::Secret, Some(secret.name_and_suffix().0.to_owned())))
        }
        (_, Some(Target::Parameter(name))) => {
            Some((Area::Parameter, Some(name.trim_start_matches('/').to_owned())))
        }
        (ReferenceKind::Image, _) => Some((Area::Repository, Some(ImageName::parse(value).path))),
        (ReferenceKind::LogGroup, _) => Some((Area::LogGroup, Some(value.to_owned()))),
        (ReferenceKind::EnvFile | ReferenceKind::LogConfig, _) => Some((
            Area::Bucket,
            of_arn().map(|object| object.split('/').next().unwrap_or_default().to_owned()),
        )),
        (ReferenceKind::CredentialSpec, _) => Some((Area::Bucket, None)),
        (ReferenceKind::ExecutionRole | ReferenceKind::TaskRole, _) => {
            Some((Area::Role, Arn::parse(value).and_then(|arn| arn.role_name()).map(str::to_owned)))
        }
        _ => None,
    }
}
