//! The same questions, asked of emulators that were filled by another client of AWS (`emulated.py`).
//!
//! moto answers for the network, ministack for the rest. What they get wrong is not asked: of ministack
//! 1.5.33, `SimulatePrincipalPolicy` for a role with a path, mount targets of a file system that does not
//! exist (none, instead of an error), and container instances (it has none); of moto 5.2.5, the kind of a NAT
//! gateway (absent), and the private DNS of a gateway endpoint (on).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use ecs_triage::aws::prober::AwsProber;
use ecs_triage::question::{Answer, Question};
use ecs_triage::triage::Prober as _;
use serde_json::{Value, json};

use super::config;
use super::environment::python_environment;

const MISSING: &str = "Missing";

/// Emulators that run, with things in them.
struct Emulated {
    process: Child,
    things: Value,
}

impl Emulated {
    fn start() -> Self {
        let mut program = Command::new(python_environment("stack", "requirements.txt").join("python"));
        program
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["-B", "tests/adapters/emulated.py"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = program.spawn().expect("Python runs");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it can be read");
        Self { process, things: serde_json::from_str(&line).expect("the emulators run") }
    }

    fn name(&self, of: &str) -> &str {
        self.things[of].as_str().expect("a name")
    }

    fn prober(&self, of: &str) -> AwsProber {
        AwsProber::new(&config(self.name(of)))
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        // At the end of its input it ends what it started.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Whether what is expected is there; facts beside it are the emulator's own.
fn holds(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .all(|(name, expected)| found.get(name).is_some_and(|found| holds(found, expected))),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| holds(found, expected))
        }
        _ => found == expected,
    }
}

/// Asks `kind` about what `about` says.
async fn check(prober: &AwsProber, kind: &str, about: Value, expected: impl Into<Value>) -> Answer {
    let mut question = json!({kind: about});
    if kind != "TaskDefinition" {
        question[kind]["region"] = json!("eu-west-1");
    }
    let question: Question = serde_json::from_value(question).expect("a question");
    let answer = prober.ask(&question).await;
    let (found, expected) = (serde_json::to_value(&answer).expect("JSON"), expected.into());
    assert!(holds(&found, &expected), "{question:?}\nfound    {found:#}\nexpected {expected:#}");
    answer
}

#[tokio::test]
async fn emulators_are_understood() {
    let emulated = Emulated::start();
    network(&emulated).await;
    references(&emulated).await;
    tasks(&emulated).await;
}

async fn network(emulated: &Emulated) {
    let moto = &emulated.prober("moto");
    let name = |of| emulated.name(of);
    let vpc = || json!({"vpc": name("vpc")});
    let local = json!({"destinationCidrBlock": "10.0.0.0/16", "gatewayId": "local", "state": "active"});
    let tables = json!({"RouteTables": [
        {"associationSet": [{"main": true, "subnetId": null}], "routeSet": [local]},
        {"routeTableId": name("table"), "associationSet": [{"main": false, "subnetId": name("private")}], "routeSet": [
            local,
            {"destinationCidrBlock": "0.0.0.0/0", "natGatewayId": name("nat"), "gatewayId": null, "state": "active"},
            {"destinationCidrBlock": null, "gatewayId": name("gateway"), "state": "active"},
        ]},
    ]});
    check(moto, "RouteTables", vpc(), tables).await;
    check(moto, "NatGateways", vpc(), json!({"NatGateways": [{"natGatewayId": name("nat"), "subnetId": name("public"), "state": "available"}]})).await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"NotYou","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
    let endpoints = json!({"VpcEndpoints": [
        {"vpcEndpointId": name("interface"), "vpcEndpointType": "Interface", "serviceName": "com.amazonaws.eu-west-1.secretsmanager", "state": "available",
            "privateDnsEnabled": true, "subnetIdSet": [name("private")], "groupSet": [{"groupId": name("group")}], "routeTableIdSet": [], "policyDocument": policy},
        {"vpcEndpointId": name("gateway"), "vpcEndpointType": "Gateway", "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIdSet": [name("table")]},
    ]});
    check(moto, "VpcEndpoints", vpc(), endpoints).await;
    let groups = json!({"SecurityGroups": [
        {"groupName": "default", "ipPermissionsEgress": [{"ipProtocol": "-1", "fromPort": null, "ipRanges": [{"cidrIp": "0.0.0.0/0"}]}]},
        {"groupName": "true", "groupId": name("group"), "ipPermissions": [{"ipProtocol": "-1", "groups": [{"groupId": name("group")}]}],
            "ipPermissionsEgress": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": [{"cidrIp": "10.0.0.0/16"}]}]},
    ]});
    check(moto, "SecurityGroups", vpc(), groups).await;
    let named = json!({"SecurityGroups": [{"groupName": "true", "groupId": name("group")}]});
    check(moto, "NamedSecurityGroups", json!({"ids": [name("group"), "sg-0"]}), named).await;
    let Answer::NetworkAcls(acls) = check(moto, "NetworkAcls", vpc(), json!({})).await else {
        panic!("no ACLs")
    };
    assert_eq!((acls.len(), acls[0].association_set.len(), acls[0].entry_set.len()), (2, 1, 4));
    let own = serde_json::to_value(&acls[1]).expect("JSON");
    let expected = json!({"networkAclId": name("acl"), "associationSet": [{"subnetId": name("private")}], "entrySet": [
        {"ruleNumber": 100, "protocol": "6", "ruleAction": "deny", "egress": true, "cidrBlock": "0.0.0.0/0", "portRange": {"from": 443, "to": 443}},
    ]});
    assert!(holds(&own, &expected), "{own:#}");
    let dns = json!({"enableDnsSupport": true, "enableDnsHostnames": true, "domainNameServers": ["10.0.0.53", "10.0.1.53"]});
    check(moto, "VpcDns", vpc(), json!({"VpcDns": dns})).await;
    let subnet = |of, block| json!({"subnetId": name(of), "vpcId": name("vpc"), "cidrBlock": block, "availabilityZone": "eu-west-1a", "ownerId": "111122223333"});
    let both = json!({"Subnets": [subnet("private", "10.0.1.0/24"), subnet("public", "10.0.2.0/24")]});
    check(
        moto,
        "Subnets",
        json!({"ids": [name("private"), name("public"), "subnet-00000000000000000"]}),
        both,
    )
    .await;
    let instance = json!({"Instance": {"subnetId": name("private"), "vpcId": name("vpc"), "groupSet": [{"groupId": name("group")}]}});
    check(moto, "Instance", json!({"id": name("instance")}), instance).await;
    check(moto, "Instance", json!({"id": "i-00000000000000000"}), MISSING).await;
    check(moto, "Subnets", json!({"ids": ["subnet-00000000000000000"]}), MISSING).await;
    check(moto, "VpcDns", json!({"vpc": "vpc-00000000000000000"}), MISSING).await;
}

#[expect(clippy::too_many_lines, reason = "one check after another, each of a line or two")]
async fn references(emulated: &Emulated) {
    let ministack = &emulated.prober("ministack");
    let name = |of| emulated.name(of);
    let denial = json!({"Policy": {"Version": "2012-10-17", "Statement": [{"Sid": "NotYou", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}});

    for id in ["prod/db", name("secret")] {
        let answer = check(
            ministack,
            "Secret",
            json!({"id": id}),
            json!({"Secret": {"ARN": name("secret"), "Name": "prod/db", "KmsKeyId": "alias/prod", "DeletedDate": null}}),
        )
        .await;
        assert!(matches!(&answer, Answer::Secret(secret) if secret.has_current()), "{answer:?}");
    }
    let gone =
        check(ministack, "Secret", json!({"id": "prod/gone"}), json!({"Secret": {"Name": "prod/gone"}}))
            .await;
    assert!(matches!(&gone, Answer::Secret(secret) if secret.deleted_date.is_some()), "{gone:?}");
    let Answer::SecretVersions(versions) =
        check(ministack, "SecretVersions", json!({"id": "prod/db"}), json!({})).await
    else {
        panic!("no versions")
    };
    let mut stages: Vec<String> = versions.into_iter().flat_map(|version| version.version_stages).collect();
    stages.sort();
    assert_eq!(stages, ["AWSCURRENT", "AWSPREVIOUS"]);
    check(ministack, "SecretPolicy", json!({"id": "prod/db"}), denial.clone()).await;
    check(ministack, "SecretPolicy", json!({"id": "prod/plain"}), MISSING).await;
    for kind in ["Secret", "SecretVersions", "SecretPolicy"] {
        check(ministack, kind, json!({"id": "prod/none"}), MISSING).await;
    }
    let like = check(ministack, "SecretsLike", json!({"prefix": "prod/"}), json!({})).await;
    assert!(matches!(&like, Answer::Secrets(secrets) if secrets.items().len() == 3), "{like:?}");

    let parameter = |name: &str| json!({"Name": name, "Type": "SecureString", "KeyId": "alias/aws/ssm"});
    check(
        ministack,
        "Parameters",
        json!({"names": ["/prod/db", "plain", "none"]}),
        json!({"Parameters": [parameter("/prod/db"), parameter("plain")]}),
    )
    .await;
    check(
        ministack,
        "ParametersLike",
        json!({"part": "db"}),
        json!({"Parameters": [parameter("/prod/db"), parameter("/prod/db-2")]}),
    )
    .await;

    for id in ["alias/prod", name("key")] {
        check(
            ministack,
            "Key",
            json!({"id": id}),
            json!({"Key": {"Arn": name("key"), "KeyState": "Enabled", "KeyManager": "CUSTOMER"}}),
        )
        .await;
    }
    check(ministack, "Key", json!({"id": "alias/none"}), MISSING).await;
    check(ministack, "KeyPolicy", json!({"id": name("key")}), denial.clone()).await;
    check(ministack, "KeyGrants", json!({"id": name("key")}), json!({"KeyGrants": []})).await;

    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    check(
        ministack,
        "Role",
        json!({"name": "exec"}),
        json!({"Role": {"Arn": "arn:aws:iam::111122223333:role/service/exec", "AssumeRolePolicyDocument": trust}}),
    )
    .await;
    check(ministack, "Role", json!({"name": "none"}), MISSING).await;
    for (action, decision) in [("ssm:GetParameters", "allowed"), ("kms:Decrypt", "implicitDeny")] {
        let about = json!({"role": "arn:aws:iam::111122223333:role/flat", "action": action, "resource": "*", "context": [["aws:RequestedRegion", "eu-west-1"]]});
        check(ministack, "Simulation", about, json!({"Simulation": {"EvalDecision": decision}})).await;
    }

    let of = |repository: &str| json!({"registry": "111122223333", "name": repository});
    check(
        ministack,
        "Repository",
        of("web"),
        json!({"Repository": {"repositoryName": "web", "repositoryArn": name("repository")}}),
    )
    .await;
    check(ministack, "Repository", of("none"), MISSING).await;
    check(ministack, "RepositoryPolicy", of("web"), denial).await;
    check(ministack, "RepositoryPolicy", of("bare"), MISSING).await;
    let image =
        |reference: &str| json!({"registry": "111122223333", "repository": "web", "reference": reference});
    for reference in ["1.2", name("digest")] {
        check(
            ministack,
            "Image",
            image(reference),
            json!({"Images": [{"imageDigest": name("digest"), "imageTags": ["1.2"]}]}),
        )
        .await;
    }
    check(ministack, "Image", image("none"), MISSING).await;

    check(
        ministack,
        "Bucket",
        json!({"name": "config"}),
        json!({"Bucket": {"LocationConstraint": "eu-west-1"}}),
    )
    .await;
    check(ministack, "Bucket", json!({"name": "none"}), MISSING).await;
    let objects = |bucket: &str, prefix: &str| json!({"bucket": bucket, "prefix": prefix});
    check(
        ministack,
        "Objects",
        objects("config", "api/a & b"),
        json!({"Objects": [{"Key": "api/a & b.env"}, {"Key": "api/a & b.json"}]}),
    )
    .await;
    check(ministack, "Objects", objects("config", "none"), json!({"Objects": []})).await;
    check(ministack, "Objects", objects("none", ""), MISSING).await;

    let file_system = || json!({"file_system": name("file_system")});
    let targets = json!({"MountTargets": [{"MountTargetId": name("target"), "SubnetId": name("subnet"), "LifeCycleState": "available", "SecurityGroups": ["sg-00000001"]}]});
    check(ministack, "MountTargets", file_system(), targets).await;
    check(ministack, "AccessPoints", file_system(), json!({"AccessPoints": [{"AccessPointId": name("access_point"), "FileSystemId": name("file_system")}]}))
        .await;
    check(ministack, "FileSystemPolicy", file_system(), MISSING).await;
}

async fn tasks(emulated: &Emulated) {
    let ministack = &emulated.prober("ministack");
    let name = |of| emulated.name(of);
    let definition = json!({"family": "api", "revision": 1, "networkMode": "awsvpc",
        "containerDefinitions": [{"name": "web", "image": "web:1.2", "secrets": [{"name": "PW", "valueFrom": name("secret")}]}]});
    let found = check(
        ministack,
        "TaskDefinition",
        json!({"name": name("definition")}),
        json!({"TaskDefinition": definition}),
    )
    .await;
    assert!(!format!("{found:?}").contains("unseen"), "values of the environment are not read");
    check(ministack, "TaskDefinition", json!({"name": "api:99"}), MISSING).await;
    let service = |cluster: &str, service: &str| json!({"cluster": cluster, "name": service});
    let expected = json!({"status": "ACTIVE", "desiredCount": 0, "launchType": "FARGATE", "taskDefinition": name("definition"),
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": [name("subnet")], "assignPublicIp": "DISABLED"}}, "deployments": [{"status": "PRIMARY"}]});
    check(ministack, "Service", service("prod", "api"), json!({"Service": expected})).await;
    check(ministack, "Service", service("prod", "none"), MISSING).await;
    check(ministack, "Service", service("none", "none"), MISSING).await;
    check(
        ministack,
        "RunningTasks",
        json!({"cluster": "prod", "service": "api"}),
        json!({"RunningTasks": []}),
    )
    .await;
    check(
        ministack,
        "LogGroups",
        json!({"prefix": "/ecs"}),
        json!({"LogGroups": [{"logGroupName": "/ecs/api"}]}),
    )
    .await;
    let stream = |group: &str| json!({"group": group, "stream": "web/web/1"});
    check(
        ministack,
        "LogLines",
        stream("/ecs/api"),
        json!({"LogLines": [{"message": "listening"}, {"message": "password=%%%%%%%"}]}),
    )
    .await;
    check(ministack, "LogLines", stream("/ecs/none"), MISSING).await;
    assert_eq!(
        ministack.clusters(None).await,
        Ok(vec!["arn:aws:ecs:eu-west-1:111122223333:cluster/prod".to_owned()])
    );
    assert_eq!(ministack.stopped_tasks(None, "prod", Some("api")).await, Ok((Vec::new(), true)));
    let mut lines = Vec::new();
    let mut keep = |line: &str| {
        lines.push(line.to_owned());
        true
    };
    ministack
        .journal(None, "/ecs/api", jiff::Timestamp::UNIX_EPOCH, Some("web/"), &mut keep)
        .await
        .expect("it can be read");
    assert_eq!(lines.len(), 2);
}
