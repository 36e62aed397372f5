//! From a task and the evidence to ranked diagnoses, and to what more should be asked. Pure: the same task
//! and evidence give the same report, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use crate::causes::{self, Assessment, Case, Cause, Culprit, Finding, Fix, Owner, Support, Verdict};
use crate::culprit::culprits;
use crate::event::{Reason, Source, Task};
use crate::network::Path;
use crate::question::{Answer, Evidence, Known, Question};
use crate::reason::{self, Fault, Span, Step, Symptom};
use crate::task_definition::{Malformation, Reference, ReferenceKind};

/// All that can be said of one task.
#[derive(Debug)]
pub struct Report<'t> {
    /// The task.
    pub task: &'t Task,
    /// What its reasons say, the most specific first; empty for a task without a reason.
    pub symptoms: Vec<Told<'t>>,
    /// What it means, the best first; empty where nothing is wrong.
    pub diagnoses: Vec<Diagnosis>,
    /// The same for every repetition of this failure, whatever its task, time, request or revision.
    pub fingerprint: String,
}

/// A symptom, and the reason that told it.
#[derive(Debug)]
pub struct Told<'t> {
    /// The reason.
    pub reason: &'t Reason,
    /// What it says.
    pub symptom: Symptom,
}

impl Told<'_> {
    /// The words that decide; none where nothing was recognized.
    #[must_use]
    pub fn deciding(&self) -> Span {
        if self.is_unrecognized() { 0..0 } else { self.symptom.span.clone() }
    }

    fn is_unrecognized(&self) -> bool {
        self.symptom.fault == Fault::Unknown && self.symptom.step == Step::Unknown
    }
}

/// A cause that fits, with its evidence and what fixes it.
#[derive(Debug)]
pub struct Diagnosis {
    /// The cause.
    pub cause: &'static Cause,
    /// What happened, in one line, by name.
    pub title: String,
    /// How sure it is.
    pub verdict: Verdict,
    /// Whether AWS's state, or the definition, speaks for the verdict, and not ECS's words alone.
    pub by_state: bool,
    /// What speaks for it beside words that fit others as well.
    pub support: Support,
    /// Whether AWS's state was looked at for it.
    pub looked: Looked,
    /// What it happened to.
    pub culprit: Culprit,
    /// What was found, was missing, or stayed unknown.
    pub findings: Vec<Finding>,
    /// The network path, where one was judged.
    pub path: Option<Path>,
    /// What to type.
    pub fix: Fix,
    /// Which of the report's symptoms it explains.
    pub symptom: usize,
}

impl Diagnosis {
    /// Who can act, in words.
    #[must_use]
    pub fn owner(&self) -> &'static str {
        let of_image = self.culprit.references.iter().any(|reference| reference.kind == ReferenceKind::Image);
        if of_image && self.cause.owner == Owner::SecretOwner {
            "repository's team"
        } else {
            self.cause.owner.in_words()
        }
    }
}

/// Whether AWS's state was looked at for a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// Nobody asked.
    NotAsked,
    /// AWS told nothing of what was asked.
    NotTold,
    /// It told something.
    Told,
}

impl Looked {
    fn of(cause: &Cause, case: &Case<'_>) -> Self {
        if case.evidence.answers().next().is_none() {
            return Self::NotAsked;
        }
        let told = Self::by(
            cause.questions(case).into_iter().filter_map(|question| case.evidence.answer(&question)),
        );
        if told != Self::NotAsked {
            return told;
        }
        // A cause that asks nothing has no less to go on than its neighbours.
        Self::by(
            case.evidence
                .answers()
                .filter(|(question, _)| !matches!(question, Question::TaskDefinition(_)))
                .map(|(_, answer)| answer),
        )
    }

    fn by<'a>(answers: impl Iterator<Item = &'a Answer>) -> Self {
        answers.fold(Self::NotAsked, |so_far, answer| match (so_far, answer) {
            (Self::NotAsked | Self::NotTold, Answer::Unknown(_)) => Self::NotTold,
            _ => Self::Told,
        })
    }
}

impl Report<'_> {
    /// Whether a failure was not recognised.
    #[must_use]
    pub fn has_unrecognised(&self) -> bool {
        self.diagnoses.iter().any(|diagnosis| diagnosis.cause.id == "unrecognised")
    }

    /// Whether the team should hear of it: the task could not start. A task that ran and then exited, lost
    /// its health or its host is not ours to announce.
    #[must_use]
    pub fn is_start_failure(&self) -> bool {
        let Some(best) = self.diagnoses.first() else { return false };
        let symptom = &self.symptoms[best.symptom].symptom;
        let ended = matches!(symptom.fault, Fault::Exited | Fault::Unhealthy | Fault::OutOfMemory)
            && symptom.step == Step::Container;
        let taken = symptom.step == Step::Capacity && self.task.started_at.is_some();
        !(ended || taken)
    }
}

/// Diagnoses a task from what its record says and from what is known besides.
#[must_use]
pub fn diagnose<'t>(task: &'t Task, evidence: &Evidence) -> Report<'t> {
    let symptoms = symptoms(task);
    let failing = if is_failure(task) { diagnosable(task, &symptoms) } else { Vec::new() };
    let mut diagnoses: Vec<Diagnosis> =
        failing.into_iter().flat_map(|at| diagnoses_of(task, &symptoms, at, evidence)).collect();
    // A stable sort: causes that nothing tells apart stay in the catalogue's order.
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

/// What a check says of a task before it is started, as the diagnosis of one that failed. Its task has one
/// reason, in which nobody says anything.
#[must_use]
pub fn foretold(task: &Task, problems: Vec<(Symptom, Diagnosis)>) -> Report<'_> {
    let (mut symptoms, mut diagnoses) = (Vec::new(), Vec::new());
    for (symptom, diagnosis) in problems {
        let Some(reason) = task.reasons.first() else { break };
        diagnoses.push(Diagnosis { symptom: symptoms.len(), ..diagnosis });
        symptoms.push(Told { reason, symptom });
    }
    // It is not the failure itself, which comes all the same where nothing is blocked, and ends by itself.
    let fingerprint = format!("deployment-{}", fingerprint(task, &symptoms, diagnoses.first()));
    Report { task, symptoms, diagnoses, fingerprint }
}

/// Every symptom of every reason, each once, the most specific first.
fn symptoms(task: &Task) -> Vec<Told<'_>> {
    // Most reasons tell of one failure.
    let mut told: Vec<Told<'_>> = Vec::with_capacity(task.reasons.len());
    for reason in &task.reasons {
        let read = if reason.is_of_log() {
            reason::read_log([reason.text.as_str()]).map(|heard| heard.symptom).into_iter().collect()
        } else {
            reason::read(&reason.text)
        };
        for symptom in read {
            let same = |other: &Told<'_>| {
                let other = &other.symptom;
                other.step == symptom.step
                    && other.fault == symptom.fault
                    && other.deny == symptom.deny
                    && named(other) == named(&symptom)
            };
            if !told.iter().any(same) {
                told.push(Told { reason, symptom });
            }
        }
    }
    told.sort_by_key(|told| generality(&told.symptom));
    told
}

fn named(symptom: &Symptom) -> (Option<&str>, Option<&str>) {
    (
        symptom.resource.as_ref().map(|fact| fact.text.as_str()),
        symptom.json_key.as_ref().map(|fact| fact.text.as_str()),
    )
}

/// From here on a symptom deserves no diagnosis beside one that says more.
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

/// Which symptoms deserve a diagnosis: not the normal ones, and not a general one beside a specific one.
fn diagnosable(task: &Task, symptoms: &[Told<'_>]) -> Vec<usize> {
    if task.stop_code.as_deref() == Some("UserInitiated") {
        return Vec::new();
    }
    let wanted = task.stop_code.as_deref() == Some("ServiceSchedulerInitiated");
    let told_by_tasks = matches!(task.source, Source::DeploymentEvent(_));
    let specific =
        symptoms.first().is_some_and(|best| generality(&best.symptom) < GENERAL && !best.symptom.is_normal());
    let counts = |told: &Told<'_>| {
        // The scheduler stopped it and ECS words it in a new way; a deployment fails of tasks that are
        // announced themselves.
        let elsewhere = told.is_unrecognized() && (wanted || told_by_tasks);
        let general = specific && generality(&told.symptom) >= GENERAL;
        !told.symptom.is_normal() && !elsewhere && !general
    };
    (0..symptoms.len()).filter(|at| counts(&symptoms[*at])).collect()
}

fn diagnoses_of(task: &Task, symptoms: &[Told<'_>], at: usize, evidence: &Evidence) -> Vec<Diagnosis> {
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

/// Why the case's questions have no answer, as far as the diagnosis does not say so itself: somebody may have
/// to allow them.
fn unanswered(case: &Case<'_>, diagnosis: &Diagnosis) -> Vec<Finding> {
    let mut unanswered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for question in asked(case) {
        if let Some(why) = case.evidence.why_unknown(&question)
            && !diagnosis.findings.iter().any(|finding| finding.text.contains(why))
        {
            unanswered.entry(why).or_default().insert(question.source());
        }
    }
    let told = |(why, calls): (&str, BTreeSet<&str>)| {
        Finding::unknown(format!("{}: {why}", calls.into_iter().collect::<Vec<_>>().join(", ")))
    };
    unanswered.into_iter().map(told).collect()
}

/// The case of one symptom.
fn case<'c>(task: &'c Task, symptom: &'c Symptom, evidence: &'c Evidence) -> Case<'c> {
    let definition = evidence.definition_of(task);
    let references = definition.found().map(|definition| culprits(symptom, definition)).unwrap_or_default();
    Case { task, symptom, definition, references, evidence, placement: None, forecast: false }
}

/// What each cause that claims the case's symptom makes of it. What only its words ruled out is not told.
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

/// What is to be said of a reference that is wrong whatever its open parts will be, as one that stands in for
/// it shows.
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
        looked: Looked::of(cause, case),
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

/// Whether all that lies at one host or in one repository fails alike.
#[must_use]
pub const fn is_told_by_place(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::NetworkTimeout | Fault::Dns | Fault::Tls | Fault::ConnectionRefused | Fault::Throttled
    )
}

/// What the text names as failing: of what could not be reached or asks too much, the host or the repository,
/// since all that lies there fails alike.
fn told_culprit(task: &Task, symptom: &Symptom) -> Option<String> {
    if is_told_by_place(symptom.fault) {
        let named = symptom.resource.as_ref().map(|resource| place_of(&resource.text).to_owned());
        return symptom.host.as_ref().map(|host| place_of(&host.text).to_owned()).or(named);
    }
    let nothing = Evidence::default();
    let case = Case {
        task,
        symptom,
        definition: Known::NotAsked,
        references: Vec::new(),
        evidence: &nothing,
        placement: None,
        forecast: false,
    };
    case.culprit().id.or_else(|| symptom.json_key.as_ref().map(|key| key.text.clone()))
}

/// The host of a URL; of an image the repository, without tag and digest.
fn place_of(named: &str) -> &str {
    if let Some((_, rest)) = named.split_once("://") {
        return rest.split(['/', '?', ':']).next().unwrap_or(rest);
    }
    let repository = named.split_once('@').map_or(named, |(repository, _)| repository);
    match repository.rsplit_once(':') {
        Some((name, tag)) if repository.contains('/') && !tag.contains('/') && !named.starts_with("arn:") => {
            name
        }
        _ => repository,
    }
}

fn fingerprint(task: &Task, symptoms: &[Told<'_>], best: Option<&Diagnosis>) -> String {
    let symptom =
        best.and_then(|best| symptoms.get(best.symptom)).or(symptoms.first()).map(|told| &told.symptom);
    // A service's alone is its name, as it always was; no service's name begins like a family's here.
    let workload = task.workload.as_ref().map(|workload| {
        if workload.is_service { workload.name.clone() } else { format!("family/{}", workload.name) }
    });
    // By the text alone: what was asked beside it must not make another failure of it.
    let culprit = best.and(symptom).and_then(|symptom| told_culprit(task, symptom));
    let parts = [
        task.account.as_deref(),
        task.region.as_deref(),
        task.cluster.as_deref(),
        workload.as_deref(),
        symptom.map(|symptom| symptom.step.as_str()),
        symptom.map(|symptom| symptom.fault.as_str()),
        culprit.as_deref(),
    ];
    // FNV-1a: short, the same on every platform and in every release, and nobody's secret depends on it.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut add =
        |byte| hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    for part in parts {
        part.unwrap_or_default().bytes().for_each(&mut add);
        add(0xff);
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::{diagnose, place_of};
    use crate::event::read_record;
    use crate::question::Evidence;

    fn fingerprint(reason: &str) -> String {
        let record = serde_json::json!({"group": "service:api", "lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": reason}).to_string();
        let task = read_record(&record).remove(0).tasks.remove(0).expect("it reads");
        diagnose(&task, &Evidence::default()).fingerprint
    }

    #[test]
    fn what_lies_at_one_place_that_cannot_be_reached_is_one_incident() {
        let layer = |digest: &str| {
            format!(
                "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get \
                 \"https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/114a9b-111122223333-{digest}/{digest}?X-Amz-Date=1\": dial tcp 52.216.1.1:443: i/o timeout"
            )
        };
        let manifest = |digest: &str| {
            format!(
                "CannotPullContainerError: inspect image has been retried 5 time(s): httpReadSeeker: failed open: unexpected status code \
                 https://registry-1.docker.io/v2/library/nginx/manifests/sha256:{digest}: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit"
            )
        };
        let secret = |name: &str| {
            format!(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: \
                 There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. failed to fetch secret \
                 arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}-AbCdEf from secrets manager: operation error Secrets Manager: GetSecretValue, https response error \
                 StatusCode: 0, RequestID: , canceled, context deadline exceeded: Post \"https://secretsmanager.us-east-1.amazonaws.com/\": dial tcp 52.1.1.1:443: i/o timeout"
            )
        };
        for (one, another) in
            [(layer("aa"), layer("bb")), (manifest("aa"), manifest("bb")), (secret("one"), secret("two"))]
        {
            assert_eq!(fingerprint(&one), fingerprint(&another), "{one}");
        }
        assert_ne!(fingerprint(&layer("aa")), fingerprint(&manifest("aa")));
    }

    #[test]
    fn a_place_is_a_host_or_a_repository() {
        for (named, place) in [
            ("https://registry-1.docker.io:443/v2/a?b", "registry-1.docker.io"),
            ("docker.io/library/nginx@sha256:aa", "docker.io/library/nginx"),
            ("localhost:5000/api:1", "localhost:5000/api"),
            ("arn:aws:s3:::bucket/key:1", "arn:aws:s3:::bucket/key:1"),
            ("api.ecr.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com"),
        ] {
            assert_eq!(place_of(named), place);
        }
    }
}
