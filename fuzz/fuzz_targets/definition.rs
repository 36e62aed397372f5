//! Any text as a task definition: nothing panics, and neither what is asked for nor why it cannot be read can
//! steer a terminal.

#![no_main]

use ecs_triage::source;
use ecs_triage::task_definition::Target;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match source::definition(text) {
        Ok(definition) => {
            let _ = definition.name();
            for reference in definition.references() {
                assert!(!reference.value_from.chars().any(char::is_control));
                let _ = reference.target().as_ref().and_then(Target::malformation);
            }
        }
        Err(error) => assert!(!error.to_string().chars().any(char::is_control)),
    }
});
