//! The image is not built for the task's platform.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "image-platform-mismatch",
    title: "the image is for another platform",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The image has no variant for the operating system and architecture that the task asks for.",
        why: "It was built on an ARM laptop for an x86 task, or the other way around; runtimePlatform defaults to Linux on x86_64.",
        tell: "The message says `does not contain descriptor matching platform`, `no matching manifest` or `exec format error`.",
        fix: "Build for the task's platform, or set runtimePlatform to the image's.",
    },
    references: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html"],
    when: |symptom| symptom.fault == Fault::PlatformMismatch,
    ask: super::nothing,
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    let platform =
        case.definition().map(|definition| definition.runtime_platform.clone().unwrap_or_default());
    let asked = platform.map(|platform| {
        let (system, architecture) = (platform.operating_system_family, platform.cpu_architecture);
        let given = if system.is_none() && architecture.is_none() { " (the default)" } else { "" };
        let (system, architecture) =
            (system.as_deref().unwrap_or("LINUX"), architecture.as_deref().unwrap_or("X86_64"));
        Finding::found(format!("the task runs on {system}, {architecture}{given}"), DEFINITION)
    });
    let text = "build the image for the task's platform (docker buildx build --platform), or set runtimePlatform in a new revision";
    Assessment::likely("the image is not built for the task's platform")
        .findings(asked)
        .finding(Finding::unknown("which platforms the image has"))
        .fix(Fix::words(text).then_again(case))
}
