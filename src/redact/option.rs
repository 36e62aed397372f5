//! Secrets on command lines (`--db-password x`, `mysql -px`, `["--password", "x"]`), in sentences and in HTTP
//! headers.

use std::ops::Range;

use memchr::memmem;

use super::chance::is_generated;
use super::named::{STATES, is_said, value};
use super::secret_name::names_a_secret;

/// Words before a value in a sentence.
pub(super) const SPOKEN: &[&str] = &["password is ", "password was ", "token is ", "secret is "];
/// Names before a value that nothing but a space parts from them.
const SETTINGS: &[&str] = &["aws_secret_access_key ", "aws_session_token "];
/// Words behind `Authorization:` that name how the credential is meant.
const SCHEMES: &[&str] = &[
    "apikey", "aws4-hmac-sha256", "basic", "bearer", "bot", "digest", "genie_key", "genie-key", "key",
    "negotiate", "ntlm", "oauth", "splunk", "token",
];
/// Shorter words after `Bearer` are words.
const SHORTEST_BEARER: usize = 8;
/// A word of letters and digits behind `password` that is shorter is a number of something.
const SHORTEST_MIXED: usize = 6;
/// What programs say of a value that they do not take.
const REFUSED: &[&str] = &["invalid value", "invalid argument"];
const LONGEST_ARGUMENT: usize = 4_096;
/// Bounds the look-ahead: headers in use are shorter.
const LONGEST_HEADER: usize = 8_192;
/// A header has no more parts.
const MOST_PARTS: usize = 12;

/// How a program takes a password without naming it.
struct Program {
    names: &'static [&'static str],
    flag: &'static str,
    /// The password may follow the flag at once.
    joined: bool,
    /// The password may be the next argument.
    apart: bool,
    /// Only what follows a colon is secret.
    login: bool,
}

const PROGRAMS: &[Program] = &[
    Program {
        names: &[
            "mysql", "mysqldump", "mysqladmin", "mysqlsh", "mysqlimport", "mariadb", "mariadb-dump",
            "mariadb-admin",
        ],
        flag: "-p",
        joined: true,
        apart: false,
        login: false,
    },
    Program { names: &["sshpass", "7z", "sqlplus"], flag: "-p", joined: true, apart: true, login: false },
    Program {
        names: &[
            "docker", "podman", "nerdctl", "helm", "crane", "skopeo", "oras", "az", "oc", "mongo", "mongosh",
            "mongodump", "mongorestore", "cqlsh", "rabbitmqadmin", "influx",
        ],
        flag: "-p",
        joined: false,
        apart: true,
        login: false,
    },
    Program { names: &["redis-cli", "valkey-cli"], flag: "-a", joined: true, apart: true, login: false },
    Program {
        names: &["sqlcmd", "bcp", "unzip", "zip"],
        flag: "-P",
        joined: true,
        apart: true,
        login: false,
    },
    Program {
        names: &["ldapsearch", "ldapadd", "ldapmodify", "ldapwhoami"],
        flag: "-w",
        joined: true,
        apart: true,
        login: false,
    },
    Program { names: &["curl", "wget", "http", "https"], flag: "-u", joined: true, apart: true, login: true },
    Program { names: &["curl", "wget", "http"], flag: "--user", joined: false, apart: true, login: true },
    Program { names: &["curl", "wget"], flag: "--proxy-user", joined: false, apart: true, login: true },
];
/// With `-u` before it, `-p` may be a password, whatever the program.
const LOGIN_FLAGS: (&str, &str) = ("-u", "-p");
/// A flag belongs to a program at most this many arguments before it.
const FARTHEST_FLAG: usize = 24;

/// What options, sentences and headers tell.
pub(super) fn options(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) {
    spoken(text, lower, masks);
    headers(text, lower, masks);
    if memmem::find(text.as_bytes(), b"-").is_some() {
        arguments(text, lower, masks);
    }
}

/// `password is x`, `with password "x"`, `pass:x`.
fn spoken(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) {
    let places =
        |lead: &'static str| memmem::find_iter(lower.as_bytes(), lead).map(move |at| at + lead.len());
    for from in SPOKEN.iter().flat_map(|lead| places(lead)) {
        let value = value(text, from, false);
        let is_state =
            STATES.contains(&lower[value.clone()].trim_end_matches(|sign: char| sign.is_ascii_punctuation()));
        masks.extend((!is_state).then_some(value));
    }
    masks.extend(SETTINGS.iter().flat_map(|lead| places(lead)).map(|from| value(text, from, false)));
    masks.extend(
        ["password \"", "password '"].into_iter().flat_map(places).map(|from| value(text, from - 1, false)),
    );
    // `using password x`: no word of a sentence has both letters and digits.
    let is_mixed = |word: &str| {
        word.len() >= SHORTEST_MIXED
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let after_using = places("password ")
        .map(|from| value(text, from, false))
        .filter(|word| is_mixed(&text[word.clone()]) && !is_said(&text[word.clone()]));
    masks.extend(after_using);
    masks.extend(REFUSED.iter().flat_map(|lead| places(lead)).filter_map(|from| refused(text, from)));
    // OpenSSL takes them so.
    masks.extend(places(" pass:").map(|from| value(text, from, false)));
}

/// The value that a program refuses of an option for a secret: `invalid value "x" for flag --db-password`.
fn refused(text: &str, from: usize) -> Option<Range<usize>> {
    const NEAR: usize = 80;
    let value =
        value(text, from + text[from..].len() - text[from..].trim_start_matches([' ', ':']).len(), false);
    let around = &text
        [text.floor_char_boundary(from.saturating_sub(NEAR))..text.floor_char_boundary(value.end + NEAR)];
    let is_secret = |at: usize| {
        names_a_secret(
            around[at + 2..]
                .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
                .next()
                .unwrap_or_default(),
        )
    };
    memmem::find_iter(around.as_bytes(), "--").any(is_secret).then_some(value)
}

/// The arguments of a command line, also of one that is written as a list of JSON.
fn split(text: &str) -> impl Iterator<Item = Range<usize>> {
    let start = text.as_ptr() as usize;
    text.split([' ', '"', '\'', '[', ']', '\\'])
        .filter(|argument| !argument.is_empty() && *argument != ",")
        .map(move |argument| {
            let from = argument.as_ptr() as usize - start;
            from..from + argument.len()
        })
}

fn arguments(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) {
    let mut program: Option<(usize, &str)> = None;
    let mut login: Option<usize> = None;
    let mut arguments = split(text).enumerate().peekable();
    while let Some((count, argument)) = arguments.next() {
        let said = &text[argument.clone()];
        let next = arguments
            .peek()
            .map(|(_, next)| next.clone())
            .filter(|next| !text[next.clone()].starts_with("--"));
        if !said.starts_with('-') {
            let name = lower[argument].rsplit('/').next().unwrap_or_default();
            if let Some(name) =
                PROGRAMS.iter().flat_map(|program| program.names).find(|known| **known == name)
            {
                program = Some((count, name));
            }
            continue;
        }
        let near = program.filter(|(at, _)| count - at <= FARTHEST_FLAG);
        let before = masks.len();
        let takes = PROGRAMS.iter().filter(|program| {
            near.is_some_and(|(_, name)| program.names.contains(&name)) && said.starts_with(program.flag)
        });
        for program in takes {
            let joined = argument.start + program.flag.len()..whole(text, argument.end);
            let value = if joined.start < argument.end {
                Some(joined).filter(|_| program.joined)
            } else {
                next.clone().filter(|_| program.apart || follows_at_once(text, &argument, next.as_ref()))
            };
            masks.extend(value.and_then(|value| {
                if program.login {
                    behind_colon(text, value)
                } else {
                    Some(value.start..whole(text, value.end))
                }
            }));
        }
        if masks.len() == before {
            masks.extend(named(text, &argument, next.clone()));
        }
        if said == LOGIN_FLAGS.1 && login.is_some_and(|at| count - at <= FARTHEST_FLAG) {
            masks.extend(next.clone().map(|value| value.start..whole(text, value.end)));
        }
        if said.starts_with(LOGIN_FLAGS.0) {
            login = Some(count);
            masks.extend(next.filter(|_| said == LOGIN_FLAGS.0).and_then(|value| behind_colon(text, value)));
        }
    }
}

/// The secret of an option that names it: `--db-password x`, `-storepass x`. With `=` it is a named value.
fn named(text: &str, argument: &Range<usize>, next: Option<Range<usize>>) -> Option<Range<usize>> {
    let name = text[argument.clone()].trim_start_matches('-').trim_end_matches(',');
    let is_option = argument.end - argument.start > 3 && !name.contains(['=', ':']) && names_a_secret(name);
    // A file's name is not what the file holds.
    let is_file = |next: &Range<usize>| {
        ["file://", "fileb://"].iter().any(|scheme| text[next.clone()].starts_with(scheme))
    };
    let next = next.filter(|next| is_option && !is_said(&text[next.clone()]) && !is_file(next))?;
    Some(next.start..whole(text, next.end))
}

/// Where a value ends that began an argument: a quote in it may be the password's, and so a space ends it, or
/// a quote with a comma.
fn whole(text: &str, at: usize) -> usize {
    let rest = &text[at..text.floor_char_boundary(at + LONGEST_ARGUMENT)];
    let end = rest.find(' ').unwrap_or(rest.len());
    let listed =
        ["\\\"", "\",", "\"]", "',", "']"].into_iter().filter_map(|close| rest[..end].find(close)).min();
    at + listed.unwrap_or(end)
}

/// `-p'x'`.
fn follows_at_once(text: &str, argument: &Range<usize>, next: Option<&Range<usize>>) -> bool {
    next.is_some_and(|next| next.start == argument.end + 1 && !text[argument.end..].starts_with(' '))
}

/// The password of `user:password`; two numbers are a user and a group.
fn behind_colon(text: &str, login: Range<usize>) -> Option<Range<usize>> {
    let said = &text[login.clone()];
    let (user, secret) = said.split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!(is_number(user) && is_number(secret)) && user != secret)
        .then(|| login.start + user.len() + 1..whole(text, login.end))
}

/// HTTP headers that carry a credential.
fn headers(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) {
    for lead in ["authorization", "earer ", "asic ", "cookie"] {
        let mut done = 0;
        for at in memmem::find_iter(lower.as_bytes(), lead) {
            let from = at + lead.len();
            if from < done {
                continue;
            }
            let secret = match lead {
                "authorization" => authorization(text, lower, from),
                "cookie" => cookies(text, from),
                _ => Some(parts(text, from).next().unwrap_or(from..from))
                    .filter(|word| is_credential(&text[word.clone()])),
            };
            // No header begins inside of the word that follows another.
            done = secret
                .as_ref()
                .map(|secret| secret.end)
                .or_else(|| Some(parts(text, from).next()?.end))
                .unwrap_or(from);
            masks.extend(secret);
        }
    }
}

/// The words of a header, up to a quote.
fn parts(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let start = text.as_ptr() as usize;
    let end = |rest: &str| rest.find([' ', '"', '\'', '`']).unwrap_or(rest.len());
    let window = &text[..text.floor_char_boundary(from + LONGEST_HEADER)];
    let mut rest = window[from..].trim_start_matches([' ', '"', '\'', '\\']);
    std::iter::from_fn(move || {
        let word = &rest[..end(rest)];
        let at = word.as_ptr() as usize - start;
        let after = &rest[word.len()..];
        rest = if after.starts_with(' ') { after.trim_start_matches(' ') } else { &after[after.len()..] };
        (!word.is_empty()).then_some(at..at + word.len())
    })
    .take(MOST_PARTS)
}

/// The scheme, and the credential behind it, which goes on behind each comma.
fn authorization(text: &str, lower: &str, from: usize) -> Option<Range<usize>> {
    let rest = lower[from..].trim_start_matches(['"', '\'', '\\', ' ']);
    let sign = rest.strip_prefix([':', '='])?;
    let mut parts = parts(text, lower.len() - sign.len());
    let first = parts.next()?;
    let scheme = &lower[first.clone()];
    if SCHEMES.contains(&scheme) {
        let mut last = parts.next()?;
        while text[last.clone()].ends_with(',') {
            let Some(next) = parts.next() else { break };
            last = next;
        }
        return Some(first.start..last.end);
    }
    let second = parts.next().filter(|second| {
        scheme.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
            && is_credential(&text[second.clone()])
    });
    second
        .map(|second| first.start..second.end)
        .or_else(|| is_credential(&text[first.clone()]).then_some(first))
}

/// `a=1; b=2`.
fn cookies(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text[from..].trim_start_matches(['"', '\'']).strip_prefix(':')?;
    let mut parts = parts(text, text.len() - rest.len());
    let first = parts.next().filter(|first| text[first.clone()].contains('='))?;
    let mut last = first.clone();
    while text[last.clone()].ends_with(';') {
        let Some(next) = parts.next() else { break };
        last = next;
    }
    Some(first.start..last.end)
}

/// Whether a word looks like a credential rather than a word of a sentence: long, with a digit in it or
/// random.
fn is_credential(word: &str) -> bool {
    word.len() >= SHORTEST_BEARER
        && !word.ends_with(':')
        && (word.bytes().any(|byte| byte.is_ascii_digit()) || is_generated(word))
}
