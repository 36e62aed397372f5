//! Secrets Manager has no secret under the name or ARN.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::command::Part;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::secret::{DESCRIBE, Presence, SecretView};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::arn::Arn;
use crate::question::Question;
use crate::question::facts::Secret;
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::may_have_suffix;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-missing",
    title: "the secret does not exist",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "Secrets Manager knows no secret under the ARN or name that the task definition gives, in that account and Region.",
        why: "It was never created there, was deleted for good, or the ARN names another account or Region. A partial ARN whose name ends in a hyphen and six characters is taken for a whole one, and not found.",
        tell: "`Secrets Manager can't find the specified secret.` If it goes on with `staging label`, the secret exists and lacks a value. A secret that was deleted and made again has another suffix: see secret-recreated.",
        mend: "Create the secret, or correct the reference and deploy the new revision.",
    },
    when: is_not_found,
    ask,
    assess: |case| joined(case, judge, fix),
    examples: &[
        Example {
            text: "ResourceNotFoundException: The task can't retrieve the secret with ARN 'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123' from AWS Secrets Manager. Check whether the secret exists in the specified Region: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, ResourceNotFoundException: Secrets Manager can't find the specified secret.",
            also: &[
                "agent-too-old",
                "secret-deletion-scheduled",
                "secret-in-other-region",
                "secret-misnamed",
                "secret-recreated",
                "secret-reference-malformed",
                "secret-without-value",
            ],
        },
        Example {
            text: "Asm fetching secret from the service for dockerhub/creds: ResourceNotFoundException: Secrets Manager can't find the specified secret. status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
            also: &[
                "agent-too-old",
                "secret-deletion-scheduled",
                "secret-in-other-region",
                "secret-misnamed",
                "secret-recreated",
                "secret-reference-malformed",
                "secret-without-value",
            ],
        },
    ],
};

/// Whether a secret was not found; shared with the other causes of that.
pub(super) fn is_not_found(symptom: &Symptom) -> bool {
    let secret = matches!(symptom.step, Step::SecretsManager | Step::RegistryCredentials | Step::CredentialSpec | Step::SecretSidecar);
    let a_file = symptom.resource.as_ref().is_some_and(|resource| resource.text.starts_with('/')) && symptom.step == Step::CredentialSpec;
    secret && !a_file && symptom.fault == Fault::NotFound
}

fn judge(case: &Case<'_>) -> Judgement {
    let secrets = case.secrets();
    let gone = secrets.iter().find(|secret| matches!(secret.presence(), Presence::Gone));
    if let Some(secret) = gone.filter(|_| secrets.iter().all(|secret| !matches!(secret.presence(), Presence::NotAsked))) {
        let title = format!("secret {} does not exist", secret.name);
        let is_slip = secret.near().is_some() || secret.is_elsewhere().is_some();
        return Judgement::new(if is_slip { Verdict::Possible } else { Verdict::Confirmed }, title)
            .culprit(secret.culprit())
            .finding(Finding::missing(format!("{} in {}", secret.id, secret.region), DESCRIBE))
            .findings((!is_slip).then(|| secret.none_like_it()).flatten())
            .findings(secret.likes_unknown());
    }
    if let Some((secret, Presence::Here(found))) =
        secrets.iter().map(|secret| (secret, secret.presence())).find(|(_, presence)| matches!(presence, Presence::Here(found) if is_readable(found)))
    {
        if let Some(made) = found.created_date.filter(|made| case.is_since(Some(*made))) {
            return Judgement::new(Verdict::Possible, format!("secret {} did not exist when the task started", secret.name))
                .culprit(secret.culprit())
                .passed(Finding::found(format!("it exists now, made on {made}, after the task failed: the next task will find it"), DESCRIBE));
        }
        let said = "it exists, and was there when the task failed: Secrets Manager was slow to tell, or ECS asked for another than the definition names";
        return Judgement::new(Verdict::Possible, format!("secret {} was not found, though it exists", secret.name))
            .culprit(secret.culprit())
            .finding(Finding::found(said, DESCRIBE));
    }
    if let Some((secret, found)) = secrets.iter().find_map(|secret| Some((secret, secret.found()?))) {
        // Its other state is a cause of its own.
        return Judgement::new(Verdict::RuledOut, format!("secret {} exists", secret.name))
            .culprit(secret.culprit())
            .finding(Finding::found(format!("secret {}", found.arn.as_ref().unwrap_or(&secret.id)), DESCRIBE));
    }
    let title = case.name().map_or("a secret does not exist".to_owned(), |name| format!("secret {name} does not exist"));
    let place = case.resource_arn().and_then(|arn| Arn::parse(&arn).map(|arn| format!("{}, {}", arn.region, arn.account)));
    let trap = case.resource_arn().filter(|arn| arn.starts_with("arn:") && may_have_suffix(arn) && !case.has_suffix());
    let trap = trap.map(|_| {
        Finding::found("the name ends in a hyphen and six characters, which Secrets Manager takes for its own suffix: such an ARN must be whole", "reference")
    });
    let verdict = if case.has_suffix() { Verdict::Possible } else { Verdict::Likely };
    let unknown = format!("whether the name exists{} with another suffix, or elsewhere", place.map(|place| format!(" in {place}")).unwrap_or_default());
    let why = secrets.iter().find_map(|secret| match secret.presence() {
        Presence::Unknown(why) => Some(format!(": {why}")),
        _ => None,
    });
    Judgement::new(verdict, title).findings(trap).finding(Finding::unknown(unknown + &why.unwrap_or_default())).findings(case.definition_unknown())
}

/// Asks after every secret that was not found; shared with the other causes of that.
pub(super) fn ask(case: &Case<'_>) -> Vec<Question> {
    case.secrets().iter().flat_map(SecretView::ask).collect()
}

/// Whether the secret can be read, as far as its description shows.
fn is_readable(secret: &Secret) -> bool {
    secret.deleted_date.is_none() && secret.has_current()
}

pub(super) fn fix(case: &Case<'_>) -> Fix {
    let name = case.name();
    let values = [Part::Words("Key=name,Values="), Part::Name(Kind::Secret, name.as_deref())];
    let look = case.aws("secretsmanager list-secrets").argument("--filters", &values);
    let look = look.words("--include-planned-deletion --query 'SecretList[].[Name,ARN,DeletedDate]'");
    let create = case.aws("secretsmanager create-secret").name("--name", Kind::Secret, name.as_deref()).words("--secret-string file://value.json");
    let text = "see what exists under that name; create the secret (it gets an ARN of its own), or correct the reference, in a new revision";
    Fix::words(format!("{text}{}", case.then_again())).run(case.commands_for_revision([look, create]))
}
