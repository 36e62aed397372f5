//! The platform or agent version is older than what the reference needs.

use super::case::{Case, Finding, Fix, Judgement};
use super::command::Command;
use super::{Cause, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};
use crate::task_definition::{ReferenceKind, Target};

pub(super) const CAUSE: Cause = Cause {
    id: "agent-too-old",
    title: "the platform or agent version is too old",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The task definition uses a form of reference that the Fargate platform version, or the ECS agent, does not know yet.",
        why: "A JSON key or version in valueFrom needs agent 1.37.0 or Fargate platform 1.4.0 (1.0.0 on Windows); environmentFiles need agent 1.39.0 or platform 1.4.0.",
        tell: "The task's platformVersion is below 1.4.0, and a reference asks for a JSON key, a version, or an environment file.",
        mend: "Use platform version LATEST, or update the agent.",
    },
    when: |symptom| matches!(symptom.step, Step::SecretsManager | Step::EnvFile) && matches!(symptom.fault, Fault::BadReference | Fault::NotFound),
    judge,
    fix,
    examples: &[],
};

/// Linux platform versions from this one on know JSON keys and environment files.
const NEEDED: (u32, u32, u32) = (1, 4, 0);

fn judge(case: &Case<'_>) -> Judgement {
    let platform = case.task.platform_version.as_deref().and_then(version);
    let uses = case
        .references
        .iter()
        .any(|reference| reference.kind == ReferenceKind::EnvFile || matches!(reference.target(), Some(Target::Secret(secret)) if secret.extra_parts > 0));
    match platform {
        Some(platform) if platform < NEEDED && uses && case.task.launch_type.as_deref() == Some("FARGATE") => {
            let (major, minor, patch) = platform;
            Judgement::new(Verdict::Confirmed, format!("Fargate platform {major}.{minor}.{patch} does not know what the reference uses"))
                .finding(Finding::found(format!("the task ran on platform version {major}.{minor}.{patch}; 1.4.0 is needed"), "event"))
        }
        _ => Judgement::unsupported(),
    }
}

fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
}

fn fix(case: &Case<'_>) -> Fix {
    let service = case.task.workload.as_ref().filter(|workload| workload.is_service);
    let update = service.map(|service| {
        let command = Command::new("aws ecs update-service").maybe("--region", case.task.region.as_deref()).maybe("--cluster", case.task.cluster.as_deref());
        command.option("--service", &service.name).words("--platform-version LATEST --force-new-deployment").finish()
    });
    Fix { text: "run on platform version LATEST".to_owned(), commands: update.into_iter().collect(), policy: None }
}
