//! The execution role may not use the KMS key behind the secret or parameter.

use serde_json::json;

use super::case::{Case, Culprit, Finding, Fix, Judgement};
use super::policy;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Deny, Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "key-permission-missing",
    title: "the execution role may not use the KMS key",
    owner: Owner::KeyOwner,
    explanation: Explanation {
        what: "The secret or parameter was found, but it is encrypted with a KMS key that the execution role may not use.",
        why: "A secret under a customer managed key needs kms:Decrypt besides the permission to read it, on the role and, if the key policy does not delegate to IAM, in the key policy. \
              Another account always needs both.",
        tell: "Secrets Manager says only `Access to KMS is not allowed` and names neither key nor caller; Parameter Store passes on KMS's own words. A missing allow and an explicit deny read the same.",
        mend: "Allow kms:Decrypt on that key, limited to the service through which it is used.",
    },
    when: |symptom| symptom.fault == Fault::KmsDenied && matches!(symptom.refused_by, None | Some(Deny::Identity | Deny::ResourcePolicy)),
    ask: super::nothing,
    judge,
    fix,
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &[],
        },
        Example {
            text: "Fetching secret data from SSM Parameter Store in us-west-2: AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 9d1f0c52-3f6b-4a57-8c41-5d0e7b2a6c13; Proxy: null) status code: 400, request id: c07b7c1e-64f2-4b6d-9a58-2f3e1d0c9b8a",
            also: &[],
        },
    ],
};

fn judge(case: &Case<'_>) -> Judgement {
    let role = case.role_name().map_or("the execution role".to_owned(), |role| format!("role {role}"));
    let behind = match (case.name(), &case.symptom.key) {
        (_, Some(key)) => format!("KMS key {}", key.text),
        (Some(name), None) => format!("the KMS key of {} {name}", noun(case)),
        (None, None) => format!("the KMS key of a {}", noun(case)),
    };
    let culprit =
        Culprit { kind: "kms-key", id: case.symptom.key.as_ref().map(|key| key.text.clone()).or_else(|| case.name()), references: case.references.clone() };
    let which = case.symptom.key.is_none().then(|| Finding::unknown(format!("which key it is: ask the {} for its KmsKeyId", noun(case))));
    Judgement::new(Verdict::Likely, format!("{role} may not decrypt with {behind}"))
        .culprit(culprit)
        .findings(which)
        .finding(Finding::unknown("whether the role's policies or the key policy refuse"))
        .findings(case.definition_unknown().filter(|_| case.symptom.resource.is_none()))
}

fn noun(case: &Case<'_>) -> &'static str {
    match case.symptom.step {
        Step::ParameterStore => "parameter",
        Step::EnvFile => "file",
        _ => "secret",
    }
}

fn fix(case: &Case<'_>) -> Fix {
    let region = case.region().unwrap_or("<region>");
    let service = match case.symptom.step {
        Step::ParameterStore => "ssm",
        Step::EnvFile => "s3",
        _ => "secretsmanager",
    };
    let key = case.symptom.key.as_ref().map(|key| key.text.clone());
    let arn = case.resource_arn().filter(|arn| !arn.contains(":kms:"));
    let look = match (&key, service, arn) {
        (None, "secretsmanager", Some(arn)) => Some(case.aws("secretsmanager describe-secret").option("--secret-id", &arn).words("--query KmsKeyId").finish()),
        _ => None,
    };
    let resource = key.unwrap_or_else(|| format!("arn:{}:kms:{region}:{}:key/<key-id>", case.partition(), case.account().unwrap_or("<account>")));
    // The service's name ends otherwise in other partitions.
    let via = json!({"StringLike": {"kms:ViaService": format!("{service}.{region}.amazonaws.com*")}});
    let policy = policy::allow_if(&["kms:Decrypt"], &json!(resource), &via);
    let role = case.role_name().unwrap_or_else(|| "<execution-role>".to_owned());
    let put = policy::put_role_policy(&role, "ecs-decrypt", &policy);
    Fix {
        text: format!("allow kms:Decrypt on the key, on role {role} and in the key policy if that does not delegate to IAM{}", case.then_again()),
        commands: case.commands(look.into_iter().chain([put])),
        policy: Some(policy),
    }
}
