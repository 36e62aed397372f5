//! Long texts, of which only the beginning is wanted.

use super::redact;

/// What is looked at behind the end, so that a secret which the end cuts in two is known for one.
const MARGIN: usize = 1024;

/// The beginning of a text, made safe, in the time that this many bytes take; a text that goes on ends in `...`.
#[must_use]
pub fn redact_beginning(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return redact(text).into_owned();
    }
    let safe = redact(&text[..text.floor_char_boundary(longest + MARGIN)]);
    format!("{}...", &safe[..safe.floor_char_boundary(longest)])
}

#[cfg(test)]
mod tests {
    use super::{MARGIN, redact_beginning};

    #[test]
    fn the_beginning_is_kept_and_what_the_end_cuts_is_masked() {
        for (text, longest) in [("short", 5), ("é", 1), ("words and more words", 7), ("password=hunter2hunter2hunter2", 20), ("", 0)] {
            let kept = redact_beginning(text, longest);
            assert!(kept.len() <= longest.max(text.len().min(longest)) + 3, "{kept}");
            assert!(!kept.contains("hunter"), "{kept}");
            assert_eq!(kept.ends_with("..."), text.len() > longest, "{kept}");
        }
        let long = format!("token=ghp_{}", "x".repeat(3 * MARGIN));
        assert!(!redact_beginning(&long, 20).contains("xx"));
    }
}
