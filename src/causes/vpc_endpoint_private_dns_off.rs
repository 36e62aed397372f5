//! A VPC endpoint exists, but its private DNS is off and there is no other way.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::{Cause, Explanation, Owner, path};
use crate::network::{Blockage, Break, Part};

pub(super) const CAUSE: Cause = Cause {
    id: "vpc-endpoint-private-dns-off",
    title: "the VPC endpoint's private DNS is off",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "There is an interface endpoint for the service, but with private DNS off the service's name still resolves to public addresses, for which the subnet has no route.",
        why: "Private DNS was not turned on when the endpoint was made, often because another endpoint of the VPC held the name.",
        tell: "The address in the text is public although the VPC has an endpoint for the service.",
        fix: "Switch private DNS on.",
    },
    references: &[
        "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    ],
    when: path::is_timeout,
    ask: path::ask,
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let title = format!(
        "the VPC endpoint for {} is not used, because its private DNS is off",
        case.aws_service_name()
    );
    path::assess(case, Part::PrivateDns, title, fix, |title| {
        let can_be = case.reached_for_endpoint() != Some(true) && !path::is_beyond_endpoints(case);
        can_be.then(|| {
            Assessment::possible(title).finding(Finding::unknown("whether the VPC has such an endpoint"))
        })
    })
}

fn fix(case: &Case<'_>, blockage: Option<&Blockage>) -> Fix {
    if let Some((Break::EndpointPrivateDnsOff { endpoint }, doubt)) =
        blockage.map(|blockage| (&blockage.what, &blockage.doubt))
    {
        let modify = case.aws_at_task("ec2 modify-vpc-endpoint").name(
            "--vpc-endpoint-id",
            Kind::VpcEndpoint,
            endpoint.as_str(),
        );
        let unless = if doubt.is_some() {
            ", unless a private hosted zone of the VPC holds the name, and AWS then refuses private DNS"
        } else {
            ""
        };
        let before = path::switch_dns_on(case);
        let and = if before.is_empty() { "" } else { ", for which the VPC's DNS has to be on" };
        let text = format!("switch private DNS on for {endpoint}{and}{unless}");
        return Fix::words(text)
            .run(before.into_iter().chain([modify.words("--private-dns-enabled")]))
            .then_again(case);
    }
    Fix::words(
        "switch private DNS on for the endpoint, with enableDnsSupport and enableDnsHostnames on for the VPC",
    )
    .run(case.describe_endpoints())
}
