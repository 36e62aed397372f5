//! The Lambda hook of CloudFormation: properties, a template or a change set are checked before anything is
//! made of them.

use serde_json::{Value, json};

use super::message::{annotations, cut, message};
use super::presigned::Presigned;
use super::request::{Hook, Target};
use super::subject::{self, Stack, Subject};
use super::{FAULT, LATE, Mode, Outcome, Visit, Web};
use crate::delivery::guard::{guarded, guarded_now};
use crate::delivery::ports::World;
use crate::delivery::within::within;
use crate::limits::{DOOR_ANSWERS, HOOK_TRIES};
use crate::redact::redact_name;

/// CloudFormation cuts a message after so many characters.
const LONGEST_MESSAGE: usize = 4_096;
/// Cloud Control does so sooner.
const LONGEST_OF_CLOUD_CONTROL: usize = 1_024;

impl Hook {
    /// The answer to CloudFormation. Whether a failure stops the stack or only warns is for the hook's
    /// `FailureMode` to say.
    #[must_use]
    pub fn answer(&self, outcome: &Outcome, mode: Mode) -> Value {
        let longest = if self.is_cloud_control { LONGEST_OF_CLOUD_CONTROL } else { LONGEST_MESSAGE };
        let fails = outcome.problems().any(|(_, problem)| outcome.blocks(problem));
        let again = mode == Mode::Block && outcome.is_passing && !fails && self.invocation < HOOK_TRIES;
        let status = if fails {
            "FAILED"
        } else if again {
            "IN_PROGRESS"
        } else {
            "SUCCESS"
        };
        let mut answer = self.plain(status, &message(outcome, longest));
        if fails {
            answer["errorCode"] = json!("NonCompliant");
        }
        if again {
            answer["callbackDelaySeconds"] = json!(HOOK_DELAY);
        }
        let annotations = annotations(outcome);
        if !annotations.is_empty() && !again {
            answer["annotations"] = Value::Array(annotations);
        }
        answer
    }

    /// The answer that allows it.
    #[must_use]
    pub fn passed(&self, why: &str) -> Value {
        self.plain("SUCCESS", &cut(&format!("ecs-triage: {why}"), LONGEST_OF_CLOUD_CONTROL))
    }

    fn plain(&self, status: &str, message: &str) -> Value {
        let token = self.token.as_deref().unwrap_or_default();
        json!({"hookStatus": status, "message": message, "clientRequestToken": token, "callbackContext": null, "callbackDelaySeconds": 0})
    }
}

/// Seconds after which CloudFormation calls a hook again: it waits three times at most.
const HOOK_DELAY: u64 = 5;

impl<W: World, N: Web + Sync> Visit<'_, W, N> {
    pub(super) async fn hook(&self, hook: &Hook) -> Value {
        let mode = self.doors.switches.cloudformation;
        let of = match &hook.target {
            Target::Resource(resource) => redact_name(&resource.name).into_owned(),
            Target::Document(_) => "the stack".to_owned(),
            Target::Nothing => String::new(),
        };
        if mode == Mode::Pass || hook.target == Target::Nothing {
            let why =
                if mode == Mode::Pass { "the door allows everything" } else { "nothing of ECS to check" };
            self.note("cloudformation-hook", &of, why, "SUCCESS");
            return hook.passed(why);
        }
        let stack = Stack {
            account: hook.account.as_deref().or(self.account.as_deref()),
            region: &self.doors.home.region,
            arn: hook.stack.as_deref(),
        };
        let subjects = match &hook.target {
            Target::Resource(resource) => Ok(Subject::of_resource(resource, &stack).into_iter().collect()),
            Target::Document(url) => {
                self.fetched(url).await.and_then(|document| subject::of_document(&document, &stack))
            }
            Target::Nothing => Ok(Vec::new()),
        };
        let outcome = match subjects {
            Ok(subjects) => self.check(&of, subjects, true).await.0,
            Err(why) => Outcome { is_stack: true, ..Outcome::unchecked(&of, &why) },
        };
        let answer =
            guarded_now(|| hook.answer(&outcome, mode)).unwrap_or_else(|_| self.faulty(hook.passed(FAULT)));
        let text = |name: &str| answer[name].as_str().unwrap_or_default();
        self.note("cloudformation-hook", &of, text("message"), text("hookStatus"));
        answer
    }

    async fn fetched(&self, url: &str) -> Result<Vec<u8>, String> {
        let url = Presigned::read(url, &self.doors.home).map_err(|why| format!("its URL {why}"))?;
        let getting = guarded(self.doors.web.get(url));
        within(&self.doors.delivery.clock, DOOR_ANSWERS, getting)
            .await
            .ok_or(LATE)?
            .map_err(|_| self.faulty(FAULT))?
    }
}
