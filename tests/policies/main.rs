//! Policy documents and what they say, as tables: AWS's own examples, and what people trip over.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod documented;
mod documents;
mod properties;
mod sides;
mod trust_policies;

use ecs_triage::policy_document::{Decision, NamedRole, Nearly, Principal, Request, TaskOrigin};
use serde_json::Value;

const ROLE: NamedRole<'_> =
    NamedRole { partition: "aws", account: "111122223333", path: Some(""), name: "ecsExec", session: None };
const ROLE_WITH_PATH: NamedRole<'_> = NamedRole { path: Some("team/"), ..ROLE };
const ROLE_BY_NAME: NamedRole<'_> = NamedRole { path: None, ..ROLE };
const ROLE_IN_SESSION: NamedRole<'_> = NamedRole { session: Some("0123abcd"), ..ROLE_BY_NAME };
const FOREIGN_ROLE: NamedRole<'_> = NamedRole { account: "999988887777", ..ROLE };
const BY_ROLE: Principal<'_> = Principal::Role(ROLE);
const BY_NAME: Principal<'_> = Principal::Role(ROLE_BY_NAME);
const BY_PATH: Principal<'_> = Principal::Role(ROLE_WITH_PATH);
const BY_SESSION: Principal<'_> = Principal::Role(ROLE_IN_SESSION);
const BY_FOREIGNER: Principal<'_> = Principal::Role(FOREIGN_ROLE);
const BY_ECS: Principal<'_> = Principal::Service("ecs-tasks.amazonaws.com");

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123";
const GET: &str = "secretsmanager:GetSecretValue";
const READ: Request<'_> = Request { principal: BY_ROLE, action: GET, resource: SECRET, context: &[] };

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

fn document(statements: &str) -> Value {
    json_of(&format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#))
}

fn near(nearly: Option<Nearly>) -> String {
    match nearly {
        None => String::new(),
        Some(Nearly::Orphan { id, .. }) => format!(" but for {id}"),
        Some(Nearly::Condition { unmet, .. }) => {
            let unmet: Vec<String> = unmet
                .into_iter()
                .map(|unmet| format!("{} wants {:?}, has {:?}", unmet.key, unmet.wants, unmet.has))
                .collect();
            format!(" but for {}", unmet.join("; "))
        }
    }
}

fn said(decision: Decision) -> String {
    match decision {
        Decision::Allowed(at) => format!("allowed by {at}"),
        Decision::Denied(at) => format!("denied by {at}"),
        Decision::NotAllowed { nearly, .. } => format!("not allowed{}", near(nearly)),
        Decision::Unsure(why) => format!("unsure {why}"),
    }
}

/// Where the task of the trust policies runs.
const ORIGIN: TaskOrigin<'_> =
    TaskOrigin { partition: "aws", region: Some("us-east-1"), account: Some("111122223333") };

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const VIA: &str = "secretsmanager.us-east-1.amazonaws.com";

const ALLOWED: &str = "allowed by Statement[0]";
const NOT: &str = "not allowed";

/// `expected` is all of it, or for what is unsure how it begins.
fn check(about: &str, decision: Decision, expected: &str) {
    let said = said(decision);
    assert!(
        said == expected || (expected.starts_with("unsure") && said.starts_with(expected)),
        "{about}\n  {said}\n  {expected}"
    );
}
