//! The function of a hub: what fails in another account is asked about there, with credentials of that account,
//! and with nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::bad_days::invoke_with;
use crate::program::{ACCOUNT, assert_contains, document, event};
use crate::server::{Call, Reply, Server};

const MEMBERS: [&str; 2] = ["222233334444", "999988887777"];
const HUB: [(&str, &str); 2] = [
    ("ECS_TRIAGE_ORGANIZATION", "o-a1b2c3d4e5"),
    ("ECS_TRIAGE_READER_ROLE", "/team/ecs-triage-reader-eu-west-1"),
];

/// The key that signed a call: `ASIA` and the account, of those that STS gave here.
fn signer(call: &Call) -> String {
    let signed = call.headers.get("authorization").map(String::as_str).unwrap_or_default();
    let key = signed.split("Credential=").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    key.trim_start_matches("ASIA").to_owned()
}

/// STS, which gives the credentials of each account but the last, and in each account there is nothing.
fn aws() -> Server {
    Server::start(|call| {
        if call.service() != "sts" {
            return Reply::new(
                400,
                r#"{"__type": "ClientException", "message": "Unable to describe task definition."}"#,
            );
        }
        let account =
            call.body.split("iam%3A%3A").nth(1).map(|rest| rest[..12].to_owned()).unwrap_or_default();
        if account == MEMBERS[1] {
            return Reply::new(
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
            );
        }
        Reply::new(
            200,
            format!(
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>token-of-{account}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:x</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/r/ecs-triage</Arn></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
            ),
        )
    })
}

/// A batch of failures of these accounts, each twice.
fn batch(accounts: &[&str]) -> String {
    let bodies = accounts.iter().flat_map(|account| {
        ["api", "web"].map(|service| {
            let mut event = document(&event("secret-key-missing").replace(ACCOUNT, account));
            event["detail"]["group"] = json!(format!("service:{service}"));
            let task = event["detail"]["taskArn"].as_str().unwrap_or_default();
            event["detail"]["taskArn"] =
                json!(task.replace("8b9a", if service == "api" { "8b9a" } else { "0000" }));
            event.to_string()
        })
    });
    let record = |(at, body): (usize, String)| json!({"messageId": at.to_string(), "body": body, "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:events")});
    json!({"Records": bodies.enumerate().map(record).collect::<Vec<Value>>()}).to_string()
}

#[test]
fn each_account_is_asked_with_credentials_of_its_own() {
    let aws = aws();
    let invoked = invoke_with(&batch(&[ACCOUNT, MEMBERS[0], MEMBERS[1]]), &aws.url, &HUB);
    assert_eq!(invoked.answer, json!({"batchItemFailures": []}), "{}", invoked.log);
    let (mut roles, mut asked): (Vec<String>, BTreeMap<String, usize>) = Default::default();
    for call in aws.calls() {
        let named: Vec<&str> = [ACCOUNT, MEMBERS[0], MEMBERS[1]]
            .into_iter()
            .filter(|account| call.asked().contains(*account))
            .collect();
        if call.service() == "sts" {
            assert_eq!(signer(&call), ACCOUNT);
            roles.push(named.concat());
            continue;
        }
        let signer = signer(&call);
        assert!(named.iter().all(|account| *account == signer), "{signer} asks {}", call.asked());
        let token = call.headers.get("x-amz-security-token").cloned().unwrap_or_default();
        assert_eq!(token.is_empty(), signer == ACCOUNT, "{signer}");
        assert!(token.is_empty() || token == format!("token-of-{signer}"), "{token}");
        *asked.entry(signer).or_default() += 1;
    }
    roles.sort_unstable();
    assert_eq!(roles, MEMBERS, "each role is assumed once, and none in the own account");
    assert_eq!(asked.keys().map(String::as_str).collect::<Vec<_>>(), [ACCOUNT, MEMBERS[0]]);
    assert_eq!(asked[ACCOUNT], asked[MEMBERS[0]], "{asked:?}");

    assert_eq!(invoked.published.len(), 6, "{}", invoked.log);
    let role = format!("arn:aws:iam::{}:role/team/ecs-triage-reader-eu-west-1", MEMBERS[1]);
    for notice in &invoked.published {
        let is_of_closed = notice.contains(MEMBERS[1]);
        assert_eq!(notice.contains("could not assume the role"), is_of_closed, "{notice}");
        if is_of_closed {
            assert_contains(
                notice,
                &["secret-key-missing", "Not checked: ", &role, "deploy the member stack"],
            );
        }
    }
}

#[test]
fn one_account_alone_assumes_nothing() {
    let calls = |more: &[(&str, &str)]| {
        let aws = aws();
        let invoked = invoke_with(&batch(&[ACCOUNT]), &aws.url, more);
        assert_eq!(invoked.published.len(), 2, "{}", invoked.log);
        let mut calls: Vec<String> = aws.calls().iter().map(Call::asked).collect();
        calls.sort_unstable();
        calls
    };
    let alone = calls(&[]);
    assert!(!alone.is_empty() && !alone.iter().any(|call| call.starts_with("sts")), "{alone:?}");
    assert_eq!(calls(&HUB), alone);
}

/// An account that is listed and in no organization has no role that could be assumed.
#[test]
fn what_is_elsewhere_is_not_asked_for_here() {
    let aws = aws();
    let invoked = invoke_with(&batch(&[MEMBERS[0]]), &aws.url, &[("ECS_TRIAGE_ACCOUNTS", MEMBERS[0])]);
    assert_eq!(invoked.published.len(), 2, "{}", invoked.log);
    assert_eq!(aws.calls().iter().map(Call::asked).collect::<Vec<_>>(), Vec::<String>::new());
    assert_contains(&invoked.published[0], &["Not checked: ", "parameter OrganizationId"]);
}
