//! AWS KMS: the state, the policy and the grants of a key.

use serde_json::json;

use super::answer::{one, policy};
use super::call::{Caller, Input};
use super::failure::Failure;
use super::operation::Operation;
use crate::question::{Answer, ask};

pub(crate) async fn key(caller: &Caller, ask::Key { region, id }: &ask::Key) -> Result<Answer, Failure> {
    let mut answer =
        caller.call(Operation::DescribeKey, region, id, Input::Json(json!({"KeyId": id}))).await?;
    one(&mut answer, "/KeyMetadata").map(Answer::Key)
}

/// A key has one policy, of this name.
pub(crate) async fn key_policy(
    caller: &Caller,
    ask::KeyPolicy { region, id }: &ask::KeyPolicy,
) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"KeyId": id, "PolicyName": "default"}));
    policy(&caller.call(Operation::GetKeyPolicy, region, id, input).await?, "/Policy")
}

/// Every grant in force; those that wait to be retired are among them.
pub(crate) async fn grants(
    caller: &Caller,
    ask::KeyGrants { region, id }: &ask::KeyGrants,
) -> Result<Answer, Failure> {
    let input = |marker| Input::Json(json!({"KeyId": id, "Limit": 100, "Marker": marker}));
    let pages = caller.pages(Operation::ListGrants, region, id, input).await?;
    pages.all().map(Answer::KeyGrants)
}
