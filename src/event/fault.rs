//! What could not be read: where it lies in the document, and in words what was expected there.

use serde::Deserialize;

use super::{InputError, Task, without_values};
use crate::json_path;
use crate::redact::{redact, redact_name};

/// The most faults of one record that are reported; of the rest only the number is, since each costs more
/// than a sound item.
const MOST_FAULTS: usize = 10;

/// How many faults a list has.
#[derive(Default)]
pub(super) struct Faults(usize);

impl Faults {
    /// Counts one more; whether it is among those that are reported.
    pub(super) fn has_room(&mut self) -> bool {
        self.0 += 1;
        self.0 <= MOST_FAULTS
    }

    /// Has the last one that is reported say how many are not.
    pub(super) fn count_rest(&self, tasks: &mut [Result<Task, InputError>]) {
        let more = self.0.saturating_sub(MOST_FAULTS);
        if let Some(last) = tasks.iter_mut().rev().find_map(|task| task.as_mut().err()).filter(|_| more > 0) {
            last.problem = format!("{}, and so are {more} more of this list", last.problem);
        }
    }
}

/// Why a text could not be read. It costs further passes, which only faulty records pay.
pub(super) fn fault<'a, T: Deserialize<'a>>(text: &'a str, prefix: &str) -> InputError {
    let error = |problem: &str| InputError::new(problem).at(prefix);
    if text.trim_start().starts_with('[') {
        return error("expected an object, found an array");
    }
    let Err(fault) = serde_json::from_str::<T>(text) else {
        return error("expected nothing behind the object");
    };
    let path = json_path::failed_at(text, &fault);
    let joined = if path.is_empty() || prefix.is_empty() {
        format!("{prefix}{path}")
    } else {
        format!("{prefix}.{path}")
    };
    InputError {
        line: fault.line().max(1),
        column: fault.column().max(1),
        path: redact_name(&joined).into_owned(),
        problem: without_values(&fault.to_string()),
    }
}

pub(super) fn unknown_shape(text: &str, expected: &str) -> InputError {
    // What is deployed, and not what became of it.
    let is_definition = |key: &String| {
        ["containerDefinitions", "taskDefinition", "Resources", "planned_values"].contains(&&**key)
    };
    let found = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(map)) if map.keys().any(is_definition) => {
            "a task definition or a template: ecs-triage check reads these".to_owned()
        }
        Ok(serde_json::Value::Object(map)) if map.is_empty() => "an empty object".to_owned(),
        Ok(serde_json::Value::Object(map)) => {
            let keys: Vec<_> = map.keys().take(8).map(String::as_str).collect();
            format!("an object with {}{}", redact(&keys.join(", ")), if map.len() > 8 { ", ..." } else { "" })
        }
        _ => "something else".to_owned(),
    };
    InputError::new(format!("expected {expected}; found {found}"))
}

/// Lines and columns, counted from 1, of the parts of a document that come one after another: it is gone
/// through once.
pub(super) struct Places<'d> {
    document: &'d str,
    at: usize,
    line: usize,
    line_from: usize,
}

impl<'d> Places<'d> {
    pub(super) const fn of(document: &'d str) -> Self {
        Self { document, at: 0, line: 1, line_from: 0 }
    }

    /// Where a part begins that is a slice of the document, behind those before.
    pub(super) fn of_part(&mut self, part: &str) -> (usize, usize) {
        let offset = (part.as_ptr() as usize).saturating_sub(self.document.as_ptr() as usize);
        let (from, to) = (self.at, offset.clamp(self.at, self.document.len()));
        for line_break in memchr::memchr_iter(b'\n', &self.document.as_bytes()[from..to]) {
            self.line += 1;
            self.line_from = from + line_break + 1;
        }
        self.at = to;
        (self.line, to - self.line_from + 1)
    }
}

impl InputError {
    /// An error at the beginning of its part.
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self { line: 1, column: 1, path: String::new(), problem: problem.into() }
    }

    /// The same error at a path.
    pub(super) fn at(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// The same error, seen from the document in which its part begins at `from`.
    pub(super) fn moved(mut self, from: (usize, usize)) -> Self {
        self.column += if self.line == 1 { from.1 - 1 } else { 0 };
        self.line += from.0 - 1;
        self
    }

    pub(super) fn within(mut self, path: &str, from: (usize, usize)) -> Self {
        let separator = if self.path.is_empty() { "" } else { "." };
        self.problem = format!("{} (line {}, column {} of the body)", self.problem, self.line, self.column);
        self.path = format!("{path}{separator}{}", self.path);
        (self.line, self.column) = from;
        self
    }
}
