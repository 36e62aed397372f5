//! ecs-triage: why an Amazon ECS task could not start, from the event to the notice.
//!
//! **The API is internal.** What is promised is the command line, JSON version 1, the attributes of a notice,
//! the template's parameters and the function's environment (`docs/`). Nothing here is: modules are public so
//! that the programs, tests and benchmarks of this repository can use them. These three examples are a way
//! in.
//!
//! A message of ECS becomes a diagnosis; without evidence of AWS it is `likely` at best:
//!
//! ```
//! use ecs_triage::{causes::Verdict, diagnosis::diagnose, event::read_record, question::Evidence};
//!
//! let json = r#"{"stoppedReason": "Retrieved secret from Secrets Manager did not contain json key password"}"#;
//! let task = read_record(json).remove(0).tasks.remove(0)?;
//! let report = diagnose(&task, &Evidence::default());
//! assert_eq!(report.diagnoses[0].cause.id, "secret-key-missing");
//! assert_eq!(report.diagnoses[0].verdict, Verdict::Likely);
//! # Ok::<(), ecs_triage::event::InputError>(())
//! ```
//!
//! A policy document decides a request, as far as it can be known:
//!
//! ```
//! use ecs_triage::policy_document::{Decision, NamedRole, Principal, Request, decide};
//!
//! let document = serde_json::json!({"Version": "2012-10-17", "Statement": [
//!     {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
//! ]});
//! let role = NamedRole::parse("arn:aws:iam::111122223333:role/ecsTaskExecutionRole").expect("it is the ARN of a role");
//! let request = Request {
//!     principal: Principal::Role(role),
//!     action: "secretsmanager:GetSecretValue",
//!     resource: "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123",
//!     context: &[],
//! };
//! assert!(matches!(decide(&document, &request), Decision::Denied(at) if at.index == 0));
//! ```
//!
//! A path through a VPC is judged hop by hop; of what was not read nothing is claimed:
//!
//! ```
//! use ecs_triage::network::{Caller, Destination, Snapshot, State, When, judge};
//! use ecs_triage::question::Evidence;
//!
//! let nothing = Evidence::default();
//! let caller = Caller::task(Some("subnet-0a1b2c3d"), None);
//! let snapshot = Snapshot::of(&nothing, "eu-west-1", None, caller, When::Now);
//! let path = judge(&snapshot, &Destination::aws("secretsmanager", "eu-west-1"));
//! assert_eq!(path.state, State::Unsure);
//! ```
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
//! | [`network`] | facts of a VPC into the path to a service, hop by hop, and its drawing |
//! | [`policy_document`] | a policy and a request into a decision, as far as it can be known |
//! | [`causes`] | the catalog: what a symptom can mean, how sure, what fixes it |
//! | [`diagnosis`] | a task and the evidence into a ranked [`diagnosis::Report`] |
//! | [`source`] | what a pipeline has (templates, plans, definitions) into task definitions, and what their deployment leaves open |
//! | [`check`] | a definition that is not deployed yet into what would prevent its task from starting |
//! | [`doors`] | a request of AWS before it deploys into a check, and what came of it into the answer |
//! | [`context`] | a failure into what people ask next: since when, what still runs, what was changed |
//! | [`staleness`] | running tasks into the values that they still hold though they changed since |
//! | [`incident`] | failures into incidents that are announced once, go on, and end; the trait of what stores them |
//! | [`stopped`] | a service that does not start, or an exit, into the tasks and logs that tell why |
//! | [`delivery`] | an invocation of the function into notices, records and the answer, behind ports |
//! | [`limits`] | every bound of time, size and number, in one place |
//! | [`triage`] | tasks into the questions that would help, and the trait of what answers them |
//! | [`render`] | a report into text, JSON or a notice |
//! | [`redact`] | any text into one without secrets, where it comes in |
//! | `aws`, `function` | the SDK and the Lambda function (feature `aws`) |
//! | [`cli`], [`config`] | the command line, and the environment, read once |
//!
//! # Where things go
//!
//! - A cause: a file of `src/causes` and its line in [`causes::CAUSES`].
//! - A wording of ECS: a row in the file of `src/reason/grammar` that has its neighbors.
//! - A question to AWS: a row of the table in `src/question.rs`, what answers it in `src/question/answer.rs` and
//!   `src/question/facts`, and who asks it in `src/aws`.
//! - A channel: its form in `src/render`, its message in `src/delivery/announcer.rs`, its client in `src/aws`.
//!
//! CONTRIBUTING.md takes each of them step by step.
//!
//! # What holds
//!
//! - Imports point one way, as the table in `tests/layers.rs` says.
//! - The core (all but `aws`, `function`, `cli` and `config`) knows no AWS client, runtime, clock or
//!   environment, and cannot fail: what cannot be read is an [`event::InputError`] among the rest, what
//!   cannot be learned is [`question::Answer::Unknown`].
//! - Reading a reason is total and linear in its length. It never guesses: what the words do not prove is
//!   [`reason::Fault::Unknown`].
//! - Nothing secret enters the model: environment values, commands and log tokens are not read, every other
//!   text passes [`redact`].
//! - The catalog is one list of records; `explain`, the documentation and the tests derive from it.
//! - JSON version 1 is frozen in structs of its own; internal types are not serialized.

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
mod json_path;
pub mod limits;
pub mod network;
pub mod policy_document;
pub mod question;
pub mod reason;
pub mod redact;
pub mod render;
pub mod source;
pub mod staleness;
pub mod stopped;
pub mod task_definition;
pub mod triage;
mod words;
