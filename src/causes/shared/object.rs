//! A file in Amazon S3 that ECS fetches before the start.

use super::assessment::{Culprit, Finding};
use super::case::Case;
use super::command::Part;
use super::name::Kind;
use crate::arn::Arn;
use crate::question::facts::Moment;
use crate::question::{Known, Question, ask};
use crate::task_definition::{Reference, ReferenceKind};

/// An object that the case can be about.
pub(in crate::causes) struct File {
    pub(in crate::causes) bucket: String,
    pub(in crate::causes) key: String,
    reference: Option<Reference>,
}

/// What became of a file.
pub(in crate::causes) enum There<'c> {
    /// It is there, put at that time.
    Yes(Option<Moment>),
    NoBucket,
    /// Existing keys with the same beginning.
    NoKey(Vec<&'c str>),
    Unknown(Option<&'c str>),
}

impl File {
    /// The files of the case's references, or the one that the text names.
    pub(in crate::causes) fn all(case: &Case<'_>) -> Vec<Self> {
        let is_file = |reference: &&Reference| {
            matches!(
                reference.kind,
                ReferenceKind::EnvFile | ReferenceKind::LogConfig | ReferenceKind::CredentialSpec
            )
        };
        let mut files: Vec<Self> = case.references.iter().filter(is_file).filter_map(Self::of).collect();
        if let (true, Some(bucket), Some(key)) =
            (files.is_empty() && !case.symptom.truncated, &case.symptom.bucket, &case.symptom.resource)
        {
            let key =
                key.text.rsplit_once(&format!("{}/", bucket.text)).map_or(key.text.as_str(), |(_, key)| key);
            files.push(Self { bucket: bucket.text.clone(), key: key.to_owned(), reference: None });
        }
        files
    }

    fn of(reference: &Reference) -> Option<Self> {
        let arn = Arn::parse(&reference.value_from).filter(|arn| arn.service == "s3")?;
        let (bucket, key) = arn.resource.split_once('/')?;
        Some(Self { bucket: bucket.to_owned(), key: key.to_owned(), reference: Some(reference.clone()) })
    }

    pub(in crate::causes) fn culprit(&self, kind: &'static str) -> Culprit {
        Culprit {
            kind,
            id: Some(format!("s3://{}/{}", self.bucket, self.key)),
            references: self.reference.iter().cloned().collect(),
        }
    }

    pub(in crate::causes) fn uri(&self) -> [Part<'_>; 4] {
        [
            Part::Words("s3://"),
            Part::Name(Kind::Bucket, Some(&self.bucket)),
            Part::Words("/"),
            Part::Name(Kind::ObjectKey, Some(&self.key)),
        ]
    }

    /// The bucket's Region, which may be another than the task's.
    pub(in crate::causes) fn region<'c>(&self, case: &Case<'c>) -> Option<&'c str> {
        case.look(&self.bucket_question(case)).found().map(|bucket| bucket.location_constraint.as_str())
    }

    fn bucket_question(&self, case: &Case<'_>) -> ask::Bucket {
        ask::Bucket { region: case.own_region().to_owned(), name: self.bucket.clone() }
    }

    fn objects_question(&self, case: &Case<'_>) -> Option<ask::Objects> {
        Some(ask::Objects {
            region: self.region(case)?.to_owned(),
            bucket: self.bucket.clone(),
            prefix: self.key.clone(),
        })
    }

    pub(in crate::causes) fn ask(&self, case: &Case<'_>) -> Vec<Question> {
        std::iter::once(self.bucket_question(case).into())
            .chain(self.objects_question(case).map(Question::from))
            .collect()
    }

    pub(in crate::causes) fn there<'c>(&self, case: &Case<'c>) -> There<'c> {
        match case.look(&self.bucket_question(case)) {
            Known::Missing => return There::NoBucket,
            Known::Unknown(why) => return There::Unknown(Some(why)),
            Known::NotAsked => return There::Unknown(None),
            Known::Found(_) => {}
        }
        match self.objects_question(case).map_or(Known::NotAsked, |question| case.look(&question)) {
            Known::Found(objects) => match objects.iter().find(|object| object.key == self.key) {
                Some(object) => There::Yes(object.last_modified),
                None => There::NoKey(objects.iter().map(|object| object.key.as_str()).collect()),
            },
            Known::Missing => There::NoBucket,
            Known::Unknown(why) => There::Unknown(Some(why)),
            Known::NotAsked => There::Unknown(None),
        }
    }

    /// That the bucket, or the file in it, is not there.
    pub(in crate::causes) fn missing(&self, there: &There<'_>) -> Option<Finding> {
        match there {
            There::NoBucket => Some(Finding::missing(format!("bucket {}", self.bucket), "GetBucketLocation")),
            There::NoKey(_) => {
                Some(Finding::missing(format!("{} in bucket {}", self.key, self.bucket), "ListObjectsV2"))
            }
            There::Yes(_) | There::Unknown(_) => None,
        }
    }
}
