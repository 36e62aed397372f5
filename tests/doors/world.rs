//! The ports of the doors, under a clock that jumps to when somebody next waits for it: AWS as a case records
//! it, or at its worst.

use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use ecs_triage::delivery::ports::{self, Clock, EventBus, Journal, Log, Publisher};
use ecs_triage::delivery::{Delivery, Ports, Rules, Trouble};
use ecs_triage::doors::presigned::{Home, Presigned};
use ecs_triage::doors::{Doors, Switches, Web};
use ecs_triage::event::sender::Trusted;
use ecs_triage::incident::store::{Kept, Memory, NotSaved, Store, Unreachable};
use ecs_triage::question::{Answer, Evidence, Question, record};
use ecs_triage::render::notice::Notice;
use ecs_triage::triage::{Prober, Scope};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(super) const FUNCTION: &str = "arn:aws:lambda:us-west-2:111122223333:function:ecs-triage-doors";
/// When every case begins: 2026-11-27 10:00 UTC.
const BEGIN: i64 = 1_795_773_600;

/// How AWS answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As the case says.
    Recorded,
    Throttled,
    Denied,
    /// As the case says, after so many seconds.
    Slow(i64),
    /// Never.
    Dead,
    /// That there is no such thing.
    Missing,
    /// A fault of ecs-triage itself.
    Panicking,
}

#[derive(Debug)]
struct Inner {
    manner: Manner,
    evidence: Mutex<Evidence>,
    /// Answers that whoever asks AWS still has.
    kept: Mutex<Evidence>,
    /// What the function wrote down.
    lines: Mutex<Vec<String>>,
    otherwise: String,
    documents: Value,
    web_is_dead: AtomicBool,
    now: Mutex<Timestamp>,
    sleepers: Mutex<Vec<Timestamp>>,
    notices: Mutex<Vec<Notice>>,
    put: Mutex<Vec<(String, String)>>,
    got: Mutex<usize>,
    memory: Memory,
}

/// A world; a clone is the same one.
#[derive(Debug, Clone)]
pub(super) struct World(Arc<Inner>);

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl World {
    pub(super) fn new(case: &Value, manner: Manner) -> Self {
        let answers = json!({"schema": "ecs-triage/evidence/v1", "answers": case["evidence"].as_array().cloned().unwrap_or_default()});
        let evidence =
            record::read(&answers.to_string()).unwrap_or_else(|error| panic!("{}: {error}", case["about"]));
        Self(Arc::new(Inner {
            manner,
            evidence: Mutex::new(evidence),
            kept: Mutex::default(),
            lines: Mutex::default(),
            otherwise: case["otherwise"].as_str().unwrap_or("ecs-triage is not authorized to ask").to_owned(),
            documents: case["documents"].clone(),
            web_is_dead: AtomicBool::new(false),
            now: Mutex::new(Timestamp::from_second(BEGIN).expect("a time")),
            sleepers: Mutex::default(),
            notices: Mutex::default(),
            put: Mutex::default(),
            got: Mutex::default(),
            memory: Memory::default(),
        }))
    }

    /// What the function answers to a request.
    pub(super) fn ask(&self, switches: Switches, request: &str) -> Value {
        let doors = self.doors(switches);
        self.run(doors.answer(request, FUNCTION))
            .unwrap_or_else(|problem| json!({"problem": problem.to_string()}))
    }

    pub(super) fn doors(&self, switches: Switches) -> Doors<Self, Self> {
        let home = Home { region: "us-west-2".to_owned(), suffix: "amazonaws.com".to_owned() };
        Doors::new(self.delivery("doors"), self.clone(), switches, home)
    }

    fn delivery(&self, holder: &str) -> Delivery<Self> {
        let ports = Ports {
            store: Some(self.clone()),
            topic: Some(self.clone()),
            chat: None,
            bus: None,
            journal: Some(self.clone()),
            prober: self.clone(),
            clock: self.clone(),
            log: self.clone(),
        };
        let rules = Rules {
            probing: Scope::Full,
            reads_logs: false,
            trusted: Trusted::default(),
            reminder: SignedDuration::from_hours(6),
            runbooks: None,
            team_tag: None,
        };
        Delivery::new(ports, rules, holder)
    }

    /// Hands an event of the service to the other function.
    pub(super) fn deliver(&self, kind: &str, name: &str) {
        let arn = "arn:aws:ecs:us-west-2:111122223333:service/prod/api";
        let detail = json!({"eventType": "INFO", "eventName": name, "clusterArn": "arn:aws:ecs:us-west-2:111122223333:cluster/prod",
            "createdAt": lock(&self.0.now).to_string(), "updatedAt": lock(&self.0.now).to_string()});
        let event = json!({"detail-type": kind, "source": "aws.ecs", "account": "111122223333", "region": "us-west-2", "resources": [arn], "detail": detail});
        self.run(self.delivery("events").handle(&event.to_string(), FUNCTION)).expect("it is dealt with");
    }

    /// Lets everything be as it should be.
    pub(super) fn restore(&self) {
        let mut evidence = lock(&self.0.evidence);
        let answers: Vec<(Question, Answer)> =
            evidence.answers().map(|(question, answer)| (question.clone(), answer.clone())).collect();
        for (question, answer) in answers {
            if let Answer::Secret(mut secret) = answer {
                secret.deleted_date = None;
                evidence.note(question, Answer::Secret(secret));
            }
        }
    }

    /// Lets it be unknown what answers such questions.
    pub(super) fn forget(&self, which: impl Fn(&Question) -> bool) {
        let mut evidence = lock(&self.0.evidence);
        let mut rest = Evidence::default();
        for (question, answer) in evidence.answers().filter(|(question, _)| !which(question)) {
            rest.note(question.clone(), answer.clone());
        }
        *evidence = rest;
    }

    /// Lets everything be as in another world.
    pub(super) fn learn(&self, other: &Self) {
        let known = lock(&other.0.evidence).clone();
        *lock(&self.0.evidence) = known;
    }

    /// Lets time pass.
    pub(super) fn pass(&self, time: SignedDuration) {
        *lock(&self.0.now) += time;
    }

    pub(super) fn web_is_dead(&self, is_dead: bool) {
        self.0.web_is_dead.store(is_dead, Ordering::Relaxed);
    }

    pub(super) fn elapsed(&self) -> SignedDuration {
        lock(&self.0.now).duration_since(Timestamp::from_second(BEGIN).expect("a time"))
    }

    pub(super) fn notices(&self) -> Vec<Notice> {
        lock(&self.0.notices).clone()
    }

    pub(super) fn subjects(&self) -> Vec<String> {
        lock(&self.0.notices).iter().map(|notice| notice.subject.clone()).collect()
    }

    pub(super) fn put(&self) -> Vec<(String, String)> {
        lock(&self.0.put).clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        lock(&self.0.lines).clone()
    }

    pub(super) fn got(&self) -> usize {
        *lock(&self.0.got)
    }

    /// Does some work, and lets time pass where it waits.
    pub(super) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return done;
            }
            let mut now = lock(&self.0.now);
            let mut sleepers = lock(&self.0.sleepers);
            let next =
                sleepers.iter().copied().filter(|at| *at > *now).min().expect("somebody waits for the clock");
            *now = next;
            sleepers.clear();
        }
    }
}

impl ports::World for World {
    type Store = Self;
    type Publisher = Self;
    type Journal = Self;
    type EventBus = Self;
    type Prober = Self;
    type Clock = Self;
    type Log = Self;
}

impl Prober for World {
    async fn ask(&self, question: &Question) -> Answer {
        let kept = lock(&self.0.kept).answer(question).cloned();
        let recorded = kept.or_else(|| lock(&self.0.evidence).answer(question).cloned());
        if let Some(answer) = &recorded {
            lock(&self.0.kept).note(question.clone(), answer.clone());
        }
        let recorded = recorded.unwrap_or_else(|| Answer::Unknown(self.0.otherwise.clone()));
        match self.0.manner {
            Manner::Recorded => recorded,
            Manner::Throttled => Answer::Unknown("ThrottlingException: Rate exceeded".to_owned()),
            Manner::Denied => {
                Answer::Unknown(format!("ecs-triage is not authorized to call {}", question.actions()[0]))
            }
            Manner::Slow(seconds) => {
                self.sleep(SignedDuration::from_secs(seconds)).await;
                recorded
            }
            Manner::Dead => pending().await,
            Manner::Missing => Answer::Missing,
            Manner::Panicking => panic!("hunter2"),
        }
    }

    fn renew(&self) {
        *lock(&self.0.kept) = Evidence::default();
    }
}

impl Web for World {
    async fn get(&self, url: Presigned<'_>) -> Result<Vec<u8>, String> {
        *lock(&self.0.got) += 1;
        if self.0.web_is_dead.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
        match &self.0.documents[url.host()] {
            Value::Null => Err("Amazon S3 answered with HTTP status 403".to_owned()),
            Value::String(text) => Ok(text.clone().into_bytes()),
            document => Ok(document.to_string().into_bytes()),
        }
    }

    async fn put(&self, url: Presigned<'_>, body: &str) -> Result<(), String> {
        if self.0.web_is_dead.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
        lock(&self.0.put).push((url.host().to_owned(), body.to_owned()));
        Ok(())
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        *lock(&self.0.now)
    }

    async fn sleep(&self, time: SignedDuration) {
        let until = self.now() + time;
        poll_fn(|_| {
            if self.now() >= until {
                return Poll::Ready(());
            }
            lock(&self.0.sleepers).push(until);
            Poll::Pending
        })
        .await;
    }
}

impl Store for World {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        self.0.memory.load(key).await
    }

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        self.0.memory.save(key, body, read, expires).await
    }
}

impl Publisher for World {
    async fn publish(&self, notice: &Notice) -> Result<(), String> {
        lock(&self.0.notices).push(notice.clone());
        Ok(())
    }

    async fn publish_plain(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

impl Journal for World {
    async fn append(&self, _: &str, _: &[&str]) -> Result<(), String> {
        Ok(())
    }
}

impl EventBus for World {
    async fn put(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
}

impl Log for World {
    fn line(&self, line: &str) {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{line}");
        lock(&self.0.lines).push(line.to_owned());
    }

    fn trouble(&self, trouble: &Trouble) {
        assert!(!format!("{trouble:?}").contains("hunter2"));
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.manner)
    }
}
