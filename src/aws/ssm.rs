//! AWS Systems Manager: descriptions of parameters, never a value.

use serde_json::{Value, json};

use super::answer::Pages;
use super::call::{Caller, Failure, Input};
use super::operation::Operation;
use crate::question::Answer;
use crate::question::facts::Parameter;

/// As many as one filter takes.
const NAMES_AT_ONCE: usize = 50;

pub(crate) async fn parameters(caller: &Caller, region: &str, names: &[String]) -> Result<Answer, Failure> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for some in names.chunks(NAMES_AT_ONCE) {
        parameters.extend(named(caller, region, "Equals", json!(some)).await?.all::<Parameter>()?);
    }
    Ok(Answer::Parameters(parameters))
}

pub(crate) async fn parameters_like(caller: &Caller, region: &str, part: &str) -> Result<Answer, Failure> {
    named(caller, region, "Contains", json!([part])).await?.some().map(Answer::Parameters)
}

async fn named(caller: &Caller, region: &str, option: &str, values: Value) -> Result<Pages, Failure> {
    let filters = json!([{"Key": "Name", "Option": option, "Values": values}]);
    let input = |token| Input::Json(json!({"ParameterFilters": filters, "MaxResults": 50, "NextToken": token}));
    caller.pages(Operation::DescribeParameters, region, "*", ["/Parameters", "/NextToken"], input).await
}
