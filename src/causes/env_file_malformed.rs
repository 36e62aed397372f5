//! The reference to the environment file is written wrongly.

use super::assessment::{Finding, Fix};
use super::case::{Case, DEFINITION};
use super::judgement::{Judgement, joined};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::arn::Arn;
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
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "Unable to parse bucket and key from s3 ARN specified in environmentFile my-bucket/prod.env, error: invalid s3 arn: my-bucket/prod.env",
        also: &["agent-too-old"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "the one asked for".to_owned());
    let title = format!("{name} is no reference that ECS can use");
    match case.references.iter().find_map(|reference| malformation(&reference.value_from)) {
        Some(problem) => Judgement::new(Verdict::Confirmed, title).finding(Finding::found(problem, DEFINITION)),
        None => Judgement::new(Verdict::Likely, title).findings(case.definition_unknown()),
    }
}

/// What is wrong with an environment file's reference.
fn malformation(value: &str) -> Option<String> {
    let Some(arn) = Arn::parse(value) else { return Some(format!("{value} is no ARN; a file is named by arn:<partition>:s3:::<bucket>/<key>")) };
    match arn.resource.split_once('/') {
        _ if arn.service != "s3" => Some(format!("{value} is an ARN of {}, not of S3", arn.service)),
        None => Some(format!("{value} names a bucket and no file in it")),
        Some((_, key)) if key.split('/').any(|part| part == "..") => Some(format!("{key} leads out of the directory for such files")),
        Some((_, key)) if key.rsplit_once('.').is_none_or(|(_, ending)| ending != "env") => Some(format!("{key} does not end in .env")),
        Some(_) => None,
    }
}

fn fix(case: &Case<'_>) -> Fix {
    Fix::words(format!("write it as arn:{}:s3:::<bucket>/<key>.env in a new revision{}", case.partition(), case.then_again()))
        .run(case.commands_for_revision([]))
}
