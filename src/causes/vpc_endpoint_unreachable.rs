//! A VPC endpoint with private DNS takes the traffic and keeps the task out.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::snippet;
use super::{Cause, Explanation, Owner, Verdict, path};
use crate::network::{Break, Part};

pub(super) const CAUSE: Cause = Cause {
    id: "vpc-endpoint-unreachable",
    title: "the VPC endpoint keeps the task out",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The VPC has an interface endpoint for the service with private DNS, so all traffic for it goes there, also beside a NAT gateway, and the endpoint does not take it.",
        why: "The endpoint's security group does not let tcp/443 in from the task's security group or subnet; the endpoint is not available, or has no subnet in the task's zone.",
        tell: "The address in the text is a private one of the VPC. A NAT gateway does not help.",
        fix: "Let tcp/443 from the task into the endpoint's security group.",
    },
    when: super::vpc_no_route::is_timeout,
    ask: path::ask,
    assess: |case| joined(case, judge, fix),
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    if let Some(judged) = path::judge(case, Part::Endpoint, format!("the VPC endpoint for {} keeps the task out", case.service_name())) {
        return judged;
    }
    if case.reached_for_endpoint() == Some(false) {
        return Judgement::unsupported();
    }
    Judgement::new(Verdict::Possible, format!("the VPC endpoint for {service} keeps the task out", service = case.service_name()))
        .culprit(case.endpoint())
        .findings(case.address_found())
        .finding(Finding::unknown("the endpoint's security group, state and subnets"))
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some(Break::EndpointUnreachable { endpoint, ingress }) = path::fault(case, Part::Endpoint).map(|fault| fault.what) {
        let snippets = ingress.as_ref().map(snippet::ingress).unwrap_or_default();
        let (text, correction) = match ingress {
            Some(ingress) => ("let tcp/443 from the task into the security group of the endpoint", path::open_ingress(case, &ingress)),
            None => (
                "bring the endpoint to the state available, or switch its private DNS off so that traffic takes the route",
                Some(case.aws_at_task("ec2 describe-vpc-endpoints").name("--vpc-endpoint-ids", Kind::VpcEndpoint, endpoint.as_str())),
            ),
        };
        return Fix { snippets, ..Fix::words(format!("{text}{}", case.then_again())).run(case.commands(correction)) };
    }
    Fix::words("let tcp/443 from the task's security group into the security group of the endpoint").run(case.describe_endpoints())
}
