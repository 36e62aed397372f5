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
            say("the specified log group does not exist").means(S::LogDriver, F::NotFound),
            say("log group does not exist").means(S::LogDriver, F::NotFound),
            say("cannot get region for awslogs driver").means(S::LogDriver, F::Misconfigured),
            say("unknown log opt").means(S::LogDriver, F::Misconfigured),
            say("must specify a value for log opt").means(S::LogDriver, F::Misconfigured),
            say("splunk-token is expected").means(S::LogDriver, F::Misconfigured),
            say("splunk-url is expected").means(S::LogDriver, F::Misconfigured),
            say("gelf-address is a required parameter").means(S::LogDriver, F::Misconfigured),
            say("gelf: endpoint needs to be").means(S::LogDriver, F::Misconfigured),
            say("awslogs-datetime-format and awslogs-multiline-pattern cannot")
                .means(S::LogDriver, F::Misconfigured),
            say("logger: no log driver named").means(S::LogDriver, F::Misconfigured),
            say("log driver").step(S::LogDriver),
        ],
    ),
    section(
        Hint,
        &["moby/moby daemon/logger", FARGATE],
        &[say("is not enabled on this host").means(S::LogDriver, F::Misconfigured)],
    ),
    section(
        Said,
        &["aws/amazon-ecs-agent agent/taskresource/firelens, agent/api/task", FARGATE],
        &[
            say("unable to initialize firelens resource").means(S::LogDriver, F::Misconfigured),
            say("fluentbit init process").step(S::LogDriver),
            say("fluent bit init process").step(S::LogDriver),
            say("unable to generate firelens config file").means(S::LogDriver, F::Misconfigured),
            say("invalid firelens configuration type").means(S::LogDriver, F::Misconfigured),
            say("unable to download s3 config ").within(Nothing, &[" from bucket "]),
            say("firelens").step(S::LogDriver),
            say("requires options: ").means(S::LogDriver, F::Misconfigured).word(Nothing, &[]),
            say("at least one container has to be configured with the awsfirelens log driver")
                .means(S::LogDriver, F::Misconfigured),
            say("no log configuration specified").means(S::LogDriver, F::Misconfigured),
            say("unable to get bridgeip for task in bridge mode").means(S::LogDriver, F::Misconfigured),
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
