//! Nothing secret leaves, because nothing secret comes in: every text of an event or a task definition passes here before anything reads it.
//!
//! What looks like a credential is masked byte for byte, so a text keeps its length and every span into it stays valid. Control,
//! escape and direction-changing characters become `~` (white space becomes a space), so no text can steer a terminal.

use std::borrow::Cow;
use std::ops::Range;

/// Words whose value, after `=` or in JSON after `:`, is nobody's business. Compared without case, `-` and `_` alike.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api-key",
    "access-key",
    "accesskey",
    "secret-key",
    "secretkey",
    "private-key",
    "credential",
    "credentials",
    "signature",
    "authorization",
    "awscredsuri",
    "session-token",
    "security-token",
    "auth",
];

/// Access key ids begin so and have twenty characters.
const KEY_ID_PREFIXES: &[&str] = &["AKIA", "ASIA", "AROA", "AIDA", "ABIA", "ACCA"];
const KEY_ID_LENGTH: usize = 20;
/// A secret access key has this many characters.
const SECRET_KEY_LENGTH: usize = 40;
/// Session tokens and the like are runs without a separator of at least this many characters.
const SHORTEST_TOKEN: usize = 56;
/// Shorter words after `Bearer` are words.
const SHORTEST_BEARER: usize = 16;
/// A decoder quotes one character, at most escaped.
const LONGEST_QUOTED: usize = 24;
/// How far back the name before `=` is looked for.
const LONGEST_NAME: usize = 64;

/// The text without anything secret or unprintable, in as many bytes.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let masks = masks(text);
    if masks.is_empty() && !text.chars().any(unprintable) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut masks = masks.into_iter().peekable();
    for (at, letter) in text.char_indices() {
        while masks.next_if(|mask| mask.end <= at).is_some() {}
        let masked = masks.peek().is_some_and(|mask| mask.contains(&at));
        match letter {
            _ if masked => safe.extend(std::iter::repeat_n('*', letter.len_utf8())),
            '\n' | '\r' | '\t' => safe.push(' '),
            _ if unprintable(letter) => safe.extend(std::iter::repeat_n('~', letter.len_utf8())),
            _ => safe.push(letter),
        }
    }
    Cow::Owned(safe)
}

fn unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What must not be seen, in order and without overlaps.
fn masks(text: &str) -> Vec<Range<usize>> {
    let mut masks = Vec::new();
    quoted_characters(text, &mut masks);
    printed_specs(text, &mut masks);
    private_keys(text, &mut masks);
    bearers(text, &mut masks);
    for word in words(text) {
        named_values(text, word.clone(), &mut masks);
        urls(text, word.clone(), &mut masks);
        tokens(text, word, &mut masks);
    }
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

fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let start = text.as_ptr() as usize;
    text.split_whitespace().map(move |word| {
        let from = word.as_ptr() as usize - start;
        from..from + word.len()
    })
}

/// `invalid character 'h' looking for` quotes a letter of the secret; chamber quotes whole values.
fn quoted_characters(text: &str, masks: &mut Vec<Range<usize>>) {
    const LEAD: &str = "nvalid character '";
    const LEAD_VALUE: &str = "expecting value `";
    for (at, _) in text.match_indices(LEAD) {
        let from = at + LEAD.len();
        let rest = &text[from..floor_boundary(text, from + LONGEST_QUOTED)];
        let ends = ["' looking", "' after", "' in "].iter().filter_map(|after| rest.find(after)).min();
        // Cut off: at most an escaped character can be there.
        masks.push(from..from + ends.or_else(|| rest.find('\'')).unwrap_or(rest.len()));
    }
    if let Some(at) = text.find(LEAD_VALUE) {
        masks.push(at + LEAD_VALUE.len()..text.len());
    }
}

/// The agent prints a whole credential spec that it cannot read.
fn printed_specs(text: &str, masks: &mut Vec<Range<usize>>) {
    const LEAD: &str = "unmarshalling credentialspec";
    let Some(at) = text.find(LEAD) else { return };
    let from = at + LEAD.len();
    let from = from + text[from..].strip_prefix(" domainless").map_or(0, |rest| text[from..].len() - rest.len());
    let to = text[from..].rfind(" : ").map_or(text.len(), |to| from + to);
    if to > from + 1 {
        masks.push(from + 1..to);
    }
}

fn private_keys(text: &str, masks: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(begin) = text[from..].find("-----BEGIN ") {
        let begin = from + begin;
        let end = text[begin..].find("-----END ").map_or(text.len(), |end| begin + end);
        masks.push(begin..end);
        from = end.max(begin + 1);
        while !text.is_char_boundary(from) {
            from += 1;
        }
    }
}

/// `name=value`, `"name":"value"`, `Authorization: Bearer value`.
fn named_values(text: &str, word: Range<usize>, masks: &mut Vec<Range<usize>>) {
    if is_arn(&text[word.clone()]) {
        return;
    }
    let mut done = word.start;
    for (at, sign) in text[word.clone()].match_indices(['=', ':']) {
        let at = word.start + at;
        if at < done || !names_a_secret(&text[floor_boundary(text, at.saturating_sub(LONGEST_NAME)).max(word.start)..at], sign) {
            continue;
        }
        let value = skip(text, at + 1, &[" ", "\"", "'", "\\"]);
        let value =
            ["Bearer ", "bearer ", "Basic ", "basic "].iter().find(|scheme| text[value..].starts_with(**scheme)).map_or(value, |scheme| value + scheme.len());
        let ends = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | ';' | '&' | ')' | '}');
        done = text[value..].find(ends).map_or(text.len(), |to| value + to);
        if done > value {
            masks.push(value..done);
        }
    }
}

/// Whether what stands before `=` or `:` is the name of a secret. A colon counts after a quoted name, as in JSON, and in a header.
fn names_a_secret(before: &str, sign: &str) -> bool {
    let name = before.trim_end_matches(['"', '\'', '\\']);
    let quoted = name.len() < before.len();
    let start = name.rfind(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')));
    let name = start.map_or(name, |at| name[at..].trim_start_matches(|letter: char| !letter.is_ascii_alphanumeric()));
    let name = name.to_ascii_lowercase().replace('_', "-");
    let header = matches!(name.as_str(), "authorization" | "x-amz-security-token");
    (sign == "=" || quoted || header) && SECRET_NAMES.iter().any(|secret| name.ends_with(secret))
}

/// A token after `Bearer`, whatever stands before.
fn bearers(text: &str, masks: &mut Vec<Range<usize>>) {
    for (at, lead) in text.match_indices("earer ") {
        let from = at + lead.len();
        let to = text[from..].find(char::is_whitespace).map_or(text.len(), |to| from + to);
        if to - from >= SHORTEST_BEARER {
            masks.push(from..to);
        }
    }
}

fn is_arn(word: &str) -> bool {
    word.trim_start_matches(['\'', '"', '(', '[']).starts_with("arn:")
}

/// Skips a few separators.
fn skip(text: &str, mut at: usize, separators: &[&str]) -> usize {
    for _ in 0..4 {
        at += separators.iter().find(|separator| text[at..].starts_with(**separator)).map_or(0, |separator| separator.len());
    }
    at
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The query and the user part of a URL.
fn urls(text: &str, word: Range<usize>, masks: &mut Vec<Range<usize>>) {
    let Some(scheme) = text[word.clone()].find("://") else { return };
    let from = word.start + scheme + 3;
    let rest = &text[from..word.end];
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if let Some(at) = rest[..authority].rfind('@') {
        masks.push(from..from + at);
    }
    if let Some(query) = rest.find('?') {
        let to = rest[query..].find(['"', '\'', '<', '>']).map_or(rest.len(), |to| query + to);
        let open = rest[..to].trim_end_matches([':', ',', '.', ')']).len().max(query + 1);
        masks.push(from + query + 1..from + open);
    }
}

/// Key ids, secret keys, session tokens and JSON web tokens, wherever they stand outside an ARN.
fn tokens(text: &str, word: Range<usize>, masks: &mut Vec<Range<usize>>) {
    let whole = &text[word.clone()];
    let in_arn = is_arn(whole);
    let token = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=' | '_' | '-' | '.');
    let mut from = word.start;
    for part in whole.split_inclusive(|letter| !token(letter)) {
        let run = part.trim_end_matches(|letter| !token(letter));
        let span = from..from + run.len();
        from += part.len();
        if run.starts_with("eyJ") && run.matches('.').count() >= 1 && run.len() > 24 {
            masks.push(span);
        } else if !in_arn {
            for chunk in chunks(run, span.start) {
                let text = &text[chunk.clone()];
                if is_key_id(text) || is_token(text) {
                    masks.push(chunk);
                }
            }
            if is_secret_key(run.trim_matches(['=', '.'])) {
                masks.push(span);
            }
        }
    }
}

/// The parts of a run between the separators that names have and tokens rarely do.
fn chunks(run: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let start = run.as_ptr() as usize;
    run.split(['/', '-', '_', '.', '=']).map(move |chunk| {
        let at = from + (chunk.as_ptr() as usize - start);
        at..at + chunk.len()
    })
}

fn is_key_id(text: &str) -> bool {
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() == KEY_ID_LENGTH && KEY_ID_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) && text.bytes().all(upper)
}

fn is_secret_key(text: &str) -> bool {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len() == SECRET_KEY_LENGTH && text.bytes().all(base64) && is_mixed(text)
}

fn is_token(text: &str) -> bool {
    text.len() >= SHORTEST_TOKEN && is_mixed(text)
}

/// Upper and lower case and digits together: not a hash, a number or a word.
fn is_mixed(text: &str) -> bool {
    let any = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase) && any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn credentials_are_masked_and_lengths_kept() {
        let cases = [
            ("Get \"https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X=1\": EOF", "Get \"https://b.s3.amazonaws.com/k?***********************\": EOF"),
            ("https://user:pw@host/path", "https://*******@host/path"),
            ("key AKIAIOSFODNN7EXAMPLE used", "key ******************** used"),
            ("x wJalrXUtnFEMI/K7MDENG/bPxRfiCY1XAMPLEKEY", "x ****************************************"),
            ("Invalid character 'h' looking for beginning of value", "Invalid character '*' looking for beginning of value"),
            ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=******* next"),
            ("{\"password\":\"hunter2\"}", "{\"password\":\"*******\"}"),
            ("awscredsuri=/v2/credentials/abc,x", "awscredsuri=*******************,x"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer *******"),
            ("\u{1b}[31mred", "~[31mred"),
            ("did not contain json key password", "did not contain json key password"),
            ("arn:aws:secretsmanager:us-east-1:1:secret:prod/token:password::", "arn:aws:secretsmanager:us-east-1:1:secret:prod/token:password::"),
            ("secret arn:aws:x: AccessDenied", "secret arn:aws:x: AccessDenied"),
        ];
        for (text, want) in cases {
            assert_eq!(redact(text), want);
            assert_eq!(want.len(), text.len());
        }
    }
}
