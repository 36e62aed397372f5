//! The template asks for what the code needs and for nothing else; no secret can be read with it.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

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

fn actions(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("Action:"));
    let mut actions: Vec<String> =
        lines.flat_map(|list| list.trim().trim_matches(['[', ']']).split(',').map(|action| action.trim().to_owned()).collect::<Vec<_>>()).collect();
    actions.sort();
    actions
}

#[test]
fn the_probe_policy_is_what_the_questions_need() {
    let questions = [Question::TaskDefinition { name: "api:1".to_owned() }];
    let mut needed: Vec<String> = questions.iter().flat_map(Question::actions).map(|action| (*action).to_owned()).collect();
    needed.sort();
    needed.dedup();
    assert_eq!(actions(&policy("probe")), needed);
}

#[test]
fn the_other_policies_are_what_announcing_and_receiving_need() {
    assert_eq!(actions(&policy("announce")), ["logs:CreateLogStream", "logs:PutLogEvents", "sns:Publish"]);
    assert_eq!(actions(&policy("receive")), ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]);
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
    for variable in ["ECS_TRIAGE_TOPIC_ARN: !Ref Topic", "ECS_TRIAGE_JOURNAL: !Ref Journal"] {
        assert!(template.contains(variable), "the template does not set {variable}");
    }
}
