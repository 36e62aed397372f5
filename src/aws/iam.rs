//! AWS IAM: a role, and what its policies allow.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::answer::one;
use super::call::{Caller, Failure, Fields, Input};
use super::operation::Operation;
use crate::question::Answer;

pub(crate) async fn role(caller: &Caller, region: &str, name: &str) -> Result<Answer, Failure> {
    let fields = vec![("RoleName".to_owned(), name.to_owned())];
    let mut answer = caller.call(Operation::GetRole, region, name, Input::Form(fields)).await?;
    // JSON in a text, escaped as in a URL.
    if let Some(document) = answer.pointer_mut("/GetRoleResult/Role/AssumeRolePolicyDocument") {
        let text = percent_decode_str(document.as_str().unwrap_or_default()).decode_utf8_lossy().into_owned();
        *document = serde_json::from_str(&text).map_err(|_| Failure::Unknown("the trust policy is not JSON".to_owned()))?;
    }
    one(&mut answer, "/GetRoleResult/Role").map(Answer::Role)
}

pub(crate) async fn simulation(
    caller: &Caller,
    region: &str,
    role: &str,
    (action, resource): (&str, &str),
    context: &[(String, String)],
) -> Result<Answer, Failure> {
    let mut fields: Fields = Vec::new();
    let mut add = |name: String, value: &str| fields.push((name, value.to_owned()));
    add("PolicySourceArn".to_owned(), role);
    add("ActionNames.member.1".to_owned(), action);
    add("ResourceArns.member.1".to_owned(), resource);
    for (number, (key, value)) in (1..).zip(context) {
        add(format!("ContextEntries.member.{number}.ContextKeyName"), key);
        add(format!("ContextEntries.member.{number}.ContextKeyType"), "string");
        add(format!("ContextEntries.member.{number}.ContextKeyValues.member.1"), value);
    }
    let mut answer = caller.call(Operation::SimulatePrincipalPolicy, region, role, Input::Form(fields)).await?;
    let result = answer.pointer_mut("/SimulatePrincipalPolicyResult/EvaluationResults/0").and_then(Value::as_object_mut);
    result.into_iter().for_each(specify);
    one(&mut answer, "/SimulatePrincipalPolicyResult/EvaluationResults/0").map(Answer::Simulation)
}

/// What is said of the very resource counts: the rest is about a template of its ARN, and names missing condition keys only for `*`.
fn specify(result: &mut Map<String, Value>) {
    let Some(Value::Object(mut specific)) = result.get_mut("ResourceSpecificResults").and_then(|results| results.get_mut(0)).map(Value::take) else { return };
    if let Some(decision) = specific.remove("EvalResourceDecision") {
        result.insert("EvalDecision".to_owned(), decision);
    }
    for name in ["MatchedStatements", "MissingContextValues", "PermissionsBoundaryDecisionDetail"] {
        if let Some(value) = specific.remove(name) {
            result.insert(name.to_owned(), value);
        }
    }
}
