//! The scalars of the wire: strings that are borrowed, numbers in quotes, times in every spelling.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::value::RawValue;

/// A string that is borrowed from the input where it holds no escape. (`Option<Cow<str>>` would always be a
/// copy.)
pub(super) struct Str<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Borrowing;

        impl<'de> Visitor<'de> for Borrowing {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }

        from.deserialize_str(Borrowing).map(Self)
    }
}

impl Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A number, or one in quotes: the envelope's `version` is `"0"`, a task's is a number.
pub(super) struct Number(pub(super) i64);

/// A value as it is written, to be looked into later.
#[derive(Clone, Copy)]
pub(super) struct Raw<'a>(pub(super) &'a str);

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(from).map(|raw| Self(raw.get()))
    }
}

/// An ISO 8601 string, epoch seconds, or epoch milliseconds. Anything else is ignored: it is not a reason to
/// drop the record.
pub(super) enum Moment<'a> {
    /// Read only where it is wanted.
    Text(Str<'a>),
    Epoch(f64),
}

/// From here on a number counts milliseconds: as seconds it would lie in the year 5138.
const MILLISECONDS: f64 = 1e11;

/// The time that a number of seconds or of milliseconds since 1970 means.
pub(crate) fn epoch(number: f64) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and Timestamp checks its range")]
    let milliseconds = (if number < MILLISECONDS { number * 1e3 } else { number }).round() as i64;
    Timestamp::from_millisecond(milliseconds).ok()
}

impl Moment<'_> {
    /// The time; none before 1970, where no task has stopped.
    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        let time = match self {
            Self::Text(text) => text.parse().ok(),
            Self::Epoch(number) => epoch(*number),
        };
        time.filter(|time| *time >= Timestamp::UNIX_EPOCH)
    }
}

struct Lenient<'de, T>(fn(Cow<'de, str>) -> T, fn(f64) -> T);

impl<'de, T> Visitor<'de> for Lenient<'de, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<T, E> {
        Ok(self.0(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok(self.0(Cow::Owned(text.to_owned())))
    }

    #[expect(clippy::cast_precision_loss, reason = "times, versions and exit codes stay far below 2^53")]
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        Ok(self.1(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "times, versions and exit codes stay far below 2^53")]
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        Ok(self.1(value as f64))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
        Ok(self.1(value))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Moment<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Lenient(|text| Self::Text(Str(text)), Self::Epoch))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
        from.deserialize_any(Lenient(
            |text| Self(text.parse().unwrap_or_default()),
            |value| Self(value as i64),
        ))
    }
}
