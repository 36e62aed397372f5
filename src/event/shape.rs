//! The wire: one struct that knows every key of every form, in camelCase and in Step Functions' `PascalCase`.

mod quick;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::scalar::{Moment, Number, Raw, Str};
use super::sender::Sender;
use super::{Container, Entry, InputError, Reason, Source, Task, Workload, without_values};
use crate::arn::Arn;
use crate::redact::{beginning, redact, redact_name, with_lines};

type Text<'a> = Option<Str<'a>>;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, expecting = "an object")]
struct Shape<'a> {
    #[serde(borrow, rename = "detail-type")]
    detail_type: Text<'a>,
    /// Looked into only where it matters who sent an event: other objects have a `source` of any kind.
    #[serde(borrow)]
    source: Option<Raw<'a>>,
    #[serde(borrow)]
    account: Text<'a>,
    #[serde(borrow)]
    region: Text<'a>,
    #[serde(borrow)]
    resources: Option<Vec<Str<'a>>>,
    #[serde(borrow)]
    time: Option<Moment<'a>>,
    #[serde(borrow)]
    detail: Option<Box<Shape<'a>>>,

    #[serde(borrow, alias = "Tasks")]
    tasks: Option<Vec<&'a RawValue>>,
    #[serde(borrow, alias = "Task")]
    task: Option<&'a RawValue>,
    /// Step Functions' caught error: the task as JSON in a string.
    #[serde(borrow, rename = "Cause")]
    cause: Text<'a>,
    #[serde(borrow, rename = "Records")]
    records: Option<Vec<&'a RawValue>>,

    #[serde(borrow, alias = "TaskArn")]
    task_arn: Text<'a>,
    #[serde(borrow, alias = "ClusterArn")]
    cluster_arn: Text<'a>,
    #[serde(borrow, alias = "TaskDefinitionArn")]
    task_definition_arn: Text<'a>,
    #[serde(borrow, alias = "Group")]
    group: Text<'a>,
    #[serde(borrow, alias = "LaunchType")]
    launch_type: Text<'a>,
    #[serde(borrow, alias = "PlatformVersion")]
    platform_version: Text<'a>,
    #[serde(borrow, alias = "PlatformFamily")]
    platform_family: Text<'a>,
    #[serde(borrow, alias = "StartedBy")]
    started_by: Text<'a>,
    #[serde(borrow, alias = "ContainerInstanceArn")]
    container_instance_arn: Text<'a>,
    #[serde(borrow, alias = "LastStatus")]
    last_status: Text<'a>,
    #[serde(borrow, alias = "StopCode")]
    stop_code: Text<'a>,
    #[serde(borrow, alias = "StoppedReason")]
    stopped_reason: Text<'a>,
    #[serde(borrow, alias = "StoppedAt")]
    stopped_at: Option<Moment<'a>>,
    #[serde(borrow, alias = "StoppingAt")]
    stopping_at: Option<Moment<'a>>,
    #[serde(borrow, alias = "ExecutionStoppedAt")]
    execution_stopped_at: Option<Moment<'a>>,
    #[serde(borrow, alias = "StartedAt")]
    started_at: Option<Moment<'a>>,
    #[serde(alias = "Version")]
    version: Option<Number>,
    #[serde(borrow, alias = "Containers")]
    containers: Option<Vec<ContainerShape<'a>>>,
    #[serde(borrow, alias = "Attachments")]
    attachments: Option<Attachments<'a>>,
    #[serde(borrow, alias = "Overrides")]
    overrides: Option<Overrides<'a>>,

    #[serde(borrow)]
    event_name: Text<'a>,
    #[serde(borrow)]
    event_type: Text<'a>,
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    created_at: Option<Moment<'a>>,
    #[serde(borrow)]
    updated_at: Option<Moment<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, expecting = "a container object")]
struct ContainerShape<'a> {
    #[serde(borrow, alias = "Name")]
    name: Text<'a>,
    #[serde(borrow, alias = "Image")]
    image: Text<'a>,
    #[serde(borrow, alias = "Reason")]
    reason: Text<'a>,
    #[serde(alias = "ExitCode")]
    exit_code: Option<Number>,
}

/// What a task was started with instead of its definition's. Only the roles are wanted: commands and environments are not read.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, expecting = "an overrides object")]
struct Overrides<'a> {
    #[serde(borrow, alias = "ExecutionRoleArn")]
    execution_role_arn: Text<'a>,
    #[serde(borrow, alias = "TaskRoleArn")]
    task_role_arn: Text<'a>,
}

/// What is attached to a task. Only the subnet of its network interface is wanted.
enum Attachments<'a> {
    /// Looked into only where something failed.
    Unread(Raw<'a>),
    Subnet(Option<Str<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Attachments<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Raw::deserialize(from).map(Self::Unread)
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, expecting = "an attachment object")]
struct Attachment<'a> {
    #[serde(borrow, rename = "type", alias = "Type")]
    kind: Text<'a>,
    #[serde(borrow, alias = "Details")]
    details: Option<Vec<Detail<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail<'a> {
    #[serde(borrow, alias = "Name")]
    name: Text<'a>,
    #[serde(borrow, alias = "Value")]
    value: Text<'a>,
}

impl Detail<'_> {
    fn is_subnet(&self) -> bool {
        self.name.as_deref() == Some("subnetId")
    }
}

#[derive(Deserialize)]
#[serde(expecting = "an SQS message object")]
struct Message<'a> {
    #[serde(borrow, rename = "messageId")]
    id: Cow<'a, str>,
    #[serde(borrow)]
    body: Cow<'a, str>,
    /// In Lambda's words.
    #[serde(borrow, default, rename = "eventSourceARN")]
    queue: Text<'a>,
}

const EXPECTED: &str = "an ECS Task State Change, ECS Service Action or ECS Deployment State Change event, an SQS batch (Records), \
    task output of the ECS API (tasks, task), or an object with stoppedReason or containers";

/// Of the faults of one record this many are told, and of the rest how many there are: each costs more than a sound item.
const MOST_FAULTS: usize = 10;
/// Tasks of one list that are read: a hundred times what ECS tells in one answer.
const MOST_TASKS: usize = 10_000;
/// ECS starts at most ten containers in a task.
const MOST_CONTAINERS: usize = 100;
/// ECS writes at most 1024 bytes of a reason.
const LONGEST_TEXT: usize = 4_096;
/// No name of AWS, ARNs included, is longer.
const LONGEST_NAME: usize = 2_048;

/// Reads one record: for an SQS batch one entry for each message, else one.
pub(super) fn read(text: &str) -> Vec<Entry> {
    let single = |tasks| vec![Entry { message_id: None, sender: None, tasks }];
    let shape = match read_shape(text, "") {
        Ok(shape) => shape,
        Err(error) => return single(vec![Err(error)]),
    };
    match &shape.records {
        Some(records) => messages(text, records),
        None => single(tasks(shape, text)),
    }
}

/// The messages of a batch, and behind them the faults of what has no id, which cannot be answered for.
fn messages(document: &str, records: &[&RawValue]) -> Vec<Entry> {
    let (mut places, mut faults, mut nameless) = (Places::of(document), Faults::default(), Vec::new());
    let mut entries = Vec::with_capacity(records.len());
    for (at, raw) in records.iter().enumerate() {
        let (raw, from) = (raw.get(), places.of_part(raw.get()));
        let fault = || fault::<Message<'_>>(raw, &format!("Records[{at}]")).moved(from);
        match Some(raw).filter(|raw| is_object(raw)).and_then(|raw| serde_json::from_str::<Message<'_>>(raw).ok()) {
            Some(message) => entries.push(guarded(message, at, from)),
            None => match message_id(raw) {
                Some(id) => entries.push(Entry { message_id: Some(id), sender: None, tasks: vec![Err(fault())] }),
                None if faults.has_room() => nameless.push(Err(fault())),
                None => {}
            },
        }
    }
    if !nameless.is_empty() {
        faults.count_rest(&mut nameless);
        entries.push(Entry { message_id: None, sender: None, tasks: nameless });
    }
    entries
}

/// What is in a message that begins at `from`; a fault of the reader itself must not take the others along.
fn guarded(message: Message<'_>, at: usize, from: (usize, usize)) -> Entry {
    let id = message.id.clone().into_owned();
    catch_unwind(AssertUnwindSafe(|| opened(message, at, from))).unwrap_or_else(|_| {
        let fault = InputError::new("it cannot be read, by a fault of ecs-triage itself".to_owned()).within(&format!("Records[{at}].body"), from);
        Entry { message_id: Some(id), sender: None, tasks: vec![Err(fault)] }
    })
}

fn opened(message: Message<'_>, at: usize, from: (usize, usize)) -> Entry {
    let path = format!("Records[{at}].body");
    let (sender, tasks) = match read_shape(&message.body, "") {
        Ok(shape) => (sender(&shape, message.queue.as_deref()), tasks(shape, &message.body)),
        Err(error) => (Sender::default(), vec![Err(error)]),
    };
    // The body is JSON in a string: its own places mean nothing outside, the message's do.
    let tasks = tasks.into_iter().map(|task| task.map_err(|error| error.within(&path, from))).collect();
    Entry { message_id: Some(message.id.into_owned()), sender: Some(sender), tasks }
}

/// What an event's envelope says of who sent it, and whose things it names.
fn sender(shape: &Shape<'_>, queue: Option<&str>) -> Sender {
    let detail = shape.detail.as_deref();
    let named = detail.map(|it| [&it.task_arn, &it.cluster_arn, &it.task_definition_arn, &it.container_instance_arn]);
    let arns = named.into_iter().flatten().flatten().chain(shape.resources.iter().flatten());
    let mut accounts = arns.filter_map(|arn| Arn::parse(arn)).map(|arn| arn.account).filter(|account| !account.is_empty());
    Sender {
        source: shape.source.and_then(|raw| serde_json::from_str::<Str<'_>>(raw.0).ok()).filter(|_| detail.is_some()).and_then(|source| owned(Some(&source))),
        account: owned(shape.account.as_ref()),
        stranger: accounts.find(|account| shape.account.as_deref() != Some(*account)).map(|account| beginning(account, LONGEST_NAME).into_owned()),
        queue: queue.and_then(Arn::parse).map(|arn| arn.account.to_owned()),
    }
}

/// The id of a message that is otherwise unreadable, so that it alone goes back to the queue.
fn message_id(raw: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "messageId")]
        id: String,
    }
    serde_json::from_str::<Named>(Some(raw).filter(|raw| is_object(raw))?).ok().map(|named| named.id)
}

/// How many faults a list has.
#[derive(Default)]
struct Faults(usize);

impl Faults {
    /// Counts one more; whether it is among those that are told.
    fn has_room(&mut self) -> bool {
        self.0 += 1;
        self.0 <= MOST_FAULTS
    }

    /// Lets the last one that is told tell how many are not.
    fn count_rest(&self, tasks: &mut [Result<Task, InputError>]) {
        let more = self.0.saturating_sub(MOST_FAULTS);
        if let Some(last) = tasks.iter_mut().rev().find_map(|task| task.as_mut().err()).filter(|_| more > 0) {
            last.problem = format!("{}, and so are {more} more of this list", last.problem);
        }
    }
}

/// In a box: it is large, and goes through many hands.
fn read_shape<'a>(text: &'a str, prefix: &str) -> Result<Box<Shape<'a>>, InputError> {
    shape(text).ok_or_else(|| fault::<Box<Shape<'a>>>(text, prefix))
}

fn shape(text: &str) -> Option<Box<Shape<'_>>> {
    quick::shape(text).or_else(|| serde_json::from_str(Some(text).filter(|_| is_object(text))?).ok())
}

/// Whether a text can be an object: a struct would also take its fields from an array, in order.
fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// Why a text could not be read. The path costs a second, slower pass, which only faulty records pay.
fn fault<'a, T: Deserialize<'a>>(text: &'a str, prefix: &str) -> InputError {
    let error = |problem| InputError { path: prefix.to_owned(), ..InputError::new(problem) };
    if text.trim_start().starts_with('[') {
        return error("expected an object, found an array".to_owned());
    }
    let Err(told) = serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_str(text)) else {
        return error("expected nothing behind the object".to_owned());
    };
    let path = Some(told.path().to_string()).filter(|path| path != ".").unwrap_or_default();
    let joined = if path.is_empty() || prefix.is_empty() { format!("{prefix}{path}") } else { format!("{prefix}.{path}") };
    let inner = told.inner();
    InputError {
        line: inner.line().max(1),
        column: inner.column().max(1),
        path: redact_name(&joined).into_owned(),
        problem: without_values(&inner.to_string()),
    }
}

/// Lines and columns, counted from 1, of the parts of a document that come one after another: it is gone through once.
struct Places<'d> {
    document: &'d str,
    at: usize,
    line: usize,
    line_from: usize,
}

impl<'d> Places<'d> {
    const fn of(document: &'d str) -> Self {
        Self { document, at: 0, line: 1, line_from: 0 }
    }

    /// Where a part begins that is a slice of the document, behind those before.
    fn of_part(&mut self, part: &str) -> (usize, usize) {
        let offset = (part.as_ptr() as usize).saturating_sub(self.document.as_ptr() as usize);
        let (from, to) = (self.at, offset.clamp(self.at, self.document.len()));
        for line_break in memchr::memchr_iter(b'\n', &self.document.as_bytes()[from..to]) {
            self.line += 1;
            self.line_from = from + line_break + 1;
        }
        self.at = to;
        (self.line, to - self.line_from + 1)
    }
}

impl InputError {
    fn new(problem: String) -> Self {
        Self { line: 1, column: 1, path: String::new(), problem }
    }

    /// The same error, seen from the document in which its part begins at `from`.
    fn moved(mut self, from: (usize, usize)) -> Self {
        self.column += if self.line == 1 { from.1 - 1 } else { 0 };
        self.line += from.0 - 1;
        self
    }

    fn within(mut self, path: &str, from: (usize, usize)) -> Self {
        let separator = if self.path.is_empty() { "" } else { "." };
        self.problem = format!("{} (line {}, column {} of the body)", self.problem, self.line, self.column);
        self.path = format!("{path}{separator}{}", self.path);
        (self.line, self.column) = from;
        self
    }
}

fn tasks(shape: Box<Shape<'_>>, text: &str) -> Vec<Result<Task, InputError>> {
    match &*shape {
        Shape { detail_type: Some(_), .. } | Shape { detail: Some(_), .. } => vec![event(shape, text)],
        Shape { tasks: Some(raws), .. } => list(raws, text, &|at| format!("tasks[{at}]")),
        Shape { task: Some(raw), .. } => list(&[raw], text, &|_| "task".to_owned()),
        Shape { cause: Some(cause), .. } => {
            let inner = read_shape(cause, "").map_or_else(|error| vec![Err(error)], |shape| tasks(shape, cause));
            inner.into_iter().map(|task| task.map_err(|error| error.within("Cause", (1, 1)))).collect()
        }
        shape if shape.is_task() => vec![Ok(task(shape, Source::Object))],
        _ => vec![Err(unknown_shape(text, EXPECTED))],
    }
}

/// The tasks of a list in `text`, and in their places the first faults of what is none.
fn list(raws: &[&RawValue], text: &str, name: &dyn Fn(usize) -> String) -> Vec<Result<Task, InputError>> {
    let (mut places, mut faults, mut tasks) = (Places::of(text), Faults::default(), Vec::new());
    let mut sound = 0;
    for (at, raw) in raws.iter().map(|raw| raw.get()).enumerate() {
        let error = match shape(raw) {
            Some(shape) if shape.is_task() && sound < MOST_TASKS => {
                sound += 1;
                tasks.push(Ok(task(&shape, Source::Object)));
                continue;
            }
            _ if !faults.has_room() => continue,
            Some(shape) if shape.is_task() => InputError::new(format!("expected at most {MOST_TASKS} tasks in one list")),
            Some(_) => unknown_shape(raw, "a task object"),
            None => fault::<Box<Shape<'_>>>(raw, &name(at)),
        };
        let path = if error.path.is_empty() { name(at) } else { error.path };
        tasks.push(Err(InputError { path, ..error }.moved(places.of_part(raw))));
    }
    faults.count_rest(&mut tasks);
    tasks
}

fn event(mut shape: Box<Shape<'_>>, text: &str) -> Result<Task, InputError> {
    let kind = shape.detail_type.take();
    let Some(mut detail) = shape.detail.take() else {
        return Err(InputError::new("expected an event with a detail object, found none".to_owned()));
    };
    let name = detail.event_name.as_deref().unwrap_or_default().to_owned();
    let source = match kind.as_deref() {
        Some("ECS Task State Change") => Source::TaskEvent,
        Some("ECS Service Action") => Source::ServiceEvent(name),
        Some("ECS Deployment State Change") => Source::DeploymentEvent(name),
        Some(other) => return Err(InputError { path: "detail-type".to_owned(), ..InputError::new(format!("expected {EXPECTED}; found {:?}", redact(other))) }),
        None if detail.is_task() => Source::TaskEvent,
        None if !name.is_empty() => Source::ServiceEvent(name),
        None => return Err(InputError { path: "detail".to_owned(), ..unknown_shape(text, EXPECTED) }),
    };
    detail.account = shape.account.or(detail.account.take());
    detail.region = shape.region.or(detail.region.take());
    detail.resources = shape.resources;
    detail.time = shape.time;
    Ok(match source {
        Source::TaskEvent | Source::Object => task(&detail, source),
        source => service_event(&detail, source),
    })
}

impl Shape<'_> {
    fn is_task(&self) -> bool {
        self.task_arn.is_some() || self.stopped_reason.is_some() || self.stop_code.is_some() || self.containers.is_some() || self.last_status.is_some()
    }
}

fn unknown_shape(text: &str, expected: &str) -> InputError {
    let found = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(map)) if map.is_empty() => "an empty object".to_owned(),
        Ok(serde_json::Value::Object(map)) => {
            let keys: Vec<_> = map.keys().take(8).map(String::as_str).collect();
            format!("an object with {}{}", redact(&keys.join(", ")), if map.len() > 8 { ", ..." } else { "" })
        }
        _ => "something else".to_owned(),
    };
    InputError::new(format!("expected {expected}; found {found}"))
}

/// Free text as the model keeps it: safe to print, and absent where it is blank.
fn owned_text(text: Option<&Str<'_>>) -> Option<String> {
    let text = text.filter(|text| !is_blank(text))?;
    Some(with_lines(text, &beginning(text, LONGEST_TEXT)))
}

/// The same for a name.
fn owned(text: Option<&Str<'_>>) -> Option<String> {
    safe(text).map(Cow::into_owned)
}

/// A name as the model keeps it, copied only where something is masked.
fn safe<'t>(text: Option<&'t Str<'_>>) -> Option<Cow<'t, str>> {
    let text = text.filter(|text| !is_blank(text))?;
    Some(redact_name(if text.len() > LONGEST_NAME { &text[..text.floor_char_boundary(LONGEST_NAME)] } else { text }))
}

fn is_blank(text: &str) -> bool {
    // Most texts begin with a letter, so their ends need no look.
    !text.starts_with(|letter: char| letter.is_ascii_graphic()) && text.trim().is_empty()
}

fn task(shape: &Shape<'_>, source: Source) -> Task {
    let arn = owned(shape.task_arn.as_ref());
    let cluster_arn = safe(shape.cluster_arn.as_ref());
    let task_definition = owned(shape.task_definition_arn.as_ref());
    let (account, region) = place_of([arn.as_deref(), cluster_arn.as_deref(), task_definition.as_deref()]);
    let account = account.map(str::to_owned).or_else(|| owned(shape.account.as_ref()));
    let region = region.map(str::to_owned).or_else(|| owned(shape.region.as_ref()));
    let mut reasons: Vec<Reason> = Vec::new();
    if let Some(text) = owned_text(shape.stopped_reason.as_ref()) {
        reasons.push(Reason { field: "stoppedReason".to_owned(), container: None, text });
    }
    let shapes = shape.containers.as_deref().unwrap_or_default();
    let mut containers = Vec::with_capacity(shapes.len().min(MOST_CONTAINERS));
    for (at, container) in shapes.iter().take(MOST_CONTAINERS).enumerate() {
        let name = owned(container.name.as_ref());
        if let Some(text) = owned_text(container.reason.as_ref()) {
            reasons.push(Reason { field: format!("containers[{at}].reason"), container: name.clone(), text });
        }
        containers.push(Container { name, image: owned(container.image.as_ref()), exit_code: container.exit_code.as_ref().map(|code| code.0) });
    }
    let stop_code = owned(shape.stop_code.as_ref());
    if reasons.is_empty() && stop_code.as_deref() == Some("TaskFailedToStart") {
        // ECS says that it failed, and not why: that is all the reason there is.
        reasons.push(Reason { field: "stopCode".to_owned(), container: None, text: "TaskFailedToStart".to_owned() });
    }
    let stopped_at = first_time(&[&shape.stopped_at, &shape.stopping_at, &shape.updated_at, &shape.time]);
    // Whoever made up the one may have forgotten the other.
    let stopped_at = stopped_at.map(|at| first_time(&[&shape.created_at]).map_or(at, |created| at.max(created)));
    let cluster = cluster_arn.as_deref().map(cluster_name).or_else(|| {
        let arn = Arn::parse(arn.as_deref()?)?;
        // Task ARNs of the old format lack the cluster.
        arn.resource.strip_prefix("task/")?.split_once('/').map(|(cluster, _)| cluster)
    });
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
        stopped_at,
        stopping_at: [&shape.stopping_at, &shape.execution_stopped_at].into_iter().flatten().filter_map(Moment::timestamp).min(),
        started_at: first_time(&[&shape.started_at]),
        stop_code,
        last_status: owned(shape.last_status.as_ref()),
        version: shape.version.as_ref().map(|number| number.0),
        subnet: shape.attachments.as_ref().filter(|_| !reasons.is_empty()).and_then(subnet),
        execution_role: owned(shape.overrides.as_ref().and_then(|overrides| overrides.execution_role_arn.as_ref())),
        task_role: owned(shape.overrides.as_ref().and_then(|overrides| overrides.task_role_arn.as_ref())),
        containers,
        source,
        arn,
        task_definition,
        reasons,
    }
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

/// A service's own event, as a task that never came to be: its reason counts where ECS calls it an error or a warning.
fn service_event(shape: &Shape<'_>, source: Source) -> Task {
    let service_arn = owned(shape.resources.iter().flatten().find(|arn| arn.contains(":service/")));
    let parsed = service_arn.as_deref().and_then(Arn::parse);
    let mut path = parsed.map(|arn| arn.resource.split('/').skip(1)).into_iter().flatten();
    let (first, second) = (path.next(), path.next());
    let cluster_arn = owned(shape.cluster_arn.as_ref());
    let cluster = cluster_arn.as_deref().map(cluster_name).or(first.filter(|_| second.is_some()));
    let fails = shape.event_type.as_deref() != Some("INFO");
    let text = owned_text(shape.reason.as_ref()).filter(|_| fails);
    let at = first_time(&[&shape.created_at, &shape.updated_at, &shape.time]);
    Task {
        source,
        cluster: cluster.map(str::to_owned),
        workload: second.or(first).map(|name| Workload { is_service: true, name: name.to_owned() }),
        account: parsed.map(|arn| arn.account.to_owned()).or_else(|| owned(shape.account.as_ref())),
        region: parsed.map(|arn| arn.region.to_owned()).or_else(|| owned(shape.region.as_ref())),
        stopped_at: at,
        reasons: text.map(|text| Reason { field: "reason".to_owned(), container: None, text }).into_iter().collect(),
        ..Task::default()
    }
}

fn cluster_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn workload(group: Option<&str>, task_definition: Option<&str>) -> Option<Workload> {
    let named = |is_service, name: &str| (!name.is_empty()).then(|| Workload { is_service, name: name.to_owned() });
    match group.and_then(|group| group.split_once(':')) {
        Some(("service", name)) => named(true, name),
        Some(("family", name)) => named(false, name),
        _ => {
            let family = task_definition.map(|arn| arn.rsplit('/').next().unwrap_or(arn)).map(|name| name.split(':').next().unwrap_or(name));
            named(false, family.or(group)?)
        }
    }
}

/// The subnet of the task's network interface.
fn subnet(attachments: &Attachments<'_>) -> Option<String> {
    let raw = match attachments {
        Attachments::Subnet(subnet) => return owned(subnet.as_ref()),
        Attachments::Unread(raw) => raw,
    };
    let attachments: Vec<Attachment<'_>> = serde_json::from_str(raw.0).ok()?;
    let interfaces = attachments.into_iter().filter(|attachment| is_interface(attachment.kind.as_deref()));
    let mut details = interfaces.filter_map(|attachment| attachment.details).flatten();
    details.find(Detail::is_subnet).and_then(|detail| owned(detail.value.as_ref()))
}

/// Whether an attachment of this type is the network interface: `eni` in events, `ElasticNetworkInterface` in API output.
fn is_interface(kind: Option<&str>) -> bool {
    matches!(kind, Some("eni" | "ElasticNetworkInterface"))
}
