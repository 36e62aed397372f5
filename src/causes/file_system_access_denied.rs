//! The file system refused the mount.

use serde_json::json;

use super::assessment::{Culprit, Finding, Fix};
use super::case::{Case, DEFINITION};
use super::command::Command;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::policy::{self, Addition};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::policy_document::{Decision, NamedRole, Principal, Request, decide};
use crate::question::facts::Policy;
use crate::question::{Known, Question};
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
    ask: |case| iam_volume(case).map(|(file_system, _)| question(case, file_system)).into_iter().collect(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' : unsuccessful EFS utils command execution; code: 32",
        also: &["file-system-misconfigured"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let title = "the file system refused to be mounted";
    let iam = iam_volume(case);
    let Some((file_system, uses_iam)) = iam.filter(|(_, uses_iam)| !uses_iam || case.definition().is_some_and(|definition| definition.task_role_arn.is_some()))
    else {
        return Judgement::new(Verdict::Likely, title)
            .finding(Finding::unknown("its policy, and whether the volume uses IAM authorisation and an access point"));
    };
    let policy = case.look::<Policy>(&question(case, file_system));
    let without = (!uses_iam).then(|| Finding::found("the volume does not use IAM authorisation, so the client is anonymous", DEFINITION));
    let judgement = |verdict| {
        Judgement::new(verdict, title)
            .culprit(Culprit { kind: "file-system", id: Some(file_system.to_owned()), references: Vec::new() })
            .findings(without.clone())
    };
    let Known::Found(_) = policy else {
        let none = matches!(policy, Known::Missing).then(|| Finding::missing("a file system policy: any client in reach may mount", FILE_SYSTEM_POLICY));
        let verdict = if none.is_some() { Verdict::RuledOut } else { Verdict::Likely };
        return judgement(verdict).findings(none).findings(Finding::not_told("the file system's policy", policy));
    };
    let task_role = case.definition().and_then(|definition| definition.task_role_arn.clone()).filter(|_| uses_iam);
    let who = task_role.as_deref().and_then(|arn| arn.rsplit('/').next()).map_or("an anonymous client".to_owned(), |role| format!("task role {role}"));
    let Some(decision) = decided(case, task_role.as_deref()) else { return judgement(Verdict::Likely) };
    match decision {
        Decision::Denied(at) => judgement(Verdict::Confirmed).finding(Finding::found(format!("{at} of the policy denies {who} to mount"), FILE_SYSTEM_POLICY)),
        // The task role's own policies may allow it.
        Decision::NotAllowed { .. } if uses_iam => {
            judgement(Verdict::Likely).finding(Finding::missing(format!("an allow for {who} in the policy"), FILE_SYSTEM_POLICY))
        }
        Decision::NotAllowed { .. } => judgement(Verdict::Confirmed).finding(Finding::missing(format!("an allow for {who} in the policy"), FILE_SYSTEM_POLICY)),
        Decision::Allowed(at) => judgement(Verdict::Possible).finding(Finding::found(format!("{at} of the policy lets {who} mount now"), FILE_SYSTEM_POLICY)),
        Decision::Unsure(why) => judgement(Verdict::Likely).finding(Finding::unknown(format!("what the policy says: {why}"))),
    }
}

const FILE_SYSTEM_POLICY: &str = "DescribeFileSystemPolicy";

/// The first file system among the volumes, and whether the task role authorises its mount.
fn iam_volume<'c>(case: &'c Case<'_>) -> Option<(&'c str, bool)> {
    let efs = case.definition()?.volumes.iter().find_map(|volume| volume.efs_volume_configuration.as_ref())?;
    let iam = efs.authorization_config.as_ref().and_then(|config| config.iam.as_deref());
    Some((efs.file_system_id.as_deref()?, iam == Some("ENABLED")))
}

fn question(case: &Case<'_>, file_system: &str) -> Question {
    Question::FileSystemPolicy { region: case.own_region().to_owned(), file_system: file_system.to_owned() }
}

/// What the file system's policy says to a mount, and to whom: the task role, or with `None` an anonymous client.
fn decided(case: &Case<'_>, role: Option<&str>) -> Option<Decision> {
    let (file_system, _) = iam_volume(case)?;
    let document = case.look::<Policy>(&question(case, file_system)).found()?;
    let principal = role.and_then(NamedRole::parse).map_or(Principal::Anonymous, Principal::Role);
    let resource = resource(case, file_system);
    Some(decide(&document.0, &Request { principal, action: MOUNT, resource: &resource, context: &[] }))
}

fn fix(case: &Case<'_>) -> Fix {
    let role = case.task_role_arn();
    let volume = iam_volume(case);
    let uses_iam = volume.is_some_and(|(_, uses_iam)| uses_iam);
    let switch_on = "set authorizationConfig.iam ENABLED with transitEncryption ENABLED in a new revision";
    match (volume, role, decided(case, role)) {
        (Some((file_system, _)), _, Some(Decision::Denied(at))) => {
            let text = format!("narrow or remove {at} of the policy of {file_system}; an allow does not help{}", case.then_again());
            Fix::words(text).run([look(case, file_system)])
        }
        (Some(_), Some(_), Some(Decision::Allowed(at))) if !uses_iam => {
            Fix::words(format!("{switch_on}: {at} of the file system's policy lets the task role mount{}", case.then_again()))
                .run(case.commands_for_revision([]))
        }
        (Some((file_system, _)), Some(role), Some(Decision::NotAllowed { .. })) => {
            let document = case.look::<Policy>(&question(case, file_system)).found().map(|policy| &policy.0);
            let actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
            let add = json!({"Effect": "Allow", "Principal": {"AWS": role}, "Action": actions, "Resource": resource(case, file_system)});
            let before = if uses_iam { String::new() } else { format!("{switch_on}, and ") };
            let again = case.then_again();
            let (keeps, command, statement) = match policy::addition(case, document, add) {
                Ok(Addition { statement, whole: Some(whole) }) => {
                    let put = case.aws_at_task("efs put-file-system-policy").name("--file-system-id", Kind::FileSystem, file_system);
                    (" (the command keeps what stands there)", put.document("--policy", &whole), statement)
                }
                Ok(Addition { statement, whole: None }) => (", which the command shows", look(case, file_system), statement),
                Err(why) => {
                    return Fix::words(format!("{before}let the task role mount in the file system's policy{again}; {why}")).run([look(case, file_system)]);
                }
            };
            let text = format!("{before}add the statement to the file system's policy{keeps}{again}");
            Fix::words(text).run(if uses_iam { case.commands([command]) } else { case.commands_for_revision([command]) }).policy(statement)
        }
        _ => Fix::words(format!("{switch_on}, and allow the task role elasticfilesystem:ClientMount in the file system's policy{}", case.then_again())),
    }
}

fn look(case: &Case<'_>, file_system: &str) -> Command {
    case.aws_at_task("efs describe-file-system-policy").name("--file-system-id", Kind::FileSystem, file_system)
}

const MOUNT: &str = "elasticfilesystem:ClientMount";

fn resource(case: &Case<'_>, file_system: &str) -> String {
    format!("arn:{}:elasticfilesystem:{}:{}:file-system/{file_system}", case.partition(), case.own_region(), case.task.account.as_deref().unwrap_or("*"))
}
