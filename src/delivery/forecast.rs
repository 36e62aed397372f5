//! What a check says of a service's tasks before they are started: an incident of its own, announced once, and over when
//! a later check finds nothing or a deployment completes. The caller has its answer already, so what cannot be
//! announced or recorded is not tried again.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::announcer::Message;
use super::batch::{End, about, workload};
use super::notices::Claimed;
use super::outcome::{Line, Outcome, stream};
use super::ports::World;
use super::settlement::Item;
use super::storms::StormResults;
use super::trouble::{Problem, Trouble};
use super::{Delivery, Sight, Visit};
use crate::check;
use crate::diagnosis::{Report, forecast};
use crate::event::{Forecast, Reason, Source, Task, Workload};
use crate::incident::ledger::{Next, Sighted};
use crate::incident::{About, Sighting, storm};
use crate::question::Evidence;
use crate::render::json::v1;
use crate::render::notice;

/// The next start of a service's tasks, as a check saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStart {
    /// Whether it is of a deployment.
    pub of: Forecast,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The cluster.
    pub cluster: String,
    /// The service.
    pub service: String,
    /// What makes it one and the same however often it is found: the revision that is deployed, or the check.
    pub id: String,
    /// Its task definition.
    pub definition: Option<String>,
}

/// What checks found of some starts.
#[derive(Debug, Default)]
pub struct Forecasts {
    /// Those that would fail, and why.
    pub failing: Vec<(NextStart, Vec<check::Problem>)>,
    /// Those to which nothing is in the way.
    pub well: Vec<NextStart>,
}

/// A deployment that waits for a person.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'w> {
    /// At which stage.
    pub stage: &'w str,
    /// What a check says of it.
    pub said: &'w str,
    /// The hook, for the commands that go on.
    pub hook: Option<&'w str>,
}

/// An invocation of the function at the doors.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// The ARN of the function.
    pub function: &'c str,
    /// When it began.
    pub begun: Timestamp,
}

/// A start that would fail.
struct Failing<'f> {
    item: Item,
    about: About,
    report: &'f Report<'f>,
    id: &'f str,
}

impl<W: World> Delivery<W> {
    /// Announces which starts would fail, once, and which would not, where an earlier check found the opposite.
    ///
    /// # Errors
    ///
    /// Why the first was not announced, or not kept.
    pub async fn forecast(
        &self,
        forecasts: Forecasts,
        evidence: &Evidence,
        call: Call<'_>,
    ) -> Result<(), Problem> {
        let Forecasts { failing, well } = forecasts;
        let visit = self.visit(call);
        let (starts, problems): (Vec<NextStart>, Vec<_>) = failing.into_iter().unzip();
        let tasks: Vec<Task> = starts.iter().map(|start| start.task(call.begun)).collect();
        let reports: Vec<Report<'_>> = tasks
            .iter()
            .zip(problems)
            .map(|(task, problems)| {
                forecast(task, problems.into_iter().map(|problem| (problem.symptom, problem.diagnosis)))
            })
            .collect();
        let mut kinds: BTreeMap<String, Vec<Failing<'_>>> = BTreeMap::new();
        for (entry, (report, start)) in reports.iter().zip(&starts).enumerate() {
            let failing =
                Failing { item: Item { entry, task: 0 }, about: about(report), report, id: &start.id };
            kinds.entry(storm::key(&failing.about)).or_default().push(failing);
        }
        let mut outcome = Outcome::default();
        for done in join_all(kinds.values().map(|kind| visit.forecasts(kind, evidence))).await {
            outcome.add(done);
        }
        if !well.is_empty() {
            let item = Item { entry: starts.len(), task: 0 };
            let workloads = well.iter().map(|start| workload(&start.task(call.begun))).collect();
            outcome.add(visit.ends(&[End { item, workloads, at: call.begun }]).await);
        }
        visit.write_down(&mut outcome).await;
        visit.count_troubles();
        outcome.problems.into_values().next().map_or(Ok(()), Err)
    }

    /// Announces that a deployment waits.
    ///
    /// # Errors
    ///
    /// Where it is not announced.
    pub async fn announce_pause(
        &self,
        start: &NextStart,
        waiting: Waiting<'_>,
        call: Call<'_>,
    ) -> Result<(), Problem> {
        let visit = self.visit(call);
        let notice = notice::waiting(&start.task(call.begun), waiting.stage, waiting.said, waiting.hook);
        let message = [Message::waiting(notice, &start.id)];
        let published = visit.publish(&message).await;
        if published.is_ok() {
            self.announcer.others(&message, &visit).await;
        }
        visit.count_troubles();
        published.map(|_| ())
    }

    /// Logs a problem that cannot be announced, and has CloudWatch count it.
    pub fn lost(&self, problem: Problem, call: Call<'_>) {
        let visit = self.visit(call);
        visit.report(Trouble::Lost(problem));
        visit.count_troubles();
    }

    fn visit<'d>(&'d self, call: Call<'d>) -> Visit<'d, W> {
        self.invoked(call.function, call.begun)
    }
}

impl NextStart {
    /// The task that it would start.
    fn task(&self, at: Timestamp) -> Task {
        Task {
            account: Some(self.account.clone()),
            region: Some(self.region.clone()),
            cluster: Some(self.cluster.clone()),
            workload: Some(Workload { is_service: true, name: self.service.clone() }),
            task_definition: self.definition.clone(),
            stopped_at: Some(at),
            reasons: vec![Reason { field: "deployment".to_owned(), container: None, text: String::new() }],
            source: Source::Forecast(self.of),
            ..Task::default()
        }
    }
}

impl<W: World> Visit<'_, W> {
    /// Announces starts that may be one storm: they are recorded together first.
    async fn forecasts(&self, kind: &[Failing<'_>], evidence: &Evidence) -> Outcome {
        let sighted: Vec<Sighted> = kind
            .iter()
            .map(|Failing { about, id, .. }| Sighted {
                about: about.clone(),
                sightings: vec![Sighting { id: (*id).to_owned(), at: self.now }],
            })
            .collect();
        let (sights, storms) = self.record(&sighted).await;
        let storms = &self.announce_storms(storms).await;
        let outcomes =
            kind.iter().zip(&sights).map(|(one, sight)| self.forecast(one, sight, storms, evidence));
        join_all(outcomes).await.into_iter().fold(Outcome::default(), |mut outcome, done| {
            outcome.add(done);
            outcome
        })
    }

    async fn forecast(
        &self,
        &Failing { item, ref about, report, .. }: &Failing<'_>,
        sight: &Sight,
        storms: &StormResults,
        evidence: &Evidence,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let (seen, without) = match sight {
            Sight::NotTracked => (None, None),
            Sight::Lost(why) => {
                outcome.fail([item], &Problem::Unrecorded(why.to_string()));
                return outcome;
            }
            Sight::Kept(seen) => (Some(seen), None),
            Sight::Remembered(seen, why) => (Some(seen), Some(why)),
        };
        let mut incident = seen.map(|seen| seen.incident.clone());
        if let Some((seen, kept)) = seen.zip(incident.as_mut()) {
            let announce =
                async |claimed: Claimed<'_>| self.announce(report, claimed, evidence, without).await;
            match self.advance(seen, kept, storms, without, announce).await {
                Ok(_) => {}
                // Another instance is about to announce it; a later check does if that fails.
                Err(Problem::ComeAgain) if seen.next == Next::ComeAgain => {}
                Err(problem) => {
                    outcome.fail([item], &problem);
                    incident = None;
                }
            }
        }
        outcome.lines.push(Line {
            item,
            stream: stream(about.cluster.as_deref(), about.workload.as_deref()),
            text: v1::line_of(report, incident.as_ref()),
            decides: false,
            answers: false,
            kept: true,
        });
        outcome
    }
}
