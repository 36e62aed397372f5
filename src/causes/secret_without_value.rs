//! The secret exists but has never been given a value, or lost its current version.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::secret::DESCRIBE;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-without-value",
    title: "the secret has no current value",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret exists, but no version of it holds the stage AWSCURRENT, which is what ECS reads unless told otherwise.",
        why: "It was created empty, by infrastructure code that leaves the value to somebody else, and nobody has put one in.",
        tell: "`can't find the specified secret value for staging label: AWSCURRENT`: the secret was found, the value was not.",
        mend: "Put a value into it.",
    },
    when: |symptom| lacks_current(symptom) || super::secret_missing::is_not_found(symptom),
    ask: super::secret_missing::ask,
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &[],
    }],
};

/// Whether the version that is missing is the current one.
pub(super) fn lacks_current(symptom: &Symptom) -> bool {
    symptom.fault == Fault::VersionNotFound && symptom.version_stage.as_ref().is_some_and(|stage| stage.text.eq_ignore_ascii_case("AWSCURRENT"))
}

fn judge(case: &Case<'_>) -> Judgement {
    let secrets = case.secrets();
    let empty = secrets.iter().find_map(|secret| Some((secret, secret.found()?))).filter(|(_, found)| !found.has_current());
    if let Some((secret, found)) = empty {
        let title = format!("secret {} has no current value", secret.name);
        let others: Vec<&str> = found.version_ids_to_stages.values().flatten().map(String::as_str).collect();
        let others = if others.is_empty() { "no version at all".to_owned() } else { format!("only the stages {}", others.join(", ")) };
        return Judgement::new(Verdict::Confirmed, title)
            .culprit(secret.culprit())
            .finding(Finding::missing(format!("a version with the stage AWSCURRENT: the secret has {others}"), DESCRIBE));
    }
    if !lacks_current(case.symptom) {
        let all_current = !secrets.is_empty() && secrets.iter().all(|secret| secret.found().is_some());
        let current = Finding::found("a version with the stage AWSCURRENT", DESCRIBE);
        return if all_current { Judgement::new(Verdict::RuledOut, "the secret has a current value").finding(current) } else { Judgement::unsupported() };
    }
    let title = case.name().map_or("a secret has no current value".to_owned(), |name| format!("secret {name} has no current value"));
    if let Some(found) = secrets.iter().find_map(super::secret::SecretView::found) {
        let changed = found.last_changed_date.map(|at| format!(" (changed on {at})")).unwrap_or_default();
        let has_one = format!("it has a current version now{changed}");
        return if case.is_since(found.last_changed_date) {
            Judgement::new(Verdict::Possible, title).passed(Finding::found(format!("{has_one}: a value was put since, and the next task will start"), DESCRIBE))
        } else {
            Judgement::new(Verdict::Possible, title).finding(Finding::found(format!("{has_one}, which was so when the task failed"), DESCRIBE))
        };
    }
    Judgement::new(Verdict::Likely, title).finding(Finding::unknown("which versions the secret has")).findings(case.definition_unknown())
}

fn fix(case: &Case<'_>) -> Fix {
    let id = case.resource_arn();
    let on_secret = |words| case.aws(words).name("--secret-id", Kind::Secret, id.as_deref());
    let put = on_secret("secretsmanager put-secret-value").words("--secret-string file://value.json");
    Fix::words(format!("put a value into the secret{}", case.then_again())).run(case.commands([on_secret("secretsmanager list-secret-version-ids"), put]))
}
