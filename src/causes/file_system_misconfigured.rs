//! The volume names a file system, access point or path that is not there.

use super::case::{Case, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "file-system-misconfigured",
    title: "the volume's file system or path does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The mount reached the file system service, and what the volume names is not there.",
        why: "rootDirectory names a directory that nobody made; the file system or access point was deleted; the id is of another Region.",
        tell: "`No such file or directory` as the server's reason, `FileSystemNotFound`.",
        mend: "Correct the volume, or make the directory.",
    },
    when: |symptom| {
        matches!(symptom.step, Step::EfsVolume | Step::FsxVolume) && matches!(symptom.fault, Fault::NotFound | Fault::Misconfigured | Fault::BadReference)
    },
    ask: super::nothing,
    judge,
    fix,
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting fs-06f98f3e7fbc8300c.efs.us-east-1.amazonaws.com:/data failed, reason given by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "see the reason".to_owned());
    Judgement::new(Verdict::Likely, format!("what the volume names does not exist: {name}"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = Vec::new();
    Fix { text: format!("make the directory, or correct the volume in a new revision{}", case.then_again()), commands, policy: None }
}
