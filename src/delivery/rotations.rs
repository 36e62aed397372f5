//! Values that changed: which workloads hold the old one is looked up and announced, until none does.
//!
//! A message of the queue of rotations is done with once there is nothing more to announce of its change;
//! until then it is delivered again, after each visibility timeout. What was announced is kept in one
//! document of the value, as incidents are: claimed before it is published, and recorded after. Nothing is
//! restarted, and no value is read.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::SignedDuration;

use super::announcer::Message;
use super::guard::{Panicked, guarded};
use super::outcome::{Line, Outcome};
use super::ports::{Clock as _, Journal as _, World};
use super::settlement::{Done, Item, Out};
use super::trouble::{Problem, Trouble};
use super::within::Timely;
use super::{NO_LOGS, Visit};
use crate::event::Entry;
use crate::event::rotation::Rotation;
use crate::incident::rotation::{Conclusion, Found};
use crate::incident::store::Unreachable;
use crate::limits::{NOTING, RECORDING, ROTATION_AGAIN, ROTATION_ASKING, ROTATION_AT_ONCE};
use crate::question::Evidence;
use crate::render::rotation::{self as words, Phase};
use crate::staleness::Staleness;
use crate::staleness::rotation::{Fleet, Look, questions, second};
use crate::triage::{Narrowed, ask_all};

/// Clusters, their tasks, the definitions of those, and secrets that a definition names by half.
const ROUNDS: usize = 4;
/// In which no more than [`ROTATION_AT_ONCE`] questions go out.
const TURN: SignedDuration = SignedDuration::from_secs(1);

/// What came of a look.
struct Looked {
    done: Result<Done, Problem>,
    /// The journal's stream and the line for it: what was announced.
    line: Option<(String, String)>,
}

impl Looked {
    const FAULTY: Self = Self { done: Err(Problem::Faulty), line: None };
}

impl<W: World> Visit<'_, W> {
    /// Looks which tasks hold the old values of all that has changed, and announces it.
    pub(super) async fn rotations(&self, entries: &[Entry], refused: &[Option<Problem>]) -> Outcome {
        let mut regions: BTreeMap<&str, Vec<(usize, &Rotation)>> = BTreeMap::new();
        for (entry, (read, refused)) in entries.iter().zip(refused).enumerate() {
            if let (Some(rotation), None) = (&read.rotation, refused) {
                regions.entry(&rotation.region).or_default().push((entry, rotation));
            }
        }
        let looks = regions.into_iter().map(async |(region, mut changes)| {
            // The last change of a value covers those before it.
            changes.sort_by_key(|(_, rotation)| Reverse(rotation.at));
            let faulty = |Panicked| changes.iter().map(|(entry, _)| (*entry, Looked::FAULTY)).collect();
            guarded(self.looks(region, &changes)).await.unwrap_or_else(faulty)
        });
        let mut outcome = Outcome::default();
        for looks in join_all(looks).await {
            for (entry, looked) in looks {
                let item = Item { entry, task: 0 };
                // A bare event is not delivered again.
                let is_bare = entries[entry].message_id.is_none();
                let done = match looked.done {
                    Err(Problem::Held(_)) if is_bare => Ok(Done::NOT_A_FAILURE),
                    done => done,
                };
                outcome.settle([item], done);
                outcome.lines.extend(looked.line.map(|(stream, text)| Line {
                    item,
                    stream,
                    text,
                    decides: false,
                    answers: true,
                    kept: true,
                }));
            }
        }
        outcome
    }

    /// Looks at all changes in a Region at once, and announces one after another.
    async fn looks(&self, region: &str, changes: &[(usize, &Rotation)]) -> Vec<(usize, Looked)> {
        let rotations: Vec<&Rotation> = changes.iter().map(|(_, rotation)| *rotation).collect();
        let evidence = self.ask_of_tasks(region, &rotations).await;
        let Fleet { tasks, unlisted } = Fleet::of(region, &evidence);
        let all = Staleness { region, tasks: &tasks };
        let mut looks = Vec::new();
        for (entry, rotation) in changes {
            let looked = guarded(async {
                let mut look = all.rotated(rotation, &evidence);
                look.unseen.splice(0..0, unlisted.iter().cloned());
                self.look_at(rotation, &look).await
            });
            looks.push((*entry, looked.await.unwrap_or(Looked::FAULTY)));
        }
        looks
    }

    /// What AWS says of the tasks that run, in turns, so that others find room for their calls.
    async fn ask_of_tasks(&self, region: &str, rotations: &[&Rotation]) -> Evidence {
        let super::Delivery { prober, clock, rules, .. } = self.delivery;
        let until = self.now + ROTATION_ASKING;
        let prober =
            Narrowed { prober: Timely { prober, clock, until }, scope: rules.probing, logs: Some(NO_LOGS) };
        let mut evidence = Evidence::default();
        for _ in 0..ROUNDS {
            let mut questions = questions(region, rotations, &evidence);
            if questions.is_empty() {
                break;
            }
            // Where one look does not suffice, the next begins where this one ends.
            let turns = self.now.as_second() / ROTATION_AGAIN.as_secs();
            let asked = ROTATION_AT_ONCE * usize::try_from(ROTATION_ASKING.as_secs()).unwrap_or(1);
            let from = usize::try_from(turns).unwrap_or(0).wrapping_mul(asked) % questions.len();
            questions.rotate_left(from);
            for (turn, some) in questions.chunks(ROTATION_AT_ONCE).enumerate() {
                if turn > 0 {
                    clock.sleep(TURN).await;
                }
                if clock.now() >= until {
                    return evidence;
                }
                ask_all(&prober, some.to_vec(), &mut evidence).await;
            }
        }
        evidence
    }

    /// Announces what is new about a change.
    async fn look_at(&self, rotation: &Rotation, look: &Look) -> Looked {
        let silent = |done| Looked { done, line: None };
        let holders = look.value.holders.iter().map(|holder| (holder.place(), holder.last_created()));
        let found = Found {
            changed: second(rotation).1,
            holders: holders.collect(),
            is_whole: look.unseen.is_empty(),
        };
        let (looked, without) = match self.record_look(rotation, &found).await {
            Ok(looked) => looked,
            Err(why) => return silent(Err(Problem::Unrecorded(why.to_string()))),
        };
        let held = || {
            let what = look.unseen.first().map_or_else(
                || format!("{} workloads hold the old value", look.value.holders.len() + look.more),
                |what| format!("not all could be looked at: {what}"),
            );
            Problem::Held(format!("{} changed at {}, {what}", rotation.name, rotation.at))
        };
        let (phase, next) = match &looked.0 {
            // Memory does not know what other instances announced.
            Conclusion::Nothing => {
                let unrecorded = |why: Unreachable| Err(Problem::Unrecorded(why.to_string()));
                return silent(without.map_or(Ok(Done::NOT_A_FAILURE), unrecorded));
            }
            Conclusion::ComeAgain => return silent(Err(Problem::ComeAgain)),
            Conclusion::LookAgain => return silent(Err(held())),
            Conclusion::Holders => (Phase::Begun, Some(held())),
            Conclusion::Unfollowed => (Phase::Unfollowed, None),
            Conclusion::Over(holders, since) => (Phase::Over(holders, *since), None),
        };
        let workloads = match phase {
            Phase::Over(holders, _) => holders.len(),
            Phase::Begun | Phase::Unfollowed => look.value.holders.len() + look.more,
        };
        let notice = words::notice(rotation, look, phase);
        let message = [Message::rotation(notice, rotation, u64::try_from(workloads).unwrap_or(u64::MAX))];
        let announced = self.announce_look(rotation, &found, &looked, without.as_ref(), &message).await;
        let line = (announced.is_ok() && self.delivery.announcer.announces())
            .then(|| (stream(rotation), message[0].detail().to_owned()));
        let done = announced.and_then(|done| match (without, next) {
            // What is in memory alone is delivered again, to be recorded.
            (Some(why), _) => Err(Problem::Unrecorded(why.to_string())),
            (None, Some(held)) => Err(held),
            (None, None) => Ok(done),
        });
        Looked { done, line }
    }

    /// What a look comes to by what is kept in the table, or, where it cannot be used in time, in memory.
    async fn record_look(
        &self,
        rotation: &Rotation,
        found: &Found,
    ) -> Result<((Conclusion, String), Option<Unreachable>), Unreachable> {
        let mut without = None;
        if let Some(table) = &self.delivery.table {
            let looked = self.within(RECORDING, table.looked(&rotation.of(), found, self.now)).await;
            match looked.and_then(|looked| looked) {
                Ok(looked) => return Ok((looked, None)),
                Err(why) => {
                    self.report(Trouble::WithoutTable(why.to_string()));
                    without = Some(why);
                }
            }
        }
        let looked = self.delivery.memory.looked(&rotation.of(), found, self.now).await?;
        Ok((looked, without))
    }

    /// Publishes it, and records that.
    async fn announce_look(
        &self,
        rotation: &Rotation,
        found: &Found,
        looked: &(Conclusion, String),
        without: Option<&Unreachable>,
        message: &[Message; 1],
    ) -> Result<Done, Problem> {
        let out = match &self.delivery.journal {
            // There is no other channel.
            Some(journal) if !self.delivery.announcer.announces() => {
                let (stream, lines) = (stream(rotation), [message[0].detail()]);
                Out::published(journal.append(&stream, &lines)).await?
            }
            _ => self.publish(message).await?,
        };
        let value = rotation.of();
        let note = async {
            match (&self.delivery.table, without) {
                (Some(table), None) => {
                    self.within(NOTING, table.rotation_announced(&value, found, looked, self.now)).await?
                }
                _ => self.delivery.memory.rotation_announced(&value, found, looked, self.now).await,
            }
        };
        let noted = self.note_out(out, message, note).await.map(|(done, ())| done);
        noted.inspect_err(|problem| self.report(Trouble::Unnoted(problem.to_string())))
    }
}

/// The journal's stream of a value.
fn stream(rotation: &Rotation) -> String {
    format!("rotation/{}", rotation.name.trim_start_matches('/'))
}
