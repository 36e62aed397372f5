//! What programs in a container say that fetch their secrets themselves: fetchers such as chamber and the
//! agents of Secrets Manager and Vault, and whatever calls an SDK of AWS. A mark shows that such a program
//! speaks; what went wrong is read from the parts that the rest is made of.

use super::{Section, section};
use crate::reason::phrase::Names::{Nothing, Operation, Resource};
use crate::reason::phrase::Strength::{Hint, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::Wanted::Parameter;
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

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        FETCHERS,
        &[
            // chamber
            say("failed to list store contents").step(S::SecretSidecar),
            say("failed to get secret store").step(S::SecretSidecar),
            say("failed to validate service name '")
                .step(S::SecretSidecar)
                .fault(F::BadReference)
                .within(Nothing, &["'"]),
            say("must set bucket for s3 backend").step(S::SecretSidecar).fault(F::Misconfigured),
            say("must set kmskeyalias for s3 kms backend").step(S::SecretSidecar).fault(F::Misconfigured),
            say("cannot parse $chamber_").step(S::SecretSidecar).fault(F::Misconfigured),
            say("parent env was expecting ").step(S::SecretSidecar).fault(F::NotFound).word(Resource, &["="]),
            say("parent env has ").step(S::SecretSidecar).fault(F::Misconfigured).word(Resource, &[","]),
            say("error: operation error ssm").step(S::SecretSidecar).wants(Parameter),
            say("error: operation error secrets manager").step(S::SecretSidecar),
            // The sidecar injector, which prints a code twice.
            say("resourcenotfoundexception resourcenotfoundexception")
                .step(S::SecretSidecar)
                .fault(F::NotFound),
            say("invalidrequestexception invalidrequestexception").step(S::SecretSidecar),
            say("accessdeniedexception accessdeniedexception").step(S::SecretSidecar).fault(F::AccessDenied),
            say("decryptionfailure decryptionfailure").step(S::SecretSidecar).fault(F::KmsKeyUnusable),
            // The Secrets Manager Agent, and the extension for Lambda, which listens where it does.
            say("/var/run/awssmatoken").step(S::SecretSidecar).word(Resource, &["'"]).back(20),
            say("awssmatoken").step(S::SecretSidecar),
            say("aws-secrets-manager-agent(").step(S::SecretSidecar).within(Nothing, &["]"]),
            say("127.0.0.1:2773").step(S::SecretSidecar),
            say("localhost:2773").step(S::SecretSidecar),
            say("localhost port 2773").step(S::SecretSidecar),
            say("http://localhost:2773").step(S::SecretSidecar).word(Nothing, &["'", "\"", ": "]),
            say("could not read ssrf token variable").step(S::SecretSidecar).fault(F::Misconfigured),
            say("failed to reload credentials from ").step(S::SecretSidecar).fault(F::BadCredentials),
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
            say("vault is sealed").step(S::SecretSidecar).fault(F::ServiceError),
            say("no secret exists at ").step(S::SecretSidecar).fault(F::NotFound).word(Resource, &[]),
            // Infisical
            say("not yet connected this project to infisical").step(S::SecretSidecar).fault(F::Misconfigured),
        ],
    ),
    section(
        Hint,
        FETCHERS,
        &[
            say("invalid backend").step(S::SecretSidecar).fault(F::Misconfigured),
            say(": secret not found").step(S::SecretSidecar).fault(F::NotFound),
            say("chamber").step(S::SecretSidecar),
            say("not a valid arn").step(S::SecretSidecar).fault(F::BadReference),
            say("base64 decode error").step(S::SecretSidecar).fault(F::WrongShape),
            // What a fetcher should have written, and did not.
            say("/tmp/secret").step(S::SecretSidecar).word(Resource, &["'", "\"", ": "]).back(11),
            say("/run/secrets/").step(S::SecretSidecar).word(Resource, &["'", "\"", ": "]).back(13),
            say("/vault/secrets/").step(S::SecretSidecar).word(Resource, &["'", "\"", ": "]).back(15),
            say("/mnt/secrets").step(S::SecretSidecar).word(Resource, &["'", "\"", ": "]).back(12),
            say("internal error for ")
                .step(S::SecretSidecar)
                .fault(F::ServiceError)
                .within(Resource, &[" - "]),
            say("connection limit exceeded").step(S::SecretSidecar).fault(F::Throttled),
            say("\"__type\"").step(S::SecretSidecar),
            say("\"__type\":\"internalfailure").step(S::SecretSidecar),
            say("invalid auth token").step(S::SecretSidecar).fault(F::BadCredentials),
            say("you must provide a token").step(S::SecretSidecar).fault(F::BadCredentials),
            say("you must specify a project").step(S::SecretSidecar).fault(F::Misconfigured),
            say("you must specify a config").step(S::SecretSidecar).fault(F::Misconfigured),
            say("could not find requested project").step(S::SecretSidecar).fault(F::NotFound),
            say("could not find requested config").step(S::SecretSidecar).fault(F::NotFound),
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
            say("aws\\ssm\\").step(S::SecretSidecar).wants(Parameter),
            // Java
            say("(service: awssecretsmanager").step(S::SecretSidecar),
            say("(service: awssimplesystemsmanagement").step(S::SecretSidecar).wants(Parameter),
            say("(service: secretsmanager,").step(S::SecretSidecar),
            say("(service: ssm,").step(S::SecretSidecar).wants(Parameter),
            say("com.amazonaws.services.secretsmanager").step(S::SecretSidecar),
            say("com.amazonaws.services.simplesystemsmanagement").step(S::SecretSidecar).wants(Parameter),
            say("software.amazon.awssdk.services.secretsmanager").step(S::SecretSidecar),
            say("software.amazon.awssdk.services.ssm").step(S::SecretSidecar).wants(Parameter),
            say("awssecretsmanagerexception").step(S::SecretSidecar),
            // .NET
            say("amazon.secretsmanager.").step(S::SecretSidecar),
            say("amazon.simplesystemsmanagement.").step(S::SecretSidecar).wants(Parameter),
            // Ruby
            say("aws::secretsmanager::").step(S::SecretSidecar),
            say("aws::ssm::").step(S::SecretSidecar).wants(Parameter),
            // JavaScript
            say("@aws-sdk/client-secrets-manager").step(S::SecretSidecar),
            say("@aws-sdk/client-ssm").step(S::SecretSidecar).wants(Parameter),
            // Rust
            say("operation::get_secret_value").step(S::SecretSidecar),
            say("operation::get_parameter").step(S::SecretSidecar).wants(Parameter),
            say("operation::get_parameters").step(S::SecretSidecar).wants(Parameter),
            // Spring
            say("could not import properties from aws ").step(S::SecretSidecar),
            say("unable to load aws secret from ").step(S::SecretSidecar).name(Resource, &[". "]),
            say("unable to load aws parameter from ")
                .step(S::SecretSidecar)
                .wants(Parameter)
                .name(Resource, &[". "]),
            say("no secrets manager keys provided").step(S::SecretSidecar).fault(F::Misconfigured),
            say("no parameter store keys provided")
                .step(S::SecretSidecar)
                .wants(Parameter)
                .fault(F::Misconfigured),
            say("aws-secretsmanager:").step(S::SecretSidecar).word(Resource, &["'", "`", "?"]),
            say("aws-parameterstore:")
                .step(S::SecretSidecar)
                .wants(Parameter)
                .word(Resource, &["'", "`", "?"]),
        ],
    ),
    // Around the error that says why.
    section(
        Hint,
        &["aws/aws-sdk-go-v2 aws, credentials", "awspring/spring-cloud-aws spring-cloud-aws-autoconfigure"],
        &[
            say("failed to refresh cached credentials").fault(F::BadCredentials),
            say("unable to load config data from 'aws-secretsmanager:")
                .step(S::SecretSidecar)
                .fault(F::Misconfigured)
                .within(Resource, &["'", "?"]),
            say("unable to load config data from 'aws-parameterstore:")
                .step(S::SecretSidecar)
                .wants(Parameter)
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
];
