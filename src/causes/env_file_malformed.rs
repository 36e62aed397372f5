//! The reference to the environment file is malformed.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::proof::Proof;
use super::{Cause, Example, Explanation, Owner};
use crate::arn::Arn;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "env-file-malformed",
    title: "the reference to the environment file is wrong",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "environmentFiles takes the ARN of an object in S3 whose key ends in .env, and the value is not one.",
        why: "A bucket name, an s3:// or https:// address was written instead of the ARN, or the key leaves its directory (`..`).",
        tell: "The message says `invalid s3 arn` or `escapes envfile resource directory`.",
        fix: "Write arn:aws:s3:::bucket/key.env.",
    },
    references: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html"],
    when: |symptom| {
        symptom.step == Step::EnvFile && matches!(symptom.fault, Fault::BadReference | Fault::Misconfigured)
    },
    ask: super::nothing,
    assess,
    examples: &[Example {
        text: "Unable to parse bucket and key from s3 ARN specified in environmentFile my-bucket/prod.env, error: invalid s3 arn: my-bucket/prod.env",
        also: &["agent-too-old"],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let malformed =
        case.references.iter().find_map(|reference| Some((reference, malformation(&reference.value_from)?)));
    let text = format!("write it as arn:{}:s3:::<bucket>/<key>.env in a new revision", case.partition());
    let fix = Fix::words(text).then_revised(case);
    let title = |name: &str| format!("{name} is not a reference that ECS can use");
    match malformed {
        Some((reference, problem)) => {
            let proof = Proof::by_definition(case, vec![Finding::found(problem, DEFINITION)]);
            Some(Assessment::confirmed(title(&reference.value_from), proof).fix(fix))
        }
        None if case.forecast => None,
        None => {
            let name = case.name().unwrap_or_else(|| "the value for the environment file".to_owned());
            Some(Assessment::likely(title(&name)).findings(case.definition_unknown()).fix(fix))
        }
    }
}

/// What is wrong with an environment file's reference.
fn malformation(value: &str) -> Option<String> {
    let Some(arn) = Arn::parse(value) else {
        return Some(format!(
            "{value} is not an ARN; a file is named by arn:<partition>:s3:::<bucket>/<key>"
        ));
    };
    match arn.resource.split_once('/') {
        _ if arn.service != "s3" => Some(format!("{value} is an ARN of {}, not of S3", arn.service)),
        None | Some((_, "")) => Some(format!("{value} names a bucket and no file in it")),
        Some((_, key)) if key.split('/').any(|part| part == "..") => {
            Some(format!("{key} points outside the directory for such files"))
        }
        Some((_, key)) if key.rsplit_once('.').is_none_or(|(_, ending)| ending != "env") => {
            Some(format!("{key} does not end in .env"))
        }
        Some(_) => None,
    }
}
