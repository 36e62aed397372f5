//! Amazon ECS: definitions, services, tasks and their hosts.

use serde_json::{Value, json};

use super::answer::{list, one};
use super::call::{Caller, Input};
use super::failure::Failure;
use super::operation::Operation;
use super::prober::AwsProber;
use crate::arn::Arn;
use crate::question::{Answer, ask};
use crate::task_definition::TaskDefinition;

/// As many as `DescribeTasks` takes.
const TASKS_AT_ONCE: usize = 100;
/// Of one cluster the command line reads so many pages of a hundred tasks: a storm is when one looks.
const MOST_PAGES: usize = 100;

pub(crate) async fn task_definition(caller: &Caller, ask::TaskDefinition { name }: &ask::TaskDefinition) -> Result<Answer, Failure> {
    // An event forwarded from another Region is answered there.
    let region = Arn::parse(name).map(|arn| arn.region).or(caller.region()).ok_or_else(no_region)?;
    let asked = caller.call(Operation::DescribeTaskDefinition, region, name, Input::Json(json!({"taskDefinition": name}))).await;
    let mut answer = asked.map_err(|failure| match failure {
        // The code says no more than that the caller is to blame.
        Failure::Unknown(why) if why.contains("Unable to describe task definition") => Failure::Missing,
        other => other,
    })?;
    let definition = answer.get_mut("taskDefinition").map(Value::take).unwrap_or_default();
    let definition = TaskDefinition::from_value(definition).map_err(|_| Failure::Unknown("the answer holds no task definition".to_owned()))?;
    Ok(Answer::TaskDefinition(Box::new(definition.cleaned())))
}

pub(crate) async fn service(caller: &Caller, ask::Service { region, cluster, name }: &ask::Service) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"cluster": cluster, "services": [name]}));
    let mut answer = caller.call(Operation::DescribeServices, region, &format!("{cluster}/{name}"), input).await?;
    found(&answer, "/services/0")?;
    one(&mut answer, "/services/0").map(Answer::Service)
}

pub(crate) async fn service_revision(caller: &Caller, ask::ServiceRevision { region, arn }: &ask::ServiceRevision) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"serviceRevisionArns": [arn]}));
    let mut answer = caller.call(Operation::DescribeServiceRevisions, region, arn, input).await?;
    found(&answer, "/serviceRevisions/0")?;
    one(&mut answer, "/serviceRevisions/0").map(Answer::ServiceRevision)
}

pub(crate) async fn running_tasks(caller: &Caller, ask::RunningTasks { region, cluster, service }: &ask::RunningTasks) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"cluster": cluster, "serviceName": service, "desiredStatus": "RUNNING"}));
    let mut answer = caller.call(Operation::ListTasks, region, &format!("{cluster}/{service}"), input).await?;
    let arns: Vec<String> = list(&mut answer, "/taskArns")?;
    if arns.is_empty() {
        return Ok(Answer::RunningTasks(Vec::new()));
    }
    let input = Input::Json(json!({"cluster": cluster, "tasks": arns}));
    let mut answer = caller.call(Operation::DescribeTasks, region, &format!("the tasks of {cluster}/{service}"), input).await?;
    list(&mut answer, "/tasks").map(Answer::RunningTasks)
}

pub(crate) async fn container_instance(caller: &Caller, ask::ContainerInstance { region, cluster, arn }: &ask::ContainerInstance) -> Result<Answer, Failure> {
    let input = Input::Json(json!({"cluster": cluster, "containerInstances": [arn]}));
    let mut answer = caller.call(Operation::DescribeContainerInstances, region, arn, input).await?;
    found(&answer, "/containerInstances/0")?;
    one(&mut answer, "/containerInstances/0").map(Answer::ContainerInstance)
}

/// ECS tells of each thing by itself why it is not in the answer.
fn found(answer: &Value, path: &str) -> Result<(), Failure> {
    if answer.pointer(path).is_some() {
        return Ok(());
    }
    match answer.pointer("/failures/0/reason").and_then(Value::as_str) {
        Some("MISSING") | None => Err(Failure::Missing),
        Some(reason) => Err(Failure::unknown(reason)),
    }
}

fn no_region() -> Failure {
    Failure::Unknown("no Region is configured".to_owned())
}

/// For the command line alone.
impl AwsProber {
    /// The tasks of a cluster, or of one service of it, that stopped within the hour for which ECS remembers them: outputs of `describe-tasks`.
    /// Without a Region, those of the one that is configured. Tells besides whether these are all.
    ///
    /// # Errors
    ///
    /// Why they could not be read, in words.
    pub async fn stopped_tasks(&self, region: Option<&str>, cluster: &str, service: Option<&str>) -> Result<(Vec<String>, bool), String> {
        let tasks = async {
            let region = region.or(self.caller.region()).ok_or_else(no_region)?;
            let mut described = Vec::new();
            let mut token = Value::Null;
            for _ in 0..MOST_PAGES {
                let input = json!({"cluster": cluster, "serviceName": service, "desiredStatus": "STOPPED", "nextToken": token});
                let mut listed = self.caller.call(Operation::ListTasks, region, cluster, Input::Json(input)).await?;
                let arns: Vec<String> = list(&mut listed, "/taskArns")?;
                for some in arns.chunks(TASKS_AT_ONCE) {
                    let input = Input::Json(json!({"cluster": cluster, "tasks": some}));
                    described.push(self.caller.call(Operation::DescribeTasks, region, cluster, input).await?.to_string());
                }
                token = listed.get_mut("nextToken").map(Value::take).unwrap_or_default();
                if token.as_str().is_none_or(str::is_empty) {
                    return Ok((described, true));
                }
            }
            Ok((described, false))
        };
        tasks.await.map_err(|failure| in_words(failure, cluster))
    }

    /// The ARNs of the clusters of a Region, by default of the one that is configured.
    ///
    /// # Errors
    ///
    /// Why they could not be read, in words.
    pub async fn clusters(&self, region: Option<&str>) -> Result<Vec<String>, String> {
        let clusters = async {
            let region = region.or(self.caller.region()).ok_or_else(no_region)?;
            let input = |token| Input::Json(json!({"nextToken": token}));
            self.caller.pages(Operation::ListClusters, region, "*", input).await?.all()
        };
        clusters.await.map_err(|failure| in_words(failure, "the list of clusters"))
    }
}

/// A failure as the command line says it.
pub(super) fn in_words(failure: Failure, of: &str) -> String {
    match failure {
        Failure::Missing => format!("{of} does not exist"),
        Failure::Elsewhere(region) => format!("{of} is in the Region {region}"),
        Failure::Unknown(why) => why,
    }
}
