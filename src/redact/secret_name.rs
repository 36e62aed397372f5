//! Whether a name is that of a secret. It is judged by its parts, so that what follows the telling part
//! (`DB_PASSWORD_PROD`) hides nothing.

/// Parts of a name, or their ends, that say that the value is secret.
const SECRET: &[&str] = &[
    "password", "passwd", "pwd", "pass", "passphrase", "passcode", "secret", "token", "apikey", "accesskey",
    "secretkey", "privatekey", "accountkey", "credential", "credentials", "creds", "signature", "sessionid",
    "sessid", "cookie", "awscredsuri",
];
/// The same, as whole parts at the end of a name.
const SECRET_AT_END: &[&str] = &["auth", "authorization", "session", "sig", "pw"];
/// Before a bare colon these are enough alone; other names of one part are words of a sentence there.
const PLAIN: &[&str] = &[
    "password", "passwd", "pwd", "passphrase", "apikey", "accesskey", "secretkey", "authtoken",
    "secretstring", "secretbinary",
];
/// Two parts of which neither is telling.
const PAIRS: &[[&str; 2]] = &[["relative", "uri"], ["full", "uri"], ["connect", "sid"]];
/// What comes before `key` where the key is not secret.
const OPEN_KEYS: &[&str] = &[
    "kms", "object", "json", "public", "partition", "sort", "primary", "foreign", "cache", "tag", "s3",
    "host", "idempotency", "routing", "env", "map", "index", "such", "specified", "invalid",
];
/// What comes before `token` where the token is a page's or a request's.
const OPEN_TOKENS: &[&str] = &["next", "request", "continuation", "pagination"];
/// Behind the telling part these say that the value is about the secret, and not it.
const ABOUT: &[&str] = &[
    "algorithm", "alias", "arn", "arns", "bucket", "count", "domain", "enabled", "endpoint", "expiration",
    "expires", "expiry", "field", "file", "format", "header", "host", "id", "ids", "issuer", "key", "length",
    "manager", "mode", "name", "names", "path", "policy", "port", "prefix", "prompt", "provider", "region",
    "required", "rotation", "scope", "size", "status", "stdin", "store", "timeout", "ttl", "type", "uri",
    "url", "username", "error", "exception", "fault", "operation", "request", "response",
];

/// The parts of a name, in lower case: between `-`, `_` and `.`, and where a capital begins a word.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut before = '_';
    for letter in name.chars() {
        let joint = matches!(letter, '-' | '_' | '.');
        if (joint
            || (letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit())))
            && parts.last().is_some_and(|part| !part.is_empty())
        {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| !joint) {
            part.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    for part in &mut parts {
        part.truncate(part.trim_end_matches(|letter: char| letter.is_ascii_digit()).len());
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// A word that a sentence may have too.
    Weak,
    /// Nothing but a secret is named so.
    Plain,
}

/// Whether a name is that of a secret, and how plainly it says so.
pub(super) fn strength(parts: &[String]) -> Option<Strength> {
    let last = parts.len().checked_sub(1)?;
    let pair = |at: usize| {
        PAIRS.iter().any(|[first, second]| at > 0 && parts[at - 1] == *first && parts[at] == *second)
    };
    let key = |at: usize| at > 0 && parts[at] == "key" && !OPEN_KEYS.contains(&parts[at - 1].as_str());
    let opens = |at: usize| at > 0 && parts[at] == "token" && OPEN_TOKENS.contains(&parts[at - 1].as_str());
    let ends = |part: &str| {
        SECRET.iter().any(|secret| part.ends_with(secret)) && !["bypass", "compass"].contains(&part)
    };
    let names_one = |at: usize| {
        (ends(&parts[at]) && !opens(at))
            || key(at)
            || pair(at)
            || (at == last && SECRET_AT_END.contains(&parts[at].as_str()))
    };
    let secret_at = (0..parts.len()).rev().find(|at| names_one(*at))?;
    let is_call = ["get", "put", "list", "describe"].contains(&parts[0].as_str());
    let about = is_call || parts[secret_at + 1..].iter().any(|part| ABOUT.contains(&part.as_str()));
    let joined = parts.concat();
    let strength =
        if PLAIN.iter().any(|plain| joined.ends_with(plain)) { Strength::Plain } else { Strength::Weak };
    (!about).then_some(strength)
}

/// Whether a name is that of a secret, where an option or an element says so.
pub(super) fn names_a_secret(name: &str) -> bool {
    strength(&parts(name)).is_some()
}
