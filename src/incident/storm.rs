//! Many workloads that fail in the same way: announced together when they begin, continue, and are over.
//!
//! Every incident that opens joins the document of its step and fault, account and Region. Until workloads
//! are many it is announced by itself. Once more than [`STORM_WORKLOADS`] have joined within
//! [`STORM_WINDOW`], those that join are listed on *pages*, documents of their own: a page for what one
//! invocation brought. The storm's document keeps no more of a page than its name, and that only until a
//! notice has announced it. So it stays small, and each member is written and read once. An incident knows
//! its page before the storm lists it, and the page knows whether it was announced: wherever an instance
//! crashes in between, no member is forgotten, and none is announced again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{About, Claim, Incident, Membership, claim, hash, joined, release};
use crate::limits::{
    STORM_CLUSTERS, STORM_PAGES, STORM_SILENCE, STORM_TOUCHED, STORM_WINDOW, STORM_WORKLOADS,
};

/// The incidents of one kind that opened lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Storm {
    /// Identifies it among the storms under its key; empty as long as there is none.
    pub name: String,
    /// Those that were announced by themselves, before it was a storm.
    pub early: Vec<Early>,
    /// How many members of each cluster were announced.
    pub clusters: BTreeMap<String, u64>,
    /// Those that fail.
    pub begun: Gathering,
    /// Those that recovered.
    pub ended: Gathering,
    /// When a member failed last, as far as it was noted.
    pub failing_at: Timestamp,
}

/// An incident that was announced by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Early {
    /// Its fingerprint and number, hashed.
    pub id: u64,
    /// Its workload, hashed.
    pub workload: u64,
    /// When it joined.
    pub at: Timestamp,
    /// What the first notice says of it; after that it is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Member>,
}

/// What is announced together, a page at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gathering {
    /// Pages that were not announced.
    pub pages: Vec<String>,
    /// When the first of them was listed.
    pub since: Option<Timestamp>,
    /// How many there are, announced or not.
    pub joined: u64,
    /// How many there were when it was announced last; none if it never was.
    pub announced: u64,
    /// When it was announced last.
    pub announced_at: Option<Timestamp>,
    /// The claim of the instance that is announcing it.
    pub claim: Option<Claim>,
}

/// What a storm's notice says of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Member {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Which one under it.
    pub serial: u64,
    /// Its cluster and workload.
    pub workload: String,
    /// What happened.
    pub title: String,
    /// The cause that led.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// How sure it was.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub verdict: String,
    /// Which team can fix it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Whether it was announced before.
    #[serde(rename = "told", skip_serializing_if = "std::ops::Not::not")]
    pub is_announced: bool,
}

/// Members that joined together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Page {
    /// The members.
    pub members: Vec<Member>,
    /// Whether a notice has announced them.
    #[serde(rename = "told")]
    pub is_announced: bool,
}

impl Page {
    /// Whether an incident is one of its members.
    #[must_use]
    pub fn lists(&self, incident: &Incident) -> bool {
        self.members.iter().any(|member| {
            member.fingerprint == incident.about.fingerprint && member.serial == incident.serial
        })
    }
}

impl Member {
    /// What is announced of an incident.
    #[must_use]
    pub fn of(incident: &Incident) -> Self {
        let About { fingerprint, title, cause, verdict, owner, .. } = incident.about.clone();
        let title = title[..title.floor_char_boundary(LONGEST_TITLE)].to_owned();
        Self {
            fingerprint,
            serial: incident.serial,
            workload: incident.about.place(),
            title,
            cause,
            verdict,
            owner,
            is_announced: false,
        }
    }

    /// The names of its cluster and of its workload, with a dash for what is not known.
    #[must_use]
    pub fn place(&self) -> (&str, &str) {
        self.workload.split_once('/').unwrap_or(("-", &self.workload))
    }
}

/// A line of a notice is no longer.
const LONGEST_TITLE: usize = 200;

/// Whether members of a storm begin or end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// They fail.
    Begun,
    /// They recovered.
    Ended,
}

/// A notice of a storm that is due, and claimed by us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueNotice {
    /// The key of the storm.
    pub key: String,
    /// What its members are: of one of them.
    pub about: About,
    /// What is announced of them.
    pub phase: Phase,
    /// Those it announces.
    pub members: Vec<Member>,
    /// How many of each cluster were announced before.
    pub before: BTreeMap<String, u64>,
    /// The pages that list them.
    pub pages: Vec<String>,
    /// How many there are in all.
    pub joined: u64,
    /// Our claim.
    pub claim: Option<Claim>,
}

impl DueNotice {
    /// Whether it announces a member that was not announced before.
    #[must_use]
    pub fn has_unannounced(&self) -> bool {
        self.pages.is_empty() || self.members.iter().any(|member| !member.is_announced)
    }
}

/// What is known of a storm that an incident has joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none: the incident is announced by itself.
    Calm,
    /// A notice of the storm has announced it.
    Announced,
    /// A notice that announces it is due, and claimed by us.
    Due,
    /// It will be announced, by another instance or later.
    Later,
}

/// The key of an incident's storm.
#[must_use]
pub fn key(about: &About) -> String {
    // What would fail is no more of what fails.
    let kind = if about.is_of_next_task { "storms/next-task" } else { "storms" };
    format!("{kind}/{}/{}/{}", joined(&[&about.account, &about.region]), about.step, about.fault)
}

/// The name of the page of one try to claim.
#[must_use]
pub(super) fn page(claimant: &str, phase: Phase) -> String {
    format!("{:012x}", hash(&format!("{claimant} {phase:?}")))
}

/// The key of a page.
#[must_use]
pub fn page_key(storm: &str, page: &str) -> String {
    format!("{storm}/{page}")
}

fn workload(incident: &Incident) -> u64 {
    hash(&incident.about.workload_key())
}

fn id(incident: &Incident) -> u64 {
    hash(&format!("{} {}", incident.about.fingerprint, incident.serial))
}

impl Storm {
    /// Whether it continues, so that its members are announced together.
    #[must_use]
    pub fn goes_on(&self, now: Timestamp) -> bool {
        let all_ended = self.ended.joined >= self.begun.joined;
        let waits = self.begun.since.is_some_and(|since| now.duration_since(since) <= STORM_SILENCE);
        !self.name.is_empty() && (waits || !all_ended && now.duration_since(self.failing_at) <= STORM_SILENCE)
    }

    /// Whether it announces that an incident continues.
    #[must_use]
    pub fn has(&self, incident: &Incident) -> bool {
        incident.storm.page.is_some() || self.early.iter().any(|early| early.id == id(incident))
    }

    /// Whether the storm's notices, or none, say that an incident continues.
    #[must_use]
    pub fn hushes(&self, incident: &Incident, now: Timestamp) -> bool {
        self.goes_on(now) && self.has(incident)
    }

    /// Notes that a member fails, unless that was noted lately; whether it noted it.
    pub fn touch(&mut self, now: Timestamp) -> bool {
        let is_due = now.duration_since(self.failing_at) >= STORM_TOUCHED;
        if is_due {
            self.failing_at = now;
        }
        is_due
    }

    /// Adds incidents that open, to be announced by themselves; not where they would be a storm, of more
    /// workloads than `alone`, or there is one: they have to be listed.
    pub fn join(&mut self, incidents: &[&Incident], alone: usize, now: Timestamp) -> Standing {
        self.begin_anew(now);
        let workloads: BTreeSet<u64> = self
            .early
            .iter()
            .map(|early| early.workload)
            .chain(incidents.iter().map(|incident| workload(incident)))
            .collect();
        if !self.name.is_empty() || workloads.len() > alone {
            return Standing::Later;
        }
        for incident in incidents {
            let early = Early {
                id: id(incident),
                workload: workload(incident),
                at: now,
                member: Some(Member { is_announced: true, ..Member::of(incident) }),
            };
            self.early.retain(|other| other.id != early.id);
            self.early.push(early);
        }
        // One workload may open incidents of many kinds of failure.
        let more = self.early.len().saturating_sub(MOST_EARLY);
        self.early.drain(..more);
        Standing::Calm
    }

    /// Lists a page of so many that open or are over; the first to open begin a storm if there is none.
    pub fn list(&mut self, phase: Phase, page: &str, members: usize, now: Timestamp) {
        if phase == Phase::Ended {
            return self.ended.list(page, members, now);
        }
        self.begin_anew(now);
        if self.name.is_empty() {
            page.clone_into(&mut self.name);
            self.begun.joined = self.early.len() as u64;
        }
        self.failing_at = now;
        self.begun.list(page, members, now);
    }

    /// Forgets a storm that is over, and what joined too long ago to be one.
    fn begin_anew(&mut self, now: Timestamp) {
        if !self.goes_on(now) {
            let early = std::mem::take(&mut self.early);
            let recent = early
                .into_iter()
                .filter(|early| now.duration_since(early.at) <= STORM_WINDOW && early.member.is_some());
            *self = Self { early: recent.collect(), ..Self::default() };
        }
    }

    /// What is due for the members on a page; claims the notice if there is one.
    pub fn standing(&mut self, phase: Phase, page: &str, holder: &str, now: Timestamp) -> Standing {
        let all = self.begun.joined;
        let gathering = self.gathering(phase);
        if !gathering.pages.iter().any(|listed| listed == page) {
            return Standing::Announced;
        }
        let passed =
            |since: Option<Timestamp>| since.is_none_or(|since| now.duration_since(since) >= STORM_WINDOW);
        let is_due = gathering.pages.len() >= STORM_PAGES
            || match phase {
                Phase::Begun => gathering.joined >= gathering.announced * 2 || passed(gathering.announced_at),
                Phase::Ended => gathering.joined >= all || passed(gathering.since),
            };
        if is_due && claim(&mut gathering.claim, holder, now) { Standing::Due } else { Standing::Later }
    }

    /// Claims a notice that it continues, where none was published for as long as `reminder`; whether it did.
    pub fn remind(&mut self, holder: &str, now: Timestamp, reminder: SignedDuration) -> bool {
        let is_due = self.begun.announced_at.is_some_and(|at| now.duration_since(at) >= reminder);
        is_due && claim(&mut self.begun.claim, holder, now)
    }

    /// The notice that is due, as far as the document knows it; the pages list the rest.
    #[must_use]
    pub fn due_notice(&self, phase: Phase, key: &str, about: &About) -> DueNotice {
        let gathering = match phase {
            Phase::Begun => &self.begun,
            Phase::Ended => &self.ended,
        };
        let members = match phase {
            Phase::Begun => self.early.iter().filter_map(|early| early.member.clone()).collect(),
            Phase::Ended => Vec::new(),
        };
        DueNotice {
            key: key.to_owned(),
            about: about.clone(),
            phase,
            members,
            before: self.clusters.clone(),
            pages: gathering.pages.clone(),
            joined: gathering.joined,
            claim: gathering.claim.clone(),
        }
    }

    /// Notes that a notice is out.
    pub fn announced(&mut self, due_notice: &DueNotice, now: Timestamp) {
        if due_notice.phase == Phase::Begun {
            for early in &mut self.early {
                early.member = None;
            }
            for member in &due_notice.members {
                let cluster = member.place().0;
                if self.clusters.contains_key(cluster) || self.clusters.len() < STORM_CLUSTERS {
                    *self.clusters.entry(cluster.to_owned()).or_default() += 1;
                }
            }
        }
        let gathering = self.gathering(due_notice.phase);
        gathering.pages.retain(|page| !due_notice.pages.contains(page));
        gathering.since = if gathering.pages.is_empty() { None } else { Some(now) };
        gathering.announced = gathering.announced.max(due_notice.joined);
        gathering.announced_at = Some(now);
        release(&mut gathering.claim, due_notice.claim.as_ref());
    }

    /// When it was announced last, by phase.
    #[must_use]
    pub const fn announced_at(&self, phase: Phase) -> Option<Timestamp> {
        match phase {
            Phase::Begun => self.begun.announced_at,
            Phase::Ended => self.ended.announced_at,
        }
    }

    const fn gathering(&mut self, phase: Phase) -> &mut Gathering {
        match phase {
            Phase::Begun => &mut self.begun,
            Phase::Ended => &mut self.ended,
        }
    }
}

/// Of more incidents than this that were announced by themselves the oldest are forgotten.
const MOST_EARLY: usize = 3 * STORM_WORKLOADS;

impl Membership {
    /// The page of a phase.
    #[must_use]
    pub const fn page(&self, phase: Phase) -> Option<&String> {
        match phase {
            Phase::Begun => self.page.as_ref(),
            Phase::Ended => self.end.as_ref(),
        }
    }

    pub(super) fn list(&mut self, phase: Phase, page: &str) {
        let slot = if phase == Phase::Begun { &mut self.page } else { &mut self.end };
        *slot = Some(page.to_owned());
    }
}

impl Gathering {
    fn list(&mut self, page: &str, members: usize, now: Timestamp) {
        if members == 0 || self.pages.iter().any(|listed| listed == page) {
            return;
        }
        self.pages.push(page.to_owned());
        self.joined += members as u64;
        self.since.get_or_insert(now);
    }
}
