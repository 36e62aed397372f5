//! A tree of JSON as people and tools write it: keys in any case, as the field that is wanted has it, `null`
//! for what is not there, and truth in words, as CloudFormation passes it on.

use std::cell::RefCell;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

/// A value of the wrong type.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// The path of it, such as `containerDefinitions[0].secrets`; empty for the whole.
    pub(crate) path: String,
    /// What was expected and found.
    pub(crate) error: Error,
}

/// Reads a value leniently.
pub(super) fn read<D: DeserializeOwned>(value: Value) -> Result<D, Unreadable> {
    let failed = RefCell::default();
    D::deserialize(Lenient { value, path: String::new(), failed: &failed })
        .map_err(|error| Unreadable { path: failed.take().unwrap_or_default(), error })
}

/// A value on its way to be read.
struct Lenient<'f> {
    value: Value,
    /// The path of it.
    path: String,
    /// The path of the innermost value that could not be read.
    failed: &'f RefCell<Option<String>>,
}

impl IntoDeserializer<'_, Error> for Lenient<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Lenient<'_> {
    /// Reads the value; where that fails, notes the path of it, unless something inside it was to blame.
    fn told<T>(
        self,
        read: impl FnOnce(Value, &dyn Fn(&str, Value) -> Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Self { value, path, failed } = self;
        let inside = |step: &str, value: Value| Self {
            value,
            path: format!("{path}{step}").trim_start_matches('.').to_owned(),
            failed,
        };
        read(value, &inside).inspect_err(|_| _ = failed.borrow_mut().get_or_insert_with(|| path.clone()))
    }
}

fn visit_map<'de, 'f, V: Visitor<'de>>(
    map: Map<String, Value>,
    visitor: V,
    inside: &dyn Fn(&str, Value) -> Lenient<'f>,
) -> Result<V::Value, Error> {
    let there = map.into_iter().filter(|(_, value)| !value.is_null());
    visitor.visit_map(MapDeserializer::new(there.map(|(key, value)| {
        let value = inside(&format!(".{key}"), value);
        (key, value)
    })))
}

impl<'de> Deserializer<'de> for Lenient<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.told(|value, inside| match value {
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                visitor
                    .visit_seq(SeqDeserializer::new(items.map(|(at, item)| inside(&format!("[{at}]"), item))))
            }
            Value::Object(map) => visit_map(map, visitor, inside),
            scalar => scalar.deserialize_any(visitor),
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.told(|value, _| match value.as_str() {
            Some("true") => visitor.visit_bool(true),
            Some("false") => visitor.visit_bool(false),
            _ => value.deserialize_bool(visitor),
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.told(|value, inside| {
            let Value::Object(map) = value else {
                // A struct would also take its fields from a list, in order.
                return value.deserialize_map(visitor);
            };
            let mut named = Map::new();
            for (key, value) in map {
                let Some(field) = fields.iter().find(|field| field.eq_ignore_ascii_case(&key)) else {
                    continue;
                };
                // The right spelling counts more than another.
                if key == *field || !named.contains_key(*field) {
                    named.insert((*field).to_owned(), value);
                }
            }
            visit_map(named, visitor, inside)
        })
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}
