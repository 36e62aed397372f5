//! What pipelines have, read as it lies there: each file of `tests/sources`, and hostile ones.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ecs_triage::causes::Verdict;
use ecs_triage::check::{Check, Checked, Place};
use ecs_triage::question::{Answer, Evidence};
use ecs_triage::render::github;
use ecs_triage::source::{Given, Source, read};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

fn told(source: &Source) -> String {
    let mut told = String::new();
    for found in &source.found {
        let start =
            found.places.start().map(|at| format!(" at {}:{}", at.line, at.column)).unwrap_or_default();
        let _ = writeln!(
            told,
            "definition {:?}{start}, family {:?}, {} containers",
            found.name,
            found.definition.family,
            found.definition.containers.len()
        );
        for reference in found.definition.references() {
            let at = found
                .places
                .of(&found.definition, &reference)
                .map(|at| format!("{}:{}", at.line, at.column))
                .unwrap_or_default();
            let pending = found
                .plan
                .pending(&found.definition, &reference)
                .map(|pending| format!("  [{}]", pending.why))
                .unwrap_or_default();
            let _ = writeln!(
                told,
                "  {at:>7} {:?} {} {}{pending}",
                reference.kind,
                reference.name.as_deref().unwrap_or("-"),
                reference.value_from
            );
        }
        for pending in found.plan.pending_parts(&found.definition) {
            let _ = writeln!(told, "     open {}: {} [{}]", pending.path, pending.shown, pending.why);
        }
    }
    for service in &source.services {
        let network = service
            .network
            .as_ref()
            .map(|network| (network.subnets.join(","), network.security_groups.join(",")));
        let _ = writeln!(
            told,
            "service {:?} starts {:?}, {:?}, {network:?} {:?} {:?}",
            service.name, service.runs, service.launch_type, service.network_open, service.volumes
        );
    }
    source.faults.iter().for_each(|fault| {
        let _ = writeln!(told, "fault {fault}");
    });
    source.notes.iter().for_each(|note| {
        let _ = writeln!(told, "note {note}");
    });
    told
}

#[test]
fn files_read_as_their_snapshots_say() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources");
    let mut files: Vec<_> = fs::read_dir(&directory)
        .expect("it can be read")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension != "snap" && extension != "new"));
    files.sort();
    for path in files {
        let text = fs::read_to_string(&path).expect("it is text");
        let given = Given { region: Some("eu-west-1".to_owned()), ..Given::default() };
        let told = read(&text, &given).map_or_else(|error| format!("{error}\n"), |source| told(&source));
        let name = path.file_name().and_then(|name| name.to_str()).expect("its name is UTF-8");
        insta::with_settings!({snapshot_path => &directory, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, told);
        });
    }
}

fn run(arguments: &[&str], input: &str, environment: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let _ = child.stdin.take().expect("its input is piped").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the output is UTF-8")
}

const OFFLINE: &[&str] = &["check", "--offline", "--region", "eu-west-1"];

fn offline(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let output = run(&[OFFLINE, arguments].concat(), input, &[]);
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_a_person_reads_of_files_is_as_its_snapshot_says() {
    let mut told = String::new();
    for file in [
        "cdk.json", "template.yaml", "plan.json", "register.yaml", "brackets.yaml", "generated.yaml",
        "unrendered.yaml", "service-alone.yaml",
    ] {
        let (status, out, complaints) = offline(&[&format!("tests/sources/{file}")], "");
        let _ = writeln!(told, "{}\n{file}: exit status {status:?}\n{complaints}\n{out}", "=".repeat(60));
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources");
    insta::with_settings!({snapshot_path => &directory, prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("as-a-person-reads-them", told);
    });
}

#[test]
fn parameters_decide_what_a_template_leaves_open() {
    let template = "tests/sources/template.yaml";
    let (_, plain, _) = offline(&[template, "--format", "json"], "");
    assert!(plain.contains("parameter Tag has no default") && !plain.contains("/ecs/shop-test"), "{plain}");
    let given = ["--parameter", "Tag=v7", "--parameter", "Env=test", "--parameter", "Nobody=1"];
    let (_, told, remarks) = offline(&[&given[..], &[template, "--format", "jsonl"]].concat(), "");
    let names: Vec<String> = told
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("it is JSON")["task_definition"].to_string())
        .collect();
    assert_eq!(names, ["\"Web\"", "\"Worker\""], "{told}");
    assert!(
        told.contains("/ecs/shop-test") && told.contains("/test/only") && told.contains("web:v7"),
        "{told}"
    );
    assert!(remarks.contains("Nobody"), "{remarks}");
    let (status, _, said) = offline(&["--parameter", "novalue", template], "");
    assert_eq!((status, said.contains("NAME=VALUE")), (Some(2), true), "{said}");
}

#[test]
fn a_service_goes_with_the_definition_that_it_names() {
    let service = "tests/sources/service.json";
    let (status, told, said) = offline(&["tests/sources/register.yaml", service, "--format", "json"], "");
    assert!(status == Some(0) && !told.contains("no subnets are named"), "{told}{said}");
    let (status, _, said) = offline(&[service], "");
    assert_eq!(
        (status, said.contains("shop:7")),
        (Some(2), true),
        "what is not among the files is asked for: {said}"
    );
    let (status, _, said) = offline(&["tests/sources/register.yaml", "no-such-file.json"], "");
    assert_eq!((status, said.lines().count()), (Some(2), 1), "the others are checked: {said}");
}

#[test]
fn annotations_stand_at_the_line_and_start_no_command() {
    let evil = "{\"family\": \"a\\n::error::x\", \"containerDefinitions\": [{\"name\": \"w\\r\\n::set-output name=a::b %0A ##[add-mask]c\", \"image\": \"i\",\n \"secrets\": [{\"name\": \"X,line=1::y\", \"valueFrom\": \"<a>\"}]}]}";
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (path, summary) = (directory.join("a,b:c.json"), directory.join("summary.md"));
    fs::write(&path, evil).expect("the file can be written");
    fs::write(&summary, "before\n").expect("the file can be written");
    let (path, summary_path) = (path.to_string_lossy(), summary.to_string_lossy());
    let output = run(
        &[OFFLINE, &["--format", "github", &path, "tests/sources/template.yaml", "{\"a\": ##[error]"]]
            .concat(),
        "",
        &[("GITHUB_STEP_SUMMARY", &summary_path)],
    );
    let (out, said) = (text(&output.stdout), text(&output.stderr));
    let is_ours =
        |line: &str| ["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start));
    assert!(out.lines().all(is_ours), "{out}");
    assert!(said.lines().all(|line| line.starts_with("ecs-triage: ") && !line.contains("##[")), "{said}");
    assert!(out.contains("a%2Cb%3Ac.json,line=2,col="), "{out}");
    assert!(
        out.contains(
            "file=tests/sources/template.yaml,line=46,col=26,title=secret-reference-malformed%3A Web::"
        ),
        "{out}"
    );
    let written = fs::read_to_string(&summary).expect("it is written");
    assert!(
        written.starts_with("before\n## ecs-triage check\n") && written.contains("### `Web`"),
        "{written}"
    );
}

#[test]
fn sarif_and_junit_are_whole_whatever_stands_in_them() {
    let files = [
        "tests/sources/template.yaml",
        "tests/sources/cdk.json",
        "tests/checks/what-ecs-refuses-as-it-is-written.json",
    ];
    let evil = "{\"family\": \"a]]><x>&\\u0001\\ufffe\\\"\", \"containerDefinitions\": [{\"name\": \"w\", \"image\": \"nginx\", \"secrets\": [{\"name\": \"</failure>\", \"valueFrom\": \"<a>\"}]}]}";
    let (status, sarif, said) = offline(&[&files[..2], &["-", "--format", "sarif"]].concat(), evil);
    let log: Value = serde_json::from_str(&sarif).unwrap_or_else(|error| panic!("{error}: {sarif}{said}"));
    assert_eq!((status, &log["version"]), (Some(1), &json!("2.1.0")));
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("there are results");
    assert!(results.len() >= 3, "{sarif}");
    for result in results {
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("it has an index")).expect("it is small");
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["text"].as_str().is_some_and(|help| help.contains("How to fix it")), "{rule}");
    }
    let (_, junit, _) = offline(&[&files[..2], &["-", "--format", "junit"]].concat(), evil);
    let reader = well_formed(&junit);
    assert!(reader.is_ok(), "{reader:?}\n{junit}");
}

/// Whether a text is well-formed as far as elements, attributes and entities go.
fn well_formed(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest =
        text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").ok_or("no declaration")?;
    while let Some(from) = rest.find('<') {
        let (before, tag) = rest.split_at(from);
        let is_entity =
            |part: &str| ["amp;", "lt;", "gt;", "quot;", "#10;"].iter().any(|known| part.starts_with(known));
        if before.contains('>')
            || !before.split('&').skip(1).all(is_entity)
            || before.chars().any(|letter| letter.is_control() && letter != '\n')
        {
            return Err(format!("text {before:?}"));
        }
        let end = tag.find('>').ok_or("an open tag")?;
        let inner = &tag[1..end];
        match inner.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return Err(format!("end of {name}")),
            None if inner.matches('"').count() % 2 != 0 => return Err(format!("attributes of {inner}")),
            None if !inner.ends_with('/') => open.push(inner.split(' ').next().unwrap_or_default()),
            _ => {}
        }
        rest = &tag[end + 1..];
    }
    if open.is_empty() { Ok(()) } else { Err(format!("never ended: {open:?}")) }
}

/// What nobody filled in is told once for all that wait for it in one way, with every place; images are not told.
#[test]
fn a_placeholder_is_one_problem_with_all_its_places() {
    let secrets = "{\"family\": \"a\",\n\"executionRoleArn\": \"arn:aws:iam::<ACCOUNT>:role/x\",\n\"taskRoleArn\": \"arn:aws:iam::<ACCOUNT>:role/y\",\n\"containerDefinitions\": [{\"name\": \"w\", \"image\": \"<ACCOUNT>\", \"secrets\": [\n{\"name\": \"A\", \"valueFrom\": \"arn:aws:ssm:eu-west-1:<ACCOUNT>:parameter/a\"},\n{\"name\": \"B\", \"valueFrom\": \"arn:aws:ssm:eu-west-1:<ACCOUNT>:parameter/b\"},\n{\"name\": \"C\", \"valueFrom\": \"arn:aws:secretsmanager:eu-west-1:<ACCOUNT>:secret:c\"}]}]}";
    let files = "family: a\ncontainerDefinitions:\n- name: w\n  environmentFiles:\n  - {type: s3, value: 'arn:aws:s3:::@@BUCKET@@/a.env'}\n  - {type: s3, value: 'arn:aws:s3:::@@BUCKET@@/b.env'}\n  - {type: s3, value: 'arn:aws:s3:::@@OTHER@@/c.env'}\n  image: nginx\n";
    let logs = "containerDefinitions:\n- name: v\n  image: nginx\n  logConfiguration: &log\n    logDriver: awslogs\n    options: {awslogs-group: '{{ group }}', awslogs-region: eu-west-1, awslogs-stream-prefix: x}\n- name: w\n  logConfiguration:\n    logDriver: awslogs\n    options: {awslogs-group: '{{ group }}', awslogs-region: eu-west-1, awslogs-stream-prefix: x}\n  image: nginx\n";
    let empty = "family: a\nexecutionRoleArn: arn:aws:iam::111122223333:role/x\ncontainerDefinitions:\n- name: w\n  secrets:\n  - {name: A, valueFrom: ''}\n  - {name: B, valueFrom: ''}\n  image: nginx\n";
    for (text, wanted) in [
        (secrets, &[("execution-role-missing", 2, &[3][..]), ("secret-reference-malformed", 5, &[6, 7])][..]),
        (files, &[("env-file-malformed", 5, &[6]), ("env-file-malformed", 7, &[])]),
        (logs, &[("log-driver-misconfigured", 6, &[10])]),
        (empty, &[("secret-reference-malformed", 6, &[]), ("secret-reference-malformed", 7, &[])]),
    ] {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("placeholders");
        fs::write(&path, text).expect("it can be written");
        let path = path.to_string_lossy();
        let (status, out, said) = offline(&[&path, "--format", "json"], "");
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{said}"));
        let of = |problem: &Value| {
            let others = problem["other_places"].as_array().expect("a list");
            let others: Vec<u64> = others.iter().filter_map(|place| place["line"].as_u64()).collect();
            (
                problem["cause"].as_str().expect("an id").to_owned(),
                problem["line"].as_u64().expect("a line"),
                others,
            )
        };
        let told: Vec<_> = report["problems"].as_array().expect("a list").iter().map(of).collect();
        let wanted: Vec<_> =
            wanted.iter().map(|(id, line, others)| ((*id).to_owned(), *line, others.to_vec())).collect();
        let told: Vec<_> = told.into_iter().filter(|(id, ..)| id != "execution-role-unset").collect();
        assert_eq!((status, &told), (Some(1), &wanted), "{text}");
        let (_, github, _) = offline(&[&path, "--format", "github"], "");
        assert!(
            wanted
                .iter()
                .filter(|(.., others)| !others.is_empty())
                .all(|(.., others)| github.contains(&format!("{}%0A", others[others.len() - 1]))),
            "{github}"
        );
    }
}

/// A problem is known as far as each of its places is: one more is news, one fewer or another order is not.
#[test]
fn a_new_place_of_a_known_placeholder_is_news() {
    let with = |names: &[&str]| {
        let secret = |name: &&str| {
            format!("  - {{name: {name}, valueFrom: 'arn:aws:ssm:eu-west-1:<ACCOUNT>:parameter/{name}'}}\n")
        };
        let secrets: String = names.iter().map(secret).collect();
        format!(
            "family: a\nexecutionRoleArn: arn:aws:iam::111122223333:role/x\ncontainerDefinitions:\n- name: w\n  image: nginx\n  secrets:\n{secrets}"
        )
    };
    let baseline = Path::new(env!("CARGO_TARGET_TMPDIR")).join("places.json");
    let baseline = baseline.to_string_lossy();
    assert_eq!(offline(&["-", "--write-baseline", &baseline], &with(&["A", "B"])).0, Some(0));
    for (names, status) in [
        (&["A", "B"][..], 0),
        (&["B", "A"], 0),
        (&["B"], 0),
        (&["A", "B", "C"], 1),
        (&["C", "A", "B"], 1),
        (&["C"], 1),
    ] {
        let (found, _, said) = offline(&["-", "--baseline", &baseline], &with(names));
        assert_eq!(found, Some(status), "{names:?}: {said}");
    }
}

/// A second document would be passed over, and comments are no JSON: each is told where it stands.
#[test]
fn a_text_is_one_document() {
    let one = "Resources:\n  T:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions: [{Name: w, Image: nginx}]\n";
    let json = "{\"family\": \"a\", \"containerDefinitions\": [{\"name\": \"w\", \"image\": \"nginx\"}]}";
    for (text, status, wanted) in [
        (format!("---\n{one}---\n{one}"), 2, "8:1: expected one document; found another".to_owned()),
        (format!("a: 1\n---\n{one}"), 2, "3:1: expected one document; found another".to_owned()),
        (format!("---\n{one}...\n---\n[x]\n"), 2, "9:1: expected one document; found another".to_owned()),
        (format!("---\n# nothing yet\n---\n{one}"), 0, String::new()),
        (format!("{one}---\n"), 0, String::new()),
        (format!("{one}...\n"), 0, String::new()),
        ("---\n---\n".to_owned(), 2, "expected JSON or YAML; found nothing".to_owned()),
        (format!("// api\n{json}"), 2, "1:1: expected value; JSON has no comments".to_owned()),
        (format!("\n/* api */ {json}"), 2, "2:1: expected value; JSON has no comments".to_owned()),
        (
            format!("{json}\n// api\n"),
            2,
            "2:1: more follows where it should end; JSON has no comments".to_owned(),
        ),
    ] {
        let (came, _, said) = offline(&["-"], &text);
        assert!(came == Some(status) && said.contains(&wanted), "{text}\n{came:?} {said}");
    }
}

/// What of a template is not looked at is told, and is not good enough where that is to fail.
#[test]
fn what_a_template_makes_elsewhere_is_told() {
    let each = "  'Fn::ForEach::Tasks':\n  - Name\n  - [web, worker]\n  - '${Name}Task':\n      Type: AWS::ECS::TaskDefinition\n";
    let one = "  T:\n    Type: AWS::ECS::TaskDefinition\n    Condition: IsProd\n    Properties:\n      ContainerDefinitions: [{Name: w, Image: nginx}]\n";
    let head = "Transform: AWS::LanguageExtensions\nParameters:\n  Env: {Type: String, Default: dev}\nConditions:\n  IsProd: !Equals [!Ref Env, prod]\nResources:\n";
    let include = "  'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://b/k'}}\n";
    for (text, parameter, statuses, wanted) in [
        (format!("{head}{each}"), "Env=prod", [2, 2], "Fn::ForEach::Tasks: only resources"),
        (format!("{head}{each}{one}"), "Env=prod", [0, 1], "Fn::ForEach::Tasks: only resources"),
        (format!("{head}{include}{one}"), "Env=prod", [0, 1], "Fn::Transform: only resources"),
        (format!("{head}{one}"), "Env=dev", [2, 2], "T: is not made, since condition IsProd does not hold"),
        (
            format!("{head}{one}{}", one.replace("T:", "U:").replace("    Condition: IsProd\n", "")),
            "Env=dev",
            [0, 1],
            "T: is not made, since",
        ),
    ] {
        for (arguments, status) in [
            &["-", "--parameter", parameter][..],
            &["-", "--parameter", parameter, "--fail-on", "not-checked"],
        ]
        .into_iter()
        .zip(statuses)
        {
            let (came, _, said) = offline(arguments, &text);
            assert!(came == Some(status) && said.contains(wanted), "{text}\n{came:?} {said}");
        }
    }
    let bucket = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bucket.yaml");
    fs::write(&bucket, "Resources:\n  B: {Type: AWS::S3::Bucket}\n").expect("it can be written");
    let bucket = bucket.to_string_lossy();
    let (status, _, said) = offline(&[&bucket, "tests/sources/register.yaml"], "");
    assert!(status == Some(0) && said.contains("bucket.yaml holds no task definition"), "{status:?} {said}");
    assert_eq!(offline(&[&bucket], "").0, Some(2));
}

/// What cannot be read is told where a pipeline's reader looks, with its place.
#[test]
fn what_cannot_be_read_is_in_every_report() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unreadable.json");
    let name = path.to_string_lossy();
    for (text, line, column, problem) in [
        ("{\n  \"family\": \"a\",\n}", 3, 1, "trailing comma"),
        ("Resources:\n\tT: x\n", 2, 1, "tabs"),
        ("{\"containerDefinitions\": []}", 1, 1, "found no containers"),
    ] {
        fs::write(&path, text).expect("it can be written");
        let (status, github, _) = offline(&[&name, "--format", "github"], "");
        let wanted = format!("::error file={name},line={line},col=");
        assert!(status == Some(2) && github.starts_with(&wanted) && github.contains(problem), "{github}");
        let (_, junit, _) = offline(&[&name, "--format", "junit"], "");
        let wanted =
            [format!("line=\"{line}\"><error message="), problem.to_owned(), "errors=\"1\"".to_owned()];
        assert!(well_formed(&junit).is_ok() && wanted.iter().all(|part| junit.contains(part)), "{junit}");
        let (_, sarif, _) = offline(&[&name, "--format", "sarif"], "");
        let log: Value = serde_json::from_str(&sarif).expect("it is JSON");
        let invocation = &log["runs"][0]["invocations"][0];
        let told = &invocation["toolExecutionNotifications"][0];
        let region = &told["locations"][0]["physicalLocation"]["region"];
        assert_eq!(
            (&invocation["executionSuccessful"], &told["level"], &region["startLine"]),
            (&json!(false), &json!("error"), &json!(line)),
            "{sarif}"
        );
        assert!(region["startColumn"].as_u64() >= Some(column), "{sarif}");
    }
}

#[test]
fn what_was_known_before_does_not_fail() {
    let baseline = Path::new(env!("CARGO_TARGET_TMPDIR")).join("baseline.json");
    let baseline = baseline.to_string_lossy();
    let file = "tests/sources/template.yaml";
    assert_eq!(offline(&[file], "").0, Some(1));
    assert_eq!(offline(&[file, "--write-baseline", &baseline], "").0, Some(0));
    assert_eq!(offline(&[file, "--baseline", &baseline], "").0, Some(0));
    assert_eq!(offline(&[file, "--baseline", &baseline, "--fail-on", "not-checked"], "").0, Some(0));
    assert_eq!(offline(&[file, "tests/sources/cdk.json", "--baseline", &baseline], "").0, Some(1));
    let moved = format!("# A line more.\n\n{}", fs::read_to_string(file).expect("it is text"));
    assert_eq!(offline(&["-", "--baseline", &baseline], &moved).0, Some(0), "lines move");
    let (status, _, said) = offline(&[file, "--baseline", "Cargo.toml"], "");
    assert_eq!((status, said.contains("is not a baseline")), (Some(2), true), "{said}");
}

/// What comes of a file if AWS says that there is nothing it is asked about.
fn where_nothing_is(text: &str, name: &str) -> Vec<(&'static str, Verdict)> {
    let given = Given { region: Some("eu-west-1".to_owned()), ..Given::default() };
    let source = read(text, &given).unwrap_or_else(|error| panic!("{error}"));
    let found = source.found.iter().find(|found| found.name == name).expect("it is there");
    let place = Place { region: "eu-west-1".to_owned(), ..Place::default() };
    let check = Check::new(&found.definition, &place).planned(&found.plan);
    let mut evidence = Evidence::default();
    for _ in 0..5 {
        for question in check.questions(&evidence) {
            let asked = json!(question).to_string();
            assert!(
                !asked.contains("${") && !asked.contains("not known"),
                "nobody is asked about what is not known: {asked}"
            );
            let answer = if question.takes(&Answer::Missing) {
                Answer::Missing
            } else {
                Answer::Unknown("denied".to_owned())
            };
            evidence.note(question, answer);
        }
    }
    check
        .findings(&evidence)
        .problems
        .iter()
        .map(|problem| (problem.diagnosis.cause.id, problem.diagnosis.verdict))
        .collect()
}

#[test]
fn what_a_deployment_makes_is_no_error() {
    let plan = include_str!("sources/plan.json");
    let name = "aws_ecs_task_definition.web";
    let group = |text: &str| {
        where_nothing_is(text, name)
            .into_iter()
            .find(|(cause, _)| *cause == "log-group-missing")
            .map(|(_, verdict)| verdict)
    };
    assert_eq!(group(plan), Some(Verdict::Possible));
    assert_eq!(
        group(&plan.replace("\"after\": {\"name\": \"/ecs/web\"}", "\"after\": {\"name\": \"/ecs/other\"}")),
        Some(Verdict::Confirmed)
    );
    assert_eq!(
        group(&plan.replacen("\"actions\": [\"create\"]", "\"actions\": [\"no-op\"]", 1)),
        Some(Verdict::Confirmed)
    );
    assert_eq!(
        group(&plan.replacen(
            "\"after\": {\"name\": \"/ecs/web\"}, \"after_unknown\": {",
            "\"after\": {}, \"after_unknown\": {\"name\": true, ",
            1
        )),
        Some(Verdict::Possible)
    );
    let template = include_str!("sources/template.yaml");
    let secrets = |text: &str| {
        where_nothing_is(text, "Web")
            .into_iter()
            .filter(|(cause, _)| *cause == "secret-missing")
            .map(|(_, verdict)| verdict)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        secrets(template),
        [Verdict::Confirmed, Verdict::Possible],
        "of prod/api and prod/made the second is made here"
    );
    assert_eq!(
        secrets(&template.replace("'${Env}/made'", "other")),
        [Verdict::Confirmed, Verdict::Confirmed]
    );
    assert_eq!(
        secrets(&template.replace("'${Env}/made'", "'${AWS::StackName}/made'")),
        [Verdict::Confirmed, Verdict::Possible]
    );
    let roles = |text: &str| {
        where_nothing_is(text, "Web")
            .into_iter()
            .find(|(cause, _)| *cause == "execution-role-missing")
            .map(|(_, verdict)| verdict)
    };
    assert_eq!(roles(template), Some(Verdict::Confirmed));
    let role = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: !Sub 'shop-${Env}-exec'}\n";
    assert_eq!(roles(&template.replace("Resources:\n", role)), Some(Verdict::Possible));
    // A policy for a role of the stack touches no other role; one for a role that nobody knows may touch any.
    let policy = |role: &str| {
        format!(
            "Resources:\n  Other:\n    Type: AWS::IAM::Role\n  Policy:\n    Type: AWS::IAM::Policy\n    Properties: {{Roles: [{role}]}}\n"
        )
    };
    assert_eq!(roles(&template.replace("Resources:\n", &policy("!Ref Other"))), Some(Verdict::Confirmed));
    assert_eq!(roles(&template.replace("Resources:\n", &policy("!Ref Tag"))), Some(Verdict::Possible));
}

#[test]
fn hostile_documents_are_answered_at_once() {
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    let bomb = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |bomb, at| {
        format!("{bomb}a{at}: &a{at} [*a{0}, *a{0}]\n", at - 1)
    });
    let deep = (1..5000)
        .fold("a0: &a0 [x]\n".to_owned(), |deep, at| format!("{deep}a{at}: &a{at} [*a{}]\n", at - 1));
    let head = "Parameters: {P: {Type: String, Default: 'PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP'}}\n";
    let web = |value: &str| {
        format!(
            "Resources: {{Web: {{Type: 'AWS::ECS::TaskDefinition', Properties: {{ContainerDefinitions: [{{Name: w, Image: {value}}}]}}}}}}\n"
        )
    };
    let doubled = (0..60).fold("!Ref P".to_owned(), |value, _| format!("!Join ['', [{value}]]"));
    let conditions: String = (0..2000).fold(String::new(), |all, at| {
        format!("{all}  C{at}: !And [!Condition C{0}, !Condition C{0}]\n", at + 1)
    });
    let mappings = "Mappings: {M: {a: {b: !FindInMap [M, a, b]}}}\n";
    for (name, text) in [
        ("JSON", nested("[", "]", 100_000)),
        ("objects", nested("{\"a\":", "}", 50_000)),
        ("flow", format!("a: {}", nested("[", "]", 50_000))),
        ("block", (0..3000).fold(String::new(), |block, at| format!("{block}{}a:\n", " ".repeat(at)))),
        ("bomb", bomb),
        ("deep aliases", deep),
        ("alias of itself", "a: &a [*a]\n".to_owned()),
        ("conditions", format!("Conditions:\n{conditions}{}", web("!If [C0, a, b]"))),
        ("loop", format!("Conditions: {{A: !Condition B, B: !Not [!Condition A]}}\n{}", web("!If [A, a, b]"))),
        ("mapping of itself", format!("{mappings}{}", web("!FindInMap [M, a, b]"))),
        ("joined", format!("{head}{}", web(&doubled))),
        ("substituted", format!("{head}{}", web(&format!("!Sub '{}'", "${P}".repeat(2_000_000))))),
        ("resources", format!("Resources:\n{}", (0..2_000).fold(String::new(), |all, at| format!("{all}  R{at}: {{Type: 'AWS::ECS::TaskDefinition', Properties: {{ContainerDefinitions: [{{Name: w, Image: i}}]}}}}\n")))),
        ("plan in a plan", json!({"resource_changes": [{"address": "a", "type": "aws_ecs_task_definition", "change": {"after": {"container_definitions": nested("[", "]", 100_000)}, "actions": ["create"]}}]}).to_string()),
    ] {
        let begun = Instant::now();
        match read(&text, &Given::default()) {
            Ok(source) => assert!(source.faults.iter().all(|fault| fault.line > 0 && fault.problem.len() < 1000), "{name}"),
            Err(error) => assert!(error.line > 0 && error.column > 0 && error.to_string().len() < 2000, "{name}: {error}"),
        }
        println!("{name}: {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_mins(1), "{name}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_secret_in_a_template_stays_inside() {
    let secret = "q9ZxT7vB2mK8pL4wR6yN";
    let template = format!(
        "Parameters: {{Token: {{Type: String, NoEcho: true, Default: {secret}}}}}\nResources:\n  Web:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions:\n        - Name: w\n          Image: i\n          Environment: [{{Name: T, Value: {secret}}}]\n          Secrets: [{{Name: A, ValueFrom: !Ref Token}}, {{Name: B, ValueFrom: !Sub '{secret}${{AWS::AccountId}}'}}]\n"
    );
    for format in ["text", "json", "github", "sarif", "junit"] {
        let (_, out, said) = offline(&["-", "--format", format], &template);
        assert!(!out.contains(secret) && !said.contains(secret), "{format}: {out}{said}");
    }
}

fn check_all(text: &str) {
    match read(text, &Given::default()) {
        Ok(source) => {
            for found in &source.found {
                let place = Place { region: "eu-west-1".to_owned(), ..Place::default() };
                let check = Check::new(&found.definition, &place).planned(&found.plan);
                let _ = check.questions(&Evidence::default());
                let findings = check.findings(&Evidence::default());
                for reference in found.definition.references() {
                    let _ = found.places.of(&found.definition, &reference);
                }
                let one = Checked {
                    name: found.name.clone(),
                    file: Some("f".to_owned()),
                    services: Vec::new(),
                    found: found.clone(),
                    findings,
                    known: BTreeSet::new(),
                };
                assert!(github::commands(&[one], &[]).lines().all(|line| line.starts_with("::")));
            }
        }
        Err(error) => {
            let (lines, said) = (text.lines().count().max(1), error.to_string());
            assert!((1..=lines + 1).contains(&error.line) && error.column > 0, "{said}");
            assert!(!said.chars().any(char::is_control), "{said:?}");
        }
    }
}

fn files() -> Vec<&'static str> {
    vec![
        include_str!("sources/cdk.json"),
        include_str!("sources/template.yaml"),
        include_str!("sources/plan.json"),
        include_str!("sources/register.yaml"),
        include_str!("sources/service.json"),
    ]
}

proptest! {
    #[test]
    fn any_text_gives_an_answer_or_an_error_with_its_place(text in "\\PC*|[\\[\\]{}:,&*!|>\"' a\\n#-]{0,80}|(Resources|Ref|Fn::Sub|!If|- |: |\\n|  |\\{|\\}|\"|[a-z]){0,60}") {
        check_all(&text);
    }

    #[test]
    fn files_that_were_tampered_with_are_read_or_refused(file in 0..5_usize, cuts in vec((any::<prop::sample::Index>(), 0..40_usize, "(\\PC|\\n|null|true|\"|\\{|\\}|\\[|\\]|!Ref X|\\$\\{A\\}|&a|\\*a){0,4}"), 1..4)) {
        let mut text = files()[file].to_owned();
        for (at, length, new) in cuts {
            let from = text.floor_char_boundary(at.index(text.len() + 1));
            let to = text.floor_char_boundary((from + length).min(text.len())).max(from);
            text.replace_range(from..to, &new);
        }
        check_all(&text);
    }
}

#[test]
fn what_ecs_registers_no_definition_without_is_named_where_it_should_be() {
    let of_list = r#"[{"name": "a", "image": "nginx", "secrets": [{"valueFrom": "/a"}], "logConfiguration": {"options": {}},
        "dependsOn": [{"containerName": "b"}]}, {"image": null}]"#;
    let template = "Parameters:\n  Image: {Type: String}\nConditions:\n  Never: !Equals [a, b]\nResources:\n  Web:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions:\n      - {Name: a, Image: !Ref Image}\n      - Name: b\n        Image: !If [Never, nginx, !Ref 'AWS::NoValue']\n";
    let plan = r#"{"resource_changes": [{"address": "aws_ecs_task_definition.web", "type": "aws_ecs_task_definition", "change": {
        "actions": ["create"], "after": {"family": "web", "container_definitions": "[{\"name\": \"a\"}]"}}}]}"#;
    for (text, wanted) in [
        (
            of_list,
            &[
                "at [0].secrets[0]: expected name: ",
                "at [0].logConfiguration: expected logDriver: ",
                "at [0].dependsOn[0]: expected condition: ",
                "at [1]: expected name and image: ",
            ][..],
        ),
        (template, &[":11:9: at Web.ContainerDefinitions[1]: expected image: "]),
        (plan, &["at aws_ecs_task_definition.web.containerDefinitions[0]: expected image: "]),
    ] {
        let (status, _, said) = offline(&["-"], text);
        assert_eq!((status, said.lines().count()), (Some(2), wanted.len()), "{said}");
        assert!(wanted.iter().all(|wanted| said.contains(wanted)), "{said}");
    }
    // What is not known before deployment is there.
    let open = template.replace("!If [Never, nginx, !Ref 'AWS::NoValue']", "!Ref Image");
    assert_eq!(offline(&["-"], &open).0, Some(0));
}

/// A definition that ECS would not register is in its file all the same.
#[test]
fn a_service_of_a_definition_that_lacks_something_goes_with_it() {
    let definition = |family: &str, image: &str| {
        format!(
            "  {family}:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      Family: {family}\n      ContainerDefinitions:\n      - {{Name: a{image}}}\n"
        )
    };
    let service =
        |runs: &str| format!("  Shop:\n    Type: AWS::ECS::Service\n    Properties: {{Cluster: c{runs}}}\n");
    let lacking = definition("web", "");
    for resources in [
        [lacking.as_str(), &service(", TaskDefinition: web")].concat(),
        [lacking.as_str(), &definition("api", ", Image: nginx"), &service(", TaskDefinition: web")].concat(),
        [lacking.as_str(), &definition("api", ", Image: nginx"), &service("")].concat(),
    ] {
        let (status, out, said) = offline(&["-"], &format!("Resources:\n{resources}"));
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains("at web.ContainerDefinitions[0]: expected image: "), "{said}");
        assert!(!said.contains("none of the files holds") && !out.contains("Shop"), "{out}{said}");
    }
}

#[test]
fn a_parameter_that_no_template_takes_is_named_once() {
    let definition = r#"{"family": "a", "containerDefinitions": [{"name": "a", "image": "nginx"}]}"#;
    let (_, _, said) = offline(&["-", "--parameter", "Stage=prod"], definition);
    assert_eq!(said, "ecs-triage: parameter Stage: no template that was given has it\n");
    let files = ["tests/sources/template.yaml", "tests/sources/cdk.json"];
    let (_, _, said) =
        offline(&[&files[..], &["--parameter", "Env=prod", "--parameter", "Evn=prod"]].concat(), "");
    assert_eq!(said.matches("parameter Evn: ").count(), 1, "{said}");
    assert!(!said.contains("parameter Env: no template"), "{said}");
    // What cannot be read may be the template that has it.
    let (_, _, said) = offline(&["-", "--parameter", "Stage=prod"], "Resources: {");
    assert!(!said.contains("parameter Stage"), "{said}");
}
