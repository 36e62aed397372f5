//! The ARNs that a policy names: those of what the task definition refers to, as far as their names fit the grammar of
//! their kind.

use super::super::case::Case;
use super::super::image::EcrImage;
use super::super::key::KeyView;
use super::super::name::{Kind, why_not};
use super::super::secret::Presence;
use super::{Refusal, UNREAD};
use crate::arn::Arn;
use crate::task_definition::{Reference, ReferenceKind, Target, may_have_suffix, split_suffix};

/// What a policy on `action` names: what the definition refers to for the step.
pub(in crate::causes) fn resources(case: &Case<'_>, action: &str) -> Result<Vec<String>, Refusal> {
    if action == "ecr:GetAuthorizationToken" {
        // It is not for one image.
        return Ok(vec!["*".to_owned()]);
    }
    if action == "kms:Decrypt" {
        let keys: Vec<String> = case
            .keys()
            .iter()
            .filter(|key| key.is_described)
            .filter_map(KeyView::arn)
            .filter(|arn| Kind::Key.fits(arn))
            .collect();
        let unknown = || {
            vec![format!(
                "arn:{}:kms:{}:{}:key/<key-id>",
                case.partition(),
                place(case.task.region.as_deref(), Kind::Region),
                place(case.task.account.as_deref(), Kind::Account)
            )]
        };
        return Ok(if keys.is_empty() { unknown() } else { keys });
    }
    named_by(case, action, &case.references)
}

/// What some references of the definition name for an action.
pub(super) fn named_by(
    case: &Case<'_>,
    action: &str,
    references: &[Reference],
) -> Result<Vec<String>, Refusal> {
    let named: Vec<Result<Vec<String>, Refusal>> =
        references.iter().filter_map(|reference| of_reference(case, reference, action)).collect();
    let mut all: Vec<String> = Vec::new();
    for arn in named.iter().flatten().flatten() {
        if !all.contains(arn) {
            all.push(arn.clone());
        }
    }
    if all.is_empty() {
        Err(named.into_iter().find_map(Result::err).unwrap_or_else(|| unreferred(case)))
    } else {
        Ok(all)
    }
}

fn unreferred(case: &Case<'_>) -> Refusal {
    match (case.definition(), case.name()) {
        (None, _) => Refusal(UNREAD.to_owned()),
        (_, Some(name)) => Refusal(format!("the task definition does not refer to {name}")),
        (_, None) => Refusal("the task definition refers to nothing of the kind".to_owned()),
    }
}

fn place(known: Option<&str>, kind: Kind) -> String {
    known.filter(|known| kind.fits(known)).map_or_else(|| format!("<{kind}>"), str::to_owned)
}

/// The ARNs by which a policy names what a reference refers to; `None` where it is nothing for the action.
pub(super) fn of_reference(
    case: &Case<'_>,
    reference: &Reference,
    action: &str,
) -> Option<Result<Vec<String>, Refusal>> {
    let partition = case.own_partition();
    let (region, account) = (
        place(case.task.region.as_deref(), Kind::Region),
        place(case.task.account.as_deref(), Kind::Account),
    );
    let checked = |kind: Kind, name: &str, arns: Vec<String>| {
        Some(if kind.fits(name) {
            Ok(arns)
        } else {
            Err(Refusal(format!("the name of the {kind} {}", why_not(name))))
        })
    };
    match (action.split(':').next()?, reference.kind, reference.target()) {
        ("secretsmanager", _, Some(Target::Secret(secret))) => {
            let whole =
                |name: &str| format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}");
            let arn = if secret.arn.starts_with("arn:") { secret.arn.to_owned() } else { whole(secret.arn) };
            let known = case.secrets().iter().find_map(|view| match view.presence() {
                Presence::Here(found) if view.reference == Some(reference) => {
                    found.arn.clone().filter(|arn| Kind::Secret.fits(arn))
                }
                _ => None,
            });
            checked(Kind::Secret, secret.arn, known.map_or_else(|| secret_arns(&arn), |arn| vec![arn]))
        }
        ("ssm", _, Some(Target::Parameter(name))) => {
            let whole = || {
                format!("arn:{partition}:ssm:{region}:{account}:parameter/{}", name.trim_start_matches('/'))
            };
            let arn =
                if reference.value_from.starts_with("arn:") { reference.value_from.clone() } else { whole() };
            checked(Kind::Parameter, &reference.value_from, vec![arn])
        }
        ("ecr", ReferenceKind::Image, _) => {
            let image = EcrImage::parse(&reference.value_from)?;
            let fits = Kind::Account.fits(&image.registry) && Kind::Region.fits(&image.region);
            let arn =
                format!("arn:{partition}:ecr:{}:{}:repository/{}", image.region, image.registry, image.path);
            checked(Kind::Repository, &image.path, vec![arn]).filter(|_| fits)
        }
        ("logs", ReferenceKind::LogGroup, _) => {
            let group = &reference.value_from;
            let region = case
                .log_region(reference)
                .filter(|region| Kind::Region.fits(region))
                .map_or(region, str::to_owned);
            // Every task writes a stream of its own.
            checked(
                Kind::LogGroup,
                group,
                vec![format!("arn:{partition}:logs:{region}:{account}:log-group:{group}:*")],
            )
        }
        ("s3", ReferenceKind::EnvFile | ReferenceKind::LogConfig | ReferenceKind::CredentialSpec, _) => {
            let (bucket, key) = Arn::parse(&reference.value_from)
                .filter(|arn| arn.service == "s3")?
                .resource
                .split_once('/')?;
            let bucket_arn = format!("arn:{partition}:s3:::{bucket}");
            let arn =
                if action == "s3:GetBucketLocation" { bucket_arn } else { format!("{bucket_arn}/{key}") };
            if !Kind::Bucket.fits(bucket) {
                return checked(Kind::Bucket, bucket, Vec::new());
            }
            checked(Kind::ObjectKey, key, vec![arn])
        }
        _ => None,
    }
}

/// The ARNs of a secret as a policy should name it: with `-??????` where the suffix is not known, and both
/// ways where the name's end may be one.
fn secret_arns(arn: &str) -> Vec<String> {
    let name = arn.split_once(":secret:").map_or(arn, |(_, name)| name);
    let any = format!("{arn}-??????");
    match (split_suffix(name).1, may_have_suffix(name)) {
        (true, _) => vec![arn.to_owned()],
        (false, true) => vec![arn.to_owned(), any],
        (false, false) => vec![any],
    }
}
