//! What a check says of a deployment before a task of it is started: an incident of the service's
//! deployments, told once, and over when a deployment passes or completes. Whoever asked has an answer
//! already; what cannot be told or kept is nobody's second try.

use jiff::Timestamp;

use super::announcer::Message;
use super::batch::{End, about, workload};
use super::notices::Claimed;
use super::outcome::{Line, Outcome, stream};
use super::ports::World;
use super::settlement::Item;
use super::trouble::{Problem, Trouble};
use super::{Delivery, Sight, Visit};
use crate::check;
use crate::diagnosis::{Report, foretold};
use crate::event::{Reason, Source, Task, Workload};
use crate::incident::ledger::{Next, Sighted};
use crate::incident::{Due, Sighting};
use crate::question::Evidence;
use crate::render::json::v1;
use crate::render::notice;

/// A deployment of a service that was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foretold {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The cluster.
    pub cluster: String,
    /// The service.
    pub service: String,
    /// What it was about to start: what makes a deployment one and the same.
    pub revision: String,
    /// Its task definition.
    pub definition: Option<String>,
    /// Whether the deployment was stopped.
    pub blocked: bool,
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

/// All of an invocation that there is.
const ITEM: Item = Item { entry: 0, task: 0 };

impl<W: World> Delivery<W> {
    /// Tells that the tasks of a deployment would fail, unless that was told.
    ///
    /// # Errors
    ///
    /// Where it is not announced, or not kept.
    pub async fn foretell(
        &self,
        deployment: &Foretold,
        problems: Vec<check::Problem>,
        evidence: &Evidence,
        call: Call<'_>,
    ) -> Result<(), Problem> {
        let task = deployment.task(call.begun);
        let report = foretold(
            &task,
            problems.into_iter().map(|problem| (problem.symptom, problem.diagnosis)).collect(),
        );
        let visit = self.visit(call);
        let told = visit.foretell(&report, &deployment.revision, evidence).await;
        visit.count_troubles();
        told
    }

    /// Tells that a deployment passes, where the one before did not.
    ///
    /// # Errors
    ///
    /// Where it is not announced, or not kept.
    pub async fn passes(&self, deployment: &Foretold, call: Call<'_>) -> Result<(), Problem> {
        let visit = self.visit(call);
        let end = End { item: ITEM, workloads: vec![workload(&deployment.task(call.begun))], at: call.begun };
        let mut outcome = visit.ends(&[end]).await;
        visit.write_down(&mut outcome).await;
        visit.count_troubles();
        outcome.problems.remove(&ITEM.entry).map_or(Ok(()), Err)
    }

    /// Tells that a deployment waits.
    ///
    /// # Errors
    ///
    /// Where it is not announced.
    pub async fn tell_of_pause(
        &self,
        deployment: &Foretold,
        waiting: Waiting<'_>,
        call: Call<'_>,
    ) -> Result<(), Problem> {
        let visit = self.visit(call);
        let notice = notice::waiting(&deployment.task(call.begun), waiting.stage, waiting.said, waiting.hook);
        let message = [Message::waiting(notice, &deployment.revision)];
        let told = visit.publish(&message).await;
        if told.is_ok() {
            self.announcer.others(&message, &visit).await;
        }
        visit.count_troubles();
        told.map(|_| ())
    }

    /// Writes down what went wrong and nobody can be told of, and has CloudWatch count it.
    pub fn lost(&self, problem: Problem, call: Call<'_>) {
        let visit = self.visit(call);
        visit.report(Trouble::Lost(problem));
        visit.count_troubles();
    }

    fn visit<'d>(&'d self, call: Call<'d>) -> Visit<'d, W> {
        self.invoked(call.function, call.begun)
    }
}

impl Foretold {
    /// The task that it would have started.
    fn task(&self, at: Timestamp) -> Task {
        Task {
            account: Some(self.account.clone()),
            region: Some(self.region.clone()),
            cluster: Some(self.cluster.clone()),
            workload: Some(Workload { is_service: true, name: self.service.clone() }),
            task_definition: self.definition.clone(),
            stopped_at: Some(at),
            reasons: vec![Reason { field: "deployment".to_owned(), container: None, text: String::new() }],
            source: Source::Forecast { blocked: self.blocked },
            ..Task::default()
        }
    }
}

impl<W: World> Visit<'_, W> {
    async fn foretell(
        &self,
        report: &Report<'_>,
        revision: &str,
        evidence: &Evidence,
    ) -> Result<(), Problem> {
        let about = about(report);
        let stream = stream(about.cluster.as_deref(), about.workload.as_deref());
        let sighted = Sighted { about, sightings: vec![Sighting { id: revision.to_owned(), at: self.now }] };
        let (sights, storms) = self.record(&[sighted]).await;
        let storms = self.tell_storms(storms).await;
        let (seen, without) = match sights.into_iter().next() {
            None | Some(Sight::NotTracked) => (None, None),
            Some(Sight::Lost(why)) => return Err(Problem::Unrecorded(why.to_string())),
            Some(Sight::Kept(seen)) => (Some(seen), None),
            Some(Sight::Remembered(seen, why)) => (Some(seen), Some(why)),
        };
        let told = match seen {
            None => Ok(None),
            Some(seen) => {
                let (next, mut incident, culprit) = (seen.next, seen.incident, seen.culprit);
                let done = match next {
                    Next::Nothing | Next::ComeAgain => Ok(()),
                    Next::Announce(Due::Resolved) => {
                        self.announce_end(&incident, without.as_ref()).await.map(drop)
                    }
                    Next::Announce(due) => {
                        let claimed = Claimed { incident: &mut incident, due, culprit: &culprit };
                        self.announce(report, claimed, evidence, without.as_ref()).await.map(drop)
                    }
                    Next::WithStorm => match storms.of(&incident) {
                        Ok(()) => self.note_told(&incident, without.as_ref()).await.map(drop),
                        Err(problem) => Err(problem),
                    },
                    Next::ToldByStorm => self.note_told(&incident, without.as_ref()).await.map(drop),
                };
                done.map(|()| Some(incident))
            }
        };
        let (incident, problem) = match told {
            Ok(incident) => (incident, None),
            Err(problem) => (None, Some(problem)),
        };
        let text = v1::line_of(report, incident.as_ref());
        let mut outcome = Outcome {
            lines: vec![Line { item: ITEM, stream, text, decides: false, answers: false, kept: true }],
            ..Outcome::default()
        };
        self.write_down(&mut outcome).await;
        problem.map_or(Ok(()), Err)
    }
}
