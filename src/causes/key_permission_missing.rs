//! The execution role may not use the KMS key behind the secret or parameter.

use serde_json::json;

use super::case::{Case, Culprit, Finding, FindingKind, Fix, Judgement};
use super::command::Command;
use super::look::KeyView;
use super::name::Kind;
use super::policy::{self, Addition};
use super::role_permission_missing::SIMULATION;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::policy_document::{KeySide, NamedRole};
use crate::question::Known;
use crate::question::facts::Simulation;
use crate::reason::{Deny, Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "key-permission-missing",
    title: "the execution role may not use the KMS key",
    owner: Owner::KeyOwner,
    explanation: Explanation {
        what: "The secret or parameter was found, but it is encrypted with a KMS key that the execution role may not use.",
        why: "A secret under a customer managed key needs kms:Decrypt besides the permission to read it, on the role and, if the key policy does not delegate to IAM, in the key policy. \
              Another account always needs both.",
        tell: "Secrets Manager says only `Access to KMS is not allowed` and names neither key nor caller; Parameter Store passes on KMS's own words. A missing allow and an explicit deny read the same.",
        mend: "Allow kms:Decrypt on that key, limited to the service through which it is used.",
    },
    when: claims,
    ask: |case| case.ask_keys().into_iter().chain(case.ask_refusal()).collect(),
    judge,
    fix,
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &["key-unusable"],
        },
        Example {
            text: "Fetching secret data from SSM Parameter Store in us-west-2: AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 9d1f0c52-3f6b-4a57-8c41-5d0e7b2a6c13; Proxy: null) status code: 400, request id: c07b7c1e-64f2-4b6d-9a58-2f3e1d0c9b8a",
            also: &["key-unusable"],
        },
    ],
};

fn judge(case: &Case<'_>) -> Judgement {
    let role = case.role_name().map_or("the execution role".to_owned(), |role| format!("role {role}"));
    let decisions = case.simulated_refusals();
    let side = |key: &KeyView<'_>| {
        let simulated = decisions.iter().find(|(call, _)| Some(&call.resource) == key.arn().as_ref()).and_then(|(_, known)| known.found());
        sides(case, key, simulated.map(AsRef::as_ref))
    };
    let keys = case.keys();
    let judged: Vec<(&KeyView<'_>, Side)> = keys.iter().map(|key| (key, side(key))).collect();
    if keys.iter().any(|key| matches!(key.known(), Known::Missing)) {
        return Judgement::unsupported();
    }
    if let Some((key, Side::Refuses(finding))) = judged.iter().find(|(_, side)| matches!(side, Side::Refuses(_))) {
        let of = key.of.as_ref().map(|name| format!(" of {} {name}", noun(case))).unwrap_or_default();
        return Judgement::new(Verdict::Confirmed, format!("{role} may not decrypt with the KMS key{of}"))
            .culprit(key.culprit())
            .finding(finding.clone())
            .findings(other_side(case, key));
    }
    if !judged.is_empty() && judged.iter().all(|(_, side)| matches!(side, Side::Allows)) {
        if keys.iter().any(|key| key.unusable().is_some()) {
            return Judgement::new(Verdict::RuledOut, format!("{role} may decrypt with the KMS key"))
                .finding(Finding::found("the role's policies and the key policy allow kms:Decrypt", "GetKeyPolicy"));
        }
        let said = "the role's policies and the key policy allow kms:Decrypt now: one of them was changed since the task failed";
        return Judgement::new(Verdict::Possible, format!("{role} might not decrypt with the KMS key"))
            .culprit(judged[0].0.culprit())
            .passed(Finding::found(said, "GetKeyPolicy"));
    }
    let behind = match (case.name(), &case.symptom.key) {
        (_, Some(key)) => format!("KMS key {}", key.text),
        (Some(name), None) => format!("the KMS key of {} {name}", noun(case)),
        (None, None) => format!("the KMS key of a {}", noun(case)),
    };
    let culprit =
        Culprit { kind: "kms-key", id: case.symptom.key.as_ref().map(|key| key.text.clone()).or_else(|| case.name()), references: case.references.clone() };
    let told_by = match (&case.symptom.key, case.symptom.step) {
        (Some(_), _) => "stoppedReason",
        (None, Step::ParameterStore) => super::parameter_missing::DESCRIBE_PARAMETERS,
        (None, _) => super::look::DESCRIBE,
    };
    let named = keys.first().map(|key| Finding::found(format!("the key is {}", key.id), told_by));
    let which = named.is_none().then(|| Finding::unknown(format!("which key it is: ask the {} for its KmsKeyId", noun(case))));
    let why = judged.iter().find_map(|(_, side)| match side {
        Side::Unknown(why) => why.clone(),
        Side::Allows | Side::Refuses(_) => None,
    });
    let allowed =
        is_allowed_by_role(case).then(|| Finding::found("the role's policies allow kms:Decrypt on it, so the key policy refused, or did", SIMULATION));
    Judgement::new(Verdict::Likely, format!("{role} may not decrypt with {behind}"))
        .culprit(culprit)
        .findings(named)
        .findings(allowed)
        .findings(which)
        .finding(Finding::unknown(format!("whether the role's policies or the key policy refuse{}", why.map(|why| format!(": {why}")).unwrap_or_default())))
        .findings(case.definition_unknown().filter(|_| case.symptom.resource.is_none()))
}

/// What identity side and key side say together.
enum Side {
    Allows,
    Refuses(Finding),
    Unknown(Option<String>),
}

fn sides(case: &Case<'_>, key: &KeyView<'_>, simulated: Option<&Simulation>) -> Side {
    let identity = simulated.map(|simulation| simulation.eval_decision == "allowed");
    let decision = simulated.map(|simulation| simulation.eval_decision.as_str()).unwrap_or_default();
    let refused = || Side::Refuses(Finding::missing(format!("kms:Decrypt on the key in the role's policies ({decision})"), SIMULATION));
    let role_arn = case.role().and_then(|role| role.arn());
    let side = role_arn.as_deref().and_then(NamedRole::parse).and_then(|role| key.side(&role));
    let Some(side) = side else {
        let why = match key.policy() {
            Known::Unknown(why) => Some(why.to_owned()),
            _ => None,
        };
        return if identity == Some(false) { refused() } else { Side::Unknown(why) };
    };
    match (side, identity) {
        (KeySide::Refused { nearly, .. }, _) => {
            let nearly = nearly.map(|nearly| format!("; {nearly}")).unwrap_or_default();
            Side::Refuses(Finding::missing(
                format!("an allow for the role or its account in the key policy, so no permission on the role helps{nearly}"),
                "GetKeyPolicy",
            ))
        }
        (KeySide::Denied(at), _) => Side::Refuses(Finding::found(format!("the key policy denies it: {at}"), "GetKeyPolicy")),
        (KeySide::Delegated(_) | KeySide::Unsure(_), Some(false)) => refused(),
        (KeySide::Direct(..), _) | (KeySide::Delegated(_), Some(true)) => Side::Allows,
        (KeySide::Delegated(_), None) => Side::Unknown(Some("the key policy leaves it to the role's policies".to_owned())),
        (KeySide::Unsure(why), _) => Side::Unknown(Some(why)),
    }
}

/// Whether the role's own policies allow it on every key that it can be.
fn is_allowed_by_role(case: &Case<'_>) -> bool {
    let decisions = case.simulated_refusals();
    !decisions.is_empty() && decisions.iter().all(|(_, known)| known.found().is_some_and(|told| told.eval_decision == "allowed"))
}

/// What is known of the key policy, where the role's policies refuse: it may refuse too.
fn other_side(case: &Case<'_>, key: &KeyView<'_>) -> Option<Finding> {
    let role_arn = case.role()?.arn()?;
    let side = NamedRole::parse(&role_arn).and_then(|role| key.side(&role));
    match (side, key.policy()) {
        (Some(KeySide::Delegated(at)), _) => Some(Finding::found(format!("{at} of the key policy leaves it to the policies of the role"), "GetKeyPolicy")),
        (Some(KeySide::Unsure(why)), _) => Some(Finding::unknown(format!("whether the key policy lets the role too: {why}"))),
        (None, Known::Unknown(why)) => Some(Finding::unknown(format!("whether the key policy lets the role too: {why}"))),
        _ => None,
    }
}

/// Whether a key was refused; shared with the cause that it cannot be used.
pub(super) fn claims(symptom: &Symptom) -> bool {
    symptom.fault == Fault::KmsDenied && matches!(symptom.refused_by, None | Some(Deny::Identity | Deny::ResourcePolicy))
}

fn noun(case: &Case<'_>) -> &'static str {
    match case.symptom.step {
        Step::ParameterStore => "parameter",
        Step::EnvFile => "file",
        _ => "secret",
    }
}

/// The statement that the key policy lacks, where that is known to be the side that refuses.
fn key_side(case: &Case<'_>) -> Option<Fix> {
    let keys = case.keys();
    let role_arn = case.role()?.arn()?;
    let role = NamedRole::parse(&role_arn)?;
    keys.iter().find_map(|key| {
        let (document, arn) = (key.policy().found()?, key.arn()?);
        let KeySide::Refused { add, .. } = key.side(&role)? else { return None };
        let on_key = |words| Command::aws(words, Some(&key.region)).name("--key-id", Kind::Key, arn.as_str()).words("--policy-name default");
        let again = case.then_again();
        Some(match policy::addition(case, Some(&document.0), add) {
            Ok(Addition { statement, whole: Some(whole) }) => {
                Fix::words(format!("add the statement to the key policy (the command keeps what stands there){again}"))
                    .run(case.commands([on_key("kms put-key-policy").document("--policy", &whole)]))
                    .policy(statement)
            }
            Ok(Addition { statement, whole: None }) => Fix::words(format!("add the statement to the key policy, which the command shows{again}"))
                .run(case.commands([on_key("kms get-key-policy")]))
                .policy(statement),
            Err(why) => Fix::words(format!("let {} decrypt in the key policy{again}; {why}", case.who())).run([on_key("kms get-key-policy")]),
        })
    })
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some(fix) = key_side(case) {
        return fix;
    }
    let keys = case.keys();
    let key = keys.first().and_then(KeyView::arn);
    let again = case.then_again();
    if let (true, Some(role)) = (is_allowed_by_role(case), case.own_role()) {
        let via = json!({"StringEquals": {"kms:ViaService": case.via_service()}});
        let add = json!({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:Decrypt", "Resource": "*", "Condition": via});
        let look = case.aws("kms get-key-policy").name("--key-id", Kind::Key, key.as_deref()).words("--policy-name default");
        let fix = Fix::words(format!("add the statement to the key policy, if nothing there says so{again}")).run([look]);
        return policy::addition(case, None, add).into_iter().fold(fix, |fix, addition| fix.policy(addition.statement));
    }
    let arn = case.resource_arn().filter(|arn| key.is_none() && arn.contains(":secretsmanager:"));
    let look = arn.map(|arn| case.aws("secretsmanager describe-secret").name("--secret-id", Kind::Secret, arn.as_str()).words("--query KmsKeyId"));
    let delegated = keys.iter().any(|key| matches!(other_side(case, key), Some(finding) if finding.kind == FindingKind::Found));
    let also = if delegated { "" } else { ", and in the key policy if that does not leave it to IAM" };
    match policy::grant(case, "kms:Decrypt") {
        Ok(grant) => {
            let fix = Fix::words(format!("allow kms:Decrypt on the key in a policy of role {}{also}{again}", grant.role_name()));
            let snippets = grant.snippets();
            Fix { snippets, ..fix.run(case.commands(look.into_iter().chain([grant.put()]))).policy(grant.document) }
        }
        Err(why) => Fix::words(format!("allow kms:Decrypt on the key in a policy of {}{also}{again}; {why}", case.who())).run(look),
    }
}
