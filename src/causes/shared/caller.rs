//! Who made the call that was refused, or was to be assumed: the task's roles, and others of which ECS
//! speaks.

use super::assessment::Culprit;
use super::case::Case;
use crate::arn::Arn;
use crate::reason::{Fault, Step};

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
        let action = self.symptom.action.as_ref().map(|action| action.text.as_str());
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
