//! Nothing secret leaves, because nothing secret comes in: every text of an event or a task definition passes
//! here before anything reads it.
//!
//! What looks like a credential is masked byte for byte, so a text keeps its length and every span into it
//! stays valid. Control, escape and direction-changing characters become `~` (white space becomes a space),
//! so no text can steer a terminal.
//!
//! A name that was parsed as one (`redact_name`) is searched for nothing: it stays as it is. Free text is
//! searched for each kind of secret in turn, in one pass of a bounded look-ahead each; one pass (`glance`)
//! proves most texts harmless.

mod chance;
mod glance;
mod named;
mod option;
mod quoted;
mod reference;
mod secret_name;
mod tokens;
mod url;

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use serde_json::Value;

use glance::{is_name, is_plain};

pub use reference::{Written, written, written_as_secret};

/// The character that replaces each byte of a secret. No policy language, POSIX shell or Markdown reads it.
pub const MASK: char = '%';
/// At least this many in a row are a mask; a text from outside may have fewer.
const SHORTEST_MASK: usize = 3;
/// What replaces a whole secret whose length does not matter.
pub const MASKED: &str = "%%%%%%%%";
/// Masking can make another secret next to it recognizable, so the text is searched again, at most this
/// often.
const MOST_PASSES: usize = 4;
/// How many bytes after the wanted part of a long text are searched too, for a secret that is cut there.
const MARGIN: usize = 4_096;
/// A decoder quotes one character, at most escaped.
const LONGEST_QUOTED: usize = 24;
/// An ARN may hold a parameter's name of 1011 letters.
const LONGEST_ARN: usize = 2_100;

/// Free text without anything secret or unprintable, in as many bytes.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut safe = printable(text);
    for _ in 0..MOST_PASSES {
        // What was quoted goes first, so that nothing in it can hide what is around it.
        let quoted =
            quoted::quoted(&safe.to_ascii_lowercase()).is_some_and(|quoted| mask(&mut safe, &[quoted]));
        let masks = masks(&safe);
        if !mask(&mut safe, &masks) && !quoted {
            break;
        }
    }
    safe
}

/// The same for what is known to be a name. One that has the letters of names is left alone; a login or a
/// query in an image is none.
#[must_use]
pub fn redact_name(text: &str) -> Cow<'_, str> {
    if is_name(text) { Cow::Borrowed(text) } else { redact(text) }
}

/// The same of every text of a document, its keys included.
#[must_use]
pub fn redact_values(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact_name(&text).into_owned()),
        Value::Array(values) => values.into_iter().map(redact_values).collect(),
        Value::Object(fields) => {
            let safe =
                |(name, value): (String, Value)| (redact_name(&name).into_owned(), redact_values(value));
            fields.into_iter().map(safe).collect()
        }
        other => other,
    }
}

/// The beginning of a long text, of at most so many bytes, without anything secret. What is behind it is
/// hardly looked at.
#[must_use]
pub fn beginning(text: &str, longest: usize) -> Cow<'_, str> {
    let cut = |text: &str| text.floor_char_boundary(longest);
    match redact(&text[..text.floor_char_boundary(longest.saturating_add(MARGIN))]) {
        Cow::Borrowed(safe) => Cow::Borrowed(&safe[..cut(safe)]),
        Cow::Owned(mut safe) => {
            safe.truncate(cut(&safe));
            Cow::Owned(safe)
        }
    }
}

/// What [`redact`] made of a text, with the text's line breaks where they were: they tell where its values
/// end. Printing needs [`one_line`] of it.
#[must_use]
pub fn with_lines(text: &str, safe: &str) -> String {
    let mut lines = String::with_capacity(safe.len());
    let (mut text, mut safe) = (text, safe);
    while let Some(end) = text.find('\n').filter(|end| *end < safe.len()) {
        let (line, rest) = safe.split_at(end);
        lines.push_str(line);
        lines.push(if rest.starts_with(' ') { '\n' } else { MASK });
        (text, safe) = (&text[end + 1..], &rest[1..]);
    }
    lines.push_str(safe);
    lines
}

/// A text on one line, in as many bytes.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains('\n') { Cow::Owned(text.replace('\n', " ")) } else { Cow::Borrowed(text) }
}

/// Whether a part of a text was masked.
#[must_use]
pub fn is_masked(text: &str) -> bool {
    text.as_bytes().windows(SHORTEST_MASK).any(|signs| signs.iter().all(|sign| char::from(*sign) == MASK))
}

/// Text that steers nothing, in as many bytes.
fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(unprintable) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => safe.push(' '),
            _ if unprintable(letter) => safe.extend(std::iter::repeat_n('~', letter.len_utf8())),
            _ => safe.push(letter),
        }
    }
    Cow::Owned(safe)
}

fn unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Puts the sign over what must not be seen; whether that changed anything.
fn mask(text: &mut Cow<'_, str>, masks: &[Range<usize>]) -> bool {
    let is_open = |mask: &Range<usize>| text[mask.clone()].chars().any(|letter| letter != MASK);
    if !masks.iter().any(is_open) {
        return false;
    }
    let mut safe = String::with_capacity(text.len());
    for mask in masks {
        safe.push_str(&text[safe.len()..mask.start]);
        safe.extend(std::iter::repeat_n(MASK, mask.len()));
    }
    safe.push_str(&text[safe.len()..]);
    *text = Cow::Owned(safe);
    true
}

/// What must not be seen, in order and without overlaps.
fn masks(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let arns = arns(&lower);
    let mut masks = Vec::new();
    quoted_characters(text, &lower, &mut masks);
    printed_values(&lower, &mut masks);
    private_keys(text, &mut masks);
    credential_paths(&lower, &mut masks);
    reference::printed(text, &lower, &mut masks);
    option::options(text, &lower, &mut masks);
    named::elements(text, &mut masks);
    let queries = url::urls(text, &lower, &mut masks);
    named::named_values(text, &lower, &arns, &queries, &mut masks);
    tokens::tokens(text, &arns, &mut masks);
    masks.retain(|mask| !mask.is_empty());
    masks.sort_by_key(|mask| (mask.start, mask.end));
    masks.dedup_by(|next, mask| {
        let overlaps = next.start <= mask.end;
        if overlaps {
            mask.end = mask.end.max(next.end);
        }
        overlaps
    });
    masks
}

/// The ARNs of a text: names, in which no token is looked for.
fn arns(lower: &str) -> Vec<Range<usize>> {
    let ends = |letter: char| {
        letter == ' '
            || matches!(
                letter,
                '"' | '\''
                    | '`'
                    | ';'
                    | ')'
                    | ']'
                    | '>'
                    | '?'
                    | '='
                    | '&'
                    | '\u{2018}'
                    | '\u{2019}'
                    | '\u{201c}'
                    | '\u{201d}'
            )
    };
    let mut arns: Vec<Range<usize>> = Vec::new();
    for at in memmem::find_iter(lower.as_bytes(), "arn:") {
        let is_new = arns.last().is_none_or(|last| last.end <= at)
            && !lower[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric());
        let window = &lower[at..lower.floor_char_boundary(at + LONGEST_ARN)];
        if is_new {
            arns.push(at..at + window.find(ends).unwrap_or(window.len()));
        }
    }
    arns
}

/// The places of some words, without overlaps.
fn places<'t>(text: &'t str, words: &'t str) -> impl Iterator<Item = usize> + 't {
    memmem::find_iter(text.as_bytes(), words)
}

fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let start = text.as_ptr() as usize;
    text.split_whitespace().map(move |word| {
        let from = word.as_ptr() as usize - start;
        from..from + word.len()
    })
}

/// `invalid character 'h' looking for` quotes a letter of the secret.
fn quoted_characters(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) {
    const LEAD: &str = "nvalid character";
    const QUOTES: [char; 5] = ['\'', '"', '`', '\u{2018}', '\u{2019}'];
    for at in places(lower, LEAD) {
        let rest = &text[at + LEAD.len()..];
        let Some(quoted) = rest.trim_start().strip_prefix(QUOTES) else { continue };
        let from = text.len() - quoted.len();
        let window = &quoted[..quoted.floor_char_boundary(LONGEST_QUOTED)];
        let said = ["looking", "after", "in "]
            .iter()
            .filter_map(|said| window.to_ascii_lowercase().find(said))
            .min();
        let end = said.and_then(|said| window[..said].rfind(QUOTES)).or_else(|| {
            window.char_indices().skip(1).find(|(_, letter)| QUOTES.contains(letter)).map(|(at, _)| at)
        });
        masks.push(from..from + end.unwrap_or(window.len()));
    }
}

/// Chamber quotes whole values, and the agent a whole credential spec that it cannot read.
fn printed_values(lower: &str, masks: &mut Vec<Range<usize>>) {
    const VALUE: &str = "expecting value `";
    const SPEC: &str = "unmarshalling credentialspec";
    if let Some(at) = places(lower, VALUE).next() {
        masks.push(at + VALUE.len()..lower.len());
    }
    if let Some(at) = places(lower, SPEC).next() {
        let from = at + SPEC.len();
        let from = from
            + lower[from..].strip_prefix(" domainless").map_or(0, |rest| lower[from..].len() - rest.len());
        let to = lower[from..].rfind(" : ").map_or(lower.len(), |to| from + to);
        if to > from + 1 {
            masks.push(from + 1..to);
        }
    }
}

/// A PEM block, also one whose beginning or end was cut off.
fn private_keys(text: &str, masks: &mut Vec<Range<usize>>) {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let first = places(text, BEGIN).next();
    if let Some(end) = places(text, END).next().filter(|end| first.is_none_or(|begin| begin > *end)) {
        masks.push(0..end);
    }
    let mut from = 0;
    while let Some(begin) = text[from..].find(BEGIN) {
        let begin = from + begin;
        let end = text[begin..].find(END).map_or(text.len(), |end| begin + end);
        masks.push(begin..end);
        from = end.max(begin + BEGIN.len());
    }
}

/// The path under which a task fetches its credentials: that of the agent, or any that ends in an id.
fn credential_paths(lower: &str, masks: &mut Vec<Range<usize>>) {
    const LEAD: &str = "/credentials/";
    const LONGEST_ID: usize = 256;
    let mut done = 0;
    for at in places(lower, LEAD) {
        let from = at + LEAD.len();
        if from < done {
            continue;
        }
        let window = &lower[from..lower.floor_char_boundary(from + LONGEST_ID)];
        let id = &window[..window.find([' ', '"', '\'', ',', ')']).unwrap_or(window.len())];
        let is_agents = lower[..at].ends_with(['0', '1', '2', '3', '4']) && lower[..at - 1].ends_with("/v");
        let is_id = id.len() >= 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if is_agents || is_id {
            masks.push(from..from + id.len());
        }
        done = from + id.len();
    }
}

#[cfg(test)]
mod tests {
    use super::{redact, redact_name};

    #[test]
    fn credentials_are_masked_and_lengths_kept() {
        let cases = [
            (
                "Get \"https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X=1\": EOF",
                "Get \"https://b.s3.amazonaws.com/k?%%%%%%%%%%%%%%%%%%%%%%%\": EOF",
            ),
            ("https://user:pw@host/path", "https://%%%%%%%@host/path"),
            ("https://a.b/c,postgres://u:hun/ter2@h/d", "https://a.b/c,postgres://%%%%%%%%%%@h/d"),
            ("key AKIAIOSFODNN7EXAMPLE used", "key %%%%%%%%%%%%%%%%%%%% used"),
            ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"),
            (
                "slack xoxb-123456789012-AbCdEfGhIjKlMnOpQrStUvWx",
                "slack %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
            ),
            ("Bearer abc123def456", "Bearer %%%%%%%%%%%%"),
            ("password => \"hunter2\"", "password => \"%%%%%%%\""),
            ("https://0123456789abcdef@o1.ingest.example/1", "https://%%%%%%%%%%%%%%%%@o1.ingest.example/1"),
            ("x kW3r9TzQ/b7LmXc2VnP0+sYdF4gHjK1eRtU6iOaB", "x %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"),
            (
                "Invalid character 'h' looking for beginning of value",
                "Invalid character '%' looking for beginning of value",
            ),
            (
                "INVALID CHARACTER \u{2018}h\u{2019} looking for",
                "INVALID CHARACTER \u{2018}%\u{2019} looking for",
            ),
            ("invalid character\n\t'\\'' looking for", "invalid character  '%%' looking for"),
            ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=%%%%%%% next"),
            ("PASSWORD_1 = hunter2", "PASSWORD_1 = %%%%%%%"),
            ("password: hunter2", "password: %%%%%%%"),
            ("{\"password\" : \"hun ter,2\"}", "{\"password\" : \"%%%%%%%%%\"}"),
            ("{\\\"password\\\":\\\"hunter2\\\"}", "{\\\"password\\\":\\\"%%%%%%%\\\"}"),
            ("run --password hunter2 now", "run --password %%%%%%% now"),
            ("Password is hunter2", "Password is %%%%%%%"),
            ("username/password: admin/hunter2", "username/password: %%%%%%%%%%%%%"),
            ("curl -u admin:hunter2 x", "curl -u admin:%%%%%%% x"),
            ("awscredsuri=/v2/credentials/abc x", "awscredsuri=%%%%%%%%%%%%%%%%%%% x"),
            ("ecs:/v2/credentials/a1ff833e-2956", "ecs:/v2/credentials/%%%%%%%%%%%%%"),
            ("GetAuthorizationToken, https response", "GetAuthorizationToken, https response"),
            ("Authorization: Bearer abc.def", "Authorization: %%%%%%%%%%%%%%"),
            (
                "token ghp_0123456789abcdefghijABCDEFGHIJ012345",
                "token %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
            ),
            ("\u{1b}[31mred", "~[31mred"),
            ("a\u{202e}b", "a~~~b"),
        ];
        for (text, want) in cases {
            assert_eq!(redact(text), want);
            assert_eq!(want.len(), text.len());
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "did not contain json key password",
            "asm fetching password: AuthorizationData is malformed, empty field",
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/token:password::",
            "secret arn:aws:secretsmanager:us-east-1:111122223333:secret:db: AccessDeniedException: x",
            "require authorization: server message: insufficient_scope",
            "invalid parameters: /MyCompany/Prod1/PaymentService/DbPasswd",
            "log-group:ProdStack-ApplicationLoadBalancedFargateServiceTaskDefwebLogGroup2A898F61",
            "sha256:c02342326b04a05fa0fc4c703c4aaa8ffb46cc0f2eda269c4a0dee53c8296182",
            "incorrect username or password",
            "failed to initialize logging driver: splunk: splunk-token is expected",
            "the request token is expired.",
            "unable to find user app: open /etc/passwd: no such file or directory",
        ] {
            assert_eq!(redact(text), text);
        }
        let name = "ProductionPaymentsStackPaymentServiceTaskDefinition940E9A80";
        assert_eq!(redact_name(name), name);
    }
}
