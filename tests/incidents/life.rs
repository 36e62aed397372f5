//! The pure life of an incident and a storm, as tables.

use ecs_triage::incident::storm::{DueNotice, Phase, Standing, Storm};
use ecs_triage::incident::{About, Claim, Due, Incident, Membership, Sighting};
use ecs_triage::limits::{
    CLAIM, COUNTED_IDS, FLAPPING_QUIET, FLAPS, SILENCE, STORM_SILENCE, STORM_WINDOW, STORM_WORKLOADS,
};
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
    let sightings: Vec<Sighting> =
        (0..count).map(|id| sighting(id, i64::try_from(id).expect("it is small"))).collect();
    let mut incident = Incident::begin(about(1, 1), &sightings[0], None);
    assert_eq!(incident.record(&sightings) as u64, count);
    incident
}

/// One that was announced when it had so many, and has so many now.
fn opened(announced: u64, occurrences: u64) -> Incident {
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
        assert_eq!(
            opened(announced, occurrences).due(at(60), REMINDER),
            due,
            "{occurrences}, of which {announced} were announced"
        );
    }
}

#[test]
fn a_reminder_needs_time_and_news() {
    for (announced, occurrences, after, due) in [
        (1, 2, REMINDER - SECOND, None),
        (1, 2, REMINDER, Some(Due::StillFailing)),
        (2, 2, REMINDER * 4, None),
        (12, 13, REMINDER, Some(Due::StillFailing)),
    ] {
        assert_eq!(
            opened(announced, occurrences).due(at(0) + after, REMINDER),
            due,
            "{occurrences} of {announced} after {after}"
        );
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
    let open = opened(1, 3);
    let mut over = opened(1, 3);
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
    let mut over = opened(1, 3);
    over.resolve(at(100));
    let again = Incident::begin(about(1, 1), &sighting(9, 101), Some(&over));
    assert_eq!((again.serial, again.before, again.occurrences, again.announced), (1, None, 0, 0));
    let after_silence = Incident::begin(about(1, 1), &sighting(9, 100_000), Some(&opened(1, 3)));
    assert_eq!((after_silence.serial, after_silence.before), (1, Some(3)));
    let mut again = again;
    assert_eq!(
        again.record(&[sighting(9, 101), sighting(2, 2)]),
        1,
        "what its predecessor counted comes again"
    );
}

#[test]
fn so_many_are_remembered() {
    let mut incident = failed(COUNTED_IDS as u64 + 1);
    assert_eq!(incident.record(&[sighting(1, 1)]), 0);
    assert_eq!(incident.record(&[sighting(0, 0)]), 1, "the first is forgotten");
}

#[test]
fn a_claim_holds_until_its_lease_ends() {
    let mut incident = failed(1);
    assert!(incident.claim("a", at(0)));
    assert!(incident.claim("a", at(1)), "it is one's own");
    let until = CLAIM.as_secs() + 1;
    assert!(!incident.claim("b", at(until - 1)));
    assert!(incident.claim("b", at(until)));
    let mut late = incident.clone();
    late.claim = Some(Claim { holder: "a".to_owned(), until: at(1) });
    incident.announced(&late, Due::Opened, at(until));
    assert_eq!(
        incident.claim.as_ref().map(|claim| claim.holder.as_str()),
        Some("b"),
        "another's is not given back"
    );
    incident.announced(&incident.clone(), Due::Opened, at(until));
    assert_eq!(incident.claim, None);
}

fn of(workload: u8) -> Incident {
    Incident::begin(about(workload.into(), 1), &sighting(u64::from(workload), 0), None)
}

const FEW: u8 = 20;

/// So many incidents that opened a second after each other, and were announced by themselves.
fn early(count: u8) -> Storm {
    let mut storm = Storm::default();
    for workload in 0..count {
        assert_eq!(storm.join(&[&of(workload)], STORM_WORKLOADS, at(i64::from(workload))), Standing::Calm);
    }
    storm
}

/// A storm of one more, which is listed.
fn begun() -> Storm {
    let mut storm = early(FEW);
    storm.list(Phase::Begun, "first", 1, at(30));
    storm
}

/// The storm's notice, which is due.
fn announce(storm: &mut Storm, page: &str, seconds: i64) -> DueNotice {
    assert_eq!(storm.standing(Phase::Begun, page, "a", at(seconds)), Standing::Due);
    storm.due_notice(Phase::Begun, "key", &about(0, 1))
}

#[test]
fn more_workloads_than_many_within_the_window_are_a_storm() {
    assert_eq!(usize::from(FEW), STORM_WORKLOADS);
    let storm = early(FEW);
    assert_eq!(storm.clone().join(&[&of(0)], STORM_WORKLOADS, at(30)), Standing::Calm, "it is known");
    let window = STORM_WINDOW.as_secs();
    for (seconds, standing) in
        [(30, Standing::Later), (window, Standing::Later), (window + 1, Standing::Calm)]
    {
        assert_eq!(
            storm.clone().join(&[&of(FEW)], STORM_WORKLOADS, at(seconds)),
            standing,
            "the last joins after {seconds} s"
        );
    }
}

#[test]
fn one_workload_that_fails_in_many_ways_is_no_storm() {
    let mut storm = Storm::default();
    for layer in 0..100 {
        let about = About { fingerprint: format!("layer-{layer}"), ..about(1, 1) };
        assert_eq!(
            storm.join(&[&Incident::begin(about, &sighting(layer, 0), None)], STORM_WORKLOADS, at(0)),
            Standing::Calm
        );
    }
}

#[test]
fn a_storm_is_announced_at_once_then_doubled_or_after_a_window() {
    let mut storm = begun();
    let first = announce(&mut storm, "first", 30);
    assert_eq!((first.joined, first.members.len()), (21, 20), "and one on a page");
    assert_eq!(storm.standing(Phase::Begun, "first", "b", at(30)), Standing::Later, "it is claimed");
    storm.list(Phase::Begun, "second", 1, at(31));
    storm.announced(&first, at(32));
    assert_eq!(
        (storm.begun.announced, storm.begun.announced_at, &storm.begun.claim),
        (21, Some(at(32)), &None)
    );
    assert_eq!(storm.standing(Phase::Begun, "first", "b", at(40)), Standing::Announced);
    assert_eq!(
        storm.standing(Phase::Begun, "second", "b", at(40)),
        Standing::Later,
        "it joined after the notice was written"
    );
    let mut grown = storm.clone();
    grown.list(Phase::Begun, "third", usize::from(FEW) - 1, at(41));
    assert_eq!(grown.standing(Phase::Begun, "third", "b", at(41)), Standing::Later, "41 are not twice 21");
    grown.list(Phase::Begun, "fourth", 1, at(41));
    assert_eq!(grown.standing(Phase::Begun, "second", "b", at(41)), Standing::Due);
    let passed = 32 + STORM_WINDOW.as_secs();
    assert_eq!(storm.standing(Phase::Begun, "second", "b", at(passed - 1)), Standing::Later);
    assert_eq!(storm.standing(Phase::Begun, "second", "b", at(passed)), Standing::Due);
}

#[test]
fn members_of_a_storm_that_goes_on_are_not_announced_one_by_one() {
    let mut storm = begun();
    let first = announce(&mut storm, "first", 30);
    storm.announced(&first, at(30));
    let mut listed = of(FEW);
    listed.storm = Membership { page: Some("first".to_owned()), end: None };
    let silence = STORM_SILENCE.as_secs();
    for (seconds, hushes) in [(31, true), (30 + silence, true), (31 + silence, false)] {
        for member in [&listed, &of(3)] {
            assert_eq!(storm.hushes(member, at(seconds)), hushes, "after {seconds} s: {member:?}");
        }
    }
    assert!(!storm.hushes(&of(FEW + 1), at(31)), "it is no member");
    assert!(storm.touch(at(30 + silence)) && storm.hushes(&listed, at(31 + silence)), "a member failed");
    assert!(!storm.touch(at(31 + silence)), "that was noted");
    storm.list(Phase::Ended, "ends", usize::from(FEW) + 1, at(40));
    assert!(!storm.hushes(&listed, at(41)), "all are well");
}

#[test]
fn ends_are_announced_when_all_are_over_or_a_window_after_the_first() {
    let mut storm = begun();
    storm.announced(&storm.due_notice(Phase::Begun, "key", &about(0, 1)), at(30));
    storm.list(Phase::Ended, "some", FEW.into(), at(100));
    assert_eq!(storm.standing(Phase::Ended, "some", "a", at(101)), Standing::Later);
    assert_eq!(storm.clone().standing(Phase::Ended, "some", "a", at(100) + STORM_WINDOW), Standing::Due);
    storm.list(Phase::Ended, "last", 1, at(110));
    assert_eq!(storm.standing(Phase::Ended, "some", "a", at(111)), Standing::Due);
    assert_eq!(storm.due_notice(Phase::Ended, "key", &about(0, 1)).pages, ["some", "last"]);
}

/// The state of a document, whoever wrote it.
#[test]
fn what_another_release_kept_is_read_and_what_this_one_keeps_is_read_by_it() {
    let old = r#"{"about":{"fingerprint":"f","account":null,"region":null,"cluster":"prod","workload":"w1","is_service":true,"step":"s","fault":"f"},
        "first_seen":"2026-01-01T00:00:00Z","last_seen":"2026-01-01T00:00:02Z","recorded_at":null,"occurrences":2,"announced":1,"announced_at":null,
        "resolved":null,"closed":false,"claim":null,"before":null,"serial":7,"indexed":true,"seen":[18446744073709551615,2]}"#;
    let incident: Incident = serde_json::from_str(old).expect("it reads");
    assert_eq!((incident.serial, incident.occurrences, incident.announced, incident.schema), (7, 2, 1, 0));
    let new = serde_json::to_value(failed(3)).expect("JSON");
    for (name, is_it) in [
        ("seen", serde_json::Value::is_array as fn(&_) -> bool),
        ("serial", serde_json::Value::is_u64),
        ("closed", serde_json::Value::is_boolean),
    ] {
        assert!(is_it(&new[name]), "{name} is what the release before reads");
    }
    for name in [
        "about", "first_seen", "last_seen", "recorded_at", "occurrences", "announced", "announced_at",
        "resolved", "claim", "before", "indexed",
    ] {
        assert!(new.get(name).is_some(), "the release before has no default for {name}");
    }
    assert!(serde_json::from_str::<Incident>(r#"{"a_field_of_tomorrow": [1]}"#).is_ok());
}

#[test]
fn one_that_flaps_is_over_once_it_stays_away() {
    let mut incident = failed(1);
    for round in 1..=4 {
        let end = incident.last_seen + SECOND;
        let is_over = incident.resolve(end);
        assert_eq!(is_over, round <= FLAPS, "round {round}");
        if !is_over {
            assert!(
                !incident.resolve(incident.last_seen + FLAPPING_QUIET - SECOND)
                    && incident.resolve(incident.last_seen + FLAPPING_QUIET)
            );
            break;
        }
        incident = Incident::begin(
            about(1, 1),
            &Sighting { id: format!("again-{round}"), at: end + SECOND },
            Some(&incident),
        );
    }
    let later = Incident::begin(about(1, 1), &sighting(9, 1_000_000), Some(&incident));
    assert_eq!(later.flaps, 0);
}

#[test]
fn the_state_is_what_was_announced() {
    let mut incident = opened(3, 3);
    assert_eq!(incident.state(), "opened", "however many tasks the first notice reports");
    incident.announced(&incident.clone(), Due::StillFailing, at(9));
    assert_eq!(incident.state(), "still-failing");
    incident.resolve(at(2));
    assert_eq!(incident.state(), "resolved");
}
