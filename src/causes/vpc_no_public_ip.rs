//! The subnet's route goes to an internet gateway, which needs a public IP, and the task has none.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::command::Part as Argument;
use super::fix::Fix;
use super::name::Kind;
use super::{Cause, Explanation, Owner, path};
use crate::network::{Blockage, Part};

pub(super) const CAUSE: Cause = Cause {
    id: "vpc-no-public-ip",
    title: "the task has no public IP in a subnet that needs one",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The subnet's default route goes to an internet gateway, which takes only traffic from public addresses, and the task has none.",
        why: "On Fargate the address comes from `assignPublicIp`, which is DISABLED unless asked for; that the subnet gives addresses to instances does not count.",
        tell: "A public subnet, assignPublicIp DISABLED, and a timeout to a public address.",
        fix: "Set assignPublicIp to ENABLED, or run the task in a subnet with a NAT gateway.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html",
    ],
    when: path::is_timeout,
    ask: path::ask,
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let title = format!(
        "{} has no public IP, and its path to {} needs one",
        path::caller_name(case),
        case.aws_service_name()
    );
    path::assess(case, Part::PublicAddress, title, fix, |title| {
        let can_be = case.reached_for_endpoint() != Some(true) && !path::is_on_host(case);
        can_be.then(|| {
            Assessment::possible(title)
                .finding(Finding::unknown("assignPublicIp, and where the subnet's default route goes"))
        })
    })
}

fn fix(case: &Case<'_>, blockage: Option<&Blockage>) -> Fix {
    if path::is_on_host(case) && blockage.is_some() {
        let associate = case
            .aws_at_task("ec2 associate-address")
            .words("--instance-id '<instance>' --allocation-id '<elastic-ip>'");
        let text = "put the container instances into private subnets with a NAT gateway, or give them public addresses";
        return Fix::words(text).run([associate]).then_again(case);
    }
    if let (Some(service), Some(placement)) =
        (case.service_of_task(), case.placed().filter(|_| blockage.is_some()))
    {
        let mut network = vec![Argument::Words("awsvpcConfiguration={subnets=[")];
        network.extend(listed(Kind::Subnet, &placement.subnets));
        network.push(Argument::Words("],securityGroups=["));
        network.extend(listed(Kind::SecurityGroup, &placement.security_groups));
        network.push(Argument::Words("],assignPublicIp=ENABLED}"));
        let update = case.aws_at_task("ecs update-service").maybe(
            "--cluster",
            Kind::Cluster,
            case.task.cluster.as_deref(),
        );
        let update = update
            .name("--service", Kind::Service, service)
            .argument("--network-configuration", &network)
            .words("--force-new-deployment");
        return Fix::words("give the task a public IP, or move it to private subnets with a NAT gateway")
            .run([update]);
    }
    Fix::words("set assignPublicIp ENABLED in the service's network configuration, or use private subnets with a NAT gateway")
        .run(case.describe_service("--query 'services[0].networkConfiguration.awsvpcConfiguration'"))
}

/// The names of a list, as the shorthand of the AWS CLI takes them.
fn listed(kind: Kind, names: &[String]) -> impl Iterator<Item = Argument<'_>> {
    names
        .iter()
        .flat_map(move |name| [Argument::Words(","), Argument::Name(kind, Some(name.as_str()))])
        .skip(1)
}
