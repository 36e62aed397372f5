//! The lines that a compiler's error is made of, in the width and the colors of a terminal.

use unicode_width::UnicodeWidthStr;

use super::reason_lines::{Line, WIDEST};
use super::text::{Colour, Style};
use super::wrap::prose;

/// The columns before a line behind a bar.
const BAR: usize = 5;
/// The fewest and the most columns that text is wrapped to: longer lines are hard to read.
const COLUMNS: [usize; 2] = [30, 110];

/// A page that is written line by line.
pub(super) struct Page {
    pub(super) out: String,
    pub(super) style: Style,
}

/// How sure a note is, or what else gives it its color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Proved,
    Unproved,
}

impl Page {
    pub(super) const fn new(style: Style) -> Self {
        Self { out: String::new(), style }
    }

    pub(super) const fn colour(&self) -> Colour {
        self.style.colour
    }

    /// The columns to wrap to, where there is a terminal.
    pub(super) fn columns(&self) -> Option<usize> {
        self.style.width.map(|width| width.clamp(COLUMNS[0], COLUMNS[1]))
    }

    /// The columns of what is behind a bar.
    pub(super) fn behind_bar(&self) -> usize {
        self.columns().map_or(WIDEST, |columns| columns - BAR)
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// What happened: the kind in its color, the title in bold.
    pub(super) fn heading(&mut self, kind: &str, is_error: bool, title: &str) {
        let colour = self.colour();
        let first = format!("{kind}: ");
        let painted = if is_error { colour.bad(kind) } else { colour.warning(kind) };
        for line in prose(&first, 2, title, self.columns()) {
            match line.strip_prefix(&first) {
                Some(rest) => self.line(&format!("{painted}: {}", colour.strong(rest))),
                None => self.line(&colour.strong(&line)),
            }
        }
    }

    /// Where it happened.
    pub(super) fn place(&mut self, text: &str) {
        self.wrapped("  --> ", 6, text, Colour::quiet);
    }

    /// A line of what was said or written, with its marked part and what is to be said of it.
    pub(super) fn quoted(&mut self, line: &Line<'_>, says: &str) {
        let bar = self.colour().quiet("|");
        self.line(&format!("   {bar} {}", line.text));
        let Some(marked) = &line.marked else { return };
        let carets = "^".repeat(marked.len());
        let fits = marked.end + 1 + says.width() <= self.behind_bar();
        let says = if fits && !says.is_empty() { format!(" {says}") } else { String::new() };
        self.line(&format!(
            "   {bar} {}{}",
            " ".repeat(marked.start),
            self.colour().bad(&format!("{carets}{says}"))
        ));
    }

    /// A remark behind a bar that quotes nothing.
    pub(super) fn aside(&mut self, text: &str) {
        let bar = self.colour().quiet("|");
        self.line(&format!("   {bar} {}", self.colour().quiet(text)));
    }

    /// A note: what was found, was not found, was not checked.
    pub(super) fn note(&mut self, label: &str, tone: Tone, text: &str) {
        let paint = match tone {
            Tone::Plain => Colour::quiet,
            Tone::Proved => Colour::strong,
            Tone::Unproved => Colour::warning,
        };
        let first = if text.is_empty() { format!("   = {label}") } else { format!("   = {label}: ") };
        self.wrapped(&first, BAR, text, paint);
    }

    /// A sentence after a label, set in by as much as the label has.
    pub(super) fn step(&mut self, label: &str, text: &str) {
        self.wrapped(label, label.width().min(6), text, Colour::strong);
    }

    /// Text to copy: as it is, set in.
    pub(super) fn copied(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(&format!("      {line}")));
    }

    fn wrapped(&mut self, first: &str, indent: usize, text: &str, paint: fn(Colour, &str) -> String) {
        let label = first.trim();
        let painted = first.replacen(label, &paint(self.colour(), label), usize::from(!label.is_empty()));
        for line in prose(first, indent, text, self.columns()) {
            match line.strip_prefix(first) {
                Some(rest) => self.line(&format!("{painted}{rest}")),
                None => self.line(&line),
            }
        }
    }
}
