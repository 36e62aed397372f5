//! One spelling for every text: lower case, ASCII quotes, single spaces; each folded byte remembers where it came from.

use super::symptom::Span;

/// A text in its folded spelling, with the way back.
pub(super) struct Folded {
    /// The folded text.
    pub(super) text: String,
    /// For each folded byte, and for the end, the byte offset in the original; `None` where they are the same.
    origin: Option<Vec<u32>>,
}

impl Folded {
    pub(super) fn new(original: &str) -> Self {
        if keeps_places(original) {
            return Self { text: original.to_ascii_lowercase(), origin: None };
        }
        let mut text = String::with_capacity(original.len());
        let mut origin = Vec::with_capacity(original.len() + 1);
        let mut after_space = false;
        for (at, letter) in original.char_indices() {
            let space = letter.is_whitespace();
            if !(space && after_space) {
                let from = text.len();
                fold_letter(letter, &mut text);
                let at = u32::try_from(at).unwrap_or(u32::MAX);
                origin.extend(std::iter::repeat_n(at, text.len() - from));
            }
            after_space = space;
        }
        origin.push(u32::try_from(original.len()).unwrap_or(u32::MAX));
        Self { text, origin: Some(origin) }
    }

    /// The original bytes behind a folded range.
    pub(super) fn original(&self, folded: &Span) -> Span {
        self.origin.as_ref().map_or(folded.clone(), |origin| origin[folded.start] as usize..origin[folded.end] as usize)
    }
}

/// Whether every byte is folded where it stands: printable ASCII, and no spaces in a row.
fn keeps_places(original: &str) -> bool {
    let bytes = original.as_bytes();
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) && bytes.windows(2).all(|pair| pair != b"  ")
}

/// The folded spelling alone, for the phrases of the grammar.
pub(super) fn fold(text: &str) -> String {
    Folded::new(text).text
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
