//! The reference names another Region than the task's.

use super::assessment::{Assessment, Finding};
use super::case::{Case, UNKNOWN_REGION};
use super::fix::Fix;
use super::parameter::DESCRIBE_PARAMETERS;
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Explanation, Owner};
use crate::question::Known;

pub(super) const CAUSE: Cause = Cause {
    id: "parameter-in-other-region",
    title: "the reference names another Region",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The parameter's ARN names another Region than the one in which the task runs, and nothing is there under that name.",
        why: "A task definition was copied from another Region with its ARNs. A bare name is always looked up in the task's own Region.",
        tell: "The Region in the text or the ARN is not the task's.",
        fix: "Name the parameter of the task's own Region.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html",
    ],
    when: super::parameter::is_not_found,
    ask: |case| case.ask_parameters(),
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let (parameters, own) = (case.parameters(), case.own_region());
    let there =
        parameters.iter().find_map(|parameter| Some((parameter, parameter.known_elsewhere().found()?)));
    if let Some((parameter, found)) = there {
        let missing =
            Finding::missing(format!("{} in {}", parameter.name, parameter.region), DESCRIBE_PARAMETERS);
        let what = vec![
            missing,
            Finding::found(
                format!("{} in {own}, the task's own Region", parameter.name),
                DESCRIBE_PARAMETERS,
            ),
        ];
        let proof = Proof::by(
            what,
            Identity::named(case, &parameter.name),
            Complete::alone(),
            Time::there_by(case, found.last_modified_date),
        );
        let arn = parameter.arn_at_task();
        let text = format!(
            "write {arn} in a new revision, if that parameter is meant, and allow the execution role to call ssm:GetParameters on it"
        );
        return Some(
            Assessment::confirmed(
                format!("parameter {} is in {own}, and is asked for in {}", parameter.name, parameter.region),
                proof,
            )
            .fix(Fix::words(text).then_revised(case)),
        );
    }
    if parameters.iter().any(|parameter| matches!(parameter.known_elsewhere(), Known::Missing)) {
        return None;
    }
    let own = case.task.region.as_deref().unwrap_or(UNKNOWN_REGION);
    let fix = Fix::words(format!("name the parameter of {own} in a new revision")).then_revised(case);
    Some(case.named_elsewhere("parameter", Assessment::likely)?.fix(fix))
}
