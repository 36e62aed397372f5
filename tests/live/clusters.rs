//! `check --cluster` against an AWS that lists in pages, throttles, and tells of some things only.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::bad_days::refusal;
use crate::program::{assert_contains, aws_at, file, typed};
use crate::server::{Call, Reply, Server};

/// As often as AWS throttles before it answers: more often than its client tries in one call.
const THROTTLED: usize = 5;
const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbC123";

fn answer(call: &Call, described: &AtomicUsize) -> Reply {
    let asked: Value = serde_json::from_str(&call.body).unwrap_or_default();
    let denied = ["AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AccessDenied"];
    let told = match call.operation() {
        "ListServices" if asked["nextToken"].is_null() => {
            json!({"serviceArns": [format!("{ARN}service/prod/api")], "nextToken": "2"})
        }
        "ListServices" => json!({"serviceArns": [format!("{ARN}service/prod/web")]}),
        "DescribeServices" if described.fetch_add(1, Ordering::Relaxed) < THROTTLED => {
            return refusal(call, 400, ["ThrottlingException"; 4], "Rate exceeded");
        }
        "DescribeServices" => {
            json!({"services": [{"serviceName": asked["services"][0], "status": "ACTIVE", "desiredCount": 1, "runningCount": 1,
            "launchType": "EC2", "taskDefinition": format!("{ARN}task-definition/shop:7")}], "failures": []})
        }
        "DescribeTaskDefinition" => {
            json!({"taskDefinition": {"taskDefinitionArn": format!("{ARN}task-definition/shop:7"), "family": "shop",
            "revision": 7, "executionRoleArn": "arn:aws:iam::111122223333:role/exec", "containerDefinitions": [{"name": "app", "image": "public.ecr.aws/nginx/nginx:1",
            "secrets": [{"name": "DB", "valueFrom": SECRET}]}]}})
        }
        "DescribeSecret" => json!({"ARN": SECRET, "Name": "prod/db", "DeletedDate": 1_800_000_000,
            "VersionIdsToStages": {"1": ["AWSCURRENT"]}}),
        _ => return refusal(call, if call.service() == "iam" { 403 } else { 400 }, denied, "no"),
    };
    Reply::new(200, told.to_string())
}

#[test]
fn a_cluster_is_checked_through_pages_and_throttling_and_gone_on_with() {
    let described = AtomicUsize::new(0);
    let aws = Server::start(move |call| answer(call, &described));
    let record = file("cluster.json", "");
    fs::remove_file(&record).expect("it was made");
    let check = ["check", "--cluster", "prod", "--record", &record];
    let ran = typed(&check, &aws_at(&aws.url));
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.complaints);
    assert_contains(
        &ran.out,
        &[
            "error[secret-deletion-scheduled]: secret prod/db is scheduled for deletion",
            "would not start: the next task of services api (shop:7), web (shop:7)",
            "1 problem in 2 of 2 services",
        ],
    );
    assert!(!ran.out.contains("Throttling") && !ran.complaints.contains("Throttling"), "{}", ran.complaints);
    let count = |operation: &str| aws.calls().iter().filter(|call| call.operation() == operation).count();
    assert_eq!((count("DescribeSecret"), count("DescribeTaskDefinition"), count("ListServices")), (1, 1, 2));
    let again = typed(&check, &aws_at(&aws.url));
    assert_eq!((again.code, &again.out), (Some(1), &ran.out));
    assert_contains(&again.complaints, &["going on with "]);
    assert_eq!((count("DescribeSecret"), count("DescribeTaskDefinition"), count("ListServices")), (1, 1, 2));
}
