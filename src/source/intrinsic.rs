//! CloudFormation's functions, as far as a template decides them. What it does not decide is an [`Open`] with
//! its reason, never a guess.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::open::{Form, Open};
use super::tree::{Content, Node, Place};
use super::{Given, MADE};
use crate::arn::partition_of;
use crate::redact::redact_name;

/// Values that are worked out of one template: no template has so many, and `Fn::Sub` can ask for one over
/// and over.
const MOST_STEPS: usize = 500_000;
/// Bytes of text that are put together.
const MOST_BYTES: usize = 4 << 20;
/// How deep conditions and functions can be nested.
const DEEPEST_CALLS: usize = 250;

/// A value worked out, and where the template writes it.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) at: Place,
    pub(super) what: What,
}

/// What a value is, as far as it is known.
#[derive(Debug, Clone)]
pub(super) enum What {
    Text(Vec<Part>),
    Plain(String),
    List(Vec<Got>),
    Map(Vec<(String, Got)>),
    /// `AWS::NoValue`: the property is left out.
    Absent,
    Open(Open),
}

/// A part of a text.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Known(String),
    Open(Open),
}

impl Part {
    /// The text, unless it is open.
    pub(super) fn known(&self) -> Option<&str> {
        if let Self::Known(text) = self { Some(text) } else { None }
    }

    /// What is open of it.
    pub(super) fn open(&self) -> Option<&Open> {
        if let Self::Open(open) = self { Some(open) } else { None }
    }

    /// As it is shown.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Known(text) => text,
            Self::Open(open) => &open.shown,
        }
    }
}

impl Got {
    pub(super) fn open(at: Place, open: Open) -> Self {
        Self { at, what: What::Open(open) }
    }

    fn known(at: Place, text: impl Into<String>) -> Self {
        Self { at, what: What::Text(vec![Part::Known(text.into())]) }
    }

    /// The text, if it is one that is known to its end.
    pub(super) fn text(&self) -> Option<String> {
        match &self.what {
            What::Plain(text) => Some(text.clone()),
            What::Text(parts) => parts.iter().map(Part::known).collect(),
            _ => None,
        }
    }

    /// What is open of a text first.
    pub(super) fn first_open(&self) -> Option<&Open> {
        match &self.what {
            What::Text(parts) => parts.iter().find_map(Part::open),
            What::Open(open) => Some(open),
            _ => None,
        }
    }

    /// The text as it is shown, with what is open in it.
    fn shown(self) -> Option<String> {
        Some(self.parts()?.iter().map(Part::shown).collect())
    }

    /// The parts of a text, also of one that is open as a whole.
    pub(super) fn parts(self) -> Option<Vec<Part>> {
        match self.what {
            What::Text(parts) => Some(parts),
            What::Plain(text) => Some(vec![Part::Known(text)]),
            What::Open(open) => Some(vec![Part::Open(open)]),
            What::List(_) | What::Map(_) | What::Absent => None,
        }
    }

    /// What a list holds.
    pub(super) fn items(&self) -> &[Self] {
        if let What::List(items) = &self.what { items } else { &[] }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let What::Map(members) = &self.what else { return None };
        members.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }
}

/// A template, whose values can be worked out.
#[derive(Debug)]
pub(super) struct Template<'t> {
    root: &'t Node,
    given: &'t Given,
    decided: RefCell<BTreeMap<String, Option<bool>>>,
    steps: Cell<usize>,
    bytes: Cell<usize>,
}

fn shown(id: &str) -> String {
    format!("${{{}}}", redact_name(id))
}

impl<'t> Template<'t> {
    pub(super) fn new(root: &'t Node, given: &'t Given) -> Self {
        Self { root, given, decided: RefCell::default(), steps: Cell::new(0), bytes: Cell::new(0) }
    }

    fn section(&self, name: &str, key: &str) -> Option<&'t Node> {
        self.root.get(name)?.get(key)
    }

    /// The type of the resource under a logical id.
    pub(super) fn resource_type(&self, id: &str) -> Option<&'t str> {
        self.section("Resources", id)?.get("Type")?.text()
    }

    pub(super) fn value(&self, node: &Node) -> Got {
        self.eval(node, 0)
    }

    fn eval(&self, node: &Node, depth: usize) -> Got {
        let at = node.at;
        self.steps.set(self.steps.get() + 1);
        if self.is_spent() || depth > DEEPEST_CALLS {
            return Self::too_much(at);
        }
        match &node.content {
            Content::Text(text) => Got { at, what: What::Text(dynamic(text)) },
            Content::Plain(plain) => Got { at, what: What::Plain(plain.clone()) },
            Content::List(items) => Got { at, what: What::List(self.all(items, depth)) },
            Content::Map(members) => {
                if let Some((name, argument)) = node.only().filter(|(name, _)| is_function(name)) {
                    return self.call(name.trim_start_matches("Fn::"), argument, depth + 1);
                }
                let there = members.iter().map(|(key, value)| (key.clone(), self.eval(value, depth + 1)));
                Got {
                    at,
                    what: What::Map(there.filter(|(_, value)| !matches!(value.what, What::Absent)).collect()),
                }
            }
        }
    }

    /// Whether so much was worked out that the rest is left open.
    fn is_spent(&self) -> bool {
        self.steps.get() > MOST_STEPS || self.bytes.get() > MOST_BYTES
    }

    fn too_much(at: Place) -> Got {
        Got::open(at, Open::new("${...}", "the template asks for too much"))
    }

    fn all(&self, items: &[Node], depth: usize) -> Vec<Got> {
        items
            .iter()
            .map(|item| self.eval(item, depth + 1))
            .filter(|item| !matches!(item.what, What::Absent))
            .collect()
    }

    fn call(&self, name: &str, argument: &Node, depth: usize) -> Got {
        let at = argument.at;
        let worked_out = match name {
            "Ref" => argument.text().map(|id| self.reference(id, at)),
            "GetAtt" => self.attribute(argument, at),
            "Sub" => self.substituted(argument, depth),
            "Join" => self.joined(argument, depth),
            "Select" => self.selected(argument, depth),
            "Split" => self.split(argument, depth),
            "FindInMap" => self.mapped(argument, depth),
            "If" => self.chosen(argument, depth),
            "ImportValue" => {
                let name = self.eval(argument, depth).shown().unwrap_or_else(|| "...".to_owned());
                Some(Got::open(
                    at,
                    Open::new(shown(&format!("ImportValue {name}")), "another stack exports it"),
                ))
            }
            _ => None,
        };
        worked_out.unwrap_or_else(|| {
            Got::open(at, Open::new(shown(name), format!("Fn::{} is not worked out", redact_name(name))))
        })
    }

    fn reference(&self, id: &str, at: Place) -> Got {
        if let Some(parameter) = self.section("Parameters", id) {
            return self.parameter(id, parameter, at);
        }
        if let Some(value) = self.given.parameters.get(id).filter(|_| id.starts_with("AWS::")) {
            return Got::known(at, value);
        }
        let region =
            self.given.region.as_deref().or(self.given.parameters.get("AWS::Region").map(String::as_str));
        let named = |form| {
            Got::open(
                at,
                Open {
                    form,
                    ..Open::new(shown(id), format!("{id} is not known before deployment{}", self.remedy(id)))
                },
            )
        };
        match (id, region) {
            ("AWS::NoValue", _) => Got { at, what: What::Absent },
            ("AWS::Region", Some(region)) => Got::known(at, region),
            ("AWS::Partition", Some(region)) => Got::known(at, partition_of(region)),
            ("AWS::URLSuffix", Some(region)) if partition_of(region) == "aws" => {
                Got::known(at, "amazonaws.com")
            }
            ("AWS::Region", None) => named(Form::Region),
            ("AWS::Partition", None) => named(Form::Partition),
            ("AWS::AccountId", _) => named(Form::Account),
            _ if id.starts_with("AWS::") => named(Form::Any),
            _ => Got::open(at, self.made(id, None)),
        }
    }

    /// How somebody at a command line makes a value known.
    fn remedy(&self, id: &str) -> String {
        if self.given.is_given_elsewhere {
            String::new()
        } else {
            format!(": --parameter {id}=VALUE gives it")
        }
    }

    fn parameter(&self, id: &str, parameter: &Node, at: Place) -> Got {
        let of = |key: &str| parameter.get(key).and_then(Node::text);
        let kind = of("Type").unwrap_or_default();
        let open = |why: String| Got::open(at, Open::new(shown(id), why));
        if of("NoEcho").is_some_and(|hidden| hidden.eq_ignore_ascii_case("true")) {
            return open(format!("parameter {} is NoEcho", redact_name(id)));
        }
        if kind.starts_with("AWS::SSM::Parameter::Value<") {
            return open(format!("parameter {} takes its value from Parameter Store", redact_name(id)));
        }
        let name = redact_name(id);
        let value = match (self.given.parameters.get(id).map(String::as_str), of("Default")) {
            (Some(given), _) => given,
            (None, _) if self.given.is_given_elsewhere => {
                return open(format!("the value of parameter {name} is not handed to the hook"));
            }
            (None, Some(default)) => default,
            (None, None) => return open(format!("parameter {name} has no default{}", self.remedy(&name))),
        };
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            return Got {
                at,
                what: What::List(value.split(',').map(|item| Got::known(at, item.trim())).collect()),
            };
        }
        Got::known(at, value)
    }

    /// What a resource of the template is going to be called.
    fn made(&self, id: &str, attribute: Option<&str>) -> Open {
        let name = attribute.map_or_else(|| id.to_owned(), |attribute| format!("{id}.{attribute}"));
        let Some(kind) = self.resource_type(id) else {
            return Open::new(shown(&name), format!("the template has no {}", redact_name(id)));
        };
        let is_secret = kind == "AWS::SecretsManager::Secret" && matches!(attribute, None | Some("Id"));
        let form = if is_secret { Form::SecretArn } else { Form::Any };
        Open {
            made: Some(id.to_owned()),
            form,
            ..Open::new(shown(&name), format!("{MADE} ({})", redact_name(id)))
        }
    }

    fn attribute(&self, argument: &Node, at: Place) -> Option<Got> {
        let (id, attribute) = match (&argument.content, argument.items()) {
            (_, [id, attribute]) => (id.text()?, attribute.text().unwrap_or("...")),
            _ => argument.text()?.split_once('.')?,
        };
        Some(Got::open(at, self.made(id, Some(attribute))))
    }

    fn substituted(&self, argument: &Node, depth: usize) -> Option<Got> {
        let (text, own) = match argument.items() {
            [text, own] => (text.text()?, Some(own)),
            _ => (argument.text()?, None),
        };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(from) = rest.find("${") {
            if self.is_spent() {
                return Some(Self::too_much(argument.at));
            }
            let (before, inside) = rest.split_at(from);
            self.push(&mut parts, dynamic(before));
            let inner = &inside[2..];
            let Some(end) = inner.find('}') else {
                self.push(&mut parts, vec![Part::Known(inside.to_owned())]);
                return Some(Got { at: argument.at, what: What::Text(parts) });
            };
            let name = inner[..end].trim();
            rest = &inner[end + 1..];
            if let Some(literal) = name.strip_prefix('!') {
                self.push(&mut parts, vec![Part::Known(format!("${{{literal}}}"))]);
                continue;
            }
            let got = match own.and_then(|own| own.get(name)) {
                Some(value) => self.eval(value, depth + 1),
                None => match name.split_once('.') {
                    Some((id, attribute)) => Got::open(argument.at, self.made(id, Some(attribute))),
                    None => self.reference(name, argument.at),
                },
            };
            let part = got.parts().unwrap_or_else(|| {
                vec![Part::Open(Open::new(shown(name), format!("{} is not a text", redact_name(name))))]
            });
            self.push(&mut parts, part);
        }
        self.push(&mut parts, dynamic(rest));
        Some(Got { at: argument.at, what: What::Text(parts) })
    }

    /// Adds to a text, and counts it.
    fn push(&self, parts: &mut Vec<Part>, more: Vec<Part>) {
        self.steps.set(self.steps.get() + more.len());
        // What comes before a placeholder decides what it can be, so an empty text is left out.
        for part in more.into_iter().filter(|part| !matches!(part, Part::Known(text) if text.is_empty())) {
            if let Part::Known(text) = &part {
                self.bytes.set(self.bytes.get() + text.len());
            }
            match (parts.last_mut(), part) {
                (Some(Part::Known(text)), Part::Known(more)) => text.push_str(&more),
                (_, part) => parts.push(part),
            }
        }
    }

    fn joined(&self, argument: &Node, depth: usize) -> Option<Got> {
        let [between, list] = argument.items() else { return None };
        let between = between.text().map(str::to_owned).unwrap_or_default();
        let list = self.eval(list, depth);
        let items = match list.what {
            What::List(items) => items,
            What::Open(open) => return Some(Got::open(argument.at, open)),
            _ => return None,
        };
        let mut parts = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            if self.is_spent() {
                return Some(Self::too_much(argument.at));
            }
            if at > 0 {
                self.push(&mut parts, vec![Part::Known(between.clone())]);
            }
            self.push(&mut parts, item.parts()?);
        }
        Some(Got { at: argument.at, what: What::Text(parts) })
    }

    fn selected(&self, argument: &Node, depth: usize) -> Option<Got> {
        let [index, list] = argument.items() else { return None };
        let index: usize = self.eval(index, depth).text()?.parse().ok()?;
        match self.eval(list, depth).what {
            // An open item before it may be several.
            What::List(items) => items.into_iter().nth(index),
            What::Open(open) => Some(Got::open(argument.at, open.in_part())),
            _ => None,
        }
    }

    fn split(&self, argument: &Node, depth: usize) -> Option<Got> {
        let [by, text] = argument.items() else { return None };
        let by = by.text().filter(|by| !by.is_empty())?;
        let text = self.eval(text, depth);
        if let Some(open) = text.first_open() {
            return Some(Got::open(argument.at, open.in_part()));
        }
        let text = text.text()?;
        self.push(&mut Vec::new(), vec![Part::Known(text.clone())]);
        let items = text.split(by).map(|item| Got::known(argument.at, item)).collect();
        Some(Got { at: argument.at, what: What::List(items) })
    }

    fn mapped(&self, argument: &Node, depth: usize) -> Option<Got> {
        let [map, first, second, ..] = argument.items() else { return None };
        let keys = [map, first, second].map(|node| self.eval(node, depth));
        if let Some(open) = keys.iter().find_map(Got::first_open) {
            return Some(Got::open(argument.at, open.in_part()));
        }
        let [map, first, second] = keys.map(|key| key.text());
        let found = self.section("Mappings", &map?)?.get(&first?)?.get(&second?)?;
        let text = |node: &Node| node.text().map(|text| Got::known(argument.at, text));
        match &found.content {
            Content::List(items) => {
                Some(Got { at: argument.at, what: What::List(items.iter().filter_map(text).collect()) })
            }
            _ => text(found),
        }
    }

    fn chosen(&self, argument: &Node, depth: usize) -> Option<Got> {
        let [condition, then, otherwise] = argument.items() else { return None };
        let name = condition.text()?;
        match self.is_so(name, depth) {
            Some(true) => Some(self.eval(then, depth)),
            Some(false) => Some(self.eval(otherwise, depth)),
            None => {
                let why =
                    format!("whether condition {} holds is not known before deployment", redact_name(name));
                Some(Got::open(argument.at, Open::new(shown(&format!("If {name}")), why)))
            }
        }
    }

    /// Whether a condition holds, as far as the template decides it.
    pub(super) fn is_so(&self, name: &str, depth: usize) -> Option<bool> {
        if let Some(known) = self.decided.borrow().get(name) {
            return *known;
        }
        // One that turns on itself is never decided.
        self.decided.borrow_mut().insert(name.to_owned(), None);
        let decided =
            self.section("Conditions", name).and_then(|condition| self.decide(condition, depth + 1));
        self.decided.borrow_mut().insert(name.to_owned(), decided);
        decided
    }

    fn decide(&self, condition: &Node, depth: usize) -> Option<bool> {
        self.steps.set(self.steps.get() + 1);
        if depth > DEEPEST_CALLS || self.is_spent() {
            return None;
        }
        let (name, argument) = condition.only()?;
        let mut all = argument.items().iter().map(|one| self.decide(one, depth + 1));
        match name {
            "Condition" => self.is_so(argument.text()?, depth + 1),
            "Fn::Equals" => {
                let [one, other] = argument.items() else { return None };
                Some(self.eval(one, depth + 1).text()? == self.eval(other, depth + 1).text()?)
            }
            "Fn::Not" => all.next()?.map(|holds| !holds),
            "Fn::And" | "Fn::Or" => {
                // One of them settles it, whatever the others are.
                let settling = name == "Fn::Or";
                let all: Vec<Option<bool>> = all.collect();
                if all.contains(&Some(settling)) {
                    Some(settling)
                } else {
                    all.iter().all(Option::is_some).then_some(!settling)
                }
            }
            _ => None,
        }
    }
}

/// Whether an object with this one key is a function.
pub(super) fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

/// A function in what CloudFormation worked out already.
pub(super) fn left_over(key: &str) -> Open {
    Open::new(shown(key), BY_DEPLOYING)
}

const BY_DEPLOYING: &str = "CloudFormation resolves it as it deploys";

/// A text with what CloudFormation resolves as it deploys: dynamic references, and in a change set the mark of
/// what is not known yet.
pub(super) fn dynamic(text: &str) -> Vec<Part> {
    const OPENINGS: [&str; 2] = ["{{resolve:", "{{changeSet:"];
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(from) = OPENINGS.iter().filter_map(|opening| rest.find(opening)).min() {
        let Some(end) = rest[from..].find("}}") else { break };
        if from > 0 {
            parts.push(Part::Known(rest[..from].to_owned()));
        }
        let whole = &rest[from..from + end + 2];
        parts.push(Part::Open(Open::new(redact_name(whole), BY_DEPLOYING)));
        rest = &rest[from + end + 2..];
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Part::Known(rest.to_owned()));
    }
    parts
}
