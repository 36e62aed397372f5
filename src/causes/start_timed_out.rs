//! Something before the start took longer than it may.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "start-timed-out",
    title: "a step before the start took too long",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "ECS or the container runtime gave up waiting for a step before the start.",
        why: "A large image over a slow path, a busy or throttled disk, a Docker daemon that hangs.",
        tell: "The message says `timed out after waiting`, `inactivity time exceeded timeout` or `Could not transition to`.",
        fix: "Check how large the image is and how busy the host is. A blocked network shows as a connection timeout instead.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
    ],
    when: |symptom| {
        symptom.fault == Fault::TimedOut && matches!(symptom.step, Step::ImagePull | Step::Unknown)
    },
    ask: super::nothing,
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "DockerTimeoutError: Could not transition to pulled; timed out after waiting 2h0m0s",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    let fix = Fix::words("check the size of the image and the load of the host").then_again(case);
    let unknown = Finding::unknown("which fetch it was, and how busy the host is");
    Assessment::likely("a step before the start took too long").finding(unknown).fix(fix)
}
