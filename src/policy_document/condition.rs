//! The conditions of a statement: all operators AND, their keys AND, the values of a key OR.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde_json::Value;

use super::pattern::{Pattern, UNKNOWN_PATH};
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
    /// How the request's number is to lie to the statement's.
    Number(&'static [Ordering]),
    /// The same of moments.
    Moment(&'static [Ordering]),
    Binary,
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
    let Some(operators) = condition.as_object() else {
        return (Truth::unsure("what its condition is"), Vec::new());
    };
    let (mut truths, mut unmet) = (Vec::new(), Vec::new());
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else {
            truths.push(Truth::unsure(format!("what its {operator} asks")));
            continue;
        };
        for (key, wants) in keys {
            let wants = texts(wants);
            let truth = wants.as_ref().map_or_else(
                || Truth::unsure(format!("what its {operator} wants of {key}")),
                |wants| is_met(operator, key, wants, facts),
            );
            if truth == Truth::No {
                let has = facts
                    .values(key)
                    .unwrap_or_default()
                    .iter()
                    .map(|value| value.replace(UNKNOWN_PATH, "[path/]"))
                    .collect();
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
    // An empty text counts as absent.
    let is_null = values.iter().all(|value| value.is_empty());
    if comparison == Comparison::Absence {
        let is_asked =
            |wanted: &str| Pattern::plain(wanted, facts).matches_bool(if is_null { "true" } else { "false" });
        return Truth::any(wants.iter().map(|wanted| is_asked(wanted.as_ref())));
    }
    let without_value =
        Truth::of(quantifier != Quantifier::Any && (quantifier == Quantifier::All || if_exists || negated));
    if values.is_empty() || (is_null && quantifier != Quantifier::One) {
        return without_value;
    }
    if quantifier == Quantifier::One && values.len() > 1 {
        return Truth::unsure(format!(
            "how AWS compares the several values of {key} without ForAnyValue or ForAllValues"
        ));
    }
    let one = |value: &Cow<'_, str>| {
        let fits = Truth::any(wants.iter().map(|wanted| comparison.holds(wanted.as_ref(), value, facts)));
        if negated { fits.not() } else { fits }
    };
    let met = if quantifier == Quantifier::All {
        Truth::all(values.iter().map(one))
    } else {
        Truth::any(values.iter().map(one))
    };
    if is_null && met != without_value {
        Truth::unsure(format!("whether AWS compares {key}, which is empty"))
    } else {
        met
    }
}

impl Operator {
    /// `None` for a text that is not an operator.
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
            "null" if quantifier == Quantifier::One && !if_exists => (Comparison::Absence, false),
            "binaryequals" => (Comparison::Binary, false),
            _ => {
                let (name, comparison): (_, fn(_) -> _) = match name.strip_prefix("numeric") {
                    Some(name) => (name, Comparison::Number),
                    None => (name.strip_prefix("date")?, Comparison::Moment),
                };
                let (orders, negated): (&[Ordering], _) = match name {
                    "equals" => (&[Ordering::Equal], false),
                    "notequals" => (&[Ordering::Equal], true),
                    "lessthan" => (&[Ordering::Less], false),
                    "lessthanequals" => (&[Ordering::Less, Ordering::Equal], false),
                    "greaterthan" => (&[Ordering::Greater], false),
                    "greaterthanequals" => (&[Ordering::Greater, Ordering::Equal], false),
                    _ => return None,
                };
                (comparison(orders), negated)
            }
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
            Self::Bool => Pattern::plain(wanted, facts).matches_bool(value),
            Self::Address => lies_in(wanted, value)
                .map_or_else(|| Truth::unsure(format!("whether {value} lies in {wanted}")), Truth::of),
            Self::Number(orders) => is_ordered(orders, number(value), number(wanted)),
            Self::Moment(orders) => is_ordered(orders, moment(value), moment(wanted)),
            // Absence is asked of the key, not of a value.
            Self::Binary | Self::Absence => Truth::unsure("how AWS compares bytes"),
        }
    }
}

fn is_ordered<T: PartialOrd>(orders: &[Ordering], value: Option<T>, wanted: Option<T>) -> Truth {
    let order = value.zip(wanted).and_then(|(value, wanted)| value.partial_cmp(&wanted));
    order.map_or_else(
        || Truth::unsure("how AWS reads a number or a date"),
        |order| Truth::of(orders.contains(&order)),
    )
}

/// A plain number, of no more digits than an `f64` represents exactly.
fn number(text: &str) -> Option<f64> {
    let is_plain =
        text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    text.parse().ok().filter(|_| is_plain)
}

/// A moment with date and time, or in seconds since 1970.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::from_second(text.parse().ok()?).ok())
}

/// Whether an address lies in a range such as `10.0.0.0/8`; `None` where one of them is not what it should
/// be.
fn lies_in(range: &str, address: &str) -> Option<bool> {
    let net = range.parse::<IpNet>().ok().or_else(|| range.parse::<IpAddr>().ok().map(IpNet::from))?;
    Some(net.contains(&address.parse::<IpAddr>().ok()?))
}
