//! The loop from a task to what AWS says about it: questions in rounds, since a later one may depend on an
//! earlier answer.
//!
//! It is bounded: [`ROUNDS`] rounds, [`QUESTIONS`] questions for each task. The questions of a round go out
//! together, equal ones once. The prober keeps the deadline: what is not known by then is
//! [`Answer::Unknown`](crate::question::Answer), and the diagnosis goes on.

mod turns;

use std::collections::BTreeSet;
use std::future::Future;

use crate::diagnosis;
use crate::event::Task;
use crate::question::{Answer, Evidence, Question};
use crate::words::words;
pub use turns::{Pace, Turn, ask_in_turns};

/// The most rounds in which answers lead to new questions.
pub const ROUNDS: usize = 3;
/// The most questions about one task.
pub const QUESTIONS: usize = 24;

/// A prober answers questions: from AWS, or from a recording.
pub trait Prober {
    /// Answers, or says why not; it never fails.
    fn ask(&self, question: &Question) -> impl Future<Output = Answer> + Send;

    /// Answers the same of another account; who knows of one alone says so.
    fn ask_in(&self, account: &str, question: &Question) -> impl Future<Output = Answer> + Send {
        let why = format!("{} cannot be asked in the account {account}", question.source());
        std::future::ready(Answer::Unknown(why))
    }

    /// Forgets what may have changed since it was answered.
    fn renew(&self) {}

    /// Whether an answer says no more than that there are too many calls now.
    fn is_throttled(&self, _: &Answer) -> bool {
        false
    }
}

/// A prober that is asked about the things of one account.
#[derive(Debug, Clone, Copy)]
pub struct InAccount<'p, P> {
    /// The prober that is asked.
    pub prober: &'p P,
    /// The account, where it is not the prober's own.
    pub account: Option<&'p str>,
}

impl<P: Prober + Sync> Prober for InAccount<'_, P> {
    async fn ask(&self, question: &Question) -> Answer {
        match self.account {
            None => self.prober.ask(question).await,
            Some(account) => self.prober.ask_in(account, question).await,
        }
    }
}

words! {
    /// What may be asked.
    Scope {
        /// Every question.
        Full = "full",
        /// What a task asks for before it starts, and nothing about it.
        TaskDefinitions = "task-definitions",
        /// Nothing.
        Off = "off",
    }
}

/// A prober that is asked only what its scope holds; the rest stays unknown, and the diagnosis says why.
#[derive(Debug, Clone, Copy)]
pub struct Narrowed<P> {
    /// The prober that is asked.
    pub prober: P,
    /// What it is asked about.
    pub scope: Scope,
    /// Why what containers wrote is not asked for, unless it is.
    pub logs: Option<&'static str>,
}

impl<P: Prober + Sync> Prober for Narrowed<P> {
    async fn ask(&self, question: &Question) -> Answer {
        if let (Some(why), Question::LogLines(_)) = (self.logs, question) {
            return Answer::Unknown(why.to_owned());
        }
        match (self.scope, question) {
            (Scope::Full, _) | (Scope::TaskDefinitions, Question::TaskDefinition(_)) => {
                self.prober.ask(question).await
            }
            (Scope::TaskDefinitions, _) => {
                Answer::Unknown("ecs-triage is set to ask for task definitions only".to_owned())
            }
            (Scope::Off, _) => Answer::Unknown("ecs-triage is set to ask nothing".to_owned()),
        }
    }

    fn is_throttled(&self, answer: &Answer) -> bool {
        self.prober.is_throttled(answer)
    }
}

/// The questions of the next round, each once; none where all is known that can help.
#[must_use]
pub fn next_round(investigations: &mut [Investigation<'_>], evidence: &Evidence) -> Vec<Question> {
    let mut round = BTreeSet::new();
    for investigation in investigations {
        let wanted = diagnosis::questions(investigation.task, evidence);
        let wanted = wanted.into_iter().take(investigation.left);
        for question in wanted {
            investigation.left -= 1;
            round.insert(question);
        }
    }
    round.into_iter().collect()
}

/// A task, and how much may still be asked about it.
#[derive(Debug)]
pub struct Investigation<'t> {
    task: &'t Task,
    left: usize,
}

impl<'t> Investigation<'t> {
    /// A task about which nothing was asked yet.
    #[must_use]
    pub const fn of(task: &'t Task) -> Self {
        Self { task, left: QUESTIONS }
    }
}

/// Asks questions at once, and adds the answers to what is known.
pub async fn ask_all(prober: &impl Prober, questions: Vec<Question>, evidence: &mut Evidence) {
    let answers = futures_util::future::join_all(questions.iter().map(|question| prober.ask(question))).await;
    questions.into_iter().zip(answers).for_each(|(question, answer)| evidence.note(question, answer));
}

/// Asks all that helps to diagnose the tasks, and adds the answers to what is known.
pub async fn investigate<'t>(
    prober: &impl Prober,
    tasks: impl IntoIterator<Item = &'t Task>,
    evidence: Evidence,
) -> Evidence {
    let mut investigations: Vec<Investigation<'t>> = tasks.into_iter().map(Investigation::of).collect();
    investigate_on(prober, &mut investigations, ROUNDS, evidence).await
}

/// Goes on to ask for so many rounds.
pub async fn investigate_on(
    prober: &impl Prober,
    investigations: &mut [Investigation<'_>],
    rounds: usize,
    mut evidence: Evidence,
) -> Evidence {
    for _ in 0..rounds {
        let round = next_round(investigations, &evidence);
        if round.is_empty() {
            break;
        }
        ask_all(prober, round, &mut evidence).await;
    }
    evidence
}
