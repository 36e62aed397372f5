//! The file system refused the mount.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "file-system-access-denied",
    title: "the file system refused the task",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The file system was reached and refused the mount.",
        why: "Its policy asks for IAM authorisation and the volume does not use it, the task role lacks elasticfilesystem:ClientMount, or the access point does not match.",
        tell: "`access denied by server while mounting`.",
        mend: "Switch on IAM authorisation for the volume and allow the task role in the file system's policy.",
    },
    when: |symptom| {
        matches!(symptom.step, Step::EfsVolume | Step::FsxVolume | Step::Volume)
            && matches!(symptom.fault, Fault::AccessDenied | Fault::BadCredentials)
            && symptom.action.is_none()
    },
    ask: super::nothing,
    judge,
    fix,
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' : unsuccessful EFS utils command execution; code: 32",
        also: &[],
    }],
};

fn judge(_: &Case<'_>) -> Judgement {
    Judgement::new(Verdict::Likely, "the file system refused to be mounted")
        .finding(Finding::unknown("its policy, and whether the volume uses IAM authorisation and an access point"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = Vec::new();
    Fix {
        text: format!(
            "set authorizationConfig.iam ENABLED with transitEncryption ENABLED, and allow the task role elasticfilesystem:ClientMount in the file system's policy{}",
            case.then_again()
        ),
        commands,
        policy: None,
    }
}
