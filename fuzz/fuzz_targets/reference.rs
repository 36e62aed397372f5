//! Any text as a `valueFrom`: nothing panics, and each part of a secret's reference is a part of the text.

#![no_main]

use ecs_triage::task_definition::{Target, split_suffix};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let target = Target::parse(text);
    let _ = target.malformation();
    match target {
        Target::Secret(secret) => {
            assert!(text.starts_with(secret.arn) && secret.arn.ends_with(secret.name));
            assert!(secret.name.starts_with(secret.name_and_suffix().0));
            let parts = [secret.json_key, secret.version_stage, secret.version_id];
            assert!(parts.into_iter().flatten().all(|part| text[secret.arn.len()..].contains(part)));
        }
        Target::Parameter(name) => assert!(text.ends_with(name)),
        Target::SomethingElse(whole) | Target::Template(whole) => assert_eq!(whole, text),
        Target::Value => {}
    }
    assert!(text.starts_with(split_suffix(text).0));
});
