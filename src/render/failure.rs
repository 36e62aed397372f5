//! What failed, in a few words: a step and a fault as people say them.

use crate::reason::{Fault, Step};

/// Both in a phrase, such as "network timeout calling Secrets Manager". Words that this release does not know
/// stay as they are.
pub(super) fn in_words(step: &str, fault: &str) -> String {
    let known_step = Step::ALL.iter().copied().find(|word| word.as_str() == step);
    let known_fault = Fault::ALL.iter().copied().find(|word| word.as_str() == fault);
    match (known_step, known_fault) {
        (Some(step), Some(fault)) => format!("{} {}", went_wrong(fault), doing(step)),
        _ => format!("{step}/{fault}"),
    }
}

/// What ECS was doing.
const fn doing(step: Step) -> &'static str {
    match step {
        Step::SecretsManager => "calling Secrets Manager",
        Step::ParameterStore => "calling Parameter Store",
        Step::RegistryCredentials => "reading the registry login",
        Step::EcrAuth => "logging in to Amazon ECR",
        Step::ImagePull => "pulling the image",
        Step::EnvFile => "reading the environment file",
        Step::LogDriver => "setting up the log driver",
        Step::EfsVolume => "mounting the EFS volume",
        Step::FsxVolume => "mounting the FSx volume",
        Step::EbsVolume => "attaching the EBS volume",
        Step::Volume => "setting up a volume",
        Step::NetworkInterface => "setting up the network interface",
        Step::ServiceConnect => "setting up Service Connect",
        Step::CredentialSpec => "reading the credential spec",
        Step::ExecutionRole => "getting the role's credentials",
        Step::SecretSidecar => "fetching secrets in a container",
        Step::ExecAgent => "starting the ECS Exec agent",
        Step::Container => "starting a container",
        Step::Capacity => "placing the task",
        Step::Unknown => "starting the task",
    }
}

/// What went wrong.
const fn went_wrong(fault: Fault) -> &'static str {
    match fault {
        Fault::AccessDenied => "access denied",
        Fault::KmsDenied => "KMS access denied",
        Fault::AssumeRoleDenied => "AssumeRole denied",
        Fault::RoleMissing => "role missing",
        Fault::NotFound => "not found",
        Fault::PendingDeletion => "secret marked for deletion",
        Fault::VersionNotFound => "version not found",
        Fault::JsonKeyMissing => "JSON key missing",
        Fault::NotJson => "value is not JSON",
        Fault::BadReference => "invalid reference",
        Fault::WrongShape => "unusable value",
        Fault::KmsKeyUnusable => "KMS key unusable",
        Fault::NetworkTimeout => "network timeout",
        Fault::Dns => "DNS lookup failed",
        Fault::Tls => "TLS error",
        Fault::ConnectionRefused => "connection refused",
        Fault::Throttled => "throttled",
        Fault::ServiceError => "AWS service error",
        Fault::BadCredentials => "login refused",
        Fault::TooLarge => "value too large",
        Fault::Misconfigured => "invalid configuration",
        Fault::PlatformMismatch => "wrong platform",
        Fault::NoSpace => "no disk space",
        Fault::Exited => "container exited",
        Fault::TimedOut => "timeout",
        Fault::OutOfMemory => "out of memory",
        Fault::OutOfCapacity => "no capacity",
        Fault::Unhealthy => "unhealthy",
        Fault::Normal => "normal stop",
        Fault::Unknown => "failure",
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn a_failure_is_in_words_and_what_is_not_known_as_it_is() {
        for (step, fault, words) in [
            ("secrets-manager", "network-timeout", "network timeout calling Secrets Manager"),
            ("image-pull", "throttled", "throttled pulling the image"),
            ("efs-volume", "access-denied", "access denied mounting the EFS volume"),
            ("unknown", "unknown", "failure starting the task"),
            ("teleport", "network-timeout", "teleport/network-timeout"),
            ("", "", "/"),
        ] {
            assert_eq!(in_words(step, fault), words);
        }
    }
}
