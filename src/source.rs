//! What a pipeline has before it deploys: a document of any usual form into the task definitions and services
//! that it holds.
//!
//! CloudFormation and CDK templates, `terraform show -json`, definitions and services as ECS takes them, in
//! JSON or YAML. What a document does not decide is reported as open with its reason ([`Plan`]), and what its
//! deployment makes is known as such: neither is guessed, and neither is an error.

mod intrinsic;
mod linked;
mod lowered;
mod open;
mod plain;
mod plan;
mod seeming;
mod service;
mod template;
mod terraform;
mod tree;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::redact::redact_name;
use crate::task_definition::{Reference, TaskDefinition, TaskDefinitionError};
use tree::{Fault, Node};

pub use linked::{Started, linked};
pub use lowered::Places;
pub use plan::{Made, Pending, Plan, Touched};
pub use service::{Runs, Service};
pub use template::Change;
pub use tree::Place;

/// Why something is not known that a deployment makes.
const MADE: &str = "made by this deployment";

/// What is known of a deployment in addition to its document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Values of the template's parameters, and of `AWS::AccountId`, `AWS::StackName` and their like.
    pub parameters: BTreeMap<String, String>,
    /// The Region into which it is deployed.
    pub region: Option<String>,
    /// Whether a parameter may have another value than its default: the deployment sets some, and their
    /// values are not known.
    pub is_given_elsewhere: bool,
}

/// A task definition of a document.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Its logical id or address; empty where the document is the definition.
    pub name: String,
    /// The definition; what is open in it is written as `${...}` where a text is wanted, and is left out
    /// elsewhere.
    pub definition: TaskDefinition,
    /// What its deployment leaves open, and what it makes.
    pub plan: Plan,
    /// Where the document writes what.
    pub places: Places,
    /// What is not in it without which ECS registers no definition.
    pub lacks: Vec<TaskDefinitionError>,
}

impl Found {
    /// Where the document writes what something is about: its first reference, or else the definition.
    #[must_use]
    pub fn place(&self, references: &[Reference]) -> Option<Place> {
        match references.first() {
            Some(reference) => self.places.of(&self.definition, reference),
            None => self.places.start(),
        }
    }

    /// The other places that something is about, after the first, in the order of the document.
    #[must_use]
    pub fn other_places(&self, references: &[Reference]) -> Vec<Place> {
        let first = self.place(references);
        let places = references.iter().filter_map(|reference| self.places.of(&self.definition, reference));
        places.filter(|place| Some(*place) != first).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// What a document holds.
#[derive(Debug, Default)]
pub struct Source {
    /// Its task definitions, in its order.
    pub found: Vec<Found>,
    /// Its services.
    pub services: Vec<Service>,
    /// Definitions that could not be read.
    pub faults: Vec<TaskDefinitionError>,
    /// What of it was not looked at, and why.
    pub notes: Vec<String>,
    /// What the user may want to know in addition.
    pub asides: Vec<String>,
    /// The parameters that it takes of those given.
    pub parameters: BTreeSet<String>,
}

impl Source {
    fn with_made(mut self, made: &[Made]) -> Self {
        self.found.iter_mut().for_each(|found| found.plan.made = made.to_vec());
        self
    }
}

/// Reads a document of any form.
///
/// # Errors
///
/// When it is none of the forms, with the place and what it seems to be. A definition in it that cannot be
/// read is one of its faults.
pub fn read(text: &str, given: &Given) -> Result<Source, TaskDefinitionError> {
    let (node, is_json) = match Node::of_json(text) {
        Some(node) => (node.map_err(faulty)?, true),
        // What begins like JSON is meant as it: its faults are reported as JSON's.
        None if seeming::is_like_json(text) => return Err(seeming::broken_json(text)),
        None => match Node::of_yaml(text) {
            Ok(node) if node.is_map() || node.is_list() => (node, false),
            // A sentence is YAML too.
            Ok(_) => return Err(seeming::unlike_json(text)),
            Err(fault) => {
                let seeming = seeming::of_broken_yaml(text, fault.at.line);
                let other = Some(seeming::unlike_json(text)).filter(|other| other.seeming.is_some());
                return Err(other.unwrap_or_else(|| TaskDefinitionError { seeming, ..faulty(fault) }));
            }
        },
    };
    if template::is_one(&node) {
        return Ok(template::read(&node, given));
    }
    if terraform::is_one(&node) {
        return Ok(terraform::read(&node));
    }
    plain::read(&node, is_json)
}

/// Reads the one task definition of a document of any form.
///
/// # Errors
///
/// When it is none of the forms, holds none or several, or its definition cannot be read.
pub fn definition(text: &str) -> Result<TaskDefinition, TaskDefinitionError> {
    let Source { mut found, faults, .. } = read(text, &Given::default())?;
    match (found.pop(), found.len()) {
        (Some(found), 0) => Ok(found.definition),
        (Some(_), more) => {
            let several = format!("found {} task definitions: give the one that ran", more + 1);
            Err(fault(Place::START, several))
        }
        (None, _) => Err(faults
            .into_iter()
            .next()
            .unwrap_or_else(|| fault(Place::START, "found no task definition".to_owned()))),
    }
}

/// Reads a CloudFormation template, in JSON or YAML: its task definitions, and the services that start them.
///
/// # Errors
///
/// When the text is not a template.
pub fn cloudformation(text: &str, given: &Given) -> Result<Source, TaskDefinitionError> {
    let node = Node::of_json(text).unwrap_or_else(|| Node::of_yaml(text)).map_err(faulty)?;
    if template::is_one(&node) {
        return Ok(template::read(&node, given));
    }
    Err(fault(Place::START, "expected a CloudFormation template: an object with Resources".to_owned()))
}

/// Reads what a change set changes: properties as they will be, and the template for what is known only
/// later. Nothing else of the template is looked at, and one that cannot be read takes nothing away.
#[must_use]
pub fn change_set(template: &str, changes: &[Change], given: &Given) -> Source {
    let node = Node::of_json(template).unwrap_or_else(|| Node::of_yaml(template));
    template::changed(&node.unwrap_or_else(|_| Node::null(Place::START)), changes, given)
}

/// Reads the properties of one `AWS::ECS::TaskDefinition` as CloudFormation hands them over, all functions
/// resolved.
///
/// # Errors
///
/// When a property has the wrong type.
pub fn task_definition(name: &str, properties: &Value) -> Result<Found, TaskDefinitionError> {
    let got = intrinsic::Got::of_value(properties, Place::START);
    let found = lowered::found(name, got, Place::START, lowered::Reading::Lenient, &lowered::Way::default())?;
    // No document holds it.
    Ok(Found { places: Places::default(), ..found })
}

/// Reads the properties of one `AWS::ECS::Service` as CloudFormation hands them over, all functions resolved.
#[must_use]
pub fn service(name: &str, properties: &Value) -> Service {
    service::of(name, &intrinsic::Got::of_value(properties, Place::START))
}

fn fault(at: Place, problem: String) -> TaskDefinitionError {
    TaskDefinitionError { line: at.line, column: at.column, path: String::new(), problem, seeming: None }
}

fn faulty(Fault { at, problem }: Fault) -> TaskDefinitionError {
    fault(at, redact_name(&problem).into_owned())
}
