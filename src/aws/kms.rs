//! AWS KMS: the state and the policy of a key.

use serde_json::json;

use super::answer::{one, policy};
use super::call::{Caller, Failure, Input};
use super::operation::Operation;
use crate::question::Answer;

pub(crate) async fn key(caller: &Caller, region: &str, id: &str) -> Result<Answer, Failure> {
    let mut answer = caller.call(Operation::DescribeKey, region, id, Input::Json(json!({"KeyId": id}))).await?;
    one(&mut answer, "/KeyMetadata").map(Answer::Key)
}

/// A key has one policy, of this name.
pub(crate) async fn key_policy(caller: &Caller, region: &str, id: &str) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"KeyId": id, "PolicyName": "default"}));
    policy(&caller.call(Operation::GetKeyPolicy, region, id, input).await?, "/Policy")
}
