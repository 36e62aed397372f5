//! AWS Systems Manager: descriptions of parameters, never a value.

use serde_json::{Value, json};

use super::call::{Caller, Input};
use super::failure::Failure;
use super::operation::Operation;
use super::pages::Pages;
use crate::question::{Answer, ask};

/// The most names that one filter takes.
const NAMES_AT_ONCE: usize = 50;

pub(crate) async fn parameters(
    caller: &Caller,
    ask::Parameters { region, names }: &ask::Parameters,
) -> Result<Answer, Failure> {
    let mut all = Pages::default();
    for some in names.chunks(NAMES_AT_ONCE) {
        // AWS cuts its pages before it filters them: most are empty, in an account with many.
        let is_found = |name: &String, items: &[Value]| {
            items.iter().any(|item| item["Name"].as_str().map(bare) == Some(bare(name)))
        };
        all.append(
            named(caller, region, "Equals", json!(some), |items| {
                some.iter().all(|name| is_found(name, items))
            })
            .await?,
        );
    }
    all.listed().map(Answer::Parameters)
}

pub(crate) async fn parameters_like(
    caller: &Caller,
    ask::ParametersLike { region, part }: &ask::ParametersLike,
) -> Result<Answer, Failure> {
    let pages = named(caller, region, "Contains", json!([part]), |_| false).await?;
    pages.listed().map(Answer::Parameters)
}

/// A name without the slash before it: of a name with and without, one is enough.
fn bare(name: &str) -> &str {
    name.trim_start_matches('/')
}

async fn named(
    caller: &Caller,
    region: &str,
    option: &str,
    values: Value,
    is_enough: impl Fn(&[Value]) -> bool + Send,
) -> Result<Pages, Failure> {
    let filters = json!([{"Key": "Name", "Option": option, "Values": values}]);
    let input =
        |token| Input::Json(json!({"ParameterFilters": filters, "MaxResults": 50, "NextToken": token}));
    caller.pages_until(Operation::DescribeParameters, region, "*", input, is_enough).await
}
