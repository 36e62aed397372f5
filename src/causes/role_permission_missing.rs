//! The execution role has no policy that allows the call.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::policy;
use super::proof::{Gap, Identity, Proof, Time};
use super::refusal::{
    Refuser, SIMULATION, Simulated, all_allowed, all_whole, is_on_task_role, is_want_of_allow, is_whole,
    refuser,
};
use super::secret::{Presence, SecretView};
use super::{Cause, Example, Explanation, Owner};
use crate::question::Known;
use crate::reason::Deny;

pub(super) const CAUSE: Cause = Cause {
    id: "role-permission-missing",
    title: "the execution role lacks a permission",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "ECS made a call with the task's execution role before the container started, and IAM refused it: no policy of the role allows the action on that resource.",
        why: "AmazonECSTaskExecutionRolePolicy covers ECR and log streams only: no secret, no parameter, no key. Parameters need ssm:GetParameters (not ssm:GetParameter). \
              A policy that ends in the six characters of a deleted secret no longer matches the secret that replaced it.",
        tell: "The text ends in `because no identity-based policy allows`. Without that ending the message comes from a service that does not name the kind of policy, and another kind can have refused. \
               The permission must be on the execution role; on the task role it does nothing for secrets in the task definition.",
        fix: "Add the statement shown to the execution role. It takes effect within seconds; then start a new task.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
    ],
    when: is_want_of_allow,
    ask: |case| case.ask_want_of_allow(),
    assess,
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no identity-based policy allows the secretsmanager:GetSecretValue action",
            also: &[
                "recovered-by-itself",
                "role-permission-on-wrong-role",
                "secret-misnamed",
                "secret-missing",
                "secret-recreated",
                "secret-reference-malformed",
            ],
        },
        Example {
            text: "Fetching secret data from SSM Parameter Store in us-east-1: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:us-east-1:111122223333:parameter/prod/db/password because no identity-based policy allows the ssm:GetParameters action status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &[
                "parameter-misnamed",
                "parameter-missing",
                "recovered-by-itself",
                "role-permission-on-wrong-role",
                "secret-reference-malformed",
            ],
        },
        Example {
            text: "CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsInstanceRole/i-0123456789abcdef0 is not authorized to perform: ecr:GetAuthorizationToken on resource: *\n\tstatus code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &[
                "endpoint-policy-blocks",
                "organization-policy-blocks",
                "permissions-boundary-blocks",
                "recovered-by-itself",
                "resource-policy-blocks",
                "role-explicit-deny",
                "role-permission-on-wrong-role",
            ],
        },
    ],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let is_named = case.symptom.deny == Some(Deny::Identity);
    // A login is not for one image.
    let is_login = case.refused_action().as_deref() == Some("ecr:GetAuthorizationToken");
    let name = case.name().filter(|_| !is_login);
    let title = title(case, name.as_deref());
    let with_fix = |assessment: Assessment| {
        Some(assessment.culprit(case.refused_culprit()).fix(policy::fix_permission(case)))
    };
    let decisions = case.simulated_refusals();
    let lacks: Vec<&Simulated<'_>> =
        decisions.iter().filter(|decision| refuser(decision) == Some(Refuser::NoAllow)).collect();
    if let Some(decision) = lacks.first() {
        if lacks.iter().all(|decision| is_on_task_role(case, decision)) || is_for_nothing(case) {
            // The cause that says on which role the permission is, or for what it must be, says it all.
            return None;
        }
        return Some(lacking(case, decision, name, decisions.len() > 1));
    }
    if all_allowed(&decisions).is_ok() {
        return Some(
            Assessment::possible(title).culprit(case.refused_culprit()).passed(case, allowed_now(case)),
        );
    }
    if let Some(decision) =
        decisions.iter().find(|decision| refuser(decision).is_some()).filter(|_| !is_named)
    {
        // Whether the role's own policies allow it does not show behind a boundary or the organization's
        // policies.
        if refuser(decision) != Some(Refuser::ExplicitDeny) {
            return None;
        }
        let other = Finding::found(
            format!("an explicit statement denies {} on {}", decision.0.action, decision.0.resource),
            SIMULATION,
        );
        let proof =
            Proof::by(vec![other], Identity::of_own_role(case), all_whole(&decisions), Time::as_ecs_said());
        return with_fix(Assessment::ruled_out(title, proof));
    }
    let which = (!is_named && !case.supposed).then(|| {
        Finding::unknown(
            "which kind of policy refused: the text does not say, and a missing allow is the commonest",
        )
    });
    // A name that leads nowhere is refused in the same words.
    let by_part = case.secrets().iter().any(SecretView::is_refused_by_part);
    let assessment = if is_named && !by_part && !is_for_nothing(case) {
        Assessment::likely(title)
    } else {
        Assessment::possible(title)
    };
    let unknown = decisions.iter().find_map(|decision| is_whole(decision).err()).and_then(Gap::into_finding);
    with_fix(
        assessment
            .findings(which)
            .findings(
                case.undecided(&format!("what the policies of {} say now", case.who()), &decisions)
                    .or(unknown),
            )
            .findings(case.definition_unknown().filter(|_| case.symptom.resource.is_none())),
    )
}

fn title(case: &Case<'_>, name: Option<&str>) -> String {
    let call =
        case.refused_action().map_or_else(|| "make the call".to_owned(), |action| format!("call {action}"));
    format!("{} cannot {call}{}", case.who(), name.map(|name| format!(" on {name}")).unwrap_or_default())
}

/// That no policy of the role allows a call; of several calls it is about the secret of that one.
fn lacking(case: &Case<'_>, decision: &Simulated<'_>, name: Option<String>, of_several: bool) -> Assessment {
    let (call, _) = decision;
    let secret = case.secrets().into_iter().find(|secret| of_several && secret.arn().0 == call.resource);
    let found = Finding::found(
        format!("no policy of the role allows {} on {} (implicitDeny)", call.action, call.resource),
        SIMULATION,
    );
    let complete = is_whole(decision).and_then(|_| case.no_grant_of_resource());
    let proof = Proof::by(vec![found], Identity::of_own_role(case), complete, Time::as_ecs_said());
    let references = secret.as_ref().map(|secret| secret.culprit().references);
    let culprit = case.refused_culprit();
    let references = references.filter(|all| !all.is_empty()).unwrap_or_else(|| culprit.references.clone());
    let name = secret.map(|secret| secret.name.clone()).or(name);
    Assessment::confirmed(title(case, name.as_deref()), proof)
        .culprit(Culprit { references, ..culprit })
        .fix(policy::fix_permission(case))
}

/// Whether what was asked for has another name, or is not there at all: a permission on that name does not
/// help.
pub(super) fn is_for_nothing(case: &Case<'_>) -> bool {
    let is_gone = |secret: &SecretView<'_>| {
        matches!(secret.presence(), Presence::OtherSuffix(_) | Presence::CutSuffix(_) | Presence::Gone)
    };
    let is_named = case.symptom.resource.is_some() && !case.forecast;
    let secrets = case
        .secrets()
        .iter()
        .any(|secret| matches!(secret.presence(), Presence::OtherSuffix(_)) || is_named && is_gone(secret));
    secrets
        || is_named && case.parameters().iter().any(|parameter| matches!(parameter.known(), Known::Missing))
}

/// Said where IAM allows now what was refused then.
fn allowed_now(case: &Case<'_>) -> Finding {
    let since = case
        .task
        .stopped_at
        .map(|at| format!(" since {}", at.strftime("%Y-%m-%d %H:%M UTC")))
        .unwrap_or_default();
    Finding::found(
        format!(
            "the role's policies allow it now: a permission was added{since}, and the next task will start; or a policy refused that IAM does not \
             simulate (the resource's own, a VPC endpoint's, a session's, a resource control policy)"
        ),
        SIMULATION,
    )
}
