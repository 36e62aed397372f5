//! What is in any text, whatever the speaker: names in which nothing is read, and the mere mention of a
//! service.

use super::{REPORTS, Section, section};
use crate::reason::phrase::Names::{Arn, Nothing, RequestId, Retries, Url};
use crate::reason::phrase::Strength::Hint;
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[section(
    Hint,
    &[REPORTS],
    &[
        say("secret not found").means(S::SecretSidecar, F::NotFound),
        say("secrets manager").step(S::SecretsManager),
        say("secretsmanager").step(S::SecretsManager),
        say("parameter name").step(S::ParameterStore),
        say("operation error ssm").step(S::ParameterStore),
        say("parameter store").step(S::ParameterStore),
        say("operation error ecr").step(S::ImagePull),
        say("169.254.170.2:80").step(S::ServiceConnect),
        say("operation error cloudwatch logs").step(S::LogDriver),
        say("the file system id").step(S::EfsVolume),
        say("access point").step(S::EfsVolume),
        say("mount option").means(S::EfsVolume, F::Misconfigured),
        say("elasticfilesystem:").step(S::EfsVolume),
        say("arn:aws").word(Arn, &["\\\"", "\"", "'", "`", ", ", ";", ")", "]", ">'"]).back(7),
        say("https://docs.").word(Nothing, &["\"", "'", ")"]),
        say("https://www.docker.com/").word(Nothing, &["\"", "'", ")"]),
        say("https://").word(Url, &["\\\"", "\"", "'", "`", ", ", ";", ")", ">"]).back(8),
        say("http://").word(Url, &["\\\"", "\"", "'", "`", ", ", ";", ")", ">"]).back(7),
        say("(service ").one_word(Nothing, &[")"]),
        say("service ").word(Nothing, &[": "]).at_start(),
        say("(deployment ").one_word(Nothing, &[")"]),
        say("(task ").one_word(Nothing, &[")"]),
        say("request id: ").word(RequestId, &[",", ")", ";", ": "]),
        say("requestid: ").word(RequestId, &[",", ")", ";", ": "]),
        say("host id: ").word(Nothing, &[",", ")", ";", ": "]),
        say("hostid: ").word(Nothing, &[",", ")", ";", ": "]),
        say("service call has been retried ").within(Retries, &[" time"]),
        say("has been retried ").within(Retries, &[" time"]),
        say("exceeded maximum number of attempts, ").word(Retries, &[","]),
        say("not found").fault(F::NotFound),
    ],
)];
