//! Incidents as a table, a line each.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::text::Style;
use super::wrap::cut;

/// An incident.
#[derive(Debug)]
pub struct Row {
    /// Cluster and service, or family.
    pub service: String,
    /// How many tasks failed.
    pub failed: usize,
    /// When the last one did.
    pub last: Option<String>,
    /// The cause's id; none where nothing is wrong.
    pub cause: Option<&'static str>,
    /// How sure it is.
    pub verdict: Option<&'static str>,
    /// Whether the tasks could not start, and did not just end.
    pub is_start_failure: bool,
    /// What happened, by name.
    pub title: String,
}

const HEADINGS: [&str; 6] = ["SERVICE", "FAILED", "LAST", "CAUSE", "VERDICT", "WHAT"];
/// The column of the causes, which is painted.
const CAUSE: usize = 3;
const BETWEEN: &str = "  ";

/// The table with its headings, nothing without rows. Only the last column is cut to the width.
#[must_use]
pub fn render(rows: &[Row], style: Style) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cells: Vec<[String; 6]> =
        std::iter::once(HEADINGS.map(str::to_owned)).chain(rows.iter().map(cells)).collect();
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| cells.iter().map(|row| row[column].width()).max().unwrap_or(0))
        .collect();
    let room = style.width.map(|width| {
        width.saturating_sub(widths.iter().rev().skip(1).map(|width| width + BETWEEN.len()).sum())
    });
    let mut out = String::new();
    for (at, row) in cells.iter().enumerate() {
        let is_red = at > 0 && rows[at - 1].is_start_failure;
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let last = column == HEADINGS.len() - 1;
            let cell =
                if last { room.map_or_else(|| cell.clone(), |room| cut(cell, room)) } else { cell.clone() };
            let blank = " ".repeat(if last { 0 } else { widths[column] - cell.width() + BETWEEN.len() });
            let painted = match (at, column) {
                (0, _) => style.colour.strong(&cell),
                (_, CAUSE) if is_red => style.colour.bad(&cell),
                _ => cell,
            };
            // Numbers are aligned at the right.
            let is_number = at > 0 && column == 1;
            let _ = if is_number {
                write!(line, "{}{painted}{BETWEEN}", &blank[BETWEEN.len()..])
            } else {
                write!(line, "{painted}{blank}")
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn cells(row: &Row) -> [String; 6] {
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    [
        row.service.clone(),
        row.failed.to_string(),
        or_dash(row.last.as_deref()),
        or_dash(row.cause),
        or_dash(row.verdict),
        row.title.clone(),
    ]
}
