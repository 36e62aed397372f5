//! The NAT gateway of the subnet's route does not work.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::{Cause, Explanation, Owner, path};
use crate::network::{Blockage, Break, Part};

pub(super) const CAUSE: Cause = Cause {
    id: "vpc-nat-broken",
    title: "the NAT gateway does not work",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The subnet's default route goes to a NAT gateway that cannot pass traffic on.",
        why: "The gateway was deleted (the route is a black hole), is private, failed, or is in a subnet without a route to an internet gateway.",
        tell: "Every task of the subnet fails, to every service that has no endpoint.",
        fix: "Repair or replace the gateway, and point the route at it.",
    },
    references: &["https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html"],
    when: path::is_timeout,
    ask: path::ask,
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let title = format!("the NAT gateway between the task and {} does not work", case.aws_service_name());
    path::assess(case, Part::Nat, title, fix, |title| {
        let can_be = case.reached_for_endpoint() != Some(true);
        can_be.then(|| {
            Assessment::possible(title)
                .finding(Finding::unknown("the state of the NAT gateway, and the route of its own subnet"))
        })
    })
}

fn fix(case: &Case<'_>, blockage: Option<&Blockage>) -> Fix {
    if let Some(Break::NatBroken { route_table, nat_gateway, range }) =
        blockage.map(|blockage| &blockage.what)
    {
        let replace = case.aws_at_task("ec2 replace-route").name(
            "--route-table-id",
            Kind::RouteTable,
            route_table.as_str(),
        );
        let replace = replace
            .name("--destination-cidr-block", Kind::Cidr, range.as_str())
            .words("--nat-gateway-id '<working-nat-gateway>'");
        let text = format!(
            "point the {range} route of {route_table} to a working NAT gateway ({nat_gateway} does not work)"
        );
        return Fix::words(text).run([replace]).then_again(case);
    }
    Fix::words(
        "repair the NAT gateway: available, public, in a subnet whose default route is an internet gateway",
    )
    .run([case
        .aws_at_task("ec2 describe-nat-gateways")
        .words("--query 'NatGateways[].[NatGatewayId,State,ConnectivityType,SubnetId]'")])
}
