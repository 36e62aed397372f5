//! What the services of AWS and their SDKs say of a call, IAM and KMS of one they refuse, ECS of a role it
//! cannot use; and the names in any text.

use crate::reason::phrase::Names::{
    Action, Arn, Nothing, Principal, RequestId, Resource, Retries, Role, ServiceLinked, Url,
};
use crate::reason::phrase::Weight::{Code, Hint, Name, Proof, Said};
use crate::reason::phrase::{Phrase, say};
use crate::reason::symptom::{Deny, Fault as F, Step as S};

/// Names in which nothing may be read, and facts that stand in any text.
pub(super) const OPAQUE: &[Phrase] = &[
    say("arn:aws").word(Arn, Hint, &["\\\"", "\"", "'", "`", ", ", ";", ")", "]", ">'"]).back(7),
    say("https://docs.").word(Nothing, Hint, &["\"", "'", ")"]),
    say("https://www.docker.com/").word(Nothing, Hint, &["\"", "'", ")"]),
    say("https://").word(Url, Hint, &["\\\"", "\"", "'", "`", ", ", ";", ")", ">"]).back(8),
    say("http://").word(Url, Hint, &["\\\"", "\"", "'", "`", ", ", ";", ")", ">"]).back(7),
    say("(service ").one_word(Nothing, Hint, &[")"]),
    say("service ").word(Nothing, Hint, &[": "]).at_start(),
    say("(deployment ").one_word(Nothing, Hint, &[")"]),
    say("(task ").one_word(Nothing, Hint, &[")"]),
    say("request id: ").word(RequestId, Hint, &[",", ")", ";", ": "]),
    say("requestid: ").word(RequestId, Hint, &[",", ")", ";", ": "]),
    say("host id: ").word(Nothing, Hint, &[",", ")", ";", ": "]),
    say("hostid: ").word(Nothing, Hint, &[",", ")", ";", ": "]),
    say("service call has been retried ").within(Retries, Hint, &[" time"]),
    say("has been retried ").within(Retries, Hint, &[" time"]),
    say("exceeded maximum number of attempts, ").word(Retries, Hint, &[","]),
];

/// Error codes and the shapes of the Go SDKs around them.
pub(super) const SDK: &[Phrase] = &[
    say("resourceinitializationerror").opens(),
    say("unable to pull secrets or registry auth"),
    say("execution resource retrieval failed"),
    say("resourcenotfoundexception").fault(F::NotFound, Code),
    say("resource not found").fault(F::NotFound, Hint),
    say("was not found").fault(F::NotFound, Hint),
    say("not found").fault(F::NotFound, Hint),
    say("accessdeniedexception").fault(F::AccessDenied, Code),
    say("api error accessdeniedexception").fault(F::AccessDenied, Code),
    say("accessdenied").fault(F::AccessDenied, Code),
    say("access denied").fault(F::AccessDenied, Name),
    say("unauthorizedoperation").fault(F::AccessDenied, Code),
    say("not authorized to perform this operation").fault(F::AccessDenied, Name),
    say("forbidden").fault(F::AccessDenied, Name),
    say("401 unauthorized").fault(F::AccessDenied, Name),
    say("throttlingexception").fault(F::Throttled, Code),
    say("throttledexception").fault(F::Throttled, Code),
    say("toomanyrequestsexception").fault(F::Throttled, Code),
    say("requestlimitexceeded").fault(F::Throttled, Code),
    say("rate exceeded").fault(F::Throttled, Code),
    say("429 too many requests").fault(F::Throttled, Code),
    say("too many requests").fault(F::Throttled, Name),
    say("internalserviceerror").fault(F::ServiceError, Code),
    say("internalserviceexception").fault(F::ServiceError, Code),
    say("internalservererror").fault(F::ServiceError, Code),
    say("internalfailure").fault(F::ServiceError, Code),
    say("internal server error").fault(F::ServiceError, Name),
    say("serviceunavailable").fault(F::ServiceError, Code),
    say("service unavailable").fault(F::ServiceError, Name),
    say("502 bad gateway").fault(F::ServiceError, Name),
    say("504 gateway timeout").fault(F::ServiceError, Name),
    say("an error occurred on the server side").fault(F::ServiceError, Name),
    say("unknownerror").fault(F::ServiceError, Hint),
    say("expiredtokenexception").fault(F::BadCredentials, Code),
    say("expiredtoken").fault(F::BadCredentials, Code),
    say("unrecognizedclientexception").fault(F::BadCredentials, Code),
    say("invalidclienttokenid").fault(F::BadCredentials, Code),
    say("invalidsignatureexception").fault(F::BadCredentials, Code),
    say("signaturedoesnotmatch").fault(F::BadCredentials, Code),
    say("incompletesignature").fault(F::BadCredentials, Code),
    say("security token included in the request is").fault(F::BadCredentials, Code),
    say("credentialsnotloaded").fault(F::BadCredentials, Code),
    say("nocredentialproviders").fault(F::BadCredentials, Code),
    say("no ec2 instance role found").fault(F::BadCredentials, Said),
    say("ec2rolerequesterror").fault(F::BadCredentials, Code),
    say("bad token").fault(F::BadCredentials, Code),
    say("validationexception").fault(F::BadReference, Name),
    say("invalidparameter: ").fault(F::BadReference, Hint),
    say("https response error statuscode: 0,").fault(F::NetworkTimeout, Hint),
    // What a sentence says whatever it speaks of.
    say("is malformed").fault(F::BadReference, Hint),
    say("are mutually exclusive").fault(F::Misconfigured, Name),
    say("option is required").fault(F::Misconfigured, Name),
    say("is only supported on").fault(F::Misconfigured, Name),
    say("unsupported protocol scheme").fault(F::ServiceError, Code),
    say("unsupported protocol schema").fault(F::ServiceError, Code),
    say("https response error statuscode: 403").fault(F::AccessDenied, Hint),
    say("https response error statuscode: 404").fault(F::NotFound, Hint),
    say("https response error statuscode: 429").fault(F::Throttled, Hint),
    say("https response error statuscode: 500").fault(F::ServiceError, Hint),
    say("https response error statuscode: 502").fault(F::ServiceError, Hint),
    say("https response error statuscode: 504").fault(F::ServiceError, Hint),
    say("limitexceededexception").fault(F::TooLarge, Hint),
    say("no space left on device").fault(F::NoSpace, Proof),
];

pub(super) const IAM: &[Phrase] = &[
    say("user: ").name(
        Principal,
        Said,
        &[" is not authorized", " not authorized", ":parameter/", " status code"],
    ),
    say("unauthorized to perform ").fault(F::AccessDenied, Name).word(Action, Said, &[" for"]),
    say("unauthorized to perform: ").fault(F::AccessDenied, Name).word(Action, Said, &[" for"]),
    say("not authorized to perform ").fault(F::AccessDenied, Name).word(Action, Said, &[" on resource"]),
    say("is not authorized").fault(F::AccessDenied, Name),
    say("is not authorized to perform: ").fault(F::AccessDenied, Name).word(Action, Said, &[" on resource"]),
    say("is not authorized to perform ").fault(F::AccessDenied, Name).word(Action, Said, &[" on resource"]),
    say("not authorized to perform: ").fault(F::AccessDenied, Name).word(Action, Said, &[" on resource"]),
    say("on resource: ").name(
        Resource,
        Proof,
        &[
            " because ",
            " with an explicit deny",
            " status code",
            " (service:",
            ": ",
            "... ",
            "\" because",
            "\" with",
        ],
    ),
    say("because no identity-based policy allows").deny(Deny::Identity),
    say("because no service control policy allows").deny(Deny::Scp),
    say("because no resource control policy allows").deny(Deny::Rcp),
    say("because no permissions boundary allows").deny(Deny::Boundary),
    say("because no session policy allows").deny(Deny::Session),
    say("because no resource-based policy allows").deny(Deny::ResourcePolicy),
    say("because no vpc endpoint policy allows").deny(Deny::EndpointPolicy),
    say("because no role trust policy allows").deny(Deny::ResourcePolicy),
    say("with an explicit deny in an identity-based policy").deny(Deny::Explicit),
    say("with an explicit deny in a service control policy").deny(Deny::Scp),
    say("with an explicit deny in a resource control policy").deny(Deny::Rcp),
    say("with an explicit deny in a permissions boundary").deny(Deny::Boundary),
    say("with an explicit deny in a session policy").deny(Deny::Session),
    say("with an explicit deny in a resource-based policy").deny(Deny::ResourcePolicy),
    say("with an explicit deny in a vpc endpoint policy").deny(Deny::EndpointPolicy),
    say("with an explicit deny in an ").deny(Deny::Explicit),
    say("with an explicit deny in a"),
    say("with an explicit deny").deny(Deny::Explicit),
    say("kms:decrypt").fault(F::KmsDenied, Said),
];

pub(super) const KMS: &[Phrase] = &[
    say("access to kms is not allowed").step(S::SecretsManager, Hint).fault(F::KmsDenied, Proof),
    say("the ciphertext refers to a customer master key that does not exist").fault(F::KmsDenied, Proof),
    say("the resource associated with this ciphertext").fault(F::KmsDenied, Proof),
    say("kms.accessdeniedexception").fault(F::KmsDenied, Proof),
    say("decryptionfailure").step(S::SecretsManager, Hint).fault(F::KmsKeyUnusable, Code),
    say("can't decrypt the protected secret text using the provided kms key")
        .step(S::SecretsManager, Hint)
        .fault(F::KmsKeyUnusable, Said),
    say("can't decrypt the secret value").step(S::SecretsManager, Hint).fault(F::KmsKeyUnusable, Said),
    say("disabledexception").fault(F::KmsKeyUnusable, Proof),
    say("kmsinvalidstateexception").fault(F::KmsKeyUnusable, Proof),
    say("kmsinvalidstate").fault(F::KmsKeyUnusable, Proof),
    say("keyunavailableexception").fault(F::KmsKeyUnusable, Proof),
    say("is pending deletion").fault(F::KmsKeyUnusable, Code),
    say("is pending import").fault(F::KmsKeyUnusable, Code),
];

pub(super) const ROLE: &[Phrase] = &[
    say("unable to find execution role credentials")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("credentialspec resource: unable to find execution role credentials")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("uses execution credentials, but the credentials are empty")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("unable to get execution role credentials")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("no execution credentials set for the task")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("engine ecr credentials: not found").step(S::ExecutionRole, Proof).fault(F::RoleMissing, Proof),
    say("you must also specify a value for 'executionrolearn'")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("you must also specify a value for executionrolearn")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("the task definition is missing an execution role")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("fargate requires task definition to have execution role")
        .step(S::ExecutionRole, Proof)
        .fault(F::RoleMissing, Proof),
    say("unable to assume the role '").step(S::ExecutionRole, Proof).fault(F::AssumeRoleDenied, Proof).word(
        Role,
        Said,
        &["'"],
    ),
    say("unable to assume the role ").step(S::ExecutionRole, Proof).fault(F::AssumeRoleDenied, Proof).word(
        Role,
        Said,
        &[],
    ),
    say("unable to assume the role").step(S::ExecutionRole, Proof).fault(F::AssumeRoleDenied, Proof),
    say("role is not valid").step(S::ExecutionRole, Said).fault(F::BadReference, Said),
    say("error when retrieving credentials from container-role")
        .step(S::Container, Said)
        .fault(F::RoleMissing, Said),
    say("credentialsv2request: credentials not found").step(S::Container, Said).fault(F::RoleMissing, Said),
    say("unable to assume role").step(S::ExecutionRole, Proof).fault(F::AssumeRoleDenied, Proof),
    say("unable to assume the configured ecs infrastructure role '")
        .step(S::ExecutionRole, Proof)
        .fault(F::AssumeRoleDenied, Proof)
        .word(Role, Said, &["'"]),
    say("unable to assume the service linked role")
        .step(S::ExecutionRole, Proof)
        .fault(F::AssumeRoleDenied, Proof)
        .word(ServiceLinked, Said, &[])
        .back(19),
];
