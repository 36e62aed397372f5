//! The reference names another Region than the task's.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::parameter_missing::DESCRIBE_PARAMETERS;
use super::{Cause, Explanation, Owner, Verdict};
use crate::question::Known;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "parameter-in-other-region",
    title: "the reference names another Region",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The parameter's ARN names another Region than the one in which the task runs, and nothing is there under that name.",
        why: "A task definition was copied from another Region with its ARNs. A bare name is always looked up in the task's own Region.",
        tell: "The Region in the text or the ARN is not the task's.",
        mend: "Name the parameter of the task's own Region.",
    },
    when: |symptom| symptom.step == Step::ParameterStore && symptom.fault == Fault::NotFound,
    ask: super::parameter_missing::ask,
    assess: |case| joined(case, judge, fix),
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let parameters = case.parameters();
    if let Some(parameter) = parameters.iter().find(|parameter| matches!(parameter.known(), Known::Missing) && parameter.is_elsewhere() == Some(true)) {
        let own = case.own_region();
        return Judgement::new(Verdict::Confirmed, format!("parameter {} is in {own}, and is asked for in {}", parameter.name, parameter.region))
            .finding(Finding::missing(format!("{} in {}", parameter.name, parameter.region), DESCRIBE_PARAMETERS))
            .finding(Finding::found(format!("{} in {own}, the task's own Region", parameter.name), DESCRIBE_PARAMETERS));
    }
    if let Some(parameter) = parameters.iter().find(|parameter| parameter.is_elsewhere() == Some(false)) {
        let own = case.own_region();
        return Judgement::new(Verdict::RuledOut, format!("parameter {} is not in {own} either", parameter.name))
            .finding(Finding::missing(format!("{} in {own}, the task's own Region", parameter.name), DESCRIBE_PARAMETERS));
    }
    super::secret_in_other_region::judge_region(case, "parameter", Verdict::Likely)
}

fn fix(case: &Case<'_>) -> Fix {
    let own = case.task.region.as_deref().unwrap_or("<region>");
    if let Some(parameter) = case.parameters().iter().find(|parameter| parameter.is_elsewhere() == Some(true)) {
        let arn = parameter.arn_at_task();
        let text =
            format!("write {arn} in a new revision, if that parameter is meant, and let the execution role call ssm:GetParameters on it{}", case.then_again());
        return Fix::words(text).run(case.commands_for_revision([]));
    }
    Fix::words(format!("name the parameter of {own} in a new revision{}", case.then_again())).run(case.commands_for_revision([]))
}
