//! What is in the place of a reference to a secret or parameter: a reference, a template that was not
//! rendered, or the secret itself.
//!
//! ECS takes a text that is not an ARN for the name of a parameter and prints it when there is no such
//! parameter. So ECS prints a value that somebody put there by mistake, and it must not go further.

use std::ops::Range;

use memchr::memmem;

use super::MASK;
use super::chance::{Oddness, has_all_kinds, is_generated};

/// What a `valueFrom` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// An ARN, or what may be the name of a parameter.
    Reference,
    /// Placeholders of a template, such as `${DB_ARN}`, `{{resolve:...}}` or `<secret-arn>`.
    Template,
    /// Neither: somebody's secret.
    Value,
}

/// No parameter's name is longer.
const LONGEST_PARAMETER: usize = 1011;
/// A secret access key has forty letters, digits, `/` and `+`.
const KEY_LENGTH: usize = 40;
/// At least this percentage of a key's pairs of characters is unusual, even in AWS's own examples with a word
/// in them.
const KEY_PERCENT: usize = 40;
/// What is generated and no key has at least so many characters.
const SHORTEST_VALUE: usize = 12;
/// What opens and closes a placeholder, and what may be in it in addition to a name, the most specific first.
const PLACEHOLDERS: &[(&str, &str, &str)] = &[
    ("{{", "}}", " :`'\"|()+"),
    ("${", "}", " :+"),
    ("$(", ")", " "),
    ("<", ">", " +"),
    ("@@", "@@", ""),
    ("__", "__", ""),
    ("{", "}", ""),
];
const LONGEST_PLACEHOLDER: usize = 200;

/// What a `valueFrom` holds, as far as its text alone tells.
#[must_use]
pub fn written(value_from: &str) -> Written {
    let text = value_from.trim();
    if text.is_empty() || is_arn(text) {
        return Written::Reference;
    }
    if text.chars().all(|letter| letter == MASK) {
        return Written::Value;
    }
    if is_template(text) {
        return Written::Template;
    }
    // A secret's name with a JSON key behind it and a parameter's with a version are wrong in their own way,
    // and references.
    let colons = !text.contains(':') || text.ends_with("::") || text.contains('/') && !text.contains("//");
    // A path is meant for a name, whatever letters and quotes slipped into it.
    let is_path = text.starts_with('/')
        && text.chars().all(|letter| {
            letter.is_alphanumeric() || matches!(letter, '/' | '_' | '.' | '-' | '"' | '\'' | '\u{fffd}')
        });
    let is_name = colons
        && text.len() <= LONGEST_PARAMETER
        && (is_path || text.bytes().all(|byte| is_of_name(byte) || byte == b':'));
    if is_name && !is_secret(text) { Written::Reference } else { Written::Value }
}

/// The same for the name of a secret, which ECS takes as registry credentials.
#[must_use]
pub fn written_as_secret(name: &str) -> Written {
    let of_secret = |byte: u8| is_of_name(byte) || matches!(byte, b'+' | b'=' | b'@' | b':');
    match written(name) {
        Written::Value if name.bytes().all(of_secret) && !is_secret(name) => Written::Reference,
        written => written,
    }
}

fn is_arn(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:"))
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/')
}

/// Whether what could be a name was made by chance.
fn is_secret(text: &str) -> bool {
    is_secret_key(text) || (text.len() >= SHORTEST_VALUE && is_generated(text))
}

/// Whether it is as long and as odd as AWS's secret access keys.
pub(super) fn is_secret_key(text: &str) -> bool {
    let is_of_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+');
    text.len() == KEY_LENGTH
        && text.bytes().all(is_of_key)
        && has_all_kinds(text)
        && Oddness::of(text).reaches(KEY_PERCENT)
}

/// Whether a text consists of placeholders and characters of names.
fn is_template(text: &str) -> bool {
    let (mut rest, mut plain, mut found) = (text, String::new(), false);
    while !rest.is_empty() {
        let placeholder = PLACEHOLDERS.iter().find_map(|(open, close, beside)| {
            let inner = rest.strip_prefix(open)?;
            let end = inner[..inner.floor_char_boundary(LONGEST_PLACEHOLDER)].find(close)?;
            let name = &inner[..end];
            let is_name = name.bytes().all(|byte| is_of_name(byte) || beside.as_bytes().contains(&byte));
            let is_written = name.bytes().filter(u8::is_ascii_alphabetic).count() >= 2 && !is_generated(name);
            (is_name && is_written).then(|| &inner[end + close.len()..])
        });
        if let Some(after) = placeholder {
            (rest, found) = (after, true);
            continue;
        }
        let Some(letter) = rest.chars().next() else { break };
        plain.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    let is_variable = |name: &str| {
        name.len() >= 3
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
    };
    let found = found
        || text
            .strip_prefix('$')
            .is_some_and(|name| is_variable(name.split([':', '/']).next().unwrap_or(name)));
    found && plain.bytes().all(|byte| is_of_name(byte) || matches!(byte, b':' | b'$')) && !is_secret(&plain)
}

/// Where ECS prints references, and what follows the list of them.
const LEADS: &[&str] = &[
    "invalid parameters: ",
    "invalid ssm parameters: ",
    "secret with value ",
    "secretid from value ",
    "parameternotfound: ",
];
const ENDS: &[&str] = &[
    ": ", " status code", ";fetching ", ";secret arn", ";resourcenotfound", " resulted in error",
    ". for more", "\" ", ") ",
];
/// No list of names is longer: ECS asks for ten at a time.
const LONGEST_LIST: usize = 10 * (LONGEST_PARAMETER + 2);

/// The values that ECS prints where it names what it could not find.
pub(super) fn printed(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) {
    for lead in LEADS {
        let mut done = 0;
        for at in memmem::find_iter(lower.as_bytes(), lead) {
            let from = at + lead.len();
            if from < done {
                continue;
            }
            let window = &lower[from..lower.floor_char_boundary(from + LONGEST_LIST)];
            // The SDK for Python names the error before its own sentence, where ECS's list would be.
            if window.starts_with("an error occurred (") {
                continue;
            }
            // Each ending leaves less to look for the next in.
            let listed =
                ENDS.iter().fold(window, |listed, end| listed.find(end).map_or(listed, |at| &listed[..at]));
            list(text, from..from + listed.len(), masks);
            done = from + listed.len();
        }
    }
    in_arns(text, lower, masks);
}

/// The names of a list. One that is a value may contain a comma: then only paths and ARNs among the others
/// are names for certain.
fn list(text: &str, range: Range<usize>, masks: &mut Vec<Range<usize>>) {
    let start = text.as_ptr() as usize;
    let items = text[range].split(',').map(|item| {
        let item = item.trim_matches([' ', '"', '\'', '`', '.', ')', ']', '[', '\u{2026}']);
        let from = item.as_ptr() as usize - start;
        // Behind a name the text may go on; a value may contain words.
        let is_path = item.starts_with('/') || is_arn(item);
        let to = if is_path { item.find(' ').unwrap_or(item.len()) } else { item.len() };
        (from..from + to, is_path)
    });
    let items: Vec<(Range<usize>, bool)> = items.collect();
    let is_value = |item: &Range<usize>| {
        let item = &text[item.clone()];
        written(item) == Written::Value && item.contains(char::is_alphanumeric)
    };
    let some = items.iter().any(|(item, _)| is_value(item));
    masks.extend(
        items.into_iter().filter(|(item, is_path)| is_value(item) || some && !is_path).map(|(item, _)| item),
    );
}

/// IAM names a parameter by its ARN, whatever its name is.
fn in_arns(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) {
    const LEAD: &str = ":parameter/";
    const AFTER: &[&str] = &[" because ", " with an explicit deny"];
    let mut done = 0;
    for at in memmem::find_iter(lower.as_bytes(), LEAD) {
        let from = at + LEAD.len();
        if from < done {
            continue;
        }
        let window = &lower[from..lower.floor_char_boundary(from + LONGEST_PARAMETER)];
        let word = window.find(' ').unwrap_or(window.len());
        // A wildcard and a placeholder are of policies and templates.
        let is_name = |byte: u8| {
            is_of_name(byte)
                || matches!(byte, b'*' | b'?' | b'$' | b'{' | b'}' | b':' | b'<' | b'>' | b',' | b';')
                || char::from(byte) == MASK
        };
        let name = text[from..from + word].trim_end_matches([':', ',', '.', ';', ')', ']', '"', '\'']);
        let length = AFTER
            .iter()
            .filter_map(|after| window.find(after))
            .min()
            .filter(|length| is_quiet(&text[from..from + length]));
        let is_value =
            !name.chars().all(|letter| letter.is_alphanumeric() || u8::try_from(letter).is_ok_and(is_name))
                || is_secret(name);
        let end = length.unwrap_or(name.len());
        masks.extend(is_value.then(|| from..from + end));
        done = from + end;
    }
}

/// Whether a text is none of ECS's sentences.
fn is_quiet(text: &str) -> bool {
    !text.contains(": ")
}
