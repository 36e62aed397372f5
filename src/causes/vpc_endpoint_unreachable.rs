//! A VPC endpoint with private DNS takes the traffic and blocks the task.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::snippet;
use super::{Cause, Explanation, Owner, path};
use crate::network::{Blockage, Break, Part};

pub(super) const CAUSE: Cause = Cause {
    id: "vpc-endpoint-unreachable",
    title: "the VPC endpoint blocks the task",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The VPC has an interface endpoint for the service with private DNS, so all traffic for it goes there, even where the VPC has a NAT gateway too, and the endpoint does not take it.",
        why: "The endpoint's security group does not allow inbound TCP 443 from the task's security group or subnet; the endpoint is not available, or has no subnet in the task's zone.",
        tell: "The address in the text is a private one of the VPC. A NAT gateway does not help.",
        fix: "Allow TCP 443 from the task in the endpoint's security group.",
    },
    references: &[
        "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html",
    ],
    when: path::is_timeout,
    ask: path::ask,
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let title = format!("the VPC endpoint for {} blocks the task", case.aws_service_name());
    path::assess(case, Part::Endpoint, title, fix, |title| {
        if case.reached_for_endpoint() == Some(false) || path::is_beyond_endpoints(case) {
            return None;
        }
        let said = Assessment::possible(title);
        let said = if case.reached_for_endpoint() == Some(true) { said.supported() } else { said };
        Some(
            said.findings(case.address_found())
                .finding(Finding::unknown("the endpoint's security group, state and subnets")),
        )
    })
}

fn fix(case: &Case<'_>, blockage: Option<&Blockage>) -> Fix {
    if let Some(Break::EndpointUnreachable { endpoint, ingress }) = blockage.map(|blockage| &blockage.what) {
        let snippets = ingress.as_ref().map(snippet::ingress).unwrap_or_default();
        let (text, correction) = match ingress {
            Some(ingress) => (
                "allow TCP 443 from the task in the security group of the endpoint",
                path::open_ingress(case, ingress),
            ),
            None => (
                "bring the endpoint to the state available, or switch its private DNS off so that traffic takes the route",
                Some(case.aws_at_task("ec2 describe-vpc-endpoints").name(
                    "--vpc-endpoint-ids",
                    Kind::VpcEndpoint,
                    endpoint.as_str(),
                )),
            ),
        };
        return Fix { snippets, ..Fix::words(text).run(correction).then_again(case) };
    }
    Fix::words("allow TCP 443 from the task's security group in the security group of the endpoint")
        .run(case.describe_endpoints())
}
