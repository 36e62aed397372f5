//! Any text: reading does not panic, every span is text, redaction keeps lengths and is done once.

#![no_main]

use ecs_triage::reason;
use ecs_triage::redact::redact;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for symptom in reason::read(text) {
        assert!(text.get(symptom.span.clone()).is_some());
        for fact in [
            &symptom.resource,
            &symptom.action,
            &symptom.region,
            &symptom.account,
            &symptom.host,
            &symptom.json_key,
        ]
        .into_iter()
        .flatten()
        {
            assert_eq!(text.get(fact.span.clone()), Some(fact.text.as_str()));
        }
    }
    let safe = redact(text);
    assert_eq!(safe.len(), text.len());
    assert!(!safe.chars().any(char::is_control));
});
