//! What the agent and the runtime say of a log driver.

use super::{FARGATE, Section, section};
use crate::reason::phrase::Names::{Nothing, Resource};
use crate::reason::phrase::Strength::{Hint, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        &["moby/moby daemon/logger", FARGATE],
        &[
            say("failed to validate logger args").step(S::LogDriver),
            say("failed to initialize logging driver").step(S::LogDriver),
            say("the task cannot find the amazon cloudwatch log group").step(S::LogDriver),
            say("failed to create cloudwatch").step(S::LogDriver),
            say("the specified log group does not exist").step(S::LogDriver).fault(F::NotFound),
            say("log group does not exist").step(S::LogDriver).fault(F::NotFound),
            say("cannot get region for awslogs driver").step(S::LogDriver).fault(F::Misconfigured),
            say("unknown log opt").step(S::LogDriver).fault(F::Misconfigured),
            say("must specify a value for log opt").step(S::LogDriver).fault(F::Misconfigured),
            say("splunk-token is expected").step(S::LogDriver).fault(F::Misconfigured),
            say("splunk-url is expected").step(S::LogDriver).fault(F::Misconfigured),
            say("gelf-address is a required parameter").step(S::LogDriver).fault(F::Misconfigured),
            say("gelf: endpoint needs to be").step(S::LogDriver).fault(F::Misconfigured),
            say("awslogs-datetime-format and awslogs-multiline-pattern cannot")
                .step(S::LogDriver)
                .fault(F::Misconfigured),
            say("logger: no log driver named").step(S::LogDriver).fault(F::Misconfigured),
            say("log driver").step(S::LogDriver),
        ],
    ),
    section(
        Hint,
        &["moby/moby daemon/logger", FARGATE],
        &[say("is not enabled on this host").step(S::LogDriver).fault(F::Misconfigured)],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/taskresource/firelens, agent/api/task", FARGATE],
        &[
            say("unable to initialize firelens resource").step(S::LogDriver).fault(F::Misconfigured),
            say("fluentbit init process").step(S::LogDriver),
            say("fluent bit init process").step(S::LogDriver),
            say("unable to generate firelens config file").step(S::LogDriver).fault(F::Misconfigured),
            say("invalid firelens configuration type").step(S::LogDriver).fault(F::Misconfigured),
            say("unable to download s3 config ").within(Nothing, &[" from bucket "]),
            say("firelens").step(S::LogDriver),
            say("requires options: ").step(S::LogDriver).fault(F::Misconfigured).word(Nothing, &[]),
            say("at least one container has to be configured with the awsfirelens log driver")
                .step(S::LogDriver)
                .fault(F::Misconfigured),
            say("no log configuration specified").step(S::LogDriver).fault(F::Misconfigured),
            say("unable to get bridgeip for task in bridge mode").step(S::LogDriver).fault(F::Misconfigured),
        ],
    ),
    section(
        Hint,
        &["aws/amazon-ecs-agent agent/taskresource/firelens, agent/api/task", FARGATE],
        &[
            say("unable to initialize resource directory ").word(Nothing, &[": "]).step(S::LogDriver),
            say("logging driver specified of container ").step(S::LogDriver).word(Resource, &[","]),
        ],
    ),
];
