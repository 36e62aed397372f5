//! The environment file is not in the bucket, or the bucket is not there.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "env-file-missing",
    title: "the environment file does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "environmentFiles names an object in S3 that is not there, or a bucket that does not exist.",
        why: "The object was never uploaded, its key is spelled otherwise, or the bucket's name is wrong.",
        tell: "`NoSuchKey`, `NoSuchBucket`, `bucket not found`. A missing key without s3:ListBucket reads as 403 instead.",
        mend: "Upload the file, or correct the ARN.",
    },
    when: |symptom| symptom.step == Step::EnvFile && (symptom.fault == Fault::NotFound || (symptom.fault == Fault::AccessDenied && symptom.action.is_none())),
    judge,
    fix,
    examples: &[Example {
        text: "Unable to download env file with key env/prod.env from bucket my-bucket, error: operation error S3: GetObject, https response error StatusCode: 404, RequestID: ABCDEF1234567890, HostID: Zx9K+abc/def=, NoSuchKey: The specified key does not exist.",
        also: &["agent-too-old"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let title = case.name().map_or("an environment file does not exist".to_owned(), |name| format!("environment file {name} does not exist"));
    if case.symptom.fault == Fault::AccessDenied {
        return Judgement::new(Verdict::Possible, title).finding(Finding::unknown("whether it is there: without s3:ListBucket a missing object reads as 403"));
    }
    Judgement::new(Verdict::Likely, title).finding(Finding::unknown("what the bucket holds")).findings(case.definition_unknown())
}

fn fix(case: &Case<'_>) -> Fix {
    let uri = case
        .references
        .first()
        .map_or("s3://<bucket>/<key>".to_owned(), |reference| format!("s3://{}", reference.value_from.rsplit(":::").next().unwrap_or(&reference.value_from)));
    let look = case.aws("s3 ls").argument(&uri).finish();
    Fix { text: format!("upload the file, or correct the reference in a new revision{}", case.then_again()), commands: case.commands([look]), policy: None }
}
