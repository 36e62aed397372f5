//! An image that a case can be about.

use super::case::Case;
use crate::question::Question;
use crate::task_definition::ReferenceKind;

/// An image in a private registry of Amazon ECR.
pub(in crate::causes) struct EcrImage {
    pub(in crate::causes) region: String,
    pub(in crate::causes) registry: String,
    /// The repository's name.
    pub(in crate::causes) path: String,
    /// Its tag or digest.
    pub(in crate::causes) reference: String,
}

impl EcrImage {
    /// The image that the case is about, if ECR keeps it.
    pub(in crate::causes) fn of(case: &Case<'_>) -> Option<Self> {
        let name = case.references.iter().find(|reference| reference.kind == ReferenceKind::Image).map(|reference| reference.value_from.clone());
        Self::parse(&name.or_else(|| case.name())?)
    }

    /// Takes the name of an image in ECR apart; `None` for other registries.
    pub(in crate::causes) fn parse(name: &str) -> Option<Self> {
        let (host, rest) = name.split_once('/')?;
        let mut parts = host.split('.');
        let (registry, "dkr", "ecr" | "ecr-fips", region) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?) else { return None };
        let (path, reference) = match (rest.split_once('@'), rest.split_once(':')) {
            (Some((path, digest)), _) => (path.split(':').next().unwrap_or(path), digest),
            (None, Some((path, tag))) => (path, tag),
            (None, None) => (rest, "latest"),
        };
        Some(Self { region: region.to_owned(), registry: registry.to_owned(), path: path.to_owned(), reference: reference.to_owned() })
    }

    pub(in crate::causes) fn repository(&self) -> Question {
        Question::Repository { region: self.region.clone(), registry: self.registry.clone(), name: self.path.clone() }
    }

    pub(in crate::causes) fn policy(&self) -> Question {
        Question::RepositoryPolicy { region: self.region.clone(), registry: self.registry.clone(), name: self.path.clone() }
    }

    pub(in crate::causes) fn question(&self) -> Question {
        Question::Image { region: self.region.clone(), registry: self.registry.clone(), repository: self.path.clone(), reference: self.reference.clone() }
    }
}
