//! The application looked for credentials of its own, and found none.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner, nothing};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "task-role-unset",
    title: "the application had no valid credentials",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The application in the container fetched its secrets itself, and had no credentials to call with, or none that were taken.",
        why: "The task definition names no `taskRoleArn`; the execution role is for ECS and never reaches the containers. \
              Or the program does not see where ECS offers the credentials: something cleared its environment, or its SDK is too old to look there.",
        tell: "The container's log says `Unable to locate credentials`, `Could not load credentials from any providers`, `no valid providers in chain` or similar.",
        fix: "Set `taskRoleArn`. Where it is set, see that the program keeps the variable AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, and update its SDK.",
    },
    references: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html"],
    when: |symptom| {
        matches!(symptom.step, Step::Container | Step::SecretSidecar)
            && matches!(symptom.fault, Fault::BadCredentials | Fault::RoleMissing)
    },
    ask: nothing,
    assess: |case| Some(assess(case)),
    examples: &[Example { text: "Unable to download secrets\nDoppler Error: Invalid Auth token", also: &[] }],
};

fn assess(case: &Case<'_>) -> Assessment {
    if case.symptom.step == Step::SecretSidecar {
        // AWS may have refused them, or another store of secrets.
        return Assessment::possible("the application had no valid credentials for its secrets").fix(Fix::words(
            "see which credentials the program uses: for AWS those of the task role, elsewhere the token that it was given",
        ));
    }
    let Some(definition) = case.definition() else {
        return Assessment::likely("the application found no AWS credentials")
            .findings(case.definition_unknown())
            .fix(Fix::words("set taskRoleArn in a new revision, if the task definition names none"));
    };
    let role = case.task.task_role.as_ref().or(definition.task_role_arn.as_ref());
    match role {
        None => Assessment::likely("the task definition names no task role")
            .supported()
            .finding(Finding::missing("taskRoleArn", DEFINITION))
            .finding(Finding::unknown("whether the application was to get credentials in another way"))
            .fix(Fix::words("set taskRoleArn to a role that trusts ecs-tasks.amazonaws.com and allows what the application calls; the execution role is not given to it")),
        Some(role) => Assessment::likely("the application did not find the credentials of its task role")
            .finding(Finding::found(format!("the task has the task role {role}"), DEFINITION))
            .finding(Finding::unknown("whether the program sees AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, and how old its SDK is"))
            .fix(Fix::words("start the program without clearing its environment (su, sudo, env -i and cron do), without AWS_PROFILE, and with an SDK that knows the credentials of ECS tasks")),
    }
}
