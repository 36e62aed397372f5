//! Many incidents of one kind at once: one notice that lists them.
//!
//! Every incident that opens joins the document of its step and fault, account and Region. Once more than [`MANY`] have joined within
//! [`WINDOW`], those that have not been announced are announced together, at once; then again as often as their number has doubled or a
//! window has passed. What finds no room in the list is announced by itself.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{About, Claim, Incident, claim, joined, keep_latest, release};

/// More than this many incidents are a storm.
pub const MANY: usize = 20;
/// If they open within this time.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// For so long a member that was told is listed.
const LISTED: SignedDuration = SignedDuration::from_mins(15);
/// After so long a member has come again and knows that it was told, or never will: a message comes five times, six minutes apart.
const KEPT: SignedDuration = SignedDuration::from_mins(45);
/// Of those that are listed no more, this many are known.
const KNOWN: usize = 500;
/// Bytes of text in the list: with what JSON adds well below the 400 KB that an item may have.
const ROOM: usize = 160_000;

/// The incidents of one kind that opened lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Storm {
    /// Those that opened within the window, and while it is a storm all of it.
    pub members: Vec<Member>,
    /// Those that were told and are listed no more: the serial of each fingerprint, and when it joined.
    pub known: BTreeMap<String, (u64, Timestamp)>,
    /// How many were told when it was announced last; none if it never was.
    pub announced: usize,
    /// When it was announced last.
    pub announced_at: Option<Timestamp>,
    /// Who is announcing it.
    pub claim: Option<Claim>,
}

/// An incident of a storm.
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
    /// Who can act.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// When it joined.
    pub at: Timestamp,
    /// Whether a storm's notice has told of it.
    pub told: bool,
}

impl Member {
    fn of(incident: &Incident, at: Timestamp) -> Self {
        let About { fingerprint, title, cause, verdict, owner, .. } = incident.about.clone();
        Self { fingerprint, serial: incident.serial, workload: incident.about.place(), title, cause, verdict, owner, at, told: false }
    }

    /// The names of its cluster and of its workload, with a dash for what is not known.
    #[must_use]
    pub fn place(&self) -> (&str, &str) {
        self.workload.split_once('/').unwrap_or(("-", &self.workload))
    }

    fn size(&self) -> usize {
        let Self { fingerprint, workload, title, cause, verdict, owner, .. } = self;
        [fingerprint, workload, title, cause, verdict, owner].map(String::len).iter().sum()
    }
}

/// What is known of a storm that an incident has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none: the incident is announced by itself.
    Calm,
    /// A notice of the storm has told of it.
    Told,
    /// It is due, and claimed by us.
    Due(Storm),
    /// It will be announced, by somebody else or later.
    Later,
}

/// The key of an incident's storm.
#[must_use]
pub fn key(about: &About) -> String {
    format!("storm/{}/{}/{}", joined(&[&about.account, &about.region]), about.step, about.fault)
}

impl Storm {
    /// Lets an incident join, once; what has left the window goes, unless it is a storm that goes on.
    pub fn join(&mut self, incident: &Incident, now: Timestamp) {
        // Who was told to come again must find it.
        let waits = |member: &Member| !member.told && now.duration_since(member.at) <= KEPT;
        let goes_on = self.announced_at.is_some_and(|at| now.duration_since(at) <= WINDOW * 2 || self.members.iter().any(waits));
        if !goes_on {
            (self.announced, self.announced_at) = (0, None);
        }
        self.forget(goes_on, now);
        if self.is_known(incident) {
            return;
        }
        let joining = Member::of(incident, now);
        let taken: usize = self.members.iter().map(Member::size).sum();
        match self.members.iter_mut().find(|member| member.fingerprint == joining.fingerprint) {
            // It was over, and failed again.
            Some(member) if member.serial < incident.serial => *member = joining,
            None if taken + joining.size() <= ROOM => self.members.push(joining),
            Some(_) | None => {}
        }
    }

    fn is_known(&self, incident: &Incident) -> bool {
        self.known.get(&incident.about.fingerprint).is_some_and(|(serial, _)| *serial >= incident.serial)
    }

    /// Lets go what is no longer listed, and what nobody will ask for any more.
    fn forget(&mut self, goes_on: bool, now: Timestamp) {
        let is_listed = |member: &Member| {
            let age = now.duration_since(member.at);
            age <= if !goes_on {
                WINDOW
            } else if member.told {
                LISTED
            } else {
                KEPT
            }
        };
        for member in self.members.extract_if(.., |member| !is_listed(member)).filter(|member| member.told) {
            self.known.insert(member.fingerprint, (member.serial, member.at));
        }
        self.known.retain(|_, (_, at)| now.duration_since(*at) <= KEPT);
        keep_latest(&mut self.known, KNOWN, |(_, at)| *at);
    }

    /// Whether so many opened that they are announced together.
    #[must_use]
    pub fn is_storm(&self) -> bool {
        self.announced > 0 || self.members.len() > MANY
    }

    /// Where an incident stands that has joined; claims the notice if it is due.
    pub fn standing(&mut self, incident: &Incident, holder: &str, now: Timestamp) -> Standing {
        if self.is_known(incident) {
            return Standing::Told;
        }
        let Some(member) = self.members.iter().find(|member| member.fingerprint == incident.about.fingerprint) else { return Standing::Calm };
        if !self.is_storm() {
            return Standing::Calm;
        }
        if member.told || member.serial > incident.serial {
            return Standing::Told;
        }
        let grown = self.members.len() >= self.announced * 2;
        let passed = self.announced_at.is_none_or(|at| now.duration_since(at) >= WINDOW);
        if (grown || passed) && claim(&mut self.claim, holder, now) { Standing::Due(self.clone()) } else { Standing::Later }
    }

    /// Notes that a notice has told of the members of `of`.
    pub fn told(&mut self, of: &Self, now: Timestamp) {
        for told in &of.members {
            if let Some(member) = self.members.iter_mut().find(|member| member.fingerprint == told.fingerprint) {
                member.told |= told.serial >= member.serial;
            } else {
                let known = self.known.entry(told.fingerprint.clone()).or_insert((told.serial, told.at));
                *known = (told.serial, told.at).max(*known);
            }
        }
        self.announced = self.announced.max(of.members.len());
        self.announced_at = Some(now);
        release(&mut self.claim, of.claim.as_ref());
    }

    /// After this nobody asks for it any more.
    #[must_use]
    pub fn expires(&self, now: Timestamp) -> Timestamp {
        now.checked_add(WINDOW * 12).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::{MANY, Standing, Storm};
    use crate::incident::{About, Incident, Sighting};
    use jiff::{SignedDuration, Timestamp};

    fn incident(number: usize) -> Incident {
        let about = About { fingerprint: number.to_string(), ..About::default() };
        Incident::begin(about, &Sighting { id: String::new(), at: Timestamp::UNIX_EPOCH }, None)
    }

    /// Its message may have been with an instance that died, once or twice.
    #[test]
    fn who_was_told_of_is_known_as_long_as_it_may_come_again() {
        let at = |minutes| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let mut storm = Storm::default();
        (0..=MANY).for_each(|number| storm.join(&incident(number), at(0)));
        let Standing::Due(told) = storm.standing(&incident(0), "holder", at(0)) else { unreachable!("it is a storm") };
        storm.told(&told, at(0));
        for minutes in [6, 12, 18, 24, 30] {
            storm.join(&incident(100 + usize::try_from(minutes).unwrap_or_default()), at(minutes));
            storm.join(&incident(7), at(minutes));
            assert_eq!(storm.standing(&incident(7), "another", at(minutes)), Standing::Told, "after {minutes} minutes");
        }
        storm.join(&incident(7), at(120));
        assert_eq!(storm.standing(&incident(7), "another", at(120)), Standing::Calm);
    }
}
