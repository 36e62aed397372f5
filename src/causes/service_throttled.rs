//! The service answered, but said: too many requests.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "service-throttled",
    title: "AWS throttled the call",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The service refused the call because too many came in this account and Region, and the retries of ECS ran out.",
        why: "Many tasks start at once, often a service that crash-loops. Parameter Store allows 40 reads a second unless higher throughput is switched on.",
        tell: "`ThrottlingException: Rate exceeded`, `SlowDown`. The retry count shows how often ECS tried.",
        mend: "It usually passes. If it returns, start fewer tasks at once, switch on higher throughput, or move the values to Secrets Manager.",
    },
    when: |symptom| symptom.fault == Fault::Throttled && reads_from_aws(symptom),
    ask: super::nothing,
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-east-1: operation error SSM: GetParameters, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error ThrottlingException: Rate exceeded",
        also: &["recovered-by-itself"],
    }],
};

/// Whether the step is a call to AWS that fetches something for the task; shared with the cause that the service failed.
pub(super) fn reads_from_aws(symptom: &Symptom) -> bool {
    matches!(symptom.step, Step::SecretsManager | Step::ParameterStore | Step::RegistryCredentials | Step::EcrAuth | Step::EnvFile | Step::LogDriver)
}

fn judge(case: &Case<'_>) -> Judgement {
    let tries = case.symptom.retries.map(|retries| Finding::found(format!("ECS tried {retries} time{}", if retries == 1 { "" } else { "s" }), "stoppedReason"));
    let service = if case.symptom.step == Step::ParameterStore { "Parameter Store" } else { "AWS" };
    Judgement::new(Verdict::Likely, format!("{service} throttled the call"))
        .findings(tries)
        .finding(Finding::unknown("who else calls in this account and Region"))
}

fn fix(case: &Case<'_>) -> Fix {
    let more = (case.symptom.step == Step::ParameterStore).then(|| {
        // AWS takes the setting's path in place of its ARN, for the caller's account and Region.
        case.aws("ssm update-service-setting").words("--setting-id /ssm/parameter-store/high-throughput-enabled --setting-value true")
    });
    Fix::words("wait for the next try; if it returns, start fewer tasks at once or raise the limit (higher throughput is charged)").run(more)
}
