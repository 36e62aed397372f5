//! ECS may not assume the role that the task names.

use super::assessment::{Culprit, Finding, Fix};
use super::case::Case;
use super::execution_role_missing::GET_ROLE;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::policy;
use super::role::RoleView;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::policy_document::{TaskOrigin, Trust, trust};
use crate::question::Known;
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "execution-role-untrusted",
    title: "ECS may not assume the role",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "ECS could not assume a role of the task, so it had no credentials to fetch anything with.",
        why: "The role's trust policy does not name ecs-tasks.amazonaws.com (ec2.amazonaws.com and ecs.amazonaws.com are other services), its `aws:SourceArn` or `aws:SourceAccount` \
              condition shuts this task out, or the role was deleted or never existed.",
        tell: "The text says `unable to assume the role` and names it; whether it is the execution role or the task role shows in the task definition. Such a failure may make no task at all, \
               only an event of the service.",
        mend: "Let ecs-tasks.amazonaws.com assume the role. If the role is missing, create it or name another.",
    },
    when: |symptom| symptom.fault == Fault::AssumeRoleDenied,
    ask: |case| case.role().iter().flat_map(RoleView::ask).collect(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/ecsTaskExecutionRole' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.",
        also: &["execution-role-missing"],
    }],
};

/// The role that ECS makes for itself; nobody may edit its trust.
fn is_service_linked(case: &Case<'_>) -> bool {
    let named = case.symptom.role.as_ref().is_some_and(|role| role.text.contains(":role/aws-service-role/"));
    named || case.symptom.service_linked
}

fn judge(case: &Case<'_>) -> Judgement {
    if is_service_linked(case) {
        return Judgement::new(Verdict::Possible, "ECS may not assume its service-linked role")
            .finding(Finding::unknown("whether the account still has that role"));
    }
    let role = case.role_name();
    let title = format!("ECS may not assume {}", role.as_ref().map_or("a role of the task".to_owned(), |role| format!("role {role}")));
    let culprit = Culprit { kind: "role", id: role, references: roles_named(case) };
    let judgement = |verdict| Judgement::new(verdict, title.clone()).culprit(culprit.clone());
    match trust_of(case) {
        Some(Trust::Untrusted { trusts, .. }) => {
            let instead = if trusts.is_empty() { "nobody".to_owned() } else { trusts.join(", ") };
            judgement(Verdict::Confirmed).finding(Finding::missing(format!("{PRINCIPAL} in the role's trust policy, which trusts {instead}"), GET_ROLE))
        }
        Some(Trust::Excluded { at, unmet, .. }) => {
            let conditions: Vec<String> = unmet.iter().map(ToString::to_string).collect();
            judgement(Verdict::Confirmed)
                .finding(Finding::found(format!("{at} of the trust policy lets {PRINCIPAL}, but not for this task: {}", conditions.join("; ")), GET_ROLE))
        }
        Some(Trust::Denied(at)) => judgement(Verdict::Confirmed).finding(Finding::found(format!("{at} of the trust policy denies {PRINCIPAL}"), GET_ROLE)),
        Some(Trust::Trusted(_)) => judgement(Verdict::Possible).passed(Finding::found(
            format!("the role trusts {PRINCIPAL} now: its trust policy was mended since, or who deployed the task may not pass the role (iam:PassRole)"),
            GET_ROLE,
        )),
        Some(Trust::Unsure(why)) => judgement(Verdict::Possible).finding(Finding::unknown(format!("whether the trust policy lets {PRINCIPAL}: {why}"))),
        None if matches!(case.role().map(|role| role.known()), Some(Known::Missing)) => {
            judgement(Verdict::RuledOut).finding(Finding::missing("the role, so its trust is not the question", GET_ROLE))
        }
        None => {
            let known = case.role().map_or(Known::NotAsked, |role| role.known());
            judgement(Verdict::Possible).findings(Finding::not_told("whether the role exists, and whom it trusts", known)).findings(case.definition_unknown())
        }
    }
}

const PRINCIPAL: &str = "ecs-tasks.amazonaws.com";

/// What the role's trust policy says to this task.
fn trust_of(case: &Case<'_>) -> Option<Trust> {
    let role = case.role()?.known().found()?;
    let origin = TaskOrigin { partition: case.partition(), region: case.task.region.as_deref(), account: case.task.account.as_deref() };
    Some(trust(role.assume_role_policy_document.as_ref()?, &origin))
}

/// Whether it is the execution role or the task role.
fn roles_named(case: &Case<'_>) -> Vec<crate::task_definition::Reference> {
    let Some(named) = &case.symptom.role else { return case.references.clone() };
    let references = case.definition().map(crate::task_definition::TaskDefinition::references).unwrap_or_default();
    references.into_iter().filter(|reference| reference.value_from == named.text).collect()
}

fn fix(case: &Case<'_>) -> Fix {
    if is_service_linked(case) {
        let create = case.aws_at_task("iam create-service-linked-role --aws-service-name ecs.amazonaws.com");
        return Fix::words("make the service-linked role of ECS again if it is gone").run([create]);
    }
    let named = case.role_name();
    let role = named.as_deref().unwrap_or("<role>");
    let on_role = |words| case.aws_at_task(words).name("--role-name", Kind::Role, named.as_deref());
    let look = on_role("iam get-role").words("--query Role.AssumeRolePolicyDocument");
    let trust = trust_of(case);
    if let Some(Trust::Denied(at)) = trust {
        let text = format!("narrow or remove {at} of the trust policy of role {role}; an allow does not help{}", case.then_again());
        return Fix::words(text).run([look]);
    }
    let corrected = match trust {
        Some(Trust::Untrusted { mended, .. } | Trust::Excluded { mended, .. }) => policy::trust(case, mended),
        _ => None,
    };
    if let Some(corrected) = corrected {
        let update = on_role("iam update-assume-role-policy").document("--policy-document", &corrected);
        let text = format!("let {PRINCIPAL} assume role {role} (the command keeps what else it trusts){}", case.then_again());
        return Fix::words(text).run(case.commands([update])).policy(corrected);
    }
    if case.own_role().is_none() {
        let text = format!(
            "see whether {PRINCIPAL} is to assume role {role}, which the task definition at hand does not name, and let it in the role's trust policy if so"
        );
        return Fix::words(format!("{text}{}", case.then_again())).run([look]);
    }
    let text = format!("let {PRINCIPAL} assume role {role}: add the statement to its trust policy, which the command shows{}", case.then_again());
    Fix::words(text).run(case.commands([look])).policy(policy::new_trust(case))
}
