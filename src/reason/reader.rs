//! From the phrases of a text to its symptoms, in one pass from left to right.
//!
//! The dictionary finds the leftmost longest phrase. A name that follows a phrase is skipped whole, so nothing is read in an ARN, a URL or
//! somebody's own words. What a phrase says is weighed against what its clause said before: the heavier wins, of equals the earlier.
//! A clause ends where a `;` is followed at once by another phrase, which is how the agent joins errors. Each clause is one symptom.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::fold::{Folded, fold};
use super::grammar::phrases;
use super::parts;
use super::phrase::{Names, Otherwise, Phrase, Slot, Weight};
use super::symptom::{Deny, Fact, Fault, Span, Step, Symptom};
use crate::arn::{is_account, is_region};
use crate::dictionary::Dictionary;
use crate::redact::is_masked;

/// No name that ECS prints is longer (a secret id may have 2,048 bytes); it also bounds the look-ahead for a terminator.
const LONGEST_NAME: usize = 2_100;
/// A task has at most so many secrets as fail at once in a thousand bytes; a longer list is somebody's own.
const MOST_SYMPTOMS: usize = 64;
/// No operation has a shorter name, and no error but those of the system, which begin with an `E`.
const SHORTEST_PART: usize = 8;
/// More clauses are somebody's own as well.
const MOST_CLAUSES: usize = 1_024;
/// A cut-off phrase counts from this many bytes on.
const SHORTEST_CUT: usize = 8;
/// The word in which it was cut has as many left; fewer are a word of their own.
const SHORTEST_CUT_WORD: usize = 3;

/// The end of a sentence that lost its beginning still tells the kind of policy from this many bytes on.
const SHORTEST_END: usize = 20;

struct Grammar {
    phrases: Vec<(String, &'static Phrase)>,
    dictionary: Dictionary,
}

/// Whether a word, in lower case, is one of the grammar's.
pub(super) fn is_word(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let letters = |letter: char| !letter.is_ascii_alphabetic();
        phrases().flat_map(|phrase| phrase.words.split(letters)).filter(|word| word.len() > 1).collect()
    });
    WORDS.contains(word)
}

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    let phrases: Vec<_> = phrases().map(|phrase| (fold(phrase.words), phrase)).collect();
    let dictionary = Dictionary::new(phrases.iter().map(|(words, _)| words.clone()));
    Grammar { phrases, dictionary }
});

/// What `text` tells of, in the order of the text. Empty for a blank text; otherwise at least one symptom, if only `unknown`.
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

struct Reader<'t> {
    text: &'t str,
    folded: &'t Folded,
    clauses: Vec<Clause>,
}

/// What has been read of one failure. Spans are folded ones.
#[derive(Default)]
struct Clause {
    /// It is no part of what was said before.
    apart: bool,
    /// Where the last words of it end.
    end: usize,
    step: Option<Weighed<Step>>,
    fault: Option<Weighed<Fault>>,
    /// With the words that tell it, which decide the case better than the error's code.
    deny: Option<(Deny, Span)>,
    names: Vec<(Names, Weight, Span)>,
}

struct Weighed<T> {
    value: T,
    weight: Weight,
    span: Span,
}

fn weigh<T>(best: &mut Option<Weighed<T>>, said: Option<(T, Weight)>, span: &Span) {
    if let Some((value, weight)) = said
        && best.as_ref().is_none_or(|best| weight > best.weight)
    {
        *best = Some(Weighed { value, weight, span: span.clone() });
    }
}

impl Reader<'_> {
    /// Reads the end of a sentence with which the text begins, where its front was cut away: it tells the kind of policy that refused.
    fn read_end_of_sentence(&mut self) {
        // A whole text begins with a capital letter.
        if self.text.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            return;
        }
        let text = self.folded.text.trim_start_matches(['.', ' ', '\u{fffd}', '-']);
        let start = self.folded.text.len() - text.len();
        let ended = |(words, phrase): &(String, &'static Phrase)| {
            let lost = (1..words.len().saturating_sub(SHORTEST_END)).find(|&lost| words.is_char_boundary(lost) && text.starts_with(&words[lost..]))?;
            phrase.deny.map(|deny| (words.len() - lost, deny))
        };
        let mut denies = GRAMMAR.phrases.iter().filter(|(_, phrase)| phrase.deny.is_some()).filter_map(ended);
        if let Some((length, deny)) = denies.next()
            && denies.all(|(_, other)| other == deny)
            && let Some(clause) = self.clauses.last_mut()
        {
            let span = start..start + length;
            weigh(&mut clause.fault, Some((Fault::AccessDenied, Weight::Hint)), &span);
            clause.deny = Some((deny, span));
        }
    }

    /// Reads every whole phrase; returns where the last one, with its name, ended.
    fn read_phrases(&mut self) -> usize {
        let grammar = &*GRAMMAR;
        let folded = self.folded.text.as_str();
        let (mut at, mut read_up_to) = (0, 0);
        while let Some(found) = grammar.dictionary.find(folded, at) {
            let span = found.start..found.end;
            let (_, phrase) = grammar.phrases[found.phrase];
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
            self.absorb(phrase, &span, name);
        }
        self.read_between(read_up_to..folded.len());
        read_up_to
    }

    /// Reads what stands between phrases. ECS says of a task that it was unhealthy in one sentence, and what follows has nothing to do with it.
    fn read_between(&mut self, gap: Span) {
        let is_of_health = self.clauses.last().and_then(|clause| clause.fault.as_ref()).is_some_and(|fault| fault.value == Fault::Unhealthy);
        let ended = || {
            let line = Some(self.folded.line_end(gap.start)).filter(|end| *end < gap.end);
            self.folded.text[gap.clone()].find(';').map(|at| gap.start + at).into_iter().chain(line).min()
        };
        let Some(end) = is_of_health.then(ended).flatten() else { return self.read_parts(gap) };
        self.read_parts(gap.start..end);
        self.clauses.push(Clause { apart: true, ..Clause::default() });
        self.read_parts(end..gap.end);
    }

    /// Whether a phrase begins another failure, and if so, whether that has nothing to do with the one before.
    fn begins_another(&self, phrase: &Phrase, span: &Span) -> Option<bool> {
        let before = &self.folded.text[..span.start];
        let clause = self.clauses.last().filter(|clause| clause.step.is_some() || clause.fault.is_some() || !clause.names.is_empty())?;
        if before.ends_with(';') {
            return Some(false);
        }
        let is_told = clause.fault.as_ref().is_some_and(|fault| fault.weight > Weight::Hint);
        let on_new_line = self.folded.begins_line(span.start) && clause.step.is_some();
        (phrase.opens && (is_told || on_new_line)).then_some(true)
    }

    /// Reads the parts between phrases: what a sentence is made of that the grammar does not know.
    fn read_parts(&mut self, gap: Span) {
        let text = self.folded.text.as_str();
        let Some(clause) = self.clauses.last_mut() else { return };
        let in_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
        let mut at = gap.start;
        while let Some(start) = text[at..gap.end].find(|letter: char| letter.is_ascii_alphanumeric()).map(|start| at + start) {
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
            if let Some(operation) = after.strip_prefix(':').filter(|after| after.starts_with(|letter: char| letter.is_ascii_alphabetic())) {
                let length = operation.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(operation.len());
                let span = start..span.end + 1 + length;
                if let Some(step) = parts::step_of_action(&text[span.clone()]) {
                    weigh(&mut clause.step, Some((step, Weight::Code)), &span);
                    at = span.end;
                    clause.names.push((Names::Action, Weight::Hint, span));
                    continue;
                }
            }
            if word.contains('.') && parts::is_of_aws(word) {
                weigh(&mut clause.step, parts::step_of_host(word).map(|step| (step, Weight::Hint)), &span);
                clause.names.push((Names::Host, Weight::Hint, span));
            } else if word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit()) && is_of_status(before) {
                weigh(&mut clause.fault, parts::fault_of_status(word).map(|fault| (fault, Weight::Hint)), &span);
            } else if word.len() < SHORTEST_PART && !word.starts_with('e') {
                // Most words are words.
            } else if let Some(step) = parts::step_of_operation(word) {
                weigh(&mut clause.step, Some((step, Weight::Code)), &span);
            } else if let Some(step) = parts::step_of_wrap(word) {
                weigh(&mut clause.step, Some((step, Weight::Name)), &span);
            } else if is_written_as_code(self.text, self.folded, &span) && parts::is_code(word) {
                weigh(&mut clause.fault, parts::fault_of_code(word).map(|fault| (fault, Weight::Code)), &span);
                weigh(&mut clause.step, parts::step_of_code(word).map(|step| (step, Weight::Hint)), &span);
            }
        }
    }

    /// Whether a phrase found here is one: whole words, and at the start where it must be.
    fn counts(&self, phrase: &Phrase, span: &Span) -> bool {
        let folded = self.folded.text.as_str();
        let word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        // One word alone may be a part of somebody's name.
        let is_word = phrase.fault.is_some() && phrase.words.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let joined = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || (is_word && letter == '-'));
        let (before, after) = (folded[..span.start].chars().next_back(), folded[span.end..].chars().next());
        let (first, last) = (folded[span.clone()].chars().next(), folded[span.clone()].chars().next_back());
        if (word(first) && joined(before)) || (word(last) && joined(after) && !last.is_some_and(|letter| letter.is_ascii_digit())) {
            return false;
        }
        match phrase.capital_at_start {
            Some(capital) => span.start == 0 && self.text.starts_with(capital),
            None => !phrase.at_start || span.start == 0,
        }
    }

    fn absorb(&mut self, phrase: &Phrase, span: &Span, name: Option<(&Slot, Span)>) {
        let Some(clause) = self.clauses.last_mut() else { return };
        let mut said = span.clone();
        if let Some((slot, name)) = name {
            said.end = name.end.max(said.end);
            let text = &self.folded.text[name.clone()];
            match slot.names {
                Names::Action => {
                    weigh(&mut clause.fault, text.starts_with("kms:").then_some((Fault::KmsDenied, Weight::Said)), &said);
                    weigh(&mut clause.step, parts::step_of_action(text).map(|step| (step, Weight::Code)), &name);
                }
                // The endpoint hints at what was being fetched.
                Names::Url => weigh(&mut clause.step, host_in(text).and_then(parts::step_of_host).map(|step| (step, Weight::Hint)), &name),
                _ => {}
            }
            clause.names.push((slot.names, slot.weight, name));
        }
        // Everything fails in a container: what else a text speaks of is closer.
        if phrase.step.is_some_and(|(step, _)| step != Step::Container)
            && clause.step.as_ref().is_some_and(|best| best.value == Step::Container && best.weight == Weight::Hint)
        {
            clause.step = None;
        }
        weigh(&mut clause.step, phrase.step, span);
        weigh(&mut clause.fault, phrase.fault, &said);
        // A policy that does not allow refuses.
        weigh(&mut clause.fault, phrase.deny.map(|_| (Fault::AccessDenied, Weight::Hint)), &said);
        clause.deny = clause.deny.take().or(phrase.deny.map(|deny| (deny, span.clone())));
        clause.end = said.end;
    }

    /// A text cut inside the last word of a phrase still says what every phrase that begins so says. It is weaker than anything read whole,
    /// and never makes a stop normal.
    fn read_cut_phrase(&mut self, read_up_to: usize) {
        let line = &self.folded.text[read_up_to..self.folded.line_end(read_up_to)];
        let rest = line.split_once("...").map_or(line, |(rest, _)| rest);
        let tail = rest.trim_end().trim_end_matches(['.', '\u{fffd}', '"', '\'', '`', ')', ',']);
        let Some(clause) = self.clauses.last_mut() else { return };
        if !tail.ends_with(char::is_alphanumeric) {
            return;
        }
        // Only the last words can be cut: no phrase is longer than a sentence.
        let longest = GRAMMAR.phrases.iter().map(|(words, _)| words.len()).max().unwrap_or(0);
        let starts = tail.char_indices().filter(|&(at, letter)| {
            let (before, length) = (&tail[..at], tail.len() - at);
            letter.is_alphanumeric() && !before.ends_with(char::is_alphanumeric) && (SHORTEST_CUT..longest).contains(&length)
        });
        for (at, _) in starts {
            let cut = &tail[at..];
            let after_colon = tail[..at].ends_with(": ") || (at == 0 && self.folded.text[..read_up_to].ends_with(": ")) || read_up_to + at == 0;
            // One word alone may be just that word: an error's name follows a colon.
            let last_word = cut.rsplit(' ').next().map_or(0, str::len);
            let begins = |words: &str, phrase: &Phrase| {
                let left = words.strip_prefix(cut).unwrap_or_default();
                let a_name = words.ends_with("exception") || words.ends_with("error");
                let enough = if cut.contains(' ') { last_word >= SHORTEST_CUT_WORD } else { a_name && after_colon };
                enough && !left.is_empty() && left.bytes().all(|byte| byte.is_ascii_alphabetic()) && phrase.capital_at_start.is_none()
            };
            let whole: Vec<_> = GRAMMAR.phrases.iter().filter(|(words, phrase)| begins(words, phrase)).collect();
            let Some((_, first)) = whole.first() else {
                // These words may be the beginning of a longer sentence, in which a shorter one says something else.
                if cut.contains(' ') && GRAMMAR.phrases.iter().any(|(words, _)| words.starts_with(cut)) {
                    return;
                }
                continue;
            };
            let span = read_up_to + at..read_up_to + at + cut.len();
            let agree = |same: fn(&Phrase, &Phrase) -> bool| whole.iter().all(|(_, phrase)| same(phrase, first));
            let fault = first.fault.filter(|fault| fault.1 > Weight::Hint && fault.0 != Fault::Normal);
            if clause.fault.as_ref().is_none_or(|fault| fault.weight == Weight::Hint) && agree(|a, b| a.fault.map(|f| f.0) == b.fault.map(|f| f.0)) {
                weigh(&mut clause.fault, fault, &span);
            }
            if clause.step.is_none() && agree(|a, b| a.step.map(|s| s.0) == b.step.map(|s| s.0)) {
                weigh(&mut clause.step, first.step.filter(|step| step.1 > Weight::Hint), &span);
            }
            if agree(|a, b| a.deny == b.deny) {
                clause.deny = clause.deny.take().or(first.deny.map(|deny| (deny, span.clone())));
            }
            return;
        }
    }

    fn finish(self) -> Vec<Symptom> {
        let mut symptoms: Vec<Symptom> = Vec::new();
        let mut step_before = None;
        let clauses = self.clauses.len();
        // Go's word for a call to the proxy that it was told of.
        let by_proxy = self.folded.text.contains("proxyconnect");
        for (at, clause) in self.clauses.into_iter().enumerate().take(MOST_CLAUSES) {
            let says_step = clause.apart && clause.step.is_some();
            let step_of_others = step_before.filter(|_| !clause.apart);
            let symptom = clause.into_symptom(self.text, self.folded, step_of_others, at + 1 == clauses);
            let symptom = Symptom { by_proxy, ..symptom };
            step_before = Some(symptom.step);
            let told = |other: &Symptom| other.step == symptom.step && other.fault == symptom.fault && other.deny == symptom.deny && same_name(other, &symptom);
            let says_nothing = at > 0 && !says_step && symptom.fault == Fault::Unknown && symptom.resource.is_none();
            if !says_nothing && symptoms.len() < MOST_SYMPTOMS && !symptoms.iter().any(told) {
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

impl Clause {
    fn into_symptom(self, text: &str, folded: &Folded, step_before: Option<Step>, is_last: bool) -> Symptom {
        let fact = |span: &Span| {
            let place = folded.original(span);
            let written = text[place.clone()].trim_end().len();
            Fact { text: folded.words(text, span), span: place.start..place.start + written }
        };
        let best = |kind: Names| {
            let of_kind = self.names.iter().rev().filter(|(names, ..)| *names == kind);
            // Of equals the last counts, which is the first of the text.
            of_kind.max_by_key(|(_, weight, _)| *weight).map(|(.., span)| fact(span))
        };
        let arn = |service: &str| {
            let of_service = |span: &&Span| folded.text[(*span).clone()].split(':').nth(2) == Some(service);
            self.names.iter().filter(|(names, ..)| matches!(names, Names::Arn | Names::Resource)).map(|(.., span)| span).find(of_service).map(fact)
        };
        let step = self.step.as_ref().map(|step| step.value).or(step_before).unwrap_or(Step::Unknown);
        // What these steps call is nobody's secret: the place itself is all that there is to name.
        let elsewhere = matches!(step, Step::LogDriver | Step::ServiceConnect);
        let socket = best(Names::Address);
        let bucket = best(Names::Bucket);
        let url = best(Names::Url);
        let principal = best(Names::Principal).or_else(|| arn("sts")).filter(is_identity);
        let role = best(Names::Role).or_else(|| arn("iam").filter(|arn| arn.text.contains(":role/"))).filter(is_identity);
        let key = arn("kms").filter(is_key);
        // What these steps fetch is a secret, a parameter, or what a key has locked.
        let of_secrets = matches!(step, Step::SecretsManager | Step::ParameterStore | Step::RegistryCredentials);
        let is_fetched = |fact: &Fact| arn_part(fact, 2).is_none_or(|service| !of_secrets || matches!(service.text.as_str(), "secretsmanager" | "ssm" | "kms"));
        let resource = best(Names::Resource)
            .filter(is_fetched)
            .or_else(|| role.clone())
            .or_else(|| bucket.clone())
            .or_else(|| arn("secretsmanager"))
            .or_else(|| arn("ssm"))
            .or_else(|| key.clone())
            .or_else(|| arn("logs"))
            .or_else(|| arn("s3"))
            .or_else(|| url.clone())
            .or_else(|| elsewhere.then(|| socket.clone().or_else(|| best(Names::Host)))?)
            .or_else(|| if step == Step::ExecutionRole { arn("ecs") } else { None })
            .or_else(|| arn(best(Names::Action)?.text.split(':').next()?));
        let fault = self.fault.as_ref().map_or(Fault::Unknown, |fault| fault.value);
        let whole = 0..folded.text.len();
        let refused_by = self.deny.as_ref().map(|(deny, _)| *deny);
        let deny = self.deny.filter(|_| fault == Fault::AccessDenied);
        let decisive = deny.as_ref().map(|(_, span)| span.clone()).or(self.fault.map(|fault| fault.span));
        let span = decisive.or(self.step.map(|step| step.span)).unwrap_or(whole);
        let host = best(Names::Host).or_else(|| url.as_ref().and_then(host_of)).filter(is_host);
        let region = best(Names::Region).or_else(|| resource.as_ref().and_then(|arn| arn_part(arn, 3))).filter(|region| is_region(&region.text));
        Symptom {
            step,
            fault,
            deny: deny.map(|(deny, _)| deny),
            refused_by,
            span: folded.original(&span),
            action: best(Names::Action).filter(is_action),
            principal,
            role,
            service_linked: best(Names::ServiceLinked).is_some(),
            region,
            account: resource.as_ref().and_then(|arn| arn_part(arn, 4)).filter(|account| is_account(&account.text)),
            resource,
            bucket,
            host,
            address: socket.as_ref().map(without_port),
            port: socket.as_ref().and_then(|socket| socket.text.rsplit_once(':')?.1.parse().ok()),
            by_proxy: false,
            key,
            json_key: best(Names::JsonKey),
            version_stage: best(Names::VersionStage),
            retries: best(Names::Retries).and_then(|fact| fact.text.parse().ok()),
            request_id: best(Names::RequestId),
            truncated: (is_last && is_truncated(text, fault)) || folded.is_cut_after(self.end),
        }
    }
}

/// Part `index` of an ARN (0 is `arn`), where it is one and the part is not empty.
fn arn_part(arn: &Fact, index: usize) -> Option<Fact> {
    let mut from = arn.span.start;
    let mut parts = arn.text.split(':');
    if parts.clone().next() != Some("arn") {
        return None;
    }
    for part in parts.by_ref().take(index) {
        from += part.len() + 1;
    }
    parts.next().filter(|part| !part.is_empty()).map(|part| Fact { text: part.to_owned(), span: from..from + part.len() })
}

/// No longer name resolves.
const LONGEST_HOST: usize = 253;

fn is_host(fact: &Fact) -> bool {
    (1..=LONGEST_HOST).contains(&fact.text.len()) && fact.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// `service:Call`; one with a wildcard is nobody's call.
fn is_action(fact: &Fact) -> bool {
    let service = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let call = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fact.text.split_once(':').is_some_and(|(of, name)| service(of) && call(name))
}

/// Who made a call, as people write it who hide their account: nothing that was masked, quoted or joined.
fn is_identity(fact: &Fact) -> bool {
    !is_masked(&fact.text) && !fact.text.contains(['"', '\'', '`', ';', '|', '&', '(', ')'])
}

/// The ARN of a key or an alias.
fn is_key(fact: &Fact) -> bool {
    let of_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b':');
    let id = fact.text.splitn(6, ':').nth(5).filter(|id| id.starts_with("key/") || id.starts_with("alias/"));
    id.is_some_and(|id| id.bytes().all(of_key))
}

fn without_port(socket: &Fact) -> Fact {
    let length = socket.text.rfind(':').unwrap_or(socket.text.len());
    Fact { text: socket.text[..length].to_owned(), span: socket.span.start..socket.span.start + length }
}

fn host_of(url: &Fact) -> Option<Fact> {
    let host = host_in(&url.text)?;
    let from = url.span.start + url.text.find("://")? + "://".len();
    Some(Fact { text: host.to_owned(), span: from..from + host.len() })
}

fn host_in(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', ':', '?', '#']).next().filter(|host| !host.is_empty())
}

/// Whether the words before a number call it an HTTP status. The runtime's `API error (500)` is none: it answers so whatever went wrong.
fn is_of_status(before: &str) -> bool {
    let words = before.trim_end_matches([' ', ':', '=', '(', '[', '"']);
    ["status", "statuscode", "status code", "http", "http/1.1", "http/2", "http/2.0", "response code"].iter().any(|word| words.ends_with(word))
}

/// Whether a word is written as programs write the name of an error: of several words in one, where a code stands.
fn is_written_as_code(text: &str, folded: &Folded, span: &Span) -> bool {
    let word = &text[folded.original(span)];
    let is_joined = word.char_indices().any(|(at, letter)| at > 0 && letter.is_ascii_uppercase()) || word.ends_with("exception");
    let after = &folded.text[span.end..];
    let before = folded.text[..span.start].trim_end();
    is_joined
        && (after.is_empty()
            || after.starts_with([':', ',', ')', '"', '\'', ']', '(', ';'])
            || after.starts_with(" (")
            || before.ends_with("error")
            || before.ends_with(':'))
}

/// What no name holds: JSON's next field, and where an SDK for Java or ECS names its service.
const ALWAYS: &[&str] = &["\",", ". (service ", "</"];
/// What stands behind a name where a sentence, a quote or a bracket ends.
const BEHIND: &[char] = &['.', ',', ';', ' ', '\u{fffd}'];

impl Reader<'_> {
    /// The name that follows a phrase which ends at `end`.
    fn name_after(&self, slot: &Slot, end: usize) -> Option<Range<usize>> {
        let folded = self.folded.text.as_str();
        let start = end - slot.back;
        // A name that may hold blanks ends with its line.
        let line = if slot.otherwise == Otherwise::EndOfText { self.folded.line_end(start) } else { folded.len() };
        let limit = folded.floor_char_boundary((start + LONGEST_NAME).min(line));
        // A quoted name is named without its quotes.
        let quote = if slot.back == 0 && folded[start..].starts_with('"') { Some("\"") } else { None };
        let start = start + quote.map_or(0, str::len);
        let quoted = quote.is_some();
        let open = folded.get(start..limit)?;
        let until = quote.as_ref().map_or(slot.until, std::slice::from_ref);
        let ended = until.iter().chain(ALWAYS).filter_map(|until| open.find(until)).min();
        let mut length = match (ended, slot.otherwise) {
            (Some(at), Otherwise::NoWord) if open[..at].contains(' ') => return None,
            (Some(at), _) => at,
            // An ARN holds no blank.
            (None, Otherwise::EndOfText) if open.starts_with("arn:") => open.find(' ').unwrap_or(open.len()),
            (None, Otherwise::EndOfText) => self.sentence(start, open),
            (None, Otherwise::EndOfWord) => open.find(' ').unwrap_or(open.len()),
            (None, Otherwise::NoName | Otherwise::NoWord) => return None,
        };
        if slot.otherwise == Otherwise::EndOfWord && !quoted {
            length = open[..length].find(' ').unwrap_or(length);
        }
        // Where nothing told the end, the sentence's own punctuation may stand behind the name.
        let name = match ended {
            Some(at) if at == length && !open[at..].starts_with(['"', '\'', '`', ')']) && slot.until.iter().any(|until| open[at..].starts_with(until)) => {
                open[..length].trim_end()
            }
            _ => without_ending(&open[..length], slot.otherwise == Otherwise::EndOfWord),
        };
        // On the next line another sentence may begin.
        if slot.names == Names::Resource && start > 0 && self.folded.begins_line(start) && !name.contains([':', '/', '.', '-', '_', '*']) {
            return None;
        }
        // IAM names the streams of a log group with nothing behind the last colon.
        let colon = name.ends_with(":log-stream") && open[name.len()..].starts_with(':');
        name.contains(|letter| letter != '.').then(|| start..start + name.len() + usize::from(colon))
    }

    /// How long the sentence is that begins at `start`: another begins with a capital letter.
    fn sentence(&self, start: usize, open: &str) -> usize {
        let begins = |at: usize| {
            let next = start + at + 2;
            let original = self.folded.original(&(next..next)).start;
            self.text[original..].starts_with(|letter: char| letter.is_uppercase() || letter == '(')
        };
        open.match_indices(". ").map(|(at, _)| at).find(|&at| begins(at)).unwrap_or(open.len())
    }
}

/// A name without what ends the sentence, the quote or the bracket around it; what opened within the name ends there.
fn without_ending(name: &str, is_word: bool) -> &str {
    let mut name = name;
    while let Some(last) = name.chars().next_back() {
        let before = &name[..name.len() - last.len_utf8()];
        let opened = match last {
            ')' => before.contains('('),
            ']' => before.contains('['),
            '}' => before.contains('{'),
            '>' => before.contains('<'),
            '"' | '\'' | '`' => before.matches(last).count() % 2 == 1,
            // An ARN that was cut, or a reference without its last parts.
            ':' => !is_word || (before.starts_with("arn:") && before.matches(':').count() < 6),
            _ => !BEHIND.contains(&last),
        };
        if opened {
            break;
        }
        name = before;
    }
    name
}

fn next_boundary(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(1, char::len_utf8)
}

/// ECS cuts at 1024 bytes, which a split letter lengthens by up to two; people and logs write an ellipsis. At 252 and 255 characters older
/// agents and the console cut, but a whole text may be as long by chance: there it counts only if no fault was reached.
fn is_truncated(text: &str, fault: Fault) -> bool {
    let text = text.trim_end();
    text.ends_with("...")
        || text.ends_with(['\u{2026}', '\u{fffd}'])
        || (1024..=1026).contains(&text.len())
        || (fault == Fault::Unknown && text.len() < 1024 && matches!(text.chars().count(), 252 | 255))
}

#[cfg(test)]
mod tests {
    use super::GRAMMAR;
    use crate::dictionary::PICKED_BY;

    #[test]
    fn every_phrase_can_be_found() {
        for (words, _) in &GRAMMAR.phrases {
            assert!(words.len() >= PICKED_BY, "{words}");
            assert_eq!(GRAMMAR.dictionary.find(words, 0).map(|found| found.end), Some(words.len()), "{words}");
        }
    }
}
