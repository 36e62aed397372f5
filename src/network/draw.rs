//! The way, drawn: from the caller down to the destination, the state of each hop in one column.

use unicode_width::UnicodeWidthStr;

use super::{Path, State};

/// The widest that a hop gets, so that a line fits 110 columns.
const WIDEST: usize = 94;

/// Draws a path, a line for each hop, the state at its end.
#[must_use]
pub fn draw(path: &Path) -> Vec<String> {
    let hops: Vec<(String, &str)> = path.hops.iter().map(|hop| (cut(&hop.what), mark(hop.state))).collect();
    let column = hops.iter().map(|(what, _)| what.width()).max().unwrap_or_default();
    let end = match path.state {
        State::Broken => "x  ",
        State::Unsure => "?->",
        State::Ok | State::Absent => "+->",
    };
    let lines = hops
        .iter()
        .map(|(what, state)| format!("  |-- {what}{:pad$}   {state}", "", pad = column - what.width()));
    std::iter::once(path.from.clone()).chain(lines).chain([format!("  {end} {}", path.to)]).collect()
}

const fn mark(state: State) -> &'static str {
    match state {
        State::Absent => "-",
        State::Ok => "ok",
        State::Unsure => "?",
        State::Broken => "BROKEN",
    }
}

fn cut(what: &str) -> String {
    if what.width() <= WIDEST {
        return what.to_owned();
    }
    what.chars().take(WIDEST - 3).chain("...".chars()).collect()
}
