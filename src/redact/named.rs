//! Values behind the name of a secret: `NAME=value`, `"name": "value"`, `name: value`, `<name>value</name>`,
//! and AWS's pairs of name and value.

use std::ops::Range;

use memchr::memmem;

use super::chance::is_generated;
use super::secret_name::{Strength, names_a_secret, parts, strength};

/// What is said of a secret without telling it: `token is expired`.
pub(super) const STATES: &[&str] = &[
    "authentication", "authorization", "blank", "cannot", "could", "does", "empty", "expected", "expired",
    "failed", "false", "incorrect", "invalid", "is", "malformed", "mandatory", "missing", "must", "needed",
    "no", "none", "not", "null", "operation", "rejected", "required", "revoked", "should", "too", "true",
    "undefined", "unset", "was", "wrong",
];
/// Words before what is the name of a thing, and not that of a value.
const NAMING: &[&str] = &[
    "fetching ", "secret ", "parameter ", "service for ", "json key ", "named ", "user ", "container ",
    "service ",
];
/// How far back to look for a name, and for the other half of a pair of name and value.
const LONGEST_SECRET_NAME: usize = 64;
const LONGEST_PAIR: usize = 400;
/// How far a quote is looked for that closes what a sentence or an assignment opened, and the end of an XML
/// element.
const LONGEST_QUOTED: usize = 256;
const LONGEST_ELEMENT: usize = 1_024;

/// The most bytes of a text that are read to decide whether it is a value.
const LONGEST_VALUE: usize = 16_384;
/// Words of a sentence are shorter, and this many bytes show whether a value was generated.
const LONGEST_WORD: usize = 64;

/// A name with the words before it.
struct Name<'t> {
    before: &'t str,
    word: &'t str,
    /// It is in quotes.
    quoted: bool,
    /// A space is between it and the sign.
    spaced: bool,
}

/// The values behind the names of a text. A name in an ARN is none, and in the query of a URL signs have
/// another meaning.
pub(super) fn named_values(
    text: &str,
    lower: &str,
    arns: &[Range<usize>],
    queries: &[Range<usize>],
    masks: &mut Vec<Range<usize>>,
) {
    let mut done = 0;
    let (mut arns, mut queries) = (arns.iter().peekable(), queries.iter().peekable());
    for (at, length) in signs(text.as_bytes()) {
        while arns.next_if(|arn| arn.end < at).is_some() {}
        while queries.next_if(|query| query.end <= at).is_some() {}
        if at < done || queries.peek().is_some_and(|query| query.start <= at) {
            continue;
        }
        let assigns = text.as_bytes()[at] != b':';
        if !assigns && arns.peek().is_some_and(|arn| arn.start <= at) {
            continue;
        }
        let window = &text[..text.floor_char_boundary(at + LONGEST_VALUE)];
        let Some(value) = value_at(window, lower, at, length, assigns) else { continue };
        // What is judged is bounded, what is masked is not.
        done = if value.end == window.len() { end_of_word(text, value.end) } else { value.end };
        masks.push(value.start..done);
    }
}

/// The positions of `=`, `:` and an encoded `=`, with their lengths.
fn signs(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let length = |at: usize| match text[at] {
        b'%' if text.get(at + 1..at + 3).is_some_and(|code| code.eq_ignore_ascii_case(b"3d")) => 3,
        b'%' => 0,
        _ => 1,
    };
    memchr::memchr3_iter(b'=', b':', b'%', text)
        .map(move |at| (at, length(at)))
        .filter(|(_, length)| *length > 0)
}

/// The value behind the sign at `at`, if what comes before it is the name of a secret.
fn value_at(text: &str, lower: &str, at: usize, length: usize, assigns: bool) -> Option<Range<usize>> {
    let name = name_before(&text[text.floor_char_boundary(at.saturating_sub(LONGEST_SECRET_NAME))..at]);
    let parts = parts(name.word);
    let from = at + length;
    if is_value_key(&parts) {
        let value = value(text, from, name.quoted);
        return is_of_secret(lower, at, value.end).then_some(value).filter(|value| !value.is_empty());
    }
    let strength = strength(&parts)?;
    let value = if length == 3 { encoded(text, from) } else { value(text, from, name.quoted && !assigns) };
    let said = &text[value.clone()];
    if said.is_empty() || is_elsewhere(said) {
        return None;
    }
    // Quotes around both are JSON's; those around a name alone may be a sentence's.
    if assigns || (name.quoted && text[..value.start].ends_with(['"', '\''])) {
        return Some(value);
    }
    let is_plain = strength == Strength::Plain || parts.len() > 1;
    let counts = (name.quoted || !name.spaced)
        && !is_said(said)
        && !NAMING.iter().any(|words| name.before.to_ascii_lowercase().ends_with(words))
        && !is_of_path(&name, said, value.start > from);
    let at_once = value.start == from;
    let is_part = at_once && (name.before.ends_with(':') || (parts.len() > 1 && is_version(said)));
    (counts && !is_part && (is_plain || is_generated(&said[..said.floor_char_boundary(LONGEST_WORD)])))
        .then_some(value)
}

/// Splits the name off the end of what comes before a sign.
fn name_before(before: &str) -> Name<'_> {
    let spaced = before.trim_end_matches(' ');
    let name = spaced.trim_end_matches(['"', '\'', '\\', ']']);
    let start =
        name.rfind(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')));
    let (context, rest) =
        name.split_at(start.map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8)));
    Name {
        before: context,
        word: rest,
        quoted: name.len() < spaced.len(),
        spaced: spaced.len() < before.len(),
    }
}

/// `value`, of which another key has the name.
fn is_value_key(parts: &[String]) -> bool {
    matches!(parts, [value] if value == "value")
}

/// Whether the value between two places is that of a secret by AWS's other keys:
/// `{"name": "DB_PASSWORD", "value": ...}`, `"Type": "SecureString"`.
fn is_of_secret(lower: &str, at: usize, end: usize) -> bool {
    let before = &lower[lower.floor_char_boundary(at.saturating_sub(LONGEST_PAIR))..at];
    let after = &lower[end..lower.floor_char_boundary(end + LONGEST_PAIR)];
    let near = |text: &str| {
        text.contains("securestring") || text.contains("\"parameter\"") || text.contains("\"parameters\"")
    };
    let names_one = |text: &str, at: usize| {
        let rest = text[at..].trim_start_matches(['"', '\'', '\\', ' ', ':', '=']);
        names_a_secret(
            &rest[..rest
                .find(|letter: char| {
                    !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/'))
                })
                .unwrap_or(rest.len())],
        )
    };
    let in_same = |at: &usize| !after[..*at].contains(['{', '}']);
    let by = |key: &str| {
        before.rfind(key).is_some_and(|at| names_one(before, at + key.len()))
            || after.find(key).filter(in_same).is_some_and(|at| names_one(after, at + key.len()))
    };
    near(before) || near(after) || by("name") || by("key")
}

/// Whether a value is a reference to the secret, and not it.
fn is_elsewhere(value: &str) -> bool {
    value.starts_with("arn:")
        || value.starts_with("${")
        || value.starts_with("$(")
        || value.starts_with("{{")
        || ["{", "[", "true", "false", "null"].contains(&value)
}

/// Whether a bare word behind a colon says something of the secret: a state, or the code of an error.
pub(super) fn is_said(value: &str) -> bool {
    if value.len() > LONGEST_WORD {
        return false;
    }
    let is_heading =
        value.strip_suffix(':').is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let word = value.trim_matches(|letter: char| letter.is_ascii_punctuation()).to_ascii_lowercase();
    is_heading
        || STATES.contains(&word.as_str())
        || ["exception", "error", "fault", "notfound", "denied"].iter().any(|end| word.ends_with(end))
}

/// Whether a name is the last of a path, and so that of a thing: a value behind it has no slash, or no space
/// before it. Joined names (`username/password: a/b`) have joined values.
fn is_of_path(name: &Name<'_>, value: &str, spaced: bool) -> bool {
    name.before.ends_with('/')
        && !(spaced && value.contains('/') && !name.before.trim_end_matches('/').contains('/'))
}

/// The tag of an image.
fn is_version(value: &str) -> bool {
    let number = value.strip_prefix('v').unwrap_or(value).trim_end_matches([':', ',', '.', '"']);
    value.starts_with("latest")
        || (number.starts_with(|letter: char| letter.is_ascii_digit())
            && (value.starts_with('v') || number.contains('.')))
}

/// A value after a sign. Quotes around a key mean JSON: there a quote closes, whatever follows it. Elsewhere
/// one closes where a word ends, since a generated password may hold quotes, and what has none ends at white
/// space only.
pub(super) fn value(text: &str, from: usize, json: bool) -> Range<usize> {
    let rest = &text[from..];
    let open = rest.trim_start_matches([' ', '=', '>']);
    let bare = open.trim_start_matches('\\');
    let depth = open.len() - bare.len();
    let start = from + (rest.len() - open.len());
    let Some(quote @ ('"' | '\'' | '`')) = bare.chars().next() else {
        let end = open.find(' ').unwrap_or(open.len());
        let end = if json { open[..end].find([',', '}', ']', '"']).unwrap_or(end) } else { end };
        return start..start + end;
    };
    let inner = start + depth + 1;
    let end = if json { closing(text, inner, quote, depth) } else { loosely_closing(text, inner, quote) };
    inner..end
}

/// Where the quote closes that was opened behind `depth` backslashes: the next with as many before it that
/// are not pairs of escaped ones.
fn closing(text: &str, from: usize, quote: char, depth: usize) -> usize {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(quote as u8, &bytes[from..]).map(|at| from + at) {
        let backslashes = bytes[from..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes >= depth && (backslashes - depth).is_multiple_of(2 * (depth + 1)) {
            return at - depth;
        }
    }
    text.len()
}

fn loosely_closing(text: &str, from: usize, quote: char) -> usize {
    let window = &text[from..text.floor_char_boundary(from + LONGEST_QUOTED)];
    let ends_word = |after: &str| {
        after.trim_start_matches(['"', '\'', '`', ',', ';', ':', '.', ')', ']', '}', '\\']).starts_with(' ')
            || after.trim_end_matches(['"', '\'', '`', ',', ';', ':', '.', ')', ']', '}', '\\']).is_empty()
    };
    let mut ends = memchr::memchr_iter(quote as u8, window.as_bytes());
    let closed =
        ends.find(|at| ends_word(&window[at + 1..window.floor_char_boundary(at + 1 + LONGEST_CLOSE)]));
    closed.map_or_else(|| end_of_word(text, from), |at| from + at)
}

fn end_of_word(text: &str, from: usize) -> usize {
    text[from..].find(' ').map_or(text.len(), |end| from + end)
}

/// The most signs behind a closing quote at the end of a word.
const LONGEST_CLOSE: usize = 8;

/// A value in a query that was encoded once more.
fn encoded(text: &str, from: usize) -> Range<usize> {
    let rest = &text[from..];
    let end = rest.find([' ', '&', '"', '\'']).unwrap_or(rest.len());
    let next = memmem::find(&rest.as_bytes()[..end], b"%26").unwrap_or(end);
    from..from + next
}

/// `<password>value</password>`.
pub(super) fn elements(text: &str, masks: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for at in memchr::memchr_iter(b'<', text.as_bytes()) {
        let window = &text[at + 1..text.floor_char_boundary(at + 1 + LONGEST_SECRET_NAME)];
        let Some(close) = window.find('>').filter(|_| at >= done) else { continue };
        let name = window[..close].split(' ').next().unwrap_or_default();
        let from = at + 1 + close + 1;
        let inner = &text[from..text.floor_char_boundary(from + LONGEST_ELEMENT)];
        if let Some(end) =
            inner.find("</").filter(|_| names_a_secret(name.rsplit(':').next().unwrap_or(name)))
        {
            masks.push(from..from + end);
            done = from + end;
        }
    }
}
