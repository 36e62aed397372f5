//! The same correction as a resource of a template, where it is one: for those who would otherwise undo it
//! with the next deployment.

use serde_json::{Value, json};

use super::name::Kind;
use super::policy::Document;
use crate::network::Ingress;

/// A resource of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Snippet {
    tool: &'static str,
    text: String,
}

impl Snippet {
    /// `terraform` or `cloudformation`.
    #[must_use]
    pub fn tool(&self) -> &'static str {
        self.tool
    }

    /// What to put into the template.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A policy on a role.
pub(in crate::causes) fn role_policy(role: &str, name: &str, policy: &Document) -> Vec<Snippet> {
    let policy = policy.as_json();
    let encoded = format!("jsonencode({})", literal(policy));
    let arguments = [("name", literal(&json!(name))), ("role", literal(&json!(role))), ("policy", encoded)];
    let properties =
        [("PolicyName", json!(name)), ("RoleName", json!(role)), ("PolicyDocument", policy.clone())];
    both(("aws_iam_role_policy", "AWS::IAM::RolePolicy"), "for_ecs_tasks", &arguments, &properties)
}

/// A rule by which a security group admits the caller.
pub(in crate::causes) fn ingress(ingress: &Ingress) -> Vec<Snippet> {
    let (Some(group), port) = (ingress.groups.first(), ingress.port) else { return Vec::new() };
    let (from, of) = match (ingress.from.first(), &ingress.cidr) {
        (Some(from), _) => (from, ("referenced_security_group_id", "SourceSecurityGroupId")),
        (None, Some(cidr)) => (cidr, ("cidr_ipv4", "CidrIp")),
        (None, None) => return Vec::new(),
    };
    let is_name = |name: &str| Kind::SecurityGroup.fits(name) || Kind::Cidr.fits(name);
    if !is_name(group) || !is_name(from) {
        return Vec::new();
    }
    let text = |text: &str| literal(&json!(text));
    let arguments = [
        ("security_group_id", text(group)),
        (of.0, text(from)),
        ("ip_protocol", text("tcp")),
        ("from_port", port.to_string()),
        ("to_port", port.to_string()),
    ];
    let properties = [
        ("GroupId", json!(group)),
        (of.1, json!(from)),
        ("IpProtocol", json!("tcp")),
        ("FromPort", json!(port)),
        ("ToPort", json!(port)),
    ];
    both(
        ("aws_vpc_security_group_ingress_rule", "AWS::EC2::SecurityGroupIngress"),
        "from_tasks",
        &arguments,
        &properties,
    )
}

/// A log group.
pub(in crate::causes) fn log_group(name: &str) -> Vec<Snippet> {
    let kinds = ("aws_cloudwatch_log_group", "AWS::Logs::LogGroup");
    if !Kind::LogGroup.fits(name) {
        return Vec::new();
    }
    both(kinds, "of_tasks", &[("name", literal(&json!(name)))], &[("LogGroupName", json!(name))])
}

/// A default route to a NAT gateway.
pub(in crate::causes) fn nat_route(route_table: &str) -> Vec<Snippet> {
    if !Kind::RouteTable.fits(route_table) {
        return Vec::new();
    }
    let values = [json!(route_table), json!("0.0.0.0/0"), json!("<nat-gateway>")];
    let arguments = ["route_table_id", "destination_cidr_block", "nat_gateway_id"]
        .into_iter()
        .zip(values.iter().map(literal))
        .collect::<Vec<_>>();
    let properties = ["RouteTableId", "DestinationCidrBlock", "NatGatewayId"]
        .into_iter()
        .zip(values.clone())
        .collect::<Vec<_>>();
    both(("aws_route", "AWS::EC2::Route"), "to_the_internet", &arguments, &properties)
}

/// A value as Terraform writes it: JSON, but for what would begin a template in a string.
fn literal(value: &Value) -> String {
    value.to_string().replace("${", "$${").replace("%{", "%%{")
}

fn both(
    (terraform, cloudformation): (&str, &str),
    name: &str,
    arguments: &[(&str, String)],
    properties: &[(&str, Value)],
) -> Vec<Snippet> {
    let arguments: Vec<String> =
        arguments.iter().map(|(argument, value)| format!("  {argument} = {value}")).collect();
    // JSON is YAML too.
    let properties: Vec<String> =
        properties.iter().map(|(property, value)| format!("    {property}: {value}")).collect();
    let logical: String = name.split('_').map(capitalised).collect();
    vec![
        Snippet {
            tool: "terraform",
            text: format!("resource \"{terraform}\" \"{name}\" {{\n{}\n}}", arguments.join("\n")),
        },
        Snippet {
            tool: "cloudformation",
            text: format!("{logical}:\n  Type: {cloudformation}\n  Properties:\n{}", properties.join("\n")),
        },
    ]
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
