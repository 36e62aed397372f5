//! One glance that tells most texts harmless: a pass over the bytes, and one search for the marks of secrets.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{PLAIN_NAMES, SHORTEST_RANDOM, SHORTEST_TAIL, SPOKEN, TOKENS};

/// What can make a text without quotes and `=` hold a secret. Finding none of these is much faster than looking for each secret in its own way.
static TRIGGERS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let marks = ["://", "/credentials/", "-----", " -u ", "earer ", "asic ", "authorization", "unmarshalling credentialspec"];
    // These two stand in many names.
    let tokens = TOKENS.iter().filter(|token| !["sk-", "eyJ"].contains(token));
    let words = marks.iter().chain(PLAIN_NAMES).chain(SPOKEN).chain(tokens);
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

/// What a byte means for [`is_plain`].
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Joins the parts of a name.
    Joint,
    /// Stands in sentences and ARNs: a mark may be there.
    Sentence,
    /// The same, and stands in secret keys.
    Slash,
    Lower,
    Digit,
    Upper,
    /// A quote, a sign, or no printable ASCII.
    Other,
}

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
        let value = byte as u8;
        kinds[byte] = match value {
            b'a'..=b'z' => Kind::Lower,
            b'0'..=b'9' => Kind::Digit,
            b'A'..=b'Z' => Kind::Upper,
            b'.' | b'_' => Kind::Joint,
            b'/' => Kind::Slash,
            b':' | b'-' | b' ' | b'(' | b')' | b',' | b'[' | b']' => Kind::Sentence,
            _ => Kind::Other,
        };
        byte += 1;
    }
    kinds
};

/// Whether a text is of plain words in which no secret can hide: ids, ARNs, names, sentences.
pub(super) fn is_plain(text: &str) -> bool {
    let mut sentence = false;
    // Letters and digits, and the same with slashes among them.
    let (mut run, mut stretch) = (Run::default(), Run::default());
    for byte in text.bytes() {
        let kind = KINDS[usize::from(byte)];
        match kind {
            Kind::Lower | Kind::Digit | Kind::Upper => {
                run.add(kind);
                stretch.add(kind);
                continue;
            }
            Kind::Other => return false,
            Kind::Slash => stretch.add(kind),
            Kind::Joint | Kind::Sentence if stretch.may_be_key() => return false,
            Kind::Joint | Kind::Sentence => stretch = Run::default(),
        }
        if run.may_be_token() {
            return false;
        }
        run = Run::default();
        sentence |= kind != Kind::Joint;
    }
    !run.may_be_token() && !stretch.may_be_key() && (!sentence || TRIGGERS.as_ref().is_some_and(|triggers| !triggers.is_match(text)))
}

/// Letters and digits in a row.
#[derive(Default)]
struct Run {
    length: usize,
    lower: bool,
    upper: bool,
    digit: bool,
}

impl Run {
    fn add(&mut self, kind: Kind) {
        self.length += 1;
        self.lower |= kind == Kind::Lower;
        self.upper |= kind == Kind::Upper;
        self.digit |= kind == Kind::Digit;
    }

    fn may_be_key(&self) -> bool {
        self.length >= SHORTEST_RANDOM && self.lower && self.upper && self.digit
    }

    /// Long and mixed, or long and of capitals; words run together have no digits, ids no capitals.
    fn may_be_token(&self) -> bool {
        self.length >= SHORTEST_TAIL && self.upper && (self.digit || !self.lower)
    }
}
