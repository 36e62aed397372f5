//! What sentences are made of: an error's code, an API operation, a host, an HTTP status. Each says the same
//! in any place, also in a sentence that was never seen.

use super::symptom::{Fault, Step};
use crate::arn::host_of_aws;

/// The fault in the name of an error, in lower case: `NoSuchKey`, `InvalidSubnetID.NotFound`,
/// `RepositoryNotFoundException`.
pub(super) fn fault_of_code(code: &str) -> Option<Fault> {
    // A key that is not there or not to be used, before what else was not found or refused.
    if (code.starts_with("kms") || code.contains(".kms"))
        && !code.contains("throttl")
        && !code.contains("internal")
    {
        return Some(if code.contains("accessdenied") { Fault::KmsDenied } else { Fault::KmsKeyUnusable });
    }
    if let Some((_, fault)) = ERRNO.iter().find(|(names, _)| names.contains(&code)) {
        return Some(*fault);
    }
    ROOTS.iter().find(|(roots, _)| roots.iter().any(|root| code.contains(root))).map(|(_, fault)| *fault)
}

/// What the system calls them.
const ERRNO: &[(&[&str], Fault)] = &[
    (&["enotfound", "eai_again", "eai_noname"], Fault::Dns),
    (&["etimedout", "ehostunreach", "enetunreach", "esockettimedout"], Fault::NetworkTimeout),
    (&["econnrefused", "econnreset", "epipe"], Fault::ConnectionRefused),
    (&["enospc"], Fault::NoSpace),
];

/// Whether a word, in lower case, is what the system calls an error.
pub(super) fn is_errno(word: &str) -> bool {
    ERRNO.iter().any(|(names, _)| names.contains(&word))
}

/// The words that the names of errors are made of, and what they say; the first that is there counts.
const ROOTS: &[(&[&str], Fault)] = &[
    (&["unknownhost", "nameresolution", "gaierror", "hostnotfound"], Fault::Dns),
    (
        &[
            "sslerror", "sslhandshake", "sslexception", "certverif", "certificateverif", "certpath",
            "certificateerror",
        ],
        Fault::Tls,
    ),
    (&["parameterversionnotfound", "versionnotfound"], Fault::VersionNotFound),
    (
        &[
            "decryptionfailure", "invalidkeyid", "disabledexception", "keyunavailable", "incorrectkey",
            "invalidciphertext",
        ],
        Fault::KmsKeyUnusable,
    ),
    (
        &[
            "expiredtoken",
            "tokenexpired",
            "expiredcredential",
            "requestexpired",
            "unrecognizedclient",
            "invalidclienttoken",
            "invalidsignature",
            "signaturedoesnotmatch",
            "incompletesignature",
            "missingauthenticationtoken",
            "invalidaccesskey",
            "invalidtoken",
            "nocredential",
            "missingcredentials",
            "credentialsprovider",
            "credentialretrieval",
            "credentialsnotloaded",
            "requesttimetooskewed",
            "authfailure",
        ],
        Fault::BadCredentials,
    ),
    (&["accessdenied", "notauthorized", "unauthorized", "forbidden"], Fault::AccessDenied),
    (
        &[
            "insufficientinstancecapacity",
            "insufficientfreeaddresses",
            "insufficientcapacity",
            "insufficienthostcapacity",
            "unfulfillablecapacity",
        ],
        Fault::OutOfCapacity,
    ),
    (
        &[
            "throttl", "toomanyrequests", "requestlimitexceeded", "rateexceeded", "ratelimit", "slowdown",
            "provisionedthroughput", "countexceeded", "quotaexceeded", "vcpulimitexceeded",
            "volumelimitexceeded", "maxiops",
        ],
        Fault::Throttled,
    ),
    (
        &[
            "requesttimeout", "connecttimeout", "readtimeout", "sockettimeout", "requestcanceled",
            "endpointconnection", "httptimeout", "noroutetohost",
        ],
        Fault::NetworkTimeout,
    ),
    (
        &[
            "connectionrefused", "connectionreset", "connectionclosed", "connectionaborted",
            "remotedisconnected",
        ],
        Fault::ConnectionRefused,
    ),
    (&["tagpolicyviolation", "missingregion"], Fault::Misconfigured),
    (&["markedfordeletion"], Fault::PendingDeletion),
    (&["notfound", "nosuch", "doesnotexist"], Fault::NotFound),
    (
        &[
            "internalservice", "internalserver", "internalfailure", "internalerror", "serverexception",
            "serviceunavailable", "servicefailure", "bandwidthlimitexceeded",
        ],
        Fault::ServiceError,
    ),
    (&["validationexception", "validationerror", "invalidparametervalue"], Fault::BadReference),
];

/// Whether a word may be the name of an error: as a program writes it, and with what only errors end with, or
/// a word in two parts.
pub(super) fn is_code(word: &str) -> bool {
    let ending = [
        "exception", "error", "fault", "failure", "timeout", "denied", "notfound", "canceled", "exceeded",
        "expired", "violation",
    ];
    let known = [
        "nosuch", "slowdown", "throttl", "insufficient", "invalidclienttoken", "unrecognizedclient",
        "signature", "requestlimit", "authfailure", "unavailable",
    ];
    is_errno(word)
        || ending.iter().any(|ending| word.len() > ending.len() && word.ends_with(ending))
        || known.iter().any(|known| word.starts_with(known))
        || word.contains(".notfound")
}

/// The step in which ECS deals with what an error's name speaks of: `RepositoryNotFoundException`,
/// `InvalidSubnetID.NotFound`.
pub(super) fn step_of_code(code: &str) -> Option<Step> {
    let subjects = [
        ("capacity", Step::Capacity),
        ("subnet", Step::NetworkInterface),
        ("networkinterface", Step::NetworkInterface),
        ("securitygroup", Step::NetworkInterface),
        ("invalidgroup", Step::NetworkInterface),
        ("mounttarget", Step::EfsVolume),
        ("accesspoint", Step::EfsVolume),
        ("invalidvolume", Step::EbsVolume),
        ("snapshot", Step::EbsVolume),
        ("repository", Step::ImagePull),
        ("image", Step::ImagePull),
        ("layer", Step::ImagePull),
        ("parameter", Step::ParameterStore),
        ("secretsmanager", Step::SecretsManager),
        ("simplesystemsmanagement", Step::ParameterStore),
    ];
    // `InvalidParameterException` speaks of any parameter.
    subjects
        .iter()
        .find(|(subject, _)| code.contains(subject) && !code.starts_with("invalidparameter"))
        .map(|(_, step)| *step)
}

/// The step in the name that the agent gives to an error of the container runtime, such as
/// `CannotInspectVolumeError`. To start a container is what every other step is for.
pub(super) fn step_of_agent_error(name: &str) -> Option<Step> {
    let of = name.strip_prefix("cannot")?.strip_suffix("error")?;
    let steps = [
        ("pull", Step::ImagePull),
        ("image", Step::ImagePull),
        ("volume", Step::Volume),
        ("exec", Step::ExecAgent),
    ];
    let step = steps.iter().find(|(part, _)| of.contains(part)).map_or(Step::Container, |(_, step)| *step);
    (of != "startcontainer").then_some(step)
}

/// What ECS calls for a step, and what a container calls for itself, in lower case.
///
/// As the API spells it, or as a program calls it: `GetSecretValue`, `client.get_secret_value`.
pub(super) fn step_of_operation(operation: &str) -> Option<Step> {
    let call = operation.rsplit('.').next().unwrap_or(operation).replace('_', "");
    let operation = call.as_str();
    OPERATIONS.iter().find(|(operations, _)| operations.contains(&operation)).map(|(_, step)| *step)
}

const OPERATIONS: &[(&[&str], Step)] = &[
    (
        &["getsecretvalue", "batchgetsecretvalue", "describesecret", "listsecrets", "listsecretversionids"],
        Step::SecretsManager,
    ),
    (
        &[
            "getparameters", "getparameter", "getparametersbypath", "getparameterhistory",
            "describeparameters",
        ],
        Step::ParameterStore,
    ),
    (&["getauthorizationtoken"], Step::EcrAuth),
    (
        &[
            "batchgetimage",
            "getdownloadurlforlayer",
            "batchchecklayeravailability",
            "batchimportupstreamimage",
            "describeimages",
        ],
        Step::ImagePull,
    ),
    (
        &[
            "createlogstream", "createloggroup", "putlogevents", "describelogstreams", "describeloggroups",
            "putretentionpolicy",
        ],
        Step::LogDriver,
    ),
    (
        &["clientmount", "clientwrite", "clientrootaccess", "describemounttargets", "describeaccesspoints"],
        Step::EfsVolume,
    ),
    (
        &[
            "createvolume", "attachvolume", "detachvolume", "deletevolume", "describevolumes",
            "createsnapshot", "describesnapshots",
        ],
        Step::EbsVolume,
    ),
    (
        &[
            "createnetworkinterface",
            "attachnetworkinterface",
            "deletenetworkinterface",
            "createnetworkinterfacepermission",
            "describenetworkinterfaces",
        ],
        Step::NetworkInterface,
    ),
    (&["runinstances", "createfleet", "createlaunchtemplate", "requestspotinstances"], Step::Capacity),
    (
        &[
            "createcontrolchannel", "createdatachannel", "opencontrolchannel", "opendatachannel",
            "executecommand",
        ],
        Step::ExecAgent,
    ),
    (&["assumerole", "passrole"], Step::ExecutionRole),
];

/// Whether an operation, in lower case, is one by which a program fetches its secrets.
pub(super) fn fetches_secrets(operation: &str) -> bool {
    operation == "decrypt"
        || matches!(step_of_operation(operation), Some(Step::SecretsManager | Step::ParameterStore))
}

/// The step in which ECS performs an IAM action, such as `ssm:GetParameters`; of a service that ECS calls for
/// one step only, any action.
pub(super) fn step_of_action(action: &str) -> Option<Step> {
    let (service, operation) = action.split_once(':')?;
    let of_service = || match service {
        "secretsmanager" => Some(Step::SecretsManager),
        "ssm" => Some(Step::ParameterStore),
        "ecr" | "ecr-public" => Some(Step::ImagePull),
        "logs" => Some(Step::LogDriver),
        "s3" => Some(Step::EnvFile),
        "elasticfilesystem" => Some(Step::EfsVolume),
        "fsx" | "ds" => Some(Step::FsxVolume),
        "s3files" => Some(Step::Volume),
        "ssmmessages" => Some(Step::ExecAgent),
        "servicediscovery" => Some(Step::ServiceConnect),
        _ => None,
    };
    match (service, operation) {
        ("kms", _) => None,
        (
            "secretsmanager" | "ssm" | "ecr" | "logs" | "s3" | "ec2" | "iam" | "sts" | "elasticfilesystem",
            _,
        ) => step_of_operation(operation).or_else(of_service),
        _ => of_service(),
    }
}

/// The step in which ECS calls a host of AWS, in any partition, by any kind of endpoint.
pub(super) fn step_of_host(host: &str) -> Option<Step> {
    let labels = || host.split('.').map(|label| label.strip_suffix("-fips").unwrap_or(label));
    // Also where the end of its name is misspelled.
    if labels().any(|label| {
        matches!(label, "dkr" | "dkr-ecr" | "dkr-starport") || label.ends_with("-starport-layer-bucket")
    }) {
        return Some(Step::ImagePull);
    }
    host_of_aws(host)?;
    for label in labels() {
        let step = match label {
            "secretsmanager" => Step::SecretsManager,
            "ssm" => Step::ParameterStore,
            "ecr" => Step::EcrAuth,
            "logs" => Step::LogDriver,
            "elasticfilesystem" | "efs" => Step::EfsVolume,
            "fsx" => Step::FsxVolume,
            "ssmmessages" => Step::ExecAgent,
            _ => continue,
        };
        return Some(step);
    }
    None
}

/// What an HTTP status says.
pub(super) fn fault_of_status(status: &str) -> Option<Fault> {
    Some(match status {
        "401" | "403" | "407" => Fault::AccessDenied,
        "404" => Fault::NotFound,
        "408" => Fault::NetworkTimeout,
        "429" => Fault::Throttled,
        "500" | "502" | "504" => Fault::ServiceError,
        _ => return None,
    })
}
