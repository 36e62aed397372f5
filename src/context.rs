//! What people ask next about a failure: how often and since when, what still runs, what was changed, where
//! to click.
//!
//! Pure, over the task, its incident and AWS's answers; what was not queried or answered is left out, since
//! none of it decides the cause.

use jiff::{SignedDuration, Timestamp, Unit};

use crate::arn::{Arn, is_region, name_in, partition_of};
use crate::event::Task;
use crate::incident::{About, Incident};
use crate::question::facts::{Deployment, Service};
use crate::question::{Evidence, Question, ask};
use crate::redact::redact_name;
use crate::task_definition::{Reference, Tag, Target, TaskDefinition};
use crate::words::some_of;

/// Changes listed; of more only the number is given.
const CHANGES: usize = 5;
/// Workloads named.
const OTHERS: usize = 5;

/// What to ask for it beyond what the causes ask: the service, and then the definition that still runs.
#[must_use]
pub fn questions(task: &Task, evidence: &Evidence) -> Vec<Question> {
    let service = service_question(task);
    let running = service
        .as_ref()
        .and_then(|question| evidence.look(question).found())
        .and_then(|service| still_running(task, service));
    let running = running
        .and_then(|deployment| deployment.task_definition.clone())
        .map(|name| ask::TaskDefinition { name });
    service
        .into_iter()
        .map(Question::from)
        .chain(running.map(Question::from))
        .filter(|question| evidence.answer(question).is_none())
        .collect()
}

/// What is known around a failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// How bad it is: tasks that run, failed starts and since when, and who else fails.
    pub impact: Vec<String>,
    /// What the failing definition asks for otherwise than the one that still runs, and what the deployment
    /// does.
    pub changes: Vec<String>,
    /// Where to see it in the console.
    pub console: Option<String>,
    /// By which it is found in the journal.
    pub incident: Option<String>,
    /// The account in which commands must run, where it is another than ecs-triage's own.
    pub elsewhere: Option<String>,
    /// The team that the workload's tag names, empty where it has none; absent where no tag is asked for.
    pub team: Option<String>,
    /// What precedes a cause's id in the address of its runbook; AWS's own page of the cause otherwise.
    pub runbooks: Option<String>,
}

impl Surroundings {
    /// What surrounds a failure; with an incident come the other workloads that have an open one with the
    /// same culprit.
    #[must_use]
    pub fn of(
        task: &Task,
        incident: Option<(&Incident, &[String])>,
        evidence: &Evidence,
        now: Timestamp,
    ) -> Self {
        let mut around = Self { console: console(task), ..Self::default() };
        let service = service_question(task).and_then(|question| evidence.look(&question).found());
        around.impact.extend(
            service.map(|service| {
                format!("{} of {} tasks running", service.running_count, service.desired_count)
            }),
        );
        if let Some((incident, others)) = incident {
            around.impact.extend(history(incident, now));
            around.impact.extend(alike(&incident.about, others));
            around.incident = Some(incident.about.fingerprint.clone());
        }
        let Some(service) = service else { return around };
        around.changes.extend(service.deployments.iter().find_map(rolling_back));
        if let Some(name) =
            still_running(task, service).and_then(|deployment| deployment.task_definition.as_ref())
        {
            let before = evidence.look(&ask::TaskDefinition { name: name.clone() }).found();
            around.changes.extend(changes(
                name,
                before.map(AsRef::as_ref),
                evidence.definition_of(task).found(),
            ));
        }
        around
    }

    /// How bad it is, in a line.
    #[must_use]
    pub fn impact(&self) -> Option<String> {
        (!self.impact.is_empty()).then(|| self.impact.join("; "))
    }
}

/// The team that a tag of the service names, or of the definition where no service starts the task: empty
/// where there is no such tag, or AWS gave no answer.
#[must_use]
pub fn team(task: &Task, evidence: &Evidence, tag: &str) -> String {
    let tags: &[Tag] = match service_question(task) {
        Some(question) => evidence.look(&question).found().map_or(&[], |service| &service.tags),
        None => evidence.definition_of(task).found().map_or(&[], |definition| &definition.tags),
    };
    let named = tags.iter().find(|own| own.key == tag);
    named.map(|own| redact_name(own.value.trim()).into_owned()).unwrap_or_default()
}

fn service_question(task: &Task) -> Option<ask::Service> {
    Some(ask::Service {
        region: task.region.clone()?,
        cluster: task.cluster.clone()?,
        name: task.service()?.to_owned(),
    })
}

/// How many, since when, and the last.
fn history(incident: &Incident, now: Timestamp) -> Vec<String> {
    let last = ago(now.duration_since(incident.last_seen));
    let count = |count| occurrences(&incident.about, count);
    let before = incident
        .before
        .map(|before| format!("seen before ({}); it stopped without an event of recovery", count(before)));
    std::iter::once(format!(
        "{} since {}, the last {last}",
        count(incident.occurrences),
        since(incident.first_seen, now)
    ))
    .chain(before)
    .collect()
}

/// Who else fails for the same thing.
fn alike(about: &About, others: &[String]) -> Option<String> {
    (!others.is_empty()).then(|| {
        format!("also failing with the same {}: {}", about.culprit_kind, some_of(others, OTHERS, ", "))
    })
}

/// How often what an incident is about happened.
#[must_use]
pub fn occurrences(about: &About, count: u64) -> String {
    let what = match (about.is_forecast, about.is_of_next_task) {
        (false, _) => return failed_starts(count),
        (true, false) => "deployment",
        (true, true) => "check",
    };
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// How many tasks failed to start.
#[must_use]
pub fn failed_starts(count: u64) -> String {
    if count == 1 { "1 failed start".to_owned() } else { format!("{count} failed starts") }
}

/// A time, as notices say it.
#[must_use]
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// The same, without the day where that is today's.
fn since(at: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%F").to_string();
    if day(at) == day(now) { at.strftime("%H:%M UTC").to_string() } else { minute(at) }
}

/// A span of time, as people say it.
#[must_use]
pub fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn ago(since: SignedDuration) -> String {
    let rounded = since.round(Unit::Second).unwrap_or(since);
    if rounded.as_secs() <= 0 { "just now".to_owned() } else { format!("{} ago", span(rounded)) }
}

/// What the circuit breaker does about it.
fn rolling_back(deployment: &Deployment) -> Option<String> {
    let reason = deployment.rollout_state_reason.as_deref()?;
    let by_breaker = reason.to_ascii_lowercase().contains("circuit breaker");
    by_breaker
        .then(|| format!("deployment {}: {reason}", deployment.id.as_deref().unwrap_or("of the service")))
}

/// The deployment of another definition whose tasks still run.
fn still_running<'s>(task: &Task, service: &'s Service) -> Option<&'s Deployment> {
    let other = |deployment: &&Deployment| {
        deployment.running_count > 0
            && deployment.task_definition.as_deref().map(name_in) != task.task_definition_name()
    };
    service.deployments.iter().find(other)
}

/// What the failing definition asks for otherwise than the one that runs.
fn changes(running: &str, before: Option<&TaskDefinition>, now: Option<&TaskDefinition>) -> Vec<String> {
    let running = name_in(running);
    let (Some(before), Some(now)) = (before, now) else { return vec![format!("{running} is still running")] };
    let (before, now) = (before.references(), now.references());
    let place =
        |reference: &Reference| (reference.container.clone(), reference.kind, reference.label().to_owned());
    let label = |reference: &Reference| {
        let container =
            reference.container.as_ref().map(|container| format!("{container}, ")).unwrap_or_default();
        format!("{container}{}", reference.label())
    };
    let changed = now.iter().filter_map(|reference| {
        match before.iter().find(|other| place(other) == place(reference)) {
            None => Some(format!("+ {}: {}", label(reference), shown(reference))),
            Some(other) if other.value_from != reference.value_from => {
                Some(format!("~ {}: {} was {}", label(reference), shown(reference), shown(other)))
            }
            Some(_) => None,
        }
    });
    let gone = before.iter().filter(|other| !now.iter().any(|reference| place(reference) == place(other)));
    let all: Vec<String> =
        changed.chain(gone.map(|other| format!("- {}: {}", label(other), shown(other)))).collect();
    if all.is_empty() {
        return vec![format!("{running} is still running; its secrets and images are the same")];
    }
    let more = all.len().saturating_sub(CHANGES);
    let more = (more > 0).then(|| format!("  and {more} more"));
    let listed = all.into_iter().take(CHANGES).map(|change| format!("  {change}"));
    std::iter::once(format!("{running} is still running; changed since:")).chain(listed).chain(more).collect()
}

/// What a reference refers to; of a value only that it is one.
fn shown(reference: &Reference) -> &str {
    if reference.target() == Some(Target::Value) {
        "a value instead of a reference"
    } else {
        &reference.value_from
    }
}

/// Where to see it in the console. Without a link where a Region or a name is not one that ECS allows: it
/// would choose the host or the page.
fn console(task: &Task) -> Option<String> {
    let is_name = |name: &&str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let region = task.region.as_deref().filter(|region| is_region(region))?;
    let cluster = task.cluster.as_deref().filter(is_name)?;
    let partition = Arn::parse(task.arn.as_deref().or(task.task_definition.as_deref())?)?.partition;
    let host = match partition_of(region) {
        other if other != partition => return None,
        "aws" => format!("{region}.console.aws.amazon.com"),
        "aws-cn" => "console.amazonaws.cn".to_owned(),
        "aws-us-gov" => "console.amazonaws-us-gov.com".to_owned(),
        _ => return None,
    };
    let page = match task.service() {
        Some(service) => format!("services/{}/events", Some(service).filter(is_name)?),
        None => format!("tasks/{}/configuration", task.id().filter(is_name)?),
    };
    Some(format!("https://{host}/ecs/v2/clusters/{cluster}/{page}?region={region}"))
}

#[cfg(test)]
mod tests {
    use super::console;
    use crate::event::{Task, Workload};

    fn link(partition: &str, region: &str, cluster: &str, service: Option<&str>) -> Option<String> {
        let id = "8b9a1785791d0b80a17f4f1cff9c8f5a";
        console(&Task {
            arn: Some(format!("arn:{partition}:ecs:{region}:111122223333:task/{cluster}/{id}")),
            region: Some(region.to_owned()),
            cluster: Some(cluster.to_owned()),
            workload: service.map(|name| Workload { is_service: true, name: name.to_owned() }),
            ..Task::default()
        })
    }

    #[test]
    fn links_lead_to_the_console_of_the_partition() {
        for (partition, region, service, host_and_page) in [
            (
                "aws",
                "eu-west-1",
                Some("api"),
                "eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/api/events?",
            ),
            (
                "aws",
                "eu-west-1",
                None,
                "eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/tasks/8b9a1785791d0b80a17f4f1cff9c8f5a/configuration?",
            ),
            (
                "aws-cn",
                "cn-north-1",
                Some("api"),
                "console.amazonaws.cn/ecs/v2/clusters/prod/services/api/events?",
            ),
            (
                "aws-us-gov",
                "us-gov-west-1",
                Some("api"),
                "console.amazonaws-us-gov.com/ecs/v2/clusters/prod/services/api/events?",
            ),
        ] {
            assert_eq!(
                link(partition, region, "prod", service),
                Some(format!("https://{host_and_page}region={region}"))
            );
        }
    }

    #[test]
    fn what_is_no_region_and_no_name_has_no_link() {
        for (partition, region, cluster, service) in [
            ("aws", "x.evil.example#", "prod", Some("api")),
            ("aws", "s3", "prod", Some("api")),
            ("aws", "cn-north-1", "prod", Some("api")),
            ("aws-cn", "eu-west-1", "prod", Some("api")),
            ("aws-iso", "us-iso-east-1", "prod", Some("api")),
            ("aws", "eu-west-1", "a](https://evil.example", Some("api")),
            ("aws", "eu-west-1", "../..", Some("api")),
            ("aws", "eu-west-1", "prod", Some("api?x=<script>")),
            ("aws", "eu-west-1", "", None),
        ] {
            assert_eq!(link(partition, region, cluster, service), None, "{region} {cluster} {service:?}");
        }
    }
}
