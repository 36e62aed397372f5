//! The older form of an assessment, in two halves.

use super::super::Verdict;
use super::assessment::{Assessment, Culprit, Finding, Fix};
use super::case::Case;

/// How sure a cause is of a case, and why.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::causes) struct Judgement {
    /// How sure.
    pub verdict: Verdict,
    /// What happened, in one line, by name.
    pub title: String,
    /// What it happened to, where that is not what the case names.
    pub culprit: Option<Culprit>,
    /// What was found, was missing, or stayed unknown.
    pub findings: Vec<Finding>,
    /// The network path, drawn line by line, where one was judged.
    pub drawing: Vec<String>,
    /// Nothing of it is left to fix: the state that ECS complained of has passed.
    pub has_passed: bool,
}

impl Judgement {
    pub(in crate::causes) fn new(verdict: Verdict, title: impl Into<String>) -> Self {
        Self { verdict, title: title.into(), culprit: None, findings: Vec::new(), drawing: Vec::new(), has_passed: false }
    }

    /// Nothing but the words speaks for it, and the words speak for others more; it is not shown.
    pub(in crate::causes) fn unsupported() -> Self {
        Self::new(Verdict::RuledOut, String::new())
    }

    pub(in crate::causes) fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    pub(in crate::causes) fn findings(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(findings);
        self
    }

    pub(in crate::causes) fn drawing(mut self, drawing: Vec<String>) -> Self {
        self.drawing = drawing;
        self
    }

    /// That the state which ECS complained of has passed, as a finding shows.
    pub(in crate::causes) fn passed(mut self, finding: Finding) -> Self {
        self.has_passed = true;
        self.finding(finding)
    }

    pub(in crate::causes) fn culprit(mut self, culprit: Culprit) -> Self {
        self.culprit = Some(culprit);
        self
    }
}

/// The two halves together.
pub(in crate::causes) fn joined(case: &Case<'_>, judge: fn(&Case<'_>) -> Judgement, fix: fn(&Case<'_>) -> Fix) -> Option<Assessment> {
    let judgement = judge(case);
    if judgement.verdict == Verdict::RuledOut && judgement.findings.is_empty() {
        return None;
    }
    let fix = if judgement.has_passed { case.try_again() } else { fix(case) };
    Some(Assessment::joined(judgement.verdict, judgement.title, judgement.culprit, judgement.findings, judgement.drawing, fix))
}
