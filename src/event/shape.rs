//! Reads one record: it finds out which form it has, and reads the tasks in it.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::batch::{is_api_call, messages};
use super::fault::{Faults, Places, fault, unknown_shape};
use super::model::{is_blank, service_event, task};
use super::wire::{Shape, is_object, object};
use super::{Entry, InputError, Source, Task, rotation, taskless};
use crate::arn::Arn;
use crate::redact::{beginning, redact};

type Results = Vec<Result<Task, InputError>>;

const EXPECTED: &str = "an event of ECS (Task State Change, Service Action, Deployment State Change), an SQS batch (Records), \
    output of aws ecs describe-tasks, run-task or describe-services, of aws batch describe-jobs or aws cloudformation describe-stack-events, \
    or an object with stoppedReason or containers";

/// Tasks of one list that are read: a hundred times what ECS tells in one answer.
pub(super) const MOST_TASKS: usize = 10_000;
/// ECS writes at most 1024 bytes of a reason.
pub(super) const LONGEST_TEXT: usize = 4_096;
/// No name of AWS, ARNs included, is longer.
pub(super) const LONGEST_NAME: usize = 2_048;

/// Reads one record: for an SQS batch one entry for each message, else one.
pub(super) fn read(text: &str) -> Vec<Entry> {
    let single = |tasks| vec![Entry::of(tasks)];
    match object(text) {
        Some(Shape { records: Some(records), .. })
            if !records.iter().any(|record| is_api_call(record.get())) =>
        {
            messages(text, &records)
        }
        Some(shape) => vec![changed(&shape, text).unwrap_or_else(|| Entry::of(tasks(shape, text)))],
        None => match with_keys_once(text) {
            Some(once) => read(&once),
            None => single(value(text, "").unwrap_or_else(|| vec![Err(fault::<Shape<'_>>(text, ""))])),
        },
    }
}

/// The change of a value that an event reports; `None` where it reports something else. It reports no task.
pub(super) fn changed(shape: &Shape<'_>, text: &str) -> Option<Entry> {
    let (rotation, error) = match rotation::read(shape, text)? {
        Ok(rotation) => {
            let problem = format!(
                "expected what failed, found a change of a value: which tasks hold the old one says ecs-triage stale --secret {}",
                rotation.name
            );
            (Some(Box::new(rotation)), InputError::new(problem))
        }
        Err(error) => (None, error),
    };
    Some(Entry { rotation, ..Entry::of(vec![Err(error)]) })
}

/// An object with a repeated key, with each key once: as for other readers of JSON, the last counts.
fn with_keys_once(text: &str) -> Option<String> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    let once = serde_json::to_string(&object).ok()?;
    self::object::<Shape<'_>>(&once).is_some().then_some(once)
}

/// Reads what is not an object: lists of anything that is read, and bare reasons, as `--query` prints them.
fn value<'a>(text: &'a str, name: &str) -> Option<Results> {
    let at = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}{key}") };
    match text.trim_start().as_bytes().first()? {
        b'[' => {
            let items: Vec<&'a RawValue> = serde_json::from_str(text).ok()?;
            if let Some(read) =
                items.first().and_then(|first| taskless::read_service_events(first.get(), text))
            {
                return Some(read);
            }
            let words: Vec<&str> =
                items.iter().map(|item| item.get()).filter(|item| item.starts_with('"')).collect();
            // A row of a table: names and ARNs next to the reason.
            let is_row = words.iter().any(|word| is_sentence(word));
            let items = items.into_iter().filter(|item| {
                item.get() != "null" && !(is_row && item.get().starts_with('"') && !is_sentence(item.get()))
            });
            let items: Vec<&RawValue> = items.collect();
            if items.is_empty() {
                return Some(vec![Err(InputError::new(NOTHING).at(name))]);
            }
            Some(list(&items, text, &|index| at(&format!("[{index}]")), "a task object"))
        }
        b'"' => {
            let words: String = serde_json::from_str(text).ok()?;
            let asked = Arn::parse(&words).filter(|arn| arn.service == "ecs");
            let read = match asked {
                Some(_) => Err(InputError::new(only_named(&words))),
                None if is_blank(&words) => Err(InputError::new(NOTHING)),
                // A message of a queue or a log is a record within a text.
                None if is_record(&words) => {
                    return Some(read(&words).into_iter().flat_map(|entry| entry.tasks).collect());
                }
                None => Ok(Task::from_reason(beginning(&words, LONGEST_TEXT).as_ref())),
            };
            Some(vec![read])
        }
        b'n' if text.trim() == "null" => Some(vec![Err(InputError::new(NOTHING).at(name))]),
        _ => None,
    }
}

pub(super) const NOTHING: &str = "expected a task, a service or a reason, found none: ECS keeps stopped tasks for about an hour, and lists them with --desired-status STOPPED alone";

/// What to do with an ARN in place of what it names.
pub(super) fn only_named(arn: &str) -> String {
    let call = if arn.contains(":service/") {
        "describe-services --cluster CLUSTER --services"
    } else {
        "describe-tasks --cluster CLUSTER --tasks"
    };
    format!("an ARN tells of no failure: fetch what it names, with aws ecs {call} ARN")
}

/// Whether a text is JSON itself, and no bare number or word.
fn is_record(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn is_sentence(text: &str) -> bool {
    text.contains(' ')
}

pub(super) fn read_shape<'a>(text: &'a str, prefix: &str) -> Result<Shape<'a>, InputError> {
    object(text).ok_or_else(|| fault::<Shape<'a>>(text, prefix))
}

pub(super) fn tasks(shape: Shape<'_>, text: &str) -> Results {
    match shape {
        Shape { detail_type: Some(_), .. } | Shape { detail: Some(_), .. } => event(shape, text),
        Shape { tasks: Some(raws), failures, .. } => {
            let mut read = list(&raws, text, &|at| format!("tasks[{at}]"), "a task object");
            read.extend(failures.iter().flat_map(|raw| taskless::read_failures(raw.0)));
            if read.is_empty() {
                read.push(Err(InputError::new(NOTHING)));
            }
            read
        }
        Shape { task: Some(raw), .. } => list(&[raw], text, &|_| "task".to_owned(), "a task object"),
        Shape { cause: Some(cause), .. } => {
            let inner = match read_shape(&cause, "") {
                Ok(shape) => tasks(shape, &cause),
                // A cause that is not JSON is the reason itself.
                Err(_) if !is_object(&cause) => {
                    vec![Ok(Task::from_reason(beginning(&cause, LONGEST_TEXT).as_ref()))]
                }
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
    let (mut places, mut faults, mut results) = (Places::of(text), Faults::default(), Vec::new());
    let mut sound = 0;
    for (at, raw) in raws.iter().map(|raw| raw.get()).enumerate() {
        let read = match object::<Shape<'_>>(raw) {
            Some(shape) if shape.is_task() && sound >= MOST_TASKS => {
                vec![Err(InputError::new(format!("expected at most {MOST_TASKS} tasks in one list")))]
            }
            Some(shape) if shape.is_task() => vec![Ok(task(&shape, Source::Object))],
            Some(shape) if shape.is_known() => tasks(shape, raw),
            Some(_) => taskless::read(raw).unwrap_or_else(|| vec![Err(unknown_shape(raw, expected))]),
            None => match with_keys_once(raw) {
                Some(once) => read(&once).into_iter().flat_map(|entry| entry.tasks).collect(),
                None => {
                    value(raw, &name(at)).unwrap_or_else(|| vec![Err(fault::<Shape<'_>>(raw, &name(at)))])
                }
            },
        };
        for result in read {
            match result {
                Ok(task) => {
                    sound += 1;
                    results.push(Ok(task));
                }
                Err(_) if !faults.has_room() => {}
                Err(error) => {
                    let path = if error.path.is_empty() { name(at) } else { error.path };
                    results.push(Err(InputError { path, ..error }.moved(places.of_part(raw))));
                }
            }
        }
    }
    faults.count_rest(&mut results);
    results
}

fn event(mut shape: Shape<'_>, text: &str) -> Results {
    let kind = shape.detail_type.take();
    let Some(mut detail) = shape.detail.take() else {
        return vec![Err(InputError::new("expected an event with a detail object, found none"))];
    };
    let name = detail.event_name.as_deref().unwrap_or_default().to_owned();
    let source = match kind.as_deref() {
        Some("ECS Task State Change") => Source::TaskEvent,
        Some("ECS Service Action" | "ECS Daemon Service Action") => Source::ServiceEvent(name),
        Some("ECS Deployment State Change" | "ECS Daemon Deployment State Change") => {
            Source::DeploymentEvent(name)
        }
        None if detail.is_task() => Source::TaskEvent,
        None if !name.is_empty() && detail.event_source.is_none() => Source::ServiceEvent(name),
        other => {
            let unknown = || match other {
                Some(other) => InputError::new(format!("expected {EXPECTED}; found {:?}", redact(other)))
                    .at("detail-type"),
                None => unknown_shape(text, EXPECTED).at("detail"),
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
