//! The custom resource: what its author names is checked while a stack waits for the answer at a URL.

use serde_json::{Map, Value, json};

use super::message::{self, LONGEST_NOTE, cut, message, not_checked};
use super::presigned::Presigned;
use super::request::{Custom, text};
use super::subject::Subject;
use super::{FAULT, LATE, Mode, Outcome, Visit, Web};
use crate::causes::Verdict;
use crate::delivery;
use crate::delivery::guard::guarded;
use crate::delivery::ports::World;
use crate::delivery::within::within;
use crate::limits::DOOR_ANSWERS;
use crate::redact::redact_name;

/// A custom resource's answer has no more bytes.
const LONGEST_RESPONSE: usize = 4_096;
/// A `PhysicalResourceId` has no more.
const LONGEST_ID: usize = 1_024;

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

impl<W: World, N: Web + Sync> Visit<'_, W, N> {
    pub(super) async fn custom(&self, custom: &Custom) -> Result<Value, delivery::Problem> {
        let body = guarded(self.response(custom))
            .await
            .unwrap_or_else(|_| self.faulty(custom.unchecked(false, FAULT)));
        let url = custom
            .response_url
            .as_deref()
            .ok_or("is missing")
            .and_then(|url| Presigned::read(url, &self.doors.home));
        let url = match url {
            Ok(url) => url,
            Err(why) => {
                // Without its URL there is no way to answer, now or later.
                self.note(
                    "custom-resource",
                    &custom.ids[2],
                    &format!("its ResponseURL {why}"),
                    "not answered",
                );
                return Ok(json!({"answered": false}));
            }
        };
        let mut why = String::new();
        for _ in 0..2 {
            match within(&self.doors.delivery.clock, DOOR_ANSWERS, guarded(self.doors.web.put(url, &body)))
                .await
            {
                Some(Ok(Ok(()))) => return Ok(json!({"answered": true})),
                Some(Ok(Err(error))) => why = error,
                Some(Err(_)) => self.faulty(FAULT).clone_into(&mut why),
                None => LATE.clone_into(&mut why),
            }
        }
        // CloudFormation waits for it: Lambda calls again.
        Err(delivery::Problem::Unannounced(format!(
            "CloudFormation did not take the answer of a custom resource: {why}"
        )))
    }

    async fn response(&self, custom: &Custom) -> String {
        let set = self.doors.switches.custom;
        let name = redact_name(&custom.ids[2]).into_owned();
        let unasked = match custom.change.as_str() {
            "Delete" => Some("nothing to delete"),
            "Create" | "Update" => (set == Mode::Pass).then_some("the door allows everything"),
            _ => Some("the request is neither Create nor Update"),
        };
        if let Some(why) = unasked {
            self.note("custom-resource", &name, why, "answered");
            return custom.unchecked(false, why);
        }
        let fail_on = custom.fail_on(set);
        let outcome = match Subject::of_custom(custom, self.account.as_deref(), &self.doors.home.region) {
            Ok(subject) => self.check(&name, vec![subject], false).await.0,
            Err(why) => {
                self.note("custom-resource", &name, &why, "answered");
                return custom.unchecked(fail_on != FailOn::Never, &why);
            }
        };
        self.note("custom-resource", &name, &message::message(&outcome, LONGEST_NOTE), "answered");
        match outcome.skipped.first().filter(|_| outcome.absent && fail_on != FailOn::Never) {
            Some((name, why)) => custom.unchecked(true, &format!("{name}: {why}")),
            None => custom.answer(&outcome, fail_on),
        }
    }
}
