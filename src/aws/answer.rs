//! From what a service answered to the facts of an [`Answer`].

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::failure::Failure;
use crate::question::facts::Policy;
use crate::question::{Answer, cleaned};
use crate::redact::redact_name;

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Missing => Self::Missing,
            Failure::Elsewhere(region) => {
                Self::Unknown(format!("it is in the Region {}", redact_name(&region)))
            }
            Failure::Unknown(why) => Self::Unknown(why),
        }
    }
}

/// The facts at a path of an answer, which must be there.
pub(crate) fn one<T: DeserializeOwned>(answer: &mut Value, path: &str) -> Result<T, Failure> {
    match answer.pointer_mut(path).map(Value::take).filter(|value| !value.is_null()) {
        Some(value) => read(value),
        None => Err(Failure::Unknown(format!("the answer holds no {}", path.trim_start_matches('/')))),
    }
}

/// The list at a path of an answer; an empty one may be absent.
pub(crate) fn list<T: DeserializeOwned>(answer: &mut Value, path: &str) -> Result<Vec<T>, Failure> {
    read(Value::Array(entries(answer, path)?))
}

pub(super) fn entries(answer: &mut Value, path: &str) -> Result<Vec<Value>, Failure> {
    match answer.pointer_mut(path).map(Value::take) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(entries)) => Ok(entries),
        Some(_) => Err(other_shape()),
    }
}

/// Facts, made safe.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    // What serde says of it may quote what it read.
    serde_json::from_value(cleaned(value)).map_err(|_| other_shape())
}

fn other_shape() -> Failure {
    Failure::Unknown("the answer has another shape than AWS documents".to_owned())
}

/// A policy that an answer holds as JSON in a text; without one there is none.
pub(crate) fn policy(answer: &Value, path: &str) -> Result<Answer, Failure> {
    let Some(text) = answer.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Err(Failure::Missing);
    };
    let document =
        serde_json::from_str(text).map_err(|_| Failure::Unknown("the policy is not JSON".to_owned()))?;
    Ok(Answer::Policy(Policy(cleaned(document))))
}
