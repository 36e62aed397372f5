//! What ECS puts around an error: the names that it gives to errors, and its advice.

use super::{FARGATE, Section, section};
use crate::reason::phrase::Names::Resource;
use crate::reason::phrase::Strength::{Hint, Proof, Said};
use crate::reason::phrase::say;
use crate::reason::symptom::{Fault as F, Step as S};

pub(super) const SAYS: &[Section] = &[
    section(
        Said,
        &["aws/amazon-ecs-agent agent/dockerclient, agent/api/errors", FARGATE],
        &[
            say(": secret ").word(Resource, &[": "]),
            say("secret ").word(Resource, &[": "]).at_start(),
            say("connection issue between the task and aws secrets manager")
                .means(S::SecretsManager, F::NetworkTimeout),
            say("connection issue between the task and aws systems manager")
                .means(S::ParameterStore, F::NetworkTimeout),
            say("connection issue between the task and ssm").means(S::ParameterStore, F::NetworkTimeout),
            say("cannotpullcontainerautherror").opens().step(S::RegistryCredentials),
            say("cannotpullecrcontainererror").opens().step(S::EcrAuth),
            say("connection issue between the task and amazon s3").fault(F::NetworkTimeout),
            say("cannotpullcontainererror").opens().step(S::ImagePull),
            say("cannotpullimagemanifesterror").opens().step(S::ImagePull),
            say("connection issue between the task and the registry").means(S::ImagePull, F::NetworkTimeout),
            say("could not reach any registry endpoint").means(S::ImagePull, F::NetworkTimeout),
            say("there is a connection issue between the task and").fault(F::NetworkTimeout),
            say("there is a connection issue").fault(F::NetworkTimeout),
            say("check your task network configuration. : signal: killed").fault(F::NetworkTimeout),
            say("pull command failed: : signal: killed").fault(F::NetworkTimeout),
            say("connection issue between the task and amazon cloudwatch")
                .means(S::LogDriver, F::NetworkTimeout),
            say("volumeerror").step(S::Volume),
            say("containernetworkingerror").opens().step(S::NetworkInterface),
            say("cannotstartcontainererror").opens(),
            say("cannotcreatecontainererror").opens().step(S::Container),
            say("cannotinspectcontainererror").opens().step(S::Container),
            say("cgrouperror").step(S::Container),
            say("cannotcreatevolumeerror").opens().step(S::Volume),
            say("containervanishederror").means(S::Container, F::NotFound),
            say("dockertimeouterror").opens().means(S::Container, F::TimedOut),
            say("dockerclientconfigerror").step(S::Container),
            say("hostconfigerror").step(S::Container),
            say("taskstateerror").step(S::Container),
            say("could not transition to").means(S::Container, F::TimedOut),
            say("timed out after waiting").fault(F::TimedOut),
            say("resourceinitializationerror").opens(),
        ],
    ),
    section(
        Hint,
        &["aws/amazon-ecs-agent agent/dockerclient, agent/api/errors", FARGATE],
        &[
            say("check that the secret exists in the specified region").means(S::SecretsManager, F::NotFound),
            say("check whether the secret exists in the specified region")
                .means(S::SecretsManager, F::NotFound),
            say("unable to pull secrets:").step(S::SecretsManager),
            say("the task can't pull the image").step(S::ImagePull),
            say("the task can't pull the image. check your network configuration")
                .means(S::ImagePull, F::NetworkTimeout),
            say("check that the role has the permissions to pull images")
                .means(S::ImagePull, F::AccessDenied),
            say("the task can't pull the image. check whether the image exists")
                .means(S::ImagePull, F::NotFound),
            say("unrecogniedtaskerror").fault(F::Misconfigured),
            say("essential container in task exited").opens().means(S::Container, F::Exited),
            say("essential container in the task exited").means(S::Container, F::Exited),
        ],
    ),
    section(
        Proof,
        &["aws/amazon-ecs-agent agent/dockerclient, agent/api/errors", FARGATE],
        &[say("outofmemoryerror").opens().means(S::Container, F::OutOfMemory)],
    ),
];
