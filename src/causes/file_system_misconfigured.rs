//! The volume names a file system, access point or path that is not there.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::name::Kind;
use super::proof::{Complete, Identity, Proof, Time};
use super::{Cause, Example, Explanation, Owner, path};
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step};
use crate::task_definition::TaskDefinition;

pub(super) const CAUSE: Cause = Cause {
    id: "file-system-misconfigured",
    title: "the volume's file system or path does not exist",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The mount reached the file system service, and what the volume names is not there.",
        why: "rootDirectory names a directory that nobody created; the file system or access point was deleted; the id is of another Region.",
        tell: "The message says `No such file or directory` as the server's reason, or `FileSystemNotFound`.",
        fix: "Correct the volume, or create the directory.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html",
        "https://docs.aws.amazon.com/efs/latest/ug/troubleshooting-efs-mounting.html",
    ],
    when: |symptom| {
        matches!(symptom.step, Step::EfsVolume | Step::FsxVolume)
            && matches!(
                symptom.fault,
                Fault::NotFound
                    | Fault::Misconfigured
                    | Fault::BadReference
                    | Fault::Dns
                    | Fault::NetworkTimeout
                    | Fault::AccessDenied
            )
    },
    ask,
    assess,
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting fs-06f98f3e7fbc8300c.efs.us-east-1.amazonaws.com:/data failed, reason given by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    no_file_system(case).or_else(|| no_access_point(case)).or_else(|| malformed(case)).or_else(|| {
        let fits = matches!(case.symptom.fault, Fault::NotFound | Fault::Misconfigured | Fault::BadReference)
            && !case.forecast;
        let name = case.name().map(|name| format!(": {name}")).unwrap_or_default();
        let fix =
            Fix::words("create the directory, or correct the volume in a new revision").then_again(case);
        fits.then(|| Assessment::likely(format!("what the volume names does not exist{name}")).fix(fix))
    })
}

fn no_file_system(case: &Case<'_>) -> Option<Assessment> {
    let (id, _) = path::mount_targets(case).into_iter().find(|(_, known)| matches!(known, Known::Missing))?;
    let missing = Finding::missing(format!("{id} in {}", case.own_region()), "DescribeMountTargets");
    let proof = Proof::by(vec![missing], Identity::of_revision(case), Complete::alone(), Time::as_ecs_said());
    let look =
        case.aws_at_task("efs describe-file-systems").words("--query 'FileSystems[].[FileSystemId,Name]'");
    let text = format!("name a file system that exists instead of {id} in a new revision");
    Some(
        Assessment::confirmed(format!("file system {id} does not exist"), proof)
            .culprit(Culprit { kind: "file-system", id: Some(id), references: Vec::new() })
            .fix(Fix::words(text).run([look]).then_revised(case)),
    )
}

/// An access point that is none of the volume's file system; another one may have it.
fn no_access_point(case: &Case<'_>) -> Option<Assessment> {
    let (file_system, access_point, listed) =
        access_points(case).into_iter().find_map(|(file_system, access_point)| {
            let listed = case.look(&access_points_question(case, file_system)).found()?;
            let is_there =
                listed.iter().any(|listed| listed.access_point_id.as_deref() == Some(access_point));
            (!is_there).then_some((file_system, access_point, listed.len()))
        })?;
    let missing = Finding::missing(
        format!("{access_point} among the {listed} of {file_system}"),
        "DescribeAccessPoints",
    );
    let proof = Proof::by(vec![missing], Identity::of_revision(case), Complete::alone(), Time::as_ecs_said());
    let look = case.aws_at_task("efs describe-access-points").name(
        "--file-system-id",
        Kind::FileSystem,
        file_system,
    );
    let look = look.words("--query 'AccessPoints[].[AccessPointId,Name,RootDirectory.Path]'");
    let text = format!("name an access point of {file_system} instead of {access_point} in a new revision");
    Some(
        Assessment::confirmed(format!("file system {file_system} has no access point {access_point}"), proof)
            .culprit(Culprit {
                kind: "access-point",
                id: Some(access_point.to_owned()),
                references: Vec::new(),
            })
            .fix(Fix::words(text).run([look]).then_revised(case)),
    )
}

/// A volume as ECS does not take it.
fn malformed(case: &Case<'_>) -> Option<Assessment> {
    if !matches!(case.symptom.fault, Fault::Misconfigured | Fault::BadReference) {
        return None;
    }
    let definition = case.definition()?;
    let (volume, problem) = definition.efs_volumes().find_map(|(volume, efs)| {
        let is_encrypted = efs.transit_encryption.as_deref() == Some("ENABLED");
        let problem = if efs.is_by_role() && definition.task_role_arn.is_none() {
            "it is mounted with IAM authorization, and the definition names no task role"
        } else if (efs.is_by_role() || efs.access_point().is_some()) && !is_encrypted {
            "IAM authorization and access points need transitEncryption ENABLED"
        } else if efs.access_point().is_some()
            && efs.root_directory.as_deref().is_some_and(|directory| !matches!(directory, "" | "/"))
        {
            "with an access point, rootDirectory is / or left out"
        } else {
            return None;
        };
        Some((volume.name.clone().unwrap_or_default(), problem))
    })?;
    let proof = Proof::by(
        vec![Finding::found(problem, DEFINITION)],
        Identity::of_revision(case),
        Complete::alone(),
        Time::unchanging(),
    );
    let fix = Fix::words("correct the volume in a new revision").then_revised(case);
    Some(Assessment::confirmed(format!("volume {volume} cannot be mounted as it is written"), proof).fix(fix))
}

/// The file systems of the definition's volumes with the access points through which they are mounted.
fn access_points<'c>(case: &'c Case<'_>) -> Vec<(&'c str, &'c str)> {
    let volumes = case.definition().into_iter().flat_map(TaskDefinition::efs_volumes);
    volumes.filter_map(|(_, efs)| Some((efs.file_system_id.as_deref()?, efs.access_point()?))).collect()
}

fn access_points_question(case: &Case<'_>, file_system: &str) -> ask::AccessPoints {
    ask::AccessPoints { region: case.own_region().to_owned(), file_system: file_system.to_owned() }
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    let points = access_points(case)
        .into_iter()
        .map(|(file_system, _)| access_points_question(case, file_system).into());
    path::ask_mount(case).into_iter().chain(points).collect()
}
