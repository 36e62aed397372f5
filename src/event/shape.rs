//! The wire: one struct that knows every key of every form, in camelCase and in Step Functions' `PascalCase`.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::scalar::{Moment, Number, Raw, Str};
use super::sender::Sender;
use super::{Container, Entry, InputError, Reason, Source, Task, Workload, taskless, without_values};
use crate::arn::Arn;
use crate::redact::{beginning, redact, redact_name, with_lines};

type Text<'a> = Option<Str<'a>>;
type Results = Vec<Result<Task, InputError>>;

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
    /// What a call on several tasks says of those that it could not find or make.
    #[serde(borrow, alias = "Failures")]
    failures: Option<Raw<'a>>,
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
    /// Looked into only where something failed.
    #[serde(borrow, alias = "Attachments")]
    attachments: Option<Raw<'a>>,
    #[serde(borrow, alias = "Overrides")]
    overrides: Option<Overrides<'a>>,

    #[serde(borrow)]
    event_name: Text<'a>,
    #[serde(borrow)]
    event_type: Text<'a>,
    /// Of a call in `CloudTrail`'s words.
    #[serde(borrow)]
    event_source: Text<'a>,
    /// Of an event of a daemon.
    #[serde(borrow)]
    daemon_arn: Text<'a>,
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

/// What is attached to a task: its network interface, and volumes of Amazon EBS.
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

const EXPECTED: &str = "an event of ECS (Task State Change, Service Action, Deployment State Change), an SQS batch (Records), \
    output of aws ecs describe-tasks, run-task or describe-services, of aws batch describe-jobs or aws cloudformation describe-stack-events, \
    or an object with stoppedReason or containers";

/// Of the faults of one record this many are told, and of the rest how many there are: each costs more than a sound item.
const MOST_FAULTS: usize = 10;
/// Tasks of one list that are read: a hundred times what ECS tells in one answer.
pub(super) const MOST_TASKS: usize = 10_000;
/// ECS starts at most ten containers in a task.
const MOST_CONTAINERS: usize = 100;
/// ECS writes at most 1024 bytes of a reason.
pub(super) const LONGEST_TEXT: usize = 4_096;
/// No name of AWS, ARNs included, is longer.
pub(super) const LONGEST_NAME: usize = 2_048;

/// Reads one record: for an SQS batch one entry for each message, else one.
pub(super) fn read(text: &str) -> Vec<Entry> {
    let single = |tasks| vec![Entry { message_id: None, sender: None, tasks }];
    match shape(text) {
        Some(Shape { records: Some(records), .. }) if !records.iter().any(|record| is_api_call(record.get())) => messages(text, &records),
        Some(shape) => single(tasks(shape, text)),
        None => single(value(text, "").unwrap_or_else(|| vec![Err(fault::<Shape<'_>>(text, ""))])),
    }
}

/// Reads what is no object: lists of anything that is read, and bare reasons, as `--query` prints them.
fn value<'a>(text: &'a str, name: &str) -> Option<Results> {
    let at = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}{key}") };
    match text.trim_start().as_bytes().first()? {
        b'[' => {
            let items: Vec<&'a RawValue> = serde_json::from_str(text).ok()?;
            if let Some(told) = taskless::read_service_events(text) {
                return Some(told);
            }
            let words: Vec<&str> = items.iter().map(|item| item.get()).filter(|item| item.starts_with('"')).collect();
            // A row of a table: names and ARNs beside the reason.
            let is_row = words.iter().any(|word| is_sentence(word));
            let items = items.into_iter().filter(|item| item.get() != "null" && !(is_row && item.get().starts_with('"') && !is_sentence(item.get())));
            let items: Vec<&RawValue> = items.collect();
            if items.is_empty() {
                return Some(vec![Err(InputError { path: name.to_owned(), ..InputError::new(NOTHING.to_owned()) })]);
            }
            Some(list(&items, text, &|index| at(&format!("[{index}]")), "a task object"))
        }
        b'"' => {
            let words: String = serde_json::from_str(text).ok()?;
            let asked = Arn::parse(&words).filter(|arn| arn.service == "ecs");
            let told = match asked {
                Some(_) => Err(InputError::new(only_named(&words))),
                None if is_blank(&words) => Err(InputError::new(NOTHING.to_owned())),
                None => Ok(Task::from_reason(beginning(&words, LONGEST_TEXT).as_ref())),
            };
            Some(vec![told])
        }
        b'n' if text.trim() == "null" => Some(vec![Err(InputError { path: name.to_owned(), ..InputError::new(NOTHING.to_owned()) })]),
        _ => None,
    }
}

pub(super) const NOTHING: &str =
    "expected a task, a service or a reason, found none: ECS keeps stopped tasks for about an hour, and lists them with --desired-status STOPPED alone";

/// What to do with an ARN in place of what it names.
pub(super) fn only_named(arn: &str) -> String {
    let call = if arn.contains(":service/") { "describe-services --cluster CLUSTER --services" } else { "describe-tasks --cluster CLUSTER --tasks" };
    format!("an ARN tells of no failure: fetch what it names, with aws ecs {call} ARN")
}

fn is_sentence(text: &str) -> bool {
    text.contains(' ')
}

/// Whether a record is a call in `CloudTrail`'s words.
fn is_api_call(raw: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Call<'a> {
        #[serde(borrow, rename = "eventSource")]
        _source: Str<'a>,
        #[serde(borrow, rename = "eventVersion")]
        _version: Str<'a>,
    }
    is_object(raw) && serde_json::from_str::<Call<'_>>(raw).is_ok()
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

fn read_shape<'a>(text: &'a str, prefix: &str) -> Result<Shape<'a>, InputError> {
    shape(text).ok_or_else(|| fault::<Shape<'a>>(text, prefix))
}

fn shape(text: &str) -> Option<Shape<'_>> {
    serde_json::from_str(Some(text).filter(|_| is_object(text))?).ok()
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

fn tasks(shape: Shape<'_>, text: &str) -> Results {
    match shape {
        Shape { detail_type: Some(_), .. } | Shape { detail: Some(_), .. } => event(shape, text),
        Shape { tasks: Some(raws), failures, .. } => {
            let mut told = list(&raws, text, &|at| format!("tasks[{at}]"), "a task object");
            told.extend(failures.iter().flat_map(|raw| taskless::read_failures(raw.0)));
            if told.is_empty() {
                told.push(Err(InputError::new(NOTHING.to_owned())));
            }
            told
        }
        Shape { task: Some(raw), .. } => list(&[raw], text, &|_| "task".to_owned(), "a task object"),
        Shape { cause: Some(cause), .. } => {
            let inner = match read_shape(&cause, "") {
                Ok(shape) => tasks(shape, &cause),
                // A cause that is no JSON is the reason itself.
                Err(_) if !is_object(&cause) => vec![Ok(Task::from_reason(beginning(&cause, LONGEST_TEXT).as_ref()))],
                Err(error) => vec![Err(error)],
            };
            inner.into_iter().map(|task| task.map_err(|error| error.within("Cause", (1, 1)))).collect()
        }
        shape if shape.is_task() => vec![Ok(task(&shape, Source::Object))],
        _ => taskless::read(text).unwrap_or_else(|| vec![Err(unknown_shape(text, EXPECTED))]),
    }
}

/// The tasks of a list in `text`, and in their places the first faults of what is none.
fn list(raws: &[&RawValue], text: &str, name: &dyn Fn(usize) -> String, expected: &str) -> Results {
    let (mut places, mut faults, mut told) = (Places::of(text), Faults::default(), Vec::new());
    let mut sound = 0;
    for (at, raw) in raws.iter().map(|raw| raw.get()).enumerate() {
        let read = match shape(raw) {
            Some(shape) if shape.is_task() && sound >= MOST_TASKS => vec![Err(InputError::new(format!("expected at most {MOST_TASKS} tasks in one list")))],
            Some(shape) if shape.is_task() => vec![Ok(task(&shape, Source::Object))],
            Some(shape) if shape.is_known() => tasks(shape, raw),
            Some(_) => taskless::read(raw).unwrap_or_else(|| vec![Err(unknown_shape(raw, expected))]),
            None => value(raw, &name(at)).unwrap_or_else(|| vec![Err(fault::<Shape<'_>>(raw, &name(at)))]),
        };
        for result in read {
            match result {
                Ok(task) => {
                    sound += 1;
                    told.push(Ok(task));
                }
                Err(_) if !faults.has_room() => {}
                Err(error) => {
                    let path = if error.path.is_empty() { name(at) } else { error.path };
                    told.push(Err(InputError { path, ..error }.moved(places.of_part(raw))));
                }
            }
        }
    }
    faults.count_rest(&mut told);
    told
}

fn event(mut shape: Shape<'_>, text: &str) -> Results {
    let kind = shape.detail_type.take();
    let Some(mut detail) = shape.detail.take() else {
        return vec![Err(InputError::new("expected an event with a detail object, found none".to_owned()))];
    };
    let name = detail.event_name.as_deref().unwrap_or_default().to_owned();
    let source = match kind.as_deref() {
        Some("ECS Task State Change") => Source::TaskEvent,
        Some("ECS Service Action" | "ECS Daemon Service Action") => Source::ServiceEvent(name),
        Some("ECS Deployment State Change" | "ECS Daemon Deployment State Change") => Source::DeploymentEvent(name),
        None if detail.is_task() => Source::TaskEvent,
        None if !name.is_empty() && detail.event_source.is_none() => Source::ServiceEvent(name),
        other => {
            let unknown = || match other {
                Some(other) => InputError { path: "detail-type".to_owned(), ..InputError::new(format!("expected {EXPECTED}; found {:?}", redact(other))) },
                None => InputError { path: "detail".to_owned(), ..unknown_shape(text, EXPECTED) },
            };
            return taskless::read_detail(text).unwrap_or_else(|| vec![Err(unknown())]);
        }
    };
    detail.account = shape.account.or(detail.account.take());
    detail.region = shape.region.or(detail.region.take());
    detail.resources = shape.resources;
    detail.time = shape.time;
    vec![Ok(match source {
        Source::TaskEvent | Source::Object => task(&detail, source),
        source => service_event(&detail, source),
    })]
}

impl Shape<'_> {
    /// Whether it is one of the forms around a task.
    const fn is_known(&self) -> bool {
        self.detail_type.is_some() || self.detail.is_some() || self.tasks.is_some() || self.task.is_some() || self.cause.is_some()
    }

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
    // Attachments tell of what failed only where something did.
    let failed = !reasons.is_empty() || stop_code.is_some();
    let attachments = shape.attachments.filter(|_| failed).and_then(|raw| serde_json::from_str::<Vec<Attachment<'_>>>(raw.0).ok()).unwrap_or_default();
    for (at, attachment) in attachments.iter().enumerate().take(MOST_CONTAINERS) {
        if let Some(text) = owned_text(attachment.detail("statusReason")) {
            reasons.push(Reason { field: format!("attachments[{at}].details.statusReason"), container: None, text });
        }
    }
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
        subnet: attachments.iter().find(|attachment| attachment.is_interface()).and_then(|attachment| owned(attachment.detail("subnetId"))),
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

/// A service's or daemon's own event, as a task that never came to be: it counts where ECS calls it an error or a warning.
fn service_event(shape: &Shape<'_>, source: Source) -> Task {
    let of_service = || shape.resources.iter().flatten().find(|arn| arn.contains(":service/"));
    let own_arn = owned(shape.daemon_arn.as_ref().or_else(of_service));
    let parsed = own_arn.as_deref().and_then(Arn::parse);
    let mut path = parsed.map(|arn| arn.resource.split('/')).into_iter().flatten();
    let is_service = path.next() == Some("service");
    let (first, second) = (path.next(), path.next());
    let cluster_arn = owned(shape.cluster_arn.as_ref());
    let cluster = cluster_arn.as_deref().map(cluster_name).or(first.filter(|_| second.is_some()));
    let (Source::ServiceEvent(name) | Source::DeploymentEvent(name)) = &source else { return Task::default() };
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

/// Whether an event tells of a failure. Events of daemons have types of their own, and some tools leave the type out.
fn fails(kind: Option<&str>, name: &str, has_reason: bool) -> bool {
    const FAILING: &[&str] = &["FAIL", "IMPAIRED", "ROLLBACK", "VIOLATED", "UNHEALTHY"];
    let is_named_so = FAILING.iter().any(|part| name.contains(part));
    match kind {
        Some("INFO") => is_named_so,
        Some(_) => true,
        None => has_reason || is_named_so,
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

impl<'a> Attachment<'a> {
    /// Whether it is the task's network interface: `eni` in events, `ElasticNetworkInterface` in API output.
    fn is_interface(&self) -> bool {
        matches!(self.kind.as_deref(), Some("eni" | "ElasticNetworkInterface"))
    }

    fn detail(&self, name: &str) -> Option<&Str<'a>> {
        self.details.iter().flatten().find(|detail| detail.name.as_deref() == Some(name))?.value.as_ref()
    }
}
