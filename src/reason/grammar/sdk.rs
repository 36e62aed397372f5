//! What the SDKs of AWS print of an answer, beyond the codes, operations and statuses that `parts` knows in
//! any text.

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
            // The SDK for Python prints its sentence where others print the name.
            say("parameternotfound: an error occurred (").means(S::ParameterStore, F::NotFound),
            say("parameternotfound: ").means(S::ParameterStore, F::NotFound).word(Resource, &[": "]),
            say("invalidkeyid").means(S::ParameterStore, F::KmsKeyUnusable),
            say("toomanyrequests").means(S::ImagePull, F::Throttled),
            say("invalidvolume").step(S::EbsVolume),
            say("networkinterfacelimitexceeded").means(S::NetworkInterface, F::OutOfCapacity),
            say("resourcenotfoundexception").fault(F::NotFound),
            say("accessdeniedexception").fault(F::AccessDenied),
            say("api error accessdeniedexception").fault(F::AccessDenied),
            say("access denied").fault(F::AccessDenied),
            say("not authorized to perform this operation").fault(F::AccessDenied),
            say("forbidden").fault(F::AccessDenied),
            say("401 unauthorized").fault(F::AccessDenied),
            say("rate exceeded").fault(F::Throttled),
            say("429 too many requests").fault(F::Throttled),
            say("too many requests").fault(F::Throttled),
            say("internal server error").fault(F::ServiceError),
            say("service unavailable").fault(F::ServiceError),
            say("502 bad gateway").fault(F::ServiceError),
            say("504 gateway timeout").fault(F::ServiceError),
            say("an error occurred on the server side").fault(F::ServiceError),
            say("security token included in the request is").fault(F::BadCredentials),
            say("no ec2 instance role found").fault(F::BadCredentials),
            say("ec2rolerequesterror").fault(F::BadCredentials),
            say("bad token").fault(F::BadCredentials),
            say("are mutually exclusive").fault(F::Misconfigured),
            say("option is required").fault(F::Misconfigured),
            say("is only supported on").fault(F::Misconfigured),
            say("unsupported protocol scheme").fault(F::ServiceError),
            say("unsupported protocol schema").fault(F::ServiceError),
            say("kms.accessdeniedexception").fault(F::KmsDenied),
            say("decryptionfailure").means(S::SecretsManager, F::KmsKeyUnusable),
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
