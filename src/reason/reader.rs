//! From the phrases of a text to its symptoms, in one pass from left to right.
//!
//! The dictionary finds the leftmost longest phrase. A name that follows a phrase is skipped whole, so
//! nothing is read in an ARN, a URL or another's own words. What a phrase says is weighed against what its
//! clause said before: the heavier wins, of equals the earlier. A clause ends where a `;` is followed at once
//! by another phrase, which is how the agent joins errors. Each clause is one symptom.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::facts::host_in;
use super::fold::Folded;
use super::grammar::wordings;
use super::parts;
use super::phrase::{Names, Phrase, Slot, Weight, Wording};
use super::symptom::{Deny, Fault, Span, Step, Symptom, Wanted};
use crate::arn::host_of_aws;
use crate::dictionary::Dictionary;

/// ECS's thousand bytes hold no more failures and clauses than these; a longer list was not written by ECS.
const MOST_SYMPTOMS: usize = 64;
const MOST_CLAUSES: usize = 1_024;
/// No operation has a shorter name, and no error but those of the system, which begin with an `E`.
const SHORTEST_PART: usize = 8;
pub(super) struct Grammar {
    pub(super) wordings: Vec<Wording>,
    dictionary: Dictionary,
}

/// Whether a word, in lower case, is one of the grammar's.
pub(super) fn is_word(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let letters = |letter: char| !letter.is_ascii_alphabetic();
        wordings()
            .flat_map(|wording| wording.phrase.words.split(letters))
            .filter(|word| word.len() > 1)
            .collect()
    });
    WORDS.contains(word)
}

pub(super) static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    let wordings: Vec<_> = wordings().collect();
    let dictionary = Dictionary::new(wordings.iter().map(|wording| wording.phrase.words.to_owned()));
    Grammar { wordings, dictionary }
});

/// The failures of `text`, in the order of the text. Empty for a blank text; otherwise at least one symptom,
/// if only `unknown`.
pub(super) fn read(text: &str) -> Vec<Symptom> {
    let folded = Folded::new(text);
    if folded.text.trim().is_empty() {
        return Vec::new();
    }
    let mut reader = Reader { text, folded: &folded, clauses: vec![Clause::default()] };
    reader.read_end_of_sentence();
    let read_up_to = reader.read_phrases();
    reader.read_cut_phrase(read_up_to);
    reader.finish()
}

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) folded: &'t Folded,
    pub(super) clauses: Vec<Clause>,
}

/// What has been read of one failure. Spans are folded ones.
#[derive(Default)]
pub(super) struct Clause {
    /// It begins a failure of its own.
    apart: bool,
    /// Where the last words of it end.
    pub(super) end: usize,
    pub(super) step: Option<Weighed<Step>>,
    pub(super) fault: Option<Weighed<Fault>>,
    /// With its words, which decide the case better than the error's code.
    pub(super) deny: Option<(Deny, Span)>,
    pub(super) names: Vec<(Names, Weight, Span)>,
    /// What it speaks of, should an application be speaking.
    pub(super) wants: Vec<Wanted>,
    /// It speaks of Secrets Manager.
    pub(super) of_secrets: bool,
}

impl Clause {
    pub(super) fn weigh_step(&mut self, said: Option<(Step, Weight)>, span: &Span) {
        self.speaks_of(said.map(|(step, _)| step));
        weigh(&mut self.step, said, span);
    }

    fn speaks_of(&mut self, step: Option<Step>) {
        match step {
            Some(Step::ParameterStore) => self.wants.push(Wanted::Parameter),
            Some(Step::SecretsManager) => self.of_secrets = true,
            _ => {}
        }
    }
}

pub(super) struct Weighed<T> {
    pub(super) value: T,
    pub(super) weight: Weight,
    pub(super) span: Span,
}

pub(super) fn weigh<T>(best: &mut Option<Weighed<T>>, said: Option<(T, Weight)>, span: &Span) {
    if let Some((value, weight)) = said
        && best.as_ref().is_none_or(|best| weight > best.weight)
    {
        *best = Some(Weighed { value, weight, span: span.clone() });
    }
}

impl Reader<'_> {
    /// Reads every whole phrase; returns where the last one, with its name, ended.
    fn read_phrases(&mut self) -> usize {
        let grammar = &*GRAMMAR;
        let folded = self.folded.text.as_str();
        let (mut at, mut read_up_to) = (0, 0);
        while let Some(found) = grammar.dictionary.find(folded, at) {
            let span = found.start..found.end;
            let wording = &grammar.wordings[found.phrase];
            let phrase = wording.phrase;
            if !self.counts(phrase, &span) {
                at = next_boundary(folded, span.start);
                continue;
            }
            let name = phrase.slot.as_ref().and_then(|slot| Some((slot, self.name_after(slot, span.end)?)));
            if name.is_none() && phrase.only_names() {
                at = next_boundary(folded, span.start);
                continue;
            }
            self.read_between(read_up_to..span.start);
            if let Some(apart) = self.begins_another(phrase, &span) {
                self.clauses.push(Clause { apart, ..Clause::default() });
            }
            at = name.as_ref().map_or(span.end, |(_, name)| name.end.max(span.end));
            read_up_to = at;
            self.absorb(wording, &span, name);
        }
        self.read_between(read_up_to..folded.len());
        read_up_to
    }

    /// Reads what is between phrases. ECS says of a task that it was unhealthy in one sentence, and what
    /// follows has nothing to do with it.
    fn read_between(&mut self, gap: Span) {
        let is_of_health = self
            .clauses
            .last()
            .and_then(|clause| clause.fault.as_ref())
            .is_some_and(|fault| fault.value == Fault::Unhealthy);
        let ended = || {
            let line = Some(self.folded.line_end(gap.start)).filter(|end| *end < gap.end);
            self.folded.text[gap.clone()].find(';').map(|at| gap.start + at).into_iter().chain(line).min()
        };
        let Some(end) = is_of_health.then(ended).flatten() else { return self.read_parts(gap) };
        self.read_parts(gap.start..end);
        self.clauses.push(Clause { apart: true, ..Clause::default() });
        self.read_parts(end..gap.end);
    }

    /// Whether a phrase begins another failure, and if so, whether that has nothing to do with the one
    /// before.
    fn begins_another(&self, phrase: &Phrase, span: &Span) -> Option<bool> {
        let before = &self.folded.text[..span.start];
        let clause = self
            .clauses
            .last()
            .filter(|clause| clause.step.is_some() || clause.fault.is_some() || !clause.names.is_empty())?;
        if before.ends_with(';') {
            return Some(false);
        }
        let is_certain = clause.fault.as_ref().is_some_and(|fault| fault.weight > Weight::Hint);
        let on_new_line = self.folded.begins_line(span.start) && clause.step.is_some();
        (phrase.opens && (is_certain || on_new_line)).then_some(true)
    }

    /// Reads the parts between phrases: what a sentence is made of that the grammar does not know.
    fn read_parts(&mut self, gap: Span) {
        let text = self.folded.text.as_str();
        let Some(clause) = self.clauses.last_mut() else { return };
        let in_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
        let mut at = gap.start;
        while let Some(start) =
            text[at..gap.end].find(|letter: char| letter.is_ascii_alphanumeric()).map(|start| at + start)
        {
            let rest = &text[start..gap.end];
            let length = rest.find(|letter| !in_word(letter)).unwrap_or(rest.len());
            at = start + length;
            let word = rest[..length].trim_end_matches(['.', '-', '_']);
            let span = start..start + word.len();
            let before = &text[..start];
            if before.ends_with(['_', '@', '/', '\\', '$']) {
                continue;
            }
            let after = &text[span.end..gap.end];
            if let Some(operation) = after
                .strip_prefix(':')
                .filter(|after| after.starts_with(|letter: char| letter.is_ascii_alphabetic()))
            {
                let length =
                    operation.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(operation.len());
                let span = start..span.end + 1 + length;
                if let Some(step) = parts::step_of_action(&text[span.clone()]) {
                    clause.weigh_step(Some((step, Weight::Code)), &span);
                    at = span.end;
                    clause.names.push((Names::Action, Weight::Hint, span));
                    continue;
                }
            }
            if word.contains('.') && host_of_aws(word).is_some() {
                clause.weigh_step(parts::step_of_host(word).map(|step| (step, Weight::Hint)), &span);
                clause.names.push((Names::Host, Weight::Hint, span));
            } else if word.len() == 3
                && word.bytes().all(|byte| byte.is_ascii_digit())
                && is_of_status(before)
            {
                weigh(
                    &mut clause.fault,
                    parts::fault_of_status(word).map(|fault| (fault, Weight::Hint)),
                    &span,
                );
            } else if word.len() < SHORTEST_PART && !word.starts_with('e') {
                // Most words are words.
            } else if let Some(step) = parts::step_of_operation(word) {
                clause.weigh_step(Some((step, Weight::Code)), &span);
            } else if let Some(step) = parts::step_of_agent_error(word) {
                clause.weigh_step(Some((step, Weight::Name)), &span);
            } else if is_written_as_code(self.text, self.folded, &span)
                && (parts::is_code(word)
                    || begins_with_capital(self.text, self.folded, &span)
                        && parts::fault_of_code(word).is_some())
            {
                weigh(
                    &mut clause.fault,
                    parts::fault_of_code(word).map(|fault| (fault, Weight::Code)),
                    &span,
                );
                clause.weigh_step(parts::step_of_code(word).map(|step| (step, Weight::Hint)), &span);
            }
        }
    }

    /// Whether a phrase found here is one: whole words, and at the start where it must be.
    fn counts(&self, phrase: &Phrase, span: &Span) -> bool {
        let folded = self.folded.text.as_str();
        let word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        // One word alone may be a part of a name.
        let is_word = phrase.fault.is_some() && phrase.words.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let joined = |letter: Option<char>| {
            letter
                .is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || (is_word && letter == '-'))
        };
        let (before, after) = (folded[..span.start].chars().next_back(), folded[span.end..].chars().next());
        let (first, last) = (folded[span.clone()].chars().next(), folded[span.clone()].chars().next_back());
        // A policy's sentence is long enough to be known where the next word was joined to it.
        let may_be_joined = phrase.deny.is_some() || last.is_some_and(|letter| letter.is_ascii_digit());
        if (word(first) && joined(before)) || (word(last) && joined(after) && !may_be_joined) {
            return false;
        }
        match phrase.capital_at_start {
            Some(capital) => span.start == 0 && self.text.starts_with(capital),
            None if phrase.alone => *span == (0..folded.trim_end().len()),
            None => !phrase.at_start || span.start == 0,
        }
    }

    fn absorb(&mut self, wording: &Wording, span: &Span, name: Option<(&Slot, Span)>) {
        let phrase = wording.phrase;
        let Some(clause) = self.clauses.last_mut() else { return };
        let mut said = span.clone();
        if let Some((slot, name)) = name {
            said.end = name.end.max(said.end);
            let text = &self.folded.text[name.clone()];
            match slot.names {
                Names::Action => {
                    weigh(
                        &mut clause.fault,
                        text.starts_with("kms:").then_some((Fault::KmsDenied, Weight::Said)),
                        &said,
                    );
                    clause.weigh_step(parts::step_of_action(text).map(|step| (step, Weight::Code)), &name);
                }
                Names::Operation if parts::fetches_secrets(text) => {
                    clause.speaks_of(parts::step_of_operation(text));
                    clause.weigh_step(Some((Step::SecretSidecar, wording.weights.name)), &said);
                }
                Names::Operation => {
                    clause.weigh_step(parts::step_of_operation(text).map(|step| (step, Weight::Code)), &name);
                }
                // The endpoint hints at what was being fetched.
                Names::Url => clause.weigh_step(
                    host_in(text).and_then(parts::step_of_host).map(|step| (step, Weight::Hint)),
                    &name,
                ),
                _ => {}
            }
            clause.names.push((slot.names, wording.weights.name, name));
        }
        // Everything fails in a container: what else a text speaks of is closer.
        if phrase.step.is_some_and(|step| step != Step::Container)
            && clause
                .step
                .as_ref()
                .is_some_and(|best| best.value == Step::Container && best.weight == Weight::Hint)
        {
            clause.step = None;
        }
        clause.wants.extend(phrase.wants);
        clause.weigh_step(wording.step(), span);
        weigh(&mut clause.fault, wording.fault(), &said);
        // A policy that does not allow refuses.
        weigh(&mut clause.fault, phrase.deny.map(|_| (Fault::AccessDenied, Weight::Hint)), &said);
        clause.deny = clause.deny.take().or(phrase.deny.map(|deny| (deny, span.clone())));
        clause.end = said.end;
    }

    fn finish(self) -> Vec<Symptom> {
        let mut symptoms: Vec<Symptom> = Vec::new();
        let mut step_before = None;
        let clauses = self.clauses.len();
        // Go's word for a call to the configured proxy.
        let by_proxy = self.folded.text.contains("proxyconnect");
        for (at, clause) in self.clauses.into_iter().enumerate().take(MOST_CLAUSES) {
            let says_step = clause.apart && clause.step.is_some();
            let step_of_others = step_before.filter(|_| !clause.apart);
            let symptom = clause.into_symptom(self.text, self.folded, step_of_others, at + 1 == clauses);
            let symptom = Symptom { by_proxy, ..symptom };
            step_before = Some(symptom.step);
            let is_known = |other: &Symptom| {
                other.step == symptom.step
                    && other.fault == symptom.fault
                    && other.deny == symptom.deny
                    && same_name(other, &symptom)
            };
            let says_nothing =
                at > 0 && !says_step && symptom.fault == Fault::Unknown && symptom.resource.is_none();
            if !says_nothing && symptoms.len() < MOST_SYMPTOMS && !symptoms.iter().any(is_known) {
                symptoms.push(symptom);
            }
        }
        symptoms
    }
}

fn same_name(one: &Symptom, other: &Symptom) -> bool {
    one.resource.as_ref().map(|fact| &fact.text) == other.resource.as_ref().map(|fact| &fact.text)
        && one.json_key.as_ref().map(|fact| &fact.text) == other.json_key.as_ref().map(|fact| &fact.text)
}

/// Whether the words before a number call it an HTTP status. The runtime's `API error (500)` is none: it
/// answers so whatever went wrong.
fn is_of_status(before: &str) -> bool {
    let words = before.trim_end_matches([' ', ':', '=', '(', '[', '"']);
    ["status", "statuscode", "status code", "http", "http/1.1", "http/2", "http/2.0", "response code", "code"]
        .iter()
        .any(|word| words.ends_with(word))
}

/// Whether a word begins as the codes of AWS do; the name of a class in its package does not.
fn begins_with_capital(text: &str, folded: &Folded, span: &Span) -> bool {
    text[folded.original(span)].starts_with(|letter: char| letter.is_ascii_uppercase())
}

/// Whether a word is written as programs write the name of an error: of several words in one, in the place
/// of a code. The name of a field is none.
fn is_written_as_code(text: &str, folded: &Folded, span: &Span) -> bool {
    let word = &text[folded.original(span)];
    if parts::is_errno(&folded.text[span.clone()]) && !word.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return true;
    }
    let after = &folded.text[span.end..];
    if after.starts_with("\":") {
        return false;
    }
    let is_joined = word.char_indices().any(|(at, letter)| at > 0 && letter.is_ascii_uppercase())
        || word.ends_with("exception");
    let before = folded.text[..span.start].trim_end();
    is_joined
        && (after.is_empty()
            || after.starts_with([':', ',', ')', '"', '\'', ']', '(', ';'])
            || after.starts_with(" (")
            || before.ends_with("error")
            || before.ends_with(':'))
}

fn next_boundary(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::{GRAMMAR, Phrase, Wording};
    use crate::dictionary::PICKED_BY;

    #[test]
    fn every_phrase_can_be_found() {
        for Wording { phrase: Phrase { words, .. }, .. } in &GRAMMAR.wordings {
            assert!(!words.bytes().any(|byte| byte.is_ascii_uppercase()), "{words}");
            assert!(words.len() >= PICKED_BY, "{words}");
            assert_eq!(
                GRAMMAR.dictionary.find(words, 0).map(|found| found.end),
                Some(words.len()),
                "{words}"
            );
        }
    }
}
