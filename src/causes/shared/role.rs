//! The role that a case turns on.

use super::case::Case;
use crate::question::facts::Role;
use crate::question::{Known, Question};

/// How a role is cited.
pub(in crate::causes) const GET_ROLE: &str = "GetRole";

/// The role that made the call, or was to be assumed.
#[derive(Debug)]
pub(in crate::causes) struct RoleView<'c> {
    case: &'c Case<'c>,
    /// Its name, without path.
    pub(in crate::causes) name: String,
}

impl<'c> RoleView<'c> {
    fn question(&self) -> Question {
        Question::Role { region: self.case.own_region().to_owned(), name: self.name.clone() }
    }

    /// What AWS says of it.
    pub(in crate::causes) fn known(&self) -> Known<'c, Box<Role>> {
        self.case.look(&self.question())
    }

    /// Asks for it.
    pub(in crate::causes) fn ask(&self) -> Vec<Question> {
        vec![self.question()]
    }

    /// Its ARN, with its path.
    pub(in crate::causes) fn arn(&self) -> Option<String> {
        self.known().found().and_then(|role| role.arn.clone()).or_else(|| self.case.own_role().map(str::to_owned))
    }
}

impl Case<'_> {
    /// The role that the case turns on. AWS is asked about no other role than the task's own, unless the definition cannot be had: whoever
    /// words a reason would learn of any.
    pub(in crate::causes) fn role(&self) -> Option<RoleView<'_>> {
        let is_due = || self.own_role().is_none() && matches!(self.definition, Known::NotAsked) && Question::task_definition_of(self.task).is_some();
        let is_others = self.definition().is_some() && self.own_role().is_none();
        let name = self.role_name().filter(|_| !is_others && !is_due())?;
        Some(RoleView { case: self, name })
    }

    /// The ARN of that role, as AWS or the task tells it.
    pub(in crate::causes) fn role_arn(&self) -> Option<String> {
        self.role()?.arn()
    }

    /// The task role, where it is another than the execution role.
    pub(in crate::causes) fn task_role(&self) -> Option<String> {
        self.task_role_arn().filter(|role| self.execution_role() != Some(role)).map(str::to_owned)
    }
}
