//! What several causes need: the case, what is made of it, and views of the things that it can be about.
//!
//! A view asks only what the answers so far do not show. A round of questions may lead to the next: a
//! secret's description names its key, a role's its whole ARN. What AWS was not queried about, or did not
//! answer, stays `Unknown` and lowers the verdict; it never raises one.

pub(super) mod assessment;
pub(super) mod case;
pub(super) mod command;
pub(super) mod container_log;
pub(super) mod fix;
mod hidden;
pub(super) mod image;
pub(super) mod impaired;
pub(super) mod key;
pub(super) mod layer;
pub(super) mod likeness;
pub(super) mod name;
pub(super) mod object;
pub(super) mod parameter;
pub(super) mod policy;
pub(super) mod proof;
pub(super) mod refusal;
pub(super) mod region;
pub(super) mod resource_policy;
pub(super) mod revision;
pub(super) mod role;
pub(super) mod secret;
pub(super) mod snippet;
mod unwritten;
pub(super) mod usual;

/// References that one symptom asks about; of more the text alone speaks.
const CANDIDATES: usize = 6;
