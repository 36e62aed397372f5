//! What a container wrote itself: how far ecs-triage looked, and the command that shows it.

use super::assessment::Finding;
use super::case::Case;
use super::command::Command;
use crate::question::facts::LogEvent;
use crate::question::{Known, Question, ask};
use crate::reason::{LogSymptom, read_log};
use crate::task_definition::ContainerDefinition;

/// How a container's log is cited.
const GET_LOG: &str = "GetLogEvents";
/// The log driver whose logs can be read back.
const AWSLOGS: &str = "awslogs";

/// The log of a container that ran, or why it cannot be found.
pub(in crate::causes) struct ContainerLog<'c> {
    container: &'c ContainerDefinition,
    question: Option<ask::LogLines>,
    lines: Known<'c, Vec<LogEvent>>,
}

impl<'c> ContainerLog<'c> {
    /// The log of a container of a task with this id.
    pub(in crate::causes) fn of(case: &'c Case<'_>, container: &'c ContainerDefinition, task: &str) -> Self {
        let question = Question::log_of(container, task, case.own_region());
        let lines = question.as_ref().map_or(Known::NotAsked, |question| case.look(question));
        Self { container, question, lines }
    }

    /// The question after it.
    pub(in crate::causes) fn question(&self) -> Option<Question> {
        self.question.clone().map(Question::from)
    }

    /// The command that shows it.
    pub(in crate::causes) fn tail(&self) -> Option<Command> {
        self.question.as_ref().map(Command::tail)
    }

    /// What it says, as far as ecs-triage looked.
    pub(in crate::causes) fn says(&self) -> Option<Finding> {
        let what = format!("what the log of container {} says", self.container.name);
        if self.question.is_none() {
            return Some(Finding::unknown(format!("{what}: {}", self.unfound())));
        }
        // A line may hold anything that the container printed: only the words that were recognized are for
        // everybody.
        let words = |LogSymptom { text, symptom, .. }: LogSymptom| {
            let words = text.get(symptom.span.clone()).unwrap_or_default().trim();
            format!("its log says {}/{}: {words}", symptom.step, symptom.fault)
        };
        match self.lines {
            Known::Found(lines) if lines.is_empty() => {
                Some(Finding::unknown(format!("{what}: no line came back")))
            }
            Known::Found(lines) => {
                let found = read_log(lines.iter().map(|line| line.message.as_str()));
                let said = found.map_or_else(
                    || {
                        let read = lines.len();
                        format!(
                            "none of the last {read} lines of its log is recognized; the command shows them"
                        )
                    },
                    words,
                );
                Some(Finding::found(said, GET_LOG))
            }
            Known::Missing => Some(Finding::unknown(format!("{what}: there is no such log stream"))),
            unknown => Finding::unanswered(&what, unknown),
        }
    }

    /// Why its log is none that can be read.
    fn unfound(&self) -> String {
        match self.container.log_configuration.as_ref().map(|log| log.log_driver.as_deref()) {
            None => "the task definition names no log driver for it".to_owned(),
            Some(Some(AWSLOGS)) => {
                "the task definition names no awslogs-stream-prefix, or no group".to_owned()
            }
            Some(driver) => {
                format!(
                    "its log driver is {}, and ecs-triage reads awslogs only",
                    driver.unwrap_or("not named")
                )
            }
        }
    }
}
