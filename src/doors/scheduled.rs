//! A schedule: what the services of clusters start next is checked, and what would keep a next task from starting is
//! announced. No caller waits for the answer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{FAULT, Visit, Web};
use crate::arn::Arn;
use crate::check::{Cluster, Findings, NextTasks, Unseen};
use crate::delivery::guard::guarded;
use crate::delivery::ports::{Clock as _, World};
use crate::delivery::within::{Timely, within};
use crate::delivery::{self, Call, Forecasts, NO_LOGS, NextStart};
use crate::event::Forecast;
use crate::limits::{CLUSTER_QUESTIONS, CLUSTER_ROUNDS, ROTATION_AT_ONCE, SCHEDULED_ASKING};
use crate::question::Evidence;
use crate::triage::{Narrowed, Pace, ask_in_turns};
use crate::words::some_of;

/// The most services, and reasons why others were not looked at, that are named in the log.
const NAMED: usize = 10;

impl<W: World, N: Web + Sync> Visit<'_, W, N> {
    /// Checks each cluster that is set. An error has Lambda count it, and the event come again.
    pub(super) async fn schedule(&self, id: &str) -> Result<Value, delivery::Problem> {
        let until = self.call.begun + SCHEDULED_ASKING;
        // What comes again has one id, and another check another.
        let begun = self.call.begun.to_string();
        let id = if id.is_empty() { &begun } else { id };
        if self.doors.switches.clusters.is_empty() {
            self.note("schedule", "", "no cluster is set", "checked");
        }
        let mut problem = None;
        let mut said = Vec::new();
        for name in &self.doors.switches.clusters {
            let checked = guarded(self.cluster(name, id, until)).await;
            let (message, told) = checked.unwrap_or_else(|_| (FAULT.to_owned(), self.faulty(Ok(()))));
            self.note("schedule", name, &message, if told.is_ok() { "checked" } else { "not announced" });
            said.push(json!({"cluster": name, "message": message}));
            problem = problem.or(told.err());
        }
        problem.map_or(Ok(json!({"checked": said})), Err)
    }

    /// What came of a cluster, and whether all of it is announced.
    async fn cluster(
        &self,
        name: &str,
        id: &str,
        until: Timestamp,
    ) -> (String, Result<(), delivery::Problem>) {
        let region = self.doors.home.region.clone();
        let cluster = Cluster { region, name: name.to_owned(), services: Vec::new() };
        let evidence = self.ask_of(&cluster, until).await;
        let each = cluster.each(&evidence);
        let services = each.len();
        let mut failing = Vec::new();
        let mut forecasts = Forecasts::default();
        for NextTasks { service, starts } in each {
            let is_well = |found: &Findings| found.problems.is_empty() && found.unknown.is_empty();
            // An incomplete check does not prove that nothing is in the way.
            if let [(definition, _), ..] = &starts[..]
                && starts.iter().all(|(_, found)| found.as_ref().is_some_and(is_well))
            {
                forecasts.well.push(self.start(name, &service, definition, id));
            }
            for (definition, found) in starts {
                let problems = found.map(|found| found.problems).unwrap_or_default();
                let Some(first) = problems.first() else { continue };
                failing.push(format!("{service} ({})", first.diagnosis.cause.id));
                forecasts.failing.push((self.start(name, &service, &definition, id), problems));
            }
        }
        let unseen = cluster.unseen(&evidence);
        let message = message(services, &failing, &unseen);
        if services == 0 && !unseen.is_empty() {
            let why = format!("cluster {name}: {message}");
            return (message, Err(delivery::Problem::Unchecked(why)));
        }
        let call = Call { begun: self.doors.delivery.clock.now(), ..self.call };
        (message, self.doors.delivery.forecast(forecasts, &evidence, call).await)
    }

    /// All that AWS says of what the services start, as far as there is time: in turns, so that others find room for
    /// their calls.
    async fn ask_of(&self, cluster: &Cluster, until: Timestamp) -> Evidence {
        let delivery = &self.doors.delivery;
        let clock = &delivery.clock;
        let prober = Narrowed {
            prober: Timely { prober: &delivery.prober, clock, until },
            scope: delivery.rules.probing,
            logs: Some(NO_LOGS),
        };
        let pace = Pace { at_once: ROTATION_AT_ONCE, most: CLUSTER_QUESTIONS, rounds: CLUSTER_ROUNDS };
        let mut evidence = Evidence::default();
        let sleep =
            async |time: Duration| clock.sleep(SignedDuration::try_from(time).unwrap_or_default()).await;
        let next = |known: &Evidence| cluster.questions(known);
        let asking = ask_in_turns(&prober, pace, sleep, next, &mut evidence, |_| {});
        let left = until.duration_since(clock.now()).max(SignedDuration::ZERO);
        within(clock, left, asking).await;
        evidence
    }

    /// The next start of a service.
    fn start(&self, cluster: &str, service: &str, definition: &str, id: &str) -> NextStart {
        let name = Arn::parse(definition).and_then(|arn| arn.resource.strip_prefix("task-definition/"));
        let definition = name.unwrap_or(definition).to_owned();
        let [region, cluster, service] =
            [&self.doors.home.region, cluster, service].map(|text: &str| text.to_owned());
        NextStart {
            of: Forecast::NextTask,
            account: self.account.clone().unwrap_or_default(),
            region,
            cluster,
            service,
            id: format!("{id} {definition}"),
            definition: Some(definition),
        }
    }
}

/// What came of a cluster, in a line.
fn message(services: usize, failing: &[String], unseen: &[Unseen]) -> String {
    let mut parts = vec![format!("{services} services looked at")];
    if !failing.is_empty() {
        parts.push(format!("next tasks that would not start: {}", some(failing)));
    }
    let of = |Unseen { services, why }: &Unseen| match services.len() {
        0 => why.clone(),
        1 => format!("{}: {why}", services[0]),
        count => format!("{count} services: {why}"),
    };
    let not: Vec<String> = unseen.iter().map(of).collect();
    if !not.is_empty() {
        parts.push(format!("not looked at: {}", some(&not)));
    }
    parts.join("; ")
}

fn some(all: &[String]) -> String {
    some_of(all, NAMED, ", ")
}
