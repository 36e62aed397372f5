//! Parameter Store has no such parameter.

use super::assessment::{Culprit, Finding, Fix};
use super::case::{Case, DEFINITION};
use super::command::Part;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::parameter::ParameterView;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::{Known, Question};
use crate::reason::{Fault, Step};
use crate::redact::is_masked;

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
    ask,
    assess: |case| joined(case, judge, fix),
    examples: &[
        Example {
            text: "Fetching secret data from SSM Parameter Store in eu-west-1: invalid parameters: /orders/db-url,/orders/db-password",
            also: &["parameter-in-other-region", "parameter-misnamed", "secret-reference-malformed"],
        },
        Example {
            text: "ResourceInitializationError: invalid ssm parameters: /jobset/staging/sentry-dsn",
            also: &["parameter-in-other-region", "parameter-misnamed", "secret-reference-malformed"],
        },
    ],
};

/// The names that the text lists.
fn names(case: &Case<'_>) -> Vec<String> {
    let listed = case.symptom.resource.as_ref().map(|resource| resource.text.as_str()).unwrap_or_default();
    listed
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !is_masked(name))
        .map(|name| name.split_once(":parameter").map_or(name, |(_, name)| name).to_owned())
        .collect()
}

fn judge(case: &Case<'_>) -> Judgement {
    if super::secret_value_in_reference::is_all(case) {
        return Judgement::unsupported();
    }
    let parameters = case.parameters();
    let missing: Vec<&ParameterView<'_>> = parameters.iter().filter(|parameter| matches!(parameter.known(), Known::Missing)).collect();
    let known = !parameters.is_empty() && parameters.iter().all(|parameter| matches!(parameter.known(), Known::Missing | Known::Found(_)));
    let names = if missing.is_empty() { names(case) } else { missing.iter().map(|parameter| parameter.name.clone()).collect() };
    let title = match names.as_slice() {
        [] => "a parameter does not exist".to_owned(),
        [name] => format!("parameter {name} does not exist"),
        [name, rest @ ..] => format!("parameter {name} and {} other{} do not exist", rest.len(), if rest.len() == 1 { "" } else { "s" }),
    };
    if known && missing.is_empty() {
        let modified = parameters.iter().filter_map(|parameter| parameter.known().found()?.last_modified_date).max();
        if case.is_since(modified) {
            return Judgement::new(Verdict::Possible, title)
                .passed(Finding::found("it exists now: it was made since, and the next task will find it", DESCRIBE_PARAMETERS));
        }
        let since = modified.map(|at| format!(", unchanged since {at}")).unwrap_or_default();
        let named = parameters.iter().map(|parameter| parameter.name.as_str()).collect::<Vec<_>>().join(", ");
        return Judgement::new(Verdict::Possible, format!("parameter {named} was not found, though it exists")).finding(Finding::found(
            format!("it exists{since}: ECS asked for another name than the definition has, or in another Region"),
            DESCRIBE_PARAMETERS,
        ));
    }
    if known {
        let is_slip =
            missing.iter().any(|parameter| parameter.near().is_some() || parameter.is_elsewhere() == Some(true) || parameter.meant_secret().is_some());
        let culprit = Culprit { kind: "parameter", id: names.first().cloned(), references: case.references.clone() };
        return Judgement::new(if is_slip { Verdict::Possible } else { Verdict::Confirmed }, title)
            .culprit(culprit)
            .finding(Finding::missing(names.join(", "), DESCRIBE_PARAMETERS))
            .findings((!is_slip).then(|| Finding::missing("a parameter with a similar name", DESCRIBE_PARAMETERS)));
    }
    let bare: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.contains('/')).collect();
    let maybe_secret =
        (!bare.is_empty()).then(|| Finding::unknown(format!("whether {} was meant as a secret: without an ARN it is read as a parameter", bare.join(", "))));
    let unmentioned = case.definition().filter(|_| case.references.is_empty());
    let why = parameters.iter().find_map(|parameter| Finding::not_told("whether it exists, or one with a similar name", parameter.known()));
    Judgement::new(Verdict::Likely, title)
        .findings(unmentioned.map(|_| Finding::missing("a reference of that name", DEFINITION)))
        .findings(maybe_secret)
        .finding(why.unwrap_or_else(|| Finding::unknown("whether a parameter with a similar name exists")))
        .findings(case.definition_unknown())
}

/// How the listing of parameters is cited.
pub(super) const DESCRIBE_PARAMETERS: &str = "DescribeParameters";

/// Asks after every parameter that was not found; shared with the other causes of that.
pub(super) fn ask(case: &Case<'_>) -> Vec<Question> {
    case.parameters().iter().flat_map(ParameterView::ask).collect()
}

fn fix(case: &Case<'_>) -> Fix {
    let names = names(case);
    let last_part = names.first().map(|name| name.rsplit('/').next().unwrap_or(name));
    let values = [Part::Words("Key=Name,Option=Contains,Values="), Part::Name(Kind::Parameter, last_part)];
    let look = case.aws("ssm describe-parameters").argument("--parameter-filters", &values).words("--query 'Parameters[].Name'");
    let create = names
        .iter()
        .map(|name| name.split(':').next().unwrap_or(name))
        .map(|name| case.aws("ssm put-parameter").name("--name", Kind::Parameter, name).words("--type SecureString --value file://value.txt"));
    Fix::words(format!("see whether a similar name exists; create what is missing, or correct the reference in a new revision{}", case.then_again()))
        .run(case.commands(std::iter::once(look).chain(create.take(3))))
}
