//! The execution role is not authorized to use the KMS key behind the secret or parameter.

use serde_json::{Value, json};

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::key::KeyView;
use super::name::Kind;
use super::parameter::DESCRIBE_PARAMETERS;
use super::policy;
use super::proof::{Complete, Identity, Proof, Time};
use super::refusal::{Refuser, SIMULATION, all_allowed, is_allowed, is_whole, refuser};
use super::secret::DESCRIBE;
use super::{Cause, Example, Explanation, Owner};
use crate::policy_document::{At, KeySide, NamedRole};
use crate::question::Known;
use crate::reason::{Deny, Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "key-permission-missing",
    title: "the execution role is not authorized to use the KMS key",
    owner: Owner::KeyOwner,
    explanation: Explanation {
        what: "The secret or parameter was found, but it is encrypted with a KMS key that the execution role is not authorized to use.",
        why: "A secret under a customer managed key needs kms:Decrypt in addition to the permission to read it, on the role and, if the key policy does not delegate to IAM, in the key policy. \
              Another account always needs both.",
        tell: "Secrets Manager says only `Access to KMS is not allowed` and names neither key nor caller; Parameter Store passes on KMS's own words. A missing allow and an explicit deny read the same.",
        fix: "Allow kms:Decrypt on that key, limited to the service through which it is used.",
    },
    references: &[
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html",
    ],
    when: claims,
    ask: |case| case.ask_keys().into_iter().chain(case.ask_refusal()).collect(),
    assess,
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &[
                "role-explicit-deny",
                "permissions-boundary-blocks",
                "organization-policy-blocks",
                "endpoint-policy-blocks",
                "key-unusable",
            ],
        },
        Example {
            text: "Fetching secret data from SSM Parameter Store in us-west-2: AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 9d1f0c52-3f6b-4a57-8c41-5d0e7b2a6c13; Proxy: null) status code: 400, request id: c07b7c1e-64f2-4b6d-9a58-2f3e1d0c9b8a",
            also: &[
                "role-explicit-deny",
                "permissions-boundary-blocks",
                "organization-policy-blocks",
                "endpoint-policy-blocks",
                "key-unusable",
            ],
        },
    ],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let keys = case.keys();
    if keys.iter().any(|key| matches!(key.known(), Known::Missing)) {
        return None;
    }
    let role = case.role_name().map_or("the execution role".to_owned(), |role| format!("role {role}"));
    let judged: Vec<(&KeyView<'_>, Ruling)> = keys.iter().map(|key| (key, ruling(case, key))).collect();
    if let Some((key, ruling)) =
        judged.iter().find(|(_, ruling)| matches!(ruling, Ruling::Denied(_) | Ruling::NotAllowed { .. }))
    {
        let of = key.of.as_ref().map(|name| format!(" of {} {name}", noun(case))).unwrap_or_default();
        let (found, gap, fix) = match ruling {
            Ruling::Denied(at) => (
                Finding::found(format!("the key policy denies it: {at}"), KEY_POLICY),
                None,
                fix_deny(case, key, at),
            ),
            Ruling::NotAllowed { found, gap, add } => {
                (found.clone(), gap.clone(), fix_allow(case, key, add.as_ref()))
            }
            _ => return None,
        };
        let complete = Complete::unless(gap.or_else(|| {
            (!key.is_described && !case.forecast)
                .then(|| format!("whether {} is the key of the {}", key.id, noun(case)))
        }));
        let proof = Proof::by(vec![found], Identity::of_own_role(case), complete, Time::as_ecs_said());
        let assessment = Assessment::confirmed(format!("{role} cannot decrypt with the KMS key{of}"), proof);
        return Some(assessment.culprit(key.culprit()).findings(other_side(case, key)).fix(fix));
    }
    // What else refuses is a cause of its own, and another allow does not help against it.
    if judged.iter().any(|(_, ruling)| matches!(ruling, Ruling::RefusedElsewhere)) {
        return None;
    }
    if !judged.is_empty() && judged.iter().all(|(_, ruling)| matches!(ruling, Ruling::Allowed)) {
        if keys.iter().any(|key| key.unusable().is_some()) {
            let found =
                Finding::found("the role's policies and the key policy allow kms:Decrypt", KEY_POLICY);
            let proof =
                Proof::by(vec![found], Identity::of_own_role(case), Complete::alone(), Time::as_ecs_said());
            return Assessment::disproved(format!("{role} can decrypt with the KMS key"), proof);
        }
        let now = "the role's policies and the key policy allow kms:Decrypt now: one of them was changed since the task failed";
        let assessment =
            Assessment::possible(format!("{role} might not have been able to decrypt with the KMS key"))
                .culprit(judged[0].0.culprit());
        return Some(assessment.passed(case, Finding::found(now, KEY_POLICY)));
    }
    Some(by_words(case, &role, &judged))
}

const KEY_POLICY: &str = "GetKeyPolicy";

/// What follows from ECS's words alone, with what is known of the key.
fn by_words(case: &Case<'_>, role: &str, judged: &[(&KeyView<'_>, Ruling)]) -> Assessment {
    let behind = match (case.name(), &case.symptom.key) {
        (_, Some(key)) => format!("KMS key {}", key.text),
        (Some(name), None) => format!("the KMS key of {} {name}", noun(case)),
        (None, None) => format!("the KMS key of a {}", noun(case)),
    };
    let id = case.symptom.key.as_deref().map(str::to_owned).or_else(|| case.name());
    let named_by = match (&case.symptom.key, case.symptom.step) {
        (Some(_), _) => "stoppedReason",
        (None, Step::ParameterStore) => DESCRIBE_PARAMETERS,
        (None, _) => DESCRIBE,
    };
    let first = judged.first().map(|(key, _)| *key);
    let named = first.map(|key| Finding::found(format!("the key is {}", key.id), named_by));
    let which = named
        .is_none()
        .then(|| Finding::unknown(format!("which key it is: ask the {} for its KmsKeyId", noun(case))));
    let why = judged
        .iter()
        .find_map(|(_, ruling)| if let Ruling::Unknown(why) = ruling { why.clone() } else { None });
    let refuses = Finding::unknown(format!(
        "whether the role's policies or the key policy refuse{}",
        why.map(|why| format!(": {why}")).unwrap_or_default()
    ));
    Assessment::likely(format!("{role} cannot decrypt with {behind}"))
        .culprit(Culprit { kind: "kms-key", id, references: case.references.clone() })
        .findings(named)
        .findings(is_allowed_by_role(case).then(|| {
            Finding::found(
                "the role's policies allow kms:Decrypt on it, so the key policy refused, or did",
                SIMULATION,
            )
        }))
        .findings(which)
        .finding(refuses)
        .findings(case.definition_unknown().filter(|_| case.symptom.resource.is_none()))
        .fix(fix_by_words(case, first))
}

/// What the role's policies and the key policy say together.
enum Ruling {
    Allowed,
    /// The key policy denies it, whatever else allows.
    Denied(At),
    /// Neither side allows it, as far as it can be read.
    NotAllowed {
        found: Finding,
        /// What may allow it all the same.
        gap: Option<String>,
        /// The statement that the key policy lacks, where that is the side that must allow.
        add: Option<Value>,
    },
    /// A layer other than these two refuses: an explicit deny of the role's, its boundary, the organization.
    RefusedElsewhere,
    Unknown(Option<String>),
}

fn ruling(case: &Case<'_>, key: &KeyView<'_>) -> Ruling {
    let decisions = case.simulated_refusals();
    let decision = decisions.iter().find(|(call, _)| Some(&call.resource) == key.arn().as_ref());
    let whole = decision.map(is_whole);
    let refused = decision.and_then(refuser);
    let role_arn = case.role_arn();
    let role = role_arn.as_deref().and_then(NamedRole::parse);
    let side = role.as_ref().and_then(|role| key.side(role));
    let granted = || role.as_ref().and_then(|role| key.no_grant(role).err()).map(|gap| gap.to_string());
    if let Some(KeySide::Denied(at)) = side {
        return Ruling::Denied(at);
    }
    if refused.is_some_and(|refuser| refuser != Refuser::NoAllow) {
        return Ruling::RefusedElsewhere;
    }
    let lacking = |gap: Option<String>| {
        let lacks =
            Finding::missing("kms:Decrypt on the key in the role's policies (implicitDeny)", SIMULATION);
        Ruling::NotAllowed { found: lacks, gap, add: None }
    };
    let conditions = whole.and_then(Result::err).map(|gap| gap.to_string());
    match (side, refused, decision.is_some_and(is_allowed)) {
        (Some(KeySide::Refused { nearly, add, .. }), _, _) => {
            let nearly = nearly.map(|nearly| format!("; {nearly}")).unwrap_or_default();
            let text = format!(
                "an allow for the role or its account in the key policy, so no permission on the role helps{nearly}"
            );
            Ruling::NotAllowed { found: Finding::missing(text, KEY_POLICY), gap: granted(), add: Some(add) }
        }
        (Some(KeySide::Delegated(_)), Some(_), _) => lacking(conditions.or_else(granted)),
        (Some(KeySide::Unsure(why)), Some(_), _) => {
            lacking(Some(format!("whether the key policy allows the role by itself: {why}")))
        }
        (None, Some(_), _) => lacking(Some(match key.policy() {
            Known::Unknown(why) => format!("whether the key policy allows the role by itself: {why}"),
            _ => "whether the key policy allows the role by itself".to_owned(),
        })),
        (Some(KeySide::Direct(..) | KeySide::Delegated(_)), None, true) if conditions.is_none() => {
            Ruling::Allowed
        }
        (Some(KeySide::Direct(..)), Some(_), _) => Ruling::Allowed,
        (Some(KeySide::Delegated(_)), None, _) => {
            Ruling::Unknown(conditions.or(Some("the key policy leaves it to the role's policies".to_owned())))
        }
        (Some(KeySide::Unsure(why)), None, _) => Ruling::Unknown(Some(why)),
        (Some(KeySide::Direct(..)), None, _) => {
            Ruling::Unknown(conditions.or(Some("whether another policy denies it".to_owned())))
        }
        (Some(KeySide::Denied(at)), _, _) => Ruling::Denied(at),
        (None, None, _) => Ruling::Unknown(match key.policy() {
            Known::Unknown(why) => Some(why.to_owned()),
            _ => conditions,
        }),
    }
}

/// Whether the role's own policies allow it on every key that it can be.
fn is_allowed_by_role(case: &Case<'_>) -> bool {
    all_allowed(&case.simulated_refusals()).is_ok()
}

/// What is known of the key policy, where the role's policies refuse: it may refuse too.
fn other_side(case: &Case<'_>, key: &KeyView<'_>) -> Option<Finding> {
    let role_arn = case.role_arn()?;
    match NamedRole::parse(&role_arn).and_then(|role| key.side(&role)) {
        Some(KeySide::Delegated(at)) => Some(Finding::found(
            format!("{at} of the key policy leaves it to the policies of the role"),
            KEY_POLICY,
        )),
        _ => None,
    }
}

/// Whether a key was refused; shared with the cause that it cannot be used.
pub(super) fn claims(symptom: &Symptom) -> bool {
    symptom.fault == Fault::KmsDenied
        && matches!(symptom.refused_by, None | Some(Deny::Identity | Deny::ResourcePolicy))
}

fn noun(case: &Case<'_>) -> &'static str {
    match case.symptom.step {
        Step::ParameterStore => "parameter",
        Step::EnvFile => "file",
        _ => "secret",
    }
}

fn on_key(key: &KeyView<'_>, words: &'static str) -> Command {
    let id = key.arn().unwrap_or_else(|| key.id.clone());
    Command::aws(words, Some(&key.region))
        .name("--key-id", Kind::Key, id.as_str())
        .words("--policy-name default")
}

fn fix_deny(case: &Case<'_>, key: &KeyView<'_>, at: &At) -> Fix {
    let text = format!("narrow or remove {at} of the key policy; an allow does not help");
    Fix::words(text).run([on_key(key, "kms get-key-policy")]).then_again(case)
}

/// What allows the role to decrypt: the statement that the key policy lacks, or a policy of the role.
fn fix_allow(case: &Case<'_>, key: &KeyView<'_>, add: Option<&Value>) -> Fix {
    let Some(add) = add else { return fix_by_words(case, Some(key)) };
    let there = key.policy().found().map(|policy| &policy.0);
    match policy::addition(case, there, add.clone()) {
        Ok(addition) => {
            let write = |whole: &_| on_key(key, "kms put-key-policy").document("--policy", whole);
            let (how, command, statement) = addition.by(write, || on_key(key, "kms get-key-policy"));
            Fix::words(format!("add the statement to the key policy{how}"))
                .run([command])
                .then_again(case)
                .policy(statement)
        }
        Err(why) => Fix::words(format!("allow {} to decrypt in the key policy; {why}", case.who()))
            .run([on_key(key, "kms get-key-policy")])
            .then_again(case),
    }
}

fn fix_by_words(case: &Case<'_>, key: Option<&KeyView<'_>>) -> Fix {
    if let (true, Some(role), Some(key)) = (is_allowed_by_role(case), case.own_role(), key) {
        let via = json!({"StringEquals": {"kms:ViaService": case.via_service()}});
        let add = json!({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:Decrypt", "Resource": "*", "Condition": via});
        let fix = Fix::words("add the statement to the key policy, if nothing there says so")
            .run([on_key(key, "kms get-key-policy")])
            .then_again(case);
        return policy::addition(case, None, add)
            .into_iter()
            .fold(fix, |fix, addition| fix.policy(addition.statement));
    }
    let arn = case
        .resource_arn()
        .filter(|arn| key.and_then(KeyView::arn).is_none() && arn.contains(":secretsmanager:"));
    let look = arn.map(|arn| {
        case.aws("secretsmanager describe-secret")
            .name("--secret-id", Kind::Secret, arn.as_str())
            .words("--query KmsKeyId")
    });
    let delegated = key.is_some_and(|key| other_side(case, key).is_some());
    let also = if delegated { "" } else { ", and in the key policy if that does not leave it to IAM" };
    match policy::grant(case, "kms:Decrypt") {
        Ok(grant) => {
            let fix = Fix::words(format!(
                "allow kms:Decrypt on the key in a policy of role {}{also}",
                grant.role_name()
            ));
            let snippets = grant.snippets();
            Fix {
                snippets,
                ..fix.run(look.into_iter().chain([grant.put()])).then_again(case).policy(grant.document)
            }
        }
        Err(why) => {
            Fix::words(format!("allow kms:Decrypt on the key in a policy of {}{also}; {why}", case.who()))
                .run(look)
                .then_again(case)
        }
    }
}
