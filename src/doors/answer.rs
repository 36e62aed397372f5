//! The answer of each door, as its service takes it. Only what is confirmed stops anything, and no doubt or
//! fault of ecs-triage ever does.

use serde_json::{Map, Value, json};

use super::message::{annotations, cut, message, not_checked};
use super::request::{Custom, Deployment, Hook, member, number, text};
use super::{Mode, Outcome};
use crate::causes::Verdict;
use crate::limits::{DEPLOYMENT_TRIES, HOOK_TRIES, TRY_AGAIN};

/// CloudFormation cuts a message after so many characters.
const LONGEST_MESSAGE: usize = 4_096;
/// Cloud Control does so sooner.
const LONGEST_OF_CLOUD_CONTROL: usize = 1_024;
/// A custom resource's answer has no more bytes.
pub const LONGEST_RESPONSE: usize = 4_096;
/// A `PhysicalResourceId` has no more.
const LONGEST_ID: usize = 1_024;
/// The key of a lifecycle hook's `hookDetails` that says what it may do.
const SWITCH: &str = "ecsTriage";
/// The one under which it counts how often it was called again.
const TRY: &str = "ecsTriageTry";

/// The stages at which a check comes before any task: later ones are too late to ask.
pub(super) const EARLY: [&str; 2] = ["RECONCILE_SERVICE", "PRE_SCALE_UP"];

impl Deployment {
    /// What the hook may do: what it is configured with counts, then what the door is set to. A door that
    /// lets everything pass does so.
    #[must_use]
    pub fn mode(&self, set: Mode) -> Mode {
        let own = text(&self.details, SWITCH).and_then(Mode::read);
        if set == Mode::Pass { Mode::Pass } else { own.unwrap_or(set) }
    }

    /// The answer to ECS, which has no place for words.
    #[must_use]
    pub fn answer(&self, outcome: &Outcome, mode: Mode) -> Value {
        // What somebody else wrote under our key is no count of ours: it is the last try.
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

    /// The answer that lets it pass.
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

/// What makes a custom resource fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// Nothing.
    Never,
    /// What is confirmed.
    Confirmed,
    /// Also what is likely.
    Likely,
}

impl Custom {
    /// What makes it fail: what its author says, else what the door is set to.
    #[must_use]
    pub fn fail_on(&self, set: Mode) -> FailOn {
        match (set, text(&self.properties, "FailOn").map(str::to_ascii_lowercase).as_deref()) {
            (Mode::Pass, _) | (_, Some("never" | "none")) => FailOn::Never,
            (_, Some("likely")) => FailOn::Likely,
            (_, Some("confirmed")) | (Mode::Block, _) => FailOn::Confirmed,
            (Mode::Warn, _) => FailOn::Never,
        }
    }

    /// The answer to CloudFormation, to be put at its URL.
    #[must_use]
    pub fn answer(&self, outcome: &Outcome, fail_on: FailOn) -> String {
        let fails = match fail_on {
            FailOn::Never => false,
            FailOn::Confirmed => outcome.confirmed().next().is_some(),
            FailOn::Likely => {
                outcome.problems().any(|(_, problem)| problem.diagnosis.verdict <= Verdict::Likely)
            }
        };
        let count = |count: usize| json!(count.to_string());
        let mut data = Map::new();
        data.insert("Problems".to_owned(), count(outcome.problems().count()));
        data.insert("Confirmed".to_owned(), count(outcome.confirmed().count()));
        data.insert(
            "References".to_owned(),
            count(outcome.checked.iter().map(|checked| checked.findings.references).sum()),
        );
        data.insert("NotChecked".to_owned(), count(not_checked(outcome)));
        self.response(fails, |room| message(outcome, room), &data)
    }

    /// The answer that fails, or passes, with a reason and no check.
    #[must_use]
    pub fn unchecked(&self, fails: bool, why: &str) -> String {
        self.response(fails, |room| cut(&format!("ecs-triage: {why}"), room), &Map::new())
    }

    /// The answer with a reason as long as it finds room.
    fn response(&self, fails: bool, reason: impl Fn(usize) -> String, data: &Map<String, Value>) -> String {
        let [stack, request, logical] = &self.ids;
        let new = || format!("ecs-triage-check-{}", if request.is_empty() { "unknown" } else { request });
        let physical = self.physical_id.clone().unwrap_or_else(new);
        let physical = &physical[..physical.floor_char_boundary(LONGEST_ID)];
        let written = |reason: &str, data: &Map<String, Value>| {
            let mut answer = json!({
                "Status": if fails { "FAILED" } else { "SUCCESS" }, "Reason": reason, "PhysicalResourceId": physical,
                "StackId": stack, "RequestId": request, "LogicalResourceId": logical,
            });
            if !data.is_empty() {
                answer["Data"] = Value::Object(data.clone());
            }
            answer.to_string()
        };
        let mut room = LONGEST_RESPONSE.saturating_sub(written("", data).len());
        loop {
            let whole = written(&reason(room), data);
            if whole.len() <= LONGEST_RESPONSE {
                return whole;
            }
            if room == 0 {
                return written("ecs-triage", &Map::new());
            }
            // Escapes take room of their own.
            room = room.saturating_sub(whole.len() - LONGEST_RESPONSE);
        }
    }
}
