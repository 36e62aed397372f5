//! The file system refused the mount.

use serde_json::json;

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::command::Command;
use super::fix::Fix;
use super::name::Kind;
use super::policy;
use super::proof::{Complete, Gap, Identity, Proof, Time};
use super::refusal::Call;
use super::{Cause, Example, Explanation, Owner};
use crate::arn::Arn;
use crate::policy_document::{At, Decision, NamedRole, Principal, Request, decide};
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step};
use crate::task_definition::{EfsVolume, TaskDefinition, Volume};

pub(super) const CAUSE: Cause = Cause {
    id: "file-system-access-denied",
    title: "the file system refused the task",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "The file system was reached and refused the mount.",
        why: "Its policy asks for IAM authorization and the volume does not use it, the task role lacks elasticfilesystem:ClientMount, or the access point does not match.",
        tell: "The message says `access denied by server while mounting`.",
        fix: "Turn on IAM authorization for the volume and allow the task role in the file system's policy.",
    },
    references: &[
        "https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html",
    ],
    when: |symptom| {
        matches!(symptom.step, Step::EfsVolume | Step::FsxVolume | Step::Volume)
            && matches!(symptom.fault, Fault::AccessDenied | Fault::BadCredentials)
            && symptom.action.is_none()
    },
    ask,
    assess,
    examples: &[Example {
        text: "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' : unsuccessful EFS utils command execution; code: 32",
        also: &["file-system-misconfigured"],
    }],
};

/// A file system that is mounted, and what is known of its policy.
struct Mount<'c> {
    case: &'c Case<'c>,
    volume: &'c Volume,
    efs: &'c EfsVolume,
    id: &'c str,
}

/// What a file system says to a mount.
enum Says {
    /// Its policy denies it.
    Denied(At),
    /// Its policy does not allow it, and whether the role's own policies do, which would be enough.
    NotAllowed(Result<Complete, Gap>),
    /// Its policy allows it.
    Allowed(At),
    /// It has no policy: any client in reach can mount.
    Anyone,
    /// The role's own policies allow it.
    ByRole,
    Unknown(Finding),
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let mounts = mounts(case);
    let says: Vec<(&Mount<'_>, Says)> = mounts.iter().map(|mount| (mount, mount.says())).collect();
    if let Some((mount, refused)) =
        says.iter().find(|(_, says)| matches!(says, Says::Denied(_) | Says::NotAllowed(_)))
    {
        return Some(mount.refused(refused));
    }
    if case.forecast {
        return None;
    }
    let title = "the file system refused the mount";
    if says.is_empty() {
        let fix = Fix::words(format!(
            "{SWITCH_ON}, and allow the task role elasticfilesystem:ClientMount in the file system's policy"
        ))
        .then_again(case);
        let unknown =
            Finding::unknown("its policy, and whether the volume uses IAM authorization and an access point");
        return Some(Assessment::likely(title).finding(unknown).fix(fix));
    }
    // Policies carry no date: one that allows the mount now might not have allowed it then.
    let is_known = says.iter().all(|(_, says)| !matches!(says, Says::Unknown(_)));
    let assessment = if is_known { Assessment::possible(title) } else { Assessment::likely(title) };
    let text = "check the policies of the file systems and the task role";
    let looks = says.iter().map(|(mount, _)| mount.look());
    let culprit = if let [mount] = mounts.as_slice() { Some(mount.culprit()) } else { None };
    let assessment = culprit.into_iter().fold(assessment, Assessment::culprit);
    Some(
        assessment
            .findings(says.iter().flat_map(|(mount, says)| mount.found(says)))
            .fix(Fix::words(text).run(looks).then_again(case)),
    )
}

const FILE_SYSTEM_POLICY: &str = "DescribeFileSystemPolicy";
const MOUNT: &str = "elasticfilesystem:ClientMount";
const WRITE: &str = "elasticfilesystem:ClientWrite";
const SWITCH_ON: &str =
    "set authorizationConfig.iam ENABLED with transitEncryption ENABLED in a new revision";

/// Every EFS volume: each is refused for itself.
fn mounts<'c>(case: &'c Case<'_>) -> Vec<Mount<'c>> {
    let volumes = case.definition().into_iter().flat_map(TaskDefinition::efs_volumes);
    volumes
        .filter_map(|(volume, efs)| Some(Mount { case, volume, efs, id: efs.file_system_id.as_deref()? }))
        .collect()
}

fn ask(case: &Case<'_>) -> Vec<Question> {
    mounts(case).iter().flat_map(Mount::ask).collect()
}

impl<'c> Mount<'c> {
    fn question(&self) -> ask::FileSystemPolicy {
        ask::FileSystemPolicy { region: self.case.own_region().to_owned(), file_system: self.id.to_owned() }
    }

    /// The role's own policies are asked about once the file system's policy leaves it to them.
    fn ask(&self) -> Vec<Question> {
        let is_theirs = matches!(self.decision(), Some(Decision::NotAllowed { .. }));
        let simulation =
            self.call().filter(|_| is_theirs).map(|(role, call)| self.case.question_after(&call, &role));
        std::iter::once(self.question().into()).chain(simulation.map(Question::from)).collect()
    }

    /// The role that mounts: the task role, where the volume is mounted with IAM authorization, else none.
    fn role(&self) -> Option<&'c str> {
        self.case.task_role_arn().filter(|_| self.efs.is_by_role())
    }

    fn call(&self) -> Option<(String, Call)> {
        Some((self.role()?.to_owned(), Call::new(MOUNT, self.resource(), self.case.own_region())))
    }

    fn resource(&self) -> String {
        let case = self.case;
        let (region, account) = (case.own_region(), case.task.account.as_deref().unwrap_or("*"));
        format!("arn:{}:elasticfilesystem:{region}:{account}:file-system/{}", case.partition(), self.id)
    }

    fn decision(&self) -> Option<Decision> {
        self.decided(self.role())
    }

    /// What the file system's policy says to a mount by a role, or by an anonymous client.
    fn decided(&self, role: Option<&str>) -> Option<Decision> {
        let document = self.case.look(&self.question()).found()?;
        let principal = role.and_then(NamedRole::parse).map_or(Principal::Anonymous, Principal::Role);
        Some(decide(
            &document.0,
            &Request { principal, action: MOUNT, resource: &self.resource(), context: &[] },
        ))
    }

    fn says(&self) -> Says {
        let known = self.case.look(&self.question());
        match self.decision() {
            Some(Decision::Denied(at)) => Says::Denied(at),
            Some(Decision::Allowed(at)) => Says::Allowed(at),
            Some(Decision::NotAllowed { .. }) => self.by_role(),
            Some(Decision::Unsure(why)) => {
                Says::Unknown(Finding::unknown(format!("what the policy of {} says: {why}", self.id)))
            }
            None if matches!(known, Known::Missing) => Says::Anyone,
            None => {
                let what = format!("the policy of {}", self.id);
                Says::Unknown(Finding::unanswered(&what, known).unwrap_or_else(|| Finding::unknown(what)))
            }
        }
    }

    /// Within one account the role's own policies are as good as the file system's.
    fn by_role(&self) -> Says {
        let Some((role, call)) = self.call() else { return Says::NotAllowed(Complete::alone()) };
        let own_account = Arn::parse(&role).map(|arn| arn.account.to_owned()) == self.case.task.account;
        match self.case.look(&self.case.question_after(&call, &role)) {
            _ if !own_account => Says::NotAllowed(Complete::alone()),
            Known::Found(simulation) if simulation.eval_decision == "allowed" => Says::ByRole,
            Known::Found(simulation) if !simulation.missing_context_values.is_empty() => {
                let keys = simulation.missing_context_values.join(", ");
                Says::NotAllowed(Complete::unless(Some(format!(
                    "whether the role's own policies allow it: the simulation lacks {keys}"
                ))))
            }
            known => Says::NotAllowed(Complete::of("whether the role's own policies allow it", [known])),
        }
    }

    fn who(&self) -> String {
        self.role()
            .and_then(|arn| arn.rsplit('/').next())
            .map_or("an anonymous client".to_owned(), |role| format!("task role {role}"))
    }

    fn culprit(&self) -> Culprit {
        Culprit { kind: "file-system", id: Some(self.id.to_owned()), references: Vec::new() }
    }

    /// How its volume is mounted, and what its policy says to that.
    fn found(&self, says: &Says) -> Vec<Finding> {
        let (id, who) = (self.id, self.who());
        let name = self.volume.name.as_deref().unwrap_or_default();
        let anonymous = format!("volume {name} does not use IAM authorization, so the client is anonymous");
        let without = (!self.efs.is_by_role()).then(|| Finding::found(anonymous, DEFINITION));
        let says = match says {
            Says::Denied(at) => Finding::found(
                format!("{at} of the policy of {id} denies {who} to mount"),
                FILE_SYSTEM_POLICY,
            ),
            Says::NotAllowed(_) => {
                Finding::missing(format!("an allow for {who} in the policy of {id}"), FILE_SYSTEM_POLICY)
            }
            Says::Allowed(at) => Finding::found(
                format!("{at} of the policy of {id} allows {who} to mount now"),
                FILE_SYSTEM_POLICY,
            ),
            Says::Anyone => Finding::missing(
                format!("a policy of {id}: any client that reaches it is allowed to mount now"),
                FILE_SYSTEM_POLICY,
            ),
            Says::ByRole => Finding::found(
                format!("the policies of {who} allow it to mount {id} now"),
                "SimulatePrincipalPolicy",
            ),
            Says::Unknown(unknown) => unknown.clone(),
        };
        without.into_iter().chain([says]).collect()
    }

    fn refused(&self, says: &Says) -> Assessment {
        let gap = match says {
            Says::NotAllowed(Err(gap)) => Err(gap.clone()),
            _ => Complete::alone(),
        };
        let proof = Proof::by(self.found(says), Identity::of_revision(self.case), gap, Time::as_ecs_said());
        let fix = if let Says::Denied(at) = says { self.narrow(at) } else { self.allow() };
        Assessment::confirmed(format!("file system {} refuses the mount", self.id), proof)
            .culprit(self.culprit())
            .fix(fix)
    }

    fn narrow(&self, at: &At) -> Fix {
        let text = format!("narrow or remove {at} of the policy of {}; an allow does not help", self.id);
        Fix::words(text).run([self.look()]).then_again(self.case)
    }

    fn allow(&self) -> Fix {
        let (case, id) = (self.case, self.id);
        let Some(role) = case.task_role_arn() else {
            return Fix::words(format!(
                "give the task a role, {SWITCH_ON}, and allow the role {MOUNT} in the policy of {id}"
            ))
            .then_revised(case);
        };
        if let (false, Some(Decision::Allowed(at))) = (self.efs.is_by_role(), self.decided(Some(role))) {
            let text = format!("{SWITCH_ON}: {at} of the policy of {id} allows the task role to mount");
            return Fix::words(text).then_revised(case);
        }
        let before = if self.efs.is_by_role() { String::new() } else { format!("{SWITCH_ON}, and ") };
        let is_only_read = case.definition().is_some_and(|definition| definition.is_only_read(self.volume));
        let actions = if is_only_read { json!(MOUNT) } else { json!([MOUNT, WRITE]) };
        let add = json!({"Effect": "Allow", "Principal": {"AWS": role}, "Action": actions, "Resource": self.resource()});
        let document = case.look(&self.question()).found().map(|policy| &policy.0);
        let (how, command, statement) = match policy::addition(case, document, add) {
            Ok(addition) => {
                let put = || {
                    case.aws_at_task("efs put-file-system-policy").name(
                        "--file-system-id",
                        Kind::FileSystem,
                        id,
                    )
                };
                addition.by(|whole| put().document("--policy", whole), || self.look())
            }
            Err(why) => {
                return Fix::words(format!(
                    "{before}allow the task role to mount in the policy of {id}; {why}"
                ))
                .run([self.look()])
                .then_again(case);
            }
        };
        let text = format!("{before}add the statement to the policy of {id}{how}");
        let fix = Fix::words(text).run([command]).policy(statement);
        if self.efs.is_by_role() { fix.then_again(case) } else { fix.then_revised(case) }
    }

    fn look(&self) -> Command {
        self.case.aws_at_task("efs describe-file-system-policy").name(
            "--file-system-id",
            Kind::FileSystem,
            self.id,
        )
    }
}
