//! Amazon Resource Names, taken apart, and the Regions and partitions in them.

use strsim::damerau_levenshtein;

/// The parts of an ARN: `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: &'a str,
    /// The service's namespace.
    pub service: &'a str,
    /// The Region; empty for global services.
    pub region: &'a str,
    /// The account; empty where there is none.
    pub account: &'a str,
    /// All that follows, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart; `None` where the text is not one or is cut before its resource.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        // The parts are so short that a search for the colons would take longer to set up than to run.
        let mut colons = text.bytes().enumerate().filter(|(_, byte)| *byte == b':').map(|(at, _)| at);
        let [first, second, third, fourth, fifth] =
            [colons.next()?, colons.next()?, colons.next()?, colons.next()?, colons.next()?];
        let is_arn = text[..first].eq_ignore_ascii_case("arn");
        let (partition, service) = (&text[first + 1..second], &text[second + 1..third]);
        let (region, account, rest) =
            (&text[third + 1..fourth], &text[fourth + 1..fifth], &text[fifth + 1..]);
        let arn = Self { partition, service, region, account, resource: rest };
        (is_arn && !arn.resource.is_empty()).then_some(arn)
    }

    /// The role's name in an assumed-role or role ARN, without its path.
    #[must_use]
    pub fn role_name(&self) -> Option<&'a str> {
        if let Some(session) = self.resource.strip_prefix("assumed-role/") {
            return session.split('/').next().filter(|name| !name.is_empty());
        }
        self.resource.strip_prefix("role/")?.rsplit('/').next().filter(|name| !name.is_empty())
    }
}

/// Whether a text is the number of an account.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What an ARN names behind its kind, such as `api:7` of `task-definition/api:7`; any other text as it is.
#[must_use]
pub fn name_in(text: &str) -> &str {
    Arn::parse(text).and_then(|arn| arn.resource.split_once('/')).map_or(text, |(_, name)| name)
}

/// A partition of AWS.
struct Partition {
    name: &'static str,
    /// With what the names of its Regions begin.
    beginning: &'static str,
    /// With what the names of its hosts end.
    suffix: &'static str,
    /// With what those end that have addresses of both kinds, and those of its registries.
    dual_stack: &'static [&'static str],
}

const fn partition(
    name: &'static str,
    beginning: &'static str,
    suffix: &'static str,
    dual_stack: &'static [&'static str],
) -> Partition {
    Partition { name, beginning, suffix, dual_stack }
}

/// The partition of every Region that no other one's beginning fits.
const COMMERCIAL: Partition = partition("aws", "", "amazonaws.com", &["api.aws", "on.aws"]);

/// The partitions, as the SDKs' endpoint tables (`partitions.json`) have them; with what the names of
/// registries end, as the ECS agent matches them (`ecs-agent/utils/uri`).
const PARTITIONS: &[Partition] = &[
    partition(
        "aws-cn",
        "cn-",
        "amazonaws.com.cn",
        &["api.amazonwebservices.com.cn", "on.amazonwebservices.com.cn"],
    ),
    partition("aws-us-gov", "us-gov-", "amazonaws.com", &["api.aws", "on.aws"]),
    partition("aws-iso-b", "us-isob-", "sc2s.sgov.gov", &["api.aws.scloud", "on.aws.scloud"]),
    partition("aws-iso-f", "us-isof-", "csp.hci.ic.gov", &["api.aws.hci.ic.gov", "on.aws.hci.ic.gov"]),
    partition("aws-iso", "us-iso-", "c2s.ic.gov", &["api.aws.ic.gov", "on.aws.ic.gov"]),
    partition(
        "aws-iso-e",
        "eu-isoe-",
        "cloud.adc-e.uk",
        &["api.cloud-aws.adc-e.uk", "on.cloud-aws.adc-e.uk"],
    ),
    partition("aws-eusc", "eusc-", "amazonaws.eu", &["api.amazonwebservices.eu", "on.amazonwebservices.eu"]),
    COMMERCIAL,
];

/// Whether a text can be the name of a Region: two to four letters, words, a number, with dashes between
/// them. It becomes part of the names of hosts, and comes from events.
#[must_use]
pub fn is_region(text: &str) -> bool {
    const LONGEST: usize = 32;
    let parts: Vec<&str> = text.split('-').collect();
    let [area, words @ .., number] = &parts[..] else { return false };
    let all = |text: &str, is: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| is(&byte));
    text.len() <= LONGEST
        && (2..=4).contains(&area.len())
        && all(area, u8::is_ascii_lowercase)
        && !words.is_empty()
        && words.iter().all(|word| all(word, u8::is_ascii_lowercase))
        && all(number, u8::is_ascii_digit)
}

/// Where the commercial Regions are, as the SDKs' endpoint tables have it.
const AREAS: &[&str] = &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"];
/// One of these is the last word of every Region.
const POINTS: &[&str] =
    &["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"];
/// Letters that a word may be wrong in.
const SLIP: usize = 2;

/// Whether a Region is named as all are that there have been. A future one might not be.
#[must_use]
pub fn is_named_as_regions(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    let [area, words @ .., number] = &parts[..] else { return false };
    let is_placed = match of_region(region).beginning {
        "" => words.len() == 1 && AREAS.contains(area),
        _ => true,
    };
    is_placed && words.last().is_some_and(|word| POINTS.contains(word)) && number.len() == 1
}

/// The Regions that can be meant by one that is not named so: those that are next to it, by a letter or two.
#[must_use]
pub fn meant_regions(region: &str) -> Vec<String> {
    let Ok([area, point, number]) = <[&str; 3]>::try_from(region.split('-').collect::<Vec<_>>()) else {
        return Vec::new();
    };
    let nearest = |word: &str, known: &[&'static str]| {
        let distances: Vec<usize> = known.iter().map(|known| damerau_levenshtein(word, known)).collect();
        let least = distances.iter().copied().min().filter(|least| *least <= SLIP);
        let near = known.iter().zip(distances).filter(move |(_, distance)| Some(*distance) == least);
        near.map(|(known, _)| *known).collect::<Vec<_>>()
    };
    let (areas, points) = (nearest(area, AREAS), nearest(point, POINTS));
    let regions =
        areas.iter().flat_map(|area| points.iter().map(move |point| format!("{area}-{point}-{number}")));
    regions.filter(|region| is_named_as_regions(region)).collect()
}

/// The partition that a Region is of.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    of_region(region).name
}

fn of_region(region: &str) -> &'static Partition {
    PARTITIONS.iter().find(|partition| region.starts_with(partition.beginning)).unwrap_or(&COMMERCIAL)
}

/// With what the names of AWS's hosts in a Region end.
#[must_use]
pub fn host_suffix(region: &str) -> &'static str {
    of_region(region).suffix
}

/// The name of a host of AWS without the end that its partition gives it, and whether that end is the one for
/// dual-stack addresses.
#[must_use]
pub fn host_of_aws(host: &str) -> Option<(&str, bool)> {
    let without = |suffix: &str| host.strip_suffix(suffix)?.strip_suffix('.');
    PARTITIONS.iter().find_map(|partition| {
        let dual_stack =
            || partition.dual_stack.iter().find_map(|suffix| without(suffix)).map(|rest| (rest, true));
        without(partition.suffix).map(|rest| (rest, false)).or_else(dual_stack)
    })
}

#[cfg(test)]
mod tests {
    use super::{host_of_aws, host_suffix, is_named_as_regions, is_region, meant_regions, partition_of};

    #[test]
    fn a_slip_in_the_name_of_a_region_is_seen() {
        for region in [
            "us-east-1", "eu-central-2", "ap-southeast-7", "ap-northeast-3", "ca-west-1", "il-central-1",
            "mx-central-1", "af-south-1", "sa-east-1", "me-south-1", "us-gov-west-1", "cn-northwest-1",
            "us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1",
        ] {
            assert!(is_named_as_regions(region), "{region}");
        }
        for (region, meant) in [
            ("us-est-1", &["us-east-1", "us-west-1"][..]),
            ("us-eats-1", &["us-east-1"]),
            ("eu-centrel-1", &["eu-central-1"]),
            ("ap-southest-2", &["ap-southeast-2", "ap-southwest-2"]),
            ("ap-souteast-2", &["ap-southeast-2"]),
            ("usa-east-1", &["us-east-1", "sa-east-1"]),
            ("us-west-22", &[]),
            ("xyz-east-1", &[]),
            ("us-gvo-east-1", &[]),
            ("us-virginia-1", &[]),
            ("eu-de-east-1", &[]),
        ] {
            assert!(!is_named_as_regions(region), "{region}");
            assert_eq!(meant_regions(region), meant, "{region}");
        }
    }

    #[test]
    fn regions_are_distinguished_from_other_labels() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("ap-southeast-7", "aws"),
            ("us-gov-east-1", "aws-us-gov"),
            ("cn-northwest-1", "aws-cn"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
            ("xx-planned-somewhere-12", "aws"),
        ] {
            assert!(is_region(region), "{region}");
            assert_eq!(partition_of(region), partition, "{region}");
        }
        let others = [
            "", "-", "s3", "x#", "eu-west", "eu-1", "EU-west-1", "eu-west-1a", "eu--west-1", "europe-west-1",
            "eu-west-1.evil.example", "eu-we\u{df}t-1",
        ];
        for text in others
            .into_iter()
            .chain(["us-east-1 ", "a@b", "1-west-1", "eu-west-", "eu-west-1\n", "x.evil.example#"])
        {
            assert!(!is_region(text), "{text:?}");
        }
        assert!(!is_region(&format!("eu-{}-1", "west".repeat(20))));
    }

    #[test]
    fn every_partition_knows_its_own_hosts() {
        for region in [
            "eu-west-1", "us-gov-east-1", "cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1",
            "us-isof-south-1", "eusc-de-east-1",
        ] {
            let host = format!("ssm.{region}.{}", host_suffix(region));
            assert_eq!(host_of_aws(&host), Some((format!("ssm.{region}").as_str(), false)), "{host}");
        }
        for (host, rest) in [
            ("secretsmanager.eu-west-1.api.aws", "secretsmanager.eu-west-1"),
            ("111122223333.dkr-ecr.us-gov-west-1.on.aws", "111122223333.dkr-ecr.us-gov-west-1"),
            ("ssm.cn-north-1.api.amazonwebservices.com.cn", "ssm.cn-north-1"),
            ("ssm.us-iso-east-1.api.aws.ic.gov", "ssm.us-iso-east-1"),
            ("ssm.eusc-de-east-1.api.amazonwebservices.eu", "ssm.eusc-de-east-1"),
            ("111122223333.dkr-ecr.us-isob-east-1.on.aws.scloud", "111122223333.dkr-ecr.us-isob-east-1"),
        ] {
            assert_eq!(host_of_aws(host), Some((rest, true)), "{host}");
        }
        for host in [
            "amazonaws.com",
            "notamazonaws.com",
            "ssm.eu-west-1.amazonaws.com.evil.example",
            "example.com",
            "x.ic.gov",
            "",
        ] {
            assert_eq!(host_of_aws(host), None, "{host}");
        }
    }
}
