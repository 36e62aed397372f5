//! What may be asked of AWS, as plain values, and what is known so far.
//!
//! The core never sees a client: it holds [`Evidence`], a map from questions to answers. An answer is never
//! an error; what could not be learned is [`Answer::Unknown`], with the reason, and a diagnosis goes on
//! without it. The table below is the whole of what ecs-triage can ask: each question names the calls that
//! answer it and the IAM actions they take, and their union is the probe's policy. None of them returns the
//! value of a secret or parameter, the content of a file, or a login.

mod answer;
mod evidence;
pub mod facts;
pub mod record;

use serde::{Deserialize, Serialize};

use crate::event::{Source, Task};
use crate::task_definition::{ContainerDefinition, TaskDefinition};
pub use answer::{Answer, Fact, Listed, cleaned};
pub use evidence::{Evidence, Known};

/// How an answer begins that a permission of ecs-triage is missing for: the action follows.
pub const NOT_AUTHORIZED: &str = "ecs-triage is not authorized to call ";

/// A question as a type.
pub trait Ask: Clone + Into<Question> {
    /// What answers it.
    type Fact: Fact;
}

/// Declares the questions: what each is about, what answers it, the calls that do, the IAM actions they take.
macro_rules! questions {
    ($(#[doc = $doc:literal] $name:ident -> $fact:ty { $($(#[$fdoc:meta])* $field:ident: $type:ty),* $(,)? } from $source:literal, may [$($action:literal),+];)+) => {
        /// The questions, each as a type of its own: an answer can be looked up only as what answers its
        /// question.
        #[expect(missing_docs, reason = "most fields are what their names say")]
        pub mod ask {
            use serde::{Deserialize, Serialize};

            use super::{Ask, Listed, Question, facts};

            $(
                #[doc = $doc]
                #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
                pub struct $name { $($(#[$fdoc])* pub $field: $type),* }

                impl Ask for $name {
                    type Fact = $fact;
                }

                impl From<$name> for Question {
                    fn from(ask: $name) -> Self {
                        Self::$name(ask)
                    }
                }
            )+
        }

        /// One read-only question to AWS.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Question { $(#[doc = $doc] $name(ask::$name),)+ }

        impl Question {
            /// What can be asked: in words, the calls that answer, the IAM actions they take.
            pub const TABLE: &'static [(&'static str, &'static str, &'static [&'static str])] = &[$(($doc, $source, &[$($action),+])),+];

            /// The IAM actions of all questions, with repetitions.
            pub const ACTIONS: &'static [&'static str] = &[$($($action),+),+];

            /// The IAM actions that asking takes.
            #[must_use]
            pub const fn actions(&self) -> &'static [&'static str] {
                match self { $(Self::$name(_) => &[$($action),+]),+ }
            }

            /// The API calls that answer, as evidence cites them.
            #[must_use]
            pub const fn source(&self) -> &'static str {
                match self { $(Self::$name(_) => $source),+ }
            }

            /// Whether this is an answer to it.
            #[must_use]
            pub fn takes(&self, answer: &Answer) -> bool {
                match (self, answer) {
                    (_, Answer::Missing | Answer::Unknown(_)) => true,
                    $((Self::$name(_), answer) => <ask::$name as Ask>::Fact::of(answer).is_some(),)+
                }
            }
        }
    };
}

questions! {
    /// What the task asked for before it could start.
    TaskDefinition -> Box<super::TaskDefinition> {
        /// `family:revision` or an ARN.
        name: String,
    } from "DescribeTaskDefinition", may ["ecs:DescribeTaskDefinition"];
    /// The service that starts the task: where it is put, and how it fares.
    Service -> Box<facts::Service> {
        region: String,
        /// The cluster's name or ARN.
        cluster: String,
        name: String,
    } from "DescribeServices", may ["ecs:DescribeServices"];
    /// The services of a cluster.
    Services -> Listed<facts::ServiceArn> { region: String, cluster: String }
        from "ListServices", may ["ecs:ListServices"];
    /// What a deployment of a service is going to start, and where.
    ServiceRevision -> Box<facts::ServiceRevision> { region: String, arn: String }
        from "DescribeServiceRevisions", may ["ecs:DescribeServiceRevisions"];
    /// The service's tasks that run now.
    RunningTasks -> Vec<facts::RunningTask> {
        region: String,
        /// The cluster's name or ARN.
        cluster: String,
        service: String,
    } from "DescribeTasks", may ["ecs:ListTasks", "ecs:DescribeTasks"];
    /// The clusters of a Region.
    Clusters -> Listed<String> { region: String }
        from "ListClusters", may ["ecs:ListClusters"];
    /// The tasks of a cluster that run now.
    ClusterTasks -> Listed<facts::RunningTask> {
        region: String,
        /// The cluster's ARN.
        cluster: String,
    } from "DescribeTasks", may ["ecs:ListTasks", "ecs:DescribeTasks"];
    /// The service's tasks that stopped within the hour for which ECS remembers them, at most a hundred.
    StoppedTasks -> Vec<facts::StoppedTask> {
        region: String,
        /// The cluster's name or ARN.
        cluster: String,
        service: String,
    } from "DescribeTasks", may ["ecs:ListTasks", "ecs:DescribeTasks"];
    /// The host of a task that is not on Fargate.
    ContainerInstance -> facts::ContainerInstance {
        region: String,
        /// The cluster's name or ARN.
        cluster: String,
        arn: String,
    } from "DescribeContainerInstances", may ["ecs:DescribeContainerInstances"];
    /// A role and whom it trusts.
    Role -> Box<facts::Role> {
        /// A Region of the role's partition.
        region: String,
        /// Its name, without path.
        name: String,
    } from "GetRole", may ["iam:GetRole"];
    /// Whether a role's policies allow an action.
    Simulation -> Box<facts::Simulation> {
        /// A Region of the role's partition.
        region: String,
        /// The role's ARN, with its path.
        role: String,
        action: String,
        /// The resource's ARN, or `*`.
        resource: String,
        /// Condition keys and the values that the real call has.
        context: Vec<(String, String)>,
    } from "SimulatePrincipalPolicy", may ["iam:SimulatePrincipalPolicy"];
    /// A secret's description.
    Secret -> Box<facts::Secret> {
        region: String,
        /// Its name or ARN.
        id: String,
    } from "DescribeSecret", may ["secretsmanager:DescribeSecret"];
    /// A secret's versions, those without a stage among them.
    SecretVersions -> Vec<facts::SecretVersion> {
        region: String,
        /// Its name or ARN.
        id: String,
    } from "ListSecretVersionIds", may ["secretsmanager:ListSecretVersionIds"];
    /// A secret's own policy.
    SecretPolicy -> facts::Policy {
        region: String,
        /// Its name or ARN.
        id: String,
    } from "GetResourcePolicy", may ["secretsmanager:GetResourcePolicy"];
    /// Secrets whose name begins like this one.
    SecretsLike -> Listed<facts::Secret> { region: String, prefix: String }
        from "ListSecrets", may ["secretsmanager:ListSecrets"];
    /// The parameters of these names.
    Parameters -> Listed<facts::Parameter> {
        region: String,
        /// Their names, with the leading slash if they have one.
        names: Vec<String>,
    } from "DescribeParameters", may ["ssm:DescribeParameters"];
    /// Parameters whose name contains this.
    ParametersLike -> Listed<facts::Parameter> { region: String, part: String }
        from "DescribeParameters", may ["ssm:DescribeParameters"];
    /// A key's state.
    Key -> facts::Key {
        region: String,
        /// Its id, ARN or alias.
        id: String,
    } from "DescribeKey", may ["kms:DescribeKey"];
    /// A key's policy.
    KeyPolicy -> facts::Policy {
        region: String,
        /// Its id or ARN.
        id: String,
    } from "GetKeyPolicy", may ["kms:GetKeyPolicy"];
    /// A key's grants, which allow in addition to all policies.
    KeyGrants -> Vec<facts::KeyGrant> {
        region: String,
        /// Its id or ARN.
        id: String,
    } from "ListGrants", may ["kms:ListGrants"];
    /// Log groups whose name begins like this.
    LogGroups -> Vec<facts::LogGroup> { region: String, prefix: String }
        from "DescribeLogGroups", may ["logs:DescribeLogGroups"];
    /// The last lines that a container wrote.
    LogLines -> Vec<facts::LogEvent> { region: String, group: String, stream: String }
        from "GetLogEvents", may ["logs:GetLogEvents"];
    /// An image repository.
    Repository -> facts::Repository {
        region: String,
        /// The account of the registry.
        registry: String,
        name: String,
    } from "DescribeRepositories", may ["ecr:DescribeRepositories"];
    /// An image.
    Image -> Vec<facts::Image> {
        region: String,
        /// The account of the registry.
        registry: String,
        repository: String,
        /// A tag, or a digest as `sha256:...`.
        reference: String,
    } from "DescribeImages", may ["ecr:DescribeImages"];
    /// A repository's own policy.
    RepositoryPolicy -> facts::Policy {
        region: String,
        /// The account of the registry.
        registry: String,
        name: String,
    } from "GetRepositoryPolicy", may ["ecr:GetRepositoryPolicy"];
    /// The rules of a registry by which the first pull makes a repository.
    CacheRules -> Vec<facts::CacheRule> {
        region: String,
        /// The account of the registry.
        registry: String,
    } from "DescribePullThroughCacheRules", may ["ecr:DescribePullThroughCacheRules"];
    /// Where a bucket is.
    Bucket -> facts::Bucket { region: String, name: String }
        from "GetBucketLocation", may ["s3:GetBucketLocation"];
    /// Objects whose key begins like this.
    Objects -> Vec<facts::Object> { region: String, bucket: String, prefix: String }
        from "ListObjectsV2", may ["s3:ListBucket"];
    /// A file system's mount targets and their security groups.
    MountTargets -> Vec<facts::MountTarget> { region: String, file_system: String }
        from "DescribeMountTargets", may [
        "elasticfilesystem:DescribeMountTargets",
        "elasticfilesystem:DescribeMountTargetSecurityGroups",
        "ec2:DescribeNetworkInterfaceAttribute"
    ];
    /// A file system's access points.
    AccessPoints -> Vec<facts::AccessPoint> { region: String, file_system: String }
        from "DescribeAccessPoints", may ["elasticfilesystem:DescribeAccessPoints"];
    /// A file system's own policy.
    FileSystemPolicy -> facts::Policy { region: String, file_system: String }
        from "DescribeFileSystemPolicy", may ["elasticfilesystem:DescribeFileSystemPolicy"];
    /// An EC2 instance's place in the network.
    Instance -> facts::Instance { region: String, id: String }
        from "DescribeInstances", may ["ec2:DescribeInstances"];
    /// These subnets.
    Subnets -> Vec<facts::Subnet> {
        region: String,
        /// Their ids, sorted.
        ids: Vec<String>,
    } from "DescribeSubnets", may ["ec2:DescribeSubnets"];
    /// A VPC's route tables.
    RouteTables -> Vec<facts::RouteTable> { region: String, vpc: String }
        from "DescribeRouteTables", may ["ec2:DescribeRouteTables"];
    /// A VPC's NAT gateways.
    NatGateways -> Vec<facts::NatGateway> { region: String, vpc: String }
        from "DescribeNatGateways", may ["ec2:DescribeNatGateways"];
    /// A VPC's endpoints.
    VpcEndpoints -> Vec<facts::VpcEndpoint> { region: String, vpc: String }
        from "DescribeVpcEndpoints", may ["ec2:DescribeVpcEndpoints"];
    /// A VPC's security groups.
    SecurityGroups -> Vec<facts::SecurityGroup> { region: String, vpc: String }
        from "DescribeSecurityGroups", may ["ec2:DescribeSecurityGroups"];
    /// These security groups, also those of another VPC that are associated with the caller's.
    NamedSecurityGroups -> Vec<facts::SecurityGroup> {
        region: String,
        /// Their ids, sorted.
        ids: Vec<String>,
    } from "DescribeSecurityGroups", may ["ec2:DescribeSecurityGroups"];
    /// A VPC's network ACLs.
    NetworkAcls -> Vec<facts::NetworkAcl> { region: String, vpc: String }
        from "DescribeNetworkAcls", may ["ec2:DescribeNetworkAcls"];
    /// How a VPC resolves names.
    VpcDns -> facts::VpcDns { region: String, vpc: String }
        from "DescribeVpcAttribute", may [
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcs",
        "ec2:DescribeDhcpOptions"
    ];
}

impl Question {
    /// The question after a task's own definition, if the task names one.
    #[must_use]
    pub fn task_definition_of(task: &Task) -> Option<ask::TaskDefinition> {
        task.task_definition.as_ref().map(|name| ask::TaskDefinition { name: name.clone() })
    }

    /// The question after the stopped tasks of a service of which an event tells that they do not start, and
    /// not why.
    #[must_use]
    pub fn stopped_tasks_of(event: &Task) -> Option<ask::StoppedTasks> {
        match &event.source {
            Source::ServiceEvent(name) if name == "SERVICE_TASK_START_IMPAIRED" => {}
            Source::DeploymentEvent(name) if name == "SERVICE_DEPLOYMENT_FAILED" => {}
            _ => return None,
        }
        Some(ask::StoppedTasks {
            region: event.region.clone()?,
            cluster: event.cluster.clone()?,
            service: event.service()?.to_owned(),
        })
    }

    /// The question after the log of a container of a task, by whose driver its stream is named
    /// prefix/container/task; in the task's Region unless the driver names another.
    #[must_use]
    pub fn log_of(container: &ContainerDefinition, task: &str, own_region: &str) -> Option<ask::LogLines> {
        let log = container.log_configuration.as_ref();
        let options = &log.filter(|log| log.log_driver.as_deref() == Some("awslogs"))?.options;
        let option = |name: &str| options.get(name).map(String::as_str);
        Some(ask::LogLines {
            region: option("awslogs-region").unwrap_or(own_region).to_owned(),
            group: option("awslogs-group")?.to_owned(),
            stream: format!("{}/{}/{task}", option("awslogs-stream-prefix")?, container.name),
        })
    }
}
