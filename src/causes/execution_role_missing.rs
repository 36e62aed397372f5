//! The role that the task names does not exist.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::name::Kind;
use super::policy;
use super::proof::{Complete, Identity, Proof, Time};
use super::role::{GET_ROLE, RoleView};
use super::{Cause, Explanation, Owner};
use crate::question::Known;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "execution-role-missing",
    title: "the role does not exist",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "ECS could not assume the role because there is no such role: ECS gives the same message for a role that does not trust it.",
        why: "The role was deleted, or recreated under a path or name that the task definition does not have. A role that was created a moment ago might not be known everywhere yet.",
        tell: "The same words as execution-role-untrusted; only IAM can tell the two apart.",
        fix: "Create the role, or name one that exists in a new revision.",
    },
    references: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html"],
    when: |symptom| {
        let of_role = symptom.step == Step::ExecutionRole
            && matches!(symptom.fault, Fault::RoleMissing | Fault::BadReference);
        (symptom.fault == Fault::AssumeRoleDenied || of_role) && !symptom.service_linked
    },
    ask: |case| case.role().iter().flat_map(RoleView::ask).collect(),
    assess,
    examples: &[],
};

/// A role that is none as it is written: registration takes an ARN, and nothing for no role.
fn unwritten(case: &Case<'_>) -> Assessment {
    let definition = case.definition();
    let of = |field, arn: Option<&String>| {
        arn.filter(|arn| !arn.contains(":role/")).map(|arn| (field, arn.clone()))
    };
    let wrong = definition.and_then(|definition| {
        of("executionRoleArn", definition.execution_role_arn.as_ref())
            .or_else(|| of("taskRoleArn", definition.task_role_arn.as_ref()))
    });
    let fix =
        Fix::words("write the role's ARN, or leave the field out where there is none").then_revised(case);
    let Some((field, arn)) = wrong else {
        let said = Assessment::likely("a role of the task definition is not written as a role ARN");
        let unknown = Finding::unknown(
            "which role it is: executionRoleArn or taskRoleArn is empty, or is not a role ARN",
        );
        return said.finding(unknown).findings(case.definition_unknown()).fix(fix);
    };
    let said = if arn.is_empty() {
        format!("{field} is empty")
    } else {
        format!("{field} is {arn}, which is not a role ARN")
    };
    let proof = Proof::by_definition(case, vec![Finding::found(said, DEFINITION)]);
    Assessment::confirmed(format!("{field} is not a role"), proof).fix(fix)
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if case.symptom.fault == Fault::BadReference {
        return Some(unwritten(case));
    }
    let name = case.role_name();
    let role = name.as_ref().map_or("the role".to_owned(), |role| format!("role {role}"));
    let title = format!("{role} does not exist");
    let culprit = Culprit { kind: "role", id: name, references: case.references.clone() };
    let view = case.role();
    if let Some((account, own)) =
        view.as_ref().and_then(RoleView::foreign_account).zip(case.task.account.as_deref())
    {
        let what = vec![Finding::found(
            format!(
                "the role's ARN is of account {account}; a role cannot be passed to a task of account {own}"
            ),
            "task definition",
        )];
        let proof = Proof::by(what, Identity::of_revision(case), Complete::alone(), Time::unchanging());
        let text = format!("name a role of account {own} in a new revision");
        let said = Assessment::confirmed(format!("{role} is another account's"), proof).culprit(culprit);
        return Some(said.fix(Fix::words(text).then_revised(case)));
    }
    if let Some(proof) = view.as_ref().and_then(RoleView::absence) {
        return Some(Assessment::confirmed(title, proof).culprit(culprit).fix(create(case, view.as_ref())));
    }
    match view.as_ref().map_or(Known::NotAsked, RoleView::known) {
        Known::Found(found) if found.create_date.is_some_and(|made| case.is_since(Some(made))) => {
            let made = found
                .create_date
                .map(|made| format!("{role} was created on {made}, after the task failed"))
                .unwrap_or_default();
            let title = format!("{role} did not exist when the task started");
            Some(Assessment::likely(title).culprit(culprit).passed(case, Finding::found(made, GET_ROLE)))
        }
        Known::Found(found) => {
            let what = vec![Finding::found(format!("{role} exists"), GET_ROLE)];
            let identity = view.as_ref().map_or_else(|| Identity::of_revision(case), RoleView::is_meant);
            let proof = Proof::by(what, identity, Complete::alone(), Time::there_by(case, found.create_date));
            Assessment::disproved(format!("{role} exists"), proof)
        }
        other => Some(
            Assessment::possible(title)
                .culprit(culprit)
                .findings(Finding::unanswered("whether the role exists", other))
                .fix(look(case)),
        ),
    }
}

fn look(case: &Case<'_>) -> Fix {
    let role = case.role_name();
    let place = if case.role_of_others().is_some() { "in the service" } else { "in a new revision" };
    let look = case.aws_at_task("iam get-role").name("--role-name", Kind::Role, role.as_deref());
    Fix::words(format!(
        "create role {}, or name one that exists {place}",
        role.as_deref().unwrap_or("<role>")
    ))
    .run([look])
}

fn create(case: &Case<'_>, view: Option<&RoleView<'_>>) -> Fix {
    let Some((arn, view)) = case.own_role().zip(view) else { return look(case) };
    let name = view.name.as_str();
    if let Some(other) = view.namesake().and_then(|role| role.arn.as_deref()) {
        // Its name is taken, whatever the path.
        let text =
            format!("name {other} in a new revision if that role was meant, or a role with another name");
        return Fix::words(text).then_revised(case);
    }
    let is_execution_role = case.execution_role() == Some(arn);
    let path = arn
        .split_once(":role/")
        .and_then(|(_, name)| name.rsplit_once('/'))
        .map(|(path, _)| format!("/{path}/"));
    let trust = policy::new_trust(case);
    let create = case.aws_at_task("iam create-role").name("--role-name", Kind::Role, name).maybe(
        "--path",
        Kind::Path,
        path.as_deref(),
    );
    let create = create.document("--assume-role-policy-document", &trust);
    let managed =
        format!("arn:{}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy", case.own_partition());
    let attach = case.aws_at_task("iam attach-role-policy").name("--role-name", Kind::Role, name).name(
        "--policy-arn",
        Kind::PolicyArn,
        managed.as_str(),
    );
    let rest = if is_execution_role {
        "give it what the task reads in addition to images and logs"
    } else {
        "give it what the containers call"
    };
    Fix::words(format!("create role {name} and {rest}, or name one that exists in a new revision"))
        .run([create].into_iter().chain(is_execution_role.then_some(attach)))
        .then_again(case)
        .policy(trust)
}
