//! What the Lambda function does with an invocation: read, sort, remember, ask, diagnose, announce, and say which messages must come again.
//!
//! Failures of one fingerprint are one incident, recorded in one write however many tasks there are. AWS is asked where a notice is due, and
//! only then. A message is done when its failure is recorded and the notice that it made due is out, or, without a topic, when its journal entry
//! is written. A journal that fails beside a topic that works is reported and not repeated: the team has been told, and a repeat would tell it twice.
//! Where the incidents cannot be reached, it announces rather than keeps silent, says that it may come again, and lets the message come again to be
//! recorded: without its record the counts would be too low, and an end would wait for a beginning that nobody announces.
//!
//! From the queue only AWS's own events of known accounts are taken ([`Trusted`]). What else comes through it goes back, so that it ends among the
//! dead letters, where an alarm tells of it and from where it can be sent again. A fault of ecs-triage itself costs the one message that has it.

mod announcer;
mod batch;
mod guard;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use crate::arn::Arn;
use crate::aws::bus::Bus;
use crate::aws::logs::Journal;
use crate::aws::prober::AwsProber;
use crate::aws::sns::Topic;
use crate::aws::store::Table;
use crate::config::Settings;
use crate::context::{self, Surroundings};
use crate::diagnosis::diagnose;
use crate::event::sender::Trusted;
use crate::event::{self, Entry, Task};
use crate::incident::ledger::{Ledger, Next, Seen};
use crate::incident::store::{Kept, Memory, NotSaved, Store, Unreachable};
use crate::incident::storm::{self, Storm};
use crate::incident::{About, Due, Incident, happened};
use crate::question::Evidence;
use crate::render::json::v1;
use crate::render::metrics;
use crate::triage::{Narrowed, Prober as _, Scope, investigate};
use announcer::{Announcer, log};
use batch::{Batch, End, Failure, about};
use guard::{Panicked, guarded, guarded_now};

pub use guard::report_panics;

/// As long as AWS is asked: then what is known is announced, well before the function's own time is up.
const PATIENCE: Duration = Duration::from_secs(15);
/// Before the table is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// For so long what was announced without the table is not announced so again.
const QUIET: SignedDuration = SignedDuration::from_mins(15);
/// Why what containers wrote is not looked at.
const NO_LOGS: &str = "reading container logs is not allowed (parameter ReadContainerLogs)";
/// More than so many notices are not remembered.
const REMEMBERED: usize = 10_000;

/// Why an invocation failed; Lambda shows it and tries again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FunctionError {
    /// The event is of no form that can be read.
    #[error("cannot read the event: {0}")]
    Unreadable(String),
    /// It came through the queue, and is not of those who are listened to.
    #[error("refused: {0}")]
    Refused(String),
    /// A fault of ecs-triage itself.
    #[error("a fault of ecs-triage itself; the log says where")]
    Faulty,
    /// A diagnosis was made and could not be announced.
    #[error("cannot announce: {0}")]
    Unannounced(String),
    /// What was seen or announced is not kept in the table.
    #[error("not recorded: {0}")]
    Unrecorded(String),
    /// Somebody else is about to announce it, and may fail.
    #[error("another instance announces it: come again")]
    ComeAgain,
}

/// The function, with its clients.
#[derive(Debug)]
pub struct Function {
    prober: AwsProber,
    probing: Scope,
    logs: Option<&'static str>,
    trusted: Trusted,
    ledger: Ledger<Incidents>,
    announcer: Announcer,
    journal: Option<Journal>,
    told: Mutex<Told>,
}

/// What this instance has announced and the table does not know of: it need not be announced twice.
#[derive(Debug, Default)]
struct Told {
    /// When failures were announced without an incident.
    anyway: HashMap<FailureId, Timestamp>,
    /// Notices whose note was lost.
    unnoted: HashSet<NoticeId>,
}

/// Tells a kind of failure from all others: its fingerprint and workload.
type FailureId = (String, String);

fn failure_id(about: &About) -> FailureId {
    (about.fingerprint.clone(), about.workload_key())
}

/// Tells a notice from all others: its failures, the incident's number, what was due, and how many failures were told before.
type NoticeId = (FailureId, u64, &'static str, u64);

fn notice_id(incident: &Incident, due: Due) -> NoticeId {
    (failure_id(&incident.about), incident.serial, due.as_str(), incident.announced)
}

/// Where incidents are kept: in a table, or without one for the life of the instance.
#[derive(Debug)]
enum Incidents {
    Table(Table),
    Memory(Memory),
}

impl Store for Incidents {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        match self {
            Self::Table(table) => table.load(key).await,
            Self::Memory(memory) => memory.load(key).await,
        }
    }

    async fn save(&self, key: &str, body: String, read: Option<u64>, expires: Timestamp) -> Result<(), NotSaved> {
        match self {
            Self::Table(table) => table.save(key, body, read, expires).await,
            Self::Memory(memory) => memory.save(key, body, read, expires).await,
        }
    }
}

/// What was told of failures: what is known of them now, and whether a notice of them is out.
#[derive(Debug)]
struct Telling {
    evidence: Evidence,
    incident: Option<Incident>,
    done: Result<bool, FunctionError>,
}

/// What became of the tasks of an invocation.
#[derive(Debug, Default)]
struct Outcome {
    /// Why entries must come again.
    problems: BTreeMap<usize, FunctionError>,
    /// The diagnoses as lines, by their entry and the journal's stream.
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    entry: usize,
    stream: String,
    text: String,
    /// Whether a notice tells the same: then a journal that fails is no reason to come again.
    announced: bool,
    /// Whether it answers a bare event.
    answers: bool,
    /// Whether something failed or is over; what is normal is answered, and not written down.
    kept: bool,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        for (entry, problem) in other.problems {
            self.problems.entry(entry).or_insert(problem);
        }
        self.lines.extend(other.lines);
    }

    /// Whether somebody else is about to announce it.
    fn waits(&self) -> bool {
        self.problems.values().any(|problem| matches!(problem, FunctionError::ComeAgain))
    }

    fn fail(&mut self, entries: impl IntoIterator<Item = usize>, problem: &FunctionError) {
        for entry in entries {
            self.problems.entry(entry).or_insert_with(|| problem.clone());
        }
    }

    fn line(&mut self, entry: usize, task: &Task, evidence: &Evidence, incident: Option<&Incident>, announced: bool) {
        let line = guarded_now(|| {
            let report = diagnose(task, evidence);
            let stream = stream(task.cluster.as_deref(), task.workload.as_ref().map(|workload| workload.name.as_str()));
            let (text, kept) = (v1::line_of(&report, incident), !report.diagnoses.is_empty());
            Line { entry, stream, text, announced, answers: true, kept }
        });
        match line {
            Ok(line) => self.lines.push(line),
            Err(Panicked) => self.fail([entry], &FunctionError::Faulty),
        }
    }
}

impl Function {
    /// Makes the clients once, for the life of the instance.
    pub async fn new(settings: Settings) -> Self {
        let config = crate::aws::config(None).await;
        let incidents = settings.table.map_or_else(|| Incidents::Memory(Memory::default()), |name| Incidents::Table(Table::new(&config, name)));
        let holder = format!("{}-{}", std::process::id(), Timestamp::now().as_nanosecond());
        Self {
            prober: AwsProber::new(&config),
            probing: settings.probing,
            logs: (!settings.reads_logs).then_some(NO_LOGS),
            trusted: Trusted { test_source: settings.test_source, accounts: settings.accounts, own: None },
            ledger: Ledger::new(incidents, holder, SignedDuration::from_hours(settings.reminder.into())),
            announcer: Announcer {
                topic: settings.topic_arn.map(|arn| Topic::new(&config, arn)),
                chat: settings.chat_topic_arn.map(|arn| Topic::new(&config, arn)),
                bus: settings.bus.map(|arn| Bus::new(&config, arn)),
            },
            journal: settings.journal.map(|group| Journal::new(&config, group)),
            told: Mutex::default(),
        }
    }

    /// Handles one invocation of the function with this ARN: an SQS batch, answered with the messages that must come again, or a bare event,
    /// answered with its diagnoses.
    ///
    /// # Errors
    ///
    /// For a bare event that cannot be read or announced. A batch always has an answer.
    pub async fn handle(&self, payload: &RawValue, function: &str) -> Result<Value, FunctionError> {
        guarded(self.settle(payload, function)).await.unwrap_or(Err(FunctionError::Faulty))
    }

    async fn settle(&self, payload: &RawValue, function: &str) -> Result<Value, FunctionError> {
        let now = Timestamp::now();
        let mut entries = event::read_record(payload.get());
        let trusted = Trusted { own: Arn::parse(function).map(|arn| arn.account.to_owned()), ..self.trusted.clone() };
        let refused = entries.iter_mut().map(|entry| admitted(entry, &trusted, now)).collect::<Vec<_>>();
        let mut outcome = self.work(&entries, now).await;
        for (at, problem) in refused.into_iter().enumerate() {
            outcome.fail(problem.is_some().then_some(at), &problem.unwrap_or(FunctionError::Faulty));
        }
        self.write_down(&mut outcome).await;
        if entries.is_empty() || entries.iter().any(|entry| entry.message_id.is_some()) {
            return Ok(batch_answer(&entries, &outcome));
        }
        match outcome.problems.into_values().next() {
            Some(problem) => Err(problem),
            None => Ok(outcome.lines.iter().filter(|line| line.answers).map(|line| serde_json::from_str::<Value>(&line.text).unwrap_or_default()).collect()),
        }
    }

    /// Does all that is to be done about an invocation's tasks, at once.
    async fn work(&self, entries: &[Entry], now: Timestamp) -> Outcome {
        let batch = Batch::of(entries, now);
        let mut outcome = Outcome::default();
        let failures = self.failures(batch.failures.iter().collect(), now);
        let ends = join_all(batch.ends.iter().map(async |end| {
            let faulty = |Panicked| Outcome { problems: BTreeMap::from([(end.entry, FunctionError::Faulty)]), ..Outcome::default() };
            guarded(self.end(end, now)).await.unwrap_or_else(faulty)
        }));
        let (mut failures, ends) = join(failures, ends).await;
        // Who waited for another of the same batch need not wait any longer.
        let (waiting, again): (Vec<_>, Vec<_>) = failures.iter_mut().zip(&batch.failures).filter(|(done, _)| done.waits()).unzip();
        let again = self.failures(again, now).await;
        waiting.into_iter().zip(again).for_each(|(waiting, done)| *waiting = done);
        failures.into_iter().chain(ends).for_each(|done| outcome.add(done));
        outcome.fail(batch.faulty, &FunctionError::Faulty);
        for (entry, task) in batch.others {
            outcome.line(entry, task, &Evidence::default(), None, false);
        }
        // Answered and written down in the order in which they came.
        outcome.lines.sort_by_key(|line| line.entry);
        outcome
    }

    /// Records failures, and announces what they make due. Those that may be one storm are recorded one after another: they would only come between
    /// one another's changes of it.
    async fn failures(&self, failures: Vec<&Failure<'_>>, now: Timestamp) -> Vec<Outcome> {
        let mut storms: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, failure) in failures.iter().enumerate() {
            storms.entry(storm::key(&failure.about)).or_default().push(at);
        }
        let seeing = storms.values().map(async |storm| {
            let mut seen = Vec::new();
            let mut unreachable = None;
            for at in storm {
                let result = match (&unreachable, self.announcer.announces()) {
                    (Some(why), _) => Some(Err(Unreachable::clone(why))),
                    (None, true) => Some(guarded(self.see(failures[*at], now)).await.unwrap_or_else(|Panicked| Err(unrecorded()))),
                    (None, false) => None,
                };
                // Who does not answer would be waited for again and again.
                unreachable = result.as_ref().and_then(|result| result.as_ref().err().cloned()).filter(|why| *why != unrecorded());
                seen.push((*at, result));
            }
            seen
        });
        let mut seen: Vec<_> = join_all(seeing).await.into_iter().flatten().collect();
        seen.sort_by_key(|(at, _)| *at);
        join_all(seen.into_iter().map(|(at, seen)| self.failure(failures[at], seen, now))).await
    }

    /// Announces what the failures of one fingerprint made due; `seen` is what became of them in the table, if anybody is told at all. A task with
    /// which ecs-triage cannot do that is left out, and another is told of instead.
    async fn failure(&self, failure: &Failure<'_>, seen: Option<Result<Seen, Unreachable>>, now: Timestamp) -> Outcome {
        let mut outcome = Outcome::default();
        let mut left = failure.clone();
        while let Some((entry, latest)) = left.latest() {
            if let Ok(told) = guarded(self.tell(failure, latest, seen.clone(), now)).await {
                self.settle_told(&left, latest, told, now, &mut outcome);
                break;
            }
            outcome.fail([entry], &FunctionError::Faulty);
            left.tasks.retain(|(other, _)| *other != entry);
        }
        outcome
    }

    /// What became of failures of which `latest` was told.
    fn settle_told(&self, failure: &Failure<'_>, latest: &Task, told: Telling, now: Timestamp, outcome: &mut Outcome) {
        let Telling { evidence, incident, done } = told;
        let announced = match done {
            Ok(announced) => announced,
            // What comes again is written down then.
            Err(problem) => return outcome.fail(failure.tasks.iter().map(|(entry, _)| *entry), &problem),
        };
        let count = u64::try_from(failure.tasks.len()).unwrap_or(u64::MAX);
        if let Ok(Some(line)) = guarded_now(|| metrics::failures(&diagnose(latest, &evidence), count, now.as_millisecond())) {
            log(&line);
        }
        for (entry, task) in &failure.tasks {
            outcome.line(*entry, task, &evidence, incident.as_ref(), announced || self.announcer.announces());
        }
    }

    async fn tell(&self, failure: &Failure<'_>, latest: &Task, seen: Option<Result<Seen, Unreachable>>, now: Timestamp) -> Telling {
        let Some(seen) = seen else { return Telling { evidence: self.ask(latest).await, incident: None, done: Ok(false) } };
        let seen = match seen {
            Ok(seen) => seen,
            Err(unreachable) => {
                let (mut evidence, mut done) = (Evidence::default(), Ok(()));
                if self.is_to_be_announced_anyway(failure, now) {
                    evidence = self.ask(latest).await;
                    done = self.announce_anyway(failure, latest, &evidence, &unreachable, now).await;
                }
                return Telling { evidence, incident: None, done: done.and_then(|()| Err(FunctionError::Unrecorded(unreachable.to_string()))) };
            }
        };
        let (mut evidence, mut incident) = (Evidence::default(), seen.incident);
        let done = match seen.next {
            Next::Nothing => Ok(false),
            Next::ComeAgain => Err(FunctionError::ComeAgain),
            Next::Announce(due) => {
                evidence = self.ask(latest).await;
                self.announce(latest, &mut incident, due, &evidence, now).await.map(|()| true)
            }
            Next::AnnounceStorm(storm) => self.announce_storm(&incident, &storm, now).await.map(|()| true),
        };
        Telling { evidence, incident: Some(incident), done }
    }

    /// Records sightings, in a second try if need be: what is seen twice changes nothing.
    async fn see(&self, failure: &Failure<'_>, now: Timestamp) -> Result<Seen, Unreachable> {
        let sightings = failure.sightings(now);
        if let Ok(seen) = self.ledger.see(&failure.about, &sightings, now).await {
            return Ok(seen);
        }
        sleep(PAUSE).await;
        self.ledger.see(&failure.about, &sightings, now).await
    }

    /// All that AWS says about a task and what surrounds it.
    async fn ask(&self, task: &Task) -> Evidence {
        let prober = Narrowed { prober: self.prober.until(Instant::now() + PATIENCE), scope: self.probing, logs: self.logs };
        let mut evidence = investigate(&prober, [task], Evidence::default()).await;
        let questions = context::questions(task, &evidence);
        let answers = join_all(questions.iter().map(|question| prober.ask(question))).await;
        questions.into_iter().zip(answers).for_each(|(question, answer)| evidence.note(question, answer));
        evidence
    }

    async fn announce(&self, task: &Task, incident: &mut Incident, due: Due, evidence: &Evidence, now: Timestamp) -> Result<(), FunctionError> {
        let report = diagnose(task, evidence);
        incident.about = about(&report);
        // It is worth a line of the notice, and no more.
        let others = self.ledger.share(incident, now).await.unwrap_or_default();
        let around = Surroundings::of(task, Some((incident, &others)), evidence, now);
        // On the heap: the SDK's futures are large.
        let out = Box::pin(self.announcer.failure(&report, Some(incident), due, &around, now));
        self.tell_and_note(out, incident, due, now).await
    }

    /// Tells what is due, and keeps that it is out.
    async fn tell_and_note(&self, out: impl Future<Output = Result<(), String>>, incident: &Incident, due: Due, now: Timestamp) -> Result<(), FunctionError> {
        let id = notice_id(incident, due);
        let is_out = self.told().unnoted.contains(&id);
        if !is_out {
            out.await.map_err(FunctionError::Unannounced)?;
        }
        let noted = note(|| self.ledger.announced(incident, due, now)).await;
        let mut told = self.told();
        if noted.is_ok() {
            told.unnoted.remove(&id);
        } else if told.unnoted.len() < REMEMBERED {
            told.unnoted.insert(id);
        }
        noted
    }

    async fn announce_storm(&self, incident: &Incident, storm: &Storm, now: Timestamp) -> Result<(), FunctionError> {
        self.announcer.storm(incident, storm).await.map_err(FunctionError::Unannounced)?;
        note(|| self.ledger.storm_announced(incident, storm, now)).await
    }

    /// Whether a failure of this fingerprint was not announced lately without the table.
    fn is_to_be_announced_anyway(&self, failure: &Failure<'_>, now: Timestamp) -> bool {
        let told = self.told();
        told.anyway.get(&failure_id(&failure.about)).is_none_or(|at| now.duration_since(*at) > QUIET)
    }

    /// Announces what may have been announced: the incidents are not reachable.
    async fn announce_anyway(&self, failure: &Failure<'_>, latest: &Task, evidence: &Evidence, why: &Unreachable, now: Timestamp) -> Result<(), FunctionError> {
        tracing::error!(error = %why, "announced without an incident");
        let report = diagnose(latest, evidence);
        let mut around = Surroundings::of(latest, None, evidence, now);
        around.impact.insert(0, format!("{} in this batch; this may come again for each: {why}", tasks(failure.tasks.len())));
        self.announcer.failure(&report, None, Due::Opened, &around, now).await.map_err(FunctionError::Unannounced)?;
        let mut told = self.told();
        if told.anyway.len() >= REMEMBERED {
            told.anyway.retain(|_, at| now.duration_since(*at) <= QUIET);
        }
        told.anyway.insert(failure_id(&failure.about), now);
        Ok(())
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the incidents of a workload that is well again, and says so.
    async fn end(&self, end: &End, now: Timestamp) -> Outcome {
        let mut outcome = Outcome::default();
        if !self.announcer.announces() {
            return outcome;
        }
        let (ended, come_again) = match self.ledger.end(&end.workload, end.at, now).await {
            Ok(ended) => ended,
            Err(error) => {
                outcome.fail([end.entry], &FunctionError::Unannounced(error.to_string()));
                return outcome;
            }
        };
        for incident in &ended {
            let out = Box::pin(self.announcer.resolved(incident));
            let told = self.tell_and_note(out, incident, Due::Resolved, now).await;
            match told {
                Ok(()) => {
                    let stream = stream(incident.about.cluster.as_deref(), incident.about.workload.as_deref());
                    let text = announcer::ended(incident);
                    outcome.lines.push(Line { entry: end.entry, stream, text, announced: true, answers: false, kept: true });
                }
                Err(problem) => outcome.fail([end.entry], &problem),
            }
        }
        if come_again {
            outcome.fail([end.entry], &FunctionError::ComeAgain);
        }
        outcome
    }

    /// Writes the diagnoses to the function's log and the journal, a stream at a time.
    async fn write_down(&self, outcome: &mut Outcome) {
        let kept: Vec<&Line> = outcome.lines.iter().filter(|line| line.kept).collect();
        for line in &kept {
            log(&line.text);
        }
        let Some(journal) = &self.journal else { return };
        let mut streams: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        for line in &kept {
            streams.entry(&line.stream).or_default().push(line);
        }
        let written = streams.iter().map(|(stream, lines)| async move {
            let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            (lines, journal.append(stream, &texts).await)
        });
        let mut problems = Vec::new();
        for (lines, written) in join_all(written).await {
            let Err(error) = written else { continue };
            tracing::warn!(error = %error, "not in the journal");
            let unannounced = lines.iter().filter(|line| !line.announced).map(|line| line.entry);
            problems.extend(unannounced.map(|entry| (entry, FunctionError::Unannounced(error.to_string()))));
        }
        outcome.add(Outcome { problems: problems.into_iter().collect(), lines: Vec::new() });
    }
}

/// Keeps that a notice is out. Where that fails the message comes again, so that it is kept then.
async fn note<F>(keep: impl Fn() -> F) -> Result<(), FunctionError>
where
    F: Future<Output = Result<(), Unreachable>>,
{
    if keep().await.is_ok() {
        return Ok(());
    }
    sleep(PAUSE).await;
    keep().await.map_err(|error| {
        tracing::error!(%error, "announced, but not noted: it may come again");
        FunctionError::Unrecorded(error.to_string())
    })
}

/// Why nothing of what an entry holds is dealt with, or some of it cannot be. What is left of it happened by now.
fn admitted(entry: &mut Entry, trusted: &Trusted, now: Timestamp) -> Option<FunctionError> {
    let objection = entry.sender.as_ref().and_then(|sender| trusted.objection(sender));
    let unreadable = entry.tasks.iter().find_map(|task| task.as_ref().err()).map(|error| FunctionError::Unreadable(error.to_string()));
    if objection.is_some() {
        entry.tasks.clear();
    }
    for task in entry.tasks.iter_mut().flatten() {
        for time in [&mut task.stopping_at, &mut task.stopped_at, &mut task.started_at] {
            *time = time.map(|at| happened(at, now));
        }
    }
    unreadable.or(objection.map(FunctionError::Refused))
}

/// What a fault of ecs-triage itself leaves of a recording.
fn unrecorded() -> Unreachable {
    Unreachable(FunctionError::Faulty.to_string())
}

/// The journal's stream of a workload.
fn stream(cluster: Option<&str>, workload: Option<&str>) -> String {
    format!("{}/{}", cluster.unwrap_or("unknown"), workload.unwrap_or("unknown"))
}

fn tasks(count: usize) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

fn batch_answer(entries: &[Entry], outcome: &Outcome) -> Value {
    let failures = outcome.problems.iter().filter_map(|(at, problem)| {
        // What has no id cannot be asked for again, and to ask for all would be to announce the others twice.
        let Some(id) = &entries[*at].message_id else {
            tracing::error!(error = %problem, "a message without an id is lost");
            return None;
        };
        if matches!(problem, FunctionError::ComeAgain) {
            tracing::info!(message_id = id, "{problem}");
        } else {
            tracing::error!(message_id = id, error = %problem, "the message goes back to the queue");
        }
        Some(json!({"itemIdentifier": id}))
    });
    json!({"batchItemFailures": failures.collect::<Vec<_>>()})
}
