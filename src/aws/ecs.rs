//! Amazon ECS: definitions, services, tasks and their hosts.

mod client;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{DesiredStatus, ServiceField, TaskDefinitionField};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{list, one};
use super::call::Caller;
use super::failure::Failure;
use super::operation::Operation;
use super::prober::AwsProber;
use crate::arn::Arn;
use crate::question::facts::{RunningTask, ServiceArn};
use crate::question::{Answer, Listed, ask};
use crate::task_definition::TaskDefinition;

/// The most services that `ListServices` returns in one page.
const SERVICES_AT_ONCE: i32 = 100;
/// The most tasks that `DescribeTasks` takes.
const TASKS_AT_ONCE: usize = 100;
/// The command line reads so many pages of a hundred tasks of one cluster, and of clusters: people look
/// during a storm too.
const MOST_PAGES: usize = 100;

pub(crate) async fn task_definition(
    caller: &Caller,
    ask::TaskDefinition { name }: &ask::TaskDefinition,
) -> Result<Answer, Failure> {
    // An event forwarded from another Region is answered there.
    let region = Arn::parse(name).map(|arn| arn.region).or(caller.region()).ok_or_else(no_region)?;
    let asked = caller
        .ecs(Operation::DescribeTaskDefinition, region, name, |ecs| {
            let tags = caller.tags.then(|| vec![TaskDefinitionField::Tags]);
            ecs.describe_task_definition().task_definition(name).set_include(tags).send()
        })
        .await;
    let mut answer = asked.map_err(|failure| match failure {
        // The code says no more than that the caller is to blame.
        Failure::Unknown(why) if why.contains("Unable to describe task definition") => Failure::Missing,
        other => other,
    })?;
    let definition = answer.get_mut("taskDefinition").map(Value::take).unwrap_or_default();
    let mut definition = TaskDefinition::from_value(definition)
        .map_err(|_| Failure::Unknown("the answer holds no task definition".to_owned()))?;
    if caller.tags {
        definition.tags = list(&mut answer, "/tags")?;
    }
    Ok(Answer::TaskDefinition(Box::new(definition.cleaned())))
}

pub(crate) async fn service(
    caller: &Caller,
    ask::Service { region, cluster, name }: &ask::Service,
) -> Result<Answer, Failure> {
    let on = format!("{cluster}/{name}");
    let mut answer = caller
        .ecs(Operation::DescribeServices, region, &on, |ecs| {
            let tags = caller.tags.then(|| vec![ServiceField::Tags]);
            ecs.describe_services().cluster(cluster).services(name).set_include(tags).send()
        })
        .await?;
    found(&answer, "/services/0")?;
    one(&mut answer, "/services/0").map(Answer::Service)
}

pub(crate) async fn services(
    caller: &Caller,
    ask::Services { region, cluster }: &ask::Services,
) -> Result<Answer, Failure> {
    let (mut services, mut token) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let listing = |ecs: &Client| {
            let list = ecs.list_services().cluster(cluster).max_results(SERVICES_AT_ONCE);
            list.set_next_token(token.take()).send()
        };
        let mut page = caller.ecs(Operation::ListServices, region, cluster, listing).await?;
        services.extend(list::<ServiceArn>(&mut page, "/serviceArns")?);
        token = next(&page);
        if token.is_none() {
            break;
        }
    }
    Ok(Answer::Services(listed(services, token.is_none())))
}

pub(crate) async fn service_revision(
    caller: &Caller,
    ask::ServiceRevision { region, arn }: &ask::ServiceRevision,
) -> Result<Answer, Failure> {
    let this_one = |ecs: &Client| ecs.describe_service_revisions().service_revision_arns(arn).send();
    let mut answer = caller.ecs(Operation::DescribeServiceRevisions, region, arn, this_one).await?;
    found(&answer, "/serviceRevisions/0")?;
    one(&mut answer, "/serviceRevisions/0").map(Answer::ServiceRevision)
}

pub(crate) async fn running_tasks(
    caller: &Caller,
    ask::RunningTasks { region, cluster, service }: &ask::RunningTasks,
) -> Result<Answer, Failure> {
    tasks_of(caller, region, cluster, service, DesiredStatus::Running).await.map(Answer::RunningTasks)
}

pub(crate) async fn stopped_tasks(
    caller: &Caller,
    ask::StoppedTasks { region, cluster, service }: &ask::StoppedTasks,
) -> Result<Answer, Failure> {
    tasks_of(caller, region, cluster, service, DesiredStatus::Stopped).await.map(Answer::StoppedTasks)
}

/// The first page of a service's tasks that are to be in a state.
async fn tasks_of<T: DeserializeOwned>(
    caller: &Caller,
    region: &str,
    cluster: &str,
    service: &str,
    status: DesiredStatus,
) -> Result<Vec<T>, Failure> {
    let of_service =
        |ecs: &Client| ecs.list_tasks().cluster(cluster).service_name(service).desired_status(status).send();
    let mut answer =
        caller.ecs(Operation::ListTasks, region, &format!("{cluster}/{service}"), of_service).await?;
    let arns: Vec<String> = list(&mut answer, "/taskArns")?;
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let mut answer =
        tasks(caller, region, &format!("the tasks of {cluster}/{service}"), cluster, arns).await?;
    list(&mut answer, "/tasks")
}

pub(crate) async fn clusters(
    caller: &Caller,
    ask::Clusters { region }: &ask::Clusters,
) -> Result<Answer, Failure> {
    listed_clusters(caller, region).await.map(|(all, are_all)| Answer::Clusters(listed(all, are_all)))
}

pub(crate) async fn cluster_tasks(
    caller: &Caller,
    ask::ClusterTasks { region, cluster }: &ask::ClusterTasks,
) -> Result<Answer, Failure> {
    let (all, are_all) = running(caller, region, cluster, None).await?;
    Ok(Answer::ClusterTasks(listed(all, are_all)))
}

pub(crate) async fn container_instance(
    caller: &Caller,
    ask::ContainerInstance { region, cluster, arn }: &ask::ContainerInstance,
) -> Result<Answer, Failure> {
    let one_instance =
        |ecs: &Client| ecs.describe_container_instances().cluster(cluster).container_instances(arn).send();
    let mut answer = caller.ecs(Operation::DescribeContainerInstances, region, arn, one_instance).await?;
    found(&answer, "/containerInstances/0")?;
    one(&mut answer, "/containerInstances/0").map(Answer::ContainerInstance)
}

/// Tasks, of which [`TASKS_AT_ONCE`] may be asked for.
async fn tasks(
    caller: &Caller,
    region: &str,
    on: &str,
    cluster: &str,
    arns: Vec<String>,
) -> Result<Value, Failure> {
    caller
        .ecs(Operation::DescribeTasks, region, on, |ecs| {
            ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns)).send()
        })
        .await
}

/// The ARNs of a Region's clusters, and whether these are all.
async fn listed_clusters(caller: &Caller, region: &str) -> Result<(Vec<String>, bool), Failure> {
    let (mut clusters, mut token) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let listing = |ecs: &Client| ecs.list_clusters().set_next_token(token.take()).send();
        let mut listed = caller.ecs(Operation::ListClusters, region, "*", listing).await?;
        clusters.extend(list::<String>(&mut listed, "/clusterArns")?);
        token = next(&listed);
        if token.is_none() {
            return Ok((clusters, true));
        }
    }
    Ok((clusters, false))
}

/// The tasks of a cluster that run, or those of one service of it, and whether these are all.
async fn running(
    caller: &Caller,
    region: &str,
    cluster: &str,
    service: Option<&str>,
) -> Result<(Vec<RunningTask>, bool), Failure> {
    let (mut pages, are_all) = pages_of(caller, region, cluster, service, DesiredStatus::Running).await?;
    let mut all = Vec::new();
    for page in &mut pages {
        all.extend(list::<RunningTask>(page, "/tasks")?);
    }
    Ok((all, are_all))
}

/// The pages of a cluster's tasks that are to be in a state.
async fn pages_of(
    caller: &Caller,
    region: &str,
    cluster: &str,
    service: Option<&str>,
    status: DesiredStatus,
) -> Result<(Vec<Value>, bool), Failure> {
    let mut described = Vec::new();
    let mut token = None;
    for _ in 0..MOST_PAGES {
        let of = |ecs: &Client| {
            let list = ecs.list_tasks().cluster(cluster).desired_status(status.clone());
            list.set_service_name(service.map(str::to_owned)).set_next_token(token.take()).send()
        };
        let mut listed = caller.ecs(Operation::ListTasks, region, cluster, of).await?;
        let arns: Vec<String> = list(&mut listed, "/taskArns")?;
        for some in arns.chunks(TASKS_AT_ONCE) {
            described.push(tasks(caller, region, cluster, cluster, some.to_vec()).await?);
        }
        token = next(&listed);
        if token.is_none() {
            return Ok((described, true));
        }
    }
    Ok((described, false))
}

fn listed<T>(all: Vec<T>, are_all: bool) -> Listed<T> {
    if are_all { Listed::Whole(all) } else { Listed::Begun { first: all } }
}

/// ECS names the reason for each thing that is not in the answer.
fn found(answer: &Value, path: &str) -> Result<(), Failure> {
    if answer.pointer(path).is_some() {
        return Ok(());
    }
    match answer.pointer("/failures/0/reason").and_then(Value::as_str) {
        Some("MISSING") | None => Err(Failure::Missing),
        Some(reason) => Err(Failure::unknown(reason)),
    }
}

/// The token of the next page.
fn next(answer: &Value) -> Option<String> {
    answer.get("nextToken").and_then(Value::as_str).filter(|token| !token.is_empty()).map(str::to_owned)
}

fn no_region() -> Failure {
    Failure::Unknown("no Region is configured: name one with --region, or set AWS_REGION".to_owned())
}

/// For the command line alone.
impl AwsProber {
    /// The tasks of a cluster, or of one service of it, that stopped within the hour for which ECS remembers
    /// them: outputs of `describe-tasks`. Without a Region, those of the one that is configured. Also says
    /// whether these are all.
    ///
    /// # Errors
    ///
    /// Why they could not be read, in words.
    pub async fn stopped_tasks(
        &self,
        region: Option<&str>,
        cluster: &str,
        service: Option<&str>,
    ) -> Result<(Vec<String>, bool), String> {
        let stopped = async {
            let region = self.region_or_own(region)?;
            pages_of(&self.caller, region, cluster, service, DesiredStatus::Stopped).await
        };
        let (pages, are_all) = stopped.await.map_err(|failure| in_words(failure, cluster))?;
        Ok((pages.iter().map(Value::to_string).collect(), are_all))
    }

    /// The same of the tasks that run.
    ///
    /// # Errors
    ///
    /// Why they could not be read, in words.
    pub async fn running_tasks(
        &self,
        region: Option<&str>,
        cluster: &str,
        service: Option<&str>,
    ) -> Result<(Vec<RunningTask>, bool), String> {
        let running = async { running(&self.caller, self.region_or_own(region)?, cluster, service).await };
        running.await.map_err(|failure| in_words(failure, cluster))
    }

    fn region_or_own<'r>(&'r self, region: Option<&'r str>) -> Result<&'r str, Failure> {
        region.or(self.caller.region()).ok_or_else(no_region)
    }

    /// The output of `describe-tasks` for one task, from its Region and cluster.
    ///
    /// # Errors
    ///
    /// Why it could not be read, in words.
    pub async fn described_task(&self, arn: &str) -> Result<String, String> {
        let Some(parsed) = Arn::parse(arn) else { return Err("this is not an ARN".to_owned()) };
        // ARNs of the old form name no cluster.
        let cluster = parsed
            .resource
            .split('/')
            .nth(1)
            .filter(|_| parsed.resource.split('/').count() > 2)
            .unwrap_or("default");
        let asked = tasks(&self.caller, parsed.region, arn, cluster, vec![arn.to_owned()]).await;
        asked.map(|answer| answer.to_string()).map_err(|failure| in_words(failure, cluster))
    }

    /// The ARNs of the clusters of a Region, by default of the one that is configured.
    ///
    /// # Errors
    ///
    /// Why they could not be read, in words.
    pub async fn clusters(&self, region: Option<&str>) -> Result<Vec<String>, String> {
        let clusters = async {
            match listed_clusters(&self.caller, self.region_or_own(region)?).await? {
                (clusters, true) => Ok(clusters),
                _ => Err(Failure::Unknown(format!("the list is longer than {MOST_PAGES} pages"))),
            }
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
