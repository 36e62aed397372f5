//! How long it takes to diagnose a large stream, beside `jq -c .` on the same file, which is what people
//! would reach for, and beside `serde_json` merely skipping through it on one core.
//!
//! `cargo bench --no-default-features --bench stream -- [EVENTS]` makes a file of events under `target/` (one
//! in fifty failed), times the programs on it, output included, and prints the ratios of the medians of
//! alternating runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;

const DEFAULT_EVENTS: usize = 100_000;
/// One event in so many tells of a task that could not start.
const FAILED: usize = 50;
const RUNS: usize = 5;

fn main() {
    let events =
        std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(DEFAULT_EVENTS);
    let path = stream(events);
    let read = || fs::read_to_string(&path).expect("the stream can be read");
    let has_jq = Command::new("jq")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let (mut skips, mut runs, mut jqs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        skips.push(timed(|| skip(&read())));
        runs.push(timed(|| diagnose(&path)));
        if has_jq {
            jqs.push(timed(|| run(Command::new("jq").args(["-c", "."]).arg(&path))));
        }
    }
    let (skip, run) = (median(skips), median(runs));
    let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
    let size = fs::metadata(&path).expect("the stream is there").len();
    println!("{events} events, {} MB: diagnose {run:.0?}", size >> 20);
    println!("read and skip {skip:.0?}: diagnose takes {:.2} times as long", ratio(run, skip));
    if has_jq {
        let jq = median(jqs);
        println!("jq -c {jq:.0?}: diagnose is {:.1} times as fast", ratio(jq, run));
    } else {
        println!("jq is not installed: nothing to compare with");
    }
}

/// Events in the shapes that a busy cluster sends: most of them of tasks that start, run and are scaled in.
fn stream(events: usize) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| {
        let text = fs::read_to_string(root.join(file)).expect("the sample can be read");
        serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON").to_string()
    };
    let normal = [
        "tests/inputs/eventbridge-running.json",
        "events/scale-in.json",
        "events/essential-container-exited.json",
    ]
    .map(read);
    let failed = [
        "events/secret-key-missing.json",
        "events/secret-access-denied.json",
        "events/parameter-missing.json",
    ]
    .map(read);
    let path = root.join("target/stream.jsonl");
    let mut out = BufWriter::new(File::create(&path).expect("the stream can be made"));
    for at in 0..events {
        let line =
            if at % FAILED == 0 { &failed[at / FAILED % failed.len()] } else { &normal[at % normal.len()] };
        writeln!(out, "{line}").expect("the stream can be written");
    }
    out.flush().expect("the stream can be written");
    path
}

fn skip(text: &str) {
    let records = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    for record in records {
        record.expect("it is JSON");
    }
}

fn diagnose(path: &Path) {
    run(Command::new(env!("CARGO_BIN_EXE_ecs-triage")).args(["diagnose", "--format", "jsonl"]).arg(path));
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program starts");
    assert!(status.success(), "the program ended with {status}");
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
