//! The secret was deleted and made again, so its ARN has another suffix.

use super::assessment::{Finding, Fix};
use super::case::{Case, DEFINITION};
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::policy;
use super::secret::{DESCRIBE, Presence, SecretView};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::facts::Secret;
use crate::reason::{Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-recreated",
    title: "the secret was made again and has another ARN",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The reference is a whole ARN with six random characters at its end. A secret that is deleted and made again under the same name gets six others, so the old ARN is not found.",
        why: "Infrastructure code replaced the secret, or somebody deleted and recreated it. Policies that name the old ARN do not match the new one either.",
        tell: "The secret is there when you look for its name, and not under the ARN. Without a suffix in the reference this cannot be the cause.",
        mend: "Put the new ARN, or the ARN without the suffix, into the task definition, and into the role's policy.",
    },
    when: |symptom| super::secret_missing::is_not_found(symptom) || hides_it(symptom),
    ask: super::secret_missing::ask,
    assess: |case| joined(case, judge, fix),
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

fn judge(case: &Case<'_>) -> Judgement {
    let secrets = case.secrets();
    if let Some((secret, now)) = secrets.iter().find_map(other_suffix) {
        let arn = now.arn.clone().unwrap_or_default();
        let made = now.created_date.map(|made| format!(", made on {made}")).unwrap_or_default();
        return Judgement::new(Verdict::Confirmed, format!("secret {} was made again: its ARN now ends in {}", secret.name, suffix(&arn)))
            .culprit(secret.culprit())
            .finding(Finding::missing(secret.id.clone(), DESCRIBE))
            .finding(Finding::found(format!("{arn}{made}"), DESCRIBE));
    }
    if case.symptom.fault == Fault::AccessDenied {
        return Judgement::unsupported();
    }
    if !case.has_suffix() {
        let source = if case.references.is_empty() { "stoppedReason" } else { DEFINITION };
        return Judgement::new(Verdict::RuledOut, "the reference has no suffix").finding(Finding::missing("a six-character suffix", source));
    }
    let name = case.name().unwrap_or_else(|| "it names".to_owned());
    if !secrets.is_empty() && secrets.iter().all(|secret| matches!(secret.presence(), Presence::Gone | Presence::Here(_))) {
        return Judgement::new(Verdict::RuledOut, format!("secret {name} has no other ARN"))
            .finding(Finding::missing(format!("a secret {name} with another suffix"), DESCRIBE));
    }
    Judgement::new(Verdict::Possible, format!("secret {name} was deleted and made again under another ARN"))
        .finding(Finding::unknown("whether the name exists with another suffix"))
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

/// A role that may read the new ARN alone is refused the old one before anybody looks whether that exists.
fn hides_it(symptom: &Symptom) -> bool {
    symptom.step == Step::SecretsManager && super::refusal::is_want_of_allow(symptom)
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some(arn) = case.secrets().iter().find_map(other_suffix).and_then(|(_, now)| now.arn.clone()) {
        let role = case.who();
        let decisions = case.simulated_refusals();
        let mut of_now = decisions.iter().filter(|(call, _)| call.resource == arn).filter_map(|(_, known)| known.found());
        if case.symptom.fault == Fault::AccessDenied && of_now.any(|told| told.eval_decision == "allowed") {
            let text = format!("write {arn} into the task definition in a new revision; {role} may read it already{}", case.then_again());
            return Fix::words(text).run(case.commands_for_revision([]));
        }
        let again = case.then_again();
        let text = format!("write {arn} into the task definition in a new revision; allow it to {role} unless its policy ends in a wildcard{again}");
        // It is the secret of that very name, in the account and Region of the reference.
        let granted = Some(arn.clone()).filter(|arn| Kind::Secret.fits(arn) && !case.references.is_empty());
        let granted = granted.and_then(|arn| policy::grant_on(case, "secretsmanager:GetSecretValue", &[arn]).ok());
        return match granted {
            Some(grant) => Fix::words(text).run(case.commands_for_revision([grant.put()])).policy(grant.document),
            None => Fix::words(text).run(case.commands_for_revision([])),
        };
    }
    let look = case.aws("secretsmanager describe-secret").name("--secret-id", Kind::Secret, case.name().as_deref()).words("--query ARN");
    let text = "look up the ARN that the name has now, put it into the task definition and the role's policy";
    Fix::words(format!("{text}{}", case.then_again())).run(case.commands_for_revision([look]))
}
