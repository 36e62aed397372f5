//! A JSON key is asked of a secret whose value is not a JSON object.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::name::Kind;
use super::secret::SecretView;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::Fault;
use crate::task_definition::Target;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-not-json",
    title: "the secret's value is not a JSON object",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "`valueFrom` asks for a JSON key, so ECS reads the value as a JSON object, and it is not one: a plain string, a list, a number, or JSON with a slip in it.",
        why: "The value was stored as plain text, with typographic or single quotes, through a shell that ate the quotes, or as a list.",
        tell: "The message says `invalid character ... looking for`, `cannot unmarshal ... into Go value` or `unexpected end of JSON input`. ECS names no secret here; only references with a JSON key can be meant.",
        fix: "Store a JSON object, or drop the key from the reference to get the whole value.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/create_secret.html",
    ],
    when: |symptom| symptom.fault == Fault::NotJson,
    ask: |case| case.ask_secrets(),
    assess: |case| Some(assess(case)),
    examples: &[
        Example {
            text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): invalid character 'h' looking for beginning of value",
            also: &[],
        },
        Example {
            text: "Json: cannot unmarshal array into Go value of type map[string]interface {}",
            also: &[],
        },
    ],
};

fn assess(case: &Case<'_>) -> Assessment {
    let secrets = case.secrets();
    let title = match (case.name(), case.references.len()) {
        (Some(name), _) => format!("the value of secret {name} is not a JSON object"),
        (None, 0) => "the value of a secret is not a JSON object".to_owned(),
        (None, several) => format!("the value of one of {several} secrets is not a JSON object"),
    };
    let asking = match case.references.as_slice() {
        [] => None,
        [_] => Some("one reference asks for a JSON key".to_owned()),
        several => Some(format!("{} references ask for a JSON key; any of them can be meant", several.len())),
    };
    // Two signals: ECS read the value and cannot take it for an object, and the one reference with a key has
    // held the same value since.
    let said = match (case.references.as_slice(), secrets.as_slice()) {
        ([_], [secret]) => Assessment::confirmed(title, secret.is_as_it_was()),
        _ => Assessment::likely(title).findings(secrets.iter().filter_map(SecretView::state_or_why)),
    };
    said.findings(asking.map(|asking| Finding::found(asking, DEFINITION)))
        .finding(Finding::unknown("what the value is: values are never read"))
        .findings(case.definition_unknown())
        .fix(fix(case, &secrets))
}

fn fix(case: &Case<'_>, secrets: &[SecretView<'_>]) -> Fix {
    if let Some(gone) =
        secrets.iter().find(|secret| secret.is_gone()).filter(|_| secrets.iter().all(SecretView::is_gone))
    {
        return gone.replace();
    }
    let ids = case.resource_arns();
    let check = |id: &Option<String>| {
        case.aws("secretsmanager get-secret-value")
            .name("--secret-id", Kind::Secret, id.as_deref())
            .words("--query SecretString --output text | jq type")
    };
    let whole = case.references.iter().find_map(|reference| match reference.target() {
        Some(Target::Secret(secret)) => Some(secret.arn.to_owned()),
        _ => None,
    });
    let drop = whole.map(|arn| format!(" ({arn})")).unwrap_or_default();
    let is_managed = secrets.iter().any(|secret| secret.manager().is_some());
    let store = if is_managed { "drop the key" } else { "store a JSON object, or drop the key" };
    let text = format!(
        "{store} from valueFrom{drop} to get the whole value; the command says \"object\" once it is right"
    );
    Fix::words(text).run(ids.iter().map(check)).then_again(case)
}
