//! One glance that tells most texts harmless: a pass over the bytes, and one search for the marks of secrets
//! where their letters occur.

use std::sync::LazyLock;

use super::option::SPOKEN;
use super::tokens::{SHORTEST_RANDOM, SHORTEST_TAIL, TOKENS};
use crate::dictionary::Dictionary;

/// What can make a text without quotes and `=` hold a secret. Finding none of these is much faster than
/// looking for each secret in its own way.
const MARKS: &[&str] = &[
    "://",
    "/credentials/",
    "-----",
    " --",
    "earer ",
    "asic ",
    "auth",
    "cookie",
    "pass",
    "pwd",
    "secret",
    "cred",
    "token",
    "key",
    "signature",
    "parameters: ",
    "parameternotfound",
    ":parameter/",
    "unmarshalling credentialspec",
    "exec:",
    "exec /",
    "mkdir ",
    "find user ",
    "find group ",
    "custom device",
    "oci runtime",
    "runc",
    "from daemon",
    "cannotstartcontainer",
    "cannotcreatecontainer",
];
/// These beginnings of tokens occur in many names, so they are not marks: the capitals and digits of the
/// token that follows are found instead.
const COMMON_TOKENS: &[&str] = &[
    "sk-", "eyJ", "SG.", "xai-", "r8_", "ya29.", "NRAK-", "ATATT3", "ATCTT3", "ATBB", "AKCp", "dp.pt.",
    "dp.st.", "sq0csp-", "sq0atp-", "lin_api_", "pypi-",
];
fn marks() -> impl Iterator<Item = String> {
    let tokens = TOKENS.iter().filter(|token| !COMMON_TOKENS.contains(token));
    let flags = ('a'..='z').map(|flag| format!(" -{flag}"));
    MARKS.iter().chain(SPOKEN).chain(tokens).copied().map(str::to_owned).chain(flags)
}

static SEARCH: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::new(marks()));

/// What a byte means for [`is_plain`], as flags.
mod kind {
    /// Joins the parts of a name.
    pub(super) const JOINT: u8 = 1;
    /// A character of sentences and ARNs: a mark may be there.
    pub(super) const SENTENCE: u8 = 2;
    /// A character of secret keys.
    pub(super) const SLASH: u8 = 4;
    pub(super) const LOWER: u8 = 8;
    pub(super) const DIGIT: u8 = 16;
    pub(super) const UPPER: u8 = 32;
    /// A quote, a sign, or no printable ASCII.
    pub(super) const OTHER: u8 = 64;
}

const KINDS: [u8; 256] = {
    let mut kinds = [kind::OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
        let value = byte as u8;
        kinds[byte] = match value {
            b'a'..=b'z' => kind::LOWER,
            b'0'..=b'9' => kind::DIGIT,
            b'A'..=b'Z' => kind::UPPER,
            b'.' | b'_' => kind::JOINT,
            b'/' => kind::SLASH | kind::SENTENCE,
            b':' | b'-' | b' ' | b'(' | b')' | b',' | b'[' | b']' => kind::SENTENCE,
            _ => kind::OTHER,
        };
        byte += 1;
    }
    kinds
};

/// Whether a text is of plain words in which no secret can hide: ids, ARNs, names, sentences.
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let seen = bytes.iter().fold(0, |seen, byte| seen | KINDS[usize::from(*byte)]);
    if seen & kind::OTHER != 0 {
        return false;
    }
    // What is random has capitals.
    if seen & kind::UPPER != 0 && bytes.len() >= SHORTEST_TAIL && may_be_random(bytes, seen) {
        return false;
    }
    SEARCH.find(text, 0).is_none()
}

/// The bytes of names, ARNs and images.
const OF_NAMES: [bool; 256] = {
    let mut of_names = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
        let value = byte as u8;
        of_names[byte] = value.is_ascii_alphanumeric()
            || matches!(value, b'_' | b'.' | b'-' | b'/' | b':' | b'+' | b'#' | b'*' | b',' | b'@');
        byte += 1;
    }
    of_names
};

/// Whether a text is of the letters of names alone, and holds no URL and no login.
pub(super) fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !bytes.iter().fold(true, |so_far, byte| so_far & OF_NAMES[usize::from(*byte)]) {
        return false;
    }
    let is_url = |at: usize| bytes[at..].starts_with(b"://");
    // In an ARN anything may have a sign of a login; elsewhere only a digest has.
    let is_login = |at: usize| !bytes[at..].starts_with(b"@sha") && !bytes.starts_with(b"arn:");
    !memchr::memchr_iter(b':', bytes).any(is_url) && !memchr::memchr_iter(b'@', bytes).any(is_login)
}

fn may_be_random(text: &[u8], seen: u8) -> bool {
    // Without digits only a run of capitals can be a token, and it covers one of every [`SHORTEST_TAIL`]
    // places.
    if seen & kind::DIGIT == 0
        && !text.iter().skip(SHORTEST_TAIL - 1).step_by(SHORTEST_TAIL).any(u8::is_ascii_uppercase)
    {
        return false;
    }
    // Letters and digits, and the same with slashes among them.
    let (mut run, mut stretch) = (Run::default(), Run::default());
    for byte in text {
        let kind = KINDS[usize::from(*byte)];
        if kind & Run::OF != 0 {
            run.add(kind);
            stretch.add(kind);
            continue;
        }
        if run.may_be_token() {
            return true;
        }
        run = Run::default();
        if kind & kind::SLASH != 0 {
            stretch.add(kind);
        } else if stretch.may_be_key() {
            return true;
        } else {
            stretch = Run::default();
        }
    }
    run.may_be_token() || stretch.may_be_key()
}

/// Letters and digits in a row.
#[derive(Default)]
struct Run {
    length: usize,
    kinds: u8,
}

impl Run {
    const OF: u8 = kind::LOWER | kind::DIGIT | kind::UPPER;

    const fn add(&mut self, kind: u8) {
        self.length += 1;
        self.kinds |= kind;
    }

    const fn may_be_key(&self) -> bool {
        self.length >= SHORTEST_RANDOM && self.kinds & Self::OF == Self::OF
    }

    /// Long and mixed, or long and of capitals; words run together have no digits, ids no capitals.
    const fn may_be_token(&self) -> bool {
        self.length >= SHORTEST_TAIL
            && self.kinds & kind::UPPER != 0
            && self.kinds & (kind::DIGIT | kind::LOWER) != kind::LOWER
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tokens::{SHORTEST_RANDOM, SHORTEST_TAIL};
    use super::{KINDS, SEARCH, is_plain, kind, marks};
    use crate::dictionary::PICKED_BY;

    #[test]
    fn every_mark_is_long_enough_to_be_picked() {
        for mark in marks() {
            assert!(mark.len() >= PICKED_BY, "{mark}");
        }
    }

    /// The same, each question asked of the whole text.
    fn is_plain_by_the_book(text: &str) -> bool {
        let has = |text: &[u8], kinds: u8| text.iter().any(|byte| KINDS[usize::from(*byte)] & kinds != 0);
        let is_of = |byte: &u8| byte.is_ascii_alphanumeric();
        let token = |run: &[u8]| {
            run.len() >= SHORTEST_TAIL
                && has(run, kind::UPPER)
                && (has(run, kind::DIGIT) || !has(run, kind::LOWER))
        };
        let key = |run: &[u8]| {
            run.len() >= SHORTEST_RANDOM
                && has(run, kind::UPPER)
                && has(run, kind::DIGIT)
                && has(run, kind::LOWER)
        };
        let bytes = text.as_bytes();
        let random = bytes.split(|byte| !is_of(byte)).any(token)
            || bytes.split(|byte| !is_of(byte) && *byte != b'/').any(key);
        let marked = SEARCH.find(text, 0).is_some();
        !(has(bytes, kind::OTHER) || random || marked)
    }

    fn texts() -> impl Strategy<Value = String> {
        let words: Vec<String> = marks()
            .chain(
                [
                    "task", "container ", "ABCDEFGH", "a1B2c3D4e5F6", "/", ":", "-", "_", " ", ".", "1234",
                    "arn:aws:ecs:", "=", "\u{e9}",
                ]
                .map(str::to_owned),
            )
            .collect();
        let mixed =
            prop::collection::vec(prop_oneof![prop::sample::select(words), "[A-Za-z0-9/:_. -]{0,8}"], 0..8);
        (mixed, any::<bool>()).prop_map(|(words, capitals)| {
            if capitals { words.concat().to_ascii_uppercase() } else { words.concat() }
        })
    }

    proptest! {
        #[test]
        fn one_glance_sees_what_many_looks_see(text in prop_oneof![texts(), "[A-Za-z0-9/]{0,60}", "[A-Z0-9 ]{0,40}"]) {
            prop_assert_eq!(is_plain(&text), is_plain_by_the_book(&text));
        }
    }
}
