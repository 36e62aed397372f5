//! How long it is from event to notice, in calls one after another.

use std::fs;
use std::path::Path;

use ecs_triage::question::record;

use crate::counted::World;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:ecs-triage";

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| unreachable!("{}: {error}", path.display()))
}

/// Reads, writes with the claim, and publishing; a round of questions takes one more, and the definition that
/// it hangs on another.
#[test]
fn from_event_to_notice_there_are_few_calls_one_after_another() {
    for (event, evidence, most) in [
        ("secret-key-missing", None, 3),
        ("image-missing", None, 3),
        ("secret-network-timeout", None, 3),
        ("service-role-unassumable", None, 3),
        ("secret-key-missing", Some("secret-key-missing"), 5),
        ("secret-network-timeout", Some("secret-network-timeout"), 6),
    ] {
        let evidence =
            evidence.map(|name| record::read(&text(&format!("evidence/{name}.json"))).expect("evidence"));
        let is_asked = evidence.is_some();
        let world = World::answering(evidence);
        world.is("2026-11-27T03:00:00Z".parse().expect("a time"));
        let event_text = text(&format!("{event}.json"));
        let delivery = world.delivery("a");
        world.in_rounds(delivery.handle(&event_text, FUNCTION)).expect("it has an answer");
        let calls = world.calls();
        assert_eq!((calls.notices.len(), calls.rounds.contains_key("ask")), (1, is_asked), "{event}");
        assert!(calls.rounds["Publish"] <= most, "{event}: {:?}", calls.rounds);
    }
}
