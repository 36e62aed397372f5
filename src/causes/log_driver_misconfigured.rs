//! The log configuration cannot work as it is written.

use super::assessment::Fix;
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "log-driver-misconfigured",
    title: "the log configuration is wrong",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The log driver refused its configuration, or FireLens could not make one from it.",
        why: "An option is misspelt or missing, a driver has no plugin on the host, a FireLens type is neither fluentd nor fluentbit, or its configuration file has no value.",
        tell: "The text names the option or the type.",
        mend: "Correct logConfiguration or firelensConfiguration in a new revision.",
    },
    when: |symptom| {
        symptom.step == Step::LogDriver
            && (matches!(symptom.fault, Fault::Misconfigured | Fault::BadReference | Fault::NoSpace)
                || (symptom.fault == Fault::NotFound && symptom.bucket.is_some()))
    },
    ask: super::nothing,
    assess: |case| joined(case, judge, fix),
    examples: &[Example { text: "Invalid firelens configuration type: fluent-bit", also: &[] }],
};

fn judge(_: &Case<'_>) -> Judgement {
    Judgement::new(Verdict::Likely, "the log configuration cannot be used")
}

fn fix(case: &Case<'_>) -> Fix {
    Fix::words(format!("correct the log configuration in a new revision of the task definition{}", case.then_again()))
}
