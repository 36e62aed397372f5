//! From an invocation to its answer: read, sort, record, ask, diagnose, announce, note, write down, and say which messages must come again.
//! Everything outside stands behind a port ([`ports`]); the file reads in the order in which a message goes.
//!
//! Failures of one fingerprint are one incident, recorded in one write however many tasks there are. AWS is asked where a notice is due, and
//! only then. A message is done with once there is a `Settled` for each of its tasks, which only `settlement` can make: its failure is recorded
//! and the notice that it made due is out and noted; or, without a topic, its journal entry is written; or it is no failure. A journal that fails
//! beside a topic that works is reported and not repeated: the team has been told, and a repeat would tell it twice.
//!
//! Where the table cannot be used, or is slower than [`RECORDING`], incidents and storms go on in the memory of the instance: it announces rather
//! than keeps silent, says that it may come again, and lets the message come again to be recorded. Without its record the counts would be too
//! low, and an end would wait for a beginning that nobody announces.
//!
//! From the queue only AWS's own events of known accounts are taken ([`Trusted`]). What else comes through it goes back, so that it ends among the
//! dead letters, where an alarm tells of it and from where it can be sent again. A fault of ecs-triage itself costs the one message that has it.

mod announcer;
mod batch;
mod guard;
pub mod ports;
mod settlement;
mod trouble;
mod within;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::arn::Arn;
use crate::context::{self, Surroundings};
use crate::diagnosis::diagnose;
use crate::event::sender::Trusted;
use crate::event::{self, Entry, Task};
use crate::incident::ledger::{After, Ledger, Next, Over, Recorded, Seen, Sighted};
use crate::incident::store::{Memory, Unreachable};
use crate::incident::storm::{self, Telling};
use crate::incident::{About, Due, Incident, happened};
use crate::limits::{ANSWERING, ASKING, FUNCTION, NOTING, PUBLISHING, RECORDING, SECOND_TRY, SHARING, UNNOTED_NOTICES};
use crate::question::{Answer, Evidence, Question};
use crate::render::json::v1;
use crate::render::metrics;
use crate::triage::{Narrowed, Prober, Scope, ask_all, investigate};
use announcer::Announcer;
use batch::{Batch, End, Failure, about};
use guard::{Panicked, guarded, guarded_now};
use ports::{Clock, Journal as _, Log as _, World};
use settlement::{Done, Item, Out, Settled};

pub use guard::guard_panics;
pub use trouble::{Problem, Trouble};

/// Why what containers wrote is not looked at.
const NO_LOGS: &str = "reading container logs is not allowed (parameter ReadContainerLogs)";

/// What delivery works with.
#[derive(Debug)]
pub struct Ports<W: World> {
    /// Where incidents are kept; without it they are kept for the life of the instance.
    pub store: Option<W::Store>,
    /// Where people are told.
    pub topic: Option<W::Publisher>,
    /// Where chats are told.
    pub chat: Option<W::Publisher>,
    /// Where machines are told.
    pub bus: Option<W::EventBus>,
    /// Where each failure is written down.
    pub journal: Option<W::Journal>,
    /// Who answers questions.
    pub prober: W::Prober,
    /// The time.
    pub clock: W::Clock,
    /// The function's own log.
    pub log: W::Log,
}

/// How it is set.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What AWS is asked.
    pub probing: Scope,
    /// Whether the last lines of a container's log may be read.
    pub reads_logs: bool,
    /// Who is listened to.
    pub trusted: Trusted,
    /// After so long an incident that goes on is announced again.
    pub reminder: SignedDuration,
}

/// One instance that handles invocations.
#[derive(Debug)]
pub struct Delivery<W: World> {
    rules: Rules,
    table: Option<Ledger<W::Store>>,
    memory: Ledger<Memory>,
    announcer: Announcer<W>,
    journal: Option<W::Journal>,
    prober: W::Prober,
    clock: W::Clock,
    log: W::Log,
    /// Notices that are out, as this instance knows and the table does not.
    unnoted: Mutex<HashSet<NoticeId>>,
}

/// Tells a notice from all others: its failures, the incident's number, what was due, and how many failures were told before.
type NoticeId = (String, String, u64, &'static str, u64);

fn notice_id(incident: &Incident, due: Due) -> NoticeId {
    (incident.about.fingerprint.clone(), incident.about.workload_key(), incident.serial, due.as_str(), incident.announced)
}

/// What came of recording failures of one fingerprint.
#[derive(Debug)]
enum Sight {
    /// Nobody is told, so nothing is kept.
    NotTracked,
    /// It is kept where all instances see it.
    Kept(Seen),
    /// It is kept in memory, since the table could not be used.
    Remembered(Seen, Unreachable),
    /// It could not be kept anywhere.
    Lost(Unreachable),
}

/// What came of an invocation, or of a part of it.
#[derive(Debug, Default)]
struct Outcome {
    settled: Vec<Settled>,
    /// Why entries must come again.
    problems: BTreeMap<usize, Problem>,
    lines: Vec<Line>,
}

/// A diagnosis, as it is written down.
#[derive(Debug)]
struct Line {
    item: Item,
    stream: String,
    text: String,
    /// Whether the journal decides that its task is settled: nobody else is told.
    decides: bool,
    /// Whether it answers a bare event.
    answers: bool,
    /// Whether something failed or is over; what is normal is answered, and not written down.
    kept: bool,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.settled.extend(other.settled);
        for (entry, problem) in other.problems {
            self.problems.entry(entry).or_insert(problem);
        }
        self.lines.extend(other.lines);
    }

    fn settle(&mut self, items: impl IntoIterator<Item = Item>, done: Result<Done, Problem>) {
        match done {
            Ok(done) => self.settled.extend(Settled::by(done, items)),
            Err(problem) => self.fail(items, &problem),
        }
    }

    fn fail(&mut self, items: impl IntoIterator<Item = Item>, problem: &Problem) {
        for item in items {
            self.problems.entry(item.entry).or_insert_with(|| problem.clone());
        }
    }
}

impl<W: World> Delivery<W> {
    /// An instance that `holder` tells from all others.
    pub fn new(ports: Ports<W>, rules: Rules, holder: &str) -> Self {
        let Ports { store, topic, chat, bus, journal, prober, clock, log } = ports;
        Self {
            table: store.map(|store| Ledger::new(store, holder.to_owned(), rules.reminder)),
            memory: Ledger::new(Memory::default(), holder.to_owned(), rules.reminder),
            announcer: Announcer { topic, chat, bus },
            rules,
            journal,
            prober,
            clock,
            log,
            unnoted: Mutex::default(),
        }
    }

    /// Handles one invocation of the function with this ARN: an SQS batch, answered with the messages that must come again, or a bare event,
    /// answered with its diagnoses.
    ///
    /// # Errors
    ///
    /// For a bare event that cannot be read or announced. A batch always has an answer.
    pub async fn handle(&self, payload: &str, function: &str) -> Result<Value, Problem> {
        guarded(self.settle(payload, function)).await.unwrap_or(Err(Problem::Faulty))
    }

    /// Reads what came, does all that is to be done about it, and answers.
    async fn settle(&self, payload: &str, function: &str) -> Result<Value, Problem> {
        let visit = Visit { delivery: self, now: self.clock.now(), troubles: RefCell::default() };
        let mut entries = event::read_record(payload);
        let trusted = Trusted { own: Arn::parse(function).map(|arn| arn.account.to_owned()), ..self.rules.trusted.clone() };
        let refused: Vec<Option<Problem>> = entries.iter_mut().map(|entry| admit(entry, &trusted, visit.now)).collect();
        let mut outcome = visit.work(&entries, &refused).await;
        for (entry, problem) in refused.into_iter().enumerate().filter_map(|(entry, problem)| Some((entry, problem?))) {
            outcome.fail([Item { entry, task: 0 }], &problem);
        }
        visit.write_down(&mut outcome).await;
        visit.answer(&entries, outcome)
    }

    fn unnoted(&self) -> MutexGuard<'_, HashSet<NoticeId>> {
        self.unnoted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why an entry is not dealt with, or some of it cannot be. What is left of it happened by now.
fn admit(entry: &mut Entry, trusted: &Trusted, now: Timestamp) -> Option<Problem> {
    let unreadable = entry.tasks.iter().find_map(|task| task.as_ref().err()).map(|error| Problem::Unreadable(error.to_string()));
    for task in entry.tasks.iter_mut().flatten() {
        for time in [&mut task.stopping_at, &mut task.stopped_at, &mut task.started_at] {
            *time = time.map(|at| happened(at, now));
        }
    }
    let objection = entry.sender.as_ref().and_then(|sender| trusted.objection(sender));
    objection.map(Problem::Refused).or(unreadable)
}

/// One invocation.
struct Visit<'d, W: World> {
    delivery: &'d Delivery<W>,
    /// When it began: claims count from then.
    now: Timestamp,
    /// What went wrong so far.
    troubles: RefCell<Vec<Trouble>>,
}

impl<W: World> Visit<'_, W> {
    /// Does all that is to be done about an invocation's tasks, at once.
    async fn work(&self, entries: &[Entry], refused: &[Option<Problem>]) -> Outcome {
        let batch = Batch::of(entries, refused, self.now);
        let mut outcome = Outcome::default();
        // Of a message that holds nothing there is nothing to do.
        let empty = entries.iter().zip(refused).enumerate().filter(|(_, (entry, refused))| entry.tasks.is_empty() && refused.is_none());
        outcome.settle(empty.map(|(entry, _)| Item { entry, task: 0 }), Ok(Done::NOT_A_FAILURE));
        let mut kinds: BTreeMap<String, Vec<&Failure<'_>>> = BTreeMap::new();
        for failure in &batch.failures {
            kinds.entry(storm::key(&failure.about)).or_default().push(failure);
        }
        let failures = join_all(kinds.values().map(|failures| self.failures(failures)));
        let (failures, ends) = join(failures, self.ends(&batch.ends)).await;
        failures.into_iter().chain([ends]).for_each(|done| outcome.add(done));
        outcome.fail(batch.faulty, &Problem::Faulty);
        for (item, task) in batch.others {
            Self::line(&mut outcome, item, task, &Evidence::default(), None, true);
        }
        outcome
    }

    /// Failures that may be one storm: recorded together, then told.
    async fn failures(&self, failures: &[&Failure<'_>]) -> Outcome {
        let (sights, storms) = self.record(failures).await;
        // A storm's notice tells of several of them.
        let storms = self.tell_storms(storms).await;
        let told = join_all(failures.iter().zip(&sights).map(|(failure, sight)| self.failure(failure, sight, &storms))).await;
        told.into_iter().fold(Outcome::default(), |mut outcome, told| {
            outcome.add(told);
            outcome
        })
    }

    /// Records failures in the table, or, where it cannot be used in time, in memory.
    async fn record(&self, failures: &[&Failure<'_>]) -> (Vec<Sight>, Storms) {
        if !self.delivery.announcer.announces() {
            return (failures.iter().map(|_| Sight::NotTracked).collect(), Storms::default());
        }
        let sighted: Vec<Sighted> = failures.iter().map(|failure| failure.sighted(self.now)).collect();
        let mut sights: Vec<Option<Sight>> = failures.iter().map(|_| None).collect();
        let mut storms = Storms::default();
        let mut why = Unreachable("no table is set".to_owned());
        if let Some(table) = &self.delivery.table {
            let recording = guarded(twice(&self.delivery.clock, || async {
                let recorded = table.see(&sighted, self.now).await;
                let failed = recorded.seen.iter().find_map(|seen| seen.as_ref().err().cloned());
                (recorded, failed)
            }));
            let failed = |why: Unreachable| Recorded { seen: sighted.iter().map(|_| Err(why.clone())).collect(), storms: Vec::new() };
            let recorded = match self.within(RECORDING, recording).await {
                Ok(Ok((recorded, _))) => recorded,
                Ok(Err(Panicked)) => failed(Unreachable(Problem::Faulty.to_string())),
                Err(late) => failed(late),
            };
            storms.table = recorded.storms;
            for (sight, seen) in sights.iter_mut().zip(recorded.seen) {
                match seen {
                    Ok(seen) => *sight = Some(Sight::Kept(seen)),
                    Err(error) => why = error,
                }
            }
        }
        let missing: Vec<usize> = sights.iter().enumerate().filter(|(_, sight)| sight.is_none()).map(|(at, _)| at).collect();
        if !missing.is_empty() {
            if self.delivery.table.is_some() {
                self.report(Trouble::WithoutTable(why.to_string()));
            }
            let of_memory: Vec<Sighted> = missing.iter().map(|at| sighted[*at].clone()).collect();
            let Recorded { seen, storms: told } = self.delivery.memory.see(&of_memory, self.now).await;
            storms.memory = told;
            for (at, seen) in missing.into_iter().zip(seen) {
                sights[at] = Some(match seen {
                    Ok(seen) if self.delivery.table.is_some() => Sight::Remembered(seen, why.clone()),
                    Ok(seen) => Sight::Kept(seen),
                    Err(why) => Sight::Lost(why),
                });
            }
        }
        (sights.into_iter().flatten().collect(), storms)
    }

    /// Tells the storms' notices that are due, and notes that they are out.
    async fn tell_storms(&self, storms: Storms) -> Told {
        let delivery = self.delivery;
        let mut told = Told::default();
        for telling in &storms.table {
            let Some(table) = &delivery.table else { continue };
            told.keep(telling, self.tell_storm(telling, false, table.storm_announced(telling, self.now)).await);
        }
        for telling in &storms.memory {
            told.keep(telling, self.tell_storm(telling, delivery.table.is_some(), delivery.memory.storm_announced(telling, self.now)).await);
        }
        told
    }

    async fn tell_storm(&self, telling: &Telling, in_memory: bool, note: impl Future<Output = Result<(), Unreachable>>) -> Result<(), Problem> {
        let out = if telling.has_news() { self.published(self.delivery.announcer.storm(telling, in_memory, self)).await? } else { Out::BEFORE };
        let noting = async { self.within(NOTING, note).await? };
        Done::noted(out, noting).await.map(|_| ()).inspect_err(|problem| self.report(Trouble::Unnoted(problem.to_string())))
    }

    /// Announces what the failures of one fingerprint made due. A task with which ecs-triage cannot do that is left out, and another is told of instead.
    async fn failure(&self, failure: &Failure<'_>, sight: &Sight, storms: &Told) -> Outcome {
        let mut outcome = Outcome::default();
        let mut left = failure.clone();
        while let Some((item, latest)) = left.latest() {
            if let Ok(told) = guarded(self.tell(latest, sight, storms)).await {
                outcome.add(self.told(&left, latest, told));
                return outcome;
            }
            outcome.fail([item], &Problem::Faulty);
            left.tasks.retain(|(other, _)| *other != item);
        }
        outcome
    }

    /// Tells of a failure what is due.
    async fn tell(&self, latest: &Task, sight: &Sight, storms: &Told) -> Said {
        let (seen, without) = match sight {
            Sight::NotTracked => return Said { evidence: self.ask(latest).await, incident: None, done: None },
            Sight::Lost(why) => return Said { evidence: Evidence::default(), incident: None, done: Some(Err(Problem::Unrecorded(why.to_string()))) },
            Sight::Kept(seen) => (seen, None),
            Sight::Remembered(seen, why) => (seen, Some(why)),
        };
        let (mut evidence, mut incident) = (Evidence::default(), seen.incident.clone());
        let done = match seen.next {
            Next::Nothing | Next::ComeAgain => Done::recorded(seen.next),
            Next::Announce(Due::Resolved) => self.announce_end(&incident, without).await,
            Next::Announce(due) => {
                evidence = self.ask(latest).await;
                self.announce(latest, &mut incident, due, &evidence, without).await
            }
            Next::WithStorm => match storms.of(&incident) {
                Ok(()) => self.note_told(&incident, without).await,
                Err(problem) => Err(problem),
            },
        };
        // What is known in memory alone comes again, to be recorded.
        let done = done.and_then(|done| without.map_or(Ok(done), |why| Err(Problem::Unrecorded(why.to_string()))));
        Said { evidence, incident: Some(incident), done: Some(done) }
    }

    /// All that AWS says about a task and what surrounds it.
    async fn ask(&self, task: &Task) -> Evidence {
        let Delivery { prober, clock, rules, .. } = self.delivery;
        let latest = self.now + (FUNCTION - ANSWERING - NOTING - PUBLISHING);
        let until = (clock.now() + ASKING).min(latest);
        let prober = Narrowed { prober: Timely { prober, clock, until }, scope: rules.probing, logs: (!rules.reads_logs).then_some(NO_LOGS) };
        let mut evidence = investigate(&prober, [task], Evidence::default()).await;
        let questions = context::questions(task, &evidence);
        ask_all(&prober, questions, &mut evidence).await;
        evidence
    }

    /// Announces a failure; then also its end, where that came first.
    async fn announce(&self, task: &Task, incident: &mut Incident, due: Due, evidence: &Evidence, without: Option<&Unreachable>) -> Result<Done, Problem> {
        let report = diagnose(task, evidence);
        incident.about = about(&report);
        incident.reminded |= due == Due::StillFailing;
        // It is worth a line of the notice, and no more.
        let others = match (&self.delivery.table, without) {
            (Some(table), None) => self.within(SHARING, table.share(incident, self.now)).await.and_then(|shared| shared).ok(),
            _ => self.delivery.memory.share(incident, self.now).await.ok(),
        };
        let mut around = Surroundings::of(task, Some((incident, &others.unwrap_or_default())), evidence, self.now);
        if let Some(why) = without {
            around.impact.insert(0, format!("the incidents are kept in memory, so this may come again for each instance: {why}"));
        }
        let out = self.delivery.announcer.failure(&report, incident, due, &around, self);
        // What memory told of the same failures while the table could not be used is not told again.
        let is_out = without.is_none() && due == Due::Opened && self.is_told_by_memory(incident).await;
        let (done, after) = self.tell_and_note(out, is_out, incident, due, without).await?;
        match after {
            After::Nothing => Ok(done),
            After::AnnounceEnd(incident) => self.announce_end(&incident, without).await,
            After::ComeAgain => Err(Problem::ComeAgain),
        }
    }

    async fn announce_end(&self, incident: &Incident, without: Option<&Unreachable>) -> Result<Done, Problem> {
        let out = self.delivery.announcer.resolved(incident, self);
        self.tell_and_note(out, false, incident, Due::Resolved, without).await.map(|(done, _)| done)
    }

    /// Tells what is due, and keeps that it is out.
    async fn tell_and_note(
        &self,
        telling: impl Future<Output = Result<(), String>>,
        is_out: bool,
        incident: &Incident,
        due: Due,
        without: Option<&Unreachable>,
    ) -> Result<(Done, After), Problem> {
        let id = notice_id(incident, due);
        let is_out = is_out || self.delivery.unnoted().contains(&id);
        let out = if is_out { Out::BEFORE } else { self.published(telling).await? };
        let noted = Done::noted(out, self.note(incident, due, without)).await;
        let mut unnoted = self.delivery.unnoted();
        match &noted {
            Ok(_) => _ = unnoted.remove(&id),
            Err(problem) => {
                if unnoted.len() < UNNOTED_NOTICES {
                    unnoted.insert(id);
                }
                self.report(Trouble::Unnoted(problem.to_string()));
            }
        }
        noted
    }

    /// Keeps that a storm told of an incident.
    async fn note_told(&self, incident: &Incident, without: Option<&Unreachable>) -> Result<Done, Problem> {
        let due = if incident.announced == 0 { Due::Opened } else { Due::Resolved };
        let noted = Done::noted(Out::BEFORE, self.note(incident, due, without)).await;
        noted.and_then(|(done, after)| if after == After::Nothing { Ok(done) } else { Err(Problem::ComeAgain) })
    }

    /// Keeps that a notice is out, in a second try if need be.
    async fn note(&self, incident: &Incident, due: Due, without: Option<&Unreachable>) -> Result<After, Unreachable> {
        let clock = &self.delivery.clock;
        match (&self.delivery.table, without) {
            (Some(table), None) => {
                let noting = twice(clock, || async {
                    let noted = table.announced(incident, due, self.now).await;
                    let failed = noted.as_ref().err().cloned();
                    (noted, failed)
                });
                self.within(NOTING, noting).await.and_then(|(noted, _)| noted)
            }
            _ => self.delivery.memory.announced(incident, due, self.now).await,
        }
    }

    async fn is_told_by_memory(&self, incident: &Incident) -> bool {
        self.delivery.table.is_some() && self.delivery.memory.has_told(incident).await
    }

    /// What is written down of failures of which `latest` was told.
    fn told(&self, failure: &Failure<'_>, latest: &Task, told: Said) -> Outcome {
        let mut outcome = Outcome::default();
        let items = || failure.tasks.iter().map(|(item, _)| *item);
        let decides = told.done.is_none();
        match told.done {
            // What comes again is written down then.
            Some(Err(problem)) => {
                outcome.fail(items(), &problem);
                return outcome;
            }
            Some(Ok(done)) => outcome.settle(items(), Ok(done)),
            None => {}
        }
        let count = u64::try_from(failure.tasks.len()).unwrap_or(u64::MAX);
        if let Ok(Some(line)) = guarded_now(|| metrics::failures(&diagnose(latest, &told.evidence), count, self.now.as_millisecond())) {
            self.delivery.log.line(&line);
        }
        for (item, task) in &failure.tasks {
            Self::line(&mut outcome, *item, task, &told.evidence, told.incident.as_ref(), decides);
        }
        outcome
    }

    /// Writes a diagnosis for the log and the journal.
    fn line(outcome: &mut Outcome, item: Item, task: &Task, evidence: &Evidence, incident: Option<&Incident>, decides: bool) {
        let line = guarded_now(|| {
            let report = diagnose(task, evidence);
            let stream = stream(task.cluster.as_deref(), task.workload.as_ref().map(|workload| workload.name.as_str()));
            let (text, kept) = (v1::line_of(&report, incident), !report.diagnoses.is_empty());
            Line { item, stream, text, decides, answers: true, kept }
        });
        match line {
            Ok(line) => outcome.lines.push(line),
            Err(Panicked) => outcome.fail([item], &Problem::Faulty),
        }
    }

    /// Ends the incidents of workloads that are well again, and says so.
    async fn ends(&self, ends: &[End]) -> Outcome {
        let mut outcome = Outcome::default();
        let items = || ends.iter().map(|end| end.item);
        if ends.is_empty() || !self.delivery.announcer.announces() {
            outcome.settle(items(), Ok(Done::NOT_A_FAILURE));
            return outcome;
        }
        let wells: Vec<(About, Timestamp)> = ends.iter().map(|end| (end.workload.clone(), end.at)).collect();
        let ended = match &self.delivery.table {
            Some(table) => self.within(RECORDING, guarded(table.end(&wells, self.now))).await,
            None => Ok(Ok(self.delivery.memory.end(&wells, self.now).await)),
        };
        let ended = match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(Panicked)) => {
                outcome.fail(items(), &Problem::Faulty);
                return outcome;
            }
            Err(late) => {
                self.report(Trouble::WithoutTable(late.to_string()));
                outcome.fail(items(), &Problem::Unrecorded(late.to_string()));
                return outcome;
            }
        };
        let storms =
            if self.delivery.table.is_some() { Storms { table: ended.storms, memory: Vec::new() } } else { Storms { table: Vec::new(), memory: ended.storms } };
        let storms = &self.tell_storms(storms).await;
        let over = join_all(ends.iter().zip(ended.workloads).map(async |(end, over)| {
            let faulty = |Panicked| Outcome { problems: BTreeMap::from([(end.item.entry, Problem::Faulty)]), ..Outcome::default() };
            guarded(self.over(end, over, storms)).await.unwrap_or_else(faulty)
        }));
        over.await.into_iter().for_each(|over| outcome.add(over));
        outcome
    }

    /// Says what is over of a workload.
    async fn over(&self, end: &End, over: Result<Over, Unreachable>, storms: &Told) -> Outcome {
        let mut outcome = Outcome::default();
        let over = match over {
            Ok(over) => over,
            Err(error) => {
                self.report(Trouble::WithoutTable(error.to_string()));
                outcome.fail([end.item], &Problem::Unrecorded(error.to_string()));
                return outcome;
            }
        };
        let mut done = if over.come_again { Err(Problem::ComeAgain) } else { Ok(Done::NOT_A_FAILURE) };
        for (incident, with_storm) in over.ours.iter().map(|one| (one, false)).chain(over.with_storm.iter().map(|one| (one, true))) {
            let told = if !with_storm {
                self.announce_end(incident, None).await
            } else if let Err(problem) = storms.of(incident) {
                Err(problem)
            } else {
                self.note_told(incident, None).await
            };
            if told.is_ok() {
                let stream = stream(incident.about.cluster.as_deref(), incident.about.workload.as_deref());
                outcome.lines.push(Line { item: end.item, stream, text: announcer::ended(incident), decides: false, answers: false, kept: true });
            }
            done = done.and(told);
        }
        outcome.settle([end.item], done);
        outcome
    }

    /// Writes the diagnoses to the function's log and the journal, a stream at a time. Where nobody else is told, the journal decides.
    async fn write_down(&self, outcome: &mut Outcome) {
        // In the order in which they came.
        outcome.lines.sort_by_key(|line| line.item);
        outcome.lines.iter().filter(|line| line.kept).for_each(|line| self.delivery.log.line(&line.text));
        let lines = std::mem::take(&mut outcome.lines);
        let normal = lines.iter().filter(|line| line.decides && (!line.kept || self.delivery.journal.is_none())).map(|line| line.item);
        outcome.settle(normal, Ok(Done::NOT_A_FAILURE));
        if let Some(journal) = &self.delivery.journal {
            let mut streams: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
            for line in lines.iter().filter(|line| line.kept) {
                streams.entry(&line.stream).or_default().push(line);
            }
            let written = streams.iter().map(async |(stream, lines)| {
                let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
                (lines, Done::journalled(journal.append(stream, &texts)).await)
            });
            for (lines, written) in join_all(written).await {
                if let Err(problem) = &written {
                    self.report(Trouble::NotInJournal(problem.to_string()));
                }
                outcome.settle(lines.iter().filter(|line| line.decides).map(|line| line.item), written);
            }
        }
        outcome.lines = lines;
    }

    /// Answers with every message that is not settled, or with the diagnoses of a bare event.
    fn answer(&self, entries: &[Entry], mut outcome: Outcome) -> Result<Value, Problem> {
        let is_batch = entries.is_empty() || entries.iter().any(|entry| entry.message_id.is_some());
        let mut again = Vec::new();
        for entry in settlement::left(entries, &outcome.settled) {
            let problem = outcome.problems.remove(&entry).unwrap_or(Problem::Forgotten);
            match &entries[entry].message_id {
                Some(message) => {
                    self.report(Trouble::ComesAgain { message: message.clone(), problem });
                    again.push(message.as_str());
                }
                // What has no id cannot be asked for again, and to ask for all would be to announce the others twice.
                None if is_batch => self.report(Trouble::Lost(problem)),
                None => {
                    self.count_troubles();
                    return Err(problem);
                }
            }
        }
        self.count_troubles();
        if is_batch {
            return Ok(settlement::batch_answer(again));
        }
        Ok(outcome.lines.iter().filter(|line| line.answers).map(|line| serde_json::from_str::<Value>(&line.text).unwrap_or_default()).collect())
    }

    /// What some work comes to in a time, and before the function's own is up.
    async fn within<T>(&self, time: SignedDuration, work: impl Future<Output = T>) -> Result<T, Unreachable> {
        let left = (FUNCTION - ANSWERING - self.delivery.clock.now().duration_since(self.now)).max(SignedDuration::ZERO);
        let time = time.min(left);
        within::within(&self.delivery.clock, time, work).await.ok_or_else(|| Unreachable(format!("no answer within {time:#}")))
    }

    /// Publishes as long as there is time.
    async fn published(&self, publishing: impl Future<Output = Result<(), String>>) -> Result<Out, Problem> {
        // On the heap: the SDK's futures are large.
        let publishing = self.within(FUNCTION, Box::pin(publishing));
        Out::published(async { publishing.await.map_err(|Unreachable(why)| why)? }).await
    }

    fn report(&self, trouble: Trouble) {
        self.delivery.log.trouble(&trouble);
        self.troubles.borrow_mut().push(trouble);
    }

    /// Has CloudWatch count what went wrong.
    fn count_troubles(&self) {
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        for metric in self.troubles.borrow().iter().filter_map(Trouble::metric) {
            *counts.entry(metric).or_default() += 1;
        }
        if let Some(line) = metrics::troubles(&counts, self.now.as_millisecond()) {
            self.delivery.log.line(&line);
        }
    }
}

/// The notices of storms that are due.
#[derive(Debug, Default)]
struct Storms {
    table: Vec<Telling>,
    memory: Vec<Telling>,
}

/// Which incidents the storms' notices told of, and why others were not told.
#[derive(Debug, Default)]
struct Told {
    members: HashSet<(String, u64)>,
    problem: Option<Problem>,
}

impl Told {
    fn keep(&mut self, telling: &Telling, told: Result<(), Problem>) {
        match told {
            Ok(()) => self.members.extend(telling.members.iter().map(|member| (member.fingerprint.clone(), member.serial))),
            Err(problem) => self.problem = Some(problem),
        }
    }

    fn of(&self, incident: &Incident) -> Result<(), Problem> {
        let is_told = self.members.contains(&(incident.about.fingerprint.clone(), incident.serial));
        if is_told { Ok(()) } else { Err(self.problem.clone().unwrap_or(Problem::ComeAgain)) }
    }
}

/// What was told of failures: what is known of them now, and whether all is done; without a topic the journal has yet to decide.
#[derive(Debug)]
struct Said {
    evidence: Evidence,
    incident: Option<Incident>,
    done: Option<Result<Done, Problem>>,
}

/// A prober that is waited for until a time.
struct Timely<'d, P, C> {
    prober: &'d P,
    clock: &'d C,
    until: Timestamp,
}

impl<P: Prober + Sync, C: Clock + Sync> Prober for Timely<'_, P, C> {
    async fn ask(&self, question: &Question) -> Answer {
        let left = self.until.duration_since(self.clock.now()).max(SignedDuration::ZERO);
        let late = || Answer::Unknown("no answer before the deadline".to_owned());
        within::within(self.clock, left, self.prober.ask(question)).await.unwrap_or_else(late)
    }
}

/// Tries a second time after a while where the first failed.
async fn twice<T, F: Future<Output = (T, Option<Unreachable>)>>(clock: &impl Clock, work: impl Fn() -> F) -> (T, Option<Unreachable>) {
    let first = work().await;
    if first.1.is_none() {
        return first;
    }
    clock.sleep(SECOND_TRY).await;
    work().await
}

/// The journal's stream of a workload.
fn stream(cluster: Option<&str>, workload: Option<&str>) -> String {
    format!("{}/{}", cluster.unwrap_or("unknown"), workload.unwrap_or("unknown"))
}
