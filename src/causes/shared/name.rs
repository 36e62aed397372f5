//! The grammars of names that a command or a policy may contain. A text from outside that fits none is never
//! printed there: a placeholder takes its place. No grammar knows a blank, a wildcard, a quote, a template's
//! `${` or the sign of a mask.

use crate::arn::{Arn, is_account, is_region};
use crate::redact::is_masked;
use crate::words::words;

words! {
    /// A kind of name, with the grammar that its AWS service documents. Where no name is printed, the kind
    /// takes its place in angle brackets.
    Kind {
        Account = "account",
        Bucket = "bucket",
        Cidr = "address-range",
        Cluster = "cluster",
        ContainerInstance = "container-instance",
        FileSystem = "file-system",
        /// A lifecycle hook of a deployment.
        Hook = "hook",
        Host = "host",
        /// An id, an ARN or an alias.
        Key = "key",
        LogGroup = "log-group",
        LogStream = "log-stream",
        NetworkAcl = "network-acl",
        ObjectKey = "object-key",
        /// A name, or an ARN.
        Parameter = "parameter",
        /// The path of a role, with a slash at both ends.
        Path = "path",
        PolicyArn = "policy-arn",
        PolicyName = "policy-name",
        PrefixList = "prefix-list",
        Region = "region",
        Repository = "repository",
        Role = "role",
        RouteTable = "route-table",
        /// A name, or an ARN without JSON key and version.
        Secret = "secret",
        SecurityGroup = "security-group",
        Service = "service",
        Subnet = "subnet",
        Task = "task",
        TaskDefinition = "task-definition",
        VersionStage = "version-stage",
        Vpc = "vpc",
        VpcEndpoint = "vpc-endpoint",
    }
}

/// ASCII letters and digits, and `signs`.
fn is_of(text: &str, signs: &[u8], longest: usize) -> bool {
    !text.is_empty()
        && text.len() <= longest
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte))
}

/// An id as EC2 and EFS make them.
fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| is_of(rest, b"-", 40))
}

fn is_arn(text: &str, service: &str, resource: impl Fn(&str) -> bool) -> bool {
    Arn::parse(text).is_some_and(|arn| {
        let partition = arn.partition.starts_with("aws") && is_of(arn.partition, b"-", 20);
        let region = arn.region.is_empty() || Kind::Region.fits(arn.region);
        let account = arn.account.is_empty() || arn.account == "aws" || Kind::Account.fits(arn.account);
        text.starts_with("arn:")
            && partition
            && arn.service == service
            && region
            && account
            && resource(arn.resource)
    })
}

/// Letters of AWS Secrets Manager's names; a service that manages a secret puts a `!` into it.
const SECRET_SIGNS: &[u8] = b"/_+=.@-!";
const PARAMETER_SIGNS: &[u8] = b"_.-/";
const IAM_SIGNS: &[u8] = b"_+=,.@-";

impl Kind {
    /// Whether a text is a name of this kind.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Account => is_account(text),
            Self::Bucket => is_of(text, b".-_", 255),
            Self::Cidr => text.parse::<ipnet::IpNet>().is_ok(),
            Self::Cluster => {
                is_of(text, b"_-", 255)
                    || is_arn(text, "ecs", |rest| {
                        rest.strip_prefix("cluster/").is_some_and(|name| is_of(name, b"_-", 255))
                    })
            }
            Self::ContainerInstance => {
                is_of(text, b"-", 64)
                    || is_arn(text, "ecs", |rest| {
                        rest.starts_with("container-instance/") && is_of(rest, b"_-/", 400)
                    })
            }
            Self::FileSystem => is_id(text, "fs-"),
            Self::Hook => is_of(text, b"_-", 128),
            Self::Host => is_of(text, b".-", 253) && !text.starts_with('-'),
            Self::Key => {
                is_of(text, b"-", 64)
                    || text.strip_prefix("alias/").is_some_and(|alias| is_of(alias, b"/_-", 250))
                    || is_arn(text, "kms", |rest| {
                        (rest.starts_with("key/") || rest.starts_with("alias/")) && is_of(rest, b"/_-", 256)
                    })
            }
            Self::LogGroup => is_of(text, b"._-/#", 512),
            Self::LogStream => is_of(text, b"._-/#@=+", 512),
            Self::NetworkAcl => is_id(text, "acl-"),
            // S3 takes any letter; these need no care in any place.
            Self::ObjectKey => is_of(text, b"/!-_.'()+=@,:&;", 1024),
            Self::Parameter => {
                is_of(text, PARAMETER_SIGNS, 1011)
                    || is_arn(text, "ssm", |rest| {
                        rest.starts_with("parameter/") && is_of(rest, PARAMETER_SIGNS, 1100)
                    })
            }
            Self::Path => text.starts_with('/') && text.ends_with('/') && is_of(text, b"/_+=,.@-", 512),
            Self::PolicyArn => {
                is_arn(text, "iam", |rest| rest.starts_with("policy/") && is_of(rest, b"/_+=,.@-", 640))
            }
            Self::PolicyName => is_of(text, IAM_SIGNS, 128),
            Self::PrefixList => is_id(text, "pl-"),
            Self::Region => is_region(text),
            Self::Repository => is_of(text, b"._-/", 256),
            Self::Role => is_of(text, IAM_SIGNS, 64),
            Self::RouteTable => is_id(text, "rtb-"),
            Self::Secret => {
                is_of(text, SECRET_SIGNS, 512)
                    || is_arn(text, "secretsmanager", |rest| {
                        rest.strip_prefix("secret:").is_some_and(|name| is_of(name, SECRET_SIGNS, 519))
                    })
            }
            Self::SecurityGroup => is_id(text, "sg-"),
            Self::Service => is_of(text, b"_-", 255),
            Self::Subnet => is_id(text, "subnet-"),
            Self::Task => {
                is_of(text, b"-", 64)
                    || is_arn(text, "ecs", |rest| rest.starts_with("task/") && is_of(rest, b"_-/", 400))
            }
            Self::TaskDefinition => {
                let parts = |text: &str| {
                    is_of(text.split(':').next().unwrap_or_default(), b"_-", 255)
                        && text.split(':').skip(1).all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
                };
                parts(text)
                    || is_arn(text, "ecs", |rest| rest.strip_prefix("task-definition/").is_some_and(parts))
            }
            Self::VersionStage => is_of(text, SECRET_SIGNS, 256),
            Self::Vpc => is_id(text, "vpc-"),
            Self::VpcEndpoint => is_id(text, "vpce-"),
        }
    }
}

/// Why a text is not printed where a name belongs.
pub(in crate::causes) fn why_not(text: &str) -> &'static str {
    if is_masked(text) {
        "looks like a secret and is masked"
    } else if text.contains("${") || text.contains("{{") || text.contains('<') {
        "holds a placeholder that was not filled in"
    } else if text.contains(['*', '?']) {
        "holds a wildcard"
    } else if text.contains(char::is_whitespace) {
        "holds a space"
    } else {
        "is not one that AWS accepts"
    }
}

/// What no name of a secret or parameter has.
pub(in crate::causes) fn misspelling(name: &str) -> Option<&'static str> {
    if name.contains("${") || name.contains("{{") || (name.contains('<') && name.contains('>')) {
        Some("holds a placeholder that was not filled in")
    } else if name.contains(['"', '\'']) {
        Some("holds a quote")
    } else if name.contains(char::is_whitespace) {
        Some("holds a space")
    } else if name.contains(['?', '*']) {
        Some("holds a wildcard")
    } else {
        None
    }
}
