//! What keeps ECS, and the containers that wait for it, from seeing that a container failed which fetches
//! secrets.

use super::assessment::Finding;
use super::case::{Case, DEFINITION};
use crate::event::Reason;
use crate::reason::Step;
use crate::task_definition::Dependency;

impl Case<'_> {
    /// How the failure of the container that fetches stays hidden: by its exit code, or by how others wait for
    /// it.
    pub(crate) fn hidden(&self) -> Vec<Finding> {
        let Some(fetcher) = self.fetcher() else { return Vec::new() };
        let ended_well =
            self.task.containers.iter().any(|container| {
                container.name.as_deref() == Some(fetcher) && container.exit_code == Some(0)
            });
        let by_code = ended_well.then(|| {
            let text = format!(
                "container {fetcher} exited with 0 although it failed, so ECS and the containers that wait for it take that for success"
            );
            Finding::found(text, "exitCode")
        });
        let takes_any = |on: &Dependency| on.container_name == fetcher && on.condition == "COMPLETE";
        let containers = self.definition.found().map(|definition| &definition.containers);
        let waiting =
            containers.into_iter().flatten().find(|container| container.depends_on.iter().any(takes_any));
        let by_waiting = waiting.map(|waiting| {
            let text = format!(
                "container {} waits for it with COMPLETE, which takes a failure for an end; SUCCESS would not",
                waiting.name
            );
            Finding::found(text, DEFINITION)
        });
        by_code.into_iter().chain(by_waiting).collect()
    }

    /// The container that failed to fetch, as its log shows, or as ECS names what others wait for.
    fn fetcher(&self) -> Option<&str> {
        let said = self.task.reasons.iter().find(|reason| reason.is_of_log());
        said.map_or_else(|| self.waited_for(), |reason| reason.container.as_deref())
    }

    /// The container that others wait for, as ECS names it.
    pub(in crate::causes) fn waited_for(&self) -> Option<&str> {
        let by_ecs = !self.task.reasons.iter().any(Reason::is_of_log);
        let named =
            self.symptom.resource.as_ref().filter(|_| by_ecs && self.symptom.step == Step::SecretSidecar)?;
        // ECS prints the image behind it, in brackets.
        named.text.split('(').next()
    }
}
