//! A volume could not be made, attached or mounted.

use super::assessment::Assessment;
use super::case::Case;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Step, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "volume-failed",
    title: "a volume could not be mounted",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "A volume other than the cases above failed: EBS, a bind mount, a Docker volume, S3 Files.",
        why: "A path on the host is missing or not a directory, a driver failed, an EBS volume was not attached in time or the infrastructure role is not authorized to create it.",
        tell: "The text names the path, the driver or the volume.",
        fix: "Correct what the text names: the path on the host, the driver, or for EBS the infrastructure role, the snapshot's file system type and the KMS key.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
    ],
    when: |symptom| {
        is_volume(symptom)
            && !super::CAUSES
                .iter()
                .any(|cause| cause.id.starts_with("file-system-") && cause.claims(symptom))
            && symptom.action.is_none()
            && symptom.deny.is_none()
            && !symptom.is_normal()
    },
    ask: super::nothing,
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting \"/var/lib/x\" to rootfs at \"/app/settings.json\": not a directory",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    if case.symptom.step != Step::EbsVolume {
        let text = "correct the volume or the mount point that the text names, in a new revision";
        return Assessment::likely("a volume could not be set up").fix(Fix::words(text).then_revised(case));
    }
    let text = "see that the infrastructure role of the volume trusts ecs.amazonaws.com and may create and attach it, that filesystemType is that of the snapshot, \
         and that the role is allowed to use the volume's KMS key";
    let service = case.describe_service("--query 'services[0].deployments[0].volumeConfigurations'");
    Assessment::likely("an EBS volume could not be set up")
        .fix(Fix::words(text).run(service).then_again(case))
}

fn is_volume(symptom: &Symptom) -> bool {
    matches!(symptom.step, Step::EfsVolume | Step::FsxVolume | Step::EbsVolume | Step::Volume)
}
