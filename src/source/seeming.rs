//! Why a text is not a document, or a document holds no definition: where it is wrong, what it seems to be
//! instead, and the command that makes a definition of that.

use serde_json::Value;

use super::fault;
use super::tree::Place;
use crate::arn::Arn;
use crate::redact::redact_name;
use crate::task_definition::TaskDefinitionError;

const OF_PLAN: &str = "terraform show -json PLAN | ecs-triage check -";

fn seeming<'c>(what: &str, command: impl Into<Option<&'c str>>) -> String {
    command.into().map_or_else(|| what.to_owned(), |command| format!("{what}: {command}"))
}

/// What a document of JSON is by its keys.
pub(super) fn of_json(document: &Value) -> Option<String> {
    let map = match document {
        Value::Object(map) => map,
        Value::Array(items) => return items.iter().find(|item| item.is_object()).and_then(of_json),
        _ => return None,
    };
    let has = |key: &str| map.get(key).is_some_and(|value| !value.is_null());
    if has("terraform_version") || map.get("resource").is_some_and(Value::is_object) {
        return Some(seeming("this is Terraform's", OF_PLAN));
    }
    if has("task_definition") && (has("service_definition") || has("cluster")) {
        return Some(seeming(
            "this is ecspresso's configuration",
            "ecspresso render taskdef | ecs-triage check -",
        ));
    }
    if has("image")
        && has("name")
        && map
            .get("type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.ends_with("Service") || kind.ends_with("Job"))
    {
        return Some(seeming("this is a manifest of Copilot", "copilot svc package | ecs-triage check -"));
    }
    if let Some(detail) = map.get("detail").filter(|detail| detail.is_object()) {
        let what = "this is an event";
        let ran = detail["taskDefinitionArn"].as_str().map(|name| names(what, name));
        return ran.or_else(|| Some(seeming(what, "ecs-triage diagnose")));
    }
    let answer = ["services", "service", "tasks", "task"].iter().find_map(|key| Some((*key, map.get(*key)?)));
    if let Some((key, value)) = answer {
        let one = value.get(0).unwrap_or(value);
        let what = format!("this is what ECS says of {key}");
        return match ["taskDefinition", "taskDefinitionArn"].iter().find_map(|key| one[*key].as_str()) {
            Some(name) => Some(names(&what, name)),
            None if key == "services" && value.is_object() => Some(seeming(
                "this is a Compose file, of which no tool of AWS makes a task definition any more",
                None,
            )),
            None => Some(seeming(
                &what,
                "aws ecs describe-task-definition --task-definition FAMILY | ecs-triage check -",
            )),
        };
    }
    ["taskDefinition", "taskDefinitionArn"]
        .iter()
        .find_map(|key| map.get(*key)?.as_str())
        .map(|name| names("this only names one", name))
}

/// Something that names the definition in place of holding it.
fn names(what: &str, definition: &str) -> String {
    let name = Arn::parse(definition)
        .and_then(|arn| arn.resource.split_once('/'))
        .map_or(definition, |(_, name)| name);
    let command = "aws ecs describe-task-definition --task-definition FAMILY:REVISION | ecs-triage check -";
    seeming(&format!("{what}, and the definition is {}", redact_name(name)), command)
}

/// Whether a text begins as JSON does, be it after a comment, which JSON has none of.
pub(super) fn is_like_json(text: &str) -> bool {
    let mut rest = text.trim_start();
    loop {
        let comment = rest.strip_prefix("//").map(|comment| comment.split_once('\n'));
        let block = || rest.strip_prefix("/*").map(|comment| comment.split_once("*/"));
        match comment.or_else(block) {
            Some(Some((_, after))) => rest = after.trim_start(),
            Some(None) => return false,
            None => return rest.starts_with(['{', '[']),
        }
    }
}

/// Why a text that does not begin as JSON does is not a document: what a parser stumbles over first says nothing of
/// another language.
pub(super) fn unlike_json(text: &str) -> TaskDefinitionError {
    TaskDefinitionError { seeming: of_text(text), ..fault(Place::START, "expected JSON or YAML".to_owned()) }
}

/// Why a text that begins as JSON does is not JSON.
pub(super) fn broken_json(text: &str) -> TaskDefinitionError {
    let Err(error) = serde_json::from_str::<Value>(text) else { return unlike_json(text) };
    let at = Place { line: error.line().max(1), column: error.column().max(1) };
    let seeming = of_broken_json(text, at);
    TaskDefinitionError { seeming, ..fault(at, crate::event::without_values(&error.to_string())) }
}

/// What a text is that does not begin as JSON does.
fn of_text(text: &str) -> Option<String> {
    let lines = || {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"))
    };
    let first = lines().next()?;
    let is_block = |line: &str| {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        matches!(
            (word, rest.chars().next()),
            ("resource" | "module" | "variable" | "data" | "output" | "provider", Some('"'))
        ) || (matches!(word, "locals" | "terraform") && rest.starts_with('{'))
    };
    if lines().any(is_block) {
        return Some(seeming("this seems to be Terraform", OF_PLAN));
    }
    if first.starts_with("local ") || text.contains("std.extVar") {
        return Some(seeming("this seems to be Jsonnet", "jsonnet FILE | ecs-triage check -"));
    }
    let mut placeholders = lines().filter_map(|line| {
        let from = ["{{", "{%", "<%"].iter().filter_map(|open| line.find(open)).min()?;
        placeholder_at(line, from + 1)
    });
    placeholders.next().map(template)
}

/// A template by its first placeholder, and what fills in such.
fn template(part: &str) -> String {
    let command = if part.contains(".Values") {
        Some("helm template CHART | ecs-triage check -, or whatever fills it in")
    } else if part.starts_with("{%") {
        Some("jinja2 FILE VALUES | ecs-triage check -, or whatever fills it in")
    } else if part.starts_with("{{") {
        Some("ecspresso render taskdef | ecs-triage check -, or whatever fills it in")
    } else if part.starts_with('$') {
        Some("envsubst <FILE | ecs-triage check -, or whatever fills it in")
    } else {
        None
    };
    let what = format!("this seems to be a template, in which {} is not filled in", redact_name(part));
    seeming(&what, command)
}

/// What keeps a text from being YAML that ends to be it on a line counted from 1.
pub(super) fn of_broken_yaml(text: &str, line: usize) -> Option<String> {
    let unfilled = |line: &'_ str| {
        let from = line.find("{{")?;
        let to = from + line[from..].find("}}")? + 2;
        Some(redact_name(&line[from..to]).into_owned())
    };
    // A placeholder may leave a line of its own kind before the one that breaks.
    let near = text.lines().skip(line.saturating_sub(2)).take(line.min(2));
    let part = near.filter(|line| !line.contains("{{resolve:")).filter_map(unfilled).last()?;
    Some(seeming(&format!("this seems to be a template, in which {part} is not filled in"), None))
}

/// What keeps a text from being JSON that begins like it, and ends to be it at a place counted from 1.
fn of_broken_json(text: &str, Place { line, column }: Place) -> Option<String> {
    let fault = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    if let Some(part) = placeholder_at(fault, column) {
        return Some(template(part));
    }
    if text.contains("std.extVar") || text.contains("std.native") {
        return Some(seeming("this seems to be Jsonnet", "jsonnet FILE | ecs-triage check -"));
    }
    let rest = fault.get(column.saturating_sub(1)..).unwrap_or_default();
    (rest.starts_with(['#', '/'])).then(|| seeming("JSON has no comments", None))
}

/// A placeholder without quotes around it, where a text stops being JSON: at its first letter or its second.
fn placeholder_at(line: &str, column: usize) -> Option<&str> {
    const FORMS: &[(&str, &str)] =
        &[("{{", "}}"), ("{%", "%}"), ("${", "}"), ("%{", "}"), ("<", ">"), ("@@", "@@"), ("__", "__")];
    let from = line.floor_char_boundary(column.saturating_sub(2));
    let near = line.get(from..)?;
    let whole = |(open, close): &(&str, &str)| {
        let start = near.find(open).filter(|start| *start <= 1)?;
        let end = near[start + open.len()..].find(close)?;
        near.get(start..start + open.len() + end + close.len())
    };
    let of_shell = || {
        let name = near.trim_start().strip_prefix('$')?;
        let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        (length > 0).then(|| &near.trim_start()[..=length])
    };
    FORMS.iter().find_map(whole).or_else(of_shell)
}
