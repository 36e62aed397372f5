//! A secret that a case can be about, and what AWS says of it.

mod claims;
mod similar;

use super::CANDIDATES;
use super::assessment::Culprit;
use super::case::{Case, secret_name};
use crate::arn::Arn;
use crate::question::facts::{Secret, SecretVersion};
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::{Reference, SecretReference, Target, may_have_suffix, split_suffix};

/// How a secret's description is cited.
pub(in crate::causes) const DESCRIBE: &str = "DescribeSecret";
/// How a list of secrets is cited.
pub(in crate::causes) const LIST: &str = "ListSecrets";

/// Whether a secret was not found.
pub(in crate::causes) fn is_not_found(symptom: &Symptom) -> bool {
    let secret = matches!(
        symptom.step,
        Step::SecretsManager | Step::RegistryCredentials | Step::CredentialSpec | Step::SecretSidecar
    );
    let a_file = symptom.resource.as_ref().is_some_and(|resource| resource.text.starts_with('/'))
        && symptom.step == Step::CredentialSpec;
    secret && !a_file && symptom.wants.is_none() && symptom.fault == Fault::NotFound
}

/// Whether a refusal may hide that there is no such secret: IAM decides first, on the name as ECS asks for
/// it.
pub(in crate::causes) fn may_be_absent(symptom: &Symptom) -> bool {
    matches!(symptom.step, Step::SecretsManager | Step::RegistryCredentials | Step::SecretSidecar)
        && !symptom.is_of_parameter()
        && super::refusal::is_want_of_allow(symptom)
}

/// Whether the version that is missing is the current one. Stages are compared letter by letter.
pub(in crate::causes) fn lacks_current(symptom: &Symptom) -> bool {
    symptom.fault == Fault::VersionNotFound
        && symptom.version_stage.as_ref().is_some_and(|stage| stage.text == "AWSCURRENT")
}

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
    /// The ARN is not there, nor any name that it can mean. Names of another account's secrets cannot be
    /// looked up.
    Gone,
    /// Why it is not known.
    Unknown(&'c str),
    /// It was not queried, or not all of it.
    NotAsked,
}

impl<'c> SecretView<'c> {
    pub(super) fn by_id(&self) -> ask::Secret {
        self.by_name(&self.id)
    }

    fn by_name(&self, name: &str) -> ask::Secret {
        ask::Secret { region: self.region.clone(), id: name.to_owned() }
    }

    /// What was learned by the reference itself.
    pub(in crate::causes) fn known(&self) -> Known<'c, Box<Secret>> {
        self.case.look(&self.by_id())
    }

    /// The name as it is written, whose end may be part of it.
    fn written_name(&self) -> &str {
        self.id.split_once(":secret:").map_or(self.id.as_str(), |(_, name)| name)
    }

    /// Whether the refusal was for an ARN that surely has no suffix, or whose end may be a word of the name:
    /// of a secret that it finds, Secrets Manager names the whole ARN.
    pub(in crate::causes) fn is_refused_by_part(&self) -> bool {
        let refused = self
            .case
            .symptom
            .resource
            .as_ref()
            .filter(|_| self.case.symptom.fault == Fault::AccessDenied && !self.case.symptom.truncated);
        let written = refused.and_then(|resource| resource.text.split_once(":secret:")).map(|(_, name)| name);
        written.is_some_and(|name| !name.contains([':', '*', '?']) && !split_suffix(name).1)
    }

    /// Whether the reference is an ARN that ends like one with a suffix.
    pub(in crate::causes) fn is_whole(&self) -> bool {
        self.id.starts_with("arn:") && may_have_suffix(self.written_name())
    }

    /// Whether it surely has a suffix: what it ends in is not a word.
    pub(in crate::causes) fn has_suffix(&self) -> bool {
        self.id.starts_with("arn:") && split_suffix(self.written_name()).1
    }

    /// The account that has it: the ARN's, or for a name the task's own.
    pub(in crate::causes) fn account(&self) -> Option<&str> {
        Arn::parse(&self.id).map(|arn| arn.account).or(self.case.task.account.as_deref())
    }

    /// The other account that has it. A name is looked up in one's own, so nothing that is found by a name is
    /// its secret.
    pub(in crate::causes) fn foreign_account(&self) -> Option<&str> {
        self.account().filter(|account| self.case.task.account.as_deref().is_some_and(|own| own != *account))
    }

    fn is_of_its_account(&self, secret: &Secret) -> bool {
        let found = secret.arn.as_deref().and_then(Arn::parse).map(|arn| arn.account);
        found.zip(self.account()).is_none_or(|(found, own)| found == own)
    }

    /// The names that an ARN can mean: as it is written, and without what may be a suffix.
    fn names(&self) -> Vec<&str> {
        if !self.id.starts_with("arn:") || self.foreign_account().is_some() {
            return Vec::new();
        }
        let written = self.written_name();
        let base = written.rsplit_once('-').map(|(base, _)| base).filter(|_| may_have_suffix(written));
        std::iter::once(written).chain(base).collect()
    }

    fn named(&self, name: &str) -> Known<'c, Box<Secret>> {
        match self.case.look(&self.by_name(name)) {
            Known::Found(secret) if !self.is_of_its_account(secret) => Known::Missing,
            known => known,
        }
    }

    /// What AWS says of it.
    pub(in crate::causes) fn presence(&self) -> Presence<'c> {
        match self.known() {
            Known::Found(secret)
                if self.is_whole() && secret.arn.as_ref().is_some_and(|arn| *arn != self.id) =>
            {
                self.renamed(secret)
            }
            Known::Found(secret) => Presence::Here(secret),
            Known::Unknown(why) => Presence::Unknown(why),
            Known::NotAsked => Presence::NotAsked,
            Known::Missing => {
                let answers: Vec<_> = self.names().into_iter().map(|name| self.named(name)).collect();
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
        if secret.name.as_deref() == Some(self.written_name()) {
            Presence::CutSuffix(secret)
        } else {
            Presence::OtherSuffix(secret)
        }
    }

    /// The very secret that is referred to.
    pub(in crate::causes) fn found(&self) -> Option<&'c Secret> {
        match self.presence() {
            Presence::Here(secret) => Some(secret),
            _ => None,
        }
    }

    /// The secret that has its name under another ARN.
    pub(in crate::causes) fn namesake(&self) -> Option<&'c Secret> {
        match self.presence() {
            Presence::OtherSuffix(secret) | Presence::CutSuffix(secret) => Some(secret),
            _ => None,
        }
    }

    /// Asks for it as referred to, and if that leads nowhere by its name, here and where the task runs.
    pub(in crate::causes) fn ask(&self) -> Vec<Question> {
        let mut questions = vec![self.by_id().into()];
        if matches!(self.known(), Known::Missing) {
            questions.extend(self.names().into_iter().map(|name| self.by_name(name).into()));
            questions.extend(self.elsewhere().map(Question::from));
            questions.extend(self.like().map(Question::from));
        }
        questions
    }

    /// The same name where the task runs, if the reference is to another Region.
    fn elsewhere(&self) -> Option<ask::Secret> {
        let own = self
            .case
            .task
            .region
            .as_deref()
            .filter(|own| *own != self.region && self.foreign_account().is_none())?;
        Some(ask::Secret { region: own.to_owned(), id: self.name.clone() })
    }

    /// The secret of that name in the task's own Region, where it is not in the one that is asked.
    pub(in crate::causes) fn is_elsewhere(&self) -> Option<&'c Secret> {
        let found =
            self.case.look(&self.elsewhere()?).found().filter(|secret| self.is_of_its_account(secret))?;
        matches!(self.presence(), Presence::Gone).then_some(found)
    }

    /// What was learned of it in the task's own Region.
    pub(in crate::causes) fn known_elsewhere(&self) -> Known<'c, Box<Secret>> {
        self.elsewhere().map_or(Known::NotAsked, |question| self.case.look(&question))
    }

    /// Asks for its versions.
    pub(in crate::causes) fn ask_versions(&self) -> ask::SecretVersions {
        ask::SecretVersions { region: self.region.clone(), id: self.id.clone() }
    }

    /// Its versions.
    pub(in crate::causes) fn versions(&self) -> Known<'c, Vec<SecretVersion>> {
        self.case.look(&self.ask_versions())
    }

    /// The version that the reference asks for.
    pub(in crate::causes) fn version(&self) -> Option<String> {
        let Target::Secret(secret) = self.reference?.target()? else { return None };
        secret.version_id.or(secret.version_stage).map(str::to_owned)
    }

    /// It as a culprit, with every reference to it.
    pub(in crate::causes) fn culprit(&self) -> Culprit {
        let same = |reference: &&Reference| matches!(reference.target(), Some(Target::Secret(secret)) if secret.arn == self.id);
        Culprit {
            kind: "secret",
            id: Some(self.name.clone()),
            references: self.case.references.iter().filter(same).cloned().collect(),
        }
    }

    /// The service that manages it, and is the only one that can write to it.
    pub(in crate::causes) fn manager(&self) -> Option<&str> {
        self.found()
            .and_then(|secret| secret.owning_service.as_deref())
            .or_else(|| self.name.split_once('!').map(|(service, _)| service))
    }

    /// The ARN of the secret, as exactly as it is known, and whether it is exact.
    pub(in crate::causes) fn arn(&self) -> (String, bool) {
        match self.found().or(self.namesake()).and_then(|secret| secret.arn.clone()) {
            Some(arn) => (arn, true),
            None => (self.id.clone(), self.is_whole()),
        }
    }
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
        if views.is_empty()
            && self.symptom.wants.is_none()
            && matches!(
                self.symptom.step,
                Step::SecretsManager | Step::RegistryCredentials | Step::SecretSidecar
            )
        {
            let named = self
                .symptom
                .resource
                .as_ref()
                .filter(|resource| !self.symptom.truncated && !resource.text.contains("://"));
            let named = named.filter(|resource| {
                Arn::parse(&resource.text).is_none_or(|arn| arn.service == "secretsmanager")
            });
            views.extend(named.map(|resource| self.secret(&resource.text, None, None)));
        }
        let mut seen = std::collections::BTreeSet::new();
        views.retain(|view| seen.insert((view.region.clone(), view.id.clone())));
        views.truncate(CANDIDATES);
        views
    }

    /// Asks after every secret that was not found.
    pub(in crate::causes) fn ask_secrets(&self) -> Vec<Question> {
        self.secrets().iter().flat_map(SecretView::ask).collect()
    }

    /// The secrets that the case can be about, as commands name them; one that is not known where none is.
    pub(in crate::causes) fn resource_arns(&self) -> Vec<Option<String>> {
        let several = || self.secrets().into_iter().map(|secret| Some(secret.id)).collect::<Vec<_>>();
        let known = self.resource_arn().map_or_else(several, |arn| vec![Some(arn)]);
        if known.is_empty() { vec![None] } else { known }
    }

    fn secret<'c>(
        &'c self,
        id: &str,
        secret: Option<SecretReference<'_>>,
        reference: Option<&'c Reference>,
    ) -> SecretView<'c> {
        let arn = Arn::parse(id);
        // The text may print extras that belong to the reference and not to the secret.
        let id = arn.and_then(|arn| arn.resource.strip_prefix("secret:")).and_then(|rest| {
            let name = rest.split(':').next()?;
            Some(id[..id.len() - rest.len() + name.len()].to_owned())
        });
        let id = id.unwrap_or_else(|| {
            secret.map_or_else(
                || self.symptom.resource.as_deref().map(str::to_owned).unwrap_or_default(),
                |secret| secret.arn.to_owned(),
            )
        });
        let region = arn
            .map(|arn| arn.region)
            .filter(|region| !region.is_empty())
            .unwrap_or(self.own_region())
            .to_owned();
        SecretView { case: self, region, name: secret_name(&id).to_owned(), id, reference }
    }
}
