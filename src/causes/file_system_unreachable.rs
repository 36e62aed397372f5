//! The file system cannot be reached over the network.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "file-system-unreachable",
    title: "the file system is not reachable",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The mount helper could not resolve or reach the file system's mount target.",
        why: "No mount target in the task's zone; the mount target's security group does not let 2049 in from the task; the VPC's DNS is off; a wrong file system id.",
        tell: "`Failed to resolve`, a mount attempt that times out, `Connection reset by peer`, `context deadline exceeded`.",
        mend: "Make a mount target in every zone of the tasks, and let tcp/2049 in from their security group.",
    },
    when: |symptom| symptom.step == Step::EfsVolume && matches!(symptom.fault, Fault::NetworkTimeout | Fault::Dns | Fault::ConnectionRefused),
    ask: super::nothing,
    judge,
    fix,
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "of the volume".to_owned());
    Judgement::new(Verdict::Likely, format!("the file system {name} is not reachable from the task"))
        .finding(Finding::unknown("its mount targets, their zones and security groups"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = vec![
        case.aws("efs describe-mount-targets")
            .words("--file-system-id '<fs-id>' --query 'MountTargets[].[AvailabilityZoneName,LifeCycleState,MountTargetId]'")
            .finish(),
    ];
    Fix {
        text: format!("make a mount target in the task's zone and let tcp/2049 in from the task's security group{}", case.then_again()),
        commands,
        policy: None,
    }
}
