//! Recovered workloads: ends their incidents and announces it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::Visit;
use super::announcer;
use super::batch::End;
use super::guard::{Panicked, guarded};
use super::outcome::{Line, Outcome, stream};
use super::ports::World;
use super::settlement::Done;
use super::storms::{StormResults, Storms};
use super::trouble::{Problem, Trouble};
use crate::incident::About;
use crate::incident::ledger::{Next, Over};
use crate::incident::store::Unreachable;
use crate::limits::RECORDING;

impl<W: World> Visit<'_, W> {
    /// Ends the incidents of workloads that recovered, and says so.
    pub(super) async fn ends(&self, ends: &[End]) -> Outcome {
        let mut outcome = Outcome::default();
        let items = || ends.iter().map(|end| end.item);
        if ends.is_empty() || !self.delivery.announcer.announces() {
            outcome.settle(items(), Ok(Done::NOT_A_FAILURE));
            return outcome;
        }
        let wells: Vec<(About, Timestamp)> = ends
            .iter()
            .flat_map(|end| end.workloads.iter().map(|workload| (workload.clone(), end.at)))
            .collect();
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
        let storms = if self.delivery.table.is_some() {
            Storms { table: ended.storms, memory: Vec::new() }
        } else {
            Storms { table: Vec::new(), memory: ended.storms }
        };
        let storms = &self.announce_storms(storms).await;
        let mut workloads = ended.workloads.into_iter();
        let of_each: Vec<Result<Over, Unreachable>> =
            ends.iter().map(|end| together(workloads.by_ref().take(end.workloads.len()))).collect();
        let over = join_all(ends.iter().zip(of_each).map(async |(end, over)| {
            let faulty = |Panicked| Outcome {
                problems: BTreeMap::from([(end.item.entry, Problem::Faulty)]),
                ..Outcome::default()
            };
            guarded(self.over(end, over, storms)).await.unwrap_or_else(faulty)
        }));
        over.await.into_iter().for_each(|over| outcome.add(over));
        outcome
    }

    /// Says what is over of a workload.
    async fn over(&self, end: &End, over: Result<Over, Unreachable>, storms: &StormResults) -> Outcome {
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
        for (incident, next) in &over.ours {
            let noted = match next {
                Next::WithStorm => match storms.of(incident) {
                    Ok(()) => self.note_announced_by_storm(incident, None).await,
                    Err(problem) => Err(problem),
                },
                Next::AnnouncedByStorm => self.note_announced_by_storm(incident, None).await,
                Next::Announce(_) => self.announce_end(incident, None).await,
                Next::Nothing | Next::ComeAgain => Done::recorded(*next),
            };
            if noted.is_ok() {
                let stream = stream(incident.about.cluster.as_deref(), incident.about.workload.as_deref());
                outcome.lines.push(Line {
                    item: end.item,
                    stream,
                    text: announcer::ended(incident),
                    decides: false,
                    answers: false,
                    kept: true,
                });
            }
            done = done.and(noted);
        }
        outcome.settle([end.item], done);
        outcome
    }
}

/// What is over of the workloads of one end.
fn together(workloads: impl Iterator<Item = Result<Over, Unreachable>>) -> Result<Over, Unreachable> {
    // Each has its turn: the next belongs to another end.
    let overs: Vec<Result<Over, Unreachable>> = workloads.collect();
    overs.into_iter().try_fold(Over::default(), |mut all, over| {
        let over = over?;
        all.ours.extend(over.ours);
        all.come_again |= over.come_again;
        Ok(all)
    })
}
