//! A deployment of ECS that waits for a person: what is about to start is checked, and the result announced.

use serde_json::{Value, json};

use super::deployment::of_service;
use super::message::{self, LONGEST_NOTE};
use super::request::Pause;
use super::subject::Subject;
use super::{Mode, Visit, Web};
use crate::delivery::ports::World;
use crate::delivery::{self, Waiting};
use crate::redact::redact_name;

impl<W: World, N: Web + Sync> Visit<'_, W, N> {
    pub(super) async fn pause(&self, pause: &Pause) -> Result<Value, delivery::Problem> {
        let service = pause.service.as_ref().map(|service| service.name.clone()).unwrap_or_default();
        if self.doors.switches.pause == Mode::Pass || pause.event != "HOOK_AWAITING_ACTION" {
            return Ok(json!({"told": false}));
        }
        let Some(subject) = Subject::of_pause(pause) else {
            self.note("pause-hook", &service, "the event names no service", "not announced");
            return Ok(json!({"told": false}));
        };
        let (outcome, _) = self.check(&service, vec![subject], false).await;
        let message = message::message(&outcome, LONGEST_NOTE);
        self.note("pause-hook", &service, &message, "told");
        let Some(service) = &pause.service else { return Ok(json!({"told": false})) };
        let hook = pause.hook.as_deref();
        let deployment = of_service(service, hook.unwrap_or_default());
        let stage = redact_name(&pause.stage);
        self.doors
            .delivery
            .announce_pause(&deployment, Waiting { stage: &stage, said: &message, hook }, self.call)
            .await?;
        Ok(json!({"told": true}))
    }
}
