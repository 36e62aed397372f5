//! AWS on bad days: every service refuses, fails, throttles, says nonsense, hangs up or says nothing. There
//! is a diagnosis all the same, in time, which claims no proof and says what is not known and why; and who
//! has set something up wrongly is told what.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::program::{Ran, Variables, assert_contains, aws_at, document, event, file, function, typed};
use crate::server::{Call, Reply, Server, resetting};

/// Nobody listens on it: what listens there needs a privilege that tests do not have.
const NOWHERE: &str = "http://127.0.0.1:9";
/// As long as the questions about one task may take, and what the process takes besides on a busy machine: who waits
/// for each of them in turn takes minutes.
const PATIENCE: Duration = Duration::from_secs(30);
const BESIDES: Duration = Duration::from_secs(30);
/// As long as the function may ask and announce; Lambda would let it run for 75 seconds.
pub(crate) const FUNCTION: Duration = Duration::from_mins(1);
/// Programs that run at once: most of them wait.
const AT_ONCE: usize = 12;
/// Failures that AWS knows more of than their words say.
const EVENTS: &[&str] = &[
    "secret-missing", "secret-access-denied", "secret-network-timeout", "image-missing", "log-group-missing",
    "parameter-missing",
];

/// How AWS is, and what is then said of what is unknown.
const DAYS: &[(&str, &[&str])] = &[
    ("failing", &["InternalFailure"]),
    ("denying", &["ecs-triage is not authorized to call "]),
    ("throttling", &["Rate exceeded"]),
    ("babbling", &["could not be read", "holds no", "could not be had", "another shape"]),
    ("resetting", &["cannot be reached"]),
    ("silent", &["no answer in time", "no answer before the deadline"]),
];

/// AWS as it is on such a day.
fn aws(day: &'static str) -> String {
    if day == "resetting" {
        return resetting();
    }
    let server = Server::start(move |call| match day {
        "failing" => refusal(call, 500, ["InternalFailure"; 4], "We are sorry"),
        "denying" => {
            let codes = ["AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AccessDenied"];
            refusal(
                call,
                if call.is_json() { 400 } else { 403 },
                codes,
                "User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform this",
            )
        }
        "throttling" => {
            let codes = ["ThrottlingException", "Throttling", "RequestLimitExceeded", "SlowDown"];
            refusal(call, if call.is_json() { 400 } else { 503 }, codes, "Rate exceeded")
        }
        "babbling" => Reply::new(200, "<html><body>Please log in {"),
        _ => Reply::Silence,
    });
    server.url
}

impl Call {
    fn is_json(&self) -> bool {
        !matches!(self.service(), "iam" | "sns" | "ec2" | "s3" | "elasticfilesystem")
    }
}

/// An error in the shape of the service's protocol; its code is one for JSON, for Query, for EC2 and for S3.
pub(crate) fn refusal(call: &Call, status: u16, [json, query, ec2, s3]: [&str; 4], message: &str) -> Reply {
    let body = match call.service() {
        "iam" | "sns" => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{query}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ),
        "ec2" => format!(
            "<Response><Errors><Error><Code>{ec2}</Code><Message>{message}</Message></Error></Errors><RequestID>1</RequestID></Response>"
        ),
        "s3" => {
            format!("<Error><Code>{s3}</Code><Message>{message}</Message><RequestId>1</RequestId></Error>")
        }
        "elasticfilesystem" => format!(r#"{{"ErrorCode": "{json}", "Message": "{message}"}}"#),
        _ => format!(r#"{{"__type": "com.amazon.coral.service#{json}", "message": "{message}"}}"#),
    };
    Reply::new(status, body)
}

#[test]
fn the_command_line_diagnoses_on_bad_days() {
    // Those of whom nobody hears take the longest, and begin.
    let runs = DAYS.iter().rev().flat_map(|(day, said)| EVENTS.iter().map(|event| (*day, *event, *said)));
    let left = Mutex::new(runs);
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((day, name, said)) = next() {
                    diagnosed_on(day, name, said);
                }
            });
        }
    });
}

#[track_caller]
fn diagnosed_on(day: &'static str, name: &str, said: &[&str]) {
    let event = file(&format!("{day}-{name}.json"), &event(name));
    let offline = typed(&["diagnose", "--format", "json", &event], &Variables::new());
    let ran = typed(&["diagnose", "--live", "--format", "json", &event], &aws_at(&aws(day)));
    assert_eq!(ran.code, Some(2), "{day} {name}: {}", ran.complaints);
    assert_contains(&ran.complaints, &["AWS answered none of the questions about "]);
    assert!(ran.took < PATIENCE + BESIDES, "{day} {name}: {:?}", ran.took);
    let [offline, live] = [&offline, &ran].map(|ran| document(&ran.out));
    assert_eq!(offline["diagnoses"][0]["cause"], live["diagnoses"][0]["cause"], "{day} {name}");
    unproved(&live, said, &format!("{day} {name}"));
}

/// Claims no proof, and says why not.
#[track_caller]
fn unproved(report: &Value, said: &[&str], of: &str) {
    let diagnoses = report["diagnoses"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(!diagnoses.is_empty(), "{of}: {report:#}");
    assert!(diagnoses.iter().all(|diagnosis| diagnosis["verdict"] != "confirmed"), "{of}: {report:#}");
    let unknown = diagnoses[0]["evidence"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| finding["kind"] == "unknown");
    let unknown: Vec<&str> = unknown.filter_map(|finding| finding["text"].as_str()).collect();
    assert!(unknown.iter().any(|text| said.iter().any(|said| text.contains(said))), "{of}: {unknown:#?}");
}

#[test]
fn the_permissions_that_ecs_triage_lacks_are_named() {
    let aws = aws_at(&aws("denying"));
    let lacking = |name: &str| {
        let ran = typed(&["diagnose", "--live", &file(&format!("{name}.json"), &event(name))], &aws);
        let words: Vec<String> = ran
            .out
            .split("is not authorized to call ")
            .skip(1)
            .filter_map(|rest| rest.split(' ').next().map(str::to_owned))
            .collect();
        words.into_iter().collect::<BTreeSet<String>>()
    };
    for (name, actions) in [
        ("secret-missing", &["ecs:DescribeTaskDefinition", "secretsmanager:DescribeSecret"][..]),
        ("secret-network-timeout", &["ecs:DescribeTaskDefinition", "ec2:DescribeSubnets"]),
        ("secret-access-denied", &["ecs:DescribeTaskDefinition", "iam:GetRole"]),
        ("image-missing", &["ecs:DescribeTaskDefinition", "ecr:DescribeImages"]),
        ("parameter-missing", &["ecs:DescribeTaskDefinition", "ssm:DescribeParameters"]),
    ] {
        let lacking = lacking(name);
        assert!(actions.iter().all(|action| lacking.contains(*action)), "{name}: {lacking:?}");
    }
}

#[test]
fn the_function_announces_on_bad_days() {
    thread::scope(|scope| {
        for (day, said) in DAYS {
            scope.spawn(move || {
                let invoked = invoke(&event("secret-missing"), &aws(day));
                assert!(invoked.took < FUNCTION, "{day}: {:?}", invoked.took);
                let documents = invoked.answer.as_array().expect("a list").clone();
                assert_eq!(documents.len(), 1, "{day}: {}", invoked.answer);
                unproved(&documents[0], said, day);
                assert_eq!(invoked.published.len(), 1, "{day}: one notice");
                let notice = &invoked.published[0];
                assert_contains(notice, &["secret-missing", "Not checked"]);
                assert!(said.iter().any(|said| notice.contains(said)), "{day}: {notice}");
            });
        }
    });
}

#[test]
fn a_batch_is_announced_whole_on_a_bad_day() {
    let batch = event("sqs-batch");
    let typed = typed(&["diagnose", "--format", "jsonl", "events/sqs-batch.json"], &Variables::new());
    let failures =
        typed.out.lines().filter(|line| document(line)["diagnoses"] != serde_json::json!([])).count();
    thread::scope(|scope| {
        for day in ["denying", "silent"] {
            let batch = &batch;
            scope.spawn(move || {
                let invoked = invoke(batch, &aws(day));
                assert_eq!(
                    invoked.answer["batchItemFailures"],
                    serde_json::json!([]),
                    "{day}: {}",
                    invoked.answer
                );
                assert_eq!(invoked.published.len(), failures, "{day}");
                assert!(invoked.took < FUNCTION, "{day}: {:?}", invoked.took);
            });
        }
    });
}

#[test]
fn lists_without_an_end_do_not_keep_the_function_from_announcing() {
    let aws = Server::start(|call| match call.operation() {
        "DescribeSecret" => refusal(
            call,
            400,
            ["ResourceNotFoundException"; 4],
            "Secrets Manager can't find the specified secret.",
        ),
        "ListSecrets" => {
            thread::sleep(Duration::from_millis(2500));
            Reply::new(200, r#"{"SecretList": [], "NextToken": "more"}"#)
        }
        _ => refusal(call, 400, ["AccessDeniedException"; 4], "no"),
    });
    let invoked = invoke(&event("secret-missing"), &aws.url);
    assert_eq!(invoked.published.len(), 1);
    assert!(invoked.took < FUNCTION, "{:?}", invoked.took);
    assert!(aws.calls().iter().any(|call| call.operation() == "ListSecrets"), "it was not asked");
}

/// What the function made of one invocation.
pub(crate) struct Invoked {
    pub(crate) answer: Value,
    pub(crate) published: Vec<String>,
    pub(crate) log: String,
    pub(crate) took: Duration,
}

/// Runs the function as Lambda does, with AWS at `aws`, and a topic that works.
fn invoke(event: &str, aws: &str) -> Invoked {
    invoke_with(event, aws, &[])
}

/// The same with more in its environment.
pub(crate) fn invoke_with(event: &str, aws: &str, more: &[(&str, &str)]) -> Invoked {
    let sns = Server::start(|_| {
        Reply::new(
            200,
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
        )
    });
    let (answered, answer) = mpsc::channel();
    let waiting = Mutex::new(Some(event.to_owned()));
    let lambda = Server::start(move |call| {
        if !call.path.ends_with("/invocation/next") {
            let _ = answered.send((call.path.clone(), call.body.clone()));
            return Reply::new(202, "{}");
        }
        let Some(event) = waiting.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Reply::Silence;
        };
        let next = Reply::new(200, event)
            .with("lambda-runtime-aws-request-id", "1")
            .with("lambda-runtime-deadline-ms", "4102444800000");
        next.with(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:111122223333:function:ecs-triage",
        )
    });
    let mut environment = aws_at(aws);
    let settings = [
        ("AWS_ENDPOINT_URL_SNS", sns.url.as_str()),
        ("AWS_LAMBDA_RUNTIME_API", lambda.url.trim_start_matches("http://")),
        ("AWS_LAMBDA_FUNCTION_NAME", "ecs-triage"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/ecs-triage"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "1"),
        ("ECS_TRIAGE_TOPIC_ARN", "arn:aws:sns:us-east-1:111122223333:topic"),
    ];
    environment
        .extend(settings.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let log = file("function.log", "");
    let began = Instant::now();
    let mut process = function(&environment, &log);
    let answer = answer.recv_timeout(FUNCTION * 2);
    let took = began.elapsed();
    process.kill().and_then(|()| process.wait()).expect("it can be ended");
    let (path, body) = answer.expect("the function answers");
    assert!(path.ends_with("/1/response"), "{path}: {body}");
    let published = sns
        .calls()
        .iter()
        .filter(|call| call.operation() == "Publish")
        .map(|call| percent_decode_str(&call.body.replace('+', " ")).decode_utf8_lossy().into_owned())
        .collect();
    let log = fs::read_to_string(log).expect("the log can be read");
    Invoked { answer: document(&body), published, log, took }
}

/// A run that must say why it could not, soon.
#[track_caller]
fn refused(arguments: &[&str], environment: &Variables, said: &[&str]) {
    let ran = typed(arguments, environment);
    assert_eq!(ran.code, Some(2), "{arguments:?}: {}{}", ran.out, ran.complaints);
    assert_eq!(
        (ran.out.as_str(), ran.complaints.matches("ecs-triage: ").count()),
        ("", 1),
        "{arguments:?}: {}",
        ran.complaints
    );
    assert_contains(&ran.complaints, said);
    in_time(&ran);
}

#[track_caller]
fn in_time(ran: &Ran) {
    assert!(ran.took < PATIENCE, "{:?}", ran.took);
}

#[test]
fn what_is_not_set_up_is_said() {
    let without = |name: &str| {
        let mut environment = aws_at(NOWHERE);
        environment.remove(name);
        environment
    };
    thread::scope(|scope| {
        for command in [&["ps"][..], &["history"], &["check", "api"]] {
            scope.spawn(move || {
                refused(
                    command,
                    &without("AWS_ACCESS_KEY_ID"),
                    &["cannot ask AWS: ", "there are no AWS credentials to ask with"],
                );
            });
            scope.spawn(move || refused(command, &without("AWS_REGION"), &["no Region"]));
            scope.spawn(move || {
                refused(
                    command,
                    &aws_at(NOWHERE),
                    &["cannot ask AWS: ", "in eu-west-1 cannot be reached: Connection refused"],
                );
            });
            scope.spawn(move || {
                refused(
                    command,
                    &aws_at("nowhere"),
                    &["cannot ask AWS: ", "in eu-west-1 cannot be reached: "],
                );
            });
            scope.spawn(move || {
                let ran = typed(&[command, &["--region", "not/a/region"]].concat(), &aws_at(NOWHERE));
                assert_eq!(ran.code, Some(2), "{}", ran.complaints);
                assert_contains(&ran.complaints, &["expected a Region, such as eu-west-1"]);
            });
        }
    });
    // A definition at hand is not green because nobody could be asked.
    let unheard = "ecs-triage: AWS answered none of the questions: nothing is proved\n";
    for (environment, said) in [
        (
            without("AWS_ACCESS_KEY_ID"),
            "ecs-triage: cannot ask AWS: there are no AWS credentials to ask with",
        ),
        (aws_at(NOWHERE), unheard),
        (aws_at(&aws("denying")), unheard),
    ] {
        let ran = typed(&["check", "events/task-definitions/api.json"], &environment);
        assert!(
            ran.code == Some(2)
                && ran.complaints.starts_with(said)
                && ran.complaints.matches("ecs-triage: ").count() == 1,
            "{}{}",
            ran.complaints,
            ran.out
        );
        assert_contains(&ran.out, &["= not checked: execution role "]);
        in_time(&ran);
    }
    // A task's own words are diagnosed all the same.
    let event = file("nowhere.json", &event("secret-missing"));
    for (environment, said) in [
        (without("AWS_ACCESS_KEY_ID"), "there are no AWS credentials to ask with"),
        (aws_at(NOWHERE), "cannot be reached: Connection refused"),
    ] {
        let ran = typed(&["diagnose", "--live", "--format", "json", &event], &environment);
        assert_eq!(ran.code, Some(2), "{}", ran.complaints);
        assert_contains(&ran.complaints, &[said]);
        unproved(&document(&ran.out), &[said, "whether the name exists"], said);
        in_time(&ran);
    }
}

#[test]
fn many_tasks_do_not_wait_one_after_another_for_who_does_not_answer() {
    let event = document(&event("secret-missing"));
    let lines: Vec<String> = (0..20)
        .map(|number| event.to_string().replace("\"secret-missing\"", &format!("\"{number}\"")))
        .collect();
    let asked = Arc::new(file("many.jsonl", &lines.join("\n")));
    let ran = typed(&["diagnose", "--live", "--format", "jsonl", &asked], &aws_at(&aws("silent")));
    assert_eq!((ran.code, ran.out.lines().count()), (Some(2), lines.len()), "{}", ran.complaints);
    assert!(ran.took < PATIENCE + BESIDES, "{:?}", ran.took);
}
