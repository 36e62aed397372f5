//! What a person pastes does what it says and nothing else, whatever names the event, the definition and
//! AWS's answers hold.
//!
//! Every case of `tests/cases` is read again with its names changed: a word of it is followed everywhere by
//! what a shell, IAM, a template, a chat or a terminal would read. Every command that comes out is run in a
//! shell in which `aws` and the other programs only write down their arguments, and every policy is read.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ecs_triage::causes::{Fix, NameKind};
use ecs_triage::context::Surroundings;
use ecs_triage::diagnosis::{Report, diagnose};
use ecs_triage::event::{Task, read_record};
use ecs_triage::render::json::v1;
use ecs_triage::render::notice::notice;
use ecs_triage::render::text::{Colour, render};
use ecs_triage::render::{chat, markdown};
use recorded::{cases, investigated, read_case};
use serde_json::{Value, json};

/// What some language reads: POSIX shells, IAM, Terraform, `CloudFormation`, YAML, Markdown, chats, the AWS
/// CLI, terminals.
const PAYLOADS: &[&str] = &[
    "$(touch PWNED)",
    "`touch PWNED`",
    ";touch PWNED;",
    "';touch PWNED;'",
    "\";touch PWNED;\"",
    "|touch${IFS}PWNED|true",
    "\ntouch PWNED\n",
    "&&touch PWNED",
    " >PWNED",
    "\\';touch PWNED;#",
    "*",
    "?",
    "${aws:username}",
    "%{if true}",
    "{{resolve:secretsmanager:prod/db}}",
    ": {a: b} #",
    "[x](https://evil.example)",
    "![x](https://evil.example)",
    "<img src=x><!channel>",
    "```\n",
    "\u{1b}[31m\u{1b}]8;;https://evil.example\u{7}",
    "\u{202e}",
    "%%%%%%%%",
];
/// What is put before a name: the AWS CLI would read these as an option or a file's content.
const PREFIXES: &[&str] = &["--debug=", "file:///etc/passwd", "fileb://x", "http://evil.example/"];

/// The words of a case's names that can be changed: those of three letters and more that stand in its event
/// and nowhere in its structure.
fn words(case: &Value) -> BTreeSet<String> {
    const STRUCTURE: &[&str] = &[
        "arn", "aws", "amazonaws", "com", "secretsmanager", "ecs", "task", "cluster", "role", "iam",
        "secret", "definition", "service", "null", "true", "false",
    ];
    let mut texts = Vec::new();
    strings(&case["event"]["detail"], &mut texts);
    strings(&case["task_definition"], &mut texts);
    let of_names = [
        "valueFrom", "group", "name", "awslogs-group", "executionRoleArn", "taskRoleArn", "image", "value",
        "clusterArn", "credentialsParameter",
    ];
    let named = texts.iter().filter(|(key, _)| of_names.contains(key)).map(|(_, text)| *text);
    let hosts = texts
        .iter()
        .filter(|(key, _)| *key == "stoppedReason")
        .flat_map(|(_, text)| text.split("://").skip(1))
        .filter_map(|rest| rest.split('/').next());
    let split = |text: &str| {
        text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
    };
    let is_name = |word: &String| {
        word.len() > 2 && word.chars().any(char::is_alphabetic) && !STRUCTURE.contains(&word.as_str())
    };
    named.chain(hosts).flat_map(split).filter(is_name).collect()
}

fn strings<'v>(value: &'v Value, found: &mut Vec<(&'v str, &'v str)>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
            Value::String(text) => found.push((key, text)),
            nested => strings(nested, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// The case with a word of its strings, not of its keys, put otherwise.
fn changed(value: &Value, word: &str, otherwise: &str) -> Value {
    match value {
        Value::String(text) => json!(text.replace(word, otherwise)),
        Value::Array(values) => values.iter().map(|value| changed(value, word, otherwise)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), changed(value, word, otherwise))).collect()
        }
        other => other.clone(),
    }
}

/// A directory in which `aws`, `openssl` and `jq` write down what they were called with, and nothing else is
/// on the path.
fn stubs(directory: &Path) -> PathBuf {
    let bin = directory.join("bin");
    fs::create_dir_all(&bin).expect("the directory can be made");
    for program in ["aws", "openssl", "jq"] {
        let path = bin.join(program);
        // One write for each call: programs of a pipe write at the same time.
        fs::write(&path, "#!/bin/sh\nprintf '%s\\037' \"${0##*/}\" \"$@\" \"$END\" >>\"$CALLS\"\n")
            .expect("the stub can be written");
        let made = Command::new("chmod").arg("+x").arg(&path).status();
        assert!(made.is_ok_and(|status| status.success()), "chmod works");
    }
    bin
}

/// Runs commands as a person would paste them, each in a shell of its own, and gives the arguments of every
/// call.
fn run(commands: &BTreeSet<String>, directory: &Path) -> Vec<Vec<String>> {
    let (bin, calls) = (stubs(directory), directory.join("calls"));
    // One outer shell for many inner ones: a process for each alone would take minutes.
    let touch = "touch() { echo touched >PWNED; }\n";
    let script: Vec<String> =
        commands.iter().map(|command| format!("( {command}\n) >/dev/null 2>&1\n")).collect();
    let path = directory.join("script");
    fs::write(&path, format!("{touch}{}", script.concat())).expect("the script can be written");
    let mut shell = Command::new("/bin/sh");
    shell
        .arg(&path)
        .current_dir(directory)
        .env_clear()
        .env("PATH", &bin)
        .env("CALLS", &calls)
        .env("END", "\u{1e}")
        .stdin(Stdio::null());
    assert!(shell.status().is_ok_and(|status| status.code().is_some()), "the shell ran to its end");
    let called = fs::read_to_string(&calls).unwrap_or_default();
    let arguments = |call: &str| call.split_terminator('\u{1f}').map(str::to_owned).collect();
    called.split_terminator("\u{1e}\u{1f}").map(arguments).collect()
}

/// The first thing wrong with a call of `aws`.
fn wrong(call: &[String]) -> Option<&'static str> {
    let [program, arguments @ ..] = call else { return Some("no program") };
    if program != "aws" {
        return None;
    }
    let fixed = ["file://value.json", "file://value.txt", "file://login.json", "file://boundary.json"];
    let reads = |argument: &String| {
        ["file://", "fileb://", "http://", "https://"]
            .iter()
            .any(|scheme| argument.split('=').any(|part| part.starts_with(scheme)))
            && !fixed.contains(&argument.as_str())
    };
    let is_option = |argument: &&String| argument.starts_with('-') && !argument.contains('=');
    let known = |argument: &String| {
        argument.len() > 2
            && argument.starts_with("--")
            && argument[2..].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    if arguments.iter().any(reads) {
        Some("the AWS CLI would read a file or a page")
    } else if !arguments.iter().filter(is_option).all(known) {
        Some("a name is read as an option")
    } else if !arguments.iter().any(|argument| argument == "--region") {
        Some("no Region")
    } else {
        None
    }
}

/// Whether a policy names a resource by a wildcard of somebody else's.
fn is_wide(resource: &str) -> bool {
    let own = resource.strip_suffix("-??????").filter(|_| resource.contains(":secretsmanager:"));
    let own = own
        .or_else(|| resource.strip_suffix(":*").filter(|_| resource.contains(":logs:")))
        .unwrap_or(resource);
    own.contains(['*', '?', '$', '%', '\n', ' ', '`', '{'])
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(
        || value.as_str().into_iter().collect(),
        |list| list.iter().filter_map(Value::as_str).collect(),
    )
}

/// What is wrong with the policies of a fix: those to add, not those that AWS's documents are put back with.
fn wide(fix: &Fix) -> Option<String> {
    let document = fix.policy.as_ref()?.as_json();
    let statements = document
        .get("Statement")
        .and_then(Value::as_array)
        .map_or_else(|| vec![document], |all| all.iter().collect());
    let wide = statements.into_iter().find(|statement| {
        let of_resource = statement.get("Principal").is_some();
        let actions = texts(&statement["Action"]);
        let is_wide = |resource: &&str| {
            if *resource == "*" {
                !of_resource && actions != ["ecr:GetAuthorizationToken"]
            } else {
                is_wide(resource)
            }
        };
        actions.iter().any(|action| action.contains('*')) || texts(&statement["Resource"]).iter().any(is_wide)
    });
    wide.map(ToString::to_string)
}

/// What a chat shows as commands.
fn of_chat(report: &Report<'_>) -> Vec<String> {
    let Some(told) = chat::notification(report, "opened", &Surroundings::default()) else {
        return Vec::new();
    };
    let told: Value = serde_json::from_str(&told).expect("a notification is JSON");
    let steps = texts(&told["content"]["nextSteps"]).into_iter().map(str::to_owned);
    steps.filter_map(|step| Some(step.strip_prefix('`')?.strip_suffix('`')?.to_owned())).collect()
}

/// A chat's text outside blocks links nowhere but to the page that the cause's own record names.
fn links(report: &Report<'_>) -> bool {
    let Some(told) = chat::notification(report, "opened", &Surroundings::default()) else { return false };
    let told: Value = serde_json::from_str(&told).expect("a notification is JSON");
    let mut texts = Vec::new();
    strings(&told, &mut texts);
    let runbook = report.diagnoses.first().and_then(|best| best.cause.references.first());
    let runbook = runbook.map(|page| format!("\nRunbook: {page}")).unwrap_or_default();
    texts.iter().any(|(_, text)| {
        let text = text.replacen(&runbook, "", 1);
        let outside: String = text.split("```").step_by(2).collect();
        let outside = if text.starts_with('`') { String::new() } else { outside };
        outside.contains("](") || outside.contains("://") || text.contains('<')
    })
}

#[test]
#[expect(clippy::too_many_lines, reason = "one walk: print, run, compare")]
fn nothing_from_outside_steers_what_is_pasted() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("paste");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("the directory can be made");
    let mut problems = Vec::new();
    let mut commands = BTreeSet::new();
    let (mut reports, mut policies) = (0, 0);
    // Each case meets every other payload once, at one of its words: over all cases every payload meets every
    // kind of name.
    for (at, path) in cases().into_iter().enumerate() {
        let case = read_case(&path);
        let with: Vec<Value> = case["with"].as_array().into_iter().flatten().map(in_place).collect();
        let whole = json!({"event": in_place(&case["event"]), "task_definition": in_place(&case["task_definition"]), "evidence": in_place(&case["evidence"]), "with": with});
        let words: Vec<String> = words(&whole).into_iter().collect();
        if words.is_empty() {
            continue;
        }
        let after = PAYLOADS.iter().map(|payload| (String::new(), (*payload).to_owned()));
        let before = PREFIXES.iter().map(|prefix| ((*prefix).to_owned(), String::new()));
        for (number, (prefix, payload)) in after.chain(before).enumerate() {
            if (at + number) % 2 == 1 {
                continue;
            }
            let word = &words[(at + number / 2) % words.len()];
            let mut otherwise = changed(&whole, word, &format!("{prefix}{word}{payload}"));
            otherwise["otherwise"] = json!("the answer is another's");
            let tasks: Vec<Task> = read_record(&otherwise["event"].to_string())
                .into_iter()
                .flat_map(|entry| entry.tasks)
                .flatten()
                .collect();
            let evidence = investigated(&otherwise, &path, &tasks, &mut Vec::new());
            for task in &tasks {
                let report = diagnose(task, &evidence);
                reports += 1;
                let mut problem = |what: String| {
                    problems.push(format!("{}, {word} as {prefix}{word}{payload:?}: {what}", path.display()));
                };
                let of_fixes: Vec<&str> = report
                    .diagnoses
                    .iter()
                    .flat_map(|diagnosis| diagnosis.fix.commands())
                    .map(ecs_triage::causes::Command::as_str)
                    .collect();
                commands.extend(of_fixes.iter().map(|command| (*command).to_owned()));
                if let Some(other) = of_chat(&report).iter().find(|shown| !of_fixes.contains(&shown.as_str()))
                {
                    problem(format!("the chat shows another command: {other}"));
                }
                if links(&report) {
                    problem("the chat links or mentions".to_owned());
                }
                for diagnosis in &report.diagnoses {
                    policies += usize::from(diagnosis.fix.policy.is_some());
                    if let Some(wide) = wide(&diagnosis.fix) {
                        problem(format!("{} grants {wide}", diagnosis.cause.id));
                    }
                    let templates = diagnosis.fix.snippets.iter().map(ecs_triage::causes::Snippet::text);
                    if let Some(text) = templates.into_iter().find(|text| {
                        text.contains("{{resolve") || text.contains("%{") || text.contains("file(")
                    }) {
                        problem(format!("a template reads {text}"));
                    }
                }
                let heading = markdown::render(&report, Colour::Off);
                let heading = heading.lines().next().unwrap_or_default().to_owned();
                let outside: String = heading.split('`').step_by(2).collect();
                if outside.contains(['<', '[', '@']) || outside.contains("://") {
                    problem(format!("the heading is Markdown: {heading}"));
                }
                let printed = [
                    render(&report, Colour::Off),
                    notice(&report).map(|notice| notice.body).unwrap_or_default(),
                    v1::pretty(&report),
                ];
                if printed.iter().any(|text| {
                    text.chars().any(|letter| letter.is_control() && letter != '\n' || letter == '\u{202e}')
                }) {
                    problem("a control character is printed".to_owned());
                }
            }
        }
    }
    let calls = run(&commands, &directory);
    problems.extend(calls.iter().filter_map(|call| wrong(call).map(|what| format!("{what}: {call:?}"))));
    if fs::exists(directory.join("PWNED")).unwrap_or(true) {
        problems.push("a command ran what a name holds".to_owned());
    }
    let left: Vec<String> = fs::read_dir(&directory)
        .expect("it can be read")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    let own = ["bin", "calls", "script"];
    problems.extend(
        left.iter()
            .filter(|name| !own.contains(&name.as_str()))
            .map(|name| format!("a command left the file {name}")),
    );
    println!("{reports} reports, {} commands, {} calls, {policies} policies", commands.len(), calls.len());
    assert!(
        reports > 2_500 && commands.len() > 500 && calls.len() >= commands.len() && policies > 100,
        "too little was tried"
    );
    assert!(
        problems.is_empty(),
        "{} problems, such as\n{}",
        problems.len(),
        problems.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// JSON in place of the path of a file.
fn in_place(value: &Value) -> Value {
    if value.is_null() {
        Value::Null
    } else {
        serde_json::from_str(&recorded::text_of(value)).unwrap_or_else(|error| panic!("{value}: {error}"))
    }
}

#[test]
fn no_grammar_of_names_takes_what_a_language_reads() {
    for kind in NameKind::ALL {
        for payload in PAYLOADS
            .iter()
            .filter(|payload| **payload != "%%%%%%%%")
            .chain(&["a b", "", "a\u{0}", "\u{e9}", "%%%%%%%%"])
        {
            assert!(
                !kind.fits(&format!("name{payload}")) || payload.is_empty(),
                "{kind} takes name{payload:?}"
            );
            assert!(!kind.fits(payload), "{kind} takes {payload:?}");
        }
    }
}
