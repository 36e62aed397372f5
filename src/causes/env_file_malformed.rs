//! The reference to the environment file is written wrongly.

use super::case::{Case, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "env-file-malformed",
    title: "the reference to the environment file is wrong",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "environmentFiles takes the ARN of an object in S3 whose key ends in .env, and the value is not one.",
        why: "A bucket name, an s3:// or https:// address stands where the ARN should, or the key climbs out of its directory.",
        tell: "`invalid s3 arn`, `escapes envfile resource directory`.",
        mend: "Write arn:aws:s3:::bucket/key.env.",
    },
    when: |symptom| symptom.step == Step::EnvFile && matches!(symptom.fault, Fault::BadReference | Fault::Misconfigured),
    ask: super::nothing,
    judge,
    fix,
    examples: &[Example {
        text: "Unable to parse bucket and key from s3 ARN specified in environmentFile my-bucket/prod.env, error: invalid s3 arn: my-bucket/prod.env",
        also: &["agent-too-old"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "the one asked for".to_owned());
    Judgement::new(Verdict::Likely, format!("{name} is no reference that ECS can use"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = Vec::new();
    Fix { text: format!("write it as arn:{}:s3:::<bucket>/<key>.env in a new revision{}", case.partition(), case.then_again()), commands, policy: None }
}
