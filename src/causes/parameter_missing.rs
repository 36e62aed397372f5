//! Parameter Store has no such parameter.

use super::case::{Case, DEFINITION, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "parameter-missing",
    title: "the parameter does not exist",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "Parameter Store has no parameter under a name that the task definition gives, in that account and Region.",
        why: "It was never created there, or the name differs: a leading slash, a letter's case, a doubled slash. A reference that is not an ARN is always read as a parameter's name, so a bare secret name ends here too.",
        tell: "`invalid parameters:` and the names. ECS asks for ten at a time and lists all that are absent among them.",
        mend: "Create the parameter, or correct the reference.",
    },
    when: |symptom| symptom.step == Step::ParameterStore && symptom.fault == Fault::NotFound,
    judge,
    fix,
    examples: &[
        Example {
            text: "Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /orders/db-url,/orders/db-password",
            also: &["parameter-in-other-region", "parameter-misnamed"],
        },
        Example {
            text: "ResourceInitializationError: invalid ssm parameters: /jobset/staging/sentry-dsn",
            also: &["parameter-in-other-region", "parameter-misnamed"],
        },
    ],
};

/// The names that the text lists.
fn names(case: &Case<'_>) -> Vec<String> {
    let listed = case.symptom.resource.as_ref().map(|resource| resource.text.as_str()).unwrap_or_default();
    listed
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| name.split_once(":parameter").map_or(name, |(_, name)| name).to_owned())
        .collect()
}

fn judge(case: &Case<'_>) -> Judgement {
    let names = names(case);
    let title = match names.as_slice() {
        [] => "a parameter does not exist".to_owned(),
        [name] => format!("parameter {name} does not exist"),
        [name, rest @ ..] => format!("parameter {name} and {} other{} do not exist", rest.len(), if rest.len() == 1 { "" } else { "s" }),
    };
    let bare: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.contains('/')).collect();
    let maybe_secret =
        (!bare.is_empty()).then(|| Finding::unknown(format!("whether {} was meant as a secret: without an ARN it is read as a parameter", bare.join(", "))));
    let unmentioned = case.definition().filter(|_| case.references.is_empty());
    Judgement::new(Verdict::Likely, title)
        .findings(unmentioned.map(|_| Finding::missing("a reference of that name", DEFINITION)))
        .findings(maybe_secret)
        .finding(Finding::unknown("whether a parameter with a similar name exists"))
        .findings(case.definition_unknown())
}

fn fix(case: &Case<'_>) -> Fix {
    let names = names(case);
    let first = names.first().map_or("<name>", String::as_str);
    let last_part = first.rsplit('/').next().unwrap_or(first);
    let look = case
        .aws("ssm describe-parameters")
        .option("--parameter-filters", &format!("Key=Name,Option=Contains,Values={last_part}"))
        .words("--query 'Parameters[].Name'")
        .finish();
    let create = names
        .iter()
        .map(|name| name.split(':').next().unwrap_or(name))
        .map(|name| case.aws("ssm put-parameter").option("--name", name).words("--type SecureString --value file://value.txt").finish());
    Fix {
        text: format!("see whether a similar name exists; create what is missing, or correct the reference in a new revision{}", case.then_again()),
        commands: case.commands(std::iter::once(look).chain(create.take(3))),
        policy: None,
    }
}
