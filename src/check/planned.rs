//! A definition as part of a deployment: what is not known before it, and what it may put right by itself.

use std::borrow::Cow;

use super::Check;
use super::findings::{Findings, Problem};
use super::suspicion::{Suspicion, subject};
use crate::arn::Arn;
use crate::causes::{Finding, Verdict};
use crate::diagnosis::{Diagnosis, misspelt};
use crate::event::Task;
use crate::question::Evidence;
use crate::reason::{Deny, Fault, Step, Symptom};
use crate::source::{Made, Plan, Touched};
use crate::task_definition::{Malformation, Reference, ReferenceKind, Target, TaskDefinition};

/// The place of a role that is not known before deployment. It is not an ARN, so no question is about it.
pub(super) const OPEN_ROLE: &str = "(not known before deployment)";

/// A definition without what is not known, so that nothing reads a name in it. What stays is where it was.
pub(super) fn without_open<'d>(written: &'d TaskDefinition, plan: &Plan) -> Cow<'d, TaskDefinition> {
    let mut known = Cow::Borrowed(written);
    for reference in
        written.references().iter().filter(|reference| plan.pending(written, reference).is_some())
    {
        let definition = known.to_mut();
        match reference.kind {
            ReferenceKind::ExecutionRole => definition.execution_role_arn = Some(OPEN_ROLE.to_owned()),
            ReferenceKind::TaskRole => definition.task_role_arn = Some(OPEN_ROLE.to_owned()),
            _ => {}
        }
        let Some(container) = definition
            .containers
            .iter_mut()
            .find(|container| Some(&container.name) == reference.container.as_ref())
        else {
            continue;
        };
        match reference.kind {
            ReferenceKind::Image => container.image = None,
            ReferenceKind::RegistryCredentials => container.repository_credentials = None,
            ReferenceKind::EnvFile => {
                container
                    .environment_files
                    .iter_mut()
                    .filter(|file| file.value == reference.value_from)
                    .for_each(|file| file.value.clear());
            }
            ReferenceKind::CredentialSpec => container
                .credential_specs
                .iter_mut()
                .filter(|spec| spec.ends_with(&reference.value_from))
                .for_each(String::clear),
            ReferenceKind::LogConfig => container.firelens_configuration = None,
            _ => {}
        }
    }
    known
}

impl Check<'_> {
    /// Whether what a reference leads to is not known before deployment.
    pub(super) fn is_pending(&self, reference: &Reference) -> bool {
        self.plan.is_some_and(|plan| plan.pending(&self.definition, reference).is_some())
    }

    /// The same, or never filled in.
    pub(super) fn is_unknown(&self, reference: &Reference) -> bool {
        self.is_pending(reference) || reference.unfilled().is_some()
    }

    /// Whether a suspicion is about something that is not known.
    pub(super) fn is_open(&self, suspicion: &Suspicion) -> bool {
        let Some(plan) = self.plan else { return false };
        let Symptom { step, fault, .. } = &suspicion.symptom;
        let by_task_role = (*step, *fault) == (Step::EfsVolume, Fault::AccessDenied)
            && self.definition.task_role_arn.as_deref() == Some(OPEN_ROLE);
        let of_logs = (*step, *fault) == (Step::LogDriver, Fault::Misconfigured) && plan.has_open_logs();
        let one = if let [one] = &suspicion.references[..] { Some(one) } else { None };
        by_task_role || of_logs || one.is_some_and(|reference| self.is_pending(reference))
    }

    /// What is not known before deployment, and of that what is malformed whatever it will be.
    pub(super) fn not_known_yet(&self, task: &Task, evidence: &Evidence, findings: &mut Findings) {
        let Some(plan) = self.plan else { return };
        for reference in self.written.references() {
            let Some(pending) = plan.pending(self.written, &reference) else { continue };
            let shown = Reference { value_from: pending.shown.clone(), ..reference.clone() };
            if let Some(stand_in) = plan.stand_in(self.written, &reference)
                && let Some(malformation) = stand_in.target().as_ref().and_then(Target::malformation)
                && malformation != Malformation::Unrendered
            {
                let symptom = Symptom::suspected(Step::SecretsManager, Fault::BadReference);
                let suspicion = Suspicion::of(symptom, vec![shown.clone()]);
                let diagnosis =
                    misspelt(&self.case(task, &suspicion, evidence), &shown, &stand_in, malformation);
                findings.add(Problem { symptom: suspicion.symptom, diagnosis });
                continue;
            }
            findings.open(subject(&shown), pending.why.clone());
        }
        for pending in plan.pending_parts(self.written) {
            findings.open(pending.path.clone(), pending.why.clone());
        }
    }

    /// Makes a possibility of what the deployment itself may put right.
    pub(super) fn temper(&self, suspicion: &Suspicion, diagnosis: &mut Diagnosis) {
        let Some(Made { name, kind, .. }) = self.touching(suspicion) else { return };
        diagnosis.verdict = Verdict::Possible;
        diagnosis.findings.insert(
            0,
            Finding::unknown(format!(
                "whether {name} ({kind}), which this deployment makes or changes, puts it right"
            )),
        );
    }

    /// What the deployment makes or changes on which a suspicion turns.
    fn touching(&self, suspicion: &Suspicion) -> Option<&Made> {
        let plan = self.plan?;
        let Symptom { step, fault, deny, .. } = &suspicion.symptom;
        let references =
            || suspicion.references.iter().find_map(|reference| plan.touches(Touched::Reference(reference)));
        let roles = || {
            let own =
                [&self.definition.execution_role_arn, &self.definition.task_role_arn].into_iter().flatten();
            own.filter(|role| Arn::parse(role).is_some()).find_map(|role| plan.touches(Touched::Role(role)))
        };
        let network = || plan.touches(Touched::Network);
        let file_systems = || plan.touches(Touched::FileSystems).filter(|_| *step == Step::EfsVolume);
        match fault {
            // These are judged as they are written.
            Fault::BadReference | Fault::Misconfigured | Fault::RoleMissing => None,
            Fault::NetworkTimeout => network().or_else(file_systems),
            Fault::NotFound | Fault::VersionNotFound => references().or_else(file_systems),
            _ if *deny == Some(Deny::EndpointPolicy) => network(),
            _ => references()
                .or_else(roles)
                .or_else(|| plan.touches(Touched::Keys).filter(|_| *fault == Fault::KmsDenied))
                .or_else(file_systems),
        }
    }
}
