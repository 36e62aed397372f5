//! The secret belongs to another account, which does not share it with this one.

use serde_json::json;

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::name::Kind;
use super::policy;
use super::proof::{Complete, Identity, Proof, Time};
use super::refusal::{is_across_accounts, owner};
use super::resource_policy::{self, ask, known, side};
use super::secret::{DESCRIBE, Presence, SecretView};
use super::{Cause, Example, Explanation, Owner};
use crate::policy_document::ResourceSide;
use crate::reason::{Deny, Fault};

pub(super) const CAUSE: Cause = Cause {
    id: "cross-account-not-shared",
    title: "the other account does not share it",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The resource is in another account than the task. Reading across accounts takes three things: a permission on the execution role, a policy on the resource, and a customer managed KMS key that both allow.",
        why: "The resource has no policy for the caller, or the secret is under the default key aws/secretsmanager, which cannot be shared.",
        tell: "The account in the resource's ARN is not the caller's, or the text says `encrypt the secret with the default KMS service key`.",
        fix: "Have the owner add a resource policy, and encrypt with a customer managed key whose policy allows the role.",
    },
    references: &[
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    ],
    when: is_across_accounts,
    ask,
    assess: |case| Some(assess(case)),
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

fn assess(case: &Case<'_>) -> Assessment {
    let name = case.name().unwrap_or_else(|| "the secret".to_owned());
    let owner = owner(case.symptom).unwrap_or("another account");
    let shares_not = format!("account {owner} does not share {name} with this one");
    if let Some((secret, found)) =
        case.secrets().iter().find_map(|secret| Some((secret, default_key(secret)?)))
    {
        let proof =
            Proof::by(vec![found], Identity::named(case, &secret.id), Complete::alone(), Time::as_ecs_said());
        let title =
            format!("secret {name} of account {owner} is under the default KMS key, which cannot be shared");
        return Assessment::confirmed(title, proof).fix(fix_key(case));
    }
    if case.symptom.fault == Fault::Misconfigured {
        let title =
            format!("secret {name} of another account is under the default KMS key, which cannot be shared");
        let unknown = Finding::unknown("whether the secret's policy allows this account");
        return Assessment::likely(title).finding(unknown).fix(fix_key(case));
    }
    let proof = |found: Finding| {
        Proof::by(
            vec![found],
            Identity::of_own_role(case),
            Complete::of("the secret's own policy", [known(case)]),
            Time::as_ecs_said(),
        )
    };
    match side(case) {
        Some((ResourceSide::Missing { nearly, .. }, source)) => {
            let nearly = nearly.map(|nearly| format!("; {nearly}")).unwrap_or_default();
            let missing =
                Finding::missing(format!("an allow for the role in the secret's policy{nearly}"), source);
            let fix = resource_policy::fix(case).reworded(|text| {
                format!("in the owner's account: {text}; allow the role to decrypt with its key too")
            });
            return Assessment::confirmed(shares_not, proof(missing)).fix(fix);
        }
        Some((ResourceSide::Grants(at, _), source)) => {
            let open = proof(Finding::found(format!("{at} of the secret's policy allows the role"), source));
            return Assessment::ruled_out(format!("account {owner} shares {name} with this one"), open);
        }
        _ => {}
    }
    let why = case.secrets().iter().find_map(|secret| match secret.presence() {
        Presence::Unknown(why) => Some(format!(": {why}")),
        _ => None,
    });
    let which = "which of the three is missing: the resource's policy, the role's permission, or the key's";
    let assessment = if case.symptom.deny == Some(Deny::ResourcePolicy) {
        Assessment::likely(shares_not)
    } else {
        Assessment::possible(shares_not)
    };
    assessment.finding(Finding::unknown(format!("{which}{}", why.unwrap_or_default()))).fix(fix_policy(case))
}

/// That a secret of another account names no key of its own.
fn default_key(secret: &SecretView<'_>) -> Option<Finding> {
    let Presence::Here(found) = secret.presence() else { return None };
    let is_default = found.kms_key_id.as_deref().is_none_or(|key| key.ends_with("alias/aws/secretsmanager"));
    is_default.then(|| {
        Finding::found(
            "the secret names no key of its own, so it is encrypted with aws/secretsmanager",
            DESCRIBE,
        )
    })
}

fn on_secret(case: &Case<'_>, words: &'static str) -> Command {
    case.aws(words).name("--secret-id", Kind::Secret, case.resource_arn().as_deref())
}

fn fix_key(case: &Case<'_>) -> Fix {
    let text = "in the owner's account: encrypt the secret with a customer managed key whose policy allows the role to decrypt, and allow the role in the secret's policy";
    Fix::words(text)
        .run([on_secret(case, "secretsmanager update-secret").words("--kms-key-id '<key>'")])
        .then_again(case)
}

fn fix_policy(case: &Case<'_>) -> Fix {
    let look = on_secret(case, "secretsmanager get-resource-policy");
    let text = "in the owner's account: allow the role in the secret's policy";
    let and_key = "; encrypt with a customer managed key that allows it";
    let role = case.own_role().unwrap_or_default();
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
    match policy::addition(case, None, statement) {
        Ok(addition) => Fix::words(format!("{text} (add the statement to what the command shows){and_key}"))
            .run([look])
            .then_again(case)
            .policy(addition.statement),
        Err(why) => Fix::words(format!("{text}{and_key}; {why}")).run([look]).then_again(case),
    }
}
