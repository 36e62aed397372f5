//! The secret with the registry's login does not hold a login.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::secret::SecretView;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "registry-credentials-malformed",
    title: "the registry credentials have the wrong shape",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret behind repositoryCredentials was read, but it is not `{\"username\": \"...\", \"password\": \"...\"}`.",
        why: "It is empty, binary, plain text, a Docker config file, or lacks one of the two keys.",
        tell: "`unable to unmarshal secret value, invalid schema`, `empty secrets value`, or `AuthorizationData is malformed, empty field` with the field before it.",
        mend: "Store both keys as strings in a JSON object.",
    },
    when: |symptom| symptom.step == Step::RegistryCredentials && symptom.fault == Fault::WrongShape,
    ask: |case| case.secrets().iter().flat_map(SecretView::ask).collect(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example { text: "Asm fetching username: AuthorizationData is malformed, empty field", also: &[] }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let title = case.name().map_or("the registry credentials are no login".to_owned(), |name| format!("secret {name} holds no registry login"));
    // Two signals: ECS read the value and found no login, and the definition names this secret for one.
    let proved = case.references.len() == 1 && case.secrets().iter().any(SecretView::is_as_it_was);
    Judgement::new(if proved { Verdict::Confirmed } else { Verdict::Likely }, title)
        .findings(case.secrets().iter().find_map(SecretView::state))
        .finding(Finding::unknown("what it holds: values are never read"))
        .findings(case.definition_unknown())
}

fn fix(case: &Case<'_>) -> Fix {
    let put = case.aws("secretsmanager put-secret-value").name("--secret-id", Kind::Secret, case.resource_arn().as_deref());
    Fix::words(format!("store {{\"username\": \"...\", \"password\": \"...\"}}{}", case.then_again()))
        .run(case.commands([put.words("--secret-string file://login.json")]))
}
