//! The commands that open what blocks: a rule of a security group or of a network ACL, a VPC's DNS.

use super::super::case::Case;
use super::super::command::{Command, Part as Argument};
use super::super::name::Kind;
use super::caller::snapshot;
use crate::network::{Break, Ingress, Opening, Remote};

/// The command that opens a group to the caller.
pub(in crate::causes) fn open_ingress(case: &Case<'_>, ingress: &Ingress) -> Option<Command> {
    let group = ingress.groups.first()?;
    let command = case.aws_at_task("ec2 authorize-security-group-ingress").name(
        "--group-id",
        Kind::SecurityGroup,
        group.as_str(),
    );
    let command = command.words("--protocol tcp").number("--port", ingress.port.into());
    Some(match ingress.from.first() {
        Some(from) => command.name("--source-group", Kind::SecurityGroup, from.as_str()),
        None => command.name("--cidr", Kind::Cidr, ingress.cidr.as_deref()?),
    })
}

/// The command that makes an ACL pass what it drops, where there is room for a rule that undoes no other.
pub(in crate::causes) fn open_acl(case: &Case<'_>, what: &Break) -> Option<Command> {
    let Break::NetworkAcl { acl, egress, ports, cidr, opening: Opening::At(number), .. } = what else {
        return None;
    };
    let command = case.aws_at_task("ec2 create-network-acl-entry").name(
        "--network-acl-id",
        Kind::NetworkAcl,
        acl.as_str(),
    );
    let command = command
        .words(if *egress { "--egress" } else { "--ingress" })
        .number("--rule-number", *number)
        .words("--protocol tcp");
    let ports = [
        Argument::Words("From="),
        Argument::Number(ports.0.into()),
        Argument::Words(",To="),
        Argument::Number(ports.1.into()),
    ];
    Some(
        command
            .argument("--port-range", &ports)
            .name("--cidr-block", Kind::Cidr, cidr.as_str())
            .words("--rule-action allow"),
    )
}

/// The command that switches a part of a VPC's DNS on.
pub(in crate::causes) fn switch_on(case: &Case<'_>, vpc: &str, attribute: &str) -> Command {
    let option =
        if attribute == "enableDnsSupport" { "--enable-dns-support" } else { "--enable-dns-hostnames" };
    case.aws_at_task("ec2 modify-vpc-attribute").name("--vpc-id", Kind::Vpc, vpc).words(option)
}

/// The commands that switch on what the private DNS of an endpoint needs.
pub(in crate::causes) fn switch_dns_on(case: &Case<'_>) -> Vec<Command> {
    let snapshot = snapshot(case);
    let vpc = snapshot.subnets.found().into_iter().flatten().find_map(|subnet| subnet.vpc_id.as_deref());
    let (Some(vpc), Some(dns)) = (vpc, snapshot.dns.found()) else { return Vec::new() };
    let needed =
        [("enableDnsSupport", dns.enable_dns_support), ("enableDnsHostnames", dns.enable_dns_hostnames)];
    needed
        .into_iter()
        .filter(|(_, on)| *on == Some(false))
        .map(|(attribute, _)| switch_on(case, vpc, attribute))
        .collect()
}

/// The command that allows the caller's group to send.
pub(in crate::causes) fn open_egress(case: &Case<'_>, what: &Break) -> Option<Command> {
    let Break::SecurityGroupEgress { groups, port, to } = what else { return None };
    let command = case.aws_at_task("ec2 authorize-security-group-egress").name(
        "--group-id",
        Kind::SecurityGroup,
        groups.first()?.as_str(),
    );
    let port = i64::from(*port);
    let (pairs, kind, id) = match to {
        Remote::Cidr(range) => {
            return Some(command.words("--protocol tcp").number("--port", port).name(
                "--cidr",
                Kind::Cidr,
                range.as_str(),
            ));
        }
        Remote::Group(group) => (",UserIdGroupPairs=[{GroupId=", Kind::SecurityGroup, group),
        Remote::PrefixList(list) => (",PrefixListIds=[{PrefixListId=", Kind::PrefixList, list),
    };
    let ports = [
        Argument::Words("IpProtocol=tcp,FromPort="),
        Argument::Number(port),
        Argument::Words(",ToPort="),
        Argument::Number(port),
    ];
    let to = [Argument::Words(pairs), Argument::Name(kind, Some(id)), Argument::Words("}]")];
    Some(command.argument("--ip-permissions", &[&ports[..], &to[..]].concat()))
}
