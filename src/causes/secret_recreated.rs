//! The secret was deleted and recreated, so its ARN has another suffix.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::name::Kind;
use super::policy;
use super::proof::{Complete, Gap, Identity, Proof, Time};
use super::secret::{DESCRIBE, Presence, SecretView};
use super::{Cause, Example, Explanation, Owner};
use crate::question::facts::Secret;
use crate::reason::{Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-recreated",
    title: "the secret was recreated, so its ARN changed",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The reference is a whole ARN with six random characters at its end. A secret that is deleted and recreated under the same name gets six others, so the old ARN is not found.",
        why: "Infrastructure code replaced the secret, or somebody deleted and recreated it. Policies that name the old ARN do not match the new one either.",
        tell: "The secret is there when you look for its name, and not under the ARN. Without a suffix in the reference this cannot be the cause.",
        fix: "Put the new ARN, or the ARN without the suffix, into the task definition, and into the role's policy.",
    },
    references: &[
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html",
    ],
    when: |symptom| super::secret::is_not_found(symptom) || hides_it(symptom),
    ask: |case| case.ask_secrets().into_iter().chain(case.newest_revision().map(Into::into)).collect(),
    assess: |case| assess(case).map(|said| said.beside_newer(case)),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret. status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &[
            "agent-too-old",
            "secret-deletion-scheduled",
            "secret-in-other-region",
            "secret-misnamed",
            "secret-missing",
            "secret-reference-malformed",
            "secret-without-value",
        ],
    }],
};

/// A role that is allowed the new ARN alone is refused the old one before its existence is checked.
fn hides_it(symptom: &Symptom) -> bool {
    symptom.step == Step::SecretsManager && super::refusal::is_want_of_allow(symptom)
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let secrets = case.secrets();
    if let Some((secret, now)) = secrets.iter().find_map(other_suffix) {
        return Some(recreated(case, secret, now));
    }
    if case.symptom.fault == Fault::AccessDenied || secrets.is_empty() {
        return None;
    }
    if secrets.iter().all(|secret| !secret.is_whole()) {
        let source = if case.references.is_empty() { "stoppedReason" } else { DEFINITION };
        let what = vec![Finding::missing("a six-character suffix", source)];
        let identity = if case.references.is_empty() {
            Identity::only_one(&secrets, "secret")
        } else {
            Identity::of_revision(case)
        };
        return Assessment::disproved(
            "the reference has no suffix",
            Proof::by(what, identity, Complete::alone(), Time::unchanging()),
        );
    }
    if let [secret] = secrets.as_slice()
        && let Some(found) = secret.found()
    {
        let what = vec![Finding::found(secret.id.clone(), DESCRIBE)];
        let proof =
            Proof::by(what, secret.is_meant(), Complete::alone(), Time::there_by(case, found.created_date));
        return Assessment::disproved(
            format!("secret {} has the ARN that is referred to", secret.name),
            proof,
        );
    }
    let foreign = secrets.iter().any(|secret| secret.foreign_account().is_some());
    if !foreign
        && secrets.iter().all(|secret| {
            matches!(secret.presence(), Presence::Gone | Presence::Here(_) | Presence::CutSuffix(_))
        })
    {
        return None;
    }
    let text = "look up the ARN that the name has now, put it into the task definition and the role's policy";
    let look = case
        .aws("secretsmanager describe-secret")
        .name("--secret-id", Kind::Secret, case.name().as_deref())
        .words("--query ARN");
    let fix = Fix::words(format!("{}{text}", if foreign { "in the owner's account: " } else { "" }))
        .run([look])
        .then_revised(case);
    let said =
        Assessment::possible(format!("{} was deleted and recreated under another ARN", case.named("secret")))
            .finding(Finding::unknown("whether the name exists with another suffix"));
    Some(said.fix(fix))
}

fn recreated(case: &Case<'_>, secret: &SecretView<'_>, now: &Secret) -> Assessment {
    let arn = now.arn.as_deref().unwrap_or_default();
    let made = now.created_date.map(|made| format!(", created on {made}")).unwrap_or_default();
    let what =
        vec![Finding::missing(secret.id.clone(), DESCRIBE), Finding::found(format!("{arn}{made}"), DESCRIBE)];
    let certain = secret.has_suffix();
    let word = secret.id.rsplit_once('-').map_or("", |(_, word)| word);
    let identity = if certain {
        secret.is_meant()
    } else {
        Err(Gap::new(format!("whether {word:?} is a suffix, or belongs to the name of another secret")))
    };
    let proof = Proof::by(what, identity, Complete::alone(), Time::there_by(case, now.created_date));
    let title = if certain { "was" } else { "may have been" };
    let said = Assessment::confirmed(
        format!(
            "secret {} {title} recreated: its ARN now ends in {}",
            now.name.as_deref().unwrap_or(&secret.name),
            suffix(arn)
        ),
        proof,
    );
    let marked = now.deleted_date.map(|at| {
        Finding::found(
            format!("that one is itself marked for deletion, and its recovery window ends on {at}"),
            DESCRIBE,
        )
    });
    let fix = with_arn(case, arn, certain);
    let first = if now.deleted_date.is_some() { "have that secret restored first; " } else { "" };
    said.culprit(secret.culprit()).findings(marked).fix(fix.reworded(|text| format!("{first}{text}")))
}

fn other_suffix<'c>(secret: &'c SecretView<'c>) -> Option<(&'c SecretView<'c>, &'c Secret)> {
    match secret.presence() {
        Presence::OtherSuffix(now) => Some((secret, now)),
        _ => None,
    }
}

fn suffix(arn: &str) -> &str {
    arn.rsplit_once('-').map_or(arn, |(_, suffix)| suffix)
}

fn with_arn(case: &Case<'_>, arn: &str, certain: bool) -> Fix {
    if !certain {
        let text = "if the reference was to that secret, write the ARN that it has now in a new revision";
        return Fix::words(text).then_revised(case);
    }
    let role = case.who();
    let decisions = case.simulated_refusals();
    let mut of_now =
        decisions.iter().filter(|(call, _)| call.resource == arn).filter_map(|(_, known)| known.found());
    if case.symptom.fault == Fault::AccessDenied && of_now.any(|decision| decision.eval_decision == "allowed")
    {
        let text = format!(
            "write {arn} into the task definition in a new revision; {role} is already allowed to read it"
        );
        return Fix::words(text).then_revised(case);
    }
    let text = format!("write {arn} into the task definition in a new revision");
    let allow = format!("allow {role} to read it, unless its policy ends in a wildcard");
    // It is the secret of that very name, in the account and Region of the reference.
    let granted = Some(arn.to_owned()).filter(|arn| Kind::Secret.fits(arn) && !case.references.is_empty());
    let granted =
        granted.and_then(|arn| policy::grant_on(case, "secretsmanager:GetSecretValue", &[arn]).ok());
    match granted {
        Some(grant) => Fix::words(text).then(allow, [grant.put()]).then_revised(case).policy(grant.document),
        None => Fix::words(text).then(allow, []).then_revised(case),
    }
}
