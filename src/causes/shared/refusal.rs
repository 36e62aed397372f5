//! Calls that were refused, as IAM is asked about them.

use super::CANDIDATES;
use super::case::Case;
use super::key::KeyView;
use super::policy;
use super::role::RoleView;
use super::secret::{Presence, SecretView};
use crate::arn::Arn;
use crate::question::facts::Simulation;
use crate::question::{Known, Question};
use crate::reason::{Fault, Step};
use crate::task_definition::Reference;

/// One call of one role, as IAM is asked to simulate it.
#[derive(Debug, Clone)]
pub(in crate::causes) struct Call {
    /// The action.
    pub(in crate::causes) action: String,
    /// The resource.
    pub(in crate::causes) resource: String,
    /// Whether the resource's ARN is known whole: a policy may name it by the part that is not.
    pub(in crate::causes) exact: bool,
    pub(super) context: Vec<(String, String)>,
}

impl Call {
    /// One call on a resource whose ARN is known whole, in the Region where it is made.
    pub(in crate::causes) fn new(action: &str, resource: String, region: &str) -> Self {
        let context = [("aws:RequestedRegion", region), ("aws:SecureTransport", "true")];
        let context = context.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        Self { action: action.to_owned(), resource, exact: true, context }
    }

    pub(super) fn question(&self, region: &str, role: &str) -> Question {
        Question::Simulation {
            region: region.to_owned(),
            role: role.to_owned(),
            action: self.action.clone(),
            resource: self.resource.clone(),
            context: self.context.clone(),
        }
    }
}

impl<'a> Case<'a> {
    /// The action that was refused: as told, or where the text was cut before it, the one that ECS calls for the step.
    pub(in crate::causes) fn refused_action(&self) -> Option<String> {
        let told = self.symptom.action.as_ref().map(|action| action.text.clone()).filter(|action| action.contains(':') && !self.symptom.truncated);
        let known = match self.symptom.step {
            Step::SecretsManager | Step::RegistryCredentials => "secretsmanager:GetSecretValue",
            Step::ParameterStore => "ssm:GetParameters",
            Step::EcrAuth => "ecr:GetAuthorizationToken",
            Step::EnvFile => "s3:GetObject",
            Step::LogDriver => "logs:CreateLogStream",
            _ => return told,
        };
        told.or_else(|| Some(known.to_owned()))
    }

    /// How IAM is asked whether a role may make a call.
    pub(in crate::causes) fn question_after(&self, call: &Call, role: &str) -> Question {
        call.question(self.own_region(), role)
    }

    /// The stream that a container writes, as CloudWatch Logs asks IAM about it. Policies may name streams by their prefix.
    fn of_stream(&self, group: &str) -> (String, bool) {
        let name = group.trim_end_matches(":*");
        let told = self.symptom.resource.as_ref().map(|resource| &resource.text);
        if let Some(told) = told.filter(|told| !self.symptom.truncated && told.strip_prefix(name).is_some_and(|rest| rest.starts_with(":log-stream:"))) {
            return (told.clone(), true);
        }
        let is_its = |reference: &&Reference| name.ends_with(&format!(":log-group:{}", reference.value_from));
        let container = self.references.iter().find(is_its);
        let prefix = container.and_then(|reference| self.log_option(reference, "awslogs-stream-prefix"));
        let task = self.task.arn.as_deref().and_then(|arn| arn.rsplit('/').next()).unwrap_or("0123456789abcdef0123456789abcdef");
        let container = container.and_then(|reference| reference.container.as_deref()).unwrap_or("container");
        (format!("{name}:log-stream:{}/{container}/{task}", prefix.unwrap_or("ecs")), prefix.is_some())
    }

    /// The calls that were refused, as IAM can be asked about them; several where several references fit.
    pub(in crate::causes) fn refused_calls(&self) -> Vec<Call> {
        if self.symptom.fault == Fault::KmsDenied {
            return self.keys().iter().filter_map(KeyView::decrypt).collect();
        }
        let Some(action) = self.refused_action() else { return Vec::new() };
        let context = |region: &str| {
            let mut context = vec![("aws:RequestedRegion".to_owned(), region.to_owned()), ("aws:SecureTransport".to_owned(), "true".to_owned())];
            if action == "secretsmanager:GetSecretValue" {
                context.push(("secretsmanager:VersionStage".to_owned(), "AWSCURRENT".to_owned()));
            }
            context
        };
        let call = |(resource, exact): (String, bool), region: &str| Call { action: action.clone(), resource, exact, context: context(region) };
        match action.split_once(':').map_or("", |(service, _)| service) {
            "secretsmanager" => self.secrets().iter().map(|view| call(view.arn(), &view.region)).map(with_some_suffix).collect(),
            "ssm" => {
                let known = self.account().or(self.task.account.as_deref()).is_some();
                self.parameters().iter().map(|view| call((view.arn(), known), &view.region)).collect()
            }
            _ => {
                let told = || self.resource_arn().filter(|arn| arn.starts_with("arn:") && self.definition().is_none()).into_iter().collect();
                let resources = policy::resources(self, &action).unwrap_or_else(|_| told());
                let whole = resources.into_iter().filter(|resource| !resource.contains('<'));
                whole
                    .map(|resource| {
                        let region = Arn::parse(&resource).map(|arn| arn.region.to_owned()).filter(|region| !region.is_empty());
                        let on_stream = matches!(action.as_str(), "logs:CreateLogStream" | "logs:PutLogEvents");
                        let (resource, exact) = if on_stream { self.of_stream(&resource) } else { (resource, true) };
                        Call { exact, ..Call::new(&action, resource, region.as_deref().unwrap_or(self.own_region())) }
                    })
                    .collect()
            }
        }
    }

    /// Asks what is needed to know what the role may: what is asked for by whole ARN, the role, and IAM about both roles.
    pub(in crate::causes) fn ask_refusal(&self) -> Vec<Question> {
        let region = self.own_region();
        let role = self.role();
        let mut questions: Vec<Question> = role.iter().flat_map(RoleView::ask).collect();
        questions.extend(self.secrets().iter().map(SecretView::by_id));
        let unread = |view: &SecretView<'_>| matches!(view.presence(), Presence::NotAsked);
        if self.secrets().iter().any(|view| unread(view) && !view.is_whole()) {
            // The resource's whole ARN comes first.
            return questions;
        }
        let roles = [role.and_then(|role| role.arn()), self.task_role()];
        for call in self.refused_calls().iter().take(CANDIDATES) {
            questions.extend(roles.iter().flatten().map(|role| call.question(region, role)));
        }
        questions
    }

    /// What IAM says to each refused call of a role.
    pub(in crate::causes) fn simulated(&self, role: Option<String>) -> Vec<(Call, Known<'a, Box<Simulation>>)> {
        let Some(role) = role else { return Vec::new() };
        let region = self.own_region();
        self.refused_calls().into_iter().map(|call| (call.clone(), self.look(&call.question(region, &role)))).collect()
    }

    /// What IAM says to the refused calls of the role that was refused.
    pub(in crate::causes) fn simulated_refusals(&self) -> Vec<(Call, Known<'a, Box<Simulation>>)> {
        self.simulated(self.role().and_then(|role| role.arn()))
    }
}

/// A secret's ARN without its suffix matches no policy that expects one.
fn with_some_suffix(mut call: Call) -> Call {
    if !call.exact && call.resource.starts_with("arn:") {
        call.resource.push_str("-a1B2c3");
    }
    call
}
