//! The version stage or version id that the reference names does not exist.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Proof, Time};
use super::secret::SecretView;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::Known;
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-version-missing",
    title: "the secret has no such version",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The reference asks for a version stage or a version id that the secret does not have.",
        why: "`valueFrom` pins a version that a rotation has since dropped, asks for AWSPENDING or AWSPREVIOUS when there is none, or has the JSON key in the wrong slot.",
        tell: "The message says `for staging label:` with another label than AWSCURRENT (in these very letters), or `for VersionId:`. The slots after the name are json-key, version-stage, version-id.",
        fix: "Name a version that exists, or leave both slots empty to read the current one.",
    },
    references: &[
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
    ],
    when: |symptom| symptom.fault == Fault::VersionNotFound && !super::secret::lacks_current(symptom),
    ask: |case| case.secrets().iter().map(|secret| secret.ask_versions().into()).collect(),
    assess,
    examples: &[Example {
        text: "Fetching secret data from AWS Secrets Manager in region us-east-1: secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123: ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let secrets = case.secrets();
    let version = case
        .symptom
        .version_stage
        .as_deref()
        .map(str::to_owned)
        .or_else(|| secrets.iter().find_map(SecretView::version));
    let wanted = version.clone().unwrap_or_else(|| "of that id or stage".to_owned());
    let title = format!("{} has no version {wanted}", case.named("secret"));
    let look = case.aws("secretsmanager list-secret-version-ids").name(
        "--secret-id",
        Kind::Secret,
        case.resource_arn().as_deref(),
    );
    let fix = Fix::words("see which versions the secret has")
        .run([look])
        .then("name one of them, or none, in a new revision of the task definition", [])
        .then_revised(case);
    let Some((secret, versions)) =
        secrets.iter().find_map(|secret| Some((secret, secret.versions().found()?)))
    else {
        let why = secrets
            .first()
            .and_then(|secret| Finding::unanswered("which versions the secret has", secret.versions()));
        if secrets.first().is_some_and(|secret| matches!(secret.versions(), Known::Missing)) {
            // The secret itself is gone, and no command on it finds anything.
            let gone = Finding::missing("the secret, which was there when the task failed", LIST_VERSIONS);
            return Some(Assessment::likely(title).finding(gone).fix(case.create_secret()));
        }
        let why = why.or_else(|| Some(Finding::unknown("which versions the secret has")));
        return Some(Assessment::likely(title).findings(why).findings(case.definition_unknown()).fix(fix));
    };
    let stages: Vec<&str> =
        versions.iter().flat_map(|version| &version.version_stages).map(String::as_str).collect();
    let has = |wanted: &String| {
        stages.contains(&wanted.as_str())
            || versions.iter().any(|version| version.version_id.as_ref() == Some(wanted))
    };
    let said = match &version {
        Some(wanted) if !has(wanted) => {
            let almost = stages.iter().find(|stage| stage.eq_ignore_ascii_case(wanted));
            let almost = almost
                .map(|stage| format!(": stages are compared letter by letter, and {stage} is another"))
                .unwrap_or_default();
            let what = format!(
                "{wanted} among the {} versions; the stages are {}{almost}",
                versions.len(),
                stages.join(", ")
            );
            let complete = Complete::of("which versions the secret has", [secret.versions()]);
            let proof = Proof::by(
                vec![Finding::missing(what, LIST_VERSIONS)],
                secret.is_meant(),
                complete,
                Time::as_ecs_said(),
            );
            Assessment::confirmed(title, proof).culprit(secret.culprit()).fix(fix)
        }
        Some(wanted) => {
            let there =
                Finding::found(format!("{wanted} is there now: the next task will find it"), LIST_VERSIONS);
            Assessment::possible(title).culprit(secret.culprit()).passed(case, there)
        }
        None => Assessment::likely(title)
            .finding(Finding::found(
                format!("the secret has the stages {}", stages.join(", ")),
                LIST_VERSIONS,
            ))
            .fix(fix),
    };
    // A task that has not failed yet finds what is there.
    Some(said).filter(|said| !case.forecast || said.verdict() != Verdict::Possible)
}

const LIST_VERSIONS: &str = "ListSecretVersionIds";
