//! CloudFormation templates, as people write them and as CDK, SAM and Copilot make them.

use super::intrinsic::{Got, Template, What};
use super::lowered::{self, Reading};
use super::plan::{Made, Name};
use super::tree::Node;
use super::{Given, Source, service};
use crate::redact::redact_name;
use crate::task_definition::file::Way;

/// Whether a document is a template: resources with types of CloudFormation's.
pub(super) fn is_one(node: &Node) -> bool {
    let is_typed =
        |resource: &Node| resource.get("Type").and_then(Node::text).is_some_and(|kind| kind.contains("::"));
    let resources = node.get("Resources").filter(|resources| resources.is_map());
    resources.is_some_and(|resources| {
        node.get("AWSTemplateFormatVersion").is_some()
            || resources.members().any(|(_, resource)| is_typed(resource))
    })
}

/// The definitions and services of a template, and what else its deployment makes.
pub(super) fn read(node: &Node, given: &Given) -> Source {
    let template = Template::new(node, given);
    let mut source = Source::default();
    let mut made = Vec::new();
    let nothing = Node::null(node.at);
    for (id, resource) in node.get("Resources").into_iter().flat_map(Node::members) {
        if resource
            .get("Condition")
            .and_then(Node::text)
            .is_some_and(|condition| template.is_so(condition, 0) == Some(false))
        {
            continue;
        }
        let properties = resource.get("Properties").unwrap_or(&nothing);
        match resource.get("Type").and_then(Node::text) {
            Some("AWS::ECS::TaskDefinition") => match lowered::found(
                id,
                template.value(properties),
                resource.at,
                Reading::Lenient,
                &Way::default(),
            ) {
                Ok(found) => source.found.push(found),
                Err(error) => source.faults.push(error),
            },
            Some("AWS::ECS::Service") => source.services.push(service::of(id, &template.value(properties))),
            Some(kind) => {
                let property = |key: &str| Some(names(template.value(properties.any_case(key)?)));
                made.extend(Made::new(id, kind, property));
            }
            None => source.notes.push(format!(
                "{}: only resources that are in the template themselves are read",
                redact_name(id)
            )),
        }
    }
    let declared = |id: &str| {
        id.starts_with("AWS::")
            || node.get("Parameters").is_some_and(|parameters| parameters.get(id).is_some())
    };
    let strange = given.parameters.keys().filter(|id| !declared(id));
    source.notes.extend(
        strange.map(|id| format!("parameter {}: the template has none of that name", redact_name(id))),
    );
    source.with_made(&made)
}

/// The names that a property gives: one, or several.
pub(super) fn names(got: Got) -> Vec<Name> {
    match got.what {
        What::List(items) => items.into_iter().filter_map(Got::parts).map(Name).collect(),
        _ => got.parts().map(Name).into_iter().collect(),
    }
}
