//! The key behind a secret or parameter: its state, its policy, and the call that decrypts with it.

use super::assessment::Culprit;
use super::case::{Case, UNKNOWN_REGION};
use super::name::Kind;
use super::parameter::ParameterView;
use super::proof::{Complete, Gap};
use super::refusal::Call;
use super::secret::SecretView;
use crate::arn::{Arn, host_suffix};
use crate::policy_document::{KeySide, NamedRole, key_policy};
use crate::question::facts::{Key, KeyGrant};
use crate::question::{Known, Question, ask};
use crate::reason::Step;
use crate::task_definition::{Reference, Target};

/// The key behind a secret or parameter.
#[derive(Debug)]
pub(in crate::causes) struct KeyView<'c> {
    case: &'c Case<'c>,
    pub(in crate::causes) region: String,
    /// Its id, ARN or alias.
    pub(in crate::causes) id: String,
    /// The name of what it encrypts.
    pub(in crate::causes) of: Option<String>,
    /// The ARN of what it encrypts.
    of_arn: Option<String>,
    /// Where the definition mentions that.
    pub(in crate::causes) reference: Option<&'c Reference>,
    /// Whether AWS names it as the key of what the definition refers to; the text alone proves no such thing.
    pub(in crate::causes) is_described: bool,
}

impl<'c> KeyView<'c> {
    /// A key is looked up by its id in the caller's account: that of another is asked by its ARN.
    fn question(&self) -> ask::Key {
        let id =
            self.arn_of_id().filter(|_| self.foreign_account().is_some()).unwrap_or_else(|| self.id.clone());
        ask::Key { region: self.region.clone(), id }
    }

    /// The other account that has it.
    pub(in crate::causes) fn foreign_account(&self) -> Option<&str> {
        let account =
            Arn::parse(&self.id).or_else(|| Arn::parse(self.of_arn.as_deref()?)).map(|arn| arn.account)?;
        self.case.task.account.as_deref().filter(|own| *own != account && account != "*").map(|_| account)
    }

    /// Aliases have no policy; what is behind one shows its description.
    fn policy_question(&self) -> Option<ask::KeyPolicy> {
        let arn = self.arn().filter(|arn| arn.contains(":key/"))?;
        Some(ask::KeyPolicy { region: self.region.clone(), id: arn })
    }

    /// What AWS says of it.
    pub(in crate::causes) fn known(&self) -> Known<'c, Key> {
        self.case.look(&self.question())
    }

    /// It as a culprit, with the reference to what it encrypts.
    pub(in crate::causes) fn culprit(&self) -> Culprit {
        Culprit {
            kind: "kms-key",
            id: Some(self.id.clone()),
            references: self.reference.into_iter().cloned().collect(),
        }
    }

    /// Its ARN; that of an alias identifies no key in a policy.
    pub(in crate::causes) fn arn(&self) -> Option<String> {
        let known = self.known().found().and_then(|key| key.arn.clone());
        known
            .or_else(|| Some(self.id.clone()).filter(|id| id.starts_with("arn:")))
            .filter(|arn| arn.contains(":key/"))
            .or_else(|| self.arn_of_id())
    }

    /// The ARN of a key that is named by its id alone, which is one of the same account.
    fn arn_of_id(&self) -> Option<String> {
        let is_id = !self.id.contains('/') && (self.id.len() == 36 || self.id.starts_with("mrk-"));
        let account = self
            .of_arn
            .as_deref()
            .and_then(Arn::parse)
            .map(|arn| arn.account)
            .filter(|account| is_id && *account != "*")?;
        Some(format!("arn:{}:kms:{}:{account}:key/{}", self.case.partition(), self.region, self.id))
    }

    /// Its policy.
    pub(in crate::causes) fn policy(&self) -> Known<'c, crate::question::facts::Policy> {
        self.policy_question().map_or(Known::NotAsked, |question| self.case.look(&question))
    }

    /// The grants, which allow in addition to all policies.
    fn grants_question(&self) -> Option<ask::KeyGrants> {
        self.policy_question().map(|ask::KeyPolicy { region, id }| ask::KeyGrants { region, id })
    }

    /// That no grant allows the role to decrypt. Conditions of a grant are not judged.
    pub(in crate::causes) fn no_grant(&self, role: &NamedRole<'_>) -> Result<Complete, Gap> {
        let grants = self.grants_question().map_or(Known::NotAsked, |question| self.case.look(&question));
        Complete::of("KMS grants, which allow in addition to all policies", [grants])?;
        let lets = |grant: &&KeyGrant| {
            grant.operations.iter().any(|operation| operation == "Decrypt") && may_be_for(grant, role)
        };
        let grant = grants.found().into_iter().flatten().find(lets);
        Complete::unless(grant.map(|grant| {
            format!(
                "whether grant {} allows the role to decrypt",
                grant.grant_id.as_deref().unwrap_or_default()
            )
        }))
    }

    /// Asks for its state, policy and grants.
    pub(in crate::causes) fn ask(&self) -> Vec<Question> {
        let mut questions = vec![self.question().into()];
        questions.extend(self.policy_question().map(Question::from));
        questions.extend(self.grants_question().map(Question::from));
        questions
    }

    /// What is wrong with its state, in words.
    pub(in crate::causes) fn unusable(&self) -> Option<String> {
        match self.known() {
            Known::Missing => Some("does not exist".to_owned()),
            Known::Found(key) => match key.key_state.as_deref()? {
                "Enabled" | "Updating" => None,
                "Disabled" => Some("is disabled".to_owned()),
                "PendingDeletion" => {
                    Some(key.deletion_date.map_or("is scheduled for deletion".to_owned(), |at| {
                        format!("is scheduled for deletion on {at}")
                    }))
                }
                "PendingReplicaDeletion" => Some("waits for its replicas to be deleted".to_owned()),
                "PendingImport" => Some("waits for its key material to be imported".to_owned()),
                "Creating" => Some("is still being created".to_owned()),
                "Unavailable" => Some("is unavailable: its key store is not connected".to_owned()),
                other => Some(format!("is in the state {other}")),
            },
            Known::Unknown(_) | Known::NotAsked => None,
        }
    }

    /// The service through which ECS uses it, as `kms:ViaService` names it.
    pub(in crate::causes) fn via(&self) -> String {
        format!("{}.{}.{}", self.case.via(), self.region, host_suffix(&self.region))
    }

    /// What the service passes to KMS about what it decrypts, as condition key and value.
    pub(in crate::causes) fn encryption_context(&self) -> Option<(&'static str, String)> {
        let key = match self.case.symptom.step {
            Step::ParameterStore => "kms:EncryptionContext:PARAMETER_ARN",
            Step::EnvFile => return None,
            _ => "kms:EncryptionContext:SecretARN",
        };
        Some((key, self.of_arn.clone()?))
    }

    /// What its policy says to a role, where that is known.
    pub(in crate::causes) fn side(&self, role: &NamedRole<'_>) -> Option<KeySide> {
        let (document, arn) = (self.policy().found()?, self.arn()?);
        let context = self.encryption_context();
        let values: Vec<&str> = context.iter().map(|(_, value)| value.as_str()).collect();
        let context: Vec<(&str, &[&str])> =
            context.iter().map(|(key, _)| (*key, values.as_slice())).collect();
        Some(key_policy(&document.0, role, &arn, &self.via(), &context))
    }

    /// The call that decrypts with it for ECS.
    pub(super) fn decrypt(&self) -> Option<Call> {
        let mut context = vec![
            ("kms:ViaService".to_owned(), self.via()),
            ("aws:SecureTransport".to_owned(), "true".to_owned()),
        ];
        context.extend(self.encryption_context().map(|(key, value)| (key.to_owned(), value)));
        context.extend(
            self.case.task.account.iter().map(|account| ("kms:CallerAccount".to_owned(), account.clone())),
        );
        Some(Call { action: "kms:Decrypt".to_owned(), resource: self.arn()?, exact: true, context })
    }
}

impl Case<'_> {
    /// The service through which a key is used.
    fn via(&self) -> &'static str {
        match self.symptom.step {
            Step::ParameterStore => "ssm",
            Step::EnvFile => "s3",
            _ => "secretsmanager",
        }
    }

    /// The service through which ECS decrypts, as a condition on `kms:ViaService` names it. How it ends
    /// elsewhere than in the commercial Regions and those of the US government no page says.
    pub(in crate::causes) fn via_service(&self) -> String {
        let keys = self.keys();
        let region = keys.first().map_or(self.own_region(), |key| key.region.as_str());
        let region = Some(region).filter(|region| Kind::Region.fits(region)).unwrap_or(UNKNOWN_REGION);
        let suffix = match host_suffix(region) {
            known @ "amazonaws.com" => known,
            other if other.starts_with("amazonaws.com") => "amazonaws.com*",
            _ => "*",
        };
        format!("{}.{region}.{suffix}", self.via())
    }

    /// The keys behind what the case can be about. The AWS managed key of a service needs no permission and
    /// is never one of them.
    pub(in crate::causes) fn keys(&self) -> Vec<KeyView<'_>> {
        let described = self.described_keys();
        let Some(named) = &self.symptom.key else { return described };
        let is_it = |key: &KeyView<'_>| key.id == named.text || key.arn().as_ref() == Some(&named.text);
        if let Some(key) = described.into_iter().find(is_it) {
            return vec![key];
        }
        let region = Arn::parse(&named.text).map_or(self.own_region(), |arn| arn.region).to_owned();
        let of_arn = self.resource_arn().filter(|arn| arn.starts_with("arn:") && !arn.contains(":kms:"));
        vec![KeyView {
            case: self,
            region,
            id: named.text.clone(),
            of: self.name(),
            of_arn,
            reference: self.references.first(),
            is_described: false,
        }]
    }

    /// That all which names a key was read, and every key.
    pub(in crate::causes) fn keys_read(&self) -> Result<Complete, Gap> {
        let of = "which key encrypts it";
        Complete::of(of, self.secrets().iter().map(SecretView::known))?;
        Complete::of(of, self.parameters().iter().map(ParameterView::known))?;
        Complete::of("the key's state", self.keys().iter().map(KeyView::known))
    }

    /// The keys that AWS names behind them.
    fn described_keys(&self) -> Vec<KeyView<'_>> {
        let of_secrets = self.secrets().into_iter().filter_map(|view| {
            let id = view.found()?.kms_key_id.clone()?;
            let of_arn = view.found()?.arn.clone();
            let is_described = view.reference.is_some();
            Some(KeyView {
                case: self,
                region: view.region.clone(),
                id,
                of: Some(view.name.clone()),
                of_arn,
                reference: view.reference,
                is_described,
            })
        });
        let of_parameters = self.parameters().into_iter().filter_map(|view| {
            let id = view.known().found()?.key_id.clone()?;
            let is_it = |reference: &&Reference| matches!(reference.target(), Some(Target::Parameter(name)) if name == view.name);
            let reference = self.references.iter().find(is_it);
            let (of, of_arn, is_described) = (Some(view.name.clone()), Some(view.arn()), reference.is_some());
            Some(KeyView { case: self, region: view.region.clone(), id, of, of_arn, reference, is_described })
        });
        let mut keys: Vec<KeyView<'_>> =
            of_secrets.chain(of_parameters).filter(|key| !key.id.contains("alias/aws/")).collect();
        keys.dedup_by(|one, other| one.id == other.id);
        keys
    }

    /// Asks for the descriptions that name the keys, then for the keys.
    pub(in crate::causes) fn ask_keys(&self) -> Vec<Question> {
        let of_secrets = self.secrets().into_iter().map(|view| view.by_id().into());
        let of_parameters = self.parameters().into_iter().map(|view| view.question().into());
        let of_keys = self.keys().into_iter().chain(self.described_keys()).flat_map(|key| key.ask());
        of_secrets.chain(of_parameters).chain(of_keys).collect()
    }
}

/// Whether a grant can be one to the role: it is not where it names another role, a user or a service.
fn may_be_for(grant: &KeyGrant, role: &NamedRole<'_>) -> bool {
    let Some(grantee) = grant.grantee_principal.as_deref() else { return true };
    match Arn::parse(grantee) {
        Some(arn) if arn.resource == "root" => arn.account == role.account,
        Some(arn) => arn.account == role.account && arn.role_name() == Some(role.name),
        None => !grantee.ends_with(".amazonaws.com"),
    }
}
