//! The notice of a value that changed: which tasks hold what was before, and that none does any more.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::attributes::{attributes, safe};
use super::notice::Notice;
use super::stale::{held, is_open, renewal, second};
use super::subject::front;
use crate::causes::{Owner, Verdict};
use crate::context::span;
use crate::event::rotation::{CURRENT, Rotated, Rotation};
use crate::limits::{ROTATION_AGAIN, ROTATION_FOLLOWED};
use crate::redact::one_line;
use crate::staleness::rotation::Look;
use crate::staleness::{Holds, SourceKind};

/// What a notice says of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase<'p> {
    /// Tasks hold the old value.
    Begun,
    /// They still do, or may, and are followed no longer.
    Unfollowed,
    /// None does any more: which did, as [`place`](crate::staleness::Holder::place) names them, and since
    /// when.
    Over(&'p [String], Option<Timestamp>),
}

/// What no look at AWS can show.
const NOT_SEEN: [&str; 2] = [
    "values that an application, a sidecar or an agent fetches for itself",
    "registry credentials, which are read again at each pull",
];
/// The attributes `cause` and `fault`.
const STALE: &str = "stale-value";

/// The notice of a look at a change.
#[must_use]
pub fn notice(rotation: &Rotation, look: &Look, phase: Phase<'_>) -> Notice {
    let places: Vec<(&str, &str)> = match phase {
        Phase::Over(holders, _) => holders.iter().filter_map(|place| parts(place)).collect(),
        Phase::Begun | Phase::Unfollowed => {
            look.value.holders.iter().map(|one| (one.cluster.as_str(), one.workload.as_str())).collect()
        }
    };
    let clusters: BTreeSet<&str> = places.iter().map(|(cluster, _)| *cluster).collect();
    let workloads: BTreeSet<&str> = places.iter().map(|(_, workload)| *workload).collect();
    let only = clusters.first().copied().filter(|_| clusters.len() == 1);
    let front = front(only, Some(&rotation.account), Some(&rotation.region));
    let words = Words { rotation, look, phase, places: &places };
    let (mut single, mut lists) = (words.attributes(), Vec::new());
    for (name, values) in [("cluster", clusters), ("workload", workloads)] {
        let values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).map(safe).collect();
        match &values[..] {
            [] => {}
            [value] => single.push((name, value.clone())),
            _ => lists.push((name, values)),
        }
    }
    Notice::new(&format!("{front} {}", words.subject()), words.body(), single, lists)
}

/// Cluster and workload of a holder's place.
fn parts(place: &str) -> Option<(&str, &str)> {
    let (cluster, rest) = place.split_once('/')?;
    Some((cluster, rest.split_once('/')?.1))
}

fn place(cluster: &str, workload: &str) -> String {
    if cluster.is_empty() { workload.to_owned() } else { format!("{cluster}/{workload}") }
}

struct Words<'t> {
    rotation: &'t Rotation,
    look: &'t Look,
    phase: Phase<'t>,
    /// Cluster and workload of those that hold the old value, or did.
    places: &'t [(&'t str, &'t str)],
}

impl Words<'_> {
    fn attributes(&self) -> Vec<(&'static str, String)> {
        let state = match self.phase {
            Phase::Begun => "stale",
            Phase::Unfollowed => "unfollowed",
            Phase::Over(..) => "resolved",
        };
        let is_proved = matches!(self.phase, Phase::Over(..)) || self.look.value.is_stale();
        let verdict = if is_proved { Verdict::Confirmed } else { Verdict::Possible };
        let step = match self.look.value.source.kind {
            SourceKind::Secret => "secrets-manager",
            SourceKind::Parameter | SourceKind::File => "parameter-store",
        };
        attributes([
            Some(state),
            Some(STALE),
            Some(verdict.as_str()),
            Some(Owner::ServiceTeam.as_str()),
            Some(step),
            Some(STALE),
            None,
            None,
            Some(&self.rotation.account),
            Some(&self.rotation.region),
        ])
    }

    /// What holds the value, with its name.
    fn value(&self) -> String {
        format!("{} {}", self.look.value.source.kind, self.rotation.name)
    }

    /// How many tasks hold the old value, of which workloads, and the verb; where none is proved to, how many
    /// may.
    fn hold(&self) -> (String, String, &'static str) {
        let value = &self.look.value;
        let old = value.count(|holds| *holds == Holds::Old);
        let may = value.count(is_open);
        let (count, verb, is_meant): (_, _, fn(&Holds) -> bool) = match (old, may) {
            (0, may) => (may, "may hold", is_open),
            (1, _) => (1, "holds", |holds| *holds == Holds::Old),
            (old, _) => (old, "hold", |holds| *holds == Holds::Old),
        };
        let of: Vec<_> = value.holders.iter().filter(|holder| holder.count(is_meant) > 0).collect();
        let whose = match (&of[..], self.look.more) {
            ([one], 0) => one_line(&place(&one.cluster, &one.workload)).into_owned(),
            (some, 0) => format!("{} workloads", some.len()),
            (some, _) => format!("more than {} workloads", some.len()),
        };
        (if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }, whose, verb)
    }

    /// How many more tasks might hold it.
    fn open(&self) -> String {
        let value = &self.look.value;
        match value.count(is_open) {
            0 => String::new(),
            _ if !value.is_stale() => String::new(),
            1 => "; 1 more task may".to_owned(),
            open => format!("; {open} more tasks may"),
        }
    }

    fn subject(&self) -> String {
        let name = &self.rotation.name;
        let (tasks, whose, verb) = self.hold();
        match self.phase {
            Phase::Begun => format!("{name} changed: {tasks} of {whose} {verb} the old value"),
            Phase::Unfollowed if self.places.is_empty() => {
                format!("{name} changed: who holds the old value could not be found out")
            }
            Phase::Unfollowed => {
                let after = span(ROTATION_FOLLOWED);
                format!("{name}: after {after} {tasks} of {whose} {verb} the old value")
            }
            Phase::Over(..) => format!("{name}: no task holds the old value any more"),
        }
    }

    fn body(&self) -> String {
        let Self { rotation, look, .. } = self;
        let (value, at) = (self.value(), second(rotation.at));
        let (says, impact) = match self.phase {
            Phase::Begun | Phase::Unfollowed if self.places.is_empty() => (
                format!(
                    "Which tasks hold the value that {value} had before it changed could not be found out"
                ),
                format!("not known; it changed at {at}"),
            ),
            Phase::Begun | Phase::Unfollowed => {
                let (tasks, whose, verb) = self.hold();
                (
                    format!("{tasks} {verb} the value that {value} had before it changed"),
                    format!("{tasks} of {whose} {verb} the old value{}; it changed at {at}", self.open()),
                )
            }
            Phase::Over(holders, since) => {
                let had = if holders.len() == 1 {
                    "1 workload".to_owned()
                } else {
                    format!("{} workloads", holders.len())
                };
                (
                    format!("No task holds the value that {value} had before it changed any more"),
                    format!("{had} held it; it changed at {}", second(since.unwrap_or(rotation.at))),
                )
            }
        };
        let mut text = format!(
            "{says}\n{} ({}, {})\n\nIMPACT: {impact}\n{}: {}\n",
            rotation.name,
            rotation.region,
            rotation.account,
            look.value.source.kind.as_str().to_uppercase(),
            rotation.arn
        );
        if let Rotated::Secret { label } = &rotation.what
            && label != CURRENT
        {
            let _ = writeln!(text, "LABEL: {label}");
        }
        match self.phase {
            Phase::Over(..) => {
                text.push_str("\nWORKLOADS\n");
                for (cluster, workload) in self.places {
                    let _ = writeln!(text, "- {}", one_line(&place(cluster, workload)));
                }
            }
            Phase::Begun | Phase::Unfollowed => {
                self.what_to_do(&mut text);
                self.holders(&mut text);
                text.push_str("\nNOT LOOKED AT\n");
                let unseen = look.unseen.iter().map(String::as_str).chain(NOT_SEEN);
                unseen.for_each(|what| _ = writeln!(text, "- {}", one_line(what)));
                text.push_str(&self.what_follows());
            }
        }
        text
    }

    fn what_to_do(&self, text: &mut String) {
        let holders = &self.look.value.holders;
        let services: Vec<_> = holders.iter().filter(|holder| holder.is_service).collect();
        if holders.is_empty() {
            return;
        }
        text.push_str("\nWHAT TO DO\n");
        if !services.is_empty() {
            text.push_str("1. Start new tasks, which read the present value:\n");
            for holder in &services {
                let _ = writeln!(text, "{}", renewal(holder, &self.rotation.region));
            }
        }
        if services.len() < holders.len() {
            let number = if services.is_empty() { 1 } else { 2 };
            let _ = writeln!(text, "{number}. Stop the tasks that no service runs, and run them again.");
        }
    }

    fn holders(&self, text: &mut String) {
        if self.look.value.holders.is_empty() {
            return;
        }
        text.push_str("\nWORKLOADS\n");
        for holder in &self.look.value.holders {
            let _ = writeln!(text, "- {}: {}", one_line(&holder.title()), one_line(&held(holder, None)));
        }
        if self.look.more > 0 {
            let _ = writeln!(text, "- and {} more", self.look.more);
        }
    }

    fn what_follows(&self) -> String {
        match self.phase {
            Phase::Unfollowed => format!(
                "\nThis is the last word: a change is followed for {}. ecs-triage stale tells what tasks hold now.\n",
                span(ROTATION_FOLLOWED)
            ),
            Phase::Begun | Phase::Over(..) => format!(
                "\nNothing is restarted. Tasks are looked at again every {}, and the end is announced.\n",
                span(ROTATION_AGAIN)
            ),
        }
    }
}
