//! Where a service is reached, and for which Region its calls are signed.
//!
//! An endpoint that is configured wins, as with any SDK client. The rest follows from the service's name, the Region and the suffix of the
//! partition's names, which the SDK's own resolver knows: a table of partitions here would grow old.

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

/// The endpoint of a service in a Region, or why there is none: the Region comes from events and definitions, and becomes part of a host's name
/// to which a signed call goes. Nothing is asked of another partition, where neither the credentials nor the names mean anything.
pub(crate) async fn endpoint(config: &SdkConfig, service: &Service, region: &str) -> Result<Endpoint, String> {
    let no_region = || "its Region is not the name of one".to_owned();
    if !is_region(region) {
        return Err(no_region());
    }
    if let Some(own) = config.region().map(Region::as_ref).filter(|own| is_region(own) && partition_of(own) != partition_of(region)) {
        return Err(format!("it is in another partition of AWS ({region}) than ecs-triage ({own})"));
    }
    let signing_region = if service.name == "iam" { iam_region(region) } else { region };
    let url = match configured(config, service) {
        Some(url) => url,
        None => format!("https://{}", host(config, service, signing_region).await.ok_or_else(no_region)?),
    };
    Ok(Endpoint { url, signing_region: signing_region.to_owned() })
}

/// What the environment or the profile says, for the service or for all.
fn configured(config: &SdkConfig, service: &Service) -> Option<String> {
    let for_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return for_all();
    }
    let key = ServiceConfigKey::builder().service_id(service.id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
    config.service_config().and_then(|variables| variables.load_config(key)).or_else(for_all)
}

async fn host(config: &SdkConfig, service: &Service, region: &str) -> Option<String> {
    let (fips, dual_stack) = (config.use_fips().unwrap_or_default(), config.use_dual_stack().unwrap_or_default());
    let (name, fips_mark) = (service.name, if fips { "-fips" } else { "" });
    Some(match name {
        "iam" if region == "us-east-1" => format!("iam{fips_mark}.amazonaws.com"),
        "iam" if region == "us-gov-west-1" => "iam.us-gov.amazonaws.com".to_owned(),
        "iam" => format!("iam.{region}.{}", suffix(region, false).await?),
        "s3" if dual_stack => format!("s3{fips_mark}.dualstack.{region}.{}", suffix(region, false).await?),
        "ecr" if fips || dual_stack => format!("ecr{fips_mark}.{region}.{}", suffix(region, dual_stack).await?),
        "ecr" => format!("api.ecr.{region}.{}", suffix(region, false).await?),
        _ => format!("{name}{fips_mark}.{region}.{}", suffix(region, dual_stack).await?),
    })
}

/// How the names of a Region's hosts end.
pub(crate) async fn suffix(region: &str, dual_stack: bool) -> Option<String> {
    let params = Params::builder().region(region.to_owned()).use_fips(false).use_dual_stack(dual_stack).build().ok()?;
    let resolved = DefaultResolver::new().resolve_endpoint(&params).await.ok()?;
    resolved.url().strip_prefix(&format!("https://logs.{region}.")).map(|suffix| suffix.trim_end_matches('/').to_owned())
}

fn iam_region(region: &str) -> &'static str {
    IAM_REGIONS.iter().find(|(partition, _)| *partition == partition_of(region)).map_or("us-east-1", |(_, home)| home)
}

#[cfg(test)]
mod tests {
    use super::endpoint;
    use crate::aws::operation::Operation;
    use aws_config::{Region, SdkConfig};

    async fn url(config: &SdkConfig, operation: Operation, region: &str) -> (String, String) {
        let found = endpoint(config, operation.service(), region).await.expect("a Region");
        (found.url, found.signing_region)
    }

    #[tokio::test]
    async fn hosts_are_those_of_the_partition() {
        let plain = SdkConfig::builder().build();
        for (operation, region, host, signed) in [
            (Operation::DescribeSecret, "eu-west-1", "secretsmanager.eu-west-1.amazonaws.com", "eu-west-1"),
            (Operation::DescribeSecret, "cn-north-1", "secretsmanager.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            (Operation::DescribeSecret, "us-iso-east-1", "secretsmanager.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
            (Operation::DescribeImages, "eu-central-1", "api.ecr.eu-central-1.amazonaws.com", "eu-central-1"),
            (Operation::DescribeMountTargets, "eu-west-1", "elasticfilesystem.eu-west-1.amazonaws.com", "eu-west-1"),
            (Operation::ListObjectsV2, "us-east-1", "s3.us-east-1.amazonaws.com", "us-east-1"),
            (Operation::GetRole, "eu-west-1", "iam.amazonaws.com", "us-east-1"),
            (Operation::GetRole, "cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            (Operation::GetRole, "us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
            (Operation::GetRole, "us-iso-west-1", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
            (Operation::GetRole, "us-isob-east-1", "iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        ] {
            assert_eq!(url(&plain, operation, region).await, (format!("https://{host}"), signed.to_owned()));
        }
        let fips = SdkConfig::builder().use_fips(true).build();
        assert_eq!(url(&fips, Operation::DescribeImages, "us-east-1").await.0, "https://ecr-fips.us-east-1.amazonaws.com");
        assert_eq!(url(&fips, Operation::DescribeKey, "us-gov-west-1").await.0, "https://kms-fips.us-gov-west-1.amazonaws.com");
        let dual_stack = SdkConfig::builder().use_dual_stack(true).build();
        assert_eq!(url(&dual_stack, Operation::DescribeKey, "eu-west-1").await.0, "https://kms.eu-west-1.api.aws");
        assert_eq!(url(&dual_stack, Operation::ListObjectsV2, "eu-west-1").await.0, "https://s3.dualstack.eu-west-1.amazonaws.com");
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
        for (own, region) in [("eu-west-1", "cn-north-1"), ("us-gov-west-1", "us-east-1"), ("us-east-1", "us-gov-east-1"), ("us-iso-east-1", "us-isob-east-1")]
        {
            let refused = endpoint(&in_region(own), Operation::GetRole.service(), region).await;
            assert!(refused.as_ref().is_err_and(|why| why.contains("another partition")), "{own} {region}: {refused:?}");
        }
        for (own, region) in [("eu-west-1", "ap-south-1"), ("us-gov-west-1", "us-gov-east-1"), ("cn-north-1", "cn-northwest-1")] {
            assert!(endpoint(&in_region(own), Operation::DescribeKey.service(), region).await.is_ok(), "{own} {region}");
        }
    }
}
