//! What the container runtime quotes of the task definition: its command, user, directories. These are not
//! ECS's words, so no meaning is read from them, and they often hold a password.
//!
//! The author of the definition chose the text, closing quotes and forged endings included. So what follows
//! the first of these quotes is the quote's, up to the runtime's own last words at the very end; only where
//! the whole rest is what the runtime says of one plain word does it stay. Of a command its first word is
//! kept.

use std::ops::Range;

use memchr::memmem;

/// What is quoted after some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    /// A command: its first word stays.
    Command,
    /// A user or a directory.
    Word,
    /// A mount: its source, its target, and what the runtime says of them.
    Mount,
}

/// The words before a quote, in lower case, and whether they count only in an error of the runtime.
const LEADS: &[(&str, Quote, bool)] = &[
    ("exec:", Quote::Command, false),
    ("exec /", Quote::Command, false),
    ("commandline\":", Quote::Command, false),
    ("chdir to cwd (", Quote::Word, false),
    ("find user ", Quote::Word, false),
    ("find group ", Quote::Word, false),
    ("working directory '", Quote::Word, false),
    ("cannot mkdir: ", Quote::Word, false),
    ("mkdir ", Quote::Word, true),
    ("stat ", Quote::Word, true),
    ("lstat ", Quote::Word, true),
    ("add-host: ", Quote::Word, false),
    ("adding custom device ", Quote::Word, false),
    ("sysctl ", Quote::Word, true),
    ("mounting \"", Quote::Mount, false),
    ("mounting \\\"", Quote::Mount, false),
    ("mount source ", Quote::Mount, false),
    ("to rootfs at ", Quote::Mount, false),
    ("source path does not exist: ", Quote::Mount, false),
    ("invalid mount path: ", Quote::Mount, false),
    ("invalid volume specification: ", Quote::Mount, false),
    ("mount local volume: ", Quote::Mount, false),
];
/// What an error of the runtime says before it comes to a quote.
const RUNTIME: &[&str] =
    &["oci runtime", "runc", "from daemon", "cannotstartcontainer", "cannotcreatecontainer"];
/// How the runtime ends: the errors of the operating system, and the runtime's own.
const ERRORS: &[&str] = &[
    "argument list too long",
    "cannot allocate memory",
    "device or resource busy",
    "exec format error",
    "executable file not found in $path",
    "file exists",
    "file name too long",
    "input/output error",
    "invalid argument",
    "is a directory",
    "is invalid, it needs to be an absolute path",
    "mount path must be absolute",
    "no matching entries in group file",
    "no matching entries in passwd file",
    "no space left on device",
    "no such device",
    "no such file or direct",
    "no such file or directory",
    "no users found",
    "not a directory",
    "operation not permitted",
    "permission denied",
    "read-only file system",
    "text file busy",
    "the system cannot find the file specified",
    "too many levels of symbolic links",
];
/// What may follow such an error.
const AFTERTHOUGHTS: &[&str] = &[
    "unknown",
    "are you trying to mount a directory onto a file (or vice-versa)? check if the specified host path exists and is the expected type",
];
/// What the runtime says between the word and the error.
const BETWEEN: &[&str] = &["set in config.json failed", "open /etc/passwd", "open /etc/group"];
/// Words of the runtime around paths and flags.
const MOUNT_WORDS: &[&str] = &[
    "to", "rootfs", "at", "mount", "via", "flags", "data", "create", "destination", "mountpoint", "for",
    "mkdir", "stat", "type", "bind",
];
const QUOTES: [char; 5] = ['"', '\'', '`', '\u{201c}', '\u{201d}'];

/// Which part of a text is quoted from the task definition, less the words that can stay. `lower` is the text
/// in lower case.
pub(super) fn quoted(lower: &str) -> Option<Range<usize>> {
    let (from, quote) = first_quote(lower)?;
    let Some(open) = opened(lower, from, quote) else {
        return Some(from..lower.len()).filter(|rest| !rest.is_empty());
    };
    let word = open + word_length(&lower[open..]);
    let ending = ending(lower, word);
    let is_plain = match quote {
        Quote::Command | Quote::Word => is_of_one_word(&lower[open..word], &lower[word..]),
        Quote::Mount => is_of_mounts(&lower[word..ending]),
    };
    // The first word of a command stays; nothing does of a directory or a user.
    let from = if quote == Quote::Command { word } else { open };
    (!is_plain && from < ending).then_some(from..ending)
}

/// Where the first quote begins, and what it is of.
fn first_quote(lower: &str) -> Option<(usize, Quote)> {
    let runtime = RUNTIME.iter().filter_map(|words| memmem::find(lower.as_bytes(), words.as_bytes())).min();
    let places = |(words, quote, in_runtime): &(&str, Quote, bool)| {
        let from = if *in_runtime { runtime? } else { 0 };
        let at = memmem::find_iter(&lower.as_bytes()[from..], words)
            .map(|at| from + at)
            .find(|at| begins_word(lower, *at))?;
        // The slash of `exec /path` and an opening quote are part of what is quoted.
        Some((at + words.trim_end_matches(['/', '"', '\\']).len(), *quote))
    };
    LEADS.iter().filter_map(places).min_by_key(|(at, _)| *at)
}

fn begins_word(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric())
}

/// Where the quoted words themselves begin: behind the quote, which may be escaped once. `None` for a command
/// behind neither a quote nor a slash.
fn opened(lower: &str, from: usize, quote: Quote) -> Option<usize> {
    let rest = lower[from..].trim_start_matches(' ');
    let inner = rest.strip_prefix('\\').unwrap_or(rest).strip_prefix(QUOTES);
    let inner = inner.or_else(|| (quote != Quote::Command || rest.starts_with('/')).then_some(rest))?;
    Some(lower.len() - inner.len())
}

/// A name as programs, users and paths have: nothing that a shell, a sentence or an assignment is made with.
fn word_length(text: &str) -> usize {
    let plain = |letter: char| {
        letter.is_ascii_alphanumeric()
            || matches!(letter, '_' | '.' | '/' | '+' | '-' | '~' | '$' | '{' | '}' | '@' | '%')
    };
    text.find(|letter| !plain(letter)).unwrap_or(text.len())
}

fn is_sign(letter: char) -> bool {
    letter == ' ' || QUOTES.contains(&letter) || matches!(letter, '\\' | ':' | '.' | ',' | ')')
}

fn without_signs(text: &str) -> &str {
    text.trim_start_matches(is_sign)
}

/// Whether `rest` is what the runtime says of one word, or the beginning of that: an error, before which it
/// may name the word again.
fn is_of_one_word(word: &str, rest: &str) -> bool {
    let rest = without_signs(rest);
    if word.is_empty() || rest.is_empty() {
        return rest.is_empty();
    }
    let again = ["stat ", "exec "].into_iter().find_map(|call| rest.strip_prefix(call)?.strip_prefix(word));
    let between = again.or_else(|| BETWEEN.iter().find_map(|said| rest.strip_prefix(said)));
    let error = between.map_or(rest, without_signs);
    let is_cut = |said: &str| said.starts_with(error);
    let is_whole = |said: &&&str| error.strip_prefix(**said).is_some_and(is_afterthought);
    error.is_empty()
        || ERRORS.iter().any(|said| is_whole(&said) || is_cut(said))
        || is_cut(&format!("stat {word}"))
}

fn is_afterthought(text: &str) -> bool {
    let text = text.trim_matches(is_sign);
    text.is_empty()
        || AFTERTHOUGHTS.iter().any(|thought| text.strip_prefix(thought).is_some_and(is_afterthought))
}

/// Whether a text is of paths, flags and the runtime's own words alone.
fn is_of_mounts(text: &str) -> bool {
    text.split(' ').all(|word| {
        let bare = word.trim_matches(|letter| is_sign(letter) || matches!(letter, '(' | '[' | ']' | '>'));
        let is_path = bare.contains(['/', '=']) && !bare.contains([':', ';'])
            || bare.split(':').all(|part| part.starts_with('/'));
        bare.is_empty() || is_path || bare.starts_with("0x") || MOUNT_WORDS.contains(&bare)
    })
}

/// Where the runtime's own last words begin, with the signs before them; the end of the text where it was cut
/// before them.
fn ending(lower: &str, from: usize) -> usize {
    let mut rest = lower[from..].trim_end_matches(is_sign);
    while let Some(before) = AFTERTHOUGHTS.iter().find_map(|thought| rest.strip_suffix(thought)) {
        rest = before.trim_end_matches(is_sign);
    }
    let before = ERRORS.iter().filter_map(|error| rest.strip_suffix(error)).min_by_key(|before| before.len());
    let Some(before) = before else { return lower.len() };
    let mut quoted = before.trim_end_matches(is_sign);
    if !before[quoted.len()..].contains([':', '.', '\'']) {
        return lower.len();
    }
    if let Some(cwd) = quoted.strip_suffix(BETWEEN[0]) {
        quoted = cwd.trim_end_matches(is_sign);
    }
    from + quoted.len()
}
