//! ECS is not authorized to assume the role that the task names.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::policy;
use super::proof::{Complete, Proof, Time};
use super::role::{GET_ROLE, RoleView};
use super::{Cause, Example, Explanation, Owner};
use crate::policy_document::{Decision, Principal, Request, TaskOrigin, Trust, decide, trust};
use crate::question::Known;
use crate::question::facts::Role;
use crate::reason::Fault;
use crate::task_definition::{Reference, ReferenceKind, TaskDefinition};

pub(super) const CAUSE: Cause = Cause {
    id: "execution-role-untrusted",
    title: "ECS cannot assume the role",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "ECS could not assume a role of the task, so it had no credentials to fetch anything with.",
        why: "The role's trust policy does not name ecs-tasks.amazonaws.com (ec2.amazonaws.com and ecs.amazonaws.com are other services), its `aws:SourceArn` or `aws:SourceAccount` \
              condition excludes this task, or the role was deleted or never existed.",
        tell: "The message says `unable to assume the role` and names it; whether it is the execution role or the task role shows in the task definition. Such a failure may make no task at all, \
               only an event of the service.",
        fix: "Allow ecs-tasks.amazonaws.com to assume the role. If the role is missing, create it or name another.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
    ],
    when: |symptom| symptom.fault == Fault::AssumeRoleDenied,
    ask: |case| case.role().iter().flat_map(RoleView::ask).collect(),
    assess,
    examples: &[Example {
        text: "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/ecsTaskExecutionRole' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.",
        also: &["execution-role-missing", "recovered-by-itself"],
    }],
};

/// The role that ECS creates for itself; its trust policy cannot be edited.
fn is_service_linked(case: &Case<'_>) -> bool {
    let named = case.symptom.role.as_ref().is_some_and(|role| role.text.contains(":role/aws-service-role/"));
    named || case.symptom.service_linked
}

const PRINCIPAL: &str = "ecs-tasks.amazonaws.com";

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if is_service_linked(case) {
        let create = case.aws_at_task("iam create-service-linked-role --aws-service-name ecs.amazonaws.com");
        return Some(
            Assessment::possible("ECS cannot assume its service-linked role")
                .finding(Finding::unknown("whether the account still has that role"))
                .fix(
                    Fix::words("create the service-linked role of ECS again if it no longer exists")
                        .run([create]),
                ),
        );
    }
    let role = case.role_name();
    if let Some((principal, called)) = case.role_of_others().filter(|_| case.own_role().is_none()) {
        return of_others(case, principal, called);
    }
    let title = format!(
        "ECS cannot assume {}",
        role.as_ref().map_or("a role of the task".to_owned(), |name| format!("{} {name}", kind(case)))
    );
    let view = case.role();
    let culprit = Culprit { kind: "role", id: role, references: roles_named(case) };
    if let Some(proof) = view.as_ref().and_then(RoleView::absence) {
        return Assessment::disproved(title, proof).map(|said| said.culprit(culprit));
    }
    let known = view.as_ref().map_or(Known::NotAsked, RoleView::known);
    let of_task = view
        .as_ref()
        .zip(known.found())
        .and_then(|(view, found)| Some((view, found, trust_of(case, found)?)));
    let Some((view, found, trust)) = of_task else {
        let unanswered = Finding::unanswered("whether the role exists, and whom it trusts", known);
        let said = Assessment::possible(title)
            .culprit(culprit)
            .findings(unanswered)
            .findings(case.definition_unknown());
        return Some(said.fix(fix(case, None)));
    };
    // ECS says that it cannot, and the trust policy of the role that was there then says why.
    let time = found.create_date.map_or_else(Time::as_ecs_said, |made| Time::there_by(case, Some(made)));
    let proved = |what| Proof::by(vec![what], view.is_meant(), Complete::alone(), time);
    let said = match &trust {
        Trust::Untrusted { trusts, .. } => {
            let instead = if trusts.is_empty() { "nobody".to_owned() } else { trusts.join(", ") };
            Assessment::confirmed(title, proved(Finding::missing(format!("{PRINCIPAL} in the role's trust policy, which trusts {instead}"), GET_ROLE)))
        }
        Trust::Excluded { at, unmet, .. } => {
            let conditions: Vec<String> = unmet.iter().map(ToString::to_string).collect();
            let what = format!("{at} of the trust policy allows {PRINCIPAL}, but not for this task: {}", conditions.join("; "));
            Assessment::confirmed(title, proved(Finding::found(what, GET_ROLE)))
        }
        Trust::Denied(at) => Assessment::confirmed(title, proved(Finding::found(format!("{at} of the trust policy denies {PRINCIPAL}"), GET_ROLE))),
        Trust::Trusted(_) if case.forecast => return None,
        Trust::Trusted(_) => Assessment::possible(title).finding(Finding::found(format!("the role trusts {PRINCIPAL} now"), GET_ROLE)).finding(
            Finding::unknown("whether it did when the task failed, and whether the caller that started the task is allowed to pass the role (iam:PassRole)"),
        ),
        Trust::Unsure(why) => Assessment::possible(title).finding(Finding::unknown(format!("whether the trust policy allows {PRINCIPAL}: {why}"))),
    };
    Some(said.culprit(culprit).fix(fix(case, Some(trust))))
}

/// A role that ECS uses for itself, and not for the task.
fn of_others(case: &Case<'_>, principal: &str, called: &str) -> Option<Assessment> {
    let named = case.role_name();
    let role = named.as_ref().map_or(format!("its {called}"), |name| format!("the {called} {name}"));
    let look = case
        .aws_at_task("iam get-role")
        .name("--role-name", Kind::Role, named.as_deref())
        .words("--query Role.AssumeRolePolicyDocument");
    let text = format!(
        "check that {role} exists and that its trust policy allows {principal} to assume it, not {PRINCIPAL}"
    );
    let culprit = Culprit { kind: "role", id: named, references: Vec::new() };
    let title = format!("ECS cannot assume {role}");
    let view = case.role();
    let found = view.as_ref().and_then(|view| Some((view, view.known().found()?)));
    let decided = found.and_then(|(view, found)| {
        let request = Request {
            principal: Principal::Service(principal),
            action: "sts:AssumeRole",
            resource: "",
            context: &[],
        };
        Some((view, found, decide(found.assume_role_policy_document.as_ref()?, &request)))
    });
    let said = match decided {
        Some((_, _, Decision::Allowed(_))) if case.forecast => return None,
        Some((view, found, Decision::NotAllowed { nearly: None, .. })) => {
            let time =
                found.create_date.map_or_else(Time::as_ecs_said, |made| Time::there_by(case, Some(made)));
            let missing = Finding::missing(format!("{principal} in the role's trust policy"), GET_ROLE);
            let proof = Proof::by(vec![missing], view.is_meant(), Complete::alone(), time);
            Assessment::confirmed(title, proof)
        }
        _ => {
            let unknown = format!("whether the role exists, and whether it trusts {principal}");
            Assessment::possible(title).finding(Finding::unknown(unknown))
        }
    };
    Some(said.culprit(culprit).fix(Fix::words(text).run([look]).then_again(case)))
}

/// What the role's trust policy says to this task.
fn trust_of(case: &Case<'_>, role: &Role) -> Option<Trust> {
    let origin = TaskOrigin {
        partition: case.partition(),
        region: case.task.region.as_deref(),
        account: case.task.account.as_deref(),
    };
    Some(trust(role.assume_role_policy_document.as_ref()?, &origin))
}

/// What the role is to the task.
fn kind(case: &Case<'_>) -> &'static str {
    let own = case.own_role();
    match (own.is_some() && own == case.execution_role(), own.is_some() && own == case.task_role_arn()) {
        (true, false) => "execution role",
        (false, true) => "task role",
        _ => "role",
    }
}

/// Where the definition names it.
fn roles_named(case: &Case<'_>) -> Vec<Reference> {
    let Some(role) = case.own_role().filter(|_| case.symptom.role.is_some()) else {
        return case.references.clone();
    };
    let references = case.definition().map(TaskDefinition::references).unwrap_or_default();
    let is_role = |reference: &Reference| {
        matches!(reference.kind, ReferenceKind::ExecutionRole | ReferenceKind::TaskRole)
    };
    references.into_iter().filter(|reference| is_role(reference) && reference.value_from == role).collect()
}

fn fix(case: &Case<'_>, trust: Option<Trust>) -> Fix {
    let named = case.role_name();
    let role = named.as_deref().unwrap_or("<role>");
    let on_role = |words| case.aws_at_task(words).name("--role-name", Kind::Role, named.as_deref());
    let look = on_role("iam get-role").words("--query Role.AssumeRolePolicyDocument");
    let corrected = match trust {
        Some(Trust::Denied(at)) => {
            return Fix::words(format!(
                "narrow or remove {at} of the trust policy of role {role}; an allow does not help"
            ))
            .run([look])
            .then_again(case);
        }
        Some(Trust::Trusted(_)) => {
            let text = "if ECS still cannot assume the role, allow the caller that starts the task to call iam:PassRole on it";
            return Fix::words(case.again()).run(case.start_again()).then(text, [look]);
        }
        Some(Trust::Untrusted { corrected, .. } | Trust::Excluded { corrected, .. }) => {
            policy::trust(case, corrected)
        }
        _ => None,
    };
    if let Some(corrected) = corrected {
        let update = on_role("iam update-assume-role-policy").document("--policy-document", &corrected);
        let text =
            format!("allow {PRINCIPAL} to assume role {role} (the command keeps what it already trusts)");
        return Fix::words(text).run([update]).then_again(case).policy(corrected);
    }
    if case.own_role().is_none() {
        let text = if case.definition().is_some() {
            // Services of ECS's own use it, and each trusts another principal.
            format!(
                "role {role} is not one of the task's roles: check that it trusts the service which uses it (ecs.amazonaws.com for an infrastructure or service role, ec2.amazonaws.com for an instance role)"
            )
        } else {
            format!(
                "check whether {PRINCIPAL} should assume role {role}, which this task definition does not name, and allow it in the role's trust policy if so"
            )
        };
        return Fix::words(text).run([look]).then_again(case);
    }
    let text = format!(
        "allow {PRINCIPAL} to assume role {role}: add the statement to its trust policy, which the command shows"
    );
    Fix::words(text).run([look]).then_again(case).policy(policy::new_trust(case))
}
