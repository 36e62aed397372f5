//! What the agent says of all that it fetches before a container starts.

use crate::reason::phrase::Names::{Bucket, JsonKey, Nothing, Region, Resource, VersionStage};
use crate::reason::phrase::Weight::{Code, Hint, Name, Proof, Said};
use crate::reason::phrase::{Phrase, say};
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SECRETS_MANAGER: &[Phrase] = &[
    say("unable to retrieve secret from asm").step(S::SecretsManager, Said),
    say("unable to retrieve secrets from asm").step(S::SecretsManager, Said),
    say("unable to retrieve secret from secrets manager").step(S::SecretsManager, Said),
    say("failed to fetch secret ").step(S::SecretsManager, Said).name(Resource, Said, &[" from secrets", "... ", ": "]),
    say("failed to fetch secret").step(S::SecretsManager, Said),
    say("fetching secret data from aws secrets manager").step(S::SecretsManager, Said),
    say("fetching secret data from aws secrets manager in region ").step(S::SecretsManager, Said).word(Region, Said, &[":"]),
    say("secret arn:").step(S::SecretsManager, Said).name(Resource, Said, &[": ", "... "]).back(4),
    say(": secret ").word(Resource, Name, &[": ", " "]),
    say("secret ").word(Resource, Name, &[": ", " "]).at_start(),
    say("the task can't retrieve the secret with arn '").step(S::SecretsManager, Said).name(Resource, Said, &["' from aws secrets manager", "'"]),
    say("the task cannot retrieve the secret with arn '").step(S::SecretsManager, Said).name(Resource, Said, &["' from aws secrets manager", "'"]),
    say("trying to retrieve secret with value ").step(S::SecretsManager, Said).name(Resource, Said, &[" resulted in error"]),
    say("could not find a secretsmanager secretid from value ").step(S::SecretsManager, Said).fault(F::BadReference, Said).name(Resource, Said, &[": "]),
    say("check that the secret exists in the specified region").step(S::SecretsManager, Hint).fault(F::NotFound, Name),
    say("check whether the secret exists in the specified region").step(S::SecretsManager, Hint).fault(F::NotFound, Name),
    say("unable to fetch asm secrets resource").step(S::SecretsManager, Said),
    say("unable to create asm client").step(S::SecretsManager, Said),
    say("retrieve verification credentials from secrets manager").step(S::SecretsManager, Said),
    say("failed to get secret from secrets manager").step(S::SecretsManager, Said),
    say("connection issue between the task and aws secrets manager").step(S::SecretsManager, Name).fault(F::NetworkTimeout, Name),
    say("secrets manager can't find the specified secret").step(S::SecretsManager, Hint).fault(F::NotFound, Said),
    say("secrets manager can't find the specified secret value for staging label: ").step(S::SecretsManager, Hint).fault(F::VersionNotFound, Proof).word(
        VersionStage,
        Said,
        &["\"", ": "],
    ),
    say("secrets manager can't find the specified secret value for versionid: ").step(S::SecretsManager, Hint).fault(F::VersionNotFound, Proof).word(
        VersionStage,
        Said,
        &["\"", ": "],
    ),
    say("secrets manager can't find the specified secret value").step(S::SecretsManager, Hint).fault(F::VersionNotFound, Proof),
    say("can't find the specified secret").step(S::SecretsManager, Hint).fault(F::NotFound, Said),
    say("can't find the specified secret value").step(S::SecretsManager, Hint).fault(F::VersionNotFound, Proof),
    say("staging label").fault(F::VersionNotFound, Said),
    say("you provided a versionstage that is not associated to the provided versionid").fault(F::VersionNotFound, Proof),
    say("because it was marked for deletion").step(S::SecretsManager, Hint).fault(F::PendingDeletion, Proof),
    say("because it was deleted").step(S::SecretsManager, Hint).fault(F::PendingDeletion, Proof),
    say("currently marked deleted").step(S::SecretsManager, Hint).fault(F::PendingDeletion, Proof),
    say("scheduled for deletion").fault(F::PendingDeletion, Said),
    say("you can't access a secret from a different aws account if you encrypt the secret with the default kms service key")
        .step(S::SecretsManager, Hint)
        .fault(F::Misconfigured, Proof),
    say("retrieved secret from secrets manager").step(S::SecretsManager, Name),
    say("did not contain json key ").step(S::SecretsManager, Name).fault(F::JsonKeyMissing, Proof).name(
        JsonKey,
        Said,
        &[";secret arn", ";fetching ", ";retrieved secret", ";resourcenotfound", ";trying to", ";invalid character", ";json: ", ";unexpected end"],
    ),
    say("did not contain json key").step(S::SecretsManager, Name).fault(F::JsonKeyMissing, Proof),
    say("invalid character '").step(S::SecretsManager, Hint).fault(F::NotJson, Said).within(Nothing, Hint, &["' looking for", "' after", "' in "]),
    say("invalid character").step(S::SecretsManager, Hint).fault(F::NotJson, Said),
    say("json: cannot unmarshal").step(S::SecretsManager, Hint).fault(F::NotJson, Said),
    say("unexpected end of json input").step(S::SecretsManager, Hint).fault(F::NotJson, Said),
    say("an invalid arn format for the aws secrets manager secret was specified").step(S::SecretsManager, Hint).fault(F::BadReference, Proof),
    say("unexpected arn format with parameters when trying to retrieve asm secret").step(S::SecretsManager, Hint).fault(F::BadReference, Proof),
    say("arn: invalid prefix").fault(F::BadReference, Proof),
    say("arn: not enough sections").fault(F::BadReference, Proof),
    say("minimum field size of ").step(S::SecretsManager, Hint).fault(F::BadReference, Said),
    say("maximum field size of ").fault(F::BadReference, Said),
    say("getsecretvalueinput.versionid").step(S::SecretsManager, Hint).fault(F::BadReference, Proof),
    say("getsecretvalueinput.").step(S::SecretsManager, Hint).fault(F::BadReference, Said),
    say("invalid name. must be a valid name containing alphanumeric characters").step(S::SecretsManager, Hint).fault(F::BadReference, Proof),
    say("(key: ").within(Resource, Hint, &[")"]),
    say("secrets manager").step(S::SecretsManager, Hint),
    say("secretsmanager").step(S::SecretsManager, Hint),
    say("unable to pull secrets:").step(S::SecretsManager, Hint),
];

pub(super) const PARAMETER_STORE: &[Phrase] = &[
    say("unable to retrieve secrets from ssm").step(S::ParameterStore, Said),
    say("unable to retrieve secret from ssm").step(S::ParameterStore, Said),
    say("fetching secret data from ssm parameter store").step(S::ParameterStore, Said),
    say("fetching secret data from ssm parameter store in ").step(S::ParameterStore, Said).word(Region, Said, &[":"]),
    say("fetching secret data from ssm parameter store in map[").step(S::CredentialSpec, Proof),
    say("unable to fetch ssm secrets resource").step(S::ParameterStore, Said),
    say("unable to create ssm client").step(S::ParameterStore, Said),
    say("unable to create ssm client in ").step(S::ParameterStore, Said).word(Region, Said, &[":"]),
    say("the task cannot pull secrets from aws systems manager").step(S::ParameterStore, Said),
    say("the task cannot pull secrets from aws systems manager parameter store. check your network connection")
        .step(S::ParameterStore, Said)
        .fault(F::NetworkTimeout, Name),
    say("connection issue between the task and aws systems manager parameter store").step(S::ParameterStore, Name).fault(F::NetworkTimeout, Name),
    say("connection issue between the task and aws systems manager").step(S::ParameterStore, Name).fault(F::NetworkTimeout, Name),
    say("connection issue between the task and ssm").step(S::ParameterStore, Name).fault(F::NetworkTimeout, Name),
    say("invalid parameters: ").step(S::ParameterStore, Hint).fault(F::NotFound, Said).name(
        Resource,
        Said,
        &[" status code", ";fetching ", ";secret arn", ";resourcenotfound"],
    ),
    say("invalid ssm parameters: ").step(S::ParameterStore, Said).fault(F::NotFound, Said).name(Resource, Said, &[" status code", ";fetching "]),
    say("invalid ssm parameters").step(S::ParameterStore, Said).fault(F::NotFound, Said),
    say("parameternotfound: ").step(S::ParameterStore, Hint).fault(F::NotFound, Said).word(Resource, Name, &[": "]),
    say("parameternotfound").step(S::ParameterStore, Hint).fault(F::NotFound, Said),
    say("parameterversionnotfound").step(S::ParameterStore, Hint).fault(F::VersionNotFound, Said),
    say("parameter name: can't be prefixed with").step(S::ParameterStore, Hint).fault(F::BadReference, Proof),
    say("parameter name must be a fully qualified name").step(S::ParameterStore, Hint).fault(F::BadReference, Proof),
    say("the systems manager parameter name specified for secret ").step(S::ParameterStore, Said).fault(F::BadReference, Said).word(Nothing, Hint, &[]),
    say("parameter name").step(S::ParameterStore, Hint),
    say("invalidkeyid").step(S::ParameterStore, Hint).fault(F::KmsKeyUnusable, Code),
    say("operation error ssm").step(S::ParameterStore, Hint),
    say("operation error ssm: getparameters").step(S::FsxVolume, Said).capital_at_start('O'),
    say("parameter store").step(S::ParameterStore, Hint),
];

pub(super) const REGISTRY: &[Phrase] = &[
    say("unable to get registry auth from asm").step(S::RegistryCredentials, Said),
    say("unable to retrieve registry auth from asm").step(S::RegistryCredentials, Said),
    say("asm fetching secret from the service for ").step(S::RegistryCredentials, Said).name(
        Resource,
        Said,
        &[": ", "... "],
    ),
    say("asm fetching ").step(S::RegistryCredentials, Said),
    say("unable to unmarshal secret value, invalid schema").fault(F::WrongShape, Proof),
    say("empty secrets value").fault(F::WrongShape, Proof),
    say("empty response").fault(F::ServiceError, Said),
    say("authorizationdata is malformed").fault(F::WrongShape, Proof),
    say("ecr auth: authorizationdata is malformed for ")
        .step(S::EcrAuth, Said)
        .fault(F::ServiceError, Proof)
        .word(Resource, Name, &[]),
    say("cannotpullcontainerautherror").opens().step(S::RegistryCredentials, Name),
    say("engine docker private registry credentials: not found")
        .step(S::RegistryCredentials, Proof)
        .fault(F::Unknown, Proof),
    say("engine docker private registry credentials").step(S::RegistryCredentials, Proof),
    say("dockerauth: missing container's registry auth data").step(S::RegistryCredentials, Said),
    say("dockerauth: missing container's ecr auth data").step(S::EcrAuth, Said),
    say("task auth data").step(S::RegistryCredentials, Said),
    say("unable to retrieve ecr registry auth").step(S::EcrAuth, Said),
    say("unable to retrieve ecr auth").step(S::EcrAuth, Said),
    say("the task cannot pull registry auth from amazon ecr").step(S::EcrAuth, Said),
    say("the task can't pull registry auth from amazon ecr").step(S::EcrAuth, Said),
    say("connection issue between the task and amazon ecr")
        .step(S::EcrAuth, Hint)
        .fault(F::NetworkTimeout, Name),
    say("cannotpullecrcontainererror").opens().step(S::EcrAuth, Name),
    say("ecr auth: ").step(S::EcrAuth, Said),
    say("missing authorizationdata in ecr response for ")
        .step(S::EcrAuth, Said)
        .fault(F::ServiceError, Said)
        .word(Resource, Name, &[]),
    say("authorizationdata is nil for ").step(S::EcrAuth, Said).fault(F::ServiceError, Said).word(
        Resource,
        Name,
        &[],
    ),
    say("unexpected number of results in authorizationdata")
        .step(S::EcrAuth, Said)
        .fault(F::ServiceError, Said),
    say("operation error ecr: getauthorizationtoken").step(S::EcrAuth, Code),
    say("authorization token").step(S::EcrAuth, Hint),
];

pub(super) const FILES: &[Phrase] = &[
    say("failed to download env files").step(S::EnvFile, Said),
    say("failed to download file ").step(S::EnvFile, Hint).word(Resource, Name, &[": "]),
    say("the task can't download the environment variable files from amazon s3").step(S::EnvFile, Said),
    say("connection issue between the task and amazon s3").fault(F::NetworkTimeout, Name),
    say("unable to download env file with key ").step(S::EnvFile, Said).name(
        Resource,
        Said,
        &[" from bucket "],
    ),
    say(" from bucket ").word(Bucket, Said, &[", error", ": ", ","]),
    say("unable to initialize s3 client for bucket ").step(S::EnvFile, Hint).word(
        Bucket,
        Said,
        &[", error", ": ", ","],
    ),
    say("unable to parse bucket and key from s3 arn specified in environmentfile ")
        .step(S::EnvFile, Said)
        .fault(F::BadReference, Name)
        .name(Resource, Said, &[", error"]),
    say("unable to parse bucket and key from s3 arn").fault(F::BadReference, Name),
    say("invalid s3 arn").fault(F::BadReference, Said),
    say("unable to initialize envfile resource directory").step(S::EnvFile, Said),
    say("environment file resource").step(S::EnvFile, Said),
    say("escapes envfile resource directory").step(S::EnvFile, Said).fault(F::BadReference, Said),
    say("bucket not found").fault(F::NotFound, Said),
    say("missingregion").fault(F::Misconfigured, Code),
    say("nosuchkey").fault(F::NotFound, Code),
    say("nosuchbucket").fault(F::NotFound, Code),
    say("slowdown").fault(F::Throttled, Code),
    say("environmentfile").step(S::EnvFile, Hint),
];

pub(super) const CREDENTIAL_SPEC: &[Phrase] = &[
    say("gmsa").step(S::CredentialSpec, Proof),
    say("for domainless gmsa user ").step(S::CredentialSpec, Proof).word(Resource, Name, &[": "]),
    say("credentialspec").step(S::CredentialSpec, Proof),
    say("credential-spec").step(S::CredentialSpec, Proof),
    say("_credspec").step(S::CredentialSpec, Proof),
    say("credspec").step(S::CredentialSpec, Proof),
    say("/var/credentials-fetcher/").step(S::CredentialSpec, Proof).word(Resource, Hint, &[": "]).back(25),
    say("kerberos").step(S::CredentialSpec, Proof),
    say("dial unix ").step(S::CredentialSpec, Name).fault(F::ConnectionRefused, Proof).word(
        Resource,
        Name,
        &[": "],
    ),
    say("credentialspec resource location not available")
        .step(S::CredentialSpec, Proof)
        .fault(F::Misconfigured, Said),
    say("invalid credentialspec file specification")
        .step(S::CredentialSpec, Proof)
        .fault(F::BadReference, Said),
    say("unsupported credentialspec arn").step(S::CredentialSpec, Proof).fault(F::BadReference, Said),
    say("error unmarshalling credentialspec").step(S::CredentialSpec, Proof).fault(F::NotJson, Name),
    say("failed to parse asmsecretdata").step(S::CredentialSpec, Proof).fault(F::WrongShape, Said),
    say("username, password or domain should not be empty")
        .step(S::CredentialSpec, Proof)
        .fault(F::WrongShape, Said),
    say("the provided ssm parameter:").step(S::CredentialSpec, Said).within(
        Resource,
        Name,
        &[" is in an invalid format"],
    ),
    say(" is in an invalid format").fault(F::BadReference, Said),
];

/// What the agent says of a container that others wait for.
pub(super) const DEPENDENCIES: &[Phrase] = &[
    say("failed to resolve container ordering dependency [")
        .step(S::SecretSidecar, Said)
        .fault(F::Exited, Hint)
        .within(Resource, Name, &[" (", "]"]),
    say("container ordering dependency [").step(S::SecretSidecar, Said).within(Resource, Name, &[" (", "]"]),
    say("as dependency did not exit successfully").step(S::SecretSidecar, Said).fault(F::Exited, Said),
    say("because dependency will never start").step(S::SecretSidecar, Said).fault(F::Exited, Hint),
    say("] has timed out").fault(F::TimedOut, Said),
    say("] does not exist").fault(F::Misconfigured, Said),
];
