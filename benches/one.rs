//! One event: from its JSON to a diagnosis, and from there to each output.
//! `cargo bench --no-default-features --bench one`

use divan::{Bencher, black_box};
use ecs_triage::diagnosis::diagnose;
use ecs_triage::event::{Task, read_record};
use ecs_triage::question::Evidence;
use ecs_triage::render::json::v1;
use ecs_triage::render::text::{Colour, render};
use ecs_triage::source;

const EVENTS: &[(&str, &str)] = &[
    ("secret-access-denied", include_str!("../events/secret-access-denied.json")),
    ("secret-network-timeout", include_str!("../events/secret-network-timeout.json")),
    ("scale-in", include_str!("../events/scale-in.json")),
];

fn names() -> impl Iterator<Item = &'static str> {
    EVENTS.iter().map(|(name, _)| *name)
}

fn text(name: &str) -> &'static str {
    EVENTS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| *text)
}

fn task(text: &str) -> Task {
    read_record(text).remove(0).tasks.remove(0).expect("it is a task")
}

fn evidence() -> Evidence {
    Evidence::of_definition(
        source::definition(include_str!("../events/task-definitions/orders.json"))
            .expect("it is a definition"),
    )
}

#[divan::bench(args = names())]
fn parse(name: &str) -> Task {
    task(black_box(text(name)))
}

#[divan::bench(args = names())]
fn classify(bencher: Bencher, name: &str) {
    let (task, evidence) = (task(text(name)), evidence());
    bencher.bench(|| diagnose(black_box(&task), &evidence).fingerprint);
}

#[divan::bench(args = names())]
fn all_the_way_to_text(bencher: Bencher, name: &str) {
    let evidence = evidence();
    bencher.bench(|| render(&diagnose(&task(black_box(text(name))), &evidence), Colour::Off));
}

#[divan::bench(args = names())]
fn all_the_way_to_json(bencher: Bencher, name: &str) {
    let evidence = evidence();
    bencher.bench(|| v1::line(&diagnose(&task(black_box(text(name))), &evidence)));
}

fn main() {
    divan::main();
}
