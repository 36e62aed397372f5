//! Incidents as a table, a line each.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::text::Style;
use super::wrap::{cut, prose};

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
/// Columns in which it can be said what happened; with less the rows are paragraphs.
const LEAST: usize = 20;

/// The table with its headings, nothing without rows. Only the last column is cut to the width; where too little is
/// left for it, each row is a paragraph.
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
    let of_others = widths.iter().rev().skip(1).map(|width| width + BETWEEN.len()).sum();
    let room = style.width.map(|width| width.saturating_sub(of_others));
    if room.is_some_and(|room| room < LEAST.min(widths[HEADINGS.len() - 1])) {
        return rows.iter().map(|row| paragraph(row, style)).collect();
    }
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

/// A row in lines that fit.
fn paragraph(row: &Row, style: Style) -> String {
    let last = row.last.as_ref().map(|last| format!(", the last {last}")).unwrap_or_default();
    let verdict = row.verdict.map(|verdict| format!(" ({verdict})")).unwrap_or_default();
    let cause = row.cause.unwrap_or_default();
    let what = [format!("{cause}{verdict}"), row.title.clone()].into_iter().filter(|part| !part.is_empty());
    let what = what.collect::<Vec<_>>().join(": ");
    let head = prose("", 2, &format!("{}: {} failed{last}", row.service, row.failed), style.width);
    let body = prose("  ", 2, &what, style.width).into_iter().filter(|_| !what.is_empty());
    let painted = |line: String| match line.split_once(cause) {
        Some((blank, rest)) if row.is_start_failure && blank.trim().is_empty() && !cause.is_empty() => {
            format!("{blank}{}{rest}", style.colour.bad(cause))
        }
        _ => line,
    };
    head.into_iter().chain(body.map(painted)).fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

#[cfg(test)]
mod tests {
    use super::{Row, render};
    use crate::render::text::Style;
    use unicode_width::UnicodeWidthStr;

    fn rows() -> Vec<Row> {
        let row = |service: &str, cause, title: &str| Row {
            service: service.to_owned(),
            failed: 12,
            last: Some("2026-04-15 14:02 UTC".to_owned()),
            cause,
            verdict: cause.map(|_| "confirmed"),
            is_start_failure: true,
            title: title.to_owned(),
        };
        vec![
            row("prod/checkout", Some("secret-key-missing"), "secret prod/db has no JSON key \"password\""),
            row("prod/nightly-report", None, "ECS gives no reason"),
            row("prod/web", None, ""),
        ]
    }

    #[test]
    fn every_line_fits_and_nothing_is_lost_where_there_is_no_room_for_a_table() {
        for width in [30, 40, 60, 79, 80, 90, 110, 200] {
            let text = render(&rows(), Style { width: Some(width), ..Style::default() });
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
            let whole = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for said in
                ["prod/checkout", "12", "14:02 UTC", "secret-key-missing", "prod/nightly-report", "prod/web"]
            {
                assert!(whole.contains(said), "{width}, {said}: {text}");
            }
            assert_eq!(text.starts_with("SERVICE"), width > 100, "{width}: {text}");
        }
        let narrow = render(&rows(), Style { width: Some(40), ..Style::default() });
        assert_eq!(
            narrow,
            "prod/checkout: 12 failed, the last\n  2026-04-15 14:02 UTC\n  secret-key-missing (confirmed): secret\n  prod/db has no JSON key \"password\"\nprod/nightly-report: 12 failed, the last\n  2026-04-15 14:02 UTC\n  ECS gives no reason\nprod/web: 12 failed, the last 2026-04-15\n  14:02 UTC\n"
        );
    }
}
