//! The registry allows no more pulls for now.

use super::assessment::Fix;
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "registry-rate-limited",
    title: "the registry's pull rate limit was reached",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The registry counts pulls, and the limit was reached.",
        why: "Docker Hub limits anonymous pulls by address, and all tasks behind one NAT gateway share one address.",
        tell: "`toomanyrequests`, `pull rate limit`.",
        mend: "Log in, mirror the image into ECR, or use a pull-through cache.",
    },
    when: |symptom| symptom.step == Step::ImagePull && symptom.fault == Fault::Throttled,
    ask: super::nothing,
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "CannotPullContainerError: Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit",
        also: &[],
    }],
};

fn judge(_: &Case<'_>) -> Judgement {
    Judgement::new(Verdict::Likely, "the registry's pull rate limit was reached")
}

fn fix(case: &Case<'_>) -> Fix {
    Fix::words(format!("log in to the registry, or pull the image through ECR (a copy, or a pull-through cache){}", case.then_again()))
}
