//! The registry did not let the task in.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
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
    ask: super::nothing,
    judge,
    fix,
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
    Judgement::new(Verdict::Likely, format!("the registry refused the login for {name}"))
        .finding(Finding::unknown("whether the repository exists, and whom it lets in"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = Vec::new();
    Fix {
        text: format!(
            "give the task a login that the registry takes (repositoryCredentials), or allow the execution role in the ECR repository's policy{}",
            case.then_again()
        ),
        commands,
        policy: None,
    }
}

fn claims(symptom: &Symptom) -> bool {
    let no_login = symptom.step == Step::RegistryCredentials && symptom.fault == Fault::Unknown;
    let refused =
        matches!(symptom.fault, Fault::BadCredentials) || (symptom.fault == Fault::AccessDenied && symptom.action.is_none() && symptom.deny.is_none());
    no_login || (refused && symptom.step == Step::ImagePull)
}
