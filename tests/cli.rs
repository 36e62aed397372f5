//! The command line as a user meets it: the program itself, its output and its exit status.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

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
    assert_eq!(
        causes,
        [Some("secret-key-missing".to_owned()), None, None, Some("execution-role-unset".to_owned())]
    );
    let faults: Vec<_> = lines.iter().map(|line| first(line, "symptoms", "fault")).collect();
    assert_eq!(
        faults,
        [
            Some("json-key-missing".to_owned()),
            None,
            Some("normal".to_owned()),
            Some("role-missing".to_owned())
        ]
    );
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
    assert_eq!(
        status(&["diagnose", "--task-definition", "events/scale-in.json", "events/scale-in.json"], ""),
        Some(2)
    );
    assert_eq!(status(&["--help"], ""), Some(0));
    assert_eq!(status(&["explain", "no-such-cause"], ""), Some(2));
}

#[test]
fn what_cannot_be_read_is_named_with_its_place_and_the_rest_is_diagnosed() {
    let output = run(&["diagnose", "--format", "jsonl", "tests/inputs/lines-with-faults.jsonl"], "");
    let complaints = text(&output.stderr);
    for place in [
        "line 3, column",
        "line 5, column 1: expected",
        "line 7, column 2, at [0]: expected an object, found a number",
    ] {
        assert!(complaints.contains(place), "{complaints}");
    }
    assert!(complaints.contains("tests/inputs/lines-with-faults.jsonl"));
    assert_eq!(lines(&output).len(), 5);
}

#[test]
fn the_task_definition_names_the_culprit() {
    let arguments = [
        "diagnose",
        "--format",
        "json",
        "--task-definition",
        "events/task-definitions/api.json",
        "events/secret-key-missing.json",
    ];
    let report: Value = serde_json::from_slice(&run(&arguments, "").stdout).expect("it is JSON");
    let culprit = &report["diagnoses"][0]["culprit"];
    assert_eq!(culprit["id"], "prod/db");
    assert_eq!(culprit["references"][0]["container"], "web");
    assert_eq!(culprit["references"][0]["name"], "DB_PASSWORD");
    assert_eq!(culprit["references"][0]["field"], "secrets[1]");
}

#[test]
fn the_span_points_at_the_deciding_words() {
    let reason =
        "Fetching secret data from SSM Parameter Store in eu-west-1: invalid\u{a0}parameters: /caf\u{e9}/url";
    let output = run(&["diagnose", "--format", "jsonl", "--reason", reason], "");
    let symptom = &lines(&output)[0]["symptoms"][0];
    let end =
        |index: usize| usize::try_from(symptom["span"][index].as_u64().expect("a number")).expect("it fits");
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
        assert!(
            explained.starts_with(&format!("{}: {}\n", cause.id, cause.title))
                && explained.contains("how to fix it"),
            "{explained}"
        );
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
    std::fs::write(&hole, "{").expect("the file can be made");
    let file = File::options().write(true).open(&hole).expect("the file is there");
    file.set_len((64 << 20) + 2).expect("it can be a hole");
    let hole = hole.to_string_lossy();
    let event = "events/scale-in.json";
    for arguments in [
        &["diagnose", event, "--evidence", &hole][..],
        &["diagnose", event, "--task-definition", &hole],
        &["check", "--offline", &hole],
    ] {
        let output = run(arguments, "");
        let said = text(&output.stderr);
        assert_eq!(
            (output.status.code(), said.lines().count(), said.contains("hole.json: it is larger than 64 MB")),
            (Some(2), 1, true),
            "{said}"
        );
    }
    let output = run(&["diagnose", "--format", "jsonl", &hole, event], "");
    let said = text(&output.stderr);
    assert!(said.contains("expected a record of at most") && said.lines().count() == 1, "{said}");
    assert_eq!((output.status.code(), lines(&output).len()), (Some(2), 1));
}

/// What `check` says of a file with this text: its exit status, and the first line of what it wrote.
fn checked(text_of_file: &str) -> (Option<i32>, String) {
    let output = run(&["check", "--offline", "--format", "json", "-"], text_of_file);
    let said = text(&output.stdout) + &text(&output.stderr);
    (output.status.code(), said)
}

#[test]
fn a_definition_is_read_as_tools_leave_it() {
    let container = r#"{"name": "web", "image": "nginx:1", "secrets": [{"name": "A", "valueFrom": "/a"}]}"#;
    let role = r#""executionRoleArn": "arn:aws:iam::111122223333:role/r""#;
    let forms = [
        format!(r#"{{{role}, "containerDefinitions": [{container}], "volumes": null, "taskRoleArn": null, "requiresCompatibilities": null, "tags": null}}"#),
        format!(r#"{{{role}, "containerDefinitions": [{{"name": "web", "image": "nginx:1", "secrets": null, "secrets": [{{"name": "A", "valueFrom": "/a"}}]}}]}}"#),
        format!("\u{feff}{{\"taskDefinition\": {{{role}, \"containerDefinitions\": [{container}]}}, \"tags\": []}}"),
        format!(r#"[{{{role}, "containerDefinitions": [{container}]}}]"#),
        format!(r#"[{{"taskDefinition": {{{role}, "containerDefinitions": [{container}]}}}}]"#),
        format!(r#"{{"TASKDEFINITION": {{{role}, "containerdefinitions": [{container}]}}}}"#),
        r#"{"ExecutionRoleArn": "arn:aws:iam::111122223333:role/r", "ContainerDefinitions": [{"Name": "web", "Image": "nginx:1", "Secrets": [{"Name": "A", "ValueFrom": "/a"}], "LogConfiguration": null}]}"#.to_owned(),
        format!(r#"{{{role}, "containerDefinitions": [{container}], "family": "taskDefinition", "tags": [{{"key": "taskDefinition", "value": "x"}}]}}"#),
    ];
    for form in forms {
        let (status, said) = checked(&form);
        let report: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{form}: {said}"));
        // The role, the image and the secret.
        assert_eq!((status, report["references"].as_u64()), (Some(0), Some(3)), "{form}: {said}");
    }
    let (_, said) = checked(&format!("[{container}, {container}]"));
    let report: Value = serde_json::from_str(&said).expect("a list of containers reads");
    assert_eq!(report["references"], 4, "{said}");
}

#[test]
fn what_is_no_definition_is_told_with_its_place_and_what_it_seems_to_be() {
    for (file, wanted) in [
        (
            "{\n  \"containerDefinitions\": [\n    {\"name\": \"a\", \"cpu\": 1,}\n  ]\n}",
            "standard input:3:28: trailing comma",
        ),
        (
            "[\n  {\"name\": \"a\", \"environmentFiles\": \"x\"}\n]",
            "standard input:2:37: at [0].environmentFiles: expected an array, found a string",
        ),
        (
            "{\"TaskDefinition\": {\n\"containerDefinitions\": [{\"name\": \"a\", \"logConfiguration\": {\"logDriver\": 5}}]}}",
            "standard input:2:74: at TaskDefinition.containerDefinitions[0].logConfiguration.logDriver",
        ),
        (
            "{\"containerDefinitions\": [{\"name\": \"a\", \"cpu\": {{ .Cpu }} }]}",
            "{{ .Cpu }} is not filled in: ecspresso render",
        ),
        (
            "{\n  \"containerDefinitions\": [\n    {\"name\": \"a\", \"cpu\": ${CPU}}]}",
            "standard input:3:26: expected value; this seems to be a template, in which ${CPU} is not filled in: envsubst",
        ),
        (
            "{\"containerDefinitions\": [{\"name\": \"a\", \"memory\": <MB>}]}",
            "in which <MB> is not filled in",
        ),
        (
            "{\n  // who runs it\n  \"family\": \"a\"\n}",
            "2:3: expected a key in double quotes; JSON has no comments",
        ),
        (
            "Parameters:\n  Name:\n    Type: String\nResources:\n  Task:\n    Type: 'AWS::ECS::TaskDefinition'\n",
            "standard input:6:5: at Task: expected container definitions",
        ),
        (
            "{\"Resources\": {\"Q\": {\"Type\": \"AWS::SQS::Queue\"}}}",
            "standard input holds no task definition and no service",
        ),
        (
            "variable \"image\" {}\n\nmodule \"web\" {\n  source = \"./web\"\n}\n",
            "this seems to be Terraform: terraform show -json",
        ),
        (
            "{\"format_version\": \"1.2\", \"planned_values\": {}}",
            "standard input holds no task definition and no service",
        ),
        ("{\"resource\": {\"aws_ecs_task_definition\": {}}}", "this is Terraform's: terraform show -json"),
        ("family: web\ncontainers:\n- name: a\n", "found an object with family, containers"),
        (
            "name: api\ntype: Backend Service\nimage:\n  build: ./Dockerfile\n",
            "this is a manifest of Copilot: copilot svc package",
        ),
        (
            "region: eu-west-1\ncluster: prod\ntask_definition: def.json\n",
            "this is ecspresso's configuration: ecspresso render",
        ),
        ("family: web\n  containerDefinitions: [\n", "expected JSON or YAML: "),
        ("services:\n  web:\n    image: nginx\n", "this is a Compose file"),
        (
            "family: {{ .Values.family }}\ncontainerDefinitions:\n  - name: a\n",
            "{{ .Values.family }} is not filled in: helm template",
        ),
        (
            "{\"containerDefinitions\": [{% for c in containers %}{\"name\": \"a\"}{% endfor %}]}",
            "{% for c in containers %} is not filled in: jinja2",
        ),
        ("{% set name = 'a' %}\nfamily: {{ name }}\n", "{% set name = 'a' %} is not filled in: jinja2"),
        ("local image = std.extVar('IMAGE');\n{ family: 'web' }\n", "this seems to be Jsonnet: jsonnet"),
        (
            "{\"services\": [{\"serviceName\": \"web\", \"taskDefinition\": \"arn:aws:ecs:us-east-1:111122223333:task-definition/web:4\"}]}",
            "this is what ECS says of services, and the definition is web:4",
        ),
        (
            "{\"tasks\": [{\"taskDefinitionArn\": \"arn:aws:ecs:us-east-1:111122223333:task-definition/job:12\"}]}",
            "the definition is job:12: aws ecs describe-task-definition",
        ),
        (
            "[{\"containerDefinitions\": []}]",
            "standard input:1:2: at [0]: expected container definitions; found no containers",
        ),
        ("{\"containerDefinitions\": null}", "found an object with containerDefinitions"),
        ("", "standard input:1:1: expected JSON"),
    ] {
        let (status, said) = checked(file);
        assert_eq!((status, said.contains(wanted)), (Some(2), true), "{file}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_definition_that_cannot_be_read_does_not_stop_the_diagnosis() {
    for definition in ["events/scale-in.json", "Cargo.toml", "no-such-file.json"] {
        let output = run(
            &["diagnose", "--format", "jsonl", "--task-definition", definition, "events/secret-missing.json"],
            "",
        );
        assert_eq!(
            (output.status.code(), lines(&output).len(), text(&output.stderr).lines().count()),
            (Some(2), 1, 1),
            "{definition}"
        );
        assert_eq!(lines(&output)[0]["diagnoses"][0]["cause"], "secret-missing");
    }
}

#[test]
fn pasted_text_and_lists_are_diagnosed_as_they_come() {
    let utf16 = |text: &str| -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    let wrapped = "Stopped reason\nResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval\nfailed: unable to retrieve secrets from ssm: invalid parameters: /shop/db\n";
    let log = "2026-05-02 10:00:00 ERROR deploy: Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /shop/db\n";
    let bracketed = "[2026-05-02T10:00:00] {run.py:9} ERROR - Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /shop/db";
    let listed = "[\n{\"stoppedReason\": \"Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /shop/db\"},\n{\"stoppedReason\": \"Task stopped by user\"}\n]\n";
    for (input, reports) in [
        (wrapped.as_bytes().to_vec(), 1),
        (log.as_bytes().to_vec(), 1),
        (bracketed.as_bytes().to_vec(), 1),
        (listed.as_bytes().to_vec(), 2),
        (utf16(listed), 2),
        (utf16(log), 1),
        (format!("\u{feff}{listed}").into_bytes(), 2),
    ] {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pasted.txt");
        std::fs::write(&path, &input).expect("the file can be written");
        let output = run(&["diagnose", "--format", "jsonl", &path.to_string_lossy()], "");
        let lines = lines(&output);
        assert_eq!((output.status.code(), lines.len()), (Some(0), reports), "{}", text(&output.stderr));
        assert_eq!(lines[0]["diagnoses"][0]["cause"], "parameter-missing");
    }
}

#[test]
fn what_nobody_can_read_is_one_line_and_what_says_nothing_names_what_to_fetch() {
    let yaml = "tasks:\n- lastStatus: STOPPED\n  group: service:web\n".repeat(9);
    let binary = "\u{1}\0\u{2}\nx\0y\n".repeat(9);
    let long = "one line of a log\n".repeat(9_000);
    for (input, status, wanted) in [
        (yaml.as_str(), 2, "--output json"),
        (&binary, 2, "expected JSON or text, found a binary file"),
        (&long, 2, "expected JSON, or at most 65536 bytes"),
        (
            "{\"detail-type\": \"ECS Service Action\", \"resources\": [\"arn:aws:ecs:us-east-1:111122223333:service/prod/web\"], \"detail\": {\"eventType\": \"WARN\", \"eventName\": \"SERVICE_TASK_START_IMPAIRED\"}}",
            1,
            "--cluster prod --service-name web --desired-status STOPPED",
        ),
        (
            "{\"serviceDeploymentArn\": \"arn:aws:ecs:us-east-1:111122223333:service-deployment/prod/web/1\", \"serviceArn\": \"arn:aws:ecs:us-east-1:111122223333:service/prod/web\", \"status\": \"FAILED\"}",
            1,
            "--service-name web",
        ),
        (
            "{\"services\": [{\"serviceName\": \"a;reboot\", \"clusterArn\": \"$(reboot)\", \"desiredCount\": 2, \"runningCount\": 1}]}",
            2,
            "ask its stopped tasks",
        ),
        ("{\"tasks\": [], \"failures\": []}", 2, "ECS keeps stopped tasks for about an hour"),
        ("null", 2, "ECS keeps stopped tasks for about an hour"),
        ("{\"taskArns\": [\"arn:aws:ecs:us-east-1:111122223333:task/prod/1\"]}", 2, "aws ecs describe-tasks"),
    ] {
        let output = run(&["diagnose", "-"], input);
        let said = text(&output.stderr);
        assert_eq!(
            (output.status.code(), said.contains(wanted), said.matches("ecs-triage: ").count()),
            (Some(status), true, 1),
            "{said}"
        );
        let all = text(&output.stdout) + &said;
        assert!(!all.contains("nothing wrong") && !said.contains("reboot"), "{all}");
    }
}

#[test]
fn a_diagnosis_is_shown_as_far_as_it_is_asked_for() {
    let event = ["diagnose", "events/secret-key-missing.json"];
    let short = text(&run(&event, "").stdout);
    let full = text(&run(&[event[0], event[1], "--full"], "").stdout);
    assert!(
        !short.contains("unable to pull secrets or registry auth") && short.contains("   | ...\n"),
        "{short}"
    );
    assert!(
        full.contains("unable to pull secrets or registry auth") && !full.contains("   | ...\n"),
        "{full}"
    );
    assert!(full.lines().count() > short.lines().count());
    let case: Value =
        serde_json::from_str(include_str!("cases/key-permission-missing/the-role-lacks-it.json"))
            .expect("the case is JSON");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let answers: Vec<Value> = case["evidence"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|told| json!({"question": told["ask"], "answer": told["answer"]}))
        .collect();
    let write = |name: &str, value: &Value| {
        let path = directory.join(name);
        std::fs::write(&path, value.to_string()).expect("the file can be written");
        path.display().to_string()
    };
    let evidence =
        write("snippets-evidence.json", &json!({"schema": "ecs-triage/evidence/v1", "answers": answers}));
    let definition = write("snippets-definition.json", &case["task_definition"]);
    let arguments = ["diagnose", "-", "--evidence", &evidence, "--task-definition", &definition];
    let plain = text(&run(&arguments, &case["event"].to_string()).stdout);
    let with = text(&run(&[&arguments[..], &["--snippets"]].concat(), &case["event"].to_string()).stdout);
    assert!(plain.contains("   = confirmed") && !plain.contains("aws_iam_role_policy"), "{plain}");
    assert!(with.contains("aws_iam_role_policy") && with.contains("AWS::IAM::RolePolicy"), "{with}");
    assert_eq!(plain.matches("\"kms:Decrypt\"").count(), 1, "a policy is printed once: {plain}");
}

#[test]
fn color_goes_where_it_is_wanted() {
    let event = ["diagnose", "events/secret-missing.json"];
    let colored = |when: &[&str]| text(&run(&[&event[..], when].concat(), "").stdout).contains('\u{1b}');
    assert!(
        !colored(&[])
            && !colored(&["--color", "never"])
            && !colored(&["--color", "auto"])
            && colored(&["--color", "always"])
    );
    assert!(
        text(&run(&["--color", "always", event[0], event[1]], "").stdout).contains('\u{1b}'),
        "also before the command"
    );
}

#[test]
fn what_is_piped_in_is_read_without_a_dash() {
    for input in [
        include_str!("../events/secret-missing.json"),
        "{\"stoppedReason\": \"CannotPullECRContainerError: engine ecr credentials: not found\"}",
    ] {
        assert_eq!(run(&["diagnose"], input).stdout, run(&["diagnose", "-"], input).stdout);
    }
}

#[test]
fn slips_are_understood() {
    let said = |arguments: &[&str]| text(&run(arguments, "").stderr);
    assert!(
        said(&["diagnos", "-"]).contains("diagnose")
            && said(&["diagnose", "--fromat", "json", "-"]).contains("--format")
    );
    assert!(
        text(&run(&["diagnose", "events/secret-missing.json", "--format", "JSONL"], "").stdout)
            .starts_with('{')
    );
    let plain = run(&["explain", "secret-missing"], "").stdout;
    for form in [
        "error[secret-missing]",
        "error[secret-missing]:",
        "[secret-missing]",
        "warning[secret-missing]: secret prod/db does not exist",
    ] {
        assert_eq!(run(&["explain", form], "").stdout, plain, "{form}");
    }
    let found = text(&run(&["explain", "KMS"], "").stdout);
    assert!(
        ["key-permission-missing", "key-unusable"].iter().all(|cause| found.contains(cause))
            && !found.contains("vpc-nat-broken"),
        "{found}"
    );
    let errors = [text(&run(&["explain", "error"], "").stdout), text(&run(&["explain", "err"], "").stdout)];
    let id = |line: &str| line.split_whitespace().next().map(str::to_owned).expect("each has an id");
    assert!(
        errors[0].lines().count() > 0 && errors[0].lines().all(|line| errors[1].contains(&id(line))),
        "a word is searched for whole: {errors:?}"
    );
    assert_eq!(run(&["explain", "no such thing"], "").status.code(), Some(2));
    for (slip, meant) in [
        ("secret-key-missng", "secret-key-missing"),
        ("image-mising", "image-missing"),
        ("parameter_misnamed", "parameter-misnamed"),
    ] {
        let said = said(&["explain", slip]);
        assert!(said.contains(&format!("did you mean {meant}?")), "{said}");
    }
    let unknown = said(&["explain", "no such thing"]);
    assert!(!unknown.contains("did you mean") && unknown.contains("diagnose --reason"), "{unknown}");
    assert_eq!(run(&["explain", "SECRET-MISSING"], "").stdout, plain);
    for (named, advice) in [
        ("events", "name its files, as events/*.json"),
        ("arn:aws:ecs:eu-west-1:111122223333:tsk/prod/1", "neither a file nor the ARN of a task"),
        ("8b9a1785791d0b80a17f4f1cff9c8f5a", "neither a file nor the ARN of a task"),
        ("8b9a1785-791d-0b80-a17f-4f1cff9c8f5a", "neither a file nor the ARN of a task"),
        (
            "arn:aws:ecs:eu-west-1:111122223333:service/prod/api",
            "its stopped tasks are listed by:\n    ecs-triage ps --cluster prod --service api\n",
        ),
        ("arn:aws:ecs:eu-west-1:111122223333:cluster/prod", "listed by:\n    ecs-triage ps --cluster prod\n"),
        (
            "arn:aws:ecs:eu-west-1:111122223333:service/prod/$(reboot)",
            "arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID\n",
        ),
        ("events/nosuch.json", "there is no such file"),
    ] {
        let output = run(&["diagnose", named], "");
        assert_eq!(output.status.code(), Some(2), "{named}");
        assert!(text(&output.stderr).contains(advice), "{named}: {}", text(&output.stderr));
    }
}

/// The words that carets stand under, put together.
fn marked(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let under = |pair: &[&str]| {
        let carets: Vec<usize> =
            pair[1].char_indices().filter(|(_, letter)| *letter == '^').map(|(at, _)| at).collect();
        let is_quote = pair.iter().all(|line| line.starts_with("   | "));
        let chosen = |(at, letter): (usize, char)| carets.contains(&at).then_some(letter);
        if is_quote { pair[0].chars().enumerate().filter_map(chosen).collect() } else { String::new() }
    };
    lines.windows(2).map(under).collect::<String>().split_whitespace().collect()
}

#[test]
fn a_terminal_of_any_width_shows_the_deciding_words_marked() {
    for event in [
        "secret-key-missing", "secret-network-timeout", "secret-access-denied", "image-missing",
        "parameter-missing",
    ] {
        let file = format!("events/{event}.json");
        let (event, evidence) = (["diagnose", &file], format!("events/evidence/{event}.json"));
        let with = if Path::new(&evidence).exists() { vec!["--evidence", &evidence] } else { Vec::new() };
        let report: Value =
            serde_json::from_slice(&run(&[&event[..], &["--format", "json"]].concat(), "").stdout)
                .expect("it is JSON");
        let task: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("the event is there"))
            .expect("it is JSON");
        let reason = task["detail"]["stoppedReason"].as_str().expect("it has a reason");
        let end = |index: usize| {
            usize::try_from(report["symptoms"][0]["span"][index].as_u64().expect("a number"))
                .expect("it fits")
        };
        let deciding: String = reason[end(0)..end(1)].split_whitespace().collect();
        for width in [30, 40, 60, 80, 100, 110, 300] {
            let columns = width.to_string();
            let text = text(&run(&[&event[..], &with, &["--full", "--width", &columns]].concat(), "").stdout);
            assert!(
                marked(&text).starts_with(&deciding),
                "{file} at {width}: {deciding} is not marked in\n{text}"
            );
            // What is to be copied stands as it is, and words are not taken apart.
            let (why, help) = text.split_once("\nhelp: ").expect("there is something to do");
            let prose = why.lines().chain(help.lines().filter(|line| !line.starts_with("      ")));
            let long = prose
                .filter(|line| line.trim().contains(' '))
                .find(|line| line.chars().count() > width.min(110));
            assert!(long.is_none(), "{file} at {width}: {long:?} in\n{text}");
        }
    }
    let piped = text(&run(&["diagnose", "events/secret-access-denied.json"], "").stdout);
    assert!(piped.lines().any(|line| line.chars().count() > 110), "what is piped is not wrapped: {piped}");
    assert_eq!(run(&["diagnose", "--width", "20", "events/secret-missing.json"], "").status.code(), Some(2));
}

#[test]
fn a_reason_without_words_is_none() {
    for reason in ["", "  ", "\n"] {
        let output = run(&["diagnose", "--reason", reason], "");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{reason:?}");
        assert!(text(&output.stderr).contains("nothing to diagnose"));
    }
}

#[test]
fn a_definition_of_another_family_is_told_of() {
    let api = "events/task-definitions/api.json";
    let told = |event: &str| text(&run(&["diagnose", "--task-definition", api, event], "").stderr);
    assert!(
        told("events/secret-missing.json")
            .contains("the task definition given is api:42, and this task ran search:5")
    );
    assert_eq!(told("events/secret-key-missing.json"), "");
}

#[test]
fn every_cause_is_explained_with_words_of_ecs() {
    for cause in ecs_triage::causes::CAUSES {
        let explained = text(&run(&["explain", cause.id], "").stdout);
        let (_, words) = explained.split_once("example messages\n").expect("the section is there");
        assert!(words.contains("  | "), "{}: {explained}", cause.id);
        let narrow = text(&run(&["explain", cause.id, "--width", "60"], "").stdout);
        let long = narrow.lines().find(|line| line.chars().count() > 60 && line.trim().contains(' '));
        assert!(
            long.is_none_or(|line| line.starts_with(cause.id) || line.starts_with("  | ")),
            "{}: {long:?}",
            cause.id
        );
    }
}

#[test]
fn a_check_is_markdown_where_that_is_asked_for() {
    let checked = text(
        &run(&["check", "--offline", "--format", "markdown", "events/task-definitions/api.json"], "").stdout,
    );
    assert!(
        checked.starts_with("### `api:42`: ")
            && checked.contains("\n\n```text\n")
            && checked.ends_with("\n```\n"),
        "{checked}"
    );
}

#[test]
fn nothing_is_fine_that_was_not_looked_at() {
    let container = |value: &str| {
        let role = "arn:aws:iam::111122223333:role/r";
        json!({"family": "api", "executionRoleArn": role, "containerDefinitions": [{"name": "web", "image": "nginx:1", "secrets": [{"name": "A", "valueFrom": value}]}]})
    };
    for (value, status) in [
        ("", 1),
        ("${db_arn}", 1),
        ("{{resolve:secretsmanager:prod/db}}", 1),
        ("arn:aws:secretsmanager:us-east-1:111122223333:secret:<name>", 1),
    ] {
        let output =
            run(&["check", "--offline", "--region", "us-east-1", "-"], &container(value).to_string());
        assert_eq!(output.status.code(), Some(status), "{value}: {}", text(&output.stdout));
    }
    for value in
        ["prod/db", "/prod/db", "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123"]
    {
        let output = run(&["check", "--offline", "-"], &container(value).to_string());
        let said = text(&output.stdout);
        assert!(
            !said.contains("no problem found:")
                && said.contains("= not checked: ")
                && output.status.code() == Some(0),
            "{value}: {said}"
        );
    }
    let running =
        "{\"taskArn\": \"arn:aws:ecs:us-east-1:111122223333:task/prod/1\", \"lastStatus\": \"RUNNING\"}";
    let said = text(&run(&["diagnose"], running).stdout);
    assert!(
        said.starts_with(
            "nothing to diagnose: task in cluster prod (us-east-1, 111122223333) is RUNNING, not stopped"
        ),
        "{said}"
    );
}

#[test]
fn a_stop_of_which_nobody_says_why_is_not_fine() {
    let task =
        |rest: &str| format!("{{\"taskArn\": \"arn:aws:ecs:us-east-1:111122223333:task/prod/8b9a\"{rest}}}");
    let untold = [
        "{\"stoppedReason\": \"\"}".to_owned(),
        "{\"stoppedReason\": \" \\n\\t\"}".to_owned(),
        "{\"tasks\": [{\"stoppedReason\": \"\", \"containers\": [{\"name\": \"web\"}]}]}".to_owned(),
        task(""),
        task(", \"lastStatus\": \"STOPPED\""),
        task(
            ", \"lastStatus\": \"STOPPED\", \"stoppedReason\": null, \"containers\": [{\"name\": \"web\", \"reason\": \"\"}]",
        ),
        task(
            ", \"stopCode\": \"EssentialContainerExited\", \"containers\": [{\"name\": \"web\", \"exitCode\": 1}]",
        ),
        task(", \"stopCode\": \"SpotInterruption\""),
        format!(
            "{{\"detail-type\": \"ECS Task State Change\", \"detail\": {}}}",
            task(", \"lastStatus\": \"STOPPED\"")
        ),
    ];
    for input in untold {
        let output = run(&["diagnose"], &input);
        let (out, said) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{input}: {out}{said}");
        assert!(out.starts_with("not diagnosed: task") && out.contains("gives no reason"), "{input}: {out}");
        assert!(said.contains("ECS does, for about an hour:\n    aws ecs describe-tasks"), "{input}: {said}");
    }
    for (input, verdict) in [
        (
            task(", \"lastStatus\": \"PENDING\""),
            "nothing to diagnose: task in cluster prod (us-east-1, 111122223333) is PENDING, not stopped\n",
        ),
        (
            task(", \"lastStatus\": \"STOPPED\", \"stopCode\": \"UserInitiated\""),
            "nothing wrong: task in cluster prod (us-east-1, 111122223333): UserInitiated\n",
        ),
        (
            task(", \"stopCode\": \"ServiceSchedulerInitiated\""),
            "nothing wrong: task in cluster prod (us-east-1, 111122223333): ServiceSchedulerInitiated\n",
        ),
        (
            task(
                ", \"stopCode\": \"EssentialContainerExited\", \"containers\": [{\"name\": \"web\", \"exitCode\": 0}]",
            ),
            "nothing wrong: task in cluster prod (us-east-1, 111122223333): EssentialContainerExited\n",
        ),
    ] {
        let output = run(&["diagnose"], &input);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), verdict), "{input}");
    }
}

#[test]
fn what_is_said_on_standard_error_is_wrapped_and_what_is_to_be_typed_is_not() {
    let task =
        "{\"taskArn\": \"arn:aws:ecs:us-east-1:111122223333:task/prod/8b9a1785791d0b80a17f4f1cff9c8f5a\"}";
    let (_, prose) = NO_MESSAGES[3];
    for (arguments, input) in [
        (&["diagnose"][..], task),
        (&["diagnose"], prose),
        (&["diagnose"], "{\"a\": 1}"),
        (&["explain", "no such thing"], ""),
        (&["check", "--offline", "README.md", "no-such-file.json"], ""),
    ] {
        let one = text(&run(arguments, input).stderr);
        for width in [40, 72] {
            let output = run(&[arguments, &["--width", &width.to_string()]].concat(), input);
            let said = text(&output.stderr);
            let is_long = |line: &&str| {
                line.chars().count() > width && line.trim().contains(' ') && !line.starts_with("    ")
            };
            assert_eq!(said.lines().find(is_long), None, "{said}");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&said), words(&one));
            assert!(said.lines().count() > one.lines().count(), "{said}");
        }
    }
    let said = text(&run(&["diagnose", "--width", "40"], task).stderr);
    let command = said.lines().find(|line| line.starts_with("    aws ecs describe-tasks --region us-east-1"));
    assert!(command.is_some_and(|line| line.ends_with("| ecs-triage diagnose -")), "{said}");
}

#[test]
fn what_was_never_started_is_not_started_again() {
    let container = |rest: &str| {
        format!("{{\"family\": \"api\", \"containerDefinitions\": [{{\"name\": \"web\"{rest}}}]}}")
    };
    for definition in [
        container(", \"image\": \"\""),
        container(", \"image\": \"nginx:1\", \"secrets\": [{\"name\": \"A\", \"valueFrom\": \"\"}]"),
        container(", \"image\": \"nginx:1\", \"secrets\": [{\"name\": \"A\", \"valueFrom\": \"${a}\"}]"),
        container(
            ", \"image\": \"nginx:1\", \"environmentFiles\": [{\"type\": \"s3\", \"value\": \"s3://a/b\"}]",
        ),
        container(", \"image\": \"nginx:1\", \"logConfiguration\": {\"logDriver\": \"awsfirelens\"}"),
        container(
            ", \"image\": \"nginx:1\", \"repositoryCredentials\": {\"credentialsParameter\": \"hunter2\"}",
        ),
    ] {
        let output = run(&["check", "--offline", "--region", "us-east-1", "-"], &definition);
        let said = text(&output.stdout);
        assert!(output.status.code() == Some(1) && said.contains("help: "), "{definition}: {said}");
        assert!(!said.contains(" again"), "{definition}: {said}");
    }
}

#[test]
fn what_is_piped_in_is_checked_and_of_a_cluster_nothing_is_claimed_unasked() {
    let definition = include_str!("../events/task-definitions/api.json");
    let [piped, named] =
        [&["check", "--offline"][..], &["check", "--offline", "-"]].map(|typed| run(typed, definition));
    assert_eq!((piped.status.code(), text(&piped.stdout)), (Some(0), text(&named.stdout)));
    assert_eq!(run(&["check", "--offline"], "").status.code(), Some(2));
    let output = run(&["check", "--offline", "--cluster", "prod"], "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
    assert!(text(&output.stderr).contains("nothing is known of cluster prod"));
}

#[test]
fn a_region_that_is_none_is_told_and_one_of_tomorrow_is_used() {
    let reason = "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: can't find the specified secret.";
    for (region, said) in [
        ("us-est-1", "ecs-triage: us-est-1 is not a known Region; did you mean us-east-1 or us-west-1?\n"),
        ("eu-cental-1", "ecs-triage: eu-cental-1 is not a known Region; did you mean eu-central-1?\n"),
        ("xx-moon-1", "ecs-triage: xx-moon-1 is not a known Region\n"),
        ("eu-south-9", ""),
        ("us-gov-east-1", ""),
    ] {
        let output = run(&["diagnose", "--region", region, "--reason", reason], "");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), said));
        assert!(text(&output.stdout).contains(&format!("--region {region} ")), "{region} is used");
    }
    for region in ["", "useast1", "us_east_1", "US-EAST-1", "us-east-1a", "https://example.com"] {
        let output = run(&["diagnose", "--region", region, "--reason", reason], "");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{region}");
        assert!(text(&output.stderr).contains("such as eu-west-1"), "{region}");
    }
}

#[cfg(feature = "aws")]
#[test]
fn a_check_reads_its_files_before_it_looks_for_credentials() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unread");
    let _ = std::fs::create_dir_all(&directory);
    let file = |name: &str, content: &[u8]| {
        let path = directory.join(name);
        std::fs::write(&path, content).expect("the file can be written");
        path.display().to_string()
    };
    for (named, wanted) in [
        (file("empty.json", b""), "empty.json:1:"),
        (file("binary.json", &[0x1f, 0x8b, 8, 0, 0xff, 0xfe, 0, 1]), "it is a compressed file"),
        (file("comma.json", b"{\"family\": \"a\",}"), "trailing comma"),
        (
            file("queue.yaml", b"Resources:\n  Q:\n    Type: AWS::SQS::Queue\n"),
            "holds no task definition and no service",
        ),
        (directory.display().to_string(), "it is a directory"),
        (
            directory.join("no-such.json").display().to_string(),
            "no-such.json, and no task definition can have",
        ),
        ("arn:aws:ecs:eu-west-1:111122223333:service/prod/api".to_owned(), "there is no file arn:"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
            .args(["check", &named])
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("HOME", &directory)
            .output()
            .expect("the program runs");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{named}: {said}");
        assert!(said.contains(wanted) && !said.contains("credentials"), "{named}: {said}");
    }
}

#[test]
fn a_number_says_its_unit_and_nonsense_is_refused() {
    let event = "events/secret-missing.json";
    for width in ["0", "-1", "29", "1001", "99999999999999999999", "wide", "80.5", ""] {
        let output = run(&["diagnose", event, "--width", width], "");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{width}");
        assert!(text(&output.stderr).contains("expected a number of columns from 30 to 1000"), "{width}");
    }
    for width in ["30", "1000"] {
        assert_eq!(run(&["diagnose", event, "--width", width], "").status.code(), Some(0), "{width}");
    }
}

#[cfg(feature = "aws")]
#[test]
fn what_was_not_asked_can_be_gone_on_with() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let evidence = directory.join("asked-nothing.json");
    for named in ["no-such.json", "README.md", "events/task-definitions/api.json"] {
        let _ = std::fs::remove_file(&evidence);
        let recorded = Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
            .args(["check", named, "--record"])
            .arg(&evidence)
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("HOME", directory)
            .output()
            .expect("the program runs");
        assert_eq!(recorded.status.code(), Some(2), "{named}: {}", text(&recorded.stderr));
        let shown = evidence.display().to_string();
        let again = run(&["check", "--offline", "--format", "sarif", "--evidence", &shown, named], "");
        let document: Value = serde_json::from_slice(&again.stdout).expect("it is SARIF");
        assert!(document["runs"][0].is_object(), "{named}: {}", text(&again.stderr));
    }
}

#[cfg(feature = "aws")]
#[test]
fn what_is_to_be_asked_nowhere_is_said() {
    let output = Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
        .args([
            "diagnose",
            "--live",
            "--reason",
            "CannotPullECRContainerError: engine ecr credentials: not found",
        ])
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .expect("the program runs");
    assert!(text(&output.stdout).contains("error[execution-role-unset]"), "{}", text(&output.stdout));
    assert_eq!(
        (output.status.code(), text(&output.stderr).as_str()),
        (Some(2), "ecs-triage: no Region: name one with --region, or set AWS_REGION\n")
    );
}

#[cfg(feature = "aws")]
#[test]
fn a_time_says_its_unit_and_nonsense_is_refused() {
    for (arguments, wanted) in [
        (&["ps", "--since", "90"][..], "with its unit, s, m, h or d, such as 90m or 36h"),
        (&["ps", "--since", "h"], "with its unit"),
        (&["ps", "--since", "1.5h"], "with its unit"),
        (&["ps", "--since", "2w"], "with its unit"),
        (&["ps", "--since", "-1h"], "with its unit"),
        (&["ps", "--since", "0m"], "at least 1s"),
        (&["ps", "--watch=0s"], "at least 1s"),
        (&["ps", "--watch=5"], "with its unit"),
        (&["history", "--since", ""], "with its unit"),
        (&["history", "--since", "-7d"], "with its unit"),
        (&["history", "--since", "36501d"], "at most 36500 days"),
        (&["history", "--since", "99999999999999999999h"], "at most 36500 days"),
    ] {
        let output = run(arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(wanted), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn an_empty_name_is_none_and_standard_input_is_read_once() {
    let definition = "events/task-definitions/api.json";
    for arguments in [
        &["check", "--offline", definition, "--cluster", ""][..],
        &["check", "--offline", definition, "--service="],
        &["check", "--offline", definition, "--subnets", "subnet-0a,,subnet-0b"],
        &["check", "--offline", definition, "--subnets", "subnet-0a", "--security-groups", ""],
        &["check", "--offline", ""],
        &["diagnose", ""],
    ] {
        let output = run(arguments, "");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        assert!(text(&output.stderr).contains("a value is required for"), "{arguments:?}");
    }
    for (arguments, input) in [
        (&["diagnose", "--task-definition", "-"][..], include_str!("../events/task-definitions/api.json")),
        (&["diagnose", "--task-definition", "-", "-"], include_str!("../events/task-definitions/api.json")),
        (&["diagnose", "-", "-"], include_str!("../events/secret-missing.json")),
        (&["check", "--offline", "-", "-"], include_str!("../events/task-definitions/api.json")),
    ] {
        let output = run(arguments, input);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("standard input is named twice"), "{arguments:?}");
    }
}

#[test]
fn what_is_no_json_and_no_text_is_named() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let event = "events/secret-missing.json";
    for (name, content, kind) in [
        ("packed.json", &b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae"[..], "a compressed file"),
        ("program", b"\x7fELF\x02\x01\x01\x00\x00\x00{\n{}\n", "a binary file"),
        ("image.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a binary file"),
    ] {
        let path = directory.join(name);
        std::fs::write(&path, content).expect("the file can be written");
        let path = path.to_string_lossy();
        for arguments in [
            &["diagnose", &path][..],
            &["diagnose", "--log", &path],
            &["diagnose", "--task-definition", &path, event],
            &["diagnose", "--evidence", &path, event],
            &["check", "--offline", &path],
            &["check", "--offline", "--baseline", &path, "events/task-definitions/api.json"],
        ] {
            let output = run(arguments, "");
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
            assert!(said.contains(kind) && said.lines().count() == 1, "{arguments:?}: {said}");
        }
    }
}

#[test]
fn an_event_that_is_checked_and_a_definition_that_is_diagnosed_are_told_apart() {
    let output = run(&["check", "--offline", "events/secret-missing.json"], "");
    let said = text(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("this is an event, and the definition is search:5"),
        "{said}"
    );
    let said = text(
        &run(
            &["check", "--offline", "-"],
            "{\"detail-type\": \"ECS Service Action\", \"detail\": {\"eventName\": \"A\"}}",
        )
        .stderr,
    );
    assert!(said.contains("this is an event: ecs-triage diagnose"), "{said}");
    for definition in [
        include_str!("../events/task-definitions/api.json"),
        "{\"taskDefinition\": {\"family\": \"a\"}}",
        "{\"AWSTemplateFormatVersion\": \"2010-09-09\", \"Resources\": {}}",
        "{\"format_version\": \"1.2\", \"planned_values\": {}}",
    ] {
        let output = run(&["diagnose"], definition);
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("ecs-triage check reads these"), "{said}");
    }
}

#[test]
fn a_record_within_a_text_is_a_record() {
    let event = include_str!("../events/secret-missing.json");
    let once = Value::from(event).to_string();
    let twice = Value::from(once.as_str()).to_string();
    let plain = run(&["diagnose"], event).stdout;
    for form in [once.clone(), twice, format!("[{once}]")] {
        assert_eq!(text(&run(&["diagnose"], &form).stdout), text(&plain), "{form}");
    }
}

/// What `diagnose --log -` makes of a log.
fn of_log(log: &str, more: &[&str]) -> Output {
    run(&[&["diagnose", "--log", "-", "--format", "jsonl"], more].concat(), log)
}

#[test]
fn a_log_is_diagnosed_by_the_line_that_tells() {
    let rows = std::fs::read_to_string("tests/corpus/application.jsonl").expect("the corpus can be read");
    let mut told = 0;
    for row in rows.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row")) {
        let line = row["text"].as_str().expect("a line");
        let log = format!("2026-11-20 INFO starting\n{line}\n2026-11-20 INFO bye\n");
        let output = of_log(&log, &[]);
        if row["step"].is_null() {
            assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""), "{line}");
            assert!(text(&output.stderr).contains("why secrets could not be fetched"), "{line}");
            continue;
        }
        told += 1;
        let document = lines(&output).remove(0);
        let symptom = &document["symptoms"][0];
        assert_eq!(symptom["fault"], row["fault"], "{line}");
        assert!(
            symptom["field"].as_str().is_some_and(|field| field.starts_with("log:")),
            "{line}: {document}"
        );
        assert!(!document["diagnoses"][0]["cause"].is_null(), "{line}: {document}");
    }
    assert!(told > 50, "the corpus tells of {told} failures");
}

#[test]
fn a_log_may_be_what_the_aws_cli_prints_of_it() {
    let events = json!({"events": [
        {"timestamp": 1, "message": "INFO starting\nINFO still"},
        {"timestamp": 2, "message": "botocore.exceptions.NoCredentialsError: Unable to locate credentials"},
    ]});
    let definition = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-task-role.json");
    std::fs::write(
        &definition,
        json!({"family": "api", "containerDefinitions": [{"name": "app"}]}).to_string(),
    )
    .expect("it can be written");
    let definition = definition.to_str().expect("a path");
    let output = of_log(&events.to_string(), &["--task-definition", definition]);
    let document = lines(&output).remove(0);
    assert_eq!(document["symptoms"][0]["field"], "log:3");
    assert_eq!(document["diagnoses"][0]["cause"], "task-role-unset");
    assert_eq!(document["diagnoses"][0]["title"], "the task definition names no task role");
    assert_eq!(document["diagnoses"][0]["verdict"], "likely");
}

#[test]
fn nothing_of_a_log_is_printed_but_the_line_that_tells_without_what_looks_like_a_secret() {
    let log = "DB_PASSWORD=hunter2-hunter2\nAn error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret. https://admin:tr0ub4dor@db.example.com/ token=ghp_0123456789abcdefghijklmnopqrstuvwxyzAB\ncustomer Jane Doe logged in\n";
    for format in ["text", "json", "markdown"] {
        let output = run(&["diagnose", "--log", "-", "--full", "--format", format], log);
        let out = text(&output.stdout) + &text(&output.stderr);
        assert!(out.contains("secret-missing"), "{out}");
        for unseen in ["hunter2", "tr0ub4dor", "ghp_0123", "Jane"] {
            assert!(!out.contains(unseen), "{format} shows {unseen}: {out}");
        }
    }
}

/// Commands that every build has, and those that only the build with AWS has.
const COMMANDS: [&str; 4] = ["diagnose", "check", "explain", "completions"];
const AWS_COMMANDS: [&str; 4] = ["ps", "stale", "history", "selftest"];

/// The text of the pages and files that show commands, each with its name; of the help too.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "action.yml", "template.yaml"]
        .map(|name| root.join(name))
        .into_iter()
        .chain(std::fs::read_dir(root.join("docs")).expect("docs").map(|entry| entry.expect("a file").path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a page is text");
        (path.display().to_string(), text)
    };
    let help = |command: &&str| {
        // A paragraph of the help is wrapped wherever a line is full.
        let text = text(&run(&["help", command], "").stdout);
        ((*command).to_owned(), text.replace("\n\n", "\u{0}").replace('\n', " ").replace('\u{0}', "\n"))
    };
    let known = COMMANDS.iter().chain(AWS_COMMANDS.iter().filter(|_| cfg!(feature = "aws")));
    files.into_iter().map(read).chain(known.map(help)).collect()
}

/// The words that a shell makes of a line, up to where another command, a comment or a sentence begins.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (letter, quote) {
            (_, Some(end)) if letter == end => quote = None,
            ('\'' | '"', None) => (quote, word) = (Some(letter), Some(word.take().unwrap_or_default())),
            (' ', None) => words.extend(word.take()),
            ('`' | '|' | '>' | ')' | '(' | '#' | ';' | '[' | '<', None) => break,
            (_, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
        .into_iter()
        .map(|word| word.trim_end_matches("...").trim_end_matches(['.', ',', ':']).to_owned())
        .collect()
}

/// The commands of this program that a page shows: after a backtick, a blank or a bracket, and not as a word of
/// a sentence.
fn shown_commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in text.lines() {
        for (at, name) in
            line.match_indices("ecs-triage ").chain(line.match_indices("--no-default-features -- "))
        {
            let words = shell_words(&line[at + name.len()..]);
            let is_command = words.first().is_some_and(|first| {
                COMMANDS.contains(&first.as_str()) || AWS_COMMANDS.contains(&first.as_str())
            });
            let before = line[..at].trim_end();
            let is_shown =
                before.is_empty() || before.ends_with(['`', '|', '(', ':', '-']) || name.starts_with("--");
            if is_command && is_shown {
                found.push(words);
            }
        }
    }
    found
}

#[test]
fn every_command_of_the_pages_and_of_the_help_is_one() {
    let mut seen = 0;
    for (page, text_of) in pages() {
        for words in shown_commands(&text_of) {
            if AWS_COMMANDS.contains(&words[0].as_str()) && !cfg!(feature = "aws") {
                continue;
            }
            let is_of_aws = |word: &String| word == "--live" || word == "--profile" || word == "--record";
            if words.iter().any(is_of_aws) && !cfg!(feature = "aws") {
                continue;
            }
            seen += 1;
            // Everything before --help is read first, so that an option that there is not is told.
            let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
            arguments.push("--help");
            let output = run(&arguments, "");
            assert_eq!(output.status.code(), Some(0), "{page}: {words:?}: {}", text(&output.stderr));
            let is_there = |word: &&String| {
                !word.starts_with('-') && Path::new(env!("CARGO_MANIFEST_DIR")).join(word).is_file()
            };
            let runs = match words[0].as_str() {
                "explain" | "completions" => {
                    words.len() > 1
                        && !words.iter().any(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()))
                }
                "diagnose" => {
                    words.iter().any(|word| word == "--reason") && !words.contains(&"--format".to_owned())
                        || words.iter().any(|word| is_there(&word))
                }
                _ => false,
            };
            if runs {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let output = run(&words, "");
                assert!(
                    matches!(output.status.code(), Some(0 | 1)),
                    "{page}: {words:?}: {}",
                    text(&output.stderr)
                );
                assert!(!output.stdout.is_empty(), "{page}: {words:?}");
            }
        }
    }
    assert!(seen >= 15, "only {seen} commands were found");
}

#[test]
fn every_help_is_printed_and_shows_no_markup() {
    let all = COMMANDS.into_iter().chain(AWS_COMMANDS.into_iter().filter(|_| cfg!(feature = "aws")));
    for command in all {
        for form in
            [vec![command, "--help"], vec![command, "-h"], vec!["help", command], vec!["man", command]]
        {
            let output = run(&form, "");
            assert_eq!(output.status.code(), Some(0), "{form:?}");
            let help = text(&output.stdout);
            assert!(help.contains(command), "{form:?}: {help}");
            for name in ["`EventBridge`", "`CloudFormation`", "[`"] {
                assert!(!help.contains(name), "{form:?}: {help}");
            }
        }
    }
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_build_without_aws_says_that_it_is_one() {
    for arguments in [
        &["ps", "--cluster", "prod"][..],
        &["history"],
        &["selftest"],
        &["diagnose", "--live", "-"],
        &["explain", "--profile", "dev"],
        &["check", "--record=x.json", "api.json"],
    ] {
        let output = run(arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("this build does not query AWS"), "{arguments:?}");
    }
    assert!(!text(&run(&["pss"], "").stderr).contains("this build"));
}

#[test]
fn a_registry_that_no_endpoint_serves_gets_no_advice_about_endpoints() {
    for host in ["registry-1.docker.io", "ghcr.io", "quay.io", "registry.example.com:5000"] {
        let reason = format!(
            "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Head https://{host}/v2/library/nginx/manifests/latest: dial tcp 34.1.1.1:443: i/o timeout"
        );
        let said = text(&run(&["diagnose", "--reason", &reason], "").stdout);
        let advice = ["vpc-endpoint", "an endpoint for it"];
        assert!(said.contains("NAT") && !advice.iter().any(|of| said.contains(of)), "{host}: {said}");
    }
}

/// Texts that people have in files and pipes, and in which ECS says nothing.
const NO_MESSAGES: &[(&str, &str)] = &[
    (
        "a page",
        "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body>\n<h1>502 Bad Gateway</h1>\n\n<p>The server could not be reached. Please try again later; if the connection times out again, tell us.</p>\n\n<p>Secrets of good pages: ask before you print.</p>\n</body></html>\n",
    ),
    (
        "a log of a server",
        "10.0.3.41 - - [20/Nov/2026:09:41:00 +0000] \"GET /api/secrets HTTP/1.1\" 403 153 \"-\" \"curl/8.5.0\"\n10.0.3.41 - - [20/Nov/2026:09:41:02 +0000] \"GET /images/logo.png HTTP/1.1\" 404 153 \"-\" \"Mozilla/5.0\"\n",
    ),
    (
        "a log of an application",
        "2026-11-20 09:41:00.123  INFO 1 --- [main] c.e.api.Application : Starting Application using Java 21\n2026-11-20 09:41:07.456 ERROR 1 --- [main] c.e.api.Orders : order 17 of customer 4 is not found\n2026-11-20 09:41:09.001  WARN 1 --- [pool-1] c.e.api.Orders : retrying, the last attempt timed out after 5 s\n",
    ),
    (
        "prose",
        "# Secrets\n\nWe keep every password in AWS Secrets Manager, and the execution role of the service reads it when a task starts.\n\n## Networks\n\nA task without a public address needs a NAT gateway. If a connection times out, ask the network team.\n\n## Images\n\nImages are built by the pipeline and pushed to Amazon ECR. Old ones are removed, and are then not found.\n",
    ),
];

#[test]
fn nothing_is_claimed_of_a_text_in_which_ecs_says_nothing() {
    for (name, part) in NO_MESSAGES {
        for times in [1, 9] {
            let output = run(&["diagnose"], &format!("{part}\n").repeat(times));
            let (out, said) = (text(&output.stdout), text(&output.stderr));
            assert_ne!(output.status.code(), Some(0), "{name}, {times} times: {out}{said}");
            assert!(said.starts_with("ecs-triage: standard input"), "{name}: {said}");
            assert!(
                !out.contains("= likely") && !out.contains("= confirmed"),
                "{name}, {times} times: {out}"
            );
        }
    }
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "Cargo.toml", "docs/deploy.md", "src/cli.rs"] {
        let output = run(&["diagnose", file], "");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{file}");
        assert!(text(&output.stderr).contains("expected JSON or a message of ECS, found neither"), "{file}");
    }
}

#[test]
fn a_message_is_found_in_a_long_text_and_its_lines_are_named() {
    let message = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/library/api:7: docker.io/library/api:7: not found";
    let (_, prose) = NO_MESSAGES[3];
    let page = format!(
        "{}\n\u{2502} Error: waiting for ECS\n\u{2502} \n\u{2502} {message}\n\u{2502}\n{}",
        prose.repeat(3),
        prose.repeat(3)
    );
    let output = run(&["diagnose", "--format", "json"], &page);
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(report["diagnoses"][0]["cause"], "image-missing");
    assert_eq!(output.status.code(), Some(0));
    let line = 1 + page.lines().position(|line| line.contains(message)).expect("it is there");
    let said = text(&output.stderr);
    assert!(
        said.contains(&format!("of its {} lines, {line} read as what ECS says", page.lines().count())),
        "{said}"
    );
    let alone = run(&["diagnose"], message);
    assert_eq!((alone.status.code(), text(&alone.stderr)), (Some(0), String::new()));
}

#[test]
fn a_file_that_is_not_json_is_one_error_that_says_what_to_do() {
    let complaints = text(&run(&["diagnose", "LICENSE-MIT"], "").stderr);
    assert!(complaints.lines().count() == 1 && complaints.contains("--output json"), "{complaints}");
    let gone = run(&["diagnose", "events/no-such-file.json"], "");
    let said = text(&gone.stderr);
    assert!(gone.status.code() == Some(2) && said.contains("events/no-such-file.json"), "{said}");
}

/// What a cross build and a command in another Region need is in the page that shows them.
#[test]
fn the_pages_name_what_their_commands_need() {
    let page = |name: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
            .expect("the page can be read")
    };
    assert!(page("docs/deploy.md").contains("Zig"), "cargo-lambda cross-compiles with Zig");
    for (name, text) in pages() {
        let text = text.replace("\\\n", " ");
        for line in text.lines().filter(|line| line.contains("aws chatbot ")) {
            assert!(line.contains(" --region "), "{name}: {line}");
        }
    }
}

#[test]
fn a_diagnosis_is_told_without_what_was_handed_over_beside_it() {
    let wrong = "events/secret-missing.json";
    for beside in ["--evidence", "--task-definition"] {
        let output = run(&["diagnose", "events/secret-key-missing.json", beside, wrong], "");
        let (told, said) = (text(&output.stdout), text(&output.stderr));
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(told.starts_with("error[secret-key-missing]: ") && said.contains(wrong), "{told}{said}");
    }
}

#[test]
fn a_log_without_a_line_is_no_log() {
    for log in ["", "\r\n \n", "{\"events\": []}", "{\"events\": [{\"message\": \"\"}]}"] {
        let output = run(&["diagnose", "--log", "-"], log);
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{log}: {said}");
        assert_eq!(said, "ecs-triage: standard input is empty: expected lines of a log\n", "{log}");
    }
}

#[test]
fn what_was_found_is_told_where_a_file_cannot_be_written() {
    let service = json!({
        "serviceName": "api", "status": "ACTIVE", "taskDefinition": "api:7",
        "deployments": [{"status": "PRIMARY", "taskDefinition": "api:7"}],
    });
    let definition = json!({"family": "api", "revision": 7, "containerDefinitions": [
        {"name": "web", "image": "nginx", "secrets": [{"name": "A", "valueFrom": "<A>"}]},
    ]});
    let answers = json!([
        {"question": {"Service": {"region": "eu-west-1", "cluster": "prod", "name": "api"}}, "answer": {"Service": service}},
        {"question": {"TaskDefinition": {"name": "api:7"}}, "answer": {"TaskDefinition": definition}},
    ]);
    let evidence = Path::new(env!("CARGO_TARGET_TMPDIR")).join("baseline-evidence.json");
    let recorded = json!({"schema": "ecs-triage/evidence/v1", "answers": answers});
    std::fs::write(&evidence, recorded.to_string()).expect("it can be written");
    let evidence = evidence.to_string_lossy();
    for what in [&["--cluster", "prod"][..], &["events/task-definitions/api.json"]] {
        let asked =
            ["check", "--offline", "--evidence", &evidence, "--write-baseline", "no/such/directory.json"];
        let output = run(&[&asked[..], what].concat(), "");
        let (told, said) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            told.contains("api") && said.contains("cannot write no/such/directory.json: "),
            "{told}{said}"
        );
    }
}
