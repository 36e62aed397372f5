//! The template asks for what the code needs and for nothing else; no secret can be read with it.

#![expect(clippy::panic, reason = "a helper that fails fails its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ecs_triage::delivery::Trouble;
use ecs_triage::limits::{
    ANSWERING, ASKING, BEGINNING_AWAITED, CLAIM, CLOCKS_APART, FLAPPING_QUIET, FLAPPING_WITHIN, FUNCTION,
    HIDDEN, INCIDENT_KEPT, INSTANCES, LOOKING, NOTING, PUBLISHING, RECEIVES, RECORDING, RETAINED, SECOND_TRY,
    SHARING, SILENCE, STORM_SILENCE, STORM_TOUCHED, STORM_WINDOW, STORM_WORKLOADS,
};
use ecs_triage::limits::{CLUSTER_QUESTIONS, ROTATION_AT_ONCE, SCHEDULED_ASKING, SCHEDULED_FUNCTION};
use ecs_triage::limits::{
    DATED_LATER, ROTATION_AGAIN, ROTATION_ASKING, ROTATION_DELAY, ROTATION_FOLLOWED, ROTATION_KEPT,
    ROTATION_RECEIVES, ROTATION_RETAINED,
};
use ecs_triage::limits::{DEPLOYMENT_TRIES, DOOR, DOOR_ANSWERS, DOOR_ASKING, HOOK_TRIES, TRY_AGAIN};
use ecs_triage::question::{Question, ask};
use ecs_triage::render::metrics;
use jiff::SignedDuration;
use serde_json::Value;

/// Permissions that would let ecs-triage read a secret, a parameter, a file or a registry login.
const FORBIDDEN: &[&str] = &[
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "kms:Decrypt",
    "ecr:GetAuthorizationToken",
    "s3:GetObject",
];
/// The same as SDK calls.
const FORBIDDEN_CALLS: &[&str] = &[
    "get_secret_value",
    "batch_get_secret_value",
    "get_parameter",
    "get_authorization_token",
    "get_object",
    ".decrypt(",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn template() -> String {
    fs::read_to_string(root().join("template.yaml")).expect("the template can be read")
}

/// The template of a member account.
fn member() -> String {
    fs::read_to_string(root().join("deploy/member.yaml")).expect("the template can be read")
}

/// A template's text without comments.
fn uncommented(template: &str) -> String {
    let lines = template.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| [line.split(" # ").next().unwrap_or(line).trim_end(), "\n"]).collect()
}

/// The text of one inline policy of the role, without comments.
fn policy(name: &str) -> String {
    policy_of(&template(), name)
}

fn policy_of(template: &str, name: &str) -> String {
    let template = uncommented(template);
    let (_, rest) = template
        .split_once(&format!("PolicyName: {name}\n"))
        .unwrap_or_else(|| panic!("the template has no policy {name}"));
    rest.split("PolicyName:").next().unwrap_or(rest).split("\n\n").next().unwrap_or(rest).to_owned()
}

/// Whatever stands behind `Action:`, in a line or in a list of lines; `aws:...` is a condition key.
fn actions(text: &str) -> BTreeSet<String> {
    let words = text.split_whitespace().map(|word| word.trim_matches(['[', ']', ',', '\'']));
    words
        .filter(|word| {
            word.split_once(':').is_some_and(|(service, action)| {
                !matches!(service.trim_start_matches('{'), "" | "aws")
                    && action.starts_with(char::is_uppercase)
            })
        })
        .map(str::to_owned)
        .collect()
}

fn set(actions: &[&str]) -> BTreeSet<String> {
    actions.iter().map(|action| (*action).to_owned()).collect()
}

#[test]
fn the_probe_policies_are_what_the_questions_need() {
    let definitions = actions(&policy("probe-definitions"));
    assert_eq!(definitions, set(Question::from(ask::TaskDefinition { name: "api:1".to_owned() }).actions()));
    let logs = actions(&policy("probe-logs"));
    assert_eq!(
        logs,
        set(&["logs:GetLogEvents"]),
        "what is content, not metadata, has a parameter of its own"
    );
    let clusters = actions(&policy("probe-clusters"));
    assert_eq!(clusters, set(&["ecs:ListClusters"]), "what rotations take has a parameter of its own");
    let services = actions(&policy("doors-probe-services"));
    assert_eq!(services, set(&["ecs:ListServices"]), "and so has what a schedule takes");
    let of_doors = set(&["ecs:DescribeServiceRevisions"]);
    let granted: Vec<String> =
        [definitions, actions(&policy("probe")), logs.clone(), clusters.clone(), services.clone(), of_doors]
            .into_iter()
            .flatten()
            .collect();
    assert_eq!(granted.iter().cloned().collect::<BTreeSet<_>>(), set(Question::ACTIONS));
    assert_eq!(granted.len(), set(Question::ACTIONS).len(), "granted twice: {granted:?}");
    assert_eq!(actions(&policy("doors-probe-definitions")), actions(&policy("probe-definitions")));
    let not_of_doors: BTreeSet<String> = logs.into_iter().chain(clusters).chain(services).collect();
    assert_eq!(
        actions(&policy("doors-probe")),
        set(Question::ACTIONS).difference(&not_of_doors).cloned().collect()
    );
}

/// In this account, and in others that a parameter names.
#[test]
fn what_is_probed_is_told_by_its_account() {
    for name in [
        "probe-definitions",
        "probe",
        "probe-clusters",
        "doors-probe-definitions",
        "doors-probe",
        "doors-probe-services",
    ] {
        let text = policy(name);
        assert_eq!(
            text.matches("Resource: '*'").count(),
            text.matches("aws:ResourceAccount: !Split [',', !If [HasSharedAccounts, ").count(),
            "{name}"
        );
        assert!(text.contains("StringEqualsIfExists:"), "{name}");
    }
    assert!(policy("probe-logs").contains(
        "Resource: !Sub arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:*:log-stream:*/*/*\n"
    ));
}

#[test]
fn no_question_reads_a_value() {
    let reads_metadata =
        |action: &str| ["Describe", "Get", "List", "Simulate"].iter().any(|verb| action.starts_with(verb));
    for action in Question::ACTIONS {
        assert!(
            action.split_once(':').is_some_and(|(_, name)| reads_metadata(name)),
            "{action} does more than describe"
        );
        assert!(!FORBIDDEN.iter().any(|forbidden| action.starts_with(forbidden)), "{action} reads a value");
    }
}

#[test]
fn the_other_policies_are_what_receiving_remembering_and_announcing_need() {
    let named = [
        (
            "receive",
            set(&["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]),
            &["!GetAtt Queue.Arn"][..],
        ),
        (
            "receive-rotations",
            set(&["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]),
            &["!GetAtt RotationQueue.Arn"],
        ),
        (
            "read-members",
            set(&["sts:AssumeRole"]),
            &[
                "!Sub arn:${AWS::Partition}:iam::*:role${MemberRolePath}${MemberRolePrefix}-reader-${AWS::Region}",
            ],
        ),
        ("remember", set(&["dynamodb:GetItem", "dynamodb:PutItem"]), &["!GetAtt Incidents.Arn"]),
        (
            "announce",
            set(&["logs:CreateLogStream", "logs:PutLogEvents", "sns:Publish"]),
            &[
                "!Ref Topic",
                "!If [HasChat, !Ref ChatTopic, !Ref AWS::NoValue]",
                "!GetAtt Journal.Arn",
                "!GetAtt FunctionLogs.Arn",
            ],
        ),
        ("announce-on-bus", set(&["events:PutEvents"]), &["!Ref EventBusArn"]),
        ("doors-remember", set(&["dynamodb:GetItem", "dynamodb:PutItem"]), &["!GetAtt Incidents.Arn"]),
        (
            "doors-announce",
            set(&["logs:CreateLogStream", "logs:PutLogEvents", "sns:Publish"]),
            &[
                "!Ref Topic",
                "!If [HasChat, !Ref ChatTopic, !Ref AWS::NoValue]",
                "!GetAtt Journal.Arn",
                "!GetAtt DoorsLogs.Arn",
            ],
        ),
        ("doors-announce-on-bus", set(&["events:PutEvents"]), &["!Ref EventBusArn"]),
        ("ask-about-deployments", set(&["lambda:InvokeFunction"]), &["!GetAtt Doors.Arn"]),
        ("ask-about-stacks", set(&["lambda:InvokeFunction"]), &["!GetAtt Doors.Arn"]),
    ];
    for (name, expected, resources) in &named {
        let text = policy(name);
        assert_eq!(actions(&text), *expected, "{name}");
        let lines =
            text.lines().map(|line| line.trim().trim_start_matches("Resource: ").trim_start_matches("- "));
        let on: Vec<&str> = lines
            .filter(|line| line.starts_with('!') && *line != "!If" && *line != "!Ref AWS::NoValue")
            .collect();
        assert_eq!(on, *resources, "{name}");
    }
    let all: BTreeSet<&str> = named
        .iter()
        .map(|(name, ..)| *name)
        .chain(["probe-definitions", "probe", "probe-clusters", "probe-logs"])
        .chain(["doors-probe-definitions", "doors-probe", "doors-probe-services"])
        .collect();
    let template = template();
    let there: BTreeSet<&str> = template
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("PolicyName: "))
        .collect();
    assert_eq!(there, all, "another policy");
}

/// Who is denied what, the stack's tests ask of the policies as they are deployed.
#[test]
fn nothing_is_allowed_by_a_wildcard_and_everything_is_encrypted() {
    let template = template();
    let lines: Vec<&str> = template.lines().map(str::trim).collect();
    for (at, line) in
        lines.iter().enumerate().filter(|(_, line)| line.starts_with("Action: ") && line.contains('*'))
    {
        assert_eq!(*line, "Action: sqs:*", "line {}", at + 1);
        assert!(lines[at - 2].starts_with("Effect: Deny"), "line {}", at + 1);
    }
    let kinds = |kind: &str| lines.iter().filter(|line| **line == kind).count();
    let guarded = kinds("Type: AWS::SQS::Queue") + kinds("Type: AWS::SNS::Topic");
    assert_eq!(
        (guarded, kinds("- Sid: OnlyOverTls"), kinds("Condition: {Bool: {aws:SecureTransport: 'false'}}")),
        (5, 5, 5)
    );
    let encrypted = [
        "SqsManagedSseEnabled: true",
        "KmsMasterKeyId: alias/aws/sns",
        "SSESpecification: {SSEEnabled: true}",
    ]
    .map(kinds);
    assert_eq!(encrypted, [3, 2, 1]);
}

/// A member's rules pass what the hub's pass, and what the hub may ask at home it may ask there.
#[test]
fn a_member_account_sends_and_allows_what_the_function_has_in_its_own() {
    let (own, member) = (uncommented(&template()), uncommented(&member()));
    let pattern = |of: &str, rule: &str| {
        let (_, rest) = of.split_once(&format!("\n  {rule}:\n")).unwrap_or_else(|| panic!("no {rule}"));
        let (_, rest) = rest.split_once("      EventPattern:\n").expect("a pattern");
        rest.split_once("      Targets:\n").expect("targets").0.to_owned()
    };
    // Of an organization the hub's own rules pass the accounts that it knows.
    let accounts = "        account: !If\n          - HasOrganization\n          - !Split [',', !If [HasTrustedAccounts, !Sub '${AWS::AccountId},${TrustedAccounts}', !Ref AWS::AccountId]]\n          - !Ref AWS::NoValue\n";
    for rule in ["Rule", "ServiceRule"] {
        let here = pattern(&own, rule);
        assert!(here.contains(accounts), "{rule}");
        assert_eq!(pattern(&member, rule), here.replace(accounts, ""), "{rule}");
    }
    let condition = |of: &str, name: &str| {
        of.lines().find(|line| line.starts_with(&format!("  {name}: "))).map(str::to_owned)
    };
    for name in
        ["IncludesClusters", "ExcludesClusters", "ChoosesClusters", "WatchesExits", "HasSharedAccounts"]
    {
        assert!(
            condition(&own, name).is_some() && condition(&member, name) == condition(&own, name),
            "{name}"
        );
    }
    let home: BTreeSet<String> =
        ["probe-definitions", "probe"].into_iter().flat_map(|name| actions(&policy(name))).collect();
    let there = policy_of(&member, "probe");
    assert_eq!(actions(there.split("\n        - !If\n").next().unwrap_or_default()), home);
    assert_eq!(actions(&policy_of(&member, "probe-logs")), set(&["logs:GetLogEvents"]));
    for (name, lines) in [
        ("probe", &["Resource: '*'", "aws:ResourceAccount: !Split [',', !If [HasSharedAccounts, "][..]),
        (
            "probe-logs",
            &["Resource: !Sub arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:*:log-stream:*/*/*"],
        ),
    ] {
        for line in lines {
            assert!(policy_of(&member, name).contains(line) && policy(name).contains(line), "{name}: {line}");
        }
    }
    let policies: Vec<&str> = member
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("PolicyName: "))
        .collect();
    assert_eq!(policies, ["send", "probe", "probe-logs"]);
    assert!(FORBIDDEN.iter().all(|action| !member.contains(action)));
}

/// Parameters of both mean the same, so that values can be copied from one to the other.
#[test]
fn parameters_of_a_member_take_what_the_hubs_take() {
    let of = |template: &str, name: &str| {
        let (_, rest) = template.split_once(&format!("\n  {name}:\n"))?;
        let part = rest.lines().take_while(|line| line.starts_with("    "));
        let is_of_form =
            |line: &&str| ["Allowed", "Default", "Type"].iter().any(|key| line.trim().starts_with(key));
        Some(part.filter(is_of_form).map(str::to_owned).collect::<Vec<_>>())
    };
    let (own, member) = (template(), member());
    let (_, rest) = member.split_once("\nParameters:\n").expect("parameters");
    let names: Vec<&str> = rest
        .split("\n\n")
        .next()
        .unwrap_or(rest)
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':').filter(|name| !name.starts_with(' ')))
        .collect();
    let page = fs::read_to_string(root().join("docs/accounts.md")).expect("the page can be read");
    for name in &names {
        assert!(page.contains(&format!("`{name}`")), "docs/accounts.md has not {name}");
        let (there, here) = (of(&member, name), of(&own, name));
        match *name {
            "HubQueueArn" | "HubRoleArn" => assert_eq!(here, None),
            // Without one there is no member.
            "OrganizationId" => assert!(
                there.is_some_and(|lines| lines.iter().any(|line| line.contains("^o-[a-z0-9]{10,32}$")))
            ),
            _ => assert_eq!(there, here, "{name}"),
        }
    }
    assert!(names.len() > 5, "{names:?}");
}

/// What a stack has that others rely on when it is gone, and what a test may add to it.
#[test]
fn what_was_recorded_outlives_the_stack_and_the_rules_pass_events_of_ecs_alone() {
    let template = template();
    let of = |resource: &str| {
        let (_, rest) =
            template.split_once(&format!("\n  {resource}:\n")).unwrap_or_else(|| panic!("no {resource}"));
        rest.split("\n\n").next().unwrap_or(rest).to_owned()
    };
    assert!(
        of("Journal").contains("DeletionPolicy: RetainExceptOnCreate\n    UpdateReplacePolicy: Retain\n")
    );
    assert!(of("Incidents").contains("DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n"));
    assert!(of("Incidents").contains("DeletionProtectionEnabled: true\n"));
    for rule in ["Rule", "ServiceRule"] {
        assert!(of(rule).contains("        source:\n          - aws.ecs\n        detail-type:\n"), "{rule}");
    }
    assert!(!template.contains("TEST_SOURCE"), "the function of the shipped template takes no other source");
}

/// A value of the template that is a number.
fn value(of: &str, name: &str) -> i64 {
    let template = template();
    let (_, rest) = template.split_once(&format!("\n  {of}:\n")).unwrap_or_else(|| panic!("no {of}"));
    let resource = rest.split("\n\n  ").find(|part| part.contains(&format!(" {name}: "))).unwrap_or_default();
    let line = resource
        .lines()
        .find_map(|line| line.trim().strip_prefix(&format!("{name}: ")))
        .unwrap_or_else(|| panic!("{of} has no {name}"));
    line.split(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{name} is {line}"))
}

#[test]
fn the_bounds_of_delivery_are_those_of_the_template_and_leave_room_for_each_other() {
    assert_eq!(value("Function", "Timeout"), FUNCTION.as_secs());
    assert_eq!(value("Queue", "VisibilityTimeout"), HIDDEN.as_secs());
    assert_eq!(value("Queue", "maxReceiveCount"), i64::from(RECEIVES));
    assert_eq!(value("Queue", "MessageRetentionPeriod"), RETAINED.as_secs());
    assert_eq!(value("Function", "MaximumConcurrency"), i64::try_from(INSTANCES).expect("it is small"));
    assert_eq!(STORM_WORKLOADS % INSTANCES, 0, "the shares of all instances are the whole");
    let margin = SignedDuration::from_secs(5);
    assert!(
        CLAIM >= FUNCTION + CLOCKS_APART + margin,
        "a holder that Lambda ends is dead before its claim ends"
    );
    assert!(HIDDEN >= CLAIM + CLOCKS_APART + margin, "who comes again finds the claim of a dead holder over");
    assert!(HIDDEN >= FUNCTION * 6, "as Lambda advises");
    assert!(
        RECORDING + ASKING + SHARING + PUBLISHING + NOTING <= FUNCTION - ANSWERING,
        "one notice has time for all of it"
    );
    assert!(
        LOOKING + RECORDING + PUBLISHING + NOTING <= FUNCTION - ANSWERING,
        "so has one of what an event left untold; what is asked of it then takes what is left"
    );
    assert!(
        HIDDEN * i32::try_from(RECEIVES).expect("it is small") >= SignedDuration::from_hours(5),
        "receives outlast an outage"
    );
    assert!(
        HIDDEN * i32::try_from(RECEIVES).expect("it is small") <= RETAINED - HIDDEN,
        "receives end before the queue forgets"
    );
    assert!(BEGINNING_AWAITED > HIDDEN * 2, "a beginning that failed once is awaited");
    assert!(
        BEGINNING_AWAITED < HIDDEN * i32::try_from(RECEIVES).expect("it is small"),
        "an end outlives the wait for its beginning"
    );
    assert!(
        STORM_SILENCE > STORM_TOUCHED * 2 && STORM_SILENCE > STORM_WINDOW + HIDDEN,
        "a storm goes on between its members"
    );
    assert!(
        INCIDENT_KEPT > SILENCE + HIDDEN && INCIDENT_KEPT >= RETAINED,
        "what may still come finds its incident"
    );
    assert!(FLAPPING_QUIET < FLAPPING_WITHIN && SECOND_TRY < NOTING && SECOND_TRY < RECORDING);
    let delay = value("DelayAlarm", "Threshold");
    assert!(delay < HIDDEN.as_secs() * 2, "SQS does not tell the age of what was received three times");
}

#[test]
fn rotations_are_watched_where_it_is_said_and_their_bounds_leave_room_for_each_other() {
    let template = template();
    let (_, parameter) = template.split_once("\n  WatchRotation:\n").expect("a parameter");
    assert!(parameter.split("AllowedValues").next().is_some_and(|part| part.contains("Default: 'off'\n")));
    for resource in ["RotationRule", "RotationQueue", "RotationQueuePolicy", "RotationSource"] {
        let (_, rest) =
            template.split_once(&format!("\n  {resource}:\n")).unwrap_or_else(|| panic!("no {resource}"));
        let part = rest.split("\n\n").next().unwrap_or(rest);
        assert!(part.contains("    Condition: WatchesRotation\n"), "{resource}");
    }
    assert_eq!(value("RotationQueue", "DelaySeconds"), ROTATION_DELAY.as_secs());
    assert_eq!(value("RotationQueue", "VisibilityTimeout"), ROTATION_AGAIN.as_secs());
    assert_eq!(value("RotationQueue", "maxReceiveCount"), i64::from(ROTATION_RECEIVES));
    assert_eq!(value("RotationQueue", "MessageRetentionPeriod"), ROTATION_RETAINED.as_secs());
    let receives = ROTATION_AGAIN * i32::try_from(ROTATION_RECEIVES).expect("it is small");
    assert!(
        receives > ROTATION_DELAY + ROTATION_FOLLOWED + ROTATION_AGAIN,
        "no change ends as a dead letter"
    );
    assert!(ROTATION_RETAINED > receives + ROTATION_AGAIN && ROTATION_KEPT > ROTATION_RETAINED);
    assert!(ROTATION_AGAIN >= FUNCTION * 6 && ROTATION_AGAIN > CLAIM + CLOCKS_APART);
    assert!(ROTATION_DELAY >= DATED_LATER, "by then no change is dated later than now");
    assert!(
        ROTATION_ASKING + RECORDING + PUBLISHING <= FUNCTION - ANSWERING,
        "one notice has time for all of it"
    );
}

/// CloudFormation waits for thirty seconds, the start of the function among them; what a door found is
/// announced after the answer is made.
#[test]
fn the_bounds_of_the_doors_leave_room_for_each_other() {
    let times = format!(
        "      Timeout: !If [ChecksClusters, {}, {}]\n",
        SCHEDULED_FUNCTION.as_secs(),
        FUNCTION.as_secs()
    );
    assert!(template().contains(&times), "announcing keeps the function's time");
    assert!(SCHEDULED_ASKING + FUNCTION < SCHEDULED_FUNCTION, "a schedule announces after it has asked");
    let questions = SCHEDULED_ASKING.as_secs() * i64::try_from(ROTATION_AT_ONCE).expect("it is small");
    assert!(
        questions <= i64::try_from(CLUSTER_QUESTIONS).expect("it is small"),
        "time runs out before questions do"
    );
    assert!(DOOR_ASKING < DOOR && DOOR <= SignedDuration::from_secs(20));
    assert!(
        DOOR + DOOR_ANSWERS * 2 + PUBLISHING <= FUNCTION - ANSWERING,
        "an answer is put twice if need be"
    );
    assert!(
        TRY_AGAIN * i32::try_from(DEPLOYMENT_TRIES).expect("it is small") <= SignedDuration::from_mins(2),
        "a deployment does not wait for long"
    );
    assert_eq!(HOOK_TRIES, 3, "CloudFormation calls no more often");
}

/// By default nobody may ask, and nobody but AWS ever may.
#[test]
fn doors_are_shut_until_a_parameter_opens_them() {
    let template = template();
    for door in ["DeploymentHook", "PauseHook", "CloudFormationHook", "CustomResource"] {
        let (_, rest) = template.split_once(&format!("\n  {door}:\n")).unwrap_or_else(|| panic!("no {door}"));
        assert!(
            rest.split("AllowedValues").next().is_some_and(|part| part.contains("Default: 'off'\n")),
            "{door}"
        );
    }
    for (resource, condition) in [
        ("Doors", "HasDoors"),
        ("DoorsRole", "HasDoors"),
        ("DeploymentHookRole", "HasDeploymentHook"),
        ("CloudFormationHookRole", "HasCloudFormationHook"),
        ("LambdaHook", "HasCloudFormationHook"),
        ("PauseRule", "HasPauseHook"),
        ("PausePermission", "HasPauseHook"),
        ("CheckRule", "ChecksClusters"),
        ("CheckPermission", "ChecksClusters"),
    ] {
        let (_, rest) =
            template.split_once(&format!("\n  {resource}:\n")).unwrap_or_else(|| panic!("no {resource}"));
        assert!(
            rest.split("\n\n")
                .next()
                .is_some_and(|part| part.contains(&format!("    Condition: {condition}\n"))),
            "{resource}"
        );
    }
    assert_eq!(
        template.matches("Type: AWS::Lambda::Permission").count(),
        2,
        "only the rules of pauses and of the schedule need one"
    );
    let trusted: Vec<&str> =
        template.lines().filter_map(|line| line.trim().strip_prefix("Principal: {Service: ")).collect();
    for service in ["ecs.amazonaws.com}", "hooks.cloudformation.amazonaws.com}"] {
        assert_eq!(trusted.iter().filter(|trusted| **trusted == service).count(), 1, "{service}");
    }
}

/// Whatever does not reach everybody is counted, and rings.
#[test]
fn every_trouble_has_an_alarm_that_says_what_to_do() {
    let template = template();
    for metric in Trouble::METRICS {
        let part = template
            .split("\n\n")
            .find(|part| part.contains(&format!("      MetricName: {metric}\n")))
            .unwrap_or_else(|| panic!("no alarm for {metric}"));
        assert!(
            part.contains(&format!("Namespace: {}\n", metrics::NAMESPACE)) && part.contains("Threshold: 0\n"),
            "{part}"
        );
        assert!(
            part.contains("      Dimensions:\n        - {Name: Function, Value: !Ref Function}\n"),
            "another stack's: {part}"
        );
    }
    for alarm in template.split("\n\n").filter(|part| part.contains("Type: AWS::CloudWatch::Alarm")) {
        assert!(
            alarm.contains("AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]"),
            "{alarm}"
        );
        let (_, description) =
            alarm.split_once("AlarmDescription: >-\n").unwrap_or_else(|| panic!("no description: {alarm}"));
        let description: Vec<&str> =
            description.lines().take_while(|line| line.starts_with("        ")).map(str::trim).collect();
        let description = description.join(" ");
        let to_do = ["Look ", "Read ", "Correct ", "Subscribe "];
        assert!(
            description.split(". ").any(|sentence| to_do.iter().any(|verb| sentence.starts_with(verb))),
            "what is to be done? {description}"
        );
    }
}

/// A person who deploys reads them, and nothing else.
#[test]
fn the_page_on_deploying_has_every_parameter() {
    let page = fs::read_to_string(root().join("docs/deploy.md")).expect("the file can be read");
    let template = template();
    let (_, rest) = template.split_once("\nParameters:\n").expect("parameters");
    let section = rest.split("\n\n").next().unwrap_or(rest);
    let names = section
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':').filter(|name| !name.starts_with(' ')));
    let missing: Vec<&str> = names.filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// Where a notice did not come, a person looks for them.
#[test]
fn alarms_of_the_pages_are_in_the_template() {
    let template = template();
    let page = fs::read_to_string(root().join("docs/troubleshooting.md")).expect("the file can be read");
    let alarms: BTreeSet<&str> =
        page.split('`').skip(1).step_by(2).filter(|word| word.ends_with("Alarm")).collect();
    assert!(alarms.len() > 5, "{alarms:?}");
    for alarm in alarms {
        assert!(template.contains(&format!("\n  {alarm}:\n    Type: AWS::CloudWatch::Alarm\n")), "{alarm}");
    }
}

/// An alarm is paid for by the metric: the page of costs has as many as the template.
#[test]
fn the_page_of_costs_counts_every_alarm() {
    let template = template();
    let (_, rest) = template.split_once("\nResources:\n").expect("resources");
    let (mut always, mut of_doors) = ([0, 0], [0, 0]);
    for resource in rest.split("\n  ").fold(Vec::<String>::new(), |mut all, line| {
        match all.last_mut().filter(|_| line.starts_with([' ', '#'])) {
            Some(last) => last.push_str(line),
            None => all.push(line.to_owned()),
        }
        all
    }) {
        if !resource.contains("Type: AWS::CloudWatch::Alarm") {
            continue;
        }
        let counts = if resource.contains("Condition: ") {
            assert!(resource.contains("Condition: HasDoors"), "the page does not count: {resource:.80}");
            &mut of_doors
        } else {
            &mut always
        };
        counts[0] += 1;
        counts[1] += resource.matches("MetricStat:").count().max(1);
    }
    let page = fs::read_to_string(root().join("docs/cost.md")).expect("the page can be read");
    for (of, [alarms, metrics]) in [("**fixed**: ", always), ("set: ", of_doors)] {
        let counted = format!("{of}{alarms} alarms on {metrics} metrics;");
        assert!(page.contains(&counted), "docs/cost.md has not: {counted}");
    }
}

#[test]
fn the_table_is_what_the_function_takes_it_for() {
    let template = template();
    for part in [
        "{AttributeName: key, KeyType: HASH}",
        "{AttributeName: expires, Enabled: true}",
        "{PointInTimeRecoveryEnabled: true}",
        "PAY_PER_REQUEST",
    ] {
        assert!(template.contains(part), "no {part}");
    }
}

/// `Fn::Sub` replaces within strings only, so the body is JSON as it stands.
#[test]
fn the_dashboard_shows_the_metrics_that_there_are() {
    let template = template();
    let (_, rest) = template.split_once("DashboardBody: !Sub |\n").expect("a dashboard");
    let body: String = rest.lines().take_while(|line| line.starts_with("        ")).collect();
    let dashboard: Value = serde_json::from_str(&body).expect("its body is JSON");
    let widgets = dashboard["widgets"].as_array().expect("it has widgets");
    assert!(widgets.iter().all(|widget| widget["properties"]["region"] == "${AWS::Region}"), "{widgets:#?}");
    for metric in ["Failures", "Incidents", "Unrecognised"] {
        let search = format!("{{{},Cause}} MetricName=\\\"{metric}\\\"", metrics::NAMESPACE);
        assert!(body.contains(&search), "no widget for {metric}");
    }
}

#[test]
fn saved_queries_read_fields_of_the_journal() {
    let template = fs::read_to_string(root().join("queries.yaml")).expect("the queries can be read");
    let schema = fs::read_to_string(root().join("docs/json.md")).expect("the page can be read");
    let queries =
        template.split("QueryString: |\n").skip(1).map(|text| text.split("\n\n").next().unwrap_or(text));
    let words: Vec<&str> = queries
        .flat_map(|query| {
            query.split(|letter: char| !(letter.is_alphanumeric() || letter == '.' || letter == '_'))
        })
        .collect();
    let fields: BTreeSet<&str> = words
        .into_iter()
        .filter(|word| {
            ["task.", "symptoms.", "diagnoses.", "incident."].iter().any(|part| word.starts_with(part))
        })
        .collect();
    assert!(fields.len() > 5, "{fields:?}");
    for field in fields {
        let (path, name) = (field.replace(".0.", "[]."), field.rsplit('.').next().unwrap_or(field));
        assert!(
            schema.contains(&format!("`{path}`")) || schema.contains(&format!("`{name}`")),
            "the journal has no {field}"
        );
    }
}

#[test]
fn nothing_may_read_a_secret() {
    let template = template();
    for action in FORBIDDEN {
        assert!(!template.contains(action), "the template grants {action}");
    }
    for path in files(&root().join("src/aws")) {
        let text = fs::read_to_string(&path).expect("the file can be read");
        for call in FORBIDDEN.iter().chain(FORBIDDEN_CALLS) {
            assert!(!text.contains(call), "{} names {call}", path.display());
        }
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest can be read");
    for sdk in ["aws-sdk-secretsmanager", "aws-sdk-ec2", "aws-sdk-ssm", "aws-sdk-kms", "aws-sdk-s3"] {
        assert!(!manifest.contains(sdk), "the manifest depends on {sdk}");
    }
}

/// Whatever lies in a directory, and in those in it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory)
        .expect("the directory can be read")
        .map(|entry| entry.expect("the entry can be read").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// And what it sets the function reads.
#[test]
fn what_the_function_reads_from_its_environment_the_template_sets() {
    let set = |text: &str, from: &str| -> BTreeSet<String> {
        let words = text.split(|letter: char| !(letter.is_ascii_uppercase() || letter == '_'));
        words.filter(|word| word.starts_with(from)).map(str::to_owned).collect()
    };
    let settings = fs::read_to_string(root().join("src/config.rs")).expect("the file can be read");
    let page = fs::read_to_string(root().join("docs/deploy.md")).expect("the file can be read");
    let read = set(&settings, "ECS_TRIAGE_");
    assert_eq!(set(&page, "ECS_TRIAGE_"), read, "docs/deploy.md");
    let overlay = BTreeSet::from(["ECS_TRIAGE_TEST_SOURCE".to_owned()]); // which the tests of the stack add
    assert_eq!(
        set(&template(), "ECS_TRIAGE_").union(&overlay).cloned().collect::<BTreeSet<_>>(),
        read,
        "the template"
    );
}
