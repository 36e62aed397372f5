//! A policy denies the call explicitly.

use super::assessment::Finding;
use super::case::Case;
use super::fix::Fix;
use super::layer::{self, Layer};
use super::name::Kind;
use super::refusal::{Refuser, SIMULATION};
use super::{Cause, Example, Explanation, Owner};
use crate::reason::Deny;

pub(super) const CAUSE: Cause = Cause {
    id: "role-explicit-deny",
    title: "a policy denies the call explicitly",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "IAM refused a call of the execution role because a statement with `Effect: Deny` matches it. A deny wins over every allow.",
        why: "Guard-rail policies deny by tag, by network (`aws:SourceVpce`, `aws:SourceIp`), by Region or by everything that is not listed; a task's call then meets a condition that was written for people.",
        tell: "The message says `with an explicit deny`, or names a session policy. With `in an identity-based policy` the statement is attached to the role itself; with no policy named it can be of any kind.",
        fix: "Find the statement and narrow it; adding another allow does nothing.",
    },
    references: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
    ],
    when: |symptom| LAYER.claims(symptom),
    ask: |case| case.ask_refusal(),
    assess: |case| layer::assess(case, &LAYER),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 with an explicit deny in an identity-based policy",
        also: &["resource-policy-blocks"],
    }],
};

const LAYER: Layer = Layer {
    refuser: Refuser::ExplicitDeny,
    kinds: &[Deny::Explicit, Deny::Session],
    title: |who, action, on| format!("{who} is denied {action}{on} by an explicit statement"),
    refuses: |(call, known)| {
        let statements =
            known.found().map(|simulation| simulation.matched_statements.as_slice()).unwrap_or_default();
        let policies: Vec<&str> =
            statements.iter().filter_map(|statement| statement.source_policy_id.as_deref()).collect();
        let by = if policies.is_empty() { String::new() } else { format!(" by {}", policies.join(", ")) };
        Finding::found(format!("{} on {} is denied explicitly{by}", call.action, call.resource), SIMULATION)
    },
    fix,
};

fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    let looks = ["iam list-attached-role-policies", "iam list-role-policies"];
    let of_role = |role: String| {
        looks.map(|words| case.aws_at_task(words).name("--role-name", Kind::Role, role.as_str()))
    };
    Fix::words(format!(
        "narrow or remove the Deny statement that matches {who} and {action}; another allow does not help"
    ))
    .run(case.role_name().into_iter().flat_map(of_role))
    .then_again(case)
}
