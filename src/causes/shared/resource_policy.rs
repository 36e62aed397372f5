//! The policy on the resource of a refused call: a secret's or a repository's own.

use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::image::EcrImage;
use super::name::Kind;
use super::policy::{self, Document};
use super::secret::Presence;
use crate::arn::Arn;
use crate::policy_document::{NamedRole, Principal, Request, ResourceSide, resource_policy};
use crate::question::facts::Policy;
use crate::question::{Known, Question, ask};
use crate::reason::Step;

/// The question after the policy on the resource that was refused.
pub(in crate::causes) fn question(case: &Case<'_>) -> Option<Question> {
    if matches!(case.symptom.step, Step::ImagePull | Step::EcrAuth) {
        return EcrImage::of(case).map(|image| image.policy().into());
    }
    let secrets = case.secrets();
    let secret = secrets.first()?;
    Some(ask::SecretPolicy { region: secret.region.clone(), id: secret.id.clone() }.into())
}

/// What the policy on the resource says to the role, and where that is from.
pub(in crate::causes) fn side(case: &Case<'_>) -> Option<(ResourceSide, &'static str)> {
    let question = question(case)?;
    let document = match known(case) {
        Known::Found(policy) => Some(&policy.0),
        // AWS says the same of a resource without a policy and of one that is gone.
        Known::Missing if is_there(case) => None,
        Known::Missing | Known::Unknown(_) | Known::NotAsked => return None,
    };
    let call = case.refused_calls().into_iter().next()?;
    let role_arn = case.role()?.arn().or_else(|| case.symptom.principal.as_deref().map(str::to_owned))?;
    let role = NamedRole::parse(&role_arn)?;
    let owner =
        Arn::parse(&call.resource).map(|arn| arn.account.to_owned()).filter(|account| !account.is_empty())?;
    let request = Request {
        principal: Principal::Role(role),
        action: &call.action,
        resource: &call.resource,
        context: &[],
    };
    Some((resource_policy(document, &request, &owner), question.source()))
}

/// Whether the resource exists, as far as AWS says.
fn is_there(case: &Case<'_>) -> bool {
    if matches!(case.symptom.step, Step::ImagePull | Step::EcrAuth) {
        return EcrImage::of(case)
            .is_none_or(|image| !matches!(case.look(&image.repository()), Known::Missing));
    }
    case.secrets()
        .first()
        .is_some_and(|secret| !matches!(secret.presence(), Presence::Gone | Presence::OtherSuffix(_)))
}

/// Asks for the policy, and for what names the resource and the role whole.
pub(in crate::causes) fn ask(case: &Case<'_>) -> Vec<Question> {
    question(case).into_iter().chain(case.ask_refusal()).collect()
}

/// What is known of the policy.
pub(in crate::causes) fn known<'c>(case: &Case<'c>) -> Known<'c, Policy> {
    match question(case) {
        Some(Question::RepositoryPolicy(ask)) => case.look(&ask),
        Some(Question::SecretPolicy(ask)) => case.look(&ask),
        _ => Known::NotAsked,
    }
}

/// The command that shows the policy, or the one that writes it whole.
pub(in crate::causes) fn command(case: &Case<'_>, whole: Option<&Document>) -> Option<Command> {
    match question(case)? {
        Question::RepositoryPolicy(ask::RepositoryPolicy { region, registry, name }) => {
            let words =
                if whole.is_some() { "ecr set-repository-policy" } else { "ecr get-repository-policy" };
            let command =
                Command::aws(words, Some(&region)).name("--registry-id", Kind::Account, registry.as_str());
            let command = command.name("--repository-name", Kind::Repository, name.as_str());
            Some(whole.into_iter().fold(command, |command, whole| command.document("--policy-text", whole)))
        }
        Question::SecretPolicy(ask::SecretPolicy { region, id }) => {
            let words = if whole.is_some() {
                "secretsmanager put-resource-policy"
            } else {
                "secretsmanager get-resource-policy"
            };
            let command = Command::aws(words, Some(&region)).name("--secret-id", Kind::Secret, id.as_str());
            Some(
                whole
                    .into_iter()
                    .fold(command, |command, whole| command.document("--resource-policy", whole)),
            )
        }
        _ => None,
    }
}

/// What allows the role by the policy, or narrows the statement that denies it.
pub(in crate::causes) fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    match side(case) {
        Some((ResourceSide::Denied(at), _)) => {
            Fix::words(format!("narrow or remove {at} of the resource's own policy; an allow does not help"))
                .run(command(case, None))
                .then_again(case)
        }
        Some((ResourceSide::Missing { mut add, .. }, _)) => {
            add["Action"] = policy::with_next(&action);
            match policy::addition(case, known(case).found().map(|policy| &policy.0), add) {
                Ok(addition) => {
                    let (how, command, statement) =
                        addition.by(|whole| command(case, Some(whole)), || command(case, None));
                    Fix::words(format!("add the statement to the resource's own policy{how}"))
                        .run(command)
                        .then_again(case)
                        .policy(statement)
                }
                Err(why) => {
                    Fix::words(format!("allow {who} to call {action} in the resource's own policy; {why}"))
                        .run(command(case, None))
                        .then_again(case)
                }
            }
        }
        _ => Fix::words(format!("allow {who} to call {action} in the resource's own policy"))
            .run(command(case, None))
            .then_again(case),
    }
}
