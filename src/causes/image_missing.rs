//! The registry has no such image.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "image-missing",
    title: "the image does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The registry knows no image under that name and tag, or digest.",
        why: "The tag was never pushed, was deleted by a lifecycle policy, or is spelled otherwise; the repository is in another Region or account.",
        tell: "`not found`, `manifest unknown`. Docker Hub answers `pull access denied` for a repository that does not exist.",
        mend: "Push the image, or name one that exists.",
    },
    when: |symptom| symptom.step == Step::ImagePull && symptom.fault == Fault::NotFound,
    judge,
    fix,
    examples: &[Example {
        text: "CannotPullContainerError: Error response from daemon: manifest for 111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1 not found: manifest unknown",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "the one asked for".to_owned());
    Judgement::new(Verdict::Likely, format!("image {name} does not exist")).finding(Finding::unknown("which tags the repository has"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = describe_images(case);
    Fix { text: format!("push the image, or name one that exists in a new revision{}", case.then_again()), commands, policy: None }
}

/// How to see what an ECR repository holds; nothing for other registries.
fn describe_images(case: &Case<'_>) -> Vec<String> {
    let Some(name) = case.name() else { return Vec::new() };
    let Some((host, path)) = name.split_once('/').filter(|(host, _)| host.contains(".dkr.ecr.")) else { return Vec::new() };
    let repository = path.split(['@', ':']).next().unwrap_or(path);
    let region = host.split('.').nth(3);
    let look = super::command::Command::new("aws ecr describe-images").maybe("--region", region).option("--repository-name", repository);
    vec![look.words("--query 'sort_by(imageDetails,&imagePushedAt)[-5:].imageTags'").finish()]
}
