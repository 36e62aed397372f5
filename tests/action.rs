//! The GitHub action: the steps of `action.yml`, run as a runner would, and what the examples of the
//! documentation promise.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use saphyr_parser::{Event, Parser};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The scalars of a YAML document, in order.
fn scalars(text: &str) -> Vec<String> {
    let events = Parser::new_from_str(text).map(|event| event.expect("it is YAML").0);
    events
        .filter_map(|event| if let Event::Scalar(text, ..) = event { Some(text.into_owned()) } else { None })
        .collect()
}

/// The script of the step that checks.
fn script() -> String {
    let action = fs::read_to_string(Path::new(ROOT).join("action.yml")).expect("it can be read");
    let scalars = scalars(&action);
    let from = scalars.iter().position(|scalar| scalar == "Check").expect("a step checks");
    let run = scalars[from..].iter().position(|scalar| scalar == "run").expect("it runs something");
    scalars[from + run + 1].clone()
}

fn step(name: &str, inputs: &[(&str, &str)]) -> (Output, String) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&directory).expect("it can be made");
    let summary = directory.join("summary.md");
    fs::write(&summary, "").expect("it can be written");
    let defaults = ["PARAMETERS", "ARGUMENTS", "BASELINE", "SARIF_FILE", "JUNIT_FILE"].map(|name| (name, ""));
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script()])
        .current_dir(ROOT)
        .envs(defaults)
        .envs([("OFFLINE", "true"), ("FAIL_ON", "confirmed"), ("PROGRAM", env!("CARGO_BIN_EXE_ecs-triage"))])
        .envs([("RUNNER_TEMP", directory.as_path()), ("GITHUB_STEP_SUMMARY", summary.as_path())])
        .envs(inputs.iter().copied())
        .output()
        .expect("bash is there");
    (output, fs::read_to_string(&summary).expect("it can be read"))
}

#[test]
fn the_steps_of_the_action_run() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (sarif, junit) = (out.join("action.sarif"), out.join("action.xml"));
    let (sarif, junit) = (sarif.to_string_lossy(), junit.to_string_lossy());
    let files = "tests/sources/template.*l\n\ntests/sources/cdk.json\n";
    let inputs = [
        ("FILES", files),
        ("PARAMETERS", "Tag=v1\nEnv=prod"),
        ("ARGUMENTS", "--region=eu-west-1"),
        ("SARIF_FILE", &*sarif),
        ("JUNIT_FILE", &*junit),
    ];
    let (output, summary) = step("action", &inputs);
    let (said, complaints) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}{complaints}");
    assert!(said.contains("::error file=tests/sources/template.yaml,line=46,col=26"), "{said}{complaints}");
    assert!(summary.contains("## ecs-triage check"), "{summary}");
    assert!(
        fs::read_to_string(&*sarif).is_ok_and(|text| text.contains("\"2.1.0\""))
            && fs::read_to_string(&*junit).is_ok_and(|text| text.contains("<failure "))
    );
    let (output, _) = step("action-good", &[("FILES", "tests/sources/register.yaml")]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (output, _) = step("action-none", &[("FILES", "no-such-*.json")]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn inputs_are_no_script() {
    let marker = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pwned");
    let evil = format!("$(touch {0}); `touch {0}`; \"; touch {0}; --offline", marker.display());
    for name in ["FILES", "PARAMETERS", "ARGUMENTS", "BASELINE", "FAIL_ON", "OFFLINE", "SARIF_FILE"] {
        let _ = step("action-evil", &[("FILES", "tests/sources/register.yaml"), (name, &evil)]);
        assert!(!marker.exists(), "{name}");
    }
    let _ = fs::remove_file(Path::new(ROOT).join(&evil));
    let action = fs::read_to_string(Path::new(ROOT).join("action.yml")).expect("it can be read");
    assert!(!script().contains("${{"), "an expression in a script is pasted into it");
    assert!(!action.contains("uses:"), "the action stands on nobody else's");
}

#[test]
fn the_documented_workflow_is_pinned_and_holds_few_permissions() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/check.md")).expect("it can be read");
    let workflow =
        page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("there is one");
    assert!(workflow.contains("\npermissions: {}\n"), "{workflow}");
    let uses =
        workflow.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    for named in uses.filter(|named| !named.starts_with("OWNER/")) {
        let pin = named.split_once('@').expect("it is pinned").1.split(' ').next().expect("it has a commit");
        assert!(pin.len() == 40 && pin.bytes().all(|byte| byte.is_ascii_hexdigit()), "{named}");
    }
    assert!(!scalars(workflow).is_empty());
}
