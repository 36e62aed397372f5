//! A file of a shared volume that is not there because no container wrote it in time, as the task definition
//! shows.

use super::assessment::Finding;
use super::case::{Case, DEFINITION};
use crate::task_definition::{ContainerDefinition, TaskDefinition};

/// Conditions of `dependsOn` that hold once the other container has done something.
const DONE: &[&str] = &["SUCCESS", "COMPLETE", "HEALTHY"];

/// A file that a container misses, in a volume that is the task's own and empty when it starts.
struct Missed<'c> {
    definition: &'c TaskDefinition,
    reader: &'c ContainerDefinition,
    volume: &'c str,
    file: &'c str,
}

impl Case<'_> {
    /// Why no container had written the file that a container misses.
    pub(crate) fn unwritten(&self) -> Option<Finding> {
        let missed = self.missed()?;
        let Missed { definition, reader, volume, file } = missed;
        let mut writers: Vec<&ContainerDefinition> = definition.writers(volume, &reader.name).collect();
        // A writer that waits for the reader starts after it.
        writers.retain(|writer| !missed.waits(writer, reader));
        let text = match &writers[..] {
            [] => format!(
                "{file} is in volume {volume}, which container {} mounts and no other container can have written to before it started",
                reader.name
            ),
            _ if writers.iter().any(|writer| missed.waits(reader, writer)) => {
                let awaited = writers.iter().find(|writer| missed.waits(reader, writer))?;
                let code = self.exit_code(&awaited.name)?;
                format!(
                    "container {} waited for container {}, which exited with {code} and left no {file} in volume {volume}",
                    reader.name, awaited.name
                )
            }
            [writer, ..] => format!(
                "container {} does not wait (dependsOn) until container {} has written {file} to volume {volume}",
                reader.name, writer.name
            ),
        };
        Some(Finding::found(text, DEFINITION))
    }

    /// The file of a shared volume that a container says in its log that it misses.
    fn missed(&self) -> Option<Missed<'_>> {
        let definition = self.definition.found().filter(|_| self.symptom.is_of_file())?;
        // volumesFrom gives a container what another mounts, so it can write there.
        if definition.containers.iter().any(|container| !container.volumes_from.is_empty()) {
            return None;
        }
        let said = self.task.reasons.iter().find(|reason| reason.is_of_log())?;
        let may_have_said =
            |reader: &&ContainerDefinition| said.container.as_ref().is_none_or(|name| *name == reader.name);
        let paths =
            || said.text.split(|letter: char| !is_of_path(letter)).filter(|path| path.starts_with('/'));
        let mut found = definition.containers.iter().filter(may_have_said).flat_map(|reader| {
            let files = reader.mount_points.iter().filter_map(|point| {
                let (volume, at) = (point.source_volume.as_deref()?, point.container_path.as_deref()?);
                let below = |path: &&str| {
                    let rest = path.strip_prefix(at.trim_end_matches('/'));
                    rest.is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
                };
                let file = paths().find(below)?.trim_end_matches(['.', ':']);
                let own = definition.volumes.iter().find(|own| own.name.as_deref() == Some(volume))?;
                own.is_empty_at_start().then_some(Missed { definition, reader, volume, file })
            });
            files.collect::<Vec<_>>()
        });
        // Where the log's container is not known, this holds only if a single one can have written the line.
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// With which code a container of the task exited.
    fn exit_code(&self, name: &str) -> Option<i64> {
        self.task.containers.iter().find(|container| container.name.as_deref() == Some(name))?.exit_code
    }
}

impl Missed<'_> {
    /// Whether a container starts only once another has done something, by whatever chain.
    fn waits(&self, who: &ContainerDefinition, what: &ContainerDefinition) -> bool {
        let mut reached = vec![who.name.as_str()];
        let mut at = 0;
        while let Some(name) = reached.get(at).copied() {
            at += 1;
            for on in self.definition.container(name).iter().flat_map(|container| &container.depends_on) {
                let (other, condition) = (on.container_name.as_str(), on.condition.as_str());
                if other == what.name && DONE.contains(&condition) {
                    return true;
                }
                if !reached.contains(&other) {
                    reached.push(other);
                }
            }
        }
        false
    }
}

fn is_of_path(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '/' | '.' | '_' | '-')
}
