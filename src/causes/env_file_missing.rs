//! The environment file is not in the bucket, or the bucket is not there.

use super::assessment::{Culprit, Finding, Fix};
use super::case::Case;
use super::command::{Command, Part};
use super::judgement::{Judgement, joined};
use super::likeness::nearest;
use super::name::Kind;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::arn::Arn;
use crate::question::facts::{Bucket, Object};
use crate::question::{Known, Question};
use crate::reason::{Fault, Step};
use crate::task_definition::Reference;

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
    ask,
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "Unable to download env file with key env/prod.env from bucket my-bucket, error: operation error S3: GetObject, https response error StatusCode: 404, RequestID: ABCDEF1234567890, HostID: Zx9K+abc/def=, NoSuchKey: The specified key does not exist.",
        also: &["agent-too-old"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let files = files(case);
    let denied = case.symptom.fault == Fault::AccessDenied;
    for file in &files {
        let culprit =
            || Culprit { kind: "env-file", id: Some(format!("s3://{}/{}", file.bucket, file.key)), references: file.reference.iter().cloned().collect() };
        let confirmed = |title: String| Judgement::new(Verdict::Confirmed, title).culprit(culprit());
        match file.there(case) {
            There::NoBucket => {
                return confirmed(format!("bucket {} does not exist", file.bucket)).finding(Finding::missing(file.bucket.clone(), "GetBucketLocation"));
            }
            There::NoKey(keys) => {
                let near = nearest(&file.key, &keys, |key| Some(key)).map(|near| Finding::found(format!("an object whose key {near}"), "ListObjectsV2"));
                return confirmed(format!("environment file {} does not exist in bucket {}", file.key, file.bucket))
                    .finding(Finding::missing(file.key.clone(), "ListObjectsV2"))
                    .findings(near);
            }
            There::Yes | There::Unknown(_) => {}
        }
    }
    let title = case.name().map_or("an environment file does not exist".to_owned(), |name| format!("environment file {name} does not exist"));
    if !files.is_empty() && files.iter().all(|file| matches!(file.there(case), There::Yes)) {
        let found = Finding::found("it is there now", "ListObjectsV2");
        return if denied {
            Judgement::new(Verdict::RuledOut, title).finding(found)
        } else {
            Judgement::new(Verdict::Possible, title)
                .passed(Finding::found("it is there now: it was put since, and the next task will find it", "ListObjectsV2"))
        };
    }
    let why = files.iter().find_map(|file| match file.there(case) {
        There::Unknown(Some(why)) => Some(format!(": {why}")),
        _ => None,
    });
    let why = why.unwrap_or_default();
    if denied {
        return Judgement::new(Verdict::Possible, title)
            .finding(Finding::unknown(format!("whether it is there: without s3:ListBucket a missing object reads as 403{why}")));
    }
    Judgement::new(Verdict::Likely, title).finding(Finding::unknown(format!("what the bucket holds{why}"))).findings(case.definition_unknown())
}

/// An object that the case can be about.
struct File {
    bucket: String,
    key: String,
    reference: Option<Reference>,
}

enum There<'c> {
    Yes,
    NoBucket,
    /// Keys that begin alike.
    NoKey(Vec<&'c str>),
    Unknown(Option<&'c str>),
}

fn files(case: &Case<'_>) -> Vec<File> {
    let of_reference = |reference: &Reference| {
        let (bucket, key) = Arn::parse(&reference.value_from)?.resource.split_once('/')?;
        Some(File { bucket: bucket.to_owned(), key: key.to_owned(), reference: Some(reference.clone()) })
    };
    let mut files: Vec<File> = case.references.iter().filter_map(of_reference).collect();
    if let (true, Some(bucket), Some(key)) = (files.is_empty() && !case.symptom.truncated, &case.symptom.bucket, &case.symptom.resource) {
        let key = key.text.rsplit_once(&format!("{}/", bucket.text)).map_or(key.text.as_str(), |(_, key)| key);
        files.push(File { bucket: bucket.text.clone(), key: key.to_owned(), reference: None });
    }
    files
}

impl File {
    fn uri(&self) -> [Part<'_>; 4] {
        [Part::Words("s3://"), Part::Name(Kind::Bucket, Some(&self.bucket)), Part::Words("/"), Part::Name(Kind::ObjectKey, Some(&self.key))]
    }

    fn bucket_question(&self, case: &Case<'_>) -> Question {
        Question::Bucket { region: case.own_region().to_owned(), name: self.bucket.clone() }
    }

    fn objects_question(&self, case: &Case<'_>) -> Option<Question> {
        let region = case.look::<Bucket>(&self.bucket_question(case)).found()?.location_constraint.clone();
        Some(Question::Objects { region, bucket: self.bucket.clone(), prefix: self.key.clone() })
    }

    fn there<'c>(&self, case: &Case<'c>) -> There<'c> {
        match case.look::<Bucket>(&self.bucket_question(case)) {
            Known::Missing => return There::NoBucket,
            Known::Unknown(why) => return There::Unknown(Some(why)),
            Known::NotAsked => return There::Unknown(None),
            Known::Found(_) => {}
        }
        match self.objects_question(case).map_or(Known::NotAsked, |question| case.look::<Vec<Object>>(&question)) {
            Known::Found(objects) if objects.iter().any(|object| object.key == self.key) => There::Yes,
            Known::Found(objects) => There::NoKey(objects.iter().map(|object| object.key.as_str()).collect()),
            Known::Missing => There::NoBucket,
            Known::Unknown(why) => There::Unknown(Some(why)),
            Known::NotAsked => There::Unknown(None),
        }
    }
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    files(case).iter().flat_map(|file| std::iter::once(file.bucket_question(case)).chain(file.objects_question(case))).collect()
}

fn fix(case: &Case<'_>) -> Fix {
    let files = files(case);
    if let Some(file) = files.iter().find(|file| matches!(file.there(case), There::NoBucket)) {
        let text = format!("name a bucket that exists instead of {} in a new revision{}", file.bucket, case.then_again());
        return Fix::words(text).run(case.commands_for_revision([]));
    }
    if let Some(file) = files.iter().find(|file| matches!(file.there(case), There::NoKey(_))) {
        let region = case.look::<Bucket>(&file.bucket_question(case)).found().map(|bucket| bucket.location_constraint.as_str());
        // Which local file it is, only a person knows.
        let copy = Command::aws("s3 cp '<local-file>'", region.or(case.task.region.as_deref())).argument("", &file.uri());
        let text = format!("upload the file, if the bucket is yours, or correct the reference in a new revision{}", case.then_again());
        return Fix::words(text).run(case.commands([copy]));
    }
    let unknown = [Part::Words("s3://"), Part::Name(Kind::Bucket, None), Part::Words("/"), Part::Name(Kind::ObjectKey, None)];
    let look = case.aws_at_task("s3 ls").argument("", &files.first().map_or(unknown, File::uri));
    Fix::words(format!("upload the file, or correct the reference in a new revision{}", case.then_again())).run(case.commands([look]))
}
