//! The prober that answers questions from AWS itself.
//!
//! Answers are kept for a while: a storm asks one thing many times, and some calls are scarce. Equal
//! questions wait for one answer. What could not be learned is not kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use tokio::time::{Instant, timeout_at};

use super::call::Caller;
use super::failure::{Failure, is_throttling};
use super::members::Members;
use super::operation::Operation;
use super::{ec2, ecr, ecs, efs, iam, kms, logs, s3, secretsmanager, ssm};
use crate::question::{Answer, Question, ask};
use crate::triage::Prober;

/// How long an answer counts as fresh.
const FRESH: Duration = Duration::from_mins(1);
/// No more answers than this are kept: room for the definitions of all that runs in a large account, which a look at a
/// rotation reads.
const KEPT_ANSWERS: usize = 4096;

/// Answers from the APIs of AWS, for the account and with the credentials of one configuration, and for other
/// accounts with those of a role there.
#[derive(Debug)]
pub struct AwsProber {
    pub(super) caller: Caller,
    members: Option<Members>,
    kept: Mutex<HashMap<Asked, Slot>>,
}

/// A question, and the account in which it was asked where that is another than the configured one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked {
    account: Option<String>,
    question: Question,
}

/// Why another account is not asked.
const NO_READER: &str = "looking into other accounts is not set up (parameter OrganizationId)";

/// One question's answer; who holds the lock is asking.
type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

#[derive(Debug)]
struct Kept {
    at: Instant,
    answer: Answer,
}

/// The same prober with a deadline.
#[derive(Debug, Clone, Copy)]
pub struct Until<'p> {
    prober: &'p AwsProber,
    deadline: Instant,
}

impl AwsProber {
    /// A prober over the account and Region of `config`.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { caller: Caller::new(config), members: None, kept: Mutex::default() }
    }

    /// The same with a role, by its path and name, that it assumes in another account to ask there, for the
    /// same.
    #[must_use]
    pub fn with_reader(self, role: Option<String>) -> Self {
        Self { members: role.map(|role| Members::new(&self.caller.config, role, self.caller.tags)), ..self }
    }

    /// The same, asking for the tags of services and definitions too, or not.
    #[must_use]
    pub fn with_tags(mut self, tags: bool) -> Self {
        self.caller.tags = tags;
        self
    }

    /// The same prober for as long as there is time: after the deadline, what is not known yet stays unknown.
    #[must_use]
    pub const fn until(&self, deadline: Instant) -> Until<'_> {
        Until { prober: self, deadline }
    }

    fn slot(&self, asked: &Asked) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_ANSWERS && !kept.contains_key(asked) {
            let in_use = |slot: &Slot| {
                slot.try_lock()
                    .map_or(true, |kept| kept.as_ref().is_some_and(|kept| kept.at.elapsed() < FRESH))
            };
            kept.retain(|_, slot| in_use(slot));
            if kept.len() >= KEPT_ANSWERS {
                kept.clear();
            }
        }
        Arc::clone(kept.entry(asked.clone()).or_default())
    }

    async fn answer(&self, Asked { account, question }: &Asked) -> Answer {
        // On the heap: it is as large as the largest of them.
        let answer = Box::pin(async {
            match (account, &self.members) {
                (None, _) => fresh(&self.caller, question).await,
                (Some(account), Some(members)) => fresh(&*members.caller(account).await?, question).await,
                (Some(_), None) => Err(Failure::Unknown(NO_READER.to_owned())),
            }
        });
        let answer = answer.await.unwrap_or_else(Answer::from);
        if let Answer::Unknown(why) = &answer {
            tracing::warn!(call = question.source(), account, error = %why, "a question stays open");
        }
        answer
    }

    /// The answer to a question in an account: a fresh one that is kept, or a new one.
    async fn kept_or_new(&self, asked: Asked) -> Answer {
        let begun = Instant::now();
        let slot = self.slot(&asked);
        let mut kept = slot.lock().await;
        match &*kept {
            Some(kept) if kept.serves(&asked.question, begun) => kept.answer.clone(),
            _ => {
                let answer = self.answer(&asked).await;
                *kept = Some(Kept { at: Instant::now(), answer: answer.clone() });
                answer
            }
        }
    }
}

impl Prober for AwsProber {
    async fn ask(&self, question: &Question) -> Answer {
        self.kept_or_new(Asked { account: None, question: question.clone() }).await
    }

    async fn ask_in(&self, account: &str, question: &Question) -> Answer {
        self.kept_or_new(Asked { account: Some(account.to_owned()), question: question.clone() }).await
    }

    fn is_throttled(&self, answer: &Answer) -> bool {
        matches!(answer, Answer::Unknown(why) if is_throttling(why))
    }

    fn renew(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let never_changes = |kept: &Kept, asked: &Asked| {
            matches!(kept.answer, Answer::TaskDefinition(_)) && names_a_revision(&asked.question)
        };
        kept.retain(|asked, slot| {
            slot.try_lock().is_ok_and(|kept| kept.as_ref().is_some_and(|kept| never_changes(kept, asked)))
        });
    }
}

impl Prober for Until<'_> {
    async fn ask(&self, question: &Question) -> Answer {
        let late = || Answer::Unknown("no answer before the deadline".to_owned());
        timeout_at(self.deadline, self.prober.ask(question)).await.unwrap_or_else(|_| late())
    }

    fn is_throttled(&self, answer: &Answer) -> bool {
        self.prober.is_throttled(answer)
    }
}

impl Kept {
    fn serves(&self, question: &Question, asked: Instant) -> bool {
        // It came while we waited for the lock: a call of our own would have the same answer.
        let is_ours = self.at >= asked;
        let is_known = !matches!(self.answer, Answer::Unknown(_));
        is_ours
            || is_known
                && (self.at.elapsed() < FRESH
                    || matches!(self.answer, Answer::TaskDefinition(_)) && names_a_revision(question))
    }
}

/// A revision never changes.
fn names_a_revision(question: &Question) -> bool {
    let Question::TaskDefinition(ask::TaskDefinition { name }) = question else { return false };
    let revision =
        name.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, revision)| revision);
    revision.is_some_and(|revision| revision.bytes().all(|byte| byte.is_ascii_digit()))
}

async fn fresh(caller: &Caller, question: &Question) -> Result<Answer, Failure> {
    match question {
        Question::TaskDefinition(ask) => ecs::task_definition(caller, ask).await,
        Question::Service(ask) => ecs::service(caller, ask).await,
        Question::Services(ask) => ecs::services(caller, ask).await,
        Question::ServiceRevision(ask) => ecs::service_revision(caller, ask).await,
        Question::RunningTasks(ask) => ecs::running_tasks(caller, ask).await,
        Question::Clusters(ask) => ecs::clusters(caller, ask).await,
        Question::ClusterTasks(ask) => ecs::cluster_tasks(caller, ask).await,
        Question::StoppedTasks(ask) => ecs::stopped_tasks(caller, ask).await,
        Question::ContainerInstance(ask) => ecs::container_instance(caller, ask).await,
        Question::Role(ask) => iam::role(caller, ask).await,
        Question::Simulation(ask) => iam::simulation(caller, ask).await,
        Question::Secret(ask) => secretsmanager::secret(caller, ask).await,
        Question::SecretVersions(ask) => secretsmanager::versions(caller, ask).await,
        Question::SecretPolicy(ask) => secretsmanager::secret_policy(caller, ask).await,
        Question::SecretsLike(ask) => secretsmanager::secrets_like(caller, ask).await,
        Question::Parameters(ask) => ssm::parameters(caller, ask).await,
        Question::ParametersLike(ask) => ssm::parameters_like(caller, ask).await,
        Question::Key(ask) => kms::key(caller, ask).await,
        Question::KeyPolicy(ask) => kms::key_policy(caller, ask).await,
        Question::KeyGrants(ask) => kms::grants(caller, ask).await,
        Question::LogGroups(ask) => logs::groups(caller, ask).await,
        Question::LogLines(ask) => logs::last_lines(caller, ask).await,
        Question::Repository(ask) => ecr::repository(caller, ask).await,
        Question::Image(ask) => ecr::image(caller, ask).await,
        Question::RepositoryPolicy(ask) => ecr::repository_policy(caller, ask).await,
        Question::CacheRules(ask) => ecr::cache_rules(caller, ask).await,
        Question::Bucket(ask) => s3::bucket(caller, ask).await,
        Question::Objects(ask) => s3::objects(caller, ask).await,
        Question::MountTargets(ask) => efs::mount_targets(caller, ask).await,
        Question::AccessPoints(ask) => efs::access_points(caller, ask).await,
        Question::FileSystemPolicy(ask) => efs::file_system_policy(caller, ask).await,
        Question::Instance(ask) => ec2::instance(caller, ask).await,
        Question::Subnets(ask) => ec2::subnets(caller, ask).await,
        Question::RouteTables(ask) => {
            ec2::of_vpc(caller, Operation::DescribeRouteTables, &ask.region, &ask.vpc)
                .await
                .map(Answer::RouteTables)
        }
        Question::NatGateways(ask) => {
            ec2::of_vpc(caller, Operation::DescribeNatGateways, &ask.region, &ask.vpc)
                .await
                .map(Answer::NatGateways)
        }
        Question::VpcEndpoints(ask) => ec2::vpc_endpoints(caller, ask).await,
        Question::SecurityGroups(ask) => {
            ec2::of_vpc(caller, Operation::DescribeSecurityGroups, &ask.region, &ask.vpc)
                .await
                .map(Answer::SecurityGroups)
        }
        Question::NamedSecurityGroups(ask) => ec2::security_groups(caller, ask).await,
        Question::NetworkAcls(ask) => {
            ec2::of_vpc(caller, Operation::DescribeNetworkAcls, &ask.region, &ask.vpc)
                .await
                .map(Answer::NetworkAcls)
        }
        Question::VpcDns(ask) => ec2::vpc_dns(caller, ask).await,
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, AwsProber, FRESH, Kept};
    use crate::question::{Answer, Question, ask};
    use crate::triage::Prober as _;
    use aws_config::SdkConfig;
    use tokio::time::Instant;

    #[test]
    fn nothing_is_kept_that_may_have_changed_but_revisions() {
        let prober = AwsProber::new(&SdkConfig::builder().build());
        let named = |name: &str| Asked {
            account: None,
            question: ask::TaskDefinition { name: name.to_owned() }.into(),
        };
        let definition = || Answer::TaskDefinition(Box::default());
        for (name, answer, is_kept) in [
            ("api:7", definition(), true),
            ("api:8", Answer::Missing, false),
            ("api", definition(), false),
            ("api:9", Answer::Unknown(String::new()), false),
        ] {
            let slot = prober.slot(&named(name));
            *slot.try_lock().expect("nobody asks") = Some(Kept { at: Instant::now(), answer });
            drop(slot);
            prober.renew();
            let kept = prober.kept.lock().expect("nobody failed").contains_key(&named(name));
            assert_eq!(kept, is_kept, "{name}");
        }
    }

    #[test]
    fn answers_grow_old_and_revisions_do_not() {
        let old = || Instant::now().checked_sub(FRESH).expect("the machine runs for longer");
        let definition = Answer::TaskDefinition(Box::default());
        let named = |name: &str| Question::from(ask::TaskDefinition { name: name.to_owned() });
        let serves = |answer: &Answer, question: Question, at: Instant| {
            Kept { at, answer: answer.clone() }.serves(&question, Instant::now())
        };
        for (name, forever) in [
            ("api:7", true),
            ("arn:aws:ecs:eu-west-1:111122223333:task-definition/api:7", true),
            ("api", false),
        ] {
            assert_eq!(serves(&definition, named(name), old()), forever, "{name}");
            assert!(serves(&definition, named(name), Instant::now()));
        }
        assert!(!serves(&Answer::Missing, named("api:7"), old()), "it may be made by now");
        assert!(serves(&Answer::Missing, named("api:7"), Instant::now()));
        assert!(!serves(&Answer::Unknown(String::new()), named("api:7"), Instant::now()));
    }
}
