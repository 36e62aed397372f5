//! The snippets of the documentation that people copy into their own files, each read by what reads it there
//! or by the schema of that: CloudFormation by its linter, workflows and actions of GitHub and pipelines of
//! GitLab by their published schemas, HCL by a parser. TypeScript is not compiled: that takes the CDK.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod environment;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use environment::{python_environment, succeed};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The blocks of one language in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(ROOT).join("docs").join(page)).expect("the page can be read");
    let fence = format!("\n```{language}\n");
    let fenced = text.split(fence.as_str()).skip(1);
    fenced.map(|rest| rest.split("\n```").next().unwrap_or(rest).to_owned() + "\n").collect()
}

/// The only block of a page that begins so, past its comments.
fn block(page: &str, beginning: &str) -> String {
    let is_it = |block: &String| {
        let first = block.lines().find(|line| !line.starts_with('#'));
        first.is_some_and(|line| line.starts_with(beginning))
    };
    let mut found: Vec<String> = blocks(page, "yaml").into_iter().filter(is_it).collect();
    let one = found.pop().filter(|_| found.is_empty());
    one.unwrap_or_else(|| panic!("{page} has one block that begins with {beginning}"))
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("it can be written");
    path
}

fn program(name: &str) -> Command {
    Command::new(python_environment("snippets", "requirements-snippets.txt").join(name))
}

/// A resource as a template has it, with what it refers to as parameters and what the snippet leaves to its
/// reader.
fn template(resource: &str, more: &str) -> String {
    let indented = |text: &str, by: &str| {
        text.lines().fold(String::new(), |mut all, line| {
            let _ = writeln!(all, "{by}{line}");
            all
        })
    };
    let mut parameters: Vec<&str> = resource
        .split("!Ref ")
        .skip(1)
        .filter_map(|rest| rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next())
        .collect();
    parameters.sort_unstable();
    parameters.dedup();
    let parameters = parameters.iter().fold(String::new(), |mut all, name| {
        let _ = writeln!(all, "  {name}: {{Type: String}}");
        all
    });
    let resource =
        indented(resource, "  ").replacen("    Properties:\n", &format!("    Properties:\n{more}"), 1);
    format!("AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n{parameters}Resources:\n{resource}")
}

#[test]
fn what_is_for_cloudformation_passes_its_linter() {
    let service =
        template(&block("doors.md", "Service:"), "      TaskDefinition: api\n      LaunchType: FARGATE\n");
    let hook = template(&block("doors.md", "Hook:"), "");
    let files = [file("service.yaml", &service), file("hook.yaml", &hook)];
    let linter = python_environment("stack", "requirements.txt").join("cfn-lint");
    succeed(Command::new(linter).arg("--").args(files));
}

#[test]
fn what_is_for_github_and_gitlab_fits_their_schemas() {
    let github = file("workflow.yml", &block("check.md", "name: ecs-triage"));
    let gitlab = file("gitlab-ci.yml", &block("check.md", "ecs-triage:"));
    for (schema, path) in [
        ("vendor.github-workflows", github),
        ("vendor.gitlab-ci", gitlab),
        ("vendor.github-actions", Path::new(ROOT).join("action.yml")),
    ] {
        succeed(program("check-jsonschema").args(["--builtin-schema", schema]).arg(path));
    }
}

#[test]
fn what_is_for_terraform_is_hcl() {
    let all: Vec<String> = ["doors.md", "check.md", "deploy.md", "releases.md"]
        .iter()
        .flat_map(|page| blocks(page, "hcl"))
        .collect();
    assert!(!all.is_empty(), "a snippet for Terraform");
    for (at, text) in all.iter().enumerate() {
        let path = file(&format!("snippet-{at}.tf"), text);
        succeed(program("python").args(["-c", "import hcl2, sys; hcl2.load(open(sys.argv[1]))"]).arg(path));
    }
}
