//! A stopped task's reason as text, read into symptoms.
//!
//! Reading is pure, total and linear in the length of the text: it never fails and never guesses. What
//! copying added is taken off (`page`), the rest folded to one spelling (`fold`). The phrases of the
//! `grammar` are found in one pass, and between them the `parts` that sentences are made of: error codes, API
//! operations, hosts, HTTP statuses. The `reader` weighs what they say, skips the `name` that follows a
//! phrase, reads what is left of a phrase that was `cut`, and makes `facts` of what was named. Every fact
//! keeps its byte span in the original text. What ECS says all day is known beforehand (`ordinary`), and an
//! application's own log is read in the same way (`log`).

mod cut;
mod facts;
mod fold;
mod grammar;
mod log;
mod name;
mod ordinary;
mod page;
mod parts;
mod phrase;
mod reader;
mod symptom;

pub use log::{LogSymptom, read_log};
pub use page::unstyled;
pub use symptom::{Deny, Fact, Fault, Span, Step, Symptom, Wanted};

/// The failures of a reason, in the order of the text: one symptom for each, each once.
///
/// Empty for a blank text; otherwise at least one symptom, whose fault is [`Fault::Unknown`] where the words
/// prove none.
#[must_use]
pub fn read(text: &str) -> Vec<Symptom> {
    // ECS fetches what its step says.
    let by_ecs = |symptom| Symptom { wants: None, ..symptom };
    ordinary::read(text)
        .map_or_else(|| reader::read(text).into_iter().map(by_ecs).collect(), |symptom| vec![symptom])
}
