//! The permission stands on the task role instead of the execution role.

use super::assessment::{Culprit, Finding, Fix};
use super::case::{Case, DEFINITION};
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::role_permission_missing::{SIMULATION, asked, refused};
use super::{Cause, Explanation, Owner, Verdict};
use crate::arn::Arn;
use crate::question::facts::Simulation;

pub(super) const CAUSE: Cause = Cause {
    id: "role-permission-on-wrong-role",
    title: "the permission stands on the task role, not on the execution role",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The execution role was refused, and the task definition has a task role of its own, on which such permissions are often put by mistake.",
        why: "Two roles look alike: `taskRoleArn` is for the calls that the containers make, `executionRoleArn` for what ECS fetches before they start. Secrets in the task definition are fetched with the second.",
        tell: "The refused principal is the execution role, and the task role has the permission.",
        mend: "Move the statement to the execution role, or add it there.",
    },
    when: super::role_permission_missing::claims,
    ask: |case| case.ask_refusal(),
    assess: |case| joined(case, judge, fix),
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(task_role) = case.task_role() else { return Judgement::unsupported() };
    let name = role_name(&task_role);
    let culprit = Culprit { kind: "role", id: Some(name.to_owned()), references: case.references.clone() };
    let of_task_role = case.simulated(Some(task_role.clone()));
    let allowed = refused(&of_task_role, |simulation| simulation.eval_decision == "allowed");
    let decisions = case.simulated_refusals();
    match (refused(&decisions, Simulation::is_implicit_deny), allowed) {
        (Some((call, _)), Some(_)) => {
            let role = case.role_name().unwrap_or_else(|| "the execution role".to_owned());
            Judgement::new(Verdict::Confirmed, format!("the permission stands on the task role {name}, not on the execution role {role}"))
                .culprit(culprit)
                .finding(Finding::found(format!("the task role {name} is allowed {} on {}", call.action, call.resource), SIMULATION))
                .finding(Finding::missing(format!("the same permission on {role}, which ECS uses before the containers start"), SIMULATION))
        }
        (_, None) if of_task_role.iter().any(|(_, known)| known.found().is_some()) => {
            Judgement::new(Verdict::RuledOut, format!("the task role {name} has no such permission either"))
                .finding(Finding::missing(format!("the permission on the task role {name}"), SIMULATION))
        }
        (None, Some(_)) if decisions.iter().any(|(_, known)| known.found().is_some()) => Judgement::unsupported(),
        _ => Judgement::new(Verdict::Possible, format!("the permission may stand on the task role {name}, which does not count here"))
            .culprit(culprit)
            .finding(Finding::found(format!("the task has a role of its own, {name}"), DEFINITION))
            .findings(Finding::not_told("whether that role has the permission", asked(case, &of_task_role))),
    }
}

fn fix(case: &Case<'_>) -> Fix {
    let look = case.task_role_arn().map(|role| case.aws_at_task("iam list-role-policies").name("--role-name", Kind::Role, role_name(role)));
    let on_execution_role = super::role_permission_missing::fix(case);
    let text = format!("put the permission on the execution role; on the task role it does nothing for what ECS fetches{}", case.then_again());
    Fix { text, commands: look.into_iter().chain(on_execution_role.commands).collect(), ..on_execution_role }
}

fn role_name(arn: &str) -> &str {
    Arn::parse(arn).and_then(|arn| arn.role_name()).unwrap_or(arn)
}
