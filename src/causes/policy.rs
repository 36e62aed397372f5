//! Least-privilege policy statements: the action that ECS really calls, on the resource that it really reads.

use serde_json::{Value, json};

use crate::arn::Arn;
use crate::task_definition::split_suffix;

/// A policy with one statement that allows `actions` on `resource`.
pub(super) fn allow(actions: &[&str], resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": one_or_many(actions), "Resource": resource}]})
}

/// The same, under a condition.
pub(super) fn allow_if(actions: &[&str], resource: &str, condition: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": one_or_many(actions), "Resource": resource, "Condition": condition}]})
}

fn one_or_many(actions: &[&str]) -> Value {
    match actions {
        [action] => json!(action),
        actions => json!(actions),
    }
}

/// The ARN of a secret as a policy should name it: without JSON key and version, and with `-??????` where the suffix is not known.
pub(super) fn secret_arn(arn: &str) -> String {
    let Some(parsed) = Arn::parse(arn) else { return arn.to_owned() };
    let Some(name) = parsed.resource.strip_prefix("secret:") else { return arn.to_owned() };
    let name = name.split(':').next().unwrap_or(name);
    let suffix = if split_suffix(name).1 { "" } else { "-??????" };
    format!("arn:{}:secretsmanager:{}:{}:secret:{name}{suffix}", parsed.partition, parsed.region, parsed.account)
}
