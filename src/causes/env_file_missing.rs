//! The environment file is not in the bucket, or the bucket is not there.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::command::{Command, Part};
use super::fix::Fix;
use super::likeness::nearest;
use super::name::Kind;
use super::object::{File, There};
use super::proof::{Complete, Gap, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::question::facts::Moment;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "env-file-missing",
    title: "the environment file does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "environmentFiles names an object in S3 that is not there, or a bucket that does not exist.",
        why: "The object was never uploaded, its key is misspelled, or the bucket's name is wrong.",
        tell: "The message says `NoSuchKey`, `NoSuchBucket` or `bucket not found`. A missing key without s3:ListBucket reads as 403 instead.",
        fix: "Upload the file, or correct the ARN.",
    },
    references: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html"],
    when: |symptom| {
        symptom.step == Step::EnvFile
            && (symptom.fault == Fault::NotFound
                || (symptom.fault == Fault::AccessDenied && symptom.action.is_none()))
    },
    ask: |case| File::all(case).iter().flat_map(|file| file.ask(case)).collect(),
    assess,
    examples: &[Example {
        text: "Unable to download env file with key env/prod.env from bucket my-bucket, error: operation error S3: GetObject, https response error StatusCode: 404, RequestID: ABCDEF1234567890, HostID: Zx9K+abc/def=, NoSuchKey: The specified key does not exist.",
        also: &["agent-too-old"],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let files = File::all(case);
    let denied = case.symptom.fault == Fault::AccessDenied;
    for file in &files {
        let there = file.there(case);
        if let Some(missing) = file.missing(&there) {
            return Some(gone(case, file, &there, missing));
        }
    }
    let title = format!("{} does not exist", case.named("environment file"));
    let put: Option<Vec<Option<Moment>>> = files
        .iter()
        .map(|file| if let There::Yes(at) = file.there(case) { Some(at) } else { None })
        .collect();
    if let Some(put) = put.filter(|put| !put.is_empty()) {
        if case.forecast {
            return None;
        }
        // The one that was put last decides: the others were there before.
        let last = if put.contains(&None) { None } else { put.into_iter().flatten().max() };
        let when = last.map(|at| format!(", put on {at}")).unwrap_or_default();
        let found = Finding::found(format!("it is there now{when}"), "ListObjectsV2");
        return Some(if denied && !case.is_since(last) {
            let proof = Proof::by(
                vec![found],
                Identity::of_revision(case),
                Complete::alone(),
                Time::since(case, last),
            );
            Assessment::ruled_out(title, proof).fix(Fix::words("see what else refuses the file"))
        } else if case.is_since(last) {
            Assessment::possible(title)
                .passed(case, found)
                .finding(Finding::unknown("whether it was there when the task failed: it was put later"))
        } else {
            Assessment::possible(title).passed(
                case,
                Finding::found(format!("{}: the next task will find it", found.text), "ListObjectsV2"),
            )
        });
    }
    let why = files.iter().find_map(|file| match file.there(case) {
        There::Unknown(Some(why)) => Some(format!(": {why}")),
        _ => None,
    });
    let why = why.unwrap_or_default();
    let unknown = [
        Part::Words("s3://"),
        Part::Name(Kind::Bucket, None),
        Part::Words("/"),
        Part::Name(Kind::ObjectKey, None),
    ];
    let look = case.aws_at_task("s3 ls").argument("", &files.first().map_or(unknown, File::uri));
    let fix = Fix::words("upload the file, or correct the reference in a new revision")
        .run([look])
        .then_again(case);
    Some(match denied {
        _ if case.forecast => return None,
        true if case.supposed => Assessment::possible(title)
            .finding(Finding::unknown(format!("whether it is there{why}")))
            .fix(fix),
        true => Assessment::possible(title)
            .finding(Finding::unknown(format!(
                "whether it is there: without s3:ListBucket a missing object reads as 403{why}"
            )))
            .fix(fix),
        false => Assessment::likely(title)
            .finding(Finding::unknown(format!("what the bucket holds{why}")))
            .findings(case.definition_unknown())
            .fix(fix),
    })
}

/// A file that is not there, or whose bucket is not.
fn gone(case: &Case<'_>, file: &File, there: &There<'_>, missing: Finding) -> Assessment {
    let File { bucket, key, .. } = file;
    // S3 answers 403 for a missing object to a caller that is not authorized to list, and 404 for a missing
    // bucket.
    let time = match there {
        There::NoBucket if case.symptom.fault == Fault::AccessDenied => {
            Err(Gap::new("whether the bucket was there when the task failed, as a refusal says"))
        }
        _ => Time::as_ecs_said(),
    };
    let proof = Proof::by(vec![missing], Identity::of_revision(case), Complete::alone(), time);
    let assessment = |title: String| Assessment::confirmed(title, proof).culprit(file.culprit("env-file"));
    if let There::NoKey(keys) = there {
        let near = nearest(key, keys, |key| Some(key))
            .map(|near| Finding::found(format!("an object whose key {near}"), "ListObjectsV2"));
        // Which local file it is, only a person knows.
        let copy = Command::aws("s3 cp '<local-file>'", file.region(case).or(case.task.region.as_deref()))
            .argument("", &file.uri());
        let text = "upload the file, if the bucket is yours, or correct the reference in a new revision";
        return assessment(format!("environment file {key} does not exist in bucket {bucket}"))
            .findings(near)
            .fix(Fix::words(text).run([copy]).then_again(case));
    }
    let text = format!("name a bucket that exists instead of {bucket} in a new revision");
    assessment(format!("bucket {bucket} does not exist")).fix(Fix::words(text).then_revised(case))
}
