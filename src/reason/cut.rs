//! What a text still says where its front was cut away, or where it was cut inside its last word.

use super::phrase::{Phrase, Weight, Wording};
use super::reader::{GRAMMAR, Reader, weigh};
use super::symptom::Fault;

/// A cut-off phrase counts from this many bytes on.
const SHORTEST_CUT: usize = 8;
/// The word in which it was cut has as many left; fewer are a word of their own.
const SHORTEST_CUT_WORD: usize = 3;
/// The end of a sentence that lost its beginning still shows the kind of policy from this many bytes on.
const SHORTEST_END: usize = 20;

impl Reader<'_> {
    /// Reads the end of a sentence with which the text begins, where its front was cut away: it names the
    /// kind of policy that refused.
    pub(super) fn read_end_of_sentence(&mut self) {
        // A whole text begins with a capital letter.
        if self.text.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            return;
        }
        let text = self.folded.text.trim_start_matches(['.', ' ', '\u{fffd}', '-']);
        let start = self.folded.text.len() - text.len();
        let ended = |wording: &Wording| {
            let (words, deny) = (wording.phrase.words, wording.phrase.deny?);
            let lost = (1..words.len().saturating_sub(SHORTEST_END))
                .find(|&lost| words.is_char_boundary(lost) && text.starts_with(&words[lost..]))?;
            Some((words.len() - lost, deny))
        };
        let mut denies = GRAMMAR.wordings.iter().filter_map(ended);
        if let Some((length, deny)) = denies.next()
            && denies.all(|(_, other)| other == deny)
            && let Some(clause) = self.clauses.last_mut()
        {
            let span = start..start + length;
            weigh(&mut clause.fault, Some((Fault::AccessDenied, Weight::Hint)), &span);
            clause.deny = Some((deny, span));
        }
    }

    /// A text cut inside the last word of a phrase still says what every phrase that begins so says. It is
    /// weaker than anything read whole, and never makes a stop normal.
    pub(super) fn read_cut_phrase(&mut self, read_up_to: usize) {
        let line = &self.folded.text[read_up_to..self.folded.line_end(read_up_to)];
        let rest = line.split_once("...").map_or(line, |(rest, _)| rest);
        let tail = rest.trim_end().trim_end_matches(['.', '\u{fffd}', '"', '\'', '`', ')', ',']);
        let Some(clause) = self.clauses.last_mut() else { return };
        if !tail.ends_with(char::is_alphanumeric) {
            return;
        }
        // Only the last words can be cut: no phrase is longer than a sentence.
        let longest = GRAMMAR.wordings.iter().map(|wording| wording.phrase.words.len()).max().unwrap_or(0);
        let starts = tail.char_indices().filter(|&(at, letter)| {
            let (before, length) = (&tail[..at], tail.len() - at);
            letter.is_alphanumeric()
                && !before.ends_with(char::is_alphanumeric)
                && (SHORTEST_CUT..longest).contains(&length)
        });
        for (at, _) in starts {
            let cut = &tail[at..];
            let after_colon = tail[..at].ends_with(": ")
                || (at == 0 && self.folded.text[..read_up_to].ends_with(": "))
                || read_up_to + at == 0;
            // One word alone may be just that word: an error's name follows a colon.
            let last_word = cut.rsplit(' ').next().map_or(0, str::len);
            let begins = |wording: &&Wording| {
                let Phrase { words, capital_at_start, .. } = wording.phrase;
                let left = words.strip_prefix(cut).unwrap_or_default();
                let a_name = words.ends_with("exception") || words.ends_with("error");
                let enough =
                    if cut.contains(' ') { last_word >= SHORTEST_CUT_WORD } else { a_name && after_colon };
                enough
                    && !left.is_empty()
                    && left.bytes().all(|byte| byte.is_ascii_alphabetic())
                    && capital_at_start.is_none()
            };
            let whole: Vec<_> = GRAMMAR.wordings.iter().filter(begins).collect();
            let Some(first) = whole.first() else {
                // These words may be the beginning of a longer sentence, in which a shorter one says
                // something else.
                if cut.contains(' ')
                    && GRAMMAR.wordings.iter().any(|wording| wording.phrase.words.starts_with(cut))
                {
                    return;
                }
                continue;
            };
            let span = read_up_to + at..read_up_to + at + cut.len();
            let agree = |same: fn(&Phrase, &Phrase) -> bool| {
                whole.iter().all(|wording| same(wording.phrase, first.phrase))
            };
            let fault = first.fault().filter(|fault| fault.1 > Weight::Hint && fault.0 != Fault::Normal);
            if clause.fault.as_ref().is_none_or(|fault| fault.weight == Weight::Hint)
                && agree(|a, b| a.fault == b.fault)
            {
                weigh(&mut clause.fault, fault, &span);
            }
            if clause.step.is_none() && agree(|a, b| a.step == b.step) {
                clause.weigh_step(first.step().filter(|step| step.1 > Weight::Hint), &span);
            }
            if agree(|a, b| a.deny == b.deny) {
                clause.deny = clause.deny.take().or(first.phrase.deny.map(|deny| (deny, span.clone())));
            }
            return;
        }
    }
}
