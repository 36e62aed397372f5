//! The registry allows no more pulls for now.

use super::assessment::Assessment;
use super::case::Case;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::ImageName;

pub(super) const CAUSE: Cause = Cause {
    id: "registry-rate-limited",
    title: "the registry's pull rate limit was reached",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The registry counts pulls, and the limit was reached.",
        why: "Docker Hub limits anonymous pulls by address, and all tasks behind one NAT gateway share one address.",
        tell: "The message says `toomanyrequests` or `pull rate limit`.",
        fix: "Log in, mirror the image into ECR, or use a pull-through cache.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html",
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html",
    ],
    when: |symptom| symptom.step == Step::ImagePull && symptom.fault == Fault::Throttled,
    ask: super::nothing,
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "CannotPullContainerError: Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit",
        also: &[],
    }],
};

/// Whether the image is of Docker Hub, which limits who does not log in, and answered at once.
fn is_of_docker_hub(symptom: &Symptom) -> bool {
    let answered = symptom.address.is_none() && symptom.retries.is_none_or(|retries| retries <= 1);
    answered
        && symptom
            .resource
            .as_ref()
            .is_some_and(|image| ImageName::parse(&image.text).registry == "docker.io")
}

fn assess(case: &Case<'_>) -> Assessment {
    let text = "log in to the registry, or pull the image through ECR (a copy, or a pull-through cache)";
    let said = Assessment::likely("the registry's pull rate limit was reached")
        .fix(Fix::words(text).then_again(case));
    if is_of_docker_hub(case.symptom) { said.supported() } else { said }
}
