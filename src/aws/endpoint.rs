//! Where a service is reached, and for which Region its calls are signed.
//!
//! An endpoint that is configured wins, as with any SDK client. The rest follows from the service's name, the
//! Region and the suffix of the partition's names, which the SDK's own resolver knows: a table of partitions
//! here would grow old.

use aws_config::{Region, SdkConfig};
use aws_sdk_cloudwatchlogs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_types::service_config::ServiceConfigKey;

use super::operation::Service;
use crate::arn::{is_region, partition_of};

/// Where IAM lives in partitions other than `aws`.
const IAM_REGIONS: &[(&str, &str)] = &[
    ("aws-cn", "cn-north-1"),
    ("aws-us-gov", "us-gov-west-1"),
    ("aws-iso", "us-iso-east-1"),
    ("aws-iso-b", "us-isob-east-1"),
    ("aws-iso-e", "eu-isoe-west-1"),
    ("aws-iso-f", "us-isof-south-1"),
    ("aws-eusc", "eusc-de-east-1"),
];

/// An address, and the Region in the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) signing_region: String,
}

/// Why a Region is not asked: it comes from events and definitions, and becomes part of a host's name to
/// which a signed call goes. Nothing is asked of another partition, where neither the credentials nor the
/// names mean anything.
pub(super) fn permitted(config: &SdkConfig, region: &str) -> Result<(), String> {
    if !is_region(region) {
        return Err(no_region());
    }
    match config
        .region()
        .map(Region::as_ref)
        .filter(|own| is_region(own) && partition_of(own) != partition_of(region))
    {
        Some(own) => Err(format!("it is in another partition of AWS ({region}) than ecs-triage ({own})")),
        None => Ok(()),
    }
}

fn no_region() -> String {
    "its Region is not the name of one".to_owned()
}

/// The endpoint of a service in a Region, or why there is none.
pub(crate) async fn endpoint(
    config: &SdkConfig,
    service: &Service,
    region: &str,
) -> Result<Endpoint, String> {
    permitted(config, region)?;
    let signing_region = if service.name == "iam" { iam_region(region) } else { region };
    let url = if let Some(url) = configured(config, service) {
        url
    } else {
        let settings = (config.use_fips().unwrap_or_default(), config.use_dual_stack().unwrap_or_default());
        let host = host(service.name, signing_region, settings).await;
        format!(
            "https://{}",
            host.ok_or_else(|| format!(
                "{} has no endpoint in {region} with these settings for FIPS and dual-stack",
                service.name
            ))?
        )
    };
    Ok(Endpoint { url, signing_region: signing_region.to_owned() })
}

/// What the environment or the profile says, for the service or for all.
fn configured(config: &SdkConfig, service: &Service) -> Option<String> {
    let for_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return for_all();
    }
    let key = ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config().and_then(|variables| variables.load_config(key)).or_else(for_all)
}

/// The host of a service, by the rules that AWS publishes for its SDKs; none where there is no such endpoint.
async fn host(service: &str, region: &str, (fips, dual_stack): (bool, bool)) -> Option<String> {
    let partition = partition_of(region);
    let has_plain_name = partition == "aws-us-gov"
        && (service == "iam" || !dual_stack && matches!(service, "ec2" | "ssm" | "logs"));
    let mark = if fips && !has_plain_name { "-fips" } else { "" };
    // Outside the isolated partitions Secrets Manager has IPv6 under its old names.
    let is_old_name = service == "s3"
        || service == "secretsmanager"
            && (matches!(partition, "aws" | "aws-us-gov") || partition == "aws-cn" && !fips);
    let suffix = suffix(region, dual_stack && !is_old_name).await?;
    let place = match (service, partition) {
        ("iam", "aws") => if dual_stack { "global." } else { "" }.to_owned(),
        ("iam", "aws-us-gov") => "us-gov.".to_owned(),
        ("iam", "aws-cn" | "aws-eusc") if !fips && dual_stack => "global.".to_owned(),
        ("iam", "aws-iso" | "aws-iso-b") if !dual_stack => format!("{region}."),
        ("iam", _) if fips || dual_stack => String::new(),
        ("s3", "aws-cn") if fips => return None,
        ("s3", _) if dual_stack => format!("dualstack.{region}."),
        _ => format!("{region}."),
    };
    let name = match service {
        "ecr" if !dual_stack => "api.ecr",
        "elasticfilesystem" if dual_stack && matches!(partition, "aws" | "aws-cn" | "aws-us-gov") => "efs",
        other => other,
    };
    Some(format!("{name}{mark}.{place}{suffix}"))
}

/// How the names of a Region's hosts end.
pub(crate) async fn suffix(region: &str, dual_stack: bool) -> Option<String> {
    let params = Params::builder()
        .region(region.to_owned())
        .use_fips(false)
        .use_dual_stack(dual_stack)
        .build()
        .ok()?;
    let resolved = DefaultResolver::new().resolve_endpoint(&params).await.ok()?;
    resolved
        .url()
        .strip_prefix(&format!("https://logs.{region}."))
        .map(|suffix| suffix.trim_end_matches('/').to_owned())
}

fn iam_region(region: &str) -> &'static str {
    IAM_REGIONS
        .iter()
        .find(|(partition, _)| *partition == partition_of(region))
        .map_or("us-east-1", |(_, home)| home)
}

#[cfg(test)]
mod tests {
    use super::endpoint;
    use crate::aws::operation::Operation;
    use aws_config::{Region, SdkConfig};

    #[tokio::test]
    async fn hosts_are_those_of_awss_rules() {
        for line in include_str!("../../tests/adapters/endpoints.txt").lines() {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap_or_default();
            let (service, region, setting, host, signed) = (word(), word(), word(), word(), word());
            let (fips, dual_stack) =
                (matches!(setting, "fips" | "both"), matches!(setting, "dual-stack" | "both"));
            let config = SdkConfig::builder().use_fips(fips).use_dual_stack(dual_stack).build();
            let operation = Operation::ALL
                .iter()
                .find(|operation| operation.service().name == service)
                .expect("a service that is asked");
            let found = endpoint(&config, operation.service(), region)
                .await
                .ok()
                .map(|found| (found.url, found.signing_region));
            let expected = (host != "none").then(|| (format!("https://{host}"), signed.to_owned()));
            assert_eq!(found, expected, "{line}");
        }
    }

    #[tokio::test]
    async fn what_is_no_region_leads_nowhere() {
        let config = SdkConfig::builder().endpoint_url("http://127.0.0.1:1").build();
        for region in ["", "evil.example/", "eu-west-1.evil", "a@b", "EU", "-", "s3", "x#", &"a".repeat(64)] {
            let refused = endpoint(&config, Operation::DescribeKey.service(), region).await;
            assert_eq!(refused, Err("its Region is not the name of one".to_owned()), "{region}");
        }
    }

    #[tokio::test]
    async fn another_partition_is_not_asked() {
        let in_region = |own: &'static str| SdkConfig::builder().region(Region::new(own)).build();
        for (own, region) in [
            ("eu-west-1", "cn-north-1"),
            ("us-gov-west-1", "us-east-1"),
            ("us-east-1", "us-gov-east-1"),
            ("us-iso-east-1", "us-isob-east-1"),
        ] {
            let refused = endpoint(&in_region(own), Operation::GetRole.service(), region).await;
            assert!(
                refused.as_ref().is_err_and(|why| why.contains("another partition")),
                "{own} {region}: {refused:?}"
            );
        }
        for (own, region) in [
            ("eu-west-1", "ap-south-1"),
            ("us-gov-west-1", "us-gov-east-1"),
            ("cn-north-1", "cn-northwest-1"),
        ] {
            assert!(
                endpoint(&in_region(own), Operation::DescribeKey.service(), region).await.is_ok(),
                "{own} {region}"
            );
        }
    }
}
