//! A parameter of nearly that name exists.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::name::misspelling;
use super::parameter::{DESCRIBE_PARAMETERS, ParameterView};
use super::{Cause, Explanation, Owner};
use crate::question::Known;
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "parameter-misnamed",
    title: "the parameter's name is misspelled",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "No parameter has the name that the reference gives, and the name looks misspelled.",
        why: "A hierarchy needs its leading slash (`/prod/db`, not `prod/db`); a doubled or trailing slash, a space, a quote or an unfilled placeholder never match.",
        tell: "The name in the reference shows the slip, or AWS lists one that is close. That one may be another tenant's or stage's: only you know which was meant.",
        fix: "Correct the reference in a new revision.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html",
    ],
    when: |symptom| super::parameter::is_not_found(symptom) || super::parameter::may_be_absent(symptom),
    ask: |case| case.ask_parameters(),
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let parameters = case.parameters();
    let missing = || parameters.iter().filter(|parameter| matches!(parameter.known(), Known::Missing));
    if let Some((parameter, near)) = missing().find_map(|parameter| Some((parameter, parameter.near()?))) {
        let title = format!("parameter {} does not exist; a similar name does", parameter.name);
        let said = if near.is_slip { Assessment::likely(title) } else { Assessment::possible(title) };
        let text = "if that one was meant, name it in a new revision";
        return Some(another(case, parameter, said, format!("a parameter whose name {}", near.how), text));
    }
    let elsewhere = |parameter: &ParameterView<'_>| parameter.under_other_paths().len();
    if let Some(parameter) = missing().find(|parameter| elsewhere(parameter) > 0) {
        let title =
            format!("parameter {} does not exist; one of that name does under another path", parameter.name);
        let said = Assessment::possible(title).supported();
        let found = format!("{} under another path", in_words(elsewhere(parameter)));
        let text = "if that one was meant, name it with its path in a new revision";
        return Some(another(case, parameter, said, found, text));
    }
    if case.symptom.fault == Fault::AccessDenied {
        return without_path(case, &parameters);
    }
    let named = case.symptom.resource.as_deref().unwrap_or_default();
    let (name, slip) = named.split(',').find_map(|name| Some((name.trim(), slip(name.trim())?)))?;
    let fix = Fix::words("see which names there are").run([list(case)]);
    Some(
        Assessment::likely(format!("parameter {name} is misspelled: it {slip}"))
            .finding(Finding::unknown("which name was meant"))
            .fix(fix.then("correct the name in a new revision", []).then_revised(case)),
    )
}

/// The command that lists the names there are.
fn list(case: &Case<'_>) -> Command {
    case.aws("ssm describe-parameters").words("--query 'Parameters[].Name'")
}

/// That a parameter is missing where another was found.
fn another(
    case: &Case<'_>,
    parameter: &ParameterView<'_>,
    said: Assessment,
    found: String,
    text: &str,
) -> Assessment {
    let (id, references) = (Some(parameter.name.clone()), case.references.clone());
    said.culprit(Culprit { kind: "parameter", id, references })
        .finding(Finding::missing(parameter.name.clone(), DESCRIBE_PARAMETERS))
        .finding(Finding::found(found, DESCRIBE_PARAMETERS))
        .finding(Finding::unknown("whether that one was meant"))
        .fix(Fix::words(text).run([list(case)]).then_revised(case))
}

/// That a name was refused which has no path, as one has where a hierarchy was forgotten.
fn without_path(case: &Case<'_>, parameters: &[ParameterView<'_>]) -> Option<Assessment> {
    let bare = parameters.iter().find(|parameter| {
        parameter.known().found().is_none() && !parameter.name.trim_start_matches('/').contains('/')
    });
    let bare = bare.filter(|parameter| !matches!(parameter.known(), Known::Missing) && !case.forecast)?;
    let title =
        format!("perhaps parameter {} is under a path: IAM refuses before the name is looked up", bare.name);
    let text = "name it with its path in a new revision if so";
    Some(
        Assessment::possible(title)
            .finding(Finding::unknown("whether a parameter of that name is under a path"))
            .fix(Fix::words(text).run([list(case)]).then_revised(case)),
    )
}

fn in_words(others: usize) -> String {
    if others == 1 {
        "a parameter of that name".to_owned()
    } else {
        format!("{others} parameters of that name")
    }
}

fn slip(name: &str) -> Option<&'static str> {
    if name.starts_with("arn:") {
        return None;
    }
    if name.contains("//") {
        Some("has a doubled slash")
    } else if name.len() > 1 && name.ends_with('/') {
        Some("ends in a slash")
    } else if name.contains('/') && !name.starts_with('/') {
        Some("is a hierarchy without its leading slash")
    } else {
        misspelling(name)
    }
}
