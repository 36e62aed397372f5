//! The function under faults and under load: several instances of it, a queue that delivers at least once, a
//! network that loses, delays and spoils calls, and instances that end at any point. `faults/faults.py` runs
//! them, and holds what happened against the promise: no failure goes unannounced, and none is announced
//! twice without cause.
//!
//! A few seeds run with all other tests. More of them, with the figures:
//!
//! ```text
//! cargo test --test faults -- --ignored --nocapture an_outage
//! cargo test --test faults -- --ignored --nocapture as_slow
//! cargo test --test faults -- --ignored --nocapture many_seeds         # with EVENTS=5000, SEED=7 and SEEDS=3 if you like
//! cargo test --test faults -- --ignored --nocapture many_rotations     # with SEED=7 and SEEDS=3 if you like
//! cargo test --test faults -- --ignored --nocapture a_hundred_thousand # EVENTS=100000; in a quarter of an hour
//! ```
//!
//! What is not made up is the function's program, its processes, and what it sends. A single run and what it
//! needs: `faults.py --help`. It needs Linux and a C compiler, for a clock that passes faster.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests, and print for who wants to know"
)]

mod environment;

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use environment::{python_environment, run, said};
use serde_json::{Value, json};

/// Its clock passes ten times as fast as the machine's, so what keeps a process waiting counts tenfold: one
/// run at a time.
static ONE: Mutex<()> = Mutex::new(());

/// What came of a run; the arguments are those of `faults.py`.
#[track_caller]
fn faults(arguments: &str) -> Value {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut program = Command::new(python_environment("stack", "requirements.txt").join("python"));
    program.args([
        "-B",
        "tests/faults/faults.py",
        "--function",
        env!("CARGO_BIN_EXE_ecs-triage-lambda"),
        "--cli",
        env!("CARGO_BIN_EXE_ecs-triage"),
    ]);
    let output = run(program.args(arguments.split_whitespace()));
    assert!(output.status.success(), "{arguments}: {}", said(&output));
    println!("{arguments}\n{}", said(&output));
    serde_json::from_slice(&output.stdout).expect("figures")
}

/// Runs with faults did have faults, and what came of them is in order.
#[track_caller]
fn in_order(figures: &Value) {
    assert_eq!(
        (&figures["wrong"], &figures["lost"], &figures["unexplained"]),
        (&json!([]), &json!(0), &json!(0))
    );
    let faults: u64 =
        figures["faults"].as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum();
    assert!(faults > 20, "{figures:#}");
}

#[test]
fn no_failure_is_lost_and_none_is_announced_twice_without_cause() {
    for seed in [1, 2] {
        in_order(&faults(&format!("--seed {seed} --events 90 --workloads 12 --storm 25")));
    }
}

/// Each call of the table is answered, and so late that no batch would ever end if it waited for all of them.
#[test]
fn a_table_that_is_slow_keeps_nobody_silent() {
    let figures =
        faults("--seed 4 --events 50 --workloads 10 --storm 40 --slow 1.2 --rate 0 --kills 0 --outages 0");
    in_order(&figures);
    assert_eq!(figures["overran"], json!(0), "no invocation is ended for its time");
}

/// As slow as a call may be before it is given up: the longest chain of them still ends.
#[test]
#[ignore = "takes minutes"]
fn a_table_that_is_as_slow_as_it_may_be_records_all() {
    for seed in [12, 14, 15] {
        let figures = faults(&format!(
            "--seed {seed} --events 50 --workloads 10 --storm 40 --slow 2.8 --rate 0 --kills 0 --outages 0"
        ));
        in_order(&figures);
        assert_eq!(figures["overran"], json!(0), "no invocation is ended for its time");
    }
}

/// Longer than any instance lives that met it; what waits is told and recorded once it is over.
#[test]
#[ignore = "takes minutes"]
fn an_outage_that_outlasts_the_function_loses_nothing() {
    for outage in ["dynamodb:60:1500", "sns:60:1500"] {
        in_order(&faults(&format!(
            "--seed 5 --events 60 --workloads 12 --storm 25 --rate 0 --kills 0.03 --outages 0 --outage {outage}"
        )));
    }
}

/// Chats and machines neither delay nor repeat what people are told, and what they miss is counted.
#[test]
fn a_chat_and_a_bus_that_are_throttled_are_counted() {
    let figures = faults(
        "--seed 6 --events 60 --workloads 12 --storm 25 --rate 0 --kills 0 --outages 0 --others --outage chat:0:900 --outage events:300:900",
    );
    in_order(&figures);
    for of in ["chats", "bus_events"] {
        let [told, missing] = ["told", "counted_as_missing"].map(|name| figures[of][name].as_u64());
        assert!(told > Some(0) && missing > Some(0), "{of}: {figures:#}");
    }
    // On a busy machine the answer to a publishing may come too late, as anywhere.
    assert!(figures["extra"] == 0 || figures["faults"]["too-slow"].as_u64() > Some(0), "{figures:#}");
}

/// What the first release has open goes on under this one: nothing of it is announced again.
#[test]
fn items_of_another_release_are_carried_on() {
    in_order(&faults("--seed 7 --events 90 --workloads 12 --storm 25 --former 8"));
}

/// Values change, and are followed for two days: whoever holds an old one is told, and once nobody does, that it is
/// over, whatever fails in between.
#[test]
fn no_rotation_is_lost_and_none_is_announced_twice_without_cause() {
    let figures = faults("--seed 8 --events 8 --workloads 3 --storm 0 --rotations 3 --rate 0.03");
    in_order(&figures);
    let told = &figures["rotations"];
    assert!(
        ["stale", "resolved", "unfollowed"].iter().all(|state| told[state].as_u64() > Some(0)),
        "{figures:#}"
    );
}

/// By faults of each kind: of any call, of instances, of a table that is slow, and of a service that is down for hours.
#[test]
#[ignore = "takes minutes"]
fn many_rotations() {
    let first = number("SEED", 200);
    for seed in first..first + number("SEEDS", 2) {
        for kind in [
            "",
            "--kills 0.2",
            "--rate 0.15",
            "--slow 1.2 --rate 0 --kills 0",
            "--outage ecs:600:7200 --outage dynamodb:20000:9000",
            "--outage sns:300:9000 --kills 0.1",
        ] {
            in_order(&faults(&format!(
                "--seed {seed} --events 8 --workloads 3 --storm 0 --rotations 6 {kind}"
            )));
        }
    }
}

#[test]
fn the_same_holds_against_an_emulator() {
    in_order(&faults("--seed 3 --events 40 --workloads 10 --storm 22 --aws ministack"));
}

/// What stands in for AWS answers like the emulator: the same is called, and the same comes of it. How often
/// hangs on how batches fall.
#[test]
fn the_stand_in_behaves_like_an_emulator() {
    let run = |aws: &str| {
        faults(&format!("--calm --factor 1 --instances 1 --events 40 --workloads 8 --storm 22 --aws {aws}"))
    };
    let [standin, emulator] = ["standin", "ministack"].map(run);
    for of in ["events", "notices"] {
        assert_eq!(standin[of], emulator[of], "{of}");
    }
    // The pages on which a storm's members stand have ids by chance.
    let table = |figures: &Value| {
        let items = figures["table"].as_object().into_iter().flatten();
        let key = |key: &str| {
            if key.starts_with("storms/") && key.matches('/').count() > 4 {
                key.rsplit_once('/').map_or(key, |(storm, _)| storm).to_owned() + "/page"
            } else {
                key.to_owned()
            }
        };
        let mut items: Vec<(String, Value)> = items.map(|(name, value)| (key(name), value.clone())).collect();
        items.sort_by(|one, other| one.0.cmp(&other.0));
        items
    };
    assert_eq!(table(&standin), table(&emulator));
    let names =
        |figures: &Value| figures.as_object().map(|counts| counts.keys().cloned().collect::<Vec<_>>());
    for of in ["calls", "refused"] {
        assert_eq!(names(&standin[of]), names(&emulator[of]), "{of}");
    }
}

#[test]
#[ignore = "takes minutes"]
fn many_seeds() {
    let (events, first) = (number("EVENTS", 3000), number("SEED", 100));
    for seed in first..first + number("SEEDS", 3) {
        let figures = faults(&format!("--seed {seed} --events {events} --workloads {}", events / 20));
        in_order(&figures);
        assert!(figures["kills"].as_u64() > Some(0), "{figures:#}");
    }
}

/// Calls and memory grow with incidents, and not with tasks.
#[test]
#[ignore = "takes a quarter of an hour"]
fn a_hundred_thousand_events_of_a_thousand_workloads() {
    let events = number("EVENTS", 100_000);
    for batch in [10, 100] {
        faults(&format!("--load --events {events} --workloads {} --batch {batch}", events / 100));
    }
}

#[expect(clippy::disallowed_methods, reason = "of the test, not of the program")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}
