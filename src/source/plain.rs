//! Definitions and services as ECS takes and answers them.

use super::intrinsic::Got;
use super::lowered::{self, Reading, Way};
use super::tree::{Content, Node, Place};
use super::{Source, fault, seeming, service};
use crate::redact::redact;
use crate::task_definition::TaskDefinitionError;

const EXPECTED: &str = "expected the output of `aws ecs describe-task-definition`, an object with containerDefinitions, or a list of container definitions";

/// The definitions of a document, or its services.
pub(super) fn read(node: &Node, is_json: bool) -> Result<Source, TaskDefinitionError> {
    let mut source = Source::default();
    let held = match definitions(node) {
        Ok(held) => held,
        Err(found) => {
            source.services = service::all(node);
            if !source.services.is_empty() {
                return Ok(source);
            }
            let seeming = seeming::of_json(&node.value());
            let problem = format!("{EXPECTED}; found {found}");
            return Err(TaskDefinitionError { seeming, ..fault(Place::START, problem) });
        }
    };
    let reading = if is_json { Reading::Strict } else { Reading::Lenient };
    let several = held.len() > 1;
    for (node, way) in held {
        let got = Got::of(node);
        let got = if way.is_list { got.under("containerDefinitions") } else { got };
        let name = if several { way.path.as_str() } else { "" };
        match lowered::found(name, got, node.at, reading, &way) {
            Ok(found) => source.found.push(found),
            Err(error) => source.faults.push(error),
        }
    }
    Ok(source)
}

/// The definitions in a document, at least one, and the ways to them; else what it is instead.
fn definitions(document: &Node) -> Result<Vec<(&Node, Way)>, String> {
    let has = |node: &Node, key: &str| node.any_case(key).is_some();
    match &document.content {
        Content::Map(members) => {
            let is_wrapper =
                |(key, value): &&(String, Node)| key.eq_ignore_ascii_case("taskDefinition") && value.is_map();
            if let Some((key, wrapped)) = members.iter().find(is_wrapper) {
                return Ok(vec![(wrapped, Way { path: key.clone(), is_list: false })]);
            }
            if has(document, "containerDefinitions") {
                return Ok(vec![(document, Way::default())]);
            }
            let keys: Vec<&str> = members.iter().take(8).map(|(key, _)| key.as_str()).collect();
            let more = if members.len() > keys.len() { ", ..." } else { "" };
            Err(match &keys[..] {
                [] => "an empty object".to_owned(),
                keys => format!("an object with {}{more}", redact(&keys.join(", "))),
            })
        }
        Content::List(items)
            if items.iter().any(|item| has(item, "containerDefinitions") || has(item, "taskDefinition")) =>
        {
            let inner = |(at, item)| {
                let of_item = definitions(item)?.into_iter().map(move |(node, way): (_, Way)| {
                    let path = format!("[{at}].{}", way.path).trim_end_matches('.').to_owned();
                    (node, Way { path, ..way })
                });
                Ok(of_item.collect())
            };
            let all: Result<Vec<Vec<_>>, String> = items.iter().enumerate().map(inner).collect();
            Ok(all?.into_iter().flatten().collect())
        }
        Content::List(items) if items.iter().any(|item| has(item, "name") || has(item, "image")) => {
            Ok(vec![(document, Way { path: String::new(), is_list: true })])
        }
        Content::List(_) => Err("a list of something else".to_owned()),
        Content::Text(_) => Err("a string".to_owned()),
        Content::Plain(_) => Err("neither an object nor a list".to_owned()),
    }
}
