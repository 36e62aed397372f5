//! The service answered, but said: too many requests.

use super::assessment::{Assessment, Finding};
use super::case::{Case, reads_from_aws};
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "service-throttled",
    title: "AWS throttled the call",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The service refused the call because too many came in this account and Region, and the retries of ECS ran out.",
        why: "Many tasks start at once, often a service that crash-loops. Parameter Store allows 40 reads a second unless higher throughput is turned on.",
        tell: "The message says `ThrottlingException: Rate exceeded` or `SlowDown`. The retry count shows how often ECS tried.",
        fix: "It usually passes. If it returns, start fewer tasks at once, turn on higher throughput, or move the values to Secrets Manager.",
    },
    references: &[
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html",
    ],
    when: |symptom| symptom.fault == Fault::Throttled && reads_from_aws(symptom),
    ask: super::nothing,
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-east-1: operation error SSM: GetParameters, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error ThrottlingException: Rate exceeded",
        also: &["recovered-by-itself"],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    let tries = case.symptom.retries.map(|retries| {
        Finding::found(
            format!("ECS tried {retries} time{}", if retries == 1 { "" } else { "s" }),
            "stoppedReason",
        )
    });
    let of_parameters = case.symptom.step == Step::ParameterStore;
    let service = if of_parameters { "Parameter Store" } else { "AWS" };
    let more = of_parameters.then(|| {
        // AWS takes the setting's path in place of its ARN, for the caller's account and Region.
        case.aws("ssm update-service-setting")
            .words("--setting-id /ssm/parameter-store/high-throughput-enabled --setting-value true")
    });
    let text = "wait for the next try; if it returns, start fewer tasks at once or raise the limit (higher throughput is charged)";
    Assessment::likely(format!("{service} throttled the call"))
        .findings(tries)
        .finding(Finding::unknown("who else calls in this account and Region"))
        .fix(Fix::words(text).run(more))
}
