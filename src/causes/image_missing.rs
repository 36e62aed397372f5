//! The registry has no such image.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::image::{EcrImage, Pulled};
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::question::Question;
use crate::reason::{Fault, Step};
use crate::task_definition::ReferenceKind;

pub(super) const CAUSE: Cause = Cause {
    id: "image-missing",
    title: "the image does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The registry knows no image under that name and tag, or digest.",
        why: "The tag was never pushed, was deleted by a lifecycle policy, or is spelled otherwise; the repository is in another Region or account.",
        tell: "`not found`, `manifest unknown`. Docker Hub answers `pull access denied` for a repository that does not exist.",
        fix: "Push the image, or name one that exists.",
    },
    when: |symptom| symptom.step == Step::ImagePull && symptom.fault == Fault::NotFound,
    ask,
    assess,
    examples: &[Example {
        text: "CannotPullContainerError: Error response from daemon: manifest for 111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1 not found: manifest unknown",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let unnamed = case.references.iter().find(|reference| reference.kind == ReferenceKind::Image && reference.value_from.is_empty());
    if let Some(container) = unnamed.and_then(|reference| reference.container.as_ref()) {
        let unnamed = Proof::by(vec![Finding::missing("image", DEFINITION)], Identity::of_revision(case), Complete::alone(), Time::unchanging());
        return Some(Assessment::confirmed(format!("container {container} names no image"), unnamed).fix(Fix::words("name the image in a new revision")));
    }
    let images = EcrImage::all(case);
    let gone: Vec<&EcrImage> = images.iter().filter(|image| matches!(image.pulled(case), Pulled::NoRepository | Pulled::NoImage)).collect();
    if let Some(image) = gone.first() {
        return image.gone(case, &gone);
    }
    let name = case.name().unwrap_or_else(|| "the one asked for".to_owned());
    let title = format!("image {name} does not exist");
    let push = |assessment: Assessment| {
        let text = format!("push the image, or name one that exists in a new revision{}", case.then_again());
        assessment.fix(Fix::words(text).run(images.first().map(|image| image.describe(case))))
    };
    Some(match images.first().map(|image| image.pulled(case)) {
        _ if case.forecast => return None,
        Some(Pulled::There(pushed)) => match pushed.filter(|pushed| case.is_since(Some(*pushed))) {
            Some(at) => {
                Assessment::possible(title).passed(case, Finding::found(format!("it exists now, pushed on {at}, after the task failed"), "DescribeImages"))
            }
            None => push(Assessment::possible(format!("image {name} was not found, though it exists")))
                .finding(Finding::found("it exists, and was pushed before the task failed; its tag may have been given since", "DescribeImages")),
        },
        Some(Pulled::Untold(known)) => push(Assessment::likely(title)).findings(Finding::not_told("which tags the repository has", known)),
        _ => push(Assessment::likely(title)).finding(Finding::unknown("which tags the repository has")),
    })
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    EcrImage::all(case).iter().flat_map(|image| image.ask(case)).collect()
}
