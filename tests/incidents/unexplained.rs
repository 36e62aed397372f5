//! Events that leave untold why: that a service's tasks do not start, that its deployment failed, that a
//! container exited. Who tells in their place, and what is told if nobody does.

use ecs_triage::question::{Evidence, record};
use serde_json::{Value, json};

use crate::bounds::done;
use crate::counted::World;
use crate::model::{ACCOUNT, well};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:ecs-triage";
const KEY_MISSING: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret \
    from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key password";
const EXITED: &str = "Essential container in task exited";
/// Stands in every log: it must never leave.
const PLANTED: &str = "hunter2hunter2hunter2";

fn arn(of: &str) -> String {
    format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:{of}")
}

fn service_event(detail_type: &str, name: &str) -> String {
    json!({
        "detail-type": detail_type, "source": "aws.ecs", "account": ACCOUNT, "region": "eu-west-1", "resources": [arn("service/prod/w1")],
        "detail": {"eventType": "WARN", "eventName": name, "clusterArn": arn("cluster/prod"), "createdAt": "2026-11-27T03:00:00Z",
            "updatedAt": "2026-11-27T03:00:00Z", "reason": (name == "SERVICE_DEPLOYMENT_FAILED").then_some("ECS deployment circuit breaker: tasks failed to start.")},
    })
    .to_string()
}

fn impaired() -> String {
    service_event("ECS Service Action", "SERVICE_TASK_START_IMPAIRED")
}

fn deployment_failed() -> String {
    service_event("ECS Deployment State Change", "SERVICE_DEPLOYMENT_FAILED")
}

/// A task that could not start.
fn failed(task: u8) -> Value {
    json!({
        "taskArn": arn(&format!("task/prod/{task:032x}")), "clusterArn": arn("cluster/prod"), "group": "service:w1", "lastStatus": "STOPPED",
        "taskDefinitionArn": arn("task-definition/w1:7"), "stopCode": "TaskFailedToStart", "stoppedReason": KEY_MISSING,
        "stoppedAt": format!("2026-11-27T02:5{task}:00Z"), "containers": [{"name": "app"}],
    })
}

/// A task whose container ran for so many seconds and exited with a code.
fn exited(task: u8, seconds: u8, code: i64) -> Value {
    json!({
        "taskArn": arn(&format!("task/prod/{task:032x}")), "clusterArn": arn("cluster/prod"), "group": "service:w1", "lastStatus": "STOPPED",
        "taskDefinitionArn": arn("task-definition/w1:7"), "stopCode": "EssentialContainerExited", "stoppedReason": EXITED,
        "startedAt": format!("2026-11-27T02:1{task}:00Z"), "stoppedAt": format!("2026-11-27T02:{}:{:02}Z", 10 + task + seconds / 60, seconds % 60),
        "containers": [{"name": "app", "exitCode": code}],
    })
}

/// A world with these stopped tasks, whose one container wrote these lines.
fn world(stopped: &[Value], lines: &[&str]) -> World {
    world_of(stopped, &[("app", lines, json!([]))])
}

/// A world with these stopped tasks, whose containers wrote what they wrote, and wait for others.
fn world_of(stopped: &[Value], containers: &[(&str, &[&str], Value)]) -> World {
    let defined: Vec<Value> = containers
        .iter()
        .map(|(name, _, depends_on)| container(name, &json!({"dependsOn": depends_on})))
        .collect();
    let logs: Vec<(&str, &[&str])> = containers.iter().map(|(name, lines, _)| (*name, *lines)).collect();
    world_with(stopped, json!({"containerDefinitions": defined}), &logs)
}

/// A container that writes to CloudWatch Logs, and what else its definition says.
fn container(name: &str, more: &Value) -> Value {
    let mut container = json!({
        "name": name, "image": "app:1",
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/w1", "awslogs-stream-prefix": "w1"}},
    });
    container.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    container
}

/// A world with these stopped tasks of a definition, whose containers wrote these lines.
fn world_with(stopped: &[Value], mut definition: Value, logs: &[(&str, &[&str])]) -> World {
    let named = json!({"taskDefinitionArn": arn("task-definition/w1:7"), "family": "w1"});
    definition.as_object_mut().expect("an object").extend(named.as_object().expect("an object").clone());
    let service = json!({"region": "eu-west-1", "cluster": "prod", "service": "w1"});
    let mut answers = vec![
        json!({"question": {"StoppedTasks": service}, "answer": {"StoppedTasks": stopped}}),
        json!({"question": {"TaskDefinition": {"name": arn("task-definition/w1:7")}}, "answer": {"TaskDefinition": definition}}),
    ];
    for (name, lines) in logs {
        let events: Vec<Value> = lines.iter().map(|line| json!({"message": line})).collect();
        for task in 0..10 {
            let log = json!({"region": "eu-west-1", "group": "/ecs/w1", "stream": format!("w1/{name}/{task:032x}")});
            answers.push(json!({"question": {"LogLines": log}, "answer": {"LogLines": events}}));
        }
    }
    let evidence: Evidence =
        record::read(&json!({"schema": "ecs-triage/evidence/v1", "answers": answers}).to_string())
            .expect("evidence");
    let world = World::answering(Some(evidence));
    world.is("2026-11-27T03:01:00Z".parse().expect("a time"));
    world
}

/// What is announced when these messages come, and what of it left by any channel.
fn announced(world: &World, bodies: &[String]) -> Vec<String> {
    let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:events");
    let record = |(at, body): (usize, &String)| json!({"messageId": at.to_string(), "body": body, "eventSourceARN": queue});
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    let answer = done(world.delivery("a").handle(&json!({"Records": records}).to_string(), FUNCTION))
        .expect("it has an answer");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let mut calls = world.calls();
    let left = format!("{:?} {:?} {:?} {:?}", calls.chats, calls.events, calls.journal, calls.log);
    assert!(!left.contains(PLANTED), "{left}");
    let notices = std::mem::take(&mut calls.notices);
    assert!(notices.iter().all(|notice| !notice.body.contains(PLANTED)), "{notices:?}");
    notices.iter().map(|notice| format!("{}\n{}", notice.subject, notice.body)).collect()
}

const DENIED: [&str; 3] = [
    "starting with password=hunter2hunter2hunter2",
    "botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the GetSecretValue operation: User: \
     arn:aws:sts::111122223333:assumed-role/w1-task/abc is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/db because no \
     identity-based policy allows the secretsmanager:GetSecretValue action",
    "bye hunter2hunter2hunter2",
];

#[test]
fn the_stopped_tasks_tell_why_their_service_does_not_start_each_once() {
    for event in [impaired(), deployment_failed()] {
        let world = world(&[failed(1), failed(2), failed(3)], &[]);
        let notices = announced(&world, std::slice::from_ref(&event));
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("CAUSE: secret-key-missing"), "{}", notices[0]);
        assert!(notices[0].contains("3 failed starts since 02:51 UTC"), "{}", notices[0]);
        // ECS tells every few minutes, and each task may come as an event of its own.
        assert_eq!(announced(&world, &[event.clone(), event]), [""; 0]);
        let own = json!({"detail-type": "ECS Task State Change", "source": "aws.ecs", "account": ACCOUNT, "region": "eu-west-1", "detail": failed(2)});
        assert_eq!(announced(&world, &[own.to_string()]), [""; 0]);
        let ends = announced(&world, &[well(1, "2026-11-27T03:00:30Z".parse().expect("a time"))]);
        assert!(ends.len() == 1 && ends[0].contains("recovered"), "{ends:?}");
    }
}

#[test]
fn the_log_tells_why_an_application_exited_where_it_may_be_read() {
    let stopped = [exited(1, 4, 1), exited(2, 5, 1), exited(3, 4, 1)];
    let task_event = json!({"detail-type": "ECS Task State Change", "source": "aws.ecs", "account": ACCOUNT, "region": "eu-west-1", "detail": stopped[2]});
    for event in [impaired(), deployment_failed(), task_event.to_string()] {
        let world = world(&stopped, &DENIED).reading_logs();
        let notices = announced(&world, std::slice::from_ref(&event));
        assert_eq!(notices.len(), 1, "{notices:?}");
        for part in
            ["role w1-task", "secretsmanager:GetSecretValue", "THE APPLICATION SAID (log:2, container app)"]
        {
            assert!(notices[0].contains(part), "no {part:?}: {}", notices[0]);
        }
        assert_eq!(announced(&world, &[event]), [""; 0]);
    }
}

#[test]
fn a_start_that_is_impaired_is_never_without_a_notice() {
    let exits = [exited(1, 4, 1), exited(2, 5, 1), exited(3, 4, 0)];
    let normal = json!({"taskArn": arn("task/prod/9"), "group": "service:w1", "lastStatus": "STOPPED", "stopCode": "ServiceSchedulerInitiated",
        "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)", "containers": []});
    let nothing_said = ["listening on 8080", "hunter2hunter2hunter2"];
    let says_how = [
        "ReadContainerLogs=yes allows ecs-triage to read it",
        "none of the last 2 lines of its log is recognized",
    ];
    for (stopped, lines, reads, says) in [
        (&exits[..], &DENIED[..], false, "container app exited with 1 in 2 of 3 stopped tasks"),
        (&exits[..], &nothing_said[..], true, "container app exited with 1 in 2 of 3 stopped tasks"),
        (&[][..], &[][..], true, "tasks of the service do not start"),
        (&[normal][..], &[][..], true, "tasks of the service do not start"),
    ] {
        let world = world(stopped, lines);
        let world = if reads { world.reading_logs() } else { world };
        let notices = announced(&world, &[impaired()]);
        assert_eq!(notices.len(), 1, "{says}: {notices:?}");
        assert!(notices[0].to_lowercase().contains(says), "{says}: {}", notices[0]);
        let shows_log =
            notices[0].contains("aws logs get-log-events --region eu-west-1 --log-group-name /ecs/w1");
        assert_eq!(shows_log, says.contains("exited"), "{}", notices[0]);
        let said = says_how.map(|how| notices[0].contains(how));
        assert_eq!(said, [shows_log && !reads, shows_log && reads], "{}", notices[0]);
        assert_eq!(announced(&world, &[deployment_failed()]), [""; 0], "its tasks say nothing of a start");
    }
    let world = World::answering(Some(Evidence::default()));
    world.is("2026-11-27T03:01:00Z".parse().expect("a time"));
    let notices = announced(&world, &[impaired()]);
    assert!(notices.len() == 1 && notices[0].contains("Not checked: what the stopped tasks"), "{notices:?}");
}

#[test]
fn an_exit_that_its_log_does_not_explain_or_that_came_late_is_no_failed_start() {
    let event = |task: &Value| {
        json!({"detail-type": "ECS Task State Change", "source": "aws.ecs", "account": ACCOUNT, "region": "eu-west-1", "detail": task}).to_string()
    };
    for (task, lines, asks) in [
        (exited(1, 4, 1), &["listening on 8080"][..], true),
        (exited(1, 4, 1), &[][..], true),
        (exited(1, 4, 0), &DENIED[..], false),
    ] {
        let world = world(&[], lines).reading_logs();
        assert_eq!(announced(&world, &[event(&task)]), [""; 0]);
        assert_eq!(world.calls().counts.contains_key("ask"), asks, "{task}");
    }
    let mut late = exited(1, 4, 1);
    late["startedAt"] = json!("2026-11-27T01:00:00Z");
    let world = world(&[], &DENIED).reading_logs();
    assert_eq!(announced(&world, &[event(&late)]), [""; 0]);
    assert!(!world.calls().counts.contains_key("ask"));
}

/// A fetcher that exits with 0, one whose end is awaited however it ends, and an entry point that hides the
/// application's own exit code.
#[test]
fn a_failure_that_its_container_hides_is_announced_with_what_hides_it() {
    let two = |fetch: i64, app: i64| {
        let mut task = exited(1, 4, 1);
        task["containers"] = json!([{"name": "app", "exitCode": app}, {"name": "fetch", "exitCode": fetch}]);
        task
    };
    let waits = |condition: &str| json!([{"containerName": "fetch", "condition": condition}]);
    let none = json!([]);
    let plain = &["listening on 8080"][..];
    for (task, containers, hides) in [
        (
            two(0, 1),
            vec![("app", plain, waits("SUCCESS")), ("fetch", &DENIED[..], none.clone())],
            &["fetch exited with 0"][..],
        ),
        (
            two(0, 1),
            vec![("app", plain, waits("COMPLETE")), ("fetch", &DENIED[..], none.clone())],
            &["fetch exited with 0", "app waits for it with COMPLETE"],
        ),
        (
            two(1, 1),
            vec![("app", plain, waits("COMPLETE")), ("fetch", &DENIED[..], none.clone())],
            &["app waits for it with COMPLETE"],
        ),
        (two(1, 1), vec![("app", plain, waits("SUCCESS")), ("fetch", &DENIED[..], none.clone())], &[]),
        (exited(1, 4, 0), vec![("app", &DENIED[..], none.clone())], &["app exited with 0"]),
    ] {
        let notices = announced(&world_of(&[task], &containers).reading_logs(), &[impaired()]);
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("secretsmanager:GetSecretValue"), "{}", notices[0]);
        for text in ["fetch exited with 0", "app exited with 0", "app waits for it with COMPLETE"] {
            assert_eq!(notices[0].contains(text), hides.contains(&text), "{text}: {}", notices[0]);
        }
    }
}

/// What became of each container of a task: its name, and its exit code.
fn ended(task: u8, codes: &[(&str, i64)]) -> Value {
    let mut task = exited(task, 4, 1);
    task["containers"] = codes.iter().map(|(name, code)| json!({"name": name, "exitCode": code})).collect();
    task
}

#[test]
fn why_a_log_was_not_read_is_reported() {
    let splunk = json!({"logConfiguration": {"logDriver": "splunk", "options": {}}});
    let no_prefix =
        json!({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/w1"}}});
    let none = json!({"logConfiguration": null});
    for (more, lines, reads, why) in [
        (json!({}), None, true, "what the log of container app says"),
        (json!({}), Some(&[][..]), true, "what the log of container app says: no line came back"),
        (splunk.clone(), None, true, "its log driver is splunk, and ecs-triage reads awslogs only"),
        (splunk, None, false, "its log driver is splunk, and ecs-triage reads awslogs only"),
        (no_prefix, None, true, "the task definition names no awslogs-stream-prefix, or no group"),
        (none, None, true, "the task definition names no log driver for it"),
    ] {
        let definition = json!({"containerDefinitions": [container("app", &more)]});
        let logs: Vec<(&str, &[&str])> = lines.map(|lines| ("app", lines)).into_iter().collect();
        let world = world_with(&[exited(1, 4, 1)], definition, &logs);
        let notices = announced(&if reads { world.reading_logs() } else { world }, &[impaired()]);
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains(why), "{why}: {}", notices[0]);
        assert!(!notices[0].contains("ReadContainerLogs"), "it would not help: {}", notices[0]);
    }
}

/// Those that others wait for ended before them, however they are written in the definition.
#[test]
fn of_several_containers_the_first_that_failed_tells() {
    let other =
        ["An error occurred (ThrottlingException) when calling the GetParameter operation: Rate exceeded"];
    let on = |name: &str| json!([{"containerName": name, "condition": "COMPLETE"}]);
    for order in [["app", "init", "sidecar"], ["init", "sidecar", "app"], ["sidecar", "app", "init"]] {
        let containers = order.map(|name| match name {
            "app" => ("app", &other[..], on("sidecar")),
            "sidecar" => ("sidecar", &other[..], on("init")),
            _ => ("init", &DENIED[..], json!([])),
        });
        let task = ended(1, &[("app", 1), ("sidecar", 2), ("init", 3)]);
        let notices = announced(&world_of(&[task], &containers).reading_logs(), &[impaired()]);
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("container init"), "{order:?}: {}", notices[0]);
        assert!(notices[0].contains("secretsmanager:GetSecretValue"), "{order:?}: {}", notices[0]);
    }
}

/// A file of a volume that is the task's own: who should have written it, as the definition shows.
#[test]
fn a_shared_file_that_nobody_wrote_is_reported_beside_the_cause() {
    let mounted =
        |read_only: bool| json!([{"sourceVolume": "shared", "containerPath": "/tmp", "readOnly": read_only}]);
    let on = |condition: &str| json!([{"containerName": "fetch", "condition": condition}]);
    let missing = ["cat: can't open '/tmp/secret': No such file or directory"];
    let quiet = ["starting"];
    let own = || json!([{"name": "shared", "host": {}}]);
    let of_host = json!([{"name": "shared", "host": {"sourcePath": "/var/secrets"}}]);
    let app = |more: Value| container("app", &more);
    let fetch = |more: Value| container("fetch", &more);
    let nobody = "/tmp/secret is in volume shared, which container app mounts and no other container can have written to";
    let no_wait = "container app does not wait (dependsOn) until container fetch has written /tmp/secret to volume shared";
    let left_none = "container app waited for container fetch, which exited with 0 and left no /tmp/secret in volume shared";
    for (containers, volumes, finding) in [
        ([app(json!({"mountPoints": mounted(false)})), fetch(json!({}))], own(), Some(nobody)),
        (
            [app(json!({"mountPoints": mounted(false)})), fetch(json!({"mountPoints": mounted(true)}))],
            own(),
            Some(nobody),
        ),
        (
            [
                app(json!({"mountPoints": mounted(true)})),
                fetch(
                    json!({"mountPoints": mounted(false), "dependsOn": [{"containerName": "app", "condition": "HEALTHY"}]}),
                ),
            ],
            own(),
            Some(nobody),
        ),
        (
            [app(json!({"mountPoints": mounted(true)})), fetch(json!({"mountPoints": mounted(false)}))],
            own(),
            Some(no_wait),
        ),
        (
            [
                app(json!({"mountPoints": mounted(true), "dependsOn": on("START")})),
                fetch(json!({"mountPoints": mounted(false)})),
            ],
            own(),
            Some(no_wait),
        ),
        (
            [
                app(json!({"mountPoints": mounted(true), "dependsOn": on("SUCCESS")})),
                fetch(json!({"mountPoints": mounted(false)})),
            ],
            own(),
            Some(left_none),
        ),
        // What is there before the task may hold the file, or be written by others.
        ([app(json!({"mountPoints": mounted(false)})), fetch(json!({}))], of_host, None),
        ([app(json!({"mountPoints": mounted(false)})), fetch(json!({}))], json!([]), None),
        (
            [
                app(json!({"mountPoints": mounted(false)})),
                fetch(json!({"volumesFrom": [{"sourceContainer": "app"}]})),
            ],
            own(),
            None,
        ),
        (
            [
                app(json!({"mountPoints": [{"sourceVolume": "shared", "containerPath": "/tmp/sec"}]})),
                fetch(json!({})),
            ],
            own(),
            None,
        ),
        ([app(json!({})), fetch(json!({"mountPoints": mounted(false)}))], own(), None),
    ] {
        let definition = json!({"containerDefinitions": containers, "volumes": volumes});
        let task = ended(1, &[("app", 1), ("fetch", 0)]);
        let logs = [("app", &missing[..]), ("fetch", &quiet[..])];
        let notices =
            announced(&world_with(&[task], definition.clone(), &logs).reading_logs(), &[impaired()]);
        assert_eq!(notices.len(), 1, "{notices:?}");
        for text in [nobody, no_wait, left_none] {
            assert_eq!(notices[0].contains(text), finding == Some(text), "{definition}: {}", notices[0]);
        }
    }
    // Where the one that should have written tells why it did not, that is the cause.
    let definition = json!({"volumes": own(), "containerDefinitions": [
        app(json!({"mountPoints": mounted(true)})), fetch(json!({"mountPoints": mounted(false)}))]});
    let logs = [("app", &missing[..]), ("fetch", &DENIED[..])];
    let notices = announced(
        &world_with(&[ended(1, &[("app", 1), ("fetch", 0)])], definition, &logs).reading_logs(),
        &[impaired()],
    );
    assert!(notices[0].contains("secretsmanager:GetSecretValue"), "{}", notices[0]);
    assert!(notices[0].contains("container fetch exited with 0"), "{}", notices[0]);
}
