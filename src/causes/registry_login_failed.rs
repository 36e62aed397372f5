//! The registry did not let the task in.

use serde_json::json;

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::command::Command;
use super::image::EcrImage;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::policy::{self, Addition};
use super::role::RoleView;
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::policy_document::{NamedRole, Principal, Request, ResourceSide, resource_policy};
use crate::question::facts::{Policy, Repository};
use crate::question::{Known, Question};
use crate::reason::{Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "registry-login-failed",
    title: "the registry refused the login",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The registry was reached and refused: the login is wrong, missing, expired, or not for that repository.",
        why: "A private image without repositoryCredentials; a secret with an old password; an ECR repository of another account whose policy does not name this one. Docker Hub also answers so for a repository that does not exist.",
        tell: "`pull access denied`, `unauthorized`, `no basic auth credentials`, `403 Forbidden`, `private registry credentials: not found`.",
        mend: "Give the task a login for that registry, or allow the role in the repository's policy.",
    },
    when: claims,
    ask,
    assess: |case| joined(case, judge, fix),
    examples: &[
        Example {
            text: "CannotPullContainerError: Error response from daemon: pull access denied for my-repo/my-image, repository does not exist or may require 'docker login'",
            also: &[],
        },
        Example { text: "CannotPullContainerAuthError: engine docker private registry credentials: not found", also: &[] },
    ],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "the image".to_owned());
    let title = format!("the registry refused the login for {name}");
    let Some(image) = EcrImage::of(case) else {
        return Judgement::new(Verdict::Likely, title).finding(Finding::unknown("whether the repository exists, and whom it lets in"));
    };
    if matches!(case.look::<Repository>(&image.repository()), Known::Missing) {
        return Judgement::new(Verdict::Confirmed, format!("ECR repository {} does not exist", image.path))
            .finding(Finding::missing(format!("repository {} in {}, {}", image.path, image.region, image.registry), "DescribeRepositories"));
    }
    match side(case, &image) {
        Some(ResourceSide::Denied(at)) => Judgement::new(Verdict::Confirmed, format!("the policy of repository {} refuses the role", image.path))
            .finding(Finding::found(format!("{at} of the policy denies it"), "GetRepositoryPolicy")),
        Some(ResourceSide::Missing { nearly, .. }) => {
            let nearly = nearly.map(|nearly| format!("; {nearly}")).unwrap_or_default();
            Judgement::new(Verdict::Confirmed, format!("account {} does not share repository {}", image.registry, image.path))
                .finding(Finding::missing(format!("an allow for the role in the repository's policy{nearly}"), "GetRepositoryPolicy"))
        }
        Some(_) => Judgement::new(Verdict::Likely, title)
            .finding(Finding::found("the repository exists, and its policy does not keep the role out", "GetRepositoryPolicy"))
            .finding(Finding::unknown("whether the role's own policies allow the pull")),
        None => Judgement::new(Verdict::Likely, title).findings(Finding::not_told("whom the repository lets in", case.look::<Policy>(&image.policy()))),
    }
}

/// What the repository's policy says to the execution role.
fn side(case: &Case<'_>, image: &EcrImage) -> Option<ResourceSide> {
    let document = match case.look::<Policy>(&image.policy()) {
        Known::Found(policy) => Some(&policy.0),
        Known::Missing => None,
        Known::Unknown(_) | Known::NotAsked => return None,
    };
    let role_arn = case.role()?.arn()?;
    let role = NamedRole::parse(&role_arn)?;
    let resource = format!("arn:{}:ecr:{}:{}:repository/{}", case.partition(), image.region, image.registry, image.path);
    let request = Request { principal: Principal::Role(role), action: "ecr:BatchGetImage", resource: &resource, context: &[] };
    Some(resource_policy(document, &request, &image.registry))
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    let Some(image) = EcrImage::of(case) else { return Vec::new() };
    let role = case.role();
    [image.repository(), image.policy()].into_iter().chain(role.iter().flat_map(RoleView::ask)).collect()
}

fn fix(case: &Case<'_>) -> Fix {
    let Some(image) = EcrImage::of(case) else {
        let text = format!("give the task a login that the registry takes (repositoryCredentials){}", case.then_again());
        return Fix::words(text);
    };
    if matches!(case.look::<Repository>(&image.repository()), Known::Missing) {
        return super::image_missing::no_repository(case, &image);
    }
    let of = |words| {
        let command = Command::aws(words, Some(&image.region)).name("--registry-id", Kind::Account, image.registry.as_str());
        command.name("--repository-name", Kind::Repository, image.path.as_str())
    };
    let look = || of("ecr get-repository-policy");
    let path = &image.path;
    match side(case, &image) {
        Some(ResourceSide::Denied(at)) => {
            let text = format!("narrow or remove {at} of the policy of repository {path}; an allow does not help{}", case.then_again());
            Fix::words(text).run([look()])
        }
        Some(ResourceSide::Missing { mut add, .. }) => {
            add["Action"] = json!(PULL);
            let document = case.look::<Policy>(&image.policy()).found().map(|policy| &policy.0);
            let text = "in the owner's account: add the statement to the repository's policy";
            let again = case.then_again();
            match policy::addition(case, document, add) {
                Ok(Addition { statement, whole: Some(whole) }) => Fix::words(format!("{text} (the command keeps what stands there){again}"))
                    .run([of("ecr set-repository-policy").document("--policy-text", &whole)])
                    .policy(statement),
                Ok(Addition { statement, whole: None }) => Fix::words(format!("{text}, which the command shows{again}")).run([look()]).policy(statement),
                Err(why) => Fix::words(format!("let the role pull in the repository's policy{again}; {why}")).run([look()]),
            }
        }
        _ => {
            let text = |role: &str| format!("allow the pull in a policy of role {role}, and let the role in by the repository's policy{}", case.then_again());
            match policy::grant(case, "ecr:BatchGetImage") {
                Ok(grant) => {
                    let text = text(grant.role_name());
                    Fix { snippets: Vec::new(), ..grant.fix(text) }
                }
                Err(why) => Fix::words(format!("{}; {why}", text(case.role_name().as_deref().unwrap_or("<execution-role>")))).run(case.commands([look()])),
            }
        }
    }
}

const PULL: &[&str] = &["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"];

fn claims(symptom: &Symptom) -> bool {
    let no_login = symptom.step == Step::RegistryCredentials && symptom.fault == Fault::Unknown;
    let refused =
        matches!(symptom.fault, Fault::BadCredentials) || (symptom.fault == Fault::AccessDenied && symptom.action.is_none() && symptom.deny.is_none());
    no_login || (refused && symptom.step == Step::ImagePull)
}
