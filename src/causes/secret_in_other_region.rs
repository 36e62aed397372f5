//! The reference names another Region than the task's.

use super::assessment::{Assessment, Finding};
use super::case::{Case, UNKNOWN_REGION};
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Proof, Time};
use super::secret::{DESCRIBE, Presence};
use super::{Cause, Explanation, Owner};
use crate::question::Known;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-in-other-region",
    title: "the reference names another Region",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The secret's ARN names another Region than the one in which the task runs, and nothing is there under that name.",
        why: "A task definition was copied from another Region with its ARNs, or the secret was never replicated. ECS does read across Regions if the ARN is complete and the network allows it.",
        tell: "The Region in the ARN is not the task's.",
        fix: "Name the secret of the task's own Region, or replicate it there.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
    ],
    when: super::secret::is_not_found,
    ask: |case| case.ask_secrets(),
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let (secrets, own) = (case.secrets(), case.own_region());
    if let Some((secret, found)) = secrets.iter().find_map(|secret| Some((secret, secret.is_elsewhere()?))) {
        let arn = found.arn.as_deref().unwrap_or_default();
        let missing = Finding::missing(format!("{} in {}", secret.name, secret.region), DESCRIBE);
        let what = vec![missing, Finding::found(format!("{arn}, in the task's own Region"), DESCRIBE)];
        let proof =
            Proof::by(what, secret.is_meant(), Complete::alone(), Time::there_by(case, found.created_date));
        let text = format!(
            "write {arn} in a new revision, if that secret is meant, and allow the execution role to call secretsmanager:GetSecretValue on it"
        );
        return Some(
            Assessment::confirmed(
                format!("secret {} is in {own}, and is asked for in {}", secret.name, secret.region),
                proof,
            )
            .culprit(secret.culprit())
            .fix(Fix::words(text).then_revised(case)),
        );
    }
    if secrets.iter().any(|secret| matches!(secret.presence(), Presence::Gone))
        && !secrets.iter().any(|secret| matches!(secret.known_elsewhere(), Known::Unknown(_)))
        || secrets.iter().any(|secret| secret.found().is_some())
    {
        return None;
    }
    let own = case.task.region.as_deref().unwrap_or(UNKNOWN_REGION);
    let look = case
        .aws_at_task("secretsmanager describe-secret")
        .name("--secret-id", Kind::Secret, case.name().as_deref())
        .words("--query ARN");
    let fix = Fix::words(format!("see the ARN of the secret of {own}"))
        .run([look])
        .then("name it in a new revision", [])
        .then_revised(case);
    Some(case.named_elsewhere("secret", Assessment::possible)?.fix(fix))
}
