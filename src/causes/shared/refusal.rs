//! Calls that were refused, as IAM is asked about them.

use super::CANDIDATES;
use super::assessment::Finding;
use super::case::Case;
use super::key::KeyView;
use super::policy;
use super::proof::{Complete, Gap};
use super::role::RoleView;
use super::secret::{Presence, SecretView};
use crate::arn::Arn;
use crate::policy_document::ResourceSide;
use crate::question::facts::Simulation;
use crate::question::{Known, Question, ask};
use crate::reason::{Deny, Fault, Step, Symptom};
use crate::task_definition::Reference;

/// How a simulation is cited.
pub(in crate::causes) const SIMULATION: &str = "SimulatePrincipalPolicy";

/// Whether IAM refused, and the text does not say by which kind of policy: state may show it.
pub(in crate::causes) fn names_no_policy(symptom: &Symptom) -> bool {
    symptom.deny.is_none()
        && symptom.refused_by.is_none()
        && (symptom.fault == Fault::KmsDenied || is_want_of_allow(symptom))
}

/// Whether IAM refused because no policy allows, as far as the text says.
pub(in crate::causes) fn is_want_of_allow(symptom: &Symptom) -> bool {
    let refused = symptom.fault == Fault::AccessDenied && matches!(symptom.deny, Some(Deny::Identity) | None);
    // A volume's server and a foreign registry refuse by rules of their own.
    let by_iam = match symptom.step {
        Step::ImagePull => symptom.action.is_some(),
        // ECS and EC2 do these with roles of their own, which the text then names.
        Step::Capacity | Step::NetworkInterface | Step::EbsVolume | Step::ExecAgent => {
            symptom.principal.is_some()
        }
        Step::ServiceConnect => symptom.principal.is_some() || symptom.action.is_some(),
        Step::EfsVolume | Step::Volume | Step::Container => false,
        _ => true,
    };
    refused && by_iam
}

/// Whether a secret of another account was refused.
pub(in crate::causes) fn is_across_accounts(symptom: &Symptom) -> bool {
    let default_key = symptom.step == Step::SecretsManager && symptom.fault == Fault::Misconfigured;
    let a_secret =
        symptom.resource.as_ref().is_some_and(|resource| resource.text.contains(":secretsmanager:"));
    default_key || (a_secret && symptom.fault == Fault::AccessDenied && owner(symptom).is_some())
}

/// The account that owns the resource, where it is known to be another than the caller's.
pub(in crate::causes) fn owner(symptom: &Symptom) -> Option<&str> {
    let owner = symptom.account.as_ref()?.text.as_str();
    let caller = Arn::parse(&symptom.principal.as_ref()?.text)?.account;
    (!caller.is_empty() && caller != owner).then_some(owner)
}

/// A call that was refused, and what IAM says to it.
pub(in crate::causes) type Simulated<'e> = (Call, Known<'e, Box<Simulation>>);

/// What refuses a call, of the policies that IAM simulates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::causes) enum Refuser {
    /// No policy of the role allows it.
    NoAllow,
    /// A statement of the role's policies denies it.
    ExplicitDeny,
    /// The role's permissions boundary.
    Boundary,
    /// A service control policy of the organization.
    Organization,
}

/// What refuses the call, where IAM says so.
pub(in crate::causes) fn refuser((_, known): &Simulated<'_>) -> Option<Refuser> {
    let simulation = known.found()?;
    Some(match simulation.eval_decision.as_str() {
        "allowed" => return None,
        _ if simulation.is_beyond_organization() => Refuser::Organization,
        _ if simulation.is_beyond_boundary() => Refuser::Boundary,
        "explicitDeny" => Refuser::ExplicitDeny,
        _ => Refuser::NoAllow,
    })
}

/// Whether IAM allows the call.
pub(in crate::causes) fn is_allowed((_, known): &Simulated<'_>) -> bool {
    known.found().is_some_and(|simulation| simulation.eval_decision == "allowed")
}

/// Whether what IAM simulates is the decision on the real call, or what it lacks for that.
pub(in crate::causes) fn is_whole((call, known): &Simulated<'_>) -> Result<Complete, Gap> {
    let missing = known
        .found()
        .map(|simulation| simulation.missing_context_values.join(", "))
        .filter(|keys| !keys.is_empty());
    Complete::of("what the policies of the role say", [*known])
        .and_then(|_| {
            Complete::unless((!call.exact).then(|| {
                "whether a policy names the resource by a part of its ARN that is not known here".to_owned()
            }))
        })
        .and_then(|_| {
            Complete::unless(
                missing.map(|keys| format!("what the conditions on {keys} make of the real call")),
            )
        })
}

/// Whether the task role is allowed the very call that this decision is about.
pub(in crate::causes) fn is_on_task_role(case: &Case<'_>, (call, _): &Simulated<'_>) -> bool {
    let of_task_role = case.simulated(case.task_role());
    of_task_role.iter().any(|decision| {
        decision.0.action == call.action
            && decision.0.resource == call.resource
            && is_allowed(decision)
            && is_whole(decision).is_ok()
    })
}

/// Whether what IAM simulates is the decision on every real call.
pub(in crate::causes) fn all_whole(decisions: &[Simulated<'_>]) -> Result<Complete, Gap> {
    decisions.iter().try_fold(Complete::alone()?, |_, decision| is_whole(decision))
}

/// Whether everything that IAM simulates allows all calls now.
pub(in crate::causes) fn all_allowed(decisions: &[Simulated<'_>]) -> Result<Complete, Gap> {
    if decisions.is_empty() || !decisions.iter().all(is_allowed) {
        return Err(Gap::new("whether the role's policies allow the call now"));
    }
    all_whole(decisions)
}

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

    pub(super) fn question(&self, region: &str, role: &str) -> ask::Simulation {
        ask::Simulation {
            region: region.to_owned(),
            role: role.to_owned(),
            action: self.action.clone(),
            resource: self.resource.clone(),
            context: self.context.clone(),
        }
    }
}

impl<'a> Case<'a> {
    /// What keeps a refusal by the role's own policies from being the whole decision: within one account the
    /// resource's own policy may allow the call as well. Where ECS names the kind of policy, that decides.
    pub(in crate::causes) fn no_grant_of_resource(&self) -> Result<Complete, Gap> {
        let is_named = self.symptom.deny == Some(Deny::Identity);
        // Another account's resource needs an allow on both sides.
        if self
            .refused_calls()
            .iter()
            .all(|call| Arn::parse(&call.resource).is_some_and(|arn| self.is_foreign(arn.account)))
        {
            return Complete::alone();
        }
        let bucket = self.symptom.step == Step::EnvFile;
        match super::resource_policy::side(self) {
            Some((ResourceSide::Grants(at, _), _)) => {
                Err(Gap::new(format!("what refused: {at} of the resource's own policy allows the role now")))
            }
            _ if is_named => Complete::alone(),
            Some((ResourceSide::Unsure(why), _)) => {
                Err(Gap::new(format!("whether the resource's own policy allows the role: {why}")))
            }
            Some(_) => Complete::alone(),
            None if bucket => {
                Err(Gap::new("whether the bucket's own policy allows the role: it is not read"))
            }
            None => Complete::unless(
                super::resource_policy::question(self)
                    .map(|_| "whether the resource's own policy allows the role".to_owned()),
            ),
        }
    }

    /// Whether an account is known to be another than the role's.
    fn is_foreign(&self, account: &str) -> bool {
        let own = self.own_role().and_then(Arn::parse).map(|role| role.account);
        !account.is_empty() && own.is_some_and(|own| own != account)
    }

    /// Asks what is needed to know whether an allow is missing: where ECS does not name the kind of policy,
    /// the resource's own may allow too.
    pub(in crate::causes) fn ask_want_of_allow(&self) -> Vec<Question> {
        if self.symptom.deny == Some(Deny::Identity) {
            self.ask_refusal()
        } else {
            super::resource_policy::ask(self)
        }
    }

    /// Why nothing is known of the decisions: the first reason, or that IAM was not queried. For a role that
    /// was not read it is not queried.
    pub(in crate::causes) fn undecided(&self, what: &str, decisions: &[Simulated<'_>]) -> Option<Finding> {
        let why = decisions
            .iter()
            .find_map(|(_, known)| if let Known::Unknown(why) = known { Some(*why) } else { None });
        let of_role = self
            .role()
            .and_then(|role| if let Known::Unknown(why) = role.known() { Some(why) } else { None });
        let known = decisions.iter().any(|(_, known)| known.found().is_some());
        let why = why
            .or(of_role.filter(|_| decisions.is_empty()))
            .map(|why| format!(": {why}"))
            .unwrap_or_default();
        (!known).then(|| Finding::unknown(format!("{what}{why}")))
    }

    /// The action that was refused: the one in the text, or where the text was cut before it, the one that
    /// ECS calls for the step.
    pub(in crate::causes) fn refused_action(&self) -> Option<String> {
        let named = self
            .symptom
            .action
            .as_deref()
            .map(str::to_owned)
            .filter(|action| action.contains(':') && !self.symptom.truncated);
        let known = match self.symptom.step {
            Step::SecretsManager | Step::RegistryCredentials => "secretsmanager:GetSecretValue",
            Step::ParameterStore => "ssm:GetParameters",
            Step::EcrAuth => "ecr:GetAuthorizationToken",
            Step::EnvFile => "s3:GetObject",
            Step::LogDriver => "logs:CreateLogStream",
            _ => return named,
        };
        named.or_else(|| Some(known.to_owned()))
    }

    /// How IAM is asked whether a role may make a call.
    pub(in crate::causes) fn question_after(&self, call: &Call, role: &str) -> ask::Simulation {
        call.question(self.own_region(), role)
    }

    /// The stream that a container writes, as CloudWatch Logs asks IAM about it. Policies may name streams by
    /// their prefix.
    fn of_stream(&self, group: &str) -> (String, bool) {
        let name = group.trim_end_matches(":*");
        let named = self.symptom.resource.as_ref().map(|resource| &resource.text);
        if let Some(named) = named.filter(|named| {
            !self.symptom.truncated
                && named.strip_prefix(name).is_some_and(|rest| rest.starts_with(":log-stream:"))
        }) {
            return (named.clone(), true);
        }
        let is_its = |reference: &&Reference| name.ends_with(&format!(":log-group:{}", reference.value_from));
        let container = self.references.iter().find(is_its);
        let prefix = container.and_then(|reference| self.log_option(reference, "awslogs-stream-prefix"));
        let task = self.task.id().unwrap_or("0123456789abcdef0123456789abcdef");
        let container = container.and_then(|reference| reference.container.as_deref()).unwrap_or("container");
        (format!("{name}:log-stream:{}/{container}/{task}", prefix.unwrap_or("ecs")), prefix.is_some())
    }

    /// The calls that were refused, as IAM can be asked about them; several where several references fit.
    pub(in crate::causes) fn refused_calls(&self) -> Vec<Call> {
        if self.symptom.fault == Fault::KmsDenied {
            return self.keys().iter().filter_map(KeyView::decrypt).collect();
        }
        let Some(action) = self.refused_action() else { return Vec::new() };
        let call = |(resource, exact): (String, bool), region: &str| {
            let mut call = Call { exact, ..Call::new(&action, resource, region) };
            if action == "secretsmanager:GetSecretValue" {
                call.context.push(("secretsmanager:VersionStage".to_owned(), "AWSCURRENT".to_owned()));
            }
            call
        };
        match action.split_once(':').map_or("", |(service, _)| service) {
            "secretsmanager" => self
                .secrets()
                .iter()
                .map(|view| call(view.arn(), &view.region))
                .map(with_some_suffix)
                .collect(),
            "ssm" => {
                let known = self.account().or(self.task.account.as_deref()).is_some();
                self.parameters().iter().map(|view| call((view.arn(), known), &view.region)).collect()
            }
            _ => {
                let named = || {
                    self.resource_arn()
                        .filter(|arn| arn.starts_with("arn:") && self.definition().is_none())
                        .into_iter()
                        .collect()
                };
                let resources = policy::resources(self, &action).unwrap_or_else(|_| named());
                let whole = resources.into_iter().filter(|resource| !resource.contains('<'));
                whole
                    .map(|resource| {
                        let region = Arn::parse(&resource)
                            .map(|arn| arn.region.to_owned())
                            .filter(|region| !region.is_empty());
                        let on_stream =
                            matches!(action.as_str(), "logs:CreateLogStream" | "logs:PutLogEvents");
                        let (resource, exact) =
                            if on_stream { self.of_stream(&resource) } else { (resource, true) };
                        call((resource, exact), region.as_deref().unwrap_or(self.own_region()))
                    })
                    .collect()
            }
        }
    }

    /// Asks what is needed to know what the role may: what is asked for by whole ARN, the role, and IAM about
    /// both roles.
    pub(in crate::causes) fn ask_refusal(&self) -> Vec<Question> {
        let region = self.own_region();
        let role = self.role();
        let mut questions: Vec<Question> = role.iter().flat_map(RoleView::ask).collect();
        questions.extend(self.secrets().iter().map(|secret| secret.by_id().into()));
        let unread = |view: &SecretView<'_>| matches!(view.presence(), Presence::NotAsked);
        if self.secrets().iter().any(|view| unread(view) && !view.is_whole()) {
            // The resource's whole ARN comes first.
            return questions;
        }
        let roles = [role.and_then(|role| role.arn()), self.task_role()];
        for call in self.refused_calls().iter().take(CANDIDATES) {
            questions.extend(roles.iter().flatten().map(|role| call.question(region, role).into()));
        }
        questions
    }

    /// What IAM says to each refused call of a role.
    pub(in crate::causes) fn simulated(
        &self,
        role: Option<String>,
    ) -> Vec<(Call, Known<'a, Box<Simulation>>)> {
        let Some(role) = role else { return Vec::new() };
        let region = self.own_region();
        self.refused_calls()
            .into_iter()
            .map(|call| (call.clone(), self.look(&call.question(region, &role))))
            .collect()
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
