//! The task's security group blocks outbound traffic on 443.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::{Cause, Explanation, Owner, path};
use crate::network::{Blockage, Part};

pub(super) const CAUSE: Cause = Cause {
    id: "security-group-blocks-egress",
    title: "the security group blocks outbound traffic",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "No egress rule of the task's security groups allows tcp/443 to the service.",
        why: "The default rule that allows everything was removed, and the rules that replaced it name other ports or targets; S3 and DynamoDB gateways need their prefix list.",
        tell: "Other tasks in the same subnet with another security group start.",
        fix: "Allow tcp/443 out, to the endpoint's security group or to 0.0.0.0/0.",
    },
    references: &[
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    ],
    when: path::is_timeout,
    ask: path::ask,
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let title = format!(
        "{}'s security group blocks outbound traffic to {}",
        path::caller_name(case),
        case.aws_service_name()
    );
    path::assess(case, Part::Group, title, fix, |title| {
        Some(
            Assessment::possible(title)
                .finding(Finding::unknown("the egress rules of the caller's security groups")),
        )
    })
}

fn fix(case: &Case<'_>, blockage: Option<&Blockage>) -> Fix {
    if let Some(open) = blockage.and_then(|blockage| path::open_egress(case, &blockage.what)) {
        return Fix::words("allow tcp/443 out in the security group").run([open]).then_again(case);
    }
    Fix::words("allow tcp/443 out in the security group of the task (on EC2, of the container instance)").run(
        case.describe_service(
            "--query 'services[0].networkConfiguration.awsvpcConfiguration.securityGroups'",
        ),
    )
}
