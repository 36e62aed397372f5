//! Parameter Store has no such parameter.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::command::Part;
use super::fix::Fix;
use super::name::Kind;
use super::parameter::{DESCRIBE_PARAMETERS, ParameterView, may_be_absent};
use super::proof::{Complete, Gap, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::question::Known;
use crate::reason::Fault;
use crate::redact::is_masked;

pub(super) const CAUSE: Cause = Cause {
    id: "parameter-missing",
    title: "the parameter does not exist",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "Parameter Store has no parameter under a name that the task definition gives, in that account and Region.",
        why: "It was never created there, or the name differs: a leading slash, a letter's case, a doubled slash. A reference that is not an ARN is always read as a parameter's name, so a bare secret name ends here too.",
        tell: "The message says `invalid parameters:` and the names. ECS asks for ten at a time and lists all that are absent among them.",
        fix: "Create the parameter, or correct the reference.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html",
    ],
    when: |symptom| super::parameter::is_not_found(symptom) || may_be_absent(symptom),
    ask: |case| case.ask_parameters().into_iter().chain(case.newest_revision().map(Into::into)).collect(),
    assess: |case| assess(case).map(|said| said.beside_newer(case)),
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
    let listed = case.symptom.resource.as_deref().unwrap_or_default();
    listed
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !is_masked(name))
        .map(|name| name.split_once(":parameter").map_or(name, |(_, name)| name).to_owned())
        .collect()
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if super::secret_value_in_reference::is_all(case) {
        return None;
    }
    let parameters = case.parameters();
    let missing: Vec<&ParameterView<'_>> =
        parameters.iter().filter(|parameter| matches!(parameter.known(), Known::Missing)).collect();
    let is_refused = case.symptom.fault == Fault::AccessDenied;
    if is_refused && case.forecast {
        return None;
    }
    if !parameters.is_empty() && parameters.iter().all(|parameter| parameter.known().found().is_some()) {
        return Some(there(case, &parameters)).filter(|_| !case.forecast && !is_refused);
    }
    let names = if missing.is_empty() {
        names(case)
    } else {
        missing.iter().map(|parameter| parameter.name.clone()).collect()
    };
    Some(if missing.is_empty() {
        by_words(case, &parameters, names)
    } else {
        gone(case, &parameters, &missing, &names)
    })
}

fn title(names: &[String]) -> String {
    match names {
        [] => "a parameter does not exist".to_owned(),
        [name] => format!("parameter {name} does not exist"),
        [name, rest @ ..] => format!(
            "parameter {name} and {} other{} do not exist",
            rest.len(),
            if rest.len() == 1 { "" } else { "s" }
        ),
    }
}

/// Parameter Store has none of these names.
fn gone(
    case: &Case<'_>,
    parameters: &[ParameterView<'_>],
    missing: &[&ParameterView<'_>],
    names: &[String],
) -> Assessment {
    let culprit =
        Culprit { kind: "parameter", id: names.first().cloned(), references: case.references.clone() };
    let what = vec![Finding::missing(names.join(", "), DESCRIBE_PARAMETERS)];
    let complete = Complete::of("whether the others exist", parameters.iter().map(ParameterView::known));
    let identity = if case.symptom.resource.is_some() || case.forecast {
        case.in_named_region().and_then(|()| Identity::named(case, &names[0]))
    } else {
        Identity::only_one(missing, "parameter")
    };
    let hidden = "whether it was missing when the task failed: the role was refused, which comes first";
    let is_refused = case.symptom.fault == Fault::AccessDenied;
    let time = if is_refused { Err(Gap::new(hidden)) } else { Time::as_ecs_said() };
    let proof = Proof::by(what, identity, complete, time);
    let near = missing.iter().find(|parameter| parameter.near().is_some()).or(missing.first());
    Assessment::confirmed(title(names), proof)
        .culprit(culprit)
        .findings(near.and_then(|near| near.alike()))
        .fix(fix(case, names))
}

/// What ECS says of parameters of which Parameter Store does not say that they are missing.
fn by_words(case: &Case<'_>, parameters: &[ParameterView<'_>], names: Vec<String>) -> Assessment {
    let is_refused = case.symptom.fault == Fault::AccessDenied;
    let title = title(&names);
    let names: Vec<String> = if parameters.is_empty() {
        names
    } else {
        // What is there need not be made, and what is another account's cannot be made here.
        let unknown = parameters
            .iter()
            .filter(|parameter| parameter.known().found().is_none() && !parameter.is_foreign());
        unknown.map(|parameter| parameter.name.clone()).collect()
    };
    let is_by_ecs = !case.symptom.is_of_parameter();
    let bare = names.iter().map(String::as_str).filter(|name| is_by_ecs && !name.contains('/'));
    let bare: Vec<&str> = bare.collect();
    let maybe_secret = (!bare.is_empty()).then(|| {
        Finding::unknown(format!(
            "whether {} was meant as a secret: without an ARN it is read as a parameter",
            bare.join(", ")
        ))
    });
    let unmentioned = case.definition().filter(|_| is_by_ecs && case.references.is_empty());
    let why = parameters.iter().find_map(|parameter| {
        Finding::unanswered("whether it exists, or one with a similar name", parameter.known())
    });
    let title =
        if is_refused { format!("perhaps {title}: IAM refuses before the name is looked up") } else { title };
    (if is_refused { Assessment::possible(title) } else { Assessment::likely(title) })
        .findings(unmentioned.map(|_| Finding::missing("a reference of that name", DEFINITION)))
        .findings(maybe_secret)
        .finding(why.unwrap_or_else(|| Finding::unknown("whether a parameter with a similar name exists")))
        .findings(case.definition_unknown())
        .fix(fix(case, &names))
}

/// ECS did not find what is there now.
fn there(case: &Case<'_>, parameters: &[ParameterView<'_>]) -> Assessment {
    let modified =
        parameters.iter().filter_map(|parameter| parameter.known().found()?.last_modified_date).max();
    let names: Vec<String> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
    let said = |now| Assessment::possible(format!("parameter {} was not found{now}", names.join(", ")));
    if let Some(at) = modified.filter(|at| case.is_since(Some(*at))) {
        // The date is that of the last change, which need not have been the first.
        return said(" when the task started").passed(
            case,
            Finding::found(
                format!("it exists now, changed on {at}, after the task failed: the next task will find it"),
                DESCRIBE_PARAMETERS,
            ),
        );
    }
    let since = modified.map(|at| {
        format!(
            ", unchanged since {at}: ECS asked for another name than the definition has, or in another Region"
        )
    });
    said(", though it exists")
        .finding(Finding::found(format!("it exists{}", since.unwrap_or_default()), DESCRIBE_PARAMETERS))
        .fix(fix(case, &names))
}

fn fix(case: &Case<'_>, names: &[String]) -> Fix {
    let Some(first) = names.first().cloned().or_else(|| case.parameters().is_empty().then(String::new))
    else {
        let text =
            "have the parameter created in its own account, or correct the reference in a new revision";
        return Fix::words(text).then_revised(case);
    };
    let last_part = Some(first.rsplit('/').next().unwrap_or(&first)).filter(|part| !part.is_empty());
    let values = [Part::Words("Key=Name,Option=Contains,Values="), Part::Name(Kind::Parameter, last_part)];
    let look = case
        .aws("ssm describe-parameters")
        .argument("--parameter-filters", &values)
        .words("--query 'Parameters[].Name'");
    let create = names.iter().map(|name| name.split(':').next().unwrap_or(name)).map(|name| {
        case.aws("ssm put-parameter")
            .name("--name", Kind::Parameter, name)
            .words("--type SecureString --value file://value.txt")
    });
    Fix::words("see whether a similar name exists")
        .run([look])
        .then("create what is missing, or correct the reference in a new revision", create.take(3))
        .then_again(case)
}
