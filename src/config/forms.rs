//! The forms that values of the environment must have.

use crate::arn::{Arn, is_account};

/// The most characters of an address: a notice shows it in a line.
const LONGEST_ADDRESS: usize = 500;
/// The most characters that AWS allows in the key of a tag.
const LONGEST_TAG_KEY: usize = 128;

pub(super) fn are_accounts(list: &str) -> bool {
    account_ids(list).all(is_account)
}

/// The parts of a list, of which a template may leave some empty.
pub(super) fn account_ids(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|account| !account.is_empty())
}

pub(super) fn is_organization(text: &str) -> bool {
    text.strip_prefix("o-").is_some_and(|id| {
        (10..=32).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// Whether a text can follow `role` in the ARN of one.
pub(super) fn is_role(text: &str) -> bool {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", ""));
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
    };
    name.len() <= 64
        && is_word(name)
        && (path.is_empty() || path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_word)))
}

/// Whether a text is a list of names of clusters.
pub(super) fn are_clusters(list: &str) -> bool {
    let is_name = |name: &str| {
        (1..=255).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    list.split(',').all(is_name)
}

/// Whether a text can be the key of a tag of ECS.
pub(super) fn is_tag_key(key: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || " _.:/=+-@".contains(letter);
    (1..=LONGEST_TAG_KEY).contains(&key.chars().count()) && key.trim() == key && key.chars().all(fits)
}

pub(super) fn is_topic(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| arn.service == "sns")
}

pub(super) fn is_bus(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| arn.service == "events" && arn.resource.starts_with("event-bus/"))
}

pub(super) fn is_log_group(name: &str) -> bool {
    name.len() <= 512 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/.#".contains(&byte))
}

/// Whether a text can begin an address that a notice shows as a link.
pub(super) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://");
    text.len() <= LONGEST_ADDRESS
        && rest.is_some_and(|rest| {
            rest.starts_with(|letter: char| letter.is_ascii_alphanumeric())
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!&+,;=%".contains(&byte))
        })
}

pub(super) fn is_table(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}
