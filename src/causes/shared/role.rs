//! The role that a case turns on.

use super::assessment::Finding;
use super::case::Case;
use super::proof::{Complete, Gap, Identity, Proof, Time, Unproved};
use crate::arn::Arn;
use crate::question::facts::Role;
use crate::question::{Known, Question, ask};

/// How a role is cited.
pub(in crate::causes) const GET_ROLE: &str = "GetRole";

/// The role that made the call, or was to be assumed.
#[derive(Debug)]
pub(in crate::causes) struct RoleView<'c> {
    case: &'c Case<'c>,
    /// Its name, without path.
    pub(in crate::causes) name: String,
    /// Its ARN, path included, where the task or the text has it.
    whole: Option<String>,
}

impl<'c> RoleView<'c> {
    fn question(&self) -> ask::Role {
        ask::Role { region: self.case.own_region().to_owned(), name: self.name.clone() }
    }

    /// What AWS says of the role of that name, of whatever path.
    fn by_name(&self) -> Known<'c, Box<Role>> {
        if self.foreign_account().is_some() {
            return Known::Unknown(
                "it is of another account, and roles are looked up by their name in one's own",
            );
        }
        self.case.look(&self.question())
    }

    fn is_it(&self, found: &Role) -> bool {
        self.whole.as_ref().zip(found.arn.as_ref()).is_none_or(|(whole, found)| whole == found)
    }

    /// What AWS says of it: where its name is another path's, there is no such role.
    pub(in crate::causes) fn known(&self) -> Known<'c, Box<Role>> {
        match self.by_name() {
            Known::Found(found) if !self.is_it(found) => Known::Missing,
            known => known,
        }
    }

    /// The role that has its name under another path.
    pub(in crate::causes) fn namesake(&self) -> Option<&'c Role> {
        self.by_name().found().map(AsRef::as_ref).filter(|found| !self.is_it(found))
    }

    /// The other account that has it.
    pub(in crate::causes) fn foreign_account(&self) -> Option<&str> {
        let named =
            self.whole.as_deref().or(self.case.named_role()).and_then(Arn::parse).map(|arn| arn.account)?;
        self.case.task.account.as_deref().filter(|own| *own != named).map(|_| named)
    }

    /// Asks for it.
    pub(in crate::causes) fn ask(&self) -> Vec<Question> {
        if self.foreign_account().is_some() { Vec::new() } else { vec![self.question().into()] }
    }

    /// Its ARN, with its path.
    pub(in crate::causes) fn arn(&self) -> Option<String> {
        self.known()
            .found()
            .and_then(|role| role.arn.clone())
            .or_else(|| self.case.own_role().map(str::to_owned))
    }

    /// That it is the role which the task was to use: ECS names it, or the definition of the very revision
    /// does.
    pub(in crate::causes) fn is_meant(&self) -> Result<Identity, Gap> {
        match (self.case.named_role(), &self.whole) {
            (Some(named), Some(whole)) if named.contains(":role/") => Identity::same(named, whole),
            (Some(named), _) => Identity::named(self.case, named),
            (None, _) if self.case.task.execution_role.is_some() => Identity::named(self.case, &self.name),
            (None, _) => Identity::of_revision(self.case),
        }
    }

    /// That there is no such role, where AWS says so.
    pub(in crate::causes) fn absence(&self) -> Option<Result<Proof, Unproved>> {
        let whole = self.whole.clone().unwrap_or_else(|| format!("role {}", self.name));
        let missing = Finding::missing(whole, GET_ROLE);
        let complete = Complete::of("whether the role exists", [self.by_name()]);
        match (self.known(), self.namesake()) {
            (Known::Missing, None) => {
                Some(Proof::by(vec![missing], self.is_meant(), complete, Time::as_ecs_said()))
            }
            (Known::Missing, Some(other)) => {
                // Names are unique whatever the path: as long as the other role is there, this one is not.
                let said = format!("the role of that name is {}", other.arn.as_deref().unwrap_or_default());
                Some(Proof::by(
                    vec![missing, Finding::found(said, GET_ROLE)],
                    self.is_meant(),
                    complete,
                    Time::there_by(self.case, other.create_date),
                ))
            }
            _ => None,
        }
    }
}

impl Case<'_> {
    /// The role that the case turns on. AWS is queried about no other role than the task's own, unless the
    /// definition cannot be had: with a made-up reason anyone could learn of any role. Before a deployment
    /// there is no such text, and the service itself names the role.
    pub(in crate::causes) fn role(&self) -> Option<RoleView<'_>> {
        let is_due = || {
            self.own_role().is_none()
                && matches!(self.definition, Known::NotAsked)
                && Question::task_definition_of(self.task).is_some()
        };
        let is_others = self.definition().is_some() && self.own_role().is_none() && !self.is_of_service();
        let name = self.role_name().filter(|_| !is_others && !is_due())?;
        let whole =
            self.own_role().or(self.named_role()).filter(|arn| arn.contains(":role/")).map(str::to_owned);
        Some(RoleView { case: self, name, whole })
    }

    fn is_of_service(&self) -> bool {
        self.forecast && self.role_of_others().is_some()
    }

    /// The ARN of that role, from AWS or the task.
    pub(in crate::causes) fn role_arn(&self) -> Option<String> {
        self.role()?.arn()
    }

    /// The task role, where it is another than the execution role.
    pub(in crate::causes) fn task_role(&self) -> Option<String> {
        self.task_role_arn().filter(|role| self.execution_role() != Some(role)).map(str::to_owned)
    }
}
