//! The secret's JSON has no such key.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::name::Kind;
use super::secret::SecretView;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::Fault;
use crate::task_definition::{SecretReference, Target};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-key-missing",
    title: "the secret has no such JSON key",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "`valueFrom` asks for one key of a secret that holds a JSON object, and the object has no such key. Keys are compared letter by letter.",
        why: "The key was renamed, is misspelled (case counts), was dropped by a rotation or by an edit that replaced the whole value, or the revision was deployed before the key was added.",
        tell: "The message says `did not contain json key` and the key. ECS names no secret here: the task definition tells which references ask for that key.",
        fix: "Add the key to the secret, or name one that it has.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
    ],
    when: |symptom| symptom.fault == Fault::JsonKeyMissing,
    ask: |case| case.ask_secrets(),
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key password",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    let key =
        case.symptom.json_key.as_ref().map_or("of that name".to_owned(), |key| format!("{:?}", key.text));
    let secrets = case.secrets();
    let title = match (case.name(), secrets.len()) {
        (Some(name), _) => format!("secret {name} has no JSON key {key}"),
        (None, 0) => format!("a secret has no JSON key {key}"),
        (None, several) => format!("one of {several} secrets has no JSON key {key}"),
    };
    let culprit = Culprit { kind: "secret", id: case.name(), references: case.references.clone() };
    let nobody = case.definition().filter(|_| case.references.is_empty());
    let asked: Vec<SecretReference<'_>> = case.references.iter().filter_map(secret_of).collect();
    // Two signals: ECS read the value and misses the key, and the one reference that asks for it has held the
    // same value since.
    let said = match secrets.as_slice() {
        [secret] if asks(case, &asked) => Assessment::confirmed(title, secret.is_as_it_was()),
        several => Assessment::likely(title).findings(several.iter().filter_map(SecretView::state_or_why)),
    };
    let mut versions: Vec<&str> = asked
        .iter()
        .map(|secret| secret.version_id.or(secret.version_stage).unwrap_or("AWSCURRENT"))
        .collect();
    versions.sort_unstable();
    versions.dedup();
    let versions = (versions.len() > 1)
        .then(|| Finding::unknown(format!("which of the versions {} lacks it", versions.join(", "))));
    said.culprit(culprit)
        .findings(other_keys(case))
        .findings(versions)
        .findings(nobody.map(|_| Finding::missing(format!("a reference that asks for {key}"), DEFINITION)))
        .finding(Finding::unknown("whether the key exists under another name: values are never read"))
        .findings(case.definition_unknown())
        .fix(fix(case, &secrets, &asked))
}

fn secret_of(reference: &crate::task_definition::Reference) -> Option<SecretReference<'_>> {
    match reference.target()? {
        Target::Secret(secret) => Some(secret),
        _ => None,
    }
}

fn asks(case: &Case<'_>, asked: &[SecretReference<'_>]) -> bool {
    let key = case.symptom.json_key.as_deref();
    asked.iter().any(|secret| key.is_none() || secret.json_key == key)
}

/// What the other references to the same secret ask for: keys that are known to be spelled right.
fn other_keys(case: &Case<'_>) -> Option<Finding> {
    let (definition, name) = (case.definition()?, case.name()?);
    let of_case = case.secrets();
    let [secret] = of_case.as_slice() else { return None };
    let all = definition.references();
    let to_it = |found: &SecretReference<'_>| found.arn == secret.id;
    let secrets: Vec<SecretReference<'_>> = all.iter().filter_map(secret_of).filter(to_it).collect();
    let key = case.symptom.json_key.as_ref()?.text.as_str();
    let asking = secrets.iter().filter(|secret| secret.json_key == Some(key)).count();
    let mut others: Vec<String> = secrets
        .iter()
        .filter_map(|secret| secret.json_key)
        .filter(|other| *other != key)
        .map(|other| format!("{other:?}"))
        .collect();
    others.dedup();
    let (verb, listed) = match others.as_slice() {
        [] => ("", String::new()),
        [one] => ("the other asks for", one.clone()),
        [first @ .., last] => ("the others ask for", format!("{} and {last}", first.join(", "))),
    };
    let others = if listed.is_empty() { String::new() } else { format!("; {verb} {listed}") };
    let found = match (asking, secrets.len()) {
        (_, 0) => return None,
        (0, _) if listed.is_empty() => {
            format!("no reference to {name} asks for {key:?}, nor for another key")
        }
        (0, _) => format!(
            "no reference to {name} asks for {key:?}, they ask for {listed}: the task may have run another definition"
        ),
        (1, 1) => format!("the only reference to {name} asks for {key:?}"),
        (_, count) => format!(
            "{asking} of {count} references to {name} {} for {key:?}{others}",
            if asking == 1 { "asks" } else { "ask" }
        ),
    };
    Some(Finding::found(found, DEFINITION))
}

fn fix(case: &Case<'_>, secrets: &[SecretView<'_>], asked: &[SecretReference<'_>]) -> Fix {
    // Prints the names of the keys, not their values; without `objects`, jq's error would quote a value that
    // is not an object.
    let look = |id: Option<&str>, stage: Option<&str>| {
        let look = case.aws("secretsmanager get-secret-value").name("--secret-id", Kind::Secret, id);
        look.maybe("--version-stage", Kind::VersionStage, stage)
            .words("--query SecretString --output text | jq -e 'objects | keys'")
    };
    let mut places: Vec<(Option<&str>, Option<&str>)> =
        asked.iter().map(|secret| (Some(secret.arn), secret.version_stage)).collect();
    if places.is_empty() {
        places.extend(secrets.iter().map(|secret| (Some(secret.id.as_str()), None)));
    }
    if places.is_empty() {
        places.push((None, None));
    }
    if let Some(gone) =
        secrets.iter().find(|secret| secret.is_gone()).filter(|_| secrets.iter().all(SecretView::is_gone))
    {
        return gone.replace();
    }
    places.retain(|(id, _)| !secrets.iter().any(|secret| secret.is_gone() && *id == Some(&secret.id)));
    let mut seen = std::collections::BTreeSet::new();
    places.retain(|place| seen.insert(*place));
    let which = if places.len() == 1 { "the first command lists" } else { "each command lists" };
    let text = match secrets.iter().find_map(SecretView::manager) {
        Some(service) => format!(
            "name a key that the secret has in a new revision, or take the value from elsewhere: {service} manages the secret, and only it can write to it"
        ),
        None => "add the key, or name one that the secret has in a new revision".to_owned(),
    };
    let text = format!("{text} ({which} its keys without their values)");
    Fix::words(text).run(places.into_iter().map(|(id, stage)| look(id, stage))).then_again(case)
}
