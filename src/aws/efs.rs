//! Amazon EFS: where a file system can be reached, its access points and its policy.

use futures_util::future::join_all;

use super::answer::{list, policy};
use super::call::{Caller, Input};
use super::failure::Failure;
use super::operation::Operation;
use crate::question::facts::MountTarget;
use crate::question::{Answer, ask};

/// More mount targets than Availability Zones there are none.
const MOST_TARGETS: usize = 8;

pub(crate) async fn mount_targets(
    caller: &Caller,
    ask::MountTargets { region, file_system }: &ask::MountTargets,
) -> Result<Answer, Failure> {
    let input = |marker: Option<String>| {
        Input::Get(
            file_system.to_owned(),
            marker.map(|marker| ("Marker".to_owned(), marker)).into_iter().collect(),
        )
    };
    let pages = caller.pages(Operation::DescribeMountTargets, region, file_system, input).await?;
    let mut targets: Vec<MountTarget> = pages.all()?;
    let asked = targets
        .iter()
        .take(MOST_TARGETS)
        .map(|target| security_groups(caller, region, target.mount_target_id.as_deref()));
    let groups = join_all(asked).await;
    for (target, groups) in targets.iter_mut().zip(groups) {
        match groups {
            Ok(groups) => target.security_groups = Some(groups),
            Err(failure) => target.security_groups_unread = Some(why_unread(failure)),
        }
    }
    Ok(Answer::MountTargets(targets))
}

/// Those of a mount target. Amazon EFS asks Amazon EC2 for them on the caller's behalf.
async fn security_groups(
    caller: &Caller,
    region: &str,
    target: Option<&str>,
) -> Result<Vec<String>, Failure> {
    let target = target.unwrap_or_default();
    let input = Input::Get(target.to_owned(), Vec::new());
    let mut answer = caller.call(Operation::DescribeMountTargetSecurityGroups, region, target, input).await?;
    list(&mut answer, "/SecurityGroups")
}

fn why_unread(failure: Failure) -> String {
    match Answer::from(failure) {
        Answer::Unknown(why) => {
            format!("{why}; reading them takes ec2:DescribeNetworkInterfaceAttribute too")
        }
        _ => "the mount target does not exist any more".to_owned(),
    }
}

pub(crate) async fn access_points(
    caller: &Caller,
    ask::AccessPoints { region, file_system }: &ask::AccessPoints,
) -> Result<Answer, Failure> {
    let input = |token: Option<String>| {
        Input::Get(
            file_system.to_owned(),
            token.map(|token| ("NextToken".to_owned(), token)).into_iter().collect(),
        )
    };
    let pages = caller.pages(Operation::DescribeAccessPoints, region, file_system, input).await?;
    pages.all().map(Answer::AccessPoints)
}

pub(crate) async fn file_system_policy(
    caller: &Caller,
    ask::FileSystemPolicy { region, file_system }: &ask::FileSystemPolicy,
) -> Result<Answer, Failure> {
    let input = Input::Get(file_system.to_owned(), Vec::new());
    policy(&caller.call(Operation::DescribeFileSystemPolicy, region, file_system, input).await?, "/Policy")
}
