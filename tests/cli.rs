//! The command line as a user meets it: the program itself, its output and its exit status.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input closes it.
    let _ = child.stdin.take().expect("its input is piped").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the output is UTF-8")
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

#[test]
fn one_line_comes_out_for_every_task_that_came_in() {
    let input = concat!(
        "{\"stoppedReason\": \"Retrieved secret from Secrets Manager did not contain json key password\"}\n",
        "{\"taskArn\": \"arn:aws:ecs:us-east-1:111122223333:task/prod/1\", \"lastStatus\": \"RUNNING\"}\n",
        "{\"stoppedReason\": \"Scaling activity initiated by (deployment ecs-svc/1)\"}\n",
        "{\"containers\": [{\"name\": \"web\", \"reason\": \"CannotPullECRContainerError: engine ecr credentials: not found\"}]}\n",
    );
    let output = run(&["diagnose", "--format", "jsonl", "-"], input);
    let lines = lines(&output);
    let first = |line: &Value, list: &str, field: &str| line[list][0][field].as_str().map(str::to_owned);
    let causes: Vec<_> = lines.iter().map(|line| first(line, "diagnoses", "cause")).collect();
    assert_eq!(causes, [Some("secret-key-missing".to_owned()), None, None, Some("execution-role-unset".to_owned())]);
    let faults: Vec<_> = lines.iter().map(|line| first(line, "symptoms", "fault")).collect();
    assert_eq!(faults, [Some("json-key-missing".to_owned()), None, Some("normal".to_owned()), Some("role-missing".to_owned())]);
    assert!(lines.iter().all(|line| line["schema"] == "ecs-triage/v1" && line["incident"].is_null()));
    assert_eq!(lines[3]["symptoms"][0]["field"], "containers[0].reason");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_exit_status_tells_diagnosed_unrecognised_and_unread_apart() {
    let status = |arguments: &[&str], input: &str| run(arguments, input).status.code();
    assert_eq!(status(&["diagnose", "events/scale-in.json"], ""), Some(0));
    assert_eq!(status(&["diagnose", "events/secret-missing.json"], ""), Some(0));
    assert_eq!(status(&["diagnose", "--reason", "something nobody has seen"], ""), Some(1));
    assert_eq!(status(&["diagnose", "tests/inputs/lines-with-faults.jsonl"], ""), Some(2));
    assert_eq!(status(&["diagnose", "no-such-file.json", "events/scale-in.json"], ""), Some(2));
    assert_eq!(status(&["diagnose", "-"], ""), Some(2));
    assert_eq!(status(&["diagnose"], ""), Some(2));
    assert_eq!(status(&["diagnose", "--task-definition", "events/scale-in.json", "events/scale-in.json"], ""), Some(2));
    assert_eq!(status(&["--help"], ""), Some(0));
    assert_eq!(status(&["explain", "no-such-cause"], ""), Some(2));
}

#[test]
fn what_cannot_be_read_is_named_with_its_place_and_the_rest_is_diagnosed() {
    let output = run(&["diagnose", "--format", "jsonl", "tests/inputs/lines-with-faults.jsonl"], "");
    let complaints = text(&output.stderr);
    for place in ["line 3, column", "line 5, column 1: expected", "line 7, column 1: expected an object, found an array"] {
        assert!(complaints.contains(place), "{complaints}");
    }
    assert!(complaints.contains("tests/inputs/lines-with-faults.jsonl"));
    assert_eq!(lines(&output).len(), 5);
}

#[test]
fn the_task_definition_names_the_culprit() {
    let arguments = ["diagnose", "--format", "json", "--task-definition", "events/task-definitions/api.json", "events/secret-key-missing.json"];
    let report: Value = serde_json::from_slice(&run(&arguments, "").stdout).expect("it is JSON");
    let culprit = &report["diagnoses"][0]["culprit"];
    assert_eq!(culprit["id"], "prod/db");
    assert_eq!(culprit["references"][0]["container"], "web");
    assert_eq!(culprit["references"][0]["name"], "DB_PASSWORD");
    assert_eq!(culprit["references"][0]["field"], "secrets[1]");
}

#[test]
fn the_span_points_at_the_deciding_words() {
    let reason = "Fetching secret data from SSM Parameter Store in eu-west-1: invalid\u{a0}parameters: /caf\u{e9}/url";
    let output = run(&["diagnose", "--format", "jsonl", "--reason", reason], "");
    let symptom = &lines(&output)[0]["symptoms"][0];
    let end = |index: usize| usize::try_from(symptom["span"][index].as_u64().expect("a number")).expect("it fits");
    assert_eq!(&reason[end(0)..end(1)], "invalid\u{a0}parameters: /caf\u{e9}/url");
    assert_eq!(symptom["resource"], "/caf\u{e9}/url");
}

#[test]
fn output_that_is_no_terminal_has_no_colour() {
    assert!(!text(&run(&["diagnose", "events/secret-missing.json"], "").stdout).contains('\u{1b}'));
}

#[test]
fn nothing_of_the_environment_overrides_comes_out() {
    for format in ["text", "json", "jsonl"] {
        let output = run(&["diagnose", "--format", format, "tests/inputs/environment-overrides.json"], "");
        let all = text(&output.stdout) + &text(&output.stderr);
        for secret in ["do-not-print", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "hunter2"] {
            assert!(!all.contains(secret), "{format}: {secret} in {all}");
        }
    }
}

#[test]
fn every_cause_can_be_explained() {
    let list = text(&run(&["explain"], "").stdout);
    assert_eq!(list.lines().count(), ecs_triage::causes::CAUSES.len());
    for cause in ecs_triage::causes::CAUSES {
        assert!(list.contains(cause.id));
        let explained = text(&run(&["explain", cause.id], "").stdout);
        assert!(explained.starts_with(&format!("{}: {}\n", cause.id, cause.title)) && explained.contains("how to fix it"), "{explained}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
        .args(["diagnose", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("its input is piped");
    for _ in 0..5_000 {
        if input.write_all(b"{\"stoppedReason\": \"Retrieved secret from Secrets Manager did not contain json key password\"}\n").is_err() {
            break;
        }
    }
    drop(input);
    assert_eq!(child.wait().expect("the program ends").code(), Some(0));
}

#[test]
fn whoever_writes_line_by_line_is_answered_line_by_line() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
        .args(["diagnose", "--format", "jsonl", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("its input is piped");
    let mut answers = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    for reason in ["Invalid character 'a' looking for beginning of value", "Task stopped by user"] {
        writeln!(input, "{{\"stoppedReason\": \"{reason}\"}}").expect("it reads");
        let answer = answers.next().expect("an answer comes").expect("it is text");
        assert!(answer.contains("ecs-triage/v1"), "{answer}");
    }
    drop(input);
    assert_eq!(child.wait().expect("the program ends").code(), Some(0));
}

/// A hole takes no room on the disk, and may be as large as it likes.
#[test]
fn no_file_is_read_that_memory_has_no_room_for() {
    let hole = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hole.json");
    File::create(&hole).and_then(|file| file.set_len((64 << 20) + 1)).expect("the file can be made");
    let hole = hole.to_string_lossy();
    let event = "events/scale-in.json";
    for arguments in [&["diagnose", event, "--evidence", &hole][..], &["diagnose", event, "--task-definition", &hole], &["check", "--offline", &hole]] {
        let output = run(arguments, "");
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count(), said.contains("hole.json: it is larger than 64 MB")), (Some(2), 1, true), "{said}");
    }
    let output = run(&["diagnose", "--format", "jsonl", &hole, event], "");
    let said = text(&output.stderr);
    assert!(said.contains("expected a record of at most") && said.lines().count() == 1, "{said}");
    assert_eq!((output.status.code(), lines(&output).len()), (Some(2), 1));
}
