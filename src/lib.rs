//! ecs-triage: why an Amazon ECS task could not start.
pub mod arn;
pub mod causes;
pub mod culprit;
pub mod event;
pub mod question;
pub mod reason;
pub mod redact;
pub mod task_definition;
mod words;
