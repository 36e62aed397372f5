//! What programs in a container say that fetch their secrets themselves: fetchers such as chamber and the
//! agents of Secrets Manager and Vault, and whatever calls an SDK of AWS. A mark tells that such a program
//! speaks; what went wrong is read from the parts that the rest is made of.

use crate::reason::phrase::Names::{Nothing, Operation, Resource};
use crate::reason::phrase::Weight::{Code, Hint, Name, Said};
use crate::reason::phrase::{Phrase, say};
use crate::reason::symptom::{Fault as F, Step as S};

/// Programs that fetch secrets for others, in words that only they print.
pub(super) const FETCHERS: &[Phrase] = &[
    // chamber
    say("failed to list store contents").step(S::SecretSidecar, Said),
    say("failed to get secret store").step(S::SecretSidecar, Said),
    say("failed to validate service name '")
        .step(S::SecretSidecar, Said)
        .fault(F::BadReference, Said)
        .within(Nothing, Hint, &["'"]),
    say("must set bucket for s3 backend").step(S::SecretSidecar, Said).fault(F::Misconfigured, Said),
    say("must set kmskeyalias for s3 kms backend").step(S::SecretSidecar, Said).fault(F::Misconfigured, Said),
    say("cannot parse $chamber_").step(S::SecretSidecar, Said).fault(F::Misconfigured, Said),
    say("invalid backend").step(S::SecretSidecar, Hint).fault(F::Misconfigured, Said),
    say("parent env was expecting ").step(S::SecretSidecar, Said).fault(F::NotFound, Said).word(
        Resource,
        Name,
        &["="],
    ),
    say("parent env has ").step(S::SecretSidecar, Said).fault(F::Misconfigured, Said).word(
        Resource,
        Name,
        &[","],
    ),
    say("secret not found").step(S::SecretSidecar, Hint).fault(F::NotFound, Said),
    say(": secret not found").step(S::SecretSidecar, Hint).fault(F::NotFound, Said),
    say("error: operation error ssm").step(S::SecretSidecar, Said),
    say("error: operation error secrets manager").step(S::SecretSidecar, Said),
    say("chamber").step(S::SecretSidecar, Hint),
    // The sidecar injector, in whose words a code stands twice.
    say("resourcenotfoundexception resourcenotfoundexception")
        .step(S::SecretSidecar, Said)
        .fault(F::NotFound, Code),
    say("invalidrequestexception invalidrequestexception").step(S::SecretSidecar, Said),
    say("accessdeniedexception accessdeniedexception")
        .step(S::SecretSidecar, Said)
        .fault(F::AccessDenied, Code),
    say("decryptionfailure decryptionfailure").step(S::SecretSidecar, Said).fault(F::KmsKeyUnusable, Code),
    say("not a valid arn").step(S::SecretSidecar, Hint).fault(F::BadReference, Said),
    say("base64 decode error").step(S::SecretSidecar, Hint).fault(F::WrongShape, Said),
    // What a fetcher should have written, and nobody did.
    say("/tmp/secret").step(S::SecretSidecar, Name).word(Resource, Hint, &["'", "\"", ": "]).back(11),
    say("/run/secrets/").step(S::SecretSidecar, Name).word(Resource, Hint, &["'", "\"", ": "]).back(13),
    say("/vault/secrets/").step(S::SecretSidecar, Name).word(Resource, Hint, &["'", "\"", ": "]).back(15),
    say("/mnt/secrets").step(S::SecretSidecar, Name).word(Resource, Hint, &["'", "\"", ": "]).back(12),
    // The Secrets Manager Agent, and the extension for Lambda, which listens where it does.
    say("/var/run/awssmatoken").step(S::SecretSidecar, Said).word(Resource, Name, &["'"]).back(20),
    say("awssmatoken").step(S::SecretSidecar, Said),
    say("aws-secrets-manager-agent(").step(S::SecretSidecar, Said).within(Nothing, Hint, &["]"]),
    say("127.0.0.1:2773").step(S::SecretSidecar, Said),
    say("localhost:2773").step(S::SecretSidecar, Said),
    say("localhost port 2773").step(S::SecretSidecar, Said),
    say("http://localhost:2773").step(S::SecretSidecar, Said).word(Nothing, Hint, &["'", "\"", ": "]),
    say("could not read ssrf token variable").step(S::SecretSidecar, Said).fault(F::Misconfigured, Said),
    say("failed to reload credentials from ").step(S::SecretSidecar, Said).fault(F::BadCredentials, Said),
    say("internal error for ").step(S::SecretSidecar, Name).fault(F::ServiceError, Name).within(
        Resource,
        Name,
        &[" - "],
    ),
    say("connection limit exceeded").step(S::SecretSidecar, Hint).fault(F::Throttled, Said),
    say("\"__type\"").step(S::SecretSidecar, Name),
    say("\"__type\":\"internalfailure").step(S::SecretSidecar, Name),
    // pstore
    say("failed to decrypt some secret values").step(S::SecretSidecar, Said),
    say("\u{2717} failed to decrypt ").step(S::SecretSidecar, Said).within(Resource, Name, &["=", " ("]),
    // Doppler
    say("doppler error").step(S::SecretSidecar, Said),
    say("unable to download secrets").step(S::SecretSidecar, Said),
    say("invalid auth token").step(S::SecretSidecar, Hint).fault(F::BadCredentials, Said),
    say("you must provide a token").step(S::SecretSidecar, Hint).fault(F::BadCredentials, Said),
    say("you must specify a project").step(S::SecretSidecar, Hint).fault(F::Misconfigured, Said),
    say("you must specify a config").step(S::SecretSidecar, Hint).fault(F::Misconfigured, Said),
    say("could not find requested project").step(S::SecretSidecar, Hint).fault(F::NotFound, Said),
    say("could not find requested config").step(S::SecretSidecar, Hint).fault(F::NotFound, Said),
    // Vault
    say("vault.read(").step(S::SecretSidecar, Said).within(Resource, Name, &[")"]),
    say("vault.write(").step(S::SecretSidecar, Said).within(Resource, Name, &[")"]),
    say("agent.template.server").step(S::SecretSidecar, Said),
    say("auth.handler").step(S::SecretSidecar, Said),
    say("error making api request").step(S::SecretSidecar, Said),
    say("* permission denied").fault(F::AccessDenied, Said),
    say("* missing client token").fault(F::BadCredentials, Said),
    say("* invalid role").fault(F::NotFound, Said),
    say("* entry for role").fault(F::NotFound, Said),
    say("vault is sealed").step(S::SecretSidecar, Said).fault(F::ServiceError, Said),
    say("no secret exists at ").step(S::SecretSidecar, Said).fault(F::NotFound, Said).word(
        Resource,
        Name,
        &[],
    ),
    // Infisical
    say("not yet connected this project to infisical")
        .step(S::SecretSidecar, Said)
        .fault(F::Misconfigured, Said),
    say("infisical").step(S::SecretSidecar, Hint),
];

/// Marks of the SDKs of AWS: the names of their classes, and the shapes that they give to an error.
pub(super) const SDKS: &[Phrase] = &[
    // Python, and the command line
    say("when calling the ").word(Operation, Said, &[" operation"]),
    // PHP
    say("error executing \"").word(Operation, Said, &["\""]),
    say("aws\\secretsmanager\\").step(S::SecretSidecar, Said),
    say("aws\\ssm\\").step(S::SecretSidecar, Said),
    // Java
    say("(service: awssecretsmanager").step(S::SecretSidecar, Said),
    say("(service: awssimplesystemsmanagement").step(S::SecretSidecar, Said),
    say("(service: secretsmanager,").step(S::SecretSidecar, Said),
    say("(service: ssm,").step(S::SecretSidecar, Said),
    say("com.amazonaws.services.secretsmanager").step(S::SecretSidecar, Said),
    say("com.amazonaws.services.simplesystemsmanagement").step(S::SecretSidecar, Said),
    say("software.amazon.awssdk.services.secretsmanager").step(S::SecretSidecar, Said),
    say("software.amazon.awssdk.services.ssm").step(S::SecretSidecar, Said),
    say("awssecretsmanagerexception").step(S::SecretSidecar, Said),
    // .NET
    say("amazon.secretsmanager.").step(S::SecretSidecar, Said),
    say("amazon.simplesystemsmanagement.").step(S::SecretSidecar, Said),
    // Ruby
    say("aws::secretsmanager::").step(S::SecretSidecar, Said),
    say("aws::ssm::").step(S::SecretSidecar, Said),
    // JavaScript
    say("@aws-sdk/client-secrets-manager").step(S::SecretSidecar, Said),
    say("@aws-sdk/client-ssm").step(S::SecretSidecar, Said),
    // Rust
    say("operation::get_secret_value").step(S::SecretSidecar, Said),
    say("operation::get_parameter").step(S::SecretSidecar, Said),
    say("operation::get_parameters").step(S::SecretSidecar, Said),
    // Spring
    say("unable to load config data from 'aws-")
        .step(S::SecretSidecar, Said)
        .fault(F::Misconfigured, Said)
        .within(Resource, Name, &["'"])
        .back(4),
    say("could not import properties from aws ").step(S::SecretSidecar, Said),
    say("unable to load aws secret from ").step(S::SecretSidecar, Said).name(Resource, Name, &[". "]),
    say("unable to load aws parameter from ").step(S::SecretSidecar, Said).name(Resource, Name, &[". "]),
    say("no secrets manager keys provided").step(S::SecretSidecar, Said).fault(F::Misconfigured, Said),
    say("no parameter store keys provided").step(S::SecretSidecar, Said).fault(F::Misconfigured, Said),
    say("aws-secretsmanager:").step(S::SecretSidecar, Said).word(Resource, Name, &["'", "`", "?"]),
    say("aws-parameterstore:").step(S::SecretSidecar, Said).word(Resource, Name, &["'", "`", "?"]),
];

/// What SDKs say that find no credentials or no Region, whatever they were to call.
pub(super) const ENVIRONMENT: &[Phrase] = &[
    say("unable to locate credentials").fault(F::BadCredentials, Said),
    say("could not load credentials from any").fault(F::BadCredentials, Said),
    say("missing credentials in config").fault(F::BadCredentials, Said),
    say("unable to load credentials").fault(F::BadCredentials, Said),
    say("unable to load aws credentials").fault(F::BadCredentials, Said),
    say("unable to sign request without credentials").fault(F::BadCredentials, Said),
    say("unable to get iam security credentials").fault(F::BadCredentials, Said),
    say("failed to resolve aws credentials").fault(F::BadCredentials, Said),
    say("failed to refresh cached credentials").fault(F::BadCredentials, Said),
    say("no ec2 imds role found").fault(F::BadCredentials, Said),
    say("request to ec2 imds failed").fault(F::BadCredentials, Name),
    say("unable to retrieve credentials").fault(F::BadCredentials, Said),
    say("unable to reach credentials server").fault(F::BadCredentials, Said),
    say("error retrieving credentials from").fault(F::BadCredentials, Said),
    say("error when retrieving credentials from").fault(F::BadCredentials, Said),
    say("error retrieving metadata").fault(F::BadCredentials, Name),
    say("no credentials in the property bag").fault(F::BadCredentials, Said),
    say("no providers in chain provided credentials").fault(F::BadCredentials, Said),
    say("the credential provider was not enabled").fault(F::BadCredentials, Said),
    say("must specify a region").fault(F::Misconfigured, Said),
    say("missing region").fault(F::Misconfigured, Said),
    say("region is missing").fault(F::Misconfigured, Said),
    say("no region was provided").fault(F::Misconfigured, Said),
    say("missing required argument :region").fault(F::Misconfigured, Said),
    say("unable to find a region via").fault(F::Misconfigured, Said),
    say("unable to load region from any").fault(F::Misconfigured, Said),
    say("no regionendpoint or serviceurl configured").fault(F::Misconfigured, Said),
    say("could not find region configuration").fault(F::Misconfigured, Said),
];
