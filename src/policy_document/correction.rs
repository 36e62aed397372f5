//! Policy documents to paste.

use serde_json::{Value, json};

use super::{Principal, unwrapped};

/// A statement that allows `principal` what it asked for, in the form of the resource's policy. Where a
/// role's path is not known, a placeholder has its place.
#[must_use]
pub fn allowing(principal: &Principal<'_>, action: &str, resource: &str) -> Value {
    let principal = match principal {
        Principal::Role(role) => json!({"AWS": role.arn()}),
        Principal::Service(name) => json!({"Service": name}),
        Principal::Anonymous => json!({"AWS": "*"}),
    };
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": action});
    match action.split(':').next() {
        // The policies of repositories and roles take no resource; in those of secrets and keys `*` is the
        // thing itself.
        Some("ecr" | "sts") => {}
        Some("secretsmanager" | "kms") => statement["Resource"] = json!("*"),
        _ => statement["Resource"] = json!(resource),
    }
    statement
}

/// The document with one more statement, or a new one that has no other.
#[must_use]
pub fn with_statement(document: Option<&Value>, statement: &Value) -> Value {
    let there = document.map(savable).filter(Value::is_object);
    let mut document = there.unwrap_or_else(|| json!({"Version": "2012-10-17"}));
    let mut statements = match document["Statement"].take() {
        Value::Array(statements) => statements,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    statements.push(statement.clone());
    document["Statement"] = Value::Array(statements);
    document
}

/// The document as AWS takes it back: the id of a deleted role or user is refused as an invalid principal. A
/// statement about such ids alone has no effect, so it is left out.
pub(super) fn savable(document: &Value) -> Value {
    let mut document = unwrapped(document).into_owned();
    if let Some(statements) = document.get_mut("Statement") {
        match statements {
            Value::Array(statements) => statements.retain_mut(has_principal_left),
            one => *one = if has_principal_left(one) { one.take() } else { json!([]) },
        }
    }
    document
}

/// Takes the orphans out of a statement; whether it is still about somebody.
fn has_principal_left(statement: &mut Value) -> bool {
    let Some(kinds) = statement.get_mut("Principal").and_then(Value::as_object_mut) else { return true };
    let left = match kinds.get_mut("AWS") {
        Some(Value::Array(named)) => {
            let before = named.len();
            named.retain(|name| !name.as_str().is_some_and(is_orphan));
            before == 0 || !named.is_empty()
        }
        Some(Value::String(name)) => !is_orphan(name),
        _ => true,
    };
    if !left {
        kinds.shift_remove("AWS");
    }
    left || !kinds.is_empty()
}

/// Whether a principal is the id that is left of a deleted role or user.
pub(super) fn is_orphan(principal: &str) -> bool {
    (principal.starts_with("AROA") || principal.starts_with("AIDA"))
        && principal.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
