//! A queue, a store and instances in one thread under a clock of their own: every step of every instance is
//! taken in an order drawn from a seed, and at any step the store may fail, an answer may be lost or late, or
//! an instance may die. What runs is the function's own core of delivery.

use std::collections::{BTreeMap, BTreeSet, HashMap};
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
use ecs_triage::limits::{FLAPS, FUNCTION, HIDDEN, RECEIVES, SILENCE, STORM_WINDOW, STORM_WORKLOADS};
use ecs_triage::question::{Answer, Evidence, Question};
use ecs_triage::render::notice::Notice as Published;
use ecs_triage::triage::{Prober, Scope};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const REMINDER: SignedDuration = SignedDuration::from_hours(6);
pub(super) const ACCOUNT: &str = "111122223333";

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
    /// The whole instance stands still, for less than Lambda lets it live or for longer.
    Freeze,
}

/// What an instance calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Table,
    Topic,
    Chat,
    Bus,
}

/// A part that answers nothing for a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outage {
    pub(super) of: Part,
    pub(super) from: SignedDuration,
    pub(super) lasts: SignedDuration,
}

/// What happens in the world, and what goes wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) instances: usize,
    pub(super) failures: Vec<Event>,
    pub(super) wells: Vec<Event>,
    /// At which operation which fault comes.
    pub(super) faults: Vec<(u16, Fault)>,
    /// Of a hundred deliveries, how many come twice, or again although acknowledged.
    pub(super) repeats: u64,
    /// For how long each call of the table takes how long, from the beginning.
    pub(super) slow: (SignedDuration, SignedDuration),
    pub(super) outages: Vec<Outage>,
    /// Whether the table takes no more of one item in a second than DynamoDB does.
    pub(super) limited: bool,
    /// Until when nobody receives, so that all waits and comes in any order.
    pub(super) held: SignedDuration,
    /// As far as clocks are apart.
    pub(super) apart: SignedDuration,
    /// As long as each question to AWS takes; without it none is asked.
    pub(super) asking: SignedDuration,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Event {
    pub(super) workload: u16,
    /// Which fingerprint of the workload; a steady state has none.
    pub(super) kind: u8,
    pub(super) at: SignedDuration,
    /// How much later it is delivered.
    pub(super) late: SignedDuration,
    /// Whether it comes in two messages.
    pub(super) twice: bool,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) faults: usize,
    pub(super) repeated: usize,
    pub(super) storms: usize,
    pub(super) without_table: usize,
    /// Notices of all kinds.
    pub(super) notices: usize,
    /// Calls of the table that it did not take, since they were too many for one item.
    pub(super) throttled: usize,
    /// When the first notice came, and when the last failure was first announced.
    pub(super) announced_after: (SignedDuration, SignedDuration),
    /// Notices that chat and bus did not take.
    pub(super) not_in_chat: usize,
    pub(super) not_on_bus: usize,
}

pub(super) fn about(workload: u16, kind: u8) -> About {
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

pub(super) fn failure(workload: u16, kind: u8, task: usize, at: Timestamp) -> String {
    let arn = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:task/prod/{task:032x}");
    let detail = json!({
        "taskArn": arn, "clusterArn": format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/prod"), "group": format!("service:w{workload}"), "lastStatus": "STOPPED",
        "stopCode": "TaskFailedToStart", "stoppedReason": REASONS[usize::from(kind)], "stoppedAt": at.to_string(), "containers": [{"name": "web"}],
    });
    envelope("ECS Task State Change", &arn, &detail)
}

pub(super) fn well(workload: u16, at: Timestamp) -> String {
    let arn = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:service/prod/w{workload}");
    let cluster = format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/prod");
    envelope(
        "ECS Service Action",
        &arn,
        &json!({"eventType": "INFO", "eventName": "SERVICE_STEADY_STATE", "clusterArn": cluster, "createdAt": at.to_string()}),
    )
}

fn envelope(kind: &str, arn: &str, detail: &Value) -> String {
    json!({"detail-type": kind, "source": "aws.ecs", "account": ACCOUNT, "region": "eu-west-1", "resources": [arn], "detail": detail}).to_string()
}

/// The fingerprint, step and fault of a kind of failure of a workload.
fn fingerprint_and_kind(workload: u16, kind: u8) -> (String, String) {
    let record = failure(workload, kind, 0, Timestamp::UNIX_EPOCH);
    let task = read_record(&record).remove(0).tasks.remove(0).expect("it reads");
    let report = diagnose(&task, &Evidence::default());
    let symptom = &report.symptoms[report.diagnoses[0].symptom].symptom;
    (report.fingerprint.clone(), format!("{}/{}", symptom.step.as_str(), symptom.fault.as_str()))
}

/// Of each kind, what it is called.
static KINDS: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..3).map(|kind| fingerprint_and_kind(0, kind).1).collect());
/// Of each workload and kind that was asked for, the fingerprint; and the other way round.
static FINGERPRINTS: LazyLock<Mutex<Fingerprints>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Fingerprints {
    of: HashMap<(u16, u8), &'static str>,
    place: HashMap<&'static str, (u16, u8)>,
}

fn fingerprint(workload: u16, kind: u8) -> &'static str {
    let mut known = FINGERPRINTS.lock().expect("nobody panicked");
    if let Some(fingerprint) = known.of.get(&(workload, kind)) {
        return fingerprint;
    }
    let fingerprint: &str = Box::leak(fingerprint_and_kind(workload, kind).0.into_boxed_str());
    known.of.insert((workload, kind), fingerprint);
    known.place.insert(fingerprint, (workload, kind));
    fingerprint
}

/// The kind of a failure with this fingerprint.
fn kind_of(fingerprint: &str) -> Option<u8> {
    FINGERPRINTS.lock().expect("nobody panicked").place.get(fingerprint).map(|(_, kind)| *kind)
}

/// As an incident remembers a task.
fn hashed(id: &str) -> u64 {
    id.bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        & 0xffff_ffff_ffff
}

#[derive(Debug, Clone)]
enum Body {
    Failure { workload: u16, kind: u8, task: usize, at: Timestamp },
    Well { workload: u16, at: Timestamp },
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

/// What a notice announces.
#[derive(Debug, Clone)]
enum Content {
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
    FromMemory {
        fingerprints: BTreeSet<String>,
    },
}

#[derive(Debug)]
struct Notice {
    content: Content,
    at: Timestamp,
    instance: usize,
    /// Its publisher died, or got no answer that it is out, or could not note it.
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
    slow: (Timestamp, SignedDuration),
    outages: Vec<Outage>,
    /// What was read and written of each item in a second, where that is limited.
    taken: Option<HashMap<String, (i64, [usize; 2])>>,
    throttled: usize,
    /// Until when an instance stands still.
    frozen: BTreeMap<usize, Timestamp>,
    /// How far the clock of each instance is off.
    skews: Vec<SignedDuration>,
    asking: SignedDuration,
    deaths: usize,
    troubles: Vec<String>,
    /// Notices that people, chats and machines have, as the instance knows, and those that it counts as
    /// missing there.
    published: usize,
    /// Ends that the bus was to take, by the fingerprint of their incident, and those of them that follow a
    /// notice of their own.
    ends_for_bus: BTreeMap<String, usize>,
    published_ends: usize,
    reached: BTreeMap<Part, [usize; 2]>,
    hits: usize,
    /// Instances in whose invocation something went wrong.
    faulted: BTreeSet<usize>,
    running: usize,
    doomed: bool,
    /// Who waits until when.
    timers: BTreeMap<(Timestamp, usize), Waker>,
    waits: usize,
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

    /// The members of a storm that no notice has announced.
    fn unannounced(&self, key: &str, due: Due) -> BTreeSet<(String, u64)> {
        let Some(kept) = self.load(key) else { return BTreeSet::new() };
        let storm: Storm = serde_json::from_str(&kept.body).expect("a storm");
        let pages = if due == Due::Resolved { storm.ended.pages } else { storm.begun.pages };
        let pages = pages.iter().filter_map(|page| self.load(&format!("{key}/{page}")));
        let pages = pages.map(|kept| serde_json::from_str::<Page>(&kept.body).expect("a page"));
        let members = pages.filter(|page| !page.is_announced).flat_map(|page| page.members);
        members.map(|member| (member.fingerprint, member.serial)).collect()
    }

    fn save(
        &mut self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        if self.load(key).map(|kept| kept.version) != read {
            return Err(NotSaved::Conflict);
        }
        let of_storm = key.starts_with("storms/");
        if !of_storm && !key.starts_with("workload/") && !key.starts_with("culprit/") {
            let incident: Incident = serde_json::from_str(&body).expect("an incident");
            let ids =
                serde_json::from_str::<Value>(&body).expect("JSON")["ids"].as_str().expect("ids").to_owned();
            let ids: Vec<u64> = ids
                .as_bytes()
                .chunks(12)
                .map(|id| u64::from_str_radix(str::from_utf8(id).expect("digits"), 16).expect("a number"))
                .collect();
            let own = usize::try_from(incident.occurrences).expect("it is small").min(ids.len());
            for id in &ids[ids.len() - own..] {
                self.recorded.entry(*id).or_default().insert(incident.serial);
            }
            self.note(key, incident);
        }
        if let (None, Ok(page)) = (read, serde_json::from_str::<Page>(&body)) {
            self.all_know(key, &page);
        }
        self.documents
            .insert(key.to_owned(), (Kept { body, version: read.map_or(1, |read| read + 1) }, expires));
        if of_storm {
            for at in 0..self.notices.len() {
                let notice = &self.notices[at];
                let Content::Storm { kind, due, members } = &notice.content else { continue };
                if !notice.noted && kind == key && self.unannounced(key, *due).is_disjoint(members) {
                    self.notices[at].noted = true;
                }
            }
        }
        Ok(())
    }

    /// Whoever is listed on a new page knows that it is.
    fn all_know(&self, key: &str, page: &Page) {
        for member in &page.members {
            let incident = self.incident(&member.fingerprint).expect("it is recorded before it is listed");
            let listed = [incident.storm.page, incident.storm.end];
            let knows = listed.iter().flatten().any(|page| key.ends_with(page.as_str()));
            assert!(knows, "{key} lists {member:?}, which is on {listed:?}");
        }
    }

    fn note(&mut self, key: &str, incident: Incident) {
        if let Some(before) = self.incident(key).filter(|before| before.serial != incident.serial) {
            let silent = incident.last_seen.duration_since(before.last_seen) > SILENCE;
            assert!(before.resolved.is_some() || silent, "{key} begins anew while it is open");
            assert_eq!(incident.serial, before.serial + 1);
        }
        for notice in &mut self.notices {
            let Content::One { fingerprint, serial, due, occurrences } = &notice.content else { continue };
            let known = match due {
                Due::Opened => incident.announced > 0,
                Due::StillFailing => incident.announced >= *occurrences,
                Due::Resolved => incident.closed,
            };
            notice.noted |= fingerprint == key && *serial == incident.serial && known;
        }
        if incident
            .claim
            .as_ref()
            .is_some_and(|claim| claim.holder.starts_with(&format!("{}.", self.running)))
        {
            self.claimed.insert((key.to_owned(), self.running), incident.serial);
        }
        self.incidents.insert((key.to_owned(), incident.serial), incident);
    }

    /// What a notice announces.
    fn read(&self, notice: &Published) -> Content {
        let word = |name: &str| {
            notice.attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
        };
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
            let lines = notice.body.lines().filter_map(|line| line.strip_prefix("- prod/"));
            let new = lines
                .filter(|line| due == Due::Resolved || line.contains(" (new): "))
                .map(|line| place(line.split([' ', ':']).next().unwrap_or_default()));
            // Of one fingerprint several incidents may be due: what is announced is the earliest of them.
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            new.for_each(|fingerprint| *counts.entry(fingerprint).or_default() += 1);
            assert!(!counts.is_empty(), "a storm without new members: {}", notice.body);
            let unannounced = self.unannounced(&key, due);
            let of = |(fingerprint, count): (&String, &usize)| {
                unannounced
                    .iter()
                    .filter(|(other, _)| other == fingerprint)
                    .take(*count)
                    .cloned()
                    .collect::<Vec<_>>()
            };
            let members: BTreeSet<(String, u64)> = counts.iter().flat_map(of).collect();
            let are_all = counts.keys().all(|one| members.iter().any(|(fingerprint, _)| fingerprint == one));
            let fingerprints: BTreeSet<String> = counts.into_keys().collect();
            return if are_all && !notice.body.contains("are kept in memory") {
                Content::Storm { kind: key, due, members }
            } else {
                Content::FromMemory { fingerprints }
            };
        }
        let fingerprint = place(word("workload").expect("a workload"));
        if notice.body.contains("are kept in memory") {
            return Content::FromMemory { fingerprints: BTreeSet::from([fingerprint]) };
        }
        let serial =
            *self.claimed.get(&(fingerprint.clone(), self.running)).expect("what is announced is claimed");
        // What others have recorded meanwhile it does not have.
        let occurrences = notice
            .body
            .split_once(" failed start")
            .and_then(|(before, _)| before.rsplit([' ', '\n']).next()?.parse().ok());
        let occurrences = occurrences.expect("a number of failed starts");
        Content::One { fingerprint, serial, due, occurrences }
    }

    /// What is known of a fingerprint, for whoever has to find out what went wrong.
    fn history(&self, of: &str) -> String {
        let incidents = self
            .incidents
            .iter()
            .filter(|((fingerprint, _), _)| fingerprint == of)
            .map(|(_, incident)| format!("{incident:?}"));
        let notices = self
            .notices
            .iter()
            .filter(|notice| format!("{:?}", notice.content).contains(of))
            .map(|notice| format!("{notice:?}"));
        incidents.chain(notices).collect::<Vec<_>>().join("\n")
    }

    fn is_announced_from_memory(&self, of: &str) -> bool {
        self.notices
            .iter()
            .any(|notice| matches!(&notice.content, Content::FromMemory { fingerprints } if fingerprints.contains(of)))
    }

    /// A notice goes out: it must have a cause, and must not have gone out before, unless it was not noted
    /// for a fault.
    #[expect(clippy::too_many_lines, reason = "each promise about a notice is checked in its turn")]
    fn publish(&mut self, notice: &Published) -> usize {
        let content = self.read(notice);
        let running = self.running;
        let mut again = false;
        let mut same = |notice: &Notice, what: &Content| {
            assert!(
                notice.broken && !notice.noted,
                "announced twice without cause: {what:?} after {notice:?}"
            );
            again = true;
        };
        match &content {
            Content::One { fingerprint, serial, due, occurrences } => {
                for notice in &self.notices {
                    let Content::One { fingerprint: f, serial: s, due: d, occurrences: o } = &notice.content
                    else {
                        continue;
                    };
                    let reminds = self.now.duration_since(notice.at) >= REMINDER && o < occurrences;
                    if (f, s, d) == (fingerprint, serial, due)
                        && (*due != Due::StillFailing || o.ilog10() == occurrences.ilog10() && !reminds)
                    {
                        same(notice, &content);
                    }
                }
                let key = (fingerprint.clone(), *serial);
                match due {
                    Due::Opened => {
                        let alike = |of: &str| kind_of(of) == kind_of(fingerprint);
                        let lately = self
                            .notices
                            .iter()
                            .filter(|notice| self.now.duration_since(notice.at) < STORM_WINDOW - FUNCTION);
                        let alone: BTreeSet<&str> = lately
                            .filter_map(|notice| match &notice.content {
                                Content::One { fingerprint, due: Due::Opened, .. } => {
                                    Some(fingerprint.as_str()).filter(|alone| alike(alone))
                                }
                                _ => None,
                            })
                            .collect();
                        assert!(*occurrences > 0);
                        // One that was over and failed again is still one of those that failed alike.
                        let are_few = alone.len() < STORM_WORKLOADS || alone.contains(fingerprint.as_str());
                        assert!(self.hits > 0 || are_few, "a storm is announced one by one");
                    }
                    Due::StillFailing => {
                        let of_it = |notice: &&Notice| {
                            notice.noted
                                && matches!(&notice.content, Content::One { fingerprint: f, .. } if f == fingerprint)
                        };
                        let last = self.notices.iter().rfind(of_it);
                        let reminds = last.is_some_and(|last| self.now.duration_since(last.at) >= REMINDER);
                        assert!(
                            *occurrences >= 10 || reminds || self.is_announced_from_memory(fingerprint),
                            "still failing, after {occurrences}"
                        );
                        assert!(
                            self.opened.contains(&key) || self.is_announced_from_memory(fingerprint),
                            "it goes on before its beginning was announced: {content:?}"
                        );
                    }
                    Due::Resolved => {
                        let unnoted = self.hits > 0
                            && self.incident(fingerprint).is_some_and(|incident| incident.announced == 0);
                        let is_announced =
                            self.opened.contains(&key) || self.is_announced_from_memory(fingerprint);
                        assert!(
                            is_announced || unnoted,
                            "it ends before its beginning was announced: {content:?}"
                        );
                        let incident = &self.incidents[&key];
                        assert!(
                            incident.resolved.is_some_and(|resolved| incident.last_seen <= resolved),
                            "{incident:?} is not over"
                        );
                    }
                }
                if *due == Due::Opened {
                    self.opened.insert(key);
                }
            }
            Content::Storm { kind, due, members } => {
                let before = self.notices.iter().filter(|notice| matches!(&notice.content, Content::Storm { kind: k, due: d, .. } if k == kind && d == due));
                let mut known = BTreeSet::new();
                for notice in before {
                    assert!(notice.broken || notice.noted, "a storm is announced by two at once");
                    let Content::Storm { members, .. } = &notice.content else { continue };
                    if notice.noted {
                        known.extend(members.clone());
                    }
                    again |= !notice.noted;
                }
                assert!(self.hits > 0 || members.is_disjoint(&known), "a storm announces a member again");
                assert!(
                    members.iter().any(|member| !known.contains(member)),
                    "a storm is announced again, and nothing is new"
                );
                if *due == Due::Resolved {
                    let never = |member: &&(String, u64)| {
                        !self.opened.contains(member) && !self.is_announced_from_memory(&member.0)
                    };
                    assert_eq!(
                        members.iter().find(never),
                        None,
                        "it ends before its beginning was announced"
                    );
                } else {
                    self.opened.extend(members.iter().cloned());
                }
            }
            Content::FromMemory { .. } => assert!(self.faulted.contains(&running), "the store did not fail"),
        }
        self.repeated += usize::from(again);
        self.notices.push(Notice { content, at: self.now, instance: running, broken: false, noted: false });
        self.notices.len() - 1
    }
}

type Shared = Arc<Mutex<World>>;

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().expect("nobody panicked")
}

/// Lets the others go first, once or more; then says what goes wrong.
async fn step(world: &Shared, part: Part) -> Option<Fault> {
    let times = lock(world).random(3);
    for _ in 0..=times {
        pause().await;
    }
    let (fault, slow) = {
        let mut world = lock(world);
        world.operations = world.operations.saturating_add(1);
        let operation = world.operations;
        let mut fault = world.faults.remove(&operation);
        let (running, now) = (world.running, world.now);
        let since = now.duration_since(Timestamp::UNIX_EPOCH);
        let mut slow =
            if part == Part::Table && now < world.slow.0 { world.slow.1 } else { SignedDuration::ZERO };
        if fault.is_none()
            && world
                .outages
                .iter()
                .any(|outage| outage.of == part && outage.from <= since && since < outage.from + outage.lasts)
        {
            fault = Some(Fault::Refused);
            // One call in two waits for its answer until its client gives up.
            slow = SignedDuration::from_secs(8) * i32::from(world.random(2) == 0);
        }
        // What chats and machines receive decides nothing.
        if (fault.is_some() || !slow.is_zero())
            && (matches!(part, Part::Table | Part::Topic)
                || fault.is_some_and(|fault| fault != Fault::Refused))
        {
            world.hits += 1;
            world.faulted.insert(running);
        }
        if fault == Some(Fault::Freeze) {
            let seconds = if world.random(2) == 0 { 45 } else { 90 };
            world.frozen.insert(running, now + SignedDuration::from_secs(seconds));
        }
        world.doomed |= fault == Some(Fault::DeathBefore);
        (fault, slow)
    };
    if !slow.is_zero() {
        sleep(world, slow).await;
    }
    match fault {
        Some(Fault::DeathBefore) => future::pending().await,
        Some(Fault::Stall) => {
            sleep(world, SignedDuration::from_secs(25)).await;
            None
        }
        Some(Fault::Freeze) => {
            pause().await;
            None
        }
        fault => fault,
    }
}

/// What DynamoDB takes of one item in a second, reads and writes.
const LIMITS: [usize; 2] = [3000, 1000];
/// As often as the client tries, and as long as it waits at most before the second try.
const TRIES: u32 = 3;

/// Waits until the table takes so many units of an item, as the client does; whether it took them.
async fn take(world: &Shared, key: &str, units: [usize; 2]) -> bool {
    for attempt in 0..TRIES {
        let wait = {
            let mut world = lock(world);
            let (now, running) = (world.now.as_second(), world.running);
            let Some(taken) = &mut world.taken else { return true };
            let of_item = taken.entry(key.to_owned()).or_default();
            if of_item.0 != now {
                *of_item = (now, [0, 0]);
            }
            let fits = (0..2).all(|way| of_item.1[way] + units[way] <= LIMITS[way]);
            if fits {
                (0..2).for_each(|way| of_item.1[way] += units[way]);
                return true;
            }
            world.throttled += 1;
            world.hits += 1;
            world.faulted.insert(running);
            world.random(1000 << attempt)
        };
        sleep(world, SignedDuration::from_millis(i64::try_from(wait).expect("it is small"))).await;
    }
    false
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
            world.waits += 1;
            let timer = (until, world.waits);
            world.timers.insert(timer, context.waker().clone());
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
        let size = lock(&self.0).load(key).map_or(0, |kept| kept.body.len());
        if !take(&self.0, key, [size.div_ceil(4096).max(1), 0]).await {
            return Err(Unreachable("throttled".to_owned()));
        }
        match step(&self.0, Part::Table).await {
            Some(Fault::Refused | Fault::AnswerLost) => return Err(Unreachable("down".to_owned())),
            Some(Fault::DeathAfter) => die(&self.0).await,
            _ => {}
        }
        Ok(lock(&self.0).load(key))
    }

    async fn save(
        &self,
        key: &str,
        body: String,
        read: Option<u64>,
        expires: Timestamp,
    ) -> Result<(), NotSaved> {
        if !take(&self.0, key, [0, body.len().div_ceil(1024)]).await {
            return Err(NotSaved::Unavailable("throttled".to_owned()));
        }
        let fault = step(&self.0, Part::Table).await;
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

    async fn give_way(&self, times: u32) {
        let most = 20_u64 << times.min(5);
        let time = lock(&self.0).random(most);
        sleep(&self.0, SignedDuration::from_millis(i64::try_from(time).expect("it is small"))).await;
    }
}

impl Publisher for Remote {
    async fn publish(&self, notice: &Published) -> Result<(), String> {
        let fault = step(&self.0, Part::Topic).await;
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
        let mut world = lock(&self.0);
        world.published += 1;
        if matches!(world.notices[notice].content, Content::One { due: Due::Resolved, .. }) {
            world.published_ends += 1;
        }
        Ok(())
    }

    async fn publish_plain(&self, _: &str) -> Result<(), String> {
        tell_other(&self.0, Part::Chat).await
    }
}

/// Tells a chat or a machine.
async fn tell_other(world: &Shared, part: Part) -> Result<(), String> {
    match step(world, part).await {
        Some(Fault::Refused | Fault::AnswerLost | Fault::OwnConflict) => return Err("refused".to_owned()),
        Some(Fault::DeathAfter) => die(world).await,
        _ => {}
    }
    lock(world).reached.entry(part).or_default()[0] += 1;
    Ok(())
}

impl Journal for Remote {
    async fn append(&self, _: &str, _: &[&str]) -> Result<(), String> {
        Ok(())
    }
}

impl EventBus for Remote {
    async fn put(&self, _: &str, detail: &str) -> Result<(), String> {
        let detail: Value = serde_json::from_str(detail).expect("JSON");
        // A storm's id is its key.
        let id = detail["id"].as_str().filter(|id| !id.contains('/'));
        if let Some(id) = id.filter(|_| detail["attributes"]["state"] == "resolved") {
            *lock(&self.0).ends_for_bus.entry(id.to_owned()).or_default() += 1;
        }
        tell_other(&self.0, Part::Bus).await
    }
}

impl Prober for Remote {
    async fn ask(&self, _: &Question) -> Answer {
        let asking = lock(&self.0).asking;
        sleep(&self.0, asking).await;
        Answer::Unknown("nobody knows".to_owned())
    }
}

impl Clock for Remote {
    fn now(&self) -> Timestamp {
        let world = lock(&self.0);
        world.now + world.skews[world.running]
    }

    async fn sleep(&self, time: SignedDuration) {
        sleep(&self.0, time).await;
    }
}

impl Log for Remote {
    fn line(&self, _: &str) {}

    fn trouble(&self, trouble: &Trouble) {
        let forgotten = matches!(
            trouble,
            Trouble::ComesAgain { problem: Problem::Forgotten | Problem::Faulty, .. } | Trouble::Lost(_)
        );
        assert!(!forgotten, "{trouble:?}");
        let reported = {
            let world = lock(&self.0);
            format!("{} {}: {trouble:?}", world.now, world.running)
        };
        lock(&self.0).troubles.push(reported);
        let part = match trouble {
            Trouble::NotInChat(_) => Part::Chat,
            Trouble::NotOnBus(_) => Part::Bus,
            _ => return,
        };
        lock(&self.0).reached.entry(part).or_default()[1] += 1;
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
    let some = || Some(remote());
    let ports = Ports {
        store: some(),
        topic: some(),
        chat: some(),
        bus: some(),
        journal: None,
        prober: remote(),
        clock: remote(),
        log: remote(),
    };
    let probing = if lock(world).asking.is_zero() { Scope::Off } else { Scope::Full };
    Delivery::new(
        ports,
        Rules {
            probing,
            reads_logs: false,
            trusted: Trusted::default(),
            reminder: REMINDER,
            runbooks: None,
            team_tag: None,
        },
        holder,
    )
}

/// Whether a later incident has taken the place of the one that was announced.
fn superseded(world: &World, content: &Content) -> bool {
    matches!(content, Content::One { fingerprint, serial, .. } if world.incident(fingerprint).is_none_or(|incident| incident.serial > *serial))
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
    /// Messages that are neither done with nor dead, by when they are visible.
    live: BTreeSet<(Timestamp, usize)>,
    held: SignedDuration,
    repeats: u64,
}

impl Model {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut random = plan.seed;
        let mut skew = || {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            plan.apart * i32::try_from(random >> 60).expect("it is small") / 15
        };
        let world = World {
            now: Timestamp::UNIX_EPOCH,
            random: plan.seed,
            documents: BTreeMap::new(),
            operations: 0,
            faults: plan.faults.iter().copied().collect(),
            slow: (Timestamp::UNIX_EPOCH + plan.slow.0, plan.slow.1),
            outages: plan.outages.clone(),
            taken: plan.limited.then(HashMap::new),
            throttled: 0,
            frozen: BTreeMap::new(),
            skews: (0..plan.instances).map(|_| skew()).collect(),
            asking: plan.asking,
            deaths: 0,
            troubles: Vec::new(),
            published: 0,
            ends_for_bus: BTreeMap::new(),
            published_ends: 0,
            reached: BTreeMap::new(),
            hits: 0,
            faulted: BTreeSet::new(),
            running: 0,
            doomed: false,
            timers: BTreeMap::new(),
            waits: 0,
            notices: Vec::new(),
            repeated: 0,
            incidents: BTreeMap::new(),
            claimed: BTreeMap::new(),
            recorded: BTreeMap::new(),
            opened: BTreeSet::new(),
        };
        let instances = std::iter::repeat_with(Instance::default).take(plan.instances).collect();
        let (messages, live) = (Vec::new(), BTreeSet::new());
        let mut model = Self {
            world: Arc::new(Mutex::new(world)),
            instances,
            messages,
            live,
            held: plan.held,
            repeats: plan.repeats,
        };
        plan.failures.iter().for_each(|event| model.fail(*event));
        plan.wells.iter().for_each(|event| model.well(*event));
        model
    }

    fn now(&self) -> Timestamp {
        lock(&self.world).now
    }

    fn send(&mut self, body: &Body, event: Event) {
        for copy in 0..=i32::from(event.twice) {
            let visible = Timestamp::UNIX_EPOCH
                + (event.at + event.late + SignedDuration::from_secs(2) * copy).max(self.held);
            self.live.insert((visible, self.messages.len()));
            self.messages.push(Message {
                body: body.clone(),
                visible,
                receives: 0,
                repeated: false,
                state: State::Live,
            });
        }
    }

    fn fail(&mut self, event: Event) {
        let Event { workload, kind, at, .. } = event;
        self.send(
            &Body::Failure { workload, kind, task: self.messages.len(), at: Timestamp::UNIX_EPOCH + at },
            event,
        );
    }

    fn well(&mut self, event: Event) {
        self.send(&Body::Well { workload: event.workload, at: Timestamp::UNIX_EPOCH + event.at }, event);
    }

    /// Until every message is done with, or dead.
    fn run(&mut self) {
        loop {
            let now = self.now();
            while let Some(timer) =
                lock(&self.world).timers.first_entry().filter(|timer| timer.key().0 <= now)
            {
                timer.remove().wake();
            }
            for index in 0..self.instances.len() {
                let instance = &self.instances[index];
                if instance.work.is_some() && now.duration_since(instance.started) >= FUNCTION {
                    self.kill(index);
                }
            }
            let visible = self.live.first().is_some_and(|(visible, _)| *visible <= now);
            let frozen = lock(&self.world).frozen.clone();
            let is_ready = |(index, instance): &(usize, &Instance)| {
                let stands = frozen.get(index).is_some_and(|until| *until > now);
                !stands
                    && if instance.work.is_some() {
                        instance.awake.0.load(Ordering::Relaxed)
                    } else {
                        visible
                    }
            };
            let choices: Vec<usize> =
                self.instances.iter().enumerate().filter(is_ready).map(|(index, _)| index).collect();
            if choices.is_empty() {
                let messages =
                    self.live.iter().map(|(visible, _)| *visible).find(|visible| *visible > now).into_iter();
                let ends = self
                    .instances
                    .iter()
                    .filter(|instance| instance.work.is_some())
                    .map(|instance| instance.started + FUNCTION);
                let is_idle = self.instances.iter().all(|instance| instance.work.is_none());
                let timer = lock(&self.world).timers.keys().next().map(|(at, _)| *at);
                let timers = timer.filter(|_| !is_idle).into_iter();
                let Some(next) = messages
                    .chain(ends)
                    .chain(timers)
                    .chain(frozen.into_values())
                    .filter(|at| *at > now)
                    .min()
                else {
                    return;
                };
                lock(&self.world).now = next;
                continue;
            }
            let instance = {
                let mut world = lock(&self.world);
                // Instances work beside each other.
                let passed = world.random(40_000) / choices.len() as u64;
                world.now += SignedDuration::from_micros(i64::try_from(passed).expect("it is small"));
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
        let mut visible: Vec<usize> = self.live.range(..=(now, usize::MAX)).map(|(_, at)| *at).collect();
        while batch.len() < size && !visible.is_empty() {
            let at = visible.swap_remove(world.pick(visible.len()));
            self.live.remove(&(self.messages[at].visible, at));
            if self.messages[at].receives == RECEIVES {
                self.messages[at].state = State::Dead;
                continue;
            }
            let repeats = !self.messages[at].repeated && world.random(100) < self.repeats;
            let message = &mut self.messages[at];
            message.receives += 1;
            message.repeated |= repeats;
            message.visible = now + if repeats { SignedDuration::ZERO } else { HIDDEN };
            self.live.insert((message.visible, at));
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
        let delivery =
            instance.delivery.get_or_insert_with(|| Rc::new(delivery(&self.world, &holder))).clone();
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
        let failed: BTreeSet<usize> =
            failed.iter().filter_map(|failure| failure["itemIdentifier"].as_str()?.parse().ok()).collect();
        let mut world = lock(&self.world);
        self.instances[index].work = None;
        for at in self.instances[index].messages.drain(..) {
            let (message, is_done) = (&mut self.messages[at], !failed.contains(&at));
            // The acknowledgement may be lost.
            if is_done && (message.repeated || world.random(100) >= self.repeats) {
                message.state = State::Done;
                self.live.remove(&(message.visible, at));
            }
            message.repeated |= is_done;
        }
        let faulted = world.faulted.contains(&index);
        let ours: Vec<usize> = world
            .notices
            .iter()
            .enumerate()
            .filter(|(_, notice)| notice.instance == index && !notice.noted)
            .map(|(at, _)| at)
            .collect();
        for at in ours {
            let is_fine =
                faulted || world.notices[at].broken || superseded(&world, &world.notices[at].content);
            let troubles = &world.troubles[world.troubles.len().saturating_sub(10)..];
            assert!(is_fine, "it is out and not noted: {:?} after {troubles:#?}", world.notices[at]);
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
        world.frozen.remove(&index);
        world.deaths += 1;
        world.faulted.insert(index);
        world
            .notices
            .iter_mut()
            .filter(|notice| notice.instance == index)
            .for_each(|notice| notice.broken |= !notice.noted);
    }

    /// Everything happens: nothing is lost.
    pub(super) fn all_announced(mut self) -> Tally {
        self.settle();
        self.tally(self.first_announced())
    }

    fn settle(&mut self) {
        self.run();
        self.nothing_is_lost();
        self.what_was_well_is_over();
        self.others_are_notified_or_counted();
    }

    /// Everything happens; then every workload is well; then everything fails once more.
    pub(super) fn prove(mut self) -> Tally {
        self.settle();
        let announced_after = self.first_announced();
        {
            let mut world = lock(&self.world);
            world.faults.clear();
            world.outages.clear();
            world.slow.0 = Timestamp::UNIX_EPOCH;
            // Whoever flaps is well once it has been so for a while.
            world.now += SignedDuration::from_mins(20);
        }
        let places: BTreeSet<(u16, u8)> = self.places();
        let event = |now: Timestamp, (workload, kind): (u16, u8)| Event {
            workload,
            kind,
            at: now.duration_since(Timestamp::UNIX_EPOCH) + SignedDuration::from_secs(1),
            late: SignedDuration::ZERO,
            twice: false,
        };
        let now = self.now();
        for workload in places.iter().map(|(workload, _)| *workload).collect::<BTreeSet<u16>>() {
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
            assert!(
                !opened.contains(&next) && lock(&self.world).opened.contains(&next),
                "{next:?} is not announced"
            );
        }
        self.tally(announced_after)
    }

    fn tally(&self, announced_after: (SignedDuration, SignedDuration)) -> Tally {
        let world = lock(&self.world);
        let count =
            |of: fn(&Content) -> bool| world.notices.iter().filter(|notice| of(&notice.content)).count();
        let missing = |part: Part| world.reached.get(&part).map_or(0, |[_, missing]| *missing);
        Tally {
            notices: world.notices.len(),
            throttled: world.throttled,
            announced_after,
            not_in_chat: missing(Part::Chat),
            not_on_bus: missing(Part::Bus),
            faults: world.hits,
            repeated: world.repeated,
            storms: count(|content| matches!(content, Content::Storm { due: Due::Opened, .. })),
            without_table: count(|content| matches!(content, Content::FromMemory { .. })),
        }
    }

    fn places(&self) -> BTreeSet<(u16, u8)> {
        let place = |message: &Message| match message.body {
            Body::Failure { workload, kind, .. } => Some((workload, kind)),
            Body::Well { .. } => None,
        };
        self.messages.iter().filter_map(place).collect()
    }

    /// When the first notice came, and when the last fingerprint was announced for the first time.
    fn first_announced(&self) -> (SignedDuration, SignedDuration) {
        let world = lock(&self.world);
        let mut first: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for notice in &world.notices {
            let fingerprints: Vec<&String> = match &notice.content {
                Content::One { fingerprint, .. } => vec![fingerprint],
                Content::Storm { members, .. } => {
                    members.iter().map(|(fingerprint, _)| fingerprint).collect()
                }
                Content::FromMemory { fingerprints } => fingerprints.iter().collect(),
            };
            for fingerprint in fingerprints {
                first.entry(fingerprint).or_insert(notice.at);
            }
        }
        let since = |at: Option<&Timestamp>| {
            at.map_or(SignedDuration::ZERO, |at| at.duration_since(Timestamp::UNIX_EPOCH))
        };
        (since(first.values().min()), since(first.values().max()))
    }

    /// Whoever was well after its last failure has nothing open, whichever of the two came first; unless it
    /// flaps, which is over later.
    fn what_was_well_is_over(&self) {
        let world = lock(&self.world);
        for (workload, kind) in self.places() {
            let fingerprint = fingerprint(workload, kind);
            let well = |message: &Message| match message.body {
                Body::Well { workload: of, at } if of == workload => Some(at),
                _ => None,
            };
            let (Some(well), Some(incident)) =
                (self.messages.iter().filter_map(well).max(), world.incident(fingerprint))
            else {
                continue;
            };
            let is_over = incident.closed || incident.last_seen > well || incident.flaps >= FLAPS;
            assert!(is_over, "it was well at {well}, and is not over: {}", world.history(fingerprint));
        }
    }

    /// Of each notice chats and machines have received, or it is counted that they have not; unless an instance
    /// died in between.
    fn others_are_notified_or_counted(&self) {
        let world = lock(&self.world);
        for part in [Part::Chat, Part::Bus] {
            let [reached, missing] = world.reached.get(&part).copied().unwrap_or_default();
            // Machines get the end of what was announced by itself also where a storm's notice announces it.
            let ends: usize = world.ends_for_bus.values().sum();
            let beside = if part == Part::Bus { ends - world.published_ends.min(ends) } else { 0 };
            let (all, due) = (reached + missing, world.published + beside);
            assert!(
                all <= due && (all == due || world.deaths > 0),
                "{part:?}: {reached} and {missing} of {due}",
            );
        }
        let of_storms = world.notices.iter().filter_map(|notice| match &notice.content {
            Content::Storm { due: Due::Resolved, members, .. } if notice.noted => Some(members),
            _ => None,
        });
        for (fingerprint, serial) in of_storms.flatten() {
            let is_alone = |notice: &Notice| matches!(&notice.content, Content::One { fingerprint: f, serial: s, due: Due::Opened, .. } if notice.noted && (f, s) == (fingerprint, serial));
            // Of one that failed again in the meantime machines get the end when that is over.
            let goes_on = world
                .incident(fingerprint)
                .is_some_and(|incident| incident.serial > *serial && !incident.closed);
            assert!(
                world.deaths > 0
                    || goes_on
                    || !world.notices.iter().any(is_alone)
                    || world.ends_for_bus.contains_key(fingerprint),
                "{fingerprint} was announced by itself, and machines do not hear that it is over: {}",
                world.history(fingerprint)
            );
        }
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
            let counted: u64 = world
                .incidents
                .iter()
                .filter(|((of, _), _)| of == fingerprint)
                .map(|(_, incident)| incident.occurrences)
                .sum();
            assert_eq!(counted, tasks.len() as u64, "{fingerprint}: so many are counted");
            for (task, at) in &tasks {
                let id = hashed(&format!("arn:aws:ecs:eu-west-1:{ACCOUNT}:task/prod/{task:032x}"));
                let serials = world.recorded.get(&id).expect("it is recorded");
                let opened = |serial: &u64| world.opened.contains(&(fingerprint.to_owned(), *serial));
                assert!(
                    serials.iter().any(opened) || world.is_announced_from_memory(fingerprint),
                    "{task} of {fingerprint} was never announced: {}",
                    world.history(fingerprint)
                );
                for incident in serials
                    .iter()
                    .filter_map(|serial| world.incidents.get(&(fingerprint.to_owned(), *serial)))
                {
                    assert!(
                        incident.resolved.is_none_or(|resolved| *at <= resolved),
                        "{task} failed after the end of its incident"
                    );
                }
            }
        }
    }

    /// Every incident is over, and that was announced; the incidents.
    fn all_is_over(&self) -> Vec<(String, u64)> {
        let world = lock(&self.world);
        let mut ended = Vec::new();
        for (workload, kind) in self.places() {
            let fingerprint = fingerprint(workload, kind).to_owned();
            let incident = world.incident(&fingerprint).expect("it is kept");
            assert!(incident.closed, "it is well, and not over: {incident:?}");
            let announces_end = |notice: &Notice| match &notice.content {
                Content::One { fingerprint: f, serial, due: Due::Resolved, .. } => {
                    *f == fingerprint && *serial == incident.serial
                }
                Content::Storm { due: Due::Resolved, members, .. } => {
                    members.contains(&(fingerprint.clone(), incident.serial))
                }
                _ => false,
            };
            assert!(world.notices.iter().any(announces_end), "its end was not announced: {incident:?}");
            ended.push((fingerprint, incident.serial));
        }
        ended
    }
}
