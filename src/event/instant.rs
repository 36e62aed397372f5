//! The one spelling of a time that AWS sends all day, `2026-03-06T10:03:04.938Z`, read without asking for any other.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The time, if it is spelled so; what is `None` may still be a time in another spelling.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.as_bytes().split_first_chunk()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] = seconds else { return None };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let [month, day, hour, minute, second] = [[m1, m2], [d1, d2], [h1, h2], [n1, n2], [s1, s2]].map(|[tens, ones]| number(&[*tens, *ones]));
    let narrow = |number: Option<i32>| i8::try_from(number?).ok();
    let time = DateTime::new(i16::try_from(year).ok()?, narrow(month)?, narrow(day)?, narrow(hour)?, narrow(minute)?, narrow(second)?, nanoseconds(fraction)?);
    Offset::UTC.to_timestamp(time.ok()?).ok()
}

/// What stands between the seconds and the end.
fn nanoseconds(fraction: &[u8]) -> Option<i32> {
    const DIGITS: usize = 9;
    match fraction {
        b"Z" => Some(0),
        [b'.', digits @ .., b'Z'] if (1..=DIGITS).contains(&digits.len()) => (digits.len()..DIGITS).try_fold(number(digits)?, |number, _| Some(number * 10)),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::read;

    proptest! {
        #[test]
        fn what_is_read_is_what_jiff_reads(
            date in "[0-9]{4}-[01][0-9]-[0-3][0-9]|2026-02-2[0-9]|0000-01-01|9999-12-31",
            time in "[T t][0-2][0-9]:[0-6][0-9]:[0-6][0-9]",
            rest in "(\\.[0-9]{0,10})?(Z|z|\\+01:00)?",
        ) {
            let text = format!("{date}{time}{rest}");
            if let Some(quick) = read(&text) {
                prop_assert_eq!(Some(quick), text.parse::<Timestamp>().ok(), "{}", text);
            }
        }
    }

    #[test]
    fn ordinary_times_are_read() {
        for text in ["2026-03-06T10:03:04Z", "2026-03-06T10:03:04.938Z", "1969-12-31T23:59:59.000000001Z"] {
            assert_eq!(read(text), text.parse().ok(), "{text}");
        }
    }
}
