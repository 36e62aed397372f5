//! The lifecycle hook of a deployment of ECS: the service's revision is checked before its tasks are started.

use serde_json::{Value, json};

use super::message::{self, LONGEST_NOTE};
use super::request::{Deployment, Service, member, number, text};
use super::subject::Subject;
use super::{Mode, Outcome, Visit, Web};
use crate::delivery::guard::{guarded, guarded_now};
use crate::delivery::ports::World;
use crate::delivery::{self, Forecasts, NextStart};
use crate::event::Forecast;
use crate::limits::{DEPLOYMENT_TRIES, TRY_AGAIN};
use crate::question::Evidence;

/// The key of a lifecycle hook's `hookDetails` that says what it may do.
const SWITCH: &str = "ecsTriage";
/// The one under which it counts how often it was called again.
const TRY: &str = "ecsTriageTry";

/// The stages at which a check comes before any task: later ones are too late to ask.
const EARLY: [&str; 2] = ["RECONCILE_SERVICE", "PRE_SCALE_UP"];

impl Deployment {
    /// What the hook may do: what it is configured with counts, then what the door is set to. A door that
    /// allows everything does so.
    #[must_use]
    pub fn mode(&self, set: Mode) -> Mode {
        let own = text(&self.details, SWITCH).and_then(Mode::read);
        if set == Mode::Pass { Mode::Pass } else { own.unwrap_or(set) }
    }

    /// The answer to ECS, which has no place for words.
    #[must_use]
    pub fn answer(&self, outcome: &Outcome, mode: Mode) -> Value {
        // We write only numbers under our key, so another value is from elsewhere: this is the last try.
        let tries = member(&self.details, TRY).map_or(0, |tries| number(tries).unwrap_or(u64::MAX));
        if outcome.stops(mode) {
            return json!({"hookStatus": "FAILED"});
        }
        if mode == Mode::Block && outcome.is_passing && tries < DEPLOYMENT_TRIES {
            return json!({"hookStatus": "IN_PROGRESS", "callBackDelay": TRY_AGAIN.as_secs(), "hookDetails": {TRY: tries + 1}});
        }
        succeeded()
    }
}

/// The deployment goes on.
pub(super) fn succeeded() -> Value {
    json!({"hookStatus": "SUCCEEDED"})
}

impl<W: World, N: Web + Sync> Visit<'_, W, N> {
    pub(super) async fn deployment(&self, deployment: &Deployment) -> Value {
        let mode = deployment.mode(self.doors.switches.deployment);
        let service = deployment.service.as_ref().map(|service| service.name.clone()).unwrap_or_default();
        if mode == Mode::Pass || !EARLY.contains(&deployment.stage.as_str()) {
            let why = if mode == Mode::Pass {
                "the door allows everything".to_owned()
            } else {
                "only a hook at PRE_SCALE_UP is early enough to check".to_owned()
            };
            self.note("deployment-hook", &service, &why, "SUCCEEDED");
            return succeeded();
        }
        let subject =
            Subject::of_deployment(deployment).ok_or("the request names no service and revision of it");
        let (outcome, evidence) = match subject {
            Ok(subject) => self.check(&service, vec![subject], false).await,
            Err(why) => (Outcome::unchecked("the deployment", why), Evidence::default()),
        };
        let answer =
            guarded_now(|| deployment.answer(&outcome, mode)).unwrap_or_else(|_| self.faulty(succeeded()));
        let status = answer["hookStatus"].as_str().unwrap_or_default();
        self.note("deployment-hook", &service, &message::message(&outcome, LONGEST_NOTE), status);
        if status != "IN_PROGRESS" {
            self.announce(deployment, outcome, &evidence, status == "FAILED").await;
        }
        answer
    }

    /// Notifies the service's team of what ECS has no place for. The answer does not depend on it.
    async fn announce(&self, deployment: &Deployment, outcome: Outcome, evidence: &Evidence, blocked: bool) {
        let (Some(service), Some(revision)) = (&deployment.service, &deployment.revision) else { return };
        let Some(checked) = outcome.checked.into_iter().next() else { return };
        let of = if blocked { Forecast::BlockedDeployment } else { Forecast::Deployment };
        let start =
            NextStart { definition: checked.found.definition.name(), of, ..of_service(service, revision) };
        let problems = checked.findings.problems;
        let forecasts = match (problems.is_empty(), outcome.is_passing) {
            (false, _) => Forecasts { failing: vec![(start, problems)], ..Forecasts::default() },
            (true, false) => Forecasts { well: vec![start], ..Forecasts::default() },
            // An incomplete check does not prove that it passes.
            (true, true) => return,
        };
        let told = guarded(self.doors.delivery.forecast(forecasts, evidence, self.call));
        if let Ok(Err(problem)) | Err(problem) = told.await.map_err(|_| delivery::Problem::Faulty) {
            self.doors.delivery.lost(problem, self.call);
        }
    }
}

/// A deployment of a service.
pub(super) fn of_service(service: &Service, revision: &str) -> NextStart {
    let [account, region, cluster, service] =
        [&service.account, &service.region, &service.cluster, &service.name].map(Clone::clone);
    let (of, id) = (Forecast::Deployment, revision.to_owned());
    NextStart { of, account, region, cluster, service, id, definition: None }
}
