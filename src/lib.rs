//! ecs-triage: why an Amazon ECS task could not start.
pub mod arn;
#[cfg(feature = "aws")]
pub mod aws;
pub mod causes;
pub mod cli;
pub mod config;
pub mod culprit;
pub mod diagnosis;
pub mod event;
#[cfg(feature = "aws")]
pub mod function;
pub mod question;
pub mod reason;
pub mod redact;
pub mod task_definition;
pub mod render;
pub mod triage;
mod words;
