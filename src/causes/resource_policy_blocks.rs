//! The policy on the resource refuses the call.

use super::case::{Case, Finding, Fix, Judgement};
use super::command::Command;
use super::image_missing::EcrImage;
use super::name::Kind;
use super::policy::{self, Addition, Document};
use super::role_permission_missing::is_untold;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::arn::Arn;
use crate::policy_document::{NamedRole, Principal, Request, ResourceSide, resource_policy};
use crate::question::facts::Policy;
use crate::question::{Known, Question};
use crate::reason::{Deny, Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "resource-policy-blocks",
    title: "the policy on the resource refuses the call",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret, repository or bucket carries a policy of its own, and that policy refuses the execution role.",
        why: "Resource policies name roles that were replaced, or deny everybody but one; a cross-account reader needs an allow there as well as on the role.",
        tell: "The text says `resource-based policy`.",
        mend: "Let the resource's policy allow the execution role.",
    },
    when: |symptom| {
        let told = symptom.deny == Some(Deny::ResourcePolicy);
        let explicit = symptom.deny == Some(Deny::Explicit) || is_untold(symptom);
        symptom.fault == Fault::AccessDenied && (told || (explicit && symptom.step != Step::LogDriver))
    },
    ask,
    judge,
    fix,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no resource-based policy allows the secretsmanager:GetSecretValue action",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let (who, action, on) = case.refusal();
    let culprit = case.refused_culprit();
    let judgement = |verdict| Judgement::new(verdict, format!("the policy on the resource refuses {who} {action}{on}")).culprit(culprit.clone());
    let told = case.symptom.deny == Some(Deny::ResourcePolicy);
    match side(case) {
        Some((ResourceSide::Denied(at), source)) => judgement(Verdict::Confirmed).finding(Finding::found(format!("{at} of the policy denies it"), source)),
        Some((ResourceSide::Missing { nearly, .. }, source)) => {
            let nearly = nearly.map(|nearly| format!("; {nearly}")).unwrap_or_default();
            if super::cross_account_not_shared::claims(case.symptom) {
                return Judgement::unsupported();
            }
            judgement(Verdict::Confirmed)
                .finding(Finding::missing(format!("an allow for the role of another account in the resource's policy{nearly}"), source))
        }
        Some((ResourceSide::Grants(..) | ResourceSide::NotNeeded, source)) if !told => {
            judgement(Verdict::RuledOut).finding(Finding::found("the resource's own policy does not keep the role out", source))
        }
        _ if !told => Judgement::unsupported(),
        Some((ResourceSide::Grants(at, _), source)) => judgement(Verdict::Possible)
            .passed(Finding::found(format!("{at} of the policy allows it now: it was changed since, and the next task will start"), source)),
        Some((ResourceSide::NotNeeded, source)) => {
            judgement(Verdict::Possible).passed(Finding::found("the resource's policy denies nothing now: it was changed since", source))
        }
        Some((ResourceSide::Unsure(why), _)) => judgement(Verdict::Likely).finding(Finding::unknown(format!("what the resource's policy says: {why}"))),
        None => judgement(Verdict::Likely).findings(Finding::not_told("which statement it is, and whether it still stands", known(case))),
    }
}

/// The question after the policy on the resource that was refused.
fn question(case: &Case<'_>) -> Option<Question> {
    if matches!(case.symptom.step, Step::ImagePull | Step::EcrAuth) {
        return EcrImage::of(case).map(|image| image.policy());
    }
    let secrets = case.secrets();
    let secret = secrets.first()?;
    Some(Question::SecretPolicy { region: secret.region.clone(), id: secret.id.clone() })
}

/// What the policy on the resource says to the role, and where that is from.
pub(super) fn side(case: &Case<'_>) -> Option<(ResourceSide, &'static str)> {
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
pub(super) fn ask(case: &Case<'_>) -> Vec<Question> {
    question(case).into_iter().chain(case.ask_refusal()).collect()
}

/// What is known of the policy.
fn known<'c>(case: &Case<'c>) -> Known<'c, Policy> {
    question(case).map_or(Known::NotAsked, |question| case.look(&question))
}

/// The command that shows the policy, or the one that writes it whole.
fn command(case: &Case<'_>, whole: Option<&Document>) -> Option<Command> {
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

pub(super) fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    match side(case) {
        Some((ResourceSide::Denied(at), _)) => {
            Fix::words(format!("narrow or remove {at} of the resource's own policy; an allow does not help{}", case.then_again())).run(command(case, None))
        }
        Some((ResourceSide::Missing { mut add, .. }, _)) => {
            add["Action"] = policy::with_next(&action);
            let text = "add the statement to the resource's own policy";
            let again = case.then_again();
            match policy::addition(case, known(case).found().map(|policy| &policy.0), add) {
                Ok(Addition { statement, whole: Some(whole) }) => {
                    Fix::words(format!("{text} (the command keeps what stands there){again}")).run(case.commands(command(case, Some(&whole)))).policy(statement)
                }
                Ok(Addition { statement, whole: None }) => {
                    Fix::words(format!("{text}, which the command shows{again}")).run(case.commands(command(case, None))).policy(statement)
                }
                Err(why) => Fix::words(format!("let {who} call {action} in the resource's own policy{again}; {why}")).run(command(case, None)),
            }
        }
        _ => Fix::words(format!("let {who} call {action} in the resource's own policy{}", case.then_again())).run(command(case, None)),
    }
}
