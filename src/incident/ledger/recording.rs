//! What a recording comes to: a function of what is kept, what was seen, and the time.

use jiff::{SignedDuration, Timestamp};

use super::{Next, Seen, Sighted};
use crate::incident::shared::Culprit;
use crate::incident::store::Changed;
use crate::incident::storm::{self, Phase, Storm};
use crate::incident::{Due, Incident, Sighting, expires, happened};

/// What a recording came to: the incident, and whether what is due is ours.
#[derive(Debug, Clone)]
pub(super) struct Updated {
    pub(super) incident: Incident,
    pub(super) due: Option<(Due, bool)>,
    /// Whether its storm announces that it continues.
    pub(super) hushed: bool,
}

/// What is the same for all failures of one recording.
pub(super) struct Recording<'c> {
    /// Their storm, as it was read.
    pub(super) storm: Storm,
    /// Whether those that open are listed on a page from the beginning.
    pub(super) are_many: bool,
    pub(super) claimant: &'c str,
    pub(super) reminder: SignedDuration,
    pub(super) now: Timestamp,
}

impl Updated {
    /// Whether its beginning or continuation is ours to announce.
    pub(super) fn is_ours_to_announce(&self) -> bool {
        self.due.is_some_and(|(due, is_ours)| is_ours && due != Due::Resolved)
    }
}

impl Recording<'_> {
    /// What becomes of an incident of which this was seen, whose workload was well at that time.
    pub(super) fn record(
        &self,
        kept: Option<Incident>,
        failure: &Sighted,
        well_at: Option<Timestamp>,
    ) -> Changed<Incident, Updated> {
        let now = self.now;
        let about = &failure.about;
        let sightings: Vec<Sighting> = failure
            .sightings
            .iter()
            .map(|sighting| Sighting { at: happened(sighting.at, now), ..sighting.clone() })
            .collect();
        let first = sightings
            .iter()
            .min_by_key(|sighting| sighting.at)
            .cloned()
            .unwrap_or_else(|| Sighting { id: String::new(), at: now });
        let mut incident = match kept.map(|kept| kept.by(now)) {
            // A workload that has another's fingerprint takes its place: both are announced, again and again,
            // and neither is silenced.
            Some(other) if !other.about.is_of_one_workload(about) => {
                Incident { serial: other.serial + 1, ..Incident::begin(about.clone(), &first, None) }
            }
            Some(kept) if sightings.iter().all(|sighting| kept.takes(sighting)) => kept,
            before => Incident::begin(about.clone(), &first, before.as_ref()),
        };
        incident.about.by_place = about.by_place;
        let was_over = incident.resolved.is_some();
        let mut changed = incident.record(&sightings) > 0;
        if changed {
            incident.recorded_at = Some(now);
        }
        if let Some(well_at) = well_at {
            changed |= incident.resolve(well_at.min(now)) && !was_over;
        }
        let mut due = incident.due(now, self.reminder);
        let hushed = due == Some(Due::StillFailing) && self.storm.hushes(&incident, now);
        if hushed {
            (incident.announced, incident.announced_at, incident.reminded, due) =
                (incident.occurrences, Some(now), true, None);
            changed = true;
        }
        let due = due.map(|due| (due, incident.claim(self.claimant, now)));
        if due == Some((Due::Opened, true)) && incident.storm.page.is_none() && self.are_many {
            incident.storm.list(Phase::Begun, &storm::page(self.claimant, Phase::Begun));
        }
        changed |= due.is_some_and(|(_, is_ours)| is_ours);
        Changed {
            document: changed.then(|| (incident.clone(), expires(now))),
            result: Updated { incident, due, hushed },
        }
    }

    /// Whether it joins its storm's document.
    pub(super) fn opens(updated: &Updated) -> bool {
        updated.due == Some((Due::Opened, true)) && updated.incident.storm.page.is_none()
    }

    /// What is to be done, where those of `calm` are announced by themselves.
    pub(super) fn next(&self, updated: Updated, culprit: Culprit, calm: &[String]) -> Seen {
        let Updated { incident, due, .. } = updated;
        let next = match due {
            None => Next::Nothing,
            Some((_, false)) => Next::ComeAgain,
            Some((Due::Opened, true)) if calm.contains(&incident.about.fingerprint) => {
                Next::Announce(Due::Opened)
            }
            Some((Due::Opened, true)) => Next::WithStorm,
            Some((Due::Resolved, true))
                if self.storm.hushes(&incident, self.now) || incident.storm.end.is_some() =>
            {
                Next::WithStorm
            }
            Some((due, true)) => Next::Announce(due),
        };
        Seen { incident, next, culprit }
    }

    /// The phase of the storm in which its notice lists an incident.
    pub(super) fn phase(&self, incident: &Incident) -> Phase {
        if incident.due(self.now, self.reminder) == Some(Due::Resolved) { Phase::Ended } else { Phase::Begun }
    }
}
