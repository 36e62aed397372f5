//! What is known so far: the questions that were asked, and their answers.

use std::collections::BTreeMap;

use super::{Answer, Ask, Fact as _, Question};
use crate::event::Task;
use crate::task_definition::TaskDefinition;

/// Answers so far. An empty one is what is known offline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    answers: BTreeMap<Question, Answer>,
    /// A definition that somebody handed over, for tasks of its family.
    given: Option<TaskDefinition>,
}

/// What is known of a thing.
#[derive(Debug, PartialEq)]
pub enum Known<'e, T> {
    /// It is there.
    Found(&'e T),
    /// AWS says that it is not.
    Missing,
    /// Why it is not known.
    Unknown(&'e str),
    /// It was not queried.
    NotAsked,
}

impl<T> Clone for Known<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Known<'_, T> {}

impl<'e, T> Known<'e, T> {
    /// It, where it is there.
    #[must_use]
    pub const fn found(self) -> Option<&'e T> {
        match self {
            Self::Found(fact) => Some(fact),
            Self::Missing | Self::Unknown(_) | Self::NotAsked => None,
        }
    }
}

impl Evidence {
    /// The same with a task definition for every task of its family and for tasks that name none.
    #[must_use]
    pub fn with_definition(self, definition: TaskDefinition) -> Self {
        Self { given: Some(definition), ..self }
    }

    /// Evidence that holds one task definition, for every task of its family and for tasks that name none.
    #[must_use]
    pub fn of_definition(definition: TaskDefinition) -> Self {
        Self::default().with_definition(definition)
    }

    /// Notes an answer; one to another question says nothing.
    pub fn note(&mut self, question: impl Into<Question>, answer: Answer) {
        let question = question.into();
        let answer = if question.takes(&answer) {
            answer
        } else {
            Answer::Unknown("the answer is one to another question".to_owned())
        };
        self.answers.insert(question, answer);
    }

    /// The questions asked and their answers.
    pub fn answers(&self) -> impl Iterator<Item = (&Question, &Answer)> {
        self.answers.iter()
    }

    /// The answer to a question, if it was asked.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<&Answer> {
        self.answers.get(question)
    }

    /// Why what was asked could not be learned.
    #[must_use]
    pub fn why_unknown(&self, question: &Question) -> Option<&str> {
        match self.answers.get(question)? {
            Answer::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// What is known of what a question asks for.
    #[must_use]
    pub fn look<A: Ask>(&self, ask: &A) -> Known<'_, A::Fact> {
        match self.answers.get(&ask.clone().into()) {
            None => Known::NotAsked,
            Some(Answer::Missing) => Known::Missing,
            Some(Answer::Unknown(why)) => Known::Unknown(why),
            // An answer to another question is not noted.
            Some(answer) => A::Fact::of(answer).map_or(Known::NotAsked, Known::Found),
        }
    }

    /// What is known of the definition that `task` ran: it, or of a given one of another revision, a
    /// relative.
    #[must_use]
    pub fn definition_of(&self, task: &Task) -> Known<'_, TaskDefinition> {
        let asked = Question::task_definition_of(task).map(|question| self.look(&question));
        match (asked.unwrap_or(Known::NotAsked), &self.given) {
            (Known::Found(definition), _) => Known::Found(definition),
            (Known::NotAsked, Some(given)) if is_relative(given, task) => Known::Found(given),
            (Known::NotAsked, Some(_)) => Known::Unknown("the file given is of another family"),
            (Known::NotAsked, None) => Known::NotAsked,
            (Known::Missing, _) => Known::Unknown("it does not exist any more"),
            (Known::Unknown(why), _) => Known::Unknown(why),
        }
    }

    /// The definition that was handed over, where it is not of the task's family.
    #[must_use]
    pub fn stranger(&self, task: &Task) -> Option<&TaskDefinition> {
        self.given.as_ref().filter(|given| !is_relative(given, task))
    }
}

fn is_relative(given: &TaskDefinition, task: &Task) -> bool {
    let family = |name: &str| name.split(':').next().unwrap_or(name).to_owned();
    match (given.name(), task.task_definition_name()) {
        (Some(given), Some(ran)) => family(&given) == family(ran),
        _ => true,
    }
}
