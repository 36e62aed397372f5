//! Services, tasks and instances, as ECS describes them.

#![expect(missing_docs, reason = "fields have AWS's names, and are described where that says too little")]

use serde::{Deserialize, Serialize};

use super::{Moment, facts};
use crate::task_definition::Tag;

/// The ARN of a service (`ListServices`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceArn(pub String);

impl ServiceArn {
    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

facts! { "camelCase"
    /// A task that runs (`DescribeTasks`).
    RunningTask {
        task_arn: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cluster_arn: Option<String>,
        /// What started it: `service:` and a name, or `family:` and a name.
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        task_definition_arn: Option<String>,
        /// When ECS took it up; what it refers to is read after that.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<Moment>,
        started_at: Option<Moment>,
    }

    /// A task that stopped (`DescribeTasks`).
    StoppedTask {
        task_arn: Option<String>,
        cluster_arn: Option<String>,
        /// What started it: `service:` and a name.
        group: Option<String>,
        task_definition_arn: Option<String>,
        /// `FARGATE`, `EC2`, `EXTERNAL`.
        #[serde(skip_serializing_if = "Option::is_none")]
        launch_type: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        platform_version: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        platform_family: Option<String>,
        /// Its host, unless that is Fargate.
        #[serde(skip_serializing_if = "Option::is_none")]
        container_instance_arn: Option<String>,
        last_status: Option<String>,
        /// Such as `TaskFailedToStart`.
        #[serde(skip_serializing_if = "Option::is_none")]
        stop_code: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stopped_reason: Option<String>,
        /// When ECS took it up.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<Moment>,
        /// When it started, if ever it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        started_at: Option<Moment>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stopping_at: Option<Moment>,
        #[serde(skip_serializing_if = "Option::is_none")]
        stopped_at: Option<Moment>,
        containers: Vec<StoppedContainer>,
    }

    /// A container of a task that stopped.
    StoppedContainer {
        name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        exit_code: Option<i64>,
        /// Why it stopped, or did not start.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    }

    /// A service (`DescribeServices`).
    Service {
        /// `ACTIVE`, `DRAINING` or `INACTIVE`.
        status: Option<String>,
        desired_count: i64,
        running_count: i64,
        task_definition: Option<String>,
        /// `FARGATE`, `EC2`, `EXTERNAL`; absent with capacity providers.
        launch_type: Option<String>,
        /// Its capacity providers, where it has no launch type.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        capacity_provider_strategy: Vec<CapacityProvider>,
        network_configuration: Option<NetworkConfiguration>,
        /// What is being rolled out, the newest first.
        deployments: Vec<Deployment>,
        /// Its tags, where they were asked for.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tags: Vec<Tag>,
    }

    /// What a deployment of a service starts, and where (`DescribeServiceRevisions`).
    ServiceRevision {
        service_arn: Option<String>,
        task_definition: Option<String>,
        /// `FARGATE`, `EC2`, `EXTERNAL`; absent with capacity providers.
        launch_type: Option<String>,
        /// Its capacity providers, where it has no launch type.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        capacity_provider_strategy: Vec<CapacityProvider>,
        #[serde(skip_serializing_if = "Option::is_none")]
        platform_version: Option<String>,
        network_configuration: Option<NetworkConfiguration>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        volume_configurations: Vec<VolumeConfiguration>,
    }

    /// A volume that a service configures when it starts a task.
    VolumeConfiguration {
        /// Its name in the task definition.
        name: Option<String>,
        /// The EBS volume that ECS makes for each task.
        #[serde(rename = "managedEBSVolume", skip_serializing_if = "Option::is_none")]
        managed_ebs_volume: Option<ManagedEbsVolume>,
    }

    /// An EBS volume that ECS makes.
    ManagedEbsVolume {
        /// The infrastructure role with which ECS makes it.
        role_arn: Option<String>,
        /// The key that encrypts it; absent for `aws/ebs`.
        #[serde(skip_serializing_if = "Option::is_none")]
        kms_key_id: Option<String>,
    }

    /// A capacity provider of a service.
    CapacityProvider {
        /// `FARGATE`, `FARGATE_SPOT`, or the name of one with instances.
        capacity_provider: Option<String>,
    }

    /// Where tasks are put.
    NetworkConfiguration {
        /// For the network mode `awsvpc`.
        awsvpc_configuration: Option<AwsVpcConfiguration>,
    }

    /// The task's network interface, as a service configures it.
    AwsVpcConfiguration {
        /// Subnets to choose from.
        subnets: Vec<String>,
        /// Security groups; the VPC's default one if empty.
        security_groups: Vec<String>,
        /// `ENABLED` or `DISABLED`.
        assign_public_ip: Option<String>,
    }

    /// A deployment of a service.
    Deployment {
        /// `ecs-svc/...`, the `startedBy` of its tasks.
        id: Option<String>,
        /// `PRIMARY`, `ACTIVE` or `INACTIVE`.
        status: Option<String>,
        task_definition: Option<String>,
        running_count: i64,
        desired_count: i64,
        failed_tasks: i64,
        /// `IN_PROGRESS`, `COMPLETED` or `FAILED`.
        rollout_state: Option<String>,
        /// Why, such as that the circuit breaker rolls it back.
        rollout_state_reason: Option<String>,
        created_at: Option<Moment>,
        #[serde(skip_serializing_if = "Option::is_none")]
        platform_version: Option<String>,
        network_configuration: Option<NetworkConfiguration>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        volume_configurations: Vec<VolumeConfiguration>,
    }

    /// An instance that tasks run on (`DescribeContainerInstances`).
    ContainerInstance {
        /// The EC2 instance; absent for external ones.
        ec2_instance_id: Option<String>,
        version_info: Option<VersionInfo>,
        agent_connected: bool,
    }

    /// The versions of an instance's software.
    VersionInfo {
        /// Such as `1.89.1`.
        agent_version: Option<String>,
    }
}

/// The launch type, or that of the first capacity provider.
#[must_use]
pub fn launch_type<'f>(stated: Option<&'f str>, providers: &[CapacityProvider]) -> Option<&'f str> {
    let provided = providers.first().and_then(|provider| provider.capacity_provider.as_deref());
    stated.or(provided.map(|name| if name.starts_with("FARGATE") { "FARGATE" } else { "EC2" }))
}
