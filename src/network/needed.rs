//! Where a task must get to before it starts.

use super::Destination;
use crate::task_definition::TaskDefinition;

/// Where a task of this definition must get to before it starts, secrets first.
#[must_use]
pub fn needed(_definition: &TaskDefinition, _region: &str) -> Vec<Destination> {
    Vec::new()
}
