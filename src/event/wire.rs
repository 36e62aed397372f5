//! The wire: one struct that knows every key of every form, in camelCase and in Step Functions' `PascalCase`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::scalar::{Moment, Number, Raw, Str};

type Text<'a> = Option<Str<'a>>;

/// Reads what must be an object: a struct would also take its fields from an array, in order.
pub(super) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(Some(text).filter(|text| is_object(text))?).ok()
}

/// Whether a text can be an object.
pub(super) fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
pub(super) struct Shape<'a> {
    #[serde(borrow, rename = "detail-type")]
    pub(super) detail_type: Text<'a>,
    /// Looked into only where it matters who sent an event: other objects have a `source` of any kind.
    #[serde(borrow)]
    pub(super) source: Option<Raw<'a>>,
    #[serde(borrow)]
    pub(super) account: Text<'a>,
    #[serde(borrow)]
    pub(super) region: Text<'a>,
    #[serde(borrow)]
    pub(super) resources: Option<Vec<Str<'a>>>,
    #[serde(borrow)]
    pub(super) time: Option<Moment<'a>>,
    #[serde(borrow)]
    pub(super) detail: Option<Box<Shape<'a>>>,

    #[serde(borrow, alias = "Tasks")]
    pub(super) tasks: Option<Vec<&'a RawValue>>,
    #[serde(borrow, alias = "Task")]
    pub(super) task: Option<&'a RawValue>,
    /// What a call on several tasks says of those that it could not find or make.
    #[serde(borrow, alias = "Failures")]
    pub(super) failures: Option<Raw<'a>>,
    /// Step Functions' caught error: the task as JSON in a string.
    #[serde(borrow, rename = "Cause")]
    pub(super) cause: Text<'a>,
    #[serde(borrow, rename = "Records")]
    pub(super) records: Option<Vec<&'a RawValue>>,

    #[serde(borrow, alias = "TaskArn")]
    pub(super) task_arn: Text<'a>,
    #[serde(borrow, alias = "ClusterArn")]
    pub(super) cluster_arn: Text<'a>,
    #[serde(borrow, alias = "TaskDefinitionArn")]
    pub(super) task_definition_arn: Text<'a>,
    #[serde(borrow, alias = "Group")]
    pub(super) group: Text<'a>,
    #[serde(borrow, alias = "LaunchType")]
    pub(super) launch_type: Text<'a>,
    #[serde(borrow, alias = "PlatformVersion")]
    pub(super) platform_version: Text<'a>,
    #[serde(borrow, alias = "PlatformFamily")]
    pub(super) platform_family: Text<'a>,
    #[serde(borrow, alias = "StartedBy")]
    pub(super) started_by: Text<'a>,
    #[serde(borrow, alias = "ContainerInstanceArn")]
    pub(super) container_instance_arn: Text<'a>,
    #[serde(borrow, alias = "LastStatus")]
    pub(super) last_status: Text<'a>,
    #[serde(borrow, alias = "StopCode")]
    pub(super) stop_code: Text<'a>,
    #[serde(borrow, alias = "StoppedReason")]
    pub(super) stopped_reason: Text<'a>,
    #[serde(borrow, alias = "StoppedAt")]
    pub(super) stopped_at: Option<Moment<'a>>,
    #[serde(borrow, alias = "StoppingAt")]
    pub(super) stopping_at: Option<Moment<'a>>,
    #[serde(borrow, alias = "ExecutionStoppedAt")]
    pub(super) execution_stopped_at: Option<Moment<'a>>,
    #[serde(borrow, alias = "StartedAt")]
    pub(super) started_at: Option<Moment<'a>>,
    #[serde(alias = "Version")]
    pub(super) version: Option<Number>,
    #[serde(borrow, alias = "Containers")]
    pub(super) containers: Option<Vec<ContainerShape<'a>>>,
    /// Looked into only where something failed.
    #[serde(borrow, alias = "Attachments")]
    pub(super) attachments: Option<Raw<'a>>,
    #[serde(borrow, alias = "Overrides")]
    pub(super) overrides: Option<Overrides<'a>>,

    #[serde(borrow)]
    pub(super) event_name: Text<'a>,
    #[serde(borrow)]
    pub(super) event_type: Text<'a>,
    /// A field of `CloudTrail`'s record of a call.
    #[serde(borrow)]
    pub(super) event_source: Text<'a>,
    /// A field of a daemon's event.
    #[serde(borrow)]
    pub(super) daemon_arn: Text<'a>,
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
    #[serde(borrow)]
    pub(super) created_at: Option<Moment<'a>>,
    #[serde(borrow)]
    pub(super) updated_at: Option<Moment<'a>>,
}

impl Shape<'_> {
    /// Whether it is one of the forms around a task.
    pub(super) const fn is_known(&self) -> bool {
        self.detail_type.is_some()
            || self.detail.is_some()
            || self.tasks.is_some()
            || self.task.is_some()
            || self.cause.is_some()
    }

    pub(super) fn is_task(&self) -> bool {
        self.task_arn.is_some()
            || self.stopped_reason.is_some()
            || self.stop_code.is_some()
            || self.containers.is_some()
            || self.last_status.is_some()
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, expecting = "a container object")]
pub(super) struct ContainerShape<'a> {
    #[serde(borrow, alias = "Name")]
    pub(super) name: Text<'a>,
    #[serde(borrow, alias = "Image")]
    pub(super) image: Text<'a>,
    #[serde(borrow, alias = "Reason")]
    pub(super) reason: Text<'a>,
    #[serde(alias = "ExitCode")]
    pub(super) exit_code: Option<Number>,
}

/// What a task was started with instead of its definition's. Only the roles are wanted: commands and
/// environments are not read.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, expecting = "an overrides object")]
pub(super) struct Overrides<'a> {
    #[serde(borrow, alias = "ExecutionRoleArn")]
    pub(super) execution_role_arn: Text<'a>,
    #[serde(borrow, alias = "TaskRoleArn")]
    pub(super) task_role_arn: Text<'a>,
}

/// What is attached to a task: its network interface, and volumes of Amazon EBS.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, expecting = "an attachment object")]
pub(super) struct Attachment<'a> {
    #[serde(borrow, rename = "type", alias = "Type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, alias = "Details")]
    pub(super) details: Option<Vec<Detail<'a>>>,
}

impl<'a> Attachment<'a> {
    /// Whether it is the task's network interface: `eni` in events, `ElasticNetworkInterface` in API output.
    pub(super) fn is_interface(&self) -> bool {
        matches!(self.kind.as_deref(), Some("eni" | "ElasticNetworkInterface"))
    }

    pub(super) fn detail(&self, name: &str) -> Option<&Str<'a>> {
        self.details.iter().flatten().find(|detail| detail.name.as_deref() == Some(name))?.value.as_ref()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Detail<'a> {
    #[serde(borrow, alias = "Name")]
    pub(super) name: Text<'a>,
    #[serde(borrow, alias = "Value")]
    pub(super) value: Text<'a>,
}
