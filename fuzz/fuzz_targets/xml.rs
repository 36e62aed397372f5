//! Any text as an XML answer: nothing panics, and no answer is deeper than the stack. The reader alone is
//! built, without the AWS SDK.

#![no_main]

#[path = "../../src/aws/xml.rs"]
mod answer;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fuzz_target!(|text: &str| {
    if let Some(value) = answer::read(text) {
        assert!(depth(&value) <= 64);
    }
});
