//! A container's own log: what the application in it says of secrets that it fetches for itself.
//!
//! A line is read as any reason is, and then as the application's word: it never speaks of what ECS did. Most
//! lines say nothing of it, and many look as if they did: a warning, a call that is tried again. Neither is a
//! failure.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::page::unstyled;
use super::reader;
use super::symptom::{Fault, Step, Symptom};
use crate::arn::host_of_aws;

const HTTPS: u16 = 443;

/// At most so many words precede a line's level: a date, a time, a thread, a process.
const WORDS_BEFORE_LEVEL: usize = 8;

/// The most lines over which an error is printed.
const LINES_OF_AN_ERROR: usize = 8;

/// What a log says of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSymptom {
    /// Its line, counted from 0.
    pub line: usize,
    /// The line, with those that it is continued on.
    pub text: String,
    /// What it says; its places are those of the text.
    pub symptom: Symptom,
}

/// What a log says of why fetching secrets failed: the last line whose fault is known, for what wraps an
/// error is printed before it; else the last that is about a failure at all.
#[must_use]
pub fn read_log<'l>(lines: impl IntoIterator<Item = &'l str>) -> Option<LogSymptom> {
    let lines: Vec<Cow<'l, str>> = lines.into_iter().map(unstyled).collect();
    let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    let mut last: Option<LogSymptom> = None;
    let mut read = 0;
    for (line, text) in lines.iter().enumerate() {
        if line < read {
            continue;
        }
        let alone = symptom_of(text).map(|symptom| LogSymptom { line, text: (*text).to_owned(), symptom });
        let found = match alone {
            Some(alone) if is_known(&alone) => {
                let whole = unwrapped(&lines[line..], &alone).unwrap_or(alone);
                read = line + whole.text.lines().count();
                whole
            }
            Some(alone) => continued(&lines[line..], line, |line| !begins_entry(line)).unwrap_or(alone),
            None => match continued(&lines[line..], line, is_set_in) {
                Some(found) => found,
                None => continue,
            },
        };
        if is_known(&found) || last.as_ref().is_none_or(|before| !is_known(before)) {
            last = Some(found);
        }
    }
    last
}

fn is_known(found: &LogSymptom) -> bool {
    found.symptom.fault != Fault::Unknown
}

/// What a line says with as few as it takes of the lines that continue it.
fn continued(lines: &[&str], line: usize, goes_on: impl Fn(&str) -> bool) -> Option<LogSymptom> {
    let more = lines[1..].iter().take(LINES_OF_AN_ERROR).take_while(|line| goes_on(line)).count();
    (1..=more).find_map(|last| {
        let text = lines[..=last].join("\n");
        let symptom = symptom_of(&text)?;
        Some(LogSymptom { line, text, symptom }).filter(is_known)
    })
}

/// The same failure over as few lines as name most of it, where its sentence was wrapped.
fn unwrapped(lines: &[&str], alone: &LogSymptom) -> Option<LogSymptom> {
    let is_open = |letter: char| letter.is_alphanumeric() || matches!(letter, ':' | ',' | '(');
    if !alone.text.trim_end().ends_with(is_open) {
        return None;
    }
    let more = lines[1..].iter().take(LINES_OF_AN_ERROR).take_while(|line| !begins_entry(line)).count();
    let same = |last: usize| {
        let text = lines[..=last].join("\n");
        let symptom = symptom_of(&text)?;
        let is_same = (symptom.step, symptom.fault) == (alone.symptom.step, alone.symptom.fault);
        is_same.then_some(LogSymptom { line: alone.line, text, symptom })
    };
    // Of equals the last counts, which has the fewest lines.
    let whole = (1..=more).rev().filter_map(same).max_by_key(|found| named(&found.symptom))?;
    (named(&whole.symptom) > named(&alone.symptom)).then_some(whole)
}

/// How much a symptom names.
fn named(symptom: &Symptom) -> usize {
    let Symptom { resource, action, principal, host, .. } = symptom;
    [resource, action, principal, host].into_iter().flatten().count()
}

/// Whether a line is set in, as those of a stack trace and of a quoted answer are.
fn is_set_in(line: &str) -> bool {
    line.starts_with([' ', '\t', '|'])
}

/// Whether a line begins as loggers begin an entry: with a time or in brackets, or with its level.
fn begins_entry(line: &str) -> bool {
    line.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '[' | '{'))
        || level(line).is_some()
}

/// What one line says of a failure.
fn symptom_of(line: &str) -> Option<Symptom> {
    if is_less_than_error(line) || is_tried_again(line) {
        return None;
    }
    let fetches = says_that_it_fetches(line);
    let of_fetching = |symptom: Symptom| match symptom.step {
        Step::Unknown | Step::Container if fetches => Symptom { step: Step::SecretSidecar, ..symptom },
        _ => symptom,
    };
    reader::read(line)
        .into_iter()
        .map(of_fetching)
        .find(|symptom| is_about_fetching(symptom, line))
        .map(by_application)
}

/// Whether a line says, in its own words, that a secret was to be fetched: `Error retrieving secret`.
fn says_that_it_fetches(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let mut words = line
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !matches!(*word, "" | "a" | "the"))
        .peekable();
    std::iter::from_fn(|| Some((words.next()?, words.peek().copied())))
        .any(|(word, next)| matches!(next, Some("secret" | "secrets")) && (word == "to" || is_fetching(word)))
}

/// Whether a word says of something that it is fetched.
fn is_fetching(word: &str) -> bool {
    const FETCHES: &[&str] = &["fetch", "retriev", "load", "get", "read", "access", "resolv"];
    FETCHES.iter().any(|fetch| word.starts_with(fetch))
}

/// A symptom of a text in which the application speaks: what ECS would have fetched, it fetches itself; of
/// all else it is the container.
fn by_application(symptom: Symptom) -> Symptom {
    let step = match symptom.step {
        Step::SecretsManager | Step::ParameterStore | Step::SecretSidecar => Step::SecretSidecar,
        _ => Step::Container,
    };
    let wants = symptom.wants.filter(|_| step == Step::SecretSidecar);
    Symptom { step, wants, ..symptom }
}

/// Whether a symptom is one of fetching secrets, or of what that takes: credentials, a Region, a path to AWS.
/// Where the fault is unknown, the words of a fetcher must be those of a failure.
fn is_about_fetching(symptom: &Symptom, line: &str) -> bool {
    let is_of_secrets =
        matches!(symptom.step, Step::SecretsManager | Step::ParameterStore | Step::SecretSidecar);
    match symptom.fault {
        Fault::Normal | Fault::Exited => false,
        Fault::Unknown => symptom.step == Step::SecretSidecar && says_that_it_failed(line),
        Fault::BadCredentials | Fault::KmsDenied | Fault::RoleMissing => true,
        // A Region is asked for before anything is called.
        Fault::Misconfigured => is_of_secrets || symptom.step == Step::Unknown,
        Fault::NetworkTimeout | Fault::Dns | Fault::Tls | Fault::ConnectionRefused => {
            is_of_secrets || is_to_aws(symptom)
        }
        _ => is_of_secrets,
    }
}

fn is_to_aws(symptom: &Symptom) -> bool {
    symptom.host.as_ref().is_some_and(|host| host_of_aws(&host.text).is_some()) || symptom.port == Some(HTTPS)
}

/// Whether a line states that something failed, as programs do: behind the time of an entry, or in a statement that
/// begins with it. Prose says of whom it is true, or when it would be: `It cannot read a secret`.
fn says_that_it_failed(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    if is_stamped(&line) {
        return failing(&line).is_some();
    }
    let statements = line.split(['.', ':', ';', ',', '(', ')', '[', ']', '|', '=', '>', '"']);
    statements.filter_map(failing).any(|(before, is_told_of_itself)| {
        let is_time = |word: &str| word.starts_with(|letter: char| letter.is_ascii_digit());
        let own = |word: &&str| !is_time(word) && !word.contains("secret") && !is_fetching(word);
        before.split_whitespace().filter(own).count() <= usize::from(is_told_of_itself)
    })
}

/// What precedes the word that means a failure, and whether the word may have one before it: an error and
/// what failed may be named (`runtime error`, `startup failed`), who cannot is the one who writes.
fn failing(text: &str) -> Option<(&str, bool)> {
    const FAILING: &[(&str, bool)] = &[
        ("failed", true),
        ("failure", true),
        ("error", true),
        ("exception", true),
        ("unable", false),
        ("could not", false),
        ("couldn't", false),
        ("cannot", false),
        ("can't", false),
    ];
    let ends = |end: usize| !text[end..].starts_with(char::is_alphanumeric);
    let found = FAILING.iter().filter_map(|(word, is_noun)| {
        let (at, _) = text.match_indices(word).find(|(at, word)| ends(at + word.len()))?;
        Some((at, *is_noun))
    });
    let (at, is_noun) = found.min()?;
    // The name of an exception ends in the word.
    let from = text[..at].rfind(char::is_whitespace).map_or(0, |end| end + 1);
    Some((text[..from].trim_start_matches(|letter: char| !letter.is_alphanumeric()), is_noun))
}

/// Whether a line begins with a time, or is an object.
fn is_stamped(line: &str) -> bool {
    const DIGITS_OF_A_TIME: usize = 4;
    let first = line.split_whitespace().next().unwrap_or_default();
    first.starts_with('{') || first.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_OF_A_TIME
}

const LESS: &[&str] = &["trace", "verbose", "debug", "info", "information", "notice", "warn", "warning"];
const ERROR: &[&str] = &["error", "err", "fatal", "critical", "severe", "panic", "alert"];

/// Whether the line's own level is below error.
fn is_less_than_error(line: &str) -> bool {
    level(line).is_some_and(|level| LESS.contains(&level.as_str()))
}

/// The line's level, by its name in small letters: in the field of an object, as a letter before the date, or
/// among the first words.
fn level(line: &str) -> Option<String> {
    if let Some(level) = level_in_object(line).or_else(|| level_by_letter(line)) {
        return Some(level.to_owned());
    }
    let words = line
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| word.bytes().any(|byte| byte.is_ascii_alphabetic()));
    words
        .take(WORDS_BEFORE_LEVEL)
        .map(str::to_ascii_lowercase)
        .find(|word| LESS.contains(&word.as_str()) || ERROR.contains(&word.as_str()))
}

/// The level that a line's JSON object has in a field of its own, by name or by number.
fn level_in_object(line: &str) -> Option<&'static str> {
    // The numbers of syslog go up to 7, the gravest first; those of Node's loggers begin at 10, the gravest
    // last.
    const SYSLOG_ERROR: i64 = 3;
    const NODE: i64 = 10;
    const NODE_ERROR: i64 = 50;
    let object: Map<String, Value> = serde_json::from_str(&line[line.find('{')?..]).ok()?;
    let nested = object.values().filter_map(Value::as_object).flatten();
    object.iter().chain(nested).find_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        if !(name.contains("level") || name.contains("severity") || matches!(name.as_str(), "lvl" | "@l")) {
            return None;
        }
        match value {
            Value::String(text) => {
                let text = unstyled(text).to_ascii_lowercase();
                LESS.iter().chain(ERROR).copied().find(|level| *level == text)
            }
            value => value.as_i64().map(|number| {
                let is_error = if number < NODE { number <= SYSLOG_ERROR } else { number >= NODE_ERROR };
                if is_error { "error" } else { "info" }
            }),
        }
    })
}

/// The level of a line that begins with its first letter and the date, as those of glog and klog do.
fn level_by_letter(line: &str) -> Option<&'static str> {
    let word = line.split(' ').next()?;
    let date = word.get(1..).filter(|date| matches!(date.len(), 4 | 8))?;
    let level = match word.chars().next()? {
        'I' => "info",
        'W' => "warning",
        'E' => "error",
        'F' => "fatal",
        _ => return None,
    };
    date.bytes().all(|byte| byte.is_ascii_digit()).then_some(level)
}

/// Whether the line says that the call is retried: a later line has its outcome.
fn is_tried_again(line: &str) -> bool {
    const AGAIN: &[&str] = &[
        "retrying", "will retry", "trying again", "try again in", "backoff=", "falling back", "using cached",
        "ignoring",
    ];
    let line = line.to_ascii_lowercase();
    AGAIN.iter().any(|again| line.contains(again)) || is_counted_among_more(&line)
}

/// Whether a line in small letters counts an attempt that is not the last: `attempt 1 of 3`, `retry 2/5`.
fn is_counted_among_more(line: &str) -> bool {
    let words = line.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !matches!(*word, "" | "of" | "max")).collect();
    words.windows(3).any(|words| {
        let number = |at: usize| words[at].parse::<u32>().ok();
        let is_attempt = ["attempt", "retry", "try"].contains(&words[0]);
        is_attempt && number(1).zip(number(2)).is_some_and(|(this, all)| this < all)
    })
}

#[cfg(test)]
mod tests {
    use super::read_log;

    #[test]
    fn a_program_that_says_no_more_than_that_it_failed_is_heard() {
        for line in [
            "Failed to get secret store",
            "  \u{2717} cannot read the secret",
            "fetching secrets failed",
            "startup failed, could not load secrets",
            "Unexpected error retrieving secret 'db'",
            "SecretLoadException: get secret",
            "init.sh: line 4: unable to fetch secrets",
            "2026-11-20T10:00:00.000Z api could not load secrets of prod",
            "app_1  | 2026-11-20T10:00:00.000Z could not load secrets",
            r#"{"msg": "we cannot get secrets", "code": 7}"#,
        ] {
            assert!(read_log([line]).is_some(), "{line}");
        }
    }

    #[test]
    fn prose_about_secrets_is_no_line_of_a_log() {
        for line in [
            "- **It cannot read a secret.** Its role has no permission to read a secret, a parameter, an object or a",
            "If your application fails to retrieve secrets, check its task role.",
            "If an error occurs while retrieving secrets, the task stops.",
            "A task that cannot fetch secrets stops before its container starts.",
            "## When it fails to read secrets",
            "The sidecar exits with 1 if it is unable to get the secret.",
            "3. To load secrets without an error, set the Region first.",
            "[This page](errors.md) says what happens where programs cannot get secrets.",
        ] {
            assert_eq!(read_log([line]), None, "{line}");
        }
        for page in [
            include_str!("../../README.md"),
            include_str!("../../CHANGELOG.md"),
            include_str!("../../docs/applications.md"),
            include_str!("../../docs/stale.md"),
            include_str!("../../docs/rotation.md"),
            include_str!("../../docs/troubleshooting.md"),
        ] {
            assert_eq!(read_log(page.lines()), None);
        }
    }
}
