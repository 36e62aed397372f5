//! Text in the columns of a terminal: wrapped between words, or cut.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Text after `first`, wrapped to `width`, with its further lines set in by `indent` columns. Without a width
/// it is one line.
pub(crate) fn prose(first: &str, indent: usize, text: &str, width: Option<usize>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        let is_full = |width: usize| {
            if is_empty {
                // The first word goes below its label only where it fits there.
                line.width() + word.width() > width && indent + word.width() <= width && line.width() > indent
            } else {
                line.width() + 1 + word.width() > width
            }
        };
        if width.is_some_and(is_full) {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)).trim_end().to_owned());
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// A text cut to the room for it, with a mark where more was cut off.
pub(super) fn cut(text: &str, room: usize) -> String {
    const MORE: &str = "...";
    if text.width() <= room {
        return text.to_owned();
    }
    let end = fitting(text, room.saturating_sub(MORE.len()));
    if room < MORE.len() { String::new() } else { format!("{}{MORE}", text[..end].trim_end()) }
}

/// The length of the part of a text that fits in so many columns.
pub(super) fn fitting(text: &str, columns: usize) -> usize {
    let mut taken = 0;
    let mut fits = |letter: char| {
        taken += letter.width().unwrap_or(0);
        taken <= columns
    };
    text.char_indices().find(|(_, letter)| !fits(*letter)).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::{cut, fitting, prose};

    #[test]
    fn words_go_to_the_next_line_whole() {
        assert_eq!(
            prose("   = found: ", 5, "one two three", Some(20)),
            ["   = found: one two", "     three"]
        );
        assert_eq!(prose("", 0, "one two", None), ["one two"]);
        assert_eq!(prose("label: ", 2, "eleven two", Some(12)), ["label:", "  eleven two"]);
        assert_eq!(
            prose("label: ", 2, "much-longer-than-it two", Some(12)),
            ["label: much-longer-than-it", "  two"]
        );
        assert_eq!(
            prose("- ", 2, "a-word-that-is-longer two", Some(8)),
            ["- a-word-that-is-longer", "  two"]
        );
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(
            (cut("abc", 3), cut("abcd", 3), cut("abcdef", 5), cut("ab", 1)),
            ("abc".into(), "...".into(), "ab...".into(), String::new())
        );
        assert_eq!(fitting("\u{65e5}\u{672c}", 3), "\u{65e5}".len());
    }
}
