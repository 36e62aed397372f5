//! What holds for any document.

use ecs_triage::policy_document::{
    Context, Decision, Request, decide, key_policy, resource_policy, trust, with_statement,
};
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

/// What stands before a bucket's name, from where wildcards stand for anything.
const BUCKETS: &str = "arn:aws:s3:::";

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
        "Version", "Statement", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
        "NotResource", "Condition", "AWS", "Service", "StringLike", "ForAnyValue:ArnLike", "Null",
        "IpAddress", "aws:SourceIp", "aws:PrincipalArn", "Sid",
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
            object.prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect())
        ]
    })
}

/// Whether the request may pass, and whether it may fail.
fn chances(decision: &Decision) -> [bool; 2] {
    match decision {
        Decision::Allowed(_) => [true, false],
        Decision::Unsure(_) => [true, true],
        Decision::Denied(_) | Decision::NotAllowed { .. } => [false, true],
    }
}

proptest! {
    #[test]
    fn wildcards_stand_for_what_they_should(pattern in "[ab*?\u{e9}]{0,8}", text in "[ab\u{e9}]{0,10}") {
        let document = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": format!("{BUCKETS}{pattern}")}});
        let (letters, wanted): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
        let allowed = matches!(decide(&document, &Request { resource: &format!("{BUCKETS}{text}"), ..READ }), Decision::Allowed(_));
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
    fn denies_take_and_allows_give(statements in prop::collection::vec(any_json(), 0..4), more in any_json()) {
        let before = json!({"Statement": statements});
        let with = |effect: &str, mut more: Value| {
            more["Effect"] = json!(effect);
            chances(&decide(&with_statement(Some(&before), &more), &READ))
        };
        let everything = json!({"Principal": "*", "Action": "*"});
        prop_assert_eq!(with("Deny", everything.clone()), [false, true]);
        prop_assert!(with("Allow", everything)[0]);
        let ([may_pass, may_fail], more) = (chances(&decide(&before, &READ)), if more.is_object() { more } else { json!({"Action": more}) });
        let [passes_denied, fails_denied] = with("Deny", more.clone());
        prop_assert!(may_pass >= passes_denied && may_fail <= fails_denied);
        let [passes_allowed, fails_allowed] = with("Allow", more);
        prop_assert!(may_pass <= passes_allowed && may_fail >= fails_allowed);
    }
}

#[test]
fn a_pattern_of_stars_is_no_trap() {
    let long = "a".repeat(20_000) + "b";
    for (pattern, text) in [
        (format!("{BUCKETS}{}", "*a".repeat(2_000)), format!("{BUCKETS}{long}")),
        (format!("arn:*:*:*:*:{}", "*a".repeat(500)), format!("arn:{}{long}", ":".repeat(1_000))),
    ] {
        let document =
            json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": pattern}});
        assert_eq!(said(decide(&document, &Request { resource: &text, ..READ })), NOT);
    }
}
