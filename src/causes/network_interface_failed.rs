//! The task's network interface could not be set up.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Gap, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::question::facts::Subnet;
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "network-interface-failed",
    title: "the task's network interface could not be set up",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "ECS could not create, attach or configure the elastic network interface of the task.",
        why: "The subnet has no free address, a quota is reached, a security group or subnet was deleted, too many interfaces are asked for at once, or the instance cannot take another one.",
        tell: "The text names EC2's error, such as InsufficientFreeAddressesInSubnet, or the plugin on the host.",
        fix: "Free addresses, raise the quota, or correct the network configuration.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-networking-awsvpc.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html",
    ],
    when: |symptom| {
        symptom.step == Step::NetworkInterface
            && !symptom.is_normal()
            && symptom.action.is_none()
            && symptom.deny.is_none()
    },
    ask: |case| {
        case.service_question()
            .into_iter()
            .map(Question::from)
            .chain(question(case).map(Question::from))
            .collect()
    },
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "Network interface provision complete error timeout wait for network interface provision.",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    if let Some(group) = missing_group(case) {
        let text = format!("name a security group that exists instead of {group}, of the VPC of the subnets");
        let assessment = Assessment::likely(format!("security group {group} of the task does not exist"))
            .culprit(Culprit { kind: "security-group", id: Some(group.to_owned()), references: Vec::new() })
            .finding(Finding::unknown("whether it was deleted, or is another VPC's"));
        return assessment.fix(
            Fix::words(text)
                .run(case.describe_service("--query 'services[0].networkConfiguration.awsvpcConfiguration'"))
                .then_again(case),
        );
    }
    if let Some(subnet) = full(case) {
        let id = subnet.subnet_id.clone().unwrap_or_default();
        let range = subnet.cidr_block.as_deref().unwrap_or("unknown");
        let all = subnets(case).found().into_iter().flatten().all(is_full);
        let which = (!all)
            .then(|| "in which of the service's subnets the task was: others have free addresses".to_owned());
        let time = if case.symptom.fault == Fault::OutOfCapacity {
            Time::as_ecs_said()
        } else {
            Err(Gap::new("whether that is why: ECS does not say so"))
        };
        let found = vec![Finding::found(format!("0 free addresses in {range}"), "DescribeSubnets")];
        let proof = Proof::by(found, Identity::named(case, &id), Complete::unless(which), time);
        let culprit = Culprit { kind: "subnet", id: Some(id.clone()), references: Vec::new() };
        return Assessment::confirmed(format!("{id} has no free address"), proof)
            .culprit(culprit)
            .fix(more_addresses(case, subnet));
    }
    let free = subnets(case).found().map(|subnets| {
        let of_ipv4 = subnets.iter().filter(|subnet| subnet.cidr_block.is_some());
        let counts: Vec<String> = of_ipv4
            .filter_map(|subnet| {
                Some(format!(
                    "{} has {} free addresses now",
                    subnet.subnet_id.as_ref()?,
                    subnet.available_ip_address_count?
                ))
            })
            .collect();
        Finding::found(counts.join(", "), "DescribeSubnets")
    });
    let free = free.filter(|free| !free.text.is_empty());
    let unknown = if free.is_some() {
        "the quota of network interfaces"
    } else {
        "the free addresses of the subnet, and the quota of interfaces"
    };
    let look =
        case.task.subnet.as_deref().map(|subnet| {
            case.aws_at_task("ec2 describe-subnets").name("--subnet-ids", Kind::Subnet, subnet)
        });
    let fix =
        Fix::words("look at the subnet's free addresses and the quota, and at the network configuration")
            .run(look.map(|look| look.words("--query 'Subnets[].AvailableIpAddressCount'")))
            .then_again(case);
    Assessment::likely("the task's network interface could not be set up")
        .findings(free)
        .finding(Finding::unknown(unknown))
        .fix(fix)
}

/// Whether a subnet has no free address. Only IPv4 addresses are counted.
fn is_full(subnet: &Subnet) -> bool {
    subnet.cidr_block.is_some() && subnet.available_ip_address_count == Some(0)
}

/// A subnet without a free address, where EC2 names no other fault.
fn full<'c>(case: &Case<'c>) -> Option<&'c Subnet> {
    let may_be_why = matches!(
        case.symptom.fault,
        Fault::OutOfCapacity | Fault::Unknown | Fault::TimedOut | Fault::NetworkTimeout
    );
    subnets(case).found().into_iter().flatten().find(|subnet| may_be_why && is_full(subnet))
}

/// The security group that EC2 did not find.
fn missing_group<'c>(case: &Case<'c>) -> Option<&'c str> {
    let texts = case
        .task
        .reasons
        .iter()
        .map(|reason| reason.text.as_str())
        .filter(|_| case.symptom.fault == Fault::NotFound);
    let words =
        texts.flat_map(|text| text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-')));
    words.into_iter().find(|word| Kind::SecurityGroup.fits(word))
}

fn question(case: &Case<'_>) -> Option<ask::Subnets> {
    let ids = case.candidate_subnets();
    (!ids.is_empty()).then(|| ask::Subnets { region: case.own_region().to_owned(), ids })
}

fn subnets<'c>(case: &Case<'c>) -> Known<'c, Vec<Subnet>> {
    question(case).map_or(Known::NotAsked, |question| case.look(&question))
}

fn more_addresses(case: &Case<'_>, subnet: &Subnet) -> Fix {
    let of_vpc = subnet
        .vpc_id
        .as_ref()
        .map(|vpc| case.aws_at_task("ec2 describe-subnets").filter("vpc-id", Kind::Vpc, vpc));
    let free = of_vpc
        .map(|look| look.words("--query 'Subnets[].[SubnetId,AvailabilityZone,AvailableIpAddressCount]'"));
    let service = case.describe_service("--query 'services[0].networkConfiguration.awsvpcConfiguration'");
    let id = subnet.subnet_id.as_deref().unwrap_or("the subnet");
    Fix::words(format!("free addresses in {id}, or run the task in a subnet that has some"))
        .run(free.into_iter().chain(service))
        .then_again(case)
}
