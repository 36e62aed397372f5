//! The diagnosis for an issue or a chat: a heading by which it is found again, and the text in a block.

use super::check;
use super::text::{self, Colour, Style};
use crate::check::Checked;
use crate::diagnosis::Report;

/// The whole report. Ends with a line break.
#[must_use]
pub fn render(report: &Report<'_>, style: impl Into<Style>) -> String {
    let style = plain(style);
    let heading = report.diagnoses.first().map_or_else(
        || "Nothing to diagnose".to_owned(),
        |best| format!("`{}`: {}", best.cause.id, span(&best.title)),
    );
    format!("### {heading}\n\n{}", block(&text::render(report, style)))
}

/// What came of a check. Ends with a line break.
#[must_use]
pub fn check(one: &Checked, style: impl Into<Style>) -> String {
    format!(
        "### {}: {}\n\n{}",
        span(&one.title()),
        check::headline(&one.findings),
        block(&check::render_one(one, plain(style)))
    )
}

/// A block is as wide as it is, and has no colors.
fn plain(style: impl Into<Style>) -> Style {
    Style { colour: Colour::Off, width: None, ..style.into() }
}

/// More backticks than are in a row anywhere in a text.
fn fence(text: &str, fewest: usize) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(fewest))
}

/// A line of text in which no Markdown is read: names from outside can hold links, mentions and HTML.
pub(crate) fn span(text: &str) -> String {
    let fence = fence(text, 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// A text in a block that none of its lines can end.
#[must_use]
pub fn block(text: &str) -> String {
    let fence = fence(text, 3);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n'))
}
