//! The way, drawn.

use super::Path;

/// Draws a path, a line for each hop, the state at its end.
#[must_use]
pub fn draw(path: &Path) -> Vec<String> {
    vec![path.from.clone()]
}
