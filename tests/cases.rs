//! Diagnosis cases are data: `tests/cases/<cause>/<case>.json` holds an event and what is known besides; its
//! snapshot is what a person reads.
//!
//! `event` and `task_definition` are JSON, or the path of a file from the project's root. `evidence` is what
//! AWS answers: a list of `{"ask": ..., "answer": ...}` in the shapes of a recording, or the path of such a
//! list or of a recording; `with` names more of them, to share. The answers are given as the questions come,
//! in the rounds of a live investigation: one that nobody asks for fails its case, and so does a question
//! without an answer, unless `otherwise` says why AWS told nothing. `log` is what a container wrote, by lines. A new
//! case adds no Rust.
//! `CASE=secret-missing/deleted` runs those whose path holds that.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

mod recorded;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use ecs_triage::causes::{CAUSES, Verdict};
use ecs_triage::check::{Check, Checked, Place};
use ecs_triage::context::Surroundings;
use ecs_triage::diagnosis::{Report, diagnose};
use ecs_triage::event::{Reason, Task, read_record};
use ecs_triage::question::facts::AwsVpcConfiguration;
use ecs_triage::question::{Answer, Evidence};
use ecs_triage::reason::read_log;
use ecs_triage::render::check::render_one;
use ecs_triage::render::json::v1;
use ecs_triage::render::notice::{self, Notice, notice};
use ecs_triage::render::text::{Colour, render};
use ecs_triage::source;
use recorded::{cases, chosen, entries, investigated, read_case, recorded, root, text_of};
use serde_json::Value;

/// What no state of AWS proves, and why.
const NEVER_CONFIRMED: &[(&str, &str)] = &[
    ("image-platform-mismatch", "the probe reads no image manifest; the words tell"),
    ("log-driver-misconfigured", "the driver's options are its own; the words tell"),
    ("network-path-unexplained", "it stands for what the state does not explain"),
    ("parameter-misnamed", "that a similar name exists does not show that it was meant"),
    ("not-a-secret-failure", "it stands for what the catalogue does not explain"),
    ("registry-rate-limited", "registries do not tell how much was pulled"),
    ("secret-misnamed", "that a similar name exists does not show that it was meant"),
    ("secret-sidecar-failed", "only the container's log tells, which is words again"),
    ("service-throttled", "quotas show no past calls; that it passed is recovered-by-itself"),
    ("service-unavailable", "AWS does not tell of the past; that it passed is recovered-by-itself"),
    ("start-timed-out", "how long a fetch took is written nowhere"),
    ("task-role-unset", "an application may look for credentials anywhere"),
    ("tls-intercepted", "who presented a certificate shows on the way only"),
    ("unrecognised", "it stands for what the catalogue does not know"),
    ("volume-failed", "the probe asks nothing about EBS and other volumes"),
];

/// What no state of AWS disproves, and why.
const NEVER_RULED_OUT: &[(&str, &str)] = &[
    ("agent-too-old", "an agent that is new enough now may have been updated since"),
    ("endpoint-policy-blocks", "ECS names the kind of policy; a state that differs was changed since"),
    ("env-file-malformed", "the words prove it"),
    (
        "file-system-access-denied",
        "policies carry no date: whom they let in now, they may not have let in then",
    ),
    ("file-system-misconfigured", "what a volume names and is there now may have been made since"),
    ("image-missing", "the registry said so; an image that is there now may have been pushed since"),
    ("image-platform-mismatch", "nothing is asked"),
    ("log-driver-misconfigured", "nothing is asked"),
    ("log-group-missing", "CloudWatch Logs said so; a group that is there now may have been made since"),
    ("network-interface-failed", "ECS said so; the state tells why at best"),
    ("network-path-unexplained", "a proved hop leaves nothing to explain, and it is not told"),
    ("not-a-secret-failure", "nothing is asked"),
    (
        "organization-policy-blocks",
        "IAM simulates without the condition keys that the organization's policies use",
    ),
    ("parameter-in-other-region", "what a Region lacks now it may have had then"),
    ("parameter-misnamed", "only names that hold the same path are listed"),
    ("parameter-missing", "Parameter Store said so; one that is there now may have been made since"),
    ("recovered-by-itself", "what has not recovered yet may still"),
    ("registry-credentials-malformed", "ECS read the value, which nobody else may"),
    ("registry-login-failed", "the registry said so; its policy tells why at best"),
    ("registry-rate-limited", "nothing is asked"),
    ("secret-in-other-region", "what a Region lacks now it may have had then"),
    ("secret-key-missing", "ECS read the value, which nobody else may"),
    ("secret-misnamed", "only names that begin with the same letters are listed"),
    ("secret-missing", "Secrets Manager said so; a secret that is there now may have been made since"),
    ("secret-not-json", "ECS read the value, which nobody else may"),
    ("secret-sidecar-failed", "nothing is asked"),
    ("secret-value-in-reference", "nothing is asked"),
    (
        "secret-version-missing",
        "Secrets Manager said so; a version that is there now may have been put since",
    ),
    ("service-throttled", "the words prove it"),
    ("service-unavailable", "the words prove it"),
    ("start-timed-out", "nothing is asked"),
    ("task-role-unset", "an application may look for credentials anywhere"),
    ("tls-intercepted", "nothing is asked"),
    ("unrecognised", "nothing is asked"),
    ("volume-failed", "nothing is asked"),
];

/// The tasks of a case's event.
fn tasks(case: &Value, of: &Path) -> Vec<Task> {
    let read = read_record(&text_of(&case["event"])).into_iter().flat_map(|entry| entry.tasks);
    let mut tasks: Vec<Task> =
        read.map(|task| task.unwrap_or_else(|error| panic!("{}: {error}", of.display()))).collect();
    let log = case["log"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some((task, found)) = tasks.first_mut().zip(read_log(log)) {
        task.reasons.push(Reason::of_log(found.line + 1, None, &found.text));
    }
    tasks
}

#[test]
fn cases_read_as_their_snapshots_say() {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    let (mut confirmed, mut ruled_out) = (BTreeSet::new(), BTreeSet::new());
    for path in cases() {
        let case = read_case(&path);
        let tasks = tasks(&case, &path);
        let evidence = investigated(&case, &path, &tasks, &mut problems);
        let mut read = String::new();
        let mut causes = Vec::new();
        for task in &tasks {
            let report = diagnose(task, &evidence);
            let notice = notice(&report).filter(|_| report.is_start_failure());
            let notice = notice.map_or("(no notice)\n".to_owned(), |notice| {
                format!("Subject: {}\n\n{}", notice.subject, notice.body)
            });
            let _ = write!(read, "{notice}\n{}\n{}", "-".repeat(40), render(&report, Colour::Off));
            causes.extend(report.diagnoses.iter().map(|diagnosis| diagnosis.cause.id));
            confirmed.extend(
                report
                    .diagnoses
                    .first()
                    .filter(|best| best.verdict == Verdict::Confirmed)
                    .map(|best| best.cause.id),
            );
            ruled_out.extend(
                report
                    .diagnoses
                    .iter()
                    .filter(|diagnosis| diagnosis.verdict == Verdict::RuledOut)
                    .map(|diagnosis| diagnosis.cause.id),
            );
        }
        let directory = path.parent().expect("a case lies in a directory");
        let cause = directory.file_name().and_then(|name| name.to_str()).expect("its name is UTF-8");
        seen.extend(causes.iter().copied());
        let leads = causes.first().copied();
        if leads != Some(cause).filter(|cause| *cause != "nothing-wrong") {
            problems.push(format!("{}: {} leads", path.display(), leads.unwrap_or("nothing")));
        }
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("its name is UTF-8");
        insta::with_settings!({snapshot_path => directory, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, read);
        });
    }
    if chosen().is_some() {
        assert!(problems.is_empty(), "{}", problems.join("\n"));
        return;
    }
    let unseen = CAUSES.iter().filter(|cause| !seen.contains(cause.id));
    problems.extend(
        unseen.map(|cause| format!("no case shows {0}: add tests/cases/{0}/<what-it-shows>.json", cause.id)),
    );
    problems.extend(uncovered("confirmed", &confirmed, NEVER_CONFIRMED));
    problems.extend(uncovered("ruled-out", &ruled_out, NEVER_RULED_OUT));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The columns of a phone.
const COLUMNS: usize = 40;
/// Half of all notices take no more rows there, of the diagnosis alone and with what the function adds: the
/// impact, the link to the console, the incident.
const MEDIANS: [usize; 2] = [40, 45];
/// The row in which the fix begins, at the latest.
const LAST_FIX: usize = 14;

/// The rows that a line takes there: words go to the next row whole, and are cut only where they are longer.
fn rows(line: &str) -> usize {
    let (mut rows, mut column) = (1, 0);
    for word in line.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            (rows, column) = (rows + 1, 0);
        }
        column += width + usize::from(column > 0);
        rows += column.saturating_sub(1) / COLUMNS;
        column = if column == 0 { 0 } else { (column - 1) % COLUMNS + 1 };
    }
    rows
}

#[test]
fn a_notice_is_read_on_a_phone() {
    assert_eq!(
        [
            rows(""),
            rows("one"),
            rows(&"word ".repeat(8)),
            rows(&"x".repeat(41)),
            rows(&format!("one {}", "x".repeat(40)))
        ],
        [1, 1, 1, 2, 2]
    );
    let (mut alone, mut whole, mut fixes, mut cut) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let height = |notice: &Notice| notice.body.lines().map(rows).sum::<usize>();
    for path in cases() {
        let case = read_case(&path);
        let tasks = tasks(&case, &path);
        let evidence = investigated(&case, &path, &tasks, &mut Vec::new());
        for task in &tasks {
            let report = diagnose(task, &evidence);
            let around = surroundings(&report);
            let shown = notice::of(&report, "opened", &around).filter(|_| report.is_start_failure());
            let Some((shown, diagnosis)) = shown.zip(notice(&report)) else { continue };
            let before: usize = shown.body.lines().take_while(|line| *line != "WHAT TO DO").map(rows).sum();
            let fix = before + 2;
            assert!(fix <= LAST_FIX, "{}: the fix is in row {fix}:\n{}", path.display(), shown.body);
            assert!(
                shown.body.lines().all(|line| !line.starts_with(' ') && !line.starts_with("$ ")),
                "{}: {}",
                path.display(),
                shown.body
            );
            let mut unknown = shown.body.lines().filter(|line| line.starts_with("- Not checked: "));
            assert!(
                unknown.all(|line| !line.contains("not known") && !line.contains("unknown")),
                "{}: what was not checked need not be said to be unknown:\n{}",
                path.display(),
                shown.body
            );
            for part in ["\nhttps://eu-west-1.console.aws", "\nhttps://docs.aws", ", incident "] {
                assert!(shown.body.contains(part), "{}: no {part:?}:\n{}", path.display(), shown.body);
            }
            if shown.subject.ends_with("...") {
                cut.push(shown.subject.clone());
            }
            fixes.push(fix);
            whole.push(height(&shown));
            alone.push(height(&diagnosis));
        }
    }
    if chosen().is_some() {
        return;
    }
    let [alone, whole, fixes] = [alone, whole, fixes].map(|mut rows| {
        rows.sort_unstable();
        (rows[rows.len() / 2], rows[rows.len() - 1], rows.len())
    });
    println!(
        "{} notices at {COLUMNS} columns: median {} rows of the diagnosis alone, {} of all; longest {}; the fix in \
         row {}, at most {}; {} subjects are cut",
        whole.2,
        alone.0,
        whole.0,
        whole.1,
        fixes.0,
        fixes.1,
        cut.len()
    );
    assert!(
        alone.0 <= MEDIANS[0] && whole.0 <= MEDIANS[1],
        "the medians are {} and {} rows",
        alone.0,
        whole.0
    );
    // A title without a name of a thing may lose its end.
    assert!(cut.len() * 10 <= whole.2, "{cut:#?}");
}

/// What the table of incidents, the service and the task's names add.
fn surroundings(report: &Report<'_>) -> Surroundings {
    let console = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/checkout/events?region=eu-west-1";
    Surroundings {
        impact: vec![
            "0 of 4 tasks running".to_owned(),
            "12 failed starts since 18:05 UTC, the last 8 s ago".to_owned(),
        ],
        console: Some(console.to_owned()),
        incident: Some(report.fingerprint.clone()),
        ..Surroundings::default()
    }
}

/// The causes that no case shows with this verdict though one could, and those that are said never to have it
/// and do.
fn uncovered(verdict: &str, shown: &BTreeSet<&str>, never: &[(&str, &str)]) -> Vec<String> {
    let of_cause = |id: &str| match (shown.contains(id), never.iter().find(|(other, _)| *other == id)) {
        (false, None) => {
            Some(format!("no case shows {id} {verdict}: add one with evidence, or say why there can be none"))
        }
        (true, Some((_, why))) => {
            Some(format!("{id} is said never to be {verdict} ({why}), and a case shows it"))
        }
        (true, None) | (false, Some(_)) => None,
    };
    let strange = never
        .iter()
        .filter(|(id, _)| CAUSES.iter().all(|cause| cause.id != *id))
        .map(|(id, _)| format!("{id} is no cause"));
    CAUSES.iter().filter_map(|cause| of_cause(cause.id)).chain(strange).collect()
}

/// Rounds of a check.
const CHECK_ROUNDS: usize = 5;

fn place(case: &Value) -> Place {
    let text = |name: &str| case["place"][name].as_str().map(str::to_owned);
    let network: Option<AwsVpcConfiguration> =
        serde_json::from_value(case["place"]["network"].clone()).expect("the network reads");
    Place {
        region: text("region").unwrap_or_default(),
        cluster: text("cluster"),
        service: text("service"),
        network,
        ..Place::default()
    }
}

/// Checks before a deployment: a definition, the `place` where it is to run, and answers as above. The
/// snapshot says whether it is a failure.
#[test]
fn checks_read_as_their_snapshots_say() {
    let mut problems = Vec::new();
    for path in entries(&root().join("tests/checks"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
    {
        let case = read_case(&path);
        let definition = source::definition(&text_of(&case["task_definition"]))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut evidence = Evidence::default();
        let check = Check::new(&definition, &place(&case));
        if let Some(known) = recorded(&case, &path) {
            for _ in 0..CHECK_ROUNDS {
                for question in check.questions(&evidence) {
                    let answer = known
                        .answer(&question)
                        .cloned()
                        .or_else(|| case["otherwise"].as_str().map(|why| Answer::Unknown(why.to_owned())));
                    match answer {
                        Some(answer) => evidence.note(question, answer),
                        None => problems.push(format!(
                            "{}: no answer to {}",
                            path.display(),
                            serde_json::json!(question)
                        )),
                    }
                }
            }
            let unasked = known.answers().filter(|(question, _)| evidence.answer(question).is_none());
            problems.extend(unasked.map(|(question, _)| {
                format!("{}: nobody asks {}", path.display(), serde_json::json!(question))
            }));
        }
        let (name, findings) = (definition.name().unwrap_or_default(), check.findings(&evidence));
        let mut read = format!("fails: {}\n\n", if findings.has(Verdict::Confirmed) { "yes" } else { "no" });
        let checked = Checked { name, findings, ..Checked::default() };
        let _ = write!(read, "{}", render_one(&checked, Colour::Off));
        let document: Value = serde_json::from_str(&v1::checked_line(&checked)).expect("it is JSON");
        assert_eq!(
            document["complete"],
            document["not_checked"].as_array().is_some_and(Vec::is_empty),
            "{}",
            path.display()
        );
        assert_eq!(
            document["passed"].as_array().map(Vec::len),
            Some(read.matches("   = passed: ").count()),
            "{}",
            path.display()
        );
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("its name is UTF-8");
        let directory = path.parent().expect("a case lies in a directory");
        insta::with_settings!({snapshot_path => directory, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, read);
        });
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
