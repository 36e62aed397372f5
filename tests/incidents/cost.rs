//! What an event costs: the calls and bytes of one, as docs/cost.md has them.

use std::collections::BTreeSet;

use ecs_triage::delivery::Delivery;
use ecs_triage::limits::{COUNTED_IDS, HIDDEN};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::bounds::done;
use crate::counted::{Counted, World};
use crate::model::{ACCOUNT, failure, well};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:ecs-triage";
/// The service whose story is told.
const ONE: u16 = 1;
/// Of so many services that fail alike.
const MEMBERS: u16 = 200;

/// An account, whose function gets one batch after another.
struct Account {
    world: World,
    delivery: Delivery<Counted>,
    now: Timestamp,
    tasks: usize,
}

impl Account {
    fn new() -> Self {
        let world = World::default();
        Self {
            delivery: world.delivery("a"),
            world,
            now: "2026-11-27T03:00:00Z".parse().expect("a time"),
            tasks: 0,
        }
    }

    fn failure(&mut self, workload: u16) -> String {
        self.tasks += 1;
        failure(workload, 0, self.tasks, self.now)
    }

    /// Hands over a batch; the places of those that come again.
    fn handle(&mut self, bodies: &[String]) -> BTreeSet<usize> {
        self.now += SignedDuration::from_secs(1);
        self.world.is(self.now);
        let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:events");
        let record = |(at, body): (usize, &String)| json!({"messageId": at.to_string(), "body": body, "eventSource": "aws:sqs", "eventSourceARN": queue});
        let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
        let answer = done(self.delivery.handle(&json!({"Records": records}).to_string(), FUNCTION))
            .expect("it has an answer");
        let again = answer["batchItemFailures"].as_array().expect("an answer").clone();
        again.iter().filter_map(|item| item["itemIdentifier"].as_str()?.parse().ok()).collect()
    }

    /// The row of the page for what happened since the last, for each of so many.
    fn row(&mut self, name: &str, of: usize) -> String {
        let calls = std::mem::take(&mut *self.world.calls());
        let mean = |count: usize| {
            let tenths = (count * 10 + of / 2) / of;
            if tenths.is_multiple_of(10) {
                (tenths / 10).to_string()
            } else {
                format!("{}.{}", tenths / 10, tenths % 10)
            }
        };
        let count = |call: &str| mean(calls.counts.get(call).copied().unwrap_or_default());
        let kilobytes = |bytes: usize| format!("{}.{}", bytes / of / 1000, bytes / of % 1000 / 100);
        let [reads, writes] = calls.units.map(mean);
        let [journal, log] = calls.bytes.map(kilobytes);
        format!(
            "| {name} | {} / {reads} | {} / {writes} | {} | {} / {journal} | {log} |",
            count("GetItem"),
            count("PutItem"),
            count("Publish"),
            count("PutLogEvents")
        )
    }
}

#[test]
fn the_page_has_what_an_event_costs() {
    let mut account = Account::new();
    let mut rows = Vec::new();
    let mut happens = |account: &mut Account, name: &str, bodies: &[String]| {
        account.world.calls().counts.clear();
        assert!(account.handle(bodies).is_empty(), "{name}");
        rows.push(account.row(name, bodies.len()));
    };
    let steady = |account: &Account| vec![well(ONE, account.now)];
    let of_one = steady(&account);
    happens(&mut account, "steady state, the first", &of_one);
    let of_one = steady(&account);
    happens(&mut account, "steady state, nothing open", &of_one);
    let first = vec![account.failure(ONE)];
    happens(&mut account, "failure that opens an incident", &first);
    let second = vec![account.failure(ONE)];
    happens(&mut account, "failure of an open incident", &second);
    let ten: Vec<String> = (0..5).map(|_| account.failure(ONE)).collect();
    happens(&mut account, "failure of an open incident, of five in a batch", &ten);
    for _ in 0..COUNTED_IDS {
        let body = [account.failure(ONE)];
        account.handle(&body);
    }
    std::mem::take(&mut *account.world.calls());
    let late = vec![account.failure(ONE)];
    happens(&mut account, "failure of an incident with hundreds", &late);
    let of_one = steady(&account);
    happens(&mut account, "steady state that ends an incident", &of_one);
    rows.push(storm());
    let page = include_str!("../../docs/cost.md");
    println!("{}", rows.join("\n"));
    for row in rows {
        assert!(page.contains(&row), "docs/cost.md has not: {row}");
    }
}

/// Each member of a storm, with all that it takes until it is told of.
fn storm() -> String {
    let mut account = Account::new();
    let mut left: Vec<String> = (2..2 + MEMBERS).map(|workload| account.failure(workload)).collect();
    while !left.is_empty() {
        let batches: Vec<Vec<String>> = left.chunks(10).map(<[String]>::to_vec).collect();
        left = batches
            .iter()
            .flat_map(|batch| {
                let again = account.handle(batch);
                batch
                    .iter()
                    .enumerate()
                    .filter(move |(at, _)| again.contains(at))
                    .map(|(_, body)| body.clone())
                    .collect::<Vec<_>>()
            })
            .collect();
        account.now += HIDDEN;
    }
    account.row("failure of a storm of 200 workloads", MEMBERS.into())
}
