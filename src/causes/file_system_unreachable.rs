//! The file system cannot be reached over the network.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::{Cause, Example, Explanation, Owner, Verdict, path};
use crate::network::Break;
use crate::question::Known;
use crate::reason::{Fault, Step};

pub(super) const CAUSE: Cause = Cause {
    id: "file-system-unreachable",
    title: "the file system is not reachable",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The mount helper could not resolve or reach the file system's mount target.",
        why: "No mount target in the task's zone; the mount target's security group does not let 2049 in from the task; the VPC's DNS is off; a wrong file system id.",
        tell: "`Failed to resolve`, a mount attempt that times out, `Connection reset by peer`, `context deadline exceeded`.",
        fix: "Make a mount target in every zone of the tasks, and let tcp/2049 in from their security group.",
    },
    when: |symptom| symptom.step == Step::EfsVolume && matches!(symptom.fault, Fault::NetworkTimeout | Fault::Dns | Fault::ConnectionRefused),
    ask: path::ask_mount,
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32",
        also: &["file-system-misconfigured"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "of the volume".to_owned());
    let title = format!("the file system {name} is not reachable from the task");
    let targets = path::mount_targets(case);
    let gone = || targets.iter().filter(|(_, known)| matches!(known, Known::Missing)).map(|(id, _)| id);
    if let Some(id) = gone().next().filter(|_| gone().count() == targets.len()) {
        return Judgement::new(Verdict::RuledOut, title).finding(Finding::missing(format!("the file system {id}"), "DescribeMountTargets"));
    }
    let paths = path::mount_paths(case).unwrap_or_default();
    if let Some((verdict, path, fault)) = path::surest(&paths, |_| true) {
        return Judgement::new(verdict, title)
            .finding(Finding::found(&*fault.proof, fault.source))
            .findings(path::unsure(path))
            .drawing(crate::network::draw(path));
    }
    if let Some(path) = paths.iter().max_by_key(|path| path.state).filter(|_| targets.iter().any(|(_, known)| known.found().is_some())) {
        let judgement = Judgement::new(Verdict::Possible, title).drawing(crate::network::draw(path));
        if path.unsure.is_empty() {
            return judgement.passed(Finding::found("every hop is open now: it was corrected since, or the fault was passing", "DescribeMountTargets"));
        }
        return judgement.finding(Finding::found("every hop that could be read is open now", "DescribeMountTargets")).findings(path::unsure(path));
    }
    Judgement::new(Verdict::Likely, title).finding(Finding::unknown("its mount targets, their zones and security groups"))
}

fn fix(case: &Case<'_>) -> Fix {
    let paths = path::mount_paths(case).unwrap_or_default();
    let broken = path::surest(&paths, |_| true).map(|(.., fault)| fault.clone());
    let correction = broken.and_then(|fault| match &fault.what {
        Break::NoMountTargetInZone { file_system, .. } => {
            let make = case.aws_at_task("efs create-mount-target").name("--file-system-id", Kind::FileSystem, file_system.as_str());
            Some(make.name("--subnet-id", Kind::Subnet, fault.subnet.as_str()).words("--security-groups '<group-that-lets-2049-in>'"))
        }
        Break::MountTargetGroup { ingress, .. } => path::open_ingress(case, ingress),
        other => path::open_egress(case, other).or_else(|| path::open_acl(case, other)),
    });
    if let Some(correction) = correction {
        return Fix::words(format!("open the way to the file system{}", case.then_again())).run(case.commands([correction]));
    }
    let targets = path::mount_targets(case);
    let look = case.aws_at_task("efs describe-mount-targets").name("--file-system-id", Kind::FileSystem, targets.first().map(|(id, _)| id.as_str()));
    Fix::words(format!("make a mount target in the task's zone and let tcp/2049 in from the task's security group{}", case.then_again()))
        .run([look.words("--query 'MountTargets[].[AvailabilityZoneName,LifeCycleState,MountTargetId]'")])
}
