//! A container that fetches secrets for the others failed.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::container_log::ContainerLog;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step};
use crate::task_definition::ContainerDefinition;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-sidecar-failed",
    title: "the container that fetches the secrets failed",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "Not ECS but a container fetched the secrets (a sidecar, chamber, the Secrets Manager agent), and it failed, so the containers that wait for it never started.",
        why: "Such a container uses the *task* role: a permission on the execution role does nothing for it. Waiting for COMPLETE, which asks for no exit code, hides a failure that SUCCESS would show.",
        tell: "An error in the words of chamber, boto or the agent, or a dependency that did not exit successfully.",
        fix: "See the container's own log; allow the task role what it asks for.",
    },
    references: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html"],
    when: |symptom| {
        symptom.step == Step::SecretSidecar
            && !symptom.is_normal()
            && (symptom.is_of_file()
                || !super::CAUSES
                    .iter()
                    .any(|cause| cause.id != CAUSE.id && cause.id != "unrecognised" && (cause.when)(symptom)))
    },
    ask: |case| log(case).and_then(|log| log.question()).into_iter().collect(),
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "dependency graph: failed to resolve container ordering dependency [aws-secrets-manager-agent(agent:2) (STOPPED->STOPPED) - Exit: 1] for target [app(nginx:1.27) (NONE->RUNNING)] as dependency did not exit successfully.",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    // ECS names the container that others wait for; an application in its log names what it could not fetch.
    let title = match (case.symptom.fault, case.name()) {
        (Fault::Exited, Some(name)) => format!("container {name} failed, and others wait for it"),
        (Fault::Exited, None) => {
            "container that fetches the secrets failed, and others wait for it".to_owned()
        }
        (_, Some(file)) if case.symptom.is_of_file() => {
            format!("the application did not find {file}, from which it reads secrets")
        }
        _ => "the application could not fetch its secrets".to_owned(),
    };
    // Which log that is follows from the definition.
    let unread = || case.waited_for().map(|_| Finding::unknown("what its log says"));
    let said = log(case).map_or_else(unread, |log| log.says());
    Assessment::likely(title).findings(said).fix(fix(case))
}

/// The container's definition.
fn sidecar<'c>(case: &'c Case<'_>) -> Option<&'c ContainerDefinition> {
    let named = case.waited_for()?;
    case.definition()?.containers.iter().find(|container| container.name == named)
}

/// The sidecar's log.
fn log<'c>(case: &'c Case<'_>) -> Option<ContainerLog<'c>> {
    Some(ContainerLog::of(case, sidecar(case)?, case.task.id()?))
}

fn fix(case: &Case<'_>) -> Fix {
    let tail = log(case).and_then(|log| log.tail());
    if case.symptom.is_of_file() {
        let text = "see why the container that should write the file did not, and make the application wait for it (dependsOn, SUCCESS)";
        return Fix::words(text).then_again(case);
    }
    Fix::words("see the log of that container; it uses the task role, not the execution role")
        .run(tail)
        .then_again(case)
}
