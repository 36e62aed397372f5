//! The secret belongs to another account, which has not let this one in.

use serde_json::json;

use super::case::{Case, Finding, Fix, Judgement};
use super::look::Presence;
use super::name::Kind;
use super::policy;
use super::resource_policy_blocks::side;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::arn::Arn;
use crate::policy_document::ResourceSide;
use crate::reason::{Deny, Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "cross-account-not-shared",
    title: "the other account does not share it",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The resource is in another account than the task. Reading across accounts takes three things: a permission on the execution role, a policy on the resource, and a customer managed KMS key that both allow.",
        why: "The resource has no policy for the caller, or the secret is under the default key aws/secretsmanager, which cannot be shared.",
        tell: "The account in the resource's ARN is not the caller's, or the text says `encrypt the secret with the default KMS service key`.",
        mend: "Have the owner add a resource policy, and encrypt with a customer managed key whose policy allows the role.",
    },
    when: claims,
    ask: super::resource_policy_blocks::ask,
    judge,
    fix,
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:444455556666:secret:shared/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:444455556666:secret:shared/db-AbC123 because no resource-based policy allows the secretsmanager:GetSecretValue action",
            also: &["resource-policy-blocks"],
        },
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:444455556666:secret:shared/db-AbC123 from secrets manager: InvalidRequestException: You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key. status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &[],
        },
    ],
};

pub(super) fn claims(symptom: &Symptom) -> bool {
    let default_key = symptom.step == Step::SecretsManager && symptom.fault == Fault::Misconfigured;
    let a_secret = symptom.resource.as_ref().is_some_and(|resource| resource.text.contains(":secretsmanager:"));
    default_key || (a_secret && symptom.fault == Fault::AccessDenied && owner(symptom).is_some())
}

/// The account that owns the resource, where it is known to be another than the caller's.
fn owner(symptom: &Symptom) -> Option<&str> {
    let owner = symptom.account.as_ref()?.text.as_str();
    let caller = Arn::parse(&symptom.principal.as_ref()?.text)?.account;
    (!caller.is_empty() && caller != owner).then_some(owner)
}

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "the secret".to_owned());
    if case.symptom.fault == Fault::Misconfigured {
        return Judgement::new(Verdict::Likely, format!("secret {name} of another account is under the default KMS key, which cannot be shared"))
            .finding(Finding::unknown("whether the secret's policy lets this account in"));
    }
    let owner = owner(case.symptom).unwrap_or("another account");
    if let Some((ResourceSide::Missing { nearly, .. }, source)) = side(case) {
        let nearly = nearly.map(|nearly| format!("; {nearly}")).unwrap_or_default();
        return Judgement::new(Verdict::Confirmed, format!("account {owner} does not share {name} with this one"))
            .finding(Finding::missing(format!("an allow for the role in the secret's policy{nearly}"), source));
    }
    if case.secrets().iter().any(|secret| secret.found().is_some_and(|found| found.kms_key_id.is_none())) {
        return Judgement::new(Verdict::Confirmed, format!("secret {name} of account {owner} is under the default KMS key, which cannot be shared"))
            .finding(Finding::found("the secret names no key of its own, so it is encrypted with aws/secretsmanager", "DescribeSecret"));
    }
    if let Some((ResourceSide::Grants(at, _), source)) = side(case) {
        return Judgement::new(Verdict::RuledOut, format!("account {owner} shares {name} with this one"))
            .finding(Finding::found(format!("{at} of the secret's policy lets the role"), source));
    }
    let verdict = if case.symptom.deny == Some(Deny::ResourcePolicy) { Verdict::Likely } else { Verdict::Possible };
    let why = case.secrets().iter().find_map(|secret| match secret.presence() {
        Presence::Unknown(why) => Some(format!(": {why}")),
        _ => None,
    });
    let which = "which of the three is missing: the resource's policy, the role's permission, or the key's";
    Judgement::new(verdict, format!("account {owner} does not share {name} with this one"))
        .finding(Finding::unknown(format!("{which}{}", why.unwrap_or_default())))
}

/// Whether it is the key alone that keeps the secret from being shared.
fn is_by_default_key(case: &Case<'_>) -> bool {
    let named = case.secrets().iter().any(|secret| secret.found().is_some_and(|found| found.kms_key_id.is_none()));
    case.symptom.fault == Fault::Misconfigured || (named && !matches!(side(case), Some((ResourceSide::Missing { .. }, _))))
}

fn fix(case: &Case<'_>) -> Fix {
    let secret = case.resource_arn();
    let on_secret = |words| case.aws(words).name("--secret-id", Kind::Secret, secret.as_deref());
    if is_by_default_key(case) {
        let text = "in the owner's account: encrypt the secret with a customer managed key whose policy lets the role decrypt, and allow the role in the secret's policy";
        return Fix::words(format!("{text}{}", case.then_again())).run([on_secret("secretsmanager update-secret").words("--kms-key-id '<key>'")]);
    }
    if matches!(side(case), Some((ResourceSide::Missing { .. }, _))) {
        let fix = super::resource_policy_blocks::fix(case);
        let text = format!("in the owner's account: {}; let the role decrypt with its key too", fix.text);
        return Fix { text, commands: fix.commands.into_iter().take(1).collect(), ..fix };
    }
    let look = on_secret("secretsmanager get-resource-policy");
    let text = "in the owner's account: allow the role in the secret's policy";
    let and_key = format!("; encrypt with a customer managed key that allows it{}", case.then_again());
    let role = case.own_role().unwrap_or_default();
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
    match policy::addition(case, None, statement) {
        Ok(addition) => Fix::words(format!("{text} (add the statement to what the command shows){and_key}")).run([look]).policy(addition.statement),
        Err(why) => Fix::words(format!("{text}{and_key}; {why}")).run([look]),
    }
}
