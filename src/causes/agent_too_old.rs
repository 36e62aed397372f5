//! The platform or agent version is older than what the reference needs.

use jiff::SignedDuration;

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::command::Command;
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Identity, Proof, Time};
use super::role::{GET_ROLE, RoleView};
use super::{Cause, Explanation, Owner};
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::{Reference, ReferenceKind, Target};

pub(super) const CAUSE: Cause = Cause {
    id: "agent-too-old",
    title: "the platform or agent version is too old",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The task definition uses a form of reference that the Fargate platform version, or the ECS agent, does not know yet; or the agent has a bug that a later version fixed.",
        why: "Agents before 1.95.0 do not take the names of dual-stack registries (dkr-ecr, on.aws), and 1.91.1 calls FIPS endpoints of ECR without `https://`. Before 1.101.2 a restarted agent may lack the execution role's credentials, before 1.87.1 it keeps a login of ECR when the role is recreated, before 1.37.0 it does not find FireLens files in us-east-1. A JSON key or version in valueFrom needs agent 1.37.0 or Fargate platform 1.4.0 (1.0.0 on Windows); environmentFiles need agent 1.39.0 or platform 1.4.0.",
        tell: "The task's platformVersion is below 1.4.0 on Linux, and a reference asks for a JSON key, a version, or an environment file.",
        fix: "Use platform version LATEST, or update the agent.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-update.html",
    ],
    when: |symptom| {
        let fits = matches!(symptom.fault, Fault::BadReference | Fault::NotFound | Fault::RoleMissing);
        let uses = fits
            && matches!(
                symptom.step,
                Step::SecretsManager | Step::EnvFile | Step::RegistryCredentials | Step::ExecutionRole
            );
        uses || FLAWS.iter().any(|flaw| (flaw.shows)(symptom))
    },
    ask,
    assess,
    examples: &[],
};

fn ask(case: &Case<'_>) -> Vec<Question> {
    let instance = case.instance_question().map(Question::from);
    if !may_be_stale(case.symptom) {
        return instance.into_iter().collect();
    }
    // The agent matters only where the role is new.
    let role = case.role().filter(|_| instance.is_some());
    let is_new = made_within_a_login(case).is_some();
    role.iter().flat_map(RoleView::ask).chain(instance.filter(|_| is_new)).collect()
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let mut shown = FLAWS.iter().filter(|flaw| (flaw.shows)(case.symptom));
    if let Some(flaw) = shown.clone().find(|flaw| matches!(flaw.sign, Sign::Words(_))) {
        return flawed(case, flaw);
    }
    if let Some(said) = shown.find_map(|flaw| of_version(case, flaw)) {
        return Some(said);
    }
    if may_be_stale(case.symptom) {
        return None;
    }
    let used =
        FEATURES.iter().filter(|feature| case.references.iter().any(|reference| (feature.uses)(reference)));
    let feature = used.max_by_key(|feature| feature.agent)?;
    if case.task.launch_type.as_deref() == Some("FARGATE") {
        return on_fargate(case, feature);
    }
    let instance = case.look(&case.instance_question()?).found()?;
    let agent = version(instance.version_info.as_ref()?.agent_version.as_deref()?)
        .filter(|agent| *agent < feature.agent)?;
    let (had, needed) = (written(agent), written(feature.agent));
    let what = vec![Finding::found(
        format!("the container instance runs agent {had}; {needed} is needed"),
        "DescribeContainerInstances",
    )];
    // An agent that is too old now was no newer then.
    let proof = Proof::by(what, Identity::of_revision(case), Complete::alone(), Time::unchanging());
    Some(
        Assessment::confirmed(format!("ECS agent {had} does not know {}", feature.name), proof)
            .fix(fix(case)),
    )
}

fn on_fargate(case: &Case<'_>, feature: &Feature) -> Option<Assessment> {
    let platform = case.task.platform_version.as_deref().and_then(version)?;
    let family = case.task.platform_family.as_deref().map(str::to_ascii_lowercase);
    let is_windows = family.as_ref().is_some_and(|family| family.starts_with("windows"));
    if is_windows || platform >= feature.platform {
        return None;
    }
    let (had, needed) = (written(platform), written(feature.platform));
    let what =
        vec![Finding::found(format!("the task ran on platform version {had}; {needed} is needed"), "event")];
    // Windows began with 1.0.0, and has no other.
    let unknown = (family.is_none() && platform == WINDOWS)
        .then(|| "whether the task ran on Windows, whose platform version 1.0.0 knows it".to_owned());
    let proof = Proof::by(what, Identity::of_revision(case), Complete::unless(unknown), Time::unchanging());
    Some(
        Assessment::confirmed(format!("Fargate platform {had} does not know {}", feature.name), proof)
            .fix(fix(case)),
    )
}

/// A fault of the agent that its words show, where the agent can be one that has it.
fn flawed(case: &Case<'_>, flaw: &Flaw) -> Option<Assessment> {
    if case.forecast {
        return None;
    }
    let other = |found: Finding| {
        let text = format!(
            "ask AWS Support to look at it, if the next task fails in the same way: the agent {}",
            flaw.could_not
        );
        Assessment::possible(format!("the agent {}", flaw.could_not))
            .finding(found)
            .fix(Fix::words(text).run(case.start_again()))
    };
    if case.task.launch_type.as_deref() == Some("FARGATE") {
        return Some(other(Finding::found("the task ran on Fargate, whose agent AWS keeps", "event")));
    }
    let known = case.instance_question().map_or(Known::NotAsked, |question| case.look(&question));
    if let Some((agent, found)) = agent(case) {
        return Some(if flaw.is_of(agent) {
            flaw.suspected(case, agent, Assessment::likely, [found])
        } else {
            other(found)
        });
    }
    let unknown = Finding::unanswered("which version of the ECS agent the container instance runs", known);
    let title = format!("the ECS agent may be one that {}", flaw.name);
    let said = if matches!(flaw.sign, Sign::Words(alone) if alone(case.symptom)) {
        Assessment::likely(title).supported()
    } else {
        Assessment::possible(title)
    };
    Some(said.findings(unknown).fix(fix(case)))
}

/// The version of the agent on the task's host.
fn agent(case: &Case<'_>) -> Option<(Version, Finding)> {
    let instance = case.look(&case.instance_question()?).found()?;
    let agent = version(instance.version_info.as_ref()?.agent_version.as_deref()?)?;
    Some((
        agent,
        Finding::found(
            format!("the container instance runs agent {}", written(agent)),
            "DescribeContainerInstances",
        ),
    ))
}

/// A fault of certain versions of the agent, where something else supports it too.
fn of_version(case: &Case<'_>, flaw: &Flaw) -> Option<Assessment> {
    let (agent, found) = agent(case).filter(|(agent, _)| !case.forecast && flaw.is_of(*agent))?;
    let Sign::Version(besides, said) = flaw.sign else { return None };
    Some(flaw.suspected(case, agent, said, [found, besides(case)?]))
}

/// ECR's logins are good for so long, and the agent kept them by the role's ARN.
const LOGIN: SignedDuration = SignedDuration::from_hours(12);

/// Whether a registry may have refused a login that was made for another role of the same name.
fn may_be_stale(symptom: &Symptom) -> bool {
    let is_of_ecr = symptom
        .resource
        .as_ref()
        .is_some_and(|image| image.text.contains(".dkr.ecr.") || image.text.contains(".dkr-ecr."));
    symptom.step == Step::ImagePull
        && symptom.fault == Fault::AccessDenied
        && symptom.action.is_none()
        && is_of_ecr
}

/// That the role was made less than the life of a login before the task failed.
fn made_within_a_login(case: &Case<'_>) -> Option<Finding> {
    let made = case.role()?.known().found()?.create_date?;
    let failed = case.task.failed_by()?;
    let is_new = made.0 < failed && failed.duration_since(made.0) < LOGIN;
    is_new
        .then(|| Finding::found(format!("the role was created on {made}: a login that the agent kept from before would be that of its predecessor"), GET_ROLE))
}

const FLAW_UNREPORTED: &str = "whether that is what failed: the agent does not say so";

/// What distinguishes a flaw of the agent from other causes.
#[derive(Clone, Copy)]
enum Sign {
    /// Its words: whether nothing else is known to show itself so.
    Words(fn(&Symptom) -> bool),
    /// The agent's version, with what else must support it, and how sure that makes it.
    Version(fn(&Case<'_>) -> Option<Finding>, fn(String) -> Assessment),
}

/// A fault that agents had.
struct Flaw {
    /// What such an agent does.
    name: &'static str,
    /// What came of it, where the agent has another version.
    could_not: &'static str,
    /// Whether a symptom can be of it.
    shows: fn(&Symptom) -> bool,
    /// What distinguishes it from other causes.
    sign: Sign,
    /// The first agent that has it.
    since: Version,
    /// The first one after that which has not.
    until: Version,
    /// The change that fixed it, in the agent's change log.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "where it is written is for people, and for the test that asks for it")
    )]
    fixed_by: &'static str,
}

impl Flaw {
    /// Whether an agent of this version has it.
    fn is_of(&self, agent: Version) -> bool {
        agent >= self.since && agent < self.until
    }

    /// What is said of an agent that has it: that it did fail on it, no agent says.
    fn suspected<const N: usize>(
        &self,
        case: &Case<'_>,
        agent: Version,
        said: fn(String) -> Assessment,
        found: [Finding; N],
    ) -> Assessment {
        said(format!("ECS agent {} {}", written(agent), self.name))
            .supported()
            .findings(found)
            .finding(Finding::unknown(FLAW_UNREPORTED))
            .fix(fix(case))
    }
}

/// What agents are publicly known to have failed on.
const FLAWS: &[Flaw] = &[
    Flaw {
        name: "does not know the name of a dual-stack registry",
        shows: |symptom| is_login(symptom) && is_dual_stack(symptom),
        could_not: "could not use the login of ECR",
        sign: Sign::Words(|_| true),
        since: (1, 0, 0),
        until: (1, 95, 0),
        fixed_by: "1.95.0: #4612",
    },
    Flaw {
        name: "calls the FIPS endpoint of ECR by a wrong address",
        shows: |symptom| is_login(symptom) && !is_dual_stack(symptom) && symptom.step == Step::EcrAuth,
        could_not: "could not use the login of ECR",
        sign: Sign::Words(|symptom| symptom.fault == Fault::Misconfigured),
        since: (1, 91, 1),
        until: (1, 91, 2),
        fixed_by: "1.91.2: #4539",
    },
    Flaw {
        name: "does not find the Region of a FireLens configuration file in us-east-1",
        could_not: "could not find the Region of the FireLens configuration file",
        shows: |symptom| {
            symptom.step == Step::LogDriver
                && symptom.fault == Fault::Misconfigured
                && symptom.bucket.is_some()
        },
        sign: Sign::Words(|_| true),
        since: (1, 0, 0),
        until: (1, 37, 0),
        fixed_by: "1.37.0: #2356",
    },
    Flaw {
        name: "keeps a login of ECR when the role behind it is recreated",
        could_not: "used a login that ECR refused",
        shows: may_be_stale,
        sign: Sign::Version(made_within_a_login, Assessment::likely),
        since: (1, 0, 0),
        until: (1, 87, 1),
        fixed_by: "1.87.1: always re-generate an ECR auth token when task execution credentials ID change",
    },
    Flaw {
        name: "may lose the execution role's credentials when it restarts",
        could_not: "had no credentials of the execution role",
        shows: |symptom| symptom.step == Step::ExecutionRole && symptom.fault == Fault::RoleMissing,
        sign: Sign::Version(has_execution_role, Assessment::possible),
        since: (1, 0, 0),
        until: (1, 101, 2),
        fixed_by: "1.101.2: #4827",
    },
];

/// That the definition names an execution role, whose credentials the agent should have had.
fn has_execution_role(case: &Case<'_>) -> Option<Finding> {
    let role = case.definition()?.execution_role_arn.as_ref()?;
    Some(Finding::found(format!("the task definition names the execution role {role}"), DEFINITION))
}

/// Whether the agent could not use a login of ECR, and the text blames neither IAM nor the
/// network.
fn is_login(symptom: &Symptom) -> bool {
    let login = matches!(symptom.step, Step::EcrAuth | Step::ImagePull);
    login
        && matches!(
            symptom.fault,
            Fault::Misconfigured | Fault::ServiceError | Fault::WrongShape | Fault::BadReference
        )
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
    Feature {
        name: "environment files",
        uses: |reference| reference.kind == ReferenceKind::EnvFile,
        agent: (1, 39, 0),
        platform: (1, 4, 0),
    },
    Feature {
        name: "JSON keys and versions in valueFrom",
        uses: |reference| matches!(reference.target(), Some(Target::Secret(secret)) if secret.extra_parts > 0),
        agent: (1, 37, 0),
        platform: (1, 4, 0),
    },
    Feature {
        name: "secrets",
        uses: |reference| reference.kind == ReferenceKind::Secret,
        agent: (1, 22, 0),
        platform: (1, 3, 0),
    },
    Feature {
        name: "registry credentials",
        uses: |reference| reference.kind == ReferenceKind::RegistryCredentials,
        agent: (1, 19, 0),
        platform: (1, 2, 0),
    },
    Feature {
        name: "execution roles",
        uses: |reference| reference.kind == ReferenceKind::ExecutionRole,
        agent: (1, 16, 0),
        platform: (1, 0, 0),
    },
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
        let update = Command::aws("ecs update-container-agent", Some(&region)).name(
            "--cluster",
            Kind::Cluster,
            cluster.as_str(),
        );
        return Fix::words("update the ECS agent of the instance, or put it on a current ECS-optimized AMI")
            .run([update.name("--container-instance", Kind::ContainerInstance, arn.as_str())])
            .then_again(case);
    }
    let update = case.service_of_task().map(|service| {
        let update = case.aws_at_task("ecs update-service").maybe(
            "--cluster",
            Kind::Cluster,
            case.task.cluster.as_deref(),
        );
        update
            .name("--service", Kind::Service, service)
            .words("--platform-version LATEST --force-new-deployment")
    });
    Fix::words("run on platform version LATEST").run(update)
}

#[cfg(test)]
mod tests {
    use super::FLAWS;

    #[test]
    fn every_flaw_says_what_fixed_it() {
        for flaw in FLAWS {
            let (major, minor, patch) = flaw.until;
            assert!(flaw.since < flaw.until, "{}", flaw.name);
            assert!(flaw.fixed_by.starts_with(&format!("{major}.{minor}.{patch}: ")), "{}", flaw.name);
        }
    }
}
