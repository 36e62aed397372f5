//! A parameter of nearly that name exists.

use super::assessment::{Culprit, Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::parameter::ParameterView;
use super::parameter_missing::DESCRIBE_PARAMETERS;
use super::{Cause, Explanation, Owner, Verdict};
use crate::question::Known;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "parameter-misnamed",
    title: "the parameter's name is spelled otherwise",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "No parameter has the name that the reference gives, and the name looks like one that was written down wrongly.",
        why: "A hierarchy needs its leading slash (`/prod/db`, not `prod/db`); a doubled or trailing slash, a space, a quote or an unfilled placeholder never match.",
        tell: "The name in the reference shows the slip, or AWS lists one that is close.",
        mend: "Correct the reference in a new revision.",
    },
    when: |symptom| symptom.step == Step::ParameterStore && symptom.fault == Fault::NotFound,
    ask: super::parameter_missing::ask,
    assess: |case| joined(case, judge, fix),
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let parameters = case.parameters();
    let near = parameters.iter().filter(|parameter| matches!(parameter.known(), Known::Missing)).find_map(|parameter| Some((parameter, parameter.near()?)));
    if let Some((parameter, near)) = near {
        return Judgement::new(Verdict::Confirmed, format!("parameter {} does not exist; a similar name does", parameter.name))
            .culprit(Culprit { kind: "parameter", id: Some(parameter.name.clone()), references: case.references.clone() })
            .finding(Finding::missing(parameter.name.clone(), DESCRIBE_PARAMETERS))
            .finding(Finding::found(format!("a parameter whose name {near}"), DESCRIBE_PARAMETERS));
    }
    let missing = || parameters.iter().filter(|parameter| matches!(parameter.known(), Known::Missing));
    if missing().next().is_some() && missing().all(ParameterView::has_none_like_it) {
        return Judgement::new(Verdict::RuledOut, "no parameter has a similar name")
            .finding(Finding::missing("a parameter with a similar name", DESCRIBE_PARAMETERS));
    }
    let named = case.symptom.resource.as_ref().map(|resource| resource.text.as_str()).unwrap_or_default();
    let slips = named.split(',').filter_map(|name| slip(name.trim()).map(|slip| (name.trim(), slip)));
    let Some((name, slip)) = slips.into_iter().next() else { return Judgement::unsupported() };
    Judgement::new(Verdict::Likely, format!("parameter {name} is spelled wrongly: it {slip}")).finding(Finding::unknown("which name was meant"))
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
        super::secret_misnamed::slip(name)
    }
}

fn fix(case: &Case<'_>) -> Fix {
    let look = case.aws("ssm describe-parameters").words("--query 'Parameters[].Name'");
    if case.parameters().iter().any(|parameter| parameter.near().is_some()) {
        let text = format!("if that one was meant, name it in a new revision, and let the execution role call ssm:GetParameters on it{}", case.then_again());
        return Fix::words(text).run(case.commands_for_revision([look]));
    }
    Fix::words(format!("correct the name in a new revision{}", case.then_again())).run(case.commands_for_revision([look]))
}
