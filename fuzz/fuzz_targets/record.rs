//! Any bytes as a stream of records: nothing panics on the way to every output, and no output can steer a
//! terminal.

#![no_main]

use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::Chunks;
use ecs_triage::question::Evidence;
use ecs_triage::render::json::v1;
use ecs_triage::render::notice::notice;
use ecs_triage::render::text::{Colour, render};
use ecs_triage::source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let definition = std::str::from_utf8(bytes).ok().and_then(|text| source::definition(text).ok());
    let evidence = definition.map(Evidence::of_definition).unwrap_or_default();
    for chunk in Chunks::new(bytes) {
        for task in chunk.expect("memory can be read").entries().flat_map(|entry| entry.tasks) {
            match task {
                Ok(task) => {
                    let report = diagnose(&task, &evidence);
                    let text = render(&report, Colour::Off)
                        + &v1::line(&report)
                        + &notice(&report).map(|notice| notice.subject + &notice.body).unwrap_or_default();
                    assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'));
                }
                Err(error) => assert!(!error.to_string().chars().any(char::is_control)),
            }
        }
    }
});
