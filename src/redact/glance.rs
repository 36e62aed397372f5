//! One glance that tells most texts harmless: a pass over the bytes, and one search for the marks of secrets.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{PLAIN_NAMES, SHORTEST_RANDOM, SHORTEST_TAIL, SPOKEN, TOKENS};

/// What can make a text without quotes and `=` hold a secret. Finding none of these is much faster than looking for each secret in its own way.
struct Triggers {
    /// By [`folded`] first three bytes, whether any of them begins so: most texts have no such place.
    begin: Box<[bool; BEGINNINGS]>,
    search: AhoCorasick,
}

static TRIGGERS: LazyLock<Option<Triggers>> = LazyLock::new(|| {
    let marks = ["://", "/credentials/", "-----", " -u ", "earer ", "asic ", "authorization", "unmarshalling credentialspec"];
    // These two stand in many names.
    let tokens = TOKENS.iter().filter(|token| !["sk-", "eyJ"].contains(token));
    let words = marks.iter().chain(PLAIN_NAMES).chain(SPOKEN).chain(tokens);
    let mut begin = Box::new([false; BEGINNINGS]);
    words.clone().for_each(|word| begin[word.bytes().take(3).fold(0, folded)] = true);
    let search = AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()?;
    Some(Triggers { begin, search })
});

impl Triggers {
    fn are_in(&self, text: &str) -> bool {
        let (mut last_three, mut begins) = (0, false);
        for byte in text.bytes() {
            last_three = folded(last_three, byte);
            begins |= self.begin[last_three];
        }
        begins && self.search.is_match(text)
    }
}

const BEGINNINGS: usize = 1 << 12;

/// The last three bytes in twelve bits, capitals as small letters; earlier ones are shifted out.
fn folded(before: usize, byte: u8) -> usize {
    ((before << 4) ^ usize::from(byte | 0x20)) % BEGINNINGS
}

/// What a byte means for [`is_plain`], as flags.
mod kind {
    /// Joins the parts of a name.
    pub(super) const JOINT: u8 = 1;
    /// Stands in sentences and ARNs: a mark may be there.
    pub(super) const SENTENCE: u8 = 2;
    /// Stands in secret keys.
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
    let seen = text.bytes().fold(0, |seen, byte| seen | KINDS[usize::from(byte)]);
    if seen & kind::OTHER != 0 {
        return false;
    }
    // What is random has capitals.
    if seen & kind::UPPER != 0 && text.len() >= SHORTEST_TAIL && may_be_random(text) {
        return false;
    }
    seen & kind::SENTENCE == 0 || TRIGGERS.as_ref().is_some_and(|triggers| !triggers.are_in(text))
}

fn may_be_random(text: &str) -> bool {
    // Letters and digits, and the same with slashes among them.
    let mut runs = text.as_bytes().split(|byte| KINDS[usize::from(*byte)] & Run::OF == 0);
    let mut stretches = text.as_bytes().split(|byte| KINDS[usize::from(*byte)] & (Run::OF | kind::SLASH) == 0);
    runs.any(|run| Run::new(run).may_be_token()) || stretches.any(|stretch| Run::new(stretch).may_be_key())
}

/// Letters and digits in a row.
struct Run {
    length: usize,
    kinds: u8,
}

impl Run {
    const OF: u8 = kind::LOWER | kind::DIGIT | kind::UPPER;

    fn new(run: &[u8]) -> Self {
        Self { length: run.len(), kinds: run.iter().fold(0, |kinds, byte| kinds | KINDS[usize::from(*byte)]) }
    }

    fn may_be_key(&self) -> bool {
        self.length >= SHORTEST_RANDOM && self.kinds & Self::OF == Self::OF
    }

    /// Long and mixed, or long and of capitals; words run together have no digits, ids no capitals.
    fn may_be_token(&self) -> bool {
        self.length >= SHORTEST_TAIL && self.kinds & kind::UPPER != 0 && self.kinds & (kind::DIGIT | kind::LOWER) != kind::LOWER
    }
}
