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
            say("timeout waiting for ebs volume").step(S::EbsVolume).fault(F::TimedOut),
            say("timed out waiting for ebs volume").step(S::EbsVolume).fault(F::TimedOut),
            say("ecs timed out while configuring the ebs volume").step(S::EbsVolume).fault(F::TimedOut),
            say("timeout waiting for ephemeralstorage provisioning").step(S::Volume).fault(F::TimedOut),
        ],
    ),
    section(
        Said,
        &["AWS: Amazon ECS stopped task error messages", "AWS: Amazon EC2 API error codes"],
        &[
            say("network interface provision complete error timeout")
                .step(S::NetworkInterface)
                .fault(F::TimedOut),
            say("timeout waiting for network interface provisioning")
                .step(S::NetworkInterface)
                .fault(F::TimedOut),
            say("timeout wait for network interface provision").step(S::NetworkInterface).fault(F::TimedOut),
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
            say("task failed container health checks").opens().step(S::Container).fault(F::Unhealthy),
            say("failed container health checks").step(S::Container).fault(F::Unhealthy),
            say("failed elb health checks").step(S::Container).fault(F::Unhealthy),
            say("elb health checks in (target-group ")
                .step(S::Container)
                .fault(F::Unhealthy)
                .within(Resource, &[")"]),
            say("failed elb health checks in (target-group ")
                .step(S::Container)
                .fault(F::Unhealthy)
                .within(Resource, &[")"]),
            say("is unhealthy in (target-group ")
                .opens()
                .step(S::Container)
                .fault(F::Unhealthy)
                .within(Resource, &[")"]),
            say("is unhealthy in target-group ")
                .opens()
                .step(S::Container)
                .fault(F::Unhealthy)
                .word(Resource, &[]),
            say("is unhealthy in (load-balancer ")
                .opens()
                .step(S::Container)
                .fault(F::Unhealthy)
                .within(Resource, &[")"]),
            say("is unhealthy in (elb ")
                .opens()
                .step(S::Container)
                .fault(F::Unhealthy)
                .within(Resource, &[")"]),
            say("elb healthcheck failed").opens().step(S::Container).fault(F::Unhealthy),
            say("dependent container failed health check").step(S::Container).fault(F::Unhealthy),
            say("failed health check").step(S::Container).fault(F::Unhealthy),
            say("scaling activity initiated by").opens().step(S::Container).fault(F::Normal),
            say("task stopped by user").opens().step(S::Container).fault(F::Normal),
            say("task stopped by a call to").opens().step(S::Container).fault(F::Normal),
            say("container instance deregistration forced by user").step(S::Capacity).fault(F::Normal),
            say("ecs is performing maintenance on the underlying infrastructure")
                .step(S::Capacity)
                .fault(F::Normal),
            say("your spot task was interrupted").opens().step(S::Capacity).fault(F::OutOfCapacity),
            say("host ec2 (instance ").step(S::Capacity).fault(F::OutOfCapacity),
            say("host ec2 (instance i-")
                .step(S::Capacity)
                .fault(F::OutOfCapacity)
                .within(Resource, &[")"])
                .back(2),
            say("capacity is unavailable at this time").step(S::Capacity).fault(F::OutOfCapacity),
            say("unable to launch instance").step(S::Capacity),
            say("for capacity provider ").step(S::Capacity).word(Resource, &[". "]),
            say("unfulfillablecapacity").step(S::Capacity).fault(F::OutOfCapacity),
            say("no container instances were found in your cluster")
                .step(S::Capacity)
                .fault(F::OutOfCapacity),
            say("no container instances were found in your capacity provider")
                .step(S::Capacity)
                .fault(F::OutOfCapacity),
            say("no container instances were found in").step(S::Capacity).fault(F::OutOfCapacity),
            say("the closest matching container-instance is ").step(S::Capacity).fault(F::OutOfCapacity),
            say("the closest matching container-instance ")
                .step(S::Capacity)
                .fault(F::OutOfCapacity)
                .within(Resource, &[" has ", " is ", " does", " encountered "])
                .back(19),
            say("the closest matching (").step(S::Capacity).fault(F::OutOfCapacity).within(Resource, &[")"]),
            say("fargate resource requirements").step(S::Capacity).fault(F::Misconfigured),
            say("no fargate configuration exists for given values").step(S::Capacity).fault(F::Misconfigured),
            say("authorization to access the specified platform").step(S::Capacity).fault(F::AccessDenied),
            say("agent").alone().step(S::Capacity).fault(F::OutOfCapacity),
            say("attribute").alone().step(S::Capacity).fault(F::OutOfCapacity),
            say("location").alone().step(S::Capacity).fault(F::OutOfCapacity),
            say("failure reason: agent").step(S::Capacity).fault(F::OutOfCapacity),
            say("taskfailedtostart: agent").step(S::Capacity).fault(F::OutOfCapacity),
            say("encountered error \"agent\"").step(S::Capacity).fault(F::OutOfCapacity),
            say("reason\": \"agent\"").step(S::Capacity).fault(F::OutOfCapacity),
            say("failure reason: attribute").step(S::Capacity).fault(F::OutOfCapacity),
            say("taskfailedtostart: attribute").step(S::Capacity).fault(F::OutOfCapacity),
            say("encountered error \"attribute\"").step(S::Capacity).fault(F::OutOfCapacity),
            say("reason\": \"attribute\"").step(S::Capacity).fault(F::OutOfCapacity),
            say("failure reason: location").step(S::Capacity).fault(F::OutOfCapacity),
            say("taskfailedtostart: location").step(S::Capacity).fault(F::OutOfCapacity),
            say("encountered error \"location\"").step(S::Capacity).fault(F::OutOfCapacity),
            say("reason\": \"location\"").step(S::Capacity).fault(F::OutOfCapacity),
            say("reached the limit on the number of tasks").step(S::Capacity).fault(F::Throttled),
            say("reached the limit on the number of vcpus").step(S::Capacity).fault(F::Throttled),
            say("configuration is above your limit").step(S::Capacity).fault(F::Throttled),
            say("operations are being throttled").step(S::Capacity).fault(F::Throttled),
            say("was unable to place a task. reason: internal error")
                .step(S::Capacity)
                .fault(F::ServiceError),
            say("not compatible with the selected compute strategy")
                .step(S::Capacity)
                .fault(F::Misconfigured),
            say("resource:cpu").step(S::Capacity).fault(F::OutOfCapacity),
            say("resource:memory").step(S::Capacity).fault(F::OutOfCapacity),
            say("resource:eni").step(S::Capacity).fault(F::OutOfCapacity),
            say("resource:ports").step(S::Capacity).fault(F::OutOfCapacity),
            say("resource:ports_tcp").step(S::Capacity).fault(F::OutOfCapacity),
            say("resource:fargate").step(S::Capacity).fault(F::OutOfCapacity),
            say("resource:gpu").step(S::Capacity).fault(F::OutOfCapacity),
            say("empty capacity provider").step(S::Capacity).fault(F::OutOfCapacity),
            say("no active instances").step(S::Capacity).fault(F::OutOfCapacity),
        ],
    ),
    section(
        Hint,
        &["AWS: Amazon ECS service event messages, stopped task error messages, API failure reasons"],
        &[
            say("no container instance met all of its requirements")
                .step(S::Capacity)
                .fault(F::OutOfCapacity),
            say("was unable to place a task because").step(S::Capacity).fault(F::OutOfCapacity),
            say("essentialcontainerexited").step(S::Container).fault(F::Exited),
            say("spotinterruption").step(S::Capacity).fault(F::OutOfCapacity),
        ],
    ),
    section(
        Proof,
        &["aws/amazon-ecs-agent agent/taskresource", "AWS: Amazon ECS troubleshooting"],
        &[
            say("unable to find execution role credentials").step(S::ExecutionRole).fault(F::RoleMissing),
            say("credentialspec resource: unable to find execution role credentials")
                .step(S::ExecutionRole)
                .fault(F::RoleMissing),
            say("uses execution credentials, but the credentials are empty")
                .step(S::ExecutionRole)
                .fault(F::RoleMissing),
            say("unable to get execution role credentials").step(S::ExecutionRole).fault(F::RoleMissing),
            say("no execution credentials set for the task").step(S::ExecutionRole).fault(F::RoleMissing),
            say("engine ecr credentials: not found").step(S::ExecutionRole).fault(F::RoleMissing),
            say("you must also specify a value for 'executionrolearn'")
                .step(S::ExecutionRole)
                .fault(F::RoleMissing),
            say("you must also specify a value for executionrolearn")
                .step(S::ExecutionRole)
                .fault(F::RoleMissing),
            say("the task definition is missing an execution role")
                .step(S::ExecutionRole)
                .fault(F::RoleMissing),
            say("fargate requires task definition to have execution role")
                .step(S::ExecutionRole)
                .fault(F::RoleMissing),
            say("unable to assume").step(S::ExecutionRole).fault(F::AssumeRoleDenied),
            say("unable to assume the role '")
                .step(S::ExecutionRole)
                .fault(F::AssumeRoleDenied)
                .word(Role, &["'"]),
            say("role is not valid").step(S::ExecutionRole).fault(F::BadReference),
            say("error when retrieving credentials from container-role")
                .step(S::Container)
                .fault(F::RoleMissing),
            say("credentialsv2request: credentials not found").step(S::Container).fault(F::RoleMissing),
            say("unable to assume the configured ecs infrastructure role '")
                .step(S::ExecutionRole)
                .fault(F::AssumeRoleDenied)
                .word(Role, &["'"]),
            say("unable to assume the service linked role")
                .step(S::ExecutionRole)
                .fault(F::AssumeRoleDenied)
                .word(ServiceLinked, &[])
                .back(19),
        ],
    ),
];
