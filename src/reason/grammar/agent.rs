//! What ECS's agent says of all that it gets ready before a container starts, on Fargate or on an instance.

use super::{FARGATE, Section, section};
use crate::reason::phrase::Names::{Bucket, JsonKey, Nothing, Region, Resource};
use crate::reason::phrase::Strength::{Hint, Proof, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        &["aws/amazon-ecs-agent agent/asm, agent/taskresource/asmsecret", FARGATE],
        &[
            say("unable to retrieve secret from asm").step(S::SecretsManager),
            say("unable to retrieve secrets from asm").step(S::SecretsManager),
            say("unable to retrieve secret from secrets manager").step(S::SecretsManager),
            say("failed to fetch secret ")
                .step(S::SecretsManager)
                .name(Resource, &[" from secrets", "... ", ": "]),
            say("failed to fetch secret").step(S::SecretsManager),
            say("fetching secret data from aws secrets manager").step(S::SecretsManager),
            say("fetching secret data from aws secrets manager in region ")
                .step(S::SecretsManager)
                .word(Region, &[":"]),
            say("secret arn:").step(S::SecretsManager).name(Resource, &[": ", "... "]).back(4),
            say("the task can't retrieve the secret with arn '")
                .step(S::SecretsManager)
                .name(Resource, &["' from aws secrets manager", "'"]),
            say("the task cannot retrieve the secret with arn '")
                .step(S::SecretsManager)
                .name(Resource, &["' from aws secrets manager", "'"]),
            say("trying to retrieve secret with value ")
                .step(S::SecretsManager)
                .name(Resource, &[" resulted in error"]),
            say("could not find a secretsmanager secretid from value ")
                .means(S::SecretsManager, F::BadReference)
                .name(Resource, &[": "]),
            say("unable to fetch asm secrets resource").step(S::SecretsManager),
            say("unable to create asm client").step(S::SecretsManager),
            say("retrieve verification credentials from secrets manager").step(S::SecretsManager),
            say("failed to get secret from secrets manager").step(S::SecretsManager),
            say("retrieved secret from secrets manager").step(S::SecretsManager),
        ],
    ),
    section(
        Proof,
        &["aws/amazon-ecs-agent agent/asm, agent/taskresource/asmsecret", FARGATE],
        &[
            say("did not contain json key ").means(S::SecretsManager, F::JsonKeyMissing).name(
                JsonKey,
                &[
                    ";secret arn", ";fetching ", ";retrieved secret", ";resourcenotfound", ";trying to",
                    ";invalid character", ";json: ", ";unexpected end",
                ],
            ),
            say("did not contain json key").means(S::SecretsManager, F::JsonKeyMissing),
            say("an invalid arn format for the aws secrets manager secret was specified")
                .means(S::SecretsManager, F::BadReference),
            say("unexpected arn format with parameters when trying to retrieve asm secret")
                .means(S::SecretsManager, F::BadReference),
        ],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/ssm, agent/taskresource/ssmsecret", FARGATE],
        &[
            say("unable to retrieve secrets from ssm").step(S::ParameterStore),
            say("unable to retrieve secret from ssm").step(S::ParameterStore),
            say("fetching secret data from ssm parameter store").step(S::ParameterStore),
            say("fetching secret data from ssm parameter store in ")
                .step(S::ParameterStore)
                .word(Region, &[":"]),
            say("fetching secret data from ssm parameter store in map[").step(S::CredentialSpec),
            say("unable to fetch ssm secrets resource").step(S::ParameterStore),
            say("unable to create ssm client").step(S::ParameterStore),
            say("unable to create ssm client in ").step(S::ParameterStore).word(Region, &[":"]),
            say("the task cannot pull secrets from aws systems manager").step(S::ParameterStore),
            say("parameter store. check your network connection").means(S::ParameterStore, F::NetworkTimeout),
            say("invalid ssm parameters: ")
                .means(S::ParameterStore, F::NotFound)
                .name(Resource, &[" status code", ";fetching "]),
            say("invalid ssm parameters").means(S::ParameterStore, F::NotFound),
            say("the systems manager parameter name specified for secret ")
                .means(S::ParameterStore, F::BadReference)
                .word(Nothing, &[]),
            say("operation error ssm: getparameters").step(S::FsxVolume).capital_at_start('O'),
        ],
    ),
    section(
        Said,
        &[
            "aws/amazon-ecs-agent agent/ecr, agent/dockerclient/dockerauth, agent/taskresource/asmauth",
            FARGATE,
        ],
        &[
            say("unable to get registry auth from asm").step(S::RegistryCredentials),
            say("unable to retrieve registry auth from asm").step(S::RegistryCredentials),
            say("asm fetching secret from the service for ")
                .step(S::RegistryCredentials)
                .name(Resource, &[": ", "... "]),
            say("asm fetching ").step(S::RegistryCredentials),
            say("empty response").fault(F::ServiceError),
            say("ecr auth: authorizationdata is malformed for ")
                .means(S::EcrAuth, F::ServiceError)
                .word(Resource, &[]),
            say("dockerauth: missing container's registry auth data").step(S::RegistryCredentials),
            say("dockerauth: missing container's ecr auth data").step(S::EcrAuth),
            say("task auth data").step(S::RegistryCredentials),
            say("unable to retrieve ecr registry auth").step(S::EcrAuth),
            say("unable to retrieve ecr auth").step(S::EcrAuth),
            say("the task cannot pull registry auth from amazon ecr").step(S::EcrAuth),
            say("the task can't pull registry auth from amazon ecr").step(S::EcrAuth),
            say("ecr auth: ").step(S::EcrAuth),
            say("missing authorizationdata in ecr response for ")
                .means(S::EcrAuth, F::ServiceError)
                .word(Resource, &[]),
            say("authorizationdata is nil for ").means(S::EcrAuth, F::ServiceError).word(Resource, &[]),
            say("unexpected number of results in authorizationdata").means(S::EcrAuth, F::ServiceError),
        ],
    ),
    section(
        Proof,
        &[
            "aws/amazon-ecs-agent agent/ecr, agent/dockerclient/dockerauth, agent/taskresource/asmauth",
            FARGATE,
        ],
        &[
            say("unable to unmarshal secret value, invalid schema").fault(F::WrongShape),
            say("empty secrets value").fault(F::WrongShape),
            say("authorizationdata is malformed").fault(F::WrongShape),
            say("engine docker private registry credentials: not found")
                .means(S::RegistryCredentials, F::Unknown),
            say("engine docker private registry credentials").step(S::RegistryCredentials),
        ],
    ),
    section(
        Hint,
        &[
            "aws/amazon-ecs-agent agent/ecr, agent/dockerclient/dockerauth, agent/taskresource/asmauth",
            FARGATE,
        ],
        &[
            say("connection issue between the task and amazon ecr").means(S::EcrAuth, F::NetworkTimeout),
            say("authorization token").step(S::EcrAuth),
        ],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/s3, agent/taskresource/envFiles", FARGATE],
        &[
            say("failed to download env files").step(S::EnvFile),
            say("the task can't download the environment variable files from amazon s3").step(S::EnvFile),
            say("unable to download env file with key ").step(S::EnvFile).name(Resource, &[" from bucket "]),
            say(" from bucket ").word(Bucket, &[", error", ": ", ","]),
            say("unable to parse bucket and key from s3 arn specified in environmentfile ")
                .means(S::EnvFile, F::BadReference)
                .name(Resource, &[", error"]),
            say("unable to parse bucket and key from s3 arn").fault(F::BadReference),
            say("invalid s3 arn").fault(F::BadReference),
            say("unable to initialize envfile resource directory").step(S::EnvFile),
            say("environment file resource").step(S::EnvFile),
            say("escapes envfile resource directory").means(S::EnvFile, F::BadReference),
            say("bucket not found").fault(F::NotFound),
        ],
    ),
    section(
        Hint,
        &["aws/amazon-ecs-agent agent/s3, agent/taskresource/envFiles", FARGATE],
        &[
            say("failed to download file ").step(S::EnvFile).word(Resource, &[": "]),
            say("unable to initialize s3 client for bucket ")
                .step(S::EnvFile)
                .word(Bucket, &[", error", ": ", ","]),
            say("environmentfile").step(S::EnvFile),
        ],
    ),
    section(
        Proof,
        &["aws/amazon-ecs-agent agent/taskresource/credentialspec"],
        &[
            say("gmsa").step(S::CredentialSpec),
            say("for domainless gmsa user ").step(S::CredentialSpec).word(Resource, &[": "]),
            say("credentialspec").step(S::CredentialSpec),
            say("credential-spec").step(S::CredentialSpec),
            say("_credspec").step(S::CredentialSpec),
            say("credspec").step(S::CredentialSpec),
            say("/var/credentials-fetcher/").step(S::CredentialSpec).word(Resource, &[": "]).back(25),
            say("kerberos").step(S::CredentialSpec),
            say("credentialspec resource location not available").means(S::CredentialSpec, F::Misconfigured),
            say("invalid credentialspec file specification").means(S::CredentialSpec, F::BadReference),
            say("unsupported credentialspec arn").means(S::CredentialSpec, F::BadReference),
            say("error unmarshalling credentialspec").means(S::CredentialSpec, F::NotJson),
            say("failed to parse asmsecretdata").means(S::CredentialSpec, F::WrongShape),
            say("username, password or domain should not be empty").means(S::CredentialSpec, F::WrongShape),
        ],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/taskresource/credentialspec"],
        &[
            say("dial unix ").means(S::CredentialSpec, F::ConnectionRefused).word(Resource, &[": "]),
            say("the provided ssm parameter:")
                .step(S::CredentialSpec)
                .within(Resource, &[" is in an invalid format"]),
            say(" is in an invalid format").fault(F::BadReference),
        ],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/engine/dependencygraph"],
        &[
            say("container ordering dependency [").step(S::SecretSidecar).within(Resource, &[" (", "]"]),
            say("as dependency did not exit successfully").means(S::SecretSidecar, F::Exited),
            say("] has timed out").fault(F::TimedOut),
            say("] does not exist").fault(F::Misconfigured),
        ],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/api/task, agent/engine, agent/engine/execcmd"],
        &[
            say("could not transition to pulled").means(S::ImagePull, F::TimedOut),
            say("could not transition to pullbegin").means(S::ImagePull, F::TimedOut),
            say("could not transition to manifest_pulled").means(S::ImagePull, F::TimedOut),
            say("inactivity time exceeded timeout while pulling image").means(S::ImagePull, F::TimedOut),
            say("task stopped before image pull could begin").step(S::ImagePull),
            say("task dependencies cannot be resolved").means(S::Container, F::Misconfigured),
            say("executecommandagent").step(S::ExecAgent),
            say("executecommandagent process exited").means(S::ExecAgent, F::Exited),
            say("the execute command failed").step(S::ExecAgent),
            say("the execute command failed due to an internal error").means(S::ExecAgent, F::ServiceError),
            say("execute command agent").step(S::ExecAgent),
            say("execute command was not enabled").means(S::ExecAgent, F::Misconfigured),
        ],
    ),
    section(
        Proof,
        &["aws/amazon-ecs-agent agent/taskresource/firelens", FARGATE],
        &[
            say("because there's no firelens container").means(S::LogDriver, F::Misconfigured),
            say("error parsing firelens options").means(S::LogDriver, F::Misconfigured),
        ],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/taskresource/fsxwindowsfileserver, agent/taskresource/volume"],
        &[
            say("s3 files volume").step(S::Volume),
            say("s3 files config").means(S::Volume, F::Misconfigured),
            say("task's volume resources").step(S::Volume),
            say("task scoped volume could not be autoprovisioned").means(S::Volume, F::Misconfigured),
            say("volume target not available").means(S::Volume, F::Misconfigured),
            say("invalid volume referenced").means(S::Volume, F::Misconfigured),
            say("fsxwindowsfileserver").step(S::FsxVolume),
            say("fsx credential").step(S::FsxVolume),
            say("expected fsx credential ssm arn but did not find").means(S::FsxVolume, F::BadReference),
            say("fsx for windows file server").step(S::FsxVolume),
            say("fsx describing filesystem").step(S::FsxVolume),
            say("from the service for [").within(Resource, &["]"]),
            say("operation error fsx").step(S::FsxVolume),
            say("unsupported credentialsparameter, only ssm/secretsmanager arns are valid")
                .means(S::FsxVolume, F::BadReference),
        ],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/ecscni, ecs-agent/netlib"],
        &[
            say("/ecs/appnet/").step(S::ServiceConnect).word(Nothing, &[]),
            say("failed to configure eni").step(S::NetworkInterface),
            say("failed to setup regular eni").step(S::NetworkInterface),
            say("failed to setup network namespace").step(S::NetworkInterface),
            say("unable to build cni configuration").step(S::NetworkInterface),
            say("unable to get device with hardware address '")
                .step(S::NetworkInterface)
                .word(Resource, &["'"]),
            say("device with mac address not found").means(S::NetworkInterface, F::NotFound),
            say("sc bridge mode pause container").step(S::ServiceConnect),
            say("appnet agent").step(S::ServiceConnect),
            say("service connect").step(S::ServiceConnect),
        ],
    ),
    section(
        Hint,
        &["aws/amazon-ecs-agent agent/engine/dependencygraph"],
        &[
            say("failed to resolve container ordering dependency [")
                .means(S::SecretSidecar, F::Exited)
                .within(Resource, &[" (", "]"]),
            say("because dependency will never start").means(S::SecretSidecar, F::Exited),
        ],
    ),
];
