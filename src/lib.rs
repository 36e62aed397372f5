//! ecs-triage: why an Amazon ECS task could not start.
pub mod arn;
pub mod event;
pub mod reason;
pub mod redact;
pub mod task_definition;
mod words;
