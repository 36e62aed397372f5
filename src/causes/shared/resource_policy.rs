//! The policy on the resource of a refused call: a secret's or a repository's own.

use super::case::Case;
use super::command::Command;
use super::image::EcrImage;
use super::name::Kind;
use super::policy::Document;
use crate::arn::Arn;
use crate::policy_document::{NamedRole, Principal, Request, ResourceSide, resource_policy};
use crate::question::facts::Policy;
use crate::question::{Known, Question};
use crate::reason::Step;

/// The question after the policy on the resource that was refused.
pub(in crate::causes) fn question(case: &Case<'_>) -> Option<Question> {
    if matches!(case.symptom.step, Step::ImagePull | Step::EcrAuth) {
        return EcrImage::of(case).map(|image| image.policy());
    }
    let secrets = case.secrets();
    let secret = secrets.first()?;
    Some(Question::SecretPolicy { region: secret.region.clone(), id: secret.id.clone() })
}

/// What the policy on the resource says to the role, and where that is from.
pub(in crate::causes) fn side(case: &Case<'_>) -> Option<(ResourceSide, &'static str)> {
    let question = question(case)?;
    let document = match case.look::<Policy>(&question) {
        Known::Found(policy) => Some(&policy.0),
        Known::Missing => None,
        Known::Unknown(_) | Known::NotAsked => return None,
    };
    let call = case.refused_calls().into_iter().next()?;
    let role_arn = case.role()?.arn().or_else(|| case.symptom.principal.as_ref().map(|fact| fact.text.clone()))?;
    let role = NamedRole::parse(&role_arn)?;
    let owner = Arn::parse(&call.resource).map(|arn| arn.account.to_owned()).filter(|account| !account.is_empty())?;
    let request = Request { principal: Principal::Role(role), action: &call.action, resource: &call.resource, context: &[] };
    Some((resource_policy(document, &request, &owner), question.source()))
}

/// Asks for the policy, and for what names the resource and the role whole.
pub(in crate::causes) fn ask(case: &Case<'_>) -> Vec<Question> {
    question(case).into_iter().chain(case.ask_refusal()).collect()
}

/// What is known of the policy.
pub(in crate::causes) fn known<'c>(case: &Case<'c>) -> Known<'c, Policy> {
    question(case).map_or(Known::NotAsked, |question| case.look(&question))
}

/// The command that shows the policy, or the one that writes it whole.
pub(in crate::causes) fn command(case: &Case<'_>, whole: Option<&Document>) -> Option<Command> {
    match question(case)? {
        Question::RepositoryPolicy { region, registry, name } => {
            let words = if whole.is_some() { "ecr set-repository-policy" } else { "ecr get-repository-policy" };
            let command = Command::aws(words, Some(&region)).name("--registry-id", Kind::Account, registry.as_str());
            let command = command.name("--repository-name", Kind::Repository, name.as_str());
            Some(whole.into_iter().fold(command, |command, whole| command.document("--policy-text", whole)))
        }
        Question::SecretPolicy { region, id } => {
            let words = if whole.is_some() { "secretsmanager put-resource-policy" } else { "secretsmanager get-resource-policy" };
            let command = Command::aws(words, Some(&region)).name("--secret-id", Kind::Secret, id.as_str());
            Some(whole.into_iter().fold(command, |command, whole| command.document("--resource-policy", whole)))
        }
        _ => None,
    }
}
