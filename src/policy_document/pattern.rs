//! Texts with `*`, `?` and `${...}` in them.

use super::request_context::Facts;
use super::truth::Truth;
use crate::arn::Arn;
use crate::redact::{MASK, is_masked};

/// A text of a policy, its variables filled in.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// What it says is not known, at the place of a [`Part::Any`].
    gap: Option<String>,
    /// A variable has no value, so the text stands for nothing.
    void: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Letter(char),
}

impl Pattern {
    /// Reads a text in which `*` and `?` are wildcards.
    pub(super) fn wild(text: &str, facts: &Facts<'_>) -> Self {
        Self::read(text, true, facts)
    }

    /// Reads a text in which they are letters.
    pub(super) fn plain(text: &str, facts: &Facts<'_>) -> Self {
        Self::read(text, false, facts)
    }

    fn read(text: &str, wild: bool, facts: &Facts<'_>) -> Self {
        let mut pattern = Self { parts: Vec::with_capacity(text.len()), gap: is_masked(text).then(|| "what was masked".to_owned()), void: false };
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let variable = rest.strip_prefix("${").filter(|_| facts.has_variables).and_then(|inner| inner.split_once('}'));
            if let Some((name, after)) = variable {
                pattern.fill_in(name, facts);
                rest = after;
                continue;
            }
            rest = &rest[letter.len_utf8()..];
            pattern.parts.push(match letter {
                '*' if wild => Part::Any,
                MASK if pattern.gap.is_some() => Part::Any,
                '?' if wild => Part::One,
                _ => Part::Letter(letter),
            });
        }
        pattern
    }

    /// Puts in a variable's value, in which nothing is a wildcard: `${aws:PrincipalAccount}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`.
    fn fill_in(&mut self, name: &str, facts: &Facts<'_>) {
        let (key, default) = name.split_once(',').map_or((name, None), |(key, default)| (key, Some(default.trim().trim_matches('\''))));
        let key = key.trim();
        let value = match (facts.values(key), default) {
            _ if matches!(key, "*" | "?" | "$") => key,
            (Some([value]), _) => value,
            (Some([]), Some(default)) => default,
            (Some([]), None) => return self.void = true,
            _ => {
                self.gap = Some(format!("what {key} is"));
                return self.parts.push(Part::Any);
            }
        };
        self.parts.extend(value.chars().map(Part::Letter));
    }

    /// Whether it stands for `text`.
    pub(super) fn matches(&self, text: &str) -> Truth {
        self.known(glob(&self.parts, text, |one, other| one == other))
    }

    /// The same, whatever the case.
    pub(super) fn matches_any_case(&self, text: &str) -> Truth {
        self.known(glob(&self.parts, text, |one, other| one == other || one.to_lowercase().eq(other.to_lowercase())))
    }

    /// Whether it stands for an ARN, each of whose six parts is compared by itself.
    pub(super) fn matches_arn(&self, text: &str) -> Truth {
        let parts: Vec<&[Part]> = self.parts.splitn(6, |part| *part == Part::Letter(':')).collect();
        let Some(arn) = Arn::parse(text) else { return Truth::No };
        let same = |one: char, other: char| one == other;
        match parts.as_slice() {
            [arn_, rest @ ..] if rest.len() == 5 => {
                let values = [arn.partition, arn.service, arn.region, arn.account, arn.resource];
                self.known(glob(arn_, "arn", same) && rest.iter().zip(values).all(|(part, value)| glob(part, value, same)))
            }
            _ if glob(&self.parts, text, same) => Truth::unsure("whether AWS takes a pattern of less than six parts for an ARN"),
            _ => Truth::No,
        }
    }

    fn known(&self, matches: bool) -> Truth {
        match &self.gap {
            _ if self.void || !matches => Truth::No,
            Some(gap) => Truth::unsure(gap.clone()),
            None => Truth::Yes,
        }
    }
}

/// Whether `parts` stand for `text`. Only the last `*` is ever tried again: an earlier one cannot do better.
fn glob(parts: &[Part], text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let next = rest.chars().next();
        match (parts.get(at), next) {
            (None, None) => return true,
            (Some(Part::Any), _) => {
                at += 1;
                retry = Some((at, rest));
                continue;
            }
            (Some(Part::One), Some(letter)) => {
                (at, rest) = (at + 1, &rest[letter.len_utf8()..]);
                continue;
            }
            (Some(Part::Letter(wanted)), Some(letter)) if same(*wanted, letter) => {
                (at, rest) = (at + 1, &rest[letter.len_utf8()..]);
                continue;
            }
            _ => {}
        }
        let Some((after, from)) = retry else { return false };
        let Some(skipped) = from.chars().next() else { return false };
        let from = &from[skipped.len_utf8()..];
        (at, rest, retry) = (after, from, Some((after, from)));
    }
}
