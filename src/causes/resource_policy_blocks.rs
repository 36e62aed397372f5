//! The policy on the resource refuses the call.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::proof::{Complete, Identity, Proof, Time};
use super::refusal::{is_across_accounts, names_no_policy};
use super::resource_policy::{self, ask, known, side};
use super::{Cause, Example, Explanation, Owner};
use crate::policy_document::ResourceSide;
use crate::reason::{Deny, Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "resource-policy-blocks",
    title: "the policy on the resource refuses the call",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret, repository or bucket carries a policy of its own, and that policy refuses the execution role.",
        why: "Resource policies name roles that were replaced, or deny everybody but one; a cross-account reader needs an allow there as well as on the role.",
        tell: "The message says `resource-based policy`.",
        fix: "Allow the execution role in the resource's policy.",
    },
    references: &[
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html",
    ],
    when: |symptom| {
        let is_named = symptom.deny == Some(Deny::ResourcePolicy);
        let explicit = symptom.deny == Some(Deny::Explicit) || names_no_policy(symptom);
        symptom.fault == Fault::AccessDenied && (is_named || (explicit && symptom.step != Step::LogDriver))
    },
    ask,
    assess,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no resource-based policy allows the secretsmanager:GetSecretValue action",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let (who, action, on) = case.refusal();
    let title = format!("the policy on the resource refuses {who} {action}{on}");
    let is_named = case.symptom.deny == Some(Deny::ResourcePolicy);
    let proof = |found: Finding| {
        Proof::by(
            vec![found],
            Identity::of_own_role(case),
            Complete::of("the resource's own policy", [known(case)]),
            Time::as_ecs_said(),
        )
    };
    let with_fix = |assessment: Assessment| {
        Some(assessment.culprit(case.refused_culprit()).fix(resource_policy::fix(case)))
    };
    match side(case) {
        // An explicit deny decides, whatever else allows.
        Some((ResourceSide::Denied(at), source)) => with_fix(Assessment::confirmed(
            title,
            proof(Finding::found(format!("{at} of the policy denies it"), source)),
        )),
        Some((ResourceSide::Missing { .. }, _)) if is_across_accounts(case.symptom) => None,
        Some((ResourceSide::Missing { nearly, .. }, source)) => {
            let nearly = nearly.map(|nearly| format!("; {nearly}")).unwrap_or_default();
            let missing = Finding::missing(
                format!("an allow for the role of another account in the resource's policy{nearly}"),
                source,
            );
            with_fix(Assessment::confirmed(title, proof(missing)))
        }
        Some((ResourceSide::Grants(..) | ResourceSide::NotNeeded, source)) if !is_named => {
            let open = proof(Finding::found("the resource's own policy does not block the role", source));
            Assessment::disproved(title, open).map(|said| said.culprit(case.refused_culprit()))
        }
        _ if !is_named => None,
        Some((ResourceSide::Grants(at, _), source)) => {
            let found = Finding::found(
                format!(
                    "{at} of the policy allows it now: it was changed since, and the next task will start"
                ),
                source,
            );
            Some(Assessment::possible(title).culprit(case.refused_culprit()).passed(case, found))
        }
        Some((ResourceSide::NotNeeded, source)) => {
            let found =
                Finding::found("the resource's policy denies nothing now: it was changed since", source);
            Some(Assessment::possible(title).culprit(case.refused_culprit()).passed(case, found))
        }
        Some((ResourceSide::Unsure(why), _)) => with_fix(
            Assessment::likely(title)
                .finding(Finding::unknown(format!("what the resource's policy says: {why}"))),
        ),
        None => {
            let unknown =
                Finding::unanswered("which statement it is, and whether it is still there", known(case));
            with_fix(Assessment::likely(title).findings(unknown))
        }
    }
}
