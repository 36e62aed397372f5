//! A secret of nearly that name exists.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::misspelling;
use super::secret::{DESCRIBE, LIST, Presence};
use super::{Cause, Explanation, Owner};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-misnamed",
    title: "the secret's name is misspelled",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "No secret has the name that the reference gives, and one with nearly that name exists.",
        why: "A letter's case, a hyphen for a slash, an environment's name, or characters that were copied along: a space, a quote, a placeholder that nobody filled in.",
        tell: "The name in the reference holds something that no secret's name has, or AWS lists one that is close. That one may be another tenant's or stage's: only you know which was meant.",
        fix: "Correct the reference in a new revision.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
    ],
    when: |symptom| super::secret::is_not_found(symptom) || super::secret::may_be_absent(symptom),
    ask: |case| case.ask_secrets(),
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let look = case.aws("secretsmanager list-secrets").words("--query 'SecretList[].[Name,ARN]'");
    let secrets = case.secrets();
    let mut gone = secrets.iter().filter(|secret| matches!(secret.presence(), Presence::Gone));
    if let Some((secret, near)) = gone.find_map(|secret| Some((secret, secret.near()?))) {
        let title = format!("secret {} does not exist; a similar name does", secret.name);
        let said = if near.is_slip && secret.is_meant().is_ok() {
            Assessment::likely(title)
        } else {
            Assessment::possible(title)
        };
        let text = "if that one was meant, name it in a new revision";
        let said = said
            .culprit(secret.culprit())
            .finding(Finding::missing(format!("a secret {} in {}", secret.name, secret.region), DESCRIBE))
            .finding(Finding::found(format!("a secret whose name {}", near.how), LIST))
            .finding(Finding::unknown("whether that one was meant"));
        return Some(said.fix(Fix::words(text).run([look]).then_revised(case)));
    }
    if case.forecast && case.symptom.fault == Fault::AccessDenied {
        return None;
    }
    let slip = misspelling(&case.name()?)?;
    let said = Assessment::likely(format!("the secret's name is misspelled: it {slip}"))
        .finding(Finding::unknown("which name was meant"));
    Some(
        said.fix(
            Fix::words("see which names there are")
                .run([look])
                .then("correct the name in a new revision", [])
                .then_revised(case),
        ),
    )
}
