//! What to ask before diagnosing, and the trait of whoever answers.

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

/// The questions that would make the tasks' diagnoses better, each once; none for tasks with which nothing is wrong.
pub fn questions<'t>(tasks: impl IntoIterator<Item = &'t Task>) -> BTreeSet<Question> {
    let nothing = Evidence::default();
    let wanting = tasks.into_iter().filter(|task| diagnose(task, &nothing).wants_evidence());
    wanting.filter_map(Question::task_definition_of).collect()
}
