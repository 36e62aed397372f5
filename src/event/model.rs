//! From the wire to a [`Task`]: safe to print, and no longer than AWS writes anything.

use std::borrow::Cow;

use jiff::Timestamp;

use super::scalar::{Moment, Str};
use super::shape::{LONGEST_NAME, LONGEST_TEXT};
use super::wire::{Attachment, Shape};
use super::{Container, Reason, Source, Task, Workload};
use crate::arn::Arn;
use crate::redact::{beginning, redact_name, with_lines};

/// ECS starts at most ten containers in a task.
const MOST_CONTAINERS: usize = 100;

pub(super) fn task(shape: &Shape<'_>, source: Source) -> Task {
    let arn = owned(shape.task_arn.as_ref());
    let cluster_arn = safe(shape.cluster_arn.as_ref());
    let task_definition = owned(shape.task_definition_arn.as_ref());
    let (account, region) = place_of([arn.as_deref(), cluster_arn.as_deref(), task_definition.as_deref()]);
    let account = account.map(str::to_owned).or_else(|| owned(shape.account.as_ref()));
    let region = region.map(str::to_owned).or_else(|| owned(shape.region.as_ref()));
    let (mut reasons, containers) = reasons_and_containers(shape);
    let stop_code = owned(shape.stop_code.as_ref());
    // Attachments say what failed only where something did.
    let failed = !reasons.is_empty() || stop_code.is_some();
    let attachments = shape
        .attachments
        .filter(|_| failed)
        .and_then(|raw| serde_json::from_str::<Vec<Attachment<'_>>>(raw.0).ok())
        .unwrap_or_default();
    reasons.extend(reasons_of_attachments(&attachments));
    if reasons.is_empty() && stop_code.as_deref() == Some("TaskFailedToStart") {
        // ECS says that it failed, and not why: that is all the reason there is.
        reasons.push(Reason {
            field: "stopCode".to_owned(),
            container: None,
            text: "TaskFailedToStart".to_owned(),
        });
    }
    let cluster = cluster_arn.as_deref().map(cluster_name).or_else(|| cluster_of_task(arn.as_deref()?));
    Task {
        cluster: cluster.map(str::to_owned),
        workload: workload(safe(shape.group.as_ref()).as_deref(), task_definition.as_deref()),
        launch_type: owned(shape.launch_type.as_ref()),
        platform_version: owned(shape.platform_version.as_ref()),
        platform_family: owned(shape.platform_family.as_ref().filter(|_| !reasons.is_empty())),
        started_by: owned(shape.started_by.as_ref().filter(|_| !reasons.is_empty())),
        container_instance: owned(shape.container_instance_arn.as_ref().filter(|_| !reasons.is_empty())),
        account,
        region,
        stopped_at: stopped_at(shape),
        stopping_at: [&shape.stopping_at, &shape.execution_stopped_at]
            .into_iter()
            .flatten()
            .filter_map(Moment::timestamp)
            .min(),
        started_at: first_time(&[&shape.started_at]),
        stop_code,
        last_status: owned(shape.last_status.as_ref()),
        version: shape.version.as_ref().map(|number| number.0),
        subnet: attachments
            .iter()
            .find(|attachment| attachment.is_interface())
            .and_then(|attachment| owned(attachment.detail("subnetId"))),
        execution_role: owned(
            shape.overrides.as_ref().and_then(|overrides| overrides.execution_role_arn.as_ref()),
        ),
        task_role: owned(shape.overrides.as_ref().and_then(|overrides| overrides.task_role_arn.as_ref())),
        containers,
        source,
        arn,
        task_definition,
        reasons,
    }
}

/// What ECS says of a task and of its containers, its own reason first; and the containers.
fn reasons_and_containers(shape: &Shape<'_>) -> (Vec<Reason>, Vec<Container>) {
    let own = owned_text(shape.stopped_reason.as_ref());
    let own = own.map(|text| Reason { field: "stoppedReason".to_owned(), container: None, text });
    let mut reasons: Vec<Reason> = own.into_iter().collect();
    let shapes = shape.containers.as_deref().unwrap_or_default();
    let mut containers = Vec::with_capacity(shapes.len().min(MOST_CONTAINERS));
    for (at, container) in shapes.iter().take(MOST_CONTAINERS).enumerate() {
        let name = owned(container.name.as_ref());
        if let Some(text) = owned_text(container.reason.as_ref()) {
            reasons.push(Reason { field: format!("containers[{at}].reason"), container: name.clone(), text });
        }
        containers.push(Container {
            name,
            image: owned(container.image.as_ref()),
            exit_code: container.exit_code.as_ref().map(|code| code.0),
        });
    }
    (reasons, containers)
}

fn reasons_of_attachments(attachments: &[Attachment<'_>]) -> impl Iterator<Item = Reason> {
    attachments.iter().enumerate().take(MOST_CONTAINERS).filter_map(|(at, attachment)| {
        Some(Reason {
            field: format!("attachments[{at}].details.statusReason"),
            container: None,
            text: owned_text(attachment.detail("statusReason"))?,
        })
    })
}

fn stopped_at(shape: &Shape<'_>) -> Option<Timestamp> {
    let at = first_time(&[&shape.stopped_at, &shape.stopping_at, &shape.updated_at, &shape.time])?;
    // A hand-made event may have one of the two only.
    Some(first_time(&[&shape.created_at]).map_or(at, |created| at.max(created)))
}

/// The cluster in a task's ARN; ARNs of the old format lack it.
fn cluster_of_task(arn: &str) -> Option<&str> {
    let arn = Arn::parse(arn)?;
    arn.resource.strip_prefix("task/")?.split_once('/').map(|(cluster, _)| cluster)
}

/// A service's or daemon's own event, as a task that never came to be: it counts where ECS calls it an error
/// or a warning.
pub(super) fn service_event(shape: &Shape<'_>, source: Source) -> Task {
    let of_service = || shape.resources.iter().flatten().find(|arn| arn.contains(":service/"));
    let own_arn = owned(shape.daemon_arn.as_ref().or_else(of_service));
    let parsed = own_arn.as_deref().and_then(Arn::parse);
    let mut path = parsed.map(|arn| arn.resource.split('/')).into_iter().flatten();
    let is_service = path.next() == Some("service");
    let (first, second) = (path.next(), path.next());
    let cluster_arn = owned(shape.cluster_arn.as_ref());
    let cluster = cluster_arn.as_deref().map(cluster_name).or(first.filter(|_| second.is_some()));
    let name = shape.event_name.as_deref().unwrap_or_default();
    let text = owned_text(shape.reason.as_ref());
    // Where no reason is given, the name of the event is all that ECS says.
    let reason = if fails(shape.event_type.as_deref(), name, text.is_some()) {
        let named = || ("eventName", Some(redact_name(name).into_owned()).filter(|name| !name.is_empty()));
        let (field, text) = text.map_or_else(named, |text| ("reason", Some(text)));
        text.map(|text| Reason { field: field.to_owned(), container: None, text })
    } else {
        None
    };
    let at = first_time(&[&shape.created_at, &shape.updated_at, &shape.time]);
    Task {
        cluster: cluster.map(str::to_owned),
        workload: second.or(first).map(|name| Workload { is_service, name: name.to_owned() }),
        arn: owned(shape.task_arn.as_ref()),
        container_instance: owned(shape.container_instance_arn.as_ref()),
        account: parsed.map(|arn| arn.account.to_owned()).or_else(|| owned(shape.account.as_ref())),
        region: parsed.map(|arn| arn.region.to_owned()).or_else(|| owned(shape.region.as_ref())),
        stopped_at: at,
        reasons: reason.into_iter().collect(),
        source,
        ..Task::default()
    }
}

/// Whether an event reports a failure. Events of daemons have types of their own, and some tools leave the
/// type out.
fn fails(kind: Option<&str>, name: &str, has_reason: bool) -> bool {
    const FAILING: &[&str] = &["FAIL", "IMPAIRED", "ROLLBACK", "VIOLATED", "UNHEALTHY"];
    let is_named_so = FAILING.iter().any(|part| name.contains(part));
    match kind {
        Some("INFO") => is_named_so,
        Some(_) => true,
        None => has_reason || is_named_so,
    }
}

/// Free text as the model keeps it: safe to print, and absent where it is blank.
fn owned_text(text: Option<&Str<'_>>) -> Option<String> {
    let text = text.filter(|text| !is_blank(text))?;
    Some(with_lines(text, &beginning(text, LONGEST_TEXT)))
}

/// The same for a name.
pub(super) fn owned(text: Option<&Str<'_>>) -> Option<String> {
    safe(text).map(Cow::into_owned)
}

/// A name as the model keeps it, copied only where something is masked.
fn safe<'t>(text: Option<&'t Str<'_>>) -> Option<Cow<'t, str>> {
    let text = text.filter(|text| !is_blank(text))?;
    Some(redact_name(if text.len() > LONGEST_NAME {
        &text[..text.floor_char_boundary(LONGEST_NAME)]
    } else {
        text
    }))
}

pub(super) fn is_blank(text: &str) -> bool {
    // Most texts begin with a letter, so their ends need no look.
    !text.starts_with(|letter: char| letter.is_ascii_graphic()) && text.trim().is_empty()
}

/// Account and Region of the first of some ARNs that tells each.
fn place_of(arns: [Option<&str>; 3]) -> (Option<&str>, Option<&str>) {
    let (mut account, mut region) = (None, None);
    for arn in arns.into_iter().flatten().filter_map(Arn::parse) {
        account = account.or(Some(arn.account).filter(|account| !account.is_empty()));
        region = region.or(Some(arn.region).filter(|region| !region.is_empty()));
        // Most often the first tells both.
        if account.is_some() && region.is_some() {
            break;
        }
    }
    (account, region)
}

fn first_time(moments: &[&Option<Moment<'_>>]) -> Option<Timestamp> {
    moments.iter().copied().flatten().find_map(Moment::timestamp)
}

fn cluster_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn workload(group: Option<&str>, task_definition: Option<&str>) -> Option<Workload> {
    let named =
        |is_service, name: &str| (!name.is_empty()).then(|| Workload { is_service, name: name.to_owned() });
    match group.and_then(|group| group.split_once(':')) {
        Some(("service", name)) => named(true, name),
        Some(("family", name)) => named(false, name),
        _ => {
            let family = task_definition
                .map(|arn| arn.rsplit('/').next().unwrap_or(arn))
                .map(|name| name.split(':').next().unwrap_or(name));
            named(false, family.or(group)?)
        }
    }
}
