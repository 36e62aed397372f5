//! Commands to paste into a shell with an administrator's rights: fixed words of our own, and names that
//! passed the grammar of their kind.
//!
//! Nothing else makes a [`Command`], and nothing changes one: a channel prints it byte for byte or leaves it
//! out. A text from outside that is not a name of its kind never gets in; the kind in angle brackets takes
//! its place, and the command says why.

use std::fmt;
use std::fmt::Write as _;

use super::name::{Kind, why_not};
use super::policy::Document;
use crate::question::ask;

/// A command for a POSIX shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    text: String,
    withheld: Vec<Withheld>,
}

/// A name that is not printed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::causes) struct Withheld {
    kind: Kind,
    why: &'static str,
}

impl fmt::Display for Withheld {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "replace <{}>: the name {}", self.kind, self.why)
    }
}

/// A part of an argument.
#[derive(Debug, Clone, Copy)]
pub(in crate::causes) enum Part<'p> {
    /// Words of our own.
    Words(&'static str),
    /// A name from outside.
    Name(Kind, Option<&'p str>),
    Number(i64),
}

impl Command {
    /// An `aws` command for a Region: without one, a profile's default would decide where it acts.
    pub(crate) fn aws(words: &'static str, region: Option<&str>) -> Self {
        Self { text: format!("aws {words}"), withheld: Vec::new() }.name("--region", Kind::Region, region)
    }

    /// The command that shows who signed the certificate which a host presents.
    pub(in crate::causes) fn certificate_of(host: &str) -> Self {
        let command = Self { text: "openssl s_client".to_owned(), withheld: Vec::new() };
        let command = command
            .argument("-connect", &[Part::Name(Kind::Host, Some(host)), Part::Words(":443")])
            .name("-servername", Kind::Host, host);
        command.words("</dev/null | openssl x509 -noout -issuer -dates")
    }

    /// The command that shows the last lines of a container's log.
    pub(in crate::causes) fn tail(log: &ask::LogLines) -> Self {
        Self::aws("logs get-log-events", Some(&log.region))
            .name("--log-group-name", Kind::LogGroup, log.group.as_str())
            .name("--log-stream-name", Kind::LogStream, log.stream.as_str())
            .words("--limit 50 --query 'events[].message'")
    }

    /// Adds words of our own, as the shell reads them.
    pub(crate) fn words(mut self, words: &'static str) -> Self {
        let _ = write!(self.text, " {words}");
        self
    }

    /// Adds an option with a name.
    pub(crate) fn name<'n>(self, option: &'static str, kind: Kind, name: impl Into<Option<&'n str>>) -> Self {
        self.argument(option, &[Part::Name(kind, name.into())])
    }

    /// Adds an option with a name, where there is one.
    pub(in crate::causes) fn maybe(self, option: &'static str, kind: Kind, name: Option<&str>) -> Self {
        if name.is_some() { self.name(option, kind, name) } else { self }
    }

    /// Adds an option with a number.
    pub(in crate::causes) fn number(self, option: &'static str, number: i64) -> Self {
        self.argument(option, &[Part::Number(number)])
    }

    /// Adds `--filters` by one attribute.
    pub(in crate::causes) fn filter(self, attribute: &'static str, kind: Kind, name: &str) -> Self {
        self.argument(
            "--filters",
            &[
                Part::Words("Name="),
                Part::Words(attribute),
                Part::Words(",Values="),
                Part::Name(kind, Some(name)),
            ],
        )
    }

    /// Adds an option with a policy document.
    pub(in crate::causes) fn document(mut self, option: &'static str, document: &Document) -> Self {
        self.push(option, &document.to_string());
        self
    }

    /// Adds an option whose value is made of several parts.
    pub(in crate::causes) fn argument(mut self, option: &'static str, parts: &[Part<'_>]) -> Self {
        let mut value = String::new();
        for part in parts {
            let _ = match *part {
                Part::Words(words) => value.write_str(words),
                Part::Number(number) => write!(value, "{number}"),
                Part::Name(kind, Some(name)) if kind.fits(name) => value.write_str(name),
                Part::Name(kind, name) => {
                    self.withheld.extend(name.map(|name| Withheld { kind, why: why_not(name) }));
                    write!(value, "<{kind}>")
                }
            };
        }
        self.push(option, &value);
        self
    }

    fn push(&mut self, option: &'static str, value: &str) {
        // Behind a blank, the AWS CLI would read a dash as the beginning of another option.
        let join = if value.starts_with('-') { '=' } else { ' ' };
        let option = if option.is_empty() { String::new() } else { format!("{option}{join}") };
        let _ = write!(self.text, " {option}{}", quote(value));
    }

    /// The command, as it is to be pasted.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it only looks.
    pub(in crate::causes) fn is_look(&self) -> bool {
        let verb = self.text.split_whitespace().nth(2).unwrap_or_default();
        !self.text.starts_with("aws ")
            || ["describe-", "get-", "list-", "ls"].iter().any(|look| verb.starts_with(look))
    }

    /// The names that it does not print, and why.
    pub(in crate::causes) fn withheld(&self) -> &[Withheld] {
        &self.withheld
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn quote(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@=+,%".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}
