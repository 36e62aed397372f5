//! The command line and the function against AWS as it answers: states in emulators, replayed and counted,
//! and AWS on bad days.
//!
//! `live/states.py` makes the states: what keeps a task from starting, and the event of the task that it
//! stopped. Each is diagnosed by the program that users run, through a proxy that counts what it asks. What
//! the emulators get wrong is kept away from them: of ministack 1.5.33 the network, and a secret without a
//! value (there is always one); of moto 5.2.5 everything else.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

#[path = "live/bad_days.rs"]
mod bad_days;
#[path = "live/clusters.rs"]
mod clusters;
mod environment;
#[path = "live/members.rs"]
mod members;
#[path = "live/program.rs"]
mod program;
#[path = "live/server.rs"]
mod server;
#[path = "live/strangers.rs"]
mod strangers;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use ecs_triage::aws::logs::Journal;
use environment::python_environment;
use program::{ACCOUNT, REGION, Ran, Variables, assert_contains, aws_at, document, file, started, typed};
use serde_json::{Value, json};
use server::{Call, Reply, Server, forward, repeated, rounds};

/// The states, and what must be said of each: the cause, the verdict, and words of the evidence and the fix.
const STATES: &[(&str, &str, &str, &[&str])] = &[
    (
        "wrong-suffix",
        "secret-recreated",
        "confirmed",
        &["-zzZZ99", "{secret}, created on", "write {secret} into"],
    ),
    (
        "deleted",
        "secret-deletion-scheduled",
        "confirmed",
        &["it is marked for deletion", "aws secretsmanager restore-secret"],
    ),
    ("missing", "secret-missing", "confirmed", &["whose name begins with"]),
    ("near-name", "secret-missing", "confirmed", &["a secret whose name has"]),
    (
        "missing-stage",
        "secret-version-missing",
        "confirmed",
        &["BLUE among the 1 versions; the stages are AWSCURRENT"],
    ),
    ("without-value", "secret-without-value", "confirmed", &["a version with the stage AWSCURRENT"]),
    ("disabled-key", "key-unusable", "confirmed", &["is disabled", "aws kms enable-key"]),
    ("deleted-key", "key-unusable", "confirmed", &["is scheduled for deletion on"]),
    (
        "missing-parameter",
        "parameter-missing",
        "confirmed",
        &["/billing/key", "a parameter whose name holds"],
    ),
    ("near-parameter", "parameter-missing", "confirmed", &["a parameter whose name has"]),
    (
        "role-without-permission",
        "role-permission-missing",
        "confirmed",
        &["(implicitDeny)", "aws iam put-role-policy ", "--role-name exec "],
    ),
    (
        "permission-on-task-role",
        "role-permission-on-wrong-role",
        "confirmed",
        &["the task role task is allowed", "the same permission on exec"],
    ),
    (
        "denied-by-role",
        "role-explicit-deny",
        "confirmed",
        &["is denied explicitly", "narrow or remove the Deny statement"],
    ),
    (
        "ec2-trust",
        "execution-role-untrusted",
        "confirmed",
        &["which trusts ec2.amazonaws.com", "update-assume-role-policy ", "--role-name for-ec2 "],
    ),
    (
        "other-source-account",
        "execution-role-untrusted",
        "confirmed",
        &["aws:SourceAccount wants 444455556666, and here it is 111122223333"],
    ),
    ("missing-role", "execution-role-missing", "confirmed", &["role never-made"]),
    ("missing-image", "image-missing", "confirmed", &["1.3 in repository web"]),
    ("missing-repository", "image-missing", "confirmed", &["repository wbe in eu-west-1, 111122223333"]),
    (
        "missing-log-group",
        "log-group-missing",
        "confirmed",
        &["/ecs/api in eu-west-1", "awslogs-create-group is off", "aws logs create-log-group"],
    ),
    ("missing-env-file", "env-file-missing", "confirmed", &["api/dev.env"]),
    ("missing-bucket", "env-file-missing", "confirmed", &["bucket conf"]),
    ("no-route", "vpc-no-route", "confirmed", &["has no route to 0.0.0.0/0", "aws ec2 create-route"]),
    ("no-public-ip", "vpc-no-public-ip", "confirmed", &["the caller has none", "assignPublicIp=ENABLED"]),
    ("deleted-nat", "vpc-nat-broken", "confirmed", &["is deleted, not available", "aws ec2 replace-route"]),
    (
        "endpoint-group",
        "vpc-endpoint-unreachable",
        "confirmed",
        &["the security group of endpoint vpce-", "authorize-security-group-ingress"],
    ),
    (
        "endpoint-private-dns",
        "vpc-endpoint-private-dns-off",
        "likely",
        &["private DNS is off for vpce-", "--private-dns-enabled"],
    ),
    (
        "egress-blocked",
        "security-group-blocks-egress",
        "confirmed",
        &["allows tcp/443 to 0.0.0.0/0", "authorize-security-group-egress"],
    ),
    (
        "acl-out",
        "network-acl-blocks",
        "confirmed",
        &["network ACL {acl-out}", "allows no tcp/443 out", "--egress"],
    ),
    (
        "acl-in",
        "network-acl-blocks",
        "confirmed",
        &["network ACL {acl-in}", "allows no tcp/32768-60999 in", "--ingress"],
    ),
    ("no-dns", "vpc-dns-off", "confirmed", &["enableDnsSupport is off", "--enable-dns-support"]),
    ("all-open", "network-path-unexplained", "likely", &["every hop is open now"]),
    ("public", "network-path-unexplained", "likely", &["every hop is open now"]),
    (
        "file-system",
        "file-system-unreachable",
        "confirmed",
        &["no rule of {closed-group}", "allows tcp/2049", "--port 2049"],
    ),
];
/// As much as may be asked about one task.
const MOST_QUESTIONS: usize = 24;
const MOST_ROUNDS: usize = 3;
/// Calls that need what another one of the same question answered.
const GOING_ON: &[&str] = &["DescribeDhcpOptions", "DescribeTasks", "/security-groups"];
const JOURNAL: &str = "/ecs-triage/journal";

static EMULATED: LazyLock<Emulated> = LazyLock::new(Emulated::start);

/// Emulators that run, and the states in them. They end when this process does: the program that made them
/// reads its input to the end.
struct Emulated {
    _program: Child,
    made: Value,
}

impl Emulated {
    fn start() -> Self {
        let mut program = Command::new(python_environment("stack", "requirements.txt").join("python"));
        program
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["-B", "tests/live/states.py"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut program = program.spawn().expect("Python runs");
        let mut line = String::new();
        BufReader::new(program.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it can be read");
        Self { _program: program, made: serde_json::from_str(&line).expect("the states are made") }
    }

    fn of(&self, name: &str) -> &str {
        self.made[name].as_str().expect("an address")
    }

    fn name(&self, of: &str) -> &str {
        self.made["names"][of].as_str().unwrap_or_else(|| panic!("nothing is called {of}"))
    }

    /// The event of the task that a state stopped.
    fn event(&self, state: &str) -> &Value {
        &self.made["states"][state]["event"]
    }

    /// What leads a program to the emulator of each service, for a state.
    fn environment(&self, state: &str, [moto, ministack]: [&str; 2]) -> Variables {
        let of_moto = self.made["states"][state]["moto"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .chain(["EC2"]);
        let mut environment = aws_at(ministack);
        environment.extend(of_moto.map(|service| (format!("AWS_ENDPOINT_URL_{service}"), moto.to_owned())));
        environment
    }

    /// The same without counting.
    fn straight(&self, state: &str) -> Variables {
        self.environment(state, [self.of("moto"), self.of("ministack")])
    }

    /// Text with the names of things in the place of what stands for them.
    fn named(&self, text: &str) -> String {
        let (before, rest) = text.split_once('{').unwrap_or((text, ""));
        match rest.split_once('}') {
            Some((name, after)) => format!("{before}{}{after}", self.name(name)),
            None => text.to_owned(),
        }
    }
}

#[test]
fn every_state_is_proved_with_few_questions_and_replayed_the_same() {
    let left = Mutex::new(STATES.iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((state, cause, verdict, said)) = next() {
                    diagnosed(state, (cause, verdict), said);
                }
            });
        }
    });
    let made = EMULATED.made["states"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!(made, STATES.len(), "a state is made and not diagnosed, or the reverse");
}

#[track_caller]
fn diagnosed(state: &str, expected: (&str, &str), said: &[&str]) {
    let event = file(&format!("{state}.json"), &EMULATED.event(state).to_string());
    let record = event.replace(".json", ".evidence.json");
    let proxies = ["moto", "ministack"].map(|emulator| Server::before(EMULATED.of(emulator), Duration::ZERO));
    let environment = EMULATED.environment(state, [&proxies[0].url, &proxies[1].url]);
    let ran = typed(&["diagnose", "--live", "--format", "json", "--record", &record, &event], &environment);
    assert_eq!(ran.code, Some(0), "{state}: {}", ran.complaints);
    let best = &document(&ran.out)["diagnoses"][0];
    assert_eq!(
        (best["cause"].as_str(), best["verdict"].as_str()),
        (Some(expected.0), Some(expected.1)),
        "{state}: {}",
        ran.out
    );
    let said: Vec<String> = said.iter().map(|part| EMULATED.named(part)).collect();
    let text = format!("{} {}", best["evidence"], best["fix"]);
    assert_contains(&text, &said.iter().map(String::as_str).collect::<Vec<_>>());

    let calls: Vec<Call> = proxies.iter().flat_map(Server::calls).collect();
    assert_eq!(repeated(&calls), Vec::<String>::new(), "{state}: asked twice");
    let answers = document(&fs::read_to_string(&record).expect("the record is there"));
    let questions = answers["answers"].as_array().map_or(0, Vec::len);
    assert!((1..=MOST_QUESTIONS).contains(&questions), "{state}: {questions} questions");

    let replayed = typed(&["diagnose", "--format", "json", "--evidence", &record, &event], &Variables::new());
    assert_eq!(replayed.out, ran.out, "{state}: replayed");
}

#[test]
fn questions_go_out_together_in_few_rounds() {
    for state in ["wrong-suffix", "role-without-permission", "disabled-key", "deleted-nat", "file-system"] {
        in_few_rounds(state);
    }
}

/// With answers that take long enough for all of a round to be on its way, and longer where others keep the machine
/// busy: what goes out one after another does so however long they take.
fn in_few_rounds(state: &str) {
    let answers = answers_to(state);
    let mut seen = String::new();
    for slow in [300, 600, 1200].map(Duration::from_millis) {
        let (_, calls) = replay(state, slow, &answers);
        let (in_rounds, one_after_another) = (rounds(&calls, GOING_ON), rounds(&calls, &[]));
        // At 50 ms each, five take a quarter of a second.
        if in_rounds <= MOST_ROUNDS && one_after_another <= 5 {
            return;
        }
        seen = format!("{in_rounds} rounds, {one_after_another} one after another of {calls:#?}");
    }
    panic!("{state}: {seen}");
}

/// By the quickest of some runs of each: more of them where others use the machine.
#[test]
fn a_diagnosis_takes_little_longer_than_its_rounds() {
    let slow = Duration::from_millis(50);
    for state in ["wrong-suffix", "deleted-nat"] {
        let answers = answers_to(state);
        let (mut at_once, mut delayed) = (Duration::MAX, Duration::MAX);
        for run in 1..=40 {
            at_once = at_once.min(replay(state, Duration::ZERO, &answers).0.took);
            delayed = delayed.min(replay(state, slow, &answers).0.took);
            if run >= 5 && delayed < at_once + Duration::from_millis(500) {
                break;
            }
        }
        // A quarter of a second, and as much again for what a round costs the process.
        assert!(
            delayed < at_once + Duration::from_millis(500),
            "{state}: {delayed:?}, and {at_once:?} where AWS answers at once"
        );
        // Printed where somebody wants to know: cargo test --test live -- --nocapture takes_little
        println!("{state}: {at_once:?} where AWS answers at once, {delayed:?} after {slow:?} each");
    }
}

/// What the emulators answer to each call of a state's diagnosis.
fn answers_to(state: &str) -> Arc<BTreeMap<String, Reply>> {
    let heard = Arc::new(Mutex::new(BTreeMap::new()));
    let proxies = ["moto", "ministack"].map(|emulator| {
        let (heard, upstream) =
            (Arc::clone(&heard), EMULATED.of(emulator).trim_start_matches("http://").to_owned());
        Server::start(move |call| {
            let reply = forward(&upstream, call);
            heard.lock().unwrap_or_else(PoisonError::into_inner).insert(call.asked(), reply.clone());
            reply
        })
    });
    let event = file(&format!("{state}.json"), &EMULATED.event(state).to_string());
    let ran = typed(
        &["diagnose", "--live", &event],
        &EMULATED.environment(state, [&proxies[0].url, &proxies[1].url]),
    );
    assert_eq!(ran.code, Some(0), "{state}: {}", ran.complaints);
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Arc::new(heard)
}

/// The diagnosis again, with the same answers after a delay.
fn replay(state: &str, delay: Duration, answers: &Arc<BTreeMap<String, Reply>>) -> (Ran, Vec<Call>) {
    let answers = Arc::clone(answers);
    let server = Server::start(move |call| {
        thread::sleep(delay);
        answers.get(&call.asked()).cloned().unwrap_or_else(|| Reply::new(500, "this was not asked before"))
    });
    let event = file(&format!("{state}.json"), &EMULATED.event(state).to_string());
    let ran = typed(&["diagnose", "--live", "--format", "json", &event], &aws_at(&server.url));
    assert_eq!(document(&ran.out)["diagnoses"][0]["verdict"], "confirmed", "{state}: {}", ran.out);
    (ran, server.calls())
}

#[test]
fn a_check_names_every_problem_and_says_what_green_does_not_prove() {
    let aws = EMULATED.straight("");
    let ran = typed(&["check", "broken", "--cluster", "prod", "--service", "broken"], &aws);
    assert_eq!(ran.code, Some(1), "{}", ran.complaints);
    let problems = [
        "secret-recreated",
        "parameter-missing",
        "log-group-missing",
        "image-missing",
        "role-permission-missing",
        "vpc-no-route",
    ];
    assert_contains(
        &ran.out,
        &problems.map(|cause| format!("error[{cause}]: ")).each_ref().map(String::as_str),
    );
    assert_contains(
        &ran.out,
        &[
            "container web, secrets[0]",
            "container web, secrets[1]",
            "/ecs/none",
            "web:9.9",
            "7 references looked at",
        ],
    );

    let (subnet, group) = (EMULATED.name("open-subnet"), EMULATED.name("open-group"));
    let public = ["check", "good", "--subnets", subnet, "--security-groups", group, "--assign-public-ip"];
    let service = ["check", "good", "--cluster", "prod", "--service", "public"];
    for good in [&public[..], &service, &["check", "good"]] {
        let ran = typed(good, &aws);
        assert_eq!(ran.code, Some(0), "{good:?}: {}{}", ran.out, ran.complaints);
        let placed = good.len() > 2;
        let said = "no problem found in what was looked at: good:1";
        assert_contains(
            &ran.out,
            &[said, "not proved: that secrets hold the JSON keys", "whatever changes before the task starts"],
        );
        assert_contains(
            &ran.out,
            &[
                "= not checked: image public.ecr.aws/nginx/nginx:1.27 (web): registries other than Amazon ECR are not asked",
            ],
        );
        assert_eq!(
            ran.out.contains("not checked: the network: no service and no subnets are named"),
            !placed,
            "{good:?}: {}",
            ran.out
        );
        assert_eq!(ran.out.matches("not checked").count(), 1 + usize::from(!placed), "{good:?}: {}", ran.out);
    }
    let closed =
        typed(&["check", "good", "--format", "json", "--subnets", EMULATED.name("closed-subnet")], &aws);
    assert_eq!(closed.code, Some(1), "{}{}", closed.out, closed.complaints);
    assert_contains(&closed.out, &["vpc-no-route"]);
}

#[test]
fn a_check_of_what_does_not_exist_says_so() {
    let aws = EMULATED.straight("");
    let open = EMULATED.name("open-subnet");
    let both = format!("{open},subnet-2");
    for (arguments, said) in [
        (&["nothing"][..], "cannot ask AWS: there is no file and no task definition nothing"),
        (&["good", "--region", "us-east-1"], "cannot ask AWS: there is no file and no task definition good"),
        (
            &["good", "--cluster", "prod", "--service", "pubic"],
            "the network cannot be judged: there is no service pubic in cluster prod",
        ),
        (
            &["good", "--cluster", "prd", "--service", "public"],
            "the network cannot be judged: there is no service public in cluster prd",
        ),
        (&["good", "--subnets", "subnet-1"], "the network cannot be judged: there is no subnet subnet-1"),
        (&["good", "--subnets", &both], "the network cannot be judged: there is no subnet subnet-2"),
        (
            &["good", "--subnets", open, "--security-groups", "sg-1"],
            "the network cannot be judged: there is no security group sg-1",
        ),
    ] {
        let ran = typed(&[&["check"], arguments].concat(), &aws);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert_contains(&ran.complaints, &[said]);
    }
}

/// ECS that shows these tasks, and is the emulator's otherwise.
fn ecs_with(tasks: Vec<Value>) -> Server {
    let upstream = EMULATED.of("ministack").trim_start_matches("http://").to_owned();
    let arns: Vec<Value> = tasks.iter().map(|task| task["taskArn"].clone()).collect();
    Server::start(move |call| {
        let asked = document(&call.body);
        let answer = match call.operation() {
            "ListClusters" => json!({"clusterArns": ["arn:aws:ecs:eu-west-1:111122223333:cluster/prod"]}),
            "ListTasks" if asked["desiredStatus"] == "STOPPED" && asked["serviceName"] == "idle" => {
                json!({"taskArns": []})
            }
            "ListTasks" => json!({"taskArns": arns}),
            "DescribeTasks" => {
                let wanted = asked["tasks"].as_array().cloned().unwrap_or_default();
                let found: Vec<&Value> =
                    tasks.iter().filter(|task| wanted.contains(&task["taskArn"])).collect();
                let missing = wanted
                    .iter()
                    .filter(|arn| !arns.contains(arn))
                    .map(|arn| json!({"arn": arn, "reason": "MISSING"}));
                json!({"tasks": found, "failures": missing.collect::<Vec<_>>()})
            }
            _ => return forward(&upstream, call),
        };
        Reply::new(200, answer.to_string())
    })
}

/// The task with an id of its own, stopped so many minutes ago: before its state was made, which therefore
/// proves nothing of it.
fn stopped_ago(task: &Value, id: &str, minutes: i64) -> Value {
    let mut task = task.clone();
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
    task["taskArn"] = json!(format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{id}"));
    task["stoppedAt"] = json!(at.to_string());
    task
}

#[test]
fn the_stopped_tasks_of_a_cluster_are_listed_by_incident() {
    let [secret, trust] = ["wrong-suffix", "ec2-trust"].map(|state| described(EMULATED.event(state)));
    let scaled_in = json!({"lastStatus": "STOPPED", "stopCode": "UserInitiated", "stoppedReason": "Scaling activity initiated by deployment"});
    let stopped = vec![
        stopped_ago(&secret, "a", 30),
        stopped_ago(&trust, "b", 20),
        stopped_ago(&secret, "c", 2),
        stopped_ago(&secret, "d", 9),
        stopped_ago(&scaled_in, "e", 1),
    ];
    let ecs = ecs_with(stopped);
    let mut aws = EMULATED.straight("");
    aws.insert("AWS_ENDPOINT_URL_ECS".to_owned(), ecs.url.clone());

    let ran = typed(&["ps"], &aws);
    assert_eq!(ran.code, Some(0), "{}", ran.complaints);
    let lines: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["SERVICE", "FAILED", "LAST", "CAUSE", "VERDICT", "WHAT"], "{}", ran.out);
    assert_eq!(
        (lines[1][1], lines[1][5], lines[1][6]),
        ("3", "secret-recreated", "likely"),
        "the latest first: {}",
        ran.out
    );
    assert_eq!(
        (lines[2][1], lines[2][5], lines[2][6]),
        ("1", "execution-role-untrusted", "likely"),
        "{}",
        ran.out
    );
    assert_contains(&ran.out, &["\n\n5 stopped tasks within the last hour, 4 shown\n"]);
    let asked = ecs.calls();
    assert_eq!(repeated(&asked), Vec::<String>::new(), "asked twice");
    for (columns, wanted) in [(110, "..."), (60, "execution-role-untrusted (likely): ECS cannot assume")] {
        let narrow = typed(&["ps", "--width", &columns.to_string()], &aws).out;
        let is_within = narrow.lines().all(|line| line.chars().count() <= columns);
        assert!(is_within && narrow.contains(wanted), "{columns}: {narrow}");
    }

    let details = typed(&["ps", "--details"], &aws);
    assert_contains(
        &details.out,
        &[
            "error[secret-recreated]: ",
            "error[execution-role-untrusted]: ",
            "= likely: ",
            "note: task c, stopped ",
        ],
    );
    assert_eq!(details.out.matches("error[").count(), 2, "one report for an incident: {}", details.out);
    let lately = typed(&["ps", "--since", "15m"], &aws);
    assert_contains(&lately.out, &["secret-recreated", "3 stopped tasks within the last 15 min, 2 shown"]);
    assert!(!lately.out.contains("execution-role-untrusted"), "{}", lately.out);

    let all = typed(&["ps", "--cluster", "prod", "--all", "--format", "jsonl"], &aws);
    let causes: Vec<Value> =
        all.out.lines().map(|line| document(line)["diagnoses"][0]["cause"].clone()).collect();
    let secret = json!("secret-recreated");
    assert_eq!(
        causes,
        [Value::Null, secret.clone(), secret.clone(), secret, json!("execution-role-untrusted")]
    );
    let idle = typed(&["ps", "--cluster", "prod", "--service", "idle"], &aws);
    assert_eq!((idle.code, idle.out.as_str()), (Some(0), "0 stopped tasks within the last hour, 0 shown\n"));
    // The emulator itself holds none.
    let none = typed(&["ps", "--cluster", "prod", "--since", "2h"], &EMULATED.straight(""));
    assert_eq!((none.code, none.out.as_str()), (Some(0), "0 stopped tasks within the last hour, 0 shown\n"));
    assert_contains(&none.complaints, &["ecs-triage history"]);
}

/// A task of a service that started so many minutes ago.
fn running(id: &str, service: &str, minutes: i64) -> Value {
    let at = |minutes| (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes)).as_second();
    json!({
        "taskArn": format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{id}"),
        "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
        "group": format!("service:{service}"),
        "taskDefinitionArn": EMULATED.name("holding"),
        "lastStatus": "RUNNING",
        "createdAt": at(minutes + 1),
        "startedAt": at(minutes),
    })
}

#[test]
fn tasks_that_hold_an_old_value_are_told_with_what_replaces_them() {
    // An emulator keeps time by the second.
    let ecs = ecs_with(vec![running("a", "web", 120), running("b", "web", -60), running("c", "api", -60)]);
    let mut aws = EMULATED.straight("");
    aws.insert("AWS_ENDPOINT_URL_ECS".to_owned(), ecs.url.clone());

    let ran = typed(&["stale"], &aws);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.complaints);
    assert_contains(
        &ran.out,
        &[
            "stale: 1 task holds the value that secret prod/rotated had before it changed",
            "stale: 1 task holds the value that parameter /prod/changed had before it changed",
            "prod/web: 1 of 2 started before the change, 1 of 2 started after it; PASSWORD in web",
            "aws ecs update-service --region eu-west-1 --cluster prod --service web --force-new-deployment",
            "2 stale values: 3 values of 3 running tasks looked at",
        ],
    );
    assert!(!ran.out.contains("--service api"), "its task is new: {}", ran.out);
    assert_eq!(repeated(&ecs.calls()), Vec::<String>::new(), "asked twice");

    let one = typed(&["stale", "--secret", "prod/rotated", "--format", "jsonl"], &aws);
    let value = &document(&one.out)["values"][0];
    assert_eq!((one.code, &value["id"]), (Some(1), &json!(EMULATED.name("rotated"))), "{}", one.out);
    assert_eq!(value["workloads"][0]["tasks"][0]["holds"], "current", "api: {value}");
    let kept = typed(&["stale", "--cluster", "prod", "--secret", "prod/readable"], &aws);
    assert_eq!(kept.code, Some(0), "{}", kept.out);
    assert_contains(&kept.out, &["nothing is proved to be stale: 1 value of 3 running tasks looked at\n"]);
    let none = typed(&["stale", "--secret", "prod/other"], &aws);
    assert_eq!(none.code, Some(0));
    assert_contains(&none.complaints, &["no running task that was looked at refers to prod/other"]);
}

#[test]
fn the_list_is_shown_again_and_again() {
    let ecs = ecs_with(vec![stopped_ago(&described(EMULATED.event("wrong-suffix")), "a", 3)]);
    let mut aws = EMULATED.straight("");
    aws.insert("AWS_ENDPOINT_URL_ECS".to_owned(), ecs.url.clone());
    let mut watching = started(&["ps", "--watch=1s"], &aws);
    let mut lines = BufReader::new(watching.stdout.take().expect("it is piped")).lines();
    let mut shown = 0;
    while shown < 2 {
        let line = lines.next().expect("it goes on").expect("it is text");
        shown += usize::from(line == "1 stopped task within the last hour, 1 shown");
    }
    // Who looks no more ends it.
    drop(lines);
    assert_eq!(watching.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_task_is_diagnosed_by_its_arn() {
    let task = stopped_ago(&described(EMULATED.event("wrong-suffix")), "a", 3);
    let ecs = ecs_with(vec![task]);
    let mut aws = EMULATED.straight("");
    aws.insert("AWS_ENDPOINT_URL_ECS".to_owned(), ecs.url.clone());
    let record = file("by-arn.evidence.json", "");
    let ran =
        typed(&["diagnose", "arn:aws:ecs:eu-west-1:111122223333:task/prod/a", "--record", &record], &aws);
    assert_eq!(ran.code, Some(0), "{}", ran.complaints);
    assert_contains(&ran.out, &["error[secret-recreated]: ", "= likely: "]);
    assert_contains(&fs::read_to_string(&record).expect("it is there"), &["\"Secret\""]);
    for (arn, said) in [
        ("arn:aws:ecs:eu-west-1:111122223333:task/prod/gone", "ECS has forgotten the task"),
        ("arn:aws:ecs:eu-west-1:111122223333:task/gone", "ECS has forgotten the task"),
    ] {
        let ran = typed(&["diagnose", arn], &aws);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arn}");
        assert_contains(&ran.complaints, &[said, arn]);
    }
}

/// A task of a service whose containers wrote logs, and exited within a minute.
fn exited(id: &str) -> Value {
    let at = |minutes| (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes)).as_second();
    json!({
        "taskArn": format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{id}"),
        "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
        "group": "service:logged",
        "taskDefinitionArn": EMULATED.name("logged"),
        "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "createdAt": at(4),
        "startedAt": at(3),
        "stoppedAt": at(2),
        "containers": [{"name": "app", "exitCode": 1}, {"name": "fetch", "exitCode": 1}],
    })
}

/// From the ARN of a task, from what ECS remembers of stopped tasks, and from the event of their service: the log of
/// the container that ended first is read where that is allowed, and of it one line leaves.
#[test]
fn what_containers_wrote_tells_why_they_exited() {
    let aws_with = |tasks: Vec<Value>| {
        let mut aws = EMULATED.straight("");
        aws.insert("AWS_ENDPOINT_URL_ECS".to_owned(), ecs_with(tasks).url);
        aws
    };
    let arn = |id: &str| format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{id}");
    let aws = aws_with(["told", "untold", "empty", "gone"].map(exited).to_vec());
    let of = |id: &str, more: &[&str]| typed(&[&["diagnose", "--live", &arn(id)], more].concat(), &aws);
    let said = [
        "error[role-permission-missing]: ",
        "secretsmanager:GetSecretValue on prod/own",
        "logged:1, container fetch",
        "app waits for it with COMPLETE",
    ];
    let told = of("told", &["--read-logs", "--width", "200"]);
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.complaints);
    assert_contains(&told.out, &said);
    let event = json!({"detail-type": "ECS Service Action", "source": "aws.ecs", "account": ACCOUNT, "region": REGION,
        "resources": ["arn:aws:ecs:eu-west-1:111122223333:service/prod/logged"],
        "detail": {"eventType": "WARN", "eventName": "SERVICE_TASK_START_IMPAIRED", "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
            "createdAt": jiff::Timestamp::now().to_string()}});
    let event = file("impaired.json", &event.to_string());
    let by_service = typed(
        &["diagnose", "--live", "--read-logs", "--width", "200", &event],
        &aws_with(vec![exited("told")]),
    );
    assert_contains(&by_service.out, &said);

    let tail =
        "aws logs get-log-events --region eu-west-1 --log-group-name /ecs/logged --log-stream-name l/fetch/";
    for (id, more, why) in [
        ("told", &[][..], "what the log of container fetch says: --read-logs allows ecs-triage to read it"),
        ("untold", &["--read-logs"], "none of the last 2 lines of its log is recognized"),
        ("empty", &["--read-logs"], "what the log of container fetch says: no line came back"),
        ("gone", &["--read-logs"], "what the log of container fetch says: there is no such log stream"),
    ] {
        let untold = of(id, &[more, &["--width", "200"]].concat());
        assert_contains(&untold.out, &["[not-a-secret-failure]: an essential container exited", why, tail]);
        assert!(!untold.out.contains("hunter2"), "{}", untold.out);
        let listed = typed(
            &[&["ps", "--details", "--all", "--width", "200"], more].concat(),
            &aws_with(vec![exited(id)]),
        );
        assert_contains(&listed.out, &[why, tail]);
    }
    let mut closed = aws_with(vec![exited("told")]);
    let refusing =
        Server::start(|_| Reply::new(400, r#"{"__type": "AccessDeniedException", "message": "no"}"#));
    closed.insert("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS".to_owned(), refusing.url);
    let denied = typed(&["diagnose", "--live", "--read-logs", "--width", "200", &arn("told")], &closed);
    let why = "what the log of container fetch says: ecs-triage is not authorized to call logs:GetLogEvents";
    assert_contains(&denied.out, &[why, tail]);

    let listed = typed(&["ps", "--read-logs"], &aws);
    assert_contains(
        &listed.out,
        &["role-permission-missing", "4 stopped tasks within the last hour, 4 shown"],
    );
    let unread = typed(&["ps"], &aws);
    assert_contains(&unread.out, &["not-a-secret-failure", "4 stopped tasks within the last hour, 4 shown"]);
    let details = typed(&["ps", "--read-logs", "--details", "--width", "200"], &aws);
    assert_contains(&details.out, &said);
    for ran in [&told, &by_service, &listed, &details] {
        assert!(!ran.out.contains("hunter2") && !ran.complaints.contains("hunter2"), "{ran:?}");
    }
}

/// A profile that cannot be used is told of with what to type.
#[test]
fn without_credentials_it_says_what_to_type() {
    let mut aws = aws_at("http://127.0.0.1:9");
    aws.remove("AWS_ACCESS_KEY_ID");
    aws.insert("AWS_CONFIG_FILE".to_owned(), format!("{}/tests/live/aws-config", env!("CARGO_MANIFEST_DIR")));
    for (profile, said) in [
        ("prdo", "there is no AWS profile prdo; did you mean prod?"),
        ("nosuch", "there is no AWS profile nosuch; these are:\n    aws configure list-profiles\n"),
        ("prod", "log in:\n    aws sso login --profile prod\n"),
        ("sandbox", "log in:\n    aws login --profile sandbox\n"),
        ("default", "name a profile with --profile, or log in:\n    aws login\n"),
    ] {
        let listed = typed(&["ps", "--profile", profile], &aws);
        assert_eq!((listed.code, listed.out.as_str()), (Some(2), ""), "{profile}");
        assert_contains(&listed.complaints, &[said]);
        assert_eq!(listed.complaints.matches("ecs-triage: ").count(), 1, "{profile}: {}", listed.complaints);
        // Whoever is woken wants the diagnosis all the same.
        let diagnosed =
            typed(&["diagnose", "--live", "--profile", profile, "events/secret-missing.json"], &aws);
        assert_eq!(diagnosed.code, Some(2), "{profile}");
        assert_contains(&diagnosed.out, &["error[secret-missing]: "]);
        assert_contains(&diagnosed.complaints, &[said]);
        let checked = typed(&["check", "--profile", profile, "events/task-definitions/api.json"], &aws);
        assert_eq!(checked.code, Some(2), "{profile}");
        assert_contains(&checked.out, &["not checked in AWS, but well-formed: "]);
        assert_contains(&checked.complaints, &[said]);
    }
}

#[test]
fn a_cluster_that_cannot_be_read_does_not_hide_the_others() {
    let task = described(EMULATED.event("missing-role"));
    let upstream = EMULATED.of("ministack").trim_start_matches("http://").to_owned();
    let ecs = Server::start(move |call| {
        let answer = match call.operation() {
            "ListClusters" => json!({"clusterArns": ["closed", "prod"]}),
            "ListTasks" if call.body.contains("closed") => {
                return Reply::new(400, r#"{"__type": "AccessDeniedException", "message": "no"}"#);
            }
            // More pages than a storm needs to be one.
            "ListTasks" => match document(&call.body)["nextToken"]
                .as_str()
                .and_then(|token| token.parse::<u32>().ok())
                .unwrap_or_default()
            {
                12 => json!({"taskArns": [task["taskArn"]]}),
                page => json!({"taskArns": [], "nextToken": (page + 1).to_string()}),
            },
            "DescribeTasks" => json!({"tasks": [task], "failures": []}),
            _ => return forward(&upstream, call),
        };
        Reply::new(200, answer.to_string())
    });
    let mut aws = EMULATED.straight("");
    aws.insert("AWS_ENDPOINT_URL_ECS".to_owned(), ecs.url.clone());
    let ran = typed(&["ps"], &aws);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert_contains(
        &ran.out,
        &["  execution-role-missing  ", "1 stopped task within the last hour, 1 shown"],
    );
    assert_contains(
        &ran.complaints,
        &["closed: ecs-triage is not authorized to call ecs:ListTasks on closed"],
    );
}

/// A task as ECS describes it, from its event.
fn described(event: &Value) -> Value {
    let mut task = event["detail"].clone();
    task["attachments"][0]["type"] = json!("ElasticNetworkInterface");
    task
}

#[tokio::test]
async fn the_journal_is_read_back() {
    let aws = EMULATED.straight("");
    let credentials = SharedCredentialsProvider::new(Credentials::new(ACCOUNT, "none", None, None, "test"));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(EMULATED.of("ministack"));
    let journal = Journal::new(&config.credentials_provider(credentials).build(), JOURNAL.to_owned());
    let files: Vec<String> = ["wrong-suffix", "no-route"]
        .iter()
        .map(|state| file(&format!("{state}.json"), &EMULATED.event(state).to_string()))
        .collect();
    let mut lines = Vec::new();
    for (state, file) in ["wrong-suffix", "no-route"].iter().zip(&files) {
        let line =
            typed(&["diagnose", "--format", "jsonl", file], &Variables::new()).out.trim_end().to_owned();
        journal.append(&format!("prod/{state}"), &[&line]).await.expect("the journal takes it");
        lines.push(line);
    }
    let history = |more: &[&str]| typed(&[&["history", "--since", "1h"], more].concat(), &aws);
    let all = history(&["--format", "jsonl"]);
    assert_eq!(
        (all.code, all.out.lines().collect::<Vec<_>>()),
        (Some(0), lines.iter().map(String::as_str).collect()),
        "{}",
        all.complaints
    );
    let text = history(&[]);
    assert_contains(&text.out, &["  prod/wrong-suffix  secret-", "prod/no-route  "]);
    assert_eq!(text.out.lines().count(), 2);
    let one = history(&["--cluster", "prod", "--workload", "no-route", "--format", "jsonl"]);
    assert_eq!(one.out.trim_end(), lines[1]);
    let none = history(&["--cluster", "test"]);
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""));
    assert_contains(&none.complaints, &["nothing was diagnosed in that time"]);
    for since in ["9223372036854775807m", "106751991167300d", "0", "-1h", "1w", ""] {
        assert_eq!(typed(&["history", "--since", since], &aws).code, Some(2), "{since}");
    }
    assert_eq!(typed(&["history", "--since", "36500d"], &aws).code, Some(0));
    let elsewhere = history(&["--journal", "/no/journal"]);
    assert_eq!(
        (elsewhere.code, elsewhere.complaints.as_str()),
        (Some(2), "ecs-triage: cannot ask AWS: /no/journal does not exist\n")
    );
}
