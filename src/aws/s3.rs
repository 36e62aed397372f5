//! Amazon S3: where a bucket is and what it lists, never an object's content.

use serde_json::Value;

use super::answer::read;
use super::call::{Caller, Fields, Input};
use super::failure::Failure;
use super::operation::Operation;
use crate::question::facts::Bucket;
use crate::question::{Answer, ask};

/// Keys come in order, so the one that is the prefix comes first.
const MOST_KEYS: &str = "50";

pub(crate) async fn bucket(
    caller: &Caller,
    ask::Bucket { region, name }: &ask::Bucket,
) -> Result<Answer, Failure> {
    let answer = follow(caller, Operation::GetBucketLocation, region, name, Vec::new()).await?;
    let location_constraint = match answer {
        Value::Null => "us-east-1".to_owned(),
        Value::String(region) if region == "EU" => "eu-west-1".to_owned(),
        other => read(other)?,
    };
    Ok(Answer::Bucket(Bucket { location_constraint }))
}

pub(crate) async fn objects(
    caller: &Caller,
    ask::Objects { region, bucket, prefix }: &ask::Objects,
) -> Result<Answer, Failure> {
    let query = [("max-keys", MOST_KEYS), ("prefix", prefix)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut answer = follow(caller, Operation::ListObjectsV2, region, bucket, query.into()).await?;
    let listed = match answer.get_mut("Contents").map(Value::take) {
        None => Vec::new(),
        Some(Value::Array(objects)) => objects,
        Some(object) => vec![object],
    };
    read(Value::Array(listed)).map(Answer::Objects)
}

/// A bucket of another Region is asked there, once.
async fn follow(
    caller: &Caller,
    operation: Operation,
    region: &str,
    bucket: &str,
    query: Fields,
) -> Result<Value, Failure> {
    match caller.call(operation, region, bucket, Input::Get(bucket.to_owned(), query.clone())).await {
        Err(Failure::Elsewhere(other)) if other != region => {
            caller.call(operation, &other, bucket, Input::Get(bucket.to_owned(), query)).await
        }
        answered => answered,
    }
}
