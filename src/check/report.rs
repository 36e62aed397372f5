//! What came of checking the definitions of some files: each under its name, with the places of what was
//! found, held against what was known before.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::findings::{Findings, Problem, Unchecked};
use crate::causes::Verdict;
use crate::source::{Found, Place};
use crate::task_definition::{Reference, TaskDefinition};
use crate::words::some_of;

/// A definition that was checked.
#[derive(Debug, Default)]
pub struct Checked {
    /// As it is named: `family:revision`, else its logical id or address, else its file.
    pub name: String,
    /// The file that holds it, safe to print; `None` where AWS or standard input gave it.
    pub file: Option<String>,
    /// The services of a cluster that start it; empty where it was named by itself.
    pub services: Vec<String>,
    /// The definition, and where its file writes what.
    pub found: Found,
    /// What came of it.
    pub findings: Findings,
    /// What of that was known before.
    pub known: BTreeSet<String>,
}

/// Something that could not be checked at all: a file that is none of the forms, or a definition in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// The file, safe to print; `None` where standard input or AWS was to give it.
    pub file: Option<String>,
    /// Where in it reading stopped.
    pub place: Option<Place>,
    /// Why.
    pub problem: String,
}

/// What makes a check fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailOn {
    /// A problem of at least this verdict.
    Verdict(Verdict),
    /// Any problem, and anything that was not looked at.
    Unchecked,
}

impl FailOn {
    fn counts(self, problem: &Problem) -> bool {
        match self {
            Self::Verdict(verdict) => problem.diagnosis.verdict <= verdict,
            Self::Unchecked => true,
        }
    }
}

impl Checked {
    /// The definition with the services that start it, for a heading.
    #[must_use]
    pub fn title(&self) -> Cow<'_, str> {
        // Of more the number is given.
        const NAMED: usize = 10;
        match &self.services[..] {
            [] => Cow::Borrowed(&self.name),
            [one] => Cow::Owned(format!("{} of service {one}", self.name)),
            all => Cow::Owned(format!("{} of services {}", self.name, some_of(all, NAMED, ", "))),
        }
    }

    /// Where a problem is in the file.
    #[must_use]
    pub fn place(&self, problem: &Problem) -> Option<Place> {
        self.file.as_ref()?;
        self.found.place(&problem.diagnosis.culprit.references)
    }

    /// The other places that a problem is about.
    #[must_use]
    pub fn other_places(&self, problem: &Problem) -> Vec<Place> {
        if self.file.is_none() {
            Vec::new()
        } else {
            self.found.other_places(&problem.diagnosis.culprit.references)
        }
    }

    /// The same in words: `also lines 4 and 9`; none where there is but one place.
    #[must_use]
    pub fn elsewhere(&self, problem: &Problem) -> Option<String> {
        lines(&self.other_places(problem)).map(|lines| format!("also {lines}"))
    }

    /// Where the definition begins in the file.
    #[must_use]
    pub fn start(&self) -> Option<Place> {
        self.file.as_ref()?;
        self.found.places.start()
    }

    /// Whether a problem makes a check fail: it is sure enough, and was not known before.
    #[must_use]
    pub fn fails(&self, problem: &Problem, on: FailOn) -> bool {
        on.counts(problem) && !self.is_known(problem)
    }

    /// Whether anything makes a check fail.
    #[must_use]
    pub fn has_failed(&self, on: FailOn) -> bool {
        let is_new = |open: &Unchecked| !self.known.contains(&self.id_of_unchecked(open));
        self.findings.problems.iter().any(|problem| self.fails(problem, on))
            || (on == FailOn::Unchecked && self.findings.unchecked.iter().any(is_new))
    }

    /// Whether a problem was known before, at every reference that it is about.
    #[must_use]
    pub fn is_known(&self, problem: &Problem) -> bool {
        self.ids(problem).iter().all(|id| self.known.contains(id))
    }

    /// What tells a problem from others, and is the same in the next run, whatever moved in the file: that of
    /// its first reference.
    #[must_use]
    pub fn id(&self, problem: &Problem) -> String {
        self.ids(problem).swap_remove(0)
    }

    /// The same of each reference that it is about; one where it is about none.
    fn ids(&self, problem: &Problem) -> Vec<String> {
        let culprit = &problem.diagnosis.culprit;
        // What it refers to is the culprit itself, or what leads to it.
        let is_own = |id: &str| culprit.references.iter().any(|reference| reference.value_from.contains(id));
        let apart = culprit.id.as_deref().filter(|id| !is_own(id));
        let id = |reference: Option<&Reference>| {
            let parts = [
                self.workload(),
                problem.diagnosis.cause.id,
                apart.or(reference.map(|reference| reference.value_from.as_str())).unwrap_or_default(),
                reference.and_then(|reference| reference.container.as_deref()).unwrap_or_default(),
                reference.map(Reference::label).unwrap_or_default(),
            ];
            parts.join(" | ")
        };
        if culprit.references.is_empty() {
            return vec![id(None)];
        }
        culprit.references.iter().map(|reference| id(Some(reference))).collect()
    }

    /// The same of what was not looked at.
    #[must_use]
    pub fn id_of_unchecked(&self, open: &Unchecked) -> String {
        [self.workload(), "not checked", &open.subject, &open.what.join(", ")].join(" | ")
    }

    /// The definition by what stays: not its revision.
    fn workload(&self) -> &str {
        let Found { name, definition: TaskDefinition { family, .. }, .. } = &self.found;
        if name.is_empty() { family.as_deref().unwrap_or(&self.name) } else { name }
    }
}

/// Lines in words: `line 4`, `lines 4, 7 and 9`; none where there are none.
#[must_use]
pub fn lines(places: &[Place]) -> Option<String> {
    // Of more the number is given.
    const NAMED: usize = 20;
    let numbers: BTreeSet<usize> = places.iter().map(|place| place.line).collect();
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match &numbers[..] {
        [] => None,
        [one] => Some(format!("line {one}")),
        all if all.len() > NAMED => Some(format!("lines {}", some_of(all, NAMED, ", "))),
        [some @ .., last] => Some(format!("lines {} and {last}", some.join(", "))),
    }
}

/// What was found before, so that it is not reported as new: the ids of problems, and of what was not looked
/// at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    schema: String,
    known: BTreeSet<String>,
}

/// Why a file is not a baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// It is not JSON of that form.
    #[error("expected what --write-baseline writes, whose schema is {SCHEMA}: {0}")]
    Malformed(String),
    /// It is of another version.
    #[error("expected what --write-baseline writes, whose schema is {SCHEMA}; found another")]
    Strange,
}

const SCHEMA: &str = "ecs-triage/baseline/v1";

impl Baseline {
    /// Reads what [`Baseline::write`] wrote.
    ///
    /// # Errors
    ///
    /// When the text is something else.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let read: Self = serde_json::from_str(text)
            .map_err(|error| BaselineError::Malformed(crate::event::without_values(&error.to_string())))?;
        if read.schema == SCHEMA { Ok(read) } else { Err(BaselineError::Strange) }
    }

    /// All that was found now.
    #[must_use]
    pub fn of(checked: &[Checked]) -> Self {
        let of_one = |one: &Checked| {
            let problems = one.findings.problems.iter().flat_map(|problem| one.ids(problem));
            problems
                .chain(one.findings.unchecked.iter().map(|open| one.id_of_unchecked(open)))
                .collect::<Vec<_>>()
        };
        Self { schema: SCHEMA.to_owned(), known: checked.iter().flat_map(of_one).collect() }
    }

    /// The baseline as a file of JSON, a line for each id.
    #[must_use]
    pub fn write(&self) -> String {
        // Texts under string keys always serialize.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What is known.
    #[must_use]
    pub fn known(self) -> BTreeSet<String> {
        self.known
    }
}
