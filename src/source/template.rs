//! CloudFormation templates, as people write them and as CDK, SAM and Copilot make them.

use serde_json::Value;

use super::intrinsic::{Got, Template, What};
use super::lowered::{self, Reading, Way};
use super::plan::{Made, Name};
use super::tree::{Node, Place};
use super::{Given, Source, service};
use crate::redact::redact_name;

const TASK_DEFINITION: &str = "AWS::ECS::TaskDefinition";

/// Whether a document is a template: resources with types of CloudFormation's, or whatever a template alone has.
pub(super) fn is_one(node: &Node) -> bool {
    let is_typed =
        |resource: &Node| resource.get("Type").and_then(Node::text).is_some_and(|kind| kind.contains("::"));
    let resources = node.get("Resources").filter(|resources| resources.is_map());
    resources.is_some_and(|resources| {
        ["AWSTemplateFormatVersion", "Transform"].iter().any(|key| node.get(key).is_some())
            || resources.members().any(|(_, resource)| is_typed(resource))
    })
}

/// A resource that a change set makes or changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its logical id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Its properties as they will be.
    pub properties: Value,
    /// Where the template writes it.
    pub line: Option<usize>,
}

/// The definitions and services of a template, and what else its deployment makes.
pub(super) fn read(node: &Node, given: &Given) -> Source {
    let template = Template::new(node, given);
    let mut reading = Reader::default();
    for (id, resource) in node.get("Resources").into_iter().flat_map(Node::members) {
        let condition = resource.get("Condition").and_then(Node::text);
        if let Some(condition) = condition.filter(|condition| template.is_so(condition, 0) == Some(false)) {
            let kind = resource.get("Type").and_then(Node::text);
            if matches!(kind, Some(service::TYPE | TASK_DEFINITION)) {
                reading.source.asides.push(format!(
                    "{}: is not made, since condition {} does not hold",
                    redact_name(id),
                    redact_name(condition)
                ));
            }
            continue;
        }
        match resource.get("Type").and_then(Node::text) {
            Some(kind) => {
                let mut property = |key: Option<&str>| {
                    let properties = resource.get("Properties")?;
                    Some(template.value(key.map_or(Some(properties), |key| properties.any_case(key))?))
                };
                reading.resource(id, kind, resource.at, &mut property);
            }
            None => reading.source.notes.push(format!(
                "{}: only resources that are in the template themselves are read",
                redact_name(id)
            )),
        }
    }
    let is_declared = |id: &&String| {
        id.starts_with("AWS::")
            || node.get("Parameters").is_some_and(|parameters| parameters.get(id).is_some())
    };
    reading.source.parameters = given.parameters.keys().filter(is_declared).cloned().collect();
    reading.source.with_made(&reading.made)
}

/// The same of what a change set changes.
pub(super) fn changed(node: &Node, changes: &[Change], given: &Given) -> Source {
    let template = Template::new(node, given);
    let mut reading = Reader::default();
    for Change { id, kind, properties, line } in changes {
        let resource = node.get("Resources").and_then(|resources| resources.get(id));
        let line = line.map(|line| Place { line, column: 1 });
        let at = resource.map(|resource| resource.at).or(line).unwrap_or(Place::START);
        let known = Got::of_value(properties, at);
        let whole = match resource.and_then(|resource| resource.get("Properties")) {
            Some(written) => known.over(template.value(written)),
            None => known,
        };
        reading.resource(id, kind, at, &mut |key| match key {
            None => Some(whole.clone()),
            Some(key) => whole.get(key).cloned(),
        });
    }
    reading.source.with_made(&reading.made)
}

#[derive(Default)]
struct Reader {
    source: Source,
    made: Vec<Made>,
}

impl Reader {
    /// Takes in one resource; `property` works out one of its properties, or all of them.
    fn resource(
        &mut self,
        id: &str,
        kind: &str,
        at: Place,
        property: &mut dyn FnMut(Option<&str>) -> Option<Got>,
    ) {
        let mut whole = || property(None).unwrap_or(Got { at, what: What::Map(Vec::new()) });
        match kind {
            TASK_DEFINITION => match lowered::found(id, whole(), at, Reading::Lenient, &Way::default()) {
                Ok(found) => self.source.found.push(found),
                Err(error) => self.source.faults.push(error),
            },
            service::TYPE => self.source.services.push(service::of(id, &whole())),
            kind => self.made.extend(Made::new(id, kind, |key| property(Some(key)).map(names))),
        }
    }
}

/// The names that a property gives: one, or several.
pub(super) fn names(got: Got) -> Vec<Name> {
    match got.what {
        What::List(items) => items.into_iter().filter_map(Got::parts).map(Name).collect(),
        _ => got.parts().map(Name).into_iter().collect(),
    }
}
