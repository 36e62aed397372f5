//! Why a file is not a task definition: where it is wrong, and what it seems to be instead.

use std::fmt;

/// Why a file is not a task definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDefinitionError {
    /// The line of the file on which the fault lies, counted from 1.
    pub line: usize,
    /// The column on that line, in bytes counted from 1.
    pub column: usize,
    /// The path inside the file, such as `containerDefinitions[0].secrets`; empty for the file itself.
    pub path: String,
    /// What was expected and what was found.
    pub problem: String,
    /// What the file seems to be, and the command that makes a task definition of it.
    pub seeming: Option<String>,
}

impl fmt::Display for TaskDefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what())
    }
}

impl TaskDefinitionError {
    /// The same without its place in the file.
    #[must_use]
    pub fn what(&self) -> String {
        let path = if self.path.is_empty() { String::new() } else { format!("at {}: ", self.path) };
        let seeming = self.seeming.as_ref().map(|seeming| format!("; {seeming}")).unwrap_or_default();
        format!("{path}{}{seeming}", self.problem)
    }
}

impl std::error::Error for TaskDefinitionError {}
