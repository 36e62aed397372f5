//! What a template left in a reference: a placeholder, or a part of an ARN that can be none.

use super::{Reference, ReferenceKind};
use crate::arn::{Arn, is_account, is_region};

/// What opens a placeholder, and what closes it.
const PLACEHOLDERS: &[(&str, &str)] =
    &[("${", "}"), ("{{", "}}"), ("<", ">"), ("@@", "@@"), ("%{", "}"), ("{", "}")];
/// What people write instead of the name of an image.
const WORDS: &[&str] =
    &["placeholder", "replace_image", "replaced_by_ci", "replace_me", "image_uri", "changeme"];

impl Reference {
    /// The part that was not filled in: a placeholder, or a partition, Region or account that is none; of a
    /// reference to nothing, all of it.
    #[must_use]
    pub fn unfilled(&self) -> Option<&str> {
        let value = self.value_from.as_str();
        let needs_value = matches!(
            self.kind,
            ReferenceKind::Secret | ReferenceKind::RegistryCredentials | ReferenceKind::EnvFile
        );
        placeholder(value)
            .or_else(|| (needs_value && value.trim().is_empty()).then_some(value))
            .or_else(|| {
                (self.kind == ReferenceKind::Image
                    && WORDS.iter().any(|word| value.eq_ignore_ascii_case(word)))
                .then_some(value)
            })
            .or_else(|| Arn::parse(value).and_then(|arn| slot(&arn)))
    }
}

/// A placeholder of one of the usual template languages. `__NAME__` counts as a whole text only: names may
/// hold it.
fn placeholder(text: &str) -> Option<&str> {
    let found = PLACEHOLDERS.iter().filter_map(|(open, close)| {
        let from = text.find(open)?;
        let to = from + open.len() + text[from + open.len()..].find(close)? + close.len();
        Some(&text[from..to])
    });
    let whole = text.len() > 4 && (text.starts_with("__") && text.ends_with("__"));
    let is_shell = |part: &&str| {
        part.strip_prefix('$').is_some_and(|name| {
            name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        })
    };
    found
        .min_by_key(|part| (part.as_ptr() as usize, usize::MAX - part.len()))
        .or(whole.then_some(text))
        .or_else(|| text.split([':', '/']).find(is_shell))
}

/// A part of an ARN that no real ARN has in that place.
fn slot<'a>(arn: &Arn<'a>) -> Option<&'a str> {
    let is_partition =
        arn.partition == "aws" || arn.partition.strip_prefix("aws-").is_some_and(|rest| !rest.is_empty());
    let needs_account = matches!(arn.service, "secretsmanager" | "ssm" | "iam");
    let needs_region = matches!(arn.service, "secretsmanager" | "ssm");
    let account_is_wrong =
        if arn.account.is_empty() { needs_account } else { !is_account(arn.account) && arn.account != "aws" };
    let region_is_wrong = if arn.region.is_empty() { needs_region } else { !is_region(arn.region) };
    if !is_partition {
        return Some(arn.partition);
    }
    if region_is_wrong {
        return Some(arn.region);
    }
    account_is_wrong.then_some(arn.account)
}
