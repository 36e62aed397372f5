//! Tells random text from text that people wrote: names have the pairs of letters that words have, tokens and
//! keys have any.

/// By the first letter, the second letters that often follow it: the 250 most frequent pairs in English and
/// in names of software.
const COMMON: [u32; 26] = [
    0x17e_bd6e, 0x016_4911, 0x01e_4d91, 0x016_4113, 0x0ee_f97f, 0x012_4931, 0x012_4991, 0x018_4111,
    0x2ae_fc7f, 0x000_0000, 0x004_0111, 0x11c_c919, 0x014_d913, 0x02c_657d, 0x0fe_fd6f, 0x11e_c991,
    0x010_0000, 0x13e_fd5d, 0x11c_dd95, 0x11e_c995, 0x00e_b91f, 0x000_0111, 0x000_4111, 0x008_0000,
    0x00c_b005, 0x000_0010,
];
const LETTERS: usize = 26;

/// How many pairs of adjacent characters are unusual, out of those that are evidence: a pair of digits, or
/// one with a sign, is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Oddness {
    odd: usize,
    pairs: usize,
}

impl Oddness {
    /// Counts every pair of adjacent characters.
    pub(super) fn of(text: &str) -> Self {
        text.as_bytes().windows(2).fold(Self::default(), |so_far, pair| so_far.and(pair[0], pair[1]))
    }

    fn and(self, first: u8, second: u8) -> Self {
        let is_odd = match (first.is_ascii_digit(), second.is_ascii_digit()) {
            _ if !(first.is_ascii_alphanumeric() && second.is_ascii_alphanumeric()) => return self,
            (true, true) => return self,
            (true, false) | (false, true) => true,
            (false, false) => {
                (first.is_ascii_lowercase() && second.is_ascii_uppercase()) || !is_common(first, second)
            }
        };
        Self { odd: self.odd + usize::from(is_odd), pairs: self.pairs + 1 }
    }

    /// Whether at least so many of a hundred pairs are odd. Of random letters and digits more than sixty are,
    /// of names fewer than thirty.
    pub(super) const fn reaches(self, percent: usize) -> bool {
        self.pairs > 0 && self.odd * 100 >= self.pairs * percent
    }

    /// How many are odd.
    pub(super) const fn odd(self) -> usize {
        self.odd
    }
}

fn is_common(first: u8, second: u8) -> bool {
    let place = |letter: u8| usize::from(letter.to_ascii_lowercase().wrapping_sub(b'a'));
    let (first, second) = (place(first), place(second));
    first < LETTERS && second < LETTERS && COMMON[first] >> second & 1 == 1
}

/// Whether most of a text is made of parts that chance made: a password, a key or an id, and no name with
/// such a part at its end.
pub(super) fn is_generated(text: &str) -> bool {
    const FEWEST_ODD: usize = 6;
    const ODD_PERCENT: usize = 45;
    let (mut judged, mut generated, mut odd) = (0, 0, 0);
    for part in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let oddness = Oddness::of(part);
        if oddness.pairs == 0 {
            continue;
        }
        judged += part.len();
        odd += oddness.odd;
        generated += if oddness.reaches(ODD_PERCENT) { part.len() } else { 0 };
    }
    odd >= FEWEST_ODD && generated * 5 >= judged * 4
}

/// Whether a text has upper case, lower case and digits.
pub(super) fn has_all_kinds(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit)
}
