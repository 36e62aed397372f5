//! What a text looks like where people copy it from: quoted in a mail, boxed by Terraform, cut into lines of
//! one width, escaped for HTML or JSON, colored for a terminal. Read as letters, each with its place in the
//! original, without what was only added around them.

use std::borrow::Cow;

use super::reader::is_word;

/// A letter of the text, and its place in the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) letter: char,
    pub(super) at: usize,
}

/// No page that wraps words is narrower.
const NARROWEST: usize = 40;
/// No reason has more lines on it.
const MOST_LINES: usize = 100;
/// However often a text is escaped, it has no more signs than these.
const MOST_ESCAPES: usize = 16;
/// Copilot's command line cuts reasons into so many columns, and sets them in by this at least.
const COPILOT: usize = 70;
const COPILOT_MARGIN: usize = 4;

/// The letters of a text without its wrapping; a line that ends is a line break, a line that was only cut
/// goes on.
pub(super) fn letters(text: &str) -> Vec<Letter> {
    let letters = unescaped(text);
    let lines: Vec<Line<'_>> =
        letters.split_inclusive(|letter| letter.letter == '\n').map(Line::new).collect();
    let mut page = Vec::with_capacity(letters.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        page.extend_from_slice(line.said(line.margin));
        let cut = Cut::of(&lines[at..]).unwrap_or_default();
        for (before, pair) in lines[at..=at + cut.lines].windows(2).enumerate() {
            let full = if before == 0 { cut.first } else { cut.rest };
            // A blank at the cut is lost from the end of a line.
            if let Some(end) = pair[0].end.filter(|_| pair[0].width() < full) {
                page.push(Letter { letter: ' ', ..end });
            }
            page.extend_from_slice(pair[1].said(cut.margin));
        }
        at += cut.lines;
        page.extend(lines[at].end);
        at += 1;
    }
    page
}

/// Lines that are one line, cut by the width of a page: all are of one width but for the last.
#[derive(Debug, Default)]
struct Cut {
    /// How many lines follow the first.
    lines: usize,
    /// How wide the first is.
    first: usize,
    /// How wide the others are.
    rest: usize,
    /// How far the others are set in.
    margin: usize,
}

impl Cut {
    /// The cut that the first of these lines begins.
    fn of(lines: &[Line<'_>]) -> Option<Self> {
        let (line, next) = (lines.first()?, lines.get(1)?);
        if line.width() < line.margin + NARROWEST || line.ends_before(next) {
            return None;
        }
        // Pages are set in by pairs of blanks; another blank is what the line was cut at.
        let margin = next.margin - next.margin % 2;
        // The first line may begin at the left where the others are set in, and may have lost a blank.
        let set_in = margin.saturating_sub(line.margin);
        for (set_in, lost) in [(0, 0), (set_in, 0), (0, 1), (set_in, 1)] {
            let cut =
                Self { lines: 0, first: line.width() + lost, rest: line.width() + lost + set_in, margin };
            if let Some(cut) = cut.through(lines) {
                return Some(cut);
            }
        }
        // Of two lines alone, a word that is broken decides, or the width of a page that is known.
        let of_copilot = |width: usize| {
            margin >= COPILOT_MARGIN && (width == margin + COPILOT || width == line.margin + COPILOT)
        };
        let lost = [0, 1].into_iter().find(|lost| of_copilot(line.width() + lost));
        let is_shorter = next.width() <= line.width() + set_in
            && lines.get(2).is_none_or(|after| !next.goes_on_with(after));
        let is_cut = is_shorter && (lost.is_some() || line.breaks_word(next, margin));
        is_cut.then(|| Self { lines: 1, first: line.width() + lost.unwrap_or(0), rest: 0, margin })
    }

    /// The cut with its lines, if one more line at least is as wide.
    fn through(mut self, lines: &[Line<'_>]) -> Option<Self> {
        let mut exact = lines.first()?.width() == self.first;
        for (at, pair) in lines.windows(2).take(MOST_LINES).enumerate() {
            let (before, line) = (&pair[0], &pair[1]);
            if line.margin < self.margin || line.width() > self.rest || before.ends_before(line) {
                break;
            }
            // The lines of a page that breaks between words are of one width by chance.
            let full = if at == 0 { self.first } else { self.rest };
            if before.width() == full && (before.ends_word(line, self.margin) || before.is_word()) {
                return None;
            }
            self.lines += 1;
            exact |= line.width() == self.rest;
            if line.width() + 1 < self.rest {
                break;
            }
        }
        let (last, after) = (lines.get(self.lines)?, lines.get(self.lines + 1));
        let is_wide = lines.get(1).is_some_and(|line| line.width() + 1 >= self.rest);
        (self.lines > 0 && is_wide && exact && after.is_none_or(|after| !last.goes_on_with(after)))
            .then_some(self)
    }
}

/// A line by its parts: the marks and blanks before it, what it says, and its end.
struct Line<'l> {
    letters: &'l [Letter],
    /// Where the marks of a quote or a box end.
    marked: usize,
    /// Blanks after the marks.
    margin: usize,
    /// Where the line ends, without blanks and the other side of a box.
    length: usize,
    end: Option<Letter>,
}

impl<'l> Line<'l> {
    fn new(line: &'l [Letter]) -> Self {
        let (letters, end) = match line.split_last() {
            Some((end, letters)) if end.letter == '\n' => (letters, Some(*end)),
            _ => (line, None),
        };
        let blank = |letter: &Letter| letter.letter.is_whitespace();
        let length = letters
            .iter()
            .rposition(|letter| !blank(letter) && !is_box(letter.letter))
            .map_or(0, |last| last + 1);
        let mark = |letter: &Letter| matches!(letter.letter, '|' | '>') || is_box(letter.letter);
        let before = letters[..length].iter().take_while(|letter| blank(letter) || mark(letter)).count();
        // A blank follows a mark.
        let marked = letters[..before].iter().rposition(mark).map_or(0, |last| last + 1);
        let marked = if marked == before { 0 } else { marked };
        let margin = letters[marked..length].iter().take_while(|letter| blank(letter)).count();
        Self { letters, marked, margin, length, end }
    }

    /// What the line says after so many blanks.
    fn said(&self, margin: usize) -> &'l [Letter] {
        self.letters.get(self.marked + margin..self.length).unwrap_or_default()
    }

    fn width(&self) -> usize {
        self.length.saturating_sub(self.marked)
    }

    /// Whether a sentence ends here and another begins with the next line.
    fn ends_before(&self, next: &Self) -> bool {
        let last = self.letters[..self.length]
            .last()
            .is_some_and(|last| matches!(last.letter, '.' | '!' | '?' | ')'));
        last && next.begins()
    }

    fn begins(&self) -> bool {
        self.said(self.margin)
            .first()
            .is_none_or(|first| first.letter.is_uppercase() || !first.letter.is_alphanumeric())
    }

    /// Whether the same text goes on with the next line.
    fn goes_on_with(&self, next: &Self) -> bool {
        next.width() > next.margin && next.margin == self.margin && !next.begins()
    }

    /// The word in which this line may end and the next may begin, by its two halves.
    fn word_at_end(&self, next: &Self, margin: usize) -> (String, String) {
        let is_letter = |letter: &&Letter| letter.letter.is_ascii_alphabetic();
        let lower = |letter: &Letter| letter.letter.to_ascii_lowercase();
        let said = self.said(0);
        let head = said.iter().rev().take_while(is_letter).count();
        (
            said[said.len() - head..].iter().map(lower).collect(),
            next.said(margin).iter().take_while(is_letter).map(lower).collect(),
        )
    }

    /// Whether this line ends within a word of the grammar.
    fn breaks_word(&self, next: &Self, margin: usize) -> bool {
        let (head, tail) = self.word_at_end(next, margin);
        let are_words = is_word(&head) && is_word(&tail);
        !head.is_empty() && !tail.is_empty() && !are_words && is_word(&format!("{head}{tail}"))
    }

    /// Whether this line ends with a word of the grammar and the next begins with one.
    fn ends_word(&self, next: &Self, margin: usize) -> bool {
        let (head, tail) = self.word_at_end(next, margin);
        let last = self.letters[..self.length].last().map(|last| last.letter);
        let behind: String =
            next.said(margin).iter().skip(tail.len()).take(2).map(|letter| letter.letter).collect();
        // Of a short beginning and a whole word, one word may be made.
        let is_whole = head.len() > 2 && (behind.is_empty() || behind.starts_with(' ') || behind == ": ");
        let ends = is_word(&head) && (is_whole || !is_word(&format!("{head}{tail}")));
        (ends || (head.is_empty() && matches!(last, Some('*' | ',' | ';')))) && is_word(&tail)
    }

    /// Whether the line is one long word, which no page can break, before another.
    fn is_word(&self) -> bool {
        self.letters[..self.length].last().is_some_and(|last| last.letter == ':')
            && !self.said(self.margin).iter().any(|letter| letter.letter == ' ')
    }
}

fn is_box(letter: char) -> bool {
    ('\u{2500}'..='\u{257f}').contains(&letter)
}

/// Whether a letter may have come to a text by copying it.
pub(super) fn is_added(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '&' | '\\' | '\u{1b}') || is_invisible(letter)
}

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// The letters of a text, one for each HTML entity or escape.
fn unescaped(text: &str) -> Vec<Letter> {
    let quoted_whole = text.trim_start().starts_with(['"', '{']) || text.contains("\\\"");
    let is_json = quoted_whole && (!text.contains('\n') || text.trim_start().starts_with(['"', '{']));
    let mut letters = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let (said, length) = match letter {
            '&' => entity(rest).map_or((Some('&'), 1), |(letter, length)| (Some(letter), length)),
            '\\' => {
                json_escape(rest, is_json).map_or((Some('\\'), 1), |(letter, length)| (Some(letter), length))
            }
            // A reason has nothing unprintable: the sign replaces it.
            '\u{1b}' | '~' if rest[1..].starts_with('[') => (None, 1 + color(&rest[1..])),
            _ if is_invisible(letter) => (None, letter.len_utf8()),
            '\r' if rest.starts_with("\r\n") => (Some('\n'), 2),
            '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => (Some('\n'), letter.len_utf8()),
            _ => (Some(letter), letter.len_utf8()),
        };
        letters.extend(said.map(|letter| Letter { letter, at }));
        at += length;
    }
    letters
}

/// The letter of an HTML entity, and its length. `&amp;quot;` is escaped twice.
fn entity(rest: &str) -> Option<(char, usize)> {
    let body = rest.strip_prefix("&amp;").map_or(&rest[1..], |twice| twice.trim_start_matches("amp;"));
    let before = rest.len() - body.len();
    let name = body.char_indices().take(8).find(|(_, letter)| *letter == ';').map(|(end, _)| &body[..end])?;
    let letter = match name {
        "quot" | "ldquo" | "rdquo" => '"',
        "apos" | "lsquo" | "rsquo" => '\'',
        "lt" => '<',
        "gt" => '>',
        "nbsp" => ' ',
        "hellip" => '\u{2026}',
        "amp" => '&',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = number
                .strip_prefix(['x', 'X'])
                .map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
            char::from_u32(code)?
        }
    };
    Some((letter, before + name.len() + 1))
}

/// The letter of an escape of JSON.
fn json_escape(rest: &str, is_json: bool) -> Option<(char, usize)> {
    let escapes = rest.bytes().take(MOST_ESCAPES).take_while(|byte| *byte == b'\\').count();
    let escaped = &rest[escapes..];
    if is_json && rest.starts_with("\\\\") && !escaped.starts_with('"') {
        return Some(('\\', 2));
    }
    let before = rest.len() - escaped.len();
    let letter = escaped.chars().next()?;
    let said = match letter {
        '"' => '"',
        'n' if is_json => '\n',
        't' | 'r' if is_json => ' ',
        'u' => {
            let code = escaped
                .get(1..5)
                .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                .and_then(char::from_u32)?;
            return Some((code, before + 5));
        }
        _ => return None,
    };
    Some((said, before + 1))
}

/// A line without what colors it on a terminal, which hides its level and parts its words.
#[must_use]
pub fn unstyled(line: &str) -> Cow<'_, str> {
    let Some((plain, styled)) = line.split_once('\u{1b}') else { return Cow::Borrowed(line) };
    Cow::Owned(
        plain.to_owned() + &styled.split('\u{1b}').map(|part| &part[color(part)..]).collect::<String>(),
    )
}

/// The length of the color sequence that a text begins with, after its escape: a bracket, numbers and signs,
/// and the letter that ends them.
fn color(text: &str) -> usize {
    let Some(sequence) = text.strip_prefix('[') else { return 0 };
    let numbers = sequence.bytes().take_while(|byte| matches!(byte, b'0'..=b'?')).count();
    let ends = |letter: char| letter == 'm' || numbers > 0 && letter.is_ascii_alphabetic() || letter == 'K';
    1 + numbers + usize::from(sequence[numbers..].starts_with(ends))
}
