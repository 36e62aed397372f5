//! The loop: look at the tasks, ask what would help, diagnose.

use std::collections::BTreeSet;
use std::future::Future;

use crate::diagnosis::diagnose;
use crate::event::Task;
use crate::question::{Answer, Evidence, Question};

/// Who answers questions: AWS, or a recording.
pub trait Prober {
    /// Answers, or says why not; it never fails.
    fn ask(&self, question: &Question) -> impl Future<Output = Answer> + Send;
}

/// Asks what the tasks' diagnoses would gain from, each question once, and nothing for tasks with which nothing is wrong.
pub async fn gather<'t, P: Prober>(tasks: impl IntoIterator<Item = &'t Task>, prober: &P) -> Evidence {
    let mut evidence = Evidence::default();
    for question in questions(tasks) {
        let answer = prober.ask(&question).await;
        evidence.note(question, answer);
    }
    evidence
}

/// The questions that would make the tasks' diagnoses better.
fn questions<'t>(tasks: impl IntoIterator<Item = &'t Task>) -> BTreeSet<Question> {
    let nothing = Evidence::default();
    let wanting = tasks.into_iter().filter(|task| diagnose(task, &nothing).wants_evidence());
    wanting.filter_map(Question::task_definition_of).collect()
}
