//! Texts with `*`, `?` and `${...}` in them.

use super::request_context::Facts;
use super::truth::Truth;
use crate::arn::Arn;
use crate::redact::{MASK, is_masked};

/// A role's path that is not known, in a value: nothing, or some names with a slash behind each.
pub(super) const UNKNOWN_PATH: char = '\0';
const COLON: Part = Part::Letter(':');

/// A text of a policy, its variables filled in.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// The position of the first variable.
    variable: Option<usize>,
    /// What it says is not known, at the place of a [`Part::Any`].
    gap: Option<String>,
    /// A variable has no value, so the text matches nothing.
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
        let gap = is_masked(text).then(|| "what was masked".to_owned());
        let mut pattern = Self { parts: Vec::with_capacity(text.len()), variable: None, gap, void: false };
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let variable = rest
                .strip_prefix("${")
                .filter(|_| facts.has_variables)
                .and_then(|inner| inner.split_once('}'));
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

    /// Puts in a variable's value, in which nothing is a wildcard: `${aws:PrincipalAccount}`,
    /// `${aws:PrincipalTag/team, 'none'}`, `${*}`.
    fn fill_in(&mut self, name: &str, facts: &Facts<'_>) {
        let (key, default) = name
            .split_once(',')
            .map_or((name, None), |(key, default)| (key, Some(default.trim().trim_matches('\''))));
        let key = key.trim();
        self.variable.get_or_insert(self.parts.len());
        let value = match (facts.values(key), default) {
            _ if matches!(key, "*" | "?" | "$") => key,
            (Some([value]), _) if !value.is_empty() && !value.contains(UNKNOWN_PATH) => value,
            (Some(values), Some(default)) if values.iter().all(|value| value.is_empty()) => default,
            (Some(values), None) if values.iter().all(|value| value.is_empty()) => return self.void = true,
            _ => {
                self.gap = Some(format!("what {key} is"));
                return self.parts.push(Part::Any);
            }
        };
        self.parts.extend(value.chars().map(Part::Letter));
    }

    /// Whether it matches `text`.
    pub(super) fn matches(&self, text: &str) -> Truth {
        self.known(compare(&self.parts, text, is_same))
    }

    /// The same, whatever the case.
    pub(super) fn matches_any_case(&self, text: &str) -> Truth {
        self.known(compare(&self.parts, text, is_same_in_any_case))
    }

    /// Whether it matches a truth value, in any case.
    pub(super) fn matches_bool(&self, value: &str) -> Truth {
        let values = ["true", "false"];
        let is_bool = |text: &str| values.iter().any(|value| value.eq_ignore_ascii_case(text));
        match self.matches_any_case(value) {
            fits if is_bool(value)
                && (fits != Truth::No
                    || values.iter().any(|value| self.matches_any_case(value) != Truth::No)) =>
            {
                fits
            }
            _ => self.known(Truth::unsure("how AWS compares with Bool what is not true or false")),
        }
    }

    /// Whether it matches an ARN, each of whose six parts is compared by itself.
    pub(super) fn matches_arn(&self, text: &str) -> Truth {
        let parts: Vec<&[Part]> = self.parts.splitn(6, |part| *part == COLON).collect();
        // What is not known may hold colons.
        let whole = compare(&self.parts, text, is_same);
        let fits = match Arn::parse(text) {
            _ if self.gap.is_some() && whole != Truth::No => whole,
            Some(arn) if parts.len() == 6 => {
                let values = ["arn", arn.partition, arn.service, arn.region, arn.account, arn.resource];
                Truth::all(parts.iter().zip(values).map(|(part, value)| compare(part, value, is_same)))
            }
            _ => Truth::unsure("how AWS compares ARNs of fewer than six parts"),
        };
        self.known(fits)
    }

    /// Whether it matches an action: `*`, or a service, a colon and a name, of which only the name may have
    /// wildcards.
    pub(super) fn matches_action(&self, action: &str) -> Truth {
        let fits = |text: &str| glob(&self.parts, text, is_same_in_any_case);
        let service = self.parts.iter().position(|part| *part == COLON).map(|colon| &self.parts[..colon]);
        let is_documented =
            self.parts == [Part::Any] || (self.variable.is_none() && service.is_some_and(is_plain));
        let is_name = service.is_none() && action.split_once(':').is_some_and(|(_, name)| fits(name));
        self.documented(fits(action) || is_name, is_documented, "its Action")
    }

    /// Whether it matches a resource: `*`, or an ARN. Before the fifth colon a wildcard stays within its
    /// part, but for a `*` at its end.
    pub(super) fn matches_resource(&self, resource: &str) -> Truth {
        if self.parts == [Part::Any] {
            return self.known(Truth::Yes);
        }
        let mut parts: Vec<&[Part]> = self.parts.splitn(6, |part| *part == COLON).collect();
        let anywhere = glob(&self.parts, resource, is_same);
        let (fits, is_documented) =
            if parts[0] != ['a', 'r', 'n'].map(Part::Letter) || (self.gap.is_some() && anywhere) {
                (anywhere, false)
            } else if in_parts(&parts, resource) {
                (true, !self.has_undocumented_part(&parts, resource))
            } else {
                // IAM documents that an ARN that lacks parts is completed in identity-based policies, and
                // documents nothing for other policies.
                parts.resize(6, &[Part::Any]);
                (in_parts(&parts, resource), false)
            };
        self.documented(fits, is_documented, "its Resource")
    }

    /// Whether an ARN has a variable before its fifth colon, or a wildcard or a variable in the type of the
    /// resource. Buckets have no type.
    fn has_undocumented_part(&self, parts: &[&[Part]], resource: &str) -> bool {
        let Some(last) = parts.get(5) else { return self.variable.is_some() };
        let before = self.parts.len() - last.len();
        let is_bucket =
            Arn::parse(resource).is_some_and(|arn| (arn.service, arn.region, arn.account) == ("s3", "", ""));
        let of_type = last
            .iter()
            .position(|part| matches!(part, Part::Letter(':' | '/')))
            .filter(|_| !is_bucket)
            .unwrap_or(0);
        self.variable.is_some_and(|at| at < before + of_type) || !is_plain(&last[..of_type])
    }

    /// What fits by a form that AWS does not document is not known to fit.
    fn documented(&self, fits: bool, is_documented: bool, what: &str) -> Truth {
        let form = || Truth::unsure(format!("whether {what} counts: AWS documents no such form"));
        self.known(if fits && !is_documented { form() } else { Truth::of(fits) })
    }

    fn known(&self, fits: Truth) -> Truth {
        match &self.gap {
            _ if self.void => Truth::No,
            Some(gap) if fits != Truth::No => Truth::unsure(gap.clone()),
            _ => fits,
        }
    }
}

fn is_same(one: char, other: char) -> bool {
    one == other
}

fn is_same_in_any_case(one: char, other: char) -> bool {
    one == other || one.to_lowercase().eq(other.to_lowercase())
}

fn is_plain(parts: &[Part]) -> bool {
    parts.iter().all(|part| matches!(part, Part::Letter(_)))
}

/// Whether `parts` match `text` for every value of the unknown path in it.
fn compare(parts: &[Part], text: &str, same: fn(char, char) -> bool) -> Truth {
    let Some((before, name)) = text.split_once(UNKNOWN_PATH) else {
        return Truth::of(glob(parts, text, same));
    };
    let after = format!("/{name}");
    // Only a star matches a path whatever it is.
    let [without, within] = [format!("{before}{name}"), format!("{before}{UNKNOWN_PATH}{after}")]
        .map(|text| glob(parts, &text, same));
    let fits = |(part, letter): (&Part, char)| match part {
        Part::Letter(wanted) => same(*wanted, letter),
        Part::Any | Part::One => true,
    };
    let (head, tail) = match parts
        .iter()
        .position(|part| *part == Part::Any)
        .zip(parts.iter().rposition(|part| *part == Part::Any))
    {
        Some((first, last)) => (&parts[..first], &parts[last + 1..]),
        None if parts.len() > before.chars().count() + after.chars().count() => (parts, parts),
        None => return if without { Truth::unsure("what the role's path is") } else { Truth::No },
    };
    let some_path =
        head.iter().zip(before.chars()).all(fits) && tail.iter().rev().zip(after.chars().rev()).all(fits);
    match (without, within) {
        (true, true) => Truth::Yes,
        (false, false) if !some_path => Truth::No,
        _ => Truth::unsure("what the role's path is"),
    }
}

/// Whether the parts of an ARN match `text`, part by part. As in [`glob`], only the last `*` that can match
/// more parts is ever tried again, and none once the resource has one of its own.
fn in_parts(parts: &[&[Part]], text: &str) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let part = parts[at];
        let is_open = part.last() == Some(&Part::Any);
        let (value, after) = rest.split_once(':').map_or((rest, None), |(value, after)| (value, Some(after)));
        if at == 5 {
            let head = part.iter().position(|part| *part == Part::Any).map_or(part, |star| &part[..=star]);
            if glob(head, rest, is_same) {
                return glob(part, rest, is_same);
            }
        } else if glob(part, value, is_same) {
            match after {
                _ if at + 1 == parts.len() && (is_open || after.is_none()) => return true,
                Some(after) if at + 1 < parts.len() => {
                    (at, rest) = (at + 1, after);
                    retry = if is_open { Some((at, after)) } else { retry };
                    continue;
                }
                _ => {}
            }
        }
        let Some((after, from)) = retry else { return false };
        let Some((_, from)) = from.split_once(':') else { return false };
        (at, rest, retry) = (after, from, Some((after, from)));
    }
}

/// Whether `parts` match `text`. Only the last `*` is ever tried again: an earlier one cannot do better.
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
            (Some(Part::One), Some(letter)) if letter != UNKNOWN_PATH => {
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
