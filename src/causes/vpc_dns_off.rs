//! The VPC does not resolve the service's name.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner, Verdict, path};
use crate::network::{Blockage, Break, Part};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "vpc-dns-off",
    title: "the name is not resolved in the VPC",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The name of the endpoint could not be resolved from the task's network.",
        why: "enableDnsSupport or enableDnsHostnames is off, a custom resolver from the DHCP options does not answer or does not know the name, or the name itself is wrong: another partition's suffix, a misspelled registry.",
        tell: "The message says `no such host`, or that a call to port 53 timed out.",
        fix: "Switch DNS support and hostnames on, or fix the resolver.",
    },
    references: &["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html"],
    when: |symptom| {
        matches!(symptom.fault, Fault::Dns | Fault::NetworkTimeout) && path::needs_network(symptom)
    },
    ask: path::ask,
    assess,
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-west-2: RequestError: send request failed caused by: Post \"https://ssm.us-west-2.amazonaws.com/\": dial tcp: lookup ssm.us-west-2.amazonaws.com on 10.0.0.2:53: no such host",
        also: &["network-path-unexplained"],
    }],
};

fn title(case: &Case<'_>) -> String {
    match path::blockage(case, Part::Dns).map(|blockage| blockage.what) {
        Some(Break::DnsOff { attribute: "enableDnsHostnames", .. }) => {
            format!(
                "the VPC endpoint for {} is not used, because enableDnsHostnames is off",
                case.aws_service_name()
            )
        }
        _ => "the VPC does not resolve names".to_owned(),
    }
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let assessment = path::assess(case, Part::Dns, title(case), fix, |_| unread(case));
    let servers = path::own_name_servers(case);
    if case.symptom.fault != Fault::Dns
        || servers.is_empty()
        || assessment.as_ref().is_some_and(|assessment| assessment.verdict() != Verdict::RuledOut)
    {
        return assessment;
    }
    let assessment =
        Assessment::likely(format!("{} is not resolved by the name servers of the VPC's own", host(case)))
            .culprit(case.endpoint())
            .finding(Finding::found(
                format!("the DHCP options name {}", servers.join(", ")),
                "DescribeDhcpOptions",
            ))
            .finding(Finding::unknown("whether they forward the name to the resolver of Amazon"))
            .path(path::path(case));
    Some(assessment.fix(fix(case, None)))
}

fn host(case: &Case<'_>) -> String {
    case.symptom
        .host
        .as_ref()
        .map_or_else(|| format!("the name of {}", case.aws_service_name()), |host| host.text.clone())
}

fn unread(case: &Case<'_>) -> Option<Assessment> {
    if case.symptom.fault != Fault::Dns {
        // The text that names an address was written after the name was resolved.
        let is_resolved = case.symptom.address.is_some() && case.symptom.port != Some(53);
        let said = Assessment::possible("the VPC does not resolve names").culprit(case.endpoint());
        return (!is_resolved)
            .then(|| said.finding(Finding::unknown("the VPC's DNS settings, and who its resolver is")));
    }
    let host = host(case);
    let title = format!("{host} is not resolved in the task's network");
    let wrong_suffix = host.ends_with(".amazonaws.com") && host.contains(".cn-");
    let assessment = if wrong_suffix {
        Assessment::likely(title)
            .finding(Finding::found("names in China end in .amazonaws.com.cn", "stoppedReason"))
    } else {
        Assessment::possible(title)
    };
    Some(
        assessment
            .culprit(case.endpoint())
            .finding(Finding::unknown("the VPC's DNS settings, and who its resolver is")),
    )
}

fn fix(case: &Case<'_>, blockage: Option<&Blockage>) -> Fix {
    if let Some(Break::DnsOff { vpc, attribute }) = blockage.map(|blockage| &blockage.what) {
        return Fix::words(format!("switch {attribute} on for {vpc}"))
            .run([path::switch_on(case, vpc, attribute)])
            .then_again(case);
    }
    let servers = path::own_name_servers(case);
    if !servers.is_empty() {
        let text = format!(
            "configure {} to forward the names of AWS to the VPC's resolver (169.254.169.253)",
            servers.join(" and ")
        );
        return Fix::words(text).then_again(case);
    }
    let look = ["enableDnsSupport", "enableDnsHostnames"].map(|attribute| {
        case.aws_at_task("ec2 describe-vpc-attribute").words("--vpc-id '<vpc>' --attribute").words(attribute)
    });
    Fix::words("turn on enableDnsSupport and enableDnsHostnames for the VPC, or fix the resolver that its DHCP options name; check the name's spelling")
        .run(look)
}
