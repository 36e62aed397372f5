//! The secret exists but has never been given a value, or lost its current version.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Identity, Proof, Time};
use super::secret::{DESCRIBE, SecretView, lacks_current};
use super::{Cause, Example, Explanation, Owner};
use crate::question::facts::{Moment, Secret};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-without-value",
    title: "the secret has no current value",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret exists, but no version of it holds the stage AWSCURRENT, which is what ECS reads by default.",
        why: "It was created empty, by infrastructure code that leaves the value to somebody else, and nobody has put one in.",
        tell: "The message says `can't find the specified secret value for staging label: AWSCURRENT`: the secret was found, the value was not.",
        fix: "Put a value into it.",
    },
    references: &[
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/create_secret.html",
    ],
    when: |symptom| super::secret::lacks_current(symptom) || super::secret::is_not_found(symptom),
    ask: |case| case.ask_secrets(),
    assess,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let secrets = case.secrets();
    let says_so = lacks_current(case.symptom);
    let asks_current =
        |secret: &SecretView<'_>| secret.version().is_none_or(|version| version == "AWSCURRENT");
    let mut empty = secrets.iter().filter(|secret| asks_current(secret));
    if let Some((secret, found)) =
        empty.find_map(|secret| Some((secret, secret.found().filter(|found| !found.has_current())?)))
    {
        return Some(without(case, secret, found));
    }
    if !says_so {
        let changed: Option<Vec<Moment>> =
            secrets.iter().map(|secret| secret.found()?.last_changed_date).collect();
        let time = Time::since(case, changed.and_then(|changed| changed.into_iter().max()));
        let what = vec![Finding::found("a version with the stage AWSCURRENT", DESCRIBE)];
        return Assessment::disproved(
            "the secret has a current value",
            Proof::by(what, Identity::of_revision(case), Complete::alone(), time),
        );
    }
    let title = format!("{} has no current value", case.named("secret"));
    if let Some(secret) = secrets.iter().find(|secret| secret.is_gone()) {
        return Some(
            Assessment::likely(title).culprit(secret.culprit()).findings(secret.gone()).fix(secret.replace()),
        );
    }
    let Some(found) = secrets.iter().find_map(SecretView::found) else {
        let why =
            secrets.iter().find_map(SecretView::why_unread).map(|why| format!(": {why}")).unwrap_or_default();
        let unknown = Finding::unknown(format!("which versions the secret has{why}"));
        let id = case.resource_arn();
        let fix = fill(case, secrets.first(), id.as_deref());
        return Some(Assessment::likely(title).finding(unknown).findings(case.definition_unknown()).fix(fix));
    };
    let changed = found.last_changed_date.map(|at| format!(" (changed on {at})")).unwrap_or_default();
    let has_one = format!("it has a current version now{changed}");
    if case.is_since(found.last_changed_date) {
        return Some(Assessment::possible(title).passed(
            case,
            Finding::found(
                format!("{has_one}: a value was put since, and the next task will start"),
                DESCRIBE,
            ),
        ));
    }
    let fix = Fix::words("see whether the reference is to this secret");
    Some(Assessment::possible(title).finding(Finding::found(has_one, DESCRIBE)).fix(fix.then_again(case)))
}

fn without(case: &Case<'_>, secret: &SecretView<'_>, found: &Secret) -> Assessment {
    let title = format!("secret {} has no current value", secret.name);
    let others: Vec<&str> = found.version_ids_to_stages.values().flatten().map(String::as_str).collect();
    let others = if others.is_empty() {
        "no version at all".to_owned()
    } else {
        format!("only the stages {}", others.join(", "))
    };
    let what = vec![Finding::missing(
        format!("a version with the stage AWSCURRENT: the secret has {others}"),
        DESCRIBE,
    )];
    let says_so = lacks_current(case.symptom);
    let time = if says_so { Time::as_ecs_said() } else { Time::since(case, found.last_changed_date) };
    // Of a secret that has no value, Secrets Manager says so.
    let disagrees = (!says_so && !case.forecast)
        .then(|| "why ECS says that the secret was not found, and not its value".to_owned());
    let proof = Proof::by(what, secret.is_meant(), Complete::unless(disagrees), time);
    let id = found.arn.as_deref().unwrap_or(&secret.id);
    Assessment::confirmed(title, proof).culprit(secret.culprit()).fix(fill(case, Some(secret), Some(id)))
}

fn fill(case: &Case<'_>, secret: Option<&SecretView<'_>>, id: Option<&str>) -> Fix {
    let on_secret = |words| case.aws(words).name("--secret-id", Kind::Secret, id);
    let look = on_secret("secretsmanager list-secret-version-ids");
    if let Some(service) = secret.and_then(SecretView::manager) {
        let text = format!(
            "check in {service}, which manages the secret and alone can write to it, why it has no value"
        );
        return Fix::words(text).run([look]).then_again(case);
    }
    let put = on_secret("secretsmanager put-secret-value").words("--secret-string file://value.json");
    Fix::words("see which versions the secret has")
        .run([look])
        .then("put a value into the secret", [put])
        .then_again(case)
}
