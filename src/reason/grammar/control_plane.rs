//! What ECS itself says of tasks, and of the roles, volumes and network interfaces that it gives them.

use super::{Section, section};
use crate::reason::phrase::Names::{Resource, Role, ServiceLinked};
use crate::reason::phrase::Strength::{Hint, Proof, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        &["AWS: Amazon ECS troubleshooting"],
        &[
            say("ebs volume").step(S::EbsVolume),
            say("timeout waiting for ebs volume").means(S::EbsVolume, F::TimedOut),
            say("timed out waiting for ebs volume").means(S::EbsVolume, F::TimedOut),
            say("ecs timed out while configuring the ebs volume").means(S::EbsVolume, F::TimedOut),
            say("timeout waiting for ephemeralstorage provisioning").means(S::Volume, F::TimedOut),
        ],
    ),
    section(
        Said,
        &["AWS: Amazon ECS stopped task error messages", "AWS: Amazon EC2 API error codes"],
        &[
            say("network interface provision complete error timeout").means(S::NetworkInterface, F::TimedOut),
            say("timeout waiting for network interface provisioning").means(S::NetworkInterface, F::TimedOut),
            say("timeout wait for network interface provision").means(S::NetworkInterface, F::TimedOut),
            say("while preparing network interface").step(S::NetworkInterface),
            say("create network interface in subnet '").step(S::NetworkInterface).within(Resource, &["'"]),
            say("create network interface with public ip assignment enabled in subnet '")
                .step(S::NetworkInterface)
                .within(Resource, &["'"]),
            say("unexpected ec2 error").step(S::NetworkInterface),
            say("create network interface").step(S::NetworkInterface),
        ],
    ),
    section(
        Said,
        &["AWS: Amazon ECS service event messages, stopped task error messages, API failure reasons"],
        &[
            say("task failed container health checks").opens().means(S::Container, F::Unhealthy),
            say("failed container health checks").means(S::Container, F::Unhealthy),
            say("failed elb health checks").means(S::Container, F::Unhealthy),
            say("elb health checks in (target-group ")
                .means(S::Container, F::Unhealthy)
                .within(Resource, &[")"]),
            say("failed elb health checks in (target-group ")
                .means(S::Container, F::Unhealthy)
                .within(Resource, &[")"]),
            say("is unhealthy in (target-group ")
                .opens()
                .means(S::Container, F::Unhealthy)
                .within(Resource, &[")"]),
            say("is unhealthy in target-group ")
                .opens()
                .means(S::Container, F::Unhealthy)
                .word(Resource, &[]),
            say("is unhealthy in (load-balancer ")
                .opens()
                .means(S::Container, F::Unhealthy)
                .within(Resource, &[")"]),
            say("is unhealthy in (elb ").opens().means(S::Container, F::Unhealthy).within(Resource, &[")"]),
            say("elb healthcheck failed").opens().means(S::Container, F::Unhealthy),
            say("dependent container failed health check").means(S::Container, F::Unhealthy),
            say("failed health check").means(S::Container, F::Unhealthy),
            say("scaling activity initiated by").opens().means(S::Container, F::Normal),
            say("task stopped by user").opens().means(S::Container, F::Normal),
            say("task stopped by a call to").opens().means(S::Container, F::Normal),
            say("container instance deregistration forced by user").means(S::Capacity, F::Normal),
            say("ecs is performing maintenance on the underlying infrastructure")
                .means(S::Capacity, F::Normal),
            say("your spot task was interrupted").opens().means(S::Capacity, F::OutOfCapacity),
            say("host ec2 (instance ").means(S::Capacity, F::OutOfCapacity),
            say("host ec2 (instance i-")
                .means(S::Capacity, F::OutOfCapacity)
                .within(Resource, &[")"])
                .back(2),
            say("capacity is unavailable at this time").means(S::Capacity, F::OutOfCapacity),
            say("unable to launch instance").step(S::Capacity),
            say("for capacity provider ").step(S::Capacity).word(Resource, &[". "]),
            say("unfulfillablecapacity").means(S::Capacity, F::OutOfCapacity),
            say("no container instances were found in your cluster").means(S::Capacity, F::OutOfCapacity),
            say("no container instances were found in your capacity provider")
                .means(S::Capacity, F::OutOfCapacity),
            say("no container instances were found in").means(S::Capacity, F::OutOfCapacity),
            say("the closest matching container-instance is ").means(S::Capacity, F::OutOfCapacity),
            say("the closest matching container-instance ")
                .means(S::Capacity, F::OutOfCapacity)
                .within(Resource, &[" has ", " is ", " does", " encountered "])
                .back(19),
            say("the closest matching (").means(S::Capacity, F::OutOfCapacity).within(Resource, &[")"]),
            say("fargate resource requirements").means(S::Capacity, F::Misconfigured),
            say("no fargate configuration exists for given values").means(S::Capacity, F::Misconfigured),
            say("authorization to access the specified platform").means(S::Capacity, F::AccessDenied),
            say("agent").alone().means(S::Capacity, F::OutOfCapacity),
            say("attribute").alone().means(S::Capacity, F::OutOfCapacity),
            say("location").alone().means(S::Capacity, F::OutOfCapacity),
            say("failure reason: agent").means(S::Capacity, F::OutOfCapacity),
            say("taskfailedtostart: agent").means(S::Capacity, F::OutOfCapacity),
            say("encountered error \"agent\"").means(S::Capacity, F::OutOfCapacity),
            say("reason\": \"agent\"").means(S::Capacity, F::OutOfCapacity),
            say("failure reason: attribute").means(S::Capacity, F::OutOfCapacity),
            say("taskfailedtostart: attribute").means(S::Capacity, F::OutOfCapacity),
            say("encountered error \"attribute\"").means(S::Capacity, F::OutOfCapacity),
            say("reason\": \"attribute\"").means(S::Capacity, F::OutOfCapacity),
            say("failure reason: location").means(S::Capacity, F::OutOfCapacity),
            say("taskfailedtostart: location").means(S::Capacity, F::OutOfCapacity),
            say("encountered error \"location\"").means(S::Capacity, F::OutOfCapacity),
            say("reason\": \"location\"").means(S::Capacity, F::OutOfCapacity),
            say("reached the limit on the number of tasks").means(S::Capacity, F::Throttled),
            say("reached the limit on the number of vcpus").means(S::Capacity, F::Throttled),
            say("configuration is above your limit").means(S::Capacity, F::Throttled),
            say("operations are being throttled").means(S::Capacity, F::Throttled),
            say("was unable to place a task. reason: internal error").means(S::Capacity, F::ServiceError),
            say("not compatible with the selected compute strategy").means(S::Capacity, F::Misconfigured),
            say("resource:cpu").means(S::Capacity, F::OutOfCapacity),
            say("resource:memory").means(S::Capacity, F::OutOfCapacity),
            say("resource:eni").means(S::Capacity, F::OutOfCapacity),
            say("resource:ports").means(S::Capacity, F::OutOfCapacity),
            say("resource:ports_tcp").means(S::Capacity, F::OutOfCapacity),
            say("resource:fargate").means(S::Capacity, F::OutOfCapacity),
            say("resource:gpu").means(S::Capacity, F::OutOfCapacity),
            say("empty capacity provider").means(S::Capacity, F::OutOfCapacity),
            say("no active instances").means(S::Capacity, F::OutOfCapacity),
        ],
    ),
    section(
        Hint,
        &["AWS: Amazon ECS service event messages, stopped task error messages, API failure reasons"],
        &[
            say("no container instance met all of its requirements").means(S::Capacity, F::OutOfCapacity),
            say("was unable to place a task because").means(S::Capacity, F::OutOfCapacity),
            say("essentialcontainerexited").means(S::Container, F::Exited),
            say("spotinterruption").means(S::Capacity, F::OutOfCapacity),
        ],
    ),
    section(
        Proof,
        &["aws/amazon-ecs-agent agent/taskresource", "AWS: Amazon ECS troubleshooting"],
        &[
            say("unable to find execution role credentials").means(S::ExecutionRole, F::RoleMissing),
            say("credentialspec resource: unable to find execution role credentials")
                .means(S::ExecutionRole, F::RoleMissing),
            say("uses execution credentials, but the credentials are empty")
                .means(S::ExecutionRole, F::RoleMissing),
            say("unable to get execution role credentials").means(S::ExecutionRole, F::RoleMissing),
            say("no execution credentials set for the task").means(S::ExecutionRole, F::RoleMissing),
            say("engine ecr credentials: not found").means(S::ExecutionRole, F::RoleMissing),
            say("you must also specify a value for 'executionrolearn'")
                .means(S::ExecutionRole, F::RoleMissing),
            say("you must also specify a value for executionrolearn").means(S::ExecutionRole, F::RoleMissing),
            say("the task definition is missing an execution role").means(S::ExecutionRole, F::RoleMissing),
            say("fargate requires task definition to have execution role")
                .means(S::ExecutionRole, F::RoleMissing),
            say("unable to assume").means(S::ExecutionRole, F::AssumeRoleDenied),
            say("unable to assume the role '")
                .means(S::ExecutionRole, F::AssumeRoleDenied)
                .word(Role, &["'"]),
            say("role is not valid").means(S::ExecutionRole, F::BadReference),
            say("error when retrieving credentials from container-role").means(S::Container, F::RoleMissing),
            say("credentialsv2request: credentials not found").means(S::Container, F::RoleMissing),
            say("unable to assume the configured ecs infrastructure role '")
                .means(S::ExecutionRole, F::AssumeRoleDenied)
                .word(Role, &["'"]),
            say("unable to assume the service linked role")
                .means(S::ExecutionRole, F::AssumeRoleDenied)
                .word(ServiceLinked, &[])
                .back(19),
        ],
    ),
];
