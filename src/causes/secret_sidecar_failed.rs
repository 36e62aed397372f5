//! A container that fetches secrets for the others failed.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::Step;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-sidecar-failed",
    title: "the container that fetches the secrets failed",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "Not ECS but a container fetched the secrets (a sidecar, chamber, the Secrets Manager agent), and it failed, so the containers that wait for it never started.",
        why: "Such a container uses the *task* role: a permission on the execution role does nothing for it. Waiting for COMPLETE, which asks for no exit code, hides a failure that SUCCESS would show.",
        tell: "An error in the words of chamber, boto or the agent, or a dependency that did not exit successfully.",
        mend: "See the container's own log; allow the task role what it asks for.",
    },
    when: |symptom| {
        symptom.step == Step::SecretSidecar
            && !symptom.is_normal()
            && !super::CAUSES.iter().any(|cause| cause.id != CAUSE.id && cause.id != "unrecognised" && (cause.when)(symptom))
    },
    ask: super::nothing,
    judge,
    fix,
    examples: &[Example {
        text: "dependency graph: failed to resolve container ordering dependency [aws-secrets-manager-agent(agent:2) (STOPPED->STOPPED) - Exit: 1] for target [app(nginx:1.27) (NONE->RUNNING)] as dependency did not exit successfully.",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "of the sidecar".to_owned());
    Judgement::new(Verdict::Likely, format!("container {name} failed, and others wait for it")).finding(Finding::unknown("what its log says"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = Vec::new();
    Fix { text: format!("see the log of that container; it uses the task role, not the execution role{}", case.then_again()), commands, policy: None }
}
