//! The reference itself is malformed.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Gap, Identity, Proof, Time};
use super::secret::{DESCRIBE, Presence};
use super::{Cause, Example, Explanation, Owner};
use crate::question::Known;
use crate::question::facts::Secret;
use crate::reason::{Fault, Step};
use crate::task_definition::{Malformation, Reference, Target};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-reference-malformed",
    title: "the reference to the secret is written wrongly",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "`valueFrom` is not a form that ECS can use: `arn:...:secret:name-6chars` alone, or followed by exactly `:json-key:version-stage:version-id`, any of them empty.",
        why: "One colon too few puts the JSON key into the version slot (`minimum field size of 32` is the version id's), one too many is not a valid ARN; a bare secret name is read as the name of a parameter; \
              stage and id exclude each other.",
        tell: "The message says `an invalid ARN format`, `arn: invalid prefix`, `minimum field size of 32, GetSecretValueInput.VersionId` or `Invalid name`. The task definition shows which slot is wrong.",
        fix: "Write the reference with all three colons after the name, and deploy the new revision.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html",
    ],
    when: |symptom| {
        let refused = super::secret::may_be_absent(symptom) || super::parameter::may_be_absent(symptom);
        let wrong = matches!(symptom.fault, Fault::BadReference | Fault::NotFound)
            && matches!(
                symptom.step,
                Step::SecretsManager | Step::ParameterStore | Step::RegistryCredentials | Step::SecretSidecar
            );
        wrong || refused
    },
    ask: |case| case.ask_secrets().into_iter().chain(case.ask_parameters()).collect(),
    assess,
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: InvalidParameter: 1 validation error(s) found. - minimum field size of 32, GetSecretValueInput.VersionId.",
            also: &["agent-too-old"],
        },
        Example {
            text: "Trying to retrieve secret with value my-secret resulted in error: arn: invalid prefix",
            also: &["agent-too-old"],
        },
    ],
};

fn malformed<'c>(case: &'c Case<'_>) -> Option<(&'c Reference, Malformation)> {
    case.references.iter().find_map(|reference| Some((reference, reference.target()?.malformation()?)))
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if super::secret_value_in_reference::is_all(case) {
        return None;
    }
    if let Some(assessment) = proved_by_state(case) {
        return Some(assessment.fix(fix(case)));
    }
    if case.symptom.fault == Fault::AccessDenied {
        return hidden(case);
    }
    let Some((reference, malformation)) = malformed(case) else {
        if case.symptom.fault != Fault::BadReference {
            return Assessment::disproved(
                "the reference is well-formed",
                Proof::by_definition(case, vec![well_formed(case)?]),
            );
        }
        let title = case
            .symptom
            .resource
            .as_ref()
            .map_or("a valueFrom is not a valid reference".to_owned(), |named| {
                format!("{} is not a valid reference", named.text)
            });
        return Some(Assessment::likely(title).findings(case.definition_unknown()).fix(fix(case)));
    };
    let name = reference.label();
    let proof =
        Proof::by_definition(case, vec![Finding::found(described(malformation, reference), DEFINITION)]);
    Some(Assessment::confirmed(format!("the reference of {name} is written wrongly"), proof).fix(fix(case)))
}

/// What is wrong with a reference.
fn described(malformation: Malformation, reference: &Reference) -> String {
    match malformation {
        Malformation::ColonCount(count) => {
            format!(
                "{count} part{} the secret's name, where ECS takes none or three",
                if count == 1 { " follows" } else { "s follow" }
            )
        }
        Malformation::NotAVersionId => {
            "the version-id slot holds something too short for an id: a JSON key goes two slots before"
                .to_owned()
        }
        Malformation::StageAndId => {
            "it names both a version stage and a version id, which exclude each other".to_owned()
        }
        Malformation::Unrendered => format!(
            "{} is a template's placeholder: nothing filled it in before the definition was registered",
            reference.value_from
        ),
        Malformation::WrongService => "it is an ARN of neither a secret nor a parameter".to_owned(),
    }
}

/// A reference that is wrong whatever its open parts will be, as an example of it shows.
pub(super) fn misspelt(
    case: &Case<'_>,
    shown: &Reference,
    stand_in: &Reference,
    malformation: Malformation,
) -> Assessment {
    let name = shown.name.as_deref().unwrap_or(&shown.field);
    let found =
        Finding::found(format!("{} in {}", described(malformation, stand_in), shown.value_from), DEFINITION);
    let proof = Proof::by(vec![found], Identity::of_revision(case), Complete::alone(), Time::unchanging());
    let right = match stand_in.target() {
        Some(Target::Secret(secret)) => right_form(stand_in).and_then(|right| {
            let open = shown.value_from.strip_suffix(&stand_in.value_from[secret.arn.len()..])?;
            Some(format!("{open}{}", &right[secret.arn.len()..]))
        }),
        _ => None,
    };
    let text = right.map_or_else(
        || "write the secret's ARN alone, or with :<json-key>:<version-stage>:<version-id> behind it, all three colons there".to_owned(),
        |right| format!("write it as {right}"),
    );
    Assessment::confirmed(format!("the reference of {name} is written wrongly"), proof).fix(Fix::words(text))
}

/// A refusal behind which the reference may lead nowhere, as the name shows that was refused.
fn hidden(case: &Case<'_>) -> Option<Assessment> {
    if case.forecast {
        return None;
    }
    let is_unread = |presence| matches!(presence, Presence::NotAsked | Presence::Unknown(_));
    if let Some(secret) =
        case.secrets().iter().find(|secret| secret.is_refused_by_part() && is_unread(secret.presence()))
    {
        let mark = if secret.is_whole() {
            "which ends like one that has its six characters"
        } else {
            "which lacks the six characters at its end"
        };
        let said = Assessment::possible(format!(
            "perhaps the ARN of secret {} is incomplete, and matches none",
            secret.name
        ))
        .supported();
        let said = said
            .culprit(secret.culprit())
            .finding(Finding::found(format!("the role was refused {}, {mark}", secret.id), "stoppedReason"));
        let look = case
            .aws("secretsmanager describe-secret")
            .name("--secret-id", Kind::Secret, secret.name.as_str())
            .words("--query ARN");
        let text = "write the whole ARN, with the six characters, in a new revision";
        let said = said.finding(Finding::unknown("whether a secret has that name"));
        return Some(said.fix(Fix::words(text).run([look]).then_revised(case)));
    }
    let parameters = case.parameters();
    let parameter = parameters.iter().find(|parameter| {
        matches!(parameter.known(), Known::NotAsked | Known::Unknown(_)) && !parameter.is_foreign()
    })?;
    let bare = parameter.as_secret()?.id;
    let said = Assessment::possible(format!(
        "perhaps {bare} is a secret's name, and ECS reads a name as a parameter"
    ));
    let unwritten =
        case.references.iter().any(|reference| reference.value_from == bare && bare.contains('/'));
    let mark = unwritten.then(|| {
        Finding::found(
            format!(
                "{bare} is a path without its leading slash, as secrets are called and parameters are not"
            ),
            DEFINITION,
        )
    });
    let said = if mark.is_some() { said.supported() } else { said };
    let look = case
        .aws("secretsmanager describe-secret")
        .name("--secret-id", Kind::Secret, bare.as_str())
        .words("--query ARN");
    let text = "if that secret was meant, write its ARN in a new revision";
    let said = said.findings(mark).finding(Finding::unknown("whether a secret has that name"));
    Some(said.fix(Fix::words(text).run([look]).then_revised(case)))
}

/// That every reference is as it should be, where the definition shows it and the state does not contradict.
fn well_formed(case: &Case<'_>) -> Option<Finding> {
    let secrets = case.secrets();
    let whole =
        !secrets.is_empty() && secrets.iter().all(|secret| secret.reference.is_some() && secret.is_whole());
    let known =
        secrets.iter().all(|secret| !matches!(secret.presence(), Presence::NotAsked | Presence::Unknown(_)));
    (whole && known).then(|| {
        Finding::found("the whole ARN of a secret in valueFrom, with nothing in a wrong place", DEFINITION)
    })
}

/// What exists under the name shows how the reference should have been written.
fn proved_by_state(case: &Case<'_>) -> Option<Assessment> {
    if let Some((written, secret)) = meant(case) {
        let found =
            Finding::found(format!("the secret {}", secret.arn.as_deref().unwrap_or_default()), DESCRIBE);
        let proof = Proof::by(
            vec![found],
            Identity::named(case, &written),
            Complete::alone(),
            time_of(case, &secret),
        );
        let culprit =
            Culprit { kind: "secret", id: Some(written.clone()), references: case.references.clone() };
        return Some(
            Assessment::confirmed(
                format!("{written} is a secret's name, and ECS reads a name as a parameter"),
                proof,
            )
            .culprit(culprit),
        );
    }
    let (culprit, secret) = cut_suffix(case)?;
    let (name, arn) = (secret.name.as_deref().unwrap_or_default(), secret.arn.as_deref().unwrap_or_default());
    let says = format!(
        "the name ends in a hyphen and six characters, which Secrets Manager takes for its suffix; the whole ARN is {arn}"
    );
    let proof = Proof::by(
        vec![Finding::found(says, DESCRIBE)],
        Identity::named(case, arn),
        Complete::alone(),
        time_of(case, &secret),
    );
    Some(Assessment::confirmed(format!("the ARN of secret {name} is not whole"), proof).culprit(culprit))
}

/// ECS says that it found nothing. Of a refusal the state must have held when it came.
fn time_of(case: &Case<'_>, secret: &Secret) -> Result<Time, Gap> {
    if case.symptom.fault == Fault::AccessDenied {
        Time::there_by(case, secret.created_date)
    } else {
        Time::as_ecs_said()
    }
}

/// A secret that is referred to by its bare name.
fn meant(case: &Case<'_>) -> Option<(String, Secret)> {
    case.parameters()
        .iter()
        .filter(|parameter| matches!(parameter.known(), Known::Missing))
        .find_map(|parameter| Some((parameter.name.clone(), parameter.meant_secret()?.clone())))
}

/// A secret whose name's own end was taken for the suffix.
fn cut_suffix(case: &Case<'_>) -> Option<(Culprit, Secret)> {
    case.secrets().iter().find_map(|secret| match secret.presence() {
        Presence::CutSuffix(found) => Some((secret.culprit(), found.clone())),
        _ => None,
    })
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some(arn) = meant(case)
        .map(|(_, secret)| secret)
        .or_else(|| cut_suffix(case).map(|(_, secret)| secret))
        .and_then(|secret| secret.arn)
    {
        return Fix::words(format!("write {arn} in a new revision")).then_revised(case);
    }
    if malformed(case).is_some_and(|(_, malformation)| malformation == Malformation::Unrendered) {
        let text = "render the template, so that valueFrom holds the ARN of the secret or parameter, in a new revision";
        return Fix::words(text).then_revised(case);
    }
    let right = malformed(case).and_then(|(reference, _)| right_form(reference));
    if right.is_none() && case.symptom.step == Step::ParameterStore {
        return Fix::words(
            "write the parameter's name, or its ARN, as Parameter Store knows it, in a new revision",
        )
        .then_revised(case);
    }
    let text = match right {
        Some(right) => format!("write it as {right} in a new revision"),
        None => "write it as arn:<partition>:secretsmanager:<region>:<account>:secret:<name-6chars>:<json-key>:<version-stage>:<version-id>, with all three colons after the name, in a new revision".to_owned(),
    };
    Fix::words(text).then_revised(case)
}

/// What was probably meant: the only word in a wrong slot is the JSON key.
fn right_form(reference: &Reference) -> Option<String> {
    let Some(Target::Secret(secret)) = reference.target() else { return None };
    let said: Vec<&str> =
        [secret.json_key, secret.version_stage, secret.version_id].into_iter().flatten().collect();
    match said.as_slice() {
        [key] => Some(format!("{}:{key}::", secret.arn)),
        [key, version] if secret.version_id.is_none() => Some(format!("{}:{key}:{version}:", secret.arn)),
        _ => None,
    }
}
