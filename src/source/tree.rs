//! A document as a tree whose every value knows its place, from JSON or YAML.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::yaml;

/// No template is nested deeper; what is was made to be.
pub(super) const DEEPEST: usize = 100;

/// A line and a column of a document, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column on that line.
    pub column: usize,
}

impl Place {
    /// The beginning of a document.
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// A text in quotes, or a block of text.
    Text(String),
    /// What is written without quotes, as it is written: a number, `true`, `null`, and in YAML any other
    /// text.
    Plain(String),
    List(Vec<Node>),
    /// Of a repeated key, the last.
    Map(Vec<(String, Node)>),
}

/// Why a document could not be read as a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: Place,
    pub(super) problem: String,
}

impl Node {
    /// Reads a text of JSON; `None` where it is none.
    pub(super) fn of_json(text: &str) -> Option<Result<Self, Fault>> {
        let whole: &RawValue = serde_json::from_str(text).ok()?;
        let mut places = Places { text, at: 0, line: 1, line_from: 0 };
        Some(places.node(whole.get(), 0))
    }

    /// Reads a text of YAML that is one document.
    pub(super) fn of_yaml(text: &str) -> Result<Self, Fault> {
        yaml::read(text)
    }

    pub(super) fn null(at: Place) -> Self {
        Self { at, content: Content::Plain("null".to_owned()) }
    }

    /// The value under a key of an object.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.members().find(|(own, _)| *own == key).map(|(_, value)| value)
    }

    /// The value under a key, in whatever case the key is written, unless it is null.
    pub(super) fn any_case(&self, key: &str) -> Option<&Self> {
        let found = self.get(key).or_else(|| {
            self.members().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value)
        });
        found.filter(|value| !value.is_null())
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let members: &[(String, Self)] =
            if let Content::Map(members) = &self.content { members } else { &[] };
        members.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub(super) fn items(&self) -> &[Self] {
        if let Content::List(items) = &self.content { items } else { &[] }
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.content, Content::Map(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.content, Content::List(_))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Plain(plain) if matches!(plain.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// A text or a number, as it is written.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Plain(text) if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// The only member of an object.
    pub(super) fn only(&self) -> Option<(&str, &Self)> {
        let mut members = self.members();
        members.next().filter(|_| members.next().is_none())
    }

    /// The same without places.
    pub(super) fn value(&self) -> Value {
        match &self.content {
            Content::Text(text) => Value::String(text.clone()),
            Content::Plain(_) if self.is_null() => Value::Null,
            Content::Plain(plain) => plain_value(plain),
            Content::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Content::Map(members) => {
                Value::Object(members.iter().map(|(key, value)| (key.clone(), value.value())).collect())
            }
        }
    }
}

/// What is written without quotes: a number or a truth value; anything else is a text.
pub(super) fn plain_value(plain: &str) -> Value {
    match plain {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => plain.parse().map_or_else(|_| Value::String(plain.to_owned()), Value::Number),
    }
}

/// Lines and columns of the parts of a document, one behind another.
struct Places<'d> {
    text: &'d str,
    at: usize,
    line: usize,
    line_from: usize,
}

impl<'d> Places<'d> {
    fn of(&mut self, part: &str) -> Place {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let to = offset.clamp(self.at, self.text.len());
        for end in memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.at..to]) {
            self.line += 1;
            self.line_from = self.at + end + 1;
        }
        self.at = to;
        Place { line: self.line, column: to - self.line_from + 1 }
    }

    fn node(&mut self, raw: &'d str, depth: usize) -> Result<Node, Fault> {
        let at = self.of(raw);
        let fault = |problem: String| Fault { at, problem };
        if depth > DEEPEST {
            return Err(fault(format!("expected at most {DEEPEST} levels of nesting")));
        }
        let wrong = |error: serde_json::Error| fault(crate::event::without_values(&error.to_string()));
        let content = match raw.as_bytes().first() {
            Some(b'"') => Content::Text(serde_json::from_str(raw).map_err(wrong)?),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(wrong)?;
                Content::List(
                    items
                        .into_iter()
                        .map(|item| self.node(item.get(), depth + 1))
                        .collect::<Result<_, _>>()?,
                )
            }
            Some(b'{') => {
                let Members(members) = serde_json::from_str(raw).map_err(wrong)?;
                let read =
                    |(key, value): (String, &'d RawValue)| Ok((key, self.node(value.get(), depth + 1)?));
                Content::Map(last_of_each(members.into_iter().map(read).collect::<Result<_, _>>()?))
            }
            _ => Content::Plain(raw.to_owned()),
        };
        Ok(Node { at, content })
    }
}

/// Of members under one key the last, in its place.
pub(super) fn last_of_each(members: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let mut seen = std::collections::HashSet::with_capacity(members.len());
    let mut kept: Vec<(String, Node)> =
        members.into_iter().rev().filter(|(key, _)| seen.insert(key.clone())).collect();
    kept.reverse();
    kept
}

/// The members of an object, in order, a key perhaps more than once.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        from.deserialize_map(InOrder)
    }
}
