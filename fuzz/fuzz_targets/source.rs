//! Any text as what a pipeline has: nothing panics, what cannot be read is told with its place, and nothing
//! that is told can steer a terminal or start a workflow command.

#![no_main]

use std::collections::BTreeSet;

use ecs_triage::check::{Check, Checked, Place};
use ecs_triage::question::Evidence;
use ecs_triage::render::github;
use ecs_triage::source::{Given, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match read(text, &Given::default()) {
        Ok(source) => {
            for found in source.found {
                let place = Place { region: "eu-west-1".to_owned(), ..Place::default() };
                let findings =
                    Check::new(&found.definition, &place).planned(&found.plan).findings(&Evidence::default());
                let one = Checked {
                    name: found.name.clone(),
                    services: Vec::new(),
                    file: Some("f".to_owned()),
                    found,
                    findings,
                    known: BTreeSet::new(),
                };
                assert!(github::commands(&[one], &[]).lines().all(|line| line.starts_with("::")));
            }
        }
        Err(error) => {
            assert!(error.line > 0 && error.column > 0 && !error.to_string().chars().any(char::is_control))
        }
    }
});
