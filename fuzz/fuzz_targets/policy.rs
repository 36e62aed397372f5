//! Any JSON as a policy: nothing panics, and a statement that is said to be missing is one that helps.

#![no_main]

use ecs_triage::policy_document::{
    KeySide, NamedRole, Principal, Request, TaskOrigin, Trust, decide, key_policy, trust, with_statement,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const ROLE: &str = "arn:aws:iam::111122223333:role/apiExecutionRole";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901";

fuzz_target!(|text: &str| {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    let role = NamedRole::parse(ROLE).expect("a role's ARN");
    for principal in
        [Principal::Role(role), Principal::Service("ecs-tasks.amazonaws.com"), Principal::Anonymous]
    {
        let _ = decide(
            &document,
            &Request { principal, action: "secretsmanager:GetSecretValue", resource: SECRET, context: &[] },
        );
    }
    let side =
        |document: &Value| key_policy(document, &role, KEY, "secretsmanager.us-east-1.amazonaws.com", &[]);
    if let KeySide::Refused { add, .. } = side(&document) {
        assert!(!matches!(side(&with_statement(Some(&document), &add)), KeySide::Refused { .. }));
    }
    let origin = TaskOrigin { partition: "aws", region: Some("us-east-1"), account: Some("111122223333") };
    if let Trust::Untrusted { corrected, .. } = trust(&document, &origin) {
        assert!(!matches!(trust(&corrected, &origin), Trust::Untrusted { .. }));
    }
});
