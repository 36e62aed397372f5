//! A file with a task definition, in whatever form tools leave it, or where it is wrong and what it seems to
//! be instead.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;

use super::TaskDefinition;
use super::lenient::Unreadable;
pub(crate) use super::seeming::is_like_json;
use super::seeming::{of_broken_json, of_broken_yaml, of_json, of_text};
use crate::redact::{redact, redact_name};

/// Why a file is no task definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDefinitionError {
    /// The line of the file on which the fault lies, counted from 1.
    pub line: usize,
    /// The column on that line, in bytes counted from 1.
    pub column: usize,
    /// The path inside the file, such as `containerDefinitions[0].secrets`; empty for the file itself.
    pub path: String,
    /// What was expected and what was found.
    pub problem: String,
    /// What the file seems to be, and the command that makes a task definition of it.
    pub seeming: Option<String>,
}

impl fmt::Display for TaskDefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what())
    }
}

impl TaskDefinitionError {
    /// The same without its place in the file.
    #[must_use]
    pub fn what(&self) -> String {
        let path = if self.path.is_empty() { String::new() } else { format!("at {}: ", self.path) };
        let seeming = self.seeming.as_ref().map(|seeming| format!("; {seeming}")).unwrap_or_default();
        format!("{path}{}{seeming}", self.problem)
    }
}

impl std::error::Error for TaskDefinitionError {}

/// A step from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// Where in a document a definition stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) steps: Vec<Step>,
    /// The document has only its container definitions.
    pub(crate) is_list: bool,
}

impl Way {
    /// The path of something in the definition, seen from the document.
    fn steps_to(&self, inside: impl IntoIterator<Item = Step>) -> Vec<Step> {
        self.steps.iter().cloned().chain(inside.into_iter().skip(usize::from(self.is_list))).collect()
    }

    fn follow(self, document: Value) -> Value {
        let found = self.steps.into_iter().fold(document, |value, step| match (step, value) {
            (Step::Key(key), Value::Object(mut map)) => map.remove(&key).unwrap_or_default(),
            (Step::Index(index), Value::Array(mut items)) if index < items.len() => items.swap_remove(index),
            (_, value) => value,
        });
        if self.is_list {
            Value::Object([("containerDefinitions".to_owned(), found)].into_iter().collect())
        } else {
            found
        }
    }
}

pub(crate) const EXPECTED: &str = "expected the output of `aws ecs describe-task-definition`, an object with containerDefinitions, or a list of container definitions";

pub(super) fn read(text: &str) -> Result<TaskDefinition, TaskDefinitionError> {
    let whole: Value = serde_json::from_str(text).map_err(|error| {
        if !is_like_json(text) {
            // What a parser of JSON stumbles over first says nothing of another language.
            return TaskDefinitionError {
                line: 1,
                column: 1,
                path: String::new(),
                problem: "expected JSON".to_owned(),
                seeming: of_text(text),
            };
        }
        let (line, column) = (error.line().max(1), error.column().max(1));
        let problem = crate::event::without_values(&error.to_string());
        TaskDefinitionError {
            line,
            column,
            path: String::new(),
            problem,
            seeming: of_broken_json(text, line, column),
        }
    })?;
    let seeming = of_json(&whole);
    let other = |problem: String| TaskDefinitionError {
        line: 1,
        column: 1,
        path: String::new(),
        problem,
        seeming: seeming.clone(),
    };
    let mut ways = definitions(&whole).map_err(&other)?;
    let several = ways.len();
    let Some(way) = ways.pop().filter(|_| several == 1) else {
        return Err(other(format!(
            "found {several} task definitions in a list: give one at a time, as with jq '.[0]' FILE"
        )));
    };
    let read =
        TaskDefinition::from_value(way.clone().follow(whole)).map_err(|Unreadable { steps, error }| {
            let steps = way.steps_to(steps);
            let (line, column) = place(text, &steps);
            let problem = crate::event::without_values(&error.to_string());
            TaskDefinitionError {
                line,
                column,
                path: redact_name(&shown(&steps)).into_owned(),
                problem,
                seeming: None,
            }
        })?;
    if read.containers.is_empty() {
        return Err(other(format!("{EXPECTED}; found no containers")));
    }
    Ok(read.cleaned())
}

/// The ways to the definitions in a document, at least one.
pub(crate) fn definitions(document: &Value) -> Result<Vec<Way>, String> {
    match document {
        Value::Object(map) => {
            let wrapped = map
                .iter()
                .find(|(key, value)| key.eq_ignore_ascii_case("taskDefinition") && value.is_object());
            if let Some((wrapper, _)) = wrapped {
                return Ok(vec![Way { steps: vec![Step::Key(wrapper.clone())], is_list: false }]);
            }
            if has(map, "containerDefinitions") {
                return Ok(vec![Way::default()]);
            }
            let keys: Vec<&str> = map.keys().take(8).map(String::as_str).collect();
            let more = if map.len() > keys.len() { ", ..." } else { "" };
            let found = if keys.is_empty() {
                "an empty object".to_owned()
            } else {
                format!("an object with {}{more}", redact(&keys.join(", ")))
            };
            Err(format!("{EXPECTED}; found {found}"))
        }
        Value::Array(items) => {
            let is_definition = |item: &Value| {
                item.as_object()
                    .is_some_and(|map| has(map, "containerDefinitions") || has(map, "taskDefinition"))
            };
            let is_container =
                |item: &Value| item.as_object().is_some_and(|map| has(map, "name") || has(map, "image"));
            if items.iter().any(is_definition) {
                let inner = |(at, item): (usize, &Value)| {
                    let ways = definitions(item)?.into_iter();
                    Ok(ways
                        .map(|way| Way {
                            steps: [Step::Index(at)].into_iter().chain(way.steps).collect(),
                            ..way
                        })
                        .collect::<Vec<_>>())
                };
                let all: Result<Vec<Vec<Way>>, String> = items.iter().enumerate().map(inner).collect();
                return Ok(all?.into_iter().flatten().collect());
            }
            if items.iter().any(is_container) {
                return Ok(vec![Way { steps: Vec::new(), is_list: true }]);
            }
            Err(format!("{EXPECTED}; found a list of something else"))
        }
        Value::String(_) => Err(format!("{EXPECTED}; found a string")),
        _ => Err(format!("{EXPECTED}; found neither an object nor a list")),
    }
}

/// What a document that holds no definition is by its keys.
pub(crate) fn seeming(document: &Value) -> Option<String> {
    of_json(document)
}

/// What a text that is no YAML is, by what stands where it ends to be it.
pub(crate) fn seeming_of_yaml(text: &str, line: usize) -> Option<String> {
    of_broken_yaml(text, line)
}

fn has(map: &serde_json::Map<String, Value>, key: &str) -> bool {
    map.iter().any(|(own, value)| own.eq_ignore_ascii_case(key) && !value.is_null())
}

/// The line and the column at which a value begins, as far as the way to it can be followed.
fn place(text: &str, steps: &[Step]) -> (usize, usize) {
    let mut at = text;
    for step in steps {
        let next = match step {
            Step::Key(key) => member(at, key),
            Step::Index(index) => {
                serde_json::from_str::<Vec<&RawValue>>(at).ok().and_then(|items| items.get(*index).copied())
            }
        };
        let Some(next) = next else { break };
        at = next.get();
    }
    let before = &text[..(at.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())];
    let line_from = before.rfind('\n').map_or(0, |end| end + 1);
    (memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1, before.len() - line_from + 1)
}

/// The last member of an object under a key, in any case.
fn member<'t>(object: &'t str, key: &str) -> Option<&'t RawValue> {
    let mut members: BTreeMap<String, &'t RawValue> = serde_json::from_str(object).ok()?;
    members.remove(key).or_else(|| {
        members.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    })
}

pub(crate) fn shown(steps: &[Step]) -> String {
    steps.iter().fold(String::new(), |shown, step| match step {
        Step::Index(index) => format!("{shown}[{index}]"),
        Step::Key(key) if shown.is_empty() => key.clone(),
        Step::Key(key) => format!("{shown}.{key}"),
    })
}
