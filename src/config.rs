//! The environment, read once: nothing else in the project looks at it.

use std::env::{self, VarError};
use std::io::IsTerminal as _;

use crate::render::text::Colour;
use crate::triage::Scope;

/// What the Lambda function is set to; at least one place to announce is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `ECS_TRIAGE_TOPIC_ARN`: the SNS topic for notices.
    pub topic_arn: Option<String>,
    /// `ECS_TRIAGE_JOURNAL`: the log group that keeps every diagnosis.
    pub journal: Option<String>,
    /// `ECS_TRIAGE_PROBING`: what AWS is asked, everything by default.
    pub probing: Scope,
}

/// Why the function cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Nobody would ever hear of a diagnosis.
    #[error("nowhere to announce: set ECS_TRIAGE_TOPIC_ARN to an SNS topic's ARN, ECS_TRIAGE_JOURNAL to a log group's name, or both")]
    NowhereToAnnounce,
    /// The value is not what the variable is for.
    #[error("{name} is not {expected}")]
    Malformed {
        /// The variable.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

impl Settings {
    /// Reads the function's environment.
    ///
    /// # Errors
    ///
    /// When neither variable is set, or one is not what it is for.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(variable)
    }

    fn from_variables(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let topic_arn = variable("ECS_TRIAGE_TOPIC_ARN");
        let journal = variable("ECS_TRIAGE_JOURNAL");
        let is_topic = |arn: &String| crate::arn::Arn::parse(arn).is_some_and(|arn| arn.service == "sns");
        if !topic_arn.iter().all(is_topic) {
            return Err(ConfigError::Malformed { name: "ECS_TRIAGE_TOPIC_ARN", expected: "the ARN of an SNS topic" });
        }
        let is_group = |name: &String| name.len() <= 512 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/.#".contains(&byte));
        if !journal.iter().all(is_group) {
            return Err(ConfigError::Malformed { name: "ECS_TRIAGE_JOURNAL", expected: "the name of a log group" });
        }
        if topic_arn.is_none() && journal.is_none() {
            return Err(ConfigError::NowhereToAnnounce);
        }
        let probing = match variable("ECS_TRIAGE_PROBING") {
            None => Scope::Full,
            Some(word) => Scope::ALL
                .iter()
                .copied()
                .find(|scope| scope.as_str() == word)
                .ok_or(ConfigError::Malformed { name: "ECS_TRIAGE_PROBING", expected: "full, task-definitions or off" })?,
        };
        Ok(Self { topic_arn, journal, probing })
    }
}

/// Colour for standard output: only on a terminal, and not where `NO_COLOR` is set.
#[must_use]
pub fn colour() -> Colour {
    if std::io::stdout().is_terminal() && variable("NO_COLOR").is_none() { Colour::On } else { Colour::Off }
}

/// A variable's value; one that is empty counts as not set.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &'static str) -> Option<String> {
    match env::var(name) {
        Ok(value) => Some(value).filter(|value| !value.is_empty()),
        Err(VarError::NotPresent | VarError::NotUnicode(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ConfigError, Settings};
    use crate::triage::Scope;

    fn read(variables: &[(&'static str, &str)]) -> Result<Settings, ConfigError> {
        Settings::from_variables(|name| variables.iter().find(|(set, value)| *set == name && !value.is_empty()).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn one_place_to_announce_is_enough() {
        let topic = "arn:aws:sns:us-east-1:111122223333:topic";
        assert_eq!(read(&[("ECS_TRIAGE_TOPIC_ARN", topic)]).map(|config| config.journal), Ok(None));
        assert_eq!(read(&[("ECS_TRIAGE_JOURNAL", "/ecs-triage/journal")]).map(|config| config.topic_arn), Ok(None));
    }

    #[test]
    fn probing_is_full_unless_it_is_narrowed() {
        let with = |word| read(&[("ECS_TRIAGE_JOURNAL", "journal"), ("ECS_TRIAGE_PROBING", word)]).map(|settings| settings.probing);
        assert_eq!(with(""), Ok(Scope::Full));
        assert_eq!(with("task-definitions"), Ok(Scope::TaskDefinitions));
        assert!(matches!(with("none"), Err(ConfigError::Malformed { name: "ECS_TRIAGE_PROBING", .. })));
    }

    #[test]
    fn nowhere_and_nonsense_are_refused() {
        assert_eq!(read(&[]), Err(ConfigError::NowhereToAnnounce));
        assert!(matches!(read(&[("ECS_TRIAGE_TOPIC_ARN", "my-topic")]), Err(ConfigError::Malformed { name: "ECS_TRIAGE_TOPIC_ARN", .. })));
        assert!(matches!(read(&[("ECS_TRIAGE_JOURNAL", "a group")]), Err(ConfigError::Malformed { name: "ECS_TRIAGE_JOURNAL", .. })));
    }
}
