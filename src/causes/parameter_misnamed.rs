//! A parameter of nearly that name exists.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
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
    let look = case.aws("ssm describe-parameters").words("--query 'Parameters[].Name'");
    let parameters = case.parameters();
    let mut missing = parameters.iter().filter(|parameter| matches!(parameter.known(), Known::Missing));
    if let Some((parameter, near)) = missing.find_map(|parameter| Some((parameter, parameter.near()?))) {
        let title = format!("parameter {} does not exist; a similar name does", parameter.name);
        let said = if near.is_slip { Assessment::likely(title) } else { Assessment::possible(title) };
        let text = "if that one was meant, name it in a new revision";
        let said = said
            .culprit(Culprit {
                kind: "parameter",
                id: Some(parameter.name.clone()),
                references: case.references.clone(),
            })
            .finding(Finding::missing(parameter.name.clone(), DESCRIBE_PARAMETERS))
            .finding(Finding::found(format!("a parameter whose name {}", near.how), DESCRIBE_PARAMETERS))
            .finding(Finding::unknown("whether that one was meant"));
        return Some(said.fix(Fix::words(text).run([look]).then_revised(case)));
    }
    if let Some((parameter, others)) = missing_under_other_paths(&parameters) {
        let title =
            format!("parameter {} does not exist; one of that name does under another path", parameter.name);
        let text = "if that one was meant, name it with its path in a new revision";
        let said = Assessment::possible(title)
            .supported()
            .culprit(Culprit {
                kind: "parameter",
                id: Some(parameter.name.clone()),
                references: case.references.clone(),
            })
            .finding(Finding::missing(parameter.name.clone(), DESCRIBE_PARAMETERS))
            .finding(Finding::found(format!("{} under another path", in_words(others)), DESCRIBE_PARAMETERS))
            .finding(Finding::unknown("whether that one was meant"));
        return Some(said.fix(Fix::words(text).run([look]).then_revised(case)));
    }
    if case.symptom.fault == Fault::AccessDenied {
        // A name without a path is where a hierarchy was forgotten.
        let bare = parameters.iter().find(|parameter| {
            parameter.known().found().is_none() && !parameter.name.trim_start_matches('/').contains('/')
        });
        let bare = bare.filter(|parameter| !matches!(parameter.known(), Known::Missing) && !case.forecast)?;
        let said = Assessment::possible(format!(
            "perhaps parameter {} is under a path: IAM refuses before the name is looked up",
            bare.name
        ));
        let said = said.finding(Finding::unknown("whether a parameter of that name is under a path"));
        let text = "name it with its path in a new revision if so";
        return Some(said.fix(Fix::words(text).run([look]).then_revised(case)));
    }
    let named = case.symptom.resource.as_deref().unwrap_or_default();
    let (name, slip) = named.split(',').find_map(|name| Some((name.trim(), slip(name.trim())?)))?;
    let said = Assessment::likely(format!("parameter {name} is misspelled: it {slip}"))
        .finding(Finding::unknown("which name was meant"));
    Some(
        said.fix(
            Fix::words("see which names there are")
                .run([look])
                .then("correct the name in a new revision", [])
                .then_revised(case),
        ),
    )
}

/// A parameter that is missing, and how many of its last name there are under other paths.
fn missing_under_other_paths<'p, 'c>(
    parameters: &'p [ParameterView<'c>],
) -> Option<(&'p ParameterView<'c>, usize)> {
    let missing = parameters.iter().filter(|parameter| matches!(parameter.known(), Known::Missing));
    missing.map(|parameter| (parameter, parameter.under_other_paths().len())).find(|(_, others)| *others > 0)
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
