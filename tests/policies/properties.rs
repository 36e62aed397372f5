//! What holds for any document.

use ecs_triage::policy_document::{Context, Decision, Request, decide, key_policy, resource_policy, trust, with_statement};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::*;

/// What a pattern stands for, as one would write it down first.
fn fits(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => fits(rest, text) || matches!(text, [_, after @ ..] if fits(pattern, after)),
        (['?', rest @ ..], [_, after @ ..]) => fits(rest, after),
        ([wanted, rest @ ..], [letter, after @ ..]) => wanted == letter && fits(rest, after),
        _ => false,
    }
}

/// JSON of any kind, with the words of policies where they belong and where they do not.
fn any_json() -> impl Strategy<Value = Value> {
    const WORDS: &[&str] = &[
        "*",
        "Allow",
        "Deny",
        "s3:*",
        "arn:aws:iam::111122223333:root",
        "${aws:PrincipalArn}",
        "${",
        "${a, 'b'}",
        "AROAX",
        "",
        "true",
        "::::::",
        "2012-10-17",
        "\u{e9}*?",
    ];
    const NAMES: &[&str] = &[
        "Version",
        "Statement",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "AWS",
        "Service",
        "StringLike",
        "ForAnyValue:ArnLike",
        "Null",
        "IpAddress",
        "aws:SourceIp",
        "aws:PrincipalArn",
        "Sid",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 96, 6, |inner| {
        let object = prop::collection::vec((prop::sample::select(NAMES), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            object.prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        ]
    })
}

proptest! {
    #[test]
    fn wildcards_stand_for_what_they_should(pattern in "[ab*?\u{e9}]{0,8}", text in "[ab\u{e9}]{0,10}") {
        let document = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": pattern}});
        let (letters, wanted): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
        let allowed = matches!(decide(&document, &Request { resource: &text, ..READ }), Decision::Allowed(_));
        prop_assert_eq!(allowed, fits(&wanted, &letters));
    }

    #[test]
    fn any_document_is_judged(document in any_json(), statement in any_json()) {
        for document in [document, json!({"Version": "2012-10-17", "Statement": [statement.clone()]}), json!({"Statement": statement})] {
            let ip: Context<'_> = &[("aws:SourceIp", &["203.0.113.7"])];
            let decision = decide(&document, &Request { context: ip, ..READ });
            prop_assert_eq!(decision, decide(&json!(document.to_string()), &Request { context: ip, ..READ }));
            let _ = (trust(&document, &ORIGIN), key_policy(&document, &ROLE_BY_NAME, KEY, VIA, &[]));
            let _ = (resource_policy(Some(&document), &READ, "1"), with_statement(Some(&document), &json!({})));
        }
    }

    /// A deny more never lets more in, an allow more never less.
    #[test]
    fn denies_take_and_allows_give(statements in prop::collection::vec(any_json(), 0..4)) {
        let with = |effect: &str| {
            let more = json!({"Effect": effect, "Principal": "*", "Action": "*"});
            decide(&with_statement(Some(&json!({"Statement": statements.clone()})), &more), &READ)
        };
        prop_assert!(matches!(with("Deny"), Decision::Denied(_)));
        let refused = matches!(with("Allow"), Decision::NotAllowed { .. });
        prop_assert!(!refused);
    }
}

#[test]
fn a_pattern_of_stars_is_no_trap() {
    let (pattern, text) = ("*a".repeat(2_000), "a".repeat(20_000) + "b");
    let document = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": pattern}});
    assert_eq!(said(decide(&document, &Request { resource: &text, ..READ })), NOT);
}
