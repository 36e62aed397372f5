//! The log group that the container writes to does not exist.

use super::assessment::{Culprit, Finding, Fix};
use super::case::{Case, DEFINITION};
use super::command::Command;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::policy;
use super::snippet;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::facts::LogGroup;
use crate::question::{Known, Question};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::TaskDefinition;

pub(super) const CAUSE: Cause = Cause {
    id: "log-group-missing",
    title: "the log group does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The awslogs driver could not make its log stream because the log group is not there.",
        why: "`awslogs-group` names a group that nobody created, in that Region; `awslogs-create-group` is off (the default), or on without logs:CreateLogGroup, which AmazonECSTaskExecutionRolePolicy does not include.",
        tell: "`The specified log group does not exist`. With `There is a connection issue` behind it, it is the network instead.",
        mend: "Create the group, or switch on awslogs-create-group and allow logs:CreateLogGroup.",
    },
    when: claims,
    ask: |case| groups(case).iter().map(question).collect(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.\n\tstatus code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &[],
    }],
};

fn claims(symptom: &Symptom) -> bool {
    symptom.step == Step::LogDriver && symptom.fault == Fault::NotFound && symptom.bucket.is_none()
}

fn judge(case: &Case<'_>) -> Judgement {
    let groups = groups(case);
    let missing: Vec<&str> = groups.iter().filter(|group| matches!(is_there(case, group), Known::Missing)).map(|group| group.name.as_str()).collect();
    let title = match (missing.as_slice(), case.name(), case.references.len()) {
        ([first, ..], ..) => format!("log group {first} does not exist"),
        (_, Some(name), _) => format!("log group {name} does not exist"),
        (_, None, 0) => "a log group does not exist".to_owned(),
        (_, None, several) => format!("one of {several} log groups does not exist"),
    };
    let creates = case.definition().map(creates_groups);
    let creation = creates.map(|on| {
        if on {
            Finding::found("awslogs-create-group is on, so the group should have been made: logs:CreateLogGroup may be missing", DEFINITION)
        } else {
            Finding::found("awslogs-create-group is off, so nothing makes the group", DEFINITION)
        }
    });
    if let Some(first) = groups.iter().find(|group| matches!(is_there(case, group), Known::Missing)) {
        let references = case.references.iter().filter(|reference| reference.value_from == first.name).cloned().collect();
        return Judgement::new(Verdict::Confirmed, title)
            .culprit(Culprit { kind: "log-group", id: Some(first.name.clone()), references })
            .finding(Finding::missing(format!("{} in {}", missing.join(", "), first.region), DESCRIBE_GROUPS))
            .findings(creation);
    }
    if !groups.is_empty() && groups.iter().all(|group| matches!(is_there(case, group), Known::Found(_))) {
        return Judgement::new(Verdict::Possible, title)
            .passed(Finding::found("it exists now: it was made since, and the next task will start", DESCRIBE_GROUPS));
    }
    let why = groups.iter().find_map(|group| Finding::not_told("whether the group exists", is_there(case, group)));
    Judgement::new(Verdict::Likely, title)
        .findings(creation)
        .finding(why.unwrap_or_else(|| Finding::unknown("whether the group exists in another Region")))
        .findings(case.definition_unknown())
}

const DESCRIBE_GROUPS: &str = "DescribeLogGroups";

/// A log group that the case can be about.
struct Group {
    region: String,
    name: String,
}

fn groups(case: &Case<'_>) -> Vec<Group> {
    let region = case.definition().and_then(log_region).or(case.region()).unwrap_or(case.own_region()).to_owned();
    let mut names: Vec<String> = case.references.iter().map(|reference| reference.value_from.clone()).collect();
    if names.is_empty() && !case.symptom.truncated {
        names.extend(case.name());
    }
    names.dedup();
    names.into_iter().map(|name| Group { region: region.clone(), name }).collect()
}

fn question(group: &Group) -> Question {
    Question::LogGroups { region: group.region.clone(), prefix: group.name.clone() }
}

fn is_there<'c>(case: &Case<'c>, group: &Group) -> Known<'c, LogGroup> {
    match case.look::<Vec<LogGroup>>(&question(group)) {
        Known::Found(listed) => listed.iter().find(|listed| listed.log_group_name.as_ref() == Some(&group.name)).map_or(Known::Missing, Known::Found),
        Known::Missing => Known::Missing,
        Known::Unknown(why) => Known::Unknown(why),
        Known::NotAsked => Known::NotAsked,
    }
}

fn creates_groups(definition: &TaskDefinition) -> bool {
    let logs = definition.containers.iter().filter_map(|container| container.log_configuration.as_ref());
    logs.filter_map(|log| log.options.get("awslogs-create-group")).flatten().any(|on| on == "true")
}

/// The Region to which the logs go, where the definition names one.
fn log_region(definition: &TaskDefinition) -> Option<&str> {
    let mut logs = definition.containers.iter().filter_map(|container| container.log_configuration.as_ref());
    logs.find_map(|log| log.options.get("awslogs-region")?.as_deref())
}

fn fix(case: &Case<'_>) -> Fix {
    let groups = groups(case);
    let region = case.definition().and_then(log_region).or(case.region());
    if groups.len() == 1
        && case.definition().is_some_and(creates_groups)
        && let Ok(grant) = policy::grant(case, "logs:CreateLogGroup")
    {
        let text = format!("allow role {} to make the log group, as awslogs-create-group wants{}", grant.role_name(), case.then_again());
        return Fix { snippets: Vec::new(), ..grant.fix(text) };
    }
    let snippets = if let [group] = groups.as_slice() { snippet::log_group(&group.name) } else { Vec::new() };
    let create = |name| Command::aws("logs create-log-group", region).name("--log-group-name", Kind::LogGroup, name);
    let named: Vec<Command> = groups.iter().map(|group| create(Some(group.name.as_str()))).collect();
    let commands = if named.is_empty() { vec![create(None)] } else { named };
    Fix { snippets, ..Fix::words(format!("create the log group{}", case.then_again())).run(case.commands(commands)) }
}
