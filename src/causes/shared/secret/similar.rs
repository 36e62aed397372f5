//! Secrets whose names are nearly that of one that was not found.

use super::{LIST, SecretView};
use crate::causes::shared::assessment::Finding;
use crate::causes::shared::likeness::{Near, alike, near};
use crate::question::facts::Secret;
use crate::question::{Known, ask};

impl<'c> SecretView<'c> {
    /// How a name that is nearly the same differs, or that none is, where that was asked.
    pub(in crate::causes) fn alike(&self) -> Option<Finding> {
        let (listed, whole) = self.listed()?;
        let such = format!("begins with {:?}, in these letters", prefix(&self.name));
        Some(alike("secret", &such, self.near(), (listed.len(), whole), LIST))
    }

    /// Why nothing is known of similar names.
    pub(in crate::causes) fn likes_unknown(&self) -> Option<Finding> {
        match self.case.look(&self.like()?) {
            Known::Unknown(why) if self.listed().is_none() => {
                Some(Finding::unknown(format!("whether a secret has a similar name: {why}")))
            }
            _ => None,
        }
    }

    pub(super) fn like(&self) -> Option<ask::SecretsLike> {
        self.foreign_account()
            .is_none()
            .then(|| ask::SecretsLike { region: self.region.clone(), prefix: prefix(&self.name) })
    }

    /// The secrets whose names begin like its own, and whether these are all.
    fn listed(&self) -> Option<(&'c [Secret], bool)> {
        self.case.look(&self.like()?).found().map(|listed| (listed.items(), listed.is_whole()))
    }

    /// The name of a secret that is nearly the same.
    pub(in crate::causes) fn near(&self) -> Option<Near> {
        near(&self.name, self.listed()?.0.iter().filter_map(|secret| secret.name.as_deref()))
    }
}

/// How names begin that can be slips for this one: few slips are in the first letters.
fn prefix(name: &str) -> String {
    name.chars().take(2).collect()
}
