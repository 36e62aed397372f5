//! ecs-triage: why an Amazon ECS task could not start.
pub mod arn;
pub mod event;
pub mod reason;
mod words;
