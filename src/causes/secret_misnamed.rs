//! A secret of nearly that name exists.

use super::case::{Case, Finding, Fix, Judgement};
use super::look::{DESCRIBE, Presence, SecretView};
use super::policy;
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
    judge,
    fix,
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let secrets = case.secrets();
    let near = secrets.iter().filter(|secret| matches!(secret.presence(), Presence::Gone)).find_map(|secret| Some((secret, secret.near()?)));
    if let Some((secret, near)) = near {
        let meant = near.name.clone().unwrap_or_default();
        return Judgement::new(Verdict::Confirmed, format!("secret {} does not exist; {meant} does", secret.name))
            .culprit(secret.culprit())
            .finding(Finding::missing(format!("a secret {} in {}", secret.name, secret.region), DESCRIBE))
            .finding(Finding::found(format!("{meant}, ARN {}", near.arn.as_deref().unwrap_or("unknown")), "ListSecrets"));
    }
    if let Some(none) = secrets.iter().find_map(|secret| secret.none_like_it().filter(|_| matches!(secret.presence(), Presence::Gone))) {
        return Judgement::new(Verdict::RuledOut, "no secret has a similar name").finding(none);
    }
    let Some(slip) = case.name().and_then(|name| slip(&name)) else { return Judgement::unsupported() };
    Judgement::new(Verdict::Likely, format!("the secret's name is spelled wrongly: it {slip}")).finding(Finding::unknown("which name was meant"))
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some(near) = case.secrets().iter().find_map(SecretView::near) {
        let meant = near.arn.as_ref().or(near.name.as_ref()).cloned().unwrap_or_default();
        let text = format!("if {meant} was meant, write that in a new revision, and allow it to the execution role{}", case.then_again());
        let (policy, put) = near.arn.as_ref().map(|arn| policy::read_by_role(case, "secretsmanager:GetSecretValue", arn)).unzip();
        return Fix { text, commands: case.commands_for_revision(put), policy, ..Fix::default() };
    }
    let look = case.aws("secretsmanager list-secrets").words("--query 'SecretList[].Name'").finish();
    Fix {
        text: format!("correct the name in a new revision{}", case.then_again()),
        commands: case.commands_for_revision([look]),
        policy: None,
        ..Fix::default()
    }
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
