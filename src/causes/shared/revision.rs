//! Whether a newer revision of the task definition refers to something else than the one that failed: who
//! deploys the old one needs nothing but the new one.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use crate::causes::Verdict;
use crate::question::ask;
use crate::task_definition::{Reference, TaskDefinition};

const DESCRIBE: &str = "DescribeTaskDefinition";

impl Case<'_> {
    /// The question after the family's newest revision, where AWS described the one that failed.
    pub(in crate::causes) fn newest_revision(&self) -> Option<ask::TaskDefinition> {
        let own = self.definition().filter(|own| own.status.is_some() && !self.forecast)?;
        Some(ask::TaskDefinition { name: own.family.clone()? })
    }

    /// What the newest revision refers to in the place of what failed.
    fn newer_reference(&self) -> Option<Finding> {
        let own = self.definition()?;
        let newest = self.look(&self.newest_revision()?).found()?;
        let is_newer = newest.revision > own.revision
            && family_arn(newest).is_some()
            && family_arn(newest) == family_arn(own);
        let newer = newest.references();
        let is_gone =
            |reference: &Reference| !newer.iter().any(|other| other.value_from == reference.value_from);
        if !is_newer || self.references.is_empty() || !self.references.iter().all(is_gone) {
            return None;
        }
        let same = |other: &&Reference| {
            let first = &self.references[0];
            other.kind == first.kind && other.container == first.container && other.name == first.name
        };
        let instead = newer.iter().find(same).map_or("does not refer to it".to_owned(), |other| {
            format!("refers to {} instead", other.value_from)
        });
        let names = newest
            .name()
            .zip(own.name())
            .map(|(newest, own)| format!("the task ran {own}; {newest}, the newest revision, {instead}"))?;
        Some(Finding::found(names, DESCRIBE))
    }
}

impl Assessment {
    /// Adds what a newer revision refers to.
    pub(in crate::causes) fn beside_newer(self, case: &Case<'_>) -> Self {
        if self.verdict() == Verdict::RuledOut { self } else { self.findings(case.newer_reference()) }
    }
}

/// The ARN of a definition's family.
fn family_arn(definition: &TaskDefinition) -> Option<&str> {
    definition.task_definition_arn.as_deref()?.rsplit_once(':').map(|(family, _)| family)
}
