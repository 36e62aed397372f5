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

/// Whether a text is spelled like the name of an AWS Region, such as `eu-west-1` or `us-gov-east-1`.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().is_some_and(|part| (2..=4).contains(&part.len()) && is_lower(part));
    let last = parts.next_back().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let between: Vec<&str> = parts.collect();
    first && last && text.len() <= 32 && !between.is_empty() && between.into_iter().all(is_lower)
}

fn is_lower(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase())
}
