//! Whether ECS is allowed to assume a role for a task.

use serde_json::{Map, Value, json};

use super::correction::savable;
use super::{
    At, Decision, Nearly, Principal, Request, Unmet, allowing, decide, statements, texts, unwrapped,
    with_statement,
};
use crate::arn::Arn;

const ECS: &str = "ecs-tasks.amazonaws.com";
const ASSUME: &str = "sts:AssumeRole";
const ACCOUNT: &str = "aws:SourceAccount";
const ARN: &str = "aws:SourceArn";

/// Where the task runs: the source account and ARN that ECS sends when it assumes the role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskOrigin<'a> {
    /// `aws`, `aws-cn`, ...
    pub partition: &'a str,
    /// The Region.
    pub region: Option<&'a str>,
    /// The account.
    pub account: Option<&'a str>,
}

/// What a role's trust policy says to ECS.
#[derive(Debug, Clone, PartialEq)]
pub enum Trust {
    /// ECS is allowed to assume the role for this task.
    Trusted(At),
    /// No statement allows `ecs-tasks.amazonaws.com` to assume it.
    Untrusted {
        /// Whom the role trusts instead: services, accounts, roles, identity providers.
        trusts: Vec<String>,
        /// Why another statement might deny it.
        may_deny: Option<String>,
        /// The trust policy with the statement that is missing.
        corrected: Value,
    },
    /// A statement allows ECS, but not for this task.
    Excluded {
        /// The statement.
        at: At,
        /// What the task does not meet.
        unmet: Vec<Unmet>,
        /// Why another statement might deny it.
        may_deny: Option<String>,
        /// The trust policy with the condition put right.
        corrected: Value,
    },
    /// A statement denies it.
    Denied(At),
    /// It depends on what is not known.
    Unsure(String),
}

/// Whether a role with this trust policy can be assumed by ECS for a task from `origin`.
///
/// Of the `aws:SourceArn` that ECS sends only Region and account are documented, and that a pattern with a
/// cluster is not met. Whether one that asks for any task is met, there is no telling.
#[must_use]
pub fn trust(document: &Value, origin: &TaskOrigin<'_>) -> Trust {
    let decisions = ["...", "task/..."].map(|resource| decide_for(document, origin, resource));
    let [decision, of_task] = &decisions;
    if std::mem::discriminant(decision) != std::mem::discriminant(of_task) {
        return Trust::Unsure(format!("whether the {ARN} that ECS sends is that of a task"));
    }
    match decision.clone() {
        Decision::Allowed(at) => Trust::Trusted(at),
        Decision::Denied(at) => Trust::Denied(at),
        Decision::Unsure(why) => Trust::Unsure(why),
        Decision::NotAllowed { nearly: Some(Nearly::Condition { at, unmet }), may_deny } => {
            let corrected = with_condition_corrected(document, &at, &unmet, origin);
            Trust::Excluded { at, unmet, may_deny, corrected }
        }
        Decision::NotAllowed { may_deny, .. } => {
            Trust::Untrusted { trusts: trusted(document), may_deny, corrected: with_ecs(document, origin) }
        }
    }
}

fn decide_for(document: &Value, origin: &TaskOrigin<'_>, resource: &str) -> Decision {
    let account: Vec<&str> = origin.account.into_iter().collect();
    let source = source_arn(origin, resource);
    let source: Vec<&str> = source.as_deref().into_iter().collect();
    // No setting of ECS makes it send these.
    let mut context: Vec<(&str, &[&str])> =
        vec![("sts:ExternalId", &[]), ("aws:MultiFactorAuthPresent", &[]), ("aws:PrincipalOrgID", &[])];
    context.extend(
        [(ACCOUNT, account.as_slice()), (ARN, source.as_slice())]
            .into_iter()
            .filter(|(_, values)| !values.is_empty()),
    );
    decide(
        document,
        &Request { principal: Principal::Service(ECS), action: ASSUME, resource: "", context: &context },
    )
}

fn source_arn(origin: &TaskOrigin<'_>, resource: &str) -> Option<String> {
    Some(format!("arn:{}:ecs:{}:{}:{resource}", origin.partition, origin.region?, origin.account?))
}

/// The principals that the document allows.
fn trusted(document: &Value) -> Vec<String> {
    let document = unwrapped(document);
    let allowing =
        statements(&document).unwrap_or_default().iter().filter(|statement| statement["Effect"] == "Allow");
    let named = allowing.flat_map(|statement| match &statement["Principal"] {
        Value::Object(kinds) => kinds.values().filter_map(texts).flatten().map(String::from).collect(),
        one => texts(one).unwrap_or_default().into_iter().map(String::from).collect::<Vec<_>>(),
    });
    let mut trusted = Vec::new();
    for name in named.filter(|name| name != ECS) {
        if !trusted.contains(&name) {
            trusted.push(name);
        }
    }
    trusted
}

/// The document with a statement for ECS.
fn with_ecs(document: &Value, origin: &TaskOrigin<'_>) -> Value {
    let mut statement = allowing(&Principal::Service(ECS), ASSUME, "");
    if let Some(account) = origin.account {
        statement["Condition"] = json!({"StringEquals": {ACCOUNT: account}});
    }
    with_statement(Some(document), &statement)
}

/// The document with what a task does not meet put right, or taken out where no task can meet it.
fn with_condition_corrected(document: &Value, at: &At, unmet: &[Unmet], origin: &TaskOrigin<'_>) -> Value {
    let mut document = unwrapped(document).into_owned();
    let statement = match document.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.get_mut(at.index),
        one => one,
    };
    if let Some(statement) = statement.and_then(Value::as_object_mut) {
        correct_condition(statement, unmet, origin);
    }
    savable(&document)
}

fn correct_condition(statement: &mut Map<String, Value>, unmet: &[Unmet], origin: &TaskOrigin<'_>) {
    let Some(condition) = statement.get_mut("Condition").and_then(Value::as_object_mut) else { return };
    for Unmet { operator, key, wants, .. } in unmet {
        if let Some(keys) = condition.get_mut(operator).and_then(Value::as_object_mut) {
            keys.shift_remove(key);
            if keys.is_empty() {
                condition.shift_remove(operator);
            }
        }
        let right = match (origin.account, source_arn(origin, "*")) {
            (Some(account), _) if key.eq_ignore_ascii_case(ACCOUNT) => {
                ("StringEquals", ACCOUNT, json!(account))
            }
            (Some(account), Some(arn)) if key.eq_ignore_ascii_case(ARN) => {
                // A role may serve other Regions too.
                let others = wants.iter().filter(|want| {
                    Arn::parse(want).is_some_and(|want| {
                        (want.service, want.account, want.resource) == ("ecs", account, "*")
                    })
                });
                let all: Vec<&str> =
                    others.map(String::as_str).filter(|other| *other != arn).chain([arn.as_str()]).collect();
                ("ArnLike", ARN, if all.len() == 1 { json!(arn) } else { json!(all) })
            }
            _ => continue,
        };
        let (operator, key, value) = right;
        if let Some(keys) = condition.entry(operator).or_insert_with(|| json!({})).as_object_mut() {
            keys.entry(key).or_insert(value);
        }
    }
    if condition.is_empty() {
        statement.shift_remove("Condition");
    }
}
