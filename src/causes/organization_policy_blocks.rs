//! A policy of the AWS organization blocks the call.

use super::assessment::Finding;
use super::fix::Fix;
use super::layer::{self, Layer};
use super::refusal::{Refuser, SIMULATION};
use super::{Cause, Example, Explanation, Owner};
use crate::reason::Deny;

pub(super) const CAUSE: Cause = Cause {
    id: "organization-policy-blocks",
    title: "a policy of the AWS organization blocks the call",
    owner: Owner::OrganisationAdmin,
    explanation: Explanation {
        what: "A service control policy (on the account of the caller) or a resource control policy (on the account of the resource) refused the call. Nothing inside the account can override it.",
        why: "Organizations deny by Region, by service or by data perimeter; a new Region or a new account falls under a rule that was not written with ECS in mind.",
        tell: "The message says `service control policy` or `resource control policy`.",
        fix: "The organization's administrators must change the policy; say which action, resource and role.",
    },
    references: &[
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
    ],
    when: |symptom| LAYER.claims(symptom),
    ask: |case| case.ask_refusal(),
    assess: |case| layer::assess(case, &LAYER),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 with an explicit deny in a service control policy",
        also: &[],
    }],
};

const LAYER: Layer = Layer {
    refuser: Refuser::Organization,
    kinds: &[Deny::Scp, Deny::Rcp],
    title: |who, action, on| format!("a policy of the organization refuses {who} {action}{on}"),
    refuses: |(call, _)| {
        Finding::found(
            format!(
                "the organization's service control policies do not allow {} on {}",
                call.action, call.resource
            ),
            SIMULATION,
        )
    },
    fix: |case| {
        let (who, action, _) = case.refusal();
        Fix::words(format!(
            "ask the administrators of the organization to allow {action} for {who}; nothing in this account can"
        ))
    },
};
