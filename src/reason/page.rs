//! What a text looks like where people copy it from: quoted in a mail, boxed by Terraform, cut into lines of one width, escaped for HTML or JSON,
//! colored for a terminal. Read as letters, each with its place in the original, without what was only added around them.

use super::reader::is_word;

/// A letter of the text, the place of the original where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) letter: char,
    pub(super) at: usize,
}

/// No page that wraps words is narrower.
const NARROWEST: usize = 40;

/// The letters of a text without its wrapping; a line that ends is a line break, a line that was only cut goes on.
pub(super) fn letters(text: &str) -> Vec<Letter> {
    let letters = unescaped(text);
    let lines: Vec<Line<'_>> = letters.split_inclusive(|letter| letter.letter == '\n').map(Line::new).collect();
    let mut page = Vec::with_capacity(letters.len());
    let mut at = 0;
    while at < lines.len() {
        let end = end_of_cut(&lines, at);
        page.extend_from_slice(lines[at].said(lines[at].margin));
        // What is set in deeper than the lines around it begins with the blank at which it was cut.
        let margin = lines[at + 1..end].iter().map(|line| line.margin).min().unwrap_or(0);
        let full = lines[at + 1..end].iter().map(Line::width).max().unwrap_or(0);
        for pair in lines[at..end].windows(2) {
            let (before, line) = (&pair[0], &pair[1]);
            // A blank at the cut is lost from the end of a line.
            let lost = before.width() + margin.saturating_sub(before.margin) + 1 == full;
            if let Some(end) = before.end.filter(|_| lost) {
                page.push(Letter { letter: ' ', ..end });
            }
            page.extend_from_slice(line.said(margin));
        }
        page.extend(lines[end - 1].end);
        at = end;
    }
    page
}

/// Where the lines end that are one line, cut by the width of the page, which begins at `first`: all are of one width but for the last.
fn end_of_cut(lines: &[Line<'_>], first: usize) -> usize {
    let (line, rest) = (&lines[first], &lines[first + 1..]);
    let Some(next) = rest.first().filter(|_| line.width() >= line.margin + NARROWEST) else { return first + 1 };
    // The first line may begin at the left where the others are set in.
    for width in [line.width(), line.width() + next.margin.saturating_sub(line.margin)] {
        let is_full = |line: &Line<'_>| line.width() == width || (line.width() + 1 == width && width > NARROWEST);
        let follows = |pair: &[Line<'_>]| !pair[0].ends_before(&pair[1]);
        let full = lines[first..].windows(2).take_while(|pair| follows(pair) && is_full(&pair[1]) && pair[1].margin >= next.margin.min(line.margin)).count();
        if full == 0 {
            continue;
        }
        let last = first + full;
        let goes_on = |line: &Line<'_>| line.margin >= next.margin && line.width() < width && line.width() > line.margin;
        let tail = lines.get(last + 1).is_some_and(|tail| goes_on(tail) && !lines[last].ends_before(tail));
        return last + 1 + usize::from(tail);
    }
    // Of two lines alone, a word that is broken tells.
    let is_shorter = next.width() - next.margin <= line.width() - line.margin;
    first + 1 + usize::from(is_shorter && line.breaks_word(next))
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
        let length = letters.iter().rposition(|letter| !blank(letter) && !is_box(letter.letter)).map_or(0, |last| last + 1);
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
        let last = self.letters[..self.length].last().is_some_and(|last| matches!(last.letter, '.' | '!' | '?' | ')'));
        last && next.said(next.margin).first().is_some_and(|first| first.letter.is_uppercase() || first.letter == '(')
    }

    /// Whether this line ends within a word of the grammar.
    fn breaks_word(&self, next: &Self) -> bool {
        let is_letter = |letter: &&Letter| letter.letter.is_ascii_alphabetic();
        let said = self.said(self.margin);
        let head = said.iter().rev().take_while(is_letter).count();
        let (head, tail) = (&said[said.len() - head..], next.said(next.margin).iter().take_while(is_letter));
        let word: String = head.iter().chain(tail).map(|letter| letter.letter.to_ascii_lowercase()).collect();
        let (head, tail) = word.split_at(head.len());
        !head.is_empty() && !tail.is_empty() && is_word(&word) && !(is_word(head) && is_word(tail))
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
    let is_json = quoted_whole && !text.contains('\n');
    let mut letters = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let (said, length) = match letter {
            '&' => entity(rest).unwrap_or((Some('&'), 1)),
            '\\' => json_escape(rest, is_json).unwrap_or((Some('\\'), 1)),
            // Nothing unprintable reaches a reason: the sign stands for it.
            '\u{1b}' | '~' if rest[1..].starts_with('[') => (None, color(rest)),
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

/// The letter that an HTML entity stands for, and its length. `&amp;quot;` is escaped twice.
fn entity(rest: &str) -> Option<(Option<char>, usize)> {
    let body = rest.strip_prefix("&amp;").map_or(&rest[1..], |twice| twice.trim_start_matches("amp;"));
    let before = rest.len() - body.len();
    let (name, _) = body.split_once(';').filter(|(name, _)| name.len() <= 7)?;
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
            let code = number.strip_prefix(['x', 'X']).map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
            char::from_u32(code)?
        }
    };
    Some((Some(letter), before + name.len() + 1)).or(Some((Some('&'), 1)))
}

/// The letter that an escape of JSON stands for.
fn json_escape(rest: &str, is_json: bool) -> Option<(Option<char>, usize)> {
    let escaped = rest[1..].trim_start_matches('\\');
    let before = rest.len() - escaped.len();
    let letter = escaped.chars().next()?;
    let said = match letter {
        '"' => '"',
        'n' if is_json => '\n',
        't' | 'r' if is_json => ' ',
        'u' => {
            let code = escaped.get(1..5).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32)?;
            return Some((Some(code), before + 5));
        }
        _ => return None,
    };
    Some((Some(said), before + 1))
}

/// The length of a terminal's color sequence.
fn color(rest: &str) -> usize {
    let parameters = rest[2..].bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    2 + parameters + usize::from(rest[2 + parameters..].starts_with('m'))
}
