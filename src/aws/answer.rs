//! From what a service answered to the facts of an [`Answer`].

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::call::{Caller, Failure, Input};
use super::operation::Operation;
use crate::question::facts::Policy;
use crate::question::{Answer, Listed, cleaned};
use crate::redact::redact_name;

/// Longer lists are not read to their end.
const MOST_PAGES: usize = 10;

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Missing => Self::Missing,
            Failure::Elsewhere(region) => Self::Unknown(format!("it is in the Region {}", redact_name(&region))),
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

fn entries(answer: &mut Value, path: &str) -> Result<Vec<Value>, Failure> {
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

/// A policy that stands in an answer as JSON in a text; without one there is none.
pub(crate) fn policy(answer: &Value, path: &str) -> Result<Answer, Failure> {
    let Some(text) = answer.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()) else { return Err(Failure::Missing) };
    let document = serde_json::from_str(text).map_err(|_| Failure::Unknown("the policy is not JSON".to_owned()))?;
    Ok(Answer::Policy(Policy(cleaned(document))))
}

/// A list that comes in pages.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pub(crate) items: Vec<Value>,
    /// Why it was not read to its end, or to what was looked for.
    cut: Option<Failure>,
}

impl Pages {
    /// Facts of all; a part of a list could pass for the whole.
    pub(crate) fn all<T: DeserializeOwned>(self) -> Result<Vec<T>, Failure> {
        self.cut.map_or_else(|| read(Value::Array(self.items)), Err)
    }

    /// Adds another list's.
    pub(crate) fn append(&mut self, other: Self) {
        self.items.extend(other.items);
        self.cut = self.cut.take().or(other.cut);
    }

    /// Facts of those that were read, where a part will do.
    pub(crate) fn listed<T: DeserializeOwned>(self) -> Result<Listed<T>, Failure> {
        let items = read(Value::Array(self.items))?;
        Ok(if self.cut.is_none() { Listed::Whole(items) } else { Listed::Begun { first: items } })
    }
}

impl Caller {
    /// Calls for page after page: the list stands at `items` and the next page's token at `next`, which `input` takes.
    pub(crate) async fn pages(
        &self,
        operation: Operation,
        region: &str,
        on: &str,
        [items, next]: [&str; 2],
        input: impl Fn(Option<String>) -> Input + Send,
    ) -> Result<Pages, Failure> {
        self.pages_until(operation, region, on, [items, next], input, |_| false).await
    }

    /// The same until all is found that is looked for. A page that does not come throws nothing away of those before it.
    pub(crate) async fn pages_until(
        &self,
        operation: Operation,
        region: &str,
        on: &str,
        [items, next]: [&str; 2],
        input: impl Fn(Option<String>) -> Input + Send,
        is_enough: impl Fn(&[Value]) -> bool + Send,
    ) -> Result<Pages, Failure> {
        let too_long = Failure::Unknown(format!("the list is longer than {MOST_PAGES} pages"));
        let mut pages = Pages { items: Vec::new(), cut: Some(too_long) };
        let mut token = None;
        for _ in 0..MOST_PAGES {
            let mut answer = match self.call(operation, region, on, input(token.take())).await {
                Ok(answer) => answer,
                Err(why) if pages.items.is_empty() => return Err(why),
                Err(why) => return Ok(Pages { cut: Some(why), ..pages }),
            };
            pages.items.append(&mut entries(&mut answer, items)?);
            token = answer.pointer(next).and_then(Value::as_str).filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() || is_enough(&pages.items) {
                return Ok(Pages { cut: None, ..pages });
            }
        }
        Ok(pages)
    }
}
