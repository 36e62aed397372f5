//! The volume names a file system, access point or path that is not there.

use super::assessment::{Culprit, Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::{Cause, Example, Explanation, Owner, Verdict, path};
use crate::question::facts::AccessPoint;
use crate::question::{Known, Question};
use crate::reason::{Fault, Step};
use crate::task_definition::Volume;

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
        matches!(symptom.step, Step::EfsVolume | Step::FsxVolume)
            && matches!(symptom.fault, Fault::NotFound | Fault::Misconfigured | Fault::BadReference | Fault::Dns | Fault::NetworkTimeout | Fault::AccessDenied)
    },
    ask,
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting fs-06f98f3e7fbc8300c.efs.us-east-1.amazonaws.com:/data failed, reason given by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "see the reason".to_owned());
    let missing = path::mount_targets(case).into_iter().find(|(_, known)| matches!(known, Known::Missing));
    if let Some((id, _)) = missing {
        return Judgement::new(Verdict::Confirmed, format!("file system {id} does not exist"))
            .culprit(Culprit { kind: "file-system", id: Some(id.clone()), references: Vec::new() })
            .finding(Finding::missing(format!("{id} in {}", case.own_region()), "DescribeMountTargets"));
    }
    for (file_system, access_point) in access_points(case) {
        let known = case.look::<Vec<AccessPoint>>(&access_points_question(case, file_system));
        let is_it = |listed: &AccessPoint| listed.access_point_id.as_deref() == Some(access_point);
        if let Some(listed) = known.found().filter(|listed| !listed.iter().any(is_it)) {
            return Judgement::new(Verdict::Confirmed, format!("access point {access_point} does not exist"))
                .culprit(Culprit { kind: "access-point", id: Some(access_point.to_owned()), references: Vec::new() })
                .finding(Finding::missing(format!("{access_point} among the {} of {file_system}", listed.len()), "DescribeAccessPoints"));
        }
    }
    let targets = path::mount_targets(case);
    let points_known =
        access_points(case).iter().all(|(file_system, _)| case.look::<Vec<AccessPoint>>(&access_points_question(case, file_system)).found().is_some());
    let there = !targets.is_empty() && targets.iter().all(|(_, known)| known.found().is_some()) && points_known;
    if there && matches!(case.symptom.fault, Fault::Dns | Fault::NetworkTimeout | Fault::AccessDenied) {
        let ids: Vec<&str> = targets.iter().map(|(id, _)| id.as_str()).collect();
        return Judgement::new(Verdict::RuledOut, "what the volume names exists")
            .finding(Finding::found(format!("{}, with the access points that the volumes name", ids.join(", ")), "DescribeMountTargets"));
    }
    if case.symptom.fault != Fault::NotFound && case.symptom.fault != Fault::Misconfigured && case.symptom.fault != Fault::BadReference {
        return Judgement::unsupported();
    }
    Judgement::new(Verdict::Likely, format!("what the volume names does not exist: {name}"))
}

/// The file systems of the definition's volumes with the access points through which they are mounted.
fn access_points<'c>(case: &'c Case<'_>) -> Vec<(&'c str, &'c str)> {
    let volumes = case.definition().map(|definition| definition.volumes.as_slice()).unwrap_or_default();
    let of_volume = |volume: &'c Volume| {
        let efs = volume.efs_volume_configuration.as_ref()?;
        Some((efs.file_system_id.as_deref()?, efs.authorization_config.as_ref()?.access_point_id.as_deref()?))
    };
    volumes.iter().filter_map(of_volume).collect()
}

fn access_points_question(case: &Case<'_>, file_system: &str) -> Question {
    Question::AccessPoints { region: case.own_region().to_owned(), file_system: file_system.to_owned() }
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    let points = access_points(case).into_iter().map(|(file_system, _)| access_points_question(case, file_system));
    path::ask_mount(case).into_iter().chain(points).collect()
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some((id, _)) = path::mount_targets(case).into_iter().find(|(_, known)| matches!(known, Known::Missing)) {
        let look = case.aws_at_task("efs describe-file-systems").words("--query 'FileSystems[].[FileSystemId,Name]'");
        let text = format!("name a file system that exists instead of {id} in a new revision{}", case.then_again());
        return Fix::words(text).run(case.commands_for_revision([look]));
    }
    if let Some((file_system, access_point)) = missing_access_point(case) {
        let look = case.aws_at_task("efs describe-access-points").name("--file-system-id", Kind::FileSystem, file_system);
        let look = look.words("--query 'AccessPoints[].[AccessPointId,Name,RootDirectory.Path]'");
        let text = format!("name an access point of {file_system} that exists instead of {access_point} in a new revision{}", case.then_again());
        return Fix::words(text).run(case.commands_for_revision([look]));
    }
    Fix::words(format!("make the directory, or correct the volume in a new revision{}", case.then_again()))
}

/// An access point that its file system does not have, with that.
fn missing_access_point<'c>(case: &'c Case<'_>) -> Option<(&'c str, &'c str)> {
    access_points(case).into_iter().find(|(file_system, access_point)| {
        let known = case.look::<Vec<AccessPoint>>(&access_points_question(case, file_system));
        known.found().is_some_and(|listed| !listed.iter().any(|listed| listed.access_point_id.as_deref() == Some(access_point)))
    })
}
