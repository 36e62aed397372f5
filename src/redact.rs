//! Nothing secret leaves, because nothing secret comes in: every text of an event or a task definition passes here before anything reads it.
//!
//! What looks like a credential is masked byte for byte, so a text keeps its length and every span into it stays valid. Control,
//! escape and direction-changing characters become `~` (white space becomes a space), so no text can steer a terminal.
//! Each kind of secret has a function of its own, which looks at the text once; most texts are told harmless in one glance (`glance`).

mod beginning;
mod glance;

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

pub use beginning::redact_beginning;
use glance::is_plain;

/// Ends of names whose value is nobody's business, behind `=` or as a JSON key. Compared in lower case, with `-` for `_`, without numbers at the end.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "passphrase",
    "secret",
    "secret-value",
    "token",
    "apikey",
    "-key",
    "accesskey",
    "secretkey",
    "credential",
    "credentials",
    "creds",
    "signature",
    "sig",
    "authorization",
    "awscredsuri",
    "relative-uri",
    "full-uri",
    "auth",
    "session",
    "cookie",
];
/// Names that count before a bare colon too, as people write them.
const PLAIN_NAMES: &[&str] =
    &["password", "passwd", "pwd", "passphrase", "api-key", "apikey", "secret-key", "access-key", "-token", "access-token", "session-token", "security-token"];
/// Words before a value on a command line or in a sentence.
const SPOKEN: &[&str] = &["--password ", "--token ", "--secret ", "--api-key ", "password is ", "password was ", "token is "];
/// What is said of a secret without telling it: `token is expired`.
const STATES: &[&str] = &[
    "blank",
    "empty",
    "expected",
    "expired",
    "incorrect",
    "invalid",
    "malformed",
    "mandatory",
    "missing",
    "needed",
    "no",
    "not",
    "null",
    "rejected",
    "required",
    "revoked",
    "too",
    "undefined",
    "unset",
    "wrong",
];
/// Schemes after `Authorization:`.
const SCHEMES: &[&str] = &["bearer", "basic", "token", "digest", "negotiate", "aws4-hmac-sha256"];
/// Beginnings of tokens that say what they are.
const TOKENS: &[&str] = &[
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "sk-",
    "glpat-",
    "npm_",
    "hvs.",
    "dckr_pat_",
    "AIza",
    "eyJ",
];
/// Before the host of a URL.
const SCHEME_END: &str = "://";
/// What follows such a beginning has at least so many characters.
const SHORTEST_TAIL: usize = 16;
/// Access key ids begin so and have twenty characters.
const KEY_ID_PREFIXES: &[&str] = &["AKIA", "ASIA", "AROA", "AIDA", "ABIA", "ACCA"];
const KEY_ID_LENGTH: usize = 20;
/// A secret access key has forty characters, session tokens have more.
const SHORTEST_RANDOM: usize = 40;
/// Of a hundred neighbours in random base64 about sixty differ in kind (upper, lower, digit); in names, even those of generators, fewer than thirty.
const RANDOM_CHANGES: usize = 38;
const SECRET_KEY_CHANGES: usize = 30;
/// Shorter words after `Bearer`, and those without a digit, are words.
const SHORTEST_BEARER: usize = 8;
/// A decoder quotes one character, at most escaped.
const LONGEST_QUOTED: usize = 24;
/// How far back the name before `=` is looked for.
const LONGEST_NAME: usize = 64;

/// Free text without anything secret or unprintable, in as many bytes.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { masked(text, masks(text, true)) }
}

/// The same for what is known to be a name: a long name may look random, and must stay readable.
#[must_use]
pub fn redact_name(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { masked(text, masks(text, false)) }
}

fn masked(text: &str, masks: Vec<Range<usize>>) -> Cow<'_, str> {
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
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What must not be seen, in order and without overlaps.
fn masks(text: &str, free: bool) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut masks = Vec::new();
    quoted_characters(text, &lower, &mut masks);
    printed_values(&lower, &mut masks);
    private_keys(text, &mut masks);
    credential_paths(&lower, &mut masks);
    headers(&lower, &mut masks);
    spoken(&lower, &mut masks);
    named_values(text, &lower, &mut masks);
    let beginnings: Vec<&str> = TOKENS.iter().copied().filter(|beginning| holds(text, beginning)).collect();
    let has_urls = holds(text, SCHEME_END);
    for word in words(text) {
        if has_urls {
            urls(text, word.clone(), &mut masks);
        }
        tokens(text, word, free, &beginnings, &mut masks);
    }
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

/// Where some words stand, none over another.
fn places<'t>(text: &'t str, words: &'t str) -> impl Iterator<Item = usize> + 't {
    memmem::find_iter(text.as_bytes(), words)
}

fn holds(text: &str, words: &str) -> bool {
    places(text, words).next().is_some()
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
        let window = &quoted[..floor_boundary(quoted, LONGEST_QUOTED)];
        let said = ["looking", "after", "in "].iter().filter_map(|said| window.to_ascii_lowercase().find(said)).min();
        let end = said
            .and_then(|said| window[..said].rfind(QUOTES))
            .or_else(|| window.char_indices().skip(1).find(|(_, letter)| QUOTES.contains(letter)).map(|(at, _)| at));
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
        let from = from + lower[from..].strip_prefix(" domainless").map_or(0, |rest| lower[from..].len() - rest.len());
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

/// The path under which a task fetches its credentials.
fn credential_paths(lower: &str, masks: &mut Vec<Range<usize>>) {
    const LEAD: &str = "/credentials/";
    for at in places(lower, LEAD) {
        let from = at + LEAD.len();
        masks.push(from..end_of_value(lower, from));
    }
}

/// HTTP headers that carry a credential.
fn headers(lower: &str, masks: &mut Vec<Range<usize>>) {
    for (at, lead) in ["authorization", "earer ", "asic "].into_iter().flat_map(|lead| places(lower, lead).map(move |at| (at, lead))) {
        let rest = &lower[at + lead.len()..];
        let after = rest.trim_start_matches([':', '=', ' ', '"', '\'']);
        let signed = rest[..rest.len() - after.len()].contains([':', '=']);
        let from = lower.len() - after.len();
        let end = end_of_value(lower, from);
        if lead == "authorization" {
            let known = signed && SCHEMES.iter().any(|scheme| after.starts_with(scheme));
            // The scheme, and whatever follows it up to the end of the header.
            let header_end = after.find(['"', '\'', '\n']).map_or(lower.len(), |end| from + end);
            masks.push(from..if known { header_end } else { from });
        } else if end - from >= SHORTEST_BEARER && lower[from..end].bytes().any(|byte| byte.is_ascii_digit()) {
            masks.push(from..end);
        }
    }
}

/// `--password x`, `password is x`, `with password "x"`, `curl -u name:x`.
fn spoken(lower: &str, masks: &mut Vec<Range<usize>>) {
    const LOGIN: &str = " -u ";
    for lead in SPOKEN {
        for at in places(lower, lead) {
            let value = value(lower, at + lead.len());
            let is_state = lead.ends_with("s ") && STATES.contains(&lower[value.clone()].trim_end_matches(|sign: char| sign.is_ascii_punctuation()));
            if !is_state {
                masks.push(value);
            }
        }
    }
    for lead in ["password \"", "password '"] {
        masks.extend(places(lower, lead).map(|at| value(lower, at + lead.len() - 1)));
    }
    for at in places(lower, LOGIN) {
        let word = value(lower, at + LOGIN.len());
        if let Some(colon) = lower[word.clone()].find(':') {
            masks.push(word.start + colon + 1..word.end);
        }
    }
}

/// `name=value`, `"name": "value"`, `password: value`.
fn named_values(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for (at, sign) in lower.match_indices(['=', ':']) {
        if at < done || !names_a_secret(&lower[floor_boundary(lower, at.saturating_sub(LONGEST_NAME))..at], sign) {
            continue;
        }
        let value = value(text, at + 1);
        done = value.end;
        masks.push(value);
    }
}

/// Whether what stands before `=` or `:` is the name of a secret. Most names count before a colon only when quoted, as in JSON.
fn names_a_secret(before: &str, sign: &str) -> bool {
    let spaced = before.trim_end_matches(' ');
    let name = spaced.trim_end_matches(['"', '\'', '\\']);
    let quoted = name.len() < spaced.len();
    let start = name.rfind(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')));
    let (context, name) = name.split_at(start.map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8)));
    let name = name.replace('_', "-");
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '-');
    let ends = |names: &[&str]| names.iter().any(|secret| name.ends_with(secret));
    match sign {
        "=" => ends(SECRET_NAMES),
        _ if quoted => ends(SECRET_NAMES),
        // "fetching password: ..." names a step, "/etc/passwd: ..." a file, and an ARN's colons separate its parts.
        _ => spaced.len() == before.len() && ends(PLAIN_NAMES) && !["fetching ", ":"].iter().any(|lead| context.ends_with(lead)) && !ends_a_path(context),
    }
}

/// Whether it is all of an absolute path but the last name.
fn ends_a_path(text: &str) -> bool {
    text.ends_with('/') && text.rsplit([' ', '"', '\'', '(']).next().is_some_and(|path| path.starts_with('/'))
}

/// A value after a sign: what its quotes hold, or a word.
fn value(text: &str, from: usize) -> Range<usize> {
    let rest = &text[from..];
    let open = rest.trim_start_matches([' ', '\\', '=', '>']);
    let from = from + (rest.len() - open.len());
    match open.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => {
            let inner = from + 1;
            let mut escaped = false;
            let closes = |letter: char| {
                let closing = letter == quote && !escaped;
                escaped = letter == '\\' && !escaped;
                closing
            };
            // In JSON inside a string even the quotes are escaped: then the first one closes.
            let end = if rest.trim_start().starts_with('\\') { text[inner..].find(['\\', quote]) } else { text[inner..].find(closes) };
            inner..end.map_or(text.len(), |end| inner + end)
        }
        _ => from..end_of_value(text, from),
    }
}

fn end_of_value(text: &str, from: usize) -> usize {
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | ';' | '&' | ')' | '}');
    text[from..].find(ends).map_or(text.len(), |end| from + end)
}

/// The query, the fragment and the user part of every URL in a word.
fn urls(text: &str, word: Range<usize>, masks: &mut Vec<Range<usize>>) {
    for (at, scheme) in text[word.clone()].match_indices(SCHEME_END) {
        let from = word.start + at + scheme.len();
        let rest = text[from..word.end].split(SCHEME_END).next().unwrap_or_default();
        let rest = rest.split('"').next().unwrap_or_default();
        // A password may hold any sign but this: the last one ends it.
        let login = |at: &usize| rest[..*at].contains(':') || !rest[..*at].contains('/');
        if let Some(at) = rest.rfind('@').filter(login) {
            masks.push(from..from + at);
        }
        if let Some(query) = rest.find(['?', '#']) {
            let open = rest.trim_end_matches([':', ',', '.', ')', ']', ';']).len().max(query + 1);
            masks.push(from + query + 1..from + open);
        }
        if let Some(hook) = rest.find("hooks.slack.com/services/") {
            masks.push(from + hook + "hooks.slack.com/services/".len()..from + rest.len());
        }
    }
}

/// Key ids and tokens that say what they are, by those `beginnings` that the text holds at all; in free text outside ARNs also what is too random to be a name.
fn tokens(text: &str, word: Range<usize>, free: bool, beginnings: &[&str], masks: &mut Vec<Range<usize>>) {
    let whole = &text[word.clone()];
    let name = !free || whole.trim_start_matches(['\'', '"', '(', '[']).starts_with("arn:");
    let token = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=' | '_' | '-' | '.');
    let mut from = word.start;
    for part in whole.split_inclusive(|letter| !token(letter)) {
        let run = part.trim_end_matches(|letter| !token(letter));
        // A run that is too short for the shortest beginning and its tail holds no token.
        for beginning in beginnings.iter().filter(|_| run.len() > SHORTEST_TAIL) {
            let starts = run.match_indices(beginning).map(|(at, _)| at).find(|at| !run[..*at].ends_with(|letter: char| letter.is_ascii_alphanumeric()));
            if let Some(at) = starts.filter(|at| run.len() - at >= beginning.len() + SHORTEST_TAIL) {
                masks.push(from + at..from + run.len());
            }
        }
        if !name && is_random(run.trim_start_matches('/')) {
            masks.push(from..from + run.len());
        }
        for chunk in chunks(run, from) {
            let text = &text[chunk.clone()];
            if is_key_id(text) || (!name && is_random(text)) {
                masks.push(chunk);
            }
        }
        from += part.len();
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

/// Whether a text changes between upper case, lower case and digits as often as chance does, and has all three.
fn is_random(text: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    if text.len() < SHORTEST_RANDOM {
        return false;
    }
    let has = |wanted| text.bytes().any(|byte| kind(byte) == wanted);
    let differ = |pair: &&[u8]| kind(pair[0]) != kind(pair[1]) && kind(pair[0]) < 3 && kind(pair[1]) < 3;
    let changes = text.as_bytes().windows(2).filter(differ).count();
    // A secret access key has this length to the letter, which names have by chance only.
    let enough = if text.len() == SHORTEST_RANDOM { SECRET_KEY_CHANGES } else { RANDOM_CHANGES };
    has(0) && has(1) && has(2) && changes * 100 >= text.len() * enough
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{redact, redact_name};

    #[test]
    fn credentials_are_masked_and_lengths_kept() {
        let cases = [
            ("Get \"https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X=1\": EOF", "Get \"https://b.s3.amazonaws.com/k?***********************\": EOF"),
            ("https://user:pw@host/path", "https://*******@host/path"),
            ("https://a.b/c,postgres://u:hun/ter2@h/d", "https://a.b/c,postgres://**********@h/d"),
            ("key AKIAIOSFODNN7EXAMPLE used", "key ******************** used"),
            ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key ****************************************"),
            ("slack xoxb-123456789012-AbCdEfGhIjKlMnOpQrStUvWx", "slack ******************************************"),
            ("Bearer abc123def456", "Bearer ************"),
            ("password => \"hunter2\"", "password => \"*******\""),
            ("https://0123456789abcdef@o1.ingest.example/1", "https://****************@o1.ingest.example/1"),
            ("x kW3r9TzQ/b7LmXc2VnP0+sYdF4gHjK1eRtU6iOaB", "x ****************************************"),
            ("Invalid character 'h' looking for beginning of value", "Invalid character '*' looking for beginning of value"),
            ("INVALID CHARACTER \u{2018}h\u{2019} looking for", "INVALID CHARACTER \u{2018}*\u{2019} looking for"),
            ("invalid character\n\t'\\'' looking for", "invalid character  '**' looking for"),
            ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=******* next"),
            ("PASSWORD_1 = hunter2", "PASSWORD_1 = *******"),
            ("password: hunter2", "password: *******"),
            ("{\"password\" : \"hun ter,2\"}", "{\"password\" : \"*********\"}"),
            ("{\\\"password\\\":\\\"hunter2\\\"}", "{\\\"password\\\":\\\"*******\\\"}"),
            ("run --password hunter2 now", "run --password ******* now"),
            ("Password is hunter2", "Password is *******"),
            ("username/password: admin/hunter2", "username/password: *************"),
            ("curl -u admin:hunter2 x", "curl -u admin:******* x"),
            ("awscredsuri=/v2/credentials/abc x", "awscredsuri=******************* x"),
            ("ecs:/v2/credentials/a1ff833e-2956", "ecs:/v2/credentials/*************"),
            ("GetAuthorizationToken, https response", "GetAuthorizationToken, https response"),
            ("Authorization: Bearer abc.def", "Authorization: **************"),
            ("token ghp_0123456789abcdefghijABCDEFGHIJ012345", "token ****************************************"),
            ("arn:aws:iam::111122223333:user/AKIAIOSFODNN7EXAMPLE", "arn:aws:iam::111122223333:user/********************"),
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
