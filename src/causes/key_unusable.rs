//! The KMS key is disabled, scheduled for deletion or gone.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::key::KeyView;
use super::name::Kind;
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::question::Known;
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "key-unusable",
    title: "the KMS key cannot be used",
    owner: Owner::KeyOwner,
    explanation: Explanation {
        what: "The secret or parameter exists and can be read, but the KMS key that encrypts it is disabled, scheduled for deletion, waiting for its material, or unavailable.",
        why: "Somebody disabled or scheduled the key, often in a cleanup of keys that look unused; a deleted key takes its secrets with it for good.",
        tell: "The message says `DecryptionFailure` (Secrets Manager) or `InvalidKeyId` (Parameter Store), with DisabledException or KMSInvalidStateException inside.",
        fix: "Enable the key, or cancel its deletion and then enable it. If it was deleted, store the value again under another key.",
    },
    references: &["https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"],
    when: |symptom| {
        symptom.fault == Fault::KmsKeyUnusable
            || (symptom.fault == Fault::KmsDenied && super::key_permission_missing::claims(symptom))
    },
    ask: |case| case.ask_keys(),
    assess,
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-east-1: operation error SSM: GetParameters, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, InvalidKeyId: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab is disabled. (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: 59647aab-d88f-4bf5-8ac7-b358b03f4722)",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let keys = case.keys();
    let is_unusable = case.symptom.fault == Fault::KmsKeyUnusable;
    // "Access to KMS is not allowed" is said of both.
    let names_who = !is_unusable && case.symptom.principal.is_some();
    let unusable: Vec<(&KeyView<'_>, String)> =
        keys.iter().filter_map(|key| Some((key, key.unusable()?))).collect();
    if let Some((key, state)) = unusable.first() {
        let of = key.of.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
        let what = if matches!(key.known(), Known::Missing) {
            Finding::missing(format!("key {}", key.id), DESCRIBE_KEY)
        } else {
            Finding::found(format!("key {} {state}", key.id), DESCRIBE_KEY)
        };
        // A key's state has no date. Where the text names a principal that was refused, the key was not the
        // reason.
        let time = if names_who { Time::since(case, None) } else { Time::as_ecs_said() };
        let proof = Proof::by(
            vec![what],
            Identity::only_one(&unusable, "key"),
            Complete::of("the key's state", [key.known()]),
            time,
        );
        return Some(
            Assessment::confirmed(format!("the KMS key{of} {state}"), proof)
                .culprit(key.culprit())
                .fix(by_state(case, key)),
        );
    }
    if !is_unusable {
        let what = vec![Finding::found("the key is enabled", DESCRIBE_KEY)];
        let known =
            if keys.is_empty() { Identity::only_one(&keys, "key") } else { Identity::named(case, "the key") };
        let time = if names_who { Time::as_ecs_said() } else { Time::since(case, None) };
        return Assessment::disproved("the key is usable", Proof::by(what, known, case.keys_read(), time));
    }
    let key = case
        .symptom
        .key
        .as_ref()
        .map_or_else(|| "a KMS key".to_owned(), |key| format!("KMS key {}", key.text));
    let title = format!("{key} cannot be used");
    if !keys.is_empty() && case.keys_read().is_ok() {
        return Some(Assessment::possible(title).passed(
            case,
            Finding::found(
                "the key is enabled now: its state was changed since, and the next task will start",
                DESCRIBE_KEY,
            ),
        ));
    }
    let why = keys.iter().find_map(|key| Finding::unanswered("the key's state", key.known()));
    Some(
        Assessment::likely(title)
            .finding(why.unwrap_or_else(|| Finding::unknown("the key's state")))
            .findings(case.definition_unknown().filter(|_| case.symptom.resource.is_none()))
            .fix(by_words(case)),
    )
}

/// How a key's state is cited.
const DESCRIBE_KEY: &str = "DescribeKey";

/// What brings the key back from the state that it is in.
fn by_state(case: &Case<'_>, key: &KeyView<'_>) -> Fix {
    let id = key.arn().unwrap_or_else(|| key.id.clone());
    let on_key = |words| Command::aws(words, Some(&key.region)).name("--key-id", Kind::Key, id.as_str());
    let (text, words): (&str, &[&'static str]) = match key
        .known()
        .found()
        .and_then(|known| known.key_state.as_deref())
    {
        Some("Disabled") => ("the key is disabled: enable it", &["kms enable-key"]),
        Some("PendingDeletion") => {
            ("cancel the key's deletion and enable it", &["kms cancel-key-deletion", "kms enable-key"])
        }
        Some("PendingImport") => (
            "import the key's material again",
            &[
                "kms get-parameters-for-import --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096",
            ],
        ),
        Some("Unavailable") => ("connect the key's key store again", &["kms describe-key"]),
        Some(_) => ("wait until the key is ready", &["kms describe-key"]),
        None => {
            let of = key.of.as_deref().unwrap_or("what it encrypted");
            let text = format!(
                "a deleted key does not come back, nor does what it encrypted: store {of} again under a key that exists"
            );
            return Fix::words(text).then_again(case);
        }
    };
    let place = key.foreign_account().map(|account| format!("in account {account}, ")).unwrap_or_default();
    Fix::words(format!("{place}{text}")).run(words.iter().map(|words| on_key(words))).then_again(case)
}

fn by_words(case: &Case<'_>) -> Fix {
    let Some(key) = case.symptom.key.as_deref() else {
        let arn = case.resource_arn().filter(|arn| arn.contains(":secretsmanager:"));
        let look = arn.map(|arn| {
            case.aws("secretsmanager describe-secret")
                .name("--secret-id", Kind::Secret, arn.as_str())
                .words("--query KmsKeyId")
        });
        return Fix::words("find the key by its id in the secret's metadata, and enable it, after canceling its deletion if it was scheduled").run(look).then_again(case);
    };
    let commands = ["kms describe-key", "kms cancel-key-deletion", "kms enable-key"]
        .map(|words| case.aws(words).name("--key-id", Kind::Key, key));
    Fix::words("enable the key, after canceling its deletion if it was scheduled")
        .run(commands)
        .then_again(case)
}
