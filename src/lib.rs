//! ecs-triage: why an Amazon ECS task could not start.
#![doc = ""]
pub mod reason;
mod words;
