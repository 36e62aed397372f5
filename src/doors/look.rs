//! Looking at what a request wants to have checked: AWS is asked, within a time, and the answers judged.

use futures_util::future::join_all;
use jiff::SignedDuration;

use super::subject::{self, SUBJECTS, Subject, Wanted};
use super::{Checked, FAULT, LATE, Outcome, Visit, Web};
use crate::check::Check;
use crate::delivery::NO_LOGS;
use crate::delivery::guard::guarded;
use crate::delivery::ports::{Clock as _, World};
use crate::delivery::within::{Timely, within};
use crate::limits::{DOOR, DOOR_ASKING, DOOR_QUESTIONS, DOOR_ROUNDS};
use crate::question::{Answer, Ask, Evidence, Known, Question, ask};
use crate::reason::{self, Fault};
use crate::redact::redact_name;
use crate::source::Found;
use crate::triage::{Narrowed, Prober, ask_all};

impl<W: World, N: Web + Sync> Visit<'_, W, N> {
    /// Checks some things at once, in a time.
    pub(super) async fn check(
        &self,
        name: &str,
        subjects: Vec<Subject>,
        is_stack: bool,
    ) -> (Outcome, Evidence) {
        let delivery = &self.doors.delivery;
        let until = self.call.begun + DOOR_ASKING;
        let prober = Narrowed {
            prober: Timely { prober: &delivery.prober, clock: &delivery.clock, until },
            scope: delivery.rules.probing,
            logs: Some(NO_LOGS),
        };
        let left = subjects.len().saturating_sub(SUBJECTS);
        let looking = join_all(subjects.iter().take(SUBJECTS).map(|subject| look(&prober, subject)));
        let looked = match within(&delivery.clock, self.left(), guarded(looking)).await {
            Some(Ok(looked)) => looked,
            Some(Err(_)) => {
                let outcome = Outcome { is_stack, ..Outcome::unchecked(name, FAULT) };
                return self.faulty((outcome, Evidence::default()));
            }
            None => {
                return (
                    Outcome { is_stack, is_passing: true, ..Outcome::unchecked(name, LATE) },
                    Evidence::default(),
                );
            }
        };
        let mut outcome = Outcome { is_stack, ..Outcome::default() };
        let mut evidence = Evidence::default();
        for (subject, (looked, known)) in subjects.iter().zip(looked) {
            outcome.is_passing |=
                known.answers().any(|(_, answer)| matches!(answer, Answer::Unknown(why) if passes_by(why)));
            match looked {
                Ok(checked) => outcome.checked.push(checked),
                Err(Unlooked { why, is_absent }) => {
                    outcome.absent |= is_absent;
                    outcome.skipped.push((subject.name.clone(), why));
                }
            }
            known.answers().for_each(|(question, answer)| evidence.note(question.clone(), answer.clone()));
        }
        if left > 0 {
            outcome.skipped.push((format!("{left} more"), format!("only {SUBJECTS} are checked at once")));
        }
        (outcome, evidence)
    }

    /// The time that is left of a request's.
    fn left(&self) -> SignedDuration {
        (DOOR - self.doors.delivery.clock.now().duration_since(self.call.begun)).max(SignedDuration::ZERO)
    }
}

/// Whether what was not answered may be at another time: it was late, or throttled, or the service was ill.
fn passes_by(why: &str) -> bool {
    let is_ill =
        |fault: Fault| matches!(fault, Fault::Throttled | Fault::ServiceError | Fault::NetworkTimeout);
    why.starts_with("no answer") || reason::read(why).iter().any(|symptom| is_ill(symptom.fault))
}

/// Why something was not looked at.
struct Unlooked {
    why: String,
    /// Whether AWS says that it is not there.
    is_absent: bool,
}

impl From<String> for Unlooked {
    fn from(why: String) -> Self {
        Self { why, is_absent: false }
    }
}

/// Looks at one thing; with all that AWS said.
async fn look(prober: &impl Prober, subject: &Subject) -> (Result<Checked, Unlooked>, Evidence) {
    let mut evidence = Evidence::default();
    let looked = looked_at(prober, subject, &mut evidence).await;
    (looked, evidence)
}

async fn looked_at(
    prober: &impl Prober,
    subject: &Subject,
    evidence: &mut Evidence,
) -> Result<Checked, Unlooked> {
    let mut place = subject.place.clone();
    let found = match &subject.wanted {
        Wanted::Given(found) => (**found).clone(),
        Wanted::Registered(name) => registered(prober, name, evidence).await?,
        Wanted::Revision(arn) => {
            let question = ask::ServiceRevision { region: place.region.clone(), arn: arn.clone() };
            let revision = answered(prober, question, "the service's revision", evidence).await?;
            subject::put(&mut place, &revision);
            let name = revision
                .task_definition
                .clone()
                .ok_or_else(|| "its revision names no task definition".to_owned())?;
            registered(prober, &name, evidence).await?
        }
        Wanted::OfService => {
            let [cluster, name] =
                [&place.cluster, &place.service].map(|name| name.clone().unwrap_or_default());
            let service = answered(
                prober,
                ask::Service { region: place.region.clone(), cluster, name },
                "the service",
                evidence,
            )
            .await?;
            let name =
                service.task_definition.clone().ok_or_else(|| "it names no task definition".to_owned())?;
            registered(prober, &name, evidence).await?
        }
        Wanted::Unknown(why) => return Err(why.clone().into()),
    };
    let check = Check::new(&found.definition, &place).planned(&found.plan);
    let mut left = DOOR_QUESTIONS;
    for _ in 0..DOOR_ROUNDS {
        let questions: Vec<Question> = check.questions(evidence).into_iter().take(left).collect();
        if questions.is_empty() {
            break;
        }
        left -= questions.len();
        ask_all(prober, questions, evidence).await;
    }
    let findings = check.findings(evidence);
    Ok(Checked { name: subject.name.clone(), found, findings })
}

async fn registered(prober: &impl Prober, name: &str, evidence: &mut Evidence) -> Result<Found, Unlooked> {
    answered(
        prober,
        ask::TaskDefinition { name: name.to_owned() },
        &format!("task definition {name}"),
        evidence,
    )
    .await
    .map(|definition| Found { definition: *definition, ..Found::default() })
}

/// What answers a question, or why nothing does.
async fn answered<A>(
    prober: &impl Prober,
    question: A,
    what: &str,
    evidence: &mut Evidence,
) -> Result<A::Fact, Unlooked>
where
    A: Ask,
    A::Fact: Clone,
{
    ask_all(prober, vec![question.clone().into()], evidence).await;
    let what = redact_name(what);
    match evidence.look(&question) {
        Known::Found(fact) => Ok(fact.clone()),
        Known::Missing => Err(Unlooked { why: format!("there is no {what}"), is_absent: true }),
        Known::Unknown(why) => Err(format!("{what}: {why}").into()),
        Known::NotAsked => Err(format!("{what} was not queried").into()),
    }
}
