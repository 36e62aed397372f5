//! AWS IAM: a role, and what its policies allow.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::answer::one;
use super::call::{Caller, Fields, Input};
use super::failure::Failure;
use super::operation::Operation;
use crate::arn::Arn;
use crate::question::{Answer, ask};

pub(crate) async fn role(caller: &Caller, ask::Role { region, name }: &ask::Role) -> Result<Answer, Failure> {
    let fields = vec![("RoleName".to_owned(), name.to_owned())];
    let mut answer = caller.call(Operation::GetRole, region, name, Input::Form(fields)).await?;
    // JSON in a text, escaped as in a URL.
    if let Some(document) = answer.pointer_mut("/GetRoleResult/Role/AssumeRolePolicyDocument") {
        let text = percent_decode_str(document.as_str().unwrap_or_default()).decode_utf8_lossy().into_owned();
        *document = serde_json::from_str(&text)
            .map_err(|_| Failure::Unknown("the trust policy is not JSON".to_owned()))?;
    }
    one(&mut answer, "/GetRoleResult/Role").map(Answer::Role)
}

pub(crate) async fn simulation(
    caller: &Caller,
    ask::Simulation { region, role, action, resource, context }: &ask::Simulation,
) -> Result<Answer, Failure> {
    let mut fields: Fields = Vec::new();
    let mut add = |name: String, value: &str| fields.push((name, value.to_owned()));
    add("PolicySourceArn".to_owned(), role);
    add("ActionNames.member.1".to_owned(), action);
    add("ResourceArns.member.1".to_owned(), resource);
    let context = context.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    for (number, (key, value)) in (1..).zip(context.clone().chain(implied(
        role,
        resource,
        context.clone().any(|(key, _)| key == "kms:ViaService"),
    ))) {
        add(format!("ContextEntries.member.{number}.ContextKeyName"), key);
        add(
            format!("ContextEntries.member.{number}.ContextKeyType"),
            if is_boolean(key) { "boolean" } else { "string" },
        );
        add(format!("ContextEntries.member.{number}.ContextKeyValues.member.1"), value);
    }
    let mut answer =
        caller.call(Operation::SimulatePrincipalPolicy, region, role, Input::Form(fields)).await?;
    let result = answer
        .pointer_mut("/SimulatePrincipalPolicyResult/EvaluationResults/0")
        .and_then(Value::as_object_mut);
    result.into_iter().for_each(specify);
    one(&mut answer, "/SimulatePrincipalPolicyResult/EvaluationResults/0").map(Answer::Simulation)
}

/// The condition keys whose values follow from who calls for what: without them IAM would decide as if the
/// real call had none.
fn implied<'a>(
    role: &'a str,
    resource: &'a str,
    is_via_service: bool,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let account = |arn: &'a str| {
        Arn::parse(arn).map(|arn| arn.account).filter(|account| !account.is_empty() && *account != "*")
    };
    let accounts = [("aws:PrincipalAccount", account(role)), ("aws:ResourceAccount", account(resource))];
    let always = [
        ("aws:PrincipalArn", role),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:ViaAWSService", if is_via_service { "true" } else { "false" }),
    ];
    always.into_iter().chain(accounts.into_iter().filter_map(|(key, value)| Some((key, value?))))
}

/// Whether IAM takes a key's value for true or false: a condition of that kind refuses a text.
fn is_boolean(key: &str) -> bool {
    matches!(key, "aws:SecureTransport" | "aws:PrincipalIsAWSService" | "aws:ViaAWSService")
}

/// What is said of the very resource counts: the rest is about a template of its ARN, and names missing
/// condition keys only for `*`.
fn specify(result: &mut Map<String, Value>) {
    let Some(Value::Object(mut specific)) =
        result.get_mut("ResourceSpecificResults").and_then(|results| results.get_mut(0)).map(Value::take)
    else {
        return;
    };
    if let Some(decision) = specific.remove("EvalResourceDecision") {
        result.insert("EvalDecision".to_owned(), decision);
    }
    for name in ["MatchedStatements", "MissingContextValues", "PermissionsBoundaryDecisionDetail"] {
        if let Some(value) = specific.remove(name) {
            result.insert(name.to_owned(), value);
        }
    }
}
