//! One spelling for every text: lower case, ASCII quotes, single spaces; each folded byte remembers where it
//! came from.

use super::page::{Letter, is_added, letters};
use super::symptom::Span;

/// A text in its folded spelling, with the way back.
pub(super) struct Folded {
    /// The folded text.
    pub(super) text: String,
    /// For each folded byte, and for the end, the byte offset in the original; `None` where they are the
    /// same.
    origin: Option<Vec<u32>>,
    /// Where a line ended in the original, in order.
    breaks: Vec<usize>,
}

impl Folded {
    pub(super) fn new(original: &str) -> Self {
        if keeps_places(original) {
            return Self { text: original.to_ascii_lowercase(), origin: None, breaks: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut origin = Vec::with_capacity(original.len() + 1);
        let mut breaks = Vec::new();
        let mut after_space = false;
        for Letter { letter, at } in letters(original) {
            let space = letter.is_whitespace();
            if letter == '\n' {
                breaks.push(text.len().saturating_sub(usize::from(after_space)));
            }
            if !(space && after_space) {
                let from = text.len();
                fold_letter(letter, &mut text);
                let at = u32::try_from(at).unwrap_or(u32::MAX);
                origin.extend(std::iter::repeat_n(at, text.len() - from));
            }
            after_space = space;
        }
        origin.push(u32::try_from(original.len()).unwrap_or(u32::MAX));
        Self { text, origin: Some(origin), breaks }
    }

    /// The original bytes behind a folded range.
    pub(super) fn original(&self, folded: &Span) -> Span {
        self.origin
            .as_ref()
            .map_or(folded.clone(), |origin| origin[folded.start] as usize..origin[folded.end] as usize)
    }

    /// The words of a folded range as they were before the text was cut, escaped or quoted.
    pub(super) fn words(&self, original: &str, folded: &Span) -> String {
        let slice = &original[self.original(folded)];
        let Some(origin) = self.origin.as_ref().filter(|_| slice.contains(is_added)) else {
            return slice.trim_end().to_owned();
        };
        let mut words = String::with_capacity(folded.len());
        let mut before = None;
        for (at, letter) in self.text[folded.clone()].char_indices() {
            let place = origin[folded.start + at] as usize;
            let written = original[place..]
                .chars()
                .next()
                .filter(|written| !written.is_whitespace() && !is_added(*written));
            match written {
                // What is one letter there may be folded to several.
                Some(_) if before == Some(place) => {}
                Some(written) => words.push(written),
                None => words.push(letter),
            }
            before = Some(place);
        }
        words
    }

    /// The first end of a line from `at` on, or the end of the text.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let next = self.breaks.partition_point(|&end| end < at);
        self.breaks.get(next).map_or(self.text.len(), |end| *end)
    }

    /// Whether the line that goes on at `at`, which is not the last, was cut.
    pub(super) fn is_cut_after(&self, at: usize) -> bool {
        let end = self.line_end(at);
        end < self.text.len() && (self.text[..end].ends_with("...") || self.text[..end].ends_with('\u{fffd}'))
    }

    /// Whether a line ended at `at`, but for the blank between.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        at == 0 || self.breaks.binary_search(&(at - 1)).is_ok()
    }
}

/// Whether every byte keeps its place when folded: printable ASCII, no spaces in a row, nothing escaped, and
/// no quote around it.
fn keeps_places(original: &str) -> bool {
    let bytes = original.as_bytes();
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'\\'))
        && bytes.windows(2).all(|pair| pair != b"  ")
        && !original.starts_with(['>', '|'])
}

fn fold_letter(letter: char, into: &mut String) {
    match letter {
        '\u{2018}' | '\u{2019}' => into.push('\''),
        '\u{201c}' | '\u{201d}' => into.push('"'),
        '\u{2026}' => into.push_str("..."),
        _ if letter.is_whitespace() => into.push(' '),
        _ => into.push(letter.to_ascii_lowercase()),
    }
}
