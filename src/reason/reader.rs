//! From the phrases of a text to its symptoms, in one pass from left to right.
//!
//! The dictionary finds the leftmost longest phrase. A name that follows a phrase is skipped whole, so nothing is read in an ARN, a URL or
//! somebody's own words. What a phrase says is weighed against what its clause said before: the heavier wins, of equals the earlier.
//! A clause ends where a `;` is followed at once by another phrase, which is how the agent joins errors. Each clause is one symptom.

use std::ops::Range;
use std::sync::LazyLock;

use super::fold::{Folded, fold};
use super::grammar::phrases;
use super::phrase::{Names, Otherwise, Phrase, Slot, Weight};
use super::symptom::{Deny, Fact, Fault, Span, Step, Symptom};
use crate::dictionary::Dictionary;
use crate::redact::is_masked;

/// No name that ECS prints is longer (a secret id may have 2,048 bytes); it also bounds the look-ahead for a terminator.
const LONGEST_NAME: usize = 2_100;
/// A task has at most so many secrets as fail at once in a thousand bytes; a longer list is somebody's own.
const MOST_SYMPTOMS: usize = 64;
/// A cut-off phrase counts from this many bytes on.
const SHORTEST_CUT: usize = 8;
/// The word in which it was cut has as many left; fewer are a word of their own.
const SHORTEST_CUT_WORD: usize = 3;

struct Grammar {
    phrases: Vec<(String, &'static Phrase)>,
    dictionary: Dictionary,
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
            if folded[..span.start].ends_with(';') {
                self.clauses.push(Clause::default());
            }
            let name = phrase.slot.as_ref().and_then(|slot| Some((slot, name_after(folded, slot, span.end)?)));
            at = name.as_ref().map_or(span.end, |(_, name)| name.end.max(span.end));
            read_up_to = at;
            self.absorb(phrase, &span, name);
        }
        read_up_to
    }

    /// Whether a phrase found here is one: whole words, and at the start where it must be.
    fn counts(&self, phrase: &Phrase, span: &Span) -> bool {
        let folded = self.folded.text.as_str();
        let word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let joined = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
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
            if slot.names == Names::Action && text.starts_with("kms:") {
                weigh(&mut clause.fault, Some((Fault::KmsDenied, Weight::Said)), &said);
            }
            if slot.names == Names::Url {
                weigh(&mut clause.step, step_of_url(text), &name);
            }
            if slot.names == Names::Action {
                weigh(&mut clause.step, step_of_action(text), &name);
            }
            clause.names.push((slot.names, slot.weight, name));
        }
        weigh(&mut clause.step, phrase.step, span);
        weigh(&mut clause.fault, phrase.fault, &said);
        clause.deny = clause.deny.take().or(phrase.deny.map(|deny| (deny, span.clone())));
    }

    /// A text cut inside the last word of a phrase still says what every phrase that begins so says. It is weaker than anything read whole,
    /// and never makes a stop normal.
    fn read_cut_phrase(&mut self, read_up_to: usize) {
        let rest = &self.folded.text[read_up_to..];
        let tail = rest.trim_end_matches(['.', '\u{fffd}']);
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
        for (at, clause) in self.clauses.into_iter().enumerate() {
            let symptom = clause.into_symptom(self.text, self.folded, step_before, at + 1 == clauses);
            step_before = Some(symptom.step);
            let told = |other: &Symptom| other.step == symptom.step && other.fault == symptom.fault && other.deny == symptom.deny && same_name(other, &symptom);
            let says_nothing = at > 0 && symptom.fault == Fault::Unknown && symptom.resource.is_none();
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
            let span = folded.original(span);
            Fact { text: text[span.clone()].to_owned(), span }
        };
        let best = |kind: Names| {
            let mut best: Option<&(Names, Weight, Span)> = None;
            for name in self.names.iter().filter(|(names, ..)| *names == kind) {
                if best.is_none_or(|best| name.1 > best.1) {
                    best = Some(name);
                }
            }
            best.map(|(_, weight, span)| (*weight, fact(span)))
        };
        let arn = |service: &str| {
            let of_service = |span: &&Span| folded.text[(*span).clone()].split(':').nth(2) == Some(service);
            self.names.iter().filter(|(names, ..)| matches!(names, Names::Arn | Names::Resource)).map(|(.., span)| span).find(of_service).map(fact)
        };
        let step = self.step.as_ref().map(|step| step.value).or(step_before).unwrap_or(Step::Unknown);
        // What these steps call is nobody's secret: the place itself is all that there is to name.
        let elsewhere = matches!(step, Step::LogDriver | Step::ServiceConnect);
        let socket = best(Names::Address).map(|(_, fact)| fact);
        let bucket = best(Names::Bucket).map(|(_, fact)| fact);
        let url = best(Names::Url).map(|(_, fact)| fact);
        let principal = best(Names::Principal).map(|(_, fact)| fact).or_else(|| arn("sts")).filter(is_identity);
        let role = best(Names::Role).map(|(_, fact)| fact).or_else(|| arn("iam").filter(|arn| arn.text.contains(":role/"))).filter(is_identity);
        let key = arn("kms").filter(is_key);
        let resource = best(Names::Resource)
            .map(|(_, fact)| fact)
            .or_else(|| role.clone())
            .or_else(|| bucket.clone())
            .or_else(|| arn("secretsmanager"))
            .or_else(|| arn("ssm"))
            .or_else(|| key.clone())
            .or_else(|| arn("logs"))
            .or_else(|| arn("s3"))
            .or_else(|| url.clone())
            .or_else(|| elsewhere.then(|| socket.clone().or_else(|| best(Names::Host).map(|(_, fact)| fact)))?)
            .or_else(|| if step == Step::ExecutionRole { arn("ecs") } else { None });
        let fault = self.fault.as_ref().map_or(Fault::Unknown, |fault| fault.value);
        let whole = 0..folded.text.len();
        let refused_by = self.deny.as_ref().map(|(deny, _)| *deny);
        let deny = self.deny.filter(|_| fault == Fault::AccessDenied);
        let decisive = deny.as_ref().map(|(_, span)| span.clone()).or(self.fault.map(|fault| fault.span));
        let span = decisive.or(self.step.map(|step| step.span)).unwrap_or(whole);
        let host = best(Names::Host).map(|(_, fact)| fact).or_else(|| url.as_ref().and_then(host_of)).filter(is_host);
        let region = best(Names::Region).map(|(_, fact)| fact).or_else(|| resource.as_ref().and_then(|arn| arn_part(arn, 3))).filter(is_region);
        Symptom {
            step,
            fault,
            deny: deny.map(|(deny, _)| deny),
            refused_by,
            span: folded.original(&span),
            action: best(Names::Action).map(|(_, fact)| fact).filter(is_action),
            principal,
            role,
            service_linked: best(Names::ServiceLinked).is_some(),
            region,
            account: resource.as_ref().and_then(|arn| arn_part(arn, 4)).filter(is_account),
            resource,
            bucket,
            host,
            address: socket.as_ref().map(without_port),
            port: socket.as_ref().and_then(|socket| socket.text.rsplit_once(':')?.1.parse().ok()),
            // Go's word for a call to the proxy that it was told of.
            by_proxy: folded.text.contains("proxyconnect"),
            key,
            json_key: best(Names::JsonKey).map(|(_, fact)| fact),
            version_stage: best(Names::VersionStage).map(|(_, fact)| fact),
            retries: best(Names::Retries).and_then(|(_, fact)| fact.text.parse().ok()),
            request_id: best(Names::RequestId).map(|(_, fact)| fact),
            truncated: is_last && is_truncated(text, fault),
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

/// Such as `eu-west-1` and `us-gov-east-1`.
fn is_region(fact: &Fact) -> bool {
    let mut parts = fact.text.split('-');
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(|area| (2..=4).contains(&area.len()) && letters(area))
        && parts.next_back().is_some_and(number)
        && parts.next().is_some()
        && parts.all(letters)
}

fn is_account(fact: &Fact) -> bool {
    fact.text.len() == 12 && fact.text.bytes().all(|byte| byte.is_ascii_digit())
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
    let from = url.text.find("://")? + 3;
    let host = url.text[from..].split(['/', ':', '?', '#']).next().filter(|host| !host.is_empty())?;
    let from = url.span.start + from;
    Some(Fact { text: host.to_owned(), span: from..from + host.len() })
}

/// The service that an IAM action belongs to says what was being fetched, unless a fetcher said so itself.
fn step_of_action(action: &str) -> Option<(Step, Weight)> {
    let (service, call) = action.split_once(':')?;
    let said = match (service, call) {
        ("ecr", "getauthorizationtoken") => (Step::EcrAuth, Weight::Code),
        ("ecr", _) => (Step::ImagePull, Weight::Code),
        ("secretsmanager", _) => (Step::SecretsManager, Weight::Hint),
        ("ssm", _) => (Step::ParameterStore, Weight::Hint),
        ("logs", _) => (Step::LogDriver, Weight::Hint),
        ("s3", _) => (Step::EnvFile, Weight::Hint),
        ("iam", "passrole") => (Step::ExecutionRole, Weight::Hint),
        _ => return None,
    };
    Some(said)
}

/// The endpoint hints at what was being fetched.
fn step_of_url(url: &str) -> Option<(Step, Weight)> {
    let (_, host) = url.split_once("://")?;
    let step = match host.split('.').next()? {
        "secretsmanager" | "secretsmanager-fips" => Step::SecretsManager,
        "ssm" | "ssm-fips" => Step::ParameterStore,
        "api" if host.starts_with("api.ecr.") => Step::EcrAuth,
        "logs" | "logs-fips" => Step::LogDriver,
        _ => return None,
    };
    Some((step, Weight::Hint))
}

/// What no name holds: JSON's next field, a quote as HTML escapes it, and where an SDK for Java names its service.
const ALWAYS: &[&str] = &["\",", "&quot;", "&#", ". (service "];

/// The name that follows a phrase which ends at `end`.
fn name_after(folded: &str, slot: &Slot, end: usize) -> Option<Range<usize>> {
    let start = end - slot.back;
    let limit = floor_boundary(folded, (start + LONGEST_NAME).min(folded.len()));
    // A quoted name is named without its quotes, which may be escaped where the text was copied out of JSON.
    let quote = ["\"", "\\\""].into_iter().find(|quote| slot.back == 0 && folded[start..].starts_with(quote));
    let start = start + quote.map_or(0, str::len);
    let quoted = quote.is_some();
    let open = folded.get(start..limit)?;
    let until = quote.as_ref().map_or(slot.until, std::slice::from_ref);
    let ended = until.iter().chain(ALWAYS).filter_map(|until| open.find(until)).min();
    let mut length = match (ended, slot.otherwise) {
        (Some(at), _) => at,
        (None, Otherwise::EndOfText) => open.len(),
        (None, Otherwise::EndOfWord) => open.find(' ').unwrap_or(open.len()),
        (None, Otherwise::NoName) => return None,
    };
    if slot.otherwise == Otherwise::EndOfWord && !quoted {
        length = open[..length].find(' ').unwrap_or(length);
    }
    // Where nothing told the end, the sentence's own punctuation may stand behind the name.
    let name = match ended {
        Some(at) if at == length => open[..length].trim_end(),
        _ if slot.otherwise == Otherwise::EndOfWord => open[..length].trim_end_matches(['.', ',', ':', ';', ')', '\'']),
        _ => open[..length].trim_end_matches(['.', ' ', ')', '\u{fffd}']),
    };
    // IAM names the streams of a log group with nothing behind the last colon.
    let colon = name.ends_with(":log-stream") && open[name.len()..].starts_with(':');
    (!name.is_empty()).then(|| start..start + name.len() + usize::from(colon))
}

fn next_boundary(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(1, char::len_utf8)
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
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
