//! Any text as recorded evidence: nothing panics, what is written is read back the same, and a diagnosis that
//! rests on it cannot steer a terminal.

#![no_main]

use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::read_record;
use ecs_triage::question::record;
use ecs_triage::render::text::{Colour, render};
use libfuzzer_sys::fuzz_target;

const EVENTS: [&str; 3] = [
    include_str!("../../events/secret-key-missing.json"),
    include_str!("../../events/secret-access-denied.json"),
    include_str!("../../events/secret-network-timeout.json"),
];

fuzz_target!(|text: &str| {
    let evidence = match record::read(text) {
        Ok(evidence) => evidence,
        Err(error) => return assert!(!error.to_string().chars().any(char::is_control)),
    };
    let written = record::write(&evidence);
    let again = record::read(&written).expect("what was written can be read");
    assert_eq!(record::write(&again), written);
    for task in EVENTS.into_iter().flat_map(read_record).flat_map(|entry| entry.tasks).flatten() {
        let text = render(&diagnose(&task, &evidence), Colour::Off);
        assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'));
    }
});
