//! The layers of policies that IAM simulates in addition to a role's own allows: explicit denies, the
//! permissions boundary, the organization.
//!
//! A cause of such a layer is a row: what it is called, how ECS words it, and what is done about it. The
//! judgment is one.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::proof::{Complete, Gap, Identity, Proof, Time};
use super::refusal::{Refuser, SIMULATION, Simulated, all_allowed, all_whole, is_whole, refuser};
use crate::reason::{Deny, Symptom};

/// A cause that is about one layer of policies.
pub(in crate::causes) struct Layer {
    /// What IAM calls the refusal.
    pub(in crate::causes) refuser: Refuser,
    /// The kinds of policy by which ECS's words mean the layer.
    pub(in crate::causes) kinds: &'static [Deny],
    /// What happened, of who was refused, the action, and "on" what.
    pub(in crate::causes) title: fn(&str, &str, &str) -> String,
    /// What is found where the layer refuses a call.
    pub(in crate::causes) refuses: fn(&Simulated<'_>) -> Finding,
    /// What fixes it.
    pub(in crate::causes) fix: fn(&Case<'_>) -> Fix,
}

/// What the simulations say of a layer.
pub(in crate::causes) fn assess(case: &Case<'_>, layer: &Layer) -> Option<Assessment> {
    let (who, action, on) = case.refusal();
    let title = (layer.title)(&who, &action, &on);
    let is_named = case.symptom.refused_by.is_some_and(|kind| layer.kinds.contains(&kind));
    let decisions = case.simulated_refusals();
    let with_fix =
        |assessment: Assessment| Some(assessment.culprit(case.refused_culprit()).fix((layer.fix)(case)));
    if let Some(decision) = decisions.iter().find(|decision| refuser(decision) == Some(layer.refuser)) {
        let complete =
            is_whole(decision).and_then(|complete| layer.simulates_all(is_named).map(|_| complete));
        let proof = Proof::by(
            vec![(layer.refuses)(decision)],
            Identity::of_own_role(case),
            complete,
            Time::as_ecs_said(),
        );
        return with_fix(Assessment::confirmed(title, proof));
    }
    if is_named {
        return Some(
            match all_allowed(&decisions).and_then(|complete| layer.simulates_all(false).map(|_| complete)) {
                Ok(_) => {
                    let now = "IAM finds no such refusal now: it was removed since, or is in a policy that IAM does not simulate (a session's, a resource's)";
                    Assessment::possible(title)
                        .culprit(case.refused_culprit())
                        .passed(case, Finding::found(now, SIMULATION))
                }
                Err(gap) => {
                    let unknown =
                        case.undecided("which statement it is, and whether it is still there", &decisions);
                    let gap = gap.into_finding().filter(|_| unknown.is_none());
                    Assessment::likely(title)
                        .findings(unknown.or(gap))
                        .culprit(case.refused_culprit())
                        .fix((layer.fix)(case))
                }
            },
        );
    }
    // Another layer must explain the refusal: what IAM allows now, something has refused all the same.
    let other =
        decisions.iter().find(|decision| refuser(decision).is_some_and(|other| other != layer.refuser))?;
    let complete = all_whole(&decisions).and_then(|complete| layer.simulates_all(false).map(|_| complete));
    let without = Finding::found(
        format!("{} on {} is refused by other policies", other.0.action, other.0.resource),
        SIMULATION,
    );
    let proof = Proof::by(vec![without], Identity::of_own_role(case), complete, Time::as_ecs_said());
    Assessment::disproved(title, proof).map(|said| said.culprit(case.refused_culprit()))
}

impl Layer {
    /// Whether the simulation has all that the layer decides by. Condition keys that only the organization's
    /// policies use have no value in it, and are never listed as missing.
    fn simulates_all(&self, is_named: bool) -> Result<Complete, Gap> {
        let unsure = self.refuser == Refuser::Organization && !is_named;
        Complete::unless(unsure.then(|| "what the conditions of the organization's policies make of the real call: IAM simulates without them".to_owned()))
    }

    /// Whether a symptom may be of the layer.
    pub(in crate::causes) fn claims(&self, symptom: &Symptom) -> bool {
        use crate::reason::Fault;
        let refused = matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied);
        refused
            && (symptom.refused_by.is_some_and(|kind| self.kinds.contains(&kind))
                || super::refusal::names_no_policy(symptom))
    }
}
