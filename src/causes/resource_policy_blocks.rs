//! The policy on the resource refuses the call.

use serde_json::json;

use super::case::{Case, Finding, Fix, Judgement};
use super::command::Command;
use super::image_missing::EcrImage;
use super::role_permission_missing::is_untold;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::arn::Arn;
use crate::policy_document::{NamedRole, Principal, Request, ResourceSide, resource_policy, with_statement};
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
        Some((ResourceSide::Grants(_) | ResourceSide::NotNeeded, source)) if !told => {
            judgement(Verdict::RuledOut).finding(Finding::found("the resource's own policy does not keep the role out", source))
        }
        _ if !told => Judgement::unsupported(),
        Some((ResourceSide::Grants(at), source)) => judgement(Verdict::Possible)
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

/// The commands that read and write the policy.
fn commands(case: &Case<'_>, whole: Option<&str>) -> Vec<String> {
    let of = |words: &str| match question(case) {
        Some(Question::RepositoryPolicy { region, registry, name }) => {
            let command = Command::new(&format!("aws ecr {words}-repository-policy")).option("--region", &region);
            Some(command.option("--registry-id", &registry).option("--repository-name", &name))
        }
        Some(Question::SecretPolicy { region, id }) => {
            Some(Command::new(&format!("aws secretsmanager {words}-resource-policy")).option("--region", &region).option("--secret-id", &id))
        }
        _ => None,
    };
    let option = if matches!(question(case), Some(Question::RepositoryPolicy { .. })) { "--policy-text" } else { "--resource-policy" };
    let write = |command: Command| whole.map(|whole| command.option(option, whole).finish());
    let written = of(if option == "--policy-text" { "set" } else { "put" }).and_then(write);
    written.or_else(|| of("get").map(Command::finish)).into_iter().collect()
}

pub(super) fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    match side(case) {
        Some((ResourceSide::Denied(at), _)) => Fix {
            text: format!("narrow or remove {at} of the resource's own policy; an allow does not help{}", case.then_again()),
            commands: commands(case, None),
            policy: None,
            ..Fix::default()
        },
        Some((ResourceSide::Missing { mut add, .. }, _)) => {
            if action.starts_with("ecr:") {
                add["Action"] = json!(super::role_permission_missing::actions(&action));
            }
            let whole = with_statement(known(case).found().map(|policy| &policy.0), &add).to_string();
            let text = format!("add the statement to the resource's own policy (the command keeps what stands there){}", case.then_again());
            Fix { text, commands: case.commands(commands(case, Some(&whole))), policy: Some(add), ..Fix::default() }
        }
        _ => Fix {
            text: format!("let {who} call {action} in the resource's own policy{}", case.then_again()),
            commands: commands(case, None),
            policy: None,
            ..Fix::default()
        },
    }
}
