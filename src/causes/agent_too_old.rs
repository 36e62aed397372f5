//! The platform or agent version is older than what the reference needs.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Explanation, Owner};
use crate::question::{Known, ask};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::{Reference, ReferenceKind, Target};

pub(super) const CAUSE: Cause = Cause {
    id: "agent-too-old",
    title: "the platform or agent version is too old",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The task definition uses a form of reference that the Fargate platform version, or the ECS agent, does not know yet; or the agent has a bug that a later version fixed.",
        why: "Agents of 1.91 do not take the names of dual-stack registries (dkr-ecr, on.aws), and 1.91.1 calls FIPS endpoints of ECR without `https://`. A JSON key or version in valueFrom needs agent 1.37.0 or Fargate platform 1.4.0 (1.0.0 on Windows); environmentFiles need agent 1.39.0 or platform 1.4.0.",
        tell: "The task's platformVersion is below 1.4.0 on Linux, and a reference asks for a JSON key, a version, or an environment file.",
        fix: "Use platform version LATEST, or update the agent.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-update.html",
    ],
    when: |symptom| {
        let told = matches!(symptom.fault, Fault::BadReference | Fault::NotFound | Fault::RoleMissing);
        let uses = told && matches!(symptom.step, Step::SecretsManager | Step::EnvFile | Step::RegistryCredentials | Step::ExecutionRole);
        uses || FLAWS.iter().any(|flaw| (flaw.shows)(symptom))
    },
    ask: |case| case.instance_question().into_iter().map(Into::into).collect(),
    assess,
    examples: &[],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if let Some(flaw) = FLAWS.iter().find(|flaw| (flaw.shows)(case.symptom)) {
        return flawed(case, flaw);
    }
    let used = FEATURES.iter().filter(|feature| case.references.iter().any(|reference| (feature.uses)(reference)));
    let feature = used.max_by_key(|feature| feature.agent)?;
    if case.task.launch_type.as_deref() == Some("FARGATE") {
        return on_fargate(case, feature);
    }
    let instance = case.look(&case.instance_question()?).found()?;
    let agent = version(instance.version_info.as_ref()?.agent_version.as_deref()?).filter(|agent| *agent < feature.agent)?;
    let (had, needed) = (written(agent), written(feature.agent));
    let what = vec![Finding::found(format!("the container instance runs agent {had}; {needed} is needed"), "DescribeContainerInstances")];
    // An agent that is too old now was no newer then.
    let proof = Proof::by(what, Identity::of_revision(case), Complete::alone(), Time::unchanging());
    Some(Assessment::confirmed(format!("ECS agent {had} does not know {}", feature.name), proof).fix(fix(case)))
}

fn on_fargate(case: &Case<'_>, feature: &Feature) -> Option<Assessment> {
    let platform = case.task.platform_version.as_deref().and_then(version)?;
    let family = case.task.platform_family.as_deref().map(str::to_ascii_lowercase);
    let is_windows = family.as_ref().is_some_and(|family| family.starts_with("windows"));
    if is_windows || platform >= feature.platform {
        return None;
    }
    let (had, needed) = (written(platform), written(feature.platform));
    let what = vec![Finding::found(format!("the task ran on platform version {had}; {needed} is needed"), "event")];
    // Windows began with 1.0.0, and has no other.
    let unknown = (family.is_none() && platform == WINDOWS).then(|| "whether the task ran on Windows, whose platform version 1.0.0 knows it".to_owned());
    let proof = Proof::by(what, Identity::of_revision(case), Complete::unless(unknown), Time::unchanging());
    Some(Assessment::confirmed(format!("Fargate platform {had} does not know {}", feature.name), proof).fix(fix(case)))
}

/// A fault of the agent that its words show, where the agent can be one that has it.
fn flawed(case: &Case<'_>, flaw: &Flaw) -> Option<Assessment> {
    if case.forecast {
        return None;
    }
    let other = |found: Finding| {
        let text = "ask AWS Support to look at it, if the next task fails in the same way: the login arrived, and the agent could not use it";
        Assessment::possible("the agent could not use the login of ECR").finding(found).fix(Fix::words(text).run(case.commands([])))
    };
    if case.task.launch_type.as_deref() == Some("FARGATE") {
        return Some(other(Finding::found("the task ran on Fargate, whose agent AWS keeps", "event")));
    }
    let known = case.instance_question().map_or(Known::NotAsked, |question| case.look(&question));
    let told = known.found().and_then(|instance| version(instance.version_info.as_ref()?.agent_version.as_deref()?));
    if let Some(agent) = told {
        let found = Finding::found(format!("the container instance runs agent {}", written(agent)), "DescribeContainerInstances");
        let has_it = agent >= flaw.since && agent < flaw.until;
        let title = format!("ECS agent {} {}", written(agent), flaw.name);
        let likely = |found| Assessment::likely(title).supported().finding(found).finding(Finding::unknown(FLAW_UNTOLD)).fix(fix(case));
        return Some(if has_it { likely(found) } else { other(found) });
    }
    let unknown = Finding::not_told("which version of the ECS agent the container instance runs", known);
    let title = format!("the ECS agent may be one that {}", flaw.name);
    let said = if (flaw.alone)(case.symptom) { Assessment::likely(title).supported() } else { Assessment::possible(title) };
    Some(said.findings(unknown).fix(fix(case)))
}

const FLAW_UNTOLD: &str = "whether that is what failed: the agent does not say so";

/// A fault that agents had.
struct Flaw {
    /// What such an agent does.
    name: &'static str,
    /// Whether a symptom can be of it.
    shows: fn(&Symptom) -> bool,
    /// Whether nothing else is known to show itself so.
    alone: fn(&Symptom) -> bool,
    /// The first agent that has it.
    since: Version,
    /// The first one after that which has not.
    until: Version,
}

/// What agents are publicly known to have failed on, in their issue tracker.
const FLAWS: &[Flaw] = &[
    Flaw {
        name: "does not know the name of a dual-stack registry",
        shows: |symptom| is_login(symptom) && is_dual_stack(symptom),
        alone: |_| true,
        since: (1, 0, 0),
        until: (1, 92, 0),
    },
    Flaw {
        name: "calls the FIPS endpoint of ECR by a wrong address",
        shows: |symptom| is_login(symptom) && !is_dual_stack(symptom) && symptom.step == Step::EcrAuth,
        alone: |symptom| symptom.fault == Fault::Misconfigured,
        since: (1, 91, 1),
        until: (1, 91, 2),
    },
];

/// Whether the agent could not make use of a login of ECR, and neither IAM nor the network is told to be at fault.
fn is_login(symptom: &Symptom) -> bool {
    let login = matches!(symptom.step, Step::EcrAuth | Step::ImagePull);
    login && matches!(symptom.fault, Fault::Misconfigured | Fault::ServiceError | Fault::WrongShape | Fault::BadReference)
}

fn is_dual_stack(symptom: &Symptom) -> bool {
    [&symptom.resource, &symptom.host].into_iter().flatten().any(|fact| fact.text.contains(".dkr-ecr"))
}

type Version = (u32, u32, u32);

/// The platform version of Fargate for Windows, which knows all of these.
const WINDOWS: Version = (1, 0, 0);

/// What a reference can use, and since when it can.
struct Feature {
    name: &'static str,
    uses: fn(&Reference) -> bool,
    /// The first ECS agent that knows it.
    agent: Version,
    /// The first Linux platform version of Fargate that knows it.
    platform: Version,
}

/// The Amazon ECS developer guide's minimum versions.
const FEATURES: &[Feature] = &[
    Feature { name: "environment files", uses: |reference| reference.kind == ReferenceKind::EnvFile, agent: (1, 39, 0), platform: (1, 4, 0) },
    Feature {
        name: "JSON keys and versions in valueFrom",
        uses: |reference| matches!(reference.target(), Some(Target::Secret(secret)) if secret.extra_parts > 0),
        agent: (1, 37, 0),
        platform: (1, 4, 0),
    },
    Feature { name: "secrets", uses: |reference| reference.kind == ReferenceKind::Secret, agent: (1, 22, 0), platform: (1, 3, 0) },
    Feature { name: "registry credentials", uses: |reference| reference.kind == ReferenceKind::RegistryCredentials, agent: (1, 19, 0), platform: (1, 2, 0) },
    Feature { name: "execution roles", uses: |reference| reference.kind == ReferenceKind::ExecutionRole, agent: (1, 16, 0), platform: (1, 0, 0) },
];

fn written((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

fn version(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some(ask::ContainerInstance { region, cluster, arn }) = case.instance_question() {
        let update = Command::aws("ecs update-container-agent", Some(&region)).name("--cluster", Kind::Cluster, cluster.as_str());
        return Fix::words("update the ECS agent of the instance, or put it on a current ECS-optimized AMI").run([update.name(
            "--container-instance",
            Kind::ContainerInstance,
            arn.as_str(),
        )]);
    }
    let update = case.service_of_task().map(|service| {
        let update = case.aws_at_task("ecs update-service").maybe("--cluster", Kind::Cluster, case.task.cluster.as_deref());
        update.name("--service", Kind::Service, service).words("--platform-version LATEST --force-new-deployment")
    });
    Fix::words("run on platform version LATEST").run(update)
}
