//! Regions: what is asked for in another than the task's own.

use super::assessment::{Assessment, Finding};
use super::case::Case;

impl Case<'_> {
    /// That the text names another Region than the task's, where AWS was not queried.
    pub(in crate::causes) fn named_elsewhere(
        &self,
        noun: &str,
        sure: fn(String) -> Assessment,
    ) -> Option<Assessment> {
        let (named, own) = self.other_region()?;
        let said =
            sure(format!("the reference to {} is to {named}, and the task runs in {own}", self.named(noun)))
                .finding(Finding::found(
                    format!("the reference is to {named}, the task runs in {own}"),
                    "stoppedReason",
                ))
                .finding(Finding::unknown(format!("whether {own} has a {noun} of that name")));
        Some(said)
    }
}
