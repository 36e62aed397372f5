//! Secrets Manager has no secret under the name or ARN.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Gap, Proof, Time};
use super::secret::{DESCRIBE, Presence, SecretView, may_be_absent};
use super::{Cause, Example, Explanation, Owner};
use crate::question::facts::Secret;
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-missing",
    title: "the secret does not exist",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "Secrets Manager knows no secret under the ARN or name that the task definition gives, in that account and Region.",
        why: "It was never created there, was deleted for good, or the ARN names another account or Region. A partial ARN whose name ends in a hyphen and six characters is taken for a whole one, and not found.",
        tell: "The message says `Secrets Manager can't find the specified secret.` If it goes on with `staging label`, the secret exists and lacks a value. A secret that was deleted and recreated has another suffix: see secret-recreated.",
        fix: "Create the secret, or correct the reference and deploy the new revision.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html",
    ],
    when: |symptom| super::secret::is_not_found(symptom) || may_be_absent(symptom),
    ask: |case| case.ask_secrets().into_iter().chain(case.newest_revision().map(Into::into)).collect(),
    assess: |case| assess(case).map(|said| said.beside_newer(case)),
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

/// What is missing for a proof where IAM answered before the secret was looked up.
const REFUSED_FIRST: &str =
    "whether it was missing when the task failed: the role was refused, which comes first";

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let secrets = case.secrets();
    if let Some(secret) = secrets.iter().find(|secret| matches!(secret.presence(), Presence::Gone)) {
        return Some(gone(case, secret)).filter(|_| !(case.forecast && is_refused(case)));
    }
    if is_refused(case) {
        return hidden(case, &secrets);
    }
    if let Some((secret, found)) = secrets.iter().find_map(|secret| Some((secret, secret.found()?))) {
        return Some(there(case, secret, found)).filter(|_| !case.forecast);
    }
    if let Some((secret, other)) = secrets.iter().find_map(|secret| Some((secret, secret.namesake()?))) {
        // Where the end of the name is a suffix for sure, the secret was recreated.
        let said = Assessment::likely(format!("secret {} does not exist", secret.name))
            .supported()
            .culprit(secret.culprit());
        let missing = Finding::missing(format!("{} in {}", secret.id, secret.region), DESCRIBE);
        let other = Finding::found(
            format!("a secret whose name ends before that: {}", other.name.as_deref().unwrap_or_default()),
            DESCRIBE,
        );
        let is_end = matches!(secret.presence(), Presence::OtherSuffix(_)) && !secret.has_suffix();
        return is_end.then(|| said.finding(missing).finding(other).fix(case.create_secret()));
    }
    Some(unread(case, &secrets))
}

/// Whether ECS says that the role was refused, and not that there is no secret.
fn is_refused(case: &Case<'_>) -> bool {
    case.symptom.fault == Fault::AccessDenied
}

/// A refusal behind which there may be no secret, as the ARN shows that was refused.
fn hidden(case: &Case<'_>, secrets: &[SecretView<'_>]) -> Option<Assessment> {
    let by_part = |secret: &&SecretView<'_>| {
        matches!(secret.presence(), Presence::NotAsked | Presence::Unknown(_)) && secret.is_refused_by_part()
    };
    let secret = secrets.iter().find(by_part).filter(|_| !case.forecast)?;
    let mark = "the ARN that was refused lacks the six characters which Secrets Manager adds to the name of every secret that it finds";
    let unknown = secret.why_unread().map_or(String::new(), |why| format!(": {why}"));
    let said = Assessment::possible(format!(
        "secret {} might not exist: the role was refused a name that matches none",
        secret.name
    ));
    // A name that ends like a suffix is cut there, whether or not there is a secret of the whole name.
    let said = if secret.is_whole() { said } else { said.supported() };
    let said = said.culprit(secret.culprit()).finding(Finding::found(mark, "stoppedReason"));
    Some(
        said.finding(Finding::unknown(format!("whether a secret has that name{unknown}")))
            .fix(case.create_secret()),
    )
}

fn gone(case: &Case<'_>, secret: &SecretView<'_>) -> Assessment {
    let foreign = secret.foreign_account();
    let place = foreign.map(|account| format!(" in account {account}")).unwrap_or_default();
    let what = vec![Finding::missing(format!("{} in {}", secret.id, secret.region), DESCRIBE)];
    let elsewhere = foreign
        .filter(|_| secret.is_whole())
        .map(|account| format!("whether account {account} has the name under another suffix: a name is looked up in one's own account"));
    let unplaced = case.task.account.is_none().then(|| "in which account the task runs".to_owned());
    let time = if is_refused(case) { Err(Gap::new(REFUSED_FIRST)) } else { Time::as_ecs_said() };
    let proof = Proof::by(what, secret.is_meant(), Complete::unless(elsewhere.or(unplaced)), time);
    Assessment::confirmed(format!("secret {} does not exist{place}", secret.name), proof)
        .culprit(secret.culprit())
        .findings(secret.alike())
        .findings(secret.likes_unknown())
        .fix(case.create_secret())
}

/// ECS did not find what is there now.
fn there(case: &Case<'_>, secret: &SecretView<'_>, found: &Secret) -> Assessment {
    if let Some(made) = found.created_date.filter(|made| case.is_since(Some(*made))) {
        return Assessment::likely(format!("secret {} did not exist when the task started", secret.name))
            .culprit(secret.culprit())
            .passed(
                case,
                Finding::found(
                    format!(
                        "it exists now, created on {made}, after the task failed: the next task will find it"
                    ),
                    DESCRIBE,
                ),
            );
    }
    let said = match found.created_date {
        Some(made) => format!(
            "it exists, created on {made}: Secrets Manager was slow to tell, or ECS asked for another than the definition names"
        ),
        None => "it exists now".to_owned(),
    };
    let look =
        case.aws("secretsmanager describe-secret").name("--secret-id", Kind::Secret, found.arn.as_deref());
    let compare = Fix::words("see whether the reference is to this secret").run([look]).then_again(case);
    Assessment::possible(format!("secret {} was not found, though it exists", secret.name))
        .culprit(secret.culprit())
        .finding(Finding::found(said, DESCRIBE))
        .fix(compare)
}

/// AWS did not say which secrets exist.
fn unread(case: &Case<'_>, secrets: &[SecretView<'_>]) -> Assessment {
    let title = format!("{} does not exist", case.named("secret"));
    let place = secrets
        .first()
        .and_then(|secret| Some(format!(" in {}, {}", secret.region, secret.account()?)))
        .unwrap_or_default();
    let is_trap = secrets.iter().any(|secret| secret.is_whole() && !secret.has_suffix());
    let trap = "the name ends in a hyphen and six characters, which Secrets Manager takes for its own suffix: such an ARN must be whole";
    let why =
        secrets.iter().find_map(SecretView::why_unread).map(|why| format!(": {why}")).unwrap_or_default();
    let unknown = format!("whether the name exists{place} with another suffix, or elsewhere{why}");
    let may_be_another = secrets.iter().any(SecretView::has_suffix);
    let said = if may_be_another { Assessment::possible(title) } else { Assessment::likely(title) };
    said.findings(is_trap.then(|| Finding::found(trap, "reference")))
        .finding(Finding::unknown(unknown))
        .findings(case.definition_unknown())
        .fix(case.create_secret())
}
