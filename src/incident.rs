//! The life of an incident: all failures of one workload that have one fingerprint, announced when they begin, while they go on, and when
//! they are over.
//!
//! Pure: every change is a function of what is kept, what was seen, and the time. What is kept is one document for each incident, changed only
//! by whoever read its latest version ([`store`]); what runs on them against a store is [`ledger`].
//!
//! # The promise
//!
//! No failure goes unannounced, and none is announced twice without cause.
//!
//! - A sighting is a task, or an event of a service, by its id: seen again, it changes nothing ([`Incident::record`]).
//! - What is due to be announced follows from the document alone ([`Incident::due`]). Whoever wants to announce claims it in the same write that
//!   records the sighting, publishes, and then notes that it is out. A claim ends by itself: a holder that died is succeeded.
//! - Between publishing and noting lies the one moment in which a death makes a notice come twice. The other order would lose it.
//! - A message may be forgotten once its sighting is recorded and nothing is due. While another has claimed what is due it must come again, even if
//!   it was not the one that made it due: the other may hold the same message, delivered twice, and die.

pub mod ledger;
pub mod shared;
pub mod store;
pub mod storm;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A workload that has been silent for so long has no open incident: what fails then is another one.
pub const SILENCE: SignedDuration = SignedDuration::from_hours(24);
/// As long as a claim holds: longer than probing and publishing take, shorter than a message stays hidden.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// As far as clocks may differ: what is dated later happened now.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// As long as a document is kept after it was written: longer than anybody asks for it.
const LIFETIME: SignedDuration = SignedDuration::from_hours(48);
/// Sightings remembered by their ids; one that comes again after so many others is counted again.
const REMEMBERED: usize = 1024;

/// What an incident is about; the same for each of its failures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// What all its failures share.
    pub fingerprint: String,
    /// The account.
    pub account: Option<String>,
    /// The Region.
    pub region: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The service or family.
    pub workload: Option<String>,
    /// Whether a service keeps starting it, and tells when it is well again.
    pub is_service: bool,
    /// What ECS was doing.
    pub step: String,
    /// What went wrong.
    pub fault: String,
    /// The cause that led when it was announced last.
    pub cause: String,
    /// How sure it was.
    pub verdict: String,
    /// Who can act.
    pub owner: String,
    /// What happened, in one line.
    pub title: String,
    /// What kind of thing it happened to.
    pub culprit_kind: String,
    /// What it happened to, if that has a name.
    pub culprit: Option<String>,
}

impl About {
    /// Cluster and workload, as people name them.
    #[must_use]
    pub fn place(&self) -> String {
        joined(&[&self.cluster, &self.workload])
    }

    /// Names the workload among all that are kept: the key of its index. A service and a family may have one name.
    #[must_use]
    pub fn workload_key(&self) -> String {
        let kind = if self.is_service { "workload" } else { "family" };
        format!("{kind}/{}", joined(&[&self.account, &self.region, &self.cluster, &self.workload]))
    }

    /// Whether both are about one workload. Fingerprints alone do not tell: they are short, and made of words that others choose.
    #[must_use]
    pub fn is_of_one_workload(&self, other: &Self) -> bool {
        let place = |about: &Self| [&about.account, &about.region, &about.cluster, &about.workload].map(Option::clone);
        self.is_service == other.is_service && place(self) == place(other)
    }
}

/// One failure, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// What makes it one and the same however often it is told: the task's ARN, or a service event's id.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
}

/// An incident, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What it is about.
    pub about: About,
    /// The first failure.
    pub first_seen: Timestamp,
    /// The last failure.
    pub last_seen: Timestamp,
    /// When a failure was recorded last; it may have happened long before.
    pub recorded_at: Option<Timestamp>,
    /// How many failures there were.
    pub occurrences: u64,
    /// How many there were when it was announced last; none if it never was.
    pub announced: u64,
    /// When it was announced last.
    pub announced_at: Option<Timestamp>,
    /// When it was over.
    pub resolved: Option<Timestamp>,
    /// Whether its end was announced, or needs no announcing.
    pub closed: bool,
    /// Who is announcing it.
    pub claim: Option<Claim>,
    /// How many failures its predecessor had, which ended by silence.
    pub before: Option<u64>,
    /// Rises by one with each incident under this fingerprint.
    pub serial: u64,
    /// Whether its workload's index has it.
    pub indexed: bool,
    /// Ids of sightings, hashed, the latest last; its predecessor's too, for they may still come again.
    seen: Vec<u64>,
}

/// Somebody's right to announce, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    pub holder: String,
    /// Until when.
    pub until: Timestamp,
}

/// A notice that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    /// It began.
    Opened,
    /// It goes on.
    StillFailing,
    /// It is over.
    Resolved,
}

impl Due {
    /// The word for the attribute `state`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::StillFailing => "still-failing",
            Self::Resolved => "resolved",
        }
    }
}

impl Incident {
    /// An incident that begins with a sighting, after another under the same fingerprint if there was one.
    #[must_use]
    pub fn begin(about: About, first: &Sighting, before: Option<&Self>) -> Self {
        let by_silence = before.filter(|before| before.resolved.is_none());
        Self {
            serial: before.map_or(0, |before| before.serial + 1),
            before: by_silence.map(|before| before.occurrences),
            indexed: false,
            about,
            first_seen: first.at,
            last_seen: first.at,
            recorded_at: None,
            occurrences: 0,
            announced: 0,
            announced_at: None,
            resolved: None,
            closed: false,
            claim: None,
            seen: before.map(|before| before.seen.clone()).unwrap_or_default(),
        }
    }

    /// Whether a sighting belongs to it, and not to a new one after it: it is open, or was when the failure happened.
    #[must_use]
    pub fn takes(&self, sighting: &Sighting) -> bool {
        match self.resolved {
            Some(resolved) => sighting.at <= resolved,
            // Silence ends only what was announced.
            None => self.announced == 0 || sighting.at.duration_since(self.last_seen) <= SILENCE,
        }
    }

    /// Counts the sightings that are new; how many were.
    pub fn record(&mut self, sightings: &[Sighting]) -> usize {
        let mut new = 0;
        for sighting in sightings {
            let id = hash(&sighting.id);
            if self.seen.contains(&id) {
                continue;
            }
            self.seen.push(id);
            self.occurrences += 1;
            self.first_seen = self.first_seen.min(sighting.at);
            self.last_seen = self.last_seen.max(sighting.at);
            new += 1;
        }
        let old = self.seen.len().saturating_sub(REMEMBERED);
        self.seen.drain(..old);
        new
    }

    /// What is to be announced now: the beginning; then 10, 100, 1000... failures, or any once `reminder` has passed; then the end.
    #[must_use]
    pub fn due(&self, now: Timestamp, reminder: SignedDuration) -> Option<Due> {
        if self.announced == 0 {
            return (self.occurrences > 0).then_some(Due::Opened);
        }
        if self.resolved.is_some() {
            return (!self.closed).then_some(Due::Resolved);
        }
        let threshold = 10_u64.saturating_pow(self.announced.ilog10() + 1);
        let reminded = self.occurrences > self.announced && self.announced_at.is_some_and(|at| now.duration_since(at) >= reminder);
        (self.occurrences >= threshold || reminded).then_some(Due::StillFailing)
    }

    /// Notes that it is over, unless it failed again since; whether it is over.
    pub fn resolve(&mut self, at: Timestamp) -> bool {
        if self.resolved.is_none() && self.last_seen <= at {
            self.resolved = Some(at);
        }
        self.resolved.is_some()
    }

    /// Takes the right to announce, unless another holds it.
    pub fn claim(&mut self, holder: &str, now: Timestamp) -> bool {
        claim(&mut self.claim, holder, now)
    }

    /// Notes that what was due is out, and told of as much as `told` knows.
    pub fn announced(&mut self, told: &Self, due: Due, now: Timestamp) {
        // Where the end is told of what nobody has told to begin, whoever was to do so may still come.
        if due != Due::Resolved || self.announced > 0 {
            self.announced = self.announced.max(told.occurrences);
        }
        self.announced_at = Some(now);
        self.closed |= due == Due::Resolved;
        release(&mut self.claim, told.claim.as_ref());
    }

    /// The word for its state in JSON.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match (self.resolved, self.announced) {
            (Some(_), _) => "resolved",
            (None, 0 | 1) => "opened",
            (None, _) => "still-failing",
        }
    }

    /// The incident without times that lie in the future, as an earlier release may have kept them: it would never end, or take every failure
    /// for one before its end.
    fn by(mut self, now: Timestamp) -> Self {
        self.last_seen = if is_later(self.last_seen, now) { self.recorded_at.unwrap_or(now).min(now) } else { self.last_seen };
        self.first_seen = self.first_seen.min(self.last_seen);
        let told = self.announced_at.unwrap_or(self.last_seen).min(now);
        self.resolved = self.resolved.map(|resolved| if is_later(resolved, now) { told } else { resolved });
        self
    }
}

/// When something happened that is dated `at`: no event comes from the future, whoever sends it.
#[must_use]
pub fn happened(at: Timestamp, now: Timestamp) -> Timestamp {
    if is_later(at, now) { now } else { at }
}

fn is_later(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) > SKEW
}

/// After this nobody asks any more for what is written now.
fn expires(now: Timestamp) -> Timestamp {
    now.checked_add(LIFETIME).unwrap_or(now)
}

/// Parts of a name, with a dash for each that is not known.
fn joined(parts: &[&Option<String>]) -> String {
    parts.iter().map(|part| part.as_deref().unwrap_or("-")).collect::<Vec<_>>().join("/")
}

/// Lets the oldest go until no more than `most` are left.
fn keep_latest<T>(kept: &mut BTreeMap<String, T>, most: usize, at: impl Fn(&T) -> Timestamp) {
    while kept.len() > most {
        let oldest = kept.iter().min_by_key(|(_, one)| at(one)).map(|(key, _)| key.clone());
        let Some(oldest) = oldest else { break };
        kept.remove(&oldest);
    }
}

/// Takes a claim that is free, over, or one's own: the answer to taking it may have been lost.
fn claim(held: &mut Option<Claim>, holder: &str, now: Timestamp) -> bool {
    let free = held.as_ref().is_none_or(|claim| claim.until <= now || claim.holder == holder);
    if free {
        *held = Some(Claim { holder: holder.to_owned(), until: now.checked_add(LEASE).unwrap_or(now) });
    }
    free
}

/// Gives back one's own claim; what another has taken since stays.
fn release(held: &mut Option<Claim>, own: Option<&Claim>) {
    if held.as_ref().map(|claim| &claim.holder) == own.map(|claim| &claim.holder) {
        *held = None;
    }
}

/// FNV-1a, 64 bits: of a thousand ids two are alike once in 10^13 incidents.
fn hash(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
