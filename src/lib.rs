//! ecs-triage: why an Amazon ECS task could not start, from the event to the notice.
//!
//! # The map
//!
//! ```text
//! event ─┐                                             ┌─> render ──> cli
//! reason ├─> question ─> causes ─> diagnosis ──────────┤
//! task_definition ─> culprit ┘                         └─> triage ──> aws, function
//! ```
//!
//! | module | what it turns into what |
//! |---|---|
//! | [`event`] | JSON of any form into stopped [`event::Task`]s |
//! | [`reason`] | ECS's words into [`reason::Symptom`]s, each fact with its place in the text |
//! | [`task_definition`] | a definition into references, and what a `valueFrom` means |
//! | [`culprit`] | a symptom and a definition into the references that it can be about |
//! | [`question`] | what may be asked of AWS, and what is known so far |
//! | [`network`] | facts of a VPC into a way to a service, hop by hop, and its drawing |
//! | [`policy_document`] | a policy and a request into a decision, as far as it can be known |
//! | [`causes`] | the catalogue: what a symptom can mean, how sure, what fixes it |
//! | [`diagnosis`] | a task and the evidence into a ranked [`diagnosis::Report`] |
//! | [`check`] | a definition that is not deployed yet into what would keep its task from starting |
//! | [`doors`] | a request of AWS before it deploys into a check, and what came of it into the answer |
//! | [`context`] | a failure into what people ask next: since when, what still runs, what was changed |
//! | [`incident`] | failures into incidents that are announced once, go on, and end; the trait of whoever keeps them |
//! | [`triage`] | tasks into the questions that would help, and the trait of whoever answers |
//! | [`render`] | a report into text, JSON or a notice |
//! | [`redact`] | any text into one without secrets, where it comes in |
//! | `aws`, `function` | the SDK and the Lambda function (feature `aws`) |
//! | [`cli`], [`config`] | the command line, and the environment, read once |
//!
//! # What holds
//!
//! - Imports point one way, as the table in `tests/layers.rs` says.
//! - The core (all but `aws`, `function`, `cli` and `config`) knows no AWS client, runtime, clock or environment, and cannot fail:
//!   what cannot be read is an [`event::InputError`] beside its neighbours, what cannot be learned is [`question::Answer::Unknown`].
//! - Reading a reason is total and linear in its length. It never guesses: what the words do not prove is [`reason::Fault::Unknown`].
//! - Nothing secret enters the model: environment values, commands and log tokens are not read, every other text passes [`redact`].
//! - The catalogue is one list of records; `explain`, the documentation and the tests derive from it.
//! - JSON version 1 is frozen in structs of its own; no internal type serialises.

pub mod arn;
#[cfg(feature = "aws")]
pub mod aws;
pub mod causes;
pub mod check;
pub mod cli;
pub mod config;
pub mod context;
pub mod culprit;
pub mod delivery;
pub mod diagnosis;
mod dictionary;
pub mod doors;
pub mod event;
#[cfg(feature = "aws")]
pub mod function;
pub mod incident;
pub mod limits;
pub mod network;
pub mod policy_document;
pub mod question;
pub mod reason;
pub mod redact;
pub mod render;
pub mod task_definition;
pub mod triage;
mod words;
