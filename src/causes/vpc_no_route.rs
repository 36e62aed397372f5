//! Between the task and the service that it needs there is no way through the network.

use super::case::{Case, Culprit, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "vpc-no-route",
    title: "a network path is missing",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The call never reached the AWS service: it timed out, was refused on the way, or the name was not resolved.",
        why: "The subnet has no route to a NAT gateway or, with a public IP, to an internet gateway, and the VPC has no endpoint for the service; or a security group, network ACL, proxy or DNS setting stops it on the way.",
        tell: "`i/o timeout`, `context deadline exceeded`, `no such host`, `connection refused`, or just `signal: killed`. Permissions play no part: a refusal by policy is an AccessDenied. \
               On Fargate the task's own network interface makes the call, on EC2 the host's.",
        mend: "Give the subnet a path: endpoints for the services that the task needs, or a NAT gateway; in a public subnet assignPublicIp ENABLED. The security group must let 443 out, an endpoint's must let it in.",
    },
    when: claims,
    judge,
    fix,
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded",
            also: &[],
        },
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: Check your task network configuration. : signal: killed",
            also: &[],
        },
        Example {
            text: "Fetching secret data from SSM Parameter Store in us-west-2: RequestError: send request failed caused by: Post \"https://ssm.us-west-2.amazonaws.com/\": dial tcp: lookup ssm.us-west-2.amazonaws.com on 10.0.0.2:53: no such host",
            also: &[],
        },
    ],
};

fn claims(symptom: &Symptom) -> bool {
    let network = matches!(symptom.fault, Fault::NetworkTimeout | Fault::Dns | Fault::ConnectionRefused);
    let step = matches!(
        symptom.step,
        Step::SecretsManager
            | Step::ParameterStore
            | Step::RegistryCredentials
            | Step::EcrAuth
            | Step::ImagePull
            | Step::EnvFile
            | Step::LogDriver
            | Step::Unknown
    );
    network && step
}

/// The service that was not reached, and the endpoint service that would reach it.
fn service(case: &Case<'_>) -> (&'static str, Option<&'static str>) {
    match case.symptom.step {
        Step::SecretsManager | Step::RegistryCredentials => ("Secrets Manager", Some("secretsmanager")),
        Step::ParameterStore => ("Parameter Store", Some("ssm")),
        Step::EcrAuth => ("Amazon ECR", Some("ecr.api")),
        Step::ImagePull => ("the image registry", None),
        Step::EnvFile => ("Amazon S3", Some("s3")),
        Step::LogDriver => ("the log destination", Some("logs")),
        _ => ("an AWS service", None),
    }
}

fn judge(case: &Case<'_>) -> Judgement {
    let (service, _) = service(case);
    let title = match case.symptom.fault {
        Fault::Dns => format!("the name of {service} was not resolved from the task's network"),
        Fault::ConnectionRefused => format!("the connection to {service} was refused or cut"),
        _ => format!("no network path from the task to {service}"),
    };
    let host = case.symptom.host.as_ref().map(|host| host.text.clone());
    let whose = match case.task.launch_type.as_deref() {
        Some("EC2" | "EXTERNAL") => Some("on this launch type the container instance makes the call: its subnet and security group count".to_owned()),
        _ => case.task.subnet.as_ref().map(|subnet| format!("the task's network interface was in {subnet}")),
    };
    let culprit = Culprit { kind: "endpoint", id: host, references: case.references.clone() };
    Judgement::new(Verdict::Possible, title)
        .culprit(culprit)
        .findings(whose.map(|text| Finding::found(text, "event")))
        .finding(Finding::unknown("which hop is closed: routes, endpoints, security groups and DNS were not read"))
}

fn fix(case: &Case<'_>) -> Fix {
    let (name, endpoint) = service(case);
    let mut commands = Vec::new();
    if let Some(subnet) = &case.task.subnet {
        commands.push(
            case.aws("ec2 describe-route-tables")
                .option("--filters", &format!("Name=association.subnet-id,Values={subnet}"))
                .words("--query 'RouteTables[].Routes'")
                .finish(),
        );
    }
    if let Some(endpoint) = endpoint {
        let service_name = format!("com.amazonaws.{}.{endpoint}", case.region().unwrap_or("<region>"));
        let look = case.aws("ec2 describe-vpc-endpoints").option("--filters", &format!("Name=service-name,Values={service_name}"));
        commands.push(look.words("--query 'VpcEndpoints[].[VpcId,State,PrivateDnsEnabled,Groups]'").finish());
    }
    Fix {
        text: format!(
            "open a path to {name}: an endpoint for it with private DNS whose security group lets 443 in, or a route to a NAT gateway; in a public subnet assignPublicIp ENABLED{}",
            case.then_again()
        ),
        commands,
        policy: None,
    }
}
