//! The service answered with an error of its own.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "service-unavailable",
    title: "the AWS service failed",
    owner: Owner::Aws,
    explanation: Explanation {
        what: "The service was reached and failed by itself: an internal error, an empty answer, or status 500 or 503.",
        why: "Faults of AWS, mostly short.",
        tell: "The message says `InternalServiceError`, `InternalServerError`, `StatusCode: 500`, `StatusCode: 503` or `empty response`. Several workloads at once point at the Region.",
        fix: "Nothing here; the next try succeeds when the service does. See the AWS Health Dashboard.",
    },
    references: &["https://docs.aws.amazon.com/health/latest/ug/what-is-aws-health.html"],
    when: |symptom| symptom.fault == Fault::ServiceError && super::case::reads_from_aws(symptom),
    ask: super::nothing,
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "Secret arn:aws:secretsmanager:us-west-2:111122223333:secret:orders/db-AbC123: operation error Secrets Manager: GetSecretValue, exceeded maximum number of attempts, 3, https response error StatusCode: 500, RequestID: 9d1f0c52-3f6b-4a57-8c41-5d0e7b2a6c13, InternalServiceError: An error occurred on the server side.",
        also: &["recovered-by-itself"],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    let request = case
        .symptom
        .request_id
        .as_ref()
        .map(|id| Finding::found(format!("AWS's request id {}", id.text), "stoppedReason"));
    let fix =
        Fix::words("wait for the next try; see the AWS Health Dashboard if it lasts").run(case.start_again());
    Assessment::likely("the AWS service failed by itself")
        .findings(request)
        .finding(Finding::unknown("whether the fault lasts"))
        .fix(fix)
}
