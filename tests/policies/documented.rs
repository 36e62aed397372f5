//! What AWS's documentation says of single elements, one document a line: `expected` is what must come of it,
//! `why` cites the page.

use ecs_triage::policy_document::{
    Grantee, KeySide, ResourceSide, decide, endpoint_policy, key_policy, resource_policy,
};
use ecs_triage::question::facts::VpcEndpoint;

use crate::*;

const ROWS: &str = include_str!("documented.jsonl");

fn grantee(to: &Grantee) -> &'static str {
    match to {
        Grantee::Role => "to the role",
        Grantee::RoleAtLeast(_) => "to the role at least",
        Grantee::Session => "to the session",
    }
}

fn decision_word(decision: &Decision) -> String {
    match decision {
        Decision::Allowed(_) => "allowed",
        Decision::Denied(_) => "denied",
        Decision::NotAllowed { .. } => "not",
        Decision::Unsure(_) => "unsure",
    }
    .to_owned()
}

fn key_word(side: &KeySide) -> String {
    match side {
        KeySide::Direct(_, to) => format!("direct {}", grantee(to)),
        KeySide::Delegated(_) => "delegated".to_owned(),
        KeySide::Refused { .. } => "refused".to_owned(),
        KeySide::Denied(_) => "denied".to_owned(),
        KeySide::Unsure(_) => "unsure".to_owned(),
    }
}

fn resource_word(side: &ResourceSide) -> String {
    match side {
        ResourceSide::NotNeeded => "not needed".to_owned(),
        ResourceSide::Grants(_, to) => format!("granted {}", grantee(to)),
        ResourceSide::Missing { .. } => "missing".to_owned(),
        ResourceSide::Denied(_) => "denied".to_owned(),
        ResourceSide::Unsure(_) => "unsure".to_owned(),
    }
}

/// What comes of a row: of its document alone, or of the function that it names.
fn answer(row: &Value) -> String {
    let text = |name: &str| row[name].as_str().expect(name);
    let role = NamedRole::parse(text("principal")).expect("the principal is a role");
    let values: Vec<(&str, Vec<&str>)> = row["context"]
        .as_object()
        .expect("the context is an object")
        .iter()
        .map(|(key, values)| {
            (
                key.as_str(),
                values.as_array().expect("the values are a list").iter().filter_map(Value::as_str).collect(),
            )
        })
        .collect();
    let context: Vec<(&str, &[&str])> =
        values.iter().map(|(key, values)| (*key, values.as_slice())).collect();
    let request = Request {
        principal: Principal::Role(role),
        action: text("action"),
        resource: text("resource"),
        context: &context,
    };
    let (function, last) = row["ask"].as_str().map_or(("decide", ""), |ask| {
        (ask.split(',').next().unwrap_or_default(), ask.rsplit(' ').next().unwrap_or_default())
    });
    match function {
        "decide" => decision_word(&decide(&row["document"], &request)),
        "key_policy" => key_word(&key_policy(&row["document"], &role, request.resource, VIA, &context)),
        "resource_policy" => resource_word(&resource_policy(Some(&row["document"]), &request, last)),
        "endpoint_policy" => {
            let endpoint = VpcEndpoint {
                vpc_endpoint_type: Some(last.to_owned()),
                policy_document: Some(row["document"].to_string()),
                ..VpcEndpoint::default()
            };
            decision_word(&endpoint_policy(&endpoint, &request))
        }
        other => panic!("{other} is no question"),
    }
}

#[test]
fn documents_say_what_the_documentation_says() {
    let rows: Vec<Value> = ROWS.lines().map(json_of).collect();
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let answer = answer(row);
            (row["expected"] != answer).then(|| {
                format!(
                    "{}: {}\n  {} instead of {}: {}",
                    row["rule"], row["what"], answer, row["expected"], row["why"]
                )
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
