//! Commands to paste: arguments are quoted for a POSIX shell wherever they need it.

use std::fmt::Write as _;

/// An `aws` command under construction.
pub(super) struct Command(String);

impl Command {
    /// Starts with words that need no quotes, such as `aws ecs update-service`.
    pub(super) fn new(words: &str) -> Self {
        Self(words.to_owned())
    }

    /// Adds `--name value`.
    pub(super) fn option(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.0, " {name} {}", quote(value));
        self
    }

    /// Adds `--name value` where there is a value.
    pub(super) fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.option(name, value),
            None => self,
        }
    }

    /// Adds a value.
    pub(super) fn argument(mut self, value: &str) -> Self {
        let _ = write!(self.0, " {}", quote(value));
        self
    }

    /// Adds words that need no quotes.
    pub(super) fn words(mut self, words: &str) -> Self {
        let _ = write!(self.0, " {words}");
        self
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

fn quote(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@=+,%".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}
