//! Why it stays open whether something would fail: what was not queried, not answered, or cannot be queried.

use std::collections::BTreeSet;

use crate::causes::{Case, FindingKind, Verdict};
use crate::diagnosis::{Diagnosis, asked};
use crate::question::{Answer, Question, ask};
use crate::reason::Fault;

/// Why it is not known whether a suspicion is true.
pub(super) fn untold(case: &Case<'_>, others: &[Diagnosis]) -> Vec<String> {
    let mut why = BTreeSet::new();
    for question in asked(case) {
        match case.evidence.answer(&question) {
            None => why.insert("AWS was not queried".to_owned()),
            Some(Answer::Unknown(unknown)) => why.insert(unknown.clone()),
            // What is not there has nothing about it that could be as it should be.
            Some(Answer::Missing) if is_of_a_thing(case, &question) => {
                why.insert("it was not found".to_owned())
            }
            Some(_) => false,
        };
    }
    // What has no answer is reason enough: what the causes then miss follows from it.
    if !why.is_empty() {
        return why.into_iter().collect();
    }
    if !is_told(case) {
        why.insert("ecs-triage has no question for it".to_owned());
    }
    // A path that is not blocked may have hops that cannot be judged.
    let on_the_way = case.symptom.fault == Fault::NetworkTimeout;
    let is_unsure =
        |diagnosis: &&Diagnosis| diagnosis.verdict != Verdict::RuledOut && (diagnosis.by_state || on_the_way);
    let unsure = others.iter().filter(is_unsure);
    let gaps = unsure
        .flat_map(|diagnosis| &diagnosis.findings)
        .filter(|finding| finding.kind == FindingKind::Unknown);
    why.extend(gaps.map(|finding| finding.text.clone()));
    why.into_iter().collect()
}

/// Whether a question is whether the secret or parameter is there of which the suspicion asks more.
fn is_of_a_thing(case: &Case<'_>, question: &Question) -> bool {
    matches!(case.symptom.fault, Fault::KmsDenied | Fault::VersionNotFound)
        && matches!(question, Question::Secret(_) | Question::SecretVersions(_))
}

/// Whether something was answered that the suspicion turns on; how a thing is written needs no answer.
fn is_told(case: &Case<'_>) -> bool {
    let action = case.symptom.action.as_ref().filter(|_| case.symptom.deny.is_none());
    match (case.symptom.fault, action) {
        (Fault::BadReference | Fault::Misconfigured | Fault::RoleMissing, _) => true,
        (Fault::AccessDenied, Some(called)) => {
            asked(case).iter().any(|question| matches!(question, Question::Simulation(ask::Simulation { action, .. }) if *action == called.text))
        }
        _ => !asked(case).is_empty(),
    }
}
