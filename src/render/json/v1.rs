//! JSON, version 1: frozen. A field may be added, none may go or change its meaning. Absent facts are `null`,
//! never empty strings.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::causes::{self, Command, Culprit, Finding, Fix};
use crate::check::{Checked, Findings, Passed, Problem, Unchecked};
use crate::diagnosis::{Diagnosis, ReadSymptom, Report};
use crate::event::Task;
use crate::incident::Incident;
use crate::network::draw;
use crate::reason::Fact;
use crate::render::notice::Notice;
use crate::source::Place;

/// The value of `schema`.
pub const SCHEMA: &str = "ecs-triage/v1";
/// The same of an incident's change.
pub const INCIDENT_SCHEMA: &str = "ecs-triage/incident/v1";
/// The same of the values that running tasks hold.
pub const STALE_SCHEMA: &str = "ecs-triage/stale/v1";
/// The same of a self-test, for the journal, the bus and its answer.
pub const SELFTEST_SCHEMA: &str = "ecs-triage/selftest/v1";

#[derive(Serialize)]
struct Document<'r> {
    schema: &'static str,
    task: TaskV1<'r>,
    symptoms: Vec<SymptomV1<'r>>,
    diagnoses: Vec<DiagnosisV1<'r>>,
    fingerprint: &'r str,
    incident: Option<IncidentV1<'r>>,
    #[serde(flatten)]
    published: Option<PublishedV1<'r>>,
}

/// What people were sent.
#[derive(Serialize)]
struct PublishedV1<'r> {
    impact: &'r [String],
    subject: &'r str,
    text: &'r str,
}

#[derive(Serialize)]
struct CheckV1<'r> {
    schema: &'static str,
    task_definition: &'r str,
    file: Option<&'r str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    services: &'r [String],
    problems: Vec<ProblemV1<'r>>,
    unknown: &'r [String],
    references: usize,
    passed: Vec<PassedV1<'r>>,
    not_checked: Vec<UncheckedV1<'r>>,
    complete: bool,
}

#[derive(Serialize)]
struct ProblemV1<'r> {
    #[serde(flatten)]
    diagnosis: DiagnosisV1<'r>,
    line: Option<usize>,
    column: Option<usize>,
    other_places: Vec<PlaceV1>,
    in_baseline: bool,
}

#[derive(Serialize)]
struct PlaceV1 {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct PassedV1<'r> {
    subject: &'r str,
    what: &'r [String],
}

#[derive(Serialize)]
struct UncheckedV1<'r> {
    subject: &'r str,
    what: &'r [String],
    why: &'r str,
}

#[derive(Serialize)]
struct TaskV1<'r> {
    arn: Option<&'r str>,
    cluster: Option<&'r str>,
    workload: Option<&'r str>,
    task_definition: Option<&'r str>,
    launch_type: Option<&'r str>,
    account: Option<&'r str>,
    region: Option<&'r str>,
    stopped_at: Option<Timestamp>,
    stop_code: Option<&'r str>,
}

#[derive(Serialize)]
struct SymptomV1<'r> {
    step: &'static str,
    fault: &'static str,
    deny: Option<&'static str>,
    resource: Option<&'r str>,
    bucket: Option<&'r str>,
    action: Option<&'r str>,
    principal: Option<&'r str>,
    role: Option<&'r str>,
    region: Option<&'r str>,
    account: Option<&'r str>,
    host: Option<&'r str>,
    address: Option<&'r str>,
    key: Option<&'r str>,
    json_key: Option<&'r str>,
    version_stage: Option<&'r str>,
    retries: Option<u32>,
    request_id: Option<&'r str>,
    field: &'r str,
    span: [usize; 2],
    truncated: bool,
}

#[derive(Serialize)]
struct DiagnosisV1<'r> {
    cause: &'static str,
    title: &'r str,
    verdict: &'static str,
    owner: &'static str,
    owner_alias: Option<&'static str>,
    documentation: &'static [&'static str],
    culprit: CulpritV1<'r>,
    evidence: Vec<EvidenceV1<'r>>,
    path: Option<Vec<String>>,
    fix: FixV1<'r>,
}

#[derive(Serialize)]
struct CulpritV1<'r> {
    kind: &'static str,
    id: Option<&'r str>,
    references: Vec<ReferenceV1<'r>>,
}

#[derive(Serialize)]
struct ReferenceV1<'r> {
    container: Option<&'r str>,
    field: &'r str,
    name: Option<&'r str>,
    value_from: &'r str,
}

#[derive(Serialize)]
struct EvidenceV1<'r> {
    kind: &'static str,
    text: &'r str,
    source: Option<&'static str>,
}

#[derive(Serialize)]
struct FixV1<'r> {
    text: String,
    commands: Vec<&'r str>,
    policy: Option<&'r Value>,
    snippets: Vec<SnippetV1<'r>>,
}

#[derive(Serialize)]
struct SnippetV1<'r> {
    tool: &'r str,
    text: &'r str,
}

#[derive(Serialize)]
struct IncidentV1<'r> {
    state: &'r str,
    occurrences: u64,
    first_seen: String,
    last_seen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<&'r str>,
}

/// The report on one line.
#[must_use]
pub fn line(report: &Report<'_>) -> String {
    written(serde_json::to_string(&document(report)))
}

/// The same with the incident that the failure belongs to.
#[must_use]
pub fn line_of(report: &Report<'_>, incident: Option<&Incident>) -> String {
    written(serde_json::to_string(&Document { incident: incident.map(of_incident), ..document(report) }))
}

/// The same with what people were sent, so that no consumer of the bus has to word it again.
#[must_use]
pub fn event(report: &Report<'_>, incident: &Incident, impact: &[String], notice: &Notice) -> String {
    let with = |text| {
        let published = Some(PublishedV1 { impact, subject: &notice.subject, text });
        written(serde_json::to_string(&Document {
            incident: Some(of_incident(incident)),
            published,
            ..document(report)
        }))
    };
    // In JSON a line's end takes two bytes.
    let room = LARGEST_EVENT.saturating_sub(with("").len()) / 2;
    with(&notice.body[..notice.body.floor_char_boundary(room)])
}

/// EventBridge takes 262,144 bytes, of which the event's other fields need some.
const LARGEST_EVENT: usize = 250_000;

fn of_incident(incident: &Incident) -> IncidentV1<'_> {
    IncidentV1 {
        state: incident.state(),
        occurrences: incident.occurrences,
        first_seen: incident.first_seen.to_string(),
        last_seen: incident.last_seen.to_string(),
        team: incident.about.team.as_deref().filter(|team| !team.is_empty()),
    }
}

/// The same, behind what `out` holds.
pub fn write_line(report: &Report<'_>, out: &mut Vec<u8>) {
    written(serde_json::to_writer(out, &document(report)));
}

/// A definition's check over several lines: problems have the shape of diagnoses, and their places in its file.
#[must_use]
pub fn checked_pretty(one: &Checked) -> String {
    written(serde_json::to_string_pretty(&checked(one)))
}

/// The same on one line.
#[must_use]
pub fn checked_line(one: &Checked) -> String {
    written(serde_json::to_string(&checked(one)))
}

fn checked<'c>(one: &'c Checked) -> CheckV1<'c> {
    let of_place = |Place { line, column }| PlaceV1 { line, column };
    let problem = |problem: &'c Problem| {
        let place = one.place(problem);
        ProblemV1 {
            diagnosis: diagnosis(&problem.diagnosis),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            other_places: one.other_places(problem).into_iter().map(of_place).collect(),
            in_baseline: one.is_known(problem),
        }
    };
    let Findings { problems, unknown, references, passed, unchecked } = &one.findings;
    CheckV1 {
        schema: "ecs-triage/check/v1",
        task_definition: &one.name,
        file: one.file.as_deref(),
        services: &one.services,
        problems: problems.iter().map(problem).collect(),
        unknown,
        references: *references,
        passed: passed.iter().map(|Passed { subject, what }| PassedV1 { subject, what }).collect(),
        not_checked: unchecked
            .iter()
            .map(|Unchecked { subject, what, why }| UncheckedV1 { subject, what, why })
            .collect(),
        complete: unchecked.is_empty(),
    }
}

/// The report over several lines.
#[must_use]
pub fn pretty(report: &Report<'_>) -> String {
    written(serde_json::to_string_pretty(&document(report)))
}

#[expect(clippy::expect_used, reason = "strings and numbers under string keys always serialize")]
fn written<T>(json: serde_json::Result<T>) -> T {
    json.expect("the document serializes")
}

fn document<'r>(report: &'r Report<'_>) -> Document<'r> {
    Document {
        schema: SCHEMA,
        task: task(report.task),
        symptoms: report.symptoms.iter().map(symptom).collect(),
        diagnoses: report.diagnoses.iter().map(diagnosis).collect(),
        fingerprint: &report.fingerprint,
        incident: None,
        published: None,
    }
}

fn task(task: &Task) -> TaskV1<'_> {
    TaskV1 {
        arn: task.arn.as_deref(),
        cluster: task.cluster.as_deref(),
        workload: task.workload.as_ref().map(|workload| workload.name.as_str()),
        task_definition: task.task_definition_name(),
        launch_type: task.launch_type.as_deref(),
        account: task.account.as_deref(),
        region: task.region.as_deref(),
        stopped_at: task.stopped_at,
        stop_code: task.stop_code.as_deref(),
    }
}

fn symptom<'r>(read: &'r ReadSymptom<'_>) -> SymptomV1<'r> {
    fn text(fact: Option<&Fact>) -> Option<&str> {
        fact.map(|fact| fact.text.as_str())
    }
    let symptom = &read.symptom;
    SymptomV1 {
        step: symptom.step.as_str(),
        fault: symptom.fault.as_str(),
        deny: symptom.deny.map(crate::reason::Deny::as_str),
        resource: text(symptom.resource.as_ref()),
        bucket: text(symptom.bucket.as_ref()),
        action: text(symptom.action.as_ref()),
        principal: text(symptom.principal.as_ref()),
        role: text(symptom.role.as_ref()),
        region: text(symptom.region.as_ref()),
        account: text(symptom.account.as_ref()),
        host: text(symptom.host.as_ref()),
        address: text(symptom.address.as_ref()),
        key: text(symptom.key.as_ref()),
        json_key: text(symptom.json_key.as_ref()),
        version_stage: text(symptom.version_stage.as_ref()),
        retries: symptom.retries,
        request_id: text(symptom.request_id.as_ref()),
        field: &read.reason.field,
        span: [symptom.span.start, symptom.span.end],
        truncated: symptom.truncated,
    }
}

fn diagnosis(diagnosis: &Diagnosis) -> DiagnosisV1<'_> {
    DiagnosisV1 {
        cause: diagnosis.cause.id,
        title: &diagnosis.title,
        verdict: diagnosis.verdict.as_str(),
        owner: diagnosis.cause.owner.as_str(),
        owner_alias: diagnosis.cause.owner.alias(),
        documentation: diagnosis.cause.references,
        culprit: culprit(&diagnosis.culprit),
        evidence: diagnosis.findings.iter().map(evidence).collect(),
        path: diagnosis.path.as_ref().map(draw),
        fix: fix(&diagnosis.fix),
    }
}

fn culprit(culprit: &Culprit) -> CulpritV1<'_> {
    let references = culprit.references.iter().map(|reference| ReferenceV1 {
        container: reference.container.as_deref(),
        field: &reference.field,
        name: reference.name.as_deref(),
        value_from: &reference.value_from,
    });
    CulpritV1 { kind: culprit.kind, id: culprit.id.as_deref(), references: references.collect() }
}

fn evidence(finding: &Finding) -> EvidenceV1<'_> {
    EvidenceV1 { kind: finding.kind.as_str(), text: &finding.text, source: finding.source }
}

fn fix(fix: &Fix) -> FixV1<'_> {
    let snippets =
        fix.snippets.iter().map(|snippet| SnippetV1 { tool: snippet.tool(), text: snippet.text() }).collect();
    let commands = fix.commands().map(Command::as_str).collect();
    FixV1 { text: fix.text(), commands, policy: fix.policy.as_ref().map(causes::Document::as_json), snippets }
}
