//! JSON on one line, written straight into the output: as `serde_json` writes it, byte for byte, with keys that need no second look.

use serde_json::Value;

/// What can be written on one line.
pub(super) trait Line {
    /// Writes it behind what `out` holds.
    fn write(&self, out: &mut Vec<u8>);
}

/// Declares structs of the wire: from the same fields `serde` writes them over several lines, and [`Line`] on one.
macro_rules! objects {
    ($(struct $name:ident<$life:lifetime> { $first:ident: $first_type:ty, $($field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Serialize)]
        struct $name<$life> {
            $first: $first_type,
            $($field: $type),+
        }

        impl Line for $name<'_> {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(concat!("{\"", stringify!($first), "\":").as_bytes());
                self.$first.write(out);
                $(
                    out.extend_from_slice(concat!(",\"", stringify!($field), "\":").as_bytes());
                    self.$field.write(out);
                )+
                out.push(b'}');
            }
        }
    )+};
}

pub(super) use objects;

impl Line for str {
    fn write(&self, out: &mut Vec<u8>) {
        if needs_escapes(self.as_bytes()) {
            return by_serde(self, out);
        }
        out.push(b'"');
        out.extend_from_slice(self.as_bytes());
        out.push(b'"');
    }
}

impl Line for String {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_str().write(out);
    }
}

impl Line for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Line for usize {
    fn write(&self, out: &mut Vec<u8>) {
        by_serde(self, out);
    }
}

impl Line for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        by_serde(self, out);
    }
}

impl Line for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        by_serde(self, out);
    }
}

impl Line for Value {
    fn write(&self, out: &mut Vec<u8>) {
        by_serde(self, out);
    }
}

impl<T: Line + ?Sized> Line for &T {
    fn write(&self, out: &mut Vec<u8>) {
        (**self).write(out);
    }
}

impl<T: Line> Line for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: Line> Line for [T] {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, item) in self.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            item.write(out);
        }
        out.push(b']');
    }
}

impl<T: Line, const N: usize> Line for [T; N] {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_slice().write(out);
    }
}

impl<T: Line> Line for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_slice().write(out);
    }
}

#[expect(clippy::expect_used, reason = "strings, numbers and values under string keys always serialise")]
fn by_serde(value: &(impl serde::Serialize + ?Sized), out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("the value serialises");
}

/// Whether a byte of a string is not written as it stands.
fn needs_escapes(text: &[u8]) -> bool {
    let (blocks, rest) = text.as_chunks();
    // A last block that overlaps the one before spares a loop over its bytes.
    match text.last_chunk() {
        Some(last) => blocks.iter().any(any_to_escape) || (!rest.is_empty() && any_to_escape(last)),
        None => rest.iter().any(|byte| matches!(byte, ..0x20 | b'"' | b'\\')),
    }
}

/// Whether one of some bytes is a quote, a backslash or a control character, all looked at at once.
fn any_to_escape(bytes: &[u8; 16]) -> bool {
    let marks = bytes.map(|byte| u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20));
    u128::from_le_bytes(marks) != 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Line, needs_escapes};

    fn line(value: &(impl Line + ?Sized)) -> String {
        let mut out = Vec::new();
        value.write(&mut out);
        String::from_utf8(out).expect("it is UTF-8")
    }

    proptest! {
        #[test]
        fn strings_are_written_as_serde_writes_them(plain in "[ !#-\\[\\]-~é\u{7f}\u{2028}]{0,40}", odd in "\\PC{0,3}|[\"\\\\\u{0}-\u{20}]{0,2}", at: prop::sample::Index) {
            let places: Vec<usize> = plain.char_indices().map(|(at, _)| at).chain([plain.len()]).collect();
            let mut text = plain.clone();
            text.insert_str(places[at.index(places.len())], &odd);
            for text in [plain, text] {
                prop_assert_eq!(line(&text), serde_json::to_string(&text).expect("it serialises"));
                prop_assert_eq!(needs_escapes(text.as_bytes()), text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\'));
            }
        }

        #[test]
        fn lists_and_absent_values_are_written_as_serde_writes_them(values: Vec<Option<u32>>, flag: bool) {
            prop_assert_eq!(line(&values), serde_json::to_string(&values).expect("it serialises"));
            prop_assert_eq!(line(&[flag, !flag]), serde_json::to_string(&[flag, !flag]).expect("it serialises"));
        }
    }
}
