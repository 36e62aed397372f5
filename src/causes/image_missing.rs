//! The registry has no such image.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::command::Command;
use super::image::EcrImage;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::facts::{Image, Repository};
use crate::question::{Known, Question};
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
    ask,
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "CannotPullContainerError: Error response from daemon: manifest for 111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1 not found: manifest unknown",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "the one asked for".to_owned());
    let title = format!("image {name} does not exist");
    let Some(image) = EcrImage::of(case) else { return Judgement::new(Verdict::Likely, title).finding(Finding::unknown("which tags the repository has")) };
    match (case.look::<Repository>(&image.repository()), case.look::<Vec<Image>>(&image.question())) {
        (Known::Missing, _) => Judgement::new(Verdict::Confirmed, format!("ECR repository {} does not exist", image.path))
            .finding(Finding::missing(format!("repository {} in {}, {}", image.path, image.region, image.registry), "DescribeRepositories")),
        (_, Known::Missing) => {
            Judgement::new(Verdict::Confirmed, title).finding(Finding::missing(format!("{} in repository {}", image.reference, image.path), "DescribeImages"))
        }
        (_, Known::Found(images)) => {
            let pushed = images.first().and_then(|image| image.image_pushed_at).filter(|at| case.task.stopped_at.is_some_and(|stopped| at.0 > stopped));
            match pushed {
                Some(at) => Judgement::new(Verdict::Possible, title)
                    .passed(Finding::found(format!("it exists now, pushed on {at}, after the task failed"), "DescribeImages")),
                None => Judgement::new(Verdict::Possible, format!("image {name} was not found, though it exists"))
                    .finding(Finding::found("it exists, and was pushed before the task failed; its tag may have been given since", "DescribeImages")),
            }
        }
        (_, known) => Judgement::new(Verdict::Likely, title).findings(Finding::not_told("which tags the repository has", known)),
    }
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    EcrImage::of(case).map(|image| vec![image.repository(), image.question()]).unwrap_or_default()
}

fn fix(case: &Case<'_>) -> Fix {
    let gone = EcrImage::of(case).filter(|image| matches!(case.look::<Repository>(&image.repository()), Known::Missing));
    if let Some(image) = gone {
        return no_repository(case, &image);
    }
    Fix::words(format!("push the image, or name one that exists in a new revision{}", case.then_again())).run(describe_images(case))
}

/// What to do where the repository itself is missing.
pub(super) fn no_repository(case: &Case<'_>, image: &EcrImage) -> Fix {
    let own = case.task.account.as_deref() == Some(image.registry.as_str());
    let create = Command::aws("ecr create-repository", Some(&image.region)).name("--repository-name", Kind::Repository, image.path.as_str());
    let whose = if own { "" } else { " in the owner's account" };
    Fix::words(format!("create the repository{whose} and push the image, or name one that exists in a new revision{}", case.then_again()))
        .run(case.commands([create]))
}

/// How to see what an ECR repository holds; nothing for other registries.
fn describe_images(case: &Case<'_>) -> Option<Command> {
    let image = EcrImage::of(case)?;
    let foreign = case.task.account.as_deref().is_some_and(|own| own != image.registry).then_some(image.registry.as_str());
    let look = Command::aws("ecr describe-images", Some(&image.region)).maybe("--registry-id", Kind::Account, foreign);
    let look = look.name("--repository-name", Kind::Repository, image.path.as_str());
    Some(look.words("--query 'sort_by(imageDetails,&imagePushedAt)[-5:].imageTags'"))
}
