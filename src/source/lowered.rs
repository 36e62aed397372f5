//! A definition that was worked out, as the model reads it: with what is open in it, and where everything is.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::intrinsic::{Got, Part, What, dynamic, is_function, left_over};
use super::open::Open;
use super::plan::{Pending, Plan};
use super::tree::{Content, Node, Place, plain_value};
use super::{Found, fault};
use crate::redact::{MASKED, Written, beginning, redact_name, written};
use crate::task_definition::lenient::Unreadable;
use crate::task_definition::{Reference, ReferenceKind, TaskDefinition, TaskDefinitionError};

/// Where in a document a definition is.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// The path of it; empty for the document itself, and for what has a name in it.
    pub(super) path: String,
    /// The document has only its container definitions.
    pub(super) is_list: bool,
}

/// How scalars are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Types must be those of JSON.
    Strict,
    /// A number or a truth where a text is wanted is one, and the other way round.
    Lenient,
}

/// Keys under which the model wants a text.
const TEXTS: &[&str] = &[
    "name", "family", "image", "valuefrom", "value", "type", "condition", "containername",
    "credentialsparameter", "executionrolearn", "taskrolearn", "taskdefinitionarn", "networkmode",
    "sourcevolume", "sourcepath", "containerpath", "filesystemid", "rootdirectory", "transitencryption",
    "accesspointid", "iam", "logdriver", "operatingsystemfamily", "cpuarchitecture",
];
/// Lists and objects of nothing but texts.
const OF_TEXTS: &[&str] = &["options", "requirescompatibilities", "credentialspecs"];
/// The most bytes that are shown of a text that is not known to its end.
const LONGEST_SHOWN: usize = 2_000;
/// What never enters the model.
const UNREAD: &[&str] = &["environment", "command", "entrypoint", "healthcheck", "dockerlabels"];

/// What ECS registers no definition without, by the object that has it.
const NEEDED: &[(&str, &[&str])] = &[
    ("containerdefinitions", &["name", "image"]),
    ("containerdefinitions.dependson", &["containerName", "condition"]),
    ("containerdefinitions.logconfiguration", &["logDriver"]),
    ("containerdefinitions.secrets", &["name"]),
];

/// Where a document writes what: paths inside a definition, in lower case, and their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    start: Option<Place>,
    of: BTreeMap<String, Place>,
}

impl Places {
    /// Where the definition begins; `None` where there is no document.
    #[must_use]
    pub fn start(&self) -> Option<Place> {
        self.start
    }

    /// Where a reference is.
    #[must_use]
    pub fn of(&self, definition: &TaskDefinition, reference: &Reference) -> Option<Place> {
        self.at(&path_of(definition, reference)).or(self.start)
    }

    /// The place of the nearest thing around a path.
    fn at(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some(at) = self.of.get(path) {
                return Some(*at);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

fn container_path(definition: &TaskDefinition, name: &str) -> Option<String> {
    let at = definition.containers.iter().position(|container| container.name == name)?;
    Some(format!("containerdefinitions[{at}]."))
}

/// The path of a reference inside its definition.
pub(super) fn path_of(definition: &TaskDefinition, reference: &Reference) -> String {
    let container = reference.container.as_deref().and_then(|name| container_path(definition, name));
    let field = reference.field.to_ascii_lowercase();
    let inside = match (reference.kind, &reference.name) {
        (ReferenceKind::Secret, _) if container.is_some() => ".valuefrom".to_owned(),
        (ReferenceKind::EnvFile, _) => ".value".to_owned(),
        (ReferenceKind::LogGroup | ReferenceKind::LogConfig, Some(name)) => {
            format!(".{}", name.to_ascii_lowercase())
        }
        _ => String::new(),
    };
    format!("{}{field}{inside}", container.unwrap_or_default())
}

impl Got {
    /// A value in which nothing is worked out.
    pub(super) fn of(node: &Node) -> Self {
        Self::of_part(node, None)
    }

    /// The same, all of it at one place where one is given.
    pub(super) fn of_part(node: &Node, at: Option<Place>) -> Self {
        let inner = |node: &Node| Self::of_part(node, at);
        let what = match &node.content {
            Content::Text(text) => What::Text(vec![Part::Known(text.clone())]),
            Content::Plain(plain) => What::Plain(plain.clone()),
            Content::List(items) => What::List(items.iter().map(inner).collect()),
            Content::Map(members) => {
                What::Map(members.iter().map(|(key, value)| (key.clone(), inner(value))).collect())
            }
        };
        Self { at: at.unwrap_or(node.at), what }
    }

    /// A value that CloudFormation worked out, all of it at one place. What it left over is open.
    pub(super) fn of_value(value: &Value, at: Place) -> Self {
        let what = match value {
            Value::String(text) => What::Text(dynamic(text)),
            Value::Array(items) => What::List(items.iter().map(|item| Self::of_value(item, at)).collect()),
            Value::Object(members) => match members.iter().next().filter(|_| members.len() == 1) {
                Some((name, _)) if is_function(name) => What::Open(left_over(name)),
                _ => {
                    let member = |(key, value): (&String, &Value)| (key.clone(), Self::of_value(value, at));
                    What::Map(members.iter().map(member).collect())
                }
            },
            scalar => What::Plain(scalar.to_string()),
        };
        Self { at, what }
    }

    /// The same with what is open in it as the template writes it, and where the template writes it.
    pub(super) fn over(self, written: Self) -> Self {
        let at = written.at;
        let what = match (self.what, written.what) {
            (What::Open(_), written) => written,
            (What::Text(parts), written) if parts.iter().any(|part| matches!(part, Part::Open(_))) => written,
            (What::List(items), What::List(written)) if items.len() == written.len() => {
                What::List(items.into_iter().zip(written).map(|(item, written)| item.over(written)).collect())
            }
            (What::Map(members), What::Map(written)) => {
                let mut written: BTreeMap<String, Self> = written.into_iter().collect();
                let over = |(key, value): (String, Self)| match written.remove(&key) {
                    Some(written) => (key, value.over(written)),
                    None => (key, value),
                };
                What::Map(members.into_iter().map(over).collect())
            }
            (what, _) => what,
        };
        Self { at, what }
    }

    /// An object with nothing but this under a key.
    pub(super) fn under(self, key: &str) -> Self {
        Self { at: self.at, what: What::Map(vec![(key.to_owned(), self)]) }
    }
}

/// Each `valueFrom` of a definition's containers, with its path.
fn value_froms(definition: &mut TaskDefinition) -> impl Iterator<Item = (String, &mut String)> {
    definition.containers.iter_mut().enumerate().flat_map(|(container, own)| {
        let path =
            move |list: &str, at: usize| format!("containerdefinitions[{container}].{list}[{at}].valuefrom");
        let secrets = own
            .secrets
            .iter_mut()
            .enumerate()
            .map(move |(at, secret)| (path("secrets", at), &mut secret.value_from));
        let options =
            own.log_configuration.iter_mut().flat_map(|log| log.secret_options.iter_mut().enumerate());
        secrets.chain(
            options.map(move |(at, option)| {
                (path("logconfiguration.secretoptions", at), &mut option.value_from)
            }),
        )
    })
}

struct Lowering {
    reading: Reading,
    places: Places,
    plan: Plan,
    /// What is not there, with the path of where it should be.
    lacks: Vec<(Place, String, String)>,
}

/// The definition that was worked out. `way` leads to it, as faults tell it.
pub(super) fn found(
    name: &str,
    got: Got,
    at: Place,
    reading: Reading,
    way: &Way,
) -> Result<Found, TaskDefinitionError> {
    let places = Places { start: Some(at), ..Places::default() };
    let mut lowering = Lowering { reading, places, plan: Plan::default(), lacks: Vec::new() };
    let value =
        lowering.value(got, "").filter(|value| !value.is_null()).unwrap_or_else(|| Value::Object(Map::new()));
    let Lowering { places, mut plan, lacks, .. } = lowering;
    let faulty = |at: Place, inside: &str, problem: String| TaskDefinitionError {
        path: redact_name(&path_in_document(name, way, inside)).into_owned(),
        ..fault(at, problem)
    };
    let read = TaskDefinition::from_value(value).map_err(|Unreadable { path: inside, error }| {
        let at = places.at(&inside.to_ascii_lowercase()).unwrap_or(at);
        faulty(at, &inside, crate::event::without_values(&error.to_string()))
    })?;
    let mut definition = read.cleaned();
    if definition.containers.is_empty() && !plan.is_open_under("containerdefinitions") {
        return Err(faulty(at, "", "expected container definitions; found no containers".to_owned()));
    }
    // A volume of which a part is open is neither asked for nor judged.
    for (at, volume) in definition.volumes.iter_mut().enumerate() {
        if plan.is_open_under(&format!("volumes[{at}].efs")) {
            volume.efs_volume_configuration = None;
        }
    }
    // A placeholder may look like somebody's secret by its name; what is around it has decided whether it is
    // one.
    for (reference, value_from) in value_froms(&mut definition) {
        if let Some(pending) = plan.pending.get(&reference) {
            value_from.clone_from(&pending.shown);
        }
    }
    plan.keep_relevant();
    let lacks = lacks.into_iter().map(|(at, inside, problem)| faulty(at, &inside, problem)).collect();
    Ok(Found { name: redact_name(name).into_owned(), definition, plan, places, lacks })
}

/// The path of something in a definition, seen from the document, or from the name of the definition in it.
fn path_in_document(name: &str, way: &Way, inside: &str) -> String {
    let inside = if way.is_list { inside.trim_start_matches("containerDefinitions") } else { inside };
    let outer = if way.path.is_empty() { name } else { &way.path };
    let between = if outer.is_empty() || inside.is_empty() || inside.starts_with('[') { "" } else { "." };
    format!("{outer}{between}{inside}")
}

impl Lowering {
    fn value(&mut self, got: Got, path: &str) -> Option<Value> {
        self.places.of.insert(path.to_ascii_lowercase(), got.at);
        match got.what {
            What::Absent => None,
            What::Open(open) => self.open(path, &[Part::Open(open)]),
            What::Plain(plain) if matches!(plain.as_str(), "null" | "" | "~") => Some(Value::Null),
            What::Plain(plain) if self.reading == Reading::Lenient && is_text(path) => {
                Some(Value::String(plain))
            }
            What::Plain(plain) => Some(plain_value(&plain)),
            What::Text(parts) => {
                let Some(text) = parts.iter().map(Part::known).collect::<Option<String>>() else {
                    return self.open(path, &parts);
                };
                let is_scalar = self.reading == Reading::Lenient && !is_text(path);
                Some(if is_scalar { plain_value(&text) } else { Value::String(text) })
            }
            What::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    let inner = format!("{path}[{}]", values.len());
                    match item.what {
                        // Of how many items it is going to be is not known either.
                        What::Open(open) if !is_text(&inner) => _ = self.open(path, &[Part::Open(open)]),
                        _ => values.extend(self.value(item, &inner)),
                    }
                }
                Some(Value::Array(values))
            }
            What::Map(members) => {
                let mut object = Map::new();
                for (key, value) in members {
                    if UNREAD.iter().any(|unread| key.eq_ignore_ascii_case(unread)) {
                        continue;
                    }
                    let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    if let Some(value) = self.value(value, &inner) {
                        object.insert(key, value);
                    }
                }
                self.note_lacking(got.at, path, &object);
                Some(Value::Object(object))
            }
        }
    }

    /// Notes what an object lacks that it needs.
    fn note_lacking(&mut self, at: Place, path: &str, object: &Map<String, Value>) {
        let of = path.split('.').map(|part| part.split('[').next().unwrap_or(part));
        let of = of.collect::<Vec<_>>().join(".").to_ascii_lowercase();
        let needed = NEEDED.iter().find(|(owner, _)| *owner == of).map_or(&[][..], |(_, needed)| *needed);
        let has =
            |key: &str| object.iter().any(|(own, value)| own.eq_ignore_ascii_case(key) && !value.is_null());
        let lacking: Vec<&str> = needed.iter().copied().filter(|key| !has(key)).collect();
        if !lacking.is_empty() {
            let it = if lacking.len() == 1 { "it" } else { "them" };
            let lacking = lacking.join(" and ");
            let problem = format!("expected {lacking}: ECS registers no definition without {it}");
            self.lacks.push((at, path.to_owned(), problem));
        }
    }

    /// Notes that something is open. It is shown where a text is wanted.
    fn open(&mut self, path: &str, parts: &[Part]) -> Option<Value> {
        let Open { why, made, .. } = parts.iter().find_map(Part::open).cloned()?;
        let shown: String = parts.iter().map(Part::shown).collect();
        let known: String = parts.iter().filter_map(Part::known).collect();
        // A placeholder for an ARN is followed by a key, a stage and an id.
        let is_behind = matches!(parts.first(), Some(Part::Open(_)));
        let is_value = if is_behind {
            known.split(':').any(|part| written(part) == Written::Value)
        } else {
            written(&known) == Written::Value
        };
        let is_reference = ["valuefrom", "credentialsparameter"]
            .iter()
            .any(|field| path.to_ascii_lowercase().ends_with(field));
        let shown = if is_value && is_reference {
            MASKED.to_owned()
        } else {
            beginning(&shown, LONGEST_SHOWN).into_owned()
        };
        let wanted = is_text(path).then(|| Value::String(shown.clone()));
        let pending = Pending {
            path: redact_name(path).into_owned(),
            shown,
            why,
            made,
            stand_in: parts.iter().map(|part| part.known().or_else(|| part.open()?.stand_in())).collect(),
        };
        self.plan.pending.insert(path.to_ascii_lowercase(), pending);
        wanted
    }
}

/// Whether the model wants a text at a path.
fn is_text(path: &str) -> bool {
    let path = &path.to_ascii_lowercase();
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let name = |segment: &str| {
        segment.rsplit('.').next().unwrap_or(segment).split('[').next().unwrap_or(segment).to_owned()
    };
    if last.ends_with(']') {
        OF_TEXTS.contains(&name(last).as_str())
    } else {
        TEXTS.contains(&last) || (name(parent) == "options" && !parent.is_empty())
    }
}
