//! The secret is marked for deletion.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Identity, Proof, Time};
use super::secret::{DESCRIBE, SecretView};
use super::{Cause, Example, Explanation, Owner};
use crate::question::facts::{Moment, Secret};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-deletion-scheduled",
    title: "the secret is scheduled for deletion",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret is marked for deletion. Until its recovery window ends it still exists, but nobody can read it.",
        why: "Somebody, or infrastructure code that was destroyed, deleted it. The window is 7 to 30 days.",
        tell: "The message says `because it was marked for deletion` or `because it was deleted`.",
        fix: "Restore it while the window lasts. If it was deleted on purpose, remove the reference instead.",
    },
    references: &["https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_restore-secret.html"],
    when: |symptom| symptom.fault == Fault::PendingDeletion || super::secret::is_not_found(symptom),
    ask: |case| case.ask_secrets(),
    assess,
    examples: &[Example {
        text: "Secret arn:aws:secretsmanager:us-west-2:111122223333:secret:orders/db-AbC123: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 9d1f0c52-3f6b-4a57-8c41-5d0e7b2a6c13, InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let secrets = case.secrets();
    if let Some((secret, found)) = secrets
        .iter()
        .find_map(|secret| Some((secret, secret.found().filter(|found| found.deleted_date.is_some())?)))
    {
        return Some(marked(case, secret, found));
    }
    if case.symptom.fault != Fault::PendingDeletion {
        return kept(case, &secrets);
    }
    let title = format!("{} is scheduled for deletion", case.named("secret"));
    if let Some(secret) = secrets.iter().find(|secret| secret.found().is_some()) {
        let restored = Finding::found(
            "it is not scheduled for deletion now: it was restored since, and the next task will start",
            DESCRIBE,
        );
        return Some(Assessment::possible(title).culprit(secret.culprit()).passed(case, restored));
    }
    if let Some(secret) = secrets.iter().find(|secret| secret.is_gone()) {
        let over = Finding::missing(
            "the secret: its recovery window is over, and it must be created again",
            DESCRIBE,
        );
        let said =
            Assessment::likely(format!("secret {} was deleted", secret.name)).culprit(secret.culprit());
        return Some(said.finding(over).findings(secret.gone().into_iter().skip(1)).fix(secret.replace()));
    }
    Some(
        Assessment::likely(title)
            .finding(Finding::unknown("when it was deleted, and until when it can be restored"))
            .findings(case.definition_unknown())
            .fix(restore(case, case.resource_arn().as_deref())),
    )
}

fn marked(case: &Case<'_>, secret: &SecretView<'_>, found: &Secret) -> Assessment {
    let title = format!("secret {} is scheduled for deletion", secret.name);
    let until =
        found.deleted_date.map(|at| format!("; its recovery window ends on {at}")).unwrap_or_default();
    let what = Finding::found(format!("it is marked for deletion{until}"), DESCRIBE);
    let marked = Time::since(case, found.last_changed_date);
    let said = if case.forecast || case.symptom.fault == Fault::PendingDeletion {
        let time = if case.forecast { marked } else { Time::as_ecs_said() };
        Assessment::confirmed(title, Proof::by(vec![what], secret.is_meant(), Complete::alone(), time))
    } else {
        // Of a secret that is marked, Secrets Manager says so.
        let said = if marked.is_ok() { Assessment::likely(title) } else { Assessment::possible(title) };
        let since = found.last_changed_date.filter(|at| case.is_since(Some(*at)));
        let since = since
            .map(|at| Finding::found(format!("it was changed on {at}, after the task failed"), DESCRIBE));
        said.finding(what)
            .findings(since)
            .finding(Finding::unknown("why ECS says that it was not found, and not that it is marked"))
    };
    said.culprit(secret.culprit()).fix(restore(case, Some(found.arn.as_ref().unwrap_or(&secret.id))))
}

/// What is not marked now, and was not changed since, was not marked then.
fn kept(case: &Case<'_>, secrets: &[SecretView<'_>]) -> Option<Assessment> {
    let changed: Option<Vec<Moment>> =
        secrets.iter().map(|secret| secret.found()?.last_changed_date).collect();
    let time = Time::since(case, changed.and_then(|changed| changed.into_iter().max()));
    let what = vec![Finding::missing("a mark for deletion", DESCRIBE)];
    Assessment::disproved(
        "no secret is scheduled for deletion",
        Proof::by(what, Identity::of_revision(case), Complete::alone(), time),
    )
}

fn restore(case: &Case<'_>, id: Option<&str>) -> Fix {
    let restore = case.aws("secretsmanager restore-secret").name("--secret-id", Kind::Secret, id);
    Fix::words("restore the secret if it is still needed").run([restore]).then_again(case)
}
