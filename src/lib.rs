//! ecs-triage: why an Amazon ECS task could not start.
pub mod arn;
pub mod causes;
pub mod cli;
pub mod config;
pub mod culprit;
pub mod diagnosis;
pub mod event;
pub mod question;
pub mod reason;
pub mod redact;
pub mod task_definition;
pub mod render;
pub mod triage;
mod words;
