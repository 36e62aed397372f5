//! What a cause makes of a case: how sure it is, why, and what fixes it, from one look at the same state.

use super::super::Verdict;
use super::case::Case;
use super::fix::Fix;
use super::proof::{Proof, Unproved};
use crate::network::Path;
use crate::question::Known;
use crate::task_definition::Reference;
use crate::words::words;

/// What supports a cause apart from words that fit other causes as well. Among equally sure causes the better
/// supported one comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// A second signal: AWS's state, or a mark in ECS's words that other causes do not explain.
    Second,
    /// Nothing.
    None,
    /// AWS's state speaks against it, and does not prove that.
    Against,
}

/// What a cause makes of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    verdict: Verdict,
    by_state: bool,
    support: Support,
    /// What happened, in one line, by name.
    pub title: String,
    /// What it happened to, where that is not what the case names.
    pub culprit: Option<Culprit>,
    /// What was found, was missing, or was not checked.
    pub findings: Vec<Finding>,
    /// The network path, where one was judged.
    pub path: Option<Path>,
    /// What fixes it.
    pub fix: Fix,
}

impl Assessment {
    fn new(verdict: Verdict, title: impl Into<String>) -> Self {
        Self {
            verdict,
            by_state: false,
            support: Support::None,
            title: title.into(),
            culprit: None,
            findings: Vec::new(),
            path: None,
            fix: Fix::default(),
        }
    }

    /// How sure it is.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether AWS's state supports the verdict, proved or not, rather than ECS's words alone.
    #[must_use]
    pub fn is_by_state(&self) -> bool {
        self.by_state
    }

    /// What supports it apart from ECS's words.
    #[must_use]
    pub fn support(&self) -> Support {
        self.support
    }

    /// ECS's words prove it, and no state of AWS.
    pub(in crate::causes) fn likely(title: impl Into<String>) -> Self {
        Self::new(Verdict::Likely, title)
    }

    /// It fits ECS's words, as others may.
    pub(in crate::causes) fn possible(title: impl Into<String>) -> Self {
        Self::new(Verdict::Possible, title)
    }

    /// Confirmed by a proof. What is seen without one makes it likely, and what is missing for one is listed
    /// as not checked.
    pub(in crate::causes) fn confirmed(title: impl Into<String>, proof: Result<Proof, Unproved>) -> Self {
        match proof {
            Ok(proof) => Self {
                by_state: true,
                findings: proof.into_findings(),
                ..Self::new(Verdict::Confirmed, title).supported()
            },
            Err(unproved) => {
                Self { by_state: true, findings: unproved.into_findings(), ..Self::likely(title).supported() }
            }
        }
    }

    /// Ruled out by a proof; without one it stays possible.
    pub(in crate::causes) fn ruled_out(title: impl Into<String>, proof: Result<Proof, Unproved>) -> Self {
        match proof {
            Ok(proof) => Self {
                by_state: true,
                findings: proof.into_findings(),
                ..Self::new(Verdict::RuledOut, title)
            },
            Err(unproved) => Self {
                by_state: true,
                support: Support::Against,
                findings: unproved.into_findings(),
                ..Self::possible(title)
            },
        }
    }

    /// Ruled out by a proof; without one only ECS's words support it, and it is not shown.
    pub(in crate::causes) fn disproved(
        title: impl Into<String>,
        proof: Result<Proof, Unproved>,
    ) -> Option<Self> {
        proof.ok().map(|proof| Self::ruled_out(title, Ok(proof)))
    }

    /// The same with a second signal, which a finding names.
    pub(in crate::causes) fn supported(self) -> Self {
        Self { support: Support::Second, ..self }
    }

    /// The same where ECS does not name the fault: it has one signal less, and is surely not proved.
    pub(in crate::causes) fn supposed(self, case: &Case<'_>) -> Self {
        let verdict = match self.verdict {
            Verdict::Confirmed => Verdict::Likely,
            Verdict::Likely => Verdict::Possible,
            verdict => verdict,
        };
        let why =
            if case.symptom.truncated { "the reason was cut before it" } else { "ECS does not report it" };
        let finding = Finding::unknown(format!("the error itself: {why}"));
        if self.verdict == Verdict::RuledOut {
            return self.finding(finding);
        }
        // Nothing is changed on a mere supposition.
        let fix = if self.by_state { self.fix } else { self.fix.supposed(case) };
        Self { verdict, title: format!("perhaps {}", self.title), fix, ..self }.finding(finding)
    }

    pub(in crate::causes) fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    pub(in crate::causes) fn findings(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        for finding in findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
        self
    }

    pub(in crate::causes) fn path(mut self, path: Option<Path>) -> Self {
        self.path = path;
        self
    }

    pub(in crate::causes) fn culprit(mut self, culprit: Culprit) -> Self {
        self.culprit = Some(culprit);
        self
    }

    pub(in crate::causes) fn fix(mut self, fix: Fix) -> Self {
        self.fix = fix;
        self
    }

    /// Nothing is left to fix: the state that ECS complained of has passed, as a finding shows.
    pub(in crate::causes) fn passed(self, case: &Case<'_>, finding: Finding) -> Self {
        self.finding(finding).fix(case.try_again())
    }
}

/// The thing that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Culprit {
    /// Such as `secret`, `parameter`, `role`, `log-group`.
    pub kind: &'static str,
    /// Its name; absent where several fit or none is named.
    pub id: Option<String>,
    /// Where the task definition mentions it.
    pub references: Vec<Reference>,
}

words! {
    /// What became of something looked for.
    FindingKind {
        Found = "found",
        Missing = "missing",
        Unknown = "unknown",
    }
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What became of it.
    pub kind: FindingKind,
    /// One sentence, without the kind.
    pub text: String,
    /// The API call or file that it comes from.
    pub source: Option<&'static str>,
}

impl Finding {
    /// What it says, with its source.
    pub(crate) fn sourced(&self) -> String {
        self.source.map_or_else(|| self.text.clone(), |source| format!("{} ({source})", self.text))
    }

    /// Something that was seen.
    pub(in crate::causes) fn found(text: impl Into<String>, source: &'static str) -> Self {
        Self { kind: FindingKind::Found, text: text.into(), source: Some(source) }
    }

    /// Something that was looked for and is not there.
    pub(in crate::causes) fn missing(text: impl Into<String>, source: &'static str) -> Self {
        Self { kind: FindingKind::Missing, text: text.into(), source: Some(source) }
    }

    /// Something that was not looked at.
    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Self { kind: FindingKind::Unknown, text: text.into(), source: None }
    }

    /// A finding for what stayed unknown: why AWS gave no answer, or that it was not queried.
    pub(in crate::causes) fn unanswered<T>(what: &str, known: Known<'_, T>) -> Option<Finding> {
        match known {
            Known::Unknown(why) => Some(Finding::unknown(format!("{what}: {why}"))),
            Known::NotAsked => Some(Finding::unknown(what)),
            Known::Found(_) | Known::Missing => None,
        }
    }
}
