//! AWS Secrets Manager: descriptions, versions and policies of secrets, never a value.

use serde_json::json;

use super::answer::{one, policy};
use super::call::{Caller, Input};
use super::failure::Failure;
use super::operation::Operation;
use crate::question::{Answer, ask};

pub(crate) async fn secret(
    caller: &Caller,
    ask::Secret { region, id }: &ask::Secret,
) -> Result<Answer, Failure> {
    let mut answer =
        caller.call(Operation::DescribeSecret, region, id, Input::Json(json!({"SecretId": id}))).await?;
    // A secret has one, and without this check any object would do.
    answer.get("ARN").ok_or_else(|| Failure::Unknown("the answer holds no ARN".to_owned()))?;
    one(&mut answer, "").map(Answer::Secret)
}

pub(crate) async fn versions(
    caller: &Caller,
    ask::SecretVersions { region, id }: &ask::SecretVersions,
) -> Result<Answer, Failure> {
    let input = |token| {
        Input::Json(json!({"SecretId": id, "IncludeDeprecated": true, "MaxResults": 100, "NextToken": token}))
    };
    let pages = caller.pages(Operation::ListSecretVersionIds, region, id, input).await?;
    pages.all().map(Answer::SecretVersions)
}

pub(crate) async fn secret_policy(
    caller: &Caller,
    ask::SecretPolicy { region, id }: &ask::SecretPolicy,
) -> Result<Answer, Failure> {
    policy(
        &caller.call(Operation::GetResourcePolicy, region, id, Input::Json(json!({"SecretId": id}))).await?,
        "/ResourcePolicy",
    )
}

/// The filter by name takes a beginning. Secrets that wait for their deletion are among what a reference may
/// mean.
pub(crate) async fn secrets_like(
    caller: &Caller,
    ask::SecretsLike { region, prefix }: &ask::SecretsLike,
) -> Result<Answer, Failure> {
    let filters = json!([{"Key": "name", "Values": [prefix]}]);
    let input = |token| {
        Input::Json(
            json!({"Filters": filters, "IncludePlannedDeletion": true, "MaxResults": 100, "NextToken": token}),
        )
    };
    let pages = caller.pages(Operation::ListSecrets, region, "*", input).await?;
    pages.listed().map(Answer::Secrets)
}
