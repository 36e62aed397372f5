//! The way to a service.

use super::{Destination, Path, Snapshot, State};

/// Judges the way from the caller to a destination.
#[must_use]
pub fn judge(_snapshot: &Snapshot<'_>, to: &Destination) -> Path {
    Path {
        from: String::new(),
        to: format!("{}:{}", to.host, to.port),
        state: State::Unsure,
        hops: Vec::new(),
        faults: Vec::new(),
        possible: Vec::new(),
        unsure: Vec::new(),
    }
}
