//! The environment, read once: nothing else in the project looks at it.

mod forms;

use std::env;
use std::io::IsTerminal;

use jiff::SignedDuration;

use crate::doors::{Mode, Switches};
use crate::render::text::Colour;
use crate::triage::Scope;
use forms::{
    account_ids, are_accounts, are_clusters, is_address, is_bus, is_log_group, is_organization, is_role,
    is_table, is_tag_key, is_topic,
};

/// What the Lambda function is set to; at least one place to announce is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `ECS_TRIAGE_TOPIC_ARN`: the SNS topic for notices.
    pub topic_arn: Option<String>,
    /// `ECS_TRIAGE_JOURNAL`: the log group that keeps every diagnosis.
    pub journal: Option<String>,
    /// `ECS_TRIAGE_PROBING`: what AWS is asked, everything by default.
    pub probing: Scope,
    /// `ECS_TRIAGE_TABLE`: the DynamoDB table that keeps the incidents.
    pub table: Option<String>,
    /// `ECS_TRIAGE_CHAT_TOPIC_ARN`: the SNS topic for Amazon Q Developer in chat applications.
    pub chat_topic_arn: Option<String>,
    /// `ECS_TRIAGE_BUS`: the ARN of the event bus that receives incidents.
    pub bus: Option<String>,
    /// `ECS_TRIAGE_REMINDER_HOURS`: as long as an incident that goes on is not announced again, six hours by
    /// default.
    pub reminder: SignedDuration,
    /// `ECS_TRIAGE_RUNBOOK_URL`: the address to which a cause's id is added for its runbook; AWS's own page of
    /// the cause by default.
    pub runbooks: Option<String>,
    /// `ECS_TRIAGE_TEAM_TAG`: the key of the tag of a service whose value is the team that notices are routed by;
    /// none by default.
    pub team_tag: Option<String>,
    /// `ECS_TRIAGE_ACCOUNTS`: accounts whose events are taken from the queue, in addition to the function's
    /// own.
    pub accounts: Vec<String>,
    /// `ECS_TRIAGE_ORGANIZATION`: the organization whose accounts the queue's policy allows to send events.
    pub organization: Option<String>,
    /// `ECS_TRIAGE_READER_ROLE`: the path and name of the role that is assumed in the account of an event, to
    /// ask there; without it other accounts are not asked.
    pub reader_role: Option<String>,
    /// `ECS_TRIAGE_TEST_SOURCE`: a source of events in addition to `aws.ecs`, for tests of a stack.
    pub test_source: Option<String>,
    /// `ECS_TRIAGE_DOORS`: what each door may do, as `deployment-hook=warn,cloudformation-hook=off`; and
    /// `ECS_TRIAGE_CHECK_CLUSTERS`: the names of the clusters that are checked on a schedule. The
    /// function answers at doors then, and takes no events. A door that is not named is off.
    pub doors: Option<Switches>,
    /// `ECS_TRIAGE_READ_LOGS`: whether to read the last lines of a container's log, `no` by default.
    pub reads_logs: bool,
    /// `ECS_TRIAGE_WATCH_ROTATION`: whether changes of secrets and parameters are followed, `no` by default.
    pub watches_rotation: bool,
}

/// The default of [`Settings::reminder`].
const REMINDER: SignedDuration = SignedDuration::from_hours(6);
/// In hours, a week: who is reminded less often is not reminded.
const LONGEST_REMINDER: i64 = 168;

/// Why the function cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No diagnosis would ever be announced.
    #[error(
        "nowhere to announce: set ECS_TRIAGE_TOPIC_ARN to an SNS topic's ARN, ECS_TRIAGE_JOURNAL to a log group's name, or both"
    )]
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
    /// When there is nowhere to announce, or a variable is not what it is for.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(variable)
    }

    pub(crate) fn from_variables(
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let checked = |name, fits: fn(&str) -> bool, expected| match variable(name) {
            Some(value) if !fits(&value) => Err(ConfigError::Malformed { name, expected }),
            value => Ok(value),
        };
        let topic_arn = checked("ECS_TRIAGE_TOPIC_ARN", is_topic, "the ARN of an SNS topic")?;
        let journal = checked("ECS_TRIAGE_JOURNAL", is_log_group, "the name of a log group")?;
        if topic_arn.is_none() && journal.is_none() {
            return Err(ConfigError::NowhereToAnnounce);
        }
        let probing = variable("ECS_TRIAGE_PROBING").map_or(Ok(Scope::Full), |word| probing(&word))?;
        let table = checked("ECS_TRIAGE_TABLE", is_table, "the name of a DynamoDB table")?;
        let chat_topic_arn = checked("ECS_TRIAGE_CHAT_TOPIC_ARN", is_topic, "the ARN of an SNS topic")?;
        let bus = checked("ECS_TRIAGE_BUS", is_bus, "the ARN of an event bus")?;
        let reminder =
            variable("ECS_TRIAGE_REMINDER_HOURS").map_or(Ok(REMINDER), |hours| reminder(&hours))?;
        let runbooks = checked("ECS_TRIAGE_RUNBOOK_URL", is_address, "an https address")?;
        let team_tag = checked("ECS_TRIAGE_TEAM_TAG", is_tag_key, "the key of a tag")?;
        let accounts = checked(
            "ECS_TRIAGE_ACCOUNTS",
            are_accounts,
            "a list of accounts of twelve digits, with commas between them",
        )?;
        let accounts = accounts
            .as_deref()
            .map(|list| account_ids(list).map(str::to_owned).collect())
            .unwrap_or_default();
        let organization = checked(
            "ECS_TRIAGE_ORGANIZATION",
            is_organization,
            "the id of an organization, as o-example1234",
        )?;
        let reader_role = checked(
            "ECS_TRIAGE_READER_ROLE",
            is_role,
            "the path and name of a role, as /ecs-triage-reader-eu-west-1",
        )?;
        let test_source = variable("ECS_TRIAGE_TEST_SOURCE");
        let is_yes = |name| {
            let word = checked(name, |word| matches!(word, "yes" | "no"), "yes or no")?;
            Ok::<_, ConfigError>(word.as_deref() == Some("yes"))
        };
        let reads_logs = is_yes("ECS_TRIAGE_READ_LOGS")?;
        let watches_rotation = is_yes("ECS_TRIAGE_WATCH_ROTATION")?;
        let clusters =
            checked("ECS_TRIAGE_CHECK_CLUSTERS", are_clusters, "names of clusters with commas between")?;
        let doors = variable("ECS_TRIAGE_DOORS").map(|list| doors(&list, clusters.as_deref())).transpose()?;
        Ok(Self {
            topic_arn,
            journal,
            probing,
            table,
            chat_topic_arn,
            bus,
            reminder,
            runbooks,
            team_tag,
            accounts,
            organization,
            reader_role,
            test_source,
            doors,
            reads_logs,
            watches_rotation,
        })
    }
}

fn probing(word: &str) -> Result<Scope, ConfigError> {
    Scope::ALL.iter().copied().find(|scope| scope.as_str() == word).ok_or(ConfigError::Malformed {
        name: "ECS_TRIAGE_PROBING",
        expected: "full, task-definitions or off",
    })
}

fn reminder(hours: &str) -> Result<SignedDuration, ConfigError> {
    let hours = hours.parse().ok().filter(|hours| (1..=LONGEST_REMINDER).contains(hours));
    hours.map(SignedDuration::from_hours).ok_or(ConfigError::Malformed {
        name: "ECS_TRIAGE_REMINDER_HOURS",
        expected: "a whole number of hours from 1 to 168",
    })
}

fn doors(list: &str, clusters: Option<&str>) -> Result<Switches, ConfigError> {
    let clusters = clusters.into_iter().flat_map(|names| names.split(',')).map(str::to_owned).collect();
    Ok(Switches { clusters, ..switches(list).ok_or(NO_DOORS)? })
}

const NO_DOORS: ConfigError = ConfigError::Malformed {
    name: "ECS_TRIAGE_DOORS",
    expected: "a list of deployment-hook, pause-hook, cloudformation-hook and custom-resource, each with = and off, pass, warn or block",
};

/// What each door may do.
fn switches(list: &str) -> Option<Switches> {
    let mut switches = Switches {
        deployment: Mode::Pass,
        pause: Mode::Pass,
        cloudformation: Mode::Pass,
        custom: Mode::Pass,
        clusters: Vec::new(),
    };
    for (door, mode) in list
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
    {
        let switch = match door.trim() {
            "deployment-hook" => &mut switches.deployment,
            "pause-hook" => &mut switches.pause,
            "cloudformation-hook" => &mut switches.cloudformation,
            "custom-resource" => &mut switches.custom,
            _ => return None,
        };
        *switch = Mode::read(mode)?;
    }
    Some(switches)
}

/// Color for standard output: only on a terminal, and not where `NO_COLOR` is set or the terminal is a dumb
/// one.
#[must_use]
pub fn colour() -> Colour {
    if std::io::stdout().is_terminal()
        && variable("NO_COLOR").is_none()
        && variable("TERM").as_deref() != Some("dumb")
    {
        Colour::On
    } else {
        Colour::Off
    }
}

/// `GITHUB_STEP_SUMMARY`: the file to which a step of a GitHub workflow adds its summary.
#[must_use]
pub fn step_summary() -> Option<std::path::PathBuf> {
    variable("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(Into::into)
}

/// The columns of the terminal that a stream writes to, as `COLUMNS` or the terminal itself says; none where it
/// is not one.
#[must_use]
pub fn columns(stream: &impl IsTerminal) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let set = variable("COLUMNS").and_then(|columns| columns.parse().ok());
    set.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
}

/// How Lambda wants logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// `AWS_LAMBDA_LOG_LEVEL`, or `RUST_LOG`: the least that is logged.
    pub level: Option<String>,
    /// `AWS_LAMBDA_LOG_FORMAT`: whether each entry is a JSON object.
    pub json: bool,
}

impl Logs {
    /// Reads what Lambda has set.
    #[must_use]
    pub fn from_environment() -> Self {
        let json =
            variable("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
        Self { level: variable("AWS_LAMBDA_LOG_LEVEL").or_else(|| variable("RUST_LOG")), json }
    }
}

/// A variable's value; one that is empty counts as not set.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &'static str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{ConfigError, Settings};
    use crate::doors::{Mode, Switches};
    use crate::triage::Scope;

    fn read(variables: &[(&'static str, &str)]) -> Result<Settings, ConfigError> {
        Settings::from_variables(|name| {
            variables
                .iter()
                .find(|(set, value)| *set == name && !value.is_empty())
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn one_place_to_announce_is_enough() {
        let topic = "arn:aws:sns:us-east-1:111122223333:topic";
        assert_eq!(read(&[("ECS_TRIAGE_TOPIC_ARN", topic)]).map(|config| config.journal), Ok(None));
        assert_eq!(
            read(&[("ECS_TRIAGE_JOURNAL", "/ecs-triage/journal")]).map(|config| config.topic_arn),
            Ok(None)
        );
    }

    #[test]
    fn probing_is_full_unless_it_is_narrowed() {
        let with = |word| {
            read(&[("ECS_TRIAGE_JOURNAL", "journal"), ("ECS_TRIAGE_PROBING", word)])
                .map(|settings| settings.probing)
        };
        assert_eq!(with(""), Ok(Scope::Full));
        assert_eq!(with("task-definitions"), Ok(Scope::TaskDefinitions));
        assert!(matches!(with("none"), Err(ConfigError::Malformed { name: "ECS_TRIAGE_PROBING", .. })));
    }

    #[test]
    fn doors_are_shut_unless_they_are_named() {
        let with = |list| {
            read(&[("ECS_TRIAGE_JOURNAL", "journal"), ("ECS_TRIAGE_DOORS", list)])
                .map(|settings| settings.doors)
        };
        assert_eq!(with(""), Ok(None));
        let pass = Switches {
            deployment: Mode::Pass,
            pause: Mode::Pass,
            cloudformation: Mode::Pass,
            custom: Mode::Pass,
            clusters: Vec::new(),
        };
        let some = "deployment-hook=block, pause-hook=off,cloudformation-hook=warn,custom-resource=pass";
        assert_eq!(
            with(some),
            Ok(Some(Switches { deployment: Mode::Block, cloudformation: Mode::Warn, ..pass.clone() }))
        );
        assert_eq!(with("custom-resource=warn"), Ok(Some(Switches { custom: Mode::Warn, ..pass })));
        for list in
            ["yes", "deployment-hook", "deployment-hook=yes", "front=warn", "deployment-hook=warn=block"]
        {
            assert!(
                matches!(with(list), Err(ConfigError::Malformed { name: "ECS_TRIAGE_DOORS", .. })),
                "{list}"
            );
        }
    }

    #[test]
    fn nowhere_and_nonsense_are_refused() {
        assert_eq!(read(&[]), Err(ConfigError::NowhereToAnnounce));
        assert!(matches!(
            read(&[("ECS_TRIAGE_TOPIC_ARN", "my-topic")]),
            Err(ConfigError::Malformed { name: "ECS_TRIAGE_TOPIC_ARN", .. })
        ));
        assert!(matches!(
            read(&[("ECS_TRIAGE_JOURNAL", "a group")]),
            Err(ConfigError::Malformed { name: "ECS_TRIAGE_JOURNAL", .. })
        ));
    }

    #[test]
    fn what_is_not_set_is_absent_and_the_reminder_has_a_default() {
        let settings = read(&[
            ("ECS_TRIAGE_JOURNAL", "journal"),
            ("ECS_TRIAGE_TABLE", ""),
            ("ECS_TRIAGE_REMINDER_HOURS", ""),
        ])
        .expect("they are fine");
        assert_eq!(
            (settings.table, settings.chat_topic_arn, settings.bus, settings.reminder),
            (None, None, None, SignedDuration::from_hours(6))
        );
    }

    #[test]
    fn what_incidents_need_is_read() {
        let (topic, bus) = (
            "arn:aws-cn:sns:cn-north-1:111122223333:chat",
            "arn:aws:events:us-east-1:111122223333:event-bus/default",
        );
        let variables = [
            ("ECS_TRIAGE_TABLE", "incidents"),
            ("ECS_TRIAGE_CHAT_TOPIC_ARN", topic),
            ("ECS_TRIAGE_BUS", bus),
            ("ECS_TRIAGE_REMINDER_HOURS", "24"),
        ];
        let settings =
            read(&[&[("ECS_TRIAGE_JOURNAL", "journal")], &variables[..]].concat()).expect("they are fine");
        assert_eq!(settings.table.as_deref(), Some("incidents"));
        assert_eq!(
            (settings.chat_topic_arn.as_deref(), settings.bus.as_deref(), settings.reminder),
            (Some(topic), Some(bus), SignedDuration::from_hours(24))
        );
    }

    #[test]
    fn nobody_else_is_listened_to_and_no_log_is_read_unless_it_is_said() {
        let settings = |variables: &[(&'static str, &str)]| {
            read(&[&[("ECS_TRIAGE_JOURNAL", "journal")], variables].concat()).expect("they are fine")
        };
        let plain = settings(&[]);
        assert_eq!((plain.accounts, plain.test_source, plain.reads_logs), (Vec::new(), None, false));
        assert!(
            !plain.watches_rotation && settings(&[("ECS_TRIAGE_WATCH_ROTATION", "yes")]).watches_rotation
        );
        let set = [
            ("ECS_TRIAGE_ACCOUNTS", "111122223333, 444455556666,"),
            ("ECS_TRIAGE_TEST_SOURCE", "test.ecs"),
            ("ECS_TRIAGE_READ_LOGS", "yes"),
        ];
        let set = settings(&set);
        assert_eq!(
            (set.accounts, set.test_source.as_deref(), set.reads_logs),
            (vec!["111122223333".to_owned(), "444455556666".to_owned()], Some("test.ecs"), true)
        );
        assert!(!settings(&[("ECS_TRIAGE_READ_LOGS", "no"), ("ECS_TRIAGE_ACCOUNTS", ",")]).reads_logs);
    }

    #[test]
    fn an_organization_and_a_role_in_its_accounts_are_read() {
        let settings = |variables: &[(&'static str, &str)]| {
            read(&[&[("ECS_TRIAGE_JOURNAL", "journal")], variables].concat()).expect("they are fine")
        };
        let none = settings(&[("ECS_TRIAGE_ORGANIZATION", ""), ("ECS_TRIAGE_READER_ROLE", "")]);
        assert_eq!((none.organization, none.reader_role), (None, None));
        for role in ["/ecs-triage-reader-us-gov-west-1", "/team/sub/reader@x"] {
            let set =
                settings(&[("ECS_TRIAGE_ORGANIZATION", "o-a1b2c3d4e5"), ("ECS_TRIAGE_READER_ROLE", role)]);
            assert_eq!(
                (set.organization.as_deref(), set.reader_role.as_deref()),
                (Some("o-a1b2c3d4e5"), Some(role))
            );
        }
    }

    /// A chat topic or a bus alone would leave nobody with the whole diagnosis.
    #[test]
    fn neither_chat_nor_a_bus_is_a_place_to_announce() {
        let chat = ("ECS_TRIAGE_CHAT_TOPIC_ARN", "arn:aws:sns:us-east-1:111122223333:chat");
        assert_eq!(read(&[chat, ("ECS_TRIAGE_TABLE", "incidents")]), Err(ConfigError::NowhereToAnnounce));
    }

    #[test]
    fn what_incidents_need_is_refused_where_it_is_nonsense() {
        let nonsense = [
            ("ECS_TRIAGE_TABLE", "in"),
            ("ECS_TRIAGE_TABLE", "arn:aws:dynamodb:us-east-1:111122223333:table/incidents"),
            ("ECS_TRIAGE_CHAT_TOPIC_ARN", "chat"),
            ("ECS_TRIAGE_CHAT_TOPIC_ARN", "arn:aws:sqs:us-east-1:111122223333:chat"),
            ("ECS_TRIAGE_BUS", "default"),
            ("ECS_TRIAGE_BUS", "arn:aws:events:us-east-1:111122223333:rule/default"),
            ("ECS_TRIAGE_REMINDER_HOURS", "0"),
            ("ECS_TRIAGE_REMINDER_HOURS", "169"),
            ("ECS_TRIAGE_REMINDER_HOURS", "6h"),
            ("ECS_TRIAGE_REMINDER_HOURS", "-1"),
            ("ECS_TRIAGE_ACCOUNTS", "111122223333,4444"),
            ("ECS_TRIAGE_ACCOUNTS", "111122223333 444455556666"),
            ("ECS_TRIAGE_ACCOUNTS", "*"),
            ("ECS_TRIAGE_ORGANIZATION", "o-"),
            ("ECS_TRIAGE_ORGANIZATION", "*"),
            ("ECS_TRIAGE_ORGANIZATION", "111122223333"),
            ("ECS_TRIAGE_READER_ROLE", "reader"),
            ("ECS_TRIAGE_READER_ROLE", "/"),
            ("ECS_TRIAGE_READER_ROLE", "//reader"),
            ("ECS_TRIAGE_READER_ROLE", "/*"),
            ("ECS_TRIAGE_READER_ROLE", "arn:aws:iam::111122223333:role/reader"),
            ("ECS_TRIAGE_RUNBOOK_URL", "http://wiki.example.com/"),
            ("ECS_TRIAGE_TEAM_TAG", "a\nb"),
            ("ECS_TRIAGE_TEAM_TAG", " team"),
            ("ECS_TRIAGE_TEAM_TAG", "team,owner"),
            ("ECS_TRIAGE_RUNBOOK_URL", "https://"),
            ("ECS_TRIAGE_RUNBOOK_URL", "https:///etc"),
            ("ECS_TRIAGE_RUNBOOK_URL", "https://wiki.example.com/a b"),
            ("ECS_TRIAGE_RUNBOOK_URL", "https://wiki.example.com/\n"),
            ("ECS_TRIAGE_RUNBOOK_URL", "https://wiki.example.com/)[x](https://evil.example/"),
            ("ECS_TRIAGE_RUNBOOK_URL", "javascript:alert(1)"),
            ("ECS_TRIAGE_READ_LOGS", "true"),
            ("ECS_TRIAGE_READ_LOGS", "YES"),
            ("ECS_TRIAGE_WATCH_ROTATION", "on"),
        ];
        for (name, value) in nonsense {
            let refused = read(&[("ECS_TRIAGE_JOURNAL", "journal"), (name, value)]);
            assert!(
                matches!(&refused, Err(ConfigError::Malformed { name: named, .. }) if *named == name),
                "{name}={value}: {refused:?}"
            );
        }
    }
}
