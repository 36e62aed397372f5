//! What the services of AWS answer, in sentences.

use super::{Section, section};
use crate::reason::phrase::Names::{Nothing, Resource, VersionStage};
use crate::reason::phrase::Strength::{Hint, Proof, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[
    section(
        Proof,
        &["AWS: Secrets Manager API reference"],
        &[
            say("secrets manager can't find the specified secret value for staging label: ")
                .means(S::SecretsManager, F::VersionNotFound)
                .word(VersionStage, &["\"", ": "]),
            say("secrets manager can't find the specified secret value for versionid: ")
                .means(S::SecretsManager, F::VersionNotFound)
                .word(VersionStage, &["\"", ": "]),
            say("secrets manager can't find the specified secret value")
                .means(S::SecretsManager, F::VersionNotFound),
            say("can't find the specified secret value").means(S::SecretsManager, F::VersionNotFound),
            say("getsecretvalueinput.versionid").means(S::SecretsManager, F::BadReference),
            say("you provided a versionstage that is not associated to the provided versionid")
                .fault(F::VersionNotFound),
            say("because it was marked for deletion").means(S::SecretsManager, F::PendingDeletion),
            say("because it was deleted").means(S::SecretsManager, F::PendingDeletion),
            say("currently marked deleted").means(S::SecretsManager, F::PendingDeletion),
            say("if you encrypt the secret with the default kms service key")
                .means(S::SecretsManager, F::Misconfigured),
            say("arn: invalid prefix").fault(F::BadReference),
            say("arn: not enough sections").fault(F::BadReference),
            say("invalid name. must be a valid name containing alphanumeric characters")
                .means(S::SecretsManager, F::BadReference),
        ],
    ),
    section(
        Said,
        &["AWS: Secrets Manager API reference"],
        &[
            say("secrets manager can't find the specified secret").means(S::SecretsManager, F::NotFound),
            say("can't find the specified secret").means(S::SecretsManager, F::NotFound),
            say("staging label").fault(F::VersionNotFound),
            say("scheduled for deletion").fault(F::PendingDeletion),
            say("minimum field size of ").means(S::SecretsManager, F::BadReference),
            say("maximum field size of ").fault(F::BadReference),
            say("getsecretvalueinput.").means(S::SecretsManager, F::BadReference),
        ],
    ),
    section(Hint, &["AWS: Secrets Manager API reference"], &[say("(key: ").within(Resource, &[")"])]),
    section(
        Said,
        &["golang/go src/encoding/json"],
        &[
            say("invalid character '")
                .means(S::SecretsManager, F::NotJson)
                .within(Nothing, &["' looking for", "' after", "' in "]),
            say("invalid character").means(S::SecretsManager, F::NotJson),
            say("json: cannot unmarshal").means(S::SecretsManager, F::NotJson),
            say("unexpected end of json input").means(S::SecretsManager, F::NotJson),
        ],
    ),
    section(
        Said,
        &["AWS: Systems Manager API reference"],
        &[say("invalid parameters: ")
            .means(S::ParameterStore, F::NotFound)
            .name(Resource, &[" status code", ";fetching ", ";secret arn", ";resourcenotfound"])],
    ),
    section(
        Proof,
        &["AWS: Systems Manager API reference"],
        &[
            say("parameter name: can't be prefixed with").means(S::ParameterStore, F::BadReference),
            say("parameter name must be a fully qualified name").means(S::ParameterStore, F::BadReference),
        ],
    ),
    section(
        Said,
        &["AWS: Amazon EC2 API error codes"],
        &[
            say("does not appear to belong to the same vpc").means(S::NetworkInterface, F::Misconfigured),
            say("error retrieving subnet information").means(S::NetworkInterface, F::NotFound),
            say("error retrieving security group information").means(S::NetworkInterface, F::NotFound),
            say("has no ipv6 subnet gateway address").means(S::NetworkInterface, F::Misconfigured),
            say("no such network interface").means(S::NetworkInterface, F::NotFound),
            say("insufficient free addresses").means(S::NetworkInterface, F::OutOfCapacity),
            say("not have enough free addresses").means(S::NetworkInterface, F::OutOfCapacity),
            say("rate limit exceeded").fault(F::Throttled),
            say("internalerror: <reason>").means(S::NetworkInterface, F::ServiceError),
            say("the ec2 instance's network interface").step(S::NetworkInterface),
        ],
    ),
    section(
        Proof,
        &["AWS: KMS and Secrets Manager API references"],
        &[
            say("disabledexception").fault(F::KmsKeyUnusable),
            say("kmsinvalidstateexception").fault(F::KmsKeyUnusable),
            say("keyunavailableexception").fault(F::KmsKeyUnusable),
            say("access to kms is not allowed").means(S::SecretsManager, F::KmsDenied),
            say("the ciphertext refers to a customer master key that does not exist").fault(F::KmsDenied),
            say("the resource associated with this ciphertext").fault(F::KmsDenied),
        ],
    ),
    section(
        Said,
        &["AWS: KMS and Secrets Manager API references"],
        &[
            say("can't decrypt the protected secret text using the provided kms key")
                .means(S::SecretsManager, F::KmsKeyUnusable),
            say("can't decrypt the secret value").means(S::SecretsManager, F::KmsKeyUnusable),
        ],
    ),
];
