//! From an invocation to its answer: read, look behind, sort, record, ask, diagnose, announce, note, write
//! down, and say which messages must be delivered again. Everything outside is behind a port ([`ports`]);
//! this file follows a message from step to step, and each step has a file of its own.
//!
//! Failures of one fingerprint are one incident, recorded in one write however many tasks there are. Before
//! that AWS is asked about events that do not say why, and after it where a notice is due, or, without a
//! topic, about each failure. A message is done with once there is a `Settled` for each of its tasks, which
//! only `settlement` can make: its failure is recorded and the notice that it made due is published and
//! recorded; or, without a topic, its journal entry is written; or it is not a failure. A journal that fails
//! where the topic works is reported and not retried: the team was notified, and a retry would notify it
//! twice.
//!
//! Where the table cannot be used, or is slower than [`RECORDING`], incidents and storms go on in the memory
//! of the instance: it announces rather than stays silent, says that the notice may be repeated, and has the
//! message delivered again to be recorded. Without its record the counts would be too low, and an end would
//! wait for a beginning that is never announced.
//!
//! From the queue only AWS's own events of known accounts are taken ([`Trusted`]). What else comes through it
//! goes back, so that it ends among the dead letters, where an alarm reports it and from where it can be
//! sent again. A fault of ecs-triage itself costs the one message that has it.

mod announcer;
mod batch;
mod ends;
mod forecast;
pub(crate) mod guard;
mod notices;
mod outcome;
pub mod ports;
mod rotations;
mod selftest;
mod settlement;
mod storms;
mod trouble;
mod unexplained;
pub(crate) mod within;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{join_all, join3};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::arn::Arn;
use crate::context;
use crate::diagnosis::diagnose;
use crate::event::sender::Trusted;
use crate::event::{self, Entry, Task};
use crate::incident::ledger::{Ledger, Next, Recorded, Seen, Sighted};
use crate::incident::store::{Memory, Unreachable};
use crate::incident::{Due, Incident, happened, storm};
use crate::limits::{ANSWERING, ASKING, FUNCTION, NOTING, PUBLISHING, RECORDING};
use crate::question::{Evidence, Question};
use crate::render::metrics;
use crate::triage::{InAccount, Investigation, Narrowed, ROUNDS, Scope, ask_all, investigate_on, next_round};
use announcer::Announcer;
use batch::{Batch, Failure, about};
use guard::{Panicked, guarded, guarded_now};
use notices::{Claimed, NoticeId};
use outcome::Outcome;
use ports::{Clock as _, Log as _, World};
use selftest::Request;
use settlement::{Done, Item};
use storms::{StormResults, Storms};
use within::{Timely, twice, within};

pub use forecast::{Call, Forecasts, NextStart, Waiting};
pub use guard::guard_panics;
pub use trouble::{Problem, Trouble};

/// Why what containers wrote is not looked at.
pub(crate) const NO_LOGS: &str = "ReadContainerLogs=yes allows ecs-triage to read it";

/// What delivery works with.
#[derive(Debug)]
pub struct Ports<W: World> {
    /// Where incidents are kept; without it they are kept for the life of the instance.
    pub store: Option<W::Store>,
    /// The topic for people.
    pub topic: Option<W::Publisher>,
    /// The topic for chats.
    pub chat: Option<W::Publisher>,
    /// The bus for machines.
    pub bus: Option<W::EventBus>,
    /// Where each failure is written down.
    pub journal: Option<W::Journal>,
    /// The prober that answers questions.
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
    /// Whether to read the last lines of a container's log.
    pub reads_logs: bool,
    /// Which senders are accepted.
    pub trusted: Trusted,
    /// How long after its last notice an incident that continues is announced again.
    pub reminder: SignedDuration,
    /// What precedes a cause's id in the address of its runbook.
    pub runbooks: Option<String>,
    /// The key of the tag whose value is the team of a service.
    pub team_tag: Option<String>,
}

/// One instance that handles invocations.
#[derive(Debug)]
pub struct Delivery<W: World> {
    pub(crate) rules: Rules,
    table: Option<Ledger<W::Store>>,
    memory: Ledger<Memory>,
    announcer: Announcer<W>,
    journal: Option<W::Journal>,
    pub(crate) prober: W::Prober,
    pub(crate) clock: W::Clock,
    pub(crate) log: W::Log,
    /// Notices that are out, as this instance knows and the table does not.
    unnoted: Mutex<HashSet<NoticeId>>,
}

impl<W: World> Delivery<W> {
    /// An instance that `holder` identifies.
    pub fn new(ports: Ports<W>, rules: Rules, holder: &str) -> Self {
        let Ports { store, topic, chat, bus, journal, prober, clock, log } = ports;
        let memory = Ledger::new(Memory::default(), holder.to_owned(), rules.reminder);
        Self {
            memory: if store.is_some() { memory.of_one_instance() } else { memory },
            table: store.map(|store| Ledger::new(store, holder.to_owned(), rules.reminder)),
            announcer: Announcer { topic, chat, bus },
            rules,
            journal,
            prober,
            clock,
            log,
            unnoted: Mutex::default(),
        }
    }

    /// Handles one invocation of the function with this ARN: an SQS batch, answered with the messages that
    /// must be delivered again, a bare event, answered with its diagnoses, or `{"selftest": true}`, answered
    /// with what each channel made of a notice that says so.
    ///
    /// # Errors
    ///
    /// For a bare event that cannot be read or announced. A batch always has an answer.
    pub async fn handle(&self, payload: &str, function: &str) -> Result<Value, Problem> {
        guarded(self.settle(payload, function)).await.unwrap_or(Err(Problem::Faulty))
    }

    /// Reads what came, does all that is to be done about it, and answers.
    async fn settle(&self, payload: &str, function: &str) -> Result<Value, Problem> {
        let visit = self.invoked(function, self.clock.now());
        if let Some(request) = Request::read(payload) {
            return visit.selftest(request).await;
        }
        let mut entries = event::read_record(payload);
        let refused: Vec<Option<Problem>> =
            entries.iter_mut().map(|entry| admit(entry, &visit.trusted, visit.now)).collect();
        visit.look(&mut entries, &refused).await;
        let mut outcome = visit.work(&entries, &refused).await;
        for (entry, problem) in
            refused.into_iter().enumerate().filter_map(|(entry, problem)| Some((entry, problem?)))
        {
            outcome.fail([Item { entry, task: 0 }], &problem);
        }
        visit.write_down(&mut outcome).await;
        visit.answer(&entries, outcome)
    }

    /// An invocation of the function with this ARN.
    fn invoked<'d>(&'d self, function: &'d str, now: Timestamp) -> Visit<'d, W> {
        let own = Arn::parse(function).map(|arn| arn.account.to_owned());
        let trusted = Trusted { own, ..self.rules.trusted.clone() };
        Visit { delivery: self, function, trusted, now, troubles: RefCell::default() }
    }

    fn unnoted(&self) -> MutexGuard<'_, HashSet<NoticeId>> {
        self.unnoted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why an entry is not dealt with, or some of it cannot be. What is left of it happened by now.
fn admit(entry: &mut Entry, trusted: &Trusted, now: Timestamp) -> Option<Problem> {
    if !trusted.rotations {
        entry.rotation = None;
    } else if let Some(rotation) = &entry.rotation {
        // All that it says is taken from there.
        entry.tasks.clear();
        if happened(rotation.at, now) != rotation.at {
            return Some(Problem::Refused(format!("a change at {}, which is later than now", rotation.at)));
        }
    }
    let unreadable = entry
        .tasks
        .iter()
        .find_map(|task| task.as_ref().err())
        .map(|error| Problem::Unreadable(error.to_string()));
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
    /// The ARN of the function.
    function: &'d str,
    /// Which senders are accepted, and the account of what they name.
    trusted: Trusted,
    /// When it began: claims count from then.
    now: Timestamp,
    /// What went wrong so far.
    troubles: RefCell<Vec<Trouble>>,
}

/// What came of recording failures of one fingerprint.
#[derive(Debug)]
enum Sight {
    /// There is no channel, so nothing is kept.
    NotTracked,
    /// It is kept where all instances see it.
    Kept(Seen),
    /// It is kept in memory, since the table could not be used.
    Remembered(Seen, Unreachable),
    /// It could not be kept anywhere.
    Lost(Unreachable),
}

/// What came of handling failures: the evidence, the incident, and whether all is done; without a topic the
/// journal decides later.
#[derive(Debug)]
struct Handled {
    evidence: Evidence,
    incident: Option<Incident>,
    done: Option<Result<Done, Problem>>,
}

impl<W: World> Visit<'_, W> {
    /// Does all that is to be done about an invocation's tasks, at once.
    async fn work(&self, entries: &[Entry], refused: &[Option<Problem>]) -> Outcome {
        let batch = Batch::of(entries, refused, self.now);
        let mut outcome = Outcome::default();
        // A message without a task or a change needs nothing.
        let empty = entries.iter().zip(refused).enumerate().filter(|(_, (entry, refused))| {
            entry.tasks.is_empty() && entry.rotation.is_none() && refused.is_none()
        });
        outcome.settle(empty.map(|(entry, _)| Item { entry, task: 0 }), Ok(Done::NOT_A_FAILURE));
        let mut kinds: BTreeMap<String, Vec<&Failure<'_>>> = BTreeMap::new();
        for failure in &batch.failures {
            kinds.entry(storm::key(&failure.about)).or_default().push(failure);
        }
        let failures = join_all(kinds.values().map(|failures| self.failures(failures)));
        let rotations = self.rotations(entries, refused);
        let (failures, ends, rotations) = join3(failures, self.ends(&batch.ends), rotations).await;
        failures.into_iter().chain([ends, rotations]).for_each(|done| outcome.add(done));
        outcome.fail(batch.faulty, &Problem::Faulty);
        for (item, task) in batch.others {
            outcome.write(item, task, &Evidence::default(), None, true);
        }
        outcome
    }

    /// Failures that may be one storm: recorded together, then announced.
    async fn failures(&self, failures: &[&Failure<'_>]) -> Outcome {
        let sighted: Vec<Sighted> = failures.iter().map(|failure| failure.sighted(self.now)).collect();
        let (sights, storms) = self.record(&sighted).await;
        // A storm's notice announces several of them.
        let storms = self.announce_storms(storms).await;
        let outcomes = join_all(
            failures.iter().zip(&sights).map(|(failure, sight)| self.failure(failure, sight, &storms)),
        )
        .await;
        outcomes.into_iter().fold(Outcome::default(), |mut outcome, done| {
            outcome.add(done);
            outcome
        })
    }

    /// Records failures in the table, or, where it cannot be used in time, in memory.
    async fn record(&self, sighted: &[Sighted]) -> (Vec<Sight>, Storms) {
        if !self.delivery.announcer.announces() {
            return (sighted.iter().map(|_| Sight::NotTracked).collect(), Storms::default());
        }
        let mut sights: Vec<Option<Sight>> = sighted.iter().map(|_| None).collect();
        let mut storms = Storms::default();
        let mut why = Unreachable("no table is set".to_owned());
        if let Some(table) = &self.delivery.table {
            let recording = guarded(twice(&self.delivery.clock, || async {
                let recorded = table.see(sighted, self.now).await;
                let failed = recorded.seen.iter().find_map(|seen| seen.as_ref().err().cloned());
                (recorded, failed)
            }));
            let failed = |why: Unreachable| Recorded::none(sighted.len(), &why);
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
        let missing: Vec<usize> =
            sights.iter().enumerate().filter(|(_, sight)| sight.is_none()).map(|(at, _)| at).collect();
        if !missing.is_empty() {
            if self.delivery.table.is_some() {
                self.report(Trouble::WithoutTable(why.to_string()));
            }
            let of_memory: Vec<Sighted> = missing.iter().map(|at| sighted[*at].clone()).collect();
            let Recorded { seen, storms: due } = self.delivery.memory.see(&of_memory, self.now).await;
            storms.memory = due;
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

    /// Announces what the failures of one fingerprint made due. A task that makes ecs-triage panic is left
    /// out, and another one is announced in its place.
    async fn failure(&self, failure: &Failure<'_>, sight: &Sight, storms: &StormResults) -> Outcome {
        let mut outcome = Outcome::default();
        let mut left = failure.clone();
        while let Some((item, latest)) = left.latest() {
            if let Ok(handled) = guarded(self.handle_failure(latest, sight, storms)).await {
                outcome.add(self.outcome_of(&left, latest, handled));
                return outcome;
            }
            outcome.fail([item], &Problem::Faulty);
            left.tasks.retain(|(other, _)| *other != item);
        }
        outcome
    }

    /// Announces what is due of a failure.
    async fn handle_failure(&self, latest: &Task, sight: &Sight, storms: &StormResults) -> Handled {
        let (seen, without) = match sight {
            Sight::NotTracked => {
                let (evidence, ()) = self.ask(latest, async |_| ()).await;
                return Handled { evidence, incident: None, done: None };
            }
            Sight::Lost(why) => {
                return Handled {
                    evidence: Evidence::default(),
                    incident: None,
                    done: Some(Err(Problem::Unrecorded(why.to_string()))),
                };
            }
            Sight::Kept(seen) => (seen, None),
            Sight::Remembered(seen, why) => (seen, Some(why)),
        };
        let (mut evidence, mut incident) = (Evidence::default(), seen.incident.clone());
        let done = self
            .advance(seen, &mut incident, storms, without, async |claimed| {
                // Which other workloads have the culprit is read while AWS is queried, once the definition
                // names it.
                let culprit;
                (evidence, culprit) = self
                    .ask(latest, async |first| {
                        let about = about(&diagnose(latest, first));
                        self.culprit(&about, claimed.culprit, without).await
                    })
                    .await;
                let report = diagnose(latest, &evidence);
                self.announce(&report, Claimed { culprit: &culprit, ..claimed }, &evidence, without).await
            })
            .await;
        // What is in memory alone is delivered again, to be recorded.
        let done =
            done.and_then(|done| without.map_or(Ok(done), |why| Err(Problem::Unrecorded(why.to_string()))));
        Handled { evidence, incident: Some(incident), done: Some(done) }
    }

    /// Does what is next for an incident: a notice that `announce` makes, the notice of its end, or a note that a
    /// storm's notice announced it.
    async fn advance(
        &self,
        seen: &Seen,
        incident: &mut Incident,
        storms: &StormResults,
        without: Option<&Unreachable>,
        announce: impl AsyncFnOnce(Claimed<'_>) -> Result<Done, Problem>,
    ) -> Result<Done, Problem> {
        match seen.next {
            Next::Nothing | Next::ComeAgain => Done::recorded(seen.next),
            Next::Announce(Due::Resolved) => self.announce_end(incident, without).await,
            Next::Announce(due) => announce(Claimed { incident, due, culprit: &seen.culprit }).await,
            Next::WithStorm => {
                storms.of(incident)?;
                self.note_announced_by_storm(incident, without).await
            }
            Next::AnnouncedByStorm => self.note_announced_by_storm(incident, without).await,
        }
    }

    /// All that AWS says about a task and what surrounds it; and what is done at the same time, once the
    /// first answers are there.
    async fn ask<T>(&self, task: &Task, beside: impl AsyncFnOnce(&Evidence) -> T) -> (Evidence, T) {
        let Delivery { prober, clock, rules, .. } = self.delivery;
        let latest = self.now + (FUNCTION - ANSWERING - NOTING - PUBLISHING);
        let until = (clock.now() + ASKING).min(latest);
        let prober = Narrowed {
            prober: Timely { prober: &self.in_account(prober, task), clock, until },
            scope: rules.probing,
            logs: (!rules.reads_logs).then_some(NO_LOGS),
        };
        let mut investigation = [Investigation::of(task)];
        let mut first = Evidence::default();
        let causes = next_round(&mut investigation, &first);
        // What surrounds it does not depend on what caused it.
        let questions: BTreeSet<Question> =
            causes.into_iter().chain(context::questions(task, &first)).collect();
        ask_all(&prober, questions.into_iter().collect(), &mut first).await;
        let rest = investigate_on(&prober, &mut investigation, ROUNDS - 1, first.clone());
        let around = async {
            let mut around = Evidence::default();
            ask_all(&prober, context::questions(task, &first), &mut around).await;
            around
        };
        let (mut evidence, around, beside) = join3(rest, around, beside(&first)).await;
        for (question, answer) in around.answers() {
            evidence.note(question.clone(), answer.clone());
        }
        (evidence, beside)
    }

    /// The prober of the account in which a task's resources are.
    fn in_account<'p>(&self, prober: &'p W::Prober, task: &'p Task) -> InAccount<'p, W::Prober> {
        InAccount { prober, account: self.trusted.elsewhere(task.account.as_deref()) }
    }

    /// What the journal gets of failures of which `latest` was announced.
    fn outcome_of(&self, failure: &Failure<'_>, latest: &Task, handled: Handled) -> Outcome {
        let mut outcome = Outcome::default();
        let items = || failure.tasks.iter().map(|(item, _)| *item);
        let decides = handled.done.is_none();
        match handled.done {
            // What is delivered again is written down then.
            Some(Err(problem)) => {
                outcome.fail(items(), &problem);
                return outcome;
            }
            Some(Ok(done)) => outcome.settle(items(), Ok(done)),
            None => {}
        }
        let count = u64::try_from(failure.tasks.len()).unwrap_or(u64::MAX);
        if let Ok(Some(line)) =
            guarded_now(|| metrics::failures(&diagnose(latest, &handled.evidence), count, self.now))
        {
            self.delivery.log.line(&line);
        }
        for (item, task) in &failure.tasks {
            outcome.write(*item, task, &handled.evidence, handled.incident.as_ref(), decides);
        }
        outcome
    }

    /// What some work comes to in a time, and before the function's own is up.
    async fn within<T>(&self, time: SignedDuration, work: impl Future<Output = T>) -> Result<T, Unreachable> {
        let left = (FUNCTION - ANSWERING - self.delivery.clock.now().duration_since(self.now))
            .max(SignedDuration::ZERO);
        let time = time.min(left);
        within(&self.delivery.clock, time, work)
            .await
            .ok_or_else(|| Unreachable(format!("no answer within {time:#}")))
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
        let name =
            Arn::parse(self.function).and_then(|arn| arn.resource.split(':').nth(1)).unwrap_or_default();
        if let Some(line) = metrics::troubles(&counts, name, self.now) {
            self.delivery.log.line(&line);
        }
    }
}
