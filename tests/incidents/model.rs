//! A queue, a store and instances in one thread under a clock of their own: every step of every instance is taken in an order drawn from a seed,
//! and at any step the store may fail, an answer may be lost, or an instance may die.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{self, Future};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use ecs_triage::incident::ledger::{Ledger, Next};
use ecs_triage::incident::store::{Kept, NotSaved, Store, Unreachable};
use ecs_triage::incident::storm::{MANY, Storm, WINDOW};
use ecs_triage::incident::{About, Due, Incident, SILENCE, Sighting};
use jiff::{SignedDuration, Timestamp};

/// The queue's visibility timeout, its receives, the function's timeout: as in the template.
const HIDDEN: SignedDuration = SignedDuration::from_secs(360);
const RECEIVES: u32 = 5;
const TIMEOUT: SignedDuration = SignedDuration::from_secs(60);
const REMINDER: SignedDuration = SignedDuration::from_hours(6);
/// Receives without a fault that a message may need: it is delivered twice, or waits for a storm's next notice.
const UNFAULTED: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing happens, and the answer says so.
    Refused,
    /// It happens, and the answer says that it did not.
    AnswerLost,
    /// It happens, and the client that tries again is told of its own write as of another's.
    OwnConflict,
    DeathBefore,
    DeathAfter,
    /// Half a minute goes by.
    Stall,
}

/// What happens in the world, and what goes wrong.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) instances: usize,
    pub(super) failures: Vec<Event>,
    pub(super) wells: Vec<Event>,
    /// At which operation which fault comes.
    pub(super) faults: Vec<(u16, Fault)>,
    /// Of a hundred deliveries, how many come twice, or again although acknowledged.
    pub(super) repeats: u64,
    /// Whether what is announced and could not be kept comes again until it is.
    pub(super) insists: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) workload: u8,
    /// Which fingerprint of the workload; a steady state has none.
    pub(super) kind: u8,
    pub(super) at: SignedDuration,
    /// How much later it is told.
    pub(super) late: SignedDuration,
    /// Whether it is told in two messages.
    pub(super) twice: bool,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) faults: usize,
    pub(super) repeated: usize,
    pub(super) storms: usize,
}

pub(super) fn about(workload: u8, kind: u8) -> About {
    let word = |word: &str| Some(word.to_owned());
    About {
        fingerprint: format!("w{workload}-f{kind}"),
        account: word("111122223333"),
        region: word("eu-west-1"),
        cluster: word("prod"),
        workload: Some(format!("w{workload}")),
        is_service: true,
        step: "secrets-manager".to_owned(),
        fault: format!("fault{kind}"),
        ..About::default()
    }
}

#[derive(Debug, Clone)]
enum Body {
    Failure { about: About, sighting: Sighting },
    Well { workload: About, at: Timestamp },
}

#[derive(Debug)]
struct Message {
    body: Body,
    visible: Timestamp,
    receives: u32,
    /// Receives in which something went wrong.
    faulted: u32,
    repeated: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    Done,
    Dead,
}

/// What a notice told.
#[derive(Debug, Clone)]
enum Told {
    One {
        fingerprint: String,
        serial: u64,
        due: Due,
        occurrences: u64,
    },
    Storm {
        kind: String,
        members: Vec<(String, u64)>,
    },
    /// Of these sightings, without the store.
    Anyway {
        fingerprint: String,
        ids: Vec<String>,
    },
}

#[derive(Debug)]
struct Notice {
    told: Told,
    at: Timestamp,
    instance: usize,
    /// Its publisher died, or was not told that it is out, or could not note it.
    broken: bool,
    /// The store knows.
    noted: bool,
}

#[derive(Debug)]
struct World {
    now: Timestamp,
    random: u64,
    documents: BTreeMap<String, (Kept, Timestamp)>,
    operations: u16,
    faults: BTreeMap<u16, Fault>,
    hits: usize,
    /// Instances in whose invocation something went wrong.
    faulted: BTreeSet<usize>,
    running: usize,
    doomed: bool,
    stalled: bool,
    notices: Vec<Notice>,
    repeated: usize,
    /// Each incident as it was saved last.
    incidents: BTreeMap<(String, u64), Incident>,
    /// Which incidents were said to have recorded a sighting.
    recorded: BTreeMap<String, BTreeSet<u64>>,
    /// What was opened, alone or in a storm.
    opened: BTreeSet<(String, u64)>,
}

impl World {
    fn random(&mut self, below: u64) -> u64 {
        // SplitMix64.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    fn pick(&mut self, count: usize) -> usize {
        usize::try_from(self.random(count as u64)).expect("it is small")
    }

    fn load(&self, key: &str) -> Option<Kept> {
        self.documents.get(key).filter(|(_, expires)| *expires > self.now).map(|(kept, _)| kept.clone())
    }

    fn incident(&self, fingerprint: &str) -> Option<Incident> {
        self.load(fingerprint).map(|kept| serde_json::from_str(&kept.body).expect("an incident"))
    }

    fn save(&mut self, key: &str, body: String, read: Option<u64>, expires: Timestamp) -> Result<(), NotSaved> {
        if self.load(key).map(|kept| kept.version) != read {
            return Err(NotSaved::Conflict);
        }
        if key.starts_with("storm/") {
            let storm: Storm = serde_json::from_str(&body).expect("a storm");
            for notice in &mut self.notices {
                let Told::Storm { kind, members } = &notice.told else { continue };
                let untold =
                    |(fingerprint, serial): &(String, u64)| storm.members.iter().any(|m| m.fingerprint == *fingerprint && m.serial == *serial && !m.told);
                notice.noted |= kind == key && !members.iter().any(untold);
            }
        } else if !key.starts_with("workload/") {
            let incident: Incident = serde_json::from_str(&body).expect("an incident");
            self.note(key, incident);
        }
        self.documents.insert(key.to_owned(), (Kept { body, version: read.map_or(1, |read| read + 1) }, expires));
        Ok(())
    }

    fn note(&mut self, key: &str, incident: Incident) {
        if let Some(before) = self.incident(key).filter(|before| before.serial != incident.serial) {
            let silent = incident.last_seen.duration_since(before.last_seen) > SILENCE;
            assert!(before.resolved.is_some() || silent, "{key} begins anew while it is open");
            assert_eq!(incident.serial, before.serial + 1);
        }
        for notice in &mut self.notices {
            let Told::One { fingerprint, serial, due, occurrences } = &notice.told else { continue };
            let known = match due {
                Due::Opened => incident.announced > 0,
                Due::StillFailing => incident.announced >= *occurrences,
                Due::Resolved => incident.closed,
            };
            notice.noted |= fingerprint == key && *serial == incident.serial && known;
        }
        self.incidents.insert((key.to_owned(), incident.serial), incident);
    }

    /// A notice goes out: it must have a cause, and must not have gone out before, unless it was not noted for a fault.
    fn publish(&mut self, told: Told) -> usize {
        let running = self.running;
        let mut again = false;
        let mut same = |notice: &Notice, what: &Told| {
            assert!(notice.broken && !notice.noted, "announced twice without cause: {what:?} after {notice:?}");
            again = true;
        };
        match &told {
            Told::One { fingerprint, serial, due, occurrences } => {
                for notice in &self.notices {
                    let Told::One { fingerprint: f, serial: s, due: d, occurrences: o } = &notice.told else { continue };
                    let reminds = self.now.duration_since(notice.at) >= REMINDER && o < occurrences;
                    if (f, s, d) == (fingerprint, serial, due) && (*due != Due::StillFailing || o.ilog10() == occurrences.ilog10() && !reminds) {
                        same(notice, &told);
                    }
                }
                let key = (fingerprint.clone(), *serial);
                match due {
                    Due::Opened => {
                        let kind = &fingerprint[fingerprint.len() - 3..];
                        let lately = self.notices.iter().filter(|notice| self.now.duration_since(notice.at) < WINDOW - TIMEOUT);
                        let alone: BTreeSet<&str> = lately
                            .filter_map(|notice| match &notice.told {
                                Told::One { fingerprint, due: Due::Opened, .. } => Some(fingerprint.as_str()).filter(|alone| alone.ends_with(kind)),
                                _ => None,
                            })
                            .collect();
                        assert!(*occurrences > 0);
                        // One that was over and failed again is still one of those that failed alike.
                        let are_few = alone.len() < MANY || alone.contains(fingerprint.as_str());
                        assert!(self.hits > 0 || are_few, "a storm is announced one by one");
                    }
                    Due::StillFailing => {
                        let of_it = |notice: &&Notice| notice.noted && matches!(&notice.told, Told::One { fingerprint: f, .. } if f == fingerprint);
                        let last = self.notices.iter().rfind(of_it);
                        let reminds = last.is_some_and(|last| self.now.duration_since(last.at) >= REMINDER);
                        assert!(*occurrences >= 10 || reminds, "still failing, after {occurrences}");
                        assert!(self.opened.contains(&key), "it goes on before it was told to begin: {told:?}");
                    }
                    Due::Resolved => {
                        let unnoted = self.hits > 0 && self.incident(fingerprint).is_some_and(|incident| incident.announced == 0);
                        assert!(self.opened.contains(&key) || unnoted, "it ends before it was told to begin: {told:?}");
                    }
                }
                if *due == Due::Opened {
                    self.opened.insert(key);
                }
            }
            Told::Storm { kind, members } => {
                let before = self.notices.iter().filter(|notice| matches!(&notice.told, Told::Storm { kind: k, .. } if k == kind));
                let mut known = BTreeSet::new();
                for notice in before {
                    assert!(notice.broken || notice.noted, "a storm is announced by two at once");
                    let Told::Storm { members, .. } = &notice.told else { continue };
                    if notice.noted {
                        known.extend(members.clone());
                    }
                    again |= !notice.noted;
                }
                assert!(members.iter().any(|member| !known.contains(member)), "a storm is announced again, and nothing is new");
                assert!(members.len() > MANY || !known.is_empty(), "a storm of {}", members.len());
                self.opened.extend(members.iter().cloned());
            }
            Told::Anyway { .. } => assert!(self.faulted.contains(&running), "the store did not fail"),
        }
        self.repeated += usize::from(again);
        self.notices.push(Notice { told, at: self.now, instance: running, broken: false, noted: false });
        self.notices.len() - 1
    }
}

type Shared = Arc<Mutex<World>>;

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().expect("nobody panicked")
}

/// Lets the others go first, once; then says what goes wrong.
async fn step(world: &Shared) -> Option<Fault> {
    pause().await;
    let fault = {
        let mut world = lock(world);
        world.operations += 1;
        let operation = world.operations;
        let fault = world.faults.remove(&operation);
        let running = world.running;
        if fault.is_some() {
            world.hits += 1;
            world.faulted.insert(running);
        }
        world.doomed |= fault == Some(Fault::DeathBefore);
        world.stalled |= fault == Some(Fault::Stall);
        fault
    };
    match fault {
        Some(Fault::DeathBefore) => future::pending().await,
        Some(Fault::Stall) => {
            pause().await;
            None
        }
        fault => fault,
    }
}

async fn pause() {
    let mut paused = false;
    future::poll_fn(|_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

async fn die(world: &Shared) {
    lock(world).doomed = true;
    future::pending::<()>().await;
}

#[derive(Debug, Clone)]
struct Remote(Shared);

impl Store for Remote {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        match step(&self.0).await {
            Some(Fault::Refused | Fault::AnswerLost) => return Err(Unreachable("down".to_owned())),
            Some(Fault::DeathAfter) => die(&self.0).await,
            _ => {}
        }
        Ok(lock(&self.0).load(key))
    }

    async fn save(&self, key: &str, body: String, read: Option<u64>, expires: Timestamp) -> Result<(), NotSaved> {
        let fault = step(&self.0).await;
        if fault == Some(Fault::Refused) {
            return Err(NotSaved::Unavailable("down".to_owned()));
        }
        let saved = lock(&self.0).save(key, body, read, expires);
        match fault {
            Some(Fault::AnswerLost) => return Err(NotSaved::Unavailable("no answer".to_owned())),
            Some(Fault::OwnConflict) => return Err(NotSaved::Conflict),
            Some(Fault::DeathAfter) => die(&self.0).await,
            _ => {}
        }
        saved
    }
}

/// One invocation's view of the world.
#[derive(Clone)]
struct Worker {
    world: Shared,
    ledger: Arc<Ledger<Remote>>,
    insists: bool,
}

impl Worker {
    fn now(&self) -> Timestamp {
        lock(&self.world).now
    }

    async fn publish(&self, told: Told) -> Option<usize> {
        let fault = step(&self.world).await;
        if fault == Some(Fault::Refused) {
            return None;
        }
        let notice = lock(&self.world).publish(told);
        match fault {
            Some(Fault::AnswerLost | Fault::OwnConflict) => {
                lock(&self.world).notices[notice].broken = true;
                return None;
            }
            Some(Fault::DeathAfter) => die(&self.world).await,
            _ => {}
        }
        Some(notice)
    }

    /// Whether the messages of a notice that is out are done with.
    fn noted(&self, notice: usize, kept: &Result<(), Unreachable>) -> bool {
        let mut world = lock(&self.world);
        world.notices[notice].broken |= kept.is_err();
        let noted = &world.notices[notice];
        assert!(noted.broken || noted.noted || superseded(&world, &noted.told), "it is out and not noted: {noted:?}");
        kept.is_ok() || !self.insists
    }

    async fn one(&self, incident: &Incident, due: Due) -> bool {
        let told = Told::One { fingerprint: incident.about.fingerprint.clone(), serial: incident.serial, due, occurrences: incident.occurrences };
        let Some(notice) = self.publish(told).await else { return false };
        let kept = self.ledger.announced(incident, due, self.now()).await;
        self.noted(notice, &kept)
    }

    /// The failures of one fingerprint; whether their messages are done with.
    async fn failure(self, about: About, sightings: Vec<Sighting>) -> bool {
        let now = self.now();
        let Ok(seen) = self.ledger.see(&about, &sightings, now).await else {
            let ids = sightings.into_iter().map(|sighting| sighting.id).collect();
            let told = Told::Anyway { fingerprint: about.fingerprint, ids };
            let Some(notice) = self.publish(told).await else { return false };
            lock(&self.world).notices[notice].broken = true;
            return !self.insists;
        };
        for sighting in sightings {
            lock(&self.world).recorded.entry(sighting.id).or_default().insert(seen.incident.serial);
        }
        match seen.next {
            Next::Nothing => {
                let incident = lock(&self.world).incident(&about.fingerprint).expect("it is recorded");
                assert!(incident.announced > 0 || incident.closed || incident.serial > seen.incident.serial, "nobody announces {}", about.fingerprint);
                true
            }
            Next::ComeAgain => false,
            Next::Announce(due) => self.one(&seen.incident, due).await,
            Next::AnnounceStorm(storm) => {
                let members = storm.members.iter().map(|member| (member.fingerprint.clone(), member.serial)).collect();
                let kind = ecs_triage::incident::storm::key(&about);
                let Some(notice) = self.publish(Told::Storm { kind, members }).await else { return false };
                let kept = self.ledger.storm_announced(&seen.incident, &storm, self.now()).await;
                self.noted(notice, &kept)
            }
        }
    }

    async fn well(self, workload: About, at: Timestamp) -> bool {
        let Ok((ended, come_again)) = self.ledger.end(&workload, at, self.now()).await else { return false };
        let mut done = !come_again;
        for incident in ended {
            assert!(incident.resolved.is_some_and(|resolved| incident.last_seen <= resolved), "{incident:?} is over at {at}");
            done &= self.one(&incident, Due::Resolved).await;
        }
        done
    }
}

/// Whether a later incident has taken the place of the one that was told of.
fn superseded(world: &World, told: &Told) -> bool {
    matches!(told, Told::One { fingerprint, serial, .. } if world.incident(fingerprint).is_none_or(|incident| incident.serial > *serial))
}

struct Job {
    messages: Vec<usize>,
    wakes: Timestamp,
    done: Option<bool>,
    work: Pin<Box<dyn Future<Output = bool>>>,
}

#[derive(Default)]
struct Instance {
    lives: usize,
    ledger: Option<Arc<Ledger<Remote>>>,
    started: Timestamp,
    jobs: Vec<Job>,
}

/// All there is.
pub(super) struct Model {
    world: Shared,
    instances: Vec<Instance>,
    messages: Vec<Message>,
    repeats: u64,
    insists: bool,
}

impl Model {
    pub(super) fn new(plan: &Plan) -> Self {
        let world = World {
            now: Timestamp::UNIX_EPOCH,
            random: plan.seed,
            documents: BTreeMap::new(),
            operations: 0,
            faults: plan.faults.iter().copied().collect(),
            hits: 0,
            faulted: BTreeSet::new(),
            running: 0,
            doomed: false,
            stalled: false,
            notices: Vec::new(),
            repeated: 0,
            incidents: BTreeMap::new(),
            recorded: BTreeMap::new(),
            opened: BTreeSet::new(),
        };
        let instances = std::iter::repeat_with(Instance::default).take(plan.instances).collect();
        let mut model = Self { world: Arc::new(Mutex::new(world)), instances, messages: Vec::new(), repeats: plan.repeats, insists: plan.insists };
        plan.failures.iter().for_each(|event| model.fail(*event));
        plan.wells.iter().for_each(|event| model.well(*event));
        model
    }

    fn now(&self) -> Timestamp {
        lock(&self.world).now
    }

    fn send(&mut self, body: &Body, event: Event) {
        for copy in 0..=i32::from(event.twice) {
            let visible = Timestamp::UNIX_EPOCH + event.at + event.late + SignedDuration::from_secs(2) * copy;
            self.messages.push(Message { body: body.clone(), visible, receives: 0, faulted: 0, repeated: false, state: State::Live });
        }
    }

    fn fail(&mut self, event: Event) {
        let sighting = Sighting { id: format!("task-{}", self.messages.len()), at: Timestamp::UNIX_EPOCH + event.at };
        self.send(&Body::Failure { about: about(event.workload, event.kind), sighting }, event);
    }

    fn well(&mut self, event: Event) {
        let workload = About { fingerprint: String::new(), ..about(event.workload, 0) };
        self.send(&Body::Well { workload, at: Timestamp::UNIX_EPOCH + event.at }, event);
    }

    /// Until every message is done with, or dead.
    fn run(&mut self) {
        loop {
            let now = self.now();
            for index in 0..self.instances.len() {
                let instance = &self.instances[index];
                if !instance.jobs.is_empty() && now.duration_since(instance.started) >= TIMEOUT {
                    self.kill(index);
                }
            }
            for message in &mut self.messages {
                if message.state == State::Live && message.receives == RECEIVES && message.visible <= now {
                    message.state = State::Dead;
                }
            }
            let visible = self.messages.iter().any(|message| message.state == State::Live && message.visible <= now);
            let idle = (0..self.instances.len()).filter(|index| visible && self.instances[*index].jobs.is_empty()).map(|index| (index, None));
            let ready = self.instances.iter().enumerate().flat_map(|(index, instance)| {
                let ready = instance.jobs.iter().enumerate().filter(|(_, job)| job.done.is_none() && job.wakes <= now);
                ready.map(move |(job, _)| (index, Some(job)))
            });
            let choices: Vec<_> = idle.chain(ready).collect();
            if choices.is_empty() {
                let messages = self.messages.iter().filter(|message| message.state == State::Live).map(|message| message.visible);
                let jobs = self.instances.iter().flat_map(|instance| instance.jobs.iter().map(|job| job.wakes.min(instance.started + TIMEOUT)));
                let Some(next) = messages.chain(jobs).filter(|at| *at > now).min() else { return };
                lock(&self.world).now = next;
                continue;
            }
            let (instance, job) = {
                let mut world = lock(&self.world);
                let passed = world.random(40);
                world.now += SignedDuration::from_millis(i64::try_from(passed).expect("it is small"));
                choices[world.pick(choices.len())]
            };
            match job {
                Some(job) => self.poll(instance, job),
                None => self.receive(instance),
            }
        }
    }

    /// An instance takes a batch.
    fn receive(&mut self, index: usize) {
        let mut world = lock(&self.world);
        let now = world.now;
        let mut batch = Vec::new();
        let size = 1 + world.pick(10);
        let mut visible: Vec<usize> =
            self.messages.iter().enumerate().filter(|(_, message)| message.state == State::Live && message.visible <= now).map(|(at, _)| at).collect();
        while batch.len() < size && !visible.is_empty() {
            let at = visible.swap_remove(world.pick(visible.len()));
            if self.messages[at].receives == RECEIVES {
                continue;
            }
            let repeats = !self.messages[at].repeated && world.random(100) < self.repeats;
            let message = &mut self.messages[at];
            message.receives += 1;
            message.repeated |= repeats;
            message.visible = now + if repeats { SignedDuration::ZERO } else { HIDDEN };
            batch.push(at);
        }
        world.faulted.remove(&index);
        drop(world);
        let instance = &mut self.instances[index];
        let holder = format!("{index}.{}", instance.lives);
        let ledger = instance.ledger.get_or_insert_with(|| Arc::new(Ledger::new(Remote(self.world.clone()), holder, REMINDER))).clone();
        instance.started = now;
        let worker = Worker { world: self.world.clone(), ledger, insists: self.insists };
        let mut failures: BTreeMap<&str, (About, Vec<Sighting>, Vec<usize>)> = BTreeMap::new();
        for at in batch {
            match &self.messages[at].body {
                Body::Failure { about, sighting } => {
                    let group = failures.entry(&about.fingerprint).or_insert_with(|| (about.clone(), Vec::new(), Vec::new()));
                    group.1.push(sighting.clone());
                    group.2.push(at);
                }
                Body::Well { workload, at: since } => {
                    let work = Box::pin(worker.clone().well(workload.clone(), *since));
                    instance.jobs.push(Job { messages: vec![at], wakes: now, done: None, work });
                }
            }
        }
        for (about, sightings, messages) in failures.into_values() {
            let work = Box::pin(worker.clone().failure(about, sightings));
            instance.jobs.push(Job { messages, wakes: now, done: None, work });
        }
    }

    fn poll(&mut self, index: usize, at: usize) {
        {
            let mut world = lock(&self.world);
            world.running = index;
            (world.doomed, world.stalled) = (false, false);
        }
        let job = &mut self.instances[index].jobs[at];
        if let Poll::Ready(done) = job.work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            job.done = Some(done);
        }
        let (doomed, stalled, now) = {
            let world = lock(&self.world);
            (world.doomed, world.stalled, world.now)
        };
        if stalled {
            job.wakes = now + SignedDuration::from_secs(25);
        }
        if doomed {
            self.kill(index);
        } else if self.instances[index].jobs.iter().all(|job| job.done.is_some()) {
            self.finish(index);
        }
    }

    /// What is done is acknowledged when the whole batch is.
    fn finish(&mut self, index: usize) {
        let mut world = lock(&self.world);
        let faulted = world.faulted.contains(&index);
        for job in self.instances[index].jobs.drain(..) {
            for at in job.messages {
                let message = &mut self.messages[at];
                message.faulted += u32::from(faulted);
                // The acknowledgement may be lost.
                if job.done == Some(true) && (message.repeated || world.random(100) >= self.repeats) {
                    message.state = State::Done;
                }
                message.repeated |= job.done == Some(true);
            }
        }
    }

    fn kill(&mut self, index: usize) {
        let instance = &mut self.instances[index];
        for job in instance.jobs.drain(..) {
            job.messages.iter().for_each(|at| self.messages[*at].faulted += 1);
        }
        instance.ledger = None;
        instance.lives += 1;
        let mut world = lock(&self.world);
        world.faulted.insert(index);
        world.notices.iter_mut().filter(|notice| notice.instance == index).for_each(|notice| notice.broken |= !notice.noted);
    }

    /// Everything happens; then every workload is well; then everything fails once more.
    pub(super) fn prove(mut self) -> Tally {
        self.run();
        self.nothing_is_lost();
        lock(&self.world).faults.clear();
        let places: BTreeSet<(u8, u8)> = self.places();
        let event = |now: Timestamp, (workload, kind): (u8, u8)| Event {
            workload,
            kind,
            at: now.duration_since(Timestamp::UNIX_EPOCH) + SignedDuration::from_secs(1),
            late: SignedDuration::ZERO,
            twice: false,
        };
        let now = self.now();
        for workload in places.iter().map(|(workload, _)| *workload).collect::<BTreeSet<u8>>() {
            self.well(event(now, (workload, 0)));
        }
        self.run();
        let ended = self.all_is_over();
        let now = self.now();
        let opened = lock(&self.world).opened.clone();
        for place in places {
            self.fail(event(now, place));
        }
        self.run();
        self.nothing_is_lost();
        for (fingerprint, serial) in ended {
            let next = (fingerprint, serial + 1);
            assert!(!opened.contains(&next) && lock(&self.world).opened.contains(&next), "{next:?} is not announced");
        }
        let world = lock(&self.world);
        let storms = world.notices.iter().filter(|notice| matches!(notice.told, Told::Storm { .. })).count();
        Tally { faults: world.hits, repeated: world.repeated, storms }
    }

    fn places(&self) -> BTreeSet<(u8, u8)> {
        let place = |message: &Message| match &message.body {
            Body::Failure { about, .. } => {
                let (workload, kind) = about.fingerprint[1..].split_once("-f").expect("a fingerprint");
                Some((workload.parse().expect("a number"), kind.parse().expect("a number")))
            }
            Body::Well { .. } => None,
        };
        self.messages.iter().filter_map(place).collect()
    }

    fn nothing_is_lost(&self) {
        let world = lock(&self.world);
        for message in &self.messages {
            assert_ne!(message.state, State::Live);
            // It may have waited for others whose faults they were.
            let has_cause = world.hits > 1 && (message.faulted + UNFAULTED >= RECEIVES || world.hits >= 4);
            assert!(message.state == State::Done || has_cause, "a dead letter after {} faults in all: {message:?}", world.hits);
        }
        let mut anyway: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for notice in &world.notices {
            if let Told::Anyway { fingerprint, ids } = &notice.told
                && !self.insists
            {
                anyway.entry(fingerprint).or_default().extend(ids.iter().map(String::as_str));
            }
        }
        let nobody = BTreeSet::new();
        let mut tasks: BTreeMap<&str, BTreeMap<&str, (Timestamp, State)>> = BTreeMap::new();
        for message in &self.messages {
            let Body::Failure { about, sighting } = &message.body else { continue };
            let state = &mut tasks.entry(&about.fingerprint).or_default().entry(&sighting.id).or_insert((sighting.at, message.state)).1;
            if message.state == State::Done {
                *state = State::Done;
            }
        }
        for (fingerprint, tasks) in tasks {
            let anyway = anyway.get(fingerprint).unwrap_or(&nobody);
            let counted: u64 = world.incidents.iter().filter(|((of, _), _)| of == fingerprint).map(|(_, incident)| incident.occurrences).sum();
            let recorded = tasks.iter().filter(|(id, (_, state))| *state == State::Done && !anyway.contains(*id)).count() as u64;
            assert!((recorded..=tasks.len() as u64).contains(&counted), "{fingerprint}: {counted} counted of {recorded} recorded and {} in all", tasks.len());
            for (id, (at, state)) in &tasks {
                if *state == State::Dead || anyway.contains(id) {
                    continue;
                }
                let serials = &world.recorded[*id];
                let opened = |serial: &u64| world.opened.contains(&(fingerprint.to_owned(), *serial));
                assert!(serials.iter().any(opened), "{id} of {fingerprint} was never announced");
                for incident in serials.iter().filter_map(|serial| world.incidents.get(&(fingerprint.to_owned(), *serial))) {
                    assert!(incident.resolved.is_none_or(|resolved| *at <= resolved), "{id} failed after the end of its incident");
                }
            }
        }
    }

    /// Every incident is over, unless a fault kept the store from knowing of it; the incidents that are.
    fn all_is_over(&self) -> Vec<(String, u64)> {
        let world = lock(&self.world);
        let mut ended = Vec::new();
        for place in self.places() {
            let fingerprint = about(place.0, place.1).fingerprint;
            let anyway = world.notices.iter().any(|notice| matches!(&notice.told, Told::Anyway { fingerprint: f, .. } if *f == fingerprint));
            let dead = self
                .messages
                .iter()
                .any(|message| message.state == State::Dead && !matches!(&message.body, Body::Failure { about, .. } if about.fingerprint != fingerprint));
            let Some(incident) = world.incident(&fingerprint).filter(|incident| incident.closed || !anyway && !dead) else { continue };
            assert!(incident.closed, "it is well, and not over: {incident:?}");
            let told = |notice: &Notice| matches!(&notice.told, Told::One { fingerprint: f, serial, due: Due::Resolved, .. } if *f == fingerprint && *serial == incident.serial);
            assert!(world.notices.iter().any(told), "its end was not told: {incident:?}");
            ended.push((fingerprint, incident.serial));
        }
        ended
    }
}
