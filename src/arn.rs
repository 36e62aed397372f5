//! Amazon Resource Names, taken apart.

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
        let [first, second, third, fourth, fifth] = [colons.next()?, colons.next()?, colons.next()?, colons.next()?, colons.next()?];
        let is_arn = text[..first].eq_ignore_ascii_case("arn");
        let (partition, service) = (&text[first + 1..second], &text[second + 1..third]);
        let (region, account, rest) = (&text[third + 1..fourth], &text[fourth + 1..fifth], &text[fifth + 1..]);
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

/// Beginnings of Regions that are not of the partition `aws`, and their partitions.
const PARTITIONS: &[(&str, &str)] = &[
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
];

/// Whether a text can be the name of a Region: two to four letters, words, a number, with dashes between them. It becomes part of the names of
/// hosts, and comes from events.
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

/// The partition that a Region is of.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    PARTITIONS.iter().find(|(beginning, _)| region.starts_with(beginning)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::{is_region, partition_of};

    #[test]
    fn regions_are_told_from_other_labels() {
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
        let others =
            ["", "-", "s3", "x#", "eu-west", "eu-1", "EU-west-1", "eu-west-1a", "eu--west-1", "europe-west-1", "eu-west-1.evil.example", "eu-we\u{df}t-1"];
        for text in others.into_iter().chain(["us-east-1 ", "a@b", "1-west-1", "eu-west-", "eu-west-1\n", "x.evil.example#"]) {
            assert!(!is_region(text), "{text:?}");
        }
        assert!(!is_region(&format!("eu-{}-1", "west".repeat(20))));
    }
}
