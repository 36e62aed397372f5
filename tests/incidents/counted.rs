//! A world in which every call is answered at once, and counted: what an event costs, and who is told of
//! what.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{self, Future};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use ecs_triage::delivery::ports::{self, Clock, EventBus, Journal, Log, Publisher};
use ecs_triage::delivery::{Delivery, Ports, Rules, Trouble};
use ecs_triage::event::sender::Trusted;
use ecs_triage::incident::store::{Kept, Memory, NotSaved, Store, Unreachable};
use ecs_triage::question::{Answer, Evidence, Question};
use ecs_triage::render::notice::Notice;
use ecs_triage::triage::{Prober, Scope};
use jiff::{SignedDuration, Timestamp};

/// What DynamoDB reads consistently for one unit, and writes for one.
const UNITS: [usize; 2] = [4096, 1024];

/// What was asked of the world, and what it was told.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// How often each call was made.
    pub(super) counts: BTreeMap<&'static str, usize>,
    /// Units that the table's reads and writes took.
    pub(super) units: [usize; 2],
    /// Bytes of the journal and of the log.
    pub(super) bytes: [usize; 2],
    pub(super) notices: Vec<Notice>,
    pub(super) chats: Vec<String>,
    pub(super) events: Vec<(String, String)>,
    pub(super) journal: Vec<(String, Vec<String>)>,
    pub(super) log: Vec<String>,
    pub(super) troubles: Vec<Trouble>,
    /// Calls that are refused.
    pub(super) refused: BTreeSet<&'static str>,
    /// How many calls one after another there were so far, and until each call went out first; where calls
    /// take time.
    round: usize,
    pub(super) rounds: BTreeMap<&'static str, usize>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct World {
    calls: Arc<Mutex<Calls>>,
    now: Arc<Mutex<Timestamp>>,
    table: Arc<Memory>,
    /// What AWS answers; without it nobody asks.
    evidence: Option<Arc<Evidence>>,
    /// Whether time passes where somebody sleeps; otherwise nobody wakes up.
    passes: bool,
    reads_logs: bool,
    /// Who is listened to, and what AWS answers in the other accounts among them.
    trusted: Trusted,
    members: BTreeMap<String, Arc<Evidence>>,
    /// The tag by which notices are routed.
    team_tag: Option<&'static str>,
}

impl World {
    pub(super) fn answering(evidence: Option<Evidence>) -> Self {
        Self { evidence: evidence.map(Arc::new), ..Self::default() }
    }

    /// The same world in another state, in which time passes.
    pub(super) fn then(&self, evidence: Evidence) -> Self {
        Self { evidence: Some(Arc::new(evidence)), passes: true, ..self.clone() }
    }

    /// The same where reading logs is allowed.
    pub(super) fn reading_logs(self) -> Self {
        Self { reads_logs: true, ..self }
    }

    /// The same that listens to others, and is let into some of their accounts.
    pub(super) fn trusting(
        self,
        trusted: Trusted,
        members: impl IntoIterator<Item = (String, Evidence)>,
    ) -> Self {
        let members = members.into_iter().map(|(account, evidence)| (account, Arc::new(evidence))).collect();
        Self { trusted, members, ..self }
    }

    pub(super) fn routing_by(self, tag: &'static str) -> Self {
        Self { team_tag: Some(tag), ..self }
    }

    pub(super) fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().expect("nobody panicked")
    }

    pub(super) fn is(&self, now: Timestamp) {
        *self.now.lock().expect("nobody panicked") = now;
    }

    async fn call(&self, name: &'static str) -> Result<(), String> {
        let takes_time = self.calls().round > 0;
        if takes_time {
            let round = self.calls().round;
            self.calls().rounds.entry(name).or_insert(round);
            let mut waited = false;
            future::poll_fn(|context| {
                context.waker().wake_by_ref();
                if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        let mut calls = self.calls();
        *calls.counts.entry(name).or_default() += 1;
        if calls.refused.contains(name) { Err(format!("{name} is refused")) } else { Ok(()) }
    }

    /// Does work in which every call takes as long.
    pub(super) fn in_rounds<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            self.calls().round += 1;
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                self.calls().round = 0;
                return done;
            }
        }
    }

    /// Puts a document into the table.
    pub(super) fn keep(&self, key: &str, body: &str) {
        crate::bounds::done(self.table.save(key, body.to_owned(), None, Timestamp::MAX))
            .expect("it is saved");
    }

    /// What is in the table under a key.
    pub(super) fn kept(&self, key: &str) -> String {
        crate::bounds::done(self.table.load(key))
            .expect("it answers")
            .map(|kept| kept.body)
            .unwrap_or_default()
    }

    /// An instance that tells every channel.
    pub(super) fn delivery(&self, holder: &str) -> Delivery<Counted> {
        let world = || self.clone();
        let chat = Some(Topic(self.clone()));
        let ports = Ports {
            store: Some(world()),
            topic: Some(Topic(world())),
            chat,
            bus: Some(world()),
            journal: Some(world()),
            prober: world(),
            clock: world(),
            log: world(),
        };
        let rules = Rules {
            probing: if self.evidence.is_some() { Scope::Full } else { Scope::Off },
            reads_logs: self.reads_logs,
            trusted: Trusted { rotations: true, ..self.trusted.clone() },
            reminder: SignedDuration::from_hours(6),
            runbooks: None,
            team_tag: self.team_tag.map(str::to_owned),
        };
        Delivery::new(ports, rules, holder)
    }
}

/// One of the two topics: people's takes notices, the chat's texts.
#[derive(Debug)]
pub(super) struct Topic(World);

impl Publisher for Topic {
    async fn publish(&self, notice: &Notice) -> Result<(), String> {
        self.0.call("Publish").await?;
        self.0.calls().notices.push(notice.clone());
        Ok(())
    }

    async fn publish_plain(&self, text: &str) -> Result<(), String> {
        self.0.call("Publish (chat)").await?;
        self.0.calls().chats.push(text.to_owned());
        Ok(())
    }
}

impl Store for World {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        self.call("GetItem").await.map_err(Unreachable)?;
        let kept = self.table.load(key).await;
        self.calls().units[0] += kept
            .as_ref()
            .ok()
            .and_then(Option::as_ref)
            .map_or(1, |kept| (kept.body.len() + key.len()).div_ceil(UNITS[0]));
        kept
    }

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        self.call("PutItem").await.map_err(NotSaved::Unavailable)?;
        self.calls().units[1] += (body.len() + key.len()).div_ceil(UNITS[1]);
        self.table.save(key, body, read, expires).await
    }
}

impl Journal for World {
    async fn append(&self, stream: &str, lines: &[&str]) -> Result<(), String> {
        self.call("PutLogEvents").await?;
        self.calls().bytes[0] += lines.iter().map(|line| line.len()).sum::<usize>();
        self.calls().journal.push((stream.to_owned(), lines.iter().map(|line| (*line).to_owned()).collect()));
        Ok(())
    }
}

impl EventBus for World {
    async fn put(&self, detail_type: &str, detail: &str) -> Result<(), String> {
        self.call("PutEvents").await?;
        self.calls().events.push((detail_type.to_owned(), detail.to_owned()));
        Ok(())
    }
}

impl Prober for World {
    async fn ask(&self, question: &Question) -> Answer {
        let Some(evidence) = &self.evidence else { return Answer::Unknown("nobody asks".to_owned()) };
        match self.call("ask").await {
            Ok(()) => {
                let known = evidence.answer(question).cloned();
                known.unwrap_or_else(|| Answer::Unknown("it is not recorded".to_owned()))
            }
            Err(why) => Answer::Unknown(why),
        }
    }

    async fn ask_in(&self, account: &str, question: &Question) -> Answer {
        let Err(why) = self.call("ask elsewhere").await else {
            let known = self.members.get(account).and_then(|evidence| evidence.answer(question).cloned());
            return known.unwrap_or_else(|| Answer::Unknown(format!("nothing is known of {account}")));
        };
        Answer::Unknown(why)
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("nobody panicked")
    }

    async fn sleep(&self, time: SignedDuration) {
        if !self.passes {
            future::pending::<()>().await;
        }
        *self.now.lock().expect("nobody panicked") += time;
    }
}

impl Log for World {
    fn line(&self, line: &str) {
        self.calls().bytes[1] += line.len();
        self.calls().log.push(line.to_owned());
    }

    fn trouble(&self, trouble: &Trouble) {
        self.calls().troubles.push(trouble.clone());
    }
}

#[derive(Debug)]
pub(super) struct Counted;

impl ports::World for Counted {
    type Store = World;
    type Publisher = Topic;
    type Journal = World;
    type EventBus = World;
    type Prober = World;
    type Clock = World;
    type Log = World;
}
