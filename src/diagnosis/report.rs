//! What a diagnosis says: of a task, of one cause, and from what.

use crate::causes::{Case, Cause, Culprit, Finding, Fix, Owner, Support, Verdict};
use crate::event::{Reason, Source, Task};
use crate::network::Path;
use crate::question::{Answer, Question};
use crate::reason::{Fault, Span, Step, Symptom};
use crate::task_definition::ReferenceKind;

/// All that can be said of one task.
#[derive(Debug)]
pub struct Report<'t> {
    /// The task.
    pub task: &'t Task,
    /// What its reasons say, the most specific first; empty for a task without a reason.
    pub symptoms: Vec<ReadSymptom<'t>>,
    /// What it means, the best first; empty where nothing is wrong.
    pub diagnoses: Vec<Diagnosis>,
    /// The same for every repetition of this failure, whatever its task, time, request or revision.
    pub fingerprint: String,
}

/// A symptom, and the reason that it was read from.
#[derive(Debug)]
pub struct ReadSymptom<'t> {
    /// The reason.
    pub reason: &'t Reason,
    /// What it says.
    pub symptom: Symptom,
}

impl ReadSymptom<'_> {
    /// The words that decide; none where nothing was recognized.
    #[must_use]
    pub fn deciding(&self) -> Span {
        if self.is_unrecognized() { 0..0 } else { self.symptom.span.clone() }
    }

    pub(super) fn is_unrecognized(&self) -> bool {
        self.symptom.fault == Fault::Unknown && self.symptom.step == Step::Unknown
    }
}

/// A cause that fits, with its evidence and what fixes it.
#[derive(Debug)]
pub struct Diagnosis {
    /// The cause.
    pub cause: &'static Cause,
    /// What happened, in one line, by name.
    pub title: String,
    /// How sure it is.
    pub verdict: Verdict,
    /// Whether AWS's state or the definition supports the verdict, rather than ECS's words alone.
    pub by_state: bool,
    /// What supports it apart from words that fit other causes as well.
    pub support: Support,
    /// Whether AWS's state was looked at for it.
    pub state_read: StateRead,
    /// What it happened to.
    pub culprit: Culprit,
    /// What was found, was missing, or stayed unknown.
    pub findings: Vec<Finding>,
    /// The network path, where one was judged.
    pub path: Option<Path>,
    /// What to type.
    pub fix: Fix,
    /// Which of the report's symptoms it explains.
    pub symptom: usize,
}

impl Diagnosis {
    /// Who can act, in words.
    #[must_use]
    pub fn owner(&self) -> &'static str {
        let of_image = self.culprit.references.iter().any(|reference| reference.kind == ReferenceKind::Image);
        if of_image && self.cause.owner == Owner::SecretOwner {
            "repository's team"
        } else {
            self.cause.owner.in_words()
        }
    }
}

/// Whether AWS's state was looked at for a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateRead {
    /// AWS was not queried.
    NotQueried,
    /// AWS answered nothing of what was asked.
    Unanswered,
    /// It answered something.
    Answered,
}

impl StateRead {
    pub(super) fn of(cause: &Cause, case: &Case<'_>) -> Self {
        if case.evidence.answers().next().is_none() {
            return Self::NotQueried;
        }
        let own = Self::by(
            cause.questions(case).into_iter().filter_map(|question| case.evidence.answer(&question)),
        );
        if own != Self::NotQueried {
            return own;
        }
        // A cause that asks nothing knows as much as the other causes.
        Self::by(
            case.evidence
                .answers()
                .filter(|(question, _)| !matches!(question, Question::TaskDefinition(_)))
                .map(|(_, answer)| answer),
        )
    }

    fn by<'a>(answers: impl Iterator<Item = &'a Answer>) -> Self {
        answers.fold(Self::NotQueried, |so_far, answer| match (so_far, answer) {
            (Self::NotQueried | Self::Unanswered, Answer::Unknown(_)) => Self::Unanswered,
            _ => Self::Answered,
        })
    }
}

impl Report<'_> {
    /// Whether a failure was not recognized.
    #[must_use]
    pub fn has_unrecognised(&self) -> bool {
        self.diagnoses.iter().any(|diagnosis| diagnosis.cause.id == "unrecognised")
    }

    /// Whether the task may have failed, and its record does not say so either way: nothing of it was looked at.
    #[must_use]
    pub fn is_without_reason(&self) -> bool {
        let is_normal =
            matches!(self.task.stop_code.as_deref(), Some("UserInitiated" | "ServiceSchedulerInitiated"));
        matches!(self.task.source, Source::Object | Source::TaskEvent)
            && self.symptoms.is_empty()
            && matches!(self.task.last_status.as_deref(), None | Some("STOPPED"))
            && !is_normal
            && !self.task.ended_well()
    }

    /// Whether to announce it: the task could not start. A task that ran and then exited, lost its health or
    /// its host is another matter.
    #[must_use]
    pub fn is_start_failure(&self) -> bool {
        let Some(best) = self.diagnoses.first() else { return false };
        let symptom = &self.symptoms[best.symptom].symptom;
        let ended = matches!(symptom.fault, Fault::Exited | Fault::Unhealthy | Fault::OutOfMemory)
            && symptom.step == Step::Container;
        let taken = symptom.step == Step::Capacity && self.task.started_at.is_some();
        !(ended || taken)
    }
}
