//! What a case asks of AWS and makes of the answers: views on secrets, parameters, roles and keys that several causes share.
//!
//! A view asks only what the answers so far do not tell. A round of questions may lead to the next: a secret's description names its key, a
//! role's its whole ARN. What AWS was not asked, or did not tell, stays `Unknown` and lowers the verdict; it never raises one.

use crate::arn::Arn;
use crate::policy_document::{KeySide, NamedRole, key_policy};
use crate::question::facts::{AwsVpcConfiguration, Key, Moment, Parameter, Role, Secret, SecretVersion, Service, Simulation};
use crate::question::{Fact, Known, Question};
use crate::reason::{Fault, Step};
use crate::task_definition::{Reference, SecretReference, Target, may_have_suffix};

use super::case::{Case, Culprit, Finding, secret_name};
use super::name::Kind;

/// References that one symptom asks about; of more the text alone speaks.
const CANDIDATES: usize = 6;
/// As alike as two names must be for one to be a slip for the other.
const ALIKE: f64 = 0.75;

/// How a secret's description is cited.
pub(super) const DESCRIBE: &str = "DescribeSecret";

/// A secret that the case can be about.
#[derive(Debug)]
pub(super) struct SecretView<'c> {
    case: &'c Case<'c>,
    /// The Region in which it is asked for.
    pub(super) region: String,
    /// As the reference writes it: an ARN without key and version, or a name.
    pub(super) id: String,
    /// Its name, without suffix.
    pub(super) name: String,
    /// Where the definition mentions it.
    pub(super) reference: Option<&'c Reference>,
}

/// What AWS says of a secret.
#[derive(Debug, Clone, Copy)]
pub(super) enum Presence<'c> {
    /// It is there as referred to.
    Here(&'c Secret),
    /// Its name is there under an ARN with other characters at its end.
    OtherSuffix(&'c Secret),
    /// The name's own end was taken for the suffix: the reference needs the whole ARN.
    CutSuffix(&'c Secret),
    /// Neither the ARN nor the name is there.
    Gone,
    /// Why it is not known.
    Unknown(&'c str),
    /// Nobody asked, or not all of it.
    NotAsked,
}

impl<'c> SecretView<'c> {
    fn by_id(&self) -> Question {
        Question::Secret { region: self.region.clone(), id: self.id.clone() }
    }

    fn by_name(&self, name: &str) -> Question {
        Question::Secret { region: self.region.clone(), id: name.to_owned() }
    }

    /// The name as it is written, whose end may be part of it.
    fn written_name(&self) -> &str {
        self.id.split_once(":secret:").map_or(self.id.as_str(), |(_, name)| name)
    }

    /// Whether the reference is an ARN that ends like one with a suffix.
    pub(super) fn is_whole(&self) -> bool {
        self.id.starts_with("arn:") && may_have_suffix(self.written_name())
    }

    /// What AWS says of it.
    pub(super) fn presence(&self) -> Presence<'c> {
        match self.case.look::<Box<Secret>>(&self.by_id()) {
            Known::Found(secret) if self.is_whole() && secret.arn.as_ref().is_some_and(|arn| *arn != self.id) => self.renamed(secret),
            Known::Found(secret) => Presence::Here(secret),
            Known::Unknown(why) => Presence::Unknown(why),
            Known::NotAsked => Presence::NotAsked,
            Known::Missing if !self.id.starts_with("arn:") => Presence::Gone,
            Known::Missing => {
                let mut names = vec![self.written_name(), self.name.as_str()];
                names.dedup();
                let answers: Vec<_> = names.into_iter().map(|name| self.case.look::<Box<Secret>>(&self.by_name(name))).collect();
                if let Some(secret) = answers.iter().find_map(|answer| answer.found()) {
                    return self.renamed(secret);
                }
                answers.into_iter().fold(Presence::Gone, |so_far, answer| match (answer, so_far) {
                    (Known::NotAsked, _) => Presence::NotAsked,
                    (Known::Unknown(why), Presence::Gone) => Presence::Unknown(why),
                    _ => so_far,
                })
            }
        }
    }

    fn renamed(&self, secret: &'c Secret) -> Presence<'c> {
        if secret.name.as_deref() == Some(self.written_name()) { Presence::CutSuffix(secret) } else { Presence::OtherSuffix(secret) }
    }

    /// The secret, wherever it was found.
    pub(super) fn found(&self) -> Option<&'c Secret> {
        match self.presence() {
            Presence::Here(secret) | Presence::OtherSuffix(secret) | Presence::CutSuffix(secret) => Some(secret),
            Presence::Gone | Presence::Unknown(_) | Presence::NotAsked => None,
        }
    }

    /// Asks for it as referred to, and if that leads nowhere by its name, here and where the task runs.
    pub(super) fn ask(&self) -> Vec<Question> {
        let mut questions = vec![self.by_id()];
        if matches!(self.case.look::<Box<Secret>>(&self.by_id()), Known::Missing) {
            if self.id.starts_with("arn:") {
                questions.extend([self.written_name(), self.name.as_str()].map(|name| self.by_name(name)));
            }
            questions.extend(self.elsewhere());
            questions.push(self.like());
        }
        questions
    }

    /// The same name where the task runs, if the reference is to another Region.
    fn elsewhere(&self) -> Option<Question> {
        let own = self.case.task.region.as_deref().filter(|own| *own != self.region)?;
        Some(Question::Secret { region: own.to_owned(), id: self.name.clone() })
    }

    /// The secret of that name in the task's own Region, where it is not in the one that is asked.
    pub(super) fn is_elsewhere(&self) -> Option<&'c Secret> {
        let found = self.case.look::<Box<Secret>>(&self.elsewhere()?).found()?;
        matches!(self.presence(), Presence::Gone).then_some(found)
    }

    /// Whether the task's own Region was asked for that name too, and has none.
    pub(super) fn is_nowhere_else(&self) -> bool {
        self.elsewhere().is_some_and(|question| matches!(self.case.look::<Box<Secret>>(&question), Known::Missing)) && matches!(self.presence(), Presence::Gone)
    }

    fn versions_question(&self) -> Question {
        Question::SecretVersions { region: self.region.clone(), id: self.id.clone() }
    }

    /// Asks for its versions.
    pub(super) fn ask_versions(&self) -> Question {
        self.versions_question()
    }

    /// Its versions.
    pub(super) fn versions(&self) -> Known<'c, Vec<SecretVersion>> {
        self.case.look(&self.versions_question())
    }

    /// The version that the reference asks for.
    pub(super) fn version(&self) -> Option<String> {
        let Target::Secret(secret) = self.reference?.target()? else { return None };
        secret.version_id.or(secret.version_stage).map(str::to_owned)
    }

    /// It as a culprit, with every reference to it.
    pub(super) fn culprit(&self) -> Culprit {
        let same = |reference: &&Reference| matches!(reference.target(), Some(Target::Secret(secret)) if secret.arn == self.id);
        Culprit { kind: "secret", id: Some(self.name.clone()), references: self.case.references.iter().filter(same).cloned().collect() }
    }

    /// That it is as it should be, as far as its description shows.
    pub(super) fn state(&self) -> Option<Finding> {
        let secret = self.found().filter(|secret| secret.deleted_date.is_none() && secret.has_current())?;
        let since = if self.case.is_since(secret.last_changed_date) { ", after the task failed: it may be mended" } else { "" };
        let changed = secret.last_changed_date.map(|at| format!(", last changed on {at}{since}")).unwrap_or_default();
        Some(Finding::found(format!("secret {} exists, is not scheduled for deletion, and has a current version{changed}", self.name), DESCRIBE))
    }

    /// Whether it can be read, and what it holds is still what the task found.
    pub(super) fn is_as_it_was(&self) -> bool {
        self.found().is_some_and(|secret| secret.deleted_date.is_none() && secret.has_current() && !self.case.is_since(secret.last_changed_date))
    }

    /// That no other name is nearly the same, where that was asked.
    pub(super) fn none_like_it(&self) -> Option<Finding> {
        let listed = self.case.look::<Vec<Secret>>(&self.like()).found()?;
        let said = format!("a secret with a similar name, among {} that begin like it", listed.len());
        Some(Finding::missing(said, "ListSecrets"))
    }

    /// Why nothing is known of similar names.
    pub(super) fn likes_unknown(&self) -> Option<Finding> {
        match self.case.look::<Vec<Secret>>(&self.like()) {
            Known::Unknown(why) => Some(Finding::unknown(format!("whether a secret has a similar name: {why}"))),
            _ => None,
        }
    }

    fn like(&self) -> Question {
        Question::SecretsLike { region: self.region.clone(), prefix: prefix(&self.name) }
    }

    /// How the name of a secret that is nearly the same differs.
    pub(super) fn near(&self) -> Option<String> {
        let listed = self.case.look::<Vec<Secret>>(&self.like()).found()?;
        nearest(&self.name, listed, |secret| secret.name.as_deref())
    }

    /// The ARN of the secret, as exactly as it is known, and whether it is exact.
    pub(super) fn arn(&self) -> (String, bool) {
        if let Some(arn) = self.found().and_then(|secret| secret.arn.clone()) {
            return (arn, true);
        }
        (self.id.clone(), self.is_whole())
    }
}

/// How names begin that can be slips for this one: few slips are in the first letters.
fn prefix(name: &str) -> String {
    name.chars().take(2).collect()
}

/// How the candidate whose name is nearest to `name` differs from it, if any is near and none is it. The name as a whole is not for everybody
/// who reads a notice, and proves nothing: it may well be another's.
pub(super) fn nearest<T>(name: &str, candidates: &[T], named: impl Fn(&T) -> Option<&str>) -> Option<String> {
    let likeness = |candidate: &T| named(candidate).map_or(0.0, |other| likeness(name, other));
    let best = candidates.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    let near = named(best).filter(|near| *near != name)?;
    (likeness(best) >= ALIKE).then(|| difference(name, near))
}

/// What `near` has where `name` has something else, in whole words.
fn difference(name: &str, near: &str) -> String {
    let is_end = |letter: char| !letter.is_alphanumeric();
    let same = |(one, other): &(char, char)| one == other;
    let before: usize = name.chars().zip(near.chars()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let from = name[..before].rfind(is_end).map_or(0, |at| at + 1);
    let (name, near) = (&name[from..], &near[from..]);
    let after: usize = name.chars().rev().zip(near.chars().rev()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let after = after.min(name.len()).min(near.len());
    let kept = name[name.len() - after..].find(is_end).map_or(0, |at| after - at);
    match (&name[..name.len() - kept], &near[..near.len() - kept]) {
        ("", more) => format!("has {more:?} besides"),
        (less, "") => format!("has no {less:?}"),
        (one, other) => format!("has {other:?} in place of {one:?}"),
    }
}

fn likeness(one: &str, other: &str) -> f64 {
    let bare = |name: &str| name.trim_matches('/').to_lowercase().replace("//", "/").replace('_', "-");
    strsim::normalized_damerau_levenshtein(&bare(one), &bare(other))
}

/// A parameter that the case can be about.
#[derive(Debug)]
pub(super) struct ParameterView<'c> {
    case: &'c Case<'c>,
    /// The Region in which it is asked for.
    pub(super) region: String,
    /// Its name, with its slash where it is a path.
    pub(super) name: String,
    /// Whether an ARN names it, which does not tell `name` and `/name` apart.
    by_arn: bool,
    /// Every name that is asked for in the same call.
    all: Vec<String>,
}

impl<'c> ParameterView<'c> {
    fn question(&self) -> Question {
        Question::Parameters { region: self.region.clone(), names: self.all.clone() }
    }

    fn like(&self) -> Question {
        // Its path, however its slashes were meant, or else its first letters.
        let bare = self.name.trim_matches('/');
        let part = bare.rsplit_once('/').map_or_else(|| bare.chars().take(3).collect(), |(path, _)| path.trim_end_matches('/').to_owned());
        Question::ParametersLike { region: self.region.clone(), part }
    }

    /// What AWS says of it.
    pub(super) fn known(&self) -> Known<'c, Parameter> {
        match self.case.look::<Vec<Parameter>>(&self.question()) {
            Known::Found(listed) => listed.iter().find(|parameter| self.is(parameter)).map_or(Known::Missing, Known::Found),
            Known::Missing => Known::Missing,
            Known::Unknown(why) => Known::Unknown(why),
            Known::NotAsked => Known::NotAsked,
        }
    }

    fn is(&self, parameter: &Parameter) -> bool {
        let listed = parameter.name.as_deref().unwrap_or_default();
        listed == self.name || (self.by_arn && listed.trim_start_matches('/') == self.name.trim_start_matches('/'))
    }

    /// Asks for it, and if it is not there for what is called alike, and where the task runs.
    pub(super) fn ask(&self) -> Vec<Question> {
        let mut questions = vec![self.question()];
        if matches!(self.known(), Known::Missing) {
            questions.push(self.like());
            questions.extend(self.elsewhere());
            // A bare name may have been meant as a secret.
            questions.extend(self.as_secret());
        }
        questions
    }

    /// The same name where the task runs, if the reference is to another Region.
    fn elsewhere(&self) -> Option<Question> {
        let own = self.case.task.region.as_deref().filter(|own| *own != self.region)?;
        Some(Question::Parameters { region: own.to_owned(), names: vec![self.name.clone()] })
    }

    /// Whether the task's own Region has a parameter of that name.
    pub(super) fn is_elsewhere(&self) -> Option<bool> {
        let listed = self.case.look::<Vec<Parameter>>(&self.elsewhere()?).found()?;
        Some(listed.iter().any(|parameter| self.is(parameter)))
    }

    /// A secret of that name: what is not an ARN is read as a parameter.
    fn as_secret(&self) -> Option<Question> {
        (!self.name.starts_with('/')).then(|| Question::Secret { region: self.region.clone(), id: self.name.clone() })
    }

    /// The secret that was meant, if the name is one's.
    pub(super) fn meant_secret(&self) -> Option<&'c Secret> {
        self.case.look::<Box<Secret>>(&self.as_secret()?).found().map(AsRef::as_ref)
    }

    /// Its ARN, in which a slash stands before the name of every parameter.
    fn arn(&self) -> String {
        self.arn_of(&self.name)
    }

    /// The ARN that a parameter of another name has beside it.
    pub(super) fn arn_of(&self, name: &str) -> String {
        self.arn_in(&self.region, name)
    }

    /// The ARN that it has in the task's own Region.
    pub(super) fn arn_at_task(&self) -> String {
        self.arn_in(self.case.own_region(), &self.name)
    }

    fn arn_in(&self, region: &str, name: &str) -> String {
        let account = self.case.account().or(self.case.task.account.as_deref()).unwrap_or("*");
        format!("arn:{}:ssm:{region}:{account}:parameter/{}", self.case.partition(), name.trim_start_matches('/'))
    }

    /// Whether parameters with such a name were asked for, and none is near.
    pub(super) fn has_none_like_it(&self) -> bool {
        self.case.look::<Vec<Parameter>>(&self.like()).found().is_some() && self.near().is_none()
    }

    /// How the name of a parameter that is nearly the same differs.
    pub(super) fn near(&self) -> Option<String> {
        let listed = self.case.look::<Vec<Parameter>>(&self.like()).found()?;
        nearest(&self.name, listed, |parameter| parameter.name.as_deref())
    }
}

/// The role that made the call, or was to be assumed.
#[derive(Debug)]
pub(super) struct RoleView<'c> {
    case: &'c Case<'c>,
    /// Its name, without path.
    pub(super) name: String,
}

impl<'c> RoleView<'c> {
    fn question(&self) -> Question {
        Question::Role { region: self.case.own_region().to_owned(), name: self.name.clone() }
    }

    /// What AWS says of it.
    pub(super) fn known(&self) -> Known<'c, Box<Role>> {
        self.case.look(&self.question())
    }

    /// Asks for it.
    pub(super) fn ask(&self) -> Vec<Question> {
        vec![self.question()]
    }

    /// Its ARN, with its path.
    pub(super) fn arn(&self) -> Option<String> {
        self.known().found().and_then(|role| role.arn.clone()).or_else(|| self.case.own_role().map(str::to_owned))
    }
}

/// One call of one role, as IAM is asked to simulate it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The action.
    pub(super) action: String,
    /// The resource.
    pub(super) resource: String,
    /// Whether the resource's ARN is known whole: a policy may name it by the part that is not.
    pub(super) exact: bool,
    context: Vec<(String, String)>,
}

impl Call {
    fn question(&self, region: &str, role: &str) -> Question {
        Question::Simulation {
            region: region.to_owned(),
            role: role.to_owned(),
            action: self.action.clone(),
            resource: self.resource.clone(),
            context: self.context.clone(),
        }
    }
}

/// The key behind a secret or parameter.
#[derive(Debug)]
pub(super) struct KeyView<'c> {
    case: &'c Case<'c>,
    pub(super) region: String,
    /// Its id, ARN or alias.
    pub(super) id: String,
    /// The name of what it encrypts.
    pub(super) of: Option<String>,
    /// The ARN of what it encrypts.
    of_arn: Option<String>,
    /// Where the definition mentions that.
    pub(super) reference: Option<&'c Reference>,
    /// Whether AWS names it as the key of what the definition refers to; the text alone proves no such thing.
    pub(super) is_described: bool,
}

impl<'c> KeyView<'c> {
    fn question(&self) -> Question {
        Question::Key { region: self.region.clone(), id: self.id.clone() }
    }

    /// Aliases have no policy; what is behind one shows its description.
    fn policy_question(&self) -> Option<Question> {
        let arn = self.arn().filter(|arn| arn.contains(":key/"))?;
        Some(Question::KeyPolicy { region: self.region.clone(), id: arn })
    }

    /// What AWS says of it.
    pub(super) fn known(&self) -> Known<'c, Key> {
        self.case.look(&self.question())
    }

    /// It as a culprit, with the reference to what it encrypts.
    pub(super) fn culprit(&self) -> Culprit {
        Culprit { kind: "kms-key", id: Some(self.id.clone()), references: self.reference.into_iter().cloned().collect() }
    }

    /// Its ARN.
    pub(super) fn arn(&self) -> Option<String> {
        self.known().found().and_then(|key| key.arn.clone()).or_else(|| self.id.starts_with("arn:").then(|| self.id.clone())).or_else(|| self.arn_of_id())
    }

    /// The ARN of a key that is named by its id alone, which is one of the same account.
    fn arn_of_id(&self) -> Option<String> {
        let is_id = !self.id.contains('/') && (self.id.len() == 36 || self.id.starts_with("mrk-"));
        let account = self.of_arn.as_deref().and_then(Arn::parse).map(|arn| arn.account).filter(|account| is_id && *account != "*")?;
        Some(format!("arn:{}:kms:{}:{account}:key/{}", self.case.partition(), self.region, self.id))
    }

    /// Its policy.
    pub(super) fn policy(&self) -> Known<'c, crate::question::facts::Policy> {
        self.policy_question().map_or(Known::NotAsked, |question| self.case.look(&question))
    }

    /// Asks for its state and policy.
    pub(super) fn ask(&self) -> Vec<Question> {
        std::iter::once(self.question()).chain(self.policy_question()).collect()
    }

    /// What is wrong with its state, in words.
    pub(super) fn unusable(&self) -> Option<String> {
        match self.known() {
            Known::Missing => Some("does not exist".to_owned()),
            Known::Found(key) => match key.key_state.as_deref()? {
                "Enabled" | "Updating" => None,
                "Disabled" => Some("is disabled".to_owned()),
                "PendingDeletion" => Some(key.deletion_date.map_or("is scheduled for deletion".to_owned(), |at| format!("is scheduled for deletion on {at}"))),
                "PendingReplicaDeletion" => Some("waits for its replicas to be deleted".to_owned()),
                "PendingImport" => Some("waits for its key material to be imported".to_owned()),
                "Creating" => Some("is still being made".to_owned()),
                "Unavailable" => Some("is unavailable: its key store is not connected".to_owned()),
                other => Some(format!("is in the state {other}")),
            },
            Known::Unknown(_) | Known::NotAsked => None,
        }
    }

    /// The service through which ECS uses it, as `kms:ViaService` names it.
    pub(super) fn via(&self) -> String {
        let suffix = if self.region.starts_with("cn-") { ".cn" } else { "" };
        format!("{}.{}.amazonaws.com{suffix}", self.case.via(), self.region)
    }

    /// What the service tells KMS of what it decrypts, as condition key and value.
    pub(super) fn encryption_context(&self) -> Option<(&'static str, String)> {
        let key = match self.case.symptom.step {
            Step::ParameterStore => "kms:EncryptionContext:PARAMETER_ARN",
            Step::EnvFile => return None,
            _ => "kms:EncryptionContext:SecretARN",
        };
        Some((key, self.of_arn.clone()?))
    }

    /// What its policy says to a role, where that is known.
    pub(super) fn side(&self, role: &NamedRole<'_>) -> Option<KeySide> {
        let (document, arn) = (self.policy().found()?, self.arn()?);
        let context = self.encryption_context();
        let values: Vec<&str> = context.iter().map(|(_, value)| value.as_str()).collect();
        let context: Vec<(&str, &[&str])> = context.iter().map(|(key, _)| (*key, values.as_slice())).collect();
        Some(key_policy(&document.0, role, &arn, &self.via(), &context))
    }

    /// The call that decrypts with it for ECS.
    fn decrypt(&self) -> Option<Call> {
        let mut context = vec![("kms:ViaService".to_owned(), self.via()), ("aws:SecureTransport".to_owned(), "true".to_owned())];
        context.extend(self.encryption_context().map(|(key, value)| (key.to_owned(), value)));
        context.extend(self.case.task.account.iter().map(|account| ("kms:CallerAccount".to_owned(), account.clone())));
        Some(Call { action: "kms:Decrypt".to_owned(), resource: self.arn()?, exact: true, context })
    }
}

impl<'a> Case<'a> {
    /// What is known of what a question asks for.
    pub(super) fn look<T: Fact>(&self, question: &Question) -> Known<'a, T> {
        self.evidence.look(question)
    }

    /// Whether something happened after the task failed.
    pub(super) fn is_since(&self, at: Option<Moment>) -> bool {
        at.zip(self.task.stopped_at).is_some_and(|(at, stopped)| at.0 > stopped)
    }

    /// The task's Region, or that of what it asked for.
    pub(super) fn own_region(&self) -> &str {
        self.task.region.as_deref().or(self.region()).unwrap_or("us-east-1")
    }

    /// The service through which a key is used.
    fn via(&self) -> &'static str {
        match self.symptom.step {
            Step::ParameterStore => "ssm",
            Step::EnvFile => "s3",
            _ => "secretsmanager",
        }
    }

    /// The secrets that the case can be about.
    pub(super) fn secrets(&self) -> Vec<SecretView<'_>> {
        let of_reference = |reference| {
            let target = Reference::target(reference)?;
            let Target::Secret(secret) = target else { return None };
            Some(self.secret(secret.arn, Some(secret), Some(reference)))
        };
        let mut views: Vec<SecretView<'_>> = self.references.iter().filter_map(of_reference).collect();
        if views.is_empty() && matches!(self.symptom.step, Step::SecretsManager | Step::RegistryCredentials | Step::SecretSidecar) {
            let named = self.symptom.resource.as_ref().filter(|resource| !self.symptom.truncated && !resource.text.contains("://"));
            let named = named.filter(|resource| Arn::parse(&resource.text).is_none_or(|arn| arn.service == "secretsmanager"));
            views.extend(named.map(|resource| self.secret(&resource.text, None, None)));
        }
        let mut seen = std::collections::BTreeSet::new();
        views.retain(|view| seen.insert((view.region.clone(), view.id.clone())));
        views.truncate(CANDIDATES);
        views
    }

    /// The secrets that the case can be about, as commands name them; one that is not known where none is.
    pub(super) fn resource_arns(&self) -> Vec<Option<String>> {
        let several = || self.secrets().into_iter().map(|secret| Some(secret.id)).collect::<Vec<_>>();
        let known = self.resource_arn().map_or_else(several, |arn| vec![Some(arn)]);
        if known.is_empty() { vec![None] } else { known }
    }

    fn secret<'c>(&'c self, id: &str, secret: Option<SecretReference<'_>>, reference: Option<&'c Reference>) -> SecretView<'c> {
        let arn = Arn::parse(id);
        // The text may print extras that belong to the reference and not to the secret.
        let id = arn.and_then(|arn| arn.resource.strip_prefix("secret:")).and_then(|rest| {
            let name = rest.split(':').next()?;
            Some(id[..id.len() - rest.len() + name.len()].to_owned())
        });
        let id = id.unwrap_or_else(|| {
            secret.map_or_else(|| self.symptom.resource.as_ref().map(|fact| fact.text.clone()).unwrap_or_default(), |secret| secret.arn.to_owned())
        });
        let region = arn.map(|arn| arn.region).filter(|region| !region.is_empty()).unwrap_or(self.own_region()).to_owned();
        SecretView { case: self, region, name: secret_name(&id).to_owned(), id, reference }
    }

    /// The parameters that the case can be about.
    pub(super) fn parameters(&self) -> Vec<ParameterView<'_>> {
        let of_reference = self.references.iter().filter(|reference| matches!(reference.target(), Some(Target::Parameter(_))));
        let mut written: Vec<&str> = of_reference.map(|reference| reference.value_from.as_str()).collect();
        if written.is_empty() && self.symptom.step == Step::ParameterStore && !self.symptom.truncated {
            let listed = self.symptom.resource.as_ref().map(|resource| resource.text.as_str()).filter(|text| !text.contains("://")).unwrap_or_default();
            written.extend(listed.split(',').map(str::trim).filter(|name| !name.is_empty()));
        }
        let told = self.symptom.region.as_ref().map_or(self.own_region(), |fact| fact.text.as_str());
        let mut named: Vec<(String, String, bool)> = Vec::new();
        for value_from in written {
            let Target::Parameter(name) = Target::parse(value_from) else { continue };
            let arn = Arn::parse(value_from);
            let region = arn.map_or(told, |arn| arn.region).to_owned();
            let entry = (region, name.to_owned(), arn.is_some());
            if !named.contains(&entry) && named.len() < CANDIDATES {
                named.push(entry);
            }
        }
        let together = |region: &str| {
            let names = named.iter().filter(|(other, ..)| other == region);
            let mut all: Vec<String> = names.flat_map(|(_, name, by_arn)| spellings(name, *by_arn)).collect();
            all.sort();
            all.dedup();
            all
        };
        let view = |(region, name, by_arn): &(String, String, bool)| ParameterView {
            case: self,
            region: region.clone(),
            name: name.clone(),
            by_arn: *by_arn,
            all: together(region),
        };
        named.iter().map(view).collect()
    }

    /// The role that the case turns on. AWS is asked about no other role than the task's own, unless the definition cannot be had: whoever
    /// words a reason would learn of any.
    pub(super) fn role(&self) -> Option<RoleView<'_>> {
        let is_due = || self.own_role().is_none() && matches!(self.definition, Known::NotAsked) && Question::task_definition_of(self.task).is_some();
        let is_others = self.definition().is_some() && self.own_role().is_none();
        let name = self.role_name().filter(|_| !is_others && !is_due())?;
        Some(RoleView { case: self, name })
    }

    /// The ARN of that role, as AWS or the task tells it.
    pub(super) fn role_arn(&self) -> Option<String> {
        self.role()?.arn()
    }

    /// The service through which ECS decrypts, as a condition on `kms:ViaService` names it. How it ends in China no page says.
    pub(super) fn via_service(&self) -> String {
        let keys = self.keys();
        let region = keys.first().map_or(self.own_region(), |key| key.region.as_str());
        let region = Some(region).filter(|region| Kind::Region.fits(region)).unwrap_or("<region>");
        format!("{}.{region}.amazonaws.com{}", self.via(), if region.starts_with("cn-") { "*" } else { "" })
    }

    /// The Region to which the container of a reference writes its logs, where the definition names one.
    pub(super) fn log_region(&self, reference: &Reference) -> Option<&str> {
        let container = self.definition()?.containers.iter().find(|container| Some(&container.name) == reference.container.as_ref())?;
        container.log_configuration.as_ref()?.options.get("awslogs-region")?.as_deref()
    }

    /// The keys behind what the case can be about. The AWS managed key of a service needs no permission and is never one of them.
    pub(super) fn keys(&self) -> Vec<KeyView<'_>> {
        let described = self.described_keys();
        let Some(told) = &self.symptom.key else { return described };
        let is_it = |key: &KeyView<'_>| key.id == told.text || key.arn().as_ref() == Some(&told.text);
        if let Some(key) = described.into_iter().find(is_it) {
            return vec![key];
        }
        let region = Arn::parse(&told.text).map_or(self.own_region(), |arn| arn.region).to_owned();
        let of_arn = self.resource_arn().filter(|arn| arn.starts_with("arn:") && !arn.contains(":kms:"));
        vec![KeyView { case: self, region, id: told.text.clone(), of: self.name(), of_arn, reference: self.references.first(), is_described: false }]
    }

    /// The keys that AWS names behind them.
    fn described_keys(&self) -> Vec<KeyView<'_>> {
        let of_secrets = self.secrets().into_iter().filter_map(|view| {
            let id = view.found()?.kms_key_id.clone()?;
            let of_arn = view.found()?.arn.clone();
            let is_described = view.reference.is_some();
            Some(KeyView { case: self, region: view.region.clone(), id, of: Some(view.name.clone()), of_arn, reference: view.reference, is_described })
        });
        let of_parameters = self.parameters().into_iter().filter_map(|view| {
            let id = view.known().found()?.key_id.clone()?;
            let is_it = |reference: &&Reference| matches!(reference.target(), Some(Target::Parameter(name)) if name == view.name);
            let reference = self.references.iter().find(is_it);
            let (of, of_arn, is_described) = (Some(view.name.clone()), Some(view.arn()), reference.is_some());
            Some(KeyView { case: self, region: view.region.clone(), id, of, of_arn, reference, is_described })
        });
        let mut keys: Vec<KeyView<'_>> = of_secrets.chain(of_parameters).filter(|key| !key.id.contains("alias/aws/")).collect();
        keys.dedup_by(|one, other| one.id == other.id);
        keys
    }

    /// Asks for the descriptions that name the keys, then for the keys.
    pub(super) fn ask_keys(&self) -> Vec<Question> {
        let of_secrets = self.secrets().into_iter().map(|view| view.by_id());
        let of_parameters = self.parameters().into_iter().map(|view| view.question());
        let of_keys = self.keys().into_iter().chain(self.described_keys()).flat_map(|key| key.ask());
        of_secrets.chain(of_parameters).chain(of_keys).collect()
    }

    /// The action that was refused: as told, or where the text was cut before it, the one that ECS calls for the step.
    pub(super) fn refused_action(&self) -> Option<String> {
        let told = self.symptom.action.as_ref().map(|action| action.text.clone()).filter(|action| action.contains(':') && !self.symptom.truncated);
        let known = match self.symptom.step {
            Step::SecretsManager | Step::RegistryCredentials => "secretsmanager:GetSecretValue",
            Step::ParameterStore => "ssm:GetParameters",
            Step::EcrAuth => "ecr:GetAuthorizationToken",
            Step::EnvFile => "s3:GetObject",
            Step::LogDriver => "logs:CreateLogStream",
            _ => return told,
        };
        told.or_else(|| Some(known.to_owned()))
    }

    /// The calls that were refused, as IAM can be asked about them; several where several references fit.
    pub(super) fn refused_calls(&self) -> Vec<Call> {
        if self.symptom.fault == Fault::KmsDenied {
            return self.keys().iter().filter_map(KeyView::decrypt).collect();
        }
        let Some(action) = self.refused_action() else { return Vec::new() };
        let context = |region: &str| {
            let mut context = vec![("aws:RequestedRegion".to_owned(), region.to_owned()), ("aws:SecureTransport".to_owned(), "true".to_owned())];
            if action == "secretsmanager:GetSecretValue" {
                context.push(("secretsmanager:VersionStage".to_owned(), "AWSCURRENT".to_owned()));
            }
            context
        };
        let call = |(resource, exact): (String, bool), region: &str| Call { action: action.clone(), resource, exact, context: context(region) };
        match action.split_once(':').map_or("", |(service, _)| service) {
            "secretsmanager" => self.secrets().iter().map(|view| call(view.arn(), &view.region)).map(with_some_suffix).collect(),
            "ssm" => {
                let known = self.account().or(self.task.account.as_deref()).is_some();
                self.parameters().iter().map(|view| call((view.arn(), known), &view.region)).collect()
            }
            _ => {
                let told = || self.resource_arn().filter(|arn| arn.starts_with("arn:") && self.definition().is_none()).into_iter().collect();
                let resources = super::policy::resources(self, &action).unwrap_or_else(|_| told());
                let whole = resources.into_iter().filter(|resource| !resource.contains('<'));
                whole.map(|resource| call((resource, true), self.own_region())).collect()
            }
        }
    }

    /// Asks what is needed to know what the role may: what is asked for by whole ARN, the role, and IAM about both roles.
    pub(super) fn ask_refusal(&self) -> Vec<Question> {
        let region = self.own_region();
        let role = self.role();
        let mut questions: Vec<Question> = role.iter().flat_map(RoleView::ask).collect();
        questions.extend(self.secrets().iter().map(SecretView::by_id));
        let unread = |view: &SecretView<'_>| matches!(view.presence(), Presence::NotAsked);
        if self.secrets().iter().any(|view| unread(view) && !view.is_whole()) {
            // The resource's whole ARN comes first.
            return questions;
        }
        let roles = [role.and_then(|role| role.arn()), self.task_role()];
        for call in self.refused_calls().iter().take(CANDIDATES) {
            questions.extend(roles.iter().flatten().map(|role| call.question(region, role)));
        }
        questions
    }

    /// The question after the service that keeps the task running.
    pub(super) fn service_question(&self) -> Option<Question> {
        let service = self.task.workload.as_ref().filter(|workload| workload.is_service && self.placement.is_none())?;
        let cluster = self.task.cluster.as_ref()?.clone();
        Some(Question::Service { region: self.own_region().to_owned(), cluster, name: service.name.clone() })
    }

    /// How the service puts its tasks into the network.
    pub(super) fn placed(&self) -> Option<&'a AwsVpcConfiguration> {
        if let Some(given) = self.placement {
            return Some(given);
        }
        let service = self.look::<Box<Service>>(&self.service_question()?).found()?;
        service.network_configuration.as_ref()?.awsvpc_configuration.as_ref()
    }

    /// The task's subnet, or else all that its service may use.
    pub(super) fn candidate_subnets(&self) -> Vec<String> {
        let own: Vec<String> = self.task.subnet.iter().map(ToString::to_string).collect();
        let mut ids = if own.is_empty() { self.placed().map(|placement| placement.subnets.clone()).unwrap_or_default() } else { own };
        ids.sort();
        ids.dedup();
        ids
    }

    /// The question after the host, where the task was not on Fargate.
    pub(super) fn instance_question(&self) -> Option<Question> {
        let arn = self.task.container_instance.as_ref()?.clone();
        let cluster = self.task.cluster.as_ref()?.clone();
        Some(Question::ContainerInstance { region: self.own_region().to_owned(), cluster, arn })
    }

    /// The task role, where it is another than the execution role.
    pub(super) fn task_role(&self) -> Option<String> {
        self.task_role_arn().filter(|role| self.execution_role() != Some(role)).map(str::to_owned)
    }

    /// What IAM says to each refused call of a role.
    pub(super) fn simulated(&self, role: Option<String>) -> Vec<(Call, Known<'a, Box<Simulation>>)> {
        let Some(role) = role else { return Vec::new() };
        let region = self.own_region();
        self.refused_calls().into_iter().map(|call| (call.clone(), self.look(&call.question(region, &role)))).collect()
    }

    /// What IAM says to the refused calls of the role that was refused.
    pub(super) fn simulated_refusals(&self) -> Vec<(Call, Known<'a, Box<Simulation>>)> {
        self.simulated(self.role().and_then(|role| role.arn()))
    }
}

/// A secret's ARN without its suffix matches no policy that expects one.
fn with_some_suffix(mut call: Call) -> Call {
    if !call.exact && call.resource.starts_with("arn:") {
        call.resource.push_str("-a1B2c3");
    }
    call
}

/// The names that an ARN can mean: that of a parameter without a path has a slash before it in the ARN alone.
fn spellings(name: &str, by_arn: bool) -> Vec<String> {
    let bare = name.trim_start_matches('/');
    if by_arn && !bare.contains('/') { vec![name.to_owned(), bare.to_owned()] } else { vec![name.to_owned()] }
}
