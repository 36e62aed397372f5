//! The secret's JSON has no such key.

use super::assessment::{Culprit, Finding, Fix};
use super::case::{Case, DEFINITION};
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::secret::SecretView;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::Fault;
use crate::task_definition::{SecretReference, Target, TaskDefinition};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-key-missing",
    title: "the secret has no such JSON key",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "`valueFrom` asks for one key of a secret that holds a JSON object, and the object has no such key. Keys are compared letter by letter.",
        why: "The key was renamed, is spelled otherwise (case counts), was dropped by a rotation or by an edit that replaced the whole value, or the revision was deployed before the key was added.",
        tell: "`did not contain json key` and the key. ECS names no secret here: the task definition tells which references ask for that key.",
        mend: "Add the key to the secret, or name one that it has.",
    },
    when: |symptom| symptom.fault == Fault::JsonKeyMissing,
    ask: |case| case.secrets().iter().flat_map(SecretView::ask).collect(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key password",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let key = case.symptom.json_key.as_ref().map_or("asked for".to_owned(), |key| format!("{:?}", key.text));
    let title = match (case.name(), case.references.len()) {
        (Some(name), _) => format!("secret {name} has no JSON key {key}"),
        (None, 0) => format!("a secret has no JSON key {key}"),
        (None, several) => format!("one of {several} secrets has no JSON key {key}"),
    };
    let culprit = Culprit { kind: "secret", id: case.name(), references: case.references.clone() };
    let others = case.definition().zip(case.name()).and_then(|(definition, name)| other_keys(case, definition, &name));
    let nobody = case.definition().filter(|_| case.references.is_empty());
    // Two signals: ECS read the value and misses the key, and the definition asks for it there.
    let proved = case.name().is_some() && case.secrets().iter().any(SecretView::is_as_it_was);
    Judgement::new(if proved && !case.references.is_empty() { Verdict::Confirmed } else { Verdict::Likely }, title)
        .culprit(culprit)
        .findings(case.secrets().iter().filter_map(SecretView::state))
        .findings(others)
        .findings(nobody.map(|_| Finding::missing(format!("a reference that asks for {key}"), DEFINITION)))
        .finding(Finding::unknown("whether the key exists under another name: values are never read"))
        .findings(case.definition_unknown())
}

/// What the other references to the same secret ask for: keys that are known to be spelled right.
fn other_keys(case: &Case<'_>, definition: &TaskDefinition, name: &str) -> Option<Finding> {
    let all = definition.references();
    let secrets: Vec<SecretReference<'_>> = all
        .iter()
        .filter_map(|reference| match reference.target() {
            Some(Target::Secret(secret)) if secret.name_and_suffix().0 == name => Some(secret),
            _ => None,
        })
        .collect();
    let key = case.symptom.json_key.as_ref()?.text.as_str();
    let asking = secrets.iter().filter(|secret| secret.json_key == Some(key)).count();
    let mut others: Vec<String> = secrets.iter().filter_map(|secret| secret.json_key).filter(|other| *other != key).map(|other| format!("{other:?}")).collect();
    others.dedup();
    let others = match others.as_slice() {
        [] => String::new(),
        [one] => format!("; the other asks for {one}"),
        [first @ .., last] => format!("; the others ask for {} and {last}", first.join(", ")),
    };
    let count = if secrets.len() == 1 {
        format!("the only reference to {name} asks")
    } else {
        format!("{asking} of {} references to {name} {}", secrets.len(), if asking == 1 { "asks" } else { "ask" })
    };
    Some(Finding::found(format!("{count} for {key:?}{others}"), DEFINITION))
}

fn fix(case: &Case<'_>) -> Fix {
    let ids = case.resource_arns();
    let stage = case.references.iter().find_map(|reference| match reference.target() {
        Some(Target::Secret(secret)) => secret.version_stage,
        _ => None,
    });
    // Prints the names of the keys, not their values.
    let look = |id: &Option<String>| {
        let look = case.aws("secretsmanager get-secret-value").name("--secret-id", Kind::Secret, id.as_deref());
        // Without `objects`, jq's error would quote a value that is no object.
        look.maybe("--version-stage", Kind::VersionStage, stage).words("--query SecretString --output text | jq -e 'objects | keys'")
    };
    let which = if ids.len() == 1 { "the first command lists" } else { "each command lists" };
    let text = format!("add the key, or name one that the secret has in a new revision ({which} its keys without their values){}", case.then_again());
    Fix::words(text).run(case.commands(ids.iter().map(look)))
}
