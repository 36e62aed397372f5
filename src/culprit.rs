//! Which of a task definition's references a symptom is about, also where ECS named nothing.
//!
//! The step picks the kind of reference; every fact of the text then narrows the list. A named resource that
//! was cut, or that was printed without what `valueFrom` appends, matches as a prefix in either direction.

use crate::arn::Arn;
use crate::reason::{Fault, Step, Symptom};
use crate::redact::is_masked;
use crate::task_definition::{ImageName, Reference, ReferenceKind, SecretReference, Target, TaskDefinition};

/// The references that the symptom can be about, in the order of the definition; empty where none fits.
#[must_use]
pub fn culprits(symptom: &Symptom, definition: &TaskDefinition) -> Vec<Reference> {
    let mut fitting: Vec<Reference> =
        definition.references().into_iter().filter(|reference| of_step(symptom.step, reference)).collect();
    if let Some(named) = symptom.resource.as_ref().filter(|_| names_its_reference(symptom)) {
        fitting.retain(|reference| is_named(&named.text, reference, symptom.truncated));
    }
    narrow(&mut fitting, |reference| of_fault(symptom, reference));
    narrow(&mut fitting, |reference| of_bucket(symptom, reference));
    fitting
}

/// Keeps what fits, unless nothing does: then the text excludes nothing.
fn narrow(references: &mut Vec<Reference>, fits: impl Fn(&Reference) -> bool) {
    if references.iter().any(&fits) {
        references.retain(fits);
    }
}

fn of_step(step: Step, reference: &Reference) -> bool {
    let target = reference.target();
    let secret = reference.kind == ReferenceKind::Secret;
    // ECS asks Parameter Store for everything that is not an ARN.
    let is_parameter = matches!(target, Some(Target::Parameter(_) | Target::Template(_) | Target::Value));
    match step {
        Step::SecretsManager => secret && !is_parameter,
        Step::ParameterStore => secret && is_parameter,
        Step::RegistryCredentials => reference.kind == ReferenceKind::RegistryCredentials,
        Step::EcrAuth => {
            reference.kind == ReferenceKind::Image && ImageName::parse(&reference.value_from).ecr().is_some()
        }
        Step::ImagePull => reference.kind == ReferenceKind::Image,
        Step::EnvFile => reference.kind == ReferenceKind::EnvFile,
        Step::LogDriver => matches!(reference.kind, ReferenceKind::LogGroup | ReferenceKind::LogConfig),
        Step::CredentialSpec => reference.kind == ReferenceKind::CredentialSpec,
        Step::ExecutionRole => reference.kind == ReferenceKind::ExecutionRole,
        Step::Unknown => secret || reference.kind == ReferenceKind::RegistryCredentials,
        _ => false,
    }
}

/// Whether the text's resource is the thing referred to, and not an endpoint or a key that is needed to get
/// it.
fn names_its_reference(symptom: &Symptom) -> bool {
    let Some(resource) = &symptom.resource else { return false };
    let a_key = Arn::parse(&resource.text).is_some_and(|arn| arn.service == "kms");
    let nothing_definite = matches!(symptom.step, Step::EcrAuth | Step::Unknown);
    !a_key && !nothing_definite && !resource.text.contains("://")
}

fn is_named(named: &str, reference: &Reference, truncated: bool) -> bool {
    match reference.target() {
        Some(Target::Secret(secret)) => is_secret(named, secret, &reference.value_from, truncated),
        Some(Target::Parameter(name) | Target::Template(name)) => {
            named.split(',').any(|named| is_parameter(named, name, &reference.value_from, truncated))
        }
        Some(Target::Value) => is_masked(named),
        _ => match reference.kind {
            ReferenceKind::Image if named.starts_with("arn:") => is_repository(named, &reference.value_from),
            ReferenceKind::Image => is_image(named, &reference.value_from, truncated),
            ReferenceKind::LogGroup => {
                let name = named
                    .split_once(":log-group:")
                    .map_or(named, |(_, name)| name.split(':').next().unwrap_or(name));
                name == reference.value_from || (truncated && reference.value_from.starts_with(name))
            }
            ReferenceKind::EnvFile | ReferenceKind::LogConfig | ReferenceKind::CredentialSpec => {
                is_file(named, &reference.value_from, truncated)
            }
            _ => reference.value_from.contains(named) || named.contains(reference.value_from.as_str()),
        },
    }
}

/// Whether an image is the one that is named, as a whole: a tag or a path may begin with another's.
fn is_image(named: &str, image: &str, truncated: bool) -> bool {
    ImageName::parse(image).is_named_by(&ImageName::parse(named)) || (truncated && image.starts_with(named))
}

/// Whether an object in S3 is the one that is named: by its ARN, by bucket and key, or by its key.
fn is_file(named: &str, reference: &str, truncated: bool) -> bool {
    let path = |text: &str| Arn::parse(text).map_or(text.to_owned(), |arn| arn.resource.to_owned());
    let (own, named) = (path(reference), path(named));
    let key = own.split_once('/').map_or(own.as_str(), |(_, key)| key);
    let fits = |whole: &str| whole == named || (truncated && whole.starts_with(&named));
    fits(&own) || fits(key)
}

/// Whether an image lies in the repository of Amazon ECR with this ARN.
fn is_repository(arn: &str, image: &str) -> bool {
    let image = ImageName::parse(image);
    Arn::parse(arn).is_some_and(|arn| {
        image.ecr() == Some((arn.account, arn.region))
            && arn.resource.strip_prefix("repository/") == Some(&image.path)
    })
}

fn is_secret(named: &str, secret: SecretReference<'_>, value_from: &str, truncated: bool) -> bool {
    if secret.arn == named || (truncated && value_from.starts_with(named)) {
        return true;
    }
    let place = |text: &str| Arn::parse(text).map(|arn| (arn.region.to_owned(), arn.account.to_owned()));
    if place(named).zip(place(secret.arn)).is_some_and(|(named, own)| named != own) {
        return false;
    }
    let named_name =
        named.split_once(":secret:").map_or(named, |(_, name)| name.split(':').next().unwrap_or(name));
    // AWS prints the whole ARN where the definition may have left the suffix out, and the other way round.
    named_name == secret.name
        || without_tail(named_name) == Some(secret.name)
        || without_tail(secret.name) == Some(named_name)
}

/// A name without a hyphen and six characters, whatever they are.
fn without_tail(name: &str) -> Option<&str> {
    name.rsplit_once('-').filter(|(_, tail)| tail.len() == 6).map(|(base, _)| base)
}

fn is_parameter(named: &str, name: &str, value_from: &str, truncated: bool) -> bool {
    let named = named.trim();
    let bare = |name: &str| {
        name.split_once(":parameter").map_or(name, |(_, name)| name).trim_start_matches('/').to_owned()
    };
    named == value_from
        || bare(named) == bare(name)
        || (truncated && !named.is_empty() && bare(name).starts_with(&bare(named)))
}

/// Whether a file is in the bucket that the text names; other references, where it names none.
fn of_bucket(symptom: &Symptom, reference: &Reference) -> bool {
    let is_file = matches!(
        reference.kind,
        ReferenceKind::EnvFile | ReferenceKind::LogConfig | ReferenceKind::CredentialSpec
    );
    match (&symptom.bucket, Arn::parse(&reference.value_from).filter(|_| is_file)) {
        (Some(named), Some(arn)) => arn.resource.split('/').next() == Some(named.text.as_str()),
        (named, _) => is_file == named.is_some(),
    }
}

fn of_fault(symptom: &Symptom, reference: &Reference) -> bool {
    let secret = match reference.target() {
        Some(Target::Secret(secret)) => Some(secret),
        _ => None,
    };
    let json_key = secret.and_then(|secret| secret.json_key);
    match symptom.fault {
        Fault::JsonKeyMissing => {
            json_key.is_some()
                && symptom.json_key.as_ref().is_none_or(|key| json_key == Some(key.text.as_str()))
        }
        Fault::NotJson => json_key.is_some(),
        Fault::BadReference => reference
            .target()
            .is_some_and(|target| target == Target::Value || target.malformation().is_some()),
        Fault::VersionNotFound => symptom.version_stage.as_ref().is_some_and(|stage| {
            secret.is_some_and(|secret| {
                secret.version_stage == Some(stage.text.as_str())
                    || secret.version_id == Some(stage.text.as_str())
            })
        }),
        _ => true,
    }
}
