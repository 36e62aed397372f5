//! Doors: the check before a task runs, where AWS asks before it deploys.
//!
//! A request ([`request`]) names something to be checked ([`subject`]); the check asks AWS, within a time;
//! and the answer ([`answer`]) is what the door's service takes, in words of the length that it takes
//! ([`message`]). ECS, CloudFormation and a custom resource's author each decide what an answer stops, and
//! only what is confirmed stops anything. A fault of ecs-triage, a slow or refused question, a request that
//! nobody can read: each lets the deployment pass, and says so.
//!
//! Pure but for [`Doors`], which runs it over the ports of [`crate::delivery`] and one of its own ([`Web`]).

pub mod answer;
pub mod message;
pub mod presigned;
pub mod request;
pub mod subject;

use std::future::Future;

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::arn::Arn;
use crate::causes::Verdict;
use crate::check::{Check, Findings, Problem, Unchecked};
use crate::delivery::guard::{guarded, guarded_now};
use crate::delivery::ports::{Clock as _, Log as _, World};
use crate::delivery::within::{Timely, within};
use crate::delivery::{self, Call, Delivery, Foretold, NO_LOGS, Waiting};
use crate::limits::{DOOR, DOOR_ANSWERS, DOOR_ASKING, DOOR_QUESTIONS, DOOR_ROUNDS};
use crate::question::{Answer, Ask, Evidence, Known, Question, ask};
use crate::reason::{self, Fault};
use crate::redact::redact_name;
use crate::task_definition::TaskDefinition;
use crate::triage::{Narrowed, Prober, ask_all};
use crate::words::words;
use answer::{EARLY, FailOn, succeeded};
use presigned::{Home, Presigned};
use request::{Custom, Deployment, Hook, Pause, Request, Service, Target};
use subject::{SUBJECTS, Subject, UNRESOLVED, Wanted};

words! {
    /// What a door may do.
    Mode {
        /// Nothing is asked, and everything passes.
        Pass = "pass",
        /// What would fail is told.
        Warn = "warn",
        /// What is confirmed to fail is stopped.
        Block = "block",
    }
}

impl Mode {
    /// The mode that a word stands for, whatever its case.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        Self::ALL.iter().copied().find(|mode| mode.as_str() == word).or((word == "off").then_some(Self::Pass))
    }
}

/// What each door may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// The lifecycle hook of ECS.
    pub deployment: Mode,
    /// The pause of a deployment: it is told, and nothing is stopped.
    pub pause: Mode,
    /// The Lambda hook of CloudFormation.
    pub cloudformation: Mode,
    /// The custom resource.
    pub custom: Mode,
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
    /// `family:revision`, where it has one.
    pub definition: Option<String>,
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
        let visit = Visit { doors: self, call: Call { function, begun: self.delivery.clock.now() }, account };
        match guarded_now(|| Request::read(payload))
            .unwrap_or_else(|_| Request::Other("what nobody can read".to_owned()))
        {
            Request::Deployment(deployment) => {
                Ok(guarded(visit.deployment(&deployment)).await.unwrap_or_else(|_| succeeded()))
            }
            Request::Pause(pause) => {
                guarded(visit.pause(&pause)).await.unwrap_or(Err(delivery::Problem::Faulty))
            }
            Request::Hook(hook) => {
                Ok(guarded(visit.hook(&hook)).await.unwrap_or_else(|_| hook.passed(FAULT)))
            }
            Request::Custom(custom) => visit.custom(&custom).await,
            Request::Other(found) => {
                // If it is ECS with a form of tomorrow, an error would roll its deployment back.
                let expected = format!(
                    "expected a lifecycle hook of ECS, a Lambda hook of CloudFormation or a custom resource; found {found}"
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
    async fn deployment(&self, deployment: &Deployment) -> Value {
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
        let answer = guarded_now(|| deployment.answer(&outcome, mode)).unwrap_or_else(|_| succeeded());
        let status = answer["hookStatus"].as_str().unwrap_or_default();
        self.note("deployment-hook", &service, &message::message(&outcome, LONGEST_NOTE), status);
        if status != "IN_PROGRESS" {
            self.announce(deployment, outcome, &evidence, status == "FAILED").await;
        }
        answer
    }

    /// Tells the service's team what ECS has no place for. The answer does not hang on it.
    async fn announce(&self, deployment: &Deployment, outcome: Outcome, evidence: &Evidence, blocked: bool) {
        let (Some(service), Some(revision)) = (&deployment.service, &deployment.revision) else { return };
        let Some(checked) = outcome.checked.into_iter().next() else { return };
        // Who could not look cannot say that it passes.
        let passes = checked.findings.problems.is_empty() && !outcome.is_passing;
        let foretold = Foretold { definition: checked.definition, blocked, ..of_service(service, revision) };
        let told = guarded(async {
            match (checked.findings.problems.is_empty(), passes) {
                (false, _) => {
                    self.doors
                        .delivery
                        .foretell(&foretold, checked.findings.problems, evidence, self.call)
                        .await
                }
                (true, true) => self.doors.delivery.passes(&foretold, self.call).await,
                (true, false) => Ok(()),
            }
        });
        if let Ok(Err(problem)) | Err(problem) = told.await.map_err(|_| delivery::Problem::Faulty) {
            self.doors.delivery.log.trouble(&delivery::Trouble::Lost(problem));
        }
    }

    async fn pause(&self, pause: &Pause) -> Result<Value, delivery::Problem> {
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
            .tell_of_pause(&deployment, Waiting { stage: &stage, said: &message, hook }, self.call)
            .await?;
        Ok(json!({"told": true}))
    }

    async fn hook(&self, hook: &Hook) -> Value {
        let mode = self.doors.switches.cloudformation;
        let of = match &hook.target {
            Target::Resource(resource) => redact_name(&resource.name).into_owned(),
            Target::Document(_) => "the stack".to_owned(),
            Target::Nothing => String::new(),
        };
        if mode == Mode::Pass || hook.target == Target::Nothing {
            return hook.passed(if mode == Mode::Pass {
                "the door allows everything"
            } else {
                "nothing of ECS to check"
            });
        }
        let account = hook.account.as_deref().or(self.account.as_deref());
        let region = &self.doors.home.region;
        let subjects = match &hook.target {
            Target::Resource(resource) => {
                Ok(Subject::of_resource(resource, account, region).into_iter().collect())
            }
            Target::Document(url) => {
                self.fetched(url).await.and_then(|document| subject::of_document(&document, account, region))
            }
            Target::Nothing => Ok(Vec::new()),
        };
        let outcome = match subjects {
            Ok(subjects) => self.check(&of, subjects, true).await.0,
            Err(why) => Outcome { is_stack: true, ..Outcome::unchecked(&of, &why) },
        };
        let answer = guarded_now(|| hook.answer(&outcome, mode)).unwrap_or_else(|_| hook.passed(FAULT));
        let text = |name: &str| answer[name].as_str().unwrap_or_default();
        self.note("cloudformation-hook", &of, text("message"), text("hookStatus"));
        answer
    }

    async fn fetched(&self, url: &str) -> Result<Vec<u8>, String> {
        let url = Presigned::read(url, &self.doors.home).map_err(|why| format!("its URL {why}"))?;
        let getting = guarded(self.doors.web.get(url));
        within(&self.doors.delivery.clock, DOOR_ANSWERS, getting).await.ok_or(LATE)?.map_err(|_| FAULT)?
    }

    async fn custom(&self, custom: &Custom) -> Result<Value, delivery::Problem> {
        let body = guarded(self.response(custom)).await.unwrap_or_else(|_| custom.unchecked(false, FAULT));
        let url = custom
            .response_url
            .as_deref()
            .ok_or("is missing")
            .and_then(|url| Presigned::read(url, &self.doors.home));
        let url = match url {
            Ok(url) => url,
            Err(why) => {
                // There is nobody to answer, now or later.
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
                Some(Err(_)) => FAULT.clone_into(&mut why),
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
        if custom.change == "Delete" {
            return custom.unchecked(false, "nothing to delete");
        }
        if !matches!(custom.change.as_str(), "Create" | "Update") {
            return custom.unchecked(false, "the request is neither Create nor Update");
        }
        if set == Mode::Pass {
            return custom.unchecked(false, "the door allows everything");
        }
        let fail_on = custom.fail_on(set);
        let name = redact_name(&custom.ids[2]).into_owned();
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

    /// Checks some things at once, in a time.
    async fn check(&self, name: &str, subjects: Vec<Subject>, is_stack: bool) -> (Outcome, Evidence) {
        let delivery = &self.doors.delivery;
        let until = self.call.begun + DOOR_ASKING;
        let prober = Narrowed {
            prober: Timely { prober: &delivery.prober, clock: &delivery.clock, until },
            scope: delivery.rules.probing,
            logs: Some(NO_LOGS),
        };
        let left = subjects.len().saturating_sub(SUBJECTS);
        let looking = join_all(subjects.iter().take(SUBJECTS).map(|subject| look(&prober, subject)));
        let looked = match within(&delivery.clock, self.left(), guarded(looking)).await {
            Some(Ok(looked)) => looked,
            Some(Err(_)) => {
                return (Outcome { is_stack, ..Outcome::unchecked(name, FAULT) }, Evidence::default());
            }
            None => {
                return (
                    Outcome { is_stack, is_passing: true, ..Outcome::unchecked(name, LATE) },
                    Evidence::default(),
                );
            }
        };
        let mut outcome = Outcome { is_stack, ..Outcome::default() };
        let mut evidence = Evidence::default();
        for (subject, (looked, known)) in subjects.iter().zip(looked) {
            outcome.is_passing |=
                known.answers().any(|(_, answer)| matches!(answer, Answer::Unknown(why) if passes_by(why)));
            match looked {
                Ok(checked) => outcome.checked.push(checked),
                Err(Unlooked { why, is_absent }) => {
                    outcome.absent |= is_absent;
                    outcome.skipped.push((subject.name.clone(), why));
                }
            }
            known.answers().for_each(|(question, answer)| evidence.note(question.clone(), answer.clone()));
        }
        if left > 0 {
            outcome.skipped.push((format!("{left} more"), format!("only {SUBJECTS} are checked at once")));
        }
        (outcome, evidence)
    }

    /// The time that is left of a request's.
    fn left(&self) -> SignedDuration {
        (DOOR - self.doors.delivery.clock.now().duration_since(self.call.begun)).max(SignedDuration::ZERO)
    }

    /// Writes down what came of a request.
    fn note(&self, door: &str, of: &str, message: &str, answer: &str) {
        let of = redact_name(of);
        self.doors.delivery.log.line(&json!({"schema": "ecs-triage/door/v1", "door": door, "of": of, "answer": answer, "message": message}).to_string());
    }
}

/// Of a message, as much is written down.
const LONGEST_NOTE: usize = 16_384;

/// A deployment of a service.
fn of_service(service: &Service, revision: &str) -> Foretold {
    let [account, region, cluster, service] =
        [&service.account, &service.region, &service.cluster, &service.name].map(Clone::clone);
    Foretold { account, region, cluster, service, revision: revision.to_owned(), ..Foretold::default() }
}

/// Whether what was not answered may be at another time: it was late, or throttled, or the service was ill.
fn passes_by(why: &str) -> bool {
    let is_ill =
        |fault: Fault| matches!(fault, Fault::Throttled | Fault::ServiceError | Fault::NetworkTimeout);
    why.starts_with("no answer") || reason::read(why).iter().any(|symptom| is_ill(symptom.fault))
}

/// Why something was not looked at.
struct Unlooked {
    why: String,
    /// Whether AWS says that it is not there.
    is_absent: bool,
}

impl From<String> for Unlooked {
    fn from(why: String) -> Self {
        Self { why, is_absent: false }
    }
}

/// Looks at one thing; with all that AWS said.
async fn look(prober: &impl Prober, subject: &Subject) -> (Result<Checked, Unlooked>, Evidence) {
    let mut evidence = Evidence::default();
    let looked = looked_at(prober, subject, &mut evidence).await;
    (looked, evidence)
}

async fn looked_at(
    prober: &impl Prober,
    subject: &Subject,
    evidence: &mut Evidence,
) -> Result<Checked, Unlooked> {
    let mut place = subject.place.clone();
    let (definition, is_whole) = match &subject.wanted {
        Wanted::Given { definition, is_whole } => ((**definition).clone(), *is_whole),
        Wanted::Registered(name) => (registered(prober, name, evidence).await?, true),
        Wanted::Revision(arn) => {
            let question = ask::ServiceRevision { region: place.region.clone(), arn: arn.clone() };
            let revision = answered(prober, question, "the service's revision", evidence).await?;
            subject::put(&mut place, &revision);
            let name = revision
                .task_definition
                .clone()
                .ok_or_else(|| "its revision names no task definition".to_owned())?;
            (registered(prober, &name, evidence).await?, true)
        }
        Wanted::OfService => {
            let [cluster, name] =
                [&place.cluster, &place.service].map(|name| name.clone().unwrap_or_default());
            let service = answered(
                prober,
                ask::Service { region: place.region.clone(), cluster, name },
                "the service",
                evidence,
            )
            .await?;
            let name =
                service.task_definition.clone().ok_or_else(|| "it names no task definition".to_owned())?;
            (registered(prober, &name, evidence).await?, true)
        }
        Wanted::Unknown(why) => return Err(why.clone().into()),
    };
    let check = Check::new(&definition, &place);
    let mut left = DOOR_QUESTIONS;
    for _ in 0..DOOR_ROUNDS {
        let questions: Vec<Question> = check.questions(evidence).into_iter().take(left).collect();
        if questions.is_empty() {
            break;
        }
        left -= questions.len();
        ask_all(prober, questions, evidence).await;
    }
    let mut findings = check.findings(evidence);
    if !is_whole {
        // What hangs on a thing that is left out is no problem: the thing itself is not known.
        let is_of_a_name = |problem: &Problem| {
            let references = &problem.diagnosis.culprit.references;
            !references.is_empty() && references.iter().all(|reference| !reference.value_from.is_empty())
        };
        findings.problems.retain(is_of_a_name);
        findings.unchecked.insert(
            0,
            Unchecked {
                why: UNRESOLVED.to_owned(),
                subject: "what refers to other resources".to_owned(),
                what: Vec::new(),
            },
        );
    }
    Ok(Checked { name: subject.name.clone(), definition: definition.name(), findings })
}

async fn registered(
    prober: &impl Prober,
    name: &str,
    evidence: &mut Evidence,
) -> Result<TaskDefinition, Unlooked> {
    answered(
        prober,
        ask::TaskDefinition { name: name.to_owned() },
        &format!("task definition {name}"),
        evidence,
    )
    .await
    .map(|definition| *definition)
}

/// What answers a question, or why nothing does.
async fn answered<A>(
    prober: &impl Prober,
    question: A,
    what: &str,
    evidence: &mut Evidence,
) -> Result<A::Fact, Unlooked>
where
    A: Ask,
    A::Fact: Clone,
{
    ask_all(prober, vec![question.clone().into()], evidence).await;
    let what = redact_name(what);
    match evidence.look(&question) {
        Known::Found(fact) => Ok(fact.clone()),
        Known::Missing => Err(Unlooked { why: format!("there is no {what}"), is_absent: true }),
        Known::Unknown(why) => Err(format!("{what}: {why}").into()),
        Known::NotAsked => Err(format!("{what} was not queried").into()),
    }
}
