//! The pure life of an incident and a storm, as tables.

use ecs_triage::incident::storm::{MANY, Standing, Storm, WINDOW};
use ecs_triage::incident::{Claim, Due, Incident, LEASE, SILENCE, Sighting};
use jiff::{SignedDuration, Timestamp};

use crate::model::about;

const REMINDER: SignedDuration = SignedDuration::from_hours(6);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).expect("a time")
}

fn sighting(id: u64, seconds: i64) -> Sighting {
    Sighting { id: format!("task-{id}"), at: at(seconds) }
}

/// An incident with so many failures, one a second.
fn failed(count: u64) -> Incident {
    let sightings: Vec<Sighting> = (0..count).map(|id| sighting(id, i64::try_from(id).expect("it is small"))).collect();
    let mut incident = Incident::begin(about(1, 1), &sightings[0], None);
    assert_eq!(incident.record(&sightings) as u64, count);
    incident
}

/// One that was announced when it had so many, and has so many now.
fn told(announced: u64, occurrences: u64) -> Incident {
    let mut incident = failed(occurrences);
    let mut then = incident.clone();
    then.occurrences = announced;
    incident.announced(&then, Due::Opened, at(0));
    incident
}

#[test]
fn what_is_due_follows_from_the_counts() {
    let still = Some(Due::StillFailing);
    for (announced, occurrences, due) in [
        (0, 1, Some(Due::Opened)),
        (0, 500, Some(Due::Opened)),
        (1, 1, None),
        (1, 9, None),
        (1, 10, still),
        (1, 11, still),
        (1, 150, still),
        (9, 9, None),
        (9, 10, still),
        (10, 10, None),
        (10, 99, None),
        (10, 100, still),
        (12, 99, None),
        (99, 100, still),
        (100, 999, None),
        (100, 1000, still),
        (150, 999, None),
    ] {
        assert_eq!(told(announced, occurrences).due(at(60), REMINDER), due, "{occurrences}, of which {announced} were told");
    }
}

#[test]
fn a_reminder_needs_time_and_news() {
    for (announced, occurrences, after, due) in
        [(1, 2, REMINDER - SECOND, None), (1, 2, REMINDER, Some(Due::StillFailing)), (2, 2, REMINDER * 4, None), (12, 13, REMINDER, Some(Due::StillFailing))]
    {
        assert_eq!(told(announced, occurrences).due(at(0) + after, REMINDER), due, "{occurrences} of {announced} after {after}");
    }
}

#[test]
fn an_end_is_due_once_and_after_the_beginning() {
    let mut incident = failed(3);
    assert!(!incident.resolve(at(1)), "it failed since");
    assert!(incident.resolve(at(2)));
    assert_eq!(incident.due(at(9), REMINDER), Some(Due::Opened));
    incident.announced(&incident.clone(), Due::Opened, at(9));
    assert_eq!(incident.due(at(9), REMINDER), Some(Due::Resolved));
    assert!(incident.resolve(at(50)) && incident.resolved == Some(at(2)), "it is over since it was over");
    incident.announced(&incident.clone(), Due::Resolved, at(9));
    assert!(incident.closed && incident.due(at(9) + REMINDER * 9, REMINDER).is_none());
}

#[test]
fn sightings_belong_to_what_was_open_when_they_happened() {
    let open = told(1, 3);
    let mut over = told(1, 3);
    over.resolve(at(100));
    let unannounced = failed(3);
    let silence = SILENCE.as_secs();
    for (incident, seconds, takes) in [
        (&open, -500, true),
        (&open, 2 + silence, true),
        (&open, 3 + silence, false),
        (&over, -500, true),
        (&over, 100, true),
        (&over, 101, false),
        (&unannounced, 3 + silence, true),
    ] {
        assert_eq!(incident.takes(&sighting(99, seconds)), takes, "at {seconds}: {incident:?}");
    }
}

#[test]
fn early_and_late_sightings_widen_it() {
    let mut incident = failed(3);
    assert_eq!(incident.record(&[sighting(7, 50), sighting(8, -50), sighting(1, 1), sighting(7, 50)]), 2);
    assert_eq!((incident.first_seen, incident.last_seen, incident.occurrences), (at(-50), at(50), 5));
}

#[test]
fn the_next_one_knows_its_predecessor() {
    let mut over = told(1, 3);
    over.resolve(at(100));
    let again = Incident::begin(about(1, 1), &sighting(9, 101), Some(&over));
    assert_eq!((again.serial, again.before, again.occurrences, again.announced), (1, None, 0, 0));
    let after_silence = Incident::begin(about(1, 1), &sighting(9, 100_000), Some(&told(1, 3)));
    assert_eq!((after_silence.serial, after_silence.before), (1, Some(3)));
    let mut again = again;
    assert_eq!(again.record(&[sighting(9, 101), sighting(2, 2)]), 1, "what its predecessor counted comes again");
}

#[test]
fn so_many_are_remembered() {
    let mut incident = failed(1025);
    assert_eq!(incident.record(&[sighting(1, 1)]), 0);
    assert_eq!(incident.record(&[sighting(0, 0)]), 1, "the first is forgotten");
}

#[test]
fn a_claim_holds_until_its_lease_ends() {
    let mut incident = failed(1);
    assert!(incident.claim("a", at(0)));
    assert!(incident.claim("a", at(1)), "it is one's own");
    let until = LEASE.as_secs() + 1;
    assert!(!incident.claim("b", at(until - 1)));
    assert!(incident.claim("b", at(until)));
    let mut late = incident.clone();
    late.claim = Some(Claim { holder: "a".to_owned(), until: at(1) });
    incident.announced(&late, Due::Opened, at(until));
    assert_eq!(incident.claim.as_ref().map(|claim| claim.holder.as_str()), Some("b"), "another's is not given back");
    incident.announced(&incident.clone(), Due::Opened, at(until));
    assert_eq!(incident.claim, None);
}

fn of(workload: u8) -> Incident {
    Incident::begin(about(workload, 1), &sighting(u64::from(workload), 0), None)
}

/// So many incidents that joined a second after each other.
fn joined(count: u8) -> Storm {
    let mut storm = Storm::default();
    (0..count).for_each(|workload| storm.join(&of(workload), at(i64::from(workload))));
    storm
}

const FEW: u8 = 20;

#[test]
fn more_than_many_within_the_window_are_a_storm() {
    assert_eq!(usize::from(FEW), MANY);
    let mut storm = joined(FEW);
    storm.join(&of(0), at(30));
    assert_eq!(storm.standing(&of(0), "a", at(30)), Standing::Calm);
    let window = WINDOW.as_secs();
    for (seconds, is_storm) in [(30, true), (window, true), (window + 1, false)] {
        let mut storm = storm.clone();
        storm.join(&of(FEW), at(seconds));
        assert_eq!(storm.is_storm(), is_storm, "the last joins after {seconds} s");
    }
}

#[test]
fn a_storm_is_announced_at_once_then_doubled_or_after_a_window() {
    let mut storm = joined(FEW + 1);
    let Standing::Due(first) = storm.standing(&of(FEW), "a", at(30)) else { panic!("it is due") };
    assert_eq!(storm.standing(&of(3), "b", at(30)), Standing::Later, "it is claimed");
    storm.join(&of(FEW + 1), at(31));
    storm.told(&first, at(32));
    assert_eq!((storm.announced, storm.announced_at, &storm.claim), (21, Some(at(32)), &None));
    assert_eq!(storm.standing(&of(3), "b", at(40)), Standing::Told);
    assert_eq!(storm.standing(&of(FEW + 1), "b", at(40)), Standing::Later, "it joined after the notice was written");
    let mut grown = storm.clone();
    (FEW + 2..=2 * FEW).for_each(|workload| grown.join(&of(workload), at(41)));
    assert_eq!(grown.standing(&of(FEW + 1), "b", at(41)), Standing::Later, "41 are not twice 21");
    grown.join(&of(2 * FEW + 1), at(41));
    assert!(matches!(grown.standing(&of(FEW + 1), "b", at(41)), Standing::Due(_)));
    let passed = 32 + WINDOW.as_secs();
    assert_eq!(storm.standing(&of(FEW + 1), "b", at(passed - 1)), Standing::Later);
    assert!(matches!(storm.standing(&of(FEW + 1), "b", at(passed)), Standing::Due(_)));
}

#[test]
fn a_member_that_fails_anew_is_told_anew() {
    let mut storm = joined(FEW + 1);
    storm.told(&storm.clone(), at(30));
    let again = Incident::begin(about(3, 1), &sighting(9, 40), Some(&of(3)));
    storm.join(&again, at(40));
    assert_eq!(storm.members.len(), 21);
    assert_eq!(storm.standing(&again, "a", at(40)), Standing::Later);
    assert_eq!(storm.standing(&of(3), "a", at(40)), Standing::Told, "the one before is over");
    storm.join(&of(3), at(41));
    assert_eq!(storm.standing(&again, "a", at(41)), Standing::Later);
}

#[test]
fn a_storm_goes_on_for_two_windows_after_its_last_notice() {
    let mut storm = joined(FEW + 1);
    storm.told(&storm.clone(), at(30));
    let last = 30 + WINDOW.as_secs() * 2;
    for (seconds, members) in [(last, 22), (last + 1, 1)] {
        let mut storm = storm.clone();
        storm.join(&of(99), at(seconds));
        assert_eq!((storm.members.len(), storm.is_storm()), (members, members > 1), "after {seconds} s");
    }
    storm.told(&storm.clone(), at(last));
    storm.join(&of(99), at(last + WINDOW.as_secs()));
    assert_eq!(storm.members.len(), 1 + usize::from(storm.members.iter().any(|member| member.workload == "prod/w20")), "who was told long ago has gone");
}
