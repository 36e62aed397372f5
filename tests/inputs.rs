//! Every form in which a task may come in reads as it should, and a fault in one record loses nothing else.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ecs_triage::event::{Chunks, Entry, InputError, Source, Task, read_record};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> Vec<Entry> {
    let input = fs::File::open(root().join("tests/inputs").join(file))
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    Chunks::new(input)
        .flat_map(|chunk| chunk.expect("the file can be read").entries().collect::<Vec<_>>())
        .collect()
}

fn results(file: &str) -> Vec<Result<Task, InputError>> {
    read(file).into_iter().flat_map(|entry| entry.tasks).collect()
}

fn tasks(file: &str) -> Vec<Task> {
    results(file).into_iter().map(|task| task.unwrap_or_else(|error| panic!("{file}: {error}"))).collect()
}

fn task(file: &str) -> Task {
    let [task] = <[Task; 1]>::try_from(tasks(file))
        .unwrap_or_else(|tasks| panic!("{file} holds {} tasks", tasks.len()));
    task
}

/// What a record tells of a task, in one line.
fn line(task: &Task) -> String {
    let or = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let workload = task.workload.as_ref().map_or("-".to_owned(), |workload| {
        format!("{}{}", if workload.is_service { "service:" } else { "family:" }, workload.name)
    });
    let id = task.arn.as_deref().map_or("-", |arn| arn.rsplit('/').next().unwrap_or(arn));
    let reasons: Vec<String> =
        task.reasons.iter().map(|reason| format!("{}={:.40}", reason.field, reason.text)).collect();
    format!(
        "{:?} {} {} {} {} {} {} {} {} {} stopped={} at={} subnet={} [{}]",
        task.source,
        &id[..id.len().min(8)],
        or(task.cluster.as_deref()),
        workload,
        or(task.task_definition_name()),
        or(task.launch_type.as_deref()),
        or(task.account.as_deref()),
        or(task.region.as_deref()),
        or(task.stop_code.as_deref()),
        or(task.last_status.as_deref()),
        task.has_stopped(),
        task.stopped_at.map_or("-".to_owned(), |at| at.to_string()),
        or(task.subnet.as_deref()),
        reasons.join("; "),
    )
}

#[test]
fn every_form_reads_as_its_line_says() {
    let mut paths: Vec<PathBuf> = fs::read_dir(root().join("tests/inputs"))
        .expect("the directory can be read")
        .map(|entry| entry.expect("the entry can be read").path())
        .collect();
    paths.sort();
    let mut read = String::new();
    for path in paths {
        let file = path.file_name().and_then(|name| name.to_str()).expect("the name is UTF-8");
        let _ = writeln!(read, "{file}");
        for result in results(file) {
            let _ = match result {
                Ok(task) => writeln!(read, "  {}", line(&task)),
                Err(error) => writeln!(read, "  error: {error}"),
            };
        }
    }
    insta::assert_snapshot!(read);
}

#[test]
fn every_sample_event_reads() {
    for entry in fs::read_dir(root().join("events")).expect("the directory can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).expect("the file can be read");
            for task in read_record(&text).into_iter().flat_map(|entry| entry.tasks) {
                let task = task.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert!(
                    task.workload.is_some() && task.region.is_some() && task.account.is_some(),
                    "{}: {task:?}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn a_stream_loses_only_its_faulty_records_and_says_where_they_are() {
    let results = results("lines-with-faults.jsonl");
    let faults: Vec<usize> =
        results.iter().filter_map(|result| result.as_ref().err().map(|error| error.line)).collect();
    assert_eq!(faults, [3, 5, 7]);
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 5);
}

#[test]
fn a_batch_keeps_its_messages_apart() {
    let entries = read("sqs-batch.json");
    let failed: Vec<bool> = entries.iter().map(|entry| entry.tasks.iter().any(Result::is_err)).collect();
    assert_eq!(failed, [false, true, true, false]);
    assert!(entries.iter().all(|entry| entry.message_id.is_some()));
}

#[test]
fn a_list_loses_only_its_faulty_task() {
    let text = r#"{"tasks": [{"stoppedReason": "one"}, {"taskArn": 5}, {"stoppedReason": "three"}]}"#;
    let tasks: Vec<_> = read_record(text).into_iter().flat_map(|entry| entry.tasks).collect();
    assert_eq!(tasks.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let error = tasks[1].as_ref().expect_err("a number is no ARN");
    assert_eq!(error.path, "tasks[1].taskArn");
    assert!(error.problem.contains("expected ") && error.problem.contains(", found a number"), "{error}");
    assert_eq!((error.line, error.column), (1, 50), "{error}");
}

/// The errors of a text that has some.
fn errors(text: &str) -> Vec<InputError> {
    let errors: Vec<InputError> =
        read_record(text).into_iter().flat_map(|entry| entry.tasks).filter_map(Result::err).collect();
    assert!(!errors.is_empty(), "{text} has no error");
    errors
}

#[test]
fn an_error_names_what_was_found_but_no_value() {
    for text in [
        r#"{"taskArn": "x", "containers": "hunter2"}"#,
        r#"{"hunter2-free": "hunter2"}"#,
        r#"{"taskArn": {"a": "hunter2"}}"#,
    ] {
        for error in errors(text) {
            assert!(!error.to_string().contains("\"hunter2\""), "{error}");
            assert!(error.to_string().contains("expected"), "{error}");
        }
    }
}

#[test]
fn an_error_cannot_steer_a_terminal() {
    for text in ["{\"st\u{7f}\u{1b}[31m\": \"x", "{\"\u{9b}\u{202e}\": 1}"] {
        for error in errors(text) {
            assert!(
                !error.to_string().chars().any(|letter| letter.is_control() || letter == '\u{202e}'),
                "{error:?}"
            );
        }
    }
}

#[test]
fn times_are_read_in_every_spelling() {
    let stopped = |value: &str| {
        let entries = read_record(&format!(r#"{{"stoppedReason": "x", "stoppedAt": {value}}}"#));
        entries[0].tasks[0].as_ref().expect("it reads").stopped_at.map(|at| at.to_string())
    };
    for (value, want) in [
        (r#""2021-12-20T12:13:37.875000-05:00""#, Some("2021-12-20T17:13:37.875Z")),
        (r#""2026-04-15T14:02:11.6Z""#, Some("2026-04-15T14:02:11.6Z")),
        ("1520250699", Some("2018-03-05T11:51:39Z")),
        ("1520250699.061", Some("2018-03-05T11:51:39.061Z")),
        ("1520250699061", Some("2018-03-05T11:51:39.061Z")),
        (r#""yesterday""#, None),
        ("null", None),
    ] {
        assert_eq!(stopped(value).as_deref(), want, "{value}");
    }
}

#[test]
fn the_event_counts_once_it_says_stopped() {
    assert!(task("eventbridge-fargate.json").has_stopped());
    assert!(!task("eventbridge-deprovisioning.json").has_stopped());
    assert!(!task("eventbridge-running.json").has_stopped());
    assert_eq!(task("detail-only.json").source, Source::TaskEvent);
    assert!(task("stop-task.json").has_stopped());
}

/// A stream that makes up its bytes as they are read, so that only the parser can need memory.
struct Endless {
    line: Vec<u8>,
    at: usize,
    left: usize,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(self.left).min(self.line.len() - self.at);
        into[..count].copy_from_slice(&self.line[self.at..self.at + count]);
        self.at = (self.at + count) % self.line.len();
        self.left -= count;
        Ok(count)
    }
}

#[test]
fn a_long_stream_is_read_to_its_end() {
    let line = b"{\"stoppedReason\": \"Scaling activity initiated by (deployment ecs-svc/1)\"}\n".to_vec();
    let count = 200_000;
    let left = line.len() * count;
    let chunks = Chunks::new(Endless { line, at: 0, left });
    assert_eq!(chunks.map(|chunk| chunk.expect("it reads").entries().count()).sum::<usize>(), count);
}

/// Broken lists of so many bytes, each of a kind of its own.
fn broken(bytes: usize) -> Vec<(&'static str, String)> {
    let list =
        |of: &str, item: &str| format!(r#"{{"{of}":[{}]}}"#, vec![item; bytes / (item.len() + 1)].join(","));
    vec![
        ("numbers", list("tasks", "1")),
        ("lists", list("tasks", "[]")),
        ("empty objects", list("tasks", "{}")),
        ("numbers on lines", list("tasks", "\n1")),
        ("wrong ARNs", list("tasks", r#"{"taskArn":5}"#)),
        ("no messages", list("Records", "1")),
        ("empty messages", list("Records", "{}")),
        ("messages without a body", list("Records", r#"{"messageId":"m"}"#)),
        ("bad bodies", list("Records", r#"{"messageId":"m","body":"{"}"#)),
        ("lists of bad bodies", list("Records", r#"{"messageId":"m","body":"{\"tasks\":[1,1,1,1]}"}"#)),
        (
            "many containers",
            format!(
                r#"{{"containers":[{}]}}"#,
                (0..bytes / 30)
                    .map(|n| format!(r#"{{"reason":"one of {n}"}}"#))
                    .collect::<Vec<_>>()
                    .join(",")
            ),
        ),
        ("one long text", format!(r#"{{"stoppedReason":"{}"}}"#, "secret not found ".repeat(bytes / 17))),
    ]
}

/// Far longer than it takes on a busy machine; who counts lines from the start for each fault, or looks for
/// the next record again and again, needs minutes.
const LINEAR: Duration = Duration::from_secs(30);

#[test]
fn a_broken_list_costs_what_a_sound_one_costs() {
    for (kind, text) in broken(256 << 10) {
        let began = Instant::now();
        let entries = read_record(&text);
        assert!(began.elapsed() < LINEAR, "{kind}: {:?}", began.elapsed());
        let answerable = entries.iter().filter(|entry| entry.message_id.is_some()).count();
        let told =
            entries.iter().filter(|entry| entry.message_id.is_none()).flat_map(|entry| &entry.tasks).count();
        assert!(told <= 10, "{kind}: {told} faults are told");
        assert!(
            entries.iter().flat_map(|entry| &entry.tasks).flatten().all(|task| task.reasons.len() <= 100),
            "{kind}"
        );
        assert_eq!(answerable > 0, kind.contains("bodies") || kind.contains("without a body"), "{kind}");
    }
    let lines = "[\"a\"\n]\n".repeat(64 << 10);
    let began = Instant::now();
    let count: usize =
        Chunks::new(lines.as_bytes()).map(|chunk| chunk.expect("it reads").entries().count()).sum();
    assert_eq!(count, 64 << 10);
    assert!(began.elapsed() < LINEAR, "{:?}", began.elapsed());
}

#[test]
fn of_many_faults_the_first_are_told_with_their_places_and_no_sound_task_is_lost() {
    let mut items = vec!["1"; 30];
    items.insert(7, r#"{"stoppedReason":"one"}"#);
    items.push(r#"{"stoppedReason":"two"}"#);
    let text = format!("{{\"tasks\": [\n{}\n]}}", items.join(",\n"));
    let tasks: Vec<_> = read_record(&text).into_iter().flat_map(|entry| entry.tasks).collect();
    let reasons: Vec<&str> = tasks.iter().flatten().map(|task| task.reasons[0].text.as_str()).collect();
    assert_eq!(reasons, ["one", "two"]);
    let faults: Vec<_> = tasks.iter().filter_map(|task| task.as_ref().err()).collect();
    let places: Vec<(usize, usize, &str)> =
        faults.iter().map(|error| (error.line, error.column, error.path.as_str())).collect();
    assert_eq!((places.len(), places[0], places[9]), (10, (2, 1, "tasks[0]"), (12, 1, "tasks[10]")));
    assert!(
        faults[8].problem == "expected an object, found a number"
            && faults[9].problem.ends_with(", and so are 20 more of this list"),
        "{}",
        faults[9]
    );
}

#[test]
fn of_a_list_without_end_the_first_tasks_are_read_and_the_rest_is_told() {
    let text = format!(r#"{{"tasks":[{}]}}"#, vec![r#"{"stopCode":"x"}"#; 10_003].join(","));
    let tasks: Vec<_> = read_record(&text).into_iter().flat_map(|entry| entry.tasks).collect();
    assert_eq!(tasks.iter().flatten().count(), 10_000);
    let faults: Vec<String> =
        tasks.iter().filter_map(|task| task.as_ref().err()).map(ToString::to_string).collect();
    assert_eq!(
        (faults.len(), faults[0].ends_with("at tasks[10000]: expected at most 10000 tasks in one list")),
        (3, true),
        "{faults:?}"
    );
}

#[test]
fn a_message_without_an_id_leaves_those_that_have_one() {
    let sound = r#"{"messageId":"a","body":"{\"stoppedReason\":\"one\"}"}"#;
    let entries = read_record(&format!(r#"{{"Records":[1,{sound},{{"body":"{{}}"}},{{"messageId":"b"}}]}}"#));
    let ids: Vec<Option<&str>> = entries.iter().map(|entry| entry.message_id.as_deref()).collect();
    assert_eq!(ids, [Some("a"), Some("b"), None]);
    let faults = entries[2].tasks.iter().filter_map(|task| task.as_ref().err());
    assert_eq!(faults.map(|error| error.path.as_str()).collect::<Vec<_>>(), ["Records[0]", "Records[2]"]);
}

#[test]
fn no_task_stopped_before_it_was_made_or_before_1970() {
    let stopped = |fields: &str| {
        read_record(&format!(r#"{{"stoppedReason":"x",{fields}}}"#))[0].tasks[0]
            .as_ref()
            .expect("it reads")
            .stopped_at
    };
    for (fields, at) in [
        (
            r#""createdAt":"2026-04-15T14:01:31Z","stoppedAt":"2026-04-15T14:02:11Z""#,
            Some("2026-04-15T14:02:11Z"),
        ),
        (
            r#""createdAt":"2026-04-15T14:01:31Z","stoppedAt":"2001-01-01T00:00:00Z""#,
            Some("2026-04-15T14:01:31Z"),
        ),
        (
            r#""createdAt":"0001-01-01T00:00:00Z","stoppedAt":"2026-04-15T14:02:11Z""#,
            Some("2026-04-15T14:02:11Z"),
        ),
        (r#""stoppedAt":"1969-12-31T23:59:59Z""#, None),
        (r#""stoppedAt":-1"#, None),
        (r#""stoppedAt":-9e99"#, None),
        (
            r#""stoppedAt":"-009999-01-01T00:00:00Z","updatedAt":"2026-04-15T14:02:11Z""#,
            Some("2026-04-15T14:02:11Z"),
        ),
    ] {
        assert_eq!(stopped(fields).map(|at| at.to_string()).as_deref(), at, "{fields}");
    }
}
