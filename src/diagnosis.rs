//! From a task and the evidence to ranked diagnoses, and to what more should be asked. Pure: the same task
//! and evidence give the same report, byte for byte.

mod fingerprint;
mod report;

use std::collections::{BTreeMap, BTreeSet};

pub use self::fingerprint::fails_by_place;
use self::fingerprint::fingerprint;
pub use self::report::{Diagnosis, ReadSymptom, Report, StateRead};
use crate::causes::{self, Assessment, Case, Cause, Finding, Verdict};
use crate::culprit::culprits;
use crate::event::{Forecast, Source, Task};
use crate::question::{Evidence, Question};
use crate::reason::{self, Fault, Step, Symptom};
use crate::task_definition::{Malformation, Reference};

/// Diagnoses a task from what its record says and from the evidence.
#[must_use]
pub fn diagnose<'t>(task: &'t Task, evidence: &Evidence) -> Report<'t> {
    let symptoms = symptoms(task);
    let failing = if is_failure(task) { diagnosable(task, &symptoms) } else { Vec::new() };
    let mut diagnoses: Vec<Diagnosis> =
        failing.into_iter().flat_map(|at| diagnoses_of(task, &symptoms, at, evidence)).collect();
    // A stable sort: causes that rank the same stay in the catalog's order.
    diagnoses.sort_by_key(|diagnosis| {
        // What is proved or disproved needs no likelihood.
        let rank = matches!(diagnosis.verdict, Verdict::Likely | Verdict::Possible)
            .then(|| diagnosis.cause.rank(&symptoms[diagnosis.symptom].symptom));
        (diagnosis.symptom, diagnosis.verdict, diagnosis.support, rank)
    });
    if let Some(best) = diagnoses.first_mut().filter(|best| best.verdict != Verdict::Confirmed) {
        let unanswered = unanswered(&case(task, &symptoms[best.symptom].symptom, evidence), best);
        best.findings.extend(unanswered);
    }
    let fingerprint = fingerprint(task, &symptoms, diagnoses.first());
    Report { task, symptoms, diagnoses, fingerprint }
}

/// The problems that a check finds before a task is started, as the diagnosis of one that failed. Its task
/// has one reason, which is empty.
#[must_use]
pub fn forecast(task: &Task, problems: impl IntoIterator<Item = (Symptom, Diagnosis)>) -> Report<'_> {
    let (mut symptoms, mut diagnoses) = (Vec::new(), Vec::new());
    for (symptom, diagnosis) in problems {
        let Some(reason) = task.reasons.first() else { break };
        diagnoses.push(Diagnosis { symptom: symptoms.len(), ..diagnosis });
        symptoms.push(ReadSymptom { reason, symptom });
    }
    // It is not the failure itself, which comes all the same where nothing is blocked, and ends by itself.
    let is_of_next_task = task.source == Source::Forecast(Forecast::NextTask);
    let of = if is_of_next_task { "next-task" } else { "deployment" };
    let fingerprint = format!("{of}-{}", fingerprint(task, &symptoms, diagnoses.first()));
    Report { task, symptoms, diagnoses, fingerprint }
}

/// Every symptom of every reason, each once, the most specific first.
fn symptoms(task: &Task) -> Vec<ReadSymptom<'_>> {
    // Most reasons report one failure.
    let mut symptoms: Vec<ReadSymptom<'_>> = Vec::with_capacity(task.reasons.len());
    for reason in &task.reasons {
        let read = if reason.is_of_log() {
            reason::read_log([reason.text.as_str()]).map(|found| found.symptom).into_iter().collect()
        } else {
            reason::read(&reason.text)
        };
        for symptom in read {
            let same = |other: &ReadSymptom<'_>| {
                let other = &other.symptom;
                other.step == symptom.step
                    && other.fault == symptom.fault
                    && other.deny == symptom.deny
                    && named(other) == named(&symptom)
            };
            if !symptoms.iter().any(same) {
                symptoms.push(ReadSymptom { reason, symptom });
            }
        }
    }
    symptoms.sort_by_key(|one| generality(&one.symptom));
    symptoms
}

fn named(symptom: &Symptom) -> (Option<&str>, Option<&str>) {
    (symptom.resource.as_deref(), symptom.json_key.as_deref())
}

/// From this rank on a symptom gets no diagnosis if another symptom says more.
const GENERAL: u8 = 4;

/// A named fault says more than a step alone, a step more than that a container was unhealthy or exited, and
/// that more than nothing.
fn generality(symptom: &Symptom) -> u8 {
    match (symptom.step, symptom.fault) {
        (Step::Unknown, Fault::Unknown) => 5,
        (Step::Container, Fault::Exited) => GENERAL,
        (Step::Container, Fault::Unhealthy) => 3,
        (Step::Unknown, _) => 1,
        (_, Fault::Unknown) => 2,
        _ => 0,
    }
}

/// Whether the task's end is a failure at all.
fn is_failure(task: &Task) -> bool {
    task.has_stopped() && !task.ended_well()
}

/// Which symptoms deserve a diagnosis: not the normal ones, and not a general one where a specific one
/// exists.
fn diagnosable(task: &Task, symptoms: &[ReadSymptom<'_>]) -> Vec<usize> {
    if task.stop_code.as_deref() == Some("UserInitiated") {
        return Vec::new();
    }
    let wanted = task.stop_code.as_deref() == Some("ServiceSchedulerInitiated");
    let is_deployment = matches!(task.source, Source::DeploymentEvent(_));
    let specific =
        symptoms.first().is_some_and(|best| generality(&best.symptom) < GENERAL && !best.symptom.is_normal());
    let counts = |read: &ReadSymptom<'_>| {
        // The scheduler stopped it and ECS words it in a new way; a deployment fails of tasks that are
        // announced themselves.
        let elsewhere = read.is_unrecognized() && (wanted || is_deployment);
        let general = specific && generality(&read.symptom) >= GENERAL;
        !read.symptom.is_normal() && !elsewhere && !general
    };
    (0..symptoms.len()).filter(|at| counts(&symptoms[*at])).collect()
}

fn diagnoses_of(task: &Task, symptoms: &[ReadSymptom<'_>], at: usize, evidence: &Evidence) -> Vec<Diagnosis> {
    let case = case(task, &symptoms[at].symptom, evidence);
    let mut diagnoses = judged(&case, at);
    if diagnoses.is_empty() {
        // A failure is never nothing.
        let unexplained =
            |cause: &'static Cause| Some(diagnosis_of(cause, (cause.assess)(&case)?, &case, at));
        diagnoses.extend(causes::find("unrecognised").and_then(unexplained));
    }
    if diagnoses.iter().all(|diagnosis| diagnosis.verdict == Verdict::RuledOut)
        && let Some(first) = diagnoses.first_mut()
    {
        first.verdict = Verdict::Possible;
        first.findings.push(Finding::unknown(
            "what else it can be: the state disproves every cause that fits ECS's words",
        ));
    }
    diagnoses
}

/// Why the case's questions have no answer, as far as the diagnosis does not say so itself: a permission may
/// be missing.
fn unanswered(case: &Case<'_>, diagnosis: &Diagnosis) -> Vec<Finding> {
    let mut unanswered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for question in asked(case) {
        if let Some(why) = case.evidence.why_unknown(&question)
            && !diagnosis.findings.iter().any(|finding| finding.text.contains(why))
        {
            unanswered.entry(why).or_default().insert(question.source());
        }
    }
    let finding = |(why, calls): (&str, BTreeSet<&str>)| {
        Finding::unknown(format!("{}: {why}", calls.into_iter().collect::<Vec<_>>().join(", ")))
    };
    unanswered.into_iter().map(finding).collect()
}

/// The case of one symptom.
fn case<'c>(task: &'c Task, symptom: &'c Symptom, evidence: &'c Evidence) -> Case<'c> {
    let definition = evidence.definition_of(task);
    let references = definition.found().map(|definition| culprits(symptom, definition)).unwrap_or_default();
    Case {
        task,
        symptom,
        definition,
        references,
        evidence,
        placement: None,
        forecast: false,
        supposed: false,
    }
}

/// What each cause that claims the case's symptom makes of it. What only its words ruled out is left out.
pub(crate) fn judged(case: &Case<'_>, symptom: usize) -> Vec<Diagnosis> {
    causes::claiming(case.symptom)
        .filter_map(|cause| Some(diagnosis_of(cause, cause.assessed(case)?, case, symptom)))
        .collect()
}

/// What is to be said of a reference of which a part was not filled in.
pub(crate) fn unfilled(case: &Case<'_>, part: &str) -> Diagnosis {
    let (cause, assessment) = causes::unfilled(case, part);
    diagnosis_of(cause, assessment, case, 0)
}

/// The diagnosis of a reference that is wrong whatever its open parts will be, as an example of it
/// shows.
pub(crate) fn misspelt(
    case: &Case<'_>,
    shown: &Reference,
    stand_in: &Reference,
    malformation: Malformation,
) -> Diagnosis {
    let (cause, assessment) = causes::misspelt(case, shown, stand_in, malformation);
    diagnosis_of(cause, assessment, case, 0)
}

fn diagnosis_of(cause: &'static Cause, assessment: Assessment, case: &Case<'_>, symptom: usize) -> Diagnosis {
    Diagnosis {
        cause,
        verdict: assessment.verdict(),
        by_state: assessment.is_by_state(),
        support: assessment.support(),
        title: assessment.title,
        state_read: StateRead::of(cause, case),
        culprit: assessment.culprit.unwrap_or_else(|| case.culprit()),
        findings: assessment
            .findings
            .into_iter()
            .chain(case.hidden())
            .chain(case.unwritten())
            .chain(case.injected())
            .chain(case.definition_unread())
            .collect(),
        path: assessment.path,
        fix: assessment.fix.explained(),
        symptom,
    }
}

/// What AWS can say about a task beyond what is known, the most telling first; nothing where nothing is
/// wrong.
#[must_use]
pub fn questions(task: &Task, evidence: &Evidence) -> Vec<Question> {
    let symptoms = symptoms(task);
    if !is_failure(task) {
        return Vec::new();
    }
    let failing = diagnosable(task, &symptoms).into_iter().map(|at| &symptoms[at].symptom);
    // Of what is not about secrets nothing is asked, unless a container may tell that it is.
    let may_be_of_secrets = |cause: &Cause| cause.id != "not-a-secret-failure" || task.exited_early();
    let claimed = failing.filter(|symptom| causes::claiming(symptom).any(may_be_of_secrets));
    let asked = claimed.flat_map(|symptom| asked(&case(task, symptom, evidence)));
    let mut seen = BTreeSet::new();
    asked.filter(|question| evidence.answer(question).is_none() && seen.insert(question.clone())).collect()
}

/// All that the causes of a case ask, answered or not: the definition first, since most of the rest follows
/// from it.
pub(crate) fn asked(case: &Case<'_>) -> Vec<Question> {
    let definition = Question::task_definition_of(case.task).filter(|_| case.definition.found().is_none());
    let mut causes: Vec<&Cause> = causes::claiming(case.symptom).collect();
    causes.sort_by_key(|cause| cause.rank(case.symptom));
    definition
        .into_iter()
        .map(Question::from)
        .chain(causes.into_iter().flat_map(|cause| cause.questions(case)))
        .collect()
}
