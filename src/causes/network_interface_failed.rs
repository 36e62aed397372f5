//! The task's network interface could not be set up.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
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
    judge,
    fix,
    examples: &[Example { text: "Network interface provision complete error timeout wait for network interface provision.", also: &[] }],
};

fn judge(_: &Case<'_>) -> Judgement {
    Judgement::new(Verdict::Likely, "the task's network interface could not be set up")
        .finding(Finding::unknown("the free addresses of the subnet, and the quota of interfaces"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = case
        .task
        .subnet
        .as_ref()
        .map(|subnet| case.aws("ec2 describe-subnets").option("--subnet-ids", subnet).words("--query 'Subnets[].AvailableIpAddressCount'").finish())
        .into_iter()
        .collect();
    Fix { text: format!("look at the subnet's free addresses and the quota, and at the network configuration{}", case.then_again()), commands, policy: None }
}
