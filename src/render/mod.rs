//! What people and machines read: the text, the frozen JSON, the SNS notice, and the catalogue's documentation.

pub mod catalogue;
pub mod json;
pub mod notice;
pub mod text;
mod reason_lines;
