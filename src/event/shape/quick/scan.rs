//! The tokens of JSON, in one pass from left to right.
//!
//! Most of a record is in strings, so one look at all its bytes marks the few that matter in a string; a string then ends at the next mark.
//! Anything that is not JSON gives `None`, as does what is nested deeper than anything that ECS sends.

use std::cell::Cell;

/// What is nested deeper is left to the careful reading.
const DEEPEST: u32 = 32;
/// More marks than those of an ordinary record are not kept for the next.
const KEPT: usize = 1 << 12;

thread_local! {
    /// Room for marks: to reuse it costs less than to ask for it.
    static ROOM: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

pub(super) struct Scan<'a> {
    text: &'a str,
    /// A bit for each byte, whether it needs a second look in a string; behind the end all do.
    marks: Vec<u64>,
    at: usize,
}

/// A string.
pub(super) enum Text<'a> {
    /// What its quotes hold.
    Plain(&'a str),
    /// With its quotes, and escapes within.
    Escaped(&'a str),
}

impl Drop for Scan<'_> {
    fn drop(&mut self) {
        if self.marks.capacity() <= KEPT {
            ROOM.set(std::mem::take(&mut self.marks));
        }
    }
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut marks = ROOM.take();
        marks.clear();
        let (blocks, rest) = text.as_bytes().as_chunks();
        marks.extend(blocks.iter().map(marks_of));
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        marks.push(marks_of(&last));
        Self { text, marks, at: 0 }
    }

    /// Whether nothing but white space is left.
    pub(super) fn is_done(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Reads an object: `value` reads what belongs to each key. Keys with an escape in them are out of the ordinary.
    #[inline]
    pub(super) fn each_key(&mut self, mut value: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.expect(b'"')?;
            let end = self.next_mark();
            let key = self.bytes().get(self.at..end)?;
            if self.bytes().get(end) != Some(&b'"') {
                return None;
            }
            self.at = end + 1;
            self.expect(b':')?;
            value(self, key)?;
            if !self.goes_on(b'}')? {
                return Some(());
            }
        }
    }

    /// Reads a list: `item` reads each of what it holds.
    #[inline]
    pub(super) fn each_item(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            item(self)?;
            if !self.goes_on(b']')? {
                return Some(());
            }
        }
    }

    /// Steps over a comma, which more follows, or over the bracket that closes.
    #[inline]
    fn goes_on(&mut self, close: u8) -> Option<bool> {
        let next = self.peek()?;
        self.at += 1;
        match next {
            b',' => Some(true),
            _ if next == close => Some(false),
            _ => None,
        }
    }

    /// Reads a string.
    #[inline]
    pub(super) fn string(&mut self) -> Option<Text<'a>> {
        self.expect(b'"')?;
        let from = self.at;
        if self.skip_string()? { self.text.get(from - 1..self.at).map(Text::Escaped) } else { self.text.get(from..self.at - 1).map(Text::Plain) }
    }

    /// Any value, as it is written.
    pub(super) fn raw(&mut self) -> Option<&'a str> {
        self.peek()?;
        let from = self.at;
        self.skip()?;
        self.text.get(from..self.at)
    }

    /// Steps over any value.
    pub(super) fn skip(&mut self) -> Option<()> {
        // For each bracket that is open, whether it is that of an object, the innermost last; above them a one.
        let mut open: u64 = 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    self.skip_string()?;
                }
                b'{' => {
                    self.at += 1;
                    if self.peek()? != b'}' {
                        open = deeper(open, true)?;
                        self.skip_plain_pairs();
                        self.skip_key()?;
                        continue;
                    }
                    self.at += 1;
                }
                b'[' => {
                    self.at += 1;
                    if self.peek()? != b']' {
                        open = deeper(open, false)?;
                        continue;
                    }
                    self.at += 1;
                }
                b't' => self.skip_word("true")?,
                b'f' => self.skip_word("false")?,
                b'n' => self.skip_word("null")?,
                _ => self.skip_number()?,
            }
            loop {
                if open == 1 {
                    return Some(());
                }
                let in_object = open & 1 == 1;
                if self.goes_on(if in_object { b'}' } else { b']' })? {
                    if in_object {
                        self.skip_plain_pairs();
                        self.skip_key()?;
                    }
                    break;
                }
                open >>= 1;
            }
        }
    }

    #[inline]
    fn skip_key(&mut self) -> Option<()> {
        self.expect(b'"')?;
        self.skip_string()?;
        self.expect(b':')
    }

    /// Steps over keys with plain strings that other keys follow, without white space: of such is most of what nobody wants.
    #[inline]
    fn skip_plain_pairs(&mut self) {
        let bytes = self.bytes();
        while bytes.get(self.at) == Some(&b'"') {
            let key_end = mark_from(&self.marks, self.at + 1);
            if bytes.get(key_end..).is_none_or(|rest| !rest.starts_with(b"\":\"")) {
                return;
            }
            let end = mark_from(&self.marks, key_end + 3);
            if bytes.get(end..).is_none_or(|rest| !rest.starts_with(b"\",\"")) {
                return;
            }
            self.at = end + 2;
        }
    }

    fn skip_word(&mut self, word: &str) -> Option<()> {
        self.at += self.bytes()[self.at..].starts_with(word.as_bytes()).then_some(word.len())?;
        Some(())
    }

    fn skip_number(&mut self) -> Option<()> {
        let number = &self.bytes()[self.at..];
        let digits = |from: usize| number[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let sign = usize::from(number.first() == Some(&b'-'));
        let whole = digits(sign);
        if whole == 0 || (whole > 1 && number[sign] == b'0') {
            return None;
        }
        let mut length = sign + whole;
        if number.get(length) == Some(&b'.') {
            let fraction = digits(length + 1);
            if fraction == 0 {
                return None;
            }
            length += 1 + fraction;
        }
        self.at += length;
        // What cannot follow a number, such as an exponent, is seen by whoever goes on.
        Some(())
    }

    /// Steps behind the quote that ends a string, and says whether there was an escape.
    #[inline]
    fn skip_string(&mut self) -> Option<bool> {
        self.at = self.next_mark();
        if *self.bytes().get(self.at)? == b'"' {
            self.at += 1;
            return Some(false);
        }
        self.skip_escapes().map(|()| true)
    }

    #[cold]
    fn skip_escapes(&mut self) -> Option<()> {
        let bytes = self.bytes();
        loop {
            match bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => {
                    let skipped = match bytes.get(self.at + 1)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                        b'u' if bytes.get(self.at + 2..self.at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
                        _ => return None,
                    };
                    self.at += skipped;
                    self.at = self.next_mark();
                }
                _ => return None,
            }
        }
    }

    #[inline]
    fn next_mark(&self) -> usize {
        mark_from(&self.marks, self.at)
    }

    #[inline]
    const fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Option<()> {
        if self.peek()? != wanted {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// The next byte that is no white space.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        let next = *self.bytes().get(self.at)?;
        if next > b' ' { Some(next) } else { self.peek_behind_space() }
    }

    fn peek_behind_space(&mut self) -> Option<u8> {
        loop {
            match *self.bytes().get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }
}

/// Bytes whose marks are in one word.
const BLOCK: usize = 64;

/// A bit for each byte, the first one lowest: whether it is a quote, a backslash or a control character.
fn marks_of(bytes: &[u8; BLOCK]) -> u64 {
    /// Moves the lowest bit of each of eight bytes into the uppermost byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    // Without branches this becomes a few vector operations.
    let marks = bytes.map(|byte| u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20));
    let (eights, _) = marks.as_chunks();
    eights.iter().rev().fold(0, |bits, eight| bits << 8 | u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56)
}

/// Where the next mark is, which may be the end.
#[inline]
fn mark_from(marks: &[u64], at: usize) -> usize {
    let mut word = at / BLOCK;
    let Some(bits) = marks.get(word) else { return at };
    let bits = bits >> (at % BLOCK);
    if bits != 0 {
        return at + bits.trailing_zeros() as usize;
    }
    loop {
        word += 1;
        match marks.get(word) {
            Some(0) => {}
            Some(bits) => return word * BLOCK + bits.trailing_zeros() as usize,
            None => return at,
        }
    }
}

fn deeper(open: u64, object: bool) -> Option<u64> {
    (open >> DEEPEST == 0).then_some(open << 1 | u64::from(object))
}
