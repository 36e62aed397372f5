//! The permission is on the task role instead of the execution role.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::name::Kind;
use super::policy;
use super::proof::{Identity, Proof, Time};
use super::refusal::{
    Refuser, SIMULATION, Simulated, all_whole, is_allowed, is_on_task_role, is_want_of_allow, is_whole,
    refuser,
};
use super::role_permission_missing::is_for_nothing;
use super::{Cause, Explanation, Owner};
use crate::arn::Arn;
use crate::question::Known;
use crate::reason::Step;

pub(super) const CAUSE: Cause = Cause {
    id: "role-permission-on-wrong-role",
    title: "the permission is on the task role instead of the execution role",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The execution role was refused, and the task definition has a task role of its own, on which such permissions are often put by mistake.",
        why: "The two roles are easy to confuse: `taskRoleArn` is for the calls that the containers make, `executionRoleArn` for what ECS fetches before they start. Secrets in the task definition are fetched with the second.",
        tell: "The refused principal is the execution role, and the task role has the permission.",
        fix: "Move the statement to the execution role, or add it there.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html",
    ],
    // On the task role it counts for what an application fetches.
    when: |symptom| symptom.step != Step::SecretSidecar && is_want_of_allow(symptom),
    ask: |case| case.ask_want_of_allow(),
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if is_for_nothing(case) {
        return None;
    }
    let Some(task_role) = case.task_role() else { return unread(case) };
    let name = role_name(&task_role);
    let culprit = Culprit { kind: "role", id: Some(name.to_owned()), references: case.references.clone() };
    let decisions = case.simulated_refusals();
    let lacks: Vec<&Simulated<'_>> =
        decisions.iter().filter(|decision| refuser(decision) == Some(Refuser::NoAllow)).collect();
    if let Some(decision) =
        lacks.first().filter(|_| lacks.iter().all(|decision| is_on_task_role(case, decision)))
    {
        let role = case.role_name().unwrap_or_else(|| "the execution role".to_owned());
        let (call, _) = decision;
        let found = Finding::found(
            format!("the task role {name} is allowed {} on {}", call.action, call.resource),
            SIMULATION,
        );
        let lacking = Finding::missing(
            format!("the same permission on {role}, which ECS uses before the containers start"),
            SIMULATION,
        );
        let complete = is_whole(decision).and_then(|_| case.no_grant_of_resource());
        let proof =
            Proof::by(vec![found, lacking], Identity::of_own_role(case), complete, Time::as_ecs_said());
        let title = format!("the permission is on the task role {name}, not on the execution role {role}");
        return Some(Assessment::confirmed(title, proof).culprit(culprit).fix(fix(case)));
    }
    let of_task_role = case.simulated(Some(task_role.clone()));
    if !of_task_role.is_empty() && of_task_role.iter().all(|(_, known)| known.found().is_some()) {
        if of_task_role.iter().any(is_allowed) {
            return None;
        }
        let none = Finding::missing(format!("the permission on the task role {name}"), SIMULATION);
        let proof =
            Proof::by(vec![none], Identity::of_own_role(case), all_whole(&of_task_role), Time::as_ecs_said());
        return Assessment::disproved(format!("the task role {name} has no such permission either"), proof);
    }
    let own = Finding::found(format!("the task has a role of its own, {name}"), DEFINITION);
    let title = title(case, &format!("the task role {name}"));
    let unknown = case.undecided("whether that role has the permission", &of_task_role);
    Some(Assessment::possible(title).culprit(culprit).finding(own).findings(unknown).fix(fix(case)))
}

/// What is possible as long as the roles of the task were not read.
fn unread(case: &Case<'_>) -> Option<Assessment> {
    let is_unread = matches!(case.definition, Known::NotAsked) && !case.forecast && fetches(case);
    let said = Assessment::possible(title(case, "the task role"));
    let unknown = Finding::unknown(
        "whether the task has a role of its own that has the permission: the task definition was not read",
    );
    is_unread.then(|| said.culprit(case.refused_culprit()).finding(unknown).fix(fix(case)))
}

/// What is supposed says "perhaps" already.
fn title(case: &Case<'_>, role: &str) -> String {
    let is = if case.supposed { "is" } else { "may be" };
    format!("the permission {is} on {role}, which does not count here")
}

/// Whether ECS fetches it for the task with the execution role.
fn fetches(case: &Case<'_>) -> bool {
    super::case::reads_from_aws(case.symptom) && case.user_name().is_none()
}

fn fix(case: &Case<'_>) -> Fix {
    let look = case.task_role_arn().map(|role| {
        case.aws_at_task("iam list-role-policies").name("--role-name", Kind::Role, role_name(role))
    });
    let text =
        "put the permission on the execution role; on the task role it does nothing for what ECS fetches";
    policy::fix_permission(case).reworded(|_| text.to_owned()).after(look)
}

fn role_name(arn: &str) -> &str {
    Arn::parse(arn).and_then(|arn| arn.role_name()).unwrap_or(arn)
}
