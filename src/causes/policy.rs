//! Least-privilege policy statements: the action that ECS really calls, on the resource that it really reads.

use serde_json::{Value, json};

use super::case::Case;
use super::command::Command;
use crate::arn::Arn;
use crate::task_definition::{may_have_suffix, split_suffix};

/// A policy with one statement that allows `actions` on `resource`.
pub(super) fn allow(actions: &[&str], resource: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": one_or_many(actions), "Resource": resource}]})
}

/// The same, under a condition.
pub(super) fn allow_if(actions: &[&str], resource: &Value, condition: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": one_or_many(actions), "Resource": resource, "Condition": condition}]})
}

/// `aws iam put-role-policy` for a policy on one resource. The name tells resources apart: a policy under a name that is taken replaces it.
pub(super) fn put_role_policy(role: &str, about: &str, policy: &Value) -> String {
    put(Command::new("aws iam put-role-policy").option("--role-name", role), about, policy)
}

/// The policy that lets the execution role read something under another ARN than before, and the command that puts it.
pub(super) fn read_by_role(case: &Case<'_>, action: &str, arn: &str) -> (Value, String) {
    let policy = allow(&[action], &json!(arn));
    let role = case.role_name().unwrap_or_else(|| "<execution-role>".to_owned());
    let put = put_role_policy(&role, "ecs-read", &policy);
    (policy, put)
}

/// The same for a user.
pub(super) fn put_user_policy(user: &str, about: &str, policy: &Value) -> String {
    put(Command::new("aws iam put-user-policy").option("--user-name", user), about, policy)
}

fn put(command: Command, about: &str, policy: &Value) -> String {
    command.option("--policy-name", &name(about, policy)).option("--policy-document", &policy.to_string()).finish()
}

/// The name under which a policy about this is put.
pub(super) fn name(about: &str, policy: &Value) -> String {
    let resource = &policy["Statement"][0]["Resource"];
    let hash = resource.to_string().bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // IAM takes at most 128 letters, digits and `+=,.@_-`.
    let about: String = about.chars().map(|letter| if letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter) { letter } else { '-' }).take(100).collect();
    format!("{about}-{hash:08x}")
}

fn one_or_many(actions: &[&str]) -> Value {
    match actions {
        [action] => json!(action),
        actions => json!(actions),
    }
}

/// The ARN of a secret as a policy should name it: without JSON key and version, with `-??????` where the suffix is not known, and both ways
/// where the name's end may be one.
pub(super) fn secret_arn(arn: &str) -> Value {
    let whole = |name: &str, parsed: &Arn<'_>| format!("arn:{}:secretsmanager:{}:{}:secret:{name}", parsed.partition, parsed.region, parsed.account);
    let parsed = Arn::parse(arn);
    let Some((parsed, name)) = parsed.as_ref().and_then(|parsed| Some((parsed, parsed.resource.strip_prefix("secret:")?))) else { return json!(arn) };
    let name = name.split(':').next().unwrap_or(name);
    let (known, any) = (whole(name, parsed), whole(&format!("{name}-??????"), parsed));
    match (split_suffix(name).1, may_have_suffix(name)) {
        (true, _) => json!(known),
        (false, true) => json!([known, any]),
        (false, false) => json!(any),
    }
}
