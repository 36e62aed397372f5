//! The life of an incident: all failures of one workload that have one fingerprint, announced when they
//! begin, while they continue, and when they are over.
//!
//! Pure: every change is a function of what is kept, what was seen, and the time. What is kept is one
//! document for each incident, changed only over its latest version ([`store`]); what runs on them
//! against a store is [`ledger`].
//!
//! # The promise
//!
//! No failure goes unannounced, and none is announced twice without cause.
//!
//! - A sighting is a task, or an event of a service, by its id: seen again, it changes nothing
//!   ([`Incident::record`]).
//! - What is due to be announced follows from the document alone ([`Incident::due`]). An instance that is
//!   going to announce claims it in the same write that records the sighting, publishes, and then records
//!   that it did. A claim ends by itself: if its holder is gone, another instance takes over.
//! - A crash between publishing and recording repeats a notice. The other order would lose it.
//! - A message may be forgotten once its sighting is recorded and nothing is due. While another instance has
//!   claimed what is due it must be delivered again, even if it did not make that due: the other may hold the
//!   same message, delivered twice, and crash.

mod index;
pub mod ledger;
pub mod rotation;
pub mod shared;
pub mod store;
pub mod storm;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits::{
    CLAIM, COUNTED_IDS, DATED_LATER, FLAPPING_QUIET, FLAPPING_WITHIN, FLAPS, INCIDENT_KEPT, SILENCE,
};

/// What an incident is about; the same for each of its failures.
#[expect(clippy::struct_excessive_bools, reason = "these are the names that other releases keep and read")]
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
    /// The team that its tag named when it was announced last, empty where it had none; absent where no tag
    /// is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Whether a service keeps starting it, and has events of its recovery.
    pub is_service: bool,
    /// Whether a check says it, and no task has failed: it ends when a later check finds nothing, or a
    /// deployment completes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_forecast: bool,
    /// Whether the check was of the next task of what is deployed, and not of a deployment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_of_next_task: bool,
    /// What ECS was doing.
    pub step: String,
    /// What went wrong.
    pub fault: String,
    /// Whether the fingerprint names the host or repository that fails; an earlier release named the very
    /// thing there.
    pub by_place: bool,
    /// The cause that led when it was announced last.
    pub cause: String,
    /// How sure it was.
    pub verdict: String,
    /// Which team can fix it.
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

    /// Names the workload among all that are kept: the key of its index. A service and a family may have one
    /// name.
    #[must_use]
    pub fn workload_key(&self) -> String {
        let kind = match (self.is_of_next_task, self.is_forecast, self.is_service) {
            (true, ..) => "next-task",
            (_, true, _) => "deployments",
            (_, false, true) => "workload",
            (_, false, false) => "family",
        };
        format!("{kind}/{}", joined(&[&self.account, &self.region, &self.cluster, &self.workload]))
    }

    /// Whether both are about one workload. Fingerprints alone do not show it: they are short, and made of
    /// words that others choose.
    #[must_use]
    pub fn is_of_one_workload(&self, other: &Self) -> bool {
        let kind = |about: &Self| (about.is_service, about.is_forecast, about.is_of_next_task);
        let place = |about: &Self| {
            [&about.account, &about.region, &about.cluster, &about.workload].map(Option::clone)
        };
        kind(self) == kind(other) && place(self) == place(other)
    }
}

/// One failure, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Identifies it however often it is delivered: the task's ARN, or a service event's id.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
}

/// An incident, as it is kept. Another release may have written it: what is missing has a default, unknown
/// fields are dropped, and a field never changes its meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Incident {
    /// Rises with each change of what is kept, so that a release can see which one wrote it.
    pub schema: u32,
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
    /// The claim of the instance that is announcing it.
    pub claim: Option<Claim>,
    /// How many failures its predecessor had, which ended by silence.
    pub before: Option<u64>,
    /// Rises by one with each incident under this fingerprint.
    pub serial: u64,
    /// Whether its workload's index has it.
    pub indexed: bool,
    /// Whether it was announced to continue.
    pub reminded: bool,
    /// The pages of the storm that list it.
    pub storm: Membership,
    /// How often in a row it began within [`FLAPPING_WITHIN`] of its predecessor's end.
    pub flaps: u32,
    /// Ids of sightings as schema 0 keeps them, which has to find a list here.
    seen: Vec<u64>,
    /// Ids of sightings, the latest last; its predecessor's too, for they may be delivered again.
    ids: Ids,
}

/// The pages of a storm that list an incident. The incident has them before the storm does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Membership {
    /// The page that lists it as failing; none if it was announced by itself.
    pub page: Option<String>,
    /// The page that lists it as recovered.
    pub end: Option<String>,
}

/// Hashed ids of sightings: 48 bits each, in hexadecimal digits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
struct Ids(Vec<u64>);

/// The digits of one.
const DIGITS: usize = 12;
/// The bits of one.
const BITS: u64 = (1 << (4 * DIGITS)) - 1;

impl From<String> for Ids {
    fn from(text: String) -> Self {
        Self(
            text.as_bytes()
                .chunks(DIGITS)
                .filter_map(|id| u64::from_str_radix(str::from_utf8(id).ok()?, 16).ok())
                .collect(),
        )
    }
}

impl From<Ids> for String {
    fn from(Ids(ids): Ids) -> Self {
        ids.iter().fold(Self::new(), |text, id| format!("{text}{id:0DIGITS$x}"))
    }
}

/// The right of one instance to announce, for a while.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
    /// It continues.
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
        let again = before.filter(|before| {
            before.resolved.is_some_and(|resolved| first.at.duration_since(resolved) <= FLAPPING_WITHIN)
        });
        Self {
            schema: SCHEMA,
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
            reminded: false,
            storm: Membership::default(),
            flaps: again.map_or(0, |before| before.flaps.saturating_add(1)),
            seen: Vec::new(),
            ids: before.map(|before| before.clone().read().ids).unwrap_or_default(),
        }
    }

    /// Whether a sighting belongs to it, and not to a new one after it: it is open, or was when the failure
    /// happened.
    #[must_use]
    pub fn takes(&self, sighting: &Sighting) -> bool {
        match self.resolved {
            // Where no beginning was announced, no end is.
            Some(resolved) => sighting.at <= resolved || self.announced == 0 && !self.closed,
            // Silence ends only what was announced.
            None => self.announced == 0 || sighting.at.duration_since(self.last_seen) <= SILENCE,
        }
    }

    /// Counts the sightings that are new; how many were.
    pub fn record(&mut self, sightings: &[Sighting]) -> usize {
        let mut new = 0;
        for sighting in sightings {
            let id = hash(&sighting.id);
            if self.ids.0.contains(&id) {
                continue;
            }
            self.ids.0.push(id);
            self.occurrences += 1;
            self.first_seen = self.first_seen.min(sighting.at);
            self.last_seen = self.last_seen.max(sighting.at);
            self.resolved = self.resolved.filter(|resolved| sighting.at <= *resolved);
            new += 1;
        }
        let old = self.ids.0.len().saturating_sub(COUNTED_IDS);
        self.ids.0.drain(..old);
        new
    }

    /// Whether `other` has counted each failure of this one.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let own = usize::try_from(self.occurrences).ok().and_then(|own| self.ids.0.len().checked_sub(own));
        own.is_some_and(|from| self.ids.0[from..].iter().all(|id| other.ids.0.contains(id)))
    }

    /// What is to be announced now: the beginning; then 10, 100, 1000... failures, or any once `reminder` has
    /// passed; then the end.
    #[must_use]
    pub fn due(&self, now: Timestamp, reminder: SignedDuration) -> Option<Due> {
        if self.announced == 0 {
            return (self.occurrences > 0).then_some(Due::Opened);
        }
        if self.resolved.is_some() {
            return (!self.closed).then_some(Due::Resolved);
        }
        let threshold = 10_u64.saturating_pow(self.announced.ilog10() + 1);
        let reminded = self.occurrences > self.announced
            && self.announced_at.is_some_and(|at| now.duration_since(at) >= reminder);
        (self.occurrences >= threshold || reminded).then_some(Due::StillFailing)
    }

    /// Notes that it is over, unless it failed again since; whether it is over. One that comes and goes is
    /// over once it stays away for a while.
    pub fn resolve(&mut self, at: Timestamp) -> bool {
        let stays_away = self.flaps < FLAPS || at.duration_since(self.last_seen) >= FLAPPING_QUIET;
        if self.resolved.is_none() && self.last_seen <= at && stays_away {
            self.resolved = Some(at);
        }
        self.resolved.is_some()
    }

    /// Takes the right to announce, unless another holds it.
    pub fn claim(&mut self, holder: &str, now: Timestamp) -> bool {
        claim(&mut self.claim, holder, now)
    }

    /// Records that what was due was published, with as many failures as `published` has.
    pub fn announced(&mut self, published: &Self, due: Due, now: Timestamp) {
        // Where the end is announced before the beginning, another instance may still announce that.
        if due != Due::Resolved || self.announced > 0 {
            self.announced = self.announced.max(published.occurrences);
        }
        self.announced_at = Some(now);
        self.closed |= due == Due::Resolved;
        self.reminded |= due == Due::StillFailing;
        release(&mut self.claim, published.claim.as_ref());
    }

    /// The word for its state in JSON.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match (self.resolved, self.reminded) {
            (Some(_), _) => Due::Resolved.as_str(),
            (None, false) => Due::Opened.as_str(),
            (None, true) => Due::StillFailing.as_str(),
        }
    }

    /// The incident without times that lie in the future, as an earlier release may have kept them: it would
    /// never end, or take every failure for one before its end.
    fn by(mut self, now: Timestamp) -> Self {
        self = self.read();
        self.last_seen = if is_later(self.last_seen, now) {
            self.recorded_at.unwrap_or(now).min(now)
        } else {
            self.last_seen
        };
        self.first_seen = self.first_seen.min(self.last_seen);
        let last_notice = self.announced_at.unwrap_or(self.last_seen).min(now);
        self.resolved =
            self.resolved.map(|resolved| if is_later(resolved, now) { last_notice } else { resolved });
        self
    }

    /// What another release wrote, as this one keeps it.
    fn read(mut self) -> Self {
        self.schema = SCHEMA;
        for id in self.seen.drain(..).map(|id| id & BITS) {
            if !self.ids.0.contains(&id) {
                self.ids.0.push(id);
            }
        }
        self
    }
}

/// What this release writes. Schema 0 has no word for it.
const SCHEMA: u32 = 1;

/// When something happened that is dated `at`: no event comes from the future, whatever it says.
#[must_use]
pub fn happened(at: Timestamp, now: Timestamp) -> Timestamp {
    if is_later(at, now) { now } else { at }
}

fn is_later(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) > DATED_LATER
}

/// When nothing asks any more for what is written now.
fn expires(now: Timestamp) -> Timestamp {
    now.checked_add(INCIDENT_KEPT).unwrap_or(now)
}

/// Parts of a name, with a dash for each that is not known.
fn joined(parts: &[&Option<String>]) -> String {
    parts.iter().map(|part| part.as_deref().unwrap_or("-")).collect::<Vec<_>>().join("/")
}

/// Removes the oldest until no more than `most` are left.
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
        *held = Some(Claim { holder: holder.to_owned(), until: now.checked_add(CLAIM).unwrap_or(now) });
    }
    free
}

/// Gives back one's own claim; what another has taken since stays.
fn release(held: &mut Option<Claim>, own: Option<&Claim>) {
    if held.as_ref().map(|claim| &claim.holder) == own.map(|claim| &claim.holder) {
        *held = None;
    }
}

/// FNV-1a, of which 48 bits are kept: among 256 ids two have the same hash once in 10^10 incidents.
fn hash(id: &str) -> u64 {
    id.bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        & BITS
}
