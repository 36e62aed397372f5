//! The way to a file system of Amazon EFS: its mount target in the caller's Availability Zone.

use super::leg::Leg;
use super::place::{Arrival, Place, list};
use super::walk::walk;
use super::{Break, Part, Path, Snapshot, State};
use crate::question::Known;
use crate::question::facts::MountTarget;

/// The port of NFS.
const PORT: u16 = 2049;
const PART: &[Part] = &[Part::MountTarget];

/// Judges the way from the caller to a file system of Amazon EFS.
#[must_use]
pub fn mount<'e>(snapshot: &Snapshot<'e>, file_system: &str, targets: Known<'e, Vec<MountTarget>>) -> Path {
    walk(snapshot, format!("{file_system}:{PORT}"), |place| {
        place.dns(true).then(place.reach_file_system(file_system, targets))
    })
}

impl<'e> Place<'_, 'e> {
    fn reach_file_system(&self, file_system: &str, targets: Known<'e, Vec<MountTarget>>) -> Leg {
        let hop = format!("mount target of {file_system}");
        let Some(zone) = self.subnet.availability_zone.as_deref() else {
            return Leg::default().doubt(Part::ALL, hop, format!("the Availability Zone of {}", self.id));
        };
        let targets = match list(targets, "the mount targets") {
            Ok(targets) => targets,
            Err(why) => return Leg::default().doubt(Part::ALL, hop, why),
        };
        let is_near = |target: &&MountTarget| {
            let in_vpc = target.vpc_id.is_none()
                || self.subnet.vpc_id.is_none()
                || target.vpc_id == self.subnet.vpc_id;
            in_vpc && target.availability_zone_name.as_deref() == Some(zone)
        };
        let is_available = |target: &MountTarget| target.life_cycle_state.as_deref() == Some("available");
        let Some(target) = targets.iter().filter(is_near).min_by_key(|target| !is_available(target)) else {
            let proof = format!("{file_system} has no mount target in {zone}, where {} is", self.id);
            let what =
                Break::NoMountTargetInZone { file_system: file_system.to_owned(), zone: zone.to_owned() };
            return Leg::default().judged(
                State::Broken,
                format!("{hop} in {zone}: none"),
                self.blockage(what, "DescribeMountTargets", proof),
            );
        };
        let id = target.mount_target_id.as_deref().unwrap_or("<mount-target>");
        match target.life_cycle_state.as_deref() {
            Some("available") => {}
            None | Some("updating") => {
                return Leg::default().doubt(
                    Part::ALL,
                    format!("mount target {id}"),
                    format!("the state of {id}, which is being changed or was not returned"),
                );
            }
            Some(state) => {
                let what =
                    Break::MountTargetNotAvailable { mount_target: id.to_owned(), state: state.to_owned() };
                let proof =
                    format!("{id}, the mount target of {file_system} in {zone}, is {state}, not available");
                return Leg::default().judged(
                    State::Broken,
                    format!("mount target {id}: {state}"),
                    self.blockage(what, "DescribeMountTargets", proof),
                );
            }
        }
        let groups = match (&target.security_groups, &target.security_groups_unread) {
            (Some(groups), _) if !groups.is_empty() => Ok(groups.iter().map(String::as_str).collect()),
            (_, Some(why)) => {
                Err(format!("the security groups of mount target {id} could not be read: {why}"))
            }
            _ => Err(format!("the security groups of mount target {id}")),
        };
        let subnets = target.subnet_id.as_deref().into_iter().collect();
        let at = Arrival { kind: "mount target", id, part: PART, groups, subnets, port: PORT };
        self.arrive(&at, |ingress| Break::MountTargetGroup { mount_target: id.to_owned(), ingress })
    }
}
