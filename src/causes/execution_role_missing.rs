//! The role that the task names does not exist.

use super::case::{Case, Culprit, Finding, Fix, Judgement};
use super::command::Command;
use super::{Cause, Explanation, Owner, Verdict};
use crate::reason::Fault;

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
    when: |symptom| symptom.fault == Fault::AssumeRoleDenied && !symptom.service_linked,
    judge,
    fix,
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let role = case.role_name().map_or("the role".to_owned(), |role| format!("role {role}"));
    Judgement::new(Verdict::Possible, format!("{role} does not exist"))
        .culprit(Culprit { kind: "role", id: case.role_name(), references: case.references.clone() })
        .finding(Finding::unknown("whether the role exists"))
}

fn fix(case: &Case<'_>) -> Fix {
    let role = case.role_name().unwrap_or_else(|| "<role>".to_owned());
    let look = Command::new("aws iam get-role").option("--role-name", &role).finish();
    Fix { text: format!("create role {role}, or name one that exists in a new revision"), commands: vec![look], policy: None }
}
