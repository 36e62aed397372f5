//! The conditions of a statement: all operators AND, their keys AND, the values of a key OR.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::Value;

use super::pattern::Pattern;
use super::request_context::Facts;
use super::texts;
use super::truth::Truth;

/// A condition that the request does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// Such as `StringEquals`.
    pub operator: String,
    /// Such as `aws:SourceAccount`.
    pub key: String,
    /// What the statement wants.
    pub wants: Vec<String>,
    /// What the request has.
    pub has: Vec<String>,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Text,
    TextInAnyCase,
    Like,
    Arn,
    Bool,
    Address,
    /// Whether the key is absent.
    Absence,
}

/// What is asked of the values of a key that has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    One,
    Any,
    All,
}

/// An operator, such as `ForAnyValue:StringNotLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Operator {
    quantifier: Quantifier,
    negated: bool,
    comparison: Comparison,
    if_exists: bool,
}

/// Whether a statement's `Condition` is met, and what is not.
pub(super) fn judge(condition: Option<&Value>, facts: &Facts<'_>) -> (Truth, Vec<Unmet>) {
    let Some(condition) = condition else { return (Truth::Yes, Vec::new()) };
    let Some(operators) = condition.as_object() else { return (Truth::unsure("what its condition is"), Vec::new()) };
    let (mut truths, mut unmet) = (Vec::new(), Vec::new());
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else {
            truths.push(Truth::unsure(format!("what its {operator} asks")));
            continue;
        };
        for (key, wants) in keys {
            let wants = texts(wants);
            let truth =
                wants.as_ref().map_or_else(|| Truth::unsure(format!("what its {operator} wants of {key}")), |wants| is_met(operator, key, wants, facts));
            if truth == Truth::No {
                let has = facts.values(key).unwrap_or_default().iter().map(ToString::to_string).collect();
                let wants = wants.unwrap_or_default().into_iter().map(Cow::into_owned).collect();
                unmet.push(Unmet { operator: operator.clone(), key: key.clone(), wants, has });
            }
            truths.push(truth);
        }
    }
    (Truth::all(truths), unmet)
}

fn is_met(operator: &str, key: &str, wants: &[impl AsRef<str>], facts: &Facts<'_>) -> Truth {
    let Some(Operator { quantifier, negated, comparison, if_exists }) = Operator::parse(operator) else {
        return Truth::unsure(format!("whether {key} meets its {operator}"));
    };
    let Some(values) = facts.values(key) else { return Truth::unsure(format!("what {key} is")) };
    if comparison == Comparison::Absence {
        return Truth::any(wants.iter().map(|wanted| Truth::of(wanted.as_ref().eq_ignore_ascii_case("true") == values.is_empty())));
    }
    if values.is_empty() {
        return Truth::of(quantifier != Quantifier::Any && (quantifier == Quantifier::All || if_exists || negated));
    }
    let one = |value: &Cow<'_, str>| {
        let fits = Truth::any(wants.iter().map(|wanted| comparison.holds(wanted.as_ref(), value, facts)));
        if negated { fits.not() } else { fits }
    };
    match quantifier {
        Quantifier::All => Truth::all(values.iter().map(one)),
        Quantifier::One if negated => Truth::all(values.iter().map(one)),
        Quantifier::One | Quantifier::Any => Truth::any(values.iter().map(one)),
    }
}

impl Operator {
    /// `None` for numbers and dates: nothing that a start is refused for hangs on them, and there is no clock here.
    fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
            Some(("forallvalues", rest)) => (Quantifier::All, rest),
            Some(_) => return None,
            None => (Quantifier::One, lower.as_str()),
        };
        let (name, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |name| (name, true));
        let (comparison, negated) = match name {
            "stringequals" => (Comparison::Text, false),
            "stringnotequals" => (Comparison::Text, true),
            "stringequalsignorecase" => (Comparison::TextInAnyCase, false),
            "stringnotequalsignorecase" => (Comparison::TextInAnyCase, true),
            "stringlike" => (Comparison::Like, false),
            "stringnotlike" => (Comparison::Like, true),
            "arnequals" | "arnlike" => (Comparison::Arn, false),
            "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
            "bool" => (Comparison::Bool, false),
            "ipaddress" => (Comparison::Address, false),
            "notipaddress" => (Comparison::Address, true),
            "null" => (Comparison::Absence, false),
            _ => return None,
        };
        Some(Self { quantifier, negated, comparison, if_exists })
    }
}

impl Comparison {
    fn holds(self, wanted: &str, value: &str, facts: &Facts<'_>) -> Truth {
        match self {
            Self::Text => Pattern::plain(wanted, facts).matches(value),
            Self::TextInAnyCase => Pattern::plain(wanted, facts).matches_any_case(value),
            Self::Like => Pattern::wild(wanted, facts).matches(value),
            Self::Arn => Pattern::wild(wanted, facts).matches_arn(value),
            Self::Bool => Truth::of(wanted.eq_ignore_ascii_case(value)),
            Self::Address => lies_in(wanted, value).map_or_else(|| Truth::unsure(format!("whether {value} lies in {wanted}")), Truth::of),
            Self::Absence => Truth::No,
        }
    }
}

/// Whether an address lies in a range such as `10.0.0.0/8`; `None` where one of them is not what it should be.
fn lies_in(range: &str, address: &str) -> Option<bool> {
    let (base, length) = range.split_once('/').map_or((range, None), |(base, length)| (base, Some(length)));
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let ((base, width), (address, other_width)) = (bits(base.parse().ok()?), bits(address.parse().ok()?));
    let length = length.map_or(Some(width), |length| length.parse().ok()).filter(|length| *length <= width)?;
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    Some(width == other_width && (base ^ address) & mask == 0)
}
