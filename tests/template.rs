//! The template asks for what the code needs and for nothing else; no secret can be read with it.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_triage::question::Question;

/// Permissions that would let ecs-triage read a secret, a parameter, a file or a registry login.
const FORBIDDEN: &[&str] =
    &["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParameter", "kms:Decrypt", "ecr:GetAuthorizationToken", "s3:GetObject"];
/// The same as SDK calls.
const FORBIDDEN_CALLS: &[&str] = &["get_secret_value", "batch_get_secret_value", "get_parameter", "get_authorization_token", "get_object", ".decrypt("];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn template() -> String {
    fs::read_to_string(root().join("template.yaml")).expect("the template can be read")
}

/// The text of one inline policy of the role.
fn policy(name: &str) -> String {
    let template = template();
    let (_, rest) = template.split_once(&format!("PolicyName: {name}\n")).unwrap_or_else(|| panic!("the template has no policy {name}"));
    rest.split("PolicyName:").next().unwrap_or(rest).split("\n\n").next().unwrap_or(rest).to_owned()
}

/// Whatever stands behind `Action:`, in a line or in a list of lines.
fn actions(text: &str) -> BTreeSet<String> {
    let words = text.split_whitespace().map(|word| word.trim_matches(['[', ']', ',', '\'']));
    words
        .filter(|word| word.split_once(':').is_some_and(|(service, action)| !service.is_empty() && action.starts_with(char::is_uppercase)))
        .map(str::to_owned)
        .collect()
}

fn set(actions: &[&str]) -> BTreeSet<String> {
    actions.iter().map(|action| (*action).to_owned()).collect()
}

#[test]
fn the_probe_policies_are_what_the_questions_need() {
    let definitions = actions(&policy("probe-definitions"));
    assert_eq!(definitions, set(Question::TaskDefinition { name: "api:1".to_owned() }.actions()));
    let granted: BTreeSet<String> = definitions.union(&actions(&policy("probe"))).cloned().collect();
    assert_eq!(granted, set(Question::ACTIONS));
}

#[test]
fn no_question_reads_a_value() {
    let reads_metadata = |action: &str| ["Describe", "Get", "List", "Simulate"].iter().any(|verb| action.starts_with(verb));
    for action in Question::ACTIONS {
        assert!(action.split_once(':').is_some_and(|(_, name)| reads_metadata(name)), "{action} does more than describe");
        assert!(!FORBIDDEN.iter().any(|forbidden| action.starts_with(forbidden)), "{action} reads a value");
    }
}

#[test]
fn the_other_policies_are_what_announcing_and_receiving_need() {
    assert_eq!(actions(&policy("announce")), set(&["logs:CreateLogStream", "logs:PutLogEvents", "sns:Publish"]));
    assert_eq!(actions(&policy("receive")), set(&["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]));
}

#[test]
fn nothing_may_read_a_secret() {
    let template = template();
    for action in FORBIDDEN {
        assert!(!template.contains(action), "the template grants {action}");
    }
    for file in fs::read_dir(root().join("src/aws")).expect("the directory can be read") {
        let path: PathBuf = file.expect("the entry can be read").path();
        let text = fs::read_to_string(&path).expect("the file can be read");
        for call in FORBIDDEN.iter().chain(FORBIDDEN_CALLS) {
            assert!(!text.contains(call), "{} names {call}", path.display());
        }
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest can be read");
    for sdk in ["aws-sdk-secretsmanager", "aws-sdk-ec2", "aws-sdk-ssm", "aws-sdk-kms", "aws-sdk-s3"] {
        assert!(!manifest.contains(sdk), "the manifest depends on {sdk}");
    }
}

#[test]
fn what_the_function_reads_from_its_environment_the_template_sets() {
    let template = template();
    for variable in ["ECS_TRIAGE_TOPIC_ARN: !Ref Topic", "ECS_TRIAGE_JOURNAL: !Ref Journal", "ECS_TRIAGE_PROBING: !Ref Probing"] {
        assert!(template.contains(variable), "the template does not set {variable}");
    }
}
