//! A secret that a case can be about: what AWS says of it, and of names like it.

use super::CANDIDATES;
use super::assessment::{Culprit, Finding};
use super::case::{Case, secret_name};
use super::likeness::nearest;
use crate::arn::Arn;
use crate::question::facts::{Secret, SecretVersion};
use crate::question::{Known, Question};
use crate::reason::Step;
use crate::task_definition::{Reference, SecretReference, Target, may_have_suffix};

/// How a secret's description is cited.
pub(in crate::causes) const DESCRIBE: &str = "DescribeSecret";

/// A secret that the case can be about.
#[derive(Debug)]
pub(in crate::causes) struct SecretView<'c> {
    case: &'c Case<'c>,
    /// The Region in which it is asked for.
    pub(in crate::causes) region: String,
    /// As the reference writes it: an ARN without key and version, or a name.
    pub(in crate::causes) id: String,
    /// Its name, without suffix.
    pub(in crate::causes) name: String,
    /// Where the definition mentions it.
    pub(in crate::causes) reference: Option<&'c Reference>,
}

/// What AWS says of a secret.
#[derive(Debug, Clone, Copy)]
pub(in crate::causes) enum Presence<'c> {
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
    pub(super) fn by_id(&self) -> Question {
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
    pub(in crate::causes) fn is_whole(&self) -> bool {
        self.id.starts_with("arn:") && may_have_suffix(self.written_name())
    }

    /// What AWS says of it.
    pub(in crate::causes) fn presence(&self) -> Presence<'c> {
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
    pub(in crate::causes) fn found(&self) -> Option<&'c Secret> {
        match self.presence() {
            Presence::Here(secret) | Presence::OtherSuffix(secret) | Presence::CutSuffix(secret) => Some(secret),
            Presence::Gone | Presence::Unknown(_) | Presence::NotAsked => None,
        }
    }

    /// Asks for it as referred to, and if that leads nowhere by its name, here and where the task runs.
    pub(in crate::causes) fn ask(&self) -> Vec<Question> {
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
    pub(in crate::causes) fn is_elsewhere(&self) -> Option<&'c Secret> {
        let found = self.case.look::<Box<Secret>>(&self.elsewhere()?).found()?;
        matches!(self.presence(), Presence::Gone).then_some(found)
    }

    /// Whether the task's own Region was asked for that name too, and has none.
    pub(in crate::causes) fn is_nowhere_else(&self) -> bool {
        self.elsewhere().is_some_and(|question| matches!(self.case.look::<Box<Secret>>(&question), Known::Missing)) && matches!(self.presence(), Presence::Gone)
    }

    fn versions_question(&self) -> Question {
        Question::SecretVersions { region: self.region.clone(), id: self.id.clone() }
    }

    /// Asks for its versions.
    pub(in crate::causes) fn ask_versions(&self) -> Question {
        self.versions_question()
    }

    /// Its versions.
    pub(in crate::causes) fn versions(&self) -> Known<'c, Vec<SecretVersion>> {
        self.case.look(&self.versions_question())
    }

    /// The version that the reference asks for.
    pub(in crate::causes) fn version(&self) -> Option<String> {
        let Target::Secret(secret) = self.reference?.target()? else { return None };
        secret.version_id.or(secret.version_stage).map(str::to_owned)
    }

    /// It as a culprit, with every reference to it.
    pub(in crate::causes) fn culprit(&self) -> Culprit {
        let same = |reference: &&Reference| matches!(reference.target(), Some(Target::Secret(secret)) if secret.arn == self.id);
        Culprit { kind: "secret", id: Some(self.name.clone()), references: self.case.references.iter().filter(same).cloned().collect() }
    }

    /// That it is as it should be, as far as its description shows.
    pub(in crate::causes) fn state(&self) -> Option<Finding> {
        let secret = self.found().filter(|secret| secret.deleted_date.is_none() && secret.has_current())?;
        let since = if self.case.is_since(secret.last_changed_date) { ", after the task failed: it may be mended" } else { "" };
        let changed = secret.last_changed_date.map(|at| format!(", last changed on {at}{since}")).unwrap_or_default();
        Some(Finding::found(format!("secret {} exists, is not scheduled for deletion, and has a current version{changed}", self.name), DESCRIBE))
    }

    /// Whether it can be read, and what it holds is still what the task found.
    pub(in crate::causes) fn is_as_it_was(&self) -> bool {
        self.found().is_some_and(|secret| secret.deleted_date.is_none() && secret.has_current() && !self.case.is_since(secret.last_changed_date))
    }

    /// That no other name is nearly the same, where that was asked.
    pub(in crate::causes) fn none_like_it(&self) -> Option<Finding> {
        let listed = self.case.look::<Vec<Secret>>(&self.like()).found()?;
        let said = format!("a secret with a similar name, among {} that begin like it", listed.len());
        Some(Finding::missing(said, "ListSecrets"))
    }

    /// Why nothing is known of similar names.
    pub(in crate::causes) fn likes_unknown(&self) -> Option<Finding> {
        match self.case.look::<Vec<Secret>>(&self.like()) {
            Known::Unknown(why) => Some(Finding::unknown(format!("whether a secret has a similar name: {why}"))),
            _ => None,
        }
    }

    fn like(&self) -> Question {
        Question::SecretsLike { region: self.region.clone(), prefix: prefix(&self.name) }
    }

    /// How the name of a secret that is nearly the same differs.
    pub(in crate::causes) fn near(&self) -> Option<String> {
        let listed = self.case.look::<Vec<Secret>>(&self.like()).found()?;
        nearest(&self.name, listed, |secret| secret.name.as_deref())
    }

    /// The ARN of the secret, as exactly as it is known, and whether it is exact.
    pub(in crate::causes) fn arn(&self) -> (String, bool) {
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

impl Case<'_> {
    /// The secrets that the case can be about.
    pub(in crate::causes) fn secrets(&self) -> Vec<SecretView<'_>> {
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
    pub(in crate::causes) fn resource_arns(&self) -> Vec<Option<String>> {
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
}
