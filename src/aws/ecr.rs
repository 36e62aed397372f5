//! Amazon ECR: repositories, their images and policies.

use serde_json::json;

use super::answer::{list, one, policy};
use super::call::{Caller, Input};
use super::failure::Failure;
use super::operation::Operation;
use crate::question::facts::Image;
use crate::question::{Answer, ask};

pub(crate) async fn repository(
    caller: &Caller,
    ask::Repository { region, registry, name }: &ask::Repository,
) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"registryId": registry, "repositoryNames": [name]}));
    let mut answer = caller.call(Operation::DescribeRepositories, region, name, input).await?;
    one(&mut answer, "/repositories/0").map(Answer::Repository)
}

pub(crate) async fn image(
    caller: &Caller,
    ask::Image { region, registry, repository, reference }: &ask::Image,
) -> Result<Answer, Failure> {
    let kind = if reference.contains(':') { "imageDigest" } else { "imageTag" };
    let input = Input::Json(
        json!({"registryId": registry, "repositoryName": repository, "imageIds": [{kind: reference}]}),
    );
    let mut answer = caller.call(Operation::DescribeImages, region, repository, input).await?;
    let images: Vec<Image> = list(&mut answer, "/imageDetails")?;
    if images.is_empty() { Err(Failure::Missing) } else { Ok(Answer::Images(images)) }
}

pub(crate) async fn repository_policy(
    caller: &Caller,
    ask::RepositoryPolicy { region, registry, name }: &ask::RepositoryPolicy,
) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"registryId": registry, "repositoryName": name}));
    policy(&caller.call(Operation::GetRepositoryPolicy, region, name, input).await?, "/policyText")
}

pub(crate) async fn cache_rules(
    caller: &Caller,
    ask::CacheRules { region, registry }: &ask::CacheRules,
) -> Result<Answer, Failure> {
    let input = |token: Option<String>| {
        let mut input = json!({"registryId": registry, "maxResults": 1000});
        if let Some(token) = token {
            input["nextToken"] = json!(token);
        }
        Input::Json(input)
    };
    let pages = caller.pages(Operation::DescribePullThroughCacheRules, region, registry, input).await?;
    pages.all().map(Answer::CacheRules)
}
