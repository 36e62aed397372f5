//! The log group that the container writes to does not exist.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::command::Command;
use super::fix::Fix;
use super::name::Kind;
use super::policy;
use super::proof::{Complete, Identity, Proof, Time};
use super::snippet;
use super::{Cause, Example, Explanation, Owner};
use crate::question::facts::LogGroup;
use crate::question::{Known, ask};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::{Reference, ReferenceKind};

pub(super) const CAUSE: Cause = Cause {
    id: "log-group-missing",
    title: "the log group does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The awslogs driver could not create its log stream because the log group is not there.",
        why: "`awslogs-group` names a group that nobody created, in that Region; `awslogs-create-group` is off (the default), or on without logs:CreateLogGroup, which AmazonECSTaskExecutionRolePolicy does not include.",
        tell: "The message says `The specified log group does not exist`. If `There is a connection issue` follows, it is the network instead.",
        fix: "Create the group, or turn on awslogs-create-group and allow logs:CreateLogGroup.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    ],
    when: claims,
    ask: |case| groups(case).iter().map(|group| group.question().into()).collect(),
    assess,
    examples: &[Example {
        text: "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.\n\tstatus code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &[],
    }],
};

fn claims(symptom: &Symptom) -> bool {
    symptom.step == Step::LogDriver
        && symptom.fault == Fault::NotFound
        && symptom.bucket.is_none()
        && !super::log_driver_misconfigured::is_on_own_host(symptom)
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let groups = groups(case);
    let missing: Vec<&Group> =
        groups.iter().filter(|group| matches!(group.known(case), Known::Missing)).collect();
    if case.forecast {
        // What the driver makes by itself needs not be there.
        let unmade: Vec<&Group> =
            missing.into_iter().filter(|group| group.is_made(case) != Some(true)).collect();
        return (!unmade.is_empty()).then(|| proved(case, &groups, &unmade));
    }
    if !missing.is_empty() {
        return Some(proved(case, &groups, &missing));
    }
    let title = match (case.name(), groups.len()) {
        (Some(name), _) => format!("log group {name} does not exist"),
        (None, 0) => "a log group does not exist".to_owned(),
        (None, several) => format!("one of {several} log groups does not exist"),
    };
    let made: Option<Vec<&LogGroup>> = groups.iter().map(|group| group.known(case).found()).collect();
    if let Some(made) = made.filter(|made| !made.is_empty()) {
        let since = made.iter().filter_map(|made| made.creation_time).find(|at| case.is_since(Some(*at)));
        let says = match since {
            Some(at) => format!(
                "it exists now: it was created on {at}, after the task failed, and the next task will start"
            ),
            None if made.iter().all(|made| made.creation_time.is_some()) => {
                "it exists, and was created before the task failed".to_owned()
            }
            None => "it exists now: it was created since, and the next task will start".to_owned(),
        };
        return Some(Assessment::possible(title).passed(case, Finding::found(says, DESCRIBE_GROUPS)));
    }
    let why =
        groups.iter().find_map(|group| Finding::unanswered("whether the group exists", group.known(case)));
    let unknown: Vec<&Group> = groups.iter().filter(|group| group.known(case).found().is_none()).collect();
    Some(
        Assessment::likely(title)
            .findings(creation(case, &unknown))
            .finding(why.unwrap_or_else(|| Finding::unknown("whether the group exists in another Region")))
            .findings(case.definition_unknown())
            .fix(create(case, &unknown)),
    )
}

const DESCRIBE_GROUPS: &str = "DescribeLogGroups";

/// That some groups are not there, where all were looked for and the others were there in time.
fn proved(case: &Case<'_>, groups: &[Group], missing: &[&Group]) -> Assessment {
    let names: Vec<&str> = missing.iter().map(|group| group.name.as_str()).collect();
    let title = match names.as_slice() {
        [one] => format!("log group {one} does not exist"),
        several => format!("log groups {} do not exist", several.join(", ")),
    };
    let found = missing
        .iter()
        .map(|group| Finding::missing(format!("{} in {}", group.name, group.region), DESCRIBE_GROUPS))
        .collect();
    let asked =
        Complete::of("whether the other log groups exist", groups.iter().map(|group| group.known(case)));
    // Of a group that was made since, ECS can have spoken as well.
    let since = groups
        .iter()
        .filter_map(|group| group.known(case).found()?.creation_time)
        .find(|at| case.is_since(Some(*at)));
    let time = since.map_or_else(Time::as_ecs_said, |at| Time::since(case, Some(at)));
    let references = missing.iter().filter_map(|group| group.reference.clone()).collect();
    let id = if let [one] = names.as_slice() { Some((*one).to_owned()) } else { None };
    Assessment::confirmed(title, Proof::by(found, Identity::of_revision(case), asked, time))
        .culprit(Culprit { kind: "log-group", id, references })
        .findings(creation(case, missing))
        .fix(create(case, missing))
}

/// A log group that the case can be about.
struct Group {
    region: String,
    name: String,
    reference: Option<Reference>,
}

/// Every container's own, in the Region to which that writes.
fn groups(case: &Case<'_>) -> Vec<Group> {
    let of_reference = |reference: &Reference| Group {
        region: case.log_region(reference).unwrap_or(case.own_region()).to_owned(),
        name: reference.value_from.clone(),
        reference: Some(reference.clone()),
    };
    let mut groups: Vec<Group> = case
        .references
        .iter()
        .filter(|reference| reference.kind == ReferenceKind::LogGroup)
        .map(of_reference)
        .collect();
    if groups.is_empty() && !case.symptom.truncated {
        let region = case.region().unwrap_or(case.own_region()).to_owned();
        groups.extend(case.name().map(|name| Group { region, name, reference: None }));
    }
    // Of containers with one group, one that makes it is enough.
    groups.sort_by(|one, other| {
        (&one.region, &one.name, other.is_made(case)).cmp(&(&other.region, &other.name, one.is_made(case)))
    });
    groups.dedup_by(|one, other| one.region == other.region && one.name == other.name);
    groups
}

impl Group {
    fn question(&self) -> ask::LogGroups {
        ask::LogGroups { region: self.region.clone(), prefix: self.name.clone() }
    }

    fn known<'c>(&self, case: &Case<'c>) -> Known<'c, LogGroup> {
        match case.look(&self.question()) {
            Known::Found(listed) => listed
                .iter()
                .find(|listed| listed.log_group_name.as_ref() == Some(&self.name))
                .map_or(Known::Missing, Known::Found),
            Known::Missing => Known::Missing,
            Known::Unknown(why) => Known::Unknown(why),
            Known::NotAsked => Known::NotAsked,
        }
    }

    /// Whether its container's log driver makes it.
    fn is_made(&self, case: &Case<'_>) -> Option<bool> {
        self.reference
            .as_ref()
            .map(|reference| case.log_option(reference, "awslogs-create-group") == Some("true"))
    }
}

/// Why the groups were not made by themselves.
fn creation(case: &Case<'_>, missing: &[&Group]) -> Option<Finding> {
    let made: Vec<bool> = missing.iter().filter_map(|group| group.is_made(case)).collect();
    Some(match made.first()? {
        _ if made.contains(&true) => Finding::found(
            "awslogs-create-group is on, so the group should have been created: logs:CreateLogGroup might be missing",
            DEFINITION,
        ),
        _ => Finding::found("awslogs-create-group is off, so nothing creates the group", DEFINITION),
    })
}

fn create(case: &Case<'_>, missing: &[&Group]) -> Fix {
    let made: Vec<&Reference> = missing
        .iter()
        .filter(|group| group.is_made(case) == Some(true))
        .filter_map(|group| group.reference.as_ref())
        .collect();
    if made.len() == missing.len()
        && !made.is_empty()
        && let Ok(grant) = policy::grant_for(case, "logs:CreateLogGroup", &made)
    {
        let text = format!(
            "allow role {} to create the log group, as awslogs-create-group requires",
            grant.role_name()
        );
        return Fix { snippets: Vec::new(), ..grant.fix(text) };
    }
    let create = |region: Option<&str>, name: Option<&str>| {
        Command::aws("logs create-log-group", region).name("--log-group-name", Kind::LogGroup, name)
    };
    let mut commands: Vec<Command> =
        missing.iter().map(|group| create(Some(&group.region), Some(&group.name))).collect();
    if commands.is_empty() {
        commands.push(create(case.region(), None));
    }
    let snippets = if let [group] = missing { snippet::log_group(&group.name) } else { Vec::new() };
    let noun = if missing.len() > 1 { "log groups" } else { "log group" };
    Fix { snippets, ..Fix::words(format!("create the {noun}")).run(commands).then_again(case) }
}
