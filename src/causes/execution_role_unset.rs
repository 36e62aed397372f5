//! The task definition names no execution role, and the task needs one.

use super::assessment::{Finding, Fix};
use super::case::{Case, DEFINITION};
use super::judgement::{Judgement, joined};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::Known;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "execution-role-unset",
    title: "the task definition names no execution role",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "ECS had to fetch a secret, a registry login or a file with the task's execution role, and the task came without credentials for one.",
        why: "`executionRoleArn` is missing from the task definition; `taskRoleArn` is for the containers' own calls and does not replace it. \
              On EC2 the agent may also lose the credentials for a moment when it restarts (before agent 1.101.2); such a task starts at the next try.",
        tell: "The text says `unable to find execution role credentials`, `engine ecr credentials: not found` or alike. If the task definition does name a role, it was the agent.",
        mend: "Register a revision with `executionRoleArn`. If it has one, update the agent and start the task again.",
    },
    when: |symptom| symptom.step == Step::ExecutionRole && symptom.fault == Fault::RoleMissing,
    ask: super::nothing,
    assess: |case| joined(case, judge, fix),
    examples: &[
        Example { text: "ASM secret resource: unable to find execution role credentials", also: &["agent-too-old", "execution-role-missing"] },
        Example { text: "CannotPullECRContainerError: engine ecr credentials: not found", also: &["agent-too-old", "execution-role-missing"] },
    ],
};

fn judge(case: &Case<'_>) -> Judgement {
    match case.definition() {
        Some(definition) => match &definition.execution_role_arn {
            None => Judgement::new(Verdict::Confirmed, "the task definition names no execution role").finding(Finding::missing("executionRoleArn", DEFINITION)),
            Some(role) if matches!(case.role().map(|role| role.known()), Some(Known::Missing)) => {
                Judgement::new(Verdict::RuledOut, "the task definition names an execution role")
                    .finding(Finding::found(format!("executionRoleArn {role}"), DEFINITION))
            }
            Some(role) => Judgement::new(Verdict::Possible, "the ECS agent had no credentials for the execution role")
                .finding(Finding::found(format!("the task definition names {role}, so a restart of the agent is the likelier reason"), DEFINITION)),
        },
        None => Judgement::new(Verdict::Likely, "the task has no execution role").findings(case.definition_unknown()),
    }
}

fn fix(case: &Case<'_>) -> Fix {
    let names_one = case.definition().is_some_and(|definition| definition.execution_role_arn.is_some());
    let text = if names_one {
        "start the task again; if it happens again, update the ECS agent to 1.101.2 or later"
    } else {
        "set executionRoleArn in a new revision of the task definition, and use that revision"
    };
    Fix::words(text).run(if names_one { case.commands([]) } else { Vec::new() })
}
