//! A network ACL drops the traffic or its answers.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::{Cause, Explanation, Owner, path};
use crate::network::{Blockage, Break, Opening, Part};

pub(super) const CAUSE: Cause = Cause {
    id: "network-acl-blocks",
    title: "a network ACL blocks the traffic",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The subnet's network ACL does not allow outbound TCP 443, or the answers inbound on ports 1024-65535. ACLs are stateless: both are needed.",
        why: "Rules are tried in order of their numbers and the first match counts; a deny above an allow hides it. Guides that say outbound 1024-65535 and inbound 443 describe the endpoint's side.",
        tell: "Everything in the subnet is blocked, whatever its security group.",
        fix: "Allow tcp/443 out and tcp/1024-65535 in, in both directions' rules.",
    },
    references: &["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html"],
    when: path::is_timeout,
    ask: path::ask,
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let title = format!(
        "a network ACL blocks the traffic between {} and {}",
        path::caller_name(case),
        case.aws_service_name()
    );
    path::assess(case, Part::Acl, title, fix, |title| {
        Some(Assessment::possible(title).finding(Finding::unknown("the rules of the subnet's network ACL")))
    })
}

fn fix(case: &Case<'_>, blockage: Option<&Blockage>) -> Fix {
    let blockage = blockage.map(|blockage| &blockage.what);
    if let Some(open) = blockage.as_ref().and_then(|what| path::open_acl(case, what)) {
        let text = "allow it in the network ACL";
        return Fix::words(text).run([open]).then_again(case);
    }
    if let Some(Break::NetworkAcl { acl, opening, .. }) = &blockage {
        let text = match opening {
            Opening::NoRoom(before) => format!(
                "renumber the rules of {acl}, so that a rule that allows it fits before rule {before}"
            ),
            Opening::OnPurpose(rule) => {
                format!(
                    "ask the owner of rule {rule} of {acl} what it is for: it denies a part of the traffic, and narrowing it allows what it blocks"
                )
            }
            Opening::At(_) => format!("allow it in {acl}"),
        };
        let look = case.aws_at_task("ec2 describe-network-acls").name(
            "--network-acl-ids",
            Kind::NetworkAcl,
            acl.as_str(),
        );
        return Fix::words(text).run([look.words("--query 'NetworkAcls[].Entries'")]).then_again(case);
    }
    let look = |subnet| {
        case.aws_at_task("ec2 describe-network-acls").filter("association.subnet-id", Kind::Subnet, subnet)
    };
    Fix::words("allow tcp/443 out and tcp/1024-65535 in, in the network ACL of the subnet")
        .run(case.task.subnet.as_deref().map(|subnet| look(subnet).words("--query 'NetworkAcls[].Entries'")))
}
