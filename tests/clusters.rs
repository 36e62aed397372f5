//! What the services of a cluster start next: each file of `clusters/` is an account, and beside it stands what a person
//! reads of it. An account of 300 services is asked in bounded time, throttled, interrupted and gone on with.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests, and print for who wants to know"
)]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ecs_triage::check::{Checked, Cluster, Unseen};
use ecs_triage::limits::{CLUSTER_QUESTIONS, CLUSTER_ROUNDS, CLUSTER_SERVICES, ROTATION_AT_ONCE};
use ecs_triage::question::{Answer, Evidence, Question, ask, record};
use ecs_triage::render::cluster;
use ecs_triage::render::text::Colour;
use ecs_triage::triage::{Pace, Prober, ask_in_turns};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";
const PACE: Pace = Pace { at_once: ROTATION_AT_ONCE, most: CLUSTER_QUESTIONS, rounds: CLUSTER_ROUNDS };
const THROTTLED: &str = "ThrottlingException: Rate exceeded";

/// An account that answers as its file says, throttles each question so often first, and notes what it is asked.
struct Account {
    world: Value,
    throttles: u32,
    asked: Mutex<BTreeMap<Question, u32>>,
}

impl Account {
    fn new(world: Value) -> Self {
        Self { world, throttles: 0, asked: Mutex::default() }
    }

    fn cluster(&self) -> Cluster {
        let names = |value: &Value| match value {
            Value::Array(names) => {
                names.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        Cluster { region: REGION.to_owned(), name: "prod".to_owned(), services: names(&self.world["asked"]) }
    }

    fn answer(&self, question: &Question) -> Answer {
        let asked = json!(question);
        let (kind, asked) = asked.as_object().and_then(|asked| asked.iter().next()).expect("one question");
        let text = |field: &str| asked[field].as_str().unwrap_or_default().to_owned();
        let world = |part: &str, of: &str| &self.world[part][of];
        let refused = || {
            let action = self.world["refused"][kind.as_str()].as_str()?;
            let on = format!("{}{}", text("id"), text("name"));
            Some(Answer::Unknown(format!(
                "ecs-triage is not authorized to call {action} on {on}: grant it to ecs-triage"
            )))
        };
        let found = match kind.as_str() {
            kind if !matches!(kind, "Service" | "TaskDefinition") && refused().is_some() => {
                return refused().expect("it is refused");
            }
            "Service" if self.world["services"].get(text("name")).is_some_and(Value::is_null) => {
                return refused().expect("it is refused");
            }
            "Service" => world("services", &text("name")).clone(),
            "Services" => {
                let arn = |name| format!("arn:aws:ecs:{REGION}:111122223333:service/prod/{name}");
                let all =
                    self.world["services"].as_object().map(|all| all.keys().map(arn).collect::<Vec<_>>());
                if self.world["has more"] == true { json!({"first": all}) } else { json!(all) }
            }
            "TaskDefinition" => {
                let all = self.world["definitions"].as_array().expect("definitions");
                let is_asked = |one: &&Value| one["taskDefinitionArn"] == text("name").as_str();
                all.iter().find(is_asked).cloned().unwrap_or_default()
            }
            "Secret" => world("secrets", &text("id")).clone(),
            "SecretVersions" => json!([{"VersionId": "1", "VersionStages": ["AWSCURRENT"]}]),
            "Key" => {
                let state = world("keys", &text("id")).as_str().unwrap_or("Enabled");
                json!({"Arn": text("id"), "KeyState": state, "Enabled": state == "Enabled", "KeyManager": "CUSTOMER"})
            }
            "Role" => match world("roles", &text("name")).as_str() {
                Some(trusted) => {
                    json!({"Arn": format!("arn:aws:iam::111122223333:role/{}", text("name")), "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}]}})
                }
                None => Value::Null,
            },
            "Simulation" => json!({"EvalDecision": "allowed"}),
            "Repository" => json!({"repositoryName": text("name")}),
            "Image" => {
                let image = format!(
                    "111122223333.dkr.ecr.eu-west-1.amazonaws.com/{}:{}",
                    text("repository"),
                    text("reference")
                );
                let images = self.world["images"].as_array().expect("images");
                if images.iter().any(|known| *known == image.as_str()) {
                    json!([{"imageDigest": "sha256:1", "imageTags": [text("reference")]}])
                } else {
                    Value::Null
                }
            }
            "SecretsLike" | "SecretPolicy" | "RepositoryPolicy" | "KeyGrants" | "CacheRules" => Value::Null,
            other => return Answer::Unknown(format!("this account keeps its {other} to itself")),
        };
        if found.is_null() {
            return Answer::Missing;
        }
        let answer = match kind.as_str() {
            "Image" => "Images",
            kind => kind,
        };
        serde_json::from_value(json!({answer: found})).unwrap_or_else(|error| panic!("{kind}: {error}"))
    }
}

impl Prober for Account {
    async fn ask(&self, question: &Question) -> Answer {
        let mut asked = self.asked.lock().expect("nobody failed");
        let times = asked.entry(question.clone()).or_default();
        *times += 1;
        if *times <= self.throttles { Answer::Unknown(THROTTLED.to_owned()) } else { self.answer(question) }
    }

    fn is_throttled(&self, answer: &Answer) -> bool {
        *answer == Answer::Unknown(THROTTLED.to_owned())
    }
}

/// What came of asking.
struct Run {
    evidence: Evidence,
    is_all: bool,
    slept: Duration,
}

/// Asks all that a cluster needs, for so many turns at most.
fn run(account: &Account, pace: Pace, mut evidence: Evidence) -> Run {
    let slept = Cell::new(Duration::ZERO);
    let cluster = account.cluster();
    let sleep = |time| {
        slept.set(slept.get() + time);
        std::future::ready(())
    };
    let asked = ask_in_turns(account, pace, sleep, |known| cluster.questions(known), &mut evidence, |_| {});
    let is_all = asked.now_or_never().expect("nothing is waited for");
    Run { evidence, is_all, slept: slept.get() }
}

fn told(account: &Account, evidence: &Evidence) -> String {
    let cluster = account.cluster();
    let unseen = cluster.unseen(evidence).into_iter();
    let mut lines: Vec<String> =
        unseen.map(|Unseen { services, why }| format!("{}: {why}", services.join(", "))).collect();
    let cluster = Cluster { services: cluster.names(evidence), ..cluster };
    lines.push(cluster::render(&cluster, &checked(account, evidence), Colour::Off));
    lines.join("\n")
}

fn checked(account: &Account, evidence: &Evidence) -> Vec<Checked> {
    account.cluster().checked(evidence, &BTreeSet::new())
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clusters");
    let all =
        fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it is read").path());
    let mut files: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|ext| ext == "json")).collect();
    files.sort();
    files
}

fn account(path: &Path) -> Account {
    let text = fs::read_to_string(path).expect("it is read");
    Account::new(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn named(name: &str) -> Account {
    account(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clusters").join(format!("{name}.json")))
}

#[test]
fn accounts_read_as_their_snapshots_say() {
    for path in files() {
        let account = account(&path);
        let run = run(&account, PACE, Evidence::default());
        assert!(run.is_all, "{}", path.display());
        assert!(account.asked.lock().expect("nobody failed").values().all(|times| *times == 1));
        let told = format!(
            "{}\n\n{}",
            account.world["shows"].as_str().expect("it says"),
            told(&account, &run.evidence)
        );
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        insta::with_settings!({snapshot_path => "clusters", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, told);
        });
    }
}

/// So many services, each with a definition, a secret and a role of its own, and what all share.
fn large(services: usize) -> Value {
    let arn = |service: &str, rest: String| format!("arn:aws:{service}:{REGION}:111122223333:{rest}");
    let of = |number: usize| {
        let definition = arn("ecs", format!("task-definition/s{number}:1"));
        let own = arn("secretsmanager", format!("secret:s{number}-AbC123"));
        let shared = arn("secretsmanager", "secret:shared-AbC123".to_owned());
        let service = json!({"status": "ACTIVE", "taskDefinition": definition, "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]}},
            "deployments": [{"status": "PRIMARY", "taskDefinition": definition}]});
        let told = json!({"taskDefinitionArn": definition, "family": format!("s{number}"), "revision": 1, "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"], "executionRoleArn": format!("arn:aws:iam::111122223333:role/exec{number}"),
            "containerDefinitions": [{"name": "app", "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1",
                "secrets": [{"name": "OWN", "valueFrom": own}, {"name": "SHARED", "valueFrom": shared}]}]});
        let mut secret =
            json!({"ARN": own, "Name": format!("s{number}"), "VersionIdsToStages": {"1": ["AWSCURRENT"]}});
        if number.is_multiple_of(100) {
            secret["DeletedDate"] = json!(1_795_000_000);
        }
        (service, told, own, secret)
    };
    let mut world = json!({"services": {}, "definitions": [], "secrets": {}, "roles": {},
        "images": ["111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1"]});
    let shared = arn("secretsmanager", "secret:shared-AbC123".to_owned());
    world["secrets"][&shared] =
        json!({"ARN": shared, "Name": "shared", "VersionIdsToStages": {"1": ["AWSCURRENT"]}});
    for number in 0..services {
        let (service, told, own, secret) = of(number);
        world["services"][format!("s{number}")] = service;
        world["definitions"].as_array_mut().expect("an array").push(told);
        world["secrets"][own] = secret;
        world["roles"][format!("exec{number}")] = json!("ecs-tasks.amazonaws.com");
    }
    world
}

fn confirmed(checked: &[Checked]) -> Vec<(String, &'static str)> {
    let all = checked.iter().flat_map(|one| {
        one.findings.problems.iter().map(|problem| (one.name.clone(), problem.diagnosis.cause.id))
    });
    all.collect()
}

#[test]
fn an_account_of_a_hundred_services_is_asked_once_and_in_bounded_time() {
    is_asked_once_and_in_bounded_time(100, &["s0:1"]);
}

#[test]
#[ignore = "takes a minute"]
fn an_account_of_three_hundred_services_is_asked_once_and_in_bounded_time() {
    is_asked_once_and_in_bounded_time(300, &["s0:1", "s100:1", "s200:1"]);
}

#[track_caller]
fn is_asked_once_and_in_bounded_time(services: usize, broken: &[&str]) {
    let account = Account::new(large(services));
    let run = run(&account, PACE, Evidence::default());
    let asked = account.asked.lock().expect("nobody failed");
    assert!(run.is_all && asked.values().all(|times| *times == 1));
    let shared =
        asked.keys().filter(|question| json!(question).to_string().contains("secret:shared")).count();
    // Of each role it is simulated whether it may read it; itself it is described once.
    assert!(shared < services + 10, "{shared}");
    println!("{} questions, {:?}", asked.len(), run.slept);
    let longest =
        Duration::from_millis(500) * u32::try_from(services).expect("it is small") + Duration::from_secs(10);
    assert!(asked.len() < services * 13 && run.slept < longest, "{} {:?}", asked.len(), run.slept);
    let deleted = "secret-deletion-scheduled";
    let wanted: Vec<_> = broken.iter().map(|&name| (name.to_owned(), deleted)).collect();
    drop(asked);
    assert_eq!(confirmed(&checked(&account, &run.evidence)), wanted);
}

#[test]
fn who_was_interrupted_goes_on_with_what_was_recorded() {
    let whole = {
        let account = Account::new(large(40));
        run(&account, PACE, Evidence::default()).evidence
    };
    for most in [1, 30, 200, 350] {
        let account = Account::new(large(40));
        let cut = run(&account, Pace { most, ..PACE }, Evidence::default());
        assert!(!cut.is_all, "{most}");
        let kept = record::read(&record::write(&cut.evidence)).expect("it was recorded");
        let rest = run(&account, PACE, kept);
        assert!(rest.is_all);
        assert!(account.asked.lock().expect("nobody failed").values().all(|times| *times == 1), "{most}");
        assert_eq!(rest.evidence, whole, "{most}");
    }
}

#[test]
fn throttling_is_waited_for_and_no_finding() {
    let calm = named("a-secret-of-three-services-is-going");
    let wanted = told(&calm, &run(&calm, PACE, Evidence::default()).evidence);
    for throttles in [1, 3, 9] {
        let account = Account { throttles, ..named("a-secret-of-three-services-is-going") };
        let run = run(&account, PACE, Evidence::default());
        assert!(run.is_all);
        assert_eq!(told(&account, &run.evidence), wanted, "{throttles}");
        assert!(run.slept >= Duration::from_secs(2) * throttles, "{:?}", run.slept);
    }
    let never = Account { throttles: u32::MAX, ..named("a-secret-of-three-services-is-going") };
    let run = run(&never, PACE, Evidence::default());
    assert!(run.slept < Duration::from_secs(200), "{:?}", run.slept);
    let told = told(&never, &run.evidence);
    assert!(told.starts_with(&format!(": {THROTTLED}")), "{told}");
}

#[test]
fn what_the_list_of_services_leaves_open_is_told() {
    let calm = || named("a-secret-of-three-services-is-going");
    let with = |key: &str, value: Value| {
        let mut account = calm();
        account.world[key] = value;
        account
    };
    let gone = Account { world: json!({"services": null}), ..calm() };
    let many = Account::new(large(CLUSTER_SERVICES + 2));
    let long =
        many.answer(&Question::from(ask::Services { region: REGION.to_owned(), cluster: "prod".to_owned() }));
    let refused = json!({"Services": "ecs:ListServices"});
    let unseen = |account: &Account, evidence: &Evidence| account.cluster().unseen(evidence);
    let of = |account: &Account| unseen(account, &run(account, PACE, Evidence::default()).evidence);
    let why = |services: &[&str], why: &str| Unseen {
        services: services.iter().map(|&name| name.to_owned()).collect(),
        why: why.to_owned(),
    };
    assert_eq!(of(&with("has more", json!(true))), [why(&[], "it has more services than are listed")]);
    assert_eq!(
        of(&with("refused", refused)),
        [why(&[], "ecs-triage is not authorized to call ecs:ListServices")]
    );
    assert_eq!(of(&gone), [why(&[], "there is no such cluster")]);
    assert_eq!(unseen(&calm(), &Evidence::default()), [why(&[], "AWS was not queried")]);
    let mut listed = Evidence::default();
    listed.note(many.cluster().questions(&listed).remove(0), long);
    let left = unseen(&many, &listed);
    assert!(left.contains(&why(&["s998", "s999"], "only 1000 services are checked at once")), "{left:?}");
}

/// The path of a file that no other test writes.
fn scratch() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clusters-{number}.json"))
}

/// The program on the recording of an account.
fn program(account: &Account, arguments: &[&str]) -> Output {
    let file = scratch();
    let evidence = run(account, PACE, Evidence::default()).evidence;
    fs::write(&file, record::write(&evidence)).expect("it is written");
    Command::new(env!("CARGO_BIN_EXE_ecs-triage"))
        .args(["check", "--cluster", "prod", "--offline", "--evidence"])
        .arg(file)
        .args(arguments)
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the output is UTF-8")
}

#[test]
fn every_format_names_the_services_of_a_problem() {
    let account = named("a-secret-of-three-services-is-going");
    for format in ["text", "markdown", "json", "jsonl", "github", "sarif", "junit"] {
        let output = program(&account, &["--format", format]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{format}: {said}{}", text(&output.stderr));
        for part in ["secret-deletion-scheduled", "api", "worker", "web"] {
            assert!(said.contains(part), "{format} does not say {part}: {said}");
        }
    }
    let of_one = program(&account, &["--service", "web", "--format", "jsonl"]);
    let line: Value = serde_json::from_slice(&of_one.stdout).expect("one document");
    assert_eq!(line["services"], json!(["web"]));
}

#[test]
fn what_cannot_be_read_is_told_once_for_each_thing() {
    let account = named("what-cannot-be-read-is-told-once");
    for (format, fails) in [("text", 1), ("github", 4), ("junit", 4)] {
        let said = text(&program(&account, &["--format", format]).stdout);
        let reason = "not authorized to call kms:DescribeKey";
        assert!((1..=fails).contains(&said.matches(reason).count()), "{format}: {said}");
    }
}

#[test]
fn the_exit_status_follows_what_is_to_fail() {
    let gone = named("an-image-and-a-volumes-role-are-gone");
    let fine = named("nothing-is-wrong");
    let empty = named("no-service-at-all");
    let odd = named("what-cannot-be-read-is-told-once");
    for (account, arguments, status) in [
        (&gone, &[][..], 1),
        (&fine, &[], 0),
        (&fine, &["--fail-on", "not-checked"], 1),
        (&empty, &[], 0),
        (&odd, &[], 2),
        (&fine, &["--service", "nobody"], 2),
        (&fine, &["--subnets", "subnet-1"], 2),
        (&fine, &["--parameter", "A=1"], 2),
    ] {
        let output = program(account, arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", text(&output.stderr));
    }
    let baseline = scratch();
    let path = baseline.to_str().expect("UTF-8");
    assert_eq!(program(&gone, &["--write-baseline", path]).status.code(), Some(0));
    assert_eq!(program(&gone, &["--baseline", path]).status.code(), Some(0));
}
