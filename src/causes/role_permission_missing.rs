//! The execution role has no policy that allows the call.

use super::assessment::{Culprit, Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::policy;
use super::refusal::Call;
use super::secret::Presence;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::Known;
use crate::question::facts::Simulation;
use crate::reason::{Deny, Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "role-permission-missing",
    title: "the execution role lacks a permission",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "ECS made a call with the task's execution role before the container started, and IAM refused it: no policy of the role allows the action on that resource.",
        why: "AmazonECSTaskExecutionRolePolicy covers ECR and log streams only: no secret, no parameter, no key. Parameters need ssm:GetParameters (not ssm:GetParameter). \
              A policy that ends in the six characters of a deleted secret no longer matches the secret that replaced it.",
        tell: "The text ends in `because no identity-based policy allows`. Without that ending an older service worded it, and another kind of policy may have refused. \
               The permission must stand on the execution role; on the task role it does nothing for secrets in the task definition.",
        mend: "Add the statement shown to the execution role. It takes effect within seconds; then start a new task.",
    },
    when: claims,
    ask: |case| case.ask_refusal(),
    assess: |case| joined(case, judge, fix),
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no identity-based policy allows the secretsmanager:GetSecretValue action",
            also: &["role-permission-on-wrong-role", "secret-recreated"],
        },
        Example {
            text: "Fetching secret data from SSM Parameter Store in us-east-1: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:us-east-1:111122223333:parameter/prod/db/password because no identity-based policy allows the ssm:GetParameters action status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &["role-permission-on-wrong-role"],
        },
        Example {
            text: "CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsInstanceRole/i-0123456789abcdef0 is not authorized to perform: ecr:GetAuthorizationToken on resource: *\n\tstatus code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &[
                "organization-policy-blocks",
                "permissions-boundary-blocks",
                "resource-policy-blocks",
                "role-explicit-deny",
                "role-permission-on-wrong-role",
            ],
        },
    ],
};

/// Whether IAM refused, and the text does not say by which kind of policy: state may tell.
pub(super) fn is_untold(symptom: &Symptom) -> bool {
    symptom.deny.is_none() && symptom.refused_by.is_none() && claims(symptom)
}

/// Whether IAM refused for want of an allow; shared with the cause that the allow stands elsewhere.
pub(super) fn claims(symptom: &Symptom) -> bool {
    let refused = symptom.fault == Fault::AccessDenied && matches!(symptom.deny, Some(Deny::Identity) | None);
    // A volume's server and a foreign registry refuse by rules of their own.
    let by_iam = match symptom.step {
        Step::ImagePull => symptom.action.is_some(),
        // ECS and EC2 do these with roles of their own, which the text then names.
        Step::Capacity | Step::NetworkInterface | Step::EbsVolume | Step::ServiceConnect | Step::ExecAgent => symptom.principal.is_some(),
        Step::EfsVolume | Step::Volume | Step::Container => false,
        _ => true,
    };
    refused && by_iam
}

fn judge(case: &Case<'_>) -> Judgement {
    let told = case.symptom.deny == Some(Deny::Identity);
    let who = case.who();
    let action = case.refused_action();
    // A login is not for one image.
    let on = case.name().filter(|_| action.as_deref() != Some("ecr:GetAuthorizationToken")).map(|name| format!(" on {name}")).unwrap_or_default();
    let may_not = action.map_or_else(|| "make the call".to_owned(), |action| format!("call {action}"));
    let culprit = case.refused_culprit();
    let judgement = |verdict, on: &str| Judgement::new(verdict, format!("{who} may not {may_not}{on}")).culprit(culprit.clone());
    let decisions = case.simulated_refusals();
    if let Some((call, simulation)) = refused(&decisions, Simulation::is_implicit_deny) {
        let sure = call.exact && simulation.missing_context_values.is_empty();
        if is_on_task_role(case) || is_of_another_suffix(case) {
            // The cause that names where the permission stands, or what it must be for, says it all.
            return Judgement::unsupported();
        }
        let one = case.secrets().into_iter().find(|secret| decisions.len() > 1 && secret.arn().0 == call.resource);
        let on = one.as_ref().map_or(on, |secret| format!(" on {}", secret.name));
        let references = one.map(|secret| secret.culprit().references).filter(|references| !references.is_empty());
        let culprit = Culprit { references: references.unwrap_or_else(|| culprit.references.clone()), ..culprit.clone() };
        return judgement(if sure { Verdict::Confirmed } else { Verdict::Likely }, &on)
            .culprit(culprit)
            .finding(Finding::found(format!("no policy of the role allows {} on {} (implicitDeny)", call.action, call.resource), SIMULATION))
            .findings(doubts(call, simulation));
    }
    if let Some(allowed) = allowed_now(case, &decisions) {
        return judgement(Verdict::Possible, &on).passed(allowed);
    }
    if let Some((call, simulation)) = refused(&decisions, |simulation| simulation.eval_decision != "allowed") {
        // Whether the role's own policies allow it does not show behind a boundary or the organization's policies.
        if simulation.eval_decision != "explicitDeny" && !told {
            return Judgement::unsupported();
        }
        return judgement(if told { Verdict::Possible } else { Verdict::RuledOut }, &on).finding(Finding::found(
            format!("IAM refuses {} on {} for another reason than a missing allow ({})", call.action, call.resource, reason(simulation)),
            SIMULATION,
        ));
    }
    let untold = (!told).then(|| Finding::unknown("which kind of policy refused: the text does not say, and a missing allow is the commonest"));
    judgement(if told { Verdict::Likely } else { Verdict::Possible }, &on)
        .findings(untold)
        .findings(Finding::not_told(&format!("what the policies of {who} say now"), asked(case, &decisions)))
        .findings(case.definition_unknown().filter(|_| case.symptom.resource.is_none()))
}

/// What refuses, in IAM's words or those that come nearest.
fn reason(simulation: &Simulation) -> &str {
    match simulation.eval_decision.as_str() {
        "explicitDeny" => "explicitDeny",
        _ if simulation.is_beyond_organization() => "the organization's policies",
        _ if simulation.is_beyond_boundary() => "the permissions boundary",
        decision => decision,
    }
}

/// How a simulation is cited.
pub(super) const SIMULATION: &str = "SimulatePrincipalPolicy";

/// What IAM said to the refused calls.
pub(super) type Decisions<'e> = [(Call, Known<'e, Box<Simulation>>)];

/// The first call of which a decision holds.
pub(super) fn refused<'d, 'e>(decisions: &'d Decisions<'e>, holds: impl Fn(&Simulation) -> bool) -> Option<(&'d Call, &'e Simulation)> {
    decisions.iter().filter_map(|(call, known)| Some((call, known.found()?.as_ref()))).find(|(_, simulation)| holds(simulation))
}

/// Why nothing is known of the decisions: the first reason, or that nobody asked. A role that was not read is not asked about.
pub(super) fn asked<'c>(case: &'c Case<'_>, decisions: &Decisions<'c>) -> Known<'c, Box<Simulation>> {
    let why = decisions.iter().map(|(_, known)| *known).find(|known| matches!(known, Known::Unknown(_)));
    why.unwrap_or_else(|| match case.role().map(|role| role.known()) {
        Some(Known::Unknown(why)) if decisions.is_empty() => Known::Unknown(why),
        _ => Known::NotAsked,
    })
}

/// Whether the secret has another ARN by now: a permission on that alone does not help.
fn is_of_another_suffix(case: &Case<'_>) -> bool {
    case.secrets().iter().any(|secret| matches!(secret.presence(), Presence::OtherSuffix(_)))
}

/// Whether the task role has the permission that the execution role lacks.
fn is_on_task_role(case: &Case<'_>) -> bool {
    case.simulated(case.task_role()).iter().any(|(_, known)| known.found().is_some_and(|told| told.eval_decision == "allowed"))
}

/// Said where IAM allows now what was refused then.
pub(super) fn allowed_now(case: &Case<'_>, decisions: &Decisions<'_>) -> Option<Finding> {
    let all = !decisions.is_empty() && decisions.iter().all(|(_, known)| known.found().is_some_and(|simulation| simulation.eval_decision == "allowed"));
    let since = case.task.stopped_at.map(|at| format!(" since {}", at.strftime("%H:%M:%SZ"))).unwrap_or_default();
    all.then(|| {
        Finding::found(
            format!(
                "the role's policies allow it now: a permission was added{since}, and the next task will start; or a policy refused that IAM does not \
                 simulate (the resource's own, a VPC endpoint's, a session's, a resource control policy)"
            ),
            SIMULATION,
        )
    })
}

/// What makes a simulated decision less than proof.
fn doubts(call: &Call, simulation: &Simulation) -> Vec<Finding> {
    let inexact = (!call.exact).then(|| Finding::unknown("whether a policy names the resource by a part of its ARN that is not known here"));
    let keys = &simulation.missing_context_values;
    let conditions = (!keys.is_empty()).then(|| Finding::unknown(format!("what the conditions on {} make of the real call", keys.join(", "))));
    inexact.into_iter().chain(conditions).collect()
}

/// The policy to add; shared with the cause that it stands on another role.
pub(super) fn fix(case: &Case<'_>) -> Fix {
    let Some(action) = case.refused_action() else {
        return Fix::words("allow the execution role the call that was refused; the text was cut before it named it");
    };
    let proved = proved_resources(case);
    let granted = if proved.is_empty() { policy::grant(case, &action) } else { policy::grant_on(case, &action, &proved) };
    match granted {
        Ok(grant) => {
            let text = format!("allow it in a policy of role {}{}", grant.role_name(), case.then_again());
            grant.fix(text)
        }
        Err(why) => {
            let on = case.name().filter(|_| action != "ecr:GetAuthorizationToken").map(|name| format!(" on {name}")).unwrap_or_default();
            let who = case.who();
            let text = format!("allow {action}{on} in a policy of {who}, if that is the role that the task should use and what it should read");
            Fix::words(format!("{text}{}; {why}", case.then_again()))
        }
    }
}

/// The secrets or parameters that IAM says are refused, by the whole ARNs that AWS told, as far as the definition refers to them.
fn proved_resources(case: &Case<'_>) -> Vec<String> {
    let decisions = case.simulated_refusals();
    let refused = decisions.iter().filter(|(call, known)| call.exact && known.found().is_some_and(|told| told.is_implicit_deny()));
    let read = refused.filter(|(call, _)| call.action.starts_with("secretsmanager:") || call.action.starts_with("ssm:"));
    let fits = |arn: &&str| Kind::Secret.fits(arn) || Kind::Parameter.fits(arn);
    let referred = !case.references.is_empty();
    read.map(|(call, _)| call.resource.as_str()).filter(|arn| referred && fits(arn)).map(str::to_owned).collect()
}
