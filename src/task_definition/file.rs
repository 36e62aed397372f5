//! A file with a task definition, in whatever form tools leave it, or where it is wrong and what it seems to be instead.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use super::TaskDefinition;
use super::lenient::Lenient;
use super::seeming::{Seeming, is_like_json, of_json, of_text};
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
    pub(super) seeming: Option<Seeming>,
}

impl fmt::Display for TaskDefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "at {}: ", self.path)?;
        }
        f.write_str(&self.problem)?;
        self.seeming.as_ref().map_or(Ok(()), |seeming| write!(f, "; {seeming}"))
    }
}

impl std::error::Error for TaskDefinitionError {}

/// Where the definition lies in a file.
type Steps = Vec<Segment>;

const EXPECTED: &str = "expected the output of `aws ecs describe-task-definition`, an object with containerDefinitions, or a list of container definitions";

pub(super) fn read(text: &str) -> Result<TaskDefinition, TaskDefinitionError> {
    let text = text.trim_start_matches('\u{feff}');
    let whole: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line().max(1), error.column().max(1));
        // What a parser of JSON stumbles over first says nothing of another language.
        let problem = if is_like_json(text) { crate::event::without_values(&error.to_string()) } else { "expected JSON".to_owned() };
        TaskDefinitionError { line, column, path: String::new(), problem, seeming: of_text(text, (line, column)) }
    })?;
    let seeming = of_json(&whole);
    let other = |problem: String| TaskDefinitionError { line: 1, column: 1, path: String::new(), problem, seeming: seeming.clone() };
    let (found, steps) = definition(whole).map_err(&other)?;
    let read: Result<TaskDefinition, _> = serde_path_to_error::deserialize(Lenient(found));
    let read = read.map_err(|error| {
        let inside = error.path().iter().map(|step| match step {
            Segment::Map { key } => Segment::Map { key: key.clone() },
            Segment::Seq { index } => Segment::Seq { index: *index },
            Segment::Enum { variant } => Segment::Enum { variant: variant.clone() },
            Segment::Unknown => Segment::Unknown,
        });
        let steps: Steps = steps.into_iter().chain(inside).collect();
        let (line, column) = place(text, &steps);
        let problem = crate::event::without_values(&error.inner().to_string());
        TaskDefinitionError { line, column, path: redact_name(&shown(&steps)).into_owned(), problem, seeming: None }
    })?;
    if read.containers.is_empty() {
        return Err(other(format!("{EXPECTED}; found no containers")));
    }
    Ok(read.cleaned())
}

/// The definition in a document, and the way to it.
fn definition(document: Value) -> Result<(Value, Steps), String> {
    let key = |key: &str| Segment::Map { key: key.to_owned() };
    match document {
        Value::Object(mut map) => {
            let wrapped = map.iter().find(|(key, value)| key.eq_ignore_ascii_case("taskDefinition") && value.is_object()).map(|(key, _)| key.clone());
            if let Some(wrapper) = wrapped {
                let inner = map.remove(&wrapper).unwrap_or_default();
                return Ok((inner, vec![key(&wrapper)]));
            }
            if has(&map, "containerDefinitions") {
                return Ok((Value::Object(map), Vec::new()));
            }
            let keys: Vec<&str> = map.keys().take(8).map(String::as_str).collect();
            let more = if map.len() > keys.len() { ", ..." } else { "" };
            let found = if keys.is_empty() { "an empty object".to_owned() } else { format!("an object with {}{more}", redact(&keys.join(", "))) };
            Err(format!("{EXPECTED}; found {found}"))
        }
        Value::Array(mut items) => {
            let is_definition = |item: &Value| item.as_object().is_some_and(|map| has(map, "containerDefinitions") || has(map, "taskDefinition"));
            let is_container = |item: &Value| item.as_object().is_some_and(|map| has(map, "name") || has(map, "image"));
            if items.iter().any(is_definition) {
                if items.len() > 1 {
                    return Err(format!("found {} task definitions in a list: give one at a time, as with jq '.[0]' FILE", items.len()));
                }
                let (found, steps) = definition(items.remove(0))?;
                return Ok((found, [Segment::Seq { index: 0 }].into_iter().chain(steps).collect()));
            }
            if items.iter().any(is_container) {
                let containers = [("containerDefinitions".to_owned(), Value::Array(items))];
                // The way in the file has no such key.
                return Ok((Value::Object(containers.into_iter().collect()), vec![Segment::Unknown]));
            }
            Err(format!("{EXPECTED}; found a list of something else"))
        }
        Value::String(_) => Err(format!("{EXPECTED}; found a string")),
        _ => Err(format!("{EXPECTED}; found neither an object nor a list")),
    }
}

fn has(map: &serde_json::Map<String, Value>, key: &str) -> bool {
    map.iter().any(|(own, value)| own.eq_ignore_ascii_case(key) && !value.is_null())
}

/// The line and the column at which a value begins, as far as the way to it can be followed.
fn place(text: &str, steps: &[Segment]) -> (usize, usize) {
    let mut at = text;
    let mut is_list = false;
    for step in steps {
        let next = match step {
            // A list of containers stands for the object that would hold it.
            Segment::Unknown => {
                is_list = true;
                continue;
            }
            Segment::Map { .. } if std::mem::take(&mut is_list) => continue,
            Segment::Map { key } => member(at, key),
            Segment::Seq { index } => serde_json::from_str::<Vec<&RawValue>>(at).ok().and_then(|items| items.get(*index).copied()),
            Segment::Enum { .. } => None,
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
    #[derive(Deserialize)]
    struct Members<'t>(#[serde(borrow)] std::collections::BTreeMap<String, &'t RawValue>);
    let Members(mut members) = serde_json::from_str(object).ok()?;
    members.remove(key).or_else(|| members.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}

fn shown(steps: &[Segment]) -> String {
    let mut shown = String::new();
    for step in steps {
        match step {
            Segment::Seq { index } => shown += &format!("[{index}]"),
            Segment::Map { key } if shown.is_empty() => shown += key,
            Segment::Map { key } => shown += &format!(".{key}"),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    shown
}
