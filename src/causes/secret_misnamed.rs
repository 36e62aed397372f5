//! A secret of nearly that name exists.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::secret::{DESCRIBE, Presence};
use super::{Cause, Explanation, Owner, Verdict};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-misnamed",
    title: "the secret's name is spelled otherwise",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "No secret has the name that the reference gives, and one with nearly that name exists.",
        why: "A letter's case, a hyphen for a slash, an environment's name, or characters that were copied along: a space, a quote, a placeholder that nobody filled in.",
        tell: "The name in the reference holds something that no secret's name has, or AWS lists one that is close.",
        mend: "Correct the reference in a new revision.",
    },
    when: super::secret_missing::is_not_found,
    ask: super::secret_missing::ask,
    assess: |case| joined(case, judge, fix),
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let secrets = case.secrets();
    let near = secrets.iter().filter(|secret| matches!(secret.presence(), Presence::Gone)).find_map(|secret| Some((secret, secret.near()?)));
    if let Some((secret, near)) = near {
        return Judgement::new(Verdict::Confirmed, format!("secret {} does not exist; a similar name does", secret.name))
            .culprit(secret.culprit())
            .finding(Finding::missing(format!("a secret {} in {}", secret.name, secret.region), DESCRIBE))
            .finding(Finding::found(format!("a secret whose name {near}"), "ListSecrets"));
    }
    if let Some(none) = secrets.iter().find_map(|secret| secret.none_like_it().filter(|_| matches!(secret.presence(), Presence::Gone))) {
        return Judgement::new(Verdict::RuledOut, "no secret has a similar name").finding(none);
    }
    let Some(slip) = case.name().and_then(|name| slip(&name)) else { return Judgement::unsupported() };
    Judgement::new(Verdict::Likely, format!("the secret's name is spelled wrongly: it {slip}")).finding(Finding::unknown("which name was meant"))
}

fn fix(case: &Case<'_>) -> Fix {
    let look = case.aws("secretsmanager list-secrets").words("--query 'SecretList[].[Name,ARN]'");
    let text = if case.secrets().iter().any(|secret| secret.near().is_some()) {
        "if that one was meant, write its ARN in a new revision, and let the execution role call secretsmanager:GetSecretValue on it"
    } else {
        "correct the name in a new revision"
    };
    Fix::words(format!("{text}{}", case.then_again())).run(case.commands_for_revision([look]))
}

/// What no name of a secret or parameter has.
pub(super) fn slip(name: &str) -> Option<&'static str> {
    if name.contains("${") || name.contains("{{") || (name.contains('<') && name.contains('>')) {
        Some("holds a placeholder that was not filled in")
    } else if name.contains(['"', '\'']) {
        Some("holds a quote")
    } else if name.contains(char::is_whitespace) {
        Some("holds a space")
    } else if name.contains(['?', '*']) {
        Some("holds a wildcard")
    } else {
        None
    }
}
