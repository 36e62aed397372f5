//! Amazon EC2: the network of a VPC, as far as a path to a service can fail in it.

use futures_util::future::join3;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{list, one};
use super::call::{Caller, Fields, Input};
use super::failure::Failure;
use super::operation::Operation;
use super::pages::Pages;
use crate::question::facts::{Subnet, VpcDns};
use crate::question::{Answer, ask, cleaned};

pub(crate) async fn instance(
    caller: &Caller,
    ask::Instance { region, id }: &ask::Instance,
) -> Result<Answer, Failure> {
    let mut answer = caller
        .call(Operation::DescribeInstances, region, id, Input::Form(fields(&[("InstanceId.1", id)])))
        .await?;
    if answer.pointer("/reservationSet/0/instancesSet/0").is_none() {
        return Err(Failure::Missing);
    }
    one(&mut answer, "/reservationSet/0/instancesSet/0").map(Answer::Instance)
}

pub(crate) async fn subnets(
    caller: &Caller,
    ask::Subnets { region, ids }: &ask::Subnets,
) -> Result<Answer, Failure> {
    let subnets: Vec<Subnet> = named(caller, Operation::DescribeSubnets, region, ("subnet-id", ids)).await?;
    if subnets.is_empty() { Err(Failure::Missing) } else { Ok(Answer::Subnets(subnets)) }
}

pub(crate) async fn security_groups(
    caller: &Caller,
    ask::NamedSecurityGroups { region, ids }: &ask::NamedSecurityGroups,
) -> Result<Answer, Failure> {
    named(caller, Operation::DescribeSecurityGroups, region, ("group-id", ids))
        .await
        .map(Answer::SecurityGroups)
}

/// Uses a filter: asked for by id, one that does not exist would hide the others.
async fn named<T: DeserializeOwned>(
    caller: &Caller,
    operation: Operation,
    region: &str,
    (filter, ids): (&str, &[String]),
) -> Result<Vec<T>, Failure> {
    let values = (1..).zip(ids).map(|(number, id)| (format!("Filter.1.Value.{number}"), id.clone()));
    let filter = fields(&[("Filter.1.Name", filter)]).into_iter().chain(values).collect();
    filtered(caller, operation, region, &ids.join(", "), filter).await?.all()
}

/// Those of a VPC.
pub(crate) async fn of_vpc<T: DeserializeOwned>(
    caller: &Caller,
    operation: Operation,
    region: &str,
    vpc: &str,
) -> Result<Vec<T>, Failure> {
    pages_of_vpc(caller, operation, region, vpc).await?.all()
}

pub(crate) async fn vpc_endpoints(
    caller: &Caller,
    ask::VpcEndpoints { region, vpc }: &ask::VpcEndpoints,
) -> Result<Answer, Failure> {
    let mut pages = pages_of_vpc(caller, Operation::DescribeVpcEndpoints, region, vpc).await?;
    for policy in pages.items.iter_mut().filter_map(|endpoint| endpoint.get_mut("policyDocument")) {
        // Made safe as the document that it is; as a text it may be one no more.
        if let Some(document) = policy.as_str().and_then(|text| serde_json::from_str(text).ok()) {
            *policy = Value::String(cleaned(document).to_string());
        }
    }
    pages.all().map(Answer::VpcEndpoints)
}

async fn pages_of_vpc(
    caller: &Caller,
    operation: Operation,
    region: &str,
    vpc: &str,
) -> Result<Pages, Failure> {
    // DescribeRouteTables takes no larger pages.
    let size = if operation == Operation::DescribeRouteTables { "100" } else { "1000" };
    filtered(
        caller,
        operation,
        region,
        vpc,
        fields(&[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc), ("MaxResults", size)]),
    )
    .await
}

async fn filtered(
    caller: &Caller,
    operation: Operation,
    region: &str,
    on: &str,
    filter: Fields,
) -> Result<Pages, Failure> {
    let input = |token: Option<String>| {
        let token = token.map(|token| ("NextToken".to_owned(), token));
        Input::Form(filter.iter().cloned().chain(token).collect())
    };
    caller.pages(operation, region, on, input).await
}

/// What can be read of it, unless it is nothing.
pub(crate) async fn vpc_dns(
    caller: &Caller,
    ask::VpcDns { region, vpc }: &ask::VpcDns,
) -> Result<Answer, Failure> {
    let support = attribute(caller, region, vpc, "enableDnsSupport");
    let hostnames = attribute(caller, region, vpc, "enableDnsHostnames");
    match join3(support, hostnames, name_servers(caller, region, vpc)).await {
        (Err(failure), Err(_), Err(_)) | (Err(failure @ Failure::Missing), ..) => Err(failure),
        (support, hostnames, servers) => Ok(Answer::VpcDns(VpcDns {
            enable_dns_support: support.ok(),
            enable_dns_hostnames: hostnames.ok(),
            domain_name_servers: servers.unwrap_or_default(),
        })),
    }
}

async fn attribute(caller: &Caller, region: &str, vpc: &str, name: &str) -> Result<bool, Failure> {
    let input = Input::Form(fields(&[("VpcId", vpc), ("Attribute", name)]));
    let mut answer = caller.call(Operation::DescribeVpcAttribute, region, vpc, input).await?;
    one(&mut answer, &format!("/{name}/value"))
}

async fn name_servers(caller: &Caller, region: &str, vpc: &str) -> Result<Vec<String>, Failure> {
    let mut answer =
        caller.call(Operation::DescribeVpcs, region, vpc, Input::Form(fields(&[("VpcId.1", vpc)]))).await?;
    let options: String = one(&mut answer, "/vpcSet/0/dhcpOptionsId")?;
    let input = Input::Form(fields(&[("DhcpOptionsId.1", &options)]));
    let mut answer = match caller.call(Operation::DescribeDhcpOptions, region, &options, input).await {
        // A set that does not exist names no servers of its own.
        Err(Failure::Missing) => return Ok(vec!["AmazonProvidedDNS".to_owned()]),
        answer => answer?,
    };
    let configured: Vec<Value> = list(&mut answer, "/dhcpOptionsSet/0/dhcpConfigurationSet")?;
    let servers = configured
        .into_iter()
        .find(|option| option.get("key").and_then(Value::as_str) == Some("domain-name-servers"));
    let values =
        servers.as_ref().and_then(|servers| servers.get("valueSet")?.as_array()).into_iter().flatten();
    Ok(values.filter_map(|value| value.get("value")?.as_str()).map(str::to_owned).collect())
}

fn fields(fields: &[(&str, &str)]) -> Fields {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
