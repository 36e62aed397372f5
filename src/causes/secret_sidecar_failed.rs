//! A container that fetches secrets for the others failed.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::question::{Known, Question, ask};
use crate::reason::{self, Fault, Heard, Step};
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
            && !super::CAUSES
                .iter()
                .any(|cause| cause.id != CAUSE.id && cause.id != "unrecognised" && (cause.when)(symptom))
    },
    ask: |case| log_question(case).into_iter().map(Into::into).collect(),
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
        _ => "the application could not fetch its secrets".to_owned(),
    };
    let lines = log_question(case).map_or(Known::NotAsked, |question| case.look(&question));
    let told =
        lines.found().and_then(|lines| reason::read_log(lines.iter().map(|line| line.message.as_str())));
    // A line may hold anything that the container printed: only the words that were recognized are for
    // everybody.
    let words = |Heard { text, symptom, .. }: Heard| {
        let words = text.get(symptom.span.clone()).unwrap_or_default().trim();
        Finding::found(format!("its log says {}/{}: {words}", symptom.step, symptom.fault), GET_LOG)
    };
    let last = match (told, lines.found().map(Vec::len)) {
        (Some(told), _) => Some(words(told)),
        (None, Some(0)) => Some(Finding::unknown("what its log says: no line came back")),
        (None, Some(read)) => Some(Finding::found(
            format!("none of the last {read} lines of its log is recognized; the command shows them"),
            GET_LOG,
        )),
        (None, None) => Finding::not_told("what its log says", lines),
    };
    Assessment::likely(title).findings(last).fix(fix(case))
}

const GET_LOG: &str = "GetLogEvents";

/// The container's definition.
fn sidecar<'c>(case: &'c Case<'_>) -> Option<&'c ContainerDefinition> {
    let named = case.waited_for()?;
    case.definition()?.containers.iter().find(|container| container.name == named)
}

/// The question after the sidecar's log.
fn log_question(case: &Case<'_>) -> Option<ask::LogLines> {
    Question::log_of(sidecar(case)?, case.task.id()?, case.own_region())
}

fn fix(case: &Case<'_>) -> Fix {
    let tail = log_question(case).map(|asked| Command::tail(&asked));
    Fix::words("see the log of that container; it uses the task role, not the execution role")
        .run(tail)
        .then_again(case)
}
