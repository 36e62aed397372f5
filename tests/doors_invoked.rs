//! Every request of `tests/doors` through `cargo lambda watch` and `invoke`: the function's own program, over
//! a Lambda Runtime API, with real presigned URLs and an AWS on the loopback address. `stack/doors.py` runs
//! it. AWS under faults, with the figures:
//!
//! ```text
//! cargo test --test doors_invoked -- --ignored --nocapture
//! ```

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod environment;

use std::fs;
use std::path::Path;
use std::process::Command;

use environment::{python_environment, run, said};
use serde_json::Value;

/// What came of the requests; the arguments are those of `doors.py`.
#[track_caller]
fn doors(arguments: &str) -> Vec<Value> {
    let mut program = Command::new(python_environment("stack", "requirements.txt").join("python"));
    let output = run(program.args(["-B", "tests/stack/doors.py"]).args(arguments.split_whitespace()));
    assert!(output.status.success(), "{arguments}: {}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
}

/// The objects in a snapshot of `tests/doors`, each behind one of these words.
fn expected(case: &str, word: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/doors/{case}.snap"));
    let text = fs::read_to_string(path).expect("the case has a snapshot");
    let word = format!("\n{word} ");
    let objects = text.split(word.as_str()).skip(1).map(|rest| {
        let from = rest.find('{').expect("an object");
        let mut all = serde_json::Deserializer::from_str(&rest[from..]).into_iter::<Value>();
        all.next().expect("an object").expect("it is JSON")
    });
    objects.collect()
}

/// What an answer decides, without the words that differ between recorded answers and those of a server.
fn decided(answer: &Value) -> Vec<&Value> {
    [
        "hookStatus", "errorCode", "clientRequestToken", "Status", "PhysicalResourceId", "told", "answered",
        "checked",
    ]
    .iter()
    .map(|field| &answer[field])
    .collect()
}

#[test]
fn every_request_is_answered_through_lambda_as_its_snapshot_says() {
    let outcomes = doors("");
    assert!(outcomes.len() > 40, "{}", outcomes.len());
    for outcome in outcomes {
        let case = outcome["case"].as_str().expect("a name");
        let [answer] = &expected(case, "answer:")[..] else { panic!("{case}: one answer") };
        assert_eq!(decided(&outcome["answer"]), decided(answer), "{case}: {outcome:#}");
        let failed = outcome["answer"]["error"].as_str().map(|error| error.contains("not checked: "));
        assert_eq!(failed, answer.get("problem").map(|_| true), "{case}: {outcome:#}");
        let puts: Vec<&Value> = outcome["put"].as_array().into_iter().flatten().collect();
        let wanted = expected(case, "put to");
        assert_eq!(puts.len(), wanted.len(), "{case}: {outcome:#}");
        for (put, wanted) in puts.into_iter().zip(&wanted) {
            assert_eq!(decided(&put["body"]), decided(wanted), "{case}: {outcome:#}");
            assert_eq!(put["content_type"], Value::Null, "{case}: none is part of the signature");
        }
    }
}

/// Throttled, slow, denied, dead: an answer in time, and none that stops anything unless AWS said why.
#[test]
#[ignore = "takes minutes"]
fn no_fault_of_aws_stops_a_deployment_through_lambda() {
    let cases =
        "deployment-blocked resource-secret-marked-for-deletion stack change-set custom-create-fails pause";
    let outcomes = doors(&format!("--manner denied throttled slow dead --cases {cases}"));
    for outcome in &outcomes {
        let (case, manner) = (&outcome["case"], &outcome["manner"]);
        let put = outcome["put"].as_array().and_then(|puts| puts.first());
        let status = put.map_or(&outcome["answer"]["hookStatus"], |put| &put["body"]["Status"]);
        let seconds = outcome["seconds"].as_f64().expect("seconds");
        println!("{manner:12} {case:40} {status:14} {seconds:5.1} s");
        assert!(status != "FAILED" || manner == "slow", "{outcome:#}");
        assert!(seconds < 30.0, "{outcome:#}");
    }
    assert_eq!(outcomes.len(), 24);
}
