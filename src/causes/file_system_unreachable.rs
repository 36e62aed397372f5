//! The file system cannot be reached over the network.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::name::Kind;
use super::path::Blocked;
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner, path};
use crate::network::{Blockage, Break};
use crate::question::Known;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "file-system-unreachable",
    title: "the file system is not reachable",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The mount helper could not resolve or reach the file system's mount target.",
        why: "No mount target in the task's Availability Zone; the mount target's security group does not allow inbound TCP 2049 from the task; the VPC's DNS is off; a wrong file system id.",
        tell: "The message says `Failed to resolve`, `Connection reset by peer` or `context deadline exceeded`, or that a mount attempt timed out.",
        fix: "Create a mount target in every Availability Zone of the tasks, and allow inbound TCP 2049 from their security group.",
    },
    references: &[
        "https://docs.aws.amazon.com/efs/latest/ug/troubleshooting-efs-mounting.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html",
    ],
    when: |symptom| {
        symptom.step == Step::EfsVolume
            && matches!(symptom.fault, Fault::NetworkTimeout | Fault::Dns | Fault::ConnectionRefused)
    },
    ask: path::ask_mount,
    assess,
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32",
        also: &["file-system-misconfigured"],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let targets = path::mount_targets(case);
    let one = || targets.first().filter(|_| targets.len() == 1).map(|(id, _)| id.clone());
    let name = case.name().or_else(one).unwrap_or_else(|| "of the volume".to_owned());
    let title = format!("the file system {name} is not reachable from the task");
    let gone = || targets.iter().filter(|(_, known)| matches!(known, Known::Missing)).map(|(id, _)| id);
    if let Some(id) = gone().next().filter(|_| gone().count() == targets.len()) {
        let missing = Finding::missing(format!("the file system {id}"), "DescribeMountTargets");
        return Assessment::disproved(
            title,
            Proof::by(vec![missing], Identity::named(case, id), Complete::alone(), Time::as_ecs_said()),
        );
    }
    let paths = path::mount_paths(case).unwrap_or_default();
    if let Some(blocked) = Blocked::surest(&paths, |_| true) {
        return Some(blocked.assessment(title).fix(fix(case, Some(blocked.blockage))));
    }
    if let Some(path) = paths
        .iter()
        .max_by_key(|path| path.state)
        .filter(|_| targets.iter().any(|(_, known)| known.found().is_some()))
    {
        let assessment = Assessment::possible(title).path(Some(path.clone()));
        if path.unsure.is_empty() {
            let open = Finding::found(
                "every hop is open now: it was corrected since, or the fault was transient",
                "DescribeMountTargets",
            );
            return Some(assessment.passed(case, open));
        }
        let open = Finding::found("every hop that could be read is open now", "DescribeMountTargets");
        return Some(assessment.finding(open).findings(path::unsure(path)).fix(fix(case, None)));
    }
    Some(
        Assessment::likely(title)
            .finding(Finding::unknown("its mount targets, their zones and security groups"))
            .fix(fix(case, None)),
    )
}

fn fix(case: &Case<'_>, blocked: Option<&Blockage>) -> Fix {
    let correction = blocked.and_then(|blockage| match &blockage.what {
        Break::NoMountTargetInZone { file_system, .. } => {
            let make = case.aws_at_task("efs create-mount-target").name(
                "--file-system-id",
                Kind::FileSystem,
                file_system.as_str(),
            );
            Some(
                make.name("--subnet-id", Kind::Subnet, blockage.subnet.as_str())
                    .words("--security-groups '<group-that-allows-2049>'"),
            )
        }
        Break::MountTargetGroup { ingress, .. } => path::open_ingress(case, ingress),
        other => path::open_egress(case, other).or_else(|| path::open_acl(case, other)),
    });
    if let Some(correction) = correction {
        return Fix::words("open the path to the file system").run([correction]).then_again(case);
    }
    let targets = path::mount_targets(case);
    let look = case.aws_at_task("efs describe-mount-targets").name(
        "--file-system-id",
        Kind::FileSystem,
        targets.first().map(|(id, _)| id.as_str()),
    );
    Fix::words("create a mount target in the task's Availability Zone; allow TCP 2049 out of the task's security group, and into that of the mount target")
    .run([look.words("--query 'MountTargets[].[AvailabilityZoneName,LifeCycleState,MountTargetId]'")])
    .then_again(case)
}
