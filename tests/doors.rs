//! What the doors answer: to every form of request that AWS documents, to those that nobody sends in good
//! faith, and when AWS does not answer.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod environment;
mod held;
#[path = "doors/world.rs"]
mod world;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_triage::check::Cluster;
use ecs_triage::doors::{Mode, Switches};
use ecs_triage::limits::{ANSWERING, DOOR, DOOR_ANSWERS, FUNCTION, SCHEDULED_ASKING, SCHEDULED_FUNCTION};
use ecs_triage::question::{Question, record};
use jiff::SignedDuration;
use serde_json::{Value, json};

use world::{Manner, World};

fn cases() -> Vec<(String, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doors");
    let files = fs::read_dir(&directory)
        .expect("the cases can be listed")
        .map(|file| file.expect("the cases can be listed").path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    let name =
        |path: &Path| path.file_stem().and_then(|stem| stem.to_str()).expect("its name is UTF-8").to_owned();
    let read = |path: &Path| {
        let text = fs::read_to_string(path).expect("the case can be read");
        let mut case: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Some(base) = case["like"].as_str() {
            let base = fs::read_to_string(directory.join(format!("{base}.json")))
                .expect("what it is like can be read");
            let base: Value = serde_json::from_str(&base).expect("what it is like is JSON");
            for (field, value) in base.as_object().expect("an object") {
                case.as_object_mut().expect("an object").entry(field).or_insert(value.clone());
            }
        }
        case
    };
    files.iter().map(|path| (name(path), read(path))).collect()
}

fn case(name: &str) -> Value {
    cases().into_iter().find(|(other, _)| other == name).expect("the case").1
}

fn strings(of: &Value) -> Vec<String> {
    let all = of.as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn switches(case: &Value) -> Switches {
    let mode = |door: &str| {
        let word = case["switches"][door].as_str().or(case["switches"].as_str()).unwrap_or("block");
        Mode::read(word).expect("a mode")
    };
    Switches {
        deployment: mode("deployment"),
        pause: mode("pause"),
        cloudformation: mode("cloudformation"),
        custom: mode("custom"),
        clusters: strings(&case["switches"]["clusters"]),
    }
}

#[test]
fn every_request_is_answered_as_its_snapshot_says() {
    for (name, case) in cases() {
        let world = World::new(&case, Manner::Recorded);
        let answer = world.ask(switches(&case), &case["request"].to_string());
        let mut read =
            format!("{}\n\nanswer: {}\n", case["about"].as_str().unwrap_or_default(), pretty(&answer));
        for (host, body) in world.put() {
            assert!(body.len() <= 4096, "{name}: {} bytes", body.len());
            let _ =
                writeln!(read, "\nput to {host}: {}", pretty(&serde_json::from_str(&body).expect("JSON")));
        }
        for notice in world.notices() {
            let _ = writeln!(read, "\nnotice: {}\n{}", notice.subject, notice.body);
        }
        insta::with_settings!({snapshot_path => "doors", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, read);
        });
    }
}

/// Each request leaves a line in the log, in whatever manner AWS answers.
#[test]
fn what_is_written_down_of_a_request_is_what_its_schema_says() {
    let mut lines = Vec::new();
    for (name, case) in cases() {
        for manner in [Manner::Recorded, Manner::Throttled, Manner::Missing] {
            let world = World::new(&case, manner);
            world.ask(switches(&case), &case["request"].to_string());
            let written = world.lines();
            let of_door = written.iter().filter(|line| line.contains("ecs-triage/door/v1"));
            let of_door: Vec<String> = of_door.cloned().collect();
            // A pause that is over is no request, and an answer that cannot be given is a second line.
            assert_eq!(of_door.is_empty(), name == "pause-over", "{name}: {written:?}");
            lines.extend(of_door);
        }
    }
    held::hold("door-v1", &lines);
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("it serialises")
}

/// What a request came to, in one word; a custom resource's answer goes another way.
fn verdict(world: &World, answer: &Value) -> String {
    let put = world.put().pop().map(|(_, body)| serde_json::from_str::<Value>(&body).expect("JSON"));
    let status = put.as_ref().map_or(&answer["hookStatus"], |put| &put["Status"]);
    status.as_str().unwrap_or("none").to_owned()
}

/// Throttled, slow, denied, dead, or with a fault of our own: an answer in time, and never one that stops
/// anything.
#[test]
fn no_fault_of_ours_stops_a_deployment() {
    const MANNERS: [Manner; 6] = [
        Manner::Throttled,
        Manner::Denied,
        Manner::Slow(4),
        Manner::Dead,
        Manner::Missing,
        Manner::Panicking,
    ];
    for (name, case) in cases() {
        for manner in MANNERS {
            for web_is_dead in [false, true] {
                let world = World::new(&case, manner);
                world.web_is_dead(web_is_dead);
                let answer = world.ask(switches(&case), &case["request"].to_string());
                let is_waited_for = case["request"]["detail-type"] != "Scheduled Event";
                let (waited, whole) = if is_waited_for {
                    (DOOR + DOOR_ANSWERS * 2, FUNCTION - ANSWERING)
                } else {
                    (SCHEDULED_ASKING, SCHEDULED_FUNCTION - FUNCTION)
                };
                let taken = world.elapsed();
                assert!(taken <= waited && waited < whole, "{name} {manner:?}: {taken:#}");
                // What AWS says, however late, may be proved by that; nothing else is.
                if !matches!(manner, Manner::Missing | Manner::Slow(_)) {
                    let verdict = verdict(&world, &answer);
                    let by_its_text = case["fails_by_its_text"] == true;
                    assert!(verdict != "FAILED" || by_its_text, "{name} {manner:?}: {answer}");
                }
            }
        }
    }
}

/// CloudFormation has its answer within twenty seconds, whatever is slow.
#[test]
fn a_hook_of_cloudformation_is_answered_in_time() {
    for (name, case) in cases().into_iter().filter(|(_, case)| case["request"]["requestData"].is_object()) {
        for manner in [Manner::Dead, Manner::Slow(7), Manner::Throttled] {
            let world = World::new(&case, manner);
            world.web_is_dead(true);
            let answer = world.ask(switches(&case), &case["request"].to_string());
            assert!(
                world.elapsed() <= SignedDuration::from_secs(20),
                "{name} {manner:?}: {:#}",
                world.elapsed()
            );
            assert!(
                answer["hookStatus"].is_string() && answer["clientRequestToken"].is_string(),
                "{name}: {answer}"
            );
        }
    }
}

/// Each part of each request in turn is something else: a number, nothing, a list, a text without end, a nest
/// without end.
#[test]
fn whatever_a_request_holds_there_is_an_answer() {
    let deep = (0..300).fold(json!("x"), |inner, _| json!([inner]));
    let junk = [
        json!(null),
        json!(7),
        json!(true),
        json!(""),
        json!([]),
        json!({}),
        json!("\u{0}\u{1b}[31m\u{202e}{{x}}"),
        json!("a".repeat(20_000)),
        deep,
    ];
    for (name, case) in cases().into_iter().filter(|(_, case)| case["like"].is_null()) {
        let mut paths = Vec::new();
        pointers(&case["request"], "", &mut paths);
        for (at, path) in paths.into_iter().enumerate() {
            // One kind for each part, and in all every kind for every field.
            let junk = &junk[(at + name.len()) % junk.len()];
            let mut request = case["request"].clone();
            *request.pointer_mut(&path).expect("it is there") = junk.clone();
            let world = World::new(&case, Manner::Denied);
            let answer = world.ask(switches(&case), &request.to_string());
            let by_its_text =
                case["fails_by_its_text"] == true || path.contains("roperties") || path.contains("Context");
            assert!(
                verdict(&world, &answer) != "FAILED" || by_its_text,
                "{name} {path} {junk:.80}: {answer}"
            );
            assert!(
                world.put().iter().all(|(_, body)| body.len() <= 4096 || path.contains("Id")),
                "{name} {path}"
            );
            assert!(answer.to_string().len() < 300_000, "{name} {path}");
        }
    }
    let world = World::new(&json!({}), Manner::Denied);
    for text in [
        "",
        "null",
        "[]",
        "\"x\"",
        "{",
        "{\"key1\": \"value1\", \"key2\": \"value2\"}",
        "{\"Records\": []}",
        &"[".repeat(100_000),
        "\u{0}",
    ] {
        let answer = world.ask(switches(&json!({})), text);
        assert_eq!(answer["hookStatus"], "SUCCEEDED", "{text:.20}: {answer}");
    }
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in children {
        let path = format!("{at}/{name}");
        found.push(path.clone());
        pointers(value, &path, found);
    }
}

/// The URL in a request chooses no host: whatever it is, only Amazon S3 is called.
#[test]
fn no_other_host_is_called() {
    let hosts = [
        "169.254.169.254",
        "localhost",
        "127.0.0.1:9001",
        "evil.example",
        "b.s3.amazonaws.com.evil.example",
        "x@b.s3.amazonaws.com",
    ];
    for (_, case) in cases() {
        for (path, urls) in [("/request/ResponseURL", &hosts), ("/request/requestData/payload", &hosts)] {
            if case.pointer(path).is_none_or(Value::is_null) {
                continue;
            }
            for host in urls {
                for scheme in ["https", "http"] {
                    let mut case = case.clone();
                    *case.pointer_mut(path).expect("it is there") =
                        json!(format!("{scheme}://{host}/key?X-Amz-Signature=1"));
                    let world = World::new(&case, Manner::Recorded);
                    let answer = world.ask(switches(&case), &case["request"].to_string());
                    assert_eq!((world.got(), world.put().len()), (0, 0), "{host}");
                    assert_ne!(answer["hookStatus"], "FAILED", "{host}");
                }
            }
        }
    }
}

/// A deployment that is blocked is told once, however often it is tried and by how many hooks; and once that
/// it passes.
#[test]
fn a_blocked_deployment_is_an_incident_until_one_passes_or_completes() {
    let blocked = case("deployment-blocked");
    for completes in [false, true] {
        let world = World::new(&blocked, Manner::Recorded);
        let doors = world.doors(switches(&blocked));
        let request = |revision: u32| {
            let mut request = blocked["request"].clone();
            let arn = request["executionDetails"]["targetServiceRevisionArn"]
                .as_str()
                .expect("an ARN")
                .replace("9313423515462893900", &revision.to_string());
            request["executionDetails"]["targetServiceRevisionArn"] = json!(arn);
            request.to_string()
        };
        let original = blocked["request"].to_string();
        for _ in 0..3 {
            assert_eq!(
                world.run(doors.answer(&original, world::FUNCTION)).expect("an answer")["hookStatus"],
                "FAILED"
            );
        }
        assert_eq!(
            world.run(doors.answer(&request(2), world::FUNCTION)).expect("an answer")["hookStatus"],
            "SUCCEEDED",
            "another revision is not known"
        );
        assert_eq!(
            world.subjects(),
            ["[ECS prod 3333/us-west-2] api deployment blocked: secret prod/db is scheduled for deletion"]
        );
        // The old tasks are well all the time.
        world.deliver("ECS Service Action", "SERVICE_STEADY_STATE");
        assert_eq!(world.notices().len(), 1);
        if completes {
            world.deliver("ECS Deployment State Change", "SERVICE_DEPLOYMENT_COMPLETED");
        } else {
            world.restore();
            assert_eq!(
                world.run(doors.answer(&original, world::FUNCTION)).expect("an answer")["hookStatus"],
                "SUCCEEDED"
            );
        }
        let subjects = world.subjects();
        assert_eq!(subjects.len(), 2, "{subjects:#?}");
        assert!(
            subjects[1].starts_with("[ECS prod 3333/us-west-2] api deployable after "),
            "{}",
            subjects[1]
        );
        if !completes {
            assert_eq!(
                world.run(doors.answer(&original, world::FUNCTION)).expect("an answer")["hookStatus"],
                "SUCCEEDED"
            );
            assert_eq!(world.notices().len(), 2, "once");
        }
    }
}

/// The case of a schedule, with an answer to each question that AWS has nothing against.
fn answered(mut case: Value) -> Value {
    let cluster = Cluster { region: "us-west-2".to_owned(), name: "prod".to_owned(), services: Vec::new() };
    loop {
        let recorded = json!({"schema": "ecs-triage/evidence/v1", "answers": case["evidence"]});
        let known = record::read(&recorded.to_string()).expect("it is a recording");
        let questions = cluster.questions(&known);
        if questions.is_empty() {
            return case;
        }
        for question in questions {
            let answer = match &question {
                Question::Role(role) => {
                    json!({"Role": {"Arn": format!("arn:aws:iam::111122223333:role/{}", role.name), "AssumeRolePolicyDocument":
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}})
                }
                Question::Simulation(_) => json!({"Simulation": {"EvalDecision": "allowed"}}),
                Question::SecretVersions(_) => {
                    json!({"SecretVersions": [{"VersionId": "11111111-2222-3333-4444-555555555555", "VersionStages": ["AWSCURRENT"]}]})
                }
                _ => json!("Missing"),
            };
            let all = case["evidence"].as_array_mut().expect("a list");
            all.push(json!({"question": question, "answer": answer}));
        }
    }
}

/// What a schedule finds is told once, again with each check once it is time to remind, and ends when a check finds that
/// nothing is in the way, or a deployment completes; not when somebody may not look any more.
#[test]
fn what_a_schedule_finds_is_an_incident_until_a_check_finds_nothing() {
    let case = answered(case("schedule"));
    let check = |world: &World, id: u32| {
        let doors = world.doors(switches(&case));
        let mut request = case["request"].clone();
        request["id"] = json!(format!("check-{id}"));
        world.run(doors.answer(&request.to_string(), world::FUNCTION)).expect("an answer");
    };
    let opened =
        "[ECS prod 3333/us-west-2] api next task would not start: secret prod/db is scheduled for deletion";
    for completes in [false, true] {
        let world = World::new(&case, Manner::Recorded);
        check(&world, 1);
        check(&world, 1);
        check(&world, 2);
        assert_eq!(world.subjects(), [opened], "the same event, or another within the hours of a reminder");
        world.pass(SignedDuration::from_hours(12));
        check(&world, 3);
        assert_eq!(world.subjects()[1..], [opened], "it reminds");
        assert!(world.notices()[1].body.contains("3 checks since "), "{}", world.notices()[1].body);
        // Its tasks are well all the time.
        world.deliver("ECS Service Action", "SERVICE_STEADY_STATE");
        assert_eq!(world.notices().len(), 2);
        if completes {
            world.deliver("ECS Deployment State Change", "SERVICE_DEPLOYMENT_COMPLETED");
        } else {
            world.restore();
            world.forget(|question| matches!(question, Question::Simulation(_)));
            check(&world, 4);
            assert_eq!(world.notices().len(), 2, "who could not look cannot say that it starts");
            let known = World::new(&case, Manner::Recorded);
            world.learn(&known);
            world.restore();
            check(&world, 5);
        }
        let subjects = world.subjects();
        assert!(
            subjects.len() == 3
                && subjects[2].starts_with("[ECS prod 3333/us-west-2] api startable after 12 h: "),
            "{subjects:#?}"
        );
        check(&world, 6);
        assert_eq!(world.notices().len(), if completes { 4 } else { 3 }, "it is found again, or over once");
    }
}
