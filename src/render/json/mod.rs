//! JSON, by frozen version.

mod instant;
mod line;
pub mod v1;
