//! Many questions, in turns: AWS counts the calls of a whole account, and others need theirs.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::time::Duration;

use super::{Prober, ask_all};
use crate::question::{Evidence, Question};

/// Between two turns.
const TURN: Duration = Duration::from_secs(1);
/// At most so long after AWS said that there were too many calls.
const LONGEST_WAIT: Duration = Duration::from_secs(16);
/// A question to which it said so as often stays open.
const TRIES: u32 = 10;

/// How many questions go out.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// In one turn of a second.
    pub at_once: usize,
    /// In all.
    pub most: usize,
    /// The most rounds in which answers lead to new questions.
    pub rounds: usize,
}

/// A turn that is over.
#[derive(Debug)]
pub struct Turn<'e> {
    /// What was answered in it.
    pub fresh: &'e Evidence,
    /// How many questions were answered so far.
    pub answered: usize,
    /// How many more are known to be asked.
    pub left: usize,
}

/// Asks the next questions until there are none, in turns of a second, and reports each turn. A question that
/// AWS throttles is repeated after a while. Returns whether all were asked.
pub async fn ask_in_turns<P: Prober + Sync, S: Future<Output = ()>>(
    prober: &P,
    pace: Pace,
    sleep: impl Fn(Duration) -> S,
    next: impl Fn(&Evidence) -> Vec<Question>,
    evidence: &mut Evidence,
    mut report: impl FnMut(&Turn<'_>),
) -> bool {
    let (mut answered, mut asked, mut wait) = (0, 0, Duration::ZERO);
    for _ in 0..pace.rounds {
        let mut waiting = VecDeque::from(next(evidence));
        let mut tries: BTreeMap<Question, u32> = BTreeMap::new();
        while !waiting.is_empty() {
            let room = pace.at_once.min(pace.most.saturating_sub(asked));
            if room == 0 {
                return false;
            }
            if !wait.is_zero() {
                sleep(wait).await;
            }
            let some: Vec<Question> = waiting.drain(..room.min(waiting.len())).collect();
            asked += some.len();
            let mut answers = Evidence::default();
            ask_all(prober, some, &mut answers).await;
            let mut fresh = Evidence::default();
            let mut is_throttled = false;
            for (question, answer) in answers.answers() {
                if prober.is_throttled(answer) {
                    is_throttled = true;
                    let tried = tries.entry(question.clone()).or_default();
                    *tried += 1;
                    if *tried < TRIES {
                        waiting.push_back(question.clone());
                        continue;
                    }
                }
                answered += 1;
                fresh.note(question.clone(), answer.clone());
                evidence.note(question.clone(), answer.clone());
            }
            wait = if is_throttled { (wait * 2).clamp(2 * TURN, LONGEST_WAIT) } else { TURN };
            report(&Turn { fresh: &fresh, answered, left: waiting.len() });
        }
    }
    next(evidence).is_empty()
}
