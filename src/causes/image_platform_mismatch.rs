//! The image is not built for the task's platform.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "image-platform-mismatch",
    title: "the image is for another platform",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The image has no variant for the operating system and architecture that the task asks for.",
        why: "It was built on an ARM laptop for an x86 task, or the other way round; runtimePlatform defaults to Linux on x86_64.",
        tell: "`does not contain descriptor matching platform`, `no matching manifest`, `exec format error`.",
        mend: "Build for the task's platform, or set runtimePlatform to the image's.",
    },
    when: |symptom| symptom.fault == Fault::PlatformMismatch,
    ask: super::nothing,
    assess: |case| joined(case, judge, fix),
    examples: &[Example { text: "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'", also: &[] }],
};

fn judge(_: &Case<'_>) -> Judgement {
    Judgement::new(Verdict::Likely, "the image is not built for the task's platform").finding(Finding::unknown("which platforms the image has"))
}

fn fix(case: &Case<'_>) -> Fix {
    let text = "build the image for the task's platform (docker buildx build --platform), or set runtimePlatform in a new revision";
    Fix::words(format!("{text}{}", case.then_again()))
}
