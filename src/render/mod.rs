//! What people and machines read: the text, the frozen JSON, the SNS notice, and the catalog's documentation.

mod attributes;
mod body;
pub mod catalogue;
pub mod chat;
pub mod check;
pub mod cluster;
mod failure;
pub mod github;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod metrics;
pub mod notice;
mod page;
mod reason_lines;
pub mod rotation;
pub mod sarif;
pub mod stale;
pub mod storm;
mod subject;
pub mod table;
pub mod text;
pub(crate) mod wrap;
