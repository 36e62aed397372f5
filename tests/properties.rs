//! What holds for any input: reading never panics, spans lie on letters, secrets do not come out, notices
//! fit.

use std::sync::LazyLock;
use std::time::{Duration, Instant};
use std::{fs, thread};

use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::{Task, read_record};
use ecs_triage::question::Evidence;
use ecs_triage::reason::{self, Fact, Step, Symptom};
use ecs_triage::redact::{beginning, redact};
use ecs_triage::render::json::v1;
use ecs_triage::render::notice::notice;
use ecs_triage::render::text::{Colour, render};
use ecs_triage::source;
use proptest::prelude::*;

/// Words of the grammar and of its surroundings, to be thrown together.
const WORDS: &[&str] = &[
    "ResourceInitializationError: ",
    "unable to pull secrets or registry auth: ",
    "unable to retrieve secret from asm: ",
    "unable to retrieve secrets from ssm: ",
    "failed to fetch secret ",
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123",
    " from secrets manager: ",
    "secret arn:",
    "User: ",
    "is not authorized to perform: ",
    "secretsmanager:GetSecretValue",
    " on resource: ",
    "because no identity-based policy allows ",
    "did not contain json key ",
    "invalid parameters: ",
    "https://host.example/path?query=1",
    "Post \"",
    "i/o timeout",
    "dial tcp: lookup ",
    "invalid character '",
    "AccessDeniedException",
    "staging label: ",
    ";",
    ": ",
    " ",
    "\n\t",
    "\u{2019}",
    "\u{2026}",
    "\u{fffd}",
    "\u{e9}",
    "\u{5bc6}",
    "\"",
    "...",
];

fn reasons() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..24).prop_map(|words| words.concat());
    prop_oneof![words, ".{0,200}", "\\PC{0,100}"]
}

/// Words of reasons that were seen, in whatever order and however joined.
fn jumbled() -> impl Strategy<Value = String> {
    let texts = include_str!("corpus/reasons.jsonl")
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let texts: Vec<String> = texts.filter_map(|label| label["text"].as_str().map(str::to_owned)).collect();
    let mut words: Vec<String> =
        texts.iter().flat_map(|text| text.split([' ', ':', ';', '"', '(', ')'])).map(str::to_owned).collect();
    words.sort();
    words.dedup();
    let joint = prop::sample::select(vec![":", ": ", ";", ",", " ", "/", "(", ") ", "\"", "\n", "=", "."]);
    let pairs = prop::collection::vec((prop::sample::select(words), joint), 1..12);
    pairs.prop_map(|pairs| pairs.into_iter().map(|(word, joint)| word + joint).collect())
}

fn facts(symptom: &Symptom) -> Vec<&Fact> {
    let Symptom {
        resource,
        bucket,
        action,
        principal,
        role,
        region,
        account,
        host,
        address,
        key,
        json_key,
        version_stage,
        request_id,
        ..
    } = symptom;
    [
        resource, bucket, action, principal, role, region, account, host, address, key, json_key,
        version_stage, request_id,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Secrets that somebody may have put into a reason, each with the words around it.
fn planted() -> impl Strategy<Value = (String, String)> {
    let secret = "[a-z]{4}[A-Z]{4}[0-9]{4}[a-zA-Z0-9;&)}!]{7}[a-z]";
    let around = prop::sample::select(vec![
        ("https://bucket.s3.amazonaws.com/key?X-Amz-Signature=", "&X-Amz-Date=1"),
        ("https://user:", "@registry.example/v2/"),
        ("Get \"https://host/path?token=", "\": EOF"),
        ("DB_PASSWORD=", " next"),
        ("{\"password\":\"", "\"}"),
        ("{\"secret_key\": \"", "\", \"a\": 1}"),
        ("Authorization: Bearer ", " x"),
        ("AWS_SESSION_TOKEN=", ""),
        ("awscredsuri=/v2/credentials/", ","),
        ("parent env has DB_USER, but was expecting value `", "`, not `admin`"),
        ("error unmarshalling credentialspec domainless {\"x\": \"", "\"} : invalid character"),
        ("-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----"),
        ("DB_PASSWORD_PROD=", " next"),
        ("password:\n  ", ""),
        ("db.password =\t", " x"),
        ("{\"name\":\"API_TOKEN\",\"value\":\"", "\"}"),
        ("{\"Parameter\":{\"Type\":\"SecureString\",\"Value\":\"", "\"}}"),
        ("{\\\"password\\\":\\\"a\\\\\\\"", "\\\"}"),
        ("SecretString: ", " x"),
        ("<password>", "</password>"),
        ("app:", "@tcp(db:3306)/app"),
        ("jdbc:oracle:thin:scott/", "@//db:1521/x"),
        ("Authorization: Splunk ", ""),
        ("Cookie: theme=dark; sid=", ""),
        ("+ mysql -uroot -p", " -h db"),
        ("[\"app\", \"--access-token\", \"", "\"]"),
        ("docker login -u a -p ", " registry"),
        ("https://discord.com/api/webhooks/1/", "\""),
        ("exec: \"app ", "\": stat app: no such file or directory: unknown"),
        ("chdir to cwd (\"/srv/a ", "\") set in config.json failed: no such file or directory"),
    ]);
    (secret, around).prop_map(|(secret, (before, after))| (format!("{before}{secret}{after}"), secret))
}

/// What whoever writes a task definition can make the container runtime quote.
fn forged() -> impl Strategy<Value = String> {
    let denial = "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/web/x is not authorized to perform: iam:* on resource: * because no identity-based policy allows the iam:* action";
    let endings = [
        "\": stat app: no such file or directory: unknown; ",
        "\\\": executable file not found in $PATH: unknown;",
        "\") set in config.json failed: permission denied: unknown; ",
        ": no matching entries in passwd file: unknown\n",
        "exec: \"y\": permission denied: unknown; ",
        "\u{201d}: ",
        "-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "expecting value `",
        "password=",
        "%%%%",
        denial,
        "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/Admin' that was provided for this task.",
        "Get https://x|touch${IFS}y/v2/ : x509: certificate signed by unknown authority",
        "invalid parameters: /a,/b",
        "i/o timeout",
    ];
    let part =
        prop_oneof![prop::sample::select(endings.map(str::to_owned).to_vec()), reasons(), "[a-z/]{1,8} "];
    prop::collection::vec(part, 1..5)
        .prop_map(|parts| parts.concat())
        .prop_filter("a quote holds something", |text| !text.trim().is_empty())
}

/// A reason that quotes something of the task definition, and the places where it does.
fn quoting() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "exec: \"{}\": stat {}: no such file or directory: unknown",
        "exec: \"{}\": executable file not found in $PATH: unknown",
        "starting container process caused \"exec: \\\"{}\\\": permission denied\": unknown",
        "chdir to cwd (\"{}\") set in config.json failed: no such file or directory: unknown",
        "unable to find user {}: no matching entries in passwd file: unknown",
        "unable to find group {}: no matching entries in group file: unknown",
        "the working directory '{}' is invalid, it needs to be an absolute path",
    ])
}

/// What a text tells but for where it tells it, and for the quoted word.
fn without_places(text: &str) -> Vec<String> {
    let mut symptoms = reason::read(&redact(text));
    for symptom in &mut symptoms {
        symptom.span = 0..0;
        // How long the quote is may make the text as long as a cut one.
        (symptom.resource, symptom.truncated) = (None, false);
    }
    symptoms.iter().map(|symptom| format!("{symptom:?}")).collect()
}

fn every_output(task: &Task, evidence: &Evidence) -> Vec<String> {
    let report = diagnose(task, evidence);
    let mut outputs = vec![
        render(&report, Colour::Off),
        render(&report, Colour::On),
        v1::line(&report),
        v1::pretty(&report),
        format!("{report:?}"),
    ];
    if let Some(notice) = notice(&report) {
        outputs.extend([notice.subject, notice.body]);
        outputs.extend(notice.attributes.into_iter().map(|(_, value)| value));
        outputs.extend(notice.lists.into_iter().flat_map(|(_, values)| values));
    }
    outputs
}

proptest! {
    #[test]
    fn reading_is_total_and_every_span_is_text(text in reasons()) {
        let symptoms = reason::read(&text);
        prop_assert_eq!(symptoms.is_empty(), text.trim().is_empty());
        for symptom in &symptoms {
            prop_assert!(text.get(symptom.span.clone()).is_some(), "{:?}", symptom.span);
            for fact in facts(symptom) {
                let written = text.get(fact.span.clone()).expect("a span lies on letters");
                // What copying added is left out.
                let added = ['\n', '\r', '&', '\\', '\u{1b}', '\u{feff}', '\u{ad}', '\u{2060}'].iter().chain(&['\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}']);
                if !added.into_iter().any(|added| written.contains(*added)) {
                    prop_assert_eq!(written.trim_end(), fact.text.as_str());
                }
                prop_assert!(!fact.text.contains('\n'));
                prop_assert!(!fact.text.is_empty());
            }
        }
    }

    #[test]
    fn words_are_read_wherever_they_stand(text in jumbled()) {
        for symptom in reason::read(&text) {
            prop_assert!(text.get(symptom.span.clone()).is_some(), "{:?}", symptom.span);
            prop_assert!(facts(&symptom).iter().all(|fact| text.get(fact.span.clone()).is_some()));
        }
    }

    #[test]
    fn a_report_is_the_same_every_time(text in reasons()) {
        let task = Task::from_reason(&text);
        let outputs = every_output(&task, &Evidence::default());
        prop_assert_eq!(outputs, every_output(&task, &Evidence::default()));
    }

    #[test]
    fn a_line_of_json_is_the_pretty_form_on_one_line(text in prop_oneof![reasons(), "[ -~\u{0}-\u{1f}\u{e9}\u{2028}]{0,60}"], stopped_at in any::<i32>()) {
        let event = serde_json::json!({
            "stoppedReason": text, "group": format!("service:{text}"), "taskDefinitionArn": text, "stopCode": text, "launchType": text,
            "containers": [{"name": text, "exitCode": 1}], "stoppedAt": stopped_at, "taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/1"
        });
        for task in read_record(&event.to_string()).into_iter().flat_map(|entry| entry.tasks) {
            let task = task.expect("it reads");
            let report = diagnose(&task, &Evidence::default());
            let pretty: serde_json::Value = serde_json::from_str(&v1::pretty(&report)).expect("it is JSON");
            prop_assert_eq!(v1::line(&report), pretty.to_string());
        }
    }

    #[test]
    fn redaction_keeps_lengths_and_is_done_once(text in prop_oneof![reasons(), planted().prop_map(|(text, _)| text)]) {
        let safe = redact(&text);
        prop_assert_eq!(safe.len(), text.len());
        prop_assert!(!safe.chars().any(char::is_control));
        prop_assert_eq!(redact(&safe), &*safe);
    }

    #[test]
    fn what_a_quote_holds_changes_nothing(form in quoting(), forged in forged()) {
        let runtime = "CannotStartContainerError: OCI runtime create failed: runc create failed: unable to start container process: ";
        let told = without_places(&format!("{runtime}{}", form.replace("{}", &forged)));
        prop_assert_eq!(told, without_places(&format!("{runtime}{}", form.replace("{}", "app"))));
    }

    #[test]
    fn a_quote_that_was_cut_tells_of_the_container_alone(form in quoting(), forged in forged(), at in any::<prop::sample::Index>()) {
        let text = format!("CannotStartContainerError: OCI runtime create failed: {}", form.replace("{}", &format!("{forged} {forged}")));
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for symptom in reason::read(&redact(&text[..places[at.index(places.len())]])) {
            prop_assert!(symptom.action.is_none() && symptom.principal.is_none() && symptom.role.is_none() && symptom.host.is_none(), "{symptom:?}");
            prop_assert!(matches!(symptom.step, Step::Container | Step::Unknown | Step::Volume), "{symptom:?}");
        }
    }

    #[test]
    fn planted_secrets_do_not_come_out((text, secret) in planted(), before in reasons()) {
        let reason = format!("{before} {text}");
        let event = serde_json::json!({
            "stoppedReason": reason,
            "group": format!("service:{text}"),
            "containers": [{"name": text, "image": text, "reason": reason}],
            "overrides": {"containerOverrides": [{"name": "web", "environment": [{"name": "A", "value": secret}], "command": [secret]}]},
            "lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/1"
        });
        let definition = serde_json::json!({"containerDefinitions": [{
            "name": "web", "image": text,
            "environment": [{"name": "A", "value": secret}], "command": [secret],
            "secrets": [{"name": "B", "valueFrom": format!("arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db:{secret}-is-a-key::")}],
            "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": secret}}
        }]});
        // The JSON key above is a name that people may see: only the environment, the command and the token
        // are secret in the definition.
        let evidence = Evidence::of_definition(source::definition(&definition.to_string().replace(&format!("{secret}-is-a-key"), "key")).expect("it reads"));
        for task in read_record(&event.to_string()).into_iter().flat_map(|entry| entry.tasks) {
            let task = task.expect("it reads");
            for output in every_output(&task, &evidence).into_iter().chain([format!("{task:?}"), format!("{evidence:?}")]) {
                prop_assert!(!output.contains(&secret), "{output}");
                prop_assert!(!output.replace("\u{1b}[", "").chars().any(|letter| letter.is_control() && letter != '\n'), "{output:?}");
            }
        }
    }

    #[test]
    fn any_json_or_none_gives_entries(text in prop_oneof!["\\PC{0,80}", "[{}\\[\\]\",:a-z0-9 ]{0,80}"]) {
        let entries = read_record(&text);
        prop_assert!(text.contains("Records") || entries.len() == 1);
    }
}

proptest! {
    // Large texts: fewer of them.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn notices_fit_what_sns_takes(text in reasons(), times in 1_usize..2_000) {
        let task = Task::from_reason(&text.repeat(times).chars().take(400_000).collect::<String>());
        let report = diagnose(&task, &Evidence::default());
        if let Some(notice) = notice(&report) {
            prop_assert!(!notice.subject.is_empty() && notice.subject.len() < 100);
            prop_assert!(notice.subject.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
            prop_assert!(notice.body.len() + notice.attributes.iter().map(|(name, value)| name.len() + value.len() + 6).sum::<usize>() <= 262_144);
            prop_assert!(notice.attributes.len() <= 10);
            prop_assert!(notice.attributes.iter().all(|(_, value)| !value.is_empty()));
        }
    }
}

/// A code of an error or the name of an operation, joined to what stands before it.
#[test]
fn an_action_ends_where_the_next_phrase_begins() {
    for text in [
        "ecr:AccessDenied",
        "s3:NoSuchKey",
        "x failed: logs:ResourceNotFoundException: y",
        "kms:ThrottlingException",
        "ssm:GetParameters:AccessDenied",
    ] {
        assert!(!reason::read(text).is_empty(), "{text}");
    }
}

/// As long as a processor has worked for this thread, whoever else uses the machine; where the system does not tell,
/// as long as has passed.
fn worked() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    thread::yield_now(); // so that Linux counts what has not been counted yet
    let counted = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = counted.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGAN.elapsed(), Duration::from_nanos)
}

/// How many times as much work as four texts one text of four times their length is: linear is 1, quadratic is 4. The
/// least of some runs of each counts, of more of them where it seems to be `most` or more.
fn growth(most: f64, text: impl Fn(usize) -> String, read: impl Fn(&str)) -> f64 {
    let (small, large) = (text(1), text(4));
    let time = |text: &str, times: usize| {
        let before = worked();
        (0..times).for_each(|_| read(text));
        worked().saturating_sub(before).as_secs_f64()
    };
    let (mut of_small, mut of_large) = (time(&small, 4), time(&large, 1));
    for _ in 0..40 {
        if of_large / of_small < most {
            break;
        }
        (of_small, of_large) = (of_small.min(time(&small, 4)), of_large.min(time(&large, 1)));
    }
    of_large / of_small
}

#[test]
fn a_megabyte_is_read_in_linear_time() {
    let most = 2.5;
    let ratio = growth(
        most,
        |times| WORDS.concat().repeat(640 * times),
        |text| assert!(!reason::read(text).is_empty()),
    );
    assert!(ratio < most, "four times the text is {ratio:.1} times as much work as four texts");
}

#[test]
fn whatever_repeats_is_masked_in_linear_time() {
    const REPEATED: &[&str] = &[
        "/credentials/",
        "authorization:basic ",
        "password=\"x ",
        "\"password\":\"",
        "{\"name\":\"DB_PASSWORD\",\"value\":\"x",
        "a:@tcp(",
        "sk-a1B2",
        "-----BEGIN ",
        "exec: \"a\": ",
        "invalid parameters: a,",
        "arn:aws:ssm:a:1:parameter/x ",
        "mysql -p",
        "cookie: a=b; ",
        "password%3D",
    ];
    let most = 2.5;
    for repeated in REPEATED {
        let ratio = growth(
            most,
            |times| repeated.repeat(8_192 * times / repeated.len()),
            |text| assert_eq!(redact(text).len(), text.len()),
        );
        assert!(ratio < most, "four times {repeated:?} is {ratio:.1} times as much work as four texts");
    }
}

#[test]
fn of_a_long_line_no_more_is_masked_than_is_kept() {
    let line = format!("{}password=hunter2 and more{}", "x".repeat(90), " y".repeat(1 << 20));
    assert_eq!(beginning(&line, 103), format!("{}password=%%%%", "x".repeat(90)));
    let most = 0.75;
    let ratio = growth(
        most,
        |times| "password=x ".repeat(1_024 * times),
        |text| assert_eq!(beginning(text, 100).len(), 100),
    );
    assert!(ratio < most, "four times the line is {ratio:.1} times as much work as four lines");
}
