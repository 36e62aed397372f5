//! The registry refused the login.

use serde_json::Value;

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::image::{EcrImage, Pulled};
use super::name::Kind;
use super::policy;
use super::proof::{Complete, Identity, Proof, Time, Unproved};
use super::refusal::{Call, Refuser, SIMULATION, is_whole, refuser};
use super::role::RoleView;
use super::usual::is_without_login;
use super::{Cause, Example, Explanation, Owner};
use crate::policy_document::{At, NamedRole, Nearly, Principal, Request, ResourceSide, resource_policy};
use crate::question::{Known, Question};
use crate::reason::{Fault, Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "registry-login-failed",
    title: "the registry refused the login",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The registry was reached and refused: the login is wrong, missing, expired, or not for that repository.",
        why: "A private image without repositoryCredentials; a secret with an old password; an ECR repository of another account whose policy does not name this one. Docker Hub also answers so for a repository that does not exist.",
        tell: "The message says `pull access denied`, `unauthorized`, `no basic auth credentials`, `403 Forbidden` or `private registry credentials: not found`.",
        fix: "Give the task a login for that registry, or allow the role in the repository's policy.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html",
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html",
    ],
    when: claims,
    ask,
    assess,
    examples: &[
        Example {
            text: "CannotPullContainerError: Error response from daemon: pull access denied for my-repo/my-image, repository does not exist or may require 'docker login'",
            also: &[],
        },
        Example {
            text: "CannotPullContainerAuthError: engine docker private registry credentials: not found",
            also: &[],
        },
    ],
};

fn claims(symptom: &Symptom) -> bool {
    let refused = matches!(symptom.fault, Fault::BadCredentials)
        || (symptom.fault == Fault::AccessDenied && symptom.action.is_none() && symptom.deny.is_none());
    // Layers come from S3 by signed URLs: a refusal of those is not the registry's.
    is_without_login(symptom) || (refused && symptom.step == Step::ImagePull && !symptom.is_of_layers())
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    let role = case.role();
    if let Some(call) = pull_for_guard_duty(case) {
        let simulated =
            role.as_ref().and_then(RoleView::arn).map(|role| case.question_after(&call, &role).into());
        return role.iter().flat_map(RoleView::ask).chain(simulated).collect();
    }
    let Some(image) = EcrImage::of(case) else { return Vec::new() };
    image
        .ask(case)
        .into_iter()
        .filter(|question| !matches!(question, Question::Image(_)))
        .chain([image.policy().into()])
        .chain(role.iter().flat_map(RoleView::ask))
        .collect()
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let name = case.name().unwrap_or_else(|| "the image".to_owned());
    if let Some(call) = pull_for_guard_duty(case) {
        return Some(of_guard_duty(case, &call));
    }
    // A registry that answers by 403 knows who asks.
    let refused = case.symptom.fault == Fault::AccessDenied;
    let title = if refused {
        format!("the registry refused the pull of {name}")
    } else {
        format!("the registry refused the login for {name}")
    };
    let Some(image) = EcrImage::of(case) else {
        let fix = Fix::words("give the task a login that the registry takes (repositoryCredentials)")
            .then_revised(case);
        return Some(
            Assessment::likely(title)
                .finding(Finding::unknown("whether the repository exists, and which callers it allows"))
                .fix(fix),
        );
    };
    if matches!(image.pulled(case), Pulled::NoRepository) {
        return image.gone(case, &[&image]);
    }
    let likely = || Assessment::likely(title.clone()).fix(allow_the_pull(case, &image));
    Some(match side(case, &image) {
        Some(ResourceSide::Denied(at)) => denied(case, &image, &at),
        Some(ResourceSide::Missing { nearly, add, .. }) => not_shared(case, &image, nearly, add),
        Some(_) => likely()
            .finding(Finding::found(
                "the repository exists, and its policy does not block the role",
                "GetRepositoryPolicy",
            ))
            .finding(Finding::unknown("whether the role's own policies allow the pull")),
        None => likely()
            .findings(Finding::unanswered("which callers the repository allows", case.look(&image.policy()))),
    })
}

/// The pull of the agent that GuardDuty puts into the task, which the execution role makes.
fn pull_for_guard_duty(case: &Case<'_>) -> Option<Call> {
    let image = EcrImage::parse(&case.symptom.resource.as_ref().filter(|_| case.is_of_guard_duty())?.text)?;
    let resource =
        format!("arn:{}:ecr:{}:{}:repository/{}", case.partition(), image.region, image.registry, image.path);
    Some(Call::new("ecr:BatchGetImage", resource, &image.region))
}

/// The policy of GuardDuty's repository is GuardDuty's own: what can be at fault is the role's.
fn of_guard_duty(case: &Case<'_>, call: &Call) -> Assessment {
    let who = case.who();
    let title = format!("{who} is not authorized to pull the agent of GuardDuty");
    let text = format!(
        "allow {who} to pull from GuardDuty's repository, as the managed policy AmazonECSTaskExecutionRolePolicy does"
    );
    let attach = case.aws_at_task("iam attach-role-policy").name(
        "--role-name",
        Kind::Role,
        case.role_name().as_deref(),
    );
    let managed =
        format!("arn:{}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy", case.own_partition());
    let fix = Fix::words(text)
        .run([attach.name("--policy-arn", Kind::PolicyArn, managed.as_str())])
        .then_again(case);
    let known = case
        .role()
        .and_then(|role| role.arn())
        .map_or(Known::NotAsked, |role| case.look(&case.question_after(call, &role)));
    let simulated = (call.clone(), known);
    match refuser(&simulated) {
        Some(Refuser::NoAllow) => {
            let found = Finding::found(
                format!("no policy of the role allows {} on {} (implicitDeny)", call.action, call.resource),
                SIMULATION,
            );
            let proof = Proof::by(
                vec![found],
                Identity::of_own_role(case),
                is_whole(&simulated),
                Time::as_ecs_said(),
            );
            Assessment::confirmed(title, proof).fix(fix)
        }
        _ => Assessment::likely(title)
            .findings(Finding::unanswered(
                "whether the role is allowed to pull from GuardDuty's repository",
                known,
            ))
            .fix(fix),
    }
}

/// What the repository's policy says to the execution role.
fn side(case: &Case<'_>, image: &EcrImage) -> Option<ResourceSide> {
    let document = match case.look(&image.policy()) {
        Known::Found(policy) => Some(&policy.0),
        Known::Missing => None,
        Known::Unknown(_) | Known::NotAsked => return None,
    };
    let role_arn = case.role()?.arn()?;
    let role = NamedRole::parse(&role_arn)?;
    let resource =
        format!("arn:{}:ecr:{}:{}:repository/{}", case.partition(), image.region, image.registry, image.path);
    let request = Request {
        principal: Principal::Role(role),
        action: "ecr:BatchGetImage",
        resource: &resource,
        context: &[],
    };
    Some(resource_policy(document, &request, &image.registry))
}

/// The policy was read, it speaks to the role of the task by its ARN, and ECS says that the registry refused.
fn proved(case: &Case<'_>, image: &EcrImage, finding: Finding) -> Result<Proof, Unproved> {
    let answered = Complete::of("whether the repository exists", [case.look(&image.repository())]);
    Proof::by(vec![finding], Identity::only_one(&EcrImage::all(case), "image"), answered, Time::as_ecs_said())
}

fn denied(case: &Case<'_>, image: &EcrImage, at: &At) -> Assessment {
    let path = &image.path;
    let finding = Finding::found(format!("{at} of the policy denies it"), "GetRepositoryPolicy");
    let text = format!("narrow or remove {at} of the policy of repository {path}; an allow does not help");
    Assessment::confirmed(
        format!("the policy of repository {path} refuses the role"),
        proved(case, image, finding),
    )
    .fix(Fix::words(text).run([of_repository(image, "ecr get-repository-policy")]).then_again(case))
}

fn not_shared(case: &Case<'_>, image: &EcrImage, nearly: Option<Nearly>, mut add: Value) -> Assessment {
    let nearly = nearly.map(|nearly| format!("; {nearly}")).unwrap_or_default();
    let finding = Finding::missing(
        format!("an allow for the role in the repository's policy{nearly}"),
        "GetRepositoryPolicy",
    );
    add["Action"] = policy::with_next("ecr:BatchGetImage");
    let document = case.look(&image.policy()).found().map(|policy| &policy.0);
    let text = "in the owner's account: add the statement to the repository's policy";
    let look = || of_repository(image, "ecr get-repository-policy");
    let fix = match policy::addition(case, document, add) {
        Ok(addition) => {
            let write = |whole: &_| {
                of_repository(image, "ecr set-repository-policy").document("--policy-text", whole)
            };
            let (how, command, statement) = addition.by(write, look);
            Fix::words(format!("{text}{how}")).run([command]).then_again(case).policy(statement)
        }
        Err(why) => Fix::words(format!("allow the role to pull in the repository's policy; {why}"))
            .run([look()])
            .then_again(case),
    };
    Assessment::confirmed(
        format!("account {} does not share repository {}", image.registry, image.path),
        proved(case, image, finding),
    )
    .fix(fix)
}

fn allow_the_pull(case: &Case<'_>, image: &EcrImage) -> Fix {
    let text =
        |role: &str| format!("allow the pull in a policy of role {role}, and in the repository's policy");
    match policy::grant(case, "ecr:BatchGetImage") {
        Ok(grant) => {
            let text = text(grant.role_name());
            Fix { snippets: Vec::new(), ..grant.fix(text) }
        }
        Err(why) => {
            Fix::words(format!("{}; {why}", text(case.role_name().as_deref().unwrap_or("<execution-role>"))))
                .run([of_repository(image, "ecr get-repository-policy")])
                .then_again(case)
        }
    }
}

fn of_repository(image: &EcrImage, words: &'static str) -> Command {
    let command = Command::aws(words, Some(&image.region)).name(
        "--registry-id",
        Kind::Account,
        image.registry.as_str(),
    );
    command.name("--repository-name", Kind::Repository, image.path.as_str())
}
