//! The secret itself is written where a reference to it belongs.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::{Case, DEFINITION};
use super::fix::Fix;
use super::proof::Proof;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::{Fault, Step, Symptom};
use crate::redact::is_masked;
use crate::task_definition::{Reference, ReferenceKind, Target};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-value-in-reference",
    title: "a secret's value was written where a reference belongs",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "`valueFrom` holds the secret itself, and not the ARN of a secret or the name of a parameter.",
        why: "Somebody took `valueFrom` for `value`, or a template put the value there. ECS reads what is not an ARN as a parameter's name, asks Parameter Store for it, and prints it when there is none.",
        tell: "The message says `invalid parameters:` and a text that cannot be a parameter name. ecs-triage masks it, and names the container and the variable.",
        fix: "Put the value into a secret or a parameter, refer to that, and rotate the value: the task definition, its old revisions and ECS's reasons show it to everyone who can read them.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html",
    ],
    when,
    // Text that looks like a secret goes into no question.
    ask: super::nothing,
    assess,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: %%%%%%%%%%%%%",
        also: &[
            "parameter-in-other-region",
            "parameter-misnamed",
            "parameter-missing",
            "secret-reference-malformed",
        ],
    }],
};

/// Where ECS names something, it must be what was masked; where it names nothing, the definition can show it.
fn when(symptom: &Symptom) -> bool {
    let is_value = symptom.resource.as_ref().map(|resource| is_masked(&resource.text));
    match symptom.step {
        Step::ParameterStore => match symptom.fault {
            Fault::NotFound | Fault::BadReference | Fault::Unknown => is_value.unwrap_or(true),
            Fault::AccessDenied => is_value == Some(true),
            _ => false,
        },
        Step::SecretsManager | Step::RegistryCredentials => match symptom.fault {
            Fault::BadReference => is_value.unwrap_or(true),
            Fault::NotFound => is_value == Some(true),
            _ => false,
        },
        _ => false,
    }
}

fn values<'c>(case: &'c Case<'_>) -> impl Iterator<Item = &'c Reference> {
    case.references.iter().filter(|reference| reference.target() == Some(Target::Value))
}

/// Whether the definition shows a value that the case can be about.
pub(super) fn is_shown(case: &Case<'_>) -> bool {
    values(case).next().is_some()
}

/// Whether the case is about values alone: nothing else can be said of it.
pub(super) fn is_all(case: &Case<'_>) -> bool {
    if !case.references.is_empty() {
        return values(case).count() == case.references.len();
    }
    case.symptom.resource.as_ref().is_some_and(|resource| resource.text.split(',').all(is_masked))
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let references: Vec<Reference> = values(case).cloned().collect();
    let Some(first) = references.first() else {
        case.symptom.resource.as_ref().filter(|resource| is_masked(&resource.text))?;
        let assessment = Assessment::likely("a valueFrom holds a value, not the name of a parameter")
            .culprit(Culprit { kind: "variable", id: None, references: Vec::new() })
            .finding(Finding::unknown("which variable it is: ECS prints the value alone"))
            .findings(case.definition_unknown());
        return Some(assessment.fix(fix(case)));
    };
    let name = first.name.as_deref().unwrap_or(&first.field);
    let container =
        first.container.as_ref().map(|container| format!(" of container {container}")).unwrap_or_default();
    let more = references.len() - 1;
    let others = if more > 0 { format!(", and {more} more,") } else { String::new() };
    let hold = if more > 0 { "hold values" } else { "holds a value" };
    let title = match first.kind {
        ReferenceKind::RegistryCredentials => {
            format!("credentialsParameter{container}{others} {hold}, not the name of a secret")
        }
        _ => format!("valueFrom of {name}{container}{others} {hold}, not the name of a parameter"),
    };
    let named = references.iter().map(Reference::label).collect::<Vec<_>>().join(", ");
    let listed = case
        .symptom
        .resource
        .as_ref()
        .filter(|_| case.symptom.fault == Fault::NotFound)
        .map(|resource| resource.text.as_str())
        .unwrap_or_default();
    let names: Vec<&str> =
        listed.split(',').map(str::trim).filter(|name| !name.is_empty() && !is_masked(name)).collect();
    let besides = (!names.is_empty())
        .then(|| Finding::found(format!("ECS did not find {} either", names.join(", ")), "stoppedReason"));
    let found = Finding::found(
        format!(
            "a text that is neither an ARN nor a possible parameter name, in {named}; it is not shown here"
        ),
        DEFINITION,
    );
    let what = besides.into_iter().chain([found]).collect();
    let proof = Proof::by_definition(case, what);
    let culprit = Culprit { kind: "variable", id: Some(name.to_owned()), references };
    Some(Assessment::confirmed(title, proof).culprit(culprit).fix(fix(case)))
}

fn fix(case: &Case<'_>) -> Fix {
    let put = "put the value into a secret or a SecureString parameter, and write its ARN into valueFrom in a new revision";
    let rotate = "rotate the value, which the task definition and ECS's reasons have shown, and deregister the revisions that hold it";
    Fix::words(put).then_revised(case).then(rotate, [])
}
