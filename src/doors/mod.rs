//! Doors: the check before a task runs, where AWS asks before it deploys.
//!
//! A request ([`request`]) names something to be checked ([`subject`]); the check asks AWS, within a time
//! (`look`); and the answer is what the door's service takes, in words of the length that it takes
//! ([`message`]). Each door has a file, which follows a request from end to end. ECS, CloudFormation and a
//! custom resource's author each decide what an answer stops, and only what is confirmed stops anything. A
//! fault of ecs-triage, a slow or refused question, a request that cannot be read: each allows the
//! deployment, and says so.
//!
//! Pure but for [`Doors`], which runs it over the ports of [`crate::delivery`] and one of its own ([`Web`]).

mod custom;
mod deployment;
mod hook;
mod look;
pub mod message;
mod pause;
pub mod presigned;
pub mod request;
mod scheduled;
pub mod subject;

use std::future::Future;

use serde_json::{Value, json};

use crate::arn::Arn;
use crate::causes::Verdict;
use crate::check::{Findings, Problem};
use crate::delivery::guard::{guarded, guarded_now};
use crate::delivery::ports::{Clock as _, Log as _, World};
use crate::delivery::{self, Call, Delivery};
use crate::redact::redact_name;
use crate::source::Found;
use crate::triage::Prober as _;
use crate::words::words;
use deployment::succeeded;
use presigned::{Home, Presigned};
use request::Request;

words! {
    /// What a door may do.
    Mode {
        /// Nothing is asked, and everything passes.
        Pass = "pass",
        /// What would fail is announced.
        Warn = "warn",
        /// What is confirmed to fail is stopped.
        Block = "block",
    }
}

impl Mode {
    /// The mode that a word names, in any case.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        Self::ALL.iter().copied().find(|mode| mode.as_str() == word).or((word == "off").then_some(Self::Pass))
    }
}

/// What each door may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    /// The lifecycle hook of ECS.
    pub deployment: Mode,
    /// The pause of a deployment: it is announced, and nothing is stopped.
    pub pause: Mode,
    /// The Lambda hook of CloudFormation.
    pub cloudformation: Mode,
    /// The custom resource.
    pub custom: Mode,
    /// The names of the clusters that are checked on a schedule.
    pub clusters: Vec<String>,
}

/// Why something was not looked at, where ecs-triage is to blame.
const FAULT: &str = "a fault of ecs-triage itself; its log says where";
const LATE: &str = "no answer before the deadline";

/// Presigned URLs, read and written. Nothing is followed elsewhere.
pub trait Web {
    /// What is there.
    ///
    /// # Errors
    ///
    /// In words that are safe to print, when there is no answer or one that is too large.
    fn get(&self, url: Presigned<'_>) -> impl Future<Output = Result<Vec<u8>, String>> + Send;

    /// Puts a document there.
    ///
    /// # Errors
    ///
    /// Likewise.
    fn put(&self, url: Presigned<'_>, body: &str) -> impl Future<Output = Result<(), String>> + Send;
}

/// What was checked, and what came of it.
#[derive(Debug)]
pub struct Checked {
    /// What people call it.
    pub name: String,
    /// The definition, and where its template writes what.
    pub found: Found,
    /// What came of it.
    pub findings: Findings,
}

/// What came of a request.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was checked.
    pub checked: Vec<Checked>,
    /// What was not, and why.
    pub skipped: Vec<(String, String)>,
    /// A definition that is not there.
    pub absent: bool,
    /// Whether another try may learn what this one could not.
    pub is_passing: bool,
    /// Whether it is part of a stack that may be making what is not there.
    pub is_stack: bool,
}

impl Outcome {
    /// What was not looked at as a whole.
    #[must_use]
    pub fn unchecked(name: &str, why: &str) -> Self {
        Self { skipped: vec![(name.to_owned(), why.to_owned())], ..Self::default() }
    }

    /// What would fail, of all that was checked.
    pub fn problems(&self) -> impl Iterator<Item = (&Checked, &Problem)> {
        self.checked
            .iter()
            .flat_map(|checked| checked.findings.problems.iter().map(move |problem| (checked, problem)))
    }

    /// What is confirmed of it.
    pub fn confirmed(&self) -> impl Iterator<Item = &Problem> {
        self.problems()
            .map(|(_, problem)| problem)
            .filter(|problem| problem.diagnosis.verdict == Verdict::Confirmed)
    }

    /// Whether a problem may stop something: it is confirmed, and nothing that is under way can make an end
    /// of it.
    #[must_use]
    pub fn blocks(&self, problem: &Problem) -> bool {
        problem.diagnosis.verdict == Verdict::Confirmed && !(self.is_stack && problem.may_be_made_yet())
    }

    fn stops(&self, mode: Mode) -> bool {
        mode == Mode::Block && self.problems().any(|(_, problem)| self.blocks(problem))
    }
}

/// The doors of one instance of the function.
#[derive(Debug)]
pub struct Doors<W: World, N> {
    delivery: Delivery<W>,
    web: N,
    switches: Switches,
    home: Home,
}

impl<W: World, N: Web + Sync> Doors<W, N> {
    /// Doors that answer over the ports of `delivery`, in a Region.
    pub const fn new(delivery: Delivery<W>, web: N, switches: Switches, home: Home) -> Self {
        Self { delivery, web, switches, home }
    }

    /// Answers one request to the function with this ARN.
    ///
    /// # Errors
    ///
    /// Where a custom resource's answer, or the notice of a deployment that waits, did not get out: those
    /// come again.
    pub async fn answer(&self, payload: &str, function: &str) -> Result<Value, delivery::Problem> {
        let account = Arn::parse(function).map(|arn| arn.account.to_owned());
        // What was wrong at the last request may be why this one comes: somebody has put it right.
        self.delivery.prober.renew();
        let visit = Visit { doors: self, call: Call { function, begun: self.delivery.clock.now() }, account };
        match guarded_now(|| Request::read(payload))
            .unwrap_or_else(|_| Request::Other("what nobody can read".to_owned()))
        {
            Request::Deployment(deployment) => {
                let answer = guarded(visit.deployment(&deployment)).await;
                Ok(answer.unwrap_or_else(|_| visit.faulty(succeeded())))
            }
            Request::Pause(pause) => {
                let told = guarded(visit.pause(&pause)).await;
                told.unwrap_or_else(|_| visit.faulty(Err(delivery::Problem::Faulty)))
            }
            Request::Hook(hook) => {
                let answer = guarded(visit.hook(&hook)).await;
                Ok(answer.unwrap_or_else(|_| visit.faulty(hook.passed(FAULT))))
            }
            Request::Custom(custom) => visit.custom(&custom).await,
            Request::Schedule(id) => visit.schedule(&id).await,
            Request::Other(found) => {
                // If it is ECS with a form of tomorrow, an error would roll its deployment back.
                let expected = format!(
                    "expected a lifecycle hook of ECS, a Lambda hook of CloudFormation, a custom resource or a schedule; found {found}"
                );
                visit.note("unknown", "", &expected, "SUCCEEDED");
                Ok(json!({"hookStatus": "SUCCEEDED", "message": expected}))
            }
        }
    }
}

/// One request.
struct Visit<'d, W: World, N> {
    doors: &'d Doors<W, N>,
    call: Call<'d>,
    /// The function's account.
    account: Option<String>,
}

impl<W: World, N: Web + Sync> Visit<'_, W, N> {
    /// What there is instead of what a fault of ecs-triage kept from being; the fault rings an alarm.
    fn faulty<T>(&self, instead: T) -> T {
        let _ = guarded_now(|| self.doors.delivery.lost(delivery::Problem::Faulty, self.call));
        instead
    }

    /// Writes down what came of a request.
    fn note(&self, door: &str, of: &str, message: &str, answer: &str) {
        let of = redact_name(of);
        self.doors.delivery.log.line(&json!({"schema": "ecs-triage/door/v1", "door": door, "of": of, "answer": answer, "message": message}).to_string());
    }
}
