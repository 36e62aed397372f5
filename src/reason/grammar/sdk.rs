//! What the SDKs of AWS print of an answer, beyond the codes, operations and statuses that `parts` knows in any
//! text.

use super::{Section, section};
use crate::reason::phrase::Names::Resource;
use crate::reason::phrase::Strength::{Hint, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        &["AWS: common errors of the services' API references", "aws/smithy-go", "aws/aws-sdk-go aws/awserr"],
        &[
            say("parameternotfound: ").step(S::ParameterStore).fault(F::NotFound).word(Resource, &[": "]),
            say("parameterversionnotfound").step(S::ParameterStore).fault(F::VersionNotFound),
            say("invalidkeyid").step(S::ParameterStore).fault(F::KmsKeyUnusable),
            say("missingregion").fault(F::Misconfigured),
            say("nosuchbucket").fault(F::NotFound),
            say("toomanyrequests").step(S::ImagePull).fault(F::Throttled),
            say("invalidvolume").step(S::EbsVolume),
            say("invalidvolume.notfound").step(S::EbsVolume).fault(F::NotFound),
            say("invalidsnapshot.notfound").step(S::EbsVolume).fault(F::NotFound),
            say("invalidgroup.notfound").step(S::NetworkInterface).fault(F::NotFound),
            say("networkinterfacelimitexceeded").step(S::NetworkInterface).fault(F::OutOfCapacity),
            say("invalidsecuritygroupid.notfound").step(S::NetworkInterface).fault(F::NotFound),
            say("invalidsubnetid.notfound").step(S::NetworkInterface).fault(F::NotFound),
            say("resourcenotfoundexception").fault(F::NotFound),
            say("accessdeniedexception").fault(F::AccessDenied),
            say("api error accessdeniedexception").fault(F::AccessDenied),
            say("access denied").fault(F::AccessDenied),
            say("unauthorizedoperation").fault(F::AccessDenied),
            say("not authorized to perform this operation").fault(F::AccessDenied),
            say("forbidden").fault(F::AccessDenied),
            say("401 unauthorized").fault(F::AccessDenied),
            say("requestlimitexceeded").fault(F::Throttled),
            say("rate exceeded").fault(F::Throttled),
            say("too many requests").fault(F::Throttled),
            say("internal server error").fault(F::ServiceError),
            say("serviceunavailable").fault(F::ServiceError),
            say("service unavailable").fault(F::ServiceError),
            say("502 bad gateway").fault(F::ServiceError),
            say("504 gateway timeout").fault(F::ServiceError),
            say("an error occurred on the server side").fault(F::ServiceError),
            say("expiredtoken").fault(F::BadCredentials),
            say("invalidclienttokenid").fault(F::BadCredentials),
            say("signaturedoesnotmatch").fault(F::BadCredentials),
            say("incompletesignature").fault(F::BadCredentials),
            say("security token included in the request is").fault(F::BadCredentials),
            say("credentialsnotloaded").fault(F::BadCredentials),
            say("nocredentialproviders").fault(F::BadCredentials),
            say("no ec2 instance role found").fault(F::BadCredentials),
            say("ec2rolerequesterror").fault(F::BadCredentials),
            say("bad token").fault(F::BadCredentials),
            say("are mutually exclusive").fault(F::Misconfigured),
            say("option is required").fault(F::Misconfigured),
            say("is only supported on").fault(F::Misconfigured),
            say("unsupported protocol scheme").fault(F::ServiceError),
            say("unsupported protocol schema").fault(F::ServiceError),
            say("kms.accessdeniedexception").fault(F::KmsDenied),
            say("decryptionfailure").step(S::SecretsManager).fault(F::KmsKeyUnusable),
            say("kmsinvalidstate").fault(F::KmsKeyUnusable),
            say("is pending deletion").fault(F::KmsKeyUnusable),
            say("is pending import").fault(F::KmsKeyUnusable),
        ],
    ),
    section(
        Hint,
        &["AWS: common errors of the services' API references", "aws/smithy-go", "aws/aws-sdk-go aws/awserr"],
        &[
            say("unknownerror").fault(F::ServiceError),
            say("invalidparameter: ").fault(F::BadReference),
            say("https response error statuscode: 0,").fault(F::NetworkTimeout),
            // What a sentence says whatever it speaks of.
            say("is malformed").fault(F::BadReference),
            say("limitexceededexception").fault(F::TooLarge),
        ],
    ),
];
