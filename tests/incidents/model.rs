//! A queue, a store and instances in one thread under a clock of their own: every step of every instance is taken in an order drawn from a seed,
//! and at any step the store may fail, an answer may be lost or late, or an instance may die. What runs is the function's own core of delivery.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{self, Future};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use ecs_triage::delivery::ports::{self, Clock, EventBus, Journal, Log, Publisher};
use ecs_triage::delivery::{Delivery, Ports, Problem, Rules, Trouble};
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::read_record;
use ecs_triage::event::sender::Trusted;
use ecs_triage::incident::store::{Kept, NotSaved, Store, Unreachable};
use ecs_triage::incident::storm::{Page, Storm};
use ecs_triage::incident::{About, Due, Incident};
use ecs_triage::limits::{FUNCTION, HIDDEN, RECEIVES, SILENCE, STORM_WINDOW, STORM_WORKLOADS};
use ecs_triage::question::{Answer, Evidence, Question};
use ecs_triage::render::notice::Notice as Published;
use ecs_triage::triage::{Prober, Scope};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const REMINDER: SignedDuration = SignedDuration::from_hours(6);
const ACCOUNT: &str = "111122223333";

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
    /// For how long each call of the table takes a second, from the beginning.
    pub(super) slow: SignedDuration,
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
    pub(super) without_table: usize,
}

pub(super) fn about(workload: u8, kind: u8) -> About {
    let word = |word: &str| Some(word.to_owned());
    About {
        fingerprint: format!("w{workload}-f{kind}"),
        account: word(ACCOUNT),
        region: word("eu-west-1"),
        cluster: word("prod"),
        workload: Some(format!("w{workload}")),
        is_service: true,
        step: "secrets-manager".to_owned(),
        fault: format!("fault{kind}"),
        ..About::default()
    }
}

/// What the kinds of failures say.
const REASONS: [&str; 3] = [
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: \
     service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key password",
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/library/nginx:nope: \
     docker.io/library/nginx:nope: not found",
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: \
     ResourceNotFoundException: The specified log group does not exist. : exit status 1",
];

fn failure(workload: u8, kind: u8, task: usize, at: Timestamp) -> String {
    let arn = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:task/prod/{task:032x}");
    let detail = json!({
        "taskArn": arn, "clusterArn": format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/prod"), "group": format!("service:w{workload}"), "lastStatus": "STOPPED",
        "stopCode": "TaskFailedToStart", "stoppedReason": REASONS[usize::from(kind)], "stoppedAt": at.to_string(), "containers": [{"name": "web"}],
    });
    envelope("ECS Task State Change", &arn, &detail)
}

fn well(workload: u8, at: Timestamp) -> String {
    let arn = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:service/prod/w{workload}");
    let cluster = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/prod");
    envelope("ECS Service Action", &arn, &json!({"eventType": "INFO", "eventName": "SERVICE_STEADY_STATE", "clusterArn": cluster, "createdAt": at.to_string()}))
}

fn envelope(kind: &str, arn: &str, detail: &Value) -> String {
    json!({"detail-type": kind, "source": "aws.ecs", "account": ACCOUNT, "region": "eu-west-1", "resources": [arn], "detail": detail}).to_string()
}

/// The fingerprint, step and fault of a kind of failure of a workload.
fn told_of(workload: u8, kind: u8) -> (String, String) {
    let record = failure(workload, kind, 0, Timestamp::UNIX_EPOCH);
    let task = read_record(&record).remove(0).tasks.remove(0).expect("it reads");
    let report = diagnose(&task, &Evidence::default());
    let symptom = &report.symptoms[report.diagnoses[0].symptom].symptom;
    (report.fingerprint.clone(), format!("{}/{}", symptom.step.as_str(), symptom.fault.as_str()))
}

/// Of each kind, what it is called.
static KINDS: LazyLock<Vec<String>> = LazyLock::new(|| (0..3).map(|kind| told_of(0, kind).1).collect());
/// Of each workload and kind, the fingerprint.
static FINGERPRINTS: LazyLock<BTreeMap<(u8, u8), String>> =
    LazyLock::new(|| (0..64).flat_map(|workload| (0..3).map(move |kind| ((workload, kind), told_of(workload, kind).0))).collect());

fn fingerprint(workload: u8, kind: u8) -> &'static str {
    &FINGERPRINTS[&(workload, kind)]
}

/// As an incident remembers a task.
fn hashed(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) & 0xffff_ffff_ffff
}

#[derive(Debug, Clone)]
enum Body {
    Failure { workload: u8, kind: u8, task: usize, at: Timestamp },
    Well { workload: u8, at: Timestamp },
}

impl Body {
    fn text(&self) -> String {
        match self {
            Self::Failure { workload, kind, task, at } => failure(*workload, *kind, *task, *at),
            Self::Well { workload, at } => well(*workload, *at),
        }
    }
}

#[derive(Debug)]
struct Message {
    body: Body,
    visible: Timestamp,
    receives: u32,
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
    /// Members of a storm that begin or end.
    Storm {
        kind: String,
        due: Due,
        members: BTreeSet<(String, u64)>,
    },
    /// From memory, since the table could not be used.
    Anyway {
        fingerprints: BTreeSet<String>,
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
    slow_until: Timestamp,
    hits: usize,
    /// Instances in whose invocation something went wrong.
    faulted: BTreeSet<usize>,
    running: usize,
    doomed: bool,
    /// Who waits until when.
    timers: Vec<(Timestamp, Waker)>,
    notices: Vec<Notice>,
    repeated: usize,
    /// Each incident as it was saved last.
    incidents: BTreeMap<(String, u64), Incident>,
    /// Which incident of a fingerprint an instance has claimed last.
    claimed: BTreeMap<(String, usize), u64>,
    /// Which incidents have counted a sighting.
    recorded: BTreeMap<u64, BTreeSet<u64>>,
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

    /// The members of a storm that no notice has told of.
    fn untold(&self, key: &str, due: Due) -> BTreeSet<(String, u64)> {
        let Some(kept) = self.load(key) else { return BTreeSet::new() };
        let storm: Storm = serde_json::from_str(&kept.body).expect("a storm");
        let pages = if due == Due::Resolved { storm.ended.pages } else { storm.begun.pages };
        let pages = pages.iter().filter_map(|page| self.load(&format!("{key}/{page}")));
        let pages = pages.map(|kept| serde_json::from_str::<Page>(&kept.body).expect("a page"));
        let members = pages.filter(|page| !page.told).flat_map(|page| page.members);
        members.map(|member| (member.fingerprint, member.serial)).collect()
    }

    fn save(&mut self, key: &str, body: String, read: Option<u64>, expires: Timestamp) -> Result<(), NotSaved> {
        if self.load(key).map(|kept| kept.version) != read {
            return Err(NotSaved::Conflict);
        }
        let of_storm = key.starts_with("storms/");
        if !of_storm && !key.starts_with("workload/") && !key.starts_with("culprit/") {
            let incident: Incident = serde_json::from_str(&body).expect("an incident");
            let ids = serde_json::from_str::<Value>(&body).expect("JSON")["ids"].as_str().expect("ids").to_owned();
            let ids: Vec<u64> = ids.as_bytes().chunks(12).map(|id| u64::from_str_radix(str::from_utf8(id).expect("digits"), 16).expect("a number")).collect();
            let own = usize::try_from(incident.occurrences).expect("it is small").min(ids.len());
            for id in &ids[ids.len() - own..] {
                self.recorded.entry(*id).or_default().insert(incident.serial);
            }
            self.note(key, incident);
        }
        self.documents.insert(key.to_owned(), (Kept { body, version: read.map_or(1, |read| read + 1) }, expires));
        if of_storm {
            for at in 0..self.notices.len() {
                let Told::Storm { kind, due, members } = &self.notices[at].told else { continue };
                if kind == key && self.untold(key, *due).is_disjoint(members) {
                    self.notices[at].noted = true;
                }
            }
        }
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
        if incident.claim.as_ref().is_some_and(|claim| claim.holder.starts_with(&format!("{}.", self.running))) {
            self.claimed.insert((key.to_owned(), self.running), incident.serial);
        }
        self.incidents.insert((key.to_owned(), incident.serial), incident);
    }

    /// What a notice tells.
    fn read(&self, notice: &Published) -> Told {
        let word = |name: &str| notice.attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str());
        let kind = format!("{}/{}", word("step").expect("a step"), word("fault").expect("a fault"));
        let place = |name: &str| {
            let workload = name.trim_start_matches('w').parse().expect("a workload");
            let kind = KINDS.iter().position(|known| *known == kind).expect("a kind");
            fingerprint(workload, u8::try_from(kind).expect("it is small")).to_owned()
        };
        let due = match word("state").expect("a state") {
            "opened" | "storm" => Due::Opened,
            "still-failing" => Due::StillFailing,
            _ => Due::Resolved,
        };
        if notice.body.contains("\nWORKLOADS\n") {
            let key = format!("storms/{ACCOUNT}/eu-west-1/{kind}");
            let lines = notice.body.lines().filter_map(|line| line.strip_prefix("  prod/"));
            let new = lines.filter(|line| due == Due::Resolved || line.contains(" new: ")).map(|line| place(line.split(' ').next().unwrap_or_default()));
            let fingerprints: BTreeSet<String> = new.collect();
            assert!(!fingerprints.is_empty(), "a storm without news: {}", notice.body);
            let untold = self.untold(&key, due);
            let members: BTreeSet<(String, u64)> = untold.into_iter().filter(|(fingerprint, _)| fingerprints.contains(fingerprint)).collect();
            let are_all = members.iter().map(|(fingerprint, _)| fingerprint).collect::<BTreeSet<_>>().len() == fingerprints.len();
            return if are_all && !notice.body.contains("are kept in memory") {
                Told::Storm { kind: key, due, members }
            } else {
                Told::Anyway { fingerprints }
            };
        }
        let fingerprint = place(word("workload").expect("a workload"));
        if notice.body.contains("are kept in memory") {
            return Told::Anyway { fingerprints: BTreeSet::from([fingerprint]) };
        }
        let serial = *self.claimed.get(&(fingerprint.clone(), self.running)).expect("what is told is claimed");
        let occurrences = self.incidents[&(fingerprint.clone(), serial)].occurrences;
        Told::One { fingerprint, serial, due, occurrences }
    }

    /// What is known of a fingerprint, for whoever has to find out what went wrong.
    fn history(&self, of: &str) -> String {
        let incidents = self.incidents.iter().filter(|((fingerprint, _), _)| fingerprint == of).map(|(_, incident)| format!("{incident:?}"));
        let notices = self.notices.iter().filter(|notice| format!("{:?}", notice.told).contains(of)).map(|notice| format!("{notice:?}"));
        incidents.chain(notices).collect::<Vec<_>>().join("\n")
    }

    fn was_told_anyway(&self, of: &str) -> bool {
        self.notices.iter().any(|notice| matches!(&notice.told, Told::Anyway { fingerprints } if fingerprints.contains(of)))
    }

    /// A notice goes out: it must have a cause, and must not have gone out before, unless it was not noted for a fault.
    fn publish(&mut self, notice: &Published) -> usize {
        let told = self.read(notice);
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
                        let kind = FINGERPRINTS.iter().find(|(_, of)| *of == fingerprint).map(|((_, kind), _)| *kind);
                        let alike = |of: &str| FINGERPRINTS.iter().any(|((_, other), known)| known == of && Some(*other) == kind);
                        let lately = self.notices.iter().filter(|notice| self.now.duration_since(notice.at) < STORM_WINDOW - FUNCTION);
                        let alone: BTreeSet<&str> = lately
                            .filter_map(|notice| match &notice.told {
                                Told::One { fingerprint, due: Due::Opened, .. } => Some(fingerprint.as_str()).filter(|alone| alike(alone)),
                                _ => None,
                            })
                            .collect();
                        assert!(*occurrences > 0);
                        // One that was over and failed again is still one of those that failed alike.
                        let are_few = alone.len() < STORM_WORKLOADS || alone.contains(fingerprint.as_str());
                        assert!(self.hits > 0 || are_few, "a storm is announced one by one");
                    }
                    Due::StillFailing => {
                        let of_it = |notice: &&Notice| notice.noted && matches!(&notice.told, Told::One { fingerprint: f, .. } if f == fingerprint);
                        let last = self.notices.iter().rfind(of_it);
                        let reminds = last.is_some_and(|last| self.now.duration_since(last.at) >= REMINDER);
                        assert!(*occurrences >= 10 || reminds || self.was_told_anyway(fingerprint), "still failing, after {occurrences}");
                        assert!(self.opened.contains(&key) || self.was_told_anyway(fingerprint), "it goes on before it was told to begin: {told:?}");
                    }
                    Due::Resolved => {
                        let unnoted = self.hits > 0 && self.incident(fingerprint).is_some_and(|incident| incident.announced == 0);
                        let is_told = self.opened.contains(&key) || self.was_told_anyway(fingerprint);
                        assert!(is_told || unnoted, "it ends before it was told to begin: {told:?}");
                        let incident = &self.incidents[&key];
                        assert!(incident.resolved.is_some_and(|resolved| incident.last_seen <= resolved), "{incident:?} is not over");
                    }
                }
                if *due == Due::Opened {
                    self.opened.insert(key);
                }
            }
            Told::Storm { kind, due, members } => {
                let before = self.notices.iter().filter(|notice| matches!(&notice.told, Told::Storm { kind: k, due: d, .. } if k == kind && d == due));
                let mut known = BTreeSet::new();
                for notice in before {
                    assert!(notice.broken || notice.noted, "a storm is announced by two at once");
                    let Told::Storm { members, .. } = &notice.told else { continue };
                    if notice.noted {
                        known.extend(members.clone());
                    }
                    again |= !notice.noted;
                }
                assert!(self.hits > 0 || members.is_disjoint(&known), "a storm tells a member again");
                assert!(members.iter().any(|member| !known.contains(member)), "a storm is announced again, and nothing is new");
                if *due == Due::Resolved {
                    let never = |member: &&(String, u64)| !self.opened.contains(member) && !self.was_told_anyway(&member.0);
                    assert_eq!(members.iter().find(never), None, "it ends before it was told to begin");
                } else {
                    self.opened.extend(members.iter().cloned());
                }
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

/// Lets the others go first, once or more; then says what goes wrong.
async fn step(world: &Shared, is_table: bool) -> Option<Fault> {
    let times = lock(world).random(3);
    for _ in 0..=times {
        pause().await;
    }
    let (fault, slow) = {
        let mut world = lock(world);
        world.operations = world.operations.saturating_add(1);
        let operation = world.operations;
        let fault = world.faults.remove(&operation);
        let running = world.running;
        let slow = is_table && world.now < world.slow_until;
        if fault.is_some() || slow {
            world.hits += 1;
            world.faulted.insert(running);
        }
        world.doomed |= fault == Some(Fault::DeathBefore);
        (fault, slow)
    };
    if slow {
        sleep(world, SignedDuration::from_millis(1200)).await;
    }
    match fault {
        Some(Fault::DeathBefore) => future::pending().await,
        Some(Fault::Stall) => {
            sleep(world, SignedDuration::from_secs(25)).await;
            None
        }
        fault => fault,
    }
}

async fn pause() {
    let mut paused = false;
    future::poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

async fn sleep(world: &Shared, time: SignedDuration) {
    let until = lock(world).now + time;
    let mut is_set = false;
    future::poll_fn(|context| {
        let mut world = lock(world);
        if world.now >= until {
            return Poll::Ready(());
        }
        // An instance has one waker.
        if !std::mem::replace(&mut is_set, true) {
            world.timers.push((until, context.waker().clone()));
        }
        Poll::Pending
    })
    .await;
}

async fn die(world: &Shared) {
    lock(world).doomed = true;
    future::pending::<()>().await;
}

/// All that an instance sees of the world.
#[derive(Debug, Clone)]
struct Remote(Shared);

impl Store for Remote {
    async fn load(&self, key: &str) -> Result<Option<Kept>, Unreachable> {
        match step(&self.0, true).await {
            Some(Fault::Refused | Fault::AnswerLost) => return Err(Unreachable("down".to_owned())),
            Some(Fault::DeathAfter) => die(&self.0).await,
            _ => {}
        }
        Ok(lock(&self.0).load(key))
    }

    async fn save(&self, key: &str, body: String, read: Option<u64>, expires: Timestamp) -> Result<(), NotSaved> {
        let fault = step(&self.0, true).await;
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

impl Publisher for Remote {
    async fn publish(&self, notice: &Published) -> Result<(), String> {
        let fault = step(&self.0, false).await;
        if fault == Some(Fault::Refused) {
            return Err("refused".to_owned());
        }
        let notice = lock(&self.0).publish(notice);
        match fault {
            Some(Fault::AnswerLost | Fault::OwnConflict) => {
                lock(&self.0).notices[notice].broken = true;
                return Err("no answer".to_owned());
            }
            Some(Fault::DeathAfter) => die(&self.0).await,
            _ => {}
        }
        Ok(())
    }

    async fn publish_plain(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

impl Journal for Remote {
    async fn append(&self, _: &str, _: &[&str]) -> Result<(), String> {
        Ok(())
    }
}

impl EventBus for Remote {
    async fn put(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
}

impl Prober for Remote {
    async fn ask(&self, _: &Question) -> Answer {
        Answer::Unknown("nobody asks".to_owned())
    }
}

impl Clock for Remote {
    fn now(&self) -> Timestamp {
        lock(&self.0).now
    }

    async fn sleep(&self, time: SignedDuration) {
        sleep(&self.0, time).await;
    }
}

impl Log for Remote {
    fn line(&self, _: &str) {}

    fn trouble(&self, trouble: &Trouble) {
        let forgotten = matches!(trouble, Trouble::ComesAgain { problem: Problem::Forgotten | Problem::Faulty, .. } | Trouble::Lost(_));
        assert!(!forgotten, "{trouble:?}");
    }
}

#[derive(Debug)]
struct Modelled;

impl ports::World for Modelled {
    type Store = Remote;
    type Publisher = Remote;
    type Journal = Remote;
    type EventBus = Remote;
    type Prober = Remote;
    type Clock = Remote;
    type Log = Remote;
}

fn delivery(world: &Shared, holder: &str) -> Delivery<Modelled> {
    let remote = || Remote(world.clone());
    let ports = Ports { store: Some(remote()), topic: Some(remote()), chat: None, bus: None, journal: None, prober: remote(), clock: remote(), log: remote() };
    Delivery::new(ports, Rules { probing: Scope::Off, reads_logs: false, trusted: Trusted::default(), reminder: REMINDER }, holder)
}

/// Whether a later incident has taken the place of the one that was told of.
fn superseded(world: &World, told: &Told) -> bool {
    matches!(told, Told::One { fingerprint, serial, .. } if world.incident(fingerprint).is_none_or(|incident| incident.serial > *serial))
}

#[derive(Debug, Default)]
struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Work = Pin<Box<dyn Future<Output = Value>>>;

#[derive(Default)]
struct Instance {
    lives: usize,
    delivery: Option<Rc<Delivery<Modelled>>>,
    started: Timestamp,
    messages: Vec<usize>,
    work: Option<Work>,
    awake: Arc<Awake>,
}

/// All there is.
pub(super) struct Model {
    world: Shared,
    instances: Vec<Instance>,
    messages: Vec<Message>,
    repeats: u64,
}

impl Model {
    pub(super) fn new(plan: &Plan) -> Self {
        let world = World {
            now: Timestamp::UNIX_EPOCH,
            random: plan.seed,
            documents: BTreeMap::new(),
            operations: 0,
            faults: plan.faults.iter().copied().collect(),
            slow_until: Timestamp::UNIX_EPOCH + plan.slow,
            hits: 0,
            faulted: BTreeSet::new(),
            running: 0,
            doomed: false,
            timers: Vec::new(),
            notices: Vec::new(),
            repeated: 0,
            incidents: BTreeMap::new(),
            claimed: BTreeMap::new(),
            recorded: BTreeMap::new(),
            opened: BTreeSet::new(),
        };
        let instances = std::iter::repeat_with(Instance::default).take(plan.instances).collect();
        let mut model = Self { world: Arc::new(Mutex::new(world)), instances, messages: Vec::new(), repeats: plan.repeats };
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
            self.messages.push(Message { body: body.clone(), visible, receives: 0, repeated: false, state: State::Live });
        }
    }

    fn fail(&mut self, event: Event) {
        let Event { workload, kind, at, .. } = event;
        self.send(&Body::Failure { workload, kind, task: self.messages.len(), at: Timestamp::UNIX_EPOCH + at }, event);
    }

    fn well(&mut self, event: Event) {
        self.send(&Body::Well { workload: event.workload, at: Timestamp::UNIX_EPOCH + event.at }, event);
    }

    /// Until every message is done with, or dead.
    fn run(&mut self) {
        loop {
            let now = self.now();
            let due: Vec<Waker> = lock(&self.world).timers.extract_if(.., |(at, _)| *at <= now).map(|(_, waker)| waker).collect();
            due.into_iter().for_each(Waker::wake);
            for index in 0..self.instances.len() {
                let instance = &self.instances[index];
                if instance.work.is_some() && now.duration_since(instance.started) >= FUNCTION {
                    self.kill(index);
                }
            }
            for message in &mut self.messages {
                if message.state == State::Live && message.receives == RECEIVES && message.visible <= now {
                    message.state = State::Dead;
                }
            }
            let visible = self.messages.iter().any(|message| message.state == State::Live && message.visible <= now);
            let is_ready = |instance: &Instance| if instance.work.is_some() { instance.awake.0.load(Ordering::Relaxed) } else { visible };
            let choices: Vec<usize> = self.instances.iter().enumerate().filter(|(_, instance)| is_ready(instance)).map(|(index, _)| index).collect();
            if choices.is_empty() {
                let messages = self.messages.iter().filter(|message| message.state == State::Live).map(|message| message.visible);
                let ends = self.instances.iter().filter(|instance| instance.work.is_some()).map(|instance| instance.started + FUNCTION);
                let timers: Vec<Timestamp> = lock(&self.world).timers.iter().map(|(at, _)| *at).collect();
                let is_idle = self.instances.iter().all(|instance| instance.work.is_none());
                let timers = timers.into_iter().filter(|_| !is_idle);
                let Some(next) = messages.chain(ends).chain(timers).filter(|at| *at > now).min() else { return };
                lock(&self.world).now = next;
                continue;
            }
            let instance = {
                let mut world = lock(&self.world);
                let passed = world.random(40);
                world.now += SignedDuration::from_millis(i64::try_from(passed).expect("it is small"));
                choices[world.pick(choices.len())]
            };
            if self.instances[instance].work.is_some() {
                self.poll(instance);
            } else {
                self.receive(instance);
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
        let records: Vec<Value> = batch
            .iter()
            .map(|at| {
                json!({
                    "messageId": at.to_string(), "body": self.messages[*at].body.text(), "eventSource": "aws:sqs",
                    "eventSourceARN": format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:events"),
                })
            })
            .collect();
        let instance = &mut self.instances[index];
        let holder = format!("{index}.{}", instance.lives);
        let delivery = instance.delivery.get_or_insert_with(|| Rc::new(delivery(&self.world, &holder))).clone();
        let payload = json!({"Records": records}).to_string();
        instance.work = Some(Box::pin(async move {
            let function = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:ecs-triage");
            delivery.handle(&payload, &function).await.expect("a batch has an answer")
        }));
        instance.started = now;
        instance.messages = batch;
        instance.awake.0.store(true, Ordering::Relaxed);
    }

    fn poll(&mut self, index: usize) {
        {
            let mut world = lock(&self.world);
            world.running = index;
            world.doomed = false;
        }
        let instance = &mut self.instances[index];
        instance.awake.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(instance.awake.clone());
        let work = instance.work.as_mut().expect("it works");
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        if lock(&self.world).doomed {
            self.kill(index);
        } else if let Poll::Ready(answer) = polled {
            self.finish(index, &answer);
        }
    }

    /// What is done is acknowledged when the whole batch is.
    fn finish(&mut self, index: usize, answer: &Value) {
        let failed = answer["batchItemFailures"].as_array().expect("an answer");
        let failed: BTreeSet<usize> = failed.iter().filter_map(|failure| failure["itemIdentifier"].as_str()?.parse().ok()).collect();
        let mut world = lock(&self.world);
        self.instances[index].work = None;
        for at in self.instances[index].messages.drain(..) {
            let (message, is_done) = (&mut self.messages[at], !failed.contains(&at));
            // The acknowledgement may be lost.
            if is_done && (message.repeated || world.random(100) >= self.repeats) {
                message.state = State::Done;
            }
            message.repeated |= is_done;
        }
        let faulted = world.faulted.contains(&index);
        let ours: Vec<usize> = world.notices.iter().enumerate().filter(|(_, notice)| notice.instance == index && !notice.noted).map(|(at, _)| at).collect();
        for at in ours {
            let is_fine = faulted || world.notices[at].broken || superseded(&world, &world.notices[at].told);
            assert!(is_fine, "it is out and not noted: {:?}", world.notices[at]);
            world.notices[at].broken = true;
        }
    }

    fn kill(&mut self, index: usize) {
        let instance = &mut self.instances[index];
        instance.work = None;
        instance.messages.clear();
        instance.delivery = None;
        instance.lives += 1;
        let mut world = lock(&self.world);
        world.faulted.insert(index);
        world.notices.iter_mut().filter(|notice| notice.instance == index).for_each(|notice| notice.broken |= !notice.noted);
    }

    /// Everything happens; then every workload is well; then everything fails once more.
    pub(super) fn prove(mut self) -> Tally {
        self.run();
        self.nothing_is_lost();
        {
            let mut world = lock(&self.world);
            world.faults.clear();
            // Whoever flaps is well once it has been so for a while.
            world.now += SignedDuration::from_mins(20);
        }
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
        let count = |of: fn(&Told) -> bool| world.notices.iter().filter(|notice| of(&notice.told)).count();
        Tally {
            faults: world.hits,
            repeated: world.repeated,
            storms: count(|told| matches!(told, Told::Storm { due: Due::Opened, .. })),
            without_table: count(|told| matches!(told, Told::Anyway { .. })),
        }
    }

    fn places(&self) -> BTreeSet<(u8, u8)> {
        let place = |message: &Message| match message.body {
            Body::Failure { workload, kind, .. } => Some((workload, kind)),
            Body::Well { .. } => None,
        };
        self.messages.iter().filter_map(place).collect()
    }

    fn nothing_is_lost(&self) {
        let world = lock(&self.world);
        let mut tasks: BTreeMap<&str, BTreeMap<usize, Timestamp>> = BTreeMap::new();
        for message in &self.messages {
            assert_eq!(message.state, State::Done, "{message:?}");
            let Body::Failure { workload, kind, task, at } = message.body else { continue };
            tasks.entry(fingerprint(workload, kind)).or_default().insert(task, at);
        }
        for (fingerprint, tasks) in tasks {
            let counted: u64 = world.incidents.iter().filter(|((of, _), _)| of == fingerprint).map(|(_, incident)| incident.occurrences).sum();
            assert_eq!(counted, tasks.len() as u64, "{fingerprint}: so many are counted");
            for (task, at) in &tasks {
                let id = hashed(&format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:task/prod/{task:032x}"));
                let serials = world.recorded.get(&id).expect("it is recorded");
                let opened = |serial: &u64| world.opened.contains(&(fingerprint.to_owned(), *serial));
                assert!(
                    serials.iter().any(opened) || world.was_told_anyway(fingerprint),
                    "{task} of {fingerprint} was never announced: {}",
                    world.history(fingerprint)
                );
                for incident in serials.iter().filter_map(|serial| world.incidents.get(&(fingerprint.to_owned(), *serial))) {
                    assert!(incident.resolved.is_none_or(|resolved| *at <= resolved), "{task} failed after the end of its incident");
                }
            }
        }
    }

    /// Every incident is over, and that was told; the incidents.
    fn all_is_over(&self) -> Vec<(String, u64)> {
        let world = lock(&self.world);
        let mut ended = Vec::new();
        for (workload, kind) in self.places() {
            let fingerprint = fingerprint(workload, kind).to_owned();
            let incident = world.incident(&fingerprint).expect("it is kept");
            assert!(incident.closed, "it is well, and not over: {incident:?}");
            let told = |notice: &Notice| match &notice.told {
                Told::One { fingerprint: f, serial, due: Due::Resolved, .. } => *f == fingerprint && *serial == incident.serial,
                Told::Storm { due: Due::Resolved, members, .. } => members.contains(&(fingerprint.clone(), incident.serial)),
                _ => false,
            };
            assert!(world.notices.iter().any(told), "its end was not told: {incident:?}");
            ended.push((fingerprint, incident.serial));
        }
        ended
    }
}
