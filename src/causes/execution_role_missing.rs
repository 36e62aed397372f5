//! The role that the task names does not exist.

use super::assessment::{Culprit, Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::policy;
use super::role::RoleView;
use super::{Cause, Explanation, Owner, Verdict};
use crate::question::Known;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "execution-role-missing",
    title: "the role does not exist",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "ECS could not assume the role because there is no such role: ECS words it like a role that does not trust it.",
        why: "The role was deleted, or made again under a path or name that the task definition does not have. A role made a moment ago may not be known everywhere yet.",
        tell: "The same words as execution-role-untrusted; only IAM can tell the two apart.",
        mend: "Create the role, or name one that exists in a new revision.",
    },
    when: |symptom| {
        (symptom.fault == Fault::AssumeRoleDenied || symptom.step == Step::ExecutionRole && symptom.fault == Fault::RoleMissing) && !symptom.service_linked
    },
    ask: |case| case.role().iter().flat_map(RoleView::ask).collect(),
    assess: |case| joined(case, judge, fix),
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let role = case.role_name().map_or("the role".to_owned(), |role| format!("role {role}"));
    let judgement = |verdict| {
        Judgement::new(verdict, format!("{role} does not exist")).culprit(Culprit { kind: "role", id: case.role_name(), references: case.references.clone() })
    };
    match case.role().map_or(Known::NotAsked, |role| role.known()) {
        Known::Missing => judgement(Verdict::Confirmed).finding(Finding::missing(role, GET_ROLE)),
        Known::Found(found) => {
            judgement(Verdict::RuledOut).finding(match found.create_date.filter(|made| case.task.stopped_at.is_some_and(|at| made.0 > at)) {
                Some(made) => Finding::found(format!("{role} exists; it was made on {made}, after the task failed"), GET_ROLE),
                None => Finding::found(format!("{role} exists"), GET_ROLE),
            })
        }
        other => judgement(Verdict::Possible).findings(Finding::not_told("whether the role exists", other)),
    }
}

/// How a role is cited.
pub(super) const GET_ROLE: &str = "GetRole";

fn fix(case: &Case<'_>) -> Fix {
    let role = case.role_name();
    let name = role.as_deref().unwrap_or("<role>");
    let proved = matches!(case.role().map(|role| role.known()), Some(Known::Missing));
    let Some(arn) = case.own_role().filter(|_| proved) else {
        let look = case.aws_at_task("iam get-role").name("--role-name", Kind::Role, role.as_deref());
        return Fix::words(format!("create role {name}, or name one that exists in a new revision")).run([look]);
    };
    let is_execution_role = case.execution_role() == Some(arn);
    let path = arn.split_once(":role/").and_then(|(_, name)| name.rsplit_once('/')).map(|(path, _)| format!("/{path}/"));
    let trust = policy::new_trust(case);
    let create = case.aws_at_task("iam create-role").name("--role-name", Kind::Role, name).maybe("--path", Kind::Path, path.as_deref());
    let create = create.document("--assume-role-policy-document", &trust);
    let managed = format!("arn:{}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy", case.own_partition());
    let attach = case.aws_at_task("iam attach-role-policy").name("--role-name", Kind::Role, name).name("--policy-arn", Kind::PolicyArn, managed.as_str());
    let rest = if is_execution_role { "give it what the task reads besides images and logs" } else { "give it what the containers call" };
    Fix::words(format!("create role {name} and {rest}, or name one that exists in a new revision{}", case.then_again()))
        .run(case.commands([create].into_iter().chain(is_execution_role.then_some(attach))))
        .policy(trust)
}
