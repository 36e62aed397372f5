//! YAML as people write templates in it: anchors, merge keys, and CloudFormation's short tags as the
//! functions that they mean.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::tree::{Content, DEEPEST, Fault, Node, Place, last_of_each};

/// The most values of a document once its aliases are replaced by what they name: a few lines can name
/// billions.
const MOST_VALUES: usize = 1_000_000;

/// What is begun and not yet at its end.
struct Begun {
    at: Place,
    anchor: usize,
    tag: Option<String>,
    children: Children,
}

enum Children {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

/// What an anchor names, how many values that is, and how deep they lie.
struct Named {
    node: Node,
    values: usize,
    height: usize,
}

#[derive(Default)]
struct Reader {
    begun: Vec<Begun>,
    anchors: BTreeMap<usize, Rc<Named>>,
    values: usize,
    whole: Option<Node>,
    /// Whether a document that says something is at its end.
    is_told: bool,
}

/// The parser's words for it.
const TOO_FAR_OUT: [&str; 2] = ["invalid indentation", "invalid indentation in flow construct"];
/// The most bytes that are read again because of brackets.
const MOST_AGAIN: usize = 32 << 20;
/// Further in than any line is.
const FURTHER_IN: usize = 256;

/// The document of a text, the only one: CloudFormation and ECS take no second one. YAML wants what is
/// between brackets further in than the line with which they begin; people close them below its first letter,
/// and CloudFormation takes that. What is between brackets may be anywhere, so such a line is read as if it
/// were further in.
pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let mut moved = BTreeSet::new();
    let mut text = Cow::Borrowed(text);
    let mut left = MOST_AGAIN;
    loop {
        match first(&text, &moved) {
            Err(Stopped::TooFarOut(line)) if left >= text.len() && moved.insert(line) => {
                left -= text.len();
                let from = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
                text.to_mut().insert_str(from, &" ".repeat(FURTHER_IN));
            }
            Err(Stopped::TooFarOut(line)) => {
                let at = Place { line, column: 1 };
                return Err(Fault { at, problem: "expected JSON or YAML: invalid indentation".to_owned() });
            }
            Err(Stopped::By(fault)) => return Err(fault),
            Ok(node) => return Ok(node),
        }
    }
}

/// Why reading stopped.
enum Stopped {
    /// At a line between brackets that is too far out.
    TooFarOut(usize),
    By(Fault),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::By(fault)
    }
}

/// The document of a text in which some lines were moved further in.
fn first(text: &str, moved: &BTreeSet<usize>) -> Result<Node, Stopped> {
    let place = |marker: &Marker| {
        let by = if moved.contains(&marker.line()) { FURTHER_IN } else { 0 };
        Place { line: marker.line().max(1), column: marker.col().saturating_sub(by) + 1 }
    };
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            if TOO_FAR_OUT.contains(&error.info()) {
                return Stopped::TooFarOut(error.marker().line());
            }
            let problem = format!("expected JSON or YAML: {}", error.info());
            Stopped::By(Fault { at: place(error.marker()), problem })
        })?;
        let at = place(&span.start);
        match event {
            // A document of nothing, such as one before the first line of three dashes, is none.
            Event::DocumentEnd => {
                reader.is_told = reader.whole.as_ref().is_some_and(|whole| !whole.is_null());
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref().and_then(function);
                let is_plain = style == ScalarStyle::Plain && tag.is_none();
                let content = if is_plain {
                    Content::Plain(text.into_owned())
                } else {
                    Content::Text(text.into_owned())
                };
                reader.add(tagged(Node { at, content }, tag), anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                reader.begin(at, anchor, tag.as_deref(), Children::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                reader.begin(at, anchor, tag.as_deref(), Children::Map(Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => reader.end()?,
            Event::Alias(anchor) => {
                let Some(named) = reader.anchors.get(&anchor).cloned() else {
                    return Err(Fault { at, problem: "an alias is inside what it names".to_owned() }.into());
                };
                reader.count(at, named.values)?;
                reader.is_within(at, named.height)?;
                reader.add(named.node.clone(), 0)?;
            }
            _ => {}
        }
    }
    let nothing = || Fault { at: Place::START, problem: "expected JSON or YAML; found nothing".to_owned() };
    reader.whole.filter(|whole| !whole.is_null()).ok_or_else(|| nothing().into())
}

impl Reader {
    fn count(&mut self, at: Place, more: usize) -> Result<(), Fault> {
        self.values = self.values.saturating_add(more);
        if self.values > MOST_VALUES {
            return Err(Fault {
                at,
                problem: format!("expected at most {MOST_VALUES} values, aliases counted as what they name"),
            });
        }
        Ok(())
    }

    fn is_within(&self, at: Place, height: usize) -> Result<(), Fault> {
        let is_fine = self.begun.len() + height <= DEEPEST;
        if is_fine {
            Ok(())
        } else {
            Err(Fault { at, problem: format!("expected at most {DEEPEST} levels of nesting") })
        }
    }

    fn begin(
        &mut self,
        at: Place,
        anchor: usize,
        tag: Option<&Tag>,
        children: Children,
    ) -> Result<(), Fault> {
        self.is_within(at, 1)?;
        self.begun.push(Begun { at, anchor, tag: tag.and_then(function), children });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(Begun { at, anchor, tag, children }) = self.begun.pop() else { return Ok(()) };
        let content = match children {
            Children::List(items) => Content::List(items),
            Children::Map(members, _) => Content::Map(last_of_each(merged(members))),
        };
        self.add(tagged(Node { at, content }, tag), anchor)
    }

    /// Puts a value that is whole where it belongs.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.count(node.at, 1)?;
        if anchor > 0 {
            let (values, height) = extent(&node);
            self.count(node.at, values)?;
            self.anchors.insert(anchor, Rc::new(Named { node: node.clone(), values, height }));
        }
        match self.begun.last_mut().map(|begun| &mut begun.children) {
            None if self.is_told && !node.is_null() => {
                return Err(Fault {
                    at: node.at,
                    problem: "expected one document; found another".to_owned(),
                });
            }
            None if self.is_told => {}
            None => self.whole = Some(node),
            Some(Children::List(items)) => items.push(node),
            Some(Children::Map(members, key)) => match key.take() {
                Some(key) => members.push((key, node)),
                None => match node.content {
                    Content::Text(text) | Content::Plain(text) => *key = Some(text),
                    _ => return Err(Fault { at: node.at, problem: "expected a text as a key".to_owned() }),
                },
            },
        }
        Ok(())
    }
}

/// How many values a value is, and how deep they lie.
fn extent(node: &Node) -> (usize, usize) {
    let of_all = |values: &mut dyn Iterator<Item = &Node>| {
        values
            .map(extent)
            .fold((1, 1), |(all, deepest), (values, height)| (all + values, deepest.max(1 + height)))
    };
    match &node.content {
        Content::List(items) => of_all(&mut items.iter()),
        Content::Map(members) => of_all(&mut members.iter().map(|(_, value)| value)),
        Content::Text(_) | Content::Plain(_) => (1, 0),
    }
}

/// The members with those that `<<` brings in, which give way to the object's own.
fn merged(members: Vec<(String, Node)>) -> Vec<(String, Node)> {
    if members.iter().all(|(key, _)| key != "<<") {
        return members;
    }
    let (brought, own): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|(key, value)| key == "<<" && (value.is_map() || value.is_list()));
    let mut all = Vec::new();
    for (_, value) in brought {
        match value.content {
            Content::Map(members) => all.extend(members),
            // If several have a key, the first counts.
            Content::List(items) => {
                all.extend(items.into_iter().rev().flat_map(|item| {
                    if let Content::Map(members) = item.content { members } else { Vec::new() }
                }));
            }
            _ => {}
        }
    }
    all.extend(own);
    all
}

/// The function that a short tag means; other tags mean nothing here.
fn function(tag: &Tag) -> Option<String> {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", name @ ("Ref" | "Condition")) => Some(name.to_owned()),
        ("!", name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !name.is_empty() => {
            Some(format!("Fn::{name}"))
        }
        _ => None,
    }
}

fn tagged(node: Node, function: Option<String>) -> Node {
    match function {
        Some(name) => Node { at: node.at, content: Content::Map(vec![(name, node)]) },
        None => node,
    }
}
