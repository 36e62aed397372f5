//! A case for every question: the calls that it takes, the answers that AWS documents for them, and the facts
//! in them.

use ecs_triage::question::{Answer, Question};
use serde_json::{Value, json};

use super::server::{Reply, Request};

/// How a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    Ec2,
    Iam,
    Efs,
    S3,
}

#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// The target, the action, or the method and the path.
    pub(crate) called: &'static str,
    /// What the request holds besides.
    pub(crate) holds: &'static [&'static str],
    pub(crate) reply: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) question: Question,
    pub(crate) answer: Answer,
    pub(crate) dialect: Dialect,
    /// `Region/service` of the signature.
    pub(crate) scope: &'static str,
    pub(crate) exchanges: Vec<Exchange>,
    /// The code that says that there is no such thing.
    pub(crate) missing: Option<&'static str>,
    /// The action, and on what, as a refusal is reported.
    pub(crate) refused: (&'static str, &'static str),
}

impl Exchange {
    pub(crate) fn fits(&self, request: &Request) -> bool {
        request.called() == self.called
            && self.holds.iter().all(|part| request.body.contains(part) || request.path.contains(part))
    }
}

impl Dialect {
    /// An error, as the service says it.
    pub(crate) fn error(self, status: u16, code: &str) -> Reply {
        let message = "Words of AWS";
        match self {
            Self::Json => {
                Reply::new(status, format!(r#"{{"__type": "com.amazonaws#{code}", "message": "{message}"}}"#))
            }
            Self::Efs => Reply::new(status, format!(r#"{{"ErrorCode": "{code}", "Message": "{message}"}}"#))
                .with("x-amzn-errortype", &format!("{code}:http://internal/")),
            Self::Ec2 => Reply::new(
                status,
                format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>r</RequestID></Response>"
                ),
            ),
            Self::Iam => Reply::new(
                status,
                format!(
                    "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                ),
            ),
            Self::S3 => Reply::new(
                status,
                format!(
                    "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message><BucketName>b</BucketName></Error>"
                ),
            ),
        }
    }

    pub(crate) fn denial(self) -> Reply {
        match self {
            Self::Json => self.error(400, "AccessDeniedException"),
            Self::Ec2 => self.error(403, "UnauthorizedOperation"),
            Self::Efs => self.error(403, "AccessDeniedException"),
            Self::Iam | Self::S3 => self.error(403, "AccessDenied"),
        }
    }

    pub(crate) fn throttling(self) -> Reply {
        match self {
            Self::Json => self.error(400, "ThrottlingException"),
            Self::Ec2 => self.error(503, "RequestLimitExceeded"),
            Self::Iam => self.error(400, "Throttling"),
            Self::Efs => self.error(429, "ThrottlingException"),
            Self::S3 => self.error(503, "SlowDown"),
        }
    }

    /// A body that breaks off.
    pub(crate) fn malformed(self) -> Reply {
        match self {
            Self::Json | Self::Efs => Reply::new(200, r#"{"Name": "#),
            Self::Ec2 | Self::Iam | Self::S3 => Reply::new(200, "<Response><Name>"),
        }
    }
}

/// A body, as JSON or as it is.
struct Text(String);

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<Value> for Text {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

fn case(dialect: Dialect, scope: &'static str, question: Value, answer: Value) -> Case {
    let question: Question = serde_json::from_value(question).expect("a question");
    let answer = serde_json::from_value(answer).expect("an answer");
    Case { question, answer, dialect, scope, exchanges: Vec::new(), missing: None, refused: ("", "") }
}

impl Case {
    fn call(mut self, called: &'static str, holds: &'static [&'static str], reply: impl Into<Text>) -> Self {
        self.exchanges.push(Exchange { called, holds, reply: reply.into().0 });
        self
    }

    fn missing(mut self, code: &'static str) -> Self {
        self.missing = Some(code);
        self
    }

    fn refused(mut self, action: &'static str, on: &'static str) -> Self {
        self.refused = (action, on);
        self
    }
}

/// One for each question.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = ecs();
    cases.extend(ecs_tasks());
    cases.extend(iam());
    cases.extend(secrets_and_keys());
    cases.extend(logs_and_images());
    cases.extend(files());
    cases.extend(network());
    cases
}

const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333";

fn ecs() -> Vec<Case> {
    let definition = json!({"taskDefinition": {
        "taskDefinitionArn": format!("{ARN}:task-definition/api:7"), "family": "api", "revision": 7, "status": "ACTIVE", "volumes": [],
        "executionRoleArn": "arn:aws:iam::111122223333:role/exec", "networkMode": "awsvpc",
        "containerDefinitions": [{"name": "web", "image": "web:1", "environment": [{"name": "PLAIN", "value": "unseen"}], "secrets": [{"name": "PW", "valueFrom": "prod/db"}]}],
    }, "tags": []});
    let service = json!({"services": [{
        "serviceArn": format!("{ARN}:service/prod/api"), "status": "ACTIVE", "desiredCount": 2, "runningCount": 1, "pendingCount": 0, "launchType": "FARGATE",
        "taskDefinition": format!("{ARN}:task-definition/api:7"),
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}},
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "desiredCount": 2, "runningCount": 1, "failedTasks": 3, "rolloutState": "IN_PROGRESS", "createdAt": 1.75e9}],
    }], "failures": []});
    vec![
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"TaskDefinition": {"name": "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:7"}}),
            json!({"TaskDefinition": {"taskDefinitionArn": format!("{ARN}:task-definition/api:7"), "family": "api", "revision": 7, "status": "ACTIVE", "networkMode": "awsvpc",
                "executionRoleArn": "arn:aws:iam::111122223333:role/exec",
                "containerDefinitions": [{"name": "web", "image": "web:1", "secrets": [{"name": "PW", "valueFrom": "prod/db"}]}]}}),
        )
        .call("AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition", &[r#"{"taskDefinition":"arn:aws:ecs:eu-west-1:111122223333:task-definition/api:7"}"#], definition)
        .refused("ecs:DescribeTaskDefinition", "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:7"),
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"Service": {"region": "eu-west-1", "cluster": "prod", "name": "api"}}),
            json!({"Service": {"status": "ACTIVE", "desiredCount": 2, "runningCount": 1, "launchType": "FARGATE", "taskDefinition": format!("{ARN}:task-definition/api:7"),
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}},
                "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "desiredCount": 2, "runningCount": 1, "failedTasks": 3, "rolloutState": "IN_PROGRESS",
                    "createdAt": "2025-06-15T15:06:40Z"}]}}),
        )
        .call("AmazonEC2ContainerServiceV20141113.DescribeServices", &[r#""cluster":"prod""#, r#""services":["api"]"#], service)
        .missing("ClusterNotFoundException")
        .refused("ecs:DescribeServices", "prod/api"),
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"ServiceRevision": {"region": "eu-west-1", "arn": format!("{ARN}:service-revision/prod/api/9313423515462893900")}}),
            json!({"ServiceRevision": {"serviceArn": format!("{ARN}:service/prod/api"), "taskDefinition": format!("{ARN}:task-definition/api:7"),
                "launchType": "FARGATE", "platformVersion": "1.4.0",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}}}}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.DescribeServiceRevisions",
            &[r#""serviceRevisionArns":["arn:aws:ecs:eu-west-1:111122223333:service-revision/prod/api/9313423515462893900"]"#],
            json!({"serviceRevisions": [{
                "serviceRevisionArn": format!("{ARN}:service-revision/prod/api/9313423515462893900"), "serviceArn": format!("{ARN}:service/prod/api"),
                "clusterArn": format!("{ARN}:cluster/prod"), "taskDefinition": format!("{ARN}:task-definition/api:7"), "launchType": "FARGATE",
                "platformVersion": "1.4.0", "platformFamily": "Linux", "guardDutyEnabled": false, "createdAt": 1.75e9, "containerImages": [],
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}},
            }], "failures": []}),
        )
        .missing("ServiceNotFoundException")
        .refused("ecs:DescribeServiceRevisions", "arn:aws:ecs:eu-west-1:111122223333:service-revision/prod/api/9313423515462893900"),
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"Services": {"region": "eu-west-1", "cluster": "prod"}}),
            json!({"Services": [format!("{ARN}:service/prod/api"), format!("{ARN}:service/old")]}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.ListServices",
            &[r#""cluster":"prod""#, r#""maxResults":100"#],
            json!({"serviceArns": [format!("{ARN}:service/prod/api"), format!("{ARN}:service/old")]}),
        )
        .missing("ClusterNotFoundException")
        .refused("ecs:ListServices", "prod"),
    ]
}

/// What is asked of tasks, clusters and hosts.
fn ecs_tasks() -> Vec<Case> {
    vec![
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"StoppedTasks": {"region": "eu-west-1", "cluster": "prod", "service": "api"}}),
            json!({"StoppedTasks": [{
                "taskArn": format!("{ARN}:task/prod/1"), "clusterArn": format!("{ARN}:cluster/prod"), "group": "service:api",
                "taskDefinitionArn": format!("{ARN}:task-definition/api:6"), "launchType": "FARGATE", "platformVersion": "1.4.0",
                "platformFamily": "Linux", "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited",
                "stoppedReason": "Essential container in task exited", "createdAt": 1.75e9, "startedAt": 1.75e9, "stoppingAt": 1.75e9,
                "stoppedAt": 1.75e9, "containers": [{"name": "app", "exitCode": 1}, {"name": "side", "reason": "OutOfMemoryError: killed"}],
            }]}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.ListTasks",
            &[r#""cluster":"prod""#, r#""serviceName":"api""#, r#""desiredStatus":"STOPPED""#],
            json!({"taskArns": [format!("{ARN}:task/prod/1")]}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.DescribeTasks",
            &[r#""tasks":["arn:aws:ecs:eu-west-1:111122223333:task/prod/1"]"#],
            json!({"tasks": [{
                "taskArn": format!("{ARN}:task/prod/1"), "clusterArn": format!("{ARN}:cluster/prod"), "group": "service:api",
                "taskDefinitionArn": format!("{ARN}:task-definition/api:6"), "launchType": "FARGATE", "platformVersion": "1.4.0",
                "platformFamily": "Linux", "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stopCode": "EssentialContainerExited",
                "stoppedReason": "Essential container in task exited", "createdAt": 1.75e9, "startedAt": 1.75e9, "stoppingAt": 1.75e9,
                "stoppedAt": 1.75e9, "cpu": "256", "overrides": {"containerOverrides": [{"name": "app", "environment": [{"name": "A", "value": "unseen"}]}]},
                "containers": [{"name": "app", "exitCode": 1, "runtimeId": "x"}, {"name": "side", "reason": "OutOfMemoryError: killed"}],
            }], "failures": []}),
        )
        .missing("ServiceNotFoundException")
        .refused("ecs:ListTasks", "prod/api"),
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"RunningTasks": {"region": "eu-west-1", "cluster": "prod", "service": "api"}}),
            json!({"RunningTasks": [{"taskArn": format!("{ARN}:task/prod/1"), "taskDefinitionArn": format!("{ARN}:task-definition/api:6"), "startedAt": 1.75e9}]}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.ListTasks",
            &[r#""cluster":"prod""#, r#""serviceName":"api""#, r#""desiredStatus":"RUNNING""#],
            json!({"taskArns": [format!("{ARN}:task/prod/1")]}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.DescribeTasks",
            &[r#""tasks":["arn:aws:ecs:eu-west-1:111122223333:task/prod/1"]"#],
            json!({"tasks": [{"taskArn": format!("{ARN}:task/prod/1"), "taskDefinitionArn": format!("{ARN}:task-definition/api:6"), "startedAt": 1.75e9, "containers": []}], "failures": []}),
        )
        .missing("ServiceNotFoundException")
        .refused("ecs:ListTasks", "prod/api"),
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"Clusters": {"region": "eu-west-1"}}),
            json!({"Clusters": [format!("{ARN}:cluster/prod"), format!("{ARN}:cluster/batch")]}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.ListClusters",
            &[],
            json!({"clusterArns": [format!("{ARN}:cluster/prod"), format!("{ARN}:cluster/batch")]}),
        )
        .refused("ecs:ListClusters", "*"),
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"ClusterTasks": {"region": "eu-west-1", "cluster": format!("{ARN}:cluster/prod")}}),
            json!({"ClusterTasks": [{"taskArn": format!("{ARN}:task/prod/1"), "clusterArn": format!("{ARN}:cluster/prod"), "group": "service:api",
                "taskDefinitionArn": format!("{ARN}:task-definition/api:6"), "createdAt": "2025-06-15T15:06:30Z", "startedAt": 1.75e9}]}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.ListTasks",
            &[r#""cluster":"arn:aws:ecs:eu-west-1:111122223333:cluster/prod""#, r#""desiredStatus":"RUNNING""#],
            json!({"taskArns": [format!("{ARN}:task/prod/1")]}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.DescribeTasks",
            &[r#""tasks":["arn:aws:ecs:eu-west-1:111122223333:task/prod/1"]"#],
            json!({"tasks": [{"taskArn": format!("{ARN}:task/prod/1"), "clusterArn": format!("{ARN}:cluster/prod"), "group": "service:api",
                "taskDefinitionArn": format!("{ARN}:task-definition/api:6"), "createdAt": 1_749_999_990, "startedAt": 1.75e9, "containers": []}], "failures": []}),
        )
        .missing("ClusterNotFoundException")
        .refused("ecs:ListTasks", "arn:aws:ecs:eu-west-1:111122223333:cluster/prod"),
        case(
            Dialect::Json,
            "eu-west-1/ecs",
            json!({"ContainerInstance": {"region": "eu-west-1", "cluster": "prod", "arn": format!("{ARN}:container-instance/prod/1")}}),
            json!({"ContainerInstance": {"ec2InstanceId": "i-1", "versionInfo": {"agentVersion": "1.89.1"}, "agentConnected": true}}),
        )
        .call(
            "AmazonEC2ContainerServiceV20141113.DescribeContainerInstances",
            &[r#""containerInstances":["arn:aws:ecs:eu-west-1:111122223333:container-instance/prod/1"]"#],
            json!({"containerInstances": [{"ec2InstanceId": "i-1", "versionInfo": {"agentVersion": "1.89.1", "agentHash": "x"}, "agentConnected": true}], "failures": []}),
        )
        .missing("ClusterNotFoundException")
        .refused("ecs:DescribeContainerInstances", "arn:aws:ecs:eu-west-1:111122223333:container-instance/prod/1"),
    ]
}

const ROLE: &str = r#"<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role>
  <Path>/service/</Path><AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%7D%5D%7D</AssumeRolePolicyDocument>
  <MaxSessionDuration>3600</MaxSessionDuration><RoleId>AROADBQP57FF2AEXAMPLE</RoleId>
  <RoleLastUsed><LastUsedDate>2026-11-20T21:03:39Z</LastUsedDate><Region>eu-west-1</Region></RoleLastUsed>
  <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>arn:aws:iam::111122223333:policy/edge</PermissionsBoundaryArn></PermissionsBoundary>
  <RoleName>exec</RoleName><Arn>arn:aws:iam::111122223333:role/service/exec</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>
</Role></GetRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetRoleResponse>"#;

const SIMULATED: &str = r#"<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>
  <IsTruncated>false</IsTruncated><EvaluationResults><member>
    <MatchedStatements/><MissingContextValues><member>aws:SourceVpce</member></MissingContextValues>
    <EvalResourceName>arn:aws:secretsmanager:*:*:secret:*</EvalResourceName><EvalDecision>implicitDeny</EvalDecision>
    <EvalActionName>secretsmanager:GetSecretValue</EvalActionName>
    <OrganizationsDecisionDetail><AllowedByOrganizations>true</AllowedByOrganizations></OrganizationsDecisionDetail>
    <ResourceSpecificResults><member>
      <MatchedStatements><member><SourcePolicyId>deny-prod</SourcePolicyId><SourcePolicyType>IAM Policy</SourcePolicyType><StartPosition><Line>3</Line><Column>1</Column></StartPosition></member></MatchedStatements>
      <MissingContextValues><member>aws:PrincipalTag/team</member></MissingContextValues>
      <PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>
      <EvalResourceName>arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf</EvalResourceName><EvalResourceDecision>explicitDeny</EvalResourceDecision>
    </member></ResourceSpecificResults>
  </member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"#;

fn iam() -> Vec<Case> {
    vec![
        case(
            Dialect::Iam,
            "us-east-1/iam",
            json!({"Role": {"region": "eu-west-1", "name": "exec"}}),
            json!({"Role": {"Arn": "arn:aws:iam::111122223333:role/service/exec", "CreateDate": "2026-01-02T03:04:05Z",
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]},
                "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/edge"},
                "RoleLastUsed": {"LastUsedDate": "2026-11-20T21:03:39Z"}}}),
        )
        .call("GetRole", &["Version=2010-05-08", "RoleName=exec"], ROLE)
        .missing("NoSuchEntity")
        .refused("iam:GetRole", "exec"),
        case(
            Dialect::Iam,
            "us-east-1/iam",
            json!({"Simulation": {"region": "eu-west-1", "role": "arn:aws:iam::111122223333:role/service/exec", "action": "secretsmanager:GetSecretValue",
                "resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf", "context": [["aws:RequestedRegion", "eu-west-1"], ["aws:SecureTransport", "true"]]}}),
            json!({"Simulation": {"EvalDecision": "explicitDeny", "MatchedStatements": [{"SourcePolicyId": "deny-prod", "SourcePolicyType": "IAM Policy"}],
                "MissingContextValues": ["aws:PrincipalTag/team"], "OrganizationsDecisionDetail": {"AllowedByOrganizations": true},
                "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": false}}}),
        )
        .call(
            "SimulatePrincipalPolicy",
            &[
                "Version=2010-05-08",
                "&PolicySourceArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fservice%2Fexec",
                "&ActionNames.member.1=secretsmanager%3AGetSecretValue",
                "&ResourceArns.member.1=arn%3Aaws%3Asecretsmanager%3Aeu-west-1%3A111122223333%3Asecret%3Aprod%2Fdb-AbCdEf",
                "&ContextEntries.member.1.ContextKeyName=aws%3ARequestedRegion&ContextEntries.member.1.ContextKeyType=string",
                "&ContextEntries.member.1.ContextKeyValues.member.1=eu-west-1",
                "&ContextEntries.member.2.ContextKeyName=aws%3ASecureTransport&ContextEntries.member.2.ContextKeyType=boolean",
                "&ContextEntries.member.3.ContextKeyName=aws%3APrincipalArn",
                "&ContextEntries.member.3.ContextKeyValues.member.1=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fservice%2Fexec",
                "&ContextEntries.member.5.ContextKeyName=aws%3APrincipalIsAWSService&ContextEntries.member.5.ContextKeyType=boolean",
                "&ContextEntries.member.6.ContextKeyName=aws%3AViaAWSService&ContextEntries.member.6.ContextKeyType=boolean",
                "&ContextEntries.member.8.ContextKeyName=aws%3AResourceAccount&ContextEntries.member.8.ContextKeyType=string",
                "&ContextEntries.member.8.ContextKeyValues.member.1=111122223333",
            ],
            SIMULATED,
        )
        .missing("NoSuchEntity")
        .refused("iam:SimulatePrincipalPolicy", "arn:aws:iam::111122223333:role/service/exec"),
    ]
}

fn secrets_and_keys() -> Vec<Case> {
    let secret = json!({"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf", "Name": "prod/db", "KmsKeyId": "alias/prod", "CreatedDate": 1.75e9,
        "DeletedDate": 1_750_000_100.25, "LastChangedDate": 1_750_000_050, "RotationEnabled": null, "VersionIdsToStages": {"v1": ["AWSCURRENT"]}});
    let facts = json!({"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf", "Name": "prod/db", "KmsKeyId": "alias/prod",
        "CreatedDate": "2025-06-15T15:06:40Z", "DeletedDate": "2025-06-15T15:08:20.25Z", "LastChangedDate": "2025-06-15T15:07:30Z", "VersionIdsToStages": {"v1": ["AWSCURRENT"]}});
    let id = |kind: &str| json!({kind: {"region": "eu-west-1", "id": "prod/db"}});
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}"#;
    let document = json!({"Policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}});
    let parameter = json!({"Name": "/prod/db", "ARN": "arn:x", "Type": "SecureString", "KeyId": "alias/aws/ssm", "LastModifiedDate": 1.75e9, "Version": 3});
    let parameters = json!({"Parameters": [{"Name": "/prod/db", "Type": "SecureString", "KeyId": "alias/aws/ssm", "LastModifiedDate": "2025-06-15T15:06:40Z"}]});
    vec![
        case(Dialect::Json, "eu-west-1/secretsmanager", id("Secret"), json!({"Secret": facts}))
            .call("secretsmanager.DescribeSecret", &[r#"{"SecretId":"prod/db"}"#], secret.clone())
            .missing("ResourceNotFoundException")
            .refused("secretsmanager:DescribeSecret", "prod/db"),
        case(
            Dialect::Json,
            "eu-west-1/secretsmanager",
            id("SecretVersions"),
            json!({"SecretVersions": [{"VersionId": "v1", "VersionStages": ["AWSCURRENT"], "CreatedDate": "2025-06-15T15:06:40Z"}, {"VersionId": "v0", "VersionStages": []}]}),
        )
        .call(
            "secretsmanager.ListSecretVersionIds",
            &[r#""SecretId":"prod/db""#, r#""IncludeDeprecated":true"#],
            json!({"ARN": "arn:x", "Versions": [{"VersionId": "v1", "VersionStages": ["AWSCURRENT"], "CreatedDate": 1.75e9}, {"VersionId": "v0"}]}),
        )
        .missing("ResourceNotFoundException")
        .refused("secretsmanager:ListSecretVersionIds", "prod/db"),
        case(Dialect::Json, "eu-west-1/secretsmanager", id("SecretPolicy"), document.clone())
            .call("secretsmanager.GetResourcePolicy", &[r#"{"SecretId":"prod/db"}"#], json!({"ARN": "arn:x", "Name": "prod/db", "ResourcePolicy": policy}))
            .missing("ResourceNotFoundException")
            .refused("secretsmanager:GetResourcePolicy", "prod/db"),
        case(Dialect::Json, "eu-west-1/secretsmanager", json!({"SecretsLike": {"region": "eu-west-1", "prefix": "prod/"}}), json!({"Secrets": [facts]}))
            .call(
                "secretsmanager.ListSecrets",
                &[r#""Filters":[{"Key":"name","Values":["prod/"]}]"#, r#""IncludePlannedDeletion":true"#],
                json!({"SecretList": [secret]}),
            )
            .refused("secretsmanager:ListSecrets", "*"),
        case(Dialect::Json, "eu-west-1/ssm", json!({"Parameters": {"region": "eu-west-1", "names": ["/prod/db", "plain"]}}), parameters.clone())
            .call(
                "AmazonSSM.DescribeParameters",
                &[r#""ParameterFilters":[{"Key":"Name","Option":"Equals","Values":["/prod/db","plain"]}]"#, r#""MaxResults":50"#],
                json!({"Parameters": [parameter]}),
            )
            .refused("ssm:DescribeParameters", "*"),
        case(Dialect::Json, "eu-west-1/ssm", json!({"ParametersLike": {"region": "eu-west-1", "part": "db"}}), parameters)
            .call(
                "AmazonSSM.DescribeParameters",
                &[r#""ParameterFilters":[{"Key":"Name","Option":"Contains","Values":["db"]}]"#],
                json!({"Parameters": [parameter], "NextToken": null}),
            )
            .refused("ssm:DescribeParameters", "*"),
        case(
            Dialect::Json,
            "eu-west-1/kms",
            json!({"Key": {"region": "eu-west-1", "id": "alias/prod"}}),
            json!({"Key": {"Arn": "arn:aws:kms:eu-west-1:111122223333:key/1", "KeyState": "PendingDeletion", "KeyManager": "CUSTOMER", "DeletionDate": 1.75e9}}),
        )
        .call(
            "TrentService.DescribeKey",
            &[r#"{"KeyId":"alias/prod"}"#],
            json!({"KeyMetadata": {"Arn": "arn:aws:kms:eu-west-1:111122223333:key/1", "KeyId": "1", "Enabled": false, "KeyState": "PendingDeletion", "KeyManager": "CUSTOMER",
                "DeletionDate": 1.75e9}}),
        )
        .missing("NotFoundException")
        .refused("kms:DescribeKey", "alias/prod"),
        case(Dialect::Json, "eu-west-1/kms", json!({"KeyPolicy": {"region": "eu-west-1", "id": "k-1"}}), document)
            .call("TrentService.GetKeyPolicy", &[r#""KeyId":"k-1""#, r#""PolicyName":"default""#], json!({"Policy": policy, "PolicyName": "default"}))
            .missing("NotFoundException")
            .refused("kms:GetKeyPolicy", "k-1"),
        case(
            Dialect::Json,
            "eu-west-1/kms",
            json!({"KeyGrants": {"region": "eu-west-1", "id": "k-1"}}),
            json!({"KeyGrants": [{"GrantId": "g-1", "GranteePrincipal": "arn:aws:iam::111122223333:role/exec", "Operations": ["Decrypt"]}]}),
        )
        .call(
            "TrentService.ListGrants",
            &[r#""KeyId":"k-1""#, r#""Limit":100"#],
            json!({"Grants": [{"KeyId": "k-1", "GrantId": "g-1", "Name": "n", "GranteePrincipal": "arn:aws:iam::111122223333:role/exec", "Operations": ["Decrypt"],
                "Constraints": {"EncryptionContextSubset": {"a": "b"}}}], "Truncated": false}),
        )
        .missing("NotFoundException")
        .refused("kms:ListGrants", "k-1"),
    ]
}

fn logs_and_images() -> Vec<Case> {
    let image =
        |kind: &str| json!({kind: {"region": "eu-west-1", "registry": "111122223333", "name": "web"}});
    vec![
        case(
            Dialect::Json,
            "eu-west-1/logs",
            json!({"LogGroups": {"region": "eu-west-1", "prefix": "/ecs/api"}}),
            json!({"LogGroups": [{"logGroupName": "/ecs/api"}, {"logGroupName": "/ecs/api-2"}]}),
        )
        .call(
            "Logs_20140328.DescribeLogGroups",
            &[r#""logGroupNamePrefix":"/ecs/api""#],
            json!({"logGroups": [{"logGroupName": "/ecs/api", "storedBytes": 0}, {"logGroupName": "/ecs/api-2"}]}),
        )
        .refused("logs:DescribeLogGroups", "*"),
        case(
            Dialect::Json,
            "eu-west-1/logs",
            json!({"LogLines": {"region": "eu-west-1", "group": "/ecs/api", "stream": "web/web/1"}}),
            json!({"LogLines": [{"message": "listening"}, {"message": "password=%%%%%%%"}]}),
        )
        .call(
            "Logs_20140328.GetLogEvents",
            &[r#""logGroupName":"/ecs/api""#, r#""logStreamName":"web/web/1""#, r#""limit":50"#, r#""startFromHead":false"#],
            json!({"events": [{"timestamp": 1, "message": "listening", "ingestionTime": 2}, {"timestamp": 2, "message": "password=hunter2"}], "nextForwardToken": "f", "nextBackwardToken": "b"}),
        )
        .missing("ResourceNotFoundException")
        .refused("logs:GetLogEvents", "/ecs/api/web/web/1"),
        case(
            Dialect::Json,
            "eu-west-1/ecr",
            image("Repository"),
            json!({"Repository": {"repositoryName": "web", "repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/web"}}),
        )
        .call(
            "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
            &[r#""registryId":"111122223333""#, r#""repositoryNames":["web"]"#],
            json!({"repositories": [{"repositoryName": "web", "repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/web", "registryId": "111122223333"}]}),
        )
        .missing("RepositoryNotFoundException")
        .refused("ecr:DescribeRepositories", "web"),
        case(
            Dialect::Json,
            "eu-west-1/ecr",
            json!({"Image": {"region": "eu-west-1", "registry": "111122223333", "repository": "web", "reference": "1.2"}}),
            json!({"Images": [{"imageDigest": "sha256:0a", "imageTags": ["1.2", "latest"], "imagePushedAt": 1.75e9}]}),
        )
        .call(
            "AmazonEC2ContainerRegistry_V20150921.DescribeImages",
            &[r#""repositoryName":"web""#, r#""imageIds":[{"imageTag":"1.2"}]"#],
            json!({"imageDetails": [{"imageDigest": "sha256:0a", "imageTags": ["1.2", "latest"], "imagePushedAt": 1.75e9, "imageSizeInBytes": 1}]}),
        )
        .missing("ImageNotFoundException")
        .refused("ecr:DescribeImages", "web"),
        case(
            Dialect::Json,
            "eu-west-1/ecr",
            json!({"CacheRules": {"region": "eu-west-1", "registry": "111122223333"}}),
            json!({"CacheRules": [{"ecrRepositoryPrefix": "docker-hub", "upstreamRegistryUrl": "registry-1.docker.io", "createdAt": 1.75e9}]}),
        )
        .call(
            "AmazonEC2ContainerRegistry_V20150921.DescribePullThroughCacheRules",
            &[r#""registryId":"111122223333""#],
            json!({"pullThroughCacheRules": [{"ecrRepositoryPrefix": "docker-hub", "upstreamRegistryUrl": "registry-1.docker.io", "createdAt": 1.75e9}]}),
        )
        .refused("ecr:DescribePullThroughCacheRules", "111122223333"),
        case(Dialect::Json, "eu-west-1/ecr", image("RepositoryPolicy"), json!({"Policy": {"Statement": []}}))
            .call(
                "AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy",
                &[r#""repositoryName":"web""#],
                json!({"registryId": "111122223333", "repositoryName": "web", "policyText": "{\n  \"Statement\" : [ ]\n}"}),
            )
            .missing("RepositoryPolicyNotFoundException")
            .refused("ecr:GetRepositoryPolicy", "web"),
    ]
}

const LISTED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>config</Name><Prefix>api/a &amp; b</Prefix><KeyCount>2</KeyCount><MaxKeys>50</MaxKeys><IsTruncated>false</IsTruncated>
<Contents><Key>api/a &amp; b.env</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents><Contents><Key>api/a &amp; b.json</Key></Contents></ListBucketResult>"#;

fn files() -> Vec<Case> {
    let of = |kind: &str| json!({kind: {"region": "eu-west-1", "file_system": "fs-1"}});
    vec![
        case(
            Dialect::S3,
            "eu-west-1/s3",
            json!({"Bucket": {"region": "eu-west-1", "name": "config"}}),
            json!({"Bucket": {"LocationConstraint": "eu-central-1"}}),
        )
        .call("/config?location", &[], "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">eu-central-1</LocationConstraint>")
        .missing("NoSuchBucket")
        .refused("s3:GetBucketLocation", "config"),
        case(
            Dialect::S3,
            "eu-west-1/s3",
            json!({"Objects": {"region": "eu-west-1", "bucket": "config", "prefix": "api/a & b"}}),
            json!({"Objects": [{"Key": "api/a & b.env", "LastModified": "2026-01-01T00:00:00Z"}, {"Key": "api/a & b.json"}]}),
        )
        .call("/config?list-type=2&max-keys=50&prefix=api%2Fa%20%26%20b", &[], LISTED)
        .missing("NoSuchBucket")
        .refused("s3:ListBucket", "config"),
        case(
            Dialect::Efs,
            "eu-west-1/elasticfilesystem",
            of("MountTargets"),
            json!({"MountTargets": [{"MountTargetId": "fsmt-1", "SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZoneName": "eu-west-1a", "LifeCycleState": "available",
                "SecurityGroups": ["sg-1", "sg-2"]}]}),
        )
        .call(
            "/2015-02-01/mount-targets?FileSystemId=fs-1",
            &[],
            json!({"MountTargets": [{"OwnerId": "111122223333", "MountTargetId": "fsmt-1", "FileSystemId": "fs-1", "SubnetId": "subnet-1", "LifeCycleState": "available",
                "IpAddress": "10.0.0.7", "VpcId": "vpc-1", "AvailabilityZoneName": "eu-west-1a"}]}),
        )
        .call("/2015-02-01/mount-targets/fsmt-1/security-groups", &[], json!({"SecurityGroups": ["sg-1", "sg-2"]}))
        .missing("FileSystemNotFound")
        .refused("elasticfilesystem:DescribeMountTargets", "fs-1"),
        case(
            Dialect::Efs,
            "eu-west-1/elasticfilesystem",
            of("AccessPoints"),
            json!({"AccessPoints": [{"AccessPointId": "fsap-1", "FileSystemId": "fs-1", "LifeCycleState": "available"}]}),
        )
        .call(
            "/2015-02-01/access-points?FileSystemId=fs-1",
            &[],
            json!({"AccessPoints": [{"AccessPointId": "fsap-1", "FileSystemId": "fs-1", "LifeCycleState": "available", "RootDirectory": {"Path": "/"}}]}),
        )
        .missing("FileSystemNotFound")
        .refused("elasticfilesystem:DescribeAccessPoints", "fs-1"),
        case(Dialect::Efs, "eu-west-1/elasticfilesystem", of("FileSystemPolicy"), json!({"Policy": {"Statement": [{"Effect": "Allow"}]}}))
            .call("/2015-02-01/file-systems/fs-1/policy", &[], json!({"FileSystemId": "fs-1", "Policy": "{\"Statement\": [{\"Effect\": \"Allow\"}]}"}))
            .missing("PolicyNotFound")
            .refused("elasticfilesystem:DescribeFileSystemPolicy", "fs-1"),
    ]
}

const INSTANCES: &str = r#"<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><reservationSet><item><reservationId>r-1</reservationId><ownerId>111122223333</ownerId>
<groupSet/><instancesSet><item><instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>
<privateIpAddress>10.0.0.4</privateIpAddress><ipAddress>198.51.100.7</ipAddress><groupSet><item><groupId>sg-1</groupId><groupName>hosts</groupName></item></groupSet>
<ebsOptimized>false</ebsOptimized></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"#;
const SUBNETS: &str = r#"<DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><subnetSet><item><subnetId>subnet-1</subnetId><state>available</state><ownerId>111122223333</ownerId>
<vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/24</cidrBlock><availableIpAddressCount>251</availableIpAddressCount><availabilityZone>eu-west-1a</availabilityZone><mapPublicIpOnLaunch>false</mapPublicIpOnLaunch></item></subnetSet></DescribeSubnetsResponse>"#;
const ROUTES: &str = r#"<DescribeRouteTablesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId>
<routeSet><item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><state>active</state><origin>CreateRouteTable</origin></item>
<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId><state>blackhole</state></item>
<item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-2</gatewayId><state>active</state></item></routeSet>
<associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId><routeTableId>rtb-1</routeTableId><main>true</main></item>
<item><routeTableAssociationId>rtbassoc-2</routeTableAssociationId><subnetId>subnet-1</subnetId><main>false</main></item></associationSet><propagatingVgwSet/><tagSet/></item></routeTableSet></DescribeRouteTablesResponse>"#;
const NATS: &str = r#"<DescribeNatGatewaysResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><natGatewaySet><item><natGatewayId>nat-1</natGatewayId><subnetId>subnet-9</subnetId><vpcId>vpc-1</vpcId>
<state>deleted</state><connectivityType>public</connectivityType><createTime>2025-01-02T03:04:05.000Z</createTime><deleteTime>2026-01-02T03:04:05.000Z</deleteTime><natGatewayAddressSet><item><publicIp>198.51.100.9</publicIp></item></natGatewayAddressSet></item></natGatewaySet></DescribeNatGatewaysResponse>"#;
const ENDPOINTS: &str = r#"<DescribeVpcEndpointsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><vpcEndpointSet>
<item><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-1</vpcId><serviceName>com.amazonaws.eu-west-1.secretsmanager</serviceName><serviceRegion>eu-west-1</serviceRegion><state>available</state>
<creationTimestamp>2025-01-02T03:04:05.678Z</creationTimestamp><policyDocument>{
  "Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "a&amp;b"}]
}</policyDocument><routeTableIdSet/><subnetIdSet><item>subnet-1</item></subnetIdSet><groupSet><item><groupId>sg-1</groupId><groupName>x</groupName></item></groupSet>
<privateDnsEnabled>true</privateDnsEnabled><requesterManaged>false</requesterManaged></item>
<item><vpcEndpointId>vpce-2</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType><serviceName>com.amazonaws.eu-west-1.s3</serviceName><state>available</state>
<routeTableIdSet><item>rtb-1</item></routeTableIdSet><subnetIdSet/><groupSet/><privateDnsEnabled>false</privateDnsEnabled></item></vpcEndpointSet></DescribeVpcEndpointsResponse>"#;
const GROUPS: &str = r#"<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><securityGroupInfo><item><ownerId>111122223333</ownerId><groupId>sg-1</groupId><groupName>true</groupName>
<groupDescription>d</groupDescription><vpcId>vpc-1</vpcId><ipPermissions><item><ipProtocol>-1</ipProtocol><groups><item><userId>111122223333</userId><groupId>sg-2</groupId></item></groups><ipRanges/></item></ipPermissions>
<ipPermissionsEgress><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><groups/><ipRanges><item><cidrIp>10.0.0.0/16</cidrIp></item></ipRanges><prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item></ipPermissionsEgress>
</item></securityGroupInfo></DescribeSecurityGroupsResponse>"#;
const ACLS: &str = r#"<DescribeNetworkAclsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><networkAclSet><item><networkAclId>acl-1</networkAclId><vpcId>vpc-1</vpcId><default>true</default>
<entrySet><item><ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>deny</ruleAction><egress>true</egress><cidrBlock>0.0.0.0/0</cidrBlock><portRange><from>443</from><to>443</to></portRange></item>
<item><ruleNumber>32767</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction><egress>false</egress><cidrBlock>0.0.0.0/0</cidrBlock></item></entrySet>
<associationSet><item><networkAclAssociationId>aclassoc-1</networkAclAssociationId><networkAclId>acl-1</networkAclId><subnetId>subnet-1</subnetId></item></associationSet><tagSet/></item></networkAclSet></DescribeNetworkAclsResponse>"#;
const DHCP: &str = r#"<DescribeDhcpOptionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><dhcpOptionsSet><item><dhcpOptionsId>dopt-1</dhcpOptionsId><dhcpConfigurationSet>
<item><key>domain-name</key><valueSet><item><value>corp.example</value></item></valueSet></item>
<item><key>domain-name-servers</key><valueSet><item><value>10.0.0.53</value></item><item><value>10.0.1.53</value></item></valueSet></item></dhcpConfigurationSet></item></dhcpOptionsSet></DescribeDhcpOptionsResponse>"#;
const IN_VPC: &[&str] = &["Version=2016-11-15", "&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&MaxResults="];

fn network() -> Vec<Case> {
    let vpc = |kind: &str| json!({kind: {"region": "eu-west-1", "vpc": "vpc-1"}});
    let ec2 = |question: Value, answer: Value| case(Dialect::Ec2, "eu-west-1/ec2", question, answer);
    let attribute = |name: &str, value: bool| {
        format!(
            "<DescribeVpcAttributeResponse><requestId>r</requestId><vpcId>vpc-1</vpcId><{name}><value>{value}</value></{name}></DescribeVpcAttributeResponse>"
        )
    };
    vec![
        ec2(
            json!({"Instance": {"region": "eu-west-1", "id": "i-1"}}),
            json!({"Instance": {"subnetId": "subnet-1", "vpcId": "vpc-1", "ipAddress": "198.51.100.7", "groupSet": [{"groupId": "sg-1"}]}}),
        )
        .call("DescribeInstances", &["&InstanceId.1=i-1"], INSTANCES)
        .missing("InvalidInstanceID.NotFound")
        .refused("ec2:DescribeInstances", "i-1"),
        ec2(
            json!({"Subnets": {"region": "eu-west-1", "ids": ["subnet-1", "subnet-2"]}}),
            json!({"Subnets": [{"subnetId": "subnet-1", "vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24", "availabilityZone": "eu-west-1a", "availableIpAddressCount": 251, "ownerId": "111122223333"}]}),
        )
        .call("DescribeSubnets", &["&Filter.1.Name=subnet-id&Filter.1.Value.1=subnet-1&Filter.1.Value.2=subnet-2"], SUBNETS)
        .missing("InvalidSubnetID.NotFound")
        .refused("ec2:DescribeSubnets", "subnet-1, subnet-2"),
        ec2(
            vpc("RouteTables"),
            json!({"RouteTables": [{"routeTableId": "rtb-1", "associationSet": [{"main": true}, {"subnetId": "subnet-1"}], "routeSet": [
                {"destinationCidrBlock": "10.0.0.0/16", "gatewayId": "local", "state": "active"},
                {"destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1", "state": "blackhole"},
                {"destinationPrefixListId": "pl-1", "gatewayId": "vpce-2", "state": "active"}]}]}),
        )
        .call("DescribeRouteTables", IN_VPC, ROUTES)
        .refused("ec2:DescribeRouteTables", "vpc-1"),
        ec2(
            vpc("NatGateways"),
            json!({"NatGateways": [{"natGatewayId": "nat-1", "subnetId": "subnet-9", "state": "deleted", "connectivityType": "public",
                "createTime": "2025-01-02T03:04:05Z", "deleteTime": "2026-01-02T03:04:05Z"}]}),
        )
        .call("DescribeNatGateways", IN_VPC, NATS)
        .refused("ec2:DescribeNatGateways", "vpc-1"),
        ec2(
            vpc("VpcEndpoints"),
            json!({"VpcEndpoints": [
                {"vpcEndpointId": "vpce-1", "vpcEndpointType": "Interface", "serviceName": "com.amazonaws.eu-west-1.secretsmanager", "state": "available", "privateDnsEnabled": true,
                    "serviceRegion": "eu-west-1", "creationTimestamp": "2025-01-02T03:04:05.678Z", "subnetIdSet": ["subnet-1"], "groupSet": [{"groupId": "sg-1"}], "policyDocument": r#"{"Statement":[{"Effect":"Allow","Principal":"*","Resource":"a&b"}]}"#},
                {"vpcEndpointId": "vpce-2", "vpcEndpointType": "Gateway", "serviceName": "com.amazonaws.eu-west-1.s3", "state": "available", "routeTableIdSet": ["rtb-1"]}]}),
        )
        .call("DescribeVpcEndpoints", IN_VPC, ENDPOINTS)
        .refused("ec2:DescribeVpcEndpoints", "vpc-1"),
        ec2(
            vpc("SecurityGroups"),
            json!({"SecurityGroups": [{"groupId": "sg-1", "vpcId": "vpc-1", "groupName": "true", "ipPermissions": [{"ipProtocol": "-1", "groups": [{"groupId": "sg-2"}]}],
                "ipPermissionsEgress": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": [{"cidrIp": "10.0.0.0/16"}], "prefixListIds": [{"prefixListId": "pl-1"}]}]}]}),
        )
        .call("DescribeSecurityGroups", IN_VPC, GROUPS)
        .refused("ec2:DescribeSecurityGroups", "vpc-1"),
        ec2(
            json!({"NamedSecurityGroups": {"region": "eu-west-1", "ids": ["sg-1", "sg-2"]}}),
            json!({"SecurityGroups": [{"groupId": "sg-1", "vpcId": "vpc-1", "groupName": "true", "ipPermissions": [{"ipProtocol": "-1", "groups": [{"groupId": "sg-2"}]}],
                "ipPermissionsEgress": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": [{"cidrIp": "10.0.0.0/16"}], "prefixListIds": [{"prefixListId": "pl-1"}]}]}]}),
        )
        .call("DescribeSecurityGroups", &["&Filter.1.Name=group-id&Filter.1.Value.1=sg-1&Filter.1.Value.2=sg-2"], GROUPS)
        .refused("ec2:DescribeSecurityGroups", "sg-1, sg-2"),
        ec2(
            vpc("NetworkAcls"),
            json!({"NetworkAcls": [{"networkAclId": "acl-1", "associationSet": [{"subnetId": "subnet-1"}], "entrySet": [
                {"ruleNumber": 100, "protocol": "6", "ruleAction": "deny", "egress": true, "cidrBlock": "0.0.0.0/0", "portRange": {"from": 443, "to": 443}},
                {"ruleNumber": 32767, "protocol": "-1", "ruleAction": "deny", "egress": false, "cidrBlock": "0.0.0.0/0"}]}]}),
        )
        .call("DescribeNetworkAcls", IN_VPC, ACLS)
        .refused("ec2:DescribeNetworkAcls", "vpc-1"),
        ec2(vpc("VpcDns"), json!({"VpcDns": {"enableDnsSupport": true, "enableDnsHostnames": false, "domainNameServers": ["10.0.0.53", "10.0.1.53"]}}))
            .call("DescribeVpcAttribute", &["&VpcId=vpc-1&Attribute=enableDnsSupport"], attribute("enableDnsSupport", true))
            .call("DescribeVpcAttribute", &["&VpcId=vpc-1&Attribute=enableDnsHostnames"], attribute("enableDnsHostnames", false))
            .call(
                "DescribeVpcs",
                &["&VpcId.1=vpc-1"],
                "<DescribeVpcsResponse><requestId>r</requestId><vpcSet><item><vpcId>vpc-1</vpcId><dhcpOptionsId>dopt-1</dhcpOptionsId></item></vpcSet></DescribeVpcsResponse>",
            )
            .call("DescribeDhcpOptions", &["&DhcpOptionsId.1=dopt-1"], DHCP)
            .missing("InvalidVpcID.NotFound")
            .refused("ec2:DescribeVpcAttribute", "vpc-1"),
    ]
}
