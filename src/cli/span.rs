//! Spans of time as people type them: `90m`, `36h`, `7d`.

use jiff::SignedDuration;

/// A hundred years of seconds: no journal is older, and time itself has bounds.
const LONGEST: i64 = 100 * 365 * 24 * 60 * 60;

/// Reads a number with its unit.
pub(super) fn span(text: &str) -> Result<SignedDuration, String> {
    let (count, unit) =
        text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => 0,
    };
    if count.is_empty() || each == 0 {
        return Err("expected a number with its unit, s, m, h or d, such as 90m or 36h".to_owned());
    }
    // More digits than a number has are too many.
    match count.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(each) {
        0 => Err("expected at least 1s".to_owned()),
        seconds if seconds > LONGEST => Err(format!("expected at most {} days", LONGEST / (24 * 60 * 60))),
        seconds => Ok(SignedDuration::from_secs(seconds)),
    }
}
