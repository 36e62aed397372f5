//! A reason, folded where ECS wrapped one error in another, with the deciding words marked.
//!
//! Folding keeps every byte, so the symptom's span still points at the right words.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::wrap::fitting;

/// A line is folded at the next colon from this many columns on.
const FOLD_FROM: usize = 24;
/// A line's columns where nothing else bounds them.
pub(super) const WIDEST: usize = 104;
/// At least so much precedes the deciding words, where there is so much.
const SAID_BEFORE: usize = 20;
/// And at most so much follows them: status codes and ids of requests are of no use on a phone.
const SAID_AFTER: usize = 40;
/// A line's columns there, by which it is decided what is far before them.
const ON_A_PHONE: usize = 60;
/// The most bytes shown of a reason without deciding words.
const LONGEST_SAID: usize = 300;
/// After these a value follows, not a wrapped error.
const LABELS: &[&str] = &[
    "statuscode:", "requestid:", "exit:", "id:", "code:", "user:", "resource:", "perform:", "label:",
    "hostid:", "service:", "versionid:", "parameters:", "manager:", "ssm:", "ecr:", "s3:", "logs:",
];

/// One line of the folded text.
pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    /// Columns to mark, where the span touches this line.
    pub(super) marked: Option<Range<usize>>,
    /// Whether it begins within a word, which is longer than a line.
    pub(super) is_rest: bool,
}

/// Folds `text` to so many columns, and marks `span`.
pub(super) fn fold<'t>(text: &'t str, span: &Range<usize>, columns: usize) -> Vec<Line<'t>> {
    let folded = breaks(text, columns);
    let mut start = 0;
    let cut =
        folded.iter().flat_map(|end| too_long(text, std::mem::replace(&mut start, *end), *end, columns));
    lines(text, span, cut)
}

/// Cuts a text that is not a sentence after so many columns, and marks `span`.
pub(super) fn cut<'t>(text: &'t str, span: &Range<usize>, columns: usize) -> Vec<Line<'t>> {
    lines(text, span, too_long(text, 0, text.len(), columns).into_iter())
}

fn lines<'t>(text: &'t str, span: &Range<usize>, ends: impl Iterator<Item = usize>) -> Vec<Line<'t>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in ends {
        let part = text[start..end].trim_end();
        if !part.is_empty() {
            let is_rest = start > 0 && !text[..start].ends_with(char::is_whitespace);
            lines.push(Line { text: part, marked: marked(part, start, span), is_rest });
        }
        start = end;
    }
    lines
}

/// Where a part of a text is cut that holds a word longer than a line, and its end.
fn too_long(text: &str, mut start: usize, end: usize, columns: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    while text[start..end].trim_end().width() > columns {
        start += fitting(&text[start..end], columns.max(2));
        ends.push(start);
    }
    ends.push(end);
    ends
}

/// The end of a reason, for a screen without columns: from the error that has the deciding words, these
/// between marks.
pub(super) fn last_words(text: &str, span: &Range<usize>, [open, close]: [&str; 2]) -> String {
    // The error before it, where the words begin one: "i/o timeout" alone does not say of what.
    let starts = std::iter::once(0).chain(breaks(text, ON_A_PHONE));
    let from =
        starts.take_while(|start| *start == 0 || *start + SAID_BEFORE <= span.start).last().unwrap_or(0);
    let marked = span.start < span.end && span.end <= text.len();
    let said = if marked {
        format!("{}{open}{}{close}{}", &text[from..span.start], &text[span.clone()], &text[span.end..])
    } else {
        text.to_owned()
    };
    let said = said.trim();
    let end = said.floor_char_boundary(if marked {
        span.end - from + open.len() + close.len() + SAID_AFTER
    } else {
        LONGEST_SAID
    });
    let (kept, after) = if end < said.len() { (whole_words(&said[..end]), "...") } else { (said, "") };
    format!("{}{kept}{after}", if from > 0 { "..." } else { "" })
}

/// A text without the part of a word that it may end in; of a long word a part is better than nothing.
fn whole_words(text: &str) -> &str {
    match text.rfind(' ') {
        Some(at) if text.len() - at <= SAID_BEFORE => text[..at].trim_end(),
        _ => text,
    }
}

/// Where lines end: after a colon that wraps an error, and before a word that would not fit.
fn breaks(text: &str, columns: usize) -> Vec<usize> {
    let mut breaks = Vec::new();
    let (mut start, mut at) = (0, 0);
    // Where the line may end if the next word does not fit: not between a label and its value.
    let mut before_label = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let said = word.trim_end();
        if start < at && text[start..at + said.len()].width() > columns {
            start = if start < before_label { before_label } else { at };
            breaks.push(start);
        }
        at += word.len();
        let label = LABELS.contains(&said.to_ascii_lowercase().as_str());
        if !label {
            before_label = at;
        }
        let wraps = said.ends_with(':') && !label;
        if wraps && text[start..at].width() >= FOLD_FROM {
            breaks.push(at);
            start = at;
        }
    }
    if breaks.last() != Some(&text.len()) {
        breaks.push(text.len());
    }
    breaks
}

fn marked(part: &str, start: usize, span: &Range<usize>) -> Option<Range<usize>> {
    let from = span.start.clamp(start, start + part.len()) - start;
    let to = span.end.clamp(start, start + part.len()) - start;
    (from < to).then(|| part[..from].width()..part[..to].width())
}
