//! Many phrases, found in one pass over a text: at each place the longest, in any case.
//!
//! The first three bytes of a place pick the few phrases that may be there, and these are compared. An
//! automaton would not compare at all, but to build one for the grammar takes longer than all else that a
//! function does about its first event.

/// No phrase is shorter.
pub(crate) const PICKED_BY: usize = 3;
/// Places in the index; a power of two.
const KEYS: usize = 1 << 13;

/// Phrases by their beginnings.
#[derive(Debug)]
pub(crate) struct Dictionary {
    /// Phrases and what they were in the order given, by their key, the longest first.
    phrases: Vec<(String, usize)>,
    /// For each key, where its phrases begin; those of the next begin where they end.
    starts: Vec<u16>,
}

/// A phrase in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Which one, in the order given.
    pub(crate) phrase: usize,
}

/// Ignores the case of letters: their lowest five bits tell them apart.
const fn key(first: u8, second: u8, third: u8) -> usize {
    (first as usize & 31) << 8 | (second as usize & 31) << 3 | third as usize & 7
}

impl Dictionary {
    /// A dictionary of phrases; one of fewer than [`PICKED_BY`] bytes is never found.
    pub(crate) fn new(phrases: impl IntoIterator<Item = String>) -> Self {
        let mut keyed: Vec<(usize, String, usize)> = Vec::new();
        for (at, phrase) in phrases.into_iter().enumerate() {
            let [first, second, third, ..] = *phrase.as_bytes() else { continue };
            keyed.push((key(first, second, third), phrase, at));
        }
        keyed.sort_by_key(|(key, phrase, _)| (*key, std::cmp::Reverse(phrase.len())));
        let mut starts = vec![0; KEYS + 1];
        for (key, ..) in &keyed {
            starts[key + 1] += 1;
        }
        for key in 0..KEYS {
            starts[key + 1] += starts[key];
        }
        Self { phrases: keyed.into_iter().map(|(_, phrase, at)| (phrase, at)).collect(), starts }
    }

    /// The first place from `from` on with a phrase, and the longest there.
    pub(crate) fn find(&self, text: &str, from: usize) -> Option<Found> {
        let bytes = text.as_bytes();
        let places = bytes.get(from..)?.windows(PICKED_BY).enumerate();
        for (at, place) in places {
            let key = key(place[0], place[1], place[2]);
            let (first, last) = (usize::from(self.starts[key]), usize::from(self.starts[key + 1]));
            if first == last {
                continue;
            }
            let rest = &bytes[from + at..];
            let stands = |(phrase, _): &&(String, usize)| {
                rest.get(..phrase.len()).is_some_and(|start| start.eq_ignore_ascii_case(phrase.as_bytes()))
            };
            if let Some((phrase, index)) = self.phrases[first..last].iter().find(stands) {
                return Some(Found { start: from + at, end: from + at + phrase.len(), phrase: *index });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Dictionary, Found, PICKED_BY};

    /// The same, by comparing everything with everything.
    fn by_the_book(phrases: &[String], text: &str, from: usize) -> Option<Found> {
        (from..text.len()).find_map(|start| {
            let stands = |phrase: &String| {
                text.as_bytes()[start..]
                    .get(..phrase.len())
                    .is_some_and(|here| here.eq_ignore_ascii_case(phrase.as_bytes()))
            };
            let longest = phrases.iter().filter(|phrase| stands(phrase)).map(String::len).max()?;
            let phrase = phrases.iter().position(|phrase| phrase.len() == longest && stands(phrase))?;
            Some(Found { start, end: start + longest, phrase })
        })
    }

    proptest! {
        #[test]
        fn it_finds_what_a_search_for_each_finds(
            phrases in prop::collection::vec("[a-c:\u{e9}]{2,5}", 0..20),
            text in "[a-cA-C:; \u{e9}\u{c9}]{0,40}",
            from in 0_usize..45,
        ) {
            let phrases: Vec<String> = phrases.into_iter().filter(|phrase| phrase.len() >= PICKED_BY).collect();
            let dictionary = Dictionary::new(phrases.clone());
            prop_assert_eq!(dictionary.find(&text, from), by_the_book(&phrases, &text, from.min(text.len())));
        }
    }
}
