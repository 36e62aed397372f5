//! The role's permissions boundary does not allow the call.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::layer::{self, Layer};
use super::name::Kind;
use super::policy;
use super::proof::{Complete, Identity, Proof, Time};
use super::refusal::{Refuser, SIMULATION};
use super::role::GET_ROLE;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::Deny;

pub(super) const CAUSE: Cause = Cause {
    id: "permissions-boundary-blocks",
    title: "the role's permissions boundary does not allow the call",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The execution role has a permissions boundary, and the boundary does not allow the call. A boundary grants nothing; it caps what the role's policies may grant.",
        why: "Organizations give delegated role creation a boundary that lists services, and secrets were not among them.",
        tell: "The message says `permissions boundary`.",
        fix: "Have the boundary's owner allow the action; the role's own policies must allow it too.",
    },
    references: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
    ],
    when: |symptom| LAYER.claims(symptom),
    ask: |case| case.ask_refusal(),
    assess,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no permissions boundary allows the secretsmanager:GetSecretValue action",
        also: &[],
    }],
};

const LAYER: Layer = Layer {
    refuser: Refuser::Boundary,
    kinds: &[Deny::Boundary],
    title: |who, action, on| format!("the permissions boundary of {who} does not allow {action}{on}"),
    refuses: |(call, _)| {
        Finding::missing(format!("{} on {} in the boundary", call.action, call.resource), SIMULATION)
    },
    fix,
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let role = case.role().and_then(|role| role.known().found());
    let boundary = role.map(|role| {
        role.permissions_boundary.as_ref().and_then(|boundary| boundary.permissions_boundary_arn.clone())
    });
    if boundary == Some(None) {
        let (who, action, on) = case.refusal();
        let title = (LAYER.title)(&who, &action, &on);
        let none = Finding::missing("a permissions boundary on the role", GET_ROLE);
        if case.symptom.refused_by.is_some() {
            return Some(Assessment::possible(title).passed(case, none));
        }
        return Assessment::disproved(
            title,
            Proof::by(vec![none], Identity::of_own_role(case), Complete::alone(), Time::as_ecs_said()),
        );
    }
    let named =
        boundary.flatten().map(|arn| Finding::found(format!("the role's boundary is {arn}"), GET_ROLE));
    layer::assess(case, &LAYER).map(|assessment| assessment.findings(named))
}

fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    let known =
        case.role().and_then(|role| role.known().found()).and_then(|role| role.permissions_boundary.as_ref());
    let boundary = known.and_then(|boundary| boundary.permissions_boundary_arn.clone());
    let look = |role: String| {
        case.aws_at_task("iam get-role")
            .name("--role-name", Kind::Role, role.as_str())
            .words("--query Role.PermissionsBoundary")
    };
    let commands = match &boundary {
        Some(arn) => {
            let on_policy =
                |words| case.aws_at_task(words).name("--policy-arn", Kind::PolicyArn, arn.as_str());
            let look = on_policy("iam get-policy").words("--query Policy.DefaultVersionId");
            vec![
                look,
                on_policy("iam create-policy-version")
                    .words("--policy-document file://boundary.json --set-as-default"),
            ]
        }
        None => case.role_name().map(look).into_iter().collect(),
    };
    let of = boundary.map_or_else(|| format!("of {who}"), |arn| format!("{arn} of {who}"));
    let fix = Fix::words(format!(
        "allow {action} in the permissions boundary {of}; its own policies must allow it too"
    ))
    .run(commands)
    .then_again(case);
    let granted = case.refused_action().and_then(|action| policy::grant(case, &action).ok());
    granted.into_iter().fold(fix, |fix, grant| fix.policy(grant.document))
}
