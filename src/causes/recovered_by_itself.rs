//! The credentials of the moment were not good; the next try usually is.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "recovered-by-itself",
    title: "the credentials in use had expired or were not known yet",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "AWS refused the credentials with which ECS called: expired, not known, or signed at the wrong time.",
        why: "An agent that was just restarted or resumed, a role made a moment ago, a host whose clock is off. ECS gets new credentials by itself.",
        tell: "`ExpiredTokenException`, `UnrecognizedClientException`, `InvalidSignatureException`. If later tasks start, it is over; if all fail on one host, look at its clock.",
        mend: "Start the task again. If it returns on one host, set its clock and update its agent.",
    },
    when: |symptom| symptom.fault == Fault::BadCredentials && !matches!(symptom.step, Step::ImagePull | Step::EfsVolume | Step::FsxVolume | Step::Volume),
    judge,
    fix,
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-west-2: operation error SSM: GetParameters, https response error StatusCode: 400, RequestID: c07b7c1e-64f2-4b6d-9a58-2f3e1d0c9b8a, api error ExpiredTokenException: The security token included in the request is expired",
        also: &[],
    }],
};

fn judge(_: &Case<'_>) -> Judgement {
    Judgement::new(Verdict::Possible, "the credentials that ECS used were not valid at that moment").finding(Finding::unknown("whether a later task started"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = case.commands([]);
    Fix {
        text: format!("start the task again; if one host keeps failing, set its clock and update its ECS agent{}", case.then_again()),
        commands,
        policy: None,
    }
}
