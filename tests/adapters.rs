//! Every question, asked of AWS through the adapters: how the calls are made, what is read from the answers,
//! and what becomes of failures.
//!
//! Here against a scripted server, in the shapes that AWS documents (`adapters/cases.rs`);
//! `adapters/emulated.rs` asks emulators, which have their own idea of AWS.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

#[path = "adapters/cases.rs"]
mod cases;
#[path = "adapters/emulated.rs"]
mod emulated;
mod environment;
#[path = "adapters/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sns::config::{Credentials, SharedCredentialsProvider};
use cases::{Case, Dialect, cases};
use ecs_triage::aws::prober::AwsProber;
use ecs_triage::question::{Answer, Question, ask};
use ecs_triage::triage::{Narrowed, Prober as _, Scope};
use futures_util::future::join_all;
use serde_json::{Value, json};
use server::{Reply, Request, Server};
use tokio::time::Instant;

/// An answer to [`secret`].
const FOUND: &str = r#"{"ARN": "arn:x", "Name": "prod/db"}"#;
/// Of the SDK's standard retries.
const ATTEMPTS: usize = 3;

/// Credentials and a Region.
fn config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "none", Some("token".to_owned()), None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .build()
}

/// The same with time-outs that a test can wait for.
fn impatient(url: &str) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(300))
        .operation_timeout(Duration::from_millis(900));
    config(url).into_builder().timeout_config(timeouts.build()).build()
}

/// Answers as a case says, and refuses what it does not.
fn scripted(case: &Case) -> impl Fn(&Request, usize) -> Reply + Send + Sync + use<> {
    let exchanges = case.exchanges.clone();
    move |request, _| {
        exchanges.iter().find(|exchange| exchange.fits(request)).map_or_else(
            || Reply::new(418, "not in the script"),
            |exchange| Reply::new(200, &*exchange.reply),
        )
    }
}

async fn ask(server: &Server, question: &Question) -> Answer {
    AwsProber::new(&config(&server.url)).ask(question).await
}

/// What a server that says one thing to all makes of each case.
async fn to_all(reply: impl Fn(&Case) -> Reply) -> Vec<(Case, Answer, Server)> {
    let asked = cases().into_iter().map(|case| {
        let reply = reply(&case);
        async move {
            let server = Server::start(move |_, _| reply.clone());
            let answer = ask(&server, &case.question).await;
            (case, answer, server)
        }
    });
    join_all(asked).await
}

fn unknown(answer: &Answer) -> &str {
    match answer {
        Answer::Unknown(why) => why,
        other => panic!("expected that it is unknown: {other:?}"),
    }
}

fn secret() -> Question {
    ask::Secret { region: "eu-west-1".to_owned(), id: "prod/db".to_owned() }.into()
}

fn secret_versions() -> Question {
    ask::SecretVersions { region: "eu-west-1".to_owned(), id: "prod/db".to_owned() }.into()
}

fn of_vpc(kind: &str) -> Question {
    serde_json::from_value(json!({kind: {"region": "eu-west-1", "vpc": "vpc-1"}})).expect("a question")
}

#[test]
fn there_is_a_case_for_every_question() {
    let name = |question: &Question| {
        serde_json::to_value(question)
            .expect("JSON")
            .as_object()
            .and_then(|fields| fields.keys().next().cloned())
    };
    let covered: BTreeSet<_> = cases().iter().map(|case| name(&case.question)).collect();
    let actions: BTreeSet<_> = cases().iter().flat_map(|case| case.question.actions()).collect();
    assert_eq!(covered.len(), cases().len(), "one each");
    assert_eq!(actions, Question::ACTIONS.iter().collect());
}

#[tokio::test]
async fn found_things_are_read() {
    for case in cases() {
        let server = Server::start(scripted(&case));
        assert_eq!(
            ask(&server, &case.question).await,
            case.answer,
            "{:?}\n{:#?}",
            case.question,
            server.requests()
        );
        let requests = server.requests();
        assert_eq!(requests.len(), case.exchanges.len(), "{:?}", case.question);
        for request in requests {
            let method = if matches!(case.dialect, Dialect::Efs | Dialect::S3) { "GET" } else { "POST" };
            assert_eq!(
                (request.method.as_str(), request.scope().as_str()),
                (method, case.scope),
                "{:?}",
                case.question
            );
            assert_eq!(request.header("x-amz-security-token"), "token");
            assert!(!request.body.contains("null"), "{}", request.body);
            assert_eq!(
                request.header("x-amz-content-sha256").is_empty(),
                case.dialect != Dialect::S3,
                "{:?}",
                case.question
            );
        }
    }
}

#[tokio::test]
async fn missing_things_are_missing() {
    let answers = to_all(|case| case.dialect.error(404, case.missing.unwrap_or("InternalNonsense"))).await;
    for (case, answer, _) in answers {
        match case.missing {
            Some(_) => assert_eq!(answer, Answer::Missing, "{:?}", case.question),
            None => assert_eq!(unknown(&answer), "InternalNonsense: Words of AWS", "{:?}", case.question),
        }
    }
}

#[tokio::test]
async fn a_permission_that_the_probe_lacks_is_named() {
    for (case, answer, server) in to_all(|case| case.dialect.denial()).await {
        let (action, on) = case.refused;
        assert_eq!(
            unknown(&answer),
            format!("ecs-triage is not authorized to call {action} on {on}: grant it to ecs-triage"),
            "{:?}",
            case.question
        );
        assert!(server.requests().len() <= 3, "a refusal is final: {:?}", case.question);
    }
}

#[tokio::test]
async fn throttled_calls_are_repeated() {
    for case in cases() {
        let script = scripted(&case);
        let (throttling, refused) = (case.dialect.throttling(), Mutex::new(Vec::new()));
        let server = Server::start(move |request, before| {
            let call = (request.called(), request.body.clone());
            let mut refused = refused.lock().expect("nobody panics");
            let times = refused.iter().filter(|other| **other == call).count();
            refused.push(call);
            if times < ATTEMPTS - 1 { throttling.clone() } else { script(request, before) }
        });
        assert_eq!(ask(&server, &case.question).await, case.answer, "{:?}", case.question);
        assert_eq!(server.requests().len(), ATTEMPTS * case.exchanges.len(), "{:?}", case.question);
    }
}

#[tokio::test]
async fn throttling_without_end_is_said() {
    for (case, answer, _) in to_all(|case| case.dialect.throttling()).await {
        assert!(unknown(&answer).ends_with(": Words of AWS"), "{:?}: {answer:?}", case.question);
    }
}

#[tokio::test]
async fn an_outage_is_said() {
    for (case, answer, server) in to_all(|_| Reply::new(500, "<html>sorry</html>")).await {
        assert!(
            unknown(&answer).ends_with(" answered with HTTP status 500"),
            "{:?}: {answer:?}",
            case.question
        );
        assert!(server.requests().len() >= ATTEMPTS, "{:?}", case.question);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_said() {
    for (case, answer, _) in to_all(|case| case.dialect.malformed()).await {
        let why = unknown(&answer);
        assert!(
            why.starts_with("the answer of ") && why.ends_with(" could not be read"),
            "{:?}: {why}",
            case.question
        );
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_is_no_fact() {
    for (case, answer, _) in to_all(|case| match case.dialect {
        Dialect::Json | Dialect::Efs => Reply::new(200, "[[[1]]]"),
        Dialect::Ec2 | Dialect::Iam | Dialect::S3 => Reply::new(200, "<A><B><C>1</C></B></A>"),
    })
    .await
    {
        let is_nothing = match &answer {
            Answer::Unknown(_) | Answer::Missing => true,
            answer => serde_json::to_value(answer).is_ok_and(|value| {
                value
                    .as_object()
                    .and_then(|fields| fields.values().next()?.as_array())
                    .is_some_and(Vec::is_empty)
            }),
        };
        assert!(is_nothing, "{:?}: {answer:?}", case.question);
    }
}

#[tokio::test]
async fn silence_is_said() {
    let server = Server::start(|_, _| Reply::Nothing);
    let prober = AwsProber::new(&impatient(&server.url));
    let (cases, started) = (cases(), Instant::now());
    let answers = join_all(cases.iter().map(|case| prober.ask(&case.question))).await;
    for (case, answer) in cases.iter().zip(answers) {
        assert_eq!(unknown(&answer), "no answer in time", "{:?}", case.question);
    }
    assert!(started.elapsed() < Duration::from_secs(15), "they were asked one after the other");
}

#[tokio::test]
async fn what_is_not_there_is_said_in_other_ways_too() {
    let scripts = [
        (
            json!({"Secret": {"region": "eu-west-1", "id": "x"}}),
            Dialect::Json.error(400, "ResourceNotFoundException"),
        ),
        (
            json!({"SecretPolicy": {"region": "eu-west-1", "id": "x"}}),
            Reply::new(200, r#"{"ARN": "arn:x", "Name": "x"}"#),
        ),
        (
            json!({"Service": {"region": "eu-west-1", "cluster": "c", "name": "n"}}),
            Reply::new(200, r#"{"services": [], "failures": [{"arn": "arn:x", "reason": "MISSING"}]}"#),
        ),
        (
            json!({"ContainerInstance": {"region": "eu-west-1", "cluster": "c", "arn": "arn:x"}}),
            Reply::new(
                200,
                r#"{"containerInstances": [], "failures": [{"arn": "arn:x", "reason": "MISSING"}]}"#,
            ),
        ),
        (
            json!({"TaskDefinition": {"name": "api:7"}}),
            Reply::new(
                400,
                r#"{"__type": "ClientException", "message": "Unable to describe task definition."}"#,
            ),
        ),
        (
            json!({"Image": {"region": "eu-west-1", "registry": "1", "repository": "r", "reference": "t"}}),
            Dialect::Json.error(400, "RepositoryNotFoundException"),
        ),
        (
            json!({"RepositoryPolicy": {"region": "eu-west-1", "registry": "1", "name": "r"}}),
            Dialect::Json.error(400, "RepositoryNotFoundException"),
        ),
        (
            json!({"FileSystemPolicy": {"region": "eu-west-1", "file_system": "fs-1"}}),
            Dialect::Efs.error(404, "FileSystemNotFound"),
        ),
        (
            json!({"Subnets": {"region": "eu-west-1", "ids": ["subnet-1"]}}),
            Reply::new(200, "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>"),
        ),
        (
            json!({"Instance": {"region": "eu-west-1", "id": "i-1"}}),
            Reply::new(200, "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>"),
        ),
    ];
    for (question, reply) in scripts {
        let question: Question = serde_json::from_value(question).expect("a question");
        let server = Server::start(move |_, _| reply.clone());
        assert_eq!(ask(&server, &question).await, Answer::Missing, "{question:?}");
    }
}

#[tokio::test]
async fn a_service_without_tasks_is_asked_once() {
    let question: Question = serde_json::from_value(
        json!({"RunningTasks": {"region": "eu-west-1", "cluster": "c", "service": "s"}}),
    )
    .expect("a question");
    let server = Server::start(|_, _| Reply::new(200, r#"{"taskArns": []}"#));
    assert_eq!(ask(&server, &question).await, Answer::RunningTasks(Vec::new()));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_digest_is_asked_for_as_one() {
    let question = json!({"Image": {"region": "eu-west-1", "registry": "1", "repository": "r", "reference": "sha256:0a"}});
    let server = Server::start(|_, _| Reply::new(200, r#"{"imageDetails": []}"#));
    assert_eq!(ask(&server, &serde_json::from_value(question).expect("a question")).await, Answer::Missing);
    assert!(server.requests()[0].body.contains(r#""imageIds":[{"imageDigest":"sha256:0a"}]"#));
}

#[tokio::test]
async fn the_first_region_of_s3_is_named() {
    for (body, region) in [
        ("<LocationConstraint xmlns=\"x\"/>", "us-east-1"),
        ("<LocationConstraint>EU</LocationConstraint>", "eu-west-1"),
    ] {
        let server = Server::start(move |_, _| Reply::new(200, body));
        let answer =
            ask(&server, &ask::Bucket { region: "eu-west-1".to_owned(), name: "b".to_owned() }.into()).await;
        assert!(
            matches!(&answer, Answer::Bucket(bucket) if bucket.location_constraint == region),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_bucket_of_another_region_is_asked_there_once() {
    let question = Question::from(ask::Objects {
        region: "eu-west-1".to_owned(),
        bucket: "b".to_owned(),
        prefix: String::new(),
    });
    let elsewhere = [
        Reply::new(301, "<Error><Code>PermanentRedirect</Code></Error>")
            .with("x-amz-bucket-region", "us-west-2"),
        Reply::new(400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-west-2</Region></Error>"),
    ];
    for elsewhere in elsewhere {
        let reply = elsewhere.clone();
        let found = "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>";
        let server = Server::start(move |request, _| {
            if request.scope() == "us-west-2/s3" { Reply::new(200, found) } else { reply.clone() }
        });
        let answer = ask(&server, &question).await;
        assert!(
            matches!(&answer, Answer::Objects(objects) if objects.len() == 1 && objects[0].key == "k"),
            "{answer:?}"
        );
        let server = Server::start(move |_, _| elsewhere.clone());
        assert_eq!(unknown(&ask(&server, &question).await), "it is in the Region us-west-2");
        assert_eq!(
            server.requests().iter().map(Request::scope).collect::<Vec<_>>(),
            ["eu-west-1/s3", "us-west-2/s3"]
        );
    }
}

#[tokio::test]
async fn a_definition_is_asked_for_in_the_region_of_its_arn() {
    let server = Server::start(|_, _| {
        Reply::new(200, r#"{"taskDefinition": {"family": "api", "containerDefinitions": []}}"#)
    });
    let prober = AwsProber::new(&config(&server.url));
    for name in ["arn:aws:ecs:ap-south-1:111122223333:task-definition/api:7", "api:7"] {
        assert!(matches!(
            prober.ask(&ask::TaskDefinition { name: name.to_owned() }.into()).await,
            Answer::TaskDefinition(_)
        ));
    }
    assert_eq!(
        server.requests().iter().map(Request::scope).collect::<Vec<_>>(),
        ["ap-south-1/ecs", "eu-west-1/ecs"]
    );
}

#[tokio::test]
async fn tags_are_asked_for_where_they_are_wanted() {
    let tags = r#"[{"key": "team", "value": "storefront"}]"#;
    for wanted in [true, false] {
        let server = Server::start(move |request, _| {
            let answer = if request.called().ends_with("DescribeServices") {
                format!(r#"{{"services": [{{"desiredCount": 1, "tags": {tags}}}]}}"#)
            } else {
                format!(
                    r#"{{"taskDefinition": {{"family": "api", "containerDefinitions": []}}, "tags": {tags}}}"#
                )
            };
            Reply::new(200, answer)
        });
        let prober = AwsProber::new(&config(&server.url)).with_tags(wanted);
        let service = ask::Service {
            region: "eu-west-1".to_owned(),
            cluster: "prod".to_owned(),
            name: "api".to_owned(),
        };
        let Answer::Service(service) = prober.ask(&service.into()).await else { panic!("a service") };
        let named = ask::TaskDefinition { name: "api:7".to_owned() };
        let Answer::TaskDefinition(definition) = prober.ask(&named.into()).await else {
            panic!("a definition")
        };
        assert_eq!(
            (service.tags[0].value.as_str(), definition.tags.len()),
            ("storefront", usize::from(wanted))
        );
        let asked = server.requests();
        assert_eq!(asked.len(), 2);
        assert!(
            asked.iter().all(|request| request.body.contains(r#""include":["TAGS"]"#) == wanted),
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_part_leaves_the_rest() {
    let denied = |case: &Case, part: &'static str| {
        let (script, denial) = (scripted(case), case.dialect.denial());
        Server::start(move |request, before| {
            if request.path.contains(part) || request.body.contains(part) {
                denial.clone()
            } else {
                script(request, before)
            }
        })
    };
    let cases = cases();
    let of = |kind: fn(&Question) -> bool| cases.iter().find(|case| kind(&case.question)).expect("a case");
    let targets = of(|question| matches!(question, Question::MountTargets(_)));
    let answer = ask(&denied(targets, "security-groups"), &targets.question).await;
    assert!(
        matches!(&answer, Answer::MountTargets(targets) if targets.len() == 1 && targets[0].security_groups.is_none()),
        "{answer:?}"
    );
    let Answer::MountTargets(targets) = &answer else { return };
    let why = targets[0].security_groups_unread.as_deref().unwrap_or_default();
    assert!(why.contains("ec2:DescribeNetworkInterfaceAttribute"), "{why}");
    let dns = of(|question| matches!(question, Question::VpcDns(_)));
    let Answer::VpcDns(whole) = &dns.answer else { panic!("{dns:?}") };
    for (part, rest) in [
        (
            "enableDnsSupport",
            ecs_triage::question::facts::VpcDns { enable_dns_support: None, ..whole.clone() },
        ),
        (
            "enableDnsHostnames",
            ecs_triage::question::facts::VpcDns { enable_dns_hostnames: None, ..whole.clone() },
        ),
        (
            "DescribeVpcs",
            ecs_triage::question::facts::VpcDns { domain_name_servers: Vec::new(), ..whole.clone() },
        ),
        (
            "DescribeDhcpOptions",
            ecs_triage::question::facts::VpcDns { domain_name_servers: Vec::new(), ..whole.clone() },
        ),
    ] {
        assert_eq!(ask(&denied(dns, part), &dns.question).await, Answer::VpcDns(rest), "{part}");
    }
}

#[tokio::test]
async fn lists_are_read_page_after_page() {
    let server = Server::start(|request, _| {
        let (item, next) = if request.body.contains("&NextToken=a%2Bb%3D") {
            ("nat-2", "")
        } else {
            ("nat-1", "<nextToken>a+b=</nextToken>")
        };
        Reply::new(
            200,
            format!(
                "<R><natGatewaySet><item><natGatewayId>{item}</natGatewayId></item></natGatewaySet>{next}</R>"
            ),
        )
    });
    let Answer::NatGateways(gateways) = ask(&server, &of_vpc("NatGateways")).await else {
        panic!("{:#?}", server.requests())
    };
    assert_eq!(
        gateways.iter().filter_map(|gateway| gateway.nat_gateway_id.as_deref()).collect::<Vec<_>>(),
        ["nat-1", "nat-2"]
    );

    let server = Server::start(|request, _| {
        let (id, next) = if request.path.contains("&Marker=m%2F1") {
            ("fsmt-2", Value::Null)
        } else {
            ("fsmt-1", json!("m/1"))
        };
        let body = if request.path.contains("security-groups") {
            json!({"SecurityGroups": []})
        } else {
            json!({"MountTargets": [{"MountTargetId": id}], "NextMarker": next})
        };
        Reply::new(200, body.to_string())
    });
    let question: Question =
        serde_json::from_value(json!({"MountTargets": {"region": "eu-west-1", "file_system": "fs-1"}}))
            .expect("a question");
    let Answer::MountTargets(targets) = ask(&server, &question).await else {
        panic!("{:#?}", server.requests())
    };
    assert_eq!(targets.len(), 2);
}

#[tokio::test]
async fn a_list_without_end_is_not_taken_for_a_whole_one() {
    let server = Server::start(|_, _| {
        Reply::new(
            200,
            "<R><routeTableSet><item><routeTableId>rtb-1</routeTableId></item></routeTableSet><nextToken>t</nextToken></R>",
        )
    });
    assert_eq!(unknown(&ask(&server, &of_vpc("RouteTables")).await), "the list is longer than 10 pages");
    assert_eq!(server.requests().len(), 10);
    let server =
        Server::start(|_, _| Reply::new(200, r#"{"SecretList": [{"Name": "prod/db"}], "NextToken": "t"}"#));
    let like =
        Question::from(ask::SecretsLike { region: "eu-west-1".to_owned(), prefix: "prod/".to_owned() });
    assert!(
        matches!(ask(&server, &like).await, Answer::Secrets(secrets) if !secrets.is_whole() && secrets.items().len() == 10)
    );
}

#[tokio::test]
async fn the_command_line_reads_no_list_without_end_to_it() {
    let server = Server::start(|request, _| match request.called().rsplit('.').next().unwrap_or_default() {
        "ListTasks" => Reply::new(200, r#"{"taskArns": ["one"], "nextToken": "t"}"#),
        "DescribeTasks" => Reply::new(200, r#"{"tasks": [{"taskArn": "one"}]}"#),
        _ => Reply::new(200, r#"{"events": [{"message": "line"}], "nextToken": "t"}"#),
    });
    let prober = AwsProber::new(&config(&server.url));
    let (tasks, are_all) = prober.stopped_tasks(None, "prod", None).await.expect("tasks");
    assert_eq!((tasks.len(), are_all), (100, false));
    let mut lines = 0;
    let mut count = |_: &str| {
        lines += 1;
        true
    };
    assert_eq!(
        prober.journal(None, "/journal", jiff::Timestamp::UNIX_EPOCH, None, &mut count).await,
        Ok(false)
    );
    assert_eq!(lines, 500);
    let before = server.requests().len();
    assert_eq!(
        prober.journal(None, "/journal", jiff::Timestamp::UNIX_EPOCH, None, |_| false).await,
        Ok(true),
        "who has enough is sent no more"
    );
    assert_eq!(server.requests().len(), before + 1);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_it() {
    let padded = |megabytes: usize| {
        format!(r#"{{"ARN": "arn:x", "Name": "prod/db", "Description": "{}"}}"#, "x".repeat(megabytes << 20))
    };
    for (megabytes, is_read) in [(7, true), (9, false)] {
        let answer = padded(megabytes);
        let server = Server::start(move |_, _| Reply::new(200, answer.clone()));
        match ask(&server, &secret()).await {
            Answer::Secret(_) => assert!(is_read, "{megabytes} MB"),
            answer => assert_eq!(
                (unknown(&answer), is_read),
                ("the answer of DescribeSecret is larger than 8 MB", false)
            ),
        }
    }
    let refusal = json!({"__type": "AccessDeniedException", "message": "x".repeat(9 << 20)}).to_string();
    let server = Server::start(move |_, _| Reply::new(400, refusal.clone()));
    assert_eq!(unknown(&ask(&server, &secret()).await), "the answer of DescribeSecret is larger than 8 MB");
}

#[tokio::test]
async fn of_a_log_line_the_beginning_is_read_in_the_time_that_it_takes() {
    let lines = ["authorization:basic ", "/credentials/", "token=hunter2hunter2 "]
        .map(|pattern| pattern.repeat((1 << 20) / pattern.len()));
    let events: Vec<Value> = lines.iter().map(|line| json!({"message": line})).collect();
    let answer = json!({"events": events}).to_string();
    let server = Server::start(move |_, _| Reply::new(200, answer.clone()));
    let question = json!({"LogLines": {"region": "eu-west-1", "group": "/ecs/api", "stream": "web/web/1"}});
    let started = Instant::now();
    let answer = ask(&server, &serde_json::from_value(question).expect("a question")).await;
    let Answer::LogLines(read) = answer else { panic!("{answer:?}") };
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(
        read.iter().all(|line| line.message.len() <= 4096 + 3 && !line.message.contains("hunter")),
        "{read:?}"
    );
}

#[tokio::test]
async fn what_containers_wrote_is_not_asked_for_unless_that_is_allowed() {
    let server = Server::start(|request, _| {
        Reply::new(200, if request.called().ends_with("GetLogEvents") { r#"{"events": []}"# } else { FOUND })
    });
    let lines: Question =
        serde_json::from_value(json!({"LogLines": {"region": "eu-west-1", "group": "g", "stream": "a/b/c"}}))
            .expect("a question");
    let prober = AwsProber::new(&config(&server.url));
    for (logs, answer) in [
        (Some("not allowed"), Answer::Unknown("not allowed".to_owned())),
        (None, Answer::LogLines(Vec::new())),
    ] {
        let narrowed = Narrowed {
            prober: prober.until(Instant::now() + Duration::from_secs(9)),
            scope: Scope::Full,
            logs,
        };
        assert_eq!(narrowed.ask(&lines).await, answer);
        assert!(matches!(narrowed.ask(&secret()).await, Answer::Secret(_)));
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn many_parameters_are_asked_for_at_the_rate_that_is_allowed() {
    let server = Server::start(|request, _| {
        let names =
            serde_json::from_str::<Value>(&request.body).expect("JSON")["ParameterFilters"][0]["Values"]
                .clone();
        let parameters: Vec<Value> =
            names.as_array().into_iter().flatten().map(|name| json!({"Name": name})).collect();
        Reply::new(200, json!({"Parameters": parameters}).to_string())
    });
    let names: Vec<String> = (0..120).map(|number| format!("/p/{number}")).collect();
    let started = Instant::now();
    let Answer::Parameters(parameters) =
        ask(&server, &ask::Parameters { region: "eu-west-1".to_owned(), names: names.clone() }.into()).await
    else {
        panic!()
    };
    assert_eq!(
        parameters.items().iter().filter_map(|parameter| parameter.name.clone()).collect::<Vec<_>>(),
        names
    );
    assert_eq!(server.requests().len(), 3);
    assert!(started.elapsed() >= Duration::from_millis(667), "three calls in {:?}", started.elapsed());
}

#[tokio::test]
async fn what_is_known_is_not_asked_again() {
    let server = Server::start(|_, before| match before {
        0 => Dialect::Json.denial(),
        _ => Reply::new(200, FOUND),
    });
    let prober = AwsProber::new(&config(&server.url));
    let first = prober.ask(&secret()).await;
    assert!(matches!(first, Answer::Unknown(_)), "{first:?}");
    for _ in 0..3 {
        assert!(matches!(prober.ask(&secret()).await, Answer::Secret(_)));
    }
    assert_eq!(server.requests().len(), 2, "what is unknown is asked again, what is known is not");
}

#[tokio::test]
async fn equal_questions_wait_for_one_answer() {
    for reply in [Reply::new(200, FOUND), Dialect::Json.denial()] {
        let server = Server::start(move |_, _| {
            thread::sleep(Duration::from_millis(100));
            reply.clone()
        });
        let prober = AwsProber::new(&config(&server.url));
        let questions = vec![secret(); 20];
        let answers = join_all(questions.iter().map(|question| prober.ask(question))).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn after_the_deadline_nothing_is_waited_for() {
    // On a busy machine the deadline may pass before the first call has come.
    let is_silent = Arc::new(AtomicBool::new(true));
    let silent = Arc::clone(&is_silent);
    let server =
        Server::start(
            move |_, _| {
                if silent.load(Ordering::Relaxed) { Reply::Nothing } else { Reply::new(200, FOUND) }
            },
        );
    let prober = AwsProber::new(&config(&server.url));
    let started = Instant::now();
    let answer = prober.until(started + Duration::from_millis(100)).ask(&secret()).await;
    assert_eq!(unknown(&answer), "no answer before the deadline");
    assert!(started.elapsed() < Duration::from_secs(5), "a call is given up after six seconds");
    is_silent.store(false, Ordering::Relaxed);
    assert!(matches!(prober.ask(&secret()).await, Answer::Secret(_)), "who gave up holds nobody up");
}

#[tokio::test]
async fn one_slow_answer_silences_nothing_else() {
    let server = Server::start(|request, _| {
        if request.called().ends_with("DescribeSecret") {
            Reply::Nothing
        } else {
            Reply::new(200, r#"{"Versions": []}"#)
        }
    });
    let prober = AwsProber::new(&config(&server.url));
    assert!(matches!(prober.ask(&secret()).await, Answer::Unknown(_)));
    assert_eq!(prober.ask(&secret_versions()).await, Answer::SecretVersions(Vec::new()));
}

#[tokio::test]
async fn who_was_not_reached_is_not_called_again_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let reached = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reached);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
            drop(stream);
        }
    });
    let prober = AwsProber::new(&config(&url));
    for question in [secret(), secret_versions()] {
        let answer = prober.ask(&question).await;
        assert!(unknown(&answer).contains("cannot be reached"), "{answer:?}");
        assert_eq!(reached.load(Ordering::Relaxed), ATTEMPTS, "{question:?}");
    }
}

#[tokio::test]
async fn a_log_whose_last_pages_are_empty_is_read_before_them() {
    let read = |lines: usize| async move {
        let server = Server::start(move |_, before| {
            let events: Vec<Value> = (0..usize::from(before == lines))
                .map(|_| json!({"message": "cannot fetch the secret"}))
                .collect();
            Reply::new(
                200,
                json!({"events": events, "nextBackwardToken": format!("b/{}", before.min(8))}).to_string(),
            )
        });
        let question =
            json!({"LogLines": {"region": "eu-west-1", "group": "/ecs/api", "stream": "web/web/1"}});
        (ask(&server, &serde_json::from_value(question).expect("a question")).await, server.requests().len())
    };
    for pages in [0, 2, 3] {
        let (answer, calls) = read(pages).await;
        assert!(matches!(&answer, Answer::LogLines(lines) if lines.len() == 1), "{answer:?}");
        assert_eq!(calls, pages + 1);
    }
    assert_eq!(unknown(&read(6).await.0), "its last 4 pages are empty");
}

#[tokio::test]
async fn nobody_there_no_credentials_no_region() {
    let config = config("http://127.0.0.1:9");
    assert!(unknown(&AwsProber::new(&config).ask(&secret()).await).contains("onnection refused"));
    let server = Server::start(|_, _| Reply::new(200, "{}"));
    let bare = SdkConfig::builder().endpoint_url(&server.url).build();
    assert!(unknown(&AwsProber::new(&bare).ask(&secret()).await).contains("identity"));
    let nowhere = AwsProber::new(&bare).ask(&ask::TaskDefinition { name: "api:7".to_owned() }.into()).await;
    assert!(unknown(&nowhere).starts_with("no Region is configured"), "{nowhere:?}");
    let question = Question::from(ask::Secret { region: "evil.example/#".to_owned(), id: "x".to_owned() });
    assert_eq!(unknown(&AwsProber::new(&bare).ask(&question).await), "its Region is not the name of one");
    for (region, said) in [
        ("s3", "its Region is not the name of one"),
        ("cn-north-1", "it is in another partition of AWS (cn-north-1) than ecs-triage (eu-west-1)"),
    ] {
        let question = Question::from(ask::Secret { region: region.to_owned(), id: "x".to_owned() });
        assert_eq!(unknown(&ask(&server, &question).await), said);
    }
    let question = Question::from(ask::Objects {
        region: "eu-west-1".to_owned(),
        bucket: String::new(),
        prefix: String::new(),
    });
    assert_eq!(unknown(&ask(&server, &question).await), "it has no name");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn what_aws_says_is_cut_and_made_safe() {
    let long = format!("password=hunter2 \u{1b}[31m{}", "x".repeat(5000));
    let server =
        Server::start(move |_, _| Reply::new(400, json!({"__type": "Odd", "message": long}).to_string()));
    let answer = ask(&server, &secret()).await;
    let why = unknown(&answer);
    assert!(why.starts_with("Odd: password=%%%%%%%") && why.len() < 300 && !why.contains('\u{1b}'), "{why}");
}

#[tokio::test]
async fn endpoints_are_configured_as_for_any_client() {
    let one = Server::start(|_, _| Reply::new(200, r#"{"KeyMetadata": {"Arn": "arn:one"}}"#));
    let all = Server::start(|_, _| Reply::new(200, r#"{"ARN": "arn:all"}"#));
    let profile = format!(
        "[default]\nservices = here\nendpoint_url = {}\n[services here]\nkms =\n  endpoint_url = {}\n",
        all.url, one.url
    );
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, profile).build();
    let credentials = Credentials::new("AKIDEXAMPLE", "none", None, None, "test");
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .profile_files(files)
        .credentials_provider(credentials)
        .region(Region::new("eu-west-1"));
    let prober = AwsProber::new(&loader.load().await);
    assert!(matches!(prober.ask(&secret()).await, Answer::Secret(_)));
    assert!(matches!(
        prober.ask(&ask::Key { region: "eu-west-1".to_owned(), id: "k".to_owned() }.into()).await,
        Answer::Key(_)
    ));
    assert_eq!((one.requests().len(), all.requests().len()), (1, 1));
}

#[tokio::test]
async fn the_command_line_reads_stopped_tasks_clusters_and_the_journal() {
    let server = Server::start(|request, _| {
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        let is_second = body["nextToken"] == "t";
        let answer = match request.called().rsplit('.').next().unwrap_or_default() {
            "ListTasks" if is_second => {
                json!({"taskArns": (100..130).collect::<Vec<_>>().iter().map(ToString::to_string).collect::<Vec<_>>()})
            }
            "ListTasks" => {
                json!({"taskArns": (0..100).collect::<Vec<_>>().iter().map(ToString::to_string).collect::<Vec<_>>(), "nextToken": "t"})
            }
            "DescribeTasks" => {
                let tasks: Vec<Value> = body["tasks"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|arn| json!({"taskArn": arn}))
                    .collect();
                json!({"tasks": tasks, "failures": []})
            }
            "ListClusters" if is_second => json!({"clusterArns": ["two"]}),
            "ListClusters" => json!({"clusterArns": ["one"], "nextToken": "t"}),
            "FilterLogEvents" if is_second => {
                json!({"events": [{"message": "second", "logStreamName": "prod/a-i"}, {"message": "of another", "logStreamName": "prod/a-i-2"}]})
            }
            "FilterLogEvents" => json!({"events": [{"timestamp": 1, "message": "first"}], "nextToken": "t"}),
            other => panic!("not in the script: {other}"),
        };
        Reply::new(200, answer.to_string())
    });
    let prober = AwsProber::new(&config(&server.url));
    let (tasks, are_all) = prober.stopped_tasks(None, "prod", Some("api")).await.expect("tasks");
    assert!(are_all);
    let counts: Vec<_> = tasks
        .iter()
        .map(|text| {
            serde_json::from_str::<Value>(text).expect("JSON")["tasks"].as_array().map_or(0, Vec::len)
        })
        .collect();
    assert_eq!(counts, [100, 30]);
    let asked = server.requests()[0].body.clone();
    assert!(
        [r#""cluster":"prod""#, r#""serviceName":"api""#, r#""desiredStatus":"STOPPED""#]
            .iter()
            .all(|part| asked.contains(part)),
        "{asked}"
    );
    assert_eq!(prober.clusters(Some("eu-west-1")).await, Ok(vec!["one".to_owned(), "two".to_owned()]));
    let mut lines = Vec::new();
    let mut keep = |line: &str| {
        lines.push(line.to_owned());
        true
    };
    assert_eq!(
        prober
            .journal(
                None,
                "/journal",
                jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_750_000_000),
                Some("prod/a:i"),
                &mut keep
            )
            .await,
        Ok(true)
    );
    assert_eq!(lines, ["first", "second"]);
    let asked = server.requests().last().map(|request| request.body.clone()).unwrap_or_default();
    assert!(
        [r#""startTime":1750000000000"#, r#""logStreamNamePrefix":"prod/a-i""#, r#""nextToken":"t""#]
            .iter()
            .all(|part| asked.contains(part)),
        "{asked}"
    );
}

#[tokio::test]
async fn the_command_line_hears_why_not() {
    let server = Server::start(|request, _| match request.called().as_str() {
        "Logs_20140328.FilterLogEvents" => Dialect::Json.error(400, "ResourceNotFoundException"),
        _ => Dialect::Json.denial(),
    });
    let prober = AwsProber::new(&config(&server.url));
    let refused = "ecs-triage is not authorized to call ecs:ListTasks on prod: grant it to ecs-triage";
    assert_eq!(prober.stopped_tasks(None, "prod", None).await, Err(refused.to_owned()));
    assert_eq!(
        prober.journal(None, "/journal", jiff::Timestamp::UNIX_EPOCH, None, |_| true).await,
        Err("/journal does not exist".to_owned())
    );
}

/// The one call that is no read goes out once, whatever comes of it.
#[tokio::test]
async fn the_command_line_invokes_the_function_once() {
    let request = json!({"selftest": true});
    let invoked = |reply: Reply, function: &'static str| {
        let request = &request;
        async move {
            let server = Server::start(move |_, _| reply.clone());
            let answer = AwsProber::new(&config(&server.url)).invoke(None, function, request).await;
            let mut received = server.requests();
            assert_eq!(received.len(), 1, "{answer:?}");
            (answer, received.remove(0))
        }
    };
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:ecs-triage";
    let passed = json!({"schema": "ecs-triage/selftest/v1", "passed": true});
    let (answer, received) = invoked(Reply::new(200, passed.to_string()), arn).await;
    assert_eq!(answer, Ok(passed));
    assert_eq!(
        (received.method.as_str(), received.path.as_str(), received.scope().as_str(), received.body.as_str()),
        (
            "POST",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Aecs-triage/invocations",
            "eu-west-1/lambda",
            request.to_string().as_str()
        )
    );
    let refused = |status: u16, code: &str| {
        Reply::new(status, r#"{"Type": "User", "Message": "Words of AWS"}"#).with("x-amzn-errortype", code)
    };
    for (reply, said) in [
        (refused(404, "ResourceNotFoundException"), "there is no function ecs-triage in eu-west-1"),
        (
            refused(403, "AccessDeniedException"),
            "you are not authorized to call lambda:InvokeFunction on ecs-triage",
        ),
        (refused(429, "TooManyRequestsException"), "TooManyRequestsException: Words of AWS"),
        (refused(502, "EC2ThrottledException"), "EC2ThrottledException: Words of AWS"),
        (Reply::new(200, "no JSON"), "the answer of the function is not JSON"),
    ] {
        assert_eq!(invoked(reply, "ecs-triage").await.0, Err(said.to_owned()));
    }
}

/// By Smithy's rules AWS adds fields and words to what the SDK knows, and leaves others out; a value of
/// another type than its model's it cannot send.
#[tokio::test]
async fn of_tasks_all_is_read_whatever_aws_adds_to_one() {
    let arn = |number: usize| format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{number:032x}");
    let odd = [
        json!({"launchType": "ORBITAL", "lastStatus": "DREAMING", "stopCode": "TaskVanished"}),
        json!({"rockets": {"of": [1, null, {"any": "kind"}]}, "moons": [[]], "orbit": null}),
        json!({"containers": null, "attachments": [], "stoppedReason": null, "group": ""}),
        json!({"createdAt": 1_750_000_000, "stoppedAt": 1_750_000_000.123, "version": 0}),
        json!({"containers": [{"exitCode": null, "managedAgents": [{"name": "AnotherAgent", "reason": "none"}], "networkInterfaces": [{}]}]}),
        json!({"attachments": [{"type": "AnotherAttachment", "details": [{"name": "subnetId"}, {}]}]}),
        json!({}),
    ];
    let tasks: Vec<Value> = odd
        .iter()
        .enumerate()
        .map(|(number, odd)| {
            let mut task = odd.clone();
            task["taskArn"] = json!(arn(number));
            task
        })
        .collect();
    let answer = json!({"tasks": tasks, "failures": [{"arn": arn(99), "reason": "ANOTHER", "detail": null}]});
    let server = Server::start(move |_, _| Reply::new(200, answer.to_string()));
    let read = AwsProber::new(&config(&server.url)).described_task(&arn(0)).await.expect("it is read");
    let read: Value = serde_json::from_str(&read).expect("JSON");
    let arns: Vec<&str> =
        read["tasks"].as_array().into_iter().flatten().filter_map(|task| task["taskArn"].as_str()).collect();
    assert_eq!(arns, (0..odd.len()).map(arn).collect::<Vec<_>>());
    assert_eq!(
        (&read["tasks"][0]["stopCode"], &read["tasks"][3]["stoppedAt"]),
        (&json!("TaskVanished"), &json!(1_750_000_000.123))
    );
}

#[test]
fn the_table_of_hosts_is_the_one_of_awss_rules() {
    let mut program =
        Command::new(environment::python_environment("stack", "requirements.txt").join("python"));
    let printed = program
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["-B", "tests/adapters/endpoints.py"])
        .output()
        .expect("Python runs");
    let printed = String::from_utf8(printed.stdout).expect("it is UTF-8");
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adapters/endpoints.txt");
    if fs::read_to_string(&table).expect("the table can be read") != printed {
        fs::write(&table, printed).expect("the table can be written");
        panic!("tests/adapters/endpoints.txt was another than AWS's rules say, and is written anew");
    }
}
