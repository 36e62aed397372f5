//! The secret with the registry's login does not hold a login.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::secret::SecretView;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "registry-credentials-malformed",
    title: "the registry credentials have the wrong shape",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret behind repositoryCredentials was read, but it is not `{\"username\": \"...\", \"password\": \"...\"}`.",
        why: "It is empty, binary, plain text, a Docker config file, or lacks one of the two keys.",
        tell: "The message says `unable to unmarshal secret value, invalid schema`, `empty secrets value`, or `AuthorizationData is malformed, empty field` with the field before it.",
        fix: "Store both keys as strings in a JSON object.",
    },
    references: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html"],
    when: |symptom| symptom.step == Step::RegistryCredentials && symptom.fault == Fault::WrongShape,
    ask: |case| case.ask_secrets(),
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "Asm fetching username: AuthorizationData is malformed, empty field",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    let title = case.name().map_or("the registry credentials are not a login".to_owned(), |name| {
        format!("secret {name} holds no registry login")
    });
    let secrets = case.secrets();
    // Two signals: ECS read the value and found no login, and the secret that the definition names has held
    // the same value since.
    let said = match (case.references.as_slice(), secrets.as_slice()) {
        ([_, ..], [secret]) => Assessment::confirmed(title, secret.is_as_it_was()),
        _ => Assessment::likely(title).findings(secrets.iter().filter_map(SecretView::state_or_why)),
    };
    let gone = secrets.iter().find(|secret| secret.is_gone());
    let put = case.aws("secretsmanager put-secret-value").name(
        "--secret-id",
        Kind::Secret,
        case.resource_arn().as_deref(),
    );
    let fix = Fix::words("store {\"username\": \"...\", \"password\": \"...\"}")
        .run([put.words("--secret-string file://login.json")])
        .then_again(case);
    let fix = gone.map_or(fix, SecretView::replace);
    said.finding(Finding::unknown("what it holds: values are never read"))
        .findings(case.definition_unknown())
        .fix(fix)
}
