//! An instant in UTC, written as `jiff` writes it: `2026-03-06T10:03:04.938Z`, with as many decimals as it has.

use std::io::Write as _;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Serialize, Serializer};

use super::line::Line;

/// When something happened.
#[derive(Clone, Copy)]
pub(super) struct Instant(pub(super) Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl Line for Instant {
    fn write(&self, out: &mut Vec<u8>) {
        let time = Offset::UTC.to_datetime(self.0);
        if time.year() < 0 {
            // Such years have a sign and six digits.
            let _ = write!(out, "\"{}\"", self.0);
            return;
        }
        let [century, year] = [time.year() / 100, time.year() % 100].map(|part| i8::try_from(part).unwrap_or_default());
        out.push(b'"');
        let parts = [(century, ""), (year, "-"), (time.month(), "-"), (time.day(), "T"), (time.hour(), ":"), (time.minute(), ":"), (time.second(), "")];
        for (part, end) in parts {
            let part = part.unsigned_abs();
            out.extend_from_slice(&[b'0' + part / 10, b'0' + part % 10]);
            out.extend_from_slice(end.as_bytes());
        }
        let mut decimals = time.subsec_nanosecond().unsigned_abs();
        if decimals > 0 {
            out.push(b'.');
        }
        let mut next = 100_000_000;
        while decimals > 0 {
            out.push(b'0' + u8::try_from(decimals / next).unwrap_or_default());
            decimals %= next;
            next /= 10;
        }
        out.extend_from_slice(b"Z\"");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Instant, Line, Timestamp};

    proptest! {
        #[test]
        fn instants_are_written_as_serde_writes_them(second in -62_135_596_800_i64..=253_402_207_200, nanosecond in prop_oneof![0..1_000_i32, (0..1_000_i32).prop_map(|ms| ms * 1_000_000), 0..1_000_000_000_i32], early in -377_705_023_201_i64..0) {
            for second in [second, early] {
                let Ok(at) = Timestamp::new(second, nanosecond) else { continue };
                let mut out = Vec::new();
                Instant(at).write(&mut out);
                prop_assert_eq!(String::from_utf8(out).expect("it is UTF-8"), serde_json::to_string(&Instant(at)).expect("it serialises"));
            }
        }
    }
}
