//! The programs that users run, with the environment that a test gives them and nothing of the caller's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Environment variables.
pub(crate) type Variables = BTreeMap<String, String>;

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) complaints: String,
    pub(crate) took: Duration,
}

/// Credentials, a Region, and AWS at `url`.
pub(crate) fn aws_at(url: &str) -> Variables {
    let set = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", ACCOUNT),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_REGION", REGION),
    ];
    set.into_iter()
        .chain([("AWS_EC2_METADATA_DISABLED", "true")])
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn program(arguments: &[&str], environment: &Variables) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ecs-triage"));
    program
        .args(arguments)
        .current_dir(ROOT)
        .env_clear()
        .env("HOME", "/nonexistent")
        .envs(environment)
        .stdin(Stdio::null());
    program
}

/// Starts the command line.
pub(crate) fn started(arguments: &[&str], environment: &Variables) -> Child {
    program(arguments, environment)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs")
}

/// Runs the command line to its end.
#[track_caller]
pub(crate) fn typed(arguments: &[&str], environment: &Variables) -> Ran {
    let began = Instant::now();
    let output = program(arguments, environment).output().expect("the program runs");
    let [out, complaints] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
    assert!(!complaints.contains("panicked"), "{complaints}");
    Ran { code: output.status.code(), out, complaints, took: began.elapsed() }
}

/// Starts the function, which writes its log to a file.
pub(crate) fn function(environment: &Variables, log: &str) -> Child {
    let log = fs::File::options().append(true).open(log).expect("the log can be written");
    let mut program = Command::new(env!("CARGO_BIN_EXE_ecs-triage-lambda"));
    program
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log);
    program.spawn().expect("the function runs")
}

/// A file with this in it, of a name of its own.
pub(crate) fn file(stem: &str, content: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let path = new_path(&format!("{}-{stem}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    fs::write(&path, content).expect("the file can be written");
    path.to_string_lossy().into_owned()
}

fn new_path(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live");
    fs::create_dir_all(&directory).expect("the directory can be made");
    directory.join(name)
}

#[track_caller]
pub(crate) fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A file of `events/`, as it is there.
pub(crate) fn event(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join("events").join(name).with_extension("json"))
        .expect("the event is there")
}

#[track_caller]
pub(crate) fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}
