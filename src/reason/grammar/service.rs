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
                .step(S::SecretsManager)
                .fault(F::VersionNotFound)
                .word(VersionStage, &["\"", ": "]),
            say("secrets manager can't find the specified secret value for versionid: ")
                .step(S::SecretsManager)
                .fault(F::VersionNotFound)
                .word(VersionStage, &["\"", ": "]),
            say("secrets manager can't find the specified secret value")
                .step(S::SecretsManager)
                .fault(F::VersionNotFound),
            say("can't find the specified secret value").step(S::SecretsManager).fault(F::VersionNotFound),
            say("getsecretvalueinput.versionid").step(S::SecretsManager).fault(F::BadReference),
            say("you provided a versionstage that is not associated to the provided versionid")
                .fault(F::VersionNotFound),
            say("because it was marked for deletion").step(S::SecretsManager).fault(F::PendingDeletion),
            say("because it was deleted").step(S::SecretsManager).fault(F::PendingDeletion),
            say("currently marked deleted").step(S::SecretsManager).fault(F::PendingDeletion),
            say("if you encrypt the secret with the default kms service key")
                .step(S::SecretsManager)
                .fault(F::Misconfigured),
            say("arn: invalid prefix").fault(F::BadReference),
            say("arn: not enough sections").fault(F::BadReference),
            say("invalid name. must be a valid name containing alphanumeric characters")
                .step(S::SecretsManager)
                .fault(F::BadReference),
        ],
    ),
    section(
        Said,
        &["AWS: Secrets Manager API reference"],
        &[
            say("secrets manager can't find the specified secret").step(S::SecretsManager).fault(F::NotFound),
            say("can't find the specified secret").step(S::SecretsManager).fault(F::NotFound),
            say("staging label").fault(F::VersionNotFound),
            say("scheduled for deletion").fault(F::PendingDeletion),
            say("minimum field size of ").step(S::SecretsManager).fault(F::BadReference),
            say("maximum field size of ").fault(F::BadReference),
            say("getsecretvalueinput.").step(S::SecretsManager).fault(F::BadReference),
        ],
    ),
    section(Hint, &["AWS: Secrets Manager API reference"], &[say("(key: ").within(Resource, &[")"])]),
    section(
        Said,
        &["golang/go src/encoding/json"],
        &[
            say("invalid character '")
                .step(S::SecretsManager)
                .fault(F::NotJson)
                .within(Nothing, &["' looking for", "' after", "' in "]),
            say("invalid character").step(S::SecretsManager).fault(F::NotJson),
            say("json: cannot unmarshal").step(S::SecretsManager).fault(F::NotJson),
            say("unexpected end of json input").step(S::SecretsManager).fault(F::NotJson),
        ],
    ),
    section(
        Said,
        &["AWS: Systems Manager API reference"],
        &[say("invalid parameters: ")
            .step(S::ParameterStore)
            .fault(F::NotFound)
            .name(Resource, &[" status code", ";fetching ", ";secret arn", ";resourcenotfound"])],
    ),
    section(
        Proof,
        &["AWS: Systems Manager API reference"],
        &[
            say("parameter name: can't be prefixed with").step(S::ParameterStore).fault(F::BadReference),
            say("parameter name must be a fully qualified name")
                .step(S::ParameterStore)
                .fault(F::BadReference),
        ],
    ),
    section(
        Said,
        &["AWS: Amazon EC2 API error codes"],
        &[
            say("does not appear to belong to the same vpc")
                .step(S::NetworkInterface)
                .fault(F::Misconfigured),
            say("error retrieving subnet information").step(S::NetworkInterface).fault(F::NotFound),
            say("error retrieving security group information").step(S::NetworkInterface).fault(F::NotFound),
            say("has no ipv6 subnet gateway address").step(S::NetworkInterface).fault(F::Misconfigured),
            say("no such network interface").step(S::NetworkInterface).fault(F::NotFound),
            say("insufficient free addresses").step(S::NetworkInterface).fault(F::OutOfCapacity),
            say("not have enough free addresses").step(S::NetworkInterface).fault(F::OutOfCapacity),
            say("rate limit exceeded").fault(F::Throttled),
            say("internalerror: <reason>").step(S::NetworkInterface).fault(F::ServiceError),
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
            say("access to kms is not allowed").step(S::SecretsManager).fault(F::KmsDenied),
            say("the ciphertext refers to a customer master key that does not exist").fault(F::KmsDenied),
            say("the resource associated with this ciphertext").fault(F::KmsDenied),
        ],
    ),
    section(
        Said,
        &["AWS: KMS and Secrets Manager API references"],
        &[
            say("can't decrypt the protected secret text using the provided kms key")
                .step(S::SecretsManager)
                .fault(F::KmsKeyUnusable),
            say("can't decrypt the secret value").step(S::SecretsManager).fault(F::KmsKeyUnusable),
        ],
    ),
];
