//! What a URL carries in addition to its host and path: a login, a query, a fragment; and logins without a
//! scheme.

use std::ops::Range;

use memchr::memmem;

use super::words;

const SCHEME_END: &str = "://";
/// Behind these the rest of a path is a token.
const HOOKS: &[&str] = &[
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "/api/webhooks/",
    "/webhookb2/",
    "/webhook/",
    "/receiver/v1/http/",
    "/hooks/catch/",
    "/integration/",
    "/generic/",
    "/pubsubhooks/",
];
/// Telegram puts the token of a bot into the path.
const BOT: &str = "/bot";
/// A digest behind an image's `@`, where else a login would end.
const DIGESTS: &[&str] = &["sha256:", "sha512:"];
/// Drivers of Go write the host so behind a login.
const NETWORKS: &[&str] = &["@tcp(", "@tcp6(", "@unix(", "@udp("];
const ORACLE: &str = "jdbc:oracle:";

/// Which parts of a text's URLs are secret. `queries` are the parts behind `?`, in which signs have a URL's
/// meaning.
pub(super) fn urls(text: &str, lower: &str, masks: &mut Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut queries = Vec::new();
    let holds = |what: &str| memmem::find(lower.as_bytes(), what.as_bytes()).is_some();
    let has_urls = holds(SCHEME_END);
    let networks: Vec<&str> = NETWORKS.iter().copied().filter(|network| holds(network)).collect();
    let has_oracle = holds(ORACLE);
    let has_digests = DIGESTS.iter().any(|digest| holds(digest));
    if !(has_urls || has_digests || !networks.is_empty() || has_oracle) {
        return queries;
    }
    for word in words(text) {
        if has_urls {
            of_word(text, lower, &word, masks, &mut queries);
        }
        let inner = &lower[word.clone()];
        for network in &networks {
            masks.extend(
                inner
                    .rfind(network)
                    .and_then(|at| Some(word.start + inner[..at].find(':')? + 1..word.start + at)),
            );
        }
        if has_oracle && let (Some(at), Some(end)) = (inner.find(ORACLE), inner.rfind('@')) {
            masks.extend(
                inner
                    .get(at..end)
                    .and_then(|login| login.find('/'))
                    .map(|slash| word.start + at + slash + 1..word.start + end),
            );
        }
        if has_digests {
            masks.extend(before_digest(inner).map(|login| word.start + login.start..word.start + login.end));
        }
    }
    queries
}

fn of_word(
    text: &str,
    lower: &str,
    word: &Range<usize>,
    masks: &mut Vec<Range<usize>>,
    queries: &mut Vec<Range<usize>>,
) {
    let mut begins = memmem::find_iter(text[word.clone()].as_bytes(), SCHEME_END)
        .map(|at| word.start + at + SCHEME_END.len())
        .peekable();
    while let Some(from) = begins.next() {
        let whole = &text[from..begins.peek().map_or(word.end, |next| *next)];
        if let Some(login) = login(whole) {
            masks.push(from..from + login);
        }
        // Quotes end a URL, though its login may contain them.
        let url = &whole[login(whole).unwrap_or(0)..];
        let url_from = from + (whole.len() - url.len());
        let url = url.split(['"', '\'', '`']).next().unwrap_or_default();
        if let Some(query) = url.find(['?', '#']) {
            let open = url.trim_end_matches([':', ',', '.', ')', ']', ';']).len().max(query + 1);
            masks.push(url_from + query + 1..url_from + open);
            queries.push(url_from + query..url_from + url.len());
        }
        let path = &lower[url_from..url_from + url.len()];
        if let Some(hook) = HOOKS.iter().filter_map(|hook| Some(path.find(hook)? + hook.len())).min() {
            masks.push(url_from + hook..url_from + path.len());
        }
        if let Some(at) = path
            .find(BOT)
            .filter(|at| path[at + BOT.len()..].starts_with(|letter: char| letter.is_ascii_digit()))
        {
            masks.push(url_from + at + BOT.len()..url_from + path.len());
        }
    }
}

/// Where the login of a URL ends. A password may hold any sign, so the last `@` ends it; a digest's and a
/// scope's are none.
fn login(url: &str) -> Option<usize> {
    let mut until = url.len();
    loop {
        let at = url[..until].rfind('@')?;
        let after = &url[at + 1..];
        if DIGESTS.iter().any(|digest| after.starts_with(digest)) {
            until = at;
            continue;
        }
        let before = &url[..at];
        let slash = before.find('/').unwrap_or(before.len());
        let colon = before.find(':').unwrap_or(before.len());
        // `host:443/path/@scope` has a port.
        let port = before[colon.min(slash)..slash].trim_start_matches(':');
        let is_port =
            slash < before.len() && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        return (!is_port && (slash == before.len() || colon < slash)).then_some(at);
    }
}

/// The login in `user:password@host/image@sha256:...`, as images are written without a scheme.
fn before_digest(word: &str) -> Option<Range<usize>> {
    let digest = DIGESTS.iter().filter_map(|digest| word.find(&format!("@{digest}"))).min()?;
    let at = word[..digest].rfind('@')?;
    let colon = word[..at].find(':').filter(|_| !word[..digest].contains(SCHEME_END))?;
    Some(colon + 1..at)
}
