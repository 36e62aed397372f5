//! The registry has no such image.

use super::assessment::{Assessment, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::image::{EcrImage, Pulled};
use super::proof::{Complete, Gap, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner};
use crate::question::Question;
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::ReferenceKind;

pub(super) const CAUSE: Cause = Cause {
    id: "image-missing",
    title: "the image does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The registry knows no image under that name and tag, or digest.",
        why: "ECS pins the tag of a service's image to the digest that it has when a deployment begins; a digest that was deleted or untagged since is not found, or refused. Or the tag was never pushed, was deleted by a lifecycle policy, or is misspelled; the repository is in another Region or account.",
        tell: "The message says `not found` or `manifest unknown`. Docker Hub answers `pull access denied` for a repository that does not exist.",
        fix: "Push the image, or name one that exists.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html",
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html",
    ],
    when: |symptom| {
        symptom.step == Step::ImagePull && (symptom.fault == Fault::NotFound || is_refused_digest(symptom))
    },
    ask,
    assess: |case| assess(case).map(|said| said.beside_newer(case)),
    examples: &[Example {
        text: "CannotPullContainerError: Error response from daemon: manifest for 111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1 not found: manifest unknown",
        also: &[],
    }],
};

/// Whether the registry refused to read an image that is asked for by its digest, as it may where that is
/// gone.
fn is_refused_digest(symptom: &Symptom) -> bool {
    let by_digest = symptom.resource.as_ref().is_some_and(|image| image.text.contains("@sha256:"));
    symptom.fault == Fault::AccessDenied && by_digest && symptom.action.is_none() && !symptom.is_of_layers()
}

/// How a task is started that takes another digest.
fn with_digest(case: &Case<'_>) -> String {
    format!("{}, which takes the digest that the tag has now", case.again())
}

/// An image that the registry refused, asked for by its digest.
fn refused(case: &Case<'_>) -> Option<Assessment> {
    let named = case.symptom.resource.as_ref().filter(|_| !case.forecast && !case.symptom.truncated)?;
    let image = EcrImage::parse(&named.text);
    let fix = Fix::words("push the image again")
        .run(image.as_ref().map(|image| image.describe(case)))
        .then(with_digest(case), case.start_again());
    let title = "the digest that the image is pinned to is gone";
    match image.as_ref().map(|image| image.pulled(case)) {
        Some(Pulled::NoImage | Pulled::NoRepository) => {
            let missing = Finding::missing(named.text.clone(), "DescribeImages");
            let proof = Proof::by(
                vec![missing],
                Identity::same(&named.text, &named.text),
                Complete::alone(),
                Err(Gap::new(REFUSED)),
            );
            Some(Assessment::confirmed(title, proof).fix(fix))
        }
        Some(Pulled::There(_)) => None,
        _ => Some(
            Assessment::possible(format!("perhaps {title}"))
                .finding(Finding::unknown("whether the registry still has the digest"))
                .fix(fix),
        ),
    }
}

const REFUSED: &str = "whether it was gone when the task failed: the registry refused to say";

fn assess(case: &Case<'_>) -> Option<Assessment> {
    if case.symptom.fault == Fault::AccessDenied {
        return refused(case);
    }
    let unnamed = case
        .references
        .iter()
        .find(|reference| reference.kind == ReferenceKind::Image && reference.value_from.is_empty());
    if let Some(container) = unnamed.and_then(|reference| reference.container.as_ref()) {
        let unnamed = Proof::by(
            vec![Finding::missing("image", DEFINITION)],
            Identity::of_revision(case),
            Complete::alone(),
            Time::unchanging(),
        );
        return Some(
            Assessment::confirmed(format!("container {container} names no image"), unnamed)
                .fix(Fix::words("name the image in a new revision")),
        );
    }
    let images = EcrImage::all(case);
    let gone: Vec<&EcrImage> = images
        .iter()
        .filter(|image| matches!(image.pulled(case), Pulled::NoRepository | Pulled::NoImage))
        .collect();
    if let Some(image) = gone.first() {
        return image.gone(case, &gone);
    }
    let title = format!("{} does not exist", case.named("image"));
    let pinned = case.symptom.resource.as_ref().is_some_and(|image| image.text.contains("@sha256:"));
    let push = |assessment: Assessment| {
        let fix = Fix::words("push the image, or name one that exists in a new revision")
            .run(images.first().map(|image| image.describe(case)));
        let again = if pinned { with_digest(case) } else { case.again().to_owned() };
        assessment.fix(fix.then(again, case.start_again()))
    };
    Some(match images.first().map(|image| image.pulled(case)) {
        _ if case.forecast => return None,
        Some(Pulled::There(pushed)) => match pushed.filter(|pushed| case.is_since(Some(*pushed))) {
            Some(at) => Assessment::possible(title).passed(
                case,
                Finding::found(
                    format!("it exists now, pushed on {at}, after the task failed"),
                    "DescribeImages",
                ),
            ),
            None => {
                push(Assessment::possible(format!("{} was not found, though it exists", case.named("image"))))
                    .finding(Finding::found(
                        "it exists, and was pushed before the task failed; its tag may have been given since",
                        "DescribeImages",
                    ))
            }
        },
        Some(Pulled::Unknown(known)) => push(Assessment::likely(title))
            .findings(Finding::unanswered("which tags the repository has", known)),
        _ => push(Assessment::likely(title)).finding(Finding::unknown("which tags the repository has")),
    })
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    if case.symptom.fault == Fault::AccessDenied {
        let named = case.symptom.resource.as_ref().and_then(|image| EcrImage::parse(&image.text));
        return named.iter().map(|image| image.question().into()).collect();
    }
    EcrImage::all(case)
        .iter()
        .flat_map(|image| image.ask(case))
        .chain(case.newest_revision().map(Into::into))
        .collect()
}
