//! The role that a case turns on: it made the call that was refused, or was to be assumed.

use super::assessment::{Culprit, Finding};
use super::case::Case;
use super::proof::{Complete, Gap, Identity, Proof, Time, Unproved};
use crate::arn::Arn;
use crate::question::facts::Role;
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step};

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
    /// The execution role: what overrode it for this task, or what the definition names.
    pub(in crate::causes) fn execution_role(&self) -> Option<&str> {
        self.task.execution_role.as_deref().or(self.definition()?.execution_role_arn.as_deref())
    }

    /// The task role, likewise.
    pub(in crate::causes) fn task_role_arn(&self) -> Option<&str> {
        self.task.task_role.as_deref().or(self.definition()?.task_role_arn.as_deref())
    }

    /// The role that the text names, as it names it: the one that was refused, or that ECS is not authorized
    /// to assume.
    pub(in crate::causes) fn named_role(&self) -> Option<&str> {
        let principal =
            self.symptom.principal.as_ref().filter(|_| self.symptom.fault != Fault::AssumeRoleDenied);
        principal.or(self.symptom.role.as_ref()).map(|fact| fact.text.as_str())
    }

    /// The ARN of the role that the case turns on, where it is a role of the task's own.
    pub(in crate::causes) fn own_role(&self) -> Option<&str> {
        let own = [self.execution_role(), self.task_role_arn()].into_iter().flatten();
        match self.named_role() {
            Some(named) => own
                .clone()
                .find(|arn| *arn == named)
                .or_else(|| own.clone().find(|arn| is_same_role(arn, named))),
            None if self.role_of_others().is_some() => None,
            None if self.is_by_task_role() => self.task_role_arn(),
            None => self.execution_role().filter(|_| self.is_by_execution_role()),
        }
    }

    /// The name of the role that the case turns on, also where it is not the task's.
    pub(in crate::causes) fn role_name(&self) -> Option<String> {
        let name_in = |arn: &str| Arn::parse(arn).and_then(|arn| arn.role_name().map(str::to_owned));
        self.named_role().map_or_else(|| self.own_role().and_then(name_in), name_in)
    }

    /// Whether the containers do the step themselves, with the task role.
    fn is_by_task_role(&self) -> bool {
        matches!(self.symptom.step, Step::EfsVolume | Step::SecretSidecar | Step::ExecAgent)
    }

    /// The user that was refused, where it was no role.
    pub(in crate::causes) fn user_name(&self) -> Option<&str> {
        let principal = Arn::parse(&self.symptom.principal.as_ref()?.text)?;
        principal.resource.strip_prefix("user/")?.rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// Whether ECS does the step with the execution role. Where the text does not say, any principal may have
    /// been refused.
    fn is_by_execution_role(&self) -> bool {
        let fetches = ["secretsmanager:", "ssm:", "kms:", "ecr:", "s3:", "logs:"];
        let action = self.symptom.action.as_deref();
        match self.symptom.step {
            Step::Unknown if self.symptom.fault == Fault::AccessDenied => {
                action.is_some_and(|action| fetches.iter().any(|service| action.starts_with(service)))
            }
            Step::Capacity
            | Step::NetworkInterface
            | Step::EbsVolume
            | Step::ServiceConnect
            | Step::ExecAgent => false,
            _ => true,
        }
    }

    /// Who was refused, as a sentence names them.
    pub(in crate::causes) fn who(&self) -> String {
        match (self.role_name(), self.user_name()) {
            (Some(role), _) => format!("role {role}"),
            (None, Some(user)) => format!("user {user}"),
            (None, None) if self.symptom.step == Step::SecretSidecar => "the task role".to_owned(),
            (None, None) if self.is_by_execution_role() => "the execution role".to_owned(),
            (None, None) if self.symptom.step == Step::ServiceConnect => {
                "the role of the container instance".to_owned()
            }
            (None, None) => "the caller".to_owned(),
        }
    }

    /// The service of AWS that is to assume the role of which ECS speaks, and what such a role is called,
    /// where it is none of the task's.
    pub(in crate::causes) fn role_of_others(&self) -> Option<(&'static str, &'static str)> {
        let says = |words: &str| {
            self.task.reasons.iter().any(|reason| reason.text.to_ascii_lowercase().contains(words))
        };
        if self.symptom.step == Step::EbsVolume || says("infrastructure role") {
            return Some(("ecs.amazonaws.com", "infrastructure role"));
        }
        says("validate the listeners").then_some(("ecs.amazonaws.com", "service role"))
    }

    /// Who was refused, as a culprit.
    pub(in crate::causes) fn refused_culprit(&self) -> Culprit {
        let user = self.user_name().map(str::to_owned);
        Culprit {
            kind: if user.is_some() { "user" } else { "role" },
            id: self.role_name().or(user),
            references: self.references.clone(),
        }
    }

    /// Who was refused, what, and on what, as a sentence needs them.
    pub(in crate::causes) fn refusal(&self) -> (String, String, String) {
        let who = self.who();
        let action =
            self.symptom.action.as_ref().map_or_else(|| "the call".to_owned(), |action| action.text.clone());
        let on = self.name().map(|name| format!(" on {name}")).unwrap_or_default();
        (who, action, on)
    }

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

/// Whether a role's ARN and a text, an ARN too or a bare name, are of the same role. An assumed role's ARN
/// lacks the path.
fn is_same_role(arn: &str, named: &str) -> bool {
    let Some(own) = Arn::parse(arn) else { return arn == named };
    match Arn::parse(named) {
        Some(named) => own.role_name() == named.role_name() && own.account == named.account,
        None => own.role_name() == Some(named),
    }
}
