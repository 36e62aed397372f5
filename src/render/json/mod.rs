//! JSON, by frozen version.

mod line;
pub mod v1;
