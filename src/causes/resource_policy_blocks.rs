//! The policy on the resource refuses the call.

use super::case::{Case, Culprit, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Deny, Fault};

pub(super) const CAUSE: Cause = Cause {
    id: "resource-policy-blocks",
    title: "the policy on the resource refuses the call",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret, repository or bucket carries a policy of its own, and that policy refuses the execution role.",
        why: "Resource policies name roles that were replaced, or deny everybody but one; a cross-account reader needs an allow there as well as on the role.",
        tell: "The text says `resource-based policy`.",
        mend: "Let the resource's policy allow the execution role.",
    },
    when: |symptom| symptom.fault == Fault::AccessDenied && matches!(symptom.deny, Some(Deny::ResourcePolicy)),
    ask: super::nothing,
    judge,
    fix,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no resource-based policy allows the secretsmanager:GetSecretValue action",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let (role, action, on) = case.refusal();
    let culprit = Culprit { kind: "role", id: case.role_name(), references: case.references.clone() };
    Judgement::new(Verdict::Likely, format!("the policy on the resource refuses role {role} {action}{on}"))
        .culprit(culprit)
        .finding(Finding::unknown("which statement it is, and whether it still stands"))
}

fn fix(case: &Case<'_>) -> Fix {
    let (role, action, _) = case.refusal();
    let commands = case
        .resource_arn()
        .filter(|arn| arn.contains(":secretsmanager:"))
        .map(|arn| case.aws("secretsmanager get-resource-policy").option("--secret-id", &arn).finish())
        .into_iter()
        .collect();
    Fix { text: format!("allow role {role} to call {action} in the resource's own policy"), commands, policy: None }
}
