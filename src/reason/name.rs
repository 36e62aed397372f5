//! Where the name ends that follows a phrase: at its terminator, or with the word, the sentence or the text
//! around it.

use std::ops::Range;

use super::phrase::{Names, Otherwise, Slot};
use super::reader::{Reader, is_word};

/// How far the end of a name is looked for: no name that ECS prints is longer (a secret id may have 2,048
/// bytes).
const LONGEST_LOOKAHEAD: usize = 2_100;
/// What no name holds: JSON's next field, and where an SDK for Java or ECS names its service.
const ALWAYS: &[&str] = &["\",", ". (service ", "</"];
/// What follows a name where a sentence, a quote or a bracket ends.
const BEHIND: &[char] = &['.', ',', ';', ' ', '\u{fffd}'];

impl Reader<'_> {
    /// The name that follows a phrase which ends at `end`.
    pub(super) fn name_after(&self, slot: &Slot, end: usize) -> Option<Range<usize>> {
        let folded = self.folded.text.as_str();
        let start = end - slot.back;
        // A name that may hold blanks ends with its line.
        let line =
            if slot.otherwise == Otherwise::EndOfText { self.folded.line_end(start) } else { folded.len() };
        let limit = folded.floor_char_boundary((start + LONGEST_LOOKAHEAD).min(line));
        // A quoted name is named without its quotes.
        let quote = if slot.back == 0 && folded[start..].starts_with('"') { Some("\"") } else { None };
        let start = start + quote.map_or(0, str::len);
        let quoted = quote.is_some();
        let open = folded.get(start..limit)?;
        let until = quote.as_ref().map_or(slot.until, std::slice::from_ref);
        let ended = until.iter().chain(ALWAYS).filter_map(|until| open.find(until)).min();
        let mut length = match (ended, slot.otherwise) {
            (Some(at), Otherwise::NoWord) if open[..at].contains(' ') => return None,
            (Some(at), _) => at,
            // An ARN holds no blank.
            (None, Otherwise::EndOfText) if open.starts_with("arn:") => open.find(' ').unwrap_or(open.len()),
            (None, Otherwise::EndOfText) => self.sentence(start, open),
            (None, Otherwise::EndOfWord) => open.find(' ').unwrap_or(open.len()),
            (None, Otherwise::NoName | Otherwise::NoWord) => return None,
        };
        if slot.otherwise == Otherwise::EndOfWord && !quoted {
            length = open[..length].find(' ').unwrap_or(length);
        }
        // Where nothing marked the end, the sentence's own punctuation may follow the name.
        let name = match ended {
            Some(at)
                if at == length
                    && !open[at..].starts_with(['"', '\'', '`', ')'])
                    && slot.until.iter().any(|until| open[at..].starts_with(until)) =>
            {
                open[..length].trim_end()
            }
            _ => without_ending(&open[..length], slot.otherwise == Otherwise::EndOfWord),
        };
        // On the next line another sentence may begin.
        if slot.names == Names::Resource
            && start > 0
            && self.folded.begins_line(start)
            && !name.contains([':', '/', '.', '-', '_', '*'])
        {
            return None;
        }
        // Nothing distinguishes a name from the sentence's next word.
        if slot.names == Names::Resource
            && slot.otherwise == Otherwise::EndOfWord
            && slot.back == 0
            && ended.is_none_or(|at| at != length)
            && is_word(name)
        {
            return None;
        }
        // IAM names the streams of a log group with nothing behind the last colon.
        let colon = name.ends_with(":log-stream") && open[name.len()..].starts_with(':');
        let is_sign = |letter| matches!(letter, '.' | '"' | '\'' | '`' | '{' | '}' | '[' | ']' | '(' | ')');
        name.contains(|letter| !is_sign(letter)).then(|| start..start + name.len() + usize::from(colon))
    }

    /// How long the sentence is that begins at `start`: another begins with a capital letter.
    fn sentence(&self, start: usize, open: &str) -> usize {
        let begins = |at: usize| {
            let next = start + at + 2;
            let original = self.folded.original(&(next..next)).start;
            self.text[original..].starts_with(|letter: char| letter.is_uppercase() || letter == '(')
        };
        open.match_indices(". ").map(|(at, _)| at).find(|&at| begins(at)).unwrap_or(open.len())
    }
}

/// A name without what ends the sentence, the quote or the bracket around it; what opened within the name
/// ends there.
fn without_ending(name: &str, is_word: bool) -> &str {
    let mut name = name;
    while let Some(last) = name.chars().next_back() {
        let before = &name[..name.len() - last.len_utf8()];
        let opened = match last {
            ')' => before.contains('('),
            ']' => before.contains('['),
            '}' => before.contains('{'),
            '>' => before.contains('<'),
            '"' | '\'' | '`' => before.matches(last).count() % 2 == 1,
            // An ARN that was cut, or a reference without its last parts.
            ':' => !is_word || (before.starts_with("arn:") && before.matches(':').count() < 6),
            _ => !BEHIND.contains(&last),
        };
        if opened {
            break;
        }
        name = before;
    }
    name
}
