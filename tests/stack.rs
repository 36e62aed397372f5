//! The template, and the whole stack on emulated AWS.
//!
//! The work is done by the programs in `tests/stack/`, whose heads say what they do and in what the emulated
//! stack differs from a deployment; each test here runs one of them and judges the JSON that it prints. Their
//! Python environments are made under `target/test-venv`, when missing or when the requirements changed.
//! Nothing is skipped: where Python or a package cannot be had, the test fails and says so.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

mod environment;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{self, Command};
use std::sync::LazyLock;

use ecs_triage::policy_document::{Decision, NamedRole, Principal, Request, decide};
use environment::{python_environment, run, said, succeed};
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const CLI: &str = env!("CARGO_BIN_EXE_ecs-triage");
/// Under a name of its own: `cargo lambda watch` has cargo put a build of its own in the place of the other,
/// while tests read it.
static FUNCTION: LazyLock<String> = LazyLock::new(|| {
    let name = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bootstrap");
    let passing = name.with_extension(process::id().to_string());
    let linked = fs::hard_link(env!("CARGO_BIN_EXE_ecs-triage-lambda"), &passing)
        .and_then(|()| fs::rename(&passing, &name));
    let _ = fs::remove_file(&passing); // still there where both were one file already
    linked.unwrap_or_else(|error| panic!("cannot link {}: {error}", name.display()));
    name.to_string_lossy().into_owned()
});

/// Events of `events/` that the rules drop: ends of tasks that had started.
const DROPPED: [&str; 2] = ["essential-container-exited", "scale-in"];
/// Another account of the organization.
const MEMBER: &str = "222233334444";
/// Not an event, but what Lambda gets from the queue.
const BATCH: &str = "sqs-batch";
/// Values that have everything in the stack that can be in it.
const EVERYTHING: [&str; 20] = [
    "WatchExits=on",
    "TeamTag=team",
    "ChatNotifications=yes",
    "WatchRotation=on",
    "ReadContainerLogs=yes",
    "TrustedAccounts=222233334444",
    "SharedAccounts=222233334444,333344445555",
    "OrganizationId=o-a1b2c3d4e5",
    "MemberRolePath=/team/",
    "RedriveRoleArn=arn:aws:iam::111122223333:role/ops/Redrive",
    "PermissionsBoundaryArn=arn:aws:iam::111122223333:policy/Boundary",
    "EventBusArn=arn:aws:events:us-east-1:111122223333:event-bus/default",
    "NotificationEmail=you@example.com",
    "AlarmTopicArn=arn:aws:sns:us-east-1:111122223333:alarms",
    "DeploymentHook=block",
    "PauseHook=warn",
    "CloudFormationHook=block",
    "CustomResource=warn",
    "CheckClusters=prod,web",
    "DoorsConcurrency=5",
];

#[test]
fn the_template_passes_the_linters() {
    let template =
        fs::read_to_string(Path::new(ROOT).join("template.yaml")).expect("the template can be read");
    assert!(!template.contains("cfn-lint"), "the template must not configure its linter");
    let linter = python_environment("stack", "requirements.txt").join("cfn-lint");
    succeed(
        Command::new(linter)
            .args(["--", "template.yaml", "queries.yaml", "deploy/member.yaml", "examples/*.yaml"]),
    );
    let sam = python_environment("sam", "requirements-sam.txt");
    let mut validate = Command::new(sam.join("sam"));
    validate.args(["validate", "--lint", "--template", "template.yaml"]).env("__SAM_CLI_APP_DIR", &sam);
    succeed(validate.env("AWS_DEFAULT_REGION", "us-east-1").env("SAM_CLI_TELEMETRY", "0"));
}

/// `sam build` calls cargo-lambda like this, which has ideas of its own of features and of the release profile.
#[test]
fn the_function_is_built_without_profiles_of_people_and_with_our_profile() {
    let asked = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo-build");
    let cargo = asked.with_extension("sh");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = build ] || exec {} \"$@\"\necho \"$@\" > {}\nexit 1\n",
        env!("CARGO"),
        asked.display()
    );
    fs::write(&cargo, script)
        .and_then(|()| fs::set_permissions(&cargo, Permissions::from_mode(0o755)))
        .expect("it can be written");
    let program = python_environment("stack", "requirements.txt").join("cargo-lambda");
    let mut build = Command::new(program);
    build.args(["lambda", "build", "--release", "--compiler", "cargo", "--bin", "ecs-triage-lambda"]);
    run(build.env("CARGO", &cargo).env("CARGO_TARGET_DIR", asked.with_extension("target")));
    let asked = fs::read_to_string(&asked).expect("it came to cargo build");
    assert!(asked.contains(" --no-default-features ") && asked.contains(" --features aws "), "{asked}");
    assert!(!asked.contains("profile."), "a setting that we leave out is chosen for us: {asked}");
    let tree = [
        "tree", "--offline", "--edges", "normal", "--prefix", "none", "--no-default-features", "--features",
        "aws",
    ];
    let built = succeed(Command::new(env!("CARGO")).args(tree));
    let built = String::from_utf8_lossy(&built.stdout);
    let for_people = ["aws-sdk-sso ", "aws-sdk-ssooidc ", "aws-sdk-signin "];
    assert!(built.contains("aws-sdk-ecs ") && for_people.iter().all(|of| !built.contains(of)), "{built}");
}

#[test]
fn the_rules_pass_failed_starts_and_their_ends_and_nothing_else() {
    let names = event_names().into_iter().filter(|name| name != BATCH);
    let cases = names.map(|name| json!({"name": name, "file": format!("{ROOT}/events/{name}.json"), "expected": !DROPPED.contains(&name.as_str())}));
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join("event-cases.json");
    fs::write(&list, cases.collect::<Value>().to_string()).expect("the list can be written");
    let judged =
        python(&["tests/stack/pattern.py", "tests/stack/pattern-cases.json", &list.to_string_lossy()]);
    for result in judged["results"].as_array().expect("a list") {
        let rules = match (result["expected"] == true, result["type"].as_str()) {
            (false, _) => json!([]),
            (true, Some("ECS Task State Change")) => json!(["Rule"]),
            (true, Some("Secret Label Updated" | "Parameter Store Change")) => json!(["RotationRule"]),
            (true, _) => json!(["ServiceRule"]),
        };
        assert_eq!(result["matched"], rules, "{}", result["name"]);
    }
}

#[test]
fn exits_pass_where_they_are_watched() {
    let of = |name: &str, expected: bool| json!({"name": name, "file": format!("{ROOT}/events/{name}.json"), "expected": expected});
    let mut ended = fs::read_to_string(Path::new(ROOT).join("events/essential-container-exited.json"))
        .map(|text| serde_json::from_str::<Value>(&text).expect("JSON"))
        .expect("it can be read");
    for container in ended["detail"]["containers"].as_array_mut().expect("containers") {
        container["exitCode"] = json!(0);
    }
    let cases = json!([
        of("essential-container-exited", true),
        of("scale-in", false),
        of("secret-key-missing", true),
        {"name": "a job that ended well", "event": ended, "expected": false},
    ]);
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exit-cases.json");
    fs::write(&list, cases.to_string()).expect("the list can be written");
    python(&["tests/stack/pattern.py", "--set", "WatchExits=on", &list.to_string_lossy()]);
}

/// By ARN or by name, which the ARN ends with; a deployment that is done does not say its cluster.
#[test]
fn the_rules_pass_the_clusters_that_are_chosen() {
    let stopped = |cluster: &str| {
        json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "account": "111122223333",
            "detail": {"clusterArn": cluster, "lastStatus": "STOPPED", "stopCode": "TaskFailedToStart"}})
    };
    let steady = |cluster: &str| {
        json!({"source": "aws.ecs", "detail-type": "ECS Service Action", "account": "111122223333",
            "detail": {"clusterArn": cluster, "eventName": "SERVICE_STEADY_STATE"}})
    };
    let done = json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "account": "111122223333",
        "detail": {"eventName": "SERVICE_DEPLOYMENT_COMPLETED"}});
    let failed = json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "account": "111122223333",
        "detail": {"eventName": "SERVICE_DEPLOYMENT_FAILED"}});
    let arn = |cluster: &str| format!("arn:aws:ecs:us-east-1:111122223333:cluster/{cluster}");
    let names = ["prod", "staging", "sandbox", "my-sandbox", "sandbox-2"];
    let include = format!("IncludeClusters={},{}", arn("prod"), arn("sandbox-2"));
    let excluded = ["my-sandbox", "prod", "sandbox-2"];
    for (parameters, watched) in [
        (&[][..], &names[..]),
        (&[&*include], &["prod", "sandbox-2"]),
        (&["ExcludeClusters=sandbox,staging"], &excluded),
        (&["ExcludeClusters=sandbox"], &["prod", "staging", "my-sandbox", "sandbox-2"]),
        (&[&*include, "ExcludeClusters=prod"], &["prod", "sandbox-2"]),
    ] {
        let of_clusters = names.iter().flat_map(|name| {
            [stopped(&arn(name)), steady(&arn(name))]
                .map(|event| json!({"name": name, "expected": watched.contains(name), "event": event}))
        });
        let cases = of_clusters.chain([
            json!({"name": "done", "expected": true, "event": &done}),
            json!({"name": "failed", "expected": parameters.is_empty(), "event": &failed}),
        ]);
        let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cluster-cases.json");
        fs::write(&list, cases.collect::<Value>().to_string()).expect("the list can be written");
        let set: Vec<String> = parameters.iter().map(|parameter| format!("--set={parameter}")).collect();
        let program = ["tests/stack/pattern.py"].into_iter().chain(set.iter().map(String::as_str));
        // It fails by itself where one is not as expected.
        python(&program.chain([&*list.to_string_lossy()]).collect::<Vec<_>>());
    }
}

/// The member's rules pass what the hub's do; the hub's pass its own account and those that are listed, where an organization's
/// accounts send past them.
#[test]
fn the_rules_of_a_member_pass_its_failures_and_those_of_a_hub_no_strangers() {
    let cases =
        fs::read_to_string(Path::new(ROOT).join("tests/stack/pattern-cases.json")).expect("they can be read");
    let mut of_ecs = document(&cases);
    // Of secrets and parameters the hub follows its own account's.
    of_ecs
        .as_array_mut()
        .expect("a list")
        .retain(|case| case["event"]["detail-type"].as_str().is_some_and(|kind| kind.starts_with("ECS ")));
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join("member-cases.json");
    fs::write(&list, of_ecs.to_string()).expect("the list can be written");
    let of_ecs = &*list.to_string_lossy();
    let with = |parameters: &[&str], list: &str| {
        let set: Vec<String> = parameters.iter().map(|parameter| format!("--set={parameter}")).collect();
        let program = ["tests/stack/pattern.py"].into_iter().chain(set.iter().map(String::as_str));
        python(&program.chain([list]).collect::<Vec<_>>())
    };
    let organization = "OrganizationId=o-a1b2c3d4e5";
    let here = with(&[], of_ecs);
    let hub = [
        "--template=deploy/member.yaml",
        "--set=HubQueueArn=arn:aws:sqs:us-east-1:111122223333:ecs-triage",
        "--set=HubRoleArn=arn:aws:iam::111122223333:role/ecs-triage",
        &format!("--set={organization}"),
        of_ecs,
    ];
    let there = python(&[&["tests/stack/pattern.py"], &hub[..]].concat());
    assert_eq!(there["results"], here["results"]);
    assert_eq!(there["patterns"]["Rule"], here["patterns"]["Rule"]);

    let failure = |account: &str, expected: bool| {
        json!({"name": account, "expected": expected, "event": {
            "source": "aws.ecs", "detail-type": "ECS Task State Change", "account": account,
            "detail": {"clusterArn": format!("arn:aws:ecs:us-east-1:{account}:cluster/prod"), "lastStatus": "STOPPED", "stopCode": "TaskFailedToStart"}}})
    };
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join("account-cases.json");
    for (parameters, passed) in [
        (&[organization][..], &["111122223333"][..]),
        (
            &[organization, "TrustedAccounts=333344445555,444455556666"],
            &["111122223333", "333344445555", "444455556666"],
        ),
        (&["TrustedAccounts=333344445555"], &["111122223333", "333344445555", "444455556666", MEMBER]),
    ] {
        let all = ["111122223333", "333344445555", "444455556666", MEMBER];
        let cases: Value = all.iter().map(|account| failure(account, passed.contains(account))).collect();
        fs::write(&list, cases.to_string()).expect("the list can be written");
        with(parameters, &list.to_string_lossy());
    }
}

/// What the queue's policy says to principals of other accounts, where it serves an organization.
#[test]
fn of_other_accounts_only_the_sender_roles_of_the_organization_send() {
    const ORGANIZATION: &str = "o-a1b2c3d4e5";
    let parameters = [&format!("OrganizationId={ORGANIZATION}"), "MemberRolePath=/team/", "RolePath=/team/"];
    for more in [&[][..], &["RedriveRoleArn=arn:aws:iam::111122223333:role/ops/Redrive"]] {
        let stack = python(&[&["tests/stack/policies.py"], &parameters[..], more].concat());
        let asked = |role: &str, organization: &str, action: &str, tls: &str| {
            let organizations = [organization];
            let organization: &[&str] = if organization.is_empty() { &[] } else { &organizations };
            let context = [
                ("aws:PrincipalOrgID", organization),
                ("aws:SecureTransport", &[tls][..]),
                ("aws:SourceArn", &[]),
            ];
            let request = Request {
                principal: Principal::Role(NamedRole::parse(role).expect("a role's ARN")),
                action,
                resource: stack["queue"]["arn"].as_str().expect("an ARN"),
                context: &context,
            };
            match decide(&stack["queue"]["policy"], &request) {
                Decision::Allowed(_) => "allowed",
                Decision::Denied(_) => "denied",
                // Across accounts that is a refusal.
                Decision::NotAllowed { .. } => "not said",
                Decision::Unsure(why) => panic!("{role} {action}: {why}"),
            }
        };
        let sender = |account: &str| format!("arn:aws:iam::{account}:role/team/ecs-triage-sender-us-east-1");
        for account in [MEMBER, "999988887777"] {
            assert_eq!(asked(&sender(account), ORGANIZATION, "sqs:SendMessage", "true"), "allowed");
            assert_eq!(asked(&sender(account), ORGANIZATION, "sqs:SendMessage", "false"), "denied");
            assert_eq!(asked(&sender(account), ORGANIZATION, "sqs:ReceiveMessage", "true"), "denied");
            for other in ["o-zzzzzzzzzz", "o-a1b2c3d4e", ""] {
                assert_eq!(asked(&sender(account), other, "sqs:SendMessage", "true"), "not said", "{other}");
            }
        }
        for role in [
            "arn:aws:iam::222233334444:role/ecs-triage-sender-us-east-1",
            "arn:aws:iam::222233334444:role/team/ecs-triage-sender-eu-west-1",
            "arn:aws:iam::222233334444:role/team/ecs-triage-reader-us-east-1",
            "arn:aws:iam::222233334444:role/team/Admin",
            "arn:aws:iam::222233334444:role/other/team/ecs-triage-sender-us-east-1",
            "arn:aws:iam::111122223333:role/Admin",
        ] {
            assert_eq!(asked(role, ORGANIZATION, "sqs:SendMessage", "true"), "denied", "{role}");
        }
        let redrive =
            asked("arn:aws:iam::111122223333:role/ops/Redrive", ORGANIZATION, "sqs:SendMessage", "true");
        assert_eq!(redrive == "not said", !more.is_empty());
        let read = &stack["permissions"]["read-members"][0];
        assert_eq!(read["Condition"], json!({"StringEquals": {"aws:ResourceOrgID": ORGANIZATION}}));
        assert_eq!(read["Resource"], "arn:aws:iam::*:role/team/ecs-triage-reader-us-east-1");
    }
    let alone = python(&["tests/stack/policies.py"]).to_string();
    assert!(
        !alone.contains("PrincipalOrgID") && !alone.contains("sts:AssumeRole\""),
        "one account alone has neither: {alone}"
    );
}

/// What is refused is corrected, or the template says beside it why it stands.
#[test]
fn what_checkov_finds_is_explained() {
    let environment = python_environment("checkov", "requirements-checkov.txt");
    let deployed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployed.json");
    fs::write(&deployed, python(&[&["tests/stack/transform.py"], &EVERYTHING[..]].concat()).to_string())
        .expect("the template can be written");
    let mut checkov = Command::new(environment.join("checkov"));
    checkov
        .args(["--framework", "cloudformation", "--skip-download", "--compact", "--output", "json", "--file"])
        .arg(&deployed)
        .arg("deploy/member.yaml");
    // It exits with 1 where it found something, which is told by name below. Nothing is asked of anybody.
    let output = run(checkov.env("CKV_SKIP_PACKAGE_UPDATE_CHECK", "true"));
    let found = document(&String::from_utf8_lossy(&output.stdout));
    let checks = |kind: &str| {
        found["results"][kind].as_array().unwrap_or_else(|| panic!("no {kind}: {}", said(&output))).clone()
    };
    let told =
        |check: &Value| format!("{} {}: {}", check["check_id"], check["resource"], check["check_name"]);
    assert_eq!(checks("failed_checks").iter().map(told).collect::<Vec<_>>(), Vec::<String>::new());
    for skipped in checks("skipped_checks") {
        let reason = skipped["check_result"]["suppress_comment"].as_str().unwrap_or_default();
        assert!(reason.len() > 20, "{} is skipped without a reason", told(&skipped));
    }
    assert_eq!(found["summary"]["parsing_errors"], 0);
    assert!(checks("passed_checks").len() > 10, "{}", found["summary"]);
}

/// What the policies say to those who have every permission in the account. A person's request carries no
/// `aws:SourceArn`, a service's no role.
#[test]
#[expect(clippy::too_many_lines, reason = "one table of who may do what")]
fn within_the_account_only_the_rules_send_and_only_the_function_receives_and_publishes() {
    const REDRIVE: &str = "arn:aws:iam::111122223333:role/ops/Redrive";
    const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
    let redriven = format!("RedriveRoleArn={REDRIVE}");
    for parameters in [
        &["ChatNotifications=no"][..],
        &["ChatNotifications=yes", "WatchRotation=on", "RolePath=/team/", &redriven],
    ] {
        let stack = python(&[&["tests/stack/policies.py"], parameters].concat());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (function, rules) = (text(&stack["role"]), [0, 1].map(|index| text(&stack["rules"][index])));
        let asked = |of: &str, principal: Principal<'_>, action: &str, context: &[(&str, &[&str])]| {
            let request = Request { principal, action, resource: &text(&stack[of]["arn"]), context };
            match decide(&stack[of]["policy"], &request) {
                Decision::Allowed(_) => "allowed",
                Decision::Denied(_) => "denied",
                Decision::NotAllowed { .. } => "not said", // so that the caller's own permission decides
                Decision::Unsure(why) => panic!("{of} {action}: {why}"),
            }
        };
        let role = |of: &str, arn: &str, action: &str, context: &[(&str, &[&str])]| {
            asked(of, Principal::Role(NamedRole::parse(arn).expect("a role's ARN")), action, context)
        };
        let service = |of: &str, name: &str, source: &str| {
            let context = [
                ("aws:SourceArn", &[source][..]),
                ("aws:PrincipalArn", &[]),
                ("aws:SecureTransport", &["true"]),
            ];
            asked(of, Principal::Service(name), "sqs:SendMessage", &context)
        };
        let may_redrive = parameters.contains(&redriven.as_str());
        for queue in ["queue", "dead_letters"] {
            assert_eq!(
                rules.each_ref().map(|rule| service(queue, "events.amazonaws.com", rule)),
                ["allowed"; 2],
                "{queue}"
            );
            let another = "arn:aws:events:us-east-1:111122223333:rule/another";
            assert_eq!(service(queue, "events.amazonaws.com", another), "denied", "{queue}");
            assert_eq!(
                service(queue, "sns.amazonaws.com", "arn:aws:sns:us-east-1:111122223333:topic"),
                "denied",
                "{queue}"
            );
            assert_eq!(
                [ADMIN, &function].map(|arn| role(queue, arn, "sqs:SendMessage", &[])),
                ["denied"; 2],
                "{queue}"
            );
            assert_eq!(
                role(queue, REDRIVE, "sqs:SendMessage", &[]) == "not said",
                may_redrive && queue == "queue",
                "{queue}"
            );
            assert_eq!(role(queue, &function, "sqs:ReceiveMessage", &[]), "not said", "{queue}");
            assert_eq!(
                role(queue, &function, "sqs:ReceiveMessage", &[("aws:SecureTransport", &["false"])]),
                "denied",
                "{queue}"
            );
        }
        if let Some(rule) = stack["rotation_rule"].as_str() {
            let sends = |of: &str| service(of, "events.amazonaws.com", rule);
            assert_eq!(["rotations", "dead_letters", "queue"].map(sends), ["allowed", "allowed", "denied"]);
            assert_eq!(
                rules.each_ref().map(|other| service("rotations", "events.amazonaws.com", other)),
                ["denied"; 2]
            );
            assert_eq!(
                [ADMIN, &function].map(|arn| role("rotations", arn, "sqs:SendMessage", &[])),
                ["denied"; 2]
            );
            let receives = |arn: &&str| role("rotations", arn, "sqs:ReceiveMessage", &[]);
            assert_eq!(
                [ADMIN, REDRIVE, &function].each_ref().map(receives),
                ["denied", "denied", "not said"]
            );
            let own = text(&stack["rotations"]["arn"]);
            assert_eq!(service("dead_letters", "sqs.amazonaws.com", &own), "not said");
        }
        assert_eq!(service("dead_letters", "sqs.amazonaws.com", &text(&stack["queue"]["arn"])), "not said");
        assert_eq!([ADMIN, REDRIVE].map(|arn| role("queue", arn, "sqs:ReceiveMessage", &[])), ["denied"; 2]);
        assert_eq!(role("dead_letters", ADMIN, "sqs:ReceiveMessage", &[]), "not said");
        for topic in ["topic", "chat"].into_iter().filter(|topic| !stack[*topic].is_null()) {
            assert_eq!(role(topic, &function, "sns:Publish", &[]), "not said", "{topic}");
            assert_eq!(
                [ADMIN, REDRIVE].map(|arn| role(topic, arn, "sns:Publish", &[])),
                ["denied"; 2],
                "{topic}"
            );
            let subscribe = |protocol: &str, tls: &str| {
                role(
                    topic,
                    ADMIN,
                    "sns:Subscribe",
                    &[("sns:Protocol", &[protocol]), ("aws:SecureTransport", &[tls])],
                )
            };
            assert_eq!(
                ["email", "email-json", "https", "lambda", "sqs"].map(|protocol| subscribe(protocol, "true")),
                ["allowed"; 5],
                "{topic}"
            );
            assert_eq!([subscribe("http", "true"), subscribe("https", "false")], ["denied"; 2], "{topic}");
            assert_eq!(
                role(
                    topic,
                    "arn:aws:iam::444455556666:role/Admin",
                    "sns:Subscribe",
                    &[("sns:Protocol", &["https"])]
                ),
                "not said",
                "{topic}"
            );
        }
        assert!(
            stack["retention"]["queue"].as_u64() < stack["retention"]["dead_letters"].as_u64(),
            "{}",
            stack["retention"]
        );
    }
}

#[test]
fn an_event_on_the_bus_becomes_a_notice_and_a_journal_entry() {
    let outcome = stack(
        "--via bus --events events/secret-key-missing.json --task-definition events/task-definitions/api.json",
    );
    let notice = only(&outcome["notices"]);
    assert_contains(
        &notice["subject"],
        &["[ECS prod 3333/us-east-1] api not starting: ", "prod/db", "password"],
    );
    assert_contains(&notice["message"], &["secret-key-missing", "prod/db", "container web", "DB_PASSWORD"]);
    let attributes = json!({
        "state": "opened", "cause": "secret-key-missing", "verdict": "likely", "owner": "secret-owner", "step": "secrets-manager",
        "fault": "json-key-missing", "cluster": "prod", "workload": "api", "account": "111122223333", "region": "us-east-1",
    });
    assert_eq!(notice["attributes"], attributes);
    let entry = only(&outcome["journal"]);
    assert_eq!(entry["stream"], "prod/api");
    let line = entry["message"].as_str().expect("a line");
    assert_eq!(proved(&document(line)), proved(&document(&typed("secret-key-missing", "api"))));
    assert_contains(&outcome["function_log"], &[line]);
    assert_eq!(
        (&document(line)["schema"], &document(line)["incident"]["occurrences"]),
        (&json!("ecs-triage/v1"), &json!(1))
    );
    assert_eq!((&outcome["queue"], &outcome["dlq"]), (&json!(0), &json!(0)));
}

/// From the tag of the service, which the template's permission covers, to the attribute by which filters select.
#[test]
fn a_notice_is_routed_by_the_tag_of_its_service() {
    let outcome = stack(
        "--probing full --listen --team storefront --events events/secret-key-missing.json --task-definition events/task-definitions/api.json",
    );
    let notice = only(&outcome["notices"]);
    assert_eq!(
        (&notice["attributes"]["team"], &notice["attributes"]["step"]),
        (&json!("storefront"), &Value::Null)
    );
    assert_contains(&notice["message"], &["\nTEAM: storefront\n"]);
    assert_eq!(only(&outcome["bus"])["detail"]["incident"]["team"], "storefront");
    let context = &only(&outcome["chats"])["metadata"]["additionalContext"];
    assert_eq!(context["team"], "storefront");
}

/// As it comes with a release, with its zip in a bucket that parameters name.
#[test]
fn the_plain_template_is_deployed_and_heard() {
    let plain = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plain.json");
    fs::write(&plain, python(&[".ci/plain-template", "1.2.3"]).to_string()).expect("it can be written");
    let outcome = stack(&format!(
        "--template {} --probing full --events events/parameter-missing.json --task-definition events/task-definitions/",
        plain.display()
    ));
    let notice = only(&outcome["notices"]);
    assert_eq!(
        (&notice["attributes"]["cause"], &notice["attributes"]["verdict"]),
        (&json!("parameter-missing"), &json!("confirmed"))
    );
    assert_eq!((&outcome["queue"], &outcome["dlq"]), (&json!(0), &json!(0)));
}

/// From the rule of a member account by its sender role to the hub, whose function asks in the member by its reader role. What the
/// member lacks the hub's own account has.
#[test]
fn a_failure_in_a_member_account_is_heard_by_the_hub_and_proved_in_the_member() {
    let outcome = hub(&["--events", "events/parameter-missing.json"]);
    let notice = only(&outcome["notices"]);
    let attributes = ["account", "cause", "verdict"].map(|name| notice["attributes"][name].as_str());
    assert_eq!(attributes, [Some(MEMBER), Some("parameter-missing"), Some("confirmed")]);
    assert_contains(&notice["subject"], &["[ECS batch 4444/eu-west-1] "]);
    assert_contains(
        &notice["message"],
        &[
            "nightly-report in batch (eu-west-1, 222233334444)",
            "(confirmed by DescribeParameters)",
            "\nIn account 222233334444:\n",
        ],
    );
    let asked = outcome["asked"].as_array().expect("a list");
    assert!(!asked.is_empty() && asked.iter().all(|call| call[0] == MEMBER), "{asked:?}");
    let refused = outcome["refused"].as_object().expect("an object");
    assert!(refused.len() == 5 && refused.values().all(|code| code == "AccessDenied"), "{refused:?}");
    assert_eq!(document(messages(&outcome["journal"])[0])["task"]["account"], MEMBER);
    assert_eq!((&outcome["queue"], &outcome["dlq"]), (&json!(0), &json!(0)));
}

#[test]
fn a_member_whose_role_cannot_be_assumed_is_heard_and_the_role_is_named() {
    let outcome = hub(&["--without-reader", "--events", "events/parameter-missing.json"]);
    let notice = only(&outcome["notices"]);
    assert_eq!(
        (&notice["attributes"]["account"], &notice["attributes"]["verdict"]),
        (&json!(MEMBER), &json!("likely"))
    );
    let role =
        "ecs-triage could not assume the role arn:aws:iam::222233334444:role/ecs-triage-reader-us-east-1";
    assert_contains(&notice["message"], &["Not checked: ", role]);
    assert_eq!(outcome["asked"], json!([]), "nobody else's credentials serve");
}

/// From the event of a service that does not start, by its stopped tasks.
#[test]
fn a_start_that_is_impaired_is_told_by_the_tasks_that_stopped() {
    let outcome = stack(
        "--probing full --stopped tests/stack/stopped/tasks.json --events tests/stack/stopped/event.json --entries 2 --task-definition events/task-definitions/api.json",
    );
    let notice = only(&outcome["notices"]);
    assert_eq!(
        (&notice["attributes"]["cause"], &notice["attributes"]["workload"]),
        (&json!("secret-key-missing"), &json!("api"))
    );
    assert_contains(&notice["message"], &["2 failed starts since "]);
    assert_eq!((&outcome["queue"], &outcome["dlq"]), (&json!(0), &json!(0)));
}

/// From the event of a service that does not start to what its application wrote, by the permission that the template
/// gives for it; nothing else of the log leaves. Without that permission the notice says what would let it be read.
#[test]
fn a_start_that_is_impaired_is_told_by_what_the_application_wrote() {
    let of = |more: &str| {
        stack(&format!(
            "--probing full --stopped tests/stack/stopped/exited.json --events tests/stack/stopped/event.json --task-definition events/task-definitions/api.json {more}"
        ))
    };
    let told = of("--logs tests/stack/stopped/logs.json --entries 2");
    let notice = only(&told["notices"]);
    assert_eq!(
        (&notice["attributes"]["cause"], &notice["attributes"]["verdict"], &notice["attributes"]["workload"]),
        (&json!("secret-missing"), &json!("likely"), &json!("api")),
        "the emulator has no such secret, and an application may ask in another Region"
    );
    assert_contains(
        &notice["message"],
        &["Secret prod/stripe does not exist", "THE APPLICATION SAID (log:3, container web)"],
    );
    assert!(!told.to_string().contains("hunter2"), "{told}");
    let tail =
        "aws logs get-log-events --region us-east-1 --log-group-name /ecs/api --log-stream-name web/web/";
    for (more, why) in [
        ("", "what the log of container web says: ReadContainerLogs=yes allows ecs-triage to read it"),
        (
            "--logs tests/stack/stopped/logs.json --deny logs:GetLogEvents",
            "what the log of container web says: ecs-triage is not authorized to call logs:GetLogEvents",
        ),
    ] {
        let untold = of(more);
        let notice = only(&untold["notices"]);
        assert_contains(
            &notice["message"],
            &[
                "Tasks of the service do not start, or stop soon after",
                "container web exited with 1 in 2 of 2",
                why,
                tail,
            ],
        );
    }
}

/// From the event through the rule of rotations and their queue, where the change stays while a task holds the old value.
#[test]
fn a_changed_secret_on_the_bus_becomes_a_notice_and_stays_in_its_queue() {
    let outcome = stack(
        "--probing full --listen --running tests/stack/rotation/running.json --events tests/stack/rotation/event.json --task-definition events/task-definitions/api.json",
    );
    let notice = only(&outcome["notices"]);
    assert_eq!(
        notice["subject"],
        "[ECS prod 3333/us-east-1] prod/db changed: 2 tasks of prod/api hold the old value"
    );
    assert_contains(
        &notice["message"],
        &[
            "\naws ecs update-service --region us-east-1 --cluster prod --service api --force-new-deployment\n",
            "- prod/api: 2 of 2 started before the change; ",
        ],
    );
    assert_eq!(
        (&notice["attributes"]["state"], &notice["attributes"]["workload"]),
        (&json!("stale"), &json!("api"))
    );
    let entry = only(&outcome["journal"]);
    assert_eq!(entry["stream"], "rotation/prod/db");
    assert_eq!(only(&outcome["bus"])["detail"], document(entry["message"].as_str().expect("a line")));
    assert_eq!(only(&outcome["chats"])["metadata"]["summary"], notice["subject"]);
    assert_eq!(
        (&outcome["rotations"], &outcome["queue"], &outcome["dlq"]),
        (&json!(1), &json!(0), &json!(0))
    );
}

/// The emulator has none of the parameters, and its IAM lets the function ask with the template's policy.
#[test]
fn a_diagnosis_is_proved_with_the_permissions_of_the_template() {
    let outcome = stack(
        "--probing full --events events/parameter-missing.json --task-definition events/task-definitions/",
    );
    let notice = only(&outcome["notices"]);
    assert_eq!(
        (&notice["attributes"]["cause"], &notice["attributes"]["verdict"]),
        (&json!("parameter-missing"), &json!("confirmed"))
    );
    assert_contains(&notice["message"], &["(confirmed by DescribeParameters)"]);
}

/// The emulator holds no such secret, which the function may ask; the stack may be about to make it.
#[test]
fn a_hook_of_cloudformation_is_answered_by_the_state_of_the_account() {
    let outcome = stack(
        "--probing full --events events/parameter-missing.json --task-definition events/task-definitions/ --door tests/doors/cloud-control.json",
    );
    let answer = &outcome["responses"][0];
    assert_eq!(
        (&answer["hookStatus"], &answer["clientRequestToken"]),
        (&json!("SUCCESS"), &json!("f5b9d0d4-1d3f-4f0f-8a3a-0e3b1a2c4d5e")),
        "{answer:#}"
    );
    assert_contains(&answer["message"], &["[secret-missing]", "confirmed by DescribeSecret"]);
    assert!(!answer.to_string().contains("the version asked for"), "of what is not there: {answer:#}");
}

/// The rule of the schedule invokes the function, which finds out by itself what the cluster starts.
#[test]
fn a_schedule_tells_of_the_next_task_of_a_service() {
    let outcome = stack(
        "--probing full --events events/scale-in.json --task-definition events/task-definitions/nightly-report.json --cluster batch --expect 1",
    );
    let response = &outcome["responses"][0];
    assert_eq!(response["rule"], "rate(12 hours)");
    let checked = "1 services looked at; next tasks that would not start: nightly-report (";
    assert_contains(&response["answer"]["checked"][0]["message"], &[checked]);
    let notice = only(&outcome["notices"]);
    assert_contains(&notice["subject"], &["nightly-report next task would not start: "]);
    assert_eq!(
        (&notice["attributes"]["verdict"], &notice["attributes"]["state"], &notice["attributes"]["cluster"]),
        (&json!("confirmed"), &json!("opened"), &json!("batch"))
    );
    assert_contains(&notice["message"], &["1 check since ", "Next task (nightly-report:"]);
}

#[test]
fn with_probing_off_it_goes_by_the_words_and_says_so() {
    let outcome = stack(
        "--probing off --events events/parameter-missing.json --task-definition events/task-definitions/",
    );
    let notice = only(&outcome["notices"]);
    assert_eq!(
        (&notice["attributes"]["cause"], &notice["attributes"]["verdict"]),
        (&json!("parameter-missing"), &json!("likely"))
    );
    assert_contains(&notice["message"], &["ecs-triage is set to ask nothing"]);
    assert_eq!(outcome["asked"], json!([]));
}

#[test]
fn a_batch_invoked_by_hand_is_announced_and_answered() {
    let outcome = stack(
        "--via invoke --events events/sqs-batch.json --expect 2 --task-definition events/task-definitions/",
    );
    assert_eq!(outcome["responses"], json!([{"batchItemFailures": []}]));
    assert_eq!((length(&outcome["notices"]), length(&outcome["journal"])), (2, 2));
}

#[test]
fn a_poison_message_reaches_the_dead_letter_queue_alone() {
    let outcome = stack("--poison --events events/secret-key-missing.json");
    assert_eq!(outcome["dead_letters"], json!(["this is not JSON"]));
    assert_eq!((&outcome["queue"], &outcome["dlq"]), (&json!(0), &json!(1)));
    assert_eq!(only(&outcome["notices"])["attributes"]["cause"], "secret-key-missing");
}

#[test]
fn a_definition_that_may_not_be_read_is_said() {
    let outcome = stack(
        "--deny ecs:DescribeTaskDefinition --events events/secret-key-missing.json --task-definition events/task-definitions/",
    );
    let notice = only(&outcome["notices"]);
    assert_eq!(notice["attributes"]["cause"], "secret-key-missing");
    assert_contains(
        &notice["message"],
        &[
            "could not be read",
            "ecs-triage is not authorized to call ecs:DescribeTaskDefinition on arn:aws:ecs:",
            "grant it to ecs-triage",
        ],
    );
}

#[test]
fn a_definition_that_does_not_come_in_time_is_said() {
    let outcome =
        stack("--hang --events events/secret-key-missing.json --task-definition events/task-definitions/");
    assert_contains(
        &only(&outcome["notices"])["message"],
        &["secret-key-missing", "could not be read (no answer in time)"],
    );
    assert_eq!(outcome["queue"], 0);
}

/// Two services that ask for one secret, of which one is well again: people, chats, machines and the journal
/// hear the same story.
#[test]
fn an_incident_is_announced_on_every_channel() {
    let opened = "events/secret-key-missing.json";
    let mut another =
        document(&fs::read_to_string(Path::new(ROOT).join(opened)).expect("the event can be read"));
    another["detail"]["group"] = json!("service:web");
    another["detail"]["taskArn"] =
        json!("arn:aws:ecs:us-east-1:111122223333:task/prod/00000000000000000000000000000002");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("another.json");
    fs::write(&path, another.to_string()).expect("the event can be written");
    let events = format!("{opened} {} events/service-steady-state.json", path.display());
    let outcome =
        stack(&format!("--listen --via invoke --task-definition events/task-definitions/ --events {events}"));

    let notices = outcome["notices"].as_array().expect("a list");
    let states = |list: &Value, at: &str| {
        list.as_array()
            .into_iter()
            .flatten()
            .map(|told| told.pointer(at).cloned().unwrap_or_default())
            .collect::<Value>()
    };
    assert_eq!(states(&outcome["notices"], "/attributes/state"), json!(["opened", "opened", "resolved"]));
    assert_contains(&notices[1]["message"], &["also failing with the same secret: prod/api"]);
    assert_contains(
        &notices[2]["message"],
        &["api in prod (us-east-1, 111122223333) has recovered", "1 failed start since"],
    );

    assert_eq!(
        states(&outcome["chats"], "/metadata/additionalContext/state"),
        json!(["opened", "opened", "resolved"])
    );
    let threads = states(&outcome["chats"], "/metadata/threadId");
    assert_eq!((&threads[0], threads[0] == threads[1]), (&threads[2], false), "{threads}");

    assert_eq!(
        states(&outcome["bus"], "/detail-type"),
        json!(["ECS Triage Diagnosis", "ECS Triage Diagnosis", "ECS Triage Incident Change"])
    );
    let end = &outcome["bus"][2]["detail"];
    assert_eq!(
        (&end["schema"], &end["count"], &end["id"]),
        (&json!("ecs-triage/incident/v1"), &json!(1), &threads[0])
    );

    let journal: Vec<Value> = messages(&outcome["journal"]).into_iter().map(document).collect();
    // The bus is told in words as well.
    let mut told = outcome["bus"][0]["detail"].clone();
    let words = ["impact", "subject", "text"]
        .map(|word| told.as_object_mut().and_then(|told| told.remove(word)).unwrap_or_default());
    assert_eq!((&words[1], &words[2]), (&notices[0]["subject"], &notices[0]["message"]));
    assert_eq!(journal[0], told);
    assert_eq!(journal.last(), Some(end));
    // An end is no diagnosis, so it is no answer to its event.
    assert_eq!(outcome["responses"][2], json!([]));
}

/// What the examples send for events of the bus, by the emulator's transformers: one alert for an incident, which its
/// end resolves, and texts as they are.
#[test]
fn examples_hand_on_what_the_bus_receives() {
    let request = Path::new(env!("CARGO_TARGET_TMPDIR")).join("selftest-of-examples.json");
    fs::write(&request, r#"{"selftest": true}"#).expect("the request can be written");
    let outcome = stack(&format!(
        "--listen --via invoke --expect 3 --task-definition events/task-definitions/ --events events/secret-key-missing.json events/service-steady-state.json {}",
        request.display()
    ));
    let bus = outcome["bus"].as_array().expect("a list");
    let [opened, ended, selftest] =
        ["ECS Triage Diagnosis", "ECS Triage Incident Change", "ECS Triage Selftest"].map(|kind| {
            bus.iter().find(|event| event["detail-type"] == kind).expect("it is on the bus").clone()
        });
    let worded = |event: &Value, words: &str| {
        let mut event = event.clone();
        event["detail"]["subject"] = json!(words);
        event["detail"]["text"] = json!(words);
        event
    };
    let mut storm = ended.clone();
    storm["detail"]["attributes"] = json!({"state": "storm", "cluster": "prod", "workload": ["api", "web"]});
    storm["detail"]["id"] = json!("storm/secrets-manager/network-timeout/prod");
    let mut calm = storm.clone();
    calm["detail"]["attributes"]["state"] = json!("resolved");
    let events = [
        opened.clone(),
        worded(&opened, "a \"quoted\" {\"key\": [1, null]} \\ \\n \\\" back"),
        worded(&opened, "lines\r\nand\ttabs, \u{1b}[0m \u{2028}, \u{e9} and \u{1f600}"),
        worded(&opened, "<text> <subject> <aws.events.event> </script> & <!channel> ${AWS::Region}"),
        ended.clone(),
        storm.clone(),
        calm.clone(),
        selftest.clone(),
    ];
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bus-events.json");
    fs::write(&file, json!(events).to_string()).expect("the events can be written");
    let sent = |arguments: &[&str]| -> Vec<Value> {
        let example = format!("examples/{}.yaml", arguments[0]);
        let program = ["tests/stack/examples.py", &example, &file.to_string_lossy()];
        let sent = python(&program.into_iter().chain(arguments[1..].iter().copied()).collect::<Vec<_>>());
        sent.as_array().into_iter().flatten().map(|requests| only(requests).clone()).collect()
    };
    let body = |request: &Value| document(request["body"].as_str().expect("a text"));

    let key = "0123456789abcdef0123456789abcdef";
    let alerts = sent(&["pagerduty", &format!("RoutingKey={key}")]);
    for (event, request) in events.iter().zip(&alerts) {
        let (detail, alert) = (&event["detail"], body(request));
        assert_eq!((&request["path"], &alert["routing_key"]), (&json!("/v2/enqueue"), &json!(key)));
        if detail["attributes"]["state"] == "resolved" {
            assert_eq!((&alert["event_action"], &alert["dedup_key"]), (&json!("resolve"), &detail["id"]));
        } else {
            assert_eq!(
                (&alert["event_action"], &alert["payload"]["summary"]),
                (&json!("trigger"), &detail["subject"])
            );
            assert_eq!(alert["payload"]["custom_details"]["notice"], detail["text"]);
        }
    }
    let keys: Vec<Value> = alerts.iter().map(|request| body(request)["dedup_key"].clone()).collect();
    assert_eq!(
        keys[..5],
        vec![opened["detail"]["fingerprint"].clone(); 5],
        "one alert, which its end resolves"
    );
    assert_eq!((&keys[5], &keys[6]), (&storm["detail"]["id"], &storm["detail"]["id"]));

    let workflow =
        "WebhookUrl=https://prod-1.westeurope.logic.azure.com:443/workflows/0a/triggers/manual/paths/invoke";
    for (arguments, subject, text) in [
        (
            &["slack", "WebhookUrl=https://hooks.slack.com/services/T0/B0/x"][..],
            "/blocks/0/elements/0/elements/0/text",
            "/blocks/0/elements/1/elements/0/text",
        ),
        (
            &["teams", workflow, "Signature=s1G_-"],
            "/attachments/0/content/body/0/inlines/0/text",
            "/attachments/0/content/body/1/inlines/0/text",
        ),
    ] {
        for (event, request) in events.iter().zip(sent(arguments)) {
            let (detail, message) = (&event["detail"], body(&request));
            assert_eq!(message.pointer(subject), detail.get("subject"), "{}: {message:#}", arguments[0]);
            assert_eq!(message.pointer(text), detail.get("text"), "{}: {message:#}", arguments[0]);
        }
    }
}

/// As a person asks whether everybody is reached: by a payload, and by the command line.
#[test]
fn a_selftest_reaches_every_channel_and_leaves_no_incident() {
    let request = Path::new(env!("CARGO_TARGET_TMPDIR")).join("selftest.json");
    fs::write(&request, r#"{"selftest": true}"#).expect("the request can be written");
    let outcome =
        stack(&format!("--listen --via invoke --events {} --selftest {CLI} --expect 2", request.display()));
    for answer in outcome["responses"].as_array().expect("a list") {
        let channels = answer["channels"].as_object().expect("channels");
        assert_eq!(
            (&answer["schema"], &answer["passed"], channels.len()),
            (&json!("ecs-triage/selftest/v1"), &json!(true), 5)
        );
        assert!(channels.values().all(|channel| channel["state"] == "took-it"), "{answer:#}");
    }
    let told = |of: &str, at: &str| -> Value {
        outcome[of]
            .as_array()
            .into_iter()
            .flatten()
            .map(|told| told.pointer(at).cloned().unwrap_or_default())
            .collect()
    };
    assert_eq!(length(&outcome["responses"]), 2);
    assert_eq!(told("notices", "/attributes/state"), json!(["selftest", "selftest"]));
    for notice in outcome["notices"].as_array().expect("a list") {
        assert_contains(&notice["subject"], &["this is a test of ecs-triage: nothing fails"]);
    }
    assert_eq!(told("chats", "/metadata/threadId"), json!(["selftest", "selftest"]));
    assert_eq!(told("bus", "/detail-type"), json!(["ECS Triage Selftest", "ECS Triage Selftest"]));
    assert_eq!(told("journal", "/stream"), json!(["selftest", "selftest"]));
    assert_eq!(outcome["table"], json!([]));
    assert!(!outcome["function_log"].as_str().unwrap_or_default().contains("_aws"), "nothing is counted");
}

#[test]
fn a_normal_stop_is_silent() {
    let outcome = stack("--via queue --events events/scale-in.json --expect 0");
    for what in ["notices", "journal", "asked"] {
        assert_eq!(outcome[what], json!([]), "{what}");
    }
    assert_eq!((&outcome["queue"], &outcome["dlq"]), (&json!(0), &json!(0)));
}

#[test]
fn one_event_three_doors() {
    let events = [
        ("secret-key-missing", "api"),
        ("secret-access-denied-ec2", "billing"),
        ("parameter-missing", "nightly-report"),
    ];
    let lines = events.map(|(event, family)| typed(event, family));
    let answers: Vec<Value> = lines.iter().map(|line| proved(&document(line))).collect();
    let files = events.map(|(event, _)| format!("events/{event}.json")).join(" ");
    for door in ["watch", "invoke"] {
        let outcome =
            stack(&format!("--via {door} --events {files} --task-definition events/task-definitions/"));
        let responses: Vec<Value> = outcome["responses"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|response| proved(only(response)))
            .collect();
        assert_eq!(responses, answers, "{door}");
        let journal: Vec<Value> =
            messages(&outcome["journal"]).into_iter().map(|line| proved(&document(line))).collect();
        assert_eq!(journal, answers, "{door}");
        assert_eq!(length(&outcome["notices"]), events.len(), "{door}");
    }
}

#[test]
fn without_a_topic_it_journals_and_without_a_journal_it_publishes() {
    let event = "--via invoke --events events/secret-key-missing.json";
    let outcome = stack(&format!("{event} --unset ECS_TRIAGE_TOPIC_ARN --expect 0 --entries 1"));
    assert_eq!((length(&outcome["notices"]), length(&outcome["journal"])), (0, 1));
    let outcome = stack(&format!("{event} --unset ECS_TRIAGE_JOURNAL --expect 1 --entries 0"));
    assert_eq!((length(&outcome["notices"]), length(&outcome["journal"])), (1, 0));
}

#[test]
fn with_neither_it_refuses_to_start() {
    let output = run(Command::new(&*FUNCTION).env_clear());
    let said = said(&output);
    assert!(!output.status.success(), "it started: {said}");
    assert!(said.contains("ECS_TRIAGE_TOPIC_ARN") && said.contains("ECS_TRIAGE_JOURNAL"), "{said}");
}

/// What became of the events; the arguments are those of `stack.py`.
#[track_caller]
fn stack(arguments: &str) -> Value {
    let program = ["tests/stack/stack.py", "--bootstrap", &FUNCTION];
    python(&program.into_iter().chain(arguments.split_whitespace()).collect::<Vec<_>>())
}

/// What became of events of a member account; the arguments are those of `hub.py`.
#[track_caller]
fn hub(arguments: &[&str]) -> Value {
    let program = ["tests/stack/hub.py", "--bootstrap", &FUNCTION];
    let definition = ["--task-definition", "events/task-definitions/nightly-report.json"];
    python(&[&program[..], &definition, arguments].concat())
}

/// What the command line makes of an event of `events/` and its task definition.
#[track_caller]
fn typed(event: &str, family: &str) -> String {
    let mut diagnose = Command::new(CLI);
    diagnose.args([
        "diagnose",
        "--format",
        "jsonl",
        "--task-definition",
        &format!("events/task-definitions/{family}.json"),
    ]);
    let output = succeed(diagnose.arg(format!("events/{event}.json")));
    String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
}

/// The JSON that a program of `tests/stack/` prints.
#[track_caller]
fn python(arguments: &[&str]) -> Value {
    let python = python_environment("stack", "requirements.txt").join("python");
    document(&String::from_utf8_lossy(&succeed(Command::new(python).arg("-B").args(arguments)).stdout))
}

fn event_names() -> Vec<String> {
    let files = fs::read_dir(Path::new(ROOT).join("events")).expect("the events can be listed");
    let paths = files.map(|file| file.expect("the events can be listed").path());
    let events = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    events.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())).collect()
}

#[track_caller]
fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A diagnosis without its incident, and without what stayed unknown: nobody asked the command line, and the
/// function says that it may not ask.
fn proved(document: &Value) -> Value {
    let mut document = document.clone();
    document["incident"] = Value::Null;
    for diagnosis in document["diagnoses"].as_array_mut().into_iter().flatten() {
        diagnosis["evidence"]
            .as_array_mut()
            .into_iter()
            .for_each(|evidence| evidence.retain(|finding| finding["kind"] != "unknown"));
    }
    document
}

fn messages(journal: &Value) -> Vec<&str> {
    journal.as_array().into_iter().flatten().filter_map(|entry| entry["message"].as_str()).collect()
}

fn length(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

#[track_caller]
fn only(list: &Value) -> &Value {
    assert_eq!(length(list), 1, "one is expected: {list:#}");
    &list[0]
}

#[track_caller]
fn assert_contains(text: &Value, parts: &[&str]) {
    let text = text.as_str().unwrap_or_default();
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}
