//! The attributes of a notice, which filter policies select by.

use crate::diagnosis::{Diagnosis, Report};
use crate::incident::About;

/// The most bytes of an attribute with one value: no name of AWS is longer.
const LONGEST_VALUE: usize = 1_024;

/// A value that SNS takes, whatever people call things: text of one line, and not for ever.
pub(super) fn safe(value: &str) -> String {
    let taken = |letter: char| {
        if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') { '?' } else { letter }
    };
    value[..value.floor_char_boundary(LONGEST_VALUE)].chars().map(taken).collect()
}

/// What a notice is found and filtered by.
pub(super) const NAMES: [&str; 10] =
    ["state", "cause", "verdict", "owner", "step", "fault", "cluster", "workload", "account", "region"];

/// The values of these names for a failure.
pub(super) fn facts<'r>(
    report: &'r Report<'_>,
    best: &'r Diagnosis,
    state: &'r str,
) -> [Option<&'r str>; 10] {
    let (task, symptom) = (report.task, &report.symptoms[best.symptom].symptom);
    [
        Some(state),
        Some(best.cause.id),
        Some(best.verdict.as_str()),
        Some(best.cause.owner.as_str()),
        Some(symptom.step.as_str()),
        Some(symptom.fault.as_str()),
        task.cluster.as_deref(),
        task.workload.as_ref().map(|workload| workload.name.as_str()),
        task.account.as_deref(),
        task.region.as_deref(),
    ]
}

pub(super) fn of_about(state: &str, about: &About) -> Vec<(&'static str, String)> {
    let values = [
        Some(state),
        Some(&about.cause),
        Some(&about.verdict),
        Some(&about.owner),
        Some(&about.step),
        Some(&about.fault),
        about.cluster.as_deref(),
        about.workload.as_deref(),
        about.account.as_deref(),
        about.region.as_deref(),
    ];
    with_team(attributes(values), about.team.as_deref())
}

/// The attribute of the team.
pub(super) const TEAM: &str = "team";
/// What gives way to it: SNS takes no more than ten for a raw delivery, and this one follows from the cause most of
/// the time.
const GIVES_WAY: &str = "step";

/// The same with the team that the workload's tag names, where a tag is asked for.
pub(super) fn with_team(
    mut attributes: Vec<(&'static str, String)>,
    team: Option<&str>,
) -> Vec<(&'static str, String)> {
    let Some(team) = team else { return attributes };
    attributes.retain(|(name, _)| *name != GIVES_WAY);
    attributes.extend(Some((TEAM, safe(team))).filter(|(_, value)| !value.is_empty()));
    attributes
}

pub(super) fn attributes(values: [Option<&str>; 10]) -> Vec<(&'static str, String)> {
    NAMES
        .into_iter()
        .zip(values)
        .filter_map(|(name, value)| Some((name, safe(value?))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}
