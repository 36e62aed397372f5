//! The task definition names no execution role, and the task needs one.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::proof::{Complete, Identity, Proof, Time};
use super::role::RoleView;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "execution-role-unset",
    title: "the task definition names no execution role",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "ECS had to fetch a secret, a registry login or a file with the task's execution role, and the task came without credentials for one.",
        why: "`executionRoleArn` is missing from the task definition; `taskRoleArn` is for the containers' own calls and does not replace it. \
              On EC2 the agent may also lose the credentials for a moment when it restarts (before agent 1.101.2); such a task starts at the next try.",
        tell: "The message says `unable to find execution role credentials`, `engine ecr credentials: not found` or similar. If the task definition does name a role, it was the agent.",
        fix: "Register a revision with `executionRoleArn`. If it has one, update the agent and start the task again.",
    },
    references: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html"],
    when: |symptom| symptom.step == Step::ExecutionRole && symptom.fault == Fault::RoleMissing,
    ask: super::nothing,
    assess,
    examples: &[
        Example {
            text: "ASM secret resource: unable to find execution role credentials",
            also: &["agent-too-old", "execution-role-missing"],
        },
        Example {
            text: "CannotPullECRContainerError: engine ecr credentials: not found",
            also: &["agent-too-old", "execution-role-missing"],
        },
    ],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let named = case.execution_role();
    let unchanging =
        |what| Proof::by(vec![what], Identity::of_revision(case), Complete::alone(), Time::unchanging());
    let Some(role) = named else {
        let set = "set executionRoleArn in a new revision of the task definition";
        return Some(match case.definition() {
            Some(_) => Assessment::confirmed(
                "the task definition names no execution role",
                unchanging(Finding::missing("executionRoleArn", DEFINITION)),
            ),
            None => Assessment::likely("the task has no execution role").findings(case.definition_unknown()),
        })
        .map(|said| said.fix(Fix::words(set).then_revised(case)));
    };
    let is_overridden = case.task.execution_role.is_some();
    let (whose, source) = if is_overridden {
        ("the task was started with", "event")
    } else {
        ("the task definition names", DEFINITION)
    };
    let found = Finding::found(format!("{whose} executionRoleArn {role}"), source);
    if case.role().as_ref().and_then(RoleView::absence).is_some() {
        return Assessment::disproved(format!("{whose} an execution role"), unchanging(found));
    }
    let again = "start the task again; if it fails in the same way, update the ECS agent to 1.101.2 or later";
    Some(
        Assessment::possible("the ECS agent had no credentials for the execution role")
            .finding(Finding::found(
                format!("{whose} {role}, so a restart of the agent is the likelier reason"),
                source,
            ))
            .fix(Fix::words(again).run(case.start_again())),
    )
}
