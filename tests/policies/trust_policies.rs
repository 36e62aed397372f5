//! What a role's trust policy says to ECS, and what fixes it.

use ecs_triage::policy_document::{TaskOrigin, Trust, trust};
use serde_json::{Value, json};

use crate::*;

fn trust_said(trust: Trust) -> (String, Option<Value>) {
    match trust {
        Trust::Trusted(at) => (format!("trusted by {at}"), None),
        Trust::Denied(at) => (format!("denied by {at}"), None),
        Trust::Untrusted { trusts, corrected, .. } => {
            (format!("trusts {}", trusts.join(", ")), Some(corrected))
        }
        Trust::Excluded { unmet, corrected, .. } => (
            unmet.into_iter().fold("EXCLUDED".to_owned(), |said, unmet| said + " " + &unmet.key),
            Some(corrected),
        ),
        Trust::Unsure(why) => (format!("unsure {why}"), None),
    }
}

/// Statements of a trust policy, and what they say to ECS.
const TRUSTS: &[(&str, &str)] = &[
    (
        r#"[{"Sid": "", "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]"#,
        "trusted by Statement[0]",
    ),
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}]"#,
        "trusted by Statement[0]",
    ),
    (
        r#"{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:*"}"#,
        "trusted by Statement[0]",
    ),
    // The wrong service, mostly.
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]"#,
        "trusts ec2.amazonaws.com",
    ),
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}]"#,
        "trusts ecs.amazonaws.com",
    ),
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "ecs.amazonaws.com"]}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]"#,
        "trusts lambda.amazonaws.com, ecs.amazonaws.com, arn:aws:iam::111122223333:root",
    ),
    (
        r#"[{"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}]"#,
        "trusts accounts.google.com",
    ),
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:TagSession"}]"#,
        "trusts ",
    ),
    ("[]", "trusts "),
    (
        r#"[{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
            {"Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringNotEquals": {"aws:SourceAccount": "999988887777"}}}]"#,
        "denied by Statement[1] (Guard)",
    ),
    (r#""x""#, "unsure what the policy says: it has no statements that can be read"),
];

const TRUSTED: &str = "trusted by Statement[0]";

/// Conditions under which ECS is let in, and what they say to it; `EXCLUDED` is followed by the keys that are
/// not met.
const TRUST_CONDITIONS: &[(&str, &str)] = &[
    // Those of the documentation.
    (
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:*"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}"#,
        TRUSTED,
    ),
    (r#"{"StringLike": {"aws:SourceArn": "arn:aws:ecs:*:111122223333:*"}}"#, TRUSTED),
    (r#"{"StringEquals": {"aws:SourceAccount": ["999988887777", "111122223333"]}}"#, TRUSTED),
    // A cluster, a service, another Region, another account; a star that is none.
    (
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod"}}"#,
        "EXCLUDED aws:SourceArn",
    ),
    (
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:service/prod/*"}}"#,
        "EXCLUDED aws:SourceArn",
    ),
    (
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/*"}}"#,
        "EXCLUDED aws:SourceArn",
    ),
    (r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:111122223333:*"}}"#, "EXCLUDED aws:SourceArn"),
    (
        r#"{"StringEquals": {"aws:SourceArn": "arn:aws:ecs:us-east-1:111122223333:*"}}"#,
        "EXCLUDED aws:SourceArn",
    ),
    (
        r#"{"StringEquals": {"aws:SourceAccount": "999988887777"}, "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:999988887777:*"}}"#,
        "EXCLUDED aws:SourceAccount aws:SourceArn",
    ),
    (
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:111122223333:task/*"}}"#,
        "unsure whether the aws:SourceArn that ECS sends is that of a task",
    ),
    // What is left in from a role for people.
    (r#"{"StringEquals": {"sts:ExternalId": "x"}}"#, "EXCLUDED sts:ExternalId"),
    (r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#, "EXCLUDED aws:MultiFactorAuthPresent"),
    (
        r#"{"StringEquals": {"aws:SourceOrgID": "o-1"}}"#,
        "unsure what aws:SourceOrgID is, on which Statement[0] hangs",
    ),
];

#[test]
fn trust_policies_let_ecs_in_or_tell_why_not() {
    let conditional = TRUST_CONDITIONS.iter().map(|(condition, expected)| {
        let statement = r#"{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition":"#;
        (format!("[{statement}{condition}}}]"), *expected)
    });
    for (statements, expected) in
        TRUSTS.iter().map(|(statements, expected)| ((*statements).to_owned(), *expected)).chain(conditional)
    {
        let (said, corrected) = trust_said(trust(&document(&statements), &ORIGIN));
        assert_eq!(said, expected, "{statements}");
        // What is to be pasted works.
        if let Some(corrected) = corrected {
            let again = trust(&corrected, &ORIGIN);
            assert!(matches!(again, Trust::Trusted(_)), "{statements}\n  {corrected}\n  {again:?}");
        }
    }
}

#[test]
fn a_mended_trust_policy_keeps_what_was_right() {
    let statement = |condition: Value| json!({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": condition});
    let corrected = |condition: Value| {
        let document = json!({"Version": "2012-10-17", "Statement": statement(condition)});
        trust_said(trust(&document, &ORIGIN)).1.expect("it is corrected")["Statement"]["Condition"].clone()
    };
    let here = "arn:aws:ecs:us-east-1:111122223333:*";
    let there = "arn:aws:ecs:eu-west-1:111122223333:*";
    // Another Region stays, a cluster does not.
    assert_eq!(
        corrected(json!({"ArnLike": {"aws:SourceArn": there}})),
        json!({"ArnLike": {"aws:SourceArn": [there, here]}})
    );
    assert_eq!(
        corrected(json!({"ArnEquals": {"aws:sourceArn": "arn:aws:ecs:us-east-1:111122223333:cluster/a"}})),
        json!({"ArnLike": {"aws:SourceArn": here}})
    );
    assert_eq!(
        corrected(json!({"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": here}})),
        json!({"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": here}})
    );
    assert_eq!(corrected(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})), Value::Null);

    let of_ec2 = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}});
    let (_, both) = trust_said(trust(&of_ec2, &ORIGIN));
    let expected = json!({"Version": "2012-10-17", "Statement": [of_ec2["Statement"], statement(json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}))]});
    assert_eq!(both, Some(expected));
}

#[test]
fn trust_is_unsure_where_the_task_is_not_known() {
    let nowhere = TaskOrigin { partition: "aws", region: None, account: None };
    let conditional = document(
        r#"[{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}]"#,
    );
    assert_eq!(
        trust(&conditional, &nowhere),
        Trust::Unsure("what aws:SourceAccount is, on which Statement[0] hangs".to_owned())
    );
    assert!(
        matches!(trust(&document("[]"), &nowhere), Trust::Untrusted { corrected, .. } if corrected["Statement"][0].get("Condition").is_none())
    );
}
