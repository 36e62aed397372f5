//! The role that the task names does not exist.

use serde_json::json;

use super::case::{Case, Culprit, Finding, Fix, Judgement};
use super::command::Command;
use super::look::RoleView;
use super::{Cause, Explanation, Owner, Verdict};
use crate::arn::Arn;
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
    judge,
    fix,
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
    let role = case.role_name().unwrap_or_else(|| "<role>".to_owned());
    let proved = matches!(case.role().map(|role| role.known()), Some(Known::Missing));
    if !proved {
        let look = Command::new("aws iam get-role").option("--role-name", &role).finish();
        return Fix { text: format!("create role {role}, or name one that exists in a new revision"), commands: vec![look], policy: None, ..Fix::default() };
    }
    let is_named = |arn: &Option<String>| arn.as_deref().and_then(Arn::parse).and_then(|arn| arn.role_name()) == Some(role.as_str());
    let is_execution_role = case.definition().is_none_or(|definition| is_named(&definition.execution_role_arn));
    let arn = case.role().and_then(|role| role.arn()).or_else(|| case.symptom.role.as_ref().map(|named| named.text.clone()));
    let path = arn.as_deref().and_then(|arn| arn.split_once(":role/")?.1.rsplit_once('/')).map(|(path, _)| format!("/{path}/"));
    let mut trust =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    if let Some(account) = &case.task.account {
        trust["Statement"][0]["Condition"] = json!({"StringEquals": {"aws:SourceAccount": account}});
    }
    let create = Command::new("aws iam create-role").option("--role-name", &role).maybe("--path", path.as_deref());
    let create = create.option("--assume-role-policy-document", &trust.to_string()).finish();
    let managed = format!("arn:{}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy", case.partition());
    let attach = Command::new("aws iam attach-role-policy").option("--role-name", &role).option("--policy-arn", &managed).finish();
    let rest = if is_execution_role { "give it what the task reads besides images and logs" } else { "give it what the containers call" };
    Fix {
        text: format!("create role {role} and {rest}, or name one that exists in a new revision{}", case.then_again()),
        commands: case.commands([create].into_iter().chain(is_execution_role.then_some(attach))),
        policy: Some(trust),
        ..Fix::default()
    }
}
