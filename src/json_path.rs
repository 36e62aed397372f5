//! Where in a JSON text an error lies.

use serde_json::{Deserializer, Error, Value};

/// The path of the value at which a JSON text could not be read, such as `detail.containers[0].name`; empty for
/// the text itself.
///
/// It is the value in which the text would end if it were cut off before the fault. What serde says of such a
/// text does not depend on a type, so this is compiled once and not for each type that is read.
pub(crate) fn failed_at(text: &str, error: &Error) -> String {
    let line_from: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (line_from + error.column()).min(text.len());
    let mut sound = if error.is_eof() { text } else { before(text, at) }.to_owned();
    if sound.trim_end().ends_with(['[', ',', ':']) {
        // The next value or key must have begun for serde to name it.
        sound.push('"');
    }
    let Err(error) = serde_path_to_error::deserialize::<_, Value>(&mut Deserializer::from_str(&sound)) else {
        return String::new();
    };
    let path = error.path().to_string();
    // Within a key that is not read to its end.
    path.strip_suffix('?').unwrap_or(&path).trim_end_matches('.').to_owned()
}

/// What comes before a value, or before the end of a list or object, whose last byte lies just before `at`.
fn before(text: &str, at: usize) -> &str {
    let cut = &text[..text.floor_char_boundary(at.saturating_sub(1))];
    if text[cut.len()..].starts_with(['}', ']']) {
        return cut;
    }
    // Of a number or word the rest could be read as another.
    cut.trim_end_matches(|char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '+' | '-'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::failed_at;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Shape {
        name: Option<String>,
        port: Option<u8>,
        is_on: Option<bool>,
        inner: Option<Inner>,
        items: Option<Vec<Inner>>,
        words: Option<BTreeMap<String, String>>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Inner {
        id: String,
        size: Option<u32>,
    }

    #[test]
    fn the_path_leads_to_what_could_not_be_read() {
        for (text, path) in [
            (r#"{"name": 512}"#, "name"),
            (r#"{"name": -1.5e3 , "port": 1}"#, "name"),
            (r#"{"name": true}"#, "name"),
            (r#"{"name": {"a": 1}}"#, "name"),
            (r#"{"name": ["a"]}"#, "name"),
            (r#"{"port": 300}"#, "port"),
            (r#"{"port": "80"}"#, "port"),
            ("{\"name\": \"a\",\n \"is_on\":\n  \"yes\"}", "is_on"),
            (r#"{"inner": {"id": 7}}"#, "inner.id"),
            (r#"{"inner": {"size": 7}}"#, "inner"),
            (r#"{"items": [{"id": "a"}, {"id": "b", "size": "x"}]}"#, "items[1].size"),
            (r#"{"items": [{"id": "a"}, {}]}"#, "items[1]"),
            (r#"{"items": [{"id": "a"}, 5]}"#, "items[1]"),
            (r#"{"words": {"a": "b", "dé": null}}"#, "words.dé"),
            (r#"{"words": {"é": "ö", "ü": 1}}"#, "words.ü"),
            (r#"{"items": [{"id": "a"}, {"id": "b""#, "items[1]"),
            (r#"{"inner": {"id": tru}}"#, "inner.id"),
            (r#"{"name": "a" "port": 1}"#, ""),
            ("[1]", "[0]"),
            ("", ""),
        ] {
            let error = serde_json::from_str::<Shape>(text).map(|_| ()).expect_err("it is faulty");
            assert_eq!(failed_at(text, &error), path, "{text}: {error}");
        }
    }
}
