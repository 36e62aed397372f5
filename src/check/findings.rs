//! What came of a check: what would fail, what passed, and what was not looked at.

use std::collections::BTreeMap;

use super::suspicion::Suspicion;
use crate::causes::{DEFINITION, Finding, FindingKind, Verdict};
use crate::diagnosis::Diagnosis;
use crate::reason::{Fault, Symptom};

/// Something that would keep the task from starting.
#[derive(Debug)]
pub struct Problem {
    /// The failure that it would have.
    pub symptom: Symptom,
    /// Why.
    pub diagnosis: Diagnosis,
}

impl Problem {
    /// Whether it rests on something that is not there, outside of the definition: the same deployment may be
    /// about to make it as well. Of a way through the network and of a permission it is mostly a rule that is
    /// not there yet, unless one denies.
    #[must_use]
    pub fn may_be_made_yet(&self) -> bool {
        let is_absent =
            |finding: &Finding| finding.kind == FindingKind::Missing && finding.source != Some(DEFINITION);
        let lacks_rule = match self.symptom.fault {
            Fault::NetworkTimeout => true,
            Fault::AccessDenied => !self.diagnosis.cause.is_of_a_deny(),
            _ => false,
        };
        lacks_rule || self.diagnosis.path.is_some() || self.diagnosis.findings.iter().any(is_absent)
    }
}

/// A thing, and what of it was looked at and is as it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Passed {
    /// The thing.
    pub subject: String,
    /// What is true of it, each a clause without its subject.
    pub what: Vec<String>,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unchecked {
    /// Why.
    pub why: String,
    /// The thing.
    pub subject: String,
    /// What of it; empty where it is all.
    pub what: Vec<String>,
}

/// What came of a check.
#[derive(Debug, Default)]
pub struct Findings {
    /// What would fail, each once: what is confirmed, then what is likely.
    pub problems: Vec<Problem>,
    /// What was looked at and is as it should be.
    pub passed: Vec<Passed>,
    /// What was not looked at.
    pub unchecked: Vec<Unchecked>,
    /// Which questions have no answer, and why.
    pub unknown: Vec<String>,
    /// How many references were looked at.
    pub references: usize,
}

impl Findings {
    /// Whether some problem is as sure as this.
    #[must_use]
    pub fn has(&self, verdict: Verdict) -> bool {
        self.problems.iter().any(|problem| problem.diagnosis.verdict <= verdict)
    }

    /// Adds a thing of which nothing was looked at.
    pub(super) fn open(&mut self, subject: String, why: impl Into<String>) {
        self.unchecked.push(Unchecked { why: why.into(), subject, what: Vec::new() });
    }

    /// Adds a problem that is not there yet. Calls of one step that lack one grant are one.
    pub(super) fn add(&mut self, problem: Problem) {
        let new = &problem.diagnosis;
        let is_same = |old: &Diagnosis| {
            // One hop blocks the path to every service behind it.
            let by_thing = old.culprit.id == new.culprit.id
                && (old.title == new.title || problem.symptom.fault == Fault::NetworkTimeout);
            old.cause.id == new.cause.id
                && (by_thing || (old.fix == new.fix && old.culprit.references == new.culprit.references))
        };
        if !self.problems.iter().any(|old| is_same(&old.diagnosis)) {
            self.problems.push(problem);
        }
    }

    /// Adds what blocks the path from some subnets, and says of which where it is not all of them.
    pub(super) fn add_shut(&mut self, shut: Vec<(String, Problem)>, subnets: usize) {
        let mut seen: BTreeMap<(&str, Option<String>, String), Vec<String>> = BTreeMap::new();
        for (subnet, problem) in &shut {
            let Diagnosis { cause, culprit, title, .. } = &problem.diagnosis;
            let from = seen.entry((cause.id, culprit.id.clone(), title.clone())).or_default();
            if !from.contains(subnet) {
                from.push(subnet.clone());
            }
        }
        for (_, mut problem) in shut {
            let diagnosis = &mut problem.diagnosis;
            let from = seen.get(&(diagnosis.cause.id, diagnosis.culprit.id.clone(), diagnosis.title.clone()));
            if let Some(from) = from.filter(|from| from.len() < subnets) {
                let names = from.join(", ");
                diagnosis.title = format!("{} (from {names})", diagnosis.title);
                let says = format!("tasks are put into any of {subnets} subnets: those in {names} fail");
                diagnosis.findings.insert(0, Finding { kind: FindingKind::Found, text: says, source: None });
            }
            self.add(problem);
        }
    }

    /// Notes what came of a suspicion that is no problem.
    pub(super) fn looked_at(&mut self, suspicion: &Suspicion, untold: Vec<String>) {
        let Suspicion { subject, wanted, .. } = suspicion;
        if untold.is_empty() {
            match self.passed.iter_mut().find(|passed| passed.subject == *subject) {
                Some(passed) => passed.what.push(wanted.clone()),
                None => self.passed.push(Passed { subject: subject.clone(), what: vec![wanted.clone()] }),
            }
        }
        for why in untold {
            match self.unchecked.iter_mut().find(|open| open.why == why && open.subject == *subject) {
                Some(open) => open.what.push(wanted.clone()),
                None => self.unchecked.push(Unchecked {
                    why,
                    subject: subject.clone(),
                    what: vec![wanted.clone()],
                }),
            }
        }
    }
}
