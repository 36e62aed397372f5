//! The role's permissions boundary does not allow the call.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::policy;
use super::role_permission_missing::{SIMULATION, asked, is_untold, refused};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::Known;
use crate::question::facts::Simulation;
use crate::reason::{Deny, Fault};

pub(super) const CAUSE: Cause = Cause {
    id: "permissions-boundary-blocks",
    title: "the role's permissions boundary does not allow the call",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The execution role has a permissions boundary, and the boundary does not allow the call. A boundary grants nothing; it caps what the role's policies may grant.",
        why: "Organizations give delegated role creation a boundary that lists services, and secrets were not among them.",
        tell: "The text says `permissions boundary`.",
        mend: "Have the boundary's owner allow the action; the role's own policies must allow it too.",
    },
    when: |symptom| {
        matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied) && (matches!(symptom.refused_by, Some(Deny::Boundary)) || is_untold(symptom))
    },
    ask: |case| case.ask_refusal(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no permissions boundary allows the secretsmanager:GetSecretValue action",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let (who, action, on) = case.refusal();
    let culprit = case.refused_culprit();
    let judgement = |verdict| Judgement::new(verdict, format!("the permissions boundary of {who} does not allow {action}{on}")).culprit(culprit.clone());
    let known = case.role().map_or(Known::NotAsked, |role| role.known());
    let boundary = known.found().map(|role| role.permissions_boundary.as_ref().and_then(|boundary| boundary.permissions_boundary_arn.clone()));
    let named = boundary.clone().flatten().map(|arn| Finding::found(format!("the role's boundary is {arn}"), "GetRole"));
    let decisions = case.simulated_refusals();
    if let Some((call, _)) = refused(&decisions, Simulation::is_beyond_boundary) {
        return judgement(Verdict::Confirmed)
            .findings(named)
            .finding(Finding::missing(format!("{} on {} in the boundary", call.action, call.resource), SIMULATION));
    }
    match (case.symptom.refused_by, boundary) {
        (None, Some(None)) => judgement(Verdict::RuledOut).finding(Finding::missing("a permissions boundary on the role", "GetRole")),
        (None, _) => {
            let all = !decisions.is_empty() && decisions.iter().all(|(_, known)| known.found().is_some());
            if all {
                judgement(Verdict::RuledOut).findings(named).finding(Finding::found("the boundary allows it", SIMULATION))
            } else {
                Judgement::unsupported()
            }
        }
        (_, Some(None)) => judgement(Verdict::Possible).passed(Finding::missing("a permissions boundary on the role: it was removed since", "GetRole")),
        _ => judgement(Verdict::Likely)
            .findings(named)
            .findings(Finding::not_told("which statement it is, and whether it still stands", asked(case, &decisions))),
    }
}

fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    let known = case.role().and_then(|role| role.known().found()).and_then(|role| role.permissions_boundary.as_ref());
    let boundary = known.and_then(|boundary| boundary.permissions_boundary_arn.clone());
    let look = |role: String| case.aws_at_task("iam get-role").name("--role-name", Kind::Role, role.as_str()).words("--query Role.PermissionsBoundary");
    let commands = match &boundary {
        Some(arn) => {
            let on_policy = |words| case.aws_at_task(words).name("--policy-arn", Kind::PolicyArn, arn.as_str());
            let look = on_policy("iam get-policy").words("--query Policy.DefaultVersionId");
            vec![look, on_policy("iam create-policy-version").words("--policy-document file://boundary.json --set-as-default")]
        }
        None => case.role_name().map(look).into_iter().collect(),
    };
    let of = boundary.map_or_else(|| format!("of {who}"), |arn| format!("{arn} of {who}"));
    let fix = Fix::words(format!("allow {action} in the permissions boundary {of}; its own policies must allow it too{}", case.then_again())).run(commands);
    let granted = case.refused_action().and_then(|action| policy::grant(case, &action).ok());
    granted.into_iter().fold(fix, |fix, grant| fix.policy(grant.document))
}
