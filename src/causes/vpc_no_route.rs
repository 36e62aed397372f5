//! Between the task and the service that it needs there is no way through the network.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::snippet;
use super::{Cause, Example, Explanation, Owner, path};
use crate::network::{Blockage, Break, Part};

pub(super) const CAUSE: Cause = Cause {
    id: "vpc-no-route",
    title: "a network path is missing",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The call never reached the AWS service: it got no answer.",
        why: "The subnet has no route to a NAT gateway or, with a public IP, to an internet gateway, and the VPC has no endpoint for the service; or a security group, network ACL, proxy or DNS setting blocks it on the path.",
        tell: "The message says `i/o timeout`, `context deadline exceeded`, or just `signal: killed`. A public address in the text means that no endpoint took the call, a private one that an endpoint did. Permissions play no part: a refusal by policy is an AccessDenied. \
               On Fargate the task's own network interface makes the call, on EC2 the host's.",
        fix: "Give the subnet a path: endpoints for the services that the task needs, or a NAT gateway; in a public subnet assignPublicIp ENABLED. The task's security group must allow outbound TCP 443, and an endpoint's must allow it inbound.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html",
    ],
    when: path::is_timeout,
    ask: path::ask,
    assess,
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded",
            also: OTHERS,
        },
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: Check your task network configuration. : signal: killed",
            also: OTHERS,
        },
    ],
};

/// Every hop that can block causes the same timeout.
const OTHERS: &[&str] = &[
    "network-acl-blocks",
    "network-path-unexplained",
    "security-group-blocks-egress",
    "vpc-dns-off",
    "vpc-endpoint-private-dns-off",
    "vpc-endpoint-unreachable",
    "vpc-nat-broken",
    "vpc-no-public-ip",
];

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let title = format!("no route from {} to {}", path::caller_name(case), case.aws_service_name());
    path::assess(case, Part::Route, title, fix, |_| {
        if case.reached_for_endpoint() == Some(true) {
            return None;
        }
        let whose = if path::is_on_host(case) {
            Some("on this launch type the container instance makes the call: its subnet and security group count".to_owned())
        } else {
            case.task.subnet.as_ref().map(|subnet| format!("the task's network interface was in {subnet}"))
        };
        Some(
            Assessment::possible(format!("no network path from the task to {}", case.aws_service_name()))
                .findings(case.address_found())
                .findings(whose.map(|text| Finding::found(text, "event")))
                .finding(Finding::unknown(format!(
                    "which hop is closed: routes, endpoints, security groups and DNS were not read{}",
                    path::unread(case).map(|why| format!(" ({why})")).unwrap_or_default()
                ))),
        )
    })
}

fn fix(case: &Case<'_>, blockage: Option<&Blockage>) -> Fix {
    // No endpoint serves a registry of others, nor most services of another Region.
    let can_have_endpoint = path::can_have_endpoint(case);
    if let Some(Break::NoRoute { route_table, gateway, blackhole }) = blockage.map(|blockage| &blockage.what)
    {
        let snippets = if gateway.is_none() && blackhole.is_none() {
            snippet::nat_route(route_table)
        } else {
            Vec::new()
        };
        let of_table =
            |words| case.aws_at_task(words).name("--route-table-id", Kind::RouteTable, route_table.as_str());
        let correction = match (&gateway, &blackhole) {
            (Some(gateway), _) => {
                let modify = case.aws_at_task("ec2 modify-vpc-endpoint").name(
                    "--vpc-endpoint-id",
                    Kind::VpcEndpoint,
                    gateway.as_str(),
                );
                modify.name("--add-route-table-ids", Kind::RouteTable, route_table.as_str())
            }
            (None, Some(range)) => of_table("ec2 replace-route")
                .name("--destination-cidr-block", Kind::Cidr, range.as_str())
                .words("--nat-gateway-id '<nat-gateway>'"),
            (None, None) => of_table("ec2 create-route")
                .words("--destination-cidr-block 0.0.0.0/0 --nat-gateway-id '<nat-gateway>'"),
        };
        let way = match (&gateway, &blackhole) {
            (Some(gateway), _) => format!(
                "{route_table} in the gateway endpoint {gateway}, or a route from it to a NAT gateway"
            ),
            (None, Some(range)) => format!("point the {range} route of {route_table} to a NAT gateway"),
            (None, None) if can_have_endpoint => {
                format!("a route from {route_table} to a NAT gateway, or an endpoint for it with private DNS")
            }
            (None, None) => {
                format!("a route from {route_table} to a NAT gateway, as no endpoint can serve it")
            }
        };
        let text = format!("open a path to {}: {way}", case.aws_service_name());
        return Fix { snippets, ..Fix::words(text).run([correction]).then_again(case) };
    }
    let endpoint = if can_have_endpoint {
        "an endpoint for it with private DNS whose security group allows inbound TCP 443, or "
    } else {
        ""
    };
    let way = format!("{endpoint}a route to a NAT gateway; in a public subnet assignPublicIp ENABLED");
    Fix::words(format!("open a path to {}: {way}", case.aws_service_name()))
        .run(case.describe_routes().into_iter().chain(case.describe_endpoints()))
        .then_again(case)
}
