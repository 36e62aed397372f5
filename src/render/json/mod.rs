//! JSON, by frozen version.

pub mod v1;
