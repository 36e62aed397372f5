//! Spans of time as people type them: `90m`, `36h`, `7d`.

use jiff::SignedDuration;

/// A hundred years of seconds: no journal is older, and time itself has bounds.
const LONGEST: i64 = 100 * 365 * 24 * 60 * 60;

/// Reads a number with its unit.
pub(super) fn span(text: &str) -> Result<SignedDuration, String> {
    let (count, unit) =
        text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = |each: i64| count.parse::<i64>().ok()?.checked_mul(each);
    let seconds = match unit {
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(60 * 60),
        "d" => seconds(24 * 60 * 60),
        _ => None,
    };
    seconds
        .filter(|seconds| *seconds <= LONGEST)
        .map(SignedDuration::from_secs)
        .ok_or_else(|| "expected a number with s, m, h or d, such as 90m or 36h".to_owned())
}
