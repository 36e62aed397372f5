//! The permission stands on the task role instead of the execution role.

use super::case::{Case, DEFINITION, Finding, Fix, Judgement};
use super::command::Command;
use super::{Cause, Explanation, Owner, Verdict};
use crate::arn::Arn;

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
    judge,
    fix,
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let roles = case.definition().and_then(|definition| definition.task_role_arn.as_ref().zip(definition.execution_role_arn.as_ref()));
    let Some((task_role, _)) = roles.filter(|(task, execution)| task != execution) else { return Judgement::unsupported() };
    let name = role_name(task_role);
    Judgement::new(Verdict::Possible, format!("the permission may stand on the task role {name}, which does not count here"))
        .finding(Finding::found(format!("the task has a role of its own, {name}"), DEFINITION))
        .finding(Finding::unknown("whether that role has the permission"))
}

fn fix(case: &Case<'_>) -> Fix {
    let task_role = case.definition().and_then(|definition| definition.task_role_arn.clone());
    let look = task_role.map(|role| Command::new("aws iam list-role-policies").option("--role-name", role_name(&role)).finish());
    Fix { text: "look for the permission on the task role; put it on the execution role".to_owned(), commands: look.into_iter().collect(), policy: None }
}

fn role_name(arn: &str) -> &str {
    Arn::parse(arn).and_then(|arn| arn.role_name()).unwrap_or(arn)
}
