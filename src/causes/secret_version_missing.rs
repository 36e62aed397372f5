//! The version stage or version id that the reference names does not exist.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-version-missing",
    title: "the secret has no such version",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The reference asks for a version stage or a version id that the secret does not have.",
        why: "`valueFrom` pins a version that a rotation has since dropped, asks for AWSPENDING or AWSPREVIOUS when there is none, or has the JSON key in the wrong slot.",
        tell: "`for staging label:` with another label than AWSCURRENT, or `for VersionId:`. The slots after the name are json-key, version-stage, version-id.",
        mend: "Name a version that exists, or leave both slots empty to read the current one.",
    },
    when: |symptom| symptom.fault == Fault::VersionNotFound && !super::secret_without_value::lacks_current(symptom),
    judge,
    fix,
    examples: &[Example {
        text: "Fetching secret data from AWS Secrets Manager in region us-east-1: secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123: ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let version = case.symptom.version_stage.as_ref().map_or("that is asked for".to_owned(), |stage| stage.text.clone());
    let name = case.name().unwrap_or_else(|| "asked for".to_owned());
    Judgement::new(Verdict::Likely, format!("secret {name} has no version {version}"))
        .finding(Finding::unknown("which versions the secret has"))
        .findings(case.definition_unknown())
}

fn fix(case: &Case<'_>) -> Fix {
    let id = case.resource_arn().unwrap_or_else(|| "<secret>".to_owned());
    let look = case.aws("secretsmanager list-secret-version-ids").option("--secret-id", &id).finish();
    Fix {
        text: format!("name a version that the secret has, or none, in a new revision of the task definition{}", case.then_again()),
        commands: case.commands_for_revision([look]),
        policy: None,
    }
}
