//! Keys and tokens by their own looks: what says what it is and is too odd for a name, and what only chance
//! can have made.

use std::ops::Range;

use memchr::memmem;

use super::chance::{Oddness, has_all_kinds, is_generated};
use super::reference::is_secret_key;
use super::words;

/// Beginnings of tokens that say what they are.
pub(super) const TOKENS: &[&str] = &[
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-",
    "glsoat-", "glagent-", "xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxd-", "xoxp-", "xoxr-", "xoxs-", "xapp-",
    "sk_live_", "sk_test_", "rk_live_", "rk_test_", "pk_live_", "whsec_", "sk-", "gsk_", "xai-", "npm_",
    "pypi-", "hvs.", "hvb.", "hvr.", "dckr_pat_", "AIza", "ya29.", "GOCSPX-", "eyJ", "SG.", "hf_", "r8_",
    "NRAK-", "glsa_", "shpat_", "shpss_", "shpca_", "shppa_", "ATATT3", "ATCTT3", "ATBB", "dop_v1_",
    "doo_v1_", "dor_v1_", "AGE-SECRET-KEY-", "PMAK-", "lin_api_", "figd_", "sq0csp-", "sq0atp-", "dp.pt.",
    "dp.st.", "pscale_tkn_", "pscale_pw_", "rubygems_", "sntrys_", "sntryu_", "CFPAT-", "AKCp", "nfp_",
    "tfp_", "phc_", "phx_", "vercel_", "cfut_", "dtn_", "dt0c01.", "sgp_",
];
/// What follows such a beginning has at least so many characters, and so many of a hundred pairs are odd.
pub(super) const SHORTEST_TAIL: usize = 16;
const TAIL_PERCENT: usize = 40;
/// A tail of mostly digits has few pairs of characters that are evidence.
const FEWEST_ODD: usize = 4;
/// Access key ids begin so and have twenty characters.
const KEY_ID_PREFIXES: &[&str] = &["AKIA", "ASIA", "AROA", "AIDA", "ABIA", "ACCA"];
const KEY_ID_LENGTH: usize = 20;
const KEY_ID_PERCENT: usize = 40;
/// Session tokens and the like have more characters than a secret access key.
pub(super) const SHORTEST_RANDOM: usize = 40;
const RANDOM_PERCENT: usize = 45;
/// Ids of tasks and layers are of hexadecimal digits: they tell nothing, and hide nothing.
const SHORTEST_HEX: usize = 8;

/// The tokens of a text outside of the ARNs in it.
pub(super) fn tokens(text: &str, arns: &[Range<usize>], masks: &mut Vec<Range<usize>>) {
    let holds = |beginning: &&str| memmem::find(text.as_bytes(), beginning.as_bytes()).is_some();
    let beginnings: Vec<&str> = TOKENS.iter().copied().filter(holds).collect();
    let mut arns = arns.iter().peekable();
    for word in words(text) {
        while arns.next_if(|arn| arn.end <= word.start).is_some() {}
        let end = arns.peek().map_or(word.end, |arn| arn.start.clamp(word.start, word.end));
        of_word(text, word.start..end, &beginnings, masks);
        if let Some(arn) = arns.peek().filter(|arn| arn.end < word.end) {
            of_word(text, arn.end.max(word.start)..word.end, &beginnings, masks);
        }
    }
}

fn of_word(text: &str, word: Range<usize>, beginnings: &[&str], masks: &mut Vec<Range<usize>>) {
    let token =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=' | '_' | '-' | '.');
    let mut from = word.start;
    for part in text[word].split_inclusive(|letter| !token(letter)) {
        let run = part.trim_end_matches(|letter| !token(letter));
        if run.len() > SHORTEST_TAIL {
            of_run(run, from, beginnings, masks);
        }
        from += part.len();
    }
}

fn of_run(run: &str, from: usize, beginnings: &[&str], masks: &mut Vec<Range<usize>>) {
    for beginning in beginnings {
        let begins_token = |at: &usize| {
            !run[..*at].ends_with(|letter: char| letter.is_ascii_alphanumeric())
                && is_tail(&run[at + beginning.len()..])
        };
        // A second beginning of the same kind lies in the tail of the first, or follows what is a name.
        if let Some(at) =
            memmem::find_iter(run.as_bytes(), beginning).take(MOST_BEGINNINGS).find(begins_token)
        {
            masks.push(from + at..from + run.len());
        }
    }
    let mut mask_if = |part: &str, is: bool| {
        if is {
            let at = from + (part.as_ptr() as usize - run.as_ptr() as usize);
            masks.push(at..at + part.len());
        }
    };
    mask_if(run, is_random(run));
    for part in run.split(['-', '_', '.', '=']) {
        mask_if(part, is_secret_key(part) || is_random(part));
        for chunk in part.split('/') {
            mask_if(chunk, is_key_id(chunk) || is_secret_key(chunk) || is_random(chunk));
        }
    }
}

/// A name that repeats a beginning more often is not looked at further.
const MOST_BEGINNINGS: usize = 4;

fn is_tail(tail: &str) -> bool {
    let oddness = Oddness::of(tail);
    tail.len() >= SHORTEST_TAIL && oddness.odd() >= FEWEST_ODD && oddness.reaches(TAIL_PERCENT)
}

fn is_key_id(text: &str) -> bool {
    let of_key_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let has_form = text.len() == KEY_ID_LENGTH
        && KEY_ID_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        && text.bytes().all(of_key_id);
    // Names end in numbers, keys have them anywhere.
    has_form
        && (text
            .trim_end_matches(|letter: char| letter.is_ascii_digit())
            .bytes()
            .any(|byte| byte.is_ascii_digit())
            || Oddness::of(&text[4..]).reaches(KEY_ID_PERCENT))
}

/// Whether a text is longer than any key and only chance can have made it.
fn is_random(text: &str) -> bool {
    if text.len() <= SHORTEST_RANDOM {
        return false;
    }
    let is_id = |part: &&str| {
        part.len() >= SHORTEST_HEX && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let ids: usize = text.split(['/', '-', '_', '.']).filter(is_id).map(str::len).sum();
    text.len() - ids > SHORTEST_RANDOM
        && has_all_kinds(text)
        && Oddness::of(text).reaches(RANDOM_PERCENT)
        && is_generated(text)
}
