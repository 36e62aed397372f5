//! What programs in a container say that fetch their secrets themselves: fetchers such as chamber and the
//! agents of Secrets Manager and Vault, and whatever calls an SDK of AWS. A mark shows that such a program
//! speaks; what went wrong is read from the parts that the rest is made of.

use super::{Section, section};
use crate::reason::phrase::Names::{Nothing, Operation, Resource};
use crate::reason::phrase::Strength::{Hint, Said};
use crate::reason::phrase::{Phrase, say};
use crate::reason::symptom::Wanted::{File, Parameter};
use crate::reason::symptom::{Fault as F, Step as S};

/// Where programs are written that fetch secrets for others.
const FETCHERS: &[&str] = &[
    "segmentio/chamber cmd, environ",
    "aws-samples/aws-secret-sidecar-injector cmd",
    "aws/aws-secretsmanager-agent aws_secretsmanager_agent/src",
    "glassechidna/pstore",
    "DopplerHQ/cli",
    "hashicorp/vault api, command/agent",
    "Infisical/infisical cli",
];

/// Words of a program that fetches a parameter.
const fn of_parameter(words: &'static str) -> Phrase {
    say(words).step(S::SecretSidecar).wants(Parameter)
}

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        FETCHERS,
        &[
            // chamber
            say("failed to list store contents").step(S::SecretSidecar),
            say("failed to get secret store").step(S::SecretSidecar),
            say("failed to validate service name '")
                .means(S::SecretSidecar, F::BadReference)
                .within(Nothing, &["'"]),
            say("must set bucket for s3 backend").means(S::SecretSidecar, F::Misconfigured),
            say("must set kmskeyalias for s3 kms backend").means(S::SecretSidecar, F::Misconfigured),
            say("cannot parse $chamber_").means(S::SecretSidecar, F::Misconfigured),
            say("parent env was expecting ").means(S::SecretSidecar, F::NotFound).word(Resource, &["="]),
            say("parent env has ").means(S::SecretSidecar, F::Misconfigured).word(Resource, &[","]),
            of_parameter("error: operation error ssm"),
            say("error: operation error secrets manager").step(S::SecretSidecar),
            // The sidecar injector, which prints a code twice.
            say("resourcenotfoundexception resourcenotfoundexception").means(S::SecretSidecar, F::NotFound),
            say("invalidrequestexception invalidrequestexception").step(S::SecretSidecar),
            say("accessdeniedexception accessdeniedexception").means(S::SecretSidecar, F::AccessDenied),
            say("decryptionfailure decryptionfailure").means(S::SecretSidecar, F::KmsKeyUnusable),
            // The Secrets Manager Agent, and the extension for Lambda, which listens where it does.
            say("/var/run/awssmatoken").step(S::SecretSidecar).word(Resource, &["'"]).back(20),
            say("awssmatoken").step(S::SecretSidecar),
            say("aws-secrets-manager-agent(").step(S::SecretSidecar).within(Nothing, &["]"]),
            say("127.0.0.1:2773").step(S::SecretSidecar),
            say("localhost:2773").step(S::SecretSidecar),
            say("localhost port 2773").step(S::SecretSidecar),
            say("http://localhost:2773").step(S::SecretSidecar).word(Nothing, &["'", "\"", ": "]),
            say("could not read ssrf token variable").means(S::SecretSidecar, F::Misconfigured),
            say("failed to reload credentials from ").means(S::SecretSidecar, F::BadCredentials),
            // pstore
            say("failed to decrypt some secret values").step(S::SecretSidecar),
            say("\u{2717} failed to decrypt ").step(S::SecretSidecar).within(Resource, &["=", " ("]),
            // Doppler
            say("doppler error").step(S::SecretSidecar),
            say("unable to download secrets").step(S::SecretSidecar),
            // Vault
            say("vault.read(").step(S::SecretSidecar).within(Resource, &[")"]),
            say("vault.write(").step(S::SecretSidecar).within(Resource, &[")"]),
            say("agent.template.server").step(S::SecretSidecar),
            say("auth.handler").step(S::SecretSidecar),
            say("error making api request").step(S::SecretSidecar),
            say("* permission denied").fault(F::AccessDenied),
            say("* missing client token").fault(F::BadCredentials),
            say("* invalid role").fault(F::NotFound),
            say("* entry for role").fault(F::NotFound),
            say("vault is sealed").means(S::SecretSidecar, F::ServiceError),
            say("no secret exists at ").means(S::SecretSidecar, F::NotFound).word(Resource, &[]),
            // Infisical
            say("not yet connected this project to infisical").means(S::SecretSidecar, F::Misconfigured),
        ],
    ),
    section(
        Hint,
        FETCHERS,
        &[
            say("invalid backend").means(S::SecretSidecar, F::Misconfigured),
            say(": secret not found").means(S::SecretSidecar, F::NotFound),
            say("chamber").step(S::SecretSidecar),
            say("not a valid arn").means(S::SecretSidecar, F::BadReference),
            say("base64 decode error").means(S::SecretSidecar, F::WrongShape),
            // What a fetcher should have written, and did not.
            say("/tmp/secret").step(S::SecretSidecar).word(Resource, &["'", "\"", ": "]).back(11),
            say("/run/secrets/").step(S::SecretSidecar).word(Resource, &["'", "\"", ": "]).back(13),
            say("/vault/secrets/").step(S::SecretSidecar).word(Resource, &["'", "\"", ": "]).back(15),
            say("/mnt/secrets").step(S::SecretSidecar).word(Resource, &["'", "\"", ": "]).back(12),
            say("internal error for ").means(S::SecretSidecar, F::ServiceError).within(Resource, &[" - "]),
            say("connection limit exceeded").means(S::SecretSidecar, F::Throttled),
            say("\"__type\"").step(S::SecretSidecar),
            say("\"__type\":\"internalfailure").step(S::SecretSidecar),
            say("invalid auth token").means(S::SecretSidecar, F::BadCredentials),
            say("you must provide a token").means(S::SecretSidecar, F::BadCredentials),
            say("you must specify a project").means(S::SecretSidecar, F::Misconfigured),
            say("you must specify a config").means(S::SecretSidecar, F::Misconfigured),
            say("could not find requested project").means(S::SecretSidecar, F::NotFound),
            say("could not find requested config").means(S::SecretSidecar, F::NotFound),
            say("infisical").step(S::SecretSidecar),
        ],
    ),
    section(
        Said,
        &[
            "boto/botocore botocore/exceptions.py",
            "aws/aws-sdk-php src/WrappedHttpHandler.php",
            "aws/aws-sdk-java, aws/aws-sdk-java-v2 core",
            "aws/aws-sdk-net sdk/src/Core",
            "aws/aws-sdk-ruby gems/aws-sdk-core",
            "aws/aws-sdk-js-v3 packages",
            "awslabs/aws-sdk-rust",
            "awspring/spring-cloud-aws spring-cloud-aws-autoconfigure",
        ],
        &[
            // Python, and the command line
            say("when calling the ").word(Operation, &[" operation"]),
            // PHP
            say("error executing \"").word(Operation, &["\""]),
            say("aws\\secretsmanager\\").step(S::SecretSidecar),
            of_parameter("aws\\ssm\\"),
            // Java
            say("(service: awssecretsmanager").step(S::SecretSidecar),
            of_parameter("(service: awssimplesystemsmanagement"),
            say("(service: secretsmanager,").step(S::SecretSidecar),
            of_parameter("(service: ssm,"),
            say("com.amazonaws.services.secretsmanager").step(S::SecretSidecar),
            of_parameter("com.amazonaws.services.simplesystemsmanagement"),
            say("software.amazon.awssdk.services.secretsmanager").step(S::SecretSidecar),
            of_parameter("software.amazon.awssdk.services.ssm"),
            say("awssecretsmanagerexception").step(S::SecretSidecar),
            // .NET
            say("amazon.secretsmanager.").step(S::SecretSidecar),
            of_parameter("amazon.simplesystemsmanagement."),
            // Ruby
            say("aws::secretsmanager::").step(S::SecretSidecar),
            of_parameter("aws::ssm::"),
            // JavaScript
            say("@aws-sdk/client-secrets-manager").step(S::SecretSidecar),
            of_parameter("@aws-sdk/client-ssm"),
            // Rust
            say("operation::get_secret_value").step(S::SecretSidecar),
            of_parameter("operation::get_parameter"),
            of_parameter("operation::get_parameters"),
            // Spring
            say("could not import properties from aws ").step(S::SecretSidecar),
            say("unable to load aws secret from ").step(S::SecretSidecar).name(Resource, &[". "]),
            of_parameter("unable to load aws parameter from ").name(Resource, &[". "]),
            say("no secrets manager keys provided").means(S::SecretSidecar, F::Misconfigured),
            of_parameter("no parameter store keys provided").fault(F::Misconfigured),
            say("aws-secretsmanager:").step(S::SecretSidecar).word(Resource, &["'", "`", "?"]),
            of_parameter("aws-parameterstore:").word(Resource, &["'", "`", "?"]),
        ],
    ),
    // Around the error that says why.
    section(
        Hint,
        &["aws/aws-sdk-go-v2 aws, credentials", "awspring/spring-cloud-aws spring-cloud-aws-autoconfigure"],
        &[
            say("failed to refresh cached credentials").fault(F::BadCredentials),
            say("unable to load config data from 'aws-secretsmanager:")
                .means(S::SecretSidecar, F::Misconfigured)
                .within(Resource, &["'", "?"]),
            of_parameter("unable to load config data from 'aws-parameterstore:")
                .fault(F::Misconfigured)
                .within(Resource, &["'", "?"]),
        ],
    ),
    section(
        Said,
        &[
            "boto/botocore botocore/exceptions.py",
            "aws/aws-sdk-js lib/credentials",
            "aws/aws-sdk-js-v3 packages",
            "aws/aws-sdk-go-v2 aws, credentials",
            "aws/aws-sdk-java-v2 core/auth, core/regions",
            "aws/aws-sdk-net sdk/src/Core",
            "aws/aws-sdk-ruby gems/aws-sdk-core",
            "aws/aws-sdk-php src/Credentials",
            "smithy-lang/smithy-rs",
        ],
        &[
            say("unable to locate credentials").fault(F::BadCredentials),
            say("could not load credentials from any").fault(F::BadCredentials),
            say("missing credentials in config").fault(F::BadCredentials),
            say("unable to load credentials").fault(F::BadCredentials),
            say("unable to load aws credentials").fault(F::BadCredentials),
            say("unable to sign request without credentials").fault(F::BadCredentials),
            say("unable to get iam security credentials").fault(F::BadCredentials),
            say("failed to resolve aws credentials").fault(F::BadCredentials),
            say("no ec2 imds role found").fault(F::BadCredentials),
            say("request to ec2 imds failed").fault(F::BadCredentials),
            say("unable to retrieve credentials").fault(F::BadCredentials),
            say("unable to reach credentials server").fault(F::BadCredentials),
            say("error retrieving credentials from").fault(F::BadCredentials),
            say("error when retrieving credentials from").fault(F::BadCredentials),
            say("error retrieving metadata").fault(F::BadCredentials),
            say("no credentials in the property bag").fault(F::BadCredentials),
            say("no providers in chain provided credentials").fault(F::BadCredentials),
            say("the credential provider was not enabled").fault(F::BadCredentials),
            say("must specify a region").fault(F::Misconfigured),
            say("missing region").fault(F::Misconfigured),
            say("region is missing").fault(F::Misconfigured),
            say("no region was provided").fault(F::Misconfigured),
            say("missing required argument :region").fault(F::Misconfigured),
            say("unable to find a region via").fault(F::Misconfigured),
            say("unable to load region from any").fault(F::Misconfigured),
            say("no regionendpoint or serviceurl configured").fault(F::Misconfigured),
            say("could not find region configuration").fault(F::Misconfigured),
        ],
    ),
    section(
        Said,
        &["dotnet/runtime src/libraries/System.Private.CoreLib"],
        &[say("could not find file").fault(F::NotFound).wants(File)],
    ),
];
