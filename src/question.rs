//! What may be asked of AWS, as plain values, and what is known so far.
//!
//! The core never sees a client: it holds [`Evidence`], a map from questions to answers. An answer is never an error; what could not be
//! learned is [`Answer::Unknown`], with the reason, and a diagnosis goes on without it.

use std::collections::BTreeMap;

use crate::event::Task;
use crate::task_definition::TaskDefinition;

/// One read-only question to AWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// What the task asked for before it could start (`ecs:DescribeTaskDefinition`).
    TaskDefinition {
        /// `family:revision` or an ARN.
        name: String,
    },
}

impl Question {
    /// The IAM actions that asking takes.
    #[must_use]
    pub const fn actions(&self) -> &'static [&'static str] {
        match self {
            Self::TaskDefinition { .. } => &["ecs:DescribeTaskDefinition"],
        }
    }

    /// The API call that answers, as evidence cites it.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        match self {
            Self::TaskDefinition { .. } => "DescribeTaskDefinition",
        }
    }

    /// The question after a task's own definition, if the task names one.
    #[must_use]
    pub fn task_definition_of(task: &Task) -> Option<Self> {
        task.task_definition.clone().map(|name| Self::TaskDefinition { name })
    }
}

/// What was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The definition.
    TaskDefinition(Box<TaskDefinition>),
    /// It could not be learned; in words that complete "could not be read: ...".
    Unknown(String),
}

/// Answers so far. An empty one is what is known offline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    answers: BTreeMap<Question, Answer>,
    /// A definition that somebody handed over, for tasks of its family.
    given: Option<TaskDefinition>,
}

/// What is known of a task's definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'e> {
    /// It, or for a given one of another revision, a relative.
    Definition(&'e TaskDefinition),
    /// Why it is not known.
    Unknown(&'e str),
    /// Nobody asked.
    NotAsked,
}

impl Evidence {
    /// Evidence that holds one task definition, for every task of its family and for tasks that name none.
    #[must_use]
    pub fn of_definition(definition: TaskDefinition) -> Self {
        Self { given: Some(definition), ..Self::default() }
    }

    /// Notes an answer.
    pub fn note(&mut self, question: Question, answer: Answer) {
        self.answers.insert(question, answer);
    }

    /// What is known of the definition that `task` ran.
    #[must_use]
    pub fn definition_of(&self, task: &Task) -> Known<'_> {
        let asked = Question::task_definition_of(task).and_then(|question| self.answers.get(&question));
        match (asked, &self.given) {
            (Some(Answer::TaskDefinition(definition)), _) => Known::Definition(definition),
            (Some(Answer::Unknown(why)), _) => Known::Unknown(why),
            (None, Some(given)) if is_relative(given, task) => Known::Definition(given),
            (None, Some(_)) => Known::Unknown("the file given is of another family"),
            (None, None) => Known::NotAsked,
        }
    }
}

fn is_relative(given: &TaskDefinition, task: &Task) -> bool {
    let family = |name: &str| name.split(':').next().unwrap_or(name).to_owned();
    match (given.name(), task.task_definition_name()) {
        (Some(given), Some(ran)) => family(&given) == family(ran),
        _ => true,
    }
}
