//! Lists that come in pages.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{entries, read};
use super::call::{Caller, Input};
use super::failure::Failure;
use super::operation::Operation;
use crate::question::Listed;

/// Longer lists are not read to their end.
const MOST_PAGES: usize = 10;

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
    /// Calls for page after page: the token of the next is what `input` takes.
    pub(crate) async fn pages(
        &self,
        operation: Operation,
        region: &str,
        on: &str,
        input: impl Fn(Option<String>) -> Input + Send,
    ) -> Result<Pages, Failure> {
        self.pages_until(operation, region, on, input, |_| false).await
    }

    /// The same until all is found that is looked for. A page that does not come throws nothing away of those
    /// before it.
    pub(crate) async fn pages_until(
        &self,
        operation: Operation,
        region: &str,
        on: &str,
        input: impl Fn(Option<String>) -> Input + Send,
        is_enough: impl Fn(&[Value]) -> bool + Send,
    ) -> Result<Pages, Failure> {
        let [items, next] = operation.pages();
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
            token = answer
                .pointer(next)
                .and_then(Value::as_str)
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            if token.is_none() || is_enough(&pages.items) {
                return Ok(Pages { cut: None, ..pages });
            }
        }
        Ok(pages)
    }
}
