//! Plans and states as `terraform show -json` writes them.

use super::intrinsic::{Got, What};
use super::lowered::{self, Reading, Way};
use super::open::Open;
use super::plan::Made;
use super::template::names;
use super::tree::{Content, Node};
use super::{MADE, Source, fault, service};
use crate::redact::redact_name;
use crate::task_definition::TaskDefinitionError;

/// Blocks that occur at most once, and which the provider lists all the same.
const SINGLE: &[&str] = &[
    "efs_volume_configuration",
    "fsx_windows_file_server_volume_configuration",
    "authorization_config",
    "runtime_platform",
    "network_configuration",
    "managed_ebs_volume",
];
/// Maps whose keys are the user's own.
const VERBATIM: &[&str] = &["options"];

/// Whether a document is a plan or a state.
pub(super) fn is_one(node: &Node) -> bool {
    let has = |key: &str| node.get(key).is_some_and(|value| !value.is_null());
    has("resource_changes") || has("planned_values") || (has("terraform_version") && has("values"))
}

/// A resource as it will be.
struct Resource<'p> {
    address: &'p str,
    module: &'p str,
    kind: &'p str,
    after: &'p Node,
    unknown: Option<&'p Node>,
    /// Whether this very plan makes or changes it.
    is_made: bool,
}

impl<'p> Resource<'p> {
    /// A resource of `resource_changes`; `None` for what is read, or is going to be gone.
    fn changed(change: &'p Node) -> Option<Self> {
        let text = |key: &str| change.get(key).and_then(Node::text);
        let of = change.get("change")?;
        let after = of.get("after").filter(|after| after.is_map())?;
        let is_made = of.get("actions").is_some_and(|actions| {
            actions.items().iter().any(|action| matches!(action.text(), Some("create" | "update")))
        });
        let kind = text("type").filter(|_| text("mode") != Some("data"))?;
        Some(Self {
            address: text("address")?,
            module: text("module_address").unwrap_or_default(),
            kind,
            after,
            unknown: of.get("after_unknown"),
            is_made,
        })
    }

    /// The resources of a module in a state, and of those in it.
    fn all_of(module: &'p Node, all: &mut Vec<Self>) {
        for resource in module.get("resources").into_iter().flat_map(Node::items) {
            let text = |key: &str| resource.get(key).and_then(Node::text);
            let values = resource.get("values").filter(|values| values.is_map());
            if let (Some(address), Some(kind), Some(after), true) =
                (text("address"), text("type"), values, text("mode") != Some("data"))
            {
                let module = module.get("address").and_then(Node::text).unwrap_or_default();
                all.push(Self { address, module, kind, after, unknown: None, is_made: false });
            }
        }
        module
            .get("child_modules")
            .into_iter()
            .flat_map(Node::items)
            .for_each(|child| Self::all_of(child, all));
    }

    /// Where the configuration writes it.
    fn configured(&self, root: &'p Node) -> Option<&'p Node> {
        let mut module = root.get("configuration")?.get("root_module")?;
        for call in steps(self.module).into_iter().filter(|step| !matches!(*step, "module" | "")) {
            module = module.get("module_calls")?.get(call)?.get("module")?;
        }
        let own = self.address.strip_prefix(self.module).unwrap_or(self.address).trim_start_matches('.');
        let own = without_key(own);
        module
            .get("resources")?
            .items()
            .iter()
            .find(|resource| resource.get("address").and_then(Node::text) == Some(own))?
            .get("expressions")
    }

    /// What its configuration refers to for an attribute.
    fn refers(&self, root: &'p Node, path: &[&str]) -> Option<&'p str> {
        let mut expression = self.configured(root)?;
        for key in path {
            expression = expression.items().first().unwrap_or(expression).get(key)?;
        }
        expression.get("references")?.items().iter().find_map(Node::text)
    }
}

/// The names between the dots of an address, without the keys of instances, which may have dots.
fn steps(address: &str) -> Vec<&str> {
    let (mut all, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, letter) in address.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                all.push(without_key(&address[from..at]));
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(without_key(&address[from..]));
    all
}

fn without_key(address: &str) -> &str {
    address.split('[').next().unwrap_or(address)
}

/// The definitions and services of a plan or a state, and what else a plan makes.
pub(super) fn read(root: &Node) -> Source {
    let mut source = Source::default();
    let mut resources: Vec<Resource<'_>> = root
        .get("resource_changes")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(Resource::changed)
        .collect();
    if root.get("resource_changes").is_none() {
        let module = root
            .get("planned_values")
            .or_else(|| root.get("values"))
            .and_then(|values| values.get("root_module"));
        if let Some(module) = module {
            Resource::all_of(module, &mut resources);
        }
    }
    let mut made = Vec::new();
    for resource in &resources {
        let Resource { address, kind, after, .. } = resource;
        let got = |node: &Node, unknown| {
            known(node, unknown, &|path: &[&str]| open(resource, root, path), &mut Vec::new())
        };
        match *kind {
            "aws_ecs_task_definition" | "awscc_ecs_task_definition" => {
                match definition(got(after, resource.unknown)) {
                    Ok(read) => {
                        match lowered::found(address, read, after.at, Reading::Lenient, &Way::default()) {
                            Ok(found) => source.found.push(found),
                            Err(error) => source.faults.push(error),
                        }
                    }
                    Err(error) => source
                        .faults
                        .push(TaskDefinitionError { path: redact_name(address).into_owned(), ..error }),
                }
            }
            "aws_ecs_service" | "awscc_ecs_service" => {
                source.services.push(service::of(address, &of_service(got(after, resource.unknown))));
            }
            kind if resource.is_made => {
                let property = |key: &str| {
                    let is_it = |(own, _): &(&str, &Node)| own.replace('_', "") == key;
                    let told = after.members().find(is_it).filter(|(_, value)| !value.is_null());
                    let (name, value) = told.or_else(|| resource.unknown?.members().find(is_it))?;
                    let unknown = resource.unknown.and_then(|unknown| unknown.get(name));
                    Some(names(known(value, unknown, &|path| open(resource, root, path), &mut vec![name])))
                        .filter(|names| !names.is_empty())
                };
                made.extend(Made::new(address, kind, property));
            }
            _ => {}
        }
    }
    source.with_made(&made)
}

/// What is not known of an attribute until the plan is applied.
fn open(resource: &Resource<'_>, root: &Node, path: &[&str]) -> Open {
    const LATER: &str = "known after apply";
    let Some(named) = resource.refers(root, path) else {
        return Open::new(format!("${{{}}}", path.last().copied().unwrap_or("...")), LATER);
    };
    let shown = format!("${{{}}}", redact_name(named));
    let length = if named.starts_with("data.") { 3 } else { 2 };
    let id = steps(named).into_iter().take(length).collect::<Vec<_>>().join(".");
    let first = id.split('.').next().unwrap_or_default();
    if ["var", "local", "module", "each", "count", "path"].contains(&first) {
        return Open::new(shown, LATER);
    }
    let made = [resource.module, &id].join(".").trim_start_matches('.').to_owned();
    Open { made: Some(made), ..Open::new(shown, format!("{MADE} ({})", redact_name(&id))) }
}

/// The attributes that are known, those that are not marked as open.
fn known<'n>(
    after: &'n Node,
    unknown: Option<&'n Node>,
    open: &dyn Fn(&[&str]) -> Open,
    path: &mut Vec<&'n str>,
) -> Got {
    let at = after.at;
    if unknown.and_then(Node::text) == Some("true") {
        return Got::open(at, open(path));
    }
    match &after.content {
        Content::Map(members) => {
            let mut inner = |key: &'n str, value: &'n Node, unknown| {
                path.push(key);
                let got = known(value, unknown, open, path);
                path.pop();
                (key.to_owned(), got)
            };
            let told = members
                .iter()
                .map(|(key, value)| (key.as_str(), value, unknown.and_then(|unknown| unknown.get(key))));
            let untold = unknown.into_iter().flat_map(Node::members);
            let untold = untold.filter(|(key, _)| after.get(key).is_none());
            let all = told.chain(untold.map(|(key, value)| (key, value, Some(value))));
            let all = all.map(|(key, value, unknown)| inner(key, value, unknown)).collect();
            Got { at, what: What::Map(all) }
        }
        Content::List(items) => {
            let of = |(index, item): (usize, &'n Node)| {
                known(item, unknown.and_then(|unknown| unknown.items().get(index)), open, path)
            };
            Got { at, what: What::List(items.iter().enumerate().map(of).collect()) }
        }
        // `false` marks a part of which nothing is unknown.
        Content::Plain(plain)
            if unknown.is_some_and(|unknown| std::ptr::eq(unknown, after)) && plain == "false" =>
        {
            Got { at, what: What::Absent }
        }
        _ => Got::of(after),
    }
}

/// A definition with the keys of ECS, in whatever case.
fn definition(got: Got) -> Result<Got, TaskDefinitionError> {
    let at = got.at;
    let What::Map(members) = got.what else { return Ok(got) };
    let own = members.into_iter().map(|(key, value)| {
        Ok(match key.as_str() {
            "container_definitions" => ("containerDefinitions".to_owned(), containers(value)?),
            "volume" => ("volumes".to_owned(), renamed(value)),
            _ => (camel(&key), single(&key, renamed(value))),
        })
    });
    Ok(Got { at, what: What::Map(own.collect::<Result<_, _>>()?) })
}

/// Container definitions: JSON in a text, or blocks.
fn containers(got: Got) -> Result<Got, TaskDefinitionError> {
    let Some(text) = got.text().filter(|_| matches!(got.what, What::Text(_))) else {
        return Ok(renamed(got));
    };
    let at = got.at;
    match Node::of_json(&text) {
        // Lines of a text in a text are not lines of the document.
        Some(Ok(node)) => Ok(Got::of_part(&node, Some(at))),
        Some(Err(error)) => Err(fault(at, format!("container_definitions: {}", error.problem))),
        None => Err(fault(at, "container_definitions: expected JSON".to_owned())),
    }
}

fn renamed(got: Got) -> Got {
    let what = match got.what {
        What::List(items) => What::List(items.into_iter().map(renamed).collect()),
        What::Map(members) => {
            let own = |(key, value): (String, Got)| {
                let value =
                    if VERBATIM.contains(&key.as_str()) { value } else { single(&key, renamed(value)) };
                (camel(&key), value)
            };
            What::Map(members.into_iter().map(own).collect())
        }
        other => other,
    };
    Got { at: got.at, what }
}

/// The name of an attribute as ECS writes it.
fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase).chain(letters));
        name
    })
}

/// Of a block that occurs at most once, the block.
fn single(key: &str, got: Got) -> Got {
    match got.what {
        What::List(mut items) if SINGLE.contains(&key) => {
            if items.is_empty() {
                Got { at: got.at, what: What::Absent }
            } else {
                items.swap_remove(0)
            }
        }
        _ => got,
    }
}

/// A service with the keys of ECS.
fn of_service(got: Got) -> Got {
    let got = renamed(got);
    let at = got.at;
    let What::Map(members) = got.what else { return got };
    let own = |(key, value): (String, Got)| match (key.as_str(), value.get("awsvpcConfiguration").is_some()) {
        ("networkConfiguration", false) => (key, value.under("awsvpcConfiguration")),
        ("name", _) => ("serviceName".to_owned(), value),
        _ => (key, value),
    };
    Got { at, what: What::Map(members.into_iter().map(own).collect()) }
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn addresses_are_taken_apart_past_the_keys_of_instances() {
        assert_eq!(
            steps("module.a[\"x.y\"].aws_ecs_service.web[0]"),
            ["module", "a", "aws_ecs_service", "web"]
        );
        assert_eq!(steps("aws_ecs_service.web"), ["aws_ecs_service", "web"]);
    }
}
