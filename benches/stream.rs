//! How long it takes to diagnose a large stream, against `serde_json` merely skipping through the same bytes on one core.
//!
//! `cargo bench --no-default-features --bench stream -- [EVENTS]` makes a file of events under `target/` (one in fifty failed), times the
//! program on it, output included, and prints the ratios of the medians of alternating runs: to skipping through what is in memory already,
//! and to reading the file for that, as the program must.

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
    let events = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(DEFAULT_EVENTS);
    let path = stream(events);
    let read = || fs::read_to_string(&path).expect("the stream can be read");
    let text = read();
    let (mut skips, mut reads, mut runs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        skips.push(timed(|| skip(&text)));
        reads.push(timed(|| skip(&read())));
        runs.push(timed(|| diagnose(&path)));
    }
    let (skip, read, run) = (median(skips), median(reads), median(runs));
    let ratio = |other: Duration| run.as_secs_f64() / other.as_secs_f64();
    println!("{events} events, {} MB: diagnose {run:.0?}", text.len() >> 20);
    println!("skip {skip:.0?}, ratio {:.2}", ratio(skip));
    println!("read and skip {read:.0?}, ratio {:.2}", ratio(read));
}

/// Events in the shapes that a busy cluster sends: most of them of tasks that start, run and are scaled in.
fn stream(events: usize) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| {
        let text = fs::read_to_string(root.join(file)).expect("the sample can be read");
        serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON").to_string()
    };
    let normal = ["tests/inputs/eventbridge-running.json", "events/scale-in.json", "events/essential-container-exited.json"].map(read);
    let failed = ["events/secret-key-missing.json", "events/secret-access-denied.json", "events/parameter-missing.json"].map(read);
    let path = root.join("target/stream.jsonl");
    let mut out = BufWriter::new(File::create(&path).expect("the stream can be made"));
    for at in 0..events {
        let line = if at % FAILED == 0 { &failed[at / FAILED % failed.len()] } else { &normal[at % normal.len()] };
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-triage"));
    let status = command.args(["diagnose", "--format", "jsonl"]).arg(path).stdout(Stdio::null()).status().expect("the program starts");
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
