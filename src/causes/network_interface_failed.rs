//! The task's network interface could not be set up.

use super::assessment::{Culprit, Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::facts::Subnet;
use crate::question::{Known, Question};
use crate::reason::Step;

pub(super) const CAUSE: Cause = Cause {
    id: "network-interface-failed",
    title: "the task's network interface could not be set up",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "ECS could not make, attach or configure the elastic network interface of the task.",
        why: "The subnet has no free address, a quota is reached, a security group or subnet was deleted, too many interfaces are asked for at once, or the instance cannot take another one.",
        tell: "The text names EC2's error, such as InsufficientFreeAddressesInSubnet, or the plugin on the host.",
        mend: "Free addresses, raise the quota, or correct the network configuration.",
    },
    when: |symptom| symptom.step == Step::NetworkInterface && !symptom.is_normal() && symptom.action.is_none() && symptom.deny.is_none(),
    ask: |case| case.service_question().into_iter().chain(question(case)).collect(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example { text: "Network interface provision complete error timeout wait for network interface provision.", also: &[] }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let judgement = |verdict, title: String| Judgement::new(verdict, title);
    if let Some(subnet) = full(case) {
        let id = subnet.subnet_id.clone().unwrap_or_default();
        let range = subnet.cidr_block.as_deref().unwrap_or("unknown");
        let all = subnets(case).found().into_iter().flatten().all(|subnet| subnet.available_ip_address_count == Some(0));
        let which = (!all).then(|| Finding::unknown("in which of the service's subnets the task was: others have free addresses"));
        return judgement(if all { Verdict::Confirmed } else { Verdict::Likely }, format!("{id} has no free address"))
            .culprit(Culprit { kind: "subnet", id: Some(id), references: Vec::new() })
            .finding(Finding::found(format!("0 free addresses in {range}"), "DescribeSubnets"))
            .findings(which);
    }
    let free = subnets(case).found().map(|subnets| {
        let counts: Vec<String> = subnets
            .iter()
            .filter_map(|subnet| Some(format!("{} has {} free addresses now", subnet.subnet_id.as_ref()?, subnet.available_ip_address_count?)))
            .collect();
        Finding::found(counts.join(", "), "DescribeSubnets")
    });
    let unknown = if free.is_some() { "the quota of network interfaces" } else { "the free addresses of the subnet, and the quota of interfaces" };
    judgement(Verdict::Likely, "the task's network interface could not be set up".to_owned()).findings(free).finding(Finding::unknown(unknown))
}

/// A subnet without a free address.
fn full<'c>(case: &Case<'c>) -> Option<&'c Subnet> {
    subnets(case).found().into_iter().flatten().find(|subnet| subnet.available_ip_address_count == Some(0))
}

fn question(case: &Case<'_>) -> Option<Question> {
    let ids = case.candidate_subnets();
    (!ids.is_empty()).then(|| Question::Subnets { region: case.own_region().to_owned(), ids })
}

fn subnets<'c>(case: &Case<'c>) -> Known<'c, Vec<Subnet>> {
    question(case).map_or(Known::NotAsked, |question| case.look(&question))
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some(subnet) = full(case) {
        let of_vpc = subnet.vpc_id.as_ref().map(|vpc| case.aws_at_task("ec2 describe-subnets").filter("vpc-id", Kind::Vpc, vpc));
        let free = of_vpc.map(|look| look.words("--query 'Subnets[].[SubnetId,AvailabilityZone,AvailableIpAddressCount]'"));
        let service = case.describe_service("--query 'services[0].networkConfiguration.awsvpcConfiguration'");
        let id = subnet.subnet_id.as_deref().unwrap_or("the subnet");
        return Fix::words(format!("free addresses in {id}, or let the task use a subnet that has some{}", case.then_again()))
            .run(free.into_iter().chain(service));
    }
    let look = case.task.subnet.as_deref().map(|subnet| case.aws_at_task("ec2 describe-subnets").name("--subnet-ids", Kind::Subnet, subnet));
    Fix::words(format!("look at the subnet's free addresses and the quota, and at the network configuration{}", case.then_again()))
        .run(look.map(|look| look.words("--query 'Subnets[].AvailableIpAddressCount'")))
}
